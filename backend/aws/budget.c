#include "backend/aws/budget.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"

enum { MINUTE_SLOTS = 60, PERCENT = 25 };

/* AWS's own numbers for ECS; the rest from the documented quotas of the
 * strictest large region, so that a quarter of it is always polite. */
static const struct {
    double burst;
    double refill; /* per second */
} quotas[AWS_B_N] = {
    [AWS_B_NONE] = {0, 0},
    [AWS_B_CLUSTER_READ] = {50, 20},
    [AWS_B_CLUSTER_MODIFY] = {20, 1},
    [AWS_B_SERVICE_READ] = {100, 20},
    [AWS_B_SERVICE_MODIFY] = {50, 5},
    [AWS_B_SERVICE_DEPLOYMENT] = {50, 20},
    [AWS_B_SERVICE_REVISION] = {50, 20},
    [AWS_B_NAMESPACE_READ] = {10, 1},
    [AWS_B_RESOURCE_READ] = {100, 20},
    [AWS_B_RESOURCE_MODIFY] = {100, 40},
    [AWS_B_TASKDEF_READ] = {50, 20},
    [AWS_B_TASKDEF_MODIFY] = {20, 1},
    [AWS_B_CAPACITY_READ] = {50, 20},
    [AWS_B_TAG_READ] = {50, 20},
    [AWS_B_SETTING_READ] = {50, 20},
    [AWS_B_PROTECTION] = {200, 80},
    /* Where the region is none of the table below. */
    [AWS_B_LOGS_FILTER] = {10, 10},
    [AWS_B_OTHER] = {20, 8},
};

/* FilterLogEvents, calls a second. Not raisable. */
static const struct {
    const char *region;
    double filter;
} logs_quotas[] = {
    {"us-east-1", 25},     {"eu-central-1", 5}, {"ap-northeast-3", 5},
    {"ap-southeast-3", 5}, {"ca-west-1", 5},    {"il-central-1", 5},
};

struct bucket {
    enum aws_bucket kind;
    double refill; /* AWS's, per second */
    double tokens;
    double factor;        /* 0.05 to 1: slowed by throttles */
    int64_t at_ms;        /* mono, when tokens and factor were computed */
    int64_t throttled_ms; /* mono, last slow-down */
    struct budget_wait *first, *last;
    struct timer timer;
    struct budget *budget;
};

struct region_buckets {
    struct region_buckets *next;
    char region[64];
    struct bucket buckets[AWS_B_N];
};

struct budget {
    struct clock *clock;
    double share; /* of AWS's rate */
    bool unlimited;
    struct region_buckets *regions;
    int waiting;
    /* Per-second counts of the last minute, indexed by second % 60. */
    int64_t second[MINUTE_SLOTS];
    int calls[MINUTE_SLOTS];
    int throttled[MINUTE_SLOTS];
};

struct budget *budget_new(struct clock *clock, int percent, bool unlimited)
{
    struct budget *b = xcalloc(1, sizeof(*b));

    b->clock = clock;
    b->share = (percent > 0 && percent <= 100 ? percent : PERCENT) / 100.0;
    b->unlimited = unlimited;
    for (int i = 0; i < MINUTE_SLOTS; i++)
        b->second[i] = -1;
    return b;
}

static double quota_of(enum aws_bucket kind, const char *region,
                       double *burst)
{
    *burst = quotas[kind].burst;
    for (size_t i = 0; kind == AWS_B_LOGS_FILTER &&
                       i < ARRAY_LEN(logs_quotas); i++)
        if (strcmp(logs_quotas[i].region, region) == 0)
            return *burst = logs_quotas[i].filter;
    return quotas[kind].refill;
}

/* Made at the first call to a region: there are few. */
static struct bucket *bucket_of(struct budget *b, enum aws_bucket kind,
                                const char *region)
{
    struct region_buckets **at = &b->regions, *r;

    if (!region)
        region = "";
    for (; *at; at = &(*at)->next)
        if (strcmp((*at)->region, region) == 0)
            return &(*at)->buckets[kind];
    r = *at = xcalloc(1, sizeof(*r));
    snprintf(r->region, sizeof(r->region), "%s", region);
    for (int i = 0; i < AWS_B_N; i++) {
        struct bucket *k = &r->buckets[i];
        double burst;
        *k = (struct bucket){.kind = (enum aws_bucket)i, .budget = b,
                             .factor = 1, .throttled_ms = INT64_MIN / 2,
                             .at_ms = clock_mono_ms(b->clock)};
        k->refill = quota_of(k->kind, region, &burst);
        k->tokens = fmax(1, floor(burst * 0.3));
    }
    return &r->buckets[kind];
}

void budget_free(struct budget *b)
{
    if (!b)
        return;
    while (b->regions) {
        struct region_buckets *r = b->regions;
        b->regions = r->next;
        for (int i = 0; i < AWS_B_N; i++)
            timer_stop(b->clock, &r->buckets[i].timer);
        free(r);
    }
    free(b);
}

static size_t slot_of(struct budget *b)
{
    int64_t s = clock_mono_ms(b->clock) / 1000;
    size_t i = (size_t)(s % MINUTE_SLOTS);

    if (b->second[i] != s) {
        b->second[i] = s;
        b->calls[i] = 0;
        b->throttled[i] = 0;
    }
    return i;
}

static double full_rate(const struct bucket *k)
{
    return k->refill * k->budget->share;
}

static double factor_now(const struct bucket *k)
{
    double s = (double)(clock_mono_ms(k->budget->clock) - k->at_ms) / 1000.0;

    return fmin(1, k->factor + 0.02 * s);
}

