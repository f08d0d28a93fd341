/* logbuf.h - log lines in order of time, bounded in bytes.
 *
 * Text lies in chunks, the index in blocks of 512 entries of 32 bytes, so that
 * a million lines of 150 bytes cost a fifth more than their text, and a line
 * goes into the middle of them for the price of moving one block. Lines are in
 * the order of (timestamp, ingestion, source, id), equal ones as they came; so
 * it does not depend on the ways by which they came. When the limit is passed
 * the oldest lines go, and are counted.
 *
 * `seq` numbers lines as they came, from 1: it stays with its line whatever is
 * inserted or dropped, and is what a reader's place is anchored to, together
 * with the times by which it is found quickly (struct logbuf_mark). */
#ifndef ECSDASH_SVC_LOGBUF_H
#define ECSDASH_SVC_LOGBUF_H

#include "backend/svc/logtext.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOGBUF_DEFAULT_BYTES ((size_t)64 << 20)
#define LOGBUF_MAX_LINE ((size_t)1 << 20) /* longer text is cut */
#define LOGBUF_ID_MASK 0x3fffffffu        /* bits kept of an event's id */

/* SEPARATOR: a word of ours (a task started). GAP: a span that has not been
 * read; logsrc_gap() knows its state. */
enum log_kind { LOG_TEXT, LOG_SEPARATOR, LOG_GAP };
/* FATAL: an error after which a process usually ends. Rising; two bits. */
enum log_level { LOG_LEVEL_NONE, LOG_LEVEL_WARN, LOG_LEVEL_ERROR,
                 LOG_LEVEL_FATAL };

struct logbuf;

struct logbuf_mark {
    uint64_t seq; /* 0 = no line */
    int64_t timestamp_ms, ingestion_ms;
    uint32_t id;
    uint16_t source;
};

struct logbuf_line {
    uint64_t seq;
    int64_t timestamp_ms; /* wall */
    int64_t ingestion_ms; /* kept within 24 days of the timestamp */
    const char *text;     /* harmless and plain (logtext.h), NUL-terminated;
                             valid until the buffer changes */
    size_t len;
    const struct logtext_sgr *sgr; /* colours of the application; memory of
                             the buffer, until the next get of a line */
    size_t n_sgr;         /* mostly 0 */
    uint32_t id;          /* of the event: the last 30 bits of its number */
    uint16_t source;      /* the caller's number of a task's container */
    enum log_kind kind;
    enum log_level level;
    bool late;            /* came after its neighbours were shown */
    bool more;            /* continues the event of the line before */
};

/* limit_bytes 0 = LOGBUF_DEFAULT_BYTES. */
struct logbuf *logbuf_new(size_t limit_bytes);
void logbuf_free(struct logbuf *b); /* NULL is fine */
/* Fewer: the oldest lines go, LOGBUF_SHRINK_LINES of them a call (some 2 ms).
 * True: more have to go, by logbuf_shrink() in later turns. */
#define LOGBUF_SHRINK_LINES 4096
bool logbuf_set_limit(struct logbuf *b, size_t limit_bytes);
bool logbuf_shrink(struct logbuf *b);

/* Add one line; text is copied and made harmless by logtext_clean(). seq, sgr
 * and level are not read (the level is looked for in the text of LOG_TEXT
 * lines). Returns the line's seq; 0 when it is not newer than what was dropped
 * already (logbuf_is_gone): that is not counted again. */
uint64_t logbuf_add(struct logbuf *b, const struct logbuf_line *line);
/* Take one line out: 0, or -1 when it is not there (any more). */
int logbuf_remove(struct logbuf *b, struct logbuf_mark mark);
/* The event of a line is another than was thought, with the same timestamp and
 * text: it goes where that one belongs, and keeps its seq. Watches see it go
 * and come. 0, or -1 when it is not there. */
int logbuf_rename(struct logbuf *b, struct logbuf_mark mark,
                  int64_t ingestion_ms, uint32_t id);
/* Is there a line of these times, source and id? Cheap when asked in order of
 * time. */
