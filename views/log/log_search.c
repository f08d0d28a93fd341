/* Searching a log. */
#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "views/log/log.h"

#define SLICE_BYTES ((size_t)1 << 20)

/* ---- the hits -------------------------------------------------------- */

static enum logset_verdict is_hit(void *arg, const struct logbuf_line *line)
{
    struct log_view *lv = arg;
    bool shown = true;

    if (log_matches(lv, lv->search.re, line) != REGEX_HIT)
        return LOGSET_NO;
    if (lv->filter.re)
        logset_find(&lv->filter.set, logbuf_mark_of(line), &shown);
    return shown ? LOGSET_HIT : LOGSET_NO;
}

/* The first hit that neither window nor X hides. */
static size_t first_hit(const struct log_view *lv)
{
    bool exact;

    return log_shown(lv) && lv->first
               ? logset_find(&lv->search.hits, log_mark(lv, 0), &exact)
               : 0;
}

static void begin(struct log_view *lv)
{
    struct log_search *s = &lv->search;
    size_t n = log_shown(lv);
    size_t k = lv->pager.follow || !n ? SIZE_MAX
                                      : log_index(lv, lv->pager.hit);

    logset_begin(&s->hits, lv->buf, lv->view.app->o.clock,
                 &(struct logset_options){.match = is_hit, .arg = lv}, k);
}

void log_search_again(struct log_view *lv)
{
    if (!lv->search.re)
        return;
    begin(lv);
    log_work(lv);
}

void log_search_clear(struct log_view *lv)
{
    struct log_search *s = &lv->search;

    logset_end(&s->hits);
    regex_free(s->re);
    s->re = NULL;
    s->wanted = 0;
}

/* ---- going there ----------------------------------------------------- */

static struct logbuf_mark here(const struct log_view *lv)
{
    size_t n = log_shown(lv);

    if (!n)
        return (struct logbuf_mark){0};
    return log_mark(lv, lv->pager.follow || lv->pager.hit >= n
                            ? n - 1
                            : lv->pager.hit);
}

/* The hit that is wanted, SIZE_MAX when there is none that way. */
static size_t hit_that_way(const struct log_view *lv)
{
    const struct log_search *s = &lv->search;
    size_t n = logset_len(&s->hits), first = first_hit(lv), k;
    bool exact;

    k = logset_find(&s->hits, here(lv), &exact);
    if (s->wanted > 0) {
        k += exact && s->again;
        return k < n ? k : SIZE_MAX;
    }
    if (exact && !s->again)
        return k;
    return k > first ? k - 1 : SIZE_MAX;
}

static void go_to_hit(struct log_view *lv, size_t h)
{
    bool exact;
    size_t k = log_number(lv, logset_mark(&lv->search.hits, h), &exact);

    lv->search.wanted = 0;
    log_go(lv, k);
    if (lv->search.wrapped && lv->search.said)
        app_say(lv->view.app, MSG_INFO, "The search went round the end.");
}

/* As soon as a hit that way is known it is gone to. A nearer one can't come
 * later: lines are looked at from the reader outwards. */
void log_search_arrive(struct log_view *lv)
{
    struct log_search *s = &lv->search;
    size_t n, h;

    if (!s->re || !s->wanted)
        return;
    h = hit_that_way(lv);
    if (h != SIZE_MAX) {
        go_to_hit(lv, h);
        return;
    }
    if (logset_pending(&s->hits) || logset_pending(&lv->filter.set))
        return;
    n = logset_len(&s->hits);
    h = s->wanted > 0 ? first_hit(lv) : n - 1;
    if (n > first_hit(lv)) {
        s->wrapped = true;
        go_to_hit(lv, h);
        return;
    }
    s->wanted = 0;
    if (s->said)
        app_say(lv->view.app, MSG_WARN, "Not found: %s", regex_text(s->re));
}

void log_search_next(struct log_view *lv, int dir)
{
    struct log_search *s = &lv->search;

    if (!s->re) {
        app_say(lv->view.app, MSG_INFO,
                "Nothing is searched for yet: / asks.");
        return;
    }
    s->wanted = dir;
    s->again = !lv->pager.follow;
    s->said = true;
    s->wrapped = false;
    log_search_arrive(lv);
}

/* ---- the prompt ------------------------------------------------------ */

static struct log_place place(const struct log_view *lv)
{
    return (struct log_place){lv->top, lv->current, lv->pager.follow};
}

static void go_back(struct log_view *lv, const struct log_place *p)
{
    lv->top = p->top;
    lv->current = p->current;
    lv->pager.top_sub = 0;
    lv->pager.follow = p->follow;
    log_settle(lv);
}

/* Each letter searches again from where the search began: the newest line
 * when the log is followed, else the next below. */
static void typed(void *arg, enum prompt_result r, const char *text)
{
    struct log_view *lv = arg;
    struct log_search *s = &lv->search;
    struct log_place from = s->from;
    bool same = s->re && strcmp(regex_text(s->re), text) == 0;

    if (r == PROMPT_ACCEPTED && same) {
        if (regex_is_plain(s->re)) /* now it is said why */
            regex_free(log_pattern(lv, text, false));
        s->said = true;
        if (s->wanted)
            log_work(lv);
        else if (!logset_len(&s->hits))
            log_search_next(lv, 1); /* says that there is none */
        return;
    }
    log_settle(lv);
    log_search_clear(lv);
    go_back(lv, &from);
    if (r == PROMPT_CANCELLED || !*text)
        return;
    s->re = log_pattern(lv, text, r == PROMPT_CHANGED);
    s->wanted = from.follow ? -1 : 1;
    s->again = false;
    s->wrapped = false;
    s->said = r == PROMPT_ACCEPTED;
    begin(lv);
    logset_step(&s->hits, SLICE_BYTES);
    log_search_arrive(lv);
    log_keep(lv);
    log_work(lv);
}

void log_search_ask(struct log_view *lv)
{
    log_keep(lv);
    lv->search.from = place(lv);
    app_ask(lv->view.app, "/", "", HISTORY_SEARCH, NULL, NULL, typed, lv);
}
