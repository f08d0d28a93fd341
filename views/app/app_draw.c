/* The frame around the view: identity, summary, crumb, messages, hints. */
#include "views/app/app.h"

#include "backend/aws/budget.h"
#include "backend/base/clock.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "backend/base/utf8.h"
#include "tui/status.h"
#include "views/app/config.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* A text has no snapshot of its own: the table below it speaks. */
static const struct snapshot *rows_of(const struct app *a)
{
    const struct snapshot *s = NULL;
    for (size_t i = a->depth; i-- > 0 && !s;)
        if (a->stack[i]->ops->snapshot)
            s = a->stack[i]->ops->snapshot(a->stack[i]);
    return s;
}

/* What can't change is never stale. What failed is when nobody tries again, or
 * when a period was missed: one throttled call is no news. */
static bool is_stale(const struct app *a, const struct snapshot *s)
{
    enum { LATE_MS = 10000 };
    int64_t old = app_now(a) - s->fetched_ms, every = a->o.refresh_ms;
    if (s->final)
        return false;
    if (s->error.code != ERR_NONE && !s->partial)
        return !s->retry_ms ||
               old > every + (every < LATE_MS ? every : LATE_MS);
    return old > 4 * every + LATE_MS;
}

/* "2s ago", "final" (it can't change), or STALE and since when. */
static enum role freshness(struct app *a, char *buf, size_t n)
{
    const struct snapshot *s = rows_of(a);
    char age[16];
    if (a->paused) {
        snprintf(buf, n, "PAUSED");
        return ROLE_STALE;
    }
    if (!s || !s->fetched_ms) {
        snprintf(buf, n, "%s", s && s->error.code ? "NO DATA" : "loading");
        return s && s->error.code ? ROLE_STALE : ROLE_HEADER;
    }
    bool stale = is_stale(a, s);
    fmt_age(app_now(a) - s->fetched_ms, age);
    if (s->final)
        snprintf(buf, n, "final");
    else
        snprintf(buf, n, stale ? "STALE %s" : "%s ago", age);
    return stale ? ROLE_STALE : ROLE_HEADER;
}

static void draw_identity(struct app *a, struct surface *s, struct rect row)
{
    char fresh[48], every[32], calls[64], clock[16];
    enum role fresh_role = freshness(a, fresh, sizeof(fresh));
    const struct budget *b = aws_client_budget(a->realm->client);
    struct budget_stats stats = {0};
    if (b)
        budget_stats(b, &stats);
    snprintf(every, sizeof(every), "every %gs",
             (double)a->o.refresh_ms / 1000.0);
    snprintf(calls, sizeof(calls), "%d calls/min%s%.0d%s",
             stats.calls_minute, stats.throttled_minute ? ", " : "",
             stats.throttled_minute,
             stats.throttled_minute ? " throttled" : "");
    const struct realm *r = a->realm;
    const char *who = r->identity_known ? r->identity.name
                      : r->identity_error.code ? "identity unknown"
                                               : "...";
    const char *profile = aws_session_profile_name(r->session);
    const char *region = aws_client_region(r->client);
    if (!*region)
        region = aws_session_finds_region(r->session) ? "finding the region"
                                                      : "NO REGION";
    /* All of the row, so that nobody takes production for something else. */
    enum role base = app_is_prod(a) ? ROLE_HEADER_PROD : ROLE_HEADER;
    const struct status_seg segs[] = {
        {a->o.mode, base, 1, false},
        {app_is_prod(a) ? "[PROD]" : NULL, base, 0, false},
        {a->o.cluster, base, 5, false},
        {region, base, 0, false},
        {r->identity_known ? r->identity.account : NULL, base, 0, false},
        {*r->alias ? r->alias : NULL, base, 2, false},
        {who, base, 3, false},
        {app_read_only(a)    ? "READ-ONLY"
         : r->identity_known ? "RW" : "NO ACTIONS",
         base, 1, false},
        {a->o.insecure ? "INSECURE" : NULL, ROLE_HEADER_PROD, 0, false},
        {strcmp(profile, "default") == 0 ? NULL : profile, base, 9, false},
        {a->o.mode ? NULL : aws_session_endpoint(r->session), base, 8, false},
        {a->o.still ? NULL : calls, base, stats.throttled_minute ? 1 : 7, true},
        {every, base, 6, true},
        {fmt_clock(app_now(a), FMT_UTC, clock), base, 4, true},
        {fresh, fresh_role == ROLE_HEADER ? base : fresh_role, 0, true},
    };
    status_draw(s, row, base, 2, segs, ARRAY_LEN(segs));
}

