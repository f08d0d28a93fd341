/* The one generic table view: a kind's rows, filter, sort and marks. Drawing
 * is in table_view_draw.c. */
#include "views/table/table_view_internal.h"

#include "backend/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct table_view *tv_of(const struct view *v)
{
    return (struct table_view *)v;
}

static void on_snapshot(void *arg, const struct snapshot *snap)
{
    struct table_view *tv = arg;
    if (tv->view.app->paused || !view_is_current(&tv->view))
        return;
    table_model_set(&tv->model, snap, app_now(tv->view.app));
    app_dirty(tv->view.app, PAINT_DATA);
}

static size_t contexts(const struct view *v, enum context *out)
{
    out[0] = tv_of(v)->model.kind->context;
    out[1] = CONTEXT_TABLE;
    out[2] = CONTEXT_GENERIC;
    return 3;
}

/* ---- sort ------------------------------------------------------------ */

static void sort_chosen(void *arg, int choice)
{
    struct table_view *tv = arg;
    if (choice < 0)
        return;
    if (choice == 0) {
        table_model_sort(&tv->model, -1, false);
        return;
    }
    size_t i = tv->model.col_of[choice - 1];
    /* Numbers are looked at biggest first. */
    table_model_sort(&tv->model, (int)i,
                     (tv->model.kind->columns[i].flags & COL_NUM) != 0);
}

static void open_sort_menu(struct table_view *tv)
{
    struct menu *m = app_menu(tv->view.app, "Sort by", sort_chosen, tv);
    menu_add(m, "default", tv->model.kind->order,
             tv->model.sort_column < 0);
    for (size_t i = 0; i < tv->model.n_cols; i++) {
        const struct column *c =
            &tv->model.kind->columns[tv->model.col_of[i]];
        menu_add(m, c->title, c->help,
                 tv->model.sort_column == (int)tv->model.col_of[i]);
    }
}

/* ---- filter ---------------------------------------------------------- */

static void filter_typed(void *arg, enum prompt_result r, const char *text)
{
    struct table_view *tv = arg;
    struct err err = {0};
    if (r == PROMPT_CANCELLED)
        text = "";
    /* While a pattern is half typed it may be wrong: the last good one
     * filters on; accepting it complains and clears. */
    if (table_model_filter(&tv->model, text, &err) && r == PROMPT_ACCEPTED) {
        table_model_filter(&tv->model, NULL, NULL);
        app_say(tv->view.app, MSG_ERROR, "%s No filter is set.", err.message);
    }
}

/* ---- actions --------------------------------------------------------- */

static void open_row(struct table_view *tv)
{
    const struct kind *k = tv->model.kind;
    struct target t;
    if (table_view_target(&tv->view, &t))
        return;
    if (k->child) {
        struct query q;
        k->child_query(t.row, &q);
        app_push(tv->view.app,
                 table_view_new(tv->view.app, kind_find(k->child), &q));
    } else {
        app_push(tv->view.app, detail_view_new(tv->view.app, &t));
    }
    target_release(&t);
}

static void open_tasks(struct table_view *tv)
{
    struct target t;
    if (table_view_target(&tv->view, &t))
        return;
    struct query q = {.kind = QUERY_TASKS,
                      .cluster = t.kind->row_cluster(t.row)};
    if (t.kind == &kind_services)
        t.kind->child_query(t.row, &q);
    app_push(tv->view.app, table_view_new(tv->view.app, &kind_tasks, &q));
    target_release(&t);
}

static void open_text(struct table_view *tv,
                      struct view *(*make)(struct app *,
                                           const struct target *))
{
    struct target t;
    if (table_view_target(&tv->view, &t))
        return;
    app_push(tv->view.app, make(tv->view.app, &t));
    target_release(&t);
}

static void open_logs(struct table_view *tv)
{
    struct target *t;
    size_t n = table_view_targets(&tv->view, &t);
    if (n)
        log_view_open(tv->view.app, t, n);
    for (size_t i = 0; i < n; i++)
        target_release(&t[i]);
    free(t);
}

static void open_last_logs(struct table_view *tv)
{
    struct target t;
    if (tv->model.kind != &kind_tasks || table_view_target(&tv->view, &t))
        return;
    log_view_open_last(tv->view.app, &t);
    target_release(&t);
}

static void copy_row(struct table_view *tv, bool arn)
{
    struct target t;
    if (table_view_target(&tv->view, &t))
        return;
    const struct kind *k = tv->model.kind;
    app_copy(tv->view.app, arn ? "ARN" : "name",
             arn ? k->row_arn(t.row) : k->row_name(t.row));
    target_release(&t);
}

static void acknowledge(struct table_view *tv)
{
    struct target t;
    if (table_view_target(&tv->view, &t))
        return;
    const struct service_row *r = t.row;
    if (r->health.state == SVC_ROLLEDBACK) {
        store_acknowledge(tv->view.app->realm->store, t.key);
        app_say(tv->view.app, MSG_OK, "Roll-back of %s acknowledged.",
                r->svc->name);
    } else {
        app_say(tv->view.app, MSG_INFO,
                "%s is %s: only ROLLEDBACK can be acknowledged.",
                r->svc->name, svc_state_name(r->health.state));
    }
    target_release(&t);
}

