#include "tui/surface.h"

#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "backend/base/utf8.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static struct cell blank(enum role role)
{
    return (struct cell){
        .cp = {' '}, .role = (uint8_t)role, .width = 1, .fg = -1, .bg = -1};
}

void surface_init(struct surface *s, int rows, int cols)
{
    *s = (struct surface){0};
    surface_resize(s, rows, cols);
}

void surface_release(struct surface *s)
{
    free(s->cells);
    *s = (struct surface){0};
}

void surface_resize(struct surface *s, int rows, int cols)
{
    rows = rows < 1 ? 1 : rows > 2000 ? 2000 : rows;
    cols = cols < 1 ? 1 : cols > 2000 ? 2000 : cols;
    free(s->cells);
    s->cells = xcalloc((size_t)rows * (size_t)cols, sizeof(*s->cells));
    s->rows = rows;
    s->cols = cols;
    surface_clear(s);
}

void surface_clear(struct surface *s)
{
    for (int i = 0; i < s->rows * s->cols; i++)
        s->cells[i] = blank(ROLE_TEXT);
    s->cursor_row = s->cursor_col = 0;
    s->cursor_visible = false;
}

struct rect surface_rect(const struct surface *s)
{
    return (struct rect){0, 0, s->rows, s->cols};
}

const struct cell *surface_at(const struct surface *s, int row, int col)
{
    static const struct cell none = {.cp = {' '}, .width = 1, .fg = -1,
                                     .bg = -1};
    if (row < 0 || col < 0 || row >= s->rows || col >= s->cols)
        return &none;
    return &s->cells[row * s->cols + col];
}

/* The part of r that is on the surface. */
static struct rect clip(const struct surface *s, struct rect r)
{
    if (r.row < 0) {
        r.rows += r.row;
        r.row = 0;
    }
    if (r.col < 0) {
        r.cols += r.col;
        r.col = 0;
    }
    if (r.rows > s->rows - r.row)
        r.rows = s->rows - r.row;
    if (r.cols > s->cols - r.col)
        r.cols = s->cols - r.col;
    return r;
}

/* Writing over one half of a wide glyph blanks the other half. */
static void mend(struct surface *s, int row, int col)
{
    struct cell *c = &s->cells[row * s->cols + col];
    if (c->width == 0 && col > 0) {
        enum role role = (enum role)c[-1].role;
        c[-1] = blank(role);
    }
    if (c->width == 2 && col + 1 < s->cols) {
        enum role role = (enum role)c[1].role;
        c[1] = blank(role);
    }
}

void surface_fill(struct surface *s, struct rect r, enum role role)
{
    r = clip(s, r);
    for (int y = r.row; y < r.row + r.rows; y++) {
        for (int x = r.col; x < r.col + r.cols; x++) {
            mend(s, y, x);
            s->cells[y * s->cols + x] = blank(role);
        }
    }
}

/* One code point at (row, col); returns its columns. */
static int put_cp(struct surface *s, int row, int col, int room,
                  enum role role, uint32_t cp)
{
    int w = utf8_cp_width(cp);
    if (cp == '\t')
        cp = ' ', w = 1;
    if (w < 0)
        cp = 0xfffd, w = 1;
    if (w == 0) { /* joins the glyph before it, where there is one */
        struct cell *c = col > 0 ? &s->cells[row * s->cols + col - 1] : NULL;
        if (c && c->width == 0 && col > 1)
            c--;
        if (c && c->cp[0] != ' ' && !c->cp[2])
            c->cp[c->cp[1] ? 2 : 1] = cp;
        return 0;
    }
    if (w > room)
        return -1;
    struct cell *c = &s->cells[row * s->cols + col];
    mend(s, row, col);
    if (w == 2)
        mend(s, row, col + 1);
    *c = blank(role);
    c->cp[0] = cp;
    c->width = (uint8_t)w;
    if (w == 2) {
        c[1] = blank(role);
        c[1].cp[0] = 0;
        c[1].width = 0;
    }
    return w;
}

