#define _XOPEN_SOURCE_EXTENDED 1
#include "tui/flush.h"

#include "backend/base/mem.h"

#include <curses.h>
#include <string.h>
#include <wchar.h>

void flush_init(struct flush *f, int colors, bool utf8)
{
    *f = (struct flush){.colors = colors, .utf8 = utf8, .n_pairs = 1};
    f->pairs[0].fg = f->pairs[0].bg = -1;
}

/* The pair of two colours, made when first needed. When all are taken the
 * default one serves: the words still say everything. */
static short pair_of(struct flush *f, int32_t fg, int32_t bg)
{
    short a = (short)theme_fit_color(fg, f->colors);
    short b = (short)theme_fit_color(bg, f->colors);
    int limit = COLOR_PAIRS < (int)ARRAY_LEN(f->pairs)
                    ? COLOR_PAIRS
                    : (int)ARRAY_LEN(f->pairs);
    if (a < 0 && b < 0)
        return 0;
    for (int i = 1; i < f->n_pairs; i++)
        if (f->pairs[i].fg == a && f->pairs[i].bg == b)
            return (short)i;
    if (f->n_pairs >= limit ||
        init_pair((short)f->n_pairs, a, b) == ERR)
        return 0;
    f->pairs[f->n_pairs].fg = a;
    f->pairs[f->n_pairs].bg = b;
    return (short)f->n_pairs++;
}

static attr_t attrs_of(uint8_t attrs)
{
    attr_t a = A_NORMAL;
    if (attrs & ATTR_BOLD)
        a |= A_BOLD;
    if (attrs & ATTR_DIM)
        a |= A_DIM;
    if (attrs & ATTR_REVERSE)
        a |= A_REVERSE;
    if (attrs & ATTR_UNDERLINE)
        a |= A_UNDERLINE;
    if (attrs & ATTR_ITALIC)
        a |= A_ITALIC;
    return a;
}

static void put_cell(struct flush *f, int row, int col, const struct cell *c,
                     const struct theme *th)
{
    const struct theme_style *style = &th->roles[c->role];
    wchar_t text[CCHARW_MAX + 1] = {0};
    cchar_t cc;
    short pair = 0;
    int n = 0;
    for (int i = 0; i < 3 && c->cp[i]; i++)
        text[n++] = (wchar_t)c->cp[i];
    if (!f->utf8 && text[0] > 0x7e) {
        text[0] = L'?';
        text[1] = L'\0';
    }
    if (f->colors > 0)
        pair = pair_of(f, c->fg >= 0 ? c->fg : style->fg,
                       c->bg >= 0 ? c->bg : style->bg);
    if (setcchar(&cc, text, attrs_of(style->attrs | c->attrs), pair, NULL) ==
        OK)
        mvadd_wch(row, col, &cc);
    if (!f->utf8 && c->width == 2)
        mvaddch(row, col + 1, '?');
}

/* Blanks without looks are what erase() has left. */
static bool is_blank(const struct cell *c, const struct theme *th)
{
    return c->cp[0] == ' ' && !c->cp[1] && c->attrs == 0 && c->bg < 0 &&
           th->roles[c->role].bg < 0 &&
           !(th->roles[c->role].attrs & (ATTR_REVERSE | ATTR_UNDERLINE));
}

/* A single blank between two cells of the same look is sent with that look: to
 * change it for the blank and back costs more bytes than words are long. */
static bool joins(const struct surface *s, int y, int x,
                  const struct theme *th)
{
    const struct cell *c = &s->cells[y * s->cols + x];
    if (x == 0 || x + 1 >= s->cols || c[-1].width != 1)
        return false;
    return c[-1].role == c[1].role && c[-1].fg == c[1].fg &&
           c[-1].bg < 0 && c[1].bg < 0 && c[-1].attrs == c[1].attrs &&
           th->roles[c[1].role].bg < 0 &&
           !((c[1].attrs | th->roles[c[1].role].attrs) &
             (ATTR_REVERSE | ATTR_UNDERLINE)) &&
           !is_blank(c - 1, th) && !is_blank(c + 1, th);
}

void flush_surface(struct flush *f, const struct surface *s,
                   const struct theme *th)
{
    erase();
    for (int y = 0; y < s->rows && y < LINES; y++) {
        for (int x = 0; x < s->cols && x < COLS; x++) {
            const struct cell *c = &s->cells[y * s->cols + x];
            if (c->width == 0)
                continue; /* the tail of a wide glyph */
            if (is_blank(c, th)) {
                if (!joins(s, y, x, th))
                    continue;
                struct cell blank = c[-1];
                blank.cp[0] = ' ';
                blank.cp[1] = 0;
                put_cell(f, y, x, &blank, th);
                continue;
            }
            put_cell(f, y, x, c, th);
        }
    }
    int row = s->cursor_row < LINES ? s->cursor_row : LINES - 1;
    int col = s->cursor_col < COLS ? s->cursor_col : COLS - 1;
    curs_set(s->cursor_visible ? 1 : 0);
    move(row < 0 ? 0 : row, col < 0 ? 0 : col);
}
