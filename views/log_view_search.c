/* Searching a log: the next hit, the next error, and how many there are. */
#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "views/log_view.h"

#define SLICE_BYTES ((size_t)1 << 20) /* counted in one turn */

static bool has_hit(struct log_view *lv, const struct matcher *m, size_t i)
{
    struct logbuf_line l;
    struct match_range range;

    logbuf_get(lv->buf, i, &l);
    return matcher_find(m, l.text, l.len, 0, &range);
}

/* ---- counting -------------------------------------------------------- */

static void count_slice(struct timer *t, void *arg)
{
    struct log_view *lv = arg;
    struct log_count *c = &lv->count;
    struct matcher m = matcher_plain(lv->needle ? lv->needle : "");
    size_t n = logbuf_len(lv->buf), bytes = 0;
    struct logbuf_line l;
    struct match_range range;

    (void)t;
    c->running = false;
    if (!lv->needle)
        return;
    log_view_settle(lv);
    for (; c->at < n && bytes < SLICE_BYTES; c->at++) {
        logbuf_get(lv->buf, c->at, &l);
        bytes += l.len + 64;
        if (!matcher_find(&m, l.text, l.len, 0, &range))
            continue;
        c->n++;
        c->up_to_hit += lv->pager.has_hit && c->at <= lv->pager.hit;
    }
    if (c->at < n) {
        c->running = true;
        timer_start(lv->view.app->o.clock, &c->timer, 0, count_slice, lv);
        return;
    }
    c->total = c->n;
    c->ordinal = lv->pager.has_hit ? c->up_to_hit : 0;
    c->known = true;
    app_dirty(lv->view.app, PAINT_DATA);
}

void log_view_recount(struct log_view *lv)
{
    struct log_count *c = &lv->count;

    if (!lv->needle || c->running)
        return;
    c->at = c->n = c->up_to_hit = 0;
    c->running = true;
    timer_start(lv->view.app->o.clock, &c->timer, 0, count_slice, lv);
}

/* ---- going there ----------------------------------------------------- */

static void go_to(struct log_view *lv, size_t i)
{
    struct pager_source src = log_view_source(lv);

    /* A hit that is looked at must not be scrolled away by new lines. */
    if (lv->pager.follow)
        lv->paused_seq = logbuf_last_seq(lv->buf);
    lv->pager.follow = false;
    lv->pager.has_hit = true;
    lv->pager.hit = i;
    pager_show(&lv->pager, &src, i);
}

/* The next line after (or before) the current hit for which `is` holds, round
 * the ends. */
static bool seek(struct log_view *lv, int dir,
                 bool (*is)(struct log_view *lv, const struct matcher *m,
                            size_t i),
                 bool *wrapped)
{
    size_t n = logbuf_len(lv->buf), from;
    struct matcher m = matcher_plain(lv->needle ? lv->needle : "");
    size_t first = lv->pager.has_hit;

    *wrapped = false;
    if (!n)
        return false;
    if (lv->pager.has_hit)
        from = lv->pager.hit;
    else if (dir < 0 && lv->pager.follow)
        from = n - 1;
    else
        from = lv->pager.top < n ? lv->pager.top : 0;
    for (size_t i = first; i < n + first; i++) {
        size_t at = dir > 0 ? (from + i) % n : (from + 2 * n - i) % n;
        if (!is(lv, &m, at))
            continue;
        *wrapped = i > 0 && (dir > 0 ? at <= from : at >= from);
        go_to(lv, at);
        return true;
    }
    return false;
}

void log_view_search(struct log_view *lv, int dir)
{
    bool wrapped;

    if (!lv->needle)
        app_say(lv->view.app, MSG_INFO,
                "Nothing is searched for yet: / asks.");
    else if (!seek(lv, dir, has_hit, &wrapped))
        app_say(lv->view.app, MSG_WARN, "Not found: %s", lv->needle);
    else if (wrapped)
        app_say(lv->view.app, MSG_INFO, "The search went round the end.");
    lv->count.running = false;
    log_view_recount(lv);
}

static bool is_error(struct log_view *lv, const struct matcher *m, size_t i)
{
    (void)m;
    return logbuf_level(lv->buf, i) == LOG_LEVEL_ERROR;
}

void log_view_error(struct log_view *lv, int dir)
{
    bool wrapped;

    if (!seek(lv, dir, is_error, &wrapped))
        app_say(lv->view.app, MSG_INFO, "No line here is an error.");
    else if (wrapped)
        app_say(lv->view.app, MSG_INFO, "The search went round the end.");
}

void log_view_clear_search(struct log_view *lv)
{
    timer_stop(lv->view.app->o.clock, &lv->count.timer);
    lv->count = (struct log_count){0};
    free(lv->needle);
    lv->needle = NULL;
    lv->pager.has_hit = false;
}

/* While it is typed hits light up; Enter goes to one: the newest when the log
 * is followed, else the next below. */
static void typed(void *arg, enum prompt_result r, const char *text)
{
    struct log_view *lv = arg;

    log_view_settle(lv);
    log_view_clear_search(lv);
    if (r == PROMPT_CANCELLED || !*text)
        return;
    lv->needle = xstrdup(text);
    if (r == PROMPT_ACCEPTED)
        log_view_search(lv, lv->pager.follow ? -1 : 1);
    else
        log_view_recount(lv);
    log_view_keep(lv);
}

void log_view_ask(struct log_view *lv)
{
    app_ask(lv->view.app, "/", "", HISTORY_SEARCH, NULL, NULL, typed, lv);
}
