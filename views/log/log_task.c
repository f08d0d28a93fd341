#include "views/log/log_task.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"

static const char *runtime_id(const struct ecs_task *task, const char *name)
{
    for (size_t i = 0; i < task->n_containers; i++)
        if (task->containers[i].name &&
            strcmp(task->containers[i].name, name) == 0)
            return task->containers[i].runtime_id;
    return NULL;
}

bool log_task_add(struct logsrc *src, struct store *store,
                  const struct log_task_source *t)
{
    const struct ecs_task *task = t->task;
    const struct ecs_taskdef *td = t->def;
    char *label = NULL;

    if (!task->id || !task->task_definition)
        return true;
    if (!td)
        td = store_taskdef(store, task->task_definition);
    if (!td)
        return false;
    if (t->name_cluster && task->service && task->cluster_arn)
        label = xasprintf("%s/%s", arn_tail(task->cluster_arn), task->service);
    for (size_t i = 0; i < td->n_containers; i++) {
        const struct ecs_container_def *c = &td->containers[i];
        if (!c->name || (t->container && strcmp(t->container, c->name) != 0))
            continue;
        logsrc_set(src, &(struct logsrc_target){
            .task_id = task->id,
            .container = c->name,
            .driver = c->log.driver,
            .group = c->log.group,
            .region = c->log.region,
            .prefix = c->log.prefix,
            .mode = c->log.mode,
            .runtime_id = runtime_id(task, c->name),
            .verdict = t->verdict ? t->verdict : task->stopped_reason,
            .revision = taskdef_revision(task->task_definition),
            .service = label ? label : task->service,
            .created_ms = task->created_ms,
            .started_ms = task->started_ms,
            .stopped_ms = task->stopped_ms,
            .failed = t->failed,
            .alone = t->alone,
        });
    }
    free(label);
    return true;
}

bool log_tasks_defined(struct store *store, const struct snapshot *snap,
                       bool *unreadable)
{
    bool all = true;

    for (size_t i = 0; i < snap->n_rows; i++) {
        const struct task_row *row = snap->rows[i].data;
        const char *arn = row->loading ? NULL : row->task->task_definition;
        if (!arn || row->taskdef || store_taskdef(store, arn))
            continue;
        all = false;
        if (unreadable && store_taskdef_failed(store, arn))
            *unreadable = true;
    }
    return all;
}
