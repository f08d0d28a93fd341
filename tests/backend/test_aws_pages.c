/* Walks over lists, against a scripted server: their tokens, and lists that
 * make no sense or have no end. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "backend/aws/budget.h"
#include "backend/aws/session.h"
#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/rng.h"
#include "backend/base/scope.h"
#include "backend/base/strbuf.h"
#include "backend/net/loop.h"
#include "tests/lib/miniserver.h"

static const struct aws_op list_op = {
    .service = AWS_ECS, .name = "ListServices", .bucket = AWS_B_SERVICE_READ,
    .token_in = "nextToken", .token_out = "nextToken",
    .result = "serviceArns"};

struct lab {
    struct clock *clock;
    struct loop *loop;
    struct rng rng;
    struct miniserver *server;
    struct aws_session *session;
    struct scope scope;
};

struct walk {
    int pages, lasts;
    size_t items;
    struct err err;
    int stop_after;
    struct scope *cancel;
};

static const char *lookup(void *arg, const char *name)
{
    (void)arg;
    if (strcmp(name, "AWS_ACCESS_KEY_ID") == 0)
        return "AKIDEXAMPLE";
    return strcmp(name, "AWS_SECRET_ACCESS_KEY") == 0 ? "secret" : NULL;
}

static int set_up(void **state)
{
    struct lab *l = xcalloc(1, sizeof(*l));
    struct err err;

    l->clock = clock_new_driven(1795271527000);
    l->loop = loop_new(l->clock);
    rng_seed(&l->rng, 1);
    scope_init(&l->scope, NULL);
    l->server = mini_new(l->loop);
    l->session = aws_session_new(
        l->loop, &l->rng,
        &(struct aws_session_options){
            .env = {lookup, l}, .no_files = true, .region = "us-east-1",
            .endpoint_url = mini_url(l->server), .budget_unlimited = true},
        &err);
    if (!l->session)
        fail_msg("%s", err.message);
    *state = l;
    return 0;
}

static int tear_down(void **state)
{
    struct lab *l = *state;

    scope_cancel(&l->scope);
    aws_session_free(l->session);
    mini_free(l->server);
    loop_free(l->loop);
    clock_free(l->clock);
    free(l);
    return 0;
}

static bool on_page(void *arg, const struct aws_reply *r,
                    const struct err *err, bool last)
{
    struct walk *w = arg;

    w->pages += r != NULL;
    w->lasts += last;
    if (r)
        w->items += json_array_size(json_object_get(r->root, "serviceArns"));
    if (err)
        w->err = *err;
    if (w->cancel)
        scope_cancel(w->cancel);
    return !w->stop_after || w->pages < w->stop_after;
}

static void walk_to(struct lab *l, struct walk *w, int most)
{
    assert_int_equal(aws_pages(aws_session_client(l->session), &l->scope,
                               &list_op, json_pack("{s:s}", "cluster", "c"),
                               NULL, most, on_page, w, NULL), 0);
    for (int i = 0; i < 3; i++) {
        clock_advance(l->clock, 0);
        assert_true(loop_until_idle(l->loop, 5000));
    }
}

static void walk(struct lab *l, struct walk *w)
{
    walk_to(l, w, 0);
}

/* A page with the items FROM..FROM+N-1 and a token. */
static void put_page(struct lab *l, int from, int n, const char *token)
{
    struct strbuf b = STRBUF_INIT;

    strbuf_puts(&b, "{\"serviceArns\":[");
    for (int i = from; i < from + n; i++)
        strbuf_printf(&b, "%s\"arn:s%d\"", i > from ? "," : "", i);
    strbuf_puts(&b, "]");
    if (token)
        strbuf_printf(&b, ",\"nextToken\":\"%s\"", token);
    strbuf_puts(&b, "}");
    mini_reply(l->server, 200, strbuf_get(&b));
    strbuf_release(&b);
}

static void assert_failed(const struct walk *w, const char *words)
{
    assert_int_equal(w->lasts, 1);
    assert_int_equal(w->err.code, ERR_PARSE);
    if (!strstr(w->err.message, words))
        fail_msg("\"%s\" is not in: %s", words, w->err.message);
}

static void all_pages_are_walked_with_their_tokens(void **state)
{
    struct lab *l = *state;
    struct walk w = {0};

    put_page(l, 0, 0, "t1");
    put_page(l, 0, 0, "t2");
    mini_reply(l->server, 200, "{\"serviceArns\":[\"z\"],\"nextToken\":null}");
    walk(l, &w);
    assert_int_equal(w.pages, 3);
    assert_int_equal(w.lasts, 1);
    assert_int_equal(w.err.code, ERR_NONE);
    assert_string_equal(mini_body(l->server, 0), "{\"cluster\":\"c\"}");
    assert_string_equal(mini_body(l->server, 1),
                        "{\"cluster\":\"c\",\"nextToken\":\"t1\"}");
    assert_string_equal(mini_body(l->server, 2),
                        "{\"cluster\":\"c\",\"nextToken\":\"t2\"}");
}

