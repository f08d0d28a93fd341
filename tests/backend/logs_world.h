/* logs_world.h - a CloudWatch Logs in memory, on a driven clock: this file
 * brings its own aws_call(). To be included by one file of a test program.
 *
 * Its pages are made from what is ingested at that moment, its tokens hold a
 * place and can expire, names that do not exist (yet) fail the call. */
#ifndef ECSDASH_TESTS_LOGS_WORLD_H
#define ECSDASH_TESTS_LOGS_WORLD_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/client.h"
#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/rng.h"
#include "backend/base/scope.h"
#include "backend/base/strbuf.h"
#include "backend/net/http.h"
#include "backend/svc/logsrc.h"
#include "backend/svc/logsrc_internal.h"

#define WALL 1795271527000
#define MINUTE 60000

struct event {
    char stream[80], text[64];
    int64_t ms, in_ms;
    int id;
};

enum head_mode { HEAD_WORKS, HEAD_IGNORED, HEAD_REFUSED };

/* What happened; each must happen in a run that claims to survive it. */
struct happened {
    int calls, empties, failures, throttles, expired_credentials;
    int expired_tokens, refused_names, named_calls, refused_head, doubled;
    /* live tails: events told, left out, told twice; sessions; breaks */
    int told, untold, told_twice, sampled, tails, breaks, silences;
};

/* The group; it is also the aws_client of these tests. */
struct world {
    struct clock *clock;
    struct logsrc *src;
    struct event *events;
    size_t n, cap;
    size_t page;          /* events a page */
    int latency_ms;
    int64_t offset_ms;    /* its clock minus ours */
    int empty_each;       /* every so many pages one is empty with a token */
    enum head_mode head;
    enum err_code fail;   /* all calls, until cleared */
    enum err_code poll_fail; /* polls alone, likewise */
    int fail_each;        /* every so many calls one fails somehow */
    int expire_each;      /* every so many tokens one has expired */
    int double_each;      /* every so many events one is delivered twice */
    struct rng rng;
    struct happened did;
    int changes;
    struct strbuf asked;  /* a line a call */
    bool missing;
    /* live tails: as fail_each and double_each, of each update or event */
    int live_break_each, live_sample_each, live_lose_each, live_double_each;
    int live_shift_each;  /* has another ingestion time there */
    enum err_code live_refuse; /* every session */
    const char *live_refuse_aws;
    const char *live_exception; /* ends it at its next update */
    int tails;            /* open now */
    struct strbuf tailed; /* a line a session: its region, its parameters */
    int garble;           /* so many answers are cut in the middle */
};

struct request {
    struct work work;
    struct timer timer;
    struct world *w;
    aws_done_fn *done;
    void *arg;
    json_t *params;
};

static int64_t world_now(const struct world *w)
{
    return clock_wall_ms(w->clock) + w->offset_ms;
}

