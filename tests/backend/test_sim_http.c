/* The simulator's HTTP parser and reply writer, on bytes alone. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "backend/base/mem.h"
#include "backend/sim/http.h"

/* Parses a copy of exactly n bytes, so that reading past the end is seen. */
static enum sim_parse parse(struct sim_http *r, const char *text, size_t n,
                            size_t *used, int *status)
{
    char *copy = xmalloc(n + 1);
    const char *why = NULL;
    char *exact = n ? xrealloc(copy, n) : copy;
    memcpy(exact, text, n);
    *status = 0;
    enum sim_parse rc = sim_http_parse(r, exact, n, used, status, &why);
    assert_int_equal(rc == SIM_BAD, why != NULL);
    free(exact);
    return rc;
}

static const char post[] = "POST /a?b=c HTTP/1.1\r\nHost: localhost:1\r\n"
                           "X-Two:  spaced  out \r\nContent-Length: 5\r\n\r\n"
                           "hello";

static void a_request_is_understood(void **state)
{
    (void)state;
    struct sim_http r;
    size_t used;
    int status;
    assert_int_equal(parse(&r, post, sizeof(post) - 1, &used, &status),
                     SIM_COMPLETE);
    assert_int_equal(used, sizeof(post) - 1);
    assert_string_equal(r.method, "POST");
    assert_string_equal(r.path, "/a");
    assert_string_equal(r.query, "b=c");
    assert_string_equal(sim_http_header(&r, "x-two"), "spaced  out");
    assert_null(sim_http_header(&r, "x-three"));
    assert_string_equal(strbuf_get(&r.body), "hello");
    assert_true(r.keep_alive);
    sim_http_release(&r);
}

static void every_prefix_of_a_request_needs_more(void **state)
{
    (void)state;
    static const char chunked[] =
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n";
    const char *const texts[] = {post, chunked};
    struct sim_http r;
    size_t used;
    int status;
    for (size_t t = 0; t < ARRAY_LEN(texts); t++)
        for (size_t n = 0; n < strlen(texts[t]); n++) {
            assert_int_equal(parse(&r, texts[t], n, &used, &status),
                             SIM_NEED_MORE);
            sim_http_release(&r);
        }
}

static void chunks_are_joined_and_the_next_request_is_left(void **state)
{
    (void)state;
    static const char text[] =
        "POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n"
        "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\nPOST /next";
    struct sim_http r;
    size_t used;
    int status;
    assert_int_equal(parse(&r, text, sizeof(text) - 1, &used, &status),
                     SIM_COMPLETE);
    assert_string_equal(strbuf_get(&r.body), "abc0123456789");
    assert_string_equal(text + used, "POST /next");
    sim_http_release(&r);
}

static void what_is_no_request_is_refused(void **state)
{
    (void)state;
#define HEAD "POST / HTTP/1.1\r\n"
    static const struct {
        const char *text;
        int status;
    } cases[] = {
        {"POST /\r\n\r\n", 400},
        {"POST / HTTP/2.0\r\n\r\n", 400},
        {" / HTTP/1.1\r\n\r\n", 400},
        {"PO(ST / HTTP/1.1\r\n\r\n", 400},
        {"POST http://x/ HTTP/1.1\r\n\r\n", 400},
        {HEAD "no colon\r\n\r\n", 400},
        {HEAD "Host : x\r\n\r\n", 400},
        {HEAD "A: b\r\n folded\r\n\r\n", 400},
        {HEAD ": x\r\n\r\n", 400},
        {HEAD "Host: a\r\nHost: b\r\n\r\n", 400},
        {HEAD "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400},
        {HEAD "Content-Length: +3\r\n\r\nabc", 400},
        {HEAD "Content-Length:\r\n\r\n", 400},
        {HEAD "Content-Length: 99999999\r\n\r\n", 413},
        {HEAD "Content-Length: 99999999999999999999999\r\n\r\n", 413},
        {HEAD "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0",
         400},
        {HEAD "Transfer-Encoding: gzip\r\n\r\n", 400},
        {HEAD "Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n", 400},
        {HEAD "Transfer-Encoding: chunked\r\n\r\n-1\r\na\r\n", 400},
        {HEAD "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", 400},
        {HEAD "Transfer-Encoding: chunked\r\n\r\nffffffffff\r\na\r\n", 400},
    };
    struct sim_http r;
    size_t used;
    int status;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *t = cases[i].text;
        if (parse(&r, t, strlen(t), &used, &status) != SIM_BAD)
            fail_msg("accepted: %s", t);
        assert_int_equal(status, cases[i].status);
    }
    static const char nul[] = HEAD "A: b\0c\r\n\r\n";
    assert_int_equal(parse(&r, nul, sizeof(nul) - 1, &used, &status),
                     SIM_BAD);
}

