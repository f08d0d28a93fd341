/* ECS replies to structs: whole fixtures, member by member. */
#include "tests/backend/ecs_fixtures.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/svc/ecs.h"

/* ---- whole fixtures ---------------------------------------------------- */

static void a_cluster_is_read_whole(void **state)
{
    (void)state;
    json_t *o = json_of(cluster_text);
    struct arena *a = arena_new();
    struct ecs_cluster *c = ecs_decode_cluster(o, a);
    json_decref(o); /* nothing is borrowed from it */
    assert_non_null(c);
    assert_string_equal(c->arn, ARN "cluster/prod");
    assert_string_equal(c->name, "prod");
    assert_string_equal(c->status, "ACTIVE");
    assert_int_equal(c->instances, 3);
    assert_int_equal(c->running, 41);
    assert_int_equal(c->pending, 2);
    assert_int_equal(c->services, 7);
    assert_int_equal(c->running_ec2, 11);
    assert_int_equal(c->running_fargate, 30);
    assert_string_equal(c->capacity_providers, "FARGATE, FARGATE_SPOT");
    assert_string_equal(c->insights, "enhanced");
    assert_int_equal(c->tags.n, 2);
    assert_string_equal(c->tags.items[0].value, "prod");
    assert_string_equal(c->tags.items[1].value, "");
    arena_free(a);
}

static void check_deployments(const struct ecs_service *s)
{
    const struct ecs_deployment *d = s->deployments;
    assert_int_equal(s->n_deployments, 2);
    assert_string_equal(d[0].id, "ecs-svc/2");
    assert_string_equal(d[0].rollout_state, "IN_PROGRESS");
    assert_string_equal(d[0].rollout_reason, "in progress.");
    assert_int_equal(d[0].failed, 5);
    assert_int_equal(d[0].pending, 1);
    assert_true(d[0].created_ms == 1795271000250LL);
    assert_true(d[0].updated_ms == 1795271100000LL);
    assert_string_equal(d[0].capacity, "FARGATE:2");
    assert_string_equal(d[1].status, "ACTIVE");
    assert_null(d[1].rollout_state); /* absent is not failed */
    assert_null(d[1].capacity);
    assert_true(d[1].created_ms == 0);
    assert_int_equal(s->n_task_sets, 1);
    assert_string_equal(s->task_sets[0].external_id, "d-ABC");
    assert_string_equal(s->task_sets[0].stability, "STABILIZING");
    assert_int_equal(s->task_sets[0].desired, 4);
    assert_int_equal(s->task_sets[0].running, 1);
}

static void a_service_is_read_whole(void **state)
{
    (void)state;
    json_t *o = json_of(service_text);
    struct arena *a = arena_new();
    struct ecs_service *s = ecs_decode_service(o, 100, a);
    json_decref(o);
    assert_non_null(s);
    assert_string_equal(s->name, "web");
    assert_string_equal(s->cluster, "prod");
    assert_int_equal(s->desired, 4);
    assert_int_equal(s->running, 3);
    assert_int_equal(s->pending, 1);
    assert_string_equal(s->capacity, "FARGATE_SPOT:3, FARGATE:1");
    assert_string_equal(s->controller, "CODE_DEPLOY");
    assert_string_equal(s->strategy, "ROLLING");
    assert_int_equal(s->max_percent, 200);
    assert_int_equal(s->min_healthy_percent, 50);
    assert_true(s->breaker && s->breaker_rollback);
    assert_string_equal(s->alarm_names, "5xx, slow");
    check_deployments(s);
    assert_int_equal(s->n_load_balancers, 1);
    assert_int_equal(s->load_balancers[0].port, 8080);
    assert_int_equal(s->subnets.n, 2);
    assert_string_equal(s->security_groups.items[0], "sg-1");
    assert_string_equal(s->registries.items[0], "arn:sd/web");
    assert_string_equal(s->placement, "spread:az, binpack:memory");
    assert_string_equal(s->constraints, "distinctInstance");
    assert_int_equal(s->grace_seconds, 60);
    assert_true(s->exec_enabled);
    assert_true(s->created_ms == 1700000000500LL);
    assert_string_equal(s->tags.items[0].name, "team");
    arena_free(a);
}

