/* The way of a call and its answer: priorities, the thread that parses,
 * streams, cancelling, whose credentials. */
#include "tests/backend/client_bed.h"

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

/* After a sleep all connections that were kept are dead, and none says so:
 * one wait is enough. */
static void a_try_after_a_silence_gets_a_new_connection(void **state)
{
    struct lab *l = *state;
    struct aws_op op = list_op;
    struct got a = {0}, b = {0}, g = {0};

    mini_push(l->server, &(struct mini_step){
        .act = MINI_HOLD, .body = "{\"serviceArns\":[]}"});
    mini_reply(l->server, 200, "{\"serviceArns\":[]}");
    start(l, &a, &op, NULL);
    start(l, &b, &op, NULL);
    while (!b.n && !a.n)
        loop_turn(l->loop, 10);
    mini_release(l->server);
    settle(l);
    assert_int_equal(a.n + b.n, 2);
    assert_int_equal(mini_connections(l->server), 2);
    op.timeout_ms = 300;
    mini_push(l->server, &(struct mini_step){.act = MINI_HOLD});
    mini_reply(l->server, 200, "{\"serviceArns\":[]}");
    run(l, &g, &op, NULL);
    assert_int_equal(g.err.code, ERR_NONE);
    assert_int_equal(g.attempts, 2);
    assert_int_equal(mini_connections(l->server), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
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
        T(a_try_after_a_silence_gets_a_new_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
