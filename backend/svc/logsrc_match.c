/* Lines of a live tail and events that are polled: which are the same?
 *
 * A live tail gives no event ids. An event is known by stream, timestamp and
 * text there, and as many events of such a key are shown as either way has
 * brought, whichever brought more: what is told live is shown at once, the
 * polled event takes its line over (with its place and seq), and what was
 * polled first is not shown again. Polling stays what counts: a line that it
 * ought to have found by now and has not, goes. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/svc/logsrc_internal.h"

/* A key is remembered for so long. What was ingested longer ago is left to the
 * polls when it is told live (after a sleep, say), for they may have brought it
 * and it is forgotten; so it is not noted when it is polled either. */
#define KEEP_MS ((int64_t)30 * 1000)
#define LIVE_MS (KEEP_MS - 10000) /* clocks are set meanwhile */
/* A line that polls do not confirm, by how late it was: that says which poll
 * or sweep has to find it. */
static const struct { int64_t late_ms, wait_ms; } patience[] = {
    {30 * 1000, 90 * 1000},
    {LOGSRC_SWEEP_MS - 60 * 1000, 11 * 60 * 1000},
    {INT64_MAX, 2 * LOGSRC_DEEP_EACH_MS + 5 * 60 * 1000},
};

/* An event told live and not polled yet. */
struct told {
    struct logbuf_mark mark; /* of its first line; the others follow in seq */
    size_t lines;
};

struct match {
    char *name;      /* its key in the map */
    struct match *next;      /* younger */
    struct feed *feed;
    size_t source;
    int64_t timestamp_ms;
    bool late;               /* polls of the present may not find it */
    unsigned live;           /* told live */
    uint32_t *ids;           /* polled */
    size_t n_ids, cap_ids;
    struct told *told;       /* shown for now, oldest first */
    size_t n_told, cap_told;
    int64_t noted_ms, due_ms; /* service's wall clock: forgotten when due */
};

static void match_free(void *p)
{
    struct match *m = p;

    free(m->name);
    free(m->ids);
    free(m->told);
    free(m);
}

static const char *name_of_match(const void *p)
{
    return ((const struct match *)p)->name;
}

void matches_begin(struct logsrc *s)
{
    if (!s->matches.map)
        s->matches.map = map_new_keyed(name_of_match);
    s->matches.on = true;
}

void matches_free(struct logsrc *s)
{
    if (s->matches.map)
        map_free(s->matches.map, match_free);
    s->matches.map = NULL;
}

static uint64_t hash(const char *p, size_t n)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)p[i]) * 0x100000001b3u;
    return h;
}

static void name_of(const struct logscan_event *e, size_t source,
                    char out[64])
{
    snprintf(out, 64, "%zu %" PRId64 " %016" PRIx64, source, e->timestamp_ms,
             hash(e->message, e->len));
}

/* That of the event; it is made when there is none. */
static struct match *note(struct feed *f, const struct logscan_event *e,
                          size_t source, const char *name)
{
    struct matches *t = &f->src->matches;
    struct match *m = map_get(t->map, name);
    int64_t now = logsrc_now(f->src);

    if (m)
        return m;
    m = xcalloc(1, sizeof(*m));
    *m = (struct match){.name = xstrdup(name), .feed = f, .source = source,
                        .timestamp_ms = e->timestamp_ms, .noted_ms = now,
                        .due_ms = now + KEEP_MS};
    map_put(t->map, name, m);
    if (t->youngest)
        t->youngest->next = m;
    else
        t->oldest = m;
    t->youngest = m;
    return m;
}

/* ---- forgetting ------------------------------------------------------ */

static void take_back(struct logsrc *s, const struct told *t)
{
    struct logbuf_mark mark = t->mark;
    bool went = false; /* else there was no room for it any more */

    s->matches.taking_back = true;
    for (size_t i = 0; i < t->lines; i++, mark.seq++)
        went |= logbuf_remove(s->buf, mark) == 0;
    s->matches.taking_back = false;
    s->stats.live_unconfirmed += went;
}

static bool within(int64_t ms, int64_t from, int64_t to)
{
    return ms >= from && ms <= to;
}

/* That walk may find it yet. What was late is found by sweeps. */
static bool may_find(const struct walk *w, const struct match *m)
{
    if (w->kind == WALK_PROBE || (w->kind == WALK_SWEEP && !m->late))
        return false;
    return (w->source == SIZE_MAX || w->source == m->source) &&
           within(m->timestamp_ms, w->from, w->to);
}

