/* rate.h - the send rate of the "adaptive" retry mode; pure.
 *
 * Nothing is held back until the first throttle. From then on a token bucket
 * paces the tries: each throttle cuts its rate to 0.7 of what was sent, and
 * successes let it grow along a cubic curve. Constants: the SDKs' adaptive
 * retry specification (CUBIC, as in botocore's retries/adaptive.py). */
#ifndef ECSDASH_AWS_RATE_H
#define ECSDASH_AWS_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct rate {
    bool enabled;
    /* measured: tries a second, smoothed over half-second buckets */
    double measured, bucket_s;
    double count;
    /* allowed */
    double max, fill, capacity, tokens, filled_s;
    /* the curve */
    double w_max, k, failed_s;
};

void rate_init(struct rate *r, int64_t now_ms);
/* Takes a token; returns how long to wait before sending, in ms. */
int64_t rate_take(struct rate *r, int64_t now_ms);
/* For each answered try. */
void rate_update(struct rate *r, int64_t now_ms, bool throttled);

#endif
