/* strtab: one copy of what many arenas hold, and none of what no one holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "backend/base/arena.h"
#include "backend/base/strtab.h"

static const char *put(struct arena *a, int i)
{
    char s[32];

    snprintf(s, sizeof(s), "word-%d", i);
    return arena_intern(a, s);
}

static void arenas_on_one_table_share_equal_strings(void **state)
{
    struct strtab *t = strtab_new();
    struct arena *a = arena_new_on(t), *b = arena_new_on(t);
    struct arena *other = arena_new();

    (void)state;
    assert_ptr_equal(put(a, 1), put(b, 1));
    assert_ptr_equal(put(b, 1), put(a, 1)); /* each asks again */
    assert_ptr_not_equal(put(a, 1), put(other, 1));
    assert_int_equal(strtab_len(t), 1);
    arena_free(a);
    assert_string_equal(put(b, 1), "word-1");
    assert_int_equal(strtab_len(t), 1);
    arena_free(b);
    assert_int_equal(strtab_len(t), 0);
    arena_free(other);
    strtab_unref(t);
}

/* Pages come and go for a day; each has words of its own and a few that all
 * have. What the table holds follows what the living pages hold. */
static void a_table_does_not_grow_with_time(void **state)
{
    enum { LIVE = 8, ROUNDS = 2000, OWN = 50, COMMON = 10 };
    struct strtab *t = strtab_new();
    struct arena *live[LIVE] = {0};
    size_t top = 0, bytes = 0;

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct arena *a = arena_new_on(t);

        for (int i = 0; i < OWN; i++)
            put(a, 1000 + round * OWN + i);
        for (int i = 0; i < COMMON; i++)
            put(a, i);
        arena_seal(a);
        arena_free(live[round % LIVE]);
        live[round % LIVE] = a;
        for (int i = 0; i < COMMON; i++)
            assert_ptr_equal(put(a, i), put(live[0], i));
        if (strtab_len(t) > top)
            top = strtab_len(t);
        if (round == LIVE * 2)
            bytes = strtab_bytes(t);
    }
    assert_int_equal(top, LIVE * OWN + COMMON);
    assert_true(strtab_bytes(t) < bytes * 2);
    for (int i = 0; i < LIVE; i++)
        arena_free(live[i]);
    assert_int_equal(strtab_len(t), 0);
    assert_true(strtab_bytes(t) < 1024); /* the slots went too */
    strtab_unref(t);
}

/* Removal must not hide those that probed past the removed one. */
static void what_stays_is_found_after_others_went(void **state)
{
    enum { N = 3000 };
    struct strtab *t = strtab_new();
    struct arena *keep = arena_new_on(t);
    const char *kept[N];

    (void)state;
    for (int part = 0; part < 10; part++) {
        struct arena *gone = arena_new_on(t);

        for (int i = 0; i < N / 10; i++) {
            kept[part * (N / 10) + i] = put(keep, part * (N / 10) + i);
            put(gone, 100000 + i);
        }
        arena_free(gone);
    }
    assert_int_equal(strtab_len(t), N);
    for (int i = 0; i < N; i++)
        assert_ptr_equal(put(keep, i), kept[i]);
    assert_int_equal(strtab_len(t), N);
    arena_free(keep);
    strtab_unref(t);
}

static void an_arena_keeps_its_table(void **state)
{
    struct strtab *t = strtab_new();
    struct arena *a = arena_new_on(t);
    const char *s = put(a, 7);

    (void)state;
    strtab_unref(t); /* the store is closed, a snapshot is not */
    assert_string_equal(s, "word-7");
    assert_ptr_equal(put(a, 7), s);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arenas_on_one_table_share_equal_strings),
        cmocka_unit_test(a_table_does_not_grow_with_time),
        cmocka_unit_test(what_stays_is_found_after_others_went),
        cmocka_unit_test(an_arena_keeps_its_table),
    };

    return cmocka_run_group_tests_name("strtab", tests, NULL, NULL);
}
