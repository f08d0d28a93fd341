/* HTTP replies that are read while they come. */
#include "tests/backend/http_bed.h"

/* ---- streams ---------------------------------------------------------- */

/* A reader that takes no more than `room` bytes. */
struct reader {
    struct http_stream stream;
    struct strbuf got;
    size_t room;
    int refused;
};

static bool on_piece(void *arg, const void *data, size_t n)
{
    struct reader *r = arg;

    if (r->got.len + n > r->room) {
        r->refused++;
        return false;
    }
    strbuf_append(&r->got, data, n);
    return true;
}

static void stream(struct lab *l, struct got *g, struct reader *r)
{
    struct http_request rq = {.stream = &r->stream};

    r->stream.on_data = on_piece;
    r->stream.arg = r;
    start(l, g, &rq);
}

static void finish(struct lab *l, const struct got *g)
{
    while (!g->n)
        loop_turn(l->loop, 1000);
}

static void pieces_of_a_stream_come_as_they_are_sent(void **state)
{
    struct lab *l = *state;
    struct got g = {0};
    struct reader r = {.room = 100};

    mini_push(l->server, &(struct mini_step){.act = MINI_STALL,
                                             .body = "first.second"});
    stream(l, &g, &r);
    while (r.got.len < 6)
        loop_turn(l->loop, 1000);
    assert_string_equal(strbuf_get(&r.got), "first.");
    assert_int_equal(g.n, 0);
    assert_int_equal(loop_work_pending(l->loop), 0);
    mini_release(l->server);
    finish(l, &g);
    assert_string_equal(strbuf_get(&r.got), "first.second");
    assert_int_equal(g.n, 1);
    assert_int_equal(g.status, 200);
    assert_int_equal(g.body_len, 0);
    assert_null(r.stream.call);
    strbuf_release(&r.got);
}

static void refusal_of_a_stream_is_a_plain_reply(void **state)
{
    struct lab *l = *state;
    struct got g = {0};
    struct reader r = {.room = 100};

    mini_reply(l->server, 400, "no");
    stream(l, &g, &r);
    finish(l, &g);
    assert_int_equal(g.status, 400);
    assert_string_equal(g.body, "no");
    assert_int_equal(r.got.len, 0);
}

/* 64 MiB that nobody reads stay with the sender. */
static void slow_reader_holds_the_sender_back(void **state)
{
    const size_t n = (size_t)64 << 20;
    struct lab *l = *state;
    struct got g = {0};
    struct reader r = {0};
    char *body = xcalloc(n + 1, 1);

    memset(body, 'x', n);
    mini_push(l->server, &(struct mini_step){.body = body, .body_len = n});
    stream(l, &g, &r);
    while (!r.refused)
        loop_turn(l->loop, 1000);
    for (int i = 0; i < 50; i++)
        loop_turn(l->loop, 10);
    assert_int_equal(r.refused, 1); /* it is not asked again and again */
    assert_true(mini_unsent(l->server) > n / 4 * 3);
    assert_int_equal(g.n, 0);
    http_resume(&r.stream); /* and still has no room */
    assert_int_equal(r.refused, 2);
    r.room = n;
    http_resume(&r.stream);
    finish(l, &g);
    assert_int_equal(g.status, 200);
    assert_int_equal(r.got.len, n);
    assert_int_equal(memcmp(r.got.data, body, n), 0);
    http_resume(&r.stream); /* has ended: nothing */
    strbuf_release(&r.got);
    free(body);
}

static void silent_stream_ends(void **state)
{
    struct lab *l = *state;
    struct got g = {0};
    struct reader r = {.room = 100, .stream.idle_s = 1};

    mini_push(l->server, &(struct mini_step){.act = MINI_STALL,
                                             .body = "half.rest"});
    stream(l, &g, &r);
    finish(l, &g);
    assert_int_equal(g.err.code, ERR_TIMEOUT);
    assert_int_equal(r.got.len, 4);
    strbuf_release(&r.got);
}

static void broken_and_cancelled_streams_are_let_go(void **state)
{
    struct lab *l = *state;
    struct http_request rq = {.url = mini_url(l->server)};
    struct got g = {0}, never = {0};
    struct reader r = {.room = 100}, held = {0};
    struct scope view;

    mini_push(l->server, &(struct mini_step){.act = MINI_PART,
                                             .body = "half.rest"});
    stream(l, &g, &r);
    finish(l, &g);
    assert_int_equal(g.err.code, ERR_NET);
    assert_int_equal(r.got.len, 4);
    strbuf_release(&r.got);

    scope_init(&view, NULL);
    held.stream.on_data = on_piece;
    held.stream.arg = &held;
    rq.stream = &held.stream;
    mini_push(l->server, &(struct mini_step){.act = MINI_STALL,
                                             .body = "half.rest"});
    assert_int_equal(http_start(l->http, &view, &rq, on_done, &never, NULL),
                     0);
    while (!held.refused)
        loop_turn(l->loop, 1000);
    scope_cancel(&view); /* while it is paused */
    assert_null(held.stream.call);
    assert_int_equal(http_in_flight(l->http), 0);
    assert_int_equal(never.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(pieces_of_a_stream_come_as_they_are_sent),
        T(refusal_of_a_stream_is_a_plain_reply),
        T(slow_reader_holds_the_sender_back),
        T(silent_stream_ends),
        T(broken_and_cancelled_streams_are_let_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
