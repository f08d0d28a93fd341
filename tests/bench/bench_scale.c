/* A large account: what one full refresh costs, and keys while it runs. */
#include "tests/bench/bench.h"
#include "tests/bench/tap.h"
#include "tests/screen/harness.h"

#include "backend/base/mem.h"

#include <jansson.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static bool large_sim(const struct bench *b, struct sim_child *sim)
{
    char world[64];
    const char *args[] = {"--sim-world", world, NULL};
    snprintf(world, sizeof(world), "clusters=1,services=%d,tasks=%d",
             b->services, b->tasks);
    return sim_child_start(sim, args);
}

/* ---- against jansson ------------------------------------------------- */

static bool is_read(const char *op)
{
    return strncmp(op, "List", 4) == 0 || strncmp(op, "Describe", 8) == 0;
}

/* CPU time of merely parsing the same bodies; the median of a few rounds. */
static double parse_ms(const struct tap_call *c, size_t n, double *bytes)
{
    double rounds[5];
    for (size_t r = 0; r < ARRAY_LEN(rounds); r++) {
        struct timespec a, z;
        *bytes = 0;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
        for (size_t i = 0; i < n; i++) {
            if (!is_read(c[i].op))
                continue;
            json_decref(json_loadb(c[i].body, c[i].len, 0, NULL));
            *bytes += (double)c[i].len;
        }
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &z);
        rounds[r] = (double)(z.tv_sec - a.tv_sec) * 1e3 +
                    (double)(z.tv_nsec - a.tv_nsec) / 1e6;
    }
    return percentile(rounds, ARRAY_LEN(rounds), 50);
}

/* What one dashboard did, from its start until all was there. */
struct refresh {
    double bytes, ratio, kb;
    double calls, least; /* made, and how few would have done */
    double turn_ms, turn_cpu_ms;
    double service, task, strings; /* bytes a row */
};

static void count_calls(const struct tap_call *c, size_t n, struct refresh *r)
{
    static const struct {
        const char *list, *member, *describe;
        size_t batch;
    } kinds[] = {{"ListServices", "serviceArns", "DescribeServices", 10},
                 {"ListTasks", "taskArns", "DescribeTasks", 100}};
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        size_t named = 0;
        for (size_t i = 0; i < n; i++) {
            r->calls += strcmp(c[i].op, kinds[k].describe) == 0;
            if (strcmp(c[i].op, kinds[k].list))
                continue;
            json_t *o = json_loadb(c[i].body, c[i].len, 0, NULL);
            named += json_array_size(json_object_get(o, kinds[k].member));
            json_decref(o);
            r->calls++;
            r->least++;
        }
        r->least += (double)((named + kinds[k].batch - 1) / kinds[k].batch);
    }
}

/* What the program noted at its end: its longest turn, and its rows. */
static void read_log(const char *log, struct refresh *r)
{
    char line[1024];
    unsigned long long turns = 0, longest = 0, cpu = 0, v[6] = {0};
    FILE *f = fopen(log, "r");
    while (f && fgets(line, sizeof(line), f)) {
        const char *loop = strstr(line, "loop: ");
        const char *memory = strstr(line, "memory: ");
        if (loop)
            sscanf(loop, "loop: %llu turns, the longest %llu us, %llu us of "
                   "CPU", &turns, &longest, &cpu);
        if (memory)
            sscanf(memory, "memory: %llu bytes in %llu services, %llu in "
                   "%llu tasks, %llu in %llu strings", &v[0], &v[1], &v[2],
                   &v[3], &v[4], &v[5]);
    }
    if (f)
        fclose(f);
    r->turn_ms = (double)longest / 1e3;
    r->turn_cpu_ms = (double)cpu / 1e3;
    r->service = (double)v[0] / (double)(v[1] ? v[1] : 1);
    r->task = (double)v[2] / (double)(v[3] ? v[3] : 1);
    r->strings = (double)v[4] / (double)(v[1] + v[3] ? v[1] + v[3] : 1);
}

static double small_account_kb(void)
{
    struct sim_child sim;
    const char *args[] = {"--sim-world", "clusters=1,services=20,tasks=60",
                          NULL};
    const char *argv[] = {NULL, NULL};
    if (!sim_child_start(&sim, args))
        return -1;
    struct screen_options o = {
        .rows = 40, .cols = 120, .argv = argv, .env = sim.envp};
    struct screen *s = screen_start(&o);
    screen_wait(s, "rows 1-");
    screen_idle(s);
    double kb = rss_anon_kb(screen_pid(s));
    screen_free(s);
    sim_child_stop(&sim);
    return kb;
}

