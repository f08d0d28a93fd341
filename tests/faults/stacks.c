/* The memory half of faulty.so: who calls the allocator, as a number that is
 * the same in each run, wherever the libraries lie in memory. FAULTY_TRACE=FILE
 * gets the stack that failed, for addr2line. */

#include "tests/faults/faulty.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unwind.h>

enum { DEPTH = 24 };

/* glibc's own names: dlsym() allocates, so the usual way would recurse. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

struct walk {
    uint64_t hash;
    int depth;
    bool excluded;
    FILE *trace;
};

/* Their own business: neither says how it ends when memory does. */
static bool is_excluded(const char *library)
{
    static const char *const names[] = {"libcrypto", "libssl", "libncurses",
                                        "libtinfo", "ld-linux"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strncmp(library, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static _Unwind_Reason_Code step(struct _Unwind_Context *c, void *arg)
{
    struct walk *w = arg;
    struct dl_find_object at;
    uintptr_t pc = _Unwind_GetIP(c);
    if (w->depth > DEPTH || !pc ||
        _dl_find_object((void *)(pc - 1), &at) != 0)
        return _URC_END_OF_STACK;
    const char *name = at.dlfo_link_map->l_name;
    name = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
    if (strcmp(name, "faulty.so") == 0)
        return _URC_NO_REASON;
    w->depth++;
    w->excluded |= is_excluded(name);
    uint64_t offset = pc - (uintptr_t)at.dlfo_map_start;
    if (w->trace)
        fprintf(w->trace, "%s %#lx\n", name, (unsigned long)offset - 1);
    for (int i = 0; i < 8; i++, offset >>= 8) /* FNV-1a */
        w->hash = (w->hash ^ (offset & 255)) * 1099511628211u;
    for (; *name; name++)
        w->hash = (w->hash ^ (unsigned char)*name) * 1099511628211u;
    return _URC_NO_REASON;
}

static _Thread_local bool walking;

/* Its number; 0 = it does not count. */
static __attribute__((noinline)) uint64_t stack(void)
{
    struct walk w = {.hash = 14695981039346656037u};
    walking = true;
    _Unwind_Backtrace(step, &w);
    walking = false;
    return w.excluded ? 0 : w.hash;
}

static void trace(void)
{
    const char *path = getenv("FAULTY_TRACE");
    struct walk w = {.trace = path ? fopen(path, "w") : NULL};
    if (w.trace) {
        _Unwind_Backtrace(step, &w);
        fclose(w.trace);
    }
}

static void note(uint64_t hash)
{
    static uint64_t known[2 * MAX_STACKS]; /* a table; another thread's twin
                                              does no harm */
    struct page *page = faulty.page;
    size_t i = hash % (2 * MAX_STACKS);
    while (known[i] && known[i] != hash)
        i = (i + 1) % (2 * MAX_STACKS);
    if (known[i])
        return;
    uint64_t n = __atomic_load_n(&page->count, __ATOMIC_RELAXED);
    if (n >= MAX_STACKS)
        return;
    known[i] = hash;
    page->stacks[__atomic_fetch_add(&page->count, 1, __ATOMIC_RELAXED) %
                 MAX_STACKS] = hash;
}

static bool memory_fails(void)
{
    static bool over, hit;
    if (faulty.kind != STACK)
        return fails(ALLOC);
    if (walking || over)
        return false;
    bool bad = hit;
    if (!bad) {
        uint64_t hash = stack();
        if (hash && !faulty.at)
            note(hash);
        bad = hit = hash && hash == faulty.at;
        over = bad && !faulty.on;
        if (bad) {
            faulty.page->count = 1;
            walking = true;
            trace();
            walking = false;
        }
    } else if (!stack()) {
        return false; /* what is excluded stays so */
    }
    if (bad)
        errno = ENOMEM;
    return bad;
}

void *malloc(size_t n)
{
    return memory_fails() ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    return memory_fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    return memory_fails() ? NULL : __libc_realloc(p, n);
}
