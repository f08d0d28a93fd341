#include "backend/svc/logbuf.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "backend/base/utf8.h"

#define CHUNK_BYTES ((size_t)256 << 10)

/* 32 bytes; the index is an array of them. */
struct entry {
    int64_t timestamp_ms;
    int32_t ingestion_delta; /* ingestion - timestamp, clamped */
    uint32_t seq;            /* the low half; see seq_of() */
    uint32_t chunk;          /* chunk number; slot = chunk - first_chunk */
    uint32_t offset;         /* in the chunk */
    uint32_t len : 21, kind : 2, level : 2, late : 1, more : 1;
    uint16_t source;
};

struct chunk {
    size_t used, cap;
    size_t live;  /* lines of the index that lie here */
    char data[];
};

/* Index lines are index[head .. head + n), in order. Chunks are numbered as
 * they are made; one is freed when its last line is dropped, except the
 * newest, which is still being filled. */
struct logbuf {
    size_t limit;
    struct entry *index;
    size_t head, n, cap;
    struct chunk **chunks;
    size_t n_chunks, cap_chunks;
    uint32_t first_chunk;
    size_t chunk_bytes, text_bytes;
    uint64_t last_seq, dropped, shifts;
    size_t errors, warnings;
    struct strbuf scratch[2];
};

struct logbuf *logbuf_new(size_t limit_bytes)
{
    struct logbuf *b = xcalloc(1, sizeof(*b));

    b->limit = limit_bytes ? limit_bytes : LOGBUF_DEFAULT_BYTES;
    return b;
}

void logbuf_free(struct logbuf *b)
{
    if (!b)
        return;
    for (size_t i = 0; i < b->n_chunks; i++)
        free(b->chunks[i]);
    free(b->chunks);
    free(b->index);
    strbuf_release(&b->scratch[0]);
    strbuf_release(&b->scratch[1]);
    free(b);
}

static struct entry *at(const struct logbuf *b, size_t i)
{
    assert(i < b->n);
    return &b->index[b->head + i];
}

static struct chunk *chunk_of(const struct logbuf *b, const struct entry *e)
{
    return b->chunks[e->chunk - b->first_chunk];
}

/* Fewer than 2^32 lines are ever held at once, so that the low half and the
 * newest number say which one it is. */
static uint64_t seq_of(const struct logbuf *b, const struct entry *e)
{
    return b->last_seq - (uint32_t)((uint32_t)b->last_seq - e->seq);
}

static int64_t ingestion_of(const struct entry *e)
{
    return e->timestamp_ms + e->ingestion_delta;
}

/* ---- text ------------------------------------------------------------ */

static char *put_text(struct logbuf *b, const char *text, size_t n,
                      struct entry *e)
{
    struct chunk *c = b->n_chunks ? b->chunks[b->n_chunks - 1] : NULL;

    if (!c || c->cap - c->used < n + 1) {
        size_t cap = n + 1 > CHUNK_BYTES ? n + 1 : CHUNK_BYTES;
        /* A small limit (in tests) would be passed by one chunk. */
        if (cap > b->limit / 8 && n + 1 <= b->limit / 8)
            cap = b->limit / 8;
        b->chunks = xgrow(b->chunks, &b->cap_chunks, b->n_chunks + 1,
                          sizeof(struct chunk *));
        if (c && c->live == 0) { /* nothing in it any more */
            b->chunk_bytes -= c->cap + sizeof(*c);
            free(c);
            b->chunks[b->n_chunks - 1] = NULL;
        }
        c = xmalloc(sizeof(*c) + cap);
        *c = (struct chunk){.cap = cap};
        b->chunks[b->n_chunks++] = c;
        b->chunk_bytes += cap + sizeof(*c);
    }
    e->chunk = b->first_chunk + (uint32_t)(b->n_chunks - 1);
    e->offset = (uint32_t)c->used;
    char *to = c->data + c->used;
    memcpy(to, text, n);
    to[n] = '\0';
    c->used += n + 1;
    c->live++;
    b->text_bytes += n;
    return to;
}

