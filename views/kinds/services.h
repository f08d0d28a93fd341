/* services.h - the longer texts of the services kind: the pane below the
 * table that explains the selected service, and its detail. */
#ifndef ECSDASH_VIEWS_KINDS_SERVICES_H
#define ECSDASH_VIEWS_KINDS_SERVICES_H

#include "views/kind.h"

/* At most `rows` lines that fit `cols`: deployments, why tasks stop, events. */
void services_explain(const void *row, int64_t now_ms, int cols, int rows,
                      struct doc *out);
const char *services_explain_title(const void *row, int64_t now_ms, char *buf,
                                   size_t n);
/* Everything the reply says. */
void services_detail(const void *row, int64_t now_ms, struct doc *out);
/* The event list with times, newest first. */
void services_events(const struct ecs_service *s, int64_t now_ms,
                     struct doc *out);

#endif
