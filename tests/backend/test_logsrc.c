/* The follower against a log group in memory, on a driven clock. The promise
 * that nothing is lost is tested by test_logsrc_ledger.c. */
#include "tests/backend/logs_world.h"

#define GONE \
    "there is no log group /ecs/g in eu-west-1; it is read as soon as it exists"

static void reads_back_then_follows(void **state)
{
    struct world *w = *state;
    put(w, "ecs/app/t1", WALL - 2000, WALL - 1000, "one");
    put(w, "ecs/app/other", WALL - 1500, WALL - 1000, "not ours");
    put(w, "ecs/app/t1", WALL - 16 * MINUTE, WALL - 16 * MINUTE, "too old");
    put(w, "ecs/app/t2", WALL - 1000, WALL - 900, "two\nlines\n");
    follow(w, "t1");
    follow(w, "t2");
    assert_int_equal(w->did.calls, 0); /* nothing starts inside a call */
    assert_true(logsrc_loading(w->src));
    clock_advance(w->clock, 100);
    assert_false(logsrc_loading(w->src));
    expect(w, "one|two|lines|");
    assert_int_equal(w->did.calls, 1); /* one call for both */
    put(w, "ecs/app/t1", world_now(w), world_now(w), "three");
    clock_advance(w->clock, 3000);
    expect(w, "one|two|lines|three|");
    assert_true(w->changes > 0);
}

static void every_way_to_read_back_gives_the_same_order(void **state)
{
    struct world *w = *state;
    struct strbuf want = STRBUF_INIT;
    for (int i = 0; i < 1000; i++) {
        char text[32];
        snprintf(text, sizeof(text), "l%03d", i);
        put(w, "ecs/app/t1", WALL - 10000 + i / 7, WALL - 9000, text);
        strbuf_printf(&want, "%s|", text);
    }
    for (int mode = 0; mode < 3; mode++) {
        w->head = (enum head_mode)mode;
        follow(w, "t1");
        clock_advance(w->clock, 5000);
        expect(w, strbuf_get(&want));
        assert_int_equal(w->did.refused_head, mode == HEAD_REFUSED);
        world_follow_anew(w);
    }
    strbuf_release(&want);
}

static void newest_lines_are_there_before_the_older_ones(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < 1000; i++)
        put(w, "ecs/app/t1", WALL - 100000 + i, WALL - 9000, "x");
    follow(w, "t1");
    clock_advance(w->clock, 40);
    struct logbuf_line l;
    assert_int_equal(logbuf_len(logsrc_buf(w->src)), 100);
    logbuf_get(logsrc_buf(w->src), 99, &l);
    assert_int_equal(l.timestamp_ms, WALL - 100000 + 999);
    clock_advance(w->clock, 1000);
    assert_int_equal(logbuf_len(logsrc_buf(w->src)), 1000);
}

static void a_late_event_goes_to_its_place_and_is_marked(void **state)
{
    struct world *w = *state;
    follow(w, "t1");
    clock_advance(w->clock, 100);
    put(w, "ecs/app/t1", world_now(w), world_now(w), "a");
    put(w, "ecs/app/t1", world_now(w) + 30000, world_now(w) + 30000, "c");
    put(w, "ecs/app/t1", world_now(w) + 100, world_now(w) + 45000, "b");
    clock_advance(w->clock, 40000);
    expect(w, "a|c|");
    clock_advance(w->clock, 20000);
    expect(w, "a|b|c|");
    struct logbuf_line l;
    logbuf_get(logsrc_buf(w->src), 1, &l);
    assert_true(l.late);
    logbuf_get(logsrc_buf(w->src), 2, &l);
    assert_false(l.late);
}

static void idle_polls_back_off_to_eight_seconds(void **state)
{
    struct world *w = *state;
    follow(w, "t1");
    clock_advance(w->clock, 60000);
    int before = w->did.calls;
    clock_advance(w->clock, 80000);
    assert_in_range(w->did.calls - before, 9, 10);
    put(w, "ecs/app/t1", world_now(w), world_now(w), "x");
    clock_advance(w->clock, 8100);
    before = w->did.calls;
    clock_advance(w->clock, 4000);
    assert_true(w->did.calls > before);
}

