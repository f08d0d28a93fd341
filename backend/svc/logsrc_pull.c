/* Reading: one walk over the pages of FilterLogEvents after another. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/utf8.h"
#include "backend/svc/ecs.h"
#include "backend/svc/logsrc_internal.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)
/* A silent series is read from that long before its last good walk. */
#define SILENT_MS ((int64_t)5 * 60 * 1000)
/* What comes that long after it could have been read is marked late. */
#define LATE_MS 10000
#define REST_MS ((int64_t)120 * 1000)
#define PROBE_PAGES 20
#define NARROW_MAX 4
#define MISSING_WAIT_MS 5000
#define ERROR_WAIT_MS 30000

/* ---- ids that were seen ---------------------------------------------- */

static struct seen_id *seen_slot(struct seen_id *slots, size_t cap,
                                 uint64_t hash)
{
    size_t i = hash & (cap - 1);

    while (slots[i].hash && slots[i].hash != hash)
        i = (i + 1) & (cap - 1);
    return &slots[i];
}

static void seen_rebuild(struct seen *s, size_t cap, int64_t before_ms)
{
    struct seen_id *slots = xcalloc(cap, sizeof(*slots));

    s->n = 0;
    for (size_t i = 0; i < s->cap; i++) {
        if (!s->slots[i].hash || s->slots[i].ms < before_ms)
            continue;
        *seen_slot(slots, cap, s->slots[i].hash) = s->slots[i];
        s->n++;
    }
    free(s->slots);
    s->slots = slots;
    s->cap = cap;
}

bool seen_add(struct seen *s, uint64_t hash, int64_t ms)
{
    if (!hash)
        hash = 1;
    if (s->n * 2 >= s->cap)
        seen_rebuild(s, s->cap ? s->cap * 2 : 256, INT64_MIN);
    struct seen_id *id = seen_slot(s->slots, s->cap, hash);
    if (id->hash)
        return false;
    *id = (struct seen_id){hash, ms};
    s->n++;
    return true;
}

void seen_prune(struct seen *s, int64_t before_ms)
{
    size_t keep = 0, cap = 256;

    for (size_t i = 0; i < s->cap; i++)
        keep += s->slots[i].hash && s->slots[i].ms >= before_ms;
    if (keep * 2 >= s->n)
        return; /* not worth it yet */
    while (cap < keep * 4)
        cap *= 2;
    seen_rebuild(s, cap, before_ms);
}

void seen_release(struct seen *s)
{
    free(s->slots);
    *s = (struct seen){0};
}

static uint64_t fnv(uint64_t h, const char *s)
{
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 0x100000001b3u;
    return (h ^ 0xff) * 0x100000001b3u;
}

/* ---- events ---------------------------------------------------------- */

struct event {
    const char *stream, *message, *id; /* never NULL */
    size_t len;
    int64_t ms, ingestion_ms;
};

static const char *member(json_t *o, const char *name)
{
    const char *text = json_string_value(json_object_get(o, name));
    return text ? text : "";
}

static bool read_event(json_t *o, struct event *e)
{
    json_t *ms = json_object_get(o, "timestamp");
    json_t *in = json_object_get(o, "ingestionTime");
    json_t *text = json_object_get(o, "message");

    if (!json_is_integer(ms) || !json_is_string(text))
        return false;
    *e = (struct event){.stream = member(o, "logStreamName"),
                        .message = json_string_value(text),
                        .len = json_string_length(text),
                        .id = member(o, "eventId"),
                        .ms = json_integer_value(ms)};
    e->ingestion_ms = json_is_integer(in) ? json_integer_value(in) : e->ms;
    return true;
}

static uint64_t event_hash(const struct event *e)
{
    uint64_t h = 0xcbf29ce484222325u;
    char times[64];

    if (*e->id)
        return fnv(h, e->id);
    snprintf(times, sizeof(times), "%" PRId64 " %" PRId64, e->ms,
             e->ingestion_ms);
    return fnv(fnv(fnv(h, times), e->stream), e->message);
}

/* One line for each line of the message. They share their times: where the
 * page comes newest first, they are put in backwards, each before the last. */
