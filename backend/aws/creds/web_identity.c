/* A role for a token that somebody else keeps fresh in a file (Kubernetes
 * service accounts, CI systems). The environment's names come before the
 * profile's, each for itself, as for the AWS CLI. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/creds/sts.h"
#include "backend/base/mem.h"
#include "backend/base/safefile.h"
#include "backend/base/strbuf.h"

enum { MAX_TOKEN = 20000 }; /* STS's own limit */

struct web_job {
    struct work work; /* in the turn's scope */
    struct scope inner;
    struct cred_turn *turn;
    const char *role; /* borrowed, as the turn lasts */
};

static const char *setting(const struct cred_context *cx, const char *var,
                           const char *key)
{
    const char *v = NULL;

    if (cred_env_counts(cx))
        v = aws_env_get(&cx->env, var);
    return v ? v : cred_get(cx, key);
}

static void job_free(struct web_job *j)
{
    scope_cancel(&j->inner);
    free(j);
}

static void job_cancel(struct work *work)
{
    job_free(container_of(work, struct web_job, work));
}

static void on_sts(void *arg, struct aws_creds *creds, const struct err *why)
{
    struct web_job *j = arg;
    struct cred_turn *turn = j->turn;
    struct err err;

    if (creds)
        snprintf(creds->source, sizeof(creds->source),
                 "role %s by web identity", j->role);
    else
        err = *why;
    scope_remove(&j->work);
    job_free(j);
    if (creds) {
        cred_provide(turn, creds);
        return;
    }
    /* Services like to repeat what they could not use. */
    if (strcmp(err.aws_code, "ValidationError") == 0)
        err_set(&err, ERR_CREDENTIALS, "STS could not use the token in the web "
                "identity token file, or the role's name.");
    err_prefix(&err, "Web identity");
    cred_fail(turn, &err);
}

/* Read at each refresh: it is replaced long before it expires. */
static int read_token(struct cred_turn *turn, const char *path,
                      json_t *params, struct err *err)
{
    struct strbuf text = STRBUF_INIT;

    cred_watch(turn, path);
    /* Kubernetes shows it by links, to root's file. */
    if (safefile_read(path, 0, MAX_TOKEN, &text, err) != 0) {
        err->code = ERR_CREDENTIALS;
        return -1;
    }
    while (text.len > 0 && strchr(" \t\r\n", text.data[text.len - 1]))
        text.data[--text.len] = '\0';
    if (text.len == 0 || strlen(text.data) != text.len) {
        strbuf_release_secret(&text);
        return err_set(err, ERR_CREDENTIALS, "The web identity token file %s "
                       "holds no token.", path);
    }
    json_object_set_new(params, "WebIdentityToken",
                        json_stringn(text.data, text.len));
    strbuf_release_secret(&text);
    return 0;
}

static void web_start(struct cred_turn *turn)
{
    const struct cred_context *cx = turn->context;
    const char *file = setting(cx, "AWS_WEB_IDENTITY_TOKEN_FILE",
                               "web_identity_token_file");
    const char *role = setting(cx, "AWS_ROLE_ARN", "role_arn");
    const char *session = setting(cx, "AWS_ROLE_SESSION_NAME",
                                  "role_session_name");
    char made_up[40];
    struct web_job *j;
    json_t *params;
    struct err err;

    if (!file) {
        cred_pass(turn, "no web identity token file is set");
        return;
    }
    if (!role) {
        err_set(&err, ERR_CONFIG, "There is a web identity token file but no "
                "role for it: set AWS_ROLE_ARN, or role_arn in the profile.");
        cred_fail(turn, &err);
        return;
    }
    sts_session_name(cx, made_up);
    params = json_object();
    json_object_set_new(params, "RoleArn", json_string(role));
    json_object_set_new(params, "RoleSessionName",
                        json_string(session ? session : made_up));
    if (read_token(turn, file, params, &err) != 0) {
        json_decref(params);
        cred_fail(turn, &err);
        return;
    }
    j = xcalloc(1, sizeof(*j));
    j->turn = turn;
    j->role = role;
    scope_init(&j->inner, NULL);
    if (scope_add(turn->scope, &j->work, job_cancel) != 0) {
        json_decref(params);
        free(j);
        return;
    }
    if (sts_start(cx, &j->inner, STS_WEB_IDENTITY, NULL, params, on_sts, j,
                  &err) != 0) {
        scope_remove(&j->work);
        job_free(j);
        cred_fail(turn, &err);
    }
}

const struct cred_provider cred_web_identity = {
    .name = "web identity",
    .help = "AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN, or the profile's",
    .start = web_start,
};
