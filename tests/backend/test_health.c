/* The state of a service: every word and its edges. */
#include "backend/base/mem.h"
#include "backend/svc/health.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs the four above first. */
#include <cmocka.h>

#define NOW 1795271527000LL
#define MIN 60000LL
#define HOUR (60 * MIN)
#define DAY (24 * HOUR)
#define TD "arn:aws:ecs:eu-west-1:1:task-definition/web:"

struct row {
    const char *name;
    enum svc_state want;
    const char *deployment; /* NULL = any */
    const char *why;        /* found in why; NULL = any */
    int desired, running;
    const char *status;     /* NULL = ACTIVE */
    const char *controller; /* NULL = ECS */
    /* the primary: rollout NULL = absent; "-" = no deployments at all */
    const char *rollout, *reason;
    int p_running, p_failed;
    int64_t age, updated;   /* ms ago */
    /* an older deployment: NULL = none */
    const char *old_rollout;
    /* events, ms ago; 0 = none */
    int64_t steady, restless, progress, rolled_back;
    int abnormal; /* in ten minutes; -1 = not known */
    bool acked;
    int new_sets; /* task sets beside the primary one */
    int64_t set_age; /* ms ago, of that */
    int min_healthy; /* percent; 0 = absent */
    bool one_revision; /* the older deployment is of the same definition */
    const char *event;
};

#define STEADY .rollout = "COMPLETED", .age = 3 * DAY
#define ROLLING .rollout = "IN_PROGRESS", .old_rollout = "COMPLETED"

