/* A role of the profile: role_arn with the credentials of another profile
 * (source_profile) or of a place (credential_source). What is asked of the
 * configuration: botocore 1.43, AssumeRoleProvider. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/aws/creds/cli_cache.h"
#include "backend/aws/creds/sts.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/base/strbuf.h"

enum { MFA_TRIES = 3, MFA_DIGITS = 6 };

/* One turn: the source's credentials, the code if one is needed, the call.
 * The profile's strings are borrowed, as the turn lasts. */
struct role_job {
    struct work work; /* in the turn's scope */
    struct scope inner;
    struct cred_turn *turn;
    struct cli_cache_args args;
    const char *source_profile, *place;
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

/* ---- the configuration ---- */

static bool has_keys(const struct cred_context *cx, const char *name)
{
    return profile_get_of(cx->profile, name, "aws_access_key_id") ||
           profile_get_of(cx->profile, name, "aws_secret_access_key");
}

/* The names from the top to this one: "a -> b". */
static void put_way(const struct cred_context *cx, struct strbuf *out)
{
    if (cx->parent)
        put_way(cx->parent, out);
    strbuf_printf(out, "%s -> ", cred_profile(cx));
}

static int check_circle(const struct cred_context *cx, const char *source,
                        struct err *err)
{
    struct strbuf way = STRBUF_INIT;
    const struct cred_context *p = cx;

    /* A profile may name itself for the keys that stand beside its role. */
    if (strcmp(source, cred_profile(cx)) == 0 && has_keys(cx, source))
        return 0;
    while (p && strcmp(cred_profile(p), source) != 0)
        p = p->parent;
    if (!p)
        return 0;
    put_way(cx, &way);
    err_set(err, ERR_CONFIG, "its source_profile leads back to itself (%s%s).",
            strbuf_get(&way), source);
    strbuf_release(&way);
    return -1;
}

static int check_profile(const struct cred_context *cx, const char *source,
                         struct err *err)
{
    char *names;

    if (profile_exists_named(cx->profile, source))
        return check_circle(cx, source, err);
    names = profile_names(cx->profile);
    err_set(err, ERR_CONFIG, "its source_profile \"%s\" does not exist: %s.",
            source, names);
    free(names);
    return -1;
}

static const struct cred_place *find_place(const char *name)
{
    const struct cred_place *p = cred_places;

    while (p->name && strcasecmp(p->name, name) != 0)
        p++;
    return p->name ? p : NULL;
}

static int check_source(const struct role_job *j, struct err *err)
{
    const char *profile = j->source_profile, *place = j->place;
    struct strbuf names = STRBUF_INIT;

    if (profile && place)
        return err_set(err, ERR_CONFIG, "it has both source_profile and "
                       "credential_source: remove one.");
    if (!profile && !place)
        return err_set(err, ERR_CONFIG, "it has a role_arn but neither "
                       "source_profile nor credential_source: add one.");
    if (profile)
        return check_profile(j->turn->context, profile, err);
    if (find_place(place))
        return 0;
    for (const struct cred_place *p = cred_places; p->name; p++)
        strbuf_printf(&names, "%s%s", names.len ? ", " : "", p->name);
    err_set(err, ERR_CONFIG, "its credential_source \"%s\" is none of %s.",
            place, strbuf_get(&names));
    strbuf_release(&names);
    return -1;
}

static void read_config(struct role_job *j)
{
    const struct cred_context *cx = j->turn->context;
    const char *duration = cred_get(cx, "duration_seconds");

    j->args = (struct cli_cache_args){
        .role_arn = cred_get(cx, "role_arn"),
        .session_name = cred_get(cx, "role_session_name"),
        .external_id = cred_get(cx, "external_id"),
        .serial = cred_get(cx, "mfa_serial"),
    };
    /* The AWS CLI too goes on without one that is no number. */
    if (duration && fmt_parse_int(duration, 1, INT32_MAX,
                                  &j->args.duration) != 0)
        j->args.duration = 0;
    j->source_profile = cred_get(cx, "source_profile");
    j->place = cred_get(cx, "credential_source");
    sts_session_name(cx, j->made_up);
}

/* ---- the call ---- */

static void ask_code(struct role_job *j);

static void provide(struct role_job *j, struct aws_creds *creds,
                    const char *how)
{
    struct cred_turn *turn = j->turn;

    snprintf(creds->source, sizeof(creds->source), "role %s of profile %s%s",
             j->args.role_arn, own_name(j), how);
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
    const struct cli_cache_args *a = &j->args;
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
                j->args.serial);
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
                "digits for %s.", MFA_TRIES, j->args.serial);
        job_fail(j, &err);
        return;
    }
    prompt = xasprintf("%sMFA code for %s",
                       j->asked > 1 ? "That was not the code. " : "",
                       j->args.serial);
    rc = ask->start(ask->who, &j->inner, prompt, on_code, j, &err);
    free(prompt);
    if (rc != 0)
        job_fail(j, &err);
}

/* A question is only put to somebody who waits for the answer. */
static int may_ask(const struct role_job *j, struct err *err)
{
    if (!j->args.serial)
        return 0;
    if (j->turn->quiet)
        return err_set(err, ERR_EXPIRED, "a new session needs an MFA code for "
                       "%s.", j->args.serial);
    if (j->turn->context->ask.start)
        return 0;
    return err_set(err, ERR_CREDENTIALS, "it needs an MFA code for %s and "
                   "there is nobody to ask: run aws sts get-caller-identity "
                   "--profile %s, and its cached session is used.",
                   j->args.serial, own_name(j));
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
        if (j->source_profile)
            err_prefix(&err, "source_profile \"%s\"", j->source_profile);
        else
            err_prefix(&err, "credential_source %s", j->place);
        job_fail(j, &err);
    } else if (j->args.serial) {
        ask_code(j);
    } else {
        call(j);
    }
}

static void ask_source(struct role_job *j)
{
    struct err err;

    if (j->source_profile)
        j->source = cred_chain_new_source(j->turn, CRED_SOURCE_PROFILE,
                                          j->source_profile, cred_of_profile);
    else
        j->source = cred_chain_new_source(j->turn, CRED_NAMED_SOURCE, NULL,
                                          find_place(j->place)->providers);
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
    if (cli_cache_key(&j->args, key) != 0 ||
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
    else if (cx->role == CRED_SOURCE_PROFILE && has_keys(cx, name))
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
    read_config(j);
    if (scope_add(turn->scope, &j->work, job_cancel) != 0) {
        free(j);
        return;
    }
    if (check_source(j, &err) != 0) {
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
