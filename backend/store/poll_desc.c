/* Which services and tasks to describe next. One scan gives each entry a
 * class, or none when it is not due; batches are filled class by class. */
#include "backend/store/poll.h"

#include <string.h>

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
static int64_t svc_due(const struct pump *p, struct svc_entry *e,
                       enum cls *cls)
{
    const struct store_options *o = &p->s->opts;
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

static int64_t task_due(const struct pump *p, struct task_entry *e,
                        enum cls *cls)
{
    const struct store_options *o = &p->s->opts;
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

static void scan_services(struct pump *p, struct watch *w)
{
    size_t troubled = 0;

    memset(w->due_svcs, 0, sizeof(w->due_svcs));
    if ((w->want_services == WANT_NO && w->want_pins == WANT_NO) ||
        !ready(p, job_due(&w->svc_desc, 0)))
        return;
    for (size_t i = 0; i < w->n_svcs; i++) {
        struct svc_entry *e = w->svcs[i];
        enum cls cls = CLS_NONE;
        int64_t at = svc_due(p, e, &cls);

        e->cls = at != INT64_MAX && ready(p, at) ? (int)cls : CLS_NONE;
        w->due_svcs[e->cls]++;
        troubled += e->listed && svc_troubled(e);
    }
    w->n_troubled = troubled;
}

/* One batch of class `cls`; free places go to whatever else is due, then to
 * what would be due soon. */
static void launch_services(struct pump *p, struct watch *w, enum cls cls)
{
    struct svc_entry *batch[SVC_BATCH];
    size_t n = 0, pos = w->svc_pos;
    int64_t soon = p->now + p->s->opts.refresh_ms / 2;

    for (int pass = 0; pass < 3; pass++)
        for (size_t i = 0; i < w->n_svcs && n < SVC_BATCH; i++) {
            size_t at = (w->svc_pos + i) % w->n_svcs;
            struct svc_entry *e = w->svcs[at];
            enum cls dummy;
            bool take = pass == 0   ? e->cls == (int)cls
                        : pass == 1 ? e->cls > (int)cls && e->cls < CLS_FAILED
                                    : e->cls == CLS_NONE &&
                                          e->described_ms != p->now &&
                                          svc_due(p, e, &dummy) <= soon;

            if (!take)
                continue;
            w->due_svcs[e->cls]--;
            e->cls = -1;
            batch[n++] = e;
            if (pass == 0)
                pos = at + 1;
        }
    w->svc_pos = pos;
    fetch_svc_desc(w, batch, n,
                   w->want_services == WANT_VISIBLE ||
                           w->want_pins == WANT_VISIBLE
                       ? prios[cls]
                       : AWS_PRIO_BACKGROUND);
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
            while (w->due_svcs[cls] > 0 &&
                   s->flying[ASK_SVC_DESC] < MAX_BATCHES)
                launch_services(p, w, (enum cls)cls);
}

/* In a large cluster every answer leaves room for one more batch, and looking
 * at all tasks each time would cost more than the answer. The classes of the
 * last scan serve a little longer while they fill a batch; what a person does
 * (scrolling, touching) asks for a new scan. */
static bool scan_serves(const struct pump *p, const struct watch *w)
{
    size_t due = 0;
    int64_t age = p->now - w->task_scan_ms;

    for (int cls = 0; cls < CLS_N; cls++)
        due += w->due_tasks[cls];
    if (w->task_scan_ms == 0)
        return false;
    if (due >= TASK_BATCH)
        return age < SCAN_MS;
    return w->n_tasks > MANY_TASKS && p->s->flying[ASK_TASK_DESC] > 0 &&
           age < RESCAN_MS;
}

static void scan_tasks(struct pump *p, struct watch *w)
{
    bool wanted = w->want_sweep != WANT_NO || w->want_tasks != WANT_NO ||
                  w->want_pins != WANT_NO;

    if (wanted && ready(p, job_due(&w->task_desc, 0)) && scan_serves(p, w)) {
        ready(p, max64(w->task_scan_ms + RESCAN_MS, p->now + 1));
        return;
    }
    memset(w->due_tasks, 0, sizeof(w->due_tasks));
    if (!wanted || !ready(p, job_due(&w->task_desc, 0)))
        return;
    for (size_t i = 0; i < w->n_tasks; i++) {
        struct task_entry *e = w->tasks[i];
        enum cls cls = CLS_NONE;
        int64_t at = e->final ? INT64_MAX : task_due(p, e, &cls);

        e->cls = at != INT64_MAX && ready(p, at) ? (int)cls : CLS_NONE;
        w->due_tasks[e->cls]++;
    }
    w->task_scan_ms = p->now;
}

static void launch_tasks(struct watch *w, enum cls cls)
{
    struct task_entry *batch[TASK_BATCH];
    size_t n = 0, pos = w->task_pos;

    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < w->n_tasks && n < TASK_BATCH; i++) {
            size_t at = (w->task_pos + i) % w->n_tasks;
            struct task_entry *e = w->tasks[at];

            if (pass == 0 ? e->cls != (int)cls
                          : e->cls <= (int)cls || e->cls >= CLS_FAILED)
                continue;
            w->due_tasks[e->cls]--;
            e->cls = -1;
            batch[n++] = e;
            if (pass == 0)
                pos = at + 1;
        }
    w->task_pos = pos;
    fetch_task_desc(w, batch, n,
                    w->want_sweep == WANT_VISIBLE ||
                            w->want_tasks == WANT_VISIBLE ||
                            w->want_pins == WANT_VISIBLE
                        ? prios[cls]
                        : AWS_PRIO_BACKGROUND);
}

void pump_tasks(struct pump *p)
{
    struct store *s = p->s;

    if (s->flying[ASK_TASK_DESC] >= MAX_BATCHES)
        return;
    for (struct watch *w = s->watches; w != NULL; w = w->next)
        scan_tasks(p, w);
    for (int cls = 0; cls < CLS_N; cls++)
        for (struct watch *w = s->watches; w != NULL; w = w->next)
            while (w->due_tasks[cls] > 0 &&
                   s->flying[ASK_TASK_DESC] < MAX_BATCHES)
                launch_tasks(w, (enum cls)cls);
}
