/* FilterLogEvents: many streams merged by time, read slice by slice, so that
 * a page costs what it shows and not the whole history. */
#include "backend/sim/ops_logs.h"

#include "backend/base/mem.h"
#include "backend/sim/wire_pattern.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NAMES 100
#define MAX_PATTERN 1024
#define SLICE_EVENTS 2000 /* about, so that a slice is never huge */
#define MAX_SCANNED 20000 /* then the page is short, or empty: as at AWS */
#define MAX_SLICES 500
#define EMPTY_ONE_IN 8    /* pages that are empty for no reason at all */

/* In the order of simlog_compare. */
struct place {
    int64_t at_ms, ingestion;
    char id[60];
    bool was_empty; /* the page before */
};

struct search {
    struct sim_call *c;
    struct sim_stream *streams;
    size_t n_streams;
    struct sim_pattern *pattern;
    bool newest_first;
    int64_t from, to; /* inclusive, what is left of it */
    size_t limit;
    struct place place; /* after it (or before it, newest first) */
    json_t *events;
    size_t bytes, scanned;
    bool full;
};

/* ---- parameters ------------------------------------------------------- */

/* A name that does not exist fails the whole call. */
static int take_names(struct search *q)
{
    struct sim_call *c = q->c;
    size_t i, n = 0;
    json_t *v, *names = json_object_get(c->in, "logStreamNames");
    if (!json_is_array(names))
        return 0;
    struct sim_stream *kept =
        xcalloc(json_array_size(names) + 1, sizeof(*kept));
    json_array_foreach(names, i, v)
    {
        size_t k = 0;
        while (k < q->n_streams &&
               strcmp(q->streams[k].name, json_string_value(v)) != 0)
            k++;
        if (k == q->n_streams) {
            sim_fail(c, "ResourceNotFoundException",
                     "The specified log stream does not exist.");
            free(kept);
            return -1;
        }
        kept[n++] = q->streams[k];
    }
    free(q->streams);
    q->streams = kept;
    q->n_streams = n;
    return 0;
}

static void keep_prefix(struct search *q, const char *prefix)
{
    size_t n = 0;
    for (size_t i = 0; i < q->n_streams; i++)
        if (strncmp(q->streams[i].name, prefix, strlen(prefix)) == 0)
            q->streams[n++] = q->streams[i];
    q->n_streams = n;
}

static int read_pattern(struct search *q)
{
    const char *text = sim_in_text(q->c, "filterPattern");
    if (!text || !*text)
        return 0;
    q->pattern =
        strlen(text) <= MAX_PATTERN ? sim_pattern_new(text) : NULL;
    if (!q->pattern)
        sim_fail(q->c, "InvalidParameterException",
                 "Invalid filter pattern.");
    return q->pattern ? 0 : -1;
}

/* startFromHead is of the first call only: the token knows which way. */
static int read_place(struct search *q)
{
    char *text, way = 0;
    int empty = 0;
    if (sim_in_token(q->c, "startFromHead", &text))
        return -1;
    q->newest_first = !sim_in_bool(q->c, "startFromHead", true);
    if (text && sscanf(text, "%c", &way) == 1)
        q->newest_first = way == 'n';
    q->place = q->newest_first
                   ? (struct place){q->to, INT64_MAX, "~", false}
                   : (struct place){q->from, -1, "", false};
    if (text)
        sscanf(text, "%*c %" SCNd64 " %" SCNd64 " %d %59s", &q->place.at_ms,
               &q->place.ingestion, &empty, q->place.id);
    if (q->place.id[0] == '-')
        q->place.id[0] = '\0';
    q->place.was_empty = empty != 0;
    free(text);
    if (q->newest_first && q->place.at_ms < q->to)
        q->to = q->place.at_ms;
    if (!q->newest_first && q->place.at_ms > q->from)
        q->from = q->place.at_ms;
    return 0;
}

static int read_search(struct search *q)
{
    struct sim_call *c = q->c;
    const char *prefix = sim_in_text(c, "logStreamNamePrefix");
    size_t names = json_array_size(json_object_get(c->in, "logStreamNames"));
    int limit = sim_in_range(c, "limit", 10000, 1, 10000);
    int64_t first = INT64_MAX;
    if (names && prefix)
        sim_fail(c, "InvalidParameterException", "Give logStreamNames or "
                 "logStreamNamePrefix, not both.");
    if (names > MAX_NAMES ||
        (!names && json_object_get(c->in, "logStreamNames")))
        sim_fail(c, "InvalidParameterException",
                 "logStreamNames takes 1 to %d names.", MAX_NAMES);
    if (sim_in_streams(c, &q->streams, &q->n_streams) || c->code ||
        take_names(q) || read_pattern(q))
        return -1;
    if (prefix)
        keep_prefix(q, prefix);
    for (size_t i = 0; i < q->n_streams; i++)
        if (q->streams[i].first_ms < first)
            first = q->streams[i].first_ms;
    q->limit = (size_t)limit;
    q->from = sim_in_int(c, "startTime", 0);
    q->to = sim_in_int(c, "endTime", c->now_ms);
    if (q->from < first)
        q->from = first;
    if (q->to > c->now_ms)
        q->to = c->now_ms;
    return read_place(q);
}

