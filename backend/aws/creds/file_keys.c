#include "backend/aws/creds/file_keys.h"

#include <stdio.h>

#include "backend/base/mem.h"

void cred_file_keys(struct cred_turn *turn, enum profile_file file)
{
    const struct cred_context *cx = turn->context;
    const char *key, *secret, *token, *account, *name = cred_profile(cx);
    struct aws_creds c = {0};
    struct err err;

    if (!cx->profile) {
        cred_pass(turn, "no files are read");
        return;
    }
    key = cred_get_from(cx, file, "aws_access_key_id");
    secret = cred_get_from(cx, file, "aws_secret_access_key");
    /* The old name is looked at first, as the AWS CLI does. */
    token = cred_get_from(cx, file, "aws_security_token");
    if (!token)
        token = cred_get_from(cx, file, "aws_session_token");
    account = cred_get_from(cx, file, "aws_account_id");
    if (!key) {
        cred_pass(turn, "no aws_access_key_id for profile \"%s\" in %s", name,
                  profile_path(cx->profile, file));
        return;
    }
    if (!secret) {
        err_set(&err, ERR_CREDENTIALS,
                "Profile \"%s\" in %s has an aws_access_key_id but no "
                "aws_secret_access_key.", name,
                profile_path(cx->profile, file));
        cred_fail(turn, &err);
        return;
    }
    c.access_key = xstrdup(key);
    c.secret = xstrdup(secret);
    c.token = token ? xstrdup(token) : NULL;
    snprintf(c.account, sizeof(c.account), "%s", account ? account : "");
    snprintf(c.source, sizeof(c.source), "profile %s in %s", name,
             profile_path(cx->profile, file));
    cred_provide(turn, &c);
}
