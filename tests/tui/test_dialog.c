#include "tests/tui/render.h"

#include "backend/base/mem.h"
#include "tui/dialog.h"

struct fixture {
    struct keymap *map;
    struct dialog d;
};

static int open_fixture(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));

    if (use_utf8(state) < 0) {
        return -1;
    }
    f->map = keymap_new_default();
    dialog_init(&f->d);
    dialog_open(&f->d, "RESTART payments-api", "Restart");
    dialog_add(&f->d, ROLE_DIALOG, "cluster", "prod-main  %s", "eu-west-1");
    dialog_add(&f->d, ROLE_WARN, "note", "running 3 -> 2");
    *state = f;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *f = *state;

    dialog_release(&f->d);
    keymap_free(f->map);
    free(f);
    return 0;
}

/* One key, and then the frame that shows what it did. */
static enum dialog_result press(struct fixture *f, const char *spec)
{
    enum dialog_result r = dialog_key(&f->d, f->map, key_of(spec));

    if (f->d.painted) {
        dialog_mark_painted(&f->d);
    }
    return r;
}

static void type(struct fixture *f, const char *text)
{
    for (; *text; text++) {
        char one[2] = {*text, '\0'};

        press(f, one);
    }
}

static void enter_cancels_at_first(void **state)
{
    struct fixture *f = *state;

    dialog_mark_painted(&f->d);
    assert_int_equal(press(f, "<Enter>"), DIALOG_CANCELLED);
}

static void tab_and_enter_confirm(void **state)
{
    struct fixture *f = *state;

    dialog_mark_painted(&f->d);
    assert_int_equal(press(f, "<Tab>"), DIALOG_MOVED);
    assert_int_equal(press(f, "<Enter>"), DIALOG_CONFIRMED);
    assert_int_equal(press(f, "<Tab>"), DIALOG_MOVED);
    assert_int_equal(press(f, "<Enter>"), DIALOG_CANCELLED);
}

static void escape_cancels_even_before_painting(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(press(f, "<Esc>"), DIALOG_CANCELLED);
    assert_int_equal(press(f, "<C-C>"), DIALOG_CANCELLED);
}

static void type_ahead_does_nothing_before_painting(void **state)
{
    struct fixture *f = *state;
    static const char *keys[] = {"<Tab>", "<Right>", "<Enter>", "y",
                                 "<Space>"};

    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        assert_int_equal(press(f, keys[i]), DIALOG_IGNORED);
    }
    assert_int_equal(f->d.focus, DIALOG_ON_CANCEL);
    dialog_mark_painted(&f->d);
    assert_int_equal(press(f, "<Enter>"), DIALOG_CANCELLED);
}

static void keys_in_one_burst_do_not_confirm(void **state)
{
    struct fixture *f = *state;

    dialog_mark_painted(&f->d);
    assert_int_equal(dialog_key(&f->d, f->map, key_of("<Tab>")),
                     DIALOG_MOVED);
    assert_int_equal(dialog_key(&f->d, f->map, key_of("<Enter>")),
                     DIALOG_IGNORED);
    dialog_mark_painted(&f->d);
    assert_int_equal(dialog_key(&f->d, f->map, key_of("<Enter>")),
                     DIALOG_CONFIRMED);
}

static void no_letter_is_a_shortcut(void **state)
{
    struct fixture *f = *state;

    dialog_mark_painted(&f->d);
    press(f, "<Tab>");
    for (char c = '!'; c <= '~'; c++) {
        char spec[2] = {c, '\0'};

        assert_int_equal(press(f, spec), DIALOG_IGNORED);
    }
    assert_int_equal(press(f, "<Space>"), DIALOG_IGNORED);
}

/* What follows from the field keeps the field; but nobody agrees to what was
 * not on the screen. */
