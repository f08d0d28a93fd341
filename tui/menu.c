#include "tui/menu.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "backend/base/utf8.h"
#include "keymaps/keyspec.h"

void menu_init(struct menu *m)
{
    *m = (struct menu){0};
}

void menu_release(struct menu *m)
{
    for (size_t i = 0; i < m->n; i++) {
        free(m->items[i].label);
        free(m->items[i].note);
    }
    free(m->items);
    free(m->title);
    menu_init(m);
}

void menu_open(struct menu *m, const char *title)
{
    menu_release(m);
    m->open = true;
    m->title = xstrdup(title);
}

void menu_close(struct menu *m)
{
    menu_release(m);
}

void menu_add(struct menu *m, const char *label, const char *note,
              bool current)
{
    bool first = current;

    for (size_t i = 0; i < m->n; i++) {
        first = first && !m->items[i].current;
    }
    m->items = xgrow(m->items, &m->cap, m->n + 1, sizeof(*m->items));
    m->items[m->n] = (struct menu_item){
        .label = xstrdup(label),
        .note = xstrdup(note ? note : ""),
        .current = current,
    };
    if (first) {
        m->cursor = m->n;
    }
    m->n++;
}

#define MENU_PAGE 8

static enum menu_result move_by(struct menu *m, bool down, size_t by)
{
    if (m->n == 0) {
        return MENU_MOVED;
    }
    if (down) {
        m->cursor = m->n - 1 - m->cursor < by ? m->n - 1 : m->cursor + by;
    } else {
        m->cursor -= m->cursor < by ? m->cursor : by;
    }
    return MENU_MOVED;
}

static enum menu_result act(struct menu *m, enum action_id action)
{
    switch (action) {
    case ACTION_DOWN:
    case ACTION_UP:
        return move_by(m, action == ACTION_DOWN, 1);
    case ACTION_PAGE_DOWN:
    case ACTION_PAGE_UP:
        return move_by(m, action == ACTION_PAGE_DOWN, MENU_PAGE);
    case ACTION_HALF_DOWN:
    case ACTION_HALF_UP:
        return move_by(m, action == ACTION_HALF_DOWN, MENU_PAGE / 2);
    case ACTION_TOP:
    case ACTION_BOTTOM:
        return move_by(m, action == ACTION_BOTTOM, m->n);
    case ACTION_OPEN:
        return m->n > 0 ? MENU_CHOSEN : MENU_CANCELLED;
    case ACTION_BACK:
        return MENU_CANCELLED;
    default:
        return MENU_IGNORED;
    }
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static enum menu_result jump(struct menu *m, char c)
{
    for (size_t i = 1; i <= m->n; i++) {
        size_t at = (m->cursor + i) % m->n;

        if (lower(m->items[at].label[0]) == lower(c)) {
            m->cursor = at;
            return MENU_MOVED;
        }
    }
    return MENU_IGNORED;
}

enum menu_result menu_key(struct menu *m, const struct keymap *map,
                          struct key key)
{
    static const enum context here[] = {CONTEXT_MENU};
    const struct binding *b = keymap_lookup(map, here, ARRAY_LEN(here), key);
    char text[4];

    if (b) {
        return act(m, b->action);
    }
    return keyspec_text(key, text) == 1 ? jump(m, text[0]) : MENU_IGNORED;
}

static int text_width(const char *text)
{
    return utf8_width(text, strlen(text));
}

static void draw_item(const struct menu *m, size_t i, struct surface *s,
                      int row, int col, int cols)
{
    const struct menu_item *item = &m->items[i];
    bool on = i == m->cursor;
    struct strbuf cut = STRBUF_INIT;
    int note = text_width(item->note);
    int used;

    surface_fill(s, (struct rect){row, col, 1, cols},
                 on ? ROLE_FOCUS : ROLE_DIALOG);
    surface_put(s, row, col, cols, on ? ROLE_FOCUS : ROLE_DIALOG,
                on ? ">" : " ");
    if (item->current && cols > 1) {
        surface_put(s, row, col + 1, 1, on ? ROLE_FOCUS : ROLE_MARK, "*");
    }
    if (cols > 2) {
        utf8_put_end(&cut, item->label, cols - 2);
        used = 2 + surface_put(s, row, col + 2, cols - 2,
                               on ? ROLE_FOCUS : ROLE_DIALOG,
                               strbuf_get(&cut));
        if (note > 0 && used + 2 + note <= cols) {
            surface_put_right(s, row, col, cols, on ? ROLE_FOCUS : ROLE_MUTED,
                              item->note);
        }
    }
    strbuf_release(&cut);
    if (on) {
        s->cursor_row = row;
        s->cursor_col = col;
    }
}

void menu_draw(const struct menu *m, struct surface *s, struct rect r)
{
    int width = text_width(m->title ? m->title : "") + 6;
    int height = m->n < 200 ? (int)m->n : 200;
    bool framed = r.rows >= 3 && r.cols >= 5;
    struct rect in;
    size_t top = 0;

    if (!m->open || r.rows < 1 || r.cols < 1) {
        return;
    }
    for (size_t i = 0; i < m->n; i++) {
        int w = text_width(m->items[i].label) + text_width(m->items[i].note);

        width = width > w + 7 ? width : w + 7;
    }
    width = width < r.cols ? width : r.cols;
    height = height + 2 * framed < r.rows ? height : r.rows - 2 * framed;
    in = (struct rect){r.row + (r.rows - height) / 2,
                       r.col + (r.cols - width) / 2, height, width};
    if (framed) {
        struct rect frame = {in.row - 1, in.col, height + 2, width};

        surface_frame(s, frame, ROLE_DIALOG, m->title);
        in.col++;
        in.cols -= 2;
    }
    if (m->cursor >= (size_t)in.rows) {
        top = m->cursor - (size_t)in.rows + 1;
    }
    for (int i = 0; i < in.rows && top + (size_t)i < m->n; i++) {
        draw_item(m, top + (size_t)i, s, in.row + i, in.col, in.cols);
    }
}
