/* The frame around the views, at sizes where not all fits: what is cut, and
 * what a message moves. */
#include "tests/flow/lab.h"

static char *row_text(const struct lab *l, int row)
{
    return surface_row_text(&l->app->surface, row);
}

static bool row_has(const struct lab *l, int row, const char *text)
{
    char *have = row_text(l, row);
    bool found = strstr(have, text) != NULL;
    free(have);
    return found;
}

static int row_of_text(const struct lab *l, const char *text)
{
    for (int i = 0; i < l->app->surface.rows; i++) {
        char *have = row_text(l, i);
        bool found = strstr(have, text) != NULL;
        free(have);
        if (found)
            return i;
    }
    return -1;
}

static void a_long_way_keeps_its_last_word(void **state)
{
    struct lab *l = *state;
    open_app(l, "default", false, &kind_services, "thumbnailer");
    key(l, "<Enter>");
    pass(l, 2000);
    key(l, "<Enter>");
    pass(l, 2000);
    app_draw(l->app, 24, 80);
    assert_true(row_has(l, 2, "..."));
    assert_true(row_has(l, 2, "containers("));
    assert_true(row_has(l, 2, "sort:"));
    app_draw(l->app, 24, 200);
    assert_true(row_has(l, 2, " services(1 of 42) > thumbnailer > tasks("));
}

static void a_summary_is_never_cut_in_an_item(void **state)
{
    struct lab *l = *state;
    open_app(l, "default", false, &kind_services, NULL);
    app_draw(l->app, 24, 120);
    assert_true(row_has(l, 1, " run "));
    assert_false(row_has(l, 1, "..."));
    app_draw(l->app, 24, 45);
    char *all = row_text(l, 1);
    assert_string_equal(all, " 42 svc: 2 CRASH 1 SHORT 1 STALLED ...");
    free(all);
    /* At every width what is there is whole. */
    app_draw(l->app, 24, 200);
    char *full = row_text(l, 1);
    for (int cols = 40; cols < 120; cols++) {
        app_draw(l->app, 24, cols);
        all = row_text(l, 1);
        size_t n = strlen(all);
        bool dots = n > 4 && strcmp(all + n - 4, " ...") == 0;
        if (dots)
            all[n -= 4] = '\0';
        if (strncmp(all, full, n) != 0 || (full[n] && full[n] != ' ') ||
            strchr("0123456789|", all[n - 1]))
            fail_msg("%d columns: \"%s\"", cols, all);
        free(all);
    }
    free(full);
}

/* At every height: the pane gives up no more than the rows of the message. */
static void a_message_moves_the_pane_by_its_own_rows(void **state)
{
    struct lab *l = *state;
    open_app(l, "default", false, &kind_services, NULL);
    for (int rows = 20; rows < 60; rows++) {
        l->app->messages.shown = false;
        app_draw(l->app, rows, 120);
        int before = row_of_text(l, "-- payments-api");
        app_say(l->app, MSG_INFO, "Something happened.");
        app_draw(l->app, rows, 120);
        int after = row_of_text(l, "-- payments-api");
        assert_true(before > 0 && after > 0);
        assert_in_range(before - after + 1, 0, 2);
    }
}

static void a_filter_without_rows_speaks_before_an_old_error(void **state)
{
    struct lab *l = *state;
    open_app(l, "default", false, &kind_services, NULL);
    sim_fault_add(l->sim, NULL, FAULT_EXPIRED, 0, -1, 0);
    pass(l, 15000);
    l->app->messages.shown = false;
    paint(l);
    assert_true(row_of_text(l, "The credentials have expired: ") > 0);
    key(l, "/");
    type(l, "zzz");
    assert_true(row_of_text(l, "none of 42 services matches the filter zzz") >
                0);
}

