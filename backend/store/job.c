#include "backend/store/internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"

int jitter(struct store *s)
{
    return 900 + (int)rng_below(&s->rng, 201);
}

static void job_start(struct store *s, struct job *j)
{
    j->in_flight++;
    j->force = false;
    j->started_ms = store_now(s);
}

void job_ok(struct store *s, struct job *j)
{
    j->ok_once = true;
    j->failures = j->strikes = 0;
    j->ok_wall_ms = clock_wall_ms(s->clock);
    j->ended_ms = store_now(s);
    j->jitter = jitter(s);
    j->due_ms = 0;
    err_clear(&j->err);
    j->err_since_ms = j->retry_wall_ms = 0;
}

int64_t job_due(const struct job *j, int64_t period_ms)
{
    if (j->force)
        return 0;
    if (j->failures > 0)
        return j->due_ms;
    return j->ok_once ? j->ended_ms + period_ms * j->jitter / 1000 : 0;
}

/* What a person must change (credentials) is asked again rarely, what
 * passes by itself soon, and less and less often. */
static int64_t retry_after(const struct store *s, const struct job *j)
{
    int64_t ms = s->opts.refresh_ms, cap = 30000;
    bool hasty = s->retry_ms > 0;

    switch (j->err.code) {
    case ERR_CREDENTIALS:
    case ERR_EXPIRED:
        return 20000;
    case ERR_THROTTLED:
    case ERR_PARSE:
    case ERR_AWS:
        ms = 10000;
        cap = 60000;
        break;
    default:
        break;
    }
    if (hasty) {
        ms = s->retry_ms;
        cap = 2000;
    }
    for (int i = 1; i < j->failures && ms < cap; i++)
        ms *= 2;
    return ms < cap ? ms : cap;
}

bool job_denied(const struct job *j)
{
    return j->err.code == ERR_DENIED;
}

bool job_no_cluster(const struct job *j)
{
    return strcmp(j->err.aws_code, "ClusterNotFoundException") == 0;
}

void job_come_back(struct job *j)
{
    if (job_no_cluster(j))
        j->due_ms = 0;
}

void job_hurry(struct job *j)
{
    j->force = j->force || !job_denied(j);
}

void job_fail(struct store *s, struct job *j, const struct err *err)
{
    int64_t ms;

    if (j->err.code == ERR_NONE)
        j->err_since_ms = clock_wall_ms(s->clock);
    j->err = *err;
    j->failures++;
    if (job_denied(j) || job_no_cluster(j)) {
        j->due_ms = INT64_MAX;
        j->retry_wall_ms = 0;
        return;
    }
    ms = retry_after(s, j) * jitter(s) / 1000;
    j->due_ms = store_now(s) + ms;
    j->retry_wall_ms = clock_wall_ms(s->clock) + ms;
}

void job_strike(struct store *s, struct job *j, const struct err *err)
{
    if (++j->strikes >= 3)
        job_fail(s, j, err);
}

enum { TRY_AGAIN_MS = 1000, TRY_CAP_MS = 60000 };

bool tries_failed(const struct tries *t)
{
    return t->fails >= 2;
}

void tries_fail(struct store *s, struct tries *t, struct trouble *of,
                const struct err *err)
{
    t->fails++;
    t->at_ms = store_now(s);
    if (t->fails == 2 && of->n++ == 0)
        of->since_ms = clock_wall_ms(s->clock);
    if (tries_failed(t))
        of->err = *err;
}

void tries_end(struct tries *t, struct trouble *of)
{
    if (tries_failed(t))
        of->n--;
    *t = (struct tries){0};
}

int64_t tries_due(const struct store *s, const struct tries *t)
{
    int64_t ms = s->opts.refresh_ms;

    if (t->at_ms == 0)
        return 0;
    if (t->fails < 2)
        return t->at_ms + TRY_AGAIN_MS;
    for (int i = 2; i < t->fails && ms < TRY_CAP_MS; i++)
        ms *= 2;
    return t->at_ms + (ms < TRY_CAP_MS ? ms : TRY_CAP_MS);
}

struct ask *ask_new(struct store *s, enum ask_kind kind, struct watch *w,
                    struct job *job)
{
    struct ask *a = xcalloc(1, sizeof(*a));

    a->store = s;
    a->kind = kind;
    a->watch = w;
    a->job = job;
    a->seen0 = s->seq;
    a->next = s->asks;
    if (s->asks != NULL)
        s->asks->prev = a;
    s->asks = a;
    s->flying[kind]++;
    scope_init(&a->scope, &s->scope);
    job_start(s, job);
    return a;
}

static void release_items(struct ask *a)
{
    for (size_t i = 0; i < a->n_items; i++)
        switch (a->kind) {
        case ASK_CLUSTER_DESC:
            ((struct watch *)a->items[i])->in_flight = false;
            break;
        case ASK_SVC_DESC:
            ((struct svc_entry *)a->items[i])->in_flight = false;
            break;
        case ASK_TASK_DESC:
            ((struct task_entry *)a->items[i])->in_flight = false;
            break;
        default:
            break;
        }
    free(a->items);
    if (a->td != NULL && a->td->state == TD_ASKING)
        a->td->state = TD_WANTED;
}

void ask_free(struct ask *a)
{
    struct store *s = a->store;

    release_items(a);
    if (a->prev != NULL)
        a->prev->next = a->next;
    else
        s->asks = a->next;
    if (a->next != NULL)
        a->next->prev = a->prev;
    assert(s->flying[a->kind] > 0 && a->job->in_flight > 0);
    s->flying[a->kind]--;
    a->job->in_flight--;
    /* Also unlinks the scope from the store's. */
    scope_cancel(&a->scope);
    free(a);
}

void ask_cancel(struct ask *a)
{
    scope_cancel(&a->scope);
    a->job->due_ms = 0;
    ask_free(a);
}
