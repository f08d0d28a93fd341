#include "backend/store/fetch.h"

#include "backend/svc/ecs.h"

bool fetch_about_items(const struct err *err)
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
        return fetch_about_items(err) ? err : NULL;
    return answered ? NULL : &lost;
}

void fetch_start(struct ask *a, const struct aws_op *op,
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
    pump_soon(s); /* it is due again later */
}

/* Rows that wait for a description say whether it may come. */
static void denial_changed(struct watch *w)
{
    for (size_t i = 0; i < w->n_svcs; i++)
        if (w->svcs[i]->svc == NULL)
            svc_dirty(w->svcs[i]);
    for (size_t i = 0; i < w->n_tasks; i++)
        if (w->tasks[i]->task == NULL)
            task_dirty(w->tasks[i]);
}

void fetch_end(struct ask *a, const struct err *err)
{
    struct store *s = a->store;
    bool was_denied = job_denied(a->job);

    if (err == NULL)
        job_ok(s, a->job);
    else if (fetch_about_items(err))
        job_strike(s, a->job, err);
    else
        job_fail(s, a->job, err);
    if (err != NULL)
        feeds_dirty_all(s);
    if (a->watch != NULL && was_denied != job_denied(a->job))
        denial_changed(a->watch);
    ask_free(a);
    pump_soon(s);
}

size_t fetch_items(const struct aws_reply *reply, const struct aws_op *op,
                   const struct err **err, struct err *why)
{
    if (*err != NULL)
        return 0;
    if (json_is_array(json_object_get(reply->root, op->result)))
        return ecs_items(reply->root, op->result);
    err_set(why, ERR_PARSE, "%s: the answer has no %s.", op->name, op->result);
    *err = why;
    return 0;
}

bool fetch_tried(struct store *s, struct tries *t, struct trouble *of,
                 const struct err *err, bool answered)
{
    const struct err *why = why_not(err, answered);
    bool failed = tries_failed(t);

    if (why != NULL)
        tries_fail(s, t, of, why);
    else if (answered)
        tries_end(t, of);
    return failed != tries_failed(t);
}
