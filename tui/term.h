/* term.h - the terminal: start, stop, frames out, bytes in. Nothing blocks.
 *
 * ncurses writes each frame into a memfd; the bytes are read back and queued,
 * and the app copies the queue to the tty when it is writable. No new frame is
 * made until the last one has left whole (term_ready). The tty is opened
 * afresh, so that its non-blocking flag is nobody else's. One per process:
 * ncurses has one screen. */
#ifndef ECSDASH_TUI_TERM_H
#define ECSDASH_TUI_TERM_H

#include "backend/base/err.h"
#include "themes/theme.h"
#include "tui/surface.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct term;

struct term_options {
    const char *type; /* TERM */
    bool mono;        /* NO_COLOR, --no-color */
};

/* Enters raw mode and the alternate screen. NULL with err (ERR_TERMINAL):
 * no tty, TERM unset or dumb or without cursor addressing. */
struct term *term_new(const struct term_options *o, struct err *err);
/* Leaves it: the screen and `stty -g` as before. Waits at most 300 ms for a
 * slow terminal. */
void term_free(struct term *t);

int term_fd(const struct term *t);          /* for polling both ways */
unsigned char term_erase_char(const struct term *t);
/* The size as the kernel has it now; applies it to ncurses. */
void term_size(struct term *t, int *rows, int *cols);
/* Bytes typed: > 0, 0 = none now, -1 = hung up. */
int term_read(struct term *t, void *buf, size_t n);

/* Everything of the last frame has left, a new one may be drawn. */
bool term_ready(const struct term *t);
/* Make the frame of s under th and begin to send it. */
void term_frame(struct term *t, const struct surface *s,
                const struct theme *th);
/* Send raw bytes after the frame (OSC 52, the idle marker). */
void term_raw(struct term *t, const void *bytes, size_t n);
/* Copy what is queued; -1 = the terminal is gone. */
int term_write(struct term *t);
bool term_wants_write(const struct term *t);
/* The next frame paints everything again. */
void term_redraw(struct term *t);

/* Hand the terminal back (^Z, a child) and take it again. */
void term_suspend(struct term *t);
void term_resume(struct term *t);

/* Async-signal-safe: a fixed reset string and the old termios. Does nothing
 * when no terminal is held. */
void term_emergency_reset(void);

#endif
