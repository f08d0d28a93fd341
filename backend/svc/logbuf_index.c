/* The index: blocks of entries, so that an insertion moves at most one. */
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/svc/logbuf_internal.h"

#define ANYWHERE ((uint64_t)1 << 48) /* starts count from here, both ways */

size_t logbuf_locate(const struct logbuf *b, size_t i, size_t *off)
{
    uint64_t at = b->starts[0] + b->skip + i;
    size_t lo = 0, hi = b->n_blocks - 1;

    if (at >= b->starts[hi])
        lo = hi;
    while (lo < hi) { /* the last block that starts at or before */
        size_t mid = lo + (hi - lo + 1) / 2;
        if (b->starts[mid] <= at)
            lo = mid;
        else
            hi = mid - 1;
    }
    *off = (size_t)(at - b->starts[lo]);
    return lo;
}

struct entry *logbuf_entry(const struct logbuf *b, size_t i)
{
    size_t off, k;

    assert(i < b->n);
    k = logbuf_locate(b, i, &off);
    return &b->blocks[k]->e[off];
}

static void shift_starts(struct logbuf *b, size_t from, int by)
{
    for (size_t k = from; k < b->n_blocks; k++)
        b->starts[k] += (uint64_t)(int64_t)by;
}

static struct block *new_block(struct logbuf *b, size_t k, uint64_t start)
{
    struct block *block = xmalloc(sizeof(*block));

    b->blocks = xgrow(b->blocks, &b->cap_blocks, b->n_blocks + 1,
                      sizeof(*b->blocks));
    b->starts = xgrow(b->starts, &b->cap_starts, b->n_blocks + 1,
                      sizeof(*b->starts));
    memmove(b->blocks + k + 1, b->blocks + k,
            (b->n_blocks - k) * sizeof(*b->blocks));
    memmove(b->starts + k + 1, b->starts + k,
            (b->n_blocks - k) * sizeof(*b->starts));
    block->n = 0;
    b->blocks[k] = block;
    b->starts[k] = start;
    b->n_blocks++;
    return block;
}

static void drop_block(struct logbuf *b, size_t k)
{
    free(b->blocks[k]);
    b->n_blocks--;
    memmove(b->blocks + k, b->blocks + k + 1,
            (b->n_blocks - k) * sizeof(*b->blocks));
    memmove(b->starts + k, b->starts + k + 1,
            (b->n_blocks - k) * sizeof(*b->starts));
    if (k == 0)
        b->skip = 0;
}

static void append(struct logbuf *b, const struct entry *e)
{
    struct block *last = b->n_blocks ? b->blocks[b->n_blocks - 1] : NULL;

    if (!last || last->n == BLOCK)
        last = new_block(b, b->n_blocks,
                         last ? b->starts[b->n_blocks - 1] + BLOCK : ANYWHERE);
    last->e[last->n++] = *e;
}

/* The upper half of a full block into one of its own. */
static void split(struct logbuf *b, size_t k)
{
    struct block *up = new_block(b, k + 1, b->starts[k] + BLOCK / 2);
    struct block *low = b->blocks[k];

    memcpy(up->e, low->e + BLOCK / 2, BLOCK / 2 * sizeof(*up->e));
    up->n = low->n = BLOCK / 2;
}

void logbuf_index_insert(struct logbuf *b, size_t i, const struct entry *e)
{
    size_t off, k;
    struct block *block;

    b->n++;
    if (i + 1 == b->n) {
        append(b, e);
        return;
    }
    k = logbuf_locate(b, i, &off);
    block = b->blocks[k];
    if (k == 0 && b->skip == 0 && off == 0 && block->n == BLOCK) {
        /* Older than all: a new first block, filled from its end. */
        block = new_block(b, 0, b->starts[0] - BLOCK);
        block->n = b->skip = off = BLOCK;
    }
    if (k == 0 && b->skip) { /* there is room below */
        b->skip--;
        memmove(block->e + b->skip, block->e + b->skip + 1,
                (off - b->skip - 1) * sizeof(*e));
        block->e[off - 1] = *e;
        return;
    }
    if (off == 0 && k > 0 && b->blocks[k - 1]->n < BLOCK) {
        block = b->blocks[k - 1];
        block->e[block->n++] = *e;
        shift_starts(b, k, 1);
        return;
    }
    if (block->n == BLOCK) {
        split(b, k);
        if (off > BLOCK / 2) {
            k++;
            off -= BLOCK / 2;
        }
        block = b->blocks[k];
    }
    memmove(block->e + off + 1, block->e + off,
            (block->n - off) * sizeof(*e));
    block->e[off] = *e;
    block->n++;
    shift_starts(b, k + 1, 1);
}

void logbuf_index_remove(struct logbuf *b, size_t i)
{
    size_t off, k = logbuf_locate(b, i, &off);
    struct block *block = b->blocks[k];

    b->n--;
    if (i == 0) {
        b->skip++;
    } else {
        memmove(block->e + off, block->e + off + 1,
                (block->n - off - 1) * sizeof(*block->e));
        block->n--;
        shift_starts(b, k + 1, -1);
    }
    if (block->n == (k == 0 ? b->skip : 0))
        drop_block(b, k);
}

void logbuf_index_free(struct logbuf *b)
{
    for (size_t k = 0; k < b->n_blocks; k++)
        free(b->blocks[k]);
    free(b->blocks);
    free(b->starts);
}

int logbuf_compare(const struct entry *e, const struct key *k)
{
    if (e->timestamp_ms != k->ts)
        return e->timestamp_ms < k->ts ? -1 : 1;
    int64_t i = ingestion_of(e);
    if (i != k->ingestion)
        return i < k->ingestion ? -1 : 1;
    if (e->source != k->source)
        return e->source < k->source ? -1 : 1;
    return id_of(e) < k->id ? -1 : id_of(e) > k->id;
}

/* Does e stand before the bound? */
static bool before(const struct entry *e, const struct key *key, bool equals)
{
    int c = logbuf_compare(e, key);
    return c < 0 || (c == 0 && !equals);
}

size_t logbuf_bound(const struct logbuf *b, const struct key *key, bool equals)
{
    size_t lo = 0, hi, k;

    if (!b->n)
        return 0;
    const struct block *last = b->blocks[b->n_blocks - 1];
    if (before(&last->e[last->n - 1], key, equals))
        return b->n;
    for (hi = b->n_blocks - 1; lo < hi;) { /* the block whose end is not */
        size_t mid = lo + (hi - lo) / 2;
        if (before(&b->blocks[mid]->e[b->blocks[mid]->n - 1], key, equals))
            lo = mid + 1;
        else
            hi = mid;
    }
    k = lo;
    lo = k == 0 ? b->skip : 0;
    for (hi = b->blocks[k]->n; lo < hi;) {
        size_t mid = lo + (hi - lo) / 2;
        if (before(&b->blocks[k]->e[mid], key, equals))
            lo = mid + 1;
        else
            hi = mid;
    }
    return (size_t)(b->starts[k] + lo - b->starts[0] - b->skip);
}
