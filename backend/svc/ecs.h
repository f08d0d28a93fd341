/* ecs.h - ECS operations and decoders: JSON reply to structs in an arena.
 *
 * Decoders borrow the json_t and copy what they keep; nulls, missing and
 * unknown members and wrong types are tolerated: a member of a wrong type
 * counts as absent, an item without an ARN is skipped. */
#ifndef ECSDASH_SVC_ECS_H
#define ECSDASH_SVC_ECS_H

#include "backend/aws/op.h"
#include "backend/base/arena.h"
#include "backend/svc/model.h"

#include <jansson.h>

extern const struct aws_op ecs_list_clusters, ecs_describe_clusters,
    ecs_list_services, ecs_describe_services, ecs_list_tasks,
    ecs_describe_tasks, ecs_describe_task_definition,
    ecs_list_task_definitions, ecs_update_service, ecs_stop_task;
extern const struct aws_op logs_filter_log_events, logs_start_live_tail;
extern const struct aws_op iam_simulate_principal_policy;

/* One object each; NULL when it is not usable. max_events caps events. */
struct ecs_cluster *ecs_decode_cluster(json_t *o, struct arena *a);
struct ecs_service *ecs_decode_service(json_t *o, size_t max_events,
                                       struct arena *a);
struct ecs_task *ecs_decode_task(json_t *o, struct arena *a);
struct ecs_taskdef *ecs_decode_taskdef(json_t *reply_root, struct arena *a);

/* A string list member ("serviceArns") of a list reply: sanitised copies. */
size_t ecs_decode_strings(json_t *root, const char *member, struct arena *a,
                          const char ***out);
/* failures[] of a describe reply: arn and reason of the i-th, or -1. */
int ecs_failure(json_t *root, size_t i, const char **arn, const char **reason);

#endif
