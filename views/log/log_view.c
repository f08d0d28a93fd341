/* Logs of services, tasks and containers: what the keys do. */
#include "views/log/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "views/kind.h"

struct log_view *log_of(const struct view *v)
{
    return (struct log_view *)v;
}

static size_t contexts(const struct view *v, enum context *out)
{
    (void)v;
    out[0] = CONTEXT_LOG;
    out[1] = CONTEXT_TEXT;
    out[2] = CONTEXT_GENERIC;
    return 3;
}

/* ---- moving ---------------------------------------------------------- */

/* The current line goes with the screen. */
static void carry(struct log_view *lv, enum action_id action, size_t top)
{
    struct pager *p = &lv->pager;
    size_t n = log_shown(lv);
    size_t rows = p->rows > 1 ? (size_t)p->rows - 1 : 1;

    if (!n)
        return;
    if (action == ACTION_TOP)
        p->hit = 0;
    else if (p->top > top)
        p->hit += p->top - top;
    else if (p->top < top)
        p->hit -= p->hit < top - p->top ? p->hit : top - p->top;
    else if (action == ACTION_PAGE_DOWN || action == ACTION_HALF_DOWN)
        p->hit = n - 1; /* at the end already */
    else if (action == ACTION_PAGE_UP || action == ACTION_HALF_UP)
        p->hit = 0;
    p->hit = p->hit < n ? p->hit : n - 1;
    if (p->hit < p->top)
        p->hit = p->top;
    else if (!p->wrap && p->hit > p->top + rows)
        p->hit = p->top + rows;
}

static bool move(struct log_view *lv, enum action_id action)
{
    struct pager_source src = log_source(lv);
    struct pager *p = &lv->pager;
    size_t top;

    switch (action) {
    case ACTION_BOTTOM:
        log_follow(lv);
        return true;
    case ACTION_UP:
        if (p->follow) {
            log_pause(lv);
            p->hit = src.n_lines ? src.n_lines - 1 : 0; /* from the very end */
        }
        p->hit -= p->hit > 0;
        pager_reveal(p, &src, p->hit);
        return true;
    case ACTION_DOWN:
        if (!p->follow && p->hit + 1 < src.n_lines)
            pager_reveal(p, &src, ++p->hit);
        return true;
    case ACTION_PAGE_DOWN:
    case ACTION_HALF_DOWN:
        if (p->follow)
            return true;
        break;
    case ACTION_TOP:
    case ACTION_PAGE_UP:
    case ACTION_HALF_UP:
        log_pause(lv);
        break;
    default:
        break;
    }
    top = p->top;
    if (!pager_act(p, &src, action, true))
        return false;
    if (!p->follow)
        carry(lv, action, top);
    return true;
}

/* ---- actions --------------------------------------------------------- */

/* The text as it came, or with when and where. */
static void copy_line(struct log_view *lv, bool whole)
{
    struct logbuf_line l;
    char at[40];

    if (!log_current(lv, &l))
        return;
    if (!whole) {
        app_copy(lv->view.app, "line", l.text);
        return;
    }
    char *text = xasprintf("%s %s %s %s", fmt_iso_ms(l.timestamp_ms, at),
                           logsrc_task(lv->src, l.source),
                           logsrc_container(lv->src, l.source), l.text);
    app_copy(lv->view.app, "whole line", text);
    free(text);
}

static void more_context(struct log_view *lv)
{
    static const size_t steps[] = {0, 1, 3, 10};
    size_t i = 0;

    while (i + 1 < ARRAY_LEN(steps) && steps[i] <= lv->filter.context)
        i++;
    log_filter_context(lv, steps[i] > lv->filter.context ? steps[i] : 0);
}

