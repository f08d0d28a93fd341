/* nearest: what somebody may have meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/nearest.h"

static void edits_are_counted(void **state)
{
    static const struct {
        const char *a, *b;
        size_t edits;
    } rows[] = {
        {"theme", "theme", 0}, {"thme", "theme", 1},  {"themes", "theme", 1},
        {"thene", "theme", 1}, {"tehme", "theme", 1}, {"THEME", "theme", 0},
        {"flow", "follow", 2}, {"redonly", "read-only", 2},
        {"kittsings", "sittings-", 3},  {"them", "theme", 1},
        {"comp", "completions", 1},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct nearest n = nearest_to(rows[i].a, strlen(rows[i].a));
        nearest_offer(&n, rows[i].b);
        assert_ptr_equal(nearest_get(&n), rows[i].b);
        assert_int_equal(n.edits, rows[i].edits);
    }
}

static const char *of(const char *typed, size_t len)
{
    static const char *const words[] = {"theme", "filter", "follow",
                                        "read-only", "sim-world"};
    struct nearest n = nearest_to(typed, len);
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        nearest_offer(&n, words[i]);
    return nearest_get(&n);
}

static void the_nearest_word_wins(void **state)
{
    (void)state;
    assert_string_equal(of("thme", 4), "theme");
    assert_string_equal(of("thme=mono", 4), "theme");
    assert_string_equal(of("Folow", 5), "follow");
    assert_string_equal(of("flow", 4), "follow");
    assert_string_equal(of("redonly", 7), "read-only");
    assert_string_equal(of("sim", 3), "sim-world");
}

static void what_is_far_is_not_offered(void **state)
{
    char longest[60];
    (void)state;
    assert_null(of("bogus", 5));
    assert_null(of("", 0));
    assert_null(of("fi", 2));
    assert_null(of("x", 1));
    memset(longest, 't', sizeof(longest));
    assert_null(of(longest, sizeof(longest)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edits_are_counted),
        cmocka_unit_test(the_nearest_word_wins),
        cmocka_unit_test(what_is_far_is_not_offered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
