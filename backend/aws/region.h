/* region.h - which region, and who said so. */
#ifndef ECSDASH_AWS_REGION_H
#define ECSDASH_AWS_REGION_H

#include "backend/aws/env.h"
#include "backend/base/err.h"

#include <stdbool.h>

struct http;
struct profile;
struct scope;

struct region {
    char name[64];
    char source[80]; /* "--region", ":region", "AWS_REGION", "profile dev",
                        "instance metadata" */
};

/* --region, AWS_REGION, AWS_DEFAULT_REGION, the profile's region. None, or
 * one that can't be part of a host name, is ERR_CONFIG. option_from is who
 * gave the option (NULL = "--region"); profile may be NULL. */
int region_resolve(const struct aws_env *env, const char *option,
                   const char *option_from, const struct profile *profile, struct region *out,
                   struct err *err);
/* None of these says anything (what they say may still be wrong). */
bool region_is_unset(const struct aws_env *env, const char *option,
                     const struct profile *profile);
/* The last source: the instance metadata service, by its availability zone.
 * done is called once from the loop, unless scope was cancelled: name is NULL
 * with err when the service says nothing. profile may be NULL; ERR_CONFIG when
 * a setting of the service makes no sense, ERR_NOT_FOUND when it is switched
 * off. */
typedef void region_done_fn(void *arg, const char *name,
                            const struct err *err);
int region_from_metadata(struct http *http, const struct aws_env *env,
                         const struct profile *profile, struct scope *scope,
                         region_done_fn *done, void *arg, struct err *err);
/* Letters, digits and inner hyphens, 1 to 63. */
bool region_is_valid(const char *name);

#endif
