/* What the follower could not read, what it counts, and how it reads: in
 * slices, from answers that may be broken. */
#include "tests/backend/logs_world.h"

#include <time.h>

/* The only LOG_GAP line. */
static bool gap_line(struct world *w, struct logsrc_gap *out, uint64_t *seq)
{
    struct logbuf *b = logsrc_buf(w->src);
    int n = 0;
    for (size_t i = 0; i < logbuf_len(b); i++) {
        struct logbuf_line l;
        logbuf_get(b, i, &l);
        if (l.kind != LOG_GAP)
            continue;
        n++;
        assert_true(logsrc_gap(w->src, l.seq, out));
        assert_true(l.timestamp_ms == out->from_ms ||
                    l.timestamp_ms == out->to_ms);
        if (seq)
            *seq = l.seq;
    }
    assert_true(n <= 1);
    return n == 1;
}

static bool the_gap(struct world *w, struct logsrc_gap *out)
{
    return gap_line(w, out, NULL);
}

static void what_cannot_be_read_shows_as_a_gap_until_it_was(void **state)
{
    struct world *w = *state;
    struct logsrc_gap g;
    struct logsrc_stats s;
    follow(w, "t1");
    clock_advance(w->clock, 10000);
    assert_false(the_gap(w, &g));
    int64_t failed = world_now(w);
    w->fail = ERR_NET;
    clock_advance(w->clock, 40000);
    assert_true(the_gap(w, &g));
    assert_int_equal(g.state, LOGSRC_GAP_OPEN);
    assert_in_range(g.from_ms, failed - 10000, failed);
    assert_in_range(world_now(w) - g.to_ms, 0, 1000);
    logsrc_stats(w->src, &s);
    assert_int_equal(s.gaps, 1);
    assert_in_range(s.lag_ms, 40000, 50000);
    w->fail = ERR_NONE;
    clock_advance(w->clock, 40000);
    assert_false(the_gap(w, &g));
    logsrc_stats(w->src, &s);
    assert_int_equal(s.gaps, 0);
    assert_int_equal(s.gaps_refilled, 1);
    assert_true(s.lag_ms < 10000);
}

static void after_a_long_gap_the_present_comes_first(void **state)
{
    struct world *w = *state;
    struct logsrc_gap g;
    follow(w, "t1");
    clock_advance(w->clock, 10000);
    w->fail = ERR_NET;
    w->page = 10;
    for (int i = 0; i < 1000; i++)
        put(w, "ecs/app/t1", world_now(w) + i * 600, world_now(w) + i * 600,
            "x");
    clock_advance(w->clock, 605000);
    w->fail = ERR_NONE;
    struct logbuf *b = logsrc_buf(w->src);
    struct logbuf_line l;
    for (int i = 0; i < 100 && logbuf_len(b) < 15; i++)
        clock_advance(w->clock, 500);
    logbuf_get(b, logbuf_len(b) - 1, &l);
    assert_true(l.timestamp_ms > world_now(w) - 60000);
    for (int i = 0; i < 1000 && logbuf_len(b) < 500; i++)
        clock_advance(w->clock, 100);
    assert_true(the_gap(w, &g)); /* and shrinks from its end */
    assert_int_equal(g.state, LOGSRC_GAP_REFILLING);
    logbuf_get(b, logbuf_find_time(b, g.to_ms), &l);
    assert_true(l.timestamp_ms - g.from_ms > 100000);
    clock_advance(w->clock, 2 * MINUTE);
    assert_false(the_gap(w, &g));
    assert_int_equal(logbuf_len(b), 1000);
}

static void too_much_to_read_back_is_said_and_read_on_demand(void **state)
{
    struct world *w = *state;
    struct logsrc_gap g;
    struct logsrc_stats s;
    w->page = 10000;
    for (int i = 0; i < LOGSRC_BACKFILL_EVENTS + 20000; i++)
        put(w, "ecs/app/t1", WALL - 800000 + i * 10, WALL, "x");
    follow(w, "t1");
    clock_advance(w->clock, 5000);
    assert_true(the_gap(w, &g));
    assert_int_equal(g.state, LOGSRC_GAP_LOST);
    assert_int_equal(logbuf_len(logsrc_buf(w->src)),
                     LOGSRC_BACKFILL_EVENTS + 1);
    struct logbuf_line l;
    logbuf_get(logsrc_buf(w->src), 0, &l);
    assert_string_equal(l.text, "too many lines, not read back: "
                        "14:17:07Z to 14:22:07Z of /ecs/g");
    char text[LOGSRC_GAP_TEXT];
    assert_true(logsrc_gap_text(w->src, l.seq, FMT_LOCAL, text));
    assert_string_equal(text, "too many lines, not read back: 15:17:07 to "
                        "15:22:07");
    assert_false(logsrc_gap_text(w->src, l.seq + 1, FMT_LOCAL, text));
    logsrc_stats(w->src, &s);
    assert_int_equal(s.gaps, 0);
    assert_int_equal(s.gaps_lost, 1);
    /* Whoever wants it gets it. */
    assert_false(logsrc_refill(w->src, l.seq + 1));
    assert_true(logsrc_refill(w->src, l.seq));
    clock_advance(w->clock, 100);
    assert_true(the_gap(w, &g));
    assert_int_equal(g.state, LOGSRC_GAP_REFILLING);
    clock_advance(w->clock, 5000);
    assert_false(the_gap(w, &g));
    assert_int_equal(logbuf_len(logsrc_buf(w->src)),
                     LOGSRC_BACKFILL_EVENTS + 20000);
}

