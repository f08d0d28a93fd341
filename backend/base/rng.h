/* rng.h - seeded pseudo-randomness (xoshiro256**); not for secrets. */
#ifndef ECSDASH_BASE_RNG_H
#define ECSDASH_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t s[4];
};

void rng_seed(struct rng *r, uint64_t seed);
/* Seeds from the kernel. */
void rng_seed_os(struct rng *r);
uint64_t rng_next(struct rng *r);
uint64_t rng_below(struct rng *r, uint64_t n); /* 0..n-1; n > 0 */
double rng_unit(struct rng *r);                /* [0,1) */
/* Lower-case hex digits and a NUL: out holds n+1 bytes. */
void rng_hex(struct rng *r, char *out, size_t n);
/* Bytes from the kernel, for keys. */
void rng_os_bytes(void *out, size_t n);

#endif
