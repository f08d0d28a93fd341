/* What the fake answers: the entities as ECS would tell of them. */
#include "tests/fake/fake_internal.h"

#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/map.h"
#include "backend/svc/model.h"

#define ACCOUNT "arn:aws:ecs:eu-central-1:123456789012:"

bool fake_ends_with(const char *text, const char *tail)
{
    size_t n = strlen(text), k = tail != NULL ? strlen(tail) : n + 1;

    return k <= n && strcmp(text + n - k, tail) == 0;
}

static json_t *describe_cluster(const char *name)
{
    return json_pack("{s:o,s:s,s:s,s:i,s:i,s:i,s:i}", "clusterArn",
                     json_sprintf(ACCOUNT "cluster/%s", name), "clusterName",
                     name, "status", "ACTIVE", "runningTasksCount", 3,
                     "pendingTasksCount", 0, "activeServicesCount", 2,
                     "registeredContainerInstancesCount", 0);
}

static json_t *svc_arn(const struct fake_service *s)
{
    return json_sprintf(ACCOUNT "service/%s/%s", s->cluster, s->name);
}

static json_t *task_arn(const struct fake_task *t)
{
    return json_sprintf(ACCOUNT "task/%s/%s", t->cluster, t->id);
}

static json_t *describe_service(struct fake_ecs *f,
                                const struct fake_service *s)
{
    double now = (double)clock_wall_ms(f->clock) / 1000;

    return json_pack(
        "{s:o,s:s,s:o,s:s,s:i,s:i,s:i,s:o,s:[{s:o,s:s,s:o,s:s,s:s*,s:i,s:i,"
        "s:i,s:i,s:f,s:f}],s:[{s:o,s:s,s:f}]}",
        "serviceArn", svc_arn(s), "serviceName", s->name, "clusterArn",
        json_sprintf(ACCOUNT "cluster/%s", s->cluster), "status", "ACTIVE",
        "desiredCount", s->desired, "runningCount", s->running,
        "pendingCount", 0, "taskDefinition",
        json_sprintf(ACCOUNT "task-definition/%s:7", s->name), "deployments",
        "id", json_sprintf("ecs-svc/%s", s->name), "status", "PRIMARY",
        "taskDefinition",
        json_sprintf(ACCOUNT "task-definition/%s:7", s->name), "rolloutState",
        s->rollout, "rolloutStateReason", s->reason, "desiredCount",
        s->desired, "runningCount", s->running,
        "pendingCount", 0, "failedTasks", 0, "createdAt", now - 7200,
        "updatedAt", now - 3600, "events", "id", json_sprintf("%d", s->event),
        "message", "(service) has reached a steady state.", "createdAt",
        now - 60);
}

static json_t *describe_task(const struct fake_task *t)
{
    json_t *cs = json_array();
    json_t *o = json_pack(
        "{s:o,s:o,s:o,s:s,s:s,s:f,s:o}", "taskArn", task_arn(t),
        "clusterArn", json_sprintf(ACCOUNT "cluster/%s", t->cluster),
        "taskDefinitionArn",
        json_sprintf(ACCOUNT "task-definition/%s:7",
                     t->service[0] != '\0' ? t->service : "batch"),
        "lastStatus", t->last, "desiredStatus", t->desired, "createdAt",
        (double)t->created_ms / 1000, "containers", cs);

    json_object_set_new(o, "group",
                        t->service[0] != '\0'
                            ? json_sprintf("service:%s", t->service)
                            : json_string("family:batch"));
    for (int i = 0; i < t->containers; i++) {
        json_t *c = json_pack(
            "{s:o,s:s,s:s}", "containerArn",
            json_sprintf(ACCOUNT "container/%s/%s/%d", t->cluster, t->id, i),
            "name", i == 0 ? "app" : "sidecar", "lastStatus", t->last);

        if (t->stopped_ms != 0)
            json_object_set_new(c, "exitCode", json_integer(t->exit_code));
        json_array_append_new(cs, c);
    }
    if (t->stopped_ms != 0) {
        json_object_set_new(o, "stoppedAt",
                            json_real((double)t->stopped_ms / 1000));
        json_object_set_new(o, "stopCode",
                            json_string("EssentialContainerExited"));
        json_object_set_new(
            o, "stoppedReason",
            json_string("Essential container in task exited"));
    }
    return o;
}

static json_t *find_service(struct fake_ecs *f, const char *cluster,
                            const char *name)
{
    for (size_t i = 0; i < f->n_services; i++)
        if (!f->services[i]->deleted &&
            strcmp(f->services[i]->cluster, cluster) == 0 &&
            strcmp(f->services[i]->name, name) == 0)
            return describe_service(f, f->services[i]);
    return NULL;
}

static json_t *find_task(struct fake_ecs *f, const char *id)
{
    const struct fake_task *t = map_get(f->task_by_id, id);

    return t != NULL && !t->forgotten ? describe_task(t) : NULL;
}

json_t *fake_describe(struct fake_ecs *f, const char *member, json_t *params)
{
    const char *cluster = arn_tail(param(params, "cluster"));
    json_t *list = json_array(), *failures = json_array(), *name;
    size_t i;

    json_array_foreach(json_object_get(params, member), i, name) {
        const char *arn = json_string_value(name), *tail = arn_tail(arn);
        json_t *o;

        if (fake_ends_with(arn, f->lost))
            continue;
        o = strcmp(member, "services") == 0
                ? find_service(f, cluster, tail)
            : strcmp(member, "tasks") == 0 ? find_task(f, tail)
                                           : describe_cluster(tail);

        if (o != NULL)
            json_array_append_new(list, o);
        else
            json_array_append_new(failures,
                                  json_pack("{s:s,s:s}", "arn", arn, "reason",
                                            "MISSING"));
    }
    return json_pack("{s:o,s:o}", member, list, "failures", failures);
}

json_t *fake_names(struct fake_ecs *f, const char *op, json_t *params)
{
    const char *cluster = param(params, "cluster");
    const char *service = param(params, "serviceName");
    const char *status = param(params, "desiredStatus");
    json_t *list = json_array();

    if (strcmp(op, "ListClusters") == 0)
        for (size_t i = 0; i < f->n_clusters; i++)
            json_array_append_new(
                list, json_sprintf(ACCOUNT "cluster/%s", f->clusters[i]));
    if (strcmp(op, "ListServices") == 0)
        for (size_t i = 0; i < f->n_services; i++)
            if (!f->services[i]->deleted &&
                strcmp(f->services[i]->cluster, cluster) == 0)
                json_array_append_new(list, svc_arn(f->services[i]));
    if (strcmp(op, "ListTasks") == 0)
        for (size_t i = 0; i < f->n_tasks; i++) {
            const struct fake_task *t = f->tasks[i];

            if (!t->forgotten && strcmp(t->cluster, cluster) == 0 &&
                strcmp(t->desired, status) == 0 &&
                (service == NULL || strcmp(t->service, service) == 0))
                json_array_append_new(list, task_arn(t));
        }
    return list;
}

json_t *fake_taskdef(json_t *params)
{
    const char *arn = param(params, "taskDefinition");

    return json_pack("{s:{s:s,s:s,s:i,s:[{s:s,s:b,s:s},{s:s,s:b,s:s}]}}",
                     "taskDefinition", "taskDefinitionArn", arn, "family",
                     "f", "revision", 7, "containerDefinitions", "name",
                     "app", "essential", 1, "image", "app:1", "name",
                     "sidecar", "essential", 0, "image", "side:1");
}
