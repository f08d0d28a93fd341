/* key.h - one key press, as everybody above the terminal sees it. A leaf: no
 * curses here.
 *
 * Ctrl-R is {'r', K_CTRL}; R is {'R', 0}; Alt-x is {'x', K_ALT}. Enter, Tab,
 * Esc and Backspace are names, not control characters. */
#ifndef ECSDASH_KEYMAPS_KEY_H
#define ECSDASH_KEYMAPS_KEY_H

#include <stdbool.h>
#include <stdint.h>

/* Beyond Unicode, so that they never collide with a code point. */
enum key_code {
    K_NONE = 0,
    K_UP = 0x110000,
    K_DOWN,
    K_LEFT,
    K_RIGHT,
    K_HOME,
    K_END,
    K_PAGE_UP,
    K_PAGE_DOWN,
    K_INSERT,
    K_DELETE,
    K_ENTER,
    K_TAB,
    K_BACKTAB,
    K_BACKSPACE,
    K_ESC,
    K_F1,
    K_F2,
    K_F3,
    K_F4,
    K_F5,
    K_F6,
    K_F7,
    K_F8,
    K_F9,
    K_F10,
    K_F11,
    K_F12
};

enum key_mod { K_CTRL = 1, K_ALT = 2, K_SHIFT = 4 };

struct key {
    uint32_t code; /* code point, or enum key_code */
    uint8_t mods;  /* K_CTRL | K_ALT | K_SHIFT; SHIFT only on named keys */
};

static inline bool key_equal(struct key a, struct key b)
{
    return a.code == b.code && a.mods == b.mods;
}

#endif
