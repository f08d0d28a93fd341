/* region.h - which region, and who said so. */
#ifndef ECSDASH_AWS_REGION_H
#define ECSDASH_AWS_REGION_H

#include "backend/aws/env.h"
#include "backend/base/err.h"

#include <stdbool.h>

struct profile;

struct region {
    char name[64];
    char source[80]; /* "--region", "AWS_REGION", "profile dev" */
};

/* --region, AWS_REGION, AWS_DEFAULT_REGION, the profile's region. None, or
 * one that can't be part of a host name, is ERR_CONFIG. profile may be NULL. */
int region_resolve(const struct aws_env *env, const char *option,
                   const struct profile *profile, struct region *out,
                   struct err *err);
/* Letters, digits and inner hyphens, 1 to 63. */
bool region_is_valid(const char *name);

#endif
