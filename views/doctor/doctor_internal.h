/* doctor_internal.h - the list of findings, and the calls that are tried. */
#ifndef ECSDASH_VIEWS_DOCTOR_INTERNAL_H
#define ECSDASH_VIEWS_DOCTOR_INTERNAL_H

#include "backend/aws/client.h"
#include "backend/base/scope.h"
#include "backend/svc/permission.h"
#include "views/doctor/doctor.h"

enum finding_status {
    FINDING_OK,
    FINDING_WARNING,
    FINDING_DENIED,
    FINDING_FAILED,
    FINDING_NOT_TESTED,
    FINDING_N
};

struct finding {
    char check[80];
    enum finding_status status;
    char *detail;
};

struct doctor {
    const struct doctor_options *o;
    struct scope scope;
    const struct err *no_session; /* why nothing can be asked; NULL = it can */
    struct finding *findings;
    size_t n, cap;
    struct aws_identity identity; /* account "" = not known */
    size_t at;                    /* probe under way */
    bool no_credentials;
    /* What the replies so far have named; "" = there is none. */
    char cluster[512], service[512], task[512], taskdef[512];
    char group[256], prefix[256], log_region[64];
};

void doctor_found(struct doctor *d, const char *check,
                  enum finding_status status, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Try the actions one after the other, then stop the loop. */
void doctor_probe(struct doctor *d);

#endif
