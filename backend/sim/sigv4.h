/* sigv4.h - checks an AWS Signature Version 4: the server's own reading of
 * the rules, on purpose not shared with the client's signer. */
#ifndef ECSDASH_SIM_SIGV4_H
#define ECSDASH_SIM_SIGV4_H

#include "backend/sim/http.h"

#include <stdint.h>

struct sim_sig_error {
    const char *code;  /* "InvalidSignatureException", ... */
    char message[400];
};

/* 0, or -1 with the error AWS would give. Dates may be 5 minutes off now_ms
 * or alt_ms (a frozen clock signs its own time). service: filled with the
 * one in the credential scope. */
int sim_sig_check(const struct sim_http *r, const char *access_key,
                  const char *secret, int64_t now_ms, int64_t alt_ms,
                  char service[32], struct sim_sig_error *err);

#endif
