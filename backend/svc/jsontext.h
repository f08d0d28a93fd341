/* jsontext.h - JSON text walked as it stands, without values being made of it.
 * Pure; everything points into the text. */
#ifndef ECSDASH_SVC_JSONTEXT_H
#define ECSDASH_SVC_JSONTEXT_H

#include "backend/base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

struct json_span {
    const char *s;
    size_t n;
};

/* One member of an object or array, after blanks; key.s is NULL in arrays. */
struct json_member {
    struct json_span key; /* between its quotes, still escaped */
    struct json_span value;
};

const char *jsontext_blanks(const char *p, const char *end); /* behind them */
/* The next member of an object, or element of an array: p is behind the
 * opening bracket or a comma. Returns where the comma or the closing bracket
 * stands, or NULL: no JSON, or nested deeper than 64. depth is that of the
 * list. */
const char *jsontext_next(const char *p, const char *end, bool object,
                          int depth, struct json_member *m);
/* Where an object begins that reaches to the end of the text, as in
 * `app-1 | {"level":...}`; SIZE_MAX when there is none. */
size_t jsontext_find(const char *text, size_t n);

bool jsontext_is_string(struct json_span v);
struct json_span jsontext_inside(struct json_span v); /* of its quotes */
/* Appends what stands between quotes without its escapes. */
void jsontext_decode(struct strbuf *out, struct json_span s);

#endif
