/* Reading logs: each function of the log view, on the real screen. */
#include "tests/screen/scene.h"

static struct screen *open_log(const struct scene *sc)
{
    struct screen *s = scene_ready(sc);

    scene_type(s, "l");
    scene_shows(s, "574 lines");
    return s;
}

static struct screen *small(void)
{
    static const struct scene sc = {0};
    return open_log(&sc);
}

static struct screen *wide(void)
{
    static const struct scene sc = {.rows = 50, .cols = 160};
    return open_log(&sc);
}

/* The row that the sign `>` is on, -1 when the log is followed. */
static int current(struct screen *s)
{
    for (int row = 4; row < screen_rows(s) - 1; row++) {
        struct screen_cell c = screen_cell(s, row, 0);
        if (c.ch == '>' && c.reverse)
            return row;
    }
    return -1;
}

static char *current_text(struct screen *s)
{
    int row = current(s);

    assert_true(row >= 0);
    return screen_row(s, row);
}

static void expect_current(struct screen *s, const char *text)
{
    char *line = current_text(s);

    if (!strstr(line, text))
        fail_msg("the current line is: %s", line);
    free(line);
}

/* What the new revision does that the old one does not, and that lines may be
 * missing, on the smallest usual screen. */
static void the_header_compares_revisions_at_80_columns(void **state)
{
    (void)state;
    struct screen *s = scene_demo();
    scene_type(s, SCENE_DOWN "l");
    scene_shows(s, "log payments-api");
    scene_gone(s, "reading back");
    assert_true(screen_idle(s));
    char *row = screen_row(s, 1);
    const char *rate = strstr(row, "(:143 ");
    assert_non_null(rate);
    assert_non_null(strstr(rate, "/min a task, :142 "));
    assert_non_null(strstr(rate, "may drop lines"));
    assert_null(strstr(row, "..."));
    free(row);
    screen_free(s);
}

/* From the table of services to the whole story: three keys. action: pretty */
static void three_keys_lead_to_the_explanation(void **state)
{
    (void)state;
    struct screen *s = scene_demo();
    scene_type(s, "l");
    scene_shows(s, "log payments-api");
    scene_shows(s, "574 lines");
    scene_type(s, "e");
    scene_shows(s, "PAUSED");
    expect_current(s, "FATAL cannot reach the database");
    scene_type(s, "P");
    scene_shows(s, "services(49) > logs > line");
    scene_shows(s, "  \"level\": \"fatal\",");
    scene_shows(s, "    \"address\": \"10.0.3.9:5432\",");
    scene_shows(s, "    \"reason\": \"connection refused\",");
    scene_shows(s, "  \"stack\":");
    scene_shows(s, "    | ConnectionRefusedError: [Errno 111]");
    scene_type(s, "\033");
    scene_shows(s, "PAUSED");
    expect_current(s, "FATAL cannot reach the database");
    screen_free(s);
}

/* While a deployment fails, errors of the tasks that are fine come between: the
 * first `e` goes to what kills those of the new revision. */
static void errors_lead_to_what_fails(struct screen *s)
{
    scene_shows(s, "log payments-api");
    scene_gone(s, "reading back");
    scene_shows(s, "(:143 ");
    screen_keys(s, "e");
    scene_selects(s, "FATAL cannot reach the database");
    screen_keys(s, "P");
    scene_shows(s, "> line");
    scene_shows(s, "cannot reach the database");
    screen_free(s);
}

static void the_first_error_is_what_explains_a_failing_deployment(void **state)
{
    (void)state;
    /* A world whose newest error is not the one that explains. */
    static const struct scene sc = {.args = {"--seed", "11"}};
    struct screen *s = scene_ready(&sc);
    scene_type(s, SCENE_DOWN "l");
    errors_lead_to_what_fails(s);
}

