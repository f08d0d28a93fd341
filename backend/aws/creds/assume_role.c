/* A role of the profile: role_arn with the credentials of another profile
 * (source_profile) or of a place (credential_source). What is asked of the
 * configuration: botocore 1.43, AssumeRoleProvider. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/creds/role_config.h"
#include "backend/aws/creds/sts.h"
#include "backend/base/mem.h"

enum { MFA_TRIES = 3, MFA_DIGITS = 6 };

/* One turn: the source's credentials, the code if one is needed, the call.
 * The profile's strings are borrowed, as the turn lasts. */
struct role_job {
    struct work work; /* in the turn's scope */
    struct scope inner;
    struct cred_turn *turn;
    struct role_config config;
    char made_up[40]; /* session name where none is configured */
    struct cred_chain *source;
    char *code; /* what the person typed */
    int asked;
};

static const char *own_name(const struct role_job *j)
{
    return cred_profile(j->turn->context);
}

static void wipe_code(struct role_job *j)
{
    if (j->code)
        xfree_secret(j->code, strlen(j->code));
    j->code = NULL;
}

static void job_free(struct role_job *j)
{
    scope_cancel(&j->inner);
    cred_chain_free(j->source);
    wipe_code(j);
    free(j);
}

static void job_cancel(struct work *work)
{
    job_free(container_of(work, struct role_job, work));
}

static void job_fail(struct role_job *j, const struct err *why)
{
    struct cred_turn *turn = j->turn;
    struct err err = *why;

    err_prefix(&err, "Role of profile \"%s\"", own_name(j));
    scope_remove(&j->work);
    job_free(j);
    cred_fail(turn, &err);
}

/* ---- the call ---- */

static void ask_code(struct role_job *j);

static void provide(struct role_job *j, struct aws_creds *creds,
                    const char *how)
{
    struct cred_turn *turn = j->turn;

    snprintf(creds->source, sizeof(creds->source), "role %s of profile %s%s",
             j->config.args.role_arn, own_name(j), how);
    scope_remove(&j->work);
    job_free(j);
    cred_provide(turn, creds);
}

static bool code_was_wrong(const struct role_job *j, const struct err *err)
{
    return j->code && err->code == ERR_DENIED &&
           strstr(err->message, "MultiFactorAuthentication failed");
}

static void on_sts(void *arg, struct aws_creds *creds, const struct err *err)
{
    struct role_job *j = arg;

    if (creds) {
        provide(j, creds, "");
    } else if (code_was_wrong(j, err) && j->asked < MFA_TRIES) {
        wipe_code(j);
        ask_code(j);
    } else {
        job_fail(j, err);
    }
}

static void put(json_t *params, const char *name, const char *value)
{
    if (value)
        json_object_set_new(params, name, json_string(value));
}

static void call(struct role_job *j)
{
    const struct cli_cache_args *a = &j->config.args;
    json_t *params = json_object();
    struct err err;

    put(params, "RoleArn", a->role_arn);
    put(params, "RoleSessionName",
        a->session_name ? a->session_name : j->made_up);
    put(params, "ExternalId", a->external_id);
    put(params, "SerialNumber", a->serial);
    put(params, "TokenCode", j->code);
    if (a->duration)
        json_object_set_new(params, "DurationSeconds",
                            json_integer(a->duration));
    if (sts_start(j->turn->context, &j->inner, STS_ASSUME_ROLE, j->source,
                  params, on_sts, j, &err) != 0)
        job_fail(j, &err);
}

/* ---- MFA ---- */

/* A code that can't be one is not sent: STS would repeat it in its answer. */
static bool looks_like_code(const char *s)
{
    size_t n = strspn(s, "0123456789");

    return n == MFA_DIGITS && s[n] == '\0';
}

static void on_code(void *arg, const char *text)
{
    struct role_job *j = arg;
    struct err err;

    if (!text || !text[0]) {
        j->turn->refused = true;
        err_set(&err, ERR_CREDENTIALS, "no MFA code was given for %s.",
                j->config.args.serial);
        job_fail(j, &err);
        return;
    }
    if (!looks_like_code(text)) {
        ask_code(j);
        return;
    }
    j->code = xstrdup(text);
    call(j);
}

