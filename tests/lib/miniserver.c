#include "tests/lib/miniserver.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uv.h>

#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "backend/net/loop.h"

enum { MAX_STEPS = 600 };

struct request {
    char *head;
    char *body;
};

struct conn {
    uv_tcp_t tcp;
    struct miniserver *server;
    struct conn *next;
    struct strbuf in;
    bool held;
    struct mini_step step; /* while held */
    bool closing;
};

struct miniserver {
    struct loop *loop;
    uv_tcp_t tcp;
    char url[64];
    struct mini_step steps[MAX_STEPS]; /* strings are ours */
    size_t n_steps, at;
    mini_fn *fn; /* instead of steps */
    void *fn_arg;
    struct request *requests;
    size_t n_requests, cap;
    size_t accepted;
    struct conn *conns;
    int handles; /* open ones, the listener included */
};

struct write {
    uv_write_t req;
    struct strbuf data;
    struct conn *conn;
    bool close;
};

static void unref(struct miniserver *m)
{
    if (--m->handles > 0)
        return;
    for (size_t i = 0; i < m->n_steps; i++) {
        free((char *)(uintptr_t)m->steps[i].headers);
        free((char *)(uintptr_t)m->steps[i].body);
    }
    for (size_t i = 0; i < m->n_requests; i++) {
        free(m->requests[i].head);
        free(m->requests[i].body);
    }
    free(m->requests);
    free(m);
}

static void conn_closed(uv_handle_t *h)
{
    struct conn *c = h->data;
    struct miniserver *m = c->server;
    struct conn **p = &m->conns;

    while (*p != c)
        p = &(*p)->next;
    *p = c->next;
    strbuf_release(&c->in);
    free(c);
    unref(m);
}

static void conn_close(struct conn *c, bool reset)
{
    if (c->closing)
        return;
    c->closing = true;
    if (!reset || uv_tcp_close_reset(&c->tcp, conn_closed) != 0)
        uv_close((uv_handle_t *)&c->tcp, conn_closed);
}

static void on_written(uv_write_t *req, int status)
{
    struct write *w = req->data;

    (void)status;
    if (w->close)
        conn_close(w->conn, false);
    strbuf_release(&w->data);
    free(w);
}

static void answer(struct conn *c, const struct mini_step *s)
{
    struct write *w = xcalloc(1, sizeof(*w));
    const char *body = s->body ? s->body : "";
    size_t len = s->body_len ? s->body_len : strlen(body);
    uv_buf_t buf;

    strbuf_printf(&w->data, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%s\r\n",
                  s->status ? s->status : 200, len,
                  s->headers ? s->headers : "");
    strbuf_append(&w->data, body,
                  s->act == MINI_PART || s->act == MINI_STALL ? len / 2 : len);
    w->conn = c;
    w->close = s->act == MINI_CLOSE || s->act == MINI_PART;
    w->req.data = w;
    buf = uv_buf_init(w->data.data, (unsigned)w->data.len);
    uv_write(&w->req, (uv_stream_t *)&c->tcp, &buf, 1, on_written);
}

/* What a stalled answer lacks. */
static void answer_rest(struct conn *c, const struct mini_step *s)
{
    struct write *w = xcalloc(1, sizeof(*w));
    size_t len = s->body_len ? s->body_len : strlen(s->body);
    uv_buf_t buf;

    strbuf_append(&w->data, s->body + len / 2, len - len / 2);
    w->conn = c;
    w->req.data = w;
    buf = uv_buf_init(w->data.data, (unsigned)w->data.len);
    uv_write(&w->req, (uv_stream_t *)&c->tcp, &buf, 1, on_written);
}

static void play(struct conn *c)
{
    struct miniserver *m = c->server;
    static const struct mini_step end = {
        .status = 599, .body = "the script has ended"};
    const struct mini_step *s = m->at < m->n_steps ? &m->steps[m->at++] : &end;
    struct mini_step made = {0};

    if (m->fn) {
        const struct request *r = &m->requests[m->n_requests - 1];
        m->fn(m->fn_arg, r->head, r->body, &made);
        s = &made;
    }
    switch (s->act) {
    case MINI_DROP:
    case MINI_RESET:
        conn_close(c, s->act == MINI_RESET);
        break;
    case MINI_STALL:
        answer(c, s);
        /* fall through */
    case MINI_HOLD:
        c->held = true;
        c->step = *s;
        break;
    default:
        answer(c, s);
        break;
    }
}

static size_t content_length(const char *head)
{
    for (const char *p = head; (p = strchr(p, '\n')); ) {
        p++;
        if (strncasecmp(p, "content-length:", 15) == 0)
            return strtoul(p + 15, NULL, 10);
    }
    return 0;
}

