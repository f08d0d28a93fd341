/* Lines in and out; the index is logbuf_index.c, the text logbuf_store.c. */
#include "backend/svc/logbuf.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/svc/logbuf_internal.h"

/* While it shrinks a line that comes does not pay for it all. */
#define SHRINK_PER_ADD 8

struct logbuf *logbuf_new(size_t limit_bytes)
{
    struct logbuf *b = xcalloc(1, sizeof(*b));

    b->limit = limit_bytes ? limit_bytes : LOGBUF_DEFAULT_BYTES;
    b->near = SIZE_MAX;
    b->sgr = xcalloc(LOGTEXT_MAX_SGR, sizeof(*b->sgr));
    return b;
}

void logbuf_free(struct logbuf *b)
{
    if (!b)
        return;
    logbuf_store_free(b);
    logbuf_index_free(b);
    logtext_release(&b->text);
    free(b->sgr);
    free(b);
}

/* Fewer than 2^32 lines are ever held at once, so that the low half and the
 * newest number say which one it is. */
static uint64_t seq_of(const struct logbuf *b, const struct entry *e)
{
    return b->last_seq - (uint32_t)((uint32_t)b->last_seq - e->seq);
}

void logbuf_line_of(const struct logbuf *b, const struct entry *e,
                    struct logbuf_line *out)
{
    *out = (struct logbuf_line){
        .seq = seq_of(b, e),
        .timestamp_ms = e->timestamp_ms,
        .ingestion_ms = ingestion_of(e),
        .id = id_of(e),
        .source = e->source,
        .kind = e->kind,
        .level = e->level,
        .late = e->late,
        .more = e->more,
    };
    logbuf_fetch(b, e, out);
}

/* ---- lines go -------------------------------------------------------- */

static void tell(struct logbuf *b, const struct entry *e, size_t i, bool came)
{
    struct logbuf_line line;

    if (!b->watches)
        return;
    logbuf_line_of(b, e, &line);
    for (struct logbuf_watch *w = b->watches, *next; w; w = next) {
        void (*fn)(void *arg, const struct logbuf_line *l, size_t at) =
            came ? w->added : w->removed;
        next = w->next;
        if (fn)
            fn(w->arg, &line, i);
    }
}

static void take_out(struct logbuf *b, size_t i)
{
    struct entry e = *logbuf_entry(b, i);

    tell(b, &e, i, false);
    b->errors -= e.level >= LOG_LEVEL_ERROR;
    b->notes -= e.kind != LOG_TEXT;
    b->warnings -= e.level == LOG_LEVEL_WARN;
    logbuf_unstore(b, &e);
    logbuf_index_remove(b, i);
    b->shifts++;
    if (b->near != SIZE_MAX && b->near >= i)
        b->near = b->near > i ? b->near - 1 : SIZE_MAX;
}

static size_t total_bytes(const struct logbuf *b)
{
    return b->chunk_bytes + b->n * sizeof(struct entry);
}

/* Up to so many lines go. */
static void make_room(struct logbuf *b, size_t max)
{
    for (; max && b->n > 1 && total_bytes(b) > b->limit; max--) {
        const struct entry *e = logbuf_entry(b, 0);
        b->floor_ts = e->timestamp_ms;
        b->floor_ingestion = ingestion_of(e);
        b->dropped++;
        take_out(b, 0);
    }
    b->shrinking &= b->n > 1 && total_bytes(b) > b->limit;
}

bool logbuf_set_limit(struct logbuf *b, size_t limit_bytes)
{
    b->limit = limit_bytes ? limit_bytes : LOGBUF_DEFAULT_BYTES;
    b->shrinking = true;
    return logbuf_shrink(b);
}

bool logbuf_shrink(struct logbuf *b)
{
    if (b->shrinking)
        make_room(b, LOGBUF_SHRINK_LINES);
    return b->shrinking;
}

