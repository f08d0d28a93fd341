/* input.h - terminal bytes to keys. Our own decoder, no curses: sequences may
 * be split over reads at any byte; what is not known is swallowed whole and
 * never turns into keys. */
#ifndef ECSDASH_TUI_INPUT_H
#define ECSDASH_TUI_INPUT_H

#include "backend/base/strbuf.h"
#include "keymaps/key.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INPUT_PASTE_MAX ((size_t)64 * 1024) /* the rest is dropped */

enum input_kind { INPUT_KEY, INPUT_PASTE };

struct input_event {
    enum input_kind kind;
    struct key key;
    const char *paste; /* INPUT_PASTE: borrowed during the callback */
    size_t paste_len;
};

typedef void input_fn(void *arg, const struct input_event *event);

enum input_state {
    INPUT_GROUND,
    INPUT_ESCAPE,  /* ESC seen: alone, Alt, or the start of a sequence */
    INPUT_CSI,     /* ESC [ */
    INPUT_SS3,     /* ESC O */
    INPUT_STRING,  /* OSC, DCS, APC, PM, SOS: until BEL or ST */
    INPUT_STRING_ESC,
    INPUT_LATE,    /* just after a lone ESC: its tail may still come */
    INPUT_MOUSE,   /* ESC [ M: three more bytes */
    INPUT_IN_PASTE
};

struct input {
    enum input_state state;
    bool alt;            /* the sequence began with ESC ESC */
    bool late;           /* its ESC was taken for a key: swallow the rest */
    unsigned char erase; /* the terminal's erase character */
    char params[32];     /* of a CSI; longer ones are still swallowed */
    size_t n_params;
    int mouse_left;
    char utf8[4];        /* a character split over reads */
    size_t n_utf8;
    struct strbuf paste;
    int escape_ms;       /* how long a lone ESC waits */
    uint64_t bytes;      /* consumed so far */
};

/* escape_ms: 25, or what ESCDELAY says. erase: from termios, 0 = 0x7f. */
void input_init(struct input *in, int escape_ms, unsigned char erase);
void input_release(struct input *in);
/* fn is called for each key or paste that is complete. */
void input_feed(struct input *in, const void *bytes, size_t n, input_fn *fn,
                void *arg);
/* Milliseconds until input_timeout() is due, or -1 when nothing waits. */
int input_timeout_ms(const struct input *in);
/* Bytes wait to become a key, or to be dropped. */
bool input_waits(const struct input *in);
/* No more bytes came in time: a lone ESC is the key; half a sequence is
 * dropped. */
void input_timeout(struct input *in, input_fn *fn, void *arg);

#endif
