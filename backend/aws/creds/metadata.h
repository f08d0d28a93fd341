/* metadata.h - the JSON in which the container and instance metadata services
 * hand out credentials. */
#ifndef ECSDASH_AWS_CREDS_METADATA_H
#define ECSDASH_AWS_CREDS_METADATA_H

#include "backend/aws/creds.h"

/* Fills out but for its source. ERR_DENIED with the service's own words when
 * its Code is not Success, ERR_PARSE when something is missing. */
int cred_from_metadata(const char *text, size_t len, struct aws_creds *out,
                       struct err *err);

/* Where the container's credentials are, into url. 0; 1 when neither variable
 * is set; -1 with ERR_CONFIG when it may not be asked. */
int container_url(const struct aws_env *env, char *url, size_t size,
                  struct err *err);

#endif
