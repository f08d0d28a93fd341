/* Live tails of the log view: what is asked before one begins, what it shows,
 * and every way in which it ends; over the real client. */
#include "tests/flow/lab.h"

#include "backend/sim/sim_internal.h"
#include "views/log/log.h"

static struct log_view *log_on_top(struct lab *l)
{
    assert_string_equal(app_top(l->app)->ops->name, "logs");
    return log_of(app_top(l->app));
}

static void open_log(struct lab *l, const char *faults)
{
    struct err err = {0};
    open_app(l, "quiet", false, &kind_services, "catalog-api");
    if (faults && sim_fault_parse(l->sim, faults, &err))
        fail_msg("%s", err.message);
    key(l, "l");
    settle(l);
    pass(l, 3000);
    assert_true(logbuf_len(log_on_top(l)->buf) > 0);
}

static bool screen_says(struct lab *l, const char *text)
{
    char *row;
    bool yes = false;
    paint(l);
    for (int i = 0; i < l->app->surface.rows && !yes; i++) {
        row = surface_row_text(&l->app->surface, i);
        yes = strstr(row, text) != NULL;
        free(row);
    }
    return yes;
}

static void assert_screen(struct lab *l, const char *text)
{
    if (!screen_says(l, text))
        fail_msg("the screen does not say \"%s\"", text);
}

struct wait { struct lab *l; const char *text; };

static bool has_come(void *arg)
{
    struct wait *w = arg;
    return screen_says(w->l, w->text);
}

/* What a session tells comes by its connection, not as an answer. */
static void wait_for(struct lab *l, const char *text)
{
    struct wait w = {l, text};
    if (!loop_until(l->loop, has_come, &w, 5000))
        fail_msg("\"%s\" never came", text);
}

static void begin(struct lab *l)
{
    key(l, "T");
    assert_true(l->app->dialog.open);
    confirm(l);
    settle(l);
    wait_for(l, "  LIVE ");
    assert_int_equal(l->sim->n_live, 1);
}

static bool none_is_open(void *arg)
{
    return !((struct lab *)arg)->sim->n_live;
}

static void wait_for_none(struct lab *l)
{
    assert_true(loop_until(l->loop, none_is_open, l, 5000));
}

/* action: live */
static void it_tells_its_price_first(void **state)
{
    struct lab *l = *state;
    open_log(l, NULL);
    paint(l);
    raw_key(l, "T");
    raw_key(l, "<Enter>"); /* typed ahead */
    assert_asks(l, "0.01 USD a minute");
    assert_asks(l, "1,800 free minutes");
    assert_asks(l, "500 lines a second");
    assert_asks(l, "3 hours");
    assert_asks(l, "logs:StartLiveTail; 1 session for 1 log group (");
    assert_asks(l, sim_world_of(l->sim)->account);
    key(l, "<Esc>");
    settle(l);
    assert_false(l->app->dialog.open);
    key(l, "T");
    key(l, "<Enter>"); /* alone it costs nothing */
    settle(l);
    assert_false(l->app->dialog.open);
    assert_int_equal(sim_count(l->sim, "StartLiveTail"), 0);
    begin(l);
    key(l, "T"); /* stops, and asks nothing */
    assert_false(l->app->dialog.open);
    wait_for_none(l);
    assert_said(l, "Live tail ended; polling goes on.");
    assert_false(screen_says(l, "  LIVE "));
    assert_int_equal(sim_count(l->sim, "StartLiveTail"), 1);
}

struct more { struct lab *l; size_t than; };

static bool more_lines(void *arg)
{
    struct more *m = arg;
    return logbuf_len(log_on_top(m->l)->buf) > m->than;
}

static void lines_come_before_they_are_polled(void **state)
{
    struct lab *l = *state;
    int sooner = 0;
    open_log(l, NULL);
    begin(l);
    pass(l, 10000); /* polls are far apart now */
    for (int i = 0; i < 20; i++) {
        struct more m = {l, logbuf_len(log_on_top(l)->buf)};
        size_t polls = sim_count(l->sim, "FilterLogEvents");
        pass(l, 1000);
        bool came = loop_until(l->loop, more_lines, &m, 50);
        sooner += came && sim_count(l->sim, "FilterLogEvents") == polls;
    }
    assert_true(sooner >= 3);
    struct logsrc_stats st;
    logsrc_stats(log_on_top(l)->src, &st);
    assert_true(st.live > 0 && st.live_confirmed > 0);
    assert_int_equal(st.live_unconfirmed, 0);
    assert_screen(l, "  poll ");
}

