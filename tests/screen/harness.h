/* harness.h - a program in a pseudo-terminal, read back through libvterm.
 *
 *   struct harness *h = harness_start(&(struct harness_options){
 *       .argv = (const char *[]){harness_binary(), "--demo", NULL}});
 *   harness_sync(h);                     the frame that answers what was sent
 *   harness_send(h, "j");
 *   harness_sync(h);
 *   assert_string_equal(harness_row(h, 0), " prod-main ...");
 *   harness_send(h, "q");
 *   assert_int_equal(harness_exit_status(h), 0);
 *   harness_free(h);
 *
 * No sleeps: the program tells when it is idle by `ESC ] 7717 ; idle ; <input
 * bytes consumed> ; <frame number> BEL`, looked for in the raw bytes, since
 * libvterm 0.1.4 loses an OSC that is split over writes. Every wait has a
 * deadline that is there for hangs only; when it passes, the test fails by
 * cmocka's fail_msg and the screen is printed to stderr.
 *
 * The program is the leader's child in a session of its own, in the foreground
 * group of its terminal, so that ^Z and job control work as under a shell. The
 * harness keeps the terminal open: its settings can be read after the end.
 * Nothing reads the terminal between the calls, so a program that writes more
 * than a pty holds meets a slow peer. */
#ifndef ECSDASH_TESTS_SCREEN_HARNESS_H
#define ECSDASH_TESTS_SCREEN_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <termios.h>

struct harness;

/* Zero means the default in brackets. */
struct harness_options {
    const char *const *argv; /* argv[0] is found in PATH; NULL ends */
    const char *const *env;  /* "K=V" over the clean environment; "K" alone
                                takes K away; NULL ends [none] */
    int rows, cols;          /* [24, 80] */
    const char *term;        /* TERM [xterm-256color]; "" = unset */
    int deadline_ms;         /* of each wait [20000] */
    bool no_test_mode;       /* leave ECSDASH_TEST out [ECSDASH_TEST=1] */
    bool stderr_apart;       /* stderr to a file, see harness_stderr */
};

/* The environment is PATH, HOME (an empty directory of its own), the XDG
 * directories below it, TERM, LC_ALL=C.UTF-8, TZ=UTC, ECSDASH_TEST=1 and what
 * the sanitizers read. Fails the test if the program can't be started. */
struct harness *harness_start(const struct harness_options *o);
/* Kills what still runs, removes the home. NULL is fine. */
void harness_free(struct harness *h);
/* ECSDASH_BIN, or build/release/ecsdash. */
const char *harness_binary(void);
const char *harness_home(const struct harness *h);
pid_t harness_pid(const struct harness *h);

/* ---- doing ----------------------------------------------------------- */

/* Type bytes; counted, so that harness_sync waits for their frame. */
void harness_send(struct harness *h, const char *keys);
void harness_sendn(struct harness *h, const void *bytes, size_t n);
/* New size: the terminal's, libvterm's, SIGWINCH to the program. The next
 * harness_sync waits for a frame made after this. */
void harness_resize(struct harness *h, int rows, int cols);
void harness_signal(struct harness *h, int sig);
/* Close the terminal as a lost ssh does. */
void harness_hangup(struct harness *h);

/* ---- waiting --------------------------------------------------------- */

/* Until the program is idle, has consumed all that was sent and has painted
 * since the last resize. */
void harness_sync(struct harness *h);
/* Until an idle frame later than the last one seen: for what happens without
 * a key (data that arrives). */
void harness_next_frame(struct harness *h);
/* Until text stands somewhere on the screen, or no longer does. */
void harness_wait_text(struct harness *h, const char *text);
void harness_wait_gone(struct harness *h, const char *text);
/* Until the raw output holds the bytes. */
void harness_wait_raw(struct harness *h, const char *bytes);
/* Until the program is stopped (^Z). */
void harness_wait_stopped(struct harness *h);
/* Until it has ended. The wait status, as of waitpid. */
int harness_wait_exit(struct harness *h);
/* The same; its exit status, or 128 + the signal that killed it. */
int harness_exit_status(struct harness *h);
/* Read what has come up to now, without waiting. */
void harness_pump(struct harness *h);

/* ---- looking --------------------------------------------------------- */

/* Trailing blanks cut; borrowed until the next call for the same row. */
const char *harness_row(struct harness *h, int row);
/* All rows, each ended by a newline; heap, the caller frees. */
char *harness_text(struct harness *h);
int harness_rows(const struct harness *h);
int harness_cols(const struct harness *h);
/* First row that holds text, from `from` on; -1 if none. */
int harness_find_from(struct harness *h, const char *text, int from);
int harness_find(struct harness *h, const char *text);
bool harness_has(struct harness *h, const char *text);
/* Screen column at which text begins in the row; -1 if it isn't there. */
int harness_column(struct harness *h, int row, const char *text);

struct harness_cell {
    char text[24]; /* UTF-8, with combining characters; "" = blank */
    int width;     /* 1 or 2 */
    bool bold, reverse, underline, italic;
    int32_t fg, bg; /* -1 default, 0..255, or 0x1000000 | rrggbb */
};
struct harness_cell harness_cell(struct harness *h, int row, int col);
/* The row of the first cell of a row-wide cursor bar, i.e. the first row from
 * `from` whose cell in `col` is reverse; -1 if none. */
int harness_reverse_row(struct harness *h, int from, int col);

void harness_cursor(struct harness *h, int *row, int *col, bool *visible);
bool harness_in_altscreen(const struct harness *h);
/* Terminal settings now are those before the start, as by `stty -g`. */
bool harness_stty_restored(struct harness *h);
void harness_termios(struct harness *h, struct termios *out);
/* The last OSC other than the idle marker, without ESC ] and its end; "". */
const char *harness_last_osc(const struct harness *h);
/* Output so far, without the idle markers, in bytes; and all of it, NUL-ended,
 * up to 16 MiB, borrowed until the next wait. */
uint64_t harness_bytes(const struct harness *h);
const char *harness_raw(const struct harness *h, size_t *n);
uint64_t harness_frame(const struct harness *h); /* of the last marker */
/* What was written to stderr (stderr_apart); heap. */
char *harness_stderr(struct harness *h);
/* Print the screen to stderr. */
void harness_dump(struct harness *h);

#endif
