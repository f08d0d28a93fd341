/* services: the table a user starts on, worst first. */
#include "views/kinds/services.h"

#include "backend/base/mem.h"
#include "backend/svc/ecs.h"

#include <stdio.h>
#include <string.h>

#define ROW(row) const struct service_row *r = (row)
/* A cell function whose value is there only once the row is described. */
#define CELL(name) \
    static void name(const void *row, int64_t now, struct cell_value *out)

CELL(c_state)
{
    ROW(row);
    (void)now;
    out->has_rank = true;
    if (r->loading) {
        out->rank = SVC_STATE_N;
        out->role = r->failed || r->denied ? ROLE_ERROR : ROLE_MUTED;
        cell_text(out, r->denied ? "denied" : r->failed ? "?" : "...");
        return;
    }
    out->rank = r->health.state;
    out->role = svc_state_role(r->health.state);
    cell_text(out, svc_state_name(r->health.state));
}

CELL(c_name)
{
    ROW(row);
    (void)now;
    cell_text(out, r->svc->name);
}

CELL(c_cluster)
{
    ROW(row);
    (void)now;
    cell_text(out, r->svc->cluster);
}

CELL(c_counts)
{
    ROW(row);
    (void)now;
    if (r->loading)
        return;
    cell_printf(out, "%d/%d", r->svc->running, r->svc->desired);
    out->has_rank = true;
    out->rank = r->svc->running;
    if (r->svc->running < r->svc->desired)
        out->role = r->svc->running ? ROLE_WARN : ROLE_DOWN;
}

CELL(c_desired)
{
    ROW(row);
    (void)now;
    if (!r->loading)
        cell_num(out, r->svc->desired);
}

CELL(c_running)
{
    ROW(row);
    (void)now;
    if (!r->loading)
        cell_num(out, r->svc->running);
}

CELL(c_pending)
{
    ROW(row);
    (void)now;
    if (r->loading)
        return;
    cell_num(out, r->svc->pending);
    if (r->svc->pending > 0)
        out->role = ROLE_BUSY;
}

CELL(c_failed)
{
    ROW(row);
    (void)now;
    if (r->loading)
        return;
    cell_num(out, r->health.failed);
    if (r->health.failed > 0)
        out->role = ROLE_BAD;
}

CELL(c_deployment)
{
    ROW(row);
    (void)now;
    if (r->loading)
        return;
    cell_text(out, r->health.deployment);
    if (r->health.state == SVC_FAILED || r->health.state == SVC_ROLL)
        out->role = svc_state_role(r->health.state);
}

/* How long the newest deployment has been there. */
CELL(c_age)
{
    ROW(row);
    int64_t newest = 0;
    for (size_t i = 0; !r->loading && i < r->svc->n_deployments; i++)
        if (r->svc->deployments[i].created_ms > newest)
            newest = r->svc->deployments[i].created_ms;
    cell_age(out, newest ? newest : r->svc->created_ms, now);
}

CELL(c_why)
{
    ROW(row);
    (void)now;
    if (r->loading)
        return;
    cell_text(out, r->health.why);
    if (r->health.state < SVC_ROLL)
        out->role = svc_state_role(r->health.state);
}

CELL(c_event)
{
    ROW(row);
    (void)now;
    if (r->loading || !r->svc->n_events)
        return;
    const char *m = r->svc->events[0].message;
    size_t n;
    const char *body = event_body(m, &n);
    if (body[n])
        cell_printf(out, "%.*s", (int)n, body);
    else if (m)
        cell_text(out, body);
    if (m && event_is_trouble(m))
        out->role = ROLE_WARN;
}

CELL(c_launch)
{
    ROW(row);
    (void)now;
    if (!r->loading)
        cell_text(out, r->svc->launch_type ? r->svc->launch_type
                                           : r->svc->capacity);
}

CELL(c_launch_type)
{
    ROW(row);
    (void)now;
    cell_text(out, r->svc->launch_type);
}

