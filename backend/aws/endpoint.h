/* endpoint.h - where a service is: partition table, overrides, variants.
 *
 * Order: --endpoint-url; AWS_ENDPOINT_URL_<SERVICE>; AWS_ENDPOINT_URL; the
 * profile's services section; the profile's endpoint_url; the partition's own
 * name. AWS_IGNORE_CONFIGURED_ENDPOINT_URLS drops all but the first and last.
 * FIPS and dual-stack (AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT, their
 * profile keys) choose among the partition's own names only. STS is regional
 * here; sts_regional_endpoints = legacy is for assumed roles (creds/sts.h). */
#ifndef ECSDASH_AWS_ENDPOINT_H
#define ECSDASH_AWS_ENDPOINT_H

#include "backend/aws/env.h"
#include "backend/aws/op.h"
#include "backend/base/err.h"

#include <stdbool.h>

struct endpoints;
struct profile;

struct partition {
    const char *name;   /* "aws": also the second field of an ARN */
    const char *suffix; /* "amazonaws.com" */
    const char *dual_suffix;
    const char *global; /* region that signs for services without regions */
};

struct endpoint {
    char url[512];  /* "https://ecs.eu-west-1.amazonaws.com/" */
    char host[264]; /* as signed: with a port unless it is the scheme's own */
    char path[256]; /* at least "/" */
    char region[64]; /* that the signature names: IAM's is fixed */
    char why[160];  /* "AWS_ENDPOINT_URL", "endpoint_url of profile dev",
                       "the service's own name in partition aws" */
    bool custom;    /* from an override */
};

/* Never NULL: an unknown region is taken as "aws" (*known, may be NULL, is
 * then false). */
const struct partition *partition_of(const char *region, bool *known);

/* Copies what it needs. option is --endpoint-url or NULL; profile may be NULL.
 * ERR_CONFIG when an override is no http(s) URL. */
struct endpoints *endpoints_new(const struct aws_env *env, const char *option,
                                const struct profile *profile,
                                struct err *err);
void endpoints_free(struct endpoints *e);
/* ERR_CONFIG when region can't be part of a host name. */
int endpoint_resolve(const struct endpoints *e, enum aws_service service,
                     const char *region, struct endpoint *out,
                     struct err *err);
/* The one override for all services, or NULL; for the header line. */
const char *endpoints_override(const struct endpoints *e);

#endif
