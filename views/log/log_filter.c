/* `&`: showing only some lines; and the work that is done in slices. */
#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "views/log/log.h"
#include "views/log/log_match.h"

#define SLICE_BYTES ((size_t)2 << 20)

struct regex *log_pattern(struct log_view *lv, const char *text, bool quiet)
{
    struct err err = {0};
    struct regex *re = regex_new(text, &err);

    if (re)
        return re;
    if (!quiet)
        app_say(lv->view.app, MSG_INFO, "%s It is taken as plain text.",
                err.message);
    return regex_new_plain(text);
}

enum regex_result log_matches(struct log_view *lv, struct regex *re,
                              const struct logbuf_line *l)
{
    if (lv->raw || l->kind != LOG_TEXT)
        return regex_find(re, l->text, l->len, 0, NULL, NULL);
    return log_match_text(re, l->text, l->len, &lv->fields, &lv->plain);
}

/* Told once, when all lines have been looked at. */
static void say_none(struct log_view *lv)
{
    struct log_filter *f = &lv->filter;

    if (!f->asked || logset_pending(&f->set))
        return;
    f->asked = false;
    if (!logset_hits(&f->set))
        app_say(lv->view.app, MSG_WARN, "No line matches &%s: only starts, "
                "stops and gaps are shown. Esc shows all lines.", f->text);
}

/* ---- slices ---------------------------------------------------------- */

static void work(struct timer *t, void *arg)
{
    struct log_view *lv = arg;
    bool more;

    (void)t;
    log_settle(lv);
    /* What is shown comes first: a search looks at shown lines only. */
    more = logset_step(&lv->filter.set, SLICE_BYTES);
    if (!more)
        more = logset_step(&lv->search.hits, SLICE_BYTES);
    log_settle(lv);
    log_search_arrive(lv);
    say_none(lv);
    app_dirty(lv->view.app, PAINT_DATA);
    if (more)
        timer_start(lv->view.app->o.clock, &lv->work, 0, work, lv);
}

void log_work(struct log_view *lv)
{
    if (!timer_armed(&lv->work) && (logset_pending(&lv->filter.set) ||
                                    logset_pending(&lv->search.hits)))
        timer_start(lv->view.app->o.clock, &lv->work, 0, work, lv);
}

/* ---- the filter ------------------------------------------------------ */

/* Looked at once for each source. */
static bool tag_matches(struct log_view *lv, uint16_t source)
{
    struct log_filter *f = &lv->filter;

    if (source >= f->n_tags) {
        size_t n = (size_t)source + 64;
        f->tags = xreallocarray(f->tags, n, 1);
        memset(f->tags + f->n_tags, 0, n - f->n_tags);
        f->n_tags = n;
    }
    if (!f->tags[source])
        f->tags[source] = 1 + log_match_tag(f->re, lv->src, source);
    return f->tags[source] == 2;
}

static enum logset_verdict lets_through(void *arg,
                                        const struct logbuf_line *line)
{
    struct log_view *lv = arg;
    enum regex_result r;

    /* Starts, stops and above all gaps are never hidden. */
    if (line->kind != LOG_TEXT)
        return LOGSET_PART;
    r = tag_matches(lv, line->source) ? REGEX_HIT
                                      : log_matches(lv, lv->filter.re, line);
    /* What can't be judged is shown, either way. */
    return r == REGEX_HARD || (r == REGEX_HIT) != lv->filter.invert
               ? LOGSET_HIT
               : LOGSET_NO;
}

/* Begin to filter around the place that is read. */
static void begin(struct log_view *lv)
{
    struct log_filter *f = &lv->filter;
    size_t from = SIZE_MAX;

    if (!lv->pager.follow && lv->current.seq)
        from = logbuf_find(lv->buf, lv->current, NULL);
    logset_begin(&f->set, lv->buf, lv->view.app->o.clock,
                 &(struct logset_options){
                     .match = lets_through,
                     /* Without lines of a kind their traces go as well. */
                     .goes_on = f->invert ? NULL : log_goes_on,
                     .arg = lv,
                     .context = f->context},
                 from);
}

size_t log_filter_hits(const struct log_view *lv)
{
    const struct logset *set = &lv->filter.set;
    size_t n = 0;

    if (!lv->first)
        return logset_hits(set);
    for (size_t k = lv->first; k < logset_len(set); k++)
        n += logset_is_hit(set, k);
    return n;
}

void log_filter_release(struct log_view *lv)
{
    struct log_filter *f = &lv->filter;

    logset_end(&f->set);
    regex_free(f->re);
    free(f->text);
    free(f->tags);
    f->tags = NULL;
    f->n_tags = 0;
    f->asked = false;
    f->re = NULL;
    f->text = NULL;
}

void log_filter_set(struct log_view *lv, const char *text)
{
    struct log_filter *f = &lv->filter;
    const char *pattern = *text == '!' ? text + 1 : text;

    log_filter_release(lv);
    f->invert = *text == '!';
    if (*pattern) {
        f->re = log_pattern(lv, pattern, lv->view.app->prompt.open);
        f->text = xstrdup(text);
        begin(lv);
        logset_step(&f->set, SLICE_BYTES); /* the nearest lines at once */
    }
    log_settle(lv);
    log_search_again(lv);
    log_work(lv);
}

void log_filter_context(struct log_view *lv, size_t n)
{
    lv->filter.context = n;
    if (lv->filter.re) {
        begin(lv);
        logset_step(&lv->filter.set, SLICE_BYTES);
        log_settle(lv);
        log_search_again(lv);
        log_work(lv);
    }
    if (n)
        app_say(lv->view.app, MSG_INFO, "%zu line%s around each line that the "
                "filter lets through.", n, n == 1 ? "" : "s");
    else
        app_say(lv->view.app, MSG_INFO, "Only lines that the filter lets "
                "through.");
}

static void typed(void *arg, enum prompt_result r, const char *text)
{
    struct log_view *lv = arg;

    if (r != PROMPT_ACCEPTED)
        return;
    log_filter_set(lv, text);
    lv->filter.asked = lv->filter.re && logbuf_len(lv->buf);
    say_none(lv);
}

void log_filter_ask(struct log_view *lv)
{
    app_ask(lv->view.app, "&", lv->filter.text ? lv->filter.text : "",
            HISTORY_FILTER, NULL, NULL, typed, lv);
}
