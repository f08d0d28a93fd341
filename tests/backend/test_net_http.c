/* HTTP calls against a scripted server on the same loop. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/scope.h"
#include "backend/net/http_internal.h"
#include "backend/net/loop.h"
#include "tests/lib/miniserver.h"

#define WALL 1785000000000

struct lab {
    struct clock *clock;
    struct loop *loop;
    struct http *http;
    struct miniserver *server;
    struct scope scope;
};

/* What the last completion said. */
struct got {
    int n;
    int status;
    bool sent;
    int64_t date_ms;
    char body[200];
    size_t body_len;
    struct err err; /* code 0 = none */
    char header[100];
    struct scope *cancel; /* cancelled from the completion */
};

static int set_up(void **state)
{
    struct lab *l = xcalloc(1, sizeof(*l));

    l->clock = clock_new_driven(WALL);
    l->loop = loop_new(l->clock);
    l->http = http_new(l->loop, NULL);
    l->server = mini_new(l->loop);
    scope_init(&l->scope, NULL);
    *state = l;
    return 0;
}

/* Every test ends here: with a loop that closes. */
static int tear_down(void **state)
{
    struct lab *l = *state;

    scope_cancel(&l->scope);
    assert_int_equal(http_in_flight(l->http), 0);
    assert_int_equal(loop_work_pending(l->loop), 0);
    http_free(l->http);
    mini_free(l->server);
    loop_free(l->loop);
    clock_free(l->clock);
    free(l);
    return 0;
}

static void on_done(void *arg, struct http_reply *r, const struct err *err)
{
    struct got *g = arg;

    g->n++;
    g->status = r->status;
    g->sent = r->sent;
    g->date_ms = r->date_ms;
    g->body_len = r->body.len;
    snprintf(g->body, sizeof(g->body), "%s", strbuf_get(&r->body));
    http_reply_header(r, "x-thing", g->header, sizeof(g->header));
    err_clear(&g->err);
    if (err)
        g->err = *err;
    if (g->cancel)
        scope_cancel(g->cancel);
}

static void start(struct lab *l, struct got *g, struct http_request *rq)
{
    struct err err;

    if (!rq->url)
        rq->url = mini_url(l->server);
    if (http_start(l->http, &l->scope, rq, on_done, g, &err) != 0)
        fail_msg("%s", err.message);
}

static void run(struct lab *l, struct got *g, struct http_request *rq)
{
    start(l, g, rq);
    assert_int_equal(g->n, 0); /* never from inside the start */
    assert_true(loop_until_idle(l->loop, 20000));
    assert_int_equal(g->n, 1);
}

static void post_arrives_whole_and_answer_comes_back(void **state)
{
    struct lab *l = *state;
    struct http_header h[] = {{"X-Amz-Target", "T.Op"}, {"X-Empty", ""}};
    struct http_request rq = {.headers = h, .n_headers = 2,
                              .body = "{\"a\":1}", .body_len = 7};
    struct got g = {0};
    char v[64];

    mini_push(l->server, &(struct mini_step){
        .headers = "Date: Sat, 21 Nov 2026 14:32:07 GMT\r\n"
                   "X-Thing:  yes \r\n",
        .body = "hello"});
    run(l, &g, &rq);
    assert_int_equal(g.err.code, 0);
    assert_int_equal(g.status, 200);
    assert_true(g.sent);
    assert_string_equal(g.body, "hello");
    assert_string_equal(g.header, "yes");
    assert_true(g.date_ms == 1795271527000);
    assert_int_equal(strncmp(mini_head(l->server, 0), "POST / HTTP/1.1\r\n",
                             17), 0);
    assert_string_equal(mini_body(l->server, 0), "{\"a\":1}");
    assert_string_equal(
        mini_header(l->server, 0, "x-amz-target", v, sizeof(v)), "T.Op");
    assert_string_equal(mini_header(l->server, 0, "x-empty", v, sizeof(v)),
                        "");
    assert_null(mini_header(l->server, 0, "expect", v, sizeof(v)));
    assert_string_equal(
        mini_header(l->server, 0, "accept-encoding", v, sizeof(v)), "gzip");
}

