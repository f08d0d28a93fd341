/* ECS: the table of operations, and those that read clusters, services and
 * task definitions. */
#include "backend/sim/wire.h"

#include "backend/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SERVICES 10
#define MAX_CLUSTERS 100

struct sim_cluster *sim_in_cluster(struct sim_call *c)
{
    const char *name = sim_in_text(c, "cluster");
    struct sim_cluster *k = world_cluster(c->world, name ? name : "default");
    if (!k)
        sim_fail(c, "ClusterNotFoundException", "Cluster not found.");
    return k;
}

static void add_text(json_t *list, const char *text)
{
    json_array_append_new(list, json_string(text));
}

/* What was asked for and is not there: HTTP 200 all the same. */
static void add_missing(json_t *failures, const char *arn)
{
    add_pair(failures, "arn", arn, "reason", "MISSING");
}

/* ---- clusters --------------------------------------------------------- */

static void list_clusters(struct sim_call *c)
{
    struct sim_page p;
    if (sim_page_begin(c, &p, "maxResults", 100, 100))
        return;
    for (size_t i = 0; i < c->world->n_clusters; i++)
        sim_page_offer(&p, c->world->clusters[i]->arn, NULL);
    sim_page_end(c, &p);
    json_t *list = put_list(c->out, "clusterArns");
    for (size_t i = 0; i < p.n; i++)
        add_text(list, p.at[i].key);
}

static void describe_clusters(struct sim_call *c)
{
    size_t i;
    json_t *v, *names = json_object_get(c->in, "clusters");
    if (sim_check_include(c, "ATTACHMENTS CONFIGURATIONS SETTINGS STATISTICS "
                             "TAGS"))
        return;
    if (json_array_size(names) > MAX_CLUSTERS) {
        sim_fail(c, "InvalidParameterException",
                 "clusters can have at most %d items.", MAX_CLUSTERS);
        return;
    }
    json_t *list = put_list(c->out, "clusters");
    json_t *failures = put_list(c->out, "failures");
    json_t *none = json_pack("[s]", "default");
    json_array_foreach(json_array_size(names) ? names : none, i, v)
    {
        const char *name = json_string_value(v);
        struct sim_cluster *k = world_cluster(c->world, name);
        char arn[400];
        snprintf(arn, sizeof(arn),
                 strncmp(name, "arn:", 4) == 0 ? "%.0s%.0s%s"
                                               : "arn:aws:ecs:%s:%s:cluster/"
                                                 "%s",
                 c->world->region, c->world->account, name);
        if (k)
            json_array_append_new(list, sim_cluster_json(c, k));
        else
            add_missing(failures, arn);
    }
    json_decref(none);
}

/* ---- services --------------------------------------------------------- */

static void list_services(struct sim_call *c)
{
    struct sim_page p;
    struct sim_cluster *k = sim_in_cluster(c);
    const char *launch = sim_in_word(
        c, "launchType", "EC2 FARGATE EXTERNAL MANAGED_INSTANCES", "");
    const char *scheduling =
        sim_in_word(c, "schedulingStrategy", "REPLICA DAEMON", "");
    const char *managed =
        sim_in_word(c, "resourceManagementType", "CUSTOMER ECS", "CUSTOMER");
    if (!k || !launch || !scheduling || !managed ||
        sim_page_begin(c, &p, "maxResults", 10, 100))
        return;
    for (size_t i = 0; i < k->n_services; i++) {
        struct sim_service *s = k->services[i];
        if ((*launch && strcmp(s->launch_type, launch)) ||
            (*scheduling && strcmp(s->scheduling, scheduling)) ||
            strcmp(managed, "CUSTOMER") || !strcmp(s->status, "INACTIVE"))
            continue;
        sim_page_offer(&p, s->arn, NULL);
    }
    sim_page_end(c, &p);
    json_t *list = put_list(c->out, "serviceArns");
    for (size_t i = 0; i < p.n; i++)
        add_text(list, p.at[i].key);
}

