/* What is read next of one group: the present when it is due, else the first
 * hole of the past. */
#include <stdlib.h>

#include "backend/base/mem.h"
#include "backend/svc/ecs.h"
#include "backend/svc/logsrc_internal.h"

#define MAX_BODY ((size_t)32 << 20)
#define CATCHUP_CALLS 4 /* more sources than that share one walk */
#define SWEPT_AFTER_STOP_MS ((int64_t)20 * 60 * 1000)

static int64_t mono(const struct feed *f)
{
    return clock_mono_ms(f->src->o.clock);
}

/* ---- walks ----------------------------------------------------------- */

void walk_forget(struct walk *w)
{
    json_decref(w->params);
    w->params = NULL;
    free(w->token);
    w->token = NULL;
}

void feed_drop_hole(struct feed *f, struct walk *w)
{
    struct walk **at = &f->holes;

    while (*at != w)
        at = &(*at)->next;
    *at = w->next;
    walk_forget(w);
    free(w);
}

void feed_free(struct feed *f)
{
    struct clock *clock = f->src->o.clock;

    timer_stop(clock, &f->timer);
    timer_stop(clock, &f->stall_timer);
    while (f->holes)
        feed_drop_hole(f, f->holes);
    walk_forget(&f->follow);
    page_release(&f->page);
    map_free(f->streams, NULL);
    for (size_t i = 0; i < f->n_wholes; i++)
        free(f->wholes[i]);
    free(f->wholes);
    free(f->group);
    free(f->region);
    free(f);
}

static bool untouched(const struct feed *f, const struct walk *w)
{
    return w != f->current && !w->pages && !w->params;
}

static void span(struct walk *w, int64_t from, int64_t to)
{
    w->from = w->whole_from = from < w->from ? from : w->from;
    w->to = w->whole_to = to > w->to ? to : w->to;
}

/* Many new tasks at once are caught up with in one walk. */
static struct walk *shared_catchup(struct feed *f, int64_t from, int64_t to)
{
    struct walk *first = NULL;
    size_t n = 0;

    for (struct walk *w = f->holes; w; w = w->next) {
        if (w->kind != WALK_CATCHUP || !untouched(f, w) ||
            (w->source != SIZE_MAX && f->src->sources[w->source].ended))
            continue;
        n += w->source == SIZE_MAX ? CATCHUP_CALLS : 1;
        first = first ? first : w;
    }
    if (n < CATCHUP_CALLS)
        return NULL;
    for (struct walk *w = first->next, *next; w; w = next) {
        next = w->next;
        if (w->kind != WALK_CATCHUP || !untouched(f, w) ||
            (w->source != SIZE_MAX && f->src->sources[w->source].ended))
            continue;
        span(first, w->from, w->to);
        feed_drop_hole(f, w);
    }
    first->source = SIZE_MAX;
    span(first, from, to);
    return first;
}

struct walk *feed_hole(struct feed *f, enum walk_kind kind, size_t source,
                       int64_t from, int64_t to)
{
    struct walk **at = &f->holes, *w;

    if (kind == WALK_CATCHUP &&
        (source == SIZE_MAX || !f->src->sources[source].ended) &&
        (w = shared_catchup(f, from, to)))
        return w;
    w = xcalloc(1, sizeof(*w));
    *w = (struct walk){.kind = kind, .source = source, .from = from,
                       .to = to, .whole_from = from, .whole_to = to,
                       .newest_first = kind != WALK_SWEEP &&
                                       !f->src->o.in_order &&
                                       !f->src->no_newest_first};
    while (*at && (*at)->kind <= kind)
        at = &(*at)->next;
    w->next = *at;
    *at = w;
    return w;
}

/* ---- gaps ------------------------------------------------------------ */

/* The hole of the gap that ends at the front, nothing of it read. */
static struct walk *last_refill(struct feed *f)
{
    for (struct walk *w = f->holes; w; w = w->next)
        if (w->kind == WALK_REFILL && untouched(f, w) &&
            w->to >= f->front_ms - LOGSRC_WIDE_MS)
            return w;
    return NULL;
}

/* Nothing of the present has come for a while: say so. */
void feed_show_stall(struct feed *f)
{
    struct walk *w = last_refill(f);

    if (!f->ok_ms || logsrc_now(f->src) - f->ok_ms < LOGSRC_STALL_MS)
        return;
    if (w)
        gap_set(f->src, w->gap, LOGSRC_GAP_OPEN, w->gap->from_ms, INT64_MAX);
    else if (!f->stall)
        f->stall = gap_open(f, f->ok_ms, INT64_MAX);
}

void feed_end_stall(struct feed *f)
{
    if (f->stall)
        gap_close(f->src, f->stall);
    f->stall = NULL;
    for (struct walk *w = f->holes; w; w = w->next)
        if (w->gap && w->gap->to_ms == INT64_MAX)
            gap_set(f->src, w->gap, LOGSRC_GAP_OPEN, w->gap->from_ms, w->to);
}