static const struct row rows[] = {
    {"all run", SVC_OK, ":143 steady", "", 4, 4, STEADY, .p_running = 4},
    {"nothing wanted", SVC_OFF, ":143 steady", "", 0, 0, STEADY},
    {"scaled to zero, the last one is going", SVC_OK, NULL, NULL, 0, 1,
     STEADY},
    {"nothing runs", SVC_DOWN, NULL, "0 of 4 running", 4, 0, STEADY},
    {"nothing runs in a roll-out", SVC_DOWN, NULL, NULL, 4, 0, ROLLING,
     .age = MIN},
    {"nothing runs and it failed", SVC_DOWN, NULL, NULL, 4, 0,
     .rollout = "FAILED"},
    {"down with a cause", SVC_DOWN, NULL, "app exit 1 x3", 4, 0, STEADY,
     .abnormal = 3},
    {"the roll-out failed", SVC_FAILED, ":142>:143 FAILED",
     "tasks failed to start", 4, 4, .rollout = "FAILED",
     .reason = "ECS deployment circuit breaker: tasks failed to start.",
     .old_rollout = "COMPLETED", .age = 6 * MIN},
    {"failed and crashing", SVC_FAILED, NULL, NULL, 4, 4, .rollout = "FAILED",
     .abnormal = 9, .old_rollout = "COMPLETED"},
    {"the failed one is being rolled back", SVC_FAILED, NULL, "rolling back",
     4, 4, .rollout = "IN_PROGRESS", .old_rollout = "FAILED", .age = MIN,
     .reason = "ECS deployment circuit breaker: rolling back to deploymentId "
               "ecs-svc/1."},
    {"a fix rolls out beside the failed one", SVC_ROLL, NULL, "of 4 new", 4,
     4, .rollout = "IN_PROGRESS", .old_rollout = "FAILED", .age = MIN},
    {"rollout state absent is no failure", SVC_OK, NULL, NULL, 4, 4,
     .rollout = NULL, .age = DAY, .p_running = 4},
    {"rollout state absent with an old one rolls", SVC_ROLL, NULL, NULL, 4, 4,
     .rollout = NULL, .old_rollout = "", .age = MIN},
    {"a loop while running equals desired", SVC_CRASH, NULL,
     "app exit 1 x2; 2 in 10 min", 4, 4, STEADY, .abnormal = 2},
    {"one abnormal stop is no loop", SVC_OK, NULL, NULL, 4, 4, STEADY,
     .abnormal = 1},
    {"stops not known yet", SVC_OK, NULL, NULL, 4, 4, STEADY, .abnormal = -1},
    {"a loop before a shortage", SVC_CRASH, NULL, NULL, 4, 3, STEADY,
     .abnormal = 4},
    {"a loop in a roll-out", SVC_CRASH, NULL, NULL, 4, 4, ROLLING,
     .age = MIN, .abnormal = 2},
    {"short for three minutes", SVC_SHORT, NULL, "2 of 4 running for 3m", 4,
     2, STEADY, .steady = HOUR, .restless = 3 * MIN},
    {"short for one minute", SVC_ROLL, NULL, "2 of 4 running", 4, 2, STEADY,
     .steady = HOUR, .restless = MIN},
    {"short for exactly two minutes", SVC_SHORT, NULL, NULL, 4, 2, STEADY,
     .restless = 2 * MIN},
    {"short, nobody knows since when", SVC_SHORT, NULL, NULL, 4, 2,
     .rollout = "COMPLETED"},
    {"just scaled up", SVC_ROLL, NULL, NULL, 6, 4, STEADY, .steady = HOUR,
     .updated = 5000},
    {"short in a fresh roll-out", SVC_ROLL, NULL, NULL, 4, 3, ROLLING,
     .age = MIN},
    {"short in a roll-out for five minutes", SVC_SHORT, NULL, NULL, 4, 3,
     ROLLING, .age = 5 * MIN, .restless = 5 * MIN},
    {"as low as the roll-out may go", SVC_ROLL, NULL, NULL, 4, 2, ROLLING,
     .age = 5 * MIN, .restless = 5 * MIN, .min_healthy = 50},
    {"lower than the roll-out may go", SVC_SHORT, NULL, "1 of 4", 4, 1,
     ROLLING, .age = 5 * MIN, .restless = 5 * MIN, .min_healthy = 50},
    {"odd numbers are rounded up", SVC_SHORT, NULL, NULL, 5, 2, ROLLING,
     .age = 5 * MIN, .restless = 5 * MIN, .min_healthy = 50},
    {"low in a roll-out that fails", SVC_SHORT, NULL, NULL, 4, 3, ROLLING,
     .age = 5 * MIN, .restless = 5 * MIN, .min_healthy = 50, .p_failed = 2},
    {"low in a roll-out that stands still", SVC_SHORT, NULL, NULL, 4, 3,
     ROLLING, .age = 25 * MIN, .restless = 25 * MIN, .min_healthy = 50},
    {"low without a roll-out", SVC_SHORT, NULL, NULL, 4, 3, STEADY,
     .restless = 5 * MIN, .min_healthy = 50},
    {"short tells the trouble, first and whole", SVC_SHORT, NULL,
     "was unable to place a task because no container instance met all of its "
     "requirements; 2 of 3 running for 9m", 3, 2, STEADY, .restless = 9 * MIN,
     .event = "(service web) was unable to place a task because no container "
              "instance met all of its requirements."},
    {"no progress for 25 minutes", SVC_STALLED, ":142>:143 0/4",
     "no progress for 25m", 4, 4, ROLLING, .age = 25 * MIN},
    {"nine minutes are no stall", SVC_ROLL, NULL, NULL, 4, 4, ROLLING,
     .age = 9 * MIN},
    {"ten minutes are", SVC_STALLED, NULL, NULL, 4, 4, ROLLING,
     .age = 10 * MIN},
    {"a large roll-out that gets on", SVC_ROLL, NULL, NULL, 40, 40, ROLLING,
     .age = 25 * MIN, .progress = 2 * MIN},
    {"with failures a start is no progress", SVC_STALLED, NULL, NULL, 4, 4,
     ROLLING, .age = 25 * MIN, .progress = MIN, .p_failed = 7},
    {"rolled back an hour ago", SVC_ROLLEDBACK, NULL, "rolled back 1h ago", 4,
     4, .rollout = "COMPLETED", .age = HOUR, .p_running = 4,
     .reason = "ECS deployment circuit breaker: rolling back to deploymentId "
               "ecs-svc/1."},
    {"rolled back, told by the events", SVC_ROLLEDBACK, NULL, NULL, 4, 4,
     .rollout = "COMPLETED", .age = HOUR, .rolled_back = HOUR,
     .reason = "ECS deployment ecs-svc/1 completed."},
    {"rolled back two days ago", SVC_OK, NULL, NULL, 4, 4,
     .rollout = "COMPLETED", .age = 2 * DAY,
     .reason = "ECS deployment circuit breaker: rolling back to x."},
    {"a deployment after the roll-back", SVC_OK, NULL, NULL, 4, 4,
     .rollout = "COMPLETED", .age = HOUR, .rolled_back = 5 * HOUR,
     .reason = "ECS deployment ecs-svc/9 completed."},
    {"rolled back to one of last week", SVC_ROLLEDBACK, NULL,
     "rolled back 1h ago", 4, 4, .rollout = "COMPLETED", .age = 7 * DAY,
     .rolled_back = HOUR},
    {"acknowledged", SVC_OK, NULL, NULL, 4, 4, .rollout = "COMPLETED",
     .age = HOUR, .acked = true,
     .reason = "ECS deployment circuit breaker: rolling back to x."},
    {"rolling", SVC_ROLL, ":142>:143 1/4", "1 of 4 new running", 4, 4,
     ROLLING, .age = MIN, .p_running = 1},
    {"rolling with failures", SVC_ROLL, NULL, "2 failed", 4, 4, ROLLING,
     .age = MIN, .p_running = 1, .p_failed = 2},
    {"being deleted", SVC_ROLL, NULL, "draining", 4, 4, STEADY,
     .status = "DRAINING"},
    {"being deleted with few left", SVC_ROLL, NULL, "draining", 4, 1, STEADY,
     .status = "DRAINING", .restless = 5 * MIN},
    {"being deleted with none left", SVC_OFF, NULL, "", 4, 0, STEADY,
     .status = "DRAINING"},
    {"deleted", SVC_OFF, NULL, NULL, 4, 0, STEADY, .status = "INACTIVE"},
    {"CODE_DEPLOY without deployments", SVC_OK, NULL, NULL, 4, 4,
     .controller = "CODE_DEPLOY", .rollout = "-"},
    {"CODE_DEPLOY shifting", SVC_ROLL, ":142>:143 1/4", NULL, 4, 4,
     .controller = "CODE_DEPLOY", .rollout = "-", .new_sets = 1,
     .set_age = MIN},
    {"CODE_DEPLOY that stands still", SVC_STALLED, NULL, "for 25m", 4, 4,
     .controller = "CODE_DEPLOY", .rollout = "-", .new_sets = 1,
     .set_age = 25 * MIN},
    {"CODE_DEPLOY that gets on", SVC_ROLL, NULL, NULL, 4, 4,
     .controller = "CODE_DEPLOY", .rollout = "-", .new_sets = 1,
     .set_age = 25 * MIN, .progress = MIN},
    {"CODE_DEPLOY has shifted, the old set waits", SVC_OK, NULL, "", 4, 4,
     .controller = "CODE_DEPLOY", .rollout = "-", .new_sets = 1,
     .set_age = 2 * DAY},
    {"rolled back to what it is of", SVC_FAILED, ":143 back 1/4", NULL, 4, 4,
     .rollout = "IN_PROGRESS", .old_rollout = "FAILED", .age = MIN,
     .p_running = 1, .one_revision = true,
     .reason = "ECS deployment circuit breaker: rolling back to x."},
    {"restarted", SVC_ROLL, ":143 anew 1/4", NULL, 4, 4, ROLLING, .age = MIN,
     .p_running = 1, .one_revision = true},
    {"CODE_DEPLOY down", SVC_DOWN, NULL, NULL, 4, 0,
     .controller = "CODE_DEPLOY", .rollout = "-"},
};