static void describe_services(struct sim_call *c)
{
    size_t i;
    json_t *v, *names = json_object_get(c->in, "services");
    struct sim_cluster *k = sim_in_cluster(c);
    if (!k || sim_check_include(c, "TAGS"))
        return;
    if (!json_array_size(names) || json_array_size(names) > MAX_SERVICES) {
        sim_fail(c, "InvalidParameterException",
                 json_array_size(names)
                     ? "services can have at most %d items."
                     : "Services cannot be empty (at most %d).",
                 MAX_SERVICES);
        return;
    }
    json_t *list = put_list(c->out, "services");
    json_t *failures = put_list(c->out, "failures");
    json_array_foreach(names, i, v)
    {
        const char *name = json_string_value(v);
        struct sim_service *s = world_service(k, name);
        char arn[400];
        snprintf(arn, sizeof(arn),
                 strncmp(name, "arn:", 4) == 0
                     ? "%.0s%.0s%.0s%s"
                     : "arn:aws:ecs:%s:%s:service/%s/%s",
                 c->world->region, c->world->account, k->name, name);
        if (s)
            json_array_append_new(list, sim_service_json(c, s));
        else
            add_missing(failures, arn);
    }
}

/* ---- task definitions ------------------------------------------------- */

static void describe_task_definition(struct sim_call *c)
{
    const char *name = sim_in_text(c, "taskDefinition");
    struct sim_taskdef *d = world_taskdef(c->world, name);
    if (sim_check_include(c, "TAGS"))
        return;
    if (!d) {
        sim_fail(c, "ClientException",
                 "Unable to describe task definition.");
        return;
    }
    json_object_set_new(c->out, "taskDefinition", sim_taskdef_json(c, d));
    if (sim_includes(c, "TAGS")) {
        json_t *tags = put_list(c->out, "tags");
        add_pair(tags, "key", "family", "value", d->family);
    }
}

/* familyPrefix is the whole name of a family, not a prefix. */
static void list_task_definitions(struct sim_call *c)
{
    struct sim_page p;
    struct sim_world *w = c->world;
    const char *family = sim_in_text(c, "familyPrefix");
    const char *status = sim_in_word(
        c, "status", "ACTIVE INACTIVE DELETE_IN_PROGRESS", "ACTIVE");
    const char *sort = sim_in_word(c, "sort", "ASC DESC", "ASC");
    if (!status || !sort || sim_page_begin(c, &p, "maxResults", 100, 100))
        return;
    p.descending = strcmp(sort, "DESC") == 0;
    char(*keys)[96] = xcalloc(w->n_defs + 1, sizeof(*keys));
    for (size_t i = 0; i < w->n_defs; i++) {
        struct sim_taskdef *d = w->defs[i];
        if (strcmp(status, "ACTIVE") ||
            (family && strcmp(d->family, family)))
            continue;
        snprintf(keys[i], sizeof(keys[i]), "%s:%09d", d->family,
                 d->revision);
        sim_page_offer(&p, keys[i], d);
    }
    sim_page_end(c, &p);
    json_t *list = put_list(c->out, "taskDefinitionArns");
    for (size_t i = 0; i < p.n; i++)
        add_text(list, ((struct sim_taskdef *)p.at[i].item)->arn);
    free(keys);
}

static void list_families(struct sim_call *c)
{
    struct sim_page p;
    struct sim_world *w = c->world;
    const char *prefix = sim_in_text(c, "familyPrefix");
    const char *status =
        sim_in_word(c, "status", "ACTIVE INACTIVE ALL", "ALL");
    if (!status || sim_page_begin(c, &p, "maxResults", 100, 100))
        return;
    for (size_t i = 0; i < w->n_defs; i++) {
        const char *family = w->defs[i]->family;
        if (strcmp(status, "INACTIVE") == 0 ||
            (prefix && strncmp(family, prefix, strlen(prefix))))
            continue;
        sim_page_offer(&p, family, NULL);
    }
    sim_page_end(c, &p);
    json_t *list = put_list(c->out, "families");
    for (size_t i = 0; i < p.n; i++)
        add_text(list, p.at[i].key);
}

/* ---- the table -------------------------------------------------------- */

#define MEMBERS (const struct sim_member[])

