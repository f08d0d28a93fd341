/* log.h - what the files of the log view share; views/view.h has its maker.
 *
 * Lines of the buffer that are shown have numbers of their own, which is what
 * the pager counts in: all lines from `first` on, or those that the filter
 * lets through. Places are kept as marks of lines; log_settle() turns them
 * into numbers again whenever anything may have moved. While the log is not
 * followed there is a current line, the pager's hit. */
#ifndef ECSDASH_VIEWS_LOG_LOG_H
#define ECSDASH_VIEWS_LOG_LOG_H

#include "backend/base/strbuf.h"
#include "backend/svc/logjson.h"
#include "backend/svc/logset.h"
#include "backend/svc/logsrc.h"
#include "backend/svc/regex.h"
#include "tui/pager.h"
#include "views/app/app.h"
#include "views/view.h"

#define LOG_TERMS 5    /* highlighted */
#define LOG_SPANS 600  /* of one line; further colours are not shown */
#define LOG_MARKS 1000

enum log_stamps {
    STAMPS_UTC,
    STAMPS_LOCAL,
    STAMPS_AGE,
    STAMPS_INGESTION, /* when CloudWatch had it, UTC */
    STAMPS_OFF,
    STAMPS_N
};

/* Before the text of each line. */
enum log_tags {
    TAGS_DIFFERING, /* service, task and container, as far as they differ */
    TAGS_ALL,       /* task, revision and container; services that differ */
    TAGS_OFF,
    TAGS_N
};

enum { LOG_TAG_PARTS = 4 };

struct log_out;
struct log_view;

/* A subscription that tells of tasks: those of a cluster or service, or one. */
struct log_watch {
    struct log_view *lv;
    struct subscription *sub;
    struct target target; /* the row it was opened on */
    char *container; /* only this one, or NULL */
    bool many;       /* of a cluster or service */
    bool known;      /* all pages have come, of tasks that run and that stopped */
    bool waiting;    /* some task or its definition has not come */
    bool undefined;  /* nor will it soon: it can't be read */
    struct err error;
};

/* A place to come back to. */
struct log_place {
    struct logbuf_mark top, current;
    bool follow;
};

/* `/`: what is searched, and which way the reader wants to go as soon as
 * something is found. */
struct log_search {
    struct regex *re;    /* NULL = nothing is searched */
    struct logset hits;
    int wanted;          /* 1 down, -1 up, 0 = is there */
    bool said;           /* typed to the end: a failure is told */
    bool again;          /* the line it stands on does not count */
    bool wrapped;
    struct log_place from; /* where it began, for Esc */
};

/* `&`: which lines are shown. */
struct log_filter {
    struct regex *re; /* NULL = all lines */
    bool invert;
    bool asked;       /* just typed: that nothing matches is told */
    char *text;       /* as it was typed */
    uint8_t *tags;    /* by source: 0 = not asked yet, else 1 + its result */
    size_t n_tags;
    struct logset set;
    size_t context;
};

struct log_view {
    struct view view; /* first: views are freed through it */
    struct logsrc *src;
    struct logbuf *buf; /* the source's */
    struct log_watch *watches;
    size_t n_watches;
    bool name_clusters; /* services of one name are in several */
    char *name;       /* "payments-api" */
    char *stream_prefix; /* of streams, in a log of groups; or NULL */
    bool started;     /* tasks are read of; till then they gather */
    struct timer start; /* even if not all have come */
    struct pager pager;
    struct logbuf_mark top, current; /* of the pager's top and hit */
    struct logbuf_mark paused; /* last line when following ended */
    int64_t now_ms;
    /* how lines look */
    enum log_stamps stamps;
    enum log_tags tags;
    bool raw;         /* JSON as it came */
    struct logjson_fields fields;
    struct regex *terms[LOG_TERMS]; /* highlighted; NULL = free */
    struct logbuf_mark marks[LOG_MARKS];
    size_t n_marks;
    /* which are shown */
    struct log_filter filter;
    struct log_search search;
    int64_t window_ms;  /* only the last so many; 0 = all */
    struct {
        bool more; /* a better one may come while it is read back */
        int worth;
        struct logbuf_mark at;
    } explain; /* where the first `e` went */
    int64_t goto_ms;    /* a time (wall) to go to when it has been read; or 0 */
    struct logbuf_mark cleared_mark; /* X: lines up to this one are hidden */
    size_t first;       /* first line (without filter) or entry shown */
    struct timer work;  /* sets are made in slices */
    struct {
        bool on; /* wanted: it runs while the view is on top */
        enum logsrc_live_state seen;
        int64_t said_ms; /* mono, of the last break that was told */
    } live;
    struct log_out *out; /* lines on their way to a file or command; NULL */
    /* scratch of the line adapter; all of it is made again for each line */
    struct strbuf line, plain;
    struct text_span *spans;
    size_t n_spans;
    size_t prefix;    /* bytes of the line before its text */
    /* parts of tags: as of this many sources */
    size_t tag_sources;
    int tag_cols[LOG_TAG_PARTS]; /* of service, task, revision, container;
                                    0 = without */
};

/* log_open.c */
/* What `p` on a task opens: its own end, else the newest abnormal one of its
 * service, else the newest; NULL when none has stopped. */
const struct snap_row *log_last_stopped(const struct target *t);

/* log_view.c */
struct log_view *log_of(const struct view *v);