static bool act_marks(struct table_view *tv, enum action_id action)
{
    switch (action) {
    case ACTION_MARK: {
        const char *key = table_key(&tv->widget);
        if (key) {
            struct table_source src = table_model_source(&tv->model);
            table_model_toggle(&tv->model, key);
            table_act(&tv->widget, &src, ACTION_DOWN);
        }
        return true;
    }
    case ACTION_MARK_ALL:
        table_model_mark_all(&tv->model);
        return true;
    case ACTION_UNMARK_ALL:
        table_model_unmark_all(&tv->model);
        return true;
    default:
        return false;
    }
}

static bool act(struct view *v, enum action_id action)
{
    struct table_view *tv = tv_of(v);
    struct table_source src = table_model_source(&tv->model);
    if (table_act(&tv->widget, &src, action) || act_marks(tv, action))
        return true;
    switch (action) {
    case ACTION_OPEN:
        open_row(tv);
        return true;
    case ACTION_TASKS:
        open_tasks(tv);
        return true;
    case ACTION_DESCRIBE:
        open_text(tv, detail_view_new);
        return true;
    case ACTION_JSON:
        open_text(tv, json_view_new);
        return true;
    case ACTION_EVENTS:
        open_text(tv, events_view_new);
        return true;
    case ACTION_LOGS:
        open_logs(tv);
        return true;
    case ACTION_LAST_LOGS:
        open_last_logs(tv);
        return true;
    case ACTION_COPY:
    case ACTION_COPY_ARN:
        copy_row(tv, action == ACTION_COPY_ARN);
        return true;
    case ACTION_ACKNOWLEDGE:
        acknowledge(tv);
        return true;
    case ACTION_FILTER:
        app_ask(v->app, "/", table_model_filter_text(&tv->model),
                HISTORY_FILTER, NULL, NULL, filter_typed, tv);
        return true;
    case ACTION_SORT:
        open_sort_menu(tv);
        return true;
    case ACTION_SORT_INVERT:
        table_model_sort(&tv->model, tv->model.sort_column,
                         !tv->model.sort_inverted);
        return true;
    default:
        return false;
    }
}

/* ---- what the frame around asks -------------------------------------- */

static void crumb(const struct view *v, struct doc *out)
{
    const struct table_view *tv = tv_of(v);
    const struct table_model *m = &tv->model;
    const struct query *q = &tv->query;
    const char *of = q->task ? q->task : q->service ? q->service : NULL;
    if (of && m->kind == &kind_containers)
        doc_printf(out, ROLE_CRUMB, "%.8s > ", arn_tail(of));
    else if (of)
        doc_printf(out, ROLE_CRUMB, "%s > ", arn_tail(of));
    else if (q->cluster)
        doc_printf(out, ROLE_CRUMB, "%s > ", arn_tail(q->cluster));
    if (m->snap && m->filter)
        doc_printf(out, ROLE_CRUMB, "%s(%zu of %zu)", m->kind->name, m->n,
                   m->snap->n_rows);
    else if (m->snap && m->snap->first_page)
        doc_printf(out, ROLE_CRUMB, "%s(%zu)", m->kind->name, m->n);
    else
        doc_put(out, ROLE_CRUMB, m->kind->name);
}

static void settings(const struct view *v, struct doc *out)
{
    const struct table_model *m = &tv_of(v)->model;
    char sort[64];
    if (m->filter || v->app->surface.cols >= 100)
        doc_printf(out, m->filter ? ROLE_MATCH : ROLE_MUTED, "filter: %s   ",
                   m->filter ? table_model_filter_text(m) : "-");
    doc_printf(out, ROLE_MUTED, "sort: %s",
               table_model_sort_text(m, sort, sizeof(sort)));
    if (m->held)
        doc_put(out, ROLE_WARN, " [order held]");
}

static void sum_up(const struct table_model *m, struct doc *out)
{
    if (m->snap && m->snap->first_page)
        m->kind->summary(m->snap, out);
    else
        doc_printf(out, ROLE_MUTED, "%s %s",
                   m->snap && m->snap->error.code ? "no" : "loading",
                   m->kind->name);
    if (m->snap && m->snap->failed)
        doc_printf(out, ROLE_BAD, " | %zu can't be read", m->snap->failed);
}

/* Counting many rows for each key that is pressed would be felt. */
static void summary(const struct view *v, struct doc *out)
{
    struct table_view *tv = tv_of(v);
    const struct snapshot *snap = tv->model.snap;
    if (!snap) {
        sum_up(&tv->model, out);
        return;
    }
    if (snap->generation != tv->summary_of) {
        doc_clear(&tv->summary);
        sum_up(&tv->model, &tv->summary);
        tv->summary_of = snap->generation;
    }
    doc_put_line(out, &tv->summary);
}

