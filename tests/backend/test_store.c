/* What a store publishes of clusters and services: rows as they land, errors
 * beside old rows, one fetch for equal subscriptions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "backend/net/loop.h"
#include "backend/store/poll.h"
#include "tests/fake/store_env.h"

static void two_clusters(struct store_env *e)
{
    char name[32];

    env_open(e);
    fake_cluster(e->f, "prod");
    fake_cluster(e->f, "dev");
    for (int i = 0; i < 23; i++) {
        snprintf(name, sizeof(name), "web%02d", i);
        fake_service(e->f, "prod", name, 2, 2);
    }
    fake_service(e->f, "dev", "web00", 1, 1);
}

static void clusters_are_listed_and_described(void **state)
{
    struct store_env e;
    struct subscription *sub;
    const struct ecs_cluster *c;

    (void)state;
    two_clusters(&e);
    sub = env_sub(&e, QUERY_CLUSTERS, NULL, NULL);
    env_idle(&e);
    assert_int_equal(subscription_snapshot(sub)->n_rows, 2);
    assert_true(subscription_snapshot(sub)->complete);
    c = env_row(sub, "prod");
    assert_non_null(c);
    assert_string_equal(c->status, "ACTIVE");
    assert_int_equal(c->running, 3);
    assert_int_equal(fake_calls(e.f, "DescribeClusters", NULL), 1);
    assert_int_equal(fake_calls(e.f, "ListServices", NULL), 0);
    subscription_close(sub);
    env_close(&e);
}

static void services_of_all_clusters_are_the_union(void **state)
{
    struct store_env e;
    struct subscription *sub;
    const struct snapshot *snap;

    (void)state;
    two_clusters(&e);
    sub = env_sub(&e, QUERY_SERVICES, NULL, NULL);
    env_idle(&e);
    snap = subscription_snapshot(sub);
    assert_int_equal(snap->n_rows, 24);
    assert_int_equal(snap->loaded, 24);
    assert_true(snap->complete);
    assert_true(subscription_settled(sub));
    assert_int_equal(snap->error.code, ERR_NONE);
    for (size_t i = 0; i < snap->n_rows; i++) {
        const struct service_row *r = snap->rows[i].data;

        assert_false(r->loading);
        assert_int_equal(r->health.state, SVC_OK);
        assert_ptr_equal(snapshot_find(snap, snap->rows[i].key),
                         &snap->rows[i]);
    }
    /* 23 in tens and one. */
    assert_int_equal(fake_calls(e.f, "DescribeServices", NULL), 4);
    subscription_close(sub);
    env_close(&e);
}

static void tasks_of_all_clusters_are_the_union(void **state)
{
    struct store_env e;
    struct subscription *sub;

    (void)state;
    two_clusters(&e);
    for (int i = 0; i < 5; i++)
        fake_task(e.f, i % 2 == 0 ? "prod" : "dev", "web00", i);
    fake_stop(e.f, fake_task(e.f, "dev", "", 9), 0);
    sub = env_sub(&e, QUERY_TASKS, NULL, NULL);
    env_idle(&e);
    assert_int_equal(subscription_snapshot(sub)->n_rows, 6);
    assert_true(subscription_settled(sub));
    assert_int_equal(fake_calls(e.f, "DescribeServices", NULL), 0);
    subscription_close(sub);
    env_close(&e);
}

static void first_rows_are_published_after_the_first_page(void **state)
{
    struct store_env e;
    struct subscription *sub;
    const struct snapshot *snap;

    (void)state;
    two_clusters(&e);
    fake_page_size(e.f, 10);
    fake_hold(e.f, true);
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    assert_int_equal(subscription_snapshot(sub)->n_rows, 0);
    assert_false(subscription_snapshot(sub)->first_page);
    fake_release(e.f, 1);
    env_idle(&e);
    snap = subscription_snapshot(sub);
    assert_true(snap->first_page);
    assert_false(snap->complete);
    assert_int_equal(snap->n_rows, 10);
    assert_int_equal(snap->loaded, 0);
    assert_true(((const struct service_row *)snap->rows[0].data)->loading);
    assert_string_equal(
        ((const struct service_row *)snap->rows[0].data)->svc->name, "web00");
    fake_hold(e.f, false);
    env_idle(&e);
    assert_int_equal(subscription_snapshot(sub)->n_rows, 23);
    assert_true(subscription_snapshot(sub)->complete);
    assert_int_equal(fake_calls(e.f, "ListServices", NULL), 3);
    subscription_close(sub);
    env_close(&e);
}

