/* terminfo.h - is this a terminal type that we can draw on? Apart from term.c
 * because curses' <term.h> has a struct term of its own. */
#ifndef ECSDASH_TUI_TERMINFO_H
#define ECSDASH_TUI_TERMINFO_H

#include "backend/base/err.h"

/* 0, or -1 with ERR_TERMINAL: unset, dumb, unknown, or no cup. */
int terminfo_check(const char *type, struct err *err);

#endif
