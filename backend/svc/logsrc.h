/* logsrc.h - follows CloudWatch log streams into a logbuf, and loses nothing.
 *
 * What is followed: the awslogs streams of containers (logsrc_set), and whole
 * groups (logsrc_add_group). There is one series of FilterLogEvents calls per
 * (region, group), however many tasks: with stream names when there are at
 * most 100 and all are known to exist (one that does not exist fails the whole
 * call), else with the prefix that all have in common; events of other streams
 * are passed over. Each feed has one call in flight.
 *
 * GetLogEvents with a token for each stream is not used: for one stream it
 * takes as many calls, and its quota is the same in the large regions (25 and
 * 25 a second in us-east-1, 10 and 10 in eu-west-1 and us-west-2), twice that of
 * FilterLogEvents in eu-central-1. It would save reading the overlap again (8.4
 * known events for each new one, measured over ten minutes of a stream that
 * never rests), but its events have no id, and a token does not come back to
 * what is ingested late: polls of FilterLogEvents would be needed beside it.
 *
 * Nothing is lost:
 * - each poll (2 s, up to 8 s while nothing comes) reads again from 10 s before
 *   the begin of the last whole one; every 20 s from a minute before (and then
 *   as far as late events have come lately); every 5 minutes the last quarter
 *   of an hour, and every hour everything since the start that the buffer still
 *   reaches, are swept. What is there already is known by time and event id.
 *   Times are the service's (the Date of its replies), not this machine's.
 * - pages are walked to the end, empty ones too; a walk that fails goes on from
 *   where it was.
 * - a time that could not be read for 15 s shows as a LOG_GAP line. It goes when
 *   it has been read after all; after more than 2 minutes the present is read
 *   first and the gap filled behind it, newest first, as far as the buffer has
 *   room. What a long past was not read back of is a gap, too: a lost one,
 *   until somebody asks for it (logsrc_refill).
 * - what could not be swept is counted (logsrc_stats.unswept_ms).
 *
 * Everything runs on the loop, in slices of a few milliseconds. */
#ifndef ECSDASH_SVC_LOGSRC_H
#define ECSDASH_SVC_LOGSRC_H

#include "backend/base/err.h"
#include "backend/base/fmt.h"
#include "backend/svc/logbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aws_client;
struct clock;
struct logsrc;

#define LOGSRC_BACKFILL_MS ((int64_t)15 * 60 * 1000)
#define LOGSRC_POLL_MS 2000
#define LOGSRC_IDLE_MS 8000
/* Reading back ends after that many events of ours. */
#define LOGSRC_BACKFILL_EVENTS 50000
#define LOGSRC_REFILL_EVENTS 200000 /* oldest first, of one gap */

/* on_change: lines came, or the status, a gap or a figure is another; from
 * the loop, never from inside a call of this API. */
struct logsrc_options {
    struct clock *clock;       /* borrowed */
    struct aws_client *client; /* borrowed */
    size_t limit_bytes;        /* 0 = LOGBUF_DEFAULT_BYTES */
    int64_t backfill_ms;       /* 0 = LOGSRC_BACKFILL_MS */
    bool in_order; /* for who prints: the past oldest first, all of it, and
                      nothing newer is asked for before it has been read; it
                      begins at one time for all sources that come */
    int64_t from_ms; /* in_order: that time, wall; 0 = backfill_ms ago */
    void (*on_change)(void *arg);
    void *arg;
};

/* One container of one task. All strings are copied; those marked * may be
 * NULL. */
struct logsrc_target {
    const char *task_id;    /* last part of the task's ARN */
    const char *container;
    const char *driver;     /* * log driver; NULL = none configured */
    const char *group;      /* * awslogs-group */
    const char *region;     /* * awslogs-region */
    const char *prefix;     /* * awslogs-stream-prefix */
    const char *mode;       /* * of the driver: "blocking", "non-blocking" */
    const char *runtime_id; /* * names the stream where there is no prefix */
    const char *verdict;    /* * why it stopped, a phrase */
    const char *revision;   /* * ":143" */
    const char *service;    /* * whose task it is, as lines name it */
    bool failed;            /* it stopped, and not as it should */
    int64_t created_ms, started_ms, stopped_ms; /* 0 = not (yet) */
    bool alone;             /* asked for by itself, not as one of a service:
                               when it has stopped it is read back from its
                               end, however long ago that is */
};

struct logsrc *logsrc_new(const struct logsrc_options *o);
/* Cancels everything in flight. */
void logsrc_free(struct logsrc *s);

