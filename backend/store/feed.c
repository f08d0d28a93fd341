/* From entries to snapshots, and to those who subscribed. */
#include "backend/store/internal.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/net/loop.h"

enum { PUBLISH_MS = 33, ROWS_PER_MS = 40 };

bool feed_covers(const struct feed *f, const struct watch *w)
{
    if (f->kind == QUERY_CLUSTERS)
        return false;
    return f->watch == NULL ? w->listed : f->watch == w;
}

static bool task_shown(const struct feed *f, const struct task_entry *e)
{
    if (f->svc != NULL && e->svc != f->svc)
        return false;
    if (e->task == NULL)
        return !e->missing && (e->seen != 0 || e->swept != 0);
    return !e->missing || e->final;
}

/* The entries of a large cluster are in no cache: each walk over them would
 * wait for memory twenty thousand times. */
static void fetch_ahead(const struct watch *w, size_t i)
{
    if (i + 8 < w->n_tasks) {
        const char *e = (const char *)w->tasks[i + 8];

        for (size_t at = 0; at < sizeof(struct task_entry); at += 64)
            __builtin_prefetch(e + at);
    }
}

/* Complete and settled, folded over everything the feed depends on. */
struct state {
    bool complete, settled;
};

static void need(struct state *st, bool there, const struct job *j)
{
    st->complete = st->complete && there;
    st->settled = st->settled && (there || j->failures > 0);
}

/* The same of an entry: it may also have failed by itself. */
static void need_row(struct state *st, bool there, const struct tries *t,
                     const struct job *j)
{
    bool settled = st->settled;

    need(st, there, j);
    st->settled = st->settled || (settled && tries_failed(t));
}

static void services_state(const struct watch *w, struct state *st)
{
    need(st, w->list.ok_once, &w->list);
    for (size_t i = 0; i < w->n_svcs && st->settled; i++) {
        const struct svc_entry *e = w->svcs[i];

        if (e->listed)
            need_row(st, e->svc != NULL || e->missing, &e->tries,
                     &w->svc_desc);
    }
}

static void stops_state(const struct watch *w, struct state *st)
{
    need(st, w->sweep.ok_once, &w->sweep);
    for (size_t i = 0; i < w->n_tasks && st->settled; i++) {
        const struct task_entry *e = w->tasks[i];

        fetch_ahead(w, i);
        if (e->swept != 0)
            need_row(st, e->task != NULL || e->missing, &e->tries,
                     &w->task_desc);
    }
}

static void tasks_state(const struct feed *f, const struct watch *w,
                        struct state *st)
{
    const struct job *run = f->svc != NULL ? f->svc->run : &w->run;

    need(st, run->ok_once, run);
    for (size_t i = 0; i < w->n_tasks && st->settled; i++) {
        const struct task_entry *e = w->tasks[i];

        fetch_ahead(w, i);
        if (task_shown(f, e))
            need_row(st, e->task != NULL, &e->tries, &w->task_desc);
    }
}

/* Causes that wait for a task definition don't make rows incomplete, but a
 * program that asks once waits for them. */
static bool taskdefs_settled(const struct store *s)
{
    size_t i = 0;
    const char *key;
    void *value;

    if (s->n_td_wanted == 0 || job_denied(&s->tdjob))
        return true;
    while (map_next(s->taskdefs, &i, &key, &value)) {
        const struct td_entry *td = value;

        if (td->needed && !td->failed && td->state != TD_KNOWN)
            return false;
    }
    return true;
}

void feed_state(struct feed *f, bool *complete, bool *settled)
{
    struct store *s = f->store;
    struct state st = {.complete = true, .settled = true};

    if (f->kind == QUERY_CONTAINERS) {
        need(&st, f->task != NULL && f->task->task != NULL,
             &f->watch->task_desc);
        st.settled = st.settled || f->task == NULL || f->task->missing ||
                     tries_failed(&f->task->tries);
    } else if (f->watch == NULL) {
        need(&st, s->clusters.ok_once, &s->clusters);
    }
    for (struct watch *w = s->watches; w != NULL; w = w->next) {
        if (f->kind == QUERY_CLUSTERS && w->listed)
            need_row(&st, w->cluster != NULL || w->missing, &w->tries,
                     &s->cluster_desc);
        if (!feed_covers(f, w) || f->kind == QUERY_CONTAINERS)
            continue;
        if (f->kind == QUERY_SERVICES)
            services_state(w, &st);
        else
            tasks_state(f, w, &st);
        stops_state(w, &st);
    }
    if (f->svc != NULL && f->svc->missing)
        st = (struct state){.complete = false, .settled = true};
    if (st.settled && f->kind != QUERY_CLUSTERS)
        st.settled = taskdefs_settled(s);
    *complete = st.complete;
    *settled = st.settled;
}

