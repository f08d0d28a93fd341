/* log_view.h - what the files of the log view share; views/view.h has its
 * maker. */
#ifndef ECSDASH_VIEWS_LOG_VIEW_H
#define ECSDASH_VIEWS_LOG_VIEW_H

#include "backend/base/strbuf.h"
#include "backend/svc/logsrc.h"
#include "tui/pager.h"
#include "views/app.h"
#include "views/view.h"

enum log_stamps { STAMPS_UTC, STAMPS_LOCAL, STAMPS_AGE, STAMPS_OFF, STAMPS_N };

struct log_view;

/* A subscription that tells of tasks: those of a service, or one. */
struct log_watch {
    struct log_view *lv;
    struct subscription *sub;
    char *container; /* only this one, or NULL */
    bool service;
    bool known;      /* a page has come */
    struct err error;
};

/* How often the needle is found: counted in slices, so that a full buffer
 * stalls nothing. */
struct log_count {
    struct timer timer;
    bool running;
    size_t at;          /* lines before this one are counted */
    size_t n, up_to_hit; /* so far */
    size_t total, ordinal; /* of the last whole count; 0 = no hit */
    bool known;
};

/* The place is kept as marks of lines: `settle` turns them into indices again
 * whenever the buffer has moved. */
struct log_view {
    struct view view; /* first: views are freed through it */
    struct logsrc *src;
    struct logbuf *buf; /* the source's */
    struct log_watch *watches;
    size_t n_watches;
    char *name;       /* "payments-api" */
    bool waiting;     /* some task definition has not come */
    struct pager pager;
    struct logbuf_mark top, hit;
    uint64_t shifts;  /* of the buffer, when the pager's indices were right */
    uint64_t paused_seq; /* newest line when following ended */
    enum log_stamps stamps;
    int64_t now_ms;
    char *needle;     /* what `/` searches, or NULL */
    struct log_count count;
    /* scratch of the line adapter; all of it is made again for each line */
    struct strbuf line;
    struct text_span spans[3];
    size_t prefix;    /* bytes of the line before its text */
    /* tags: as of this many sources */
    size_t tag_sources;
    int tag_cols;     /* 0 = one source: no tag */
    bool tag_container, tag_task;
};

/* log_view_draw.c */
void log_view_draw(struct view *v, struct surface *s, struct rect r);
void log_view_settle(struct log_view *lv);
void log_view_keep(struct log_view *lv); /* indices to marks */
struct pager_source log_view_source(struct log_view *lv);

/* log_view_search.c */
void log_view_ask(struct log_view *lv);
void log_view_search(struct log_view *lv, int dir);
void log_view_error(struct log_view *lv, int dir);
void log_view_recount(struct log_view *lv);
void log_view_clear_search(struct log_view *lv);

#endif
