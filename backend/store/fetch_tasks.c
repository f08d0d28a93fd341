/* The describes of tasks and task definitions, into pages of their own. */
#include "backend/store/fetch.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/store/poll.h"
#include "backend/svc/ecs.h"

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
        bool changed = fetch_tried(a->store, &e->tries,
                                   &e->watch->task_trouble, err, e->answered);

        e->jitter = jit;
        e->in_flight = false;
        if (err == NULL)
            e->described_ms = store_now(a->store);
        e->answered = false;
        if (changed) {
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
    size_t n = fetch_items(reply, &ecs_describe_tasks, &err, &why);
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
    fetch_end(a, err);
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
    fetch_start(a, &ecs_describe_tasks,
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
    fetch_end(a, err != NULL && fetch_about_items(err) ? NULL : err);
}

void fetch_taskdef(struct store *s, struct td_entry *td,
                   enum aws_priority prio)
{
    struct ask *a = ask_new(s, ASK_TASKDEF, NULL, &s->tdjob);

    a->td = td;
    td->state = TD_ASKING;
    fetch_start(a, &ecs_describe_task_definition,
                &(struct ecs_ask){.task_definition = td->arn}, td->arn, prio,
                on_taskdef);
}
