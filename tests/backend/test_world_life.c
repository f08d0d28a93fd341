/* The simulated account lives by ECS's rules: invariants, on driven time. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/sim/simlog.h"
#include "tests/backend/world_bed.h"

/* Steps of 250 ms until the primary's rollout is `state`, or time is up. */
static bool until_rollout(struct sim_world *w, const struct sim_service *s,
                          const char *state, int64_t limit_ms)
{
    int64_t end = w->now_ms + limit_ms;
    while (strcmp(s->deployments[0]->rollout, state) && w->now_ms < end)
        world_advance(w, w->now_ms + 250);
    return strcmp(s->deployments[0]->rollout, state) == 0;
}

static const struct sim_event *find_event(const struct sim_service *s,
                                          const char *text)
{
    for (size_t i = 0; i < s->n_events; i++)
        if (strstr(s->events[i].message, text))
            return &s->events[i];
    return NULL;
}

static int rank(const char *status)
{
    static const char *const order[] = {
        "PROVISIONING", "PENDING", "ACTIVATING", "RUNNING", "DEACTIVATING",
        "STOPPING", "DEPROVISIONING", "STOPPED"};
    for (size_t i = 0; i < ARRAY_LEN(order); i++)
        if (strcmp(order[i], status) == 0)
            return (int)i;
    fail_msg("no such state: %s", status);
    return -1;
}

/* Those that are set, in the order in which they must have happened. */
static void assert_times_in_order(const struct sim_task *t, int64_t now_ms)
{
    const int64_t at[] = {t->created_ms, t->pull_started_ms,
                          t->pull_stopped_ms, t->started_ms,
                          t->execution_stopped_ms, t->stopped_ms};
    int64_t last = 0;
    for (size_t i = 0; i < ARRAY_LEN(at); i++) {
        if (!at[i])
            continue;
        assert_true(at[i] >= last);
        assert_true(at[i] <= now_ms);
        last = at[i];
    }
    if (t->stopping_ms)
        assert_true(t->stopping_ms >= t->created_ms);
    if (t->stopped_ms)
        assert_true(t->stopping_ms && t->stopped_ms >= t->stopping_ms);
}

static void assert_task_holds(const struct sim_task *t, int64_t now_ms)
{
    assert_times_in_order(t, now_ms);
    if (strcmp(t->last_status, "RUNNING") == 0)
        assert_true(t->started_ms > 0);
    if (strcmp(t->last_status, "STOPPED") == 0) {
        assert_true(t->stopped_ms > 0);
        assert_string_equal(t->desired_status, "STOPPED");
        assert_true(t->stop_code[0] && t->stopped_reason[0]);
    }
    if (strcmp(t->stop_code, "TaskFailedToStart") == 0)
        assert_true(t->started_ms == 0);
}

static void assert_service_holds(const struct sim_service *s)
{
    int sum = 0;
    assert_true(s->n_deployments >= 1);
    assert_string_equal(s->deployments[0]->status, "PRIMARY");
    for (size_t i = 0; i < s->n_deployments; i++) {
        assert_int_equal(strncmp(s->deployments[i]->id, "ecs-svc/", 8), 0);
        assert_int_equal(strspn(s->deployments[i]->id + 8, "0123456789"), 19);
        sum += s->deployments[i]->running;
        if (i)
            assert_string_equal(s->deployments[i]->status, "ACTIVE");
    }
    assert_true(sum <= service_running(s));
    assert_true(s->n_events <= SIM_MAX_EVENTS);
    for (size_t i = 1; i < s->n_events; i++)
        assert_true(s->events[i - 1].created_ms >= s->events[i].created_ms);
}

