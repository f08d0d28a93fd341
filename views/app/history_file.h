/* history_file.h - command lines kept from run to run: a text file for its
 * owner only, one line each, oldest first. Several dashboards may add to it at
 * once. A line that may hold a secret (it has a word like "password") is not
 * written. Nothing here is worth a message: what goes wrong is left. */
#ifndef ECSDASH_VIEWS_HISTORY_FILE_H
#define ECSDASH_VIEWS_HISTORY_FILE_H

#include "tui/history.h"

/* Reads it, if it is ours and at most 256 KiB, and shortens a file that has
 * grown to more than twice what a history holds. path NULL = none. */
void history_file_load(const char *path, struct history *h);
/* Adds a line, making the file and its folder. path NULL = nowhere. */
void history_file_add(const char *path, const char *line);

#endif
