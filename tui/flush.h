/* flush.h - a surface to curses cells. Included by term.c and flush.c only. */
#ifndef ECSDASH_TUI_FLUSH_H
#define ECSDASH_TUI_FLUSH_H

#include "themes/theme.h"
#include "tui/surface.h"

#include <stdbool.h>

struct flush {
    int colors;       /* of the terminal; 0 = mono */
    bool utf8;        /* else everything beyond ASCII becomes `?` */
    struct {
        short fg, bg;
    } pairs[256];     /* pair number = index; 0 is the default pair */
    int n_pairs;
};

void flush_init(struct flush *f, int colors, bool utf8);
/* Put s on stdscr and move the cursor; no output yet. */
void flush_surface(struct flush *f, const struct surface *s,
                   const struct theme *th);

#endif