static void a_revised_line_is_painted_before_it_is_confirmed(void **state)
{
    struct fixture *f = *state;

    dialog_add(&f->d, ROLE_DIALOG, "will", "4 -> ?");
    dialog_ask_number(&f->d, "count", 4, 0, 10);
    dialog_mark_painted(&f->d);
    press(f, "6");
    dialog_revise(&f->d, ROLE_WARN, "will", "4 -> %d", 6);
    dialog_revise(&f->d, ROLE_WARN, "no such label", "x");
    assert_int_equal(f->d.focus, DIALOG_ON_FIELD);
    assert_string_equal(dialog_text(&f->d), "6");
    assert_string_equal(f->d.lines[f->d.n_lines - 1].value, "4 -> 6");
    press(f, "<Enter>");
    assert_int_equal(f->d.focus, DIALOG_ON_CONFIRM);
    dialog_mark_painted(&f->d);
    dialog_revise(&f->d, ROLE_WARN, "will", "4 -> 7");
    assert_int_equal(dialog_key(&f->d, f->map, key_of("<Enter>")),
                     DIALOG_IGNORED);
    dialog_mark_painted(&f->d);
    assert_int_equal(dialog_key(&f->d, f->map, key_of("<Enter>")),
                     DIALOG_CONFIRMED);
}

static void new_content_takes_the_confirmation_back(void **state)
{
    struct fixture *f = *state;

    dialog_mark_painted(&f->d);
    press(f, "<Tab>");
    dialog_add(&f->d, ROLE_WARN, "note", "desired 4 -> 6");
    assert_int_equal(press(f, "<Enter>"), DIALOG_IGNORED);
    assert_int_equal(f->d.focus, DIALOG_ON_CANCEL);
    dialog_mark_painted(&f->d);
    dialog_mark_hidden(&f->d); /* the terminal became too small */
    press(f, "<Tab>");
    assert_int_equal(press(f, "<Enter>"), DIALOG_IGNORED);
}

static void a_typed_name_goes_on_only_when_right(void **state)
{
    struct fixture *f = *state;

    dialog_ask_typed(&f->d, "type the service name:", "pay");
    dialog_mark_painted(&f->d);
    press(f, "<Tab>");
    assert_int_equal(f->d.focus, DIALOG_ON_CONFIRM);
    assert_int_equal(press(f, "<Enter>"), DIALOG_MOVED);
    assert_int_equal(f->d.focus, DIALOG_ON_FIELD);
    assert_string_equal(f->d.complaint, "type pay to confirm");
    assert_int_equal(press(f, "<Enter>"), DIALOG_CANCELLED); /* empty */
    type(f, "paX");
    assert_int_equal(press(f, "<Enter>"), DIALOG_MOVED);
    press(f, "<Backspace>");
    assert_null(f->d.complaint);
    type(f, "y");
    assert_int_equal(press(f, "<Enter>"), DIALOG_MOVED);
    assert_int_equal(f->d.focus, DIALOG_ON_CONFIRM);
    assert_int_equal(press(f, "<Enter>"), DIALOG_CONFIRMED);
}

static void pasting_never_confirms(void **state)
{
    struct fixture *f = *state;

    dialog_mark_painted(&f->d);
    press(f, "<Tab>");
    assert_int_equal(dialog_paste(&f->d, "\n", 1), DIALOG_MOVED);
    assert_string_equal(f->d.complaint, "pasted text is not taken");
    dialog_ask_typed(&f->d, "name:", "pay");
    dialog_mark_painted(&f->d);
    assert_int_equal(dialog_paste(&f->d, "pay\n", 4), DIALOG_MOVED);
    assert_string_equal(dialog_text(&f->d), "");
    assert_string_equal(f->d.complaint, "pasted text is not taken: type it");
    dialog_ask_text(&f->d, "reason:", "");
    assert_int_equal(dialog_paste(&f->d, "x", 1), DIALOG_MOVED);
    assert_string_equal(dialog_text(&f->d), "");
    dialog_mark_painted(&f->d);
    assert_int_equal(dialog_paste(&f->d, "oom\nagain\n", 10), DIALOG_CHANGED);
    assert_string_equal(dialog_text(&f->d), "oom again");
    assert_int_equal(f->d.focus, DIALOG_ON_FIELD);
}

