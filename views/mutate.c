/* One action from key press to outcome: capture, ask, read again, send once,
 * tell, follow. */
#include "views/mutate_internal.h"

#include "backend/base/mem.h"
#include "backend/svc/ecs.h"
#include "views/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_dialog(void *arg, enum dialog_result r);
static void send_all(struct pending *p);

static void pending_free(struct pending *p)
{
    struct mutations *m = p->app->mutations;
    if (m->pending == p)
        m->pending = NULL;
    scope_cancel(&p->scope);
    for (size_t i = 0; i < p->n; i++)
        target_release(&p->targets[i]);
    free(p->targets);
    free(p);
}

struct mutations *mutations_new(struct app *app)
{
    struct mutations *m = xcalloc(1, sizeof(*m));
    m->app = app;
    return m;
}

void mutations_free(struct mutations *m)
{
    if (!m)
        return;
    if (m->pending)
        pending_free(m->pending);
    follow_free_all(m);
    free(m);
}

/* ---- what may not be done ------------------------------------------- */

static bool account_allows(struct app *a)
{
    if (!a->identity_known) {
        app_say(a, MSG_WARN, "Refused: it is not known yet which account "
                "and role this is.");
        return false;
    }
    const struct config_context *c =
        a->o.config ? config_of(a->o.config, a->identity.account) : NULL;
    if (c && c->read_only) {
        app_say(a, MSG_WARN, "Refused: your config marks account %s as "
                "readonly.", a->identity.account);
        return false;
    }
    return true;
}

/* NULL, or why the API does not allow it for this service. */
static const char *service_refuses(const struct ecs_service *s,
                                   enum action_id action)
{
    bool ecs = strcmp(s->controller, "ECS") == 0;
    if (s->scheduling && strcmp(s->scheduling, "DAEMON") == 0 &&
        action == ACTION_SCALE)
        return "a DAEMON service runs one task on each instance; it has no "
               "count";
    if (!ecs && action != ACTION_SCALE)
        return strcmp(s->controller, "CODE_DEPLOY") == 0
                   ? "its deployments belong to CodeDeploy"
                   : "its deployments belong to an external controller";
    if (strcmp(s->controller, "EXTERNAL") == 0)
        return "its scale is set on its task sets by an external controller";
    if (s->status && strcmp(s->status, "ACTIVE") != 0)
        return "it is being deleted";
    return NULL;
}

/* ---- telling --------------------------------------------------------- */

static void say_done(struct pending *p)
{
    struct app *a = p->app;
    switch (p->action) {
    case ACTION_SCALE:
        app_say(a, MSG_OK, "Scaling %s %d -> %lld (request %s).", p->name,
                p->seen.desired, (long long)p->wanted, p->request_id);
        break;
    case ACTION_RESTART:
        app_say(a, MSG_OK, "Restarting %s: a new deployment of %s (request "
                "%s).", p->name, taskdef_revision(p->seen.task_definition),
                p->request_id);
        break;
    case ACTION_ROLLBACK:
        app_say(a, MSG_OK, "Rolling %s back %s -> %s (request %s).", p->name,
                taskdef_revision(p->seen.task_definition),
                taskdef_revision(p->definition), p->request_id);
        break;
    default:
        app_say(a, p->failed ? MSG_WARN : MSG_OK, "Stopping %zu of %zu "
                "task%s%s (request %s).", p->done, p->n,
                p->n == 1 ? "" : "s",
                p->skipped ? "; the rest had stopped already" : "",
                p->request_id);
        break;
    }
}

static void touch(struct pending *p)
{
    const struct task_row *r =
        p->action == ACTION_STOP ? p->targets[0].row : NULL;
    store_touch(p->app->o.store, p->cluster, p->arn);
    for (size_t i = 1; i < p->n; i++)
        store_touch(p->app->o.store, p->cluster, p->targets[i].key);
    (void)r;
}

/* ---- an outcome that nobody knows ------------------------------------ */

/* The service was read again: did the call take effect after all? */
static void on_looked_up(void *arg, const struct aws_reply *reply,
                         const struct err *err)
{
    struct pending *p = arg;
    struct arena *arena = arena_new();
    struct ecs_service *s = NULL;
    struct seen now = {0};
    if (!err)
        s = ecs_decode_service(
            json_array_get(json_object_get(reply->root, "services"), 0), 1,
            arena);
    if (s) {
        seen_of(s, &now);
        bool took = p->action == ACTION_SCALE ? now.desired == p->wanted
                    : p->action == ACTION_ROLLBACK
                        ? strcmp(now.task_definition, p->definition) == 0
                        : strcmp(now.primary, p->seen.primary) != 0;
        app_say(p->app, took ? MSG_OK : MSG_WARN,
                took ? "Looked up: it took effect on %s."
                     : "Looked up: it has not taken effect on %s so far; "
                       "nothing is sent again.", p->name);
        audit_write(p, p->arn, "", took ? "looked up: took effect"
                                        : "looked up: no effect", "");
        if (took)
            follow_start(p->app->mutations, p);
    } else {
        app_say(p->app, MSG_ERROR, "What became of it could not be looked "
                "up; nothing is sent again.");
    }
    arena_unref(arena);
    pending_free(p);
}

