/* prompt.h - the line editor in the last row: command line, filter, search.
 *
 * Keys are looked up in the PROMPT context; an unbound key that is a
 * character is inserted. Pasted text is inserted and never accepts. */
#ifndef ECSDASH_TUI_PROMPT_H
#define ECSDASH_TUI_PROMPT_H

#include "keymaps/keymap.h"
#include "tui/complete.h"
#include "tui/edit.h"
#include "tui/history.h"
#include "tui/surface.h"

enum prompt_result {
    PROMPT_IGNORED,   /* the key means nothing here */
    PROMPT_MOVED,     /* draw again */
    PROMPT_CHANGED,   /* the text changed (live filters listen) */
    PROMPT_ACCEPTED,  /* read prompt_text, then prompt_close; the line is in
                         the history already */
    PROMPT_CANCELLED, /* Esc, ^C, or Backspace in an empty line */
};

struct prompt {
    bool open;
    char label[32];        /* ":", "/", "scale to: " */
    struct edit edit;
    struct history *history; /* borrowed, may be NULL */
    completer_fn *complete;  /* may be NULL */
    void *complete_ctx;
    /* cycling through candidates; n == 0 when not */
    struct completion candidates;
    size_t candidate;      /* == candidates.n: only the common part so far */
    /* walking through history */
    size_t walk;           /* 0 = the line being typed, 1 = newest, ... */
    char *typed;           /* that line, while walk > 0 */
};

void prompt_init(struct prompt *p);
void prompt_release(struct prompt *p);
/* Opens with text preset, cursor at its end. history and complete may be
 * NULL; all are borrowed until prompt_close. */
void prompt_open(struct prompt *p, const char *label, const char *text,
                 struct history *history, completer_fn *complete, void *ctx);
void prompt_close(struct prompt *p);
const char *prompt_text(const struct prompt *p); /* never NULL */
enum prompt_result prompt_key(struct prompt *p, const struct keymap *map,
                              struct key key);
enum prompt_result prompt_paste(struct prompt *p, const char *text, size_t n);
/* Draws in the last row of r and, while completing, candidates in the row
 * above it. Parks and shows the cursor. */
void prompt_draw(const struct prompt *p, struct surface *s, struct rect r);

#endif
