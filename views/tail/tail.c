#include "views/tail/tail_internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/aws/client.h"
#include "backend/base/clock.h"
#include "backend/base/map.h"
#include "backend/base/mem.h"
#include "backend/net/loop.h"
#include "backend/store/store.h"
#include "views/cli/exit_status.h"
#include "views/log/log_task.h"

#define TURN_MS 250       /* at the longest, until we look at the reader */
#define HOLD_MS 2000      /* followed lines wait so long for their order */
#define PATIENCE_MS 60000 /* nothing could be read for so long: that's it */
#define DRAIN_MS 20000    /* after the roll-out's end */

static bool goes_on(const struct tail *t)
{
    return t->o->follow || t->o->until_stable;
}

/* Told once, until something else is. */
static void say(struct tail *t, enum said about, const char *text)
{
    char *said = t->said[about];
    size_t n = strlen(text);

    if (strncmp(said, text, sizeof(t->said[0]) - 1) == 0)
        return;
    snprintf(said, sizeof(t->said[0]), "%s", text);
    fprintf(stderr, "ecsdash: %s%s\n", text,
            n && text[n - 1] == '.' ? "" : ".");
}

static void end(struct tail *t, int status)
{
    if (!t->status)
        t->status = status;
    t->done = true;
}

static void fail(struct tail *t, const struct err *err)
{
    say(t, SAID_SERVICE, err->message);
    end(t, exit_status_of(err));
}

/* ---- where it stands ------------------------------------------------- */

/* Everything about tasks is known, or known not to be had: then *why says
 * that. */
static bool tasks_known(struct tail_service *s, struct err *why)
{
    const struct snapshot *snap;
    int64_t now = clock_mono_ms(loop_clock(s->tail->o->loop));

    if (!s->sub || !subscription_settled(s->sub))
        return false;
    snap = subscription_snapshot(s->sub);
    if (!snap)
        return false;
    if (!s->tail->known)
        s->waiting = !log_tasks_defined(s->tail->o->store, snap, NULL);
    else if (snap->generation != s->fed)
        tail_feed(s, snap);
    if (snap->error.code != ERR_NONE)
        *why = snap->error;
    else if (snap->n_lacks)
        err_set(why, ERR_DENIED, "%s: not allowed to read the %s (%s).",
                s->label, snap->lacks[0]->what, snap->lacks[0]->action);
    if (!s->waiting)
        s->waiting_ms = 0;
    else if (!s->waiting_ms)
        s->waiting_ms = now;
    if (why->code != ERR_NONE || !s->waiting)
        return true;
    if (now - s->waiting_ms < PATIENCE_MS)
        return false;
    err_set(why, ERR_TIMEOUT, "%s: its task definition could not be read.",
            s->label);
    return true;
}

static bool is_hopeless(const struct tail *t, const struct err *err)
{
    switch (err->code) {
    case ERR_DENIED:
        return true;
    case ERR_CREDENTIALS:
    case ERR_EXPIRED:
    case ERR_NOT_FOUND: /* a group may come with its first line */
        return !goes_on(t);
    default:
        return false;
    }
}

/* Errors of reading: told, and waited for as long as makes sense. True when
 * that is over. */
static bool troubled(struct tail *t, int64_t now)
{
    struct err err = {0};

    if (!logsrc_stuck(t->src, &err)) {
        t->stuck_ms = 0;
        t->said[SAID_LOGS][0] = '\0';
        return false;
    }
    if (!t->stuck_ms)
        t->stuck_ms = now;
    say(t, SAID_LOGS, logsrc_status(t->src));
    if (is_hopeless(t, &err) ||
        (!goes_on(t) && now - t->stuck_ms > PATIENCE_MS)) {
        /* A group that isn't there is no service that isn't. */
        end(t, err.code == ERR_NOT_FOUND ? 1 : exit_status_of(&err));
        return true;
    }
    return false;
}

