/* The lists: walks over all pages, whose sightings tell what is new and, once
 * a walk has seen the end, what is gone. */
#include "backend/store/poll.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/nearest.h"
#include "backend/svc/ask.h"
#include "backend/svc/ecs.h"

/* What walks differ in. */
struct list {
    const struct aws_op *op;
    const char *member; /* of its answers: the ARNs */
    void (*take)(struct ask *a, const char *arn);
    void (*page)(struct ask *a); /* one has been taken; or NULL */
    void (*end)(struct ask *a);  /* all have */
};

/* Which cluster, and which may have been meant: of those that are known. */
static void name_cluster(const struct watch *w, struct job *j)
{
    struct nearest n = nearest_to(w->name, strlen(w->name));
    struct err err;

    for (const struct watch *o = w->store->watches; o != NULL; o = o->next)
        if (o->listed)
            nearest_offer(&n, o->name);
    err_set(&err, j->err.code, "There is no cluster %s in this region%s%s%s",
            w->name, nearest_get(&n) ? "; did you mean " : "",
            nearest_get(&n) ? nearest_get(&n) : "",
            nearest_get(&n) ? "?" : ".");
    memcpy(j->err.message, err.message, sizeof(err.message));
}

static bool on_page(void *arg, const struct aws_reply *reply,
                    const struct err *err, bool last)
{
    struct ask *a = arg;
    struct store *s = a->store;
    struct arena *arena;
    const char **arns;
    size_t n;

    if (err != NULL) {
        job_fail(s, a->job, err);
        if (a->watch != NULL && job_no_cluster(a->job))
            name_cluster(a->watch, a->job);
        ask_free(a);
        feeds_dirty_all(s);
        pump_soon(s);
        return false;
    }
    a->pages++;
    arena = arena_new();
    n = ecs_decode_strings(reply->root, a->list->member, arena, &arns);
    for (size_t i = 0; i < n; i++)
        a->list->take(a, arns[i]);
    arena_free(arena);
    if (a->list->page != NULL)
        a->list->page(a);
    pump_soon(s);
    if (last)
        a->list->end(a);
    return !last;
}

static void start_walk(struct ask *a, const struct list *list,
                       struct ecs_ask params, enum aws_priority prio)
{
    struct store *s = a->store;
    struct aws_call_opts opts = {.priority = prio, .subject = params.cluster};
    struct err err = {0};

    a->list = list;
    params.max_results = 100;
    if (aws_pages(s->client, &a->scope, list->op, ecs_params(&params), &opts,
                  0, on_page, a, &err) == 0)
        return;
    job_fail(s, a->job, &err);
    ask_free(a);
    feeds_dirty_all(s);
    pump_soon(s); /* it is due again later */
}

static void end_walk(struct ask *a)
{
    struct store *s = a->store;

    job_ok(s, a->job);
    ask_free(a);
    /* Freshness and completeness changed, even where no row did. */
    feeds_dirty_all(s);
    pump_soon(s);
}

static void clusters_end(struct ask *a)
{
    for (struct watch *w = a->store->watches; w != NULL; w = w->next)
        if (w->listed && w->seen <= a->seen0) {
            w->listed = false;
            tries_end(&w->tries, &a->store->cluster_trouble);
        }
    end_walk(a);
}

static void clusters_take(struct ask *a, const char *arn)
{
    struct watch *w = watch_get(a->store, arn);

    if (!w->listed) { /* made, or made again, since it was asked for */
        struct job *jobs[] = {&w->list, &w->sweep, &w->run, &w->svc_desc,
                              &w->task_desc};

        for (size_t i = 0; i < ARRAY_LEN(jobs); i++)
            job_come_back(jobs[i]);
    }
    w->listed = true;
    w->seen = ++a->store->seq;
}

static void clusters_page(struct ask *a)
{
    a->store->clusters_page = true;
    feeds_dirty_clusters(a->store);
}

void fetch_clusters(struct store *s, enum aws_priority prio)
{
    static const struct list list = {
        .op = &ecs_list_clusters,
        .member = "clusterArns",
        .take = clusters_take,
        .page = clusters_page,
        .end = clusters_end};

    start_walk(ask_new(s, ASK_CLUSTERS, NULL, &s->clusters), &list,
               (struct ecs_ask){0}, prio);
}

/* The list has seen its end without these: they are gone. */
static void services_end(struct ask *a)
{
    struct watch *w = a->watch;

    for (size_t i = 0; i < w->n_svcs; i++) {
        struct svc_entry *e = w->svcs[i];

        if (!e->listed || e->seen > a->seen0)
            continue;
        e->listed = false;
        w->n_listed--;
        tries_end(&e->tries, &w->svc_trouble);
        if (e->want_tasks != WANT_NO)
            continue;
        e->svc = NULL;
        page_set(&e->data, NULL);
        e->td = NULL;
        e->described_ms = 0;
        e->missing = false;
        svc_dirty(e);
    }
    feeds_dirty_services(w);
    end_walk(a);
}

static void services_take(struct ask *a, const char *arn)
{
    struct watch *w = a->watch;
    struct svc_entry *e = svc_get(w, arn);

    e->seen = ++a->store->seq;
    if (e->listed)
        return;
    e->listed = true;
    w->n_listed++;
    svc_dirty(e);
    scan_add_service(e, CLS_NEW);
}

static void services_page(struct ask *a)
{
    a->watch->list_page = true;
    feeds_dirty_services(a->watch);
}

