/* Targets and feeds, and the lines that are said about tasks. What is next to
 * be read is decided in logsrc_feed.c. */
#include "backend/svc/logsrc.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/region.h"
#include "backend/base/mem.h"
#include "backend/svc/logsrc_internal.h"

int64_t logsrc_now(const struct logsrc *s)
{
    int64_t skew = s->have_skew ? s->skew_ms
                   : s->o.client ? aws_client_clock_skew_ms(s->o.client)
                                 : 0;
    return clock_wall_ms(s->o.clock) + skew;
}

int64_t logsrc_from(struct logsrc *s)
{
    int64_t from = logsrc_now(s) - s->o.backfill_ms;

    if (!s->o.in_order)
        return from;
    if (!s->o.from_ms)
        s->o.from_ms = from;
    return s->o.from_ms;
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
    s->watch = (struct logbuf_watch){.added = logsrc_count_line,
                                     .removed = logsrc_uncount_line,
                                     .arg = s};
    logbuf_watch(s->buf, &s->watch);
    s->foreign = map_new();
    s->source_map = map_new();
    s->task_map = map_new();
    s->last_event_ms = -1;
    return s;
}

void logsrc_free(struct logsrc *s)
{
    if (!s)
        return;
    scope_cancel(&s->scope);
    live_free(s);
    matches_free(s);
    timer_stop(s->o.clock, &s->change);
    timer_stop(s->o.clock, &s->shrink);
    for (size_t i = 0; i < s->n_feeds; i++)
        feed_free(s->feeds[i]);
    gap_free_all(s);
    for (size_t i = 0; i < s->n_sources; i++) {
        free(s->sources[i].container);
        free(s->sources[i].stream);
    }
    for (size_t i = 0; i < s->n_tasks; i++) {
        free(s->tasks[i].id);
        free(s->tasks[i].verdict);
        free(s->tasks[i].revision);
        free(s->tasks[i].service);
    }
    free(s->live_why);
    free(s->feeds);
    free(s->sources);
    free(s->tasks);
    map_free(s->foreign, NULL);
    map_free(s->source_map, NULL);
    map_free(s->task_map, NULL);
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
                                             .kind = LOG_SEPARATOR});
    logsrc_changed(s);
}

/* Is the past of that source still being read? */
static bool reading(const struct source *c, size_t i)
{
    if (!c->feed)
        return false;
    if (!c->ended && !c->feed->read_back)
        return true;
    for (const struct walk *w = c->feed->holes; w; w = w->next)
        if (w->kind == WALK_CATCHUP &&
            (w->source == i || (w->source == SIZE_MAX && !c->lines)))
            return true;
    return false;
}

static uint64_t task_lines(const struct logsrc *s, size_t task, bool *busy,
                           size_t *source)
{
    uint64_t lines = 0;

    *busy = false;
    for (size_t i = s->n_sources; i-- > 0;) {
        const struct source *c = &s->sources[i];
        if (c->task != task)
            continue;
        *source = i;
        lines += c->lines;
        *busy |= reading(c, i);
    }
    return lines;
}

static void say_stop(struct logsrc *s, struct log_task *t, size_t source,
                     uint64_t lines)
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
    int64_t from = logsrc_from(s);

    for (size_t i = 0; i < s->n_tasks; i++) {
        struct log_task *t = &s->tasks[i];
        size_t source = 0;
        uint64_t lines;
        bool busy;
        if (!(t->started_ms && !t->start_said) &&
            !(t->stopped_ms && !t->stop_said))
            continue;
        lines = task_lines(s, i, &busy, &source);
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
        if (t->stopped_ms && !t->stop_said && !busy) {
            t->stop_said = true;
            if (t->stopped_ms >= from || t->alone)
                say_stop(s, t, source, lines);
        }
    }
}

/* ---- tables ---------------------------------------------------------- */

static size_t find_task(struct logsrc *s, const char *id, bool alone)
{
    size_t found = (size_t)(uintptr_t)map_get(s->task_map, id);

    if (found)
        return found - 1;
    s->tasks = xgrow(s->tasks, &s->cap_tasks, s->n_tasks + 1,
                     sizeof(*s->tasks));
    s->tasks[s->n_tasks] = (struct log_task){.id = xstrdup(id),
                                             .alone = alone};
    map_put(s->task_map, id, (void *)(uintptr_t)(s->n_tasks + 1));
    return s->n_tasks++;
}

