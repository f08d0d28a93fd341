/* health.h - what state a service is in and why tasks stopped. Pure.
 *
 * States, worst first. DOWN: 0 running of more than 0 desired. FAILED: the
 * roll-out FAILED. CRASH: two or more abnormal stops in ten minutes, even when
 * running equals desired. SHORT: below desired for two minutes, and not only
 * as far as minimumHealthyPercent lets a roll-out that gets on. STALLED: in
 * progress, no progress for ten minutes. ROLLEDBACK: for a day or until
 * acknowledged. ROLL: in progress, or being deleted. OK. OFF: 0 of 0.
 *
 * Durations come from API timestamps; where there is none they count as
 * elapsed, so that the first frame and --once use the same word. "Below since"
 * is the first event after the last steady state, or the primary deployment's
 * making if that is newer. Progress is a steady state, or, while nothing of
 * the roll-out fails, a task that started (a crash loop starts tasks too). A
 * failed deployment beside a newer one counts only while it is rolled back:
 * else the newer one is a fix. */
#ifndef ECSDASH_SVC_HEALTH_H
#define ECSDASH_SVC_HEALTH_H

#include "backend/base/arena.h"
#include "backend/svc/model.h"

enum svc_state {
    SVC_DOWN,
    SVC_FAILED,
    SVC_CRASH,
    SVC_SHORT,
    SVC_STALLED,
    SVC_ROLLEDBACK,
    SVC_ROLL,
    SVC_OK,
    SVC_OFF,
    SVC_STATE_N
};

/* "DOWN", ..., "ok", "OFF". */
const char *svc_state_name(enum svc_state s);
/* A sentence for help: what the word means. */
const char *svc_state_help(enum svc_state s);

/* Why one task stopped, chosen by precedence: failed health checks, Spot,
 * host and placement, then the first essential container that exited, before
 * sidecars that were killed as a consequence. */
enum stop_class {
    STOP_NORMAL,   /* scaling, deployment, user: set aside */
    STOP_HEALTH,   /* ELB or container health checks */
    STOP_SPOT,
    STOP_HOST,     /* instance gone, maintenance */
    STOP_PLACEMENT,/* no capacity, RESOURCE:... */
    STOP_PULL,     /* image could not be pulled */
    STOP_INIT,     /* ResourceInitializationError, secrets, network */
    STOP_OOM,
    STOP_EXIT,     /* an essential container exited */
    STOP_START,    /* CannotStart/CreateContainerError */
    STOP_OTHER
};

struct stop_cause {
    enum stop_class cls;
    bool abnormal;
    /* A few words that group equal causes: "app exit 1", "OOM app (137)",
     * "image not found app", "ELB health checks", "Spot interruption". */
    const char *verdict;
    /* The raw text it was chosen from, whole. */
    const char *text;
    const char *container; /* the one to blame, or NULL */
    int exit_code;         /* -1 when none */
    const char *hint;      /* what to do next, one clause; static; or NULL */
};

/* Of a task that has not stopped. */
extern const struct stop_cause stop_cause_none;

/* td may be NULL (then every container counts as essential). Strings live in
 * `arena`. */
void stop_cause_of(const struct ecs_task *task, const struct ecs_taskdef *td,
                   struct arena *arena, struct stop_cause *out);

/* Equal verdicts of one service, most recent first. */
struct stop_group {
    const char *verdict, *text, *hint;
    enum stop_class cls;
    int count;
    int64_t last_ms;        /* newest stop */
    const char *task_arn;   /* its task */
    const char *container;
};

struct stop_summary {
    const struct stop_group *groups; /* abnormal ones only */
    size_t n_groups;
    int abnormal_10m;  /* abnormal stops in the last ten minutes */
    int normal;        /* set aside */
    int64_t last_abnormal_ms;
};

/* Summarise stopped tasks of one service (any order). */
void stop_summarise(const struct ecs_task *const *tasks,
                    const struct stop_cause *causes, size_t n, int64_t now_ms,
                    struct arena *arena, struct stop_summary *out);

struct svc_health {
    enum svc_state state;
    /* Why, the most telling first, as long as it is: "circuit breaker: tasks
     * failed to start", "2 of 4 running for 6m", "OOM app (137) x9". "" when
     * ok. */
    const char *why;
    int64_t since_ms;  /* when this state began, as far as known; 0 unknown */
    const char *deployment; /* ":142>:143 FAILED", ":55 steady", ":19>:20 1/2";
                               of one definition ":142 back 1/2" (rolled back)
                               or ":142 anew 1/2" (restarted) */
    bool rolling; /* a deployment, or a task set, is in progress */
    bool stalled; /* and has made no progress for ten minutes: STALLED, also
                     where a worse state is shown */
    int failed;        /* failedTasks of the primary deployment(s), summed */
};

/* acked: the ROLLEDBACK of this deployment id was acknowledged. stops may be
 * NULL (unknown yet). */
void svc_health_of(const struct ecs_service *s, const struct stop_summary *stops,
                   bool acked, int64_t now_ms, struct arena *arena,
                   struct svc_health *out);

/* "EVT" worth showing: the newest events that speak of trouble (unable,
 * unhealthy, failed, throttled, ...); true for such a message. */
bool event_is_trouble(const char *message);
/* What an event says, without the service's name in front and the guide's
 * address at the end: where that is in the message, and its length. */
const char *event_body(const char *message, size_t *len);
/* The same with the ids in it as short as tables show them. */
const char *event_text(const char *message, struct arena *arena);
/* Why a task could not be placed: "insufficient memory", "port taken", or
 * AWS's own reason; NULL where the event is no such one. */
const char *event_cause(const char *message, struct arena *arena);
/* Cut a long reason to `cols` columns so that the decisive tail survives
 * ("not found", "manifest unknown"): the middle goes. */
const char *reason_fit(const char *reason, int cols, struct arena *arena);

#endif
