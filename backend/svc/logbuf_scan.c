/* Searching in slices. */
#include "backend/svc/logbuf_internal.h"

#define LINE_COST 64 /* looking at a line costs, however short it is */

void logbuf_scan_begin(struct logbuf_scan *s, size_t from, int dir)
{
    *s = (struct logbuf_scan){.dir = dir < 0 ? -1 : 1, .next = from};
}

/* Where it goes on after the buffer has moved. */
static void settle(const struct logbuf *b, struct logbuf_scan *s)
{
    bool exact;

    if (s->last.seq && s->shifts != logbuf_shifts(b)) {
        size_t at = logbuf_find(b, s->last, &exact);
        if (s->dir > 0)
            s->next = exact ? at + 1 : at;
        else
            s->next = at - 1; /* SIZE_MAX: nothing is before it */
    }
    s->shifts = logbuf_shifts(b);
}

enum logbuf_scanned logbuf_scan(const struct logbuf *b, struct logbuf_scan *s,
                                size_t max_bytes, logbuf_match_fn *match,
                                void *arg, size_t *at)
{
    size_t bytes = 0, k = 0, off = 0;
    struct logbuf_line line;
    enum logbuf_scanned result = LOGBUF_END;
    size_t looked = SIZE_MAX;

    settle(b, s);
    if (s->next < b->n)
        k = logbuf_locate(b, s->next, &off);
    while (s->next < b->n) { /* SIZE_MAX is below the first */
        if (bytes >= max_bytes) {
            result = LOGBUF_PAUSE;
            break;
        }
        looked = s->next;
        logbuf_line_of(b, &b->blocks[k]->e[off], &line);
        bytes += line.len + LINE_COST;
        s->next += (size_t)(ptrdiff_t)s->dir;
        if (match(arg, &line, looked)) {
            if (at)
                *at = looked;
            result = LOGBUF_HIT;
            break;
        }
        if (s->dir > 0) {
            if (++off == b->blocks[k]->n) {
                k++;
                off = 0;
            }
        } else if (off-- == 0 && k > 0) {
            off = b->blocks[--k]->n - 1;
        }
    }
    if (looked != SIZE_MAX)
        s->last = logbuf_mark(b, looked);
    s->ended = result == LOGBUF_END;
    return result;
}
