/* One try of a call: headers, signature, the wire. */
#include <assert.h>
#include <stdio.h>

#include "backend/aws/client_internal.h"
#include "backend/aws/creds.h"
#include "backend/aws/sigv4.h"
#include "backend/base/fmt.h"

enum { MAX_HEADERS = 8 };

struct head {
    struct http_header list[MAX_HEADERS];
    size_t n;
};

static void put_header(struct head *h, const char *name, const char *value)
{
    assert(h->n < MAX_HEADERS);
    h->list[h->n++] = (struct http_header){.name = name, .value = value};
}

static const char *content_type(enum aws_protocol p)
{
    switch (p) {
    case AWS_JSON_1_0:
        return "application/x-amz-json-1.0";
    case AWS_JSON_1_1:
        return "application/x-amz-json-1.1";
    default:
        return "application/x-www-form-urlencoded; charset=utf-8";
    }
}

static int sign(struct aws_call *c, const struct aws_creds *creds,
                const struct aws_service_info *info, struct head *h,
                const char *date, struct strbuf *auth)
{
    struct sigv4_request s = {
        .method = "POST", .path = c->endpoint.path, .headers = h->list,
        .n_headers = h->n, .body = strbuf_get(&c->body),
        .body_len = c->body.len, .region = c->endpoint.region,
        .service = info->signing_name, .access_key = creds->access_key,
        .secret = creds->secret, .amz_date = date,
    };

    if (sigv4_sign(&s, auth, NULL, NULL) != 0)
        return -1;
    put_header(h, "Authorization", strbuf_get(auth));
    return 0;
}

/* One place for the sentence: asked at the start, and again at the wire for
 * calls that waited meanwhile. */
int aws_call_refuse(const struct aws_client *client, const struct aws_op *op,
                    struct err *err)
{
    if (!op->mutates || !client->cfg.read_only)
        return 0;
    return err_set(err, ERR_READ_ONLY,
                   "%s changes things, and this is a read-only session.",
                   op->name);
}

int aws_call_resolve(struct aws_call *c, struct err *err)
{
    struct endpoint *ep = &c->endpoint;
    const char *prefix = c->old_host ? c->op->old_host_prefix
                                     : c->op->host_prefix;
    char host[sizeof(ep->host)];

    if (endpoint_resolve(c->client->cfg.endpoints, c->op->service, c->region,
                         ep, err) != 0)
        return -1;
    if (!prefix || ep->custom) /* who names an endpoint means that one */
        return 0;
    snprintf(host, sizeof(host), "%s", ep->host);
    snprintf(ep->host, sizeof(ep->host), "%.16s%.240s", prefix, host);
    snprintf(ep->url, sizeof(ep->url), "https://%s/", ep->host);
    return 0;
}

int aws_call_send(struct aws_call *c, const struct aws_creds *creds,
                  http_done_fn *done, struct err *err)
{
    struct aws_client *cl = c->client;
    const struct aws_service_info *info = aws_service_info(c->op->service);
    struct strbuf auth = STRBUF_INIT;
    struct head h = {.n = 0};
    char date[20], target[160];
    int rc = -1;

    c->signed_skew_ms = cl->skew_ms;
    fmt_amz_date(clock_wall_ms(cl->cfg.clock) + cl->skew_ms, date);
    put_header(&h, "Host", c->endpoint.host);
    put_header(&h, "Content-Type", content_type(info->protocol));
    put_header(&h, "X-Amz-Date", date);
    if (info->target) {
        snprintf(target, sizeof(target), "%s.%s", info->target, c->op->name);
        put_header(&h, "X-Amz-Target", target);
    }
    if (c->op->service == AWS_CLOUDWATCH)
        put_header(&h, "X-Amzn-Query-Mode", "true");
    if (creds && creds->token)
        put_header(&h, "X-Amz-Security-Token", creds->token);
    if (aws_call_refuse(cl, c->op, err) != 0) {
        /* err says so */
    } else if (creds && sign(c, creds, info, &h, date, &auth) != 0) {
        err_set(err, ERR_SYS, "%s could not be signed.", c->op->name);
    } else {
        struct http_request rq = {
            .method = "POST", .url = c->endpoint.url, .headers = h.list,
            .n_headers = h.n, .body = strbuf_get(&c->body),
            .body_len = c->body.len, .timeout_ms = c->op->timeout_ms,
            .max_body = c->max_body,
            /* After a sleep all kept connections are dead: not the next one. */
            .send_once = c->op->mutates || c->silence,
            .stream = c->stream,
        };

        rc = http_start(cl->cfg.http, &c->inner, &rq, done, c, err);
    }
    strbuf_release(&auth);
    return rc;
}
