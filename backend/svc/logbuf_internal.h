/* logbuf_internal.h - what the files of logbuf share. */
#ifndef ECSDASH_SVC_LOGBUF_INTERNAL_H
#define ECSDASH_SVC_LOGBUF_INTERNAL_H

#include "backend/svc/logbuf.h"

#include <assert.h>

#define CHUNK_BITS 18
#define CHUNK_BYTES ((size_t)1 << CHUNK_BITS)
#define BLOCK 512

/* 32 bytes. The id is spread over two holes. */
struct entry {
    int64_t timestamp_ms;
    int32_t ingestion_delta; /* ingestion - timestamp, clamped */
    uint32_t seq;            /* the low half; see seq_of() */
    uint32_t chunk;          /* chunk number; slot = chunk - first_chunk */
    uint32_t offset : CHUNK_BITS, id_high : 14; /* offset: in the chunk */
    uint32_t len : 21, kind : 2, level : 2, late : 1, more : 1, sgr : 1;
    uint16_t source;
    uint16_t id_low;
};
static_assert(sizeof(struct entry) == 32, "a million of them count");

/* A longer line has a chunk of its own. Behind a line's text come a NUL and,
 * where `sgr` is set, their number (uint16_t) and the changes of colour. */
struct chunk {
    size_t used, cap;
    size_t live;  /* lines of the index that lie here */
    char data[];
};

struct block {
    size_t n;
    struct entry e[BLOCK];
};

/* Lines are the entries of the blocks in order, without the first `skip` of
 * block 0 (dropped, or not used yet). starts[k] is the place of block k's
 * first entry, counted from anywhere: line i is at starts[0] + skip + i.
 * Chunks are numbered as they are made; one is freed when its last line goes,
 * except the newest, which is still being filled. */
struct logbuf {
    size_t limit;
    struct block **blocks;
    uint64_t *starts;
    size_t n_blocks, cap_blocks, cap_starts;
    size_t skip, n;
    struct chunk **chunks;
    size_t n_chunks, cap_chunks;
    uint32_t first_chunk;
    size_t chunk_bytes, text_bytes;
    uint64_t last_seq, dropped, shifts;
    int64_t floor_ts, floor_ingestion; /* of the newest dropped line */
    size_t near;         /* the line last found; SIZE_MAX = none */
    size_t errors, warnings, notes;
    bool renamed;        /* some line was */
    bool shrinking;      /* to a limit that was set */
    struct logbuf_watch *watches;
    struct logtext text;              /* scratch of add */
    struct logtext_sgr *sgr;          /* scratch of get */
};

static inline const struct chunk *chunk_of(const struct logbuf *b,
                                           const struct entry *e)
{
    return b->chunks[e->chunk - b->first_chunk];
}

static inline int64_t ingestion_of(const struct entry *e)
{
    return e->timestamp_ms + e->ingestion_delta;
}

/* logbuf_store.c: text, its NUL and colours into e's place; sets chunk,
 * offset, len and sgr. */
void logbuf_store(struct logbuf *b, const char *text, size_t n,
                  const struct logtext_sgr *sgr, size_t n_sgr,
                  struct entry *e);
void logbuf_unstore(struct logbuf *b, const struct entry *e);
void logbuf_store_free(struct logbuf *b);
/* Fills text, len and colours of a line. */
void logbuf_fetch(const struct logbuf *b, const struct entry *e,
                  struct logbuf_line *out);

/* logbuf_index.c */
struct entry *logbuf_entry(const struct logbuf *b, size_t i);
/* The block of line i and the place in it. */
size_t logbuf_locate(const struct logbuf *b, size_t i, size_t *off);
void logbuf_index_insert(struct logbuf *b, size_t i, const struct entry *e);
void logbuf_index_remove(struct logbuf *b, size_t i);
void logbuf_index_free(struct logbuf *b);
/* What lines are ordered by. */
struct key {
    int64_t ts, ingestion;
    uint32_t id;
    uint16_t source;
};
static inline uint32_t id_of(const struct entry *e)
{
    return (uint32_t)e->id_high << 16 | e->id_low;
}
static inline struct key key_of(const struct entry *e)
{
    return (struct key){e->timestamp_ms, ingestion_of(e), id_of(e),
                        e->source};
}
int logbuf_compare(const struct entry *e, const struct key *k);
/* First line that sorts behind k or, with `equals`, at it. */
size_t logbuf_bound(const struct logbuf *b, const struct key *k, bool equals);
void logbuf_line_of(const struct logbuf *b, const struct entry *e,
                    struct logbuf_line *out);

#endif