static bool back(struct view *v)
{
    struct table_view *tv = tv_of(v);
    if (!tv->model.filter)
        return false;
    table_model_filter(&tv->model, NULL, NULL);
    return true;
}

static void visible(struct view *v, bool on)
{
    struct table_view *tv = tv_of(v);
    const char *key = table_key(&tv->widget);
    int i = table_model_find(&tv->model, key);
    subscription_set_visible(tv->sub, on);
    /* Whoever comes back finds the row that was left, wherever it stands. One
     * that nothing was known of stood there by chance. */
    if (!on && i >= 0 &&
        !tv->model.kind->row_loading(
            table_model_row(&tv->model, (size_t)i)->data))
        tv->widget.touched = true;
}

static void refresh(struct view *v)
{
    subscription_refresh(tv_of(v)->sub);
}

static const struct snapshot *snapshot(const struct view *v)
{
    return tv_of(v)->model.snap;
}

static const struct hint *hints(const struct view *v, size_t *n)
{
    const struct kind *k = tv_of(v)->model.kind;
    *n = k->n_hints;
    return k->hints;
}

static void tick(struct view *v, int64_t now_ms)
{
    tv_of(v)->model.now_ms = now_ms; /* ages only; order does not depend */
}

static void hold(struct view *v, bool on)
{
    struct table_view *tv = tv_of(v);
    if (tv->model.held && !on)
        table_model_rebuild(&tv->model, app_now(v->app));
    tv->model.held = on;
}

static void view_free(struct view *v)
{
    struct table_view *tv = tv_of(v);
    subscription_close(tv->sub);
    table_model_release(&tv->model);
    table_release(&tv->widget);
    doc_release(&tv->pane);
    doc_release(&tv->summary);
    free((char *)tv->query.cluster);
    free((char *)tv->query.service);
    free((char *)tv->query.task);
    free(tv);
}

static const struct view_ops ops = {
    .name = "table",
    .contexts = contexts,
    .draw = table_view_draw,
    .act = act,
    .crumb = crumb,
    .summary = summary,
    .settings = settings,
    .back = back,
    .visible = visible,
    .refresh = refresh,
    .snapshot = snapshot,
    .hints = hints,
    .tick = tick,
    .hold = hold,
    .free = view_free,
};

struct view *table_view_new(struct app *app, const struct kind *kind,
                            const struct query *q)
{
    struct table_view *tv = xcalloc(1, sizeof(*tv));
    view_init(&tv->view, &ops, app);
    table_model_init(&tv->model, kind);
    tv->model.now_ms = app_now(app);
    tv->model.one_service = q->service != NULL;
    table_init(&tv->widget);
    tv->query = (struct query){.kind = kind->query,
                               .cluster = xstrdup(q->cluster),
                               .service = xstrdup(q->service),
                               .task = xstrdup(q->task)};
    tv->sub = store_subscribe(app->realm->store, &tv->query, on_snapshot, tv);
    const struct snapshot *snap = subscription_snapshot(tv->sub);
    if (snap)
        table_model_set(&tv->model, snap, app_now(app));
    return &tv->view;
}

bool view_is_table(const struct view *v)
{
    return v && v->ops == &ops;
}

const struct kind *table_view_kind(const struct view *v)
{
    return tv_of(v)->model.kind;
}

static void fill_target(const struct table_view *tv,
                        const struct snap_row *row, struct target *out)
{
    *out = (struct target){.kind = tv->model.kind,
                           .key = row->key,
                           .row = row->data,
                           .snap = snapshot_ref(tv->model.snap)};
}

int table_view_target(const struct view *v, struct target *out)
{
    const struct table_view *tv = tv_of(v);
    const char *key = table_key(&tv->widget);
    int i = table_model_find(&tv->model, key);
    const struct snap_row *row =
        table_model_row(&tv->model, i < 0 ? tv->widget.cursor : (size_t)i);
    if (!row)
        return -1;
    fill_target(tv, row, out);
    return 0;
}

size_t table_view_targets(const struct view *v, struct target **out)
{
    const struct table_view *tv = tv_of(v);
    size_t n = 0;
    *out = xcalloc(tv->model.n ? tv->model.n : 1, sizeof(**out));
    for (size_t i = 0; i < tv->model.n; i++) {
        const struct snap_row *row = table_model_row(&tv->model, i);
        if (table_model_is_marked(&tv->model, row->key))
            fill_target(tv, row, &(*out)[n++]);
    }
    if (!n && table_view_target(v, &(*out)[0]) == 0)
        n = 1;
    return n;
}

void target_release(struct target *t)
{
    if (t->snap)
        snapshot_unref(t->snap);
    *t = (struct target){0};
}

int table_view_set_filter(struct view *v, const char *text, struct err *err)
{
    return table_model_filter(&tv_of(v)->model, text, err);
}

void table_view_unmark(struct view *v)
{
    table_model_unmark_all(&tv_of(v)->model);
}
