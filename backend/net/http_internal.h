/* http_internal.h - shared by http.c and http_call.c; nobody else. */
#ifndef ECSDASH_NET_HTTP_INTERNAL_H
#define ECSDASH_NET_HTTP_INTERNAL_H

#include <curl/curl.h>
#include <uv.h>

#include "backend/base/scope.h"
#include "backend/net/http.h"

enum { HTTP_IDLE_EASY = 16 };

/* Memory lives until curl is done with it and every handle has closed: the
 * timer and each socket hold one of `refs`. */
struct http {
    struct loop *loop;
    CURLM *multi; /* NULL once closing */
    uv_timer_t timer;
    int refs;
    char *ca_bundle; /* NULL = the system's */
    bool plain;  /* http:// may go anywhere */
    bool inside; /* in curl or in a completion: must not be freed now */
    bool broken; /* a socket could not be watched: fail all calls */
    struct call *calls;
    size_t n_calls;
    CURL *easy[HTTP_IDLE_EASY];
    size_t n_easy;
};

struct call {
    struct work work; /* in the caller's scope */
    struct http *http;
    struct call *prev, *next;
    CURL *easy;
    struct curl_slist *headers;
    char *body;
    char *host;
    size_t body_len;
    size_t max_body;
    bool secret;
    bool too_large;
    bool headers_too_large;
    struct http_stream *stream; /* the caller's, or NULL */
    bool paused;
    bool begun; /* pieces come: waiting for more is no work in flight */
    http_done_fn *done;
    void *arg;
    struct http_reply reply;
    char detail[CURL_ERROR_SIZE];
};

/* Hosts that are never reached by a proxy. */
bool http_host_is_local(const char *host);

/* A finished transfer: out of curl, its completion called, freed. */
void http_call_finish(struct call *c, CURLcode code);
/* The scope's cancel function: the same without a completion. */
void http_call_cancel(struct work *w);

#endif
