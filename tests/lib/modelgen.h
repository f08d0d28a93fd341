/* modelgen.h - replies of ECS and CloudWatch Logs as their service models
 * allow them, and as nobody wishes them: every member there, missing or null,
 * words of every enumeration and of none, text of every script and of every
 * control sequence, numbers and times at their limits.
 *
 * Shapes come from tests/data/shapes.tsv (tests/py/shape_facts.py). */
#ifndef ECSDASH_TESTS_MODELGEN_H
#define ECSDASH_TESTS_MODELGEN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "backend/base/rng.h"

struct modelgen;

/* Reads the shapes; NULL when there is no such file. now_ms: the wall time
 * round which timestamps lie that are not extreme. */
struct modelgen *modelgen_new(const char *path, int64_t now_ms);
void modelgen_free(struct modelgen *g);
/* From now on the same replies again for the same requests. */
void modelgen_seed(struct modelgen *g, uint64_t seed);
/* A reply to `request` (may be NULL), or NULL for an operation that has no
 * shape. Things asked for by name are mostly in it. */
json_t *modelgen_reply(struct modelgen *g, const char *operation,
                       const json_t *request);
/* Text that hopes to reach a terminal; heap, UTF-8 (or not, when raw). Its
 * sequences are ones that our own output never holds. */
char *modelgen_text(struct modelgen *g, bool raw);
struct rng *modelgen_rng(struct modelgen *g);

#endif