static void failures_are_told_and_lose_nothing(void **state)
{
    struct world *w = *state;
    follow(w, "t1");
    clock_advance(w->clock, 100);
    w->fail = ERR_NET;
    clock_advance(w->clock, 10000);
    assert_string_equal(logsrc_status(w->src), "Logs said no.");
    put(w, "ecs/app/t1", world_now(w), world_now(w), "while away");
    clock_advance(w->clock, 20 * MINUTE);
    put(w, "ecs/app/t1", world_now(w), world_now(w), "later");
    w->fail = ERR_DENIED;
    clock_advance(w->clock, MINUTE);
    assert_string_equal(logsrc_status(w->src), "not allowed: Logs said no. r "
                        "tries again.");
    w->fail = ERR_THROTTLED;
    logsrc_refresh(w->src);
    clock_advance(w->clock, MINUTE);
    assert_non_null(strstr(logsrc_status(w->src), "slow down"));
    w->fail = ERR_NONE;
    clock_advance(w->clock, MINUTE);
    assert_string_equal(logsrc_status(w->src), "");
    expect(w, "while away|later|");
}

/* Rights come by hand: asking again every few seconds fills the account's
 * trail and mends nothing. */
static void what_is_denied_is_left_alone_until_it_is_asked_for(void **state)
{
    struct world *w = *state;
    w->fail = ERR_DENIED;
    follow(w, "t1");
    clock_advance(w->clock, 1000);
    assert_string_equal(logsrc_status(w->src), "not allowed: Logs said no. r "
                        "tries again.");
    int before = w->did.calls;
    follow(w, "t2"); /* more of what is refused */
    clock_advance(w->clock, 9 * MINUTE);
    assert_int_equal(w->did.calls, before);
    clock_advance(w->clock, 2 * MINUTE);
    assert_in_range(w->did.calls, before + 1, before + 2);
    w->fail = ERR_NONE;
    put(w, "ecs/app/t1", world_now(w), world_now(w), "a");
    logsrc_refresh(w->src);
    clock_advance(w->clock, 3000);
    assert_string_equal(logsrc_status(w->src), "");
    expect(w, "a|");
}

static void a_group_that_comes_later_is_awaited(void **state)
{
    struct world *w = *state;
    w->missing = true;
    follow(w, "t1");
    clock_advance(w->clock, 20000);
    assert_string_equal(logsrc_status(w->src),
                        GONE);
    assert_false(logsrc_loading(w->src));
    w->missing = false;
    put(w, "ecs/app/t1", world_now(w), world_now(w), "hello");
    clock_advance(w->clock, 6000);
    assert_string_equal(logsrc_status(w->src), "");
    expect(w, "hello|");
}

static void a_task_that_comes_late_is_caught_up_with(void **state)
{
    struct world *w = *state;
    follow(w, "t1");
    put(w, "ecs/app/t1", world_now(w), world_now(w), "a");
    clock_advance(w->clock, 1000);
    put(w, "ecs/app/t2", world_now(w), world_now(w), "b");
    clock_advance(w->clock, 5 * MINUTE); /* its event is passed over */
    expect(w, "a|");
    put(w, "ecs/app/t2", world_now(w) - 100, world_now(w), "c");
    follow(w, "t2");
    clock_advance(w->clock, 5000);
    expect(w, "a|b|c|");
}

