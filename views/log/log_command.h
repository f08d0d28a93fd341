/* log_command.h - commands for logs, entered in views/app/command.c. */
#ifndef ECSDASH_VIEWS_LOG_LOG_COMMAND_H
#define ECSDASH_VIEWS_LOG_LOG_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

struct app;

/* goto, context, fields, highlight; argv[0] is the name. Outside of a log it
 * says that. */
void log_command(struct app *a, int argc, char **argv);

/* logs GROUP[@REGION][,GROUP...] [PREFIX]: opens a log of whole groups. */
void log_command_groups(struct app *a, int argc, char **argv);

/* Groups that the task definitions of rows in open views name, as
 * command_complete_fn. */
struct command_word;
struct completion;
void log_complete_groups(const struct app *a, const struct command_word *w,
                         struct completion *out);

/* set log-buffer: logs may hold so many MiB of lines each, those that are open
 * and those to come. */
void log_command_buffer(struct app *a, int64_t mib);

/* A time as people type it, to wall ms: "-15m", "-1h30m", "14:03",
 * "14:03:27", "14:03Z" (the last one before now), or ISO 8601; -1 if it is
 * none. local: of times without a zone. */
int64_t log_parse_time(const char *s, int64_t now_ms, bool local);

#endif
