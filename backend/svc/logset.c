#include "backend/svc/logset.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"

#define SLICE_MS 3
#define MAX_LATE 512   /* looked at in one slice */
#define EVENT_LINES 200 /* of one event are kept together */
#define KIND_HIT 0u
#define KIND_PART UINT32_MAX

/* ---- entries --------------------------------------------------------- */

static struct logset_entry *at(const struct logset *s, size_t k)
{
    return &s->e[s->head + k];
}

static int compare_times(struct logbuf_mark a, struct logbuf_mark b)
{
    if (a.timestamp_ms != b.timestamp_ms)
        return a.timestamp_ms < b.timestamp_ms ? -1 : 1;
    if (a.ingestion_ms != b.ingestion_ms)
        return a.ingestion_ms < b.ingestion_ms ? -1 : 1;
    return 0;
}

static size_t lower(const struct logset *s, struct logbuf_mark m)
{
    size_t lo = 0, hi = s->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (compare_times(at(s, mid)->mark, m) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* Among lines of the same times the buffer knows the order. */
static size_t find(const struct logset *s, struct logbuf_mark mark,
                   bool *exact)
{
    size_t k = lower(s, mark), i = SIZE_MAX;

    *exact = false;
    for (; k < s->n && compare_times(at(s, k)->mark, mark) == 0; k++) {
        if (at(s, k)->mark.seq == mark.seq) {
            *exact = true;
            break;
        }
        if (i == SIZE_MAX)
            i = logbuf_find(s->buf, mark, NULL);
        if (logbuf_find(s->buf, at(s, k)->mark, NULL) > i)
            break;
    }
    return k;
}

/* A line that was renamed (logbuf_rename) is where the buffer has it now. */
size_t logset_find(const struct logset *s, struct logbuf_mark mark,
                   bool *exact)
{
    size_t k = find(s, mark, exact), i;
    bool there;

    if (*exact || !s->n)
        return k;
    i = logbuf_find(s->buf, mark, &there);
    if (!there || compare_times(logbuf_mark(s->buf, i), mark) == 0)
        return k;
    return find(s, logbuf_mark(s->buf, i), exact);
}

/* Room for one more before entry k: the shorter side moves. */
static struct logset_entry *open_slot(struct logset *s, size_t k)
{
    if (s->n + 1 > s->cap || (s->head == 0 && k < s->n / 2) ||
        (s->head + s->n == s->cap && k >= s->n / 2)) {
        size_t cap = s->n + s->n / 2 + 64;
        struct logset_entry *e = xreallocarray(NULL, cap, sizeof(*e));
        size_t head = (cap - s->n) / 2;
        if (s->n)
            memcpy(e + head, at(s, 0), s->n * sizeof(*e));
        free(s->e);
        s->e = e;
        s->cap = cap;
        s->head = head;
    }
    if (k < s->n / 2) {
        s->head--;
        memmove(at(s, 0), at(s, 1), k * sizeof(*s->e));
    } else {
        memmove(at(s, k + 1), at(s, k), (s->n - k) * sizeof(*s->e));
    }
    s->n++;
    return at(s, k);
}

static void put(struct logset *s, size_t i, uint32_t kind)
{
    struct logbuf_mark m = logbuf_mark(s->buf, i);
    bool exact = false;
    size_t k;

    if (!s->n || compare_times(at(s, s->n - 1)->mark, m) < 0)
        k = s->n;
    else if (compare_times(at(s, 0)->mark, m) > 0)
        k = 0;
    else
        k = find(s, m, &exact);
    if (!exact) {
        *open_slot(s, k) = (struct logset_entry){m, kind};
        s->hits += kind == KIND_HIT;
        return;
    }
    struct logset_entry *e = at(s, k);
    if (e->kind == KIND_HIT || kind == e->kind)
        return;
    /* What belongs to an event, and what is nearer to a hit, says more. */
    if (kind == KIND_HIT || kind == KIND_PART ||
        (e->kind != KIND_PART && kind < e->kind))
        e->kind = kind;
    s->hits += kind == KIND_HIT;
}

static void take_out(struct logset *s, size_t k)
{
    s->hits -= at(s, k)->kind == KIND_HIT;
    if (k == 0) {
        s->head++;
    } else {
        memmove(at(s, k), at(s, k + 1), (s->n - k - 1) * sizeof(*s->e));
    }
    s->n--;
}

/* ---- looking --------------------------------------------------------- */

static bool goes_on(const struct logset *s, size_t i)
{
    return s->o.goes_on && i > 0 && i < logbuf_len(s->buf) &&
           s->o.goes_on(s->o.arg, i);
}

/* A hit brings its event, and the lines around that. */
static void put_neighbours(struct logset *s, size_t i)
{
    size_t n = logbuf_len(s->buf), from = i, to = i;

    while (i - from < EVENT_LINES && goes_on(s, from))
        put(s, --from, KIND_PART);
    while (to - i < EVENT_LINES && goes_on(s, to + 1))
        put(s, ++to, KIND_PART);
    for (size_t d = 1; d <= s->o.context; d++) {
        if (from >= d)
            put(s, from - d, (uint32_t)s->o.context);
        if (to + d < n)
            put(s, to + d, (uint32_t)d);
    }
}

/* Not a hit, but it may belong to the line before. */
static void look_back(struct logset *s, size_t i)
{
    bool exact, on = goes_on(s, i);
    size_t k;

    if (i == 0 || (!on && !s->o.context))
        return;
    k = logset_find(s, logbuf_mark(s->buf, i - 1), &exact);
    if (!exact)
        return;
    uint32_t kind = at(s, k)->kind;
    if (on && (kind == KIND_HIT || kind == KIND_PART))
        put(s, i, KIND_PART);
    else if (kind == KIND_PART ? s->o.context > 0 : kind < s->o.context)
        put(s, i, kind == KIND_PART ? 1 : kind + 1);
}

static void look(struct logset *s, const struct logbuf_line *line, size_t i)
{
    switch (s->o.match(s->o.arg, line)) {
    case LOGSET_HIT:
        put(s, i, KIND_HIT);
        put_neighbours(s, i);
        break;
    case LOGSET_PART:
        put(s, i, KIND_PART);
        break;
    case LOGSET_NO:
        look_back(s, i);
        break;
    }
}

/* True ends the slice. */
static bool look_one(void *arg, const struct logbuf_line *line, size_t i)
{
    struct logset *s = arg;

    look(s, line, i);
    return clock_mono_ms(s->clock) >= s->until_ms;
}

static void look_late(struct logset *s)
{
    struct logbuf_line line;
    size_t n = s->n_late < MAX_LATE ? s->n_late : MAX_LATE;
    bool exact;

    for (size_t k = 0; k < n; k++) {
        size_t i = logbuf_find(s->buf, s->late[k], &exact);
        if (!exact)
            continue; /* dropped already */
        logbuf_get(s->buf, i, &line);
        look(s, &line, i);
    }
    s->n_late -= n;
    memmove(s->late, s->late + n, s->n_late * sizeof(*s->late));
}

static size_t next_up(const struct logset *s)
{
    bool exact;
    size_t i;

    if (!s->hi.seq)
        return s->start.seq ? logbuf_find(s->buf, s->start, NULL) : 0;
    i = logbuf_find(s->buf, s->hi, &exact);
    return exact ? i + 1 : i;
}

/* SIZE_MAX: there is nothing before. */
static size_t next_down(const struct logset *s)
{
    return logbuf_find(s->buf, s->lo, NULL) - 1;
}

static void scan(struct logset *s, size_t from, int dir, size_t max_bytes)
{
    struct logbuf_scan scan;

    if (from >= logbuf_len(s->buf)) /* SIZE_MAX too */
        return;
    s->until_ms = clock_mono_ms(s->clock) + SLICE_MS;
    logbuf_scan_begin(&scan, from, dir);
    logbuf_scan(s->buf, &scan, max_bytes, look_one, s, NULL);
    if (dir > 0)
        s->hi = scan.last;
    else
        s->lo = scan.last;
}

bool logset_pending(const struct logset *s)
{
    if (!s->active || !logbuf_len(s->buf))
        return false;
    return s->n_late || next_up(s) < logbuf_len(s->buf) || !s->lo.seq ||
           next_down(s) != SIZE_MAX;
}

bool logset_step(struct logset *s, size_t max_bytes)
{
    if (!s->active || !logbuf_len(s->buf))
        return false;
    if (s->n_late) {
        look_late(s);
    } else if (!s->lo.seq) {
        /* The first line of all: both directions begin there. */
        size_t i = next_up(s);
        i = i < logbuf_len(s->buf) ? i : logbuf_len(s->buf) - 1;
        s->lo = s->hi = logbuf_mark(s->buf, i);
        struct logbuf_line line;
        logbuf_get(s->buf, i, &line);
        look(s, &line, i);
    } else {
        scan(s, next_up(s), 1, max_bytes / 2);
        scan(s, next_down(s), -1, max_bytes / 2);
    }
    return logset_pending(s);
}

/* ---- lines that come and go ------------------------------------------ */

/* Which side of the edge a new line at i is on: -1 before it, 1 behind. */
static int side(const struct logset *s, struct logbuf_mark edge,
                struct logbuf_mark m, size_t i)
{
    int c = compare_times(m, edge);

    if (c)
        return c;
    return i < logbuf_find(s->buf, edge, NULL) ? -1 : 1;
}

static void added(void *arg, const struct logbuf_line *line, size_t i)
{
    struct logset *s = arg;
    struct logbuf_mark m = logbuf_mark_of(line);

    if (m.seq == s->moved.mark.seq) { /* the same line, renamed */
        s->moved.mark.seq = 0;
        put(s, i, s->moved.kind);
    }
    /* Outside of what was looked at the walk comes by. */
    if (!s->lo.seq || side(s, s->hi, m, i) > 0 || side(s, s->lo, m, i) < 0)
        return;
    s->late = xgrow(s->late, &s->cap_late, s->n_late + 1, sizeof(*s->late));
    s->late[s->n_late++] = m;
}

/* An edge that goes hands on to its neighbour within. */
static void move_edges(struct logset *s, uint64_t seq, size_t i)
{
    if (s->lo.seq == seq && s->hi.seq == seq) {
        s->lo = s->hi = (struct logbuf_mark){0};
        s->start = i + 1 < logbuf_len(s->buf) ? logbuf_mark(s->buf, i + 1)
                   : i                        ? logbuf_mark(s->buf, i - 1)
                                              : s->lo;
    } else if (s->lo.seq == seq) {
        s->lo = logbuf_mark(s->buf, i + 1);
    } else if (s->hi.seq == seq) {
        s->hi = logbuf_mark(s->buf, i - 1);
    }
}

static void removed(void *arg, const struct logbuf_line *line, size_t i)
{
    struct logset *s = arg;
    struct logbuf_mark m = logbuf_mark_of(line);

    move_edges(s, m.seq, i);
    for (size_t k = lower(s, m);
         k < s->n && compare_times(at(s, k)->mark, m) == 0; k++) {
        if (at(s, k)->mark.seq == m.seq) {
            s->moved = *at(s, k);
            take_out(s, k);
            break;
        }
    }
}

/* ---- life ------------------------------------------------------------ */

void logset_begin(struct logset *s, struct logbuf *buf, struct clock *clock,
                  const struct logset_options *o, size_t from)
{
    size_t n = logbuf_len(buf);

    logset_end(s);
    s->buf = buf;
    s->clock = clock;
    s->o = *o;
    s->active = true;
    if (n)
        s->start = logbuf_mark(buf, from < n ? from : n - 1);
    s->watch = (struct logbuf_watch){added, removed, s, NULL};
    logbuf_watch(buf, &s->watch);
}

void logset_end(struct logset *s)
{
    if (s->active)
        logbuf_unwatch(s->buf, &s->watch);
    free(s->e);
    free(s->late);
    *s = (struct logset){0};
}

/* ---- reading --------------------------------------------------------- */

size_t logset_len(const struct logset *s)
{
    return s->n;
}

size_t logset_hits(const struct logset *s)
{
    return s->hits;
}

bool logset_is_hit(const struct logset *s, size_t k)
{
    return at(s, k)->kind == KIND_HIT;
}

size_t logset_index(const struct logset *s, size_t k)
{
    return logbuf_find(s->buf, at(s, k)->mark, NULL);
}

struct logbuf_mark logset_mark(const struct logset *s, size_t k)
{
    return at(s, k)->mark;
}
