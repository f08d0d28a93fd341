/* The errors of a log: from one to the next, and first to the one that says
 * most of why something fails. */
#include <string.h>

#include "backend/base/mem.h"
#include "views/log/log.h"

/* Lines that are looked at for the best one, in some 2 ms; those of a filter
 * have to be found first. */
#define BACK_LINES 50000
#define BACK_FILTERED 8000

/* How much an error explains. BLAMED: of a task that failed, or of the newest
 * revision while tasks of it fail. */
enum worth { NO_ERROR, SOME_ERROR, BLAMED_ERROR, SOME_FATAL, BLAMED_FATAL };

static const char *const choices[] = {
    [SOME_ERROR] = "last error",
    [BLAMED_ERROR] = "last error of what fails",
    [SOME_FATAL] = "last FATAL",
    [BLAMED_FATAL] = "last FATAL of what fails",
};

/* One trace is one error, however many of its lines claim to be one. */
static bool is_error(struct log_view *lv, size_t i)
{
    return logbuf_level(lv->buf, i) >= LOG_LEVEL_ERROR &&
           !log_goes_on(lv, i);
}

/* The newest revision, when tasks of it failed; else NULL. */
static const char *failing_revision(const struct log_view *lv)
{
    struct logsrc_rate newest;
    struct logsrc_source s;

    if (!log_comparable(lv) || !logsrc_rates(lv->src, 1, &newest, 1) ||
        !*newest.revision)
        return NULL;
    for (size_t i = 0; i < logsrc_sources(lv->src); i++) {
        logsrc_source(lv->src, (uint16_t)i, &s);
        if (s.failed && strcmp(s.revision, newest.revision) == 0)
            return newest.revision;
    }
    return NULL;
}

/* Of line i of the buffer, which may go on with another. */
static enum worth worth_of(const struct log_view *lv, size_t i,
                           const char *failing)
{
    enum log_level level = logbuf_level(lv->buf, i);
    struct logsrc_source s;
    bool blamed;

    if (level < LOG_LEVEL_ERROR)
        return NO_ERROR;
    logsrc_source(lv->src, logbuf_mark(lv->buf, i).source, &s);
    blamed = s.failed || (failing && strcmp(s.revision, failing) == 0);
    if (level == LOG_LEVEL_FATAL)
        return blamed ? BLAMED_FATAL : SOME_FATAL;
    return blamed ? BLAMED_ERROR : SOME_ERROR;
}

/* Among the last lines, the newest of those that explain most. Returns how
 * much; *best is its line, *newest that of the last error of any kind. */
static enum worth find_best(struct log_view *lv, size_t *best, size_t *newest)
{
    const char *failing = failing_revision(lv);
    size_t n = log_shown(lv), most = lv->filter.re ? BACK_FILTERED : BACK_LINES;
    enum worth have = NO_ERROR;

    for (size_t k = n; k-- > 0 && n - k <= most && have < BLAMED_FATAL;) {
        size_t i = log_index(lv, k);
        enum worth w = worth_of(lv, i, failing);
        if (w <= have || log_goes_on(lv, i))
            continue;
        *newest = have == NO_ERROR ? k : *newest;
        have = w;
        *best = k;
    }
    return have;
}

static bool is_coming(const struct log_view *lv)
{
    return log_waiting(lv) || logsrc_loading(lv->src);
}

static bool explain(struct log_view *lv)
{
    size_t best = 0, newest = 0;
    enum worth have = find_best(lv, &best, &newest);

    lv->explain.more = have < BLAMED_FATAL && is_coming(lv);
    lv->explain.worth = have;
    if (have == NO_ERROR)
        return false;
    log_go(lv, best);
    lv->explain.at = lv->current;
    if (lv->explain.more)
        app_say(lv->view.app, MSG_INFO, "The %s so far: it is still being "
                "read back.", choices[have]);
    else if (best != newest)
        app_say(lv->view.app, MSG_INFO,
                "The %s: e and E step through all errors.", choices[have]);
    return true;
}

/* The user has not gone elsewhere since. */
static bool is_where_explained(const struct log_view *lv)
{
    if (!view_is_current(&lv->view))
        return false;
    return lv->explain.worth == NO_ERROR
               ? lv->pager.follow
               : !lv->pager.follow && lv->current.seq == lv->explain.at.seq;
}

void log_error_arrive(struct log_view *lv)
{
    size_t best = 0, newest = 0;
    enum worth have;

    if (!lv->explain.more)
        return;
    log_settle(lv);
    lv->explain.more = is_where_explained(lv) && is_coming(lv);
    if (!is_where_explained(lv))
        return;
    have = find_best(lv, &best, &newest);
    /* It goes further once: to what nothing explains better, or at the end. */
    if ((int)have <= lv->explain.worth || (have < BLAMED_FATAL && lv->explain.more))
        return;
    lv->explain.more = false;
    log_go(lv, best);
    app_say(lv->view.app, MSG_INFO, "The %s, now that it has been read.",
            choices[have]);
}

/* From line `from`, which counts unless `again`, round the end. */
static bool step(struct log_view *lv, size_t from, int dir, bool again)
{
    size_t n = log_shown(lv);

    for (size_t i = again; i < n + again; i++) {
        size_t k = dir > 0 ? (from + i) % n : (from + 2 * n - i) % n;
        if (!is_error(lv, log_index(lv, k)))
            continue;
        if (again && (dir > 0 ? k <= from : k >= from))
            app_say(lv->view.app, MSG_INFO,
                    "The search went round the end.");
        log_go(lv, k);
        return true;
    }
    return false;
}

void log_error(struct log_view *lv, int dir)
{
    size_t n = log_shown(lv);
    bool found = false, first = lv->pager.follow;

    lv->explain.more = false;
    if (first && !logbuf_errors(lv->buf)) {
        lv->explain.more = is_coming(lv);
        lv->explain.worth = NO_ERROR;
    }
    if (logbuf_errors(lv->buf) && n)
        found = first ? explain(lv) || step(lv, n - 1, -1, false)
                                 : step(lv, lv->pager.hit, dir, true);
    if (!found)
        app_say(lv->view.app, MSG_INFO, lv->explain.more
                    ? "No error yet: it is still being read back."
                    : "No line here is an error.");
}
