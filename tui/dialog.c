#include "tui/dialog.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "backend/base/utf8.h"
#include "keymaps/keyspec.h"

void dialog_init(struct dialog *d)
{
    *d = (struct dialog){.focus = DIALOG_ON_CANCEL};
}

/* Something that the user should see before agreeing has changed. */
static void ask_again(struct dialog *d)
{
    d->painted = false;
    d->focus = DIALOG_ON_CANCEL;
}

void dialog_clear_lines(struct dialog *d)
{
    for (size_t i = 0; i < d->n_lines; i++) {
        free(d->lines[i].label);
        free(d->lines[i].value);
    }
    d->n_lines = 0;
    ask_again(d);
}

void dialog_release(struct dialog *d)
{
    dialog_clear_lines(d);
    free(d->lines);
    free(d->title);
    free(d->field_label);
    free(d->expected);
    free(d->confirm);
    free(d->complaint);
    edit_release(&d->edit);
    dialog_init(d);
}

static char *clean_copy(const char *text)
{
    struct strbuf b = STRBUF_INIT;

    utf8_sanitise(&b, text, strlen(text));
    return strbuf_detach(&b);
}

void dialog_open(struct dialog *d, const char *title, const char *confirm)
{
    dialog_release(d);
    d->open = true;
    d->title = clean_copy(title);
    d->confirm = confirm ? clean_copy(confirm) : NULL;
}

void dialog_close(struct dialog *d)
{
    dialog_release(d);
}

void dialog_add(struct dialog *d, enum role role, const char *label,
                const char *fmt, ...)
{
    struct strbuf b = STRBUF_INIT;
    va_list ap;

    va_start(ap, fmt);
    strbuf_vprintf(&b, fmt, ap);
    va_end(ap);
    d->lines = xgrow(d->lines, &d->cap_lines, d->n_lines + 1,
                     sizeof(*d->lines));
    d->lines[d->n_lines++] = (struct dialog_line){
        .label = clean_copy(label),
        .value = clean_copy(strbuf_get(&b)),
        .role = role,
    };
    strbuf_release(&b);
    ask_again(d);
}

void dialog_revise(struct dialog *d, enum role role, const char *label,
                   const char *fmt, ...)
{
    struct strbuf b = STRBUF_INIT;
    va_list ap;
    size_t i = 0;

    while (i < d->n_lines && strcmp(d->lines[i].label, label) != 0) {
        i++;
    }
    if (i == d->n_lines) {
        return;
    }
    va_start(ap, fmt);
    strbuf_vprintf(&b, fmt, ap);
    va_end(ap);
    free(d->lines[i].value);
    d->lines[i].value = clean_copy(strbuf_get(&b));
    d->lines[i].role = role;
    d->stale = true;
    strbuf_release(&b);
}

static void set_field(struct dialog *d, enum dialog_field field,
                      const char *label, const char *value)
{
    d->field = field;
    d->secret = false;
    free(d->field_label);
    d->field_label = clean_copy(label);
    free(d->expected);
    d->expected = NULL;
    free(d->complaint);
    d->complaint = NULL;
    edit_set(&d->edit, value);
    ask_again(d);
}

void dialog_ask_typed(struct dialog *d, const char *label,
                      const char *expected)
{
    set_field(d, DIALOG_TYPED, label, "");
    d->expected = xstrdup(expected);
}

void dialog_ask_number(struct dialog *d, const char *label, int64_t value,
                       int64_t min, int64_t max)
{
    char text[32];

    snprintf(text, sizeof(text), "%lld", (long long)value);
    set_field(d, DIALOG_NUMBER, label, text);
    d->min = min;
    d->max = max;
}

void dialog_ask_text(struct dialog *d, const char *label, const char *value)
{
    set_field(d, DIALOG_TEXT, label, value);
}

void dialog_ask_secret(struct dialog *d, const char *label)
{
    set_field(d, DIALOG_TEXT, label, "");
    d->secret = true;
}

const char *dialog_text(const struct dialog *d)
{
    return edit_text(&d->edit);
}

int dialog_number(const struct dialog *d, int64_t *out)
{
    return fmt_parse_int(dialog_text(d), d->min, d->max, out);
}

