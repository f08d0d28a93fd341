/* sigv4.h - AWS Signature Version 4 on libcrypto; pure, no clock, no I/O.
 *
 * The caller sends exactly what it had signed: method, path, query, the
 * headers given (except those in the never-signed list) and the body. */
#ifndef ECSDASH_AWS_SIGV4_H
#define ECSDASH_AWS_SIGV4_H

#include "backend/base/strbuf.h"
#include "backend/net/http.h"

#include <stddef.h>
#include <stdint.h>

struct sigv4_request {
    const char *method;
    const char *path;  /* as on the wire; "" means "/" */
    const char *query; /* as on the wire without '?', or NULL */
    /* Must hold host and x-amz-date; and x-amz-security-token when there is
     * one. Names in any case, values raw, duplicates allowed. */
    const struct http_header *headers;
    size_t n_headers;
    const void *body;
    size_t body_len;
    const char *region;
    const char *service; /* signing name */
    const char *access_key;
    const char *secret;
    const char *amz_date; /* "20150830T123600Z" */
};

/* The Authorization header's value is put into `authorization` (cleared
 * first). canonical and to_sign may be NULL; tests look at them. 0, or -1 when
 * libcrypto refuses. */
int sigv4_sign(const struct sigv4_request *rq, struct strbuf *authorization,
               struct strbuf *canonical, struct strbuf *to_sign);

/* Lower-case hex SHA-256 of data, NUL-terminated. 0/-1. */
int sigv4_sha256_hex(const void *data, size_t len, char out[65]);
/* Append s percent-encoded: all but A-Za-z0-9-_.~ (and '/' when keep_slash). */
void sigv4_encode(struct strbuf *out, const char *s, size_t n, int keep_slash);

#endif