/* Takes whole requests off the front of the buffer. */
static void parse(struct conn *c)
{
    struct miniserver *m = c->server;
    char *end;

    while (c->in.len && (end = strstr(c->in.data, "\r\n\r\n"))) {
        size_t head = (size_t)(end - c->in.data) + 4;
        size_t body = content_length(c->in.data);
        struct request *r;

        if (c->in.len < head + body)
            return;
        m->requests = xgrow(m->requests, &m->cap, m->n_requests + 1,
                            sizeof(*m->requests));
        r = &m->requests[m->n_requests++];
        r->head = xstrndup(c->in.data, head);
        r->body = xstrndup(c->in.data + head, body);
        memmove(c->in.data, c->in.data + head + body,
                c->in.len - head - body + 1);
        c->in.len -= head + body;
        play(c);
        if (c->closing)
            return;
    }
}

static void on_alloc(uv_handle_t *h, size_t hint, uv_buf_t *buf)
{
    (void)h;
    *buf = uv_buf_init(xmalloc(hint), (unsigned)hint);
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
    struct conn *c = s->data;

    if (n > 0) {
        strbuf_append(&c->in, buf->base, (size_t)n);
        parse(c);
    } else if (n < 0) {
        conn_close(c, false);
    }
    free(buf->base);
}

static void on_connection(uv_stream_t *s, int status)
{
    struct miniserver *m = s->data;
    struct conn *c;

    if (status < 0)
        return;
    c = xcalloc(1, sizeof(*c));
    uv_tcp_init(loop_uv(m->loop), &c->tcp);
    c->tcp.data = c;
    c->server = m;
    c->next = m->conns;
    m->conns = c;
    m->handles++;
    m->accepted++;
    uv_accept(s, (uv_stream_t *)&c->tcp);
    uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
}

struct miniserver *mini_new(struct loop *loop)
{
    struct miniserver *m = xcalloc(1, sizeof(*m));
    struct sockaddr_in a;
    int len = sizeof(a), rc;

    m->loop = loop;
    m->handles = 1;
    uv_tcp_init(loop_uv(loop), &m->tcp);
    m->tcp.data = m;
    uv_ip4_addr("127.0.0.1", 0, &a);
    rc = uv_tcp_bind(&m->tcp, (struct sockaddr *)&a, 0);
    assert(rc == 0);
    rc = uv_listen((uv_stream_t *)&m->tcp, 64, on_connection);
    assert(rc == 0);
    uv_tcp_getsockname(&m->tcp, (struct sockaddr *)&a, &len);
    snprintf(m->url, sizeof(m->url), "http://127.0.0.1:%d/",
             ntohs(a.sin_port));
    return m;
}

static void listener_closed(uv_handle_t *h)
{
    unref(h->data);
}

void mini_free(struct miniserver *m)
{
    for (struct conn *c = m->conns; c; c = c->next)
        conn_close(c, false);
    uv_close((uv_handle_t *)&m->tcp, listener_closed);
}

const char *mini_url(const struct miniserver *m)
{
    return m->url;
}

void mini_push(struct miniserver *m, const struct mini_step *step)
{
    struct mini_step *s = &m->steps[m->n_steps++];

    assert(m->n_steps <= MAX_STEPS);
    *s = *step;
    s->headers = xstrdup(step->headers);
    if (step->body && step->body_len) {
        char *copy = xmalloc(step->body_len);

        memcpy(copy, step->body, step->body_len);
        s->body = copy;
    } else {
        s->body = xstrdup(step->body);
    }
}

void mini_answer(struct miniserver *m, mini_fn *fn, void *arg)
{
    m->fn = fn;
    m->fn_arg = arg;
}

void mini_reply(struct miniserver *m, int status, const char *body)
{
    mini_push(m, &(struct mini_step){.status = status, .body = body});
}

void mini_release(struct miniserver *m)
{
    for (struct conn *c = m->conns; c; c = c->next) {
        if (!c->held || c->closing)
            continue;
        c->held = false;
        (c->step.act == MINI_STALL ? answer_rest : answer)(c, &c->step);
    }
}

size_t mini_count(const struct miniserver *m)
{
    return m->n_requests;
}

size_t mini_unsent(const struct miniserver *m)
{
    size_t n = 0;

    for (const struct conn *c = m->conns; c; c = c->next)
        n += uv_stream_get_write_queue_size((const uv_stream_t *)&c->tcp);
    return n;
}

size_t mini_connections(const struct miniserver *m)
{
    return m->accepted;
}

const char *mini_head(const struct miniserver *m, size_t i)
{
    assert(i < m->n_requests);
    return m->requests[i].head;
}

const char *mini_body(const struct miniserver *m, size_t i)
{
    assert(i < m->n_requests);
    return m->requests[i].body;
}

const char *mini_header(const struct miniserver *m, size_t i, const char *name,
                        char *buf, size_t size)
{
    size_t n = strlen(name);

    for (const char *p = mini_head(m, i); (p = strchr(p, '\n'));) {
        p++;
        if (strncasecmp(p, name, n) != 0 || p[n] != ':')
            continue;
        p += n + 1;
        p += strspn(p, " ");
        snprintf(buf, size, "%.*s", (int)strcspn(p, "\r\n"), p);
        return buf;
    }
    return NULL;
}
