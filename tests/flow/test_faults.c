/* Every fault of the simulator's plan, under a dashboard that runs and under
 * one that starts: what is on screen while it lasts, that rows stay, and that
 * some time later the screen is the one of a run without. */
#include "tests/flow/lab.h"

#include "backend/aws/budget.h"
#include "backend/base/strbuf.h"
#include "views/app/command.h"

enum { FAULT_MS = 40000, AFTER_MS = 80000, ROWS = 40, COLS = 120 };

/* What is on screen while it lasts, of a dashboard that ran before and of one
 * that starts. All of `words` are there, none of `not`. */
struct seen {
    const char *words[3], *not[2];
};

#define NOBODY "NO DATA", "identity unknown"
#define FINE {.words = {"30 ok", " ago", "RW"}, .not = {"STALE", "since"}}

static const struct fault_case {
    const char *plan;
    struct seen running, starting;
} cases[] = {
    {"refuse:count=all:ms=1",
     {.words = {"STALE 4", "stale since 14:32:3", "connection to 127.0.0.1"}},
     {.words = {NOBODY, "connection to 127.0.0.1"}}},
    {"reset-before:count=all",
     {.words = {"STALE 4", "stale since 14:32:3", "The connection to 127.0.0.1"}},
     {.words = {NOBODY, "The connection to 127.0.0.1 broke"}}},
    {"reset-after:count=all",
     {.words = {"STALE 4", "stale since 14:32:3", "The connection to 127.0.0.1"}},
     {.words = {NOBODY, "The connection to 127.0.0.1 broke"}}},
    {"cut:count=all", {.words = {"STALE 4", "stale since", "transfer closed"}},
     {.words = {NOBODY, "transfer closed"}}},
    {"drip:count=all:bytes=2000:ms=1", FINE, FINE},
    {"truncate:count=all",
     {.words = {"STALE 4", "stale since", "ListServices: the answer is not JSON"}},
     {.words = {NOBODY, "ListServices: the answer is not JSON"}}},
    {"malformed:count=all",
     {.words = {"STALE 4", "stale since", "ListServices: the answer is not JSON"}},
     {.words = {NOBODY, "ListServices: the answer is not JSON"}}},
    {"html:count=all",
     {.words = {"STALE 4", "stale since", "ListServices: the answer is not JSON"}},
     {.words = {NOBODY, "ListServices: the answer is not JSON"}}},
    {"types:count=all",
     {.words = {"30 svc: 30 ok", "can't be read", "since"}},
     {.words = {"can't be read", "since", "serviceArns"}, .not = {"DOWN"}}},
    {"nulls:count=all",
     {.words = {"30 svc: 30 ok", "can't be read", "since"}},
     {.words = {"can't be read", "since", "serviceArns"}, .not = {"DOWN"}}},
    {"types:DescribeServices:count=all",
     {.words = {"30 svc: 30 ok", "can't be read",
                "can't be described: the service's answers leave"},
      .not = {"STALE"}},
     {.words = {"30 svc", "can't be read", "incomplete since"},
      .not = {"DOWN"}}},
    {"enums:count=all", FINE, FINE},
    {"unknown:count=all", FINE, FINE},
    {"clock:count=all:by=3600", FINE, FINE},
    {"huge:ListServices:count=all:bytes=17000000",
     {.words = {"STALE 4", "30 ok", "larger than 16 MiB and was dropped"}},
     {.words = {"no services", "larger than 16 MiB and was dropped"}}},
    {"bomb:ListServices:count=all",
     {.words = {"STALE 4", "30 ok", "larger than 16 MiB and was dropped"}},
     {.words = {"no services", "larger than 16 MiB and was dropped"}}},
    {"500:count=all",
     {.words = {"STALE 4", "stale since", "ServerException: Service unavail"}},
     {.words = {NOBODY, "ServerException: Service unavailable. Trying again"}}},
    {"503:count=all",
     {.words = {"STALE 4", "stale since", "503 Service Unavailable"}},
     {.words = {NOBODY, "503 Service Unavailable. Trying again."}}},
    {"throttle:count=all",
     {.words = {"throttled", "STALE 4", "ThrottlingException: Rate exceeded"}},
     {.words = {"throttled", "NO DATA", "Rate exceeded. Trying again."}}},
    {"throttle:DescribeServices:count=all",
     {.words = {"throttled", "STALE 4", "DescribeServices: ThrottlingExcept"}},
     {.words = {"throttled", "30 svc, 30 not read yet:", "Rate exceeded"}}},
    {"expired:count=all",
     {.words = {"STALE 4", "30 ok", "The credentials have expired: "}},
     {.words = {NOBODY, "ExpiredTokenException"}}},
    {"wrong:count=all",
     {.words = {"STALE 4", "30 ok", "Credentials: GetCallerIdentity: Inv"}},
     {.words = {NOBODY, "UnrecognizedClientException"}}},
    {"skew:count=all",
     {.words = {"STALE 4", "30 ok", "Signature expired"}},
     {.words = {NOBODY, "Signature expired"}}},
    {"deny:DescribeServices:count=all",
     {.words = {"STALE", "30 ok", "DescribeServices: AccessDeniedException"}},
     {.words = {"STALE", "30 svc", "DescribeServices: AccessDeniedExcept"}}},
    {"deny:ListServices:count=all",
     {.words = {"STALE", "30 ok", "ListServices: AccessDeniedException"}},
     {.words = {"NO DATA", "Not allowed: ", "ListServices"}}},
    {"loop:count=all",
     {.words = {"STALE 4", "30 ok", "repeats its page token after 2 pages; 30"}},
     {.words = {"30 ok", "repeats its page token after 2 pages; 30 read"},
      .not = {"loading"}}},
    {"endless:count=all",
     {.words = {"STALE 4", "30 ok", "page after page brings nothing new; 30"}},
     {.words = {"30 ok", "page after page brings nothing new; 30 read"},
      .not = {"loading"}}},
    {"redirect:count=all",
     {.words = {"STALE 4", "30 ok", "HTTP 307: ListServices"}},
     {.words = {NOBODY, "HTTP 307: ListServices"}}},
};

