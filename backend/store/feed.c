/* From entries to snapshots, and to those who subscribed. */
#include "backend/store/internal.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/net/loop.h"

enum { PUBLISH_MS = 33, ROWS_PER_MS = 40 };
enum { MANY_TASKS = 2000 }; /* ordering them takes a part of a turn */

bool feed_covers(const struct feed *f, const struct watch *w)
{
    if (f->kind == QUERY_CLUSTERS)
        return false;
    return f->watch == NULL ? w->listed : f->watch == w;
}

bool feed_shows(const struct feed *f, const struct task_entry *e)
{
    if (f->svc != NULL && e->svc != f->svc)
        return false;
    if (e->task == NULL)
        return !e->missing && (e->seen != 0 || e->swept != 0);
    return !e->missing || e->final;
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
        if (e->row == NULL || !feed_shows(f, e))
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
        r->arn = ecs_container_arn(t, c, p->arena);
        r->key = r->arn != NULL ? r->arn
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
    feed_note(f, snap);
    return snap;
}

static bool order_many(struct feed *f)
{
    bool many = false;

    for (struct watch *w = f->store->watches; w != NULL; w = w->next)
        if (f->kind == QUERY_TASKS && feed_covers(f, w) && w->unordered &&
            w->n_tasks > MANY_TASKS) {
            order_tasks(w);
            many = true;
        }
    return many;
}

/* To the next turn: once where this one has been long, and once where many
 * tasks had to be put in order. */
static bool put_off(struct feed *f)
{
    struct loop *loop = f->store->loop;

    if (!clock_is_driven(f->store->clock) && f->put_off < 2 &&
        (loop_turn_long(loop) || order_many(f))) {
        f->put_off++;
        return true;
    }
    f->put_off = 0;
    return false;
}

static void on_publish(struct timer *t, void *arg)
{
    struct feed *f = arg;
    const struct snapshot *old = f->snap;
    bool more;

    if (put_off(f)) {
        timer_start(f->store->clock, t, 0, on_publish, f);
        return;
    }
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
