/* Tasks and task definitions of the world as ECS sends them. */
#include "backend/sim/wire.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* The same image always has the same digest. */
static void digest_of(const char *image, char out[80])
{
    unsigned char md[32];
    int n = snprintf(out, 80, "sha256:");
    EVP_Digest(image, strlen(image), md, NULL, EVP_sha256(), NULL);
    for (int i = 0; i < 32; i++)
        n += snprintf(out + n, 3, "%02x", md[i]);
}

/* Of the network interface: derived, so that every reply says the same. */
static void attachment_id(const struct sim_task *t, char out[37])
{
    const char *h = t->id;
    snprintf(out, 37, "%.8s-%.4s-4%.3s-a%.3s-%.12s", h + 24, h + 20, h + 16,
             h + 12, h);
}

static bool attached(const struct sim_task *t)
{
    return !task_is(t, "PROVISIONING");
}

static void put_attachments(json_t *o, const struct sim_task *t)
{
    json_t *list = put_list(o, "attachments");
    char id[37], mac[18], dns[64];
    if (!t->eni[0])
        return;
    attachment_id(t, id);
    json_t *a = json_object();
    json_array_append_new(list, a);
    put_text(a, "id", id);
    put_text(a, "type", "ElasticNetworkInterface");
    put_text(a, "status", task_is(t, "STOPPED") ? "DELETED"
                          : attached(t)         ? "ATTACHED"
                                                : "PRECREATED");
    json_t *d = put_list(a, "details");
    add_pair(d, "name", "subnetId", "value", "subnet-0a1b2c3d4e5f60718");
    if (!attached(t))
        return;
    snprintf(mac, sizeof(mac), "0a:%.2s:%.2s:%.2s:%.2s:%.2s", t->id,
             t->id + 2, t->id + 4, t->id + 6, t->id + 8);
    snprintf(dns, sizeof(dns), "ip-%s.eu-west-1.compute.internal", t->ip);
    for (char *p = dns; p < dns + 3 + strlen(t->ip); p++)
        if (*p == '.')
            *p = '-';
    add_pair(d, "name", "networkInterfaceId", "value", t->eni);
    add_pair(d, "name", "macAddress", "value", mac);
    add_pair(d, "name", "privateDnsName", "value", dns);
    add_pair(d, "name", "privateIPv4Address", "value", t->ip);
}

static void put_number_text(json_t *o, const char *key, int n)
{
    char text[16];
    snprintf(text, sizeof(text), "%d", n);
    put_text(o, key, text);
}

static void put_interfaces(json_t *o, const struct sim_task *t)
{
    json_t *list = put_list(o, "networkInterfaces");
    char id[37];
    if (!t->eni[0] || !attached(t))
        return;
    attachment_id(t, id);
    add_pair(list, "attachmentId", id, "privateIpv4Address", t->ip);
}

static json_t *container(const struct sim_task *t, size_t i, bool exec)
{
    const struct sim_container *k = &t->containers[i];
    const struct sim_container_def *d = &t->def->containers[i];
    json_t *o = json_object();
    char digest[80];
    put_text(o, "containerArn", k->arn);
    put_text(o, "taskArn", t->arn);
    put_text(o, "name", d->name);
    put_text(o, "image", d->image);
    if (t->pull_stopped_ms) {
        digest_of(d->image, digest);
        put_text(o, "imageDigest", digest);
    }
    if (t->started_ms)
        put_text(o, "runtimeId", k->runtime_id);
    put_text(o, "lastStatus", k->status[0] ? k->status : "PENDING");
    if (k->has_exit)
        put_int(o, "exitCode", k->exit_code);
    put_text(o, "reason", k->reason);
    put_list(o, "networkBindings");
    put_interfaces(o, t);
    put_text(o, "healthStatus", d->health_check ? t->health : "UNKNOWN");
    if (exec && t->started_ms) {
        json_t *agents = put_list(o, "managedAgents");
        json_t *a = json_object();
        put_text(a, "name", "ExecuteCommandAgent");
        put_text(a, "lastStatus",
                 task_is(t, "RUNNING") ? "RUNNING" : "STOPPED");
        put_time(a, "lastStartedAt", t->started_ms);
        json_array_append_new(agents, a);
    }
    put_number_text(o, "cpu", d->cpu);
    if (d->memory)
        put_number_text(o, "memory", d->memory);
    return o;
}

