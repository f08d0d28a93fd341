/* SSO (IAM Identity Center): the role of the profile, by the token of its
 * session. The AWS CLI's cache of role credentials is read first, as the CLI
 * does; then GetRoleCredentials is asked of the portal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/creds/cli_cache.h"
#include "backend/aws/creds/secret_json.h"
#include "backend/aws/creds/sso_http.h"
#include "backend/aws/creds/sso_token.h"
#include "backend/base/mem.h"
#include "backend/base/strbuf.h"

enum { TRIES = 3 };

/* A turn of this provider, from start to its end. */
struct sso {
    struct work work;   /* in the turn's scope */
    struct scope scope; /* of what it waits for */
    struct cred_turn *turn;
    struct sso_config config; /* points into strings */
    char *strings[5];
};

static void sso_free(struct sso *s)
{
    scope_cancel(&s->scope);
    for (size_t i = 0; i < ARRAY_LEN(s->strings); i++)
        free(s->strings[i]);
    free(s);
}

static void on_cancel(struct work *w)
{
    sso_free(container_of(w, struct sso, work));
}

static void fail(struct sso *s, const struct err *why)
{
    struct cred_turn *turn = s->turn;
    struct err err = *why;

    scope_remove(&s->work);
    sso_free(s);
    cred_fail(turn, &err);
}

static void provide(struct sso *s, struct aws_creds *c)
{
    struct cred_turn *turn = s->turn;

    snprintf(c->account, sizeof(c->account), "%s", s->config.account);
    snprintf(c->source, sizeof(c->source), "SSO %s %.60s, profile %s",
             s->config.session ? "session" : "at",
             s->config.session ? s->config.session : s->config.start_url,
             cred_profile(turn->context));
    scope_remove(&s->work);
    sso_free(s);
    cred_provide(turn, c);
}

/* ---- what the profile says ---- */

/* Each key may be in the profile or in the session, but not differently. The
 * last two make the profile one of SSO. */
enum { START_URL, REGION, ACCOUNT, ROLE, N_KEYS };
static const char *const key_names[N_KEYS] = {
    "sso_start_url", "sso_region", "sso_account_id", "sso_role_name"};

/* 0, or -1 with err. */
static int session_value(const struct cred_context *cx, const char *session,
                         const char *key, const char **value,
                         struct err *err)
{
    char *section = xasprintf("sso-session %s", session);
    const char *theirs = profile_get_section(cx->profile, section, key);

    free(section);
    if (theirs && *value && strcmp(theirs, *value) != 0)
        return err_set(err, ERR_CONFIG,
                       "%s is \"%s\" in profile \"%s\" but \"%s\" in "
                       "[sso-session %s]: make them the same, or leave it out "
                       "of the profile.", key, *value, cred_profile(cx),
                       theirs, session);
    /* A session must be whole by itself, as for the AWS CLI. */
    if (theirs || strcmp(key, "sso_start_url") == 0 ||
        strcmp(key, "sso_region") == 0)
        *value = theirs;
    return 0;
}

/* 0, or -1 with err. values[] are borrowed from the profile. */
static int read_keys(const struct cred_context *cx, const char *session,
                     const char *values[N_KEYS], struct err *err)
{
    const char *scopes = cred_get(cx, "sso_registration_scopes");
    struct strbuf missing = STRBUF_INIT;
    int rc = 0;

    for (int i = 0; i < N_KEYS && rc == 0; i++)
        rc = session ? session_value(cx, session, key_names[i], &values[i],
                                     err)
                     : 0;
    if (rc == 0 && session && scopes)
        rc = session_value(cx, session, "sso_registration_scopes", &scopes,
                           err);
    if (rc != 0)
        return -1;
    for (int i = 0; i < N_KEYS; i++) {
        if (!values[i])
            strbuf_printf(&missing, "%s%s", missing.len ? ", " : "",
                          key_names[i]);
    }
    if (missing.len)
        rc = err_set(err, ERR_CONFIG, "Profile \"%s\"%s%s%s lacks %s: run "
                     "`aws configure sso --profile %s`.", cred_profile(cx),
                     session ? " with [sso-session " : "",
                     session ? session : "", session ? "]" : "",
                     strbuf_get(&missing), cred_profile(cx));
    strbuf_release(&missing);
    return rc;
}

/* ---- the AWS CLI's cache of role credentials ---- */

/* Its name is the SHA-1 of {"accountId":..,"roleName":..,"sessionName":..} in
 * this order, without blanks; startUrl in place of sessionName without a
 * session. False when there is nothing usable, for whatever reason. */
static bool read_cache(struct cred_turn *turn, const struct sso_config *c,
                       struct aws_creds *out)
{
    const char *last = c->session ? c->session : c->start_url;
    struct strbuf b = STRBUF_INIT;
    struct err err;
    char hex[41];
    bool found;

    strbuf_puts(&b, "{\"accountId\":");
    strbuf_put_json(&b, c->account, strlen(c->account));
    strbuf_puts(&b, ",\"roleName\":");
    strbuf_put_json(&b, c->role, strlen(c->role));
    strbuf_puts(&b, c->session ? ",\"sessionName\":" : ",\"startUrl\":");
    strbuf_put_json(&b, last, strlen(last));
    strbuf_puts(&b, "}");
    found = sso_sha1_hex(strbuf_get(&b), hex) == 0 &&
            cli_cache_read(turn, hex, out, &err) == 0;
    strbuf_release(&b);
    return found;
}

