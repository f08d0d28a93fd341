#include "backend/svc/jsontext.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/utf8.h"

#define MAX_DEPTH 64

const char *jsontext_blanks(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
        p++;
    return p;
}

/* Behind the closing quote, or NULL. p is at the opening one. */
static const char *skip_string(const char *p, const char *end)
{
    for (p++; p < end; p++) {
        if (*p == '"')
            return p + 1;
        if (*p == '\\' && ++p == end)
            break;
    }
    return NULL;
}

static const char *skip_value(const char *p, const char *end, int depth);

const char *jsontext_next(const char *p, const char *end, bool object,
                          int depth, struct json_member *m)
{
    *m = (struct json_member){0};
    p = jsontext_blanks(p, end);
    if (object) {
        if (p == end || *p != '"')
            return NULL;
        const char *q = skip_string(p, end);
        if (!q)
            return NULL;
        m->key = (struct json_span){p + 1, (size_t)(q - p) - 2};
        p = jsontext_blanks(q, end);
        if (p == end || *p++ != ':')
            return NULL;
        p = jsontext_blanks(p, end);
    }
    const char *q = skip_value(p, end, depth + 1);
    if (!q)
        return NULL;
    m->value = (struct json_span){p, (size_t)(q - p)};
    return jsontext_blanks(q, end);
}

static const char *skip_list(const char *p, const char *end, int depth)
{
    bool object = *p == '{';
    char close = object ? '}' : ']';
    struct json_member m;

    if (depth > MAX_DEPTH)
        return NULL;
    p = jsontext_blanks(p + 1, end);
    if (p < end && *p == close)
        return p + 1;
    while ((p = jsontext_next(p, end, object, depth, &m)) && p < end) {
        if (*p == close)
            return p + 1;
        if (*p++ != ',')
            return NULL;
    }
    return NULL;
}

/* Behind the value, or NULL when it is none. */
static const char *skip_value(const char *p, const char *end, int depth)
{
    static const char *const words[] = {"true", "false", "null"};
    const char *from = p;

    if (p == end)
        return NULL;
    if (*p == '"')
        return skip_string(p, end);
    if (*p == '{' || *p == '[')
        return skip_list(p, end, depth);
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        size_t n = strlen(words[i]);
        if ((size_t)(end - p) >= n && memcmp(p, words[i], n) == 0)
            return p + n;
    }
    if (*p != '-' && !isdigit((unsigned char)*p))
        return NULL;
    while (p < end && *p && strchr("+-0123456789.eE", *p))
        p++;
    return p > from ? p : NULL;
}

static bool is_object(const char *p, const char *end)
{
    const char *q = p < end && *p == '{' ? skip_list(p, end, 0) : NULL;

    return q && jsontext_blanks(q, end) == end;
}

size_t jsontext_find(const char *text, size_t n)
{
    const char *end = text + n, *p = text;

    for (int tries = 0; tries < 4 && p < end; tries++, p++) {
        p = memchr(p, '{', (size_t)(end - p));
        if (!p)
            break;
        if (is_object(p, end))
            return (size_t)(p - text);
    }
    return SIZE_MAX;
}

static uint32_t hex4(const char *p)
{
    uint32_t v = 0;

    for (int i = 0; i < 4; i++) {
        int c = tolower((unsigned char)p[i]);
        v = v * 16 + (uint32_t)(isdigit(c) ? c - '0' : c - 'a' + 10);
    }
    return v;
}

static bool is_hex4(const char *p, const char *end)
{
    return end - p >= 4 && isxdigit((unsigned char)p[0]) &&
           isxdigit((unsigned char)p[1]) && isxdigit((unsigned char)p[2]) &&
           isxdigit((unsigned char)p[3]);
}

/* `u` and its digits, both halves of a pair; returns what is behind. */
static const char *put_unicode(struct strbuf *out, const char *p,
                               const char *end)
{
    char utf8[4];
    uint32_t cp;

    if (!is_hex4(p, end)) {
        strbuf_puts(out, "\\u");
        return p;
    }
    cp = hex4(p);
    p += 4;
    if (cp >= 0xd800 && cp < 0xdc00 && end - p >= 6 && p[0] == '\\' &&
        p[1] == 'u' && is_hex4(p + 2, end)) {
        uint32_t low = hex4(p + 2);
        if (low >= 0xdc00 && low < 0xe000) {
            cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
            p += 6;
        }
    }
    if ((cp >= 0xd800 && cp < 0xe000) || cp == 0)
        cp = 0xfffd; /* half a pair; NUL would end the text */
    strbuf_append(out, utf8, utf8_encode(cp, utf8));
    return p;
}

/* What stands between the quotes, decoded. */
void jsontext_decode(struct strbuf *out, struct json_span s)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    const char *p = s.s, *end = s.s + s.n;

    while (p < end) {
        const char *q = memchr(p, '\\', (size_t)(end - p));
        if (!q || q + 1 >= end) {
            strbuf_append(out, p, (size_t)(end - p));
            return;
        }
        strbuf_append(out, p, (size_t)(q - p));
        p = q + 2;
        const char *plain = memchr(from, q[1], sizeof(from) - 1);
        if (q[1] == 'u')
            p = put_unicode(out, p, end);
        else
            strbuf_putc(out, plain ? to[plain - from] : q[1]);
    }
}

bool jsontext_is_string(struct json_span v)
{
    return v.n >= 2 && v.s[0] == '"';
}

struct json_span jsontext_inside(struct json_span v)
{
    return (struct json_span){v.s + 1, v.n - 2};
}
