/* Decoders: a whole reply, and every way in which one can be odd. */
#include "backend/base/mem.h"
#include "backend/base/utf8.h"
#include "backend/svc/ecs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs the four above first. */
#include <cmocka.h>

static const char service[] =
    "{\"serviceArn\":\"arn:aws:ecs:eu-west-1:1:service/prod/web\","
    "\"serviceName\":\"web\\u001b[31m\",\"clusterArn\":\"arn:aws:ecs:"
    "eu-west-1:1:cluster/prod\",\"status\":\"ACTIVE\",\"desiredCount\":4,"
    "\"runningCount\":3,\"pendingCount\":1,\"capacityProviderStrategy\":"
    "[{\"capacityProvider\":\"FARGATE_SPOT\",\"weight\":1,\"base\":0}],"
    "\"taskDefinition\":\"arn:aws:ecs:eu-west-1:1:task-definition/web:143\","
    "\"deploymentConfiguration\":{\"maximumPercent\":200,"
    "\"minimumHealthyPercent\":100,\"deploymentCircuitBreaker\":{\"enable\":"
    "true,\"rollback\":true},\"alarms\":{\"alarmNames\":[\"a\",\"b\"]}},"
    "\"deployments\":[{\"id\":\"ecs-svc/1\",\"status\":\"PRIMARY\","
    "\"desiredCount\":4,\"failedTasks\":2,\"createdAt\":1.7952715275E9,"
    "\"rolloutState\":\"IN_PROGRESS\"}],\"events\":["
    "{\"id\":\"1\",\"createdAt\":1795271500,\"message\":\"(service web) has "
    "started 1 tasks\"},{\"id\":\"2\",\"createdAt\":1795271400.5,"
    "\"message\":\"(service web) has reached a steady state.\"},{\"id\":"
    "\"3\",\"createdAt\":1795270000,\"message\":\"rolling back to x\"}],"
    "\"loadBalancers\":[{\"targetGroupArn\":\"tg\",\"containerPort\":8080}],"
    "\"networkConfiguration\":{\"awsvpcConfiguration\":{\"subnets\":[\"s1\"]"
    "}},\"placementStrategy\":[{\"type\":\"spread\",\"field\":\"az\"}],"
    "\"tags\":[{\"key\":\"team\",\"value\":\"pay\"}],\"createdAt\":1700000000"
    ",\"zzFuture\":{\"x\":[1,null]}}";

static const char task[] =
    "{\"taskArn\":\"arn:aws:ecs:eu-west-1:1:task/prod/0123456789abcdef\","
    "\"group\":\"service:web\",\"lastStatus\":\"STOPPED\",\"cpu\":\"512\","
    "\"stoppedReason\":\"Essential container in task exited\","
    "\"startedAt\":1795271500.25,\"stoppedAt\":1795271510,"
    "\"containers\":[{\"name\":\"app\",\"exitCode\":137,\"reason\":"
    "\"OutOfMemoryError: x\",\"networkInterfaces\":[{\"privateIpv4Address\":"
    "\"10.0.0.7\"}],\"networkBindings\":[{\"containerPort\":80,\"hostPort\":"
    "32768}]}],\"attachments\":[{\"type\":\"ElasticNetworkInterface\","
    "\"details\":[{\"name\":\"networkInterfaceId\",\"value\":\"eni-1\"}]}],"
    "\"overrides\":{\"containerOverrides\":[{\"name\":\"app\",\"environment\""
    ":[{\"name\":\"PASSWORD\",\"value\":\"hunter2\"}],\"cpu\":5}]}}";

static const char definition[] =
    "{\"taskDefinition\":{\"taskDefinitionArn\":\"arn:aws:ecs:eu-west-1:1:"
    "task-definition/web:143\",\"family\":\"web\",\"revision\":143,"
    "\"containerDefinitions\":[{\"name\":\"app\",\"image\":\"web:1\","
    "\"logConfiguration\":{\"logDriver\":\"awslogs\",\"options\":{"
    "\"awslogs-group\":\"/ecs/web\",\"awslogs-region\":\"eu-west-1\","
    "\"awslogs-stream-prefix\":\"ecs\"}}},{\"name\":\"envoy\",\"essential\":"
    "false}]}}";