/* The way here. Where it is too long its start goes: the last word says what
 * is on screen. */
static void draw_crumb(struct app *a, struct surface *s, struct rect row)
{
    struct doc left = DOC_INIT, right = DOC_INIT;
    struct strbuf cut = STRBUF_INIT;
    struct view *top = app_top(a);
    for (size_t i = 0; i < a->depth; i++) {
        if (i)
            doc_put(&left, ROLE_CRUMB, " > ");
        a->stack[i]->ops->crumb(a->stack[i], &left);
    }
    if (top->ops->settings)
        top->ops->settings(top, &right);
    int lw = doc_width(&left), rw = doc_width(&right);
    surface_fill(s, row, ROLE_CRUMB);
    if (lw + rw + 4 > row.cols && row.cols > 60)
        lw = row.cols - rw - 4;
    if (lw > row.cols - 1)
        lw = row.cols - 1;
    char *text = doc_text(&left);
    utf8_put_tail(&cut, text, lw);
    surface_put(s, row.row, 1, lw, ROLE_CRUMB, strbuf_get(&cut));
    if (rw && lw + rw + 3 <= row.cols)
        doc_draw(&right, s,
                 (struct rect){row.row, row.cols - rw - 1, 1, rw});
    free(text);
    strbuf_release(&cut);
    doc_release(&left);
    doc_release(&right);
}

static bool ends_item(const struct surface *s, int row, int at)
{
    char before = surface_at(s, row, at - 1)->cp[0];
    return !isdigit((unsigned char)before) && before != '|';
}

static bool begins_item(const struct surface *s, int row, int at)
{
    char c = surface_at(s, row, at)->cp[0];
    return isdigit((unsigned char)c) || c == '|';
}

enum { DOTS = 4 }; /* " ..." */

/* Where a line that is too long ends: "39 ok" and "| 185 run" are there whole
 * or not at all. Amid other words it ends at a blank, with room for dots. */
static int summary_end(const struct surface *s, struct rect row)
{
    int last = row.col + row.cols - 1, at = last - 1;
    for (; at > row.col; at--)
        if (surface_at(s, row.row, at)->cp[0] == ' ' &&
            ends_item(s, row.row, at) &&
            (begins_item(s, row.row, at + 1) || at + DOTS - 1 <= last))
            break;
    return at;
}

static void draw_summary(struct app *a, struct surface *s, struct rect row)
{
    struct doc d = DOC_INIT;
    struct view *top = app_top(a);
    surface_fill(s, row, ROLE_SUMMARY);
    if (top->ops->summary)
        top->ops->summary(top, &d);
    doc_draw(&d, s, (struct rect){row.row, row.col + 1, 1, row.cols - 1});
    if (doc_width(&d) > row.cols - 1) {
        int at = summary_end(s, row), left = row.col + row.cols - at;
        surface_fill(s, (struct rect){row.row, at, 1, left}, ROLE_SUMMARY);
        if (left >= DOTS)
            surface_put(s, row.row, at, DOTS, ROLE_SUMMARY, " ...");
    }
    doc_release(&d);
}

/* What stands there when no message does: what makes the rows old. Refused
 * credentials are of every view, and do not heal by trying again. */
static bool banner(struct app *a, char *buf, size_t n)
{
    struct view *v = app_top(a);
    const struct snapshot *s = rows_of(a);
    char at[16], wait[16];
    if (realm_refused(a->realm, s ? &s->error : NULL, buf, n))
        return true;
    s = v->ops->snapshot ? v->ops->snapshot(v) : NULL;
    if (!s || s->error.code == ERR_NONE ||
        (s->fetched_ms && !s->partial && !s->final && !is_stale(a, s)))
        return false;
    int used = snprintf(buf, n, "%s since %s: %s",
                        s->partial ? "incomplete" : "stale",
                        fmt_clock(s->error_since_ms, FMT_UTC, at),
                        s->error.message);
    if (s->retry_ms > app_now(a) && used > 0 && (size_t)used < n)
        snprintf(buf + used, n - (size_t)used, " Retry in %s.",
                 fmt_age(s->retry_ms - app_now(a), wait));
    return true;
}

