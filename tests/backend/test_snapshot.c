/* Pages are shared, counted, and freed with their last holder (ASan and LSan
 * are the judges of the counting). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "backend/store/internal.h"

static struct snapshot *make(struct page **pages, size_t n_pages,
                             const char *const *keys, size_t n, uint64_t mark)
{
    struct snap_builder b = {.mark = mark};

    for (size_t i = 0; i < n_pages; i++)
        snap_add_page(&b, pages[i]);
    for (size_t i = 0; i < n; i++)
        snap_add_row(&b, keys[i], keys[i], 0);
    return snap_finish(&b);
}

static void a_page_is_collected_once(void **state)
{
    struct page *p = page_new(NULL);
    struct page *twice[] = {p, p, NULL, p};
    struct snapshot *s;

    (void)state;
    s = make(twice, 4, NULL, 0, 1);
    assert_int_equal(p->refs, 2);
    snapshot_unref(s);
    assert_int_equal(p->refs, 1);
    page_unref(p);
}

static void a_snapshot_keeps_the_strings_of_dropped_entries(void **state)
{
    struct page *p = page_new(NULL);
    const char *key = arena_strdup(p->arena, "arn:x/y");
    struct snapshot *a = make(&p, 1, &key, 1, 1);
    struct snapshot *b = make(&p, 1, &key, 1, 2);

    (void)state;
    page_unref(p);
    snapshot_unref(a);
    assert_non_null(snapshot_find(b, "arn:x/y"));
    assert_string_equal(b->rows[0].key, "arn:x/y");
    snapshot_unref(b);
}

static void page_set_swaps_references(void **state)
{
    struct page *a = page_new(NULL), *b = page_new(NULL), *slot = NULL;

    (void)state;
    page_set(&slot, a);
    page_set(&slot, a);
    assert_int_equal(a->refs, 2);
    page_set(&slot, b);
    assert_int_equal(a->refs, 1);
    assert_int_equal(b->refs, 2);
    page_set(&slot, NULL);
    assert_int_equal(b->refs, 1);
    page_unref(a);
    page_unref(b);
}

static void every_key_is_found_and_no_other(void **state)
{
    struct page *p = page_new(NULL);
    const char *keys[1000];
    struct snapshot *s;

    (void)state;
    for (size_t i = 0; i < 1000; i++)
        keys[i] = arena_printf(p->arena, "arn:aws:ecs:task/prod/%zu", i);
    s = make(&p, 1, keys, 1000, 1);
    for (size_t i = 0; i < 1000; i++)
        assert_ptr_equal(snapshot_find(s, keys[i]), &s->rows[i]);
    assert_null(snapshot_find(s, "arn:aws:ecs:task/prod/1000"));
    assert_null(snapshot_find(s, ""));
    assert_null(snapshot_find(s, NULL));
    assert_null(snapshot_find(NULL, "x"));
    snapshot_unref(s);
    page_unref(p);
}

static void an_empty_snapshot_finds_nothing(void **state)
{
    struct snapshot *s = make(NULL, 0, NULL, 0, 1);

    (void)state;
    assert_int_equal(s->n_rows, 0);
    assert_null(snapshot_find(s, "x"));
    assert_ptr_equal(snapshot_ref(s), s);
    snapshot_unref(s);
    snapshot_unref(s);
    snapshot_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_is_collected_once),
        cmocka_unit_test(a_snapshot_keeps_the_strings_of_dropped_entries),
        cmocka_unit_test(page_set_swaps_references),
        cmocka_unit_test(every_key_is_found_and_no_other),
        cmocka_unit_test(an_empty_snapshot_finds_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
