/* The event stream decoder: published vectors, every cut, every spoilt bit. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "backend/base/mem.h"
#include "backend/base/rng.h"
#include "backend/svc/eventstream.h"

static size_t unhex(const char *hex, unsigned char *out)
{
    size_t n = 0;
    for (; hex[0] && hex[1]; hex += 2) {
        char byte[3] = {hex[0], hex[1], 0};
        out[n++] = (unsigned char)strtoul(byte, NULL, 16);
    }
    return n;
}

static void put32(struct strbuf *b, uint32_t v)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        strbuf_putc(b, (char)(v >> shift & 0xff));
}

/* A whole message of raw header bytes and a payload. */
static void frame(struct strbuf *b, const void *headers, size_t n_headers,
                  const void *payload, size_t n_payload)
{
    size_t start = b->len;
    put32(b, (uint32_t)(n_headers + n_payload + 16));
    put32(b, (uint32_t)n_headers);
    put32(b, (uint32_t)crc32(0, (unsigned char *)b->data + start, 8));
    strbuf_append(b, headers, n_headers);
    strbuf_append(b, payload, n_payload);
    put32(b, (uint32_t)crc32(0, (unsigned char *)b->data + start,
                             (uInt)(b->len - start)));
}

static void put_string(struct strbuf *b, const char *name, const char *value)
{
    strbuf_putc(b, (char)strlen(name));
    strbuf_puts(b, name);
    strbuf_putc(b, 7);
    strbuf_putc(b, 0);
    strbuf_putc(b, (char)strlen(value));
    strbuf_puts(b, value);
}

static void session_update(struct strbuf *b, const char *payload)
{
    struct strbuf h = STRBUF_INIT;
    put_string(&h, ":message-type", "event");
    put_string(&h, ":event-type", "sessionUpdate");
    put_string(&h, ":content-type", "application/json");
    frame(b, h.data, h.len, payload, strlen(payload));
    strbuf_release(&h);
}

static void published_vectors_are_read(void **state)
{
    (void)state;
    unsigned char raw[64];
    struct eventstream s = {0};
    struct eventstream_message m;
    struct err err;
    size_t n = unhex("000000100000000005c248eb7d98c8ff", raw);
    eventstream_feed(&s, raw, n);
    assert_int_equal(eventstream_next(&s, &m, &err), EVENTSTREAM_MESSAGE);
    assert_int_equal(m.n_headers, 0);
    assert_int_equal(m.payload_len, 0);
    n = unhex("0000001700000007298601580462797465" "02ffc2f869dc", raw);
    eventstream_feed(&s, raw, n);
    assert_int_equal(eventstream_next(&s, &m, &err), EVENTSTREAM_MESSAGE);
    assert_int_equal(m.n_headers, 1);
    const struct eventstream_header *h = eventstream_header(&m, "byte");
    assert_non_null(h);
    assert_int_equal(h->type, EVENTSTREAM_INT8);
    assert_int_equal(h->number, -1);
    assert_int_equal(eventstream_next(&s, &m, &err), EVENTSTREAM_MORE);
    eventstream_release(&s);
}

static void a_session_update_is_as_the_service_writes_it(void **state)
{
    (void)state;
    struct strbuf b = STRBUF_INIT;
    unsigned char want[16];
    session_update(&b, "{\"sessionResults\":[]}");
    assert_int_equal(b.len, 120);
    unhex("00000078000000535ee27429", want);
    assert_memory_equal(b.data, want, 12);
    unhex("d52a408e", want);
    assert_memory_equal(b.data + b.len - 4, want, 4);
    strbuf_release(&b);
}

static void pieces_of_any_size_give_the_same_messages(void **state)
{
    (void)state;
    struct strbuf b = STRBUF_INIT;
    for (int i = 0; i < 20; i++)
        session_update(&b, i % 2 ? "{\"sessionResults\":[]}" : "");
    for (size_t piece = 1; piece < 300; piece += 7) {
        struct eventstream s = {0};
        struct eventstream_message m;
        struct err err;
        int got = 0;
        for (size_t at = 0; at < b.len; at += piece) {
            size_t n = b.len - at < piece ? b.len - at : piece;
            char *exact = xmalloc(n);
            memcpy(exact, b.data + at, n);
            eventstream_feed(&s, exact, n);
            free(exact);
            enum eventstream_result r;
            while ((r = eventstream_next(&s, &m, &err)) ==
                   EVENTSTREAM_MESSAGE) {
                assert_int_equal(m.payload_len, got++ % 2 ? 21 : 0);
                assert_true(eventstream_is(&m, ":event-type",
                                           "sessionUpdate"));
                assert_false(eventstream_is(&m, ":event-type", "session"));
                assert_false(eventstream_is(&m, ":nothing", ""));
            }
            assert_int_equal(r, EVENTSTREAM_MORE);
        }
        assert_int_equal(got, 20);
        eventstream_release(&s);
    }
    strbuf_release(&b);
}

