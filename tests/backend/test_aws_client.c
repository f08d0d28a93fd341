/* Signed calls against a scripted server; delays on a driven clock. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/aws/budget.h"
#include "backend/aws/client_internal.h"
#include "backend/aws/session.h"
#include "backend/aws/sigv4.h"
#include "backend/base/clock.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/base/rng.h"
#include "backend/base/scope.h"
#include "backend/net/loop.h"
#include "tests/lib/miniserver.h"

#define WALL 1795271527000 /* 2026-11-21T14:32:07Z */
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

static const struct aws_op list_op = {
    .service = AWS_ECS, .name = "ListServices", .bucket = AWS_B_SERVICE_READ,
    .token_in = "nextToken", .token_out = "nextToken",
    .result = "serviceArns"};
static const struct aws_op stop_op = {
    .service = AWS_ECS, .name = "StopTask", .bucket = AWS_B_RESOURCE_MODIFY,
    .mutates = true};
static const struct aws_op scale_op = {
    .service = AWS_ECS, .name = "UpdateService",
    .bucket = AWS_B_SERVICE_MODIFY, .mutates = true, .idempotent = true};

struct lab {
    struct clock *clock;
    struct loop *loop;
    struct rng rng;
    struct miniserver *server;
    struct http *http;
    struct aws_session *session;
    struct aws_client *client;
    struct scope scope;
    char *shared; /* credentials file */
    /* observer */
    int sent, retries, ok, failed;
    int64_t wait_ms;
    struct strbuf seen;
};

struct got {
    int n;
    int attempts;
    char body[256];
    char request_id[80];
    bool has_root;
    size_t items;
    struct err err;
    struct scope *cancel;
};

static const char *lookup(void *arg, const char *name)
{
    struct lab *l = arg;

    if (strcmp(name, "AWS_SHARED_CREDENTIALS_FILE") == 0)
        return l->shared;
    if (strcmp(name, "AWS_CONFIG_FILE") == 0)
        return "/nonexistent";
    if (strcmp(name, "AWS_EC2_METADATA_DISABLED") == 0)
        return "true";
    return NULL;
}

static void observe(void *arg, const struct aws_call_event *e)
{
    struct lab *l = arg;

    l->sent += e->kind == AWS_EVENT_SENT;
    l->retries += e->kind == AWS_EVENT_RETRY;
    l->ok += e->kind == AWS_EVENT_OK;
    l->failed += e->kind == AWS_EVENT_FAILED;
    if (e->kind == AWS_EVENT_RETRY)
        l->wait_ms = e->wait_ms;
    strbuf_printf(&l->seen, "%d %s %s %s %s\n", e->kind, e->op->name,
                  e->subject, e->request_id, e->err ? e->err->message : "");
}

static void write_keys(struct lab *l, const char *key, const char *token)
{
    FILE *f = fopen(l->shared, "w");

    fprintf(f, "[default]\naws_access_key_id = %s\n"
            "aws_secret_access_key = " SECRET "\naws_session_token = %s\n",
            key, token);
    fclose(f);
}

static void open_session(struct lab *l, bool read_only)
{
    struct err err;
    struct aws_session_options o = {
        .env = {lookup, l}, .region = "us-east-1",
        .http = l->http, .endpoint_url = mini_url(l->server), .read_only = read_only,
    };

    l->session = aws_session_new(l->loop, &l->rng, &o, &err);
    if (!l->session)
        fail_msg("%s", err.message);
    l->client = aws_session_client(l->session);
    aws_client_set_observer(l->client, observe, l);
}

static int set_up(void **state)
{
    struct lab *l = xcalloc(1, sizeof(*l));
    const char *dir = getenv("TMPDIR");

    l->shared = xasprintf("%s/ecsdash-test-XXXXXX", dir ? dir : "/tmp");
    close(mkstemp(l->shared));
    write_keys(l, "AKIDEXAMPLE", "TOKENONE");
    l->clock = clock_new_driven(WALL);
    l->loop = loop_new(l->clock);
    rng_seed(&l->rng, 1);
    l->server = mini_new(l->loop);
    l->http = http_new(l->loop, NULL);
    scope_init(&l->scope, NULL);
    open_session(l, false);
    *state = l;
    return 0;
}

