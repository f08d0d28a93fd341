/* `make bench`: figures beside their goals, taken at the pseudo-terminal of
 * the unmodified binary, the simulator in a process of its own; and bench.tsv
 * (figure, goal, result). --smoke takes few samples of a small account: for
 * `make test`, so that the bench does not rot. */
#include "tests/bench/bench.h"

#include "backend/base/mem.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    void (*run)(const struct bench *b);
} topics[] = {
    {"start", bench_start},     {"rows", bench_first_rows},
    {"refresh", bench_refresh}, {"keys", bench_keys},
    {"bytes", bench_bytes},     {"idle", bench_idle},
    {"size", bench_size},       {"tail", bench_tail},
    {"log-keys", bench_log_keys}, {"log-bytes", bench_log_bytes},
};

static void say_load(const char *when)
{
    double load[3];
    char figure[64];
    if (getloadavg(load, 3) < 1)
        return;
    snprintf(figure, sizeof(figure), "load of this machine, %s", when);
    report(figure, "-", "%.1f", load[0]);
}

int main(int argc, char **argv)
{
    struct bench b = {.starts = 40, .keys = 400, .services = 2000,
                      .tasks = 20000, .idle_s = 60,
                      .lines_s = 5000, .log_keys = 200, .log_s = 20};
    int at = 1;
    FILE *tsv = NULL;
    if (at < argc && strcmp(argv[at], "--smoke") == 0) {
        b = (struct bench){.starts = 2, .keys = 10, .services = 60,
                           .tasks = 300, .idle_s = 2, .lines_s = 100,
                           .log_keys = 8, .log_s = 3};
        at++;
    }
    if (argc - at < 2 || !getenv("ECSDASH_BIN")) {
        fprintf(stderr, "usage: ECSDASH_BIN=... bench [--smoke] EMPTY FOLDER "
                "[bench.tsv [TOPIC]]\n");
        return 2;
    }
    setlocale(LC_ALL, "C.UTF-8");
    b.empty = argv[at];
    b.scratch = argv[at + 1];
    if (argc > at + 2)
        tsv = fopen(argv[at + 2], "w");
    report_to(tsv);
    if (tsv)
        fprintf(tsv, "figure\tgoal\tresult\tmet\n");
    printf("%-62s %-20s %s\n", "figure", "goal", "result");
    say_load("before");
    for (size_t i = 0; i < ARRAY_LEN(topics); i++)
        if (argc <= at + 3 || strcmp(argv[at + 3], topics[i].name) == 0)
            topics[i].run(&b);
    say_load("after");
    if (tsv)
        fclose(tsv);
    return 0;
}