/* The message in up to MESSAGE_ROWS rows above `bottom`: what came of an
 * action is never cut before its request id. Returns the rows used. */
#define MESSAGE_ROWS 3

static int draw_message(struct app *a, struct surface *s, int bottom,
                        int cols)
{
    char text[900], more[32] = "";
    const struct message *m = messages_newest(&a->messages);
    enum role role = ROLE_ERROR;
    if (m && a->messages.shown) {
        char at[16];
        role = message_role(m->level);
        if (messages_others(&a->messages))
            snprintf(more, sizeof(more), " (%zu more: !)",
                     messages_others(&a->messages));
        snprintf(text, sizeof(text), "%s %s%s%s",
                 fmt_clock(m->last_ms, FMT_UTC, at), m->text,
                 m->count > 1 ? " (repeated)" : "", more);
    } else if (!banner(a, text, sizeof(text))) {
        return 0;
    }
    struct rect r = {0, 1, MESSAGE_ROWS, cols - 2};
    r.rows = surface_put_wrapped(NULL, r, role, text);
    r.row = bottom - r.rows;
    surface_fill(s, (struct rect){r.row, 0, r.rows, cols}, role);
    return surface_put_wrapped(s, r, role, text);
}

/* While a dialog is there, keys do what it says and nothing else. */
static void draw_dialog_hints(struct app *a, struct surface *s,
                              struct rect row)
{
    static const enum context ctx[] = {CONTEXT_DIALOG};
    struct hint hints[DIALOG_HINTS];
    char press[DIALOG_PRESS_SIZE];
    size_t n = dialog_hints(&a->dialog, hints, press);
    status_hints(s, row, a->o.keymap, ctx, ARRAY_LEN(ctx), hints, n, false);
}

static void draw_hints(struct app *a, struct surface *s, struct rect row)
{
    if (a->dialog.open) {
        draw_dialog_hints(a, s, row);
        return;
    }
    enum context ctx[VIEW_MAX_CONTEXTS];
    size_t n = 0, n_ctx = app_contexts(a, ctx);
    struct view *v = app_top(a);
    const struct hint *h = v->ops->hints ? v->ops->hints(v, &n) : NULL;
    if (h)
        status_hints(s, row, a->o.keymap, ctx, n_ctx, h, n,
                     app_read_only(a) != NULL);
}

/* Too small for more than who and what: rows 1 and 2, never a refusal. */
static bool draw_tiny(struct app *a, struct surface *s, struct rect all)
{
    if (all.rows >= 8 && all.cols >= 40)
        return false;
    draw_identity(a, s, (struct rect){0, 0, 1, all.cols});
    if (all.rows > 1)
        draw_summary(a, s, (struct rect){1, 0, 1, all.cols});
    if (all.rows > 3) {
        struct view *v = app_top(a);
        v->ops->draw(v, s, (struct rect){2, 0, all.rows - 2, all.cols});
    }
    return true;
}

void app_draw(struct app *a, int rows, int cols)
{
    struct surface *s = &a->surface;
    struct view *v = app_top(a);
    if (s->rows != rows || s->cols != cols)
        surface_resize(s, rows, cols);
    surface_clear(s);
    struct rect all = surface_rect(s);
    if (!v)
        return;
    if (!draw_tiny(a, s, all)) {
        int top = 3, bottom = rows - 1;
        draw_identity(a, s, (struct rect){0, 0, 1, cols});
        draw_summary(a, s, (struct rect){1, 0, 1, cols});
        draw_crumb(a, s, (struct rect){2, 0, 1, cols});
        draw_hints(a, s, (struct rect){rows - 1, 0, 1, cols});
        bottom -= draw_message(a, s, rows - 1, cols);
        v->ops->draw(v, s, (struct rect){top, 0, bottom - top, cols});
    }
    if (a->menu.open)
        menu_draw(&a->menu, s, all);
    if (a->prompt.open)
        prompt_draw(&a->prompt, s, all);
    if (a->dialog.open) {
        a->dialog_fits = dialog_draw(&a->dialog, s, all);
        if (!a->dialog_fits)
            dialog_mark_hidden(&a->dialog);
    }
    a->paint = PAINT_NONE;
}

void app_painted(struct app *a)
{
    if (a->dialog.open && a->dialog_fits)
        dialog_mark_painted(&a->dialog);
}
