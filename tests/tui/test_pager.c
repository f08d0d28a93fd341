#include "tests/tui/render.h"

#include "backend/base/mem.h"
#include "tui/pager.h"

static void draw(struct pager *p, const struct text_lines *t,
                 const struct matcher *m, struct surface *s)
{
    struct pager_source src = text_source(t);

    surface_clear(s);
    pager_sync(p, &src, s->rows, s->cols);
    pager_draw(p, &src, m, s, surface_rect(s));
    expect_whole(s);
}

static void number_lines(struct text_lines *t, int n)
{
    for (int i = 1; i <= n; i++) {
        char text[16];
        snprintf(text, sizeof(text), "line %d", i);
        text_add(t, ROLE_TEXT, text);
    }
}

static void lines_show_their_roles(void **state)
{
    struct text_lines t;
    struct pager p;
    struct surface s;

    (void)state;
    text_init(&t);
    pager_init(&p);
    surface_init(&s, 4, 20);
    text_add(&t, ROLE_PANE, "Deployments");
    text_add(&t, ROLE_MUTED, "state  ");
    text_append(&t, ROLE_BAD, "FAILED");
    text_append(&t, ROLE_TEXT, " 9");
    text_add(&t, ROLE_TEXT, "two\nlines \x1b[31m");
    draw(&p, &t, NULL, &s);
    expect_screen(&s, "Deployments\nstate  FAILED 9\ntwo\nlines �[31m\n");
    expect_role(&s, 0, 0, 20, ROLE_PANE);
    expect_role(&s, 1, 0, 7, ROLE_MUTED);
    expect_role(&s, 1, 7, 6, ROLE_BAD);
    expect_role(&s, 1, 13, 2, ROLE_TEXT);
    surface_release(&s);
    text_release(&t);
}

static bool behind_odd_ones(const void *ctx, size_t i)
{
    (void)ctx;
    return i % 2 == 1;
}

static void draw_groups(struct pager *p, const struct text_lines *t,
                        struct surface *s)
{
    struct pager_source src = text_source(t);

    src.break_below = behind_odd_ones;
    surface_clear(s);
    pager_sync(p, &src, s->rows, s->cols);
    pager_draw(p, &src, NULL, s, surface_rect(s));
    expect_whole(s);
}

static void groups_are_kept_apart(void **state)
{
    struct text_lines t;
    struct pager p;
    struct surface s;

    (void)state;
    text_init(&t);
    pager_init(&p);
    surface_init(&s, 5, 20);
    number_lines(&t, 6);
    struct pager_source src = text_source(&t);
    src.break_below = behind_odd_ones;
    draw_groups(&p, &t, &s);
    expect_screen(&s, "line 1\nline 2\n--\nline 3\nline 4\n");
    pager_act(&p, &src, ACTION_DOWN, false);
    draw_groups(&p, &t, &s);
    expect_screen(&s, "line 2\n--\nline 3\nline 4\n--\n");
    pager_act(&p, &src, ACTION_DOWN, false);
    draw_groups(&p, &t, &s);
    expect_screen(&s, "--\nline 3\nline 4\n--\nline 5\n");
    pager_reveal(&p, &src, 5);
    draw_groups(&p, &t, &s);
    expect_screen(&s, "line 3\nline 4\n--\nline 5\nline 6\n");
    pager_act(&p, &src, ACTION_BOTTOM, false); /* nothing behind the last */
    draw_groups(&p, &t, &s);
    expect_screen(&s, "line 3\nline 4\n--\nline 5\nline 6\n");
    pager_act(&p, &src, ACTION_WRAP, false);
    draw_groups(&p, &t, &s);
    expect_screen(&s, "line 3\nline 4\n--\nline 5\nline 6\n");
    surface_release(&s);
    text_release(&t);
}

