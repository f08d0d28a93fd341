/* retry.h - when a failed try is repeated; pure.
 *
 * AWS_RETRY_MODE or retry_mode chooses the rules: "standard", "adaptive" (the
 * same with a rate of its own, see rate.h) or "legacy". AWS_MAX_ATTEMPTS or
 * max_attempts is the number of tries in all. AWS_NEW_RETRIES_2026 (true or
 * false) chooses between the SDKs' two sets of numbers for the first two; where
 * neither it nor a mode is set, those of 2026 hold.
 *
 * A retry i (0-based) waits rand(0,1) x min(base x 2^i, cap). A bucket of 500
 * tokens per client pays for retries, so that a broken service is not
 * hammered. Numbers: the SDKs' retry specification and botocore. */
#ifndef ECSDASH_AWS_RETRY_H
#define ECSDASH_AWS_RETRY_H

#include "backend/aws/env.h"
#include "backend/base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct profile;

enum retry_kind {
    RETRY_NONE,
    RETRY_TRANSIENT,
    RETRY_TIMEOUT,
    RETRY_THROTTLE,
    RETRY_KIND_N
};

enum { RETRY_QUOTA = 500 };

struct retry_rules {
    const char *name;
    int attempts;               /* where nothing else is configured */
    int base_ms[RETRY_KIND_N];
    int cap_ms;
    int cost[RETRY_KIND_N];     /* 0 = free */
    bool hint;                  /* x-amz-retry-after counts */
    bool paced;                 /* adaptive */
};

/* Never NULL: name NULL or unknown is "standard". */
const struct retry_rules *retry_rules_of(const char *name, bool of_2026);

struct retry_policy {
    const struct retry_rules *rules;
    int attempts; /* tries in all, at least 1 */
};
/* What environment and profile (may be NULL) say; ERR_CONFIG when it makes no
 * sense. */
int retry_policy_resolve(const struct aws_env *env,
                         const struct profile *profile,
                         struct retry_policy *out, struct err *err);

struct retry_quota {
    int tokens;
};

void retry_quota_init(struct retry_quota *q);
/* Pays for a retry; false when the bucket can't. *paid is what to hand back. */
bool retry_take(struct retry_quota *q, const struct retry_rules *rules,
                enum retry_kind kind, int *paid);
/* After a 2xx: what the last retry of this call cost, or 1 if there was none
 * (paid 0). */
void retry_refund(struct retry_quota *q, int paid);
/* unit is a random number in [0,1]. hint_ms is x-amz-retry-after, -1 = none:
 * at least the computed wait, at most 5 s more. */
int64_t retry_delay_ms(const struct retry_rules *rules, enum retry_kind kind,
                       int i, double unit, int64_t hint_ms);
/* The header's value in ms, or -1 when it makes no sense. NULL is fine. */
int64_t retry_parse_hint(const char *value);
/* What an error asks for, from err->code and err->retryable. */
enum retry_kind retry_kind_of(const struct err *err);

#endif
