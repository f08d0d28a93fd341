/* From a reply's body into the buffer, a slice a turn. */
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/svc/logsrc_internal.h"

#define SCAN_BYTES ((size_t)512 << 10) /* of a slice */
#define TAKE_BYTES ((size_t)256 << 10)
#define TAKE_COST 256                  /* of an event beside its text */
#define LATE_MS 5000 /* before what has been shown already */

void page_release(struct page *p)
{
    free(p->body);
    free(p->events);
    *p = (struct page){0};
}

static uint32_t hash(uint32_t h, const char *s)
{
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 0x01000193u;
    return (h ^ 0xff) * 0x01000193u;
}

/* Ids are long decimal numbers, those of one batch follow each other: their
 * last 30 bits keep the order, and beside times and stream they are plenty to
 * know an event by. Where there is no id the text has to do. */
static uint32_t event_id(const struct logscan_event *e)
{
    uint32_t n = 0;
    const char *p = e->id;

    for (; *p >= '0' && *p <= '9'; p++)
        n = n * 10 + (uint32_t)(*p - '0');
    if (!*e->id || *p)
        n = hash(0x811c9dc5u, *e->id ? e->id : e->message);
    return n & LOGBUF_ID_MASK;
}

uint32_t page_text_id(const struct logscan_event *e)
{
    return hash(0x811c9dc5u, e->message) & LOGBUF_ID_MASK;
}

/* One line for each line of the message. */
uint64_t page_add_lines(struct logsrc *s, const struct logscan_event *e,
                        size_t source, uint32_t id, bool late, size_t *n)
{
    uint64_t first = 0, seq;
    const char *text = e->message, *end = text + e->len, *z;
    struct logbuf_line line = {
        .timestamp_ms = e->timestamp_ms,
        .ingestion_ms = e->ingestion_ms,
        .id = id,
        .source = (uint16_t)source,
        .late = late,
    };

    while (end > text && (end[-1] == '\n' || end[-1] == '\r'))
        end--;
    for (;; text = z + 1) {
        z = memchr(text, '\n', (size_t)(end - text));
        if (!z)
            z = end;
        line.text = text;
        line.len = (size_t)(z - text) - (z > text && z[-1] == '\r');
        seq = logbuf_add(s->buf, &line);
        first = first ? first : seq;
        *n += seq != 0;
        if (z == end)
            return first;
        line.more = true;
    }
}

/* A late event says how far back polls should look for a while. */
static void widen(struct feed *f, int64_t lateness)
{
    if (lateness + LATE_MS > f->overlap_ms)
        f->overlap_ms = lateness + LATE_MS > LOGSRC_WIDE_MS
                            ? LOGSRC_WIDE_MS
                            : lateness + LATE_MS;
    f->overlap_until =
        clock_mono_ms(f->src->o.clock) + LOGSRC_SWEEP_EACH_MS;
}

static bool is_late(struct feed *f, const struct walk *w,
                    const struct source *c, const struct logscan_event *e)
{
    if (w->kind != WALK_FOLLOW && w->kind != WALK_SWEEP)
        return false;
    return e->timestamp_ms < f->front_ms - LATE_MS && c->caught_ms &&
           e->ingestion_ms > c->caught_ms;
}

static void take(struct feed *f, const struct logscan_event *e)
{
    struct logsrc *s = f->src;
    struct walk *w = f->current;
    struct page *p = &f->page;
    size_t found = (size_t)(uintptr_t)map_get(f->streams, e->stream);

    if (!found && f->n_wholes)
        found = logsrc_discover(f, e->stream);
    if (!found) {
        s->stats.foreign++;
        f->foreign += w->kind == WALK_FOLLOW;
        return;
    }
    struct source *c = &s->sources[found - 1];
    c->exists = true;
    if (w->source != SIZE_MAX && w->source != found - 1)
        return;
    uint32_t id = event_id(e);
    if (logbuf_is_gone(s->buf, e->timestamp_ms, e->ingestion_ms))
        return;
    if (match_polled(f, e, found - 1, id)) {
        c->lines++;
        s->stats.events++;
        p->taken++;
        return;
    }
    if (logbuf_has(s->buf, e->timestamp_ms, e->ingestion_ms,
                   (uint16_t)(found - 1), id) &&
        !s->breaks.no_dedup) {
        s->stats.duplicates++;
        return;
    }
    size_t n = 0;
    bool late = is_late(f, w, c, e);
    if (late && w->kind == WALK_FOLLOW)
        widen(f, f->front_ms - e->timestamp_ms);
    page_add_lines(s, e, found - 1, id, late, &n);
    c->lines++;
    if (e->timestamp_ms > s->last_event_ms)
        s->last_event_ms = e->timestamp_ms;
    s->stats.events++;
    s->stats.late += late;
    s->stats.swept += late && w->kind == WALK_SWEEP;
    p->taken++;
}

