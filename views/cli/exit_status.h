/* exit_status.h - what the program ends with; README.md and --help list it. */
#ifndef ECSDASH_VIEWS_EXIT_STATUS_H
#define ECSDASH_VIEWS_EXIT_STATUS_H

#include "backend/base/err.h"

enum exit_status {
    EXIT_FINE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2, /* wrong usage or config */
    EXIT_CREDENTIALS = 3,
    EXIT_NOT_FOUND = 4,
    EXIT_TERMINAL = 5
};

/* An enum exit_status: EXIT_FINE for ERR_NONE, EXIT_FAILED for errors without
 * a status of their own. */
int exit_status_of(const struct err *err);
/* Says it on stderr; its exit status. */
int complain(const struct err *err);

#endif