static int tear_down(void **state)
{
    struct lab *l = *state;

    scope_cancel(&l->scope);
    aws_session_free(l->session);
    http_free(l->http);
    mini_free(l->server);
    loop_free(l->loop);
    clock_free(l->clock);
    unlink(l->shared);
    free(l->shared);
    strbuf_release(&l->seen);
    free(l);
    return 0;
}

static void on_done(void *arg, const struct aws_reply *r,
                    const struct err *err)
{
    struct got *g = arg;

    g->n++;
    err_clear(&g->err);
    if (err)
        g->err = *err;
    assert_true(!r == !!err);
    if (r) {
        g->attempts = r->attempts;
        g->has_root = r->root != NULL;
        g->items = json_array_size(json_object_get(r->root, "serviceArns"));
        snprintf(g->body, sizeof(g->body), "%s", r->body);
        snprintf(g->request_id, sizeof(g->request_id), "%s", r->request_id);
    }
    if (g->cancel)
        scope_cancel(g->cancel);
}

static void start(struct lab *l, struct got *g, const struct aws_op *op,
                  json_t *params)
{
    struct err err;

    if (aws_call(l->client, &l->scope, op, params, NULL, on_done, g,
                 &err) != 0)
        fail_msg("%s", err.message);
    assert_int_equal(g->n, 0);
}

static void settle(struct lab *l)
{
    assert_true(loop_until_idle(l->loop, 20000));
}

/* Call and walk the clock until it is done. */
static void run(struct lab *l, struct got *g, const struct aws_op *op,
                json_t *params)
{
    start(l, g, op, params);
    settle(l);
    for (int i = 0; i < 60 && g->n == 0; i++) {
        clock_advance(l->clock, 1000);
        settle(l);
    }
    assert_int_equal(g->n, 1);
}

/* The signature is that of the bytes which arrived. date NULL = as sent. */
static void check_signature(struct lab *l, size_t i, const char *service,
                            const char *key, const char *date)
{
    static const char *const names[] = {"content-type", "host", "x-amz-date",
                                        "x-amz-security-token",
                                        "x-amz-target"};
    struct http_header h[5];
    char values[5][200], auth[600];
    struct strbuf want = STRBUF_INIT;
    const char *body = mini_body(l->server, i);
    char sent[40];
    struct sigv4_request rq = {
        .method = "POST", .path = "/", .headers = h, .body = body,
        .body_len = strlen(body), .region = "us-east-1", .service = service,
        .access_key = key, .secret = SECRET, .amz_date = date};

    if (!date)
        rq.amz_date = mini_header(l->server, i, "x-amz-date", sent, 40);
    for (size_t k = 0; k < ARRAY_LEN(names); k++) {
        if (mini_header(l->server, i, names[k], values[k], 200))
            h[rq.n_headers++] = (struct http_header){names[k], values[k]};
    }
    assert_int_equal(sigv4_sign(&rq, &want, NULL, NULL), 0);
    assert_non_null(mini_header(l->server, i, "authorization", auth,
                                sizeof(auth)));
    assert_string_equal(auth, strbuf_get(&want));
    strbuf_release(&want);
}

static void call_is_signed_and_its_json_parsed(void **state)
{
    struct lab *l = *state;
    struct got g = {0};
    char v[128];

    mini_push(l->server, &(struct mini_step){
        .headers = "x-amzn-RequestId: id-1\r\n",
        .body = "{\"serviceArns\":[\"a\",\"b\"]}"});
    run(l, &g, &list_op, json_pack("{s:s}", "cluster", "prod"));
    assert_int_equal(g.err.code, 0);
    assert_int_equal(g.items, 2);
    assert_int_equal(g.attempts, 1);
    assert_string_equal(g.request_id, "id-1");
    assert_string_equal(mini_body(l->server, 0), "{\"cluster\":\"prod\"}");
    assert_string_equal(
        mini_header(l->server, 0, "x-amz-target", v, sizeof(v)),
        "AmazonEC2ContainerServiceV20141113.ListServices");
    assert_string_equal(
        mini_header(l->server, 0, "content-type", v, sizeof(v)),
        "application/x-amz-json-1.1");
    check_signature(l, 0, "ecs", "AKIDEXAMPLE", "20261121T143207Z");
    assert_int_equal(l->sent, 1);
    assert_int_equal(l->ok, 1);
}

