/* sts.h - one STS call that gives credentials; for the role providers. */
#ifndef ECSDASH_AWS_CREDS_STS_H
#define ECSDASH_AWS_CREDS_STS_H

#include "backend/aws/creds.h"

#include <jansson.h>

enum sts_kind { STS_ASSUME_ROLE, STS_WEB_IDENTITY };

/* creds is NULL on failure, else the callee's to take. Called from the loop,
 * with nothing of the call left. */
typedef void sts_done_fn(void *arg, struct aws_creds *creds,
                         const struct err *err);
/* Signed with source's credentials; not signed when it is NULL. params is
 * stolen, also on failure. The region is the context's; with
 * sts_regional_endpoints=legacy (AWS_STS_REGIONAL_ENDPOINTS) the regions that
 * are older than regional STS use sts.amazonaws.com. */
int sts_start(const struct cred_context *cx, struct scope *scope,
              enum sts_kind kind, struct cred_chain *source, json_t *params,
              sts_done_fn *done, void *arg, struct err *err);

/* *global: the call goes to sts.amazonaws.com and is signed for us-east-1.
 * -1 when there is no endpoint. */
int sts_uses_global(const struct cred_context *cx, bool *global,
                    struct err *err);

/* The name of our sessions, "ecsdash-1795271527", where none is configured. */
void sts_session_name(const struct cred_context *cx, char out[40]);

#endif
