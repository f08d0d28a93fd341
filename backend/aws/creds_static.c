/* The providers that need no network: the environment and the shared files. */
#include "backend/aws/creds.h"

#include <stdio.h>

#include "backend/aws/profile.h"
#include "backend/base/clock.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"

static void env_start(struct cred_turn *turn)
{
    const struct cred_context *cx = turn->context;
    const char *key = aws_env_get(&cx->env, "AWS_ACCESS_KEY_ID");
    const char *secret = aws_env_get(&cx->env, "AWS_SECRET_ACCESS_KEY");
    const char *token = aws_env_get(&cx->env, "AWS_SECURITY_TOKEN");
    const char *expires = aws_env_get(&cx->env, "AWS_CREDENTIAL_EXPIRATION");
    struct aws_creds c = {0};
    struct err err;

    if (cx->profile && profile_is_explicit(cx->profile)) {
        cred_pass(turn, "skipped because --profile was given");
        return;
    }
    if (!key) {
        cred_pass(turn, "AWS_ACCESS_KEY_ID is not set");
        return;
    }
    if (!secret) {
        err_set(&err, ERR_CREDENTIALS, "AWS_ACCESS_KEY_ID is set but "
                "AWS_SECRET_ACCESS_KEY is not: set both or neither.");
        cred_fail(turn, &err);
        return;
    }
    /* The old name is looked at first, as the AWS CLI does. */
    if (!token)
        token = aws_env_get(&cx->env, "AWS_SESSION_TOKEN");
    if (expires && fmt_parse_iso(expires, &c.expires_ms) != 0)
        c.expires_ms = 0;
    if (c.expires_ms && c.expires_ms <= clock_wall_ms(cx->clock)) {
        err_set(&err, ERR_EXPIRED, "The credentials in the environment have "
                "expired (AWS_CREDENTIAL_EXPIRATION is %s): set new ones.",
                expires);
        cred_fail(turn, &err);
        return;
    }
    /* They can't be had anew, so they are used to their last second. */
    c.expires_ms = 0;
    c.access_key = xstrdup(key);
    c.secret = xstrdup(secret);
    c.token = token ? xstrdup(token) : NULL;
    snprintf(c.source, sizeof(c.source), "environment");
    cred_provide(turn, &c);
}

static void file_start(struct cred_turn *turn, enum profile_file file)
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

static void shared_start(struct cred_turn *turn)
{
    struct profile *p = turn->context->profile;
    struct err err;

    /* Someone may have renewed the keys since: after an ExpiredToken the file
     * is worth another look. */
    if (p && turn->round > 0 && profile_reload(p, &err) != 0) {
        cred_fail(turn, &err);
        return;
    }
    file_start(turn, PROFILE_CREDENTIALS);
}

static void config_start(struct cred_turn *turn)
{
    file_start(turn, PROFILE_CONFIG);
}

const struct cred_provider cred_env = {
    .name = "environment",
    .help = "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN",
    .start = env_start,
};
const struct cred_provider cred_shared_file = {
    .name = "credentials file",
    .help = "static keys of the profile in ~/.aws/credentials",
    .start = shared_start,
};
const struct cred_provider cred_config_file = {
    .name = "config file",
    .help = "static keys of the profile in ~/.aws/config",
    .start = config_start,
};

const struct cred_provider *const cred_standard[] = {
    &cred_env,
    &cred_shared_file,
    &cred_config_file,
    NULL,
};