static void a_number_is_replaced_checked_and_confirmed(void **state)
{
    struct fixture *f = *state;
    int64_t n = -1;

    dialog_ask_number(&f->d, "desired:", 4, 0, 500);
    dialog_mark_painted(&f->d);
    assert_string_equal(dialog_text(&f->d), "4");
    assert_int_equal(f->d.focus, DIALOG_ON_CANCEL);
    type(f, "6");
    assert_string_equal(dialog_text(&f->d), "6");
    type(f, "000");
    assert_int_equal(dialog_number(&f->d, &n), -1);
    assert_int_equal(press(f, "<Enter>"), DIALOG_MOVED);
    assert_string_equal(f->d.complaint,
                        "a number from 0 to 500 is needed");
    press(f, "<C-U>");
    type(f, "12");
    assert_int_equal(press(f, "<Enter>"), DIALOG_MOVED);
    assert_int_equal(f->d.focus, DIALOG_ON_CONFIRM);
    assert_int_equal(dialog_number(&f->d, &n), 0);
    assert_int_equal(n, 12);
    assert_int_equal(press(f, "<Enter>"), DIALOG_CONFIRMED);
}

static void a_number_takes_digits_only(void **state)
{
    struct fixture *f = *state;

    dialog_ask_number(&f->d, "desired:", 4, 0, 500);
    dialog_mark_painted(&f->d);
    assert_int_equal(press(f, "x"), DIALOG_MOVED);
    assert_string_equal(dialog_text(&f->d), "4");
    assert_string_equal(f->d.complaint, "only digits are taken");
    type(f, "1-e2");
    press(f, "<Space>");
    assert_string_equal(dialog_text(&f->d), "12");
    press(f, "0");
    assert_null(f->d.complaint);
    assert_int_equal(dialog_paste(&f->d, "1 2", 3), DIALOG_MOVED);
    assert_string_equal(dialog_text(&f->d), "120");
    assert_string_equal(f->d.complaint, "only digits are taken");
    press(f, "<C-U>");
    assert_int_equal(dialog_paste(&f->d, " 7\r\n", 4), DIALOG_CHANGED);
    assert_string_equal(dialog_text(&f->d), "7");
}

/* "Enter presses Cancel" */
static void expect_hints(const struct fixture *f, const char *want)
{
    static const enum context ctx[] = {CONTEXT_DIALOG};
    struct hint hints[DIALOG_HINTS];
    char press[DIALOG_PRESS_SIZE];
    struct surface s;

    surface_init(&s, 1, 80);
    status_hints(&s, surface_rect(&s), f->map, ctx, ARRAY_LEN(ctx), hints,
                 dialog_hints(&f->d, hints, press), false);
    expect_row(&s, 0, want);
    surface_release(&s);
}

static void the_hints_say_what_enter_does(void **state)
{
    struct fixture *f = *state;

    expect_hints(f, " Tab other button  Enter presses Cancel  Esc cancels");
    dialog_ask_number(&f->d, "desired:", 4, 0, 500);
    dialog_mark_painted(&f->d);
    type(f, "6");
    expect_hints(f, " Tab next field or button  Enter goes on to Restart  "
                    "Esc cancels");
    type(f, "000");
    expect_hints(f, " Tab next field or button  Enter checks the field  "
                    "Esc cancels");
    press(f, "<C-U>");
    type(f, "6");
    press(f, "<Enter>");
    expect_hints(f, " Tab next field or button  Enter presses Restart  "
                    "Esc cancels");
    press(f, "<C-U>");
    expect_hints(f, " Tab next field or button  Enter cancels  Esc cancels");
    dialog_open(&f->d, "NOTE", NULL);
    expect_hints(f, " Enter presses Close  Esc closes");
}