static void add_lines(struct logsrc *s, const struct event *e, size_t source,
                      bool late, bool backwards)
{
    const char *text = e->message, *end = text + e->len;

    while (end > text && (end[-1] == '\n' || end[-1] == '\r'))
        end--;
    const char *from = backwards ? end : text;
    for (;;) {
        const char *a = from, *z = from;
        if (backwards) {
            while (a > text && a[-1] != '\n')
                a--;
        } else {
            z = memchr(a, '\n', (size_t)(end - a));
            if (!z)
                z = end;
        }
        struct logbuf_line line = {
            .timestamp_ms = e->ms,
            .ingestion_ms = e->ingestion_ms,
            .text = a,
            .len = (size_t)(z - a) - (z > a && z[-1] == '\r'),
            .source = (uint16_t)source,
            .late = late,
            .more = a > text,
        };
        logbuf_add(s->buf, &line, backwards ? LOGBUF_FIRST : LOGBUF_LAST);
        if (backwards ? a == text : z == end)
            return;
        from = backwards ? a - 1 : z + 1;
    }
}

static bool take(struct pull *p, const struct event *e, bool backwards)
{
    struct series *r = p->series;
    struct logsrc *s = r->src;
    uintptr_t found = (uintptr_t)map_get(r->streams, e->stream);
    int64_t now = logsrc_now(s);

    if (e->ms > r->newest_ms && p->kind != PULL_CATCHUP)
        r->newest_ms = e->ms < now ? e->ms : now;
    if (!found)
        return false;
    size_t source = found - 1;
    if (p->kind == PULL_CATCHUP &&
        (source < p->first || source >= p->end || s->sources[source].caught))
        return false;
    if (!seen_add(&r->seen, event_hash(e), e->ms))
        return false;
    bool late = p->kind == PULL_FOLLOW && r->ok_ms &&
                e->ms < r->ok_ms - LATE_MS && s->sources[source].caught &&
                s->sources[source].lines;
    add_lines(s, e, source, late, backwards);
    s->sources[source].lines++;
    if (e->ms > s->last_event_ms)
        s->last_event_ms = e->ms;
    p->taken++;
    return true;
}

/* Ids are long decimal numbers. */
static int compare_ids(const char *a, const char *b)
{
    size_t na = strlen(a), nb = strlen(b);
    return na != nb ? (na < nb ? -1 : 1) : strcmp(a, b);
}

static size_t take_page(struct pull *p, json_t *root)
{
    json_t *events = json_object_get(root, "events");
    size_t n = json_array_size(events), taken = 0;
    struct event first, last;
    bool backwards = false;

    if (n && read_event(json_array_get(events, 0), &first) &&
        read_event(json_array_get(events, n - 1), &last)) {
        if (first.ms != last.ms) {
            backwards = first.ms > last.ms;
            p->ascending = !backwards;
        } else {
            backwards = n > 1 ? compare_ids(first.id, last.id) > 0
                              : p->newest_first && !p->ascending;
        }
    }
    for (size_t i = 0; i < n; i++) {
        struct event e;
        if (read_event(json_array_get(events, i), &e))
            taken += take(p, &e, backwards);
    }
    return taken;
}

/* ---- walks ----------------------------------------------------------- */

static void pull_start(struct series *r, enum pull_kind kind,
                       const char *prefix, int64_t from_ms, size_t first,
                       size_t end);

static void pull_free(struct pull *p)
{
    struct pull **at = &p->series->src->pulls;

    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    free(p);
}

static bool is_missing(const struct err *e)
{
    return e->code == ERR_NOT_FOUND ||
           strcmp(e->aws_code, "ResourceNotFoundException") == 0;
}

static void set_status(struct logsrc *s)
{
    char was[sizeof(s->status)];

    memcpy(was, s->status, sizeof(was));
    s->status[0] = '\0';
    for (size_t i = 0; i < s->n_series && !s->status[0]; i++) {
        const struct series *r = s->series[i];
        const struct err *e = &r->error;
        if (e->code == ERR_NONE)
            continue;
        if (is_missing(e))
            snprintf(s->status, sizeof(s->status), "log group %.300s does "
                     "not exist yet", r->group);
        else if (e->code == ERR_THROTTLED)
            snprintf(s->status, sizeof(s->status), "CloudWatch Logs asks us "
                     "to slow down: reading every %" PRId64 " s",
                     r->wait_ms / 1000);
        else
            snprintf(s->status, sizeof(s->status), "%s%.600s",
                     e->code == ERR_DENIED ? "not allowed: " : "",
                     e->message);
    }
    if (strcmp(was, s->status) != 0)
        logsrc_changed(s);
}

/* A refused startFromHead: read oldest first instead, from now on. */
static bool refuses_newest_first(const struct pull *p, const struct err *e)
{
    return p->newest_first && p->pages == 0 && e->code == ERR_AWS &&
           (strcmp(e->aws_code, "InvalidParameterException") == 0 ||
            strcmp(e->aws_code, "ValidationException") == 0 ||
            strcmp(e->aws_code, "SerializationException") == 0);
}

