/* Why tasks stopped: texts of AWS, precedence, groups. */
#include "backend/base/mem.h"
#include "backend/svc/health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs the four above first. */
#include <cmocka.h>

#define NOW 1795271527000LL
#define NO_EXIT -999
#define ECR "123456789012.dkr.ecr.eu-west-1.amazonaws.com/search:2024.11.9"

struct row {
    enum stop_class cls;
    bool abnormal;
    const char *verdict;
    const char *code, *reason; /* of the task */
    /* app is essential, envoy is not; exit codes or NO_EXIT */
    int app, envoy;
    const char *app_reason;
    bool standalone;
};

static const struct row rows[] = {
    /* containers */
    {STOP_EXIT, true, "app exit 1", "EssentialContainerExited",
     "Essential container in task exited", 1, 143, NULL, false},
    {STOP_EXIT, true, "app exit 0", "EssentialContainerExited",
     "Essential container in task exited", 0, 137, NULL, false},
    {STOP_EXIT, false, "app exit 0", "EssentialContainerExited",
     "Essential container in task exited", 0, NO_EXIT, NULL, true},
    {STOP_EXIT, true, "app exit 3", "EssentialContainerExited",
     "Essential container in task exited", 3, NO_EXIT, NULL, true},
    {STOP_EXIT, true, "app exit 127", "EssentialContainerExited",
     "Essential container in task exited", 127, 0, NULL, false},
    {STOP_EXIT, true, "app exit 139", "EssentialContainerExited",
     "Essential container in task exited", 139, 143, NULL, false},
    {STOP_EXIT, true, "app exit 1", "EssentialContainerExited",
     "Essential container in task exited", 1, 2, NULL, false},
    {STOP_OOM, true, "OOM app (137)", "EssentialContainerExited",
     "Essential container in task exited", 137, 143,
     "OutOfMemoryError: Container killed due to memory usage", false},
    {STOP_EXIT, true, "app exit 137", "EssentialContainerExited",
     "Essential container in task exited", 137, 143, NULL, false},
    {STOP_OOM, true, "OOM app (137)", "EssentialContainerExited",
     "OutOfMemoryError: Container killed due to memory usage", 137, 0, NULL,
     false},
    /* health checks go before the kills that follow them */
    {STOP_HEALTH, true, "failed ELB health checks",
     "ServiceSchedulerInitiated",
     "Task failed ELB health checks in (target-group arn:x)", 137, 143, NULL,
     false},
    {STOP_HEALTH, true, "failed container health checks",
     "ServiceSchedulerInitiated", "Task failed container health checks", 143,
     143, NULL, false},
    /* Spot, by code and by text */
    {STOP_SPOT, true, "Spot interruption", "SpotInterruption",
     "Your Spot Task was interrupted.", 143, 143, NULL, false},
    {STOP_SPOT, true, "Spot interruption", "TerminationNotice",
     "Your Spot Task was interrupted.", 137, NO_EXIT, NULL, false},
    {STOP_SPOT, true, "Spot interruption", NULL,
     "Your Spot Task was interrupted.", NO_EXIT, NO_EXIT, NULL, false},
    /* the host */
    {STOP_HOST, true, "host terminated", NULL,
     "Host EC2 (instance i-0abc) terminated.", 137, 137, NULL, false},
    {STOP_HOST, true, "host maintenance", "InfrastructureHealth",
     "Task stopped for Fargate maintenance", 143, NO_EXIT, NULL, false},
    {STOP_HOST, true, "host unhealthy", "InfrastructureHealth",
     "something new", NO_EXIT, NO_EXIT, NULL, false},
    {STOP_HOST, true, "instance deregistered", "UserInitiated",
     "Container instance deregistration forced by user", NO_EXIT, NO_EXIT,
     NULL, false},
    /* placement */
    {STOP_PLACEMENT, true, "no capacity", "TaskFailedToStart",
     "Capacity is unavailable at this time. Please try again later", NO_EXIT,
     NO_EXIT, NULL, false},
    {STOP_PLACEMENT, true, "no room: memory", "TaskFailedToStart",
     "TaskFailedToStart: RESOURCE:MEMORY", NO_EXIT, NO_EXIT, NULL, false},
    {STOP_PLACEMENT, true, "no instance has the attribute",
     "TaskFailedToStart", "TaskFailedToStart: ATTRIBUTE", NO_EXIT, NO_EXIT,
     NULL, false},
    {STOP_PLACEMENT, true, "no agent connected", "TaskFailedToStart",
     "TaskFailedToStart: AGENT", NO_EXIT, NO_EXIT, NULL, false},
    {STOP_PLACEMENT, true, "network interface not provided",
     "TaskFailedToStart",
     "Timeout waiting for network interface provisioning to complete.",
     NO_EXIT, NO_EXIT, NULL, false},
    /* images */
    {STOP_PULL, true, "image not found: app", "TaskFailedToStart",
     "CannotPullContainerError: pull image manifest has been retried 1 "
     "time(s): failed to resolve ref " ECR ": " ECR ": not found",
     NO_EXIT, NO_EXIT, NULL, false},
    {STOP_PULL, true, "image not found: app", "TaskFailedToStart",
     "CannotPullContainerError: manifest unknown", NO_EXIT, NO_EXIT, NULL,
     false},
    {STOP_PULL, true, "image pull denied: app", "TaskFailedToStart",
     "CannotPullContainerError: pull access denied for x", NO_EXIT, NO_EXIT,
     NULL, false},
    {STOP_PULL, true, "image pull denied: app", "TaskFailedToStart",
     "CannotPullContainerError: ref pull has been retried 1 time(s): failed "
     "to copy: httpReadSeeker: failed open: unexpected status code "
     "https://x: 403 Forbidden", NO_EXIT, NO_EXIT, NULL, false},
    {STOP_PULL, true, "image pull denied: app", "TaskFailedToStart",
     "CannotPullECRContainerError: AccessDeniedException: User: x is not "
     "authorized to perform: ecr:GetAuthorizationToken", NO_EXIT, NO_EXIT,
     NULL, false},
    /* digits of an account or a digest are no status code */
    {STOP_PULL, true, "registry not reachable: app", "TaskFailedToStart",
     "CannotPullContainerError: 403940312345.dkr.ecr.eu-west-1.amazonaws.com/"
     "a@sha256:a403f: dial tcp 52.0.0.1:443: i/o timeout", NO_EXIT, NO_EXIT,
     NULL, false},
    {STOP_PULL, true, "image pull rate limit: app", "TaskFailedToStart",
     "CannotPullContainerError: toomanyrequests: You have reached your pull "
     "rate limit.", NO_EXIT, NO_EXIT, NULL, false},
    {STOP_PULL, true, "registry not reachable: app", "TaskFailedToStart",
     "CannotPullContainerError: dial tcp 52.0.0.1:443: i/o timeout", NO_EXIT,
     NO_EXIT, NULL, false},
    {STOP_PULL, true, "image is for another CPU: app", "TaskFailedToStart",
     "CannotPullContainerError: image Manifest does not contain descriptor "
     "matching platform 'linux/amd64'", NO_EXIT, NO_EXIT, NULL, false},
    {STOP_PULL, true, "disk full at image pull: app", "TaskFailedToStart",
     "CannotPullContainerError: write: no space left on device", NO_EXIT,
     NO_EXIT, NULL, false},
    /* initialisation */
    {STOP_INIT, true, "secrets or registry login refused",
     "TaskFailedToStart", "ResourceInitializationError: unable to pull "
     "secrets or registry auth: execution resource retrieval failed",
     NO_EXIT, NO_EXIT, NULL, false},
    {STOP_INIT, true, "secrets or registry not reachable",
     "TaskFailedToStart", "ResourceInitializationError: unable to pull "
     "secrets or registry auth: There is a connection issue between the task "
     "and AWS Secrets Manager. RequestError: send request failed: Post "
     "\"https://secretsmanager.eu-west-1.amazonaws.com/\": dial tcp: i/o "
     "timeout", NO_EXIT, NO_EXIT, NULL, false},
    {STOP_INIT, true, "log group does not exist", "TaskFailedToStart",
     "ResourceInitializationError: failed to validate logger args: The "
     "specified log group does not exist.", NO_EXIT, NO_EXIT, NULL, false},
    {STOP_INIT, true, "EFS mount failed", "TaskFailedToStart",
     "ResourceInitializationError: failed to invoke EFS utils commands",
     NO_EXIT, NO_EXIT, NULL, false},
    {STOP_START, true, "container cannot start: app", "TaskFailedToStart",
     "Task failed to start", NO_EXIT, NO_EXIT,
     "CannotStartContainerError: exec: \"run\": not in $PATH", false},
    /* normal ones are set aside */
    {STOP_NORMAL, false, "scaled in or replaced by a deployment",
     "ServiceSchedulerInitiated",
     "Scaling activity initiated by (deployment ecs-svc/1)", 143, 137, NULL,
     false},
    {STOP_NORMAL, false, "stopped by a user", "UserInitiated", "drain it",
     143, 143, NULL, false},
    {STOP_NORMAL, false, "stopped by a user", "UserInitiated",
     "host maintenance tonight, RESOURCE:CPU", 143, 143, NULL, false},
    {STOP_NORMAL, false, "stopped by a user", "UserInitiated",
     "Task failed ELB health checks, says Bob", 1, 143, NULL, false},
    /* what the scheduler stopped ends with a code, which is no cause */
    {STOP_NORMAL, false, "stopped by the service scheduler",
     "ServiceSchedulerInitiated", "The service is being replaced", 143, 137,
     NULL, false},
    {STOP_OTHER, true, "Task failed the checks of 2027",
     "ServiceSchedulerInitiated", "Task failed the checks of 2027", 143, 137,
     NULL, false},
    {STOP_NORMAL, false, "stopped by the service scheduler",
     "ServiceSchedulerInitiated", "something else", NO_EXIT, NO_EXIT, NULL,
     false},
    /* what nobody has seen yet is shown as it is */
    {STOP_OTHER, true, "A new reason of 2027", "NewCode",
     "A new reason of 2027", NO_EXIT, NO_EXIT, NULL, false},
    {STOP_OTHER, true, "NewCode", "NewCode", NULL, NO_EXIT, NO_EXIT, NULL,
     false},
};

