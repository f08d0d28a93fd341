/* logsrc_session.h - what logsrc_live.c and logsrc_session.c share: the
 * sessions of StartLiveTail of one logsrc. */
#ifndef ECSDASH_SVC_LOGSRC_SESSION_H
#define ECSDASH_SVC_LOGSRC_SESSION_H

#include "backend/net/http.h"
#include "backend/svc/eventstream.h"
#include "backend/svc/logsrc_internal.h"

struct live;

/* STARTING: asked for. WAITING: to be asked for again. */
enum session_state { STARTING, TELLING, WAITING };

/* Up to ten groups of one region. */
struct session {
    struct session *next;
    struct live *live;
    struct feed *feeds[LOGSRC_LIVE_GROUPS];
    size_t n_feeds;
    json_t *prefixes; /* of streams; NULL = all of the groups */
    enum session_state state;
    bool ended;       /* the call has */
    struct err error; /* how it ended, when not ERR_NONE */
    struct scope scope; /* of the call */
    struct http_stream stream;
    struct eventstream in;
    char *update;     /* being read, or NULL */
    struct logscan scan;
    int64_t wait_ms;       /* before it was asked for last; 0 = it tells */
    int64_t began_ms;      /* mono, TELLING since */
    int64_t sampled_until; /* mono; 0 = not yet */
    struct timer work, silence;
};

struct live {
    struct logsrc *src;
    char *partition, *account; /* of the groups' ARNs */
    struct session *sessions;
    struct timer replan;
};

/* logsrc_session.c */
struct session *session_new(struct live *l); /* not begun; l's first */
void session_free(struct session *x);
/* Ask for it. It may end at once, and all the others with it: then the
 * logsrc has no live tail any more. */
void session_start(struct session *x);
/* Its feeds are polled now. */
void session_poll(struct session *x);

/* logsrc_live.c: a sentence for logsrc_live(); NULL = nothing to say. */
void live_say(struct logsrc *s, const char *why);
/* Over, all of it, for that reason; polling goes on as if it had not
 * been. */
void live_end(struct logsrc *s, const char *why);
/* The groups or streams are others than when the sessions began. */
void live_replan(struct live *l);

#endif
