/* poll.h - shared by the two halves of the poller: poll.c (demand, lists) and
 * poll_desc.c (describes). */
#ifndef ECSDASH_STORE_POLL_H
#define ECSDASH_STORE_POLL_H

#include "backend/store/internal.h"

enum {
    LIST_MS = 30000,
    SWEEP_MS = 10000,
    RUN_AGAIN_MS = 60000, /* ListTasks of a service that did not change */
    SETTLED_MS = 60000,   /* running tasks off screen */
    HEALTHY_MS = 45000,   /* services off screen */
    TOUCHED_MS = 1000,
    /* Of a large account, so that a bucket (20 calls a second at AWS) gives
     * 8 % at most, 96 a minute, in the long run: four batches on screen every
     * five seconds are half of that. */
    SVC_PAGE_MS = 3000,   /* a page of ListServices */
    SVC_BATCH_MS = 2500,  /* ten healthy services */
    TROUBLE_BATCH_MS = 5000, /* ten in trouble, off screen */
    TASK_BATCH_MS = 1600, /* a page of tasks, or a hundred settled ones */
    SCAN_MS = 500, /* how long the classes of a scan serve, of more than */
    MANY = 1000,   /* entries */
    MAX_LISTS = 8,        /* walks in flight */
    MAX_BATCHES = 4,      /* describes in flight, of services and of tasks */
    MAX_TASKDEFS = 2
};

/* Why a describe is asked for, most urgent first. */
enum cls {
    CLS_TOUCHED,
    CLS_VISIBLE,
    CLS_NAMED, /* by the STOPPED sweep, or it has vanished */
    CLS_TROUBLE,
    CLS_NEW,
    CLS_HEALTHY,
    CLS_FAILED, /* the last try failed: others first */
    CLS_N,
    CLS_NONE = CLS_N
};

struct pump {
    struct store *s;
    int64_t now, next;
    int64_t healthy_ms, settled_ms, sweep_ms;
    size_t services; /* of all that are wanted */
};

static inline int64_t max64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Due now? Otherwise the pump wakes then. */
static inline bool ready(struct pump *p, int64_t at)
{
    if (at <= p->now)
        return true;
    if (at < p->next)
        p->next = at;
    return false;
}

static inline void raise_want(enum want *w, enum want to)
{
    if (*w < to)
        *w = to;
}

/* poll_desc.c: an entry was named, or changed so that it is due now. */
void scan_add_service(struct svc_entry *e, enum cls cls);
void scan_add_task(struct task_entry *e, enum cls cls);
/* It is about to be freed. */
void scan_drop_task(struct task_entry *e);
/* Start the describes that are due, best first. */
void pump_services(struct pump *p);
void pump_tasks(struct pump *p);

#endif
