/* Keys to actions, and the one point where actions are dispatched. */
#include "views/app/app.h"

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "keymaps/keyspec.h"
#include "views/app/asker.h"
#include "views/app/command.h"
#include "views/kind.h"
#include "views/mutate/mutate.h"
#include "views/switch_view.h"

#include <stdlib.h>
#include <string.h>

/* ---- prompt, dialog, menu -------------------------------------------- */

static void prompt_done(struct app *a, enum prompt_result r)
{
    app_prompt_fn *fn = a->prompt_fn;
    void *arg = a->prompt_arg;
    if (r == PROMPT_CHANGED) {
        fn(arg, r, prompt_text(&a->prompt));
        return;
    }
    char *text = xstrdup(prompt_text(&a->prompt));
    prompt_close(&a->prompt);
    a->prompt_fn = NULL;
    fn(arg, r, text);
    free(text);
}

static void key_to_prompt(struct app *a, struct key key)
{
    enum prompt_result r = prompt_key(&a->prompt, a->o.keymap, key);
    if (r == PROMPT_CHANGED || r == PROMPT_ACCEPTED || r == PROMPT_CANCELLED)
        prompt_done(a, r);
}

static void dialog_done(struct app *a, enum dialog_result r)
{
    app_dialog_fn *fn = a->dialog_fn;
    void *arg = a->dialog_arg;
    if (a->dialog_realm != a->realm->number)
        r = DIALOG_CANCELLED; /* it asks about somewhere else */
    if (r == DIALOG_CANCELLED)
        app_dialog_close(a);
    if (fn && (r == DIALOG_CANCELLED || r == DIALOG_CONFIRMED ||
               r == DIALOG_CHANGED))
        fn(arg, r);
}

static void key_to_menu(struct app *a, struct key key)
{
    enum menu_result r = menu_key(&a->menu, a->o.keymap, key);
    if (r != MENU_CHOSEN && r != MENU_CANCELLED)
        return;
    app_menu_fn *fn = a->menu_fn;
    int choice = r == MENU_CHOSEN ? (int)a->menu.cursor : -1;
    menu_close(&a->menu);
    a->menu_fn = NULL;
    fn(a->menu_arg, choice);
}

/* ---- dispatch -------------------------------------------------------- */

static void say_read_only(struct app *a, enum action_id action)
{
    app_say(a, MSG_WARN, "Read-only: %s is refused: %s.",
            action_get(action)->name, app_read_only(a));
}

/* Mutations: refused here under read-only (and again by the call layer),
 * and only where the view's rows can take them. */
static void dispatch_mutation(struct app *a, enum action_id action)
{
    struct view *v = app_top(a);
    if (app_read_only(a)) {
        say_read_only(a, action);
        return;
    }
    if (!view_is_table(v) || !kind_offers(table_view_kind(v), action)) {
        app_say(a, MSG_INFO, "There is nothing to %s in this view.",
                action_get(action)->name);
        return;
    }
    mutate_start(a, action, v, -1);
}

/* q: back; at the root it asks once. */
static void quit_or_back(struct app *a)
{
    if (a->depth > 1) {
        app_pop(a);
    } else if (a->quit_asked) {
        app_quit(a, 0);
    } else {
        a->quit_asked = true;
        app_hint(a, "Press q again to quit.");
    }
}

static void go_back(struct app *a)
{
    struct view *v = app_top(a);
    if (v->ops->back && v->ops->back(v))
        return;
    if (a->depth > 1)
        app_pop(a);
    else
        app_hint(a, "This is the first view; q quits.");
}

static void toggle_pause(struct app *a)
{
    struct view *v = app_top(a);
    a->paused = !a->paused;
    app_say(a, a->paused ? MSG_WARN : MSG_INFO,
            a->paused ? "Paused: the screen stands still, Z goes on."
                      : "Going on.");
    if (!a->paused && v->ops->refresh)
        v->ops->refresh(v);
}

static void open_unless_top(struct app *a, const char *name, struct view *v)
{
    if (app_top(a) && strcmp(app_top(a)->ops->name, name) == 0) {
        scope_cancel(&v->scope);
        v->ops->free(v);
        return;
    }
    app_push(a, v);
}

static void cancel(struct app *a)
{
    if (a->quit_asked)
        app_quit(a, 0);
    a->quit_asked = true;
    app_hint(a, "Nothing to cancel. Press ^C again to quit.");
}

static void open_last(struct app *a)
{
    if (a->n_forward)
        app_forward(a);
    else
        app_pop(a);
}

static void open_help(struct app *a)
{
    open_unless_top(a, "help", help_view_new(a, app_top(a)));
}

static void open_messages(struct app *a)
{
    messages_seen_all(&a->messages);
    open_unless_top(a, "messages", messages_view_new(a));
}

static void open_whoami(struct app *a)
{
    open_unless_top(a, "whoami", whoami_view_new(a));
}

static void choose_profile(struct app *a)
{
    switch_profile(a, 1, NULL);
}

static void choose_region(struct app *a)
{
    switch_region(a, 1, NULL);
}

static void ask_command(struct app *a)
{
    command_ask(a, "");
}

static void refresh(struct app *a)
{
    app_realm_retry(a);
    app_refresh(a);
}

static void quit(struct app *a)
{
    app_quit(a, 0);
}

static void redraw(struct app *a)
{
    a->redraw_wanted = true;
}

