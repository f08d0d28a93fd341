#include "backend/aws/imds.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/aws/profile.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/base/scope.h"
#include "backend/net/http.h"

enum { MAX_BODY = 64 * 1024, MAX_TOKEN = 1024, MAX_TIMEOUT_S = 60,
       MAX_ATTEMPTS = 10 };
#define TOKEN_PATH "/latest/api/token"
#define TOKEN_LIFE "21600" /* six hours, the most there is */

struct imds {
    struct scope scope;
    struct http *http;
    struct imds_settings set;
    char *token;
    bool tokenless; /* first version from here on */
    int tries;      /* of the request under way */
    char *path;
    imds_done_fn *done; /* NULL = nothing is asked */
    void *arg;
};

/* ---- settings ---- */

static const char *setting(const struct aws_env *env,
                           const struct profile *profile, const char *var,
                           const char *key)
{
    const char *v = aws_env_get(env, var);

    return v || !profile ? v : profile_get(profile, key);
}

static bool is_true(const char *v)
{
    return v && strcasecmp(v, "true") == 0;
}

static int number(const char *v, const char *var, int max, int *out,
                  struct err *err)
{
    int64_t n = 1;

    if (v && fmt_parse_int(v, 1, max, &n) != 0)
        return err_set(err, ERR_CONFIG, "%s is \"%s\": it must be a number "
                       "from 1 to %d.", var, v, max);
    *out = (int)n;
    return 0;
}

