/* sigv4.h - checks an AWS Signature Version 4: the server's own reading of
 * the rules, on purpose not shared with the client's signer. */
#ifndef ECSDASH_SIM_SIGV4_H
#define ECSDASH_SIM_SIGV4_H

#include "backend/sim/http.h"

#include <stddef.h>
#include <stdint.h>

struct sim_sig_error {
    const char *code; /* "InvalidSignatureException", ... */
    char message[400];
};

/* Whom to believe. Dates may be 5 minutes off now_ms or alt_ms (under a
 * frozen clock clients sign their own time or the real one). */
struct sim_keys {
    const char *access_key, *secret;
    const char *session_token; /* NULL: none may be sent */
    int64_t now_ms, alt_ms;
};

/* Where the signature is good; empty until verified. */
struct sim_scope {
    char service[32], region[32];
};

/* 0 with scope filled, or -1 with the error that AWS would give. */
int sim_sig_check(const struct sim_http *r, const struct sim_keys *keys,
                  struct sim_scope *scope, struct sim_sig_error *err);
/* Key id and region that the request names, believed or not; "" when none. */
void sim_sig_claim(const struct sim_http *r, char *key, size_t key_size,
                   char *region, size_t region_size);

#endif
