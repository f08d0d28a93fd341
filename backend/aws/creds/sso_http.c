#include "backend/aws/creds/sso_http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/creds/dpop.h"
#include "backend/aws/creds/secret_json.h"
#include "backend/aws/endpoint.h"
#include "backend/aws/region.h"
#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/net/http.h"

enum { TIMEOUT_MS = 15000, MAX_REPLY = 64 * 1024, FIRST_DELAY_MS = 500 };

/* From sso_http() to done, or to the end of the caller's scope. */
struct call {
    struct work work;   /* in the caller's scope */
    struct scope scope; /* of the HTTP call */
    struct timer again;
    const struct cred_context *cx;
    char *url, *bearer, *body, *dpop_key;
    int tries, tried;
    sso_http_done_fn *done;
    void *arg;
};

static void wipe(char *s)
{
    if (s)
        xfree_secret(s, strlen(s));
}

static void call_free(struct call *c)
{
    scope_cancel(&c->scope);
    timer_stop(c->cx->clock, &c->again);
    free(c->url);
    wipe(c->bearer);
    wipe(c->body);
    wipe(c->dpop_key);
    free(c);
}

static void on_cancel(struct work *w)
{
    call_free(container_of(w, struct call, work));
}

/* The caller may end its scope inside done. */
static void finish(struct call *c, const json_t *reply, const struct err *err)
{
    sso_http_done_fn *done = c->done;
    void *arg = c->arg;

    scope_remove(&c->work);
    call_free(c);
    done(arg, reply, err);
}

/* A code "Name:http://..." ends at its colon. OIDC says error and
 * error_description; the portal a header and message. */
static void decode_error(const struct http_reply *r, bool oauth,
                         struct err *err)
{
    json_t *j = secret_json_parse(strbuf_get(&r->body), r->body.len);
    const char *text = secret_json_get(j, "error_description");
    const char *code;
    char header[64];

    if (!text)
        text = secret_json_get(j, "message");
    if (!text)
        text = secret_json_get(j, "Message");
    code = oauth ? secret_json_get(j, "error") : NULL;
    if (!code)
        code = http_reply_header(r, "x-amzn-errortype", header,
                                 sizeof(header));
    if (!code)
        code = secret_json_get(j, "__type");
    if (!code)
        code = secret_json_get(j, "error");
    err_set(err,
            r->status == 429   ? ERR_THROTTLED
            : r->status == 401 ? ERR_EXPIRED
            : r->status == 403 ? ERR_DENIED
                               : ERR_AWS,
            "%s", text ? text : "no reason was given");
    err->http_status = r->status;
    err->retryable = r->status == 429 || r->status >= 500;
    if (code)
        snprintf(err->aws_code, sizeof(err->aws_code), "%.*s",
                 (int)strcspn(code, ":"), code);
    json_decref(j);
}

static void send(struct call *c);

static void on_again(struct timer *t, void *arg)
{
    (void)t;
    send(arg);
}

static void try_again_or_fail(struct call *c, const struct err *err)
{
    if (err->retryable && c->tried < c->tries)
        timer_start(c->cx->clock, &c->again,
                    (int64_t)FIRST_DELAY_MS << (c->tried - 1), on_again, c);
    else
        finish(c, NULL, err);
}

static void on_reply(void *arg, struct http_reply *r, const struct err *err)
{
    struct call *c = arg;
    struct err why;
    json_t *j;

    if (err) {
        why = *err;
        why.retryable = err->code == ERR_NET || err->code == ERR_TIMEOUT;
        try_again_or_fail(c, &why);
        return;
    }
    if (r->status < 200 || r->status > 299) {
        decode_error(r, c->dpop_key != NULL, &why);
        try_again_or_fail(c, &why);
        return;
    }
    j = secret_json_parse(strbuf_get(&r->body), r->body.len);
    if (!j)
        err_set(&why, ERR_PARSE, "The answer is no JSON object.");
    finish(c, j, j ? NULL : &why);
    json_decref(j);
}

static void send(struct call *c)
{
    struct http_header headers[4] = {{"accept", "application/json"}};
    struct http_request r = {.method = c->body ? "POST" : "GET",
                             .url = c->url,
                             .headers = headers,
                             .n_headers = 1,
                             .timeout_ms = TIMEOUT_MS,
                             .max_body = MAX_REPLY,
                             .secret = true};
    char *proof = NULL;
    struct err err;

    if (c->dpop_key) { /* a new one for each try */
        proof = dpop_proof(c->dpop_key, c->url, clock_wall_ms(c->cx->clock),
                           &err);
        if (!proof) {
            finish(c, NULL, &err);
            return;
        }
        headers[r.n_headers++] = (struct http_header){"dpop", proof};
    }
    if (c->bearer)
        headers[r.n_headers++] =
            (struct http_header){"x-amz-sso_bearer_token", c->bearer};
    if (c->body) {
        headers[r.n_headers++] =
            (struct http_header){"content-type", "application/json"};
        r.body = c->body;
        r.body_len = strlen(c->body);
        r.send_once = true; /* a refresh token is good for one use */
    }
    c->tried++;
    if (http_start(c->cx->http, &c->scope, &r, on_reply, c, &err) != 0)
        finish(c, NULL, &err);
    wipe(proof);
}

static void on_first(struct timer *t, void *arg)
{
    (void)t;
    send(arg);
}

int sso_http(const struct cred_context *cx, struct scope *scope,
             const struct sso_http_request *rq, sso_http_done_fn *done,
             void *arg, struct err *err)
{
    struct endpoints *all;
    struct endpoint ep;
    struct call *c;
    int rc;

    if (!region_is_valid(rq->region))
        return err_set(err, ERR_CONFIG, "The %s \"%s\" is no region: "
                       "only letters, digits and hyphens may be in it.",
                       rq->dpop_key ? "region" : "sso_region", rq->region);
    all = endpoints_new(&cx->env, NULL, cx->profile, err);
    rc = all ? endpoint_resolve(all, rq->service, rq->region, &ep, err) : -1;
    endpoints_free(all);
    if (rc != 0)
        return -1;
    c = xcalloc(1, sizeof(*c));
    if (scope_add(scope, &c->work, on_cancel) != 0) {
        free(c);
        return err_set(err, ERR_CREDENTIALS, "The call was cancelled.");
    }
    scope_init(&c->scope, NULL);
    c->cx = cx;
    c->url = xasprintf("%s%s%s", ep.url,
                       ep.url[strlen(ep.url) - 1] == '/' ? "" : "/", rq->path);
    c->bearer = xstrdup(rq->bearer);
    c->body = xstrdup(rq->body);
    c->dpop_key = xstrdup(rq->dpop_key);
    c->tries = rq->tries;
    c->done = done;
    c->arg = arg;
    /* A failure to start is told from the loop like any other. */
    timer_start(cx->clock, &c->again, 0, on_first, c);
    return 0;
}
