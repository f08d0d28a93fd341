/* sso_http.h - calls of the SSO portal, of its OIDC service and of AWS
 * Sign-In: JSON over plain paths, never signed. */
#ifndef ECSDASH_AWS_CREDS_SSO_HTTP_H
#define ECSDASH_AWS_CREDS_SSO_HTTP_H

#include "backend/aws/creds.h"
#include "backend/aws/op.h"

#include <jansson.h>

/* Everything is copied. */
struct sso_http_request {
    enum aws_service service;
    const char *region; /* of the SSO instance */
    const char *path;   /* without a leading slash, with the query */
    const char *bearer; /* x-amz-sso_bearer_token; NULL = none */
    const char *body;   /* NULL = GET */
    const char *dpop_key; /* PEM: a proof by it goes along (dpop.h); or NULL */
    int tries;          /* also after no answer, 429 and 5xx; 0.5 s, 1 s .. */
};

/* err is NULL with a 2xx; reply is then the object, borrowed. With an answer
 * that says no: err has http_status, aws_code and the server's words; to a
 * proof the code is that of OAuth ("TOKEN_EXPIRED"). */
typedef void sso_http_done_fn(void *arg, const json_t *reply,
                              const struct err *err);

/* -1 with err: done is never called. The endpoint honours
 * AWS_ENDPOINT_URL_SSO, _SSO_OIDC and _SIGNIN, not --endpoint-url. */
int sso_http(const struct cred_context *cx, struct scope *scope,
             const struct sso_http_request *request, sso_http_done_fn *done,
             void *arg, struct err *err);

#endif