static int find_endpoint(const struct aws_env *env,
                         const struct profile *profile,
                         struct imds_settings *out, struct err *err)
{
    const char *url = setting(env, profile,
                              "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                              "ec2_metadata_service_endpoint");
    const char *mode = setting(env, profile,
                               "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                               "ec2_metadata_service_endpoint_mode");
    bool v6 = is_true(setting(env, profile, "AWS_IMDS_USE_IPV6",
                              "imds_use_ipv6"));
    size_t n;
    char *host;

    if (mode && strcasecmp(mode, "ipv4") != 0 && strcasecmp(mode, "ipv6") != 0)
        return err_set(err, ERR_CONFIG,
                       "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE is \"%s\": it "
                       "must be IPv4 or IPv6.", mode);
    if (mode)
        v6 = strcasecmp(mode, "ipv6") == 0;
    if (!url)
        url = v6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
    n = strlen(url);
    while (n > 0 && url[n - 1] == '/')
        n--;
    if (n >= sizeof(out->endpoint) || strpbrk(url, "?#@ \t\r\n\\"))
        return err_set(err, ERR_CONFIG, "AWS_EC2_METADATA_SERVICE_ENDPOINT is "
                       "no address of the form http://host[:port].");
    snprintf(out->endpoint, sizeof(out->endpoint), "%.*s", (int)n, url);
    host = http_url_host(out->endpoint, err);
    if (!host) {
        if (err)
            err->code = ERR_CONFIG;
        err_prefix(err, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
        return -1;
    }
    free(host);
    return 0;
}

int imds_settings(const struct aws_env *env, const struct profile *profile,
                  struct imds_settings *out, struct err *err)
{
    int seconds = 1;

    *out = (struct imds_settings){
        .disabled = aws_env_flag(env, "AWS_EC2_METADATA_DISABLED"),
        .v1 = !is_true(setting(env, profile, "AWS_EC2_METADATA_V1_DISABLED",
                               "ec2_metadata_v1_disabled")),
    };
    if (out->disabled)
        return 0;
    if (number(setting(env, profile, "AWS_METADATA_SERVICE_TIMEOUT",
                       "metadata_service_timeout"),
               "AWS_METADATA_SERVICE_TIMEOUT", MAX_TIMEOUT_S, &seconds,
               err) != 0 ||
        number(setting(env, profile, "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
                       "metadata_service_num_attempts"),
               "AWS_METADATA_SERVICE_NUM_ATTEMPTS", MAX_ATTEMPTS,
               &out->attempts, err) != 0)
        return -1;
    out->timeout_ms = seconds * 1000;
    return find_endpoint(env, profile, out, err);
}

/* ---- the dialogue ---- */

static void on_token(void *arg, struct http_reply *r, const struct err *err);
static void on_text(void *arg, struct http_reply *r, const struct err *err);

struct imds *imds_new(struct http *http, const struct imds_settings *settings)
{
    struct imds *im = xcalloc(1, sizeof(*im));

    im->http = http;
    im->set = *settings;
    scope_init(&im->scope, NULL);
    return im;
}

static void forget_token(struct imds *im)
{
    if (im->token)
        xfree_secret(im->token, strlen(im->token));
    im->token = NULL;
}

void imds_free(struct imds *im)
{
    if (!im)
        return;
    scope_cancel(&im->scope);
    forget_token(im);
    free(im->path);
    free(im);
}

/* The last act: done may free im. */
static void answer(struct imds *im, const char *text, size_t len,
                   const struct err *err)
{
    imds_done_fn *done = im->done;

    im->done = NULL;
    done(im->arg, text, len, err);
}

static int ask(struct imds *im, const char *method, const char *path,
               const struct http_header *header, http_done_fn *done,
               struct err *err)
{
    char *url = xasprintf("%s%s", im->set.endpoint, path);
    struct http_request rq = {
        .method = method, .url = url, .headers = header,
        .n_headers = header ? 1 : 0, .timeout_ms = im->set.timeout_ms,
        .connect_timeout_ms = im->set.timeout_ms, .max_body = MAX_BODY,
        .direct = true, .secret = true,
    };
    int rc = http_start(im->http, &im->scope, &rq, done, im, err);

    im->tries++;
    free(url);
    return rc;
}

static int ask_token(struct imds *im, struct err *err)
{
    struct http_header h = {"x-aws-ec2-metadata-token-ttl-seconds",
                            TOKEN_LIFE};

    return ask(im, "PUT", TOKEN_PATH, &h, on_token, err);
}

static int ask_text(struct imds *im, struct err *err)
{
    struct http_header h = {"x-aws-ec2-metadata-token", im->token};

    return ask(im, "GET", im->path, im->token ? &h : NULL, on_text, err);
}

static void on_text(void *arg, struct http_reply *r, const struct err *err)
{
    struct imds *im = arg;
    enum err_code code = r->status == 404 ? ERR_NOT_FOUND
                         : r->status == 401 || r->status == 403 ? ERR_DENIED
                                                                : ERR_NET;
    struct err why;

    if (!err && r->status == 200) {
        answer(im, strbuf_get(&r->body), r->body.len, NULL);
        return;
    }
    if (code == ERR_NET && im->tries < im->set.attempts &&
        ask_text(im, &why) == 0)
        return;
    if (!err)
        err_set(&why, code, "The instance metadata service answered HTTP %d "
                "for %s.", r->status, im->path);
    answer(im, NULL, 0, err ? err : &why);
}

static void go_on(struct imds *im)
{
    struct err err;

    im->tries = 0;
    if (ask_text(im, &err) != 0)
        answer(im, NULL, 0, &err);
}

static bool is_token(const struct strbuf *b)
{
    const char *s = strbuf_get(b);

    if (b->len == 0 || b->len > MAX_TOKEN || strlen(s) != b->len)
        return false;
    for (; *s; s++) {
        if (*s <= ' ' || *s > '~')
            return false;
    }
    return true;
}

/* No token to be had: by the first version, where that is allowed. */
static void without_token(struct imds *im)
{
    struct err err;

    if (im->set.v1) {
        im->tokenless = true;
        go_on(im);
        return;
    }
    err_set(&err, ERR_NET, "The instance metadata service gave no token, and "
            "AWS_EC2_METADATA_V1_DISABLED forbids to go without.");
    answer(im, NULL, 0, &err);
}

static void on_token(void *arg, struct http_reply *r, const struct err *err)
{
    struct imds *im = arg;
    struct err why;

    if (!err && r->status == 200) {
        if (is_token(&r->body)) {
            im->token = xstrdup(strbuf_get(&r->body));
            go_on(im);
        } else {
            err_set(&why, ERR_PARSE, "The instance metadata service answered "
                    "with something that is no token.");
            answer(im, NULL, 0, &why);
        }
        return;
    }
    if (!err && r->status == 400) {
        err_set(&why, ERR_NET, "The instance metadata service called the "
                "request for a token wrong (HTTP 400).");
        answer(im, NULL, 0, &why);
        return;
    }
    /* It heard us and its answer got lost: more hops than it allows. */
    if ((err && err->code == ERR_TIMEOUT && r->sent) ||
        (!err && (r->status == 403 || r->status == 404 || r->status == 405))) {
        without_token(im);
        return;
    }
    if (im->tries < im->set.attempts && ask_token(im, &why) == 0)
        return;
    /* Nobody is there; the first version lives at the same address. */
    if (err)
        answer(im, NULL, 0, err);
    else
        without_token(im);
}

int imds_get(struct imds *im, const char *path, imds_done_fn *done, void *arg,
             struct err *err)
{
    int rc;

    assert(!im->done && path[0] == '/');
    free(im->path);
    im->path = xstrdup(path);
    im->done = done;
    im->arg = arg;
    im->tries = 0;
    rc = im->token || im->tokenless ? ask_text(im, err) : ask_token(im, err);
    if (rc != 0)
        im->done = NULL;
    return rc;
}