static void every_task_and_service_holds_its_invariants(void **state)
{
    struct sim_world *w = make("default", NULL, 7);
    (void)state;
    for (int step = 0; step < 300; step++) {
        world_advance(w, w->now_ms + 1000);
        for (size_t i = 0; i < w->n_clusters; i++) {
            struct sim_cluster *c = w->clusters[i];
            for (size_t k = 0; k < c->n_services; k++) {
                struct sim_service *s = c->services[k];
                assert_service_holds(s);
                for (size_t j = 0; j < s->n_tasks; j++)
                    assert_task_holds(s->tasks[j], w->now_ms);
            }
        }
    }
    world_free(w);
}

static void a_stopped_task_walks_all_states_and_is_replaced(void **state)
{
    struct sim_world *w = make("quiet", NULL, 1);
    struct sim_service *s = find(w, "prod-main", "gateway");
    (void)state;
    assert_int_equal(service_running(s), s->desired);
    struct sim_task *t = s->tasks[0];
    char id[33];
    memcpy(id, t->id, sizeof(id));
    world_stop_task(w, s, t, "told to");
    int last = rank(t->last_status), seen = 0;
    for (int i = 0; i < 400 && last < rank("STOPPED"); i++) {
        world_advance(w, w->now_ms + 100);
        assert_true(rank(t->last_status) >= last);
        last = rank(t->last_status);
        seen |= 1 << last;
    }
    assert_int_equal(seen & 0xf0, 0xf0); /* DEACTIVATING to STOPPED */
    assert_string_equal(t->stop_code, "UserInitiated");
    assert_string_equal(t->stopped_reason, "told to");
    world_advance(w, w->now_ms + MINUTE);
    assert_int_equal(service_running(s), s->desired);
    assert_non_null(world_task(s->cluster, id, NULL));
    world_advance(w, w->now_ms + 62 * MINUTE);
    assert_null(world_task(s->cluster, id, NULL)); /* gone after an hour */
    world_free(w);
}

static void a_stop_without_reason_says_who_stopped_it(void **state)
{
    struct sim_world *w = make("quiet", NULL, 1);
    struct sim_service *s = find(w, "prod-main", "cart");
    (void)state;
    world_stop_task(w, s, s->tasks[0], NULL);
    assert_string_equal(s->tasks[0]->stopped_reason, "Task stopped by user");
    world_free(w);
}

static void a_new_task_starts_through_all_states(void **state)
{
    struct sim_world *w = make("quiet", NULL, 3);
    struct sim_service *s = find(w, "prod-main", "auth-api"); /* on Fargate */
    size_t n = s->n_tasks;
    int seen = 0, last = 0;
    (void)state;
    world_update_service(w, s, s->desired + 1, NULL, false);
    for (int i = 0; i < 600 && !(seen & 1 << rank("RUNNING")); i++) {
        world_advance(w, w->now_ms + 100);
        if (s->n_tasks == n)
            continue;
        struct sim_task *t = s->tasks[s->n_tasks - 1];
        assert_true(rank(t->last_status) >= last);
        last = rank(t->last_status);
        seen |= 1 << last;
    }
    assert_int_equal(seen, 0xf); /* PROVISIONING to RUNNING */
    struct sim_task *t = s->tasks[s->n_tasks - 1];
    assert_string_equal(t->started_by, s->deployments[0]->id);
    world_free(w);
}

static void scaling_in_and_out_converges(void **state)
{
    struct sim_world *w = make("quiet", NULL, 2);
    struct sim_service *s = find(w, "prod-main", "catalog-api");
    (void)state;
    world_update_service(w, s, 9, NULL, false);
    world_advance(w, w->now_ms + MINUTE);
    assert_int_equal(service_running(s), 9);
    assert_int_equal(service_pending(s), 0);
    world_update_service(w, s, 0, NULL, false);
    world_advance(w, w->now_ms + MINUTE);
    assert_int_equal(service_running(s), 0);
    world_free(w);
}