static void starts_and_stops_are_lines(void **state)
{
    struct world *w = *state;
    struct logsrc_target t = target("9c1f2e8801234567", "app");
    t.started_ms = WALL - 5000;
    t.revision = ":143";
    put(w, "ecs/app/9c1f2e8801234567", WALL - 4000, WALL - 4000, "up");
    logsrc_set(w->src, &t);
    clock_advance(w->clock, 1000);
    put(w, "ecs/app/9c1f2e8801234567", world_now(w), world_now(w), "down");
    t.stopped_ms = world_now(w) + 500;
    t.verdict = "OOM app (137)";
    clock_advance(w->clock, 1000);
    logsrc_set(w->src, &t);
    logsrc_set(w->src, &t); /* said once */
    clock_advance(w->clock, 10000);
    expect(w, "# task 9c1f2e88 started (:143)|up|down|"
              "# task 9c1f2e88 stopped: OOM app (137)|");
}

static void a_task_that_never_started_says_why(void **state)
{
    struct world *w = *state;
    struct logsrc_target t = target("9c1f2e8801234567", "app");
    t.stopped_ms = WALL - 5000;
    t.verdict = "image not found app";
    logsrc_set(w->src, &t);
    expect(w, ""); /* not before it was looked for */
    clock_advance(w->clock, 1000);
    expect(w, "# task 9c1f2e88 never started: image not found app, so there "
              "is no log stream|");
}

static void other_drivers_are_named(void **state)
{
    struct world *w = *state;
    struct logsrc_target t = target("t1", "envoy");
    t.driver = "splunk";
    logsrc_set(w->src, &t);
    t.task_id = "t2";
    logsrc_set(w->src, &t);
    clock_advance(w->clock, 1000);
    expect(w, "# container envoy logs to splunk: not readable here|");
    assert_int_equal(w->did.calls, 0);
    assert_false(logsrc_readable(w->src));
}

static void a_stopped_task_alone_is_read_back_from_its_end(void **state)
{
    struct world *w = *state;
    struct logsrc_target t = target("t1", "app");
    t.alone = true;
    t.started_ms = WALL - 300 * MINUTE;
    t.stopped_ms = WALL - 200 * MINUTE;
    put(w, "ecs/app/t1", WALL - 201 * MINUTE, WALL, "last words");
    logsrc_set(w->src, &t);
    clock_advance(w->clock, MINUTE);
    expect(w, "# task t1 started|last words|# task t1 stopped|");
    assert_int_equal(w->did.calls, 1); /* nothing more can come */
    assert_non_null(strstr(strbuf_get(&w->asked), "-|/ecs/g|ecs/app/t1|"));
}

/* It is all that is read of the group: nobody else tells what is wrong. */
static void a_stopped_task_alone_tells_why_it_cant_be_read(void **state)
{
    struct world *w = *state;
    struct logsrc_target t = target("t1", "app");
    struct err err;
    t.alone = true;
    t.started_ms = WALL - 300 * MINUTE;
    t.stopped_ms = WALL - 200 * MINUTE;
    put(w, "ecs/app/t1", WALL - 201 * MINUTE, WALL, "last words");
    w->fail = ERR_DENIED;
    logsrc_set(w->src, &t);
    clock_advance(w->clock, MINUTE);
    assert_string_equal(logsrc_status(w->src), "not allowed: Logs said no. r "
                        "tries again.");
    assert_true(logsrc_stuck(w->src, &err));
    assert_int_equal(err.code, ERR_DENIED);
    w->fail = ERR_NONE;
    w->missing = true;
    logsrc_refresh(w->src);
    clock_advance(w->clock, 100);
    assert_string_equal(logsrc_status(w->src),
                        GONE);
    w->missing = false;
    clock_advance(w->clock, 6000);
    assert_string_equal(logsrc_status(w->src), "");
    expect(w, "# task t1 started|last words|# task t1 stopped|");
}

static void a_silent_group_shows_what_was_before(void **state)
{
    struct world *w = *state;
    put(w, "ecs/app/t1", WALL - 43 * MINUTE, WALL - 43 * MINUTE, "old");
    follow(w, "t1");
    clock_advance(w->clock, 1000);
    expect(w, "old|");
    assert_int_equal(logsrc_last_event_ms(w->src), WALL - 43 * MINUTE);
}

