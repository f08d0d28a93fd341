/* mem, strbuf, arena, map and rng: the small containers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/arena.h"
#include "backend/base/map.h"
#include "backend/base/mem.h"
#include "backend/base/rng.h"
#include "backend/base/strbuf.h"

/* ---- mem ---- */

static void grow_doubles_and_keeps_contents(void **state)
{
    size_t cap = 0;
    int *v = NULL;

    (void)state;
    for (size_t i = 0; i < 1000; i++) {
        v = xgrow(v, &cap, i + 1, sizeof(*v));
        assert_true(cap >= i + 1);
        v[i] = (int)i;
    }
    assert_true(cap < 2048);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(v[i], i);
    assert_ptr_equal(xgrow(v, &cap, 3, sizeof(*v)), v);
    free(v);
}

static void dup_functions_stop_at_nul_and_keep_null(void **state)
{
    char *s = xstrndup("abc\0def", 7), *t = xstrndup("abcdef", 2);
    char *f = xasprintf("%d-%s", 7, "x");

    (void)state;
    assert_null(xstrdup(NULL));
    assert_string_equal(s, "abc");
    assert_string_equal(t, "ab");
    assert_string_equal(f, "7-x");
    free(s);
    free(t);
    free(f);
    xfree_secret(NULL, 10);
}

/* ---- strbuf ---- */

static void strbuf_is_empty_string_before_first_append(void **state)
{
    struct strbuf b = STRBUF_INIT;
    char *s;

    (void)state;
    assert_string_equal(strbuf_get(&b), "");
    s = strbuf_detach(&b);
    assert_string_equal(s, "");
    free(s);
    assert_int_equal(strbuf_puts(&b, ""), 0);
    assert_non_null(b.data);
    strbuf_release(&b);
    assert_null(b.data);
}

static void strbuf_appends_and_detaches(void **state)
{
    struct strbuf b = STRBUF_INIT;
    char *s;

    (void)state;
    for (int i = 0; i < 300; i++)
        assert_int_equal(strbuf_printf(&b, "%03d,", i), 0);
    assert_int_equal(b.len, 1200);
    assert_memory_equal(b.data + 1196, "299,", 5);
    strbuf_clear(&b);
    assert_string_equal(strbuf_get(&b), "");
    strbuf_append(&b, "a\0b", 3);
    strbuf_putc(&b, 'c');
    s = strbuf_detach(&b);
    assert_memory_equal(s, "a\0bc", 5);
    assert_int_equal(b.len, 0);
    free(s);
    strbuf_puts(&b, "secret");
    strbuf_release_secret(&b);
    assert_null(b.data);
}

static void strbuf_drops_whole_append_past_limit(void **state)
{
    struct strbuf b = STRBUF_INIT;

    (void)state;
    strbuf_limit(&b, 5);
    assert_int_equal(strbuf_puts(&b, "abc"), 0);
    assert_int_equal(strbuf_puts(&b, "def"), -1);
    assert_true(b.overflow);
    assert_string_equal(b.data, "abc");
    assert_int_equal(strbuf_printf(&b, "%d", 123), -1);
    assert_int_equal(strbuf_puts(&b, "de"), 0);
    assert_int_equal(strbuf_putc(&b, 'f'), -1);
    assert_string_equal(b.data, "abcde");
    strbuf_clear(&b);
    assert_false(b.overflow);
    strbuf_put_json(&b, "abcdef", 6);
    assert_true(b.overflow);
    assert_string_equal(b.data, "");
    strbuf_release(&b);
}

static void strbuf_writes_json_literals(void **state)
{
    static const struct {
        const char *in;
        size_t n;
        const char *want;
    } rows[] = {
        {"", 0, "\"\""},
        {"plain", 5, "\"plain\""},
        {"a\"b\\c", 5, "\"a\\\"b\\\\c\""},
        {"\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\""},
        {"\0\x1b\x7f", 3, "\"\\u0000\\u001b\\u007f\""},
        {"\xc3\xa9", 2, "\"\xc3\xa9\""},
        {"\xff.\xc3", 3, "\"\xef\xbf\xbd.\xef\xbf\xbd\""},
        {"\xf0\x9f\x98\x80", 4, "\"\xf0\x9f\x98\x80\""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct strbuf b = STRBUF_INIT;

        strbuf_put_json(&b, rows[i].in, rows[i].n);
        assert_string_equal(b.data, rows[i].want);
        strbuf_release(&b);
    }
}

/* ---- arena ---- */

static void arena_memory_is_zeroed_aligned_and_apart(void **state)
{
    static const size_t sizes[] = {0, 1, 3, 8, 100, 255, 256, 257, 5000,
                                   70000, 7};
    struct arena *a = arena_new();
    unsigned char *got[ARRAY_LEN(sizes) * 20];
    size_t n = 0;

    (void)state;
    for (size_t round = 0; round < 20; round++)
        for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
            unsigned char *p = arena_alloc(a, sizes[i]);

            assert_int_equal((uintptr_t)p % 8, 0);
            for (size_t k = 0; k < sizes[i]; k++)
                assert_int_equal(p[k], 0);
            memset(p, (int)(n % 250 + 1), sizes[i]);
            got[n++] = p;
            arena_strdup(a, "x"); /* odd sizes between */
        }
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < sizes[i % ARRAY_LEN(sizes)]; k++)
            assert_int_equal(got[i][k], i % 250 + 1);
    assert_true(arena_bytes(a) > 20 * 75000);
    assert_true(arena_bytes(a) < 20 * 75000 * 2);
    arena_free(a);
}

