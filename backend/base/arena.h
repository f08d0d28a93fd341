/* arena.h - many small copies freed at once; for snapshots.
 *
 * Not thread-safe: an arena is filled by one thread and then handed over. */
#ifndef ECSDASH_BASE_ARENA_H
#define ECSDASH_BASE_ARENA_H

#include <stddef.h>

struct arena;
struct strtab;

struct arena *arena_new(void);
/* What arena_intern() hands out is shared with the other arenas on this
 * table, which stays as long as one of them: see strtab.h. */
struct arena *arena_new_on(struct strtab *strings);
void arena_free(struct arena *a); /* NULL is fine */
/* Zeroed, 8-aligned; also for size 0 never NULL. */
void *arena_alloc(struct arena *a, size_t size)
    __attribute__((returns_nonnull));
/* NULL for size 0. */
void *arena_memdup(struct arena *a, const void *p, size_t size);
char *arena_strdup(struct arena *a, const char *s); /* NULL stays NULL */
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Like arena_strdup, but equal strings share one copy: among all arenas on
 * one table, or in this arena if it has none. Costs some forty bytes beside
 * the text: for what repeats. */
const char *arena_intern(struct arena *a, const char *s);
/* Filled: gives back what was held to grow. More may be added all the same. */
void arena_seal(struct arena *a);
/* Bytes of heap held, without the strings of a table; for the bench and for
 * tests. */
size_t arena_bytes(const struct arena *a);

#endif
