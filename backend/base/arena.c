#include "backend/base/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"

/* Half of the last block is lost on average, in each of hundreds of pages. */
enum { FIRST_BLOCK = 1024, MAX_BLOCK = 8 * 1024 };

struct block {
    struct block *next;
    size_t size; /* of data */
    size_t used;
    _Alignas(8) char data[];
};

/* head is the block being filled; blocks grow from FIRST_BLOCK to MAX_BLOCK,
 * and something large gets one of its own behind the head. */
struct arena {
    size_t refs;
    struct block *head;
    size_t next_block;
    size_t bytes;
    const char **interned; /* open addressing, made at the first intern */
    size_t intern_cap;     /* a power of two */
    size_t intern_len;
};

struct arena *arena_new(void)
{
    struct arena *a = xcalloc(1, sizeof(*a));

    a->refs = 1;
    a->next_block = FIRST_BLOCK;
    a->bytes = sizeof(*a);
    return a;
}

struct arena *arena_ref(struct arena *a)
{
    a->refs++;
    return a;
}

void arena_unref(struct arena *a)
{
    if (!a)
        return;
    assert(a->refs > 0);
    if (--a->refs)
        return;
    for (struct block *b = a->head, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    free(a->interned);
    free(a);
}

static struct block *block_new(struct arena *a, size_t size)
{
    struct block *b;

    if (size > SIZE_MAX - sizeof(*b))
        abort();
    b = xcalloc(1, sizeof(*b) + size);
    b->size = size;
    a->bytes += sizeof(*b) + size;
    return b;
}

static void *take(struct arena *a, size_t size, size_t align)
{
    struct block *b = a->head;
    size_t at = b ? (b->used + align - 1) & ~(align - 1) : 0;

    if (b && at <= b->size && size <= b->size - at) {
        b->used = at + size;
        return b->data + at;
    }
    if (size > a->next_block / 4) {
        /* Its own block; the head keeps its free room. */
        struct block *own = block_new(a, size);

        own->used = size;
        if (b) {
            own->next = b->next;
            b->next = own;
        } else {
            a->head = own;
        }
        return own->data;
    }
    b = block_new(a, a->next_block);
    if (a->next_block < MAX_BLOCK)
        a->next_block *= 2;
    b->next = a->head;
    b->used = size;
    a->head = b;
    return b->data;
}

void *arena_alloc(struct arena *a, size_t size)
{
    return take(a, size ? size : 1, 8);
}

char *arena_strdup(struct arena *a, const char *s)
{
    return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
    char *p;

    if (!s)
        return NULL;
    n = strnlen(s, n);
    p = take(a, n + 1, 1);
    memcpy(p, s, n);
    p[n] = '\0';
    return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap, again;
    char *p;
    int n;

    va_start(ap, fmt);
    va_copy(again, ap);
    n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (n < 0)
        n = 0;
    p = take(a, (size_t)n + 1, 1);
    vsnprintf(p, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return p;
}

static size_t hash(const char *s)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a */

    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 1099511628211u;
    return (size_t)(h ^ h >> 32);
}

/* The slot that holds s, or the free one where it belongs. */
static const char **intern_slot(const char **table, size_t cap, const char *s)
{
    size_t i = hash(s) & (cap - 1);

    while (table[i] && strcmp(table[i], s))
        i = (i + 1) & (cap - 1);
    return &table[i];
}

static void intern_grow(struct arena *a)
{
    size_t cap = a->intern_cap ? a->intern_cap * 2 : 64;
    const char **table = xcalloc(cap, sizeof(*table));

    for (size_t i = 0; i < a->intern_cap; i++)
        if (a->interned[i])
            *intern_slot(table, cap, a->interned[i]) = a->interned[i];
    free(a->interned);
    a->bytes += (cap - a->intern_cap) * sizeof(*table);
    a->interned = table;
    a->intern_cap = cap;
}

const char *arena_intern(struct arena *a, const char *s)
{
    const char **slot;

    if (!s)
        return NULL;
    if (a->intern_len >= a->intern_cap / 4 * 3)
        intern_grow(a);
    slot = intern_slot(a->interned, a->intern_cap, s);
    if (!*slot) {
        *slot = arena_strdup(a, s);
        a->intern_len++;
    }
    return *slot;
}

void arena_seal(struct arena *a)
{
    free(a->interned);
    a->bytes -= a->intern_cap * sizeof(*a->interned);
    a->interned = NULL;
    a->intern_cap = a->intern_len = 0;
}

size_t arena_bytes(const struct arena *a)
{
    return a->bytes;
}
