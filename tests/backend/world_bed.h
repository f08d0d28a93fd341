/* world_bed.h - a simulated world by itself, on the time that a test gives. */
#ifndef ECSDASH_TESTS_WORLD_BED_H
#define ECSDASH_TESTS_WORLD_BED_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "backend/sim/world.h"

#define START 1732197600000LL
#define MINUTE 60000LL

/* scenario and spec may be NULL. */
static inline struct sim_world *make(const char *scenario, const char *spec,
                                     uint64_t seed)
{
    struct world_options o = {.scenario = scenario, .spec = spec,
                              .seed = seed, .now_ms = START};
    struct err err = {0};
    struct sim_world *w = world_new(&o, &err);
    assert_non_null(w);
    return w;
}

static inline struct sim_service *find(struct sim_world *w,
                                       const char *cluster, const char *name)
{
    struct sim_cluster *c = world_cluster(w, cluster);
    assert_non_null(c);
    struct sim_service *s = world_service(c, name);
    assert_non_null(s);
    return s;
}

/* The next task from *i on that has stopped, or NULL. */
static inline const struct sim_task *next_stopped(const struct sim_service *s,
                                                  size_t *i)
{
    while (*i < s->n_tasks)
        if (s->tasks[(*i)++]->stopped_ms)
            return s->tasks[*i - 1];
    return NULL;
}

#endif