static void regions_and_streams_without_prefix_have_their_own_series(
    void **state)
{
    struct world *w = *state;
    struct logsrc_target t = target("t1", "app");
    t.region = "us-west-2";
    logsrc_set(w->src, &t);
    t = target("t1", "side");
    t.prefix = NULL;
    logsrc_set(w->src, &t); /* no runtime id yet: nothing to ask for */
    put(w, "abcdef", WALL, WALL, "by id");
    clock_advance(w->clock, 100);
    assert_null(strstr(strbuf_get(&w->asked), "-|/ecs/g"));
    assert_non_null(strstr(strbuf_get(&w->asked),
                           "us-west-2|/ecs/g|ecs/app/t1|"));
    t.runtime_id = "abcdef";
    logsrc_set(w->src, &t);
    clock_advance(w->clock, 3000);
    assert_non_null(strstr(strbuf_get(&w->asked), "-|/ecs/g|abcdef|"));
    expect(w, "by id|");
}

/* ---- sources --------------------------------------------------------- */

static void names_are_asked_for_once_all_streams_exist(void **state)
{
    struct world *w = *state;
    follow(w, "t1");
    follow(w, "t2");
    put(w, "ecs/app/t1", WALL, WALL, "one");
    clock_advance(w->clock, 10000);
    assert_int_equal(w->did.named_calls, 0); /* t2 has no stream yet */
    assert_null(strstr(strbuf_get(&w->asked), "(names)"));
    put(w, "ecs/app/t2", world_now(w), world_now(w), "two");
    clock_advance(w->clock, 10000);
    expect(w, "one|two|");
    strbuf_clear(&w->asked);
    clock_advance(w->clock, 10000);
    assert_non_null(strstr(strbuf_get(&w->asked), "(names)"));
    assert_null(strstr(strbuf_get(&w->asked), "|ecs/"));
    /* A stream that is deleted fails such a call: back to the prefix. */
    w->events[0].in_ms = w->events[1].in_ms = WALL + 600 * MINUTE;
    put(w, "ecs/app/t2", world_now(w), world_now(w), "three");
    clock_advance(w->clock, 10000);
    assert_true(w->did.refused_names > 0);
    assert_string_equal(logsrc_status(w->src), "");
    expect(w, "one|two|three|");
}

static void more_than_a_hundred_streams_share_a_prefix(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < 130; i++) {
        char id[40], stream[80];
        snprintf(id, sizeof(id), "t%d", i);
        snprintf(stream, sizeof(stream), "ecs/app/%s", id);
        put(w, stream, WALL - 1000 + i, WALL - 500, id);
        follow(w, id);
    }
    w->page = 1000;
    clock_advance(w->clock, 30000);
    assert_int_equal(w->did.named_calls, 0);
    assert_int_equal(logbuf_len(logsrc_buf(w->src)), 130);
    assert_true(w->did.calls < 12); /* not one a task */
}

static void a_whole_group_makes_sources_of_its_streams(void **state)
{
    struct world *w = *state;
    struct err err;
    struct logsrc_source src;
    put(w, "ecs/app/0123456789abcdef", WALL - 5, WALL, "a");
    put(w, "ecs/side/0123456789abcdef", WALL - 4, WALL, "b");
    put(w, "2026/11/21/[$LATEST]1", WALL - 3, WALL, "not asked for");
    put(w, "ecs-plain", WALL - 2, WALL, "c");
    assert_int_equal(logsrc_add_group(w->src, "us-west-2", "/ecs/g", "ecs",
                                      &err), 0);
    clock_advance(w->clock, 3000);
    expect(w, "a|b|c|");
    assert_non_null(strstr(strbuf_get(&w->asked), "us-west-2|/ecs/g|ecs|"));
    assert_int_equal(logsrc_sources(w->src), 3);
    assert_true(logsrc_source(w->src, 0, &src));
    assert_string_equal(src.task, "0123456789abcdef");
    assert_string_equal(src.container, "app");
    assert_string_equal(src.group, "/ecs/g");
    assert_string_equal(src.region, "us-west-2");
    assert_string_equal(src.stream, "ecs/app/0123456789abcdef");
    assert_true(logsrc_source(w->src, 2, &src));
    assert_string_equal(src.task, "");
    assert_string_equal(src.container, "ecs-plain");
    assert_false(logsrc_source(w->src, 3, &src));
    assert_string_equal(src.task, "");
    assert_int_equal(logsrc_add_group(w->src, NULL, "no group", "", &err), -1);
    assert_int_equal(logsrc_add_group(w->src, "x/y", "/ecs/g", "", &err), -1);
    assert_int_equal(logsrc_add_group(w->src, NULL, "g", "a*", &err), -1);
    assert_int_equal(err.code, ERR_USAGE);
}

