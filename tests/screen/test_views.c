/* Walking through the views by keys, in the frozen demo. */
#include "tests/screen/scene.h"

#include <unistd.h>

/* action: open action: back action: tasks */
static void enter_goes_down_to_containers_and_escape_comes_back(void **state)
{
    (void)state;
    struct screen *s = scene_demo();
    scene_type(s, "\r");
    scene_shows(s, "tasks(24)");
    scene_shows(s, "24 stopped");
    assert_true(scene_row_has(s, 3, "TASK"));
    scene_selects(s, "STOPPED");
    scene_selects(s, "app exit 1");
    scene_type(s, "\r");
    scene_shows(s, "2 containers of task");
    scene_selects(s, "app");
    assert_true(screen_has(s, "envoy"));
    scene_type(s, "\033");
    scene_shows(s, "tasks(24)");
    scene_gone(s, "2 containers of task");
    scene_type(s, "\033");
    scene_gone(s, "tasks(24)");
    scene_selects(s, "DOWN");
    scene_type(s, "t");
    scene_shows(s, "tasks(24)");
    screen_free(s);
}

/* action: down action: up action: top action: bottom action: page-down
 * action: page-up action: half-page-down action: half-page-up */
static void moving_keys_move_the_reversed_row(void **state)
{
    static const struct {
        const char *keys, *row;
    } steps[] = {{"j", "CRASH      payments"}, {"\033[B", "thumbnailer"},
                 {"k", "CRASH      payments"}, {"\033OA", "DOWN"},
                 {"G", "legacy-reports"},      {"g", "DOWN"},
                 {"\033[4~", "legacy-reports"}, {"\033[1~", "DOWN"}};
    (void)state;
    struct screen *s = scene_demo();
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        scene_type(s, steps[i].keys);
        scene_selects(s, steps[i].row);
    }
    static const char *const there_and_back[][2] = {
        {"\006", "\002"}, {"\004", "\025"}, {"\033[6~", "\033[5~"}};
    for (size_t i = 0; i < 3; i++) {
        scene_type(s, there_and_back[i][0]);
        int row = scene_selected(s);
        assert_true(row >= 4);
        assert_false(scene_row_has(s, row, "DOWN "));
        scene_type(s, there_and_back[i][1]);
        scene_selects(s, "DOWN");
    }
    screen_free(s);
}

/* Three keys at most from the start to why it fails. action: logs */
static void a_log_line_of_the_worst_service_is_one_key_away(void **state)
{
    (void)state;
    struct screen *s = scene_demo();
    scene_type(s, "l");
    scene_shows(s, "log payments-api");
    scene_shows(s, "ERROR unhandled exception");
    scene_shows(s, "FOLLOW");
    scene_type(s, "\033");
    scene_gone(s, "log payments-api");
    scene_selects(s, "DOWN");
    screen_free(s);
}

/* action: describe action: json action: events action: help
 * action: messages */
static void every_text_view_opens_and_closes(void **state)
{
    static const struct {
        const char *key, *title, *text;
    } views[] = {{"d", "payments-api detail", "0 of 1 running"},
                 {"y", "payments-api json", "availabilityZoneRebalancing"},
                 {"e", "payments-api events", "has started 1 tasks"},
                 {"?", "> help", "acting on"},
                 {"\033OP", "> help", ":describe"},
                 {"!", "> messages", "nothing has been said yet"}};
    (void)state;
    struct scene sc = {.rows = 60, .cols = 100};
    struct screen *s = scene_ready(&sc);
    for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
        scene_type(s, views[i].key);
        scene_shows(s, views[i].title);
        if (i != 3)
            scene_shows(s, views[i].text);
        /* What the text says is no older than the table. */
        assert_false(screen_has(s, "loading"));
        scene_type(s, "\033");
        scene_gone(s, views[i].title);
        scene_selects(s, "DOWN");
    }
    screen_free(s);
}

/* The simulator's tasks have DATABASE_URL in their overrides.
 * action: reveal */
