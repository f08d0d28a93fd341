/* Marks on lines, and words that stay highlighted. */
#include <string.h>

#include "backend/base/mem.h"
#include "views/log/log.h"

/* ---- highlights ------------------------------------------------------ */

void log_highlight(struct log_view *lv, const char *text)
{
    if (!*text) {
        for (size_t i = 0; i < LOG_TERMS; i++) {
            regex_free(lv->terms[i]);
            lv->terms[i] = NULL;
        }
        return;
    }
    for (size_t i = 0; i < LOG_TERMS; i++) {
        if (lv->terms[i] && strcmp(regex_text(lv->terms[i]), text) == 0) {
            regex_free(lv->terms[i]); /* once more takes it away */
            lv->terms[i] = NULL;
            return;
        }
    }
    for (size_t i = 0; i < LOG_TERMS; i++) {
        if (lv->terms[i])
            continue;
        lv->terms[i] = log_pattern(lv, text, false);
        return;
    }
    app_say(lv->view.app, MSG_WARN, "Five terms are highlighted already: h "
            "with one of them takes it away, with nothing all.");
}

static void typed(void *arg, enum prompt_result r, const char *text)
{
    if (r == PROMPT_ACCEPTED)
        log_highlight(arg, text);
}

void log_highlight_ask(struct log_view *lv)
{
    app_ask(lv->view.app, "highlight: ", "", HISTORY_SEARCH, NULL, NULL,
            typed, lv);
}

/* ---- marks ----------------------------------------------------------- */

bool log_is_marked(const struct log_view *lv, uint64_t seq)
{
    for (size_t i = 0; i < lv->n_marks; i++)
        if (lv->marks[i].seq == seq)
            return true;
    return false;
}

void log_toggle_mark(struct log_view *lv)
{
    struct logbuf_line l;

    if (!log_current(lv, &l))
        return;
    for (size_t i = 0; i < lv->n_marks; i++) {
        if (lv->marks[i].seq == l.seq) {
            lv->marks[i] = lv->marks[--lv->n_marks];
            return;
        }
    }
    if (lv->n_marks == LOG_MARKS) {
        app_say(lv->view.app, MSG_WARN, "More than %d lines can't be marked.",
                LOG_MARKS);
        return;
    }
    lv->marks[lv->n_marks++] = logbuf_mark_of(&l);
}

/* The nearest mark below the current line, else the first of all. */
void log_next_mark(struct log_view *lv)
{
    size_t below = SIZE_MAX, least = SIZE_MAX;
    size_t from = lv->pager.follow ? SIZE_MAX : lv->pager.hit;
    bool exact;

    for (size_t i = 0; i < lv->n_marks; i++) {
        size_t k = log_number(lv, lv->marks[i], &exact);
        if (!exact)
            continue;
        least = k < least ? k : least;
        if (from != SIZE_MAX && k > from)
            below = k < below ? k : below;
    }
    if (least == SIZE_MAX)
        app_say(lv->view.app, MSG_INFO,
                "No line that is shown is marked: m marks one.");
    else
        log_go(lv, below != SIZE_MAX ? below : least);
}
