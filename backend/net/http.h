/* http.h - HTTP calls on the loop: curl's multi interface behind one struct.
 *
 * One `struct http` per program. A call has a total deadline, a connect
 * timeout and a cap on the decoded body; it follows no redirect. Nothing is
 * parsed while bytes arrive. curl's own timer is always real time, also under
 * a driven clock.
 *
 * HTTP/1.1 only: a connection on which nobody answers in time is closed, those
 * of HTTP/2 curl would use again. TLS is 1.2 or newer and always verified.
 * Plain http:// goes to this machine and to the metadata addresses only, unless
 * http_allow_plain() was called.
 * HTTPS_PROXY, https_proxy, http_proxy and NO_PROXY are honoured, but never
 * for loopback, link-local and metadata hosts nor for a `direct` call.
 *
 * A reply can be streamed (struct http_stream): then it has no total deadline
 * and no cap, its pieces are given out as they come, and a reader who can't
 * keep up holds the sender back.
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

/* A reply of status 2xx in pieces; any other is gathered as usual. Embedded by
 * the caller, zeroed before the call, alive until it has ended.
 *
 * on_data returns true when it took the bytes. False: nothing of them, nor what
 * follows, is read before http_resume(), which offers them again (from inside
 * itself); no more than curl's own buffers fill meanwhile. It must not start or
 * cancel calls. Once the first piece has come the call is no
 * work in flight for the loop: that counts what will end by itself. */
struct http_stream {
    bool (*on_data)(void *arg, const void *data, size_t n);
    void *arg;
    int idle_s;        /* silence that ends the call (ERR_TIMEOUT), real time,
                          a paused one excepted; 0 = 30 */
    struct call *call; /* http's own; NULL when there is none */
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
    /* Use no proxy, whatever the environment says. For calls that fetch
     * credentials from a metadata service. */
    bool direct;
    /* Both bodies hold secrets: they are overwritten when the call ends. */
    bool secret;
    /* Never send these bytes twice. On a kept connection that turns out to be
     * dead curl would send again by itself; with this set the call gets a
     * connection of its own. For mutations. */
    bool send_once;
    struct http_stream *stream; /* borrowed; NULL = one body at the end. With
                                   it timeout_ms does not count */
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

/* "localhost", "127.0.0.1", "[::1]": a host part as it stands in a URL. */
bool http_host_is_loopback(const char *host);
/* The host part of an http(s) URL, heap, IPv6 in brackets; numbers come in
 * their usual spelling. NULL with ERR_USAGE when it is no such URL. */
char *http_url_host(const char *url, struct err *err);
/* ERR_CONFIG when the URL is plain http to a host that is neither loopback
 * nor metadata. */
int http_check_plain(const char *url, struct err *err);
/* A regular file with at least one PEM certificate; else ERR_CONFIG. */
int http_check_ca_bundle(const char *path, struct err *err);

/* NULL with err set when curl can't start. */
struct http *http_new(struct loop *loop, struct err *err);
/* Cancels what is in flight (silently) and begins to close; the memory goes
 * when libuv lets go, so loop_free() must follow. NULL is fine. */
void http_free(struct http *http);
/* Certificates to trust instead of the system's: a PEM file, copied; see
 * http_check_ca_bundle(). */
void http_set_ca_bundle(struct http *http, const char *path);
const char *http_ca_bundle(const struct http *http); /* or NULL */
/* From now on plain http:// may go anywhere (--insecure-endpoint). */
void http_allow_plain(struct http *http);

int http_start(struct http *http, struct scope *scope,
               const struct http_request *request, http_done_fn *done,
               void *arg, struct err *err);

/* Goes on with a call whose on_data said false; else nothing happens. */
void http_resume(struct http_stream *stream);

/* First header of that name (any case), copied into buf and cut at its end;
 * NULL when absent. */
const char *http_reply_header(const struct http_reply *reply, const char *name,
                              char *buf, size_t size);

/* Calls in flight. */
size_t http_in_flight(const struct http *http);

#endif
