/* What the store holds is bounded by what there is, not by how long it has
 * run: pages go when their rows do, and what is kept long keeps nothing
 * beside itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "tests/fake/store_env.h"

enum { SERVICES = 40, EACH = 10, TASKS = SERVICES * EACH };

static void large(struct store_env *e, struct fake_task **tasks)
{
    char name[32];

    env_open(e);
    fake_cluster(e->f, "prod");
    for (int i = 0; i < SERVICES; i++) {
        snprintf(name, sizeof(name), "svc%02d", i);
        fake_service(e->f, "prod", name, EACH, EACH);
        for (int k = 0; k < EACH; k++)
            tasks[i * EACH + k] =
                fake_task(e->f, "prod", name, 1 + i * EACH + k);
    }
}

static void nothing_is_left_of_the_rows_that_were_loading(void **state)
{
    struct store_env e;
    struct fake_task *tasks[TASKS];
    struct store_sizes z;

    (void)state;
    large(&e, tasks);
    struct subscription *svcs = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    struct subscription *sub = env_sub(&e, QUERY_TASKS, "prod", NULL);
    env_idle(&e);
    assert_true(subscription_snapshot(sub)->complete);
    store_measure(e.s, &z);
    assert_int_equal(z.services.n, SERVICES);
    assert_int_equal(z.tasks.n, TASKS);
    /* One container each; a row that was kept from before it was described
     * would add a third. */
    assert_in_range(z.tasks.bytes / TASKS, sizeof(struct ecs_task), 900);
    assert_in_range(z.services.bytes / SERVICES, sizeof(struct ecs_service),
                    1600);
    /* Each cluster, service and status once, and not for each page. */
    assert_in_range(z.strings.n, SERVICES, SERVICES * 3 + 100);
    subscription_close(svcs);
    subscription_close(sub);
    env_close(&e);
}

static void what_is_held_does_not_grow_while_all_is_described_again(
    void **state)
{
    struct store_env e;
    struct fake_task *tasks[TASKS];
    struct store_sizes first, z;

    (void)state;
    large(&e, tasks);
    struct subscription *svcs = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    struct subscription *sub = env_sub(&e, QUERY_TASKS, "prod", NULL);
    env_idle(&e);
    store_measure(e.s, &first);
    fake_clear_log(e.f);
    env_pass(&e, 30 * 60 * 1000);
    assert_true(fake_calls(e.f, "DescribeTasks", NULL) > TASKS / 100 * 5);
    store_measure(e.s, &z);
    assert_int_equal(z.tasks.n, TASKS);
    assert_in_range(z.tasks.bytes, 1, first.tasks.bytes * 5 / 4);
    assert_in_range(z.services.bytes, 1, first.services.bytes * 5 / 4);
    assert_in_range(z.strings.bytes, 1, first.strings.bytes * 5 / 4);
    subscription_close(svcs);
    subscription_close(sub);
    env_close(&e);
}

/* One of each page's tasks stops and is remembered: the page of the others
 * must not stay for it. */
static void a_remembered_task_keeps_no_page_of_running_ones(void **state)
{
    struct store_env e;
    struct fake_task *tasks[TASKS];
    struct store_sizes before, after;

    (void)state;
    large(&e, tasks);
    struct subscription *sub = env_sub(&e, QUERY_TASKS, "prod", NULL);
    env_idle(&e);
    store_measure(e.s, &before);
    for (int i = 0; i < TASKS; i += 20) {
        fake_stop(e.f, tasks[i], 1);
        env_pass(&e, 60 * 1000);
        tasks[i]->forgotten = true;
    }
    env_pass(&e, 10 * 60 * 1000);
    store_measure(e.s, &after);
    assert_int_equal(after.tasks.n, TASKS);
    assert_in_range(after.tasks.bytes, 1,
                    before.tasks.bytes * 9 / 8 + TASKS / 20 * 2048);
    subscription_close(sub);
    env_close(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_left_of_the_rows_that_were_loading),
        cmocka_unit_test(
            what_is_held_does_not_grow_while_all_is_described_again),
        cmocka_unit_test(a_remembered_task_keeps_no_page_of_running_ones),
    };

    return cmocka_run_group_tests_name("store_memory", tests, NULL, NULL);
}