static void nothing_secret_is_observed(void **state)
{
    struct lab *l = *state;
    struct got g = {0};

    mini_reply(l->server, 400, "{\"__type\":\"InvalidClientTokenId\"}");
    run(l, &g, &list_op, NULL);
    assert_null(strstr(strbuf_get(&l->seen), SECRET));
    assert_null(strstr(strbuf_get(&l->seen), "TOKENONE"));
    assert_null(strstr(g.err.message, "TOKENONE"));
}

static void throttled_call_waits_and_is_signed_anew(void **state)
{
    struct lab *l = *state;
    struct got g = {0};
    struct budget_stats st;

    mini_reply(l->server, 400, "{\"__type\":\"ThrottlingException\"}");
    mini_reply(l->server, 200, "{\"serviceArns\":[]}");
    start(l, &g, &list_op, NULL);
    settle(l);
    assert_int_equal(g.n, 0);
    assert_int_equal(mini_count(l->server), 1);
    assert_in_range(l->wait_ms, 0, 1000);
    clock_advance(l->clock, 20000);
    settle(l);
    assert_int_equal(g.n, 1);
    assert_int_equal(g.err.code, 0);
    assert_int_equal(g.attempts, 2);
    check_signature(l, 1, "ecs", "AKIDEXAMPLE", NULL);
    budget_stats(aws_client_budget(l->client), &st);
    assert_int_equal(st.calls_minute, 2);
    assert_int_equal(st.throttled_minute, 1);
}

static void three_failures_are_the_end(void **state)
{
    static const char *const heads[] = {"", "x-amz-retry-after: 1500\r\n"};
    struct lab *l = *state;

    for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
        struct got g = {0};

        for (int k = 0; k < 3; k++)
            mini_push(l->server, &(struct mini_step){
                .status = 502, .headers = heads[i], .body = "<b>bad</b>"});
        run(l, &g, &list_op, NULL);
        assert_int_equal(g.err.code, ERR_AWS);
        assert_int_equal(g.err.http_status, 502);
        assert_int_equal(mini_count(l->server), 3 * (i + 1));
        assert_in_range(l->wait_ms, i ? 1500 : 0, i ? 1500 : 100);
    }
}

static void denied_call_is_not_repeated(void **state)
{
    struct lab *l = *state;
    struct got g = {0};

    mini_push(l->server, &(struct mini_step){
        .status = 400, .headers = "x-amzn-requestid: id-9\r\n",
        .body = "{\"__type\":\"AccessDeniedException\","
                "\"message\":\"not allowed\"}"});
    run(l, &g, &list_op, NULL);
    assert_int_equal(g.err.code, ERR_DENIED);
    assert_string_equal(g.err.request_id, "id-9");
    assert_int_equal(mini_count(l->server), 1);
}

static void expired_keys_are_read_again_once(void **state)
{
    struct lab *l = *state;
    struct got g = {0}, g2 = {0};
    const char *expired = "{\"__type\":\"ExpiredTokenException\"}";

    mini_reply(l->server, 200, "{}");
    run(l, &g2, &list_op, NULL); /* the first keys are cached now */
    write_keys(l, "AKIDSECOND", "TOKENTWO");
    mini_reply(l->server, 400, expired);
    mini_reply(l->server, 200, "{}");
    run(l, &g, &list_op, NULL);
    assert_int_equal(g.err.code, 0);
    check_signature(l, 1, "ecs", "AKIDEXAMPLE", "20261121T143207Z");
    check_signature(l, 2, "ecs", "AKIDSECOND", "20261121T143207Z");
    mini_reply(l->server, 400, expired);
    mini_reply(l->server, 400, expired);
    g = (struct got){0};
    run(l, &g, &list_op, NULL);
    assert_int_equal(g.err.code, ERR_EXPIRED);
    assert_int_equal(mini_count(l->server), 5);
}

static void wrong_clock_is_corrected_from_the_refusal(void **state)
{
    struct lab *l = *state;
    struct got g = {0}, g2 = {0};

    mini_push(l->server, &(struct mini_step){
        .status = 403, .headers = "Date: Sat, 21 Nov 2026 15:32:07 GMT\r\n",
        .body = "{\"__type\":\"InvalidSignatureException\"}"});
    mini_reply(l->server, 200, "{}");
    mini_reply(l->server, 200, "{}");
    run(l, &g, &list_op, NULL);
    assert_int_equal(g.err.code, 0);
    check_signature(l, 1, "ecs", "AKIDEXAMPLE", "20261121T153207Z");
    assert_int_equal(aws_client_clock_skew_ms(l->client), 3600000);
    run(l, &g2, &list_op, NULL); /* and stays corrected */
    check_signature(l, 2, "ecs", "AKIDEXAMPLE", "20261121T153207Z");
}

