/* login_session: the session of `aws login`.
 *
 * Its cache file (~/.aws/login/cache/SHA256.json, or in
 * AWS_LOGIN_CACHE_DIRECTORY) is used until five minutes before the end of the
 * credentials in it. Then CreateOAuth2Token of AWS Sign-In gives new ones for
 * the refresh token and a proof by the session's key, and they are put into the
 * file in one step: members that are not known stay, and a file that somebody
 * else has changed meanwhile is taken as it is. Source: botocore 1.43
 * credentials.py, and its model of signin.
 *
 * Where that fails for another reason than the session's end, an AWS CLI on
 * PATH that knows `aws login` (2.32 or newer) is asked: the service is young,
 * and the CLI moves with it. */
#include "backend/aws/creds/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/creds/secret_json.h"
#include "backend/aws/creds/sso_http.h"
#include "backend/aws/sigv4.h"
#include "backend/base/clock.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/base/safefile.h"
#include "backend/base/words.h"

enum {
    MAX_FILE = 64 * 1024,
    RENEW_BEFORE_MS = 5 * 60 * 1000,
    DEADLINE_MS = 60 * 1000
};

/* A renewal under way. */
struct renewal {
    struct work work;   /* in the turn's scope */
    struct scope scope; /* of the call */
    struct cred_turn *turn;
    char *path;
    json_t *old; /* the file as it was */
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

static int session_over(struct err *err, const struct cred_context *cx,
                        const char *why)
{
    return err_set(err, ERR_EXPIRED, "%s: run `aws login --profile %s`.", why,
                   cred_profile(cx));
}

static json_t *read_session(const struct cred_context *cx, const char *path,
                            struct err *err)
{
    struct strbuf text = STRBUF_INIT;
    json_t *j;

    if (safefile_read(path, SAFEFILE_STRICT, MAX_FILE, &text, err) != 0) {
        if (err->code == ERR_NOT_FOUND)
            err_set(err, ERR_CREDENTIALS,
                    "There is no login session for profile \"%s\": run `aws "
                    "login --profile %s`.", cred_profile(cx),
                    cred_profile(cx));
        return NULL;
    }
    j = secret_json_parse(text.data, text.len);
    strbuf_release_secret(&text);
    if (json_is_object(json_object_get(j, "accessToken")))
        return j;
    json_decref(j);
    err_set(err, ERR_CREDENTIALS,
            "The login session in %s can't be read: run `aws login --profile "
            "%s`.", path, cred_profile(cx));
    return NULL;
}

/* The credentials in a session are whole, and last. */
static bool is_live(const struct cred_context *cx, const json_t *session)
{
    const json_t *token = json_object_get(session, "accessToken");
    int64_t at;

    return secret_json_get(token, "accessKeyId") &&
           secret_json_get(token, "secretAccessKey") &&
           secret_json_time(token, "expiresAt", &at) == 0 &&
           at - clock_wall_ms(cx->clock) > RENEW_BEFORE_MS;
}

static void provide(struct cred_turn *turn, const json_t *session)
{
    const json_t *token = json_object_get(session, "accessToken");
    const char *account = secret_json_get(token, "accountId");
    struct aws_creds c = {
        .access_key = xstrdup(secret_json_get(token, "accessKeyId")),
        .secret = xstrdup(secret_json_get(token, "secretAccessKey")),
        .token = xstrdup(secret_json_get(token, "sessionToken"))};

    secret_json_time(token, "expiresAt", &c.expires_ms);
    if (account)
        snprintf(c.account, sizeof(c.account), "%s", account);
    snprintf(c.source, sizeof(c.source), "login session of profile %s",
             cred_profile(turn->context));
    cred_provide(turn, &c);
}

/* ---- by the AWS CLI ---- */

static void on_done(void *arg, struct child_result *result,
                    const struct err *err)
{
    cred_take_output(arg, "login session", result, err);
}

static void ask_cli(struct cred_turn *turn, const struct err *why)
{
    const struct cred_context *cx = turn->context;
    char *option = xasprintf("--profile=%s", cred_profile(cx));
    const char *argv[] = {"aws", "configure", "export-credentials", option,
                          "--format=process", NULL};
    char **env = cred_child_env(&cx->env);
    struct child_request r = {.argv = argv, .deadline_ms = DEADLINE_MS};
    struct err err = {0};
    size_t n = 0;

    /* An AWS CLI that does not know login_session must not come up with the
     * machine's own role. */
    while (env[n])
        n++;
    env[n] = xstrdup("AWS_EC2_METADATA_DISABLED=true");
    r.env = (const char *const *)env;
    if (!child_start(cx->loop, turn->scope, &r, on_done, turn, &err)) {
        err_set(&err, ERR_CREDENTIALS,
                "The login session of profile \"%s\" could not be renewed "
                "(%.200s), nor is there an AWS CLI (2.32 or newer) on PATH "
                "that could: run `aws login --profile %s`.",
                cred_profile(cx), why->message, cred_profile(cx));
        err.http_status = why->http_status;
        cred_fail(turn, &err);
    }
    words_free(env);
    free(option);
}

/* ---- by AWS Sign-In ---- */

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

/* The end of a renewal; the caller says to the turn what came of it. */
static struct cred_turn *finish(struct renewal *r)
{
    struct cred_turn *turn = r->turn;