static void rows_are_kept_when_a_fetch_fails(void **state)
{
    struct store_env e;
    struct subscription *sub;
    const struct snapshot *snap;
    int64_t since;

    (void)state;
    two_clusters(&e);
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    fake_fail(e.f, "DescribeServices", ERR_NET);
    fake_fail(e.f, "ListServices", ERR_NET);
    env_pass(&e, 60000);
    snap = subscription_snapshot(sub);
    assert_int_equal(snap->n_rows, 23);
    assert_int_equal(snap->error.code, ERR_NET);
    assert_true(snap->error_since_ms > 0);
    assert_true(snap->retry_ms > clock_wall_ms(e.clock));
    since = snap->error_since_ms;
    env_pass(&e, 40000);
    assert_true(subscription_snapshot(sub)->error_since_ms == since);
    fake_fail(e.f, "DescribeServices", ERR_NONE);
    fake_fail(e.f, "ListServices", ERR_NONE);
    env_pass(&e, 60000);
    snap = subscription_snapshot(sub);
    assert_int_equal(snap->error.code, ERR_NONE);
    assert_int_equal(snap->n_rows, 23);
    subscription_close(sub);
    env_close(&e);
}

static void a_denied_list_settles_with_its_error(void **state)
{
    struct store_env e;
    struct subscription *sub;

    (void)state;
    two_clusters(&e);
    fake_fail(e.f, "ListServices", ERR_DENIED);
    sub = env_sub(&e, QUERY_SERVICES, NULL, NULL);
    env_idle(&e);
    assert_true(subscription_settled(sub));
    assert_false(subscription_snapshot(sub)->complete);
    assert_int_equal(subscription_snapshot(sub)->error.code, ERR_DENIED);
    /* Asked again on demand only. */
    fake_clear_log(e.f);
    env_pass(&e, 600000);
    assert_int_equal(fake_calls(e.f, "ListServices", NULL), 0);
    subscription_refresh(sub);
    env_pass(&e, 60000);
    assert_int_equal(fake_calls(e.f, "ListServices", NULL), 2);
    subscription_close(sub);
    env_close(&e);
}

static void a_deleted_service_goes_when_the_list_confirms(void **state)
{
    struct store_env e;
    struct subscription *sub;
    const char *key;
    struct fake_service *s;

    (void)state;
    env_open(&e);
    fake_cluster(e.f, "prod");
    fake_service(e.f, "prod", "api", 1, 1);
    s = fake_service(e.f, "prod", "web", 1, 1);
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    key = ((const struct service_row *)env_row(sub, "web"))->svc->arn;
    subscription_set_window(sub, &key, 1);
    s->deleted = true;
    fake_fail(e.f, "ListServices", ERR_NET);
    env_pass(&e, 10000);
    assert_non_null(env_row(sub, "web")); /* MISSING alone removes nothing */
    fake_fail(e.f, "ListServices", ERR_NONE);
    env_pass(&e, 40000);
    assert_null(env_row(sub, "web"));
    assert_non_null(env_row(sub, "api"));
    subscription_close(sub);
    env_close(&e);
}

static void equal_queries_share_one_fetch(void **state)
{
    struct store_env e;
    struct subscription *a, *b;

    (void)state;
    two_clusters(&e);
    a = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    b = env_sub(&e, QUERY_SERVICES,
                "arn:aws:ecs:eu-central-1:123456789012:cluster/prod", NULL);
    env_idle(&e);
    assert_ptr_equal(subscription_snapshot(a), subscription_snapshot(b));
    assert_int_equal(fake_calls(e.f, "ListServices", NULL), 1);
    subscription_close(a);
    assert_int_equal(subscription_snapshot(b)->n_rows, 23);
    subscription_close(b);
    env_close(&e);
}

