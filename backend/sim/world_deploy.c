/* The service scheduler: starts and stops tasks, rolls deployments, counts
 * failures for the circuit breaker, and says so in events. */
#include "backend/sim/world.h"

#include "backend/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SETTLE_MS 8000 /* from enough running to "steady state" */

int breaker_threshold(int desired)
{
    int n = (desired + 1) / 2;
    return n < 3 ? 3 : n > 200 ? 200 : n;
}

static bool is(const char *a, const char *b)
{
    return a && strcmp(a, b) == 0;
}

int service_running(const struct sim_service *s)
{
    int n = 0;
    for (size_t i = 0; i < s->n_tasks; i++)
        n += task_is(s->tasks[i], "RUNNING");
    return n;
}

static bool pending(const struct sim_task *t)
{
    return task_live(t) && !task_is(t, "RUNNING") && !task_is(t, "STOPPED");
}

int service_pending(const struct sim_service *s)
{
    int n = 0;
    for (size_t i = 0; i < s->n_tasks; i++)
        n += pending(s->tasks[i]);
    return n;
}

/* A new PRIMARY; what was primary becomes ACTIVE. */
struct sim_deployment *service_deploy(struct sim_world *w,
                                      struct sim_service *s,
                                      struct sim_taskdef *def, int64_t at_ms)
{
    struct sim_deployment *d = xcalloc(1, sizeof(*d));
    (void)w;
    snprintf(d->id, sizeof(d->id), "ecs-svc/%019llu",
             (unsigned long long)rng_below(&s->rng, 9000000000000000000ULL));
    snprintf(d->status, sizeof(d->status), "PRIMARY");
    snprintf(d->rollout, sizeof(d->rollout), "IN_PROGRESS");
    snprintf(d->reason, sizeof(d->reason), "ECS deployment %s in progress.",
             d->id);
    d->def = def;
    d->desired = s->desired;
    d->created_ms = d->updated_ms = d->next_start_ms = at_ms;
    if (s->n_deployments == ARRAY_LEN(s->deployments)) {
        struct sim_deployment *last = s->deployments[--s->n_deployments];
        for (size_t i = 0; i < s->n_tasks; i++)
            if (s->tasks[i]->deployment == last)
                s->tasks[i]->deployment = d;
        free(last);
    }
    memmove(s->deployments + 1, s->deployments,
            s->n_deployments * sizeof(s->deployments[0]));
    s->deployments[0] = d;
    s->n_deployments++;
    for (size_t i = 1; i < s->n_deployments; i++)
        snprintf(s->deployments[i]->status,
                 sizeof(s->deployments[i]->status), "ACTIVE");
    s->def = def;
    s->steady = false;
    s->steady_due_ms = s->place_event_ms = 0;
    s->streak = 0;
    s->next_ms = at_ms;
    return d;
}

static void count(struct sim_service *s)
{
    for (size_t k = 0; k < s->n_deployments; k++) {
        struct sim_deployment *d = s->deployments[k];
        d->running = d->pending = 0;
        for (size_t i = 0; i < s->n_tasks; i++) {
            if (s->tasks[i]->deployment != d)
                continue;
            d->running += task_is(s->tasks[i], "RUNNING");
            d->pending += pending(s->tasks[i]);
        }
        if (k)
            d->desired = d->running + d->pending;
    }
}

static int live(const struct sim_service *s, const struct sim_deployment *d)
{
    int n = 0;
    for (size_t i = 0; i < s->n_tasks; i++)
        n += task_live(s->tasks[i]) &&
             (!d || s->tasks[i]->deployment == d);
    return n;
}

/* "(task a) (task b)" of the newest n tasks. */
static void names(const struct sim_service *s, int n, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = s->n_tasks; i-- > 0 && n > 0 && used + 42 < size; n--)
        used += (size_t)snprintf(out + used, size - used, "%s(task %s)",
                                 used ? " " : "", s->tasks[i]->id);
}

/* Who new tasks belong to: the primary, unless it has been given up; then
 * the newest one before it that has not. */
static struct sim_deployment *starter(const struct sim_service *s)
{
    size_t i = 0;
    while (i + 1 < s->n_deployments &&
           is(s->deployments[i]->rollout, "FAILED"))
        i++;
    return s->deployments[i];
}

