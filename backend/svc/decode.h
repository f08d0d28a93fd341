/* decode.h - small readers that all ECS decoders share; internal to svc. */
#ifndef ECSDASH_SVC_DECODE_H
#define ECSDASH_SVC_DECODE_H

#include "backend/base/arena.h"
#include "backend/svc/model.h"

#include <jansson.h>

/* A member as a sanitised copy; NULL when absent, null or of another type.
 * `word` copies are interned: statuses, ARNs and names repeat a lot. */
const char *get_text(json_t *o, const char *key, struct arena *a);
const char *get_word(json_t *o, const char *key, struct arena *a);
int get_int(json_t *o, const char *key, int absent);
bool get_bool(json_t *o, const char *key);
/* Epoch seconds (integer or real) to wall ms; 0 when absent. */
int64_t get_time(json_t *o, const char *key);
/* An array of strings. */
struct ecs_strings get_strings(json_t *o, const char *key, struct arena *a);
/* An array of strings joined with ", "; NULL when empty. */
const char *get_joined(json_t *o, const char *key, struct arena *a);
/* An array of {nkey, vkey} objects. */
struct ecs_pairs get_pairs(json_t *o, const char *key, const char *nkey,
                           const char *vkey, struct arena *a);
/* capacityProviderStrategy as "FARGATE_SPOT:1, FARGATE:2"; NULL if none. */
const char *get_capacity(json_t *o, struct arena *a);
/* Name of a cluster in any ARN of it or in its own. */
const char *cluster_name_of(const char *cluster_arn, struct arena *a);

#endif
