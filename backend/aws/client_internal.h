/* client_internal.h - shared by client.c, call.c; nobody else. */
#ifndef ECSDASH_AWS_CLIENT_INTERNAL_H
#define ECSDASH_AWS_CLIENT_INTERNAL_H

#include "backend/aws/client.h"
#include "backend/aws/retry.h"

struct aws_client {
    struct aws_client_config cfg; /* strings are ours */
    struct retry_quota quota;
    int64_t skew_ms;
    size_t calls; /* alive; must be 0 at free */
    aws_observer_fn *observer;
    void *observer_arg;
};

#endif
