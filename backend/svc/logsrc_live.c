/* Live tails: which sessions there are, and what is known of them. */
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/svc/logsrc_session.h"

#define REPLAN_MS 500 /* sources come in groups */
#define PREFIXES 100

/* ---- ends ------------------------------------------------------------ */

static void sessions_free(struct live *l)
{
    struct session *x;

    while ((x = l->sessions)) {
        l->sessions = x->next;
        session_free(x);
    }
}

void live_free(struct logsrc *s)
{
    struct live *l = s->live;

    if (!l)
        return;
    timer_stop(s->o.clock, &l->replan);
    sessions_free(l);
    free(l->partition);
    free(l->account);
    free(l);
    s->live = NULL;
}

void live_say(struct logsrc *s, const char *why)
{
    free(s->live_why);
    s->live_why = why ? xstrdup(why) : NULL;
    logsrc_changed(s);
}

void live_end(struct logsrc *s, const char *why)
{
    logsrc_live_stop(s);
    live_say(s, why);
}

/* ---- which there are ------------------------------------------------- */

static bool covers(const struct session *x, const char *stream)
{
    size_t i;
    json_t *v;

    if (!x->prefixes)
        return true;
    if (!stream)
        return false; /* a whole group */
    json_array_foreach(x->prefixes, i, v)
        if (strncmp(stream, json_string_value(v), json_string_length(v)) == 0)
            return true;
    return false;
}

/* Streams of one container of all tasks begin alike, so that tasks which
 * start are told of too; of a single stream it is all of its name. NULL = the
 * whole group. */
static json_t *prefixes_of(const struct feed *f)
{
    json_t *list = json_array();
    struct session probe = {.prefixes = list};
    size_t n = 0;
    const char *name;
    void *value;

    for (size_t i = 0; i < f->n_wholes; i++)
        json_array_append_new(list, json_string(f->wholes[i]));
    for (size_t i = 0; map_next(f->streams, &i, &name, &value);)
        n += feed_wants(f, &f->src->sources[(uintptr_t)value - 1], false);
    for (size_t i = 0; map_next(f->streams, &i, &name, &value);) {
        const char *slash = strrchr(name, '/');
        size_t len = slash && n > 1 ? (size_t)(slash + 1 - name)
                                    : strlen(name);
        if (feed_wants(f, &f->src->sources[(uintptr_t)value - 1], false) &&
            !covers(&probe, name))
            json_array_append_new(list, json_stringn(name, len));
    }
    for (size_t i = 0; i < f->n_wholes; i++)
        if (!*f->wholes[i])
            json_array_clear(list);
    if (json_array_size(list) && json_array_size(list) <= PREFIXES)
        return list;
    json_decref(list);
    return NULL;
}

static bool same_region(const struct feed *a, const struct feed *b)
{
    return strcmp(a->region ? a->region : "", b->region ? b->region : "") ==
           0;
}

static struct session *with_room(struct live *l, const struct feed *f)
{
    struct session *x = l->sessions;

    while (x && (x->n_feeds == LOGSRC_LIVE_GROUPS ||
                 !same_region(x->feeds[0], f)))
        x = x->next;
    return x ? x : session_new(l);
}

/* What the sessions that go leave to those that come: how long they waited
 * last, and polls for what they would have told of meanwhile. */
static int64_t hand_over(struct live *l)
{
    int64_t wait_ms = 0;

    for (struct session *x = l->sessions; x; x = x->next) {
        wait_ms = x->wait_ms > wait_ms ? x->wait_ms : wait_ms;
        if (x->state == TELLING)
            session_poll(x);
    }
    sessions_free(l);
    return wait_ms;
}