/* Too far behind: [from, now] becomes a hole, and the present goes first. */
static void skip_ahead(struct feed *f, int64_t from)
{
    struct logsrc *s = f->src;
    int64_t now = logsrc_now(s);
    struct walk *w = last_refill(f);

    if (w) {
        span(w, from, now);
    } else {
        w = feed_hole(f, WALK_REFILL, SIZE_MAX, from, now);
        w->gap = f->stall ? f->stall : gap_open(f, f->front_ms, now);
        f->stall = NULL;
    }
    gap_set(s, w->gap, LOGSRC_GAP_OPEN, w->gap->from_ms, now);
    walk_forget(&f->follow);
    f->follow.active = false;
    f->front_ms = now;
}

static void stall_due(struct timer *t, void *arg)
{
    (void)t;
    feed_show_stall(arg);
}

/* ---- what is next ---------------------------------------------------- */

/* Is there a stream that may still be written to, or was lately? */
static bool has_live(const struct feed *f, int64_t after_stop_ms)
{
    int64_t now = logsrc_now(f->src);
    const char *name;
    void *value;

    if (f->n_wholes)
        return true;
    for (size_t i = 0; map_next(f->streams, &i, &name, &value);) {
        const struct source *c = &f->src->sources[(uintptr_t)value - 1];
        const struct log_task *t = &f->src->tasks[c->task];
        if (!c->ended &&
            (!t->stopped_ms || now - t->stopped_ms < after_stop_ms))
            return true;
    }
    return false;
}

