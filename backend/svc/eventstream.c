#include "backend/svc/eventstream.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "backend/base/mem.h"

#define PRELUDE 12
#define SUM 4

static uint64_t number_at(const unsigned char *p, size_t n)
{
    uint64_t v = 0;

    for (size_t i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

static uint32_t u32(const unsigned char *p)
{
    return (uint32_t)number_at(p, 4);
}

static uint32_t sum_of(const unsigned char *p, size_t n)
{
    return (uint32_t)crc32(0, p, (uInt)n);
}

void eventstream_feed(struct eventstream *s, const void *data, size_t n)
{
    if (s->broken)
        return;
    if (s->at) { /* what was read makes room */
        memmove(s->in.data, s->in.data + s->at, s->in.len - s->at);
        s->in.len -= s->at;
        s->at = 0;
    }
    strbuf_append(&s->in, data, n);
}

void eventstream_release(struct eventstream *s)
{
    strbuf_release(&s->in);
    free(s->headers);
    *s = (struct eventstream){0};
}

/* ---- headers --------------------------------------------------------- */

/* Bytes of a value; 0 = its length stands before it, in two bytes. */
static const size_t sizes[EVENTSTREAM_TYPES] = {
    [EVENTSTREAM_INT8] = 1,      [EVENTSTREAM_INT16] = 2,
    [EVENTSTREAM_INT32] = 4,     [EVENTSTREAM_INT64] = 8,
    [EVENTSTREAM_TIMESTAMP] = 8, [EVENTSTREAM_UUID] = 16,
};

/* Reads one header; returns its bytes, 0 when it is wrong. */
static size_t read_header(const unsigned char *p, size_t n,
                          struct eventstream_header *h)
{
    size_t at = 1, len;

    if (n < 2 || p[0] == 0 || (size_t)p[0] + 2 > n)
        return 0;
    *h = (struct eventstream_header){.name = (const char *)p + 1,
                                     .name_len = p[0]};
    at += p[0];
    if (p[at] >= EVENTSTREAM_TYPES)
        return 0;
    h->type = (enum eventstream_type)p[at++];
    if (h->type == EVENTSTREAM_TRUE || h->type == EVENTSTREAM_FALSE) {
        h->number = h->type == EVENTSTREAM_TRUE;
        return at;
    }
    len = sizes[h->type];
    if (!len) {
        if (n - at < 2)
            return 0;
        len = number_at(p + at, 2);
        at += 2;
    }
    if (n - at < len)
        return 0;
    if (len <= 8 && h->type != EVENTSTREAM_BYTES &&
        h->type != EVENTSTREAM_STRING) { /* the sign is the first bit */
        uint64_t v = number_at(p + at, len);
        uint64_t sign = (uint64_t)1 << (len * 8 - 1);
        h->number = (int64_t)((v ^ sign) - sign);
    } else {
        h->value = (const char *)p + at;
        h->len = len;
    }
    return at + len;
}

static bool same_name(const struct eventstream_header *h, const char *name,
                      size_t n)
{
    return h->name_len == n && memcmp(h->name, name, n) == 0;
}

static int read_headers(struct eventstream *s, const unsigned char *p,
                        size_t n, size_t *count)
{
    for (*count = 0; n;) {
        struct eventstream_header h;
        size_t used = read_header(p, n, &h);
        if (!used)
            return -1;
        for (size_t i = 0; i < *count; i++)
            if (same_name(&s->headers[i], h.name, h.name_len))
                return -1; /* twice */
        s->headers = xgrow(s->headers, &s->cap_headers, *count + 1,
                           sizeof(*s->headers));
        s->headers[(*count)++] = h;
        p += used;
        n -= used;
    }
    return 0;
}

/* ---- messages -------------------------------------------------------- */

static enum eventstream_result bad(struct eventstream *s, struct err *err,
                                   enum err_code code, const char *what)
{
    s->broken = true;
    err_set(err, code, "The event stream makes no sense: %s.", what);
    return EVENTSTREAM_BAD;
}

enum eventstream_result eventstream_next(struct eventstream *s,
                                         struct eventstream_message *m,
                                         struct err *err)
{
    const unsigned char *p;
    size_t have = s->in.len - s->at, total, headers;

    if (s->broken)
        return bad(s, err, ERR_PARSE, "it was broken before");
    if (have < PRELUDE)
        return EVENTSTREAM_MORE;
    p = (const unsigned char *)s->in.data + s->at;
    total = u32(p);
    headers = u32(p + 4);
    if (sum_of(p, 8) != u32(p + 8))
        return bad(s, err, ERR_PARSE, "the sum of a prelude is wrong");
    if (total < PRELUDE + SUM || headers > total - PRELUDE - SUM)
        return bad(s, err, ERR_PARSE, "a length is wrong");
    if (headers > EVENTSTREAM_MAX_HEADERS ||
        total - headers - PRELUDE - SUM > EVENTSTREAM_MAX_PAYLOAD)
        return bad(s, err, ERR_TOO_LARGE, "a message is too large");
    if (have < total)
        return EVENTSTREAM_MORE;
    if (sum_of(p, total - SUM) != u32(p + total - SUM))
        return bad(s, err, ERR_PARSE, "the sum of a message is wrong");
    if (read_headers(s, p + PRELUDE, headers, &m->n_headers) != 0)
        return bad(s, err, ERR_PARSE, "a header is wrong");
    m->headers = s->headers;
    m->payload = (const char *)p + PRELUDE + headers;
    m->payload_len = total - headers - PRELUDE - SUM;
    s->at += total;
    return EVENTSTREAM_MESSAGE;
}

const struct eventstream_header *
eventstream_header(const struct eventstream_message *m, const char *name)
{
    for (size_t i = 0; i < m->n_headers; i++)
        if (same_name(&m->headers[i], name, strlen(name)))
            return &m->headers[i];
    return NULL;
}

bool eventstream_is(const struct eventstream_message *m, const char *name,
                    const char *value)
{
    const struct eventstream_header *h = eventstream_header(m, name);

    return h && h->type == EVENTSTREAM_STRING && h->len == strlen(value) &&
           memcmp(h->value, value, h->len) == 0;
}
