/* model.h - what ECS says, decoded: plain structs that live in an arena.
 *
 * Every string is sanitised, lives in the arena of the page it came with, and
 * is NULL when the reply did not have it; numbers that were absent are -1
 * where 0 means something; times are wall milliseconds, 0 when absent. Words
 * (statuses, codes) stay the strings AWS sent, so that unknown ones display
 * as they are. Facts: reference "AWS protocol facts" 1.3. */
#ifndef ECSDASH_SVC_MODEL_H
#define ECSDASH_SVC_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct ecs_pair { /* tag, attribute, environment, attachment detail */
    const char *name, *value;
};

struct ecs_pairs {
    const struct ecs_pair *items;
    size_t n;
};

struct ecs_strings {
    const char *const *items;
    size_t n;
};

struct ecs_cluster {
    const char *arn, *name, *status;
    int instances, running, pending, services;
    int running_ec2, running_fargate; /* from statistics, -1 when absent */
    const char *capacity_providers;   /* comma-joined, or NULL */
    const char *insights;             /* containerInsights setting, or NULL */
    struct ecs_pairs tags;
};

struct ecs_deployment {
    const char *id;     /* ecs-svc/<digits>, a task's startedBy */
    const char *status; /* PRIMARY, ACTIVE, INACTIVE */
    const char *task_definition;
    const char *rollout_state, *rollout_reason; /* may be NULL */
    int desired, running, pending, failed;
    int64_t created_ms, updated_ms;
    const char *launch_type, *capacity, *platform_version;
};

struct ecs_event {
    const char *id, *message;
    int64_t created_ms;
};

struct ecs_load_balancer {
    const char *target_group_arn, *name, *container;
    int port;
};

struct ecs_task_set {
    const char *id, *status, *task_definition, *stability, *external_id;
    int desired, running, pending;
    int64_t created_ms;
};

struct ecs_service {
    const char *arn, *name, *cluster_arn, *cluster; /* cluster: its name */
    const char *status; /* ACTIVE, DRAINING, INACTIVE */
    int desired, running, pending;
    const char *launch_type; /* or NULL when capacity is set */
    const char *capacity;    /* "FARGATE_SPOT:1,FARGATE:2", or NULL */
    const char *task_definition, *platform_version, *platform_family;
    const char *scheduling;  /* REPLICA, DAEMON */
    const char *controller;  /* ECS, CODE_DEPLOY, EXTERNAL; never NULL */
    const char *strategy;    /* ROLLING, BLUE_GREEN, ...; NULL = rolling */
    int max_percent, min_healthy_percent; /* -1 absent */
    bool breaker, breaker_rollback;
    const char *alarm_names; /* deployment alarms, comma-joined, or NULL */
    const struct ecs_deployment *deployments;
    size_t n_deployments;
    const struct ecs_task_set *task_sets;
    size_t n_task_sets;
    const struct ecs_event *events; /* newest first; capped by the decoder */
    size_t n_events;
    /* From all events of the reply, before the cap; 0 = none: newest "steady
     * state" or "completed"; earliest event after that; newest sign of tasks
     * that come up; newest "rolling back". */
    int64_t steady_ms, restless_ms, progress_ms, rolled_back_ms;
    const struct ecs_load_balancer *load_balancers;
    size_t n_load_balancers;
    struct ecs_strings subnets, security_groups, registries;
    const char *assign_public_ip;
    const char *placement; /* "spread:attribute:ecs.availability-zone, ..." */
    const char *constraints;
    int grace_seconds; /* -1 absent */
    bool exec_enabled;
    const char *propagate_tags, *az_rebalancing, *created_by, *role_arn;
    const char *service_deployment; /* currentServiceDeployment ARN */
    int64_t created_ms;
    struct ecs_pairs tags;
};
/* The deployment that is to stay, or NULL. */
const struct ecs_deployment *ecs_primary(const struct ecs_service *s);
/* NULL where there is none of that id; "" is nobody's. */
const struct ecs_deployment *ecs_deployment_by_id(const struct ecs_service *s,
                                                  const char *id);

struct ecs_container {
    const char *arn_end; /* see ecs_container_arn() */
    const char *name, *image, *image_digest, *runtime_id;
    const char *status, *health, *reason;
    bool arn_whole; /* arn_end is all of it */
    bool has_exit;
    int exit_code;
    const char *private_ip;
    const char *ports; /* "8080->32768/tcp, ...", or NULL */
    const char *cpu, *memory, *memory_reservation;
    const char *exec_agent; /* ExecuteCommandAgent's lastStatus, or NULL */
};

struct ecs_task {
    const char *arn, *id; /* id: the last part, 32 hex digits */
    const char *cluster_arn, *task_definition, *group, *service; /* service:
        name after "service:" in group, or NULL for a standalone task */
    const char *started_by, *launch_type, *capacity_provider;
    const char *container_instance, *az, *platform_version, *cpu, *memory;
    const char *last_status, *desired_status, *health, *connectivity;
    const char *stop_code, *stopped_reason;
    const char *private_ip, *eni, *subnet;
    int64_t created_ms, pull_started_ms, pull_stopped_ms, started_ms;
    int64_t stopping_ms, execution_stopped_ms, stopped_ms;
    int64_t version;
    bool exec_enabled;
    const struct ecs_container *containers;
    size_t n_containers;
    struct ecs_pairs attachments; /* "type: name" -> value, flattened */
    struct ecs_pairs overrides;   /* "container.env NAME" etc., flattened;
                                     environment values are masked "***" */
    struct ecs_pairs tags;
};

struct ecs_log_config {
    const char *driver;  /* awslogs, awsfirelens, json-file, ...; or NULL */
    const char *group, *region, *prefix; /* awslogs options */
    const char *mode;    /* blocking / non-blocking, or NULL */
};

struct ecs_container_def {
    const char *name, *image;
    bool essential;
    struct ecs_log_config log;
    bool has_health_check;
    int memory, cpu; /* -1 absent */
};

struct ecs_taskdef {
    const char *arn, *family, *status;
    int revision;
    const char *network_mode, *cpu, *memory, *task_role, *execution_role;
    const struct ecs_container_def *containers;
    size_t n_containers;
    int64_t registered_ms;
};

/* A container's ARN is nearly always that of its task with "container" for
 * "task", and one more part: only that part is kept. The ARN lives in `arena`;
 * NULL when the reply had none. */
const char *ecs_container_arn(const struct ecs_task *t,
                              const struct ecs_container *c,
                              struct arena *arena);
/* The last path part of an ARN or name ("web" of ".../prod/web"); borrowed
 * from `arn`, "" for NULL. */
const char *arn_tail(const char *arn);
/* ":143" of ".../family:143"; "" when there is none. Borrowed. */
const char *taskdef_revision(const char *taskdef_arn);

#endif