static int describe(struct pending *p, aws_done_fn *done)
{
    struct err err = {0};
    struct aws_call_opts opts = {.priority = AWS_PRIO_USER,
                                 .subject = p->arn};
    json_t *params, *list = json_array();
    bool stop = p->action == ACTION_STOP;
    for (size_t i = 0; i < (stop && p->n < 100 ? p->n : stop ? 100 : 1); i++)
        json_array_append_new(list, json_string(stop ? p->targets[i].key
                                                     : p->arn));
    params = json_pack("{s:s,s:o}", "cluster", p->cluster,
                       stop ? "tasks" : "services", list);
    if (aws_call(p->app->o.client, &p->scope,
                 stop ? &ecs_describe_tasks : &ecs_describe_services, params,
                 &opts, done, p, &err) == 0)
        return 0;
    app_say_err(p->app, "Nothing was sent", &err);
    pending_free(p);
    return -1;
}

/* ---- sending --------------------------------------------------------- */

static void on_updated(void *arg, const struct aws_reply *reply,
                       const struct err *err)
{
    struct pending *p = arg;
    char will[300];
    pending_will(p, will, sizeof(will));
    snprintf(p->request_id, sizeof(p->request_id), "%s",
             err ? err->request_id : reply->request_id);
    audit_write(p, p->arn, will, err ? err->message : "ok", p->request_id);
    touch(p);
    if (err && err->code == ERR_OUTCOME_UNKNOWN) {
        app_say_err(p->app, "The outcome is unknown", err);
        describe(p, on_looked_up);
        return;
    }
    if (err) {
        app_say_err(p->app, p->name, err);
    } else {
        say_done(p);
        follow_start(p->app->mutations, p);
    }
    pending_free(p);
}

struct stop_one {
    struct pending *p;
    size_t i;
};

static void finish_stops(struct pending *p)
{
    if (p->done + p->failed + p->skipped < p->n)
        return;
    say_done(p);
    touch(p);
    pending_free(p);
}

static void on_stopped(void *arg, const struct aws_reply *reply,
                       const struct err *err)
{
    struct stop_one *one = arg;
    struct pending *p = one->p;
    const char *id = err ? err->request_id : reply->request_id;
    audit_write(p, p->targets[one->i].key, "StopTask",
                err ? err->message : "ok", id);
    if (err) {
        p->failed++;
        app_say_err(p->app, arn_tail(p->targets[one->i].key), err);
    } else {
        p->done++;
        snprintf(p->request_id, sizeof(p->request_id), "%s", id);
    }
    free(one);
    finish_stops(p);
}

static void send_stops(struct pending *p, const bool *gone)
{
    struct aws_call_opts opts = {.priority = AWS_PRIO_USER};
    for (size_t i = 0; i < p->n; i++) {
        struct err err = {0};
        if (gone[i]) {
            p->skipped++;
            continue;
        }
        struct stop_one *one = xcalloc(1, sizeof(*one));
        *one = (struct stop_one){p, i};
        opts.subject = p->targets[i].key;
        /* In the app's scope: closing nothing loses the outcome. */
        if (aws_call(p->app->o.client, &p->scope, &ecs_stop_task,
                     pending_params(p, i), &opts, on_stopped, one, &err)) {
            app_say_err(p->app, "Nothing was sent", &err);
            p->failed++;
            free(one);
        }
    }
    if (p->skipped == p->n)
        app_say(p->app, MSG_INFO, "Nothing was sent: %s stopped already.",
                p->n == 1 ? "the task has" : "the tasks have");
    if (p->done + p->failed + p->skipped == p->n)
        pending_free(p);
}

static void send_all(struct pending *p)
{
    struct err err = {0};
    struct aws_call_opts opts = {.priority = AWS_PRIO_USER,
                                 .subject = p->arn};
    p->stage = STAGE_SEND;
    if (aws_call(p->app->o.client, &p->scope, pending_op(p),
                 pending_params(p, 0), &opts, on_updated, p, &err)) {
        app_say_err(p->app, "Nothing was sent", &err);
        pending_free(p);
    }
}

/* ---- reading the target again just before --------------------------- */

