/* The rules behind the world's troubles: what fails, what is forgiven, what
 * waits, what is said about it, and what comes from outside. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "backend/base/mem.h"
#include "tests/backend/world_bed.h"

static void pass(struct sim_world *w, int64_t ms)
{
    world_advance(w, w->now_ms + ms);
}

static bool said(const struct sim_service *s, const char *text,
                 int64_t since_ms)
{
    for (size_t i = 0; i < s->n_events; i++)
        if (s->events[i].created_ms >= since_ms &&
            strstr(s->events[i].message, text))
            return true;
    return false;
}

/* Stopped since then, with this in the reason of the task or of its first
 * container. */
static int stops(const struct sim_service *s, const char *text,
                 int64_t since_ms)
{
    int n = 0;
    for (size_t i = 0; i < s->n_tasks; i++)
        n += s->tasks[i]->stopping_ms > since_ms &&
             (strstr(s->tasks[i]->stopped_reason, text) ||
              strstr(s->tasks[i]->containers[0].reason, text));
    return n;
}

static int live_of(const struct sim_service *s, const struct sim_taskdef *d)
{
    int n = 0;
    for (size_t i = 0; i < s->n_tasks; i++)
        n += task_live(s->tasks[i]) && s->tasks[i]->def == d;
    return n;
}

static const char *rollout(const struct sim_service *s)
{
    return s->deployments[0]->rollout;
}

/* ---- the scenario ------------------------------------------------------ */

static void assert_troubles(struct sim_world *w)
{
    int64_t ten = w->now_ms - 10 * MINUTE;
    struct sim_service *s = find(w, "prod-main", "payments-api");
    assert_string_equal(rollout(s), "IN_PROGRESS");
    assert_in_range(s->deployments[0]->failed, 2, 7);
    assert_int_equal(s->deployments[0]->def->revision, 143);
    assert_int_equal(s->deployments[1]->def->revision, 142);
    s = find(w, "prod-main", "checkout-web");
    assert_string_equal(rollout(s), "IN_PROGRESS");
    assert_int_equal(s->deployments[0]->failed, 0);
    s = find(w, "prod-main", "mail-worker");
    assert_int_equal(service_running(s), 2);
    assert_int_equal(s->desired, 3);
    assert_true(said(s, "was unable to place a task because no container "
                        "instance met all of its requirements", ten));
    s = find(w, "prod-main", "thumbnailer");
    assert_true(service_running(s) >= s->desired - 1);
    assert_true(stops(s, "OutOfMemoryError: Container killed", ten) >= 2);
    s = find(w, "prod-main", "search-indexer");
    assert_string_equal(rollout(s), "IN_PROGRESS");
    assert_true(stops(s, "not found", 0) > 5);
    assert_true(stops(s, "not found", ten) < 2); /* stalled, not crashing */
    s = find(w, "prod-main", "recommendations");
    assert_string_equal(rollout(s), "COMPLETED");
    assert_non_null(strstr(s->deployments[0]->reason, "rolling back"));
    assert_true(stops(s, "Task failed ELB health checks in (target-group arn",
                      0) >= 3);
    s = find(w, "prod-main", "feed-ranker");
    assert_true(stops(s, "Your Spot Task was interrupted.", 0) >= 1);
    assert_int_equal(service_running(s), s->desired);
    s = find(w, "staging", "payments-api");
    assert_int_equal(service_running(s), 0);
    assert_int_equal(s->desired, 1);
    assert_int_equal(find(w, "prod-main", "legacy-reports")->desired, 0);
    assert_int_equal(world_cluster(w, "prod-main")->n_services, 42);
}

static void the_default_start_shows_every_kind_of_trouble(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct sim_world *w = make("default", NULL, seed);
        assert_troubles(w);
        pass(w, 10000); /* and ten seconds later */
        assert_troubles(w);
        world_free(w);
    }
}

static void a_quiet_world_stays_quiet_for_hours(void **state)
{
    struct sim_world *w = make("quiet", NULL, 1);
    struct sim_cluster *c = w->clusters[0];
    (void)state;
    pass(w, 360 * MINUTE);
    for (size_t i = 0; i < c->n_services; i++) {
        struct sim_service *s = c->services[i];
        assert_int_equal(service_running(s), s->desired);
        assert_int_equal(s->n_tasks, (size_t)s->desired);
        assert_string_equal(rollout(s), "COMPLETED");
    }
    world_free(w);
}