double budget_rate(struct budget *b, enum aws_bucket bucket,
                   const char *region)
{
    const struct bucket *k = bucket_of(b, bucket, region);

    return full_rate(k) * factor_now(k);
}

/* Tokens of the starting burst stay until spent; new ones are saved up only
 * to one second's worth. */
static void refill(struct bucket *k)
{
    double rate = full_rate(k) * k->factor;
    double cap = fmax(1, rate);
    int64_t now = clock_mono_ms(k->budget->clock);
    double gain = rate * (double)(now - k->at_ms) / 1000.0;

    if (k->tokens < cap)
        k->tokens = fmin(cap, k->tokens + gain);
    k->factor = factor_now(k);
    k->at_ms = now;
}

static void sent(struct budget *b)
{
    b->calls[slot_of(b)]++;
}

/* A hair of tolerance: timers are whole milliseconds, tokens are not. */
static bool spend(struct bucket *k)
{
    refill(k);
    if (k->tokens < 0.9999 && !k->budget->unlimited)
        return false;
    k->tokens = fmax(0, k->tokens - 1);
    sent(k->budget);
    return true;
}

bool budget_take(struct budget *b, enum aws_bucket bucket,
                 const char *region)
{
    struct bucket *k = bucket_of(b, bucket, region);

    if (b->unlimited || bucket == AWS_B_NONE) {
        sent(b);
        return true;
    }
    return !k->first && spend(k);
}

static void unlink_wait(struct budget *b, struct budget_wait *w)
{
    struct bucket *k = w->bucket;

    if (w->prev)
        w->prev->next = w->next;
    else
        k->first = w->next;
    if (w->next)
        w->next->prev = w->prev;
    else
        k->last = w->prev;
    w->waiting = false;
    b->waiting--;
}

static void on_refill(struct timer *t, void *arg);

static void arm(struct bucket *k)
{
    double rate = full_rate(k) * k->factor;
    double wait = k->budget->unlimited ? 0 : (1 - k->tokens) / rate * 1000.0;

    if (k->first && !timer_armed(&k->timer))
        timer_start(k->budget->clock, &k->timer, wait > 0 ? (int64_t)ceil(wait) : 0,
                    on_refill, k);
}

static void on_refill(struct timer *t, void *arg)
{
    struct bucket *k = arg;

    (void)t;
    while (k->first && spend(k)) {
        struct budget_wait *w = k->first;

        unlink_wait(k->budget, w);
        w->fn(w->arg);
    }
    if (k->first)
        arm(k);
}

void budget_enqueue(struct budget *b, struct budget_wait *w,
                    enum aws_bucket bucket, const char *region, int priority,
                    void (*fn)(void *arg), void *arg)
{
    struct bucket *k = bucket_of(b, bucket, region);
    struct budget_wait *after = k->last;

    w->bucket = k;
    w->priority = priority;
    w->fn = fn;
    w->arg = arg;
    w->waiting = true;
    b->waiting++;
    while (after && after->priority > priority)
        after = after->prev;
    w->prev = after;
    w->next = after ? after->next : k->first;
    if (w->next)
        w->next->prev = w;
    else
        k->last = w;
    if (after)
        after->next = w;
    else
        k->first = w;
    refill(k);
    arm(k);
}

void budget_cancel(struct budget *b, struct budget_wait *w)
{
    if (w->waiting)
        unlink_wait(b, w);
}

void budget_throttled(struct budget *b, enum aws_bucket bucket,
                      const char *region)
{
    struct bucket *k = bucket_of(b, bucket, region);
    int64_t now = clock_mono_ms(b->clock);

    b->throttled[slot_of(b)]++;
    if (b->unlimited || bucket == AWS_B_NONE || now - k->throttled_ms < 1000)
        return;
    refill(k);
    k->throttled_ms = now;
    k->factor = fmax(0.05, k->factor * 0.7);
    k->tokens = fmin(k->tokens, 0);
}

void budget_stats(const struct budget *b, struct budget_stats *out)
{
    int64_t now = clock_mono_ms(b->clock) / 1000;

    *out = (struct budget_stats){.waiting = b->waiting};
    for (int i = 0; i < MINUTE_SLOTS; i++) {
        if (b->second[i] < 0 || b->second[i] <= now - MINUTE_SLOTS)
            continue;
        out->calls_minute += b->calls[i];
        out->throttled_minute += b->throttled[i];
    }
    for (const struct region_buckets *r = b->regions; r; r = r->next)
        for (int i = 0; i < AWS_B_N; i++)
            out->slowed += factor_now(&r->buckets[i]) < 1;
}

void budget_set_share(struct budget *b, int percent, bool unlimited)
{
    for (struct region_buckets *r = b->regions; r; r = r->next)
        for (int i = 0; i < AWS_B_N; i++)
            refill(&r->buckets[i]); /* up to now by the old share */
    b->share = percent / 100.0;
    b->unlimited = unlimited;
    for (struct region_buckets *r = b->regions; r; r = r->next)
        for (int i = 0; i < AWS_B_N; i++) {
            timer_stop(b->clock, &r->buckets[i].timer);
            arm(&r->buckets[i]);
        }
}

int budget_parse(const char *text, int *percent, bool *unlimited)
{
    int64_t n;

    if (strcmp(text, "unlimited") == 0) {
        *unlimited = true;
        return 0;
    }
    if (fmt_parse_int(text, 1, 100, &n) != 0)
        return -1;
    *percent = (int)n;
    *unlimited = false;
    return 0;
}
