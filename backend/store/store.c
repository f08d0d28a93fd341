#include "backend/store/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/net/loop.h"
#include "backend/store/internal.h"

int64_t store_now(const struct store *s)
{
    return clock_mono_ms(s->clock);
}

int64_t store_wall(const struct store *s)
{
    return clock_wall_ms(s->clock) + aws_client_clock_skew_ms(s->client);
}

struct store *store_new(struct loop *loop, struct aws_client *client,
                        const struct store_options *opts)
{
    struct store *s = xcalloc(1, sizeof(*s));

    s->loop = loop;
    s->clock = loop_clock(loop);
    s->client = client;
    if (opts != NULL)
        s->opts = *opts;
    if (s->opts.refresh_ms <= 0)
        s->opts.refresh_ms = 5000;
    if (s->opts.hidden_ms <= 0)
        s->opts.hidden_ms = 30000;
    if (s->opts.keep_stopped == 0)
        s->opts.keep_stopped = 2000;
    if (s->opts.seed != 0)
        rng_seed(&s->rng, s->opts.seed);
    else
        rng_seed_os(&s->rng);
    scope_init(&s->scope, NULL);
    entries_init(s);
    return s;
}

void store_free(struct store *s)
{
    if (s == NULL)
        return;
    while (s->asks != NULL)
        ask_cancel(s->asks);
    scope_cancel(&s->scope);
    timer_stop(s->clock, &s->pump_timer);
    timer_stop(s->clock, &s->eval_timer);
    assert(s->feeds == NULL); /* a subscription was left open */
    entries_free(s);
    strtab_unref(s->strings); /* snapshots may hold it longer */
    free(s);
}

/* The feed of an equal query, or a new one. */
static struct feed *feed_get(struct store *s, const struct query *q)
{
    struct watch *w = q->cluster != NULL ? watch_get(s, q->cluster) : NULL;
    struct svc_entry *e = NULL;
    struct task_entry *t = NULL;
    struct feed *f;

    assert(w != NULL || q->kind != QUERY_CONTAINERS);
    if (q->kind == QUERY_TASKS && q->service != NULL && w != NULL)
        e = svc_get(w, q->service);
    if (q->kind == QUERY_CONTAINERS)
        t = task_get(w, q->task);
    for (f = s->feeds; f != NULL; f = f->next)
        if (!f->doomed && f->kind == q->kind && f->watch == w &&
            f->svc == e && f->task == t)
            return f;
    f = xcalloc(1, sizeof(*f));
    f->store = s;
    f->kind = q->kind;
    f->watch = q->kind == QUERY_CLUSTERS ? NULL : w;
    f->svc = e;
    if (e != NULL && e->run == NULL)
        e->run = xcalloc(1, sizeof(*e->run));
    f->task = t;
    f->task_name = xstrdup(q->task);
    f->next = s->feeds;
    s->feeds = f;
    return f;
}

static void feed_free(struct feed *f)
{
    struct store *s = f->store;

    for (struct feed **p = &s->feeds; *p != NULL; p = &(*p)->next)
        if (*p == f) {
            *p = f->next;
            break;
        }
    if (f->svc != NULL)
        f->svc->want_tasks = WANT_NO; /* others are counted again */
    if (f->task != NULL)
        f->task->pinned = WANT_NO;
    timer_stop(s->clock, &f->timer);
    snapshot_unref(f->snap);
    free(f->task_name);
    free(f);
}

/* What people look at has changed: the poller chooses anew. */
static void look_again(struct store *s)
{
    for (struct watch *w = s->watches; w != NULL; w = w->next)
        w->svc_scan.at_ms = w->task_scan.at_ms = 0;
    pump_soon(s);
}

struct subscription *store_subscribe(struct store *s, const struct query *q,
                                     snapshot_fn *cb, void *arg)
{
    struct subscription *sub = xcalloc(1, sizeof(*sub));
    struct feed *f = feed_get(s, q);
    struct subscription **tail = &f->subs;

    sub->feed = f;
    sub->cb = cb;
    sub->arg = arg;
    sub->visible = true;
    while (*tail != NULL)
        tail = &(*tail)->next;
    *tail = sub;
    f->published_ms = 0; /* what is known is told at once */
    feed_dirty(f);
    look_again(s);
    eval_schedule(s);
    return sub;
}

static void window_clear(struct subscription *sub)
{
    for (size_t i = 0; i < sub->n_window; i++)
        free(sub->window[i]);
    free(sub->window);
    sub->window = NULL;
    sub->n_window = 0;
}

void feed_sweep(struct feed *f)
{
    for (struct subscription **p = &f->subs; *p != NULL;) {
        struct subscription *sub = *p;

        if (!sub->dead) {
            p = &sub->next;
            continue;
        }
        *p = sub->next;
        window_clear(sub);
        free(sub);
    }
    if (f->subs == NULL)
        feed_free(f);
}

void subscription_close(struct subscription *sub)
{
    struct feed *f;
    struct store *s;
    bool alive = false;

    if (sub == NULL)
        return;
    f = sub->feed;
    s = f->store;
    sub->dead = true;
    for (struct subscription *o = f->subs; o != NULL; o = o->next)
        alive = alive || !o->dead;
    /* Inside its own publish the list must stay as it is for a moment. */
    if (f->publishing)
        f->doomed = !alive;
    else
        feed_sweep(f);
    poll_demand(s);
    poll_reap(s);
    eval_schedule(s);
}

const struct snapshot *subscription_snapshot(const struct subscription *sub)
{
    return sub->feed->snap;
}

