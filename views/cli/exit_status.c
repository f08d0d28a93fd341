#include "views/cli/exit_status.h"

#include <stdio.h>

int exit_status_of(const struct err *err)
{
    switch (err->code) {
    case ERR_NONE:
        return EXIT_FINE;
    case ERR_USAGE:
    case ERR_CONFIG:
        return EXIT_USAGE;
    case ERR_CREDENTIALS:
    case ERR_EXPIRED:
        return EXIT_CREDENTIALS;
    case ERR_NOT_FOUND:
        return EXIT_NOT_FOUND;
    case ERR_TERMINAL:
        return EXIT_TERMINAL;
    default:
        return EXIT_FAILED;
    }
}

int complain(const struct err *err)
{
    fprintf(stderr, "ecsdash: %s\n", err->message);
    return exit_status_of(err);
}