bool logbuf_has(struct logbuf *b, int64_t timestamp_ms, int64_t ingestion_ms,
                uint16_t source, uint32_t id);
/* Nothing newer than that was ever dropped for want of room. */
bool logbuf_is_gone(const struct logbuf *b, int64_t timestamp_ms,
                    int64_t ingestion_ms);

/* The time of the newest line that was dropped, INT64_MIN = none was. */
int64_t logbuf_floor_ms(const struct logbuf *b);

/* Told of each line that comes (i: its place) and goes (i: the place it had;
 * its text is still there), either may be NULL. For counts that must not be
 * made anew. They must not change the buffer. */
struct logbuf_watch {
    void (*added)(void *arg, const struct logbuf_line *line, size_t i);
    void (*removed)(void *arg, const struct logbuf_line *line, size_t i);
    void *arg;
    struct logbuf_watch *next; /* the buffer's */
};
/* Embedded by its owner, who ends it before it is freed. */
void logbuf_watch(struct logbuf *b, struct logbuf_watch *w);
void logbuf_unwatch(struct logbuf *b, struct logbuf_watch *w);

size_t logbuf_len(const struct logbuf *b);
void logbuf_get(const struct logbuf *b, size_t i, struct logbuf_line *out);
/* The level alone, without touching the text. */
enum log_level logbuf_level(const struct logbuf *b, size_t i);
struct logbuf_mark logbuf_mark(const struct logbuf *b, size_t i);
struct logbuf_mark logbuf_mark_of(const struct logbuf_line *line);
/* Where that line is now, renamed or not; when it was dropped, the first line
 * that is not older (0.., may be logbuf_len()). *exact may be NULL. */
size_t logbuf_find(const struct logbuf *b, struct logbuf_mark mark,
                   bool *exact);
/* The first line with a timestamp of at least ms. */
size_t logbuf_find_time(const struct logbuf *b, int64_t ms);

/* A search that can be left and gone on with, so that it holds up no turn of
 * the loop: lines may come and go between two calls. What is inserted on the
 * side that has been looked at is not seen: see logbuf_watch(). */
struct logbuf_scan {
    int dir;     /* 1 or -1 */
    size_t next; /* looked at next; valid until the buffer changes */
    bool ended;
    /* the buffer's: the line looked at last */
    struct logbuf_mark last;
    uint64_t shifts;
};
enum logbuf_scanned { LOGBUF_HIT, LOGBUF_PAUSE, LOGBUF_END };
typedef bool logbuf_match_fn(void *arg, const struct logbuf_line *line,
                             size_t i);
/* From line `from` (included) to the end or, dir -1, to the beginning. */
void logbuf_scan_begin(struct logbuf_scan *s, size_t from, int dir);
/* Goes on until match() says true (LOGBUF_HIT: *at, may be NULL; calling again
 * goes on behind it), about max_bytes were looked at (PAUSE; a line counts its
 * text and 64), or there is nothing more (END). Lines that were appended
 * meanwhile are looked at too. */
enum logbuf_scanned logbuf_scan(const struct logbuf *b, struct logbuf_scan *s,
                                size_t max_bytes, logbuf_match_fn *match,
                                void *arg, size_t *at);

uint64_t logbuf_last_seq(const struct logbuf *b); /* of the newest arrival */
uint64_t logbuf_dropped(const struct logbuf *b);  /* for want of room */
/* Rises whenever lines before the end were inserted or went: cached indices
 * are stale then. */
uint64_t logbuf_shifts(const struct logbuf *b);
size_t logbuf_notes(const struct logbuf *b); /* lines now that no task wrote */
size_t logbuf_errors(const struct logbuf *b); /* lines now, FATAL ones too */
size_t logbuf_warnings(const struct logbuf *b);
/* Allocated for text and index, and the text alone. */
size_t logbuf_bytes(const struct logbuf *b);
size_t logbuf_text_bytes(const struct logbuf *b);

/* What level a line claims: JSON "level"/"severity" members, level=error,
 * words like ERROR and WARN near its start. */
enum log_level log_level_of(const char *text, size_t n);

#endif