void subscription_set_visible(struct subscription *sub, bool visible)
{
    if (sub->visible == visible)
        return;
    sub->visible = visible;
    look_again(sub->feed->store);
}

void subscription_set_window(struct subscription *sub,
                             const char *const *keys, size_t n)
{
    bool same = n == sub->n_window;

    for (size_t i = 0; same && i < n; i++)
        same = strcmp(sub->window[i], keys[i]) == 0;
    if (same)
        return;
    window_clear(sub);
    sub->window = xreallocarray(NULL, n > 0 ? n : 1, sizeof(char *));
    for (size_t i = 0; i < n; i++)
        sub->window[i] = xstrdup(keys[i]);
    sub->n_window = n;
    look_again(sub->feed->store);
}

bool subscription_settled(const struct subscription *sub)
{
    struct feed *f = sub->feed;
    bool complete, settled;

    if (f->snap == NULL || f->dirty)
        return false;
    if (f->store->n_dirty_svcs + f->store->n_dirty_tasks > 0) {
        feed_dirty(f); /* causes and states first */
        return false;
    }
    feed_state(f, &complete, &settled);
    return settled;
}

static void svc_now(struct svc_entry *e)
{
    e->hot = true;
    e->described_ms = e->tries.at_ms = 0;
    if (e->run != NULL)
        e->run->force = true;
}

/* What is on screen is asked again; without a window, all of it. */
static void watch_now(struct watch *w, const struct feed *f)
{
    bool all = true;

    for (struct subscription *sub = f->subs; sub != NULL; sub = sub->next)
        all = all && sub->n_window == 0;
    w->list.force = w->sweep.force = w->run.force = true;
    w->svc_desc.due_ms = w->task_desc.due_ms = 0;
    for (size_t i = 0; i < w->n_svcs; i++) {
        struct svc_entry *e = w->svcs[i];

        if (f->kind == QUERY_TASKS ? f->svc == e
                                   : all || svc_troubled(e) ||
                                         e->window == w->store->stamp)
            svc_now(e);
    }
    for (size_t i = 0; i < w->n_tasks; i++) {
        struct task_entry *e = w->tasks[i];

        if (!e->final && (all || e->window == w->store->stamp))
            e->described_ms = e->described_ms != 0;
        e->tries.at_ms = 0;
    }
}

static void taskdefs_now(struct store *s)
{
    size_t i = 0;
    const char *key;
    void *value;

    s->tdjob.due_ms = 0;
    while (s->n_td_wanted > 0 && map_next(s->taskdefs, &i, &key, &value))
        ((struct td_entry *)value)->retry_ms = 0;
}

void subscription_refresh(struct subscription *sub)
{
    struct feed *f = sub->feed;
    struct store *s = f->store;

    s->clusters.force = s->cluster_desc.force = true;
    taskdefs_now(s);
    for (struct watch *w = s->watches; w != NULL; w = w->next)
        if (f->kind == QUERY_CLUSTERS)
            w->described_ms = w->tries.at_ms = 0;
        else if (feed_covers(f, w))
            watch_now(w, f);
    look_again(s);
}

void store_touch(struct store *s, const char *cluster, const char *arn)
{
    struct watch *w = watch_get(s, cluster);
    int64_t until = store_now(s) + 30000;
    struct task_entry *t = map_get(s->task_by_id, arn_tail(arn));
    struct svc_entry *e = map_get(s->svc_by_arn, arn);

    if (t != NULL && t->watch == w) {
        t->boost_ms = until;
        if (e == NULL)
            e = t->svc;
    } else if (e == NULL) {
        e = map_get(w->svc_by_name, arn_tail(arn));
    }
    job_hurry(&w->sweep);
    job_hurry(&w->run);
    w->boost_ms = until;
    if (e != NULL) {
        bool force = e->run != NULL && e->run->force;

        e->boost_ms = until;
        svc_now(e);
        if (e->run != NULL)
            e->run->force = force || !job_denied(e->run);
    }
    look_again(s);
}

const struct ecs_taskdef *store_taskdef(struct store *s, const char *arn)
{
    struct td_entry *td;

    if (arn == NULL)
        return NULL;
    td = td_get(s, arn);
    if (td->td == NULL) {
        td->urgent = true;
        td_want(s, td, false);
    }
    return td->td;
}

bool store_taskdef_failed(const struct store *s, const char *arn)
{
    const struct td_entry *td = map_get(s->taskdefs, arn);

    return td != NULL && td->failed;
}

void store_acknowledge(struct store *s, const char *service_arn)
{
    struct svc_entry *e = map_get(s->svc_by_arn, service_arn);
    const struct ecs_deployment *d;

    if (e == NULL || e->svc == NULL || (d = ecs_primary(e->svc)) == NULL)
        return;
    free(e->acked);
    e->acked = xstrdup(d->id);
    svc_dirty(e);
}

void store_pause(struct store *s, bool paused)
{
    s->paused = paused;
    if (!paused)
        pump_soon(s);
}

bool store_busy(const struct store *s)
{
    if (s->asks != NULL)
        return true;
    if (timer_armed(&s->pump_timer) && s->pump_timer.due_ms <= store_now(s))
        return true;
    for (const struct feed *f = s->feeds; f != NULL; f = f->next)
        if (f->dirty)
            return true;
    return false;
}

void store_set_retry(struct store *s, int64_t first_ms)
{
    s->retry_ms = first_ms;
}

void store_set_refresh(struct store *s, int64_t refresh_ms)
{
    s->opts.refresh_ms = refresh_ms;
}