/* Has everything up to then been read? */
static bool is_read(struct tail *t, int64_t wall_ms)
{
    return !logsrc_loading(t->src) &&
           logsrc_settled_ms(t->src) == INT64_MAX &&
           (!wall_ms || logsrc_read_ms(t->src) >= wall_ms);
}

static void check_tasks(struct tail *t, bool *all)
{
    bool any = false;

    *all = true;
    for (size_t i = 0; i < t->n_services; i++) {
        struct err err = {0};
        bool known = tasks_known(&t->services[i], &err);
        const struct snapshot *snap =
            known ? subscription_snapshot(t->services[i].sub) : NULL;
        *all &= known;
        any |= known && snap->n_rows;
        if (err.code == ERR_NONE)
            continue;
        say(t, SAID_TASKS, err.message);
        if (is_hopeless(t, &err) || !goes_on(t))
            t->status = t->status ? t->status : exit_status_of(&err);
        if (is_hopeless(t, &err) && !logsrc_readable(t->src))
            t->done = true;
    }
    if (*all && !t->known) {
        tail_feed_all(t);
        *all = false; /* it begins in the next turn */
        return;
    }
    /* Tasks there are, and nothing of them can be read. */
    if (*all && any && !goes_on(t) && !logsrc_readable(t->src)) {
        say(t, SAID_TASKS, "None of the containers writes to CloudWatch Logs.");
        end(t, 1);
    }
}

/* The roll-outs have ended: what was written up to then is read, with the
 * tasks that came meanwhile. */
static void drain(struct tail *t, int64_t now)
{
    bool fresh = true;

    for (size_t i = 0; i < t->n_services; i++) {
        const struct snapshot *snap =
            subscription_snapshot(t->services[i].sub);
        fresh &= snap && snap->fetched_ms >= t->verdict_ms && snap->complete;
    }
    if ((fresh && is_read(t, logsrc_service_now(t->src) -
                                 (now - t->drain_ms))) ||
        now - t->drain_ms > DRAIN_MS)
        end(t, 0);
}

static void check_stable(struct tail *t, int64_t now)
{
    bool steady = true;

    if (t->verdict_ms) {
        drain(t, now);
        return;
    }
    for (size_t i = 0; i < t->n_services; i++) {
        const struct tail_stable *s = &t->services[i].stable;
        tail_wait_look(&t->services[i]);
        tail_wait_say(&t->services[i]);
        if (s->state == TAIL_FAILED) {
            fprintf(stderr, "ecsdash: %s: %s\n", t->services[i].label,
                    s->reason);
            t->status = 1;
            steady = true;
            break;
        }
        steady &= s->state == TAIL_STEADY;
    }
    if (!steady && !tail_wait_over(t, now))
        return;
    t->verdict_ms = clock_wall_ms(loop_clock(t->o->loop));
    t->drain_ms = now;
    for (size_t i = 0; i < t->n_services; i++)
        subscription_refresh(t->services[i].sub);
    logsrc_refresh(t->src);
}

/* Begins with the first answer: a service that isn't there has no tasks. */
static bool check_services(struct tail *t)
{
    bool known = true;

    for (size_t i = 0; i < t->n_services; i++) {
        struct tail_service *s = &t->services[i];
        struct query q = {.kind = QUERY_TASKS, .cluster = s->cluster,
                          .service = s->name};
        if (s->stable.error.code != ERR_NONE) {
            if (s->stable.state == TAIL_UNKNOWN ||
                s->stable.error.code == ERR_NOT_FOUND ||
                is_hopeless(t, &s->stable.error)) {
                err_prefix(&s->stable.error, "%s", s->label);
                fail(t, &s->stable.error);
                return false;
            }
            say(t, SAID_SERVICE, s->stable.error.message);
        }
        known &= s->stable.state != TAIL_UNKNOWN;
        if (s->stable.state != TAIL_UNKNOWN && !s->sub) {
            s->sub = store_subscribe(t->o->store, &q, tail_on_snapshot, s);
            subscription_set_visible(s->sub, true);
        }
    }
    return known;
}

