/* `:whoami`: where and who we are, and who said so. */
#include "backend/aws/creds.h"
#include "backend/aws/endpoint.h"
#include "backend/aws/profile.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "views/app/app.h"
#include "views/app/config.h"
#include "views/switch_view.h"

#include <stdlib.h>
#include <string.h>

static void put_identity(const struct app *a, struct doc *out)
{
    const struct realm *r = a->realm;
    const struct config_context *c = app_settings(a, r);
    if (r->identity_known) {
        doc_fieldf(out, "account", "%s%s%s%s", r->identity.account,
                   *r->alias ? " (" : "", r->alias, *r->alias ? ")" : "");
        doc_field(out, "ARN", r->identity.arn);
    } else if (r->identity_error.code != ERR_NONE) {
        doc_fieldf(out, "account", "unknown: %s", r->identity_error.message);
    } else {
        doc_field(out, "account", "not known yet");
    }
    if (c && c->prod)
        doc_field(out, "PROD", "your config marks this account as production");
}

static void put_actions(const struct app *a, struct doc *out)
{
    const struct config_context *c = app_settings(a, a->realm);
    const char *why = app_read_only(a);
    char unsure[700];
    if (why)
        doc_fieldf(out, "actions", "READ-ONLY: %s", why);
    else if (!app_identity_sure(a, unsure, sizeof(unsure)))
        doc_fieldf(out, "actions", "refused: %s", unsure);
    else
        doc_fieldf(out, "actions", "allowed%s",
                   c && c->confirm_type
                       ? "; your config wants the name typed for each"
                       : "");
}

static void put_credentials(const struct app *a, struct doc *out)
{
    const struct cred_chain *chain = aws_session_creds(a->realm->session);
    const struct aws_creds *creds = cred_chain_current(chain);
    char at[40], left[16];
    doc_heading(out, "credentials");
    if (!creds) {
        doc_field(out, "from", "none yet");
    } else {
        doc_field(out, "from", creds->source);
        if (!creds->expires_ms)
            doc_field(out, "expire", "never");
        else
            doc_fieldf(out, "expire", "%s (%s%s)",
                       fmt_iso(creds->expires_ms, FMT_UTC, at),
                       creds->expires_ms > app_now(a) ? "in " : "past for ",
                       fmt_age(llabs(creds->expires_ms - app_now(a)), left));
    }
    const struct err *trouble = cred_chain_trouble(chain);
    if (trouble)
        doc_fieldf(out, "last refresh", "failed: %s", trouble->message);
    for (size_t i = 0; i < cred_chain_n_notes(chain); i++) {
        const struct cred_note *n = cred_chain_note(chain, i);
        static const char *const said[] = {[CRED_NOT_ASKED] = "not asked",
                                           [CRED_PASSED] = "passed over",
                                           [CRED_FAILED] = "failed",
                                           [CRED_PROVIDED] = "provides"};
        doc_fieldf(out, n->name, "%s%s%s", said[n->said],
                   *n->why ? ": " : "", n->why);
    }
}

/* What is odd in the files, a line each. */
static void put_warnings(const struct profile *p, struct doc *out)
{
    const char *line = p ? profile_warnings(p) : "";
    while (*line) {
        size_t n = strcspn(line, "\n");
        doc_fieldf(out, "beware", "%.*s", (int)n, line);
        line += n + (line[n] == '\n');
    }
}

static void put_place(const struct app *a, struct doc *out)
{
    const struct aws_session *s = a->realm->session;
    const struct profile *p = aws_session_profile(s);
    const struct region *region = aws_session_region(s);
    struct endpoint ep;
    struct err err = {0};
    static const enum aws_service asked[] = {AWS_ECS, AWS_LOGS, AWS_STS};
    doc_heading(out, "place");
    if (p) {
        doc_fieldf(out, "profile", "%s (from %s)", profile_name(p),
                   profile_source(p));
        doc_field(out, "config file", profile_path(p, PROFILE_CONFIG));
        doc_field(out, "credentials file",
                  profile_path(p, PROFILE_CREDENTIALS));
    }
    put_warnings(p, out);
    if (!*region->name) {
        const struct err *none = aws_session_lacks_region(s);
        doc_field(out, "region", none ? none->message
                                      : "unknown: the instance is being "
                                        "asked");
        return;
    }
    doc_fieldf(out, "region", "%s (from %s)", region->name, region->source);
    for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
        const char *name = aws_service_info(asked[i])->name;
        if (endpoint_resolve(aws_session_endpoints(s), asked[i], region->name,
                             &ep, &err))
            doc_fieldf(out, name, "%s", err.message);
        else
            doc_fieldf(out, name, "%s (%s)", ep.url, ep.why);
    }
    double skew = (double)aws_client_clock_skew_ms(a->realm->client) / 1000;
    if (skew > 0.0005 || skew < -0.0005)
        doc_fieldf(out, "clock", "AWS is %.1f s %s; corrected when signing",
                   skew < 0 ? -skew : skew, skew < 0 ? "behind" : "ahead");
    else
        doc_field(out, "clock", "agrees with AWS as far as is known");
}

static void put_retries(const struct app *a, struct doc *out)
{
    const struct retry_policy *r = aws_session_retry(a->realm->session);
    doc_fieldf(out, "retries", "%s, %d tries in all", r->rules->name,
               r->attempts);
}

static void fill(struct view *v, void *arg, struct doc *out)
{
    const struct app *a = v->app;
    (void)arg;
    put_identity(a, out);
    put_actions(a, out);
    put_place(a, out);
    put_retries(a, out);
    put_credentials(a, out);
}

static const struct text_view_spec spec = {
    .name = "whoami",
    .context = CONTEXT_TEXT,
    .fill = fill,
    .live = true,
};

struct view *whoami_view_new(struct app *a)
{
    return text_view_new(a, "whoami", &spec, NULL);
}
