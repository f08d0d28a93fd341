#include "tui/complete.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/utf8.h"

void completion_init(struct completion *c)
{
    *c = (struct completion){0};
}

void completion_release(struct completion *c)
{
    for (size_t i = 0; i < c->n; i++) {
        free(c->items[i]);
    }
    free(c->items);
    completion_init(c);
}

static void completion_add(struct completion *c, const char *word)
{
    if (c->n == COMPLETION_MAX) {
        return;
    }
    for (size_t i = 0; i < c->n; i++) {
        if (strcmp(c->items[i], word) == 0) {
            return;
        }
    }
    c->items = xgrow(c->items, &c->cap, c->n + 1, sizeof(*c->items));
    c->items[c->n++] = xstrdup(word);
}

void completion_offer(struct completion *c, const char *word,
                      const char *prefix, size_t n)
{
    if (strncmp(word, prefix, n) == 0) {
        completion_add(c, word);
    }
}

size_t completion_common(const struct completion *c)
{
    size_t len;

    if (c->n == 0) {
        return 0;
    }
    len = strlen(c->items[0]);
    for (size_t i = 1; i < c->n; i++) {
        size_t j = 0;

        while (j < len && c->items[i][j] == c->items[0][j]) {
            j++;
        }
        len = j;
    }
    while (len > 0 && ((unsigned char)c->items[0][len] & 0xc0) == 0x80) {
        len--;
    }
    return len;
}

/* First candidate to show so that `current` is within cols. */
static size_t first_shown(const struct completion *c, size_t current, int cols)
{
    size_t first = current;
    int used;

    if (current >= c->n) {
        return 0;
    }
    used = utf8_width(c->items[current], strlen(c->items[current])) + 1;
    while (first > 0) {
        const char *w = c->items[first - 1];

        used += utf8_width(w, strlen(w)) + 2;
        if (used > cols) {
            break;
        }
        first--;
    }
    return first;
}

void completion_draw(const struct completion *c, size_t current,
                     struct surface *s, struct rect r)
{
    int col = 1;

    if (r.rows < 1 || r.cols < 1) {
        return;
    }
    surface_fill(s, (struct rect){r.row, r.col, 1, r.cols}, ROLE_HINT);
    for (size_t i = first_shown(c, current, r.cols);
         i < c->n && col < r.cols; i++) {
        col += surface_put(s, r.row, r.col + col, r.cols - col,
                           i == current ? ROLE_FOCUS : ROLE_HINT,
                           c->items[i]);
        col += 2;
    }
}
