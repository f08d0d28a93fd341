/* The account: making, looking up and changing its things; time. */
#include "backend/sim/world.h"

#include "backend/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR 3600000LL
#define MAX_GONE 4096

static void service_release(struct sim_service *s)
{
    for (size_t i = 0; i < s->n_tasks; i++)
        free(s->tasks[i]);
    free(s->tasks);
    for (size_t i = 0; i < s->n_deployments; i++)
        free(s->deployments[i]);
    for (size_t i = 0; i < s->n_events; i++)
        free(s->events[i].message);
}

void world_free(struct sim_world *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < w->n_clusters; i++) {
        struct sim_cluster *c = w->clusters[i];
        for (size_t k = 0; k < c->n_services; k++) {
            service_release(c->services[k]);
            free(c->services[k]);
        }
        free(c->services);
        service_release(&c->standalone);
        free(c);
    }
    free(w->clusters);
    for (size_t i = 0; i < w->n_defs; i++)
        free(w->defs[i]);
    free(w->defs);
    for (size_t i = 0; i < w->n_gone; i++)
        free(w->gone[i]);
    free(w->gone);
    map_free(w->tasks, NULL);
    free(w);
}

struct sim_world *world_new(const struct world_options *o, struct err *err)
{
    struct sim_world *w = xcalloc(1, sizeof(*w));
    snprintf(w->account, sizeof(w->account), "%s",
             o->account ? o->account : "123456789012");
    snprintf(w->region, sizeof(w->region), "%s",
             o->region ? o->region : "eu-west-1");
    w->seed = o->seed;
    rng_seed(&w->rng, o->seed);
    w->start_ms = o->now_ms;
    w->now_ms = o->now_ms - 3600000; /* an hour of history is lived through */
    w->line_ms = 2000;
    w->tasks = map_new();
    if (o->elsewhere) {
        scenario_elsewhere(w);
    } else if (scenario_build(w, o, err)) {
        world_free(w);
        return NULL;
    }
    world_advance(w, o->now_ms);
    return w;
}

/* ---- looking up ------------------------------------------------------ */

struct sim_cluster *world_cluster(const struct sim_world *w, const char *name)
{
    for (size_t i = 0; i < w->n_clusters; i++)
        if (strcmp(w->clusters[i]->name, name) == 0 ||
            strcmp(w->clusters[i]->arn, name) == 0)
            return w->clusters[i];
    return NULL;
}

struct sim_service *world_service(const struct sim_cluster *c,
                                  const char *name)
{
    for (size_t i = 0; i < c->n_services; i++)
        if (strcmp(c->services[i]->name, name) == 0 ||
            strcmp(c->services[i]->arn, name) == 0)
            return c->services[i];
    return NULL;
}

struct sim_task *world_task(struct sim_cluster *c, const char *id,
                            struct sim_service **owner)
{
    const char *slash = strrchr(id, '/');
    struct sim_task *t = map_get(c->world->tasks, slash ? slash + 1 : id);
    if (t && t->owner->cluster != c)
        t = NULL;
    if (owner)
        *owner = t ? t->owner : NULL;
    return t;
}

