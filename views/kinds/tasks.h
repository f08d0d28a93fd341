/* tasks.h - the longer texts of the tasks kind: the pane below the table that
 * explains the selected task, and its detail. */
#ifndef ECSDASH_VIEWS_KINDS_TASKS_H
#define ECSDASH_VIEWS_KINDS_TASKS_H

#include "views/kind.h"

/* At most `rows` lines that fit `cols`: why, containers, times. */
void tasks_explain(const void *row, int64_t now_ms, int cols, int rows,
                   struct doc *out);
const char *tasks_explain_title(const void *row, int64_t now_ms, char *buf,
                                size_t n);
/* Everything the reply says. */
void tasks_detail(const void *row, int64_t now_ms, struct doc *out);

#endif
