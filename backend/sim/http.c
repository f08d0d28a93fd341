#include "backend/sim/http.h"

#include "backend/base/mem.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

void sim_http_release(struct sim_http *r)
{
    free(r->method);
    free(r->path);
    free(r->query);
    for (size_t i = 0; i < r->n_headers; i++) {
        free(r->headers[i].name);
        free(r->headers[i].value);
    }
    strbuf_release(&r->body);
    *r = (struct sim_http){0};
}

const char *sim_http_header(const struct sim_http *r, const char *name)
{
    for (size_t i = 0; i < r->n_headers; i++)
        if (strcmp(r->headers[i].name, name) == 0)
            return r->headers[i].value;
    return NULL;
}

static enum sim_parse bad(int *status, const char **why, int code,
                          const char *text)
{
    *status = code;
    *why = text;
    return SIM_BAD;
}

static bool is_token(const char *s, size_t n)
{
    static const char marks[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)s[i]) &&
            (!s[i] || !strchr(marks, s[i])))
            return false;
    return n > 0;
}

/* "POST /path?query HTTP/1.1" */
static int request_line(struct sim_http *r, const char *line, size_t n)
{
    const char *sp = memchr(line, ' ', n);
    if (!sp || !is_token(line, (size_t)(sp - line)))
        return -1;
    const char *target = sp + 1;
    const char *end = memchr(target, ' ', n - (size_t)(target - line));
    if (!end || *target != '/')
        return -1;
    size_t left = n - (size_t)(end + 1 - line);
    if (left != 8 || memcmp(end + 1, "HTTP/1.", 7) != 0)
        return -1;
    const char *q = memchr(target, '?', (size_t)(end - target));
    r->method = xstrndup(line, (size_t)(sp - line));
    r->path = xstrndup(target, (size_t)((q ? q : end) - target));
    r->query = q ? xstrndup(q + 1, (size_t)(end - q - 1)) : xstrdup("");
    r->keep_alive = end[8] == '1';
    return 0;
}