static void a_region_that_is_no_host_label_is_not_asked(void **state)
{
    struct world *w = *state;
    struct logsrc_target t = target("t1", "app");
    t.region = "evil.example/";
    logsrc_set(w->src, &t);
    clock_advance(w->clock, 5000);
    assert_int_equal(w->did.calls, 0);
    struct logbuf_line l;
    logbuf_get(logsrc_buf(w->src), 0, &l);
    assert_non_null(strstr(l.text, "evil.example/, which can't be one"));
}

static void many_new_tasks_are_caught_up_with_at_once(void **state)
{
    struct world *w = *state;
    follow(w, "t0");
    clock_advance(w->clock, 60000);
    for (int i = 1; i <= 30; i++) {
        char id[40], stream[80];
        snprintf(id, sizeof(id), "t%d", i);
        snprintf(stream, sizeof(stream), "ecs/app/%s", id);
        put(w, stream, WALL - MINUTE, WALL, id);
        follow(w, id);
    }
    int before = w->did.calls;
    clock_advance(w->clock, 4000);
    assert_int_equal(logbuf_len(logsrc_buf(w->src)), 30);
    assert_true(w->did.calls - before < 6);
}

static void who_may_drop_lines_is_known(void **state)
{
    struct world *w = *state;
    struct logsrc_target t = target("t1", "app");
    logsrc_set(w->src, &t);
    assert_int_equal(logsrc_drops(w->src), LOGSRC_BLOCKING);
    t.container = "b";
    t.mode = NULL;
    logsrc_set(w->src, &t);
    assert_int_equal(logsrc_drops(w->src), LOGSRC_DEFAULT);
    t.container = "c";
    t.mode = "non-blocking";
    logsrc_set(w->src, &t);
    assert_int_equal(logsrc_drops(w->src), LOGSRC_NON_BLOCKING);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(reads_back_then_follows),
        T(every_way_to_read_back_gives_the_same_order),
        T(newest_lines_are_there_before_the_older_ones),
        T(a_late_event_goes_to_its_place_and_is_marked),
        T(idle_polls_back_off_to_eight_seconds),
        T(failures_are_told_and_lose_nothing),
        T(what_is_denied_is_left_alone_until_it_is_asked_for),
        T(a_group_that_comes_later_is_awaited),
        T(a_task_that_comes_late_is_caught_up_with),
        T(starts_and_stops_are_lines),
        T(a_task_that_never_started_says_why),
        T(other_drivers_are_named),
        T(a_stopped_task_alone_is_read_back_from_its_end),
        T(a_stopped_task_alone_tells_why_it_cant_be_read),
        T(a_silent_group_shows_what_was_before),
        T(regions_and_streams_without_prefix_have_their_own_series),
        T(names_are_asked_for_once_all_streams_exist),
        T(more_than_a_hundred_streams_share_a_prefix),
        T(a_whole_group_makes_sources_of_its_streams),
        T(a_region_that_is_no_host_label_is_not_asked),
        T(many_new_tasks_are_caught_up_with_at_once),
        T(who_may_drop_lines_is_known),
    };
    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
