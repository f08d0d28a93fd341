/* JSON lines for readers: compact, pretty, and what is not JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/rng.h"
#include "backend/base/utf8.h"
#include "backend/svc/logjson.h"

static void level_and_message_come_first(void **state)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"{\"ts\":\"2026\",\"status\":500,\"msg\":\"db gone\",\"level\":"
         "\"error\"}", "ERROR db gone  status=500"},
        {"{\"level\":30,\"time\":1795271527000,\"msg\":\"up\"}", "INFO  up"},
        {"{\"level\":\"warn\"}", "WARN"},
        {"{\"severity\":\"CRITICAL\",\"message\":\"x\"}", "CRITICAL x"},
        {"{\"a\":1,\"b\":\"two words\",\"c\":{\"d\":[1,2]},\"e\":null}",
         "a=1 b=\"two words\" c={\"d\":[1,2]} e=null"},
        {"{\"n\":12345678901234567890.50}", "n=12345678901234567890.50"},
        {"app | {\"msg\":\"hi\"}", "app | hi"},
        {" { } ", ""},
        {"{\"msg\":\"one\\ntwo\\t\\\"q\\\"\",\"s\":\"a\\nb\"}",
         "one two \"q\"  s=\"a\\nb\""},
        {"{\"msg\":\"caf\\u00e9 \\ud83d\\ude00 \\ud83d \\u0000\"}",
         "caf\xc3\xa9 \xf0\x9f\x98\x80 \xef\xbf\xbd \xef\xbf\xbd"},
        {"{\"msg\":\"\\u001b[31mred\\u009b\"}",
         "\xef\xbf\xbd[31mred\xef\xbf\xbd"},
        {"{\"a\":1,\"a\":2}", "a=1 a=2"},
    };
    struct strbuf out = STRBUF_INIT;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        strbuf_clear(&out);
        assert_true(logjson_compact(rows[i].in, strlen(rows[i].in), NULL,
                                    &out));
        assert_string_equal(strbuf_get(&out), rows[i].out);
    }
    strbuf_release(&out);
}

static void fields_choose_what_follows(void **state)
{
    const char *in = "{\"level\":\"info\",\"msg\":\"m\",\"a\":{\"b\":{\"c\":7}"
                     ",\"x\":1},\"d.e\":\"dot\",\"z\":9}";
    struct logjson_fields f = {0};
    struct strbuf out = STRBUF_INIT;

    (void)state;
    logjson_fields_set(&f, "z, a.b.c ,d.e,missing,a.b.nope");
    assert_int_equal(f.n, 5);
    assert_true(logjson_compact(in, strlen(in), &f, &out));
    assert_string_equal(strbuf_get(&out), "INFO  m  z=9 a.b.c=7 d.e=dot");
    logjson_fields_set(&f, "");
    assert_int_equal(f.n, 0);
    logjson_fields_release(&f);
    strbuf_release(&out);
}

static void what_is_not_json_is_left_alone(void **state)
{
    static const char *const rows[] = {
        "", "plain", "{", "{}x", "{\"a\"}", "{\"a\":}", "{\"a\":1,}",
        "{'a':1}", "{\"a\":tru}", "[1,2]", "{\"a\":\"open", "{\"a\":[1}",
        "{\"a\":1}{\"b\":2} tail", "{\"a\" 1}", "{\"a\":\"\\\"}"};
    struct strbuf out = STRBUF_INIT;
    char deep[400] = "";

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_false(logjson_compact(rows[i], strlen(rows[i]), NULL, &out));
        assert_false(logjson_pretty(rows[i], strlen(rows[i]), &out));
        assert_int_equal(out.len, 0);
    }
    memset(deep, '[', 200);
    memcpy(deep, "{\"a\":", 5);
    assert_false(logjson_compact(deep, 200, NULL, &out));
    strbuf_release(&out);
}

static void pretty_indents_and_unfolds_stacks(void **state)
{
    const char *in = "x {\"a\":1,\"o\":{\"p\":[true,{}],\"q\":[]},\"stack\":"
                     "\"E: no\\n\\tat f\\n\",\"u\":\"\\u001b\"}";
    struct strbuf out = STRBUF_INIT;

    (void)state;
    assert_true(logjson_pretty(in, strlen(in), &out));
    assert_string_equal(strbuf_get(&out),
                        "x \n{\n  \"a\": 1,\n  \"o\": {\n    \"p\": [\n"
                        "      true,\n      {}\n    ],\n    \"q\": []\n  },\n"
                        "  \"stack\":\n    | E: no\n    |     at f\n"
                        "  \"u\": \"\\u001b\"\n}");
    strbuf_release(&out);
}

/* Spoilt texts: nothing is read past the end (the copy has no NUL), and what
 * comes out is harmless. */
static void spoilt_lines_do_no_harm(void **state)
{
    static const char seed[] =
        "{\"level\":\"error\",\"msg\":\"a\\u12e\\ud83d\\n\",\"o\":{\"p\":[1,"
        "{\"q\":\"\\\\\"}]},\"t\":-1.5e+9}";
    struct rng rng;
    struct strbuf out = STRBUF_INIT;

    (void)state;
    rng_seed(&rng, 7);
    for (int round = 0; round < 20000; round++) {
        size_t n = rng_next(&rng) % sizeof(seed);
        char *copy = xmalloc(n + 1);
        copy = realloc(copy, n ? n : 1);
        memcpy(copy, seed, n);
        for (int k = 0; n && k < 2; k++)
            copy[rng_next(&rng) % n] = (char)rng_next(&rng);
        strbuf_clear(&out);
        if (logjson_compact(copy, n, NULL, &out))
            assert_true(utf8_is_clean(strbuf_get(&out), out.len));
        strbuf_clear(&out);
        logjson_pretty(copy, n, &out);
        free(copy);
    }
    strbuf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(level_and_message_come_first),
        cmocka_unit_test(fields_choose_what_follows),
        cmocka_unit_test(what_is_not_json_is_left_alone),
        cmocka_unit_test(pretty_indents_and_unfolds_stacks),
        cmocka_unit_test(spoilt_lines_do_no_harm),
    };

    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        return 1;
    return cmocka_run_group_tests_name("logjson", tests, NULL, NULL);
}
