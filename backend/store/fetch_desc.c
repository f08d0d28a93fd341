/* The describes: one batch each, into pages of their own. */
#include "backend/store/internal.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/svc/ask.h"
#include "backend/svc/ecs.h"

static void start_call(struct ask *a, const struct aws_op *op,
                       const struct ecs_ask *params, const char *subject,
                       enum aws_priority prio, aws_done_fn *fn)
{
    struct store *s = a->store;
    struct aws_call_opts opts = {.priority = prio, .subject = subject};
    struct err err = {0};

    if (aws_call(s->client, &a->scope, op, ecs_params(params), &opts, fn, a,
                 &err) == 0)
        return;
    job_fail(s, a->job, &err);
    ask_free(a);
    feeds_dirty_all(s);
}

static void end_call(struct ask *a, const struct err *err)
{
    struct store *s = a->store;

    if (err != NULL) {
        job_fail(s, a->job, err);
        feeds_dirty_all(s);
    } else {
        job_ok(s, a->job);
    }
    ask_free(a);
    pump_soon(s);
}

/* Errors that speak of what was asked for, not of the way there: those items
 * are asked again after all others. */
static bool about_items(const struct err *err)
{
    return err->code == ERR_AWS || err->code == ERR_PARSE ||
           err->code == ERR_TOO_LARGE || err->code == ERR_NOT_FOUND;
}

static void on_cluster_desc(void *arg, const struct aws_reply *reply,
                            const struct err *err)
{
    struct ask *a = arg;
    struct store *s = a->store;
    struct page *p = page_new();
    size_t n = err == NULL ? ecs_items(reply->root, "clusters") : 0;

    for (size_t i = 0; err == NULL && i < a->n_items; i++)
        ((struct watch *)a->items[i])->described_ms = store_now(s);
    for (size_t i = 0; i < n; i++) {
        struct ecs_cluster *c =
            ecs_decode_cluster(ecs_item(reply->root, "clusters", i), p->arena);

        if (c != NULL) {
            struct watch *w = watch_get(s, c->arn);

            w->cluster = c;
            page_set(&w->data, p);
        }
    }
    page_unref(p);
    feeds_dirty_clusters(s);
    end_call(a, err);
}

void fetch_cluster_desc(struct store *s, struct watch **w, size_t n,
                        enum aws_priority prio)
{
    static const char *const include[] = {"STATISTICS", "SETTINGS", NULL};
    struct ask *a = ask_new(s, ASK_CLUSTER_DESC, NULL, &s->cluster_desc);
    const char *names[TASK_BATCH];

    a->items = xreallocarray(NULL, n, sizeof(void *));
    for (size_t i = 0; i < n; i++) {
        names[i] = w[i]->arn != NULL ? w[i]->arn : w[i]->name;
        w[i]->in_flight = true;
        a->items[a->n_items++] = w[i];
    }
    start_call(a, &ecs_describe_clusters,
               &(struct ecs_ask){.member = "clusters", .names = names,
                                 .n_names = n, .include = include},
               NULL, prio, on_cluster_desc);
}

static void svc_described(struct svc_entry *e, const struct ecs_service *svc,
                          struct page *p)
{
    struct watch *w = e->watch;
    const struct ecs_deployment *d = svc_primary(svc);
    const char *td = d != NULL && d->task_definition != NULL
                         ? d->task_definition
                         : svc->task_definition;

    e->svc = svc;
    page_set(&e->data, p);
    e->td = td != NULL ? td_get(w->store, td) : NULL;
    if (e->sig == 0) /* a list asked before this is as good as after it */
        e->run_sig = svc_signature(svc);
    e->sig = svc_signature(svc);
    e->missing = false;
    e->fails = 0;
    if (w->arn == NULL && svc->cluster_arn != NULL)
        w->arn = xstrdup(svc->cluster_arn);
    svc_dirty(e);
    if (e->want_tasks != WANT_NO)
        feeds_dirty_tasks(w, e);
}