/* Add a target, or tell what is new about one (found by task and container):
 * the first stop puts a line into the buffer. Lines of targets stay. */
void logsrc_set(struct logsrc *s, const struct logsrc_target *t);
/* All streams of a group whose names begin with prefix (NULL or "" = all);
 * region NULL = the client's. -1 with ERR_USAGE when a name can't be one. */
int logsrc_add_group(struct logsrc *s, const char *region, const char *group,
                     const char *prefix, struct err *err);
/* Poll now, also what is denied (else that is asked every ten minutes). */
void logsrc_refresh(struct logsrc *s);

struct logbuf *logsrc_buf(struct logsrc *s); /* owned by s */
/* How much it holds from now on; 0 = LOGBUF_DEFAULT_BYTES. What is too much
 * goes in slices. */
void logsrc_set_limit(struct logsrc *s, size_t limit_bytes);

/* Where a line comes from, by logbuf_line.source. Strings are never NULL and
 * live as long as s. */
struct logsrc_source {
    const char *task;      /* id; "" where the stream's name tells none */
    const char *container; /* or the stream's name */
    const char *revision;  /* ":143" or "" */
    const char *service;   /* its name or "" */
    const char *group, *stream, *region; /* "" when not known */
    uint64_t lines;        /* events that came */
    bool stopped;
    bool failed;           /* its task did, see logsrc_target */
};
size_t logsrc_sources(const struct logsrc *s);
/* false (and empty strings) when there is no such source. */
bool logsrc_source(const struct logsrc *s, uint16_t source,
                   struct logsrc_source *out);
const char *logsrc_task(const struct logsrc *s, uint16_t source);
const char *logsrc_container(const struct logsrc *s, uint16_t source);
size_t logsrc_tasks(const struct logsrc *s); /* different tasks */

/* A sentence on what is wrong, "" when nothing is. Valid until the next
 * callback. */
const char *logsrc_status(const struct logsrc *s);
/* The first reading back has not ended for some feed. */
bool logsrc_loading(const struct logsrc *s);
/* Nothing is on its way: all feeds that have not been read back have failed,
 * and *err is why one of them did. They are tried again all the same. */
bool logsrc_stuck(const struct logsrc *s, struct err *err);
/* All events with earlier timestamps that the service showed are in the
 * buffer: INT64_MAX when there is nothing that has been asked for and not been
 * read, INT64_MIN before the first reply. */
int64_t logsrc_settled_ms(const struct logsrc *s);
/* Since when (the service's wall ms) nothing was asked that is not read: begin
 * of the oldest of the feeds' last whole walks up to the present. A feed whose
 * tasks have all ended long ago does not count. INT64_MAX = no feed does. */
int64_t logsrc_read_ms(const struct logsrc *s);
int64_t logsrc_service_now(const struct logsrc *s); /* its clock, wall ms */
/* Some target has a stream that can be read. */
bool logsrc_readable(const struct logsrc *s);
/* Newest event of ours outside the backfill, when that found nothing: wall
 * ms, 0 = none found within a day, -1 = not asked. */
int64_t logsrc_last_event_ms(const struct logsrc *s);
int64_t logsrc_backfill_ms(const struct logsrc *s);

/* May the hosts drop lines before they reach CloudWatch? NON_BLOCKING: some
 * container asks for that mode. DEFAULT: none does, but some names no mode,
 * which is non-blocking since 2025-06-25 unless the account says otherwise. */
enum logsrc_drops { LOGSRC_BLOCKING, LOGSRC_DEFAULT, LOGSRC_NON_BLOCKING };
enum logsrc_drops logsrc_drops(const struct logsrc *s);

/* ---- live tail ---------------------------------------------------------
 * StartLiveTail tells of events within some 2 seconds, for a price (about USD
 * 0.01 a minute and session, after 1,800 free minutes a month; reference 2.2),
 * and with limits: at most 500 events a second and session, else a sample;
 * three hours; 15 sessions an account. So it is only for who asks for it, and
 * polling goes on meanwhile, every LOGSRC_IDLE_MS: what it finds takes over the
 * lines that were told live, finds what was left out of a sample (then every
 * LOGSRC_POLL_MS for a while), and is all there is while a session has broken
 * off. A line told live that no poll confirms is taken out after a while.
 *
 * A session has up to ten groups of one region; of a single group it tells the
 * followed streams only. Sessions that break off are begun again, first after
 * a second; a refusal, the end of the three hours, and the stop of all that
 * was told of end them all. */
