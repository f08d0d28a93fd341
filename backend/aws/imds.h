/* imds.h - the metadata service of an EC2 instance, by its second version.
 *
 * A dialogue fetches a token first and then what is asked for, each within
 * AWS_METADATA_SERVICE_TIMEOUT seconds (1) and AWS_METADATA_SERVICE_NUM_ATTEMPTS
 * tries (1). A service that has no tokens, or whose answer does not reach us
 * (hop limit), is asked by the first version, unless
 * AWS_EC2_METADATA_V1_DISABLED. No proxy is used and no redirect followed.
 * Each of these, AWS_EC2_METADATA_SERVICE_ENDPOINT[_MODE] and AWS_IMDS_USE_IPV6
 * is also a key of the profile, as in botocore. */
#ifndef ECSDASH_AWS_IMDS_H
#define ECSDASH_AWS_IMDS_H

#include "backend/aws/env.h"
#include "backend/base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct clock;
struct http;
struct imds;
struct profile;
struct scope;

struct imds_settings {
    char endpoint[256]; /* "http://169.254.169.254", no slash at its end */
    int timeout_ms;     /* of one try */
    int attempts;
    bool v1;       /* may be asked without a token */
    bool disabled; /* AWS_EC2_METADATA_DISABLED */
};

/* profile may be NULL. ERR_CONFIG names the setting that makes no sense. */
int imds_settings(const struct aws_env *env, const struct profile *profile,
                  struct imds_settings *out, struct err *err);

/* Called once from the loop, unless the scope was cancelled. err is NULL and
 * text a NUL-terminated body, wiped after the call; or text is NULL and err
 * one of ERR_NET, ERR_TIMEOUT (nobody answers), ERR_DENIED, ERR_NOT_FOUND (an
 * instance without what was asked for), ERR_PARSE, ERR_TOO_LARGE. */
typedef void imds_done_fn(void *arg, const char *text, size_t len,
                          const struct err *err);

/* http is borrowed and must outlive it. */
struct imds *imds_new(struct http *http, const struct imds_settings *settings);
/* Cancels what is asked; NULL is fine. Not inside the service's own callback
 * except as its last act. */
void imds_free(struct imds *imds);
/* One question at a time. path begins with '/' and is copied. */
int imds_get(struct imds *imds, const char *path, imds_done_fn *done,
             void *arg, struct err *err);

#endif