static void right_clock_is_not_blamed(void **state)
{
    struct lab *l = *state;
    struct got g = {0};

    mini_push(l->server, &(struct mini_step){
        .status = 403, .headers = "Date: Sat, 21 Nov 2026 14:35:07 GMT\r\n",
        .body = "{\"__type\":\"InvalidSignatureException\"}"});
    run(l, &g, &list_op, NULL);
    assert_int_equal(g.err.code, ERR_CREDENTIALS);
    assert_int_equal(mini_count(l->server), 1);
}

static void lost_answer_of_a_read_is_asked_for_again(void **state)
{
    struct lab *l = *state;
    struct got g = {0};

    mini_push(l->server, &(struct mini_step){.act = MINI_PART,
                                             .body = "{\"a\":\"cut\"}"});
    mini_reply(l->server, 200, "{}");
    run(l, &g, &list_op, NULL);
    assert_int_equal(g.err.code, 0);
    assert_int_equal(mini_count(l->server), 2);
}

static void lost_answer_of_a_mutation_is_outcome_unknown(void **state)
{
    static const enum mini_act acts[] = {MINI_DROP, MINI_RESET, MINI_PART};
    static const struct aws_op *const ops[] = {&stop_op, &scale_op};
    struct lab *l = *state;
    size_t sent = 0;

    for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
        for (size_t k = 0; k < ARRAY_LEN(ops); k++) {
            struct got g = {0};

            mini_push(l->server, &(struct mini_step){.act = acts[i],
                                                     .body = "{\"a\":1}"});
            run(l, &g, ops[k], NULL);
            assert_int_equal(g.err.code, ERR_OUTCOME_UNKNOWN);
            assert_non_null(strstr(g.err.message, ops[k]->name));
            assert_int_equal(mini_count(l->server), ++sent);
        }
    }
}

static void refused_mutation_is_not_unknown(void **state)
{
    struct lab *l = *state;
    struct got g = {0}, g2 = {0}, g3 = {0};

    mini_reply(l->server, 400, "{\"__type\":\"ClientException\"}");
    run(l, &g, &stop_op, NULL);
    assert_int_equal(g.err.code, ERR_AWS);
    /* A throttled one was not carried out. */
    mini_reply(l->server, 400, "{\"__type\":\"ThrottlingException\"}");
    mini_reply(l->server, 200, "{}");
    run(l, &g2, &stop_op, NULL);
    assert_int_equal(g2.err.code, 0);
    /* An inner error may have been half of it. */
    mini_reply(l->server, 500, "{\"__type\":\"ServerException\"}");
    run(l, &g3, &stop_op, NULL);
    assert_int_equal(g3.err.code, ERR_OUTCOME_UNKNOWN);
    assert_string_equal(g3.err.aws_code, "ServerException");
    assert_int_equal(mini_count(l->server), 4);
}

static void mutation_that_never_left_is_tried_again(void **state)
{
    struct lab *l = *state;
    struct got g = {0};

    /* Nobody listens there any more. */
    mini_free(l->server);
    for (int i = 0; i < 3; i++)
        loop_turn(l->loop, 0);
    l->server = mini_new(l->loop); /* another port */
    run(l, &g, &stop_op, NULL);
    assert_int_equal(g.err.code, ERR_NET);
    assert_int_equal(l->sent, 3);
    assert_int_equal(mini_count(l->server), 0);
}

static void read_only_refuses_mutations_before_anything_is_sent(void **state)
{
    struct lab *l = *state;
    struct got g = {0};
    struct err err;

    aws_client_set_read_only(l->client, true);
    assert_int_equal(aws_call(l->client, &l->scope, &stop_op, json_object(),
                              NULL, on_done, &g, &err), -1);
    assert_int_equal(err.code, ERR_READ_ONLY);
    mini_reply(l->server, 200, "{}");
    run(l, &g, &list_op, NULL);
    assert_int_equal(mini_count(l->server), 1);
}

