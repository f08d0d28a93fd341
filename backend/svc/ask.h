/* ask.h - ECS requests as plain structs, for callers that keep out of JSON.
 *
 * ecs_params() builds the parameters of one call (aws_call steals them);
 * ecs_items() and ecs_item() walk a list member of a reply. */
#ifndef ECSDASH_SVC_ASK_H
#define ECSDASH_SVC_ASK_H

#include <jansson.h>
#include <stddef.h>

/* Members left NULL or 0 are not sent. */
struct ecs_ask {
    const char *cluster;
    const char *service;        /* serviceName of ListTasks */
    const char *desired_status; /* RUNNING or STOPPED */
    const char *task_definition;
    int max_results;
    const char *member;         /* "services": the list to describe */
    const char *const *names;   /* its n_names items */
    size_t n_names;
    const char *const *include; /* NULL-terminated */
};

json_t *ecs_params(const struct ecs_ask *ask);

/* Length of the array `member` of a reply, 0 when it is not one. */
size_t ecs_items(json_t *root, const char *member);
/* Its i-th item, borrowed. */
json_t *ecs_item(json_t *root, const char *member, size_t i);

#endif
