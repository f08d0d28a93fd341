/* manual.h - what is written about the program by the program: from the tables
 * of options, actions, commands and columns, so that it cannot be stale. `make
 * docs` puts it into README.md and contrib/. */
#ifndef ECSDASH_VIEWS_MANUAL_H
#define ECSDASH_VIEWS_MANUAL_H

#include <stdio.h>

/* Markdown: the default keys, what they do, where, their commands. */
void manual_keys(FILE *out);
/* mdoc: the sections OPTIONS, KEYS, COMMANDS, COLUMNS and THEME ROLES of
 * ecsdash(1). */
void manual_mdoc(FILE *out);

#endif
