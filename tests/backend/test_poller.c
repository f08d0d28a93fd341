/* What a store asks, when, and what it leaves out: asserted on the log of
 * calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "backend/net/loop.h"
#include "tests/fake/store_env.h"

static void crowd(struct store_env *e, int services)
{
    char name[32];

    env_open(e);
    fake_cluster(e->f, "prod");
    for (int i = 0; i < services; i++) {
        snprintf(name, sizeof(name), "web%04d", i);
        fake_service(e->f, "prod", name, 2, 2);
    }
}

static const char *key_of(const struct subscription *sub, const char *name)
{
    const struct service_row *r = env_row(sub, name);

    assert_non_null(r);
    return r->svc->arn;
}

static void lists_are_read_to_their_end(void **state)
{
    struct store_env e;
    struct subscription *sub, *tasks;

    (void)state;
    crowd(&e, 250);
    for (int i = 0; i < 230; i++)
        fake_stop(e.f, fake_task(e.f, "prod", "web0001", i), 0);
    for (int i = 0; i < 310; i++)
        fake_task(e.f, "prod", "web0002", 1000 + i);
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    assert_int_equal(subscription_snapshot(sub)->loaded, 250);
    assert_int_equal(fake_calls(e.f, "ListServices", NULL), 3);
    assert_int_equal(fake_calls(e.f, "DescribeServices", NULL), 25);
    assert_int_equal(fake_calls(e.f, "ListTasks", "STOPPED"), 3);
    assert_int_equal(fake_calls(e.f, "ListTasks", "RUNNING"), 0);
    assert_int_equal(fake_calls(e.f, "DescribeTasks", NULL), 3);
    tasks = env_sub(&e, QUERY_TASKS, "prod", NULL);
    env_idle(&e);
    assert_int_equal(subscription_snapshot(tasks)->n_rows, 540);
    assert_true(subscription_snapshot(tasks)->complete);
    assert_int_equal(fake_calls(e.f, "ListTasks", "RUNNING"), 4);
    assert_int_equal(fake_calls(e.f, "DescribeTasks", NULL), 7);
    subscription_close(sub);
    subscription_close(tasks);
    env_close(&e);
}

static void describes_in_flight_are_bounded(void **state)
{
    struct store_env e;
    struct subscription *sub;

    (void)state;
    crowd(&e, 200);
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    assert_int_equal(subscription_snapshot(sub)->loaded, 200);
    assert_true(fake_most(e.f) <= 4);
    assert_true(fake_most(e.f) > 1);
    subscription_close(sub);
    env_close(&e);
}

static void what_is_on_screen_is_described_first(void **state)
{
    struct store_env e;
    struct subscription *sub;
    const char *keys[2];

    (void)state;
    crowd(&e, 100);
    fake_hold(e.f, true);
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    fake_release(e.f, 1); /* the list */
    while (subscription_snapshot(sub)->n_rows == 0)
        loop_turn(e.loop, 0);
    keys[0] = key_of(sub, "web0071");
    keys[1] = key_of(sub, "web0099");
    subscription_set_window(sub, keys, 2);
    env_idle(&e);
    /* Four were chosen before the window was known; the next one is ours. */
    fake_clear_log(e.f);
    fake_release(e.f, 100);
    env_idle(&e);
    assert_non_null(strstr(fake_line(e.f, 0), "DescribeServices"));
    assert_non_null(strstr(fake_line(e.f, 0), "web0071"));
    assert_non_null(strstr(fake_line(e.f, 0), "web0099"));
    fake_hold(e.f, false);
    env_idle(&e);
    subscription_close(sub);
    env_close(&e);
}