static void connection_is_kept_and_reused(void **state)
{
    struct lab *l = *state;

    for (int i = 0; i < 5; i++) {
        struct http_request rq = {0};
        struct got g = {0};

        mini_reply(l->server, 200, "x");
        run(l, &g, &rq);
        assert_int_equal(g.status, 200);
    }
    assert_int_equal(mini_connections(l->server), 1);
}

static void stale_options_do_not_leak_into_the_next_call(void **state)
{
    struct lab *l = *state;
    struct http_header h = {"X-Amz-Target", "T.Op"};
    struct http_request post = {.headers = &h, .n_headers = 1,
                                .body = "body", .body_len = 4};
    struct http_request get = {0};
    struct got g = {0}, g2 = {0};
    char v[32];

    mini_reply(l->server, 200, "x");
    mini_reply(l->server, 200, "x");
    run(l, &g, &post);
    run(l, &g2, &get);
    assert_int_equal(strncmp(mini_head(l->server, 1), "GET /", 5), 0);
    assert_null(mini_header(l->server, 1, "x-amz-target", v, sizeof(v)));
    assert_string_equal(mini_body(l->server, 1), "");
}

static void status_of_any_kind_is_a_reply(void **state)
{
    struct lab *l = *state;
    struct http_request rq = {0};
    struct got g = {0};

    mini_push(l->server, &(struct mini_step){
        .status = 302, .headers = "Location: /elsewhere\r\n"});
    mini_reply(l->server, 200, "followed");
    run(l, &g, &rq);
    assert_int_equal(g.err.code, 0);
    assert_int_equal(g.status, 302); /* not followed */
    assert_int_equal(mini_count(l->server), 1);
}

static size_t gzip(const char *in, size_t n, char *out, size_t size)
{
    z_stream z = {0};

    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8,
                                  Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (unsigned char *)(uintptr_t)in;
    z.avail_in = (unsigned)n;
    z.next_out = (unsigned char *)out;
    z.avail_out = (unsigned)size;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

static void gzip_is_undone_and_a_bomb_is_capped(void **state)
{
    struct lab *l = *state;
    struct http_request rq = {.max_body = 64 * 1024};
    struct got g = {0}, g2 = {0};
    static char zeros[4 * 1024 * 1024];
    char small[64];
    char *packed = xmalloc(64 * 1024);
    size_t n = gzip("hello", 5, small, sizeof(small));

    mini_push(l->server, &(struct mini_step){
        .headers = "Content-Encoding: gzip\r\n", .body = small,
        .body_len = n});
    run(l, &g, &rq);
    assert_string_equal(g.body, "hello");
    n = gzip(zeros, sizeof(zeros), packed, 64 * 1024);
    assert_true(n < 64 * 1024); /* small on the wire */
    mini_push(l->server, &(struct mini_step){
        .headers = "Content-Encoding: gzip\r\n", .body = packed,
        .body_len = n});
    run(l, &g2, &rq);
    assert_int_equal(g2.err.code, ERR_TOO_LARGE);
    assert_true(g2.body_len <= 64 * 1024);
    assert_false(g2.err.retryable);
    assert_non_null(strstr(g2.err.message, "127.0.0.1"));
    free(packed);
}

static void headers_are_capped(void **state)
{
    struct lab *l = *state;
    struct http_request rq = {0};
    struct got g = {0};
    struct strbuf h = STRBUF_INIT;

    for (int i = 0; i < 2000; i++)
        strbuf_printf(&h, "X-%04d: %050d\r\n", i, i);
    mini_push(l->server, &(struct mini_step){.headers = strbuf_get(&h)});
    run(l, &g, &rq);
    assert_int_equal(g.err.code, ERR_TOO_LARGE);
    strbuf_release(&h);
}

static void slow_answer_times_out_as_sent(void **state)
{
    struct lab *l = *state;
    struct http_request rq = {.timeout_ms = 50, .body = "x", .body_len = 1};
    struct got g = {0};

    mini_push(l->server, &(struct mini_step){.act = MINI_HOLD});
    run(l, &g, &rq);
    assert_int_equal(g.err.code, ERR_TIMEOUT);
    assert_true(g.sent);
    assert_true(g.err.retryable);
    assert_non_null(strstr(g.err.message, "127.0.0.1"));
}

static void late_answer_within_the_deadline_is_fine(void **state)
{
    struct lab *l = *state;
    struct http_request rq = {0};
    struct got g = {0};

    mini_push(l->server, &(struct mini_step){.act = MINI_HOLD, .body = "ok"});
    start(l, &g, &rq);
    while (mini_count(l->server) == 0)
        loop_turn(l->loop, 1000);
    assert_int_equal(g.n, 0);
    mini_release(l->server);
    assert_true(loop_until_idle(l->loop, 20000));
    assert_string_equal(g.body, "ok");
}

static void broken_connections_are_errors_that_say_sent(void **state)
{
    static const enum mini_act acts[] = {MINI_DROP, MINI_RESET, MINI_PART};
    struct lab *l = *state;

    for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
        struct http_request rq = {.body = "x", .body_len = 1,
                                  .send_once = true};
        struct got g = {0};

        mini_push(l->server, &(struct mini_step){
            .act = acts[i], .body = "a body that is cut"});
        run(l, &g, &rq);
        assert_int_equal(g.err.code, ERR_NET);
        assert_true(g.sent);
        assert_int_equal(mini_count(l->server), i + 1);
    }
}