static int header_line(struct sim_http *r, const char *line, size_t n)
{
    const char *colon = memchr(line, ':', n);
    if (!colon || !is_token(line, (size_t)(colon - line)) ||
        r->n_headers == SIM_MAX_HEADERS)
        return -1; /* also a folded line: those are long forbidden */
    const char *v = colon + 1, *end = line + n;
    while (v < end && (*v == ' ' || *v == '\t'))
        v++;
    while (end > v && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    struct sim_header *h = &r->headers[r->n_headers++];
    h->name = xstrndup(line, (size_t)(colon - line));
    for (char *p = h->name; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    h->value = xstrndup(v, (size_t)(end - v));
    return 0;
}

/* "1a2b[;extension]" up to its line's end; -1 when it is no size. */
static long chunk_size(const char *p, const char *eol)
{
    long size = 0;
    const char *start = p;
    for (; p < eol && isxdigit((unsigned char)*p); p++) {
        char c = (char)tolower((unsigned char)*p);
        size = size * 16 + (c <= '9' ? c - '0' : c - 'a' + 10);
        if (size > (long)SIM_MAX_BODY)
            return -1;
    }
    return p > start && (*p == ';' || *p == '\r') ? size : -1;
}

/* Where the next line begins; NULL = it has not ended yet. */
static const char *next_line(const char *p, const char *end)
{
    const char *eol = memmem(p, (size_t)(end - p), "\r\n", 2);
    return eol ? eol + 2 : NULL;
}

/* Chunks into r->body; returns bytes used, 0 = need more, -1 = bad. Trailer
 * lines are passed over. */
static long read_chunks(struct sim_http *r, const char *data, size_t n)
{
    const char *p = data, *end = data + n, *next;
    long size;
    do {
        next = next_line(p, end);
        if (!next)
            return end - p > 256 ? -1 : 0;
        size = chunk_size(p, next - 2);
        if (size < 0 || r->body.len + (size_t)size > SIM_MAX_BODY)
            return -1;
        p = next;
        if (!size)
            break;
        if (end - p < size + 2)
            return 0;
        strbuf_append(&r->body, p, (size_t)size);
        p += size;
        if (memcmp(p, "\r\n", 2) != 0)
            return -1;
        p += 2;
    } while (size);
    for (next = next_line(p, end); next; next = next_line(p, end)) {
        bool empty = next - p == 2;
        p = next;
        if (empty)
            return p - data;
    }
    return end - p > 4096 ? -1 : 0;
}

/* One header that decides about the framing must not come twice. */
static bool twice(const struct sim_http *r, const char *name)
{
    int n = 0;
    for (size_t i = 0; i < r->n_headers; i++)
        n += strcmp(r->headers[i].name, name) == 0;
    return n > 1;
}

static enum sim_parse read_body(struct sim_http *r, const char *data,
                                size_t n, size_t *used, int *status,
                                const char **why)
{
    const char *te = sim_http_header(r, "transfer-encoding");
    const char *cl = sim_http_header(r, "content-length");
    size_t len = 0;
    if (twice(r, "content-length") || twice(r, "transfer-encoding") ||
        twice(r, "host"))
        return bad(status, why, 400, "a header came twice");
    if (te) {
        if (strcasecmp(te, "chunked") != 0 || cl)
            return bad(status, why, 400, "transfer encoding not understood");
        long got = read_chunks(r, data, n);
        if (got < 0)
            return bad(status, why, 400, "broken chunk");
        if (got == 0)
            return n > 2 * SIM_MAX_BODY
                       ? bad(status, why, 413, "body too large")
                       : SIM_NEED_MORE;
        *used += (size_t)got;
        return SIM_COMPLETE;
    }
    if (cl && (!*cl || strspn(cl, "0123456789") != strlen(cl)))
        return bad(status, why, 400, "content length is no number");
    if (cl && (strlen(cl) > 9 ||
               (len = strtoul(cl, NULL, 10)) > SIM_MAX_BODY))
        return bad(status, why, 413, "body too large");
    if (n < len)
        return SIM_NEED_MORE;
    strbuf_append(&r->body, data, len);
    *used += len;
    return SIM_COMPLETE;
}

enum sim_parse sim_http_parse(struct sim_http *r, const char *data, size_t n,
                              size_t *used, int *status, const char **why)
{
    *r = (struct sim_http){0};
    *used = 0;
    const char *end = n >= 4 ? memmem(data, n, "\r\n\r\n", 4) : NULL;
    if (!end)
        return n > SIM_MAX_HEAD ? bad(status, why, 431, "head too large")
                                : SIM_NEED_MORE;
    if ((size_t)(end - data) > SIM_MAX_HEAD)
        return bad(status, why, 431, "head too large");
    if (memchr(data, '\0', (size_t)(end - data)))
        return bad(status, why, 400, "malformed request");
    const char *p = data;
    while (p <= end) {
        const char *eol = memmem(p, (size_t)(end + 2 - p), "\r\n", 2);
        size_t len = (size_t)(eol - p);
        int rc = p == data ? request_line(r, p, len) : header_line(r, p, len);
        if (rc) {
            sim_http_release(r);
            return bad(status, why, 400, "malformed request");
        }
        p = eol + 2;
    }
    *used = (size_t)(end - data) + 4;
    const char *c = sim_http_header(r, "connection");
    if (c && strcasecmp(c, "close") == 0)
        r->keep_alive = false;
    const char *expect = sim_http_header(r, "expect");
    bool cont = expect && strcasecmp(expect, "100-continue") == 0;
    enum sim_parse rc = read_body(r, data + *used, n - *used, used, status,
                                  why);
    if (rc != SIM_COMPLETE)
        sim_http_release(r);
    r->expect_continue = rc == SIM_NEED_MORE && cont;
    return rc;
}

bool sim_http_host_ok(const char *host)
{
    static const char *const ours[] = {"127.0.0.1", "localhost", "[::1]"};
    for (size_t i = 0; host && i < ARRAY_LEN(ours); i++) {
        size_t n = strlen(ours[i]);
        if (strncasecmp(host, ours[i], n) != 0)
            continue;
        if (host[n] == '\0' ||
            (host[n] == ':' &&
             strspn(host + n + 1, "0123456789") == strlen(host + n + 1)))
            return true;
    }
    return false;
}

static bool compress_body(const char *body, size_t n, struct strbuf *out)
{
    z_stream z = {0};
    if (deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        return false;
    size_t max = deflateBound(&z, n);
    char *buf = xmalloc(max);
    z.next_in = (unsigned char *)(uintptr_t)body;
    z.avail_in = (unsigned)n;
    z.next_out = (unsigned char *)buf;
    z.avail_out = (unsigned)max;
    bool ok = deflate(&z, Z_FINISH) == Z_STREAM_END;
    if (ok)
        strbuf_append(out, buf, z.total_out);
    deflateEnd(&z);
    free(buf);
    return ok;
}

static const char *reason(int status)
{
    return status == 200   ? "OK"
           : status == 307 ? "Temporary Redirect"
           : status == 401 ? "Unauthorized"
           : status == 429 ? "Too Many Requests"
           : status == 403 ? "Forbidden"
           : status == 404 ? "Not Found"
           : status == 413 ? "Payload Too Large"
           : status == 431 ? "Request Header Fields Too Large"
           : status == 500 ? "Internal Server Error"
           : status == 503 ? "Service Unavailable"
                           : "Bad Request";
}

void sim_http_reply(struct strbuf *out, int status, const char *type,
                    const char *request_id, const char *date,
                    const char *headers, const char *body, size_t n, bool gzip,
                    bool chunked, bool keep_alive)
{
    struct strbuf z = STRBUF_INIT;
    if (gzip && n > 1024 && compress_body(body, n, &z)) {
        body = strbuf_get(&z);
        n = z.len;
    } else {
        gzip = false;
    }
    strbuf_printf(out,
                  "HTTP/1.1 %d %s\r\nx-amzn-RequestId: %s\r\n"
                  "Content-Type: %s\r\nDate: %s\r\n%s",
                  status, reason(status), request_id, type, date, headers);
    if (gzip)
        strbuf_puts(out, "Content-Encoding: gzip\r\n");
    if (!keep_alive)
        strbuf_puts(out, "Connection: close\r\n");
    if (chunked) {
        strbuf_puts(out, "Transfer-Encoding: chunked\r\n\r\n");
        for (size_t at = 0; at < n; at += 16384) {
            size_t len = n - at < 16384 ? n - at : 16384;
            strbuf_printf(out, "%zx\r\n", len);
            strbuf_append(out, body + at, len);
            strbuf_puts(out, "\r\n");
        }
        strbuf_puts(out, "0\r\n\r\n");
    } else {
        strbuf_printf(out, "Content-Length: %zu\r\n\r\n", n);
        strbuf_append(out, body, n);
    }
    strbuf_release(&z);
}
