#include "backend/aws/json_tree.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"

/* What a tree takes of its text, as measured: pages of tasks 6 times. */
enum { OF_TEXT = 6, LEAST = 4096, KEEP = 2 * 1024 * 1024 };

struct tree_block {
    struct tree_block *next;
    size_t size; /* of data */
    _Alignas(max_align_t) char data[];
};

/* Whose text this thread parses: jansson asks for memory without saying for
 * whom. All that it frees meanwhile is of the same tree. */
static _Thread_local struct json_tree *parsing;
static _Atomic(struct tree_block *) spare;

static void *piece(struct json_tree *t, size_t n)
{
    char *p;

    if (n > SIZE_MAX / 2)
        return NULL;
    n = (n + 7) & ~(size_t)7;
    if (n > (size_t)(t->end - t->at)) {
        size_t size = t->blocks ? t->text_len : t->text_len * OF_TEXT;
        struct tree_block *b = atomic_exchange(&spare, NULL);

        if (size < LEAST)
            size = LEAST;
        if (size < n)
            size = n;
        if (!b || b->size < size) {
            free(b);
            b = malloc(sizeof(*b) + size);
            if (!b)
                return NULL;
            b->size = size;
        }
        b->next = t->blocks;
        t->blocks = b;
        t->at = b->data;
        t->end = b->data + b->size;
    }
    p = t->at;
    t->at += n;
    return p;
}

/* Requests are built from the rest: one that lacks a member for want of
 * memory must not be sent. A reply that lacks one is an error. */
static void *tree_malloc(size_t n)
{
    return parsing ? piece(parsing, n) : xmalloc(n);
}

static void tree_free(void *p)
{
    if (parsing || !p)
        return;
    explicit_bzero(p, malloc_usable_size(p));
    free(p);
}

void json_tree_init(void)
{
    json_malloc_t m;
    json_free_t f;

    json_get_alloc_funcs(&m, &f);
    if (f != tree_free)
        json_set_alloc_funcs(tree_malloc, tree_free);
}

int json_tree_parse(struct json_tree *t, const char *text, size_t len,
                    bool secret, json_error_t *error)
{
    *t = (struct json_tree){.text_len = len, .secret = secret};
    parsing = t;
    t->root = json_loadb(text, len, 0, error);
    parsing = NULL;
    return t->root ? 0 : -1;
}

/* A sanitizer is to see who reads a tree that is gone. */
static bool keeps(const struct tree_block *b)
{
#ifdef __SANITIZE_ADDRESS__
    return false && b;
#else
    return b->size <= KEEP;
#endif
}

void json_tree_free(struct json_tree *t)
{
    struct tree_block *next, *none;

    for (struct tree_block *b = t->blocks; b; b = next) {
        next = b->next;
        none = NULL;
        if (t->secret)
            explicit_bzero(b->data, b->size);
        if (!keeps(b) || !atomic_compare_exchange_strong(&spare, &none, b))
            free(b);
    }
    *t = (struct json_tree){0};
}

void json_tree_trim(void)
{
    free(atomic_exchange(&spare, NULL));
}
