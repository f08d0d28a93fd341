/* simlog.h - the log events of the world, made up when they are asked for:
 * event n of a stream is a function of seed, stream and n, so that millions
 * need no memory. What has once been visible never changes. */
#ifndef ECSDASH_SIM_SIMLOG_H
#define ECSDASH_SIM_SIMLOG_H

#include "backend/sim/world.h"

struct sim_stream {
    struct sim_task *task; /* may be one that ECS has forgotten */
    size_t container;
    char name[128]; /* prefix/container/task */
    int64_t first_ms, last_ms; /* of what has been written up to now */
};

struct sim_log_event {
    const struct sim_stream *stream;
    int64_t timestamp, ingestion;
    uint64_t n;       /* in its stream */
    char id[60];      /* eventId */
    char *message;    /* heap, may be large */
};

/* Streams of a group that exist at `now` (from the arrival of their first
 * line on), by name. Returns how many; *out is a heap array. exists (may be
 * NULL): is there any definition that logs to the group. */
size_t simlog_streams(const struct sim_world *w, const char *group,
                      int64_t now_ms, struct sim_stream **out, bool *exists);
/* Events of one stream with timestamp in [from, to] that have been ingested
 * by now; in order of time. Appended to a heap array. */
void simlog_events(const struct sim_world *w, const struct sim_stream *s,
                   int64_t from_ms, int64_t to_ms, int64_t now_ms,
                   struct sim_log_event **events, size_t *n, size_t *cap);
/* By timestamp, ingestion, id; for qsort. */
int simlog_compare(const void *a, const void *b);
void simlog_free(struct sim_log_event *events, size_t n);

/* ---- between simlog*.c -------------------------------------------------- */
#define SIMLOG_BLOCK 8 /* events; a trace of one event a line fills one */

uint64_t simlog_mix(uint64_t x); /* a hash of a number */
/* Do the events of block b make one stack trace, line by line? */
bool simlog_is_trace(const struct sim_task *t, size_t container,
                     uint64_t seed, uint64_t b);
/* What event n says; heap. step_ms: mean time between two of the stream. */
char *simlog_message(const struct sim_task *t, size_t container,
                     uint64_t seed, uint64_t n, int64_t at_ms,
                     int64_t step_ms);

/* The same of a world with hostile=1 (simlog_hostile.c). */
char *simlog_hostile(uint64_t n);

#endif
