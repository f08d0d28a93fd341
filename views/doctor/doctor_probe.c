/* The doctor's calls: one read of each kind, and questions about the rest. */
#include "views/doctor/doctor_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/region.h"
#include "backend/base/clock.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/net/loop.h"
#include "backend/svc/ecs.h"

struct probe {
    const char *operation; /* of the permission that it shows */
    const struct aws_op *op;
    /* NULL with *missing: there is nothing to try it on. */
    json_t *(*params)(const struct doctor *d, const char **missing);
    void (*note)(struct doctor *d, json_t *root); /* may be NULL */
};

static void keep_text(char *out, size_t size, json_t *v)
{
    snprintf(out, size, "%s", json_is_string(v) ? json_string_value(v) : "");
}

static void keep_first(char *out, size_t size, json_t *root, const char *list)
{
    keep_text(out, size, json_array_get(json_object_get(root, list), 0));
}

/* ---- parameters ------------------------------------------------------- */

static json_t *one_page(const struct doctor *d, const char **missing)
{
    (void)d;
    (void)missing;
    return json_pack("{s:i}", "maxResults", 1);
}

static json_t *of_cluster(const struct doctor *d, const char **missing)
{
    *missing = "there is no cluster";
    return d->cluster[0] ? json_pack("{s:[s]}", "clusters", d->cluster) : NULL;
}

static json_t *list_in_cluster(const struct doctor *d, const char **missing)
{
    *missing = "there is no cluster";
    return d->cluster[0] ? json_pack("{s:s,s:i}", "cluster", d->cluster,
                                     "maxResults", 1)
                         : NULL;
}

static json_t *of_service(const struct doctor *d, const char **missing)
{
    *missing = "there is no service in the first cluster";
    return d->service[0] ? json_pack("{s:s,s:[s]}", "cluster", d->cluster,
                                     "services", d->service)
                         : NULL;
}

static json_t *of_task(const struct doctor *d, const char **missing)
{
    *missing = "there is no task in the first cluster";
    return d->task[0] ? json_pack("{s:s,s:[s]}", "cluster", d->cluster,
                                  "tasks", d->task)
                      : NULL;
}

static json_t *of_taskdef(const struct doctor *d, const char **missing)
{
    *missing = "no service or task names a task definition";
    return d->taskdef[0] ? json_pack("{s:s}", "taskDefinition", d->taskdef)
                         : NULL;
}

static json_t *of_group(const struct doctor *d, const char **missing)
{
    *missing = "no task definition names a log group";
    return d->group[0] ? json_pack("{s:s,s:i}", "logGroupName", d->group,
                                   "limit", 1)
                       : NULL;
}

/* ---- what the replies name ------------------------------------------- */

static void note_cluster(struct doctor *d, json_t *root)
{
    keep_first(d->cluster, sizeof(d->cluster), root, "clusterArns");
}

static void note_service(struct doctor *d, json_t *root)
{
    keep_first(d->service, sizeof(d->service), root, "serviceArns");
}

static void note_task(struct doctor *d, json_t *root)
{
    keep_first(d->task, sizeof(d->task), root, "taskArns");
}

static void note_definition(struct doctor *d, json_t *root, const char *list,
                            const char *member)
{
    json_t *first = json_array_get(json_object_get(root, list), 0);

    if (!d->taskdef[0])
        keep_text(d->taskdef, sizeof(d->taskdef),
                  json_object_get(first, member));
}

static void note_services(struct doctor *d, json_t *root)
{
    note_definition(d, root, "services", "taskDefinition");
}

static void note_tasks(struct doctor *d, json_t *root)
{
    note_definition(d, root, "tasks", "taskDefinitionArn");
}

static void note_logs(struct doctor *d, json_t *root)
{
    struct arena *a = arena_new();
    struct ecs_taskdef *t = ecs_decode_taskdef(root, a);

    for (size_t i = 0; t && i < t->n_containers && !d->group[0]; i++) {
        const struct ecs_container_def *c = &t->containers[i];

        if (!c->log.group)
            continue;
        snprintf(d->group, sizeof(d->group), "%s", c->log.group);
        if (c->log.region && region_is_valid(c->log.region))
            snprintf(d->log_region, sizeof(d->log_region), "%s",
                     c->log.region);
    }
    arena_free(a);
}

static const struct probe probes[] = {
    {"ListClusters", &ecs_list_clusters, one_page, note_cluster},
    {"DescribeClusters", &ecs_describe_clusters, of_cluster, NULL},
    {"ListServices", &ecs_list_services, list_in_cluster, note_service},
    {"DescribeServices", &ecs_describe_services, of_service, note_services},
    {"ListTasks", &ecs_list_tasks, list_in_cluster, note_task},
    {"DescribeTasks", &ecs_describe_tasks, of_task, note_tasks},
    {"DescribeTaskDefinition", &ecs_describe_task_definition, of_taskdef,
     note_logs},
    {"ListTaskDefinitions", &ecs_list_task_definitions, one_page, NULL},
    {"FilterLogEvents", &logs_filter_log_events, of_group, NULL},
};

/* ---- one after the other ---------------------------------------------- */

static void next(struct doctor *d);

static const struct permission *permission_of(const char *operation)
{
    for (size_t i = 0; i < permissions_n; i++)
        if (strcmp(permissions[i].operation, operation) == 0)
            return &permissions[i];
    return NULL;
}

static void tell(struct doctor *d, const struct permission *p,
                 const struct err *err)
{
    char action[80];

    permission_action(p, action);
    if (!err)
        doctor_found(d, action, FINDING_OK, "%s", p->what);
    else if (err->code == ERR_DENIED)
        doctor_found(d, action, FINDING_DENIED, "Missing: %s. %s",
                     p->what, err->message);
    else if (err->code == ERR_NOT_FOUND ||
             (err->code == ERR_AWS && err->http_status / 100 == 4))
        /* Permission is asked before the thing is looked for. */
        doctor_found(d, action, FINDING_OK, "%s", p->what);
    else
        doctor_found(d, action, FINDING_FAILED, "%s", err->message);
}

