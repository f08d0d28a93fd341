/* The throttling budget, on a driven clock. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#include "backend/aws/budget.h"
#include "backend/base/clock.h"
#include "backend/base/mem.h"

#define WALL 1785000000000

static int take_all(struct budget *b, enum aws_bucket bucket)
{
    int n = 0;

    while (n < 10000 && budget_take(b, bucket, NULL))
        n++;
    return n;
}

static void starts_with_30_percent_then_a_quarter_of_the_rate(void **state)
{
    struct clock *c = clock_new_driven(WALL);
    struct budget *b = budget_new(c, 0, false);
    int n = 0;

    (void)state;
    assert_int_equal(take_all(b, AWS_B_SERVICE_READ), 30);
    assert_int_equal(take_all(b, AWS_B_CLUSTER_READ), 15); /* its own bucket */
    for (int i = 0; i < 600; i++) {
        clock_advance(c, 100);
        n += take_all(b, AWS_B_SERVICE_READ);
    }
    assert_in_range(n, 299, 301); /* 5/s over a minute */
    budget_free(b);
    clock_free(c);
}

static void idle_time_saves_up_one_second_only(void **state)
{
    struct clock *c = clock_new_driven(WALL);
    struct budget *b = budget_new(c, 0, false);

    (void)state;
    take_all(b, AWS_B_RESOURCE_READ);
    clock_advance(c, 3600 * 1000);
    assert_int_equal(take_all(b, AWS_B_RESOURCE_READ), 5);
    budget_free(b);
    clock_free(c);
}

static void note_turn(void *arg)
{
    ++*(int *)arg;
}

static void the_share_may_change_while_calls_wait(void **state)
{
    struct clock *c = clock_new_driven(WALL);
    struct budget *b = budget_new(c, 0, false);
    struct budget_wait w[3] = {{0}};
    int turns = 0;

    (void)state;
    take_all(b, AWS_B_SERVICE_READ);
    for (int i = 0; i < 3; i++)
        budget_enqueue(b, &w[i], AWS_B_SERVICE_READ, NULL, 1, note_turn,
                       &turns);
    budget_set_share(b, 5, false); /* 1/s */
    clock_advance(c, 900);
    assert_int_equal(turns, 0);
    clock_advance(c, 200);
    assert_int_equal(turns, 1);
    budget_set_share(b, 5, true);
    clock_advance(c, 1);
    assert_int_equal(turns, 3);
    budget_set_share(b, 50, false);
    assert_true(fabs(budget_rate(b, AWS_B_SERVICE_READ, NULL) - 10) < 1e-6);
    budget_free(b);
    clock_free(c);
}

static void a_share_is_a_percentage_or_unlimited(void **state)
{
    static const char *const wrong[] = {"", "0", "101", "x", "5%", "-1"};
    int percent = 7;
    bool unlimited = true;

    (void)state;
    assert_int_equal(budget_parse("50", &percent, &unlimited), 0);
    assert_true(percent == 50 && !unlimited);
    assert_int_equal(budget_parse("unlimited", &percent, &unlimited), 0);
    assert_true(unlimited);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_int_equal(budget_parse(wrong[i], &percent, &unlimited), -1);
    assert_true(percent == 50 && unlimited); /* as it was */
}

static void rates_stay_under_the_quotas(void **state)
{
    struct clock *c = clock_new_driven(WALL);
    struct budget *b = budget_new(c, 0, false);

    (void)state;
    assert_true(budget_rate(b, AWS_B_LOGS_FILTER, NULL) <= 2.5);
    assert_true(fabs(budget_rate(b, AWS_B_SERVICE_READ, NULL) - 5.0) < 0.001);
    assert_true(budget_rate(b, AWS_B_NAMESPACE_READ, NULL) <= 0.25);
    for (int i = AWS_B_NONE + 1; i < AWS_B_N; i++) {
        assert_true(budget_rate(b, (enum aws_bucket)i, NULL) > 0);
    }
    budget_free(b);
    b = budget_new(c, 100, false);
    assert_true(fabs(budget_rate(b, AWS_B_SERVICE_READ, NULL) - 20.0) < 0.001);
    budget_free(b);
    clock_free(c);
}

static void each_region_has_its_own_allowance(void **state)
{
    struct clock *c = clock_new_driven(WALL);
    struct budget *b = budget_new(c, 20, false);
    static const struct { const char *region; double filter; } t[] = {
        {"us-east-1", 5}, {"eu-central-1", 1}, {"ap-northeast-3", 1},
        {"eu-west-1", 2}, {"sa-east-1", 2},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(t); i++)
        assert_true(fabs(budget_rate(b, AWS_B_LOGS_FILTER, t[i].region) -
                         t[i].filter) < 0.001);
    while (budget_take(b, AWS_B_LOGS_FILTER, "eu-central-1"))
        ;
    budget_throttled(b, AWS_B_LOGS_FILTER, "eu-central-1");
    assert_true(budget_take(b, AWS_B_LOGS_FILTER, "us-east-1"));
    assert_true(fabs(budget_rate(b, AWS_B_LOGS_FILTER, "eu-west-1") - 2) <
                0.001);
    assert_true(budget_rate(b, AWS_B_LOGS_FILTER, "eu-central-1") < 0.8);
    budget_free(b);
    clock_free(c);
}