static void arena_interns_equal_strings_once(void **state)
{
    struct arena *a = arena_new();
    const char *first[500];
    char key[16];
    size_t before;

    (void)state;
    for (int i = 0; i < 500; i++) {
        snprintf(key, sizeof(key), "key-%d", i);
        first[i] = arena_intern(a, key);
        assert_string_equal(first[i], key);
        assert_ptr_not_equal(first[i], key);
    }
    before = arena_bytes(a);
    for (int i = 0; i < 500; i++) {
        snprintf(key, sizeof(key), "key-%d", i);
        assert_ptr_equal(arena_intern(a, key), first[i]);
    }
    assert_int_equal(arena_bytes(a), before);
    assert_null(arena_intern(a, NULL));
    arena_seal(a);
    assert_true(arena_bytes(a) < before);
    assert_string_equal(first[499], "key-499");
    assert_string_equal(arena_intern(a, "later"), "later");
    arena_free(a);
}

static void arena_copies_what_it_is_given(void **state)
{
    struct arena *a = arena_new();
    char *s = arena_printf(a, "%s/%d", "svc", 7);
    char *t = arena_strndup(a, "abcdef", 3);

    (void)state;
    assert_string_equal(s, "svc/7");
    assert_string_equal(t, "abc");
    assert_null(arena_strdup(a, NULL));
    arena_free(a);
    arena_free(NULL);
}

/* ---- map ---- */

static void map_replaces_removes_and_iterates_in_order(void **state)
{
    struct map *m = map_new();
    char one[] = "1", two[] = "2", three[] = "3", again[] = "1b";
    const char *key;
    struct strbuf seen = STRBUF_INIT;
    void *value;

    (void)state;
    assert_null(map_get(m, "a"));
    assert_null(map_remove(m, "a"));
    assert_null(map_put(m, "c", one));
    assert_null(map_put(m, "a", two));
    assert_null(map_put(m, "b", three));
    assert_ptr_equal(map_put(m, "c", again), one);
    assert_int_equal(map_len(m), 3);
    for (size_t i = 0; map_next(m, &i, &key, &value);)
        strbuf_printf(&seen, "%s=%s ", key, (char *)value);
    assert_string_equal(seen.data, "c=1b a=2 b=3 ");
    assert_ptr_equal(map_remove(m, "c"), again);
    assert_null(map_get(m, "c"));
    map_put(m, "c", one); /* to the end now */
    strbuf_clear(&seen);
    for (size_t i = 0; map_next(m, &i, &key, NULL);)
        strbuf_puts(&seen, key);
    assert_string_equal(seen.data, "abc");
    strbuf_release(&seen);
    map_free(m, NULL);
}

static void map_allows_removing_the_key_just_returned(void **state)
{
    struct map *m = map_new();
    char key[16];
    const char *k;
    size_t n = 0;
    void *v;

    (void)state;
    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof(key), "%d", i);
        map_put(m, key, xstrdup(key));
    }
    for (size_t i = 0; map_next(m, &i, &k, &v); n++)
        if (n % 2 == 0)
            free(map_remove(m, k));
    assert_int_equal(n, 100);
    assert_int_equal(map_len(m), 50);
    assert_null(map_get(m, "42"));
    assert_string_equal(map_get(m, "43"), "43");
    map_clear(m, free);
    assert_int_equal(map_len(m), 0);
    map_put(m, "x", xstrdup("y"));
    map_free(m, free);
    map_free(NULL, free);
}

struct named {
    char *name; /* moved by the test */
};

static const char *name_of(const void *p)
{
    return ((const struct named *)p)->name;
}

