/* complete.h - the candidates of a Tab completion. */
#ifndef ECSDASH_TUI_COMPLETE_H
#define ECSDASH_TUI_COMPLETE_H

#include "tui/surface.h"

#include <stddef.h>

#define COMPLETION_MAX 500 /* further candidates are ignored */

struct completion {
    size_t start; /* byte of the line where the completed word begins */
    char **items; /* whole words, in the order shown */
    size_t n, cap;
};

/* Fill out (initialised, empty): set start, add candidates that begin with
 * what stands between start and cursor. From local data only, never the
 * network. */
typedef void completer_fn(void *ctx, const char *line, size_t cursor,
                          struct completion *out);

void completion_init(struct completion *c);
void completion_release(struct completion *c); /* ready for reuse */
/* Add word, once, if it begins with the n bytes at prefix. */
void completion_offer(struct completion *c, const char *word,
                      const char *prefix, size_t n);
/* Bytes that all candidates share (never splits a code point). */
size_t completion_common(const struct completion *c);
/* One row of candidates, `current` (or n for none) highlighted and in view. */
void completion_draw(const struct completion *c, size_t current,
                     struct surface *s, struct rect r);

#endif
