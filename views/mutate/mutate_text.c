/* What each action says and sends. */
#include "views/mutate/mutate_internal.h"

#include "backend/base/mem.h"
#include "backend/svc/ecs.h"
#include "views/app/config.h"

#include <stdio.h>
#include <string.h>

static void copy(char *out, size_t n, const char *text)
{
    snprintf(out, n, "%s", text ? text : "");
}

void seen_of(const struct ecs_service *s, struct seen *out)
{
    *out = (struct seen){.desired = s->desired,
                         .running = s->running,
                         .pending = s->pending,
                         .several = s->n_deployments > 1};
    copy(out->task_definition, sizeof(out->task_definition),
         s->task_definition);
    const struct ecs_deployment *d = ecs_primary(s);
    if (d) {
        copy(out->primary, sizeof(out->primary), d->id);
        copy(out->rollout, sizeof(out->rollout), d->rollout_state);
        copy(out->reason, sizeof(out->reason), d->rollout_reason);
    }
}

static const struct {
    enum action_id action;
    const char *title, *button;
} titles[] = {
    {ACTION_SCALE, "SCALE", "Scale"},
    {ACTION_RESTART, "RESTART", "Restart"},
    {ACTION_ROLLBACK, "ROLL BACK", "Roll back"},
    {ACTION_STOP, "STOP", "Stop"},
};

/* Only what changes: everything else is left to whoever set it. */
json_t *pending_params(const struct pending *p, size_t i)
{
    switch (p->action) {
    case ACTION_SCALE:
        return json_pack("{s:s,s:s,s:I}", "cluster", p->cluster, "service",
                         p->arn, "desiredCount", (json_int_t)p->wanted);
    case ACTION_RESTART:
        return json_pack("{s:s,s:s,s:b}", "cluster", p->cluster, "service",
                         p->arn, "forceNewDeployment", 1);
    case ACTION_ROLLBACK:
        return json_pack("{s:s,s:s,s:s}", "cluster", p->cluster, "service",
                         p->arn, "taskDefinition", p->definition);
    default: {
        json_t *o = json_pack("{s:s,s:s}", "cluster", p->cluster, "task",
                              p->targets[i].key);
        if (p->reason[0])
            json_object_set_new(o, "reason", json_string(p->reason));
        return o;
    }
    }
}

void pending_will(const struct pending *p, char *buf, size_t n)
{
    switch (p->action) {
    case ACTION_SCALE:
        if (p->wanted < 0)
            copy(buf, n, "UpdateService desiredCount only");
        else
            snprintf(buf, n, "UpdateService desiredCount=%lld",
                     (long long)p->wanted);
        break;
    case ACTION_RESTART:
        copy(buf, n, "UpdateService forceNewDeployment=true");
        break;
    case ACTION_ROLLBACK:
        snprintf(buf, n, "UpdateService taskDefinition=%s",
                 arn_tail(p->definition));
        break;
    default:
        snprintf(buf, n, "StopTask for %zu task%s", p->n,
                 p->n == 1 ? "" : "s");
        break;
    }
}

static bool is_target(const struct pending *p, const char *key)
{
    for (size_t i = 0; i < p->n; i++)
        if (strcmp(p->targets[i].key, key) == 0)
            return true;
    return false;
}

/* Healthy tasks of a service that stay when the targets go. */
static int remaining(const struct pending *p, const char *service, int *of)
{
    const struct snapshot *s = p->targets[0].snap;
    int left = 0;
    *of = 0;
    for (size_t i = 0; i < s->n_rows; i++) {
        const struct task_row *r = s->rows[i].data;
        if (r->stopped || r->loading || !r->task->service ||
            strcmp(r->task->service, service) != 0 || !r->task->last_status ||
            strcmp(r->task->last_status, "RUNNING") != 0 ||
            !r->task->cluster_arn ||
            strcmp(arn_tail(r->task->cluster_arn),
                   arn_tail(p->cluster)) != 0 ||
            (r->task->health && strcmp(r->task->health, "UNHEALTHY") == 0))
            continue;
        (*of)++;
        left += !is_target(p, s->rows[i].key);
    }
    return left;
}

static const char *service_of(const struct pending *p, size_t i)
{
    const struct task_row *r = p->targets[i].row;
    return r->task->service;
}

/* Whether the i-th target is the first of its service. */
static bool first_of_service(const struct pending *p, size_t i)
{
    const char *s = service_of(p, i);
    for (size_t k = 0; s && k < i; k++)
        if (service_of(p, k) && strcmp(service_of(p, k), s) == 0)
            return false;
    return s != NULL;
}

/* All that runs of a service, where that is more than one. */
static bool stops_all(const struct pending *p)
{
    int of;
    for (size_t i = 0; i < p->n; i++)
        if (first_of_service(p, i) &&
            remaining(p, service_of(p, i), &of) == 0 && of > 1)
            return true;
    return false;
}