/* A refill that fails goes on by itself; whoever can't wait says so. */
static void a_refill_survives_what_the_network_does(void **state)
{
    struct world *w = *state;
    struct logsrc_gap g;
    follow(w, "t1");
    clock_advance(w->clock, 10000);
    w->page = 10;
    w->fail = ERR_NET;
    for (int i = 0; i < 1000; i++)
        put(w, "ecs/app/t1", world_now(w) + i * 600, world_now(w) + i * 600,
            "x");
    clock_advance(w->clock, 605000);
    w->fail = ERR_NONE;
    struct logbuf *b = logsrc_buf(w->src);
    for (int i = 0; i < 1000 && logbuf_len(b) < 500; i++)
        clock_advance(w->clock, 100);
    w->fail = ERR_THROTTLED;
    clock_advance(w->clock, 13000); /* the present shows no gap yet */
    uint64_t seq;
    assert_true(gap_line(w, &g, &seq));
    assert_int_equal(g.state, LOGSRC_GAP_OPEN);
    w->fail = ERR_NONE;
    int before = w->did.calls;
    assert_true(logsrc_refill(w->src, seq));
    clock_advance(w->clock, 100);
    assert_true(w->did.calls > before); /* though the next try was due later */
    clock_advance(w->clock, 2 * MINUTE);
    assert_false(the_gap(w, &g));
    assert_int_equal(logbuf_len(b), 1000);
}

/* What would push itself out of the buffer again is not asked for. */
static void a_refill_ends_where_the_buffer_does(void **state)
{
    struct world *w = *state;
    struct logsrc_gap g;
    struct logsrc_stats s;
    logbuf_set_limit(logsrc_buf(w->src), 200000);
    follow(w, "t1");
    clock_advance(w->clock, 10000);
    w->fail = ERR_NET;
    for (int i = 0; i < 20000; i++)
        put(w, "ecs/app/t1", world_now(w) + i * 30, world_now(w) + i * 30,
            "some text that makes the line as long as lines are");
    clock_advance(w->clock, 605000);
    w->fail = ERR_NONE;
    strbuf_clear(&w->asked);
    clock_advance(w->clock, 2 * MINUTE);
    logsrc_stats(w->src, &s);
    assert_false(the_gap(w, &g));
    assert_int_equal(s.gaps, 0);
    assert_true(logbuf_dropped(logsrc_buf(w->src)) > 0);
    int far = 0; /* calls that begin where the gap does: of 200 pages */
    for (char *at = w->asked.data, *line; (line = strsep(&at, "\n"));)
        far += *line && strtol(strrchr(line, '|') + 1, NULL, 10) > 500000;
    assert_in_range(far, 2, 40);
}

/* Oldest first no room of the buffer ends it, so a number does. */
static void a_refill_oldest_first_ends_somewhere(void **state)
{
    struct world *w = *state;
    struct logsrc_gap g;
    uint64_t seq;
    w->head = HEAD_REFUSED;
    follow(w, "t1");
    clock_advance(w->clock, 10000);
    w->page = 10;
    w->fail = ERR_NET;
    for (int i = 0; i < 1000; i++)
        put(w, "ecs/app/t1", world_now(w) + i * 600, world_now(w) + i * 600,
            "x");
    int64_t end = world_now(w) + 600000;
    clock_advance(w->clock, 605000);
    w->fail = ERR_NONE;
    struct logbuf *b = logsrc_buf(w->src);
    for (int i = 0; i < 1000 && logbuf_len(b) < 500; i++)
        clock_advance(w->clock, 100);
    assert_true(the_gap(w, &g));
    assert_int_equal(g.state, LOGSRC_GAP_REFILLING);
    struct walk *hole = w->src->feeds[0]->holes;
    assert_int_equal(hole->kind, WALK_REFILL);
    hole->taken = LOGSRC_REFILL_EVENTS;
    clock_advance(w->clock, 100);
    assert_true(gap_line(w, &g, &seq));
    assert_int_equal(g.state, LOGSRC_GAP_LOST);
    assert_in_range(g.from_ms, end - 400000, end - 200000);
    assert_in_range(g.to_ms, end, end + 40000);
    assert_in_range(logbuf_len(b), 500, 600);
    clock_advance(w->clock, 2 * MINUTE);
    assert_true(the_gap(w, &g));
    assert_true(logsrc_refill(w->src, seq));
    clock_advance(w->clock, 2 * MINUTE);
    assert_false(the_gap(w, &g));
    assert_int_equal(logbuf_len(b), 1000);
}

