/* The grid of cells: clipping, wide glyphs at edges, combining marks. */
#include "tests/tui/render.h"

#include "backend/base/mem.h"

#define WIDE "\346\227\245" /* U+65E5, two columns */
#define ACUTE "\314\201"    /* U+0301, joins what is before it */

static void a_new_surface_is_blank(void **state)
{
    struct surface s;
    (void)state;
    surface_init(&s, 3, 4);
    expect_screen(&s, "\n\n\n");
    for (int y = 0; y < 3; y++)
        expect_role(&s, y, 0, 4, ROLE_TEXT);
    assert_false(s.cursor_visible);
    surface_release(&s);
    assert_null(s.cells);
}

static void text_is_clipped_to_field_and_surface(void **state)
{
    static const struct {
        int row, col, cols;
        const char *text, *want; /* of row 1 of a 3x10 surface */
        int used;
    } rows[] = {
        {1, 0, 10, "hello", "hello", 5},
        {1, 0, 3, "hello", "hel", 3},
        {1, 7, 10, "hello", "       hel", 3},
        {1, 9, 1, "hello", "         h", 1},
        {1, 10, 5, "hello", "", 0},
        {1, 99, 5, "hello", "", 0},
        {1, -1, 5, "hello", "", 0},
        {-1, 0, 5, "hello", "", 0},
        {3, 0, 5, "hello", "", 0},
        {1, 0, 0, "hello", "", 0},
        {1, 0, -4, "hello", "", 0},
        {1, 0, 2147483647, "0123456789abc", "0123456789", 10},
        {1, 2, 2147483647, "0123456789abc", "  01234567", 8},
        {1, 0, 10, "", "", 0},
        {1, 0, 10, NULL, "", 0},
        /* a wide glyph never straddles an edge */
        {1, 0, 3, "a" WIDE WIDE, "a" WIDE, 3},
        {1, 0, 2, "a" WIDE, "a", 1},
        {1, 9, 5, WIDE, "", 0},
        {1, 8, 5, WIDE, "        " WIDE, 2},
        {1, 0, 1, WIDE "a", "", 0}, /* what follows does not jump ahead */
        {1, 0, 10, "e" ACUTE "x", "e" ACUTE "x", 2},
        {1, 0, 1, "e" ACUTE "x", "e" ACUTE, 1},
        {1, 0, 10, WIDE ACUTE "x", WIDE ACUTE "x", 3},
        {1, 0, 10, ACUTE "x", "x", 1}, /* nothing to join */
        /* the last line of defence */
        {1, 0, 10, "a\033[2Jb", "a\357\277\275[2Jb", 6},
        {1, 0, 10, "a\tb", "a b", 3},
        {1, 0, 10, "a\nb", "a\357\277\275b", 3},
        {1, 0, 10, "a\302\233b", "a\357\277\275b", 3},
        {1, 0, 10, "a\342\200\256b", "a\357\277\275b", 3},
        {1, 0, 10, "a\377b", "a\357\277\275b", 3},
        {1, 0, 10, "a\346\227", "a\357\277\275\357\277\275", 3},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct surface s;
        surface_init(&s, 3, 10);
        int used = surface_put(&s, rows[i].row, rows[i].col, rows[i].cols,
                               ROLE_GOOD, rows[i].text);
        char *text = surface_row_text(&s, 1);
        if (strcmp(text, rows[i].want) || used != rows[i].used)
            fail_msg("row %zu: '%s' (%d), not '%s' (%d)", i, text, used,
                     rows[i].want, rows[i].used);
        free(text);
        expect_row(&s, 0, "");
        expect_row(&s, 2, "");
        expect_whole(&s);
        surface_release(&s);
    }
}

static void writing_half_of_a_wide_glyph_blanks_the_other(void **state)
{
    static const struct {
        int col;
        const char *put, *want;
    } rows[] = {
        {0, "x", "x " WIDE}, {1, "x", " x" WIDE},
        {2, "x", WIDE "x"},  {3, "x", WIDE " x"},
        {1, WIDE, " " WIDE}, {0, WIDE, WIDE WIDE},
        {1, "xy", " xy"},    {1, " ", "  " WIDE},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct surface s;
        surface_init(&s, 1, 6);
        surface_put(&s, 0, 0, 4, ROLE_TEXT, WIDE WIDE);
        surface_put(&s, 0, rows[i].col, 4, ROLE_TEXT, rows[i].put);
        expect_row(&s, 0, rows[i].want);
        expect_whole(&s);
        surface_release(&s);
    }
}

