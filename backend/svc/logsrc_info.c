/* What is told of the sources, and the figures. */
#include <string.h>

#include "backend/base/mem.h"
#include "backend/svc/logsrc_internal.h"

#define MINUTE_MS 60000
#define LIVED_LEAST_MS 10000 /* of a task, for its rate */

void logsrc_refresh(struct logsrc *s)
{
    for (size_t i = 0; i < s->n_feeds; i++)
        feed_poll(s->feeds[i]);
}

struct logbuf *logsrc_buf(struct logsrc *s)
{
    return s->buf;
}

static void shrink_due(struct timer *t, void *arg)
{
    struct logsrc *s = arg;

    (void)t;
    if (logbuf_shrink(s->buf))
        timer_start(s->o.clock, &s->shrink, 0, shrink_due, s);
    logsrc_changed(s);
}

void logsrc_set_limit(struct logsrc *s, size_t limit_bytes)
{
    if (logbuf_set_limit(s->buf, limit_bytes))
        timer_start(s->o.clock, &s->shrink, 0, shrink_due, s);
    logsrc_changed(s);
}

size_t logsrc_sources(const struct logsrc *s)
{
    return s->n_sources;
}

static const char *or_empty(const char *s)
{
    return s ? s : "";
}

bool logsrc_source(const struct logsrc *s, uint16_t source,
                   struct logsrc_source *out)
{
    if (source >= s->n_sources) {
        *out = (struct logsrc_source){"", "", "", "", "", "", "", 0,
                                        false, false};
        return false;
    }
    const struct source *c = &s->sources[source];
    const struct log_task *t = &s->tasks[c->task];
    *out = (struct logsrc_source){
        .task = t->id,
        .container = c->container,
        .revision = or_empty(t->revision),
        .service = or_empty(t->service),
        .group = c->feed ? c->feed->group : "",
        .region = c->feed ? or_empty(c->feed->region) : "",
        .stream = or_empty(c->stream),
        .lines = c->lines,
        .stopped = t->stopped_ms != 0,
        .failed = t->failed,
    };
    return true;
}

const char *logsrc_task(const struct logsrc *s, uint16_t source)
{
    return source < s->n_sources ? s->tasks[s->sources[source].task].id : "";
}

const char *logsrc_container(const struct logsrc *s, uint16_t source)
{
    return source < s->n_sources ? s->sources[source].container : "";
}

size_t logsrc_tasks(const struct logsrc *s)
{
    return s->n_tasks;
}

const char *logsrc_status(const struct logsrc *s)
{
    return s->status;
}

/* Is it still to be read back? */
static bool unread(const struct logsrc *s, const struct feed *f)
{
    bool only_ended = !f->n_wholes;

    for (size_t k = 0; k < s->n_sources && only_ended; k++)
        only_ended = s->sources[k].feed != f || s->sources[k].ended;
    return only_ended ? f->holes != NULL : !f->read_back;
}

bool logsrc_loading(const struct logsrc *s)
{
    for (size_t i = 0; i < s->n_feeds; i++)
        if (unread(s, s->feeds[i]))
            return true;
    return false;
}

bool logsrc_stuck(const struct logsrc *s, struct err *err)
{
    bool stuck = false;

    for (size_t i = 0; i < s->n_feeds; i++) {
        const struct feed *f = s->feeds[i];
        if (f->error.code == ERR_NONE) {
            if (unread(s, f))
                return false;
            continue;
        }
        stuck = true;
        *err = f->error;
    }
    return stuck;
}

int64_t logsrc_settled_ms(const struct logsrc *s)
{
    int64_t settled = INT64_MAX;

    for (size_t i = 0; i < s->n_feeds; i++) {
        const struct feed *f = s->feeds[i];
        int64_t front = f->follow.from > f->front_ms ? f->follow.from
                                                     : f->front_ms;
        if (!f->began && !f->holes)
            return INT64_MIN;
        if (f->follow.active && front < settled)
            settled = front;
        for (const struct walk *w = f->holes; w; w = w->next)
            if (w->kind != WALK_SWEEP && w->kind != WALK_PROBE &&
                w->from < settled)
                settled = w->from;
    }
    for (const struct gap *g = s->gaps; g; g = g->next)
        if (g->state != LOGSRC_GAP_LOST && g->from_ms < settled)
            settled = g->from_ms;
    return settled;
}