/* The first error and the newest success of what the feed depends on. */
static void note_job(struct snapshot *snap, const struct job *j)
{
    bool broken = snap->error.code != ERR_NONE && !snap->partial;

    if (j->err.code == ERR_NONE) {
        if (j->ok_wall_ms > snap->fetched_ms && !broken)
            snap->fetched_ms = j->ok_wall_ms;
        return;
    }
    if (j->ok_wall_ms != 0 && (snap->fetched_ms == 0 || !broken ||
                               j->ok_wall_ms < snap->fetched_ms))
        snap->fetched_ms = j->ok_wall_ms;
    if (broken)
        return;
    snap->partial = false;
    snap->error = j->err;
    snap->error_since_ms = j->err_since_ms;
    snap->retry_ms = j->retry_wall_ms;
}

/* What can't be described: how many, and why. */
static void note_trouble(struct snapshot *snap, const struct trouble *t,
                         const char *what)
{
    if (t->n == 0 || snap->error.code != ERR_NONE)
        return;
    snap->error = t->err;
    err_prefix(&snap->error, "%zu %s%s can't be described", t->n, what,
               t->n == 1 ? "" : "s");
    snap->error_since_ms = t->since_ms;
    snap->partial = true;
}

/* What the rows can do without is no error when it is denied. */
static void note_extra(struct snapshot *snap, const struct job *j,
                       const struct store_lack *lack)
{
    if (!job_denied(j)) {
        note_job(snap, j);
        return;
    }
    for (size_t i = 0; i < snap->n_lacks; i++)
        if (snap->lacks[i] == lack)
            return;
    if (snap->n_lacks < STORE_LACKS)
        snap->lacks[snap->n_lacks++] = lack;
}

static void note_stops(const struct watch *w, struct snapshot *snap)
{
    static const struct store_lack list = {"stopped tasks", "ecs:ListTasks"};
    static const struct store_lack desc = {"stopped tasks",
                                           "ecs:DescribeTasks"};

    note_extra(snap, &w->sweep, &list);
    if (!job_denied(&w->sweep))
        note_extra(snap, &w->task_desc, &desc);
    note_trouble(snap, &w->task_trouble, "task");
}

static void note_missing(struct feed *f, struct snapshot *snap)
{
    if (snap->error.code != ERR_NONE)
        return;
    if (f->svc != NULL && f->watch != NULL && f->svc->missing)
        err_set(&snap->error, ERR_NOT_FOUND,
                "There is no service %s in cluster %s (any more).",
                f->svc->name, f->watch->name);
    else if (f->kind == QUERY_CONTAINERS &&
             (f->task == NULL || f->task->missing))
        err_set(&snap->error, ERR_NOT_FOUND,
                "ECS does not know task %s of cluster %s (any more).",
                arn_tail(f->task_name), f->watch->name);
    if (snap->error.code != ERR_NONE)
        snap->error_since_ms = clock_wall_ms(f->store->clock);
}

static void note_watch(struct feed *f, struct watch *w, struct snapshot *snap)
{
    switch (f->kind) {
    case QUERY_SERVICES:
        snap->first_page = snap->first_page || w->list_page;
        note_job(snap, &w->list);
        note_job(snap, &w->svc_desc);
        note_trouble(snap, &w->svc_trouble, "service");
        snap->failed += w->svc_trouble.n;
        note_stops(w, snap);
        break;
    case QUERY_TASKS:
        snap->first_page = snap->first_page ||
                           (f->svc != NULL ? f->svc->run->ok_once
                                           : w->run_page);
        note_job(snap, f->svc != NULL ? f->svc->run : &w->run);
        note_job(snap, &w->task_desc);
        note_stops(w, snap);
        snap->failed += w->task_trouble.n;
        if (f->svc != NULL)
            note_job(snap, &w->svc_desc);
        break;
    default:
        note_job(snap, &w->task_desc);
        if (f->task != NULL && tries_failed(&f->task->tries))
            note_trouble(snap, &w->task_trouble, "task");
        break;
    }
}

static void note_all(struct feed *f, struct snapshot *snap)
{
    static const struct store_lack taskdefs = {
        "images and definitions", "ecs:DescribeTaskDefinition"};
    struct store *s = f->store;
    bool settled, any = false;

    if (f->kind == QUERY_CLUSTERS || f->watch == NULL)
        note_job(snap, &s->clusters);
    if (f->kind == QUERY_CLUSTERS) {
        snap->first_page = s->clusters_page;
        note_job(snap, &s->cluster_desc);
        note_trouble(snap, &s->cluster_trouble, "cluster");
        snap->failed += s->cluster_trouble.n;
    }
    for (struct watch *w = s->watches; w != NULL; w = w->next)
        if (feed_covers(f, w)) {
            any = true;
            note_watch(f, w, snap);
        }
    if (f->watch == NULL && !any && s->clusters.ok_once)
        snap->first_page = true;
    if (f->kind == QUERY_CONTAINERS)
        snap->first_page = f->task != NULL && f->task->task != NULL;
    snap->first_page = snap->first_page || snap->n_rows > 0;
    if (f->kind != QUERY_CLUSTERS && job_denied(&s->tdjob))
        note_extra(snap, &s->tdjob, &taskdefs);
    note_missing(f, snap);
    feed_state(f, &snap->complete, &settled);
}