static void a_service_is_whole(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    json_t *o = json_loads(service, 0, NULL);
    struct ecs_service *s = ecs_decode_service(o, 1, a);
    assert_non_null(s);
    assert_string_equal(s->cluster, "prod");
    assert_null(strchr(s->name, '\033'));
    assert_int_equal(s->desired, 4);
    assert_string_equal(s->capacity, "FARGATE_SPOT:1");
    assert_true(s->breaker && s->breaker_rollback);
    assert_string_equal(s->alarm_names, "a, b");
    assert_string_equal(s->controller, "ECS");
    assert_int_equal(s->deployments[0].created_ms, 1795271527500LL);
    assert_int_equal(s->deployments[0].failed, 2);
    assert_int_equal(s->n_events, 1); /* capped, and yet all were read */
    assert_int_equal(s->steady_ms, 1795271400500LL);
    assert_int_equal(s->restless_ms, 1795271500000LL);
    assert_int_equal(s->progress_ms, 1795271500000LL);
    assert_int_equal(s->rolled_back_ms, 1795270000000LL);
    assert_string_equal(s->placement, "spread:az");
    assert_string_equal(s->tags.items[0].value, "pay");
    json_decref(o);
    arena_unref(a);
}

static void a_task_is_whole_and_keeps_no_secret(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    json_t *o = json_loads(task, 0, NULL);
    struct ecs_task *t = ecs_decode_task(o, a);
    assert_non_null(t);
    assert_string_equal(t->id, "0123456789abcdef");
    assert_string_equal(t->service, "web");
    assert_int_equal(t->started_ms, 1795271500250LL);
    assert_true(t->containers[0].has_exit);
    assert_int_equal(t->containers[0].exit_code, 137);
    assert_string_equal(t->containers[0].ports, "80->32768/tcp");
    assert_string_equal(t->eni, "eni-1");
    assert_string_equal(t->private_ip, "10.0.0.7");
    bool masked = false;
    for (size_t i = 0; i < t->overrides.n; i++) {
        assert_null(strstr(t->overrides.items[i].value, "hunter2"));
        masked |= strcmp(t->overrides.items[i].value, "***") == 0;
    }
    assert_true(masked);
    json_decref(o);
    arena_unref(a);
}

static void a_definition_is_whole(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    json_t *o = json_loads(definition, 0, NULL);
    struct ecs_taskdef *t = ecs_decode_taskdef(o, a);
    assert_non_null(t);
    assert_int_equal(t->revision, 143);
    assert_true(t->containers[0].essential); /* absent means true */
    assert_false(t->containers[1].essential);
    assert_string_equal(t->containers[0].log.group, "/ecs/web");
    assert_null(t->containers[1].log.driver);
    assert_string_equal(taskdef_revision(t->arn), ":143");
    assert_string_equal(taskdef_revision("web"), "");
    assert_string_equal(arn_tail(NULL), "");
    json_decref(o);
    arena_unref(a);
}

static void decode_all(json_t *o)
{
    struct arena *a = arena_new();
    ecs_decode_service(o, 3, a);
    ecs_decode_task(o, a);
    ecs_decode_cluster(o, a);
    ecs_decode_taskdef(o, a);
    arena_unref(a);
}

/* Each value of the tree in turn becomes something else; nothing may crash.
 * Returns how many were tried. */
static int spoil(json_t *root, json_t *o)
{
    static const char *const odd[] = {
        "null", "true", "-1", "1e300", "\"\"", "\"\\u001b]52;c;QQ\\u0007\"",
        "[]", "{}", "[[null]]", "[{\"name\":5,\"details\":7}]"};
    const char *key;
    json_t *v;
    void *next;
    size_t i;
    int n = 0;
    if (json_is_object(o)) {
        json_object_foreach_safe(o, next, key, v)
        {
            json_t *keep = json_incref(v);
            n += spoil(root, keep);
            for (i = 0; i < ARRAY_LEN(odd); i++, n++) {
                json_object_set_new(
                    o, key, json_loads(odd[i], JSON_DECODE_ANY, NULL));
                decode_all(root);
            }
            json_object_set_new(o, key, keep);
        }
    } else if (json_is_array(o)) {
        json_array_foreach(o, i, v)
        {
            json_t *keep = json_incref(v);
            n += spoil(root, keep);
            for (size_t k = 0; k < ARRAY_LEN(odd); k++, n++) {
                json_array_set_new(
                    o, i, json_loads(odd[k], JSON_DECODE_ANY, NULL));
                decode_all(root);
            }
            json_array_set_new(o, i, keep);
        }
    }
    return n;
}

static void odd_values_never_crash(void **state)
{
    static const char *const texts[] = {service, task, definition};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        json_t *o = json_loads(texts[i], 0, NULL);
        assert_non_null(o);
        assert_true(spoil(o, o) > 100);
        json_decref(o);
    }
    json_t *empty = json_object();
    decode_all(empty);
    decode_all(NULL);
    json_decref(empty);
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_service_is_whole),
        cmocka_unit_test(a_task_is_whole_and_keeps_no_secret),
        cmocka_unit_test(a_definition_is_whole),
        cmocka_unit_test(odd_values_never_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