/* MISSING: the row stays until the list says so too. */
static void svc_missing(struct watch *w, const char *arn)
{
    struct svc_entry *e = map_get(w->svc_by_name, arn_tail(arn));

    if (e == NULL || e->missing)
        return;
    e->missing = true;
    job_hurry(&w->list);
    feeds_dirty_tasks(w, e);
}

static void on_svc_desc(void *arg, const struct aws_reply *reply,
                        const struct err *err)
{
    struct ask *a = arg;
    struct watch *w = a->watch;
    struct page *p = page_new();
    size_t n = err == NULL ? ecs_items(reply->root, "services") : 0;
    int jit = jitter(a->store);
    const char *arn, *reason;

    for (size_t i = 0; i < a->n_items; i++) {
        struct svc_entry *e = a->items[i];

        e->jitter = jit;
        if (err != NULL)
            e->fails += about_items(err);
        else
            e->described_ms = store_now(a->store);
    }
    for (size_t i = 0; i < n; i++) {
        struct ecs_service *svc = ecs_decode_service(
            ecs_item(reply->root, "services", i), MAX_EVENTS, p->arena);

        if (svc != NULL)
            svc_described(svc_get(w, svc->arn), svc, p);
    }
    for (size_t i = 0;
         err == NULL && ecs_failure(reply->root, i, &arn, &reason) == 0; i++)
        if (arn != NULL)
            svc_missing(w, arn);
    page_unref(p);
    feeds_dirty_services(w);
    end_call(a, err);
}

void fetch_svc_desc(struct watch *w, struct svc_entry **e, size_t n,
                    enum aws_priority prio)
{
    struct ask *a = ask_new(w->store, ASK_SVC_DESC, w, &w->svc_desc);
    const char *names[SVC_BATCH];

    a->items = xreallocarray(NULL, n, sizeof(void *));
    for (size_t i = 0; i < n; i++) {
        names[i] = e[i]->arn != NULL ? e[i]->arn : e[i]->name;
        e[i]->in_flight = true;
        e[i]->hot = false;
        a->items[a->n_items++] = e[i];
    }
    start_call(a, &ecs_describe_services,
               &(struct ecs_ask){.cluster = w->name, .member = "services",
                                 .names = names, .n_names = n},
               w->name, prio, on_svc_desc);
}

static bool is_final(const struct ecs_task *t)
{
    return t->last_status != NULL && (strcmp(t->last_status, "STOPPED") == 0 ||
                                      strcmp(t->last_status, "DELETED") == 0);
}

static void task_described(struct task_entry *e, const struct ecs_task *t,
                           struct page *p)
{
    struct watch *w = e->watch;
    struct store *s = w->store;

    w->unordered = w->unordered || e->task == NULL || is_final(t);
    e->task = t;
    page_set(&e->data, p);
    e->td = t->task_definition != NULL ? td_get(s, t->task_definition) : NULL;
    if (!e->in_stops) /* its group knows better than the list it was in */
        e->svc = t->service != NULL ? svc_get(w, t->service) : NULL;
    e->gone = e->missing = false;
    e->fails = 0;
    if (is_final(t) && !e->final) {
        e->final = true;
        e->swept = ++s->seq; /* as good as having been listed */
        if (e->svc != NULL &&
            (e->svc->svc == NULL || store_now(s) - e->svc->described_ms >=
                                        s->opts.refresh_ms))
            e->svc->hot = true;
    }
    if (w->arn == NULL && t->cluster_arn != NULL)
        w->arn = xstrdup(t->cluster_arn);
    if (e->pinned != WANT_NO && e->td != NULL)
        td_want(s, e->td, false);
    task_dirty(e);
}

/* Stopped tasks are kept long: their page holds no running ones. */
static void take_task(struct watch *w, json_t *o, struct page *live,
                      struct page *stopped)
{
    struct ecs_task *t = ecs_decode_task(o, live->arena);
    struct page *p = live;