CELL(c_capacity)
{
    ROW(row);
    (void)now;
    cell_text(out, r->svc->capacity);
}

CELL(c_status)
{
    ROW(row);
    (void)now;
    cell_text(out, r->svc->status);
}

CELL(c_taskdef)
{
    ROW(row);
    (void)now;
    cell_text(out, r->svc->task_definition);
}

CELL(c_scheduling)
{
    ROW(row);
    (void)now;
    cell_text(out, r->svc->scheduling);
}

CELL(c_controller)
{
    ROW(row);
    (void)now;
    if (!r->loading)
        cell_text(out, r->svc->controller);
}

CELL(c_rollout)
{
    ROW(row);
    (void)now;
    const struct ecs_deployment *d = ecs_primary(r->svc);
    if (d)
        cell_text(out, d->rollout_state);
}

CELL(c_created)
{
    ROW(row);
    cell_age(out, r->svc->created_ms, now);
}

CELL(c_platform)
{
    ROW(row);
    (void)now;
    cell_text(out, r->svc->platform_version);
}

CELL(c_exec)
{
    ROW(row);
    (void)now;
    if (r->loading)
        return;
    out->is_num = true;
    out->num = r->svc->exec_enabled;
    cell_text(out, r->svc->exec_enabled ? "yes" : "no");
}

CELL(c_arn)
{
    ROW(row);
    (void)now;
    cell_text(out, r->svc->arn);
}

CELL(c_cluster_arn)
{
    ROW(row);
    (void)now;
    cell_text(out, r->svc->cluster_arn);
}

static const struct column columns[] = {
    {.id = "state", .title = "STATE", .help = "worst first: DOWN FAILED "
     "CRASH SHORT STALLED ROLLEDBACK ROLL ok OFF", .min = 10, .max = 10,
     .keep = 100, .cell = c_state},
    {.id = "serviceName", .title = "SERVICE", .help = "name of the service",
     .flags = COL_MIDDLE, .min = 15, .max = 48, .weight = 3, .keep = 100,
     .cell = c_name},
    {.id = "clusterName", .title = "CLUSTER", .help = "its cluster",
     .flags = COL_MIDDLE | COL_CLUSTER, .min = 9, .max = 20, .weight = 1,
     .keep = 60, .cell = c_cluster},
    {.id = "counts", .title = "RUN/DES", .help = "running of desired tasks",
     .flags = COL_NUM | COL_SCREEN, .min = 7, .max = 9, .keep = 95,
     .cell = c_counts},
    {.id = "pendingCount", .title = "PEND", .help = "pending tasks",
     .flags = COL_NUM, .min = 4, .max = 5, .keep = 70, .cell = c_pending},
    {.id = "failedTasks", .title = "FAIL", .help = "failed tasks of the "
     "deployments that roll", .flags = COL_NUM, .min = 4, .max = 5,
     .keep = 75, .cell = c_failed},
    {.id = "deployment", .title = "DEPLOYMENT", .help = "revisions and how "
     "the roll-out stands", .min = 16, .max = 22, .weight = 1, .keep = 80,
     .cell = c_deployment},
    {.id = "age", .title = "AGE", .help = "age of the newest deployment",
     .flags = COL_NUM | COL_SCREEN, .min = 4, .max = 4, .keep = 50,
     .cell = c_age},
    {.id = "launch", .title = "LAUNCH", .help = "launch type or capacity "
     "providers", .flags = COL_SCREEN, .min = 12, .max = 16, .keep = 20,
     .wide = 150, .cell = c_launch},
    {.id = "why", .title = "WHY", .help = "what is wrong, in a few words",
     .min = 24, .max = 120, .weight = 10, .keep = 40, .wide = 100,
     .cell = c_why},
    {.id = "event", .title = "LAST EVENT", .help = "newest service event",
     .flags = COL_SCREEN, .min = 20, .max = 0, .weight = 3, .keep = 30,
     .wide = 160, .cell = c_event},
    {.id = "desiredCount", .title = "DESIRED", .help = "desired tasks",
     .flags = COL_NUM | COL_DATA, .cell = c_desired},
    {.id = "runningCount", .title = "RUNNING", .help = "running tasks",
     .flags = COL_NUM | COL_DATA, .cell = c_running},
    {.id = "status", .title = "STATUS", .help = "ACTIVE, DRAINING, INACTIVE",
     .flags = COL_DATA, .cell = c_status},
    {.id = "rolloutState", .title = "ROLLOUT", .help = "of the primary "
     "deployment", .flags = COL_DATA, .cell = c_rollout},
    {.id = "taskDefinition", .title = "TASKDEF", .help = "ARN",
     .flags = COL_DATA, .cell = c_taskdef},
    {.id = "launchType", .title = "LAUNCHTYPE", .help = "EC2, FARGATE, ...",
     .flags = COL_DATA, .cell = c_launch_type},
    {.id = "capacityProviderStrategy", .title = "CAPACITY",
     .help = "name:weight", .flags = COL_DATA, .cell = c_capacity},
    {.id = "platformVersion", .title = "PLATFORM", .help = "of Fargate",
     .flags = COL_DATA, .cell = c_platform},
    {.id = "schedulingStrategy", .title = "SCHEDULING", .help = "REPLICA or "
     "DAEMON", .flags = COL_DATA, .cell = c_scheduling},
    {.id = "deploymentController", .title = "CONTROLLER", .help = "ECS, "
     "CODE_DEPLOY, EXTERNAL", .flags = COL_DATA, .cell = c_controller},
    {.id = "enableExecuteCommand", .title = "EXEC", .help = "ECS Exec",
     .flags = COL_DATA | COL_BOOL, .cell = c_exec},
    {.id = "createdAt", .title = "CREATED", .help = "when it was made",
     .flags = COL_DATA | COL_NUM | COL_TIME, .cell = c_created},
    {.id = "clusterArn", .title = "CLUSTERARN", .help = "ARN of its cluster",
     .flags = COL_DATA, .cell = c_cluster_arn},
    {.id = "arn", .title = "ARN", .help = "serviceArn", .flags = COL_DATA,
     .cell = c_arn},
};