static void scrolling_stops_at_both_ends(void **state)
{
    static const struct {
        enum action_id action;
        size_t top;
        const char *position;
    } steps[] = {
        {ACTION_UP, 0, "lines 1-10 of 42 v"},
        {ACTION_DOWN, 1, "lines 2-11 of 42 ^v"},
        {ACTION_PAGE_DOWN, 10, "lines 11-20 of 42 ^v"},
        {ACTION_HALF_DOWN, 15, "lines 16-25 of 42 ^v"},
        {ACTION_BOTTOM, 32, "lines 33-42 of 42 ^"},
        {ACTION_DOWN, 32, "lines 33-42 of 42 ^"},
        {ACTION_HALF_UP, 27, "lines 28-37 of 42 ^v"},
        {ACTION_PAGE_UP, 18, "lines 19-28 of 42 ^v"},
        {ACTION_TOP, 0, "lines 1-10 of 42 v"},
    };
    struct text_lines t;
    struct pager_source src;
    struct pager p;
    char text[64];

    (void)state;
    text_init(&t);
    pager_init(&p);
    number_lines(&t, 42);
    src = text_source(&t);
    pager_sync(&p, &src, 10, 40);
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        assert_true(pager_act(&p, &src, steps[i].action, false));
        assert_int_equal(p.top, steps[i].top);
        assert_string_equal(pager_position(&p, &src, text),
                            steps[i].position);
    }
    assert_false(pager_act(&p, &src, ACTION_OPEN, false));
    text_release(&t);
}

static void wrapped_lines_scroll_by_screen_rows(void **state)
{
    struct text_lines t;
    struct pager_source src;
    struct pager p;
    struct surface s;

    (void)state;
    text_init(&t);
    pager_init(&p);
    surface_init(&s, 3, 5);
    text_add(&t, ROLE_TEXT, "abcdefghijkl");
    text_add(&t, ROLE_TEXT, "");
    text_add(&t, ROLE_TEXT, "日本語x");
    src = text_source(&t);
    draw(&p, &t, NULL, &s);
    expect_screen(&s, "abcde\n\n日本\n");
    pager_act(&p, &src, ACTION_WRAP, false);
    draw(&p, &t, NULL, &s);
    expect_screen(&s, "abcde\nfghij\nkl\n");
    pager_act(&p, &src, ACTION_DOWN, false);
    pager_act(&p, &src, ACTION_DOWN, false);
    draw(&p, &t, NULL, &s);
    expect_screen(&s, "kl\n\n日本\n");
    pager_act(&p, &src, ACTION_DOWN, false);
    pager_act(&p, &src, ACTION_DOWN, false);
    draw(&p, &t, NULL, &s);
    expect_screen(&s, "\n日本\n語x\n");
    assert_true(pager_at_end(&p, &src));
    pager_act(&p, &src, ACTION_UP, false);
    draw(&p, &t, NULL, &s);
    expect_screen(&s, "kl\n\n日本\n");
    pager_act(&p, &src, ACTION_BOTTOM, false);
    pager_act(&p, &src, ACTION_TOP, false);
    draw(&p, &t, NULL, &s);
    expect_screen(&s, "abcde\nfghij\nkl\n");
    surface_release(&s);
    text_release(&t);
}

static void sideways_scroll_cuts_wide_glyphs_whole(void **state)
{
    struct text_lines t;
    struct pager_source src;
    struct pager p;
    struct surface s;

    (void)state;
    text_init(&t);
    pager_init(&p);
    surface_init(&s, 2, 6);
    text_add(&t, ROLE_TEXT, "0123456789abcdef");
    text_add(&t, ROLE_TEXT, "x日本語日本語");
    src = text_source(&t);
    pager_sync(&p, &src, 2, 6);
    pager_act(&p, &src, ACTION_RIGHT, false);
    draw(&p, &t, NULL, &s);
    expect_screen(&s, "89abcd\n 本語\n");
    pager_act(&p, &src, ACTION_LEFT, false);
    pager_act(&p, &src, ACTION_LEFT, false);
    draw(&p, &t, NULL, &s);
    expect_screen(&s, "012345\nx日本\n");
    surface_release(&s);
    text_release(&t);
}