static void a_rollout_keeps_within_percents_and_completes(void **state)
{
    struct sim_world *w = make("quiet", NULL, 5);
    struct sim_service *s = find(w, "prod-main", "shipping-api");
    int most = s->desired * s->max_percent / 100;
    int least = (s->desired * s->min_percent + 99) / 100;
    int64_t end = w->now_ms + 5 * MINUTE;
    bool both = false;
    char old[40];
    (void)state;
    memcpy(old, s->deployments[0]->id, sizeof(old));
    world_update_service(w, s, -1, NULL, true);
    assert_string_not_equal(s->deployments[0]->id, old);
    assert_string_equal(s->deployments[0]->rollout, "IN_PROGRESS");
    while (strcmp(s->deployments[0]->rollout, "COMPLETED") &&
           w->now_ms < end) {
        world_advance(w, w->now_ms + 250);
        both |= s->n_deployments == 2;
        assert_true(service_running(s) >= least);
        int live = 0;
        for (size_t i = 0; i < s->n_tasks; i++)
            live += strcmp(s->tasks[i]->desired_status, "RUNNING") == 0;
        assert_true(live <= most);
    }
    assert_string_equal(s->deployments[0]->rollout, "COMPLETED");
    assert_true(both);
    assert_int_equal(s->n_deployments, 1);
    assert_int_equal(s->deployments[0]->running, s->desired);
    assert_non_null(find_event(s, "deployment completed."));
    assert_non_null(find_event(s, "has reached a steady state."));
    world_free(w);
}

static void the_breaker_fails_at_its_threshold_without_rollback(void **state)
{
    struct sim_world *w = make("default", NULL, 1);
    struct sim_service *s = find(w, "prod-main", "payments-api");
    (void)state;
    assert_true(s->breaker && !s->breaker_rollback);
    assert_true(until_rollout(w, s, "FAILED", 30 * MINUTE));
    struct sim_deployment *d = s->deployments[0];
    assert_true(d->failed >= breaker_threshold(s->desired));
    assert_string_equal(
        d->reason, "ECS deployment circuit breaker: tasks failed to start.");
    assert_non_null(find_event(s, "deployment failed: tasks failed to start."));
    size_t n = s->n_tasks;
    world_advance(w, w->now_ms + 5 * MINUTE);
    assert_string_equal(s->deployments[0]->id, d->id);
    assert_true(s->n_tasks <= n); /* a failed deployment starts nothing */
    world_free(w);
}

static void the_breaker_rolls_back_to_the_last_good_revision(void **state)
{
    struct sim_world *w = make("default", NULL, 1);
    struct sim_service *s = find(w, "prod-main", "recommendations");
    struct sim_taskdef *good = s->def;
    struct sim_taskdef *bad = NULL;
    (void)state;
    for (size_t i = 0; i < w->n_defs; i++)
        if (strcmp(w->defs[i]->family, s->name) == 0 &&
            w->defs[i]->fate == FATE_UNHEALTHY)
            bad = w->defs[i];
    assert_non_null(bad);
    assert_ptr_not_equal(good, bad);
    world_update_service(w, s, -1, bad, false);
    assert_ptr_equal(s->def, bad);
    int64_t end = w->now_ms + 30 * MINUTE;
    while (s->def == bad && w->now_ms < end)
        world_advance(w, w->now_ms + 250);
    assert_ptr_equal(s->def, good);
    assert_non_null(find_event(s, "rolling back to deployment ecs-svc/"));
    assert_non_null(strstr(s->deployments[0]->reason, "rolling back"));
    assert_true(until_rollout(w, s, "COMPLETED", 10 * MINUTE));
    assert_int_equal(service_running(s), s->desired);
    world_free(w);
}

