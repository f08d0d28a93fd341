/* The request quotas of an account: token buckets that all actions of a row
 * share (ECS API throttling quotas; CloudWatch Logs service quotas). */
#include "backend/sim/sim_internal.h"

#include "backend/base/mem.h"

static const struct {
    const char *actions;
    double burst, per_s;
} rows[] = {
    {"ecs:DescribeClusters,ecs:ListClusters", 50, 20},
    {"ecs:DescribeServices,ecs:ListServices", 100, 20},
    {"ecs:CreateService,ecs:DeleteService,ecs:UpdateService", 50, 5},
    {"ecs:ListServiceDeployments,ecs:DescribeServiceDeployments", 50, 20},
    {"ecs:DescribeServiceRevisions", 50, 20},
    {"ecs:ListServicesByNamespace", 10, 1},
    {"ecs:ListTasks,ecs:DescribeTasks,ecs:ListContainerInstances,"
     "ecs:DescribeContainerInstances,ecs:ListAttributes", 100, 20},
    {"ecs:RunTask,ecs:StartTask,ecs:StopTask,ecs:ExecuteCommand,"
     "ecs:UpdateContainerInstancesState,ecs:PutAttributes", 100, 40},
    {"ecs:DescribeTaskDefinition,ecs:ListTaskDefinition*", 50, 20},
    {"ecs:RegisterTaskDefinition,ecs:DeregisterTaskDefinition", 20, 1},
    {"ecs:DescribeCapacityProviders", 50, 20},
    {"ecs:ListTagsForResource", 50, 20},
    {"logs:FilterLogEvents", 10, 10},
    {"logs:GetLogEvents", 10, 10},
    {"logs:DescribeLogStreams", 25, 25},
    {"logs:DescribeLogGroups", 10, 10},
};

bool sim_quota_over(struct sim *s, const char *action, int percent)
{
    int64_t now = sim_now(s);
    size_t i = 0;
    if (!s->buckets)
        s->buckets = xcalloc(ARRAY_LEN(rows), sizeof(*s->buckets));
    while (i < ARRAY_LEN(rows) && !sim_listed(rows[i].actions, action))
        i++;
    if (i == ARRAY_LEN(rows))
        return false;
    struct sim_bucket *b = &s->buckets[i];
    double share = percent / 100.0, burst = rows[i].burst * share;
    if (!b->used)
        b->tokens = burst;
    else
        b->tokens += (double)(now - b->at_ms) / 1000 * rows[i].per_s * share;
    if (b->tokens > burst)
        b->tokens = burst;
    b->used = true;
    b->at_ms = now;
    if (b->tokens < 1)
        return true;
    b->tokens -= 1;
    return false;
}
