/* demo.h - `--demo`: the simulator as a child, so that its cost is not ours. */
#ifndef ECSDASH_VIEWS_DEMO_H
#define ECSDASH_VIEWS_DEMO_H

#include "backend/aws/creds.h"
#include "backend/base/err.h"

#include <sys/types.h>

struct options;

struct demo {
    pid_t pid;
    int out;              /* its stdout; closing it is not needed to end it */
    char endpoint[128];
    char access_key[64], secret[128], region[64];
};

/* Runs this very program with --sim-server and the options that are the
 * simulator's, and reads its first line. It dies with us. 0/-1. */
int demo_start(struct demo *d, const struct options *o, struct err *err);
/* What the client needs comes from the child, not from the user's
 * environment. Borrows d. */
struct aws_env demo_env(const struct demo *d);
void demo_stop(struct demo *d);

#endif
