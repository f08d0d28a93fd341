/* Sockets and connections: bytes in, whole requests out to sim_handle(), its
 * answers back. */
#include "backend/sim/sim_internal.h"

#include "backend/base/fmt.h"
#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/sim/live.h"
#include "backend/sim/world.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define IDLE_MS 120000
#define TICK_MS 200 /* the world moves on also when nobody asks */
/* A pipeline that fills this while an answer is due has to wait. */
#define MAX_PIPELINE (SIM_MAX_HEAD + 2 * SIM_MAX_BODY)
#define MAX_CONNS 1024

/* One at a time is answered: the next request of a pipeline stays in `in`
 * until the answer of this one is out. Two handles; freed with the second. */
struct sim_conn {
    uv_tcp_t tcp;
    uv_timer_t timer; /* idle, or the delay of the answer */
    int handles;
    struct sim *sim;
    struct strbuf in, out;
    uv_write_t write;
    struct sim_conn *prev, *next;
    bool closing;
    bool answering;  /* from request to last byte */
    bool paused;     /* not reading: too much input */
    bool told_to_go_on; /* 100 Continue is out for this request */
    bool close_after, reset_after; /* reset: in place of the answer */
    size_t drip, drip_ms, sent; /* bytes a piece (0 = all at once) */
    struct sim_live *live; /* the answer goes on */
    struct timer live_timer; /* for it, where the clock is driven */
};

static void drop_if_done(struct sim *s)
{
    if (!s->dead || s->handles)
        return;
    if (s->done)
        s->done(s->done_arg);
    for (size_t i = 0; i < s->n_worlds; i++)
        world_free(s->worlds[i]);
    free(s->worlds);
    sim_creds_release(s);
    if (s->journal >= 0)
        close(s->journal);
    free(s->deny);
    sim_forget_requests(s);
    free(s->requests);
    free(s->faults);
    free(s->buckets);
    free(s);
}

static void on_conn_closed(uv_handle_t *h)
{
    struct sim_conn *c = h->data;
    struct sim *s = c->sim;
    s->handles--;
    if (--c->handles == 0) {
        if (c->prev)
            c->prev->next = c->next;
        else
            s->conns = c->next;
        if (c->next)
            c->next->prev = c->prev;
        s->n_conns--;
        strbuf_release(&c->in);
        strbuf_release(&c->out);
        free(c);
    }
    drop_if_done(s);
}

static void end_live(struct sim_conn *c)
{
    if (c->live && c->sim->mode == SIM_CLOCK_DRIVEN)
        timer_stop(c->sim->clock, &c->live_timer);
    sim_live_free(c->live);
    c->live = NULL;
}

static void close_conn(struct sim_conn *c, bool reset)
{
    if (c->closing)
        return;
    c->closing = true;
    end_live(c);
    uv_close((uv_handle_t *)&c->timer, on_conn_closed);
    if (reset && uv_tcp_close_reset(&c->tcp, on_conn_closed) == 0)
        return;
    uv_close((uv_handle_t *)&c->tcp, on_conn_closed);
}

static void serve_more(struct sim_conn *c);

static void on_idle(uv_timer_t *t)
{
    close_conn(t->data, false);
}

static void on_delay(uv_timer_t *t);

static void wait_live(struct sim_conn *c);

static void on_written(uv_write_t *w, int status)
{
    struct sim_conn *c = w->data;
    if (status == 0 && c->sent < c->out.len && !c->closing) {
        uv_timer_start(&c->timer, on_delay, c->drip_ms, 0);
        return;
    }
    strbuf_clear(&c->out);
    if (c->live && status == 0 && !c->closing) {
        wait_live(c);
        return;
    }
    c->answering = false;
    c->drip = 0;
    if (status < 0 || c->close_after)
        close_conn(c, false);
    else
        serve_more(c);
}

static void send_now(struct sim_conn *c)
{
    size_t n = c->out.len - c->sent;
    if (c->drip && n > c->drip)
        n = c->drip;
    uv_buf_t buf = uv_buf_init(c->out.data + c->sent, (unsigned)n);
    c->sent += n;
    c->write.data = c;
    uv_timer_stop(&c->timer);
    if (uv_write(&c->write, (uv_stream_t *)&c->tcp, &buf, 1, on_written))
        close_conn(c, false);
}

static void on_delay(uv_timer_t *t)
{
    struct sim_conn *c = t->data;
    if (c->reset_after)
        close_conn(c, true);
    else
        send_now(c);
}

/* ---- an answer that goes on -------------------------------------------- */

