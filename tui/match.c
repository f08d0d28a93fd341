#include "tui/match.h"

#include <string.h>

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool has_upper(const char *s)
{
    for (; *s; s++) {
        if (*s >= 'A' && *s <= 'Z') {
            return true;
        }
    }
    return false;
}

static bool find_plain(const void *ctx, const char *text, size_t n,
                       size_t from, struct match_range *out)
{
    const char *needle = ctx;
    size_t len = strlen(needle);
    bool exact = has_upper(needle);

    if (len == 0) {
        return false;
    }
    for (size_t at = from; at + len <= n; at++) {
        size_t i = 0;

        while (i < len && (text[at + i] == needle[i] ||
                           (!exact && fold(text[at + i]) == needle[i]))) {
            i++;
        }
        if (i == len) {
            out->start = at;
            out->len = len;
            return true;
        }
    }
    return false;
}

struct matcher matcher_plain(const char *needle)
{
    return (struct matcher){.find = find_plain, .ctx = needle};
}

bool matcher_find(const struct matcher *m, const char *text, size_t n,
                  size_t from, struct match_range *out)
{
    return m && m->find && from <= n && m->find(m->ctx, text, n, from, out) &&
           out->len > 0;
}
