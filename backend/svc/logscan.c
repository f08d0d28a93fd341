/* The body ends in a NUL, which is no part of any token: so the scanning loops
 * need no end of their own. */
#include "backend/svc/logscan.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/utf8.h"

enum { START, IN_EVENTS, AFTER_MEMBER, DONE, BROKEN };

void logscan_begin(struct logscan *s, char *body, size_t len)
{
    *s = (struct logscan){.at = body, .end = body + len, .state = START};
}

static void blanks(struct logscan *s)
{
    while (*s->at == ' ' || *s->at == '\n' || *s->at == '\t' ||
           *s->at == '\r')
        s->at++;
}

static bool take(struct logscan *s, char c)
{
    blanks(s);
    if (*s->at != c)
        return false;
    s->at++;
    return true;
}

/* ---- strings --------------------------------------------------------- */

/* The next quote, backslash or control character. Eight bytes at once: a byte
 * of x is zero when the top bit of (x - 0x01..) & ~x gets set there. */
static char *run_end(char *p, const char *end)
{
    const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;

    while (end - p >= 8) {
        uint64_t w, quote, back, low;
        memcpy(&w, p, sizeof(w));
        quote = w ^ ones * '"';
        back = w ^ ones * '\\';
        low = (w - ones * 0x20) & ~w;
        if ((((quote - ones) & ~quote) | ((back - ones) & ~back) | low) &
            tops)
            break;
        p += 8;
    }
    while (*p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
        p++;
    return p;
}

static int hex4(const char *p)
{
    int v = 0;

    for (int i = 0; i < 4; i++) {
        int c = (unsigned char)p[i];
        int d = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : -1;
        if (d < 0)
            return -1; /* the NUL at the end too */
        v = v * 16 + d;
    }
    return v;
}

/* At the `u` of an escape. Moves *p behind it; writes UTF-8 to *out, which is
 * never longer than what was read. */
static bool unicode(char **p, char **out)
{
    int high = hex4(*p + 1), low;
    uint32_t cp;

    if (high < 0)
        return false;
    *p += 5;
    cp = (uint32_t)high;
    if (high >= 0xd800 && high < 0xdc00) {
        cp = 0xfffd;
        if ((*p)[0] == '\\' && (*p)[1] == 'u' &&
            (low = hex4(*p + 2)) >= 0xdc00 && low < 0xe000) {
            cp = 0x10000 + (((uint32_t)high - 0xd800) << 10) +
                 ((uint32_t)low - 0xdc00);
            *p += 6;
        }
    } else if (high >= 0xdc00 && high < 0xe000) {
        cp = 0xfffd;
    }
    *out += utf8_encode(cp, *out);
    return true;
}

static bool escape(char **p, char **out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *k;

    if (**p == 'u')
        return unicode(p, out);
    k = **p ? strchr(from, **p) : NULL;
    if (!k)
        return false;
    *(*out)++ = to[k - from];
    (*p)++;
    return true;
}

/* At the opening quote. The text is unescaped where it lies. */
static bool string(struct logscan *s, char **text, size_t *n)
{
    char *p = s->at + 1, *out = p;

    *text = p;
    for (;;) {
        char *stop = run_end(p, s->end);
        size_t run = (size_t)(stop - p);
        if (out != p)
            memmove(out, p, run);
        out += run;
        p = stop;
        if (*p == '"')
            break;
        if (*p != '\\')
            return false; /* a control character, or the end */
        p++;
        if (!escape(&p, &out))
            return false;
    }
    *out = '\0';
    *n = (size_t)(out - *text);
    s->at = p + 1;
    return true;
}

/* ---- values ---------------------------------------------------------- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Any number; *whole: it fits an int64 and has no fraction or exponent. */
static bool number(struct logscan *s, int64_t *value, bool *whole)
{
    bool minus = *s->at == '-';
    uint64_t v = 0;
    const char *first = s->at += minus;

    *whole = true;
    for (; is_digit(*s->at); s->at++) {
        if (v > (INT64_MAX - 9) / 10)
            *whole = false;
        else
            v = v * 10 + (uint64_t)(*s->at - '0');
    }
    if (s->at == first || (*first == '0' && s->at - first > 1))
        return false;
    *value = minus ? -(int64_t)v : (int64_t)v;
    if (*s->at == '.') {
        *whole = false;
        if (!is_digit(*++s->at))
            return false;
        while (is_digit(*s->at))
            s->at++;
    }
    if (*s->at == 'e' || *s->at == 'E') {
        *whole = false;
        s->at++;
        s->at += *s->at == '+' || *s->at == '-';
        if (!is_digit(*s->at))
            return false;
        while (is_digit(*s->at))
            s->at++;
    }
    return true;
}

static bool word(struct logscan *s)
{
    static const char *const words[] = {"true", "false", "null"};

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        size_t n = strlen(words[i]);
        if (strncmp(s->at, words[i], n) == 0) {
            s->at += n;
            return true;
        }
    }
    return false;
}

