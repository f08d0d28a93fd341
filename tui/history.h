/* history.h - lines typed before, newest last, without repeats; in memory.
 * The app loads and saves it as plain text. */
#ifndef ECSDASH_TUI_HISTORY_H
#define ECSDASH_TUI_HISTORY_H

#include <stddef.h>

struct strbuf;

#define HISTORY_MAX 200 /* the oldest go */

struct history {
    char **lines;
    size_t n, cap;
};

void history_init(struct history *h);
void history_release(struct history *h);
/* Copies line; empty ones are ignored, an older equal line is moved up. */
void history_add(struct history *h, const char *line);
/* The i-th newest (0 = newest) whose start is prefix (NULL = any), or NULL. */
const char *history_get(const struct history *h, const char *prefix, size_t i);
void history_load(struct history *h, const char *text, size_t len);
void history_print(const struct history *h, struct strbuf *out);

#endif