static void suspend(struct app *a)
{
    a->suspend_wanted = true;
}

static void toggle_fullscreen(struct app *a)
{
    a->fullscreen = !a->fullscreen;
}

/* What the app itself does; views come first. */
static void (*const own_actions[ACTION_N])(struct app *a) = {
    [ACTION_BACK] = go_back,
    [ACTION_QUIT_BACK] = quit_or_back,
    [ACTION_QUIT] = quit,
    [ACTION_CANCEL] = cancel,
    [ACTION_HISTORY_BACK] = app_pop,
    [ACTION_HISTORY_FORWARD] = app_forward,
    [ACTION_LAST_VIEW] = open_last,
    [ACTION_HELP] = open_help,
    [ACTION_MESSAGES] = open_messages,
    [ACTION_PROFILE] = choose_profile,
    [ACTION_REGION] = choose_region,
    [ACTION_WHOAMI] = open_whoami,
    [ACTION_COMMAND] = ask_command,
    [ACTION_REFRESH] = refresh,
    [ACTION_REDRAW] = redraw,
    [ACTION_SUSPEND] = suspend,
    [ACTION_PAUSE] = toggle_pause,
    [ACTION_FULLSCREEN] = toggle_fullscreen,
};

static void act(struct app *a, enum action_id action)
{
    char name[KEYSPEC_SIZE];
    if (own_actions[action])
        own_actions[action](a);
    else if (a->pressed)
        app_hint(a, "%s does nothing here.",
                keyspec_show(*a->pressed, name));
    else
        app_hint(a, ":%s does nothing here.",
                action_get(action)->name);
}

void app_do(struct app *a, enum action_id action)
{
    struct view *v = app_top(a);
    if (!v || action == ACTION_NONE)
        return;
    if (action != ACTION_QUIT_BACK && action != ACTION_CANCEL)
        a->quit_asked = false;
    if (action_mutates(action))
        dispatch_mutation(a, action);
    else if (!v->ops->act(v, action))
        act(a, action);
    app_dirty(a, PAINT_KEY);
}

static void unbound(struct app *a, const enum context *ctx, size_t n,
                    struct key key)
{
    char name[KEYSPEC_SIZE], help[KEYSPEC_SIZE];
    const struct binding *b =
        keymap_lookup_inapplicable(a->o.keymap, ctx, n, key);
    keyspec_show(key, name);
    if (b && b->action != ACTION_NONE)
        app_hint(a, "%s (%s) does nothing here.", name,
                action_get(b->action)->name);
    else if (*keymap_keys_text(a->o.keymap, ctx, n, ACTION_HELP, 1, help,
                               sizeof(help)))
        app_hint(a, "%s is not bound; %s lists the keys.", name,
                help);
    else
        app_hint(a, "%s is not bound; :help lists the keys.", name);
}

static void do_by_key(struct app *a, enum action_id action,
                      const struct key *key)
{
    a->pressed = key;
    app_do(a, action);
    a->pressed = NULL;
}

/* What is of the terminal, not of a question: ^Z and ^L work above each. A
 * key that types something is the question's. */
static bool above_questions(struct app *a, struct key key)
{
    enum context ctx[3];
    char text[4];
    size_t n = 0;
    if (a->dialog.open)
        ctx[n++] = CONTEXT_DIALOG;
    if (a->menu.open)
        ctx[n++] = CONTEXT_MENU;
    else if (a->dialog.open || a->prompt.open)
        ctx[n++] = CONTEXT_PROMPT;
    if (!n || keyspec_text(key, text))
        return false;
    ctx[n++] = CONTEXT_GENERIC;
    const struct binding *b = keymap_lookup(a->o.keymap, ctx, n, key);
    if (!b || (b->action != ACTION_SUSPEND && b->action != ACTION_REDRAW))
        return false;
    own_actions[b->action](a);
    return true;
}

static void take_key(struct app *a, struct key key)
{
    enum context ctx[VIEW_MAX_CONTEXTS];
    a->last_key_ms = clock_mono_ms(a->o.clock);
    app_dirty(a, PAINT_KEY);
    if (above_questions(a, key))
        return;
    if (a->dialog.open) {
        dialog_done(a, dialog_key(&a->dialog, a->o.keymap, key));
        return;
    }
    if (a->menu.open) {
        key_to_menu(a, key);
        return;
    }
    if (a->prompt.open) {
        key_to_prompt(a, key);
        return;
    }
    messages_seen(&a->messages);
    size_t n = app_contexts(a, ctx);
    const struct binding *b = keymap_lookup(a->o.keymap, ctx, n, key);
    if (!b)
        unbound(a, ctx, n, key);
    else if (b->command)
        app_command(a, b->command);
    else
        do_by_key(a, b->action, &key);
}

void app_key(struct app *a, struct key key)
{
    take_key(a, key);
    if (a->o.asker)
        asker_next(a->o.asker);
}

void app_paste(struct app *a, const char *text, size_t n)
{
    app_dirty(a, PAINT_KEY);
    if (a->dialog.open) {
        dialog_done(a, dialog_paste(&a->dialog, text, n));
    } else if (a->prompt.open) {
        if (prompt_paste(&a->prompt, text, n) == PROMPT_CHANGED)
            prompt_done(a, PROMPT_CHANGED);
    } else {
        app_say(a, MSG_INFO, "Pasted text is ignored outside a prompt.");
    }
}