/* log_feed.c: tasks and groups become sources. */
int log_watch_target(struct log_view *lv, struct log_watch *w,
                     const struct target *t, struct err *err);
void log_watch_end(struct log_watch *w);
/* Says why nobody knows where the logs are; false: it is known, or will be. */
bool log_put_undefined(const struct log_view *lv, struct strbuf *out);
/* All rows are watched: reading begins when their tasks are known, or soon. */
void log_gather(struct log_view *lv);
/* Is some task, or its definition, still to come? */
bool log_waiting(const struct log_view *lv);
/* The gaps among n lines from k on are read now: how many there are. */
size_t log_refill(struct log_view *lv, size_t k, size_t n);
void log_new_source(struct log_view *lv, int64_t backfill_ms); /* 0 = usual */
int log_add_groups(struct log_view *lv, struct err *err); /* of its name */
/* Read again, back to at least so long ago. The place is kept. */
void log_read_back(struct log_view *lv, int64_t ms);

/* log_shown.c: numbers of lines that are shown. */
size_t log_shown(const struct log_view *lv); /* how many */
size_t log_index(const struct log_view *lv, size_t k); /* in the buffer */
/* The number of that line, or of the first one shown behind it. */
size_t log_number(const struct log_view *lv, struct logbuf_mark m,
                  bool *exact);
struct logbuf_mark log_mark(const struct log_view *lv, size_t k);
/* With lines around those of the filter: are some not shown behind line k? */
bool log_left_out(const struct log_view *lv, size_t k);
void log_settle(struct log_view *lv); /* marks to numbers */
void log_keep(struct log_view *lv);   /* numbers to marks */
/* Make line k the current one, on screen; following ends. */
void log_go(struct log_view *lv, size_t k);
/* The line that keys mean: the current one; while following, the newest, past
 * our words that tasks have started or stopped. 0 when there is none. */
size_t log_hand(const struct log_view *lv);
bool log_current(const struct log_view *lv, struct logbuf_line *out);
void log_pause(struct log_view *lv);
void log_follow(struct log_view *lv);
bool log_goes_on(void *arg, size_t i); /* line i continues an event */
void log_set_window(struct log_view *lv, int64_t ms);
void log_clear(struct log_view *lv);

/* log_filter.c */
void log_filter_ask(struct log_view *lv);
/* "" shows all lines again; "!x" those without. */
void log_filter_set(struct log_view *lv, const char *text);
void log_filter_release(struct log_view *lv);
/* Shown lines that match; without what stands around them. */
size_t log_filter_hits(const struct log_view *lv);
void log_filter_context(struct log_view *lv, size_t n);
/* Does the pattern hold for the line, as it came or as it is shown? */
enum regex_result log_matches(struct log_view *lv, struct regex *re,
                              const struct logbuf_line *l);
/* A pattern, or the text itself when it is none (and says so). */
struct regex *log_pattern(struct log_view *lv, const char *text, bool quiet);
void log_work(struct log_view *lv); /* there may be something to look at */

/* log_command.c */
void log_goto_arrive(struct log_view *lv); /* after each change */

/* log_search.c */
void log_search_ask(struct log_view *lv);
void log_search_next(struct log_view *lv, int dir);
void log_search_again(struct log_view *lv); /* other lines are shown */
void log_search_clear(struct log_view *lv);
void log_search_arrive(struct log_view *lv); /* after each slice */

/* log_error.c: to the next error that way; while the log is followed, to the
 * one that explains most. */
void log_error(struct log_view *lv, int dir);
/* After each change: it goes on to what explains more than what had been read
 * then, unless the user has gone elsewhere. */
void log_error_arrive(struct log_view *lv);

/* log_marks.c */
void log_highlight_ask(struct log_view *lv);
void log_highlight(struct log_view *lv, const char *text);
void log_toggle_mark(struct log_view *lv);
void log_next_mark(struct log_view *lv);
bool log_is_marked(const struct log_view *lv, uint64_t seq);

/* log_lines.c: how lines look. */
struct pager_source log_source(struct log_view *lv);
/* Hits of the search in a drawn line; ctx is the view. */
bool log_find_in_line(const void *ctx, const char *text, size_t n,
                      size_t from, struct match_range *out);

/* log_draw.c: the rule above, what is told beside, and the empty view. */
void log_draw(struct view *v, struct surface *s, struct rect r);
void log_summary(const struct view *v, struct doc *out);
void log_settings(const struct view *v, struct doc *out);
bool log_comparable(const struct log_view *lv); /* revisions: all of one
                                                   service's */

/* log_out.c: the shown lines to elsewhere. One at a time. */
void log_save_ask(struct log_view *lv);
void log_pipe_ask(struct log_view *lv);
void log_lend(struct log_view *lv, bool edit); /* to $PAGER or $EDITOR */
bool log_out_cancel(struct log_view *lv); /* false: nothing was under way */
void log_out_free(struct log_view *lv);

/* log_live.c: the live tail. */
void log_live_toggle(struct log_view *lv); /* asks before it begins */
void log_live_show(struct log_view *lv, bool on); /* the view is on top */
void log_live_again(struct log_view *lv);   /* with a new source */
void log_live_changed(struct log_view *lv); /* it may have ended */
/* For the rule: "  LIVE 12m". */
void log_live_put(const struct log_view *lv, int cols, struct strbuf *out);
void log_live_free(struct log_view *lv);

/* log_pretty.c: one line, in a view of its own. */
void log_pretty(struct log_view *lv);

#endif