/* "awslogs-region" of a task definition ends up here. */
static void a_region_that_is_no_host_label_is_refused(void **state)
{
    struct lab *l = *state;
    struct got g = {0};
    struct err err;
    struct aws_call_opts opts = {.region = "evil.example.org/"};

    assert_int_equal(aws_call(l->client, &l->scope, &list_op, NULL, &opts,
                              on_done, &g, &err), -1);
    assert_int_equal(err.code, ERR_CONFIG);
    assert_non_null(strstr(err.message, "evil.example.org/"));
    settle(l);
    assert_int_equal(mini_count(l->server), 0);
    assert_int_equal(g.n, 0);
}

static void read_only_holds_for_a_call_that_still_waits(void **state)
{
    struct lab *l = *state;
    struct got g = {0};

    start(l, &g, &stop_op, NULL);
    aws_client_set_read_only(l->client, true);
    settle(l);
    assert_int_equal(g.n, 1);
    assert_int_equal(g.err.code, ERR_READ_ONLY);
    assert_int_equal(mini_count(l->server), 0);
}

static void large_answer_is_parsed_off_the_loop(void **state)
{
    struct lab *l = *state;
    struct got g = {0}, g2 = {0};
    struct strbuf b = STRBUF_INIT;

    strbuf_puts(&b, "{\"serviceArns\":[\"x\"");
    while (b.len < 300 * 1024)
        strbuf_puts(&b, ",\"arn:aws:ecs:us-east-1:1:service/a/b\"");
    mini_push(l->server, &(struct mini_step){.body = strbuf_get(&b)});
    strbuf_puts(&b, "]}");
    mini_push(l->server, &(struct mini_step){.body = strbuf_get(&b)});
    run(l, &g, &list_op, NULL);
    assert_int_equal(g.err.code, ERR_PARSE); /* the cut one */
    run(l, &g2, &list_op, NULL);
    assert_true(g2.items > 7000);
    strbuf_release(&b);
}

static void cancel_during_the_pool_parse_is_silent(void **state)
{
    struct lab *l = *state;
    struct got g = {0};
    struct strbuf b = STRBUF_INIT;
    size_t sent = 0;

    strbuf_puts(&b, "{\"serviceArns\":[\"x\"");
    while (b.len < 2 * 1024 * 1024)
        strbuf_puts(&b, ",\"x\"");
    strbuf_puts(&b, "]}");
    mini_push(l->server, &(struct mini_step){.body = strbuf_get(&b)});
    start(l, &g, &list_op, NULL);
    /* In flight first, then in the pool: the http call is over by then. */
    while (http_in_flight(l->http) == 0)
        loop_turn(l->loop, 1000);
    while (http_in_flight(l->http) > 0)
        loop_turn(l->loop, 1000);
    sent = loop_work_pending(l->loop);
    scope_cancel(&l->scope);
    settle(l);
    assert_int_equal(g.n, sent ? 0 : 1);
    strbuf_release(&b);
}

static void cancel_is_silent_wherever_the_call_is(void **state)
{
    struct lab *l = *state;

    /* turns 0: before it began; then in flight; then waiting to retry. */
    for (int stage = 0; stage < 3; stage++) {
        struct scope view;
        struct got g = {0};
        size_t before = mini_count(l->server);

        scope_init(&view, NULL);
        mini_push(l->server, &(struct mini_step){
            .act = stage == 1 ? MINI_HOLD : MINI_REPLY, .status = 503});
        assert_int_equal(aws_call(l->client, &view, &list_op, NULL, NULL,
                                  on_done, &g, NULL), 0);
        while (stage == 1 && mini_count(l->server) == before)
            loop_turn(l->loop, 1000);
        if (stage == 2)
            settle(l);
        scope_cancel(&view);
        clock_advance(l->clock, 30000);
        settle(l);
        assert_int_equal(g.n, 0);
        assert_int_equal(mini_count(l->server), before + (stage > 0));
        if (stage == 0) { /* its step is still there: use it up */
            struct got used = {0};

            run(l, &used, &stop_op, NULL);
        }
    }
}

static void answer_that_is_no_json_is_a_parse_error(void **state)
{
    struct lab *l = *state;
    struct got g = {0}, g2 = {0}, g3 = {0};

    mini_reply(l->server, 200, "<html>captive portal</html>");
    run(l, &g, &list_op, NULL);
    assert_int_equal(g.err.code, ERR_PARSE);
    assert_non_null(strstr(g.err.message, "ListServices"));
    mini_reply(l->server, 200, "");
    run(l, &g2, &list_op, NULL);
    assert_int_equal(g2.err.code, 0);
    mini_reply(l->server, 200, "{oops");
    run(l, &g3, &stop_op, NULL);
    assert_int_equal(g3.err.code, ERR_OUTCOME_UNKNOWN);
}

