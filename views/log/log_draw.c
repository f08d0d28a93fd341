/* Around the lines: the rule above, what the header tells, and why there is
 * nothing. */
#include "views/log/log.h"

#include <stdio.h>
#include <string.h>

#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/base/utf8.h"
#include "views/kind.h"

#define RATE_MINUTES 5 /* errors of that time are told */

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

static void put_window(const struct log_view *lv, struct strbuf *out)
{
    char age[16];

    if (lv->window_ms)
        strbuf_printf(out, "  last %s", fmt_age(lv->window_ms, age));
    if (lv->cleared_mark.seq)
        strbuf_puts(out, "  cleared");
}

static void put_mode(struct log_view *lv, int cols, struct strbuf *out)
{
    char n[32], at[16];
    size_t shown = log_shown(lv), last;
    bool exact;

    if (lv->pager.follow) {
        strbuf_puts(out, " -- FOLLOW");
        return;
    }
    strbuf_puts(out, " -- PAUSED");
    if (cols >= 100 && lv->current.seq)
        strbuf_printf(out, " at %s",
                      fmt_clock(lv->current.timestamp_ms,
                                lv->stamps == STAMPS_LOCAL ? FMT_LOCAL
                                                           : FMT_UTC, at));
    last = log_number(lv, lv->paused, &exact) + exact;
    if (shown > last)
        strbuf_printf(out, ", %s new below",
                      fmt_count((int64_t)(shown - last), n));
    strbuf_puts(out, " (G)");
}

/* "18,204 lines", "41 of 18,204 lines", and what the ring has let go. */
static void put_counts(const struct log_view *lv, bool brief,
                       struct strbuf *out)
{
    char n[32];
    size_t shown = log_shown(lv), all = logbuf_len(lv->buf);

    strbuf_puts(out, "  ");
    if (lv->filter.re) { /* starts, stops and gaps are shown, but not meant */
        shown = log_filter_hits(lv);
        all -= logbuf_notes(lv->buf);
    }
    if (shown != all || lv->filter.re)
        strbuf_printf(out, "%s of ", fmt_count((int64_t)shown, n));
    strbuf_printf(out, "%s%s", fmt_count((int64_t)all, n),
                  brief ? "" : " lines");
    if (logbuf_dropped(lv->buf))
        strbuf_printf(out, "  dropped %s",
                      fmt_count((int64_t)logbuf_dropped(lv->buf), n));
}

/* With every level less: the tasks go first, then words, then what is as it
 * usually is. */
#define TITLE_BRIEFEST 3

static void put_title(struct log_view *lv, int cols, int level,
                      struct strbuf *out)
{
    static const char *const stamps[STAMPS_N] = {"UTC", "local", "age",
                                                 "ingested", "no times"};

    strbuf_puts(out, "log ");
    utf8_put_middle(out, lv->name, level > 1 ? 16 : cols < 100 ? 22 : 40);
    if (level < 1)
        put_tasks(lv, lv->pager.follow ? cols : cols - 40, out);
    put_mode(lv, cols, out);
    log_live_put(lv, cols, out);
    put_counts(lv, level > 1, out);
    put_window(lv, out);
    if (level < TITLE_BRIEFEST || lv->stamps != STAMPS_UTC)
        strbuf_printf(out, "  %s", stamps[lv->stamps]);
    strbuf_printf(out, "%s%s", lv->pager.wrap ? "  wrap" : "",
                  lv->raw ? "  raw" : "");
}

static void draw_title(struct log_view *lv, struct surface *s, struct rect r)
{
    struct strbuf text = STRBUF_INIT;

    for (int level = 0; level <= TITLE_BRIEFEST; level++) {
        strbuf_clear(&text);
        put_title(lv, r.cols, level, &text);
        if (utf8_width(strbuf_get(&text), text.len) <= r.cols - 5)
            break;
    }
    surface_rule(s, r.row, r.col, r.cols, ROLE_PANE, strbuf_get(&text));
    strbuf_release(&text);
}

/* ---- row 2 ----------------------------------------------------------- */

/* What goes first where there is little room. */
enum brief {
    BRIEF_NOT,
    BRIEF_NAME,     /* the rule below has it, and the tasks */
    BRIEF_WARNINGS, /* and words */
    BRIEF_HOSTS,    /* who may drop lines */
    BRIEF_TASKS,
    BRIEF_REQUESTS,
    BRIEF_ERRORS,   /* their number: what they do is the rate */
    BRIEF_N
};

