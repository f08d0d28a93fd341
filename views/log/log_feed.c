/* Which tasks, and containers of them, a log is read of. */
#include "views/log/log.h"

#include <string.h>

#include "backend/base/mem.h"
#include "views/kind.h"

#define ALONE_MAX 4   /* more tasks than that share a series */
#define STOPPED_OLD 2 /* stopped long ago, but read nevertheless */

static const char *runtime_id(const struct ecs_task *task, const char *name)
{
    for (size_t i = 0; i < task->n_containers; i++)
        if (task->containers[i].name &&
            strcmp(task->containers[i].name, name) == 0)
            return task->containers[i].runtime_id;
    return NULL;
}

/* A task's containers become sources as soon as its definition is known. */
static void feed(struct log_watch *w, const struct ecs_task *task,
                 const struct ecs_taskdef *td, const char *verdict)
{
    struct log_view *lv = w->lv;

    if (!task->id || !task->task_definition)
        return;
    if (!td)
        td = store_taskdef(lv->view.app->realm->store, task->task_definition);
    if (!td) {
        lv->waiting = true;
        return;
    }
    for (size_t i = 0; i < td->n_containers; i++) {
        const struct ecs_container_def *c = &td->containers[i];
        if (!c->name || (w->container && strcmp(w->container, c->name) != 0))
            continue;
        logsrc_set(lv->src, &(struct logsrc_target){
            .task_id = task->id,
            .container = c->name,
            .driver = c->log.driver,
            .group = c->log.group,
            .region = c->log.region,
            .prefix = c->log.prefix,
            .mode = c->log.mode,
            .runtime_id = runtime_id(task, c->name),
            .verdict = verdict ? verdict : task->stopped_reason,
            .revision = taskdef_revision(task->task_definition),
            .created_ms = task->created_ms,
            .started_ms = task->started_ms,
            .stopped_ms = task->stopped_ms,
            .alone = !w->service && lv->n_watches <= ALONE_MAX,
        });
    }
}

static void feed_tasks(struct log_watch *w, const struct snapshot *snap)
{
    int64_t from = app_now(w->lv->view.app) - LOGSRC_BACKFILL_MS;
    int old = 0;

    for (size_t i = 0; i < snap->n_rows; i++) {
        const struct task_row *row = snap->rows[i].data;
        if (row->loading)
            continue;
        if (row->stopped && row->task->stopped_ms < from &&
            old++ >= STOPPED_OLD)
            continue;
        feed(w, row->task, row->taskdef,
             row->stopped ? row->cause.verdict : NULL);
    }
}

static void on_snapshot(void *arg, const struct snapshot *snap)
{
    struct log_watch *w = arg;

    w->error = snap->error;
    w->known = snap->first_page && snap->loaded == snap->n_rows;
    w->lv->waiting = false;
    if (w->service) {
        feed_tasks(w, snap);
    } else if (snap->n_rows) {
        const struct container_row *row = snap->rows[0].data;
        feed(w, row->task, NULL, NULL);
    }
    app_dirty(w->lv->view.app, PAINT_DATA);
}

int log_watch_target(struct log_view *lv, struct log_watch *w,
                     const struct target *t, struct err *err)
{
    struct query q = {.cluster = t->kind->row_cluster(t->row)};
    const struct ecs_task *task = NULL;
    const struct ecs_taskdef *td = NULL;
    const char *verdict = NULL;

    w->lv = lv;
    if (t->kind == &kind_services) {
        const struct service_row *row = t->row;
        q.kind = QUERY_TASKS;
        q.service = row->svc->name;
        w->service = true;
    } else if (t->kind == &kind_tasks) {
        const struct task_row *row = t->row;
        task = row->task;
        td = row->taskdef;
        verdict = row->stopped ? row->cause.verdict : NULL;
    } else if (t->kind == &kind_containers) {
        const struct container_row *row = t->row;
        task = row->task;
        w->container = xstrdup(row->container->name);
    } else {
        return err_set(err, ERR_USAGE, "Logs are of services, tasks and "
                       "containers: choose one of those.");
    }
    if (task) {
        q.kind = QUERY_CONTAINERS;
        q.task = task->arn;
        /* A forgotten task is in no reply: its row is all there is. */
        if (task->id && task->containers)
            feed(w, task, td, verdict);
    }
    w->sub = store_subscribe(lv->view.app->realm->store, &q, on_snapshot, w);
    subscription_set_visible(w->sub, true);
    return 0;
}