/* Whatever comes meanwhile. */
static void it_is_so_while_lines_come(void **state)
{
    (void)state;
    static const struct scene sc = {.live = true};
    struct screen *s = scene_start(&sc);
    assert_true(screen_wait(s, "of 49"));
    assert_true(screen_wait(s, "39 ok")); /* in its order */
    screen_keys(s, SCENE_DOWN);
    scene_selects(s, "payments-api");
    screen_keys(s, "l");
    errors_lead_to_what_fails(s);
}

/* action: follow action: next-error action: prev-error action: left
 * action: right action: wrap */
static void keys_move_the_current_line(void **state)
{
    (void)state;
    struct screen *s = small();
    scene_shows(s, "FOLLOW");
    assert_int_equal(current(s), -1);
    scene_type(s, "k");
    scene_shows(s, "PAUSED");
    int row = current(s);
    assert_int_equal(row, 21); /* the last but one */
    scene_type(s, "kk");
    assert_int_equal(current(s), 19);
    scene_type(s, "j");
    assert_int_equal(current(s), 20);
    scene_type(s, "F");
    scene_shows(s, "FOLLOW");
    assert_int_equal(current(s), -1);
    scene_type(s, "g");
    assert_int_equal(current(s), 4);
    scene_type(s, "\006\006"); /* the line goes with the screen */
    assert_int_equal(current(s), 4);
    scene_type(s, "G");
    scene_shows(s, "FOLLOW");
    scene_type(s, "EE");
    char *one = current_text(s);
    scene_type(s, "E");
    char *two = current_text(s);
    assert_string_not_equal(one, two);
    scene_type(s, "e");
    char *again = current_text(s);
    assert_string_equal(one, again);
    free(one);
    free(two);
    free(again);
    scene_type(s, ">");
    assert_false(screen_has(s, "14:31:31."));
    scene_type(s, "<");
    assert_true(screen_has(s, "14:31:31."));
    scene_type(s, "w");
    scene_shows(s, "UTC  wrap");
    scene_shows(s, "               refused  path=/v1/"); /* no time there */
    scene_type(s, "w");
    scene_gone(s, "UTC  wrap");
    screen_free(s);
}

/* action: timestamps action: tags action: raw */
static void looks_of_lines_can_be_chosen(void **state)
{
    (void)state;
    struct screen *s = wide();
    scene_type(s, "e");
    expect_current(s, "14:31:31.655Z 2e26afe3 app   FATAL cannot reach");
    scene_type(s, "i");
    expect_current(s, "14:31:31.655Z 2e26afe3 :144 app   FATAL cannot reach");
    scene_type(s, "i");
    expect_current(s, "14:31:31.655Z FATAL cannot reach");
    scene_type(s, "it");
    scene_shows(s, "574 lines  local");
    expect_current(s, "14:31:31.655 2e26afe3 app   FATAL");
    scene_type(s, "t");
    scene_shows(s, "574 lines  age");
    expect_current(s, "> 35s 2e26afe3");
    scene_type(s, "t");
    scene_shows(s, "574 lines  ingested");
    expect_current(s, ">14:31:3");
    scene_type(s, "t");
    scene_shows(s, "574 lines  no times");
    expect_current(s, ">2e26afe3 app   FATAL");
    scene_type(s, "tJ");
    scene_shows(s, "574 lines  UTC  raw");
    expect_current(s, "app   {\"ts\":\"2026-11-21T14:31:31Z\",\"level\"");
    scene_type(s, "J");
    scene_type(s, ":fields attempts,error.reason\r");
    expect_current(s, "giving up  attempts=5 error.reason=\"connection "
                      "refused\"");
    scene_type(s, ":fields\r");
    expect_current(s, "giving up  error={");
    screen_free(s);
}

