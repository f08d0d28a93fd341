/* eventstream.h - application/vnd.amazon.eventstream, the framing of streamed
 * AWS replies such as StartLiveTail's. Pure.
 *
 * A message, big-endian: total length, length of the headers, CRC-32 of these
 * eight bytes, headers, payload, CRC-32 of all before it (reference 5.3). Both
 * sums are checked; a message that is wrong in any way ends the stream, since
 * where the next one begins is then not known. */
#ifndef ECSDASH_SVC_EVENTSTREAM_H
#define ECSDASH_SVC_EVENTSTREAM_H

#include "backend/base/err.h"
#include "backend/base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVENTSTREAM_MAX_HEADERS ((size_t)128 << 10) /* bytes */
#define EVENTSTREAM_MAX_PAYLOAD ((size_t)24 << 20)

enum eventstream_type {
    EVENTSTREAM_TRUE,
    EVENTSTREAM_FALSE,
    EVENTSTREAM_INT8,
    EVENTSTREAM_INT16,
    EVENTSTREAM_INT32,
    EVENTSTREAM_INT64,
    EVENTSTREAM_BYTES,
    EVENTSTREAM_STRING,
    EVENTSTREAM_TIMESTAMP, /* ms */
    EVENTSTREAM_UUID,      /* 16 bytes */
    EVENTSTREAM_TYPES
};

struct eventstream_header {
    const char *name, *value; /* not NUL-terminated */
    size_t name_len, len;     /* value: of BYTES, STRING and UUID */
    int64_t number;           /* of the others; TRUE is 1 */
    enum eventstream_type type;
};

/* Valid until the next feed, next or release. */
struct eventstream_message {
    const struct eventstream_header *headers;
    size_t n_headers;
    const char *payload;
    size_t payload_len;
};

/* Zero it before first use. */
struct eventstream {
    struct strbuf in;
    size_t at; /* read so far */
    bool broken;
    struct eventstream_header *headers;
    size_t cap_headers;
};

enum eventstream_result { EVENTSTREAM_MESSAGE, EVENTSTREAM_MORE,
                          EVENTSTREAM_BAD };

/* More bytes of the stream, in pieces of any size. */
void eventstream_feed(struct eventstream *s, const void *data, size_t n);
/* The next whole message; MORE: none yet; BAD (err says what, ERR_PARSE or
 * ERR_TOO_LARGE): from now on for ever. */
enum eventstream_result eventstream_next(struct eventstream *s,
                                         struct eventstream_message *m,
                                         struct err *err);
void eventstream_release(struct eventstream *s);

/* NULL when absent. */
const struct eventstream_header *
eventstream_header(const struct eventstream_message *m, const char *name);
/* Is it a string header of that value? (":event-type", "sessionUpdate") */
bool eventstream_is(const struct eventstream_message *m, const char *name,
                    const char *value);

#endif
