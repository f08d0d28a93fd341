/* One call: its options, its bytes, its outcome. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/net/http_internal.h"
#include "backend/net/loop.h"

enum {
    HEADER_CAP = 64 * 1024,
    BODY_CAP = 16 * 1024 * 1024,
    TIMEOUT_MS = 30000,
    CONNECT_TIMEOUT_MS = 5000,
    IDLE_S = 30
};

static void call_unlink(struct call *c)
{
    struct http *h = c->http;

    if (c->prev)
        c->prev->next = c->next;
    else
        h->calls = c->next;
    if (c->next)
        c->next->prev = c->prev;
    h->n_calls--;
    if (!c->begun)
        loop_work_end(h->loop);
}

/* Takes the easy handle out of curl; it is kept for reuse. */
static void call_detach(struct call *c)
{
    struct http *h = c->http;

    if (c->stream)
        c->stream->call = NULL;
    if (!c->easy)
        return;
    curl_multi_remove_handle(h->multi, c->easy);
    curl_easy_reset(c->easy);
    if (h->n_easy < HTTP_IDLE_EASY)
        h->easy[h->n_easy++] = c->easy;
    else
        curl_easy_cleanup(c->easy);
    c->easy = NULL;
}

static void call_free(struct call *c)
{
    /* A session token and a signature were in there. */
    for (struct curl_slist *l = c->headers; l; l = l->next)
        explicit_bzero(l->data, strlen(l->data));
    curl_slist_free_all(c->headers);
    if (c->secret && c->body)
        explicit_bzero(c->body, c->body_len);
    free(c->body);
    free(c->host);
    if (c->secret)
        strbuf_release_secret(&c->reply.body);
    else
        strbuf_release(&c->reply.body);
    strbuf_release(&c->reply.raw_headers);
    free(c);
}

void http_call_cancel(struct work *w)
{
    struct call *c = container_of(w, struct call, work);

    call_detach(c);
    call_unlink(c);
    call_free(c);
}

static bool is_fine(const struct call *c)
{
    long status = 0;

    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    return status >= 200 && status <= 299;
}

static size_t on_piece(struct call *c, const char *data, size_t n)
{
    if (!c->begun)
        loop_work_end(c->http->loop);
    c->begun = true;
    if (!c->stream->on_data(c->stream->arg, data, n)) {
        c->paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    return n;
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
    struct call *c = arg;

    size *= n;
    if (c->stream && is_fine(c))
        return on_piece(c, data, size);
    if (strbuf_append(&c->reply.body, data, size) != 0) {
        c->too_large = true;
        return 0;
    }
    return size;
}

static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
    struct call *c = arg;

    size *= n;
    /* A new status line (after 100 Continue, or curl's own resend) begins a
     * new set. */
    if (size > 5 && memcmp(data, "HTTP/", 5) == 0)
        strbuf_clear(&c->reply.raw_headers);
    if (strbuf_append(&c->reply.raw_headers, data, size) != 0) {
        c->headers_too_large = true;
        return 0;
    }
    return size;
}

/* ---- outcome ---- */

/* curl quotes a proxy's URL as it was given, with user and password: what
 * stands before an '@' in a word goes. */
static void hide_userinfo(char *s)
{
    char *at;

    while ((at = strrchr(s, '@'))) {
        char *from = at;

        while (from > s && !strchr(" '\"", from[-1]))
            from--;
        memmove(from, at + 1, strlen(at + 1) + 1);
    }
}

