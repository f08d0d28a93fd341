/* The hash of the tables: every byte counts, and like names spread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/hash.h"

static void every_byte_counts(void **state)
{
    char text[40];

    (void)state;
    for (size_t n = 0; n < sizeof(text); n++) {
        memset(text, 'a', sizeof(text));
        uint64_t whole = hash_bytes(text, n);
        for (size_t i = 0; i < n; i++) {
            text[i] = 'b';
            assert_true(hash_bytes(text, n) != whole);
            text[i] = 'a';
        }
        text[n] = 'z'; /* what follows does not */
        assert_true(hash_bytes(text, n) == whole);
        if (n > 0)
            assert_true(hash_bytes(text, n - 1) != whole);
    }
}

/* 16,384 ARNs in as many places: chance puts 8 or 9 into the fullest. */
static void like_names_spread(void **state)
{
    enum { N = 16384 };
    static const char *const forms[] = {
        "arn:aws:ecs:eu-west-1:123456789012:service/cluster-01/svc-%05d",
        "arn:aws:ecs:eu-west-1:123456789012:task/cluster-01/%032x",
        "%d", "%08x0000000000000000"};

    (void)state;
    for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
        unsigned char *low = calloc(N, 1), *high = calloc(N, 1);
        assert_non_null(low);
        assert_non_null(high);
        for (int i = 0; i < N; i++) {
            char text[128];
            snprintf(text, sizeof(text), forms[f], i);
            uint64_t h = hash_text(text);
            assert_true(++low[h % N] < 14);
            assert_true(++high[(h >> 32) % N] < 14);
        }
        free(low);
        free(high);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_counts),
        cmocka_unit_test(like_names_spread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
