#include "backend/svc/model.h"

#include <string.h>

const struct ecs_deployment *ecs_primary(const struct ecs_service *s)
{
    for (size_t i = 0; i < s->n_deployments; i++)
        if (s->deployments[i].status &&
            strcmp(s->deployments[i].status, "PRIMARY") == 0)
            return &s->deployments[i];
    return NULL;
}

const struct ecs_deployment *ecs_deployment_by_id(const struct ecs_service *s,
                                                  const char *id)
{
    for (size_t i = 0; *id && i < s->n_deployments; i++)
        if (s->deployments[i].id && strcmp(s->deployments[i].id, id) == 0)
            return &s->deployments[i];
    return NULL;
}

const char *arn_tail(const char *arn)
{
    const char *slash = arn ? strrchr(arn, '/') : NULL;
    return slash ? slash + 1 : arn ? arn : "";
}

const char *taskdef_revision(const char *arn)
{
    const char *colon = arn ? strrchr(arn, ':') : NULL;
    const char *slash = arn ? strrchr(arn, '/') : NULL;
    return colon && (!slash || colon > slash) && slash ? colon : "";
}
