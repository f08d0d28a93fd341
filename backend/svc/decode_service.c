/* Clusters and services. */
#include "backend/svc/decode.h"
#include "backend/svc/ecs.h"

#include "backend/base/strbuf.h"

#include <stdlib.h>
#include <string.h>

static int statistic(json_t *o, const char *name)
{
    json_t *v;
    size_t i;
    json_array_foreach(json_object_get(o, "statistics"), i, v)
    {
        const char *n = json_string_value(json_object_get(v, "name"));
        const char *s = json_string_value(json_object_get(v, "value"));
        if (n && s && strcmp(n, name) == 0)
            return (int)strtol(s, NULL, 10);
    }
    return -1;
}

struct ecs_cluster *ecs_decode_cluster(json_t *o, struct arena *a)
{
    const char *arn = get_text(o, "clusterArn", a);
    json_t *v;
    size_t i;
    if (!arn)
        return NULL;
    struct ecs_cluster *c = arena_alloc(a, sizeof(*c));
    c->arn = arn;
    c->name = get_text(o, "clusterName", a);
    if (!c->name)
        c->name = arn_tail(arn);
    c->status = get_word(o, "status", a);
    c->instances = get_int(o, "registeredContainerInstancesCount", 0);
    c->running = get_int(o, "runningTasksCount", 0);
    c->pending = get_int(o, "pendingTasksCount", 0);
    c->services = get_int(o, "activeServicesCount", 0);
    c->running_ec2 = statistic(o, "runningEC2TasksCount");
    c->running_fargate = statistic(o, "runningFargateTasksCount");
    c->capacity_providers = get_joined(o, "capacityProviders", a);
    json_array_foreach(json_object_get(o, "settings"), i, v)
    {
        const char *name = json_string_value(json_object_get(v, "name"));
        if (name && strcmp(name, "containerInsights") == 0)
            c->insights = get_word(v, "value", a);
    }
    c->tags = get_pairs(o, "tags", "key", "value", a);
    return c;
}

static void decode_deployment(json_t *o, struct arena *a,
                              struct ecs_deployment *d)
{
    d->id = get_text(o, "id", a);
    d->status = get_word(o, "status", a);
    if (!d->status)
        d->status = "?";
    d->task_definition = get_word(o, "taskDefinition", a);
    d->rollout_state = get_word(o, "rolloutState", a);
    d->rollout_reason = get_text(o, "rolloutStateReason", a);
    d->desired = get_int(o, "desiredCount", 0);
    d->running = get_int(o, "runningCount", 0);
    d->pending = get_int(o, "pendingCount", 0);
    d->failed = get_int(o, "failedTasks", 0);
    d->created_ms = get_time(o, "createdAt");
    d->updated_ms = get_time(o, "updatedAt");
    d->launch_type = get_word(o, "launchType", a);
    d->capacity = get_capacity(o, a);
    d->platform_version = get_word(o, "platformVersion", a);
}

static void decode_deployments(json_t *o, struct arena *a,
                               struct ecs_service *s)
{
    json_t *list = json_object_get(o, "deployments"), *v;
    size_t i, n = json_array_size(list);
    struct ecs_deployment *d = arena_alloc(a, n * sizeof(*d));
    json_array_foreach(list, i, v)
    {
        if (json_is_object(v))
            decode_deployment(v, a, &d[s->n_deployments++]);
    }
    s->deployments = d;
}

static void decode_task_sets(json_t *o, struct arena *a,
                             struct ecs_service *s)
{
    json_t *list = json_object_get(o, "taskSets"), *v;
    size_t i, n = json_array_size(list);
    struct ecs_task_set *t = arena_alloc(a, n * sizeof(*t));
    json_array_foreach(list, i, v)
    {
        if (!json_is_object(v))
            continue;
        struct ecs_task_set *x = &t[s->n_task_sets++];
        x->id = get_text(v, "id", a);
        x->status = get_word(v, "status", a);
        x->task_definition = get_word(v, "taskDefinition", a);
        x->stability = get_word(v, "stabilityStatus", a);
        x->external_id = get_text(v, "externalId", a);
        x->desired = get_int(v, "computedDesiredCount", 0);
        x->running = get_int(v, "runningCount", 0);
        x->pending = get_int(v, "pendingCount", 0);
        x->created_ms = get_time(v, "createdAt");
    }
    s->task_sets = t;
}

