/* bench.h - what the programs of `make bench` share: a line of the report
 * (figure, goal, result), clocks, percentiles, and what Linux says of a
 * process. Figures are printed and never asserted: the machine drifts, so that
 * ratios within one run are worth more than times. */
#ifndef ECSDASH_TESTS_BENCH_BENCH_H
#define ECSDASH_TESTS_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

/* How much is measured; the smoke run of `make test` takes little. */
struct bench {
    const char *empty; /* a program that starts curses and nothing else */
    const char *scratch; /* a folder for logs and copies */
    int starts;        /* runs of exec to first frame */
    int keys;          /* samples of key to paint */
    int services, tasks;
    int idle_s;
    int lines_s;  /* of the log that tail reads 40 s of */
    int log_keys; /* samples of key to paint in a log */
    int log_s;    /* how long lines into a log are watched */
};

/* The report also goes to tsv (NULL: only printed); not owned. */
void report_to(FILE *tsv);
void report(const char *figure, const char *goal, const char *fmt,
            double value) __attribute__((format(printf, 3, 0)));

/* What could not be measured here, and why in a word or two. */
void report_skip(const char *figure, const char *why);

double now_ms(void);
/* Sorts; p in percent. -1 without samples. */
double percentile(double *v, size_t n, int p);
/* CPU time of a process so far, all its threads, in ms; -1 when it is gone. */
double cpu_ms(pid_t pid);
/* How long its first thread has waited for a processor that others had, in
 * ms; -1 when it is gone. */
double queued_ms(pid_t pid);
/* Private memory in kB; -1 when it is gone. */
double rss_anon_kb(pid_t pid);

struct screen;
/* Of the empty program: what the machine gives at that moment. */
double key_to_echo(struct screen *s, char key);

void bench_start(const struct bench *b);
void bench_first_rows(const struct bench *b);
void bench_refresh(const struct bench *b);
void bench_keys(const struct bench *b);
void bench_bytes(const struct bench *b);
void bench_idle(const struct bench *b);
void bench_size(const struct bench *b);
void bench_tail(const struct bench *b);
void bench_log_keys(const struct bench *b);
void bench_log_bytes(const struct bench *b);

#endif