static void an_image_that_is_missing_never_starts_or_logs(void **state)
{
    struct sim_world *w = make("default", NULL, 1);
    struct sim_service *s = find(w, "prod-main", "search-indexer");
    struct sim_deployment *d = s->deployments[0];
    int seen = 0;
    (void)state;
    assert_string_equal(d->rollout, "IN_PROGRESS"); /* no breaker: for ever */
    assert_true(w->now_ms - d->created_ms >= 20 * MINUTE);
    struct sim_stream *streams;
    size_t n = simlog_streams(w, d->def->containers[0].group, w->now_ms,
                              &streams, NULL);
    for (size_t i = 0; i < s->n_tasks; i++) {
        struct sim_task *t = s->tasks[i];
        if (t->def != d->def || !t->stopped_ms)
            continue;
        seen++;
        assert_string_equal(t->stop_code, "TaskFailedToStart");
        assert_int_equal(strncmp(t->stopped_reason,
                                 "CannotPullContainerError", 24), 0);
        for (size_t k = 0; k < n; k++)
            assert_null(strstr(streams[k].name, t->id));
    }
    assert_true(seen > 0);
    free(streams);
    world_free(w);
}

/* One number for all that a client could see of a world. */
static uint64_t print_of(const struct sim_world *w)
{
    uint64_t h = 14695981039346656037ULL;
    for (size_t i = 0; i < w->n_clusters; i++) {
        for (size_t k = 0; k < w->clusters[i]->n_services; k++) {
            const struct sim_service *s = w->clusters[i]->services[k];
            h = (h ^ (uint64_t)s->n_tasks) * 1099511628211ULL;
            h = (h ^ (uint64_t)s->n_events) * 1099511628211ULL;
            for (size_t j = 0; j < s->n_tasks; j++) {
                const struct sim_task *t = s->tasks[j];
                for (const char *p = t->arn; *p; p++)
                    h = (h ^ (unsigned char)*p) * 1099511628211ULL;
                h = (h ^ (uint64_t)rank(t->last_status)) * 1099511628211ULL;
                h = (h ^ (uint64_t)t->stopped_ms) * 1099511628211ULL;
            }
        }
    }
    return h;
}

static void the_same_seed_gives_the_same_world_in_any_steps(void **state)
{
    struct sim_world *a = make("default", NULL, 42);
    struct sim_world *b = make("default", NULL, 42);
    struct sim_world *c = make("default", NULL, 43);
    (void)state;
    assert_int_equal(print_of(a), print_of(b));
    assert_int_not_equal(print_of(a), print_of(c));
    for (int i = 0; i < 1200; i++)
        world_advance(a, a->now_ms + 250);
    world_advance(b, b->now_ms + 5 * MINUTE);
    assert_int_equal(a->now_ms, b->now_ms);
    assert_int_equal(print_of(a), print_of(b));
    world_free(a);
    world_free(b);
    world_free(c);
}

static void a_generated_world_has_what_its_spec_says(void **state)
{
    struct sim_world *w =
        make(NULL, "clusters=3,services=250,tasks=3000,lines=100", 1);
    size_t services = 0;
    int desired = 0;
    (void)state;
    assert_int_equal(w->n_clusters, 3);
    for (size_t i = 0; i < w->n_clusters; i++) {
        services += w->clusters[i]->n_services;
        for (size_t k = 0; k < w->clusters[i]->n_services; k++)
            desired += w->clusters[i]->services[k]->desired;
    }
    assert_int_equal(services, 250);
    assert_int_equal(desired, 3000);
    world_free(w);
}

static void a_bad_spec_or_scenario_is_refused(void **state)
{
    struct world_options o = {.spec = "planets=9", .now_ms = START};
    struct err err = {0};
    (void)state;
    assert_null(world_new(&o, &err));
    assert_int_equal(err.code, ERR_USAGE);
    o = (struct world_options){.scenario = "nowhere", .now_ms = START};
    assert_null(world_new(&o, &err));
    assert_int_equal(err.code, ERR_USAGE);
}

static void an_empty_world_stays_empty(void **state)
{
    struct sim_world *w = make("empty", NULL, 1);
    (void)state;
    world_advance(w, w->now_ms + 60 * MINUTE);
    assert_int_equal(w->n_clusters, 0);
    world_free(w);
}

