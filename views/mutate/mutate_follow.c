/* HTTP 200 is not success: a service is followed after an action until it is
 * steady, failed, changed by somebody else, or a quarter of an hour is over. */
#include "views/mutate/mutate_internal.h"

#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/svc/ecs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVERY_MS 2000
#define LONGEST_MS (15 * 60 * 1000)
#define UNDIPPED_MS 30000 /* a stopped task may be counted that long */

static void follow_free(struct follow *f)
{
    struct follow **at = &f->m->follows;
    while (*at != f)
        at = &(*at)->next;
    *at = f->next;
    timer_stop(f->m->app->o.clock, &f->timer);
    scope_cancel(&f->scope);
    realm_unref(f->realm);
    free(f);
}

void follow_free_all(struct mutations *m)
{
    while (m->follows)
        follow_free(m->follows);
}

static void on_timer(struct timer *t, void *arg);

static int64_t elapsed(const struct follow *f)
{
    return app_now(f->m->app) - f->started_ms;
}

/* "Scaling web 4 -> 6 (request ...)" and the like: each message of a follower
 * takes the place of the one before, so the request id stays in sight. */
static void what(const struct follow *f, char *buf, size_t n)
{
    char doing[240];
    switch (f->action) {
    case ACTION_SCALE:
        snprintf(doing, sizeof(doing), "Scaling %s %d -> %lld", f->name,
                 f->from, (long long)f->wanted);
        break;
    case ACTION_RESTART:
        snprintf(doing, sizeof(doing), "Restarting %s", f->name);
        break;
    case ACTION_ROLLBACK:
        snprintf(doing, sizeof(doing), f->undoes
                     ? "Undoing the roll-back of %s %s"
                     : "Rolling %s back %s", f->name, f->revisions);
        break;
    default:
        snprintf(doing, sizeof(doing), "Replacing tasks of %s", f->name);
        break;
    }
    snprintf(buf, n, "%s%s%s%s", doing, f->request_id[0] ? " (request " : "",
             f->request_id, f->request_id[0] ? ")" : "");
}

/* Somebody else's hand, or a roll-out that failed. True when it is over. */
static bool gone_wrong(struct follow *f, const struct ecs_service *s,
                       const struct seen *now, const char *took)
{
    struct app *a = f->m->app;
    const struct ecs_deployment *d = ecs_deployment_by_id(s, f->ours);
    if (f->wanted >= 0 && now->desired != f->wanted) {
        /* One answer may still be from before the change. */
        if (++f->reverted < 2)
            return false;
        if (now->desired == f->from)
            app_say_in(a, f->realm, MSG_WARN, "%s: reverted to %d by someone else (or by "
                    "a scaling policy).", f->name, now->desired);
        else
            app_say_in(a, f->realm, MSG_WARN, "%s: set to %d, not %lld, by someone else "
                    "(or by a scaling policy).", f->name, now->desired,
                    (long long)f->wanted);
        return true;
    }
    f->reverted = 0;
    if (d && d->rollout_state && strcmp(d->rollout_state, "FAILED") == 0) {
        app_say_in(a, f->realm, MSG_ERROR, "%s: the roll-out failed after %s: %s", f->name,
                took, d->rollout_reason ? d->rollout_reason : "no reason");
        return true;
    }
    if (f->ours[0] && strcmp(now->primary, f->ours) != 0 &&
        strcmp(now->primary, f->before) != 0) {
        bool back = strstr(now->reason, "rolling back") != NULL;
        app_say_in(a, f->realm, back ? MSG_ERROR : MSG_WARN, back
                    ? "%s: the roll-out failed after %s; ECS rolls back to "
                      "%s."
                    : "%s: after %s another deployment took over, of %s: "
                      "somebody deployed.",
                f->name, took, taskdef_revision(now->task_definition));
        return true;
    }
    return false;
}

static bool is_steady(struct follow *f, const struct seen *now)
{
    if (now->running < now->desired)
        f->dipped = true;
    if (now->several || now->running != now->desired || now->pending ||
        strcmp(now->rollout, "IN_PROGRESS") == 0)
        return false;
    switch (f->action) {
    case ACTION_SCALE:
        return now->desired == f->wanted;
    case ACTION_STOP:
        return f->dipped || elapsed(f) >= UNDIPPED_MS;
    default: /* an answer from before the change looks steady, too */
        return strcmp(now->primary, f->before) != 0;
    }
}

/* Its progress is one line of the messages. */
static const char *line_of(const struct follow *f)
{
    return f->request_id[0] ? f->request_id : f->name;
}

/* Where all tasks are replaced, those that run tell nothing: the old ones
 * keep running until the new ones do. */
