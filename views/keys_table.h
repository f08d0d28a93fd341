/* keys_table.h - `--print-keys`: the key table of the README and the manual,
 * made from the default bindings. */
#ifndef ECSDASH_VIEWS_KEYS_TABLE_H
#define ECSDASH_VIEWS_KEYS_TABLE_H

#include <stdio.h>

/* Markdown: key, what it does, where. */
void keys_table(FILE *out);

#endif