int64_t logsrc_read_ms(const struct logsrc *s)
{
    int64_t read = INT64_MAX;

    for (size_t i = 0; i < s->n_feeds; i++) {
        const struct feed *f = s->feeds[i];
        if ((unread(s, f) || feed_is_live(f)) && f->ok_ms < read)
            read = f->ok_ms;
    }
    return read;
}

int64_t logsrc_service_now(const struct logsrc *s)
{
    return logsrc_now(s);
}

bool logsrc_readable(const struct logsrc *s)
{
    return s->n_feeds > 0;
}

int64_t logsrc_last_event_ms(const struct logsrc *s)
{
    return s->last_event_ms;
}

int64_t logsrc_backfill_ms(const struct logsrc *s)
{
    return s->o.backfill_ms;
}

enum logsrc_drops logsrc_drops(const struct logsrc *s)
{
    enum logsrc_drops worst = LOGSRC_BLOCKING;

    for (size_t i = 0; i < s->n_sources; i++)
        if (s->sources[i].feed && s->sources[i].drops > worst)
            worst = s->sources[i].drops;
    return worst;
}

/* ---- figures --------------------------------------------------------- */

void logsrc_count_sent(struct logsrc *s)
{
    int64_t second = clock_mono_ms(s->o.clock) / 1000;
    size_t i = (size_t)(second % 60);

    if (s->sent_second[i] != second)
        s->sent_count[i] = 0;
    s->sent_second[i] = second;
    s->sent_count[i]++;
    s->stats.requests++;
}

void logsrc_stats(const struct logsrc *s, struct logsrc_stats *out)
{
    int64_t now = logsrc_now(s), second = clock_mono_ms(s->o.clock) / 1000;

    *out = s->stats;
    for (int i = 0; i < 60; i++)
        if (s->sent_count[i] && s->sent_second[i] > second - 60)
            out->requests_minute += s->sent_count[i];
    out->lag_ms = s->n_feeds ? 0 : -1;
    for (size_t i = 0; i < s->n_feeds; i++) {
        const struct feed *f = s->feeds[i];
        if (!f->ok_ms)
            out->lag_ms = -1;
        else if (out->lag_ms >= 0 && now - f->ok_ms > out->lag_ms)
            out->lag_ms = now - f->ok_ms;
        for (int k = 0; k < 2; k++)
            if (f->unswept_ms[k] > out->unswept_ms)
                out->unswept_ms = f->unswept_ms[k];
    }
    for (const struct gap *g = s->gaps; g; g = g->next)
        out->gaps += g->state != LOGSRC_GAP_LOST;
}

/* A line told live that was none. */
void logsrc_uncount_line(void *arg, const struct logbuf_line *line, size_t i)
{
    struct logsrc *s = arg;
    int64_t minute = line->timestamp_ms / MINUTE_MS;
    struct minute *m;

    (void)i;
    if (!s->matches.taking_back || line->source >= s->n_sources)
        return;
    m = &s->sources[line->source]
             .minutes[(uint64_t)minute % LOGSRC_MINUTES];
    if (m->minute != minute || !m->count.lines)
        return;
    m->count.lines--;
    m->count.errors -= line->level >= LOG_LEVEL_ERROR;
    m->count.warnings -= line->level == LOG_LEVEL_WARN;
}

