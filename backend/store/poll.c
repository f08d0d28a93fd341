/* When to ask what. One timer pumps: it looks at what is wanted now, starts
 * what is due while there are slots, and sleeps until the next thing is due.
 * Answers pump again. Nothing is queued ahead, so that the best choice is made
 * at the moment a slot is free. */
#include "backend/net/loop.h"
#include "backend/store/poll.h"

static enum want feed_want(const struct feed *f)
{
    enum want want = WANT_NO;

    for (struct subscription *sub = f->subs; sub != NULL; sub = sub->next)
        if (!sub->dead)
            raise_want(&want, sub->visible ? WANT_VISIBLE : WANT_HIDDEN);
    return want;
}

static void demand_watch(struct feed *f, struct watch *w, enum want want)
{
    switch (f->kind) {
    case QUERY_SERVICES:
        raise_want(&w->want_services, want);
        raise_want(&w->want_sweep, want);
        break;
    case QUERY_TASKS:
        raise_want(&w->want_sweep, want);
        raise_want(f->svc != NULL ? &w->want_pins : &w->want_tasks, want);
        if (f->svc != NULL)
            raise_want(&f->svc->want_tasks, want);
        break;
    default:
        raise_want(&w->want_pins, want);
        if (f->task != NULL)
            raise_want(&f->task->pinned, want);
        break;
    }
}

static void mark_window(struct store *s, const struct feed *f)
{
    for (struct subscription *sub = f->subs; sub != NULL; sub = sub->next)
        for (size_t i = 0; sub->visible && i < sub->n_window; i++) {
            const char *key = sub->window[i];
            struct svc_entry *e = map_get(s->svc_by_arn, key);
            struct task_entry *t = map_get(s->task_by_id, arn_tail(key));

            if (e != NULL && f->kind == QUERY_SERVICES)
                e->window = s->stamp;
            if (t != NULL && f->kind == QUERY_TASKS)
                t->window = s->stamp;
        }
}

void poll_demand(struct store *s)
{
    s->want_clusters = s->want_cluster_desc = WANT_NO;
    for (struct watch *w = s->watches; w != NULL; w = w->next)
        w->want_services = w->want_sweep = w->want_tasks = w->want_pins =
            WANT_NO;
    for (struct feed *f = s->feeds; f != NULL; f = f->next) {
        if (f->svc != NULL)
            f->svc->want_tasks = WANT_NO;
        if (f->task != NULL)
            f->task->pinned = WANT_NO;
    }
    s->stamp++;
    for (struct feed *f = s->feeds; f != NULL; f = f->next) {
        enum want want = feed_want(f);

        if (want == WANT_NO)
            continue;
        if (f->kind == QUERY_CLUSTERS)
            raise_want(&s->want_cluster_desc, want);
        if (f->watch == NULL)
            raise_want(&s->want_clusters, want);
        for (struct watch *w = s->watches; w != NULL; w = w->next)
            if (feed_covers(f, w))
                demand_watch(f, w, want);
        mark_window(s, f);
    }
}

static bool ask_wanted(const struct ask *a)
{
    const struct store *s = a->store;
    const struct watch *w = a->watch;

    switch (a->kind) {
    case ASK_CLUSTERS:
        return s->want_clusters != WANT_NO;
    case ASK_CLUSTER_DESC:
        return s->want_cluster_desc != WANT_NO;
    case ASK_SERVICES:
        return w->want_services != WANT_NO;
    case ASK_SVC_DESC:
        return w->want_services != WANT_NO || w->want_pins != WANT_NO;
    case ASK_STOPPED:
        return w->want_sweep != WANT_NO;
    case ASK_RUNNING:
        return (a->svc != NULL ? a->svc->want_tasks : w->want_tasks) !=
               WANT_NO;
    case ASK_TASK_DESC:
        return w->want_sweep != WANT_NO || w->want_tasks != WANT_NO ||
               w->want_pins != WANT_NO;
    default:
        return s->feeds != NULL || a->td->urgent;
    }
}

void poll_reap(struct store *s)
{
    for (struct ask *a = s->asks, *next; a != NULL; a = next) {
        next = a->next;
        if (!ask_wanted(a)) {
            ask_cancel(a);
            pump_soon(s); /* others may have waited for its place */
        }
    }
}

static bool list_slot(const struct store *s)
{
    return s->flying[ASK_CLUSTERS] + s->flying[ASK_SERVICES] +
               s->flying[ASK_STOPPED] + s->flying[ASK_RUNNING] <
           MAX_LISTS;
}

static enum aws_priority list_prio(const struct job *j, enum want want)
{
    if (want != WANT_VISIBLE)
        return AWS_PRIO_BACKGROUND;
    return j->ok_once && !j->force ? AWS_PRIO_NORMAL : AWS_PRIO_VISIBLE;
}

static bool list_ready(struct pump *p, struct job *j, enum want want,
                       int64_t period)
{
    if (want == WANT_NO || j->in_flight > 0)
        return false;
    if (want == WANT_HIDDEN)
        period = max64(period * 2, p->s->opts.hidden_ms);
    return ready(p, job_due(j, period)) && list_slot(p->s);
}

/* ListTasks of a service is skipped while its counts, deployments and newest
 * event are the same, but for once a minute. */
static bool run_ready(struct pump *p, struct svc_entry *e)
{
    struct job *j = e->run;
    int64_t quick = e->want_tasks == WANT_VISIBLE || p->now < e->boost_ms
                        ? TOUCHED_MS
                        : p->s->opts.hidden_ms;

    if (e->want_tasks == WANT_NO || e->missing || j->in_flight > 0)
        return false;
    if (!j->ok_once || j->failures > 0 || j->force)
        return ready(p, job_due(j, 0)) && list_slot(p->s);
    if (e->sig == e->run_sig && p->now >= e->boost_ms)
        quick = RUN_AGAIN_MS * (int64_t)j->jitter / 1000;
    return ready(p, j->started_ms + quick) && list_slot(p->s);
}

