/* A simulated day: the dashboard stays open while services deploy by
 * themselves and by key, AWS throttles, and credentials expire. Asserts that
 * all of that happened, that the screen at the end is a cold start's, and that
 * memory and descriptors are flat.
 * SOAK_HOURS=N hours of the driven clock (1; make soak: 24). */
#include "tests/flow/lab.h"

#include <dirent.h>
#include <malloc.h>

#include "views/view.h"

enum { STEP_MS = 2500, LIFE_S = 900, SIM_KB_AN_HOUR = 600, MAX_HELD_KB = 6144 };

#ifdef __SANITIZE_ADDRESS__
enum { MAX_GROWTH_KB = 24 * 1024 }; /* freed memory is kept for a while */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "quarantine_size_mb=1:malloc_context_size=4";
}
#else
enum { MAX_GROWTH_KB = 4 * 1024 };
#endif

static const char *const counted[] = {
    "DescribeServices", "ListServices", "DescribeTasks", "ListTasks",
    "FilterLogEvents",  "UpdateService", "StopTask"};

struct tally {
    size_t of[ARRAY_LEN(counted)], all, throttled, keys;
    char last_key[32];
};

/* What has come in since the last look; the simulator forgets it. */
static void tally(struct lab *l, struct tally *t)
{
    for (size_t i = 0; i < sim_requests(l->sim); i++) {
        const struct sim_request *r = sim_request_at(l->sim, i);
        t->all++;
        for (size_t k = 0; k < ARRAY_LEN(counted); k++)
            t->of[k] += strcmp(counted[k], r->operation) == 0 &&
                        r->status == 200;
        t->throttled += r->status == 400;
        if (strcmp(r->service, "ecs") == 0 &&
            strcmp(r->access_key, t->last_key) != 0) {
            t->keys++;
            snprintf(t->last_key, sizeof(t->last_key), "%s", r->access_key);
        }
    }
    sim_forget_requests(l->sim);
}

static size_t of(const struct tally *t, const char *operation)
{
    for (size_t k = 0; k < ARRAY_LEN(counted); k++)
        if (strcmp(counted[k], operation) == 0)
            return t->of[k];
    return 0;
}

static long anonymous_kb(void)
{
    char line[200];
    long kb = -1;
    malloc_trim(0);
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof(line), f))
        if (sscanf(line, "RssAnon: %ld", &kb) == 1)
            break;
    if (f)
        fclose(f);
    return kb;
}

static size_t descriptors(void)
{
    size_t n = 0;
    DIR *d = opendir("/proc/self/fd");
    while (d && readdir(d))
        n++;
    if (d)
        closedir(d);
    return n;
}

static void live(struct lab *l, int64_t ms)
{
    for (; ms > 0; ms -= STEP_MS) {
        clock_advance(l->clock, STEP_MS);
        assert_true(loop_until_idle(l->loop, 20000));
        paint(l);
    }
}

static void open_sim(struct lab *l)
{
    char creds[40];
    struct err err = {0};
    snprintf(creds, sizeof(creds), "ttl=%d", LIFE_S);
    struct sim_options so = {
        .seed = 7, .mode = SIM_CLOCK_DRIVEN, .clock = l->clock,
        .creds = creds,
        .faults = "throttle:ecs:Describe*:every=40:count=all,"
                  "500:ecs:List*:every=60:count=all"};
    l->sim = sim_new(loop_uv(l->loop), &so, &err);
    assert_non_null(l->sim);
    char *text = sim_describe(l->sim);
    json_t *o = json_loads(text, 0, NULL);
    l->container_uri =
        xstrdup(json_string_value(json_object_get(o, "container_uri")));
    l->container_token =
        xstrdup(json_string_value(json_object_get(o, "container_token")));
    json_decref(o);
    free(text);
}

/* A person looks round, and every half hour deploys. */
static void half_an_hour(struct lab *l, struct tally *t)
{
    static const char *const tour[][4] = {
        {"t"}, {"t", "d"}, {"l"}, {"e"}, {"y"}, {"t", "l"}, {"W"}, {"!"}};
    for (size_t i = 0; i < ARRAY_LEN(tour); i++) {
        for (size_t k = 0; k < 4 && tour[i][k]; k++) {
            key(l, tour[i][k]);
            live(l, 10000);
        }
        live(l, 60000);
        while (l->app->depth > 1)
            key(l, "[");
        live(l, 120000);
        tally(l, t);
    }
    key(l, "R");
    settle(l);
    assert_true(l->app->dialog.open);
    confirm(l);
    for (int i = 0; i < 10 && l->app->dialog.open; i++)
        live(l, STEP_MS);
    assert_false(l->app->dialog.open);
    live(l, 300000);
    tally(l, t);
}