/* ---- the search ------------------------------------------------------- */

static bool beyond(const struct search *q, const struct sim_log_event *e)
{
    const struct place *p = &q->place;
    int cmp = e->timestamp != p->at_ms ? (e->timestamp < p->at_ms ? -1 : 1)
              : e->ingestion != p->ingestion
                  ? (e->ingestion < p->ingestion ? -1 : 1)
                  : strcmp(e->id, p->id);
    return q->newest_first ? cmp < 0 : cmp > 0;
}

static void set_place(struct search *q, int64_t at_ms, int64_t ingestion,
                      const char *id)
{
    q->place.at_ms = at_ms;
    q->place.ingestion = ingestion;
    snprintf(q->place.id, sizeof(q->place.id), "%s", id);
}

static void take(struct search *q, const struct sim_log_event *e)
{
    size_t size = strlen(e->message) + SIM_EVENT_OVERHEAD;
    size_t n = json_array_size(q->events);
    if (!beyond(q, e) || !sim_pattern_match(q->pattern, e->message))
        return;
    if (n == q->limit || (n && q->bytes + size > SIM_PAGE_BYTES)) {
        q->full = true;
        return;
    }
    q->bytes += size;
    json_array_append_new(
        q->events,
        json_pack("{s:s,s:I,s:s,s:I,s:s}", "logStreamName", e->stream->name,
                  "timestamp", (json_int_t)e->timestamp, "message",
                  e->message, "ingestionTime", (json_int_t)e->ingestion,
                  "eventId", e->id));
    set_place(q, e->timestamp, e->ingestion, e->id);
}

static void read_slice(struct search *q, int64_t a, int64_t b)
{
    struct sim_log_event *e = NULL;
    size_t n = 0, cap = 0;
    for (size_t i = 0; i < q->n_streams; i++)
        if (q->streams[i].first_ms <= b && q->streams[i].last_ms >= a)
            simlog_events(q->c->world, &q->streams[i], a, b, q->c->now_ms,
                          &e, &n, &cap);
    if (n)
        qsort(e, n, sizeof(*e), simlog_compare);
    for (size_t i = 0; i < n && !q->full; i++)
        take(q, &e[q->newest_first ? n - 1 - i : i]);
    q->scanned += n;
    simlog_free(e, n);
}

/* True when something may be left. */
static bool run(struct search *q)
{
    int64_t slice = (int64_t)SLICE_EVENTS * q->c->world->line_ms /
                    (int64_t)(q->n_streams ? q->n_streams : 1);
    if (slice < 1000)
        slice = 1000;
    for (int i = 0; i < MAX_SLICES && q->scanned < MAX_SCANNED; i++) {
        if (q->from > q->to)
            return false;
        int64_t a = q->from, b = q->to;
        if (b - a >= slice)
            *(q->newest_first ? &a : &b) =
                q->newest_first ? b - slice + 1 : a + slice - 1;
        read_slice(q, a, b);
        if (q->full)
            return true;
        if (q->newest_first) {
            q->to = a - 1;
            set_place(q, q->to, INT64_MAX, "~");
        } else {
            q->from = b + 1;
            set_place(q, q->from, -1, "");
        }
    }
    return q->from <= q->to;
}

void sim_op_filter_log_events(struct sim_call *c)
{
    struct search q = {.c = c};
    if (read_search(&q) == 0) {
        bool empty = !q.place.was_empty && q.from <= q.to &&
                     rng_below(c->rng, EMPTY_ONE_IN) == 0;
        q.events = put_list(c->out, "events");
        put_list(c->out, "searchedLogStreams");
        if (empty || run(&q)) {
            char text[160];
            snprintf(text, sizeof(text), "%c %" PRId64 " %" PRId64 " %d %s",
                     q.newest_first ? 'n' : 'o', q.place.at_ms,
                     q.place.ingestion, empty,
                     q.place.id[0] ? q.place.id : "-");
            char *t = sim_token(c, "startFromHead", text);
            json_object_set_new(c->out, "nextToken", json_string(t));
            free(t);
        }
    }
    free(q.streams);
    sim_pattern_free(q.pattern);
}
