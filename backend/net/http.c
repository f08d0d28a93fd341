#include "backend/net/http.h"

#include <assert.h>
#include <stdlib.h>

#include "backend/base/mem.h"
#include "backend/net/http_internal.h"
#include "backend/net/loop.h"

enum { HOST_CONNECTIONS = 16, KEPT_CONNECTIONS = 32 };

/* One watched socket. Freed by its close callback, which is after curl's. */
struct sock {
    uv_poll_t poll;
    struct http *http;
    curl_socket_t fd;
};

static void http_unref(struct http *h)
{
    if (--h->refs > 0)
        return;
    free(h->ca_bundle);
    free(h);
    curl_global_cleanup();
}

/* After every entry into curl: report all that has finished. A completion may
 * start and cancel other calls. */
static void drain(struct http *h)
{
    CURLMsg *msg;
    int left;

    while ((msg = curl_multi_info_read(h->multi, &left))) {
        struct call *c = NULL;
        CURLcode code = msg->data.result; /* msg dies with the handle */

        if (msg->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&c);
        http_call_finish(c, code);
    }
    if (!h->broken)
        return;
    h->broken = false;
    while (h->calls)
        http_call_finish(h->calls, CURLE_RECV_ERROR);
}

static void act(struct http *h, curl_socket_t fd, int events)
{
    int running;

    h->inside = true;
    if (curl_multi_socket_action(h->multi, fd, events, &running) != CURLM_OK)
        h->broken = true;
    drain(h);
    h->inside = false;
}

/* ---- curl asks us to watch ---- */

static void on_timer(uv_timer_t *t)
{
    struct http *h = t->data;

    /* Timers fire before the loop waits: what ended in here must not wait for
     * the next event to be seen. */
    loop_wake(h->loop);
    act(h, CURL_SOCKET_TIMEOUT, 0);
}

static int want_timer(CURLM *multi, long ms, void *arg)
{
    struct http *h = arg;

    (void)multi;
    if (ms < 0) {
        uv_timer_stop(&h->timer);
    } else if (!uv_is_closing((uv_handle_t *)&h->timer)) {
        uv_update_time(loop_uv(h->loop));
        /* 0 too goes through the loop: calling curl from here is not
         * allowed. */
        uv_timer_start(&h->timer, on_timer, (uint64_t)ms, 0);
    }
    return 0;
}

static void on_poll(uv_poll_t *p, int status, int events)
{
    struct sock *s = p->data;
    int flags = 0;

    if (status < 0)
        flags |= CURL_CSELECT_ERR;
    if (events & UV_READABLE)
        flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        flags |= CURL_CSELECT_OUT;
    act(s->http, s->fd, flags);
}

static void sock_closed(uv_handle_t *handle)
{
    struct sock *s = handle->data;
    struct http *h = s->http;

    free(s);
    http_unref(h);
}

/* Runs also inside curl_multi_cleanup(); s outlives it. */
static int want_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
                       void *sockp)
{
    struct http *h = arg;
    struct sock *s = sockp;
    int events = 0;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (s) {
            curl_multi_assign(h->multi, fd, NULL);
            uv_close((uv_handle_t *)&s->poll, sock_closed);
        }
        return 0;
    }
    if (!s) {
        s = xcalloc(1, sizeof(*s));
        if (uv_poll_init_socket(loop_uv(h->loop), &s->poll, fd) != 0) {
            /* -1 from here would abort everything in the middle of curl: let
             * drain() do that instead. */
            free(s);
            h->broken = true;
            return 0;
        }
        s->poll.data = s;
        s->http = h;
        s->fd = fd;
        h->refs++;
        curl_multi_assign(h->multi, fd, s);
    }
    if (what & CURL_POLL_IN)
        events |= UV_READABLE;
    if (what & CURL_POLL_OUT)
        events |= UV_WRITABLE;
    if (uv_poll_start(&s->poll, events, on_poll) != 0)
        h->broken = true;
    return 0;
}

/* ---- life ---- */

static void timer_closed(uv_handle_t *handle)
{
    http_unref(handle->data);
}

struct http *http_new(struct loop *loop, struct err *err)
{
    struct http *h;

    /* Without memory curl crashes in places: it ends with a sentence, too. */
    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, xmalloc, free, xrealloc,
                             xstrdup, xcalloc) != CURLE_OK) {
        err_set(err, ERR_SYS, "libcurl could not be started.");
        return NULL;
    }
    h = xcalloc(1, sizeof(*h));
    h->loop = loop;
    h->multi = curl_multi_init();
    if (!h->multi) {
        free(h);
        curl_global_cleanup();
        err_set(err, ERR_SYS, "libcurl could not be started.");
        return NULL;
    }
    h->refs = 1;
    uv_timer_init(loop_uv(loop), &h->timer);
    h->timer.data = h;
    curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
    curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
    curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, want_timer);
    curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
    curl_multi_setopt(h->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
                      (long)HOST_CONNECTIONS);
    curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)KEPT_CONNECTIONS);
    return h;
}

void http_free(struct http *http)
{
    if (!http)
        return;
    assert(!http->inside);
    while (http->calls) {
        struct call *c = http->calls;

        scope_remove(&c->work);
        http_call_cancel(&c->work);
    }
    while (http->n_easy > 0)
        curl_easy_cleanup(http->easy[--http->n_easy]);
    /* Closes the kept connections: their sockets are unwatched from here. */
    curl_multi_cleanup(http->multi);
    http->multi = NULL;
    uv_close((uv_handle_t *)&http->timer, timer_closed);
}

void http_set_ca_bundle(struct http *http, const char *path)
{
    free(http->ca_bundle);
    http->ca_bundle = xstrdup(path);
}

const char *http_ca_bundle(const struct http *http)
{
    return http->ca_bundle;
}

void http_allow_plain(struct http *http)
{
    http->plain = true;
}

size_t http_in_flight(const struct http *http)
{
    return http->n_calls;
}
