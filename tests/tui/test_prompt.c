#include "tests/tui/render.h"

#include "backend/base/mem.h"
#include "tui/prompt.h"

struct fixture {
    struct keymap *map;
    struct prompt p;
    struct history h;
};

static int open_fixture(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));

    if (use_utf8(state) < 0) {
        return -1;
    }
    f->map = keymap_new_default();
    prompt_init(&f->p);
    history_init(&f->h);
    prompt_open(&f->p, ":", "", &f->h, NULL, NULL);
    *state = f;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *f = *state;

    prompt_release(&f->p);
    history_release(&f->h);
    keymap_free(f->map);
    free(f);
    return 0;
}

/* Press keys given by their names, parted by blanks; the last result. */
static enum prompt_result press(struct fixture *f, const char *specs)
{
    enum prompt_result r = PROMPT_IGNORED;
    char **words;
    int n;

    assert_int_equal(grammar_words(specs, &n, &words, NULL), 0);
    for (int i = 0; i < n; i++) {
        r = prompt_key(&f->p, f->map, key_of(words[i]));
    }
    grammar_words_free(words);
    return r;
}

static void letters_are_typed_even_if_bound_elsewhere(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(press(f, "q R K <Space> : 日"), PROMPT_CHANGED);
    assert_string_equal(prompt_text(&f->p), "qRK :日");
    assert_int_equal(press(f, "<F5>"), PROMPT_IGNORED);
    assert_int_equal(press(f, "<A-x>"), PROMPT_IGNORED);
    assert_int_equal(press(f, "<Enter>"), PROMPT_ACCEPTED);
}

static void editing_keys_are_those_of_readline(void **state)
{
    struct fixture *f = *state;

    press(f, "a b c <Space> d e f");
    assert_int_equal(press(f, "<C-A>"), PROMPT_MOVED);
    press(f, "X <Right> <Delete>");
    assert_string_equal(prompt_text(&f->p), "Xac def");
    press(f, "<C-E> <C-W>");
    assert_string_equal(prompt_text(&f->p), "Xac ");
    press(f, "<C-W> a b c d <Left> <Left> <C-K>");
    assert_string_equal(prompt_text(&f->p), "ab");
    press(f, "c d <Left> <C-U>");
    assert_string_equal(prompt_text(&f->p), "d");
    press(f, "<End> <Backspace>");
    assert_string_equal(prompt_text(&f->p), "");
    assert_int_equal(press(f, "<Left>"), PROMPT_MOVED);
    assert_int_equal(press(f, "<Backspace>"), PROMPT_CANCELLED);
}

static void combining_marks_go_with_their_letter(void **state)
{
    struct fixture *f = *state;

    prompt_paste(&f->p, "ae\xcc\x81日", 7);
    press(f, "<Backspace>");
    assert_string_equal(prompt_text(&f->p), "ae\xcc\x81");
    press(f, "<Left> x");
    assert_string_equal(prompt_text(&f->p), "axe\xcc\x81");
    press(f, "<End> <Backspace>");
    assert_string_equal(prompt_text(&f->p), "ax");
}

static void escape_and_interrupt_cancel(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(press(f, "a <Esc>"), PROMPT_CANCELLED);
    assert_int_equal(press(f, "<C-C>"), PROMPT_CANCELLED);
    assert_int_equal(f->h.n, 0);
}

static void pasted_text_is_harmless_and_never_accepts(void **state)
{
    struct fixture *f = *state;
    char big[EDIT_MAX + 2];

    assert_int_equal(prompt_paste(&f->p, "a\nb\x1b[0m\tc\r\n", 11),
                     PROMPT_CHANGED);
    assert_string_equal(prompt_text(&f->p), "a b\xef\xbf\xbd[0m c");
    memset(big, 'x', sizeof(big));
    assert_int_equal(prompt_paste(&f->p, big, sizeof(big)), PROMPT_MOVED);
    assert_true(strlen(prompt_text(&f->p)) < 20);
    prompt_paste(&f->p, "\xff\xc3", 2);
    assert_non_null(strstr(prompt_text(&f->p), "\xef\xbf\xbd"));
}

static void history_walks_lines_that_begin_alike(void **state)
{
    struct fixture *f = *state;

    history_add(&f->h, "services a");
    history_add(&f->h, "tasks b");
    history_add(&f->h, "services c");
    history_add(&f->h, "services a"); /* moves up, no repeat */
    assert_int_equal(f->h.n, 3);
    press(f, "<Up>");
    assert_string_equal(prompt_text(&f->p), "services a");
    press(f, "<Up> <Up> <Up> <Up>");
    assert_string_equal(prompt_text(&f->p), "tasks b");
    press(f, "<Down> <Down> <Down> <Down>");
    assert_string_equal(prompt_text(&f->p), "");
    press(f, "s <Up> <Up> <Up>");
    assert_string_equal(prompt_text(&f->p), "services c");
    press(f, "<Down> <Down>");
    assert_string_equal(prompt_text(&f->p), "s");
    press(f, "x <Enter>");
    assert_string_equal(history_get(&f->h, NULL, 0), "sx");
}

