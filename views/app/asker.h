/* asker.h - puts a question of the credential chain (an MFA code) to the
 * person: in a dialog while the dashboard runs, else on the terminal of the
 * process, without echo. What was typed is wiped and never logged.
 *
 * Questions wait for each other and for an open dialog of another kind. A
 * question of a realm that was left counts as refused. */
#ifndef ECSDASH_VIEWS_ASKER_H
#define ECSDASH_VIEWS_ASKER_H

#include "views/app/realm.h"

struct app;
struct asker;

struct asker *asker_new(struct loop *loop);
/* The questions are gone by now: their scopes were cancelled. */
void asker_free(struct asker *k); /* NULL is fine */
/* From now on in dialogs of this app; NULL = on the terminal again. */
void asker_attach(struct asker *k, struct app *app);
/* For realm_options. */
struct realm_ask asker_ask(struct asker *k);
/* Open the next question if nothing else is open. Called by the app after
 * keys and each second. */
void asker_next(struct asker *k);
/* The app is leaving a realm: its questions are refused. */
void asker_leave(struct asker *k, const struct realm *r);

#endif
