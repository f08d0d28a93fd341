/* log.h - the program's own diary: one file, owner-only, never a secret.
 * Before log_open() and without --log-file, lines are dropped. */
#ifndef ECSDASH_BASE_LOG_H
#define ECSDASH_BASE_LOG_H

#include "backend/base/err.h"

struct log;
struct clock;

/* 0600, appended, O_NOFOLLOW, owner checked, renamed to path.1 above 8 MiB.
 * path NULL gives a log that drops everything. */
struct log *log_open(const char *path, struct clock *clock, struct err *err);
void log_close(struct log *l); /* NULL is fine */
/* One line, time-stamped, control characters replaced. */
void log_line(struct log *l, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
