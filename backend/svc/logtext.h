/* logtext.h - what an application wrote, made harmless: plain text and, apart
 * from it, the colours it asked for. Pure.
 *
 * Escape sequences go whole (CSI, OSC and the other strings, two-byte ones);
 * of them only SGR (`ESC [ ... m`) is understood, and becomes a list of
 * changes. The rest goes through utf8_sanitise(), but for TABs: they are kept,
 * for files and pipes; on the screen they become blanks (logtext_put_tabs). A
 * cursor movement, a title, a link or a clipboard write leaves nothing. */
#ifndef ECSDASH_SVC_LOGTEXT_H
#define ECSDASH_SVC_LOGTEXT_H

#include "backend/base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOGTEXT_MAX_SGR 1000 /* changes kept of one line; later ones are lost */

enum {
    LOGTEXT_BOLD = 1,
    LOGTEXT_DIM = 2,
    LOGTEXT_ITALIC = 4,
    LOGTEXT_UNDERLINE = 8,
    LOGTEXT_REVERSE = 16
};
#define LOGTEXT_RGB 0x1000000 /* | 0xrrggbb */

/* From byte `at` of the plain text on, up to the next change. */
struct logtext_sgr {
    uint32_t at;
    int32_t fg, bg; /* -1 = default, 0..255 = palette, LOGTEXT_RGB | rgb */
    uint32_t attr;  /* LOGTEXT_BOLD | ... */
};

/* Memory of one cleaning, kept for the next; zero it before first use. */
struct logtext {
    struct strbuf clean;
    struct logtext_sgr *sgr;
    size_t n_sgr, cap_sgr;
};

/* Returns the harmless text of *n bytes, at most max of them, cut at a code
 * point: `text` itself when there is nothing to do, else memory of t. t->sgr
 * has the changes of colour (none: n_sgr is 0). Both are valid until the next
 * call. */
const char *logtext_clean(struct logtext *t, const char *text, size_t *n,
                          size_t max);
void logtext_release(struct logtext *t);

#define LOGTEXT_TAB 4 /* traces are indented by TABs, and room is scarce */
/* Append clean text with its TABs as blanks up to the next tab stop; *col is
 * the column that it begins at, and then the one behind it. */
void logtext_put_tabs(struct strbuf *out, const char *text, size_t n, int *col);

#endif
