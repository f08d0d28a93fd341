/* status.h - one-row helpers: header segments and the hint row. Pure. */
#ifndef ECSDASH_TUI_STATUS_H
#define ECSDASH_TUI_STATUS_H

#include "keymaps/keymap.h"
#include "keymaps/keyspec.h"
#include "tui/surface.h"

#include <stdbool.h>
#include <stddef.h>

struct status_seg {
    const char *text; /* NULL or "": no segment */
    enum role role;
    int priority;     /* 0 is never dropped (but cut); the highest goes first */
    bool right;       /* collected at the right edge, in order */
};

#define STATUS_MAX_SEGS 32 /* further ones are not drawn */

/* Fill row with `base` and draw the segments, `gap` blanks between them, one
 * at each edge. While they don't fit, the highest priority is dropped (of
 * equals the last); then the left side is cut with `...`. */
void status_draw(struct surface *s, struct rect row, enum role base, int gap,
                 const struct status_seg *segs, size_t n);

struct hint {
    enum action_id action;
    const char *text; /* "tasks"; NULL = the action's help */
};

/* "Enter tasks  l logs  / filter": keys from the live map; actions that have
 * no key or don't apply here are left out, mutations too when read_only;
 * hints that don't fit are dropped from the end, but the last one (help)
 * is kept. */
void status_hints(struct surface *s, struct rect row,
                  const struct keymap *map, const enum context *ctx,
                  size_t n_ctx, const struct hint *hints, size_t n,
                  bool read_only);

#endif