#define ACCOUNT "arn:aws:ecs:eu-west-1:123456789012:"

/* However it is kept, it is told as it came. */
static void a_container_keeps_its_arn(void **state)
{
    static const struct {
        const char *task, *container;
    } cases[] = {
        {ACCOUNT "task/prod/0123", ACCOUNT "container/prod/0123/77-ab"},
        {ACCOUNT "task/prod/0123", ACCOUNT "container/prod/0123/a/b"},
        {ACCOUNT "task/prod/0123", ACCOUNT "container/prod/0123/"},
        {ACCOUNT "task/prod/0123", ACCOUNT "container/prod/0123"},
        {ACCOUNT "task/prod/0123", ACCOUNT "container/prod/01234/77"},
        {ACCOUNT "task/prod/0123", ACCOUNT "container/77-ab"}, /* short */
        {ACCOUNT "task/0123", ACCOUNT "container/0123/77"},
        {ACCOUNT "task/prod/0123", "arn:aws:ecs:x:1:container/prod/0123/7"},
        {ACCOUNT "task/prod/0123", "odd"},
        {ACCOUNT "task/prod/0123", ""},
        {ACCOUNT "task/prod/0123", NULL},
        {"0123", "77"},
        {"0123", NULL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *a = arena_new();
        json_t *o = json_pack("{s:s,s:[{s:s,s:s*}]}", "taskArn",
                              cases[i].task, "containers", "name", "app",
                              "containerArn", cases[i].container);
        struct ecs_task *t = ecs_decode_task(o, a);
        const char *arn = ecs_container_arn(t, &t->containers[0], a);
        if (cases[i].container)
            assert_string_equal(arn, cases[i].container);
        else
            assert_null(arn);
        json_decref(o);
        arena_free(a);
    }
    /* The point of it: only the part of its own. */
    struct arena *a = arena_new();
    json_t *o = json_pack("{s:s,s:[{s:s}]}", "taskArn", cases[0].task,
                          "containers", "containerArn", cases[0].container);
    struct ecs_task *t = ecs_decode_task(o, a);
    assert_string_equal(t->containers[0].arn_end, "77-ab");
    json_decref(o);
    arena_free(a);
}

static void a_task_is_read_whole(void **state)
{
    (void)state;
    json_t *o = json_of(task_text);
    struct arena *a = arena_new();
    struct ecs_task *t = ecs_decode_task(o, a);
    json_decref(o);
    assert_non_null(t);
    assert_string_equal(t->id, "0123456789abcdef0123456789abcdef");
    assert_string_equal(t->service, "web");
    assert_string_equal(t->stop_code, "EssentialContainerExited");
    assert_true(t->created_ms == 1795271000001LL);
    assert_true(t->started_ms == 1795271003500LL);
    assert_true(t->stopping_ms == 1795271010000LL);
    assert_true(t->execution_stopped_ms == 1795271011000LL);
    assert_true(t->stopped_ms == 1795271012750LL);
    assert_int_equal(t->version, 7);
    assert_true(t->exec_enabled);
    assert_int_equal(t->n_containers, 2);
    assert_true(t->containers[0].has_exit);
    assert_int_equal(t->containers[0].exit_code, 137);
    assert_string_equal(t->containers[0].ports, "8080->32768/tcp, 53->53/udp");
    assert_string_equal(t->containers[0].private_ip, "10.0.0.9");
    assert_string_equal(t->containers[0].exec_agent, "RUNNING");
    assert_false(t->containers[1].has_exit); /* it never ran */
    assert_null(t->containers[1].reason);
    assert_string_equal(t->private_ip, "10.0.0.7");
    assert_string_equal(t->eni, "eni-1");
    assert_string_equal(t->subnet, "subnet-1");
    assert_int_equal(t->attachments.n, 3);
    assert_string_equal(t->attachments.items[0].name,
                        "ElasticNetworkInterface: subnetId");
    arena_free(a);
}

static void a_task_definition_is_read_whole(void **state)
{
    (void)state;
    json_t *o = json_of(taskdef_text);
    struct arena *a = arena_new();
    struct ecs_taskdef *t = ecs_decode_taskdef(o, a);
    json_decref(o);
    assert_non_null(t);
    assert_string_equal(t->family, "web");
    assert_int_equal(t->revision, 143);
    assert_true(t->registered_ms == 1795270000500LL);
    assert_int_equal(t->n_containers, 3);
    assert_true(t->containers[0].essential);
    assert_true(t->containers[0].has_health_check);
    assert_int_equal(t->containers[0].memory, 256);
    assert_string_equal(t->containers[0].log.driver, "awslogs");
    assert_string_equal(t->containers[0].log.group, "/ecs/web");
    assert_string_equal(t->containers[0].log.prefix, "ecs");
    assert_string_equal(t->containers[0].log.mode, "non-blocking");
    assert_false(t->containers[1].essential);
    assert_int_equal(t->containers[1].memory, -1);
    assert_null(t->containers[1].log.driver);
    assert_true(t->containers[2].essential); /* absent means true */
    arena_free(a);
}

static void a_standalone_task_has_no_service(void **state)
{
    static const struct {
        const char *group, *service;
    } rows[] = {{"family:batch", NULL}, {"my-group", NULL},
                {"service:", ""}, {"service:a-b_c", "a-b_c"}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *a = arena_new();
        json_t *o = json_pack("{s:s, s:s}", "taskArn", "arn:x/task/1",
                              "group", rows[i].group);
        struct ecs_task *t = ecs_decode_task(o, a);
        if (rows[i].service)
            assert_string_equal(t->service, rows[i].service);
        else
            assert_null(t->service);
        json_decref(o);
        arena_free(a);
    }
}

static void a_bare_arn_is_enough(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    json_t *o = json_pack("{s:s}", "serviceArn", ARN "service/prod/lone");
    struct ecs_service *s = ecs_decode_service(o, 10, a);
    assert_string_equal(s->name, "lone");
    assert_string_equal(s->controller, "ECS");
    assert_int_equal(s->max_percent, -1);
    assert_int_equal(s->grace_seconds, -1);
    assert_int_equal(s->n_deployments, 0);
    assert_null(s->capacity);
    assert_null(s->strategy);
    json_decref(o);
    o = json_pack("{s:s}", "clusterArn", ARN "cluster/c");
    struct ecs_cluster *c = ecs_decode_cluster(o, a);
    assert_string_equal(c->name, "c");
    assert_int_equal(c->running_ec2, -1); /* not asked for, not zero */
    assert_null(c->insights);
    json_decref(o);
    arena_free(a);
}

static void without_an_arn_there_is_no_item(void **state)
{
    static const char *const bad[] = {
        "{}", "[]", "{'serviceArn':null,'taskArn':null,'clusterArn':null}",
        "{'serviceArn':7,'taskArn':[],'clusterArn':{},'taskDefinition':3}",
        "{'taskDefinition':{'taskDefinitionArn':1}}"};
    (void)state;
    struct arena *a = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        json_t *o = json_of(bad[i]);
        assert_null(ecs_decode_cluster(o, a));
        assert_null(ecs_decode_service(o, 10, a));
        assert_null(ecs_decode_task(o, a));
        assert_null(ecs_decode_taskdef(o, a));
        json_decref(o);
    }
    assert_null(ecs_decode_service(NULL, 10, a));
    assert_null(ecs_decode_task(NULL, a));
    arena_free(a);
}