static void map_error(struct call *c, CURLcode code, struct err *err)
{
    const char *detail = c->detail[0] ? c->detail : curl_easy_strerror(code);
    char cap[16];

    hide_userinfo(c->detail);
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
        err_set(err, ERR_TIMEOUT, c->reply.sent
                ? "%s did not answer in time: %s."
                : "%s could not be reached in time: %s.", c->host, detail);
        break;
    case CURLE_COULDNT_RESOLVE_HOST:
        err_set(err, ERR_NET, "The name %s could not be resolved.", c->host);
        break;
    case CURLE_COULDNT_RESOLVE_PROXY:
        err_set(err, ERR_NET, "The proxy for %s could not be resolved: %s.",
                c->host, detail);
        break;
    case CURLE_COULDNT_CONNECT:
        err_set(err, ERR_NET, "No connection to %s: %s.", c->host, detail);
        break;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CIPHER:
        err_set(err, ERR_TLS, "No trusted TLS connection to %s: %s.", c->host,
                detail);
        break;
    case CURLE_SSL_CACERT_BADFILE:
        err_set(err, ERR_TLS, "The certificates to check %s with could not be "
                "read (%s): install ca-certificates or set AWS_CA_BUNDLE.",
                c->host, detail);
        break;
    case CURLE_GOT_NOTHING:
        err_set(err, ERR_NET, "%s closed the connection without an answer.",
                c->host);
        break;
    case CURLE_WRITE_ERROR:
        if (c->too_large) {
            err_set(err, ERR_TOO_LARGE,
                    "The answer of %s is larger than %s and was dropped.",
                    c->host, fmt_size(c->max_body, cap));
            break;
        }
        if (c->headers_too_large) {
            err_set(err, ERR_TOO_LARGE,
                    "The headers of %s are larger than %s.", c->host,
                    fmt_size(HEADER_CAP, cap));
            break;
        }
        /* fall through */
    default:
        err_set(err, ERR_NET, "The connection to %s broke: %s.", c->host,
                detail);
        break;
    }
    err->retryable = err->code != ERR_TOO_LARGE &&
                     !(err->code == ERR_TLS &&
                       code != CURLE_SSL_CONNECT_ERROR);
}

/* Did anything of the request leave? When in doubt: yes. */
static bool was_sent(CURL *easy, CURLcode code)
{
    long bytes = 0;

    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
        return false;
    default:
        curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &bytes);
        return bytes > 0;
    }
}

void http_call_finish(struct call *c, CURLcode code)
{
    struct http_reply *r = &c->reply;
    struct err err;
    char date[64];
    long status = 0;
    curl_off_t us = 0;

    err_clear(&err);
    curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(c->easy, CURLINFO_TOTAL_TIME_T, &us);
    r->status = (int)status;
    r->total_ms = (double)us / 1000.0;
    r->sent = was_sent(c->easy, code);
    if (!http_reply_header(r, "date", date, sizeof(date)) ||
        fmt_parse_http_date(date, &r->date_ms) != 0)
        r->date_ms = 0;
    if (code != CURLE_OK)
        map_error(c, code, &err);
    call_detach(c);
    scope_remove(&c->work);
    call_unlink(c);
    c->done(c->arg, r, code == CURLE_OK ? NULL : &err);
    call_free(c);
}

/* ---- start ---- */

static void set_headers(struct call *c, const struct http_request *rq)
{
    struct strbuf line = STRBUF_INIT;

    for (size_t i = 0; i < rq->n_headers; i++) {
        const struct http_header *hd = &rq->headers[i];

        strbuf_clear(&line);
        /* curl's way to say "present but empty" is a semicolon. */
        strbuf_printf(&line, hd->value[0] ? "%s: %s" : "%s;%s", hd->name,
                      hd->value);
        c->headers = curl_slist_append(c->headers, strbuf_get(&line));
    }
    c->headers = curl_slist_append(c->headers, "Expect:");
    strbuf_release_secret(&line); /* it may have held a token */
}

/* It ends when nothing comes, however long it lasts. What is not compressed
 * can be held back. */