bool pending_drastic(const struct pending *p)
{
    const struct config_context *c = app_settings(p->app, p->realm);
    if (c && c->confirm_type)
        return true;
    switch (p->action) {
    case ACTION_SCALE:
        return p->wanted == 0;
    case ACTION_ROLLBACK:
        return true;
    case ACTION_STOP:
        return stops_all(p);
    default:
        return false;
    }
}

static void where(const struct pending *p, struct dialog *d)
{
    const struct realm *r = p->realm;
    const struct config_context *c = app_settings(p->app, r);
    if (c && c->prod)
        dialog_add(d, ROLE_HEADER_PROD, "PROD", "this is production");
    dialog_add(d, ROLE_DIALOG, "account", "%s%s%s  %s  %s",
               r->identity.account, *r->alias ? "  " : "", r->alias,
               aws_client_region(r->client), r->identity.name);
    dialog_add(d, ROLE_DIALOG, "cluster", "%s", arn_tail(p->cluster));
    dialog_add(d, ROLE_DIALOG, "target", "%s", p->arn);
}

static void count_changed(struct dialog *d, const char *what, int before,
                          int after)
{
    if (before != after)
        dialog_add(d, ROLE_WARN, "changed", "%s %d -> %d since you pressed "
                   "the key", what, before, after);
}

static void service_changes(const struct pending *p, struct dialog *d)
{
    const struct seen *was = &p->was, *now = &p->seen;
    count_changed(d, "desired", was->desired, now->desired);
    count_changed(d, "running", was->running, now->running);
    if (strcmp(was->task_definition, now->task_definition) != 0)
        dialog_add(d, ROLE_WARN, "changed", "definition %s -> %s: somebody "
                   "deployed", taskdef_revision(was->task_definition),
                   taskdef_revision(now->task_definition));
    else if (strcmp(was->primary, now->primary) != 0)
        dialog_add(d, ROLE_WARN, "changed", "deployment %s -> %s: somebody "
                   "deployed", was->primary, now->primary);
}

/* What becomes of the service, from what to what. wanted is of scaling: -1
 * while no number is typed. */
static enum role effect(const struct pending *p, int64_t wanted, char *buf,
                        size_t n)
{
    const struct seen *s = &p->seen;
    const char *now = taskdef_revision(s->task_definition);
    char running[40];
    snprintf(running, sizeof(running), "%d run%s now", s->running,
             s->running == 1 ? "s" : "");
    if (p->action == ACTION_RESTART) {
        snprintf(buf, n, "definition %s -> %s in a new deployment: all tasks "
                 "are replaced (%s); desired stays %d", now, now, running,
                 s->desired);
    } else if (p->action == ACTION_ROLLBACK) {
        snprintf(buf, n, "definition %s -> %s in a new deployment; desired "
                 "stays %d", now, taskdef_revision(p->definition),
                 s->desired);
    } else if (wanted < 0) {
        snprintf(buf, n, "desired %d, type another", s->desired);
    } else if (wanted == s->desired) {
        snprintf(buf, n, "nothing: desired is %d already", s->desired);
    } else {
        int64_t fewer = s->running - wanted;
        snprintf(buf, n, "desired %d -> %lld; %s", s->desired,
                 (long long)wanted, running);
        if (fewer <= 0)
            return ROLE_DIALOG;
        size_t used = strlen(buf);
        if (wanted == 0)
            snprintf(buf + used, n - used, ", all are stopped");
        else
            snprintf(buf + used, n - used, ", %lld of them %s stopped",
                     (long long)fewer, fewer == 1 ? "is" : "are");
        return ROLE_WARN;
    }
    return ROLE_DIALOG;
}

void pending_retell(struct pending *p)
{
    struct dialog *d = &p->app->dialog;
    int64_t wanted = -1;
    char text[300];
    if (d->field != DIALOG_NUMBER)
        return;
    if (dialog_number(d, &wanted))
        wanted = -1;
    enum role role = effect(p, wanted, text, sizeof(text));
    dialog_revise(d, role, "will", "%s", text);
    int64_t was = p->wanted;
    p->wanted = wanted;
    pending_will(p, text, sizeof(text));
    p->wanted = was;
    dialog_revise(d, ROLE_DIALOG, "sends", "%s", text);
}

