/* store_env.h - a store over a fake ECS on a driven clock; for its tests. */
#ifndef ECSDASH_TESTS_STORE_ENV_H
#define ECSDASH_TESTS_STORE_ENV_H

#include "backend/base/clock.h"
#include "backend/store/store.h"
#include "tests/fake/fake_ecs.h"

struct store_env {
    struct clock *clock;
    struct loop *loop;
    struct fake_ecs *f;
    struct store *s;
    int published; /* by env_seen */
};

void env_open(struct store_env *e);
/* On the real clock. */
void env_open_real(struct store_env *e);
/* Also: the store let go of every call, and the loop closes. */
void env_close(struct store_env *e);
/* Turns until nothing is in flight or due (held calls don't count). */
void env_idle(struct store_env *e);
/* Let ms pass, second by second, idle after each. */
void env_pass(struct store_env *e, int64_t ms);
struct subscription *env_sub(struct store_env *e, enum query_kind kind,
                             const char *cluster, const char *what);
/* A snapshot_fn that counts. */
void env_seen(void *arg, const struct snapshot *snap);

/* The row whose key ends with "/name"; NULL when absent. */
const void *env_row(const struct subscription *sub, const char *name);

#endif
