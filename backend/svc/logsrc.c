/* Targets, series and what is said of them; the reading is logsrc_pull.c. */
#include "backend/svc/logsrc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/svc/logsrc_internal.h"

int64_t logsrc_now(const struct logsrc *s)
{
    return clock_wall_ms(s->o.clock) +
           (s->o.client ? aws_client_clock_skew_ms(s->o.client) : 0);
}

static void change_due(struct timer *t, void *arg)
{
    struct logsrc *s = arg;
    (void)t;
    if (s->o.on_change)
        s->o.on_change(s->o.arg);
}

void logsrc_changed(struct logsrc *s)
{
    if (!timer_armed(&s->change))
        timer_start(s->o.clock, &s->change, 0, change_due, s);
}

struct logsrc *logsrc_new(const struct logsrc_options *o)
{
    struct logsrc *s = xcalloc(1, sizeof(*s));

    s->o = *o;
    if (!s->o.backfill_ms)
        s->o.backfill_ms = LOGSRC_BACKFILL_MS;
    scope_init(&s->scope, NULL);
    s->buf = logbuf_new(o->limit_bytes);
    s->foreign = map_new();
    s->last_event_ms = -1;
    return s;
}

static void series_free(struct series *r)
{
    timer_stop(r->src->o.clock, &r->timer);
    map_free(r->streams, NULL);
    seen_release(&r->seen);
    free(r->group);
    free(r->region);
    free(r->prefix);
    free(r);
}

void logsrc_free(struct logsrc *s)
{
    if (!s)
        return;
    scope_cancel(&s->scope);
    timer_stop(s->o.clock, &s->change);
    while (s->pulls) {
        struct pull *next = s->pulls->next;
        free(s->pulls);
        s->pulls = next;
    }
    for (size_t i = 0; i < s->n_series; i++)
        series_free(s->series[i]);
    for (size_t i = 0; i < s->n_sources; i++)
        free(s->sources[i].container);
    for (size_t i = 0; i < s->n_tasks; i++) {
        free(s->tasks[i].id);
        free(s->tasks[i].verdict);
        free(s->tasks[i].revision);
    }
    free(s->series);
    free(s->sources);
    free(s->tasks);
    map_free(s->foreign, NULL);
    logbuf_free(s->buf);
    free(s);
}

/* ---- lines of our own ------------------------------------------------ */

static void separator(struct logsrc *s, int64_t ms, size_t source,
                      const char *text)
{
    logbuf_add(s->buf, &(struct logbuf_line){.timestamp_ms = ms,
                                             .ingestion_ms = ms,
                                             .text = text,
                                             .len = strlen(text),
                                             .source = (uint16_t)source,
                                             .kind = LOG_SEPARATOR}, LOGBUF_LAST);
    logsrc_changed(s);
}

/* Lines of a task, whether its series are still reading back, and its first
 * source. */
static size_t task_lines(const struct logsrc *s, size_t task, bool *reading,
                         size_t *source)
{
    size_t lines = 0;

    *reading = false;
    for (size_t i = s->n_sources; i-- > 0;) {
        const struct source *c = &s->sources[i];
        if (c->task != task)
            continue;
        *source = i;
        lines += c->lines;
        if (c->series && (!c->series->read_back || c->series->reading_back ||
                          c->series->fresh <= i))
            *reading = true;
    }
    return lines;
}

static void say_stop(struct logsrc *s, struct log_task *t, size_t source,
                     size_t lines)
{
    const char *why = t->verdict && *t->verdict ? t->verdict : "";
    char text[700];

    if (!t->started_ms && !lines)
        snprintf(text, sizeof(text), "task %.8s never started%s%s, so there "
                 "is no log stream", t->id, *why ? ": " : "", why);
    else
        snprintf(text, sizeof(text), "task %.8s stopped%s%s", t->id,
                 *why ? ": " : "", why);
    separator(s, t->stopped_ms, source, text);
}

void logsrc_say(struct logsrc *s)
{
    int64_t from = logsrc_now(s) - s->o.backfill_ms;

    for (size_t i = 0; i < s->n_tasks; i++) {
        struct log_task *t = &s->tasks[i];
        size_t source = 0, lines;
        bool reading;
        if (t->start_said && (t->stop_said || !t->stopped_ms))
            continue;
        lines = task_lines(s, i, &reading, &source);
        if (!t->start_said && t->started_ms) {
            t->start_said = true;
            if (t->started_ms >= from || t->alone) {
                char text[160];
                snprintf(text, sizeof(text), "task %.8s started%s%s%s", t->id,
                         t->revision ? " (" : "",
                         t->revision ? t->revision : "",
                         t->revision ? ")" : "");
                separator(s, t->started_ms, source, text);
            }
        }
        /* Whether there was a stream is known once it has been looked for. */
        if (t->stopped_ms && !t->stop_said && !reading) {
            t->stop_said = true;
            if (t->stopped_ms >= from || t->alone)
                say_stop(s, t, source, lines);
        }
    }
}

/* ---- targets --------------------------------------------------------- */

static size_t find_task(struct logsrc *s, const struct logsrc_target *t)
{
    for (size_t i = 0; i < s->n_tasks; i++)
        if (strcmp(s->tasks[i].id, t->task_id) == 0)
            return i;
    s->tasks = xgrow(s->tasks, &s->cap_tasks, s->n_tasks + 1,
                     sizeof(*s->tasks));
    s->tasks[s->n_tasks] = (struct log_task){.id = xstrdup(t->task_id),
                                             .alone = t->alone};
    return s->n_tasks++;
}