static void filling_half_of_a_wide_glyph_blanks_the_other(void **state)
{
    (void)state;
    for (int col = 0; col < 4; col++) {
        struct surface s;
        surface_init(&s, 1, 4);
        surface_put(&s, 0, 0, 4, ROLE_TEXT, WIDE WIDE);
        surface_fill(&s, (struct rect){0, col, 1, 1}, ROLE_BAD);
        expect_whole(&s);
        expect_row(&s, 0, col < 2 ? "  " WIDE : WIDE);
        expect_role(&s, 0, col, 1, ROLE_BAD);
        surface_release(&s);
    }
}

static void at_most_two_marks_join_a_glyph(void **state)
{
    struct surface s;
    (void)state;
    surface_init(&s, 1, 4);
    assert_int_equal(surface_put(&s, 0, 0, 4, ROLE_TEXT,
                                 "e" ACUTE ACUTE ACUTE ACUTE "z"), 2);
    expect_row(&s, 0, "e" ACUTE ACUTE "z");
    surface_put(&s, 0, 0, 1, ROLE_TEXT, "q"); /* and go with it */
    expect_row(&s, 0, "qz");
    surface_release(&s);
}

/* A line drawn in pieces (colours, search hits) reads as if drawn at once. */
static void a_mark_at_the_start_joins_the_piece_before(void **state)
{
    struct surface s;
    (void)state;
    surface_init(&s, 1, 4);
    surface_put(&s, 0, 0, 1, ROLE_TEXT, "e");
    assert_int_equal(surface_put(&s, 0, 1, 3, ROLE_MATCH, ACUTE "a"), 1);
    expect_row(&s, 0, "e" ACUTE "a");
    expect_role(&s, 0, 0, 1, ROLE_TEXT);
    surface_clear(&s); /* but blanks stay blanks */
    surface_put(&s, 0, 2, 2, ROLE_TEXT, ACUTE "a");
    expect_row(&s, 0, "  a");
    surface_release(&s);
}

static void rectangles_are_clipped(void **state)
{
    static const struct {
        struct rect r;
        int cells; /* that get the role on a 4x5 surface */
    } rows[] = {
        {{0, 0, 4, 5}, 20},   {{1, 1, 2, 2}, 4},   {{-1, -1, 3, 3}, 4},
        {{3, 4, 9, 9}, 1},    {{4, 0, 1, 1}, 0},   {{0, 5, 1, 1}, 0},
        {{-5, 0, 3, 5}, 0},   {{0, -9, 4, 3}, 0},  {{0, 0, 0, 5}, 0},
        {{0, 0, -3, 5}, 0},   {{0, 0, 4, -2}, 0},  {{-2, -2, 99, 99}, 20},
        {{1, 0, 2147483647, 5}, 15}, {{0, 2, 4, 2147483647}, 12},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (int what = 0; what < 3; what++) {
            struct surface s;
            int n = 0;
            surface_init(&s, 4, 5);
            if (what == 0)
                surface_fill(&s, rows[i].r, ROLE_BAD);
            else if (what == 1)
                surface_paint(&s, rows[i].r, ROLE_BAD);
            else
                surface_add_attrs(&s, rows[i].r, ATTR_BOLD);
            for (int k = 0; k < 20; k++)
                n += what == 2 ? s.cells[k].attrs == ATTR_BOLD
                               : s.cells[k].role == ROLE_BAD;
            if (n != rows[i].cells)
                fail_msg("row %zu, %d: %d cells, not %d", i, what, n,
                         rows[i].cells);
            surface_release(&s);
        }
    }
}

static void painting_keeps_the_text(void **state)
{
    struct surface s;
    (void)state;
    surface_init(&s, 1, 6);
    surface_put(&s, 0, 0, 6, ROLE_TEXT, "a" WIDE "bc");
    surface_add_attrs(&s, (struct rect){0, 0, 1, 2}, ATTR_BOLD);
    surface_add_attrs(&s, (struct rect){0, 0, 1, 1}, ATTR_REVERSE);
    surface_paint(&s, (struct rect){0, 1, 1, 3}, ROLE_CURSOR);
    expect_row(&s, 0, "a" WIDE "bc");
    expect_role(&s, 0, 0, 1, ROLE_TEXT);
    expect_role(&s, 0, 1, 3, ROLE_CURSOR);
    assert_int_equal(surface_at(&s, 0, 0)->attrs, ATTR_BOLD | ATTR_REVERSE);
    surface_put(&s, 0, 0, 1, ROLE_TEXT, "z"); /* new text, no old attribute */
    assert_int_equal(surface_at(&s, 0, 0)->attrs, 0);
    surface_release(&s);
}

