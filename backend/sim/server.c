/* Sockets, connections and the way of one request through the simulator. */
#include "backend/sim/sim_internal.h"

#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/sim/world.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define IDLE_MS 120000
#define TICK_MS 200 /* the world moves on also when nobody asks */

struct conn {
    uv_tcp_t tcp;
    struct sim *sim;
    struct strbuf in;
    struct conn *prev, *next;
    bool closing, waiting; /* waiting: an answer is being delayed */
};

struct answer {
    uv_write_t write;
    uv_timer_t timer;
    struct conn *conn;
    struct strbuf bytes;
    bool close;
};

static void drop_if_done(struct sim *s)
{
    if (!s->dead || s->handles)
        return;
    world_free(s->world);
    for (size_t i = 0; i < s->n_requests; i++)
        free(s->requests[i].body);
    free(s->requests);
    free(s->faults);
    free(s);
}

static void on_conn_closed(uv_handle_t *h)
{
    struct conn *c = h->data;
    struct sim *s = c->sim;
    if (c->prev)
        c->prev->next = c->next;
    else
        s->conns = c->next;
    if (c->next)
        c->next->prev = c->prev;
    strbuf_release(&c->in);
    free(c);
    s->handles--;
    drop_if_done(s);
}

static void close_conn(struct conn *c, bool reset)
{
    if (c->closing)
        return;
    c->closing = true;
    if (reset && uv_tcp_close_reset(&c->tcp, on_conn_closed) == 0)
        return;
    uv_close((uv_handle_t *)&c->tcp, on_conn_closed);
}

static void serve_more(struct conn *c);

static void on_timer_closed(uv_handle_t *h)
{
    struct answer *a = h->data;
    struct sim *s = a->conn->sim;
    s->handles--;
    strbuf_release(&a->bytes);
    free(a);
    drop_if_done(s);
}

static void on_written(uv_write_t *w, int status)
{
    struct answer *a = w->data;
    struct conn *c = a->conn;
    bool end = a->close || status < 0;
    c->waiting = false;
    uv_close((uv_handle_t *)&a->timer, on_timer_closed);
    if (end)
        close_conn(c, false);
    else
        serve_more(c);
}

static void send_now(struct answer *a)
{
    uv_buf_t buf = uv_buf_init(a->bytes.data, (unsigned)a->bytes.len);
    if (a->conn->closing ||
        uv_write(&a->write, (uv_stream_t *)&a->conn->tcp, &buf, 1,
                 on_written)) {
        uv_close((uv_handle_t *)&a->timer, on_timer_closed);
        close_conn(a->conn, false);
    }
}

static void on_delay(uv_timer_t *t)
{
    send_now(t->data);
}

/* Takes bytes. Sends them, later when the answer is to be slow. */
static void answer(struct conn *c, struct strbuf *bytes, bool end,
                   int delay_ms)
{
    struct answer *a = xcalloc(1, sizeof(*a));
    a->conn = c;
    a->bytes = *bytes;
    a->close = end;
    a->write.data = a;
    a->timer.data = a;
    uv_timer_init(c->sim->loop, &a->timer);
    c->sim->handles++;
    c->waiting = true;
    if (delay_ms > 0)
        uv_timer_start(&a->timer, on_delay, (uint64_t)delay_ms, 0);
    else
        send_now(a);
}

static void refuse(struct conn *c, int status, const char *why)
{
    struct strbuf out = STRBUF_INIT;
    sim_http_reply(&out, status, "text/plain", "-", "-", why, strlen(why),
                   false, false, false);
    answer(c, &out, true, 0);
}

/* Serve what is complete in the buffer, one at a time: the next request of a
 * pipeline waits until the answer of this one is out. */
static void serve_more(struct conn *c)
{
    struct sim_http r;
    size_t used;
    int status;
    const char *why;
    if (c->closing || c->waiting || !c->in.len)
        return;
    enum sim_parse rc = sim_http_parse(&r, c->in.data, c->in.len, &used,
                                       &status, &why);
    if (rc == SIM_BAD) {
        refuse(c, status, why);
        return;
    }
    if (rc == SIM_NEED_MORE) {
        if (r.expect_continue) {
            static char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
            uv_buf_t b = uv_buf_init(go_on, sizeof(go_on) - 1);
            uv_try_write((uv_stream_t *)&c->tcp, &b, 1);
        }
        return;
    }
    memmove(c->in.data, c->in.data + used, c->in.len - used + 1);
    c->in.len -= used;
    struct strbuf out = STRBUF_INIT;
    struct sim_fate fate = {0};
    sim_handle(c->sim, &r, &out, &fate);
    bool keep = r.keep_alive;
    sim_http_release(&r);
    if (fate.reset) {
        strbuf_release(&out);
        close_conn(c, true);
        return;
    }
    answer(c, &out, !keep || fate.close, fate.delay_ms);
}

