/* One session of StartLiveTail: what it tells goes into the buffer until it is
 * polled (logsrc_match.c). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/svc/ecs.h"
#include "backend/svc/logsrc_session.h"

#define SILENCE_MS 15000 /* an update comes every second */
#define WAIT_MS 1000     /* after the first break; doubles */
#define WAIT_MAX_MS 30000
#define HELD_BYTES ((size_t)2 << 20) /* unread; then the sender waits */
#define SLICE_BYTES ((size_t)256 << 10)
#define SAMPLED_MS 10000 /* so long polls are quicker afterwards */

static struct clock *clock_of(const struct session *x)
{
    return x->live->src->o.clock;
}

struct session *session_new(struct live *l)
{
    struct session *x = xcalloc(1, sizeof(*x));

    x->live = l;
    scope_init(&x->scope, NULL);
    x->next = l->sessions;
    return l->sessions = x;
}

/* ---- ends ------------------------------------------------------------ */

/* The call and what it brought. */
static void hang_up(struct session *x)
{
    scope_cancel(&x->scope);
    scope_init(&x->scope, NULL);
    timer_stop(clock_of(x), &x->work);
    timer_stop(clock_of(x), &x->silence);
    eventstream_release(&x->in);
    free(x->update);
    x->update = NULL;
    x->ended = false;
    err_clear(&x->error);
}

void session_free(struct session *x)
{
    hang_up(x);
    json_decref(x->prefixes);
    free(x);
}

void session_poll(struct session *x)
{
    for (size_t i = 0; i < x->n_feeds; i++) {
        x->feeds[i]->poll_due = 0;
        feed_wake(x->feeds[i]);
    }
}

static void wait_over(struct timer *t, void *arg)
{
    (void)t;
    session_start(arg);
}

static bool is_final(const struct err *e)
{
    return e->code == ERR_DENIED || e->code == ERR_CREDENTIALS ||
           e->code == ERR_CONFIG ||
           (e->code == ERR_AWS && !e->retryable && e->aws_code[0]);
}

static void refused(struct logsrc *s, const struct err *e)
{
    char text[700];

    if (e->code == ERR_DENIED)
        snprintf(text, sizeof(text), "No live tail: "
                 "logs:StartLiveTail is not allowed. Polling goes on.");
    else if (strcmp(e->aws_code, "LimitExceededException") == 0)
        snprintf(text, sizeof(text), "Live tail: the account has its 15 "
                 "sessions open already; end one, or ask AWS for more. "
                 "Polling goes on.");
    else if (strcmp(e->aws_code, "SessionTimeoutException") == 0)
        snprintf(text, sizeof(text), "The live tail ended after three "
                 "hours, the longest there is. Polling goes on.");
    else if (strcmp(e->aws_code, "InvalidOperationException") == 0)
        snprintf(text, sizeof(text), "There is no live tail of such a log "
                 "group (of the class Infrequent Access, for one): %.400s "
                 "Polling goes on.", e->message);
    else
        snprintf(text, sizeof(text), "Live tail ended: %.550s Polling goes "
                 "on.", e->message);
    live_end(s, text);
}

/* It broke off, or was refused. x may be gone afterwards. */
static void session_over(struct session *x)
{
    struct logsrc *s = x->live->src;
    struct err e = x->error;
    char text[700];

    session_poll(x);
    if (is_final(&e)) {
        refused(s, &e);
        return;
    }
    snprintf(text, sizeof(text), "The live tail broke off: %.550s Polling "
             "goes on and brings what was missed; it is tried again.",
             e.code != ERR_NONE ? e.message : "the connection ended.");
    live_say(s, text);
    s->stats.live_breaks++;
    hang_up(x);
    x->state = WAITING;
    x->wait_ms = x->wait_ms ? x->wait_ms * 2 : WAIT_MS;
    if (x->wait_ms > WAIT_MAX_MS || e.code == ERR_NOT_FOUND)
        x->wait_ms = WAIT_MAX_MS;
    timer_start(s->o.clock, &x->work, x->wait_ms, wait_over, x);
}

/* ---- events ---------------------------------------------------------- */

/* "ACCOUNT:NAME", a name or an ARN; a name has no colon. */
static struct feed *feed_of(const struct session *x, const char *group)
{
    const char *name = group;
    size_t n = strlen(group);