static void more_live(struct sim_conn *c)
{
    enum sim_live_next next = sim_live_more(c->live, &c->out);
    if (next == SIM_LIVE_BREAK) {
        close_conn(c, true);
        return;
    }
    if (next == SIM_LIVE_END)
        end_live(c);
    c->sent = 0;
    if (c->out.len)
        send_now(c);
    else
        wait_live(c);
}

static void on_live(uv_timer_t *t)
{
    more_live(t->data);
}

static void on_live_clock(struct timer *t, void *arg)
{
    (void)t;
    more_live(arg);
}

static void wait_live(struct sim_conn *c)
{
    if (c->sim->mode == SIM_CLOCK_DRIVEN)
        timer_start(c->sim->clock, &c->live_timer, SIM_LIVE_UPDATE_MS,
                    on_live_clock, c);
    else
        uv_timer_start(&c->timer, on_live, SIM_LIVE_UPDATE_MS, 0);
}

/* Sends c->out, later when the answer is to be slow. */
static void answer(struct sim_conn *c, bool end, int delay_ms)
{
    c->answering = true;
    c->sent = 0;
    c->close_after = end;
    if (delay_ms > 0)
        uv_timer_start(&c->timer, on_delay, (uint64_t)delay_ms, 0);
    else
        send_now(c);
}

static void refuse(struct sim_conn *c, int status, const char *why)
{
    char date[40];
    sim_http_reply(&c->out, status, "text/plain", "none",
                   fmt_http_date(sim_now(c->sim), date), "", why, strlen(why),
                   false, false, false);
    answer(c, true, 0);
}

static void go_on(struct sim_conn *c)
{
    static char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    uv_buf_t b = uv_buf_init(text, sizeof(text) - 1);
    if (!c->told_to_go_on)
        uv_try_write((uv_stream_t *)&c->tcp, &b, 1);
    c->told_to_go_on = true;
}

static void stop_listening(struct sim *s, int ms);

static void serve_one(struct sim_conn *c, struct sim_http *r)
{
    struct sim_ending end = {0};
    sim_handle(c->sim, r, &c->out, &end);
    bool keep = r->keep_alive && !end.close && !end.cut;
    sim_http_release(r);
    c->live = end.live;
    if (end.reset || end.cut || end.refuse_ms)
        end_live(c);
    c->reset_after = end.reset;
    c->drip = (size_t)end.drip_bytes;
    c->drip_ms = (size_t)end.drip_ms;
    if (end.refuse_ms) {
        stop_listening(c->sim, end.refuse_ms);
        return;
    }
    if (end.reset && !end.delay_ms) {
        close_conn(c, true);
        return;
    }
    if (end.cut)
        c->out.data[c->out.len /= 2] = '\0';
    answer(c, !keep, end.delay_ms);
}

static void on_alloc(uv_handle_t *h, size_t hint, uv_buf_t *buf)
{
    (void)h;
    (void)hint;
    *buf = uv_buf_init(xmalloc(65536), 65536);
}

static void on_read(uv_stream_t *st, ssize_t n, const uv_buf_t *buf)
{
    struct sim_conn *c = st->data;
    if (n > 0) {
        strbuf_append(&c->in, buf->base, (size_t)n);
        serve_more(c);
    } else if (n < 0) {
        close_conn(c, false);
    }
    free(buf->base);
}

static void mind_input(struct sim_conn *c)
{
    bool full = c->in.len > MAX_PIPELINE;
    if (full && !c->paused)
        uv_read_stop((uv_stream_t *)&c->tcp);
    else if (!full && c->paused)
        uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
    c->paused = full;
}

static void serve_more(struct sim_conn *c)
{
    struct sim_http r;
    size_t used;
    int status;
    const char *why;
    if (c->closing)
        return;
    mind_input(c);
    if (c->answering)
        return;
    uv_timer_start(&c->timer, on_idle, IDLE_MS, 0);
    enum sim_parse rc = sim_http_parse(&r, strbuf_get(&c->in), c->in.len,
                                       &used, &status, &why);
    if (rc == SIM_BAD) {
        refuse(c, status, why);
    } else if (rc == SIM_COMPLETE) {
        memmove(c->in.data, c->in.data + used, c->in.len - used + 1);
        c->in.len -= used;
        c->told_to_go_on = false;
        serve_one(c, &r);
    } else if (r.expect_continue) {
        go_on(c);
    }
}

