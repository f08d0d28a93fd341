#include "tests/lib/termcheck.h"

#include "backend/base/mem.h"
#include "backend/base/utf8.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PARAMS = 20 };

void termcheck_release(struct termcheck *t)
{
    strbuf_release(&t->rest);
}

static bool wrong(struct termcheck *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static bool wrong(struct termcheck *t, const char *fmt, ...)
{
    va_list ap;
    if (t->complaint[0])
        return false;
    va_start(ap, fmt);
    vsnprintf(t->complaint, sizeof(t->complaint), fmt, ap);
    va_end(ap);
    return false;
}

static bool one_of(long n, const long *list, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (list[i] == n)
            return true;
    return false;
}

/* Looks: plain attributes but "invisible", and colours. */
static bool looks(const long *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool big = p[i] == 38 || p[i] == 48;
        if (big && i + 2 < n && p[i + 1] == 5 && p[i + 2] < 256)
            i += 2;
        else if (big && i + 4 < n && p[i + 1] == 2)
            i += 4;
        else if (big || p[i] == 8 || p[i] > 107)
            return false;
    }
    return true;
}

static bool csi_is_ours(const struct termcheck *t, bool private, char final,
                        const long *p, size_t n)
{
    static const long modes[] = {1, 7, 12, 25, 1049, 2004}, ansi[] = {4},
                      windows[] = {22, 23};
    long a = n ? p[0] : 0, b = n > 1 ? p[1] : 0;
    if (private)
        return (final == 'h' || final == 'l') && n == 1 &&
               one_of(a, modes, ARRAY_LEN(modes));
    switch (final) {
    case 'h':
    case 'l':
        return n == 1 && one_of(a, ansi, ARRAY_LEN(ansi));
    case 'H':
        return n <= 2 && a <= t->rows && b <= t->cols;
    case 'r':
        return n <= 2 && a <= t->rows && b <= t->rows;
    case 'd':
        return n <= 1 && a <= t->rows;
    case 'G':
        return n <= 1 && a <= t->cols;
    case 'A': case 'B': case 'C': case 'D': case 'L': case 'M': case 'P':
    case '@': case 'X': case 'S': case 'T': case 'b':
        return n <= 1 && a <= t->rows + t->cols;
    case 'J':
    case 'K':
        return n <= 1 && a <= 2;
    case 'm':
        return looks(p, n);
    case 't':
        return n == 3 && one_of(a, windows, ARRAY_LEN(windows)) && !b &&
               !p[2];
    default:
        return false;
    }
}

/* s[0] is ESC, s[1] is [. Bytes used, 0 = not whole. */
static size_t take_csi(struct termcheck *t, const char *s, size_t n)
{
    long p[MAX_PARAMS] = {0};
    size_t k = 0, i = 2;
    bool private = i < n && s[i] == '?', digits = false;
    if (private)
        i++;
    for (; i < n && ((s[i] >= '0' && s[i] <= '9') || s[i] == ';'); i++) {
        if (s[i] == ';')
            k++;
        else if (k < MAX_PARAMS && p[k] < 100000)
            p[k] = p[k] * 10 + (s[i] - '0');
        digits = true;
    }
    if (i >= n)
        return 0;
    k = digits ? k + 1 : 0;
    if (k > MAX_PARAMS || !csi_is_ours(t, private, s[i], p, k))
        wrong(t, "ESC %.*s", (int)i, s + 1);
    return i + 1;
}

/* Our copies (base64) and the idle marker; ends with BEL. */
static size_t take_osc(struct termcheck *t, const char *s, size_t n)
{
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/=";
    const char *end = memchr(s, '\a', n);
    if (!end)
        return n > 100000 ? (wrong(t, "an OSC without end"), n) : 0;
    size_t len = (size_t)(end - s) - 2;
    char *body = xstrndup(s + 2, len);
    if (strncmp(body, "52;c;", 5) == 0
            ? strspn(body + 5, base64) != len - 5 ||
                  strcmp(body + 5, "ZXZpbA==") == 0
            : strncmp(body, "7717;idle;", 10) != 0)
        wrong(t, "OSC %.60s", body);
    free(body);
    return len + 3;
}

static size_t take_escape(struct termcheck *t, const char *s, size_t n)
{
    if (n < 2)
        return 0;
    t->sequences++;
    if (s[1] == '[')
        return take_csi(t, s, n);
    if (s[1] == ']')
        return take_osc(t, s, n);
    if (s[1] == '(' || s[1] == ')') {
        if (n >= 3 && !strchr("B0", s[2]))
            wrong(t, "ESC %c%c", s[1], s[2]);
        return n < 3 ? 0 : 3;
    }
    if (!strchr("=>78M", s[1]))
        wrong(t, "ESC and the byte %02x", (unsigned char)s[1]);
    return 2;
}

static size_t take_text(struct termcheck *t, const char *s, size_t n)
{
    uint32_t cp;
    unsigned char lead = (unsigned char)s[0];
    size_t need = lead < 0xc2 || lead > 0xf4 ? 1
                  : lead < 0xe0              ? 2
                  : lead < 0xf0              ? 3
                                             : 4;
    if (n < need)
        return 0;
    /* ncurses also moves by tabs; no cell of ours holds one. */
    if (strchr("\r\n\b\t", s[0]) && s[0])
        return 1;
    size_t used = utf8_decode(s, n, &cp);
    if (used != need || (need == 1 && lead >= 0x80))
        wrong(t, "a byte that is no UTF-8: %02x", (unsigned char)s[0]);
    else if (cp != 0xfffd && utf8_cp_width(cp) < 0)
        wrong(t, "the character U+%04X", (unsigned)cp);
    t->texts++;
    return used;
}

bool termcheck_feed(struct termcheck *t, const char *bytes, size_t n)
{
    size_t at = 0, used = 1;
    strbuf_append(&t->rest, bytes, n);
    t->bytes += n;
    while (at < t->rest.len && used && !t->complaint[0]) {
        const char *s = t->rest.data + at;
        size_t left = t->rest.len - at;
        used = *s == '\033' ? take_escape(t, s, left) : take_text(t, s, left);
        at += used;
    }
    memmove(t->rest.data, t->rest.data + at, t->rest.len - at);
    t->rest.len -= at;
    return !t->complaint[0];
}