static void add_clusters(struct feed *f, struct snap_builder *b,
                         size_t *loaded)
{
    for (struct watch *w = f->store->watches; w != NULL; w = w->next) {
        struct page *p = w->data;
        const struct ecs_cluster *c = w->cluster;

        if (!w->listed)
            continue;
        if (c == NULL) { /* named, not described */
            struct ecs_cluster *stub;

            p = page_new(NULL);
            stub = arena_alloc(p->arena, sizeof(*stub));
            stub->arn = arena_strdup(p->arena, watch_ref(w));
            stub->name = arena_strdup(p->arena, w->name);
            stub->instances = stub->running = stub->pending = -1;
            stub->services = stub->running_ec2 = stub->running_fargate = -1;
            c = stub;
        } else {
            (*loaded)++;
        }
        snap_add_page(b, p);
        if (w->cluster == NULL)
            page_unref(p);
        snap_add_row(b, c->arn, c, 0);
    }
}

static void add_services(struct watch *w, struct snap_builder *b,
                         size_t *loaded)
{
    for (size_t i = 0; i < w->n_svcs; i++) {
        struct svc_entry *e = w->svcs[i];

        if (!e->listed || e->row == NULL)
            continue;
        snap_add_page(b, e->data);
        snap_add_page(b, e->row_page);
        snap_add_page(b, e->td != NULL ? e->td->page : NULL);
        snap_add_row(b, e->row->svc->arn, e->row, e->number);
        *loaded += !e->row->loading;
    }
}

static int64_t age_key(const struct task_entry *e)
{
    if (e->task == NULL)
        return 0;
    return e->final ? e->task->stopped_ms : e->task->created_ms;
}

/* Running before stopped, newest first; the ARN makes it stable. */
static int by_age(const struct task_entry *a, const struct task_entry *b)
{
    int64_t x = age_key(a), y = age_key(b);

    if (a->final != b->final)
        return a->final ? 1 : -1;
    if (x != y)
        return x > y ? -1 : 1;
    return strcmp(a->arn, b->arn);
}

static int by_age_qsort(const void *pa, const void *pb)
{
    return by_age(*(struct task_entry *const *)pa,
                  *(struct task_entry *const *)pb);
}

/* How many of the first n tasks, which are in order, stand before e. */
static size_t place_of(const struct watch *w, size_t n,
                       const struct task_entry *e)
{
    size_t from = 0;

    while (from < n) {
        size_t mid = (from + n) / 2;

        if (by_age(w->tasks[mid], e) < 0)
            from = mid + 1;
        else
            n = mid;
    }
    return from;
}

/* The watch keeps its tasks in the order of the rows; only those that came or
 * changed are sorted, and put between the others. */
static void order_tasks(struct watch *w)
{
    struct task_entry **v;
    size_t n = 0, kept = 0;

    if (!w->unordered)
        return;
    w->unordered = false;
    v = xreallocarray(NULL, w->n_tasks + 1, sizeof(struct task_entry *));
    for (size_t i = 0; i < w->n_tasks; i++) {
        struct task_entry *e = w->tasks[i];

        fetch_ahead(w, i);
        if (e->unplaced)
            v[n++] = e;
        else
            w->tasks[kept++] = e;
        e->unplaced = false;
    }
    qsort(v, n, sizeof(struct task_entry *), by_age_qsort);
    while (n > 0) {
        size_t at = place_of(w, kept, v[n - 1]);

        memmove(w->tasks + at + n, w->tasks + at,
                (kept - at) * sizeof(struct task_entry *));
        n--;
        w->tasks[at + n] = v[n];
        kept = at;
    }
    for (size_t i = 0; i < w->n_tasks; i++) {
        fetch_ahead(w, i);
        w->tasks[i]->slot = i;
    }
    free(v);
}

static void add_tasks(struct feed *f, struct watch *w,
                      struct snap_builder *b, size_t *loaded)
{
    order_tasks(w);
    for (size_t i = 0; i < w->n_tasks; i++) {
        struct task_entry *e = w->tasks[i];

        fetch_ahead(w, i);
        if (e->row == NULL || !task_shown(f, e))
            continue;
        snap_add_page(b, e->data);
        snap_add_page(b, e->row_page);
        snap_add_page(b, e->td != NULL ? e->td->page : NULL);
        snap_add_row(b, e->row_key, e->row, e->number);
        *loaded += e->task != NULL;
    }
}

