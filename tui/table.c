#include "tui/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "backend/base/utf8.h"

void table_init(struct table_widget *t)
{
    *t = (struct table_widget){0};
}

void table_release(struct table_widget *t)
{
    free(t->key);
    table_init(t);
}

static const char *row_key(const struct table_source *src, size_t row)
{
    struct table_row info = {0};

    src->row(src->ctx, row, &info);
    return info.key ? info.key : "";
}

static size_t find_key(const struct table_source *src, const char *key)
{
    if (src->find) {
        return src->find(src->ctx, key);
    }
    for (size_t i = 0; i < src->n_rows; i++) {
        if (strcmp(row_key(src, i), key) == 0) {
            return i;
        }
    }
    return src->n_rows;
}

static void hold_row(struct table_widget *t, const struct table_source *src,
                     size_t row)
{
    const char *key = row_key(src, row);

    t->cursor = row;
    if (!t->key || strcmp(t->key, key) != 0) {
        char *copy = xstrdup(key);

        free(t->key);
        t->key = copy;
    }
}

/* No empty lines at the end while there are rows above, cursor on screen. */
static void clamp_top(struct table_widget *t, const struct table_source *src)
{
    size_t page = t->page ? t->page : 1;

    if (t->top + page > src->n_rows) {
        t->top = src->n_rows > page ? src->n_rows - page : 0;
    }
    if (t->cursor < t->top) {
        t->top = t->cursor;
    }
    if (t->cursor >= t->top + page) {
        t->top = t->cursor - page + 1;
    }
}

void table_sync(struct table_widget *t, const struct table_source *src,
                int rows)
{
    size_t row = 0;

    /* One line shows the row that matters rather than the titles. */
    t->page = rows > 1 ? (size_t)rows - 1 : rows == 1 ? 1 : 0;
    t->empty = src->n_rows == 0;
    if (t->empty) {
        /* Rows may come back (a filter that is being typed): keep the key. */
        t->top = 0;
        return;
    }
    if (t->touched && t->key) {
        row = find_key(src, t->key);
        if (row >= src->n_rows) {
            row = t->cursor < src->n_rows ? t->cursor : src->n_rows - 1;
        } else if (row >= t->cursor - t->top) {
            /* Rows came or went above: stay on the same screen line. */
            t->top = row - (t->cursor - t->top);
        } else {
            t->top = 0;
        }
    } else {
        t->top = 0;
    }
    hold_row(t, src, row);
    clamp_top(t, src);
}

static void move_by(struct table_widget *t, const struct table_source *src,
                    bool down, size_t by, bool scroll)
{
    size_t last = src->n_rows - 1;
    size_t to;

    if (down) {
        to = last - t->cursor < by ? last : t->cursor + by;
        t->top += scroll ? to - t->cursor : 0;
    } else {
        to = t->cursor < by ? 0 : t->cursor - by;
        if (scroll) {
            t->top -= t->top < t->cursor - to ? t->top : t->cursor - to;
        }
    }
    hold_row(t, src, to);
    clamp_top(t, src);
}

static void scroll_sideways(struct table_widget *t,
                            const struct table_source *src, bool right)
{
    size_t loose = 0;

    for (size_t i = 0; i < src->n_cols && i < TABLE_MAX_COLS; i++) {
        loose += !src->cols[i].fixed;
    }
    if (!right && t->skip > 0) {
        t->skip--;
    } else if (right && t->skip + 1 < loose) {
        t->skip++;
    }
}

bool table_act(struct table_widget *t, const struct table_source *src,
               enum action_id action)
{
    size_t page = t->page ? t->page : 1;
    size_t half = page > 1 ? page / 2 : 1;

    if (action == ACTION_LEFT || action == ACTION_RIGHT) {
        scroll_sideways(t, src, action == ACTION_RIGHT);
        return true;
    }
    if (action < ACTION_DOWN || action > ACTION_BOTTOM) {
        return false;
    }
    if (src->n_rows == 0) {
        return true;
    }
    if (t->cursor >= src->n_rows) {
        t->cursor = src->n_rows - 1;
    }
    t->touched = true;
    switch (action) {
    case ACTION_DOWN:
    case ACTION_UP:
        move_by(t, src, action == ACTION_DOWN, 1, false);
        break;
    case ACTION_PAGE_DOWN:
    case ACTION_PAGE_UP:
        move_by(t, src, action == ACTION_PAGE_DOWN, page, true);
        break;
    case ACTION_HALF_DOWN:
    case ACTION_HALF_UP:
        move_by(t, src, action == ACTION_HALF_DOWN, half, true);
        break;
    default:
        move_by(t, src, action == ACTION_BOTTOM, src->n_rows, false);
        break;
    }
    return true;
}

const char *table_key(const struct table_widget *t)
{
    return t->empty ? NULL : t->key;
}

