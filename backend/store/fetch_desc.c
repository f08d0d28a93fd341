/* The describes: one batch each, into pages of their own. */
#include "backend/store/poll.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/svc/ask.h"
#include "backend/svc/ecs.h"

/* Errors that speak of what was asked for, not of the way there: those items
 * are asked again after all others. */
static bool about_items(const struct err *err)
{
    return err->code == ERR_AWS || err->code == ERR_PARSE ||
           err->code == ERR_TOO_LARGE || err->code == ERR_NOT_FOUND;
}

/* Why an entry that was asked for stays unknown: the call's own error, or that
 * the answer says nothing about it. NULL when it is answered, or when the way
 * there is to blame. */
static const struct err *why_not(const struct err *err, bool answered)
{
    static const struct err lost = {
        .code = ERR_PARSE,
        .message = "the service's answers leave them out, or their ARN or "
                   "counts."};

    if (err != NULL)
        return about_items(err) ? err : NULL;
    return answered ? NULL : &lost;
}

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

    if (err == NULL)
        job_ok(s, a->job);
    else if (about_items(err))
        job_strike(s, a->job, err);
    else
        job_fail(s, a->job, err);
    if (err != NULL)
        feeds_dirty_all(s);
    ask_free(a);
    pump_soon(s);
}

/* The answer's list, or an error when it has none. */
static size_t answer_items(const struct aws_reply *reply,
                           const struct aws_op *op, const struct err **err,
                           struct err *why)
{
    if (*err != NULL)
        return 0;
    if (json_is_array(json_object_get(reply->root, op->result)))
        return ecs_items(reply->root, op->result);
    err_set(why, ERR_PARSE, "%s: the answer has no %s.", op->name, op->result);
    *err = why;
    return 0;
}

/* MISSING: the list will say so too. */
static void cluster_missing(struct store *s, const char *arn)
{
    struct watch *w = map_get(s->watch_by_name, arn_tail(arn));

    if (w == NULL || !w->in_flight)
        return;
    w->answered = w->missing = true;
    job_hurry(&s->clusters);
}

