/* From entries to rows: health, causes, task definitions. A row is immutable;
 * what changed gets a new one in a new page. */
#include "backend/store/internal.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"

/* Slices, so that no turn takes long. */
enum { EVAL_EVERY_MS = 5000, EVAL_SVCS = 300, EVAL_TASKS = 1000 };

static uint64_t mix(uint64_t h, const char *s)
{
    for (; s != NULL && *s != '\0'; s++)
        h = (h ^ (unsigned char)*s) * 1099511628211u;
    return (h ^ 0xff) * 1099511628211u;
}

static uint64_t mix_int(uint64_t h, int64_t n)
{
    return (h ^ (uint64_t)n) * 1099511628211u ^ h >> 29;
}

uint64_t svc_signature(const struct ecs_service *svc)
{
    uint64_t h = 14695981039346656037u;

    h = mix_int(h, svc->desired);
    h = mix_int(h, svc->running);
    h = mix_int(h, svc->pending);
    for (size_t i = 0; i < svc->n_deployments; i++) {
        const struct ecs_deployment *d = &svc->deployments[i];

        h = mix(mix(mix(h, d->id), d->status), d->task_definition);
        h = mix_int(mix_int(mix_int(h, d->running), d->pending), d->failed);
    }
    for (size_t i = 0; i < svc->n_task_sets; i++) {
        const struct ecs_task_set *t = &svc->task_sets[i];

        h = mix_int(mix_int(mix(h, t->id), t->running), t->pending);
    }
    return svc->n_events > 0 ? mix(h, svc->events[0].id) : h;
}

bool svc_troubled(const struct svc_entry *e)
{
    return e->row != NULL && !e->row->loading &&
           e->row->health.state < SVC_OK;
}

void svc_dirty(struct svc_entry *e)
{
    struct store *s = e->watch->store;

    if (!e->dirty) {
        e->dirty = true;
        s->dirty_svcs = xgrow(s->dirty_svcs, &s->cap_dirty_svcs,
                              s->n_dirty_svcs + 1,
                              sizeof(struct svc_entry *));
        s->dirty_svcs[s->n_dirty_svcs++] = e;
    }
    feeds_dirty_services(e->watch);
}

void task_dirty(struct task_entry *e)
{
    struct store *s = e->watch->store;

    if (!e->dirty) {
        e->dirty = true;
        s->dirty_tasks = xgrow(s->dirty_tasks, &s->cap_dirty_tasks,
                               s->n_dirty_tasks + 1,
                               sizeof(struct task_entry *));
        s->dirty_tasks[s->n_dirty_tasks++] = e;
    }
    feeds_dirty_tasks(e->watch, e->svc);
}

static const struct ecs_task *loading_task(struct task_entry *e,
                                           struct arena *a)
{
    struct ecs_task *t = arena_alloc(a, sizeof(*t));

    t->arn = arena_strdup(a, e->arn);
    t->id = arn_tail(t->arn);
    t->cluster_arn = arena_strdup(a, watch_ref(e->watch));
    t->service = e->svc != NULL ? arena_strdup(a, e->svc->name) : NULL;
    return t;
}

/* A stopped task joins the stops of its service, once. */
static void join_stops(struct task_entry *e)
{
    struct svc_entry *svc = e->svc;

    if (!e->final || svc == NULL)
        return;
    if (!e->in_stops) {
        svc->stops = xgrow(svc->stops, &svc->cap_stops, svc->n_stops + 1,
                           sizeof(struct task_entry *));
        svc->stops[svc->n_stops++] = e;
        e->in_stops = true;
    }
    svc_dirty(svc);
}

/* Rows that live for different times share no page: one that is kept long
 * would keep the others. */
enum lot { LOT_LOADING, LOT_LIVE, LOT_STOPPED, LOT_SERVICES, LOT_N };

struct lots {
    struct page *pages[LOT_N]; /* made when they are needed */
};

static struct page *lot_page(struct lots *l, enum lot lot)
{
    if (l->pages[lot] == NULL)
        l->pages[lot] = page_new(NULL);
    return l->pages[lot];
}

