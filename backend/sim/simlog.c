/* Which streams there are and when their events were written. */
#include "backend/sim/simlog.h"

#include "backend/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LATE_ONE_IN 40
#define LATE_MS 20000

uint64_t simlog_mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

static uint64_t seed_of(const struct sim_world *w, const struct sim_stream *s)
{
    uint64_t h = w->seed * 31 + s->container;
    for (const char *p = s->task->id; *p; p++)
        h = (h ^ (unsigned char)*p) * 1099511628211ULL;
    return simlog_mix(h);
}

static int64_t end_of(const struct sim_task *t)
{
    return t->execution_stopped_ms ? t->execution_stopped_ms
           : t->stopped_ms         ? t->stopped_ms
                                   : INT64_MAX;
}

/* Mean time between two events. Who dies soon says more in its time. */
static int64_t step_of(const struct sim_world *w, const struct sim_task *t)
{
    int64_t step = w->line_ms;
    bool doomed = t->def->fate == FATE_CRASH ||
                  t->def->fate == FATE_UNHEALTHY || t->def->fate == FATE_SICK;
    if (doomed && t->fate_ms && (t->fate_ms - t->started_ms) / 8 < step)
        step = (t->fate_ms - t->started_ms) / 8;
    return step > 1 ? step : 1;
}

/* When event n was written: never before the one ahead of it. */
static int64_t time_of(const struct sim_world *w, uint64_t seed,
                       const struct sim_stream *s, uint64_t n)
{
    int64_t step = step_of(w, s->task), spread = step / 2 + 1;
    uint64_t first = n - n % SIMLOG_BLOCK, k = 0;
    if (simlog_is_trace(s->task, s->container, seed, n / SIMLOG_BLOCK)) {
        k = n - first;
        n = first;
    }
    if (n == 0 && spread > 700)
        spread = 700; /* the first comes soon, however slow the rest */
    return s->task->started_ms + (int64_t)n * step + (int64_t)k +
           (int64_t)(simlog_mix(seed ^ n) % (uint64_t)spread);
}

/* Most arrive at once; some are late, by up to 20 s. */
static int64_t arrival_of(uint64_t seed, uint64_t n, int64_t at_ms)
{
    uint64_t h = simlog_mix(seed ^ (n * 13 + 1));
    return at_ms + 300 +
           (int64_t)((h >> 20) %
                     (h % LATE_ONE_IN == 0 ? LATE_MS - 300 : 900));
}

/* ---- streams ----------------------------------------------------------- */

struct list {
    struct sim_stream *items;
    size_t n, cap;
    const struct sim_taskdef **defs; /* that log to the group */
    size_t n_defs, cap_defs;
};

static bool logs_to(const struct sim_container_def *c, const char *group)
{
    return strcmp(c->driver, "awslogs") == 0 && strcmp(c->group, group) == 0;
}

static void find_defs(const struct sim_world *w, const char *group,
                      struct list *l)
{
    for (size_t i = 0; i < w->n_defs; i++) {
        const struct sim_taskdef *d = w->defs[i];
        size_t k = 0;
        while (k < d->n_containers && !logs_to(&d->containers[k], group))
            k++;
        if (k == d->n_containers)
            continue;
        l->defs = xgrow(l->defs, &l->cap_defs, l->n_defs + 1,
                        sizeof(*l->defs));
        l->defs[l->n_defs++] = d;
    }
}

static void add_streams(const struct sim_world *w, struct sim_task *t,
                        const char *group, int64_t now_ms, struct list *l)
{
    size_t known = 0;
    while (known < l->n_defs && l->defs[known] != t->def)
        known++;
    if (known == l->n_defs || !t->started_ms)
        return;
    for (size_t i = 0; i < t->def->n_containers; i++) {
        const struct sim_container_def *c = &t->def->containers[i];
        struct sim_stream s = {.task = t, .container = i};
        if (!logs_to(c, group))
            continue;
        uint64_t seed = seed_of(w, &s);
        s.first_ms = time_of(w, seed, &s, 0);
        s.last_ms = end_of(t) < now_ms ? end_of(t) : now_ms;
        if (s.first_ms > end_of(t) ||
            arrival_of(seed, 0, s.first_ms) > now_ms)
            continue; /* a stream begins with its first line */
        snprintf(s.name, sizeof(s.name), "%s/%s/%s", c->prefix, c->name,
                 t->id);
        l->items = xgrow(l->items, &l->cap, l->n + 1, sizeof(*l->items));
        l->items[l->n++] = s;
    }
}

static int by_name(const void *a, const void *b)
{
    const struct sim_stream *x = a, *y = b;
    return strcmp(x->name, y->name);
}

size_t simlog_streams(const struct sim_world *w, const char *group,
                      int64_t now_ms, struct sim_stream **out, bool *exists)
{
    struct list l = {0};
    find_defs(w, group, &l);
    for (size_t i = 0; l.n_defs && i < w->n_clusters; i++) {
        struct sim_cluster *c = w->clusters[i];
        for (size_t k = 0; k <= c->n_services; k++) {
            struct sim_service *s = k < c->n_services ? c->services[k]
                                                      : &c->standalone;
            for (size_t j = 0; j < s->n_tasks; j++)
                add_streams(w, s->tasks[j], group, now_ms, &l);
        }
    }
    for (size_t i = 0; l.n_defs && i < w->n_gone; i++)
        add_streams(w, w->gone[i], group, now_ms, &l);
    if (l.n)
        qsort(l.items, l.n, sizeof(*l.items), by_name);
    if (exists)
        *exists = l.n_defs > 0;
    free(l.defs);
    *out = l.items;
    return l.n;
}

/* ---- events ------------------------------------------------------------ */

void simlog_events(const struct sim_world *w, const struct sim_stream *s,
                   int64_t from_ms, int64_t to_ms, int64_t now_ms,
                   struct sim_log_event **events, size_t *n, size_t *cap)
{
    uint64_t seed = seed_of(w, s);
    int64_t start = s->task->started_ms, end = end_of(s->task);
    int64_t step = step_of(w, s->task);
    int64_t first = from_ms > start
                        ? (from_ms - start) / step - SIMLOG_BLOCK - 1
                        : 0;
    if (to_ms > now_ms)
        to_ms = now_ms;
    for (uint64_t i = first > 0 ? (uint64_t)first : 0;; i++) {
        int64_t at = time_of(w, seed, s, i);
        if (at > to_ms || at > end)
            break;
        int64_t in = arrival_of(seed, i, at);
        if (at < from_ms || in > now_ms)
            continue;
        *events = xgrow(*events, cap, *n + 1, sizeof(**events));
        struct sim_log_event *e = &(*events)[(*n)++];
        *e = (struct sim_log_event){
            .stream = s, .timestamp = at, .ingestion = in, .n = i,
            .message =
                w->hostile ? simlog_hostile(i)
                                   : simlog_message(s->task, s->container,
                                                    seed, i, at, step)};
        snprintf(e->id, sizeof(e->id), "3%018llu%018llu%018llu",
                 (unsigned long long)at,
                 (unsigned long long)(seed % 100000000000000000ULL),
                 (unsigned long long)i);
    }
}

int simlog_compare(const void *a, const void *b)
{
    const struct sim_log_event *x = a, *y = b;
    if (x->timestamp != y->timestamp)
        return x->timestamp < y->timestamp ? -1 : 1;
    if (x->ingestion != y->ingestion)
        return x->ingestion < y->ingestion ? -1 : 1;
    return strcmp(x->id, y->id);
}

void simlog_free(struct sim_log_event *events, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(events[i].message);
    free(events);
}
