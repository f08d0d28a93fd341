/* tail.h - `ecsdash tail`: the logs of services to stdout, for scripts and
 * pipes. What is printed, and the JSON keys: views/log/log_format.h. */
#ifndef ECSDASH_VIEWS_TAIL_H
#define ECSDASH_VIEWS_TAIL_H

#include "backend/base/err.h"
#include "views/log/log_format.h"

#include <stdbool.h>
#include <stddef.h>

struct aws_client;
struct loop;
struct store;

struct tail_options {
    struct loop *loop;
    struct aws_client *client;
    struct store *store;
    char **names;          /* "CLUSTER/SERVICE" or a service's ARN */
    size_t n_names;
    const char *since;     /* "15m", "14:03", ISO 8601; NULL = 15m */
    const char *filter;    /* pattern, after a leading ! inverted; or NULL */
    enum log_output output;
    bool color;            /* stdout is a terminal that shows colours */
    bool follow;           /* for ever */
    bool until_stable;     /* until the roll-outs are steady, or one failed */
    int64_t wait_ms;       /* until_stable: so long at most */
};

/* What can be said of the options without asking anybody: 0, or -1 with err
 * (ERR_USAGE). */
int tail_check(const struct tail_options *o, struct err *err);
/* Runs the loop. Without follow and until_stable it ends when everything up to
 * now has been read and printed. Returns the exit status: 0; 1 when something
 * could not be read or written, or a roll-out failed, will not end, or took too long; 2, 3 for credentials, 4
 * when there is no such cluster or service. Reasons go to stderr. *death is
 * SIGPIPE when the reader has gone: the program dies of it. */
int tail_run(const struct tail_options *o, int *death);

#endif