static void an_empty_number_cancels_but_an_empty_reason_is_fine(void **state)
{
    struct fixture *f = *state;

    dialog_ask_number(&f->d, "desired:", 4, 0, 500);
    dialog_mark_painted(&f->d);
    press(f, "<C-U>");
    assert_int_equal(press(f, "<Enter>"), DIALOG_CANCELLED);
    dialog_ask_text(&f->d, "reason:", "");
    dialog_mark_painted(&f->d);
    press(f, "<S-Tab>");
    assert_int_equal(f->d.focus, DIALOG_ON_FIELD);
    assert_int_equal(press(f, "<Enter>"), DIALOG_MOVED);
    assert_int_equal(press(f, "<Enter>"), DIALOG_CONFIRMED);
}

static void arrows_edit_in_the_field_and_move_on_buttons(void **state)
{
    struct fixture *f = *state;

    dialog_ask_text(&f->d, "reason:", "");
    dialog_mark_painted(&f->d);
    type(f, "ac");
    press(f, "<Left>");
    type(f, "b");
    assert_string_equal(dialog_text(&f->d), "abc");
    press(f, "<Tab>");
    assert_int_equal(f->d.focus, DIALOG_ON_CANCEL);
    press(f, "<Right>");
    assert_int_equal(f->d.focus, DIALOG_ON_CONFIRM);
    press(f, "<Left>");
    assert_int_equal(f->d.focus, DIALOG_ON_CANCEL);
}

static void a_secret_shows_as_stars(void **state)
{
    struct fixture *f = *state;
    struct surface s;
    bool shown = false;

    dialog_ask_secret(&f->d, "code");
    dialog_mark_painted(&f->d);
    type(f, "4242");
    press(f, "<Left>");
    assert_string_equal(dialog_text(&f->d), "4242");
    surface_init(&s, 24, 80);
    assert_true(dialog_draw(&f->d, &s, (struct rect){0, 0, 24, 80}));
    for (int row = 0; row < s.rows; row++) {
        char *line = surface_row_text(&s, row);

        assert_null(strstr(line, "42"));
        shown = shown || strstr(line, "code **** ");
        free(line);
    }
    assert_true(shown);
    surface_release(&s);
    dialog_ask_text(&f->d, "reason:", "");
    assert_false(f->d.secret);
}

static void a_notice_can_only_be_closed(void **state)
{
    struct fixture *f = *state;

    dialog_open(&f->d, "Read-only", NULL);
    dialog_add(&f->d, ROLE_DIALOG, "", "nothing is changed");
    dialog_mark_painted(&f->d);
    press(f, "<Tab>");
    assert_int_equal(press(f, "<Enter>"), DIALOG_CANCELLED);
}

static void it_is_drawn_in_the_middle(void **state)
{
    struct fixture *f = *state;
    struct surface s;

    surface_init(&s, 9, 40);
    assert_true(dialog_draw(&f->d, &s, surface_rect(&s)));
    expect_screen(&s,
                  "\n"
                  "    +- RESTART payments-api -------+\n"
                  "    | cluster prod-main  eu-west-1 |\n"
                  "    | note    running 3 -> 2       |\n"
                  "    |                              |\n"
                  "    |      [ Cancel ]  [ Restart ] |\n"
                  "    +------------------------------+\n"
                  "\n"
                  "\n");
    surface_release(&s);
}

static void what_does_not_fit_says_so_whole(void **state)
{
    struct fixture *f = *state;
    struct surface s;

    surface_init(&s, 5, 20);
    assert_false(dialog_draw(&f->d, &s, surface_rect(&s)));
    expect_screen(&s, "\n"
                      "\n"
                      "too small for the\n"
                      "dialog: enlarge, or\n"
                      "Esc\n");
    surface_release(&s);
}