/* Rounds of answers until there are rows, and until the first are described. */
static void first_rows_take_few_round_trips(void **state)
{
    struct store_env e;
    struct subscription *sub;
    int rounds = 0, named = 0;

    (void)state;
    crowd(&e, 1000);
    fake_hold(e.f, true);
    sub = env_sub(&e, QUERY_SERVICES, NULL, NULL);
    env_idle(&e);
    while (subscription_snapshot(sub)->loaded == 0 && rounds < 20) {
        fake_release(e.f, fake_waiting(e.f));
        env_idle(&e);
        rounds++;
        if (named == 0 && subscription_snapshot(sub)->n_rows > 0)
            named = rounds;
    }
    assert_int_equal(named, 2); /* clusters, their first page */
    assert_int_equal(rounds, 3);
    fake_hold(e.f, false);
    env_idle(&e);
    subscription_close(sub);
    env_close(&e);
}

static void services_of_the_sweep_come_before_the_crowd(void **state)
{
    struct store_env e;
    struct subscription *sub;
    size_t first = 0;

    (void)state;
    crowd(&e, 100);
    fake_stop(e.f, fake_task(e.f, "prod", "web0090", 1), 1);
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    for (size_t i = 0, n = 0; i < fake_total(e.f) && first == 0; i++) {
        n += strncmp(fake_line(e.f, i), "DescribeServices", 16) == 0;
        if (strstr(fake_line(e.f, i), "web0090") != NULL)
            first = n;
    }
    assert_true(first > 0 && first <= 8); /* of ten batches; in order: 10th */
    subscription_close(sub);
    env_close(&e);
}

static void the_healthy_crowd_is_asked_at_a_slow_pace(void **state)
{
    struct store_env e;
    struct subscription *sub;
    const char *key;
    size_t seen, others;

    (void)state;
    crowd(&e, 40);
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    key = key_of(sub, "web0011");
    subscription_set_window(sub, &key, 1);
    env_pass(&e, 1000);
    fake_clear_log(e.f);
    env_pass(&e, 60000);
    seen = fake_calls(e.f, "DescribeServices", "web0011");
    others = fake_calls(e.f, "DescribeServices", "web0030");
    assert_true(seen >= 10 && seen <= 13);
    assert_true(others >= 1 && others <= 2);
    assert_true(fake_calls(e.f, "ListServices", NULL) <= 3);
    /* In all well below one call a second. */
    assert_true(fake_total(e.f) < 40);
    subscription_close(sub);
    env_close(&e);
}

static void hidden_views_slow_down(void **state)
{
    struct store_env e;
    struct subscription *sub;
    const char *key;
    size_t visible;

    (void)state;
    crowd(&e, 5);
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    key = key_of(sub, "web0001");
    subscription_set_window(sub, &key, 1);
    fake_clear_log(e.f);
    env_pass(&e, 60000);
    visible = fake_total(e.f);
    subscription_set_visible(sub, false);
    env_pass(&e, 1000);
    fake_clear_log(e.f);
    env_pass(&e, 60000);
    assert_true(fake_calls(e.f, "DescribeServices", NULL) <= 3);
    assert_true(fake_total(e.f) * 2 < visible);
    subscription_close(sub);
    env_close(&e);
}

static void list_tasks_is_skipped_while_nothing_changed(void **state)
{
    struct store_env e;
    struct subscription *sub;
    struct fake_service *s;

    (void)state;
    env_open(&e);
    fake_cluster(e.f, "prod");
    s = fake_service(e.f, "prod", "web", 2, 2);
    fake_task(e.f, "prod", "web", 1);
    fake_task(e.f, "prod", "web", 2);
    sub = env_sub(&e, QUERY_TASKS, "prod", "web");
    env_idle(&e);
    assert_int_equal(fake_calls(e.f, "ListTasks", "of:web"), 1);
    fake_clear_log(e.f);
    env_pass(&e, 50000);
    assert_int_equal(fake_calls(e.f, "ListTasks", "of:web"), 0);
    assert_true(fake_calls(e.f, "DescribeServices", "web") >= 8);
    env_pass(&e, 20000);
    assert_int_equal(fake_calls(e.f, "ListTasks", "of:web"), 1);
    fake_clear_log(e.f);
    s->event = 2; /* something happened */
    env_pass(&e, 8000);
    assert_int_equal(fake_calls(e.f, "ListTasks", "of:web"), 1);
    subscription_close(sub);
    env_close(&e);
}

