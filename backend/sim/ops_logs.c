/* CloudWatch Logs: groups, streams and the events of one stream. The search
 * over many streams is in ops_logs_filter.c. */
#include "backend/sim/ops_logs.h"

#include "backend/base/mem.h"
#include "backend/sim/live.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the group asked for ---------------------------------------------- */

/* Name in logGroupName, or name or ARN (without ":*") in logGroupIdentifier;
 * exactly one of both. NULL after sim_fail. */
static const char *in_group(struct sim_call *c)
{
    const char *name = sim_in_text(c, "logGroupName");
    const char *id = sim_in_text(c, "logGroupIdentifier");
    if (!name == !id) {
        sim_fail(c, "InvalidParameterException", "Exactly one of "
                 "logGroupName and logGroupIdentifier is needed.");
        return NULL;
    }
    if (name && strncmp(name, "arn:", 4) != 0)
        return name;
    const char *mark = id ? strstr(id, ":log-group:") : NULL;
    if (name || strchr(id, '*') || (strncmp(id, "arn:", 4) == 0 && !mark)) {
        sim_fail(c, "InvalidParameterException",
                 "The log group name or ARN is malformed.");
        return NULL;
    }
    return mark ? mark + strlen(":log-group:") : id;
}

int sim_in_streams(struct sim_call *c, struct sim_stream **streams, size_t *n)
{
    bool exists;
    const char *group = in_group(c);
    *streams = NULL;
    *n = 0;
    if (!group)
        return -1;
    *n = simlog_streams(c->world, group, c->now_ms, streams, &exists);
    if (exists)
        return 0;
    sim_fail(c, "ResourceNotFoundException",
             "The specified log group does not exist.");
    return -1;
}

static void group_arn(const struct sim_call *c, const char *group,
                      char out[300])
{
    snprintf(out, 300, "arn:aws:logs:%s:%s:log-group:%s", c->world->region,
             c->world->account, group);
}

/* ---- groups ----------------------------------------------------------- */

static json_t *group_json(const struct sim_call *c, const char *group)
{
    json_t *o = json_object();
    char arn[300], star[310];
    group_arn(c, group, arn);
    snprintf(star, sizeof(star), "%s:*", arn);
    put_text(o, "logGroupName", group);
    put_int(o, "creationTime", c->world->start_ms - 30 * 86400000LL);
    put_int(o, "retentionInDays", 30);
    put_int(o, "metricFilterCount", 0);
    put_text(o, "arn", star);
    put_int(o, "storedBytes", 123456789);
    put_text(o, "logGroupClass", "STANDARD");
    put_text(o, "logGroupArn", arn);
    return o;
}

static void describe_log_groups(struct sim_call *c)
{
    struct sim_page p;
    const char *prefix = sim_in_text(c, "logGroupNamePrefix");
    const char *pattern = sim_in_text(c, "logGroupNamePattern");
    if (prefix && pattern)
        sim_fail(c, "InvalidParameterException", "Give logGroupNamePrefix or "
                 "logGroupNamePattern, not both.");
    if (c->code || sim_page_begin(c, &p, "limit", 50, 50))
        return;
    for (size_t i = 0; i < c->world->n_defs; i++) {
        struct sim_taskdef *d = c->world->defs[i];
        for (size_t k = 0; k < d->n_containers; k++) {
            const char *g = d->containers[k].group;
            if (*g &&
                (!prefix || strncmp(g, prefix, strlen(prefix)) == 0) &&
                (!pattern || strcasestr(g, pattern)))
                sim_page_offer(&p, g, NULL);
        }
    }
    sim_page_end(c, &p);
    json_t *list = put_list(c->out, "logGroups");
    for (size_t i = 0; i < p.n; i++)
        json_array_append_new(list, group_json(c, p.at[i].key));
}

/* ---- streams ---------------------------------------------------------- */

static json_t *stream_json(const struct sim_call *c,
                           const struct sim_stream *s, const char *group)
{
    json_t *o = json_object();
    char arn[300], full[480];
    group_arn(c, group, arn);
    snprintf(full, sizeof(full), "%s:log-stream:%s", arn, s->name);
    put_text(o, "logStreamName", s->name);
    put_int(o, "creationTime", s->first_ms);
    put_int(o, "firstEventTimestamp", s->first_ms);
    put_int(o, "lastEventTimestamp", s->last_ms);
    put_int(o, "lastIngestionTime", s->last_ms + 500);
    put_text(o, "uploadSequenceToken",
             "49039859586995634356353535353535353535353");
    put_text(o, "arn", full);
    put_int(o, "storedBytes", 0);
    return o;
}

