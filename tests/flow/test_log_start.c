/* When reading of a service's log begins: once for all its tasks, but without
 * those that are late. */
#include "tests/flow/lab.h"

#include "views/log/log.h"

/* Searches from the newest line back, first pages only. */
static size_t readings_back(const struct lab *l)
{
    size_t n = 0;
    for (size_t i = 0; i < sim_requests(l->sim); i++) {
        const struct sim_request *r = sim_request_at(l->sim, i);
        n += strcmp(r->operation, "FilterLogEvents") == 0 &&
             strstr(r->body, "startFromHead") != NULL;
    }
    return n;
}

/* Its stopped tasks are known from the sweep, those that run are not. */
static void all_tasks_are_read_back_at_once(void **state)
{
    struct lab *l = *state;
    open_app(l, "default", false, &kind_services, "payments-api");
    sim_forget_requests(l->sim);
    key(l, "l");
    settle(l);
    pass(l, 1000);
    struct log_view *lv = log_of(app_top(l->app));
    assert_true(logsrc_tasks(lv->src) > 20);
    assert_true(logbuf_len(lv->buf) > 1000);
    assert_int_equal(readings_back(l), 1);
}

static bool asked(void *arg)
{
    return readings_back(arg) > 0;
}

static void late_tasks_are_not_waited_for(void **state)
{
    struct lab *l = *state;
    struct err err = {0};
    open_app(l, "default", false, &kind_services, "payments-api");
    sim_forget_requests(l->sim);
    if (sim_fault_parse(l->sim, "delay:ecs:DescribeTasks:ms=4000:count=all",
                        &err))
        fail_msg("%s", err.message);
    raw_key(l, "l");
    clock_advance(l->clock, 10);
    loop_until(l->loop, asked, l, 300);
    assert_int_equal(readings_back(l), 0);
    clock_advance(l->clock, 1000);
    assert_true(loop_until(l->loop, asked, l, 3000));
}

static void a_denied_list_is_not_waited_for(void **state)
{
    struct lab *l = *state;
    struct err err = {0};
    open_app(l, "default", false, &kind_services, "payments-api");
    sim_forget_requests(l->sim);
    if (sim_fault_parse(l->sim, "deny:ecs:ListTasks:count=all", &err))
        fail_msg("%s", err.message);
    key(l, "l");
    settle(l);
    assert_int_equal(readings_back(l), 1);
}

static void open_slowly(struct lab *l)
{
    struct err err = {0};
    open_app(l, "default", false, &kind_services, "payments-api");
    sim_forget_requests(l->sim);
    if (sim_fault_parse(l->sim, "delay:logs:FilterLogEvents:ms=700", &err))
        fail_msg("%s", err.message);
    raw_key(l, "l");
    clock_advance(l->clock, 10);
    assert_true(loop_until(l->loop, asked, l, 3000));
    raw_key(l, "e");
    assert_said(l, "No error yet: it is still being read back.");
}

static void the_error_that_explains_comes_when_it_is_read(void **state)
{
    struct lab *l = *state;
    struct logbuf_line line;
    open_slowly(l);
    settle(l);
    pass(l, 1000);
    assert_said(l, "The last FATAL of what fails, now that it has been read.");
    assert_true(log_current(log_of(app_top(l->app)), &line));
    assert_int_equal(line.level, LOG_LEVEL_FATAL);
}

static void it_does_not_come_to_who_went_elsewhere(void **state)
{
    struct lab *l = *state;
    open_slowly(l);
    raw_key(l, "k");
    settle(l);
    pass(l, 1000);
    assert_false(said(l, "now that it has been read"));
}

/* `p`: what failed goes before what ended well, and a task that is ending is
 * its own. */
static void p_opens_the_end_that_explains(void **state)
{
    static const struct stop_cause crash = {.abnormal = true,
                                            .verdict = "app exit 1"},
                                   scaled = {.verdict = "scaled in"},
                                   none = {.verdict = ""};
    (void)state;
    struct ecs_task tasks[] = {
        {.id = "aaaaaaaa1", .group = "service:web"},
        {.id = "bbbbbbbb1", .group = "service:web", .stopped_ms = 3000},
        {.id = "cccccccc1", .group = "service:web", .stopped_ms = 2000},
        {.id = "dddddddd1", .group = "service:web", .stopping_ms = 4000,
         .stopped_reason = "Essential container in task exited"}};
    const struct task_row rows[] = {{.task = &tasks[0], .cause = &none},
                                    {.task = &tasks[1], .cause = &scaled,
                                     .stopped = true},
                                    {.task = &tasks[2], .cause = &crash,
                                     .stopped = true},
                                    {.task = &tasks[3], .cause = &none}};
    struct snap_row items[4];
    for (size_t i = 0; i < 4; i++)
        items[i] = (struct snap_row){.key = tasks[i].id, .data = &rows[i]};
    const struct snapshot snap = {.rows = items, .n_rows = 4};
    static const size_t opens[] = {2, 1, 2, 3};
    for (size_t i = 0; i < 4; i++)
        assert_ptr_equal(log_last_stopped(&(struct target){
                             &kind_tasks, items[i].key, &rows[i], &snap}),
                         &items[opens[i]]);
    tasks[0].group = "service:other";
    assert_null(log_last_stopped(&(struct target){
        &kind_tasks, items[0].key, &rows[0], &snap}));
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(all_tasks_are_read_back_at_once),
        T(late_tasks_are_not_waited_for),
        T(the_error_that_explains_comes_when_it_is_read),
        T(it_does_not_come_to_who_went_elsewhere),
        T(a_denied_list_is_not_waited_for),
        cmocka_unit_test(p_opens_the_end_that_explains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
