/* match.h - how table and pager find what to highlight. Views plug in their
 * own search (a regular expression); the plain one is here. */
#ifndef ECSDASH_TUI_MATCH_H
#define ECSDASH_TUI_MATCH_H

#include <stdbool.h>
#include <stddef.h>

struct match_range {
    size_t start, len; /* bytes; len > 0 */
};

struct matcher {
    /* First hit in text[0..n) at or after byte `from`. Pure. */
    bool (*find)(const void *ctx, const char *text, size_t n, size_t from,
                 struct match_range *out);
    const void *ctx;
};

/* Plain text; ASCII letters match either case unless the needle holds an
 * upper-case one. Borrows needle; an empty one never matches. */
struct matcher matcher_plain(const char *needle);
/* NULL-safe. */
bool matcher_find(const struct matcher *m, const char *text, size_t n,
                  size_t from, struct match_range *out);

#endif