/* action: search action: next-match action: prev-match */
static void search_is_incremental_and_counts(void **state)
{
    (void)state;
    struct screen *s = wide();
    scene_type(s, "/gave|giv.ng");
    scene_shows(s, "PAUSED"); /* there already, while it is typed */
    expect_current(s, "giving up");
    int row = current(s);
    char *line = screen_row(s, row);
    int col = (int)(strstr(line, "giving") - line);
    assert_true(screen_cell(s, row, col).reverse);
    assert_true(screen_cell(s, row, col + 5).reverse);
    assert_false(screen_cell(s, row, col + 6).reverse);
    free(line);
    scene_type(s, "\033"); /* and Esc goes back */
    scene_shows(s, "FOLLOW");
    scene_type(s, "/giv.ng\r");
    scene_shows(s, "/giv.ng 27/27");
    scene_type(s, "N");
    scene_shows(s, "/giv.ng 26/27");
    scene_type(s, "NN");
    scene_shows(s, "/giv.ng 24/27");
    scene_type(s, "n");
    scene_shows(s, "/giv.ng 25/27");
    scene_type(s, "nnn");
    scene_shows(s, "The search went round the end.");
    scene_shows(s, "/giv.ng 1/27");
    scene_type(s, "/FATAL cannot\r"); /* only as it is shown */
    scene_shows(s, "/FATAL cannot ");
    expect_current(s, "FATAL cannot reach");
    scene_type(s, "/nowhere at all\r");
    scene_shows(s, "Not found: nowhere at all");
    scene_type(s, "/acquire(timeout\r");
    scene_shows(s, "It is taken as plain text.");
    scene_type(s, "\033");
    scene_gone(s, "/acquire(");
    screen_free(s);
}

/* No pattern stalls: the screen answers. */
static void a_hard_pattern_stalls_nothing(void **state)
{
    (void)state;
    struct screen *s = wide();
    scene_type(s, "/(.+)+\\1$x(a+)+$\r");
    scene_type(s, "g");
    scene_shows(s, "PAUSED");
    screen_free(s);
}

/* action: filter-lines action: more-context action: open */
static void a_filter_shows_what_matches_and_keeps_the_place(void **state)
{
    (void)state;
    struct screen *s = wide();
    scene_type(s, "EE");
    char *before = current_text(s);
    scene_type(s, "&error|fatal\r");
    scene_shows(s, "&error|fatal");
    scene_shows(s, " of 526 lines"); /* without starts and stops */
    char *after = current_text(s);
    assert_string_equal(before, after);
    assert_false(screen_has(s, "[info] upstream"));
    assert_true(screen_has(s, "started (:144) --")); /* never hidden */
    assert_true(screen_has(s, "worker.py\", line 88")); /* of a trace */
    scene_type(s, "\033");
    scene_gone(s, "&error|fatal");
    free(after);
    after = current_text(s);
    assert_string_equal(before, after);
    free(before);
    free(after);
    scene_type(s, "&!envoy\r"); /* what the tag says counts, too */
    scene_shows(s, "&!envoy");
    assert_false(screen_has(s, "[info] upstream"));
    assert_true(screen_has(s, "dial tcp"));
    scene_type(s, "&\025giving up\r");
    scene_shows(s, "&giving up");
    assert_false(screen_has(s, "Traceback"));
    scene_type(s, "+");
    scene_shows(s, "&giving up +1 lines");
    bool apart = false; /* groups are, as grep has it */
    for (int row = 4; row < screen_rows(s); row++) {
        char *text = screen_row(s, row);
        apart |= strcmp(text, "--") == 0;
        free(text);
    }
    assert_true(apart);
    scene_type(s, ":context 2\r");
    scene_shows(s, "2 lines around each line");
    scene_type(s, "/dial\r");
    scene_type(s, "&\025no such thing\r");
    scene_shows(s, "No line matches &no such thing: only starts, stops and");
    scene_shows(s, "  0 of 526 lines");
    scene_shows(s, "started (:144) --");
    scene_type(s, "&\025\r"); /* an empty one shows all */
    scene_shows(s, "  574 lines");
    scene_type(s, "\r");
    scene_shows(s, "logs > line");
    screen_free(s);
}

