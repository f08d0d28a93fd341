/* demo.h - `--demo`: the simulator as a child, so that its cost is not ours. */
#ifndef ECSDASH_VIEWS_DEMO_H
#define ECSDASH_VIEWS_DEMO_H

#include "backend/base/err.h"

#include <sys/types.h>

struct demo {
    pid_t pid;
    int out;              /* its stdout; closing it is not needed to end it */
    char endpoint[128];
    char access_key[64], secret[128], region[64];
};

/* Runs this very program with --sim-server and the given further arguments
 * (NULL-terminated), and reads its first line. It dies with us. 0/-1. */
int demo_start(struct demo *d, const char *const *args, struct err *err);
void demo_stop(struct demo *d);

#endif