/* ---- failures ---------------------------------------------------------- */

static void a_healthy_task_resets_the_failures(void **state)
{
    struct sim_world *w = make("default", NULL, 1);
    struct sim_service *s = find(w, "prod-main", "payments-api");
    struct sim_deployment *d = s->deployments[0];
    int most = d->failed;
    (void)state;
    assert_true(most >= 2);
    d->def->fate = FATE_HEALTHY; /* the database is back */
    for (int i = 0; i < 600 && d->failed; i++) {
        pass(w, 1000);
        most = d->failed > most ? d->failed : most;
    }
    assert_int_equal(d->failed, 0);
    assert_true(most < breaker_threshold(s->desired));
    assert_string_equal(d->rollout, "IN_PROGRESS");
    pass(w, 30 * MINUTE);
    assert_string_equal(d->rollout, "COMPLETED");
    assert_int_equal(s->n_deployments, 1);
    world_free(w);
}

static void failures_count_up_one_by_one_before_the_breaker(void **state)
{
    struct sim_world *w = make("default", NULL, 1);
    struct sim_service *s = find(w, "prod-main", "payments-api");
    struct sim_deployment *d = s->deployments[0];
    int last = d->failed, steps = 0;
    (void)state;
    for (int i = 0; i < 900 && strcmp(d->rollout, "FAILED"); i++) {
        pass(w, 1000);
        assert_in_range(d->failed, last, last + 1);
        assert_true(live_of(s, s->deployments[1]->def) + live_of(s, d->def) <=
                    s->desired * s->max_percent / 100);
        steps += d->failed - last;
        last = d->failed;
    }
    assert_true(steps >= 3); /* there is something to watch */
    assert_int_equal(last, breaker_threshold(s->desired));
    assert_true(w->now_ms - START > 2 * MINUTE);
    assert_int_equal(service_running(s), s->desired); /* the old serve on */
    world_free(w);
}

static void after_a_failed_rollout_the_old_revision_is_kept_up(void **state)
{
    struct sim_world *w = make("default", NULL, 1);
    struct sim_service *s = find(w, "prod-main", "payments-api");
    struct sim_taskdef *old = s->deployments[1]->def;
    (void)state;
    pass(w, 15 * MINUTE);
    assert_string_equal(rollout(s), "FAILED");
    assert_int_equal(live_of(s, old), s->desired);
    for (size_t i = 0, n = 0; i < s->n_tasks && n < 3; i++)
        if (task_live(s->tasks[i])) {
            world_stop_task(w, s, s->tasks[i], "test");
            n++;
        }
    assert_int_equal(live_of(s, old), s->desired - 3);
    pass(w, 2 * MINUTE);
    assert_int_equal(live_of(s, old), s->desired);
    world_update_service(w, s, 5, NULL, false);
    pass(w, MINUTE);
    assert_int_equal(live_of(s, old), 5);
    assert_int_equal(service_running(s), 5);
    world_free(w);
}

static void a_person_can_roll_back_a_failing_service(void **state)
{
    struct sim_world *w = make("default", NULL, 1);
    struct sim_service *s = find(w, "prod-main", "payments-api");
    struct sim_taskdef *old = s->deployments[1]->def;
    (void)state;
    world_update_service(w, s, -1, old, false);
    assert_ptr_equal(s->def, old);
    pass(w, 40 * MINUTE);
    assert_string_equal(rollout(s), "COMPLETED");
    assert_int_equal(s->n_deployments, 1);
    assert_int_equal(live_of(s, old), s->desired);
    assert_null(strstr(s->deployments[0]->reason, "circuit breaker"));
    world_free(w);
}

static void tasks_that_never_start_are_tried_ever_more_seldom(void **state)
{
    struct sim_world *w = make("default", NULL, 1);
    struct sim_service *s = find(w, "prod-main", "search-indexer");
    (void)state;
    pass(w, 60 * MINUTE);
    int n = stops(s, "CannotPullContainerError", w->now_ms - 60 * MINUTE);
    assert_in_range(n, 4, 7); /* each ten minutes */
    assert_true(said(s, "is unable to consistently start tasks successfully",
                     0));
    assert_int_equal(service_running(s), s->desired); /* of the old one */
    world_free(w);
}

