/* strbuf.h - a growing byte string, always NUL-terminated.
 *
 * `struct strbuf b = STRBUF_INIT;` then append, then strbuf_release. With a
 * limit set (strbuf_limit), an append past it is dropped whole and `overflow`
 * is set: the caller turns that into ERR_TOO_LARGE. */
#ifndef ECSDASH_BASE_STRBUF_H
#define ECSDASH_BASE_STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct strbuf {
    char *data;    /* "" when empty, never NULL after the first append */
    size_t len;    /* bytes without the NUL */
    size_t cap;    /* bytes allocated */
    size_t limit;  /* 0 = none */
    bool overflow; /* an append was dropped */
};

#define STRBUF_INIT {0}

void strbuf_release(struct strbuf *b);        /* frees; ready for reuse */
void strbuf_release_secret(struct strbuf *b); /* overwrites, then frees */
void strbuf_clear(struct strbuf *b);          /* len = 0, keeps memory */
void strbuf_limit(struct strbuf *b, size_t limit);
int strbuf_append(struct strbuf *b, const void *data, size_t len); /* 0/-1 */
int strbuf_puts(struct strbuf *b, const char *s);
int strbuf_putc(struct strbuf *b, char c);
int strbuf_printf(struct strbuf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
int strbuf_vprintf(struct strbuf *b, const char *fmt, va_list ap);
/* Borrowed, never NULL. */
const char *strbuf_get(const struct strbuf *b);
/* Hands the heap string over (never NULL); the strbuf is empty after. */
char *strbuf_detach(struct strbuf *b);
/* Append `data` as a JSON string literal with quotes. */
void strbuf_put_json(struct strbuf *b, const char *data, size_t len);

#endif