static void long_values_wrap_at_blanks_or_parts(void **state)
{
    struct fixture *f = *state;
    struct surface s;

    dialog_clear_lines(&f->d);
    dialog_add(&f->d, ROLE_DIALOG, "will", "call UpdateService with only "
                                           "forceNewDeployment");
    dialog_add(&f->d, ROLE_DIALOG, "arn",
               "arn:aws:ecs:eu-west-1:123456789012:service/p");
    surface_init(&s, 9, 40);
    assert_true(dialog_draw(&f->d, &s, surface_rect(&s)));
    expect_screen(&s,
                  "+- RESTART payments-api ---------------+\n"
                  "| will call UpdateService with only    |\n"
                  "|      forceNewDeployment              |\n"
                  "| arn  arn:aws:ecs:eu-west-1:          |\n"
                  "|      123456789012:service/p          |\n"
                  "|                                      |\n"
                  "|              [ Cancel ]  [ Restart ] |\n"
                  "+--------------------------------------+\n"
                  "\n");
    surface_release(&s);
}

static void focus_and_field_are_drawn(void **state)
{
    struct fixture *f = *state;
    struct surface s;

    dialog_ask_typed(&f->d, "type the service name:", "payments-api");
    dialog_mark_painted(&f->d);
    surface_init(&s, 24, 80);
    assert_true(dialog_draw(&f->d, &s, surface_rect(&s)));
    expect_row(&s, 13, "                  |                  [ Cancel ]  "
                       "[ Restart ] |");
    expect_role(&s, 13, 37, 10, ROLE_FOCUS);
    expect_role(&s, 13, 49, 11, ROLE_BUTTON);
    expect_role(&s, 10, 28, 14, ROLE_WARN);
    assert_false(s.cursor_visible);
    /* What is typed has a place, before it has the focus. */
    assert_true(surface_at(&s, 12, 43)->attrs & ATTR_UNDERLINE);
    assert_true(surface_at(&s, 12, 58)->attrs & ATTR_UNDERLINE);
    type(f, "pay");
    surface_clear(&s);
    assert_true(dialog_draw(&f->d, &s, surface_rect(&s)));
    expect_role(&s, 13, 37, 10, ROLE_BUTTON);
    expect_row(&s, 12, "                  | type the service name: pay"
                       "               |");
    assert_int_equal(s.cursor_row, 12);
    assert_int_equal(s.cursor_col, 46);
    assert_true(s.cursor_visible);
    surface_release(&s);
}

static void it_refuses_to_be_drawn_in_part(void **state)
{
    struct fixture *f = *state;

    dialog_ask_number(&f->d, "desired 数:", 4, 0, 500);
    dialog_add(&f->d, ROLE_DIALOG, "数", "日本語日本語日本語日本語日本語");
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct surface s;
        bool whole;

        surface_init(&s, sizes[i].rows, sizes[i].cols);
        whole = dialog_draw(&f->d, &s, surface_rect(&s));
        assert_int_equal(whole, sizes[i].rows >= 8 && sizes[i].cols >= 40);
        expect_whole(&s);
        surface_release(&s);
    }
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(enter_cancels_at_first),
        TEST(tab_and_enter_confirm),
        TEST(escape_cancels_even_before_painting),
        TEST(type_ahead_does_nothing_before_painting),
        TEST(keys_in_one_burst_do_not_confirm),
        TEST(a_revised_line_is_painted_before_it_is_confirmed),
        TEST(no_letter_is_a_shortcut),
        TEST(new_content_takes_the_confirmation_back),
        TEST(a_typed_name_goes_on_only_when_right),
        TEST(pasting_never_confirms),
        TEST(a_number_is_replaced_checked_and_confirmed),
        TEST(a_number_takes_digits_only),
        TEST(the_hints_say_what_enter_does),
        TEST(an_empty_number_cancels_but_an_empty_reason_is_fine),
        TEST(arrows_edit_in_the_field_and_move_on_buttons),
        TEST(a_secret_shows_as_stars),
        TEST(a_notice_can_only_be_closed),
        TEST(it_is_drawn_in_the_middle),
        TEST(what_does_not_fit_says_so_whole),
        TEST(long_values_wrap_at_blanks_or_parts),
        TEST(focus_and_field_are_drawn),
        TEST(it_refuses_to_be_drawn_in_part),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