static void a_secret_that_is_refused_leaves_no_pull_and_no_start(void **state)
{
    struct sim_world *w = make("default", NULL, 1);
    struct sim_service *s = find(w, "prod-batch", "etl-refunds");
    const struct sim_task *t;
    int n = 0;
    (void)state;
    for (size_t i = 0; (t = next_stopped(s, &i)); n++) {
        assert_string_equal(t->stop_code, "TaskFailedToStart");
        assert_int_equal(strncmp(t->stopped_reason,
                                 "ResourceInitializationError: ", 29), 0);
        assert_non_null(strstr(t->stopped_reason, "AccessDenied"));
        assert_true(!t->pull_started_ms && !t->started_ms);
        assert_false(t->containers[0].has_exit);
    }
    assert_true(n > 3);
    world_free(w);
}

static void a_sidecar_is_killed_when_the_app_dies(void **state)
{
    struct sim_world *w = make("default", NULL, 1);
    struct sim_service *s = find(w, "prod-main", "payments-api");
    const struct sim_task *t;
    int n = 0;
    (void)state;
    for (size_t i = 0; (t = next_stopped(s, &i)); n++) {
        assert_string_equal(t->stop_code, "EssentialContainerExited");
        assert_string_equal(t->stopped_reason,
                            "Essential container in task exited");
        assert_int_equal(t->containers[0].exit_code, 1);
        assert_true(t->def->containers[0].essential);
        assert_false(t->def->containers[1].essential);
        assert_true(t->containers[1].has_exit);
        assert_true(t->containers[1].exit_code == 143 ||
                    t->containers[1].exit_code == 137);
    }
    assert_true(n >= 2);
    world_free(w);
}

static void oom_kills_go_on_while_running_equals_desired(void **state)
{
    struct sim_world *w = make("default", NULL, 1);
    struct sim_service *s = find(w, "prod-main", "thumbnailer");
    int full = 0;
    (void)state;
    for (int i = 0; i < 60; i++) {
        pass(w, MINUTE);
        full += service_running(s) == s->desired;
        assert_true(stops(s, "OutOfMemoryError",
                          w->now_ms - 10 * MINUTE) >= 2);
        assert_string_equal(rollout(s), "COMPLETED");
    }
    assert_true(full > 30);
    for (size_t i = 0; i < s->n_tasks; i++)
        if (s->tasks[i]->containers[0].has_exit)
            assert_int_equal(s->tasks[i]->containers[0].exit_code, 137);
    world_free(w);
}

static void percents_that_leave_no_move_are_said_once(void **state)
{
    struct sim_world *w = make("quiet", NULL, 1);
    struct sim_service *s = find(w, "prod-main", "pricing");
    (void)state;
    s->max_percent = 100; /* and 100 healthy: stuck */
    world_update_service(w, s, -1, NULL, true);
    pass(w, 30 * MINUTE);
    assert_string_equal(rollout(s), "IN_PROGRESS");
    assert_int_equal(s->n_deployments, 2);
    int n = 0;
    for (size_t i = 0; i < s->n_events; i++)
        n += strstr(s->events[i].message, "was unable to stop or start tasks "
                    "during a deployment") != NULL;
    assert_int_equal(n, 1);
    s->min_percent = 50;
    world_update_service(w, s, -1, NULL, false);
    pass(w, 10 * MINUTE);
    assert_string_equal(rollout(s), "COMPLETED");
    world_free(w);
}

static void rollouts_that_can_move_never_say_they_are_stuck(void **state)
{
    struct sim_world *w = make("default", NULL, 1);
    (void)state;
    for (int i = 0; i < 12; i++) {
        pass(w, 10 * MINUTE);
        for (size_t c = 0; c < w->n_clusters; c++)
            for (size_t k = 0; k < w->clusters[c]->n_services; k++)
                assert_false(said(w->clusters[c]->services[k],
                                  "unable to stop or start", 0));
    }
    world_free(w);
}

static void daemons_roll_below_desired_and_never_above(void **state)
{
    struct sim_world *w = make("default", NULL, 1);
    struct sim_service *s = find(w, "prod-main", "node-agent");
    int least = 99;
    (void)state;
    assert_string_equal(s->scheduling, "DAEMON");
    assert_int_equal(s->desired, s->cluster->instances);
    world_update_service(w, s, -1, NULL, true);
    for (int i = 0; i < 300 && strcmp(rollout(s), "COMPLETED"); i++) {
        pass(w, 1000);
        int n = service_running(s);
        least = n < least ? n : least;
        assert_true(n <= s->desired);
    }
    assert_string_equal(rollout(s), "COMPLETED");
    assert_true(least < s->desired);
    world_free(w);
}