struct sim_taskdef *world_taskdef(const struct sim_world *w, const char *name)
{
    const char *slash = strrchr(name, '/');
    char family[64];
    name = slash ? slash + 1 : name;
    const char *colon = strchr(name, ':');
    int n = colon ? (int)(colon - name) : (int)strlen(name);
    long revision = colon ? strtol(colon + 1, NULL, 10) : -1;
    snprintf(family, sizeof(family), "%.*s", n, name);
    size_t lo = 0, hi = w->n_defs; /* to the first of a later family */
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (strcmp(w->defs[mid]->family, family) <= 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    while (lo-- > 0 && strcmp(w->defs[lo]->family, family) == 0)
        if (revision < 0 || revision == w->defs[lo]->revision)
            return w->defs[lo];
    return NULL;
}

/* ---- changing -------------------------------------------------------- */

void world_update_service(struct sim_world *w, struct sim_service *s,
                          int desired, struct sim_taskdef *def, bool force)
{
    if (desired >= 0 && desired != s->desired) {
        s->desired = desired;
        s->deployments[0]->desired = desired;
        s->deployments[0]->updated_ms = w->now_ms;
        s->steady = false;
    }
    if ((def && def != s->def) || force)
        service_deploy(w, s, def ? def : s->def, w->now_ms);
    w->version++;
    s->next_ms = w->now_ms + 1;
}

void world_stop_task(struct sim_world *w, struct sim_service *owner,
                     struct sim_task *t, const char *reason)
{
    if (!task_live(t))
        return;
    task_stop(owner, t, w->now_ms, "UserInitiated",
              reason && *reason ? reason : "Task stopped by user");
    owner->next_ms = w->now_ms + 1;
    w->version++;
}

struct sim_task *world_run_task(struct sim_world *w, struct sim_service *s,
                                struct sim_taskdef *def, const char *launch,
                                const char *started_by)
{
    struct sim_task *t = world_add_task(w, s, def, w->now_ms);
    snprintf(t->started_by, sizeof(t->started_by), "%s",
             started_by ? started_by : "");
    if (launch && *launch)
        snprintf(t->launch_type, sizeof(t->launch_type), "%s", launch);
    task_begin(w, s, t, w->now_ms);
    if (t->next_ms < s->next_ms)
        s->next_ms = t->next_ms;
    return t;
}

/* ---- time ------------------------------------------------------------ */

/* ECS no longer knows it; its log streams stay, of the newest at least. */
static void bury(struct sim_world *w, struct sim_task *t)
{
    map_remove(w->tasks, t->id);
    t->owner = NULL;
    t->deployment = NULL;
    if (w->n_gone == MAX_GONE) {
        for (size_t i = 0; i < MAX_GONE / 2; i++)
            free(w->gone[i]);
        memmove(w->gone, w->gone + MAX_GONE / 2,
                (MAX_GONE - MAX_GONE / 2) * sizeof(*w->gone));
        w->n_gone -= MAX_GONE / 2;
    }
    w->gone = xgrow(w->gone, &w->cap_gone, w->n_gone + 1, sizeof(*w->gone));
    w->gone[w->n_gone++] = t;
}

static void forget_old(struct sim_world *w, struct sim_service *s,
                       int64_t now_ms)
{
    size_t n = 0;
    s->forget_ms = INT64_MAX;
    for (size_t i = 0; i < s->n_tasks; i++) {
        struct sim_task *t = s->tasks[i];
        if (t->stopped_ms && now_ms - t->stopped_ms > HOUR) {
            bury(w, t);
            continue;
        }
        if (t->stopped_ms && t->stopped_ms + HOUR < s->forget_ms)
            s->forget_ms = t->stopped_ms + HOUR;
        s->tasks[n++] = t;
    }
    if (n < s->n_tasks)
        w->version++;
    s->n_tasks = n;
}

/* One moment of a service: what its tasks do, what comes from outside, what
 * the scheduler makes of it. */
static void moment(struct sim_world *w, struct sim_service *s, int64_t at)
{
    for (size_t i = 0; i < s->n_tasks; i++)
        if (s->tasks[i]->next_ms <= at)
            task_step(w, s, s->tasks[i]);
    int64_t next = INT64_MAX;
    s->next_ms = INT64_MAX;
    if (s->name[0]) {
        next = service_script(w, s, at);
        service_schedule(w, s, at);
    }
    for (size_t i = 0; i < s->n_tasks; i++)
        if (s->tasks[i]->next_ms < next)
            next = s->tasks[i]->next_ms;
    if (next < s->next_ms)
        s->next_ms = next;
    if (s->next_ms <= at)
        s->next_ms = at + 1;
    w->version++;
}

static void advance_service(struct sim_world *w, struct sim_service *s,
                            int64_t now_ms)
{
    bool moved = s->next_ms <= now_ms;
    while (s->next_ms <= now_ms) {
        if (s->next_ms > s->forget_ms)
            forget_old(w, s, s->next_ms);
        moment(w, s, s->next_ms);
    }
    if (moved || now_ms > s->forget_ms)
        forget_old(w, s, now_ms);
}

void world_advance(struct sim_world *w, int64_t now_ms)
{
    if (now_ms <= w->now_ms)
        return;
    for (size_t i = 0; i < w->n_clusters; i++) {
        struct sim_cluster *c = w->clusters[i];
        for (size_t k = 0; k < c->n_services; k++)
            advance_service(w, c->services[k], now_ms);
        advance_service(w, &c->standalone, now_ms);
    }
    w->now_ms = now_ms;
}
