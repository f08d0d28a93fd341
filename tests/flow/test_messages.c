/* What the message row says of those that nobody has seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "views/app/messages.h"

static void what_was_seen_is_not_counted(void **state)
{
    struct messages m = {0};
    (void)state;
    for (int i = 0; i < 3; i++) {
        messages_add(&m, MSG_ERROR, 1000, i % 2 ? "one" : "two");
        assert_true(m.shown);
        assert_int_equal(messages_others(&m), 0);
        messages_seen(&m);
        assert_false(m.shown);
    }
    assert_int_equal(m.unread, 0);
    messages_release(&m);
}

static void what_was_overtaken_is_counted_until_it_is_read(void **state)
{
    struct messages m = {0};
    (void)state;
    messages_add(&m, MSG_ERROR, 1000, "one");
    messages_add(&m, MSG_WARN, 1000, "two");
    assert_int_equal(messages_others(&m), 1);
    messages_add(&m, MSG_INFO, 1000, "three"); /* hides two errors */
    assert_int_equal(messages_others(&m), 2);
    messages_seen(&m);
    assert_int_equal(messages_others(&m), 2);
    messages_seen_all(&m);
    assert_int_equal(messages_others(&m), 0);
    messages_release(&m);
}

static void a_repeat_counts_once_while_it_shows(void **state)
{
    struct messages m = {0};
    (void)state;
    for (int i = 0; i < 5; i++)
        messages_add(&m, MSG_ERROR, 1000 + i, "again");
    assert_int_equal(m.n, 1);
    assert_int_equal(m.items[0].count, 5);
    assert_int_equal(messages_others(&m), 0);
    messages_seen(&m);
    assert_int_equal(m.unread, 0);
    messages_add(&m, MSG_ERROR, 2000, "again"); /* and once more */
    assert_int_equal(m.unread, 1);
    messages_release(&m);
}

static void progress_is_one_line(void **state)
{
    struct messages m = {0};
    (void)state;
    messages_add(&m, MSG_OK, 1000, "Scaling web 4 -> 6 (request a).");
    messages_progress(&m, MSG_INFO, 2000, "a", "web: 5/6");
    messages_progress(&m, MSG_INFO, 2500, "b", "pay: 1/2");
    messages_add(&m, MSG_INFO, 3000, "something else");
    messages_seen(&m);
    messages_progress(&m, MSG_OK, 4000, "a", "web: 6/6, steady");
    assert_true(m.shown);
    assert_int_equal(m.n, 4);
    assert_string_equal(messages_newest(&m)->text, "web: 6/6, steady");
    assert_int_equal(messages_newest(&m)->count, 1);
    assert_string_equal(m.items[1].text, "pay: 1/2");
    messages_release(&m);
}

static void failures_of_a_kind_are_counted(void **state)
{
    struct messages m = {0};
    (void)state;
    for (int i = 0; i < 3; i++) {
        messages_tally(&m, MSG_ERROR, 1000 + i, "x", i == 2 ? "last" : "x");
        messages_tally(&m, MSG_WARN, 1000 + i, "y", "y");
    }
    assert_false(m.shown);
    assert_int_equal(m.n, 2);
    assert_string_equal(m.items[0].text, "last");
    assert_int_equal(m.items[0].count, 3);
    assert_int_equal(m.items[0].last_ms, 1002);
    messages_release(&m);
}

static void a_hint_is_gone_with_the_next_key(void **state)
{
    struct messages m = {0};
    (void)state;
    messages_add(&m, MSG_WARN, 1000, "kept");
    messages_hint(&m, 2000, "q quits");
    messages_hint(&m, 3000, "q quits, really");
    assert_true(m.shown);
    assert_int_equal(messages_others(&m), 1);
    assert_string_equal(messages_newest(&m)->text, "q quits, really");
    messages_seen(&m);
    assert_int_equal(m.n, 1);
    assert_string_equal(messages_newest(&m)->text, "kept");
    messages_hint(&m, 4000, "q quits");
    messages_add(&m, MSG_INFO, 5000, "next");
    assert_int_equal(m.n, 2);
    messages_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_seen_is_not_counted),
        cmocka_unit_test(what_was_overtaken_is_counted_until_it_is_read),
        cmocka_unit_test(a_repeat_counts_once_while_it_shows),
        cmocka_unit_test(progress_is_one_line),
        cmocka_unit_test(failures_of_a_kind_are_counted),
        cmocka_unit_test(a_hint_is_gone_with_the_next_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
