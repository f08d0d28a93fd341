/* dpop.h - OAuth DPoP (RFC 9449): the proof, in a header of its own, that a
 * request comes from whoever holds a private key. */
#ifndef ECSDASH_AWS_CREDS_DPOP_H
#define ECSDASH_AWS_CREDS_DPOP_H

#include "backend/base/err.h"

#include <stdint.h>

/* A JSON Web Token for one POST to url, signed (ES256) with the EC key on
 * P-256 in pem: "typ":"dpop+jwt", the public key as "jwk", and "htm", "htu",
 * "iat" and a fresh "jti". Heap; to be freed with xfree_secret(). NULL with
 * err (ERR_CREDENTIALS) when that is no such key; nothing of it is repeated. */
char *dpop_proof(const char *pem, const char *url, int64_t wall_ms,
                 struct err *err);

#endif
