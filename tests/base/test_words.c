/* The expected words are those of Python's shlex.split(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "backend/base/words.h"

static const struct {
    const char *text, *want; /* each word ended by a bar */
} good[] = {
    {"a", "a|"},
    {"  a\tb \r\n c ", "a|b|c|"},
    {"a 'b c' \"d e\"", "a|b c|d e|"},
    {"a'b'\"c\"d", "abcd|"},
    {"'' \"\"", "||"},
    {"a\\ b", "a b|"},
    {"\\a\\'\\\"\\\\", "a'\"\\|"},
    {"'a\\b'", "a\\b|"},
    {"'a\\'", "a\\|"},
    {"\"a\\\"b\\\\c\"", "a\"b\\c|"},
    {"\"a\\$b\\n\"", "a\\$b\\n|"},
    {"\"a'b\" 'c\"d'", "a'b|c\"d|"},
    {"a # b", "a|#|b|"},
    {"a;b|c&d>e", "a;b|c&d>e|"},
    {"$HOME `x` ~ *", "$HOME|`x`|~|*|"},
    {"a\\\nb", "a\nb|"},
    {"\"a\nb\"", "a\nb|"},
    {"--x=\"y z\"", "--x=y z|"},
    {"\xc3\xa9 \"\xc3\xa8\"", "\xc3\xa9|\xc3\xa8|"},
};

static void words_are_those_of_shlex(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct strbuf b = STRBUF_INIT;
        struct err err = {0};
        char **w = words_split(good[i].text, &err);

        assert_non_null(w);
        for (size_t k = 0; w[k]; k++)
            strbuf_printf(&b, "%s|", w[k]);
        assert_string_equal(strbuf_get(&b), good[i].want);
        words_free(w);
        strbuf_release(&b);
    }
}

static void what_has_no_end_is_an_error(void **state)
{
    static const char *const bad[] = {"a 'b", "\"", "a\\", "\"a\\", "\"a\\\"",
                                      "'a' 'b"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct err err = {0};

        assert_null(words_split(bad[i], &err));
        assert_int_equal(err.code, ERR_CONFIG);
        assert_non_null(strstr(err.message, "no end"));
    }
}

static void no_word_is_an_error(void **state)
{
    struct err err = {0};

    (void)state;
    assert_null(words_split(" \t", &err));
    assert_non_null(strstr(err.message, "empty"));
    words_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_those_of_shlex),
        cmocka_unit_test(what_has_no_end_is_an_error),
        cmocka_unit_test(no_word_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