static void stopped_tasks_are_described_once(void **state)
{
    struct store_env e;
    struct subscription *sub;

    (void)state;
    crowd(&e, 3);
    for (int i = 0; i < 30; i++)
        fake_stop(e.f, fake_task(e.f, "prod", "web0001", i), 1);
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    assert_int_equal(fake_calls(e.f, "DescribeTasks", NULL), 1);
    env_pass(&e, 60000);
    assert_true(fake_calls(e.f, "ListTasks", "STOPPED") >= 5);
    assert_int_equal(fake_calls(e.f, "DescribeTasks", NULL), 1);
    fake_stop(e.f, fake_task(e.f, "prod", "web0002", 99), 1);
    fake_clear_log(e.f);
    env_pass(&e, 15000);
    assert_int_equal(fake_calls(e.f, "DescribeTasks", NULL), 1);
    assert_int_equal(fake_calls(e.f, "DescribeTasks", "00063,"), 1);
    subscription_close(sub);
    env_close(&e);
}

static void a_stop_makes_its_service_due(void **state)
{
    struct store_env e;
    struct subscription *sub;

    (void)state;
    crowd(&e, 30);
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    env_pass(&e, 6000);
    fake_clear_log(e.f);
    fake_stop(e.f, fake_task(e.f, "prod", "web0021", 7), 1);
    env_pass(&e, 12000);
    assert_true(fake_calls(e.f, "DescribeServices", "web0021") >= 1);
    assert_int_equal(fake_calls(e.f, "DescribeServices", "web0003"), 0);
    subscription_close(sub);
    env_close(&e);
}

static void nothing_is_asked_after_the_subscription_closed(void **state)
{
    struct store_env e;
    struct subscription *sub;

    (void)state;
    crowd(&e, 60);
    fake_hold(e.f, true);
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    fake_release(e.f, 2);
    env_idle(&e);
    assert_true(fake_waiting(e.f) > 0);
    subscription_close(sub);
    assert_int_equal(fake_waiting(e.f), 0); /* cancelled at once */
    fake_clear_log(e.f);
    fake_hold(e.f, false);
    env_pass(&e, 120000);
    assert_int_equal(fake_total(e.f), 0);
    /* And it goes on where it was. */
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    assert_int_equal(subscription_snapshot(sub)->loaded, 60);
    subscription_close(sub);
    env_close(&e);
}

static void places_of_what_was_closed_are_used_at_once(void **state)
{
    struct store_env e;
    struct subscription *small, *big;

    (void)state;
    crowd(&e, 60);
    fake_cluster(e.f, "small");
    fake_service(e.f, "small", "other", 2, 2);
    small = env_sub(&e, QUERY_SERVICES, "small", NULL);
    env_idle(&e);
    fake_hold(e.f, true);
    big = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    fake_release(e.f, 2); /* its list, and the stopped tasks */
    env_pass(&e, 60000);  /* its describes have all places */
    fake_clear_log(e.f);
    subscription_close(big);
    env_idle(&e);
    assert_int_equal(fake_calls(e.f, "DescribeServices", "small"), 1);
    fake_hold(e.f, false);
    env_idle(&e);
    subscription_close(small);
    env_close(&e);
}

static void a_touched_service_is_asked_every_second(void **state)
{
    struct store_env e;
    struct subscription *sub;
    const char *key;

    (void)state;
    crowd(&e, 30);
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    key = key_of(sub, "web0017");
    fake_clear_log(e.f);
    store_touch(e.s, "prod", key);
    env_idle(&e);
    assert_int_equal(fake_calls(e.f, "DescribeServices", "web0017"), 1);
    env_pass(&e, 30000);
    assert_true(fake_calls(e.f, "DescribeServices", "web0017") >= 20);
    fake_clear_log(e.f);
    env_pass(&e, 30000);
    assert_true(fake_calls(e.f, "DescribeServices", "web0017") <= 2);
    subscription_close(sub);
    env_close(&e);
}