static void dead_kept_connection_never_sends_a_mutation_twice(void **state)
{
    struct lab *l = *state;
    struct http_request warm = {0};
    struct http_request rq = {.body = "x", .body_len = 1, .send_once = true};
    struct got g = {0}, g2 = {0};

    mini_reply(l->server, 200, "x"); /* now there is a kept connection */
    run(l, &g, &warm);
    mini_push(l->server, &(struct mini_step){.act = MINI_DROP});
    mini_reply(l->server, 200, "sent twice");
    run(l, &g2, &rq);
    assert_int_equal(g2.err.code, ERR_NET);
    assert_true(g2.sent);
    assert_int_equal(mini_count(l->server), 2);
}

/* A port that nobody listens on: bound, then closed. */
static int closed_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t n = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, n), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
    close(fd);
    return ntohs(a.sin_port);
}

static void refused_connection_is_not_sent(void **state)
{
    struct lab *l = *state;
    char url[64];
    struct http_request rq = {.url = url, .body = "x", .body_len = 1};
    struct got g = {0};

    snprintf(url, sizeof(url), "http://127.0.0.1:%d/", closed_port());
    run(l, &g, &rq);
    assert_int_equal(g.err.code, ERR_NET);
    assert_false(g.sent);
    assert_true(g.err.retryable);
    assert_non_null(strstr(g.err.message, "127.0.0.1"));
}

static void plain_text_on_a_tls_port_is_a_tls_error(void **state)
{
    struct lab *l = *state;
    char url[64];
    struct http_request rq = {.url = url, .timeout_ms = 2000};
    struct got g = {0};

    /* The server takes the hello for an unfinished request; a deadline or a
     * handshake error both show that nothing was sent. */
    snprintf(url, sizeof(url), "https%s", mini_url(l->server) + 4);
    rq.timeout_ms = 100;
    run(l, &g, &rq);
    assert_true(g.err.code == ERR_TIMEOUT || g.err.code == ERR_TLS);
    assert_false(g.sent);
}

static void proxy_of_the_environment_is_not_used_for_loopback(void **state)
{
    struct lab *l = *state;
    struct http_request rq = {0};
    struct got g = {0};
    char proxy[64];

    snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d/", closed_port());
    setenv("http_proxy", proxy, 1);
    mini_reply(l->server, 200, "direct");
    run(l, &g, &rq);
    unsetenv("http_proxy");
    assert_string_equal(g.body, "direct");
}

/* "http://0.0.0.0:PORT/": loopback for the kernel, any host for us. */
static char *elsewhere(struct lab *l, const char *scheme)
{
    return xasprintf("%s://0.0.0.0%s", scheme, strrchr(mini_url(l->server),
                                                       ':'));
}

