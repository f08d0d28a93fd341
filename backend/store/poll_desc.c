/* Which services and tasks to describe next. One scan gives each entry a
 * class, or none when it is not due; batches are filled class by class. */
#include "backend/store/poll.h"

#include <string.h>

#include "backend/base/mem.h"

static const enum aws_priority prios[CLS_N] = {
    [CLS_TOUCHED] = AWS_PRIO_USER,
    [CLS_VISIBLE] = AWS_PRIO_VISIBLE,
    [CLS_NAMED] = AWS_PRIO_NORMAL,
    [CLS_TROUBLE] = AWS_PRIO_NORMAL,
    [CLS_NEW] = AWS_PRIO_NORMAL,
    [CLS_HEALTHY] = AWS_PRIO_BACKGROUND,
    [CLS_FAILED] = AWS_PRIO_BACKGROUND,
};

/* When a service is due, and why. */
static int64_t svc_due(const struct pump *p, void *entry, enum cls *cls)
{
    const struct store_options *o = &p->s->opts;
    struct svc_entry *e = entry;
    enum want want = e->listed ? e->watch->want_services : WANT_NO;
    bool seen = e->window == p->s->stamp || e->want_tasks == WANT_VISIBLE;
    int64_t period;

    raise_want(&want, e->want_tasks);
    if (want == WANT_NO || e->in_flight)
        return INT64_MAX;
    *cls = seen ? CLS_VISIBLE : e->hot ? CLS_NAMED : CLS_NEW;
    if (e->tries.fails > 0) {
        *cls = CLS_FAILED;
        return tries_due(p->s, &e->tries);
    } else if (p->now < e->boost_ms) {
        *cls = CLS_TOUCHED;
        period = TOUCHED_MS;
    } else if (e->described_ms == 0) {
        return 0;
    } else if (e->hot) {
        period = TOUCHED_MS;
    } else if (seen) {
        period = o->refresh_ms;
    } else if (svc_troubled(e)) {
        *cls = CLS_TROUBLE;
        period = max64(o->refresh_ms * 2, (int64_t)e->watch->n_troubled *
                                              TROUBLE_BATCH_MS / SVC_BATCH);
    } else {
        *cls = CLS_HEALTHY;
        period = p->healthy_ms;
    }
    if (want == WANT_HIDDEN && *cls != CLS_TOUCHED)
        period = max64(period, o->hidden_ms);
    return e->described_ms + period * e->jitter / 1000;
}

/* After a mutation what moves is watched closely, also tasks that are new. */
static bool touched(const struct pump *p, const struct task_entry *e)
{
    return p->now < e->boost_ms ||
           (e->svc != NULL && p->now < e->svc->boost_ms && e->moving);
}

static int64_t task_due(const struct pump *p, void *entry, enum cls *cls)
{
    const struct store_options *o = &p->s->opts;
    struct task_entry *e = entry;
    struct watch *w = e->watch;
    enum want want = e->swept != 0 ? w->want_sweep : WANT_NO;
    bool seen = e->window == p->s->stamp || e->pinned == WANT_VISIBLE;
    int64_t period;

    raise_want(&want, w->want_tasks);
    raise_want(&want, e->pinned);
    if (e->svc != NULL)
        raise_want(&want, e->svc->want_tasks);
    if (want == WANT_NO || e->in_flight || e->final)
        return INT64_MAX;
    *cls = seen ? CLS_VISIBLE
                : e->gone || e->swept != 0 ? CLS_NAMED : CLS_NEW;
    if (e->tries.fails > 0) {
        *cls = CLS_FAILED;
        return tries_due(p->s, &e->tries);
    } else if (e->described_ms == 0) {
        return 0;
    } else if (e->task == NULL) { /* pinned, and missing */
        period = SWEEP_MS;
    } else if (touched(p, e)) {
        *cls = CLS_TOUCHED;
        period = TOUCHED_MS;
    } else if (e->gone) {
        period = TOUCHED_MS;
    } else if (e->moving) {
        *cls = seen ? CLS_VISIBLE : CLS_TROUBLE;
        period = o->refresh_ms;
    } else if (seen) {
        period = o->refresh_ms;
    } else {
        *cls = CLS_HEALTHY;
        period = p->settled_ms;
    }
    if (want == WANT_HIDDEN && *cls != CLS_TOUCHED)
        period = max64(period, o->hidden_ms);
    return e->described_ms + period * e->jitter / 1000;
}

