/* What each action says and sends. */
#include "views/mutate_internal.h"

#include "backend/base/mem.h"
#include "backend/svc/ecs.h"
#include "views/config.h"

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
    for (size_t i = 0; i < s->n_deployments; i++) {
        const struct ecs_deployment *d = &s->deployments[i];
        if (strcmp(d->status, "PRIMARY") != 0)
            continue;
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

const struct aws_op *pending_op(const struct pending *p)
{
    return p->action == ACTION_STOP ? &ecs_stop_task : &ecs_update_service;
}

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

/* Healthy tasks of the same service that stay when the targets go. */
static int remaining(const struct pending *p, int *running)
{
    const struct snapshot *s = p->targets[0].snap;
    const struct task_row *first = p->targets[0].row;
    int left = 0;
    *running = 0;
    for (size_t i = 0; i < s->n_rows; i++) {
        const struct task_row *r = s->rows[i].data;
        bool target = false;
        if (r->stopped || r->loading || !r->task->group ||
            !first->task->group ||
            strcmp(r->task->group, first->task->group) != 0 ||
            !r->task->last_status ||
            strcmp(r->task->last_status, "RUNNING") != 0)
            continue;
        (*running)++;
        for (size_t k = 0; k < p->n; k++)
            target |= strcmp(p->targets[k].key, s->rows[i].key) == 0;
        left += !target;
    }
    return left;
}

bool pending_drastic(const struct pending *p)
{
    const struct config_context *c =
        p->app->o.config ? config_of(p->app->o.config,
                                     p->app->identity.account)
                         : NULL;
    int running;
    if (c && c->confirm_type)
        return true;
    switch (p->action) {
    case ACTION_SCALE:
        return p->wanted == 0;
    case ACTION_ROLLBACK:
        return true;
    case ACTION_STOP:
        return p->n > 1 && remaining(p, &running) == 0;
    default:
        return false;
    }
}

static void where(const struct pending *p, struct dialog *d)
{
    const struct app *a = p->app;
    const struct config_context *c =
        a->o.config ? config_of(a->o.config, a->identity.account) : NULL;
    dialog_add(d, ROLE_DIALOG, "account", "%s%s  %s  %s",
               a->identity.account, c && c->prod ? " [PROD]" : "",
               aws_client_region(a->o.client), a->identity.name);
    dialog_add(d, ROLE_DIALOG, "cluster", "%s", arn_tail(p->cluster));
    dialog_add(d, ROLE_DIALOG, "target", "%s", p->arn);
}

static void changed(struct dialog *d, const char *what, int before, int after)
{
    if (before != after)
        dialog_add(d, ROLE_WARN, "changed", "%s %d -> %d since you pressed "
                   "the key", what, before, after);
}

static void service_lines(const struct pending *p, const struct seen *fresh,
                          struct dialog *d)
{
    const struct seen *s = fresh ? fresh : &p->seen;
    char will[300];
    dialog_add(d, ROLE_DIALOG, "now", "desired %d, running %d, pending %d, "
               "%s %s", s->desired, s->running, s->pending,
               taskdef_revision(s->task_definition), s->rollout);
    if (fresh) {
        changed(d, "desired", p->seen.desired, fresh->desired);
        changed(d, "running", p->seen.running, fresh->running);
        if (strcmp(p->seen.task_definition, fresh->task_definition) != 0)
            dialog_add(d, ROLE_WARN, "changed", "definition %s -> %s: "
                       "somebody deployed",
                       taskdef_revision(p->seen.task_definition),
                       taskdef_revision(fresh->task_definition));
        else if (strcmp(p->seen.primary, fresh->primary) != 0)
            dialog_add(d, ROLE_WARN, "changed", "a new deployment has begun: "
                       "%s", fresh->primary);
    }
    pending_will(p, will, sizeof(will));
    dialog_add(d, ROLE_DIALOG, "will", "%s", will);
    if (p->action == ACTION_RESTART) {
        dialog_add(d, ROLE_DIALOG, "note", "image tags are resolved again: "
                   "other code may start");
        if (strcmp(s->rollout, "FAILED") == 0)
            dialog_add(d, ROLE_WARN, "warning", "%s is the definition whose "
                       "roll-out failed; B rolls back",
                       taskdef_revision(s->task_definition));
    }
    if (p->action == ACTION_ROLLBACK)
        dialog_add(d, ROLE_DIALOG, "why", "%s %s",
                   taskdef_revision(p->definition), p->why_definition);
}

static void stop_lines(const struct pending *p, struct dialog *d)
{
    const struct task_row *first = p->targets[0].row;
    char will[300];
    int running, left = remaining(p, &running);
    pending_will(p, will, sizeof(will));
    dialog_add(d, ROLE_DIALOG, "will", "%s", will);
    for (size_t i = 1; i < p->n && i < 4; i++)
        dialog_add(d, ROLE_DIALOG, "", "%s", p->targets[i].key);
    if (p->n > 4)
        dialog_add(d, ROLE_DIALOG, "", "and %zu more", p->n - 4);
    if (!first->task->service)
        dialog_add(d, ROLE_WARN, "note", "standalone: will not be replaced");
    else
        dialog_add(d, left ? ROLE_DIALOG : ROLE_WARN, "note",
                   "%d of %d running tasks of %s remain; the service starts "
                   "new ones", left, running, first->task->service);
}

static void ask_field(struct pending *p, const struct seen *fresh,
                      struct dialog *d)
{
    if (p->stage == STAGE_TYPED) {
        dialog_ask_typed(d, "type the name", p->name);
    } else if (p->action == ACTION_SCALE) {
        int64_t preset = p->wanted >= 0 ? p->wanted
                         : fresh        ? fresh->desired
                                        : p->seen.desired;
        dialog_ask_number(d, "desired count", preset, 0, 5000);
    } else if (p->action == ACTION_STOP) {
        dialog_ask_text(d, "reason", p->reason);
    }
}

void pending_dialog(struct pending *p, const struct seen *fresh,
                    app_dialog_fn *fn)
{
    char title[200];
    const char *button = "", *word = "";
    for (size_t i = 0; i < ARRAY_LEN(titles); i++) {
        if (titles[i].action == p->action) {
            word = titles[i].title;
            button = titles[i].button;
        }
    }
    snprintf(title, sizeof(title), "%s %s", word, p->name);
    struct dialog *d = app_dialog(p->app, title, button, fn, p);
    where(p, d);
    if (p->action == ACTION_STOP)
        stop_lines(p, d);
    else
        service_lines(p, fresh, d);
    ask_field(p, fresh, d);
}