static void on_service_checked(void *arg, const struct aws_reply *reply,
                               const struct err *err)
{
    struct pending *p = arg;
    struct arena *arena = arena_new();
    struct seen now = {0};
    struct ecs_service *s =
        err ? NULL
            : ecs_decode_service(
                  json_array_get(json_object_get(reply->root, "services"), 0),
                  1, arena);
    if (!s || (s->status && strcmp(s->status, "INACTIVE") == 0)) {
        if (err)
            app_say_err(p->app, "Nothing was sent: the service could not be "
                        "read again", err);
        else
            app_say(p->app, MSG_ERROR, "Nothing was sent: %s does not exist "
                    "any more.", p->name);
        arena_unref(arena);
        pending_free(p);
        return;
    }
    seen_of(s, &now);
    arena_unref(arena);
    if (now.desired == p->seen.desired &&
        strcmp(now.task_definition, p->seen.task_definition) == 0 &&
        strcmp(now.primary, p->seen.primary) == 0) {
        send_all(p);
        return;
    }
    /* Somebody else acted: show old -> new and ask again. */
    p->stage = pending_drastic(p) ? STAGE_TYPED : STAGE_ASK;
    app_say(p->app, MSG_WARN, "%s has changed since you pressed the key: "
            "look again.", p->name);
    pending_dialog(p, &now, on_dialog);
    p->seen = now;
}

static void on_tasks_checked(void *arg, const struct aws_reply *reply,
                             const struct err *err)
{
    struct pending *p = arg;
    if (err) {
        app_say_err(p->app, "Nothing was sent: the tasks could not be read "
                    "again", err);
        pending_free(p);
        return;
    }
    bool *gone = xcalloc(p->n, sizeof(*gone));
    json_t *list = json_object_get(reply->root, "tasks"), *t;
    size_t i, k;
    for (i = 0; i < p->n && i < 100; i++)
        gone[i] = true;
    json_array_foreach(list, k, t)
    {
        const char *arn = json_string_value(json_object_get(t, "taskArn"));
        const char *want =
            json_string_value(json_object_get(t, "desiredStatus"));
        for (i = 0; arn && i < p->n; i++)
            if (strcmp(p->targets[i].key, arn) == 0)
                gone[i] = want && strcmp(want, "STOPPED") == 0;
    }
    p->stage = STAGE_SEND;
    send_stops(p, gone);
    free(gone);
}

static void confirmed(struct pending *p)
{
    struct app *a = p->app;
    if (p->stage == STAGE_ASK) {
        if (p->action == ACTION_SCALE &&
            dialog_number(&a->dialog, &p->wanted))
            return;
        if (p->action == ACTION_STOP)
            snprintf(p->reason, sizeof(p->reason), "%s",
                     dialog_text(&a->dialog));
        if (p->action == ACTION_SCALE && p->wanted == p->seen.desired) {
            app_dialog_close(a);
            app_say(a, MSG_INFO, "Nothing was sent: %s has a desired count "
                    "of %d already.", p->name, p->seen.desired);
            pending_free(p);
            return;
        }
        if (pending_drastic(p)) {
            p->stage = STAGE_TYPED;
            pending_dialog(p, NULL, on_dialog);
            return;
        }
    }
    app_dialog_close(a);
    p->stage = STAGE_CHECK;
    app_say(a, MSG_INFO, "Reading %s again before sending.", p->name);
    describe(p, p->action == ACTION_STOP ? on_tasks_checked
                                         : on_service_checked);
}

static void on_dialog(void *arg, enum dialog_result r)
{
    struct pending *p = arg;
    if (r == DIALOG_CONFIRMED) {
        confirmed(p);
    } else if (r == DIALOG_CANCELLED) {
        app_say(p->app, MSG_INFO, "Cancelled: nothing was sent.");
        pending_free(p);
    }
}

/* ---- roll back: to what? --------------------------------------------- */

static void ask(struct pending *p)
{
    p->stage = pending_drastic(p) && p->action != ACTION_SCALE &&
                       p->action != ACTION_STOP
                   ? STAGE_TYPED
                   : STAGE_ASK;
    pending_dialog(p, NULL, on_dialog);
}

