/* mutate.h - the four actions that change an account: scale, restart, roll
 * back, stop. Each captures its targets by ARN at key press, asks in a
 * dialog, reads the target again just before sending, sends only what
 * changes, and follows the outcome. Called only from the dispatch point in
 * app_keys.c, which has refused already under read-only. */
#ifndef ECSDASH_VIEWS_MUTATE_H
#define ECSDASH_VIEWS_MUTATE_H

#include "keymaps/actions.h"
#include "views/view.h"

struct app;
struct mutations;

struct mutations *mutations_new(struct app *app);
/* The app leaves its realm: what was not sent is dropped, what was sent ends
 * and is told under the realm's name. */
void mutations_leave(struct mutations *m);
/* Whose the credentials are has been asked again: an action that waited for
 * it goes on, or is dropped with the reason. m may be NULL. */
void mutations_identified(struct mutations *m);
/* Cancels what is being followed; calls in flight end with the app's scope. */
void mutations_free(struct mutations *m);
/* SCALE, RESTART, ROLLBACK or STOP on the targets of a table view (marks, or
 * the selected row). number: the wanted count for `:scale N`, else -1. */
void mutate_start(struct app *app, enum action_id action, struct view *table,
                  int64_t number);

#endif