static const struct stop_cause *cause_of(const struct task_row *row,
                                         struct arena *a)
{
    struct stop_cause *cause = arena_alloc(a, sizeof(*cause));

    stop_cause_of(row->task, row->taskdef, a, cause);
    return cause;
}

static void task_eval(struct task_entry *e, struct lots *l)
{
    struct page *p = lot_page(l, e->task == NULL ? LOT_LOADING
                                 : e->final     ? LOT_STOPPED
                                                : LOT_LIVE);
    struct task_row *row = arena_alloc(p->arena, sizeof(*row));

    e->dirty = false;
    row->task = e->task != NULL ? e->task : loading_task(e, p->arena);
    row->loading = e->task == NULL;
    row->failed = tries_failed(&e->tries);
    row->denied = row->loading && job_denied(&e->watch->task_desc);
    row->stopped = e->final;
    row->remembered = e->remembered;
    row->taskdef = e->td != NULL ? e->td->td : NULL;
    row->cause = e->final ? cause_of(row, p->arena) : &stop_cause_none;
    e->row = row;
    e->row_key = row->task->arn;
    page_set(&e->row_page, p);
    join_stops(e);
    /* One container is essential by definition: nothing to look up. */
    if (e->final && e->task->n_containers > 1 && e->td != NULL)
        td_want(e->watch->store, e->td, true);
}

/* The groups point into tasks that may go before the row does: copied. */
static void own_groups(struct stop_summary *sum, struct arena *a)
{
    struct stop_group *g =
        arena_alloc(a, (sum->n_groups + 1) * sizeof(*g));

    for (size_t i = 0; i < sum->n_groups; i++) {
        g[i] = sum->groups[i];
        g[i].verdict = arena_strdup(a, g[i].verdict);
        g[i].text = arena_strdup(a, g[i].text);
        g[i].task_arn = arena_strdup(a, g[i].task_arn);
        g[i].container = arena_strdup(a, g[i].container);
    }
    sum->groups = g;
}

static void summarise(struct svc_entry *e, struct arena *a, int64_t now,
                      struct stop_summary *out)
{
    const struct ecs_task **tasks;
    struct stop_cause *causes;
    struct arena *scratch;
    size_t n = 0;

    if (e->n_stops == 0)
        return; /* most services; the row is zeroed */
    tasks = xreallocarray(NULL, e->n_stops, sizeof(struct ecs_task *));
    causes = xreallocarray(NULL, e->n_stops, sizeof(*causes));
    scratch = arena_new();
    for (size_t i = 0; i < e->n_stops; i++)
        if (e->stops[i]->row != NULL && e->stops[i]->row->stopped) {
            tasks[n] = e->stops[i]->task;
            causes[n++] = *e->stops[i]->row->cause;
        }
    if (n > 0) {
        stop_summarise(tasks, causes, n, now, scratch, out);
        own_groups(out, a);
    }
    arena_free(scratch);
    free(tasks);
    free(causes);
}

static const struct ecs_service *loading_svc(struct svc_entry *e,
                                             struct arena *a)
{
    struct ecs_service *svc = arena_alloc(a, sizeof(*svc));

    svc->arn = arena_strdup(a, e->arn != NULL ? e->arn : e->name);
    svc->name = arena_strdup(a, e->name);
    svc->cluster = arena_strdup(a, e->watch->name);
    svc->cluster_arn = arena_strdup(a, watch_ref(e->watch));
    svc->controller = "ECS";
    svc->max_percent = svc->min_healthy_percent = svc->grace_seconds = -1;
    return svc;
}

static bool is_timed(const struct svc_entry *e)
{
    const struct ecs_deployment *d = ecs_primary(e->svc);

    return svc_troubled(e) || e->n_stops > 0 ||
           e->svc->running != e->svc->desired || e->svc->n_deployments > 1 ||
           (d != NULL && d->rollout_state != NULL &&
            strcmp(d->rollout_state, "COMPLETED") != 0);
}

