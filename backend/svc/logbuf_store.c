/* Where the text lies. */
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/svc/logbuf_internal.h"

static struct chunk *new_chunk(struct logbuf *b, size_t need)
{
    struct chunk *c = b->n_chunks ? b->chunks[b->n_chunks - 1] : NULL;
    size_t cap = need > CHUNK_BYTES ? need : CHUNK_BYTES;

    /* A small limit would be passed by one chunk. */
    if (cap > b->limit / 8 && need <= b->limit / 8)
        cap = b->limit / 8;
    b->chunks = xgrow(b->chunks, &b->cap_chunks, b->n_chunks + 1,
                      sizeof(struct chunk *));
    if (c && c->live == 0) { /* nothing in it any more */
        b->chunk_bytes -= c->cap + sizeof(*c);
        free(c);
        b->chunks[b->n_chunks - 1] = NULL;
    }
    c = xmalloc(sizeof(*c) + cap);
    *c = (struct chunk){.cap = cap};
    b->chunks[b->n_chunks++] = c;
    b->chunk_bytes += cap + sizeof(*c);
    return c;
}

void logbuf_store(struct logbuf *b, const char *text, size_t n,
                  const struct logtext_sgr *sgr, size_t n_sgr,
                  struct entry *e)
{
    struct chunk *c = b->n_chunks ? b->chunks[b->n_chunks - 1] : NULL;
    uint16_t count = (uint16_t)n_sgr;
    size_t extra = n_sgr ? sizeof(count) + n_sgr * sizeof(*sgr) : 0;

    if (!c || c->cap - c->used < n + 1 + extra)
        c = new_chunk(b, n + 1 + extra);
    e->chunk = b->first_chunk + (uint32_t)(b->n_chunks - 1);
    e->offset = (uint32_t)c->used & (CHUNK_BYTES - 1);
    e->len = (uint32_t)n & 0x1fffff;
    e->sgr = n_sgr > 0;
    char *to = c->data + c->used;
    memcpy(to, text, n);
    to[n] = '\0';
    if (n_sgr) {
        memcpy(to + n + 1, &count, sizeof(count));
        memcpy(to + n + 1 + sizeof(count), sgr, n_sgr * sizeof(*sgr));
    }
    c->used += n + 1 + extra;
    c->live++;
    b->text_bytes += n;
}

void logbuf_unstore(struct logbuf *b, const struct entry *e)
{
    size_t slot = e->chunk - b->first_chunk, gone = 0;
    struct chunk *c = b->chunks[slot];

    b->text_bytes -= e->len;
    if (--c->live || slot == b->n_chunks - 1)
        return;
    b->chunk_bytes -= c->cap + sizeof(*c);
    free(c);
    b->chunks[slot] = NULL;
    while (gone < b->n_chunks && !b->chunks[gone])
        gone++;
    if (gone) {
        memmove(b->chunks, b->chunks + gone,
                (b->n_chunks - gone) * sizeof(*b->chunks));
        b->n_chunks -= gone;
        b->first_chunk += (uint32_t)gone;
    }
}

void logbuf_fetch(const struct logbuf *b, const struct entry *e,
                  struct logbuf_line *out)
{
    const char *text = chunk_of(b, e)->data + e->offset;
    uint16_t count = 0;

    out->text = text;
    out->len = e->len;
    if (e->sgr) { /* not aligned where it lies */
        memcpy(&count, text + e->len + 1, sizeof(count));
        memcpy(b->sgr, text + e->len + 1 + sizeof(count),
               count * sizeof(*b->sgr));
    }
    out->sgr = b->sgr;
    out->n_sgr = count;
}

void logbuf_store_free(struct logbuf *b)
{
    for (size_t i = 0; i < b->n_chunks; i++)
        free(b->chunks[i]);
    free(b->chunks);
}