struct waiter {
    struct budget_wait wait;
    int *order;
    int at; /* 1 = first served, 0 = not yet */
};

static void served(void *arg)
{
    struct waiter *w = arg;

    w->at = ++*w->order;
}

static void waiters_go_by_priority_then_by_arrival(void **state)
{
    struct clock *c = clock_new_driven(WALL);
    struct budget *b = budget_new(c, 0, false);
    struct waiter w[4] = {{.at = 0}};
    static const int priority[] = {2, 1, 2, 1};
    struct budget_stats st;
    int order = 0;

    (void)state;
    take_all(b, AWS_B_SERVICE_READ);
    for (int i = 0; i < 4; i++) {
        w[i].order = &order;
        budget_enqueue(b, &w[i].wait, AWS_B_SERVICE_READ, NULL, priority[i], served,
                       &w[i]);
    }
    budget_stats(b, &st);
    assert_int_equal(st.waiting, 4);
    clock_advance(c, 199);
    assert_int_equal(order, 0);
    clock_advance(c, 1);
    assert_int_equal(w[1].at, 1);
    budget_cancel(b, &w[0].wait);
    budget_cancel(b, &w[0].wait); /* twice is fine */
    assert_false(budget_take(b, AWS_B_SERVICE_READ, NULL)); /* no overtaking */
    clock_advance(c, 1000);
    assert_int_equal(w[3].at, 2);
    assert_int_equal(w[2].at, 3);
    assert_int_equal(w[0].at, 0);
    budget_free(b);
    clock_free(c);
}

static void throttle_slows_by_30_percent_and_recovers(void **state)
{
    struct clock *c = clock_new_driven(WALL);
    struct budget *b = budget_new(c, 0, false);
    struct budget_stats st;

    (void)state;
    budget_throttled(b, AWS_B_SERVICE_READ, NULL);
    assert_true(fabs(budget_rate(b, AWS_B_SERVICE_READ, NULL) - 3.5) < 0.001);
    assert_int_equal(take_all(b, AWS_B_SERVICE_READ), 0); /* burst is gone */
    budget_throttled(b, AWS_B_SERVICE_READ, NULL); /* the same storm counts once */
    assert_true(fabs(budget_rate(b, AWS_B_SERVICE_READ, NULL) - 3.5) < 0.001);
    assert_true(fabs(budget_rate(b, AWS_B_CLUSTER_READ, NULL) - 5.0) < 0.001);
    budget_stats(b, &st);
    assert_int_equal(st.throttled_minute, 2);
    assert_int_equal(st.slowed, 1);
    clock_advance(c, 5000);
    assert_true(fabs(budget_rate(b, AWS_B_SERVICE_READ, NULL) - 4.0) < 0.001);
    clock_advance(c, 60000);
    assert_true(fabs(budget_rate(b, AWS_B_SERVICE_READ, NULL) - 5.0) < 0.001);
    budget_stats(b, &st);
    assert_int_equal(st.slowed, 0);
    assert_int_equal(st.throttled_minute, 0); /* a minute ago */
    for (int i = 0; i < 100; i++) {
        budget_throttled(b, AWS_B_SERVICE_READ, NULL);
        clock_advance(c, 1000);
    }
    assert_true(budget_rate(b, AWS_B_SERVICE_READ, NULL) >= 0.25); /* never stops */
    budget_free(b);
    clock_free(c);
}

static void unlimited_never_waits_but_counts(void **state)
{
    struct clock *c = clock_new_driven(WALL);
    struct budget *b = budget_new(c, 0, true);
    struct budget_stats st;

    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_true(budget_take(b, AWS_B_NAMESPACE_READ, NULL));
    budget_stats(b, &st);
    assert_int_equal(st.calls_minute, 1000);
    clock_advance(c, 61000);
    budget_stats(b, &st);
    assert_int_equal(st.calls_minute, 0);
    budget_free(b);
    clock_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_with_30_percent_then_a_quarter_of_the_rate),
        cmocka_unit_test(idle_time_saves_up_one_second_only),
        cmocka_unit_test(the_share_may_change_while_calls_wait),
        cmocka_unit_test(a_share_is_a_percentage_or_unlimited),
        cmocka_unit_test(rates_stay_under_the_quotas),
        cmocka_unit_test(each_region_has_its_own_allowance),
        cmocka_unit_test(waiters_go_by_priority_then_by_arrival),
        cmocka_unit_test(throttle_slows_by_30_percent_and_recovers),
        cmocka_unit_test(unlimited_never_waits_but_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