/* SIZE_MAX when there are too many. */
static size_t find_source(struct logsrc *s, size_t task, const char *container)
{
    char *key = xasprintf("%s/%s", s->tasks[task].id, container);
    size_t found = (size_t)(uintptr_t)map_get(s->source_map, key);

    if (!found && s->n_sources < LOGSRC_MAX_SOURCES) {
        s->sources = xgrow(s->sources, &s->cap_sources, s->n_sources + 1,
                           sizeof(*s->sources));
        s->sources[s->n_sources++] =
            (struct source){.task = task, .container = xstrdup(container)};
        found = s->n_sources;
        map_put(s->source_map, key, (void *)(uintptr_t)found);
    }
    free(key);
    return found ? found - 1 : SIZE_MAX;
}

static bool same(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static struct feed *find_feed(struct logsrc *s, const char *region,
                              const char *group)
{
    if (region && (!*region || (s->o.client &&
                                same(region, aws_client_region(s->o.client)))))
        region = NULL;
    for (size_t i = 0; i < s->n_feeds; i++)
        if (same(s->feeds[i]->group, group) &&
            same(s->feeds[i]->region, region))
            return s->feeds[i];
    struct feed *f = xcalloc(1, sizeof(*f));
    *f = (struct feed){.src = s, .group = xstrdup(group),
                       .region = xstrdup(region), .streams = map_new(),
                       .overlap_ms = LOGSRC_OVERLAP_MS,
                       .wait_ms = LOGSRC_POLL_MS};
    s->feeds = xgrow(s->feeds, &s->cap_feeds, s->n_feeds + 1,
                     sizeof(*s->feeds));
    s->feeds[s->n_feeds++] = f;
    return f;
}

/* ---- targets --------------------------------------------------------- */

static void tell_once(struct logsrc *s, size_t source, const char *key,
                      const char *text)
{
    if (map_get(s->foreign, key))
        return;
    map_put(s->foreign, key, s);
    separator(s, logsrc_now(s), source, text);
}

static void tell_driver(struct logsrc *s, const struct logsrc_target *t,
                        size_t source)
{
    char key[300], text[400];
    const char *driver = t->driver ? t->driver : "";

    if (!*driver)
        snprintf(text, sizeof(text), "container %.200s has no log driver: "
                 "nothing to read here", t->container);
    else if (strcmp(driver, "awslogs") != 0)
        snprintf(text, sizeof(text), "container %.200s logs to %.100s: not "
                 "readable here", t->container, driver);
    else if (!t->group || !*t->group)
        snprintf(text, sizeof(text), "container %.200s names no log group: "
                 "not readable here", t->container);
    else
        snprintf(text, sizeof(text), "container %.200s logs to region "
                 "%.100s, which can't be one: not readable here",
                 t->container, t->region);
    snprintf(key, sizeof(key), "%.120s/%.120s", t->container, driver);
    tell_once(s, source, key, text);
}

/* What of a new source's past must be read, when its feed already runs. */
static void catch_up(struct feed *f, size_t i, const struct log_task *t)
{
    struct source *c = &f->src->sources[i];
    int64_t now = logsrc_now(f->src), from = logsrc_from(f->src);

    if (t->created_ms && t->created_ms - LOGSRC_WIDE_MS > from)
        from = t->created_ms - LOGSRC_WIDE_MS;
    c->caught_ms = now;
    /* What the next poll reads anyway needs no call of its own. */
    if (from < f->front_ms - LOGSRC_OVERLAP_MS)
        feed_hole(f, WALK_CATCHUP, i, from, now);
}

static void attach_stream(struct feed *f, size_t i, const char *stream)
{
    struct logsrc *s = f->src;
    struct source *c = &s->sources[i];
    const struct log_task *t = &s->tasks[c->task];
    int64_t now = logsrc_now(s);

    c->feed = f;
    c->stream = xstrdup(stream);
    map_put(f->streams, stream, (void *)(uintptr_t)(i + 1));
    if (t->alone && t->stopped_ms && now - t->stopped_ms > LOGSRC_REST_MS) {
        /* Back from its end, however long ago. */
        c->ended = true;
        c->caught_ms = now;
        feed_hole(f, WALK_CATCHUP, i, t->stopped_ms - s->o.backfill_ms,
                  t->stopped_ms + LOGSRC_REST_MS);
    } else if (f->front_ms) {
        catch_up(f, i, t);
    }
    if (!c->ended)
        live_attached(f, stream);
    feed_wake(f);
}

/* Which stream, and of which feed. Without a prefix the stream has the
 * container's runtime id, which comes when it starts. */
static void attach(struct logsrc *s, const struct logsrc_target *t, size_t i)
{
    char *stream;

    if (!t->driver || strcmp(t->driver, "awslogs") != 0 || !t->group ||
        !*t->group || (t->region && *t->region &&
                       !region_is_valid(t->region))) {
        tell_driver(s, t, i);
        return;
    }
    if (t->prefix && *t->prefix)
        stream = xasprintf("%s/%s/%s", t->prefix, t->container, t->task_id);
    else if (t->runtime_id && *t->runtime_id)
        stream = xstrdup(t->runtime_id);
    else
        return;
    s->sources[i].drops = !t->mode || !*t->mode ? LOGSRC_DEFAULT
                          : strcmp(t->mode, "blocking") == 0
                              ? LOGSRC_BLOCKING
                              : LOGSRC_NON_BLOCKING;
    attach_stream(find_feed(s, t->region, t->group), i, stream);
    free(stream);
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
    size_t task = find_task(s, t->task_id, t->alone), i;
    struct log_task *lt = &s->tasks[task];

    update(&lt->verdict, t->verdict);
    update(&lt->revision, t->revision);
    update(&lt->service, t->service);
    lt->failed |= t->failed;
    lt->created_ms = t->created_ms ? t->created_ms : lt->created_ms;
    lt->started_ms = t->started_ms ? t->started_ms : lt->started_ms;
    lt->stopped_ms = t->stopped_ms ? t->stopped_ms : lt->stopped_ms;
    i = find_source(s, task, t->container);
    if (i == SIZE_MAX)
        return;
    if (!s->sources[i].feed)
        attach(s, t, i);
    logsrc_say(s);
}

/* ---- whole groups ---------------------------------------------------- */

/* aws.md 1.4: letters, digits and _ - / . #, at most 512. */
static bool is_group(const char *name)
{
    size_t n = strlen(name);

    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)name[i]) && !strchr("_-/.#", name[i]))
            return false;
    return n > 0 && n <= 512;
}

