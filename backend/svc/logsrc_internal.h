/* logsrc_internal.h - what the files of logsrc share. */
#ifndef ECSDASH_SVC_LOGSRC_INTERNAL_H
#define ECSDASH_SVC_LOGSRC_INTERNAL_H

#include "backend/aws/client.h"
#include "backend/base/clock.h"
#include "backend/base/map.h"
#include "backend/base/scope.h"
#include "backend/svc/logscan.h"
#include "backend/svc/logsrc.h"

#define LOGSRC_MAX_SOURCES 60000
#define LOGSRC_MAX_NAMES 100     /* stream names of one call (aws.md 1.4) */
#define LOGSRC_OVERLAP_MS 10000  /* each poll reads again that much */
#define LOGSRC_WIDE_MS 60000     /* and every WIDE_EACH_MS that much */
#define LOGSRC_WIDE_EACH_MS 20000
#define LOGSRC_SWEEP_MS ((int64_t)15 * 60 * 1000)
#define LOGSRC_SWEEP_EACH_MS ((int64_t)5 * 60 * 1000)
#define LOGSRC_DEEP_MS ((int64_t)24 * 3600 * 1000)
#define LOGSRC_DEEP_EACH_MS ((int64_t)3600 * 1000)
#define LOGSRC_SWEEP_PAGES 2000  /* of one sweep at most, and so much text */
#define LOGSRC_SWEEP_BYTES ((size_t)96 << 20)
#define LOGSRC_STALL_MS 15000    /* unread for so long: a gap is shown */
#define LOGSRC_JUMP_MS ((int64_t)120 * 1000) /* the present first, then it */
#define LOGSRC_REST_MS ((int64_t)120 * 1000) /* read on after a task's end */
#define LOGSRC_MINUTES 16        /* of counts kept a source */

struct source { /* a container of a task, or a stream of a group */
    size_t task;
    char *container, *stream; /* stream: NULL until known */
    struct feed *feed;        /* NULL: nothing to read */
    enum logsrc_drops drops;
    uint64_t lines;
    bool exists;              /* its stream, for sure */
    bool ended;               /* read back from its end only, by a hole */
    int64_t caught_ms;        /* what was ingested before has been read (or is
                                 in a hole); 0 = not yet */
    struct minute {
        int64_t minute; /* of events, since the epoch */
        struct logsrc_count count;
    } minutes[LOGSRC_MINUTES];
};

struct log_task {
    char *id;
    char *verdict, *revision, *service;
    int64_t created_ms, started_ms, stopped_ms;
    bool alone, failed, start_said, stop_said;
    bool wrote; /* scratch of logsrc_rates() */
};

/* One way through a span of time, page by page. It can be left at any page:
 * `from` (oldest first) or `to` (newest first) move along with what was read,
 * so that it goes on there when the token is lost. */
enum walk_kind {
    WALK_FOLLOW,
    WALK_BACKFILL,
    WALK_CATCHUP, /* a source came to a feed that was read before */
    WALK_PROBE,   /* the backfill was empty: anything within a day? */
    WALK_REFILL,  /* of a gap */
    WALK_SWEEP    /* for what came late */
};

struct walk {
    struct walk *next;
    enum walk_kind kind;
    size_t source;       /* only this one; SIZE_MAX = all */
    int64_t from, to;    /* wall ms, both included; to INT64_MAX = open */
    int64_t whole_from, whole_to; /* as it began */
    bool newest_first;   /* asked for */
    bool deep;           /* SWEEP: the wider one */
    bool active;         /* FOLLOW: under way */
    bool by_names;       /* the call names streams */
    json_t *params;      /* of its calls, while a token is in use */
    char *token;
    size_t pages, bytes; /* of replies */
    size_t taken;        /* events of ours that were new */
    size_t fruitless;    /* pages since the last token was lost, see retry */
    int64_t begun_ms;    /* wall, when its first call went out */
    int64_t due_ms;      /* mono, not before */
    int64_t wait_ms;     /* after its last failure */
    struct gap *gap;     /* REFILL */
};

/* A LOG_GAP line. */
struct gap {
    struct gap *next;
    struct logbuf_mark mark;
    struct feed *feed;
    enum logsrc_gap_state state;
    int64_t from_ms, to_ms; /* to INT64_MAX: up to now */
};

/* A reply being read. */
struct page {
    char *body;
    size_t len;
    struct logscan scan;
    struct logscan_event *events;
    size_t n, cap;
    size_t at;           /* taken so far, in order of time */
    bool scanned, descending;
    size_t taken;        /* of ours and new */
};

/* One region and group. One call, or the page it brought, at a time. */
struct feed {
    struct logsrc *src;
    char *group, *region; /* region NULL = the client's */
    char **wholes;        /* prefixes whose streams are all followed */
    size_t n_wholes, cap_wholes;
    struct map *streams;  /* name to source + 1 */
    struct walk follow;
    struct walk *holes;   /* in the order they are read */
    struct walk *current; /* in flight, or its page is being read */
    struct page page;
    int64_t sent_ms;      /* mono and wall of this machine, of the call */
    int64_t sent_wall_ms;
    bool began, read_back;
    int64_t from_ms;      /* the backfill began here */
    int64_t front_ms;     /* all before was there to be read, and was; 0 = not
                             known yet */
    int64_t ok_ms;        /* server's time, begin of the last whole FOLLOW */
    int64_t overlap_ms, overlap_until; /* until: mono */
    int64_t wide_due, names_due; /* mono */
    int64_t poll_due, wait_ms;
    int64_t denied_until; /* mono: nothing is asked before; 0 = it is allowed */
    int64_t swept_ms[2];   /* wall, begin of the last sweep, deep sweep */
    int64_t unswept_ms[2]; /* what these could not reach, 0 = nothing */
    uint64_t foreign;     /* events of the last whole FOLLOW */
    struct gap *stall;    /* the gap that is growing now */
    struct timer timer, stall_timer;
    struct err error;
};

