/* Drawing of the table view: the rows, what stands where there are none, and
 * the pane that explains the selected one. */
#include "views/table/table_view_internal.h"

#include "backend/base/mem.h"

#include <stdio.h>

/* Loading, denied, failed and empty are four different texts. */
static void draw_empty(struct table_view *tv, struct surface *s,
                       struct rect r)
{
    const struct snapshot *snap = tv->model.snap;
    char text[800];
    enum role role = ROLE_MUTED;
    if (tv->model.filter && snap && snap->n_rows) {
        snprintf(text, sizeof(text),
                 "none of %zu %s matches the filter %s (Esc clears it)",
                 snap->n_rows, tv->model.kind->name,
                 table_model_filter_text(&tv->model));
    } else if (snap && snap->error.code != ERR_NONE) {
        role = ROLE_ERROR;
        snprintf(text, sizeof(text), "%s%s%s",
                 snap->error.code == ERR_DENIED ? "Not allowed: " : "",
                 snap->error.message,
                 snap->error.code == ERR_CONFIG ||
                         snap->error.code == ERR_CREDENTIALS ||
                         snap->error.code == ERR_EXPIRED
                     ? ""
                 : snap->retry_ms                 ? " Trying again."
                 : snap->error.code == ERR_DENIED ? " r tries again."
                                                  : "");
    } else if (aws_session_finds_region(tv->view.app->realm->session)) {
        snprintf(text, sizeof(text), "asking this instance for its region "
                 "...");
    } else if (!snap || !snap->first_page) {
        snprintf(text, sizeof(text), "loading %s ...", tv->model.kind->name);
    } else {
        snprintf(text, sizeof(text), "%s", tv->model.kind->empty);
    }
    surface_put_wrapped(s,
                        (struct rect){r.row + 1, r.col + 2, r.rows - 1,
                                      r.cols - 3},
                        role, text);
}

/* How the body is shared out: the table, and below it the pane. Never beside
 * it: the reasons in the last columns need the width more than the pane. */
static struct rect split(const struct table_view *tv, struct rect *r)
{
    struct rect pane = {0};
    /* Without steps: a message that takes a row moves the pane by one. */
    int want = r->rows >= 36   ? 14
               : r->rows >= 18 ? 8 + (r->rows - 18) / 3
               : r->rows >= 12 ? 5 + (r->rows - 12) / 2
                               : 0;
    if (!tv->model.kind->explain || !want || tv->view.app->fullscreen)
        return pane;
    /* A short table leaves its room to the pane. */
    int rows = (int)tv->model.n + 3;
    if (rows < r->rows - want)
        want = r->rows - (rows < 6 ? 6 : rows);
    if (want > r->rows / 2 + 4)
        want = r->rows / 2 + 4;
    pane = (struct rect){r->row + r->rows - want, r->col, want, r->cols};
    r->rows -= want;
    return pane;
}

/* What this identity may not read is named where it would stand. */
static int lacks(const struct table_view *tv)
{
    return tv->model.snap ? (int)tv->model.snap->n_lacks : 0;
}

static void put_lacks(struct table_view *tv)
{
    for (int i = 0; i < lacks(tv); i++) {
        const struct store_lack *lack = tv->model.snap->lacks[i];
        doc_line(&tv->pane);
        doc_printf(&tv->pane, ROLE_WARN, " %s: not allowed (%s); r tries "
                   "again", lack->what, lack->action);
    }
}

static void draw_pane(struct table_view *tv, struct surface *s,
                      struct rect pane)
{
    struct target t;
    char title[160] = "";
    if (pane.rows < 2)
        return;
    doc_clear(&tv->pane);
    if (table_view_target(&tv->view, &t) == 0) {
        int64_t now = tv->model.now_ms;
        const struct kind *k = tv->model.kind;
        k->explain_title(t.row, now, title, sizeof(title));
        int rows = pane.rows - 1 - lacks(tv);
        if (rows > 0)
            k->explain(t.row, now, pane.cols, rows, &tv->pane);
        target_release(&t);
    }
    put_lacks(tv);
    surface_rule(s, pane.row, pane.col, pane.cols, ROLE_PANE, title);
    doc_draw(&tv->pane, s,
             (struct rect){pane.row + 1, pane.col, pane.rows - 1, pane.cols});
}

/* Tell the poller what is on screen, so that it is described first. */
static void report_window(struct table_view *tv)
{
    const char *keys[256];
    size_t n = 0;
    for (size_t i = tv->widget.top;
         i < tv->widget.top + tv->widget.page && n < ARRAY_LEN(keys); i++) {
        const struct snap_row *row = table_model_row(&tv->model, i);
        if (row)
            keys[n++] = row->key;
    }
    subscription_set_window(tv->sub, keys, n);
}

void table_view_draw(struct view *v, struct surface *s, struct rect r)
{
    struct table_view *tv = (struct table_view *)v;
    struct rect pane = split(tv, &r);
    struct rect body = r;
    if (body.rows > 2)
        body.rows--; /* the position line */
    table_model_layout(&tv->model, body.cols);
    struct table_source src = table_model_source(&tv->model);
    table_sync(&tv->widget, &src, body.rows);
    if (tv->model.n) {
        table_draw(&tv->widget, &src, NULL, s, body);
        report_window(tv);
    } else {
        table_draw(&tv->widget, &src, NULL, s,
                   (struct rect){r.row, r.col, 1, r.cols});
        draw_empty(tv, s, r);
    }
    if (r.rows > 2 && tv->model.n) {
        char pos[64], text[128];
        size_t marked = table_model_marked(&tv->model);
        int n = snprintf(text, sizeof(text), "%s",
                         table_position(&tv->widget, &src, pos));
        if (marked)
            snprintf(text + n, sizeof(text) - (size_t)n, ", %zu marked",
                     marked);
        surface_put_right(s, r.row + r.rows - 1, r.col, r.cols - 1,
                          ROLE_MUTED, text);
    }
    if (pane.rows)
        draw_pane(tv, s, pane);
}
