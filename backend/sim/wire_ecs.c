/* Clusters and services of the world as ECS sends them: only members that
 * AWS has, absent where AWS leaves them out. */
#include "backend/sim/wire.h"

#include <stdio.h>
#include <string.h>

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static void statistic(json_t *list, const char *name, int n)
{
    char text[16];
    snprintf(text, sizeof(text), "%d", n);
    add_pair(list, "name", name, "value", text);
}

struct counts {
    int running[2], pending[2], services[2]; /* [0] Fargate, [1] EC2 */
};

static void count_tasks(const struct sim_service *s, struct counts *n)
{
    for (size_t i = 0; i < s->n_tasks; i++) {
        const struct sim_task *t = s->tasks[i];
        int ec2 = is(t->launch_type, "EC2");
        if (task_is(t, "RUNNING"))
            n->running[ec2]++;
        else if (task_live(t) && !task_is(t, "STOPPED"))
            n->pending[ec2]++;
    }
}

static void count_cluster(const struct sim_cluster *k, struct counts *n)
{
    *n = (struct counts){0};
    count_tasks(&k->standalone, n);
    for (size_t i = 0; i < k->n_services; i++) {
        count_tasks(k->services[i], n);
        if (is(k->services[i]->status, "ACTIVE"))
            n->services[is(k->services[i]->launch_type, "EC2")]++;
    }
}

json_t *sim_cluster_json(const struct sim_call *c,
                         const struct sim_cluster *k)
{
    struct counts n;
    json_t *o = json_object();
    count_cluster(k, &n);
    put_text(o, "clusterArn", k->arn);
    put_text(o, "clusterName", k->name);
    put_text(o, "status", k->status);
    put_int(o, "registeredContainerInstancesCount", k->instances);
    put_int(o, "runningTasksCount", n.running[0] + n.running[1]);
    put_int(o, "pendingTasksCount", n.pending[0] + n.pending[1]);
    put_int(o, "activeServicesCount", n.services[0] + n.services[1]);
    json_t *stats = put_list(o, "statistics");
    if (sim_includes(c, "STATISTICS")) {
        statistic(stats, "runningEC2TasksCount", n.running[1]);
        statistic(stats, "runningFargateTasksCount", n.running[0]);
        statistic(stats, "pendingEC2TasksCount", n.pending[1]);
        statistic(stats, "pendingFargateTasksCount", n.pending[0]);
        statistic(stats, "activeEC2ServiceCount", n.services[1]);
        statistic(stats, "activeFargateServiceCount", n.services[0]);
    }
    json_t *tags = put_list(o, "tags");
    if (sim_includes(c, "TAGS"))
        add_pair(tags, "key", "stage", "value", k->name);
    json_t *settings = put_list(o, "settings");
    if (sim_includes(c, "SETTINGS"))
        add_pair(settings, "name", "containerInsights", "value", "disabled");
    json_t *providers = put_list(o, "capacityProviders");
    json_array_append_new(providers, json_string("FARGATE"));
    json_array_append_new(providers, json_string("FARGATE_SPOT"));
    put_list(o, "defaultCapacityProviderStrategy");
    return o;
}

/* ---- services --------------------------------------------------------- */

static void put_launch(json_t *o, const struct sim_service *s)
{
    if (s->capacity[0]) {
        json_t *list = put_list(o, "capacityProviderStrategy");
        json_array_append_new(list,
                              json_pack("{s:s,s:i,s:i}", "capacityProvider",
                                        s->capacity, "weight", 1, "base", 0));
    } else {
        put_text(o, "launchType", s->launch_type);
    }
    if (!is(s->launch_type, "EC2")) {
        put_text(o, "platformVersion", "1.4.0");
        put_text(o, "platformFamily", "Linux");
    }
}

static void put_network(json_t *o, const struct sim_taskdef *d)
{
    if (!is(d->network_mode, "awsvpc"))
        return;
    json_object_set_new(
        o, "networkConfiguration",
        json_pack("{s:{s:[s,s],s:[s],s:s}}", "awsvpcConfiguration",
                  "subnets", "subnet-0a1b2c3d4e5f60718",
                  "subnet-0f9e8d7c6b5a40312", "securityGroups",
                  "sg-0123456789abcdef0", "assignPublicIp", "DISABLED"));
}

static json_t *deployment(const struct sim_service *s,
                          const struct sim_deployment *d)
{
    json_t *o = json_object();
    put_text(o, "id", d->id);
    put_text(o, "status", d->status);
    put_text(o, "taskDefinition", d->def->arn);
    put_int(o, "desiredCount", d->desired);
    put_int(o, "pendingCount", d->pending);
    put_int(o, "runningCount", d->running);
    put_int(o, "failedTasks", d->failed);
    put_time(o, "createdAt", d->created_ms);
    put_time(o, "updatedAt", d->updated_ms);
    put_launch(o, s);
    put_network(o, d->def);
    put_text(o, "rolloutState", d->rollout);
    put_text(o, "rolloutStateReason", d->reason);
    return o;
}

/* CODE_DEPLOY and EXTERNAL services have task sets where the others have
 * deployments. */
