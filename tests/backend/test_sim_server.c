/* The simulator on a socket: connections, who may ask, faults, closing. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "backend/base/clock.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "backend/sim/sim.h"
#include "tests/lib/simlab.h"

/* ---- tests ------------------------------------------------------------ */

static void a_signed_call_is_answered_and_noted(void **state)
{
    struct lab *l = *state;
    assert_int_equal(lab_call(l, "ListClusters", "{\"maxResults\":1}"), 0);
    lab_says(l, "HTTP/1.1 200 OK");
    lab_says(l, "\"clusterArns\":[\"arn:aws:ecs:");
    lab_says(l, "\"nextToken\":");
    assert_int_equal(sim_count(l->sim, "ListClusters"), 1);
    const struct sim_request *q = sim_request_at(l->sim, 0);
    assert_string_equal(q->body, "{\"maxResults\":1}");
    assert_string_equal(q->service, "ecs");
    assert_string_equal(q->access_key, sim_access_key(l->sim));
    assert_int_equal(q->status, 200);
    assert_int_equal(q->at_ms, LAB_WALL);
}

static void a_pipeline_is_answered_in_order(void **state)
{
    struct lab *l = *state;
    struct strbuf b = STRBUF_INIT;
    lab_put(l, &b, "ListClusters", "{}");
    lab_put(l, &b, "ListServices", "{}");
    lab_put(l, &b, "ListClusters", "{\"maxResults\":2}");
    assert_int_equal(lab_connect(l), 0);
    for (size_t i = 0; i < b.len; i++) /* in the smallest pieces */
        lab_send(l, b.data + i, 1);
    assert_int_equal(lab_receive(l, 3), 0);
    strbuf_release(&b);
    const char *first = strstr(l->got.data, "clusterArns");
    const char *second = strstr(l->got.data, "ClusterNotFoundException");
    assert_non_null(first);
    assert_true(second > first);
    assert_non_null(strstr(second, "clusterArns"));
}

static void nobody_unsigned_is_served(void **state)
{
    struct lab *l = *state;
    static const char text[] =
        "POST / HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Type: application/x-amz-json-1.1\r\n"
        "X-Amz-Target: AmazonEC2ContainerServiceV20141113.ListClusters\r\n"
        "Content-Length: 2\r\n\r\n{}";
    assert_int_equal(lab_connect(l), 0);
    lab_send(l, text, sizeof(text) - 1);
    assert_int_equal(lab_receive(l, 1), 0);
    lab_says(l, "HTTP/1.1 400 ");
    lab_says(l, "MissingAuthenticationTokenException");
}

static void a_foreign_host_is_refused(void **state)
{
    struct lab *l = *state;
    static const char text[] = "POST / HTTP/1.1\r\nHost: evil.example\r\n"
                               "Content-Length: 0\r\n\r\n";
    assert_int_equal(lab_connect(l), 0);
    lab_send(l, text, sizeof(text) - 1);
    assert_int_equal(lab_receive(l, 2), -1); /* answered, then closed */
    lab_says(l, "HTTP/1.1 403 ");
    assert_int_equal(sim_requests(l->sim), 0);
}

static void a_broken_request_is_told_and_the_connection_closed(void **state)
{
    struct lab *l = *state;
    assert_int_equal(lab_connect(l), 0);
    lab_send(l, "nonsense\r\n\r\n", 12);
    assert_int_equal(lab_receive(l, 2), -1);
    lab_says(l, "HTTP/1.1 400 ");
}

static void expect_continue_is_answered_once(void **state)
{
    struct lab *l = *state;
    static const char head[] = "POST / HTTP/1.1\r\nHost: localhost\r\n"
                               "Expect: 100-continue\r\n"
                               "Content-Length: 3\r\n\r\n";
    assert_int_equal(lab_connect(l), 0);
    lab_send(l, head, sizeof(head) - 1);
    lab_send(l, "a", 1);
    lab_send(l, "b", 1);
    lab_send(l, "c", 1);
    assert_int_equal(lab_receive(l, 1), 0);
    assert_int_equal(strncmp(l->got.data, "HTTP/1.1 100 Continue\r\n\r\n"
                             "HTTP/1.1 400", 37), 0);
}

