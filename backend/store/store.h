/* store.h - immutable snapshots of an account, kept fresh by a poller.
 *
 * Rows that did not change are shared: the same data pointer in two snapshots
 * of one query means the same content. What was once known stays known while
 * nobody subscribes, is shown at once to the next who does, and asked again.
 *
 * A view subscribes to a query and gets a callback whenever a new snapshot is
 * published; equal queries share one fetch. A failed fetch publishes the old
 * rows plus the error, never an empty table. What is denied is not asked again
 * until somebody refreshes; where the rows can do without it, it is no error
 * but a lack, named in the snapshot. All callbacks run on the loop,
 * never inside a call of this API. */
#ifndef ECSDASH_STORE_STORE_H
#define ECSDASH_STORE_STORE_H

#include "backend/base/arena.h"
#include "backend/base/err.h"
#include "backend/svc/health.h"
#include "backend/svc/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;
struct loop;
struct aws_client;

enum query_kind {
    QUERY_CLUSTERS,   /* rows: struct ecs_cluster */
    QUERY_SERVICES,   /* rows: struct service_row; cluster or all */
    QUERY_TASKS,      /* rows: struct task_row; cluster, cluster+service, or
                         all; running ones first, newest first, by cluster */
    QUERY_CONTAINERS, /* rows: struct container_row; cluster+task */
    QUERY_KIND_N
};

/* Strings are copied. cluster: name or ARN, NULL = all clusters of the region
 * (services and tasks). service and task: names/ids or ARNs. */
struct query {
    enum query_kind kind;
    const char *cluster, *service, *task;
};

struct service_row {
    const struct ecs_service *svc; /* three newest events kept */
    struct svc_health health;
    struct stop_summary stops;
    bool loading; /* named by a list, not yet described: only arn, name and
                     cluster are filled */
    bool failed;  /* asked for twice or more, in vain, since it was last
                     described: snapshot.error says why */
    bool denied;  /* loading, and not allowed to be described */
    const struct ecs_taskdef *taskdef;  /* of the primary; NULL until known */
};

struct task_row {
    const struct ecs_task *task;
    const struct stop_cause *cause; /* stop_cause_none until stopped */
    const struct ecs_taskdef *taskdef; /* or NULL */
    bool stopped;
    bool loading, failed, denied; /* as above */
    bool remembered; /* ECS has forgotten it; we have not */
};

struct container_row {
    const struct ecs_task *task;
    const struct ecs_container *container;
    const struct ecs_container_def *def; /* or NULL */
    const char *arn; /* containerArn, or NULL */
    const char *key; /* arn, or task ARN + "/" + name */
};

struct snap_row {
    const char *key; /* ARN, or container_row.key */
    const void *data; /* the struct named above */
    /* A small number that goes with the key from one snapshot of a query to
     * the next, so that rows are found again without comparing names; another
     * key may have it once the first is gone. 0 = none. */
    uint32_t slot;
};

/* Something beside the rows that this identity may not read. */
struct store_lack {
    const char *what;   /* "stopped tasks" */
    const char *action; /* "ecs:ListTasks" */
    bool stops; /* whether tasks crash, and why, is not known without it */
};
#define STORE_LACKS 4

struct snapshot {
    uint64_t generation;     /* rises with every publish of this query */
    const struct snap_row *rows;
    size_t n_rows;
    size_t loaded;           /* rows whose describe has come */
    bool first_page;         /* at least one list page has come */
    bool complete;           /* all pages and all describes came */
    int64_t fetched_ms;      /* wall: the last success, of what fails if
                                something does; 0 = never */
    struct err error;        /* code ERR_NONE when the last fetch was fine */
    int64_t error_since_ms;
    int64_t retry_ms;        /* wall time of the next try; 0 when none: denied,
                                or there is no such cluster */
    size_t failed;           /* rows that can't be described, again and again */
    bool final;              /* its task has stopped: nothing can change any
                                more, nothing is asked again */
    bool partial;            /* `error` speaks of those only: others are fresh */
    const struct store_lack *lacks[STORE_LACKS];
    size_t n_lacks; /* denied: asked again by subscription_refresh() only */
};

/* A reference keeps rows, strings and arenas alive. */
const struct snapshot *snapshot_ref(const struct snapshot *s);
void snapshot_unref(const struct snapshot *s);
const struct snap_row *snapshot_find(const struct snapshot *s,
                                     const char *key);

struct store_options {
    int64_t refresh_ms;         /* what is on screen; 5000 */
    int64_t hidden_ms;          /* subscribed but hidden; 30000 */
    size_t keep_stopped;        /* remembered stopped tasks, 2000 */
    uint64_t seed;              /* of the schedule's jitter; 0 = the kernel's */
};

struct store *store_new(struct loop *loop, struct aws_client *client,
                        const struct store_options *opts);
/* Cancels everything in flight; subscriptions must be gone. */
void store_free(struct store *s);

struct subscription;
typedef void snapshot_fn(void *arg, const struct snapshot *snap);

/* cb runs soon with what is known (possibly zero rows, first_page false) and
 * on every publish. */
struct subscription *store_subscribe(struct store *s, const struct query *q,
                                     snapshot_fn *cb, void *arg);
void subscription_close(struct subscription *sub);
/* Borrowed; NULL before the first publish. */
const struct snapshot *subscription_snapshot(const struct subscription *sub);
/* Visible ones refresh every refresh_ms, hidden ones every hidden_ms. */
void subscription_set_visible(struct subscription *sub, bool visible);
/* The keys on screen now, in order: described first and kept freshest. */
void subscription_set_window(struct subscription *sub,
                             const char *const *keys, size_t n);
/* For --once: the last snapshot is complete, or everything that is missing
 * has failed: a call at least once, a row of an answer twice (then
 * snapshot.error says why). */
bool subscription_settled(const struct subscription *sub);
/* Ask again at once (also after a mutation). */
void subscription_refresh(struct subscription *sub);

/* After a mutation: everything known of this service or task is asked again
 * at once, and every second for the next half minute. */
void store_touch(struct store *s, const char *cluster, const char *arn);
/* A task definition by ARN: borrowed from a cache that lives as long as the
 * store (immutable), or NULL: then it is fetched and subscribers are
 * published again. */
const struct ecs_taskdef *store_taskdef(struct store *s, const char *arn);
/* It could not be read when it was last asked for. Subscribers are published
 * again when that changes; it is tried again, at once by
 * subscription_refresh(). */
bool store_taskdef_failed(const struct store *s, const char *arn);
/* The ROLLEDBACK of this service is acknowledged (this run). */
void store_acknowledge(struct store *s, const char *service_arn);
/* 0 = freeze: nothing is fetched until set back (Z keeps fetching; this is
 * for suspend). */
void store_pause(struct store *s, bool paused);
/* :set refresh. */
void store_set_refresh(struct store *s, int64_t refresh_ms);
/* For --once: an error is followed by a try after that long, then after twice
 * that, up to 2 s; 0 = by the refresh period and the kind of error. */
void store_set_retry(struct store *s, int64_t first_ms);
/* True while a fetch is in flight or due now (not merely scheduled). */
bool store_busy(const struct store *s);
/* Rows known and the bytes of heap they hold: their entries and arenas, without
 * the strings that arenas share, which are counted once. Visits every entry. */
struct store_share {
    size_t n, bytes;
};
struct store_sizes {
    struct store_share services, tasks, strings;
};
void store_measure(struct store *s, struct store_sizes *out);

#endif
