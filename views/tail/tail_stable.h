/* tail_stable.h - how a service's roll-out goes on, asked every few seconds.
 *
 * Steady: one deployment, completed, with as many tasks as are wanted and none
 * pending. Failed: the deployment that was the primary one first has FAILED,
 * or ECS rolls it back. When somebody deploys meanwhile, the newer deployment
 * is what counts. */
#ifndef ECSDASH_VIEWS_TAIL_STABLE_H
#define ECSDASH_VIEWS_TAIL_STABLE_H

#include "backend/base/clock.h"
#include "backend/base/err.h"
#include "backend/base/scope.h"
#include "backend/svc/model.h"

#include <stdbool.h>

struct arena;
struct aws_client;
struct loop;

enum tail_state {
    TAIL_UNKNOWN, /* no answer yet */
    TAIL_ROLLING,
    TAIL_STEADY,
    TAIL_FAILED
};

/* Zero it before. */
struct tail_stable {
    enum tail_state state;
    char reason[400];  /* FAILED: a sentence */
    struct err error;  /* of the last answer; NOT_FOUND: no such service */
    /* own */
    struct loop *loop;
    struct aws_client *client;
    const char *cluster, *name; /* borrowed */
    bool again;        /* ask on */
    unsigned looks;    /* answers so far */
    struct arena *arena;
    const struct ecs_service *svc; /* of the last answer; NULL = none */
    char ours[200];    /* id of the deployment */
    struct scope scope;
    struct timer timer;
};

/* again: keep asking until it is steady or has failed; else once. */
void tail_stable_begin(struct tail_stable *s, struct loop *loop,
                       struct aws_client *client, const char *cluster,
                       const char *name, bool again);
void tail_stable_end(struct tail_stable *s);

#endif
