/* errors.h - from an error reply to a struct err; pure.
 *
 * Understands JSON (header x-amzn-errortype, x-amzn-query-error, body __type or
 * code), query XML (ErrorResponse and EC2's Response), and falls back to the
 * body's own text (proxies, load balancers, HTML). */
#ifndef ECSDASH_AWS_ERRORS_H
#define ECSDASH_AWS_ERRORS_H

#include "backend/aws/op.h"
#include "backend/base/err.h"
#include "backend/net/http.h"

#include <stdbool.h>

/* Fill err from a reply that is not 2xx: code, aws_code, request_id,
 * http_status, retryable and a sentence that names the operation. */
void errors_decode(const struct aws_op *op, const struct http_reply *reply,
                   struct err *err);
/* A code that a wrong clock may cause. */
bool errors_may_be_clock(const char *aws_code);
/* x-amzn-requestid of any reply into out; "" when absent. */
void errors_request_id(const struct http_reply *reply, char *out,
                       unsigned long size);

#endif