int logbuf_remove(struct logbuf *b, struct logbuf_mark mark)
{
    bool exact;
    size_t i = logbuf_find(b, mark, &exact);

    if (!exact)
        return -1;
    take_out(b, i);
    return 0;
}

/* ---- lines come ------------------------------------------------------ */

static int32_t delta_of(int64_t timestamp_ms, int64_t ingestion_ms)
{
    int64_t delta = ingestion_ms - timestamp_ms;

    return (int32_t)(delta > INT32_MAX   ? INT32_MAX
                     : delta < INT32_MIN ? INT32_MIN
                                         : delta);
}

bool logbuf_is_gone(const struct logbuf *b, int64_t timestamp_ms,
                    int64_t ingestion_ms)
{
    int64_t in = timestamp_ms + delta_of(timestamp_ms, ingestion_ms);

    if (!b->dropped || timestamp_ms > b->floor_ts ||
        (timestamp_ms == b->floor_ts && in > b->floor_ingestion))
        return false;
    /* Of a burst at one instant some may be gone, and more still come. */
    return logbuf_bound(b, &(struct key){timestamp_ms, in, UINT32_MAX,
                                        UINT16_MAX},
                        false) == 0;
}

int64_t logbuf_floor_ms(const struct logbuf *b)
{
    return b->dropped ? b->floor_ts : INT64_MIN;
}

bool logbuf_has(struct logbuf *b, int64_t timestamp_ms, int64_t ingestion_ms,
                uint16_t source, uint32_t id)
{
    int64_t in = timestamp_ms + delta_of(timestamp_ms, ingestion_ms);
    const struct key key = {timestamp_ms, in, id & LOGBUF_ID_MASK, source};
    size_t i = b->near;

    /* Asked in order, it is the next one or near it. */
    if (i != SIZE_MAX && i + 1 < b->n &&
        logbuf_compare(logbuf_entry(b, i), &key) < 0 &&
        logbuf_compare(logbuf_entry(b, i + 1), &key) >= 0)
        i++;
    else
        i = logbuf_bound(b, &key, true);
    if (i == b->n || logbuf_compare(logbuf_entry(b, i), &key) != 0)
        return false;
    while (i + 1 < b->n && logbuf_entry(b, i + 1)->more)
        i++; /* the last line of the event */
    b->near = i;
    return true;
}

uint64_t logbuf_add(struct logbuf *b, const struct logbuf_line *line)
{
    size_t n = line->len, i;
    const char *text = line->text ? line->text : "";
    struct entry e = {
        .timestamp_ms = line->timestamp_ms,
        .ingestion_delta = delta_of(line->timestamp_ms, line->ingestion_ms),
        .id_high = (line->id & LOGBUF_ID_MASK) >> 16,
        .id_low = line->id & 0xffff,
        .kind = line->kind,
        .late = line->late,
        .more = line->more,
        .source = line->source,
    };

    if (logbuf_is_gone(b, line->timestamp_ms, line->ingestion_ms))
        return 0;
    text = logtext_clean(&b->text, text, &n, LOGBUF_MAX_LINE);
    e.level = line->kind == LOG_TEXT ? log_level_of(text, n)
                                     : LOG_LEVEL_NONE;
    logbuf_store(b, text, n, b->text.sgr, b->text.n_sgr, &e);
    b->last_seq++;
    e.seq = (uint32_t)b->last_seq;
    b->errors += e.level >= LOG_LEVEL_ERROR;
    b->notes += e.kind != LOG_TEXT;
    b->warnings += e.level == LOG_LEVEL_WARN;
    const struct key key = key_of(&e);
    i = logbuf_bound(b, &key, false);
    b->shifts += i < b->n;
    logbuf_index_insert(b, i, &e);
    b->near = i;
    tell(b, &e, i, true);
    make_room(b, b->shrinking ? SHRINK_PER_ADD : SIZE_MAX);
    return b->last_seq;
}

