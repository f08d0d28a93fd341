/* One logical call: turn in the budget, credentials, send, and then either an
 * answer, another try, or an error. */
#include <assert.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/client_internal.h"
#include "backend/aws/creds.h"
#include "backend/aws/errors.h"
#include "backend/aws/json_tree.h"
#include "backend/aws/params.h"
#include "backend/base/mem.h"
#include "backend/base/rng.h"
#include "backend/net/loop.h"
#include "backend/net/pool.h"

enum { PUT_OFF = 8, INLINE_PARSE = 64 * 1024, SECRET_BODY = 64 * 1024,
       TRIM_AFTER = 8 * 1024 * 1024 };
static const int64_t SKEW_MS = 4 * 60 * 1000;

/* A parse on the pool; outlives a cancelled call, owns its text. */
struct parse_job {
    struct aws_call *call; /* NULL once cancelled */
    struct strbuf text;
    struct json_tree tree;
    json_error_t error;
    bool secret;
    bool parsed; /* the pool is done with it */
};

static void try_now(void *arg);

/* ---- ends ---- */

static void release(const struct aws_op *op, struct strbuf *b)
{
    if (op->secret)
        strbuf_release_secret(b);
    else
        strbuf_release(b);
}

/* Answers that come together are taken in several turns of the loop. */
static bool put_off(struct aws_call *c, timer_fn *fn)
{
    struct loop *loop = c->client->cfg.loop;

    if (c->put_off >= PUT_OFF || !loop_turn_long(loop))
        return false;
    c->put_off++;
    c->waits_turn = true;
    loop_work_begin(loop);
    timer_start(c->client->cfg.clock, &c->timer, 0, fn, c);
    return true;
}

static void turn_came(struct aws_call *c)
{
    if (c->waits_turn)
        loop_work_end(c->client->cfg.loop);
    c->waits_turn = false;
}

static void parse_free(struct parse_job *j)
{
    json_tree_free(&j->tree);
    if (j->secret)
        strbuf_release_secret(&j->text);
    else
        strbuf_release(&j->text);
    free(j);
}

/* All is quiet. Large answers have left holes in the heap. To look for them
 * takes 0.3 ms in one of 40 MB, and to have them again costs page faults: worth
 * it after many answers only. */
static void give_back(struct aws_client *client)
{
    json_tree_trim();
    if (client->read < TRIM_AFTER)
        return;
    client->read = 0;
    malloc_trim(0);
}

static void call_free(struct aws_call *c)
{
    struct aws_client *client = c->client;

    turn_came(c);
    scope_cancel(&c->inner);
    aws_call_unwait(c);
    timer_stop(c->client->cfg.clock, &c->timer);
    if (c->client->cfg.budget)
        budget_cancel(c->client->cfg.budget, &c->wait);
    if (c->job && c->job->parsed)
        parse_free(c->job);
    else if (c->job)
        c->job->call = NULL;
    release(c->op, &c->body);
    release(c->op, &c->answer);
    free(c->region);
    free(c->subject);
    free(c);
    if (--client->calls == 0)
        give_back(client);
}

static void call_cancel(struct work *w)
{
    call_free(container_of(w, struct aws_call, work));
}

static void observe(const struct aws_call *c, enum aws_event_kind kind,
                    const struct err *err, int64_t wait_ms)
{
    const struct aws_client *cl = c->client;
    struct aws_call_event e = {
        .kind = kind, .op = c->op, .subject = c->subject ? c->subject : "",
        .region = c->region ? c->region : "", .request_id = c->request_id, .err = err,
        .status = c->status, .attempt = c->attempt, .wait_ms = wait_ms,
        .ms = c->last_ms, .bytes = c->answer.len,
    };

    if (cl->observer)
        cl->observer(cl->observer_arg, &e);
}

static void fail(struct aws_call *c, const struct err *err)
{
    observe(c, AWS_EVENT_FAILED, err, 0);
    scope_remove(&c->work);
    c->done(c->arg, NULL, err);
    call_free(c);
}

