/* tail_internal.h - shared by tail*.c only. */
#ifndef ECSDASH_VIEWS_TAIL_INTERNAL_H
#define ECSDASH_VIEWS_TAIL_INTERNAL_H

#include "views/tail/tail.h"
#include "views/tail/tail_print.h"
#include "views/tail/tail_stable.h"

enum said { SAID_SERVICE, SAID_TASKS, SAID_LOGS, SAID_N };

struct tail;

struct tail_service {
    struct tail *tail;
    char *label, *cluster, *name;
    struct subscription *sub;
    struct tail_stable stable;
    uint64_t fed;   /* generation of the last snapshot */
    bool waiting;   /* for task definitions */
    int64_t waiting_ms; /* mono, since when; 0 = it is not */
    /* --until-stable: what was looked at last, and what was told of it. */
    unsigned looked;
    uint64_t looked_at;
    char waits_for[300], said[300];
    int64_t said_ms;
};

struct tail {
    const struct tail_options *o;
    struct tail_service *services;
    size_t n_services;
    struct logsrc *src;
    struct map *labels;   /* task to its service's label */
    struct map *drivers;  /* containers told of that can't be read */
    struct tail_print print;
    struct regex *filter;
    char said[SAID_N][1300]; /* the last trouble told */
    int64_t begun_ms;     /* mono */
    int64_t stuck_ms;     /* mono, since when nothing could be read; 0 = can */
    int64_t verdict_ms, drain_ms; /* of the roll-outs: wall, mono; 0 = none */
    int status;
    bool known;           /* the tasks of all services, once */
    bool done;
};

/* ---- tail_options.c -------------------------------------------------- */
/* "CLUSTER/SERVICE", or "arn:aws:ecs:REGION:ACCOUNT:service/CLUSTER/SERVICE".
 * Both parts into heap strings; -1 when it is neither. */
int tail_split(const char *name, char **cluster, char **service);
/* How long ago (0 = it is none), or a time (0 = it is none). */
void tail_since(const char *text, int64_t now, int64_t *ago_ms,
                int64_t *from_ms);

/* ---- tail_wait.c ----------------------------------------------------- */
/* Once for each answer of the service or its tasks: what is waited for; FAILED
 * when nothing will come of it: a roll-out without progress (svc/health.h)
 * that lacks tasks, or tasks that stop again and again while none is in progress. Not before the
 * tasks are known. */
void tail_wait_look(struct tail_service *s);
/* To stderr, when it is something else. */
void tail_wait_say(struct tail_service *s);
/* The time is up: says so and sets the status. */
bool tail_wait_over(struct tail *t, int64_t now);

/* ---- tail_tasks.c ---------------------------------------------------- */
struct snapshot;
/* Adds the tasks that are new; s->waiting: not all could be. */
void tail_feed(struct tail_service *s, const struct snapshot *snap);
/* All services at once: reading begins with what all of them have written, and
 * has seen the end of it when it ends. */
void tail_feed_all(struct tail *t);
void tail_on_snapshot(void *service, const struct snapshot *snap);
/* The service of a task; arg: struct tail. */
const char *tail_label_of(void *arg, const char *task);

#endif
