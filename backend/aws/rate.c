#include "backend/aws/rate.h"

#include <math.h>
#include <string.h>

static const double BETA = 0.7, SCALE = 0.4, SMOOTH = 0.8, BUCKET_S = 0.5,
                    MIN_FILL = 0.5, MIN_CAPACITY = 1, MAX_GROWTH = 2;

static double seconds(int64_t ms)
{
    return (double)ms / 1000.0;
}

static double zero_point(double w_max)
{
    return cbrt(w_max * (1 - BETA) / SCALE);
}

void rate_init(struct rate *r, int64_t now_ms)
{
    memset(r, 0, sizeof(*r));
    r->filled_s = r->failed_s = seconds(now_ms);
    r->bucket_s = floor(r->filled_s);
}

static void refill(struct rate *r, double now)
{
    r->tokens += (now - r->filled_s) * r->fill;
    if (r->tokens > r->capacity)
        r->tokens = r->capacity;
    r->filled_s = now;
}

int64_t rate_take(struct rate *r, int64_t now_ms)
{
    if (!r->enabled)
        return 0;
    refill(r, seconds(now_ms));
    /* Those who wait have their tokens already: the debt orders them. */
    r->tokens -= 1;
    return r->tokens >= 0 ? 0 : (int64_t)ceil(-r->tokens / r->fill * 1000.0);
}

static void measure(struct rate *r, double now)
{
    double bucket = floor(now / BUCKET_S) * BUCKET_S;

    r->count++;
    if (bucket <= r->bucket_s)
        return;
    r->measured = SMOOTH * r->count / (bucket - r->bucket_s) +
                  (1 - SMOOTH) * r->measured;
    r->count = 0;
    r->bucket_s = bucket;
}

static void allow(struct rate *r, double now, double rate)
{
    refill(r, now);
    r->max = rate;
    r->fill = fmax(rate, MIN_FILL);
    r->capacity = fmax(rate, MIN_CAPACITY);
    r->tokens = fmin(r->tokens, r->capacity);
}

void rate_update(struct rate *r, int64_t now_ms, bool throttled)
{
    double now = seconds(now_ms), rate;

    measure(r, now);
    if (throttled) {
        r->w_max = r->enabled ? fmin(r->measured, r->max) : r->measured;
        r->k = zero_point(r->w_max);
        r->failed_s = now;
        rate = r->w_max * BETA;
        r->enabled = true;
    } else {
        rate = SCALE * pow(now - r->failed_s - r->k, 3) + r->w_max;
    }
    allow(r, now, fmin(rate, MAX_GROWTH * r->measured));
}