static void following_sticks_to_the_end_until_scrolled_up(void **state)
{
    struct text_lines t;
    struct pager_source src;
    struct pager p;

    (void)state;
    text_init(&t);
    pager_init(&p);
    number_lines(&t, 20);
    src = text_source(&t);
    p.follow = true;
    pager_sync(&p, &src, 5, 40);
    assert_int_equal(p.top, 15);
    text_add(&t, ROLE_TEXT, "new");
    src = text_source(&t);
    pager_sync(&p, &src, 5, 40);
    assert_int_equal(p.top, 16);
    pager_act(&p, &src, ACTION_UP, true);
    assert_false(p.follow);
    text_add(&t, ROLE_TEXT, "newer");
    src = text_source(&t);
    pager_sync(&p, &src, 5, 40);
    assert_int_equal(p.top, 15);
    pager_act(&p, &src, ACTION_BOTTOM, true);
    assert_true(p.follow);
    pager_act(&p, &src, ACTION_BOTTOM, false);
    assert_false(p.follow);
    text_release(&t);
}

static void search_goes_both_ways_and_wraps(void **state)
{
    struct text_lines t;
    struct pager_source src;
    struct pager p;
    struct surface s;
    struct matcher m = matcher_plain("needle");
    struct matcher none = matcher_plain("nothing");
    bool wrapped;

    (void)state;
    text_init(&t);
    pager_init(&p);
    surface_init(&s, 5, 20);
    number_lines(&t, 30);
    text_add(&t, ROLE_TEXT, "a Needle, a needle");
    number_lines(&t, 30);
    text_add(&t, ROLE_TEXT, "far               needle");
    src = text_source(&t);
    pager_sync(&p, &src, 5, 20);
    assert_true(pager_search(&p, &src, &m, 1, &wrapped));
    assert_int_equal(p.hit, 30);
    assert_false(wrapped);
    draw(&p, &t, &m, &s);
    expect_row(&s, 2, "a Needle, a needle");
    expect_role(&s, 2, 2, 6, ROLE_MATCH);
    expect_role(&s, 2, 8, 4, ROLE_TEXT);
    expect_role(&s, 2, 12, 6, ROLE_MATCH);
    assert_true(pager_search(&p, &src, &m, 1, &wrapped));
    assert_int_equal(p.hit, 61);
    assert_true(p.left > 0); /* the hit was beyond the right edge */
    assert_true(pager_search(&p, &src, &m, 1, &wrapped));
    assert_int_equal(p.hit, 30);
    assert_true(wrapped);
    assert_int_equal(p.left, 0);
    assert_true(pager_search(&p, &src, &m, -1, &wrapped));
    assert_int_equal(p.hit, 61);
    assert_true(wrapped);
    assert_false(pager_search(&p, &src, &none, 1, &wrapped));
    assert_false(p.has_hit);
    surface_release(&s);
    text_release(&t);
}

static void wrapped_lines_keep_words_whole(void **state)
{
    struct text_lines t;
    struct pager p;
    struct surface s;

    (void)state;
    text_init(&t);
    pager_init(&p);
    p.wrap = true;
    surface_init(&s, 4, 7);
    text_add(&t, ROLE_TEXT, "no such image: v42");
    text_add(&t, ROLE_TEXT, "end");
    draw(&p, &t, NULL, &s);
    expect_screen(&s, "no such\nimage:\nv42\nend\n");
    text_clear(&t);
    text_add(&t, ROLE_TEXT, "id  abcdef ghi");
    text_hang(&t, 4); /* leaves too little of so few columns */
    draw(&p, &t, NULL, &s);
    expect_screen(&s, "id\nabcdef\nghi\n\n");
    text_hang(&t, 3);
    draw(&p, &t, NULL, &s);
    expect_screen(&s, "id\n   abcd\n   ef\n   ghi\n");
    surface_release(&s);
    text_release(&t);
}

