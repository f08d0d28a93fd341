#include "tests/bench/tap.h"

#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "tests/bench/bench.h"
#include "tests/screen/harness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_PAIRS 64

/* One connection of the program and ours to the simulator. */
struct pair {
    int fd[2]; /* program, simulator */
    struct strbuf in[2];
    size_t call; /* in flight */
};

struct tap {
    pthread_t thread;
    pthread_mutex_t lock; /* of calls and edit */
    int listener, wake[2], port;
    struct pair pairs[MAX_PAIRS];
    size_t n_pairs;
    struct tap_call *calls;
    size_t n_calls, cap_calls;
    tap_edit_fn *edit;
    void *edit_arg;
};

/* Length of the message at the start of b, or 0 while it is not whole. */
static size_t whole(const struct strbuf *b, size_t *head)
{
    const char *end = memmem(strbuf_get(b), b->len, "\r\n\r\n", 4);
    if (!end)
        return 0;
    *head = (size_t)(end - b->data) + 4;
    const char *p = strcasestr(b->data, "\r\ncontent-length:");
    size_t body = p && p < end ? strtoul(p + 17, NULL, 10) : 0;
    return b->len >= *head + body ? *head + body : 0;
}

/* A chunked answer at the start of b becomes one with a length, once it is
 * whole. False while it is not. */
static bool unchunk(struct strbuf *b)
{
    struct strbuf out = STRBUF_INIT, body = STRBUF_INIT;
    const char *end = memmem(strbuf_get(b), b->len, "\r\n\r\n", 4);
    const char *mark = strcasestr(strbuf_get(b), "\r\ntransfer-encoding:");
    if (!end || !mark || mark > end)
        return end != NULL;
    const char *p = end + 4, *stop = b->data + b->len;
    while (memmem(p, (size_t)(stop - p), "\r\n", 2)) {
        char *data;
        size_t n = strtoul(p, &data, 16);
        data += 2;
        if ((size_t)(stop - data) < n + 2)
            break;
        strbuf_append(&body, data, n);
        p = data + n + 2;
        if (n)
            continue;
        strbuf_append(&out, b->data, (size_t)(mark - b->data));
        strbuf_append(&out, mark + 2 + strcspn(mark + 2, "\r"),
                      (size_t)(end - mark) - 2 - strcspn(mark + 2, "\r"));
        strbuf_printf(&out, "\r\nContent-Length: %zu\r\n\r\n", body.len);
        strbuf_append(&out, body.data, body.len);
        strbuf_append(&out, p, (size_t)(stop - p));
        strbuf_release(&body);
        strbuf_release(b);
        *b = out;
        return true;
    }
    strbuf_release(&body);
    return false;
}

static void note_request(struct tap *t, struct pair *p, size_t head)
{
    struct tap_call c = {.asked_ms = now_ms()};
    char *zip = memmem(p->in[0].data, head, "\r\nAccept-Encoding:", 18);
    if (zip) /* answers come as they are parsed: unpacking is no JSON's cost */
        memcpy(zip + 2, "X-Declined-Code:", 16);
    const char *target =
        memmem(p->in[0].data, head, "\r\nX-Amz-Target:", 15);
    if (target) {
        target += 15;
        target += strspn(target, " ");
        size_t n = strcspn(target, "\r\n");
        const char *dot = memchr(target, '.', n);
        n -= dot ? (size_t)(dot + 1 - target) : 0;
        snprintf(c.op, sizeof(c.op), "%.*s", (int)n, dot ? dot + 1 : target);
    }
    pthread_mutex_lock(&t->lock);
    t->calls = xgrow(t->calls, &t->cap_calls, t->n_calls + 1,
                     sizeof(*t->calls));
    p->call = t->n_calls;
    t->calls[t->n_calls++] = c;
    pthread_mutex_unlock(&t->lock);
}

static void note_answer(struct tap *t, struct pair *p, size_t head, size_t n)
{
    pthread_mutex_lock(&t->lock);
    struct tap_call *c = &t->calls[p->call];
    if (t->edit)
        t->edit(t->edit_arg, c->op, p->in[1].data + head, n - head);
    c->answered_ms = now_ms();
    c->len = n - head;
    c->body = xstrndup(p->in[1].data + head, c->len);
    pthread_mutex_unlock(&t->lock);
}

static bool put(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t done = send(fd, p, n, MSG_NOSIGNAL);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        p += done;
        n -= (size_t)done;
    }
    return true;
}