static bool refresh(const struct bench *b, struct sim_child *sim,
                    struct refresh *r)
{
    struct tap *tap = tap_start(sim);
    char log[512];
    size_t n;
    if (!tap)
        return false;
    snprintf(log, sizeof(log), "%s/bench.log", b->scratch);
    unlink(log);
    const char *argv[] = {NULL, "--budget", "unlimited", "--refresh", "600",
                          "--log-file", log, NULL};
    struct screen_options o = {
        .rows = 40, .cols = 120, .argv = argv, .env = sim->envp};
    struct screen *s = screen_start(&o);
    screen_wait(s, "loading");
    double cpu = cpu_ms(screen_pid(s));
    screen_wait(s, "rows 1-");
    screen_idle(s);
    screen_keys(s, ":tasks cluster-01\r");
    screen_idle(s);
    cpu = cpu_ms(screen_pid(s)) - cpu;
    r->kb = rss_anon_kb(screen_pid(s));
    struct tap_call *calls = tap_calls(tap, &n);
    screen_keys(s, ":q\r");
    screen_end(s);
    screen_free(s);
    r->ratio = cpu / parse_ms(calls, n, &r->bytes);
    count_calls(calls, n, r);
    read_log(log, r);
    unlink(log);
    free(calls);
    tap_stop(tap);
    return true;
}

/* The median of a member of all of them. */
static double middle(const struct refresh *r, size_t n, size_t member)
{
    double v[8];
    for (size_t i = 0; i < n; i++)
        v[i] = *(const double *)((const char *)&r[i] + member);
    return percentile(v, n, 50);
}
#define MIDDLE(member) middle(r, n, offsetof(struct refresh, member))

void bench_refresh(const struct bench *b)
{
    struct sim_child sim;
    struct refresh r[5] = {{0}};
    double small = small_account_kb();
    size_t n = 0, rounds = b->starts > 10 ? ARRAY_LEN(r) : 1;
    if (!large_sim(b, &sim))
        return;
    while (n < rounds && refresh(b, &sim, &r[n]))
        n++;
    sim_child_stop(&sim);
    if (!n)
        return;
    report("bytes of JSON in one full refresh, 2,000 and 20,000 (MB)", "-",
           "%.1f", MIDDLE(bytes) / 1e6);
    report("CPU of it over jansson merely parsing the same bytes",
           "at most 1.3", "%.2f", MIDDLE(ratio));
    report("calls of one full refresh", "-", "%.0f", MIDDLE(calls));
    report("calls over list pages + ceil(n/batch)", "1.00", "%.2f",
           MIDDLE(calls) / MIDDLE(least));
    report("longest turn of the loop during all that (ms)", "8", "%.1f",
           MIDDLE(turn_ms));
    report("the longest by CPU time alone (ms)", "8", "%.1f",
           MIDDLE(turn_cpu_ms));
    report("private memory, a small account (MB)", "6", "%.1f", small / 1024);
    report("the same with 2,000 services and 20,000 tasks (MB)", "40", "%.1f",
           MIDDLE(kb) / 1024);
    report("private memory over that of a small account, a row (bytes)", "-",
           "%.0f", (MIDDLE(kb) - small) * 1024 / (b->services + b->tasks));
    report("arenas and entry of a service row (bytes)", "-", "%.0f",
           MIDDLE(service));
    report("arenas and entry of a task row (bytes)", "-", "%.0f",
           MIDDLE(task));
    report("strings shared by all rows, each once (bytes a row)", "-", "%.0f",
           MIDDLE(strings));
}

/* ---- keys ------------------------------------------------------------ */

/* The row under the cursor: it follows its ARN, so that only a key changes
 * which task it is. */
static void selected(struct screen *s, char *out, size_t n)
{
    for (int row = 0; row < screen_rows(s); row++) {
        if (screen_cell(s, row, 0).ch != '>')
            continue;
        char *line = screen_row(s, row);
        char *id = strpbrk(line, "0123456789abcdef");
        for (; id && strspn(id, "0123456789abcdef") < 8;
             id = strpbrk(id, "0123456789abcdef"))
            id += strspn(id, "0123456789abcdef");
        snprintf(out, n, "%.8s", id ? id : "");
        free(line);
        return;
    }
    out[0] = '\0';
}