/* What only new ones cure stays, in every view, until it is cured. */
static void refused_credentials_stay_in_sight(void **state)
{
    static const char *const ways[] = {"j", "d", "j", "<Esc>", "!", "<Esc>"};
    struct lab *l = *state;
    open_app(l, "default", false, &kind_services, NULL);
    sim_fault_add(l->sim, NULL, FAULT_EXPIRED, 0, -1, 0);
    pass(l, 30000);
    size_t asked = sim_count(l->sim, "GetCallerIdentity");
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        key(l, ways[i]);
        pass(l, 10000);
        assert_true(row_of_text(l, "The credentials have expired: ") > 0);
        assert_true(row_of_text(l, "start ecsdash again with new ones.") > 0);
        assert_int_equal(row_of_text(l, "Retry in"), -1);
    }
    /* Nor is it asked every second whose they are. */
    assert_in_range(sim_count(l->sim, "GetCallerIdentity") - asked, 1, 8);
    sim_fault_clear(l->sim);
    pass(l, 70000);
    assert_int_equal(row_of_text(l, "The credentials have expired: "), -1);
}

/* `!` knows the calls that failed, also those whose next try did not: one
 * line of each kind, with how often and the request id of the last. */
static void failed_calls_are_among_the_messages(void **state)
{
    struct lab *l = *state;
    open_app(l, "default", false, &kind_services, NULL);
    sim_fault_add(l->sim, "ListServices", FAULT_THROTTLE, 0, 2, 0);
    sim_fault_add(l->sim, "ListTasks", FAULT_DENY, 0, -1, 0);
    sim_fault_add(l->sim, "DescribeServices", FAULT_500, 0, 12, 0);
    pass(l, 60000);
    key(l, "<Esc>"); /* "This is the first view" is not kept */
    key(l, "!");
    app_draw(l->app, 40, 300);
    assert_int_equal(row_of_text(l, "first view"), -1);
    static const char *const want[] = {
        "x2 ListServices: ThrottlingException: Rate exceeded.",
        "ListTasks: AccessDeniedException", "DescribeServices: ServerExcep"};
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        int row = row_of_text(l, want[i]);
        if (row < 0)
            fail_msg("\"%s\" is not there", want[i]);
        assert_true(row_has(l, row, ", last request "));
        assert_true(row_has(l, row, "(eu-west-1"));
    }
}

static void an_error_without_rows_is_wrapped_not_cut(void **state)
{
    struct lab *l = *state;
    l->sim = lab_sim(l, "default", 7);
    sim_fault_add(l->sim, NULL, FAULT_EXPIRED, 0, -1, 0);
    lab_open(l, NULL, false, &kind_services, NULL, NULL);
    app_draw(l->app, 24, 60);
    assert_true(row_of_text(l, "ListClusters: ExpiredToken") > 0);
    int row = row_of_text(l, "ListClusters: ExpiredToken");
    assert_true(row_has(l, row + 1, "is expired."));
    /* The environment of a program that runs does not change. */
    assert_said(l, "They came from the environment: start ecsdash again with "
                "new ones.");
}

/* Job control is the terminal's, whatever is asked. */
static void suspend_and_redraw_work_above_questions(void **state)
{
    static const char *const questions[] = {"S", "o", "/", ":"};
    struct lab *l = *state;
    open_app(l, "quiet", false, &kind_services, "catalog-api");
    for (size_t i = 0; i < ARRAY_LEN(questions); i++) {
        struct app *a = l->app;
        key(l, questions[i]);
        key(l, "<C-Z>");
        assert_true(a->suspend_wanted);
        a->suspend_wanted = false;
        key(l, "<C-L>");
        assert_true(a->redraw_wanted);
        a->redraw_wanted = false;
        assert_true(a->dialog.open || a->menu.open || a->prompt.open);
        key(l, "<Esc>");
        assert_false(a->dialog.open || a->menu.open || a->prompt.open);
    }
}

/* Counts of what is known look like all there is, so what is not known goes
 * before them. */