static void proxies_are_used_unless_told_otherwise(void **state)
{
    static const struct {
        const char *scheme, *no_proxy;
        bool direct;
        const char *line; /* what arrives; %s is the port and the slash */
    } rows[] = {
        {"http", NULL, false, "GET http://0.0.0.0%s HTTP/1.1"},
        {"http", "other.example", false, "GET http://0.0.0.0%s HTTP/1.1"},
        {"http", "0.0.0.0", false, "GET / HTTP/1.1"},
        {"http", "*", false, "GET / HTTP/1.1"},
        {"http", NULL, true, "GET / HTTP/1.1"},
        {"https", NULL, false, "CONNECT 0.0.0.0%.*s HTTP/1.1"},
    };
    struct lab *l = *state;
    const char *port = strrchr(mini_url(l->server), ':');

    http_allow_plain(l->http);
    setenv("http_proxy", mini_url(l->server), 1);
    setenv("HTTPS_PROXY", mini_url(l->server), 1);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *url = elsewhere(l, rows[i].scheme), want[100];
        struct http_request rq = {.url = url, .direct = rows[i].direct};
        struct got g = {0};

        if (rows[i].no_proxy)
            setenv("NO_PROXY", rows[i].no_proxy, 1);
        else
            unsetenv("NO_PROXY");
        if (strcmp(rows[i].scheme, "https") == 0) {
            mini_reply(l->server, 403, "");
            snprintf(want, sizeof(want), rows[i].line,
                     (int)strlen(port) - 1, port);
        } else {
            mini_reply(l->server, 200, "here");
            snprintf(want, sizeof(want), rows[i].line, port);
        }
        run(l, &g, &rq);
        assert_int_equal(mini_count(l->server), i + 1);
        assert_memory_equal(mini_head(l->server, i), want, strlen(want));
        free(url);
    }
    unsetenv("http_proxy");
    unsetenv("HTTPS_PROXY");
    unsetenv("NO_PROXY");
}

