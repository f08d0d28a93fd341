/* terminfo.h - is this a terminal type that we can draw on? Apart from term.c
 * because curses' <term.h> has a struct term of its own. */
#ifndef ECSDASH_TUI_TERMINFO_H
#define ECSDASH_TUI_TERMINFO_H

#include "backend/base/err.h"

#include <stdbool.h>

/* 0, or -1 with ERR_TERMINAL: unset, dumb, unknown, or no cup. */
int terminfo_check(const char *type, struct err *err);

/* After newterm(): what was on the screen before comes back by itself. */
bool terminfo_has_second_screen(void);

#endif
