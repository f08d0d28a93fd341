/* One action from key press to confirmation: what is refused, what is
 * captured, and the dialog. */
#include "views/mutate/mutate_internal.h"

#include "backend/base/mem.h"
#include "backend/svc/ecs.h"
#include "views/app/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void pending_free(struct pending *p)
{
    struct mutations *m = p->app->mutations;
    if (m->pending == p)
        m->pending = NULL;
    for (struct pending **at = &m->sent; *at; at = &(*at)->next) {
        if (*at != p)
            continue;
        *at = p->next;
        break;
    }
    timer_stop(p->app->o.clock, &p->timer);
    scope_cancel(&p->scope);
    for (size_t i = 0; i < p->n; i++)
        target_release(&p->targets[i]);
    free(p->targets);
    free(p->stops);
    realm_unref(p->realm);
    free(p);
}

struct mutations *mutations_new(struct app *app)
{
    struct mutations *m = xcalloc(1, sizeof(*m));
    m->app = app;
    m->pasts = map_new();
    back_watch_start(m);
    return m;
}

void mutations_free(struct mutations *m)
{
    if (!m)
        return;
    timer_stop(m->app->o.clock, &m->watch);
    if (m->pending) {
        m->pending->next = m->sent;
        m->sent = m->pending;
        m->pending = NULL;
    }
    while (m->sent) {
        pending_abandon(m->sent);
        pending_free(m->sent);
    }
    follow_free_all(m);
    map_free(m->pasts, past_free);
    free(m);
}

void mutations_leave(struct mutations *m)
{
    struct pending *p = m->pending;
    m->watched_snap = NULL;
    if (!p)
        return;
    p->table = NULL;
    if (p->stage == STAGE_SEND || p->stage == STAGE_LOOK_UP) {
        p->next = m->sent;
        m->sent = p;
        m->pending = NULL;
        return;
    }
    app_dialog_close(m->app);
    app_say(m->app, MSG_WARN, "%s of %s is dropped: nothing was sent.",
            action_get(p->action)->name, p->name);
    pending_free(p);
}

/* ---- what may not be done ------------------------------------------- */

static bool account_allows(struct app *a)
{
    char why[700];
    const char *read_only = app_read_only(a);
    /* Those that were just renewed are known before anything is sent. */
    if (!read_only && (app_identity_sure(a, why, sizeof(why)) ||
                       app_identity_coming(a)))
        return true;
    app_say(a, MSG_WARN, "Refused: %s.", read_only ? read_only : why);
    return false;
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
    if (!s->task_definition && action == ACTION_ROLLBACK)
        return "it has no task definition of its own";
    return NULL;
}

/* ---- the dialog ------------------------------------------------------ */

/* Enter on the button. In LOOK and CHECK there is no such button. */
static void confirmed(struct pending *p)
{
    struct app *a = p->app;
    if (p->stage != STAGE_ASK && p->stage != STAGE_TYPED)
        return;
    if (p->stage == STAGE_ASK) {
        if (p->action == ACTION_SCALE && dialog_number(&a->dialog, &p->wanted))
            return;
        if (p->action == ACTION_STOP)
            snprintf(p->reason, sizeof(p->reason), "%s",
                     dialog_text(&a->dialog));
        if (p->action == ACTION_SCALE && p->wanted == p->seen.desired) {
            app_dialog_close(a);
            app_say(a, MSG_INFO, "Nothing to change: desired is %d already.",
                    p->seen.desired);
            pending_free(p);
            return;
        }
        if (pending_drastic(p)) {
            p->stage = STAGE_TYPED;
            pending_ask(p);
            return;
        }
    }
    pending_check(p);
}

static void on_dialog(void *arg, enum dialog_result r)
{
    struct pending *p = arg;
    if (r == DIALOG_CONFIRMED) {
        confirmed(p);
    } else if (r == DIALOG_CHANGED) {
        pending_retell(p);
    } else if (r == DIALOG_CANCELLED) {
        app_say_in(p->app, p->realm, MSG_INFO, "Cancelled: nothing was sent.");
        pending_free(p);
    }
}

void pending_ask(struct pending *p)
{
    pending_dialog(p, on_dialog);
}

/* ---- the beginning --------------------------------------------------- */

static struct pending *capture(struct app *a, enum action_id action,
                               struct view *table)
{
    struct pending *p = xcalloc(1, sizeof(*p));
    p->app = a;
    p->realm = realm_ref(a->realm);
    p->table = table;
    p->action = action;
    p->wanted = -1;
    scope_init(&p->scope, &a->scope);
    a->mutations->pending = p;
    p->n = table_view_targets(table, &p->targets);
    if (p->n) {
        const struct target *t = &p->targets[0];
        const char *cluster = t->kind->row_cluster(t->row);
        const char *name = t->kind->row_name(t->row);
        snprintf(p->arn, sizeof(p->arn), "%s", t->key);
        snprintf(p->cluster, sizeof(p->cluster), "%s",
                 cluster ? cluster : "");
        snprintf(p->name, sizeof(p->name), "%s", name ? name : "");
    }
    return p;
}