static void on_connection(uv_stream_t *st, int status)
{
    struct sim *s = st->data;
    if (status < 0)
        return;
    struct sim_conn *c = xcalloc(1, sizeof(*c));
    c->sim = s;
    uv_tcp_init(s->loop, &c->tcp);
    uv_timer_init(s->loop, &c->timer);
    c->tcp.data = c->timer.data = c;
    c->handles = 2;
    s->handles += 2;
    s->n_conns++;
    c->next = s->conns;
    if (s->conns)
        s->conns->prev = c;
    s->conns = c;
    if (uv_accept(st, (uv_stream_t *)&c->tcp) || s->n_conns > MAX_CONNS) {
        close_conn(c, false);
        return;
    }
    uv_tcp_nodelay(&c->tcp, 1);
    uv_timer_start(&c->timer, on_idle, IDLE_MS, 0);
    uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
}

static void on_tick(uv_timer_t *t)
{
    struct sim *s = t->data;
    for (size_t i = 0; i < s->n_worlds; i++)
        world_advance(s->worlds[i], sim_now(s));
}

static void on_closed(uv_handle_t *h)
{
    struct sim *s = h->data;
    s->handles--;
    drop_if_done(s);
}

static int open_listener(struct sim *s)
{
    uv_tcp_init(s->loop, &s->listener);
    s->listener.data = s;
    s->listening = true;
    s->handles++;
    int rc = uv_tcp_bind(&s->listener, (struct sockaddr *)&s->at, 0);
    return rc ? rc : uv_listen((uv_stream_t *)&s->listener, 128,
                               on_connection);
}

static void close_listener(struct sim *s)
{
    if (s->listening)
        uv_close((uv_handle_t *)&s->listener, on_closed);
    s->listening = false;
}

static void on_reopen(uv_timer_t *t)
{
    struct sim *s = t->data;
    if (open_listener(s)) /* somebody else has the port: try again */
        stop_listening(s, 100);
}

/* Refuses whoever wants to connect, and drops who has. */
static void stop_listening(struct sim *s, int ms)
{
    for (struct sim_conn *c = s->conns; c; c = c->next)
        close_conn(c, true);
    close_listener(s);
    uv_timer_start(&s->reopen, on_reopen, (uint64_t)ms, 0);
}

/* 127.0.0.0/8, ::1 and localhost, nothing else. */
static int loopback(const char *address, int port,
                    struct sockaddr_storage *at)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)at;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)at;
    if (port < 0 || port > 65535)
        return -1;
    if (strcmp(address, "[::1]") == 0 || strcmp(address, "::1") == 0)
        return uv_ip6_addr("::1", port, v6);
    if (strcmp(address, "localhost") == 0)
        address = "127.0.0.1";
    if (uv_ip4_addr(address, port, v4))
        return -1;
    return ntohl(v4->sin_addr.s_addr) >> 24 == 127 ? 0 : -1;
}

int sim_listen(struct sim *s, const char *address, int port, struct err *err)
{
    char name[64];
    int len = sizeof(s->at), rc;
    if (loopback(address, port, &s->at))
        return err_set(err, ERR_USAGE, "The simulator listens on loopback "
                       "only (127.0.0.1 or [::1]), not on %s port %d.",
                       address, port);
    uv_timer_init(s->loop, &s->tick);
    uv_timer_init(s->loop, &s->reopen);
    s->tick.data = s->reopen.data = s;
    s->handles = 2;
    rc = open_listener(s);
    if (!rc)
        rc = uv_tcp_getsockname(&s->listener, (struct sockaddr *)&s->at, &len);
    if (rc)
        return err_set(err, ERR_SYS, "Cannot listen on %s port %d: %s.",
                       address, port, uv_strerror(rc));
    bool six = s->at.ss_family == AF_INET6;
    if (!six)
        uv_ip4_name((struct sockaddr_in *)&s->at, name, sizeof(name));
    snprintf(s->endpoint, sizeof(s->endpoint), "http://%s:%d",
             six ? "[::1]" : name,
             ntohs(six ? ((struct sockaddr_in6 *)&s->at)->sin6_port
                       : ((struct sockaddr_in *)&s->at)->sin_port));
    uv_timer_start(&s->tick, on_tick, TICK_MS, TICK_MS);
    uv_unref((uv_handle_t *)&s->tick);
    return 0;
}

void sim_close(struct sim *s, void (*done)(void *arg), void *arg)
{
    if (!s || s->dead)
        return;
    s->dead = true;
    s->done = done;
    s->done_arg = arg;
    if (!s->handles) {
        drop_if_done(s);
        return;
    }
    for (struct sim_conn *c = s->conns; c; c = c->next)
        close_conn(c, false);
    uv_close((uv_handle_t *)&s->tick, on_closed);
    uv_close((uv_handle_t *)&s->reopen, on_closed);
    close_listener(s);
}

void sim_free(struct sim *s)
{
    sim_close(s, NULL, NULL);
}