static int64_t ago(int64_t ms)
{
    return ms ? NOW - ms : 0;
}

static void check(const struct row *r)
{
    struct arena *a = arena_new();
    struct ecs_deployment d[2] = {
        {.id = "ecs-svc/2", .status = "PRIMARY", .task_definition = TD "143",
         .rollout_state = r->rollout, .rollout_reason = r->reason,
         .desired = r->desired, .running = r->p_running,
         .failed = r->p_failed, .created_ms = ago(r->age),
         .updated_ms = ago(r->updated)},
        {.id = "ecs-svc/1", .status = "ACTIVE",
         .task_definition = r->one_revision ? TD "143" : TD "142",
         .rollout_state = r->old_rollout && *r->old_rollout ? r->old_rollout
                                                            : NULL,
         .desired = 4, .running = 4, .created_ms = NOW - 30 * DAY}};
    struct ecs_task_set sets[2] = {
        {.status = "PRIMARY", .task_definition = TD "142",
         .created_ms = NOW - DAY},
        {.status = "ACTIVE", .task_definition = TD "143", .desired = 4,
         .running = 1, .created_ms = ago(r->set_age)}};
    struct ecs_event e = {.message = r->event, .created_ms = NOW - 1000};
    struct ecs_service s = {
        .arn = "arn", .name = "web", .desired = r->desired,
        .running = r->running, .task_definition = TD "143",
        .status = r->status ? r->status : "ACTIVE",
        .controller = r->controller ? r->controller : "ECS",
        .deployments = d, .n_deployments = r->old_rollout ? 2 : 1,
        .min_healthy_percent = r->min_healthy ? r->min_healthy : -1,
        .events = &e, .n_events = r->event ? 1 : 0,
        .steady_ms = ago(r->steady), .restless_ms = ago(r->restless),
        .progress_ms = ago(r->progress),
        .rolled_back_ms = ago(r->rolled_back)};
    if (r->rollout && strcmp(r->rollout, "-") == 0) {
        s.n_deployments = 0;
        s.task_sets = sets;
        s.n_task_sets = 1 + (size_t)r->new_sets;
    }
    struct stop_group g = {.verdict = "app exit 1", .count = r->abnormal,
                           .last_ms = NOW - MIN};
    struct stop_summary stops = {.groups = &g,
                                 .n_groups = r->abnormal > 0,
                                 .abnormal_10m = r->abnormal};
    struct svc_health h;
    svc_health_of(&s, r->abnormal < 0 ? NULL : &stops, r->acked, NOW, a, &h);
    if (h.state != r->want)
        fail_msg("%s: is %s, not %s", r->name, svc_state_name(h.state),
                 svc_state_name(r->want));
    if (r->deployment && strcmp(h.deployment, r->deployment) != 0)
        fail_msg("%s: deployment is %s", r->name, h.deployment);
    if (r->why && (*r->why ? !strstr(h.why, r->why) : *h.why != '\0'))
        fail_msg("%s: why is %s", r->name, h.why);
    assert_int_equal(h.failed, s.n_deployments ? r->p_failed : 0);
    arena_free(a);
}