static bool act_look(struct log_view *lv, enum action_id action)
{
    switch (action) {
    case ACTION_TIMESTAMPS:
        lv->stamps = (enum log_stamps)((lv->stamps + 1) % STAMPS_N);
        return true;
    case ACTION_TAGS:
        lv->tags = (enum log_tags)((lv->tags + 1) % TAGS_N);
        lv->tag_sources = 0;
        return true;
    case ACTION_RAW:
        lv->raw = !lv->raw;
        return true;
    case ACTION_OPEN:
        if (!log_refill(lv, lv->pager.follow ? log_shown(lv) - 1
                                             : lv->pager.hit, 1))
            log_pretty(lv);
        return true;
    case ACTION_PRETTY:
        log_pretty(lv);
        return true;
    case ACTION_COPY:
    case ACTION_COPY_ARN:
        copy_line(lv, action == ACTION_COPY_ARN);
        return true;
    case ACTION_HIGHLIGHT:
        log_highlight_ask(lv);
        return true;
    case ACTION_MARK_LINE:
        log_toggle_mark(lv);
        return true;
    case ACTION_NEXT_MARK:
        log_next_mark(lv);
        return true;
    case ACTION_SAVE:
        log_save_ask(lv);
        return true;
    case ACTION_PIPE:
        log_pipe_ask(lv);
        return true;
    case ACTION_PAGER:
    case ACTION_EDITOR:
        log_lend(lv, action == ACTION_EDITOR);
        return true;
    case ACTION_CANCEL:
        return log_out_cancel(lv);
    default:
        return false;
    }
}

static bool act_find(struct log_view *lv, enum action_id action)
{
    switch (action) {
    case ACTION_FOLLOW:
        if (lv->pager.follow)
            log_pause(lv);
        else
            log_follow(lv);
        return true;
    case ACTION_SEARCH:
        log_search_ask(lv);
        return true;
    case ACTION_NEXT_MATCH:
    case ACTION_PREV_MATCH:
        log_search_next(lv, action == ACTION_NEXT_MATCH ? 1 : -1);
        return true;
    case ACTION_NEXT_ERROR:
    case ACTION_PREV_ERROR:
        log_error(lv, action == ACTION_NEXT_ERROR ? 1 : -1);
        return true;
    case ACTION_FILTER_LINES:
        log_filter_ask(lv);
        return true;
    case ACTION_MORE_CONTEXT:
        more_context(lv);
        return true;
    case ACTION_CLEAR_VIEW:
        log_clear(lv);
        return true;
    case ACTION_LIVE:
        log_live_toggle(lv);
        return true;
    default:
        return false;
    }
}

static bool act_window(struct log_view *lv, enum action_id action)
{
    static const struct {
        enum action_id action;
        int minutes;
    } windows[] = {{ACTION_WINDOW_ALL, 0}, {ACTION_WINDOW_1M, 1},
                   {ACTION_WINDOW_5M, 5},  {ACTION_WINDOW_15M, 15},
                   {ACTION_WINDOW_30M, 30}, {ACTION_WINDOW_1H, 60}};

    for (size_t i = 0; i < ARRAY_LEN(windows); i++) {
        if (windows[i].action != action)
            continue;
        log_set_window(lv, windows[i].minutes * (int64_t)60000);
        if (!windows[i].minutes)
            log_follow(lv);
        return true;
    }
    return false;
}

static bool act(struct view *v, enum action_id action)
{
    struct log_view *lv = log_of(v);
    bool mine;

    log_settle(lv);
    mine = act_find(lv, action) || act_look(lv, action) ||
           act_window(lv, action) || move(lv, action);
    log_keep(lv);
    log_work(lv);
    return mine;
}

/* ---- what the app needs ---------------------------------------------- */

static void crumb(const struct view *v, struct doc *out)
{
    (void)v;
    doc_put(out, ROLE_CRUMB, "logs");
}

/* Esc ends the search first, then the filter. */
static bool back(struct view *v)
{
    struct log_view *lv = log_of(v);

    if (lv->search.re)
        log_search_clear(lv);
    else if (lv->filter.re)
        log_filter_set(lv, "");
    else
        return false;
    log_keep(lv);
    return true;
}

static void visible(struct view *v, bool on)
{
    struct log_view *lv = log_of(v);

    for (size_t i = 0; i < lv->n_watches; i++)
        subscription_set_visible(lv->watches[i].sub, on);
    log_live_show(lv, on);
}