static void start_tasks(struct sim_world *w, struct sim_service *s, int n,
                        int64_t at_ms)
{
    struct sim_deployment *d = starter(s);
    char list[480];
    for (int i = 0; i < n; i++) {
        struct sim_task *t = world_add_task(w, s, d->def, at_ms + 50 * i);
        t->deployment = d;
        snprintf(t->started_by, sizeof(t->started_by), "%s", d->id);
        task_begin(w, s, t, t->created_ms);
    }
    d->updated_ms = at_ms;
    names(s, n, list, sizeof(list));
    world_event(s, at_ms, "has started %d tasks: %s.", n, list);
}

/* How many more may start now: by what is missing, by the upper limit, by
 * room on instances, and slower with each failure. */
static int may_start(struct sim_service *s, int64_t at_ms)
{
    struct sim_deployment *d = starter(s);
    int all = live(s, NULL), own = live(s, d);
    int max = s->desired * s->max_percent / 100;
    int missing = s->desired - (d == s->deployments[0] ? own : all);
    int room = max - all;
    if (is(d->rollout, "FAILED") || at_ms < s->deployments[0]->next_start_ms)
        return 0;
    if (d->def->fate == FATE_NO_ROOM && own + missing > d->def->place_max)
        missing = d->def->place_max - own;
    int n = missing < room ? missing : room;
    if (s->streak && n > 2)
        n = 2;
    if (s->streak > 5 && n > 1)
        n = 1;
    return n > 10 ? 10 : n > 0 ? n : 0;
}

static void say_no_room(struct sim_service *s, int64_t at_ms)
{
    if (at_ms < s->place_event_ms)
        return;
    s->place_event_ms = at_ms + 60000;
    char arn[200];
    world_instance_arn(s->cluster->world, s->cluster, 0, arn, sizeof(arn));
    world_event(s, at_ms, "was unable to place a task because no container "
                "instance met all of its requirements. The closest matching "
                "(container-instance %s) has insufficient memory available. "
                "For more information, see the Troubleshooting section of "
                "the Amazon ECS Developer Guide.", strrchr(arn, '/') + 1);
}

/* Stopped in one go: one event names them all. */
struct batch {
    struct sim_task *tasks[10];
    int n;
};

static void flush(struct sim_service *s, struct batch *b, int64_t at_ms)
{
    char list[480];
    size_t used = 0;
    for (int i = 0; i < b->n; i++)
        used += (size_t)snprintf(list + used, sizeof(list) - used,
                                 "%s(task %s)", i ? " " : "",
                                 b->tasks[i]->id);
    if (b->n && s->target_group[0]) {
        world_event(s, at_ms, "has begun draining connections on %d tasks.",
                    b->n);
        world_event(s, at_ms, "deregistered %d targets in (target-group %s)",
                    b->n, s->target_group);
    }
    if (b->n)
        world_event(s, at_ms, "has stopped %d running tasks: %s.", b->n,
                    list);
    b->n = 0;
}

static void stop_one(struct sim_service *s, struct sim_task *t,
                     struct batch *b, int64_t at_ms)
{
    char reason[120];
    snprintf(reason, sizeof(reason),
             "Scaling activity initiated by (deployment %s)",
             s->deployments[0]->id);
    task_stop(s, t, at_ms, "ServiceSchedulerInitiated", reason);
    b->tasks[b->n++] = t;
    if (b->n == (int)ARRAY_LEN(b->tasks))
        flush(s, b, at_ms);
}

/* Runs and counts: a new task does once it has been up for a while. */
static bool serving(const struct sim_service *s, const struct sim_task *t)
{
    return task_live(t) && task_is(t, "RUNNING") &&
           (t->registered || t->deployment != s->deployments[0]);
}

/* Old deployments give way as the new one serves, or at once where that
 * leaves enough. */
