/* The follower for programs that print: the oldest first, however much. */
#include "tests/backend/logs_world.h"

static void in_order(struct world *w)
{
    logsrc_free(w->src);
    w->src = logsrc_new(&(struct logsrc_options){
        .clock = w->clock, .client = (struct aws_client *)w,
        .on_change = changed, .arg = w, .in_order = true});
}

static void the_past_comes_oldest_first_and_whole(void **state)
{
    struct world *w = *state;
    enum { N = LOGSRC_BACKFILL_EVENTS + 20000 };
    struct logsrc_stats st;
    w->page = 1000;
    in_order(w);
    assert_true(logsrc_settled_ms(w->src) == INT64_MAX);
    for (int i = 0; i < N; i++)
        put(w, "ecs/app/t1", WALL - 800000 + i * 10, WALL - 9000, "x");
    follow(w, "t1");
    assert_true(logsrc_settled_ms(w->src) == INT64_MIN);
    clock_advance(w->clock, 40);
    struct logbuf *b = logsrc_buf(w->src);
    assert_int_equal(logbuf_len(b), 1000);
    assert_int_equal(logbuf_mark(b, 0).timestamp_ms, WALL - 800000);
    /* What was read is settled, and no more than that. */
    assert_int_equal(logsrc_settled_ms(w->src),
                     logbuf_mark(b, 999).timestamp_ms);
    clock_advance(w->clock, 60000);
    assert_int_equal(logbuf_len(b), N);
    assert_false(logsrc_loading(w->src));
    assert_true(logsrc_settled_ms(w->src) > WALL);
    assert_true(logsrc_read_ms(w->src) > WALL);
    logsrc_stats(w->src, &st);
    assert_int_equal(st.gaps + st.gaps_lost, 0);
}

static void after_a_long_gap_the_oldest_still_comes_first(void **state)
{
    struct world *w = *state;
    struct logbuf_line l;
    struct err err;
    in_order(w);
    follow(w, "t1");
    clock_advance(w->clock, 1000);
    int64_t away = world_now(w);
    w->fail = ERR_NET;
    clock_advance(w->clock, 20000);
    for (int i = 0; i < 1200; i++)
        put(w, "ecs/app/t1", away + 5000 + i * 1000, away + 5000 + i * 1000,
            "x");
    clock_advance(w->clock, 20 * MINUTE);
    assert_true(logsrc_stuck(w->src, &err));
    assert_int_equal(err.code, ERR_NET);
    assert_in_range(logsrc_settled_ms(w->src), away - 3000, away);
    w->fail = ERR_NONE;
    struct logbuf *b = logsrc_buf(w->src);
    int64_t before = 0;
    while (logbuf_len(b) < 300) {
        clock_advance(w->clock, 20);
        logbuf_get(b, logbuf_len(b) - 1, &l);
        assert_true(l.timestamp_ms >= before);
        before = l.timestamp_ms;
    }
    assert_true(logsrc_settled_ms(w->src) < away + 1200000);
    clock_advance(w->clock, MINUTE);
    assert_int_equal(logbuf_len(b), 1200); /* and the gap's line is gone */
    assert_false(logsrc_stuck(w->src, &err));
}

static void what_is_not_allowed_is_stuck(void **state)
{
    struct world *w = *state;
    struct err err;
    in_order(w);
    w->fail = ERR_DENIED;
    follow(w, "t1");
    assert_false(logsrc_stuck(w->src, &err));
    clock_advance(w->clock, 1000);
    assert_true(logsrc_stuck(w->src, &err));
    assert_int_equal(err.code, ERR_DENIED);
    assert_true(logsrc_loading(w->src));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(the_past_comes_oldest_first_and_whole),
        T(after_a_long_gap_the_oldest_still_comes_first),
        T(what_is_not_allowed_is_stuck),
    };
    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
