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

/* Among the last lines, the newest of those that explain most. False: none of
 * them is an error. */
static bool explain(struct log_view *lv)
{
    const char *failing = failing_revision(lv);
    size_t n = log_shown(lv), most = lv->filter.re ? BACK_FILTERED : BACK_LINES;
    size_t newest = 0, best = 0;
    enum worth have = NO_ERROR;

    for (size_t k = n; k-- > 0 && n - k <= most && have < BLAMED_FATAL;) {
        size_t i = log_index(lv, k);
        enum worth w = worth_of(lv, i, failing);
        if (w <= have || log_goes_on(lv, i))
            continue;
        newest = have == NO_ERROR ? k : newest;
        have = w;
        best = k;
    }
    if (have == NO_ERROR)
        return false;
    log_go(lv, best);
    if (best != newest)
        app_say(lv->view.app, MSG_INFO,
                "The %s: e and E step through all errors.", choices[have]);
    return true;
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
    bool found = false;

    if (logbuf_errors(lv->buf) && n)
        found = lv->pager.follow ? explain(lv) || step(lv, n - 1, -1, false)
                                 : step(lv, lv->pager.hit, dir, true);
    if (!found)
        app_say(lv->view.app, MSG_INFO, "No line here is an error.");
}