/* Frees the tree, too. */
static void succeed(struct aws_call *c, struct json_tree *tree,
                    const struct strbuf *text)
{
    struct aws_reply reply = {
        .status = c->status, .request_id = c->request_id,
        .body = strbuf_get(text), .body_len = text->len, .root = tree->root,
        .attempts = c->attempt, .date_ms = c->date_ms,
    };

    observe(c, AWS_EVENT_OK, NULL, 0);
    scope_remove(&c->work);
    c->done(c->arg, &reply, NULL);
    json_tree_free(tree);
    call_free(c);
}

/* ---- answers ---- */

static void fail_parse(struct aws_call *c, const json_error_t *je)
{
    struct err err;

    /* A mutation was carried out: only its answer can't be read. */
    err_set(&err, c->op->mutates ? ERR_OUTCOME_UNKNOWN : ERR_PARSE,
            "%s: the answer is not JSON: %s at byte %d.", c->op->name,
            je->text, je->position);
    err.http_status = c->status;
    snprintf(err.request_id, sizeof(err.request_id), "%s", c->request_id);
    fail(c, &err);
}

static void pool_parse(void *arg)
{
    struct parse_job *j = arg;

    json_tree_parse(&j->tree, strbuf_get(&j->text), j->text.len, j->secret,
                    &j->error);
}

static void on_parsed(struct timer *t, void *arg)
{
    struct aws_call *c = arg;
    struct parse_job *j = c->job;

    (void)t;
    turn_came(c);
    if (put_off(c, on_parsed))
        return;
    c->job = NULL;
    if (j->tree.root)
        succeed(c, &j->tree, &j->text);
    else
        fail_parse(c, &j->error);
    parse_free(j);
}

static void pool_done(void *arg)
{
    struct parse_job *j = arg;

    j->parsed = true;
    if (j->call)
        on_parsed(NULL, j->call);
    else
        parse_free(j);
}

static void parse_on_pool(struct aws_call *c)
{
    struct parse_job *j = xcalloc(1, sizeof(*j));

    j->call = c;
    j->text = c->answer;
    j->secret = c->op->secret;
    c->answer = (struct strbuf)STRBUF_INIT;
    c->job = j;
    pool_run(c->client->cfg.loop, pool_parse, pool_done, j);
}

static void on_turn(struct timer *t, void *arg);

static void parse(struct aws_call *c)
{
    enum aws_protocol p = aws_service_info(c->op->service)->protocol;
    json_error_t je = {0};
    struct json_tree tree = {0};
    struct strbuf *text = &c->answer;

    c->client->read += text->len;
    if (c->raw || c->stream || p == AWS_QUERY || p == AWS_QUERY_EC2) {
        succeed(c, &tree, &c->answer);
        return;
    }
    if (c->answer.len > INLINE_PARSE) {
        parse_on_pool(c);
        return;
    }
    if (put_off(c, on_turn))
        return;
    if (text->len == 0) /* so do some writes answer */
        strbuf_puts(text, "{}");
    if (json_tree_parse(&tree, text->data, text->len, c->op->secret, &je) == 0)
        succeed(c, &tree, &c->answer);
    else
        fail_parse(c, &je);
    json_tree_free(&tree);
}

static void on_turn(struct timer *t, void *arg)
{
    struct aws_call *c = arg;

    (void)t;
    turn_came(c);
    parse(c);
}

/* ---- another try, or not ---- */

static void on_pace_timer(struct timer *t, void *arg)
{
    (void)t;
    try_now(arg);
}

/* The budget's token is spent; the adaptive mode may want more patience. */
static void keep_pace(void *arg)
{
    struct aws_call *c = arg;
    struct aws_client *cl = c->client;
    int64_t wait = cl->cfg.retry.rules->paced
                       ? rate_take(&cl->rate, clock_mono_ms(cl->cfg.clock))
                       : 0;

    if (wait > 0)
        timer_start(cl->cfg.clock, &c->timer, wait, on_pace_timer, c);
    else
        try_now(c);
}

static void on_retry_timer(struct timer *t, void *arg)
{
    struct aws_call *c = arg;
    struct budget *b = c->client->cfg.budget;

    (void)t;
    if (!b || budget_take(b, c->op->bucket, c->region))
        keep_pace(c);
    else
        budget_enqueue(b, &c->wait, c->op->bucket, c->region,
                       (int)c->priority, keep_pace, c);
}

