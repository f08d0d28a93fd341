/* Every fault of the plan, seen on the wire. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/sim/sim.h"
#include "tests/lib/simlab.h"

static void plan(struct lab *l, const char *spec)
{
    struct err err = {0};
    sim_fault_clear(l->sim);
    if (sim_fault_parse(l->sim, spec, &err))
        fail_msg("%s", err.message);
}

static json_t *ask_json(struct lab *l, const char *op, const char *body)
{
    l->one_shot = true;
    assert_int_equal(lab_call(l, op, body), -1);
    l->one_shot = false;
    return lab_json(l);
}

static const char describe[] =
    "{\"cluster\":\"prod-main\",\"services\":[\"cart\",\"gateway\"]}";

/* ---- instead of the answer ------------------------------------------ */

static void refusals_have_the_name_that_each_protocol_gives_them(void **state)
{
    struct lab *l = *state;
    static const struct {
        const char *fault, *json, *query, *oidc, *text;
    } cases[] = {
        {"throttle", "400 |ThrottlingException", "400 |<Code>Throttling<",
         "400 |\"slow_down\"", "429 |Rate exceeded"},
        {"500", "500 |ServerException", "500 |<Code>InternalFailure<",
         "500 |\"server_error\"", "500 |"},
        {"deny", "400 |AccessDeniedException", "403 |<Code>AccessDenied<",
         "400 |\"access_denied\"", "403 |"},
        {"expired", "400 |ExpiredTokenException", "403 |<Code>ExpiredToken<",
         "400 |\"invalid_grant\"", "401 |"},
        {"skew", "400 |InvalidSignatureException",
         "403 |<Code>SignatureDoesNotMatch<", "400 |\"invalid_request\"",
         "401 |"},
        {"idp", "400 |IDPCommunicationError",
         "400 |<Code>IDPCommunicationError<", "400 |IDPCommunicationError",
         "400 |"},
        {"wrong", "400 |UnrecognizedClientException",
         "403 |<Code>InvalidClientTokenId<", "400 |\"invalid_client\"",
         "401 |"},
        {"503", "503 |<html>", "503 |<html>", "503 |<html>", "503 |<html>"},
        {"html", "200 |<html>", "200 |<html>", "200 |<html>", "200 |<html>"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *const want[] = {cases[i].json, cases[i].query,
                                    cases[i].oidc, cases[i].text};
        for (size_t k = 0; k < ARRAY_LEN(want); k++) {
            const char *bar = strchr(want[k], '|');
            char spec[60], status[20];
            snprintf(spec, sizeof(spec), "%s:count=all", cases[i].fault);
            plan(l, spec);
            l->service = k == 1 ? "sts" : NULL;
            int rc = k == 0   ? lab_call(l, "ListClusters", "{}")
                     : k == 1 ? lab_call(l, "", "Action=GetCallerIdentity&"
                                                "Version=2011-06-15")
                     : k == 2 ? lab_ask(l, "POST /token", "", "{}")
                              : lab_ask(l, "PUT /latest/api/token", "", "");
            assert_int_equal(rc, 0);
            snprintf(status, sizeof(status), "HTTP/1.1 %.4s", want[k]);
            lab_says(l, status);
            lab_says(l, bar + 1);
        }
    }
}

static void a_redirect_leads_to_where_its_follower_is_seen(void **state)
{
    struct lab *l = *state;
    plan(l, "redirect:imds:*");
    assert_int_equal(lab_ask(l, "PUT /latest/api/token", "", ""), 0);
    lab_says(l, "HTTP/1.1 307 ");
    lab_says(l, "Location: http://127.0.0.1:");
    lab_says(l, "/elsewhere\r\n");
    assert_int_equal(lab_ask(l, "PUT /elsewhere", "", ""), 0);
    assert_int_equal(sim_count(l->sim, "PutFollowed"), 1);
}

static void a_refusing_server_comes_back(void **state)
{
    struct lab *l = *state;
    struct strbuf b = STRBUF_INIT;
    int refused = 0;
    assert_int_equal(lab_call(l, "ListClusters", "{}"), 0);
    plan(l, "refuse:ListClusters:ms=60");
    lab_put(l, &b, "ListClusters", "{}");
    assert_int_equal(lab_connect(l), 0);
    lab_send(l, b.data, b.len);
    strbuf_release(&b);
    assert_int_equal(lab_receive(l, 1), ECONNRESET);
    assert_int_equal(sim_request_at(l->sim, 1)->status, 0);
    while (lab_connect(l) == ECONNREFUSED) {
        refused++;
        uv_run(&l->loop, UV_RUN_ONCE);
    }
    assert_true(refused > 0);
    assert_int_equal(lab_call(l, "ListClusters", "{}"), 0);
    lab_says(l, "clusterArns");
}

static void closing_while_nobody_listens_leaves_nothing(void **state)
{
    struct lab *l = *state;
    plan(l, "refuse:ms=60000");
    assert_int_equal(lab_call(l, "ListClusters", "{}"), ECONNRESET);
}

static int throttled(struct lab *l, const char *op, int n)
{
    int met = 0;
    for (int i = 0; i < n; i++) {
        assert_int_equal(lab_call(l, op, "{}"), 0);
        met += strstr(l->got.data, "ThrottlingException") != NULL;
    }
    return met;
}

static void quotas_refill_and_are_shared_by_their_row(void **state)
{
    struct lab *l = *state;
    plan(l, "quota:ecs:*:p=20"); /* 10 at once, 4 a second */
    assert_int_equal(throttled(l, "ListClusters", 6), 0);
    assert_int_equal(throttled(l, "DescribeClusters", 7), 3);
    assert_int_equal(throttled(l, "ListTaskDefinitions", 10), 0);
    clock_advance(l->clock, 1000);
    assert_int_equal(throttled(l, "ListClusters", 6), 2);
    clock_advance(l->clock, 3600000);
    assert_int_equal(throttled(l, "ListClusters", 12), 2);
}

/* ---- bytes ---------------------------------------------------------- */

static void a_drip_comes_in_pieces_and_whole(void **state)
{
    struct lab *l = *state;
    struct strbuf b = STRBUF_INIT;
    size_t before = 0, pieces = 0;
    plan(l, "drip:bytes=50:ms=1");
    lab_put(l, &b, "ListClusters", "{}");
    assert_int_equal(lab_connect(l), 0);
    lab_send(l, b.data, b.len);
    strbuf_release(&b);
    for (int rc = 1; rc != 0;) {
        char buf[4096];
        uv_run(&l->loop, UV_RUN_ONCE);
        ssize_t n = recv(l->fd, buf, sizeof(buf), 0);
        if (n > 0)
            strbuf_append(&l->got, buf, (size_t)n);
        pieces += l->got.len > before;
        before = l->got.len;
        json_t *o = strstr(strbuf_get(&l->got), "\r\n\r\n") ? lab_json(l)
                                                            : NULL;
        rc = o ? 0 : 1;
        json_decref(o);
    }
    assert_true(pieces >= l->got.len / 50 / 2); /* two may be read at once */
    assert_true(pieces > 4);
    plan(l, "delay:ms=0"); /* the next answer is in one piece again */
    assert_int_equal(lab_call(l, "ListClusters", "{}"), 0);
}

static void truncated_and_malformed_bodies_do_not_parse(void **state)
{
    struct lab *l = *state;
    static const char *const specs[] = {"truncate", "malformed", "html"};
    for (size_t i = 0; i < ARRAY_LEN(specs); i++) {
        plan(l, specs[i]);
        assert_int_equal(lab_call(l, "ListClusters", "{}"), 0);
        lab_says(l, "HTTP/1.1 200 ");
        assert_null(lab_json(l));
    }
}

static void assert_blanks_then_json(struct lab *l, size_t blanks)
{
    struct strbuf b;
    lab_body(l, &b);
    assert_true(b.len > blanks);
    assert_int_equal(strspn(b.data, " "), blanks);
    json_t *o = lab_json(l);
    assert_int_equal(json_array_size(json_object_get(o, "clusterArns")), 3);
    json_decref(o);
    strbuf_release(&b);
}

static void huge_bodies_and_bombs_are_valid_and_as_large_as_said(void **state)
{
    struct lab *l = *state;
    l->one_shot = true;
    plan(l, "huge:bytes=3000000");
    assert_int_equal(lab_call(l, "ListClusters", "{}"), -1);
    assert_true(l->got.len > 3000000);
    assert_blanks_then_json(l, 3000000);
    plan(l, "bomb:bytes=16777216");
    assert_int_equal(lab_call(l, "ListClusters", "{}"), -1);
    assert_true(l->got.len < 16777216 / 500);
    assert_blanks_then_json(l, 16777216);
}

/* ---- members -------------------------------------------------------- */

/* How many values of o have another type than those of was, are null, or are
 * words that changed. */
struct diff {
    int types, nulls, words, extra;
};

static void compare(json_t *was, json_t *o, struct diff *d)
{
    const char *key;
    json_t *v;
    size_t i;
    if (json_is_null(o) && !json_is_null(was)) {
        d->nulls++;
    } else if (json_typeof(was) != json_typeof(o)) {
        d->types++;
    } else if (json_is_object(o)) {
        json_object_foreach(was, key, v)
        {
            compare(v, json_object_get(o, key), d);
        }
        d->extra += (int)json_object_size(o) - (int)json_object_size(was);
    } else if (json_is_array(o)) {
        assert_int_equal(json_array_size(was), json_array_size(o));
        json_array_foreach(was, i, v) compare(v, json_array_get(o, i), d);
    } else if (json_is_string(o)) {
        d->words += !strcmp(json_string_value(o), "ZZ_FUTURE_WORD");
    }
}

static void members_lose_their_types_values_and_words(void **state)
{
    struct lab *l = *state;
    static const char *const specs[] = {"types", "nulls", "enums", "unknown"};
    json_t *was = ask_json(l, "DescribeServices", describe);
    for (size_t i = 0; i < ARRAY_LEN(specs); i++) {
        struct diff d = {0};
        plan(l, specs[i]);
        json_t *o = ask_json(l, "DescribeServices", describe);
        assert_non_null(o);
        compare(was, o, &d);
        assert_int_equal(d.types > 0, i == 0);
        assert_int_equal(d.nulls > 0, i == 1);
        assert_int_equal(d.words > 0, i == 2);
        assert_int_equal(d.extra > 0, i == 3);
        json_decref(o);
    }
    json_decref(was);
}

/* ---- pages ---------------------------------------------------------- */

static void a_page_loop_never_ends(void **state)
{
    struct lab *l = *state;
    char first[100] = "", arn[100];
    plan(l, "loop:List*:count=all");
    for (int i = 0; i < 5; i++) {
        json_t *o = ask_json(l, "ListServices",
                             i ? "{\"cluster\":\"prod-main\",\"nextToken\":"
                                 "\"round-again\"}"
                               : "{\"cluster\":\"prod-main\"}");
        assert_string_equal(
            json_string_value(json_object_get(o, "nextToken")),
            "round-again");
        snprintf(arn, sizeof(arn), "%s",
                 json_string_value(json_array_get(
                     json_object_get(o, "serviceArns"), 0)));
        if (i)
            assert_string_equal(arn, first);
        memcpy(first, arn, sizeof(first));
        json_decref(o);
    }
}

static void endless_pages_have_tokens_of_their_own(void **state)
{
    struct lab *l = *state;
    char last[40] = "", ask[100] = "{}";
    plan(l, "endless:ListClusters:count=all");
    for (int i = 0; i < 4; i++) {
        json_t *o = ask_json(l, "ListClusters", ask);
        const char *token =
            json_string_value(json_object_get(o, "nextToken"));
        assert_int_equal(json_array_size(json_object_get(o, "clusterArns")),
                         3);
        assert_string_not_equal(token, last);
        snprintf(last, sizeof(last), "%s", token);
        snprintf(ask, sizeof(ask), "{\"nextToken\":\"%s\"}", token);
        json_decref(o);
    }
}

static void things_come_and_go_between_two_pages(void **state)
{
    struct lab *l = *state;
    static const char ask[] = "{\"cluster\":\"prod-main\",\"maxResults\":100}";
    plan(l, "change:ListServices");
    json_t *one = ask_json(l, "ListServices", ask);
    json_t *two = ask_json(l, "ListServices", ask), *v;
    json_t *list = json_object_get(two, "serviceArns");
    size_t i, gone = 0;
    assert_non_null(strstr(json_string_value(json_array_get(list, 0)),
                           "/aa-change-"));
    json_array_foreach(json_object_get(one, "serviceArns"), i, v)
    {
        size_t k = 0;
        while (k < json_array_size(list) &&
               !json_equal(json_array_get(list, k), v))
            k++;
        gone += k == json_array_size(list);
    }
    assert_int_equal(gone, 1);
    assert_int_equal(json_array_size(list),
                     json_array_size(json_object_get(one, "serviceArns")));
    json_decref(one);
    json_decref(two);
}

/* ---- clocks --------------------------------------------------------- */

static void a_wrong_clock_refuses_and_tells_its_date(void **state)
{
    struct lab *l = *state;
    char date[40];
    plan(l, "clock:by=-600:count=all");
    assert_int_equal(lab_call(l, "ListClusters", "{}"), 0);
    lab_says(l, "InvalidSignatureException");
    lab_says(l, "not yet current");
    lab_says(l, fmt_http_date(LAB_WALL - 600000, date));
    l->late_ms = 600000; /* corrected by that date */
    assert_int_equal(lab_call(l, "ListClusters", "{}"), 0);
    lab_says(l, "clusterArns");
    plan(l, "clock:by=600:count=all");
    l->late_ms = 0;
    assert_int_equal(lab_call(l, "ListClusters", "{}"), 0);
    lab_says(l, "Signature expired");
    plan(l, "clock:by=200:count=all"); /* within five minutes */
    assert_int_equal(lab_call(l, "ListClusters", "{}"), 0);
    lab_says(l, "clusterArns");
}

static void the_same_seed_meets_the_same_requests(void **state)
{
    struct lab *l = *state;
    char met[2][41] = {"", ""};
    for (int run = 0; run < 2; run++) {
        lab_restart(l, &(struct sim_options){
                           .seed = 5, .faults = "500:p=50:count=all"});
        for (int i = 0; i < 40; i++) {
            assert_int_equal(lab_call(l, "ListClusters", "{}"), 0);
            met[run][i] = strstr(l->got.data, " 500 ") ? 'x' : '.';
        }
    }
    assert_string_equal(met[0], met[1]);
    assert_non_null(strchr(met[0], 'x'));
    assert_non_null(strchr(met[0], '.'));
}

#define TEST(f) \
    cmocka_unit_test_setup_teardown(f, lab_set_up, lab_tear_down)

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        TEST(refusals_have_the_name_that_each_protocol_gives_them),
        TEST(a_redirect_leads_to_where_its_follower_is_seen),
        TEST(a_refusing_server_comes_back),
        TEST(closing_while_nobody_listens_leaves_nothing),
        TEST(quotas_refill_and_are_shared_by_their_row),
        TEST(a_drip_comes_in_pieces_and_whole),
        TEST(truncated_and_malformed_bodies_do_not_parse),
        TEST(huge_bodies_and_bombs_are_valid_and_as_large_as_said),
        TEST(members_lose_their_types_values_and_words),
        TEST(a_page_loop_never_ends),
        TEST(endless_pages_have_tokens_of_their_own),
        TEST(things_come_and_go_between_two_pages),
        TEST(a_wrong_clock_refuses_and_tells_its_date),
        TEST(the_same_seed_meets_the_same_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
