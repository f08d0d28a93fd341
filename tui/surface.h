/* surface.h - a grid of cells that widgets draw on; no terminal involved.
 *
 * Draw code is pure: model, size and theme in, surface out. Text given to
 * surface_put* is sanitised again here (last line of defence) and clipped to
 * the rectangle; wide glyphs never straddle an edge. A cell carries a role
 * (looked up in the theme at flush) plus extra attributes. */
#ifndef ECSDASH_TUI_SURFACE_H
#define ECSDASH_TUI_SURFACE_H

#include "themes/theme.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One screen cell. A wide glyph fills a cell and marks the next as a tail. */
struct cell {
    uint32_t cp[3];  /* code point and up to two combining ones; 0 ends.
                        cp[0] == 0 is the tail of a wide glyph */
    uint8_t role;    /* enum role */
    uint8_t attrs;   /* ATTR_* added to the role's */
    uint8_t width;   /* 1 or 2; 0 for a tail */
    int16_t fg, bg;  /* application colours (log SGR): -1 = the role's */
};

struct surface {
    int rows, cols;
    struct cell *cells;          /* rows * cols */
    int cursor_row, cursor_col;  /* where the terminal cursor parks */
    bool cursor_visible;
};

struct rect {
    int row, col, rows, cols;
};

void surface_init(struct surface *s, int rows, int cols); /* blank */
void surface_release(struct surface *s);
void surface_resize(struct surface *s, int rows, int cols); /* blanks */
void surface_clear(struct surface *s); /* blanks with ROLE_TEXT */
struct rect surface_rect(const struct surface *s);
const struct cell *surface_at(const struct surface *s, int row, int col);

/* Fill a rectangle with blanks of a role. */
void surface_fill(struct surface *s, struct rect r, enum role role);
/* Put text at (row, col) of the surface, at most `cols` columns, one line.
 * Returns the columns used. Does not pad. */
int surface_put(struct surface *s, int row, int col, int cols, enum role role,
                const char *text);
int surface_putn(struct surface *s, int row, int col, int cols, enum role role,
                 const char *text, size_t n);
int surface_printf(struct surface *s, int row, int col, int cols,
                   enum role role, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));
/* Right-aligned within cols; the rest of the field is left alone. */
int surface_put_right(struct surface *s, int row, int col, int cols,
                      enum role role, const char *text);
/* Wrapped at blanks into r, from its top; a word is broken only where the row
 * would be left emptier than a third. What needs more than r.rows is cut.
 * Returns the rows used; s NULL only counts. */
int surface_put_wrapped(struct surface *s, struct rect r, enum role role,
                        const char *text);
/* Change role / add attributes of cells already drawn. */
void surface_paint(struct surface *s, struct rect r, enum role role);
void surface_add_attrs(struct surface *s, struct rect r, uint8_t attrs);
/* A horizontal rule with a title: `-- title ----` (ASCII by default). */
void surface_rule(struct surface *s, int row, int col, int cols,
                  enum role role, const char *title);
/* A frame of + - | around r with an optional title; inside is blanked. */
void surface_frame(struct surface *s, struct rect r, enum role role,
                   const char *title);
/* Row r as UTF-8 text with trailing blanks cut; heap, caller frees. For tests,
 * :dump and --keep-screen. */
char *surface_row_text(const struct surface *s, int row);

#endif
