/* The app: the view stack, messages, and the questions it asks. */
#include "views/app/app.h"

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/utf8.h"
#include "backend/net/loop.h"
#include "views/app/history_file.h"
#include "views/kind.h"
#include "views/mutate/mutate.h"

#include <stdlib.h>
#include <string.h>

#define HOLD_MS 5000 /* order stands still that long after a key */

int64_t app_now(const struct app *a)
{
    return clock_wall_ms(a->o.clock);
}

void app_dirty(struct app *a, enum app_paint why)
{
    if (why > a->paint)
        a->paint = why;
    loop_wake(a->o.loop);
}

/* ---- the stack ------------------------------------------------------- */

struct view *app_top(const struct app *a)
{
    return a->depth ? a->stack[a->depth - 1] : NULL;
}

static void show(struct app *a, struct view *v, bool on)
{
    if (v && v->ops->visible)
        v->ops->visible(v, on);
    (void)a;
}

void app_show(struct app *a, bool on)
{
    show(a, app_top(a), on);
}

static void close_view(struct view *v)
{
    scope_cancel(&v->scope);
    v->ops->free(v);
}

static void drop_forward(struct app *a)
{
    while (a->n_forward)
        close_view(a->forward[--a->n_forward]);
}

void app_close_views(struct app *a)
{
    drop_forward(a);
    show(a, app_top(a), false);
    while (a->depth)
        close_view(a->stack[--a->depth]);
}

void app_push(struct app *a, struct view *v)
{
    if (!v)
        return;
    if (a->depth == APP_MAX_VIEWS) {
        close_view(v);
        app_say(a, MSG_WARN, "Too many views are open; go back first.");
        return;
    }
    drop_forward(a);
    show(a, app_top(a), false);
    a->stack[a->depth++] = v;
    a->fullscreen = false;
    show(a, v, true);
    app_dirty(a, PAINT_KEY);
}

/* A view that is left by going back waits for `]`, up to a few. */
void app_pop(struct app *a)
{
    if (a->depth < 2)
        return;
    struct view *v = a->stack[--a->depth];
    show(a, v, false);
    if (a->n_forward == APP_MAX_VIEWS) {
        close_view(a->forward[0]);
        memmove(a->forward, a->forward + 1,
                (a->n_forward - 1) * sizeof(*a->forward));
        a->n_forward--;
    }
    a->forward[a->n_forward++] = v;
    a->fullscreen = false;
    show(a, app_top(a), true);
    app_dirty(a, PAINT_KEY);
}

void app_forward(struct app *a)
{
    if (!a->n_forward || a->depth == APP_MAX_VIEWS)
        return;
    show(a, app_top(a), false);
    a->stack[a->depth++] = a->forward[--a->n_forward];
    show(a, app_top(a), true);
    app_dirty(a, PAINT_KEY);
}

void app_root(struct app *a, struct view *v)
{
    app_close_views(a);
    a->stack[a->depth++] = v;
    show(a, v, true);
    app_dirty(a, PAINT_KEY);
}

size_t app_contexts(const struct app *a, enum context *out)
{
    struct view *v = app_top(a);
    if (v)
        return v->ops->contexts(v, out);
    out[0] = CONTEXT_GENERIC;
    return 1;
}

/* ---- questions ------------------------------------------------------- */

void app_ask(struct app *a, const char *label, const char *text,
             enum app_history history, completer_fn *complete, void *ctx,
             app_prompt_fn *fn, void *arg)
{
    prompt_open(&a->prompt, label, text, &a->histories[history], complete,
                ctx);
    a->prompt_fn = fn;
    a->prompt_arg = arg;
    app_dirty(a, PAINT_KEY);
}

struct dialog *app_dialog(struct app *a, const char *title,
                          const char *confirm, app_dialog_fn *fn, void *arg)
{
    dialog_open(&a->dialog, title, confirm);
    a->dialog_fn = fn;
    a->dialog_arg = arg;
    a->dialog_realm = a->realm->number;
    app_dirty(a, PAINT_KEY);
    return &a->dialog;
}

void app_dialog_close(struct app *a)
{
    dialog_close(&a->dialog);
    a->dialog_fn = NULL;
    app_dirty(a, PAINT_KEY);
}

struct menu *app_menu(struct app *a, const char *title, app_menu_fn *fn,
                      void *arg)
{
    menu_open(&a->menu, title);
    a->menu_fn = fn;
    a->menu_arg = arg;
    app_dirty(a, PAINT_KEY);
    return &a->menu;
}

