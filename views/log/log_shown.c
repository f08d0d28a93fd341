/* Which lines are shown, and the places in them. */
#include "views/log/log.h"

#include <ctype.h>
#include <string.h>

#include "backend/base/mem.h"

/* So many tasks may start or stop behind the line that is meant. */
enum { ENDING_WORDS = 20 };

static bool filtered(const struct log_view *lv)
{
    return lv->filter.re != NULL;
}

static size_t all(const struct log_view *lv)
{
    return filtered(lv) ? logset_len(&lv->filter.set) : logbuf_len(lv->buf);
}

size_t log_shown(const struct log_view *lv)
{
    size_t n = all(lv);

    return n > lv->first ? n - lv->first : 0;
}

size_t log_index(const struct log_view *lv, size_t k)
{
    return filtered(lv) ? logset_index(&lv->filter.set, lv->first + k)
                        : lv->first + k;
}

struct logbuf_mark log_mark(const struct log_view *lv, size_t k)
{
    return filtered(lv) ? logset_mark(&lv->filter.set, lv->first + k)
                        : logbuf_mark(lv->buf, lv->first + k);
}

bool log_left_out(const struct log_view *lv, size_t k)
{
    return filtered(lv) && lv->filter.context && k + 1 < log_shown(lv) &&
           log_index(lv, k + 1) != log_index(lv, k) + 1;
}

size_t log_number(const struct log_view *lv, struct logbuf_mark m,
                  bool *exact)
{
    size_t i = filtered(lv) ? logset_find(&lv->filter.set, m, exact)
                            : logbuf_find(lv->buf, m, exact);

    if (i < lv->first)
        *exact = false;
    return i > lv->first ? i - lv->first : 0;
}

/* The first line that neither the window nor X hides. */
static void settle_first(struct log_view *lv)
{
    size_t i = 0, k;
    bool exact;

    if (lv->cleared_mark.seq) {
        i = logbuf_find(lv->buf, lv->cleared_mark, &exact);
        i += exact;
    }
    if (lv->window_ms) {
        k = logbuf_find_time(lv->buf, app_now(lv->view.app) - lv->window_ms);
        i = k > i ? k : i;
    }
    lv->first = i;
    if (filtered(lv) && i)
        lv->first = i < logbuf_len(lv->buf)
                        ? logset_find(&lv->filter.set,
                                      logbuf_mark(lv->buf, i), &exact)
                        : logset_len(&lv->filter.set);
}

void log_settle(struct log_view *lv)
{
    struct pager *p = &lv->pager;
    size_t n;
    bool exact;

    settle_first(lv);
    n = log_shown(lv);
    if (p->follow) {
        p->has_hit = false;
        return;
    }
    if (lv->top.seq) {
        p->top = log_number(lv, lv->top, &exact);
        if (!exact)
            p->top_sub = 0;
    }
    if (lv->current.seq)
        p->hit = log_number(lv, lv->current, &exact);
    p->has_hit = n > 0;
    if (p->hit >= n && n)
        p->hit = n - 1;
}

void log_keep(struct log_view *lv)
{
    const struct pager *p = &lv->pager;
    size_t n = log_shown(lv);
    bool exact;

    if (p->follow) {
        lv->top = lv->current = (struct logbuf_mark){0};
        return;
    }
    if (!n)
        return; /* the places are those of lines that are hidden now */
    lv->top = log_mark(lv, p->top < n ? p->top : n - 1);
    /* A line that the filter hides for now stays the current one. */
    if (!lv->current.seq || log_number(lv, lv->current, &exact) != p->hit)
        lv->current = log_mark(lv, p->hit < n ? p->hit : n - 1);
}

size_t log_hand(const struct log_view *lv)
{
    size_t n = log_shown(lv), k = n;
    struct logbuf_line l;

    if (!lv->pager.follow)
        return lv->pager.hit;
    for (int words = 0; k && words < ENDING_WORDS; words++) {
        logbuf_get(lv->buf, log_index(lv, --k), &l);
        if (l.kind != LOG_SEPARATOR)
            return k;
    }
    return n ? n - 1 : 0;
}

void log_pause(struct log_view *lv)
{
    struct pager *p = &lv->pager;
    size_t n = log_shown(lv);

    if (!p->follow)
        return;
    p->hit = log_hand(lv);
    p->follow = false;
    p->has_hit = n > 0;
    lv->paused = n ? log_mark(lv, n - 1) : (struct logbuf_mark){0};
    lv->current = (struct logbuf_mark){0};
}

void log_follow(struct log_view *lv)
{
    lv->goto_ms = 0;
    lv->pager.follow = true;
    lv->pager.has_hit = false;
    lv->pager.top_sub = 0;
}

void log_go(struct log_view *lv, size_t k)
{
    struct pager_source src = log_source(lv);

    log_pause(lv);
    if (k >= src.n_lines)
        return;
    lv->pager.has_hit = true;
    lv->pager.hit = k;
    pager_show(&lv->pager, &src, k);
    lv->current = (struct logbuf_mark){0};
    log_keep(lv);
}

bool log_current(const struct log_view *lv, struct logbuf_line *out)
{
    size_t k = log_hand(lv);

    if (k >= log_shown(lv))
        return false;
    logbuf_get(lv->buf, log_index(lv, k), out);
    return true;
}

/* ---- events of several lines ----------------------------------------- */

/* "java.lang.IllegalStateException: ..." */
static bool names_exception(const char *s, size_t n)
{
    size_t i = 0;

    while (i < n && (isalnum((unsigned char)s[i]) || strchr("._$", s[i])))
        i++;
    return (i > 9 && strncmp(s + i - 9, "Exception", 9) == 0) ||
           (i > 5 && memchr(s, '.', i) && strncmp(s + i - 5, "Error", 5) == 0);
}

static bool looks_further(const struct logbuf_line *l)
{
    static const char *const starts[] = {"Caused by:", "... ", "Traceback ",
                                         "goroutine "};

    if (l->more || (l->len && (*l->text == ' ' || *l->text == '\t')))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(starts); i++)
        if (strncmp(l->text, starts[i], strlen(starts[i])) == 0)
            return true;
    return names_exception(l->text, l->len < 200 ? l->len : 200);
}

/* The stack trace of an application that writes a line an event hangs
 * together only by how its lines begin. */
bool log_goes_on(void *arg, size_t i)
{
    struct log_view *lv = arg;
    struct logbuf_line l, before;

    if (i == 0 || i >= logbuf_len(lv->buf))
        return false;
    logbuf_get(lv->buf, i, &l);
    if (l.kind != LOG_TEXT || !looks_further(&l))
        return false;
    if (l.more)
        return true;
    logbuf_get(lv->buf, i - 1, &before);
    return before.kind == LOG_TEXT && before.source == l.source;
}

/* ---- window and clearing --------------------------------------------- */

void log_set_window(struct log_view *lv, int64_t ms)
{
    lv->window_ms = ms;
    log_read_back(lv, ms);
    if (!ms)
        lv->cleared_mark = (struct logbuf_mark){0};
    log_settle(lv);
    log_search_again(lv);
}

void log_clear(struct log_view *lv)
{
    size_t n = logbuf_len(lv->buf);

    if (!n)
        return;
    lv->cleared_mark = logbuf_mark(lv->buf, n - 1);
    log_follow(lv);
    log_settle(lv);
    log_search_again(lv);
    app_say(lv->view.app, MSG_INFO,
            "Cleared: new lines show from here. 0 shows all of them again.");
}