/* Its time has not been read, or not well enough. */
static bool is_unread(const struct match *m)
{
    const struct feed *f = m->feed;

    for (const struct walk *w = f->holes; w; w = w->next)
        if (may_find(w, m))
            return true;
    for (const struct gap *g = f->src->gaps; g; g = g->next)
        if (g->feed == f && within(m->timestamp_ms, g->from_ms, g->to_ms))
            return true;
    return m->late && (m->timestamp_ms <= f->unswept_ms[0] ||
                       m->timestamp_ms <= f->unswept_ms[1]);
}

/* Nothing is left to be known about it. Of its lines polls say no more only
 * when they went on since and have read that time. */
static bool is_over(const struct logsrc *s, const struct match *m)
{
    if (!m->n_told)
        return logsrc_now(s) >= m->due_ms;
    return m->feed->front_ms >= m->due_ms &&
           (!is_unread(m) || m->timestamp_ms < logbuf_floor_ms(s->buf));
}

void matches_forget(struct logsrc *s)
{
    struct matches *t = &s->matches;
    struct match **at = &t->oldest, *m, *last = NULL;
    int64_t now = logsrc_now(s);

    while ((m = *at)) {
        if (now - m->noted_ms < KEEP_MS) { /* so it is with those behind */
            last = t->youngest;
            break;
        }
        if (!is_over(s, m) || s->breaks.no_live_match) {
            last = m;
            at = &m->next;
            continue;
        }
        for (size_t i = 0; i < m->n_told; i++)
            take_back(s, &m->told[i]);
        if (m->n_told)
            logsrc_changed(s);
        *at = m->next;
        map_remove(t->map, m->name);
        match_free(m);
    }
    t->youngest = last;
    if (!t->oldest && !s->live)
        t->on = false;
}

/* ---- the two ways ---------------------------------------------------- */

bool match_live(struct feed *f, const struct logscan_event *e, size_t source)
{
    char name[64];
    struct match *m;

    if (logsrc_now(f->src) - e->ingestion_ms > LIVE_MS)
        return false;
    name_of(e, source, name);
    m = note(f, e, source, name);
    m->live++;
    return m->live > m->n_ids + m->n_told;
}

void match_told(struct feed *f, const struct logscan_event *e, size_t source,
                struct logbuf_mark mark, size_t lines)
{
    char name[64];
    struct match *m;
    int64_t now = logsrc_now(f->src), late = now - e->timestamp_ms;
    size_t i = 0;

    name_of(e, source, name);
    m = note(f, e, source, name);
    while (late > patience[i].late_ms)
        i++;
    if (now + patience[i].wait_ms > m->due_ms)
        m->due_ms = now + patience[i].wait_ms;
    m->late |= i > 0;
    m->told = xgrow(m->told, &m->cap_told, m->n_told + 1, sizeof(*m->told));
    m->told[m->n_told++] = (struct told){mark, lines};
}

static bool has_id(const struct match *m, uint32_t id)
{
    for (size_t i = 0; i < m->n_ids; i++)
        if (m->ids[i] == id)
            return true;
    return false;
}

bool match_polled(struct feed *f, const struct logscan_event *e,
                  size_t source, uint32_t id)
{
    struct logsrc *s = f->src;
    char name[64];
    struct match *m;
    struct told t;

    if (!s->matches.on)
        return false;
    name_of(e, source, name);
    m = map_get(s->matches.map, name);
    if (!m && logsrc_now(s) - e->ingestion_ms > KEEP_MS)
        return false;
    m = note(f, e, source, name);
    if (has_id(m, id))
        return false;
    m->ids = xgrow(m->ids, &m->cap_ids, m->n_ids + 1, sizeof(*m->ids));
    m->ids[m->n_ids++] = id;
    if (!m->n_told || s->breaks.no_live_match ||
        logbuf_has(s->buf, e->timestamp_ms, e->ingestion_ms, (uint16_t)source,
                   id))
        return false;
    t = m->told[0];
    memmove(m->told, m->told + 1, --m->n_told * sizeof(*m->told));
    s->matches.renaming = true;
    for (size_t i = 0; i < t.lines; i++, t.mark.seq++)
        logbuf_rename(s->buf, t.mark, e->ingestion_ms, id);
    s->matches.renaming = false;
    s->stats.live_confirmed++;
    return true;
}
