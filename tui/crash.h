/* crash.h - SIGSEGV and its like give the terminal back before they kill. */
#ifndef ECSDASH_TUI_CRASH_H
#define ECSDASH_TUI_CRASH_H

/* Handlers on an alternate stack: reset the terminal, write a backtrace to
 * stderr, die by the same signal. Call once, early in main. */
void crash_install(void);

#endif
