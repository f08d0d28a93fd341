/* log_task.h - the containers of a task as sources of a log. */
#ifndef ECSDASH_VIEWS_LOG_LOG_TASK_H
#define ECSDASH_VIEWS_LOG_LOG_TASK_H

#include "backend/store/store.h"
#include "backend/svc/logsrc.h"

struct log_task_source {
    const struct ecs_task *task;
    const struct ecs_taskdef *def; /* NULL = the store's, if it has it */
    const char *verdict;   /* why it stopped; NULL = as ECS says */
    const char *container; /* only this one; NULL = all */
    bool failed, alone;    /* see logsrc_target */
    bool name_cluster;     /* its service as CLUSTER/SERVICE */
};

/* False: its definition has not come. The store has been asked for it, and
 * publishes its snapshots again when it has it. */
bool log_task_add(struct logsrc *src, struct store *store,
                  const struct log_task_source *t);

/* Have the definitions of all tasks come? Asks for those that have not; sets
 * *unreadable when one of them can't be read (may be NULL). */
bool log_tasks_defined(struct store *store, const struct snapshot *snap,
                       bool *unreadable);

#endif
