/* Making the things of the account, with a past. */
#include "backend/sim/world.h"

#include "backend/base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE 60000LL
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

struct sim_cluster *world_add_cluster(struct sim_world *w, const char *name,
                                      int instances)
{
    struct sim_cluster *c = xcalloc(1, sizeof(*c));
    c->world = w;
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

/* By the seed and the names alone, so that nobody needs to keep them. */
void world_instance_arn(const struct sim_world *w,
                        const struct sim_cluster *c, int i, char *out,
                        size_t size)
{
    struct rng r;
    char id[33];
    uint64_t h = w->seed + 77 * (uint64_t)(i + 1);
    for (const char *p = c->name; *p; p++)
        h = h * 31 + (unsigned char)*p;
    rng_seed(&r, h);
    rng_hex(&r, id, 32);
    snprintf(out, size, "arn:aws:ecs:%s:%s:container-instance/%s/%s",
             w->region, w->account, c->name, id);
}

/* ---- task definitions ------------------------------------------------- */

/* In order, so that the place of a definition does not depend on which
 * service was moved on first. */
static void insert_taskdef(struct sim_world *w, struct sim_taskdef *d)
{
    size_t at = w->n_defs;
    w->defs = xgrow(w->defs, &w->cap_defs, w->n_defs + 1, sizeof(*w->defs));
    while (at > 0) {
        const struct sim_taskdef *o = w->defs[at - 1];
        int cmp = strcmp(o->family, d->family);
        if (cmp < 0 || (cmp == 0 && o->revision <= d->revision))
            break;
        w->defs[at] = w->defs[at - 1];
        at--;
    }
    w->defs[at] = d;
    w->n_defs++;
    w->version++;
}

static void name_taskdef(const struct sim_world *w, struct sim_taskdef *d,
                         const char *family, int revision, const char *tag)
{
    struct sim_container_def *c = &d->containers[0];
    snprintf(d->family, sizeof(d->family), "%s", family);
    d->revision = revision;
    snprintf(d->arn, sizeof(d->arn), "arn:aws:ecs:%s:%s:task-definition/%s:%d",
             w->region, w->account, family, revision);
    snprintf(c->image, sizeof(c->image),
             "%s.dkr.ecr.%s.amazonaws.com/%.60s:%.32s", w->account,
             w->region, family, tag);
}

struct sim_taskdef *world_add_taskdef(struct sim_world *w, const char *family,
                                      int revision, const char *tag)
{
    struct sim_taskdef *d = xcalloc(1, sizeof(*d));
    struct sim_container_def *c = &d->containers[0];
    name_taskdef(w, d, family, revision, tag);
    snprintf(d->cpu, sizeof(d->cpu), "512");
    snprintf(d->memory, sizeof(d->memory), "1024");
    snprintf(d->network_mode, sizeof(d->network_mode), "awsvpc");
    snprintf(c->name, sizeof(c->name), "app");
    c->essential = true;
    c->cpu = 512;
    c->memory = 1024;
    snprintf(c->driver, sizeof(c->driver), "awslogs");
    snprintf(c->group, sizeof(c->group), "/ecs/%s", family);
    snprintf(c->prefix, sizeof(c->prefix), "ecs");
    snprintf(c->env_name, sizeof(c->env_name), "DATABASE_URL");
    snprintf(c->env_value, sizeof(c->env_value), "postgres://10.0.3.9:5432");
    snprintf(c->secret_name, sizeof(c->secret_name), "API_TOKEN");
    snprintf(c->secret_from, sizeof(c->secret_from),
             "arn:aws:secretsmanager:%s:%s:secret:%.40s/token-Ab3dEf",
             w->region, w->account, family);
    d->n_containers = 1;
    d->registered_ms = w->start_ms - DAY * (1 + revision % 9);
    insert_taskdef(w, d);
    return d;
}

struct sim_taskdef *world_next_taskdef(struct sim_world *w,
                                       const struct sim_taskdef *from,
                                       const char *tag, int64_t at_ms)
{
    const struct sim_taskdef *newest = world_taskdef(w, from->family);
    struct sim_taskdef *d = xcalloc(1, sizeof(*d));
    *d = *from;
    name_taskdef(w, d, from->family, newest->revision + 1, tag);
    d->registered_ms = at_ms;
    insert_taskdef(w, d);
    return d;
}

/* ---- events ------------------------------------------------------------ */

static void make_uuid(struct rng *r, char out[37])
{
    char h[33];
    rng_hex(r, h, 32);
    snprintf(out, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", h, h + 8, h + 12, h + 16,
             h + 20);
}

void world_event(struct sim_service *s, int64_t at_ms, const char *fmt, ...)
{
    char text[900];
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

/* ---- tasks ------------------------------------------------------------- */

static void place(const struct sim_world *w, struct sim_service *s,
                  struct sim_task *t)
{
    const struct sim_cluster *c = s->cluster;
    snprintf(t->launch_type, sizeof(t->launch_type), "%s",
             s->launch_type[0] ? s->launch_type : "FARGATE");
    snprintf(t->capacity, sizeof(t->capacity), "%s", s->capacity);
    snprintf(t->az, sizeof(t->az), "%s%c", w->region,
             (char)('a' + rng_below(&s->rng, 3)));
    if (strcmp(t->launch_type, "EC2") == 0) {
        int n = c->instances > 0 ? c->instances : 1;
        world_instance_arn(w, c, (int)rng_below(&s->rng, (uint64_t)n),
                           t->instance, sizeof(t->instance));
    } else {
        char id[18];
        rng_hex(&s->rng, id, 17);
        snprintf(t->eni, sizeof(t->eni), "eni-%s", id);
    }
    snprintf(t->ip, sizeof(t->ip), "10.0.%d.%d",
             (int)rng_below(&s->rng, 16), (int)rng_below(&s->rng, 250) + 2);
}

struct sim_task *world_add_task(struct sim_world *w, struct sim_service *s,
                                struct sim_taskdef *def, int64_t created_ms)
{
    struct sim_task *t = xcalloc(1, sizeof(*t) + def->n_containers *
                                                     sizeof(*t->containers));
    t->owner = s;
    rng_hex(&s->rng, t->id, 32);
    snprintf(t->arn, sizeof(t->arn), "arn:aws:ecs:%s:%s:task/%s/%s",
             w->region, w->account, s->cluster->name, t->id);
    t->def = def;
    t->created_ms = created_ms;
    t->version = 1;
    t->next_ms = INT64_MAX;
    if (s->name[0])
        snprintf(t->group, sizeof(t->group), "service:%s", s->name);
    else
        snprintf(t->group, sizeof(t->group), "family:%s", def->family);
    place(w, s, t);
    snprintf(t->health, sizeof(t->health), "UNKNOWN");
    for (size_t i = 0; i < def->n_containers; i++) {
        struct sim_container *k = &t->containers[i];
        char id[37];
        make_uuid(&s->rng, id);
        snprintf(k->arn, sizeof(k->arn),
                 "arn:aws:ecs:%s:%s:container/%s/%s/%s", w->region,
                 w->account, s->cluster->name, t->id, id);
        snprintf(k->runtime_id, sizeof(k->runtime_id), "%s-%010llu", t->id,
                 (unsigned long long)rng_below(&s->rng, 4000000000ULL));
    }
    s->tasks = xgrow(s->tasks, &s->cap_tasks, s->n_tasks + 1,
                     sizeof(*s->tasks));
    s->tasks[s->n_tasks++] = t;
    map_put(w->tasks, t->id, t);
    w->version++;
    return t;
}

/* ---- services ---------------------------------------------------------- */

/* Up for a long time. */
static void add_running(struct sim_world *w, struct sim_service *s,
                        struct sim_deployment *d, int64_t at_ms)
{
    struct sim_task *t = world_add_task(w, s, d->def, at_ms);
    t->deployment = d;
    snprintf(t->started_by, sizeof(t->started_by), "%s", d->id);
    snprintf(t->last_status, sizeof(t->last_status), "RUNNING");
    snprintf(t->desired_status, sizeof(t->desired_status), "RUNNING");
    if (d->def->containers[0].health_check)
        snprintf(t->health, sizeof(t->health), "HEALTHY");
    t->pull_started_ms = at_ms + 3000 + (int64_t)rng_below(&s->rng, 3000);
    t->pull_stopped_ms =
        t->pull_started_ms + 3000 + (int64_t)rng_below(&s->rng, 5000);
    t->started_ms =
        t->pull_stopped_ms + 700 + (int64_t)rng_below(&s->rng, 1500);
    t->registered = true;
    t->version = 6;
    for (size_t k = 0; k < d->def->n_containers; k++)
        snprintf(t->containers[k].status, sizeof(t->containers[k].status),
                 "RUNNING");
}

/* What the service said about its deployment, and every six hours since. */
static void add_past(struct sim_world *w, struct sim_service *s)
{
    const struct sim_deployment *d = s->deployments[0];
    int64_t from = w->start_ms - HOUR -
                   (int64_t)rng_below(&s->rng, 5 * HOUR + MINUTE);
    if (s->n_tasks)
        world_event(s, d->created_ms, "has started 1 tasks: (task %s).",
                    s->tasks[0]->id);
    world_event(s, d->created_ms + 4 * MINUTE,
                "(deployment %s) deployment completed.", d->id);
    world_event(s, d->created_ms + 4 * MINUTE,
                "has reached a steady state.");
    for (int i = 3; i >= 0; i--)
        if (from - i * 6 * HOUR > d->created_ms + HOUR)
            world_event(s, from - i * 6 * HOUR,
                        "has reached a steady state.");
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
    if (strcmp(launch, "EC2") == 0)
        snprintf(def->network_mode, sizeof(def->network_mode), "bridge");
    snprintf(s->scheduling, sizeof(s->scheduling), "REPLICA");
    snprintf(s->controller, sizeof(s->controller), "ECS");
    snprintf(s->status, sizeof(s->status), "ACTIVE");
    s->min_percent = 100;
    s->max_percent = 200;
    rng_seed(&s->rng, rng_next(&w->rng));
    s->created_ms =
        created_ms - DAY * (20 + (int64_t)rng_below(&s->rng, 600));
    struct sim_deployment *d = service_deploy(w, s, def, created_ms);
    d->running = desired;
    d->updated_ms = created_ms + 4 * MINUTE;
    snprintf(d->rollout, sizeof(d->rollout), "COMPLETED");
    snprintf(d->reason, sizeof(d->reason), "ECS deployment %s completed.",
             d->id);
    s->good = def;
    s->steady = true;
    s->next_ms = INT64_MAX;
    int64_t gap = desired > 30 ? 3 * MINUTE / desired : 6000;
    for (int i = 0; i < desired; i++)
        add_running(w, s, d, created_ms + i * gap);
    add_past(w, s);
    c->services = xgrow(c->services, &c->cap_services, c->n_services + 1,
                        sizeof(*c->services));
    c->services[c->n_services++] = s;
    return s;
}
