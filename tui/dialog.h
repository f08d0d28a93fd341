/* dialog.h - asks before something is done.
 *
 *   +- RESTART payments-api --------------------------------+
 *   | cluster prod-main  eu-west-1  123456789012 [PROD]     |
 *   | now     desired 4, running 2, deployment :143 FAILED  |
 *   |                                                       |
 *   | type the service name: payments-a_                    |
 *   |                             [ Cancel ]  [ Restart ]   |
 *   +-------------------------------------------------------+
 *
 * Safe by construction: the focus starts on Cancel; every key but the ones
 * that cancel is dropped until dialog_mark_painted() (the app calls it after
 * the flush that showed the dialog), so type-ahead can't confirm; nor can a
 * key that comes in one burst with the one that moved the focus or filled the
 * field (a paste into a terminal that doesn't mark pastes); any change of
 * content takes the painted mark and the focus back; pasted text goes to TEXT
 * and NUMBER fields only and confirms nothing; letters are never shortcuts.
 * Enter on the confirm button confirms, and nothing else does. Typing goes to
 * the field from anywhere; a NUMBER field takes digits only. Enter in a field
 * that holds what is asked for moves to the confirm button; in an empty TYPED
 * or NUMBER field it cancels. What is not taken is said in the dialog.
 */
#ifndef ECSDASH_TUI_DIALOG_H
#define ECSDASH_TUI_DIALOG_H

#include "keymaps/keymap.h"
#include "tui/edit.h"
#include "tui/status.h"
#include "tui/surface.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dialog_field {
    DIALOG_NO_FIELD,
    DIALOG_TYPED,  /* must equal `expected` */
    DIALOG_NUMBER, /* decimal within min..max */
    DIALOG_TEXT,   /* anything, also nothing */
};

enum dialog_focus { DIALOG_ON_FIELD, DIALOG_ON_CANCEL, DIALOG_ON_CONFIRM };

enum dialog_result {
    DIALOG_IGNORED,
    DIALOG_MOVED,     /* draw again */
    DIALOG_CHANGED,   /* the field's text changed */
    DIALOG_CONFIRMED, /* only ever after painting, from a key */
    DIALOG_CANCELLED,
};

struct dialog_line {
    char *label; /* "" for a continuation */
    char *value;
    enum role role;
};

struct dialog {
    bool open;
    char *title;
    struct dialog_line *lines;
    size_t n_lines, cap_lines;
    enum dialog_field field;
    char *field_label;
    bool secret;          /* what is typed shows as stars */
    char *expected;       /* TYPED */
    int64_t min, max;     /* NUMBER */
    struct edit edit;
    char *confirm;        /* label of the button: "Restart" */
    char *complaint;      /* why a key or a paste did not do, or NULL */
    enum dialog_focus focus;
    bool painted; /* has been on screen since the content last changed */
    bool stale;   /* a key has changed focus or field since the last paint */
};

void dialog_init(struct dialog *d);
void dialog_release(struct dialog *d);
/* Open an empty dialog (forgets everything before). With confirm NULL it only
 * informs: one button, "Close", which cancels. */
void dialog_open(struct dialog *d, const char *title, const char *confirm);
void dialog_close(struct dialog *d);
/* Content; each call takes the painted mark and the focus back to Cancel.
 * Long values wrap when drawn. */
void dialog_add(struct dialog *d, enum role role, const char *label,
                const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* The first line of that label says something else now, which follows from
 * what is in the field: focus and field stay as they are, but what shows must
 * be painted before it can be confirmed. */
void dialog_revise(struct dialog *d, enum role role, const char *label,
                   const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void dialog_clear_lines(struct dialog *d); /* before filling in anew */
void dialog_ask_typed(struct dialog *d, const char *label,
                      const char *expected);
void dialog_ask_number(struct dialog *d, const char *label, int64_t value,
                       int64_t min, int64_t max);
void dialog_ask_text(struct dialog *d, const char *label, const char *value);
/* A TEXT field whose content nobody reads over a shoulder. */
void dialog_ask_secret(struct dialog *d, const char *label);

/* What the field holds. dialog_number: 0, or -1 when it isn't one in range. */
const char *dialog_text(const struct dialog *d);
int dialog_number(const struct dialog *d, int64_t *out);

/* Keys are looked up in {DIALOG, PROMPT}. */
enum dialog_result dialog_key(struct dialog *d, const struct keymap *map,
                              struct key key);
enum dialog_result dialog_paste(struct dialog *d, const char *text, size_t n);
/* What the keys do now, for the hint row in {DIALOG}. Fills `out`, which has
 * room for DIALOG_HINTS, and returns how many; press (DIALOG_PRESS_SIZE) holds
 * the text of one of them. */
enum { DIALOG_HINTS = 3, DIALOG_PRESS_SIZE = 64 };
size_t dialog_hints(const struct dialog *d, struct hint *out, char *press);
/* The frame that shows it has left for the terminal. Ignored when the dialog
 * did not fit on the screen (dialog_draw returned false). */
void dialog_mark_painted(struct dialog *d);
/* It is no longer on screen as it should be (dialog_draw returned false):
 * nothing can be confirmed until it is painted again. */
void dialog_mark_hidden(struct dialog *d);
/* Centred in r. False when r is too small to show title, button and field:
 * then a note is drawn and the app must not mark it painted. */
bool dialog_draw(const struct dialog *d, struct surface *s, struct rect r);

#endif
