/* How log lines look: time stamp, tag, text; and the rule above them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/base/utf8.h"
#include "views/log_view.h"

#define DRAWN_BYTES 8192 /* more of a line is not shown */
#define CONTAINER_COLS 12

void log_view_keep(struct log_view *lv)
{
    size_t n = logbuf_len(lv->buf);

    lv->shifts = logbuf_shifts(lv->buf);
    lv->top = lv->pager.top < n ? logbuf_mark(lv->buf, lv->pager.top)
                                : (struct logbuf_mark){0};
    lv->hit = lv->pager.has_hit && lv->pager.hit < n
                  ? logbuf_mark(lv->buf, lv->pager.hit)
                  : (struct logbuf_mark){0};
}

void log_view_settle(struct log_view *lv)
{
    bool exact;

    if (lv->shifts == logbuf_shifts(lv->buf))
        return;
    lv->shifts = logbuf_shifts(lv->buf);
    if (lv->top.seq) {
        lv->pager.top = logbuf_find(lv->buf, lv->top, &exact);
        if (!exact)
            lv->pager.top_sub = 0;
    }
    if (lv->pager.has_hit) {
        lv->pager.hit = logbuf_find(lv->buf, lv->hit, &exact);
        lv->pager.has_hit = exact;
    }
}

/* ---- lines ----------------------------------------------------------- */

/* Tags name what differs: the task, the container, both or nothing. */
static void plan_tags(struct log_view *lv)
{
    size_t n = logsrc_sources(lv->src);
    int widest = 0;

    if (n == lv->tag_sources)
        return;
    lv->tag_sources = n;
    lv->tag_task = lv->tag_container = false;
    for (size_t i = 0; i < n; i++) {
        const char *c = logsrc_container(lv->src, (uint16_t)i);
        int cols = utf8_width(c, strlen(c));
        widest = cols > widest ? cols : widest;
        lv->tag_task |= strcmp(logsrc_task(lv->src, (uint16_t)i),
                               logsrc_task(lv->src, 0)) != 0;
        lv->tag_container |= strcmp(c, logsrc_container(lv->src, 0)) != 0;
    }
    if (widest > CONTAINER_COLS)
        widest = CONTAINER_COLS;
    lv->tag_cols = (lv->tag_task ? 8 : 0) +
                   (lv->tag_container ? widest : 0) +
                   (lv->tag_task && lv->tag_container);
}

static void put_stamp(struct log_view *lv, const struct logbuf_line *l)
{
    char text[32] = "", age[16];

    switch (lv->stamps) {
    case STAMPS_UTC:
    case STAMPS_LOCAL:
        fmt_clock_ms(l->timestamp_ms,
                     lv->stamps == STAMPS_UTC ? FMT_UTC : FMT_LOCAL, text);
        break;
    case STAMPS_AGE:
        snprintf(text, sizeof(text), "%4s",
                 fmt_age(lv->now_ms - l->timestamp_ms, age));
        break;
    default:
        return;
    }
    strbuf_puts(&lv->line, text);
    strbuf_putc(&lv->line, l->late ? '~' : ' ');
}

static void put_tag(struct log_view *lv, const struct logbuf_line *l)
{
    size_t start = lv->line.len;
    int used;

    if (lv->tag_task)
        strbuf_printf(&lv->line, "%.8s", logsrc_task(lv->src, l->source));
    if (lv->tag_task && lv->tag_container)
        strbuf_putc(&lv->line, ' ');
    if (lv->tag_container) {
        char *c = xstrdup(logsrc_container(lv->src, l->source));
        strbuf_append(&lv->line, c,
                      utf8_fit(c, strlen(c), CONTAINER_COLS, NULL));
        free(c);
    }
    used = utf8_width(lv->line.data + start, lv->line.len - start);
    strbuf_printf(&lv->line, "%*s", lv->tag_cols - used + 1, "");
}

