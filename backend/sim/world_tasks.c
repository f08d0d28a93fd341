/* The life of one task, step by step:
 * PROVISIONING -> PENDING -> ACTIVATING -> RUNNING -> DEACTIVATING ->
 * STOPPING -> DEPROVISIONING -> STOPPED. */
#include "backend/sim/world.h"

#include <stdio.h>
#include <string.h>

bool task_is(const struct sim_task *t, const char *status)
{
    return strcmp(t->last_status, status) == 0;
}

bool task_live(const struct sim_task *t)
{
    return strcmp(t->desired_status, "RUNNING") == 0;
}

static int64_t jitter(struct sim_service *s, int64_t base, int64_t spread)
{
    return base + (int64_t)rng_below(&s->rng, (uint64_t)spread + 1);
}

static void set_status(struct sim_task *t, const char *status,
                       int64_t next_ms)
{
    snprintf(t->last_status, sizeof(t->last_status), "%s", status);
    t->next_ms = next_ms;
    t->version++;
}

static void set_containers(struct sim_task *t, const char *status)
{
    for (size_t i = 0; i < t->def->n_containers; i++)
        snprintf(t->containers[i].status, sizeof(t->containers[i].status),
                 "%s", status);
}

void task_begin(struct sim_world *w, struct sim_service *s,
                struct sim_task *t, int64_t at_ms)
{
    (void)w;
    snprintf(t->desired_status, sizeof(t->desired_status), "RUNNING");
    set_containers(t, "PENDING");
    bool ec2 = strcmp(t->launch_type, "EC2") == 0;
    set_status(t, ec2 ? "PENDING" : "PROVISIONING",
               at_ms + jitter(s, ec2 ? 600 : 2500, 1500));
}

void task_stop(struct sim_service *s, struct sim_task *t, int64_t at_ms,
               const char *code, const char *reason)
{
    if (!task_live(t))
        return;
    snprintf(t->desired_status, sizeof(t->desired_status), "STOPPED");
    snprintf(t->stop_code, sizeof(t->stop_code), "%s", code);
    snprintf(t->stopped_reason, sizeof(t->stopped_reason), "%s", reason);
    t->stopping_ms = at_ms;
    if (t->started_ms)
        set_status(t, "DEACTIVATING", at_ms + jitter(s, 1500, 1000));
    else
        set_status(t, "DEPROVISIONING", at_ms + jitter(s, 1000, 500));
}

static void exit_container(struct sim_task *t, size_t i, int code,
                           const char *reason)
{
    struct sim_container *c = &t->containers[i];
    if (c->has_exit)
        return;
    snprintf(c->status, sizeof(c->status), "STOPPED");
    c->has_exit = true;
    c->exit_code = code;
    snprintf(c->reason, sizeof(c->reason), "%s", reason);
}

/* The first container ends by itself; the others are killed for it. */
static void die(struct sim_service *s, struct sim_task *t, int64_t at_ms,
                int code, const char *reason)
{
    exit_container(t, 0, code, reason);
    t->execution_stopped_ms = at_ms;
    task_stop(s, t, at_ms, "EssentialContainerExited",
              "Essential container in task exited");
}

static void never_pulled(struct sim_service *s, struct sim_task *t,
                         int64_t at_ms)
{
    const char *image = t->def->containers[0].image;
    char reason[400];
    snprintf(reason, sizeof(reason),
             "CannotPullContainerError: pull image manifest has been retried "
             "1 time(s): failed to resolve ref %.110s: %.110s: not found",
             image, image);
    snprintf(t->containers[0].reason, sizeof(t->containers[0].reason), "%s",
             reason);
    t->pull_stopped_ms = 0;
    t->failed = true;
    task_stop(s, t, at_ms, "TaskFailedToStart", reason);
}

static void started(struct sim_service *s, struct sim_task *t, int64_t at_ms)
{
    const struct sim_taskdef *d = t->def;
    t->started_ms = at_ms;
    set_containers(t, "RUNNING");
    bool ends = d->fate == FATE_CRASH || d->fate == FATE_OOM ||
                d->fate == FATE_UNHEALTHY || d->fate == FATE_SPOT;
    int64_t life = jitter(s, d->after_ms, d->after_ms / 2);
    set_status(t, "RUNNING", ends ? at_ms + life : at_ms + 6000);
    if (d->containers[0].health_check)
        snprintf(t->health, sizeof(t->health), "%s",
                 ends ? "UNKNOWN" : "HEALTHY");
}

