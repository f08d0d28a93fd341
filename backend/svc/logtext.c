/* Control sequences out of log text; SGR as a list of changes. */
#include "backend/svc/logtext.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/utf8.h"

#define MAX_PARAMS 32

/* Bytes of the escape sequence at s (which begins with ESC). */
static size_t escape_len(const char *s, size_t n)
{
    size_t i = 2;

    if (n < 2)
        return n;
    if (s[1] == '[') { /* CSI: parameters, then one final byte */
        while (i < n && (unsigned char)s[i] >= 0x20 &&
               (unsigned char)s[i] < 0x40)
            i++;
        return i < n && (unsigned char)s[i] < 0x7f ? i + 1 : i;
    }
    if (s[1] && strchr("]PX^_", s[1])) { /* a string up to BEL or ESC \ */
        for (; i < n; i++) {
            if (s[i] == '\a')
                return i + 1;
            if (s[i] == '\033')
                return i + 1 < n && s[i + 1] == '\\' ? i + 2 : i;
        }
        return n;
    }
    while (i <= n && (unsigned char)s[i - 1] >= 0x20 &&
           (unsigned char)s[i - 1] < 0x30)
        i++;
    if (i > n)
        return n;
    return (unsigned char)s[i - 1] < 0x80 ? i : i - 1;
}

/* ---- SGR ------------------------------------------------------------- */

/* Numbers between ';' or ':'; -1 = left out. Which separator it was does not
 * matter for what is understood here. */
static size_t read_params(const char *s, size_t n, int out[MAX_PARAMS])
{
    size_t count = 0;
    int value = -1;

    for (size_t i = 0; i <= n; i++) {
        if (i < n && s[i] >= '0' && s[i] <= '9') {
            value = (value < 0 ? 0 : value) * 10 + (s[i] - '0');
            if (value > 9999)
                value = 9999;
        } else if (i == n || s[i] == ';' || s[i] == ':') {
            if (count < MAX_PARAMS)
                out[count++] = value;
            value = -1;
        } else {
            return 0; /* private parameters: not SGR */
        }
    }
    return count;
}

/* 38 and 48: `5;n` or `2;r;g;b`. Returns how many parameters it took. */
static size_t read_colour(const int *p, size_t n, int32_t *out)
{
    if (n >= 2 && p[0] == 5) {
        if (p[1] >= 0 && p[1] < 256)
            *out = p[1];
        return 2;
    }
    if (n >= 4 && p[0] == 2) {
        int r = p[1] < 0 ? 0 : p[1], g = p[2] < 0 ? 0 : p[2],
            b = p[3] < 0 ? 0 : p[3];
        if (r < 256 && g < 256 && b < 256)
            *out = LOGTEXT_RGB | r << 16 | g << 8 | b;
        return 4;
    }
    return n;
}

static void apply_attr(struct logtext_sgr *a, int p)
{
    static const struct { int code; uint32_t set, clear; } attrs[] = {
        {1, LOGTEXT_BOLD, 0},       {2, LOGTEXT_DIM, 0},
        {3, LOGTEXT_ITALIC, 0},     {4, LOGTEXT_UNDERLINE, 0},
        {7, LOGTEXT_REVERSE, 0},    {21, LOGTEXT_UNDERLINE, 0},
        {22, 0, LOGTEXT_BOLD | LOGTEXT_DIM},
        {23, 0, LOGTEXT_ITALIC},    {24, 0, LOGTEXT_UNDERLINE},
        {27, 0, LOGTEXT_REVERSE},
    };

    for (size_t i = 0; i < ARRAY_LEN(attrs); i++)
        if (attrs[i].code == p)
            a->attr = (a->attr | attrs[i].set) & ~attrs[i].clear;
}