/* action: highlight action: mark-line action: next-mark */
static void terms_and_marks_stay(void **state)
{
    (void)state;
    struct screen *s = wide();
    scene_type(s, "e");
    scene_type(s, "hdatabase\r");
    scene_type(s, ":highlight attempts\r");
    scene_shows(s, "database  attempts"); /* beside the crumb */
    int row = current(s);
    char *line = screen_row(s, row);
    int a = (int)(strstr(line, "database") - line);
    int b = (int)(strstr(line, "attempts") - line);
    free(line);
    struct screen_cell one = screen_cell(s, row, a);
    struct screen_cell two = screen_cell(s, row, b);
    assert_true(one.reverse && two.reverse);
    assert_true(one.fg_r != two.fg_r || one.fg_g != two.fg_g ||
                one.fg_b != two.fg_b);
    scene_type(s, "hdatabase\r"); /* once more takes it away */
    scene_gone(s, "database  attempts");
    scene_type(s, "m");
    scene_type(s, "kkm");
    scene_type(s, "'");
    expect_current(s, "FATAL cannot reach");
    scene_type(s, "k");
    assert_true(scene_row_has(s, current(s) + 1, "*14:31:31.655Z"));
    scene_type(s, "''");
    scene_type(s, "j");
    scene_type(s, "mm'");
    screen_free(s);
}

/* action: clear-view action: window-all action: window-1m action: window-5m
 * action: window-15m action: window-30m action: window-1h */
static void windows_and_times(void **state)
{
    (void)state;
    struct screen *s = wide();
    scene_type(s, "2");
    scene_shows(s, "of 574 lines  last 1m");
    scene_type(s, "1");
    expect_current(s, ">14:31:"); /* the window's first line */
    scene_type(s, "3");
    scene_shows(s, "last 5m");
    scene_type(s, "4");
    scene_shows(s, "last 15m");
    scene_type(s, "5");
    scene_shows(s, "last 30m");
    scene_type(s, "6");
    scene_shows(s, "last 1h");
    scene_type(s, "0");
    scene_gone(s, "last 1h");
    scene_shows(s, "FOLLOW");
    scene_type(s, "X");
    scene_shows(s, "cleared: new lines show here; 0 shows all");
    scene_type(s, "0");
    scene_shows(s, " lines  UTC");
    scene_type(s, ":goto 14:30\r");
    scene_gone(s, "reading back");
    scene_selects(s, ">14:30:");
    scene_type(s, ":goto -2m\r");
    char *line = current_text(s);
    assert_true(strncmp(line, ">14:30:0", 8) >= 0 &&
                strncmp(line, ">14:31:5", 8) < 0);
    free(line);
    scene_type(s, ":goto 2026-11-21T13:00:00Z\r");
    scene_shows(s, "is before the first line."); /* once all was read */
    scene_type(s, ":goto noon\r");
    scene_shows(s, "Use :goto 14:03");
    scene_type(s, "q");
    scene_gone(s, "log payments-api");
    scene_type(s, ":goto 14:30\r");
    scene_shows(s, "goto is for logs");
    screen_free(s);
}

/* action: last-logs */
static void a_stopped_task_shows_its_last_lines_with_one_key(void **state)
{
    (void)state;
    struct screen *s = scene_demo();
    scene_type(s, "\r");
    scene_shows(s, "tasks(24)");
    scene_type(s, "jp");
    scene_shows(s, "log 25e09caf");
    scene_shows(s, "The log of task 25e09caf, which stopped: app exit 1.");
    scene_shows(s, "task 25e09caf stopped");
    scene_shows(s, "FATAL cannot reach the database");
    scene_type(s, "P"); /* the line above the word that it stopped */
    scene_shows(s, "stream            /ecs/payments-api ");
    scene_type(s, "q");
    scene_shows(s, "log 25e09caf");
    scene_type(s, "qq");
    scene_type(s, "/catalog-sync\r\r"); /* nothing of it has stopped */
    scene_shows(s, "tasks(2)");
    scene_type(s, "p");
    scene_shows(s, "No task of this one's service has stopped lately");
    screen_free(s);
}