static void every_spoilt_bit_is_noticed(void **state)
{
    (void)state;
    struct strbuf b = STRBUF_INIT;
    session_update(&b, "{\"sessionResults\":[]}");
    for (size_t bit = 0; bit < b.len * 8; bit++) {
        struct eventstream s = {0};
        struct eventstream_message m;
        struct err err;
        b.data[bit / 8] ^= (char)(1 << bit % 8);
        eventstream_feed(&s, b.data, b.len);
        assert_int_equal(eventstream_next(&s, &m, &err), EVENTSTREAM_BAD);
        assert_int_equal(err.code, ERR_PARSE);
        b.data[bit / 8] ^= (char)(1 << bit % 8);
        eventstream_feed(&s, b.data, b.len); /* it stays so */
        assert_int_equal(eventstream_next(&s, &m, &err), EVENTSTREAM_BAD);
        eventstream_release(&s);
    }
    strbuf_release(&b);
}

static enum eventstream_result with_headers(const char *hex, int64_t *number,
                                            size_t *len)
{
    unsigned char raw[64];
    size_t n = unhex(hex, raw);
    struct strbuf b = STRBUF_INIT;
    struct eventstream s = {0};
    struct eventstream_message m;
    struct err err;
    frame(&b, raw, n, "x", 1);
    eventstream_feed(&s, b.data, b.len);
    enum eventstream_result r = eventstream_next(&s, &m, &err);
    if (r == EVENTSTREAM_MESSAGE) {
        *number = m.headers[m.n_headers - 1].number;
        *len = m.headers[m.n_headers - 1].len;
        assert_int_equal(m.payload[0], 'x');
    }
    eventstream_release(&s);
    strbuf_release(&b);
    return r;
}

static void every_type_of_header_is_read(void **state)
{
    (void)state;
    static const struct { const char *hex; int64_t number; size_t len; } t[] = {
        {"016100", 1, 0},
        {"016101", 0, 0},
        {"0161027f", 127, 0},
        {"016103fffe", -2, 0},
        {"01610480000000", INT32_MIN, 0},
        {"0161057fffffffffffffff", INT64_MAX, 0},
        {"0161068000000000000000", 0, 0}, /* longer than the message: bad */
        {"0161060002abcd", 0, 2},
        {"0161070000", 0, 0},
        {"01610800000000000003e8", 1000, 0},
        {"01610900112233445566778899aabbccddeeff", 0, 16},
        {"016100016200", 1, 0},
    };
    static const char *const wrong[] = {
        "00", "0161", "01610a", "0161ff", "016102", "01610300", "01610700",
        "0161070003abcd", "016109001122", "016100016101", "056100", "ff"};
    int64_t number;
    size_t len;
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        bool bad = i == 6;
        assert_int_equal(with_headers(t[i].hex, &number, &len),
                         bad ? EVENTSTREAM_BAD : EVENTSTREAM_MESSAGE);
        if (!bad) {
            assert_int_equal(number, t[i].number);
            assert_int_equal(len, t[i].len);
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        if (with_headers(wrong[i], &number, &len) != EVENTSTREAM_BAD)
            fail_msg("%s", wrong[i]);
}

static void lengths_have_their_bounds(void **state)
{
    (void)state;
    static const struct { uint32_t total, headers; enum err_code want; } t[] = {
        {15, 0, ERR_PARSE},         {0, 0, ERR_PARSE},
        {16, 1, ERR_PARSE},         {100, 0xffffffff, ERR_PARSE},
        {0xffffffff, 0, ERR_TOO_LARGE}, {200000, 150000, ERR_TOO_LARGE},
    };
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        struct strbuf b = STRBUF_INIT;
        struct eventstream s = {0};
        struct eventstream_message m;
        struct err err;
        put32(&b, t[i].total);
        put32(&b, t[i].headers);
        put32(&b, (uint32_t)crc32(0, (unsigned char *)b.data, 8));
        eventstream_feed(&s, b.data, b.len);
        assert_int_equal(eventstream_next(&s, &m, &err), EVENTSTREAM_BAD);
        assert_int_equal(err.code, t[i].want);
        eventstream_release(&s);
        strbuf_release(&b);
    }
}

static void rubbish_headers_stay_in_their_bounds(void **state)
{
    (void)state;
    struct rng r;
    rng_seed(&r, 11);
    for (int i = 0; i < 20000; i++) {
        unsigned char raw[40];
        size_t n = rng_below(&r, sizeof(raw));
        struct strbuf b = STRBUF_INIT;
        struct eventstream s = {0};
        struct eventstream_message m;
        struct err err;
        for (size_t k = 0; k < n; k++)
            raw[k] = (unsigned char)rng_below(&r, rng_below(&r, 2) ? 12 : 256);
        frame(&b, raw, n, "", 0);
        b.data = xrealloc(b.data, b.len); /* ASan sees a byte too far */
        b.cap = b.len;
        eventstream_feed(&s, b.data, b.len);
        if (eventstream_next(&s, &m, &err) == EVENTSTREAM_MESSAGE)
            for (size_t k = 0; k < m.n_headers; k++)
                assert_true(m.headers[k].type < EVENTSTREAM_TYPES &&
                            m.headers[k].name_len > 0);
        eventstream_release(&s);
        free(b.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_vectors_are_read),
        cmocka_unit_test(a_session_update_is_as_the_service_writes_it),
        cmocka_unit_test(pieces_of_any_size_give_the_same_messages),
        cmocka_unit_test(every_spoilt_bit_is_noticed),
        cmocka_unit_test(every_type_of_header_is_read),
        cmocka_unit_test(lengths_have_their_bounds),
        cmocka_unit_test(rubbish_headers_stay_in_their_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