/* ---- credentials ---- */

static void missing_credentials_say_what_was_tried(void **state)
{
    struct lab *l = *state;
    struct got g = {0}, g2 = {0};
    FILE *f = fopen(l->shared, "w");

    fputs("[default]\nregion = x\n", f);
    fclose(f);
    aws_session_free(l->session);
    open_session(l, false);
    run(l, &g, &list_op, NULL);
    assert_int_equal(g.err.code, ERR_CREDENTIALS);
    assert_non_null(strstr(g.err.message, "AWS_ACCESS_KEY_ID is not set"));
    assert_non_null(strstr(g.err.message, "/nonexistent"));
    assert_int_equal(mini_count(l->server), 0);
    /* Put right while the program runs. */
    write_keys(l, "AKIDLATER", "T");
    mini_reply(l->server, 200, "{}");
    run(l, &g2, &list_op, NULL);
    assert_int_equal(g2.err.code, 0);
}

static void many_calls_share_one_credential_fetch(void **state)
{
    struct lab *l = *state;
    struct got g[20] = {{0}};

    for (int i = 0; i < 20; i++) {
        mini_reply(l->server, 200, "{}");
        start(l, &g[i], &list_op, NULL);
    }
    settle(l);
    for (int i = 0; i < 20; i++)
        assert_int_equal(g[i].n, 1);
    assert_non_null(strstr(cred_chain_current(aws_session_creds(l->session))
                               ->source, "profile default"));
}

/* ---- budget in the client ---- */

static void calls_beyond_the_burst_wait_by_priority(void **state)
{
    struct lab *l = *state;
    struct got low[32] = {{0}}, high = {0};
    struct aws_call_opts opts = {.priority = AWS_PRIO_VISIBLE};
    struct budget_stats st;
    int done = 0;

    for (int i = 0; i < 40; i++)
        mini_reply(l->server, 200, "{}");
    for (int i = 0; i < 32; i++)
        start(l, &low[i], &list_op, NULL);
    settle(l);
    for (int i = 0; i < 32; i++)
        done += low[i].n;
    assert_int_equal(done, 30); /* 30 % of 100 */
    assert_int_equal(aws_call(l->client, &l->scope, &list_op, NULL, &opts,
                              on_done, &high, NULL), 0);
    settle(l);
    budget_stats(aws_client_budget(l->client), &st);
    assert_int_equal(st.waiting, 3);
    clock_advance(l->clock, 200); /* 5/s */
    settle(l);
    assert_int_equal(high.n, 1);
    assert_int_equal(low[30].n, 0);
    clock_advance(l->clock, 400);
    settle(l);
    assert_int_equal(low[30].n + low[31].n, 2);
}

/* ---- streams ---- */

static const struct aws_op tail_op = {
    .service = AWS_LOGS, .name = "StartLiveTail", .host_prefix = "stream-",
    .old_host_prefix = "streaming-"};

static bool on_piece(void *arg, const void *data, size_t n)
{
    strbuf_append(arg, data, n);
    return true;
}

/* A refusal before it begins is tried again, a broken stream is not. */
static void streamed_reply_is_given_out_once(void **state)
{
    struct lab *l = *state;
    struct strbuf seen = STRBUF_INIT;
    struct http_stream stream = {.on_data = on_piece, .arg = &seen};
    struct aws_call_opts opts = {.stream = &stream};
    struct got g = {0};

    mini_reply(l->server, 503, "later");
    mini_reply(l->server, 200, "pieces");
    assert_int_equal(aws_call(l->client, &l->scope, &tail_op, NULL, &opts,
                              on_done, &g, NULL), 0);
    while (!g.n) {
        loop_turn(l->loop, 100);
        clock_advance(l->clock, 1000);
    }
    assert_int_equal(g.err.code, ERR_NONE);
    assert_int_equal(g.attempts, 2);
    assert_string_equal(strbuf_get(&seen), "pieces");
    assert_string_equal(g.body, "");

    strbuf_clear(&seen);
    g = (struct got){0};
    mini_push(l->server, &(struct mini_step){.act = MINI_PART,
                                             .body = "half.rest"});
    assert_int_equal(aws_call(l->client, &l->scope, &tail_op, NULL, &opts,
                              on_done, &g, NULL), 0);
    while (!g.n) {
        loop_turn(l->loop, 100);
        clock_advance(l->clock, 1000);
    }
    assert_int_equal(g.err.code, ERR_NET);
    assert_string_equal(strbuf_get(&seen), "half");
    assert_int_equal(mini_count(l->server), 3);
    strbuf_release(&seen);
}