static void faults_meet_the_requests_they_are_meant_for(void **state)
{
    struct lab *l = *state;
    struct err err;
    assert_int_equal(sim_fault_parse(l->sim,
                                     "throttle:ListClusters:skip=1:count=2,"
                                     "503:ListServices", &err), 0);
    const char *const want[] = {"clusterArns", "ThrottlingException",
                                "ThrottlingException", "clusterArns"};
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        assert_int_equal(lab_call(l, "ListClusters", "{}"), 0);
        lab_says(l, want[i]);
    }
    assert_int_equal(lab_call(l, "ListServices", "{}"), 0);
    lab_says(l, "HTTP/1.1 503 ");
    lab_says(l, "Content-Type: text/html");
    assert_int_equal(lab_call(l, "ListServices", "{}"), 0);
    lab_says(l, "ClusterNotFoundException");
}

static void call_and_see(struct lab *l, const char *op, const char *said)
{
    assert_int_equal(lab_call(l, op, "{}"), 0);
    lab_says(l, said);
}

static void faults_are_picked_by_pattern_turn_chance_and_time(void **state)
{
    struct lab *l = *state;
    struct err err;
    int met = 0;
    assert_int_equal(sim_fault_parse(l->sim, "500:logs:*:count=all,"
                                     "500:ecs:list*:every=2:count=all:for=10,"
                                     "throttle:from=20:for=5:count=all",
                                     &err), 0);
    call_and_see(l, "ListClusters", "ServerException");
    call_and_see(l, "ListClusters", "clusterArns");
    call_and_see(l, "DescribeClusters", "failures");
    call_and_see(l, "ListClusters", "ServerException");
    clock_advance(l->clock, 10000);
    for (int i = 0; i < 4; i++)
        call_and_see(l, "ListClusters", "clusterArns");
    clock_advance(l->clock, 10000);
    call_and_see(l, "DescribeClusters", "ThrottlingException");
    clock_advance(l->clock, 5000);
    call_and_see(l, "DescribeClusters", "failures");
    sim_fault_clear(l->sim);
    assert_int_equal(sim_fault_parse(l->sim, "500:*:p=30:count=all", &err), 0);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(lab_call(l, "ListClusters", "{}"), 0);
        met += strstr(l->got.data, "ServerException") != NULL;
    }
    assert_in_range(met, 15, 45);
}

static void resets_come_before_or_after_the_deed(void **state)
{
    struct lab *l = *state;
    static const char scale[] =
        "{\"cluster\":\"prod-main\",\"service\":\"cart\","
        "\"desiredCount\":5}";
    static const char ask[] =
        "{\"cluster\":\"prod-main\",\"services\":[\"cart\"]}";
    sim_fault_add(l->sim, "UpdateService", FAULT_RESET_BEFORE, 0, 1, 0);
    sim_fault_add(l->sim, "UpdateService", FAULT_RESET_AFTER, 0, 1, 0);
    assert_int_equal(lab_call(l, "UpdateService", scale), ECONNRESET);
    assert_int_equal(lab_call(l, "DescribeServices", ask), 0);
    lab_says(l, "\"desiredCount\":8");
    assert_int_equal(lab_call(l, "UpdateService", scale), ECONNRESET);
    assert_int_equal(lab_call(l, "DescribeServices", ask), 0);
    lab_says(l, "\"desiredCount\":5");
    assert_int_equal(sim_request_at(l->sim, 0)->status, 0);
}

