#include "tests/tui/render.h"

#include "backend/base/mem.h"
#include "tui/match.h"
#include "tui/menu.h"
#include "tui/status.h"

static const enum context services[] = {CONTEXT_SERVICES, CONTEXT_TABLE,
                                        CONTEXT_GENERIC};
static const enum context logs[] = {CONTEXT_LOG, CONTEXT_TEXT,
                                    CONTEXT_GENERIC};

static void fill(struct menu *m)
{
    menu_init(m);
    menu_open(m, "sort by");
    menu_add(m, "state", "worst first", false);
    menu_add(m, "name", NULL, true);
    menu_add(m, "serviço 日", "", false);
    menu_add(m, "age", "", false);
}

static void the_choice_in_force_has_the_cursor(void **state)
{
    struct menu m;
    struct surface s;

    (void)state;
    fill(&m);
    assert_int_equal(m.cursor, 1);
    surface_init(&s, 8, 40);
    menu_draw(&m, &s, surface_rect(&s));
    expect_screen(&s,
                  "\n"
                  "        +- sort by -----------+\n"
                  "        |  state   worst first|\n"
                  "        |>*name               |\n"
                  "        |  serviço 日         |\n"
                  "        |  age                |\n"
                  "        +---------------------+\n"
                  "\n");
    expect_role(&s, 3, 9, 21, ROLE_FOCUS);
    expect_role(&s, 2, 19, 11, ROLE_MUTED);
    expect_role(&s, 2, 11, 5, ROLE_DIALOG);
    assert_int_equal(s.cursor_row, 3);
    surface_release(&s);
    menu_release(&m);
}

static void keys_move_choose_and_cancel(void **state)
{
    struct keymap *k = keymap_new_default();
    struct menu m;

    (void)state;
    fill(&m);
    assert_int_equal(menu_key(&m, k, key_of("j")), MENU_MOVED);
    assert_int_equal(m.cursor, 2);
    assert_int_equal(menu_key(&m, k, key_of("G")), MENU_MOVED);
    assert_int_equal(menu_key(&m, k, key_of("<Down>")), MENU_MOVED);
    assert_int_equal(m.cursor, 3);
    assert_int_equal(menu_key(&m, k, key_of("<PgUp>")), MENU_MOVED);
    assert_int_equal(m.cursor, 0);
    assert_int_equal(menu_key(&m, k, key_of("s")), MENU_MOVED);
    assert_int_equal(m.cursor, 2);
    assert_int_equal(menu_key(&m, k, key_of("s")), MENU_MOVED);
    assert_int_equal(m.cursor, 0);
    assert_int_equal(menu_key(&m, k, key_of("x")), MENU_IGNORED);
    assert_int_equal(menu_key(&m, k, key_of("R")), MENU_IGNORED);
    assert_int_equal(menu_key(&m, k, key_of("<Enter>")), MENU_CHOSEN);
    assert_int_equal(menu_key(&m, k, key_of("<Esc>")), MENU_CANCELLED);
    menu_open(&m, "empty");
    assert_int_equal(menu_key(&m, k, key_of("j")), MENU_MOVED);
    assert_int_equal(menu_key(&m, k, key_of("a")), MENU_IGNORED);
    assert_int_equal(menu_key(&m, k, key_of("<Enter>")), MENU_CANCELLED);
    menu_release(&m);
    keymap_free(k);
}

static void a_menu_scrolls_to_its_cursor_at_any_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct menu m;
        struct surface s;

        fill(&m);
        for (int n = 0; n < 300; n++) {
            menu_add(&m, "日本語日本語日本語", "note", false);
        }
        m.cursor = m.n - 1;
        surface_init(&s, sizes[i].rows, sizes[i].cols);
        s.cursor_row = -1;
        menu_draw(&m, &s, surface_rect(&s));
        expect_whole(&s);
        assert_true(s.cursor_row >= 0 && s.cursor_row < s.rows);
        surface_release(&s);
        menu_release(&m);
    }
}

static const struct status_seg segs[] = {
    {.text = "prod-main", .role = ROLE_HEADER},
    {.text = "eu-west-1", .role = ROLE_HEADER, .priority = 1},
    {.text = "role/oncall", .role = ROLE_MUTED, .priority = 3},
    {.text = "", .role = ROLE_BAD},
    {.text = "14:32:07Z", .role = ROLE_HEADER, .priority = 2, .right = true},
    {.text = "2s ago", .role = ROLE_STALE, .right = true},
};

