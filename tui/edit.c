#include "tui/edit.h"

#include <string.h>

#include "backend/base/utf8.h"

void edit_release(struct edit *e)
{
    strbuf_release(&e->text);
    *e = (struct edit){0};
}

const char *edit_text(const struct edit *e)
{
    return strbuf_get(&e->text);
}

/* Replace bytes [from, to) by clean text and put the cursor behind it. */
static bool splice(struct edit *e, size_t from, size_t to, const char *text,
                   size_t n)
{
    struct strbuf line = STRBUF_INIT;
    const char *old = edit_text(e);

    if (e->text.len - (to - from) + n > EDIT_MAX || (from == to && n == 0)) {
        return false;
    }
    strbuf_append(&line, old, from);
    strbuf_append(&line, text, n);
    strbuf_append(&line, old + to, e->text.len - to);
    strbuf_release(&e->text);
    e->text = line;
    e->cursor = from + n;
    return true;
}

void edit_set(struct edit *e, const char *text)
{
    strbuf_clear(&e->text);
    e->cursor = 0;
    edit_insert(e, text, strlen(text));
}

static bool insert_over(struct edit *e, size_t start, const char *text,
                        size_t n)
{
    struct strbuf clean = STRBUF_INIT;
    bool changed = false;

    if (n <= EDIT_MAX) {
        utf8_sanitise(&clean, text, n);
        changed = splice(e, start, e->cursor, strbuf_get(&clean), clean.len);
    }
    strbuf_release(&clean);
    return changed;
}

bool edit_insert(struct edit *e, const char *text, size_t n)
{
    return insert_over(e, e->cursor, text, n);
}

void edit_replace(struct edit *e, size_t start, const char *text)
{
    insert_over(e, start, text, strlen(text));
}

/* Combining code points move and vanish with the one that they stand on. */
static bool is_joined(const char *s, size_t n)
{
    uint32_t cp;

    return n > 0 && utf8_decode(s, n, &cp) > 0 && utf8_cp_width(cp) == 0;
}

static size_t next_at(const struct edit *e, size_t at)
{
    const char *s = edit_text(e);
    uint32_t cp;

    if (at >= e->text.len) {
        return e->text.len;
    }
    do {
        at += utf8_decode(s + at, e->text.len - at, &cp);
    } while (is_joined(s + at, e->text.len - at));
    return at;
}

static size_t prev_at(const struct edit *e, size_t at)
{
    const char *s = edit_text(e);

    while (at > 0) {
        at--;
        if (((unsigned char)s[at] & 0xc0) != 0x80 &&
            !is_joined(s + at, e->text.len - at)) {
            break;
        }
    }
    return at;
}

static size_t word_start(const struct edit *e)
{
    const char *s = edit_text(e);
    size_t at = e->cursor;

    while (at > 0 && s[at - 1] == ' ') {
        at--;
    }
    while (at > 0 && s[at - 1] != ' ') {
        at--;
    }
    return at;
}

static enum edit_result move_to(struct edit *e, size_t at)
{
    e->cursor = at;
    return EDIT_MOVED;
}

static enum edit_result erase(struct edit *e, size_t from, size_t to)
{
    return splice(e, from, to, "", 0) ? EDIT_CHANGED : EDIT_MOVED;
}

enum edit_result edit_act(struct edit *e, enum action_id action)
{
    switch (action) {
    case ACTION_CURSOR_LEFT:
        return move_to(e, prev_at(e, e->cursor));
    case ACTION_CURSOR_RIGHT:
        return move_to(e, next_at(e, e->cursor));
    case ACTION_CURSOR_HOME:
        return move_to(e, 0);
    case ACTION_CURSOR_END:
        return move_to(e, e->text.len);
    case ACTION_ERASE:
        return erase(e, prev_at(e, e->cursor), e->cursor);
    case ACTION_ERASE_NEXT:
        return erase(e, e->cursor, next_at(e, e->cursor));
    case ACTION_ERASE_WORD:
        return erase(e, word_start(e), e->cursor);
    case ACTION_ERASE_LINE:
        return erase(e, 0, e->cursor);
    case ACTION_ERASE_END: {
        size_t at = e->cursor;
        enum edit_result r = erase(e, at, e->text.len);

        e->cursor = at;
        return r;
    }
    default:
        return EDIT_IGNORED;
    }
}

int edit_draw(const struct edit *e, struct surface *s, int row, int col,
              int cols, enum role role)
{
    const char *text = edit_text(e);
    size_t from = 0;
    int at;

    if (cols <= 0) {
        return col;
    }
    /* Drop whole characters on the left until the cursor, which needs a
     * column of its own, is inside. */
    while ((at = utf8_width(text + from, e->cursor - from)) > cols - 1 &&
           from < e->cursor) {
        from = next_at(e, from);
    }
    surface_fill(s, (struct rect){row, col, 1, cols}, role);
    surface_putn(s, row, col, cols, role, text + from, e->text.len - from);
    return col + at;
}
