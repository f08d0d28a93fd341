/* What a store does about answers that make no sense: rows that are left out,
 * calls that one row spoils. Asserted on the log of calls. */
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

static void assert_error(const struct subscription *sub, const char *words)
{
    const struct err *err = &subscription_snapshot(sub)->error;

    if (!strstr(err->message, words))
        fail_msg("\"%s\" is not in: %s", words, err->message);
}

static void a_service_that_is_left_out_is_an_error_of_its_row(void **state)
{
    struct store_env e;
    struct subscription *sub;
    const struct service_row *r;

    (void)state;
    crowd(&e, 30);
    fake_lose(e.f, "web0003");
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    assert_false(subscription_settled(sub)); /* one more try */
    assert_int_equal(subscription_snapshot(sub)->error.code, ERR_NONE);
    env_pass(&e, 2000);
    assert_true(subscription_settled(sub));
    assert_int_equal(fake_calls(e.f, "DescribeServices", "web0003"), 2);
    assert_int_equal(subscription_snapshot(sub)->loaded, 29);
    assert_int_equal(subscription_snapshot(sub)->failed, 1);
    assert_false(subscription_snapshot(sub)->complete);
    assert_error(sub, "1 service can't be described: the service's answers "
                      "leave them out");
    r = env_row(sub, "web0003");
    assert_true(r->failed && r->loading);
    /* Asked less and less often. */
    fake_clear_log(e.f);
    env_pass(&e, 300000);
    assert_in_range(fake_calls(e.f, "DescribeServices", "web0003"), 4, 9);
    fake_lose(e.f, NULL);
    env_pass(&e, 60000);
    assert_true(subscription_snapshot(sub)->complete);
    assert_int_equal(subscription_snapshot(sub)->failed, 0);
    assert_int_equal(subscription_snapshot(sub)->error.code, ERR_NONE);
    r = env_row(sub, "web0003");
    assert_false(r->failed || r->loading);
    subscription_close(sub);
    env_close(&e);
}

static void a_known_service_that_is_left_out_keeps_what_is_known(void **state)
{
    struct store_env e;
    struct subscription *sub;
    const struct service_row *r;

    (void)state;
    crowd(&e, 3);
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    assert_true(subscription_snapshot(sub)->complete);
    fake_lose(e.f, "web0001");
    subscription_refresh(sub);
    env_pass(&e, 3000);
    assert_int_equal(subscription_snapshot(sub)->failed, 1);
    r = env_row(sub, "web0001");
    assert_false(r->loading);
    assert_true(r->failed);
    assert_int_equal(r->svc->running, 2);
    /* Deleted meanwhile: no error any more. */
    fake_lose(e.f, NULL);
    subscription_refresh(sub);
    env_idle(&e);
    assert_int_equal(subscription_snapshot(sub)->failed, 0);
    subscription_close(sub);
    env_close(&e);
}

static void a_lost_service_that_is_deleted_is_no_error(void **state)
{
    struct store_env e;
    struct subscription *sub;
    struct fake_service *s;

    (void)state;
    crowd(&e, 3);
    s = fake_service(e.f, "prod", "gone", 1, 1);
    fake_lose(e.f, "gone");
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    env_pass(&e, 2000);
    assert_int_equal(subscription_snapshot(sub)->failed, 1);
    s->deleted = true;
    env_pass(&e, 40000); /* the next list */
    assert_int_equal(subscription_snapshot(sub)->failed, 0);
    assert_int_equal(subscription_snapshot(sub)->error.code, ERR_NONE);
    assert_true(subscription_snapshot(sub)->complete);
    subscription_close(sub);
    env_close(&e);
}

static void a_task_that_is_left_out_is_an_error_of_its_row(void **state)
{
    struct store_env e;
    struct subscription *sub;
    const struct task_row *r;
    char id[33];

    (void)state;
    crowd(&e, 1);
    for (int i = 1; i <= 5; i++)
        fake_task(e.f, "prod", "web0000", i);
    snprintf(id, sizeof(id), "%032x", 3);
    fake_lose(e.f, id);
    sub = env_sub(&e, QUERY_TASKS, "prod", NULL);
    env_idle(&e);
    assert_false(subscription_settled(sub));
    env_pass(&e, 2000);
    assert_true(subscription_settled(sub));
    assert_int_equal(subscription_snapshot(sub)->loaded, 4);
    assert_error(sub, "1 task can't be described");
    r = env_row(sub, id);
    assert_true(r->failed && r->loading);
    fake_clear_log(e.f);
    env_pass(&e, 120000);
    assert_in_range(fake_calls(e.f, "DescribeTasks", id), 3, 7);
    fake_lose(e.f, NULL);
    env_pass(&e, 60000);
    assert_true(subscription_snapshot(sub)->complete);
    assert_int_equal(subscription_snapshot(sub)->error.code, ERR_NONE);
    subscription_close(sub);
    env_close(&e);
}

static void a_stopped_task_that_is_left_out_is_told_with_the_services(
    void **state)
{
    struct store_env e;
    struct subscription *sub;
    char id[33];

    (void)state;
    crowd(&e, 3);
    fake_stop(e.f, fake_task(e.f, "prod", "web0001", 9), 1);
    snprintf(id, sizeof(id), "%032x", 9);
    fake_lose(e.f, id);
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    env_pass(&e, 2000);
    assert_true(subscription_settled(sub));
    assert_error(sub, "1 task can't be described");
    assert_int_equal(subscription_snapshot(sub)->failed, 0); /* of its rows */
    subscription_close(sub);
    env_close(&e);
}