static void stop_old(struct sim_service *s, struct batch *b, int64_t at_ms)
{
    struct sim_deployment *p = s->deployments[0];
    int least = (s->desired * s->min_percent + 99) / 100;
    int max = s->desired * s->max_percent / 100;
    int running = 0, all = live(s, NULL);
    for (size_t i = 0; i < s->n_tasks; i++)
        running += serving(s, s->tasks[i]);
    for (size_t i = 0; i < s->n_tasks; i++) {
        struct sim_task *t = s->tasks[i];
        if (!task_live(t) || t->deployment == p)
            continue;
        bool up = serving(s, t);
        /* Keep old ones until new ones run, unless room is needed. */
        if (up && (running <= least || (running <= s->desired && all < max)))
            continue;
        stop_one(s, t, b, at_ms);
        running -= up;
        all--;
    }
}

/* Too many: after a roll-out that was given up the youngest go first, since
 * the old ones are the good ones. */
static void scale_in(struct sim_service *s, struct batch *b, int64_t at_ms)
{
    struct sim_deployment *p = s->deployments[0];
    bool failed = is(p->rollout, "FAILED");
    int extra = live(s, failed ? NULL : p) - s->desired;
    for (size_t i = 0; i < s->n_tasks && extra > 0; i++) {
        struct sim_task *t = s->tasks[failed ? s->n_tasks - 1 - i : i];
        if (!task_live(t) || (!failed && t->deployment != p))
            continue;
        stop_one(s, t, b, at_ms);
        extra--;
    }
}

static void stop_surplus(struct sim_service *s, int64_t at_ms)
{
    struct batch b = {.n = 0};
    if (!is(s->deployments[0]->rollout, "FAILED"))
        stop_old(s, &b, at_ms);
    scale_in(s, &b, at_ms);
    flush(s, &b, at_ms);
}

/* minimumHealthyPercent and maximumPercent leave no move at all. */
static void say_stuck(struct sim_service *s, int started, int64_t at_ms)
{
    const struct sim_deployment *d = s->deployments[0];
    int all = live(s, NULL);
    for (size_t i = 0; i < s->n_tasks; i++)
        if (task_live(s->tasks[i]) && !s->tasks[i]->registered)
            return; /* it may still come up */
    if (started || s->n_deployments < 2 || at_ms < s->place_event_ms ||
        is(d->rollout, "FAILED") || live(s, d) >= s->desired ||
        at_ms < d->next_start_ms || all != service_running(s) ||
        all < s->desired * s->max_percent / 100)
        return;
    s->place_event_ms = at_ms + 6 * 3600000LL;
    world_event(s, at_ms, "was unable to stop or start tasks during a "
                "deployment because of the service deployment configuration. "
                "Update the minimumHealthyPercent or maximumPercent value "
                "and try again.");
}

static void fail_rollout(struct sim_world *w, struct sim_service *s,
                         int64_t at_ms)
{
    struct sim_deployment *d = s->deployments[0];
    snprintf(d->rollout, sizeof(d->rollout), "FAILED");
    snprintf(d->reason, sizeof(d->reason),
             "ECS deployment circuit breaker: tasks failed to start.");
    d->updated_ms = at_ms;
    world_event(s, at_ms, "(deployment %s) deployment failed: tasks failed "
                "to start.", d->id);
    if (!s->breaker_rollback || !s->good || s->good == d->def)
        return;
    struct sim_deployment *b = service_deploy(w, s, s->good, at_ms);
    snprintf(b->reason, sizeof(b->reason), "ECS deployment circuit breaker: "
             "rolling back to deploymentId %s.", b->id);
    world_event(s, at_ms, "rolling back to deployment %s.", b->id);
}

/* Tasks that never start wait longer and longer, to ten minutes; those that
 * die later are replaced within a minute. */
static int64_t pause_ms(int streak, bool never_started)
{
    int64_t wait = 3000 + 2000LL * streak;
    if (!never_started)
        return wait > 60000 ? 60000 : wait;
    wait = 4000;
    for (int i = 1; i < streak && wait < 600000; i++)
        wait = wait * 17 / 10;
    return wait > 600000 ? 600000 : wait;
}

/* Failures since last time: the counter, the pause before the next start,
 * the breaker. */
