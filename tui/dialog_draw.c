/* dialog_draw.c - a dialog onto a surface: measure, then draw. */
#include "tui/dialog.h"

#include <limits.h>
#include <string.h>

#include "backend/base/utf8.h"

#define WIDEST 76

static int text_width(const char *text)
{
    return utf8_width(text, strlen(text));
}

static int max_int(int a, int b)
{
    return a > b ? a : b;
}

struct layout {
    struct rect frame;
    int inner;  /* columns for text */
    int labels; /* columns of the label column, its gap included */
    int body;   /* rows of the body that are shown */
};

static int label_columns(const struct dialog *d, int inner)
{
    int width = 0;

    for (size_t i = 0; i < d->n_lines; i++) {
        if (d->lines[i].label[0]) {
            width = max_int(width, text_width(d->lines[i].label) + 1);
        }
    }
    return width < inner / 2 ? width : inner / 2;
}

static int body_rows(const struct dialog *d, const struct layout *l)
{
    int rows = 0;

    for (size_t i = 0; i < d->n_lines; i++) {
        rows += surface_put_wrapped(
            NULL, (struct rect){0, 0, INT_MAX, l->inner - l->labels},
            ROLE_DIALOG, d->lines[i].value);
    }
    return rows;
}

static int button_columns(const char *label)
{
    return text_width(label) + 4;
}

static const char *cancel_label(const struct dialog *d)
{
    return d->confirm ? "Cancel" : "Close";
}

static int buttons_width(const struct dialog *d)
{
    return button_columns(cancel_label(d)) +
           (d->confirm ? 2 + button_columns(d->confirm) : 0);
}

static int wanted_width(const struct dialog *d)
{
    int labels = label_columns(d, WIDEST);
    int width = max_int(text_width(d->title) + 4, buttons_width(d));

    for (size_t i = 0; i < d->n_lines; i++) {
        width = max_int(width, labels + text_width(d->lines[i].value));
    }
    if (d->field != DIALOG_NO_FIELD) {
        int room = d->expected ? text_width(d->expected) + 1 : 20;

        width = max_int(width, text_width(d->field_label) + 1 + room);
        width = max_int(width, 40); /* for complaints */
    }
    return width < WIDEST ? width : WIDEST;
}

/* Rows that must be there besides the body. */
static int fixed_rows(const struct dialog *d)
{
    return 2 + (d->field != DIALOG_NO_FIELD) + (d->complaint != NULL) + 1;
}

/* All of the body must be seen before anything can be agreed to. */
static bool measure(const struct dialog *d, struct rect r, struct layout *l)
{
    int fixed = fixed_rows(d);
    int rows;

    l->inner = wanted_width(d);
    if (l->inner > r.cols - 4) {
        l->inner = r.cols - 4;
    }
    if (l->inner < buttons_width(d)) {
        return false;
    }
    if (d->field != DIALOG_NO_FIELD &&
        text_width(d->field_label) + 4 > l->inner) {
        return false;
    }
    l->labels = label_columns(d, l->inner);
    l->body = body_rows(d, l);
    rows = l->body + fixed;
    if (rows > r.rows) {
        return false;
    }
    /* Air where there is room. */
    rows += rows + 1 <= r.rows;
    l->frame = (struct rect){
        .row = r.row + (r.rows - rows) / 2,
        .col = r.col + (r.cols - l->inner - 4) / 2,
        .rows = rows,
        .cols = l->inner + 4,
    };
    return true;
}

static void draw_body(const struct dialog *d, const struct layout *l,
                      struct surface *s)
{
    int row = l->frame.row + 1;
    int col = l->frame.col + 2;

    for (size_t i = 0; i < d->n_lines; i++) {
        const struct dialog_line *line = &d->lines[i];

        if (l->labels > 1) {
            surface_put(s, row, col, l->labels - 1, ROLE_MUTED, line->label);
        }
        row += surface_put_wrapped(s,
                                   (struct rect){row, col + l->labels, INT_MAX,
                                                 l->inner - l->labels},
                                   line->role, line->value);
    }
}

static int draw_button(struct surface *s, int row, int col, const char *label,
                       bool focused)
{
    enum role role = focused ? ROLE_FOCUS : ROLE_BUTTON;
    int width = button_columns(label);

    surface_printf(s, row, col, width, role, "[ %s ]", label);
    if (focused) {
        s->cursor_row = row;
        s->cursor_col = col + 2;
        s->cursor_visible = false;
    }
    return width;
}

/* As many stars as there are characters, and the cursor between the same. */
static void cover(const struct edit *e, struct edit *stars)
{
    const char *text = edit_text(e);

    for (size_t i = 0; i < e->text.len; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            strbuf_putc(&stars->text, '*');
            stars->cursor += i < e->cursor;
        }
    }
}

static void draw_field(const struct dialog *d, const struct layout *l,
                       struct surface *s, int row)
{
    int col = l->frame.col + 2;
    int used = surface_put(s, row, col, l->inner, ROLE_DIALOG,
                           d->field_label) + 1;
    struct edit stars = {.text = STRBUF_INIT};

    if (d->secret)
        cover(&d->edit, &stars);
    int at = edit_draw(d->secret ? &stars : &d->edit, s, row, col + used,
                       l->inner - used, ROLE_PROMPT);
    edit_release(&stars);
    /* Seen as a field also while a button has the focus. */
    surface_add_attrs(s, (struct rect){row, col + used, 1, l->inner - used},
                      ATTR_UNDERLINE);
    if (d->focus == DIALOG_ON_FIELD) {
        s->cursor_row = row;
        s->cursor_col = at;
        s->cursor_visible = true;
    }
}

bool dialog_draw(const struct dialog *d, struct surface *s, struct rect r)
{
    struct layout l;
    int row, col;

    if (!d->open || r.rows < 1 || r.cols < 1) {
        return false;
    }
    if (!measure(d, r, &l)) {
        static const char note[] = "too small for the dialog: enlarge, or Esc";
        struct rect last = r;

        last.rows = surface_put_wrapped(NULL, r, ROLE_DIALOG, note);
        last.row += r.rows - last.rows;
        surface_fill(s, last, ROLE_DIALOG);
        surface_put_wrapped(s, last, ROLE_DIALOG, note);
        return false;
    }
    surface_frame(s, l.frame, ROLE_DIALOG, d->title);
    draw_body(d, &l, s);
    row = l.frame.row + l.frame.rows - 2;
    col = l.frame.col + 2 + l.inner - buttons_width(d);
    col += draw_button(s, row, col, cancel_label(d),
                       d->focus == DIALOG_ON_CANCEL) + 2;
    if (d->confirm) {
        draw_button(s, row, col, d->confirm, d->focus == DIALOG_ON_CONFIRM);
    }
    if (d->complaint) {
        row--;
        surface_put(s, row, l.frame.col + 2, l.inner, ROLE_ERROR,
                    d->complaint);
    }
    if (d->field != DIALOG_NO_FIELD) {
        draw_field(d, &l, s, row - 1);
    }
    return true;
}
