/* Logs at the whole program: `tail` beside `aws logs tail` at one server, keys
 * while lines rush in, and what a new line costs the terminal. */
#include "tests/bench/bench.h"
#include "tests/screen/harness.h"

#include "backend/base/mem.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- tail, beside aws logs tail -------------------------------------- */

struct run {
    double ms;
    size_t lines; /* it wrote */
    bool ok;
};

static size_t count_lines(const char *path)
{
    char chunk[65536];
    size_t lines = 0, n;
    FILE *f = fopen(path, "r");
    while (f && (n = fread(chunk, 1, sizeof(chunk), f)) > 0)
        for (size_t i = 0; i < n; i++)
            lines += chunk[i] == '\n';
    if (f)
        fclose(f);
    return lines;
}

/* Runs a program to its end, its output in a file of the scratch folder; at
 * most two minutes. */
static struct run run_to_end(const struct bench *b, const char *const *argv,
                             const char *const *env)
{
    char path[512];
    int status = -1;
    double start = now_ms();
    snprintf(path, sizeof(path), "%s/bench.out", b->scratch);
    unlink(path);
    pid_t pid = fork();
    if (pid == 0) {
        int out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        dup2(null, 0);
        dup2(out, 1);
        dup2(null, 2);
        alarm(120);
        execve(argv[0], (char *const *)(uintptr_t)argv,
               (char *const *)(uintptr_t)env);
        _exit(127);
    }
    if (pid > 0)
        waitpid(pid, &status, 0);
    struct run r = {.ms = now_ms() - start, .lines = count_lines(path),
                    .ok = WIFEXITED(status) && WEXITSTATUS(status) == 0};
    unlink(path);
    return r;
}

/* The official command line of version 2: version 1 has no `logs tail`. */
static const char *aws_cli(const struct bench *b, const char *const *env)
{
    static const char *const places[] = {"/usr/local/bin/aws", "/usr/bin/aws"};
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        const char *argv[] = {places[i], "logs", "tail", "help", NULL};
        if (access(places[i], X_OK) == 0 && run_to_end(b, argv, env).ok)
            return places[i];
    }
    return NULL;
}

static void report_run(const char *who, const struct run *r)
{
    char figure[96];
    snprintf(figure, sizeof(figure), "%s from a server: events", who);
    report(figure, "-", "%.0f", (double)r->lines);
    snprintf(figure, sizeof(figure), "%s: events a second, start to end", who);
    report(figure, "-", "%.0f", (double)r->lines * 1000 / r->ms);
}

void bench_tail(const struct bench *b)
{
    struct sim_child sim;
    char world[64], since[32], home[512], at_path[] = "PATH=/usr/bin:/bin";
    const char *args[] = {"--sim-world", world, "--sim-clock", "frozen", NULL};
    time_t from = time(NULL) - 40;
    struct tm tm;
    snprintf(world, sizeof(world), "clusters=1,services=1,tasks=5,lines=%d",
             b->lines_s);
    if (!sim_child_start(&sim, args))
        return;
    strftime(since, sizeof(since), "%Y-%m-%dT%H:%M:%SZ",
             gmtime_r(&from, &tm));
    snprintf(home, sizeof(home), "HOME=%s", b->scratch);
    const char *env[12] = {home, at_path, "LC_ALL=C.UTF-8", "AWS_PAGER=",
                           "AWS_EC2_METADATA_DISABLED=true"};
    for (int i = 0; sim.envp[i] && i < 6; i++)
        env[i + 5] = sim.envp[i];
    const char *ours[] = {getenv("ECSDASH_BIN"), "--budget", "unlimited",
                          "tail", "--since", since, "cluster-01/svc-00001",
                          NULL};
    struct run r = run_to_end(b, ours, env), other = {0};
    report_run("tail", &r);
    const char *cli = aws_cli(b, env);
    if (cli) {
        const char *theirs[] = {cli, "logs", "tail", "/ecs/svc-00001",
                                "--endpoint-url", sim.endpoint, "--since",
                                since, NULL};
        other = run_to_end(b, theirs, env);
    }
    if (other.ok && other.lines) {
        report_run("aws logs tail", &other);
        report("tail over aws logs tail, events a second", "above 1.00",
               "%.2f", (double)r.lines / r.ms /
                           ((double)other.lines / other.ms));
    } else {
        report_skip("aws logs tail: events a second, start to end",
                    cli ? "failed" : "not installed");
    }
    sim_child_stop(&sim);
}

/* ---- the log view ---------------------------------------------------- */

static struct screen *open_log(struct sim_child *sim, int rows, int lines_s)
{
    char world[64];
    const char *args[] = {"--sim-world", world, NULL};
    const char *argv[] = {NULL, "--budget", "unlimited", NULL};
    snprintf(world, sizeof(world), "clusters=1,services=1,tasks=5,lines=%d",
             lines_s);
    if (!sim_child_start(sim, args))
        return NULL;
    const char *env[8] = {"ECSDASH_TEST="}; /* no markers among the bytes */
    for (int i = 0; sim->envp[i] && i < 6; i++)
        env[i + 1] = sim->envp[i];
    struct screen_options o = {
        .rows = rows, .cols = 120, .argv = argv, .env = env};
    struct screen *s = screen_start(&o);
    screen_wait(s, "rows 1-");
    screen_keys(s, "l");
    screen_wait(s, " FOLLOW ");
    return s;
}

