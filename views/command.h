/* command.h - the command line: `:services prod /pay`, any action by name,
 * `:scale 4`, `:set ...`; with completion. */
#ifndef ECSDASH_VIEWS_COMMAND_H
#define ECSDASH_VIEWS_COMMAND_H

struct app;

/* Open the prompt with text preset. */
void command_ask(struct app *a, const char *text);
/* Run one line; what is wrong is said in a sentence. */
void command_run(struct app *a, const char *line);

#endif
