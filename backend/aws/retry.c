#include "backend/aws/retry.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "backend/aws/profile.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"

enum { CAP_MS = 20000, HOUR_MS = 3600 * 1000, HINT_MS = 5000, MOST = 100 };

#define CLASSIC_BASE {0, 1000, 1000, 1000}
#define CLASSIC_COST {0, 5, 10, 5}
#define NEW_BASE     {0, 50, 50, 1000}
#define NEW_COST     {0, 14, 14, 5}

/* For each name the classic numbers, then those of 2026. */
static const struct retry_rules table[][2] = {
    {{"standard", 3, CLASSIC_BASE, CAP_MS, CLASSIC_COST, false, false},
     {"standard", 3, NEW_BASE, CAP_MS, NEW_COST, true, false}},
    {{"adaptive", 3, CLASSIC_BASE, CAP_MS, CLASSIC_COST, false, true},
     {"adaptive", 3, NEW_BASE, CAP_MS, NEW_COST, true, true}},
    /* No cap and no bucket; an hour is where waiting makes no sense. */
    {{"legacy", 5, CLASSIC_BASE, HOUR_MS, {0}, false, false},
     {"legacy", 5, CLASSIC_BASE, HOUR_MS, {0}, false, false}},
};

static const struct retry_rules *find(const char *name, bool of_2026)
{
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        if (strcasecmp(table[i][0].name, name) == 0)
            return &table[i][of_2026];
    }
    return NULL;
}

const struct retry_rules *retry_rules_of(const char *name, bool of_2026)
{
    const struct retry_rules *r = name ? find(name, of_2026) : NULL;

    return r ? r : find("standard", of_2026);
}

/* The environment before the profile; *from says which spoke. */
static const char *setting(const struct aws_env *env,
                           const struct profile *profile, const char *var,
                           const char *key, const char **from)
{
    const char *v = aws_env_get(env, var);

    *from = v ? var : key;
    return v || !profile ? v : profile_get(profile, key);
}

int retry_policy_resolve(const struct aws_env *env,
                         const struct profile *profile,
                         struct retry_policy *out, struct err *err)
{
    const char *from;
    const char *mode = setting(env, profile, "AWS_RETRY_MODE", "retry_mode",
                               &from);
    /* Who names a mode means the numbers that the AWS CLI has for it. */
    bool of_2026 = aws_env_get(env, "AWS_NEW_RETRIES_2026")
                       ? aws_env_flag(env, "AWS_NEW_RETRIES_2026")
                       : !mode;
    const char *most;
    int64_t n;

    if (mode && !find(mode, false))
        return err_set(err, ERR_CONFIG, "%s is \"%s\": it must be standard, "
                       "adaptive or legacy.", from, mode);
    out->rules = retry_rules_of(mode, of_2026);
    out->attempts = out->rules->attempts;
    most = setting(env, profile, "AWS_MAX_ATTEMPTS", "max_attempts", &from);
    if (most && fmt_parse_int(most, 1, MOST, &n) != 0)
        return err_set(err, ERR_CONFIG, "%s is \"%s\": it must be a number of "
                       "tries from 1 to %d.", from, most, MOST);
    if (most)
        out->attempts = (int)n;
    return 0;
}

void retry_quota_init(struct retry_quota *q)
{
    q->tokens = RETRY_QUOTA;
}

bool retry_take(struct retry_quota *q, const struct retry_rules *rules,
                enum retry_kind kind, int *paid)
{
    int cost = rules->cost[kind];

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

int64_t retry_delay_ms(const struct retry_rules *rules, enum retry_kind kind,
                       int i, double unit, int64_t hint_ms)
{
    int64_t t = rules->base_ms[kind];

    while (i-- > 0 && t < rules->cap_ms)
        t *= 2;
    if (t > rules->cap_ms)
        t = rules->cap_ms;
    t = (int64_t)(unit * (double)t);
    if (rules->hint && hint_ms > t)
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
    switch (err->code) {
    case ERR_THROTTLED:
        return RETRY_THROTTLE;
    case ERR_TIMEOUT:
        return RETRY_TIMEOUT;
    default:
        return RETRY_TRANSIENT;
    }
}
