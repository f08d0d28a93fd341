/* A small state machine after the ECMA-48 shape of sequences: what follows
 * ESC [ is parameter bytes (0x30-0x3f), intermediates (0x20-0x2f) and one
 * final byte (0x40-0x7e), known or not. */
#include "tui/input.h"

#include "backend/base/mem.h"
#include "backend/base/utf8.h"

#include <stdlib.h>
#include <string.h>

#define ESC 0x1b

struct sequence {
    char final;
    int number; /* first parameter of a `~` sequence, -1 = any */
    uint32_t code;
};

/* xterm, screen, linux console, rxvt and vt100 agree on these. */
static const struct sequence csi_keys[] = {
    {'A', -1, K_UP},      {'B', -1, K_DOWN},     {'C', -1, K_RIGHT},
    {'D', -1, K_LEFT},    {'H', -1, K_HOME},     {'F', -1, K_END},
    {'Z', -1, K_BACKTAB}, {'P', -1, K_F1},       {'Q', -1, K_F2},
    {'R', -1, K_F3},      {'S', -1, K_F4},       {'~', 1, K_HOME},
    {'~', 2, K_INSERT},   {'~', 3, K_DELETE},    {'~', 4, K_END},
    {'~', 5, K_PAGE_UP},  {'~', 6, K_PAGE_DOWN}, {'~', 7, K_HOME},
    {'~', 8, K_END},      {'~', 11, K_F1},       {'~', 12, K_F2},
    {'~', 13, K_F3},      {'~', 14, K_F4},       {'~', 15, K_F5},
    {'~', 17, K_F6},      {'~', 18, K_F7},       {'~', 19, K_F8},
    {'~', 20, K_F9},      {'~', 21, K_F10},      {'~', 23, K_F11},
    {'~', 24, K_F12},
};

static const struct sequence ss3_keys[] = {
    {'A', -1, K_UP},   {'B', -1, K_DOWN}, {'C', -1, K_RIGHT},
    {'D', -1, K_LEFT}, {'H', -1, K_HOME}, {'F', -1, K_END},
    {'P', -1, K_F1},   {'Q', -1, K_F2},   {'R', -1, K_F3},
    {'S', -1, K_F4},   {'M', -1, K_ENTER},
};

void input_init(struct input *in, int escape_ms, unsigned char erase)
{
    *in = (struct input){.escape_ms = escape_ms,
                         .erase = erase ? erase : 0x7f};
}

void input_release(struct input *in)
{
    strbuf_release(&in->paste);
}

static void emit(struct input *in, uint32_t code, uint8_t mods, input_fn *fn,
                 void *arg)
{
    struct input_event e = {.kind = INPUT_KEY, .key = {code, mods}};
    bool late = in->late;
    if (in->alt)
        e.key.mods |= K_ALT;
    in->alt = in->late = false;
    if (!late)
        fn(arg, &e);
}

/* Control bytes and ASCII; returns the key of one byte below 0x80. */
static struct key plain_key(const struct input *in, unsigned char c)
{
    if (c == in->erase || c == 0x7f)
        return (struct key){K_BACKSPACE, 0};
    switch (c) {
    case '\r':
    case '\n':
        return (struct key){K_ENTER, 0};
    case '\t':
        return (struct key){K_TAB, 0};
    case 0x08:
        return (struct key){K_BACKSPACE, 0};
    case 0:
        return (struct key){' ', K_CTRL};
    default:
        break;
    }
    if (c < 0x1b)
        return (struct key){(uint32_t)(c - 1 + 'a'), K_CTRL};
    if (c < 0x20)
        return (struct key){(uint32_t)(c + 0x40), K_CTRL};
    return (struct key){c, 0};
}

/* xterm's modifier parameter: 1 + shift + 2 alt + 4 ctrl. */
static uint8_t modifiers(int p)
{
    uint8_t mods = 0;
    if (p < 2 || p > 16)
        return 0;
    if ((p - 1) & 1)
        mods |= K_SHIFT;
    if ((p - 1) & 2)
        mods |= K_ALT;
    if ((p - 1) & 4)
        mods |= K_CTRL;
    return mods;
}

static void start_paste(struct input *in)
{
    strbuf_clear(&in->paste);
    in->state = INPUT_IN_PASTE;
}