static enum role line_role(const struct logbuf_line *l)
{
    if (l->kind != LOG_TEXT)
        return ROLE_LOG_SEP;
    return l->level == LOG_LEVEL_ERROR  ? ROLE_LOG_ERROR
           : l->level == LOG_LEVEL_WARN ? ROLE_LOG_WARN
                                        : ROLE_TEXT;
}

static void put_text(struct log_view *lv, const struct logbuf_line *l)
{
    if (l->kind != LOG_TEXT) {
        strbuf_printf(&lv->line, "-- %s --", l->text);
        return;
    }
    size_t n = l->len;
    if (n > DRAWN_BYTES) {
        n = DRAWN_BYTES;
        while (n && ((unsigned char)l->text[n] & 0xc0) == 0x80)
            n--;
    }
    strbuf_append(&lv->line, l->text, n);
    if (n < l->len)
        strbuf_printf(&lv->line, " ... (%zu more bytes)", l->len - n);
}

static void get_line(const void *ctx, size_t i, struct text_line *out)
{
    /* The view lends its scratch; its state does not change. */
    struct log_view *lv = (struct log_view *)ctx;
    struct logbuf_line l;
    size_t stamp;

    logbuf_get(lv->buf, i, &l);
    strbuf_clear(&lv->line);
    put_stamp(lv, &l);
    stamp = lv->line.len;
    if (lv->tag_cols && l.kind == LOG_TEXT)
        put_tag(lv, &l);
    lv->prefix = lv->line.len;
    put_text(lv, &l);
    lv->spans[0] = (struct text_span){.start = 0, .len = stamp,
                                      .role = ROLE_MUTED, .fg = -1, .bg = -1};
    lv->spans[1] = (struct text_span){
        .start = stamp, .len = lv->prefix - stamp,
        .role = (enum role)(ROLE_TAG1 + l.source % 6), .fg = -1, .bg = -1};
    *out = (struct text_line){
        .text = strbuf_get(&lv->line), .len = lv->line.len,
        .role = line_role(&l), .spans = lv->spans,
        .n_spans = lv->prefix > stamp ? 2 : stamp > 0};
}

struct pager_source log_view_source(struct log_view *lv)
{
    plan_tags(lv);
    return (struct pager_source){.ctx = lv, .n_lines = logbuf_len(lv->buf),
                                 .line = get_line};
}

/* Hits in the text only, not in stamp and tag. */
static bool find_in_text(const void *ctx, const char *text, size_t n,
                         size_t from, struct match_range *out)
{
    const struct log_view *lv = ctx;
    struct matcher m = matcher_plain(lv->needle);

    return matcher_find(&m, text, n, from < lv->prefix ? lv->prefix : from,
                        out);
}

/* ---- around them ----------------------------------------------------- */

/* "[9c1f2e88 41d0aa7b +1]" */
static void put_tasks(const struct log_view *lv, int room, struct strbuf *out)
{
    size_t tasks = logsrc_tasks(lv->src), shown = 0;
    const char *last = "";

    if (tasks < 2)
        return;
    if (room < 100) {
        strbuf_printf(out, " [%zu tasks]", tasks);
        return;
    }
    strbuf_puts(out, " [");
    for (size_t i = 0; i < logsrc_sources(lv->src) && shown < 3; i++) {
        const char *id = logsrc_task(lv->src, (uint16_t)i);
        if (strcmp(id, last) == 0)
            continue;
        strbuf_printf(out, "%s%.8s", shown ? " " : "", id);
        last = id;
        shown++;
    }
    if (tasks > shown)
        strbuf_printf(out, " +%zu", tasks - shown);
    strbuf_putc(out, ']');
}

