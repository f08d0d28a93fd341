/* mask.h - what may be a secret in a reply about tasks and task definitions:
 * the values of every "environment" list (containerDefinitions[],
 * overrides.containerOverrides[]) and the log driver options whose name says
 * token, secret, password or key. "secrets" hold references, no values. */
#ifndef ECSDASH_SVC_MASK_H
#define ECSDASH_SVC_MASK_H

#include <jansson.h>
#include <stdbool.h>

#define MASKED "***"

/* A copy with those values as MASKED, the caller's; NULL when out of memory.
 * *found (may be NULL) says whether there were any. */
json_t *mask_copy(const json_t *o, bool *found);
/* The values themselves, for one who asked: calls put for each one below o.
 * where is the "name" of the object around, or "". */
void mask_each(const json_t *o,
               void (*put)(void *arg, const char *where, const char *name,
                           const char *value),
               void *arg);

#endif