static size_t events_of(const struct sim_world *w, const char *group,
                        int64_t from_ms, int64_t to_ms, int64_t now_ms,
                        struct sim_stream **streams,
                        struct sim_log_event **events)
{
    size_t n = 0, cap = 0, k = simlog_streams(w, group, now_ms, streams, NULL);
    *events = NULL;
    for (size_t i = 0; i < k; i++)
        simlog_events(w, &(*streams)[i], from_ms, to_ms, now_ms, events, &n,
                      &cap);
    if (n)
        qsort(*events, n, sizeof(**events), simlog_compare);
    return n;
}

static void log_lines_are_ordered_unique_and_only_once_ingested(void **state)
{
    struct sim_world *w = make("default", NULL, 1);
    struct sim_stream *streams;
    struct sim_log_event *e;
    int64_t now = w->now_ms;
    size_t n = events_of(w, "/ecs/payments-api", now - MINUTE, now, now,
                         &streams, &e);
    (void)state;
    assert_true(n > 10);
    for (size_t i = 0; i < n; i++) {
        assert_in_range(e[i].timestamp, now - MINUTE, now);
        assert_in_range(e[i].ingestion, e[i].timestamp,
                        e[i].timestamp + 20000 + 1000);
        assert_true(e[i].ingestion <= now);
        assert_int_equal(strspn(e[i].id, "0123456789"), strlen(e[i].id));
        assert_true(e[i].message[0] != '\0');
        if (i)
            assert_true(simlog_compare(&e[i - 1], &e[i]) < 0);
    }
    simlog_free(e, n);
    free(streams);
    world_free(w);
}

static void late_lines_appear_behind_what_was_read_already(void **state)
{
    struct sim_world *w = make("default", NULL, 1);
    struct sim_stream *s1, *s2;
    struct sim_log_event *e1, *e2;
    int64_t now = w->now_ms;
    size_t n1 = events_of(w, "/ecs/payments-api", now - MINUTE, now, now, &s1,
                          &e1);
    world_advance(w, now + 30000);
    size_t n2 = events_of(w, "/ecs/payments-api", now - MINUTE, now,
                          w->now_ms, &s2, &e2), k = 0;
    (void)state;
    assert_true(n2 > n1); /* same window, read later: more of it */
    for (size_t i = 0; i < n2 && k < n1; i++)
        if (strcmp(e2[i].id, e1[k].id) == 0) {
            assert_string_equal(e2[i].message, e1[k].message);
            k++;
        }
    assert_int_equal(k, n1); /* nothing that was there has changed */
    simlog_free(e1, n1);
    simlog_free(e2, n2);
    free(s1);
    free(s2);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_and_service_holds_its_invariants),
        cmocka_unit_test(a_stopped_task_walks_all_states_and_is_replaced),
        cmocka_unit_test(a_stop_without_reason_says_who_stopped_it),
        cmocka_unit_test(a_new_task_starts_through_all_states),
        cmocka_unit_test(scaling_in_and_out_converges),
        cmocka_unit_test(a_rollout_keeps_within_percents_and_completes),
        cmocka_unit_test(the_breaker_fails_at_its_threshold_without_rollback),
        cmocka_unit_test(the_breaker_rolls_back_to_the_last_good_revision),
        cmocka_unit_test(an_image_that_is_missing_never_starts_or_logs),
        cmocka_unit_test(the_same_seed_gives_the_same_world_in_any_steps),
        cmocka_unit_test(a_generated_world_has_what_its_spec_says),
        cmocka_unit_test(a_bad_spec_or_scenario_is_refused),
        cmocka_unit_test(an_empty_world_stays_empty),
        cmocka_unit_test(log_lines_are_ordered_unique_and_only_once_ingested),
        cmocka_unit_test(late_lines_appear_behind_what_was_read_already),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
