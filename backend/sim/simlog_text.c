/* What the lines of a log say. Only what was settled when the line was
 * written may show in it: a line that was read once reads the same later. */
#include "backend/sim/simlog.h"

#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/base/strbuf.h"

#include <string.h>

#define BIG_LINE 100000

static const char *const paths[] = {
    "/v1/pay", "/v1/orders/{id}", "/healthz",
    "/v1/cart", "/v1/search?q=shoes", "/v1/users/{id}",
};

static const char refused[] =
    "dial tcp 10.0.3.9:5432: connect: connection refused";

static const char *const trace_lines[SIMLOG_BLOCK] = {
    "ERROR unhandled exception in worker-3",
    "java.lang.IllegalStateException: stock went negative: sku=8812",
    "\tat com.shop.inventory.Stock.reserve(Stock.java:214)",
    "\tat com.shop.inventory.Reservation.run(Reservation.java:88)",
    "\tat java.base/java.lang.Thread.run(Thread.java:1583)",
    "Caused by: java.sql.SQLTransientException: lock wait timeout exceeded",
    "\tat com.mysql.cj.jdbc.ClientPreparedStatement.execute(Client.java:371)",
    "\t... 12 more",
};

static bool doomed(const struct sim_task *t)
{
    return t->def->fate == FATE_CRASH || t->def->fate == FATE_UNHEALTHY ||
           t->def->fate == FATE_SICK || t->def->fate == FATE_OOM;
}

bool simlog_is_trace(const struct sim_task *t, size_t container,
                     uint64_t seed, uint64_t b)
{
    return b > 0 && container == 0 && !doomed(t) &&
           simlog_mix(seed + b * 0x9e37ULL) % 40 == 3;
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
                  (int)(h >> 8 & 0xffff) % 180 + 3,
                  (unsigned long long)(h >> 32));
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

/* The last words of a crash, with all that explains it. */
static void last_words(struct strbuf *b, int64_t at, uint64_t h)
{
    char iso[40];
    strbuf_printf(b, "{\"ts\":\"%s\",\"level\":\"fatal\",\"msg\":\"cannot "
                  "reach the database after 5 attempts, giving up\","
                  "\"error\":{\"type\":\"ConnectionRefusedError\","
                  "\"address\":\"10.0.3.9:5432\",\"reason\":\"connection "
                  "refused\",\"hint\":\"DB_HOST was payments-db until "
                  "revision :142\"},\"attempts\":5,\"trace\":\"%08llx\","
                  "\"stack\":\"ConnectionRefusedError: [Errno 111]\\n    at "
                  "Pool.acquire (/srv/app/db.py:41)\\n    at main "
                  "(/srv/app/worker.py:88)\"}", fmt_iso(at, FMT_UTC, iso),
                  (unsigned long long)(h >> 32));
}

/* About eight lines to its death: it tries, it fails, it says so. */
static void crashing(struct strbuf *b, const struct sim_task *t, int64_t at,
                     uint64_t n, uint64_t h, int64_t step_ms)
{
    int64_t left = t->fate_ms - at;
    if (n == 0)
        strbuf_puts(b, "INFO  starting worker pool size=8");
    else if (left < step_ms)
        last_words(b, at, h);
    else if (left < 2 * step_ms)
        trace(b);
    else
        json_line(b, at, h, "error", refused);
}

/* The heap fills up linearly until the kernel has had enough. */
static void filling(struct strbuf *b, const struct sim_task *t, int64_t at,
                    uint64_t h)
{
    int64_t left = t->fate_ms ? t->fate_ms - at : 300000;
    int used = 99 - (int)(left > 600000 ? 60 : left / 10000);
    strbuf_printf(b, "%s heap %d%% of limit, gc pause %dms",
                  used > 85 ? "WARN " : "INFO ", used,
                  (int)(h >> 16 & 0xffff) % (used > 85 ? 900 : 60));
}

/* The lines of the ones in trouble. False: it talks like everyone. */
static bool troubled(struct strbuf *b, const struct sim_task *t, int64_t at,
                     uint64_t n, uint64_t h, int64_t step_ms)
{
    switch (t->def->fate) {
    case FATE_CRASH:
        crashing(b, t, at, n, h, step_ms);
        return true;
    case FATE_OOM:
        if (h % 3)
            return false;
        filling(b, t, at, h);
        return true;
    case FATE_UNHEALTHY:
    case FATE_SICK:
        if (n == 0)
            strbuf_puts(b, "INFO  listening on :8080");
        else
            json_line(b, at, h, "error",
                      "health check handler: upstream answered 503");
        return true;
    case FATE_HEALTHY:
    case FATE_NO_IMAGE:
    case FATE_SPOT:
    case FATE_NO_ROOM:
    case FATE_NO_SECRET:
    case FATE_DONE:
        break;
    }
    return false;
}

static void payload(struct strbuf *b, uint64_t h)
{
    strbuf_puts(b, "DEBUG payload=");
    while (b->len < BIG_LINE)
        strbuf_printf(b, "%016llx",
                      (unsigned long long)simlog_mix(h + b->len));
}

static void usual(struct strbuf *b, int64_t at, uint64_t n, uint64_t h)
{
    if (n == 0)
        strbuf_puts(b, "INFO  listening on :8080");
    else if (h % 997 == 5) /* somebody logs a whole payload */
        payload(b, h);
    else if (h % 127 == 7)
        trace(b);
    else if (h % 23 == 4)
        strbuf_printf(b, "\033[33mWARN\033[0m  slow query %dms "
                      "\033[2m(orders)\033[0m", (int)(h >> 20 & 0xffff) % 4000);
    else if (h % 29 == 3)
        strbuf_puts(b, "INFO  welcome mail to 山田太郎 🎉 café queued");
    else if (h % 83 == 1)
        json_line(b, at, h, "error", "upstream timed out, will retry");
    else if (h % 2)
        json_line(b, at, h, h % 41 == 1 ? "warn" : "info", "request done");
    else
        strbuf_printf(b, "INFO  GET %s 200 %dms trace=%08llx",
                      paths[h % ARRAY_LEN(paths)],
                      (int)(h >> 8 & 0xffff) % 180 + 3,
                      (unsigned long long)(h >> 32));
}

char *simlog_message(const struct sim_task *t, size_t container,
                     uint64_t seed, uint64_t n, int64_t at_ms,
                     int64_t step_ms)
{
    struct strbuf b = STRBUF_INIT;
    uint64_t h = simlog_mix(seed * 7 + n);
    if (simlog_is_trace(t, container, seed, n / SIMLOG_BLOCK))
        strbuf_puts(&b, trace_lines[n % SIMLOG_BLOCK]);
    else if (container > 0)
        strbuf_printf(&b, "[info] upstream cluster=local_app rq=%d",
                      (int)(h % 900));
    else if (t->stopping_ms && at_ms > t->stopping_ms)
        strbuf_printf(&b, "INFO  SIGTERM: draining, %d requests in flight",
                      (int)(h % 12));
    else if (!troubled(&b, t, at_ms, n, h, step_ms))
        usual(&b, at_ms, n, h);
    return strbuf_detach(&b);
}
