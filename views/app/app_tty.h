/* app_tty.h - joins the app to a terminal: keys in, frames out, signals. */
#ifndef ECSDASH_VIEWS_APP_TTY_H
#define ECSDASH_VIEWS_APP_TTY_H

#include "backend/base/err.h"

#include <stdbool.h>

struct app;
struct app_tty;

struct app_tty_options {
    const char *type;  /* TERM */
    bool mono;
    int escape_ms;     /* how long a lone ESC waits */
    bool test;         /* write the idle marker (tests/README.md) */
    bool in_tmux;      /* copy through tmux's own buffer too */
};

/* Starts the terminal and paints the first frame before anything else has
 * happened. NULL with err (ERR_TERMINAL). */
struct app_tty *app_tty_new(struct app *a, const struct app_tty_options *o,
                            struct err *err);
/* Gives the terminal back. Returns the signal that ended us, or 0: main
 * raises it again once everything is closed. */
int app_tty_free(struct app_tty *t);

#endif