static void hits_that_wrap_are_painted_on_both_rows(void **state)
{
    struct text_lines t;
    struct pager p;
    struct surface s;
    struct matcher m = matcher_plain("defg");

    (void)state;
    text_init(&t);
    pager_init(&p);
    p.wrap = true;
    surface_init(&s, 2, 5);
    text_add(&t, ROLE_TEXT, "abcdefghij");
    draw(&p, &t, &m, &s);
    expect_role(&s, 0, 0, 3, ROLE_TEXT);
    expect_role(&s, 0, 3, 2, ROLE_MATCH);
    expect_role(&s, 1, 0, 2, ROLE_MATCH);
    expect_role(&s, 1, 2, 3, ROLE_TEXT);
    surface_release(&s);
    text_release(&t);
}

static void one_line(const void *ctx, size_t i, struct text_line *out)
{
    static const struct text_span spans[] = {
        {.start = 1, .len = 2, .role = ROLE_TEXT, .attrs = ATTR_BOLD,
         .fg = 1, .bg = -1},
    };

    (void)ctx;
    (void)i;
    *out = (struct text_line){.text = "abcd", .len = 4, .role = ROLE_TEXT,
                              .spans = spans, .n_spans = 1};
}

static void spans_carry_application_colours(void **state)
{
    struct pager_source src = {.n_lines = 1, .line = one_line};
    struct pager p;
    struct surface s;

    (void)state;
    pager_init(&p);
    surface_init(&s, 1, 4);
    pager_sync(&p, &src, 1, 4);
    pager_draw(&p, &src, NULL, &s, surface_rect(&s));
    assert_int_equal(surface_at(&s, 0, 0)->fg, -1);
    assert_int_equal(surface_at(&s, 0, 1)->fg, 1);
    assert_int_equal(surface_at(&s, 0, 2)->attrs, ATTR_BOLD);
    assert_int_equal(surface_at(&s, 0, 3)->fg, -1);
    surface_release(&s);
}

static void every_size_is_survived(void **state)
{
    struct matcher m = matcher_plain("本");

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct text_lines t;
        struct pager p;
        struct surface s;

        text_init(&t);
        pager_init(&p);
        surface_init(&s, sizes[i].rows, sizes[i].cols);
        draw(&p, &t, &m, &s); /* no lines at all */
        number_lines(&t, 50);
        text_add(&t, ROLE_TEXT, "日本語 e\xcc\x81 日本語 日本語 日本語");
        for (int round = 0; round < 2; round++) {
            for (enum action_id a = ACTION_DOWN; a <= ACTION_RIGHT; a++) {
                struct pager_source src = text_source(&t);

                pager_act(&p, &src, a, true);
                draw(&p, &t, &m, &s);
                pager_search(&p, &src, &m, 1, NULL);
                draw(&p, &t, &m, &s);
            }
            p.wrap = true;
        }
        surface_release(&s);
        text_release(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_show_their_roles),
        cmocka_unit_test(groups_are_kept_apart),
        cmocka_unit_test(scrolling_stops_at_both_ends),
        cmocka_unit_test(wrapped_lines_scroll_by_screen_rows),
        cmocka_unit_test(sideways_scroll_cuts_wide_glyphs_whole),
        cmocka_unit_test(following_sticks_to_the_end_until_scrolled_up),
        cmocka_unit_test(search_goes_both_ways_and_wraps),
        cmocka_unit_test(wrapped_lines_keep_words_whole),
        cmocka_unit_test(hits_that_wrap_are_painted_on_both_rows),
        cmocka_unit_test(spans_carry_application_colours),
        cmocka_unit_test(every_size_is_survived),
    };

    return cmocka_run_group_tests(tests, use_utf8, NULL);
}
