#include "tui/prompt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/utf8.h"
#include "keymaps/keyspec.h"

void prompt_init(struct prompt *p)
{
    *p = (struct prompt){0};
}

void prompt_release(struct prompt *p)
{
    edit_release(&p->edit);
    completion_release(&p->candidates);
    free(p->typed);
    prompt_init(p);
}

void prompt_open(struct prompt *p, const char *label, const char *text,
                 struct history *history, completer_fn *complete, void *ctx)
{
    prompt_release(p);
    p->open = true;
    snprintf(p->label, sizeof(p->label), "%s", label);
    edit_set(&p->edit, text ? text : "");
    p->history = history;
    p->complete = complete;
    p->complete_ctx = ctx;
}

void prompt_close(struct prompt *p)
{
    prompt_release(p);
}

const char *prompt_text(const struct prompt *p)
{
    return edit_text(&p->edit);
}

/* The line is being typed again: forget where we were in lists. */
static void stop_walks(struct prompt *p)
{
    completion_release(&p->candidates);
    p->candidate = 0;
    p->walk = 0;
    free(p->typed);
    p->typed = NULL;
}

/* Older and newer lines among those that begin with what was typed. */
static enum prompt_result walk_history(struct prompt *p, bool older)
{
    const char *line;
    size_t to;

    if (!p->history || (!older && p->walk == 0)) {
        return PROMPT_MOVED;
    }
    to = older ? p->walk + 1 : p->walk - 1;
    if (!p->typed) {
        p->typed = xstrdup(prompt_text(p));
    }
    line = to == 0 ? p->typed : history_get(p->history, p->typed, to - 1);
    if (!line) {
        return PROMPT_MOVED;
    }
    completion_release(&p->candidates);
    edit_set(&p->edit, line);
    p->walk = to;
    if (to == 0) {
        free(p->typed);
        p->typed = NULL;
    }
    return PROMPT_CHANGED;
}

/* First Tab: as much as all candidates share. Further Tabs go through them,
 * and past the last one back to the first. */
static enum prompt_result complete(struct prompt *p)
{
    struct completion *c = &p->candidates;
    size_t common;
    char *shared;

    if (c->n > 1) {
        p->candidate = p->candidate + 1 < c->n ? p->candidate + 1 : 0;
        edit_replace(&p->edit, c->start, c->items[p->candidate]);
        return PROMPT_CHANGED;
    }
    if (!p->complete) {
        return PROMPT_MOVED;
    }
    stop_walks(p);
    p->complete(p->complete_ctx, prompt_text(p), p->edit.cursor, c);
    if (c->n == 0 || c->start > p->edit.cursor) {
        completion_release(c);
        return PROMPT_MOVED;
    }
    common = completion_common(c);
    if (c->n == 1) {
        edit_replace(&p->edit, c->start, c->items[0]);
        if (p->edit.cursor == p->edit.text.len) {
            edit_insert(&p->edit, " ", 1);
        }
        completion_release(c);
        return PROMPT_CHANGED;
    }
    p->candidate = c->n;
    if (common <= p->edit.cursor - c->start) {
        return PROMPT_MOVED;
    }
    shared = xstrndup(c->items[0], common);
    edit_replace(&p->edit, c->start, shared);
    free(shared);
    return PROMPT_CHANGED;
}

static enum prompt_result edited(struct prompt *p, enum edit_result r)
{
    if (r == EDIT_IGNORED) {
        return PROMPT_IGNORED;
    }
    stop_walks(p);
    return r == EDIT_CHANGED ? PROMPT_CHANGED : PROMPT_MOVED;
}

static enum prompt_result act(struct prompt *p, enum action_id action)
{
    switch (action) {
    case ACTION_ACCEPT:
        if (p->history) {
            history_add(p->history, prompt_text(p));
        }
        return PROMPT_ACCEPTED;
    case ACTION_ABORT:
        return PROMPT_CANCELLED;
    case ACTION_COMPLETE:
        return complete(p);
    case ACTION_OLDER:
    case ACTION_NEWER:
        return walk_history(p, action == ACTION_OLDER);
    case ACTION_ERASE:
        if (p->edit.text.len == 0) {
            return PROMPT_CANCELLED;
        }
        return edited(p, edit_act(&p->edit, action));
    default:
        return edited(p, edit_act(&p->edit, action));
    }
}

enum prompt_result prompt_key(struct prompt *p, const struct keymap *map,
                              struct key key)
{
    static const enum context here[] = {CONTEXT_PROMPT};
    const struct binding *b = keymap_lookup(map, here, ARRAY_LEN(here), key);
    char text[4];
    size_t n = keyspec_text(key, text);

    if (b) {
        return act(p, b->action);
    }
    if (n == 0) {
        return PROMPT_IGNORED;
    }
    stop_walks(p);
    return edit_insert(&p->edit, text, n) ? PROMPT_CHANGED : PROMPT_MOVED;
}

enum prompt_result prompt_paste(struct prompt *p, const char *text, size_t n)
{
    /* The newline that ends a copied line is not part of it. */
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r')) {
        n--;
    }
    stop_walks(p);
    return edit_insert(&p->edit, text, n) ? PROMPT_CHANGED : PROMPT_MOVED;
}

void prompt_draw(const struct prompt *p, struct surface *s, struct rect r)
{
    int row = r.row + r.rows - 1;
    int used;

    if (!p->open || r.rows < 1 || r.cols < 1) {
        return;
    }
    surface_fill(s, (struct rect){row, r.col, 1, r.cols}, ROLE_PROMPT);
    used = surface_put(s, row, r.col, r.cols > 1 ? r.cols - 1 : 0,
                       ROLE_PROMPT, p->label);
    s->cursor_row = row;
    s->cursor_col = edit_draw(&p->edit, s, row, r.col + used, r.cols - used,
                              ROLE_PROMPT);
    s->cursor_visible = true;
    if (p->candidates.n > 1 && r.rows > 1) {
        completion_draw(&p->candidates, p->candidate, s,
                        (struct rect){row - 1, r.col, 1, r.cols});
    }
}
