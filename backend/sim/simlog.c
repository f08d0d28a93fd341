#include "backend/sim/simlog.h"

#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/base/strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t hash(uint64_t h, const char *s)
{
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 1099511628211ULL;
    return h;
}

static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

static int64_t end_of(const struct sim_task *t)
{
    return t->execution_stopped_ms ? t->execution_stopped_ms
           : t->stopped_ms         ? t->stopped_ms
                                   : INT64_MAX;
}

static uint64_t seed_of(const struct sim_world *w, const struct sim_stream *s)
{
    return hash(w->seed * 31 + s->container, s->task->id);
}

/* When event n was written: about one each line_ms, the first at once. */
static int64_t time_of(const struct sim_world *w, uint64_t seed,
                       const struct sim_stream *s, uint64_t n)
{
    int64_t step = w->line_ms;
    return s->task->started_ms + (int64_t)n * step +
           (int64_t)(mix(seed ^ n) % (uint64_t)(step / 2 + 1));
}

static int by_name(const void *a, const void *b)
{
    const struct sim_stream *x = a, *y = b;
    return strcmp(x->name, y->name);
}

struct list {
    struct sim_stream *items;
    size_t n, cap;
};

static void add_task_streams(const struct sim_world *w, struct sim_task *t,
                             const char *group, int64_t now_ms,
                             struct list *l)
{
    for (size_t i = 0; i < t->def->n_containers; i++) {
        const struct sim_container_def *c = &t->def->containers[i];
        if (strcmp(c->driver, "awslogs") || strcmp(c->group, group) ||
            !t->started_ms)
            continue;
        struct sim_stream s = {.task = t, .container = i};
        s.first_ms = time_of(w, seed_of(w, &s), &s, 0);
        s.last_ms = end_of(t) < now_ms ? end_of(t) : now_ms;
        if (s.first_ms + 500 > now_ms)
            continue; /* a stream begins with its first line */
        snprintf(s.name, sizeof(s.name), "%s/%s/%s", c->prefix, c->name,
                 t->id);
        l->items = xgrow(l->items, &l->cap, l->n + 1, sizeof(*l->items));
        l->items[l->n++] = s;
    }
}

size_t simlog_streams(const struct sim_world *w, const char *group,
                      int64_t now_ms, struct sim_stream **out, bool *exists)
{
    struct list l = {0};
    bool known = false;
    for (size_t i = 0; i < w->n_defs && !known; i++)
        for (size_t k = 0; k < w->defs[i]->n_containers; k++)
            known |= strcmp(w->defs[i]->containers[k].group, group) == 0;
    for (size_t i = 0; known && i < w->n_clusters; i++) {
        struct sim_cluster *c = w->clusters[i];
        for (size_t k = 0; k <= c->n_services; k++) {
            struct sim_service *s = k < c->n_services ? c->services[k]
                                                      : &c->standalone;
            for (size_t j = 0; j < s->n_tasks; j++)
                add_task_streams(w, s->tasks[j], group, now_ms, &l);
        }
    }
    if (l.n)
        qsort(l.items, l.n, sizeof(*l.items), by_name);
    if (exists)
        *exists = known;
    *out = l.items;
    return l.n;
}

/* ---- what lines say -------------------------------------------------- */

static const char *const paths[] = {"/v1/pay", "/v1/orders/{id}", "/healthz",
                                    "/v1/cart", "/v1/search?q=shoes",
                                    "/v1/users/{id}"};

static void plain(struct strbuf *b, uint64_t h)
{
    strbuf_printf(b, "INFO  GET %s 200 %dms trace=%08llx",
                  paths[h % ARRAY_LEN(paths)], (int)((h >> 8) % 180) + 3,
                  (unsigned long long)(h >> 32));
}

static void json_line(struct strbuf *b, int64_t at, uint64_t h,
                      const char *level, const char *msg)
{
    char iso[40];
    strbuf_printf(b, "{\"ts\":\"%s\",\"level\":\"%s\",\"msg\":\"%s\","
                  "\"path\":\"%s\",\"status\":%d,\"ms\":%d,\"trace\":"
                  "\"%08llx\"}", fmt_iso(at, FMT_UTC, iso), level, msg,
                  paths[h % ARRAY_LEN(paths)],
                  strcmp(level, "error") == 0 ? 500 : 200,
                  (int)((h >> 8) % 180) + 3, (unsigned long long)(h >> 32));
}

