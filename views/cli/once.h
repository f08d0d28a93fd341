/* once.h - `--once`: the rows of one view, complete, to stdout. A contract
 * for scripts: JSON keys are column ids, full ARNs stand under "arn", numbers
 * are numbers. */
#ifndef ECSDASH_VIEWS_ONCE_H
#define ECSDASH_VIEWS_ONCE_H

#include "backend/base/err.h"
#include "views/kind.h"

struct aws_client;
struct loop;
struct store;

enum once_format { ONCE_TABLE, ONCE_TSV, ONCE_JSON };

/* -1 when the word is none of table, tsv, json. */
int once_format_find(const char *name);

struct once_options {
    struct loop *loop;
    struct aws_client *client;
    struct store *store;
    const struct kind *kind;
    struct query query;
    const char *filter;      /* or NULL */
    const char *service;     /* the filter is the name of a service, which must
                                exist; or NULL */
    enum once_format format;
    int64_t wait_ms; /* what passes by itself (a connection refused, a
                        throttle) is tried again for that long; 0 = never */
};

/* Runs the loop until everything has come, or has failed for good. Returns the
 * exit status: 0, 1 when something could not be read (what was read is printed
 * all the same; the reason goes to stderr and into "errors"), 3 for
 * credentials, 4 when the cluster or service named does not exist. *death is
 * SIGPIPE when the reader has gone: the program dies of it. */
int once_run(const struct once_options *o, int *death);

#endif
