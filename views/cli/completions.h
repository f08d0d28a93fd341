/* completions.h - `--completion SHELL`: what a shell completes, from the table
 * of options, so that it cannot be stale. */
#ifndef ECSDASH_VIEWS_COMPLETIONS_H
#define ECSDASH_VIEWS_COMPLETIONS_H

#include "backend/base/err.h"

#include <stdio.h>

/* shell: bash, zsh or fish; -1 with err (ERR_USAGE) for another. */
int completions_print(FILE *out, const char *shell, struct err *err);

#endif
