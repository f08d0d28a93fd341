/* pager.h - lines of text with roles: details, JSON, help, messages, logs.
 *
 * Lines come through an adapter (or from struct text_lines below). The
 * position is a line (and a row in it when wrapping), so that a change of
 * width keeps the place. Horizontal scroll goes by 8 columns. */
#ifndef ECSDASH_TUI_PAGER_H
#define ECSDASH_TUI_PAGER_H

#include "keymaps/actions.h"
#include "themes/theme.h"
#include "tui/match.h"
#include "tui/surface.h"

#include <stdbool.h>
#include <stddef.h>

struct text_span {
    size_t start, len; /* bytes of the line; where two meet the later wins */
    enum role role;
    uint8_t attrs;     /* ATTR_* added */
    int16_t fg, bg;    /* application colours (log SGR); 0..255, -1 = the
                          role's */
};

struct text_line {
    const char *text; /* borrowed until the next call */
    size_t len;
    enum role role;   /* where no span says otherwise */
    const struct text_span *spans;
    size_t n_spans;
    int hang; /* columns that its further rows leave free when it wraps */
};

struct pager_source {
    const void *ctx;
    size_t n_lines;
    void (*line)(const void *ctx, size_t i, struct text_line *out);
    /* Is something left out behind line i? Then a row `--` follows it, as grep
     * has it. NULL: nothing is. */
    bool (*break_below)(const void *ctx, size_t i);
};

struct pager {
    size_t top;     /* first line shown */
    int top_sub;    /* rows of it that are above the screen (wrapping) */
    int left;       /* columns scrolled away (not wrapping) */
    bool wrap;
    bool follow;    /* stick to the end; leaving the end clears it */
    int rows, cols; /* as of the last sync */
    bool has_hit;   /* a search hit is current */
    size_t hit;     /* its line */
};

void pager_init(struct pager *p); /* top, no wrap, not following */
/* Clamp to what is there now and to this size; applies follow. Call before
 * drawing whenever lines or size may have changed. */
void pager_sync(struct pager *p, const struct pager_source *src, int rows,
                int cols);
/* DOWN UP PAGE_* HALF_* TOP BOTTOM LEFT RIGHT WRAP; false for others.
 * follow_at_end: reaching the end by BOTTOM follows again (logs). */
bool pager_act(struct pager *p, const struct pager_source *src,
               enum action_id action, bool follow_at_end);
/* Bring a line on screen (near the middle if it isn't there already). */
void pager_show(struct pager *p, const struct pager_source *src, size_t line);
/* The same, but scrolling no further than it must. */
void pager_reveal(struct pager *p, const struct pager_source *src,
                  size_t line);
/* Next (dir 1) or previous (-1) line with a hit, starting after the current
 * hit, or at the top line when there is none; wraps round the ends and says
 * so in *wrapped (may be NULL). False when nothing matches. */
bool pager_search(struct pager *p, const struct pager_source *src,
                  const struct matcher *match, int dir, bool *wrapped);
/* Is the last line on screen? */
bool pager_at_end(const struct pager *p, const struct pager_source *src);
void pager_draw(const struct pager *p, const struct pager_source *src,
                const struct matcher *match, struct surface *s,
                struct rect r);
/* "lines 1-20 of 84 v" like the table's. Returns out. */
const char *pager_position(const struct pager *p,
                           const struct pager_source *src, char out[64]);

/* Does a row `--` follow line i? */
bool pager_has_break(const struct pager_source *src, size_t i);
/* Bytes of the row of a wrapped line that begins at byte `from`, and the column
 * that it begins at. */
size_t pager_row(const struct text_line *line, size_t from, int cols,
                 int *indent);

/* An array of lines that owns its text, for views that build their text. */
struct text_lines {
    struct text_entry *entries;
    size_t n, cap;
};

void text_init(struct text_lines *t);
void text_release(struct text_lines *t);
void text_clear(struct text_lines *t);
/* Append one line; embedded newlines make several. Text is sanitised. */
void text_add(struct text_lines *t, enum role role, const char *text);
/* Append to the last line (or start one), in another role. */
void text_append(struct text_lines *t, enum role role, const char *text);
/* Further rows of the last line begin at that column when it wraps. */
void text_hang(struct text_lines *t, int cols);
/* Borrows t; valid until t changes. */
struct pager_source text_source(const struct text_lines *t);

#endif
