/* What a snapshot says beside its rows: is it complete, how fresh is it, what
 * is lacking, and why. */
#include "backend/store/internal.h"

#include <string.h>

/* Complete and settled, folded over everything the feed depends on. */
struct state {
    bool complete, settled;
};

static void need(struct state *st, bool there, const struct job *j)
{
    st->complete = st->complete && there;
    st->settled = st->settled && (there || j->failures > 0);
}

/* The same of an entry: it may also have failed by itself. */
static void need_row(struct state *st, bool there, const struct tries *t,
                     const struct job *j)
{
    bool settled = st->settled;

    need(st, there, j);
    st->settled = st->settled || (settled && tries_failed(t));
}

static void services_state(const struct watch *w, struct state *st)
{
    need(st, w->list.ok_once, &w->list);
    for (size_t i = 0; i < w->n_svcs && st->settled; i++) {
        const struct svc_entry *e = w->svcs[i];

        if (e->listed)
            need_row(st, e->svc != NULL || e->missing, &e->tries,
                     &w->svc_desc);
    }
}

static void stops_state(const struct watch *w, struct state *st)
{
    need(st, w->sweep.ok_once, &w->sweep);
    for (size_t i = 0; i < w->n_tasks && st->settled; i++) {
        const struct task_entry *e = w->tasks[i];

        fetch_ahead(w, i);
        if (e->swept != 0)
            need_row(st, e->task != NULL || e->missing, &e->tries,
                     &w->task_desc);
    }
}

static void tasks_state(const struct feed *f, const struct watch *w,
                        struct state *st)
{
    const struct job *run = f->svc != NULL ? f->svc->run : &w->run;

    need(st, run->ok_once, run);
    for (size_t i = 0; i < w->n_tasks && st->settled; i++) {
        const struct task_entry *e = w->tasks[i];

        fetch_ahead(w, i);
        if (feed_shows(f, e))
            need_row(st, e->task != NULL, &e->tries, &w->task_desc);
    }
}

/* Causes that wait for a task definition don't make rows incomplete, but a
 * program that asks once waits for them. */
static bool taskdefs_settled(const struct store *s)
{
    size_t i = 0;
    const char *key;
    void *value;

    if (s->n_td_wanted == 0 || job_denied(&s->tdjob))
        return true;
    while (map_next(s->taskdefs, &i, &key, &value)) {
        const struct td_entry *td = value;

        if (td->needed && !td->failed && td->state != TD_KNOWN)
            return false;
    }
    return true;
}

void feed_state(struct feed *f, bool *complete, bool *settled)
{
    struct store *s = f->store;
    struct state st = {.complete = true, .settled = true};

    if (f->kind == QUERY_CONTAINERS) {
        need(&st, f->task != NULL && f->task->task != NULL,
             &f->watch->task_desc);
        st.settled = st.settled || f->task == NULL || f->task->missing ||
                     tries_failed(&f->task->tries);
    } else if (f->watch == NULL) {
        need(&st, s->clusters.ok_once, &s->clusters);
    }
    for (struct watch *w = s->watches; w != NULL; w = w->next) {
        if (f->kind == QUERY_CLUSTERS && w->listed)
            need_row(&st, w->cluster != NULL || w->missing, &w->tries,
                     &s->cluster_desc);
        if (!feed_covers(f, w) || f->kind == QUERY_CONTAINERS)
            continue;
        if (f->kind == QUERY_SERVICES)
            services_state(w, &st);
        else
            tasks_state(f, w, &st);
        stops_state(w, &st);
    }
    if (f->svc != NULL && f->svc->missing)
        st = (struct state){.complete = false, .settled = true};
    if (st.settled && f->kind != QUERY_CLUSTERS)
        st.settled = taskdefs_settled(s);
    *complete = st.complete;
    *settled = st.settled;
}

/* The first error and the newest success of what the feed depends on. */
static void note_job(struct snapshot *snap, const struct job *j)
{
    bool broken = snap->error.code != ERR_NONE && !snap->partial;

    if (j->err.code == ERR_NONE) {
        if (j->ok_wall_ms > snap->fetched_ms && !broken)
            snap->fetched_ms = j->ok_wall_ms;
        return;
    }
    if (j->ok_wall_ms != 0 && (snap->fetched_ms == 0 || !broken ||
                               j->ok_wall_ms < snap->fetched_ms))
        snap->fetched_ms = j->ok_wall_ms;
    if (broken)
        return;
    snap->partial = false;
    snap->error = j->err;
    snap->error_since_ms = j->err_since_ms;
    snap->retry_ms = j->retry_wall_ms;
}