void app_copy(struct app *a, const char *what, const char *text)
{
    if (!text || !*text) {
        app_say(a, MSG_WARN, "There is no %s to copy here.", what);
        return;
    }
    strbuf_clear(&a->copied);
    strbuf_puts(&a->copied, text);
    struct strbuf shown = STRBUF_INIT;
    utf8_sanitise(&shown, text, strlen(text)); /* a line may have TABs */
    app_say(a, MSG_INFO, "Sent to the clipboard (OSC 52): %s",
            strbuf_get(&shown));
    strbuf_release(&shown);
}

bool app_lend(struct app *a, const char *command, const char *file,
              app_lend_fn *fn, void *arg)
{
    if (a->lend_command)
        return false;
    a->lend_command = xstrdup(command);
    a->lend_file = xstrdup(file);
    a->lend_fn = fn;
    a->lend_arg = arg;
    return true;
}

void app_lend_forget(struct app *a, const void *arg)
{
    if (a->lend_arg == arg)
        a->lend_fn = NULL;
}

void app_lend_end(struct app *a, int status)
{
    app_lend_fn *fn = a->lend_fn;
    free(a->lend_command);
    free(a->lend_file);
    a->lend_command = a->lend_file = NULL;
    a->lend_fn = NULL;
    if (fn)
        fn(a->lend_arg, status);
}

/* ---- life ------------------------------------------------------------ */

static void on_tick(struct timer *t, void *arg)
{
    struct app *a = arg;
    struct view *v;
    timer_start(a->o.clock, t, 1000, on_tick, a);
    app_realm_tick(a);
    v = app_top(a);
    if (a->paused)
        return;
    if (v && v->ops->tick)
        v->ops->tick(v, app_now(a));
    if (v && v->ops->hold)
        v->ops->hold(v, a->dialog.open ||
                            (a->last_key_ms &&
                             clock_mono_ms(a->o.clock) - a->last_key_ms <
                                 HOLD_MS));
    app_dirty(a, PAINT_AGE);
}

struct app *app_new(const struct app_options *o)
{
    struct app *a = xcalloc(1, sizeof(*a));
    a->o = *o;
    a->o.cluster = xstrdup(o->cluster);
    a->o.service = xstrdup(o->service);
    a->realm = o->first;
    scope_init(&a->scope, NULL);
    surface_init(&a->surface, 24, 80);
    prompt_init(&a->prompt);
    dialog_init(&a->dialog);
    menu_init(&a->menu);
    for (size_t i = 0; i < ARRAY_LEN(a->histories); i++)
        history_init(&a->histories[i]);
    history_file_load(o->history_path, &a->histories[HISTORY_COMMAND]);
    a->mutations = mutations_new(a);
    timer_start(o->clock, &a->tick, 1000, on_tick, a);
    return a;
}

int app_start(struct app *a, const struct kind *kind, const char *filter,
              struct err *err)
{
    struct query q = {.cluster = a->o.cluster, .service = a->o.service};
    if (!kind)
        kind = &kind_services;
    if (kind == &kind_clusters)
        q = (struct query){0};
    else if (kind == &kind_services)
        q.service = NULL;
    q.kind = kind->query;
    struct view *v = table_view_new(a, kind, &q);
    if (kind == &kind_services && !filter)
        filter = a->o.service;
    if (filter && table_view_set_filter(v, filter, err)) {
        close_view(v);
        return -1;
    }
    app_root(a, v);
    app_realm_start(a);
    return 0;
}

void app_free(struct app *a)
{
    if (!a)
        return;
    app_drop_questions(a);
    app_close_views(a);
    mutations_free(a->mutations);
    scope_cancel(&a->scope);
    timer_stop(a->o.clock, &a->tick);
    app_realm_end(a);
    prompt_release(&a->prompt);
    dialog_release(&a->dialog);
    menu_release(&a->menu);
    for (size_t i = 0; i < ARRAY_LEN(a->histories); i++)
        history_release(&a->histories[i]);
    messages_release(&a->messages);
    messages_release(&a->calls);
    surface_release(&a->surface);
    strbuf_release(&a->copied);
    free(a->lend_command);
    free(a->lend_file);
    free((char *)a->o.cluster);
    free((char *)a->o.service);
    free(a);
}

void app_quit(struct app *a, int status)
{
    a->quitting = true;
    a->exit_status = status;
    loop_stop(a->o.loop);
}

bool app_idle(const struct app *a)
{
    return a->paint == PAINT_NONE && !loop_work_pending(a->o.loop) &&
           !store_busy(a->realm->store);
}