/* Gaps on the screen are what it is pressed for. */
static void refresh(struct view *v)
{
    struct log_view *lv = log_of(v);

    log_settle(lv);
    log_refill(lv, lv->pager.top, (size_t)lv->pager.rows);
    for (size_t i = 0; i < lv->n_watches; i++)
        subscription_refresh(lv->watches[i].sub);
    logsrc_refresh(lv->src);
}

static const struct snapshot *snapshot(const struct view *v)
{
    const struct log_view *lv = log_of(v);
    return lv->n_watches ? subscription_snapshot(lv->watches[0].sub) : NULL;
}

static const struct hint *hints(const struct view *v, size_t *n)
{
    static const struct hint list[] = {
        {ACTION_BACK, "back"},       {ACTION_SEARCH, "search"},
        {ACTION_FILTER_LINES, "filter"}, {ACTION_NEXT_ERROR, "next error"},
        {ACTION_PRETTY, "pretty"},   {ACTION_FOLLOW, "follow"},
        {ACTION_WRAP, "wrap"},       {ACTION_TIMESTAMPS, "times"},
        {ACTION_COPY, "copy"},       {ACTION_HELP, "help"}};
    (void)v;
    *n = ARRAY_LEN(list);
    return list;
}

static void view_free(struct view *v)
{
    struct log_view *lv = log_of(v);

    for (size_t i = 0; i < lv->n_watches; i++)
        log_watch_end(&lv->watches[i]);
    timer_stop(v->app->o.clock, &lv->work);
    timer_stop(v->app->o.clock, &lv->start);
    log_out_free(lv);
    log_live_free(lv);
    log_search_clear(lv);
    log_filter_release(lv);
    log_highlight(lv, "");
    logjson_fields_release(&lv->fields);
    logsrc_free(lv->src);
    strbuf_release(&lv->line);
    strbuf_release(&lv->plain);
    free(lv->spans);
    free(lv->watches);
    free(lv->name);
    free(lv->stream_prefix);
    free(lv);
}

static const struct view_ops log_ops = {
    .name = "logs",
    .contexts = contexts,
    .draw = log_draw,
    .act = act,
    .crumb = crumb,
    .summary = log_summary,
    .settings = log_settings,
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

static struct log_view *new_view(struct app *app, char *name)
{
    struct log_view *lv = xcalloc(1, sizeof(*lv));

    view_init(&lv->view, &log_ops, app);
    lv->name = name;
    log_new_source(lv, 0);
    lv->spans = xcalloc(LOG_SPANS, sizeof(*lv->spans));
    pager_init(&lv->pager);
    lv->pager.follow = true;
    return lv;
}

static struct view *give_up(struct log_view *lv)
{
    scope_cancel(&lv->view.scope);
    view_free(&lv->view);
    return NULL;
}

/* May lines of both be of services that have one name? */
static bool confusable(const struct target *a, const struct target *b)
{
    const char *in = a->kind->row_cluster(a->row);
    const char *other = b->kind->row_cluster(b->row);

    if (!in || !other || strcmp(arn_tail(in), arn_tail(other)) == 0)
        return false;
    return a->kind != &kind_services ||
           strcmp(a->kind->row_name(a->row), b->kind->row_name(b->row)) == 0;
}

struct view *log_view_new(struct app *app, const struct target *targets,
                          size_t n, struct err *err)
{
    struct log_view *lv;

    if (n == 0) {
        err_set(err, ERR_USAGE, "Nothing is selected to read logs of.");
        return NULL;
    }
    lv = new_view(app, name_of(targets, n));
    lv->watches = xcalloc(n, sizeof(*lv->watches));
    lv->n_watches = n;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            lv->name_clusters |= confusable(&targets[i], &targets[k]);
    for (size_t i = 0; i < n; i++)
        if (log_watch_target(lv, &lv->watches[i], &targets[i], err) != 0)
            return give_up(lv);
    log_gather(lv);
    return &lv->view;
}

struct view *log_groups_view_new(struct app *app, const char *groups,
                                 const char *prefix, struct err *err)
{
    struct log_view *lv = new_view(app, xstrdup(groups));

    lv->stream_prefix = prefix ? xstrdup(prefix) : NULL;
    return log_add_groups(lv, err) == 0 ? &lv->view : give_up(lv);
}