/* What can't be described: how many, and why. */
static void note_trouble(struct snapshot *snap, const struct trouble *t,
                         const char *what)
{
    if (t->n == 0 || snap->error.code != ERR_NONE)
        return;
    snap->error = t->err;
    err_prefix(&snap->error, "%zu %s%s can't be described", t->n, what,
               t->n == 1 ? "" : "s");
    snap->error_since_ms = t->since_ms;
    snap->partial = true;
}

/* What the rows can do without is no error when it is denied. */
static void note_extra(struct snapshot *snap, const struct job *j,
                       const struct store_lack *lack)
{
    if (!job_denied(j)) {
        note_job(snap, j);
        return;
    }
    for (size_t i = 0; i < snap->n_lacks; i++)
        if (snap->lacks[i] == lack)
            return;
    if (snap->n_lacks < STORE_LACKS)
        snap->lacks[snap->n_lacks++] = lack;
}

static void note_stops(const struct watch *w, struct snapshot *snap)
{
    static const struct store_lack list = {"stopped tasks", "ecs:ListTasks",
                                           true};
    static const struct store_lack desc = {"stopped tasks",
                                           "ecs:DescribeTasks", true};

    note_extra(snap, &w->sweep, &list);
    if (!job_denied(&w->sweep))
        note_extra(snap, &w->task_desc, &desc);
    note_trouble(snap, &w->task_trouble, "task");
}

static void note_missing(struct feed *f, struct snapshot *snap)
{
    if (snap->error.code != ERR_NONE)
        return;
    if (f->svc != NULL && f->watch != NULL && f->svc->missing)
        err_set(&snap->error, ERR_NOT_FOUND,
                "There is no service %s in cluster %s (any more).",
                f->svc->name, f->watch->name);
    else if (f->kind == QUERY_CONTAINERS &&
             (f->task == NULL || f->task->missing))
        err_set(&snap->error, ERR_NOT_FOUND,
                "ECS does not know task %s of cluster %s (any more).",
                arn_tail(f->task_name), f->watch->name);
    if (snap->error.code != ERR_NONE)
        snap->error_since_ms = clock_wall_ms(f->store->clock);
}

static void note_watch(struct feed *f, struct watch *w, struct snapshot *snap)
{
    switch (f->kind) {
    case QUERY_SERVICES:
        snap->first_page = snap->first_page || w->list_page;
        note_job(snap, &w->list);
        note_job(snap, &w->svc_desc);
        note_trouble(snap, &w->svc_trouble, "service");
        snap->failed += w->svc_trouble.n;
        note_stops(w, snap);
        break;
    case QUERY_TASKS:
        snap->first_page = snap->first_page ||
                           (f->svc != NULL ? f->svc->run->ok_once
                                           : w->run_page);
        note_job(snap, f->svc != NULL ? f->svc->run : &w->run);
        note_job(snap, &w->task_desc);
        note_stops(w, snap);
        snap->failed += w->task_trouble.n;
        if (f->svc != NULL)
            note_job(snap, &w->svc_desc);
        break;
    default:
        snap->final = f->task != NULL && f->task->final;
        if (snap->final)
            snap->fetched_ms = w->task_desc.ok_wall_ms;
        else
            note_job(snap, &w->task_desc);
        if (f->task != NULL && tries_failed(&f->task->tries))
            note_trouble(snap, &w->task_trouble, "task");
        break;
    }
}

void feed_note(struct feed *f, struct snapshot *snap)
{
    static const struct store_lack taskdefs = {
        "images and definitions", "ecs:DescribeTaskDefinition", false};
    struct store *s = f->store;
    bool settled, any = false;

    if (f->kind == QUERY_CLUSTERS || f->watch == NULL)
        note_job(snap, &s->clusters);
    if (f->kind == QUERY_CLUSTERS) {
        snap->first_page = s->clusters_page;
        note_job(snap, &s->cluster_desc);
        note_trouble(snap, &s->cluster_trouble, "cluster");
        snap->failed += s->cluster_trouble.n;
    }
    for (struct watch *w = s->watches; w != NULL; w = w->next)
        if (feed_covers(f, w)) {
            any = true;
            note_watch(f, w, snap);
        }
    if (f->watch == NULL && !any && s->clusters.ok_once)
        snap->first_page = true;
    if (f->kind == QUERY_CONTAINERS)
        snap->first_page = f->task != NULL && f->task->task != NULL;
    snap->first_page = snap->first_page || snap->n_rows > 0;
    if (f->kind != QUERY_CLUSTERS && job_denied(&s->tdjob))
        note_extra(snap, &s->tdjob, &taskdefs);
    note_missing(f, snap);
    feed_state(f, &snap->complete, &settled);
}