static void tell_new(struct follow *f, const struct ecs_service *s,
                     const char *doing, const char *took)
{
    const struct ecs_deployment *d =
        f->ours[0] ? ecs_deployment_by_id(s, f->ours) : ecs_primary(s);
    if (!d || !d->id || strcmp(d->id, f->before) == 0 ||
        d->running == f->last_new)
        return;
    f->last_new = d->running;
    app_say_progress_in(f->m->app, f->realm, MSG_INFO, line_of(f),
                        "%s: %d of %d new after %s.", doing, d->running,
                        d->desired, took);
}

/* True when it is over. */
static bool judge(struct follow *f, const struct ecs_service *s)
{
    struct app *a = f->m->app;
    struct seen now;
    char took[24], doing[340];
    seen_of(s, &now);
    fmt_duration(elapsed(f), took);
    what(f, doing, sizeof(doing));
    if (s->status && strcmp(s->status, "ACTIVE") != 0) {
        app_say_in(a, f->realm, MSG_WARN, "%s: the service is being deleted.", f->name);
        return true;
    }
    if (gone_wrong(f, s, &now, took))
        return true;
    if (is_steady(f, &now)) {
        app_say_progress_in(a, f->realm, MSG_OK, line_of(f),
                            "%s: %d/%d, steady after %s.", doing, now.running,
                            now.desired, took);
        return true;
    }
    if (f->action == ACTION_RESTART || f->action == ACTION_ROLLBACK) {
        tell_new(f, s, doing, took);
    } else if (now.running != f->last_running && !f->reverted) {
        f->last_running = now.running;
        app_say_progress_in(a, f->realm, MSG_INFO, line_of(f),
                            "%s: %d/%d after %s.", doing, now.running,
                            now.desired, took);
    }
    return false;
}

static void on_reply(void *arg, const struct aws_reply *reply,
                     const struct err *err)
{
    struct follow *f = arg;
    bool over = false;
    char took[24];
    if (!err) {
        struct arena *arena = arena_new();
        struct ecs_service *s = ecs_decode_service(
            json_array_get(json_object_get(reply->root, "services"), 0), 1,
            arena);
        over = !s || judge(f, s);
        if (!s)
            app_say_in(f->m->app, f->realm, MSG_WARN, "%s: the service is gone.", f->name);
        arena_free(arena);
    }
    if (!over && elapsed(f) > LONGEST_MS) {
        over = true;
        app_say_in(f->m->app, f->realm, MSG_WARN, "%s is not steady after %s; it is not "
                "followed any longer.", f->name,
                fmt_duration(elapsed(f), took));
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
                                 .subject = f->service};
    (void)t;
    if (aws_call(f->realm->client, &f->scope, &ecs_describe_services,
                 json_pack("{s:s,s:[s]}", "cluster", f->cluster, "services",
                           f->service),
                 &opts, on_reply, f, &err)) {
        app_say_err_in(f->m->app, f->realm, f->name, &err);
        follow_free(f);
    }
}

void follow_start(struct mutations *m, const struct pending *p,
                  const char *service, const char *name)
{
    for (struct follow *f = m->follows, *next; f; f = next) {
        next = f->next;
        if (f->realm == p->realm &&
            strcmp(arn_tail(f->service), arn_tail(service)) == 0 &&
            strcmp(arn_tail(f->cluster), arn_tail(p->cluster)) == 0)
            follow_free(f); /* the newer action is what counts */
    }
    struct follow *f = xcalloc(1, sizeof(*f));
    f->m = m;
    f->realm = realm_ref(p->realm);
    f->action = p->action;
    f->wanted = p->action == ACTION_SCALE ? p->wanted : -1;
    f->from = p->seen.desired;
    f->started_ms = app_now(m->app);
    f->last_running = p->action == ACTION_STOP ? -1 : p->seen.running;
    f->undoes = p->undoes_ms != 0;
    snprintf(f->revisions, sizeof(f->revisions), "%.30s -> %.30s",
             taskdef_revision(p->seen.task_definition),
             taskdef_revision(p->definition));
    snprintf(f->name, sizeof(f->name), "%s", name);
    snprintf(f->cluster, sizeof(f->cluster), "%s", p->cluster);
    snprintf(f->service, sizeof(f->service), "%s", service);
    snprintf(f->before, sizeof(f->before), "%s", p->seen.primary);
    snprintf(f->ours, sizeof(f->ours), "%s", p->ours);
    snprintf(f->request_id, sizeof(f->request_id), "%s", p->request_id);
    scope_init(&f->scope, &m->app->scope);
    f->next = m->follows;
    m->follows = f;
    timer_start(m->app->o.clock, &f->timer, EVERY_MS, on_timer, f);
}