static void service_lines(struct pending *p, struct dialog *d)
{
    const struct seen *s = &p->seen;
    char will[300];
    dialog_add(d, ROLE_DIALOG, "now", "desired %d, running %d, pending %d, "
               "deployment %s %s", s->desired, s->running, s->pending,
               taskdef_revision(s->task_definition), s->rollout);
    if (p->changed)
        service_changes(p, d);
    if (p->stage == STAGE_LOOK) {
        dialog_add(d, ROLE_DIALOG, "note", "looking for the revision before "
                   "%s", taskdef_revision(s->task_definition));
        return;
    }
    enum role role = effect(p, p->wanted, will, sizeof(will));
    dialog_add(d, role, "will", "%s", will);
    pending_will(p, will, sizeof(will));
    dialog_add(d, ROLE_DIALOG, "sends", "%s", will);
    if (p->action == ACTION_RESTART) {
        dialog_add(d, ROLE_DIALOG, "note", "image tags are resolved again: "
                   "other code may start");
        if (strcmp(s->rollout, "FAILED") == 0)
            dialog_add(d, ROLE_WARN, "warning", "%s is the definition whose "
                       "roll-out failed; B rolls back",
                       taskdef_revision(s->task_definition));
    }
    if (p->action == ACTION_ROLLBACK)
        back_lines(p, d);
}

static void task_status(const struct pending *p, size_t i, struct dialog *d)
{
    const struct stop *s = &p->stops[i];
    if (p->changed && s->now[0] && strcmp(s->was, s->now) != 0)
        dialog_add(d, ROLE_WARN, "changed", "%.8s %s -> %s since you pressed "
                   "the key", arn_tail(p->targets[i].key), s->was, s->now);
    else if (i == 0)
        dialog_add(d, ROLE_DIALOG, "now", "%s%s%s", s->was,
                   service_of(p, i) ? ", of service " : "",
                   service_of(p, i) ? service_of(p, i) : "");
}

static void stop_lines(const struct pending *p, struct dialog *d)
{
    size_t alone = 0;
    int of, left;
    char will[300];
    for (size_t i = 1; i < p->n && i < 4; i++)
        dialog_add(d, ROLE_DIALOG, "", "%s", p->targets[i].key);
    if (p->n > 4)
        dialog_add(d, ROLE_DIALOG, "", "and %zu more", p->n - 4);
    for (size_t i = 0; i < p->n; i++)
        task_status(p, i, d);
    dialog_add(d, ROLE_DIALOG, "will", "%s stopped", p->n == 1
               ? "this task is" : "these tasks are");
    pending_will(p, will, sizeof(will));
    dialog_add(d, ROLE_DIALOG, "sends", "%s", will);
    for (size_t i = 0; i < p->n; i++) {
        alone += !service_of(p, i);
        if (!first_of_service(p, i))
            continue;
        left = remaining(p, service_of(p, i), &of);
        dialog_add(d, left ? ROLE_DIALOG : ROLE_WARN, "note",
                   "%d of %d healthy tasks of %s remain; the service starts "
                   "new ones", left, of, service_of(p, i));
    }
    if (alone && alone == p->n)
        dialog_add(d, ROLE_WARN, "note", "standalone: will not be replaced");
    else if (alone)
        dialog_add(d, ROLE_WARN, "note", "%zu standalone: will not be "
                   "replaced", alone);
}

/* A service by its name, a task by the start of its id, several by how many
 * they are. */
static void ask_typed(const struct pending *p, struct dialog *d)
{
    bool several = p->n > 1, task = p->action == ACTION_STOP;
    dialog_add(d, ROLE_WARN, "confirm", "%s: %s",
               several ? "by how many are stopped"
               : task  ? "by its id"
                       : "by its name",
               p->name);
    dialog_ask_typed(d, several ? "type how many"
                        : task  ? "type the id"
                                : "type the name", p->name);
}

static void ask_field(const struct pending *p, struct dialog *d)
{
    if (p->stage == STAGE_CHECK) {
        dialog_add(d, ROLE_DIALOG, "note", "the target is being read again "
                   "before anything is sent");
    } else if (p->stage == STAGE_TYPED) {
        ask_typed(p, d);
    } else if (p->stage == STAGE_ASK && p->action == ACTION_SCALE) {
        dialog_ask_number(d, "desired count",
                          p->wanted >= 0 ? p->wanted : p->seen.desired, 0,
                          5000);
    } else if (p->stage == STAGE_ASK && p->action == ACTION_STOP) {
        dialog_ask_text(d, "reason", p->reason);
    }
}

void pending_dialog(struct pending *p, app_dialog_fn *fn)
{
    char title[200];
    const char *button = "", *word = "";
    bool waits = p->stage == STAGE_LOOK || p->stage == STAGE_CHECK;
    for (size_t i = 0; i < ARRAY_LEN(titles); i++) {
        if (titles[i].action == p->action) {
            word = titles[i].title;
            button = titles[i].button;
        }
    }
    if (p->undoes_ms) {
        word = "UNDO THE ROLL-BACK OF";
        button = "Undo it";
    }
    snprintf(title, sizeof(title), "%s %s", word, p->name);
    struct dialog *d =
        app_dialog(p->app, title, waits ? NULL : button, fn, p);
    where(p, d);
    if (p->action == ACTION_STOP)
        stop_lines(p, d);
    else
        service_lines(p, d);
    ask_field(p, d);
}