/* A window that is longer than what was read back reads again. */
static void a_long_window_reads_further_back(void **state)
{
    (void)state;
    struct screen *s = scene_demo();
    scene_type(s, "/content-api\r");
    scene_type(s, "l");
    scene_shows(s, "log content-api");
    scene_shows(s, "GET /healthz"); /* its lines have come */
    scene_gone(s, "reading back");
    scene_type(s, "&healthz\r");
    scene_type(s, "g");
    scene_shows(s, ">14:1");
    expect_current(s, ">14:1");
    scene_type(s, "5");
    scene_shows(s, "last 30m");
    for (int i = 0; i < 300 && !screen_has(s, ">14:02"); i++) {
        scene_type(s, "g"); /* until the last page has come */
        screen_read(s, 100);
    }
    expect_current(s, ">14:02");
    assert_true(screen_has(s, "&healthz"));
    screen_free(s);
}

/* Reading back ends somewhere; the rest is asked for on its line. */
static void what_was_not_read_back_is_read_on_demand(void **state)
{
    (void)state;
    struct screen *s = scene_demo();
    scene_type(s, SCENE_DOWN "l");
    scene_shows(s, "log payments-api");
    scene_type(s, "6");
    scene_shows(s, "last 1h");
    scene_gone(s, "reading back");
    scene_type(s, ":goto 13:35\r");
    scene_shows(s, "13:35:00Z was not read back: r on the gap reads on.");
    scene_type(s, "g");
    scene_selects(s, "r reads on: too many lines, not read back: 13:3");
    assert_true(screen_has(s, "Z to 13:"));
    scene_type(s, "t"); /* local as the stamps are, which have no Z then */
    scene_gone(s, "Z to 13:");
    scene_selects(s, "r reads on: too many lines, not read back: 13:3");
    scene_type(s, "\r");
    scene_gone(s, "r reads on");
    scene_gone(s, "being read");
    scene_type(s, "g");
    scene_selects(s, ">13:46:1");
    screen_free(s);
}

/* Rows of any table that has tasks below it, several at once. */
static void clusters_and_marked_rows_have_logs(void **state)
{
    (void)state;
    struct screen *s = scene_demo();
    scene_type(s, ":clusters\r");
    scene_shows(s, "prod-batch");
    scene_type(s, "l");
    scene_shows(s, "log prod-batch [15 tasks]");
    scene_gone(s, "reading back");
    assert_true(screen_has(s, "errors "));
    assert_false(screen_has(s, "/min a task")); /* of many services */
    scene_type(s, "qq");
    scene_shows(s, "services(49)");
    scene_type(s, "g j l"); /* two marked services */
    scene_shows(s, "log 2 services");
    scene_gone(s, "reading back");
    assert_true(screen_has(s, " tasks] -- FOLLOW"));
    scene_shows(s, "Z thumbnailer  "); /* whose task it is */
    scene_type(s, "q/payments-api\r");
    scene_shows(s, "of 49)");
    scene_type(s, "Ug j l"); /* one name in two clusters */
    scene_shows(s, "log 2 services");
    scene_shows(s, "Z prod-main/payments-api ");
    for (int i = 0; i < 50 && !screen_has(s, "Z staging/payments-api  "); i++)
        scene_type(s, "E"); /* it has more errors than lines */
    assert_true(screen_has(s, "Z staging/payments-api   "));
    screen_free(s);
}

/* A time that is further back than what was read. */
static void a_time_long_ago_is_read_back_to(void **state)
{
    (void)state;
    struct screen *s = scene_demo();
    scene_type(s, "/content-api\r");
    scene_type(s, "l");
    scene_shows(s, "log content-api");
    scene_type(s, "2");
    scene_shows(s, "last 1m");
    scene_type(s, ":goto -3m\r");
    scene_selects(s, ">14:29:");
    assert_false(screen_has(s, "last 1m"));
    scene_type(s, "/healthz\r");
    scene_type(s, ":goto -25m\r");
    scene_selects(s, ">14:07:");
    scene_type(s, "n");
    scene_selects(s, "healthz");
    screen_free(s);
}

