/* containers: the containers of one task. */
#include "views/kind.h"

#include "backend/base/mem.h"
#include "backend/svc/ecs.h"

#include <string.h>

#define ROW(row) const struct container_row *r = (row)

static void c_status(const void *row, int64_t now, struct cell_value *out)
{
    ROW(row);
    (void)now;
    cell_text(out, r->container->status);
    const char *s = r->container->status;
    out->role = !s                          ? ROLE_MUTED
                : strcmp(s, "RUNNING") == 0 ? ROLE_GOOD
                : strcmp(s, "STOPPED") == 0 ? ROLE_OFF
                                            : ROLE_BUSY;
}

static void c_name(const void *row, int64_t now, struct cell_value *out)
{
    ROW(row);
    (void)now;
    cell_text(out, r->container->name);
}

static void c_exit(const void *row, int64_t now, struct cell_value *out)
{
    ROW(row);
    (void)now;
    if (!r->container->has_exit)
        return;
    cell_num(out, r->container->exit_code);
    if (r->container->exit_code)
        out->role = ROLE_BAD;
}

static void c_health(const void *row, int64_t now, struct cell_value *out)
{
    ROW(row);
    (void)now;
    cell_text(out, r->container->health);
    if (r->container->health && strcmp(r->container->health, "UNHEALTHY") == 0)
        out->role = ROLE_BAD;
}

static void c_essential(const void *row, int64_t now, struct cell_value *out)
{
    ROW(row);
    (void)now;
    if (!r->def)
        return;
    out->is_num = true;
    out->num = r->def->essential;
    cell_text(out, r->def->essential ? "yes" : "no");
}

static void c_image(const void *row, int64_t now, struct cell_value *out)
{
    ROW(row);
    (void)now;
    cell_text(out, r->container->image);
}

static void c_reason(const void *row, int64_t now, struct cell_value *out)
{
    ROW(row);
    (void)now;
    cell_text(out, r->container->reason);
}

static void c_log(const void *row, int64_t now, struct cell_value *out)
{
    ROW(row);
    (void)now;
    if (!r->def)
        return;
    if (r->def->log.group)
        cell_printf(out, "%s", r->def->log.group);
    else
        cell_text(out, r->def->log.driver ? r->def->log.driver : "none");
}

static void c_arn(const void *row, int64_t now, struct cell_value *out)
{
    ROW(row);
    (void)now;
    cell_text(out, r->arn);
}

static void c_task(const void *row, int64_t now, struct cell_value *out)
{
    ROW(row);
    (void)now;
    cell_text(out, r->task->arn);
}

static const struct column columns[] = {
    {.id = "lastStatus", .title = "STATUS", .help = "status",
     .flags = COL_FIT, .min = 7, .max = 14, .keep = 95, .cell = c_status},
    {.id = "name", .title = "CONTAINER", .help = "name", .flags = COL_MIDDLE,
     .min = 12, .max = 40, .weight = 1, .keep = 100, .cell = c_name},
    {.id = "exitCode", .title = "EXIT", .flags = COL_NUM, .help = "exit code",
     .min = 4, .max = 4, .keep = 90, .cell = c_exit},
    {.id = "healthStatus", .title = "HEALTH", .min = 7, .max = 9,
     .help = "container health check", .keep = 70, .cell = c_health},
    {.id = "essential", .title = "ESS", .help = "essential", .flags = COL_BOOL,
     .min = 3, .max = 3, .keep = 60, .cell = c_essential},
    {.id = "reason", .title = "REASON", .help = "why it stopped",
     .flags = COL_MIDDLE, .min = 12, .max = 0, .weight = 3, .keep = 65,
     .cell = c_reason},
    {.id = "image", .title = "IMAGE", .help = "image", .flags = COL_MIDDLE,
     .min = 12, .max = 80, .weight = 2, .keep = 50, .cell = c_image},
    {.id = "logs", .title = "LOGS", .help = "log group or driver", .min = 8,
     .max = 30, .keep = 30, .wide = 110, .cell = c_log},
    {.id = "taskArn", .title = "TASK", .flags = COL_DATA, .help = "its task",
     .cell = c_task},
    {.id = "arn", .title = "ARN", .flags = COL_DATA, .help = "containerArn",
     .cell = c_arn},
};

static int compare(const void *a, const void *b)
{
    const struct container_row *x = a, *y = b;
    int ex = x->def ? !x->def->essential : 0;
    int ey = y->def ? !y->def->essential : 0;
    if (ex != ey)
        return ex - ey;
    return strcmp(x->container->name ? x->container->name : "",
                  y->container->name ? y->container->name : "");
}

