/* theme.h - roles: what a piece of text *is*; a theme says how that looks.
 *
 * Draw code names roles only. A theme file is lines `color ROLE FG BG
 * [bold|dim|reverse|underline|italic]...` in the house grammar (keymaps/
 * grammar.h); colours are names (default, red, ... brightcyan), 0-255 or
 * #rrggbb, which fall back truecolor -> 256 -> 16 -> mono. */
#ifndef ECSDASH_THEMES_THEME_H
#define ECSDASH_THEMES_THEME_H

#include "backend/base/err.h"

#include <stddef.h>
#include <stdint.h>

/* X(id, "name", "help"). A state is always a word too: roles only help. */
#define THEME_ROLES(X) \
    X(TEXT, "text", "ordinary text") \
    X(MUTED, "muted", "secondary text") \
    X(HEADER, "header", "identity row at the top") \
    X(HEADER_PROD, "header-prod", "identity row in a production account") \
    X(SUMMARY, "summary", "severity row") \
    X(CRUMB, "crumb", "breadcrumbs, filter and sort") \
    X(COLUMN, "column", "column titles") \
    X(CURSOR, "cursor", "the selected row") \
    X(MARK, "mark", "a marked row") \
    X(PANE, "pane", "pane titles") \
    X(DOWN, "down", "worst states: DOWN") \
    X(BAD, "bad", "FAILED, CRASH, errors") \
    X(WARN, "warn", "SHORT, STALLED, ROLLEDBACK, warnings") \
    X(BUSY, "busy", "ROLL, pending, in progress") \
    X(GOOD, "good", "ok, healthy, running") \
    X(OFF, "off", "scaled to zero, stopped, dimmed rows") \
    X(CHANGED, "changed", "a value that has just changed") \
    X(MATCH, "match", "search hits") \
    X(MESSAGE, "message", "message line") \
    X(ERROR, "error", "error messages") \
    X(HINT, "hint", "hints in the last row") \
    X(KEY, "key", "key names in hints and help") \
    X(PROMPT, "prompt", "the prompt") \
    X(DIALOG, "dialog", "dialog text and frame") \
    X(BUTTON, "button", "a button") \
    X(FOCUS, "focus", "the focused button") \
    X(STALE, "stale", "data that is too old") \
    X(TAG1, "tag1", "log source 1") \
    X(TAG2, "tag2", "log source 2") \
    X(TAG3, "tag3", "log source 3") \
    X(TAG4, "tag4", "log source 4") \
    X(TAG5, "tag5", "log source 5") \
    X(TAG6, "tag6", "log source 6") \
    X(HIGHLIGHT1, "highlight1", "first highlighted term in logs") \
    X(HIGHLIGHT2, "highlight2", "second highlighted term") \
    X(HIGHLIGHT3, "highlight3", "third highlighted term") \
    X(HIGHLIGHT4, "highlight4", "fourth highlighted term") \
    X(HIGHLIGHT5, "highlight5", "fifth highlighted term") \
    X(LOG_ERROR, "log-error", "log lines of level error and above") \
    X(LOG_WARN, "log-warn", "log lines of level warning") \
    X(LOG_SEP, "log-sep", "start, stop and gap lines in a log")

enum role {
#define X(id, name, help) ROLE_##id,
    THEME_ROLES(X)
#undef X
    ROLE_N
};

enum theme_attr {
    ATTR_BOLD = 1,
    ATTR_DIM = 2,
    ATTR_REVERSE = 4,
    ATTR_UNDERLINE = 8,
    ATTR_ITALIC = 16,
};

/* A colour: -1 default, 0..255 palette, or 0x1000000 | rrggbb. */
struct theme_style {
    int32_t fg, bg;
    uint8_t attrs;
};

struct theme {
    char name[32];
    struct theme_style roles[ROLE_N];
};

/* Built-in themes by name: "default", "mono", "colorblind". -1 if unknown. */
int theme_builtin(struct theme *t, const char *name, struct err *err);
/* Puts the i-th one's name into name; false after the last. */
bool theme_builtin_name(size_t i, char name[32]);
/* Parse text over t (roles not named keep their style). err names file:line;
 * t is unchanged on failure. */
int theme_parse(struct theme *t, const char *file, const char *text,
                struct err *err);
/* One `color` statement of the config file: argv after the word `color`. */
int theme_set(struct theme *t, int argc, char **argv, struct err *err);
const char *theme_role_name(enum role r);
const char *theme_role_help(enum role r);
int theme_role_find(const char *name); /* -1 if unknown */
/* Nearest colour for a terminal with `colors` colours (0, 8, 16, 256 or
 * 1<<24); -1 stays -1; 0 colours gives -1. */
int theme_fit_color(int32_t color, int colors);

#endif
