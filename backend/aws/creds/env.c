/* Keys in the environment. */
#include "backend/aws/creds.h"

#include <stdio.h>

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
    const char *account = aws_env_get(&cx->env, "AWS_ACCOUNT_ID");
    struct aws_creds c = {0};
    struct err err;

    if (!cred_env_counts(cx)) {
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
    c.access_key = xstrdup(key);
    c.secret = xstrdup(secret);
    c.token = token ? xstrdup(token) : NULL;
    snprintf(c.account, sizeof(c.account), "%s", account ? account : "");
    snprintf(c.source, sizeof(c.source), "environment");
    cred_provide(turn, &c);
}

const struct cred_provider cred_env = {
    .name = "environment",
    .help = "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN",
    .start = env_start,
};