bool feed_is_live(const struct feed *f)
{
    return has_live(f, LOGSRC_REST_MS);
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static bool sweeping(const struct feed *f, bool deep)
{
    for (const struct walk *w = f->holes; w; w = w->next)
        if (w->kind == WALK_SWEEP && w->deep == deep)
            return true;
    return false;
}

static const struct { int64_t each_ms, back_ms; } sweeps[2] = {
    {LOGSRC_SWEEP_EACH_MS, LOGSRC_SWEEP_MS},
    {LOGSRC_DEEP_EACH_MS, LOGSRC_DEEP_MS},
};

/* From so long before the last one's begin: whoever slept meanwhile has to
 * look back further. Returns when the next one is due, in ms. */
static int64_t plan_sweep(struct feed *f, bool deep)
{
    struct logsrc *s = f->src;
    int64_t now = logsrc_now(s), last = f->swept_ms[deep];
    int64_t from = later(f->from_ms, logbuf_floor_ms(s->buf));
    int64_t to = deep ? now - LOGSRC_SWEEP_MS : f->front_ms - LOGSRC_WIDE_MS;

    if (s->breaks.no_sweep || sweeping(f, deep) ||
        !has_live(f, SWEPT_AFTER_STOP_MS))
        return INT64_MAX;
    if (now - last < sweeps[deep].each_ms)
        return last + sweeps[deep].each_ms - now;
    f->swept_ms[deep] = now;
    from = later(from, last - sweeps[deep].back_ms);
    if (from < to)
        feed_hole(f, WALK_SWEEP, SIZE_MAX, from, to)->deep = deep;
    return sweeps[deep].each_ms;
}

static void ask(struct feed *f, struct walk *w);

static void jump(struct feed *f, int64_t now)
{
    const struct walk *w = &f->follow;

    if (w->active && now - later(f->front_ms, w->from) > LOGSRC_JUMP_MS)
        skip_ahead(f, w->from);
    else if (!w->active && now - f->front_ms > LOGSRC_JUMP_MS)
        skip_ahead(f, f->front_ms - LOGSRC_WIDE_MS);
}

static void follow(struct feed *f)
{
    struct logsrc *s = f->src;
    struct walk *w = &f->follow;
    int64_t overlap = f->overlap_ms;

    if (!s->o.in_order)
        jump(f, logsrc_now(s));
    if (!w->active) {
        if (mono(f) >= f->wide_due) {
            f->wide_due = mono(f) + LOGSRC_WIDE_EACH_MS;
            overlap = LOGSRC_WIDE_MS;
        }
        if (s->breaks.no_overlap)
            overlap = 0;
        *w = (struct walk){.kind = WALK_FOLLOW, .source = SIZE_MAX,
                           .active = true, .to = INT64_MAX,
                           .wait_ms = w->wait_ms,
                           .from = later(f->front_ms - overlap, f->from_ms)};
        f->foreign = 0;
    }
    ask(f, w);
}

static void begin(struct feed *f)
{
    struct logsrc *s = f->src;

    f->began = true;
    f->from_ms = logsrc_from(s);
    feed_hole(f, WALK_BACKFILL, SIZE_MAX, f->from_ms, INT64_MAX);
}

/* The past is to be read before the present. */
static bool past_first(const struct feed *f)
{
    return f->src->o.in_order && f->holes && f->holes->kind == WALK_BACKFILL;
}

/* A sweep brings nothing of what the buffer has let go since it was planned.
 * False: nothing is left of it. */
static bool above_floor(struct feed *f, struct walk *w)
{
    if (w->kind != WALK_SWEEP || !untouched(f, w))
        return true;
    w->from = later(w->from, logbuf_floor_ms(f->src->buf));
    return w->from <= w->to;
}

static void next_due(struct timer *t, void *arg)
{
    struct feed *f = arg;
    int64_t now = mono(f), due = INT64_MAX;
    bool live = feed_is_live(f);

    (void)t;
    if (f->denied_until > now) {
        timer_start(f->src->o.clock, &f->timer, f->denied_until - now,
                    next_due, f);
        return;
    }
    if (!f->began && has_live(f, INT64_MAX))
        begin(f);
    if (f->front_ms) {
        int64_t sweep = plan_sweep(f, false), deep = plan_sweep(f, true);
        if (live && f->poll_due <= now && !past_first(f)) {
            follow(f);
            return;
        }
        if (!live && f->stall) /* it will not be read by following */
            skip_ahead(f, f->stall->from_ms - LOGSRC_WIDE_MS);
        sweep = sweep < deep ? sweep : deep;
        due = past_first(f)        ? INT64_MAX
              : live               ? f->poll_due
              : sweep != INT64_MAX ? now + sweep
                                   : INT64_MAX;
    }
    for (struct walk *w = f->holes, *next; w; w = next) {
        next = w->next;
        if (!above_floor(f, w)) {
            f->unswept_ms[w->deep] = 0;
            feed_drop_hole(f, w);
            continue;
        }
        if (w->due_ms <= now) {
            ask(f, w);
            return;
        }
        due = w->due_ms < due ? w->due_ms : due;
    }
    if (due != INT64_MAX)
        timer_start(f->src->o.clock, &f->timer, later(due - now, 0), next_due,
                    f);
}

void feed_wake(struct feed *f)
{
    if (!f->current)
        timer_start(f->src->o.clock, &f->timer, 0, next_due, f);
}

void feed_poll(struct feed *f)
{
    f->poll_due = f->denied_until = 0;
    for (struct walk *w = f->holes; w; w = w->next)
        w->due_ms = 0;
    feed_wake(f);
}

/* ---- a call ---------------------------------------------------------- */

static void front_known(struct feed *f, int64_t begun_ms)
{
    struct logsrc *s = f->src;
    int64_t now = mono(f);

    f->front_ms = f->ok_ms = begun_ms;
    f->poll_due = now + LOGSRC_POLL_MS;
    f->wide_due = now + LOGSRC_WIDE_EACH_MS;
    f->swept_ms[0] = f->swept_ms[1] = begun_ms;
    for (size_t i = 0; i < s->n_sources; i++)
        if (s->sources[i].feed == f && !s->sources[i].caught_ms)
            s->sources[i].caught_ms = begun_ms;
}

static void on_reply(void *arg, const struct aws_reply *reply,
                     const struct err *err)
{
    struct feed *f = arg;
    struct logsrc *s = f->src;
    struct walk *w = f->current;

    timer_stop(s->o.clock, &f->stall_timer);
    if (err) {
        feed_page_done(f, err);
        return;
    }
    if (reply->date_ms) {
        s->have_skew = true;
        s->skew_ms = reply->date_ms - clock_wall_ms(s->o.clock);
    }
    if (!w->begun_ms)
        w->begun_ms = logsrc_now(s) - (mono(f) - f->sent_ms);
    if (w->kind == WALK_BACKFILL && !f->front_ms)
        front_known(f, w->begun_ms);
    page_begin(f, reply->body, reply->body_len);
}

static void ask(struct feed *f, struct walk *w)
{
    struct logsrc *s = f->src;
    struct aws_call_opts opts = {
        .priority = AWS_PRIO_VISIBLE, /* less would hold up the present */
        .region = f->region, .subject = f->group, .raw = true,
        .max_body = MAX_BODY};
    struct err err;
    json_t *o;

    if (!w->params)
        w->params = feed_params(f, w);
    o = json_copy(w->params);
    if (w->token) {
        json_object_set_new(o, "nextToken", json_string(w->token));
        json_object_del(o, "startFromHead"); /* of the first call only */
    }
    f->current = w;
    f->sent_ms = mono(f);
    logsrc_count_sent(s);
    timer_start(s->o.clock, &f->stall_timer, LOGSRC_STALL_MS, stall_due, f);
    if (aws_call(s->o.client, &s->scope, &logs_filter_log_events, o, &opts,
                 on_reply, f, &err) != 0) {
        timer_stop(s->o.clock, &f->stall_timer);
        feed_page_done(f, &err);
    }
}
