#include "backend/sim/live.h"

#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/sim/ops_logs.h"
#include "backend/sim/sim_internal.h"
#include "backend/sim/wire_pattern.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define MAX_GROUPS 10
#define MAX_STREAMS 100
#define MAX_PATTERN 1024
#define LATEST_MS 60000 /* no event is ingested later than that */

struct sim_live {
    struct sim *sim;
    struct sim_world *world;
    json_t *groups;   /* ARNs, as they were asked for */
    json_t *names, *prefixes; /* of streams; NULL = not asked for */
    struct sim_pattern *pattern;
    int64_t begun_ms, told_ms; /* ingested up to then: told */
    struct fault fault; /* kind FAULT_N = none */
};

/* ---- the wire --------------------------------------------------------- */

static void put_number(struct strbuf *b, uint32_t v, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--)
        strbuf_append(b, &(char){(char)(v >> (8 * i))}, 1);
}

static void put_header(struct strbuf *b, const char *name, const char *value)
{
    put_number(b, (uint32_t)strlen(name), 1);
    strbuf_puts(b, name);
    put_number(b, 7, 1); /* a string */
    put_number(b, (uint32_t)strlen(value), 2);
    strbuf_puts(b, value);
}

static uint32_t sum_of(const struct strbuf *b)
{
    return (uint32_t)crc32(0, (const unsigned char *)b->data, (uInt)b->len);
}

/* One message as one chunk; its payload is stolen. */
static void put_message(struct strbuf *out, const char *message_type,
                        const char *kind, const char *name, json_t *payload)
{
    struct strbuf headers = STRBUF_INIT, m = STRBUF_INIT;
    char *text = json_dumps(payload, JSON_COMPACT);
    put_header(&headers, ":message-type", message_type);
    put_header(&headers, kind, name);
    put_header(&headers, ":content-type", "application/json");
    put_number(&m, (uint32_t)(headers.len + strlen(text) + 16), 4);
    put_number(&m, (uint32_t)headers.len, 4);
    put_number(&m, sum_of(&m), 4);
    strbuf_append(&m, headers.data, headers.len);
    strbuf_puts(&m, text);
    put_number(&m, sum_of(&m), 4);
    strbuf_printf(out, "%zx\r\n", m.len);
    strbuf_append(out, m.data, m.len);
    strbuf_puts(out, "\r\n");
    strbuf_release(&headers);
    strbuf_release(&m);
    free(text);
    json_decref(payload);
}

void sim_live_begin(struct sim_live *l, const char *request_id,
                    struct strbuf *out)
{
    char date[40];
    json_t *o = json_object();
    strbuf_printf(out, "HTTP/1.1 200 OK\r\nContent-Type: "
                  "application/vnd.amazon.eventstream\r\n"
                  "Transfer-Encoding: chunked\r\nx-amzn-RequestId: %s\r\n"
                  "Date: %s\r\n\r\n", request_id,
                  fmt_http_date(l->begun_ms, date));
    put_message(out, "event", ":event-type", "initial-response",
                json_object());
    put_text(o, "requestId", request_id);
    put_text(o, "sessionId", request_id);
    json_object_set(o, "logGroupIdentifiers", l->groups);
    json_object_set_new(o, "logStreamNames",
                        l->names ? json_copy(l->names) : json_array());
    json_object_set_new(o, "logStreamNamePrefixes",
                        l->prefixes ? json_copy(l->prefixes) : json_array());
    put_message(out, "event", ":event-type", "sessionStart", o);
}

/* ---- events ----------------------------------------------------------- */

static bool is_wanted(const struct sim_live *l, const char *stream)
{
    size_t i;
    json_t *v;
    json_array_foreach(l->names, i, v)
        if (strcmp(stream, json_string_value(v)) == 0)
            return true;
    json_array_foreach(l->prefixes, i, v)
        if (strncmp(stream, json_string_value(v), json_string_length(v)) == 0)
            return true;
    return !l->names && !l->prefixes;
}

