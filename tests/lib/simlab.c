#include "tests/lib/simlab.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include "backend/aws/sigv4.h"
#include "backend/base/clock.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/sim/sim.h"

static struct sim *new_sim(struct lab *l, struct sim_options *o)
{
    struct err err = {0};
    o->mode = SIM_CLOCK_DRIVEN;
    o->clock = l->clock;
    struct sim *s = sim_new(&l->loop, o, &err);
    if (!s)
        print_error("%s\n", err.message);
    return s;
}

int lab_set_up(void **state)
{
    struct lab *l = xcalloc(1, sizeof(*l));
    struct sim_options o = {0};
    uv_loop_init(&l->loop);
    l->clock = clock_new_driven(LAB_WALL);
    l->fd = -1;
    l->sim = new_sim(l, &o);
    *state = l;
    return l->sim ? 0 : -1;
}

void lab_restart(struct lab *l, struct sim_options *o)
{
    sim_free(l->sim);
    l->sim = new_sim(l, o);
    assert_non_null(l->sim);
}

int lab_tear_down(void **state)
{
    struct lab *l = *state;
    sim_free(l->sim);
    if (l->fd >= 0)
        close(l->fd);
    uv_run(&l->loop, UV_RUN_DEFAULT);
    int rc = uv_loop_close(&l->loop);
    clock_free(l->clock);
    strbuf_release(&l->got);
    free(l);
    return rc;
}

/* ---- socket --------------------------------------------------------- */

const char *lab_host(const struct lab *l)
{
    return sim_endpoint(l->sim) + strlen("http://");
}

int lab_connect(struct lab *l)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port =
        htons((uint16_t)strtol(strchr(lab_host(l), ':') + 1, NULL, 10));
    if (l->fd >= 0)
        close(l->fd);
    strbuf_clear(&l->got);
    l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(l->fd, (struct sockaddr *)&at, sizeof(at)))
        return errno;
    fcntl(l->fd, F_SETFL, O_NONBLOCK);
    return 0;
}

/* While the loop runs, since both ends are ours. */
void lab_send(struct lab *l, const char *data, size_t n)
{
    while (n) {
        ssize_t k = send(l->fd, data, n, MSG_NOSIGNAL);
        if (k > 0) {
            data += k;
            n -= (size_t)k;
        }
        uv_run(&l->loop, UV_RUN_NOWAIT);
    }
}

static int whole_answers(const struct lab *l)
{
    const char *p = strbuf_get(&l->got);
    int whole = 0;
    while (p && *p) {
        const char *body = strstr(p, "\r\n\r\n");
        const char *len = strstr(p, "Content-Length: ");
        if (body && strncmp(p, "HTTP/1.1 100", 12) == 0) {
            p = body + 4; /* not yet the answer */
            continue;
        }
        if (!body || !len || len > body)
            break;
        body += 4 + strtoul(len + 16, NULL, 10);
        if (body > l->got.data + l->got.len)
            break;
        whole++;
        p = body;
    }
    return whole;
}

int lab_receive(struct lab *l, int n)
{
    static char buf[65536];
    while (whole_answers(l) < n) {
        uv_run(&l->loop, UV_RUN_NOWAIT);
        ssize_t k = recv(l->fd, buf, sizeof(buf), 0);
        if (k > 0)
            strbuf_append(&l->got, buf, (size_t)k);
        else if (k == 0)
            return -1;
        else if (errno != EAGAIN)
            return errno;
        else
            uv_run(&l->loop, UV_RUN_ONCE);
    }
    return 0;
}

/* ---- requests ------------------------------------------------------- */

void lab_put(struct lab *l, struct strbuf *b, const char *op,
             const char *body)
{
    static const struct {
        const char *service, *target;
    } json[] = {{"ecs", "AmazonEC2ContainerServiceV20141113"},
                {"logs", "Logs_20140328"}};
    const char *service = l->service ? l->service : "ecs";
    const char *prefix = NULL;
    char target[100], date[20];
    for (size_t i = 0; i < ARRAY_LEN(json); i++)
        if (strcmp(service, json[i].service) == 0)
            prefix = json[i].target;
    snprintf(target, sizeof(target), "%s.%s", prefix ? prefix : "", op);
    fmt_amz_date(clock_wall_ms(l->clock) - l->late_ms, date);
    struct http_header h[6] = {
        {"Host", lab_host(l)},
        {"Content-Type", prefix ? "application/x-amz-json-1.1"
                                : "application/x-www-form-urlencoded"},
        {"X-Amz-Date", date}};
    size_t n = 3;
    if (prefix)
        h[n++] = (struct http_header){"X-Amz-Target", target};
    if (l->token[0])
        h[n++] = (struct http_header){"X-Amz-Security-Token", l->token};
    struct sigv4_request r = {
        .method = "POST", .path = "/", .headers = h, .n_headers = n,
        .body = body, .body_len = strlen(body),
        .region = l->region ? l->region : sim_region(l->sim),
        .service = l->scope ? l->scope : service, .amz_date = date,
        .access_key = l->key[0] ? l->key : sim_access_key(l->sim),
        .secret = l->key[0] ? l->secret : sim_secret(l->sim)};
    struct strbuf auth = STRBUF_INIT;
    assert_int_equal(sigv4_sign(&r, &auth, NULL, NULL), 0);
    strbuf_puts(b, "POST / HTTP/1.1\r\n");
    for (size_t i = 0; i < n; i++)
        strbuf_printf(b, "%s: %s\r\n", h[i].name, h[i].value);
    strbuf_printf(b, "%sAuthorization: %s\r\nContent-Length: %zu\r\n\r\n%s",
                  l->one_shot ? "Connection: close\r\n" : "",
                  strbuf_get(&auth), strlen(body), body);
    strbuf_release(&auth);
}