static int state_rank(const struct service_row *r)
{
    return r->loading ? SVC_STATE_N : (int)r->health.state;
}

/* Worst first; inside a state the one with more failures, then by name. */
static int compare(const void *a, const void *b)
{
    const struct service_row *x = a, *y = b;
    int d = state_rank(x) - state_rank(y);
    if (d)
        return d;
    if (!x->loading && x->health.state <= SVC_ROLL &&
        x->health.failed != y->health.failed)
        return x->health.failed > y->health.failed ? -1 : 1;
    d = strcmp(x->svc->name ? x->svc->name : "",
               y->svc->name ? y->svc->name : "");
    if (d)
        return d;
    return strcmp(x->svc->cluster ? x->svc->cluster : "",
                  y->svc->cluster ? y->svc->cluster : "");
}

static const char *row_name(const void *row)
{
    ROW(row);
    return r->svc->name;
}

static const char *row_arn(const void *row)
{
    ROW(row);
    return r->svc->arn;
}

static const char *row_cluster(const void *row)
{
    ROW(row);
    return r->svc->cluster_arn ? r->svc->cluster_arn : r->svc->cluster;
}

static bool row_loading(const void *row)
{
    ROW(row);
    return r->loading;
}

static bool row_dim(const void *row)
{
    ROW(row);
    return !r->loading && r->health.state == SVC_OFF;
}

static void child_query(const void *row, struct query *out)
{
    ROW(row);
    *out = (struct query){.kind = QUERY_TASKS,
                          .cluster = row_cluster(row),
                          .service = r->svc->arn};
}