static char *good; /* the rows and their pane of a run without a fault */

/* Without the line of identity, age and calls. */
static char *screen(struct lab *l, int from)
{
    struct strbuf b = STRBUF_INIT;

    paint(l);
    for (int row = from; row < ROWS; row++) {
        char *text = surface_row_text(&l->app->surface, row);

        strbuf_printf(&b, "%s\n", text);
        free(text);
    }
    return strbuf_detach(&b);
}

/* Those of s that are not in `known`. */
static void print_lines(const char *s, const char *known)
{
    for (size_t n; *s; s += n + (s[n] == '\n')) {
        char line[512];

        n = strcspn(s, "\n");
        snprintf(line, sizeof(line), "%.*s", (int)n, s);
        if (n && !(known && strstr(known, line)))
            print_message("  %s\n", line);
    }
}

static void check(struct lab *l, const char *plan, const struct seen *seen)
{
    char *s = screen(l, 0);
    const char *wrong = NULL;

    for (size_t i = 0; i < 3 && seen->words[i]; i++)
        if (!strstr(s, seen->words[i]))
            wrong = seen->words[i];
    for (size_t i = 0; i < 2 && seen->not[i]; i++)
        if (strstr(s, seen->not[i]))
            wrong = seen->not[i];
    if (wrong) {
        print_lines(s, NULL);
        fail_msg("%s: \"%s\"", plan, wrong);
    }
    free(s);
}

static void start(struct lab *l)
{
    lab_open(l, NULL, false, &kind_services, NULL, "prod-main");
}

static void plan(struct lab *l, const char *text)
{
    struct err err = {0};

    if (*text && sim_fault_parse(l->sim, text, &err))
        fail_msg("%s", err.message);
}

static void read_messages(struct lab *l)
{
    l->app->messages.shown = false; /* as any key does */
    paint(l);
}

/* Nothing wrong any more, messages were read. What was denied is asked for
 * again when somebody says so. */
static void recovered(struct lab *l, const char *what)
{
    char *s;

    sim_fault_clear(l->sim);
    if (strstr(what, "deny"))
        key(l, "r");
    pass(l, AFTER_MS);
    read_messages(l);
    check(l, what, &(struct seen){.words = {" ago", "123456789012", "RW"},
                                  .not = {"STALE", "since"}});
    s = screen(l, 1);
    if (strcmp(s, good) != 0) {
        print_lines(s, good);
        print_message("without faults:\n");
        print_lines(good, s);
        fail_msg("%s: the screen is not that of a run without faults", what);
    }
    free(s);
}

static void under_a_running_dashboard(void **state)
{
    const struct fault_case *c = *state;
    struct lab *l;

    set_up((void **)&l);
    l->sim = lab_sim(l, "quiet", 7);
    start(l);
    plan(l, c->plan);
    pass(l, FAULT_MS);
    read_messages(l);
    check(l, c->plan, &c->running);
    recovered(l, c->plan);
    tear_down((void **)&l);
}

static void under_a_starting_one(void **state)
{
    const struct fault_case *c = *state;
    struct lab *l;

    set_up((void **)&l);
    l->sim = lab_sim(l, "quiet", 7);
    plan(l, c->plan);
    start(l);
    pass(l, FAULT_MS);
    read_messages(l);
    check(l, c->plan, &c->starting);
    recovered(l, c->plan);
    tear_down((void **)&l);
}

