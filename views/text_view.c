/* A pager over lines that its maker fills again on each refresh. */
#include "views/app/app.h"
#include "views/view.h"

#include "backend/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text_view {
    struct view view;
    const struct text_view_spec *spec;
    struct view_ops ops; /* the spec's name in the shared table */
    void *arg;
    char *crumb;
    struct doc doc;
    struct pager pager;
    char *needle; /* what `/` searches, or NULL */
};

static struct text_view *xv_of(const struct view *v)
{
    return (struct text_view *)v;
}

static size_t contexts(const struct view *v, enum context *out)
{
    size_t n = 0;
    if (xv_of(v)->spec->context != CONTEXT_TEXT)
        out[n++] = xv_of(v)->spec->context;
    out[n++] = CONTEXT_TEXT;
    out[n++] = CONTEXT_GENERIC;
    return n;
}

static void draw(struct view *v, struct surface *s, struct rect r)
{
    struct text_view *xv = xv_of(v);
    struct pager_source src = doc_source(&xv->doc);
    struct matcher m = matcher_plain(xv->needle ? xv->needle : "");
    struct rect body = r;
    if (body.rows > 2)
        body.rows--;
    pager_sync(&xv->pager, &src, body.rows, body.cols);
    pager_draw(&xv->pager, &src, xv->needle ? &m : NULL, s, body);
    if (body.rows < r.rows) {
        char pos[64];
        surface_put_right(s, r.row + r.rows - 1, r.col, r.cols - 1,
                          ROLE_MUTED, pager_position(&xv->pager, &src, pos));
    }
}

static void search(struct text_view *xv, int dir)
{
    struct pager_source src = doc_source(&xv->doc);
    bool wrapped = false;
    if (!xv->needle) {
        app_say(xv->view.app, MSG_INFO, "Nothing is searched for yet: / asks.");
        return;
    }
    struct matcher m = matcher_plain(xv->needle);
    if (!pager_search(&xv->pager, &src, &m, dir, &wrapped))
        app_say(xv->view.app, MSG_WARN, "Not found: %s", xv->needle);
    else if (wrapped)
        app_say(xv->view.app, MSG_INFO, "The search went round the end.");
}

static void search_typed(void *arg, enum prompt_result r, const char *text)
{
    struct text_view *xv = arg;
    free(xv->needle);
    xv->needle = r == PROMPT_CANCELLED || !*text ? NULL : xstrdup(text);
    xv->pager.has_hit = false;
    if (r == PROMPT_ACCEPTED && xv->needle)
        search(xv, 1);
}

/* The line on top (or the hit) is what a copy means here. */
static void copy_line(struct text_view *xv)
{
    struct pager_source src = doc_source(&xv->doc);
    size_t i = xv->pager.has_hit ? xv->pager.hit : xv->pager.top;
    struct text_line line = {0};
    if (i >= src.n_lines)
        return;
    src.line(src.ctx, i, &line);
    char *text = xstrndup(line.text, line.len);
    app_copy(xv->view.app, "line", text);
    free(text);
}

static bool act(struct view *v, enum action_id action)
{
    struct text_view *xv = xv_of(v);
    struct pager_source src = doc_source(&xv->doc);
    if (xv->spec->act && xv->spec->act(v, xv->arg, action))
        return true;
    if (pager_act(&xv->pager, &src, action, false))
        return true;
    switch (action) {
    case ACTION_SEARCH:
        app_ask(v->app, "/", "", HISTORY_SEARCH, NULL, NULL, search_typed,
                xv);
        return true;
    case ACTION_NEXT_MATCH:
        search(xv, 1);
        return true;
    case ACTION_PREV_MATCH:
        search(xv, -1);
        return true;
    case ACTION_COPY:
        copy_line(xv);
        return true;
    default:
        return false;
    }
}

static void crumb(const struct view *v, struct doc *out)
{
    doc_put(out, ROLE_CRUMB, xv_of(v)->crumb);
}

static void settings(const struct view *v, struct doc *out)
{
    const struct text_view *xv = xv_of(v);
    if (xv->needle)
        doc_printf(out, ROLE_MATCH, "/%s", xv->needle);
    doc_printf(out, ROLE_MUTED, "   wrap: %s", xv->pager.wrap ? "on" : "off");
}

static bool back(struct view *v)
{
    struct text_view *xv = xv_of(v);
    if (!xv->needle)
        return false;
    free(xv->needle);
    xv->needle = NULL;
    return true;
}

void text_view_refill(struct view *v)
{
    struct text_view *xv = xv_of(v);
    doc_clear(&xv->doc);
    xv->spec->fill(v, xv->arg, &xv->doc);
    app_dirty(v->app, PAINT_DATA);
}

static void refresh(struct view *v)
{
    struct text_view *xv = xv_of(v);
    if (xv->spec->refresh)
        xv->spec->refresh(v, xv->arg);
    text_view_refill(v);
}

static void visible(struct view *v, bool on)
{
    struct text_view *xv = xv_of(v);
    if (!on && xv->spec->left)
        xv->spec->left(v, xv->arg);
}

static void tick(struct view *v, int64_t now_ms)
{
    (void)now_ms;
    if (xv_of(v)->spec->live)
        text_view_refill(v);
}

static const struct hint *hints(const struct view *v, size_t *n)
{
    static const struct hint list[] = {
        {ACTION_BACK, "back"},       {ACTION_SEARCH, "search"},
        {ACTION_NEXT_MATCH, "next"}, {ACTION_WRAP, "wrap"},
        {ACTION_PAGE_DOWN, "page"},  {ACTION_BOTTOM, "end"},
        {ACTION_HELP, "help"}};
    (void)v;
    *n = ARRAY_LEN(list);
    return list;
}

static void view_free(struct view *v)
{
    struct text_view *xv = xv_of(v);
    if (xv->spec->free_arg)
        xv->spec->free_arg(xv->arg);
    doc_release(&xv->doc);
    free(xv->needle);
    free(xv->crumb);
    free(xv);
}

static const struct view_ops text_ops = {
    .contexts = contexts,
    .draw = draw,
    .act = act,
    .crumb = crumb,
    .settings = settings,
    .back = back,
    .visible = visible,
    .refresh = refresh,
    .hints = hints,
    .tick = tick,
    .free = view_free,
};

struct view *text_view_new(struct app *app, const char *name,
                           const struct text_view_spec *spec, void *arg)
{
    struct text_view *xv = xcalloc(1, sizeof(*xv));
    xv->ops = text_ops;
    xv->ops.name = spec->name;
    view_init(&xv->view, &xv->ops, app);
    xv->spec = spec;
    xv->arg = arg;
    xv->crumb = xstrdup(name);
    pager_init(&xv->pager);
    xv->pager.wrap = true;
    text_view_refill(&xv->view);
    return &xv->view;
}