static void complain(struct dialog *d, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void complain(struct dialog *d, const char *fmt, ...)
{
    struct strbuf b = STRBUF_INIT;
    va_list ap;

    va_start(ap, fmt);
    strbuf_vprintf(&b, fmt, ap);
    va_end(ap);
    free(d->complaint);
    d->complaint = strbuf_detach(&b);
}

/* Does the field hold what is asked for? */
static bool field_is_good(const struct dialog *d)
{
    int64_t n;

    if (d->field == DIALOG_TYPED) {
        return strcmp(dialog_text(d), d->expected) == 0;
    }
    return d->field != DIALOG_NUMBER || dialog_number(d, &n) == 0;
}

static bool check_field(struct dialog *d)
{
    if (field_is_good(d)) {
        return true;
    }
    if (d->field == DIALOG_TYPED) {
        complain(d, "type %s to confirm", d->expected);
    } else {
        complain(d, "a number from %lld to %lld is needed",
                 (long long)d->min, (long long)d->max);
    }
    return false;
}

/* A good field is required for any confirmation, wherever Enter was. */
static enum dialog_result confirm(struct dialog *d)
{
    if (!d->confirm) {
        return DIALOG_CANCELLED;
    }
    if (!check_field(d)) {
        d->focus = DIALOG_ON_FIELD;
        return DIALOG_MOVED;
    }
    return d->stale ? DIALOG_IGNORED : DIALOG_CONFIRMED;
}

static bool cancels_when_empty(const struct dialog *d)
{
    return d->field != DIALOG_TEXT && d->edit.text.len == 0;
}

static enum dialog_result press(struct dialog *d)
{
    switch (d->focus) {
    case DIALOG_ON_CANCEL:
        return DIALOG_CANCELLED;
    case DIALOG_ON_CONFIRM:
        return confirm(d);
    case DIALOG_ON_FIELD:
        break;
    }
    if (cancels_when_empty(d)) {
        return DIALOG_CANCELLED;
    }
    if (check_field(d)) {
        d->focus = DIALOG_ON_CONFIRM;
    }
    return DIALOG_MOVED;
}

static enum dialog_result move_focus(struct dialog *d, int step)
{
    int stops[3];
    int n = 0;
    int at = 0;

    if (d->field != DIALOG_NO_FIELD) {
        stops[n++] = DIALOG_ON_FIELD;
    }
    stops[n++] = DIALOG_ON_CANCEL;
    if (d->confirm) {
        stops[n++] = DIALOG_ON_CONFIRM;
    }
    for (int i = 0; i < n; i++) {
        if (stops[i] == (int)d->focus) {
            at = i;
        }
    }
    d->focus = (enum dialog_focus)stops[(at + n + step) % n];
    return DIALOG_MOVED;
}

static bool takes(const struct dialog *d, const char *text, size_t n)
{
    for (size_t i = 0; d->field == DIALOG_NUMBER && i < n; i++) {
        if ((text[i] < '0' || text[i] > '9') &&
            !(text[i] == '-' && d->min < 0)) {
            return false;
        }
    }
    return true;
}

/* The first thing typed replaces the value that was offered: a number is
 * asked for by its present value, and `6` means 6, not 46. */
static enum dialog_result type_text(struct dialog *d, const char *text,
                                    size_t n)
{
    if (d->field == DIALOG_NO_FIELD) {
        return DIALOG_IGNORED;
    }
    if (!takes(d, text, n)) {
        complain(d, "only digits are taken");
        return DIALOG_MOVED;
    }
    if (d->focus != DIALOG_ON_FIELD && d->field == DIALOG_NUMBER) {
        edit_set(&d->edit, "");
    }
    d->focus = DIALOG_ON_FIELD;
    free(d->complaint);
    d->complaint = NULL;
    if (d->edit.text.len + n > EDIT_MAX) {
        complain(d, "that is too long for the field");
    }
    return edit_insert(&d->edit, text, n) ? DIALOG_CHANGED : DIALOG_MOVED;
}

static enum dialog_result edit_field(struct dialog *d, enum action_id action)
{
    enum edit_result r;

    if (d->field == DIALOG_NO_FIELD) {
        return DIALOG_IGNORED;
    }
    r = edit_act(&d->edit, action);
    if (r == EDIT_IGNORED) {
        return DIALOG_IGNORED;
    }
    d->focus = DIALOG_ON_FIELD;
    free(d->complaint);
    d->complaint = NULL;
    return r == EDIT_CHANGED ? DIALOG_CHANGED : DIALOG_MOVED;
}

static enum dialog_result painted_key(struct dialog *d,
                                      const struct keymap *map,
                                      struct key key)
{
    static const enum context here[] = {CONTEXT_DIALOG, CONTEXT_PROMPT};
    static const enum context in_field[] = {CONTEXT_PROMPT};
    const struct binding *b = keymap_lookup(map, here, ARRAY_LEN(here), key);
    enum action_id action = b ? b->action : ACTION_NONE;
    char text[4];
    size_t n = keyspec_text(key, text);

    if (action == ACTION_DISMISS || action == ACTION_ABORT) {
        return DIALOG_CANCELLED;
    }
    if (!d->painted) {
        return DIALOG_IGNORED;
    }
    /* Inside the field, arrows to the side move its cursor. */
    if (d->focus == DIALOG_ON_FIELD) {
        const struct binding *f =
            keymap_lookup(map, in_field, ARRAY_LEN(in_field), key);

        if (f && (f->action == ACTION_CURSOR_LEFT ||
                  f->action == ACTION_CURSOR_RIGHT)) {
            action = f->action;
        }
    }
    switch (action) {
    case ACTION_FOCUS_NEXT:
        return move_focus(d, 1);
    case ACTION_FOCUS_PREV:
        return move_focus(d, -1);
    case ACTION_PRESS:
        return press(d);
    case ACTION_NONE:
        return n > 0 ? type_text(d, text, n) : DIALOG_IGNORED;
    default:
        return edit_field(d, action);
    }
}

enum dialog_result dialog_key(struct dialog *d, const struct keymap *map,
                              struct key key)
{
    enum dialog_result r = painted_key(d, map, key);

    d->stale = d->stale || r == DIALOG_MOVED || r == DIALOG_CHANGED;
    return r;
}

/* Blanks and ends of lines around what was copied are not meant. */
static void trim(const char **text, size_t *n)
{
    while (*n > 0 && (unsigned char)(*text)[*n - 1] <= ' ') {
        --*n;
    }
    while (*n > 0 && (unsigned char)**text <= ' ') {
        ++*text;
        --*n;
    }
}

enum dialog_result dialog_paste(struct dialog *d, const char *text, size_t n)
{
    bool typed = d->field == DIALOG_TYPED;

    d->stale = true;
    if (!d->painted || typed || d->field == DIALOG_NO_FIELD) {
        complain(d, "pasted text is not taken%s", typed ? ": type it" : "");
        return DIALOG_MOVED;
    }
    trim(&text, &n);
    return type_text(d, text, n);
}

size_t dialog_hints(const struct dialog *d, struct hint *out, char *press)
{
    const char *button = d->focus == DIALOG_ON_CONFIRM ? d->confirm
                         : d->confirm                  ? "Cancel"
                                                       : "Close";
    size_t n = 0;

    if (d->focus != DIALOG_ON_FIELD) {
        snprintf(press, DIALOG_PRESS_SIZE, "presses %s", button);
    } else if (cancels_when_empty(d)) {
        snprintf(press, DIALOG_PRESS_SIZE, "cancels");
    } else if (!field_is_good(d)) {
        snprintf(press, DIALOG_PRESS_SIZE, "checks the field");
    } else {
        snprintf(press, DIALOG_PRESS_SIZE, "goes on to %s", d->confirm);
    }
    if (d->confirm || d->field != DIALOG_NO_FIELD) {
        out[n++] = (struct hint){ACTION_FOCUS_NEXT,
                                 d->field == DIALOG_NO_FIELD
                                     ? "other button"
                                     : "next field or button"};
    }
    out[n++] = (struct hint){ACTION_PRESS, press};
    out[n++] = (struct hint){ACTION_DISMISS, d->confirm ? "cancels"
                                                        : "closes"};
    return n;
}

void dialog_mark_painted(struct dialog *d)
{
    d->painted = d->open;
    d->stale = false;
}

void dialog_mark_hidden(struct dialog *d)
{
    d->painted = false;
}