/* What does not fit goes, the oldest first, and is counted at 80 columns. */
static void a_smaller_buffer_drops_the_oldest_and_says_so(void **state)
{
    (void)state;
    struct screen *s = scene_demo();
    scene_type(s, SCENE_DOWN "l");
    scene_shows(s, "log payments-api");
    scene_gone(s, "reading back");
    assert_false(screen_has(s, "dropped"));
    scene_type(s, ":set log-buffer 1\r");
    scene_shows(s, "Logs keep 1 MiB");
    scene_shows(s, "  dropped ");
    scene_type(s, ":set log-buffer 0\r");
    scene_shows(s, ":set log-buffer MIB");
    screen_free(s);
}

static void groups_are_logs_too(void **state)
{
    (void)state;
    struct screen *s = scene_demo();
    scene_type(s, ":logs /ecs/payments-api,/ecs/cart\r");
    scene_shows(s, "log /ecs/paym...,/ecs/cart [");
    scene_shows(s, "GET /healthz");
    scene_type(s, "/GET \r");
    scene_shows(s, "/GET ");
    scene_type(s, "q");
    scene_type(s, ":logs /ecs/payments-api ecs/envoy\r");
    scene_shows(s, "upstream cluster");
    assert_false(screen_has(s, "dial tcp"));
    scene_type(s, "\033[C\033[C\033[C\033[C"); /* sideways, to the words behind */
    scene_shows(s, "rq=");
    assert_false(screen_has(s, "[info]"));
    scene_type(s, "q");
    scene_type(s, ":logs /ecs/payments-api@us-east-1\r"); /* not there */
    scene_shows(s, "no log group /ecs/payments-api in us-east-1; it is read");
    scene_type(s, "q");
    scene_type(s, ":logs /ecs/nowhere\r");
    scene_shows(s, "there is no log group /ecs/nowhere in eu-west-1; it is");
    scene_type(s, "q");
    scene_type(s, ":logs not^a^name\r");
    scene_shows(s, "not^a^name");
    assert_false(screen_has(s, "log not^a^name"));
    scene_type(s, ":logs a b c\r");
    scene_shows(s, "Use :logs GROUP");
    screen_free(s);
}

/* action: copy action: copy-arn */
static void lines_are_copied_as_they_came(void **state)
{
    (void)state;
    struct screen *s = wide();
    scene_type(s, "e");
    scene_type(s, "c");
    scene_shows(s, "{\"ts\":\"2026-11-21T14:31:31Z\"");
    scene_type(s, "C");
    scene_shows(s, "2026-11-21T14:31:31.655Z 2e26afe3e8ef8ef49ee7de30082c3730 "
                   "app");
    screen_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_keys_lead_to_the_explanation),
        cmocka_unit_test(the_header_compares_revisions_at_80_columns),
        cmocka_unit_test(
            the_first_error_is_what_explains_a_failing_deployment),
        cmocka_unit_test(it_is_so_while_lines_come),
        cmocka_unit_test(keys_move_the_current_line),
        cmocka_unit_test(looks_of_lines_can_be_chosen),
        cmocka_unit_test(search_is_incremental_and_counts),
        cmocka_unit_test(a_hard_pattern_stalls_nothing),
        cmocka_unit_test(a_filter_shows_what_matches_and_keeps_the_place),
        cmocka_unit_test(terms_and_marks_stay),
        cmocka_unit_test(windows_and_times),
        cmocka_unit_test(a_stopped_task_shows_its_last_lines_with_one_key),
        cmocka_unit_test(a_long_window_reads_further_back),
        cmocka_unit_test(what_was_not_read_back_is_read_on_demand),
        cmocka_unit_test(clusters_and_marked_rows_have_logs),
        cmocka_unit_test(a_time_long_ago_is_read_back_to),
        cmocka_unit_test(a_smaller_buffer_drops_the_oldest_and_says_so),
        cmocka_unit_test(groups_are_logs_too),
        cmocka_unit_test(lines_are_copied_as_they_came),
    };

    return cmocka_run_group_tests_name("screen log", tests, NULL, NULL);
}