static void on_cluster_desc(void *arg, const struct aws_reply *reply,
                            const struct err *err)
{
    struct ask *a = arg;
    struct store *s = a->store;
    struct page *p = page_new(s->strings);
    struct err why;
    size_t n = answer_items(reply, &ecs_describe_clusters, &err, &why);
    const char *arn, *reason;

    for (size_t i = 0; err == NULL && i < a->n_items; i++)
        ((struct watch *)a->items[i])->described_ms = store_now(s);
    for (size_t i = 0; i < n; i++) {
        struct ecs_cluster *c =
            ecs_decode_cluster(ecs_item(reply->root, "clusters", i), p->arena);
        struct watch *w =
            c != NULL ? map_get(s->watch_by_name, arn_tail(c->arn)) : NULL;

        if (w != NULL && w->in_flight) {
            w->cluster = c;
            w->answered = true;
            w->missing = false;
            page_set(&w->data, p);
        }
    }
    for (size_t i = 0;
         err == NULL && ecs_failure(reply->root, i, &arn, &reason) == 0; i++)
        cluster_missing(s, arn);
    for (size_t i = 0; i < a->n_items; i++) {
        struct watch *w = a->items[i];
        const struct err *e = why_not(err, w->answered);

        if (e != NULL)
            tries_fail(s, &w->tries, &s->cluster_trouble, e);
        else if (w->answered)
            tries_end(&w->tries, &s->cluster_trouble);
        w->answered = false;
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
        names[i] = watch_ref(w[i]);
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
    const struct ecs_deployment *d = ecs_primary(svc);
    const char *td = d != NULL && d->task_definition != NULL
                         ? d->task_definition
                         : svc->task_definition;

    e->answered = true;
    e->svc = svc;
    page_set(&e->data, p);
    e->td = td != NULL ? td_get(w->store, td) : NULL;
    if (e->sig == 0) /* a list asked before this is as good as after it */
        e->run_sig = svc_signature(svc);
    e->sig = svc_signature(svc);
    e->missing = false;
    if (w->arn == NULL && svc->cluster_arn != NULL)
        w->arn = xstrdup(svc->cluster_arn);
    svc_dirty(e);
    if (e->want_tasks != WANT_NO)
        feeds_dirty_tasks(w, e);
}

/* Without its counts a service would look down, which it is not. */
static bool has_counts(json_t *o)
{
    static const char *const counts[] = {"desiredCount", "runningCount",
                                         "pendingCount"};

    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        if (!json_is_integer(json_object_get(o, counts[i])))
            return false;
    return true;
}

/* MISSING: the row stays until the list says so too. */
static void svc_missing(struct watch *w, const char *arn)
{
    struct svc_entry *e = map_get(w->svc_by_name, arn_tail(arn));

    if (e == NULL || !e->in_flight)
        return;
    e->answered = true;
    if (e->missing)
        return;
    e->missing = true;
    job_hurry(&w->list);
    feeds_dirty_tasks(w, e);
}

/* What came of each that was asked for. */
static void services_tried(struct ask *a, const struct err *err)
{
    int jit = jitter(a->store);

    for (size_t i = 0; i < a->n_items; i++) {
        struct svc_entry *e = a->items[i];
        struct trouble *of = &e->watch->svc_trouble;
        const struct err *why = why_not(err, e->answered);
        bool failed = tries_failed(&e->tries);

        e->jitter = jit;
        if (err == NULL)
            e->described_ms = store_now(a->store);
        if (why != NULL)
            tries_fail(a->store, &e->tries, of, why);
        else if (e->answered)
            tries_end(&e->tries, of);
        e->answered = false;
        if (failed != tries_failed(&e->tries))
            svc_dirty(e);
    }
}

static void on_svc_desc(void *arg, const struct aws_reply *reply,
                        const struct err *err)
{
    struct ask *a = arg;
    struct watch *w = a->watch;
    struct page *p = page_new(w->store->strings);
    struct err why;
    size_t n = answer_items(reply, &ecs_describe_services, &err, &why);
    const char *arn, *reason;

    for (size_t i = 0; i < n; i++) {
        json_t *o = ecs_item(reply->root, "services", i);
        struct ecs_service *svc =
            has_counts(o) ? ecs_decode_service(o, MAX_EVENTS, p->arena) : NULL;
        struct svc_entry *e =
            svc != NULL ? map_get(w->svc_by_name, arn_tail(svc->arn)) : NULL;

        if (e == NULL || !e->in_flight) /* nothing that nobody asked for */
            continue;
        if (svc->cluster_arn == NULL) { /* it is where it was asked for */
            svc->cluster_arn = arena_strdup(p->arena, watch_ref(w));
            svc->cluster = arn_tail(svc->cluster_arn);
        }
        svc_described(e, svc, p);
    }
    for (size_t i = 0;
         err == NULL && ecs_failure(reply->root, i, &arn, &reason) == 0; i++)
        svc_missing(w, arn);
    services_tried(a, err);
    arena_seal(p->arena);
    page_unref(p);
    feeds_dirty_services(w);
    end_call(a, err);
}

void fetch_svc_desc(struct watch *w, void *const *e, size_t n,
                    enum aws_priority prio)
{
    struct ask *a = ask_new(w->store, ASK_SVC_DESC, w, &w->svc_desc);
    const char *names[SVC_BATCH];

    a->items = xreallocarray(NULL, n, sizeof(void *));
    for (size_t i = 0; i < n; i++) {
        struct svc_entry *svc = e[i];

        names[i] = svc->arn != NULL ? svc->arn : svc->name;
        svc->in_flight = true;
        svc->hot = false;
        a->items[a->n_items++] = svc;
    }
    start_call(a, &ecs_describe_services,
               &(struct ecs_ask){.cluster = w->name, .member = "services",
                                 .names = names, .n_names = n},
               w->name, prio, on_svc_desc);
}

static bool is_running(const char *status)
{
    return status != NULL && strcmp(status, "RUNNING") == 0;
}

static bool is_final(const char *last_status)
{
    return last_status != NULL && (strcmp(last_status, "STOPPED") == 0 ||
                                   strcmp(last_status, "DELETED") == 0);
}

static void task_described(struct task_entry *e, const struct ecs_task *t,
                           struct page *p)
{
    struct watch *w = e->watch;
    struct store *s = w->store;

    e->answered = true;
    if (e->task == NULL || is_final(t->last_status) ||
        e->task->created_ms != t->created_ms)
        w->unordered = e->unplaced = true;
    e->task = t;
    e->arn = t->arn;
    free(e->own);
    e->own = NULL;
    e->moving = !is_running(t->last_status) || !is_running(t->desired_status);
    page_set(&e->data, p);
    e->td = t->task_definition != NULL ? td_get(s, t->task_definition) : NULL;
    if (!e->in_stops) /* its group knows better than the list it was in */
        e->svc = t->service != NULL ? svc_get(w, t->service) : NULL;
    e->gone = e->missing = false;
    if (is_final(t->last_status) && !e->final) {
        e->final = true;
        e->swept = ++s->seq; /* as good as having been listed */
        if (e->svc != NULL &&
            (e->svc->svc == NULL || store_now(s) - e->svc->described_ms >=
                                        s->opts.refresh_ms)) {
            e->svc->hot = true;
            scan_add_service(e->svc, CLS_NAMED);
        }
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
    const char *status = json_string_value(json_object_get(o, "lastStatus"));
    struct page *p = is_final(status) ? stopped : live;
    struct ecs_task *t = ecs_decode_task(o, p->arena);
    struct task_entry *e;

    e = t != NULL ? map_get(w->store->task_by_id, arn_tail(t->arn)) : NULL;
    if (e == NULL || !e->in_flight || e->watch != w)
        return;
    if (t->cluster_arn == NULL)
        t->cluster_arn = arena_strdup(p->arena, watch_ref(w));
    task_described(e, t, p);
}

static void task_missing(struct store *s, const char *arn)
{
    struct task_entry *e = map_get(s->task_by_id, arn_tail(arn));

    if (e == NULL || !e->in_flight)
        return;
    e->answered = e->missing = true;
    feeds_dirty_tasks(e->watch, e->svc);
}

static void tasks_tried(struct ask *a, const struct err *err)
{
    int jit = jitter(a->store);

    for (size_t i = 0; i < a->n_items; i++) {
        struct task_entry *e = a->items[i];
        struct trouble *of = &e->watch->task_trouble;
        const struct err *why = why_not(err, e->answered);
        bool failed = tries_failed(&e->tries);

        e->jitter = jit;
        e->in_flight = false;
        if (err == NULL)
            e->described_ms = store_now(a->store);
        if (why != NULL)
            tries_fail(a->store, &e->tries, of, why);
        else if (e->answered)
            tries_end(&e->tries, of);
        e->answered = false;
        if (failed != tries_failed(&e->tries)) {
            task_dirty(e);
            feeds_dirty_services(e->watch); /* it may be of their stops */
        }
        if (e->missing && e->pinned == WANT_NO)
            task_drop(e);
    }
    a->n_items = 0;
}

static void on_task_desc(void *arg, const struct aws_reply *reply,
                         const struct err *err)
{
    struct ask *a = arg;
    struct store *s = a->store;
    struct watch *w = a->watch;
    struct page *live = page_new(s->strings), *stopped = page_new(s->strings);
    struct err why;
    size_t n = answer_items(reply, &ecs_describe_tasks, &err, &why);
    const char *arn, *reason;

    for (size_t i = 0; i < n; i++)
        take_task(w, ecs_item(reply->root, "tasks", i), live, stopped);
    for (size_t i = 0;
         err == NULL && ecs_failure(reply->root, i, &arn, &reason) == 0; i++)
        task_missing(s, arn);
    tasks_tried(a, err);
    arena_seal(live->arena);
    arena_seal(stopped->arena);
    page_unref(live);
    page_unref(stopped);
    feeds_dirty_tasks(w, NULL);
    end_call(a, err);
}

void fetch_task_desc(struct watch *w, void *const *e, size_t n,
                     enum aws_priority prio)
{
    struct ask *a = ask_new(w->store, ASK_TASK_DESC, w, &w->task_desc);
    const char *names[TASK_BATCH];

    a->items = xreallocarray(NULL, n, sizeof(void *));
    for (size_t i = 0; i < n; i++) {
        struct task_entry *task = e[i];

        names[i] = task->arn;
        task->in_flight = true;
        a->items[a->n_items++] = task;
    }
    start_call(a, &ecs_describe_tasks,
               &(struct ecs_ask){.cluster = w->name, .member = "tasks",
                                 .names = names, .n_names = n},
               w->name, prio, on_task_desc);
}

/* It is kept for ever, so it must be whole. */
static bool is_whole(json_t *root, const char *arn)
{
    json_t *td = json_object_get(root, "taskDefinition"), *c;
    const char *name = json_string_value(
        json_object_get(td, "taskDefinitionArn"));
    json_t *list = json_object_get(td, "containerDefinitions");
    size_t i;

    if (name == NULL || strcmp(arn_tail(name), arn_tail(arn)) != 0)
        return false;
    json_array_foreach(list, i, c)
        if (!json_is_string(json_object_get(c, "name")) ||
            !json_is_string(json_object_get(c, "image")))
            return false;
    return json_array_size(list) > 0;
}

static void on_taskdef(void *arg, const struct aws_reply *reply,
                       const struct err *err)
{
    struct ask *a = arg;
    struct store *s = a->store;
    struct td_entry *td = a->td;
    struct page *p = page_new(s->strings);

    if (err == NULL && is_whole(reply->root, td->arn))
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
