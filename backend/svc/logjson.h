/* logjson.h - log lines that are JSON, for readers: compact on one line, or
 * pretty on many. Pure.
 *
 * The text is walked as it is, not parsed into values: numbers keep every
 * digit, members their order, and double ones are both shown. What is not
 * whole and correct JSON (or nests deeper than 64) is left alone. */
#ifndef ECSDASH_SVC_LOGJSON_H
#define ECSDASH_SVC_LOGJSON_H

#include "backend/base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

/* Members to show beside level and message: "status,error.code". */
struct logjson_fields {
    char **names;
    size_t n; /* 0 = all of them */
};

/* Names are separated by commas or blanks; at most 32 are taken. */
void logjson_fields_set(struct logjson_fields *f, const char *list);
void logjson_fields_release(struct logjson_fields *f);

/* "ERROR connection refused  status=500 path=/pay": level in capitals, the
 * message, then the other members (f NULL = all; times are left out, since
 * every line has one). What stands before the object comes first. Appended to
 * out, harmless and on one line. False (out untouched) when it is no JSON. */
bool logjson_compact(const char *text, size_t n,
                     const struct logjson_fields *f, struct strbuf *out);

/* Lines indented by two blanks. Strings that hold newlines (stack traces) are
 * shown as the lines that they are. Appended to out; decoded strings may hold
 * control characters. False (out untouched) when it is no JSON. */
bool logjson_pretty(const char *text, size_t n, struct strbuf *out);

#endif