bool log_comparable(const struct log_view *lv)
{
    for (size_t i = 0; i < lv->n_watches; i++)
        if (lv->watches[i].target.kind == &kind_clusters ||
            (lv->watches[i].many && lv->n_watches > 1))
            return false;
    return true;
}

/* "errors 37 (:143 6.2/min a task, :142 0)": what the new revision does that
 * the old one does not. */
static void put_errors(const struct log_view *lv, enum brief brief,
                       struct doc *out)
{
    struct logsrc_rate rates[4];
    size_t n = logsrc_rates(lv->src, RATE_MINUTES, rates, ARRAY_LEN(rates));
    char count[32];
    bool some = false;

    if (!logbuf_errors(lv->buf))
        return;
    for (size_t i = 0; i < n && log_comparable(lv); i++)
        some |= *rates[i].revision && rates[i].count.errors;
    doc_printf(out, ROLE_BAD, "%serrors", doc_width(out) ? "  " : "");
    if (brief < BRIEF_ERRORS || !some)
        doc_printf(out, ROLE_BAD, " %s",
                   fmt_count((int64_t)logbuf_errors(lv->buf), count));
    for (size_t i = 0; some && i < n; i++) {
        const struct logsrc_rate *r = &rates[i];
        bool worse = i == 0 && n > 1 &&
                     r->errors_minute > rates[1].errors_minute;
        doc_put(out, ROLE_MUTED, i ? ", " : " (");
        doc_printf(out, worse ? ROLE_BAD : ROLE_TEXT, "%s %.*f%s",
                   *r->revision ? r->revision : "others",
                   r->errors_minute >= 10 || r->errors_minute <= 0 ? 0
                   : r->errors_minute >= 1                         ? 1
                                                                   : 2,
                   r->errors_minute, i ? "" : "/min a task");
    }
    if (some)
        doc_put(out, ROLE_MUTED, ")");
}

/* How far behind it is, what that costs, and what no asking brings. */
static void put_cost(const struct log_view *lv, enum brief brief,
                     struct doc *out)
{
    static const char *const drops[][3] = {
        [LOGSRC_BLOCKING] = {"", "", ""},
        [LOGSRC_DEFAULT] = {"  hosts may drop lines (mode not set)",
                            "  hosts may drop lines", "  may drop lines"},
        [LOGSRC_NON_BLOCKING] = {"  hosts may drop lines (non-blocking)",
                                 "  hosts may drop lines",
                                 "  may drop lines"}};
    struct logsrc_stats st;
    char age[16];

    logsrc_stats(lv->src, &st);
    if (st.gaps)
        doc_printf(out, ROLE_STALE, "  %zu gap%s", st.gaps,
                   st.gaps == 1 ? "" : "s");
    if (!lv->view.app->o.still && st.lag_ms >= 0) {
        doc_printf(out, ROLE_MUTED, "  %s %s",
                   lv->live.seen == LOGSRC_LIVE_ON ? "poll" : "lag",
                   fmt_age(st.lag_ms, age));
        if (brief < BRIEF_REQUESTS)
            doc_printf(out, ROLE_MUTED, "  %d req/min", st.requests_minute);
    }
    doc_put(out, ROLE_MUTED,
            drops[logsrc_drops(lv->src)][(brief >= BRIEF_WARNINGS) +
                                         (brief >= BRIEF_HOSTS)]);
}

static void put_summary(const struct log_view *lv, enum brief brief,
                        struct doc *out)
{
    char n[32];

    if (brief < BRIEF_NAME) {
        doc_put(out, ROLE_SUMMARY, lv->name);
        if (lv->n_watches || logsrc_tasks(lv->src))
            doc_put(out, ROLE_SUMMARY, ":");
    }
    if ((lv->n_watches || logsrc_tasks(lv->src)) && brief < BRIEF_TASKS)
        doc_printf(out, ROLE_SUMMARY, "%s%zu task%s",
                   brief < BRIEF_NAME ? " " : "", logsrc_tasks(lv->src),
                   logsrc_tasks(lv->src) == 1 ? "" : "s");
    put_errors(lv, brief, out);
    if (logbuf_warnings(lv->buf) && brief < BRIEF_WARNINGS)
        doc_printf(out, ROLE_WARN, "  warnings %s",
                   fmt_count((int64_t)logbuf_warnings(lv->buf), n));
    if (logsrc_loading(lv->src) && logbuf_len(lv->buf))
        doc_put(out, ROLE_MUTED, "  reading back ...");
    put_cost(lv, brief, out);
}