static void failed(struct series *r, const struct err *err)
{
    r->error = *err;
    if (is_missing(err))
        r->wait_ms = MISSING_WAIT_MS;
    else if (err->code == ERR_DENIED)
        r->wait_ms = ERROR_WAIT_MS;
    else
        r->wait_ms = r->wait_ms < LOGSRC_IDLE_MS ? LOGSRC_IDLE_MS
                     : r->wait_ms * 2 > ERROR_WAIT_MS ? ERROR_WAIT_MS
                                                      : r->wait_ms * 2;
    set_status(r->src);
}

static bool all_stopped(const struct series *r, int64_t now)
{
    const struct logsrc *s = r->src;
    const char *key;
    void *value;

    for (size_t i = 0; map_next(r->streams, &i, &key, &value);) {
        const struct log_task *t =
            &s->tasks[s->sources[(uintptr_t)value - 1].task];
        if (!t->stopped_ms || now - t->stopped_ms < REST_MS)
            return false;
    }
    return true;
}

/* Where the next poll begins. */
static int64_t follow_from(const struct series *r)
{
    int64_t from = r->newest_ms ? r->newest_ms - LOGSRC_OVERLAP_MS
                                : r->from_ms;
    if (r->ok_ms && from < r->ok_ms - SILENT_MS)
        from = r->ok_ms - SILENT_MS;
    return from < r->from_ms ? r->from_ms : from;
}

static void cap_note(struct pull *p)
{
    char text[120];
    struct logbuf *b = p->series->src->buf;
    struct logbuf_mark m = logbuf_mark(b, 0);

    snprintf(text, sizeof(text), "older lines were not read back (%d read)",
             LOGSRC_BACKFILL_EVENTS);
    logbuf_add(b, &(struct logbuf_line){.timestamp_ms = m.timestamp_ms,
                                        .ingestion_ms = m.ingestion_ms,
                                        .text = text, .len = strlen(text),
                                        .kind = LOG_GAP}, LOGBUF_FIRST);
}

static void walk_ended(struct pull *p, const struct err *err)
{
    struct series *r = p->series;
    struct logsrc *s = r->src;
    enum pull_kind kind = p->kind;
    size_t taken = p->taken, first = p->first, end = p->end;
    int64_t begun = p->begun_ms;

    pull_free(p);
    if (kind == PULL_FOLLOW)
        r->following = false;
    else
        r->reading_back--;
    if (err) {
        failed(r, err);
        if (kind == PULL_BACKFILL) /* begin again, ids keep it single */
            r->began = false;
        if (kind == PULL_PROBE || is_missing(err))
            r->read_back = true;
        if (kind == PULL_CATCHUP && first < r->fresh)
            r->fresh = first;
        logsrc_say(s);
        if (!r->following)
            series_plan(r, r->wait_ms);
        return;
    }
    r->error.code = ERR_NONE;
    set_status(s);
    if (kind == PULL_BACKFILL && !taken && !r->newest_ms && !r->alone) {
        pull_start(r, PULL_PROBE, r->prefix, logsrc_now(s) - DAY_MS, 0, 0);
        return;
    }
    if (kind == PULL_PROBE && s->last_event_ms < 0)
        s->last_event_ms = 0;
    if (kind == PULL_FOLLOW || kind == PULL_BACKFILL)
        r->ok_ms = begun;
    for (size_t i = first; kind == PULL_CATCHUP && i < end; i++)
        if (s->sources[i].series == r)
            s->sources[i].caught = true;
    if (kind != PULL_FOLLOW)
        r->read_back = true;
    if (taken)
        r->wait_ms = LOGSRC_POLL_MS;
    else
        r->wait_ms = r->wait_ms + r->wait_ms / 2 > LOGSRC_IDLE_MS
                         ? LOGSRC_IDLE_MS
                         : r->wait_ms + r->wait_ms / 2;
    if (r->wait_ms < LOGSRC_POLL_MS)
        r->wait_ms = LOGSRC_POLL_MS;
    /* A walk that is to be done again needs every id. */
    if (!r->reading_back && r->began && r->read_back && r->fresh == SIZE_MAX)
        seen_prune(&r->seen, follow_from(r));
    logsrc_say(s);
    logsrc_changed(s);
    r->resting = r->alone && all_stopped(r, logsrc_now(s));
    if (!r->following && !r->resting &&
        (!timer_armed(&r->timer) || kind == PULL_FOLLOW))
        series_plan(r, r->fresh != SIZE_MAX ? 0 : r->wait_ms);
}

