/* The scanner of FilterLogEvents replies against jansson: what jansson takes,
 * it takes, and finds the same in it; whatever comes, it stays in its bounds. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/rng.h"
#include "backend/base/strbuf.h"
#include "backend/svc/logscan.h"

/* An exact heap copy, so that ASan sees a byte too far. */
static char *copy_of(const char *text, size_t n)
{
    char *body = xmalloc(n + 1);
    memcpy(body, text, n);
    body[n] = '\0';
    return body;
}

static const char *member(json_t *o, const char *name)
{
    const char *text = json_string_value(json_object_get(o, name));
    return text ? text : "";
}

/* The next usable event of the tree, or NULL. */
static json_t *next_event(json_t *events, size_t *i)
{
    while (*i < json_array_size(events)) {
        json_t *o = json_array_get(events, (*i)++);
        if (json_is_integer(json_object_get(o, "timestamp")) &&
            json_is_string(json_object_get(o, "message")))
            return o;
    }
    return NULL;
}

static void compare(const char *text, size_t n)
{
    json_t *root = json_loadb(text, n, JSON_ALLOW_NUL, NULL), *o;
    json_t *events = json_object_get(root, "events");
    char *body = copy_of(text, n);
    struct logscan s;
    struct logscan_event e;
    enum logscan_result r;
    size_t i = 0;
    logscan_begin(&s, body, n);
    while ((r = logscan_next(&s, &e)) == LOGSCAN_EVENT) {
        assert_int_equal(e.message[e.len], 0);
        if (!root)
            continue;
        o = next_event(events, &i);
        if (!o)
            fail_msg("one too many in %.*s", (int)n, text);
        json_t *m = json_object_get(o, "message");
        json_t *in = json_object_get(o, "ingestionTime");
        json_int_t ms = json_integer_value(json_object_get(o, "timestamp"));
        assert_int_equal(e.len, json_string_length(m));
        assert_memory_equal(e.message, json_string_value(m), e.len);
        assert_int_equal(e.timestamp_ms, ms);
        assert_int_equal(e.ingestion_ms,
                         json_is_integer(in) ? json_integer_value(in) : ms);
        assert_string_equal(e.stream, member(o, "logStreamName"));
        assert_string_equal(e.id, member(o, "eventId"));
    }
    if (json_is_object(root)) {
        if (r != LOGSCAN_END)
            fail_msg("refused: %.*s", (int)n, text);
        assert_null(next_event(events, &i));
        json_t *token = json_object_get(root, "nextToken");
        assert_int_equal(json_is_string(token), s.token != NULL);
        if (s.token)
            assert_string_equal(s.token, json_string_value(token));
    } else if (root) {
        assert_int_equal(r, LOGSCAN_BAD);
    }
    assert_int_equal(logscan_next(&s, &e), r); /* and stays so */
    json_decref(root);
    free(body);
}

#define FULL "{\"events\":[{\"logStreamName\":\"a/b/c\",\"timestamp\":1," \
    "\"message\":\"one \\u00e9\\ud83d\\ude00\\n\\t\\\"\\\\\\/\"," \
    "\"ingestionTime\":2,\"eventId\":\"39\"},{\"timestamp\":-5,\"message\":" \
    "\"\",\"x\":{\"y\":[1,2.5e3,{}],\"z\":[]}}],\"searchedLogStreams\":[]," \
    "\"nextToken\":\"t\\u0041\"}"

