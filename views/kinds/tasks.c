/* tasks: of a service or a cluster, running and stopped together. */
#include "views/kinds/tasks.h"

#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/base/utf8.h"
#include "backend/svc/ecs.h"

#include <stdio.h>
#include <string.h>

#define ROW(row) const struct task_row *r = (row)
#define CELL(name) \
    static void name(const void *row, int64_t now, struct cell_value *out)

static bool is(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* The pair of statuses: a RUNNING task that is desired STOPPED is going. */
CELL(c_status)
{
    ROW(row);
    (void)now;
    if (r->loading) {
        out->role = r->failed || r->denied ? ROLE_ERROR : ROLE_MUTED;
        cell_text(out, r->denied ? "denied" : r->failed ? "?" : "...");
        return;
    }
    cell_text(out, r->task->last_status);
    if (r->stopped)
        out->role = r->cause->abnormal ? ROLE_BAD : ROLE_OFF;
    else if (is(r->task->desired_status, "STOPPED"))
        out->role = ROLE_WARN;
    else
        out->role = is(r->task->last_status, "RUNNING") ? ROLE_GOOD
                                                        : ROLE_BUSY;
}

CELL(c_desired)
{
    ROW(row);
    (void)now;
    cell_text(out, r->task->desired_status);
}

CELL(c_id)
{
    ROW(row);
    (void)now;
    cell_printf(out, "%.8s", r->task->id ? r->task->id : "");
}

CELL(c_service)
{
    ROW(row);
    (void)now;
    cell_text(out, r->task->service ? r->task->service : r->task->group);
}

CELL(c_revision)
{
    ROW(row);
    (void)now;
    const char *rev = taskdef_revision(r->task->task_definition);
    cell_text(out, *rev ? rev : NULL);
}

CELL(c_health)
{
    ROW(row);
    (void)now;
    if (r->loading || is(r->task->health, "UNKNOWN"))
        return;
    cell_text(out, r->task->health);
    if (is(r->task->health, "UNHEALTHY"))
        out->role = ROLE_BAD;
}

CELL(c_health_raw)
{
    ROW(row);
    (void)now;
    cell_text(out, r->task->health);
}

/* Why it stopped, or what it waits for. */
CELL(c_why)
{
    ROW(row);
    char took[24];
    if (r->loading)
        return;
    if (r->stopped || is(r->task->desired_status, "STOPPED")) {
        cell_text(out, r->cause->verdict && *r->cause->verdict
                           ? r->cause->verdict
                           : r->task->stopped_reason);
        out->role = r->cause->abnormal ? ROLE_BAD : ROLE_OFF;
    } else if (!is(r->task->last_status, "RUNNING") && r->task->created_ms) {
        const char *what = is(r->task->last_status, "PROVISIONING")
                               ? "waiting for network or capacity"
                           : r->task->pull_started_ms &&
                                   !r->task->pull_stopped_ms
                               ? "pulling image"
                               : "starting";
        cell_printf(out, "%s for %s", what,
                    fmt_duration(now - r->task->created_ms, took));
        out->role = ROLE_BUSY;
    }
}

CELL(c_reason)
{
    ROW(row);
    (void)now;
    cell_text(out, r->task->stopped_reason);
}

CELL(c_stop_code)
{
    ROW(row);
    (void)now;
    cell_text(out, r->task->stop_code);
}

/* Age since it started to run, or since it stopped. */
CELL(c_age)
{
    ROW(row);
    const struct ecs_task *t = r->task;
    int64_t since = r->stopped ? t->stopped_ms
                    : t->started_ms ? t->started_ms : t->created_ms;
    cell_age(out, since, now);
}

CELL(c_launch)
{
    ROW(row);
    (void)now;
    cell_text(out, r->task->capacity_provider ? r->task->capacity_provider
                                              : r->task->launch_type);
}

CELL(c_launch_type)
{
    ROW(row);
    (void)now;
    cell_text(out, r->task->launch_type);
}

CELL(c_capacity)
{
    ROW(row);
    (void)now;
    cell_text(out, r->task->capacity_provider);
}

CELL(c_az)
{
    ROW(row);
    (void)now;
    cell_text(out, r->task->az);
}

CELL(c_ip)
{
    ROW(row);
    (void)now;
    cell_text(out, r->task->private_ip);
}

CELL(c_cpu)
{
    ROW(row);
    (void)now;
    cell_text(out, r->task->cpu);
}

CELL(c_memory)
{
    ROW(row);
    (void)now;
    cell_text(out, r->task->memory);
}

CELL(c_started_by)
{
    ROW(row);
    (void)now;
    cell_text(out, r->task->started_by);
}

CELL(c_group)
{
    ROW(row);
    (void)now;
    cell_text(out, r->task->group);
}

CELL(c_taskdef)
{
    ROW(row);
    (void)now;
    cell_text(out, r->task->task_definition);
}

CELL(c_created)
{
    ROW(row);
    cell_age(out, r->task->created_ms, now);
}

CELL(c_started)
{
    ROW(row);
    cell_age(out, r->task->started_ms, now);
}

CELL(c_stopped)
{
    ROW(row);
    cell_age(out, r->task->stopped_ms, now);
}

CELL(c_cluster_arn)
{
    ROW(row);
    (void)now;
    cell_text(out, r->task->cluster_arn);
}

CELL(c_arn)
{
    ROW(row);
    (void)now;
    cell_text(out, r->task->arn);
}

#define TIME_COLUMN(id_, title_, fn) \
    {.id = id_, .title = title_, .help = "time", \
     .flags = COL_DATA | COL_NUM | COL_TIME, .cell = fn}

static const struct column columns[] = {
    {.id = "lastStatus", .title = "STATUS", .help = "where it is in its life",
     .flags = COL_FIT, .min = 7, .max = 14, .keep = 100, .cell = c_status},
    {.id = "taskId", .title = "TASK", .help = "first 8 of its id",
     .flags = COL_SCREEN, .min = 8, .max = 8, .keep = 100, .cell = c_id},
    {.id = "service", .title = "SERVICE", .help = "its service or family",
     .flags = COL_MIDDLE | COL_SERVICE, .min = 12, .max = 32, .weight = 2,
     .keep = 75,
     .cell = c_service},
    {.id = "revision", .title = "REV", .help = "task definition revision",
     .min = 4, .max = 6, .keep = 80, .cell = c_revision},
    {.id = "health", .title = "HEALTH", .help = "container health checks",
     .flags = COL_SCREEN, .min = 6, .max = 9, .keep = 60, .cell = c_health},
    {.id = "why", .title = "WHY", .help = "why it stopped, or what it waits "
     "for", .min = 14, .max = 70, .weight = 4,
     .keep = 85, .cell = c_why},
    {.id = "age", .title = "AGE", .help = "since it started, or stopped",
     .flags = COL_NUM | COL_SCREEN, .min = 4, .max = 4, .keep = 90,
     .cell = c_age},
    {.id = "launch", .title = "LAUNCH", .help = "launch type or capacity "
     "provider", .flags = COL_SCREEN, .min = 7, .max = 14, .keep = 40,
     .wide = 90, .cell = c_launch},
    {.id = "availabilityZone", .title = "AZ", .help = "availability zone",
     .min = 10, .max = 14, .keep = 30, .wide = 100, .cell = c_az},
    {.id = "privateIp", .title = "ADDRESS", .help = "private address",
     .min = 13, .max = 15, .keep = 35, .wide = 100, .cell = c_ip},
    {.id = "cpu", .title = "CPU", .help = "CPU units", .min = 4, .max = 5,
     .keep = 20, .wide = 130, .cell = c_cpu},
    {.id = "memory", .title = "MEM", .help = "MiB", .min = 5, .max = 6,
     .keep = 20, .wide = 130, .cell = c_memory},
    {.id = "desiredStatus", .title = "DESIRED", .help = "RUNNING or STOPPED",
     .flags = COL_DATA, .cell = c_desired},
    {.id = "healthStatus", .title = "HEALTHSTATUS", .help = "as AWS says it",
     .flags = COL_DATA, .cell = c_health_raw},
    {.id = "stopCode", .title = "STOPCODE", .help = "as AWS says it",
     .flags = COL_DATA, .cell = c_stop_code},
    {.id = "stoppedReason", .title = "REASON", .help = "as AWS says it",
     .flags = COL_DATA, .cell = c_reason},
    {.id = "launchType", .title = "LAUNCHTYPE", .help = "EC2, FARGATE, ...",
     .flags = COL_DATA, .cell = c_launch_type},
    {.id = "capacityProviderName", .title = "CAPACITY", .help = "provider",
     .flags = COL_DATA, .cell = c_capacity},
    {.id = "startedBy", .title = "STARTEDBY", .help = "deployment or caller",
     .flags = COL_DATA, .cell = c_started_by},
    {.id = "group", .title = "GROUP", .help = "service:name or family:name",
     .flags = COL_DATA, .cell = c_group},
    {.id = "taskDefinitionArn", .title = "TASKDEF", .help = "its definition",
     .flags = COL_DATA, .cell = c_taskdef},
    TIME_COLUMN("createdAt", "CREATED", c_created),
    TIME_COLUMN("startedAt", "STARTED", c_started),
    TIME_COLUMN("stoppedAt", "STOPPED", c_stopped),
    {.id = "clusterArn", .title = "CLUSTERARN", .help = "its cluster",
     .flags = COL_DATA, .cell = c_cluster_arn},
    {.id = "arn", .title = "ARN", .help = "taskArn", .flags = COL_DATA,
     .cell = c_arn},
};

/* Running before stopped; unsettled before settled; newest first. */
static int compare(const void *a, const void *b)
{
    const struct task_row *x = a, *y = b;
    if (x->stopped != y->stopped)
        return x->stopped - y->stopped;
    int64_t tx = x->stopped ? x->task->stopped_ms : x->task->created_ms;
    int64_t ty = y->stopped ? y->task->stopped_ms : y->task->created_ms;
    if (tx != ty)
        return tx > ty ? -1 : 1;
    return strcmp(x->task->arn, y->task->arn);
}

static const char *row_name(const void *row)
{
    ROW(row);
    return r->task->id;
}

static const char *row_arn(const void *row)
{
    ROW(row);
    return r->task->arn;
}

static const char *row_cluster(const void *row)
{
    ROW(row);
    return r->task->cluster_arn;
}

static bool row_loading(const void *row)
{
    ROW(row);
    return r->loading;
}

static bool row_dim(const void *row)
{
    ROW(row);
    return r->stopped;
}

static void child_query(const void *row, struct query *out)
{
    ROW(row);
    *out = (struct query){.kind = QUERY_CONTAINERS,
                          .cluster = r->task->cluster_arn,
                          .task = r->task->arn};
}

static void summary(const struct snapshot *s, struct doc *out)
{
    size_t running = 0, stopped = 0, other = 0, bad = 0;
    size_t loading = 0, denied = 0;
    for (size_t i = 0; i < s->n_rows; i++) {
        ROW(s->rows[i].data);
        if (r->loading) {
            denied += r->denied;
            loading += !r->denied && !r->failed;
        } else if (r->stopped) {
            stopped++;
            bad += r->cause->abnormal;
        } else if (is(r->task->last_status, "RUNNING")) {
            running++;
        } else {
            other++;
        }
    }
    doc_printf(out, ROLE_SUMMARY, "%zu tasks", s->n_rows);
    summary_gaps(s, loading, denied, "stopped ones", out);
    doc_printf(out, ROLE_SUMMARY, ": %zu running", running);
    if (other)
        doc_printf(out, ROLE_BUSY, " %zu in transition", other);
    doc_printf(out, ROLE_SUMMARY, " %zu stopped", stopped);
    if (bad)
        doc_printf(out, ROLE_BAD, " (%zu abnormal)", bad);
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
    struct task_row *r = arena_alloc(a, sizeof(*r));
    const struct ecs_task *t = ecs_decode_task(o, a);
    if (!t)
        return NULL;
    *r = *(const struct task_row *)row;
    r->task = t;
    r->loading = r->failed = r->denied = false;
    r->stopped = is(t->last_status, "STOPPED");
    if (r->stopped) {
        struct stop_cause *cause = arena_alloc(a, sizeof(*cause));
        stop_cause_of(t, r->taskdef, a, cause);
        r->cause = cause;
    }
    return r;
}

static const char *const aliases[] = {"task", "t", NULL};
static const enum action_id actions[] = {ACTION_LOGS, ACTION_LAST_LOGS,
                                         ACTION_STOP, ACTION_NONE};

static const struct hint hints[] = {
    {ACTION_OPEN, "containers"},  {ACTION_LOGS, "logs"},
    {ACTION_DESCRIBE, "describe"}, {ACTION_FILTER, "filter"},
    {ACTION_LAST_LOGS, "last stopped"},
    {ACTION_MARK, "mark"},        {ACTION_STOP, "stop"},
    {ACTION_BACK, "back"},        {ACTION_JSON, "json"},
    {ACTION_COPY, "copy id"},     {ACTION_SORT, "sort"},
    {ACTION_HELP, "help"},
};

const struct kind kind_tasks = {
    .name = "tasks",
    .aliases = aliases,
    .help = "tasks of a service or a cluster",
    .query = QUERY_TASKS,
    .context = CONTEXT_TASKS,
    .order = "newest-first",
    .hints = hints,
    .n_hints = ARRAY_LEN(hints),
    .columns = columns,
    .n_columns = ARRAY_LEN(columns),
    .empty = "no tasks",
    .child = "containers",
    .actions = actions,
    .compare = compare,
    .row_name = row_name,
    .row_arn = row_arn,
    .row_cluster = row_cluster,
    .row_loading = row_loading,
    .row_dim = row_dim,
    .child_query = child_query,
    .summary = summary,
    .explain = tasks_explain,
    .explain_title = tasks_explain_title,
    .detail = tasks_detail,
    .describe = describe,
    .renew = renew,
};
