/* login_session: the session of `aws login`.
 *
 * Its cache file (~/.aws/login/cache/SHA256.json, or in
 * AWS_LOGIN_CACHE_DIRECTORY) is used as long as the credentials in it last.
 * Renewing them needs the signed proofs of OAuth DPoP, which only the AWS CLI
 * makes: `aws configure export-credentials` of an AWS CLI v2 that knows
 * `aws login` (2.32 or newer) does it, and writes its cache. */
#include "backend/aws/creds/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/creds/secret_json.h"
#include "backend/aws/sigv4.h"
#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/safefile.h"
#include "backend/base/words.h"

enum {
    MAX_FILE = 64 * 1024,
    RENEW_BEFORE_MS = 5 * 60 * 1000,
    DEADLINE_MS = 60 * 1000
};

/* NULL: no home. A leading ~ counts, other variables do not. */
static char *cache_path(const struct cred_context *cx, const char *session)
{
    const char *dir = aws_env_get(&cx->env, "AWS_LOGIN_CACHE_DIRECTORY");
    const char *home = aws_env_get(&cx->env, "HOME");
    char hex[65];

    if (sigv4_sha256_hex(session, strlen(session), hex) != 0)
        return NULL;
    if (dir && !(dir[0] == '~' && (dir[1] == '/' || !dir[1])))
        return xasprintf("%s/%s.json", dir, hex);
    if (!home)
        return NULL;
    return dir ? xasprintf("%s%s/%s.json", home, dir + 1, hex)
               : xasprintf("%s/.aws/login/cache/%s.json", home, hex);
}

static void copy(const json_t *token, struct aws_creds *c)
{
    const char *account = secret_json_get(token, "accountId");

    c->access_key = xstrdup(secret_json_get(token, "accessKeyId"));
    c->secret = xstrdup(secret_json_get(token, "secretAccessKey"));
    c->token = xstrdup(secret_json_get(token, "sessionToken"));
    if (account)
        snprintf(c->account, sizeof(c->account), "%s", account);
}

/* 0: c is filled; 1: there is a session, to be renewed; -1: err. */
static int read_cache(const struct cred_context *cx, const char *path,
                      struct aws_creds *c, struct err *err)
{
    struct strbuf text = STRBUF_INIT;
    const json_t *token;
    json_t *j;
    int rc = 1;

    if (safefile_read(path, SAFEFILE_STRICT, MAX_FILE, &text, err) != 0) {
        if (err->code == ERR_NOT_FOUND)
            err_set(err, ERR_CREDENTIALS,
                    "There is no login session for profile \"%s\": run `aws "
                    "login --profile %s`.", cred_profile(cx),
                    cred_profile(cx));
        return -1;
    }
    j = secret_json_parse(text.data, text.len);
    strbuf_release_secret(&text);
    token = json_object_get(j, "accessToken");
    if (!token) {
        json_decref(j);
        return err_set(err, ERR_CREDENTIALS,
                       "The login session in %s can't be read: run `aws login "
                       "--profile %s`.", path, cred_profile(cx));
    }
    if (secret_json_time(token, "expiresAt", &c->expires_ms) == 0 &&
        c->expires_ms - clock_wall_ms(cx->clock) > RENEW_BEFORE_MS) {
        copy(token, c);
        rc = c->access_key && c->secret ? 0 : 1;
    }
    json_decref(j);
    if (rc != 0)
        aws_creds_release(c);
    return rc;
}

static void on_done(void *arg, struct child_result *result,
                    const struct err *err)
{
    cred_take_output(arg, "login session", result, err);
}

static int renew(struct cred_turn *turn, struct err *err)
{
    const struct cred_context *cx = turn->context;
    char *option = xasprintf("--profile=%s", cred_profile(cx));
    const char *argv[] = {"aws", "configure", "export-credentials", option,
                          "--format=process", NULL};
    char **env = cred_child_env(&cx->env);
    struct child_request r = {.argv = argv, .deadline_ms = DEADLINE_MS};
    size_t n = 0;
    int rc;

    /* An AWS CLI that does not know login_session must not come up with the
     * machine's own role. */
    while (env[n])
        n++;
    env[n] = xstrdup("AWS_EC2_METADATA_DISABLED=true");
    r.env = (const char *const *)env;
    rc = child_start(cx->loop, turn->scope, &r, on_done, turn, err) ? 0 : -1;
    if (rc != 0)
        err_set(err, ERR_CREDENTIALS,
                "The login session of profile \"%s\" must be renewed, which "
                "needs the AWS CLI (2.32 or newer) on PATH: install it, or "
                "run `aws login --profile %s` and start again.",
                cred_profile(cx), cred_profile(cx));
    words_free(env);
    free(option);
    return rc;
}

static void login_start(struct cred_turn *turn)
{
    const struct cred_context *cx = turn->context;
    const char *session = cred_get(cx, "login_session");
    struct aws_creds c = {0};
    struct err err;
    char *path;
    int rc;

    if (!session) {
        cred_pass(turn, "no login_session for profile \"%s\"",
                  cred_profile(cx));
        return;
    }
    path = cache_path(cx, session);
    err_clear(&err);
    if (path) {
        cred_watch(turn, path);
        rc = read_cache(cx, path, &c, &err);
        if (rc == 0 && turn->rejected) { /* the service called them wrong */
            aws_creds_release(&c);
            rc = 1;
        }
    } else {
        rc = err_set(&err, ERR_CREDENTIALS, "HOME is not set, so the session "
                     "of `aws login` can't be found.");
    }
    if (rc == 0)
        snprintf(c.source, sizeof(c.source), "login session of profile %s",
                 cred_profile(cx));
    free(path);
    if (rc == 0)
        cred_provide(turn, &c);
    else if (rc < 0 || renew(turn, &err) != 0)
        cred_fail(turn, &err);
}

const struct cred_provider cred_login = {
    .name = "login session",
    .help = "login_session of the profile (aws login)",
    .start = login_start,
};
