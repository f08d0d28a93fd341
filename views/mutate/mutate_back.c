/* Roll back: to what? The ACTIVE deployment if there is one; else what last
 * completed while we looked; else the revision before this one that is still
 * registered. */
#include "views/mutate/mutate_internal.h"

#include "backend/base/mem.h"
#include "backend/svc/ecs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WATCH_MS 2000

/* ---- what has completed while we looked ------------------------------ */

static const char *completed_of(const struct ecs_service *s)
{
    const struct ecs_deployment *d = ecs_primary(s);
    return d && d->rollout_state && strcmp(d->rollout_state, "COMPLETED") == 0
               ? d->task_definition
               : NULL;
}

static struct past *past_of(struct mutations *m, const char *arn)
{
    struct past *past = map_get(m->pasts, arn);
    if (!past) {
        past = xcalloc(1, sizeof(*past));
        map_put(m->pasts, arn, past);
    }
    return past;
}

static void remember(struct mutations *m, const struct service_row *r)
{
    const char *def = r->loading ? NULL : completed_of(r->svc);
    if (!def || strlen(def) >= sizeof(((struct pending *)0)->definition))
        return;
    struct past *past = past_of(m, r->svc->arn);
    if (past->completed && strcmp(past->completed, def) == 0)
        return;
    free(past->before);
    past->before = past->completed;
    past->completed = xstrdup(def);
}

void past_free(void *p)
{
    struct past *past = p;
    free(past->completed);
    free(past->before);
    free(past->left);
    free(past->left_for);
    free(past);
}

void back_sent(const struct pending *p)
{
    struct past *past = past_of(p->app->mutations, p->arn);
    free(past->left);
    free(past->left_for);
    past->left = xstrdup(p->seen.task_definition);
    past->left_for = xstrdup(p->definition);
    past->left_ms = app_now(p->app);
}

/* Snapshots are looked at where they are on screen: nothing is fetched for
 * it. */
static void on_watch(struct timer *t, void *arg)
{
    struct mutations *m = arg;
    struct app *a = m->app;
    timer_start(a->o.clock, t, WATCH_MS, on_watch, m);
    for (size_t i = a->depth; i-- > 0;) {
        struct view *v = a->stack[i];
        if (!view_is_table(v) || table_view_kind(v) != &kind_services)
            continue;
        const struct snapshot *s = v->ops->snapshot(v);
        if (!s || (s == m->watched_snap && s->generation == m->watched))
            return;
        m->watched_snap = s;
        m->watched = s->generation;
        for (size_t k = 0; k < s->n_rows; k++)
            remember(m, s->rows[k].data);
        return;
    }
}

void back_watch_start(struct mutations *m)
{
    timer_start(m->app->o.clock, &m->watch, WATCH_MS, on_watch, m);
}

/* ---- choosing -------------------------------------------------------- */

/* When we sent the roll-back that this one would undo; 0 = it undoes none. */
static int64_t sent_ms(const struct pending *p)
{
    const struct past *past = map_get(p->app->mutations->pasts, p->arn);
    return past && past->left && strcmp(past->left, p->definition) == 0 &&
                   strcmp(past->left_for, p->seen.task_definition) == 0
               ? past->left_ms
               : 0;
}

static void choose(struct pending *p, const char *definition, const char *why)
{
    snprintf(p->definition, sizeof(p->definition), "%s", definition);
    p->why_definition = why;
    p->undoes_ms = sent_ms(p);
    p->stage = STAGE_TYPED;
    pending_ask(p);
}

static void give_up(struct pending *p)
{
    app_dialog_close(p->app);
    pending_free(p);
}

/* "web:143" into family length and revision; -1 when it has none. */
static long revision_of(const char *arn, size_t *family)
{
    const char *tail = arn_tail(arn), *rev = taskdef_revision(arn);
    *family = strcspn(tail, ":");
    return *rev ? strtol(rev + 1, NULL, 10) : -1;
}

static bool same_family(const char *a, size_t a_len, const char *b,
                        size_t b_len)
{
    return a_len == b_len && strncmp(arn_tail(a), arn_tail(b), a_len) == 0;
}

bool back_is_later(const struct pending *p)
{
    size_t to_len, now_len;
    const char *now = p->seen.task_definition;
    long to = revision_of(p->definition, &to_len);
    return to > revision_of(now, &now_len) &&
           same_family(p->definition, to_len, now, now_len);
}

/* Newest first; the first revision of this family below the current one. */
static void on_revisions(void *arg, const struct aws_reply *reply,
                         const struct err *err)
{
    struct pending *p = arg;
    json_t *v;
    size_t i, family, len;
    long current = revision_of(p->seen.task_definition, &family), rev;
    if (err) {
        app_say_err_in(p->app, p->realm, "Nothing was sent: the earlier revisions could "
                    "not be listed", err);
        give_up(p);
        return;
    }
    json_array_foreach(json_object_get(reply->root, "taskDefinitionArns"), i,
                       v)
    {
        const char *arn = json_string_value(v);
        if (!arn)
            continue;
        rev = revision_of(arn, &len);
        if (rev >= 0 && rev < current &&
            same_family(arn, len, p->seen.task_definition, family)) {
            choose(p, arn, "is the newest registered revision before the "
                           "present one");
            return;
        }
    }
    app_say_in(p->app, p->realm, MSG_WARN, "There is no earlier revision of %s registered "
            "to roll back to.", p->name);
    give_up(p);
}

static void list_revisions(struct pending *p)
{
    struct err err = {0};
    char family[200];
    const char *tail = arn_tail(p->seen.task_definition);
    snprintf(family, sizeof(family), "%.*s", (int)strcspn(tail, ":"), tail);
    struct aws_call_opts opts = {.priority = AWS_PRIO_USER,
                                 .subject = family};
    p->stage = STAGE_LOOK;
    pending_ask(p);
    if (aws_call(p->realm->client, &p->scope, &ecs_list_task_definitions,
                 json_pack("{s:s,s:s,s:s}", "familyPrefix", family, "sort",
                           "DESC", "status", "ACTIVE"),
                 &opts, on_revisions, p, &err)) {
        app_say_err_in(p->app, p->realm, "Nothing was sent: the earlier revisions could "
                    "not be listed", &err);
        give_up(p);
    }
}

void back_choose(struct pending *p, const struct ecs_service *s)
{
    for (size_t i = 0; i < s->n_deployments; i++) {
        const struct ecs_deployment *d = &s->deployments[i];
        if (strcmp(d->status, "ACTIVE") == 0 && d->task_definition &&
            strcmp(d->task_definition, p->seen.task_definition) != 0 &&
            !(d->rollout_state && strcmp(d->rollout_state, "FAILED") == 0)) {
            choose(p, d->task_definition,
                   "is the ACTIVE deployment, which still runs");
            return;
        }
    }
    const struct past *past = map_get(p->app->mutations->pasts, p->arn);
    if (past && past->completed &&
        strcmp(past->completed, p->seen.task_definition) != 0) {
        choose(p, past->completed, "is the last that completed here");
        return;
    }
    if (past && past->before) {
        choose(p, past->before, "is the last before it that completed here");
        return;
    }
    list_revisions(p);
}
