/* Lines that stand for what could not be read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/svc/logsrc_internal.h"

static void put_text(const struct gap *g, enum fmt_zone zone,
                     char out[LOGSRC_GAP_TEXT])
{
    char from[16], to[16] = "now";
    static const char *const states[] = {
        [LOGSRC_GAP_OPEN] = "not read yet",
        [LOGSRC_GAP_REFILLING] = "being read",
        [LOGSRC_GAP_LOST] = "too many lines, not read back"};

    fmt_clock(g->from_ms, zone, from);
    if (g->to_ms != INT64_MAX)
        fmt_clock(g->to_ms, zone, to);
    snprintf(out, LOGSRC_GAP_TEXT, "%s: %s to %s", states[g->state], from, to);
}

/* It stands where it ends: whoever reads on upwards, or looks at the last
 * minutes only, is told before what is missing would have been there. */
static void show(struct logsrc *s, struct gap *g)
{
    int64_t at = g->to_ms == INT64_MAX ? g->from_ms : g->to_ms;
    char span[LOGSRC_GAP_TEXT], text[700];

    put_text(g, FMT_UTC, span);
    snprintf(text, sizeof(text), "%s of %.500s", span, g->feed->group);
    uint64_t seq = logbuf_add(
        s->buf, &(struct logbuf_line){.timestamp_ms = at,
                                      .ingestion_ms = at,
                                      .text = text, .len = strlen(text),
                                      .kind = LOG_GAP});
    g->mark = (struct logbuf_mark){seq, at, at, 0, 0};
    logsrc_changed(s);
}

struct gap *gap_open(struct feed *f, int64_t from_ms, int64_t to_ms)
{
    struct logsrc *s = f->src;
    struct gap *g = xcalloc(1, sizeof(*g));

    *g = (struct gap){.next = s->gaps, .feed = f, .from_ms = from_ms,
                      .to_ms = to_ms};
    s->gaps = g;
    show(s, g);
    return g;
}

void gap_set(struct logsrc *s, struct gap *g, enum logsrc_gap_state state,
             int64_t from_ms, int64_t to_ms)
{
    if (g->state == state && g->from_ms == from_ms && g->to_ms == to_ms)
        return;
    if (g->mark.seq)
        logbuf_remove(s->buf, g->mark);
    s->stats.gaps_lost += state == LOGSRC_GAP_LOST && g->state != state;
    g->state = state;
    g->from_ms = from_ms;
    g->to_ms = to_ms;
    show(s, g);
}

void gap_close(struct logsrc *s, struct gap *g)
{
    struct gap **at = &s->gaps;

    while (*at != g)
        at = &(*at)->next;
    *at = g->next;
    if (g->mark.seq)
        logbuf_remove(s->buf, g->mark);
    s->stats.gaps_refilled++;
    logsrc_changed(s);
    free(g);
}

void gap_free_all(struct logsrc *s)
{
    while (s->gaps) {
        struct gap *next = s->gaps->next;
        free(s->gaps);
        s->gaps = next;
    }
}

static struct gap *gap_of(const struct logsrc *s, uint64_t seq)
{
    struct gap *g = s->gaps;

    while (g && (!seq || g->mark.seq != seq))
        g = g->next;
    return g;
}

bool logsrc_refill(struct logsrc *s, uint64_t seq)
{
    struct gap *g = gap_of(s, seq);

    if (!g)
        return false;
    if (g->state == LOGSRC_GAP_LOST) {
        feed_hole(g->feed, WALK_REFILL, SIZE_MAX, g->from_ms, g->to_ms)->gap =
            g;
        gap_set(s, g, LOGSRC_GAP_OPEN, g->from_ms, g->to_ms);
    }
    feed_poll(g->feed);
    return true;
}

bool logsrc_gap(const struct logsrc *s, uint64_t seq, struct logsrc_gap *out)
{
    const struct gap *g = gap_of(s, seq);

    if (!g)
        return false;
    *out = (struct logsrc_gap){
        .state = g->state, .from_ms = g->from_ms,
        .to_ms = g->to_ms == INT64_MAX ? logsrc_now(s) : g->to_ms,
        .group = g->feed->group};
    return true;
}

bool logsrc_gap_text(const struct logsrc *s, uint64_t seq, enum fmt_zone zone,
                     char out[LOGSRC_GAP_TEXT])
{
    const struct gap *g = gap_of(s, seq);

    if (g)
        put_text(g, zone, out);
    return g != NULL;
}