/* ---- secrets and times -------------------------------------------------- */

static void values_of_the_environment_never_leave_the_decoder(void **state)
{
    (void)state;
    json_t *o = json_of(task_text);
    struct arena *a = arena_new();
    struct ecs_task *t = ecs_decode_task(o, a);
    size_t masked = 0;
    for (size_t i = 0; i < t->overrides.n; i++) {
        const struct ecs_pair *p = &t->overrides.items[i];
        assert_null(strstr(p->value, "hunter2"));
        if (strstr(p->name, ".env ")) {
            assert_string_equal(p->value, "***");
            masked++;
        }
    }
    assert_int_equal(masked, 2); /* also the empty one */
    assert_string_equal(t->overrides.items[0].name, "cpu");
    assert_string_equal(t->overrides.items[0].value, "512");
    json_decref(o);
    arena_free(a);
}

static void times_are_epoch_seconds_whole_or_real(void **state)
{
    static const struct {
        const char *json;
        int64_t ms;
    } rows[] = {{"1795271527", 1795271527000LL},
                {"1795271527.0", 1795271527000LL},
                {"1795271527.123", 1795271527123LL},
                {"1795271527.9996", 1795271528000LL},
                {"1.795271527e9", 1795271527000LL},
                {"0", 0}, {"-5", 0}, {"null", 0}, {"'1795271527'", 0},
                {"1e300", 0}, {"-1e300", 0}, {"true", 0}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[128];
        snprintf(text, sizeof(text), "{'taskArn':'a/b','createdAt':%s}",
                 rows[i].json);
        struct arena *a = arena_new();
        json_t *o = json_of(text);
        struct ecs_task *t = ecs_decode_task(o, a);
        if (t->created_ms != rows[i].ms)
            fail_msg("%s gave %lld", rows[i].json, (long long)t->created_ms);
        json_decref(o);
        arena_free(a);
    }
}