static void right_alignment_fits_the_field(void **state)
{
    static const struct {
        int col, cols;
        const char *text, *want;
    } rows[] = {
        {0, 8, "42", "      42"}, {2, 3, "42", "   42"},
        {2, 2, "42", "  42"},     {2, 1, "42", "  4"},
        {0, 0, "42", ""},         {0, 5, WIDE, "   " WIDE},
        {0, 8, "", ""},           {4, 8, "7", ""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct surface s;
        surface_init(&s, 1, 8);
        surface_put_right(&s, 0, rows[i].col, rows[i].cols, ROLE_TEXT,
                          rows[i].text);
        expect_row(&s, 0, rows[i].want);
        expect_whole(&s);
        surface_release(&s);
    }
}

static void wrapping_breaks_at_blanks_within_its_rows(void **state)
{
    static const struct {
        const char *text;
        int rows, cols, used;
        const char *shown[3];
    } cases[] = {
        {"one two", 3, 7, 1, {"one two", "", ""}},
        {"one two", 3, 6, 2, {"one", "two", ""}},
        {"one two three", 2, 5, 2, {"one", "two", ""}},
        {"one  two", 3, 4, 2, {"one", "two", ""}},
        {"abcdefgh", 3, 3, 3, {"abc", "def", "gh"}},
        {"a bcdefghijkl", 3, 9, 2, {"a bcdefgh", "ijkl", ""}},
        {"", 3, 5, 1, {"", "", ""}},
        {"none", 0, 5, 0, {"", "", ""}},
    };
    struct surface s;

    (void)state;
    surface_init(&s, 3, 20);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct rect r = {0, 0, cases[i].rows, cases[i].cols};

        surface_clear(&s);
        assert_int_equal(
            surface_put_wrapped(NULL, r, ROLE_TEXT, cases[i].text),
            cases[i].used);
        assert_int_equal(surface_put_wrapped(&s, r, ROLE_TEXT, cases[i].text),
                         cases[i].used);
        for (int row = 0; row < 3; row++) {
            char *text = surface_row_text(&s, row);

            assert_string_equal(text, cases[i].shown[row]);
            free(text);
        }
    }
    surface_release(&s);
}

static void printf_is_clipped_like_text(void **state)
{
    struct surface s;
    (void)state;
    surface_init(&s, 1, 8);
    assert_int_equal(surface_printf(&s, 0, 1, 5, ROLE_KEY, "%d/%s", 12,
                                    "running"), 5);
    expect_row(&s, 0, " 12/ru");
    expect_role(&s, 0, 1, 5, ROLE_KEY);
    expect_role(&s, 0, 6, 2, ROLE_TEXT);
    surface_release(&s);
}

static void a_rule_carries_its_title(void **state)
{
    static const struct {
        int cols;
        const char *title, *want;
    } rows[] = {
        {12, "why", "-- why -----"}, {12, NULL, "------------"},
        {12, "", "------------"},    {6, "why", "------"},
        {3, "why", "---"},           {0, "why", ""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct surface s;
        surface_init(&s, 1, 12);
        surface_rule(&s, 0, 0, rows[i].cols, ROLE_PANE, rows[i].title);
        expect_row(&s, 0, rows[i].want);
        surface_release(&s);
    }
}

/* The ends of a rule or a frame stay, however long or wide the title is. */
static void titles_never_push_out_an_edge(void **state)
{
    static const char *const titles[] = {
        "x", "title", "a title that is much too long for it",
        WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE, "x" WIDE WIDE WIDE};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(titles); i++) {
        for (int cols = 2; cols < 30; cols++) {
            struct surface s;
            surface_init(&s, 3, 40);
            surface_put(&s, 0, cols, 1, ROLE_TEXT, "!");
            surface_frame(&s, (struct rect){0, 0, 3, cols}, ROLE_DIALOG,
                          titles[i]);
            expect_whole(&s);
            assert_int_equal(surface_at(&s, 0, 0)->cp[0], '+');
            assert_int_equal(surface_at(&s, 0, cols - 1)->cp[0], '+');
            assert_int_equal(surface_at(&s, 0, cols)->cp[0], '!');
            assert_int_equal(surface_at(&s, 1, cols - 1)->cp[0], '|');
            surface_rule(&s, 2, 0, cols, ROLE_PANE, titles[i]);
            expect_whole(&s);
            assert_int_equal(surface_at(&s, 2, 0)->cp[0], '-');
            assert_int_equal(surface_at(&s, 2, cols - 1)->cp[0], '-');
            assert_int_equal(surface_at(&s, 2, cols)->cp[0], ' ');
            surface_release(&s);
        }
    }
}