static void describe_log_streams(struct sim_call *c)
{
    struct sim_page p;
    struct sim_stream *streams;
    size_t n;
    const char *prefix = sim_in_text(c, "logStreamNamePrefix");
    const char *order = sim_in_word(c, "orderBy",
                                    "LogStreamName LastEventTime",
                                    "LogStreamName");
    bool by_time = order && strcmp(order, "LastEventTime") == 0;
    if (by_time && prefix)
        sim_fail(c, "InvalidParameterException", "Cannot order by "
                 "LastEventTime with a logStreamNamePrefix.");
    if (sim_in_streams(c, &streams, &n) || c->code ||
        sim_page_begin(c, &p, "limit", 50, 50)) {
        free(streams);
        return;
    }
    p.descending = sim_in_bool(c, "descending", false);
    char(*keys)[160] = xcalloc(n + 1, sizeof(*keys));
    for (size_t i = 0; i < n; i++) {
        if (prefix && strncmp(streams[i].name, prefix, strlen(prefix)) != 0)
            continue;
        if (by_time)
            snprintf(keys[i], sizeof(keys[i]), "%020" PRId64 " %s",
                     streams[i].last_ms, streams[i].name);
        else
            snprintf(keys[i], sizeof(keys[i]), "%s", streams[i].name);
        sim_page_offer(&p, keys[i], &streams[i]);
    }
    sim_page_end(c, &p);
    json_t *list = put_list(c->out, "logStreams");
    for (size_t i = 0; i < p.n; i++)
        json_array_append_new(list, stream_json(c, p.at[i].item,
                                                in_group(c)));
    free(keys);
    free(streams);
}

/* ---- the events of one stream ----------------------------------------- */

/* Between two events: those with a number below n are before it. at_ms is
 * about when, so that nothing has to be searched. */
struct place {
    bool backward;
    int64_t at_ms;
    uint64_t n;
};

static int read_place(struct sim_call *c, struct place *p)
{
    char *text;
    char dir;
    if (sim_in_token(c, "startFromHead", &text))
        return -1;
    if (text) {
        sscanf(text, "%c %" SCNd64 " %" SCNu64, &dir, &p->at_ms, &p->n);
        p->backward = dir == 'b';
    }
    free(text);
    return 0;
}

static void put_place(struct sim_call *c, const char *key, bool backward,
                      int64_t at_ms, uint64_t n)
{
    char text[64];
    snprintf(text, sizeof(text), "%c %" PRId64 " %" PRIu64,
             backward ? 'b' : 'f', at_ms, n);
    char *t = sim_token(c, "startFromHead", text);
    json_object_set_new(c->out, key, json_string(t));
    free(t);
}

/* How many of the events (in order) fit a page, from the wanted end. */
static size_t fit(const struct sim_log_event *e, size_t n, size_t limit,
                  bool from_end)
{
    size_t used = 0, k = 0;
    while (k < n && k < limit) {
        const struct sim_log_event *x = &e[from_end ? n - 1 - k : k];
        used += strlen(x->message) + SIM_EVENT_OVERHEAD;
        if (k && used > SIM_PAGE_BYTES)
            break;
        k++;
    }
    return k;
}

/* Read slice by slice from the place until `limit` are there. */
static void read_events(struct sim_call *c, const struct sim_stream *s,
                        const struct place *p, size_t limit, int64_t from,
                        int64_t to, struct sim_log_event **out, size_t *n)
{
    int64_t slice = 500LL * c->world->line_ms;
    size_t cap = 0;
    if (p->backward ? to > p->at_ms : from < p->at_ms)
        *(p->backward ? &to : &from) = p->at_ms;
    while (from <= to && *n < limit) {
        int64_t a = p->backward && to - slice > from ? to - slice + 1 : from;
        int64_t b = !p->backward && from + slice < to ? from + slice - 1 : to;
        size_t keep = 0, old = *n;
        simlog_events(c->world, s, a, b, c->now_ms, out, n, &cap);
        for (size_t i = old; i < *n; i++) {
            struct sim_log_event e = (*out)[i];
            if (p->backward ? e.n < p->n : e.n >= p->n)
                (*out)[old + keep++] = e;
            else
                free(e.message);
        }
        *n = old + keep;
        if (p->backward)
            to = a - 1;
        else
            from = b + 1;
    }
    if (*n)
        qsort(*out, *n, sizeof(**out), simlog_compare);
}

/* What read_events() frees lies beyond *n.
 * NOLINTBEGIN(clang-analyzer-unix.Malloc,clang-analyzer-core.NullDereference)
 */
