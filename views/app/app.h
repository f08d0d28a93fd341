/* app.h - the view stack, dispatch, messages, and the frame around views.
 *
 * The app knows no terminal: it draws to a surface and takes keys, so that
 * flows are tested without a tty. app_tty.c joins it to one. One app per
 * program; everything runs on the loop. */
#ifndef ECSDASH_VIEWS_APP_H
#define ECSDASH_VIEWS_APP_H

#include "backend/base/clock.h"
#include "backend/base/scope.h"
#include "backend/base/strbuf.h"
#include "keymaps/keymap.h"
#include "themes/theme.h"
#include "tui/dialog.h"
#include "tui/history.h"
#include "tui/menu.h"
#include "tui/prompt.h"
#include "tui/surface.h"
#include "views/app/messages.h"
#include "views/app/realm.h"
#include "views/view.h"

#include <stdbool.h>
#include <stdint.h>

struct asker;
struct aws_call_event;
struct config;
struct config_context;
struct log;
struct loop;
struct mutations;

/* Everything borrowed must outlive the app; strings are copied. */
struct app_options {
    struct loop *loop;
    struct clock *clock;
    struct realm_options realm; /* how to make another realm */
    struct realm *first;        /* the one to begin with; taken */
    struct asker *asker; /* shows its questions here; or NULL */
    struct keymap *keymap;
    struct theme *theme; /* `:set theme` writes it */
    struct log *log;
    const char *audit_path; /* NULL = no audit log */
    const char *history_path; /* of command lines; NULL = not kept */
    const struct config *config; /* contexts; may be NULL */
    const char *read_only; /* why mutations are refused; NULL = they aren't */
    bool still; /* tests and pictures: no call counts in the header */
    int64_t refresh_ms;
    size_t log_buffer;    /* bytes of one log's lines; 0 = the default */
    bool insecure;        /* shown: endpoints without TLS are allowed */
    const char *mode;     /* "DEMO", or NULL */
    const char *cluster;  /* --cluster; or NULL */
    const char *service;  /* --service; or NULL */
};

enum app_paint { /* why a frame is wanted; a key paints in its own turn */
    PAINT_NONE,
    PAINT_AGE,  /* a second has passed */
    PAINT_DATA, /* at most 30 a second */
    PAINT_KEY
};

/* A question in the last row. Called on every change (PROMPT_CHANGED), and
 * once with ACCEPTED or CANCELLED (the prompt is closed by then). */
typedef void app_prompt_fn(void *arg, enum prompt_result r, const char *text);
/* CONFIRMED or CANCELLED once, or CHANGED while typing. The dialog stays open
 * after CONFIRMED until app_dialog_close(). */
typedef void app_dialog_fn(void *arg, enum dialog_result r);
/* The exit status of the program that had the terminal; -1 = it could not be
 * started, or a signal ended it. */
typedef void app_lend_fn(void *arg, int status);
/* The chosen index, or -1. */
typedef void app_menu_fn(void *arg, int choice);

#define APP_MAX_VIEWS 32
#define APP_RECENT 8

struct app {
    struct app_options o;
    struct scope scope; /* mutations live here, not in views */
    struct view *stack[APP_MAX_VIEWS]; /* views of the crumb, root first */
    size_t depth;
    struct view *forward[APP_MAX_VIEWS]; /* left by `[`, for `]` */
    size_t n_forward;
    struct messages messages;
    struct messages calls; /* that failed, one of each kind */
    struct realm *realm;  /* the context: whose rows are on the screen */
    char instance_region[64]; /* "" = the instance was not asked */
    char recent[APP_RECENT][64]; /* regions of this run, newest first */
    size_t n_recent;
    struct realm *left;   /* earlier ones that still answer to a mutation */
    struct surface surface;
    enum app_paint paint;
    bool quitting;      /* the loop is asked to stop */
    int exit_status;
    bool suspend_wanted, redraw_wanted; /* for app_tty */
    bool quit_asked;    /* q at the root has been pressed once */
    bool paused;        /* Z: the screen stands still */
    const struct key *pressed; /* while it is acted on; NULL = a command */
    int64_t last_key_ms; /* mono; order is held for a while after */
    bool fullscreen;
    bool dialog_fits;   /* the dialog was drawn whole in the last frame */
    struct prompt prompt;
    app_prompt_fn *prompt_fn;
    void *prompt_arg;
    struct history histories[5]; /* by enum app_history */
    struct dialog dialog;
    app_dialog_fn *dialog_fn;
    void *dialog_arg;
    unsigned dialog_realm; /* number of the realm that it was opened in */
    struct menu menu;
    app_menu_fn *menu_fn;
    void *menu_arg;
    struct timer tick;
    char *lend_command; /* app_lend(): for app_tty, until it has ended */
    char *lend_file;
    app_lend_fn *lend_fn;
    void *lend_arg;
    struct strbuf copied;  /* OSC 52 text waiting for app_tty */
    struct mutations *mutations;
};

enum app_history {
    HISTORY_COMMAND,
    HISTORY_FILTER,
    HISTORY_SEARCH,
    HISTORY_FILE,
    HISTORY_SHELL
};