/* ---- slices ---------------------------------------------------------- */

static void bad_page(struct feed *f)
{
    struct err err;

    err_set(&err, ERR_PARSE, "FilterLogEvents: the answer is not what it "
            "should be.");
    err.retryable = true;
    feed_page_done(f, &err);
}

/* 1 = all, 0 = more, -1 = it makes no sense. */
static int scan(struct page *p)
{
    const char *stop = p->scan.at + SCAN_BYTES;

    while (p->scan.at < stop) {
        struct logscan_event e;
        enum logscan_result r = logscan_next(&p->scan, &e);
        if (r != LOGSCAN_EVENT) {
            p->scanned = true;
            return r == LOGSCAN_END ? 1 : -1;
        }
        p->events = xgrow(p->events, &p->cap, p->n + 1, sizeof(e));
        p->events[p->n++] = e;
    }
    return 0;
}

/* Ids are long decimal numbers. */
static int compare_ids(const char *a, const char *b)
{
    size_t na = strlen(a), nb = strlen(b);
    return na != nb ? (na < nb ? -1 : 1) : strcmp(a, b);
}

/* Which way the page goes; a service that does not know startFromHead sends
 * it oldest first whatever was asked for. */
static void find_order(struct feed *f)
{
    struct page *p = &f->page;
    const struct logscan_event *a = p->events, *z = a + p->n - 1;

    p->descending = f->current->newest_first;
    if (p->n < 2)
        return;
    if (a->timestamp_ms != z->timestamp_ms)
        p->descending = a->timestamp_ms > z->timestamp_ms;
    else if (a->ingestion_ms != z->ingestion_ms)
        p->descending = a->ingestion_ms > z->ingestion_ms;
    else if (strcmp(a->id, z->id) != 0)
        p->descending = compare_ids(a->id, z->id) > 0;
}

static bool take_slice(struct feed *f)
{
    struct page *p = &f->page;

    for (size_t bytes = 0; p->at < p->n && bytes < TAKE_BYTES; p->at++) {
        const struct logscan_event *e =
            &p->events[p->descending ? p->n - 1 - p->at : p->at];
        take(f, e);
        bytes += e->len + TAKE_COST;
    }
    return p->at == p->n;
}

static void slice_due(struct timer *t, void *arg)
{
    struct feed *f = arg;
    struct page *p = &f->page;
    size_t before = p->taken;

    (void)t;
    if (!p->scanned) {
        int r = scan(p);
        if (r < 0) {
            bad_page(f);
            return;
        }
        if (r > 0 && p->n)
            find_order(f);
        /* A small page is done in one turn. */
        if (r == 0 || p->len > TAKE_BYTES) {
            timer_start(f->src->o.clock, &f->timer, 0, slice_due, f);
            return;
        }
    }
    bool all = take_slice(f);
    if (p->taken > before)
        logsrc_changed(f->src);
    if (all)
        feed_page_done(f, NULL);
    else
        timer_start(f->src->o.clock, &f->timer, 0, slice_due, f);
}

void page_begin(struct feed *f, const char *body, size_t len)
{
    struct page *p = &f->page;

    *p = (struct page){.body = xmalloc(len + 1), .len = len};
    memcpy(p->body, body, len);
    p->body[len] = '\0';
    logscan_begin(&p->scan, p->body, len);
    slice_due(&f->timer, f);
}