static void what_jansson_reads_is_read_alike(void **state)
{
    (void)state;
    static const char *const t[] = {
        FULL,
        "{}",
        " { } ",
        "{\"events\":[]}",
        "{\"nextToken\":null,\"events\":[ ]}",
        "{\"nextToken\":\"x\",\"events\":[{}]}",
        "{\"events\":null}",
        "{\"events\":{\"message\":\"x\",\"timestamp\":1}}",
        "{\"events\":[1,null,\"x\",[{}],{\"message\":\"y\",\"timestamp\":7}]}",
        "{\"events\":[{\"message\":\"y\",\"timestamp\":1.5}]}",
        "{\"events\":[{\"message\":\"y\",\"timestamp\":1e3}]}",
        "{\"events\":[{\"message\":7,\"timestamp\":1}]}",
        "{\"events\":[{\"message\":\"a\",\"message\":\"b\",\"timestamp\":1,"
        "\"timestamp\":2}]}",
        "{\"events\":[{\"message\":\"a\",\"message\":null,\"timestamp\":1}]}",
        "{\"events\":[{\"message\":\"nul \\u0000 in it\",\"timestamp\":1}]}",
        "{\"a\":[[[[[[1]]]]],{}],\"b\":true,\"c\":false,\"d\":-0.5E-3}",
        /* and what it does not read */
        "", "[]", "null", "{", "{\"", "{\"events", "{\"events\":",
        "{\"events\":[", "{\"events\":[{", "{\"events\":[{}", "{\"events\":[{},"
        "]}", "{\"events\":[{}],}", "{\"events\":[{\"message\":\"a\",}]}",
        "{\"events\":[]}x", "{\"events\":[] \"a\":1}", "{\"a\":01}",
        "{\"a\":+1}", "{\"a\":1.}", "{\"a\":nul}", "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12\"}", "{\"a\":\"\n\"}", "{a:1}", "{\"a\":[1 2]}",
        "{\"a\":[1}", "{\"a\":{\"b\"}}", "{\"a\":1e}", "{\"a\":-}",
    };
    for (size_t i = 0; i < ARRAY_LEN(t); i++)
        compare(t[i], strlen(t[i]));
}

static enum logscan_result first(const char *text, struct logscan_event *e,
                                 char **body)
{
    struct logscan s;
    *body = copy_of(text, strlen(text));
    logscan_begin(&s, *body, strlen(text));
    return logscan_next(&s, e);
}

static void every_cut_of_a_reply_is_refused(void **state)
{
    (void)state;
    for (size_t n = 0; n < strlen(FULL); n++) {
        char *body = copy_of(FULL, n);
        struct logscan s;
        struct logscan_event e;
        enum logscan_result r;
        logscan_begin(&s, body, n);
        while ((r = logscan_next(&s, &e)) == LOGSCAN_EVENT)
            ;
        assert_int_equal(r, LOGSCAN_BAD);
        assert_null(s.token);
        free(body);
    }
}

/* What an application wrote must not make the page unreadable. */
static void odd_text_is_no_reason_to_refuse(void **state)
{
    (void)state;
    static const struct { const char *in, *want; } t[] = {
        {"\\ud800", "\xef\xbf\xbd"},
        {"\\udc00x", "\xef\xbf\xbdx"},
        {"\\ud800\\u0041", "\xef\xbf\xbd" "A"},
        {"\\ud800\\ud800\\udc00", "\xef\xbf\xbd\xf0\x90\x80\x80"},
        {"\xff\xfe", "\xff\xfe"},
        {"\\u001b[31m", "\033[31m"},
        {"\x7f", "\x7f"},
    };
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        char text[200], *body;
        struct logscan_event e;
        snprintf(text, sizeof(text), "{\"events\":[{\"timestamp\":1,"
                 "\"message\":\"%s\"}]}", t[i].in);
        assert_int_equal(first(text, &e, &body), LOGSCAN_EVENT);
        assert_string_equal(e.message, t[i].want);
        free(body);
    }
}

static void depth_has_its_bound(void **state)
{
    (void)state;
    struct logscan_event e;
    char *body;
    for (int depth = LOGSCAN_DEPTH - 2; depth < 5000; depth += 4000) {
        struct strbuf b = STRBUF_INIT;
        strbuf_puts(&b, "{\"a\":");
        for (int i = 0; i < depth; i++)
            strbuf_puts(&b, i % 2 ? "{\"k\":" : "[");
        strbuf_puts(&b, "1");
        for (int i = depth; i-- > 0;)
            strbuf_putc(&b, i % 2 ? '}' : ']');
        strbuf_puts(&b, "}");
        assert_int_equal(first(strbuf_get(&b), &e, &body),
                         depth < LOGSCAN_DEPTH ? LOGSCAN_END : LOGSCAN_BAD);
        free(body);
        strbuf_release(&b);
    }
}

/* ---- random ---------------------------------------------------------- */

static void put_value(struct strbuf *b, struct rng *r, int depth);

