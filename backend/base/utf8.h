/* utf8.h - decoding, column widths, and making outside text harmless.
 *
 * Widths are those of libc's wcwidth() under the locale in force (the
 * terminal's idea as far as anybody can know it); main sets LC_CTYPE. */
#ifndef ECSDASH_BASE_UTF8_H
#define ECSDASH_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strbuf;

/* Decode one code point of s[0..n): returns bytes used (>= 1 when n > 0);
 * *cp is U+FFFD for a malformed byte (then 1 is returned). */
size_t utf8_decode(const char *s, size_t n, uint32_t *cp);
/* Writes 1..4 bytes, returns how many. */
size_t utf8_encode(uint32_t cp, char out[4]);
bool utf8_valid(const char *s, size_t n);
/* Columns of one code point: 0 (combining), 1 or 2; -1 for what must not
 * reach a terminal (C0, C1, bidi controls, tag characters, unassigned). */
int utf8_cp_width(uint32_t cp);
/* Columns of a string; forbidden code points count as 1 (they are shown as
 * U+FFFD). */
int utf8_width(const char *s, size_t n);
/* Longest prefix of s[0..n) that fits `cols` columns; returns its bytes and
 * sets *used (may be NULL) to its columns. */
size_t utf8_fit(const char *s, size_t n, int cols, int *used);
/* Bytes of the next row of wrapped text: whole words, with the blank that ends
 * the row (it may stand past the edge); else whole parts of an ARN or a path;
 * cut where either would leave two thirds of the row empty. At least one code
 * point, so that even a wide glyph on one column makes progress. */
size_t utf8_row(const char *s, size_t n, int cols);
/* Append s to out with everything harmful replaced: C0/C1/DEL and forbidden
 * code points by U+FFFD, TAB and newline by one blank, malformed bytes by
 * U+FFFD. Idempotent. */
void utf8_sanitise(struct strbuf *out, const char *s, size_t n);
/* True when utf8_sanitise would change nothing. */
bool utf8_is_clean(const char *s, size_t n);
/* Append s cut to `cols` columns: the middle goes, the head and the tail
 * stay, with `...` between (a bare cut below 6 columns). */
void utf8_put_middle(struct strbuf *out, const char *s, int cols);
/* Append s cut to `cols` columns at its end, with `...` when cut. */
void utf8_put_end(struct strbuf *out, const char *s, int cols);
/* Append s cut to `cols` columns at its start, with `...` when cut. */
void utf8_put_tail(struct strbuf *out, const char *s, int cols);

#endif