    if (x->n_feeds == 1)
        return x->feeds[0];
    if (n > 2 && strcmp(group + n - 2, ":*") == 0)
        n -= 2;
    for (size_t i = 0; i < n; i++)
        if (group[i] == ':')
            name = group + i + 1;
    n -= (size_t)(name - group);
    for (size_t i = 0; i < x->n_feeds; i++)
        if (strlen(x->feeds[i]->group) == n &&
            strncmp(x->feeds[i]->group, name, n) == 0)
            return x->feeds[i];
    return NULL;
}

static void take(struct session *x, const struct logscan_event *e)
{
    struct logsrc *s = x->live->src;
    struct feed *f = feed_of(x, e->group);
    size_t found, lines = 0;
    uint32_t id = page_text_id(e);
    uint64_t seq;

    if (!f)
        return;
    found = (size_t)(uintptr_t)map_get(f->streams, e->stream);
    if (!found && f->n_wholes)
        found = logsrc_discover(f, e->stream);
    if (!found)
        return;
    s->sources[found - 1].exists = true;
    s->stats.live++;
    if (!match_live(f, e, found - 1) ||
        logbuf_is_gone(s->buf, e->timestamp_ms, e->ingestion_ms))
        return;
    seq = page_add_lines(s, e, found - 1, id, false, &lines);
    if (seq)
        match_told(f, e, found - 1,
                   (struct logbuf_mark){seq, e->timestamp_ms,
                                        e->ingestion_ms, id,
                                        (uint16_t)(found - 1)},
                   lines);
    if (e->timestamp_ms > s->last_event_ms)
        s->last_event_ms = e->timestamp_ms;
}

static void update_read(struct session *x)
{
    struct logsrc *s = x->live->src;

    if (x->scan.sampled) {
        s->stats.live_sampled++;
        x->sampled_until = clock_mono_ms(s->o.clock) + SAMPLED_MS;
        for (size_t i = 0; i < x->n_feeds; i++) {
            struct feed *f = x->feeds[i];
            int64_t due = clock_mono_ms(s->o.clock) + LOGSRC_POLL_MS;
            f->poll_due = f->poll_due < due ? f->poll_due : due;
            feed_wake(f);
        }
    }
    free(x->update);
    x->update = NULL;
    for (size_t i = 0; i < x->n_feeds; i++)
        if (feed_is_live(x->feeds[i]))
            return;
    live_replan(x->live); /* nothing more will come, and it costs */
}

/* A slice of the update; true when there is more of it. */
static bool read_update(struct session *x)
{
    const char *stop = x->scan.at + SLICE_BYTES;
    struct logscan_event e;

    while (x->scan.at < stop) {
        enum logscan_result r = logscan_next(&x->scan, &e);
        if (r == LOGSCAN_EVENT) {
            take(x, &e);
            continue;
        }
        if (r == LOGSCAN_BAD)
            err_set(&x->error, ERR_PARSE, "StartLiveTail: an update is not "
                    "what it should be.");
        update_read(x);
        return false;
    }
    return true;
}

/* ---- messages -------------------------------------------------------- */

static void copy_text(char *out, size_t size, const char *p, size_t n)
{
    snprintf(out, size, "%.*s", (int)(n < size ? n : size - 1), p);
}

/* An exception of the stream: its name is the code. */
static void take_exception(struct session *x,
                           const struct eventstream_message *m)
{
    const struct eventstream_header *h =
        eventstream_header(m, ":exception-type");
    char code[64] = "";
    json_t *o = json_loadb(m->payload, m->payload_len, 0, NULL);
    const char *text = json_string_value(json_object_get(o, "message"));

    if (!h)
        h = eventstream_header(m, ":error-code");
    if (h && h->type == EVENTSTREAM_STRING)
        copy_text(code, sizeof(code), h->value, h->len);
    err_set(&x->error, ERR_AWS, "%s: %.300s", code,
            text ? text : "no reason is given");
    x->error.retryable = strcmp(code, "SessionTimeoutException") != 0;
    copy_text(x->error.aws_code, sizeof(x->error.aws_code), code,
              strlen(code));
    json_decref(o);
}