static bool on_page(void *arg, const struct aws_reply *reply,
                    const struct err *err, bool last)
{
    struct pull *p = arg;
    struct series *r = p->series;

    if (err) {
        if (refuses_newest_first(p, err)) {
            enum pull_kind kind = p->kind;
            r->src->no_newest_first = true;
            pull_free(p);
            r->reading_back--;
            pull_start(r, kind, r->prefix,
                       kind == PULL_PROBE ? logsrc_now(r->src) - DAY_MS
                                          : r->from_ms, 0, 0);
            return false;
        }
        walk_ended(p, err);
        return false;
    }
    if (take_page(p, reply->root))
        logsrc_changed(r->src);
    p->pages++;
    if (p->kind == PULL_BACKFILL && p->newest_first && !last) {
        if (p->taken >= LOGSRC_BACKFILL_EVENTS) {
            cap_note(p);
            walk_ended(p, NULL);
            return false;
        }
        /* Newest first: what is new can be followed meanwhile. */
        if (!p->ascending && r->newest_ms && !r->following &&
            !timer_armed(&r->timer))
            series_plan(r, LOGSRC_POLL_MS);
    }
    if (p->kind == PULL_PROBE && !last &&
        ((p->newest_first && !p->ascending && p->taken) ||
         p->pages >= PROBE_PAGES))
        last = true;
    if (last) {
        walk_ended(p, NULL);
        return false;
    }
    return true;
}

static void pull_start(struct series *r, enum pull_kind kind,
                       const char *prefix, int64_t from_ms, size_t first,
                       size_t end)
{
    struct logsrc *s = r->src;
    struct pull *p = xcalloc(1, sizeof(*p));
    struct aws_call_opts opts = {.priority = AWS_PRIO_VISIBLE,
                                 .region = r->region, .subject = r->group};
    struct err err;

    *p = (struct pull){.next = s->pulls, .series = r, .kind = kind,
                       .first = first, .end = end,
                       .begun_ms = logsrc_now(s)};
    p->newest_first = (kind == PULL_BACKFILL || kind == PULL_PROBE) &&
                      !s->no_newest_first;
    s->pulls = p;
    json_t *o = json_pack("{s:s, s:s, s:I}", "logGroupName", r->group,
                          "logStreamNamePrefix", prefix, "startTime",
                          (json_int_t)(from_ms > 0 ? from_ms : 0));
    if (p->newest_first)
        json_object_set_new(o, "startFromHead", json_false());
    if (kind == PULL_FOLLOW)
        r->following = true;
    else
        r->reading_back++;
    if (aws_pages(s->o.client, &s->scope, &logs_filter_log_events, o, &opts,
                  0, on_page, p, &err) != 0)
        walk_ended(p, &err);
}

static void catch_up(struct series *r)
{
    struct logsrc *s = r->src;
    int64_t now = logsrc_now(s);
    size_t first = r->fresh, end = s->n_sources, n = 0;
    const char *key;
    void *value;

    r->fresh = SIZE_MAX;
    for (size_t i = 0; map_next(r->streams, &i, &key, &value);)
        n += !s->sources[(uintptr_t)value - 1].caught;
    if (n > NARROW_MAX) { /* one walk over the whole series */
        pull_start(r, PULL_CATCHUP, r->prefix, now - s->o.backfill_ms, first,
                   end);
        return;
    }
    for (size_t i = 0; map_next(r->streams, &i, &key, &value);) {
        size_t source = (uintptr_t)value - 1;
        if (!s->sources[source].caught)
            pull_start(r, PULL_CATCHUP, key, now - s->o.backfill_ms, source,
                       source + 1);
    }
}

static void series_due(struct timer *t, void *arg)
{
    struct series *r = arg;
    (void)t;

    if (!r->began) {
        series_begin(r);
        return;
    }
    if (r->fresh != SIZE_MAX)
        catch_up(r);
    if (!r->following && !r->resting)
        pull_start(r, PULL_FOLLOW, r->prefix, follow_from(r), 0, 0);
}

void series_begin(struct series *r)
{
    const char *key;
    void *value;

    for (size_t i = 0; map_next(r->streams, &i, &key, &value);)
        r->src->sources[(uintptr_t)value - 1].caught = true;
    r->began = true;
    r->fresh = SIZE_MAX;
    pull_start(r, PULL_BACKFILL, r->prefix, r->from_ms, 0, 0);
}

void series_plan(struct series *r, int64_t delay_ms)
{
    timer_start(r->src->o.clock, &r->timer, delay_ms, series_due, r);
}
