/* world.h - the simulated account: clusters whose services, deployments and
 * tasks live in time. No JSON and no sockets here.
 *
 * world_advance() moves everything up to a wall time. Services are
 * independent of each other and each has its own random stream, so the same
 * seed gives the same world however big the steps are. The wire layer reads
 * the structs; it changes them only through the functions. Strings belong to
 * the world. Times are wall ms, 0 = not yet. */
#ifndef ECSDASH_SIM_WORLD_H
#define ECSDASH_SIM_WORLD_H

#include "backend/base/err.h"
#include "backend/base/map.h"
#include "backend/base/rng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_MAX_CONTAINERS 4
#define SIM_MAX_EVENTS 100

/* What becomes of the tasks of a task definition. */
enum sim_fate {
    FATE_HEALTHY,
    FATE_CRASH,     /* the first container exits 1 after after_ms */
    FATE_OOM,       /* killed for memory after after_ms */
    FATE_NO_IMAGE,  /* never starts: CannotPullContainerError */
    FATE_UNHEALTHY, /* fails ELB health checks after after_ms */
    FATE_SPOT,      /* one in four is interrupted after after_ms */
    FATE_NO_ROOM,   /* only place_max of them find room */
    FATE_NO_SECRET, /* never starts: ResourceInitializationError */
    FATE_SICK,      /* fails container health checks after after_ms */
    FATE_DONE       /* ends by itself with 0 after after_ms */
};

struct sim_container_def {
    char name[32], image[160];
    bool essential, health_check;
    int cpu, memory;
    char driver[24], group[80], prefix[32]; /* driver "" = none */
    char env_name[32], env_value[64];       /* "" = none */
    char secret_name[32], secret_from[140]; /* "" = none */
};

struct sim_taskdef {
    char family[64], arn[200];
    int revision;
    char cpu[8], memory[8], network_mode[12];
    struct sim_container_def containers[SIM_MAX_CONTAINERS];
    size_t n_containers;
    enum sim_fate fate;
    int64_t after_ms;
    int place_max;
    int64_t registered_ms;
};

struct sim_container {
    char arn[240], runtime_id[80];
    char status[16];
    bool has_exit;
    int exit_code;
    char reason[400];
    char health[12];
};

struct sim_task {
    struct sim_service *owner;
    char id[33], arn[240], group[80], started_by[40];
    struct sim_taskdef *def;
    struct sim_deployment *deployment; /* NULL = standalone or gone */
    char last_status[20], desired_status[12], health[12];
    char launch_type[12], capacity[20], instance[200], az[32], ip[20];
    char eni[32];
    char stop_code[32], stopped_reason[400];
    int64_t created_ms, pull_started_ms, pull_stopped_ms, started_ms;
    int64_t stopping_ms, execution_stopped_ms, stopped_ms;
    int64_t next_ms; /* of its next step; INT64_MAX = none */
    int64_t fate_ms; /* when it will end by itself; 0 = never */
    int version;
    bool failed;     /* a failure that the scheduler has not counted yet */
    bool doomed;     /* its fate is certain, not a matter of chance */
    bool registered; /* has been up for a while: healthy, a target */
    struct sim_container containers[]; /* as many as its definition has */
};

struct sim_deployment {
    char id[40]; /* ecs-svc/<digits> */
    char status[12], rollout[16], reason[200];
    struct sim_taskdef *def;
    int desired, running, pending, failed;
    int64_t created_ms, updated_ms, settle_ms, next_start_ms;
};

struct sim_event {
    char id[37];
    int64_t created_ms;
    char *message;
};

struct sim_service {
    char name[64], arn[240];
    struct sim_cluster *cluster;
    int desired;
    char launch_type[12]; /* or "" with capacity */
    char capacity[20];
    char scheduling[12], controller[16], status[12];
    int min_percent, max_percent;
    bool breaker, breaker_rollback;
    bool exec_enabled;
    char target_group[200]; /* "" = none */
    int port;
    struct sim_taskdef *def;  /* of the primary */
    struct sim_taskdef *good; /* of the last completed deployment */
    struct sim_deployment *deployments[4]; /* PRIMARY first */
    size_t n_deployments;
    struct sim_event events[SIM_MAX_EVENTS]; /* newest first */
    size_t n_events;
    struct sim_task **tasks; /* running and stopped, oldest first */
    size_t n_tasks, cap_tasks;
    int64_t created_ms, next_ms, steady_due_ms, place_event_ms;
    int64_t forget_ms;        /* when its oldest stopped task goes */
    bool steady;              /* said so since the last change */
    int streak;               /* rounds of failures since a task was healthy */
    struct sim_taskdef *script_def; /* deployed at script_ms */
    int64_t script_ms;
    int64_t ci_every_ms, ci_ms;     /* new revisions come by themselves */
    int auto_low, auto_high;        /* a policy scales between these */
    int64_t auto_every_ms, auto_ms;
    struct rng rng;
};

struct sim_cluster {
    struct sim_world *world;
    char name[64], arn[200], status[12];
    struct sim_service **services;
    size_t n_services, cap_services;
    struct sim_service standalone; /* holds tasks without a service */
    int instances;
};

