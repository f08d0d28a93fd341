/* mem.h - small allocations that cannot fail, and a few that can.
 *
 * x-functions abort() with a sentence on stderr when memory is out; the crash
 * handler restores the terminal. curl, libuv and jansson get theirs here, too:
 * net/http, net/loop, aws/json_tree. Sizes that come from outside must be
 * capped by the caller before they get here. */
#ifndef ECSDASH_BASE_MEM_H
#define ECSDASH_BASE_MEM_H

#include <stddef.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define XRETURN __attribute__((returns_nonnull, warn_unused_result))

void *xmalloc(size_t size) XRETURN;
void *xcalloc(size_t n, size_t size) XRETURN; /* zeroed */
void *xrealloc(void *p, size_t size) XRETURN;
void *xreallocarray(void *p, size_t n, size_t size) XRETURN;
char *xstrdup(const char *s);             /* NULL stays NULL */
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Grow an array so that it holds at least `need` items of `size` bytes:
 * doubles *cap. Returns the (moved) array. */
void *xgrow(void *items, size_t *cap, size_t need, size_t size) XRETURN;
/* Overwrite then free; for secrets. NULL is fine. */
void xfree_secret(void *p, size_t size);

/* Container of an embedded struct. */
#define container_of(ptr, type, member) \
    ((type *)((char *)(ptr)-offsetof(type, member)))

#endif
