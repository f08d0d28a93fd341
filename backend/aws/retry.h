/* retry.h - the SDKs' "standard" retry mode, numbers of 2026; pure.
 *
 * A retry i (0-based) waits rand(0,1) x min(base x 2^i, 20 s): base 50 ms, or
 * 1 s after a throttle. A bucket of 500 tokens per client pays for retries, so
 * that a broken service is not hammered. */
#ifndef ECSDASH_AWS_RETRY_H
#define ECSDASH_AWS_RETRY_H

#include "backend/base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum retry_kind { RETRY_NONE, RETRY_TRANSIENT, RETRY_THROTTLE };

enum {
    RETRY_ATTEMPTS = 3,
    RETRY_QUOTA = 500,
    RETRY_COST = 14,
    RETRY_COST_THROTTLE = 5
};

struct retry_quota {
    int tokens;
};

void retry_quota_init(struct retry_quota *q);
/* Pays for a retry; false when the bucket can't. *paid is what to hand back. */
bool retry_take(struct retry_quota *q, enum retry_kind kind, int *paid);
/* After a 2xx: what the last retry of this call cost, or 1 if there was none
 * (paid 0). */
void retry_refund(struct retry_quota *q, int paid);
/* unit is a random number in [0,1]. hint_ms is x-amz-retry-after, -1 = none:
 * at least the computed wait, at most 5 s more. */
int64_t retry_delay_ms(enum retry_kind kind, int i, double unit,
                       int64_t hint_ms);
/* The header's value in ms, or -1 when it makes no sense. NULL is fine. */
int64_t retry_parse_hint(const char *value);
/* What an error asks for, from err->code and err->retryable. */
enum retry_kind retry_kind_of(const struct err *err);

#endif