    scope_remove(&r->work);
    renewal_free(r);
    return turn;
}

/* The session with what the answer brought, or NULL: it lacks something. */
static json_t *renewed(const struct renewal *r, const json_t *reply)
{
    static const char *const names[] = {"accessKeyId", "secretAccessKey",
                                        "sessionToken"};
    const json_t *given = json_object_get(reply, "accessToken");
    const char *refresh = secret_json_get(reply, "refreshToken");
    int64_t s = json_integer_value(json_object_get(reply, "expiresIn"));
    json_t *session, *token;
    char iso[40];

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (!secret_json_get(given, names[i]))
            return NULL;
    if (s <= 0)
        return NULL;
    session = json_copy(r->old);
    token = json_copy(json_object_get(r->old, "accessToken"));
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        json_object_set(token, names[i], json_object_get(given, names[i]));
    fmt_iso(clock_wall_ms(r->turn->context->clock) + s * 1000, FMT_UTC, iso);
    json_object_set_new(token, "expiresAt", json_string(iso));
    json_object_set_new(session, "accessToken", token);
    if (refresh)
        json_object_set(session, "refreshToken",
                        json_object_get(reply, "refreshToken"));
    return session;
}

/* A file that can't be written costs the next program a login, not us. */
static void write_back(const char *path, const json_t *session)
{
    size_t n = json_dumpb(session, NULL, 0, 0);
    char *text = n ? xmalloc(n) : NULL;

    if (text && json_dumpb(session, text, n, 0) == n)
        safefile_replace(path, text, n, NULL);
    if (text)
        xfree_secret(text, n);
}

static bool same_key(const json_t *a, const json_t *b)
{
    const char *x = secret_json_get(json_object_get(a, "accessToken"),
                                    "accessKeyId");
    const char *y = secret_json_get(json_object_get(b, "accessToken"),
                                    "accessKeyId");
    return x && y && strcmp(x, y) == 0;
}

static void refused(struct renewal *r, const struct err *why)
{
    static const struct {
        const char *code, *text;
    } ends[] = {
        {"TOKEN_EXPIRED", "The login session has expired"},
        {"USER_CREDENTIALS_CHANGED",
         "The login session ended with a change of the password"},
        {"INSUFFICIENT_PERMISSIONS",
         "The login session lacks the permission "
         "signin:CreateOAuth2Token to be renewed"},
    };
    struct cred_turn *turn;
    struct err err;

    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        if (strcmp(why->aws_code, ends[i].code) != 0)
            continue;
        turn = finish(r);
        session_over(&err, turn->context, ends[i].text);
        err.http_status = why->http_status;
        cred_fail(turn, &err);
        return;
    }
    ask_cli(finish(r), why);
}

static void on_reply(void *arg, const json_t *reply, const struct err *err)
{
    struct renewal *r = arg;
    struct err why;
    json_t *now = read_session(r->turn->context, r->path, &why);
    bool gone = !now, changed = now && !same_key(now, r->old);
    json_t *session = err ? NULL : renewed(r, reply);

    if (changed && is_live(r->turn->context, now)) {
        provide(finish(r), now);
    } else if (session) {
        if (!gone && !changed) /* gone: somebody has logged out */
            write_back(r->path, session);
        provide(finish(r), session);
    } else {
        if (!err)
            err_set(&why, ERR_PARSE, "the answer holds no credentials");
        refused(r, err ? err : &why);
    }
    json_decref(session);
    json_decref(now);
}

/* Takes path and old. */
static void renew(struct cred_turn *turn, char *path, json_t *old)
{
    static const char *const members[] = {"clientId", "refreshToken"};
    const struct cred_context *cx = turn->context;
    struct sso_http_request rq = {.service = AWS_SIGNIN,
                                  .region = cx->region,
                                  .path = "v1/token",
                                  .dpop_key = secret_json_get(old, "dpopKey"),
                                  .tries = 1};
    struct renewal *r = xcalloc(1, sizeof(*r));
    struct err err;
    char *body;

    *r = (struct renewal){.turn = turn, .path = path, .old = old};
    scope_init(&r->scope, NULL);
    if (scope_add(turn->scope, &r->work, on_cancel) != 0) {
        renewal_free(r); /* a dead scope: nobody listens */
        return;
    }
    if (!cx->region || !rq.dpop_key || !secret_json_get(old, "clientId") ||
        !secret_json_get(old, "refreshToken")) {
        err_set(&err, ERR_CREDENTIALS, cx->region
                    ? "its file lacks what that takes"
                    : "no region is known");
        refused(r, &err);
        return;
    }
    body = secret_json_refresh(old, members, ARRAY_LEN(members));
    rq.body = body;
    if (sso_http(cx, &r->scope, &rq, on_reply, r, &err) != 0)
        refused(r, &err);
    xfree_secret(body, strlen(body));
}

static void login_start(struct cred_turn *turn)
{
    const struct cred_context *cx = turn->context;
    const char *session = cred_get(cx, "login_session");
    struct err err;
    char *path;
    json_t *found = NULL;

    if (!session) {
        cred_pass(turn, "no login_session for profile \"%s\"",
                  cred_profile(cx));
        return;
    }
    path = cache_path(cx, session);
    err_clear(&err);
    if (path) {
        cred_watch(turn, path);
        found = read_session(cx, path, &err);
    } else {
        err_set(&err, ERR_CREDENTIALS, "HOME is not set, so the session of "
                "`aws login` can't be found.");
    }
    if (found && (turn->rejected || !is_live(cx, found))) {
        renew(turn, path, found); /* rejected: the service called them wrong */
        return;
    }
    if (found)
        provide(turn, found);
    else
        cred_fail(turn, &err);
    json_decref(found);
    free(path);
}

const struct cred_provider cred_login = {
    .name = "login session",
    .help = "login_session of the profile (aws login)",
    .start = login_start,
};
