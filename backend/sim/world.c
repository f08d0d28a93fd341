/* The account: making, looking up and changing its things; time. */
#include "backend/sim/world.h"

#include "backend/base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    free(w);
}

struct sim_world *world_new(const struct world_options *o, struct err *err)
{
    struct sim_world *w = xcalloc(1, sizeof(*w));
    snprintf(w->account, sizeof(w->account), "123456789012");
    snprintf(w->region, sizeof(w->region), "eu-west-1");
    w->seed = o->seed;
    rng_seed(&w->rng, o->seed);
    w->start_ms = o->now_ms;
    w->now_ms = o->now_ms - 3600000; /* an hour of history is lived through */
    w->line_ms = 2000;
    if (scenario_build(w, o, err)) {
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

static struct sim_task *find_task(const struct sim_service *s, const char *id)
{
    for (size_t i = 0; i < s->n_tasks; i++)
        if (strcmp(s->tasks[i]->id, id) == 0)
            return s->tasks[i];
    return NULL;
}

struct sim_task *world_task(struct sim_cluster *c, const char *id,
                            struct sim_service **owner)
{
    const char *slash = strrchr(id, '/');
    struct sim_service *s = &c->standalone;
    id = slash ? slash + 1 : id;
    struct sim_task *t = find_task(s, id);
    for (size_t i = 0; !t && i < c->n_services; i++) {
        s = c->services[i];
        t = find_task(s, id);
    }
    if (owner)
        *owner = t ? s : NULL;
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
    struct sim_taskdef *best = NULL;
    snprintf(family, sizeof(family), "%.*s", n, name);
    for (size_t i = 0; i < w->n_defs; i++) {
        struct sim_taskdef *d = w->defs[i];
        if (strcmp(d->family, family) != 0)
            continue;
        if (revision == d->revision)
            return d;
        if (revision < 0 && (!best || d->revision > best->revision))
            best = d;
    }
    return best;
}

/* ---- making ---------------------------------------------------------- */

struct sim_cluster *world_add_cluster(struct sim_world *w, const char *name,
                                      int instances)
{
    struct sim_cluster *c = xcalloc(1, sizeof(*c));
    snprintf(c->name, sizeof(c->name), "%s", name);
    snprintf(c->arn, sizeof(c->arn), "arn:aws:ecs:%s:%s:cluster/%s",
             w->region, w->account, name);
    snprintf(c->status, sizeof(c->status), "ACTIVE");
    c->instances = instances;
    c->standalone.cluster = c;
    c->standalone.next_ms = INT64_MAX;
    rng_seed(&c->standalone.rng, rng_next(&w->rng));
    w->clusters = xgrow(w->clusters, &w->cap_clusters, w->n_clusters + 1,
                        sizeof(*w->clusters));
    w->clusters[w->n_clusters++] = c;
    return c;
}

struct sim_taskdef *world_add_taskdef(struct sim_world *w, const char *family,
                                      int revision, const char *tag)
{
    struct sim_taskdef *d = xcalloc(1, sizeof(*d));
    struct sim_container_def *c = &d->containers[0];
    snprintf(d->family, sizeof(d->family), "%s", family);
    d->revision = revision;
    snprintf(d->arn, sizeof(d->arn), "arn:aws:ecs:%s:%s:task-definition/%s:%d",
             w->region, w->account, family, revision);
    snprintf(d->cpu, sizeof(d->cpu), "512");
    snprintf(d->memory, sizeof(d->memory), "1024");
    snprintf(d->network_mode, sizeof(d->network_mode), "awsvpc");
    snprintf(c->name, sizeof(c->name), "app");
    snprintf(c->image, sizeof(c->image),
             "%s.dkr.ecr.%s.amazonaws.com/%s:%s", w->account, w->region,
             family, tag);
    c->essential = true;
    c->cpu = 512;
    c->memory = 1024;
    snprintf(c->driver, sizeof(c->driver), "awslogs");
    snprintf(c->group, sizeof(c->group), "/ecs/%s", family);
    snprintf(c->prefix, sizeof(c->prefix), "ecs");
    snprintf(c->env_name, sizeof(c->env_name), "DATABASE_URL");
    snprintf(c->env_value, sizeof(c->env_value), "postgres://10.0.3.9:5432");
    d->n_containers = 1;
    d->registered_ms = w->start_ms - 86400000LL * (1 + revision % 9);
    w->defs = xgrow(w->defs, &w->cap_defs, w->n_defs + 1, sizeof(*w->defs));
    w->defs[w->n_defs++] = d;
    return d;
}

static void make_uuid(struct rng *r, char out[37])
{
    char h[33];
    rng_hex(r, h, 32);
    snprintf(out, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", h, h + 8, h + 12, h + 16,
             h + 20);
}

void world_event(struct sim_service *s, int64_t at_ms, const char *fmt, ...)
{
    char text[700];
    va_list ap;
    int n = snprintf(text, sizeof(text), "(service %s) ", s->name);
    va_start(ap, fmt);
    vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
    va_end(ap);
    if (s->n_events == SIM_MAX_EVENTS)
        free(s->events[--s->n_events].message);
    memmove(s->events + 1, s->events, s->n_events * sizeof(*s->events));
    s->n_events++;
    make_uuid(&s->rng, s->events[0].id);
    s->events[0].created_ms = at_ms;
    s->events[0].message = xstrdup(text);
}

struct sim_task *world_add_task(struct sim_world *w, struct sim_service *s,
                                struct sim_taskdef *def, int64_t created_ms)
{
    struct sim_task *t = xcalloc(1, sizeof(*t));
    struct sim_cluster *c = s->cluster;
    rng_hex(&s->rng, t->id, 32);
    snprintf(t->arn, sizeof(t->arn), "arn:aws:ecs:%s:%s:task/%s/%s",
             w->region, w->account, c->name, t->id);
    t->def = def;
    t->created_ms = created_ms;
    t->version = 1;
    t->next_ms = INT64_MAX;
    if (s->name[0])
        snprintf(t->group, sizeof(t->group), "service:%s", s->name);
    else
        snprintf(t->group, sizeof(t->group), "family:%s", def->family);
    snprintf(t->launch_type, sizeof(t->launch_type), "%s",
             s->launch_type[0] ? s->launch_type : "FARGATE");
    snprintf(t->capacity, sizeof(t->capacity), "%s", s->capacity);
    snprintf(t->az, sizeof(t->az), "%s%c", w->region,
             (char)('a' + rng_below(&s->rng, 3)));
    if (strcmp(t->launch_type, "EC2") == 0) {
        char id[33];
        rng_hex(&s->rng, id, 32);
        snprintf(t->instance, sizeof(t->instance),
                 "arn:aws:ecs:%s:%s:container-instance/%s/%s", w->region,
                 w->account, c->name, id);
    } else {
        char id[18];
        rng_hex(&s->rng, id, 17);
        snprintf(t->eni, sizeof(t->eni), "eni-%s", id);
    }
    snprintf(t->ip, sizeof(t->ip), "10.0.%d.%d",
             (int)rng_below(&s->rng, 16), (int)rng_below(&s->rng, 250) + 2);
    snprintf(t->health, sizeof(t->health), "%s",
             def->containers[0].health_check ? "HEALTHY" : "UNKNOWN");
    for (size_t i = 0; i < def->n_containers; i++) {
        struct sim_container *k = &t->containers[i];
        char id[37];
        make_uuid(&s->rng, id);
        snprintf(k->arn, sizeof(k->arn),
                 "arn:aws:ecs:%s:%s:container/%s/%s/%s", w->region,
                 w->account, c->name, t->id, id);
        snprintf(k->runtime_id, sizeof(k->runtime_id), "%s-%llu", t->id,
                 (unsigned long long)rng_below(&s->rng, 4000000000ULL));
    }
    s->tasks = xgrow(s->tasks, &s->cap_tasks, s->n_tasks + 1,
                     sizeof(*s->tasks));
    s->tasks[s->n_tasks++] = t;
    w->version++;
    return t;
}

struct sim_service *world_add_service(struct sim_world *w,
                                      struct sim_cluster *c, const char *name,
                                      int desired, struct sim_taskdef *def,
                                      const char *launch, int64_t created_ms)
{
    struct sim_service *s = xcalloc(1, sizeof(*s));
    snprintf(s->name, sizeof(s->name), "%s", name);
    snprintf(s->arn, sizeof(s->arn), "arn:aws:ecs:%s:%s:service/%s/%s",
             w->region, w->account, c->name, name);
    s->cluster = c;
    s->desired = desired;
    bool spot = strcmp(launch, "FARGATE_SPOT") == 0;
    snprintf(spot ? s->capacity : s->launch_type,
             spot ? sizeof(s->capacity) : sizeof(s->launch_type), "%s",
             launch);
    snprintf(s->scheduling, sizeof(s->scheduling), "REPLICA");
    snprintf(s->controller, sizeof(s->controller), "ECS");
    snprintf(s->status, sizeof(s->status), "ACTIVE");
    s->min_percent = 100;
    s->max_percent = 200;
    s->created_ms = created_ms;
    s->next_ms = INT64_MAX;
    rng_seed(&s->rng, rng_next(&w->rng));
    struct sim_deployment *d = service_deploy(w, s, def, created_ms);
    snprintf(d->rollout, sizeof(d->rollout), "COMPLETED");
    snprintf(d->reason, sizeof(d->reason), "ECS deployment %s completed.",
             d->id);
    s->good = def;
    s->steady = true;
    s->steady_due_ms = 0;
    for (int i = 0; i < desired; i++) {
        struct sim_task *t = world_add_task(w, s, def, created_ms);
        t->deployment = d;
        snprintf(t->started_by, sizeof(t->started_by), "%s", d->id);
        snprintf(t->last_status, sizeof(t->last_status), "RUNNING");
        snprintf(t->desired_status, sizeof(t->desired_status), "RUNNING");
        t->pull_started_ms = created_ms + 5000;
        t->pull_stopped_ms = created_ms + 11000;
        t->started_ms = created_ms + 14000;
        t->registered = true;
        for (size_t k = 0; k < def->n_containers; k++)
            snprintf(t->containers[k].status,
                     sizeof(t->containers[k].status), "RUNNING");
    }
    world_event(s, w->start_ms - 3600000 -
                       (int64_t)rng_below(&s->rng, 18000000),
                "has reached a steady state.");
    c->services = xgrow(c->services, &c->cap_services, c->n_services + 1,
                        sizeof(*c->services));
    c->services[c->n_services++] = s;
    return s;
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

/* ---- time ------------------------------------------------------------ */

static void forget_old(struct sim_service *s, int64_t now_ms)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_tasks; i++) {
        struct sim_task *t = s->tasks[i];
        if (t->stopped_ms && now_ms - t->stopped_ms > 3600000)
            free(t);
        else
            s->tasks[n++] = t;
    }
    s->n_tasks = n;
}

static int64_t soonest(const struct sim_service *s)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < s->n_tasks; i++)
        if (s->tasks[i]->next_ms < next)
            next = s->tasks[i]->next_ms;
    return next;
}

/* Everything of one service that is due up to `now`, in order of time. */
static void advance_service(struct sim_world *w, struct sim_service *s,
                            int64_t now_ms)
{
    while (s->next_ms <= now_ms) {
        int64_t at = s->next_ms;
        for (size_t i = 0; i < s->n_tasks; i++)
            if (s->tasks[i]->next_ms <= at)
                task_step(w, s, s->tasks[i]);
        s->next_ms = INT64_MAX;
        if (s->script_def && s->script_ms <= at) {
            struct sim_taskdef *def = s->script_def;
            s->script_def = NULL;
            service_deploy(w, s, def, at);
        }
        if (s->name[0])
            service_schedule(w, s, at);
        if (s->script_def && s->script_ms < s->next_ms)
            s->next_ms = s->script_ms;
        int64_t task = soonest(s);
        if (task < s->next_ms)
            s->next_ms = task;
        if (s->next_ms <= at)
            s->next_ms = at + 100;
        w->version++;
    }
    forget_old(s, now_ms);
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
