#include "backend/base/strbuf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/utf8.h"

/* The limit belongs to the use, not to the contents: it outlives a release,
 * so that a reused buffer can't lose its cap. */
static void reset(struct strbuf *b)
{
    b->data = NULL;
    b->len = b->cap = 0;
    b->overflow = false;
}

void strbuf_release(struct strbuf *b)
{
    free(b->data);
    reset(b);
}

void strbuf_release_secret(struct strbuf *b)
{
    xfree_secret(b->data, b->cap);
    reset(b);
}

void strbuf_clear(struct strbuf *b)
{
    b->len = 0;
    b->overflow = false;
    if (b->data)
        b->data[0] = '\0';
}

void strbuf_limit(struct strbuf *b, size_t limit)
{
    b->limit = limit;
}

/* Room for `more` bytes and the NUL; -1 when the limit forbids it. */
static int reserve(struct strbuf *b, size_t more)
{
    if (b->limit && (b->len > b->limit || more > b->limit - b->len)) {
        b->overflow = true;
        return -1;
    }
    if (more > SIZE_MAX - b->len - 1)
        abort();
    if (b->len + more + 1 > b->cap) {
        if (!b->cap && more < 32)
            more = 31;
        b->data = xgrow(b->data, &b->cap, b->len + more + 1, 1);
    }
    return 0;
}

int strbuf_append(struct strbuf *b, const void *data, size_t len)
{
    if (reserve(b, len))
        return -1;
    if (len)
        memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = '\0';
    return 0;
}

int strbuf_puts(struct strbuf *b, const char *s)
{
    return strbuf_append(b, s, strlen(s));
}

int strbuf_putc(struct strbuf *b, char c)
{
    return strbuf_append(b, &c, 1);
}

int strbuf_vprintf(struct strbuf *b, const char *fmt, va_list ap)
{
    va_list again;
    int n;

    va_copy(again, ap);
    n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (n < 0 || reserve(b, (size_t)n))
        return -1;
    vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
    b->len += (size_t)n;
    return 0;
}

int strbuf_printf(struct strbuf *b, const char *fmt, ...)
{
    va_list ap;
    int rc;

    va_start(ap, fmt);
    rc = strbuf_vprintf(b, fmt, ap);
    va_end(ap);
    return rc;
}

const char *strbuf_get(const struct strbuf *b)
{
    return b->data ? b->data : "";
}

char *strbuf_detach(struct strbuf *b)
{
    char *s = b->data ? b->data : xstrdup("");

    reset(b);
    return s;
}

/* One code point as JSON wants it; bytes [s, s+used) are its UTF-8. */
static void put_json_cp(struct strbuf *b, uint32_t cp, const char *s,
                        size_t used)
{
    static const char short_escape[128] = {
        ['"'] = '"',   ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
        ['\n'] = 'n',  ['\r'] = 'r',  ['\t'] = 't',
    };

    if (cp < 128 && short_escape[cp]) {
        char esc[2] = {'\\', short_escape[cp]};
        strbuf_append(b, esc, 2);
    } else if (cp < 0x20 || cp == 0x7f) {
        strbuf_printf(b, "\\u%04x", (unsigned)cp);
    } else if (cp == 0xfffd) {
        strbuf_puts(b, "\xef\xbf\xbd"); /* also what malformed bytes become */
    } else {
        strbuf_append(b, s, used);
    }
}

void strbuf_put_json(struct strbuf *b, const char *data, size_t len)
{
    size_t start = b->len;
    bool before = b->overflow;

    b->overflow = false;
    strbuf_putc(b, '"');
    for (size_t i = 0; i < len && !b->overflow;) {
        uint32_t cp;
        size_t used;

        /* Plain runs in one go. */
        size_t run = i;
        while (run < len && (unsigned char)data[run] >= 0x20 &&
               (unsigned char)data[run] < 0x7f && data[run] != '"' &&
               data[run] != '\\')
            run++;
        if (run > i) {
            strbuf_append(b, data + i, run - i);
            i = run;
            continue;
        }
        used = utf8_decode(data + i, len - i, &cp);
        put_json_cp(b, cp, data + i, used);
        i += used;
    }
    strbuf_putc(b, '"');
    /* Dropped whole: half a literal is worse than none. */
    if (b->overflow) {
        b->len = start;
        if (b->data)
            b->data[start] = '\0';
    }
    b->overflow = b->overflow || before;
}
