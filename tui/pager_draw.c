/* pager_draw.c - lines with spans and hits onto a surface. */
#include "tui/pager.h"

#include <string.h>

#include "backend/base/utf8.h"

/* Where one screen row of a line stands. */
struct row_place {
    struct surface *s;
    int row, col, cols;
    size_t from, to; /* bytes of the line that it shows */
};

/* The part of [start, start+len) inside the row, as a rectangle. */
static bool clip(const struct row_place *at, const struct text_line *line,
                 size_t start, size_t len, struct rect *out)
{
    size_t end = start + len;
    int left, right;

    start = start > at->from ? start : at->from;
    end = end < at->to ? end : at->to;
    if (start >= end) {
        return false;
    }
    left = utf8_width(line->text + at->from, start - at->from);
    right = utf8_width(line->text + at->from, end - at->from);
    if (left >= at->cols) {
        return false;
    }
    right = right < at->cols ? right : at->cols;
    *out = (struct rect){at->row, at->col + left, 1, right - left};
    return true;
}

static void color_cells(struct surface *s, struct rect r,
                        const struct text_span *span)
{
    if (span->fg < 0 && span->bg < 0) {
        return;
    }
    for (int col = r.col; col < r.col + r.cols; col++) {
        struct cell *c;

        if (r.row < 0 || r.row >= s->rows || col < 0 || col >= s->cols) {
            continue;
        }
        c = &s->cells[(size_t)r.row * (size_t)s->cols + (size_t)col];
        c->fg = span->fg;
        c->bg = span->bg;
    }
}

static void paint_row(const struct row_place *at, const struct text_line *line,
                      const struct matcher *match, bool current)
{
    struct match_range hit;
    struct rect r;
    size_t from = 0;

    for (size_t i = 0; i < line->n_spans; i++) {
        const struct text_span *span = &line->spans[i];

        if (clip(at, line, span->start, span->len, &r)) {
            surface_paint(at->s, r, span->role);
            surface_add_attrs(at->s, r, span->attrs);
            color_cells(at->s, r, span);
        }
    }
    while (from < at->to &&
           matcher_find(match, line->text, line->len, from, &hit)) {
        static const struct text_span plain = {.fg = -1, .bg = -1};

        if (clip(at, line, hit.start, hit.len, &r)) {
            surface_paint(at->s, r, ROLE_MATCH);
            surface_add_attrs(at->s, r, current ? ATTR_UNDERLINE : 0);
            color_cells(at->s, r, &plain);
        }
        from = hit.start + hit.len;
    }
}

static void draw_part(const struct row_place *at, const struct text_line *line,
                      const struct matcher *match, bool current)
{
    struct rect r = {at->row, at->col, 1, at->cols};

    surface_fill(at->s, r, line->role);
    surface_putn(at->s, at->row, at->col, at->cols, line->role,
                 line->text + at->from, at->to - at->from);
    paint_row(at, line, match, current);
}

/* Not wrapped: the row begins `left` columns into the line. A wide glyph cut
 * by the left edge leaves a blank. */
static void draw_cut(struct row_place at, const struct text_line *line,
                     int left, const struct matcher *match, bool current)
{
    int used = 0;

    at.from = utf8_fit(line->text, line->len, left, &used);
    if (used < left && at.from < line->len) {
        uint32_t cp;

        at.from += utf8_decode(line->text + at.from, line->len - at.from, &cp);
        surface_fill(at.s, (struct rect){at.row, at.col, 1, 1}, line->role);
        at.col++;
        at.cols--;
    }
    /* No further than the edge: a line may have 100 kB. */
    at.to = at.from + utf8_fit(line->text + at.from, line->len - at.from,
                               at.cols, NULL);
    draw_part(&at, line, match, current);
}

/* The rows of a line from at->row on, above end, without the first *skip. */
static void draw_wrapped(struct row_place *at, const struct text_line *line,
                         int *skip, int end, const struct matcher *match,
                         bool current)
{
    at->from = 0;
    do {
        struct row_place row = *at;
        int indent;

        row.to = at->from + pager_row(line, at->from, at->cols, &indent);
        row.col += indent;
        row.cols -= indent;
        if (*skip > 0) {
            --*skip;
        } else {
            draw_part(&row, line, match, current);
            at->row++;
        }
        at->from = row.to;
    } while (at->from < line->len && at->row < end);
}

void pager_draw(const struct pager *p, const struct pager_source *src,
                const struct matcher *match, struct surface *s, struct rect r)
{
    int end = r.row + r.rows;
    int skip = p->top_sub;
    struct row_place at = {.s = s, .row = r.row, .col = r.col, .cols = r.cols};

    if (r.rows < 1 || r.cols < 1) {
        return;
    }
    surface_fill(s, r, ROLE_TEXT);
    for (size_t i = p->top; i < src->n_lines && at.row < end; i++) {
        struct text_line line = {.text = ""};
        bool current = p->has_hit && p->hit == i;

        src->line(src->ctx, i, &line);
        if (p->wrap) {
            draw_wrapped(&at, &line, &skip, end, match, current);
        } else if (skip > 0) {
            skip--;
        } else {
            draw_cut(at, &line, p->left, match, current);
            at.row++;
        }
        if (at.row < end && pager_has_break(src, i)) {
            surface_put(s, at.row++, r.col, r.cols, ROLE_MUTED, "--");
        }
        skip = 0;
    }
}
