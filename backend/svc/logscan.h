/* logscan.h - reads the body of a FilterLogEvents reply, or an update of
 * StartLiveTail, without making a tree of it: one pass, in place, event by
 * event. Pure.
 *
 * It knows two shapes: {"events": [{...}, ...], "nextToken": "..."} and
 * {"sessionMetadata": {"sampled": true}, "sessionResults": [...]}, members in
 * any order, unknown ones skipped (up to LOGSCAN_DEPTH deep), of members named
 * twice the last counts. An event without a whole-number timestamp or without
 * a message is passed over. Unlike jansson it takes NUL and lone surrogates in
 * strings (the latter as U+FFFD) and bytes that are no UTF-8: what an
 * application writes must not make a page unreadable. */
#ifndef ECSDASH_SVC_LOGSCAN_H
#define ECSDASH_SVC_LOGSCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOGSCAN_DEPTH 64

/* Text points into the body and ends in a NUL; stream, id and group are never
 * NULL. */
struct logscan_event {
    const char *message, *stream, *id;
    const char *group; /* of a live tail: "ACCOUNT:NAME", a name or an ARN */
    size_t len; /* of the message, which may hold NULs */
    int64_t timestamp_ms, ingestion_ms; /* ingestion = timestamp if absent */
};

struct logscan {
    char *at, *end;
    int state;
    bool event_seen;   /* in this array */
    bool sampled;      /* not all are here; when all is read */
    const char *token; /* "nextToken", NULL = none; when all is read */
};

enum logscan_result { LOGSCAN_EVENT, LOGSCAN_END, LOGSCAN_BAD };

/* body[0..len) is changed by reading; it outlives the events. body[len] is
 * there and NUL. */
void logscan_begin(struct logscan *s, char *body, size_t len);
/* LOGSCAN_BAD: no JSON of this shape; what came before was good. */
enum logscan_result logscan_next(struct logscan *s, struct logscan_event *e);

#endif