static void refresh_asks_for_the_screen_at_once(void **state)
{
    struct store_env e;
    struct subscription *sub;
    const char *key;

    (void)state;
    crowd(&e, 40);
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    key = key_of(sub, "web0017");
    subscription_set_window(sub, &key, 1);
    env_idle(&e);
    fake_clear_log(e.f);
    subscription_refresh(sub);
    env_idle(&e);
    assert_int_equal(fake_calls(e.f, "DescribeServices", "web0017"), 1);
    assert_int_equal(fake_calls(e.f, "DescribeServices", NULL), 1);
    assert_int_equal(fake_calls(e.f, "ListServices", NULL), 1);
    assert_int_equal(fake_calls(e.f, "ListTasks", "STOPPED"), 1);
    subscription_close(sub);
    env_close(&e);
}

static void a_paused_store_asks_nothing(void **state)
{
    struct store_env e;
    struct subscription *sub;

    (void)state;
    crowd(&e, 10);
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    store_pause(e.s, true);
    fake_clear_log(e.f);
    env_pass(&e, 60000);
    assert_int_equal(fake_total(e.f), 0);
    store_pause(e.s, false);
    env_idle(&e);
    assert_true(fake_total(e.f) > 0);
    subscription_close(sub);
    env_close(&e);
}

static void a_failing_service_is_not_hammered(void **state)
{
    struct store_env e;
    struct subscription *sub;
    size_t net, throttled;

    (void)state;
    crowd(&e, 100);
    fake_fail(e.f, "DescribeServices", ERR_NET);
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    env_pass(&e, 120000);
    net = fake_calls(e.f, "DescribeServices", NULL);
    assert_true(net >= 4 && net <= 40);
    fake_fail(e.f, "DescribeServices", ERR_THROTTLED);
    fake_clear_log(e.f);
    env_pass(&e, 120000);
    throttled = fake_calls(e.f, "DescribeServices", NULL);
    assert_true(throttled >= 1 && throttled < net);
    fake_fail(e.f, "DescribeServices", ERR_NONE);
    env_pass(&e, 70000);
    assert_int_equal(subscription_snapshot(sub)->loaded, 100);
    subscription_close(sub);
    env_close(&e);
}

static const struct store_lack *lack_of(const struct subscription *sub)
{
    const struct snapshot *snap = subscription_snapshot(sub);

    return snap->n_lacks > 0 ? snap->lacks[0] : NULL;
}

/* The rows stay good; what is missing is named, and only a person asks
 * again: not time, not an action, not another view of the same. */
static void what_is_denied_is_asked_again_on_demand_only(void **state)
{
    static const struct {
        const char *op, *action;
    } all[] = {{"ListTasks", "ecs:ListTasks"},
               {"DescribeTasks", "ecs:DescribeTasks"},
               {"DescribeTaskDefinition", "ecs:DescribeTaskDefinition"}};

    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct store_env e;
        struct subscription *sub, *other;
        struct fake_task *t;
        size_t n;

        crowd(&e, 5);
        t = fake_task(e.f, "prod", "web0001", 1);
        t->containers = 2; /* whose definition tells the cause */
        fake_stop(e.f, t, 1);
        fake_fail(e.f, all[i].op, ERR_DENIED);
        sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
        subscription_set_visible(sub, true);
        env_pass(&e, 5000);
        assert_int_equal(subscription_snapshot(sub)->error.code, ERR_NONE);
        assert_int_equal(subscription_snapshot(sub)->loaded, 5);
        assert_true(subscription_settled(sub));
        if (!lack_of(sub))
            fail_msg("%s is not missed (%zu calls)", all[i].op,
                     fake_calls(e.f, all[i].op, NULL));
        assert_string_equal(lack_of(sub)->action, all[i].action);
        n = fake_calls(e.f, all[i].op, NULL);
        assert_in_range(n, 1, 2); /* two may have been on their way */
        store_touch(e.s, "prod", key_of(sub, "web0002"));
        other = env_sub(&e, QUERY_SERVICES, NULL, NULL);
        env_pass(&e, 10 * 60 * 1000);
        assert_int_equal(fake_calls(e.f, all[i].op, NULL), n);
        /* Still denied: one more try. */
        subscription_refresh(sub);
        env_pass(&e, 60000);
        assert_in_range(fake_calls(e.f, all[i].op, NULL), n + 1, n + 2);
        assert_non_null(lack_of(sub));
        fake_fail(e.f, all[i].op, ERR_NONE);
        subscription_refresh(sub);
        env_pass(&e, 5000);
        assert_null(lack_of(sub));
        subscription_close(sub);
        subscription_close(other);
        env_close(&e);
    }
}