static void put_overrides(json_t *o, const struct sim_task *t)
{
    json_t *over = put_object(o, "overrides");
    json_t *list = put_list(over, "containerOverrides");
    for (size_t i = 0; i < t->def->n_containers; i++) {
        const struct sim_container_def *d = &t->def->containers[i];
        json_t *k = json_pack("{ss}", "name", d->name);
        if (d->env_name[0])
            add_pair(put_list(k, "environment"), "name", d->env_name, "value",
                     d->env_value);
        json_array_append_new(list, k);
    }
    put_list(over, "inferenceAcceleratorOverrides");
}

static void put_times(json_t *o, const struct sim_task *t)
{
    put_time(o, "createdAt", t->created_ms);
    put_time(o, "pullStartedAt", t->pull_started_ms);
    put_time(o, "pullStoppedAt", t->pull_stopped_ms);
    put_time(o, "startedAt", t->started_ms);
    put_time(o, "stoppingAt", t->stopping_ms);
    put_time(o, "executionStoppedAt", t->execution_stopped_ms);
    put_time(o, "stoppedAt", t->stopped_ms);
}

json_t *sim_task_json(const struct sim_call *c, const struct sim_service *s,
                      const struct sim_task *t)
{
    json_t *o = json_object();
    bool ec2 = is(t->launch_type, "EC2");
    bool exec = s->exec_enabled;
    put_attachments(o, t);
    json_t *attributes = put_list(o, "attributes");
    add_pair(attributes, "name", "ecs.cpu-architecture", "value", "x86_64");
    put_text(o, "availabilityZone", t->az);
    put_text(o, "capacityProviderName", t->capacity);
    put_text(o, "clusterArn", s->cluster->arn);
    if (t->pull_started_ms) {
        put_text(o, "connectivity", "CONNECTED");
        put_time(o, "connectivityAt", t->pull_started_ms);
    }
    put_text(o, "containerInstanceArn", t->instance);
    json_t *containers = put_list(o, "containers");
    for (size_t i = 0; i < t->def->n_containers; i++)
        json_array_append_new(containers, container(t, i, exec));
    put_text(o, "cpu", t->def->cpu);
    put_times(o, t);
    put_text(o, "desiredStatus", t->desired_status);
    put_bool(o, "enableExecuteCommand", exec);
    put_text(o, "group", t->group);
    put_text(o, "healthStatus", t->health);
    put_list(o, "inferenceAccelerators");
    put_text(o, "lastStatus", t->last_status);
    put_text(o, "launchType", t->launch_type);
    put_text(o, "memory", t->def->memory);
    put_overrides(o, t);
    if (!ec2) {
        put_text(o, "platformVersion", "1.4.0");
        put_text(o, "platformFamily", "Linux");
        json_object_set_new(o, "ephemeralStorage",
                            json_pack("{si}", "sizeInGiB", 20));
    }
    put_text(o, "startedBy", t->started_by);
    put_text(o, "stopCode", t->stop_code);
    put_text(o, "stoppedReason", t->stopped_reason);
    json_t *tags = put_list(o, "tags");
    if (sim_includes(c, "TAGS"))
        add_pair(tags, "key", "aws:ecs:clusterName", "value",
                 s->cluster->name);
    put_text(o, "taskArn", t->arn);
    put_text(o, "taskDefinitionArn", t->def->arn);
    put_int(o, "version", t->version);
    return o;
}

