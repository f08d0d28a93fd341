/* hash.h - one hash for the tables of the program: ARNs differ in their last
 * bytes and are long, so that eight bytes go in at a time. It is not seeded and
 * no secret hangs on it. */
#ifndef ECSDASH_BASE_HASH_H
#define ECSDASH_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* All 64 bits are good, also the low ones. */
static inline uint64_t hash_bytes(const char *s, size_t n)
{
    const uint64_t k = 0x9e3779b97f4a7c15u; /* odd, bits well mixed */
    uint64_t h = n * k, word;

    for (; n >= sizeof(word); s += sizeof(word), n -= sizeof(word)) {
        memcpy(&word, s, sizeof(word));
        h = (h ^ word) * k;
        h ^= h >> 32;
    }
    word = 0;
    memcpy(&word, s, n);
    h = (h ^ word) * k;
    h = (h ^ h >> 32) * k;
    return h ^ h >> 29;
}

static inline uint64_t hash_text(const char *s)
{
    return hash_bytes(s, strlen(s));
}

#endif