static void again(struct aws_call *c, const struct err *err, int64_t wait_ms)
{
    observe(c, AWS_EVENT_RETRY, err, wait_ms);
    timer_start(c->client->cfg.clock, &c->timer, wait_ms, on_retry_timer, c);
}

static void retry_or_fail(struct aws_call *c, const struct err *err,
                          int64_t hint_ms)
{
    struct aws_client *cl = c->client;
    enum retry_kind kind = retry_kind_of(err);

    if (kind == RETRY_NONE || c->retries + 1 >= cl->cfg.retry.attempts ||
        !retry_take(&cl->quota, cl->cfg.retry.rules, kind, &c->paid)) {
        fail(c, err);
        return;
    }
    again(c, err, retry_delay_ms(cl->cfg.retry.rules, kind, c->retries++,
                                 rng_unit(cl->cfg.rng), hint_ms));
}

/* No answer came. What was sent and changes things must not be sent again. */
static void no_answer(struct aws_call *c, const struct http_reply *r,
                      const struct err *why)
{
    struct err err = *why;

    if (c->op->mutates && r->sent) {
        err_set(&err, ERR_OUTCOME_UNKNOWN,
                "%s was sent, but no answer came, so it may or may not have "
                "been carried out: %s", c->op->name, why->message);
        fail(c, &err);
        return;
    }
    err_prefix(&err, "%s", c->op->name);
    c->silence |= err.code == ERR_TIMEOUT;
    if (c->stream && r->status / 100 == 2) { /* it had begun */
        fail(c, &err);
        return;
    }
    if (c->op->old_host_prefix && !r->sent && !c->old_host &&
        !c->endpoint.custom) {
        c->old_host = true;
        if (aws_call_resolve(c, &err) != 0)
            fail(c, &err);
        else
            again(c, &err, 0);
        return;
    }
    retry_or_fail(c, &err, -1);
}

/* A wrong clock shows in the Date of the refusal. */
static bool fix_clock(struct aws_call *c, const struct err *err,
                      int64_t date_ms)
{
    int64_t skew;

    if (c->skew_tried || !date_ms || !errors_may_be_clock(err->aws_code))
        return false;
    skew = date_ms - clock_wall_ms(c->client->cfg.clock);
    /* Measured against what this try was signed with: others may have put the
     * clock right since. */
    if (llabs(skew - c->signed_skew_ms) <= SKEW_MS)
        return false;
    c->skew_tried = true;
    c->client->skew_ms = skew;
    return true;
}

static void learn_rate(struct aws_call *c, bool throttled)
{
    struct aws_client *cl = c->client;

    if (cl->cfg.retry.rules->paced)
        rate_update(&cl->rate, clock_mono_ms(cl->cfg.clock), throttled);
}

static void refused(struct aws_call *c, const struct http_reply *r)
{
    struct aws_client *cl = c->client;
    struct err err;
    char hint[32];

    errors_decode(c->op, r, &err);
    learn_rate(c, err.code == ERR_THROTTLED);
    snprintf(c->request_id, sizeof(c->request_id), "%s", err.request_id);
    if (err.code == ERR_THROTTLED && cl->cfg.budget)
        budget_throttled(cl->cfg.budget, c->op->bucket, c->region);
    if (fix_clock(c, &err, r->date_ms)) {
        again(c, &err, 0);
        return;
    }
    /* Wrong keys too are looked up again by the next call: the user may mend
     * the file while we run. */
    if (cl->cfg.creds &&
        (err.code == ERR_EXPIRED || err.code == ERR_CREDENTIALS))
        cred_chain_expire(cl->cfg.creds, c->generation);
    if (cl->cfg.creds && err.code == ERR_EXPIRED && !c->refresh_tried) {
        c->refresh_tried = true;
        again(c, &err, 0);
        return;
    }
    if (c->op->mutates && !c->op->idempotent && r->status >= 500 &&
        r->status != 503 && err.code != ERR_THROTTLED) {
        err.code = ERR_OUTCOME_UNKNOWN;
        err.retryable = false;
        err_prefix(&err, "It may or may not have been carried out");
    }
    retry_or_fail(c, &err,
                  retry_parse_hint(http_reply_header(r, "x-amz-retry-after",
                                                     hint, sizeof(hint))));
}