static const char *group_of(const char *arn)
{
    const char *mark = strstr(arn, ":log-group:");
    return mark ? mark + strlen(":log-group:") : "";
}

static json_t *event_json(const struct sim_live *l, const char *group,
                          const struct sim_log_event *e)
{
    json_t *o = json_object();
    char id[300];
    snprintf(id, sizeof(id), "%s:%s", l->world->account, group);
    put_text(o, "logStreamName", e->stream->name);
    put_text(o, "logGroupIdentifier", id);
    put_int(o, "timestamp", e->timestamp);
    put_int(o, "ingestionTime", e->ingestion);
    json_object_set_new(o, "message", json_string(e->message));
    return o;
}

/* Those of one group that were ingested since the last update. */
static void add_events(const struct sim_live *l, const char *group,
                       int64_t now, json_t *list)
{
    struct sim_stream *streams;
    struct sim_log_event *e = NULL;
    size_t n = 0, cap = 0;
    size_t n_streams = simlog_streams(l->world, group, now, &streams, NULL);
    for (size_t i = 0; i < n_streams; i++)
        if (is_wanted(l, streams[i].name))
            simlog_events(l->world, &streams[i], l->told_ms - LATEST_MS, now,
                          now, &e, &n, &cap);
    if (n)
        qsort(e, n, sizeof(*e), simlog_compare);
    for (size_t i = 0; i < n; i++)
        if (e[i].ingestion > l->told_ms &&
            sim_pattern_match(l->pattern, e[i].message))
            json_array_append_new(list, event_json(l, group, &e[i]));
    simlog_free(e, n);
    free(streams);
}

/* Leaves `max` of them, from all over the list. */
static json_t *sample(json_t *list, size_t max)
{
    json_t *few = json_array();
    size_t n = json_array_size(list);
    for (size_t i = 0; i < max; i++)
        json_array_append(few, json_array_get(list, i * n / max));
    json_decref(list);
    return few;
}

static void put_update(struct sim_live *l, int64_t now, struct strbuf *out)
{
    json_t *o = json_object(), *list = json_array(), *v;
    size_t i, max = l->fault.kind == FAULT_LIVE_SAMPLE
                        ? (size_t)(l->fault.bytes ? l->fault.bytes : 3)
                        : SIM_LIVE_EVENTS;
    json_array_foreach(l->groups, i, v)
        add_events(l, group_of(json_string_value(v)), now, list);
    bool sampled = json_array_size(list) > max;
    if (sampled)
        list = sample(list, max);
    put_bool(put_object(o, "sessionMetadata"), "sampled", sampled);
    json_object_set_new(o, "sessionResults", list);
    put_message(out, "event", ":event-type", "sessionUpdate", o);
    l->told_ms = now;
}

static void put_end(struct strbuf *out, const char *code, const char *text)
{
    json_t *o = json_object();
    put_text(o, "message", text);
    put_message(out, "exception", ":exception-type", code, o);
    strbuf_puts(out, "0\r\n\r\n");
}

enum sim_live_next sim_live_more(struct sim_live *l, struct strbuf *out)
{
    int64_t now = sim_now(l->sim);
    bool due = now - l->begun_ms >= l->fault.delay_ms;
    if (due && l->fault.kind == FAULT_LIVE_RESET)
        return SIM_LIVE_BREAK;
    if (due && l->fault.kind == FAULT_LIVE_MUTE)
        return SIM_LIVE_ON;
    if (due && l->fault.kind == FAULT_LIVE_ERROR) {
        put_end(out, "SessionStreamingException", "Something went wrong.");
        return SIM_LIVE_END;
    }
    if ((due && l->fault.kind == FAULT_LIVE_END) ||
        now - l->begun_ms >= SIM_LIVE_MAX_MS) {
        put_end(out, "SessionTimeoutException",
                "The session has timed out.");
        return SIM_LIVE_END;
    }
    world_advance(l->world, now);
    put_update(l, now, out);
    return SIM_LIVE_ON;
}