static void drop_chunk(struct logbuf *b, const struct entry *e)
{
    struct chunk *c = chunk_of(b, e);
    size_t slot = e->chunk - b->first_chunk, gone = 0;

    if (--c->live || slot == b->n_chunks - 1)
        return;
    b->chunk_bytes -= c->cap + sizeof(*c);
    free(c);
    b->chunks[slot] = NULL;
    while (gone < b->n_chunks && !b->chunks[gone])
        gone++;
    if (gone) {
        memmove(b->chunks, b->chunks + gone,
                (b->n_chunks - gone) * sizeof(*b->chunks));
        b->n_chunks -= gone;
        b->first_chunk += (uint32_t)gone;
    }
}

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

/* The text as it is kept: borrowed from text when there is nothing to do. */
static const char *harmless(struct logbuf *b, const char *text, size_t *n)
{
    const char *esc = memchr(text, '\033', *n);
    struct strbuf *plain = &b->scratch[0], *clean = &b->scratch[1];

    if (esc) {
        strbuf_clear(plain);
        for (size_t i = 0; i < *n;) {
            const char *e = memchr(text + i, '\033', *n - i);
            size_t upto = e ? (size_t)(e - text) : *n;
            strbuf_append(plain, text + i, upto - i);
            i = upto + (e ? escape_len(e, *n - upto) : 0);
        }
        text = strbuf_get(plain);
        *n = plain->len;
    }
    if (!utf8_is_clean(text, *n)) {
        strbuf_clear(clean);
        utf8_sanitise(clean, text, *n);
        text = strbuf_get(clean);
        *n = clean->len;
    }
    if (*n > LOGBUF_MAX_LINE) {
        *n = LOGBUF_MAX_LINE;
        while (*n && ((unsigned char)text[*n] & 0xc0) == 0x80)
            --*n; /* not inside a code point */
    }
    return text;
}

/* ---- index ----------------------------------------------------------- */

static int compare(const struct entry *e, int64_t ts, int64_t ingestion)
{
    if (e->timestamp_ms != ts)
        return e->timestamp_ms < ts ? -1 : 1;
    int64_t i = ingestion_of(e);
    return i < ingestion ? -1 : i > ingestion;
}