/* ---- the portal ---- */

static void explain(const struct sso *s, const struct err *why,
                    struct err *err)
{
    const struct cred_context *cx = s->turn->context;

    if (why->http_status == 401) {
        sso_login_needed(err, cx,
                         "The SSO session is no longer accepted");
    } else if (why->http_status == 403 || why->http_status == 404) {
        err_set(err, ERR_DENIED,
                "SSO gives profile \"%s\" no role %s in account %s (%s: "
                "%.200s). Check sso_role_name and sso_account_id.",
                cred_profile(cx), s->config.role, s->config.account,
                why->aws_code[0] ? why->aws_code : "refused", why->message);
    } else {
        *err = *why;
        err_prefix(err, "SSO gave no credentials for profile \"%s\"",
                   cred_profile(cx));
    }
    err->http_status = why->http_status;
}

static void on_role(void *arg, const json_t *reply, const struct err *err)
{
    struct sso *s = arg;
    const json_t *k = json_object_get(reply, "roleCredentials");
    struct aws_creds c = {0};
    struct err why;

    if (err) {
        explain(s, err, &why);
        fail(s, &why);
        return;
    }
    if (!secret_json_get(k, "accessKeyId") ||
        !secret_json_get(k, "secretAccessKey") ||
        !secret_json_get(k, "sessionToken") ||
        json_integer_value(json_object_get(k, "expiration")) <= 0) {
        err_set(&why, ERR_CREDENTIALS,
                "The SSO portal's answer holds no credentials.");
        fail(s, &why);
        return;
    }
    c.access_key = xstrdup(secret_json_get(k, "accessKeyId"));
    c.secret = xstrdup(secret_json_get(k, "secretAccessKey"));
    c.token = xstrdup(secret_json_get(k, "sessionToken"));
    c.expires_ms = json_integer_value(json_object_get(k, "expiration"));
    provide(s, &c);
}

static void put_query(struct strbuf *b, const char *s)
{
    for (; *s; s++) {
        if (strchr("-._~", *s) || (*s >= '0' && *s <= '9') ||
            (*s >= 'A' && *s <= 'Z') || (*s >= 'a' && *s <= 'z'))
            strbuf_putc(b, *s);
        else
            strbuf_printf(b, "%%%02X", (unsigned char)*s);
    }
}

static void on_token(void *arg, const char *token, const struct err *err)
{
    struct sso *s = arg;
    struct strbuf path = STRBUF_INIT;
    struct sso_http_request rq = {.service = AWS_SSO,
                                  .region = s->config.region,
                                  .bearer = token,
                                  .tries = TRIES};
    struct err why;

    if (err) {
        fail(s, err);
        return;
    }
    strbuf_puts(&path, "federation/credentials?role_name=");
    put_query(&path, s->config.role);
    strbuf_puts(&path, "&account_id=");
    put_query(&path, s->config.account);
    rq.path = strbuf_get(&path);
    if (sso_http(s->turn->context, &s->scope, &rq, on_role, s, &why) != 0)
        fail(s, &why);
    strbuf_release(&path);
}

/* ---- the turn ---- */

static void begin(struct cred_turn *turn, const struct sso_config *config)
{
    struct sso *s = xcalloc(1, sizeof(*s));
    struct aws_creds c = {0};

    s->turn = turn;
    s->strings[0] = xstrdup(config->session);
    s->strings[1] = xstrdup(config->start_url);
    s->strings[2] = xstrdup(config->region);
    s->strings[3] = xstrdup(config->account);
    s->strings[4] = xstrdup(config->role);
    s->config = (struct sso_config){s->strings[0], s->strings[1],
                                    s->strings[2], s->strings[3],
                                    s->strings[4]};
    scope_init(&s->scope, NULL);
    if (scope_add(turn->scope, &s->work, on_cancel) != 0) {
        sso_free(s); /* the chain is gone */
        return;
    }
    /* What the service has called wrong is not taken from the cache again. */
    if (!turn->rejected && read_cache(turn, &s->config, &c))
        provide(s, &c);
    else
        sso_token_get(turn, &s->scope, &s->config, on_token, s);
}

static void sso_start(struct cred_turn *turn)
{
    const struct cred_context *cx = turn->context;
    const char *session = cred_get(cx, "sso_session");
    const char *values[N_KEYS];
    struct err err;

    for (int i = 0; i < N_KEYS; i++)
        values[i] = cred_get(cx, key_names[i]);
    if (!values[ACCOUNT] && !values[ROLE]) {
        cred_pass(turn, "no sso_account_id and sso_role_name for profile "
                  "\"%s\"", cred_profile(cx));
        return;
    }
    if (read_keys(cx, session, values, &err) != 0) {
        cred_fail(turn, &err);
        return;
    }
    begin(turn, &(struct sso_config){session, values[START_URL],
                                     values[REGION], values[ACCOUNT],
                                     values[ROLE]});
}

const struct cred_provider cred_sso = {
    .name = "SSO",
    .help = "role of an SSO session (sso_session, or the older form)",
    .start = sso_start,
};
