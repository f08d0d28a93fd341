/* Runs a fuzz target over its corpus and over damage done to each file of it:
 * cuts, flipped bytes, repeats, splices with the other files. The damage is
 * the same in every run. Before that over the files, while memory fails
 * (FAULT_RUNS places each). Without libFuzzer; for `make test`. */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>

#include "backend/base/mem.h"
#include "backend/base/rng.h"

enum { MAX_FILES = 500, MAX_SIZE = 256 * 1024, ROUNDS = 300 };

struct sample {
    uint8_t *data;
    size_t n;
};

static struct sample files[MAX_FILES];
static size_t n_files;

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void load(const char *dir)
{
    struct dirent **names;
    int n = scandir(dir, &names, NULL, by_name);

    for (int i = 0; i < n; i++) {
        char path[1024];

        snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);
        FILE *f = names[i]->d_name[0] == '.' ? NULL : fopen(path, "rb");
        if (f && n_files < MAX_FILES) {
            struct sample *s = &files[n_files++];
            s->data = xmalloc(MAX_SIZE);
            s->n = fread(s->data, 1, MAX_SIZE, f);
        }
        if (f)
            fclose(f);
        free(names[i]);
    }
    if (n >= 0)
        free(names);
}

static size_t below(struct rng *r, size_t n)
{
    return n ? (size_t)(rng_next(r) % n) : 0;
}

/* One to four injuries. Returns the new size. */
static size_t damage(struct rng *r, uint8_t *b, size_t n, size_t cap)
{
    static const char *const pieces[] = {
        "\0", "\x1b[2J", "\"", "{", "}", "[", "\xff", "\xe2\x80\xae", "null",
        "\n", "-1", "1e999", "9223372036854775808", "<!DOCTYPE a>", "\r\n",
        "\\u0000", "&#0;", "%s", "]]>", "\xc2\x9b"};
    for (size_t k = 1 + below(r, 4); k > 0; k--) {
        size_t at = below(r, n + 1);

        switch (below(r, 5)) {
        case 0: /* cut */
            n = at;
            break;
        case 1: /* flip */
            if (at < n)
                b[at] ^= (uint8_t)(1u << below(r, 8));
            break;
        case 2: { /* put in */
            const char *p = pieces[below(r, ARRAY_LEN(pieces))];
            size_t len = *p ? strlen(p) : 1;
            if (n + len <= cap) {
                memmove(b + at + len, b + at, n - at);
                memcpy(b + at, p, len);
                n += len;
            }
            break;
        }
        case 3: { /* say twice */
            size_t len = below(r, n - at + 1);
            if (n + len <= cap) {
                memmove(b + at + len, b + at, n - at);
                n += len;
            }
            break;
        }
        default: { /* go on with another file */
            const struct sample *o = &files[below(r, n_files)];
            size_t from = below(r, o->n + 1), len = o->n - from;
            if (at + len <= cap) {
                if (len)
                    memcpy(b + at, o->data + from, len);
                n = at + len;
            }
        }
        }
    }
    return n;
}

int main(int argc, char **argv)
{
    char dir[1024];
    const char *name = strrchr(argv[0], '/'), *root = getenv("ECSDASH_ROOT");
    struct rng rng;
    size_t ran = 0, sites = 0, bad = 0;
    const char *runs = getenv("FAULT_RUNS");

    name = name ? name + 1 : argv[0];
    if (strncmp(name, "fuzz_", 5) == 0)
        name += 5;
    snprintf(dir, sizeof(dir), "%s/tests/fuzz/corpus/%s", root ? root : ".",
             name);
    load(argc > 1 ? argv[1] : dir);
    if (n_files == 0) {
        printf("no corpus in %s\n0 passed, 1 failed, 0 skipped\n", dir);
        return 1;
    }
    for (size_t i = 0; i < n_files; i++) /* first, while a fork is cheap */
        bad += !memory_fails_everywhere(files[i].data, files[i].n,
                                        runs ? strtoul(runs, NULL, 10) : 100,
                                        &sites);
    rng_seed(&rng, 42);
    for (size_t i = 0; i < n_files; i++) {
        LLVMFuzzerTestOneInput(files[i].data, files[i].n);
        ran++;
        for (int k = 0; k < ROUNDS; k++) {
            /* On the heap and of its own size, so that ASan sees the end. */
            uint8_t *b = xmalloc(MAX_SIZE);
            size_t n = files[i].n;

            memcpy(b, files[i].data, n);
            n = damage(&rng, b, n, MAX_SIZE);
            b = xrealloc(b, n ? n : 1);
            LLVMFuzzerTestOneInput(b, n);
            free(b);
            ran++;
        }
    }
    for (size_t i = 0; i < n_files; i++)
        free(files[i].data);
    printf("%zu inputs from %zu files, %zu allocations\n%zu passed, %zu failed"
           ", 0 skipped\n", ran, n_files, sites, n_files - bad, bad);
    return bad > 0;
}