static void set_streamed(struct call *c)
{
    curl_easy_setopt(c->easy, CURLOPT_TIMEOUT_MS, 0L);
    curl_easy_setopt(c->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(c->easy, CURLOPT_LOW_SPEED_TIME,
                     (long)(c->stream->idle_s ? c->stream->idle_s : IDLE_S));
    curl_easy_setopt(c->easy, CURLOPT_ACCEPT_ENCODING, NULL);
}

static void set_options(struct call *c, const struct http_request *rq)
{
    CURL *e = c->easy;
    const char *method = rq->method;

    if (!method)
        method = rq->body ? "POST" : "GET";
    curl_easy_setopt(e, CURLOPT_URL, rq->url);
    curl_easy_setopt(e, CURLOPT_PRIVATE, c);
    curl_easy_setopt(e, CURLOPT_ERRORBUFFER, c->detail);
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, c->headers);
    if (rq->body) {
        curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)rq->body_len);
        curl_easy_setopt(e, CURLOPT_POSTFIELDS, c->body);
    }
    curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, c);
    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(e, CURLOPT_HEADERDATA, c);
    curl_easy_setopt(e, CURLOPT_USERAGENT, "ecsdash/" ECSDASH_VERSION);
    curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(e, CURLOPT_TIMEOUT_MS,
                     (long)(rq->timeout_ms ? rq->timeout_ms : TIMEOUT_MS));
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)(rq->connect_timeout_ms ? rq->connect_timeout_ms
                                                   : CONNECT_TIMEOUT_MS));
    /* A resolver that hangs would block the removal of the handle. */
    curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
    /* Who does not answer in time loses the connection, so that the next call
     * gets another: with HTTP/2 curl would keep it. */
    curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
    if (c->http->ca_bundle)
        curl_easy_setopt(e, CURLOPT_CAINFO, c->http->ca_bundle);
    if (rq->send_once)
        curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L);
    if (c->stream)
        set_streamed(c);
    if (rq->direct || http_host_is_local(c->host))
        curl_easy_setopt(e, CURLOPT_PROXY, "");
}

int http_start(struct http *http, struct scope *scope,
               const struct http_request *request, http_done_fn *done,
               void *arg, struct err *err)
{
    struct call *c;
    char *host = http_url_host(request->url, err);

    if (!host)
        return -1;
    if (!http->plain && http_check_plain(request->url, err) != 0) {
        free(host);
        return -1;
    }
    c = xcalloc(1, sizeof(*c));
    c->http = http;
    c->host = host;
    c->done = done;
    c->arg = arg;
    c->secret = request->secret;
    c->stream = request->stream;
    c->max_body = request->max_body ? request->max_body : BODY_CAP;
    strbuf_limit(&c->reply.body, c->max_body);
    strbuf_limit(&c->reply.raw_headers, HEADER_CAP);
    if (request->body) {
        c->body_len = request->body_len;
        c->body = xmalloc(request->body_len + 1);
        memcpy(c->body, request->body, request->body_len);
        c->body[request->body_len] = '\0';
    }
    c->easy = http->n_easy ? http->easy[--http->n_easy] : curl_easy_init();
    if (!c->easy) {
        call_free(c);
        return err_set(err, ERR_SYS, "libcurl could not start a call.");
    }
    set_headers(c, request);
    set_options(c, request);
    if (scope_add(scope, &c->work, http_call_cancel) != 0) {
        curl_easy_cleanup(c->easy);
        call_free(c);
        return err_set(err, ERR_NET, "The call was cancelled.");
    }
    if (c->stream)
        c->stream->call = c;
    c->next = http->calls;
    if (c->next)
        c->next->prev = c;
    http->calls = c;
    http->n_calls++;
    loop_work_begin(http->loop);
    if (curl_multi_add_handle(http->multi, c->easy) != CURLM_OK) {
        scope_remove(&c->work);
        http_call_cancel(&c->work);
        return err_set(err, ERR_SYS, "libcurl could not start a call.");
    }
    return 0;
}

void http_resume(struct http_stream *stream)
{
    struct call *c = stream->call;
    bool inside;

    if (!c || !c->paused)
        return;
    c->paused = false;
    inside = c->http->inside;
    c->http->inside = true;
    curl_easy_pause(c->easy, CURLPAUSE_CONT);
    c->http->inside = inside;
}

const char *http_reply_header(const struct http_reply *reply, const char *name,
                              char *buf, size_t size)
{
    const char *p = strbuf_get(&reply->raw_headers);
    size_t n = strlen(name);

    for (; p && *p; p = strchr(p, '\n')) {
        const char *end;
        size_t len;

        p += *p == '\n';
        if (strncasecmp(p, name, n) != 0 || p[n] != ':')
            continue;
        p += n + 1;
        p += strspn(p, " \t");
        end = p + strcspn(p, "\r\n");
        while (end > p && (end[-1] == ' ' || end[-1] == '\t'))
            end--;
        len = (size_t)(end - p);
        if (len >= size)
            len = size - 1;
        memcpy(buf, p, len);
        buf[len] = '\0';
        return buf;
    }
    return NULL;
}