struct app *app_new(const struct app_options *o);
/* Closes all views and cancels the app's scope. */
void app_free(struct app *a);
/* Open the first view: kind NULL = services. 0/-1 (filter wrong). */
int app_start(struct app *a, const struct kind *kind, const char *filter,
              struct err *err);
int64_t app_now(const struct app *a); /* wall ms */

/* The stack. app_push takes the view (NULL is ignored). */
void app_push(struct app *a, struct view *v);
void app_pop(struct app *a);
void app_forward(struct app *a); /* undo the last pop */
/* The whole screen is away (suspended, lent) and back: so is the top view. */
void app_show(struct app *a, bool on);
/* Replace the whole stack by one root view. */
void app_root(struct app *a, struct view *v);
struct view *app_top(const struct app *a); /* NULL before start */

/* Keys, pasted text, actions by name or id: the one dispatch point. */
void app_key(struct app *a, struct key key);
void app_paste(struct app *a, const char *text, size_t n);
void app_do(struct app *a, enum action_id action);
/* A command line without its colon. */
void app_command(struct app *a, const char *line);

/* Say something: kept in the messages view, sticks in the message row. */
void app_say(struct app *a, enum message_level level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The sentence for an error: code, what it means, request id. */
void app_say_err(struct app *a, const char *what, const struct err *err);
/* The same about a realm: named, unless the app is in it now. */
void app_say_in(struct app *a, const struct realm *r,
                enum message_level level, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void app_say_err_in(struct app *a, const struct realm *r, const char *what,
                    const struct err *err);

/* How far an action is: one line in the messages view, `of` a request. */
void app_say_progress_in(struct app *a, const struct realm *r,
                         enum message_level level, const char *of,
                         const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* Shown until the next key, and not kept. */
void app_hint(struct app *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Counts a failed try of a call for the messages view; arg is the app. */
void app_note_call(void *arg, const struct aws_call_event *e);

void app_ask(struct app *a, const char *label, const char *text,
             enum app_history history, completer_fn *complete, void *ctx,
             app_prompt_fn *fn, void *arg);
/* Opens a->dialog (fill it with dialog_add...). */
struct dialog *app_dialog(struct app *a, const char *title,
                          const char *confirm, app_dialog_fn *fn, void *arg);
void app_dialog_close(struct app *a);
struct menu *app_menu(struct app *a, const char *title, app_menu_fn *fn,
                      void *arg);
/* Copy by OSC 52 (sent by app_tty) and show the value. */
void app_copy(struct app *a, const char *what, const char *text);
/* Give the terminal to `command FILE` (a shell's words) until it ends; the
 * loop runs on, nothing is drawn. Then fn, unless app_lend_forget(). False
 * while another one has it. Strings are copied. */
bool app_lend(struct app *a, const char *command, const char *file,
              app_lend_fn *fn, void *arg);
void app_lend_forget(struct app *a, const void *arg);
void app_lend_end(struct app *a, int status); /* for app_tty */

/* Something changed: paint soon. */
void app_dirty(struct app *a, enum app_paint why);
/* Draw everything into a->surface at its size. */
void app_draw(struct app *a, int rows, int cols);
/* The frame has left: dialogs may be confirmed now. */
void app_painted(struct app *a);
/* Nothing in flight and nothing to paint. */
bool app_idle(const struct app *a);
void app_quit(struct app *a, int status);

/* ---- the realm (app_realm.c) ----------------------------------------- */

/* Go to another profile and region (NULL = what the environment and the files
 * say). Every view, question and action that was not sent yet is dropped; the
 * outcome of one that was is told under its own name. -1 with err: the app
 * stays where it is. */
int app_switch(struct app *a, const char *profile, const char *region,
               struct err *err);
/* The user's settings for the account of a realm; NULL when it has none, or
 * is not known. */
const struct config_context *app_settings(const struct app *a,
                                          const struct realm *r);
/* Why mutations are refused here, or NULL. */
const char *app_read_only(const struct app *a);
bool app_is_prod(const struct app *a);
/* From now on and for every realm; there is no way back. why: borrowed for
 * ever. */
void app_set_read_only(struct app *a, const char *why);
/* Whose credentials are in use is known. False with the reason. */
bool app_identity_sure(const struct app *a, char *why, size_t n);
/* They have been renewed, and whose the new ones are will be known soon;
 * mutations_identified() tells when. */
bool app_identity_coming(const struct app *a);
/* For app.c. */
void app_realm_start(struct app *a);
/* Warns when the region may not exist; was is where `:region` leads back to,
 * or NULL. */
void app_say_doubt(struct app *a, const char *was);
void app_realm_tick(struct app *a);
/* A person wants another try at what was refused. */
void app_realm_retry(struct app *a);
void app_realm_end(struct app *a);
/* Fetch again what is on the screen; `r` is more (app_keys.c). */
void app_refresh(struct app *a);
void app_close_views(struct app *a);
void app_drop_questions(struct app *a);

/* Contexts live now (prompt, dialog and menu are handled before these). */
size_t app_contexts(const struct app *a, enum context *out);

#endif