static void plan(struct live *l)
{
    struct logsrc *s = l->src;
    int64_t wait_ms = hand_over(l);

    for (size_t i = 0; i < s->n_feeds; i++)
        if (feed_is_live(s->feeds[i])) {
            struct session *x = with_room(l, s->feeds[i]);
            x->feeds[x->n_feeds++] = s->feeds[i];
        }
    for (struct session *x = l->sessions; x; x = x->next) {
        x->prefixes = x->n_feeds == 1 ? prefixes_of(x->feeds[0]) : NULL;
        x->wait_ms = wait_ms;
    }
    /* A start that fails for good ends them all. */
    for (struct session *x = l->sessions, *next; x; x = next) {
        next = x->next;
        session_start(x);
        if (!s->live)
            return;
    }
    if (!l->sessions)
        live_end(s, "The live tail ended: all tasks that it told of have "
                    "stopped.");
}

static void replan_due(struct timer *t, void *arg)
{
    (void)t;
    plan(arg);
}

void live_replan(struct live *l)
{
    if (!timer_armed(&l->replan))
        timer_start(l->src->o.clock, &l->replan, REPLAN_MS, replan_due, l);
}

void live_attached(struct feed *f, const char *stream)
{
    struct live *l = f->src->live;

    if (!l)
        return;
    for (const struct session *x = l->sessions; x; x = x->next)
        for (size_t i = 0; i < x->n_feeds; i++)
            if (x->feeds[i] == f && covers(x, stream))
                return;
    live_replan(l);
}

int64_t live_pace(const struct feed *f, int64_t ms)
{
    const struct logsrc *s = f->src;
    int64_t now = clock_mono_ms(s->o.clock);

    for (const struct session *x = s->live ? s->live->sessions : NULL; x;
         x = x->next)
        for (size_t i = 0; i < x->n_feeds; i++)
            if (x->feeds[i] == f && x->state == TELLING)
                return x->sampled_until > now ? LOGSRC_POLL_MS
                                              : LOGSRC_IDLE_MS;
    return ms;
}

/* ---- for the view ---------------------------------------------------- */

void logsrc_live_needs(const struct logsrc *s, size_t *groups,
                       size_t *sessions)
{
    *groups = *sessions = 0;
    for (size_t i = 0; i < s->n_feeds; i++) {
        size_t before = 0;
        if (!feed_is_live(s->feeds[i]))
            continue;
        for (size_t k = 0; k < i; k++)
            before += feed_is_live(s->feeds[k]) &&
                      same_region(s->feeds[k], s->feeds[i]);
        ++*groups;
        *sessions += before % LOGSRC_LIVE_GROUPS == 0;
    }
}

int logsrc_live_start(struct logsrc *s, const char *partition,
                      const char *account, struct err *err)
{
    size_t groups, sessions;

    logsrc_live_needs(s, &groups, &sessions);
    if (!groups)
        return err_set(err, ERR_USAGE, "No log is written that could be "
                       "tailed live: no task runs.");
    live_free(s);
    live_say(s, NULL);
    matches_begin(s);
    s->live = xcalloc(1, sizeof(*s->live));
    *s->live = (struct live){.src = s, .partition = xstrdup(partition),
                             .account = xstrdup(account)};
    timer_start(s->o.clock, &s->live->replan, 0, replan_due, s->live);
    return 0;
}

void logsrc_live_stop(struct logsrc *s)
{
    if (!s->live)
        return;
    live_free(s);
    live_say(s, NULL);
    logsrc_refresh(s);
}

void logsrc_live(const struct logsrc *s, struct logsrc_live *out)
{
    int64_t now = clock_mono_ms(s->o.clock);
    size_t waiting = 0;

    *out = (struct logsrc_live){.why = s->live_why ? s->live_why : ""};
    if (!s->live) {
        out->state = s->live_why ? LOGSRC_LIVE_ENDED : LOGSRC_LIVE_OFF;
        return;
    }
    for (const struct session *x = s->live->sessions; x; x = x->next) {
        if (x->state == TELLING) {
            out->sessions++;
            if (now - x->began_ms > out->age_ms)
                out->age_ms = now - x->began_ms;
        }
        waiting += x->state == WAITING;
        out->sampled |= x->sampled_until > now;
    }
    out->state = out->sessions ? LOGSRC_LIVE_ON
                 : waiting     ? LOGSRC_LIVE_BROKEN
                               : LOGSRC_LIVE_STARTING;
}