/* What the two kinds of entries have in common. */
struct pool {
    size_t batch;
    size_t (*count)(const struct watch *w);
    void *(*at)(const struct watch *w, size_t i);
    int *(*cls)(void *entry);
    int64_t (*due)(const struct pump *p, void *entry, enum cls *cls);
};

static size_t n_services(const struct watch *w)
{
    return w->n_svcs;
}

static void *service_at(const struct watch *w, size_t i)
{
    return w->svcs[i];
}

static int *service_cls(void *entry)
{
    return &((struct svc_entry *)entry)->cls;
}

static size_t n_tasks(const struct watch *w)
{
    return w->n_tasks;
}

static void *task_at(const struct watch *w, size_t i)
{
    return w->tasks[i];
}

static int *task_cls(void *entry)
{
    return &((struct task_entry *)entry)->cls;
}

static const struct pool services = {SVC_BATCH, n_services, service_at,
                                     service_cls, svc_due};
static const struct pool tasks = {TASK_BATCH, n_tasks, task_at, task_cls,
                                  task_due};

static bool is_queued(int cls)
{
    return cls >= 0 && cls < CLS_NONE;
}

static void put(struct scan *scan, void *entry, int *of, enum cls cls,
                size_t behind)
{
    *of = (int)cls;
    scan->due[cls]++;
    if (cls == CLS_NONE)
        return;
    scan->queue = xgrow(scan->queue, &scan->cap_queue, scan->n_queue + 1,
                        sizeof(*scan->queue));
    scan->queue[scan->n_queue++] = (struct due){entry, behind};
}

/* Looking at all entries of a large cluster costs more than an answer does, and
 * every answer leaves room for one more batch. So the classes of a scan serve
 * for a while; what is named meanwhile joins them, and what a person does asks
 * for a new scan. */
static void scan(struct pump *p, const struct pool *pool, struct watch *w,
                 struct scan *scan, bool wanted)
{
    size_t n = pool->count(w);

    if (wanted && scan->at_ms != 0 && n > MANY &&
        !ready(p, scan->at_ms + SCAN_MS))
        return;
    memset(scan->due, 0, sizeof(scan->due));
    scan->at_ms = scan->n_queue = scan->head = 0;
    if (!wanted)
        return;
    scan->at_ms = p->now;
    for (size_t i = 0; i < n; i++) {
        size_t at = (scan->pos + i) % n;
        void *entry = pool->at(w, at);
        enum cls cls = CLS_NONE;
        int64_t due = pool->due(p, entry, &cls);

        if (due == INT64_MAX || !ready(p, due))
            cls = CLS_NONE;
        put(scan, entry, pool->cls(entry), cls, at + 1);
    }
}

static void add(struct scan *scan, void *entry, int *of, enum cls cls)
{
    if (scan->at_ms == 0)
        return; /* the next one sees it */
    if (*of >= 0)
        scan->due[*of]--;
    if (is_queued(*of)) {
        *of = (int)cls;
        scan->due[cls]++;
    } else {
        put(scan, entry, of, cls, scan->pos);
    }
}

void scan_add_service(struct svc_entry *e, enum cls cls)
{
    add(&e->watch->svc_scan, e, &e->cls, cls);
}

void scan_add_task(struct task_entry *e, enum cls cls)
{
    add(&e->watch->task_scan, e, &e->cls, cls);
}

void scan_drop_task(struct task_entry *e)
{
    struct scan *scan = &e->watch->task_scan;

    if (scan->at_ms != 0 && e->cls >= 0)
        scan->due[e->cls]--;
    for (size_t i = scan->head; is_queued(e->cls) && i < scan->n_queue; i++)
        if (scan->queue[i].entry == e)
            scan->queue[i].entry = NULL;
}

/* More for a batch of n, of the classes from..to. Who is not due any more is
 * passed over. */
static size_t pick(struct pump *p, const struct pool *pool,
                   struct scan *scan, int from, int to, void **batch,
                   size_t n)
{
    size_t todo = 0;
    enum cls cls;

    for (int i = from; i <= to; i++)
        todo += scan->due[i];
    for (size_t i = scan->head; i < scan->n_queue && n < pool->batch && todo > 0;
         i++) {
        struct due *d = &scan->queue[i];
        int *of = d->entry != NULL ? pool->cls(d->entry) : NULL;

        if (of != NULL && *of >= from && *of <= to) {
            todo--;
            scan->due[*of]--;
            *of = -1;
            if (from == to)
                scan->pos = d->behind;
            if (pool->due(p, d->entry, &cls) <= p->now)
                batch[n++] = d->entry;
            d->entry = NULL;
        }
        if (d->entry == NULL && i == scan->head)
            scan->head++;
    }
    return n;
}

