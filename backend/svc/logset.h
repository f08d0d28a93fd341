/* logset.h - the lines of a logbuf for which something holds: what a filter
 * shows, what a search has found. Made and kept up in slices, so that a full
 * buffer stalls nothing: the lines nearest to the reader are looked at first,
 * in both directions; lines that come or go later are followed.
 *
 * Entries are in the order of the buffer. They name lines by struct
 * logbuf_mark, so that no insertion touches them. */
#ifndef ECSDASH_SVC_LOGSET_H
#define ECSDASH_SVC_LOGSET_H

#include "backend/svc/logbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clock;

/* PART: shown with its neighbours, but not counted (an event's further lines,
 * a separator). */
enum logset_verdict { LOGSET_NO, LOGSET_HIT, LOGSET_PART };

struct logset_options {
    enum logset_verdict (*match)(void *arg, const struct logbuf_line *line);
    /* Does line i go on with the event of line i-1? NULL: events are not kept
     * together. With it a hit brings the whole event. */
    bool (*goes_on)(void *arg, size_t i);
    void *arg;
    size_t context; /* lines shown around each hit */
};

struct logset_entry {
    struct logbuf_mark mark;
    uint32_t kind; /* the set's: 0 a hit, else how far from one */
};

/* Embedded by its owner; zero it before first use. */
struct logset {
    struct logbuf *buf;
    struct clock *clock;
    struct logset_options o;
    bool active;
    struct logset_entry *e; /* e[head .. head + n) */
    size_t head, n, cap, hits;
    struct logset_entry moved;        /* went last; may come again, renamed */
    struct logbuf_mark start, lo, hi; /* looked at: lo..hi, both included */
    struct logbuf_mark *late;         /* came between them: looked at next */
    size_t n_late, cap_late;
    int64_t until_ms;                 /* the slice ends then */
    struct logbuf_watch watch;
};

/* Empty it and begin to look, at line `from` (may be the length). buf and
 * clock are borrowed until logset_end(). */
void logset_begin(struct logset *s, struct logbuf *buf, struct clock *clock,
                  const struct logset_options *o, size_t from);
void logset_end(struct logset *s); /* frees; a zeroed set is fine */
/* Look at about max_bytes of lines, for at most some 3 ms. False when there
 * is no more to look at now. */
bool logset_step(struct logset *s, size_t max_bytes);
/* Is there anything to look at? */
bool logset_pending(const struct logset *s);

size_t logset_len(const struct logset *s);
size_t logset_hits(const struct logset *s);
bool logset_is_hit(const struct logset *s, size_t k);
/* Where entry k is in the buffer. */
size_t logset_index(const struct logset *s, size_t k);
struct logbuf_mark logset_mark(const struct logset *s, size_t k);
/* The entry of that line, else the first behind it (may be the length). */
size_t logset_find(const struct logset *s, struct logbuf_mark mark,
                   bool *exact);

#endif