/* One answer is spoilt, at the start: some time later nothing tells of it. */
static void under_a_single_fault(void **state)
{
    static const char *const spoilt[] = {
        "refuse", "reset-before", "reset-after", "cut", "truncate",
        "malformed", "html", "500", "503", "throttle", "expired", "types",
        "nulls", "bomb", "loop"};
    static const char *const ops[] = {
        "ListServices", "DescribeServices", "ListTasks", "DescribeTasks",
        "DescribeTaskDefinition"};

    (void)state;
    for (size_t i = 0; i < 2 * ARRAY_LEN(spoilt); i++) {
        struct lab *l;
        char text[80];

        snprintf(text, sizeof(text), "%s:%s:ms=1",
                 spoilt[i % ARRAY_LEN(spoilt)], ops[i % ARRAY_LEN(ops)]);
        set_up((void **)&l);
        l->sim = lab_sim(l, "quiet", 7);
        plan(l, text);
        start(l);
        pass(l, FAULT_MS);
        recovered(l, text);
        tear_down((void **)&l);
    }
}

/* The columns of the table that don't depend on the time. */
static char *rows_only(struct lab *l)
{
    struct strbuf b = STRBUF_INIT;

    paint(l);
    for (int row = 4; row < 24; row++) {
        char *text = surface_row_text(&l->app->surface, row);

        strbuf_printf(&b, "%.68s\n", text + 1);
        free(text);
    }
    return strbuf_detach(&b);
}

/* Services come and go between the pages of a list: what is shown in the end
 * is what a new dashboard shows. */
static void under_changes_amid_a_list(void **state)
{
    struct lab *l;
    char *warm, *cold;

    (void)state;
    set_up((void **)&l);
    l->sim = lab_sim(l, "quiet", 7);
    start(l);
    plan(l, "change:List*:count=12,change:Describe*:every=5:count=8");
    pass(l, FAULT_MS + AFTER_MS);
    warm = rows_only(l);
    app_free(l->app);
    http_free(l->http);
    asker_free(l->asker);
    start(l);
    cold = rows_only(l);
    assert_non_null(strstr(warm, "aa-change"));
    if (strcmp(warm, cold) != 0) {
        print_lines(warm, cold);
        print_message("cold:\n");
        print_lines(cold, warm);
        fail_msg("a new dashboard shows something else");
    }
    free(warm);
    free(cold);
    tear_down((void **)&l);
}

static void the_share_is_set_while_it_runs(void **state)
{
    struct lab *l;

    (void)state;
    set_up((void **)&l);
    l->sim = lab_sim(l, "quiet", 7);
    start(l);
    command_run(l->app, "set budget 50");
    assert_true(said(l, "At most 50 % of each quota's refill."));
    assert_true(budget_rate(aws_client_budget(l->app->realm->client),
                            AWS_B_SERVICE_READ,
                            sim_region(l->sim)) > 9.9);
    command_run(l->app, "set budget unlimited");
    assert_true(said(l, "Calls are not held back any more"));
    command_run(l->app, "set budget 0");
    assert_true(said(l, "Use :set refresh SECONDS, :set budget PERCENT"));
    assert_true(l->app->o.realm.aws.budget_unlimited); /* for the next realm */
    tear_down((void **)&l);
}

static int run_without(void **state)
{
    struct lab *l;

    (void)state;
    set_up((void **)&l);
    l->sim = lab_sim(l, "quiet", 7);
    start(l);
    pass(l, FAULT_MS + AFTER_MS);
    good = screen(l, 1);
    tear_down((void **)&l);
    return strstr(good, "30 ok") ? 0 : -1;
}

static int forget(void **state)
{
    (void)state;
    free(good);
    return 0;
}

int main(void)
{
    enum { N = 2 * ARRAY_LEN(cases) };
    struct CMUnitTest tests[N + 3] = {
        [N + 2] = cmocka_unit_test(the_share_is_set_while_it_runs),
        [N] = cmocka_unit_test(under_a_single_fault),
        [N + 1] = cmocka_unit_test(under_changes_amid_a_list)};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        void *c = (void *)(uintptr_t)&cases[i];

        tests[2 * i] = (struct CMUnitTest){
            .name = cases[i].plan, .test_func = under_a_running_dashboard,
            .initial_state = c};
        tests[2 * i + 1] = (struct CMUnitTest){
            .name = cases[i].plan, .test_func = under_a_starting_one,
            .initial_state = c};
    }
    return cmocka_run_group_tests(tests, run_without, forget);
}
