/* cli_cache.h - the AWS CLI's cache of role credentials, read only:
 * ~/.aws/cli/cache/<sha1>.json. The key is the SHA-1 of the request's
 * arguments as Python's json.dumps(sort_keys=True) writes them; a session name
 * that was made up is left out (botocore 1.43, credentials.py). */
#ifndef ECSDASH_AWS_CREDS_CLI_CACHE_H
#define ECSDASH_AWS_CREDS_CLI_CACHE_H

#include "backend/aws/creds.h"

/* What is NULL, or 0, was not configured. */
struct cli_cache_args {
    const char *role_arn, *session_name, *external_id, *serial;
    int64_t duration;
};

/* Lower-case hex. 0/-1 (libcrypto refuses). */
int cli_cache_key(const struct cli_cache_args *args, char out[41]);

/* Credentials with at least 15 minutes left: 0, and out is filled but for its
 * source. -1 when there are none; err then says why, with ERR_NOT_FOUND for a
 * missing or outdated file and anything else for one that was not trusted (not
 * ours, writable by others, a link, no such JSON). Watches the file. */
int cli_cache_read(struct cred_turn *turn, const char *key,
                   struct aws_creds *out, struct err *err);

#endif