static const struct ecs_container_def defs[] = {
    {.name = "envoy", .essential = false},
    {.name = "app", .essential = true}};
static const struct ecs_taskdef td = {.containers = defs, .n_containers = 2};

static void causes_are_those_of_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *r = &rows[i];
        struct arena *a = arena_new();
        /* The sidecar stands first: order alone must not decide. */
        const struct ecs_container c[] = {
            {.name = "envoy", .has_exit = r->envoy != NO_EXIT,
             .exit_code = r->envoy},
            {.name = "app", .has_exit = r->app != NO_EXIT,
             .exit_code = r->app, .reason = r->app_reason}};
        struct ecs_task t = {.arn = "arn", .id = "id",
                             .stop_code = r->code,
                             .stopped_reason = r->reason,
                             .service = r->standalone ? NULL : "web",
                             .containers = c, .n_containers = 2};
        struct stop_cause out;
        stop_cause_of(&t, &td, a, &out);
        if (strcmp(out.verdict, r->verdict) || out.cls != r->cls ||
            out.abnormal != r->abnormal)
            fail_msg("row %zu (%s): %s, class %d, abnormal %d", i,
                     r->reason ? r->reason : "", out.verdict, out.cls,
                     out.abnormal);
        arena_free(a);
    }
}

static void the_image_that_fails_is_named_with_its_container(void **state)
{
    const struct ecs_container c[] = {
        {.name = "envoy", .image = "proxy:1"},
        {.name = "app", .image = ECR}};
    const struct ecs_task t = {
        .arn = "arn", .service = "web", .containers = c, .n_containers = 2,
        .stop_code = "TaskFailedToStart",
        .stopped_reason = "CannotPullContainerError: failed to resolve ref "
                          ECR ": not found"};
    struct ecs_task u = t;
    struct arena *a = arena_new();
    struct stop_cause out;
    (void)state;
    stop_cause_of(&t, NULL, a, &out);
    assert_string_equal(out.verdict, "image not found: app");
    assert_string_equal(out.container, "app");
    /* Where no image is named, the essential one is the likely one. */
    u.stopped_reason = "CannotPullContainerError: manifest unknown";
    stop_cause_of(&u, &td, a, &out);
    assert_string_equal(out.verdict, "image not found: app");
    arena_free(a);
}

