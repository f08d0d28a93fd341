/* Signed calls: what is sent, what is sent again, and what is refused. */
#include "tests/backend/client_bed.h"

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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