static int by_time(const void *a, const void *b)
{
    const struct event *x = *(const struct event *const *)a;
    const struct event *y = *(const struct event *const *)b;
    if (x->ms != y->ms)
        return x->ms < y->ms ? -1 : 1;
    if (x->in_ms != y->in_ms)
        return x->in_ms < y->in_ms ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static void request_free(struct request *q)
{
    timer_stop(q->w->clock, &q->timer);
    scope_remove(&q->work);
    json_decref(q->params);
    free(q);
}

static void request_cancelled(struct work *w)
{
    request_free(container_of(w, struct request, work));
}

static void answer_error(struct request *q, enum err_code code,
                         const char *aws_code)
{
    struct err err;
    aws_done_fn *done = q->done;
    void *arg = q->arg;
    err_set(&err, code, "Logs said no.");
    snprintf(err.aws_code, sizeof(err.aws_code), "%s", aws_code);
    request_free(q);
    done(arg, NULL, &err);
}

static bool one_in(struct world *w, int each)
{
    return each && rng_below(&w->rng, (uint64_t)each) == 0;
}

static bool fails(struct world *w, struct request *q)
{
    static const struct { enum err_code code; const char *aws; } how[] = {
        {ERR_NET, ""}, {ERR_THROTTLED, "ThrottlingException"},
        {ERR_AWS, "ServiceUnavailableException"},
        {ERR_EXPIRED, "ExpiredTokenException"}, {ERR_TIMEOUT, ""}};
    size_t i = rng_below(&w->rng, ARRAY_LEN(how));
    if (w->missing) {
        answer_error(q, ERR_NOT_FOUND, "ResourceNotFoundException");
    } else if (w->fail || w->poll_fail) {
        w->did.failures++;
        answer_error(q, w->fail ? w->fail : w->poll_fail, "");
    } else if (one_in(w, w->fail_each)) {
        w->did.failures++;
        w->did.throttles += how[i].code == ERR_THROTTLED;
        w->did.expired_credentials += how[i].code == ERR_EXPIRED;
        answer_error(q, how[i].code, how[i].aws);
    } else {
        return false;
    }
    return true;
}

static bool exists(const struct world *w, const char *stream)
{
    for (size_t i = 0; i < w->n; i++)
        if (w->events[i].in_ms <= world_now(w) &&
            strcmp(w->events[i].stream, stream) == 0)
            return true;
    return false;
}

static bool asked_for(const json_t *params, const char *stream)
{
    const char *prefix =
        json_string_value(json_object_get(params, "logStreamNamePrefix"));
    json_t *names = json_object_get(params, "logStreamNames"), *v;
    size_t i;
    if (!names)
        return !prefix || strncmp(stream, prefix, strlen(prefix)) == 0;
    json_array_foreach(names, i, v)
        if (strcmp(json_string_value(v), stream) == 0)
            return true;
    return false;
}

/* Names that do not exist, a flag that is not understood, an old token. */
static bool refuses(struct world *w, struct request *q)
{
    json_t *names = json_object_get(q->params, "logStreamNames"), *v;
    size_t i;
    assert_false(names && json_object_get(q->params, "logStreamNamePrefix"));
    assert_true(json_array_size(names) <= 100);
    w->did.named_calls += names != NULL;
    json_array_foreach(names, i, v)
        if (!exists(w, json_string_value(v))) {
            w->did.refused_names++;
            answer_error(q, ERR_NOT_FOUND, "ResourceNotFoundException");
            return true;
        }
    if (json_object_get(q->params, "startFromHead") &&
        w->head == HEAD_REFUSED) {
        w->did.refused_head++;
        answer_error(q, ERR_AWS, "InvalidParameterException");
        return true;
    }
    if (json_object_get(q->params, "nextToken") && one_in(w, w->expire_each)) {
        w->did.expired_tokens++;
        answer_error(q, ERR_AWS, "InvalidParameterException");
        return true;
    }
    return false;
}

/* A place in the order of the walk: behind (or, newest first, before) it. */
struct place {
    bool newest_first, begun;
    int64_t ms, in_ms;
    int id;
};

static bool beyond(const struct place *p, const struct event *e)
{
    const struct event at = {.ms = p->ms, .in_ms = p->in_ms, .id = p->id};
    const struct event *a = e, *b = &at;
    int c;
    if (!p->begun)
        return true;
    c = by_time(&a, &b);
    return p->newest_first ? c < 0 : c > 0;
}

static void put_event(struct strbuf *body, const struct event *e, bool comma)
{
    strbuf_printf(body, "%s{\"logStreamName\":\"%s\",\"timestamp\":%" PRId64
                  ",\"message\":", comma ? "," : "", e->stream, e->ms);
    strbuf_put_json(body, e->text, strlen(e->text));
    strbuf_printf(body, ",\"ingestionTime\":%" PRId64 ",\"eventId\":\"39%054d"
                  "\"}", e->in_ms, e->id);
}

static void page_of(struct world *w, struct request *q, struct strbuf *body)
{
    struct place p = {0};
    int64_t from = json_integer_value(json_object_get(q->params, "startTime"));
    json_t *end = json_object_get(q->params, "endTime");
    int64_t to = end ? json_integer_value(end) : INT64_MAX;
    const char *token =
        json_string_value(json_object_get(q->params, "nextToken"));
    const struct event **hits = xcalloc(w->n + 1, sizeof(*hits));
    size_t n = 0, sent = 0;
    int newest = 0, begun = 0;
    assert_false(token && json_object_get(q->params, "startFromHead"));
    p.newest_first =
        json_is_false(json_object_get(q->params, "startFromHead")) &&
        w->head == HEAD_WORKS;
    if (token) {
        assert_int_equal(sscanf(token, "%d %d %" SCNd64 " %" SCNd64 " %d",
                                &newest, &begun, &p.ms, &p.in_ms, &p.id), 5);
        p.newest_first = newest;
        p.begun = begun;
    }
    for (size_t i = 0; i < w->n; i++) {
        const struct event *e = &w->events[i];
        if (e->ms >= from && e->ms <= to && e->in_ms <= world_now(w) &&
            beyond(&p, e) && asked_for(q->params, e->stream))
            hits[n++] = e;
    }
    qsort(hits, n, sizeof(*hits), by_time);
    strbuf_puts(body, "{\"events\":[");
    bool empty = one_in(w, w->empty_each);
    w->did.empties += empty;
    for (size_t i = 0; !empty && i < n && i < w->page; i++, sent++) {
        const struct event *e = hits[p.newest_first ? n - 1 - i : i];
        put_event(body, e, sent > 0);
        if (one_in(w, w->double_each)) {
            put_event(body, e, true);
            w->did.doubled++;
        }
        p = (struct place){p.newest_first, true, e->ms, e->in_ms, e->id};
    }
    strbuf_puts(body, "],\"searchedLogStreams\":[]");
    if (empty || sent < n)
        strbuf_printf(body, ",\"nextToken\":\"%d %d %" PRId64 " %" PRId64
                      " %d %d\"", p.newest_first, p.begun, p.ms, p.in_ms,
                      p.id, w->did.calls);
    strbuf_puts(body, "}");
    free(hits);
}

static void answer(struct timer *t, void *arg)
{
    struct request *q = arg;
    struct world *w = q->w;
    struct strbuf body = STRBUF_INIT;
    (void)t;
    if (fails(w, q) || refuses(w, q))
        return;
    page_of(w, q, &body);
    if (w->garble && w->garble--)
        body.len /= 2;
    struct aws_reply reply = {.status = 200, .request_id = "",
                              .body = body.data, .body_len = body.len,
                              .date_ms = world_now(w) / 1000 * 1000};
    aws_done_fn *done = q->done;
    void *done_arg = q->arg;
    request_free(q);
    done(done_arg, &reply, NULL);
    strbuf_release(&body);
}

/* logs_tail.h */
static void tail_start(struct world *w, struct scope *scope, json_t *params,
                       const struct aws_call_opts *opts, aws_done_fn *done,
                       void *arg);

int aws_call(struct aws_client *client, struct scope *scope,
             const struct aws_op *op, json_t *params,
             const struct aws_call_opts *opts, aws_done_fn *done, void *arg,
             struct err *err)
{
    struct world *w = (struct world *)client;
    struct request *q;
    const char *prefix =
        json_string_value(json_object_get(params, "logStreamNamePrefix"));
    (void)err;
    if (strcmp(op->name, "StartLiveTail") == 0) {
        tail_start(w, scope, params, opts, done, arg);
        return 0;
    }
    q = xcalloc(1, sizeof(*q));
    assert_string_equal(op->name, "FilterLogEvents");
    assert_true(opts->raw);
    w->did.calls++;
    *q = (struct request){.w = w, .done = done, .arg = arg, .params = params};
    strbuf_printf(&w->asked, "%s|%s|%s|%" PRId64 "\n",
                  opts->region ? opts->region : "-",
                  json_string_value(json_object_get(params, "logGroupName")),
                  prefix ? prefix
                  : json_object_get(params, "logStreamNames") ? "(names)"
                                                              : "(all)",
                  world_now(w) - (int64_t)json_integer_value(
                      json_object_get(params, "startTime")));
    scope_add(scope, &q->work, request_cancelled);
    timer_start(w->clock, &q->timer, w->latency_ms, answer, q);
    return 0;
}

int64_t aws_client_clock_skew_ms(const struct aws_client *client)
{
    (void)client;
    return 0;
}

const char *aws_client_region(const struct aws_client *client)
{
    (void)client;
    return "eu-west-1";
}

static void changed(void *arg)
{
    ((struct world *)arg)->changes++;
}

static void world_follow_anew(struct world *w)
{
    logsrc_free(w->src);
    w->src = logsrc_new(&(struct logsrc_options){
        .clock = w->clock, .client = (struct aws_client *)w,
        .on_change = changed, .arg = w});
}

static int set_up(void **state)
{
    struct world *w = xcalloc(1, sizeof(*w));
    w->clock = clock_new_driven(WALL);
    w->page = 100;
    w->latency_ms = 30;
    rng_seed(&w->rng, 1);
    world_follow_anew(w);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    logsrc_free(w->src);
    assert_int_equal(clock_next_due(w->clock), -1); /* nothing is left */
    clock_free(w->clock);
    free(w->events);
    strbuf_release(&w->asked);
    strbuf_release(&w->tailed);
    free(w);
    return 0;
}

static void put(struct world *w, const char *stream, int64_t ms, int64_t in_ms,
                const char *text)
{
    w->events = xgrow(w->events, &w->cap, w->n + 1, sizeof(*w->events));
    struct event *e = &w->events[w->n];
    *e = (struct event){.ms = ms, .in_ms = in_ms, .id = (int)w->n};
    snprintf(e->stream, sizeof(e->stream), "%s", stream);
    snprintf(e->text, sizeof(e->text), "%s", text);
    w->n++;
}

static struct logsrc_target target(const char *task, const char *container)
{
    return (struct logsrc_target){.task_id = task, .container = container,
                                  .driver = "awslogs", .group = "/ecs/g",
                                  .prefix = "ecs", .mode = "blocking"};
}

static void follow(struct world *w, const char *task)
{
    struct logsrc_target t = target(task, "app");
    logsrc_set(w->src, &t);
}

/* All lines, each ended by '|'. */
static inline const char *all(struct world *w, struct strbuf *out)
{
    struct logbuf *b = logsrc_buf(w->src);
    strbuf_clear(out);
    for (size_t i = 0; i < logbuf_len(b); i++) {
        struct logbuf_line l;
        logbuf_get(b, i, &l);
        strbuf_printf(out, "%s%s|", l.kind == LOG_TEXT ? "" : "# ", l.text);
    }
    return strbuf_get(out);
}

static inline void expect(struct world *w, const char *want)
{
    struct strbuf got = STRBUF_INIT;
    assert_string_equal(all(w, &got), want);
    strbuf_release(&got);
}

#include "tests/backend/logs_tail.h"

#endif