int logbuf_rename(struct logbuf *b, struct logbuf_mark mark,
                  int64_t ingestion_ms, uint32_t id)
{
    bool exact;
    size_t i = logbuf_find(b, mark, &exact);
    struct entry e;

    if (!exact)
        return -1;
    e = *logbuf_entry(b, i);
    tell(b, &e, i, false);
    logbuf_index_remove(b, i);
    e.ingestion_delta = delta_of(e.timestamp_ms, ingestion_ms);
    e.id_high = (id & LOGBUF_ID_MASK) >> 16;
    e.id_low = id & 0xffff;
    const struct key key = key_of(&e);
    i = logbuf_bound(b, &key, false);
    logbuf_index_insert(b, i, &e);
    b->near = i;
    b->shifts++;
    b->renamed = true;
    tell(b, &e, i, true);
    return 0;
}

void logbuf_watch(struct logbuf *b, struct logbuf_watch *w)
{
    w->next = b->watches;
    b->watches = w;
}

void logbuf_unwatch(struct logbuf *b, struct logbuf_watch *w)
{
    struct logbuf_watch **at = &b->watches;

    while (*at && *at != w)
        at = &(*at)->next;
    if (*at)
        *at = w->next;
}

/* ---- reading --------------------------------------------------------- */

size_t logbuf_len(const struct logbuf *b)
{
    return b->n;
}

void logbuf_get(const struct logbuf *b, size_t i, struct logbuf_line *out)
{
    logbuf_line_of(b, logbuf_entry(b, i), out);
}

enum log_level logbuf_level(const struct logbuf *b, size_t i)
{
    return logbuf_entry(b, i)->level;
}

struct logbuf_mark logbuf_mark(const struct logbuf *b, size_t i)
{
    const struct entry *e = logbuf_entry(b, i);

    return (struct logbuf_mark){seq_of(b, e), e->timestamp_ms,
                                ingestion_of(e), id_of(e), e->source};
}

struct logbuf_mark logbuf_mark_of(const struct logbuf_line *line)
{
    return (struct logbuf_mark){line->seq, line->timestamp_ms,
                                line->ingestion_ms, line->id, line->source};
}

/* Its timestamp is still the same. */
static size_t found_renamed(const struct logbuf *b, struct logbuf_mark mark,
                            size_t otherwise, bool *exact)
{
    for (size_t i = b->renamed && mark.seq
                        ? logbuf_find_time(b, mark.timestamp_ms)
                        : b->n;
         i < b->n; i++) {
        const struct entry *e = logbuf_entry(b, i);
        if (e->timestamp_ms != mark.timestamp_ms)
            break;
        if (seq_of(b, e) != mark.seq)
            continue;
        if (exact)
            *exact = true;
        return i;
    }
    return otherwise;
}

size_t logbuf_find(const struct logbuf *b, struct logbuf_mark mark,
                   bool *exact)
{
    const struct key key = {mark.timestamp_ms, mark.ingestion_ms, mark.id,
                            mark.source};
    size_t first = logbuf_bound(b, &key, true);

    if (exact)
        *exact = false;
    for (size_t i = first; i < b->n; i++) {
        const struct entry *e = logbuf_entry(b, i);
        if (logbuf_compare(e, &key) != 0)
            break;
        if (seq_of(b, e) == mark.seq) {
            if (exact)
                *exact = true;
            return i;
        }
    }
    return found_renamed(b, mark, first, exact);
}

size_t logbuf_find_time(const struct logbuf *b, int64_t ms)
{
    return logbuf_bound(b, &(struct key){ms, INT64_MIN, 0, 0}, true);
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

size_t logbuf_notes(const struct logbuf *b)
{
    return b->notes;
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
    return b->chunk_bytes + b->n_blocks * sizeof(struct block) +
           b->cap_blocks * (sizeof(*b->blocks) + sizeof(*b->starts));
}

size_t logbuf_text_bytes(const struct logbuf *b)
{
    return b->text_bytes;
}
