/* What live tails do one by one; the promise as a whole is the ledger's. */
#include "tests/backend/logs_world.h"

static void live(struct world *w)
{
    struct err err;
    assert_int_equal(logsrc_live_start(w->src, "aws", "123456789012", &err),
                     0);
}

static struct logsrc_live now(struct world *w)
{
    struct logsrc_live l;
    logsrc_live(w->src, &l);
    return l;
}

static size_t lines(struct world *w)
{
    return logbuf_len(logsrc_buf(w->src));
}

/* A world that is read back and told of. */
static void settle(struct world *w)
{
    follow(w, "t0");
    clock_advance(w->clock, 3000);
    live(w);
    assert_int_equal(now(w).state, LOGSRC_LIVE_STARTING);
    clock_advance(w->clock, 1500);
    assert_int_equal(now(w).state, LOGSRC_LIVE_ON);
}

static void a_line_is_shown_at_once_and_keeps_its_place(void **state)
{
    struct world *w = *state;
    struct logsrc_stats st;
    struct logbuf_line l;
    settle(w);
    clock_advance(w->clock, 9000); /* polls are slow now */
    int calls = w->did.calls;
    put(w, "ecs/app/t0", world_now(w), world_now(w) + 100, "ERROR one\ntwo");
    clock_advance(w->clock, 1200);
    assert_int_equal(w->did.calls, calls);
    assert_int_equal(lines(w), 2);
    uint64_t seq = logbuf_last_seq(logsrc_buf(w->src));
    struct logbuf_mark mark = logbuf_mark(logsrc_buf(w->src), 1);
    clock_advance(w->clock, 10000);
    logsrc_stats(w->src, &st);
    assert_int_equal(st.live_confirmed, 1);
    assert_int_equal(lines(w), 2);
    assert_int_equal(logbuf_last_seq(logsrc_buf(w->src)), seq);
    bool exact;
    assert_int_equal(logbuf_find(logsrc_buf(w->src), mark, &exact), 1);
    assert_true(exact); /* who stood on it stands on it */
    logbuf_get(logsrc_buf(w->src), 1, &l);
    assert_string_equal(l.text, "two");
    assert_true(l.more);
    assert_int_equal(logsrc_count(w->src, 0, 5).lines, 2); /* counted once */
    assert_int_equal(st.requests_minute < 20, 1);
}

static void groups_are_named_by_arn_and_streams_by_prefix(void **state)
{
    struct world *w = *state;
    struct err err;
    settle(w);
    assert_string_equal(strbuf_get(&w->tailed),
        "-{\"logGroupIdentifiers\":[\"arn:aws:logs:eu-west-1:123456789012:"
        "log-group:/ecs/g\"],\"logStreamNamePrefixes\":[\"ecs/app/t0\"]}\n");
    strbuf_clear(&w->tailed);
    follow(w, "t1"); /* is not covered: begun again, for all to come */
    clock_advance(w->clock, 2000);
    assert_non_null(strstr(strbuf_get(&w->tailed), "[\"ecs/app/\"]"));
    assert_int_equal(w->tails, 1);
    strbuf_clear(&w->tailed);
    follow(w, "t2");
    clock_advance(w->clock, 2000);
    assert_int_equal(w->tailed.len, 0);
    for (int i = 0; i < 12; i++) { /* ten groups a session, regions apart */
        char group[20];
        snprintf(group, sizeof(group), "/g/%d", i);
        logsrc_add_group(w->src, i == 11 ? "eu-west-3" : NULL, group, NULL,
                         &err);
    }
    clock_advance(w->clock, 3000);
    assert_int_equal(w->tails, 3);
    assert_int_equal(now(w).sessions, 3);
    size_t groups, sessions;
    logsrc_live_needs(w->src, &groups, &sessions);
    assert_int_equal(groups, 13);
    assert_int_equal(sessions, 3);
    assert_non_null(strstr(strbuf_get(&w->tailed), "eu-west-3{"));
    logsrc_live_stop(w->src);
    assert_int_equal(w->tails, 0);
    assert_int_equal(now(w).state, LOGSRC_LIVE_OFF);
}

static void a_break_polls_at_once_and_begins_again(void **state)
{
    struct world *w = *state;
    struct logsrc_stats st;
    settle(w);
    w->live_exception = "SessionStreamingException";
    put(w, "ecs/app/t0", world_now(w), world_now(w) + 10, "missed");
    clock_advance(w->clock, 1100);
    assert_int_equal(lines(w), 1); /* by a poll */
    assert_int_equal(now(w).state, LOGSRC_LIVE_BROKEN);
    w->live_exception = NULL;
    clock_advance(w->clock, 2500);
    assert_int_equal(now(w).state, LOGSRC_LIVE_ON);
    logsrc_stats(w->src, &st);
    assert_int_equal(st.live_breaks, 1);
    w->fail = ERR_NET; /* nor does it end when nothing works for minutes */
    clock_advance(w->clock, 3 * MINUTE);
    assert_int_equal(now(w).state, LOGSRC_LIVE_BROKEN);
    w->fail = ERR_NONE;
    clock_advance(w->clock, MINUTE);
    assert_int_equal(now(w).state, LOGSRC_LIVE_ON);
    logsrc_stats(w->src, &st);
    assert_int_equal(st.gaps, 0);
}