static void page_error_comes_last_and_once(void **state)
{
    struct lab *l = *state;
    struct walk w = {0};

    put_page(l, 0, 2, "t1");
    mini_reply(l->server, 400, "{\"__type\":\"ClusterNotFoundException\"}");
    walk(l, &w);
    assert_int_equal(w.pages, 1);
    assert_int_equal(w.lasts, 1);
    assert_int_equal(w.err.code, ERR_NOT_FOUND);
}

static void repeated_token_ends_the_walk(void **state)
{
    struct lab *l = *state;
    struct walk w = {0};

    put_page(l, 0, 2, "same");
    put_page(l, 2, 2, "same");
    walk(l, &w);
    assert_failed(&w, "repeats its page token");
    assert_int_equal(w.items, 4);
    assert_int_equal(mini_count(l->server), 2);
}

static void pages_that_bring_nothing_new_end_the_walk(void **state)
{
    struct lab *l = *state;
    struct walk w = {0};

    put_page(l, 0, 3, "a");
    put_page(l, 3, 3, "b");
    put_page(l, 1, 3, "c"); /* things moved: that may be */
    put_page(l, 6, 3, "d");
    for (int i = 0; i < 10; i++) {
        char token[8];

        snprintf(token, sizeof(token), "e%d", i);
        put_page(l, i % 2 * 3, 3, token);
    }
    walk(l, &w);
    assert_failed(&w, "the list has no end");
    assert_failed(&w, "9 read");
    assert_int_equal(mini_count(l->server), 6); /* the second in a row */
}

static void empty_pages_are_walked_for_a_while_only(void **state)
{
    struct lab *l = *state;
    struct walk w = {0};

    for (int i = 0; i < 100; i++) {
        char token[8];

        snprintf(token, sizeof(token), "e%d", i);
        put_page(l, 0, 0, token);
    }
    walk(l, &w);
    assert_failed(&w, "the list has no end");
    assert_int_equal(mini_count(l->server), 50);
}

static void pages_are_capped(void **state)
{
    struct lab *l = *state;
    struct walk w = {0};

    put_page(l, 0, 2, "a");
    put_page(l, 2, 2, "b");
    put_page(l, 4, 2, "c");
    put_page(l, 6, 2, "d");
    walk_to(l, &w, 3);
    assert_failed(&w, "more than 3 pages; 6 read");
    assert_int_equal(w.items, 6);
}

static void answer_without_its_list_is_no_empty_list(void **state)
{
    static const char *const bodies[] = {
        "{}", "{\"serviceArns\":null}", "{\"serviceArns\":7}",
        "{\"serviceArns\":{\"a\":1}}", "[]", "{\"nextToken\":\"x\"}"};
    struct lab *l = *state;

    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        struct walk w = {0};

        mini_reply(l->server, 200, bodies[i]);
        walk(l, &w);
        assert_failed(&w, "ListServices: the answer has no serviceArns.");
        assert_int_equal(w.pages, 0);
    }
}

static void spoilt_items_are_an_error_and_the_rest_is_kept(void **state)
{
    struct lab *l = *state;
    struct walk w = {0};

    mini_reply(l->server, 200, "{\"serviceArns\":[\"a\",7,null,\"b\"],"
                               "\"nextToken\":\"t\"}");
    put_page(l, 0, 2, NULL);
    walk(l, &w);
    assert_failed(&w, "2 of the serviceArns can't be read");
    assert_int_equal(w.pages, 2); /* also what came after them */
}

static void token_of_another_type_is_an_error(void **state)
{
    struct lab *l = *state;
    struct walk w = {0};

    mini_reply(l->server, 200, "{\"serviceArns\":[\"a\"],\"nextToken\":7}");
    walk(l, &w);
    assert_failed(&w, "nextToken is no text");
    assert_int_equal(w.pages, 1);
    assert_int_equal(w.items, 1);
}

static void walk_stops_when_told_or_cancelled(void **state)
{
    struct lab *l = *state;
    struct walk told = {.stop_after = 1}, cancelled = {.cancel = &l->scope};

    put_page(l, 0, 2, "t1");
    walk(l, &told);
    assert_int_equal(told.pages, 1);
    assert_int_equal(told.lasts, 0);
    put_page(l, 0, 2, "t1");
    walk(l, &cancelled);
    assert_int_equal(cancelled.pages, 1);
    assert_int_equal(cancelled.lasts, 0);
    assert_int_equal(mini_count(l->server), 2);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(all_pages_are_walked_with_their_tokens),
        T(page_error_comes_last_and_once),
        T(repeated_token_ends_the_walk),
        T(pages_that_bring_nothing_new_end_the_walk),
        T(empty_pages_are_walked_for_a_while_only),
        T(pages_are_capped),
        T(answer_without_its_list_is_no_empty_list),
        T(spoilt_items_are_an_error_and_the_rest_is_kept),
        T(token_of_another_type_is_an_error),
        T(walk_stops_when_told_or_cancelled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