/* "9,456 lines" of the rule above the log. */
static long lines_told(struct screen *s)
{
    long n = 0;
    int row = screen_find(s, "-- log ");
    char *line = row >= 0 ? screen_row(s, row) : NULL;
    char *p = line ? strstr(line, " lines ") : NULL;
    while (p && p > line && p[-1] != ' ')
        p--;
    for (; p && *p != ' '; p++)
        n = *p == ',' ? n : n * 10 + (*p - '0');
    free(line);
    return n;
}

/* The current line; "" while all is followed. Lines may come above it, so that
 * its row says nothing. */
static void current_line(struct screen *s, char *out, size_t n)
{
    *out = '\0';
    for (int row = 0; row < screen_rows(s); row++) {
        if (screen_cell(s, row, 0).ch != '>')
            continue;
        char *line = screen_row(s, row);
        snprintf(out, n, "%s", line);
        free(line);
        return;
    }
}

static double line_to_paint(struct screen *s, const char *key)
{
    char before[200], after[200];
    current_line(s, before, sizeof(before));
    double start = now_ms();
    screen_keys(s, key);
    do {
        screen_read(s, 1);
        current_line(s, after, sizeof(after));
    } while (strcmp(before, after) == 0 && now_ms() - start < 1000);
    return now_ms() - start;
}

/* In turn: up pauses, down moves, F follows again: a paint of all lines, while
 * new ones come. The gaps between keys fall anywhere into the polls. */
void bench_log_keys(const struct bench *b)
{
    static const char *const keys[] = {"k", "k", "j", "F"};
    struct sim_child sim;
    size_t n = 0, max = (size_t)b->log_keys;
    const char *argv[] = {b->empty, NULL};
    struct screen_options o = {.rows = 24, .cols = 80, .argv = argv};
    struct screen *s = open_log(&sim, 40, 5000);
    if (!s)
        return;
    struct screen *empty = screen_start(&o);
    double *ms = xcalloc(max, sizeof(*ms));
    double *floor = xcalloc(max, sizeof(*floor));
    screen_wait(empty, "ready");
    for (int i = 0; i < 100 && screen_has(s, "reading back"); i++)
        screen_read(s, 100);
    screen_read(s, b->log_s > 10 ? 3000 : 100);
    double start = now_ms();
    long before = lines_told(s);
    for (; n < max; n++) {
        screen_read(s, 23 + (int)(n % 7) * 5);
        ms[n] = line_to_paint(s, keys[n % ARRAY_LEN(keys)]);
        floor[n] = key_to_echo(empty, n % 2 ? 'b' : 'a');
    }
    double took = now_ms() - start;
    report("keys in a log while lines come: lines a second that came",
           "5000 or more", "%.0f",
           (double)(lines_told(s) - before) * 1000 / took);
    report("key to paint meanwhile, p50 (ms)", "-", "%.1f",
           percentile(ms, n, 50));
    report("key to paint meanwhile, p99 (ms)", "under 16", "%.1f",
           percentile(ms, n, 99));
    report("key to echo of the empty program beside it, p99 (ms)", "-", "%.1f",
           percentile(floor, n, 99));
    free(ms);
    free(floor);
    screen_free(empty);
    screen_free(s);
    sim_child_stop(&sim);
}

/* Mean width of the rows of the log. */
static double mean_width(struct screen *s)
{
    size_t sum = 0, n = 0;
    for (int row = screen_find(s, " FOLLOW ") + 1;
         row < screen_rows(s) - 1; row++, n++) {
        char *line = screen_row(s, row);
        sum += strlen(line);
        free(line);
    }
    return n ? (double)sum / (double)n : 0;
}

/* A poll brings 20 lines; more than half a screen at once can't be scrolled. */
void bench_log_bytes(const struct bench *b)
{
    struct sim_child sim;
    size_t from, to;
    double text = 0;
    int looks = 0;
    struct screen *s = open_log(&sim, 60, 10);
    if (!s)
        return;
    screen_read(s, b->log_s > 10 ? 5000 : 500);
    screen_raw(s, &from);
    long before = lines_told(s);
    for (double end = now_ms() + b->log_s * 1000; now_ms() < end; looks++) {
        screen_read(s, 1000);
        text += mean_width(s);
    }
    screen_raw(s, &to);
    double lines = (double)(lines_told(s) - before);
    report("bytes to the terminal per line that comes into a log", "-",
           "%.0f", (double)(to - from) / lines);
    report("the same without its text as shown, the header's included",
           "at most 60", "%.0f",
           (double)(to - from) / lines - text / looks);
    screen_free(s);
    sim_child_stop(&sim);
}
