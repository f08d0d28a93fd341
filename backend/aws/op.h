/* op.h - what an AWS operation is: services, throttle buckets, descriptors.
 *
 * The table of operations itself is svc's (backend/svc/ops.c); the table of
 * services is in aws/op.c. */
#ifndef ECSDASH_AWS_OP_H
#define ECSDASH_AWS_OP_H

#include <stdbool.h>

enum aws_service {
    AWS_ECS,
    AWS_LOGS,
    AWS_STS,
    AWS_CLOUDWATCH,
    AWS_AUTOSCALING, /* Application Auto Scaling */
    AWS_ELBV2,
    AWS_EC2,
    AWS_SERVICEDISCOVERY,
    AWS_CODEDEPLOY,
    AWS_ECR,
    AWS_EVENTS,
    AWS_SECRETSMANAGER,
    AWS_SSM,
    AWS_SSO,      /* the SSO portal: role credentials; never signed */
    AWS_SSO_OIDC, /* SSO tokens; never signed */
    AWS_SIGNIN,   /* tokens of `aws login`; never signed */
    AWS_IAM,      /* one endpoint for a partition */
    AWS_SERVICE_N
};

enum aws_protocol {
    AWS_JSON_1_0,
    AWS_JSON_1_1,
    AWS_QUERY,    /* form body, XML reply; lists are List.member.N */
    AWS_QUERY_EC2, /* the same, lists are List.N */
    AWS_REST_JSON  /* paths and verbs: not for aws_call() */
};

/* Throttle buckets: operations of one bucket share one allowance. The ECS
 * rows are AWS's own (all actions of a row share one bucket per account and
 * region); the others are ours. */
enum aws_bucket {
    AWS_B_NONE, /* never waits */
    AWS_B_CLUSTER_READ,
    AWS_B_CLUSTER_MODIFY,
    AWS_B_SERVICE_READ,
    AWS_B_SERVICE_MODIFY,
    AWS_B_SERVICE_DEPLOYMENT,
    AWS_B_SERVICE_REVISION,
    AWS_B_NAMESPACE_READ,
    AWS_B_RESOURCE_READ,   /* tasks, container instances */
    AWS_B_RESOURCE_MODIFY, /* RunTask, StopTask, ExecuteCommand */
    AWS_B_TASKDEF_READ,
    AWS_B_TASKDEF_MODIFY,
    AWS_B_CAPACITY_READ,
    AWS_B_TAG_READ,
    AWS_B_SETTING_READ,
    AWS_B_PROTECTION,
    AWS_B_LOGS_FILTER,  /* FilterLogEvents */
    AWS_B_OTHER,        /* everything else that should be gentle */
    AWS_B_N
};

/* const tables only; strings live for ever. */
struct aws_op {
    enum aws_service service;
    const char *name; /* "DescribeServices": target suffix, or Action */
    enum aws_bucket bucket;
    bool mutates;    /* refused under read-only */
    bool idempotent; /* a mutation that may be sent again after a 5xx answer
                        (has clientToken, or sets a value). After no answer at
                        all no mutation is ever sent again */
    const char *token_in;  /* paging: request member, NULL = not paged */
    const char *token_out; /* paging: reply member */
    const char *result;    /* list member of the reply, NULL = none */
    int batch;     /* most items of one describe, 0 = not a batch call */
    int max_page;  /* largest page size that may be asked for, 0 = none */
    int timeout_ms; /* 0 = 30,000 */
    const char *host_prefix;     /* before the service's own name of the host
                                    ("stream-"), NULL = none */
    const char *old_host_prefix; /* tried where that host is not reached */
    bool secret; /* request or reply hold secrets: our buffers are wiped. Of a
                    JSON service the reply is still the caller's to wipe */
};

struct aws_service_info {
    const char *name;         /* as people say it: "ECS" */
    const char *target;       /* X-Amz-Target prefix, or NULL (query, REST) */
    const char *version;      /* query Version, or NULL */
    const char *host;         /* host prefix: "ecs", "api.ecr" */
    const char *signing_name; /* "ecs" */
    const char *env_suffix;   /* "ECS" of AWS_ENDPOINT_URL_ECS */
    const char *config_key;   /* "ecs" in a [services x] section */
    enum aws_protocol protocol;
};

/* Never NULL for a service below AWS_SERVICE_N. */
const struct aws_service_info *aws_service_info(enum aws_service service);

#endif
