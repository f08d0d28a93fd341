#include "tui/pager.h"

#include <stdio.h>
#include <string.h>

#include "backend/base/utf8.h"

#define SIDE_STEP 8

void pager_init(struct pager *p)
{
    *p = (struct pager){0};
}

static struct text_line get_line(const struct pager_source *src, size_t i)
{
    struct text_line line = {.text = ""};

    src->line(src->ctx, i, &line);
    return line;
}

bool pager_has_break(const struct pager_source *src, size_t i)
{
    return src->break_below && i + 1 < src->n_lines &&
           src->break_below(src->ctx, i);
}

size_t pager_row(const struct text_line *line, size_t from, int cols,
                 int *indent)
{
    *indent = from > 0 && line->hang * 2 <= cols ? line->hang : 0;
    return utf8_row(line->text + from, line->len - from, cols - *indent);
}

static int line_rows(const struct pager *p, const struct pager_source *src,
                     size_t i)
{
    struct text_line line;
    int rows = pager_has_break(src, i), indent;
    size_t from = 0;

    if (!p->wrap || p->cols < 1) {
        return 1 + rows;
    }
    line = get_line(src, i);
    do {
        from += pager_row(&line, from, p->cols, &indent);
        rows++;
    } while (from < line.len);
    return rows;
}

/* The position at which the last line ends on the last row. */
static void end_position(const struct pager *p, const struct pager_source *src,
                         size_t *top, int *sub)
{
    int room = p->rows > 0 ? p->rows : 1;
    size_t i = src->n_lines;

    while (i > 0 && room > 0) {
        room -= line_rows(p, src, --i);
    }
    *top = i;
    *sub = room < 0 ? -room : 0;
}

static bool beyond(size_t top, int sub, size_t end_top, int end_sub)
{
    return top > end_top || (top == end_top && sub > end_sub);
}

/* Never past the end; true when that is where it stands. */
static bool clamp_end(struct pager *p, const struct pager_source *src)
{
    size_t top;
    int sub;

    end_position(p, src, &top, &sub);
    if (beyond(p->top, p->top_sub, top, sub)) {
        p->top = top;
        p->top_sub = sub;
    }
    return p->top == top && p->top_sub == sub;
}

void pager_sync(struct pager *p, const struct pager_source *src, int rows,
                int cols)
{
    p->rows = rows;
    p->cols = cols;
    if (p->wrap) {
        p->left = 0;
    }
    if (p->top < src->n_lines) {
        int in_line = line_rows(p, src, p->top);

        if (p->top_sub >= in_line) {
            p->top_sub = in_line - 1;
        }
    }
    if (p->has_hit && p->hit >= src->n_lines) {
        p->has_hit = false;
    }
    if (p->follow) {
        end_position(p, src, &p->top, &p->top_sub);
    } else {
        clamp_end(p, src);
    }
}

static void scroll_down(struct pager *p, const struct pager_source *src,
                        int by)
{
    while (by > 0 && p->top < src->n_lines) {
        int rest = line_rows(p, src, p->top) - p->top_sub;

        if (by < rest) {
            p->top_sub += by;
            break;
        }
        by -= rest;
        p->top++;
        p->top_sub = 0;
    }
    clamp_end(p, src);
}

static void scroll_up(struct pager *p, const struct pager_source *src, int by)
{
    p->follow = false;
    while (by > 0) {
        if (by <= p->top_sub) {
            p->top_sub -= by;
            return;
        }
        by -= p->top_sub;
        p->top_sub = 0;
        if (p->top == 0) {
            return;
        }
        p->top--;
        /* One past its last row: the loop counts back from there. */
        p->top_sub = line_rows(p, src, p->top);
    }
}

static void go_bottom(struct pager *p, const struct pager_source *src,
                      bool follow)
{
    end_position(p, src, &p->top, &p->top_sub);
    p->follow = follow;
}

bool pager_act(struct pager *p, const struct pager_source *src,
               enum action_id action, bool follow_at_end)
{
    int page = p->rows > 1 ? p->rows - 1 : 1;
    int half = p->rows > 3 ? p->rows / 2 : 1;

