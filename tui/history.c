#include "tui/history.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "backend/base/utf8.h"

void history_init(struct history *h)
{
    *h = (struct history){0};
}

void history_release(struct history *h)
{
    for (size_t i = 0; i < h->n; i++) {
        free(h->lines[i]);
    }
    free(h->lines);
    history_init(h);
}

static char *take_out(struct history *h, size_t i)
{
    char *line = h->lines[i];

    memmove(&h->lines[i], &h->lines[i + 1],
            (h->n - i - 1) * sizeof(*h->lines));
    h->n--;
    return line;
}

void history_add(struct history *h, const char *line)
{
    char *copy = NULL;

    if (!*line) {
        return;
    }
    for (size_t i = 0; i < h->n; i++) {
        if (strcmp(h->lines[i], line) == 0) {
            copy = take_out(h, i);
            break;
        }
    }
    if (!copy) {
        copy = xstrdup(line);
    }
    if (h->n == HISTORY_MAX) {
        free(take_out(h, 0));
    }
    h->lines = xgrow(h->lines, &h->cap, h->n + 1, sizeof(*h->lines));
    h->lines[h->n++] = copy;
}

const char *history_get(const struct history *h, const char *prefix, size_t i)
{
    size_t len = prefix ? strlen(prefix) : 0;

    for (size_t at = h->n; at-- > 0;) {
        if (len && strncmp(h->lines[at], prefix, len) != 0) {
            continue;
        }
        if (i-- == 0) {
            return h->lines[at];
        }
    }
    return NULL;
}

void history_load(struct history *h, const char *text, size_t len)
{
    const char *end = text + len;

    while (text < end) {
        const char *nl = memchr(text, '\n', (size_t)(end - text));
        const char *stop = nl ? nl : end;
        struct strbuf line = STRBUF_INIT;

        /* The file may have been edited or damaged: make it harmless. */
        utf8_sanitise(&line, text, (size_t)(stop - text));
        history_add(h, strbuf_get(&line));
        strbuf_release(&line);
        text = stop + 1;
    }
}

void history_print(const struct history *h, struct strbuf *out)
{
    for (size_t i = 0; i < h->n; i++) {
        strbuf_puts(out, h->lines[i]);
        strbuf_putc(out, '\n');
    }
}
