/* Which tasks, and containers of them, a log is read of. */
#include "views/log/log.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "views/kind.h"
#include "views/log/log_task.h"

#define ALONE_MAX 4   /* more tasks than that share a series */
#define STOPPED_OLD 2 /* stopped long ago, but read nevertheless */
#define START_MS 1000 /* for so long reading waits for all tasks */

static void feed(struct log_watch *w, const struct ecs_task *task,
                 const struct ecs_taskdef *td, const struct stop_cause *cause)
{
    struct log_view *lv = w->lv;
    struct store *store = lv->view.app->realm->store;

    if (log_task_add(lv->src, store,
                     &(struct log_task_source){
                         .task = task, .def = td,
                         .verdict = cause ? cause->verdict : NULL,
                         .failed = cause && cause->abnormal,
                         .container = w->container,
                         .name_cluster = lv->name_clusters,
                         .alone = !w->many && lv->n_watches <= ALONE_MAX}))
        return;
    w->waiting = true;
    w->undefined |= store_taskdef_failed(store, task->task_definition);
}

static void feed_tasks(struct log_watch *w, const struct snapshot *snap)
{
    int64_t from = app_now(w->lv->view.app) -
                   logsrc_backfill_ms(w->lv->src);
    int old = 0;

    for (size_t i = 0; i < snap->n_rows; i++) {
        const struct task_row *row = snap->rows[i].data;
        if (row->loading)
            continue;
        if (row->stopped && row->task->stopped_ms < from &&
            old++ >= STOPPED_OLD)
            continue;
        feed(w, row->task, row->taskdef,
             row->stopped ? row->cause : NULL);
    }
}

static void feed_snapshot(struct log_watch *w, const struct snapshot *snap)
{
    if (w->many) {
        feed_tasks(w, snap);
    } else if (snap->n_rows) {
        const struct container_row *row = snap->rows[0].data;
        w->waiting = w->undefined = false;
        feed(w, row->task, NULL, NULL);
    }
}

static void start(struct log_view *lv)
{
    lv->started = true;
    timer_stop(lv->view.app->o.clock, &lv->start);
    for (size_t i = 0; i < lv->n_watches; i++) {
        const struct snapshot *snap = subscription_snapshot(lv->watches[i].sub);
        if (snap)
            feed_snapshot(&lv->watches[i], snap);
    }
}

static void on_start(struct timer *t, void *arg)
{
    (void)t;
    start(arg);
}

void log_gather(struct log_view *lv)
{
    timer_start(lv->view.app->o.clock, &lv->start, START_MS, on_start, lv);
}

/* Those that stopped are often known before those that run. Read back at once
 * they cost half of what they would one after the other. */
static bool gathered(const struct log_view *lv)
{
    for (size_t i = 0; i < lv->n_watches; i++)
        if (lv->watches[i].many && lv->watches[i].waiting &&
            !lv->watches[i].undefined && lv->watches[i].error.code == ERR_NONE)
            return false;
    return true;
}

static void on_snapshot(void *arg, const struct snapshot *snap)
{
    struct log_watch *w = arg;

    w->error = snap->error;
    w->known = snap->complete;
    if (w->many) {
        w->undefined = false;
        w->waiting = !log_tasks_defined(w->lv->view.app->realm->store, snap,
                                        &w->undefined) || !w->known;
    }
    if (w->lv->started || !w->many)
        feed_snapshot(w, snap);
    else if (gathered(w->lv))
        start(w->lv);
    app_dirty(w->lv->view.app, PAINT_DATA);
}

bool log_waiting(const struct log_view *lv)
{
    for (size_t i = 0; i < lv->n_watches; i++)
        if (lv->watches[i].waiting)
            return true;
    return false;
}

/* The row that the log was opened on: a task that ECS has forgotten is in no
 * reply, and its row is all there is. */
static void feed_row(struct log_watch *w)
{
    const struct ecs_task *task = NULL;
    const struct task_row *row = w->target.row;

    if (w->target.kind == &kind_tasks)
        task = row->task;
    else if (w->target.kind == &kind_containers)
        task = ((const struct container_row *)w->target.row)->task;
    if (!task || !task->id || !task->containers)
        return;
    if (w->target.kind == &kind_tasks)
        feed(w, task, row->taskdef, row->stopped ? row->cause : NULL);
    else
        feed(w, task, NULL, NULL);
}

