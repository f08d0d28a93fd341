/* doc.h - lines of text with roles: what explain panes, details, help and
 * messages are made of, whatever draws them. */
#ifndef ECSDASH_VIEWS_DOC_H
#define ECSDASH_VIEWS_DOC_H

#include "backend/base/strbuf.h"
#include "themes/theme.h"

#include <stddef.h>

struct doc_span {
    size_t start, len; /* bytes of the line's text */
    enum role role;
};

struct doc_line {
    char *text; /* owned by the doc */
    size_t len;
    struct doc_span *spans; /* ascending, not overlapping; rest ROLE_TEXT */
    size_t n_spans;
};

struct doc {
    struct doc_line *lines;
    size_t n, cap;
};

#define DOC_INIT {0}

void doc_release(struct doc *d);
void doc_clear(struct doc *d);
/* Start a new, empty last line. */
void doc_line(struct doc *d);
/* Append to the last line (made when there is none). Text is sanitised. */
void doc_put(struct doc *d, enum role role, const char *text);
void doc_printf(struct doc *d, enum role role, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Pad the last line with blanks up to a column (at least one blank). */
void doc_pad(struct doc *d, int col);
/* A whole line: `label` in MUTED padded to 18 columns, then the value. A NULL
 * or empty value adds nothing. */
void doc_field(struct doc *d, const char *label, const char *value);
void doc_fieldf(struct doc *d, const char *label, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* A heading line. */
void doc_heading(struct doc *d, const char *text);
/* All lines joined with newlines; heap. */
char *doc_text(const struct doc *d);

#endif