    if (t != NULL && is_final(t)) {
        t = ecs_decode_task(o, stopped->arena);
        p = stopped;
    }
    if (t != NULL)
        task_described(task_get(w, t->arn), t, p);
}

static void task_missing(struct store *s, const char *arn)
{
    struct task_entry *e = map_get(s->task_by_id, arn_tail(arn));

    if (e == NULL || e->final)
        return;
    e->missing = true;
    feeds_dirty_tasks(e->watch, e->svc);
}

static void on_task_desc(void *arg, const struct aws_reply *reply,
                         const struct err *err)
{
    struct ask *a = arg;
    struct store *s = a->store;
    struct watch *w = a->watch;
    struct page *live = page_new(), *stopped = page_new();
    size_t n = err == NULL ? ecs_items(reply->root, "tasks") : 0;
    int jit = jitter(s);
    const char *arn, *reason;

    for (size_t i = 0; i < a->n_items; i++) {
        struct task_entry *e = a->items[i];

        e->jitter = jit;
        e->in_flight = false;
        if (err != NULL)
            e->fails += about_items(err);
        else
            e->described_ms = store_now(s);
    }
    for (size_t i = 0; i < n; i++)
        take_task(w, ecs_item(reply->root, "tasks", i), live, stopped);
    for (size_t i = 0;
         err == NULL && ecs_failure(reply->root, i, &arn, &reason) == 0; i++)
        if (arn != NULL)
            task_missing(s, arn);
    for (size_t i = 0; i < a->n_items; i++) {
        struct task_entry *e = a->items[i];

        if (e->missing && e->pinned == WANT_NO)
            task_drop(e);
    }
    a->n_items = 0;
    page_unref(live);
    page_unref(stopped);
    feeds_dirty_tasks(w, NULL);
    end_call(a, err);
}

void fetch_task_desc(struct watch *w, struct task_entry **e, size_t n,
                     enum aws_priority prio)
{
    struct ask *a = ask_new(w->store, ASK_TASK_DESC, w, &w->task_desc);
    const char *names[TASK_BATCH];

    a->items = xreallocarray(NULL, n, sizeof(void *));
    for (size_t i = 0; i < n; i++) {
        names[i] = e[i]->arn;
        e[i]->in_flight = true;
        a->items[a->n_items++] = e[i];
    }
    start_call(a, &ecs_describe_tasks,
               &(struct ecs_ask){.cluster = w->name, .member = "tasks",
                                 .names = names, .n_names = n},
               w->name, prio, on_task_desc);
}

static void on_taskdef(void *arg, const struct aws_reply *reply,
                       const struct err *err)
{
    struct ask *a = arg;
    struct store *s = a->store;
    struct td_entry *td = a->td;
    struct page *p = page_new();

    if (err == NULL)
        td->td = ecs_decode_taskdef(reply->root, p->arena);
    if (td->td != NULL) {
        page_set(&td->page, p);
        td->state = TD_KNOWN;
        td->failed = false;
        s->n_td_wanted--;
        td_arrived(s, td);
    } else {
        td->failed = true;
        td->retry_ms = err != NULL && err->code == ERR_DENIED
                           ? 0 /* the job waits */
                           : store_now(s) + 60000;
    }
    page_unref(p);
    feeds_dirty_all(s);
    /* One that can't be read must not hold up the others. */
    end_call(a, err != NULL && about_items(err) ? NULL : err);
}

void fetch_taskdef(struct store *s, struct td_entry *td,
                   enum aws_priority prio)
{
    struct ask *a = ask_new(s, ASK_TASKDEF, NULL, &s->tdjob);

    a->td = td;
    td->state = TD_ASKING;
    start_call(a, &ecs_describe_task_definition,
               &(struct ecs_ask){.task_definition = td->arn}, td->arn, prio,
               on_taskdef);
}