#define LOGSRC_LIVE_GROUPS 10

/* STARTING: asked for, nothing said yet. BROKEN: none tells anything just now,
 * they will be tried again. ENDED: by itself. Of these two `why` is a sentence.
 */
enum logsrc_live_state { LOGSRC_LIVE_OFF, LOGSRC_LIVE_STARTING,
                         LOGSRC_LIVE_ON, LOGSRC_LIVE_BROKEN,
                         LOGSRC_LIVE_ENDED };
struct logsrc_live {
    enum logsrc_live_state state;
    size_t sessions;  /* that are open */
    int64_t age_ms;   /* of the oldest of these */
    bool sampled;     /* lately: polls fill in the rest */
    const char *why;  /* "" when there is nothing to say; s's */
};
/* Of all that is followed, then and later. The account's number and partition
 * make the ARNs of the groups. -1 when there is nothing that could be told of
 * (ERR_USAGE). */
int logsrc_live_start(struct logsrc *s, const char *partition,
                      const char *account, struct err *err);
void logsrc_live_stop(struct logsrc *s);
/* How many groups it would be told of now, and by how many sessions. */
void logsrc_live_needs(const struct logsrc *s, size_t *groups,
                       size_t *sessions);
void logsrc_live(const struct logsrc *s, struct logsrc_live *out);

/* ---- gaps -------------------------------------------------------------- */

/* OPEN: not read, tried again. REFILLING: being read now. LOST: given up. When
 * one is read whole its line goes. */
enum logsrc_gap_state { LOGSRC_GAP_OPEN, LOGSRC_GAP_REFILLING, LOGSRC_GAP_LOST };
struct logsrc_gap {
    enum logsrc_gap_state state;
    int64_t from_ms, to_ms; /* what is missing still */
    const char *group;
};
/* The gap of a LOG_GAP line (which stands at the end of the gap, or at its
 * begin while that end is now); false when it has none. */
bool logsrc_gap(const struct logsrc *s, uint64_t seq, struct logsrc_gap *out);
/* What such a line says before " of " and the group, with its times in that
 * zone; in the line itself they are UTC. */
#define LOGSRC_GAP_TEXT 80
bool logsrc_gap_text(const struct logsrc *s, uint64_t seq, enum fmt_zone zone,
                     char out[LOGSRC_GAP_TEXT]);
/* Read it now, when it is that of a LOG_GAP line: an OPEN one without waiting
 * any longer, a LOST one newest first, as far as the buffer has room. False when
 * there is no such gap. */
bool logsrc_refill(struct logsrc *s, uint64_t seq);

/* ---- figures ----------------------------------------------------------- */

struct logsrc_stats {
    int requests_minute; /* sent in the last 60 s */
    int64_t lag_ms;      /* since everything was read, worst feed; -1 = not
                            yet */
    uint64_t requests, pages, empty_pages;
    uint64_t events;     /* taken into the buffer */
    uint64_t duplicates; /* known already */
    uint64_t foreign;    /* of other streams */
    uint64_t late;       /* inserted behind what was shown */
    uint64_t swept;      /* of these, found by a sweep only */
    uint64_t live;       /* events told live, and first so */
    uint64_t live_confirmed, live_unconfirmed; /* of these: polled after all;
                            taken out again */
    uint64_t live_sampled, live_breaks; /* updates; sessions that broke off */
    uint64_t failures, throttled, expired_tokens;
    size_t gaps;         /* open or refilling now */
    uint64_t gaps_refilled, gaps_lost;
    int64_t unswept_ms;  /* lines before that time may have come late and not
                            be shown; 0 = all was swept */
};
void logsrc_stats(const struct logsrc *s, struct logsrc_stats *out);

/* Error and warning lines of the last `minutes` whole minutes and the one
 * that runs (1..14), by the time of their events. */
struct logsrc_count {
    unsigned lines, warnings, errors;
};
struct logsrc_count logsrc_count(const struct logsrc *s, uint16_t source,
                                 int minutes);
/* The same summed up by revision, newest task first; errors are divided by the
 * minutes that its tasks lived within that time. */
struct logsrc_rate {
    const char *revision; /* ":143", "" = unknown */
    size_t tasks;         /* of it that have not stopped */
    struct logsrc_count count;
    double errors_minute; /* per task that wrote or runs */
};
size_t logsrc_rates(const struct logsrc *s, int minutes,
                    struct logsrc_rate *out, size_t max);

#endif
