#include "backend/base/utf8.h"

#include <string.h>
#include <wchar.h>

#include "backend/base/mem.h"
#include "backend/base/strbuf.h"

#define REPLACEMENT "\xef\xbf\xbd"
enum { REPLACEMENT_CP = 0xfffd };

/* Never to a terminal, whatever libc's tables say: they can reorder, hide or
 * carry text that the reader does not see. */
static const struct {
    uint32_t first, last;
} forbidden[] = {
    {0x0000, 0x001f},   /* C0 */
    {0x007f, 0x009f},   /* DEL, C1 */
    {0x061c, 0x061c},   /* Arabic letter mark */
    {0x180e, 0x180e},   /* Mongolian vowel separator: nothing to see */
    {0x200b, 0x200b},   /* zero width space (joiners have their use) */
    {0x200e, 0x200f},   /* left-to-right, right-to-left mark */
    {0x2028, 0x202e},   /* line, paragraph separator; embeddings, overrides */
    {0x2060, 0x206f},   /* word joiner, invisible operators, isolates */
    {0xd800, 0xdfff},   /* surrogates */
    {0xfeff, 0xfeff},   /* byte order mark */
    {0xe0000, 0xe007f}, /* tags */
    {0x110000, UINT32_MAX},
};

static bool is_cont(const char *s, size_t n, size_t i)
{
    return i < n && ((unsigned char)s[i] & 0xc0) == 0x80;
}

size_t utf8_decode(const char *s, size_t n, uint32_t *cp)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char c;
    uint32_t v;
    size_t len;

    if (!n) {
        *cp = REPLACEMENT_CP;
        return 0;
    }
    c = (unsigned char)s[0];
    if (c < 0x80) {
        *cp = c;
        return 1;
    }
    *cp = REPLACEMENT_CP;
    if (c >= 0xc2 && c <= 0xdf)
        len = 2, v = c & 0x1f;
    else if ((c & 0xf0) == 0xe0)
        len = 3, v = c & 0x0f;
    else if (c >= 0xf0 && c <= 0xf4)
        len = 4, v = c & 0x07;
    else
        return 1;
    for (size_t i = 1; i < len; i++) {
        if (!is_cont(s, n, i))
            return 1;
        v = v << 6 | ((unsigned char)s[i] & 0x3f);
    }
    if (v < least[len] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
        return 1;
    *cp = v;
    return len;
}

