/* render.h - helpers of the widget tests: keys by their names, screens as
 * text, roles as one letter a cell. */
#ifndef ECSDASH_TESTS_TUI_RENDER_H
#define ECSDASH_TESTS_TUI_RENDER_H

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/strbuf.h"
#include "keymaps/keymap.h"
#include "keymaps/keyspec.h"
#include "tui/surface.h"

/* Sizes that every widget must survive. */
static const struct {
    int rows, cols;
} sizes[] = {{1, 1}, {1, 80}, {24, 1}, {2, 2}, {3, 10},
             {8, 40}, {24, 80}, {60, 200}};

static inline int use_utf8(void **state)
{
    (void)state;
    return setlocale(LC_CTYPE, "C.UTF-8") ? 0 : -1;
}

static inline struct key key_of(const char *spec)
{
    struct key k = {0};

    assert_int_equal(keyspec_parse(spec, &k, NULL), 0);
    return k;
}

/* All rows, each ended by a newline, trailing blanks cut. */
static inline void expect_screen(const struct surface *s, const char *want)
{
    struct strbuf got = STRBUF_INIT;

    for (int row = 0; row < s->rows; row++) {
        char *text = surface_row_text(s, row);

        strbuf_printf(&got, "%s\n", text);
        free(text);
    }
    assert_string_equal(strbuf_get(&got), want);
    strbuf_release(&got);
}

static inline void expect_row(const struct surface *s, int row,
                              const char *want)
{
    char *text = surface_row_text(s, row);

    assert_string_equal(text, want);
    free(text);
}

/* Cells [col, col+n) of a row all have the role. */
static inline void expect_role(const struct surface *s, int row, int col,
                               int n, enum role role)
{
    for (int i = 0; i < n; i++) {
        const struct cell *c = surface_at(s, row, col + i);

        assert_non_null(c);
        if (c->role != role) {
            fail_msg("row %d col %d has role %s, not %s", row, col + i,
                     theme_role_name((enum role)c->role),
                     theme_role_name(role));
        }
    }
}

/* Every cell of the surface is a whole glyph or the tail of one. */
static inline void expect_whole(const struct surface *s)
{
    for (int row = 0; row < s->rows; row++) {
        for (int col = 0; col < s->cols; col++) {
            const struct cell *c = surface_at(s, row, col);

            if (c->width == 0) {
                assert_true(col > 0);
                assert_int_equal(surface_at(s, row, col - 1)->width, 2);
            } else if (c->width == 2) {
                assert_true(col + 1 < s->cols);
            }
        }
    }
}

#endif