/* One a second, and as late as that. */
static void put_minutes(struct world *w, int minutes, int64_t late_ms)
{
    for (int i = 0; i < minutes * 60; i++) {
        int64_t at = world_now(w) + i * 1000;
        char text[20];
        snprintf(text, sizeof(text), "n%d", i);
        put(w, "ecs/app/t0", at - late_ms, at + 100, text);
    }
}

static size_t text_lines(struct world *w)
{
    size_t n = 0;
    for (size_t i = 0; i < lines(w); i++) {
        struct logbuf_line l;
        logbuf_get(logsrc_buf(w->src), i, &l);
        n += l.kind == LOG_TEXT;
    }
    return n;
}

/* What polls have not read yet they do not deny either. */
static void told_lines_stay_until_an_outage_of_polls_is_read(void **state)
{
    struct world *w = *state;
    struct logsrc_stats st;
    settle(w);
    w->latency_ms = 500;
    w->page = 50;
    put_minutes(w, 12, 0);
    w->poll_fail = ERR_THROTTLED;
    clock_advance(w->clock, 10 * MINUTE);
    size_t told = text_lines(w);
    assert_in_range(told, 595, 600);
    w->poll_fail = ERR_NONE;
    for (int i = 0; i < 180; i++) {
        clock_advance(w->clock, 1000);
        assert_true(text_lines(w) >= told);
        told = text_lines(w);
    }
    logsrc_stats(w->src, &st);
    assert_int_equal(told, 720);
    assert_int_equal(st.live_unconfirmed, 0);
    assert_int_equal(st.live_confirmed, 720);
    assert_int_equal(st.gaps, 0);
}

static void late_lines_stay_while_a_sweep_owes_them(void **state)
{
    struct world *w = *state;
    struct logsrc_stats st;
    settle(w);
    w->page = 50;
    put_minutes(w, 1, 5 * MINUTE);
    w->poll_fail = ERR_THROTTLED;
    clock_advance(w->clock, 13 * MINUTE);
    assert_in_range(text_lines(w), 58, 60);
    w->poll_fail = ERR_NONE;
    for (int i = 0; i < 900; i++) {
        clock_advance(w->clock, 100);
        assert_true(text_lines(w) >= 58);
    }
    assert_int_equal(text_lines(w), 60);
    logsrc_stats(w->src, &st);
    assert_int_equal(st.live_unconfirmed, 0);
    /* One that polls never see, and a sweep that gave up before it. */
    put(w, "ecs/app/t0", world_now(w) - 5 * MINUTE, world_now(w) + 1, "lone");
    clock_advance(w->clock, 1500);
    assert_int_equal(text_lines(w), 61);
    w->events[w->n - 1].in_ms = INT64_MAX;
    w->src->feeds[0]->unswept_ms[1] = world_now(w);
    clock_advance(w->clock, 15 * MINUTE);
    assert_int_equal(text_lines(w), 61);
    w->src->feeds[0]->unswept_ms[1] = 0;
    clock_advance(w->clock, MINUTE);
    assert_int_equal(text_lines(w), 60);
    logsrc_stats(w->src, &st);
    assert_int_equal(st.live_unconfirmed, 1);
}

static void refusals_end_it_in_a_sentence_and_polling_goes_on(void **state)
{
    static const struct {
        enum err_code code;
        const char *aws, *exception, *says;
    } t[] = {
        {ERR_DENIED, "AccessDeniedException", NULL, "logs:StartLiveTail"},
        {ERR_AWS, "LimitExceededException", NULL, "15 sessions"},
        {ERR_AWS, "InvalidOperationException", NULL, "Infrequent Access"},
        {ERR_AWS, "InvalidParameterException", NULL, "ended"},
        {ERR_NONE, NULL, "SessionTimeoutException", "three hours"},
    };
    struct world *w = *state;
    follow(w, "t0");
    clock_advance(w->clock, 3000);
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        w->live_refuse = t[i].code;
        w->live_refuse_aws = t[i].aws;
        w->live_exception = t[i].exception;
        live(w);
        clock_advance(w->clock, 1500);
        assert_int_equal(now(w).state, LOGSRC_LIVE_ENDED);
        if (!strstr(now(w).why, t[i].says))
            fail_msg("%s", now(w).why);
        assert_int_equal(w->tails, 0);
        size_t n = lines(w);
        put(w, "ecs/app/t0", world_now(w), world_now(w), "polled");
        clock_advance(w->clock, 9000);
        assert_int_equal(lines(w), n + 1);
    }
}