static void a_keyed_map_asks_the_values_for_their_keys(void **state)
{
    struct map *m = map_new_keyed(name_of);
    struct named v[200];
    const char *key;
    void *value;
    size_t n = 0;

    (void)state;
    for (int i = 0; i < 200; i++) {
        v[i].name = xasprintf("n%d", i);
        assert_null(map_put(m, v[i].name, &v[i]));
    }
    for (int i = 0; i < 200; i++) {
        free(v[i].name); /* equal, but elsewhere */
        v[i].name = xasprintf("n%d", i);
    }
    assert_ptr_equal(map_get(m, "n77"), &v[77]);
    for (int i = 0; i < 200; i += 2)
        assert_ptr_equal(map_remove(m, v[i].name), &v[i]);
    assert_null(map_get(m, "n76"));
    for (size_t i = 0; map_next(m, &i, &key, &value); n++)
        assert_ptr_equal(key, ((struct named *)value)->name);
    assert_int_equal(n, 100);
    assert_ptr_equal(map_put(m, "n77", &v[77]), &v[77]);
    map_clear(m, NULL);
    assert_null(map_put(m, "n5", &v[5]));
    assert_ptr_equal(map_get(m, "n5"), &v[5]);
    map_free(m, NULL);
    for (int i = 0; i < 200; i++)
        free(v[i].name);
}

static void map_agrees_with_an_array_over_random_use(void **state)
{
    enum { KEYS = 300 };
    static int cells[KEYS];
    bool in[KEYS] = {false};
    struct map *m = map_new();
    struct rng r;
    size_t len = 0;

    (void)state;
    rng_seed(&r, 7);
    for (int step = 0; step < 20000; step++) {
        size_t k = rng_below(&r, KEYS);
        char key[16];

        snprintf(key, sizeof(key), "k%zu", k);
        if (rng_below(&r, 2)) {
            void *old = map_put(m, key, &cells[k]);

            assert_ptr_equal(old, in[k] ? &cells[k] : NULL);
            len += !in[k];
            in[k] = true;
        } else {
            assert_ptr_equal(map_remove(m, key), in[k] ? &cells[k] : NULL);
            len -= in[k];
            in[k] = false;
        }
        assert_int_equal(map_len(m), len);
    }
    for (size_t k = 0; k < KEYS; k++) {
        char key[16];

        snprintf(key, sizeof(key), "k%zu", k);
        assert_ptr_equal(map_get(m, key), in[k] ? &cells[k] : NULL);
    }
    map_free(m, NULL);
}

/* ---- rng ---- */

static void rng_matches_published_xoshiro(void **state)
{
    /* The reference code from state {1, 2, 3, 4}. */
    static const uint64_t want[] = {11520, 0, 1509978240,
                                    1215971899390074240};
    struct rng r = {{1, 2, 3, 4}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        assert_int_equal(rng_next(&r), want[i]);
}

static void rng_repeats_for_a_seed_and_stays_in_bounds(void **state)
{
    struct rng a, b, c;
    unsigned seen[6] = {0};
    char hex[42], hex2[42];

    (void)state;
    rng_seed(&a, 1);
    rng_seed(&b, 1);
    rng_seed(&c, 2);
    rng_hex(&a, hex, 41);
    rng_hex(&b, hex2, 41);
    assert_string_equal(hex, hex2);
    assert_int_equal(strlen(hex), 41);
    assert_int_equal(strspn(hex, "0123456789abcdef"), 41);
    rng_hex(&c, hex2, 41);
    assert_string_not_equal(hex, hex2);
    for (int i = 0; i < 6000; i++) {
        double u = rng_unit(&a);

        assert_true(u >= 0 && u < 1);
        seen[rng_below(&a, 6)]++;
    }
    for (size_t i = 0; i < 6; i++)
        assert_in_range(seen[i], 800, 1200);
    assert_int_equal(rng_below(&a, 1), 0);
    rng_hex(&a, hex, 0);
    assert_string_equal(hex, "");
}

static void rng_takes_fresh_bytes_from_the_kernel(void **state)
{
    unsigned char a[32] = {0}, b[32] = {0};
    struct rng r, s;

    (void)state;
    rng_os_bytes(a, sizeof(a));
    rng_os_bytes(b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
    rng_seed_os(&r);
    rng_seed_os(&s);
    assert_true(rng_next(&r) != rng_next(&s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grow_doubles_and_keeps_contents),
        cmocka_unit_test(dup_functions_stop_at_nul_and_keep_null),
        cmocka_unit_test(strbuf_is_empty_string_before_first_append),
        cmocka_unit_test(strbuf_appends_and_detaches),
        cmocka_unit_test(strbuf_drops_whole_append_past_limit),
        cmocka_unit_test(strbuf_writes_json_literals),
        cmocka_unit_test(arena_memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(arena_interns_equal_strings_once),
        cmocka_unit_test(arena_copies_what_it_is_given),
        cmocka_unit_test(map_replaces_removes_and_iterates_in_order),
        cmocka_unit_test(map_allows_removing_the_key_just_returned),
        cmocka_unit_test(a_keyed_map_asks_the_values_for_their_keys),
        cmocka_unit_test(map_agrees_with_an_array_over_random_use),
        cmocka_unit_test(rng_matches_published_xoshiro),
        cmocka_unit_test(rng_repeats_for_a_seed_and_stays_in_bounds),
        cmocka_unit_test(rng_takes_fresh_bytes_from_the_kernel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
