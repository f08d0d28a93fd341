/* Credentials of the ECS task or EKS pod in which we run. Who sets one of the
 * two variables means it: a failure ends the chain. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/aws/creds/metadata.h"
#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/safefile.h"
#include "backend/net/http.h"

enum { TIMEOUT_MS = 2000, ATTEMPTS = 3, APART_MS = 1000, MAX_BODY = 64 * 1024,
       MAX_TOKEN = 16 * 1024 };
#define ECS_HOST "http://169.254.170.2"

struct fetch {
    struct work work; /* in the turn's scope */
    struct scope inner;
    struct cred_turn *turn;
    struct timer timer;
    int tries;
    char url[1024];
};

/* ---- where ---- */

/* Plain http only where the answer comes from this machine. */
static bool may_be_plain(const char *host)
{
    static const char *const hosts[] = {"169.254.170.2", "169.254.170.23"};
    struct in6_addr a, eks;
    char bare[64];
    size_t n = strlen(host);

    if (http_host_is_loopback(host))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        if (strcmp(host, hosts[i]) == 0)
            return true;
    }
    if (host[0] != '[' || n < 3 || n >= sizeof(bare))
        return false;
    snprintf(bare, sizeof(bare), "%.*s", (int)n - 2, host + 1);
    return inet_pton(AF_INET6, bare, &a) == 1 &&
           inet_pton(AF_INET6, "fd00:ec2::23", &eks) == 1 &&
           memcmp(&a, &eks, sizeof(a)) == 0;
}

static int check_full(const char *url, struct err *err)
{
    char *host = http_url_host(url, err);
    int rc = 0;

    if (!host) {
        if (err)
            err->code = ERR_CONFIG;
        err_prefix(err, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
        return -1;
    }
    if (strncasecmp(url, "https:", 6) != 0 && !may_be_plain(host))
        rc = err_set(err, ERR_CONFIG, "AWS_CONTAINER_CREDENTIALS_FULL_URI "
                     "names %s: without TLS only loopback, 169.254.170.2, "
                     "169.254.170.23 and fd00:ec2::23 may be asked.", host);
    free(host);
    return rc;
}

int container_url(const struct aws_env *env, char *url, size_t size,
                  struct err *err)
{
    const char *path = aws_env_get(env,
                                   "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *full = aws_env_get(env, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    int n;

    if (!path && !full)
        return 1;
    /* Appended to the host: "@evil.example" would make another one of it. */
    if (path && path[0] != '/')
        return err_set(err, ERR_CONFIG, "AWS_CONTAINER_CREDENTIALS_RELATIVE_"
                       "URI must begin with a slash.");
    n = path ? snprintf(url, size, ECS_HOST "%s", path)
             : snprintf(url, size, "%s", full);
    if (n < 0 || (size_t)n >= size)
        return err_set(err, ERR_CONFIG, "The address of the container's "
                       "credentials is too long.");
    return path ? 0 : check_full(url, err);
}

/* ---- the token ---- */

/* Into out, empty when none is set. */
static int read_token(const struct aws_env *env, struct strbuf *out,
                      struct err *err)
{
    const char *file = aws_env_get(env,
                                   "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const char *token = aws_env_get(env, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
    const char *from = file ? "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
                            : "AWS_CONTAINER_AUTHORIZATION_TOKEN";

    if (file && safefile_read(file, 0, MAX_TOKEN, out, err) != 0) {
        err_prefix(err, "%s", from);
        return -1;
    }
    if (!file && token)
        strbuf_puts(out, token);
    /* It becomes a header line, and must not become two. */
    if (strcspn(strbuf_get(out), "\r\n") != out->len)
        return err_set(err, ERR_CONFIG, "%s holds a line break, so it can't "
                       "be sent.", from);
    return 0;
}

/* ---- asking ---- */

static void fetch_end(struct fetch *f)
{
    timer_stop(f->turn->context->clock, &f->timer);
    scope_cancel(&f->inner);
    free(f);
}

static void fetch_cancel(struct work *w)
{
    fetch_end(container_of(w, struct fetch, work));
}

static void give_up(struct fetch *f, const struct err *why)
{
    struct cred_turn *turn = f->turn;
    struct err err = *why;

    scope_remove(&f->work);
    fetch_end(f);
    /* Whatever kept them away: what is missing is credentials. */
    if (err.code != ERR_CONFIG && err.code != ERR_DENIED)
        err.code = ERR_CREDENTIALS;
    err_prefix(&err, "The container's credentials can't be had");
    cred_fail(turn, &err);
}

static void on_reply(void *arg, struct http_reply *r, const struct err *err);

/* The token is read for each try: it is rotated. */
static void ask(struct fetch *f)
{
    const struct cred_context *cx = f->turn->context;
    struct strbuf token = STRBUF_INIT;
    struct err err;
    int rc = read_token(&cx->env, &token, &err);

    if (rc == 0) {
        struct http_header h[] = {{"Accept", "application/json"},
                                  {"Authorization", strbuf_get(&token)}};
        struct http_request rq = {
            .url = f->url, .headers = h, .n_headers = token.len ? 2 : 1,
            .timeout_ms = TIMEOUT_MS, .connect_timeout_ms = TIMEOUT_MS,
            .max_body = MAX_BODY, .direct = true, .secret = true,
        };

        f->tries++;
        rc = http_start(cx->http, &f->inner, &rq, on_reply, f, &err);
    }
    strbuf_release_secret(&token);
    if (rc != 0)
        give_up(f, &err);
}

static void on_timer(struct timer *t, void *arg)
{
    (void)t;
    ask(arg);
}

/* Whatever went wrong: an agent that is just starting may do better soon. */
static void again(struct fetch *f, const struct err *err)
{
    if (f->tries < ATTEMPTS)
        timer_start(f->turn->context->clock, &f->timer, APART_MS, on_timer, f);
    else
        give_up(f, err);
}

static void on_reply(void *arg, struct http_reply *r, const struct err *err)
{
    struct fetch *f = arg;
    struct cred_turn *turn = f->turn;
    struct aws_creds creds;
    struct err why;

    if (err) {
        again(f, err);
        return;
    }
    if (r->status != 200) {
        err_set(&why, r->status == 401 || r->status == 403 ? ERR_DENIED
                                                           : ERR_CREDENTIALS,
                "HTTP %d.", r->status);
        again(f, &why);
        return;
    }
    if (cred_from_metadata(strbuf_get(&r->body), r->body.len, &creds,
                           &why) != 0) {
        again(f, &why);
        return;
    }
    snprintf(creds.source, sizeof(creds.source), "container credentials");
    scope_remove(&f->work);
    fetch_end(f);
    cred_provide(turn, &creds);
}

static void container_start(struct cred_turn *turn)
{
    const struct cred_context *cx = turn->context;
    struct fetch *f = xcalloc(1, sizeof(*f));
    struct err err;
    int rc = container_url(&cx->env, f->url, sizeof(f->url), &err);

    f->turn = turn;
    if (rc == 1)
        cred_pass(turn, "neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor "
                  "_FULL_URI is set");
    else if (rc != 0)
        cred_fail(turn, &err);
    if (rc != 0 || scope_add(turn->scope, &f->work, fetch_cancel) != 0) {
        free(f);
        return;
    }
    scope_init(&f->inner, NULL);
    ask(f);
}

const struct cred_provider cred_container = {
    .name = "container",
    .help = "the ECS agent or EKS pod identity, by "
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI",
    .start = container_start,
};
