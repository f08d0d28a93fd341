#include "backend/aws/retry.h"

#include <stddef.h>

#include "backend/base/fmt.h"

enum { MAX_MS = 20000, BASE_MS = 50, BASE_THROTTLE_MS = 1000, HINT_MS = 5000 };

void retry_quota_init(struct retry_quota *q)
{
    q->tokens = RETRY_QUOTA;
}

bool retry_take(struct retry_quota *q, enum retry_kind kind, int *paid)
{
    int cost = kind == RETRY_THROTTLE ? RETRY_COST_THROTTLE : RETRY_COST;

    if (q->tokens < cost)
        return false;
    q->tokens -= cost;
    *paid = cost;
    return true;
}

void retry_refund(struct retry_quota *q, int paid)
{
    q->tokens += paid ? paid : 1;
    if (q->tokens > RETRY_QUOTA)
        q->tokens = RETRY_QUOTA;
}

int64_t retry_delay_ms(enum retry_kind kind, int i, double unit,
                       int64_t hint_ms)
{
    int64_t t = kind == RETRY_THROTTLE ? BASE_THROTTLE_MS : BASE_MS;

    while (i-- > 0 && t < MAX_MS)
        t *= 2;
    if (t > MAX_MS)
        t = MAX_MS;
    t = (int64_t)(unit * (double)t);
    if (hint_ms > t)
        t = hint_ms < t + HINT_MS ? hint_ms : t + HINT_MS;
    return t;
}

int64_t retry_parse_hint(const char *value)
{
    int64_t ms;

    if (!value || fmt_parse_int(value, 0, INT64_MAX, &ms) != 0)
        return -1;
    return ms;
}

enum retry_kind retry_kind_of(const struct err *err)
{
    if (!err->retryable)
        return RETRY_NONE;
    return err->code == ERR_THROTTLED ? RETRY_THROTTLE : RETRY_TRANSIENT;
}