/* Free places go to whatever else is due. */
static size_t pick_batch(struct pump *p, const struct pool *pool,
                         struct scan *scan, enum cls cls, void **batch)
{
    size_t n = pick(p, pool, scan, (int)cls, (int)cls, batch, 0);

    return n == 0 ? 0
                  : pick(p, pool, scan, (int)cls + 1, CLS_FAILED - 1, batch,
                         n);
}

static void scan_services(struct pump *p, struct watch *w)
{
    int64_t before = w->svc_scan.at_ms;

    scan(p, &services, w, &w->svc_scan,
         (w->want_services != WANT_NO || w->want_pins != WANT_NO) &&
             ready(p, job_due(&w->svc_desc, 0)));
    if (w->svc_scan.at_ms == before)
        return;
    w->n_troubled = 0;
    for (size_t i = 0; i < w->n_svcs; i++)
        w->n_troubled += w->svcs[i]->listed && svc_troubled(w->svcs[i]);
}

/* And to what would be due soon. */
static size_t pick_soon(struct pump *p, struct watch *w, void **batch,
                        size_t n)
{
    int64_t soon = p->now + p->s->opts.refresh_ms / 2;
    enum cls cls;

    for (size_t i = 0; i < w->n_svcs && n < SVC_BATCH; i++) {
        struct svc_entry *e = w->svcs[(w->svc_scan.pos + i) % w->n_svcs];

        if (e->cls != CLS_NONE || e->described_ms == p->now ||
            svc_due(p, e, &cls) > soon)
            continue;
        w->svc_scan.due[CLS_NONE]--;
        e->cls = -1;
        batch[n++] = e;
    }
    return n;
}

static bool launch_services(struct pump *p, struct watch *w, enum cls cls)
{
    void *batch[SVC_BATCH];
    size_t n = pick_batch(p, &services, &w->svc_scan, cls, batch);

    if (n > 0)
        fetch_svc_desc(w, batch, pick_soon(p, w, batch, n),
                       w->want_services == WANT_VISIBLE ||
                               w->want_pins == WANT_VISIBLE
                           ? prios[cls]
                           : AWS_PRIO_BACKGROUND);
    return n > 0;
}

void pump_services(struct pump *p)
{
    struct store *s = p->s;

    if (s->flying[ASK_SVC_DESC] >= MAX_BATCHES)
        return; /* an answer pumps again */
    for (struct watch *w = s->watches; w != NULL; w = w->next)
        scan_services(p, w);
    for (int cls = 0; cls < CLS_N; cls++)
        for (struct watch *w = s->watches; w != NULL; w = w->next)
            while (s->flying[ASK_SVC_DESC] < MAX_BATCHES &&
                   launch_services(p, w, (enum cls)cls))
                ;
}

static bool launch_tasks(struct pump *p, struct watch *w, enum cls cls)
{
    void *batch[TASK_BATCH];
    size_t n = pick_batch(p, &tasks, &w->task_scan, cls, batch);

    if (n > 0)
        fetch_task_desc(w, batch, n,
                        w->want_sweep == WANT_VISIBLE ||
                                w->want_tasks == WANT_VISIBLE ||
                                w->want_pins == WANT_VISIBLE
                            ? prios[cls]
                            : AWS_PRIO_BACKGROUND);
    return n > 0;
}

void pump_tasks(struct pump *p)
{
    struct store *s = p->s;

    if (s->flying[ASK_TASK_DESC] >= MAX_BATCHES)
        return;
    for (struct watch *w = s->watches; w != NULL; w = w->next)
        scan(p, &tasks, w, &w->task_scan,
             (w->want_sweep != WANT_NO || w->want_tasks != WANT_NO ||
              w->want_pins != WANT_NO) &&
                 ready(p, job_due(&w->task_desc, 0)));
    for (int cls = 0; cls < CLS_N; cls++)
        for (struct watch *w = s->watches; w != NULL; w = w->next)
            while (s->flying[ASK_TASK_DESC] < MAX_BATCHES &&
                   launch_tasks(p, w, (enum cls)cls))
                ;
}