struct sim_world {
    char account[16], region[24];
    uint64_t seed;
    struct rng rng;
    int64_t now_ms, start_ms;
    bool hostile;  /* its logs try to harm who reads them */
    int line_ms;   /* mean time between two log lines of a stream */
    struct sim_cluster **clusters;
    size_t n_clusters, cap_clusters;
    struct sim_taskdef **defs; /* by family, then revision */
    size_t n_defs, cap_defs;
    struct map *tasks;         /* id to struct sim_task, all known to ECS */
    struct sim_task **gone;    /* forgotten by ECS: their log streams stay */
    size_t n_gone, cap_gone;
    uint64_t version; /* of everything: goes up with each change */
};

struct world_options {
    const char *scenario; /* "default" (NULL), "quiet", "empty" */
    const char *spec;     /* "clusters=3,services=250,tasks=3000,lines=100" */
    uint64_t seed;
    int64_t now_ms;
    const char *account, *region; /* NULL = the home ones */
    bool elsewhere; /* a small world of its own, whatever the scenario */
};

struct sim_world *world_new(const struct world_options *o, struct err *err);
void world_free(struct sim_world *w); /* NULL is fine */
void world_advance(struct sim_world *w, int64_t now_ms);

/* By name or ARN; NULL when there is none. */
struct sim_cluster *world_cluster(const struct sim_world *w, const char *name);
struct sim_service *world_service(const struct sim_cluster *c,
                                  const char *name);
/* By id or ARN. owner (may be NULL) gets the service that holds it. */
struct sim_task *world_task(struct sim_cluster *c, const char *id,
                            struct sim_service **owner);
/* "family", "family:revision" or an ARN. */
struct sim_taskdef *world_taskdef(const struct sim_world *w, const char *name);

/* desired -1 = leave, def NULL = leave. */
void world_update_service(struct sim_world *w, struct sim_service *s,
                          int desired, struct sim_taskdef *def, bool force);
void world_stop_task(struct sim_world *w, struct sim_service *owner,
                     struct sim_task *t, const char *reason);

/* A standalone task; s is its cluster's `standalone`. launch "" = FARGATE. */
struct sim_task *world_run_task(struct sim_world *w, struct sim_service *s,
                                struct sim_taskdef *def, const char *launch,
                                const char *started_by);

/* Things come and go at once: a service is added that sorts first, one is
 * deleted, a task is stopped. */
void world_change(struct sim_world *w, struct rng *rng);

/* Counts as AWS shows them. */
int service_running(const struct sim_service *s);
int service_pending(const struct sim_service *s);
int breaker_threshold(int desired);

/* ---- for the makers of worlds (scenario.c) ---------------------------- */
struct sim_cluster *world_add_cluster(struct sim_world *w, const char *name,
                                      int instances);
struct sim_taskdef *world_add_taskdef(struct sim_world *w, const char *family,
                                      int revision, const char *tag);
/* The same with the next revision and another image tag. */
struct sim_taskdef *world_next_taskdef(struct sim_world *w,
                                       const struct sim_taskdef *from,
                                       const char *tag, int64_t at_ms);
/* One of the cluster's container instances. */
void world_instance_arn(const struct sim_world *w,
                        const struct sim_cluster *c, int i, char *out,
                        size_t size);
/* Steady: with `desired` tasks of def running since created_ms. */
struct sim_service *world_add_service(struct sim_world *w,
                                      struct sim_cluster *c, const char *name,
                                      int desired, struct sim_taskdef *def,
                                      const char *launch,
                                      int64_t created_ms);
struct sim_task *world_add_task(struct sim_world *w, struct sim_service *s,
                                struct sim_taskdef *def, int64_t created_ms);
void world_event(struct sim_service *s, int64_t at_ms, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void scenario_elsewhere(struct sim_world *w);
int scenario_build(struct sim_world *w, const struct world_options *o,
                   struct err *err);

/* ---- between world*.c -------------------------------------------------- */
/* What happens to the service from outside: deployments, scaling policies.
 * Returns when it wants to be called next. */
int64_t service_script(struct sim_world *w, struct sim_service *s,
                       int64_t at_ms);
void task_begin(struct sim_world *w, struct sim_service *s,
                struct sim_task *t, int64_t at_ms);
/* Its next step, due at t->next_ms. */
void task_step(struct sim_world *w, struct sim_service *s,
               struct sim_task *t);
/* Told to stop, with the reason and code that its end will show. */
void task_stop(struct sim_service *s, struct sim_task *t, int64_t at_ms,
               const char *code, const char *reason);
bool task_live(const struct sim_task *t); /* desired RUNNING */
bool task_is(const struct sim_task *t, const char *status);
void service_schedule(struct sim_world *w, struct sim_service *s,
                      int64_t at_ms);
struct sim_deployment *service_deploy(struct sim_world *w,
                                      struct sim_service *s,
                                      struct sim_taskdef *def, int64_t at_ms);

#endif
