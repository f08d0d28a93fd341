/* logs_tail.h - the live tails of the CloudWatch Logs of logs_world.h: an
 * update a second on the driven clock, as bytes of an event stream in pieces
 * of any size. They leave out events, tell some twice, give other ingestion
 * times, and break off in every way. Part of logs_world.h. */
#ifndef ECSDASH_TESTS_LOGS_TAIL_H
#define ECSDASH_TESTS_LOGS_TAIL_H

#include "tests/backend/logs_world.h"

#include <zlib.h>

struct tail {
    struct work work;
    struct timer timer;
    struct world *w;
    struct http_stream *stream;
    aws_done_fn *done;
    void *arg;
    json_t *params;
    int64_t told_ms;
    bool mute;
};

static void tail_free(struct tail *t)
{
    timer_stop(t->w->clock, &t->timer);
    scope_remove(&t->work);
    json_decref(t->params);
    t->w->tails--;
    free(t);
}

static void tail_cancelled(struct work *w)
{
    tail_free(container_of(w, struct tail, work));
}

static void put_u(struct strbuf *b, uint32_t v, int bytes)
{
    while (bytes-- > 0)
        strbuf_append(b, &(char){(char)(v >> (8 * bytes))}, 1);
}

static void put_head(struct strbuf *b, const char *name, const char *value)
{
    put_u(b, (uint32_t)strlen(name), 1);
    strbuf_puts(b, name);
    put_u(b, 7, 1);
    put_u(b, (uint32_t)strlen(value), 2);
    strbuf_puts(b, value);
}

static void put_frame(struct strbuf *out, const char *type, const char *kind,
                      const char *name, const char *payload)
{
    struct strbuf h = STRBUF_INIT, m = STRBUF_INIT;
    put_head(&h, ":message-type", type);
    put_head(&h, kind, name);
    put_u(&m, (uint32_t)(h.len + strlen(payload) + 16), 4);
    put_u(&m, (uint32_t)h.len, 4);
    put_u(&m, (uint32_t)crc32(0, (unsigned char *)m.data, 8), 4);
    strbuf_append(&m, h.data, h.len);
    strbuf_puts(&m, payload);
    put_u(&m, (uint32_t)crc32(0, (unsigned char *)m.data, (uInt)m.len), 4);
    strbuf_append(out, m.data, m.len);
    strbuf_release(&h);
    strbuf_release(&m);
}

/* In pieces. */
static void tail_send(struct tail *t, const struct strbuf *b)
{
    for (size_t at = 0, n; at < b->len; at += n) {
        n = 1 + rng_below(&t->w->rng, 400);
        n = n < b->len - at ? n : b->len - at;
        assert_true(t->stream->on_data(t->stream->arg, b->data + at, n));
    }
}

static bool tail_wants(const struct tail *t, const char *stream)
{
    json_t *list = json_object_get(t->params, "logStreamNamePrefixes"), *v;
    size_t i;
    json_array_foreach(list, i, v)
        if (strncmp(stream, json_string_value(v), json_string_length(v)) == 0)
            return true;
    return !list;
}

static void put_told(struct world *w, struct strbuf *b, const struct event *e,
                     bool *some)
{
    int64_t in = e->in_ms;
    if (one_in(w, w->live_shift_each))
        in += (int64_t)rng_below(&w->rng, 90);
    strbuf_printf(b, "%s{\"logStreamName\":\"%s\",\"logGroupIdentifier\":"
                  "\"123456789012:/ecs/g\",\"timestamp\":%" PRId64
                  ",\"ingestionTime\":%" PRId64 ",\"message\":",
                  *some ? "," : "", e->stream, e->ms, in);
    strbuf_put_json(b, e->text, strlen(e->text));
    strbuf_putc(b, '}');
    *some = true;
    w->did.told++;
}

