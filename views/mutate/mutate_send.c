/* After the confirmation and the last look: send once, tell, and look up what
 * nobody answered. */
#include "views/mutate/mutate_internal.h"

#include "backend/base/mem.h"
#include "backend/svc/ecs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_UP_MS 2000
#define LOOK_UPS 3

void pending_end(struct pending *p)
{
    if (p->stage == STAGE_CHECK)
        app_dialog_close(p->app);
    pending_free(p);
}

static void before_of(const struct pending *p, size_t i, char *buf, size_t n)
{
    if (p->action == ACTION_STOP)
        snprintf(buf, n, "%s", p->stops[i].was);
    else
        snprintf(buf, n, "desired=%d taskDefinition=%s", p->seen.desired,
                 p->seen.task_definition);
}

static void audit(struct pending *p, size_t i, const char *outcome,
                  const char *request_id)
{
    char before[400], will[500];
    before_of(p, i, before, sizeof(before));
    if (p->action == ACTION_STOP)
        snprintf(will, sizeof(will), "StopTask%s%s",
                 p->reason[0] ? " reason=" : "", p->reason);
    else
        pending_will(p, will, sizeof(will));
    audit_write(p, p->action == ACTION_STOP ? p->targets[i].key : p->arn,
                before, will, outcome, request_id);
}

void pending_abandon(struct pending *p)
{
    if (p->stage != STAGE_SEND)
        return;
    for (size_t i = 0; i < p->n; i++)
        if (p->action != ACTION_STOP || p->stops[i].fate == STOP_SENT)
            audit(p, i, "unknown: the program ended before the answer", "");
}

/* The services of the tasks, each once. */
static void follow(struct pending *p)
{
    struct mutations *m = p->app->mutations;
    if (p->action == ACTION_ROLLBACK)
        back_sent(p);
    if (p->action != ACTION_STOP) {
        follow_start(m, p, p->arn, p->name);
        return;
    }
    for (size_t i = 0; i < p->n; i++) {
        const struct task_row *r = p->targets[i].row;
        bool again = p->stops[i].fate != STOP_DONE || !r->task->service;
        for (size_t k = 0; k < i && !again; k++) {
            const struct task_row *o = p->targets[k].row;
            again = p->stops[k].fate == STOP_DONE && o->task->service &&
                    strcmp(o->task->service, r->task->service) == 0;
        }
        if (!again)
            follow_start(m, p, r->task->service, r->task->service);
    }
}

static void touch(struct pending *p)
{
    struct store *s = p->realm->store;
    if (!s)
        return; /* left: nobody looks at it */
    if (p->action != ACTION_STOP)
        store_touch(s, p->cluster, p->arn);
    for (size_t i = 0; p->stops && i < p->n; i++)
        store_touch(s, p->cluster, p->targets[i].key);
}

/* The marks have served. The table may be gone by now: then there is nothing
 * to do. */
static void unmark(struct pending *p)
{
    for (size_t i = 0; i < p->app->depth; i++)
        if (p->app->stack[i] == p->table && view_is_table(p->table))
            table_view_unmark(p->table);
}

int pending_describe(struct pending *p, aws_done_fn *done)
{
    struct err err = {0};
    struct aws_call_opts opts = {.priority = AWS_PRIO_USER,
                                 .subject = p->arn};
    json_t *list = json_array();
    bool stop = p->action == ACTION_STOP;
    for (size_t i = 0; i < (stop ? p->n : 1); i++)
        json_array_append_new(list, json_string(stop ? p->targets[i].key
                                                     : p->arn));
    if (aws_call(p->realm->client, &p->scope,
                 stop ? &ecs_describe_tasks : &ecs_describe_services,
                 json_pack("{s:s,s:o}", "cluster", p->cluster,
                           stop ? "tasks" : "services", list),
                 &opts, done, p, &err) == 0)
        return 0;
    app_say_err_in(p->app, p->realm, p->stage == STAGE_CHECK
                            ? "Nothing was sent"
                            : "What became of it cannot be looked up", &err);
    pending_end(p);
    return -1;
}

struct ecs_service *service_answered(const struct aws_reply *reply,
                                     struct arena *arena)
{
    struct ecs_service *s = ecs_decode_service(
        json_array_get(json_object_get(reply->root, "services"), 0), 1,
        arena);
    return s && !(s->status && strcmp(s->status, "INACTIVE") == 0) ? s : NULL;
}

/* ---- an outcome that nobody knows ------------------------------------ */

static void on_looked_up(void *arg, const struct aws_reply *reply,
                         const struct err *err);

static void on_look_up_timer(struct timer *t, void *arg)
{
    (void)t;
    pending_describe(arg, on_looked_up);
}

