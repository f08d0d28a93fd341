/* logbuf.h - log lines in order of time, bounded in bytes.
 *
 * Text lies in chunks, the index is a packed array of 32 bytes a line, so that
 * a million lines of 150 bytes cost about a fifth more than their text. A line
 * goes behind all lines of the same or an earlier (timestamp, ingestion);
 * mostly that is the end, and a late one moves the index behind it. When the
 * limit is passed the oldest lines go (and are counted).
 *
 * `seq` numbers lines as they came, from 1: it stays with its line whatever is
 * inserted or dropped, and is what a reader's place is anchored to, together
 * with the times by which it is found quickly (struct logbuf_mark). */
#ifndef ECSDASH_SVC_LOGBUF_H
#define ECSDASH_SVC_LOGBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOGBUF_DEFAULT_BYTES ((size_t)64 << 20)
#define LOGBUF_MAX_LINE ((size_t)1 << 20) /* longer text is cut */

enum log_kind { LOG_TEXT, LOG_SEPARATOR, LOG_GAP };
enum log_level { LOG_LEVEL_NONE, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

struct logbuf;

struct logbuf_mark {
    uint64_t seq; /* 0 = no line */
    int64_t timestamp_ms, ingestion_ms;
};

struct logbuf_line {
    uint64_t seq;
    int64_t timestamp_ms; /* wall */
    int64_t ingestion_ms; /* kept within 24 days of the timestamp */
    const char *text;     /* sanitised, NUL-terminated; valid until the
                             buffer changes */
    size_t len;
    uint16_t source;      /* the caller's number of a task's container */
    enum log_kind kind;
    enum log_level level;
    bool late;            /* came after its neighbours were shown */
    bool more;            /* continues the event of the line before */
};

/* limit_bytes 0 = LOGBUF_DEFAULT_BYTES. */
struct logbuf *logbuf_new(size_t limit_bytes);
void logbuf_free(struct logbuf *b); /* NULL is fine */

/* Add one line; text is copied and made harmless: escape sequences go whole,
 * the rest by utf8_sanitise(). seq and level are not read (the level is looked
 * for in the text of LOG_TEXT lines). before_equals: it goes before lines of
 * the same times, for pages that come newest first. Returns the line's seq, 0
 * when it was older than everything in a full buffer. */
uint64_t logbuf_add(struct logbuf *b, const struct logbuf_line *line,
                    bool before_equals);

size_t logbuf_len(const struct logbuf *b);
void logbuf_get(const struct logbuf *b, size_t i, struct logbuf_line *out);
/* The level alone, without touching the text. */
enum log_level logbuf_level(const struct logbuf *b, size_t i);
struct logbuf_mark logbuf_mark(const struct logbuf *b, size_t i);
/* Where that line is now; when it was dropped, the first line that is not
 * older (0.., may be logbuf_len()). *exact may be NULL. */
size_t logbuf_find(const struct logbuf *b, struct logbuf_mark mark,
                   bool *exact);
/* The first line with a timestamp of at least ms. */
size_t logbuf_find_time(const struct logbuf *b, int64_t ms);
/* By number alone, the whole index is looked through: SIZE_MAX when gone. */
size_t logbuf_find_seq(const struct logbuf *b, uint64_t seq);

uint64_t logbuf_last_seq(const struct logbuf *b); /* of the newest arrival */
uint64_t logbuf_dropped(const struct logbuf *b);
/* Rises whenever lines before the end were inserted or dropped: cached
 * indices are stale then. */
uint64_t logbuf_shifts(const struct logbuf *b);
size_t logbuf_errors(const struct logbuf *b); /* lines of that level now */
size_t logbuf_warnings(const struct logbuf *b);
/* Allocated for text and index, and the text alone. */
size_t logbuf_bytes(const struct logbuf *b);
size_t logbuf_text_bytes(const struct logbuf *b);

/* What level a line claims: JSON "level"/"severity" members, level=error,
 * words like ERROR and WARN near its start. */
enum log_level log_level_of(const char *text, size_t n);

#endif