static json_t *task_set(const struct sim_service *s,
                        const struct sim_deployment *d)
{
    json_t *o = json_object();
    char arn[400];
    snprintf(arn, sizeof(arn), "%.*s:task-set/%s/%s/%s",
             (int)(strstr(s->arn, ":service/") - s->arn), s->arn,
             s->cluster->name, s->name, d->id);
    put_text(o, "id", d->id);
    put_text(o, "taskSetArn", arn);
    put_text(o, "serviceArn", s->arn);
    put_text(o, "clusterArn", s->cluster->arn);
    if (is(s->controller, "CODE_DEPLOY")) {
        put_text(o, "startedBy", "CODE_DEPLOY");
        put_text(o, "externalId", "d-8K3V1QZ2A");
    }
    put_text(o, "status", d->status);
    put_text(o, "taskDefinition", d->def->arn);
    put_int(o, "computedDesiredCount", d->desired);
    put_int(o, "pendingCount", d->pending);
    put_int(o, "runningCount", d->running);
    put_time(o, "createdAt", d->created_ms);
    put_time(o, "updatedAt", d->updated_ms);
    put_launch(o, s);
    put_network(o, d->def);
    put_list(o, "loadBalancers");
    put_list(o, "serviceRegistries");
    json_object_set_new(o, "scale", json_pack("{s:f,s:s}", "value", 100.0,
                                              "unit", "PERCENT"));
    put_text(o, "stabilityStatus",
             d->running == d->desired ? "STEADY_STATE" : "STABILIZING");
    put_time(o, "stabilityStatusAt", d->updated_ms);
    put_list(o, "tags");
    return o;
}

static void put_deployments(json_t *o, const struct sim_service *s)
{
    bool own = is(s->controller, "ECS");
    json_t *sets = own ? NULL : put_list(o, "taskSets");
    json_t *list = put_list(o, "deployments");
    for (size_t i = 0; i < s->n_deployments; i++)
        json_array_append_new(own ? list : sets,
                              own ? deployment(s, s->deployments[i])
                                  : task_set(s, s->deployments[i]));
}

static void put_deployment_configuration(json_t *o,
                                         const struct sim_service *s)
{
    json_t *k = put_object(o, "deploymentConfiguration");
    if (is(s->controller, "ECS")) {
        json_t *b = put_object(k, "deploymentCircuitBreaker");
        put_bool(b, "enable", s->breaker);
        put_bool(b, "rollback", s->breaker_rollback);
        put_text(k, "strategy", "ROLLING");
        put_int(k, "bakeTimeInMinutes", 0);
    }
    put_int(k, "maximumPercent", s->max_percent);
    put_int(k, "minimumHealthyPercent", s->min_percent);
}

static void put_balancer(json_t *o, const struct sim_service *s)
{
    json_t *list = put_list(o, "loadBalancers");
    if (!s->target_group[0])
        return;
    json_array_append_new(
        list, json_pack("{s:s,s:s,s:i}", "targetGroupArn", s->target_group,
                        "containerName", s->def->containers[0].name,
                        "containerPort", s->port));
    put_int(o, "healthCheckGracePeriodSeconds", 30);
}

static void put_events(json_t *o, const struct sim_service *s)
{
    json_t *list = put_list(o, "events");
    for (size_t i = 0; i < s->n_events; i++) {
        json_t *e = json_object();
        put_text(e, "id", s->events[i].id);
        put_time(e, "createdAt", s->events[i].created_ms);
        put_text(e, "message", s->events[i].message);
        json_array_append_new(list, e);
    }
}

static void put_placement(json_t *o, const struct sim_service *s)
{
    put_list(o, "placementConstraints");
    json_t *strategy = put_list(o, "placementStrategy");
    if (is(s->launch_type, "EC2") && !is(s->scheduling, "DAEMON"))
        add_pair(strategy, "type", "spread", "field",
                 "attribute:ecs.availability-zone");
}

json_t *sim_service_json(const struct sim_call *c,
                         const struct sim_service *s)
{
    json_t *o = json_object();
    char role[120];
    put_text(o, "serviceArn", s->arn);
    put_text(o, "serviceName", s->name);
    put_text(o, "clusterArn", s->cluster->arn);
    put_balancer(o, s);
    put_list(o, "serviceRegistries");
    put_text(o, "status", s->status);
    put_int(o, "desiredCount", s->desired);
    put_int(o, "runningCount", service_running(s));
    put_int(o, "pendingCount", service_pending(s));
    put_launch(o, s);
    put_text(o, "taskDefinition", s->def->arn);
    put_deployment_configuration(o, s);
    put_deployments(o, s);
    snprintf(role, sizeof(role), "arn:aws:iam::%s:role/aws-service-role/"
             "ecs.amazonaws.com/AWSServiceRoleForECS", c->world->account);
    put_text(o, "roleArn", role);
    put_events(o, s);
    put_time(o, "createdAt", s->created_ms);
    put_placement(o, s);
    put_network(o, s->def);
    put_text(o, "schedulingStrategy", s->scheduling);
    json_object_set_new(o, "deploymentController",
                        json_pack("{ss}", "type", s->controller));
    snprintf(role, sizeof(role), "arn:aws:iam::%s:role/deployer",
             c->world->account);
    put_text(o, "createdBy", role);
    put_bool(o, "enableECSManagedTags", true);
    put_text(o, "propagateTags", "NONE");
    put_bool(o, "enableExecuteCommand", s->exec_enabled);
    put_text(o, "availabilityZoneRebalancing", "DISABLED");
    if (sim_includes(c, "TAGS")) {
        json_t *tags = put_list(o, "tags");
        add_pair(tags, "key", "service", "value", s->name);
        add_pair(tags, "key", "stage", "value", s->cluster->name);
    }
    return o;
}