static void without_a_definition_all_are_essential(void **state)
{
    const struct ecs_container c = {.name = "x", .has_exit = true,
                                    .exit_code = 7};
    const struct ecs_task t = {.arn = "arn", .service = "web",
                               .containers = &c, .n_containers = 1,
                               .stop_code = "EssentialContainerExited"};
    struct arena *a = arena_new();
    struct stop_cause out;
    (void)state;
    stop_cause_of(&t, NULL, a, &out);
    assert_string_equal(out.verdict, "x exit 7");
    assert_int_equal(out.exit_code, 7);
    arena_free(a);
}

static void groups_count_and_the_newest_comes_first(void **state)
{
    const struct ecs_task t[] = {
        {.arn = "a1", .stopped_ms = NOW - 60000},
        {.arn = "a2", .stopped_ms = NOW - 5000},
        {.arn = "a3", .stopped_ms = NOW - 700000},
        {.arn = "a4", .stopped_ms = NOW - 1000}};
    const struct stop_cause c[] = {
        {.abnormal = true, .verdict = "app exit 1", .text = "one"},
        {.abnormal = true, .verdict = "app exit 1", .text = "two"},
        {.abnormal = true, .verdict = "OOM app (137)", .text = "oom"},
        {.abnormal = false, .verdict = "scaled in"}};
    const struct ecs_task *p[] = {&t[0], &t[1], &t[2], &t[3]};
    struct stop_summary s;
    struct arena *a = arena_new();
    (void)state;
    stop_summarise(p, c, 4, NOW, a, &s);
    assert_int_equal(s.n_groups, 2);
    assert_string_equal(s.groups[0].verdict, "app exit 1");
    assert_int_equal(s.groups[0].count, 2);
    assert_string_equal(s.groups[0].text, "two");
    assert_string_equal(s.groups[0].task_arn, "a2");
    assert_int_equal(s.groups[1].count, 1);
    assert_int_equal(s.abnormal_10m, 2);
    assert_int_equal(s.normal, 1);
    stop_summarise(NULL, NULL, 0, NOW, a, &s);
    assert_int_equal(s.n_groups, 0);
    arena_free(a);
}

static void the_decisive_tail_survives_at_80_columns(void **state)
{
    struct arena *a = arena_new();
    (void)state;
    setlocale(LC_CTYPE, "C.UTF-8");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].cls != STOP_PULL || !strstr(rows[i].reason, "not found"))
            continue;
        const char *fit = reason_fit(rows[i].reason, 68, a);
        assert_true(strlen(fit) <= 68);
        assert_true(strstr(fit, "not found"));
        assert_true(strstr(fit, "CannotPull"));
    }
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(causes_are_those_of_the_table),
        cmocka_unit_test(the_image_that_fails_is_named_with_its_container),
        cmocka_unit_test(without_a_definition_all_are_essential),
        cmocka_unit_test(groups_count_and_the_newest_comes_first),
        cmocka_unit_test(the_decisive_tail_survives_at_80_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