static void put_string(struct strbuf *b, struct rng *r)
{
    static const char *const parts[] = {
        "a", "ERROR ", "\\n", "\\\"", "\\\\", "\\u00e9", "\xc3\xa9", "\\/",
        "\\ud83d\\ude00", "0123456789", "{", "]", ",", ":", " ", "\\t",
        "message", "\\u0000"};
    strbuf_putc(b, '"');
    for (uint64_t n = rng_below(r, 12); n; n--)
        strbuf_puts(b, parts[rng_below(r, ARRAY_LEN(parts))]);
    strbuf_putc(b, '"');
}

static void put_members(struct strbuf *b, struct rng *r, int depth,
                        const char *const *names, size_t n_names)
{
    strbuf_putc(b, '{');
    for (size_t i = 0, done = 0; i < n_names; i++) {
        if (rng_below(r, 6) == 0)
            continue;
        strbuf_printf(b, "%s\"%s\": ", done++ ? " ,\n" : "", names[i]);
        put_value(b, r, depth);
    }
    strbuf_putc(b, '}');
}

static void put_value(struct strbuf *b, struct rng *r, int depth)
{
    static const char *const words[] = {"true", "false", "null", "0", "-1",
                                        "1795271527000", "1.5", "2e9"};
    static const char *const event[] = {"logStreamName", "timestamp",
                                        "message", "ingestionTime", "eventId",
                                        "other"};
    uint64_t kind = rng_below(r, depth > 3 ? 2 : 5);
    if (kind == 0) {
        put_string(b, r);
    } else if (kind == 1) {
        strbuf_puts(b, words[rng_below(r, ARRAY_LEN(words))]);
    } else if (kind == 2) {
        strbuf_putc(b, '[');
        for (uint64_t n = rng_below(r, 4), i = 0; i < n; i++) {
            strbuf_puts(b, i ? "," : "");
            put_value(b, r, depth + 1);
        }
        strbuf_putc(b, ']');
    } else {
        put_members(b, r, depth + 1, event, ARRAY_LEN(event));
    }
}

static void put_reply(struct strbuf *b, struct rng *r)
{
    static const char *const event[] = {"logStreamName", "timestamp",
                                        "message", "ingestionTime", "eventId"};
    static const char *const rest[] = {"searchedLogStreams", "nextToken"};
    strbuf_puts(b, "{\"events\":[");
    for (uint64_t n = rng_below(r, 6), i = 0; i < n; i++) {
        strbuf_puts(b, i ? "," : "");
        if (rng_below(r, 8) == 0)
            put_value(b, r, 0);
        else if (rng_below(r, 3) == 0)
            put_members(b, r, 3, event, ARRAY_LEN(event));
        else
            strbuf_printf(b, "{\"message\":\"m%d\",\"timestamp\":%d}", (int)i,
                          (int)rng_below(r, 1000));
    }
    strbuf_putc(b, ']');
    for (size_t i = 0; i < ARRAY_LEN(rest); i++) {
        strbuf_printf(b, ", \"%s\":", rest[i]);
        put_value(b, r, 2);
    }
    strbuf_putc(b, '}');
}

static void random_replies_are_read_as_jansson_reads_them(void **state)
{
    (void)state;
    struct rng r;
    size_t whole = 0;
    rng_seed(&r, 4);
    for (int i = 0; i < 20000; i++) {
        struct strbuf b = STRBUF_INIT;
        put_reply(&b, &r);
        compare(strbuf_get(&b), b.len);
        whole += b.len;
        /* and spoilt by one byte, anywhere */
        b.data[rng_below(&r, b.len)] = (char)"\"\\{}[],:0 \n\x01x"[
            rng_below(&r, 13)];
        if (!strstr(strbuf_get(&b), "\\u0000"))
            compare(strbuf_get(&b), b.len);
        strbuf_release(&b);
    }
    assert_true(whole > 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_jansson_reads_is_read_alike),
        cmocka_unit_test(every_cut_of_a_reply_is_refused),
        cmocka_unit_test(odd_text_is_no_reason_to_refuse),
        cmocka_unit_test(depth_has_its_bound),
        cmocka_unit_test(random_replies_are_read_as_jansson_reads_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
