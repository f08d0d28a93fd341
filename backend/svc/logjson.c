#include "backend/svc/logjson.h"

#include <assert.h>
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/base/mem.h"
#include "backend/base/utf8.h"

#define MAX_DEPTH 64
#define MAX_FIELDS 32
#define LEVEL_COLS 5 /* "ERROR" */

struct span {
    const char *s;
    size_t n;
};

/* ---- walking --------------------------------------------------------- */

static const char *skip_blanks(const char *p, const char *end)
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

/* One member of an object or array, after blanks; key.s is NULL in arrays. */
struct member {
    struct span key; /* between its quotes, still escaped */
    struct span value;
};

/* p is behind the opening bracket or a comma. Returns where the comma or the
 * closing bracket stands, or NULL. */
static const char *next_member(const char *p, const char *end, bool object,
                               int depth, struct member *m)
{
    *m = (struct member){0};
    p = skip_blanks(p, end);
    if (object) {
        if (p == end || *p != '"')
            return NULL;
        const char *q = skip_string(p, end);
        if (!q)
            return NULL;
        m->key = (struct span){p + 1, (size_t)(q - p) - 2};
        p = skip_blanks(q, end);
        if (p == end || *p++ != ':')
            return NULL;
        p = skip_blanks(p, end);
    }
    const char *q = skip_value(p, end, depth + 1);
    if (!q)
        return NULL;
    m->value = (struct span){p, (size_t)(q - p)};
    return skip_blanks(q, end);
}

