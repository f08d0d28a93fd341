/* command.h - the command line: `:services prod /pay`, any action by name,
 * `:scale 4`, `:set ...`; with completion. */
#ifndef ECSDASH_VIEWS_COMMAND_H
#define ECSDASH_VIEWS_COMMAND_H

#include "tui/complete.h"

#include <stddef.h>

struct app;

/* The word that Tab completes. */
struct command_word {
    int nth;            /* 0 = the command's name */
    const char *before; /* the first argument once this is a later one, or "" */
    const char *text;   /* what stands of it: len bytes */
    size_t len;
};
/* Offers what may stand there, from what is known locally. */
typedef void command_complete_fn(const struct app *a,
                                 const struct command_word *w,
                                 struct completion *out);

/* What a command takes and does, for the manual. */
struct command_info {
    const char *name, *args, *help;
};

/* The i-th, NULL after the last. Kinds and actions are commands, too. */
const struct command_info *command_at(size_t i);

/* Open the prompt with text preset. */
void command_ask(struct app *a, const char *text);
/* Run one line; what is wrong is said in a sentence. */
void command_run(struct app *a, const char *line);

#endif