static void count_failures(struct sim_world *w, struct sim_service *s,
                           int64_t at_ms)
{
    struct sim_deployment *d = s->deployments[0];
    bool more = false, never = false;
    for (size_t i = 0; i < s->n_tasks; i++) {
        struct sim_task *t = s->tasks[i];
        if (!t->failed)
            continue;
        t->failed = false;
        more = true;
        never |= t->started_ms == 0;
        if (t->deployment == d && is(d->rollout, "IN_PROGRESS"))
            d->failed++;
    }
    if (!more)
        return;
    s->streak++;
    d->next_start_ms = at_ms + pause_ms(s->streak, never);
    if (s->streak == 6 || s->streak % 100 == 0)
        world_event(s, at_ms, "is unable to consistently start tasks "
                    "successfully. For more information, see the "
                    "Troubleshooting section of the Amazon ECS Developer "
                    "Guide.");
    if (s->breaker && is(d->rollout, "IN_PROGRESS") &&
        d->failed >= breaker_threshold(s->desired))
        fail_rollout(w, s, at_ms);
}

static void drop_empty(struct sim_service *s)
{
    size_t n = 1;
    for (size_t i = 1; i < s->n_deployments; i++) {
        struct sim_deployment *d = s->deployments[i];
        if (live(s, d) || d->running) {
            s->deployments[n++] = d;
            continue;
        }
        for (size_t k = 0; k < s->n_tasks; k++)
            if (s->tasks[k]->deployment == d)
                s->tasks[k]->deployment = NULL;
        free(d);
    }
    s->n_deployments = n;
}

static bool settled(const struct sim_service *s)
{
    const struct sim_deployment *d = starter(s);
    int n = 0;
    for (size_t i = 0; i < s->n_tasks; i++)
        n += task_live(s->tasks[i]) && s->tasks[i]->deployment == d &&
             s->tasks[i]->registered;
    return n == s->desired && live(s, NULL) == s->desired;
}

/* Steady state comes a while after the last task runs. */
static void settle(struct sim_service *s, int64_t at_ms)
{
    struct sim_deployment *d = s->deployments[0];
    if (!settled(s) || s->steady) {
        s->steady_due_ms = 0;
        return;
    }
    if (!s->steady_due_ms) {
        s->steady_due_ms = at_ms + SETTLE_MS;
        return;
    }
    if (at_ms < s->steady_due_ms)
        return;
    if (is(d->rollout, "IN_PROGRESS")) {
        s->streak = 0;
        snprintf(d->rollout, sizeof(d->rollout), "COMPLETED");
        /* A roll-back keeps its reason: that is how it is told from others. */
        if (!strstr(d->reason, "rolling back"))
            snprintf(d->reason, sizeof(d->reason),
                     "ECS deployment %s completed.", d->id);
        d->updated_ms = at_ms;
        d->failed = 0;
        world_event(s, at_ms, "(deployment %s) deployment completed.", d->id);
    }
    if (is(d->rollout, "COMPLETED"))
        s->good = d->def;
    s->steady = true;
    world_event(s, at_ms, "has reached a steady state.");
}

static void soonest(struct sim_service *s, int64_t at_ms, int64_t when)
{
    if (when > at_ms && when < s->next_ms)
        s->next_ms = when;
}

void service_schedule(struct sim_world *w, struct sim_service *s,
                      int64_t at_ms)
{
    if (!s->n_deployments)
        return;
    count_failures(w, s, at_ms);
    int before = live(s, NULL);
    int n = may_start(s, at_ms);
    if (n)
        start_tasks(w, s, n, at_ms);
    if (n && s->streak > 5) /* the next only when this one's end is known */
        s->deployments[0]->next_start_ms = at_ms + 30000;
    stop_surplus(s, at_ms);
    if (live(s, NULL) != before || n)
        s->steady = false;
    if (s->def->fate == FATE_NO_ROOM && s->desired > s->def->place_max)
        say_no_room(s, at_ms);
    else
        say_stuck(s, n, at_ms);
    count(s);
    drop_empty(s);
    settle(s, at_ms);
    soonest(s, at_ms, s->steady_due_ms && !s->steady ? s->steady_due_ms : 0);
    if (live(s, starter(s)) < s->desired)
        soonest(s, at_ms, s->deployments[0]->next_start_ms);
    if (s->def->fate == FATE_NO_ROOM)
        soonest(s, at_ms, s->place_event_ms);
}