/* Highlight hits in text as it stands on screen (after cutting). */
static void paint_hits(struct surface *s, int row, int col, const char *text,
                       const struct matcher *match, bool selected)
{
    struct match_range hit;
    size_t n = strlen(text);
    size_t from = 0;

    while (matcher_find(match, text, n, from, &hit)) {
        struct rect r = {
            .row = row,
            .col = col + utf8_width(text, hit.start),
            .rows = 1,
            .cols = utf8_width(text + hit.start, hit.len),
        };

        if (selected) {
            surface_add_attrs(s, r, ATTR_BOLD | ATTR_UNDERLINE);
        } else {
            surface_paint(s, r, ROLE_MATCH);
        }
        from = hit.start + hit.len;
    }
}

static void draw_text(struct surface *s, int row, int col, int cols,
                      const struct table_column *c, enum role role,
                      const char *text, const struct matcher *match,
                      bool selected)
{
    struct strbuf cut = STRBUF_INIT;
    const char *shown = text;
    int width = utf8_width(text, strlen(text));

    if (width > cols) {
        if (c->cut_middle) {
            utf8_put_middle(&cut, text, cols);
        } else {
            utf8_put_end(&cut, text, cols);
        }
        shown = strbuf_get(&cut);
        width = utf8_width(shown, cut.len);
    }
    if (c->align == TABLE_RIGHT && width < cols) {
        col += cols - width;
        cols = width;
    }
    surface_put(s, row, col, cols, role, shown);
    if (match) {
        paint_hits(s, row, col, shown, match, selected);
    }
    strbuf_release(&cut);
}

static void draw_titles(const struct table_source *src, const int *widths,
                        size_t n, struct surface *s, struct rect r)
{
    int col = TABLE_GUTTER;

    surface_fill(s, (struct rect){r.row, r.col, 1, r.cols}, ROLE_COLUMN);
    for (size_t i = 0; i < n; i++) {
        if (widths[i] > 0) {
            draw_text(s, r.row, r.col + col, widths[i], &src->cols[i],
                      ROLE_COLUMN, src->cols[i].title, NULL, false);
            col += widths[i] + 1;
        }
    }
}

static void draw_row(const struct table_source *src, size_t row,
                     const int *widths, size_t n, bool selected,
                     const struct matcher *match, struct surface *s,
                     struct rect line)
{
    struct table_row info = {0};
    int col = TABLE_GUTTER;

    src->row(src->ctx, row, &info);
    surface_fill(s, line, selected ? ROLE_CURSOR : ROLE_TEXT);
    if (selected && line.cols > 0) {
        surface_put(s, line.row, line.col, 1, ROLE_CURSOR, ">");
        s->cursor_row = line.row;
        s->cursor_col = line.col;
    }
    if ((info.marked || info.changed) && line.cols > 1) {
        enum role sign = info.marked ? ROLE_MARK : ROLE_CHANGED;

        surface_put(s, line.row, line.col + 1, 1,
                    selected ? ROLE_CURSOR : sign, info.marked ? "*" : "~");
    }
    for (size_t i = 0; i < n; i++) {
        struct table_cell cell;

        if (widths[i] == 0) {
            continue;
        }
        cell.text = "";
        cell.role = ROLE_TEXT;
        src->cell(src->ctx, row, i, &cell);
        draw_text(s, line.row, line.col + col, widths[i], &src->cols[i],
                  selected      ? ROLE_CURSOR
                  : info.dimmed ? ROLE_OFF
                                : cell.role,
                  cell.text ? cell.text : "", match, selected);
        col += widths[i] + 1;
    }
}

void table_draw(const struct table_widget *t, const struct table_source *src,
                const struct matcher *match, struct surface *s, struct rect r)
{
    int widths[TABLE_MAX_COLS];
    size_t n = src->n_cols < TABLE_MAX_COLS ? src->n_cols : TABLE_MAX_COLS;
    struct rect line = {r.row, r.col, 1, r.cols};
    int end = r.row + r.rows;

    if (r.rows < 1 || r.cols < 1) {
        return;
    }
    table_layout(src->cols, n, t->skip, r.cols, widths);
    surface_fill(s, r, ROLE_TEXT);
    if (r.rows > 1) {
        draw_titles(src, widths, n, s, r);
        line.row++;
    }
    for (size_t row = t->top; row < src->n_rows && line.row < end; row++) {
        draw_row(src, row, widths, n, row == t->cursor, match, s, line);
        line.row++;
    }
}

const char *table_position(const struct table_widget *t,
                           const struct table_source *src, char out[64])
{
    size_t page = t->page ? t->page : 1;
    size_t last = t->top + page < src->n_rows ? t->top + page : src->n_rows;

    if (src->n_rows == 0) {
        snprintf(out, 64, "no rows");
    } else {
        snprintf(out, 64, "rows %zu-%zu of %zu%s%s%s", t->top + 1, last,
                 src->n_rows, t->top > 0 || last < src->n_rows ? " " : "",
                 t->top > 0 ? "^" : "", last < src->n_rows ? "v" : "");
    }
    return out;
}
