/* doctor.h - `ecsdash doctor`: does everything work that the dashboard needs?
 *
 * Checks files, credentials, identity, endpoints, proxy, clock, and each IAM
 * action of svc/permission.h: reads are tried, with the first cluster,
 * service and task that there are; changing ones are never tried but asked of
 * iam:SimulatePrincipalPolicy. No terminal needed; changes nothing. */
#ifndef ECSDASH_VIEWS_DOCTOR_H
#define ECSDASH_VIEWS_DOCTOR_H

#include "backend/aws/session.h"

#include <stdbool.h>

struct doctor_options {
    struct loop *loop;
    struct aws_session *session; /* NULL: it could not be made, see setup */
    const struct err *setup;     /* why there is no session */
    struct aws_env env;
    bool json;
};

/* Runs the loop; prints to stdout. Returns the exit status: 0 when nothing is
 * missing ("not tested" is not missing), 1 when something is, 3 without
 * credentials; that of setup where there is no session. *death is
 * SIGPIPE when the reader has gone: the program dies of it.
 *
 * JSON, a contract: {"checks":[{"check":..,"status":"ok"|"warning"|"denied"|
 * "failed"|"not tested","detail":..}],"policies":{"read_only":{..},
 * "operate":{..}}}. The check of an IAM action is its name. */
int doctor_run(const struct doctor_options *o, int *death);

#endif