static void finish_csi(struct input *in, char final, input_fn *fn, void *arg)
{
    int p[2] = {0, 0};
    size_t k = 0;
    in->state = INPUT_GROUND;
    in->params[in->n_params] = '\0';
    /* ESC [ [ A to E: F1 to F5 of the linux console. */
    if (in->n_params == 1 && in->params[0] == '[') {
        if (final >= 'A' && final <= 'E')
            emit(in, (uint32_t)(K_F1 + (final - 'A')), 0, fn, arg);
        in->alt = false;
        return;
    }
    if (final == 'M' && !in->n_params) { /* X10 mouse report */
        in->state = INPUT_MOUSE;
        in->mouse_left = 3;
        return;
    }
    for (size_t i = 0; i < in->n_params; i++) {
        char c = in->params[i];
        if (c == ';' && k == 0)
            k = 1;
        else if (c >= '0' && c <= '9' && p[k] < 10000)
            p[k] = p[k] * 10 + (c - '0');
        else {
            in->alt = false;
            return; /* private or too many parameters: not a key of ours */
        }
    }
    if (final == '~' && p[0] == 200) {
        start_paste(in);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(csi_keys); i++) {
        const struct sequence *s = &csi_keys[i];
        if (s->final == final && (s->number < 0 || s->number == p[0])) {
            emit(in, s->code, modifiers(p[1]), fn, arg);
            return;
        }
    }
    in->alt = false;
}

static void in_csi(struct input *in, unsigned char c, input_fn *fn, void *arg)
{
    if (c >= 0x40 && c <= 0x7e && !(c == '[' && !in->n_params)) {
        finish_csi(in, (char)c, fn, arg);
    } else if (c == '[' || (c >= 0x20 && c <= 0x3f)) {
        if (in->n_params < sizeof(in->params) - 1)
            in->params[in->n_params++] = (char)c;
    } else if (c == ESC) {
        in->state = INPUT_ESCAPE;
        in->alt = false;
    } else {
        in->state = INPUT_GROUND; /* broken off by a control byte */
        in->alt = false;
    }
}

static void in_escape(struct input *in, unsigned char c, input_fn *fn,
                      void *arg)
{
    in->n_params = 0;
    switch (c) {
    case '[':
        in->state = INPUT_CSI;
        return;
    case 'O':
        in->state = INPUT_SS3;
        return;
    case ']':
    case 'P':
    case 'X':
    case '^':
    case '_':
        in->state = INPUT_STRING;
        return;
    case ESC:
        /* ESC ESC [ A is Alt-Up of rxvt; ESC ESC alone is two of them. */
        if (in->alt)
            emit(in, K_ESC, 0, fn, arg);
        in->alt = true;
        return;
    default:
        break;
    }
    in->state = INPUT_GROUND;
    in->alt = true;
    struct key k = plain_key(in, c);
    emit(in, k.code, k.mods, fn, arg);
}

static void in_ss3(struct input *in, unsigned char c, input_fn *fn, void *arg)
{
    if ((c >= '0' && c <= '9') || c == ';')
        return; /* ESC O 1 ; 5 P: modifiers, not told apart */
    in->state = INPUT_GROUND;
    for (size_t i = 0; i < ARRAY_LEN(ss3_keys); i++) {
        if (ss3_keys[i].final == (char)c) {
            emit(in, ss3_keys[i].code, 0, fn, arg);
            return;
        }
    }
    in->alt = false;
}

static void in_paste(struct input *in, unsigned char c, input_fn *fn,
                     void *arg)
{
    static const char end[] = "\033[201~";
    size_t n = sizeof(end) - 1;
    if (in->paste.len < INPUT_PASTE_MAX + n)
        strbuf_putc(&in->paste, (char)c);
    else { /* keep only a tail long enough to see the end */
        memmove(in->paste.data + INPUT_PASTE_MAX,
                in->paste.data + INPUT_PASTE_MAX + 1, n - 1);
        in->paste.data[in->paste.len - 1] = (char)c;
    }
    if (in->paste.len < n ||
        memcmp(in->paste.data + in->paste.len - n, end, n) != 0)
        return;
    in->paste.len -= n;
    in->paste.data[in->paste.len] = '\0';
    in->state = INPUT_GROUND;
    in->alt = false;
    struct input_event e = {.kind = INPUT_PASTE,
                            .paste = strbuf_get(&in->paste),
                            .paste_len = in->paste.len};
    fn(arg, &e);
}

