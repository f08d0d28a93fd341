/* permission.h - every IAM action that the program may use, what it is for,
 * and the policies made of them. The one table: `ecsdash doctor`, the README's
 * policies and the check that no operation is missing read it. Pure. */
#ifndef ECSDASH_SVC_PERMISSION_H
#define ECSDASH_SVC_PERMISSION_H

#include "backend/aws/op.h"
#include "backend/base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

enum permission_need {
    PERMISSION_VIEW,   /* without it there is nothing to see */
    PERMISSION_PART,   /* without it a pane or a column is missing */
    PERMISSION_PAID,   /* the same, and to try it costs money */
    PERMISSION_ACT,    /* changes something: only for operating */
    PERMISSION_DOCTOR, /* only `ecsdash doctor` asks it */
    PERMISSION_FREE    /* AWS asks no permission for it */
};

struct permission {
    enum aws_service service;
    const char *operation; /* "ListClusters" */
    enum permission_need need;
    const char *what;     /* what is missing without it */
    const char *resource; /* ARN below "arn:PARTITION:", NULL = "*" */
};

extern const struct permission permissions[];
extern const size_t permissions_n;

/* "ecs:ListClusters"; returns out. */
const char *permission_action(const struct permission *p, char out[80]);
/* Append the smallest policy document, as JSON of several lines: for reading,
 * or for operating too. partition is "aws", "aws-cn", ... */
void permission_policy(struct strbuf *out, const char *partition,
                       bool operate);

#endif