static void states_are_those_of_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check(&rows[i]);
}

static void every_state_is_reached_and_has_words(void **state)
{
    bool seen[SVC_STATE_N] = {false};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        seen[rows[i].want] = true;
    for (int i = 0; i < SVC_STATE_N; i++) {
        assert_true(seen[i]);
        assert_true(strlen(svc_state_name((enum svc_state)i)) > 1);
        assert_true(strlen(svc_state_help((enum svc_state)i)) > 10);
    }
    assert_string_equal(svc_state_name(SVC_OK), "ok");
}

#define UNPLACED "(service web) was unable to place a task because no " \
    "container instance met all of its requirements. "
#define NEAREST "The closest matching (container-instance " \
    "3e0a6d39-21a5-4f6c-9d3e-0b63c80a2256) "
#define GUIDE " For more information, see the Troubleshooting section of " \
    "the Amazon ECS Developer Guide."

static void events_say_what_is_decisive(void **state)
{
    static const struct {
        const char *message, *text, *cause;
    } all[] = {
        {UNPLACED NEAREST "has insufficient memory available." GUIDE,
         "was unable to place a task because no container instance met all "
         "of its requirements. The closest matching (container-instance "
         "3e0a6d39) has insufficient memory available.",
         "insufficient memory"},
        {UNPLACED NEAREST "has insufficient CPU units available." GUIDE, NULL,
         "insufficient CPU"},
        {UNPLACED NEAREST "is already using a port required by your task."
         GUIDE, NULL, "port taken"},
        {UNPLACED NEAREST "is missing an attribute required by your task."
         GUIDE, NULL, "missing attribute"},
        {UNPLACED "Reason: No Container Instances were found in your "
         "cluster." GUIDE, NULL, "no container instances"},
        {"(service web) was unable to place a task. Reason: The moon is "
         "full." GUIDE, NULL, "The moon is full"},
        {"(service web) was unable to place a task.",
         "was unable to place a task.", NULL},
        {"(service web) has started 1 tasks: (task "
         "e74a05b6f0e04e63b63c80a225660bc0).",
         "has started 1 tasks: (task e74a05b6).", NULL},
        {"(service web) (deployment ecs-svc/1234567890123456789) deployment "
         "completed.", "(deployment ecs-svc/1234567890123456789) deployment "
         "completed.", NULL},
        {"no service and no id: 1e74a05b6f0e04e63b63c80a225660bc0", NULL,
         NULL},
        {GUIDE, NULL, NULL},
        {"", "", NULL},
        {NULL, "", NULL},
    };
    struct arena *a = arena_new();
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        const char *text = event_text(all[i].message, a);
        const char *cause = event_cause(all[i].message, a);
        if (all[i].text)
            assert_string_equal(text, all[i].text);
        assert_int_equal(cause != NULL, all[i].cause != NULL);
        if (cause)
            assert_string_equal(cause, all[i].cause);
    }
    arena_free(a);
}

static void events_that_speak_of_trouble(void **state)
{
    static const char *const bad[] = {
        "(service a) was unable to place a task", "is unhealthy in",
        "deployment failed: tasks failed to start",
        "operations are being throttled", "rolling back to deployment x"};
    static const char *const good[] = {
        "has reached a steady state.", "has started 2 tasks", "", NULL,
        "registered 1 targets", "deployment completed."};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_true(event_is_trouble(bad[i]));
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_false(event_is_trouble(good[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_are_those_of_the_table),
        cmocka_unit_test(every_state_is_reached_and_has_words),
        cmocka_unit_test(events_say_what_is_decisive),
        cmocka_unit_test(events_that_speak_of_trouble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
