/* From rows of tables to logs. */
#include <string.h>

#include "views/app/app.h"
#include "views/log/log.h"
#include "views/kind.h"
#include "views/view.h"

void log_view_open(struct app *app, const struct target *targets, size_t n)
{
    struct err err = {0};
    struct view *v = log_view_new(app, targets, n, &err);

    if (v)
        app_push(app, v);
    else
        app_say(app, MSG_WARN, "%s", err.message);
}

/* A task that is still on its way out has its end already. */
static bool is_ending(const struct task_row *r)
{
    return r->stopped || r->task->stopping_ms || r->task->stopped_reason;
}

/* What failed explains more than what was scaled in; then the newest. */
static bool tells_more(const struct task_row *r, const struct task_row *than)
{
    if (!than || r->cause->abnormal != than->cause->abnormal)
        return !than || r->cause->abnormal;
    return r->task->stopped_ms > than->task->stopped_ms;
}

const struct snap_row *log_last_stopped(const struct target *t)
{
    const struct task_row *of = t->row;
    const struct ecs_task *a = of->task;
    const struct snap_row *best = NULL;

    for (size_t i = 0; i < t->snap->n_rows; i++) {
        const struct task_row *r = t->snap->rows[i].data;
        if (r == of && is_ending(of))
            return &t->snap->rows[i];
        if (!r->stopped || !a->group || !r->task->group ||
            strcmp(a->group, r->task->group) != 0 ||
            !tells_more(r, best ? best->data : NULL))
            continue;
        best = &t->snap->rows[i];
    }
    return best;
}

void log_view_open_last(struct app *app, const struct target *t)
{
    const struct snap_row *row = log_last_stopped(t);
    const struct store_lack *lack = stops_lack(t->snap);
    const struct task_row *of = t->row;

    if (!row && lack) {
        app_say(app, MSG_WARN, "The stopped tasks may not be read: %s is "
                "denied; r tries again.", lack->action);
        return;
    }
    if (!row && of->loading) {
        app_say(app, MSG_INFO, "This task has not been read yet; try again.");
        return;
    }
    if (!row) {
        app_say(app, MSG_INFO, "No task of this one's service has stopped "
                "lately; l shows the log of this one.");
        return;
    }
    of = row->data;
    log_view_open(app, &(struct target){t->kind, row->key, row->data, t->snap}, 1);
    if (of->task->id)
        app_say(app, MSG_INFO, "The log of task %.8s, which %s: %.200s.",
                of->task->id, of->stopped ? "stopped" : "is stopping",
                of->stopped && *of->cause->verdict ? of->cause->verdict
                : of->task->stopped_reason         ? of->task->stopped_reason
                                                   : "no reason is given");
}