static bool says(const char *message, const char *words)
{
    return message && strstr(message, words);
}

static void newest(int64_t *at, int64_t when)
{
    if (when > *at)
        *at = when;
}

/* What the whole list says about time, so that rows may keep few events. */
static void scan_events(json_t *list, struct ecs_service *s)
{
    json_t *v;
    size_t i;
    json_array_foreach(list, i, v)
    {
        const char *m = json_string_value(json_object_get(v, "message"));
        int64_t at = get_time(v, "createdAt");
        if (says(m, "steady state") || says(m, "deployment completed"))
            newest(&s->steady_ms, at);
        if (says(m, "has started") || says(m, " registered "))
            newest(&s->progress_ms, at);
        if (says(m, "rolling back"))
            newest(&s->rolled_back_ms, at);
    }
    json_array_foreach(list, i, v)
    {
        int64_t at = get_time(v, "createdAt");
        if (at > s->steady_ms && (!s->restless_ms || at < s->restless_ms))
            s->restless_ms = at;
    }
}

static void decode_events(json_t *o, size_t max, struct arena *a,
                          struct ecs_service *s)
{
    json_t *list = json_object_get(o, "events"), *v;
    size_t i, n = json_array_size(list);
    if (n > max)
        n = max;
    scan_events(list, s);
    struct ecs_event *e = arena_alloc(a, n * sizeof(*e));
    json_array_foreach(list, i, v)
    {
        if (s->n_events == n)
            break;
        if (!json_is_object(v))
            continue;
        struct ecs_event *x = &e[s->n_events++];
        x->id = get_text(v, "id", a);
        x->message = get_text(v, "message", a);
        if (!x->message)
            x->message = "";
        x->created_ms = get_time(v, "createdAt");
    }
    s->events = e;
}

static void decode_balancers(json_t *o, struct arena *a,
                             struct ecs_service *s)
{
    json_t *list = json_object_get(o, "loadBalancers"), *v;
    size_t i, n = json_array_size(list);
    struct ecs_load_balancer *l = arena_alloc(a, n * sizeof(*l));
    json_array_foreach(list, i, v)
    {
        if (!json_is_object(v))
            continue;
        struct ecs_load_balancer *x = &l[s->n_load_balancers++];
        x->target_group_arn = get_word(v, "targetGroupArn", a);
        x->name = get_word(v, "loadBalancerName", a);
        x->container = get_word(v, "containerName", a);
        x->port = get_int(v, "containerPort", 0);
    }
    s->load_balancers = l;
}

/* "spread:attribute:ecs.availability-zone, binpack:memory" */
static const char *joined_rules(json_t *o, const char *key, const char *more,
                                struct arena *a)
{
    json_t *v;
    size_t i;
    struct strbuf b = STRBUF_INIT;
    json_array_foreach(json_object_get(o, key), i, v)
    {
        const char *type = get_word(v, "type", a);
        const char *rest = get_word(v, more, a);
        if (type)
            strbuf_printf(&b, "%s%s%s%s", b.len ? ", " : "", type,
                          rest ? ":" : "", rest ? rest : "");
    }
    const char *out = b.len ? arena_intern(a, strbuf_get(&b)) : NULL;
    strbuf_release(&b);
    return out;
}

static void decode_configuration(json_t *o, struct arena *a,
                                 struct ecs_service *s)
{
    json_t *c = json_object_get(o, "deploymentConfiguration");
    json_t *b = json_object_get(c, "deploymentCircuitBreaker");
    s->max_percent = get_int(c, "maximumPercent", -1);
    s->min_healthy_percent = get_int(c, "minimumHealthyPercent", -1);
    s->breaker = get_bool(b, "enable");
    s->breaker_rollback = get_bool(b, "rollback");
    s->alarm_names = get_joined(json_object_get(c, "alarms"), "alarmNames",
                                a);
    s->strategy = get_word(c, "strategy", a);
}