static const char *row_name(const void *row)
{
    ROW(row);
    return r->container->name;
}

static const char *row_arn(const void *row)
{
    ROW(row);
    return r->key;
}

static const char *row_cluster(const void *row)
{
    ROW(row);
    return r->task->cluster_arn;
}

static bool row_loading(const void *row)
{
    (void)row;
    return false;
}

static void summary(const struct snapshot *s, struct doc *out)
{
    doc_printf(out, ROLE_SUMMARY, "%zu containers", s->n_rows);
    if (!s->n_rows)
        return;
    ROW(s->rows[0].data);
    doc_printf(out, ROLE_SUMMARY, " of task %.8s", r->task->id);
    doc_printf(out, ROLE_SUMMARY, " %s", r->task->last_status);
    if (r->task->stopped_reason)
        doc_printf(out, ROLE_WARN, " | %s", r->task->stopped_reason);
}

static void detail(const void *row, int64_t now, struct doc *d)
{
    ROW(row);
    (void)now;
    const struct ecs_container *c = r->container;
    doc_field(d, "container", c->name);
    doc_field(d, "arn", r->arn);
    doc_field(d, "task", r->task->arn);
    doc_field(d, "status", c->status);
    if (c->has_exit)
        doc_fieldf(d, "exit code", "%d", c->exit_code);
    doc_field(d, "reason", c->reason);
    doc_field(d, "health", c->health);
    doc_field(d, "image", c->image);
    doc_field(d, "digest", c->image_digest);
    doc_field(d, "runtime id", c->runtime_id);
    doc_field(d, "address", c->private_ip);
    doc_field(d, "ports", c->ports);
    doc_field(d, "cpu", c->cpu);
    doc_field(d, "memory", c->memory);
    doc_field(d, "reservation", c->memory_reservation);
    doc_field(d, "exec agent", c->exec_agent);
    if (!r->def)
        return;
    doc_field(d, "essential", r->def->essential ? "yes" : "no");
    doc_field(d, "log driver", r->def->log.driver);
    doc_field(d, "log group", r->def->log.group);
    doc_field(d, "log region", r->def->log.region);
    doc_field(d, "stream prefix", r->def->log.prefix);
}

static const struct aws_op *describe(const void *row, json_t **params,
                                     const char **member)
{
    ROW(row);
    *params = json_pack("{s:s,s:[s],s:[s]}", "cluster", r->task->cluster_arn,
                        "tasks", r->task->arn, "include", "TAGS");
    *member = "tasks";
    return &ecs_describe_tasks;
}

static const void *renew(const void *row, json_t *o, struct arena *a)
{
    struct container_row *r = arena_alloc(a, sizeof(*r));
    const struct ecs_task *t = ecs_decode_task(o, a);
    *r = *(const struct container_row *)row;
    for (size_t i = 0; t && r->container->name && i < t->n_containers; i++) {
        const char *name = t->containers[i].name;
        if (!name || strcmp(name, r->container->name) != 0)
            continue;
        r->task = t;
        r->container = &t->containers[i];
        r->arn = ecs_container_arn(t, r->container, a);
        return r;
    }
    return NULL;
}

static const char *const aliases[] = {"container", "co", NULL};
static const enum action_id actions[] = {ACTION_LOGS, ACTION_NONE};

static const struct hint hints[] = {
    {ACTION_OPEN, "describe"},    {ACTION_LOGS, "logs"},
    {ACTION_FILTER, "filter"},    {ACTION_JSON, "json"},
    {ACTION_COPY, "copy"},        {ACTION_BACK, "back"},
    {ACTION_HELP, "help"},
};

const struct kind kind_containers = {
    .name = "containers",
    .aliases = aliases,
    .help = "containers of one task",
    .query = QUERY_CONTAINERS,
    .context = CONTEXT_CONTAINERS,
    .order = "essential-first",
    .hints = hints,
    .n_hints = ARRAY_LEN(hints),
    .columns = columns,
    .n_columns = ARRAY_LEN(columns),
    .empty = "no containers",
    .actions = actions,
    .compare = compare,
    .row_name = row_name,
    .row_arn = row_arn,
    .row_cluster = row_cluster,
    .row_loading = row_loading,
    .summary = summary,
    .detail = detail,
    .describe = describe,
    .renew = renew,
};
