/* STS: who one is, and how to become somebody else. */
#include "backend/sim/sim_internal.h"

#include "backend/base/fmt.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define MEMBERS (const struct sim_member[])
#define HOUR_S 3600

static void get_caller_identity(struct sim_call *c)
{
    put_text(c->out, "Arn", c->who->arn);
    put_text(c->out, "UserId", c->who->user_id);
    put_text(c->out, "Account", c->who->account);
}

static void put_credentials(struct sim_call *c, const struct sim_ident *i,
                            const char *secret, int64_t told_ms)
{
    char end[40];
    json_t *o = put_object(c->out, "Credentials");
    put_text(o, "AccessKeyId", i->key);
    put_text(o, "SecretAccessKey", secret);
    put_text(o, "SessionToken", i->token);
    put_text(o, "Expiration", fmt_iso(told_ms, FMT_UTC, end));
}

static void put_user(struct sim_call *c, const struct sim_ident *i)
{
    json_t *o = put_object(c->out, "AssumedRoleUser");
    put_text(o, "AssumedRoleId", i->user_id);
    put_text(o, "Arn", i->arn);
}

/* -1 after sim_fail. */
static int duration(struct sim_call *c, int def, int max)
{
    int64_t n = sim_in_int(c, "DurationSeconds", def);
    if (n >= 900 && n <= max)
        return (int)n;
    sim_fail(c, "ValidationError", "1 validation error detected: Value '%lld' "
             "at 'durationSeconds' failed to satisfy constraint: Member must "
             "have value %s than or equal to %d", (long long)n,
             n < 900 ? "greater" : "less", n < 900 ? 900 : max);
    return -1;
}

static int session_name(struct sim_call *c)
{
    const char *s = sim_in_text(c, "RoleSessionName");
    size_t n = strlen(s);
    bool ok = n >= 2 && n <= 64;
    for (size_t i = 0; i < n; i++)
        ok = ok && (isalnum((unsigned char)s[i]) || strchr("_=,.@-", s[i]));
    if (!ok)
        sim_fail(c, "ValidationError", "1 validation error detected: Value at "
                 "'roleSessionName' failed to satisfy constraint: Member must "
                 "satisfy regular expression pattern: [\\w+=,.@-]*");
    return ok ? 0 : -1;
}

static const struct sim_role *role_of(const char *arn)
{
    char text[200];
    for (const struct sim_role *r = sim_roles; r->name; r++) {
        sim_role_arn(r, text, sizeof(text));
        if (strcmp(text, arn) == 0)
            return r;
    }
    return NULL;
}

static void not_allowed(struct sim_call *c)
{
    sim_fail_as(c, 403, "AccessDenied", "User: %s is not authorized to "
                "perform: sts:AssumeRole on resource: %.150s", c->who->arn,
                sim_in_text(c, "RoleArn"));
}

/* What its trust policy asks for. */
static int trusted(struct sim_call *c, const struct sim_role *r)
{
    const char *external = sim_in_text(c, "ExternalId");
    const char *serial = sim_in_text(c, "SerialNumber");
    const char *code = sim_in_text(c, "TokenCode");
    if (!r || !(r->via & VIA_ASSUME) ||
        (r->external_id && (!external || strcmp(external, r->external_id))) ||
        (r->mfa && !serial)) {
        not_allowed(c);
        return -1;
    }
    if (!serial != !code) {
        sim_fail(c, "ValidationError", "Both SerialNumber and TokenCode must "
                 "be given, or neither.");
        return -1;
    }
    if (code && (strlen(code) != 6 || strspn(code, "0123456789") != 6)) {
        sim_fail(c, "ValidationError", "1 validation error detected: Value at "
                 "'tokenCode' failed to satisfy constraint: Member must "
                 "satisfy regular expression pattern: [\\d]*");
        return -1;
    }
    if (serial &&
        (strcmp(serial, SIM_MFA_SERIAL) || strcmp(code, SIM_MFA_CODE))) {
        sim_fail_as(c, 403, "AccessDenied", "MultiFactorAuthentication failed "
                    "with invalid MFA one time pass code. ");
        return -1;
    }
    return 0;
}