static void put_title(struct log_view *lv, int cols, struct strbuf *out)
{
    static const char *const stamps[STAMPS_N] = {"UTC", "local", "age",
                                                 "no times"};
    char n[32], at[16];
    uint64_t fresh = logbuf_last_seq(lv->buf) - lv->paused_seq;

    strbuf_puts(out, "log ");
    utf8_put_middle(out, lv->name, cols < 100 ? 22 : 40);
    put_tasks(lv, lv->pager.follow ? cols : cols - 40, out);
    if (lv->pager.follow) {
        strbuf_puts(out, " -- FOLLOW");
    } else {
        strbuf_puts(out, " -- PAUSED");
        if (cols >= 100 && lv->top.seq)
            strbuf_printf(out, " at %s",
                          fmt_clock(lv->top.timestamp_ms,
                                    lv->stamps == STAMPS_LOCAL ? FMT_LOCAL
                                                               : FMT_UTC,
                                    at));
        if (fresh)
            strbuf_printf(out, ", %s new below",
                          fmt_count((int64_t)fresh, n));
        strbuf_puts(out, " (G)");
    }
    strbuf_printf(out, "  wrap:%s  %s", lv->pager.wrap ? "on" : "off",
                  stamps[lv->stamps]);
    if (cols >= 90)
        strbuf_puts(out, "  15m");
    strbuf_printf(out, "  %s lines",
                  fmt_count((int64_t)logbuf_len(lv->buf), n));
    if (logbuf_errors(lv->buf))
        strbuf_printf(out, "  errors %s",
                      fmt_count((int64_t)logbuf_errors(lv->buf), n));
    if (logbuf_dropped(lv->buf))
        strbuf_printf(out, "  dropped %s",
                      fmt_count((int64_t)logbuf_dropped(lv->buf), n));
}

/* Why there is nothing: each case is a sentence. */
static enum role put_empty(struct log_view *lv, struct strbuf *out)
{
    char age[16];
    bool known = true;
    int64_t last = logsrc_last_event_ms(lv->src);
    int64_t minutes = logsrc_backfill_ms(lv->src) / 60000;

    for (size_t i = 0; i < lv->n_watches; i++) {
        known &= lv->watches[i].known;
        if (lv->watches[i].error.code != ERR_NONE && !lv->watches[i].known) {
            strbuf_printf(out, "%s", lv->watches[i].error.message);
            return ROLE_ERROR;
        }
    }
    if (*logsrc_status(lv->src)) {
        strbuf_puts(out, logsrc_status(lv->src));
        return ROLE_ERROR;
    }
    if (logsrc_loading(lv->src))
        strbuf_printf(out, "loading the last %d minutes ...", (int)minutes);
    else if (!known || (lv->waiting && !logsrc_readable(lv->src)))
        strbuf_printf(out, "loading tasks of %s ...", lv->name);
    else if (!logsrc_readable(lv->src))
        strbuf_puts(out, "no task runs and none stopped lately, so there is "
                         "no log to read; tasks that start will appear here");
    else if (last > 0)
        strbuf_printf(out, "no lines in the last %d minutes; last event %s "
                      "ago", (int)minutes, fmt_age(lv->now_ms - last, age));
    else
        strbuf_printf(out, "no lines in the last %s",
                      last == 0 ? "24 hours" : "15 minutes");
    return ROLE_MUTED;
}

void log_view_draw(struct view *v, struct surface *s, struct rect r)
{
    struct log_view *lv = (struct log_view *)v;
    struct strbuf text = STRBUF_INIT;
    struct matcher m = {find_in_text, lv};
    struct pager_source src = log_view_source(lv);
    struct rect body = {r.row + 1, r.col, r.rows - 1, r.cols};

    lv->now_ms = app_now(v->app);
    if (r.rows < 2)
        return;
    log_view_settle(lv);
    pager_sync(&lv->pager, &src, body.rows, body.cols);
    log_view_keep(lv);
    put_title(lv, r.cols, &text);
    surface_rule(s, r.row, r.col, r.cols, ROLE_PANE, strbuf_get(&text));
    if (src.n_lines) {
        pager_draw(&lv->pager, &src, lv->needle ? &m : NULL, s, body);
    } else if (body.rows > 1) {
        strbuf_clear(&text);
        enum role role = put_empty(lv, &text);
        surface_put(s, body.row + 1, body.col + 2, body.cols - 2, role,
                    strbuf_get(&text));
    }
    strbuf_release(&text);
}
