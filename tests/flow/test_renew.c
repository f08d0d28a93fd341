/* A row that was only listed, opened with `d`: the reply of describing it
 * fills the view, for every kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/svc/ecs.h"
#include "views/kind.h"

#define TASK "arn:aws:ecs:eu-west-1:123456789012:task/prod/0123"

static json_t *parse(const char *text)
{
    json_t *o = json_loads(text, 0, NULL);
    assert_non_null(o);
    return o;
}

static void a_task_that_was_only_listed(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct ecs_task bare = {.arn = TASK, .id = "0123"};
    struct task_row row = {.task = &bare, .loading = true, .failed = true};
    json_t *o = parse("{\"taskArn\":\"" TASK "\",\"lastStatus\":\"STOPPED\","
                      "\"desiredStatus\":\"STOPPED\",\"stoppedReason\":"
                      "\"Essential container in task exited\",\"containers\":"
                      "[{\"name\":\"app\",\"exitCode\":3}]}");
    const struct task_row *r = kind_tasks.renew(&row, o, a);
    assert_non_null(r);
    assert_false(r->loading);
    assert_false(r->failed);
    assert_true(r->stopped);
    assert_string_equal(r->task->last_status, "STOPPED");
    assert_string_equal(r->cause->verdict, "app exit 3");
    assert_null(kind_tasks.renew(&row, json_false(), a));
    json_decref(o);
    arena_free(a);
}

static void a_service_keeps_what_the_table_knew(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct ecs_service bare = {.arn = "arn:x", .name = "pay"};
    struct service_row row = {.svc = &bare, .loading = true,
                              .health = {.state = SVC_CRASH}};
    json_t *o = parse("{\"serviceArn\":\"arn:x\",\"serviceName\":\"pay\","
                      "\"status\":\"ACTIVE\",\"desiredCount\":4}");
    const struct service_row *r = kind_services.renew(&row, o, a);
    assert_non_null(r);
    assert_false(r->loading);
    assert_int_equal(r->svc->desired, 4);
    assert_int_equal(r->health.state, SVC_CRASH);
    json_decref(o);
    arena_free(a);
}

static void a_container_is_found_by_its_name(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct ecs_container old = {.name = "app", .status = "RUNNING"};
    struct container_row row = {.container = &old};
    json_t *o = parse("{\"taskArn\":\"" TASK "\",\"containers\":["
                      "{\"name\":\"envoy\",\"lastStatus\":\"RUNNING\"},"
                      "{\"name\":\"app\",\"lastStatus\":\"STOPPED\"}]}");
    const struct container_row *r = kind_containers.renew(&row, o, a);
    assert_non_null(r);
    assert_string_equal(r->container->status, "STOPPED");
    old.name = "gone";
    assert_null(kind_containers.renew(&row, o, a));
    json_decref(o);
    arena_free(a);
}

static void a_cluster(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    json_t *o = parse("{\"clusterArn\":\"arn:aws:ecs:eu-west-1:1:cluster/p\","
                      "\"clusterName\":\"p\",\"runningTasksCount\":7}");
    const struct ecs_cluster *c = kind_clusters.renew(NULL, o, a);
    assert_non_null(c);
    assert_string_equal(c->name, "p");
    json_decref(o);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_task_that_was_only_listed),
        cmocka_unit_test(a_service_keeps_what_the_table_knew),
        cmocka_unit_test(a_container_is_found_by_its_name),
        cmocka_unit_test(a_cluster),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
