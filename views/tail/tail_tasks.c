/* The tasks of a followed service become sources of the log. */
#include "views/tail/tail_internal.h"

#include <stdio.h>
#include <string.h>

#include "backend/base/map.h"
#include "backend/store/store.h"
#include "views/log/log_task.h"

const char *tail_label_of(void *arg, const char *task)
{
    return map_get(((struct tail *)arg)->labels, task);
}

/* Containers whose logs go elsewhere are named once. */
static void tell_drivers(struct tail *t, const struct tail_service *s,
                         const struct ecs_taskdef *td)
{
    for (size_t i = 0; td && i < td->n_containers; i++) {
        const struct ecs_container_def *c = &td->containers[i];
        const char *driver = c->log.driver;
        bool aws = driver && strcmp(driver, "awslogs") == 0;
        char key[300];
        if (!c->name || (aws && c->log.group && *c->log.group))
            continue;
        snprintf(key, sizeof(key), "%.150s %.120s", s->label, c->name);
        if (map_get(t->drivers, key))
            continue;
        map_put(t->drivers, key, t);
        if (!driver)
            fprintf(stderr, "ecsdash: %s: container %s has no log driver, so "
                    "there is nothing to read.\n", s->label, c->name);
        else
            fprintf(stderr, "ecsdash: %s: container %s logs to %s%s, which "
                    "can't be read here.\n", s->label, c->name, driver,
                    aws ? " without a group" : "");
    }
}

void tail_feed(struct tail_service *s, const struct snapshot *snap)
{
    struct tail *t = s->tail;

    s->fed = snap->generation;
    s->waiting = false;
    for (size_t i = 0; i < snap->n_rows; i++) {
        const struct task_row *row = snap->rows[i].data;
        if (row->loading || !row->task->id)
            continue;
        if (!map_get(t->labels, row->task->id))
            map_put(t->labels, row->task->id, s->label);
        tell_drivers(t, s, row->taskdef);
        if (!log_task_add(t->src, t->o->store,
                          &(struct log_task_source){
                              .task = row->task,
                              .def = row->taskdef,
                              .verdict = row->stopped ? row->cause->verdict
                                                      : NULL}))
            s->waiting = true;
    }
}

void tail_on_snapshot(void *arg, const struct snapshot *snap)
{
    struct tail_service *s = arg;

    if (s->tail->known)
        tail_feed(s, snap);
}

void tail_feed_all(struct tail *t)
{
    for (size_t i = 0; i < t->n_services; i++)
        tail_feed(&t->services[i], subscription_snapshot(t->services[i].sub));
    t->known = true;
}