static const char *skip_list(const char *p, const char *end, int depth)
{
    bool object = *p == '{';
    char close = object ? '}' : ']';
    struct member m;

    if (depth > MAX_DEPTH)
        return NULL;
    p = skip_blanks(p + 1, end);
    if (p < end && *p == close)
        return p + 1;
    while ((p = next_member(p, end, object, depth, &m)) && p < end) {
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

    return q && skip_blanks(q, end) == end;
}

/* Where an object begins that reaches to the end of the text, as in
 * `app-1 | {"level":...}`; SIZE_MAX when there is none. */
static size_t find_object(const char *text, size_t n)
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

/* ---- strings --------------------------------------------------------- */

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
static void put_decoded(struct strbuf *out, struct span s)
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

static bool is_string(struct span v)
{
    return v.n >= 2 && v.s[0] == '"';
}

static struct span inside(struct span v)
{
    return (struct span){v.s + 1, v.n - 2};
}

/* A value on one line: strings without quotes where they need none. */
static void put_flat(struct strbuf *out, struct span v, bool bare)
{
    struct strbuf text = STRBUF_INIT;

    if (is_string(v)) {
        put_decoded(&text, inside(v));
        bare |= text.len && !memchr(text.data, ' ', text.len) &&
                !memchr(text.data, '"', text.len) &&
                !memchr(text.data, '\n', text.len);
        if (bare)
            utf8_sanitise(out, strbuf_get(&text), text.len);
    }
    if (!is_string(v) || !bare)
        utf8_sanitise(out, v.s, v.n);
    strbuf_release(&text);
}

/* ---- compact --------------------------------------------------------- */

enum part { PART_OTHER, PART_LEVEL, PART_MESSAGE, PART_TIME };

static const struct {
    const char *name;
    enum part part;
} known[] = {
    {"level", PART_LEVEL},      {"severity", PART_LEVEL},
    {"lvl", PART_LEVEL},        {"loglevel", PART_LEVEL},
    {"levelname", PART_LEVEL},  {"log.level", PART_LEVEL},
    {"msg", PART_MESSAGE},      {"message", PART_MESSAGE},
    {"@message", PART_MESSAGE}, {"ts", PART_TIME},
    {"t", PART_TIME},           {"time", PART_TIME},
    {"timestamp", PART_TIME},   {"@timestamp", PART_TIME},
    {"asctime", PART_TIME},     {"datetime", PART_TIME},
};

static enum part part_of(struct span key)
{
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (strlen(known[i].name) == key.n &&
            strncasecmp(known[i].name, key.s, key.n) == 0)
            return known[i].part;
    return PART_OTHER;
}

/* pino and bunyan number their levels. */
static const char *level_word(struct span v)
{
    static const char *const words[] = {"TRACE", "DEBUG", "INFO",
                                        "WARN",  "ERROR", "FATAL"};

    if (v.n == 2 && v.s[0] >= '1' && v.s[0] <= '6' && v.s[1] == '0')
        return words[v.s[0] - '1'];
    return NULL;
}

static void put_level(struct strbuf *out, struct span v)
{
    size_t from = out->len;
    const char *word = level_word(v);

    if (word)
        strbuf_puts(out, word);
    else
        put_flat(out, v, true);
    for (size_t i = from; i < out->len; i++)
        out->data[i] = (char)toupper((unsigned char)out->data[i]);
    while (out->len - from < LEVEL_COLS)
        strbuf_putc(out, ' ');
    strbuf_putc(out, ' ');
}

static void put_pair(struct strbuf *out, const char *name, size_t n,
                     struct span v)
{
    if (out->len && out->data[out->len - 1] != ' ')
        strbuf_putc(out, ' ');
    utf8_sanitise(out, name, n);
    strbuf_putc(out, '=');
    put_flat(out, v, false);
}

/* The member of this path ("error.code"; also a key that holds dots). */
static bool member_at(struct span object, const char *path, struct span *out)
{
    const char *end = object.s + object.n, *p = object.s;
    size_t len = strlen(path);
    struct member m;

    if (!object.n || *p != '{' || *skip_blanks(p + 1, end) == '}')
        return false;
    do {
        p = next_member(p + 1, end, true, 0, &m);
        if (m.key.n == len && memcmp(m.key.s, path, len) == 0) {
            *out = m.value;
            return true;
        }
        if (m.key.n < len && path[m.key.n] == '.' &&
            memcmp(m.key.s, path, m.key.n) == 0 &&
            member_at(m.value, path + m.key.n + 1, out))
            return true;
    } while (p && p < end && *p == ',');
    return false;
}

/* Members of one part of the object, all in order (or the first). */
static void put_part(struct strbuf *out, struct span object, enum part part)
{
    const char *end = object.s + object.n, *p = object.s;
    struct member m;

    if (*skip_blanks(p + 1, end) == '}')
        return;
    do {
        p = next_member(p + 1, end, true, 0, &m);
        if (!p || part_of(m.key) != part)
            continue;
        if (part == PART_OTHER) {
            put_pair(out, m.key.s, m.key.n, m.value);
            continue;
        }
        if (part == PART_LEVEL)
            put_level(out, m.value);
        else
            put_flat(out, m.value, true);
        return;
    } while (p && p < end && *p == ',');
}

bool logjson_compact(const char *text, size_t n,
                     const struct logjson_fields *f, struct strbuf *out)
{
    size_t start = find_object(text, n), mark;
    struct span object, v;

    if (start == SIZE_MAX)
        return false;
    object = (struct span){text + start, n - start};
    utf8_sanitise(out, text, start);
    put_part(out, object, PART_LEVEL);
    mark = out->len;
    put_part(out, object, PART_MESSAGE);
    if (out->len > mark)
        strbuf_puts(out, "  "); /* what follows is no part of it */
    if (!f || !f->n)
        put_part(out, object, PART_OTHER);
    for (size_t i = 0; f && i < f->n; i++)
        if (member_at(object, f->names[i], &v))
            put_pair(out, f->names[i], strlen(f->names[i]), v);
    while (out->len && out->data[out->len - 1] == ' ')
        out->data[--out->len] = '\0';
    return true;
}

/* ---- pretty ---------------------------------------------------------- */

static void put_indent(struct strbuf *out, int depth)
{
    strbuf_printf(out, "\n%*s", depth * 2, "");
}

static bool is_block(struct span v)
{
    for (size_t i = 1; *v.s == '"' && i + 1 < v.n; i++) {
        if (v.s[i] != '\\')
            continue;
        if (v.s[++i] == 'n')
            return true;
    }
    return false;
}

/* The lines of a string, each behind a bar. */
static void put_block(struct strbuf *out, struct span v, int depth)
{
    struct strbuf text = STRBUF_INIT;
    const char *line;

    put_decoded(&text, inside(v));
    line = strbuf_get(&text);
    for (;;) {
        size_t n = strcspn(line, "\n");
        put_indent(out, depth);
        strbuf_puts(out, "| ");
        for (size_t i = 0; i < n; i++)
            strbuf_puts(out, line[i] == '\t' ? "    "
                                             : (char[]){line[i], '\0'});
        if (!line[n] || !line[n + 1])
            break;
        line += n + 1;
    }
    strbuf_release(&text);
}

static void put_pretty(struct strbuf *out, struct span v, int depth)
{
    const char *p = v.s, *end = v.s + v.n;
    struct member m;

    assert(p);
    if (is_block(v)) {
        put_block(out, v, depth + 1);
        return;
    }
    if ((*p != '{' && *p != '[') || *skip_blanks(p + 1, end) == *p + 2) {
        strbuf_append(out, v.s, v.n); /* ']' and '}' follow two behind */
        return;
    }
    strbuf_putc(out, *v.s);
    do {
        p = next_member(p + 1, end, *v.s == '{', depth, &m);
        assert(p);
        put_indent(out, depth + 1);
        if (m.key.s) {
            strbuf_append(out, m.key.s - 1, m.key.n + 2);
            strbuf_puts(out, is_block(m.value) ? ":" : ": ");
        }
        put_pretty(out, m.value, depth + 1);
        if (p && *p == ',' && !is_block(m.value))
            strbuf_putc(out, ',');
    } while (p && p < end && *p == ',');
    put_indent(out, depth);
    strbuf_putc(out, *v.s == '{' ? '}' : ']');
}

bool logjson_pretty(const char *text, size_t n, struct strbuf *out)
{
    size_t start = find_object(text, n);

    if (start == SIZE_MAX)
        return false;
    if (start) {
        strbuf_append(out, text, start);
        strbuf_putc(out, '\n');
    }
    while (n && isspace((unsigned char)text[n - 1]))
        n--;
    put_pretty(out, (struct span){text + start, n - start}, 0);
    return true;
}

/* ---- fields ---------------------------------------------------------- */

void logjson_fields_release(struct logjson_fields *f)
{
    for (size_t i = 0; i < f->n; i++)
        free(f->names[i]);
    free(f->names);
    *f = (struct logjson_fields){0};
}

void logjson_fields_set(struct logjson_fields *f, const char *list)
{
    logjson_fields_release(f);
    f->names = xcalloc(MAX_FIELDS, sizeof(*f->names));
    while (*list && f->n < MAX_FIELDS) {
        size_t n = strcspn(list, ", ");
        if (n)
            f->names[f->n++] = xstrndup(list, n);
        list += n;
        list += strspn(list, ", ");
    }
}