static void answer_events(struct sim_call *c, const struct place *p,
                          const struct sim_log_event *e, size_t n,
                          size_t limit)
{
    size_t k = fit(e, n, limit, p->backward);
    const struct sim_log_event *first = p->backward ? e + n - k : e;
    json_t *list = put_list(c->out, "events");
    for (size_t i = 0; i < k; i++)
        json_array_append_new(
            list, json_pack("{s:I,s:s,s:I}", "timestamp",
                            (json_int_t)first[i].timestamp, "message",
                            first[i].message, "ingestionTime",
                            (json_int_t)first[i].ingestion));
    if (k) {
        put_place(c, "nextForwardToken", false, first[k - 1].timestamp,
                  first[k - 1].n + 1);
        put_place(c, "nextBackwardToken", true, first[0].timestamp,
                  first[0].n);
    } else { /* the end: the same token comes back */
        put_place(c, "nextForwardToken", false, p->at_ms, p->n);
        put_place(c, "nextBackwardToken", true, p->at_ms, p->n);
    }
}

/* NOLINTEND(clang-analyzer-unix.Malloc,clang-analyzer-core.NullDereference)
 */

static void get_log_events(struct sim_call *c)
{
    struct sim_stream *streams, *s = NULL;
    struct sim_log_event *e = NULL;
    const char *name = sim_in_text(c, "logStreamName");
    size_t n, got = 0;
    int limit = sim_in_range(c, "limit", 10000, 1, 10000);
    int64_t from = sim_in_int(c, "startTime", 0);
    int64_t to = sim_in_int(c, "endTime", INT64_MAX) - 1; /* exclusive */
    if (sim_in_streams(c, &streams, &n) || c->code) {
        free(streams);
        return;
    }
    for (size_t i = 0; i < n && !s; i++)
        if (strcmp(streams[i].name, name) == 0)
            s = &streams[i];
    if (!s) {
        sim_fail(c, "ResourceNotFoundException",
                 "The specified log stream does not exist.");
        free(streams);
        return;
    }
    if (to > c->now_ms)
        to = c->now_ms;
    if (from < s->first_ms)
        from = s->first_ms;
    struct place p = {.at_ms = from};
    if (!sim_in_bool(c, "startFromHead", false))
        p = (struct place){true, to, UINT64_MAX};
    if (read_place(c, &p) == 0) {
        read_events(c, s, &p, (size_t)limit, from, to, &e, &got);
        answer_events(c, &p, e, got, (size_t)limit);
    }
    simlog_free(e, got);
    free(streams);
}

/* ---- the table -------------------------------------------------------- */

#define MEMBERS (const struct sim_member[])

const struct sim_op sim_logs_ops[] = {
    {.name = "FilterLogEvents", .run = sim_op_filter_log_events,
     .members = MEMBERS{{"logGroupName", T_STRING, false},
                        {"logGroupIdentifier", T_STRING, false},
                        {"logStreamNames", T_STRINGS, false},
                        {"logStreamNamePrefix", T_STRING, false},
                        {"startTime", T_INT, false},
                        {"endTime", T_INT, false},
                        {"filterPattern", T_STRING, false},
                        {"nextToken", T_STRING, false},
                        {"limit", T_INT, false},
                        {"interleaved", T_BOOL, false},
                        {"startFromHead", T_BOOL, false},
                        {"unmask", T_BOOL, false},
                        {0}}},
    {.name = "GetLogEvents", .run = get_log_events,
     .members = MEMBERS{{"logGroupName", T_STRING, false},
                        {"logGroupIdentifier", T_STRING, false},
                        {"logStreamName", T_STRING, true},
                        {"startTime", T_INT, false},
                        {"endTime", T_INT, false},
                        {"nextToken", T_STRING, false},
                        {"limit", T_INT, false},
                        {"startFromHead", T_BOOL, false},
                        {"unmask", T_BOOL, false},
                        {0}}},
    {.name = "DescribeLogStreams", .run = describe_log_streams,
     .members = MEMBERS{{"logGroupName", T_STRING, false},
                        {"logGroupIdentifier", T_STRING, false},
                        {"logStreamNamePrefix", T_STRING, false},
                        {"orderBy", T_STRING, false},
                        {"descending", T_BOOL, false},
                        {"nextToken", T_STRING, false},
                        {"limit", T_INT, false},
                        {0}}},
    {.name = "DescribeLogGroups", .run = describe_log_groups,
     .members = MEMBERS{{"logGroupNamePrefix", T_STRING, false},
                        {"logGroupNamePattern", T_STRING, false},
                        {"nextToken", T_STRING, false},
                        {"limit", T_INT, false},
                        {"accountIdentifiers", T_STRINGS, false},
                        {"includeLinkedAccounts", T_BOOL, false},
                        {"logGroupClass", T_STRING, false},
                        {"logGroupIdentifiers", T_STRINGS, false},
                        {0}}},
    {.name = "StartLiveTail", .run = sim_op_start_live_tail,
     .members = MEMBERS{{"logGroupIdentifiers", T_STRINGS, true},
                        {"logStreamNames", T_STRINGS, false},
                        {"logStreamNamePrefixes", T_STRINGS, false},
                        {"logEventFilterPattern", T_STRING, false},
                        {0}}},
    {0},
};
