/* http.h - HTTP calls on the loop: curl's multi interface behind one struct.
 *
 * One `struct http` per program. A call has a total deadline, a connect
 * timeout and a cap on the decoded body; it follows no redirect. Nothing is
 * parsed while bytes arrive. curl's own timer is always real time, also under
 * a driven clock.
 *
 * Exactly one of: http_start() fails (-1, err set, done never called), done is
 * called once from the loop, or silence after the scope was cancelled. */
#ifndef ECSDASH_NET_HTTP_H
#define ECSDASH_NET_HTTP_H

#include "backend/base/err.h"
#include "backend/base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http;
struct loop;
struct scope;

struct http_header {
    const char *name;
    const char *value;
};

/* Everything is copied by http_start(). */
struct http_request {
    const char *method; /* "GET", "PUT"; NULL = GET, or POST with a body */
    const char *url;    /* http:// or https:// */
    const struct http_header *headers;
    size_t n_headers;
    const void *body; /* NULL = none */
    size_t body_len;
    int timeout_ms;         /* whole call; 0 = 30,000 */
    int connect_timeout_ms; /* 0 = 5,000 */
    size_t max_body;        /* decoded bytes; 0 = 16 MiB */
    const char *ca_bundle;  /* PEM file, NULL = the system's */
    /* Never send these bytes twice. On a kept connection that turns out to be
     * dead curl would send again by itself; with this set the call gets a
     * connection of its own. For mutations. */
    bool send_once;
};

/* Valid during done only. The body may be taken with strbuf_detach(). */
struct http_reply {
    int status;         /* 0 when no reply came */
    struct strbuf body; /* decoded (gzip undone) */
    int64_t date_ms;    /* the Date header, wall ms; 0 = none */
    bool sent; /* something of the request may have reached the server: after
                  an error, the outcome is then unknown */
    double total_ms;    /* real time taken */
    struct strbuf raw_headers; /* use http_reply_header() */
};

/* err is NULL when a whole reply came, whatever its status; else one of
 * ERR_NET, ERR_TIMEOUT, ERR_TLS, ERR_TOO_LARGE with a sentence that names the
 * host. reply is never NULL. */
typedef void http_done_fn(void *arg, struct http_reply *reply,
                          const struct err *err);

/* NULL with err set when curl can't start. */
struct http *http_new(struct loop *loop, struct err *err);
/* Cancels what is in flight (silently) and begins to close; the memory goes
 * when libuv lets go, so loop_free() must follow. NULL is fine. */
void http_free(struct http *http);

int http_start(struct http *http, struct scope *scope,
               const struct http_request *request, http_done_fn *done,
               void *arg, struct err *err);

/* First header of that name (any case), copied into buf and cut at its end;
 * NULL when absent. */
const char *http_reply_header(const struct http_reply *reply, const char *name,
                              char *buf, size_t size);

/* Calls in flight; bytes received so far (for the bench). */
size_t http_in_flight(const struct http *http);
uint64_t http_bytes_received(const struct http *http);

#endif