int surface_putn(struct surface *s, int row, int col, int cols,
                 enum role role, const char *text, size_t n)
{
    int used = 0;
    if (row < 0 || row >= s->rows || col < 0 || col >= s->cols || !text)
        return 0;
    if (cols > s->cols - col)
        cols = s->cols - col;
    for (size_t i = 0; i < n;) {
        uint32_t cp;
        i += utf8_decode(text + i, n - i, &cp);
        int w = put_cp(s, row, col + used, cols - used, role, cp);
        if (w < 0)
            break;
        used += w;
    }
    return used;
}

int surface_put(struct surface *s, int row, int col, int cols, enum role role,
                const char *text)
{
    return text ? surface_putn(s, row, col, cols, role, text, strlen(text))
                : 0;
}

int surface_printf(struct surface *s, int row, int col, int cols,
                   enum role role, const char *fmt, ...)
{
    struct strbuf b = STRBUF_INIT;
    va_list ap;
    va_start(ap, fmt);
    strbuf_vprintf(&b, fmt, ap);
    va_end(ap);
    int used = surface_put(s, row, col, cols, role, strbuf_get(&b));
    strbuf_release(&b);
    return used;
}

int surface_put_right(struct surface *s, int row, int col, int cols,
                      enum role role, const char *text)
{
    int w = utf8_width(text, strlen(text));
    if (w > cols)
        w = cols;
    return surface_put(s, row, col + cols - w, w, role, text);
}

int surface_put_wrapped(struct surface *s, struct rect r, enum role role,
                        const char *text)
{
    int rows = 0;
    if (r.rows < 1)
        return 0;
    do {
        size_t n = utf8_row(text, strlen(text), r.cols);
        if (s)
            surface_putn(s, r.row + rows, r.col, r.cols, role, text, n);
        rows++;
        text += n;
        text += strspn(text, " ");
    } while (*text && rows < r.rows);
    return rows;
}

void surface_paint(struct surface *s, struct rect r, enum role role)
{
    r = clip(s, r);
    for (int y = r.row; y < r.row + r.rows; y++)
        for (int x = r.col; x < r.col + r.cols; x++)
            s->cells[y * s->cols + x].role = (uint8_t)role;
}

void surface_add_attrs(struct surface *s, struct rect r, uint8_t attrs)
{
    r = clip(s, r);
    for (int y = r.row; y < r.row + r.rows; y++)
        for (int x = r.col; x < r.col + r.cols; x++)
            s->cells[y * s->cols + x].attrs |= attrs;
}

void surface_rule(struct surface *s, int row, int col, int cols,
                  enum role role, const char *title)
{
    for (int i = 0; i < cols; i++)
        surface_put(s, row, col + i, 1, role, "-");
    if (title && *title && cols > 6) {
        int used = surface_printf(s, row, col + 2, cols - 4, role, " %s",
                                  title);
        surface_put(s, row, col + 2 + used, 1, role, " ");
    }
}

void surface_frame(struct surface *s, struct rect r, enum role role,
                   const char *title)
{
    surface_fill(s, r, role);
    if (r.rows < 2 || r.cols < 2)
        return;
    for (int x = 0; x < r.cols; x++) {
        const char *c = x == 0 || x == r.cols - 1 ? "+" : "-";
        surface_put(s, r.row, r.col + x, 1, role, c);
        surface_put(s, r.row + r.rows - 1, r.col + x, 1, role, c);
    }
    for (int y = 1; y < r.rows - 1; y++) {
        surface_put(s, r.row + y, r.col, 1, role, "|");
        surface_put(s, r.row + y, r.col + r.cols - 1, 1, role, "|");
    }
    if (title && *title && r.cols > 6) {
        int used = surface_printf(s, r.row, r.col + 2, r.cols - 4, role,
                                  " %s", title);
        surface_put(s, r.row, r.col + 2 + used, 1, role, " ");
    }
}

char *surface_row_text(const struct surface *s, int row)
{
    struct strbuf b = STRBUF_INIT;
    for (int x = 0; x < s->cols; x++) {
        const struct cell *c = surface_at(s, row, x);
        for (int i = 0; i < 3 && c->cp[i]; i++) {
            char out[4];
            strbuf_append(&b, out, utf8_encode(c->cp[i], out));
        }
    }
    while (b.len && b.data[b.len - 1] == ' ')
        b.data[--b.len] = '\0';
    return strbuf_detach(&b);
}
