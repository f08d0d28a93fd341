/* What --until-stable waits for, in words; and when there is nothing left to
 * wait for. */
#include "views/tail/tail_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/arena.h"
#include "backend/base/clock.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/net/loop.h"
#include "backend/store/store.h"

#define SAY_EVERY_MS 10000 /* counts move each second while tasks die */
#define LOOP_STOPS 2       /* abnormal ones in ten minutes: svc/health.h */

/* by: only tasks of this deployment, NULL = all. */
static void summarise(const struct snapshot *snap, const char *by, int64_t now,
                      struct arena *a, struct stop_summary *out)
{
    const struct ecs_task **tasks =
        arena_alloc(a, (snap->n_rows + 1) * sizeof(struct ecs_task *));
    struct stop_cause *causes =
        arena_alloc(a, (snap->n_rows + 1) * sizeof(*causes));
    size_t n = 0;

    for (size_t i = 0; i < snap->n_rows; i++) {
        const struct task_row *row = snap->rows[i].data;
        const char *started = row->task->started_by;
        if (!row->stopped || row->loading ||
            (by && (!started || strcmp(started, by) != 0)))
            continue;
        tasks[n] = row->task;
        causes[n++] = *row->cause;
    }
    stop_summarise(tasks, causes, n, now, a, out);
}

/* "2 of 8 new running, 6 old ones, too; app exit 1 x24" */
static void describe(char *out, size_t size, const struct ecs_service *svc,
                     const struct svc_health *h,
                     const struct stop_summary *stops)
{
    const struct ecs_deployment *d = ecs_primary(svc);
    const struct stop_group *g = stops->n_groups ? stops->groups : NULL;
    bool fresh = d && (h->rolling || svc->n_deployments > 1);
    int old = fresh ? svc->running - d->running : 0;
    int n = snprintf(out, size, "%d of %d%s running",
                     fresh ? d->running : svc->running,
                     fresh ? d->desired : svc->desired, fresh ? " new" : "");

    if (fresh && d->failed)
        n += snprintf(out + n, size - (size_t)n, ", %d failed", d->failed);
    if (old > 0)
        n += snprintf(out + n, size - (size_t)n, ", %d old one%s, too", old,
                      old == 1 ? "" : "s");
    else if (svc->n_deployments > 1 && !h->rolling)
        n += snprintf(out + n, size - (size_t)n, ", the old ones stop");
    else if (fresh && d->running >= d->desired)
        n += snprintf(out + n, size - (size_t)n, ", ECS has not called it "
                      "complete yet");
    if (g && g->count > 1)
        snprintf(out + n, size - (size_t)n, "; %.200s x%d", g->verdict,
                 g->count);
    else if (g)
        snprintf(out + n, size - (size_t)n, "; %.200s", g->verdict);
}

static void judge(struct tail_service *s, const struct ecs_service *svc,
                  const struct svc_health *h, const struct stop_summary *ours)
{
    struct tail_stable *st = &s->stable;
    const struct ecs_deployment *d = ecs_primary(svc);
    /* With all tasks up it bakes, or drains the old ones. */
    bool up = d && d->running >= d->desired && !h->failed;

    if (h->stalled && !up)
        snprintf(st->reason, sizeof(st->reason), "the roll-out has made "
                 "no progress for ten minutes or more: %.300s.", s->waits_for);
    else if (!h->rolling && svc->running < svc->desired &&
             ours->abnormal_10m >= LOOP_STOPS)
        snprintf(st->reason, sizeof(st->reason), "no roll-out is in progress, "
                 "and its tasks stop again and again: %.300s.", s->waits_for);
    else
        return;
    st->state = TAIL_FAILED;
}

void tail_wait_look(struct tail_service *s)
{
    struct tail *t = s->tail;
    const struct snapshot *snap = s->sub ? subscription_snapshot(s->sub) : NULL;
    const struct ecs_service *svc = s->stable.svc;
    const struct ecs_deployment *d;
    struct stop_summary all, ours;
    struct svc_health h;
    struct arena *a;
    int64_t now = logsrc_service_now(t->src);

    if (s->stable.state != TAIL_ROLLING || !svc || !snap ||
        !subscription_settled(s->sub) ||
        (s->looked == s->stable.looks && s->looked_at == snap->generation))
        return;
    s->looked = s->stable.looks;
    s->looked_at = snap->generation;
    a = arena_new();
    d = ecs_primary(svc);
    summarise(snap, NULL, now, a, &all);
    summarise(snap, d ? d->id : NULL, now, a, &ours);
    svc_health_of(svc, &all, false, now, a, &h);
    describe(s->waits_for, sizeof(s->waits_for), svc, &h, &all);
    judge(s, svc, &h, &ours);
    arena_free(a);
}

void tail_wait_say(struct tail_service *s)
{
    int64_t now = clock_mono_ms(loop_clock(s->tail->o->loop));

    if (s->stable.state != TAIL_ROLLING || !s->waits_for[0] ||
        strcmp(s->waits_for, s->said) == 0 ||
        (s->said[0] && now - s->said_ms < SAY_EVERY_MS))
        return;
    snprintf(s->said, sizeof(s->said), "%s", s->waits_for);
    s->said_ms = now;
    fprintf(stderr, "ecsdash: waiting for %s: %s.\n", s->label, s->said);
}

bool tail_wait_over(struct tail *t, int64_t now)
{
    char age[16];

    if (t->verdict_ms || now - t->begun_ms < t->o->wait_ms)
        return false;
    for (size_t i = 0; i < t->n_services; i++) {
        const struct tail_service *s = &t->services[i];
        if (s->stable.state == TAIL_STEADY)
            continue;
        fprintf(stderr, "ecsdash: %s: not steady after %s%s%s.\n", s->label,
                fmt_age(t->o->wait_ms, age), s->waits_for[0] ? ": " : "",
                s->waits_for);
    }
    t->status = 1;
    return true;
}