/* The rows of the table up to their age. What comes after it tells causes,
 * and who has watched longer knows more of them: AWS forgets tasks that
 * stopped an hour ago. */
static void assert_same_rows(struct lab *a, struct lab *b)
{
    size_t rows = 0, cut = 0;
    for (int row = 2; row < a->app->surface.rows - 2; row++) {
        char *x = surface_row_text(&a->app->surface, row);
        char *y = surface_row_text(&b->app->surface, row);
        char *age = strstr(x, " AGE");
        if (age)
            cut = (size_t)(age - x) + 4;
        bool end = strstr(x, "rows 1-") != NULL;
        bool same = strncmp(x, y, end || !cut ? 1000 : cut) == 0;
        if (!same)
            fail_msg("row %d is\n%s\nand of a cold start\n%s", row, x, y);
        rows += cut > 0;
        free(x);
        free(y);
        if (end || !same)
            break;
    }
    assert_true(rows > 8);
}

static void a_day_leaves_no_trace(void **state)
{
    struct lab *l = *state;
    const char *hours = getenv("SOAK_HOURS");
    int halves = 2 * (hours && *hours ? (int)strtol(hours, NULL, 10) : 1);
    struct tally t = {0};
    long kb = 0;
    size_t fds = 0;
    open_sim(l);
    lab_open(l, NULL, false, &kind_services, "auth-api cluster:main", NULL);
    for (int i = 0; i < halves; i++) {
        half_an_hour(l, &t);
        if (i == 0 || (halves > 8 && i == 3)) { /* the first ones fill caches */
            kb = anonymous_kb();
            fds = descriptors();
        }
    }
    long grown = anonymous_kb() - kb;
    print_message("%d hours: %zu calls, %zu throttled, %zu sets of "
                  "credentials, %zu deploys; %ld kB more, from %ld\n",
                  halves / 2, t.all, t.throttled, t.keys,
                  of(&t, "UpdateService"), grown, kb);
    assert_int_equal(of(&t, "UpdateService"), halves);
    assert_true(of(&t, "DescribeServices") > 200u * (size_t)halves);
    assert_true(of(&t, "FilterLogEvents") > 5u * (size_t)halves);
    assert_true(t.throttled > 5u * (size_t)halves);
    /* A life of a quarter of an hour: two sets each half hour. */
    assert_in_range(t.keys, 2 * halves - 1, 6 * halves + 2);
    assert_in_range(descriptors(), fds - 8, fds + 8);
    /* The simulator in here keeps the history of its world. */
    assert_true(grown < MAX_GROWTH_KB + halves / 2 * SIM_KB_AN_HOUR);

    /* A cold start beside it, on the same clock. */
    sim_fault_clear(l->sim);
    key(l, "<Esc>");
    live(l, 120000);
    struct lab cold = {.clock = l->clock, .loop = l->loop, .sim = l->sim,
                       .keymap = l->keymap, .theme = l->theme, .log = l->log,
                       .audit = l->audit,
                       .container_uri = l->container_uri,
                       .container_token = l->container_token};
    rng_seed(&cold.rng, 2);
    lab_open(&cold, NULL, false, &kind_services, NULL, NULL);
    for (int i = 0; i < 12; i++) {
        live(l, STEP_MS);
        paint(&cold);
    }
    key(l, "g"); /* it is on the row that it left last */
    key(&cold, "g");
    key(l, "r");
    key(&cold, "r");
    live(l, STEP_MS);
    paint(&cold);
    assert_same_rows(l, &cold);
    /* What the old one alone holds does not grow with the hours. (ASan's
     * allocator counts nothing here.) */
    size_t before = mallinfo2().uordblks;
    app_free(l->app);
    l->app = NULL;
    size_t held = (before - mallinfo2().uordblks) / 1024;
    print_message("the dashboard held %zu kB\n", held);
    assert_in_range(held, 0, MAX_HELD_KB);
    app_free(cold.app);
    http_free(cold.http);
    asker_free(cold.asker);
    free(l->container_uri);
    free(l->container_token);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {T(a_day_leaves_no_trace)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