/* Whole messages are noted and passed on. False when either side is done. */
static bool pass(struct tap *t, struct pair *p, int from)
{
    char buf[65536];
    struct strbuf *in = &p->in[from];
    size_t n, head;
    ssize_t got = recv(p->fd[from], buf, sizeof(buf), 0);
    if (got <= 0)
        return false;
    strbuf_append(in, buf, (size_t)got);
    while ((from == 0 || unchunk(in)) && (n = whole(in, &head))) {
        if (from == 0)
            note_request(t, p, head);
        else
            note_answer(t, p, head, n);
        if (!put(p->fd[!from], in->data, n))
            return false;
        memmove(in->data, in->data + n, in->len - n + 1);
        in->len -= n;
    }
    return true;
}

static void drop(struct tap *t, size_t i)
{
    struct pair *p = &t->pairs[i];
    for (int side = 0; side < 2; side++) {
        close(p->fd[side]);
        strbuf_release(&p->in[side]);
    }
    *p = t->pairs[--t->n_pairs];
}

static void welcome(struct tap *t)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)t->port)};
    int one = 1;
    int fd = accept4(t->listener, NULL, NULL, SOCK_CLOEXEC);
    int sim = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || sim < 0 || t->n_pairs == MAX_PAIRS ||
        connect(sim, (struct sockaddr *)&at, sizeof(at))) {
        close(fd);
        close(sim);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    setsockopt(sim, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    t->pairs[t->n_pairs++] = (struct pair){.fd = {fd, sim}};
}

static void *run(void *arg)
{
    struct tap *t = arg;
    for (;;) {
        struct pollfd p[2 + 2 * MAX_PAIRS];
        size_t n = t->n_pairs;
        p[0] = (struct pollfd){.fd = t->listener, .events = POLLIN};
        p[1] = (struct pollfd){.fd = t->wake[0], .events = POLLIN};
        for (size_t i = 0; i < 2 * n; i++)
            p[2 + i] = (struct pollfd){.fd = t->pairs[i / 2].fd[i % 2],
                                       .events = POLLIN};
        if (poll(p, (nfds_t)(2 + 2 * n), -1) < 0 && errno != EINTR)
            break;
        if (p[1].revents)
            break;
        for (size_t i = n; i-- > 0;) { /* drop() takes the last one's place */
            bool ok = !p[2 + 2 * i].revents || pass(t, &t->pairs[i], 0);
            ok = ok && (!p[3 + 2 * i].revents || pass(t, &t->pairs[i], 1));
            if (!ok)
                drop(t, i);
        }
        if (p[0].revents)
            welcome(t);
    }
    while (t->n_pairs)
        drop(t, t->n_pairs - 1);
    return NULL;
}

struct tap *tap_start(struct sim_child *sim)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof(at);
    struct tap *t = xcalloc(1, sizeof(*t));
    const char *port = strrchr(sim->endpoint, ':');
    t->port = port ? (int)strtol(port + 1, NULL, 10) : 0;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    t->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (t->listener < 0 ||
        bind(t->listener, (struct sockaddr *)&at, sizeof(at)) ||
        listen(t->listener, 64) || pipe(t->wake) ||
        getsockname(t->listener, (struct sockaddr *)&at, &len)) {
        close(t->listener);
        free(t);
        return NULL;
    }
    snprintf(sim->env[0], sizeof(sim->env[0]),
             "AWS_ENDPOINT_URL=http://127.0.0.1:%d", ntohs(at.sin_port));
    pthread_mutex_init(&t->lock, NULL);
    pthread_create(&t->thread, NULL, run, t);
    return t;
}

void tap_stop(struct tap *t)
{
    if (write(t->wake[1], "", 1) == 1)
        pthread_join(t->thread, NULL);
    close(t->listener);
    close(t->wake[0]);
    close(t->wake[1]);
    for (size_t i = 0; i < t->n_calls; i++)
        free(t->calls[i].body);
    free(t->calls);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

void tap_edit(struct tap *t, tap_edit_fn *fn, void *arg)
{
    pthread_mutex_lock(&t->lock);
    t->edit = fn;
    t->edit_arg = arg;
    pthread_mutex_unlock(&t->lock);
}

struct tap_call *tap_calls(struct tap *t, size_t *n)
{
    pthread_mutex_lock(&t->lock);
    struct tap_call *copy = xcalloc(t->n_calls + 1, sizeof(*copy));
    memcpy(copy, t->calls, t->n_calls * sizeof(*copy));
    *n = t->n_calls;
    pthread_mutex_unlock(&t->lock);
    return copy;
}