static void environment_values_are_masked_until_revealed(void **state)
{
    static const char value[] = "postgres://10.0.3.9";
    static const char *const views[] = {"d", "y"};
    (void)state;
    struct scene sc = {.rows = 190, .cols = 120};
    struct screen *s = scene_ready(&sc);
    scene_type(s, "t");
    scene_shows(s, "tasks(24)");
    for (size_t i = 0; i < 2; i++) {
        scene_type(s, views[i]);
        scene_shows(s, "are masked; x shows them");
        scene_shows(s, "DATABASE_URL");
        assert_true(screen_has(s, "***"));
        assert_false(screen_has(s, value));
        scene_type(s, "x");
        scene_shows(s, value);
        scene_shows(s, "are shown until you leave");
        scene_type(s, "r"); /* a fresh reply hides nothing again */
        scene_shows(s, value);
        scene_type(s, "x");
        scene_gone(s, value);
        /* Going into another view and coming back forgets it. */
        scene_type(s, "x");
        scene_shows(s, value);
        scene_type(s, "?");
        scene_shows(s, "> help");
        scene_type(s, "\033");
        scene_shows(s, "are masked; x shows them");
        assert_false(screen_has(s, value));
        scene_type(s, "x");
        scene_shows(s, value);
        scene_type(s, "\033");
        scene_gone(s, "Values of the environment");
        scene_type(s, views[i]);
        scene_shows(s, "are masked; x shows them");
        assert_false(screen_has(s, value));
        scene_type(s, "\033");
        scene_gone(s, "Values of the environment");
    }
    screen_free(s);
}

/* action: sort action: sort-invert */
static void sorting_reorders_and_keeps_the_row(void **state)
{
    (void)state;
    struct screen *s = scene_demo();
    scene_type(s, "o");
    scene_shows(s, "Sort by");
    scene_type(s, "jj\r");
    scene_gone(s, "Sort by");
    assert_true(scene_row_has(s, 2, "sort: SERVICE"));
    scene_type(s, "g");
    scene_selects(s, "accoun");
    scene_type(s, "O");
    scene_type(s, "g");
    scene_selects(s, "webhooks");
    scene_type(s, "o\033");
    scene_gone(s, "Sort by");
    screen_free(s);
}

/* action: filter */
static void the_filter_narrows_while_typing(void **state)
{
    (void)state;
    struct screen *s = scene_demo();
    scene_type(s, "/");
    scene_type(s, "thumb");
    scene_shows(s, "rows 1-1 of 1");
    scene_shows(s, "1 of 49");
    scene_selects(s, "thumbnailer");
    scene_type(s, "nothing-like-that");
    scene_gone(s, "thumbnailer      prod");
    scene_type(s, "\033");
    scene_shows(s, "rows 1-10 of 49");
    scene_type(s, "/state:CRASH\r");
    scene_shows(s, "rows 1-2 of 2");
    scene_type(s, "\033");
    scene_shows(s, "rows 1-10 of 49");
    screen_free(s);
}

/* action: mark action: mark-all action: unmark-all */
static void marks_are_counted_and_cleared(void **state)
{
    (void)state;
    struct screen *s = scene_demo();
    scene_type(s, " ");
    scene_shows(s, "1 marked");
    assert_int_equal(screen_cell(s, 4, 1).ch, '*');
    scene_type(s, " ");
    scene_shows(s, "2 marked");
    scene_type(s, "U");
    scene_gone(s, "marked");
    assert_int_not_equal(screen_cell(s, 4, 1).ch, '*');
    scene_type(s, "*");
    scene_shows(s, "49 marked");
    scene_type(s, "U");
    scene_gone(s, "marked");
    screen_free(s);
}

/* action: command action: complete action: accept action: abort
 * action: older action: newer action: history-back action: history-forward
 * action: last-view */
static void the_command_line_goes_anywhere_and_back(void **state)
{
    (void)state;
    struct screen *s = scene_demo();
    scene_type(s, ":clusters\r");
    scene_shows(s, "clusters(3)");
    assert_true(screen_has(s, "prod-batch"));
    scene_type(s, ":services sta\t");
    scene_shows(s, ":services staging");
    scene_type(s, "\r");
    scene_shows(s, "4 svc: 1 DOWN");
    scene_selects(s, "payments-api");
    scene_type(s, "[");
    scene_shows(s, "3 clusters");
    scene_type(s, "]");
    scene_shows(s, "4 svc: 1 DOWN");
    scene_type(s, "-");
    scene_shows(s, "3 clusters");
    scene_type(s, "-");
    scene_shows(s, "4 svc: 1 DOWN");
    scene_type(s, ":");
    scene_type(s, "\033[A");
    scene_shows(s, ":services staging");
    scene_type(s, "\033[A");
    scene_shows(s, ":clusters");
    scene_type(s, "\033[B");
    scene_shows(s, ":services staging");
    scene_type(s, "\033");
    scene_gone(s, ":services staging");
    scene_type(s, ":no-such-command\r");
    scene_shows(s, "no-such-command");
    assert_true(scene_selected(s) >= 0);
    screen_free(s);
}

/* action: cursor-left action: cursor-right action: cursor-home
 * action: cursor-end action: erase action: erase-next action: erase-word
 * action: erase-line action: erase-end */
