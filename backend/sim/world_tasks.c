/* The life of one task, step by step:
 * PROVISIONING -> PENDING -> ACTIVATING -> RUNNING -> DEACTIVATING ->
 * STOPPING -> DEPROVISIONING -> STOPPED. */
#include "backend/sim/world.h"

#include "backend/base/mem.h"

#include <stdio.h>
#include <string.h>

#define CHECKED_MS 6000  /* running, until it counts as healthy */
#define TARGET_MS 18000  /* the same behind a load balancer, that asks twice */
#define DOOMED_MS 60000  /* who dies sooner never counts as healthy */

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

static void set_health(struct sim_task *t, const char *health)
{
    if (!t->def->containers[0].health_check)
        return;
    snprintf(t->health, sizeof(t->health), "%s", health);
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
    t->pull_stopped_ms = at_ms;
    t->failed = true;
    task_stop(s, t, at_ms, "TaskFailedToStart", reason);
}

static void no_secret(struct sim_service *s, struct sim_task *t,
                      int64_t at_ms)
{
    char reason[400];
    snprintf(reason, sizeof(reason),
             "ResourceInitializationError: unable to pull secrets or "
             "registry auth: execution resource retrieval failed: unable to "
             "retrieve secret from asm: service call has been retried 1 "
             "time(s): failed to fetch secret %.110s from secrets manager: "
             "AccessDeniedException",
             t->def->containers[0].secret_from);
    t->failed = true;
    task_stop(s, t, at_ms, "TaskFailedToStart", reason);
}

static bool ends(enum sim_fate f)
{
    return f == FATE_CRASH || f == FATE_OOM || f == FATE_UNHEALTHY ||
           f == FATE_SPOT || f == FATE_SICK || f == FATE_DONE;
}

static void started(struct sim_service *s, struct sim_task *t, int64_t at_ms)
{
    const struct sim_taskdef *d = t->def;
    int64_t next = at_ms + (s->target_group[0] ? TARGET_MS : CHECKED_MS);
    t->started_ms = at_ms;
    set_containers(t, "RUNNING");
    if (ends(d->fate)) {
        t->fate_ms = at_ms + jitter(s, d->after_ms, d->after_ms / 2);
        if (d->fate == FATE_UNHEALTHY || d->fate == FATE_SICK ||
            t->fate_ms - at_ms < DOOMED_MS)
            next = t->fate_ms;
    }
    set_status(t, "RUNNING", next);
}

/* Health checks are good: it serves, and earlier failures are forgiven. */
static void checked(struct sim_service *s, struct sim_task *t, int64_t at_ms)
{
    t->registered = true;
    t->next_ms = t->fate_ms ? t->fate_ms : INT64_MAX;
    set_health(t, "HEALTHY");
    if (s->target_group[0])
        world_event(s, at_ms, "registered 1 targets in (target-group %s)",
                    s->target_group);
    if (!t->deployment || t->deployment != s->deployments[0])
        return;
    t->deployment->failed = 0;
    s->streak = 0;
}

static void unhealthy(struct sim_service *s, struct sim_task *t,
                      int64_t at_ms)
{
    char reason[300];
    snprintf(reason, sizeof(reason),
             "Task failed ELB health checks in (target-group %.180s)",
             s->target_group);
    if (s->target_group[0])
        world_event(s, at_ms, "(port %d) is unhealthy in (target-group %s) "
                    "due to (reason Health checks failed with these codes: "
                    "[503]).", s->port, s->target_group);
    t->failed = true;
    task_stop(s, t, at_ms, "ServiceSchedulerInitiated", reason);
}

/* What its definition has in store for it is due. */
static void meet_fate(struct sim_service *s, struct sim_task *t,
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
    case FATE_DONE:
        die(s, t, at_ms, 0, "");
        break;
    case FATE_UNHEALTHY:
        unhealthy(s, t, at_ms);
        break;
    case FATE_SICK:
        set_health(t, "UNHEALTHY");
        world_event(s, at_ms, "(task %s) failed container health checks.",
                    t->id);
        t->failed = true;
        task_stop(s, t, at_ms, "ServiceSchedulerInitiated",
                  "Task failed container health checks");
        break;
    case FATE_SPOT:
        /* Some are taken, most stay: not every task of a Spot service. */
        t->fate_ms = at_ms + jitter(s, 600000, 1200000);
        t->next_ms = t->fate_ms;
        if (rng_below(&s->rng, 4) == 0 || t->doomed)
            task_stop(s, t, at_ms, "SpotInterruption",
                      "Your Spot Task was interrupted.");
        break;
    case FATE_HEALTHY:
    case FATE_NO_IMAGE:
    case FATE_NO_ROOM:
    case FATE_NO_SECRET:
        t->fate_ms = 0;
        t->next_ms = INT64_MAX;
        break;
    }
}

/* SIGTERM is 143 where nobody listens to it, 0 where the program ends by
 * itself, and 137 where it has to be killed. */
static void end_containers(struct sim_service *s, struct sim_task *t,
                           int64_t at_ms)
{
    static const int codes[] = {143, 143, 137, 0};
    for (size_t i = 0; i < t->def->n_containers; i++)
        exit_container(t, i, codes[rng_below(&s->rng, i ? 3 : 4)], "");
    if (!t->execution_stopped_ms)
        t->execution_stopped_ms = at_ms;
}

static void stopped(struct sim_task *t, int64_t at_ms)
{
    set_containers(t, "STOPPED");
    t->stopped_ms = at_ms;
    set_status(t, "STOPPED", INT64_MAX);
    if (strcmp(t->health, "HEALTHY") == 0)
        set_health(t, "UNKNOWN");
}

static void step_up(struct sim_service *s, struct sim_task *t, int64_t at)
{
    enum sim_fate fate = t->def->fate;
    if (task_is(t, "PROVISIONING")) {
        set_status(t, "PENDING", at + jitter(s, 400, 600));
    } else if (task_is(t, "PENDING") && fate == FATE_NO_SECRET) {
        no_secret(s, t, at);
    } else if (task_is(t, "PENDING") && !t->pull_started_ms) {
        t->pull_started_ms = at;
        t->next_ms = at + jitter(s, 2500, 4000);
    } else if (task_is(t, "PENDING") && fate == FATE_NO_IMAGE) {
        never_pulled(s, t, at);
    } else if (task_is(t, "PENDING")) {
        t->pull_stopped_ms = at;
        set_status(t, "ACTIVATING", at + jitter(s, 600, 900));
    } else if (task_is(t, "ACTIVATING")) {
        started(s, t, at);
    } else if (t->fate_ms && at >= t->fate_ms) {
        meet_fate(s, t, at);
    } else {
        checked(s, t, at);
    }
}

void task_step(struct sim_world *w, struct sim_service *s,
               struct sim_task *t)
{
    int64_t at = t->next_ms;
    (void)w;
    if (task_live(t)) {
        step_up(s, t, at);
    } else if (task_is(t, "DEACTIVATING")) {
        set_status(t, "STOPPING", at + jitter(s, 1500, 2500));
    } else if (task_is(t, "STOPPING")) {
        end_containers(s, t, at);
        set_status(t, "DEPROVISIONING", at + jitter(s, 800, 800));
    } else if (task_is(t, "DEPROVISIONING")) {
        stopped(t, at);
    } else {
        t->next_ms = INT64_MAX;
    }
}