static void decode_network(json_t *o, struct arena *a, struct ecs_service *s)
{
    json_t *vpc = json_object_get(json_object_get(o, "networkConfiguration"),
                                  "awsvpcConfiguration");
    json_t *v;
    size_t i, n = 0;
    s->subnets = get_strings(vpc, "subnets", a);
    s->security_groups = get_strings(vpc, "securityGroups", a);
    s->assign_public_ip = get_word(vpc, "assignPublicIp", a);
    json_t *list = json_object_get(o, "serviceRegistries");
    size_t max = json_array_size(list);
    const char **items = arena_alloc(a, max * sizeof(*items));
    json_array_foreach(list, i, v)
    {
        const char *arn = get_word(v, "registryArn", a);
        if (arn)
            items[n++] = arn;
    }
    s->registries = (struct ecs_strings){.items = items, .n = n};
}

struct ecs_service *ecs_decode_service(json_t *o, size_t max_events,
                                       struct arena *a)
{
    const char *arn = get_text(o, "serviceArn", a);
    if (!arn)
        return NULL;
    struct ecs_service *s = arena_alloc(a, sizeof(*s));
    s->arn = arn;
    s->name = get_text(o, "serviceName", a);
    if (!s->name)
        s->name = arn_tail(arn);
    s->cluster_arn = get_word(o, "clusterArn", a);
    s->cluster = cluster_name_of(s->cluster_arn, a);
    s->status = get_word(o, "status", a);
    s->desired = get_int(o, "desiredCount", 0);
    s->running = get_int(o, "runningCount", 0);
    s->pending = get_int(o, "pendingCount", 0);
    s->launch_type = get_word(o, "launchType", a);
    s->capacity = get_capacity(o, a);
    s->task_definition = get_word(o, "taskDefinition", a);
    s->platform_version = get_word(o, "platformVersion", a);
    s->platform_family = get_word(o, "platformFamily", a);
    s->scheduling = get_word(o, "schedulingStrategy", a);
    s->controller = get_word(json_object_get(o, "deploymentController"),
                             "type", a);
    if (!s->controller)
        s->controller = "ECS";
    decode_configuration(o, a, s);
    decode_deployments(o, a, s);
    decode_task_sets(o, a, s);
    decode_events(o, max_events, a, s);
    decode_balancers(o, a, s);
    decode_network(o, a, s);
    s->placement = joined_rules(o, "placementStrategy", "field", a);
    s->constraints = joined_rules(o, "placementConstraints", "expression", a);
    s->grace_seconds = get_int(o, "healthCheckGracePeriodSeconds", -1);
    s->exec_enabled = get_bool(o, "enableExecuteCommand");
    s->propagate_tags = get_word(o, "propagateTags", a);
    s->az_rebalancing = get_word(o, "availabilityZoneRebalancing", a);
    s->created_by = get_word(o, "createdBy", a);
    s->role_arn = get_word(o, "roleArn", a);
    s->service_deployment = get_text(o, "currentServiceDeployment", a);
    s->created_ms = get_time(o, "createdAt");
    s->tags = get_pairs(o, "tags", "key", "value", a);
    return s;
}

size_t ecs_decode_strings(json_t *root, const char *member, struct arena *a,
                          const char ***out)
{
    struct ecs_strings s = get_strings(root, member, a);
    *out = (const char **)s.items;
    return s.n;
}

int ecs_failure(json_t *root, size_t i, const char **arn, const char **reason)
{
    json_t *v = json_array_get(json_object_get(root, "failures"), i);
    if (!v)
        return -1;
    *arn = json_string_value(json_object_get(v, "arn"));
    *reason = json_string_value(json_object_get(v, "reason"));
    if (!*arn)
        *arn = "";
    if (!*reason)
        *reason = "";
    return 0;
}
