#include "backend/aws/creds/sts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/aws/client.h"
#include "backend/aws/endpoint.h"
#include "backend/base/clock.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"

static const struct {
    struct aws_op op;
    const char *result; /* root of the answer's paths */
} kinds[] = {
    [STS_ASSUME_ROLE] = {
        .op = {.service = AWS_STS, .name = "AssumeRole", .secret = true},
        .result = "AssumeRoleResult"},
    [STS_WEB_IDENTITY] = {
        .op = {.service = AWS_STS, .name = "AssumeRoleWithWebIdentity",
               .secret = true},
        .result = "AssumeRoleWithWebIdentityResult"},
};

/* Where "legacy" means the global endpoint (botocore's list). */
static const char *const old_regions[] = {
    "ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
    "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2",
    "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1",
    "us-west-2",
};

/* A client of its own: the credentials are others, and the region may be. It
 * is freed from a timer, as a client may not be inside its own callback. */
struct sts_job {
    struct work work; /* in the caller's scope */
    struct scope inner;
    struct clock *clock;
    struct timer timer;
    struct aws_client *client;
    struct endpoints *global; /* NULL = the context's are used */
    enum sts_kind kind;
    struct aws_creds creds;
    struct err err;
    sts_done_fn *done;
    void *arg;
};

static void job_free(struct sts_job *j)
{
    scope_cancel(&j->inner);
    timer_stop(j->clock, &j->timer);
    aws_client_free(j->client);
    endpoints_free(j->global);
    aws_creds_release(&j->creds);
    free(j);
}

static void job_cancel(struct work *work)
{
    job_free(container_of(work, struct sts_job, work));
}

static void finish(struct timer *t, void *arg)
{
    struct sts_job *j = arg;
    struct aws_creds creds = j->creds;
    struct err err = j->err;
    sts_done_fn *done = j->done;
    void *darg = j->arg;

    (void)t;
    j->creds = (struct aws_creds){0};
    scope_remove(&j->work);
    job_free(j);
    done(darg, err.code ? NULL : &creds, err.code ? &err : NULL);
    aws_creds_release(&creds);
}

static char *text_at(const struct aws_reply *r, const char *result,
                     const char *path)
{
    char *full = xasprintf("%s/%s", result, path);
    char *text = xml_text(r->body, r->body_len, full);

    free(full);
    return text;
}

static void read_reply(struct sts_job *j, const struct aws_reply *r)
{
    const char *result = kinds[j->kind].result;
    char *expires = text_at(r, result, "Credentials/Expiration");
    char *arn = text_at(r, result, "AssumedRoleUser/Arn");
    struct aws_creds *c = &j->creds;
    struct aws_identity id;

    c->access_key = text_at(r, result, "Credentials/AccessKeyId");
    c->secret = text_at(r, result, "Credentials/SecretAccessKey");
    c->token = text_at(r, result, "Credentials/SessionToken");
    if (arn && aws_identity_from_arn(&id, arn) == 0)
        snprintf(c->account, sizeof(c->account), "%s", id.account);
    if (!c->access_key || !c->secret || !c->token || !expires ||
        fmt_parse_iso(expires, &c->expires_ms) != 0)
        err_set(&j->err, ERR_PARSE, "%s: the answer holds no credentials.",
                kinds[j->kind].op.name);
    free(expires);
    free(arn);
}

static void on_reply(void *arg, const struct aws_reply *reply,
                     const struct err *err)
{
    struct sts_job *j = arg;

    if (err)
        j->err = *err;
    else
        read_reply(j, reply);
    timer_start(j->clock, &j->timer, 0, finish, j);
}

/* ---- where ---- */

static bool wants_legacy(const struct cred_context *cx)
{
    const char *v = aws_env_get(&cx->env, "AWS_STS_REGIONAL_ENDPOINTS");

    if (!v && cx->profile)
        v = profile_get(cx->profile, "sts_regional_endpoints");
    if (!v || strcasecmp(v, "legacy") != 0)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(old_regions); i++) {
        if (strcmp(cx->region, old_regions[i]) == 0)
            return true;
    }
    return false;
}

/* Only the plain regional host is replaced: an override, FIPS and dual-stack
 * stand. */
int sts_uses_global(const struct cred_context *cx, bool *global,
                    struct err *err)
{
    struct endpoint ep;
    char plain[128];

    *global = false;
    if (!wants_legacy(cx))
        return 0;
    if (endpoint_resolve(cx->endpoints, AWS_STS, cx->region, &ep, err) != 0)
        return -1;
    snprintf(plain, sizeof(plain), "sts.%s.amazonaws.com", cx->region);
    *global = !ep.custom && strcmp(ep.host, plain) == 0;
    return 0;
}

static int choose_global(struct sts_job *j, const struct cred_context *cx,
                         struct err *err)
{
    static const struct aws_env nothing;
    bool global;

    if (sts_uses_global(cx, &global, err) != 0)
        return -1;
    if (!global)
        return 0;
    j->global = endpoints_new(&nothing, "https://sts.amazonaws.com", NULL,
                              err);
    return j->global ? 0 : -1;
}

static int make_client(struct sts_job *j, const struct cred_context *cx,
                       struct cred_chain *source, struct err *err)
{
    struct aws_client_config config = {
        .loop = cx->loop, .http = cx->http, .clock = cx->clock,
        .rng = cx->rng, .creds = source, .endpoints = cx->endpoints,
        .region = cx->region,
    };

    if (!cx->loop || !cx->http || !cx->endpoints)
        return err_set(err, ERR_CREDENTIALS,
                       "A role can't be assumed without a network.");
    if (!cx->region || !*cx->region)
        return err_set(err, ERR_CONFIG, "A role can't be assumed without a "
                       "region: set AWS_REGION, or region in the profile.");
    if (choose_global(j, cx, err) != 0)
        return -1;
    if (j->global) {
        config.endpoints = j->global;
        config.region = "us-east-1";
    }
    j->client = aws_client_new(&config);
    return 0;
}

int sts_start(const struct cred_context *cx, struct scope *scope,
              enum sts_kind kind, struct cred_chain *source, json_t *params,
              sts_done_fn *done, void *arg, struct err *err)
{
    struct sts_job *j = xcalloc(1, sizeof(*j));

    j->clock = cx->clock;
    j->kind = kind;
    j->done = done;
    j->arg = arg;
    scope_init(&j->inner, NULL);
    if (make_client(j, cx, source, err) != 0) {
        json_decref(params);
        goto fail;
    }
    if (aws_call(j->client, &j->inner, &kinds[kind].op, params, NULL,
                 on_reply, j, err) != 0)
        goto fail;
    if (scope_add(scope, &j->work, job_cancel) != 0) {
        err_set(err, ERR_NET, "%s was cancelled.", kinds[kind].op.name);
        goto fail;
    }
    return 0;
fail:
    job_free(j);
    return -1;
}

void sts_session_name(const struct cred_context *cx, char out[40])
{
    snprintf(out, 40, "ecsdash-%lld",
             (long long)(clock_wall_ms(cx->clock) / 1000));
}
