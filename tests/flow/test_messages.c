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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_seen_is_not_counted),
        cmocka_unit_test(what_was_overtaken_is_counted_until_it_is_read),
        cmocka_unit_test(a_repeat_counts_once_while_it_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
