/* logsrc.h - follows the awslogs streams of a set of containers into a logbuf.
 *
 * One series of FilterLogEvents calls per (region, group, stream prefix); log
 * groups are shared by services, so events are kept by their stream's task.
 * (A list of stream names is never sent: one that does not exist yet fails the
 * whole call.) A series first reads back, newest first where the service can;
 * then it polls every 2 s, up to 8 s while nothing comes, each time from a
 * minute before its newest event, and drops what it has by event id. Failures
 * become a sentence; polling goes on from where it was, so that nothing is
 * lost by them. Everything runs on the loop. */
#ifndef ECSDASH_SVC_LOGSRC_H
#define ECSDASH_SVC_LOGSRC_H

#include "backend/svc/logbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aws_client;
struct clock;
struct logsrc;

#define LOGSRC_BACKFILL_MS ((int64_t)15 * 60 * 1000)
#define LOGSRC_OVERLAP_MS ((int64_t)60 * 1000)
#define LOGSRC_POLL_MS 2000
#define LOGSRC_IDLE_MS 8000
/* A backfill ends after that many events of ours. */
#define LOGSRC_BACKFILL_EVENTS 50000

/* on_change: lines came, or the status is another; from the loop, never from
 * inside a call of this API. */
struct logsrc_options {
    struct clock *clock;       /* borrowed */
    struct aws_client *client; /* borrowed */
    size_t limit_bytes;        /* 0 = LOGBUF_DEFAULT_BYTES */
    int64_t backfill_ms;       /* 0 = LOGSRC_BACKFILL_MS */
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
    const char *runtime_id; /* * names the stream where there is no prefix */
    const char *verdict;    /* * why it stopped, a phrase */
    const char *revision;   /* * ":143" */
    int64_t created_ms, started_ms, stopped_ms; /* 0 = not (yet) */
    bool alone;             /* asked for by itself, not as one of a service:
                               its own stream is read, back from its end */
};

struct logsrc *logsrc_new(const struct logsrc_options *o);
/* Cancels everything in flight. */
void logsrc_free(struct logsrc *s);

/* Add a target, or tell what is new about one (found by task and container):
 * the first stop puts a line into the buffer. Lines of targets stay. */
void logsrc_set(struct logsrc *s, const struct logsrc_target *t);
/* Poll now. */
void logsrc_refresh(struct logsrc *s);

struct logbuf *logsrc_buf(struct logsrc *s); /* owned by s */
/* A source's names, by logbuf_line.source. */
size_t logsrc_sources(const struct logsrc *s);
const char *logsrc_task(const struct logsrc *s, uint16_t source);
const char *logsrc_container(const struct logsrc *s, uint16_t source);
size_t logsrc_tasks(const struct logsrc *s); /* different tasks */

/* A sentence on what is wrong, "" when nothing is. Valid until the next
 * callback. */
const char *logsrc_status(const struct logsrc *s);
/* The first reading back has not ended for some series. */
bool logsrc_loading(const struct logsrc *s);
/* Some target has a stream that can be read. */
bool logsrc_readable(const struct logsrc *s);
/* Newest event of ours outside the backfill, when that found nothing: wall
 * ms, 0 = none found within a day, -1 = not asked. */
int64_t logsrc_last_event_ms(const struct logsrc *s);
int64_t logsrc_backfill_ms(const struct logsrc *s);

#endif