static void the_prompt_edits_like_a_shell(void **state)
{
    static const struct {
        const char *keys, *line;
    } steps[] = {{":abc def", ":abc def"},    {"\177", ":abc de"},
                 {"\033[DX", ":abc dXe"},     {"\033[CY", ":abc dXeY"},
                 {"\001Z", ":Zabc dXeY"},     {"\033[3~", ":Zbc dXeY"},
                 {"\005!", ":Zbc dXeY!"},     {"\027", ":Zbc"},
                 {"\033[H\033[C\013", ":Z"},  {"\025", ":"}};
    (void)state;
    struct screen *s = scene_demo();
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        scene_type(s, steps[i].keys);
        char *row = screen_row(s, 23);
        assert_string_equal(row, steps[i].line);
        free(row);
    }
    scene_type(s, "\007");
    scene_shows(s, "? help");
    screen_free(s);
}

/* action: copy action: copy-arn */
static void copying_shows_the_value_and_sends_it(void **state)
{
    (void)state;
    struct screen *s = scene_demo();
    scene_type(s, "c");
    scene_shows(s, "OSC 52");
    int row = screen_find(s, "OSC 52");
    assert_true(scene_row_has(s, row, "payments-api"));
    assert_true(scene_raw_has(s, "\033]52;c;cGF5bWVudHMtYXBp"));
    scene_type(s, "C");
    scene_shows(s, "arn:aws:ecs:eu-west-1:123456789012:s");
    assert_true(scene_raw_has(s, "\033]52;c;YXJuOmF3czplY3M6"));
    screen_free(s);
}

/* action: pause action: refresh action: redraw action: fullscreen */
static void pause_refresh_and_redraw_keep_the_rows(void **state)
{
    (void)state;
    struct screen *s = scene_demo();
    scene_type(s, "Z");
    scene_shows(s, "PAUSED");
    scene_type(s, "j");
    scene_selects(s, "CRASH");
    scene_type(s, "Z");
    scene_gone(s, "PAUSED");
    scene_type(s, "r");
    scene_shows(s, "rows 1-");
    size_t before, after;
    screen_raw(s, &before);
    scene_type(s, "\014");
    screen_raw(s, &after);
    /* Everything is painted again, not only what changed. */
    assert_true(after - before > 1000);
    scene_selects(s, "CRASH");
    scene_type(s, "f");
    scene_gone(s, "ECS rolling");
    scene_type(s, "f");
    scene_shows(s, "ECS rolling");
    screen_free(s);
}

/* action: acknowledge */
static void only_rolledback_is_acknowledged(void **state)
{
    (void)state;
    struct screen *s = scene_demo();
    scene_type(s, "A");
    scene_shows(s, "only ROLLEDBACK can be acknowledged");
    scene_type(s, "/recommendations\r");
    scene_selects(s, "ROLLEDBACK");
    scene_type(s, "A");
    scene_selects(s, "recommendations");
    scene_gone(s, "ROLLEDBACK recomm");
    screen_free(s);
}

/* action: quit-or-back action: quit action: cancel */
static void q_asks_once_and_leaves_the_terminal_as_it_was(void **state)
{
    static const char *const ways[] = {"qq", "Q", "\003\003", ":quit\r"};
    (void)state;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct screen *s = scene_demo();
        scene_type(s, "?");
        scene_shows(s, "> help");
        scene_type(s, "q");
        scene_gone(s, "> help");
        if (i == 0) {
            scene_type(s, "q");
            scene_shows(s, "Press q again to quit");
            scene_type(s, "j");
            scene_selects(s, "CRASH");
            scene_type(s, "q");
            scene_shows(s, "again to quit");
            screen_keys(s, "q");
        } else {
            screen_keys(s, ways[i]);
        }
        assert_int_equal(screen_end(s), 0);
        scene_restored(s);
        screen_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enter_goes_down_to_containers_and_escape_comes_back),
        cmocka_unit_test(moving_keys_move_the_reversed_row),
        cmocka_unit_test(a_log_line_of_the_worst_service_is_one_key_away),
        cmocka_unit_test(every_text_view_opens_and_closes),
        cmocka_unit_test(environment_values_are_masked_until_revealed),
        cmocka_unit_test(sorting_reorders_and_keeps_the_row),
        cmocka_unit_test(the_filter_narrows_while_typing),
        cmocka_unit_test(marks_are_counted_and_cleared),
        cmocka_unit_test(the_command_line_goes_anywhere_and_back),
        cmocka_unit_test(the_prompt_edits_like_a_shell),
        cmocka_unit_test(copying_shows_the_value_and_sends_it),
        cmocka_unit_test(pause_refresh_and_redraw_keep_the_rows),
        cmocka_unit_test(only_rolledback_is_acknowledged),
        cmocka_unit_test(q_asks_once_and_leaves_the_terminal_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