static void metadata_hosts_never_see_the_proxy(void **state)
{
    static const struct {
        const char *host;
        bool local;
    } rows[] = {
        {"localhost", true},      {"127.0.0.1", true},
        {"[::1]", true},          {"169.254.169.254", true},
        {"169.254.170.2", true},  {"[fd00:ec2::254]", true},
        {"169.254.7.7", true},    {"[fe80::1]", true},
        {"[fe80::1%25lo]", true}, {"169.255.0.1", false},
        {"10.0.0.1", false},      {"169.254.169.254.example", false},
        {"[2001:db8::1]", false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(http_host_is_local(rows[i].host), rows[i].local);
}

static void proxy_password_is_not_shown(void **state)
{
    static const char *const proxies[] = {
        "ftp://jane:p4ssw0rd@proxy.example:1/",
        "gopher9://jane:p4ss@word p4ssw0rd@127.0.0.1:1",
        "http://jane:p4ssw0rd@127.0.0.1:1/",
        "http://jane:p4ssw0rd@127.0.0.1:99999999/",
    };
    struct lab *l = *state;
    char *url = elsewhere(l, "https");

    for (size_t i = 0; i < ARRAY_LEN(proxies); i++) {
        struct http_request rq = {.url = url, .timeout_ms = 5000};
        struct got g = {0};

        setenv("https_proxy", proxies[i], 1);
        run(l, &g, &rq);
        assert_int_not_equal(g.err.code, 0);
        assert_null(strstr(g.err.message, "p4ss"));
        assert_null(strstr(g.err.message, "jane"));
    }
    unsetenv("https_proxy");
    free(url);
}

static void plain_http_stays_on_this_machine_and_metadata(void **state)
{
    static const struct {
        const char *url;
        bool fine;
    } rows[] = {
        {"https://ecs.eu-west-1.amazonaws.com/", true},
        {"HTTPS://h/", true},
        {"http://localhost:4566/", true},
        {"http://app.localhost/", true},
        {"http://127.0.0.1/", true},
        {"http://127.1.2.3:80/x", true},
        {"http://2130706433/", true}, /* 127.0.0.1 in another spelling */
        {"http://[::1]:80/", true},
        {"http://169.254.169.254/", true},
        {"http://169.254.170.2/v2", true},
        {"http://169.254.170.23/v1", true},
        {"http://[fd00:ec2::254]/", true},
        {"http://[FD00:EC2:0::23]/", true},
        {"http://127.0.0.1.example.com/", false},
        {"http://127.example.com/", false},
        {"http://localhost.example.com/", false},
        {"http://127.0.0.1@example.com/", false},
        {"http://169.254.169.254.example.com/", false},
        {"http://169.254.1.1/", false},
        {"http://[fd00:ec2::255]/", false},
        {"http://[::ffff:127.0.0.1]/", false},
        {"http://0.0.0.0/", false},
        {"http://10.0.0.1/", false},
        {"HTTP://ecs.eu-west-1.amazonaws.com/", false},
    };
    struct lab *l = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        int rc = http_check_plain(rows[i].url, &err);

        if (rc != (rows[i].fine ? 0 : -1))
            fail_msg("%s: %d", rows[i].url, rc);
        if (!rows[i].fine) {
            struct http_request rq = {.url = rows[i].url};
            struct got g = {0};

            assert_non_null(strstr(err.message, "--insecure-endpoint"));
            assert_int_equal(http_start(l->http, &l->scope, &rq, on_done, &g,
                                        &err), -1);
            assert_int_equal(err.code, ERR_CONFIG);
        }
    }
    assert_int_equal(http_in_flight(l->http), 0);
}

static void bundle_without_a_certificate_is_refused(void **state)
{
    const char *dir = getenv("TMPDIR");
    char *path = xasprintf("%s/ecsdash-test-XXXXXX", dir ? dir : "/tmp");
    struct err err;

    (void)state;
    close(mkstemp(path));
    assert_int_equal(http_check_ca_bundle(path, &err), -1);
    assert_int_equal(err.code, ERR_CONFIG);
    assert_non_null(strstr(err.message, path));
    unlink(path);
    assert_int_equal(http_check_ca_bundle(path, &err), -1);
    assert_non_null(strstr(err.message, "AWS_CA_BUNDLE"));
    assert_int_equal(http_check_ca_bundle("/", &err), -1);
    assert_int_equal(http_check_ca_bundle("/dev/zero", &err), -1);
    free(path);
}

static void bad_url_fails_at_the_start(void **state)
{
    static const char *const bad[] = {"", "nonsense", "ftp://h/", "file:///x"};
    struct lab *l = *state;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct http_request rq = {.url = bad[i]};
        struct got g = {0};
        struct err err;

        assert_int_equal(http_start(l->http, &l->scope, &rq, on_done, &g,
                                    &err), -1);
        assert_int_equal(err.code, ERR_USAGE);
        assert_int_equal(g.n, 0);
    }
    assert_true(loop_until_idle(l->loop, 5000));
}

static void dead_scope_starts_nothing(void **state)
{
    struct lab *l = *state;
    struct http_request rq = {.url = mini_url(l->server)};
    struct got g = {0};

    scope_cancel(&l->scope);
    assert_int_equal(http_start(l->http, &l->scope, &rq, on_done, &g, NULL),
                     -1);
    assert_true(loop_until_idle(l->loop, 5000));
    assert_int_equal(mini_count(l->server), 0);
}

static void cancelled_call_is_silent_and_the_next_one_works(void **state)
{
    struct lab *l = *state;
    struct scope view;
    struct http_request rq = {.url = mini_url(l->server)};
    struct got g = {0}, g2 = {0};

    scope_init(&view, NULL);
    mini_push(l->server, &(struct mini_step){.act = MINI_HOLD});
    assert_int_equal(http_start(l->http, &view, &rq, on_done, &g, NULL), 0);
    while (mini_count(l->server) == 0)
        loop_turn(l->loop, 1000);
    scope_cancel(&view);
    assert_int_equal(http_in_flight(l->http), 0);
    mini_release(l->server);
    mini_reply(l->server, 200, "next");
    run(l, &g2, &rq);
    assert_string_equal(g2.body, "next");
    assert_int_equal(g.n, 0);
}

