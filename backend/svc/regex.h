/* regex.h - Perl patterns over text from outside, which no pattern can stall.
 *
 * PCRE2 with limits. A short text is matched by compiled code under a match
 * limit. A text over REGEX_LONG bytes is matched step by step, and the bytes
 * that the steps pass over are counted, so that a search costs at most about
 * 10 ms however the pattern nests. What is given up is REGEX_HARD: neither a
 * hit nor surely none. Texts need not be valid UTF-8.
 *
 * Case: a pattern without capitals matches either case (letters after a
 * backslash, as in \S, are no capitals). */
#ifndef ECSDASH_SVC_REGEX_H
#define ECSDASH_SVC_REGEX_H

#include "backend/base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct regex;

#define REGEX_LONG 4096
#define REGEX_MAX_PATTERN 4096 /* bytes; longer ones are refused */

enum regex_result { REGEX_NONE, REGEX_HIT, REGEX_HARD };

/* NULL with err: "The pattern a( is wrong at 2: missing closing
 * parenthesis." */
struct regex *regex_new(const char *pattern, struct err *err);
/* The text itself, no character special; same rule for capitals. */
struct regex *regex_new_plain(const char *text);
void regex_free(struct regex *re); /* NULL is fine */
const char *regex_text(const struct regex *re); /* as it was given */
bool regex_is_plain(const struct regex *re);
/* First hit at or after `from`; start and len are bytes, len may be 0.
 * Both out pointers may be NULL. */
enum regex_result regex_find(struct regex *re, const char *text, size_t n,
                             size_t from, size_t *start, size_t *len);

#endif