static void look_up(struct pending *p)
{
    p->stage = STAGE_LOOK_UP;
    pending_describe(p, on_looked_up);
}

static bool service_took(const struct pending *p, const struct seen *now)
{
    if (p->action == ACTION_SCALE)
        return now->desired == p->wanted;
    if (p->action == ACTION_ROLLBACK)
        return strcmp(now->task_definition, p->definition) == 0;
    return strcmp(now->primary, p->seen.primary) != 0;
}

bool task_has_stopped(json_t *tasks, const char *arn)
{
    json_t *t;
    size_t k;
    json_array_foreach(tasks, k, t)
    {
        const char *a = json_string_value(json_object_get(t, "taskArn"));
        const char *d = json_string_value(json_object_get(t,
                                                          "desiredStatus"));
        if (a && strcmp(a, arn) == 0)
            return d && strcmp(d, "STOPPED") == 0;
    }
    return true; /* ECS knows it no more */
}

/* Did it take effect? A write may take a while to be seen: "no" is believed
 * only when it has been said a few times. */
static bool took_effect(struct pending *p, const struct aws_reply *reply)
{
    struct arena *arena;
    struct ecs_service *s;
    struct seen now = {0};
    bool took = true;
    if (p->action == ACTION_STOP) {
        json_t *tasks = json_object_get(reply->root, "tasks");
        for (size_t i = 0; i < p->n; i++)
            took &= p->stops[i].fate != STOP_UNKNOWN ||
                    task_has_stopped(tasks, p->targets[i].key);
        return took;
    }
    arena = arena_new();
    s = service_answered(reply, arena);
    if (s)
        seen_of(s, &now);
    took = s && service_took(p, &now);
    if (took && p->action != ACTION_SCALE)
        snprintf(p->ours, sizeof(p->ours), "%s", now.primary);
    arena_free(arena);
    return took;
}

static void on_looked_up(void *arg, const struct aws_reply *reply,
                         const struct err *err)
{
    struct pending *p = arg;
    bool took = !err && took_effect(p, reply);
    if (!took && ++p->looks < LOOK_UPS) {
        timer_start(p->app->o.clock, &p->timer, LOOK_UP_MS, on_look_up_timer,
                    p);
        return;
    }
    if (err)
        app_say_err_in(p->app, p->realm, "What became of it could not be looked up; "
                    "nothing is sent again", err);
    else
        app_say_in(p->app, p->realm, took ? MSG_OK : MSG_WARN,
                took ? "Looked up: it took effect on %s."
                     : "Looked up: it has not taken effect on %s; nothing "
                       "is sent again.", p->name);
    for (size_t i = 0; i < p->n; i++) {
        if (p->action == ACTION_STOP && p->stops[i].fate != STOP_UNKNOWN)
            continue;
        if (p->action == ACTION_STOP && took)
            p->stops[i].fate = STOP_DONE;
        audit(p, i, took  ? "looked up: took effect"
                    : err ? "looked up: failed" : "looked up: no effect", "");
    }
    touch(p);
    if (took)
        follow(p);
    pending_free(p);
}

/* ---- sending --------------------------------------------------------- */

static void say_updated(struct pending *p)
{
    struct app *a = p->app;
    const char *from = taskdef_revision(p->seen.task_definition);
    if (p->action == ACTION_SCALE)
        app_say_in(a, p->realm, MSG_OK, "Scaling %s %d -> %lld (request %s).", p->name,
                p->seen.desired, (long long)p->wanted, p->request_id);
    else if (p->action == ACTION_RESTART)
        app_say_in(a, p->realm, MSG_OK, "Restarting %s: a new deployment of %s (request "
                "%s).", p->name, from, p->request_id);
    else
        app_say_in(a, p->realm, MSG_OK, p->undoes_ms
                    ? "Undoing the roll-back of %s %s -> %s (request %s)."
                    : "Rolling %s back %s -> %s (request %s).", p->name, from,
                taskdef_revision(p->definition), p->request_id);
}

static void on_updated(void *arg, const struct aws_reply *reply,
                       const struct err *err)
{
    struct pending *p = arg;
    snprintf(p->request_id, sizeof(p->request_id), "%s",
             err ? err->request_id : reply->request_id);
    audit(p, 0, err ? err->message : "ok", p->request_id);
    touch(p);
    if (err && err->code == ERR_OUTCOME_UNKNOWN) {
        app_say_err_in(p->app, p->realm, "The outcome is unknown", err);
        look_up(p);
        return;
    }
    if (err) {
        app_say_err_in(p->app, p->realm, p->name, err);
    } else {
        struct arena *arena = arena_new();
        struct seen now = {0};
        struct ecs_service *s = ecs_decode_service(
            json_object_get(reply->root, "service"), 1, arena);
        if (s)
            seen_of(s, &now);
        if (p->action != ACTION_SCALE)
            snprintf(p->ours, sizeof(p->ours), "%s", now.primary);
        arena_free(arena);
        say_updated(p);
        follow(p);
    }
    pending_free(p);
}

