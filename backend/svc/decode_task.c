/* Tasks, containers and task definitions. */
#include "backend/svc/decode.h"
#include "backend/svc/ecs.h"

#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "backend/base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *ports_of(json_t *o, struct arena *a)
{
    json_t *v;
    size_t i;
    struct strbuf b = STRBUF_INIT;
    json_array_foreach(json_object_get(o, "networkBindings"), i, v)
    {
        const char *proto = get_word(v, "protocol", a);
        strbuf_printf(&b, "%s%d->%d/%s", b.len ? ", " : "",
                      get_int(v, "containerPort", 0),
                      get_int(v, "hostPort", 0), proto ? proto : "tcp");
    }
    const char *out = b.len ? arena_intern(a, strbuf_get(&b)) : NULL;
    strbuf_release(&b);
    return out;
}

static const char TASK[] = ":task/", CONTAINER[] = ":container/";

/* What is left of a container's ARN after that of its task; NULL when it does
 * not begin like it. */
static const char *after_task(const char *task_arn, const char *arn)
{
    const char *mid = strstr(task_arn, TASK), *id;
    size_t head = mid ? (size_t)(mid - task_arn) : 0;
    if (!mid || !arn || strncmp(arn, task_arn, head) != 0 ||
        strncmp(arn + head, CONTAINER, strlen(CONTAINER)) != 0)
        return NULL;
    id = mid + strlen(TASK);
    arn += head + strlen(CONTAINER);
    if (strncmp(arn, id, strlen(id)) != 0 || arn[strlen(id)] != '/')
        return NULL;
    arn += strlen(id) + 1;
    return utf8_is_clean(arn, strlen(arn)) ? arn : NULL;
}

static void container_arn(json_t *o, const struct ecs_task *t,
                          struct arena *a, struct ecs_container *c)
{
    const char *end = after_task(
        t->arn, json_string_value(json_object_get(o, "containerArn")));
    c->arn_whole = !end;
    c->arn_end = end ? arena_strdup(a, end) : get_text(o, "containerArn", a);
}

const char *ecs_container_arn(const struct ecs_task *t,
                              const struct ecs_container *c,
                              struct arena *arena)
{
    const char *mid =
        c->arn_end && !c->arn_whole ? strstr(t->arn, TASK) : NULL;
    if (!mid)
        return c->arn_end;
    return arena_printf(arena, "%.*s%s%s/%s", (int)(mid - t->arn), t->arn,
                        CONTAINER, mid + strlen(TASK), c->arn_end);
}

/* Most have the address of the task's own interface. */
static const char *container_ip(json_t *o, const struct ecs_task *t,
                                struct arena *a)
{
    const char *key = "privateIpv4Address";
    json_t *i = json_array_get(json_object_get(o, "networkInterfaces"), 0);
    const char *ip = json_string_value(json_object_get(i, key));
    if (ip && t->private_ip && strcmp(ip, t->private_ip) == 0)
        return t->private_ip;
    return get_text(i, key, a);
}

static void decode_container(json_t *o, const struct ecs_task *t,
                             struct arena *a, struct ecs_container *c)
{
    json_t *v;
    size_t i;
    container_arn(o, t, a, c);
    c->name = get_word(o, "name", a);
    c->image = get_word(o, "image", a);
    c->image_digest = get_word(o, "imageDigest", a);
    c->runtime_id = get_text(o, "runtimeId", a);
    c->status = get_word(o, "lastStatus", a);
    c->health = get_word(o, "healthStatus", a);
    c->reason = get_text(o, "reason", a);
    c->has_exit = json_is_integer(json_object_get(o, "exitCode"));
    c->exit_code = get_int(o, "exitCode", 0);
    c->private_ip = container_ip(o, t, a);
    c->ports = ports_of(o, a);
    c->cpu = get_word(o, "cpu", a);
    c->memory = get_word(o, "memory", a);
    c->memory_reservation = get_word(o, "memoryReservation", a);
    json_array_foreach(json_object_get(o, "managedAgents"), i, v)
    {
        const char *name = json_string_value(json_object_get(v, "name"));
        if (name && strcmp(name, "ExecuteCommandAgent") == 0)
            c->exec_agent = get_word(v, "lastStatus", a);
    }
}

