/* What comes to a service from outside: people and pipelines who deploy,
 * policies that scale. */
#include "backend/sim/world.h"

#include "backend/base/fmt.h"

#include <stdio.h>
#include <string.h>

static void deploy_next(struct sim_world *w, struct sim_service *s,
                        int64_t at_ms)
{
    char iso[40], tag[40];
    const struct sim_deployment *d = s->deployments[0];
    if (!s->desired || strcmp(d->rollout, "COMPLETED") != 0)
        return;
    fmt_iso(at_ms, FMT_UTC, iso);
    snprintf(tag, sizeof(tag), "%.4s.%.2s.%.2s-%.2s%.2s", iso, iso + 5,
             iso + 8, iso + 11, iso + 14);
    service_deploy(w, s, world_next_taskdef(w, s->def, tag, at_ms - 40000),
                   at_ms);
}

static void scale(struct sim_world *w, struct sim_service *s, int64_t at_ms)
{
    int span = s->auto_high - s->auto_low;
    int to = s->auto_low + (int)rng_below(&s->rng, (uint64_t)span + 1);
    /* Like a policy, leave alone what a person has moved out of range. */
    if (s->desired < s->auto_low || s->desired > s->auto_high ||
        to == s->desired)
        return;
    s->desired = s->deployments[0]->desired = to;
    s->deployments[0]->updated_ms = at_ms;
    s->steady = false;
    w->version++;
}

static void sooner(int64_t *next, int64_t at)
{
    if (at < *next)
        *next = at;
}

int64_t service_script(struct sim_world *w, struct sim_service *s,
                       int64_t at_ms)
{
    int64_t next = INT64_MAX;
    if (s->script_def && s->script_ms <= at_ms) {
        struct sim_taskdef *def = s->script_def;
        s->script_def = NULL;
        service_deploy(w, s, def, at_ms);
    }
    if (s->ci_every_ms && s->ci_ms <= at_ms) {
        s->ci_ms = at_ms + s->ci_every_ms;
        deploy_next(w, s, at_ms);
    }
    if (s->auto_every_ms && s->auto_ms <= at_ms) {
        s->auto_ms = at_ms + s->auto_every_ms / 2 +
                     (int64_t)rng_below(&s->rng, (uint64_t)s->auto_every_ms);
        scale(w, s, at_ms);
    }
    if (s->script_def)
        sooner(&next, s->script_ms);
    if (s->ci_every_ms)
        sooner(&next, s->ci_ms);
    if (s->auto_every_ms)
        sooner(&next, s->auto_ms);
    return next;
}
