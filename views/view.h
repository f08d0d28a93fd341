/* view.h - what the app needs of a view. A view is one entry of the view
 * stack: it draws its body, takes actions, and names itself. */
#ifndef ECSDASH_VIEWS_VIEW_H
#define ECSDASH_VIEWS_VIEW_H

#include "backend/base/scope.h"
#include "backend/store/store.h"
#include "keymaps/actions.h"
#include "tui/status.h"
#include "tui/surface.h"
#include "views/doc.h"

#include <stdbool.h>

struct app;
struct kind;
struct view;

#define VIEW_MAX_CONTEXTS 4

/* All take the view; those marked * may be NULL. */
struct view_ops {
    const char *name;
    /* Live contexts, the most special first, GENERIC last. */
    size_t (*contexts)(const struct view *v,
                       enum context out[VIEW_MAX_CONTEXTS]);
    /* Draw the body. The rectangle is already blank. */
    void (*draw)(struct view *v, struct surface *s, struct rect r);
    /* False: not mine, the app may know it. */
    bool (*act)(struct view *v, enum action_id action);
    /* Crumb: "services(42)". */
    void (*crumb)(const struct view *v, struct doc *out);
    /* * Row 2. */
    void (*summary)(const struct view *v, struct doc *out);
    /* * Right of the crumb: "filter: x   sort: y". */
    void (*settings)(const struct view *v, struct doc *out);
    /* * Esc: something of its own to cancel first (a filter)? */
    bool (*back)(struct view *v);
    /* * It comes to the top of the stack, or leaves it. */
    void (*visible)(struct view *v, bool on);
    /* * Fetch again now. */
    void (*refresh)(struct view *v);
    /* * The snapshot whose age and error the header tells. */
    const struct snapshot *(*snapshot)(const struct view *v);
    /* * Hints for the last row. */
    const struct hint *(*hints)(const struct view *v, size_t *n);
    /* * A second has passed. */
    void (*tick)(struct view *v, int64_t now_ms);
    /* * True while order must not change under the finger. */
    void (*hold)(struct view *v, bool on);
    void (*free)(struct view *v);
};

struct view {
    const struct view_ops *ops;
    struct app *app;
    unsigned realm;     /* number of the one its rows belong to */
    struct scope scope; /* cancelled when the view is closed */
};

/* For makers: the view belongs to the app's present realm. */
void view_init(struct view *v, const struct view_ops *ops, struct app *app);
/* False when the app has left the view's realm: then nothing of it may be
 * shown. Checked in every callback that fills a view. */
bool view_is_current(const struct view *v);

/* What a table view has to say to those who act on its rows. */
struct target {
    const struct kind *kind;
    const char *key;             /* borrowed from snap */
    const void *row;
    const struct snapshot *snap; /* a reference of the holder's */
};

/* The generic table over a kind (table_view.c). q's strings are copied. */
struct view *table_view_new(struct app *app, const struct kind *kind,
                            const struct query *q);
bool view_is_table(const struct view *v);
const struct kind *table_view_kind(const struct view *v);
/* The row under the cursor, with a reference on its snapshot: 0, or -1 when
 * the table is empty. target_release() drops the reference. */
int table_view_target(const struct view *v, struct target *out);
/* All marked rows, or the one under the cursor. Returns how many; *out is a
 * heap array, each with a reference. */
size_t table_view_targets(const struct view *v, struct target **out);
void target_release(struct target *t);
int table_view_set_filter(struct view *v, const char *text, struct err *err);
void table_view_unmark(struct view *v);

/* Text views: a pager over lines that `fill` makes again on each refresh. */
struct text_view_spec {
    const char *name;  /* "detail", "json", "events", "help", "messages" */
    enum context context; /* CONTEXT_DETAIL, CONTEXT_HELP, ... */
    void (*fill)(struct view *v, void *arg, struct doc *out);
    void (*free_arg)(void *arg);
    void (*refresh)(struct view *v, void *arg); /* may be NULL */
    bool live; /* fill again each second */
    /* May be NULL. An action of the maker's: false = not mine. */
    bool (*act)(struct view *v, void *arg, enum action_id action);
    void (*left)(struct view *v, void *arg); /* another view is on top */
};
struct view *text_view_new(struct app *app, const char *crumb,
                           const struct text_view_spec *spec, void *arg);
/* Fill again now. */
void text_view_refill(struct view *v);

/* Makers of the views that the app opens by action. */
struct view *detail_view_new(struct app *app, const struct target *t);
struct view *json_view_new(struct app *app, const struct target *t);
struct view *events_view_new(struct app *app, const struct target *t);
struct view *help_view_new(struct app *app, const struct view *of);
struct view *messages_view_new(struct app *app);
/* Logs of service, task or container rows (log/); NULL with err. */
struct view *log_view_new(struct app *app, const struct target *targets,
                          size_t n, struct err *err);
/* Logs of whole groups, "name,name@region,..."; prefix (of streams): NULL =
 * all. */
struct view *log_groups_view_new(struct app *app, const char *groups,
                                 const char *prefix, struct err *err);
/* Logs of rows, opened; an error is said. */
void log_view_open(struct app *app, const struct target *targets, size_t n);
/* t is a task row: its last lines if it has stopped, else those of the task
 * of the same service that stopped last. */
void log_view_open_last(struct app *app, const struct target *t);

#endif