static void a_sample_and_silence_are_made_up_for(void **state)
{
    struct world *w = *state;
    struct logsrc_stats st;
    settle(w);
    clock_advance(w->clock, 9000);
    w->live_sample_each = 1;
    for (int i = 0; i < 20; i++)
        put(w, "ecs/app/t0", world_now(w) + i, world_now(w) + i, "x");
    clock_advance(w->clock, 1100);
    assert_true(now(w).sampled);
    assert_true(lines(w) < 20);
    clock_advance(w->clock, 2100);
    assert_int_equal(lines(w), 20);
    w->live_sample_each = 0;
    w->live_break_each = 1;
    while (!w->did.silences) /* a second each, and its wait */
        clock_advance(w->clock, 1000);
    w->live_break_each = 0;
    clock_advance(w->clock, 50000);
    assert_int_equal(now(w).state, LOGSRC_LIVE_ON);
    logsrc_stats(w->src, &st);
    assert_int_equal(st.live_breaks, w->did.breaks);
    assert_int_equal(w->tails, 1);
}

/* Whatever makes the sessions begin anew, it is no reason to ask more often. */
static void new_sessions_wait_as_long_as_those_before(void **state)
{
    struct world *w = *state;
    struct err err;
    settle(w);
    w->live_refuse = ERR_NET;
    logsrc_live_stop(w->src);
    live(w);
    clock_advance(w->clock, MINUTE);
    int tried = w->did.tails;
    assert_int_equal(logsrc_add_group(w->src, NULL, "/g/2", NULL, &err), 0);
    clock_advance(w->clock, 10000);
    assert_int_equal(w->did.tails, tried + 1);
    assert_int_equal(now(w).state, LOGSRC_LIVE_BROKEN);
    w->live_refuse = ERR_NONE;
    clock_advance(w->clock, 30000);
    assert_int_equal(now(w).state, LOGSRC_LIVE_ON);
}

/* What came while one session ended and the next began is polled at once. */
static void a_change_of_sessions_is_bridged_by_a_poll(void **state)
{
    struct world *w = *state;
    struct err err;
    settle(w);
    clock_advance(w->clock, 60000);
    while (w->src->feeds[0]->poll_due - clock_mono_ms(w->clock) < 6000)
        clock_advance(w->clock, 100);
    w->live_lose_each = 1; /* the next tells nothing of it */
    put(w, "ecs/app/t0", world_now(w) + 50, world_now(w) + 50, "between");
    assert_int_equal(logsrc_add_group(w->src, NULL, "/g/2", NULL, &err), 0);
    clock_advance(w->clock, 1500);
    assert_int_equal(lines(w), 1);
}

static void it_ends_when_all_that_is_told_of_has_stopped(void **state)
{
    struct world *w = *state;
    struct logsrc_target t = target("t0", "app");
    settle(w);
    clock_advance(w->clock, 10000);
    assert_in_range(now(w).age_ms, 10000, 12000);
    t.stopped_ms = world_now(w);
    logsrc_set(w->src, &t);
    clock_advance(w->clock, MINUTE);
    assert_int_equal(now(w).state, LOGSRC_LIVE_ON); /* its last lines */
    clock_advance(w->clock, MINUTE + 15000);
    assert_int_equal(now(w).state, LOGSRC_LIVE_ENDED);
    assert_int_equal(w->tails, 0);
    assert_non_null(strstr(now(w).why, "stopped"));
}

static void nothing_that_runs_can_not_be_tailed(void **state)
{
    struct world *w = *state;
    struct err err;
    assert_int_equal(logsrc_live_start(w->src, "aws", "1", &err), -1);
    assert_int_equal(err.code, ERR_USAGE);
    assert_int_equal(now(w).state, LOGSRC_LIVE_OFF);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_line_is_shown_at_once_and_keeps_its_place),
        T(groups_are_named_by_arn_and_streams_by_prefix),
        T(a_break_polls_at_once_and_begins_again),
        T(told_lines_stay_until_an_outage_of_polls_is_read),
        T(late_lines_stay_while_a_sweep_owes_them),
        T(refusals_end_it_in_a_sentence_and_polling_goes_on),
        T(a_sample_and_silence_are_made_up_for),
        T(new_sessions_wait_as_long_as_those_before),
        T(a_change_of_sessions_is_bridged_by_a_poll),
        T(it_ends_when_all_that_is_told_of_has_stopped),
        T(nothing_that_runs_can_not_be_tailed),
    };
    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
