/* Logs of services, tasks and containers: which tasks there are, and what the
 * keys do. */
#include "views/log_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "views/kind.h"

#define ALONE_MAX 4   /* more tasks than that share a series */
#define STOPPED_OLD 2 /* stopped long ago, but read nevertheless */

static struct log_view *lv_of(const struct view *v)
{
    return (struct log_view *)v;
}

/* ---- which tasks ----------------------------------------------------- */

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

static void on_lines(void *arg)
{
    struct log_view *lv = arg;

    log_view_settle(lv);
    log_view_recount(lv);
    if (!lv->view.app->paused)
        app_dirty(lv->view.app, PAINT_DATA);
}

static int watch(struct log_view *lv, struct log_watch *w,
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

/* ---- what the app needs ---------------------------------------------- */

static size_t contexts(const struct view *v, enum context *out)
{
    (void)v;
    out[0] = CONTEXT_LOG;
    out[1] = CONTEXT_TEXT;
    out[2] = CONTEXT_GENERIC;
    return 3;
}

/* The hit, or the line on top, is what a copy means here. */
static void copy_line(struct log_view *lv)
{
    size_t i = lv->pager.has_hit ? lv->pager.hit : lv->pager.top;
    struct logbuf_line l;

    if (i >= logbuf_len(lv->buf))
        return;
    logbuf_get(lv->buf, i, &l);
    app_copy(lv->view.app, "line", l.text);
}

static bool act_own(struct log_view *lv, enum action_id action)
{
    switch (action) {
    case ACTION_FOLLOW:
        lv->pager.follow = !lv->pager.follow;
        return true;
    case ACTION_SEARCH:
        log_view_ask(lv);
        return true;
    case ACTION_NEXT_MATCH:
        log_view_search(lv, 1);
        return true;
    case ACTION_PREV_MATCH:
        log_view_search(lv, -1);
        return true;
    case ACTION_NEXT_ERROR:
        log_view_error(lv, lv->pager.has_hit || !lv->pager.follow ? 1 : -1);
        return true;
    case ACTION_PREV_ERROR:
        log_view_error(lv, -1);
        return true;
    case ACTION_TIMESTAMPS:
        lv->stamps = (enum log_stamps)((lv->stamps + 1) % STAMPS_N);
        return true;
    case ACTION_COPY:
        copy_line(lv);
        return true;
    default:
        return false;
    }
}

static bool act(struct view *v, enum action_id action)
{
    struct log_view *lv = lv_of(v);
    bool followed = lv->pager.follow;

    log_view_settle(lv);
    struct pager_source src = log_view_source(lv);
    bool mine = pager_act(&lv->pager, &src, action, true) ||
                act_own(lv, action);
    if (followed && !lv->pager.follow)
        lv->paused_seq = logbuf_last_seq(lv->buf);
    log_view_keep(lv);
    return mine;
}

static void crumb(const struct view *v, struct doc *out)
{
    doc_put(out, ROLE_CRUMB, "logs");
    (void)v;
}

static void summary(const struct view *v, struct doc *out)
{
    const struct log_view *lv = lv_of(v);
    char n[32];

    if (*logsrc_status(lv->src)) {
        doc_put(out, ROLE_ERROR, logsrc_status(lv->src));
        return;
    }
    doc_printf(out, ROLE_SUMMARY, "%s: %zu task%s", lv->name,
               logsrc_tasks(lv->src), logsrc_tasks(lv->src) == 1 ? "" : "s");
    if (logbuf_errors(lv->buf))
        doc_printf(out, ROLE_BAD, "  errors %s",
                   fmt_count((int64_t)logbuf_errors(lv->buf), n));
    if (logbuf_warnings(lv->buf))
        doc_printf(out, ROLE_WARN, "  warnings %s",
                   fmt_count((int64_t)logbuf_warnings(lv->buf), n));
    if (logsrc_loading(lv->src) && logbuf_len(lv->buf))
        doc_put(out, ROLE_MUTED, "  reading back ...");
}

static void settings(const struct view *v, struct doc *out)
{
    const struct log_view *lv = lv_of(v);
    const struct log_count *c = &lv->count;

    if (!lv->needle)
        return;
    doc_printf(out, ROLE_MATCH, "/%s", lv->needle);
    if (c->known && c->ordinal)
        doc_printf(out, ROLE_MUTED, " %zu/%zu", c->ordinal, c->total);
    else if (c->known)
        doc_printf(out, ROLE_MUTED, " %zu hits", c->total);
}

static bool back(struct view *v)
{
    struct log_view *lv = lv_of(v);

    if (!lv->needle)
        return false;
    log_view_clear_search(lv);
    return true;
}

static void visible(struct view *v, bool on)
{
    struct log_view *lv = lv_of(v);

    for (size_t i = 0; i < lv->n_watches; i++)
        subscription_set_visible(lv->watches[i].sub, on);
}

static void refresh(struct view *v)
{
    struct log_view *lv = lv_of(v);

    for (size_t i = 0; i < lv->n_watches; i++)
        subscription_refresh(lv->watches[i].sub);
    logsrc_refresh(lv->src);
}

static const struct snapshot *snapshot(const struct view *v)
{
    const struct log_view *lv = lv_of(v);
    return lv->n_watches ? subscription_snapshot(lv->watches[0].sub) : NULL;
}

static const struct hint *hints(const struct view *v, size_t *n)
{
    static const struct hint list[] = {
        {ACTION_BACK, "back"},       {ACTION_SEARCH, "search"},
        {ACTION_NEXT_ERROR, "next error"}, {ACTION_FOLLOW, "follow"},
        {ACTION_WRAP, "wrap"},       {ACTION_TIMESTAMPS, "times"},
        {ACTION_COPY, "copy"},       {ACTION_HELP, "help"}};
    (void)v;
    *n = ARRAY_LEN(list);
    return list;
}

static void view_free(struct view *v)
{
    struct log_view *lv = lv_of(v);

    for (size_t i = 0; i < lv->n_watches; i++) {
        if (lv->watches[i].sub)
            subscription_close(lv->watches[i].sub);
        free(lv->watches[i].container);
    }
    log_view_clear_search(lv);
    logsrc_free(lv->src);
    strbuf_release(&lv->line);
    free(lv->watches);
    free(lv->name);
    free(lv);
}

static const struct view_ops log_ops = {
    .name = "logs",
    .contexts = contexts,
    .draw = log_view_draw,
    .act = act,
    .crumb = crumb,
    .summary = summary,
    .settings = settings,
    .back = back,
    .visible = visible,
    .refresh = refresh,
    .snapshot = snapshot,
    .hints = hints,
    .free = view_free,
};

static char *name_of(const struct target *t, size_t n)
{
    if (n != 1)
        return xasprintf("%zu %s", n, t[0].kind->name);
    if (t[0].kind == &kind_containers) {
        const struct container_row *row = t[0].row;
        return xasprintf("%s of %.8s", row->container->name, row->task->id);
    }
    if (t[0].kind == &kind_tasks)
        return xasprintf("%.8s", t[0].kind->row_name(t[0].row));
    return xstrdup(t[0].kind->row_name(t[0].row));
}

struct view *log_view_new(struct app *app, const struct target *targets,
                          size_t n, struct err *err)
{
    struct log_view *lv;

    if (n == 0) {
        err_set(err, ERR_USAGE, "Nothing is selected to read logs of.");
        return NULL;
    }
    lv = xcalloc(1, sizeof(*lv));
    view_init(&lv->view, &log_ops, app);
    lv->name = name_of(targets, n);
    lv->src = logsrc_new(&(struct logsrc_options){.clock = app->o.clock,
                                                  .client = app->realm->client,
                                                  .on_change = on_lines,
                                                  .arg = lv});
    lv->buf = logsrc_buf(lv->src);
    pager_init(&lv->pager);
    lv->pager.follow = true;
    lv->watches = xcalloc(n, sizeof(*lv->watches));
    lv->n_watches = n;
    for (size_t i = 0; i < n; i++) {
        if (watch(lv, &lv->watches[i], &targets[i], err) != 0) {
            scope_cancel(&lv->view.scope);
            view_free(&lv->view);
            return NULL;
        }
    }
    return &lv->view;
}
