/* fuzz.h - one entry point for libFuzzer (`make fuzz`) and for the replay of
 * the corpora in `make test` (replay.c).
 *
 * A target reads any bytes, must neither crash, hang nor leak, and asserts
 * what holds for every input. Its corpus is tests/fuzz/corpus/<name>/; what a
 * fuzzer finds is minimised and joins it. */
#ifndef ECSDASH_TESTS_FUZZ_H
#define ECSDASH_TESTS_FUZZ_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* memory.c: the target on this input while memory fails at each of its
 * allocations, or at so many of them; counts those there are. */
bool memory_fails_everywhere(const uint8_t *data, size_t n, size_t runs,
                             size_t *sites);

/* Holds in all builds, unlike assert(). */
#define MUST(x) \
    do { \
        if (!(x)) \
            abort(); \
    } while (0)

#endif
