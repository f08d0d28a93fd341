/* regex: what matches, and that no pattern stalls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/svc/regex.h"

static double cpu_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void patterns_find_their_place(void **state)
{
    static const struct {
        const char *pattern, *text;
        enum regex_result result;
        size_t start, len;
    } rows[] = {
        {"refused", "connection refused", REGEX_HIT, 11, 7},
        {"refused", "Connection REFUSED", REGEX_HIT, 11, 7},
        {"Refused", "connection refused", REGEX_NONE, 0, 0},
        {"\\Status", "a tatus", REGEX_NONE, 0, 0},
        {"\\Status", "a xTATUS", REGEX_HIT, 2, 6},
        {"^a.*z$", "a to z", REGEX_HIT, 0, 6},
        {"caf\xc3\xa9", "le CAF\xc3\x89 noir", REGEX_HIT, 3, 5},
        {"b", "a\xff\xfe" "b", REGEX_HIT, 3, 1},
        {"x*", "y", REGEX_HIT, 0, 0},
    };
    struct err err = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct regex *re = regex_new(rows[i].pattern, &err);
        size_t start = 0, len = 0;

        assert_non_null(re);
        assert_int_equal(regex_find(re, rows[i].text, strlen(rows[i].text), 0,
                                    &start, &len),
                         rows[i].result);
        if (rows[i].result == REGEX_HIT) {
            assert_int_equal(start, rows[i].start);
            assert_int_equal(len, rows[i].len);
        }
        assert_string_equal(regex_text(re), rows[i].pattern);
        regex_free(re);
    }
}

static void a_search_goes_on_behind_a_hit(void **state)
{
    struct err err = {0};
    struct regex *re = regex_new("a+", &err);
    size_t at = 0, len;

    (void)state;
    assert_int_equal(regex_find(re, "aa b a", 6, 2, &at, &len), REGEX_HIT);
    assert_int_equal(at, 5);
    assert_int_equal(regex_find(re, "aa b a", 6, 6, &at, &len), REGEX_NONE);
    assert_int_equal(regex_find(re, "aa b a", 6, 7, &at, &len), REGEX_NONE);
    regex_free(re);
}

static void wrong_patterns_are_explained(void **state)
{
    struct err err = {0};
    char *big = xmalloc(REGEX_MAX_PATTERN + 2);

    (void)state;
    assert_null(regex_new("connect(", &err));
    assert_string_equal(err.message, "The pattern connect( is wrong at 8: "
                                     "missing closing parenthesis.");
    memset(big, 'a', REGEX_MAX_PATTERN + 1);
    big[REGEX_MAX_PATTERN + 1] = '\0';
    assert_null(regex_new(big, &err));
    struct regex *re = regex_new_plain(big);
    assert_int_equal(strlen(regex_text(re)), REGEX_MAX_PATTERN);
    regex_free(re);
    free(big);
}

static void plain_text_has_no_special_characters(void **state)
{
    struct regex *re = regex_new_plain("connect(): [111");
    struct regex *odd = regex_new_plain("a\xff(");
    size_t at;

    (void)state;
    assert_true(regex_is_plain(re));
    assert_int_equal(regex_find(re, "x CONNECT(): [111]", 18, 0, &at, NULL),
                     REGEX_HIT);
    assert_int_equal(at, 2);
    assert_int_equal(regex_find(odd, "ba\xff()", 5, 0, &at, NULL), REGEX_HIT);
    assert_int_equal(at, 1);
    regex_free(re);
    regex_free(odd);
}

/* Each of these takes minutes or years without limits. */
static void no_pattern_stalls(void **state)
{
    static const char *const patterns[] = {
        "(a+)+$",          "a.*b.*c",     "\\d+f",       ".*\\d+y",
        "(a|aa)+$",        "(.*)*x",      "(?:a*)*b",    "(a?){30}a{30}b",
        "(x+x+)+y",        "^(([a-z])+.)+[A-Z]([a-z])+$"};
    static const size_t sizes[] = {200, REGEX_LONG, 100000, 1 << 20};
    char *text = xmalloc(1 << 20);
    struct err err = {0};

    (void)state;
    for (int digit = 0; digit < 2; digit++) {
        memset(text, digit ? '7' : 'a', 1 << 20);
        for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
            struct regex *re = regex_new(patterns[i], &err);
            assert_non_null(re);
            for (size_t k = 0; k < ARRAY_LEN(sizes); k++) {
                text[sizes[k] - 1] = '!';
                double before = cpu_ms();
                regex_find(re, text, sizes[k], 0, NULL, NULL);
                double took = cpu_ms() - before;
                if (took > 1000) /* sanitisers are slow; 10 ms without */
                    fail_msg("%s over %zu bytes took %.0f ms", patterns[i],
                             sizes[k], took);
                text[sizes[k] - 1] = digit ? '7' : 'a';
            }
            regex_free(re);
        }
    }
    free(text);
}

static void long_lines_are_searched_to_their_end(void **state)
{
    static const char *const patterns[] = {"needle", "n.edle$", "[n]eedl",
                                           "\\bneedle\\b"};
    size_t n = 1 << 20;
    char *text = xmalloc(n);
    struct err err = {0};
    size_t at = 0;

    (void)state;
    memset(text, 'x', n);
    memcpy(text + n - 7, " needle", 7);
    for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
        struct regex *re = regex_new(patterns[i], &err);
        assert_int_equal(regex_find(re, text, n, 0, &at, NULL), REGEX_HIT);
        assert_int_equal(at, n - 6);
        regex_free(re);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_find_their_place),
        cmocka_unit_test(a_search_goes_on_behind_a_hit),
        cmocka_unit_test(wrong_patterns_are_explained),
        cmocka_unit_test(plain_text_has_no_special_characters),
        cmocka_unit_test(no_pattern_stalls),
        cmocka_unit_test(long_lines_are_searched_to_their_end),
    };

    return cmocka_run_group_tests_name("regex", tests, NULL, NULL);
}