static void rows_that_did_not_change_are_shared(void **state)
{
    struct store_env e;
    struct subscription *sub;
    const struct snapshot *old;
    const char *key;
    size_t same = 0;

    (void)state;
    two_clusters(&e);
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    old = snapshot_ref(subscription_snapshot(sub));
    key = old->rows[0].key;
    subscription_set_window(sub, &key, 1);
    env_pass(&e, 7000);
    assert_true(subscription_snapshot(sub)->generation > old->generation);
    for (size_t i = 0; i < old->n_rows; i++)
        same += old->rows[i].data ==
                subscription_snapshot(sub)->rows[i].data;
    assert_true(same >= 13 && same < 23);
    subscription_close(sub);
    store_free(e.s);
    /* A reference outlives the store. */
    assert_string_equal(
        ((const struct service_row *)old->rows[22].data)->svc->name, "web22");
    snapshot_unref(old);
    e.s = NULL;
    env_close(&e);
}

static void an_open_view_shows_at_once_what_was_known(void **state)
{
    struct store_env e;
    struct subscription *sub;

    (void)state;
    two_clusters(&e);
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    subscription_close(sub);
    fake_hold(e.f, true);
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    assert_int_equal(subscription_snapshot(sub)->loaded, 23);
    subscription_close(sub);
    env_close(&e);
}

static void an_unknown_service_is_said_to_be_unknown(void **state)
{
    struct store_env e;
    struct subscription *sub;

    (void)state;
    two_clusters(&e);
    sub = env_sub(&e, QUERY_TASKS, "prod", "nope");
    env_idle(&e);
    assert_int_equal(subscription_snapshot(sub)->error.code, ERR_NOT_FOUND);
    assert_true(subscription_settled(sub));
    subscription_close(sub);
    env_close(&e);
}

static void a_rollback_is_silent_once_acknowledged(void **state)
{
    struct store_env e;
    struct subscription *sub;
    struct fake_service *s;
    const struct service_row *r;

    (void)state;
    env_open(&e);
    fake_cluster(e.f, "prod");
    s = fake_service(e.f, "prod", "web", 2, 2);
    s->reason = "ECS deployment circuit breaker: rolling back to "
                "deploymentId ecs-svc/1.";
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    r = env_row(sub, "web");
    assert_int_equal(r->health.state, SVC_ROLLEDBACK);
    store_acknowledge(e.s, r->svc->arn);
    env_idle(&e);
    r = env_row(sub, "web");
    assert_int_equal(r->health.state, SVC_OK);
    subscription_close(sub);
    env_close(&e);
}

static void on_close_itself(void *arg, const struct snapshot *snap)
{
    struct subscription **sub = arg;

    (void)snap;
    if (*sub != NULL) {
        subscription_close(*sub);
        *sub = NULL;
    }
}

static void a_subscription_may_close_itself_when_told(void **state)
{
    struct store_env e;
    struct subscription *a = NULL, *b;
    struct query q = {.kind = QUERY_SERVICES, .cluster = "prod"};

    (void)state;
    two_clusters(&e);
    a = store_subscribe(e.s, &q, on_close_itself, &a);
    b = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    assert_null(a);
    assert_int_equal(subscription_snapshot(b)->n_rows, 23);
    subscription_close(b);
    a = store_subscribe(e.s, &q, on_close_itself, &a);
    env_idle(&e);
    assert_null(a);
    env_close(&e);
}



int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clusters_are_listed_and_described),
        cmocka_unit_test(services_of_all_clusters_are_the_union),
        cmocka_unit_test(tasks_of_all_clusters_are_the_union),
        cmocka_unit_test(first_rows_are_published_after_the_first_page),
        cmocka_unit_test(rows_are_kept_when_a_fetch_fails),
        cmocka_unit_test(a_denied_list_settles_with_its_error),
        cmocka_unit_test(a_deleted_service_goes_when_the_list_confirms),
        cmocka_unit_test(equal_queries_share_one_fetch),
        cmocka_unit_test(rows_that_did_not_change_are_shared),
        cmocka_unit_test(an_open_view_shows_at_once_what_was_known),
        cmocka_unit_test(an_unknown_service_is_said_to_be_unknown),
        cmocka_unit_test(a_rollback_is_silent_once_acknowledged),
        cmocka_unit_test(a_subscription_may_close_itself_when_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