static void what_may_not_be_read_is_said_before_the_counts(void **state)
{
    struct lab *l = *state;
    l->sim = lab_sim(l, "default", 7);
    sim_fault_add(l->sim, "DescribeTasks", FAULT_DENY, 0, -1, 0);
    lab_open(l, NULL, false, &kind_services, "catalog-api", NULL);
    pass(l, 5000);
    app_draw(l->app, 24, 80);
    assert_true(row_has(l, 1, " svc, crashes unknown (ecs:DescribeTasks "
                              "denied): "));
    assert_false(row_has(l, 1, "loading"));
    key(l, "<Enter>");
    pass(l, 5000);
    app_draw(l->app, 24, 80);
    assert_true(row_has(l, 1, " not allowed"));
    assert_true(row_of_text(l, " denied ") > 0);
    assert_true(row_of_text(l, "not allowed (ecs:DescribeTasks)") > 0);
    assert_int_equal(row_of_text(l, "loading"), -1);
    assert_int_equal(row_of_text(l, "not read yet"), -1);
    key(l, "p");
    assert_said(l, "The stopped tasks may not be read: ecs:DescribeTasks is "
                   "denied");
    /* What may be read again is. */
    sim_fault_clear(l->sim);
    key(l, "r");
    pass(l, 5000);
    app_draw(l->app, 24, 80);
    assert_int_equal(row_of_text(l, " denied "), -1);
    assert_false(row_has(l, 1, "not allowed"));
    assert_true(row_of_text(l, "RUNNING") > 0);
}

/* A call that is throttled once makes nothing old; one that keeps failing
 * does. */
static void stale_is_what_missed_its_time(void **state)
{
    struct lab *l = *state;
    bool stale = false;
    open_app(l, "quiet", false, &kind_services, NULL);
    pass(l, 5000);
    sim_fault_add(l->sim, "DescribeServices", FAULT_THROTTLE, 0, -1, 0);
    for (int s = 0; s < 30 && !stale; s++) {
        pass(l, 1000);
        l->app->messages.shown = false;
        app_draw(l->app, 24, 120);
        stale = row_has(l, 0, "STALE ");
        assert_int_equal(row_of_text(l, "stale since") > 0, stale);
        for (int old = 0; old < 10; old++) { /* two periods */
            char age[16];
            snprintf(age, sizeof(age), "STALE %ds", old);
            assert_false(row_has(l, 0, age));
        }
    }
    assert_true(stale);
    sim_fault_clear(l->sim);
    pass(l, 90000);
    app_draw(l->app, 24, 120);
    assert_true(row_has(l, 0, "s ago"));
}

/* The containers of a task that has stopped are not asked for again: they stay
 * as they are. */
static void what_has_ended_is_never_stale(void **state)
{
    struct lab *l = *state;
    open_app(l, "default", false, &kind_services, "thumbnailer");
    key(l, "<Enter>");
    pass(l, 5000);
    key(l, "G");
    key(l, "<Enter>");
    pass(l, 2000);
    app_draw(l->app, 24, 120);
    assert_true(row_has(l, 1, "STOPPED"));
    pass(l, 120000);
    app_draw(l->app, 24, 120);
    assert_true(row_has(l, 1, "STOPPED"));
    assert_true(row_has(l, 0, "final"));
    assert_false(row_has(l, 0, "STALE"));
}

static char *selected(struct lab *l)
{
    struct target t;
    paint(l);
    assert_int_equal(table_view_target(app_top(l->app), &t), 0);
    char *key = xstrdup(t.key);
    target_release(&t);
    return key;
}

/* Nobody comes back from the help to another row than was left. */
static void the_row_that_was_left_is_found_again(void **state)
{
    struct lab *l = *state;
    open_app(l, "default", false, &kind_services, NULL);
    pass(l, 5000);
    char *first = selected(l);
    key(l, "O");
    char *last = selected(l); /* never moved: at the top */
    assert_string_not_equal(first, last);
    key(l, "?");
    paint(l);
    key(l, "q");
    char *left = selected(l);
    assert_string_equal(left, last);
    free(left);
    key(l, "O");
    left = selected(l);
    assert_string_equal(left, last);
    free(left);
    free(first);
    free(last);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_long_way_keeps_its_last_word),
        T(suspend_and_redraw_work_above_questions),
        T(a_summary_is_never_cut_in_an_item),
        T(a_message_moves_the_pane_by_its_own_rows),
        T(what_may_not_be_read_is_said_before_the_counts),
        T(the_row_that_was_left_is_found_again),
        T(stale_is_what_missed_its_time),
        T(what_has_ended_is_never_stale),
        T(a_filter_without_rows_speaks_before_an_old_error),
        T(refused_credentials_stay_in_sight),
        T(failed_calls_are_among_the_messages),
        T(an_error_without_rows_is_wrapped_not_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
