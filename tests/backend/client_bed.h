/* client_bed.h - a session with a scripted server in the place of AWS, on a
 * driven clock: what the tests of the client share. */
#ifndef ECSDASH_TESTS_CLIENT_BED_H
#define ECSDASH_TESTS_CLIENT_BED_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/aws/budget.h"
#include "backend/aws/client_internal.h"
#include "backend/aws/session.h"
#include "backend/aws/sigv4.h"
#include "backend/base/clock.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/base/rng.h"
#include "backend/base/scope.h"
#include "backend/net/loop.h"
#include "tests/lib/miniserver.h"

#define WALL 1795271527000 /* 2026-11-21T14:32:07Z */
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

static const struct aws_op list_op = {
    .service = AWS_ECS, .name = "ListServices", .bucket = AWS_B_SERVICE_READ,
    .token_in = "nextToken", .token_out = "nextToken",
    .result = "serviceArns"};
static const struct aws_op stop_op = {
    .service = AWS_ECS, .name = "StopTask", .bucket = AWS_B_RESOURCE_MODIFY,
    .mutates = true};
static const struct aws_op scale_op = {
    .service = AWS_ECS, .name = "UpdateService",
    .bucket = AWS_B_SERVICE_MODIFY, .mutates = true, .idempotent = true};

struct lab {
    struct clock *clock;
    struct loop *loop;
    struct rng rng;
    struct miniserver *server;
    struct http *http;
    struct aws_session *session;
    struct aws_client *client;
    struct scope scope;
    char *shared; /* credentials file */
    /* observer */
    int sent, retries, ok, failed;
    int64_t wait_ms;
    struct strbuf seen;
};

struct got {
    int n;
    int attempts;
    char body[256];
    char request_id[80];
    bool has_root;
    size_t items;
    struct err err;
    struct scope *cancel;
};

static inline const char *lookup(void *arg, const char *name)
{
    struct lab *l = arg;

    if (strcmp(name, "AWS_SHARED_CREDENTIALS_FILE") == 0)
        return l->shared;
    if (strcmp(name, "AWS_CONFIG_FILE") == 0)
        return "/nonexistent";
    if (strcmp(name, "AWS_EC2_METADATA_DISABLED") == 0)
        return "true";
    return NULL;
}

static inline void observe(void *arg, const struct aws_call_event *e)
{
    struct lab *l = arg;

    l->sent += e->kind == AWS_EVENT_SENT;
    l->retries += e->kind == AWS_EVENT_RETRY;
    l->ok += e->kind == AWS_EVENT_OK;
    l->failed += e->kind == AWS_EVENT_FAILED;
    if (e->kind == AWS_EVENT_RETRY)
        l->wait_ms = e->wait_ms;
    strbuf_printf(&l->seen, "%d %s %s %s %s\n", e->kind, e->op->name,
                  e->subject, e->request_id, e->err ? e->err->message : "");
}

static inline void write_keys(struct lab *l, const char *key, const char *token)
{
    FILE *f = fopen(l->shared, "w");

    fprintf(f, "[default]\naws_access_key_id = %s\n"
            "aws_secret_access_key = " SECRET "\naws_session_token = %s\n",
            key, token);
    fclose(f);
}

static inline void open_session(struct lab *l, bool read_only)
{
    struct err err;
    struct aws_session_options o = {
        .env = {lookup, l}, .region = "us-east-1",
        .http = l->http, .endpoint_url = mini_url(l->server),
        .read_only = read_only,
    };

    l->session = aws_session_new(l->loop, &l->rng, &o, &err);
    if (!l->session)
        fail_msg("%s", err.message);
    l->client = aws_session_client(l->session);
    aws_client_set_observer(l->client, observe, l);
}

static inline int set_up(void **state)
{
    struct lab *l = xcalloc(1, sizeof(*l));
    const char *dir = getenv("TMPDIR");

    l->shared = xasprintf("%s/ecsdash-test-XXXXXX", dir ? dir : "/tmp");
    close(mkstemp(l->shared));
    write_keys(l, "AKIDEXAMPLE", "TOKENONE");
    l->clock = clock_new_driven(WALL);
    l->loop = loop_new(l->clock);
    rng_seed(&l->rng, 1);
    l->server = mini_new(l->loop);
    l->http = http_new(l->loop, NULL);
    scope_init(&l->scope, NULL);
    open_session(l, false);
    *state = l;
    return 0;
}

static inline int tear_down(void **state)
{
    struct lab *l = *state;

    scope_cancel(&l->scope);
    aws_session_free(l->session);
    http_free(l->http);
    mini_free(l->server);
    loop_free(l->loop);
    clock_free(l->clock);
    unlink(l->shared);
    free(l->shared);
    strbuf_release(&l->seen);
    free(l);
    return 0;
}

static inline void on_done(void *arg, const struct aws_reply *r,
                           const struct err *err)
{
    struct got *g = arg;

    g->n++;
    err_clear(&g->err);
    if (err)
        g->err = *err;
    assert_true(!r == !!err);
    if (r) {
        g->attempts = r->attempts;
        g->has_root = r->root != NULL;
        g->items = json_array_size(json_object_get(r->root, "serviceArns"));
        snprintf(g->body, sizeof(g->body), "%s", r->body);
        snprintf(g->request_id, sizeof(g->request_id), "%s", r->request_id);
    }
    if (g->cancel)
        scope_cancel(g->cancel);
}

static inline void start(struct lab *l, struct got *g, const struct aws_op *op,
                         json_t *params)
{
    struct err err;

    if (aws_call(l->client, &l->scope, op, params, NULL, on_done, g,
                 &err) != 0)
        fail_msg("%s", err.message);
    assert_int_equal(g->n, 0);
}

static inline void settle(struct lab *l)
{
    assert_true(loop_until_idle(l->loop, 20000));
}

/* Call and walk the clock until it is done. */
static inline void run(struct lab *l, struct got *g, const struct aws_op *op,
                       json_t *params)
{
    start(l, g, op, params);
    settle(l);
    for (int i = 0; i < 60 && g->n == 0; i++) {
        clock_advance(l->clock, 1000);
        settle(l);
    }
    assert_int_equal(g->n, 1);
}

/* The signature is that of the bytes which arrived. date NULL = as sent. */
static inline void check_signature(struct lab *l, size_t i, const char *service,
                                   const char *key, const char *date)
{
    static const char *const names[] = {"content-type", "host", "x-amz-date",
                                        "x-amz-security-token",
                                        "x-amz-target"};
    struct http_header h[5];
    char values[5][200], auth[600];
    struct strbuf want = STRBUF_INIT;
    const char *body = mini_body(l->server, i);
    char sent[40];
    struct sigv4_request rq = {
        .method = "POST", .path = "/", .headers = h, .body = body,
        .body_len = strlen(body), .region = "us-east-1", .service = service,
        .access_key = key, .secret = SECRET, .amz_date = date};

    if (!date)
        rq.amz_date = mini_header(l->server, i, "x-amz-date", sent, 40);
    for (size_t k = 0; k < ARRAY_LEN(names); k++) {
        if (mini_header(l->server, i, names[k], values[k], 200))
            h[rq.n_headers++] = (struct http_header){names[k], values[k]};
    }
    assert_int_equal(sigv4_sign(&rq, &want, NULL, NULL), 0);
    assert_non_null(mini_header(l->server, i, "authorization", auth,
                                sizeof(auth)));
    assert_string_equal(auth, strbuf_get(&want));
    strbuf_release(&want);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
