/* fetch.h - what the describes share. Internal: fetch*.c only. */
#ifndef ECSDASH_STORE_FETCH_H
#define ECSDASH_STORE_FETCH_H

#include "backend/store/internal.h"
#include "backend/svc/ask.h"

/* Errors that speak of what was asked for, not of the way there: those items
 * are asked again after all others. */
bool fetch_about_items(const struct err *err);
/* Sends the ask, or ends it as failed. */
void fetch_start(struct ask *a, const struct aws_op *op,
                 const struct ecs_ask *params, const char *subject,
                 enum aws_priority prio, aws_done_fn *fn);
/* The job's end, by err or NULL; frees the ask. */
void fetch_end(struct ask *a, const struct err *err);
/* How many there are in the answer's list; *err becomes why when there is no
 * list. */
size_t fetch_items(const struct aws_reply *reply, const struct aws_op *op,
                   const struct err **err, struct err *why);
/* What came of one that was asked for. True when whether it can be had at all
 * has changed. */
bool fetch_tried(struct store *s, struct tries *t, struct trouble *of,
                 const struct err *err, bool answered);

#endif