/* ---- other tasks ------------------------------------------------------- */

static void standalone_tasks_end_by_themselves_and_stay_ended(void **state)
{
    struct sim_world *w = make("default", NULL, 1);
    struct sim_cluster *c = world_cluster(w, "prod-batch");
    struct sim_service *alone = &c->standalone;
    (void)state;
    struct sim_taskdef *d = world_taskdef(w, "nightly-report");
    struct sim_task *t = world_run_task(w, alone, d, "FARGATE", "me");
    char id[33];
    memcpy(id, t->id, sizeof(id));
    assert_string_equal(t->group, "family:nightly-report");
    assert_string_equal(t->started_by, "me");
    pass(w, MINUTE);
    assert_string_equal(t->last_status, "RUNNING");
    size_t n = alone->n_tasks;
    pass(w, 20 * MINUTE);
    assert_string_equal(t->last_status, "STOPPED");
    assert_string_equal(t->stop_code, "EssentialContainerExited");
    assert_int_equal(t->containers[0].exit_code, 0);
    assert_true(alone->n_tasks <= n);
    assert_ptr_equal(world_task(c, id, NULL), t);
    assert_null(world_task(world_cluster(w, "staging"), id, NULL));
    world_free(w);
}

static void launch_kinds_show_in_their_tasks(void **state)
{
    struct sim_world *w = make("default", NULL, 1);
    struct sim_service *spot = find(w, "prod-main", "feed-ranker");
    struct sim_service *ec2 = find(w, "prod-main", "mail-worker");
    (void)state;
    for (size_t i = 0; i < spot->n_tasks; i++) {
        assert_string_equal(spot->tasks[i]->capacity, "FARGATE_SPOT");
        assert_string_equal(spot->tasks[i]->launch_type, "FARGATE");
        assert_int_equal(strncmp(spot->tasks[i]->eni, "eni-", 4), 0);
    }
    for (size_t i = 0; i < ec2->n_tasks; i++) {
        char arn[200];
        bool known = false;
        for (int k = 0; k < ec2->cluster->instances; k++) {
            world_instance_arn(w, ec2->cluster, k, arn, sizeof(arn));
            known |= strcmp(arn, ec2->tasks[i]->instance) == 0;
        }
        assert_true(known);
        assert_string_equal(ec2->tasks[i]->eni, "");
    }
    world_free(w);
}

/* ---- from outside ------------------------------------------------------ */

static void pipelines_deploy_new_revisions_again_and_again(void **state)
{
    struct sim_world *w = make("default", NULL, 1);
    struct sim_service *s = find(w, "prod-main", "checkout-web");
    int first = s->def->revision;
    (void)state;
    pass(w, 40 * MINUTE);
    assert_in_range(s->def->revision, first + 2, first + 4);
    assert_ptr_equal(world_taskdef(w, "checkout-web"), s->def);
    assert_ptr_equal(world_taskdef(w, s->def->arn), s->def);
    assert_string_equal(s->def->containers[0].group, "/ecs/checkout-web");
    for (size_t i = 1; i < w->n_defs; i++) {
        int cmp = strcmp(w->defs[i - 1]->family, w->defs[i]->family);
        assert_true(cmp < 0 || (cmp == 0 && w->defs[i - 1]->revision <
                                                w->defs[i]->revision));
    }
    world_free(w);
}

static void a_policy_scales_but_leaves_alone_what_a_person_set(void **state)
{
    struct sim_world *w = make("default", NULL, 1);
    struct sim_service *s = find(w, "prod-main", "gateway");
    int seen = 0;
    (void)state;
    for (int i = 0; i < 120; i++) {
        pass(w, MINUTE);
        assert_in_range(s->desired, s->auto_low, s->auto_high);
        seen |= 1 << s->desired;
    }
    assert_true((seen & (seen - 1)) != 0); /* more than one value */
    world_update_service(w, s, 2, NULL, false);
    pass(w, 60 * MINUTE);
    assert_int_equal(s->desired, 2);
    assert_int_equal(service_running(s), 2);
    world_free(w);
}

/* ---- lookups and steps -------------------------------------------------- */