static void numbers_out_of_range_count_as_absent(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    json_t *o = json_of("{'serviceArn':'a/b','desiredCount':1e99,"
                        "'runningCount':9007199254740993,'pendingCount':-1e99,"
                        "'healthCheckGracePeriodSeconds':'60'}");
    struct ecs_service *s = ecs_decode_service(o, 10, a);
    assert_int_equal(s->desired, 0);
    assert_int_equal(s->running, 0);
    assert_int_equal(s->pending, 0);
    assert_int_equal(s->grace_seconds, -1);
    json_decref(o);
    o = json_of("{'clusterArn':'a/b','statistics':[{'name':"
                "'runningEC2TasksCount','value':'99999999999999999999'}]}");
    assert_non_null(ecs_decode_cluster(o, a));
    json_decref(o);
    arena_free(a);
}

/* ---- events ------------------------------------------------------------- */

static json_t *with_events(const char *const *messages, size_t n)
{
    json_t *list = json_array();
    /* Newest first, a minute apart, the newest at second 100000. */
    for (size_t i = 0; i < n; i++)
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:i}", "id", "e", "message",
                            messages[i], "createdAt",
                            100000 - (int)i * 60));
    return json_pack("{s:s, s:o}", "serviceArn", "a/b", "events", list);
}

#define AT(i) ((100000LL - (i) * 60) * 1000)
static void the_scan_of_events_tells_times(void **state)
{
    static const struct {
        const char *messages[6];
        int64_t steady, restless, progress, back;
    } rows[] = {
        {{"(service x) has reached a steady state."}, AT(0), 0, 0, 0},
        {{"(service x) has started 2 tasks: (task a).",
          "(service x) has reached a steady state."},
         AT(1), AT(0), AT(0), 0},
        {{"(service x) was unable to place a task",
          "(service x) has started 1 tasks: (task a).",
          "(service x) (deployment ecs-svc/1) deployment completed.",
          "(service x) has reached a steady state."},
         AT(2), AT(1), AT(1), 0},
        {{"(service x) registered 1 targets in (target-group t)"},
         0, AT(0), AT(0), 0},
        /* that a target goes is no sign of a task that comes */
        {{"(service x) deregistered 1 targets in (target-group t)"},
         0, AT(0), 0, 0},
        {{"(service x) has stopped 1 running tasks: (task a)."},
         0, AT(0), 0, 0},
        {{"(service x) is unable to consistently start tasks successfully.",
          "(service x) rolling back to deployment ecs-svc/1.",
          "(service x) (deployment ecs-svc/2) deployment failed: tasks "
          "failed to start.",
          "(service x) rolling back to deployment ecs-svc/0."},
         0, AT(3), 0, AT(1)},
        {{NULL}, 0, 0, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t n = 0;
        while (n < 6 && rows[i].messages[n])
            n++;
        json_t *o = with_events(rows[i].messages, n);
        struct arena *a = arena_new();
        struct ecs_service *s = ecs_decode_service(o, 100, a);
        if (s->steady_ms != rows[i].steady ||
            s->restless_ms != rows[i].restless ||
            s->progress_ms != rows[i].progress ||
            s->rolled_back_ms != rows[i].back)
            fail_msg("row %zu (%s): steady %lld restless %lld progress %lld "
                     "back %lld", i, n ? rows[i].messages[0] : "none",
                     (long long)s->steady_ms, (long long)s->restless_ms,
                     (long long)s->progress_ms,
                     (long long)s->rolled_back_ms);
        json_decref(o);
        arena_free(a);
    }
}

static void the_scan_sees_events_behind_the_cap(void **state)
{
    const char *messages[100];
    (void)state;
    for (size_t i = 0; i < 100; i++)
        messages[i] = "(service x) is unable to place a task";
    messages[70] = "(service x) has started 1 tasks: (task a).";
    messages[80] = "(service x) rolling back to deployment ecs-svc/1.";
    messages[90] = "(service x) has reached a steady state.";
    json_t *o = with_events(messages, 100);
    struct arena *a = arena_new();
    struct ecs_service *s = ecs_decode_service(o, 3, a);
    assert_int_equal(s->n_events, 3);
    assert_true(s->events[0].created_ms == AT(0));
    assert_true(s->steady_ms == AT(90));
    assert_true(s->restless_ms == AT(89));
    assert_true(s->progress_ms == AT(70));
    assert_true(s->rolled_back_ms == AT(80));
    s = ecs_decode_service(o, 0, a);
    assert_int_equal(s->n_events, 0);
    assert_true(s->steady_ms == AT(90));
    json_decref(o);
    arena_free(a);
}

/* ---- lists and ARNs ----------------------------------------------------- */

static void lists_and_failures_take_what_is_there(void **state)
{
    (void)state;
    json_t *o = json_of("{'serviceArns':['a','b',7,null,'c\\u001b[m'],"
                        "'failures':[{'arn':'x','reason':'MISSING'},{},5]}");
    struct arena *a = arena_new();
    const char **list, *arn, *reason;
    assert_int_equal(ecs_decode_strings(o, "serviceArns", a, &list), 3);
    assert_string_equal(list[1], "b");
    assert_null(strchr(list[2], '\033'));
    assert_int_equal(ecs_decode_strings(o, "taskArns", a, &list), 0);
    assert_int_equal(ecs_failure(o, 0, &arn, &reason), 0);
    assert_string_equal(arn, "x");
    assert_string_equal(reason, "MISSING");
    assert_int_equal(ecs_failure(o, 1, &arn, &reason), 0);
    assert_string_equal(arn, "");
    assert_int_equal(ecs_failure(o, 2, &arn, &reason), 0);
    assert_int_equal(ecs_failure(o, 3, &arn, &reason), -1);
    json_decref(o);
    arena_free(a);
}

static void tails_and_revisions_are_cut_from_arns(void **state)
{
    static const struct {
        const char *arn, *tail, *revision;
    } rows[] = {
        {ARN "task-definition/web:143", "web:143", ":143"},
        {ARN "service/prod/web", "web", ""},
        {"web", "web", ""},
        {"web:12", "web:12", ""},
        {"", "", ""},
        {NULL, "", ""},
        {"a/", "", ""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_string_equal(arn_tail(rows[i].arn), rows[i].tail);
        assert_string_equal(taskdef_revision(rows[i].arn),
                            rows[i].revision);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cluster_is_read_whole),
        cmocka_unit_test(a_service_is_read_whole),
        cmocka_unit_test(a_container_keeps_its_arn),
        cmocka_unit_test(a_task_is_read_whole),
        cmocka_unit_test(a_task_definition_is_read_whole),
        cmocka_unit_test(a_standalone_task_has_no_service),
        cmocka_unit_test(a_bare_arn_is_enough),
        cmocka_unit_test(without_an_arn_there_is_no_item),
        cmocka_unit_test(values_of_the_environment_never_leave_the_decoder),
        cmocka_unit_test(times_are_epoch_seconds_whole_or_real),
        cmocka_unit_test(numbers_out_of_range_count_as_absent),
        cmocka_unit_test(the_scan_of_events_tells_times),
        cmocka_unit_test(the_scan_sees_events_behind_the_cap),
        cmocka_unit_test(lists_and_failures_take_what_is_there),
        cmocka_unit_test(tails_and_revisions_are_cut_from_arns),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
