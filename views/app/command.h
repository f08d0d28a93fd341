/* command.h - the command line: `:services prod /pay`, any action by name,
 * `:scale 4`, `:set ...`; with completion. */
#ifndef ECSDASH_VIEWS_COMMAND_H
#define ECSDASH_VIEWS_COMMAND_H

#include <stddef.h>

struct app;

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