static void on_alloc(uv_handle_t *h, size_t hint, uv_buf_t *buf)
{
    (void)h;
    (void)hint;
    *buf = uv_buf_init(xmalloc(65536), 65536);
}

static void on_read(uv_stream_t *st, ssize_t n, const uv_buf_t *buf)
{
    struct conn *c = st->data;
    if (n > 0) {
        strbuf_append(&c->in, buf->base, (size_t)n);
        serve_more(c);
    } else if (n < 0) {
        close_conn(c, false);
    }
    free(buf->base);
}

static void on_connection(uv_stream_t *st, int status)
{
    struct sim *s = st->data;
    if (status < 0)
        return;
    struct conn *c = xcalloc(1, sizeof(*c));
    c->sim = s;
    uv_tcp_init(s->loop, &c->tcp);
    c->tcp.data = c;
    s->handles++;
    c->next = s->conns;
    if (s->conns)
        s->conns->prev = c;
    s->conns = c;
    if (uv_accept(st, (uv_stream_t *)&c->tcp)) {
        close_conn(c, false);
        return;
    }
    uv_tcp_nodelay(&c->tcp, 1);
    uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
}

static void on_tick(uv_timer_t *t)
{
    struct sim *s = t->data;
    world_advance(s->world, sim_now(s));
}

static void on_closed(uv_handle_t *h)
{
    struct sim *s = h->data;
    s->handles--;
    drop_if_done(s);
}

int sim_listen(struct sim *s, const char *address, int port, struct err *err)
{
    struct sockaddr_storage at = {0};
    int len = sizeof(at), rc;
    struct sockaddr_in *v4 = (struct sockaddr_in *)&at;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&at;
    bool six = address[0] == '[' || strchr(address, ':');
    rc = six ? uv_ip6_addr("::1", port, v6)
             : uv_ip4_addr(strcmp(address, "localhost") == 0 ? "127.0.0.1"
                                                             : address,
                           port, v4);
    bool ours = six ? strcmp(address, "[::1]") == 0 ||
                          strcmp(address, "::1") == 0
                    : rc == 0 && ntohl(v4->sin_addr.s_addr) >> 24 == 127;
    if (rc || !ours || port < 0 || port > 65535)
        return err_set(err, ERR_USAGE, "The simulator listens on loopback "
                       "only (127.0.0.1 or [::1]), not on %s.", address);
    uv_tcp_init(s->loop, &s->listener);
    s->listener.data = s;
    uv_timer_init(s->loop, &s->tick);
    s->tick.data = s;
    s->handles = 2;
    rc = uv_tcp_bind(&s->listener, (struct sockaddr *)&at, 0);
    if (!rc)
        rc = uv_listen((uv_stream_t *)&s->listener, 128, on_connection);
    if (!rc)
        rc = uv_tcp_getsockname(&s->listener, (struct sockaddr *)&at, &len);
    if (rc)
        return err_set(err, ERR_SYS, "Cannot listen on %s port %d: %s.",
                       address, port, uv_strerror(rc));
    snprintf(s->endpoint, sizeof(s->endpoint), "http://%s:%d",
             six ? "[::1]" : "127.0.0.1",
             ntohs(six ? v6->sin6_port : v4->sin_port));
    uv_timer_start(&s->tick, on_tick, TICK_MS, TICK_MS);
    uv_unref((uv_handle_t *)&s->tick);
    return 0;
}

void sim_free(struct sim *s)
{
    if (!s || s->dead)
        return;
    s->dead = true;
    if (!s->handles) {
        drop_if_done(s);
        return;
    }
    for (struct conn *c = s->conns, *next; c; c = next) {
        next = c->next;
        close_conn(c, false);
    }
    uv_close((uv_handle_t *)&s->tick, on_closed);
    uv_close((uv_handle_t *)&s->listener, on_closed);
}