static void answers_can_be_cut_delayed_and_mangled(void **state)
{
    struct lab *l = *state;
    sim_fault_add(l->sim, NULL, FAULT_CUT, 0, 1, 0);
    assert_int_equal(lab_call(l, "ListClusters", "{}"), -1);
    sim_fault_add(l->sim, NULL, FAULT_DELAY, 0, 1, 30);
    uv_update_time(&l->loop);
    uint64_t before = uv_now(&l->loop);
    assert_int_equal(lab_call(l, "ListClusters", "{}"), 0);
    uv_update_time(&l->loop);
    assert_true(uv_now(&l->loop) - before >= 29);
    sim_fault_add(l->sim, NULL, FAULT_TRUNCATE, 0, 1, 0);
    assert_int_equal(lab_call(l, "ListClusters", "{}"), 0);
    assert_int_not_equal(l->got.data[l->got.len - 1], '}');
    sim_fault_add(l->sim, NULL, FAULT_UNKNOWN_MEMBERS, 0, 1, 0);
    assert_int_equal(lab_call(l, "ListClusters", "{}"), 0);
    lab_says(l, "zzFutureMember");
}

static void bad_fault_plans_are_named(void **state)
{
    struct lab *l = *state;
    static const struct {
        const char *spec, *said;
    } cases[] = {
        {"nonsense", "nonsense"},
        {"throttle:ListTasks:count=x", "count=x"},
        {"throttle:ListTasks:Another", "Another"},
        {"delay:ms=-1", "ms=-1"},
        {"500:*:p=101", "p=101"},
        {"500:ecs:skip=1:List*", "List*"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        assert_int_equal(sim_fault_parse(l->sim, cases[i].spec, &err), -1);
        assert_non_null(strstr(err.message, cases[i].said));
    }
}

static void a_delayed_answer_may_lose_its_client(void **state)
{
    struct lab *l = *state;
    struct strbuf b = STRBUF_INIT;
    sim_fault_add(l->sim, NULL, FAULT_DELAY, 0, 2, 20);
    lab_put(l, &b, "ListClusters", "{}");
    assert_int_equal(lab_connect(l), 0);
    lab_send(l, b.data, b.len);
    while (!sim_requests(l->sim))
        uv_run(&l->loop, UV_RUN_NOWAIT);
    assert_int_equal(lab_connect(l), 0); /* closes the first */
    lab_send(l, b.data, b.len);
    assert_int_equal(lab_receive(l, 1), 0);
    strbuf_release(&b);
}

static void the_wrong_region_or_service_is_told(void **state)
{
    struct lab *l = *state;
    l->region = "us-east-2";
    assert_int_equal(lab_call(l, "ListClusters", "{}"), 0);
    lab_says(l, "InvalidSignatureException");
    lab_says(l, "scoped to a valid region");
    l->region = NULL;
    l->scope = "logs";
    assert_int_equal(lab_call(l, "ListClusters", "{}"), 0);
    lab_says(l, "scoped to correct service: 'ecs'");
    assert_string_equal(sim_request_at(l->sim, 0)->access_key, "");
}

static void old_signatures_expire_by_the_driven_clock(void **state)
{
    struct lab *l = *state;
    struct strbuf b = STRBUF_INIT;
    lab_put(l, &b, "ListClusters", "{}");
    clock_advance(l->clock, 301000);
    assert_int_equal(lab_connect(l), 0);
    lab_send(l, b.data, b.len);
    assert_int_equal(lab_receive(l, 1), 0);
    lab_says(l, "Signature expired");
    assert_int_equal(lab_call(l, "ListClusters", "{}"), 0);
    lab_says(l, "HTTP/1.1 200 ");
    strbuf_release(&b);
}

static void only_loopback_is_bound(void **state)
{
    struct lab *l = *state;
    const char *const foreign[] = {"0.0.0.0", "192.168.1.1", "[::]",
                                   "example.com", "1270.0.0.1"};
    for (size_t i = 0; i < ARRAY_LEN(foreign); i++) {
        struct err err = {0};
        struct sim_options o = {.address = foreign[i], .scenario = "empty"};
        assert_null(sim_new(&l->loop, &o, &err));
        assert_int_equal(err.code, ERR_USAGE);
        assert_non_null(strstr(err.message, "loopback"));
        assert_non_null(strstr(err.message, foreign[i]));
    }
}

static void keys_are_new_each_time(void **state)
{
    struct lab *l = *state;
    struct err err;
    struct sim_options o = {.scenario = "empty"};
    struct sim *other = sim_new(&l->loop, &o, &err);
    assert_non_null(other);
    assert_string_not_equal(sim_secret(other), sim_secret(l->sim));
    assert_int_equal(strncmp(sim_access_key(other), "AKIA", 4), 0);
    assert_int_equal(strlen(sim_access_key(other)), 20);
    assert_int_equal(strlen(sim_secret(other)), 40);
    sim_free(other);
}

static void set_true(void *arg)
{
    *(bool *)arg = true;
}

static void closing_amid_an_answer_leaves_nothing(void **state)
{
    struct lab *l = *state;
    struct strbuf b = STRBUF_INIT;
    bool done = false;
    sim_fault_add(l->sim, NULL, FAULT_DELAY, 0, -1, 60000);
    lab_put(l, &b, "ListClusters", "{}");
    assert_int_equal(lab_connect(l), 0);
    lab_send(l, b.data, b.len);
    while (!sim_requests(l->sim))
        uv_run(&l->loop, UV_RUN_NOWAIT);
    sim_close(l->sim, set_true, &done);
    l->sim = NULL;
    uv_run(&l->loop, UV_RUN_DEFAULT);
    assert_true(done);
    strbuf_release(&b);
}

static void clocks_are_read_from_text(void **state)
{
    (void)state;
    struct sim_options o = {0};
    struct err err;
    assert_int_equal(sim_parse_clock("frozen@2026-11-21T14:32:07Z", &o,
                                     &err), 0);
    assert_int_equal(o.mode, SIM_CLOCK_FROZEN);
    assert_int_equal(o.start_ms, 1795271527000);
    o = (struct sim_options){0};
    assert_int_equal(sim_parse_clock("x10", &o, &err), 0);
    assert_int_equal(o.mode, SIM_CLOCK_SCALED);
    assert_true(o.scale == 10.0);
    o = (struct sim_options){0};
    assert_int_equal(sim_parse_clock("real", &o, &err), 0);
    assert_int_equal(o.mode, SIM_CLOCK_REAL);
    const char *const bad[] = {"", "x", "x0", "x-1", "xx", "frozen@", "fast"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(sim_parse_clock(bad[i], &o, &err), -1);
}

#define TEST(f) \
    cmocka_unit_test_setup_teardown(f, lab_set_up, lab_tear_down)

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        TEST(a_signed_call_is_answered_and_noted),
        TEST(a_pipeline_is_answered_in_order),
        TEST(nobody_unsigned_is_served),
        TEST(a_foreign_host_is_refused),
        TEST(a_broken_request_is_told_and_the_connection_closed),
        TEST(expect_continue_is_answered_once),
        TEST(faults_meet_the_requests_they_are_meant_for),
        TEST(faults_are_picked_by_pattern_turn_chance_and_time),
        TEST(resets_come_before_or_after_the_deed),
        TEST(answers_can_be_cut_delayed_and_mangled),
        TEST(bad_fault_plans_are_named),
        TEST(a_delayed_answer_may_lose_its_client),
        TEST(the_wrong_region_or_service_is_told),
        TEST(old_signatures_expire_by_the_driven_clock),
        TEST(only_loopback_is_bound),
        TEST(keys_are_new_each_time),
        TEST(closing_amid_an_answer_leaves_nothing),
        cmocka_unit_test(clocks_are_read_from_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