static size_t count(const struct pending *p, int fate)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++)
        n += (int)p->stops[i].fate == fate;
    return n;
}

/* When the last answer is there. */
static void stops_answered(struct pending *p)
{
    size_t done = count(p, STOP_DONE), skipped = count(p, STOP_SKIPPED);
    if (count(p, STOP_SENT))
        return;
    if (done)
        app_say_in(p->app, p->realm, MSG_OK, "Stopping %zu of %zu task%s%s (request %s).",
                done, p->n, p->n == 1 ? "" : "s",
                skipped ? "; some had stopped already" : "", p->request_id);
    touch(p);
    follow(p);
    if (count(p, STOP_UNKNOWN))
        look_up(p);
    else
        pending_free(p);
}

static void on_stopped(void *arg, const struct aws_reply *reply,
                       const struct err *err)
{
    struct stop *one = arg;
    struct pending *p = one->p;
    size_t i = (size_t)(one - p->stops);
    const char *id = err ? err->request_id : reply->request_id;
    audit(p, i, err ? err->message : "ok", id);
    one->fate = !err                                ? STOP_DONE
                : err->code == ERR_OUTCOME_UNKNOWN ? STOP_UNKNOWN
                                                    : STOP_FAILED;
    if (err)
        app_say_err_in(p->app, p->realm, one->fate == STOP_UNKNOWN
                                ? "The outcome is unknown"
                                : arn_tail(p->targets[i].key), err);
    else
        snprintf(p->request_id, sizeof(p->request_id), "%s", id);
    stops_answered(p);
}

static void send_stops(struct pending *p)
{
    for (size_t i = 0; i < p->n; i++) {
        struct err err = {0};
        struct aws_call_opts opts = {.priority = AWS_PRIO_USER,
                                     .subject = p->targets[i].key};
        if (p->stops[i].fate == STOP_SKIPPED)
            continue;
        p->stops[i].fate = STOP_SENT;
        if (aws_call(p->realm->client, &p->scope, &ecs_stop_task,
                     pending_params(p, i), &opts, on_stopped, &p->stops[i],
                     &err)) {
            app_say_err_in(p->app, p->realm, "Nothing was sent", &err);
            p->stops[i].fate = STOP_FAILED;
        }
    }
    if (count(p, STOP_SENT))
        return; /* answers come from the loop, never from inside the start */
    if (count(p, STOP_SKIPPED) == p->n)
        app_say_in(p->app, p->realm, MSG_INFO, "Nothing was sent: %s stopped already.",
                p->n == 1 ? "the task has" : "the tasks have");
    pending_free(p);
}

/* The last look at where we are: what was asked in one context, or of one
 * identity, is never sent in another. True when it is dropped, or waits until
 * it is known whose credentials that were just renewed are. */
static bool foreign(struct pending *p)
{
    char why[700] = "it was asked for in another context";
    const char *read_only = app_read_only(p->app);
    if (p->realm == p->app->realm && !read_only) {
        if (app_identity_sure(p->app, why, sizeof(why)))
            return false;
        p->awaits_identity = !p->awaits_identity &&
                             app_identity_coming(p->app);
        if (p->awaits_identity)
            return true;
    }
    app_say_in(p->app, p->realm, MSG_WARN, "Nothing was sent: %s.",
               read_only ? read_only : why);
    pending_end(p);
    return true;
}

void pending_send(struct pending *p)
{
    struct err err = {0};
    struct aws_call_opts opts = {.priority = AWS_PRIO_USER,
                                 .subject = p->arn};
    if (foreign(p))
        return;
    app_dialog_close(p->app);
    unmark(p);
    p->stage = STAGE_SEND;
    if (p->action == ACTION_STOP) {
        send_stops(p);
    } else if (aws_call(p->realm->client, &p->scope, &ecs_update_service,
                        pending_params(p, 0), &opts, on_updated, p, &err)) {
        app_say_err_in(p->app, p->realm, "Nothing was sent", &err);
        pending_free(p);
    }
}

/* Read again first: an answer may take seconds. An answer that is none leaves
 * us as unsure, and foreign() says so. */
void mutations_identified(struct mutations *m)
{
    struct pending *p = m ? m->pending : NULL;
    char why[700];
    if (!p || !p->awaits_identity)
        return;
    if (app_identity_sure(p->app, why, sizeof(why))) {
        p->awaits_identity = false;
        pending_check(p);
    } else {
        foreign(p);
    }
}
