#include "tests/fake/store_env.h"

#include <string.h>

#include "backend/net/loop.h"
#include "backend/svc/model.h"

static void open_on(struct store_env *e, struct clock *clock)
{
    static const struct store_options opts = {.seed = 7};

    memset(e, 0, sizeof(*e));
    e->clock = clock;
    e->loop = loop_new(e->clock);
    e->f = fake_new(e->loop);
    e->s = store_new(e->loop, fake_client(e->f), &opts);
}

void env_open(struct store_env *e)
{
    open_on(e, clock_new_driven(1795000000000));
}

void env_open_real(struct store_env *e)
{
    open_on(e, clock_new_real());
}

void env_close(struct store_env *e)
{
    store_free(e->s);
    fake_free(e->f);
    loop_free(e->loop);
    clock_free(e->clock);
}

void env_idle(struct store_env *e)
{
    loop_until_idle(e->loop, 5000);
}

void env_pass(struct store_env *e, int64_t ms)
{
    for (; ms > 0; ms -= 1000) {
        clock_advance(e->clock, ms < 1000 ? ms : 1000);
        env_idle(e);
    }
}

void env_seen(void *arg, const struct snapshot *snap)
{
    (void)snap;
    ((struct store_env *)arg)->published++;
}

struct subscription *env_sub(struct store_env *e, enum query_kind kind,
                             const char *cluster, const char *what)
{
    struct query q = {.kind = kind, .cluster = cluster};

    if (kind == QUERY_TASKS)
        q.service = what;
    else
        q.task = what;
    return store_subscribe(e->s, &q, env_seen, e);
}

const void *env_row(const struct subscription *sub, const char *name)
{
    const struct snapshot *snap = subscription_snapshot(sub);

    for (size_t i = 0; snap != NULL && i < snap->n_rows; i++)
        if (strcmp(arn_tail(snap->rows[i].key), name) == 0)
            return snap->rows[i].data;
    return NULL;
}