const struct sim_op sim_ecs_ops[] = {
    {.name = "ListClusters", .run = list_clusters,
     .members = MEMBERS{{"nextToken", T_STRING, false},
                        {"maxResults", T_INT, false},
                        {0}}},
    {.name = "DescribeClusters", .run = describe_clusters,
     .members = MEMBERS{{"clusters", T_STRINGS, false},
                        {"include", T_STRINGS, false},
                        {0}}},
    {.name = "ListServices", .run = list_services,
     .members = MEMBERS{{"cluster", T_STRING, false},
                        {"nextToken", T_STRING, false},
                        {"maxResults", T_INT, false},
                        {"launchType", T_STRING, false},
                        {"schedulingStrategy", T_STRING, false},
                        {"resourceManagementType", T_STRING, false},
                        {0}}},
    {.name = "DescribeServices", .run = describe_services,
     .members = MEMBERS{{"cluster", T_STRING, false},
                        {"services", T_STRINGS, true},
                        {"include", T_STRINGS, false},
                        {0}}},
    {.name = "UpdateService", .run = sim_op_update_service,
     .members = MEMBERS{{"cluster", T_STRING, false},
                        {"service", T_STRING, true},
                        {"desiredCount", T_INT, false},
                        {"taskDefinition", T_STRING, false},
                        {"forceNewDeployment", T_BOOL, false},
                        {"enableExecuteCommand", T_BOOL, false},
                        {"deploymentConfiguration", T_OBJECT, false},
                        {"networkConfiguration", T_OBJECT, false},
                        {"platformVersion", T_STRING, false},
                        {"healthCheckGracePeriodSeconds", T_INT, false},
                        {"capacityProviderStrategy", T_LIST, false},
                        {"availabilityZoneRebalancing", T_STRING, false},
                        {"placementConstraints", T_LIST, false},
                        {"placementStrategy", T_LIST, false},
                        {"deploymentController", T_OBJECT, false},
                        {"enableECSManagedTags", T_BOOL, false},
                        {"loadBalancers", T_LIST, false},
                        {"propagateTags", T_STRING, false},
                        {"serviceRegistries", T_LIST, false},
                        {"serviceConnectConfiguration", T_OBJECT, false},
                        {"volumeConfigurations", T_LIST, false},
                        {"vpcLatticeConfigurations", T_LIST, false},
                        {"monitoring", T_OBJECT, false},
                        {0}}},
    {.name = "ListTasks", .run = sim_op_list_tasks,
     .members = MEMBERS{{"cluster", T_STRING, false},
                        {"containerInstance", T_STRING, false},
                        {"family", T_STRING, false},
                        {"nextToken", T_STRING, false},
                        {"maxResults", T_INT, false},
                        {"startedBy", T_STRING, false},
                        {"serviceName", T_STRING, false},
                        {"desiredStatus", T_STRING, false},
                        {"launchType", T_STRING, false},
                        {"daemonName", T_STRING, false},
                        {0}}},
    {.name = "DescribeTasks", .run = sim_op_describe_tasks,
     .members = MEMBERS{{"cluster", T_STRING, false},
                        {"tasks", T_STRINGS, true},
                        {"include", T_STRINGS, false},
                        {0}}},
    {.name = "StopTask", .run = sim_op_stop_task,
     .members = MEMBERS{{"cluster", T_STRING, false},
                        {"task", T_STRING, true},
                        {"reason", T_STRING, false},
                        {0}}},
    {.name = "RunTask", .run = sim_op_run_task,
     .members = MEMBERS{{"cluster", T_STRING, false},
                        {"taskDefinition", T_STRING, true},
                        {"count", T_INT, false},
                        {"launchType", T_STRING, false},
                        {"group", T_STRING, false},
                        {"startedBy", T_STRING, false},
                        {"clientToken", T_STRING, false},
                        {"capacityProviderStrategy", T_LIST, false},
                        {"enableECSManagedTags", T_BOOL, false},
                        {"enableExecuteCommand", T_BOOL, false},
                        {"networkConfiguration", T_OBJECT, false},
                        {"overrides", T_OBJECT, false},
                        {"placementConstraints", T_LIST, false},
                        {"placementStrategy", T_LIST, false},
                        {"platformVersion", T_STRING, false},
                        {"propagateTags", T_STRING, false},
                        {"referenceId", T_STRING, false},
                        {"tags", T_LIST, false},
                        {"volumeConfigurations", T_LIST, false},
                        {0}}},
    {.name = "DescribeTaskDefinition", .run = describe_task_definition,
     .members = MEMBERS{{"taskDefinition", T_STRING, true},
                        {"include", T_STRINGS, false},
                        {0}}},
    {.name = "ListTaskDefinitions", .run = list_task_definitions,
     .members = MEMBERS{{"familyPrefix", T_STRING, false},
                        {"status", T_STRING, false},
                        {"sort", T_STRING, false},
                        {"nextToken", T_STRING, false},
                        {"maxResults", T_INT, false},
                        {0}}},
    {.name = "ListTaskDefinitionFamilies", .run = list_families,
     .members = MEMBERS{{"familyPrefix", T_STRING, false},
                        {"status", T_STRING, false},
                        {"nextToken", T_STRING, false},
                        {"maxResults", T_INT, false},
                        {0}}},
    {0},
};