static void start_service(struct pending *p, int64_t number)
{
    const struct service_row *r = p->targets[0].row;
    const char *why = service_refuses(r->svc, p->action);
    if (why) {
        app_say_in(p->app, p->realm, MSG_WARN, "%s cannot be changed like this: %s.",
                p->name, why);
        pending_free(p);
        return;
    }
    seen_of(r->svc, &p->seen);
    p->wanted = number;
    p->stage = STAGE_ASK;
    if (p->action == ACTION_ROLLBACK) {
        back_choose(p, r->svc);
        return;
    }
    if (p->action == ACTION_RESTART && pending_drastic(p))
        p->stage = STAGE_TYPED;
    pending_ask(p);
}

/* Those that have stopped fall away; the rest must share a cluster, since
 * one call names one. */
static const char *keep_live(struct pending *p)
{
    size_t n = 0;
    bool loading = false, apart = false;
    for (size_t i = 0; i < p->n; i++) {
        const struct target *t = &p->targets[i];
        const struct task_row *r = t->row;
        const char *cluster = t->kind->row_cluster(r);
        loading |= r->loading;
        apart |= !cluster || strcmp(cluster, p->cluster) != 0;
        if (r->stopped || r->loading)
            target_release(&p->targets[i]);
        else
            p->targets[n++] = p->targets[i];
    }
    p->n = n;
    if (loading)
        return "A task is still loading; try again.";
    if (!n)
        return "Nothing to stop: it has stopped already.";
    if (apart)
        return "The marked tasks are in several clusters: stop those of one "
               "cluster at a time.";
    if (n > MUTATE_MAX_TASKS)
        return "At most 100 tasks can be stopped at a time: unmark some.";
    return NULL;
}

static void start_stop(struct pending *p)
{
    const char *why = keep_live(p);
    if (why) {
        app_say_in(p->app, p->realm, MSG_WARN, "%s", why);
        pending_free(p);
        return;
    }
    const struct task_row *first = p->targets[0].row;
    snprintf(p->arn, sizeof(p->arn), "%s", p->targets[0].key);
    if (p->n == 1)
        snprintf(p->name, sizeof(p->name), "%.8s", first->task->id);
    else
        snprintf(p->name, sizeof(p->name), "%zu tasks", p->n);
    p->stops = xcalloc(p->n, sizeof(*p->stops));
    for (size_t i = 0; i < p->n; i++) {
        const struct task_row *r = p->targets[i].row;
        p->stops[i].p = p;
        snprintf(p->stops[i].was, sizeof(p->stops[i].was), "%s",
                 r->task->last_status ? r->task->last_status : "");
    }
    p->stage = STAGE_ASK;
    pending_ask(p);
}

/* UpdateService changes one service: of several that are marked none is
 * chosen, and the row under the cursor isn't meant either. */
static void refuse_several(struct pending *p)
{
    struct app *a = p->app;
    enum context ctx[VIEW_MAX_CONTEXTS];
    size_t n_ctx = app_contexts(a, ctx);
    char key[40], clear[40];
    keymap_keys_text(a->o.keymap, ctx, n_ctx, p->action, 1, key, sizeof(key));
    keymap_keys_text(a->o.keymap, ctx, n_ctx, ACTION_UNMARK_ALL, 1, clear,
                     sizeof(clear));
    app_say(a, MSG_WARN, "%s acts on one service; %zu are marked: %s clears "
            "the marks.", *key ? key : action_get(p->action)->name, p->n,
            *clear ? clear : action_get(ACTION_UNMARK_ALL)->name);
    pending_free(p);
}

void mutate_start(struct app *a, enum action_id action, struct view *table,
                  int64_t number)
{
    if (a->mutations->pending) {
        app_say(a, MSG_INFO, "The action before is not over yet; try again "
                "in a moment.");
        return;
    }
    if (!account_allows(a))
        return;
    struct pending *p = capture(a, action, table);
    if (!p->n) {
        app_say(a, MSG_INFO, "No row is selected.");
        pending_free(p);
    } else if (action == ACTION_STOP) {
        start_stop(p);
    } else if (p->n > 1) {
        refuse_several(p);
    } else if (p->targets[0].kind->row_loading(p->targets[0].row)) {
        app_say(a, MSG_INFO, "It is still loading; try again.");
        pending_free(p);
    } else {
        start_service(p, number);
    }
}