/* First line that sorts behind (ts, ingestion), or, with `equals`, at it. */
static size_t bound(const struct logbuf *b, int64_t ts, int64_t ingestion,
                    bool equals)
{
    size_t lo = 0, hi = b->n;

    if (!equals && b->n && compare(at(b, b->n - 1), ts, ingestion) <= 0)
        return b->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = compare(at(b, mid), ts, ingestion);
        if (c < 0 || (c == 0 && !equals))
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static size_t total_bytes(const struct logbuf *b)
{
    return b->chunk_bytes + b->n * sizeof(struct entry);
}

static void drop_first(struct logbuf *b)
{
    struct entry *e = at(b, 0);

    b->text_bytes -= e->len;
    b->errors -= e->level == LOG_LEVEL_ERROR;
    b->warnings -= e->level == LOG_LEVEL_WARN;
    drop_chunk(b, e);
    b->head++;
    b->n--;
    b->dropped++;
    b->shifts++;
}

/* Make a hole at line i. The front's free room is used up before the array
 * grows (by a quarter: a million lines should not cost twice their index). */
static struct entry *open_slot(struct logbuf *b, size_t i)
{
    if (b->head + b->n == b->cap) {
        if (b->head > b->n / 4 + 16) {
            memmove(b->index, b->index + b->head, b->n * sizeof(*b->index));
        } else {
            size_t cap = b->n + b->n / 4 + 1024;
            struct entry *index = xreallocarray(NULL, cap, sizeof(*index));
            if (b->n)
                memcpy(index, b->index + b->head, b->n * sizeof(*index));
            free(b->index);
            b->index = index;
            b->cap = cap;
        }
        b->head = 0;
    }
    b->n++;
    struct entry *e = at(b, i);
    if (i + 1 < b->n) {
        memmove(e + 1, e, (b->n - 1 - i) * sizeof(*e));
        b->shifts++;
    }
    return e;
}

uint64_t logbuf_add(struct logbuf *b, const struct logbuf_line *line,
                    bool before_equals)
{
    int64_t delta = line->ingestion_ms - line->timestamp_ms;
    size_t n = line->len;
    const char *text = harmless(b, line->text ? line->text : "", &n);
    struct entry e = {
        .timestamp_ms = line->timestamp_ms,
        .ingestion_delta = (int32_t)(delta > INT32_MAX   ? INT32_MAX
                                     : delta < INT32_MIN ? INT32_MIN
                                                         : delta),
        .len = (uint32_t)n & 0x1fffff,
        .kind = line->kind,
        .late = line->late,
        .more = line->more,
        .source = line->source,
    };
    size_t i = bound(b, e.timestamp_ms, ingestion_of(&e), before_equals);

    if (i == 0 && b->dropped && b->n &&
        total_bytes(b) + n + sizeof(e) > b->limit) {
        b->dropped++; /* it would be the next to go */
        return 0;
    }
    e.level = line->kind == LOG_TEXT ? log_level_of(text, n)
                                     : LOG_LEVEL_NONE;
    put_text(b, text, n, &e);
    b->last_seq++;
    e.seq = (uint32_t)b->last_seq;
    b->errors += e.level == LOG_LEVEL_ERROR;
    b->warnings += e.level == LOG_LEVEL_WARN;
    *open_slot(b, i) = e;
    while (b->n > 1 && total_bytes(b) > b->limit)
        drop_first(b);
    return b->last_seq;
}

/* ---- reading --------------------------------------------------------- */

size_t logbuf_len(const struct logbuf *b)
{
    return b->n;
}

void logbuf_get(const struct logbuf *b, size_t i, struct logbuf_line *out)
{
    const struct entry *e = at(b, i);

    *out = (struct logbuf_line){
        .seq = seq_of(b, e),
        .timestamp_ms = e->timestamp_ms,
        .ingestion_ms = ingestion_of(e),
        .text = chunk_of(b, e)->data + e->offset,
        .len = e->len,
        .source = e->source,
        .kind = e->kind,
        .level = e->level,
        .late = e->late,
        .more = e->more,
    };
}

enum log_level logbuf_level(const struct logbuf *b, size_t i)
{
    return at(b, i)->level;
}

struct logbuf_mark logbuf_mark(const struct logbuf *b, size_t i)
{
    const struct entry *e = at(b, i);

    return (struct logbuf_mark){seq_of(b, e), e->timestamp_ms,
                                ingestion_of(e)};
}

size_t logbuf_find(const struct logbuf *b, struct logbuf_mark mark,
                   bool *exact)
{
    size_t first = bound(b, mark.timestamp_ms, mark.ingestion_ms, true);

    for (size_t i = first;
         i < b->n && !compare(at(b, i), mark.timestamp_ms, mark.ingestion_ms);
         i++) {
        if (seq_of(b, at(b, i)) == mark.seq) {
            if (exact)
                *exact = true;
            return i;
        }
    }
    if (exact)
        *exact = false;
    return first;
}

size_t logbuf_find_time(const struct logbuf *b, int64_t ms)
{
    return bound(b, ms, INT64_MIN, true);
}

size_t logbuf_find_seq(const struct logbuf *b, uint64_t seq)
{
    for (size_t i = b->n; i-- > 0;)
        if (seq_of(b, at(b, i)) == seq)
            return i;
    return SIZE_MAX;
}

uint64_t logbuf_last_seq(const struct logbuf *b)
{
    return b->last_seq;
}

uint64_t logbuf_dropped(const struct logbuf *b)
{
    return b->dropped;
}

uint64_t logbuf_shifts(const struct logbuf *b)
{
    return b->shifts;
}

size_t logbuf_errors(const struct logbuf *b)
{
    return b->errors;
}

size_t logbuf_warnings(const struct logbuf *b)
{
    return b->warnings;
}

size_t logbuf_bytes(const struct logbuf *b)
{
    return b->chunk_bytes + b->cap * sizeof(struct entry);
}

size_t logbuf_text_bytes(const struct logbuf *b)
{
    return b->text_bytes;
}
