/* clusters: the ECS clusters of the region, with their own counts. */
#include "views/kind.h"

#include "backend/base/mem.h"
#include "backend/svc/ecs.h"

#include <string.h>

#define CLUSTER(row) const struct ecs_cluster *c = (row)

static void c_name(const void *row, int64_t now, struct cell_value *out)
{
    CLUSTER(row);
    (void)now;
    cell_text(out, c->name);
}

static void c_arn(const void *row, int64_t now, struct cell_value *out)
{
    CLUSTER(row);
    (void)now;
    cell_text(out, c->arn);
}

static void c_status(const void *row, int64_t now, struct cell_value *out)
{
    CLUSTER(row);
    (void)now;
    cell_text(out, c->status);
    out->role = c->status && strcmp(c->status, "ACTIVE") == 0 ? ROLE_GOOD
                                                              : ROLE_WARN;
}

static void c_services(const void *row, int64_t now, struct cell_value *out)
{
    CLUSTER(row);
    (void)now;
    cell_num(out, c->services);
}

static void c_running(const void *row, int64_t now, struct cell_value *out)
{
    CLUSTER(row);
    (void)now;
    cell_num(out, c->running);
}

static void c_pending(const void *row, int64_t now, struct cell_value *out)
{
    CLUSTER(row);
    (void)now;
    cell_num(out, c->pending);
    if (c->pending > 0)
        out->role = ROLE_BUSY;
}

static void c_instances(const void *row, int64_t now, struct cell_value *out)
{
    CLUSTER(row);
    (void)now;
    cell_num(out, c->instances);
}

static void c_capacity(const void *row, int64_t now, struct cell_value *out)
{
    CLUSTER(row);
    (void)now;
    cell_text(out, c->capacity_providers);
}

static const struct column columns[] = {
    {.id = "clusterName", .title = "CLUSTER", .help = "name",
     .flags = COL_MIDDLE, .min = 12, .max = 48, .weight = 3, .keep = 100,
     .cell = c_name},
    {.id = "status", .title = "STATUS", .help = "status of the cluster",
     .min = 6, .max = 14, .keep = 90, .cell = c_status},
    {.id = "activeServicesCount", .title = "SERVICES", .flags = COL_NUM,
     .help = "active services", .min = 8, .max = 8, .keep = 80,
     .cell = c_services},
    {.id = "runningTasksCount", .title = "RUN", .flags = COL_NUM,
     .help = "running tasks", .min = 5, .max = 7, .keep = 85,
     .cell = c_running},
    {.id = "pendingTasksCount", .title = "PEND", .flags = COL_NUM,
     .help = "pending tasks", .min = 5, .max = 7, .keep = 84,
     .cell = c_pending},
    {.id = "registeredContainerInstancesCount", .title = "INST",
     .flags = COL_NUM, .help = "container instances", .min = 5, .max = 7,
     .keep = 60, .cell = c_instances},
    {.id = "capacityProviders", .title = "CAPACITY",
     .help = "capacity providers", .min = 10, .max = 0, .weight = 1,
     .keep = 20, .cell = c_capacity},
    {.id = "arn", .title = "ARN", .flags = COL_DATA, .help = "clusterArn",
     .cell = c_arn},
};

static int compare(const void *a, const void *b)
{
    const struct ecs_cluster *x = a, *y = b;
    return strcmp(x->name ? x->name : "", y->name ? y->name : "");
}

static const char *row_name(const void *row)
{
    CLUSTER(row);
    return c->name;
}

static const char *row_arn(const void *row)
{
    CLUSTER(row);
    return c->arn;
}

static bool row_loading(const void *row)
{
    CLUSTER(row);
    return !c->status;
}

static void child_query(const void *row, struct query *out)
{
    CLUSTER(row);
    *out = (struct query){.kind = QUERY_SERVICES, .cluster = c->arn};
}

static void summary(const struct snapshot *s, struct doc *out)
{
    long services = 0, running = 0, pending = 0;
    for (size_t i = 0; i < s->n_rows; i++) {
        CLUSTER(s->rows[i].data);
        services += c->services;
        running += c->running;
        pending += c->pending;
    }
    doc_printf(out, ROLE_SUMMARY,
               "%zu clusters | %ld services | %ld tasks running, %ld pending",
               s->n_rows, services, running, pending);
}

static void detail(const void *row, int64_t now, struct doc *d)
{
    CLUSTER(row);
    (void)now;
    doc_field(d, "cluster", c->name);
    doc_field(d, "arn", c->arn);
    doc_field(d, "status", c->status);
    doc_fieldf(d, "services", "%d active", c->services);
    doc_fieldf(d, "tasks", "%d running, %d pending", c->running, c->pending);
    doc_fieldf(d, "instances", "%d registered", c->instances);
    doc_field(d, "capacity", c->capacity_providers);
    doc_field(d, "insights", c->insights);
    for (size_t i = 0; i < c->tags.n; i++)
        doc_fieldf(d, i ? "" : "tags", "%s = %s", c->tags.items[i].name,
                   c->tags.items[i].value);
}

static const struct aws_op *describe(const void *row, json_t **params,
                                     const char **member)
{
    CLUSTER(row);
    *params = json_pack("{s:[s],s:[s,s,s,s]}", "clusters", c->arn, "include",
                        "SETTINGS", "STATISTICS", "TAGS", "ATTACHMENTS");
    *member = "clusters";
    return &ecs_describe_clusters;
}

static const void *renew(const void *row, json_t *o, struct arena *a)
{
    (void)row;
    return ecs_decode_cluster(o, a);
}

static const char *const aliases[] = {"cluster", "cl", NULL};
static const enum action_id actions[] = {ACTION_TASKS, ACTION_LOGS, ACTION_NONE};

static const struct hint hints[] = {
    {ACTION_OPEN, "services"},    {ACTION_TASKS, "tasks"},
    {ACTION_LOGS, "logs"},
    {ACTION_DESCRIBE, "describe"}, {ACTION_FILTER, "filter"},
    {ACTION_JSON, "json"},        {ACTION_COPY, "copy"},
    {ACTION_BACK, "back"},        {ACTION_HELP, "help"},
};

const struct kind kind_clusters = {
    .name = "clusters",
    .aliases = aliases,
    .help = "clusters of the region",
    .query = QUERY_CLUSTERS,
    .context = CONTEXT_CLUSTERS,
    .order = "by name",
    .hints = hints,
    .n_hints = ARRAY_LEN(hints),
    .columns = columns,
    .n_columns = ARRAY_LEN(columns),
    .empty = "no clusters in this region",
    .child = "services",
    .actions = actions,
    .compare = compare,
    .row_name = row_name,
    .row_arn = row_arn,
    .row_cluster = row_arn,
    .row_loading = row_loading,
    .child_query = child_query,
    .summary = summary,
    .detail = detail,
    .describe = describe,
    .renew = renew,
};