/* Passes over any value. A stack of brackets as bits: 1 = object. */
static bool skip(struct logscan *s)
{
    uint64_t stack = 0;
    int depth = 0;
    char *text;
    size_t n;
    int64_t v;
    bool whole;

    for (;;) {
        blanks(s);
        bool opened = *s->at == '{' || *s->at == '[';
        if (opened) {
            if (depth == LOGSCAN_DEPTH)
                return false;
            stack = stack << 1 | (*s->at++ == '{');
            depth++;
            blanks(s);
            if (*s->at == ((stack & 1) ? '}' : ']')) {
                opened = false;
            } else if (!(stack & 1)) {
                continue;
            }
        } else if (*s->at == '"') {
            if (!string(s, &text, &n))
                return false;
        } else if (*s->at == '-' || is_digit(*s->at)) {
            if (!number(s, &v, &whole))
                return false;
        } else if (!word(s)) {
            return false;
        }
        while (depth && !opened) { /* behind a value */
            blanks(s);
            if (*s->at == ',') {
                s->at++;
                opened = true;
            } else if (*s->at == ((stack & 1) ? '}' : ']')) {
                s->at++;
                stack >>= 1;
                depth--;
            } else {
                return false;
            }
        }
        if (!depth)
            return true;
        if (stack & 1) { /* the next member's name */
            blanks(s);
            if (*s->at != '"' || !string(s, &text, &n) || !take(s, ':'))
                return false;
        }
    }
}

/* ---- members --------------------------------------------------------- */

/* The name of the next member, up to behind its colon. */
static bool name(struct logscan *s, const char **text)
{
    char *t;
    size_t n;

    blanks(s);
    if (*s->at != '"' || !string(s, &t, &n) || !take(s, ':'))
        return false;
    *text = t;
    blanks(s);
    return true;
}

/* A string, else `absent`. */
static bool text_value(struct logscan *s, const char *absent,
                       const char **out, size_t *len)
{
    char *t;
    size_t n;

    if (*s->at != '"') {
        *out = absent;
        return skip(s);
    }
    if (!string(s, &t, &n))
        return false;
    *out = t;
    if (len)
        *len = n;
    return true;
}

static bool time_value(struct logscan *s, int64_t *out, bool *have)
{
    if (*s->at != '-' && !is_digit(*s->at)) {
        *have = false;
        return skip(s);
    }
    return number(s, out, have);
}

/* Behind the '{' of an event. *usable: it has what an event needs. */
static bool event(struct logscan *s, struct logscan_event *e, bool *usable)
{
    bool time = false, ingestion = false, first = true;

    *e = (struct logscan_event){.stream = "", .id = "", .group = ""};
    for (;; first = false) {
        const char *key;
        bool ok;
        if (first && take(s, '}'))
            break;
        if (!name(s, &key))
            return false;
        if (strcmp(key, "message") == 0)
            ok = text_value(s, NULL, &e->message, &e->len);
        else if (strcmp(key, "logStreamName") == 0)
            ok = text_value(s, "", &e->stream, NULL);
        else if (strcmp(key, "eventId") == 0)
            ok = text_value(s, "", &e->id, NULL);
        else if (strcmp(key, "logGroupIdentifier") == 0)
            ok = text_value(s, "", &e->group, NULL);
        else if (strcmp(key, "timestamp") == 0)
            ok = time_value(s, &e->timestamp_ms, &time);
        else if (strcmp(key, "ingestionTime") == 0)
            ok = time_value(s, &e->ingestion_ms, &ingestion);
        else
            ok = skip(s);
        if (!ok)
            return false;
        if (take(s, ','))
            continue;
        if (!take(s, '}'))
            return false;
        break;
    }
    if (!ingestion)
        e->ingestion_ms = e->timestamp_ms;
    *usable = time && e->message;
    return true;
}

static enum logscan_result bad(struct logscan *s)
{
    s->state = BROKEN;
    s->token = NULL;
    return LOGSCAN_BAD;
}

static bool metadata(struct logscan *s)
{
    const char *key;

    s->at++;
    if (take(s, '}'))
        return true;
    do {
        if (!name(s, &key))
            return false;
        if (strcmp(key, "sampled") == 0)
            s->sampled = strncmp(s->at, "true", 4) == 0;
        if (!skip(s))
            return false;
    } while (take(s, ','));
    return take(s, '}');
}

/* The members of the reply, up to the first event. */
static bool member(struct logscan *s)
{
    const char *key;

    if (!name(s, &key))
        return false;
    if ((strcmp(key, "events") == 0 || strcmp(key, "sessionResults") == 0) &&
        *s->at == '[') {
        s->at++;
        s->state = IN_EVENTS;
        s->event_seen = false;
        return true;
    }
    s->state = AFTER_MEMBER;
    if (strcmp(key, "nextToken") == 0)
        return text_value(s, NULL, &s->token, NULL);
    if (strcmp(key, "sessionMetadata") == 0 && *s->at == '{')
        return metadata(s);
    return skip(s);
}

/* One element of the array; not an event, or not usable: passed over. */
static bool element(struct logscan *s, struct logscan_event *e, bool *usable)
{
    *usable = false;
    if (take(s, ']')) {
        s->state = AFTER_MEMBER;
        return true;
    }
    if (s->event_seen && !take(s, ','))
        return false;
    s->event_seen = true;
    blanks(s);
    if (*s->at != '{')
        return skip(s);
    s->at++;
    return event(s, e, usable);
}

enum logscan_result logscan_next(struct logscan *s, struct logscan_event *e)
{
    bool usable = false;

    while (s->state != DONE && s->state != BROKEN) {
        switch (s->state) {
        case START:
            if (!take(s, '{'))
                return bad(s);
            if (take(s, '}'))
                s->state = DONE;
            else if (!member(s))
                return bad(s);
            break;
        case IN_EVENTS:
            if (!element(s, e, &usable))
                return bad(s);
            if (usable)
                return LOGSCAN_EVENT;
            break;
        default:
            if (take(s, '}'))
                s->state = DONE;
            else if (!take(s, ',') || !member(s))
                return bad(s);
        }
    }
    blanks(s);
    if (s->state == BROKEN || s->at != s->end)
        return bad(s);
    return LOGSCAN_END;
}
