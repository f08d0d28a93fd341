/* Bytes to the terminal, and what an idle dashboard costs. */
#include "tests/bench/bench.h"
#include "tests/bench/tap.h"
#include "tests/screen/harness.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define FROZEN "ECSDASH_TEST=frozen:1795271527000"
#define SIM_FROZEN "frozen@2026-11-21T14:32:07Z"

/* Bytes since `from` without the idle markers of test mode. */
static double bytes_since(struct screen *s, size_t from)
{
    size_t n, marks = 0;
    const char *raw = screen_raw(s, &n);
    for (size_t i = from; i < n;) {
        const char *p = memmem(raw + i, n - i, "\033]7717;", 7);
        const char *end = p ? memchr(p, '\a', (size_t)(raw + n - p)) : NULL;
        if (!end)
            break;
        marks += (size_t)(end + 1 - p);
        i = (size_t)(end + 1 - raw);
    }
    return (double)(n - from - marks);
}

/* Three services lose a task each. */
static void three_less(void *arg, const char *op, char *body, size_t len)
{
    static const char *const names[] = {"svc-00012", "svc-00023",
                                        "svc-00034"};
    (void)arg;
    if (strcmp(op, "DescribeServices"))
        return;
    for (size_t i = 0; i < 3; i++) {
        char name[40];
        int n = snprintf(name, sizeof(name), "\"serviceName\":\"%s\"",
                         names[i]);
        char *p = memmem(body, len, name, (size_t)n);
        p = p ? memmem(p, len - (size_t)(p - body), "\"runningCount\":", 15)
              : NULL;
        if (p && p[15] == '3')
            p[15] = '2';
    }
}

static double refresh_bytes(struct sim_child *sim, double *still)
{
    struct tap *tap = tap_start(sim);
    const char *argv[] = {NULL, "--refresh", "1", "--budget", "unlimited",
                          NULL};
    const char *env[8] = {FROZEN};
    struct screen_options o = {
        .rows = 62, .cols = 120, .argv = argv, .env = env};
    size_t from;
    for (int i = 0; sim->envp[i] && i < 6; i++)
        env[i + 1] = sim->envp[i];
    struct screen *s = screen_start(&o);
    screen_wait(s, "rows 1-42 of 42");
    screen_idle(s);
    screen_read(s, 1500);
    screen_raw(s, &from);
    screen_read(s, 3000);
    *still = bytes_since(s, from);
    screen_raw(s, &from);
    tap_edit(tap, three_less, NULL);
    double end = now_ms() + 10000;
    for (int row = 0, seen = 0; seen < 3 && now_ms() < end;) {
        screen_read(s, 20);
        for (row = seen = 0; row < 62; row++) {
            char *line = screen_row(s, row);
            seen += strstr(line, "svc-000") && strstr(line, "2/3");
            free(line);
        }
    }
    screen_read(s, 200);
    double bytes = bytes_since(s, from);
    screen_free(s);
    tap_stop(tap);
    return bytes;
}

void bench_bytes(const struct bench *b)
{
    struct sim_child sim;
    const char *small[] = {"--sim-world", "clusters=1,services=42,tasks=126",
                           "--sim-clock", SIM_FROZEN, NULL};
    const char *large[] = {"--sim-world", "clusters=1,services=300,tasks=900",
                           "--sim-clock", SIM_FROZEN, NULL};
    const char *argv[] = {NULL, "--budget", "unlimited", NULL};
    double still, most = 0;
    size_t from;
    (void)b;
    if (!sim_child_start(&sim, small))
        return;
    double bytes = refresh_bytes(&sim, &still);
    sim_child_stop(&sim);
    report("bytes of refreshes that change nothing, clocks frozen", "0",
           "%.0f", still);
    report("bytes of a refresh of 42 rows with 3 changes", "under 1024",
           "%.0f", bytes);
    if (!sim_child_start(&sim, large))
        return;
    const char *env[8] = {FROZEN};
    for (int i = 0; sim.envp[i] && i < 6; i++)
        env[i + 1] = sim.envp[i];
    struct screen_options o = {
        .rows = 40, .cols = 120, .argv = argv, .env = env};
    struct screen *s = screen_start(&o);
    screen_wait(s, "rows 1-");
    screen_idle(s);
    for (int i = 0; i < 8; i++) {
        screen_raw(s, &from);
        screen_keys(s, "\033[6~");
        screen_idle(s);
        screen_read(s, 20);
        double page = bytes_since(s, from);
        most = page > most ? page : most;
    }
    report("bytes of a page down at 120x40, the most of 8", "under 4096",
           "%.0f", most);
    screen_free(s);
    sim_child_stop(&sim);
}

/* Letters that are not part of a time or an age. */
static size_t not_ages(const char *p, size_t n)
{
    size_t other = 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '\033' && i + 1 < n && p[i + 1] == '[') {
            for (i += 2; i < n && !isalpha((unsigned char)p[i]); i++)
                ;
        } else if (p[i] == '\033' && i + 2 < n) {
            i += 2; /* ESC ( B */
        } else if ((unsigned char)p[i] > ' ' &&
                   !strchr("0123456789smhdZ:ago", p[i])) {
            other++;
        }
    }
    return other;
}

/* The clock of the account runs, but nothing happens in it. */
void bench_idle(const struct bench *b)
{
    struct sim_child sim;
    const char *args[] = {"--sim-world", "clusters=1,services=6,tasks=18",
                          NULL};
    const char *argv[] = {NULL, NULL};
    const char *env[8] = {"ECSDASH_TEST="};
    struct screen_options o = {
        .rows = 40, .cols = 120, .argv = argv, .env = env};
    size_t from;
    if (!sim_child_start(&sim, args))
        return;
    for (int i = 0; sim.envp[i] && i < 6; i++)
        env[i + 1] = sim.envp[i];
    struct screen *s = screen_start(&o);
    screen_wait(s, "3/3");
    screen_read(s, b->idle_s > 10 ? 8000 : 500);
    screen_raw(s, &from);
    double cpu = cpu_ms(screen_pid(s)), start = now_ms();
    screen_read(s, b->idle_s * 1000);
    cpu = cpu_ms(screen_pid(s)) - cpu;
    double ms = now_ms() - start, bytes = bytes_since(s, from);
    size_t n;
    const char *raw = screen_raw(s, &n);
    report("bytes a second, idle for a minute", "at most 200", "%.0f",
           bytes * 1000 / ms);
    report("signs among them that belong to no age or clock", "0", "%.0f",
           (double)not_ages(raw + from, n - from));
    report("CPU, idle for a minute (% of a core)", "under 0.5", "%.2f",
           cpu * 100 / ms);
    screen_free(s);
    sim_child_stop(&sim);
}