static void apply(struct logtext_sgr *a, const int *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int v = p[i] < 0 ? 0 : p[i];
        if (v == 0)
            *a = (struct logtext_sgr){.at = a->at, .fg = -1, .bg = -1};
        else if (v == 38 || v == 48)
            i += read_colour(p + i + 1, n - i - 1,
                             v == 38 ? &a->fg : &a->bg);
        else if (v >= 30 && v <= 39)
            a->fg = v == 39 ? -1 : v - 30;
        else if (v >= 40 && v <= 49)
            a->bg = v == 49 ? -1 : v - 40;
        else if (v >= 90 && v <= 97)
            a->fg = v - 90 + 8;
        else if (v >= 100 && v <= 107)
            a->bg = v - 100 + 8;
        else
            apply_attr(a, v);
    }
}

/* `seq` is a whole escape sequence; the next text goes to byte `at`. */
static void take_sgr(struct logtext *t, const char *seq, size_t n, size_t at)
{
    int params[MAX_PARAMS];
    struct logtext_sgr a = {.fg = -1, .bg = -1};
    size_t count;

    if (n < 3 || seq[1] != '[' || seq[n - 1] != 'm')
        return;
    count = read_params(seq + 2, n - 3, params);
    if (!count)
        return;
    if (t->n_sgr)
        a = t->sgr[t->n_sgr - 1];
    apply(&a, params, count);
    if (t->n_sgr && t->sgr[t->n_sgr - 1].at == at) {
        a.at = (uint32_t)at;
        t->sgr[t->n_sgr - 1] = a; /* nothing was written in between */
        return;
    }
    if (t->n_sgr == LOGTEXT_MAX_SGR)
        return;
    a.at = (uint32_t)at;
    t->sgr = xgrow(t->sgr, &t->cap_sgr, t->n_sgr + 1, sizeof(*t->sgr));
    t->sgr[t->n_sgr++] = a;
}

/* ---- the line -------------------------------------------------------- */

/* All of it clean, but for TABs, which stay. */
static void append(struct logtext *t, const char *s, size_t n)
{
    while (n) {
        const char *tab = memchr(s, '\t', n);
        size_t part = tab ? (size_t)(tab - s) : n;
        if (utf8_is_clean(s, part))
            strbuf_append(&t->clean, s, part);
        else
            utf8_sanitise(&t->clean, s, part);
        if (tab)
            strbuf_putc(&t->clean, '\t');
        part += tab != NULL;
        s += part;
        n -= part;
    }
}

static size_t cut(const char *text, size_t n, size_t max)
{
    if (n <= max)
        return n;
    for (n = max; n && ((unsigned char)text[n] & 0xc0) == 0x80; n--)
        ; /* not inside a code point */
    return n;
}

const char *logtext_clean(struct logtext *t, const char *text, size_t *n,
                          size_t max)
{
    const char *esc = memchr(text, '\033', *n);

    t->n_sgr = 0;
    if (!esc && utf8_is_clean(text, *n)) {
        *n = cut(text, *n, max);
        return text;
    }
    strbuf_clear(&t->clean);
    for (size_t i = 0; i < *n && t->clean.len <= max;) {
        size_t upto = esc ? (size_t)(esc - text) : *n;
        append(t, text + i, upto - i);
        i = upto;
        if (esc) {
            size_t len = escape_len(esc, *n - upto);
            take_sgr(t, esc, len, t->clean.len);
            i += len;
            esc = i < *n ? memchr(text + i, '\033', *n - i) : NULL;
        }
    }
    *n = cut(strbuf_get(&t->clean), t->clean.len, max);
    while (t->n_sgr && t->sgr[t->n_sgr - 1].at >= *n)
        t->n_sgr--;
    return strbuf_get(&t->clean);
}

void logtext_put_tabs(struct strbuf *out, const char *text, size_t n, int *col)
{
    while (n) {
        const char *tab = memchr(text, '\t', n);
        size_t part = tab ? (size_t)(tab - text) : n;
        strbuf_append(out, text, part);
        *col += utf8_width(text, part);
        if (tab) {
            int blanks = LOGTEXT_TAB - *col % LOGTEXT_TAB;
            strbuf_printf(out, "%*s", blanks, "");
            *col += blanks;
        }
        part += tab != NULL;
        text += part;
        n -= part;
    }
}

void logtext_release(struct logtext *t)
{
    strbuf_release(&t->clean);
    free(t->sgr);
    *t = (struct logtext){0};
}
