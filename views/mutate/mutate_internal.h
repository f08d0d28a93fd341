/* mutate_internal.h - one action from key press to outcome; shared by the
 * mutate*.c files and audit.c only.
 *
 * mutate.c starts and asks, mutate_back.c chooses what to roll back to
 * (mutate_back_text.c says what that is), mutate_text.c says what is sent,
 * mutate_send.c sends once and tells (mutate_check.c reads the target again
 * before), mutate_follow.c follows, audit.c writes down. */
#ifndef ECSDASH_VIEWS_MUTATE_INTERNAL_H
#define ECSDASH_VIEWS_MUTATE_INTERNAL_H

#include "backend/aws/client.h"
#include "backend/base/clock.h"
#include "backend/base/map.h"
#include "backend/base/scope.h"
#include "views/app/app.h"
#include "views/kind.h"
#include "views/mutate/mutate.h"

#define MUTATE_MAX_TASKS 100 /* what one DescribeTasks can read again */

/* What a service looked like; copied, so that it outlives snapshots. */
struct seen {
    int desired, running, pending;
    char task_definition[256];
    char primary[64];      /* deployment id; "" under other controllers */
    char rollout[24];
    char reason[256];
    bool several;          /* more than one deployment */
};

enum stage {
    STAGE_LOOK,   /* roll back: which revision? The dialog can only cancel */
    STAGE_ASK,
    STAGE_TYPED,
    STAGE_CHECK,  /* the target is read again; the dialog can only cancel */
    STAGE_SEND,   /* sent: no way back, no dialog */
    STAGE_LOOK_UP /* the outcome is unknown; what became of it? */
};

/* One task that is to be stopped. */
struct stop {
    struct pending *p;
    char was[24], now[24]; /* lastStatus: at key press, read again */
    enum { STOP_WAITS, STOP_SENT, STOP_DONE, STOP_FAILED, STOP_SKIPPED,
           STOP_UNKNOWN } fate;
};

/* What the dialog of a roll-back says on images. */
enum images_said { IMAGES_LOOKED_FOR, IMAGES_DENIED, IMAGES_KNOWN };

/* The one action that is being asked about or sent. */
struct pending {
    struct app *app;
    struct realm *realm;    /* where it was asked for; a reference */
    struct pending *next;   /* of mutations.sent */
    struct view *table;     /* compared only: it may have been closed */
    enum action_id action;
    enum stage stage;
    struct target *targets; /* references; ARNs as at key press */
    struct stop *stops;     /* STOP: one for each target */
    size_t n;
    char name[128];         /* what is typed to confirm, and said */
    char cluster[256], arn[300];
    struct seen seen;       /* services: what the dialog shows as now */
    struct seen was;        /* what it showed before, when changed */
    bool changed;
    bool awaits_identity;   /* confirmed; the credentials are new */
    int64_t wanted;         /* scale; -1 = not said yet */
    char definition[256];   /* roll back to this */
    const char *why_definition;
    int64_t undoes_ms;      /* when we sent what it would undo; 0 = nothing */
    enum images_said images;
    char reason[200];       /* stop */
    char request_id[80];    /* of the last answer */
    char ours[64];          /* the deployment that the answer named */
    int looks;              /* STAGE_LOOK_UP: tries so far */
    struct timer timer;     /* in STAGE_TYPED: for the images */
    struct scope scope;     /* child of the app's */
};

/* A service on its way to steady. */
struct follow {
    struct mutations *m;
    struct realm *realm; /* a reference */
    struct follow *next;
    char name[128], cluster[256], service[300]; /* service: ARN or name */
    enum action_id action;
    int64_t wanted;         /* scale, else -1 */
    int64_t started_ms;     /* wall */
    int last_running, from;
    int last_new;           /* tasks of the new deployment */
    bool undoes;            /* a roll-back that undoes one */
    char revisions[80];     /* roll back: ":143 -> :142" */
    int reverted;           /* polls in a row with another desired count */
    bool dipped;            /* stop: running has been below desired */
    char before[64];        /* primary before */
    char ours[64];          /* the deployment that we began; "" = unknown */
    char request_id[80];    /* "" = nobody answered */
    struct timer timer;
    struct scope scope;
};

/* What has become of a service while we looked. */
struct past {
    char *completed; /* definition of the newest completed roll-out, or NULL */
    char *before;    /* of the one before it, NULL = none */
    char *left, *left_for; /* our last roll-back: from, to; NULL = none */
    int64_t left_ms; /* when it was sent, wall */
};

struct mutations {
    struct app *app;
    struct pending *pending; /* NULL = none */
    struct pending *sent;    /* in realms that were left since */
    struct follow *follows;
    struct map *pasts;       /* by service ARN */
    struct timer watch;
    uint64_t watched;        /* generation of the last snapshot looked at */
    const struct snapshot *watched_snap; /* compared only */
};

/* ---- mutate.c -------------------------------------------------------- */
void pending_free(struct pending *p);
/* Open or fill again the dialog for p's stage. */
void pending_ask(struct pending *p);

/* ---- mutate_back.c --------------------------------------------------- */
/* Sets p->definition and asks; may list revisions first. s is the service as
 * it is now. */
void back_choose(struct pending *p, const struct ecs_service *s);
void back_watch_start(struct mutations *m);
/* The roll-back p has been taken: a later one may undo it. */
void back_sent(const struct pending *p);
/* Is it a later revision of the family than the one that is there? */
bool back_is_later(const struct pending *p);
void past_free(void *p);

/* ---- mutate_back_text.c ---------------------------------------------- */
void back_lines(struct pending *p, struct dialog *d);

/* ---- mutate_text.c --------------------------------------------------- */
void seen_of(const struct ecs_service *s, struct seen *out);
/* Fill the dialog for what p asks. */
void pending_dialog(struct pending *p, app_dialog_fn *fn);
/* What is in the number field has changed: say what it would do. */
void pending_retell(struct pending *p);
/* "UpdateService desiredCount=6": exactly what goes out. */
void pending_will(const struct pending *p, char *buf, size_t n);
/* Must the name be typed? */
bool pending_drastic(const struct pending *p);
/* Parameters of the call; i counts targets (stop). */
json_t *pending_params(const struct pending *p, size_t i);

/* ---- mutate_check.c -------------------------------------------------- */
/* Read the target again, then send or ask again. */
void pending_check(struct pending *p);

/* ---- mutate_send.c --------------------------------------------------- */
void pending_send(struct pending *p);
/* Frees p, and closes its dialog if that waits for a check. */
void pending_end(struct pending *p);
/* Asks for p's service or tasks. -1: said, and p is gone. */
int pending_describe(struct pending *p, aws_done_fn *done);
/* The service of a describe, decoded into arena; NULL = there is none. */
struct ecs_service *service_answered(const struct aws_reply *reply,
                                     struct arena *arena);
/* Does the answer say that it is over? */
bool task_has_stopped(json_t *tasks, const char *arn);
/* The program ends: what nobody answered is written down. */
void pending_abandon(struct pending *p);

/* ---- mutate_follow.c ------------------------------------------------- */
/* service: ARN or name. A newer action on the same service replaces it. */
void follow_start(struct mutations *m, const struct pending *p,
                  const char *service, const char *name);
void follow_free_all(struct mutations *m);

/* ---- audit.c --------------------------------------------------------- */
/* One line; outcome: "ok" or the error. */
void audit_write(const struct pending *p, const char *arn, const char *before,
                 const char *after, const char *outcome,
                 const char *request_id);

#endif