void sim_live_free(struct sim_live *l)
{
    if (!l)
        return;
    l->sim->n_live--;
    json_decref(l->groups);
    json_decref(l->names);
    json_decref(l->prefixes);
    sim_pattern_free(l->pattern);
    free(l);
}

/* ---- the operation ---------------------------------------------------- */

static int check_groups(struct sim_call *c, json_t *groups)
{
    json_t *v;
    size_t i;
    char head[80];
    snprintf(head, sizeof(head), "arn:aws:logs:%s:%s:log-group:",
             c->world->region, c->world->account);
    if (!json_array_size(groups) || json_array_size(groups) > MAX_GROUPS)
        sim_fail(c, "InvalidParameterException", "One to ten log groups can "
                 "be tailed at once.");
    json_array_foreach(groups, i, v)
    {
        const char *arn = json_string_value(v);
        struct sim_stream *streams = NULL;
        bool exists = false;
        if (strncmp(arn, head, strlen(head)) != 0 || strchr(arn, '*')) {
            sim_fail(c, "InvalidParameterException",
                     "The log group ARN is malformed.");
            return -1;
        }
        simlog_streams(c->world, group_of(arn), c->now_ms, &streams, &exists);
        free(streams);
        if (!exists)
            sim_fail(c, "ResourceNotFoundException",
                     "The specified log group does not exist.");
    }
    return c->code ? -1 : 0;
}

static int check_streams(struct sim_call *c, const json_t *groups,
                         const json_t *names, const json_t *prefixes)
{
    size_t n = json_array_size(names ? names : prefixes);
    if (!names && !prefixes)
        return 0;
    if (names && prefixes)
        sim_fail(c, "InvalidParameterException", "Give logStreamNames or "
                 "logStreamNamePrefixes, not both.");
    else if (json_array_size(groups) != 1)
        sim_fail(c, "InvalidParameterException",
                 "Streams can be chosen of a single log group only.");
    else if (n < 1 || n > MAX_STREAMS)
        sim_fail(c, "InvalidParameterException",
                 "One to a hundred log streams can be chosen.");
    return c->code ? -1 : 0;
}

static json_t *list_of(const struct sim_call *c, const char *name)
{
    json_t *v = json_object_get(c->in, name);
    return json_is_array(v) ? v : NULL;
}

void sim_op_start_live_tail(struct sim_call *c)
{
    json_t *groups = list_of(c, "logGroupIdentifiers");
    json_t *names = list_of(c, "logStreamNames");
    json_t *prefixes = list_of(c, "logStreamNamePrefixes");
    const char *pattern = sim_in_text(c, "logEventFilterPattern");
    struct sim_pattern *p = NULL;
    if (check_groups(c, groups) || check_streams(c, groups, names, prefixes))
        return;
    if (pattern && *pattern) {
        p = strlen(pattern) <= MAX_PATTERN ? sim_pattern_new(pattern) : NULL;
        if (!p) {
            sim_fail(c, "InvalidParameterException",
                     "Invalid filter pattern.");
            return;
        }
    }
    if (c->sim->n_live >= SIM_LIVE_SESSIONS) {
        sim_fail(c, "LimitExceededException", "The maximum number of "
                 "concurrent live tail sessions has been reached.");
        sim_pattern_free(p);
        return;
    }
    struct sim_live *l = c->live = xcalloc(1, sizeof(*l));
    *l = (struct sim_live){
        .sim = c->sim, .world = c->world, .groups = json_copy(groups),
        .names = names ? json_copy(names) : NULL,
        .prefixes = prefixes ? json_copy(prefixes) : NULL, .pattern = p,
        .begun_ms = c->now_ms, .told_ms = c->now_ms,
        .fault = {.kind = FAULT_N},
    };
    if (c->fault)
        l->fault = *c->fault;
    c->sim->n_live++;
}