int logsrc_add_group(struct logsrc *s, const char *region, const char *group,
                     const char *prefix, struct err *err)
{
    struct feed *f;

    if (!is_group(group))
        return err_set(err, ERR_USAGE, "%s can't be the name of a log group: "
                       "letters, digits and . _ - / # make one.", group);
    if (region && *region && !region_is_valid(region))
        return err_set(err, ERR_USAGE, "%s can't be a region.", region);
    if (prefix && (strlen(prefix) > 512 || strpbrk(prefix, ":*")))
        return err_set(err, ERR_USAGE, "%s can't begin the name of a log "
                       "stream: it has no : and no *.", prefix);
    f = find_feed(s, region, group);
    f->wholes = xgrow(f->wholes, &f->cap_wholes, f->n_wholes + 1,
                      sizeof(*f->wholes));
    f->wholes[f->n_wholes++] = xstrdup(prefix ? prefix : "");
    if (f->front_ms)
        feed_hole(f, WALK_CATCHUP, SIZE_MAX,
                  logsrc_from(s), logsrc_now(s));
    live_attached(f, NULL);
    feed_wake(f);
    return 0;
}

size_t logsrc_discover(struct feed *f, const char *stream)
{
    struct logsrc *s = f->src;
    const char *last = strrchr(stream, '/'), *middle = last;
    char *task = NULL, *container = NULL;
    bool ours = false;
    size_t i;

    for (size_t k = 0; k < f->n_wholes; k++)
        ours |= strncmp(stream, f->wholes[k], strlen(f->wholes[k])) == 0;
    if (!ours)
        return 0;
    while (middle && middle > stream && middle[-1] != '/')
        middle--;
    if (middle && middle > stream && last[1] && middle < last) {
        task = xstrdup(last + 1); /* prefix/container/task */
        container = xstrndup(middle, (size_t)(last - middle));
    }
    i = find_source(s, find_task(s, task ? task : "", false),
                    container ? container : stream);
    if (i != SIZE_MAX && s->sources[i].feed) /* the same in another group */
        i = find_source(s, s->sources[i].task, stream);
    free(task);
    free(container);
    if (i == SIZE_MAX || s->sources[i].feed)
        return 0;
    s->sources[i].feed = f;
    s->sources[i].stream = xstrdup(stream);
    s->sources[i].caught_ms = f->front_ms;
    map_put(f->streams, stream, (void *)(uintptr_t)(i + 1));
    return i + 1;
}