static void check_clock(struct doctor *d, int64_t date_ms)
{
    int64_t now = clock_wall_ms(loop_clock(d->o->loop)), off = now - date_ms;
    char text[24];

    fmt_duration(off < 0 ? -off : off, text);
    if (off > -60000 && off < 60000)
        doctor_found(d, "clock", FINDING_OK, "as AWS's, within a minute");
    else
        doctor_found(d, "clock",
                     off > -240000 && off < 240000 ? FINDING_WARNING
                                                   : FINDING_FAILED,
                     "This machine's clock is %s %s. AWS refuses signatures "
                     "that are five minutes off; ecsdash corrects them, other "
                     "tools don't: set the clock.", text,
                     off > 0 ? "ahead" : "behind");
}

static void on_read(void *arg, const struct aws_reply *reply,
                    const struct err *err)
{
    struct doctor *d = arg;
    const struct probe *p = &probes[d->at];

    tell(d, permission_of(p->operation), err);
    if (reply && reply->date_ms && d->at == 0)
        check_clock(d, reply->date_ms);
    if (reply && reply->root && p->note)
        p->note(d, reply->root);
    d->at++;
    next(d);
}

static void on_alias(void *arg, const char *alias, const struct err *err)
{
    struct doctor *d = arg;

    (void)alias;
    tell(d, permission_of("ListAccountAliases"), err);
    d->at++;
    next(d);
}

/* arn:P:sts::A:assumed-role/NAME/SESSION is the role arn:P:iam::A:role/NAME
 * (a path, if the role has one, can't be known). */
static void principal(const struct aws_identity *id, char *out, size_t size)
{
    const char *role = strstr(id->arn, ":assumed-role/");
    const char *name = role ? role + 14 : NULL;

    if (name)
        snprintf(out, size, "arn:%s:iam::%s:role/%.*s", id->partition,
                 id->account, (int)strcspn(name, "/"), name);
    else
        snprintf(out, size, "%s", id->arn);
}

static const struct permission *asked(const struct doctor *d, size_t *left)
{
    size_t n = d->at - ARRAY_LEN(probes) - 1;

    for (size_t i = 0; i < permissions_n; i++)
        if ((permissions[i].need == PERMISSION_ACT ||
             permissions[i].need == PERMISSION_PAID) && n-- == 0)
            return &permissions[i];
    *left = 0;
    return NULL;
}

static void on_simulated(void *arg, const struct aws_reply *reply,
                         const struct err *err)
{
    struct doctor *d = arg;
    size_t left;
    const struct permission *p = asked(d, &left);
    char action[80];
    char *decision = err ? NULL
                         : xml_text(reply->body, reply->body_len,
                                    "SimulatePrincipalPolicyResult/"
                                    "EvaluationResults/member/EvalDecision");

    permission_action(p, action);
    if (!decision)
        doctor_found(d, action, FINDING_NOT_TESTED,
                     "There is no dry run of it, and iam:SimulatePrincipalPolicy "
                     "%s", err && err->code == ERR_DENIED
                               ? "is not allowed." : "gave no answer.");
    else if (strcmp(decision, "allowed") == 0)
        doctor_found(d, action, FINDING_OK, "%s (by "
                     "iam:SimulatePrincipalPolicy)", p->what);
    else
        doctor_found(d, action, FINDING_DENIED, "Missing: %s (%s by "
                     "iam:SimulatePrincipalPolicy).", p->what, decision);
    free(decision);
    d->at++;
    next(d);
}

static int simulate(struct doctor *d, const struct permission *p,
                    struct err *err)
{
    char arn[600], action[80];

    principal(&d->identity, arn, sizeof(arn));
    return aws_call(aws_session_client(d->o->session), &d->scope,
                    &iam_simulate_principal_policy,
                    json_pack("{s:s,s:[s]}", "PolicySourceArn", arn,
                              "ActionNames", permission_action(p, action)),
                    NULL, on_simulated, d, err);
}

static int read_one(struct doctor *d, const struct probe *p, struct err *err)
{
    const char *missing = NULL;
    struct aws_call_opts opts = {.priority = AWS_PRIO_USER};
    json_t *params = p->params(d, &missing);
    char action[80];

    if (!params) {
        doctor_found(d, permission_action(permission_of(p->operation), action),
                     FINDING_NOT_TESTED, "Not tried: %s.", missing);
        d->at++;
        next(d);
        return 0;
    }
    if (p->op->service == AWS_LOGS && d->log_region[0])
        opts.region = d->log_region;
    return aws_call(aws_session_client(d->o->session), &d->scope, p->op,
                    params, &opts, on_read, d, err);
}

static void next(struct doctor *d)
{
    struct err err;
    size_t left = 1;
    const struct permission *p = NULL;
    int rc = 0;

    if (d->at < ARRAY_LEN(probes))
        rc = read_one(d, &probes[d->at], &err);
    else if (d->at == ARRAY_LEN(probes))
        rc = aws_account_alias(aws_session_client(d->o->session), &d->scope,
                               on_alias, d, &err);
    else if ((p = asked(d, &left)) != NULL)
        rc = simulate(d, p, &err);
    else
        loop_stop(d->o->loop);
    if (rc) {
        doctor_found(d, "calls", FINDING_FAILED, "%s", err.message);
        loop_stop(d->o->loop);
    }
}

void doctor_probe(struct doctor *d)
{
    d->at = 0;
    next(d);
}