/* Details that no two tasks share: not worth a place among what repeats. */
static bool is_own(const char *detail)
{
    static const char *const own[] = {"networkInterfaceId", "macAddress",
                                      "privateIPv4Address", "privateDnsName",
                                      "publicIPv4Address", "ipv6Address"};
    for (size_t i = 0; detail && i < ARRAY_LEN(own); i++)
        if (strcmp(detail, own[i]) == 0)
            return true;
    return false;
}

/* "ElasticNetworkInterface: subnetId" -> value; the ones that rows show are
 * picked out on the way. */
static void decode_attachments(json_t *o, struct arena *a, struct ecs_task *t)
{
    json_t *list = json_object_get(o, "attachments"), *v, *d;
    size_t i, k, max = 0, n = 0;
    json_array_foreach(list, i, v)
    {
        max += json_array_size(json_object_get(v, "details"));
    }
    struct ecs_pair *items = arena_alloc(a, max * sizeof(*items));
    json_array_foreach(list, i, v)
    {
        const char *type = get_word(v, "type", a);
        json_array_foreach(json_object_get(v, "details"), k, d)
        {
            const char *name = get_word(d, "name", a);
            const char *value = is_own(name) ? get_text(d, "value", a)
                                             : get_word(d, "value", a);
            char label[128];
            if (!name || !value)
                continue;
            if (strcmp(name, "privateIPv4Address") == 0)
                t->private_ip = value;
            else if (strcmp(name, "networkInterfaceId") == 0)
                t->eni = value;
            else if (strcmp(name, "subnetId") == 0)
                t->subnet = value;
            snprintf(label, sizeof(label), "%s: %s", type ? type : "?", name);
            items[n++] = (struct ecs_pair){arena_intern(a, label), value};
        }
    }
    t->attachments = (struct ecs_pairs){.items = items, .n = n};
}

struct pair_list {
    struct ecs_pair *items; /* on the heap: how many is not known before */
    size_t n, cap;
};

static void add_pair(struct pair_list *l, const char *name, const char *value)
{
    if (!value)
        return;
    l->items = xgrow(l->items, &l->cap, l->n + 1, sizeof(*l->items));
    l->items[l->n++] = (struct ecs_pair){name, value};
}

static void container_override(json_t *o, struct arena *a,
                               struct pair_list *l)
{
    static const char *const plain[] = {"cpu", "memory", "memoryReservation"};
    const char *name = get_word(o, "name", a);
    const char *command = get_joined(o, "command", a);
    json_t *v;
    size_t i;
    if (!name)
        name = "?";
    if (command)
        add_pair(l, arena_printf(a, "%s.command", name), command);
    for (i = 0; i < 3; i++) {
        int n = get_int(o, plain[i], -1);
        if (n >= 0)
            add_pair(l, arena_printf(a, "%s.%s", name, plain[i]),
                     arena_printf(a, "%d", n));
    }
    json_array_foreach(json_object_get(o, "environment"), i, v)
    {
        const char *env = get_word(v, "name", a);
        /* The value may be a secret: it never leaves the decoder. */
        if (env)
            add_pair(l, arena_printf(a, "%s.env %s", name, env), "***");
    }
}

static void decode_overrides(json_t *o, struct arena *a, struct ecs_task *t)
{
    json_t *ov = json_object_get(o, "overrides"), *v;
    json_t *list = json_object_get(ov, "containerOverrides");
    struct pair_list l = {0};
    size_t i;
    add_pair(&l, "cpu", get_word(ov, "cpu", a));
    add_pair(&l, "memory", get_word(ov, "memory", a));
    add_pair(&l, "taskRoleArn", get_word(ov, "taskRoleArn", a));
    add_pair(&l, "executionRoleArn", get_word(ov, "executionRoleArn", a));
    json_array_foreach(list, i, v)
    {
        container_override(v, a, &l);
    }
    t->overrides = (struct ecs_pairs){
        .items = arena_memdup(a, l.items, l.n * sizeof(*l.items)), .n = l.n};
    free(l.items);
}

static void decode_times(json_t *o, struct ecs_task *t)
{
    t->created_ms = get_time(o, "createdAt");
    t->pull_started_ms = get_time(o, "pullStartedAt");
    t->pull_stopped_ms = get_time(o, "pullStoppedAt");
    t->started_ms = get_time(o, "startedAt");
    t->stopping_ms = get_time(o, "stoppingAt");
    t->execution_stopped_ms = get_time(o, "executionStoppedAt");
    t->stopped_ms = get_time(o, "stoppedAt");
}