static void tasks_are_found_by_id_and_arn_until_forgotten(void **state)
{
    struct sim_world *w = make(NULL, "clusters=2,services=40,tasks=400", 1);
    size_t n = 0;
    (void)state;
    for (size_t i = 0; i < w->n_clusters; i++) {
        struct sim_cluster *c = w->clusters[i];
        for (size_t k = 0; k < c->n_services; k++)
            for (size_t j = 0; j < c->services[k]->n_tasks; j++) {
                struct sim_task *t = c->services[k]->tasks[j];
                struct sim_service *owner;
                assert_ptr_equal(world_task(c, t->id, &owner), t);
                assert_ptr_equal(owner, c->services[k]);
                assert_ptr_equal(world_task(c, t->arn, NULL), t);
                n++;
            }
    }
    assert_true(n >= 400);
    assert_null(world_task(w->clusters[0], "0123", NULL));
    world_free(w);
}

/* Everything of a service that shows, but for its events' texts. */
static void same_service(const struct sim_service *a,
                         const struct sim_service *b)
{
    assert_int_equal(a->n_tasks, b->n_tasks);
    assert_int_equal(a->n_events, b->n_events);
    assert_int_equal(a->desired, b->desired);
    assert_int_equal(a->def->revision, b->def->revision);
    for (size_t i = 0; i < a->n_events; i++) {
        assert_string_equal(a->events[i].id, b->events[i].id);
        assert_string_equal(a->events[i].message, b->events[i].message);
    }
    for (size_t i = 0; i < a->n_tasks; i++) {
        assert_string_equal(a->tasks[i]->id, b->tasks[i]->id);
        assert_string_equal(a->tasks[i]->last_status,
                            b->tasks[i]->last_status);
        assert_int_equal(a->tasks[i]->version, b->tasks[i]->version);
        assert_int_equal(a->tasks[i]->stopped_ms, b->tasks[i]->stopped_ms);
    }
}

static void hours_at_once_are_like_hours_in_odd_steps(void **state)
{
    struct sim_world *a = make("default", NULL, 5);
    struct sim_world *b = make("default", NULL, 5);
    int64_t end = START + 180 * MINUTE;
    (void)state;
    world_advance(a, end);
    for (int64_t step = 1; b->now_ms < end; step = step * 7 % 90001)
        world_advance(b, b->now_ms + step > end ? end : b->now_ms + step);
    assert_int_equal(a->n_defs, b->n_defs);
    for (size_t i = 0; i < a->n_defs; i++)
        assert_string_equal(a->defs[i]->arn, b->defs[i]->arn);
    for (size_t i = 0; i < a->n_clusters; i++)
        for (size_t k = 0; k < a->clusters[i]->n_services; k++)
            same_service(a->clusters[i]->services[k],
                         b->clusters[i]->services[k]);
    world_free(a);
    world_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_start_shows_every_kind_of_trouble),
        cmocka_unit_test(a_quiet_world_stays_quiet_for_hours),
        cmocka_unit_test(a_healthy_task_resets_the_failures),
        cmocka_unit_test(failures_count_up_one_by_one_before_the_breaker),
        cmocka_unit_test(after_a_failed_rollout_the_old_revision_is_kept_up),
        cmocka_unit_test(a_person_can_roll_back_a_failing_service),
        cmocka_unit_test(tasks_that_never_start_are_tried_ever_more_seldom),
        cmocka_unit_test(a_secret_that_is_refused_leaves_no_pull_and_no_start),
        cmocka_unit_test(a_sidecar_is_killed_when_the_app_dies),
        cmocka_unit_test(oom_kills_go_on_while_running_equals_desired),
        cmocka_unit_test(percents_that_leave_no_move_are_said_once),
        cmocka_unit_test(rollouts_that_can_move_never_say_they_are_stuck),
        cmocka_unit_test(daemons_roll_below_desired_and_never_above),
        cmocka_unit_test(standalone_tasks_end_by_themselves_and_stay_ended),
        cmocka_unit_test(launch_kinds_show_in_their_tasks),
        cmocka_unit_test(pipelines_deploy_new_revisions_again_and_again),
        cmocka_unit_test(a_policy_scales_but_leaves_alone_what_a_person_set),
        cmocka_unit_test(tasks_are_found_by_id_and_arn_until_forgotten),
        cmocka_unit_test(hours_at_once_are_like_hours_in_odd_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