void logsrc_count_line(void *arg, const struct logbuf_line *line, size_t i)
{
    struct logsrc *s = arg;
    int64_t minute = line->timestamp_ms / MINUTE_MS;
    struct minute *m;

    (void)i;
    if (line->kind != LOG_TEXT || line->source >= s->n_sources ||
        s->matches.renaming)
        return;
    m = &s->sources[line->source]
             .minutes[(uint64_t)minute % LOGSRC_MINUTES];
    if (m->minute > minute)
        return; /* too long ago */
    if (m->minute < minute)
        *m = (struct minute){.minute = minute};
    m->count.lines++;
    m->count.errors += line->level >= LOG_LEVEL_ERROR;
    m->count.warnings += line->level == LOG_LEVEL_WARN;
}

struct logsrc_count logsrc_count(const struct logsrc *s, uint16_t source,
                                 int minutes)
{
    struct logsrc_count sum = {0};
    int64_t now = logsrc_now(s) / MINUTE_MS;

    if (source >= s->n_sources)
        return sum;
    for (int i = 0; i < LOGSRC_MINUTES; i++) {
        const struct minute *m = &s->sources[source].minutes[i];
        if (m->minute < now - minutes)
            continue; /* may be of the future: clocks of hosts differ */
        sum.lines += m->count.lines;
        sum.warnings += m->count.warnings;
        sum.errors += m->count.errors;
    }
    return sum;
}

struct sum {
    struct logsrc_rate rate;
    int64_t lived_ms;   /* of tasks that run or wrote, within the minutes */
    int64_t created_ms; /* of its newest task */
};

static size_t sum_of(struct sum *sums, size_t n, const char *revision)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(sums[i].rate.revision, revision) == 0)
            return i;
    sums[n] = (struct sum){.rate.revision = revision};
    return n;
}

/* How much of the last `minutes` the task was there. */
static int64_t lived_ms(const struct log_task *t, int64_t now, int minutes)
{
    int64_t from = t->started_ms ? t->started_ms : t->created_ms;
    int64_t to = t->stopped_ms ? t->stopped_ms : now;
    int64_t since = now - minutes * (int64_t)MINUTE_MS;

    if (from < since)
        from = since;
    return to - from > LIVED_LEAST_MS ? to - from : LIVED_LEAST_MS;
}

size_t logsrc_rates(const struct logsrc *s, int minutes,
                    struct logsrc_rate *out, size_t max)
{
    enum { MOST = 16 };
    struct sum sums[MOST + 1];
    size_t n = 0;

    for (size_t i = 0; i < s->n_tasks; i++)
        s->tasks[i].wrote = false;
    for (size_t i = 0; i < s->n_sources; i++) {
        struct log_task *t = &s->tasks[s->sources[i].task];
        size_t k = sum_of(sums, n, or_empty(t->revision));
        struct logsrc_count c = logsrc_count(s, (uint16_t)i, minutes);
        if (k == MOST)
            continue;
        n += k == n;
        t->wrote |= c.lines > 0;
        sums[k].rate.count.lines += c.lines;
        sums[k].rate.count.warnings += c.warnings;
        sums[k].rate.count.errors += c.errors;
    }
    for (size_t i = 0; i < s->n_tasks; i++) {
        const struct log_task *t = &s->tasks[i];
        size_t k = sum_of(sums, n, or_empty(t->revision));
        if (k == n)
            continue;
        sums[k].rate.tasks += t->stopped_ms == 0;
        if (t->stopped_ms == 0 || t->wrote)
            sums[k].lived_ms += lived_ms(t, logsrc_now(s), minutes);
        if (t->created_ms > sums[k].created_ms)
            sums[k].created_ms = t->created_ms;
    }
    for (size_t i = 1; i < n; i++) /* newest first */
        for (size_t k = i; k && sums[k].created_ms > sums[k - 1].created_ms;
             k--) {
            struct sum t = sums[k];
            sums[k] = sums[k - 1];
            sums[k - 1] = t;
        }
    for (size_t i = 0; i < n && i < max; i++) {
        out[i] = sums[i].rate;
        if (sums[i].lived_ms)
            out[i].errors_minute = (double)out[i].count.errors * MINUTE_MS /
                                   (double)sums[i].lived_ms;
    }
    return n < max ? n : max;
}