static void task_definitions_are_asked_once(void **state)
{
    struct store_env e;
    struct subscription *sub;
    struct fake_task *t;
    const char *arn;

    (void)state;
    crowd(&e, 2);
    for (int i = 0; i < 3; i++) {
        t = fake_task(e.f, "prod", "web0001", i);
        t->containers = 2;
        fake_stop(e.f, t, 1);
    }
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    env_pass(&e, 60000);
    assert_int_equal(fake_calls(e.f, "DescribeTaskDefinition", "web0001:7"),
                     1);
    assert_int_equal(fake_calls(e.f, "DescribeTaskDefinition", NULL), 1);
    arn = ((const struct service_row *)env_row(sub, "web0000"))
              ->svc->task_definition;
    assert_null(store_taskdef(e.s, arn));
    env_idle(&e);
    assert_non_null(store_taskdef(e.s, arn));
    subscription_close(sub);
    env_close(&e);
}

static void store_free_in_the_middle_leaves_a_closed_loop(void **state)
{
    struct store_env e;
    struct subscription *sub;

    (void)state;
    crowd(&e, 60);
    fake_hold(e.f, true);
    sub = env_sub(&e, QUERY_SERVICES, NULL, NULL);
    env_idle(&e);
    fake_release(e.f, 1);
    env_idle(&e);
    assert_true(store_busy(e.s));
    subscription_close(sub);
    env_close(&e);
}

static void a_large_account_stays_cheap(void **state)
{
    struct store_env e;
    struct subscription *sub, *tasks;
    char name[32];

    (void)state;
    crowd(&e, 2000);
    for (int i = 0; i < 20000; i++) {
        snprintf(name, sizeof(name), "web%04d", i % 2000);
        fake_task(e.f, "prod", name, i);
    }
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    tasks = env_sub(&e, QUERY_TASKS, "prod", NULL);
    loop_until_idle(e.loop, 120000);
    assert_int_equal(subscription_snapshot(sub)->loaded, 2000);
    assert_int_equal(subscription_snapshot(tasks)->loaded, 20000);
    assert_true(subscription_settled(tasks));
    subscription_close(sub);
    subscription_close(tasks);
    env_close(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_read_to_their_end),
        cmocka_unit_test(describes_in_flight_are_bounded),
        cmocka_unit_test(what_is_on_screen_is_described_first),
        cmocka_unit_test(first_rows_take_few_round_trips),
        cmocka_unit_test(services_of_the_sweep_come_before_the_crowd),
        cmocka_unit_test(the_healthy_crowd_is_asked_at_a_slow_pace),
        cmocka_unit_test(hidden_views_slow_down),
        cmocka_unit_test(list_tasks_is_skipped_while_nothing_changed),
        cmocka_unit_test(stopped_tasks_are_described_once),
        cmocka_unit_test(a_stop_makes_its_service_due),
        cmocka_unit_test(nothing_is_asked_after_the_subscription_closed),
        cmocka_unit_test(places_of_what_was_closed_are_used_at_once),
        cmocka_unit_test(a_touched_service_is_asked_every_second),
        cmocka_unit_test(refresh_asks_for_the_screen_at_once),
        cmocka_unit_test(a_paused_store_asks_nothing),
        cmocka_unit_test(a_failing_service_is_not_hammered),
        cmocka_unit_test(what_is_denied_is_asked_again_on_demand_only),
        cmocka_unit_test(task_definitions_are_asked_once),
        cmocka_unit_test(store_free_in_the_middle_leaves_a_closed_loop),
        cmocka_unit_test(a_large_account_stays_cheap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
