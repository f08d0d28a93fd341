/* From exec to the first frame, and to the first rows over a slow link. */
#include "tests/bench/bench.h"
#include "tests/bench/tap.h"
#include "tests/screen/harness.h"

#include "backend/base/mem.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

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
                          const char *text, int stop_ms)
{
    struct screen_options o = {
        .rows = 24, .cols = 80, .argv = argv, .env = env};
    double start = now_ms();
    struct screen *s = screen_start(&o);
    double end = start + 10000, took = -1;
    if (stop_ms) {
        screen_signal(s, SIGSTOP);
        usleep((useconds_t)stop_ms * 1000);
        screen_signal(s, SIGCONT);
    }
    while (took < 0 && now_ms() < end) {
        size_t n;
        screen_read(s, 1);
        const char *raw = screen_raw(s, &n);
        if (n && memmem(raw, n, text, strlen(text)))
            took = now_ms() - start;
    }
    screen_free(s);
    return took;
}

void bench_start(const struct bench *b)
{
    size_t n = (size_t)b->starts;
    double *ours = xcalloc(n, sizeof(*ours)), *slow = xcalloc(n, sizeof(*slow));
    double *theirs = xcalloc(n, sizeof(*theirs));
    char url[64];
    int port = 0, fd = silent_port(&port);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d", port);
    const char *argv[] = {NULL, "--endpoint-url", url, NULL};
    const char *floor[] = {b->empty, NULL};
    const char *env[] = {"AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=y",
                         "AWS_REGION=eu-west-1", NULL};
    for (size_t i = 0; i < n; i++) { /* in turn: the machine drifts */
        ours[i] = first_frame(argv, env, "loading", 0);
        theirs[i] = first_frame(floor, env, "ready", 0);
        slow[i] = first_frame(argv, env, "loading", 20);
    }
    close(fd);
    double frame = percentile(ours, n, 50);
    report("exec to first frame, no reply has come (ms, median)", "-", "%.1f",
           frame);
    report("the same of an empty program with the same libraries", "-", "%.1f",
           percentile(theirs, n, 50));
    report("ratio of the two", "at most 2", "%.2f",
           frame / percentile(theirs, n, 50));
    report("self-check: stopped for 20 ms, how much later (ms)", "about 20",
           "%.1f", percentile(slow, n, 50) - frame);
    free(ours);
    free(slow);
    free(theirs);
}

/* The longest chain of calls that waited for one another, of those that were
 * answered by then: a call was sent after the answer that it needed. */
static int chain(struct tap *t, double by_ms)
{
    size_t n;
    int longest = 0;
    struct tap_call *c = tap_calls(t, &n);
    int *depth = xcalloc(n + 1, sizeof(*depth));
    for (size_t i = 0; i < n; i++) {
        depth[i] = 1;
        for (size_t k = 0; k < i; k++)
            if (c[k].answered_ms > 0 && c[k].answered_ms <= c[i].asked_ms &&
                depth[k] + 1 > depth[i])
                depth[i] = depth[k] + 1;
        if (c[i].answered_ms > 0 && c[i].answered_ms <= by_ms &&
            depth[i] > longest)
            longest = depth[i];
    }
    free(depth);
    free(c);
    return longest;
}

enum { LATENCY_MS = 20 };

void bench_first_rows(const struct bench *b)
{
    struct sim_child sim;
    char world[64];
    double named[9], trips[9], waited[9];
    size_t n = 0;
    const char *args[] = {"--sim-world", world, "--sim-faults",
                          "delay:ms=20:count=all", NULL};
    snprintf(world, sizeof(world), "clusters=2,services=%d,tasks=%d",
             b->services, b->tasks);
    if (!sim_child_start(&sim, args))
        return;
    for (size_t i = 0; i < (b->starts > 10 ? ARRAY_LEN(trips) : 1); i++) {
        struct tap *tap = tap_start(&sim);
        const char *argv[] = {NULL, NULL};
        struct screen_options o = {
            .rows = 40, .cols = 120, .argv = argv, .env = sim.envp};
        struct screen *s = screen_start(&o);
        while (!screen_has(s, "loading"))
            screen_read(s, 1);
        double start = now_ms(), end = start + 10000;
        while (!screen_has(s, "svc-0") && now_ms() < end)
            screen_read(s, 1);
        named[n] = (now_ms() - start) / LATENCY_MS;
        /* Counts: rows that are described, not merely named. */
        while (!screen_has(s, "10/10") && !screen_has(s, " 5/5") &&
               now_ms() < end)
            screen_read(s, 1);
        trips[n] = chain(tap, now_ms());
        waited[n++] = (now_ms() - start) / LATENCY_MS;
        screen_free(s);
        tap_stop(tap);
    }
    sim_child_stop(&sim);
    report("first rows of 2,000 services, in latencies of 20 ms", "at most 6",
           "%.1f", percentile(named, n, 50));
    report("the same, with their state and counts", "at most 6", "%.1f",
           percentile(waited, n, 50));
    report("calls of these that waited for one another", "at most 6", "%.0f",
           percentile(trips, n, 50));
}

void bench_size(const struct bench *b)
{
    char path[512], command[1200];
    struct stat st;
    snprintf(path, sizeof(path), "%s/stripped", b->scratch);
    snprintf(command, sizeof(command), "strip -o '%s' '%s'", path,
             getenv("ECSDASH_BIN"));
    if (system(command) == 0 && stat(path, &st) == 0)
        report("size of the stripped binary (kB)", "under 1024", "%.0f",
               (double)st.st_size / 1024);
    unlink(path);
}