size_t utf8_encode(uint32_t cp, char out[4])
{
    if (cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
        cp = REPLACEMENT_CP;
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xc0 | cp >> 6);
        out[1] = (char)(0x80 | (cp & 0x3f));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (char)(0xe0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
        out[2] = (char)(0x80 | (cp & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | cp >> 18);
    out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
    out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
    out[3] = (char)(0x80 | (cp & 0x3f));
    return 4;
}

bool utf8_valid(const char *s, size_t n)
{
    for (size_t i = 0; i < n;) {
        uint32_t cp;
        size_t used = utf8_decode(s + i, n - i, &cp);

        /* A real U+FFFD takes three bytes. */
        if (cp == REPLACEMENT_CP && used == 1)
            return false;
        i += used;
    }
    return true;
}

int utf8_cp_width(uint32_t cp)
{
    if (cp >= 0x20 && cp < 0x7f)
        return 1;
    /* What we put in the place of others is fine in any locale. */
    if (cp == REPLACEMENT_CP)
        return 1;
    for (size_t i = 0; i < ARRAY_LEN(forbidden); i++)
        if (cp >= forbidden[i].first && cp <= forbidden[i].last)
            return -1;
    return wcwidth((wchar_t)cp);
}

/* Decode and measure at once; forbidden ones are shown in one column. */
static size_t step(const char *s, size_t n, int *width)
{
    uint32_t cp;
    size_t used = utf8_decode(s, n, &cp);

    *width = utf8_cp_width(cp);
    if (*width < 0)
        *width = 1;
    return used;
}

int utf8_width(const char *s, size_t n)
{
    int total = 0, w;

    for (size_t i = 0; i < n; total += w)
        i += step(s + i, n - i, &w);
    return total;
}

size_t utf8_fit(const char *s, size_t n, int cols, int *used)
{
    int total = 0, w;
    size_t i = 0;

    while (i < n) {
        size_t len = step(s + i, n - i, &w);

        if (total + w > cols)
            break;
        total += w;
        i += len;
    }
    if (used)
        *used = total;
    return i;
}

size_t utf8_row(const char *s, size_t n, int cols)
{
    size_t fit = utf8_fit(s, n, cols, NULL);
    int w;

    if (fit == n)
        return n;
    if (fit == 0)
        return step(s, n, &w);
    for (size_t at = fit; at > fit / 3; at--)
        if (s[at] == ' ')
            return at + 1;
    for (size_t at = fit; at > fit / 3; at--)
        if (s[at - 1] && strchr("/:,;", s[at - 1]))
            return at;
    return fit;
}

/* Length of the printable ASCII at the start: most text is nothing else. */
static size_t plain_run(const char *s, size_t n)
{
    size_t i = 0;

    while (i < n && s[i] >= 0x20 && s[i] < 0x7f)
        i++;
    return i;
}

void utf8_sanitise(struct strbuf *out, const char *s, size_t n)
{
    size_t start = 0; /* of the clean run not yet written */

    for (size_t i = plain_run(s, n); i < n;) {
        const char *instead = REPLACEMENT;
        uint32_t cp;
        size_t used = utf8_decode(s + i, n - i, &cp);

        if (utf8_cp_width(cp) >= 0 && !(cp == REPLACEMENT_CP && used == 1)) {
            i += used;
            i += plain_run(s + i, n - i);
            continue;
        }
        if (i > start)
            strbuf_append(out, s + start, i - start);
        if (cp == '\r' && i + 1 < n && s[i + 1] == '\n')
            used = 2, cp = '\n'; /* one line end, one blank */
        if (cp == '\t' || cp == '\n')
            instead = " ";
        strbuf_puts(out, instead);
        i += used;
        start = i;
        i += plain_run(s + i, n - i);
    }
    if (n > start)
        strbuf_append(out, s + start, n - start);
}

bool utf8_is_clean(const char *s, size_t n)
{
    for (size_t i = plain_run(s, n); i < n; i += plain_run(s + i, n - i)) {
        uint32_t cp;
        size_t used = utf8_decode(s + i, n - i, &cp);

        if (utf8_cp_width(cp) < 0 || (cp == REPLACEMENT_CP && used == 1))
            return false;
        i += used;
    }
    return true;
}

/* Both ends of s with `...` between; the head takes up to head_cols. */
static void put_ends(struct strbuf *out, const char *s, int cols,
                     int head_cols)
{
    size_t n = strlen(s), head, i;
    int total, used, tail, w;

    head = utf8_fit(s, n, head_cols, &used);
    tail = cols - 3 - used;
    total = utf8_width(s, n) - used;
    /* Drop from the middle until the rest fits, then its orphaned marks. */
    for (i = head; i < n && total > tail; total -= w)
        i += step(s + i, n - i, &w);
    while (i < n) {
        size_t len = step(s + i, n - i, &w);

        if (w)
            break;
        i += len;
    }
    strbuf_append(out, s, head);
    strbuf_puts(out, "...");
    strbuf_append(out, s + i, n - i);
}

/* Put all of s where it fits, or a bare cut where less than `least` columns
 * leave no room for dots. Returns whether that settled it. */
static bool put_plain(struct strbuf *out, const char *s, int cols, int least)
{
    size_t n = strlen(s), fit = utf8_fit(s, n, cols, NULL);

    if (fit < n && cols >= least)
        return false;
    strbuf_append(out, s, fit);
    return true;
}

void utf8_put_middle(struct strbuf *out, const char *s, int cols)
{
    if (!put_plain(out, s, cols, 6))
        put_ends(out, s, cols, (cols - 3) / 2);
}

void utf8_put_tail(struct strbuf *out, const char *s, int cols)
{
    if (!put_plain(out, s, cols, 4))
        put_ends(out, s, cols, 0);
}

void utf8_put_end(struct strbuf *out, const char *s, int cols)
{
    if (put_plain(out, s, cols, 4))
        return;
    strbuf_append(out, s, utf8_fit(s, strlen(s), cols - 3, NULL));
    strbuf_puts(out, "...");
}