static void put_update(struct tail *t, struct strbuf *out)
{
    struct world *w = t->w;
    struct strbuf b = STRBUF_INIT;
    bool sampled = one_in(w, w->live_sample_each), some = false;
    int64_t now = world_now(w);
    w->did.sampled += sampled;
    strbuf_printf(&b, "{\"sessionMetadata\":{\"sampled\":%s},"
                  "\"sessionResults\":[", sampled ? "true" : "false");
    for (size_t i = 0; i < w->n; i++) {
        const struct event *e = &w->events[i];
        if (e->in_ms <= t->told_ms || e->in_ms > now ||
            !tail_wants(t, e->stream))
            continue;
        if (one_in(w, sampled ? 2 : w->live_lose_each)) {
            w->did.untold++;
            continue;
        }
        put_told(w, &b, e, &some);
        if (now - e->ms < 10 * MINUTE && one_in(w, w->live_double_each)) {
            put_told(w, &b, e, &some);
            w->did.told_twice++;
        }
    }
    strbuf_puts(&b, "]}");
    put_frame(out, "event", ":event-type", "sessionUpdate", strbuf_get(&b));
    strbuf_release(&b);
    t->told_ms = now;
}

static void tail_end(struct tail *t, enum err_code code, const char *aws)
{
    struct err err;
    aws_done_fn *done = t->done;
    void *arg = t->arg;
    err_set(&err, code, "The tail broke.");
    snprintf(err.aws_code, sizeof(err.aws_code), "%s", aws);
    err.retryable = code == ERR_NET;
    tail_free(t);
    done(arg, NULL, &err);
}

/* True when it happened; t may be gone. */
static bool tail_breaks(struct tail *t)
{
    struct world *w = t->w;
    struct strbuf b = STRBUF_INIT;
    if (!w->fail && !one_in(w, w->live_break_each))
        return false;
    w->did.breaks++;
    switch (w->fail ? 0 : rng_below(&w->rng, 4)) {
    case 0:
        tail_end(t, ERR_NET, "");
        return true;
    case 1:
        put_frame(&b, "exception", ":exception-type",
                  "SessionStreamingException", "{\"message\":\"oh\"}");
        break;
    case 2:
        strbuf_puts(&b, "this is no frame, whatever it is");
        break;
    default:
        w->did.silences++;
    }
    t->mute = true; /* and nothing more */
    tail_send(t, &b);
    strbuf_release(&b);
    return true;
}

static void tail_due(struct timer *timer, void *arg)
{
    struct tail *t = arg;
    struct world *w = t->w;
    struct strbuf b = STRBUF_INIT;
    (void)timer;
    if (w->live_exception && !t->mute) {
        put_frame(&b, "exception", ":exception-type", w->live_exception,
                  "{\"message\":\"said so\"}");
        tail_send(t, &b);
        strbuf_release(&b);
        t->mute = true;
        return;
    }
    if (t->mute || tail_breaks(t))
        return;
    put_update(t, &b);
    tail_send(t, &b);
    strbuf_release(&b);
    timer_start(w->clock, &t->timer, 1000, tail_due, t);
}

static void tail_begin(struct timer *timer, void *arg)
{
    struct tail *t = arg;
    struct world *w = t->w;
    struct strbuf b = STRBUF_INIT;
    (void)timer;
    if (w->live_refuse || w->fail) {
        tail_end(t, w->live_refuse ? w->live_refuse : w->fail,
                 w->live_refuse_aws ? w->live_refuse_aws : "");
        return;
    }
    t->told_ms = world_now(w);
    put_frame(&b, "event", ":event-type", "initial-response", "{}");
    put_frame(&b, "event", ":event-type", "sessionStart",
              "{\"sessionId\":\"x\"}");
    tail_send(t, &b);
    strbuf_release(&b);
    timer_start(w->clock, &t->timer, 1000, tail_due, t);
}

static void tail_start(struct world *w, struct scope *scope, json_t *params,
                       const struct aws_call_opts *opts, aws_done_fn *done,
                       void *arg)
{
    struct tail *t = xcalloc(1, sizeof(*t));
    json_t *groups = json_object_get(params, "logGroupIdentifiers");
    json_t *prefixes = json_object_get(params, "logStreamNamePrefixes");
    char *text = json_dumps(params, JSON_COMPACT | JSON_SORT_KEYS);
    assert_in_range(json_array_size(groups), 1, 10);
    assert_true(!prefixes || json_array_size(groups) == 1);
    assert_true(json_array_size(prefixes) <= 100);
    strbuf_printf(&w->tailed, "%s%s\n", opts->region ? opts->region : "-",
                  text);
    free(text);
    *t = (struct tail){.w = w, .stream = opts->stream, .done = done,
                       .arg = arg, .params = params};
    w->did.tails++;
    w->tails++;
    scope_add(scope, &t->work, tail_cancelled);
    timer_start(w->clock, &t->timer, w->latency_ms, tail_begin, t);
}

#endif
