/* After the confirmation the target is read again: what has changed meanwhile
 * is shown, and asked again. */
#include "views/mutate/mutate_internal.h"

#include "backend/svc/ecs.h"

#include <stdio.h>
#include <string.h>

/* Somebody else acted: show old -> new and ask again. */
static void ask_again(struct pending *p)
{
    app_say_in(p->app, p->realm, MSG_WARN, "%s has changed since you pressed the key: "
            "look again.", p->name);
    p->changed = true;
    /* Drastic scaling and stopping ask for the number or reason first. */
    p->stage = pending_drastic(p) && p->action != ACTION_SCALE &&
                       p->action != ACTION_STOP
                   ? STAGE_TYPED
                   : STAGE_ASK;
    pending_ask(p);
}

static void service_changed(struct pending *p, const struct ecs_service *s,
                            const struct seen *now)
{
    bool other = strcmp(now->task_definition, p->seen.task_definition) != 0;
    p->was = p->seen;
    p->seen = *now;
    if (p->action == ACTION_ROLLBACK && other) {
        p->changed = true; /* what to roll back to is another question now */
        back_choose(p, s);
    } else {
        ask_again(p);
    }
}

static void on_service_checked(void *arg, const struct aws_reply *reply,
                               const struct err *err)
{
    struct pending *p = arg;
    struct arena *arena = arena_new();
    struct seen now = {0};
    struct ecs_service *s = err ? NULL : service_answered(reply, arena);
    if (err) {
        app_say_err_in(p->app, p->realm, "Nothing was sent: the service could not be "
                    "read again", err);
        pending_end(p);
    } else if (!s) {
        app_say_in(p->app, p->realm, MSG_ERROR, "Nothing was sent: %s does not exist any "
                "more.", p->name);
        pending_end(p);
    } else {
        seen_of(s, &now);
        if (now.desired == p->seen.desired &&
            strcmp(now.task_definition, p->seen.task_definition) == 0 &&
            strcmp(now.primary, p->seen.primary) == 0)
            pending_send(p);
        else
            service_changed(p, s, &now);
    }
    arena_free(arena);
}

static void task_now(json_t *tasks, struct stop *one, const char *arn)
{
    json_t *t;
    size_t k;
    one->now[0] = '\0';
    one->fate = task_has_stopped(tasks, arn) ? STOP_SKIPPED : STOP_WAITS;
    json_array_foreach(tasks, k, t)
    {
        const char *a = json_string_value(json_object_get(t, "taskArn"));
        const char *s = json_string_value(json_object_get(t, "lastStatus"));
        if (a && s && strcmp(a, arn) == 0)
            snprintf(one->now, sizeof(one->now), "%s", s);
    }
}

static void on_tasks_checked(void *arg, const struct aws_reply *reply,
                             const struct err *err)
{
    struct pending *p = arg;
    bool changed = false;
    if (err) {
        app_say_err_in(p->app, p->realm, "Nothing was sent: the tasks could not be read "
                    "again", err);
        pending_end(p);
        return;
    }
    json_t *tasks = json_object_get(reply->root, "tasks");
    for (size_t i = 0; i < p->n; i++) {
        struct stop *one = &p->stops[i];
        task_now(tasks, one, p->targets[i].key);
        changed |= one->fate == STOP_WAITS && strcmp(one->was, one->now) != 0;
    }
    if (!changed) {
        pending_send(p);
        return;
    }
    ask_again(p);
    for (size_t i = 0; i < p->n; i++) /* has been shown */
        memcpy(p->stops[i].was, p->stops[i].now, sizeof(p->stops[i].was));
}

void pending_check(struct pending *p)
{
    p->stage = STAGE_CHECK;
    pending_ask(p);
    pending_describe(p, p->action == ACTION_STOP ? on_tasks_checked
                                                 : on_service_checked);
}