static void history_survives_saving(void **state)
{
    struct fixture *f = *state;
    struct strbuf text = STRBUF_INIT;
    struct history again;

    for (int i = 0; i < HISTORY_MAX + 5; i++) {
        char line[32];

        snprintf(line, sizeof(line), "line %d", i);
        history_add(&f->h, line);
    }
    assert_int_equal(f->h.n, HISTORY_MAX);
    assert_string_equal(f->h.lines[0], "line 5");
    history_print(&f->h, &text);
    strbuf_puts(&text, "\n\nbad\x01line");
    history_init(&again);
    history_load(&again, strbuf_get(&text), text.len);
    assert_int_equal(again.n, HISTORY_MAX);
    assert_string_equal(history_get(&again, NULL, 0), "bad\xef\xbf\xbdline");
    assert_string_equal(history_get(&again, NULL, 1), "line 204");
    history_release(&again);
    strbuf_release(&text);
}

static void views_completer(void *ctx, const char *line, size_t cursor,
                            struct completion *out)
{
    static const char *words[] = {"services", "services", "series", "tasks"};

    (void)ctx;
    out->start = cursor;
    while (out->start > 0 && line[out->start - 1] != ' ') {
        out->start--;
    }
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        completion_offer(out, words[i], line + out->start,
                         cursor - out->start);
    }
}

static void tab_completes_and_then_cycles(void **state)
{
    struct fixture *f = *state;

    prompt_open(&f->p, ":", "", &f->h, views_completer, NULL);
    press(f, "t <Tab>");
    assert_string_equal(prompt_text(&f->p), "tasks ");
    assert_int_equal(press(f, "s <Tab>"), PROMPT_CHANGED);
    assert_string_equal(prompt_text(&f->p), "tasks ser");
    press(f, "<Tab>");
    assert_string_equal(prompt_text(&f->p), "tasks services");
    press(f, "<Tab>");
    assert_string_equal(prompt_text(&f->p), "tasks series");
    press(f, "<Tab>");
    assert_string_equal(prompt_text(&f->p), "tasks services");
    press(f, "<Space> x <Tab>");
    assert_string_equal(prompt_text(&f->p), "tasks services x");
}

static void candidates_are_shown_above_the_line(void **state)
{
    struct fixture *f = *state;
    struct surface s;

    surface_init(&s, 3, 30);
    prompt_open(&f->p, ":", "s", &f->h, views_completer, NULL);
    prompt_draw(&f->p, &s, surface_rect(&s));
    expect_screen(&s, "\n\n:s\n");
    assert_int_equal(s.cursor_row, 2);
    assert_int_equal(s.cursor_col, 2);
    assert_true(s.cursor_visible);
    press(f, "<Tab> <Tab> <Tab>");
    prompt_draw(&f->p, &s, surface_rect(&s));
    expect_screen(&s, "\n services  series\n:series\n");
    expect_role(&s, 1, 1, 8, ROLE_HINT);
    expect_role(&s, 1, 11, 6, ROLE_FOCUS);
    expect_role(&s, 2, 0, 30, ROLE_PROMPT);
    surface_release(&s);
}

static void long_lines_scroll_with_the_cursor(void **state)
{
    struct fixture *f = *state;
    struct surface s;

    surface_init(&s, 1, 10);
    prompt_open(&f->p, ":", "0123456789日本", &f->h, NULL, NULL);
    prompt_draw(&f->p, &s, surface_rect(&s));
    expect_screen(&s, ":6789日本\n");
    assert_int_equal(s.cursor_col, 9);
    press(f, "<Home>");
    prompt_draw(&f->p, &s, surface_rect(&s));
    expect_screen(&s, ":012345678\n");
    assert_int_equal(s.cursor_col, 1);
    surface_release(&s);
}

static void every_size_is_survived(void **state)
{
    struct fixture *f = *state;

    prompt_open(&f->p, "scale to: ", "s日本語", &f->h, views_completer, NULL);
    press(f, "<Home> <Right> <Tab> <Tab>");
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct surface s;

        surface_init(&s, sizes[i].rows, sizes[i].cols);
        prompt_draw(&f->p, &s, surface_rect(&s));
        expect_whole(&s);
        assert_true(s.cursor_col < s.cols && s.cursor_row == s.rows - 1);
        surface_release(&s);
    }
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(letters_are_typed_even_if_bound_elsewhere),
        TEST(editing_keys_are_those_of_readline),
        TEST(combining_marks_go_with_their_letter),
        TEST(escape_and_interrupt_cancel),
        TEST(pasted_text_is_harmless_and_never_accepts),
        TEST(history_walks_lines_that_begin_alike),
        TEST(history_survives_saving),
        TEST(tab_completes_and_then_cycles),
        TEST(candidates_are_shown_above_the_line),
        TEST(long_lines_scroll_with_the_cursor),
        TEST(every_size_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