/* net: without the time for which others had the processor; or NULL. */
static double key_to_paint(struct screen *s, const char *key, int stop_ms,
                           double *net)
{
    char before[16], after[16];
    selected(s, before, sizeof(before));
    double start = now_ms(), queued = queued_ms(screen_pid(s));
    screen_keys(s, key);
    if (stop_ms) {
        screen_signal(s, SIGSTOP);
        usleep((useconds_t)stop_ms * 1000);
        screen_signal(s, SIGCONT);
    }
    do {
        screen_read(s, 1);
        selected(s, after, sizeof(after));
    } while (strcmp(before, after) == 0 && now_ms() - start < 1000);
    double took = now_ms() - start;
    queued = queued_ms(screen_pid(s)) - queued;
    if (net)
        *net = queued < took ? took - queued : 0;
    return took;
}

double key_to_echo(struct screen *s, char key)
{
    char keys[2] = {key, '\0'};
    double start = now_ms();
    screen_keys(s, keys);
    do
        screen_read(s, 1);
    while (screen_cell(s, 1, 0).ch != (uint32_t)key &&
           now_ms() - start < 1000);
    return now_ms() - start;
}

struct samples {
    double *ours, *net, *floor, *slow;
    size_t n, max, n_slow;
};

/* One dashboard while it loads all tasks, until that is done. */
static void press_while_loading(struct sim_child *sim, struct screen *empty,
                                struct samples *v)
{
    const char *argv[] = {NULL, "--budget", "unlimited", "--refresh", "600",
                          NULL};
    struct screen_options o = {
        .rows = 40, .cols = 120, .argv = argv, .env = sim->envp};
    struct screen *s = screen_start(&o);
    size_t from, to;
    char id[16] = "";
    screen_wait(s, "rows 1-");
    screen_idle(s);
    screen_keys(s, ":tasks cluster-01\r");
    for (int i = 0; i < 5000 && !*id; i++) {
        screen_read(s, 1);
        if (screen_has(s, "rows 1-"))
            selected(s, id, sizeof(id));
    }
    screen_raw(s, &from);
    for (bool down = true; v->n < v->max; down = !down) {
        screen_read(s, 3);
        v->ours[v->n] = key_to_paint(s, down ? "j" : "k", 0, &v->net[v->n]);
        v->floor[v->n] = key_to_echo(empty, down ? 'a' : 'b');
        const char *raw = screen_raw(s, &to);
        if (memmem(raw + from, to - from, "\033]7717;idle", 11))
            break;
        v->n++;
    }
    for (int i = 0; i < 4; i++)
        v->slow[v->n_slow++] = key_to_paint(s, i % 2 ? "k" : "j", 20,
                                               NULL);
    screen_free(s);
}

void bench_keys(const struct bench *b)
{
    enum { ROUNDS = 40 };
    struct sim_child sim;
    struct samples v = {.max = (size_t)b->keys};
    const char *argv[] = {b->empty, NULL};
    struct screen_options o = {.rows = 24, .cols = 80, .argv = argv};
    if (!large_sim(b, &sim))
        return;
    v.ours = xcalloc(v.max + 1, sizeof(double));
    v.net = xcalloc(v.max + 1, sizeof(double));
    v.floor = xcalloc(v.max + 1, sizeof(double));
    v.slow = xcalloc(ROUNDS * 4, sizeof(double));
    struct screen *empty = screen_start(&o);
    screen_wait(empty, "ready");
    for (int i = 0; i < ROUNDS && v.n < v.max; i++)
        press_while_loading(&sim, empty, &v);
    report("keys pressed while 20,000 tasks load", "200 or more", "%.0f",
           (double)v.n);
    report("key to paint, p50 (ms)", "2", "%.1f",
           percentile(v.ours, v.n, 50));
    report("key to paint, p99 (ms)", "16", "%.1f",
           percentile(v.ours, v.n, 99));
    report("the same while it had a processor, p50 (ms)", "2", "%.1f",
           percentile(v.net, v.n, 50));
    report("the same while it had a processor, p99 (ms)", "16", "%.1f",
           percentile(v.net, v.n, 99));
    report("key to echo of the empty program beside it, p50 (ms)", "-", "%.1f",
           percentile(v.floor, v.n, 50));
    report("the same, p99 (ms)", "-", "%.1f", percentile(v.floor, v.n, 99));
    report("self-check: stopped for 20 ms, key to paint, p50 (ms)",
           "above 20", "%.1f", percentile(v.slow, v.n_slow, 50));
    screen_free(empty);
    sim_child_stop(&sim);
    free(v.ours);
    free(v.net);
    free(v.floor);
    free(v.slow);
}