static void completion_may_cancel_all_the_others(void **state)
{
    struct lab *l = *state;
    struct http_request rq = {.url = mini_url(l->server)};
    struct got g[8] = {{0}};
    int n = 0;

    for (int i = 0; i < 8; i++) {
        g[i].cancel = &l->scope;
        mini_push(l->server, &(struct mini_step){.act = MINI_HOLD});
        start(l, &g[i], &rq);
    }
    while (mini_count(l->server) < 8)
        loop_turn(l->loop, 1000);
    mini_release(l->server);
    assert_true(loop_until_idle(l->loop, 20000));
    for (int i = 0; i < 8; i++)
        n += g[i].n;
    assert_int_equal(n, 1);
}

static void many_calls_share_a_few_connections(void **state)
{
    struct lab *l = *state;
    struct http_request rq = {.url = mini_url(l->server)};
    struct got g[100] = {{0}};

    for (int i = 0; i < 100; i++) {
        mini_reply(l->server, 200, "x");
        start(l, &g[i], &rq);
    }
    assert_true(loop_until_idle(l->loop, 20000));
    for (int i = 0; i < 100; i++)
        assert_int_equal(g[i].status, 200);
    assert_in_range(mini_connections(l->server), 1, 16);
}

static void quitting_with_calls_in_flight_closes_the_loop(void **state)
{
    struct lab *l = *state;
    struct http_request rq = {.url = mini_url(l->server)};
    struct got g = {0};

    mini_push(l->server, &(struct mini_step){.act = MINI_HOLD});
    start(l, &g, &rq);
    start(l, &g, &rq);
    loop_turn(l->loop, 1000); /* torn down right in the middle */
    assert_int_equal(http_in_flight(l->http), 2);
}

/* ---- streams ---------------------------------------------------------- */

/* A reader that takes no more than `room` bytes. */
struct reader {
    struct http_stream stream;
    struct strbuf got;
    size_t room;
    int refused;
};

static bool on_piece(void *arg, const void *data, size_t n)
{
    struct reader *r = arg;

    if (r->got.len + n > r->room) {
        r->refused++;
        return false;
    }
    strbuf_append(&r->got, data, n);
    return true;
}

static void stream(struct lab *l, struct got *g, struct reader *r)
{
    struct http_request rq = {.stream = &r->stream};

    r->stream.on_data = on_piece;
    r->stream.arg = r;
    start(l, g, &rq);
}

static void finish(struct lab *l, const struct got *g)
{
    while (!g->n)
        loop_turn(l->loop, 1000);
}

static void pieces_of_a_stream_come_as_they_are_sent(void **state)
{
    struct lab *l = *state;
    struct got g = {0};
    struct reader r = {.room = 100};

    mini_push(l->server, &(struct mini_step){.act = MINI_STALL,
                                             .body = "first.second"});
    stream(l, &g, &r);
    while (r.got.len < 6)
        loop_turn(l->loop, 1000);
    assert_string_equal(strbuf_get(&r.got), "first.");
    assert_int_equal(g.n, 0);
    assert_int_equal(loop_work_pending(l->loop), 0);
    mini_release(l->server);
    finish(l, &g);
    assert_string_equal(strbuf_get(&r.got), "first.second");
    assert_int_equal(g.n, 1);
    assert_int_equal(g.status, 200);
    assert_int_equal(g.body_len, 0);
    assert_null(r.stream.call);
    strbuf_release(&r.got);
}

static void refusal_of_a_stream_is_a_plain_reply(void **state)
{
    struct lab *l = *state;
    struct got g = {0};
    struct reader r = {.room = 100};

    mini_reply(l->server, 400, "no");
    stream(l, &g, &r);
    finish(l, &g);
    assert_int_equal(g.status, 400);
    assert_string_equal(g.body, "no");
    assert_int_equal(r.got.len, 0);
}