static void expect_status(int cols, const char *want)
{
    struct surface s;

    surface_init(&s, 1, cols);
    status_draw(&s, surface_rect(&s), ROLE_HEADER, 2, segs, ARRAY_LEN(segs));
    expect_row(&s, 0, want);
    expect_whole(&s);
    surface_release(&s);
}

static void header_segments_drop_by_priority(void **state)
{
    (void)state;
    expect_status(60, " prod-main  eu-west-1  role/oncall        "
                      "14:32:07Z  2s ago");
    expect_status(54, " prod-main  eu-west-1  role/oncall  14:32:07Z  "
                      "2s ago");
    expect_status(53, " prod-main  eu-west-1              14:32:07Z  2s ago");
    expect_status(40, " prod-main  eu-west-1            2s ago");
    expect_status(20, " prod-main   2s ago");
    expect_status(17, " prod...  2s ago");
    expect_status(5, " 2s");
    expect_status(1, "2");
}

static void segments_keep_their_roles(void **state)
{
    struct surface s;

    (void)state;
    surface_init(&s, 1, 60);
    status_draw(&s, surface_rect(&s), ROLE_HEADER_PROD, 2, segs,
                ARRAY_LEN(segs));
    expect_role(&s, 0, 0, 1, ROLE_HEADER_PROD);
    expect_role(&s, 0, 1, 9, ROLE_HEADER);
    expect_role(&s, 0, 23, 11, ROLE_MUTED);
    expect_role(&s, 0, 53, 6, ROLE_STALE);
    surface_release(&s);
}

static const struct hint hints[] = {
    {.action = ACTION_OPEN, .text = "tasks"},
    {.action = ACTION_LOGS, .text = "logs"},
    {.action = ACTION_FOLLOW, .text = "follow"},
    {.action = ACTION_RESTART, .text = "restart"},
    {.action = ACTION_HELP, .text = "help"},
};

static void expect_hints(const struct keymap *k, const enum context *ctx,
                         int cols, bool read_only, const char *want)
{
    struct surface s;

    surface_init(&s, 1, cols);
    status_hints(&s, surface_rect(&s), k, ctx, 3, hints, ARRAY_LEN(hints),
                 read_only);
    expect_row(&s, 0, want);
    surface_release(&s);
}

static void hints_come_from_the_live_keys(void **state)
{
    static const char mine[] = "bind table <F9> restart\nunbind table R\n"
                               "unbind table l\nunbind table L\n";
    struct keymap *k = keymap_new_default();

    (void)state;
    expect_hints(k, services, 60, false,
                 " Enter tasks  l logs  R restart  ? help");
    expect_hints(k, services, 60, true, " Enter tasks  l logs  ? help");
    expect_hints(k, logs, 60, false, " Enter tasks  F follow  ? help");
    expect_hints(k, services, 32, false, " Enter tasks  l logs  ? help");
    expect_hints(k, services, 21, false, " Enter tasks  ? help");
    expect_hints(k, services, 10, false, " ? help");
    expect_hints(k, services, 1, false, "?");
    assert_int_equal(keymap_parse(k, "f", mine, strlen(mine), NULL, NULL), 0);
    expect_hints(k, services, 60, false, " Enter tasks  F9 restart  ? help");
    keymap_free(k);
}

static void plain_search_is_smart_about_case(void **state)
{
    struct match_range hit;
    struct matcher lower = matcher_plain("err");
    struct matcher upper = matcher_plain("Err");
    struct matcher empty = matcher_plain("");

    (void)state;
    assert_true(matcher_find(&lower, "an ERROR err", 12, 0, &hit));
    assert_int_equal(hit.start, 3);
    assert_true(matcher_find(&lower, "an ERROR err", 12, 4, &hit));
    assert_int_equal(hit.start, 9);
    assert_false(matcher_find(&upper, "an ERROR err", 12, 0, &hit));
    assert_false(matcher_find(&empty, "x", 1, 0, &hit));
    assert_false(matcher_find(&lower, "er", 2, 0, &hit));
    assert_false(matcher_find(&lower, "err", 3, 9, &hit));
    assert_false(matcher_find(NULL, "err", 3, 0, &hit));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_choice_in_force_has_the_cursor),
        cmocka_unit_test(keys_move_choose_and_cancel),
        cmocka_unit_test(a_menu_scrolls_to_its_cursor_at_any_size),
        cmocka_unit_test(header_segments_drop_by_priority),
        cmocka_unit_test(segments_keep_their_roles),
        cmocka_unit_test(hints_come_from_the_live_keys),
        cmocka_unit_test(plain_search_is_smart_about_case),
    };

    return cmocka_run_group_tests(tests, use_utf8, NULL);
}