/* Engines broken on purpose, to see that tests notice. */
struct logsrc_breaks {
    bool no_overlap, no_dedup, stop_at_empty, no_sweep;
    bool no_live_match; /* polled lines come beside those told live */
};

/* What was told live and what was polled (logsrc_match.c). */
struct match;
struct matches {
    struct map *map; /* by stream, time and text */
    struct match *oldest, *youngest;
    bool on; /* events are noted */
    bool renaming, taking_back; /* which lines come and go just now */
};

struct logsrc {
    struct logsrc_options o;
    struct logsrc_breaks breaks;
    struct scope scope;
    struct logbuf *buf;
    struct logbuf_watch watch;
    struct source *sources;
    size_t n_sources, cap_sources;
    struct map *source_map; /* "task/container" to source + 1 */
    struct log_task *tasks;
    size_t n_tasks, cap_tasks;
    struct map *task_map;
    struct feed **feeds;
    size_t n_feeds, cap_feeds;
    struct gap *gaps;
    struct live *live;       /* NULL = nobody asked for it */
    struct matches matches;
    char *live_why;          /* it ended by itself, and why */
    struct map *foreign;     /* "container/driver" told of */
    struct timer change;     /* on_change soon */
    struct timer shrink;     /* the buffer, in slices */
    bool no_newest_first;    /* the service refuses or ignores it */
    bool have_skew;
    int64_t skew_ms;         /* service's clock minus ours */
    int64_t last_event_ms;
    struct logsrc_stats stats;
    int64_t sent_second[60]; /* mono second that the count is of */
    int sent_count[60];
    char status[700];
};

int64_t logsrc_now(const struct logsrc *s); /* the service's wall clock */
int64_t logsrc_from(struct logsrc *s); /* where reading back begins */
void logsrc_changed(struct logsrc *s);
/* Separators of tasks that started or stopped, once it can be said. */
void logsrc_say(struct logsrc *s);
/* A stream of a whole group that was not known: its source + 1, 0 = not of
 * ours. */
size_t logsrc_discover(struct feed *f, const char *stream);

/* logsrc_feed.c */
void feed_free(struct feed *f);
/* Something changed: see what is next. */
void feed_wake(struct feed *f);
void feed_poll(struct feed *f);
/* A hole of that kind; it goes behind those of the same kind. */
struct walk *feed_hole(struct feed *f, enum walk_kind kind, size_t source,
                       int64_t from, int64_t to);
/* Sources that such a walk is about: all, or those that may still write. */
bool feed_wants(const struct feed *f, const struct source *c, bool ended);
void feed_drop_hole(struct feed *f, struct walk *w);
bool feed_is_live(const struct feed *f); /* it is polled */
void walk_forget(struct walk *w); /* its parameters and token */
/* Nothing of the present has come for a while: a gap says so. */
void feed_show_stall(struct feed *f);
void feed_end_stall(struct feed *f);

/* logsrc_walk.c: the call failed, or its page is in the buffer. */
void feed_page_done(struct feed *f, const struct err *err);

/* logsrc_ask.c: the parameters of a walk's first call; sets by_names. */
json_t *feed_params(struct feed *f, struct walk *w);

/* logsrc_page.c: reads the body in slices, then calls feed_page_done(). */
void page_begin(struct feed *f, const char *body, size_t len);
void page_release(struct page *p);

/* The lines of an event into the buffer; seq of the first, how many. */
uint64_t page_add_lines(struct logsrc *s, const struct logscan_event *e,
                        size_t source, uint32_t id, bool late, size_t *n);
uint32_t page_text_id(const struct logscan_event *e); /* where it has none */

/* logsrc_match.c; matches_begin() comes first. */
void matches_begin(struct logsrc *s);
void matches_free(struct logsrc *s);
void matches_forget(struct logsrc *s); /* what is due */
/* Told live: true when it is to be shown, else polls have brought it or will. */
bool match_live(struct feed *f, const struct logscan_event *e, size_t source);
/* It is shown, as these lines. */
void match_told(struct feed *f, const struct logscan_event *e, size_t source,
                struct logbuf_mark mark, size_t lines);
/* Polled: true when it took over a line that was told live. */
bool match_polled(struct feed *f, const struct logscan_event *e,
                  size_t source, uint32_t id);

/* logsrc_live.c */
void live_free(struct logsrc *s);
/* That stream is followed from now on: do the sessions tell of it? */
void live_attached(struct feed *f, const char *stream);
/* How long to wait for the next poll: where a live tail tells of the feed
 * LOGSRC_IDLE_MS, or LOGSRC_POLL_MS when it left out some lately; else ms. */
int64_t live_pace(const struct feed *f, int64_t ms);

/* logsrc_gap.c */
struct gap *gap_open(struct feed *f, int64_t from_ms, int64_t to_ms);
void gap_set(struct logsrc *s, struct gap *g, enum logsrc_gap_state state,
             int64_t from_ms, int64_t to_ms);
/* Read after all: its line goes. */
void gap_close(struct logsrc *s, struct gap *g);
void gap_free_all(struct logsrc *s);

/* logsrc_info.c */
void logsrc_count_sent(struct logsrc *s);
void logsrc_uncount_line(void *arg, const struct logbuf_line *line, size_t i);
void logsrc_count_line(void *arg, const struct logbuf_line *line, size_t i);

#endif
