/* `make bench`: figures beside their goals, taken at the pseudo-terminal, and
 * bench.tsv (figure, goal, result). Ratios in one run, not absolute times. */
#include "tests/screen/harness.h"

#include "backend/base/mem.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define RUNS 40

static FILE *tsv;

static double now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec * 1000.0 + (double)ts.tv_nsec / 1e6;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void report(const char *figure, const char *goal, const char *fmt,
                   double value)
{
    char text[64];
    snprintf(text, sizeof(text), fmt, value);
    printf("%-58s %-22s %s\n", figure, goal, text);
    if (tsv)
        fprintf(tsv, "%s\t%s\t%s\n", figure, goal, text);
}

/* A port that takes connections and never answers. */
static int silent_port(int *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) ||
        listen(fd, 64) || getsockname(fd, (struct sockaddr *)&at, &len))
        return -1;
    *port = ntohs(at.sin_port);
    return fd;
}

static double first_frame(const char *const *argv, const char *const *env,
                          const char *text)
{
    struct screen_options o = {
        .rows = 24, .cols = 80, .argv = argv, .env = env};
    double start = now_ms();
    struct screen *s = screen_start(&o);
    double end = start + 10000, took = -1;
    while (now_ms() < end) {
        size_t n;
        screen_read(s, 1);
        const char *raw = screen_raw(s, &n);
        if (n && memmem(raw, n, text, strlen(text))) {
            took = now_ms() - start;
            break;
        }
    }
    screen_free(s);
    return took;
}

static void bench_first_frame(const char *empty)
{
    double ours[RUNS], theirs[RUNS];
    char url[64];
    int port = 0, fd = silent_port(&port);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d", port);
    const char *argv[] = {NULL, "--endpoint-url", url, NULL};
    const char *floor[] = {empty, NULL};
    const char *env[] = {"AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=y",
                         "AWS_REGION=eu-west-1", NULL};
    for (int i = 0; i < RUNS; i++) { /* in turn: the machine drifts */
        ours[i] = first_frame(argv, env, "loading");
        theirs[i] = first_frame(floor, env, "ready");
    }
    close(fd);
    qsort(ours, RUNS, sizeof(double), by_value);
    qsort(theirs, RUNS, sizeof(double), by_value);
    report("exec to first frame, no reply has come (ms, median)", "-",
           "%.1f", ours[RUNS / 2]);
    report("the same of an empty program with the same libraries", "-",
           "%.1f", theirs[RUNS / 2]);
    report("ratio of the two", "at most 2", "%.2f",
           ours[RUNS / 2] / theirs[RUNS / 2]);
}

static void bench_bytes(void)
{
    const char *argv[] = {NULL, "--demo", "--seed", "7", "--sim-clock",
                          "frozen@2026-11-21T14:32:07Z", NULL};
    const char *env[] = {"ECSDASH_TEST=frozen:1795271527000", NULL};
    struct screen_options o = {
        .rows = 40, .cols = 120, .argv = argv, .env = env};
    struct screen *s = screen_start(&o);
    size_t before, after;
    if (!screen_wait(s, "rows 1-") || !screen_idle(s))
        return;
    screen_read(s, 1500);
    screen_raw(s, &before);
    screen_read(s, 10000);
    screen_raw(s, &after);
    report("bytes to the terminal in 10 s idle, clocks frozen",
           "0 (idle markers aside)", "%.0f", (double)(after - before));
    screen_raw(s, &before);
    screen_keys(s, "\033[6~");
    screen_idle(s);
    screen_raw(s, &after);
    report("bytes of a page down at 120x40", "under 5120", "%.0f",
           (double)(after - before));
    screen_free(s);
}

static void bench_keys(void)
{
    enum { KEYS = 200 };
    double ms[KEYS];
    struct sim_child sim;
    const char *world[] = {"--sim-world", "clusters=2,services=2000,"
                                          "tasks=20000", NULL};
    if (!sim_child_start(&sim, world))
        return;
    const char *argv[] = {NULL, "--budget", "unlimited", NULL};
    struct screen_options o = {
        .rows = 40, .cols = 120, .argv = argv, .env = sim.envp};
    struct screen *s = screen_start(&o);
    screen_wait(s, "rows 1-");
    for (int i = 0; i < KEYS; i++) {
        size_t n0, n1;
        screen_read(s, 5);
        screen_raw(s, &n0);
        double start = now_ms();
        screen_keys(s, i % 40 < 20 ? "j" : "k");
        do {
            screen_read(s, 1);
            screen_raw(s, &n1);
        } while (n1 == n0 && now_ms() - start < 1000);
        ms[i] = now_ms() - start;
    }
    qsort(ms, KEYS, sizeof(double), by_value);
    report("key to paint while 2,000 services load, p50 (ms)", "2", "%.1f",
           ms[KEYS / 2]);
    report("the same, p99 (ms)", "16", "%.1f", ms[KEYS * 99 / 100]);
    screen_free(s);
    sim_child_stop(&sim);
}

int main(int argc, char **argv)
{
    struct stat st;
    const char *bin = getenv("ECSDASH_BIN");
    if (argc < 2 || !bin) {
        fprintf(stderr, "usage: ECSDASH_BIN=... bench EMPTY [bench.tsv]\n");
        return 2;
    }
    tsv = argc > 2 ? fopen(argv[2], "w") : NULL;
    if (tsv)
        fprintf(tsv, "figure\tgoal\tresult\n");
    printf("%-58s %-22s %s\n", "figure", "goal", "result");
    bench_first_frame(argv[1]);
    bench_bytes();
    bench_keys();
    if (stat(bin, &st) == 0)
        report("size of the binary, symbols included (kB)", "1024 stripped",
               "%.0f", (double)st.st_size / 1024);
    if (tsv)
        fclose(tsv);
    return 0;
}