/* A sweep of what there is no room for any more owes nothing. */
static void a_sweep_below_the_floor_is_done(void **state)
{
    struct world *w = *state;
    struct logsrc_stats s;
    logbuf_set_limit(logsrc_buf(w->src), 5000);
    for (int i = 0; i < 500; i++)
        put(w, "ecs/app/t1", WALL - 60000 + i, WALL, "some text of a line");
    follow(w, "t1");
    clock_advance(w->clock, 10000);
    assert_true(logbuf_dropped(logsrc_buf(w->src)) > 0);
    struct feed *f = w->src->feeds[0];
    f->unswept_ms[1] = WALL - 900000;
    feed_hole(f, WALK_SWEEP, SIZE_MAX, WALL - 990000, WALL - 900000)->deep =
        true;
    clock_advance(w->clock, 10000);
    assert_null(f->holes);
    logsrc_stats(w->src, &s);
    assert_int_equal(s.unswept_ms, 0);
}

static void a_smaller_buffer_is_made_in_slices(void **state)
{
    struct world *w = *state;
    struct logbuf *b = logsrc_buf(w->src);
    for (int i = 0; i < 5 * LOGBUF_SHRINK_LINES; i++)
        logbuf_add(b, &(struct logbuf_line){.timestamp_ms = WALL + i,
                                            .ingestion_ms = WALL + i,
                                            .text = "x", .len = 1});
    logsrc_set_limit(w->src, 5000);
    assert_int_equal(logbuf_len(b), 4 * LOGBUF_SHRINK_LINES);
    clock_advance(w->clock, 100);
    assert_true(logbuf_len(b) < 200);
    assert_true(w->changes > 0);
}

/* ---- figures --------------------------------------------------------- */

static void errors_are_counted_by_revision(void **state)
{
    struct world *w = *state;
    struct logsrc_target t = target("old1", "app");
    struct logsrc_rate r[4];
    t.revision = ":142";
    t.created_ms = WALL - 90 * MINUTE;
    logsrc_set(w->src, &t);
    t.task_id = "new1";
    t.revision = ":143";
    t.created_ms = WALL - 5 * MINUTE;
    logsrc_set(w->src, &t);
    t.task_id = "new2";
    logsrc_set(w->src, &t);
    for (int i = 0; i < 20; i++)
        put(w, i % 2 ? "ecs/app/new1" : "ecs/app/new2", WALL - 20000 + i, WALL,
            i < 12 ? "ERROR x" : "fine");
    put(w, "ecs/app/old1", WALL - 20000, WALL, "WARN x");
    put(w, "ecs/app/old1", WALL - 9 * MINUTE, WALL, "ERROR long ago");
    clock_advance(w->clock, 2000);
    assert_int_equal(logsrc_rates(w->src, 3, r, 4), 2);
    assert_string_equal(r[0].revision, ":143");
    assert_int_equal(r[0].tasks, 2);
    assert_int_equal(r[0].count.errors, 12);
    assert_int_equal(r[0].count.lines, 20);
    assert_true(r[0].errors_minute > 1.99 && r[0].errors_minute < 2.01);
    assert_string_equal(r[1].revision, ":142");
    assert_int_equal(r[1].count.errors, 0);
    assert_int_equal(r[1].count.warnings, 1);
    assert_int_equal(logsrc_rates(w->src, 12, r, 1), 1);
    assert_int_equal(logsrc_count(w->src, 0, 12).errors, 1);
    assert_int_equal(logsrc_count(w->src, 99, 12).errors, 0);
}