static void a_frame_blanks_its_inside(void **state)
{
    struct surface s;
    (void)state;
    surface_init(&s, 4, 10);
    for (int y = 0; y < 4; y++)
        surface_put(&s, y, 0, 10, ROLE_TEXT, "xxxxxxxxxx");
    surface_frame(&s, (struct rect){0, 1, 3, 8}, ROLE_DIALOG, "t");
    expect_screen(&s, "x+- t --+x\n"
                      "x|      |x\n"
                      "x+------+x\n"
                      "xxxxxxxxxx\n");
    expect_role(&s, 1, 1, 8, ROLE_DIALOG);
    expect_role(&s, 1, 9, 1, ROLE_TEXT);
    surface_release(&s);
}

static void frames_outside_or_too_small_do_no_harm(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct surface s;
        surface_init(&s, sizes[i].rows, sizes[i].cols);
        for (int at = -3; at < 4; at++) {
            for (int n = -1; n < 5; n++) {
                surface_frame(&s, (struct rect){at, at, n, n}, ROLE_DIALOG,
                              "title");
                surface_rule(&s, at, at, n * 4, ROLE_PANE, "title");
            }
        }
        expect_whole(&s);
        surface_release(&s);
    }
}

static void resizing_blanks_and_bounds(void **state)
{
    static const struct {
        int rows, cols, want_rows, want_cols;
    } rows[] = {{2, 3, 2, 3},      {0, 0, 1, 1},       {-5, 7, 1, 7},
                {9999, 2, 2000, 2}, {2, 9999, 2, 2000}};
    struct surface s;
    (void)state;
    surface_init(&s, 1, 5);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        surface_put(&s, 0, 0, 5, ROLE_BAD, "dirty");
        s.cursor_visible = true;
        surface_resize(&s, rows[i].rows, rows[i].cols);
        assert_int_equal(s.rows, rows[i].want_rows);
        assert_int_equal(s.cols, rows[i].want_cols);
        expect_row(&s, 0, "");
        expect_role(&s, 0, 0, 1, ROLE_TEXT);
        assert_false(s.cursor_visible);
    }
    surface_release(&s);
}

static void cells_outside_read_as_blank(void **state)
{
    struct surface s;
    (void)state;
    surface_init(&s, 2, 2);
    surface_fill(&s, surface_rect(&s), ROLE_BAD);
    static const int at[][2] = {{-1, 0}, {0, -1}, {2, 0}, {0, 2}};
    for (size_t i = 0; i < ARRAY_LEN(at); i++) {
        const struct cell *c = surface_at(&s, at[i][0], at[i][1]);
        assert_int_equal(c->cp[0], ' ');
        assert_int_equal(c->role, ROLE_TEXT);
    }
    surface_release(&s);
}

static void row_text_cuts_only_trailing_blanks(void **state)
{
    struct surface s;
    (void)state;
    surface_init(&s, 2, 8);
    surface_put(&s, 0, 2, 6, ROLE_TEXT, "a b");
    expect_row(&s, 0, "  a b");
    expect_row(&s, 1, "");
    surface_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_surface_is_blank),
        cmocka_unit_test(text_is_clipped_to_field_and_surface),
        cmocka_unit_test(writing_half_of_a_wide_glyph_blanks_the_other),
        cmocka_unit_test(filling_half_of_a_wide_glyph_blanks_the_other),
        cmocka_unit_test(at_most_two_marks_join_a_glyph),
        cmocka_unit_test(a_mark_at_the_start_joins_the_piece_before),
        cmocka_unit_test(rectangles_are_clipped),
        cmocka_unit_test(painting_keeps_the_text),
        cmocka_unit_test(right_alignment_fits_the_field),
        cmocka_unit_test(wrapping_breaks_at_blanks_within_its_rows),
        cmocka_unit_test(printf_is_clipped_like_text),
        cmocka_unit_test(a_rule_carries_its_title),
        cmocka_unit_test(titles_never_push_out_an_edge),
        cmocka_unit_test(a_frame_blanks_its_inside),
        cmocka_unit_test(frames_outside_or_too_small_do_no_harm),
        cmocka_unit_test(resizing_blanks_and_bounds),
        cmocka_unit_test(cells_outside_read_as_blank),
        cmocka_unit_test(row_text_cuts_only_trailing_blanks),
    };
    return cmocka_run_group_tests(tests, use_utf8, NULL);
}