static void pump_lists(struct pump *p)
{
    struct store *s = p->s;
    struct watch *w;

    if (list_ready(p, &s->clusters, s->want_clusters, LIST_MS))
        fetch_clusters(s, list_prio(&s->clusters, s->want_clusters));
    for (w = s->watches; w != NULL; w = w->next) {
        bool boost = p->now < w->boost_ms;
        /* Many clusters share one allowance. */
        int64_t list_ms = max64(LIST_MS, (int64_t)s->n_watches * 500);
        int64_t run_ms = max64(s->opts.refresh_ms * 2,
                               (int64_t)w->n_tasks / 100 * TASK_BATCH_MS);

        list_ms = max64(list_ms, (int64_t)p->services / 100 * SVC_PAGE_MS);

        if (list_ready(p, &w->list, w->want_services, list_ms))
            fetch_services(w, list_prio(&w->list, w->want_services));
        if (list_ready(p, &w->run, w->want_tasks,
                       boost ? TOUCHED_MS * 2 : run_ms))
            fetch_running(w, NULL, list_prio(&w->run, w->want_tasks));
        for (size_t i = 0; w->want_pins != WANT_NO && i < w->n_svcs; i++)
            if (run_ready(p, w->svcs[i]))
                fetch_running(w, w->svcs[i],
                              list_prio(w->svcs[i]->run,
                                        w->svcs[i]->want_tasks));
        if (list_ready(p, &w->sweep, w->want_sweep,
                       boost ? SWEEP_MS / 3 : p->sweep_ms))
            fetch_stopped(w, list_prio(&w->sweep, w->want_sweep));
    }
}

static void pump_clusters(struct pump *p)
{
    struct store *s = p->s;
    struct watch *batch[TASK_BATCH];
    size_t n = 0;
    int64_t period = s->want_cluster_desc == WANT_VISIBLE
                         ? s->opts.refresh_ms
                         : s->opts.hidden_ms;

    if (s->want_cluster_desc == WANT_NO ||
        !ready(p, job_due(&s->cluster_desc, 0)) ||
        s->flying[ASK_CLUSTER_DESC] >= MAX_BATCHES)
        return;
    for (struct watch *w = s->watches; w != NULL && n < TASK_BATCH;
         w = w->next)
        if (w->listed && !w->in_flight &&
            ready(p, w->tries.fails > 0       ? tries_due(s, &w->tries)
                     : w->described_ms != 0 ? w->described_ms + period
                                              : 0))
            batch[n++] = w;
    if (n > 0)
        fetch_cluster_desc(s, batch, n, AWS_PRIO_VISIBLE);
}

static void pump_taskdefs(struct pump *p)
{
    struct store *s = p->s;

    while (s->n_td_wanted > 0 && s->flying[ASK_TASKDEF] < MAX_TASKDEFS &&
           ready(p, job_due(&s->tdjob, 0))) {
        struct td_entry *best = NULL;
        size_t i = 0;
        const char *key;
        void *value;

        while (map_next(s->taskdefs, &i, &key, &value)) {
            struct td_entry *td = value;

            if (td->state != TD_WANTED || (s->feeds == NULL && !td->urgent) ||
                !ready(p, td->retry_ms))
                continue;
            if (best == NULL || td->urgent > best->urgent ||
                (td->urgent == best->urgent && td->needed > best->needed))
                best = td;
        }
        if (best == NULL)
            break;
        fetch_taskdef(s, best,
                      best->urgent || best->needed ? AWS_PRIO_NORMAL
                                                   : AWS_PRIO_BACKGROUND);
    }
}

static void on_pump(struct timer *t, void *arg)
{
    struct store *s = arg;
    struct pump p = {.s = s, .now = store_now(s), .next = INT64_MAX};
    size_t tasks = 0, pages = 0;

    if (!s->pump_put_off && loop_turn_long(s->loop)) {
        s->pump_put_off = true;
        timer_start(s->clock, t, 0, on_pump, s);
        return;
    }
    s->pump_put_off = false;
    /* Rows are made as answers come, so that a publish finds little to do. */
    if (eval_slice(s))
        pump_soon(s);
    if (s->paused)
        return;
    poll_demand(s);
    for (struct watch *w = s->watches; w != NULL; w = w->next) {
        p.services += w->want_services != WANT_NO ? w->n_listed : 0;
        tasks += w->want_tasks != WANT_NO ? w->n_tasks : 0;
        pages += w->want_sweep != WANT_NO ? (size_t)w->sweep_pages : 0;
    }
    p.healthy_ms = max64(HEALTHY_MS,
                         (int64_t)p.services * SVC_BATCH_MS / SVC_BATCH);
    p.settled_ms = max64(SETTLED_MS,
                         (int64_t)tasks * TASK_BATCH_MS / TASK_BATCH);
    p.sweep_ms = max64(SWEEP_MS, (int64_t)pages * 1000);
    pump_lists(&p);
    pump_clusters(&p);
    pump_services(&p);
    pump_tasks(&p);
    pump_taskdefs(&p);
    if (p.next != INT64_MAX && !timer_armed(&s->pump_timer))
        timer_start(s->clock, &s->pump_timer, p.next - p.now, on_pump, s);
}

void pump_soon(struct store *s)
{
    if (timer_armed(&s->pump_timer) && s->pump_timer.due_ms <= store_now(s))
        return;
    timer_start(s->clock, &s->pump_timer, 0, on_pump, s);
}