/* Tasks that die at once are compared by the time that they had. */
static void the_rate_is_of_the_time_that_tasks_lived(void **state)
{
    struct world *w = *state;
    struct logsrc_target t = target("brief", "app");
    struct logsrc_rate r[2];
    t.revision = ":143";
    t.created_ms = t.started_ms = WALL - 60000;
    t.stopped_ms = WALL - 40000;
    logsrc_set(w->src, &t);
    for (int i = 0; i < 8; i++)
        put(w, "ecs/app/brief", WALL - 50000 + i, WALL, "ERROR x");
    clock_advance(w->clock, 2000);
    assert_int_equal(logsrc_rates(w->src, 5, r, 2), 1);
    assert_int_equal(r[0].count.errors, 8);
    assert_true(r[0].errors_minute > 23.9 && r[0].errors_minute < 24.1);
}

static void requests_and_lag_are_told(void **state)
{
    struct world *w = *state;
    struct logsrc_stats s;
    logsrc_stats(w->src, &s);
    assert_int_equal(s.lag_ms, -1);
    follow(w, "t1");
    clock_advance(w->clock, 3 * MINUTE);
    int before = w->did.calls;
    clock_advance(w->clock, MINUTE);
    logsrc_stats(w->src, &s);
    assert_int_equal(s.requests_minute, w->did.calls - before);
    assert_in_range(s.requests_minute, 6, 9);
    assert_in_range(s.lag_ms, 0, 9000);
    assert_int_equal(s.requests, w->did.calls);
}

/* Counts what comes in one turn: the timer takes turns with the slices. */
struct turns {
    struct logbuf_watch watch;
    struct timer timer;
    struct world *w;
    size_t last, most, turns;
};

static void turn_over(struct timer *t, void *arg)
{
    struct turns *c = arg;
    size_t n = logbuf_len(logsrc_buf(c->w->src));
    if (n - c->last > c->most)
        c->most = n - c->last;
    c->last = n;
    if (n < 10000 && c->turns++ < 1000)
        timer_start(c->w->clock, t, 0, turn_over, c);
}

static void line_came(void *arg, const struct logbuf_line *l, size_t i)
{
    struct turns *c = arg;
    (void)l;
    (void)i;
    if (!c->turns++)
        timer_start(c->w->clock, &c->timer, 0, turn_over, c);
}

static void large_pages_are_read_in_slices(void **state)
{
    struct world *w = *state;
    struct turns c = {.w = w};
    w->page = 10000;
    for (int i = 0; i < 10000; i++)
        put(w, "ecs/app/t1", WALL - 100000 + i, WALL - 9000, "x");
    follow(w, "t1");
    c.watch = (struct logbuf_watch){.added = line_came, .arg = &c};
    logbuf_watch(logsrc_buf(w->src), &c.watch);
    clock_advance(w->clock, 40);
    logbuf_unwatch(logsrc_buf(w->src), &c.watch);
    timer_stop(w->clock, &c.timer);
    assert_int_equal(logbuf_len(logsrc_buf(w->src)), 10000);
    assert_in_range(c.most, 1, 2000);
}

static void an_answer_that_is_no_json_is_asked_for_again(void **state)
{
    struct world *w = *state;
    put(w, "ecs/app/t1", WALL, WALL, "x\"y");
    w->garble = 1;
    follow(w, "t1");
    clock_advance(w->clock, 1000);
    assert_string_equal(logsrc_status(w->src), "FilterLogEvents: the answer "
                        "is not what it should be.");
    clock_advance(w->clock, 4000);
    assert_string_equal(logsrc_status(w->src), "");
    expect(w, "x\"y|");
}

static void closing_in_the_middle_leaves_nothing(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < 1000; i++)
        put(w, "ecs/app/t1", WALL - 100000 + i, WALL - 9000, "x");
    follow(w, "t1");
    clock_advance(w->clock, 200); /* tear_down looks at the rest */
    assert_true(logsrc_loading(w->src));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(closing_in_the_middle_leaves_nothing),
        T(what_cannot_be_read_shows_as_a_gap_until_it_was),
        T(after_a_long_gap_the_present_comes_first),
        T(too_much_to_read_back_is_said_and_read_on_demand),
        T(a_refill_survives_what_the_network_does),
        T(a_refill_ends_where_the_buffer_does),
        T(a_refill_oldest_first_ends_somewhere),
        T(a_sweep_below_the_floor_is_done),
        T(a_smaller_buffer_is_made_in_slices),
        T(errors_are_counted_by_revision),
        T(the_rate_is_of_the_time_that_tasks_lived),
        T(requests_and_lag_are_told),
        T(large_pages_are_read_in_slices),
        T(an_answer_that_is_no_json_is_asked_for_again),
    };
    setlocale(LC_ALL, "C.UTF-8");
    setenv("TZ", "CET-1", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
