/* edit.h - one line of text being typed, for the prompt and dialog fields. */
#ifndef ECSDASH_TUI_EDIT_H
#define ECSDASH_TUI_EDIT_H

#include "backend/base/strbuf.h"
#include "keymaps/actions.h"
#include "tui/surface.h"

#include <stdbool.h>
#include <stddef.h>

#define EDIT_MAX 4096 /* bytes; what would pass it is dropped whole */

/* cursor stands on a code point's start, at most at text.len. */
struct edit {
    struct strbuf text; /* valid UTF-8, no control characters */
    size_t cursor;
};

void edit_release(struct edit *e);
const char *edit_text(const struct edit *e);
void edit_set(struct edit *e, const char *text); /* sanitised; cursor at end */
/* Insert at the cursor, sanitised (newlines become blanks). True if the text
 * changed. */
bool edit_insert(struct edit *e, const char *text, size_t n);
/* Replace bytes [start, cursor) by text; start must be a code point's. */
void edit_replace(struct edit *e, size_t start, const char *text);

enum edit_result { EDIT_IGNORED, EDIT_MOVED, EDIT_CHANGED };
/* CURSOR_* and ERASE* actions. */
enum edit_result edit_act(struct edit *e, enum action_id action);
/* Draw within cols, scrolled so that the cursor is seen; returns the column
 * of the cursor. */
int edit_draw(const struct edit *e, struct surface *s, int row, int col,
              int cols, enum role role);

#endif