/* RUNNING and due: the fate of its definition, or its registration. */
static void running_step(struct sim_service *s, struct sim_task *t,
                         int64_t at_ms)
{
    switch (t->def->fate) {
    case FATE_CRASH:
        t->failed = true;
        die(s, t, at_ms, 1, "");
        break;
    case FATE_OOM:
        t->failed = true;
        die(s, t, at_ms, 137, "OutOfMemoryError: Container killed due to "
                              "memory usage");
        break;
    case FATE_UNHEALTHY: {
        char reason[300];
        snprintf(reason, sizeof(reason),
                 "Task failed ELB health checks in (target-group %.180s)",
                 s->target_group);
        world_event(s, at_ms, "(port %d) is unhealthy in (target-group "
                    "%s) due to (reason Health checks failed with these "
                    "codes: [503]).", s->port, s->target_group);
        t->failed = true;
        task_stop(s, t, at_ms, "ServiceSchedulerInitiated", reason);
        break;
    }
    case FATE_SPOT:
        /* Some are taken, most stay: not every task of a Spot service. */
        if (rng_below(&s->rng, 4) == 0)
            task_stop(s, t, at_ms, "SpotInterruption",
                      "Your Spot Task was interrupted.");
        else
            t->next_ms = at_ms + jitter(s, 600000, 1200000);
        break;
    case FATE_HEALTHY:
    case FATE_NO_IMAGE:
    case FATE_NO_ROOM:
        if (!t->registered && s->target_group[0])
            world_event(s, at_ms, "registered 1 targets in (target-group "
                        "%s)", s->target_group);
        t->registered = true;
        t->next_ms = INT64_MAX;
        break;
    }
}

static void stopped(struct sim_service *s, struct sim_task *t, int64_t at_ms)
{
    /* SIGTERM is 143 where it is heard, 137 where it is not. */
    for (size_t i = 0; i < t->def->n_containers; i++) {
        if (t->started_ms)
            exit_container(t, i, rng_below(&s->rng, 3) ? 143 : 137, "");
        snprintf(t->containers[i].status, sizeof(t->containers[i].status),
                 "STOPPED");
    }
    if (t->started_ms && !t->execution_stopped_ms)
        t->execution_stopped_ms = at_ms - 1500;
    t->stopped_ms = at_ms;
    set_status(t, "STOPPED", INT64_MAX);
    snprintf(t->health, sizeof(t->health), "UNKNOWN");
}

void task_step(struct sim_world *w, struct sim_service *s,
               struct sim_task *t)
{
    int64_t at = t->next_ms;
    (void)w;
    if (task_is(t, "PROVISIONING")) {
        set_status(t, "PENDING", at + jitter(s, 400, 600));
    } else if (task_is(t, "PENDING") && !t->pull_started_ms) {
        t->pull_started_ms = at;
        t->next_ms = at + jitter(s, 2500, 4000);
    } else if (task_is(t, "PENDING") && t->def->fate == FATE_NO_IMAGE) {
        never_pulled(s, t, at);
    } else if (task_is(t, "PENDING")) {
        t->pull_stopped_ms = at;
        set_status(t, "ACTIVATING", at + jitter(s, 600, 900));
    } else if (task_is(t, "ACTIVATING")) {
        started(s, t, at);
    } else if (task_is(t, "RUNNING")) {
        running_step(s, t, at);
    } else if (task_is(t, "DEACTIVATING")) {
        set_status(t, "STOPPING", at + jitter(s, 1500, 2500));
    } else if (task_is(t, "STOPPING")) {
        set_status(t, "DEPROVISIONING", at + jitter(s, 800, 800));
    } else if (task_is(t, "DEPROVISIONING")) {
        stopped(s, t, at);
    } else {
        t->next_ms = INT64_MAX;
    }
}
