/* doc.h - what explain panes, details, help and messages say: the tui's text
 * lines with a few helpers for labelled fields and columns. */
#ifndef ECSDASH_VIEWS_DOC_H
#define ECSDASH_VIEWS_DOC_H

#include "themes/theme.h"
#include "tui/pager.h"

#include <stddef.h>

struct doc {
    struct text_lines text;
};

#define DOC_INIT {0}

void doc_release(struct doc *d);
void doc_clear(struct doc *d);
/* Columns of the last line. */
int doc_width(const struct doc *d);
/* Start a new, empty last line. */
void doc_line(struct doc *d);
/* Append to the last line (made when there is none). Text is sanitised; NULL
 * adds nothing. */
void doc_put(struct doc *d, enum role role, const char *text);
void doc_printf(struct doc *d, enum role role, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Append the last line of another document. */
void doc_put_line(struct doc *d, const struct doc *from);
/* Pad the last line with blanks up to a column (at least one blank). */
void doc_pad(struct doc *d, int col);
/* A whole line: `label` in MUTED padded to 18 columns, then the value. A NULL
 * or empty value adds nothing. */
void doc_field(struct doc *d, const char *label, const char *value);
void doc_fieldf(struct doc *d, const char *label, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* A heading line, with a blank line before it. */
void doc_heading(struct doc *d, const char *text);
/* For a pager; valid until d changes. */
struct pager_source doc_source(const struct doc *d);
/* Draw lines 0.. into r, without scrolling. */
void doc_draw(const struct doc *d, struct surface *s, struct rect r);
/* All lines joined with newlines; heap. */
char *doc_text(const struct doc *d);

#endif