static void in_ground(struct input *in, unsigned char c, input_fn *fn,
                      void *arg)
{
    static const unsigned char need[] = {[12] = 2, [13] = 2, [14] = 3,
                                         [15] = 4};
    if (in->n_utf8) {
        if ((c & 0xc0) != 0x80) { /* broken off: drop the half character */
            in->n_utf8 = 0;
            in_ground(in, c, fn, arg);
            return;
        }
        in->utf8[in->n_utf8++] = (char)c;
        if (in->n_utf8 < need[(unsigned char)in->utf8[0] >> 4])
            return;
        uint32_t cp;
        size_t used = utf8_decode(in->utf8, in->n_utf8, &cp);
        bool whole = used == in->n_utf8;
        in->n_utf8 = 0;
        if (whole)
            emit(in, cp, 0, fn, arg);
        return;
    }
    if (c == ESC) {
        in->state = INPUT_ESCAPE;
    } else if (c >= 0xc2 && c <= 0xf4) {
        in->utf8[in->n_utf8++] = (char)c;
    } else if (c < 0x80) {
        struct key k = plain_key(in, c);
        emit(in, k.code, k.mods, fn, arg);
    }
}

static void feed_byte(struct input *in, unsigned char c, input_fn *fn,
                      void *arg)
{
    switch (in->state) {
    case INPUT_GROUND:
        in_ground(in, c, fn, arg);
        break;
    case INPUT_ESCAPE:
        in_escape(in, c, fn, arg);
        break;
    case INPUT_CSI:
        in_csi(in, c, fn, arg);
        break;
    case INPUT_SS3:
        in_ss3(in, c, fn, arg);
        break;
    case INPUT_STRING:
        if (c == 0x07)
            in->state = INPUT_GROUND;
        else if (c == ESC)
            in->state = INPUT_STRING_ESC;
        break;
    case INPUT_STRING_ESC:
        in->state = c == '\\' ? INPUT_GROUND
                    : c == ESC ? INPUT_STRING_ESC
                               : INPUT_STRING;
        break;
    case INPUT_LATE:
        in->late = c == '[' || c == 'O';
        in->n_params = 0;
        if (in->late) {
            in->state = c == '[' ? INPUT_CSI : INPUT_SS3;
            break;
        }
        in->state = INPUT_GROUND;
        in_ground(in, c, fn, arg);
        break;
    case INPUT_MOUSE:
        if (--in->mouse_left == 0)
            in->state = INPUT_GROUND;
        break;
    case INPUT_IN_PASTE:
        in_paste(in, c, fn, arg);
        break;
    }
    if (in->state == INPUT_GROUND && !in->n_utf8)
        in->alt = false;
    if (in->state != INPUT_CSI && in->state != INPUT_SS3)
        in->late = false;
}

void input_feed(struct input *in, const void *bytes, size_t n, input_fn *fn,
                void *arg)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < n; i++)
        feed_byte(in, p[i], fn, arg);
    in->bytes += n;
}

/* The first byte of a tail whose ESC was a key by then, and nothing after it
 * yet: a person may have typed it. */
static bool is_bare_tail(const struct input *in)
{
    return in->late && (in->state == INPUT_SS3 || !in->n_params);
}

/* A lone ESC is decided soon. Half a sequence gets longer: on a slow link its
 * tail may be seconds behind, and it must not turn into keys; a paste waits
 * for its end for ever. */
int input_timeout_ms(const struct input *in)
{
    switch (in->state) {
    case INPUT_ESCAPE:
        return in->escape_ms;
    case INPUT_LATE:
        return 1000;
    case INPUT_CSI:
    case INPUT_SS3:
        return is_bare_tail(in) ? 250 : 5000;
    case INPUT_STRING:
    case INPUT_STRING_ESC:
    case INPUT_MOUSE:
        return 5000;
    case INPUT_GROUND:
    case INPUT_IN_PASTE:
        break;
    }
    return -1;
}

bool input_waits(const struct input *in)
{
    return in->state != INPUT_LATE && input_timeout_ms(in) >= 0;
}

void input_timeout(struct input *in, input_fn *fn, void *arg)
{
    enum input_state was = in->state;
    bool twice = in->alt, bare = is_bare_tail(in);
    if (was == INPUT_GROUND || was == INPUT_IN_PASTE)
        return;
    in->state = was == INPUT_ESCAPE ? INPUT_LATE : INPUT_GROUND;
    in->alt = in->late = false;
    if (was == INPUT_ESCAPE) {
        emit(in, K_ESC, 0, fn, arg);
        if (twice)
            emit(in, K_ESC, 0, fn, arg);
    } else if (bare) {
        emit(in, was == INPUT_CSI ? '[' : 'O', 0, fn, arg);
    }
}
