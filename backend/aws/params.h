/* params.h - request bodies: JSON as it is, or a query form; internal to aws.
 */
#ifndef ECSDASH_AWS_PARAMS_H
#define ECSDASH_AWS_PARAMS_H

#include "backend/aws/op.h"
#include "backend/base/strbuf.h"

#include <jansson.h>

/* Append the body of one request. params NULL = {}. 0, or -1 when jansson is
 * out of memory. */
int params_body(const struct aws_op *op, const json_t *params,
                struct strbuf *out);

#endif