static void assume_role(struct sim_call *c)
{
    const struct sim_role *r = role_of(sim_in_text(c, "RoleArn"));
    /* The first key counts as long-term: it is what a chain begins with. */
    bool chained = c->who->token && c->who != c->sim->creds.home;
    int seconds = duration(c, HOUR_S, 12 * HOUR_S);
    char secret[44];
    int64_t told;
    if (seconds < 0 || session_name(c) || trusted(c, r))
        return;
    if (chained && seconds > HOUR_S) {
        sim_fail(c, "ValidationError", "The requested DurationSeconds exceeds "
                 "the 1 hour session limit for roles assumed by role "
                 "chaining.");
        return;
    }
    if (r->max_s && seconds > r->max_s) {
        sim_fail(c, "ValidationError", "The requested DurationSeconds exceeds "
                 "the MaxSessionDuration set for this role.");
        return;
    }
    const struct sim_ident *i = sim_issue(
        c, r, sim_in_text(c, "RoleSessionName"), seconds, &told, secret);
    put_credentials(c, i, secret, told);
    put_user(c, i);
}

static void assume_with_web_identity(struct sim_call *c)
{
    const struct sim_role *r = role_of(sim_in_text(c, "RoleArn"));
    int seconds = duration(c, HOUR_S, 12 * HOUR_S);
    char secret[44];
    int64_t told;
    if (seconds < 0 || session_name(c))
        return;
    if (!r || !(r->via & VIA_WEB)) {
        sim_fail_as(c, 403, "AccessDenied", "Not authorized to perform "
                    "sts:AssumeRoleWithWebIdentity");
        return;
    }
    if (strcmp(sim_in_text(c, "WebIdentityToken"), c->sim->creds.web_token)) {
        sim_fail(c, "InvalidIdentityToken", "The web identity token that was "
                 "passed could not be validated.");
        return;
    }
    const struct sim_ident *i = sim_issue(
        c, r, sim_in_text(c, "RoleSessionName"), seconds, &told, secret);
    put_credentials(c, i, secret, told);
    put_user(c, i);
    put_text(c->out, "SubjectFromWebIdentityToken",
             "system:serviceaccount:default:app");
    put_text(c->out, "Audience", "sts.amazonaws.com");
    put_text(c->out, "Provider", "arn:aws:iam::" SIM_ACCOUNT
             ":oidc-provider/oidc.simulated");
}

static void get_session_token(struct sim_call *c)
{
    int seconds = duration(c, 12 * HOUR_S, 36 * HOUR_S);
    char secret[44];
    int64_t told;
    if (seconds < 0)
        return;
    if (c->who->token) {
        sim_fail_as(c, 403, "AccessDenied", "Cannot call GetSessionToken with "
                    "session credentials");
        return;
    }
    const struct sim_ident *i = sim_issue_again(c, seconds, &told, secret);
    put_credentials(c, i, secret, told);
}

const struct sim_op sim_sts_ops[] = {
    {.name = "GetCallerIdentity", .run = get_caller_identity, .action = "",
     .members = MEMBERS{{0}}},
    {.name = "AssumeRole", .run = assume_role, .gives = true,
     .members = MEMBERS{{"RoleArn", T_STRING, true},
                        {"RoleSessionName", T_STRING, true},
                        {"DurationSeconds", T_INT, false},
                        {"ExternalId", T_STRING, false},
                        {"SerialNumber", T_STRING, false},
                        {"TokenCode", T_STRING, false},
                        {"Policy", T_STRING, false},
                        {"PolicyArns", T_LIST, false},
                        {"SourceIdentity", T_STRING, false},
                        {"Tags", T_LIST, false},
                        {"TransitiveTagKeys", T_STRINGS, false},
                        {0}}},
    {.name = "AssumeRoleWithWebIdentity", .open = true, .gives = true,
     .run = assume_with_web_identity,
     .members = MEMBERS{{"RoleArn", T_STRING, true},
                        {"RoleSessionName", T_STRING, true},
                        {"WebIdentityToken", T_STRING, true},
                        {"DurationSeconds", T_INT, false},
                        {"ProviderId", T_STRING, false},
                        {"Policy", T_STRING, false},
                        {"PolicyArns", T_LIST, false},
                        {0}}},
    {.name = "GetSessionToken", .run = get_session_token, .gives = true,
     .members = MEMBERS{{"DurationSeconds", T_INT, false},
                        {"SerialNumber", T_STRING, false},
                        {"TokenCode", T_STRING, false},
                        {0}}},
    {0},
};