static void on_http(void *arg, struct http_reply *r, const struct err *err)
{
    struct aws_call *c = arg;

    c->last_ms = r->total_ms;
    c->status = r->status;
    c->date_ms = r->date_ms;
    errors_request_id(r, c->request_id, sizeof(c->request_id));
    if (err) {
        no_answer(c, r, err);
        return;
    }
    if (r->status < 200 || r->status > 299) {
        refused(c, r);
        return;
    }
    learn_rate(c, false);
    retry_refund(&c->client->quota, c->paid);
    c->answer = r->body;
    r->body = (struct strbuf)STRBUF_INIT;
    parse(c);
}

/* ---- send ---- */

static void send_with(struct aws_call *c, const struct aws_creds *creds)
{
    struct err err;

    if (creds)
        c->generation = cred_chain_generation(c->client->cfg.creds);
    if (aws_call_send(c, creds, on_http, &err) != 0) {
        fail(c, &err);
        return;
    }
    c->attempt++;
    observe(c, AWS_EVENT_SENT, NULL, 0);
}

static void on_creds(void *arg, const struct aws_creds *creds,
                     const struct err *err)
{
    struct aws_call *c = arg;

    if (err)
        fail(c, err);
    else
        send_with(c, creds);
}

/* Its turn has come: credentials, then the wire. */
static void try_now(void *arg)
{
    struct aws_call *c = arg;
    struct cred_chain *chain = c->client->cfg.creds;
    const struct aws_creds *creds = chain ? cred_chain_current(chain) : NULL;
    struct err err;

    if (creds || !chain)
        send_with(c, creds);
    else if (cred_chain_wait(chain, &c->inner, on_creds, c, &err) != 0)
        fail(c, &err);
}

static void on_begin(struct timer *t, void *arg)
{
    struct aws_call *c = arg;
    struct err err;
    enum call_place place = aws_call_place(c, &err);

    if (place == CALL_PLACED)
        on_retry_timer(t, c);
    else if (place == CALL_NOWHERE)
        fail(c, &err);
}

/* From the loop, so that done never runs inside this start, and so that what
 * was started in one turn is sorted by priority first. */
void aws_call_begin(struct aws_call *c)
{
    timer_start(c->client->cfg.clock, &c->timer, 0, on_begin, c);
}

int aws_call(struct aws_client *client, struct scope *scope,
             const struct aws_op *op, json_t *params,
             const struct aws_call_opts *opts, aws_done_fn *done, void *arg,
             struct err *err)
{
    struct aws_call *c = NULL;
    const char *region = opts && opts->region ? opts->region
                                              : client->cfg.region;
    int rc = -1;

    assert(aws_service_info(op->service)->protocol != AWS_REST_JSON);
    if (aws_call_refuse(client, op, err) != 0)
        goto out;
    c = xcalloc(1, sizeof(*c));
    c->client = client;
    c->op = op;
    c->region = xstrdup(region);
    if (region && aws_call_resolve(c, err) != 0)
        goto out;
    if (op->secret) { /* a buffer that grows leaves copies behind */
        c->body.cap = SECRET_BODY;
        c->body.data = xcalloc(1, SECRET_BODY);
    }
    if (params_body(op, params, &c->body) != 0) {
        err_set(err, ERR_SYS, "%s: the request could not be written.",
                op->name);
        goto out;
    }
    if (scope_add(scope, &c->work, call_cancel) != 0) {
        err_set(err, ERR_NET, "%s was cancelled.", op->name);
        goto out;
    }
    scope_init(&c->inner, NULL);
    c->subject = xstrdup(opts ? opts->subject : NULL);
    c->priority = opts ? opts->priority : AWS_PRIO_NORMAL;
    c->max_body = opts ? opts->max_body : 0;
    c->raw = opts && opts->raw;
    c->stream = opts ? opts->stream : NULL;
    c->done = done;
    c->arg = arg;
    client->calls++;
    aws_call_begin(c);
    c = NULL;
    rc = 0;
out:
    if (c) {
        release(op, &c->body);
        free(c->region);
        free(c);
    }
    json_decref(params);
    return rc;
}
