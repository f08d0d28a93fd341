#include "backend/aws/creds/sso_token.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/creds/secret_json.h"
#include "backend/aws/creds/sso_http.h"
#include "backend/base/clock.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/base/safefile.h"

enum { MAX_FILE = 64 * 1024 };
static const int64_t RENEW_BEFORE_MS = 15 * 60 * 1000;
static const int64_t PAUSE_MS = 60 * 1000; /* from one try to the next */

/* A renewal under way. */
struct renewal {
    struct work work;   /* in the caller's scope */
    struct scope scope; /* of the call */
    struct cred_turn *turn;
    const struct sso_config *config;
    char *path;
    json_t *old; /* the file as it was */
    sso_token_done_fn *done;
    void *arg;
};

int sso_sha1_hex(const char *text, char out[41])
{
    unsigned char md[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    if (!EVP_Digest(text, strlen(text), md, &n, EVP_sha1(), NULL) || n != 20)
        return -1;
    for (unsigned i = 0; i < n; i++)
        snprintf(out + 2 * i, 3, "%02x", md[i]);
    return 0;
}

int sso_login_needed(struct err *err, const struct cred_context *cx,
                     const char *why)
{
    return err_set(err, ERR_EXPIRED,
                   "%s: run `aws sso login --profile %s`.", why,
                   cred_profile(cx));
}

/* NULL with err. */
static char *cache_path(const struct cred_context *cx,
                        const struct sso_config *config, struct err *err)
{
    const char *home = aws_env_get(&cx->env, "HOME");
    char hex[41];

    if (!home) {
        err_set(err, ERR_CREDENTIALS,
                "HOME is not set, so the SSO token can't be found.");
        return NULL;
    }
    if (sso_sha1_hex(config->session ? config->session : config->start_url,
                     hex) != 0) {
        err_set(err, ERR_CREDENTIALS, "SHA-1 is not available here, so the "
                "SSO token can't be found.");
        return NULL;
    }
    return xasprintf("%s/.aws/sso/cache/%s.json", home, hex);
}

static json_t *read_file(const struct cred_context *cx, const char *path,
                         struct err *err)
{
    struct strbuf text = STRBUF_INIT;
    json_t *j;

    if (safefile_read(path, SAFEFILE_STRICT, MAX_FILE, &text, err) != 0) {
        if (err->code == ERR_NOT_FOUND)
            sso_login_needed(err, cx, "There is no SSO token yet");
        return NULL;
    }
    j = secret_json_parse(text.data, text.len);
    strbuf_release_secret(&text);
    if (secret_json_get(j, "accessToken") &&
        secret_json_get(j, "expiresAt"))
        return j;
    json_decref(j);
    sso_login_needed(err, cx, "The SSO token file can't be read");
    return NULL;
}

/* Milliseconds left; 0 when it has expired or does not say. */
static int64_t left(const struct cred_context *cx, const json_t *token,
                    const char *key)
{
    int64_t at;

    if (secret_json_time(token, key, &at) != 0)
        return 0;
    at -= clock_wall_ms(cx->clock);
    return at > 0 ? at : 0;
}

static bool can_renew(const struct cred_turn *turn, const json_t *token)
{
    const struct cred_context *cx = turn->context;

    return secret_json_get(token, "refreshToken") &&
           secret_json_get(token, "clientId") &&
           secret_json_get(token, "clientSecret") &&
           left(cx, token, "registrationExpiresAt") > 0 &&
           (turn->sso_tried_ms == 0 ||
            clock_mono_ms(cx->clock) - turn->sso_tried_ms >= PAUSE_MS);
}

/* ---- a renewal ---- */

static void renewal_free(struct renewal *r)
{
    scope_cancel(&r->scope);
    json_decref(r->old);
    free(r->path);
    free(r);
}

static void on_cancel(struct work *w)
{
    renewal_free(container_of(w, struct renewal, work));
}

/* Tells the caller; token may be of an object that is freed afterwards. */
static void finish(struct renewal *r, const json_t *token,
                   const struct err *err)
{
    sso_token_done_fn *done = r->done;
    void *arg = r->arg;
    char *text = xstrdup(secret_json_get(token, "accessToken"));

    scope_remove(&r->work);
    renewal_free(r);
    done(arg, err ? NULL : text, err);
    if (text)
        xfree_secret(text, strlen(text));
}

/* What the file holds now, if somebody else has changed it; else NULL. */
static json_t *changed_meanwhile(const struct renewal *r, bool *gone)
{
    struct err err;
    json_t *now = read_file(r->turn->context, r->path, &err);

    *gone = !now;
    if (now && strcmp(secret_json_get(now, "accessToken"),
                      secret_json_get(r->old, "accessToken")) != 0)
        return now;
    json_decref(now);
    return NULL;
}

/* A file that can't be written costs the next program a login, not us. */
static void write_back(const struct renewal *r, const json_t *token)
{
    size_t n = json_dumpb(token, NULL, 0, 0);
    char *text = n ? xmalloc(n) : NULL;

    if (text && json_dumpb(token, text, n, 0) == n)
        safefile_replace(r->path, text, n, NULL);
    if (text)
        xfree_secret(text, n);
}

static void renewed(struct renewal *r, const json_t *reply, json_t *token)
{
    const char *refresh = secret_json_get(reply, "refreshToken");
    int64_t s = json_integer_value(json_object_get(reply, "expiresIn"));
    char iso[40];

    json_object_set(token, "accessToken",
                    json_object_get(reply, "accessToken"));
    fmt_iso(clock_wall_ms(r->turn->context->clock) + s * 1000, FMT_UTC, iso);
    json_object_set_new(token, "expiresAt", json_string(iso));
    if (refresh)
        json_object_set_new(token, "refreshToken", json_string(refresh));
    json_object_set_new(token, "startUrl",
                        json_string(r->config->start_url));
    json_object_set_new(token, "region", json_string(r->config->region));
}

static void failed(struct renewal *r, const struct err *why)
{
    const struct cred_context *cx = r->turn->context;
    char text[300];
    struct err err;

    if (left(cx, r->old, "expiresAt") > 0) { /* it still serves */
        finish(r, r->old, NULL);
        return;
    }
    snprintf(text, sizeof(text),
             "The SSO token has expired and could not be renewed (%.200s)",
             why->aws_code[0] ? why->aws_code : why->message);
    sso_login_needed(&err, cx, text);
    err.http_status = why->http_status;
    finish(r, NULL, &err);
}

static void on_reply(void *arg, const json_t *reply, const struct err *err)
{
    struct renewal *r = arg;
    struct err why;
    bool gone;
    json_t *now = changed_meanwhile(r, &gone);

    err_set(&why, ERR_PARSE, "the answer holds no token");
    if (now && left(r->turn->context, now, "expiresAt") > 0) {
        finish(r, now, NULL);
    } else if (err) {
        failed(r, err);
    } else if (!secret_json_get(reply, "accessToken") ||
               json_integer_value(json_object_get(reply, "expiresIn")) <= 0) {
        failed(r, &why);
    } else {
        json_t *token = json_copy(r->old);

        renewed(r, reply, token);
        if (!gone && !now) /* gone: somebody has logged out */
            write_back(r, token);
        finish(r, token, NULL);
        json_decref(token);
    }
    json_decref(now);
}

static void renew(struct renewal *r)
{
    static const char *const members[] = {"clientId", "clientSecret",
                                          "refreshToken"};
    const struct cred_context *cx = r->turn->context;
    char *body = secret_json_refresh(r->old, members, ARRAY_LEN(members));
    struct sso_http_request rq = {.service = AWS_SSO_OIDC,
                                  .region = r->config->region,
                                  .path = "token",
                                  .body = body,
                                  .tries = 1};
    struct err err;

    r->turn->sso_tried_ms = clock_mono_ms(cx->clock) + 1; /* 0 = never */
    if (sso_http(cx, &r->scope, &rq, on_reply, r, &err) != 0)
        failed(r, &err);
    xfree_secret(body, strlen(body));
}

void sso_token_get(struct cred_turn *turn, struct scope *scope,
                   const struct sso_config *config, sso_token_done_fn *done,
                   void *arg)
{
    const struct cred_context *cx = turn->context;
    struct renewal *r;
    struct err err;
    char *path = cache_path(cx, config, &err);
    json_t *token = NULL;
    int64_t ms;

    if (path) {
        cred_watch(turn, path);
        token = read_file(cx, path, &err);
    }
    ms = token ? left(cx, token, "expiresAt") : 0;
    if (token && config->session && ms < RENEW_BEFORE_MS &&
        can_renew(turn, token)) {
        r = xcalloc(1, sizeof(*r));
        *r = (struct renewal){.turn = turn, .config = config, .path = path,
                              .old = token, .done = done, .arg = arg};
        scope_init(&r->scope, NULL);
        if (scope_add(scope, &r->work, on_cancel) != 0)
            renewal_free(r); /* a dead scope: nobody listens */
        else
            renew(r);
        return;
    }
    if (token && ms == 0)
        sso_login_needed(&err, cx, "The SSO token has expired");
    done(arg, ms > 0 ? secret_json_get(token, "accessToken") : NULL,
         ms > 0 ? NULL : &err);
    json_decref(token);
    free(path);
}
