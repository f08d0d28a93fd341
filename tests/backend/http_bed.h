/* http_bed.h - HTTP calls against a scripted server on the same loop. */
#ifndef ECSDASH_TESTS_HTTP_BED_H
#define ECSDASH_TESTS_HTTP_BED_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/scope.h"
#include "backend/net/http_internal.h"
#include "backend/net/loop.h"
#include "tests/lib/miniserver.h"

#define WALL 1785000000000

struct lab {
    struct clock *clock;
    struct loop *loop;
    struct http *http;
    struct miniserver *server;
    struct scope scope;
};

/* What the last completion said. */
struct got {
    int n;
    int status;
    bool sent;
    int64_t date_ms;
    char body[200];
    size_t body_len;
    struct err err; /* code 0 = none */
    char header[100];
    struct scope *cancel; /* cancelled from the completion */
};

static inline int set_up(void **state)
{
    struct lab *l = xcalloc(1, sizeof(*l));

    l->clock = clock_new_driven(WALL);
    l->loop = loop_new(l->clock);
    l->http = http_new(l->loop, NULL);
    l->server = mini_new(l->loop);
    scope_init(&l->scope, NULL);
    *state = l;
    return 0;
}

/* Every test ends here: with a loop that closes. */
static inline int tear_down(void **state)
{
    struct lab *l = *state;

    scope_cancel(&l->scope);
    assert_int_equal(http_in_flight(l->http), 0);
    assert_int_equal(loop_work_pending(l->loop), 0);
    http_free(l->http);
    mini_free(l->server);
    loop_free(l->loop);
    clock_free(l->clock);
    free(l);
    return 0;
}

static inline void on_done(void *arg, struct http_reply *r,
                           const struct err *err)
{
    struct got *g = arg;

    g->n++;
    g->status = r->status;
    g->sent = r->sent;
    g->date_ms = r->date_ms;
    g->body_len = r->body.len;
    snprintf(g->body, sizeof(g->body), "%s", strbuf_get(&r->body));
    http_reply_header(r, "x-thing", g->header, sizeof(g->header));
    err_clear(&g->err);
    if (err)
        g->err = *err;
    if (g->cancel)
        scope_cancel(g->cancel);
}

static inline void start(struct lab *l, struct got *g, struct http_request *rq)
{
    struct err err;

    if (!rq->url)
        rq->url = mini_url(l->server);
    if (http_start(l->http, &l->scope, rq, on_done, g, &err) != 0)
        fail_msg("%s", err.message);
}

static inline void run(struct lab *l, struct got *g, struct http_request *rq)
{
    start(l, g, rq);
    assert_int_equal(g->n, 0); /* never from inside the start */
    assert_true(loop_until_idle(l->loop, 20000));
    assert_int_equal(g->n, 1);
}

/* A port that nobody listens on: bound, then closed. */
static inline int closed_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t n = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, n), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
    close(fd);
    return ntohs(a.sin_port);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
