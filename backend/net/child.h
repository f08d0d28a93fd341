/* child.h - a child process on the loop: argv without a shell, a deadline,
 * capped output, and nothing of ours that it was not given.
 *
 * The child gets its own session and process group (so it has no controlling
 * terminal and can't draw over the dashboard), default signal handling, an
 * empty signal mask, /dev/null or a pipe as stdin, pipes as stdout and
 * stderr, exactly the environment of the request, and no other descriptor:
 * starting one marks every open descriptor above 2 of this process
 * close-on-exec.
 *
 * A value from outside (a name, an ARN, a line of text) must never be taken
 * for an option: callers put "--" before it, or `--option=value` in one
 * argument, and never build a command line to be split.
 *
 * Exactly one of: child_start() fails (NULL, err set, done never called), done
 * is called once from the loop, or silence after the scope was cancelled. A
 * cancelled child and its whole group are killed at once and reaped from the
 * loop; until then it counts as work of the loop, and loop_free() waits.
 * Deadlines are real time, also under a driven clock. Buffers are wiped.
 *
 * SIGPIPE must be ignored by the program. */
#ifndef ECSDASH_NET_CHILD_H
#define ECSDASH_NET_CHILD_H

#include "backend/base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct child;
struct loop;
struct scope;

/* stream only: all that was written has been taken by the child (or nobody
 * reads any more). */
typedef void child_drained_fn(void *arg, struct child *child);

/* Everything is copied by child_start(). */
struct child_request {
    const char *const *argv; /* NULL-terminated; [0] is looked up in env's
                                PATH unless it holds a slash */
    const char *const *env;  /* "NAME=value", NULL-terminated; NULL = empty */
    const void *input;       /* written to stdin, then end of file; NULL =
                                stdin is /dev/null */
    size_t input_len;
    bool stream;       /* stdin stays open for child_write(); input, if any,
                          goes first */
    child_drained_fn *drained; /* may be NULL; arg is done's */
    int deadline_ms;   /* whole life; 0 = 60,000; -1 = none */
    int grace_ms;      /* from SIGTERM to SIGKILL; 0 = 500 */
    size_t max_output; /* stdout and stderr each; 0 = 64 KiB */
};

/* Valid during done only, then wiped. Texts end in a NUL. */
struct child_result {
    int status;     /* exit status; -1 when a signal ended it */
    int signal;     /* 0 = it exited */
    char *out;      /* stdout; may be written to, not freed */
    size_t out_len;
    char *log;      /* stderr */
    size_t log_len;
};

/* err is NULL when it ended by itself, whatever its status: look at the
 * result. Else ERR_TIMEOUT, ERR_TOO_LARGE or ERR_SYS, and the group was
 * killed; result then holds what had come. result is never NULL. A descendant
 * that keeps the pipes open after the child has ended is not waited for. */
typedef void child_done_fn(void *arg, struct child_result *result,
                           const struct err *err);

/* Borrowed: valid until done is called or the scope cancelled. */
struct child *child_start(struct loop *loop, struct scope *scope,
                          const struct child_request *request,
                          child_done_fn *done, void *arg, struct err *err);

/* stream only. The bytes are copied; -1 when stdin is closed (the child may
 * have ended: done follows). Wait for drained while child_queued() is more
 * than you care to keep in memory. */
int child_write(struct child *child, const void *data, size_t len);
size_t child_queued(const struct child *child);
void child_end_input(struct child *child);

#endif
