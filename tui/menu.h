/* menu.h - a pick list in a frame: sort column, candidates. */
#ifndef ECSDASH_TUI_MENU_H
#define ECSDASH_TUI_MENU_H

#include "keymaps/keymap.h"
#include "tui/surface.h"

#include <stdbool.h>
#include <stddef.h>

enum menu_result { MENU_IGNORED, MENU_MOVED, MENU_CHOSEN, MENU_CANCELLED };

struct menu_item {
    char *label;
    char *note;   /* right of it, muted; "" if none */
    bool current; /* what is in force now: shown with `*` */
};

struct menu {
    bool open;
    char *title;
    struct menu_item *items;
    size_t n, cap;
    size_t cursor;
};

void menu_init(struct menu *m);
void menu_release(struct menu *m);
void menu_open(struct menu *m, const char *title); /* empty */
void menu_close(struct menu *m);
/* The first current item takes the cursor. */
void menu_add(struct menu *m, const char *label, const char *note,
              bool current);
/* Keys are looked up in {MENU}; a letter or digit that is not bound jumps to
 * the next item that begins with it. CHOSEN: m->cursor is the choice. */
enum menu_result menu_key(struct menu *m, const struct keymap *map,
                          struct key key);
/* Centred in r, scrolled to the cursor. */
void menu_draw(const struct menu *m, struct surface *s, struct rect r);

#endif
