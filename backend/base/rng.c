#include "backend/base/rng.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

/* splitmix64 spreads one word over the state; it can't make it all zero. */
void rng_seed(struct rng *r, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        uint64_t z = (seed += 0x9e3779b97f4a7c15u);

        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        r->s[i] = z ^ z >> 31;
    }
}

void rng_os_bytes(void *out, size_t n)
{
    char *p = out;

    while (n) {
        ssize_t got = getrandom(p, n, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            /* Keys from anything weaker would be a lie. */
            fputs("ecsdash: the kernel gives no random bytes\n", stderr);
            abort();
        }
        p += got;
        n -= (size_t)got;
    }
}

void rng_seed_os(struct rng *r)
{
    uint64_t seed;

    rng_os_bytes(&seed, sizeof(seed));
    rng_seed(r, seed);
}

static uint64_t rotl(uint64_t x, int k)
{
    return x << k | x >> (64 - k);
}

uint64_t rng_next(struct rng *r)
{
    uint64_t *s = r->s;
    uint64_t result = rotl(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return result;
}

uint64_t rng_below(struct rng *r, uint64_t n)
{
    /* 2^64 mod n values at the low end would favour small results. */
    uint64_t skip = -n % n;
    uint64_t v;

    do
        v = rng_next(r);
    while (v < skip);
    return v % n;
}

double rng_unit(struct rng *r)
{
    return (double)(rng_next(r) >> 11) * 0x1p-53;
}

void rng_hex(struct rng *r, char *out, size_t n)
{
    uint64_t word = 0;

    for (size_t i = 0; i < n; i++) {
        if (i % 16 == 0)
            word = rng_next(r);
        out[i] = "0123456789abcdef"[word & 15];
        word >>= 4;
    }
    out[n] = '\0';
}