int log_watch_target(struct log_view *lv, struct log_watch *w,
                     const struct target *t, struct err *err)
{
    struct query q = {.kind = QUERY_TASKS,
                      .cluster = t->kind->row_cluster(t->row)};

    if (t->kind != &kind_clusters && t->kind != &kind_services &&
        t->kind != &kind_tasks && t->kind != &kind_containers)
        return err_set(err, ERR_USAGE, "Logs are of clusters, services, tasks "
                       "and containers: choose one of those.");
    w->lv = lv;
    w->target = *t;
    w->target.snap = snapshot_ref(t->snap);
    if (t->kind == &kind_clusters) {
        w->many = true;
    } else if (t->kind == &kind_services) {
        q.service = ((const struct service_row *)t->row)->svc->name;
        w->many = true;
    } else {
        const struct container_row *c = t->row;
        const struct task_row *row = t->row;
        q.kind = QUERY_CONTAINERS;
        q.task = t->kind == &kind_tasks ? row->task->arn : c->task->arn;
        if (t->kind == &kind_containers)
            w->container = xstrdup(c->container->name);
    }
    w->waiting = w->many;
    feed_row(w);
    w->sub = store_subscribe(lv->view.app->realm->store, &q, on_snapshot, w);
    subscription_set_visible(w->sub, true);
    return 0;
}

static void log_watch_again(struct log_watch *w)
{
    const struct snapshot *snap = subscription_snapshot(w->sub);

    feed_row(w);
    if (snap)
        on_snapshot(w, snap);
}

void log_watch_end(struct log_watch *w)
{
    if (w->sub)
        subscription_close(w->sub);
    target_release(&w->target);
    free(w->container);
}

/* Definitions say where the lines are: are they denied? */
static const struct store_lack *lacks_definitions(const struct log_view *lv)
{
    const struct snapshot *snap;

    for (size_t i = 0; i < lv->n_watches; i++) {
        snap = subscription_snapshot(lv->watches[i].sub);
        for (size_t k = 0; snap && k < snap->n_lacks; k++)
            if (strcmp(snap->lacks[k]->action,
                       "ecs:DescribeTaskDefinition") == 0)
                return snap->lacks[k];
    }
    return NULL;
}

bool log_put_undefined(const struct log_view *lv, struct strbuf *out)
{
    const struct store_lack *lack = lacks_definitions(lv);

    bool undefined = false;

    for (size_t i = 0; i < lv->n_watches; i++)
        undefined |= lv->watches[i].undefined;
    if (!log_waiting(lv) || logsrc_readable(lv->src) || (!lack && !undefined))
        return false;
    if (lack)
        strbuf_printf(out, "%s: not allowed (%s), and they say where the logs "
                      "are; r tries again", lack->what, lack->action);
    else
        strbuf_printf(out, "a task definition of %s can't be read, and it "
                      "says where the logs are; r tries again", lv->name);
    return true;
}

/* ---- the source ------------------------------------------------------ */

static void on_lines(void *arg)
{
    struct log_view *lv = arg;

    log_goto_arrive(lv);
    log_error_arrive(lv);
    log_work(lv);
    log_live_changed(lv);
    if (!lv->view.app->paused)
        app_dirty(lv->view.app, PAINT_DATA);
}

void log_new_source(struct log_view *lv, int64_t backfill_ms)
{
    struct app *app = lv->view.app;

    lv->src = logsrc_new(&(struct logsrc_options){.clock = app->o.clock,
                                                  .client = app->realm->client,
                                                  .limit_bytes = app->o.log_buffer,
                                                  .backfill_ms = backfill_ms,
                                                  .on_change = on_lines,
                                                  .arg = lv});
    lv->buf = logsrc_buf(lv->src);
    lv->tag_sources = 0;
}

size_t log_refill(struct log_view *lv, size_t k, size_t n)
{
    uint64_t gaps[64]; /* asking changes the lines */
    size_t found = 0, asked = 0;
    struct logbuf_line l;

    for (; n && k < log_shown(lv) && found < ARRAY_LEN(gaps); n--, k++) {
        logbuf_get(lv->buf, log_index(lv, k), &l);
        if (l.kind == LOG_GAP)
            gaps[found++] = l.seq;
    }
    for (size_t i = 0; i < found; i++)
        asked += logsrc_refill(lv->src, gaps[i]);
    return asked;
}

int log_add_groups(struct log_view *lv, struct err *err)
{
    char *copy = xstrdup(lv->name), *rest = copy, *group;
    int rc = 0;

    while (rc == 0 && (group = strsep(&rest, ","))) {
        char *region = strchr(group, '@'); /* in no name of a group */
        if (region)
            *region++ = '\0';
        rc = logsrc_add_group(lv->src, region, group, lv->stream_prefix, err);
    }
    free(copy);
    return rc;
}

void log_read_back(struct log_view *lv, int64_t ms)
{
    char *filter = lv->filter.text ? xstrdup(lv->filter.text) : NULL;
    struct err err = {0};

    if (ms > logsrc_backfill_ms(lv->src)) {
        logset_end(&lv->search.hits);
        log_filter_release(lv);
        logsrc_free(lv->src);
        log_new_source(lv, ms);
        lv->n_marks = 0; /* they are of lines of the old one */
        lv->cleared_mark = lv->paused = (struct logbuf_mark){0};
        for (size_t i = 0; i < lv->n_watches; i++)
            log_watch_again(&lv->watches[i]);
        if (!lv->n_watches)
            log_add_groups(lv, &err); /* they were fine before */
        if (filter)
            log_filter_set(lv, filter);
        log_live_again(lv);
    }
    free(filter);
}
