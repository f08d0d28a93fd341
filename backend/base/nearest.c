#include "backend/base/nearest.h"

#include <assert.h>
#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { WORD_MAX = 40 };

struct nearest nearest_to(const char *word, size_t len)
{
    return (struct nearest){.word = word, .len = len};
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int letter(char c)
{
    return tolower((unsigned char)c);
}

/* The usual table of distances between beginnings, of which three rows are
 * enough: a swap looks back by two. */
static size_t edits_between(const char *a, size_t na, const char *b,
                            size_t nb)
{
    size_t rows[3][WORD_MAX + 1];
    assert(na <= WORD_MAX && nb <= WORD_MAX);
    for (size_t j = 0; j <= nb; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t *now = rows[i % 3], *last = rows[(i + 2) % 3];
        const size_t *before = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            bool same = letter(a[i - 1]) == letter(b[j - 1]);
            now[j] = least(last[j - 1] + !same,
                           least(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && letter(a[i - 1]) == letter(b[j - 2]) &&
                letter(a[i - 2]) == letter(b[j - 1]))
                now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return rows[na % 3][nb];
}

void nearest_offer(struct nearest *n, const char *candidate)
{
    size_t len = strlen(candidate);
    if (!n->len || n->len > WORD_MAX || len > WORD_MAX)
        return;
    size_t edits = edits_between(n->word, n->len, candidate, len);
    if (edits > 1 && n->len >= 3 && strncasecmp(candidate, n->word, n->len) == 0)
        edits = 1; /* a beginning */
    if (edits * 3 > len || (n->best && edits >= n->edits))
        return;
    n->best = candidate;
    n->edits = edits;
}

const char *nearest_get(const struct nearest *n)
{
    return n->best;
}
