#include "backend/svc/logjson.h"

#include <assert.h>
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/base/mem.h"
#include "backend/base/utf8.h"
#include "backend/svc/jsontext.h"

#define MAX_FIELDS 32
#define LEVEL_COLS 5 /* "ERROR" */

/* A value on one line: strings without quotes where they need none. */
static void put_flat(struct strbuf *out, struct json_span v, bool bare)
{
    struct strbuf text = STRBUF_INIT;

    if (jsontext_is_string(v)) {
        jsontext_decode(&text, jsontext_inside(v));
        bare |= text.len && !memchr(text.data, ' ', text.len) &&
                !memchr(text.data, '"', text.len) &&
                !memchr(text.data, '\n', text.len);
        if (bare)
            utf8_sanitise(out, strbuf_get(&text), text.len);
    }
    if (!jsontext_is_string(v) || !bare)
        utf8_sanitise(out, v.s, v.n);
    strbuf_release(&text);
}

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

static enum part part_of(struct json_span key)
{
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (strlen(known[i].name) == key.n &&
            strncasecmp(known[i].name, key.s, key.n) == 0)
            return known[i].part;
    return PART_OTHER;
}

/* pino and bunyan number their levels. */
static const char *level_word(struct json_span v)
{
    static const char *const words[] = {"TRACE", "DEBUG", "INFO",
                                        "WARN",  "ERROR", "FATAL"};

    if (v.n == 2 && v.s[0] >= '1' && v.s[0] <= '6' && v.s[1] == '0')
        return words[v.s[0] - '1'];
    return NULL;
}

static void put_level(struct strbuf *out, struct json_span v)
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
                     struct json_span v)
{
    if (out->len && out->data[out->len - 1] != ' ')
        strbuf_putc(out, ' ');
    utf8_sanitise(out, name, n);
    strbuf_putc(out, '=');
    put_flat(out, v, false);
}

/* The member of this path ("error.code"; also a key that holds dots). */
static bool member_at(struct json_span object, const char *path,
                      struct json_span *out)
{
    const char *end = object.s + object.n, *p = object.s;
    size_t len = strlen(path);
    struct json_member m;

    if (!object.n || *p != '{' || *jsontext_blanks(p + 1, end) == '}')
        return false;
    do {
        p = jsontext_next(p + 1, end, true, 0, &m);
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
static void put_part(struct strbuf *out, struct json_span object,
                     enum part part)
{
    const char *end = object.s + object.n, *p = object.s;
    struct json_member m;

    if (*jsontext_blanks(p + 1, end) == '}')
        return;
    do {
        p = jsontext_next(p + 1, end, true, 0, &m);
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
    size_t start = jsontext_find(text, n), mark;
    struct json_span object, v;

    if (start == SIZE_MAX)
        return false;
    object = (struct json_span){text + start, n - start};
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

static bool is_block(struct json_span v)
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
static void put_block(struct strbuf *out, struct json_span v, int depth)
{
    struct strbuf text = STRBUF_INIT;
    const char *line;

    jsontext_decode(&text, jsontext_inside(v));
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

static void put_pretty(struct strbuf *out, struct json_span v, int depth)
{
    const char *p = v.s, *end = v.s + v.n;
    struct json_member m;

    assert(p);
    if (is_block(v)) {
        put_block(out, v, depth + 1);
        return;
    }
    if ((*p != '{' && *p != '[') || *jsontext_blanks(p + 1, end) == *p + 2) {
        strbuf_append(out, v.s, v.n); /* ']' and '}' follow two behind */
        return;
    }
    strbuf_putc(out, *v.s);
    do {
        p = jsontext_next(p + 1, end, *v.s == '{', depth, &m);
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
    size_t start = jsontext_find(text, n);

    if (start == SIZE_MAX)
        return false;
    if (start) {
        strbuf_append(out, text, start);
        strbuf_putc(out, '\n');
    }
    while (n && isspace((unsigned char)text[n - 1]))
        n--;
    put_pretty(out, (struct json_span){text + start, n - start}, 0);
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
