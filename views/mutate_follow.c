/* HTTP 200 is not success: a service is followed after an action until it is
 * steady, failed, changed by somebody else, or a quarter of an hour is over. */
#include "views/mutate_internal.h"

#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/svc/ecs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVERY_MS 2000
#define LONGEST_MS (15 * 60 * 1000)

static void follow_free(struct follow *f)
{
    struct follow **at = &f->m->follows;
    while (*at != f)
        at = &(*at)->next;
    *at = f->next;
    timer_stop(f->m->app->o.clock, &f->timer);
    scope_cancel(&f->scope);
    free(f);
}

void follow_free_all(struct mutations *m)
{
    while (m->follows)
        follow_free(m->follows);
}

static const char *verb(enum action_id action)
{
    return action == ACTION_SCALE     ? "scaling"
           : action == ACTION_RESTART ? "restarting"
                                      : "rolling back";
}

static void on_timer(struct timer *t, void *arg);

/* True when it is over. */
static bool judge(struct follow *f, const struct ecs_service *s)
{
    struct app *a = f->m->app;
    struct seen now;
    char took[24];
    seen_of(s, &now);
    fmt_duration(app_now(a) - f->started_ms, took);
    if (f->wanted >= 0 && now.desired != f->wanted) {
        app_say(a, MSG_WARN, "%s: desired is %d again, not %lld: a scaling "
                "policy or somebody else set it.", f->name, now.desired,
                (long long)f->wanted);
        return true;
    }
    if (strcmp(now.rollout, "FAILED") == 0 &&
        strcmp(now.primary, f->primary) != 0) {
        app_say(a, MSG_ERROR, "%s: the roll-out failed after %s: %s", f->name,
                took, now.reason);
        return true;
    }
    if (!now.several && now.running == now.desired && !now.pending &&
        strcmp(now.rollout, "IN_PROGRESS") != 0) {
        app_say(a, MSG_OK, "%s: %d/%d, steady after %s.", f->name,
                now.running, now.desired, took);
        return true;
    }
    if (now.running != f->last_running) {
        f->last_running = now.running;
        app_say(a, MSG_INFO, "%s %s: %d/%d after %s.", verb(f->action),
                f->name, now.running, now.desired, took);
    }
    if (app_now(a) - f->started_ms > LONGEST_MS) {
        app_say(a, MSG_WARN, "%s is not steady after %s; it is not followed "
                "any longer.", f->name, took);
        return true;
    }
    return false;
}

static void on_reply(void *arg, const struct aws_reply *reply,
                     const struct err *err)
{
    struct follow *f = arg;
    bool over = false;
    if (!err) {
        struct arena *arena = arena_new();
        struct ecs_service *s = ecs_decode_service(
            json_array_get(json_object_get(reply->root, "services"), 0), 1,
            arena);
        over = s && judge(f, s);
        arena_unref(arena);
    }
    if (over)
        follow_free(f);
    else
        timer_start(f->m->app->o.clock, &f->timer, EVERY_MS, on_timer, f);
}

static void on_timer(struct timer *t, void *arg)
{
    struct follow *f = arg;
    struct err err = {0};
    struct aws_call_opts opts = {.priority = AWS_PRIO_VISIBLE,
                                 .subject = f->arn};
    (void)t;
    if (aws_call(f->m->app->o.client, &f->scope, &ecs_describe_services,
                 json_pack("{s:s,s:[s]}", "cluster", f->cluster, "services",
                           f->arn),
                 &opts, on_reply, f, &err))
        follow_free(f);
}

void follow_start(struct mutations *m, const struct pending *p)
{
    if (p->action == ACTION_STOP)
        return;
    for (struct follow *f = m->follows, *next; f; f = next) {
        next = f->next;
        if (strcmp(f->arn, p->arn) == 0)
            follow_free(f); /* the newer action is what counts */
    }
    struct follow *f = xcalloc(1, sizeof(*f));
    f->m = m;
    f->action = p->action;
    f->wanted = p->action == ACTION_SCALE ? p->wanted : -1;
    f->started_ms = app_now(m->app);
    f->last_running = p->seen.running;
    snprintf(f->name, sizeof(f->name), "%s", p->name);
    snprintf(f->cluster, sizeof(f->cluster), "%s", p->cluster);
    snprintf(f->arn, sizeof(f->arn), "%s", p->arn);
    snprintf(f->primary, sizeof(f->primary), "%s", p->seen.primary);
    scope_init(&f->scope, &m->app->scope);
    f->next = m->follows;
    m->follows = f;
    timer_start(m->app->o.clock, &f->timer, EVERY_MS, on_timer, f);
}