void log_summary(const struct view *v, struct doc *out)
{
    const struct log_view *lv = log_of(v);

    if (*logsrc_status(lv->src)) {
        doc_put(out, ROLE_ERROR, logsrc_status(lv->src));
        return;
    }
    for (int brief = BRIEF_NOT; brief < BRIEF_N; brief++) {
        doc_clear(out);
        put_summary(lv, (enum brief)brief, out);
        if (doc_width(out) < v->app->surface.cols)
            return;
    }
}

/* "3/41", "41 hits", "41+ hits" while it is still looked for. */
static void put_count(const struct log_view *lv, struct doc *out)
{
    const struct logset *hits = &lv->search.hits;
    size_t n = logset_len(hits), k = n;
    bool exact = false;
    const char *more = logset_pending(hits) ? "+" : "";

    if (!lv->pager.follow && lv->current.seq)
        k = logset_find(hits, lv->current, &exact);
    if (exact && !*more)
        doc_printf(out, ROLE_MUTED, " %zu/%zu", k + 1, n);
    else
        doc_printf(out, ROLE_MUTED, " %zu%s hit%s", n, more,
                   n == 1 && !*more ? "" : "s");
}

void log_settings(const struct view *v, struct doc *out)
{
    const struct log_view *lv = log_of(v);

    if (lv->filter.re)
        doc_printf(out, ROLE_MATCH, "&%s", lv->filter.text);
    if (lv->filter.re && lv->filter.context)
        doc_printf(out, ROLE_MUTED, " +%zu lines", lv->filter.context);
    if (lv->filter.re && lv->search.re)
        doc_put(out, ROLE_TEXT, "  ");
    if (lv->search.re) {
        doc_printf(out, ROLE_MATCH, "/%s", regex_text(lv->search.re));
        put_count(lv, out);
    }
    for (size_t i = 0; i < LOG_TERMS; i++) {
        if (!lv->terms[i])
            continue;
        doc_put(out, ROLE_TEXT, "  ");
        doc_put(out, (enum role)(ROLE_HIGHLIGHT1 + i),
                regex_text(lv->terms[i]));
    }
}

/* There are lines, but none is shown. */
static void put_hidden(struct log_view *lv, struct strbuf *out)
{
    char n[32], age[16];

    if (lv->filter.re && logset_pending(&lv->filter.set))
        strbuf_puts(out, "filtering ...");
    else if (lv->filter.re)
        strbuf_printf(out, "none of %s lines is let through by &%s; Esc "
                      "shows all", fmt_count((int64_t)logbuf_len(lv->buf), n),
                      lv->filter.text);
    else if (*logsrc_status(lv->src))
        strbuf_puts(out, logsrc_status(lv->src));
    else if (lv->window_ms)
        strbuf_printf(out, "no lines in the last %s; 0 shows all",
                      fmt_age(lv->window_ms, age));
    else
        strbuf_puts(out, "cleared: new lines show here; 0 shows all");
}

/* Why there is nothing: each case is a sentence. */
static enum role put_empty(struct log_view *lv, struct strbuf *out)
{
    char age[16];
    bool known = true;
    int64_t last = logsrc_last_event_ms(lv->src);
    int64_t minutes = logsrc_backfill_ms(lv->src) / 60000;

    if (logbuf_len(lv->buf)) {
        put_hidden(lv, out);
        return ROLE_MUTED;
    }
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
    if (log_put_undefined(lv, out))
        return ROLE_ERROR;
    if (logsrc_loading(lv->src))
        strbuf_printf(out, "loading the last %d minutes ...", (int)minutes);
    else if (!known || (log_waiting(lv) && !logsrc_readable(lv->src)))
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

void log_draw(struct view *v, struct surface *s, struct rect r)
{
    struct log_view *lv = log_of(v);
    struct strbuf text = STRBUF_INIT;
    struct matcher m = {log_find_in_line, lv};
    struct rect body = {r.row + 1, r.col, r.rows - 1, r.cols};

    lv->now_ms = app_now(v->app);
    if (r.rows < 2)
        return;
    log_settle(lv);
    struct pager_source src = log_source(lv);
    pager_sync(&lv->pager, &src, body.rows, body.cols);
    if (lv->pager.has_hit)
        pager_reveal(&lv->pager, &src, lv->pager.hit);
    draw_title(lv, s, (struct rect){r.row, r.col, 1, r.cols});
    if (src.n_lines) {
        pager_draw(&lv->pager, &src, lv->search.re ? &m : NULL, s, body);
    } else if (body.rows > 1) {
        enum role role = put_empty(lv, &text);
        surface_put_wrapped(s,
                            (struct rect){body.row + 1, body.col + 2,
                                          body.rows - 1, body.cols - 3},
                            role, strbuf_get(&text));
    }
    strbuf_release(&text);
}
