#include "tui/status.h"

#include <string.h>

#include "backend/base/strbuf.h"
#include "backend/base/utf8.h"

static int text_width(const char *text)
{
    return utf8_width(text, strlen(text));
}

/* Columns that one side takes, gaps included. */
static int side_width(const struct status_seg *segs, const bool *shown,
                      size_t n, bool right, int gap)
{
    int total = 0;
    int count = 0;

    for (size_t i = 0; i < n; i++) {
        if (shown[i] && segs[i].right == right) {
            total += text_width(segs[i].text);
            count++;
        }
    }
    return total + (count > 1 ? (count - 1) * gap : 0);
}

static bool drop_one(const struct status_seg *segs, bool *shown, size_t n)
{
    size_t found = n;

    for (size_t i = 0; i < n; i++) {
        if (shown[i] && segs[i].priority > 0 &&
            (found == n || segs[i].priority >= segs[found].priority)) {
            found = i;
        }
    }
    if (found < n) {
        shown[found] = false;
    }
    return found < n;
}

/* Draw one side from column col, at most up to column end. */
static void draw_side(struct surface *s, int row, int col, int end, int gap,
                      const struct status_seg *segs, const bool *shown,
                      size_t n, bool right)
{
    for (size_t i = 0; i < n && col < end; i++) {
        struct strbuf cut = STRBUF_INIT;

        if (!shown[i] || segs[i].right != right) {
            continue;
        }
        utf8_put_end(&cut, segs[i].text, end - col);
        col += surface_put(s, row, col, end - col, segs[i].role,
                           strbuf_get(&cut));
        col += gap;
        strbuf_release(&cut);
    }
}

void status_draw(struct surface *s, struct rect row, enum role base, int gap,
                 const struct status_seg *segs, size_t n)
{
    bool shown[STATUS_MAX_SEGS];
    int edge = row.cols > 2 ? 1 : 0;
    int room = row.cols - 2 * edge;
    int left, right;

    if (row.rows < 1 || row.cols < 1) {
        return;
    }
    n = n < STATUS_MAX_SEGS ? n : STATUS_MAX_SEGS;
    surface_fill(s, (struct rect){row.row, row.col, 1, row.cols}, base);
    for (size_t i = 0; i < n; i++) {
        shown[i] = segs[i].text && segs[i].text[0] != '\0';
    }
    do {
        left = side_width(segs, shown, n, false, gap);
        right = side_width(segs, shown, n, true, gap);
    } while (left + right + (left && right ? gap : 0) > room &&
             drop_one(segs, shown, n));
    right = right < room ? right : room;
    left = room - right - (right > 0 ? gap : 0);
    draw_side(s, row.row, row.col + edge, row.col + edge + left, gap, segs,
              shown, n, false);
    draw_side(s, row.row, row.col + edge + room - right,
              row.col + edge + room, gap, segs, shown, n, true);
}

#define HINT_GAP 2

/* The hint's key in `keys`; false when the hint isn't to be shown. */
static bool hint_keys(const struct keymap *map, const struct hint *h,
                      const enum context *ctx, size_t n_ctx, bool read_only,
                      char keys[KEYSPEC_SIZE])
{
    if (read_only && action_mutates(h->action)) {
        return false;
    }
    keymap_keys_text(map, ctx, n_ctx, h->action, 1, keys, KEYSPEC_SIZE);
    return keys[0] != '\0';
}

static const char *hint_text(const struct hint *h)
{
    return h->text ? h->text : action_get(h->action)->help;
}

static int hint_width(const struct hint *h, const char *keys)
{
    return text_width(keys) + 1 + text_width(hint_text(h));
}

void status_hints(struct surface *s, struct rect row,
                  const struct keymap *map, const enum context *ctx,
                  size_t n_ctx, const struct hint *hints, size_t n,
                  bool read_only)
{
    char keys[KEYSPEC_SIZE];
    int edge = row.cols > 2 ? 1 : 0;
    int col = row.col + edge;
    int end = row.col + row.cols - edge;
    int last = 0;

    if (row.rows < 1 || row.cols < 1) {
        return;
    }
    surface_fill(s, (struct rect){row.row, row.col, 1, row.cols}, ROLE_HINT);
    if (n > 0 && hint_keys(map, &hints[n - 1], ctx, n_ctx, read_only, keys)) {
        last = hint_width(&hints[n - 1], keys);
    }
    for (size_t i = 0; i < n; i++) {
        int reserve = i + 1 < n && last > 0 ? last + HINT_GAP : 0;

        if (!hint_keys(map, &hints[i], ctx, n_ctx, read_only, keys)) {
            continue;
        }
        if (col + hint_width(&hints[i], keys) + reserve > end) {
            /* Go on to the last one, which has its room. */
            if (i + 1 < n) {
                i = n - 2;
                continue;
            }
        }
        col += surface_put(s, row.row, col, end - col, ROLE_KEY, keys) + 1;
        col += surface_put(s, row.row, col, end - col, ROLE_HINT,
                           hint_text(&hints[i]));
        col += HINT_GAP;
    }
}