    switch (action) {
    case ACTION_DOWN:
        scroll_down(p, src, 1);
        return true;
    case ACTION_UP:
        scroll_up(p, src, 1);
        return true;
    case ACTION_PAGE_DOWN:
        scroll_down(p, src, page);
        return true;
    case ACTION_PAGE_UP:
        scroll_up(p, src, page);
        return true;
    case ACTION_HALF_DOWN:
        scroll_down(p, src, half);
        return true;
    case ACTION_HALF_UP:
        scroll_up(p, src, half);
        return true;
    case ACTION_TOP:
        p->top = 0;
        p->top_sub = 0;
        p->left = 0;
        p->follow = false;
        return true;
    case ACTION_BOTTOM:
        go_bottom(p, src, follow_at_end);
        return true;
    case ACTION_LEFT:
        p->left -= p->left < SIDE_STEP ? p->left : SIDE_STEP;
        return true;
    case ACTION_RIGHT:
        p->left += p->wrap || p->left > 1 << 20 ? 0 : SIDE_STEP;
        return true;
    case ACTION_WRAP:
        p->wrap = !p->wrap;
        p->left = 0;
        p->top_sub = 0;
        return true;
    default:
        return false;
    }
}

bool pager_at_end(const struct pager *p, const struct pager_source *src)
{
    size_t top;
    int sub;

    end_position(p, src, &top, &sub);
    return !beyond(top, sub, p->top, p->top_sub);
}

/* The line after the last one that is on screen, at least in part. */
static size_t shown_end(const struct pager *p, const struct pager_source *src)
{
    int room = p->rows > 0 ? p->rows : 1;
    size_t i = p->top;

    room += p->top_sub;
    while (i < src->n_lines && room > 0) {
        room -= line_rows(p, src, i++);
    }
    return i;
}

void pager_show(struct pager *p, const struct pager_source *src, size_t line)
{
    if (line >= src->n_lines) {
        return;
    }
    if (line > p->top || (line == p->top && p->top_sub == 0)) {
        if (line < shown_end(p, src)) {
            return;
        }
    }
    p->follow = false;
    p->top = line;
    p->top_sub = 0;
    scroll_up(p, src, p->rows / 2);
    clamp_end(p, src);
}

void pager_reveal(struct pager *p, const struct pager_source *src,
                  size_t line)
{
    size_t far = p->rows > 0 ? (size_t)p->rows : 1;

    if (line >= src->n_lines) {
        return;
    }
    if (line < p->top || (line == p->top && p->top_sub > 0)) {
        p->top = line;
        p->top_sub = 0;
        return;
    }
    if (line - p->top > far) { /* at least so many rows are passed by */
        p->top = line - far;
        p->top_sub = 0;
    }
    while (p->top < line && line >= shown_end(p, src)) {
        p->top++;
        p->top_sub = 0;
    }
}

/* Scroll sideways until the hit's first column is on screen. */
static void show_column(struct pager *p, const struct text_line *line,
                        const struct match_range *hit)
{
    int col = utf8_width(line->text, hit->start);
    int width = utf8_width(line->text + hit->start, hit->len);

    if (p->wrap || (col >= p->left && col + width <= p->left + p->cols)) {
        return;
    }
    p->left = col + width <= p->cols ? 0 : col - p->cols / 4;
    if (p->left < 0) {
        p->left = 0;
    }
}

bool pager_search(struct pager *p, const struct pager_source *src,
                  const struct matcher *match, int dir, bool *wrapped)
{
    size_t n = src->n_lines;
    size_t from = p->has_hit ? p->hit : p->top;
    size_t step = p->has_hit ? 1 : 0;

    if (wrapped) {
        *wrapped = false;
    }
    if (!p->has_hit && dir < 0) {
        step = 1;
    }
    for (size_t i = step; i < n + step; i++) {
        size_t at = dir > 0 ? (from + i) % n : (from + 2 * n - i) % n;
        struct text_line line = get_line(src, at);
        struct match_range hit;

        if (!matcher_find(match, line.text, line.len, 0, &hit)) {
            continue;
        }
        if (wrapped && i > 0) {
            *wrapped = dir > 0 ? at <= from : at >= from;
        }
        p->has_hit = true;
        p->hit = at;
        pager_show(p, src, at);
        line = get_line(src, at);
        show_column(p, &line, &hit);
        return true;
    }
    p->has_hit = false;
    return false;
}

const char *pager_position(const struct pager *p,
                           const struct pager_source *src, char out[64])
{
    size_t end = shown_end(p, src);
    bool above = p->top > 0 || p->top_sub > 0;
    bool below = !pager_at_end(p, src);

    if (src->n_lines == 0) {
        snprintf(out, 64, "no lines");
    } else {
        snprintf(out, 64, "lines %zu-%zu of %zu%s%s%s", p->top + 1, end,
                 src->n_lines, above || below ? " " : "", above ? "^" : "",
                 below ? "v" : "");
    }
    return out;
}