static void summary(const struct snapshot *s, struct doc *out)
{
    size_t states[SVC_STATE_N] = {0};
    size_t loading = 0, denied = 0;
    long running = 0, pending = 0, failed = 0;
    for (size_t i = 0; i < s->n_rows; i++) {
        ROW(s->rows[i].data);
        if (r->loading) {
            denied += r->denied;
            loading += !r->denied && !r->failed;
            continue;
        }
        states[r->health.state]++;
        running += r->svc->running;
        pending += r->svc->pending;
        failed += r->health.failed;
    }
    doc_printf(out, ROLE_SUMMARY, "%zu svc", s->n_rows);
    summary_gaps(s, loading, denied, "crashes", out);
    doc_put(out, ROLE_SUMMARY, ":");
    for (int i = 0; i < SVC_STATE_N; i++) {
        if (!states[i] || i == SVC_OFF)
            continue; /* what is meant to be off is no news */
        doc_put(out, ROLE_SUMMARY, " ");
        doc_printf(out, i < SVC_OK ? svc_state_role((enum svc_state)i)
                                   : ROLE_SUMMARY,
                   "%zu %s", states[i], svc_state_name((enum svc_state)i));
    }
    doc_printf(out, ROLE_SUMMARY, " | %ld run", running);
    doc_printf(out, pending ? ROLE_BUSY : ROLE_SUMMARY, " %ld pend", pending);
    doc_printf(out, failed ? ROLE_BAD : ROLE_SUMMARY, " %ld fail", failed);
}

static const struct aws_op *describe(const void *row, json_t **params,
                                     const char **member)
{
    ROW(row);
    *params = json_pack("{s:s,s:[s],s:[s]}", "cluster", row_cluster(row),
                        "services", r->svc->arn, "include", "TAGS");
    *member = "services";
    return &ecs_describe_services;
}

enum { ALL_EVENTS = 100 }; /* ECS keeps no more */

static const void *renew(const void *row, json_t *o, struct arena *a)
{
    struct service_row *r = arena_alloc(a, sizeof(*r));
    const struct ecs_service *s = ecs_decode_service(o, ALL_EVENTS, a);
    if (!s)
        return NULL;
    *r = *(const struct service_row *)row;
    r->svc = s;
    r->loading = r->failed = r->denied = false;
    return r;
}

static const char *const aliases[] = {"service", "svc", NULL};
static const enum action_id actions[] = {
    ACTION_LOGS,    ACTION_TASKS,    ACTION_EVENTS, ACTION_ACKNOWLEDGE,
    ACTION_SCALE,   ACTION_RESTART,  ACTION_ROLLBACK, ACTION_NONE};

static const struct hint hints[] = {
    {ACTION_OPEN, "tasks"},       {ACTION_LOGS, "logs"},
    {ACTION_EVENTS, "events"},    {ACTION_DESCRIBE, "describe"},
    {ACTION_FILTER, "filter"},    {ACTION_SCALE, "scale"},
    {ACTION_RESTART, "restart"},  {ACTION_ROLLBACK, "rollback"},
    {ACTION_SORT, "sort"},        {ACTION_JSON, "json"},
    {ACTION_COPY, "copy"},        {ACTION_COMMAND, "command"},
    {ACTION_HELP, "help"},
};

const struct kind kind_services = {
    .name = "services",
    .aliases = aliases,
    .help = "services of a cluster, or of all",
    .query = QUERY_SERVICES,
    .context = CONTEXT_SERVICES,
    .order = "worst-first",
    .hints = hints,
    .n_hints = ARRAY_LEN(hints),
    .columns = columns,
    .n_columns = ARRAY_LEN(columns),
    .empty = "no services",
    .child = "tasks",
    .actions = actions,
    .compare = compare,
    .row_name = row_name,
    .row_arn = row_arn,
    .row_cluster = row_cluster,
    .row_loading = row_loading,
    .row_dim = row_dim,
    .child_query = child_query,
    .summary = summary,
    .explain = services_explain,
    .explain_title = services_explain_title,
    .detail = services_detail,
    .describe = describe,
    .renew = renew,
};