static void an_operation_may_have_a_host_of_its_own(void **state)
{
    struct lab *l = *state;
    struct err err;
    struct aws_call c = {.client = l->client, .op = &tail_op,
                         .region = (char[]){"eu-west-1"}};
    struct aws_session_options o = {.env = {lookup, l},
                                    .region = "us-east-1"};

    assert_int_equal(aws_call_resolve(&c, &err), 0);
    assert_string_equal(c.endpoint.url, mini_url(l->server)); /* as told */
    struct aws_session *real = aws_session_new(l->loop, &l->rng, &o, &err);
    assert_non_null(real);
    c.client = aws_session_client(real);
    assert_int_equal(aws_call_resolve(&c, &err), 0);
    assert_string_equal(c.endpoint.host,
                        "stream-logs.eu-west-1.amazonaws.com");
    assert_string_equal(c.endpoint.url,
                        "https://stream-logs.eu-west-1.amazonaws.com/");
    c.old_host = true;
    assert_int_equal(aws_call_resolve(&c, &err), 0);
    assert_string_equal(c.endpoint.host,
                        "streaming-logs.eu-west-1.amazonaws.com");
    aws_session_free(real);
}

/* ---- identity ---- */

struct who {
    int n;
    struct aws_identity id;
    struct err err;
};

static void on_who(void *arg, const struct aws_identity *id,
                   const struct err *err)
{
    struct who *w = arg;

    w->n++;
    if (id)
        w->id = *id;
    if (err)
        w->err = *err;
}

static void identity_is_read_from_sts(void **state)
{
    struct lab *l = *state;
    struct who w = {0}, w2 = {0};

    mini_reply(l->server, 200,
               "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/"
               "doc/2011-06-15/\"><GetCallerIdentityResult><Arn>arn:aws:sts::"
               "123456789012:assumed-role/oncall/ann</Arn><UserId>AROA:ann"
               "</UserId><Account>123456789012</Account>"
               "</GetCallerIdentityResult></GetCallerIdentityResponse>");
    assert_int_equal(aws_identify(l->client, &l->scope, on_who, &w, NULL), 0);
    settle(l);
    assert_int_equal(w.n, 1);
    assert_string_equal(w.id.account, "123456789012");
    assert_string_equal(w.id.name, "role/oncall");
    assert_string_equal(mini_body(l->server, 0),
                        "Action=GetCallerIdentity&Version=2011-06-15");
    check_signature(l, 0, "sts", "AKIDEXAMPLE", "20261121T143207Z");
    mini_reply(l->server, 200, "<html/>");
    assert_int_equal(aws_identify(l->client, &l->scope, on_who, &w2, NULL), 0);
    settle(l);
    assert_int_equal(w2.err.code, ERR_PARSE);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(call_is_signed_and_its_json_parsed),
        T(nothing_secret_is_observed),
        T(throttled_call_waits_and_is_signed_anew),
        T(three_failures_are_the_end),
        T(denied_call_is_not_repeated),
        T(expired_keys_are_read_again_once),
        T(wrong_clock_is_corrected_from_the_refusal),
        T(right_clock_is_not_blamed),
        T(lost_answer_of_a_read_is_asked_for_again),
        T(lost_answer_of_a_mutation_is_outcome_unknown),
        T(refused_mutation_is_not_unknown),
        T(mutation_that_never_left_is_tried_again),
        T(read_only_refuses_mutations_before_anything_is_sent),
        T(a_region_that_is_no_host_label_is_refused),
        T(read_only_holds_for_a_call_that_still_waits),
        T(large_answer_is_parsed_off_the_loop),
        T(cancel_during_the_pool_parse_is_silent),
        T(cancel_is_silent_wherever_the_call_is),
        T(answer_that_is_no_json_is_a_parse_error),
        T(missing_credentials_say_what_was_tried),
        T(many_calls_share_one_credential_fetch),
        T(calls_beyond_the_burst_wait_by_priority),
        T(streamed_reply_is_given_out_once),
        T(an_operation_may_have_a_host_of_its_own),
        T(identity_is_read_from_sts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