static void add_containers(struct feed *f, struct snap_builder *b,
                           size_t *loaded)
{
    const struct ecs_task *t = f->task != NULL ? f->task->task : NULL;
    struct td_entry *td = f->task != NULL ? f->task->td : NULL;
    struct page *p;

    if (t == NULL)
        return;
    p = page_new(NULL);
    snap_add_page(b, f->task->data);
    snap_add_page(b, td != NULL ? td->page : NULL);
    for (size_t i = 0; i < t->n_containers; i++) {
        struct container_row *r = arena_alloc(p->arena, sizeof(*r));
        const struct ecs_container *c = &t->containers[i];

        r->task = t;
        r->container = c;
        r->key = c->arn != NULL ? c->arn
                                : arena_printf(p->arena, "%s/%s", t->arn,
                                               c->name ? c->name : "");
        for (size_t k = 0; td != NULL && td->td != NULL && c->name != NULL &&
                           k < td->td->n_containers; k++)
            if (td->td->containers[k].name != NULL &&
                strcmp(td->td->containers[k].name, c->name) == 0)
                r->def = &td->td->containers[k];
        snap_add_row(b, r->key, r, 0);
        (*loaded)++;
    }
    snap_add_page(b, p);
    page_unref(p);
}

static const struct snapshot *render(struct feed *f)
{
    struct store *s = f->store;
    struct snap_builder b = {.mark = ++s->marks};
    struct snapshot *snap;
    size_t loaded = 0;

    if (f->kind == QUERY_CLUSTERS)
        add_clusters(f, &b, &loaded);
    else if (f->kind == QUERY_CONTAINERS)
        add_containers(f, &b, &loaded);
    else
        for (struct watch *w = s->watches; w != NULL; w = w->next)
            if (feed_covers(f, w) && f->kind == QUERY_SERVICES)
                add_services(w, &b, &loaded);
            else if (feed_covers(f, w))
                add_tasks(f, w, &b, &loaded);
    snap = snap_finish(&b);
    snap->generation = ++f->generation;
    snap->loaded = loaded;
    note_all(f, snap);
    return snap;
}

static void on_publish(struct timer *t, void *arg)
{
    struct feed *f = arg;
    const struct snapshot *old = f->snap;
    bool more;

    if (!f->put_off && loop_turn_long(f->store->loop)) {
        f->put_off = true;
        timer_start(f->store->clock, t, 0, on_publish, f);
        return;
    }
    f->put_off = false;
    more = eval_slice(f->store);
    f->dirty = false;
    f->published_ms = store_now(f->store);
    f->snap = render(f);
    snapshot_unref(old);
    if (more)
        feed_dirty(f);
    f->publishing = true;
    for (struct subscription *sub = f->subs; sub != NULL; sub = sub->next)
        if (!sub->dead)
            sub->cb(sub->arg, f->snap);
    f->publishing = false;
    feed_sweep(f);
}

void feed_dirty(struct feed *f)
{
    struct clock *c = f->store->clock;
    int64_t wait = 0;

    if (f->dirty)
        return;
    f->dirty = true;
    /* A driven clock stands still: one publish a turn is calm enough. The
     * first rows never wait. */
    if (!clock_is_driven(c) && f->snap != NULL && f->published_ms != 0 &&
        f->snap->n_rows > 0)
        wait = f->published_ms + PUBLISH_MS +
               (int64_t)(f->snap->n_rows / ROWS_PER_MS) - store_now(f->store);
    timer_start(c, &f->timer, wait > 0 ? wait : 0, on_publish, f);
}

void feeds_dirty_all(struct store *s)
{
    for (struct feed *f = s->feeds; f != NULL; f = f->next)
        feed_dirty(f);
}

void feeds_dirty_clusters(struct store *s)
{
    for (struct feed *f = s->feeds; f != NULL; f = f->next)
        if (f->kind == QUERY_CLUSTERS || f->watch == NULL)
            feed_dirty(f);
}

void feeds_dirty_services(struct watch *w)
{
    for (struct feed *f = w->store->feeds; f != NULL; f = f->next)
        if (f->kind == QUERY_SERVICES && feed_covers(f, w))
            feed_dirty(f);
}

void feeds_dirty_tasks(struct watch *w, const struct svc_entry *e)
{
    for (struct feed *f = w->store->feeds; f != NULL; f = f->next)
        if (f->kind != QUERY_SERVICES && feed_covers(f, w) &&
            (f->svc == NULL || e == NULL || f->svc == e))
            feed_dirty(f);
}