static void a_cluster_that_is_left_out_is_an_error_of_its_row(void **state)
{
    struct store_env e;
    struct subscription *sub;

    (void)state;
    env_open(&e);
    fake_cluster(e.f, "prod");
    fake_cluster(e.f, "dev");
    fake_lose(e.f, "/dev");
    sub = env_sub(&e, QUERY_CLUSTERS, NULL, NULL);
    env_idle(&e);
    assert_false(subscription_settled(sub));
    env_pass(&e, 2000);
    assert_true(subscription_settled(sub));
    assert_int_equal(subscription_snapshot(sub)->n_rows, 2);
    assert_int_equal(subscription_snapshot(sub)->loaded, 1);
    assert_error(sub, "1 cluster can't be described");
    fake_lose(e.f, NULL);
    env_pass(&e, 10000);
    assert_true(subscription_snapshot(sub)->complete);
    assert_int_equal(subscription_snapshot(sub)->error.code, ERR_NONE);
    subscription_close(sub);
    env_close(&e);
}

/* One service whose answer can't be read takes only its batch along. */
static void a_poisoned_batch_does_not_stop_the_others(void **state)
{
    struct store_env e;
    struct subscription *sub;

    (void)state;
    crowd(&e, 100);
    fake_poison(e.f, "web0003", ERR_PARSE);
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    env_pass(&e, 3000);
    assert_true(subscription_settled(sub));
    assert_true(subscription_snapshot(sub)->loaded >= 90);
    assert_in_range(subscription_snapshot(sub)->failed, 1, 10);
    assert_error(sub, "can't be described: It is poisoned.");
    fake_poison(e.f, NULL, ERR_NONE);
    env_pass(&e, 30000);
    assert_true(subscription_snapshot(sub)->complete);
    assert_int_equal(subscription_snapshot(sub)->error.code, ERR_NONE);
    subscription_close(sub);
    env_close(&e);
}

/* Where nothing comes through, all wait: no storm of calls. */
static void answers_that_all_make_no_sense_slow_the_calls_down(void **state)
{
    struct store_env e;
    struct subscription *sub;

    (void)state;
    crowd(&e, 500);
    fake_fail(e.f, "DescribeServices", ERR_PARSE);
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    assert_true(subscription_settled(sub));
    assert_int_not_equal(subscription_snapshot(sub)->error.code, ERR_NONE);
    env_pass(&e, 60000);
    assert_true(fake_calls(e.f, "DescribeServices", NULL) < 40);
    fake_fail(e.f, "DescribeServices", ERR_NONE);
    env_pass(&e, 120000);
    assert_true(subscription_snapshot(sub)->complete);
    assert_int_equal(subscription_snapshot(sub)->failed, 0);
    subscription_close(sub);
    env_close(&e);
}

static void refresh_asks_again_for_what_failed(void **state)
{
    struct store_env e;
    struct subscription *sub;

    (void)state;
    crowd(&e, 5);
    fake_lose(e.f, "web0003");
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    env_pass(&e, 20000);
    fake_lose(e.f, NULL);
    fake_clear_log(e.f);
    subscription_refresh(sub);
    env_idle(&e);
    assert_int_equal(fake_calls(e.f, "DescribeServices", "web0003"), 1);
    assert_true(subscription_snapshot(sub)->complete);
    subscription_close(sub);
    env_close(&e);
}

/* Nobody is called, so no answer comes that would say when to go on. */
static void what_could_not_be_begun_is_tried_again(void **state)
{
    struct store_env e;
    struct subscription *sub;

    (void)state;
    crowd(&e, 5);
    fake_refuse(e.f, true);
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    assert_error(sub, "It was not begun.");
    fake_refuse(e.f, false);
    env_pass(&e, 10000);
    assert_true(subscription_snapshot(sub)->complete);
    fake_refuse(e.f, true);
    subscription_refresh(sub);
    env_idle(&e);
    assert_error(sub, "It was not begun.");
    fake_refuse(e.f, false);
    fake_clear_log(e.f);
    env_pass(&e, 10000);
    assert_true(fake_calls(e.f, "DescribeServices", "web0003") > 0);
    assert_int_equal(subscription_snapshot(sub)->error.code, ERR_NONE);
    subscription_close(sub);
    env_close(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_service_that_is_left_out_is_an_error_of_its_row),
        cmocka_unit_test(a_known_service_that_is_left_out_keeps_what_is_known),
        cmocka_unit_test(a_lost_service_that_is_deleted_is_no_error),
        cmocka_unit_test(a_task_that_is_left_out_is_an_error_of_its_row),
        cmocka_unit_test(
            a_stopped_task_that_is_left_out_is_told_with_the_services),
        cmocka_unit_test(a_cluster_that_is_left_out_is_an_error_of_its_row),
        cmocka_unit_test(a_poisoned_batch_does_not_stop_the_others),
        cmocka_unit_test(
            answers_that_all_make_no_sense_slow_the_calls_down),
        cmocka_unit_test(refresh_asks_again_for_what_failed),
        cmocka_unit_test(what_could_not_be_begun_is_tried_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