static void heads_have_a_limit(void **state)
{
    (void)state;
    struct strbuf b = STRBUF_INIT;
    struct sim_http r;
    size_t used;
    int status;
    strbuf_puts(&b, HEAD);
    while (b.len <= SIM_MAX_HEAD)
        strbuf_puts(&b, "Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    assert_int_equal(parse(&r, b.data, b.len, &used, &status), SIM_BAD);
    assert_int_equal(status, 431);
    strbuf_clear(&b);
    strbuf_puts(&b, HEAD);
    for (int i = 0; i <= SIM_MAX_HEADERS; i++)
        strbuf_printf(&b, "A%d: b\r\n", i);
    strbuf_puts(&b, "\r\n");
    assert_int_equal(parse(&r, b.data, b.len, &used, &status), SIM_BAD);
    strbuf_release(&b);
}

static void changed_bytes_never_break_the_parser(void **state)
{
    (void)state;
    static const char text[] =
        "POST /a?b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        "4\r\nabcd\r\n0\r\n\r\n";
    char copy[sizeof(text)];
    struct sim_http r;
    size_t used;
    int status;
    for (size_t i = 0; i < sizeof(text) - 1; i++)
        for (int c = 0; c < 256; c++) {
            memcpy(copy, text, sizeof(text));
            copy[i] = (char)c;
            if (parse(&r, copy, sizeof(text) - 1, &used, &status) ==
                SIM_COMPLETE)
                assert_true(used <= sizeof(text) - 1);
            sim_http_release(&r);
        }
}

static void only_loopback_names_are_hosts(void **state)
{
    (void)state;
    const char *const good[] = {"127.0.0.1", "127.0.0.1:80", "localhost",
                                "LOCALHOST:99", "[::1]:4566", "[::1]"};
    const char *const bad[] = {"example.com", "127.0.0.1.example.com",
                               "localhost.evil:80", "127.0.0.1:80x",
                               "127.0.0.12", "", "::1", "[::1]x"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(sim_http_host_ok(good[i]));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(sim_http_host_ok(bad[i]));
    assert_false(sim_http_host_ok(NULL));
}

static void connection_close_ends_keep_alive(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool keep;
    } cases[] = {
        {"GET / HTTP/1.1\r\nA: b\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nConnection: Close\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nA: b\r\n\r\n", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sim_http r;
        size_t used;
        int status;
        assert_int_equal(parse(&r, cases[i].text, strlen(cases[i].text),
                               &used, &status), SIM_COMPLETE);
        assert_int_equal(r.keep_alive, cases[i].keep);
        sim_http_release(&r);
    }
}

static void expect_is_told_while_the_body_is_missing(void **state)
{
    (void)state;
    static const char text[] = "POST / HTTP/1.1\r\nExpect: 100-continue\r\n"
                               "Content-Length: 2\r\n\r\nab";
    struct sim_http r;
    size_t used, n = sizeof(text) - 1;
    int status;
    assert_int_equal(parse(&r, text, n - 2, &used, &status), SIM_NEED_MORE);
    assert_true(r.expect_continue);
    assert_int_equal(parse(&r, text, n, &used, &status), SIM_COMPLETE);
    assert_false(r.expect_continue);
    sim_http_release(&r);
}

/* Takes chunks and gzip off again. */
static void unwrap(const struct strbuf *reply, char *out, size_t size,
                   size_t *n)
{
    const char *body = strstr(reply->data, "\r\n\r\n") + 4;
    struct strbuf raw = STRBUF_INIT;
    if (strstr(reply->data, "Transfer-Encoding: chunked")) {
        const char *p = body;
        unsigned long len;
        while ((len = strtoul(p, NULL, 16)) > 0) {
            p = strstr(p, "\r\n") + 2;
            strbuf_append(&raw, p, len);
            p += len + 2;
        }
        assert_string_equal(p, "0\r\n\r\n");
    } else {
        strbuf_append(&raw, body, reply->len - (size_t)(body - reply->data));
    }
    if (strstr(reply->data, "Content-Encoding: gzip")) {
        z_stream z = {.next_in = (unsigned char *)raw.data,
                      .avail_in = (unsigned)raw.len,
                      .next_out = (unsigned char *)out,
                      .avail_out = (unsigned)size};
        assert_int_equal(inflateInit2(&z, 31), Z_OK);
        assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
        *n = z.total_out;
        inflateEnd(&z);
    } else {
        memcpy(out, raw.data, raw.len);
        *n = raw.len;
    }
    strbuf_release(&raw);
}

static void replies_come_back_whole(void **state)
{
    (void)state;
    static char body[70000], back[70001];
    for (size_t i = 0; i < sizeof(body); i++)
        body[i] = "abcdefghij\n"[i * i % 11];
    for (int mode = 0; mode < 4; mode++) {
        struct strbuf out = STRBUF_INIT;
        size_t n;
        sim_http_reply(&out, 200, "text/x", "id-1", "now", "", body,
                       sizeof(body), mode & 1, mode & 2, true);
        assert_int_equal(strncmp(out.data, "HTTP/1.1 200 OK\r\n", 17), 0);
        assert_non_null(strstr(out.data, "x-amzn-RequestId: id-1\r\n"));
        assert_int_equal(!strstr(out.data, "gzip"), !(mode & 1));
        unwrap(&out, back, sizeof(back), &n);
        assert_int_equal(n, sizeof(body));
        assert_memory_equal(back, body, n);
        strbuf_release(&out);
    }
}

static void small_replies_are_not_compressed(void **state)
{
    (void)state;
    struct strbuf out = STRBUF_INIT;
    sim_http_reply(&out, 400, "t", "i", "d", "", "{}", 2, true, false, false);
    assert_null(strstr(out.data, "gzip"));
    assert_non_null(strstr(out.data, "Content-Length: 2\r\n"));
    assert_non_null(strstr(out.data, "Connection: close\r\n"));
    strbuf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_understood),
        cmocka_unit_test(every_prefix_of_a_request_needs_more),
        cmocka_unit_test(chunks_are_joined_and_the_next_request_is_left),
        cmocka_unit_test(what_is_no_request_is_refused),
        cmocka_unit_test(heads_have_a_limit),
        cmocka_unit_test(changed_bytes_never_break_the_parser),
        cmocka_unit_test(only_loopback_names_are_hosts),
        cmocka_unit_test(connection_close_ends_keep_alive),
        cmocka_unit_test(expect_is_told_while_the_body_is_missing),
        cmocka_unit_test(replies_come_back_whole),
        cmocka_unit_test(small_replies_are_not_compressed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