static void ask_code(struct role_job *j)
{
    const struct cred_ask *ask = &j->turn->context->ask;
    char *prompt;
    struct err err;
    int rc;

    if (j->asked++ >= MFA_TRIES) {
        j->turn->refused = true;
        err_set(&err, ERR_CREDENTIALS, "%d times there was no MFA code of six "
                "digits for %s.", MFA_TRIES, j->config.args.serial);
        job_fail(j, &err);
        return;
    }
    prompt = xasprintf("%sMFA code for %s",
                       j->asked > 1 ? "That was not the code. " : "",
                       j->config.args.serial);
    rc = ask->start(ask->who, &j->inner, prompt, on_code, j, &err);
    free(prompt);
    if (rc != 0)
        job_fail(j, &err);
}

/* A question is only put to somebody who waits for the answer. */
static int may_ask(const struct role_job *j, struct err *err)
{
    if (!j->config.args.serial)
        return 0;
    if (j->turn->quiet)
        return err_set(err, ERR_EXPIRED, "a new session needs an MFA code for "
                       "%s.", j->config.args.serial);
    if (j->turn->context->ask.start)
        return 0;
    return err_set(err, ERR_CREDENTIALS, "it needs an MFA code for %s and "
                   "there is nobody to ask: run aws sts get-caller-identity "
                   "--profile %s, and its cached session is used.",
                   j->config.args.serial, own_name(j));
}

/* ---- the source ---- */

static void on_source(void *arg, const struct aws_creds *creds,
                      const struct err *why)
{
    struct role_job *j = arg;
    struct err err;

    (void)creds;
    if (why) {
        err = *why;
        if (j->config.source_profile)
            err_prefix(&err, "source_profile \"%s\"", j->config.source_profile);
        else
            err_prefix(&err, "credential_source %s", j->config.place);
        job_fail(j, &err);
    } else if (j->config.args.serial) {
        ask_code(j);
    } else {
        call(j);
    }
}

static void ask_source(struct role_job *j)
{
    struct err err;

    if (j->config.source_profile)
        j->source = cred_chain_new_source(j->turn, CRED_SOURCE_PROFILE,
                                          j->config.source_profile, cred_of_profile);
    else
        j->source = cred_chain_new_source(j->turn, CRED_NAMED_SOURCE, NULL,
                                          role_place(j->config.place)->providers);
    if (cred_chain_wait(j->source, &j->inner, on_source, j, &err) != 0)
        job_fail(j, &err);
}

/* True when the AWS CLI's cache had them. */
static bool from_cache(struct role_job *j)
{
    char key[41];
    struct aws_creds creds = {0};
    struct err err;

    /* Also watches for a session that the CLI gets while we have none. */
    if (cli_cache_key(&j->config.args, key) != 0 ||
        cli_cache_read(j->turn, key, &creds, &err) != 0)
        return false;
    if (j->turn->rejected) {
        aws_creds_release(&creds);
        return false;
    }
    provide(j, &creds, ", cached by the AWS CLI");
    return true;
}

static bool passes(struct cred_turn *turn)
{
    const struct cred_context *cx = turn->context;
    const char *name = cred_profile(cx);

    if (!cx->profile)
        cred_pass(turn, "no files are read");
    else if (!cred_get(cx, "role_arn"))
        cred_pass(turn, "no role_arn in profile \"%s\"", name);
    else if (cred_get(cx, "web_identity_token_file"))
        cred_pass(turn, "profile \"%s\" has a web_identity_token_file", name);
    else if (cx->role == CRED_SOURCE_PROFILE && role_has_keys(cx, name))
        cred_pass(turn, "source profile \"%s\" has keys of its own", name);
    else
        return false;
    return true;
}

static void assume_start(struct cred_turn *turn)
{
    struct role_job *j;
    struct err err;

    if (passes(turn))
        return;
    j = xcalloc(1, sizeof(*j));
    j->turn = turn;
    scope_init(&j->inner, NULL);
    role_config_read(turn->context, &j->config);
    sts_session_name(turn->context, j->made_up);
    if (scope_add(turn->scope, &j->work, job_cancel) != 0) {
        free(j);
        return;
    }
    if (role_config_check(turn->context, &j->config, &err) != 0) {
        job_fail(j, &err);
        return;
    }
    if (from_cache(j))
        return;
    if (may_ask(j, &err) != 0)
        job_fail(j, &err);
    else
        ask_source(j);
}

const struct cred_provider cred_assume_role = {
    .name = "assume role",
    .help = "role_arn with source_profile or credential_source",
    .start = assume_start,
};