/* ---- task definitions ------------------------------------------------- */

static void put_log_configuration(json_t *o, const struct sim_call *c,
                                  const struct sim_container_def *d)
{
    if (!d->driver[0])
        return;
    json_t *k = put_object(o, "logConfiguration");
    put_text(k, "logDriver", d->driver);
    if (!is(d->driver, "awslogs"))
        return;
    json_t *options = put_object(k, "options");
    put_text(options, "awslogs-group", d->group);
    put_text(options, "awslogs-region", c->world->region);
    put_text(options, "awslogs-stream-prefix", d->prefix);
}

static json_t *container_def(const struct sim_call *c,
                             const struct sim_container_def *d, bool first)
{
    json_t *o = json_object();
    put_text(o, "name", d->name);
    put_text(o, "image", d->image);
    put_int(o, "cpu", d->cpu);
    if (d->memory)
        put_int(o, "memory", d->memory);
    json_t *ports = put_list(o, "portMappings");
    if (first)
        json_array_append_new(ports, json_pack("{s:i,s:i,s:s}",
                                               "containerPort", 8080,
                                               "hostPort", 8080,
                                               "protocol", "tcp"));
    put_bool(o, "essential", d->essential);
    json_t *env = put_list(o, "environment");
    if (d->env_name[0])
        add_pair(env, "name", d->env_name, "value", d->env_value);
    if (d->secret_name[0])
        add_pair(put_list(o, "secrets"), "name", d->secret_name, "valueFrom",
                 d->secret_from);
    put_list(o, "mountPoints");
    put_list(o, "volumesFrom");
    put_log_configuration(o, c, d);
    if (d->health_check)
        json_object_set_new(
            o, "healthCheck",
            json_pack("{s:[s,s],s:i,s:i,s:i}", "command", "CMD-SHELL",
                      "curl -f http://localhost:8080/healthz", "interval",
                      30, "timeout", 5, "retries", 3));
    put_list(o, "systemControls");
    return o;
}

json_t *sim_taskdef_json(const struct sim_call *c,
                         const struct sim_taskdef *d)
{
    json_t *o = json_object();
    char role[120];
    put_text(o, "taskDefinitionArn", d->arn);
    json_t *list = put_list(o, "containerDefinitions");
    for (size_t i = 0; i < d->n_containers; i++)
        json_array_append_new(list,
                              container_def(c, &d->containers[i], i == 0));
    put_text(o, "family", d->family);
    snprintf(role, sizeof(role), "arn:aws:iam::%s:role/%.60s-task",
             c->world->account, d->family);
    put_text(o, "taskRoleArn", role);
    snprintf(role, sizeof(role), "arn:aws:iam::%s:role/ecsTaskExecutionRole",
             c->world->account);
    put_text(o, "executionRoleArn", role);
    put_text(o, "networkMode", d->network_mode);
    put_int(o, "revision", d->revision);
    put_list(o, "volumes");
    put_text(o, "status", "ACTIVE");
    json_object_set_new(
        o, "requiresAttributes",
        json_pack("[{ss}]", "name", "ecs.capability.task-eni"));
    put_list(o, "placementConstraints");
    json_object_set_new(o, "compatibilities",
                        json_pack("[ss]", "EC2", "FARGATE"));
    json_object_set_new(o, "runtimePlatform",
                        json_pack("{ssss}", "cpuArchitecture", "X86_64",
                                  "operatingSystemFamily", "LINUX"));
    json_object_set_new(o, "requiresCompatibilities",
                        json_pack("[s]", "FARGATE"));
    put_text(o, "cpu", d->cpu);
    put_text(o, "memory", d->memory);
    put_time(o, "registeredAt", d->registered_ms);
    snprintf(role, sizeof(role), "arn:aws:iam::%s:role/deployer",
             c->world->account);
    put_text(o, "registeredBy", role);
    return o;
}