/* Newest first; the first revision that is older than the current one. */
static void on_revisions(void *arg, const struct aws_reply *reply,
                         const struct err *err)
{
    struct pending *p = arg;
    json_t *v;
    size_t i;
    long current =
        strtol(taskdef_revision(p->seen.task_definition) + 1, NULL, 10);
    if (err) {
        app_say_err(p->app, "The earlier revisions could not be listed", err);
        pending_free(p);
        return;
    }
    json_array_foreach(json_object_get(reply->root, "taskDefinitionArns"), i,
                       v)
    {
        const char *arn = json_string_value(v);
        const char *rev = taskdef_revision(arn);
        if (*rev && strtol(rev + 1, NULL, 10) < current) {
            snprintf(p->definition, sizeof(p->definition), "%s", arn);
            p->why_definition = "is the active revision before the current "
                                "one";
            ask(p);
            return;
        }
    }
    app_say(p->app, MSG_WARN, "There is no earlier active revision of %s to "
            "roll back to.", p->name);
    pending_free(p);
}

static void choose_definition(struct pending *p, const struct ecs_service *s)
{
    struct err err = {0};
    char family[200];
    for (size_t i = 0; i < s->n_deployments; i++) {
        const struct ecs_deployment *d = &s->deployments[i];
        if (strcmp(d->status, "ACTIVE") != 0 || !d->task_definition ||
            strcmp(d->task_definition, s->task_definition) == 0)
            continue;
        snprintf(p->definition, sizeof(p->definition), "%s",
                 d->task_definition);
        p->why_definition = "is the ACTIVE deployment, which still runs";
        ask(p);
        return;
    }
    const char *tail = arn_tail(s->task_definition);
    snprintf(family, sizeof(family), "%.*s",
             (int)strcspn(tail, ":"), tail);
    struct aws_call_opts opts = {.priority = AWS_PRIO_USER,
                                 .subject = family};
    if (aws_call(p->app->o.client, &p->scope, &ecs_list_task_definitions,
                 json_pack("{s:s,s:s,s:s}", "familyPrefix", family, "sort",
                           "DESC", "status", "ACTIVE"),
                 &opts, on_revisions, p, &err)) {
        app_say_err(p->app, "The earlier revisions could not be listed",
                    &err);
        pending_free(p);
    }
}

/* ---- the beginning --------------------------------------------------- */

static struct pending *capture(struct app *a, enum action_id action,
                               struct view *table)
{
    struct pending *p = xcalloc(1, sizeof(*p));
    p->app = a;
    p->action = action;
    p->wanted = -1;
    scope_init(&p->scope, &a->scope);
    a->mutations->pending = p;
    if (action == ACTION_STOP) {
        p->n = table_view_targets(table, &p->targets);
    } else {
        p->targets = xcalloc(1, sizeof(*p->targets));
        p->n = table_view_target(table, &p->targets[0]) == 0;
    }
    if (p->n) {
        const struct target *t = &p->targets[0];
        const char *cluster = t->kind->row_cluster(t->row);
        snprintf(p->arn, sizeof(p->arn), "%s", t->key);
        snprintf(p->cluster, sizeof(p->cluster), "%s",
                 cluster ? cluster : "");
        snprintf(p->name, sizeof(p->name), "%s", t->kind->row_name(t->row));
    }
    return p;
}

static void start_service(struct pending *p, int64_t number)
{
    const struct service_row *r = p->targets[0].row;
    const char *why = service_refuses(r->svc, p->action);
    if (why) {
        app_say(p->app, MSG_WARN, "%s cannot be changed like this: %s.",
                p->name, why);
        pending_free(p);
        return;
    }
    seen_of(r->svc, &p->seen);
    p->wanted = number;
    if (p->action == ACTION_ROLLBACK)
        choose_definition(p, r->svc);
    else
        ask(p);
}

static void start_stop(struct pending *p)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++) {
        const struct task_row *r = p->targets[i].row;
        if (r->stopped)
            target_release(&p->targets[i]);
        else
            p->targets[n++] = p->targets[i];
    }
    p->n = n;
    if (!n) {
        app_say(p->app, MSG_INFO, "That task has stopped already.");
        pending_free(p);
        return;
    }
    const struct task_row *first = p->targets[0].row;
    snprintf(p->arn, sizeof(p->arn), "%s", p->targets[0].key);
    if (n == 1)
        snprintf(p->name, sizeof(p->name), "%.8s", first->task->id);
    else
        snprintf(p->name, sizeof(p->name), "%zu tasks", n);
    ask(p);
}

void mutate_start(struct app *a, enum action_id action, struct view *table,
                  int64_t number)
{
    if (a->mutations->pending) {
        app_say(a, MSG_INFO, "The action before is still being sent.");
        return;
    }
    if (!account_allows(a))
        return;
    struct pending *p = capture(a, action, table);
    if (!p->n || p->targets[0].kind->row_loading(p->targets[0].row)) {
        app_say(a, MSG_INFO, p->n ? "It is still loading; try again."
                                  : "No row is selected.");
        pending_free(p);
    } else if (action == ACTION_STOP) {
        start_stop(p);
    } else {
        start_service(p, number);
    }
}