static void svc_eval(struct svc_entry *e, struct lots *l, int64_t now)
{
    struct page *p =
        lot_page(l, e->svc == NULL ? LOT_LOADING : LOT_SERVICES);
    struct service_row *row = arena_alloc(p->arena, sizeof(*row));
    const struct ecs_deployment *d =
        e->svc != NULL ? ecs_primary(e->svc) : NULL;
    bool acked = e->acked != NULL && d != NULL && d->id != NULL &&
                 strcmp(e->acked, d->id) == 0;
    bool known = e->watch->sweep.ok_once || e->n_stops > 0;

    e->dirty = false;
    row->svc = e->svc != NULL ? e->svc : loading_svc(e, p->arena);
    row->loading = e->svc == NULL;
    row->failed = tries_failed(&e->tries);
    row->denied = row->loading && job_denied(&e->watch->svc_desc);
    summarise(e, p->arena, now, &row->stops);
    if (row->loading) {
        row->health.state = SVC_OK;
        row->health.why = row->health.deployment = "";
    } else {
        svc_health_of(e->svc, known ? &row->stops : NULL, acked, now,
                      p->arena, &row->health);
    }
    row->taskdef = e->td != NULL ? e->td->td : NULL;
    e->row = row;
    page_set(&e->row_page, p);
    e->timed = !row->loading && is_timed(e);
    if (e->td != NULL && (svc_troubled(e) || e->window != 0 ||
                          e->want_tasks != WANT_NO))
        td_want(e->watch->store, e->td, false);
}

bool eval_slice(struct store *s)
{
    int64_t now = store_wall(s);
    struct lots lots = {0};
    size_t n;

    if (s->n_dirty_tasks + s->n_dirty_svcs == 0)
        return false;
    /* From the end, tasks first: they make services dirty. */
    for (n = 0; s->n_dirty_tasks > 0 && n < EVAL_TASKS; n++)
        task_eval(s->dirty_tasks[--s->n_dirty_tasks], &lots);
    for (n = 0; s->n_dirty_svcs > 0 && n < EVAL_SVCS; n++)
        svc_eval(s->dirty_svcs[--s->n_dirty_svcs], &lots, now);
    for (size_t i = 0; i < LOT_N; i++)
        page_unref(lots.pages[i]);
    return s->n_dirty_tasks + s->n_dirty_svcs > 0;
}

/* A slice of the services whose state may have changed by time alone. */
static void on_eval(struct timer *t, void *arg)
{
    struct store *s = arg;
    size_t seen = 0, n = 0;

    (void)t;
    for (struct watch *w = s->watches; w != NULL; w = w->next)
        for (size_t i = 0; i < w->n_svcs && n < EVAL_SVCS; i++)
            if (w->svcs[i]->timed && seen++ >= s->eval_pos) {
                svc_dirty(w->svcs[i]);
                n++;
            }
    s->eval_pos = n < EVAL_SVCS ? 0 : s->eval_pos + n;
    eval_schedule(s);
}

void eval_schedule(struct store *s)
{
    bool wanted = false;

    for (struct feed *f = s->feeds; f != NULL; f = f->next)
        wanted = wanted || f->kind == QUERY_SERVICES;
    if (!wanted)
        timer_stop(s->clock, &s->eval_timer);
    else if (!timer_armed(&s->eval_timer))
        timer_start(s->clock, &s->eval_timer, EVAL_EVERY_MS, on_eval, s);
}

void td_want(struct store *s, struct td_entry *td, bool needed)
{
    if (td->state == TD_KNOWN)
        return;
    if (td->state == TD_IDLE) {
        td->state = TD_WANTED;
        s->n_td_wanted++;
        pump_soon(s);
    }
    td->needed = td->needed || needed;
}

void td_arrived(struct store *s, struct td_entry *td)
{
    for (struct watch *w = s->watches; w != NULL; w = w->next) {
        for (size_t i = 0; i < w->n_svcs; i++)
            if (w->svcs[i]->td == td)
                svc_dirty(w->svcs[i]);
        for (size_t i = 0; i < w->n_tasks; i++)
            if (w->tasks[i]->td == td)
                task_dirty(w->tasks[i]);
    }
    if (td->urgent)
        feeds_dirty_all(s);
}
