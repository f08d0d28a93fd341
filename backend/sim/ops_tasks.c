/* ECS: operations on tasks, and those that change services. */
#include "backend/sim/wire.h"

#include "backend/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TASKS 100
#define MAX_RUN 10

/* What ListTasks asks for; NULL = any. */
struct filter {
    const struct sim_service *service;
    const char *family, *launch, *started_by, *instance, *desired;
};

static bool ends_with(const char *s, const char *tail)
{
    size_t n = strlen(s), m = strlen(tail);
    return n >= m && strcmp(s + n - m, tail) == 0;
}

static bool fits(const struct sim_task *t, const struct filter *f)
{
    return strcmp(t->desired_status, f->desired) == 0 &&
           (!f->family || strcmp(t->def->family, f->family) == 0) &&
           (!f->launch || strcmp(t->launch_type, f->launch) == 0) &&
           (!f->started_by || strcmp(t->started_by, f->started_by) == 0) &&
           (!f->instance || ends_with(t->instance, f->instance));
}

static void offer_tasks(struct sim_page *p, const struct sim_service *s,
                        const struct filter *f)
{
    if (f->service && f->service != s)
        return;
    for (size_t i = 0; i < s->n_tasks; i++)
        if (fits(s->tasks[i], f))
            sim_page_offer(p, s->tasks[i]->arn, NULL);
}

/* 0, or -1 after sim_fail. */
static int read_filter(struct sim_call *c, const struct sim_cluster *k,
                       struct filter *f)
{
    const char *service = sim_in_text(c, "serviceName");
    *f = (struct filter){
        .family = sim_in_text(c, "family"),
        .started_by = sim_in_text(c, "startedBy"),
        .instance = sim_in_text(c, "containerInstance"),
        .desired = sim_in_word(c, "desiredStatus", "RUNNING PENDING STOPPED",
                               "RUNNING"),
    };
    const char *launch = sim_in_word(
        c, "launchType", "EC2 FARGATE EXTERNAL MANAGED_INSTANCES", "");
    if (!f->desired || !launch)
        return -1;
    f->launch = *launch ? launch : NULL;
    if (f->started_by && (f->family || f->instance || f->launch || service)) {
        sim_fail(c, "InvalidParameterException",
                 "startedBy must be the only filter.");
        return -1;
    }
    if (service && !(f->service = world_service(k, service))) {
        sim_fail(c, "ServiceNotFoundException", "Service not found.");
        return -1;
    }
    return 0;
}

void sim_op_list_tasks(struct sim_call *c)
{
    struct sim_page p;
    struct filter f;
    struct sim_cluster *k = sim_in_cluster(c);
    if (!k || read_filter(c, k, &f) ||
        sim_page_begin(c, &p, "maxResults", 100, 100))
        return;
    offer_tasks(&p, &k->standalone, &f);
    for (size_t i = 0; i < k->n_services; i++)
        offer_tasks(&p, k->services[i], &f);
    sim_page_end(c, &p);
    json_t *list = put_list(c->out, "taskArns");
    for (size_t i = 0; i < p.n; i++)
        json_array_append_new(list, json_string(p.at[i].key));
}

/* An ARN of another cluster is not found here. */
static struct sim_task *find_task(struct sim_cluster *k, const char *id,
                                  struct sim_service **owner)
{
    struct sim_task *t = world_task(k, id, owner);
    return t && strncmp(id, "arn:", 4) == 0 && strcmp(t->arn, id) ? NULL : t;
}

void sim_op_describe_tasks(struct sim_call *c)
{
    size_t i;
    json_t *v, *ids = json_object_get(c->in, "tasks");
    struct sim_cluster *k = sim_in_cluster(c);
    if (!k || sim_check_include(c, "TAGS"))
        return;
    if (!json_array_size(ids) || json_array_size(ids) > MAX_TASKS) {
        sim_fail(c, "InvalidParameterException",
                 json_array_size(ids) ? "tasks can have at most %d items."
                                      : "Tasks cannot be empty (at most %d).",
                 MAX_TASKS);
        return;
    }
    json_t *list = put_list(c->out, "tasks");
    json_t *failures = put_list(c->out, "failures");
    json_array_foreach(ids, i, v)
    {
        const char *id = json_string_value(v);
        struct sim_service *owner;
        struct sim_task *t = find_task(k, id, &owner);
        char arn[400];
        snprintf(arn, sizeof(arn),
                 strncmp(id, "arn:", 4) == 0 ? "%.0s%.0s%.0s%s"
                                             : "arn:aws:ecs:%s:%s:task/%s/%s",
                 c->world->region, c->world->account, k->name, id);
        if (t)
            json_array_append_new(list, sim_task_json(c, owner, t));
        else
            add_pair(failures, "arn", arn, "reason", "MISSING");
    }
}

void sim_op_stop_task(struct sim_call *c)
{
    struct sim_service *owner;
    struct sim_cluster *k = sim_in_cluster(c);
    const char *reason = sim_in_text(c, "reason");
    if (!k)
        return;
    struct sim_task *t = find_task(k, sim_in_text(c, "task"), &owner);
    if (!t) {
        sim_fail(c, "InvalidParameterException",
                 "The referenced task was not found.");
        return;
    }
    if (reason && strlen(reason) > 255) {
        sim_fail(c, "InvalidParameterException",
                 "reason can have at most 255 characters.");
        return;
    }
    world_stop_task(c->world, owner, t, reason);
    json_object_set_new(c->out, "task", sim_task_json(c, owner, t));
}

