/* fake_ecs.h - an ECS in memory behind aws_call() and aws_pages(), which it
 * replaces: linked by tests of the store that want every call in their hand.
 * Answers come with the loop's next turn, or when released. */
#ifndef ECSDASH_TESTS_FAKE_ECS_H
#define ECSDASH_TESTS_FAKE_ECS_H

#include "backend/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aws_client;
struct loop;
struct fake_ecs;

struct fake_service {
    const char *cluster;
    char name[32];
    int desired, running, event; /* event: id of the newest one */
    const char *rollout;         /* rolloutState, COMPLETED */
    const char *reason;          /* rolloutStateReason, or NULL */
    bool deleted;
};

struct fake_task {
    const char *cluster;
    char service[32]; /* "" = standalone */
    char id[33];
    const char *last, *desired; /* statuses */
    int exit_code;
    int containers;
    int64_t created_ms, stopped_ms;
    bool forgotten; /* by ECS */
};

struct fake_ecs *fake_new(struct loop *loop);
void fake_free(struct fake_ecs *f);
struct aws_client *fake_client(struct fake_ecs *f);

/* Names are borrowed constants. Pointers live until fake_free(). */
void fake_cluster(struct fake_ecs *f, const char *name);
struct fake_service *fake_service(struct fake_ecs *f, const char *cluster,
                                  const char *name, int desired, int running);
struct fake_task *fake_task(struct fake_ecs *f, const char *cluster,
                            const char *service, int id);
void fake_stop(struct fake_ecs *f, struct fake_task *t, int exit_code);

/* Items of a page, 100. */
void fake_page_size(struct fake_ecs *f, int n);
/* While set, calls wait; fake_release() answers the oldest n. */
void fake_hold(struct fake_ecs *f, bool hold);
void fake_release(struct fake_ecs *f, size_t n);
size_t fake_waiting(const struct fake_ecs *f);
/* Calls of that operation fail from now on; code ERR_NONE ends it. */
void fake_fail(struct fake_ecs *f, const char *op, enum err_code code);
/* While set, calls fail where they are begun. */
void fake_refuse(struct fake_ecs *f, bool refuse);

/* What its name ends with `tail` from now on: left out of every answer to a
 * describe; or (code) the call that asks for it fails. NULL ends it. */
void fake_lose(struct fake_ecs *f, const char *tail);
void fake_poison(struct fake_ecs *f, const char *tail, enum err_code code);

/* The log: a line a call, "DescribeServices prod api,web". Number of lines
 * that contain both. */
size_t fake_calls(const struct fake_ecs *f, const char *op, const char *with);
size_t fake_total(const struct fake_ecs *f);
const char *fake_line(const struct fake_ecs *f, size_t i);
void fake_clear_log(struct fake_ecs *f);
/* Most describes in flight at once so far. */
int fake_most(const struct fake_ecs *f);

#endif
