/* mutate_internal.h - one action from key press to outcome; shared by the
 * mutate*.c files only. */
#ifndef ECSDASH_VIEWS_MUTATE_INTERNAL_H
#define ECSDASH_VIEWS_MUTATE_INTERNAL_H

#include "backend/aws/client.h"
#include "backend/base/clock.h"
#include "backend/base/scope.h"
#include "views/app.h"
#include "views/kind.h"
#include "views/mutate.h"

/* What a service looked like; copied, so that it outlives snapshots. */
struct seen {
    int desired, running, pending;
    char task_definition[256];
    char primary[64];      /* deployment id; "" under other controllers */
    char rollout[24];
    char reason[256];
    bool several;          /* more than one deployment */
};

enum stage { STAGE_ASK, STAGE_TYPED, STAGE_CHECK, STAGE_SEND };

/* The one action that is being asked about or sent. */
struct pending {
    struct app *app;
    enum action_id action;
    enum stage stage;
    struct target *targets; /* references; ARNs as at key press */
    size_t n;
    char name[128];         /* what is typed to confirm, and said */
    char cluster[256], arn[300];
    struct seen seen;       /* services */
    int64_t wanted;         /* scale; -1 = not said yet */
    char definition[256];   /* roll back to this */
    const char *why_definition;
    char reason[200];       /* stop */
    size_t done, failed, skipped; /* stop: of n */
    char request_id[80];    /* of the last answer */
    struct scope scope;     /* child of the app's */
};

/* A service on its way to steady. */
struct follow {
    struct mutations *m;
    struct follow *next;
    char name[128], cluster[256], arn[300];
    enum action_id action;
    int64_t wanted;         /* scale, else -1 */
    int64_t started_ms;     /* wall */
    int last_running;
    char primary[64];       /* before a restart or roll-back */
    struct timer timer;
    struct scope scope;
};

struct mutations {
    struct app *app;
    struct pending *pending; /* NULL = none */
    struct follow *follows;
};

void seen_of(const struct ecs_service *s, struct seen *out);
/* Fill the dialog for what p asks; fresh (or NULL) is what was read again:
 * differences are shown as old -> new. */
void pending_dialog(struct pending *p, const struct seen *fresh,
                    app_dialog_fn *fn);
/* "UpdateService desiredCount=6": exactly what goes out. */
void pending_will(const struct pending *p, char *buf, size_t n);
/* Must the name be typed? */
bool pending_drastic(const struct pending *p);
/* Parameters of the call; i counts targets (stop). */
json_t *pending_params(const struct pending *p, size_t i);
const struct aws_op *pending_op(const struct pending *p);

void follow_start(struct mutations *m, const struct pending *p);
void follow_free_all(struct mutations *m);

/* One line of the audit log; see audit.c. outcome: "ok" or the error. */
void audit_write(const struct pending *p, const char *arn, const char *after,
                 const char *outcome, const char *request_id);

#endif
