#include "tests/bench/bench.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static FILE *to;

void report_to(FILE *tsv)
{
    to = tsv;
}

/* A goal is "at most 6", "under 16", "above 1.00", "200 or more" or a bare
 * number, which is the most. "" where it is none that can be missed. */
static const char *verdict(const char *goal, double value)
{
    const char *digits = strpbrk(goal, "0123456789");
    double limit = digits ? strtod(digits, NULL) : 0;
    bool met;
    if (!digits || strncmp(goal, "about", 5) == 0)
        return "";
    if (strncmp(goal, "above", 5) == 0)
        met = value > limit;
    else if (strstr(goal, "or more"))
        met = value >= limit;
    else if (strncmp(goal, "under", 5) == 0)
        met = value < limit;
    else
        met = value <= limit;
    return met ? "met" : "MISSED";
}

void report(const char *figure, const char *goal, const char *fmt,
            double value)
{
    char text[64];
    snprintf(text, sizeof(text), fmt, value);
    const char *word = verdict(goal, strtod(text, NULL));
    printf("%-62s %-20s %-8s %s\n", figure, goal, text, word);
    fflush(stdout);
    if (to)
        fprintf(to, "%s\t%s\t%s\t%s\n", figure, goal, text, word);
}

void report_skip(const char *figure, const char *why)
{
    printf("%-62s %-20s %s\n", figure, "-", why);
    fflush(stdout);
    if (to)
        fprintf(to, "%s\t-\t%s\t\n", figure, why);
}

static double ms_of(clockid_t clock)
{
    struct timespec ts;
    if (clock_gettime(clock, &ts))
        return -1;
    return (double)ts.tv_sec * 1000.0 + (double)ts.tv_nsec / 1e6;
}

double now_ms(void)
{
    return ms_of(CLOCK_MONOTONIC);
}

double cpu_ms(pid_t pid)
{
    clockid_t clock;
    return clock_getcpuclockid(pid, &clock) ? -1 : ms_of(clock);
}

double queued_ms(pid_t pid)
{
    char path[64];
    unsigned long long ran, queued;
    double ms = -1;
    snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)pid);
    FILE *f = fopen(path, "r");
    if (f && fscanf(f, "%llu %llu", &ran, &queued) == 2)
        ms = (double)queued / 1e6;
    if (f)
        fclose(f);
    return ms;
}

double rss_anon_kb(pid_t pid)
{
    char path[64], line[256];
    double kb = -1;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof(line), f))
        if (strncmp(line, "RssAnon:", 8) == 0)
            kb = strtod(line + 8, NULL);
    if (f)
        fclose(f);
    return kb;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

double percentile(double *v, size_t n, int p)
{
    if (!n)
        return -1;
    qsort(v, n, sizeof(*v), by_value);
    size_t i = n * (size_t)p / 100;
    return v[i < n ? i : n - 1];
}
