/* harness.h - the real binary in a pseudo-terminal, read back through
 * libvterm: text and attributes.
 *
 * Tests wait for idle, never for time: in test mode (ECSDASH_TEST) the program
 * writes `ESC ] 7717 ; idle ; INPUT-BYTES ; FRAME BEL` after a frame with
 * nothing in flight. The marker is found in the raw bytes, since libvterm
 * 0.1.4 loses the head of an OSC that is split over writes. */
#ifndef ECSDASH_TESTS_SCREEN_HARNESS_H
#define ECSDASH_TESTS_SCREEN_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <termios.h>

struct screen;

struct screen_options {
    int rows, cols;
    const char *term;        /* NULL = xterm-256color */
    const char *const *argv; /* NULL-terminated; argv[0] NULL = $ECSDASH_BIN */
    const char *const *env;  /* more "NAME=value", NULL-terminated; or NULL */
};

/* Clean environment, C.UTF-8, UTC, a home of its own. */
struct screen *screen_start(const struct screen_options *o);
/* Kills what still runs. */
void screen_free(struct screen *s);

/* Send keys. Escapes as in C strings. */
void screen_keys(struct screen *s, const char *keys);
void screen_bytes(struct screen *s, const void *bytes, size_t n);
/* Until the program says idle having seen all input sent so far. False after
 * ten seconds. */
bool screen_idle(struct screen *s);
/* Until the screen holds the text somewhere. False after ten seconds. */
bool screen_wait(struct screen *s, const char *text);
bool screen_wait_gone(struct screen *s, const char *text);
/* Read what has come for at most ms; for tests of silence. */
void screen_read(struct screen *s, int ms);

/* Row as UTF-8 without trailing blanks; heap. */
char *screen_row(struct screen *s, int row);
/* All rows joined with newlines; heap. */
char *screen_text(struct screen *s);
bool screen_has(struct screen *s, const char *text);
/* First row that holds the text, or -1. */
int screen_find(struct screen *s, const char *text);

struct screen_cell {
    uint32_t ch;
    bool bold, reverse, underline;
    bool colored; /* foreground is not the default */
    uint8_t fg_r, fg_g, fg_b;
    uint8_t bg_r, bg_g, bg_b;
    bool bg_default;
    int width;
};
struct screen_cell screen_cell(struct screen *s, int row, int col);
void screen_cursor(struct screen *s, int *row, int *col);

void screen_resize(struct screen *s, int rows, int cols);
/* Close the terminal under the program. Only screen_end and screen_free may
 * follow. */
void screen_hang_up(struct screen *s);
void screen_signal(struct screen *s, int sig);
/* Waits for the end; exit status, or -signal. -1000 when it runs on. */
int screen_end(struct screen *s);
pid_t screen_pid(const struct screen *s);
/* Everything written so far, and how much. */
const char *screen_raw(const struct screen *s, size_t *n);
/* stty as it was before the start / as it is now. */
void screen_stty(struct screen *s, struct termios *before,
                 struct termios *now);
int screen_rows(const struct screen *s);
int screen_cols(const struct screen *s);

/* A simulator of its own: `ECSDASH_BIN --sim-server` with more arguments;
 * endpoint and keys as environment entries for screen_options.env. */
struct sim_child {
    pid_t pid;
    char endpoint[96];
    char env[4][160]; /* AWS_ENDPOINT_URL, keys, region */
    const char *envp[8];
};
bool sim_child_start(struct sim_child *c, const char *const *args);
void sim_child_stop(struct sim_child *c);

#endif
