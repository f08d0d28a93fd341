#include "backend/store/store.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/hash.h"
#include "backend/base/mem.h"
#include "backend/store/internal.h"

/* The public part comes first, so that the pointers convert. */
struct snap {
    struct snapshot pub;
    size_t refs;
    struct page **pages;
    size_t n_pages;
    uint32_t *index; /* open addressing, row + 1; made by the first find */
    size_t index_size;
};

struct page *page_new(struct strtab *strings)
{
    struct page *p = xcalloc(1, sizeof(*p));

    p->arena = strings != NULL ? arena_new_on(strings) : arena_new();
    p->refs = 1;
    return p;
}

static struct page *page_ref(struct page *p)
{
    p->refs++;
    return p;
}

void page_unref(struct page *p)
{
    if (p == NULL || --p->refs > 0)
        return;
    arena_free(p->arena);
    free(p);
}

void page_set(struct page **slot, struct page *p)
{
    struct page *old = *slot;

    *slot = p != NULL ? page_ref(p) : NULL;
    page_unref(old);
}

void snap_add_page(struct snap_builder *b, struct page *p)
{
    if (p == NULL || p == b->last[0] || p == b->last[1] || p == b->last[2] ||
        p == b->last[3])
        return;
    b->last[b->n_last++ % ARRAY_LEN(b->last)] = p;
    if (p->mark == b->mark)
        return;
    p->mark = b->mark;
    b->pages = xgrow(b->pages, &b->cap_pages, b->n_pages + 1,
                     sizeof(struct page *));
    b->pages[b->n_pages++] = page_ref(p);
}

void snap_add_row(struct snap_builder *b, const char *key, const void *data,
                  uint32_t slot)
{
    b->rows = xgrow(b->rows, &b->cap_rows, b->n_rows + 1, sizeof(*b->rows));
    b->rows[b->n_rows++] = (struct snap_row){.key = key, .data = data, .slot = slot};
}

struct snapshot *snap_finish(struct snap_builder *b)
{
    struct snap *s = xcalloc(1, sizeof(*s));

    s->refs = 1;
    /* They are kept until the next publish: without the room to grow. */
    s->pub.rows = xreallocarray(b->rows, b->n_rows, sizeof(*b->rows));
    s->pub.n_rows = b->n_rows;
    s->pages = xreallocarray(b->pages, b->n_pages, sizeof(struct page *));
    s->n_pages = b->n_pages;
    memset(b, 0, sizeof(*b));
    return &s->pub;
}

const struct snapshot *snapshot_ref(const struct snapshot *snap)
{
    if (snap != NULL)
        ((struct snap *)snap)->refs++;
    return snap;
}

void snapshot_unref(const struct snapshot *snap)
{
    struct snap *s = (struct snap *)snap;

    if (s == NULL || --s->refs > 0)
        return;
    for (size_t i = 0; i < s->n_pages; i++)
        page_unref(s->pages[i]);
    free(s->pages);
    free(s->index);
    free((void *)s->pub.rows);
    free(s);
}

static void make_index(struct snap *s)
{
    size_t size = 16;

    while (size < s->pub.n_rows * 2)
        size *= 2;
    s->index = xcalloc(size, sizeof(*s->index));
    s->index_size = size;
    for (size_t i = 0; i < s->pub.n_rows; i++) {
        size_t at = hash_text(s->pub.rows[i].key) & (size - 1);

        while (s->index[at] != 0)
            at = (at + 1) & (size - 1);
        s->index[at] = (uint32_t)(i + 1);
    }
}

const struct snap_row *snapshot_find(const struct snapshot *snap,
                                     const char *key)
{
    struct snap *s = (struct snap *)snap;

    if (s == NULL || key == NULL || s->pub.n_rows == 0)
        return NULL;
    if (s->index == NULL)
        make_index(s);
    for (size_t at = hash_text(key) & (s->index_size - 1); s->index[at] != 0;
         at = (at + 1) & (s->index_size - 1)) {
        const struct snap_row *row = &s->pub.rows[s->index[at] - 1];

        if (strcmp(row->key, key) == 0)
            return row;
    }
    return NULL;
}