static void it_costs_while_it_is_looked_at_only(void **state)
{
    struct lab *l = *state;
    open_log(l, NULL);
    begin(l);
    key(l, "?");
    wait_for_none(l);
    pass(l, 5000);
    assert_int_equal(l->sim->n_live, 0);
    key(l, "<Esc>"); /* it was asked for once */
    settle(l);
    wait_for(l, "  LIVE ");
    app_show(l->app, false); /* suspended, or $PAGER has the terminal */
    wait_for_none(l);
    app_show(l->app, true);
    settle(l);
    wait_for(l, "  LIVE ");
    key(l, "6"); /* reads back further: another source */
    settle(l);
    wait_for(l, "  LIVE ");
    assert_int_equal(l->sim->n_live, 1);
    key(l, "<Esc>");
    assert_string_equal(app_top(l->app)->ops->name, "table");
    wait_for_none(l);
}

static void what_breaks_off_is_told_and_polled(void **state)
{
    struct lab *l = *state;
    struct more m = {.l = l};
    open_log(l, "live-error:StartLiveTail:ms=4000:count=1,"
                "live-reset:StartLiveTail:ms=4000:count=1,"
                "live-sample:StartLiveTail:bytes=1:count=1");
    begin(l);
    pass(l, 3500);
    clock_advance(l->clock, 1000);
    wait_for(l, "NOT LIVE, broke off: polling");
    settle(l);
    assert_said(l, "The live tail broke off: SessionStreamingException");
    m.than = logbuf_len(log_on_top(l)->buf);
    clock_advance(l->clock, 2000);
    settle(l);
    wait_for(l, "  LIVE "); /* by itself */
    pass(l, 3500);
    clock_advance(l->clock, 1000);
    wait_for(l, "NOT LIVE");
    clock_advance(l->clock, 3000);
    settle(l);
    wait_for(l, "  LIVE ");
    for (int i = 0; i < 40 && !screen_says(l, "sampled: polls bring"); i++)
        pass(l, 500);
    assert_screen(l, "sampled: polls bring the rest");
    assert_true(more_lines(&m));
    struct logsrc_stats st;
    logsrc_stats(log_on_top(l)->src, &st);
    assert_int_equal(st.gaps, 0);
}

static void the_end_of_a_session_is_told_and_not_begun_again(void **state)
{
    struct lab *l = *state;
    open_log(l, "live-end:StartLiveTail:ms=2000:count=1");
    begin(l);
    pass(l, 2000);
    wait_for(l, "three hours");
    assert_false(screen_says(l, "  LIVE "));
    struct more m = {l, logbuf_len(log_on_top(l)->buf)};
    pass(l, 20000);
    assert_true(more_lines(&m));
    assert_int_equal(sim_count(l->sim, "StartLiveTail"), 1);
    key(l, "?"); /* nor when it comes back */
    key(l, "<Esc>");
    pass(l, 2000);
    assert_int_equal(sim_count(l->sim, "StartLiveTail"), 1);
    begin(l);
}

static void a_refusal_names_the_permission(void **state)
{
    struct lab *l = *state;
    open_log(l, NULL);
    sim_set_deny(l->sim, "logs:StartLiveTail");
    key(l, "T");
    confirm(l);
    settle(l);
    wait_for(l, "logs:StartLiveTail");
    assert_said(l, "logs:StartLiveTail is not allowed. Polling");
    assert_false(screen_says(l, "LIVE"));
    struct more m = {l, logbuf_len(log_on_top(l)->buf)};
    pass(l, 20000);
    assert_true(more_lines(&m));
    assert_int_equal(sim_count(l->sim, "StartLiveTail"), 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(it_tells_its_price_first),
        T(lines_come_before_they_are_polled),
        T(it_costs_while_it_is_looked_at_only),
        T(what_breaks_off_is_told_and_polled),
        T(the_end_of_a_session_is_told_and_not_begun_again),
        T(a_refusal_names_the_permission),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