static int exchange(struct lab *l, struct strbuf *b)
{
    assert_int_equal(lab_connect(l), 0);
    lab_send(l, b->data, b->len);
    strbuf_release(b);
    return lab_receive(l, l->one_shot ? 1000 : 1);
}

int lab_call(struct lab *l, const char *op, const char *body)
{
    struct strbuf b = STRBUF_INIT;
    lab_put(l, &b, op, body);
    return exchange(l, &b);
}

int lab_ask(struct lab *l, const char *line, const char *headers,
            const char *body)
{
    struct strbuf b = STRBUF_INIT;
    strbuf_printf(&b, "%s HTTP/1.1\r\nHost: %s\r\n%sContent-Length: %zu"
                  "\r\n\r\n%s", line, lab_host(l), headers, strlen(body),
                  body);
    return exchange(l, &b);
}

/* ---- answers -------------------------------------------------------- */

void lab_says(const struct lab *l, const char *text)
{
    if (!strstr(strbuf_get(&l->got), text))
        fail_msg("\"%s\" is not in: %s", text, strbuf_get(&l->got));
}

static void join_chunks(const char *p, const char *end, struct strbuf *out)
{
    while (p < end) {
        char *eol;
        size_t n = strtoul(p, &eol, 16);
        if (!n)
            return;
        p = eol + 2;
        strbuf_append(out, p, n);
        p += n + 2;
    }
}

static void gunzip(struct strbuf *b)
{
    struct strbuf plain = STRBUF_INIT;
    static unsigned char buf[65536];
    z_stream z = {0};
    int rc = Z_OK;
    inflateInit2(&z, 15 + 16);
    z.next_in = (unsigned char *)b->data;
    z.avail_in = (unsigned)b->len;
    while (rc == Z_OK) {
        z.next_out = buf;
        z.avail_out = sizeof(buf);
        rc = inflate(&z, Z_NO_FLUSH);
        strbuf_append(&plain, buf, sizeof(buf) - z.avail_out);
    }
    assert_int_equal(rc, Z_STREAM_END);
    assert_int_equal(z.avail_in, 0);
    inflateEnd(&z);
    strbuf_release(b);
    *b = plain;
}

void lab_body(const struct lab *l, struct strbuf *out)
{
    const char *head = strbuf_get(&l->got), *end = head + l->got.len;
    const char *body = strstr(head, "\r\n\r\n");
    assert_non_null(body);
    char *lines = xstrndup(head, (size_t)(body - head));
    body += 4;
    *out = (struct strbuf)STRBUF_INIT;
    if (strstr(lines, "Transfer-Encoding: chunked"))
        join_chunks(body, end, out);
    else
        strbuf_append(out, body, (size_t)(end - body));
    if (strstr(lines, "Content-Encoding: gzip"))
        gunzip(out);
    free(lines);
}

json_t *lab_json(const struct lab *l)
{
    struct strbuf b;
    lab_body(l, &b);
    json_t *o = json_loadb(strbuf_get(&b), b.len, 0, NULL);
    strbuf_release(&b);
    return o;
}

void lab_value(const struct lab *l, const char *name, char *out, size_t size)
{
    char xml[80], json[80];
    struct strbuf b;
    lab_body(l, &b);
    snprintf(xml, sizeof(xml), "<%s>", name);
    snprintf(json, sizeof(json), "\"%s\":\"", name);
    const char *p = strstr(strbuf_get(&b), xml);
    size_t n = strlen(xml);
    if (!p) {
        p = strstr(strbuf_get(&b), json);
        n = strlen(json);
    }
    if (!p)
        fail_msg("%s is not in: %s", name, strbuf_get(&l->got));
    snprintf(out, size, "%.*s", (int)strcspn(p + n, "<\""), p + n);
    strbuf_release(&b);
}