/* 64 MiB that nobody reads stay with the sender. */
static void slow_reader_holds_the_sender_back(void **state)
{
    const size_t n = (size_t)64 << 20;
    struct lab *l = *state;
    struct got g = {0};
    struct reader r = {0};
    char *body = xcalloc(n + 1, 1);

    memset(body, 'x', n);
    mini_push(l->server, &(struct mini_step){.body = body, .body_len = n});
    stream(l, &g, &r);
    while (!r.refused)
        loop_turn(l->loop, 1000);
    for (int i = 0; i < 50; i++)
        loop_turn(l->loop, 10);
    assert_int_equal(r.refused, 1); /* it is not asked again and again */
    assert_true(mini_unsent(l->server) > n / 4 * 3);
    assert_int_equal(g.n, 0);
    http_resume(&r.stream); /* and still has no room */
    assert_int_equal(r.refused, 2);
    r.room = n;
    http_resume(&r.stream);
    finish(l, &g);
    assert_int_equal(g.status, 200);
    assert_int_equal(r.got.len, n);
    assert_int_equal(memcmp(r.got.data, body, n), 0);
    http_resume(&r.stream); /* has ended: nothing */
    strbuf_release(&r.got);
    free(body);
}

static void silent_stream_ends(void **state)
{
    struct lab *l = *state;
    struct got g = {0};
    struct reader r = {.room = 100, .stream.idle_s = 1};

    mini_push(l->server, &(struct mini_step){.act = MINI_STALL,
                                             .body = "half.rest"});
    stream(l, &g, &r);
    finish(l, &g);
    assert_int_equal(g.err.code, ERR_TIMEOUT);
    assert_int_equal(r.got.len, 4);
    strbuf_release(&r.got);
}

static void broken_and_cancelled_streams_are_let_go(void **state)
{
    struct lab *l = *state;
    struct http_request rq = {.url = mini_url(l->server)};
    struct got g = {0}, never = {0};
    struct reader r = {.room = 100}, held = {0};
    struct scope view;

    mini_push(l->server, &(struct mini_step){.act = MINI_PART,
                                             .body = "half.rest"});
    stream(l, &g, &r);
    finish(l, &g);
    assert_int_equal(g.err.code, ERR_NET);
    assert_int_equal(r.got.len, 4);
    strbuf_release(&r.got);

    scope_init(&view, NULL);
    held.stream.on_data = on_piece;
    held.stream.arg = &held;
    rq.stream = &held.stream;
    mini_push(l->server, &(struct mini_step){.act = MINI_STALL,
                                             .body = "half.rest"});
    assert_int_equal(http_start(l->http, &view, &rq, on_done, &never, NULL),
                     0);
    while (!held.refused)
        loop_turn(l->loop, 1000);
    scope_cancel(&view); /* while it is paused */
    assert_null(held.stream.call);
    assert_int_equal(http_in_flight(l->http), 0);
    assert_int_equal(never.n, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(post_arrives_whole_and_answer_comes_back),
        T(connection_is_kept_and_reused),
        T(stale_options_do_not_leak_into_the_next_call),
        T(status_of_any_kind_is_a_reply),
        T(gzip_is_undone_and_a_bomb_is_capped),
        T(headers_are_capped),
        T(slow_answer_times_out_as_sent),
        T(late_answer_within_the_deadline_is_fine),
        T(broken_connections_are_errors_that_say_sent),
        T(dead_kept_connection_never_sends_a_mutation_twice),
        T(refused_connection_is_not_sent),
        T(plain_text_on_a_tls_port_is_a_tls_error),
        T(proxy_of_the_environment_is_not_used_for_loopback),
        T(proxies_are_used_unless_told_otherwise),
        T(metadata_hosts_never_see_the_proxy),
        T(proxy_password_is_not_shown),
        T(plain_http_stays_on_this_machine_and_metadata),
        T(bundle_without_a_certificate_is_refused),
        T(bad_url_fails_at_the_start),
        T(dead_scope_starts_nothing),
        T(cancelled_call_is_silent_and_the_next_one_works),
        T(completion_may_cancel_all_the_others),
        T(many_calls_share_a_few_connections),
        T(pieces_of_a_stream_come_as_they_are_sent),
        T(refusal_of_a_stream_is_a_plain_reply),
        T(slow_reader_holds_the_sender_back),
        T(silent_stream_ends),
        T(broken_and_cancelled_streams_are_let_go),
        T(quitting_with_calls_in_flight_closes_the_loop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
