/* role_config.h - the profile's keys about its role (role_arn and its
 * company), read and checked as botocore's AssumeRoleProvider does. */
#ifndef ECSDASH_AWS_CREDS_ROLE_CONFIG_H
#define ECSDASH_AWS_CREDS_ROLE_CONFIG_H

#include "backend/aws/creds/cli_cache.h"

/* Borrowed from the profile. */
struct role_config {
    struct cli_cache_args args;
    const char *source_profile; /* exactly one of these two.. */
    const char *place;          /* ..is set: credential_source */
};

/* Of the profile whose turn it is; it has a role_arn. */
void role_config_read(const struct cred_context *cx, struct role_config *c);
/* ERR_CONFIG when both sources are named or none, when the one named does not
 * exist, or when it leads back to where we came from. The sentence goes on
 * after "Role of profile x: ". */
int role_config_check(const struct cred_context *cx,
                      const struct role_config *c, struct err *err);
/* A credential_source by its name in any case, or NULL. */
const struct cred_place *role_place(const char *name);
/* The profile has static keys, or half of them. */
bool role_has_keys(const struct cred_context *cx, const char *name);

#endif
