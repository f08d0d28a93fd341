#include "backend/aws/creds/file_keys.h"

#include <stdio.h>

#include "backend/base/mem.h"

void cred_file_keys(struct cred_turn *turn, enum profile_file file)
{
    const struct profile *p = turn->context->profile;
    const char *key, *secret, *token;
    struct aws_creds c = {0};
    struct err err;

    if (!p) {
        cred_pass(turn, "no files are read");
        return;
    }
    key = profile_get_from(p, file, "aws_access_key_id");
    secret = profile_get_from(p, file, "aws_secret_access_key");
    token = profile_get_from(p, file, "aws_session_token");
    if (!key) {
        cred_pass(turn, "no aws_access_key_id for profile \"%s\" in %s",
                  profile_name(p), profile_path(p, file));
        return;
    }
    if (!secret) {
        err_set(&err, ERR_CREDENTIALS,
                "Profile \"%s\" in %s has an aws_access_key_id but no "
                "aws_secret_access_key.", profile_name(p),
                profile_path(p, file));
        cred_fail(turn, &err);
        return;
    }
    c.access_key = xstrdup(key);
    c.secret = xstrdup(secret);
    c.token = token ? xstrdup(token) : NULL;
    snprintf(c.source, sizeof(c.source), "profile %s in %s", profile_name(p),
             profile_path(p, file));
    cred_provide(turn, &c);
}
