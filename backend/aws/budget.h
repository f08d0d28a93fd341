/* budget.h - a gentle client: token buckets, one per AWS throttle bucket.
 *
 * AWS's allowance belongs to the whole account and region: the console, CI and
 * nine colleagues share it. Each region has buckets of its own (region NULL is
 * one more: not known); the rates of CloudWatch Logs differ between regions. So a bucket starts with 30 % of AWS's burst and
 * then refills at `percent` (25) of AWS's rate, saving up at most one second's
 * worth. A throttle answer multiplies the rate by 0.7, at most once a second;
 * it recovers by 2 points of a hundred each second.
 *
 * Who has to wait stands in a queue per bucket, by priority, then by order of
 * arrival, on the clock's timers. */
#ifndef ECSDASH_AWS_BUDGET_H
#define ECSDASH_AWS_BUDGET_H

#include "backend/aws/op.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bucket;
struct budget;
struct clock;

/* Embedded by who waits; zero it before first use. */
struct budget_wait {
    struct budget_wait *prev, *next;
    struct bucket *bucket; /* the budget's */
    int priority; /* smaller goes first */
    bool waiting;
    void (*fn)(void *arg);
    void *arg;
};

struct budget_stats {
    int calls_minute;     /* tries sent in the last 60 s */
    int throttled_minute; /* of which the service refused as too fast */
    int waiting;          /* calls that wait for their turn now */
    int slowed;           /* buckets below full rate now */
};

/* percent 1..100 of the refill rate (0 = 25); unlimited: nobody waits, calls
 * are still counted. */
struct budget *budget_new(struct clock *clock, int percent, bool unlimited);
/* The same while it runs; who waits waits as long as the new share says. */
void budget_set_share(struct budget *b, int percent, bool unlimited);
/* "1" to "100", or "unlimited" (then *percent stays). -1 for other words:
 * then both stay. */
int budget_parse(const char *text, int *percent, bool *unlimited);
void budget_free(struct budget *b);
/* A token now and nobody ahead: true. Otherwise queue with budget_enqueue. */
bool budget_take(struct budget *b, enum aws_bucket bucket,
                 const char *region);
/* fn runs once, from a timer, with the token taken. */
void budget_enqueue(struct budget *b, struct budget_wait *w,
                    enum aws_bucket bucket, const char *region, int priority,
                    void (*fn)(void *arg), void *arg);
void budget_cancel(struct budget *b, struct budget_wait *w); /* or not queued */
/* The service said slower. */
void budget_throttled(struct budget *b, enum aws_bucket bucket,
                      const char *region);
void budget_stats(const struct budget *b, struct budget_stats *out);
/* Calls per second this bucket gives now; for tests. */
double budget_rate(struct budget *b, enum aws_bucket bucket,
                   const char *region);

#endif
