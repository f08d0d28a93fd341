/* HTTP calls: what arrives, what breaks, what is cancelled. */
#include "tests/backend/http_bed.h"

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

/* What a client says first over TLS. */
struct hello {
    int listener, fd;
    unsigned char data[2048];
    size_t len;
};

static bool hello_is_whole(void *arg)
{
    struct hello *h = arg;
    ssize_t n;

    if (h->fd < 0)
        h->fd = accept4(h->listener, NULL, NULL, SOCK_NONBLOCK);
    n = h->fd < 0 ? -1 : recv(h->fd, h->data + h->len,
                              sizeof(h->data) - h->len, 0);
    if (n > 0)
        h->len += (size_t)n;
    return h->len > 5 && h->len >= 5u + h->data[3] * 256u + h->data[4];
}

static bool hello_has(const struct hello *h, const char *text)
{
    return memmem(h->data, h->len, text, strlen(text)) != NULL;
}

/* curl does not close a connection of HTTP/2 where nobody answers any more
 * (the machine slept, the network is another one): each call would wait its
 * whole time on it, for a quarter of an hour. */
static void http_2_is_not_offered(void **state)
{
    struct lab *l = *state;
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(at);
    struct hello h = {.fd = -1};
    struct got g = {0};
    char url[64];

    h.listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(h.listener, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(h.listener, 1), 0);
    assert_int_equal(getsockname(h.listener, (struct sockaddr *)&at, &size),
                     0);
    snprintf(url, sizeof(url), "https://127.0.0.1:%d/", ntohs(at.sin_port));
    start(l, &g, &(struct http_request){.url = url});
    while (!hello_is_whole(&h))
        loop_turn(l->loop, 10);
    assert_true(hello_has(&h, "\x08http/1.1"));
    assert_false(hello_has(&h, "\x02h2"));
    scope_cancel(&l->scope);
    close(h.fd);
    close(h.listener);
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
        T(bad_url_fails_at_the_start),
        T(dead_scope_starts_nothing),
        T(cancelled_call_is_silent_and_the_next_one_works),
        T(completion_may_cancel_all_the_others),
        T(many_calls_share_a_few_connections),
        T(http_2_is_not_offered),
        T(quitting_with_calls_in_flight_closes_the_loop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