struct ecs_task *ecs_decode_task(json_t *o, struct arena *a)
{
    const char *arn = get_text(o, "taskArn", a);
    json_t *list = json_object_get(o, "containers"), *v;
    size_t i, n = json_array_size(list);
    if (!arn)
        return NULL;
    struct ecs_task *t = arena_alloc(a, sizeof(*t));
    t->arn = arn;
    t->id = arn_tail(arn);
    t->cluster_arn = get_word(o, "clusterArn", a);
    t->task_definition = get_word(o, "taskDefinitionArn", a);
    t->group = get_word(o, "group", a);
    if (t->group && strncmp(t->group, "service:", 8) == 0)
        t->service = t->group + 8;
    t->started_by = get_word(o, "startedBy", a);
    t->launch_type = get_word(o, "launchType", a);
    t->capacity_provider = get_word(o, "capacityProviderName", a);
    t->container_instance = get_word(o, "containerInstanceArn", a);
    t->az = get_word(o, "availabilityZone", a);
    t->platform_version = get_word(o, "platformVersion", a);
    t->cpu = get_word(o, "cpu", a);
    t->memory = get_word(o, "memory", a);
    t->last_status = get_word(o, "lastStatus", a);
    t->desired_status = get_word(o, "desiredStatus", a);
    t->health = get_word(o, "healthStatus", a);
    t->connectivity = get_word(o, "connectivity", a);
    t->stop_code = get_word(o, "stopCode", a);
    t->stopped_reason = get_text(o, "stoppedReason", a);
    decode_times(o, t);
    t->version = get_int(o, "version", 0);
    t->exec_enabled = get_bool(o, "enableExecuteCommand");
    decode_attachments(o, a, t);
    struct ecs_container *c = arena_alloc(a, n * sizeof(*c));
    json_array_foreach(list, i, v)
    {
        if (json_is_object(v))
            decode_container(v, t, a, &c[t->n_containers++]);
    }
    t->containers = c;
    decode_overrides(o, a, t);
    t->tags = get_pairs(o, "tags", "key", "value", a);
    if (!t->private_ip && t->n_containers)
        t->private_ip = c[0].private_ip;
    return t;
}

static void decode_log(json_t *o, struct arena *a, struct ecs_log_config *l)
{
    json_t *c = json_object_get(o, "logConfiguration");
    json_t *opts = json_object_get(c, "options");
    l->driver = get_word(c, "logDriver", a);
    l->group = get_word(opts, "awslogs-group", a);
    l->region = get_word(opts, "awslogs-region", a);
    l->prefix = get_word(opts, "awslogs-stream-prefix", a);
    l->mode = get_word(opts, "mode", a);
}

struct ecs_taskdef *ecs_decode_taskdef(json_t *root, struct arena *a)
{
    json_t *o = json_object_get(root, "taskDefinition"), *v;
    json_t *list = json_object_get(o, "containerDefinitions");
    const char *arn = get_text(o, "taskDefinitionArn", a);
    size_t i, n = json_array_size(list);
    if (!arn)
        return NULL;
    struct ecs_taskdef *t = arena_alloc(a, sizeof(*t));
    t->arn = arn;
    t->family = get_word(o, "family", a);
    t->status = get_word(o, "status", a);
    t->revision = get_int(o, "revision", 0);
    t->network_mode = get_word(o, "networkMode", a);
    t->cpu = get_word(o, "cpu", a);
    t->memory = get_word(o, "memory", a);
    t->task_role = get_word(o, "taskRoleArn", a);
    t->execution_role = get_word(o, "executionRoleArn", a);
    t->registered_ms = get_time(o, "registeredAt");
    struct ecs_container_def *c = arena_alloc(a, n * sizeof(*c));
    json_array_foreach(list, i, v)
    {
        if (!json_is_object(v))
            continue;
        struct ecs_container_def *x = &c[t->n_containers++];
        json_t *ess = json_object_get(v, "essential");
        x->name = get_word(v, "name", a);
        x->image = get_word(v, "image", a);
        x->essential = !json_is_false(ess); /* absent means true */
        x->has_health_check = json_is_object(json_object_get(v,
                                                             "healthCheck"));
        x->memory = get_int(v, "memory", -1);
        x->cpu = get_int(v, "cpu", -1);
        decode_log(v, a, &x->log);
    }
    t->containers = c;
    return t;
}
