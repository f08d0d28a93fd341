/* filter.h - what `/` accepts in tables: every blank-separated term must hold.
 *
 *   pay          substring of any column shown, either case
 *   !pay         not
 *   state:failed substring of one column (id or title)
 *   !state:ok    not
 *   ~^pay.*api$  a PCRE2 pattern, for any column shown
 *   why:~oom|x   a pattern for one column
 *
 * Letters before a colon are the name of a column, but for arn: and URLs and
 * before a digit (web:143); ~foo:bar finds that as text.
 *
 * A match limit keeps any pattern from stalling the loop. */
#ifndef ECSDASH_VIEWS_FILTER_H
#define ECSDASH_VIEWS_FILTER_H

#include "backend/base/err.h"
#include "views/kind.h"

#include <stdbool.h>

struct filter;

/* NULL with err set: a bad pattern or an unknown column. */
struct filter *filter_new(const struct kind *kind, const char *text,
                          struct err *err);
void filter_free(struct filter *f);
const char *filter_text(const struct filter *f);
bool filter_match(const struct filter *f, const void *row, int64_t now_ms);

#endif
