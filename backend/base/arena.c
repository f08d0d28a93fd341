#include "backend/base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/strtab.h"

/* Half of the last block is lost on average, in each of hundreds of pages. */
enum { FIRST_BLOCK = 512, MAX_BLOCK = 4 * 1024 };

struct block {
    struct block *next;
    size_t size; /* of data */
    size_t used;
    _Alignas(8) char data[];
};

/* head is the block being filled; blocks grow from FIRST_BLOCK to MAX_BLOCK,
 * and something large gets one of its own behind the head. */
struct arena {
    struct block *head;
    size_t next_block;
    size_t bytes;
    struct strtab *strings;    /* made at the first intern, if not given */
    struct strtab_str **taken; /* the references we hold */
    size_t n_taken, cap_taken;
    uint64_t holder; /* who we are to the table */
};

struct arena *arena_new(void)
{
    struct arena *a = xcalloc(1, sizeof(*a));

    a->next_block = FIRST_BLOCK;
    a->bytes = sizeof(*a);
    return a;
}

struct arena *arena_new_on(struct strtab *strings)
{
    struct arena *a = arena_new();

    a->strings = strtab_ref(strings);
    a->holder = strtab_holder(strings);
    return a;
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    for (struct block *b = a->head, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    for (size_t i = 0; i < a->n_taken; i++)
        strtab_drop(a->strings, a->taken[i]);
    free(a->taken);
    strtab_unref(a->strings);
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

void *arena_memdup(struct arena *a, const void *p, size_t size)
{
    return size ? memcpy(arena_alloc(a, size), p, size) : NULL;
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

const char *arena_intern(struct arena *a, const char *s)
{
    struct strtab_str *str;
    const char *text;

    if (!s)
        return NULL;
    if (!a->strings) {
        a->strings = strtab_new();
        a->holder = strtab_holder(a->strings);
    }
    str = strtab_take(a->strings, a->holder, s, &text);
    if (str) {
        a->taken = xgrow(a->taken, &a->cap_taken, a->n_taken + 1,
                         sizeof(*a->taken));
        a->taken[a->n_taken++] = str;
    }
    return text;
}

void arena_seal(struct arena *a)
{
    a->taken = xreallocarray(a->taken, a->n_taken, sizeof(*a->taken));
    a->cap_taken = a->n_taken;
}

size_t arena_bytes(const struct arena *a)
{
    return a->bytes + a->cap_taken * sizeof(*a->taken);
}