static void trace(struct strbuf *b)
{
    strbuf_puts(b, "ERROR unhandled exception\n"
                "Traceback (most recent call last):\n"
                "  File \"/srv/app/worker.py\", line 88, in run\n"
                "    conn = pool.acquire(timeout=5)\n"
                "  File \"/srv/app/db.py\", line 41, in acquire\n"
                "    raise ConnectionRefusedError(111, 'Connection refused')\n"
                "ConnectionRefusedError: [Errno 111] Connection refused");
}

/* What a doomed task says, by how far it has come. */
static bool doomed(struct strbuf *b, const struct sim_task *t, int64_t at,
                   uint64_t n, uint64_t h)
{
    int64_t end = end_of(t), left = end == INT64_MAX ? INT64_MAX : end - at;
    switch (t->def->fate) {
    case FATE_CRASH:
        if (n == 0)
            strbuf_puts(b, "INFO  starting worker pool size=8");
        else if (n % 3 == 2 || left < 2500)
            trace(b);
        else
            json_line(b, at, h, "error",
                      "dial tcp 10.0.3.9:5432: connect: connection refused");
        return true;
    case FATE_OOM:
        if (h % 3)
            return false;
        strbuf_printf(b, "WARN  heap %d%% of limit, gc pause %dms",
                      90 + (int)(h % 10), (int)((h >> 16) % 900));
        return true;
    case FATE_UNHEALTHY:
        json_line(b, at, h, "error", "health check handler: upstream 503");
        return true;
    case FATE_HEALTHY:
    case FATE_NO_IMAGE:
    case FATE_SPOT:
    case FATE_NO_ROOM:
        break;
    }
    return false;
}

static char *message_of(const struct sim_stream *s, uint64_t seed, uint64_t n,
                        int64_t at)
{
    struct strbuf b = STRBUF_INIT;
    uint64_t h = mix(seed * 7 + n);
    if (s->container > 0) {
        strbuf_printf(&b, "[info] upstream cluster=local_app rq=%d",
                      (int)(h % 900));
    } else if (doomed(&b, s->task, at, n, h)) {
        ;
    } else if (h % 997 == 5) { /* 100 kB: somebody logs a whole payload */
        strbuf_puts(&b, "DEBUG payload=");
        while (b.len < 100000)
            strbuf_printf(&b, "%016llx", (unsigned long long)mix(h + b.len));
    } else if (h % 61 == 7) {
        trace(&b);
    } else if (h % 23 == 4) {
        strbuf_printf(&b, "\033[33mWARN\033[0m  slow query %dms "
                      "\033[2m(orders)\033[0m", (int)((h >> 20) % 4000));
    } else if (h % 29 == 3) {
        strbuf_puts(&b, "INFO  welcome mail to 山田太郎 ✓ café queued");
    } else if (h % 2) {
        json_line(&b, at, h, h % 41 == 1 ? "warn" : "info", "request done");
    } else {
        plain(&b, h);
    }
    return strbuf_detach(&b);
}

void simlog_events(const struct sim_world *w, const struct sim_stream *s,
                   int64_t from_ms, int64_t to_ms, int64_t now_ms,
                   struct sim_log_event **events, size_t *n, size_t *cap)
{
    uint64_t seed = seed_of(w, s);
    int64_t start = s->task->started_ms, end = end_of(s->task);
    int64_t first = (from_ms - start) / w->line_ms - 1;
    if (to_ms > now_ms)
        to_ms = now_ms;
    for (uint64_t i = first > 0 ? (uint64_t)first : 0;; i++) {
        int64_t at = time_of(w, seed, s, i);
        if (at > to_ms || at > end)
            break;
        uint64_t h = mix(seed ^ (i * 13 + 1));
        /* Most arrive at once; some are up to 20 s late. */
        int64_t in = at + 300 + (h % 40 == 0 ? (int64_t)(h >> 20) % 20000
                                             : (int64_t)(h >> 20) % 900);
        if (at < from_ms || in > now_ms)
            continue;
        *events = xgrow(*events, cap, *n + 1, sizeof(**events));
        struct sim_log_event *e = &(*events)[(*n)++];
        *e = (struct sim_log_event){.stream = s, .timestamp = at,
                                    .ingestion = in, .n = i,
                                    .message = message_of(s, seed, i, at)};
        snprintf(e->id, sizeof(e->id), "3%018llu%018llu%018llu",
                 (unsigned long long)at, (unsigned long long)(seed % 10 +
                 mix(seed) % 100000000000000000ULL), (unsigned long long)i);
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