void sim_op_run_task(struct sim_call *c)
{
    struct sim_cluster *k = sim_in_cluster(c);
    int n = sim_in_range(c, "count", 1, 1, MAX_RUN);
    const char *launch =
        sim_in_word(c, "launchType", "EC2 FARGATE", "FARGATE");
    const char *by = sim_in_text(c, "startedBy");
    const char *group = sim_in_text(c, "group");
    struct sim_taskdef *d =
        world_taskdef(c->world, sim_in_text(c, "taskDefinition"));
    if (!d)
        sim_fail(c, "ClientException",
                 "TaskDefinition not found.");
    if (by && strlen(by) > 36)
        sim_fail(c, "InvalidParameterException",
                 "startedBy can have at most 36 characters.");
    if (c->code)
        return;
    json_t *list = put_list(c->out, "tasks");
    put_list(c->out, "failures");
    for (int i = 0; i < n; i++) {
        struct sim_service *s = &k->standalone;
        struct sim_task *t =
            world_run_task(c->world, s, d, launch, by ? by : "");
        if (group)
            snprintf(t->group, sizeof(t->group), "%s", group);
        json_array_append_new(list, sim_task_json(c, s, t));
    }
}

/* ---- UpdateService ---------------------------------------------------- */

/* Members whose presence alone starts a new deployment. */
static const char *const redeploys[] = {
    "networkConfiguration", "platformVersion",           "loadBalancers",
    "serviceRegistries",    "serviceConnectConfiguration",
    "volumeConfigurations", "vpcLatticeConfigurations",
};

/* What the kind of service does not allow. 0/-1. */
static int check_controller(struct sim_call *c, const struct sim_service *s,
                            bool force)
{
    bool own = strcmp(s->controller, "ECS") == 0;
    if (!own && sim_in_has(c, "taskDefinition"))
        sim_fail(c, "InvalidParameterException",
                 "Unable to update task definition on services with a %s "
                 "deployment controller.%s", s->controller,
                 strcmp(s->controller, "CODE_DEPLOY") == 0
                     ? " Use AWS CodeDeploy to trigger a new deployment."
                     : "");
    if (!own && force)
        sim_fail(c, "InvalidParameterException",
                 "Cannot force a new deployment on services with a %s "
                 "deployment controller.", s->controller);
    if (strcmp(s->scheduling, "DAEMON") == 0 &&
        sim_in_has(c, "desiredCount"))
        sim_fail(c, "InvalidParameterException",
                 "The daemon scheduling strategy does not support a desired "
                 "count for services. Remove the desired count value and "
                 "try again.");
    return c->code ? -1 : 0;
}

static void take_deployment_configuration(const struct sim_call *c,
                                          struct sim_service *s)
{
    json_t *k = json_object_get(c->in, "deploymentConfiguration");
    json_t *b = json_object_get(k, "deploymentCircuitBreaker");
    json_t *max = json_object_get(k, "maximumPercent");
    json_t *min = json_object_get(k, "minimumHealthyPercent");
    if (json_is_integer(max))
        s->max_percent = (int)json_integer_value(max);
    if (json_is_integer(min))
        s->min_percent = (int)json_integer_value(min);
    if (b) {
        s->breaker = json_is_true(json_object_get(b, "enable"));
        s->breaker_rollback = json_is_true(json_object_get(b, "rollback"));
    }
}

void sim_op_update_service(struct sim_call *c)
{
    struct sim_cluster *k = sim_in_cluster(c);
    struct sim_service *s =
        k ? world_service(k, sim_in_text(c, "service")) : NULL;
    const char *def_name = sim_in_text(c, "taskDefinition");
    struct sim_taskdef *d = def_name ? world_taskdef(c->world, def_name)
                                     : NULL;
    bool force = sim_in_bool(c, "forceNewDeployment", false);
    int64_t desired = sim_in_int(c, "desiredCount", -1);
    if (k && !s)
        sim_fail(c, "ServiceNotFoundException", "Service not found.");
    else if (s && strcmp(s->status, "ACTIVE"))
        sim_fail(c, "ServiceNotActiveException", "Service was not ACTIVE.");
    if (sim_in_has(c, "desiredCount") && (desired < 0 || desired > 5000))
        sim_fail(c, "InvalidParameterException",
                 "desiredCount must be between 0 and 5000.");
    if (def_name && !d)
        sim_fail(c, "ClientException",
                 "Unable to describe task definition.");
    for (size_t i = 0; i < ARRAY_LEN(redeploys); i++)
        force = force || sim_in_has(c, redeploys[i]);
    if (c->code || check_controller(c, s, force))
        return;
    s->exec_enabled = sim_in_bool(c, "enableExecuteCommand", s->exec_enabled);
    take_deployment_configuration(c, s);
    world_update_service(c->world, s, (int)desired, d, force);
    json_object_set_new(c->out, "service", sim_service_json(c, s));
}