static void take_message(struct session *x,
                         const struct eventstream_message *m)
{
    struct logsrc *s = x->live->src;

    if (!eventstream_is(m, ":message-type", "event")) {
        take_exception(x, m);
    } else if (eventstream_is(m, ":event-type", "sessionStart")) {
        x->state = TELLING;
        x->began_ms = clock_mono_ms(s->o.clock);
        live_say(s, NULL);
    } else if (eventstream_is(m, ":event-type", "sessionUpdate")) {
        x->wait_ms = 0; /* it works */
        x->update = xmalloc(m->payload_len + 1);
        memcpy(x->update, m->payload, m->payload_len);
        x->update[m->payload_len] = '\0';
        logscan_begin(&x->scan, x->update, m->payload_len);
    }
}

/* What has come, a slice a turn. */
static void work_due(struct timer *t, void *arg)
{
    struct session *x = arg;
    struct logsrc *s = x->live->src;
    struct eventstream_message m;
    bool more = false;

    (void)t;
    while (!more && x->error.code == ERR_NONE) {
        if (x->update) {
            more = read_update(x);
            logsrc_changed(s);
            continue;
        }
        enum eventstream_result r = eventstream_next(&x->in, &m, &x->error);
        if (r != EVENTSTREAM_MESSAGE)
            break;
        take_message(x, &m);
    }
    if (more)
        timer_start(s->o.clock, &x->work, 0, work_due, x);
    else if (x->error.code != ERR_NONE || x->ended)
        session_over(x);
    else
        http_resume(&x->stream);
}

static void silence_due(struct timer *t, void *arg)
{
    struct session *x = arg;

    (void)t;
    err_set(&x->error, ERR_TIMEOUT, "StartLiveTail says nothing any more.");
    x->error.retryable = true;
    session_over(x);
}

static void listen(struct session *x)
{
    timer_start(clock_of(x), &x->silence, SILENCE_MS, silence_due, x);
}

/* From inside curl: nothing is started or ended here. */
static bool on_data(void *arg, const void *data, size_t n)
{
    struct session *x = arg;

    if (x->update && x->in.in.len - x->in.at > HELD_BYTES)
        return false;
    eventstream_feed(&x->in, data, n);
    listen(x);
    if (!timer_armed(&x->work))
        timer_start(clock_of(x), &x->work, 0, work_due, x);
    return true;
}

static void on_end(void *arg, const struct aws_reply *reply,
                   const struct err *err)
{
    struct session *x = arg;

    (void)reply;
    x->ended = true;
    timer_stop(clock_of(x), &x->silence);
    if (err && !x->update && x->in.at == x->in.in.len) {
        x->error = *err;
        session_over(x);
        return;
    }
    /* What has come is read first: it may say why. */
    if (!timer_armed(&x->work))
        timer_start(clock_of(x), &x->work, 0, work_due, x);
}

/* ---- what is asked for ----------------------------------------------- */

static json_t *params_of(const struct session *x)
{
    const struct live *l = x->live;
    json_t *o = json_object(), *groups = json_array();

    for (size_t i = 0; i < x->n_feeds; i++) {
        const struct feed *f = x->feeds[i];
        char *arn = xasprintf("arn:%s:logs:%s:%s:log-group:%s", l->partition,
                              f->region ? f->region
                                        : aws_client_region(l->src->o.client),
                              l->account, f->group);
        json_array_append_new(groups, json_string(arn));
        free(arn);
    }
    json_object_set_new(o, "logGroupIdentifiers", groups);
    if (x->prefixes)
        json_object_set(o, "logStreamNamePrefixes", x->prefixes);
    return o;
}

void session_start(struct session *x)
{
    struct logsrc *s = x->live->src;
    struct aws_call_opts opts = {
        .priority = AWS_PRIO_USER, .region = x->feeds[0]->region,
        .subject = x->feeds[0]->group, .stream = &x->stream};
    struct err err;

    x->state = STARTING;
    x->stream = (struct http_stream){.on_data = on_data, .arg = x};
    logsrc_count_sent(s);
    if (aws_call(s->o.client, &x->scope, &logs_start_live_tail, params_of(x),
                 &opts, on_end, x, &err) != 0) {
        x->error = err;
        session_over(x);
    }
}
