/* What a store publishes of tasks and containers, and how long it remembers
 * those that have stopped. */
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

static void stops_of_the_sweep_reach_the_service(void **state)
{
    struct store_env e;
    struct subscription *sub;
    const struct service_row *r;

    (void)state;
    env_open(&e);
    fake_cluster(e.f, "prod");
    fake_service(e.f, "prod", "web", 1, 1);
    fake_service(e.f, "prod", "api", 1, 1);
    for (int i = 0; i < 3; i++)
        fake_stop(e.f, fake_task(e.f, "prod", "web", i), 1);
    sub = env_sub(&e, QUERY_SERVICES, "prod", NULL);
    env_idle(&e);
    r = env_row(sub, "web");
    assert_int_equal(r->stops.abnormal_10m, 3);
    assert_int_equal(r->stops.n_groups, 1);
    assert_int_equal(r->stops.groups[0].count, 3);
    assert_int_equal(r->health.state, SVC_CRASH);
    r = env_row(sub, "api");
    assert_int_equal(r->stops.abnormal_10m, 0);
    assert_int_equal(r->health.state, SVC_OK);
    /* Ten minutes later the same stops are history. */
    env_pass(&e, 620000);
    r = env_row(sub, "web");
    assert_int_equal(r->stops.abnormal_10m, 0);
    assert_int_equal(r->health.state, SVC_OK);
    subscription_close(sub);
    env_close(&e);
}

static void stopped_tasks_outlive_the_hour_of_ecs(void **state)
{
    struct store_env e;
    struct subscription *sub;
    const struct task_row *r;
    struct fake_task *t;

    (void)state;
    env_open(&e);
    fake_cluster(e.f, "prod");
    fake_service(e.f, "prod", "web", 1, 1);
    t = fake_task(e.f, "prod", "web", 1);
    fake_stop(e.f, t, 1);
    sub = env_sub(&e, QUERY_TASKS, "prod", "web");
    env_idle(&e);
    r = env_row(sub, t->id);
    assert_non_null(r);
    assert_true(r->stopped);
    assert_true(r->cause->abnormal);
    assert_false(r->remembered);
    t->forgotten = true;
    env_pass(&e, 30000);
    r = env_row(sub, t->id);
    assert_non_null(r);
    assert_true(r->remembered);
    assert_int_equal(r->cause->exit_code, 1);
    subscription_close(sub);
    env_close(&e);
}

static void a_task_that_stops_turns_into_a_stopped_row(void **state)
{
    struct store_env e;
    struct subscription *sub;
    const struct snapshot *snap;
    struct fake_service *s;
    struct fake_task *t, *old;
    const struct task_row *r;

    (void)state;
    env_open(&e);
    fake_cluster(e.f, "prod");
    s = fake_service(e.f, "prod", "web", 3, 3);
    old = fake_task(e.f, "prod", "web", 1);
    t = fake_task(e.f, "prod", "web", 2);
    fake_task(e.f, "prod", "web", 3);
    fake_task(e.f, "prod", "other", 4);
    sub = env_sub(&e, QUERY_TASKS, "prod", "web");
    env_idle(&e);
    snap = subscription_snapshot(sub);
    assert_int_equal(snap->n_rows, 3);
    assert_true(snap->complete);
    /* Newest first. */
    assert_ptr_equal(snap->rows[2].data, env_row(sub, old->id));
    fake_stop(e.f, t, 137);
    s->running = 2;
    s->event = 2;
    for (int i = 0; i < 20; i++) {
        env_pass(&e, 1000);
        assert_non_null(env_row(sub, t->id)); /* never a gap */
    }
    r = env_row(sub, t->id);
    assert_true(r->stopped);
    snap = subscription_snapshot(sub);
    assert_int_equal(snap->n_rows, 3);
    assert_ptr_equal(snap->rows[2].data, r); /* stopped ones last */
    subscription_close(sub);
    env_close(&e);
}

static void containers_carry_their_definitions(void **state)
{
    struct store_env e;
    struct subscription *sub;
    const struct snapshot *snap;
    const struct container_row *r;
    struct fake_task *t;

    (void)state;
    env_open(&e);
    fake_cluster(e.f, "prod");
    t = fake_task(e.f, "prod", "web", 1);
    t->containers = 2;
    sub = env_sub(&e, QUERY_CONTAINERS, "prod", t->id);
    env_idle(&e);
    snap = subscription_snapshot(sub);
    assert_int_equal(snap->n_rows, 2);
    assert_true(snap->complete);
    r = snap->rows[1].data;
    assert_string_equal(r->container->name, "sidecar");
    assert_non_null(r->def);
    assert_false(r->def->essential);
    assert_int_equal(fake_calls(e.f, "DescribeTaskDefinition", NULL), 1);
    assert_int_equal(fake_calls(e.f, "ListTasks", NULL), 0);
    subscription_close(sub);
    env_close(&e);
}

/* Until it is described its ARN says where it stands among the others. */
static void a_task_that_gets_its_arn_is_put_in_order_again(void **state)
{
    struct store_env e;
    struct watch *w;
    struct task_entry *t;

    (void)state;
    env_open(&e);
    w = watch_get(e.s, "prod");
    t = task_get(w, "77aa");
    w->unordered = t->unplaced = false; /* as after it was ordered */
    assert_ptr_equal(task_get(w, "77aa"), t);
    assert_false(w->unordered || t->unplaced);
    assert_ptr_equal(task_get(w, "arn:aws:ecs:r:1:task/prod/77aa"), t);
    assert_true(w->unordered && t->unplaced);
    env_close(&e);
}