void fetch_services(struct watch *w, enum aws_priority prio)
{
    static const struct list list = {
        .op = &ecs_list_services,
        .member = "serviceArns",
        .take = services_take,
        .page = services_page,
        .end = services_end};

    start_walk(ask_new(w->store, ASK_SERVICES, w, &w->list), &list,
               (struct ecs_ask){.cluster = w->name}, prio);
}

/* Long ARNs name their cluster; an endpoint that lists more than was asked for
 * (moto matches names by substring) must not put rows into the wrong one. */
static bool is_of(const struct watch *w, const char *arn)
{
    const char *id = strrchr(arn, '/'), *cluster;
    size_t len = strlen(w->name);

    if (id == NULL || (cluster = memchr(arn, '/', (size_t)(id - arn))) == NULL)
        return true;
    cluster++;
    return (size_t)(id - cluster) == len && memcmp(cluster, w->name, len) == 0;
}

static int oldest_first(const void *pa, const void *pb)
{
    int64_t a = (*(struct task_entry *const *)pa)->task->stopped_ms;
    int64_t b = (*(struct task_entry *const *)pb)->task->stopped_ms;

    return a < b ? -1 : a > b;
}

/* Remembered tasks are capped: the oldest go. */
static void prune_remembered(struct store *s)
{
    struct task_entry **old;
    size_t n = 0, drop;

    if (s->n_remembered <= s->opts.keep_stopped)
        return;
    drop = s->n_remembered - s->opts.keep_stopped;
    old = xreallocarray(NULL, s->n_remembered, sizeof(struct task_entry *));
    for (struct watch *w = s->watches; w != NULL; w = w->next)
        for (size_t i = 0; i < w->n_tasks; i++)
            if (w->tasks[i]->remembered)
                old[n++] = w->tasks[i];
    qsort(old, n, sizeof(struct task_entry *), oldest_first);
    for (size_t i = 0; i < n && i < drop; i++)
        if (old[i]->pinned == WANT_NO)
            task_drop(old[i]);
    free(old);
}

static void stopped_end(struct ask *a)
{
    struct watch *w = a->watch;
    struct store *s = a->store;

    if (!w->sweep.ok_once) /* from now on "no stops" is knowledge */
        for (size_t i = 0; i < w->n_svcs; i++)
            if (w->svcs[i]->listed)
                svc_dirty(w->svcs[i]);
    for (size_t i = 0; i < w->n_tasks; i++) {
        struct task_entry *e = w->tasks[i];

        if (e->final && e->swept <= a->seen0 && !e->remembered) {
            e->remembered = true;
            s->n_remembered++;
            task_dirty(e);
        }
    }
    w->sweep_pages = a->pages;
    prune_remembered(s);
    end_walk(a);
}

static void stopped_take(struct ask *a, const char *arn)
{
    struct store *s = a->store;
    struct task_entry *e;

    if (!is_of(a->watch, arn))
        return;
    e = task_get(a->watch, arn);
    e->swept = ++s->seq;
    /* It was to run when last described: ask how it ended. */
    if (e->task != NULL && e->task->desired_status != NULL &&
        strcmp(e->task->desired_status, "RUNNING") == 0)
        e->gone = true;
    if (e->gone || e->task == NULL)
        scan_add_task(e, CLS_NAMED);
    if (e->task == NULL && e->row == NULL)
        task_dirty(e);
    if (e->remembered) {
        e->remembered = false;
        s->n_remembered--;
        task_dirty(e);
    }
}

void fetch_stopped(struct watch *w, enum aws_priority prio)
{
    static const struct list list = {
        .op = &ecs_list_tasks,
        .member = "taskArns",
        .take = stopped_take,
        .end = stopped_end};

    start_walk(ask_new(w->store, ASK_STOPPED, w, &w->sweep), &list,
               (struct ecs_ask){.cluster = w->name,
                                .desired_status = "STOPPED"}, prio);
}

/* Who was running and is no longer listed has stopped: ask how. */
static void running_end(struct ask *a)
{
    struct watch *w = a->watch;

    for (size_t i = 0; i < w->n_tasks; i++) {
        struct task_entry *e = w->tasks[i];

        if (!e->final && e->seen != 0 && e->seen <= a->seen0 &&
            (a->svc == NULL || e->svc == a->svc)) {
            e->gone = true;
            scan_add_task(e, CLS_NAMED);
        }
    }
    feeds_dirty_tasks(w, a->svc);
    end_walk(a);
}

static void running_take(struct ask *a, const char *arn)
{
    struct task_entry *e;

    if (!is_of(a->watch, arn))
        return;
    e = task_get(a->watch, arn);
    e->seen = ++a->store->seq;
    e->gone = false;
    if (e->svc == NULL && a->svc != NULL && e->task == NULL)
        e->svc = a->svc;
    if (e->task == NULL && e->row == NULL) {
        task_dirty(e);
        scan_add_task(e, CLS_NEW);
    }
}

static void running_page(struct ask *a)
{
    if (a->svc == NULL)
        a->watch->run_page = true;
    feeds_dirty_tasks(a->watch, a->svc);
}

void fetch_running(struct watch *w, struct svc_entry *e,
                   enum aws_priority prio)
{
    static const struct list list = {
        .op = &ecs_list_tasks,
        .member = "taskArns",
        .take = running_take,
        .page = running_page,
        .end = running_end};
    struct ask *a = ask_new(w->store, ASK_RUNNING, w,
                            e != NULL ? e->run : &w->run);

    a->svc = e;
    if (e != NULL)
        e->run_sig = e->sig;
    start_walk(a, &list,
               (struct ecs_ask){.cluster = w->name,
                                .service = e != NULL ? e->name : NULL,
                                .desired_status = "RUNNING"}, prio);
}