static void step(struct tail *t)
{
    int64_t now = clock_mono_ms(loop_clock(t->o->loop));
    bool all;

    /* Before all sources are there, nobody knows what is the oldest. */
    if (t->known)
        tail_print_upto(&t->print, logsrc_settled_ms(t->src),
                        goes_on(t) ? logsrc_service_now(t->src) - HOLD_MS
                                   : INT64_MAX);
    if (tail_print_is_over(&t->print)) {
        t->done = true;
        return;
    }
    if (!check_services(t))
        return;
    check_tasks(t, &all);
    if (t->done)
        return;
    if (troubled(t, now)) {
        /* Nothing can be read to the end. */
        if (t->o->until_stable && !t->done && tail_wait_over(t, now))
            end(t, 1);
        return;
    }
    if (t->o->until_stable)
        check_stable(t, now);
    else if (!t->o->follow && all && is_read(t, 0))
        end(t, 0);
}

/* ---- the whole ------------------------------------------------------- */

static void set_up(struct tail *t)
{
    const struct tail_options *o = t->o;
    struct clock *clock = loop_clock(o->loop);
    int64_t ago = 0, from = 0;

    t->begun_ms = clock_mono_ms(clock);
    if (o->since)
        tail_since(o->since, clock_wall_ms(clock), &ago, &from);
    t->labels = map_new();
    t->drivers = map_new();
    t->src = logsrc_new(&(struct logsrc_options){
        .clock = clock, .client = o->client, .in_order = true,
        .backfill_ms = ago, .from_ms = from});
    if (o->filter)
        t->filter = regex_new(o->filter + (*o->filter == '!'), NULL);
    t->print = (struct tail_print){
        .format = {.src = t->src, .output = o->output, .color = o->color,
                   .service = tail_label_of, .arg = t,
                   .name_service = o->n_names > 1},
        .filter = t->filter,
        .invert = o->filter && *o->filter == '!',
        .fd = STDOUT_FILENO,
        .buf = logsrc_buf(t->src)};
    tail_print_begin(&t->print);
    t->n_services = o->n_names;
    t->services = xcalloc(o->n_names, sizeof(*t->services));
    for (size_t i = 0; i < o->n_names; i++) {
        struct tail_service *s = &t->services[i];
        s->tail = t;
        tail_split(o->names[i], &s->cluster, &s->name);
        s->label = xasprintf("%s/%s", s->cluster, s->name);
        tail_stable_begin(&s->stable, o->loop, o->client, s->cluster, s->name,
                          o->until_stable);
    }
}

static void tear_down(struct tail *t)
{
    for (size_t i = 0; i < t->n_services; i++) {
        struct tail_service *s = &t->services[i];
        tail_stable_end(&s->stable);
        if (s->sub)
            subscription_close(s->sub);
        free(s->label);
        free(s->cluster);
        free(s->name);
    }
    tail_print_end(&t->print);
    logsrc_free(t->src);
    regex_free(t->filter);
    map_free(t->labels, NULL);
    map_free(t->drivers, NULL);
    free(t->services);
}

int tail_run(const struct tail_options *o, int *death)
{
    struct tail t = {.o = o};
    struct err err = {0};

    if (tail_check(o, &err)) {
        say(&t, SAID_SERVICE, err.message);
        return exit_status_of(&err);
    }
    set_up(&t);
    while (!t.done) {
        loop_turn(o->loop, TURN_MS);
        step(&t);
    }
    tail_print_upto(&t.print, INT64_MAX, INT64_MAX);
    if (t.print.error == EPIPE) {
        *death = SIGPIPE;
    } else if (t.print.error) {
        err_set_errno(&err, t.print.error, "The lines could not be written");
        say(&t, SAID_SERVICE, err.message);
        t.status = 1;
    }
    tear_down(&t);
    return t.status;
}