static void an_unknown_task_is_said_to_be_unknown(void **state)
{
    struct store_env e;
    struct subscription *sub;

    (void)state;
    env_open(&e);
    fake_cluster(e.f, "prod");
    sub = env_sub(&e, QUERY_CONTAINERS, "prod", "0123");
    env_idle(&e);
    assert_int_equal(subscription_snapshot(sub)->error.code, ERR_NOT_FOUND);
    assert_true(subscription_settled(sub));
    subscription_close(sub);
    env_close(&e);
}

static void remembered_tasks_are_capped(void **state)
{
    struct store_env e;
    struct subscription *sub;
    struct fake_task *t[20];
    struct store_options opts = {.seed = 7, .keep_stopped = 5};

    (void)state;
    env_open(&e);
    store_free(e.s);
    e.s = store_new(e.loop, fake_client(e.f), &opts);
    fake_cluster(e.f, "prod");
    fake_service(e.f, "prod", "web", 1, 1);
    for (int i = 0; i < 20; i++) {
        t[i] = fake_task(e.f, "prod", "web", i + 1);
        fake_stop(e.f, t[i], 1);
        clock_advance(e.clock, 10);
    }
    sub = env_sub(&e, QUERY_TASKS, "prod", "web");
    env_idle(&e);
    /* What ECS still lists is shown whole. */
    assert_int_equal(subscription_snapshot(sub)->n_rows, 20);
    for (int i = 0; i < 20; i++)
        t[i]->forgotten = true;
    env_pass(&e, 30000);
    assert_int_equal(subscription_snapshot(sub)->n_rows, 5);
    assert_non_null(env_row(sub, t[19]->id));
    assert_null(env_row(sub, t[14]->id));
    subscription_close(sub);
    env_close(&e);
}

static void the_sweep_tells_of_stops_that_no_list_showed(void **state)
{
    struct store_env e;
    struct subscription *sub;
    struct fake_task *t;

    (void)state;
    env_open(&e);
    fake_cluster(e.f, "prod");
    fake_service(e.f, "prod", "web", 1, 1);
    t = fake_task(e.f, "prod", "web", 1);
    sub = env_sub(&e, QUERY_TASKS, "prod", "web");
    env_idle(&e);
    /* Counts and events say nothing yet: they lag. */
    fake_stop(e.f, t, 1);
    env_pass(&e, 15000);
    assert_true(((const struct task_row *)env_row(sub, t->id))->stopped);
    subscription_close(sub);
    env_close(&e);
}

/* What was seen of it. */
struct order_check {
    size_t most, wrong;
};

static void check_order(void *arg, const struct snapshot *snap)
{
    struct order_check *c = arg;

    c->most = snap->loaded > c->most ? snap->loaded : c->most;
    for (size_t i = 1; i < snap->n_rows; i++) {
        const struct task_row *a = snap->rows[i - 1].data;
        const struct task_row *b = snap->rows[i].data;

        if (!a->loading && !b->loading)
            c->wrong += a->stopped > b->stopped ||
                        (a->stopped == b->stopped &&
                         a->task->created_ms < b->task->created_ms);
    }
}

enum { CROWD = 3000 };

static bool all_came(void *arg)
{
    return ((struct order_check *)arg)->most == CROWD;
}

/* With the real clock that is done in turns of their own. */
static void many_tasks_are_in_order_in_each_snapshot(void **state)
{
    struct order_check seen = {0};
    struct query q = {.kind = QUERY_TASKS, .cluster = "prod"};
    struct subscription *sub;
    struct store_env e;
    char name[16];

    (void)state;
    env_open_real(&e);
    fake_cluster(e.f, "prod");
    for (int i = 0; i < 30; i++) {
        snprintf(name, sizeof(name), "web%02d", i);
        fake_service(e.f, "prod", name, CROWD / 30, CROWD / 30);
    }
    for (int i = 0; i < CROWD; i++) {
        snprintf(name, sizeof(name), "web%02d", i % 30);
        fake_task(e.f, "prod", name, i * 7919 % CROWD);
    }
    sub = store_subscribe(e.s, &q, check_order, &seen);
    assert_true(loop_until(e.loop, all_came, &seen, 20000));
    assert_int_equal(seen.wrong, 0);
    subscription_close(sub);
    env_close(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stops_of_the_sweep_reach_the_service),
        cmocka_unit_test(stopped_tasks_outlive_the_hour_of_ecs),
        cmocka_unit_test(a_task_that_stops_turns_into_a_stopped_row),
        cmocka_unit_test(containers_carry_their_definitions),
        cmocka_unit_test(a_task_that_gets_its_arn_is_put_in_order_again),
        cmocka_unit_test(an_unknown_task_is_said_to_be_unknown),
        cmocka_unit_test(remembered_tasks_are_capped),
        cmocka_unit_test(many_tasks_are_in_order_in_each_snapshot),
        cmocka_unit_test(the_sweep_tells_of_stops_that_no_list_showed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
