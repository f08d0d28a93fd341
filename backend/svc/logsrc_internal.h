/* logsrc_internal.h - what the files of logsrc share. */
#ifndef ECSDASH_SVC_LOGSRC_INTERNAL_H
#define ECSDASH_SVC_LOGSRC_INTERNAL_H

#include "backend/aws/client.h"
#include "backend/base/clock.h"
#include "backend/base/map.h"
#include "backend/base/scope.h"
#include "backend/svc/logsrc.h"

#define LOGSRC_MAX_SOURCES 60000
#define LOGSRC_OVERLAP_MS ((int64_t)60 * 1000)

/* Event ids that were taken, as hashes, with their times to forget them by. */
struct seen {
    struct seen_id {
        uint64_t hash; /* 0 = free */
        int64_t ms;
    } *slots;
    size_t n, cap; /* cap: a power of two */
};

bool seen_add(struct seen *s, uint64_t hash, int64_t ms); /* false: known */
void seen_prune(struct seen *s, int64_t before_ms);
void seen_release(struct seen *s);

struct source { /* a container of a task */
    size_t task;
    char *container;
    struct series *series; /* NULL: nothing to read */
    size_t lines;
    bool caught; /* nothing of the past is missing (or the backfill has it) */
};

struct log_task {
    char *id;
    char *verdict, *revision;
    int64_t created_ms, started_ms, stopped_ms;
    bool alone, start_said, stop_said;
};

/* One walk over pages. */
enum pull_kind {
    PULL_BACKFILL,
    PULL_PROBE,   /* the backfill was empty: anything within a day? */
    PULL_CATCHUP, /* a source came to a series that was read before */
    PULL_FOLLOW
};

struct pull {
    struct pull *next;
    struct series *series;
    enum pull_kind kind;
    bool newest_first;      /* asked for, and not seen to be ignored */
    bool ascending;         /* pages come oldest first */
    size_t first, end;      /* CATCHUP: only these sources */
    int64_t begun_ms;
    size_t taken, pages;
};

/* One group and prefix; streams maps a stream's name to source + 1. */
struct series {
    struct logsrc *src;
    char *group, *region, *prefix;
    struct map *streams;
    bool alone;
    bool began, read_back; /* backfill started, ended */
    bool resting;          /* all its tasks stopped long ago: no more polls */
    bool following;        /* a FOLLOW pull is in flight */
    size_t reading_back;   /* pulls of the other kinds in flight */
    int64_t from_ms;       /* backfill begins here */
    int64_t newest_ms;     /* newest event of the whole series, 0 = none */
    int64_t ok_ms;         /* begin of the last good walk, 0 = none */
    size_t fresh;          /* sources from here have not been read back */
    int64_t wait_ms;       /* until the next poll */
    struct seen seen;
    struct timer timer;
    struct err error;
};

struct logsrc {
    struct logsrc_options o;
    struct scope scope;
    struct logbuf *buf;
    struct source *sources;
    size_t n_sources, cap_sources;
    struct log_task *tasks;
    size_t n_tasks, cap_tasks;
    struct series **series;
    size_t n_series, cap_series;
    struct pull *pulls;
    struct map *foreign;     /* "container/driver" told of */
    struct timer change;     /* on_change soon */
    bool no_newest_first;    /* the service refuses startFromHead */
    int64_t last_event_ms;
    char status[700];
};

int64_t logsrc_now(const struct logsrc *s); /* the service's wall clock */
void logsrc_changed(struct logsrc *s);
/* Separators of tasks that started or stopped, once it can be said. */
void logsrc_say(struct logsrc *s);
/* logsrc_pull.c */
void series_begin(struct series *r);
void series_plan(struct series *r, int64_t delay_ms);

#endif
