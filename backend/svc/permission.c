#include "backend/svc/permission.h"

#include "backend/base/mem.h"

#include <stdio.h>

const struct permission permissions[] = {
    {AWS_STS, "GetCallerIdentity", PERMISSION_FREE, "the account", NULL},
    {AWS_ECS, "ListClusters", PERMISSION_VIEW, "the list of clusters", NULL},
    {AWS_ECS, "DescribeClusters", PERMISSION_PART, "the clusters' counts",
     NULL},
    {AWS_ECS, "ListServices", PERMISSION_VIEW, "the list of services", NULL},
    {AWS_ECS, "DescribeServices", PERMISSION_VIEW,
     "state, deployments and events of services", NULL},
    {AWS_ECS, "ListTasks", PERMISSION_VIEW, "the list of tasks", NULL},
    {AWS_ECS, "DescribeTasks", PERMISSION_VIEW,
     "state of tasks and why they stopped", NULL},
    {AWS_ECS, "DescribeTaskDefinition", PERMISSION_PART,
     "images, log groups and the other definitions", NULL},
    {AWS_ECS, "ListTaskDefinitions", PERMISSION_PART,
     "earlier revisions to roll back to", NULL},
    {AWS_LOGS, "FilterLogEvents", PERMISSION_PART, "the logs", NULL},
    {AWS_LOGS, "StartLiveTail", PERMISSION_PAID,
     "log lines within 2 seconds, for a price (T)", NULL},
    {AWS_IAM, "ListAccountAliases", PERMISSION_PART,
     "the account's name in the header", NULL},
    {AWS_IAM, "SimulatePrincipalPolicy", PERMISSION_DOCTOR,
     "asking what else is allowed", NULL},
    {AWS_ECS, "UpdateService", PERMISSION_ACT,
     "scaling, restarting and rolling back", "ecs:*:*:service/*"},
    {AWS_ECS, "StopTask", PERMISSION_ACT, "stopping tasks",
     "ecs:*:*:task/*"},
};
const size_t permissions_n = ARRAY_LEN(permissions);

const char *permission_action(const struct permission *p, char out[80])
{
    snprintf(out, 80, "%s:%s", aws_service_info(p->service)->signing_name,
             p->operation);
    return out;
}

static bool reads(const struct permission *p)
{
    return p->need == PERMISSION_VIEW || p->need == PERMISSION_PART ||
           p->need == PERMISSION_PAID;
}

static void put_actions(struct strbuf *out, const char *resource)
{
    char action[80];
    bool first = true;

    for (size_t i = 0; i < permissions_n; i++) {
        const struct permission *p = &permissions[i];

        if (resource ? p->resource != resource : !reads(p))
            continue;
        strbuf_printf(out, "%s        \"%s\"", first ? "" : ",\n",
                      permission_action(p, action));
        first = false;
    }
}

/* resource: the pointer in the table, so that its actions go together. */
static void put_statement(struct strbuf *out, const char *sid,
                          const char *partition, const char *resource)
{
    strbuf_printf(out, "    {\n      \"Sid\": \"%s\",\n"
                  "      \"Effect\": \"Allow\",\n      \"Action\": [\n", sid);
    put_actions(out, resource);
    if (resource)
        strbuf_printf(out, "\n      ],\n      \"Resource\": \"arn:%s:%s\"\n",
                      partition, resource);
    else
        strbuf_puts(out, "\n      ],\n      \"Resource\": \"*\"\n");
    strbuf_puts(out, "    }");
}

void permission_policy(struct strbuf *out, const char *partition,
                       bool operate)
{
    strbuf_puts(out, "{\n  \"Version\": \"2012-10-17\",\n"
                     "  \"Statement\": [\n");
    put_statement(out, "EcsdashRead", partition, NULL);
    for (size_t i = 0; operate && i < permissions_n; i++) {
        const struct permission *p = &permissions[i];
        char sid[80];

        if (p->need != PERMISSION_ACT)
            continue;
        snprintf(sid, sizeof(sid), "Ecsdash%s", p->operation);
        strbuf_puts(out, ",\n");
        put_statement(out, sid, partition, p->resource);
    }
    strbuf_puts(out, "\n  ]\n}\n");
}
