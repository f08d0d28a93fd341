/* What the end of a call means for its walk. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/svc/logsrc_internal.h"

#define PROBE_PAGES 20
#define MISSING_WAIT_MS 5000
#define ERROR_WAIT_MS 30000
#define DENIED_WAIT_MS 600000 /* rights come by hand, and so does the key */
#define NAMES_AGAIN_MS 60000

static int64_t mono(const struct feed *f)
{
    return clock_mono_ms(f->src->o.clock);
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* ---- an error -------------------------------------------------------- */

static bool is_missing(const struct err *e)
{
    return e->code == ERR_NOT_FOUND ||
           strcmp(e->aws_code, "ResourceNotFoundException") == 0;
}

static bool is_refusal(const struct err *e)
{
    return e->code == ERR_AWS &&
           (strcmp(e->aws_code, "InvalidParameterException") == 0 ||
            strcmp(e->aws_code, "ValidationException") == 0 ||
            strcmp(e->aws_code, "SerializationException") == 0);
}

static void set_status(struct logsrc *s)
{
    char was[sizeof(s->status)];

    memcpy(was, s->status, sizeof(was));
    s->status[0] = '\0';
    for (size_t i = 0; i < s->n_feeds && !s->status[0]; i++) {
        const struct feed *f = s->feeds[i];
        const struct err *e = &f->error;
        if (e->code == ERR_NONE)
            continue;
        if (is_missing(e))
            snprintf(s->status, sizeof(s->status), "there is no log group "
                     "%.300s in %.60s; it is read as soon as it exists",
                     f->group, f->region ? f->region
                                         : aws_client_region(s->o.client));
        else if (e->code == ERR_THROTTLED)
            snprintf(s->status, sizeof(s->status), "CloudWatch Logs asks us "
                     "to slow down: reading every %" PRId64 " s",
                     f->wait_ms / 1000);
        else
            snprintf(s->status, sizeof(s->status), "%s%.600s%s",
                     e->code == ERR_DENIED ? "not allowed: " : "", e->message,
                     e->code == ERR_DENIED ? " r tries again." : "");
    }
    if (strcmp(was, s->status) != 0)
        logsrc_changed(s);
}

/* Mistakes of ours that another call mends at once. */
static bool mend(struct feed *f, struct walk *w, const struct err *err,
                 bool had_token)
{
    if (w->by_names && is_missing(err)) { /* some stream is not there */
        f->names_due = mono(f) + NAMES_AGAIN_MS;
        return true;
    }
    if (!is_refusal(err))
        return false;
    if (had_token) { /* too old; twice in a row it is something else */
        f->src->stats.expired_tokens++;
        return w->fruitless++ == 0;
    }
    if (w->newest_first) {
        f->src->no_newest_first = true;
        w->newest_first = false;
        return true;
    }
    return false;
}

/* What becomes of it is told of the whole group: it reads the present, or is
 * all that is read, of tasks that ended long ago. */
static bool speaks_for_all(const struct feed *f, const struct walk *w)
{
    return w->kind == WALK_FOLLOW || w->kind == WALK_BACKFILL || !f->began;
}

static void walk_failed(struct feed *f, struct walk *w, const struct err *err)
{
    struct logsrc *s = f->src;
    bool had_token = w->token != NULL;

    walk_forget(w);
    if (mend(f, w, err, had_token))
        return;
    s->stats.failures++;
    s->stats.throttled += err->code == ERR_THROTTLED;
    if (is_missing(err))
        w->wait_ms = MISSING_WAIT_MS;
    else if (err->code == ERR_DENIED)
        w->wait_ms = DENIED_WAIT_MS;
    else
        w->wait_ms = w->wait_ms < LOGSRC_POLL_MS ? LOGSRC_POLL_MS
                     : w->wait_ms * 2 > ERROR_WAIT_MS ? ERROR_WAIT_MS
                                                      : w->wait_ms * 2;
    w->due_ms = mono(f) + w->wait_ms;
    if (err->code == ERR_DENIED)
        f->denied_until = w->due_ms; /* whatever else is to be read of it */
    if (w->gap && w->gap->state == LOGSRC_GAP_REFILLING)
        gap_set(s, w->gap, LOGSRC_GAP_OPEN, w->gap->from_ms, w->gap->to_ms);
    if (speaks_for_all(f, w)) {
        f->error = *err;
        f->wait_ms = w->wait_ms;
        f->poll_due = w->due_ms;
        feed_show_stall(f);
    }
    if (w->kind == WALK_PROBE || is_missing(err))
        f->read_back = true;
    set_status(s);
    logsrc_say(s);
}

/* ---- a page ---------------------------------------------------------- */

static void follow_ended(struct feed *f, struct walk *w)
{
    w->active = false;
    w->wait_ms = 0;
    f->front_ms = f->ok_ms = w->begun_ms;
    feed_end_stall(f);
    f->wait_ms = w->taken ? LOGSRC_POLL_MS : f->wait_ms + f->wait_ms / 2;
    if (f->wait_ms < LOGSRC_POLL_MS)
        f->wait_ms = LOGSRC_POLL_MS;
    if (f->wait_ms > LOGSRC_IDLE_MS)
        f->wait_ms = LOGSRC_IDLE_MS;
    f->poll_due = mono(f) + live_pace(f, f->wait_ms);
    matches_forget(f->src);
    if (f->overlap_ms > LOGSRC_OVERLAP_MS && mono(f) >= f->overlap_until)
        f->overlap_ms = LOGSRC_OVERLAP_MS;
}

/* What is left of a walk that has taken enough. */
static void gave_up(struct feed *f, struct walk *w)
{
    struct logsrc *s = f->src;

    if (w->kind == WALK_BACKFILL) {
        struct gap *g = gap_open(f, w->from, w->to);
        gap_set(s, g, LOGSRC_GAP_LOST, w->from, w->to);
    } else if (w->kind == WALK_REFILL) {
        gap_set(s, w->gap, LOGSRC_GAP_LOST, w->from, w->to);
        w->gap = NULL;
    } else if (w->kind == WALK_SWEEP) {
        f->unswept_ms[w->deep] = w->to;
    }
}

static void hole_ended(struct feed *f, struct walk *w, bool whole)
{
    struct logsrc *s = f->src;

    if (!whole)
        gave_up(f, w);
    else if (w->kind == WALK_SWEEP)
        f->unswept_ms[w->deep] = 0;
    if (w->gap)
        gap_close(s, w->gap);
    w->gap = NULL;
    if (w->kind == WALK_BACKFILL && !w->taken && s->last_event_ms <= 0 &&
        !s->o.in_order)
        feed_hole(f, WALK_PROBE, SIZE_MAX, f->from_ms - LOGSRC_DEEP_MS,
                  f->from_ms);
    else if (w->kind == WALK_BACKFILL || w->kind == WALK_PROBE)
        f->read_back = true;
    if (w->kind == WALK_PROBE && s->last_event_ms < 0)
        s->last_event_ms = 0;
    feed_drop_hole(f, w);
}

/* Enough of it, though there is more? */
static bool enough(const struct walk *w)
{
    switch (w->kind) {
    case WALK_BACKFILL:
        return w->newest_first && w->taken >= LOGSRC_BACKFILL_EVENTS;
    case WALK_PROBE:
        return (w->newest_first && w->taken) || w->pages >= PROBE_PAGES;
    case WALK_REFILL: /* newest first the buffer's room ends it */
        return !w->newest_first && w->taken >= LOGSRC_REFILL_EVENTS;
    case WALK_SWEEP:
        return w->pages >= LOGSRC_SWEEP_PAGES ||
               w->bytes >= LOGSRC_SWEEP_BYTES;
    default:
        return false;
    }
}

/* Where it would go on without its token. */
static void move_along(struct feed *f, struct walk *w)
{
    const struct page *p = &f->page;
    int64_t a, z;

    if (p->n < 2)
        return;
    a = p->events[0].timestamp_ms;
    z = p->events[p->n - 1].timestamp_ms;
    if (a == z)
        return; /* may be either way round */
    if (w->newest_first && !p->descending) {
        w->newest_first = false; /* it was ignored */
        f->src->no_newest_first = true;
    }
    if (p->descending)
        w->to = z < w->to ? z : w->to;
    else
        w->from = z > w->from ? z : w->from;
    if (w->gap)
        gap_set(f->src, w->gap, LOGSRC_GAP_REFILLING,
                later(w->gap->from_ms, w->from), w->to);
}

static bool next_token(struct feed *f, struct walk *w)
{
    const char *token = f->page.scan.token;
    bool again = token && w->token && strcmp(token, w->token) == 0;
    char *copy = xstrdup(token);

    free(w->token);
    w->token = copy;
    if (f->src->breaks.stop_at_empty && !f->page.n)
        return false;
    return token && !again; /* the same again would never end */
}

/* The rest of the gap is older than what the buffer has room for. */
static bool is_sunk(const struct feed *f, const struct walk *w)
{
    return w->kind == WALK_REFILL && w->newest_first &&
           w->to <= logbuf_floor_ms(f->src->buf);
}

static void page_taken(struct feed *f, struct walk *w)
{
    struct logsrc *s = f->src;
    bool more;

    s->stats.pages++;
    s->stats.empty_pages += f->page.n == 0 && f->page.scan.token;
    w->pages++;
    w->bytes += f->page.len;
    w->fruitless = 0;
    w->taken += f->page.taken;
    if (speaks_for_all(f, w)) {
        f->error.code = ERR_NONE;
        set_status(s);
    }
    move_along(f, w);
    more = next_token(f, w) && !is_sunk(f, w);
    if (more && !enough(w))
        return;
    walk_forget(w);
    if (w->kind == WALK_FOLLOW)
        follow_ended(f, w);
    else
        hole_ended(f, w, !more);
    logsrc_say(s);
    logsrc_changed(s);
}

void feed_page_done(struct feed *f, const struct err *err)
{
    struct walk *w = f->current;

    f->current = NULL;
    if (err)
        walk_failed(f, w, err);
    else
        page_taken(f, w);
    page_release(&f->page);
    feed_wake(f);
}