static struct source *find_source(struct logsrc *s, size_t task,
                                  const char *container)
{
    for (size_t i = 0; i < s->n_sources; i++)
        if (s->sources[i].task == task &&
            strcmp(s->sources[i].container, container) == 0)
            return &s->sources[i];
    return NULL;
}

static bool same(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static struct series *find_series(struct logsrc *s,
                                  const struct logsrc_target *t,
                                  const char *prefix)
{
    for (size_t i = 0; i < s->n_series; i++) {
        struct series *r = s->series[i];
        if (same(r->group, t->group) && same(r->region, t->region) &&
            same(r->prefix, prefix))
            return r;
    }
    struct series *r = xcalloc(1, sizeof(*r));
    *r = (struct series){.src = s, .group = xstrdup(t->group),
                         .region = xstrdup(t->region),
                         .prefix = xstrdup(prefix), .streams = map_new(),
                         .alone = t->alone};
    int64_t end = logsrc_now(s);
    if (t->alone && t->stopped_ms && t->stopped_ms < end)
        end = t->stopped_ms; /* back from its end, however long ago */
    r->from_ms = end - s->o.backfill_ms;
    s->series = xgrow(s->series, &s->cap_series, s->n_series + 1,
                      sizeof(*s->series));
    s->series[s->n_series++] = r;
    return r;
}

static void tell_driver(struct logsrc *s, const struct logsrc_target *t,
                        size_t source)
{
    char key[300], text[400];
    const char *driver = t->driver ? t->driver : "";

    snprintf(key, sizeof(key), "%.120s/%.120s", t->container, driver);
    if (map_get(s->foreign, key))
        return;
    map_put(s->foreign, key, s);
    if (!*driver)
        snprintf(text, sizeof(text), "container %.200s has no log driver: "
                 "nothing to read here", t->container);
    else if (strcmp(driver, "awslogs") == 0)
        snprintf(text, sizeof(text), "container %.200s names no log group: "
                 "not readable here", t->container);
    else
        snprintf(text, sizeof(text), "container %.200s logs to %.100s: not "
                 "readable here", t->container, driver);
    separator(s, logsrc_now(s), source, text);
}

/* Which stream, and in which series. Without a prefix the stream has the
 * container's runtime id, which comes when it starts. */
static void attach(struct logsrc *s, const struct logsrc_target *t, size_t i)
{
    char *stream, *prefix;
    bool readable = t->driver && strcmp(t->driver, "awslogs") == 0 &&
                    t->group && *t->group;

    if (!readable) {
        tell_driver(s, t, i);
        return;
    }
    if (t->prefix && *t->prefix) {
        stream = xasprintf("%s/%s/%s", t->prefix, t->container, t->task_id);
        prefix = t->alone ? xstrdup(stream)
                          : xasprintf("%s/%s/", t->prefix, t->container);
    } else if (t->runtime_id && *t->runtime_id) {
        stream = xstrdup(t->runtime_id);
        prefix = xstrdup(stream);
    } else {
        return;
    }
    struct series *r = find_series(s, t, prefix);
    map_put(r->streams, stream, (void *)(uintptr_t)(i + 1));
    s->sources[i].series = r;
    if (r->began && r->fresh > i)
        r->fresh = i;
    if (!r->following && !(r->began && !r->read_back))
        series_plan(r, 0);
    r->resting = false;
    free(stream);
    free(prefix);
}

static void update(char **have, const char *text)
{
    if (!text || same(*have, text))
        return;
    free(*have);
    *have = xstrdup(text);
}

void logsrc_set(struct logsrc *s, const struct logsrc_target *t)
{
    size_t task = find_task(s, t);
    struct log_task *lt = &s->tasks[task];
    struct source *c;

    update(&lt->verdict, t->verdict);
    update(&lt->revision, t->revision);
    lt->created_ms = t->created_ms ? t->created_ms : lt->created_ms;
    lt->started_ms = t->started_ms ? t->started_ms : lt->started_ms;
    lt->stopped_ms = t->stopped_ms ? t->stopped_ms : lt->stopped_ms;
    c = find_source(s, task, t->container);
    if (!c) {
        if (s->n_sources >= LOGSRC_MAX_SOURCES)
            return;
        s->sources = xgrow(s->sources, &s->cap_sources, s->n_sources + 1,
                           sizeof(*s->sources));
        c = &s->sources[s->n_sources++];
        *c = (struct source){.task = task,
                             .container = xstrdup(t->container)};
    }
    if (!c->series)
        attach(s, t, (size_t)(c - s->sources));
    logsrc_say(s);
}

void logsrc_refresh(struct logsrc *s)
{
    for (size_t i = 0; i < s->n_series; i++)
        if (s->series[i]->read_back && !s->series[i]->following)
            series_plan(s->series[i], 0);
}

/* ---- reading out ----------------------------------------------------- */

struct logbuf *logsrc_buf(struct logsrc *s)
{
    return s->buf;
}

size_t logsrc_sources(const struct logsrc *s)
{
    return s->n_sources;
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

bool logsrc_loading(const struct logsrc *s)
{
    for (size_t i = 0; i < s->n_series; i++)
        if (!s->series[i]->read_back)
            return true;
    return false;
}

bool logsrc_readable(const struct logsrc *s)
{
    return s->n_series > 0;
}

int64_t logsrc_last_event_ms(const struct logsrc *s)
{
    return s->last_event_ms;
}

int64_t logsrc_backfill_ms(const struct logsrc *s)
{
    return s->o.backfill_ms;
}
