/* realm.h - one AWS context: a profile in a region, who we are there, and
 * what is known of it. (`enum context` is where a key works; this is not.)
 *
 * Switching makes a new realm beside the old one. The old one is *left*: its
 * store and identity calls end at once, so that no row and no reply of it can
 * come any more. Only a mutation that was sent already keeps a reference:
 * it ends under the client it began with. The memory goes in a later turn
 * than the last unref, since that may come from inside a call's completion. */
#ifndef ECSDASH_VIEWS_REALM_H
#define ECSDASH_VIEWS_REALM_H

#include "backend/aws/creds.h"
#include "backend/aws/session.h"
#include "backend/base/clock.h"
#include "backend/base/scope.h"
#include "backend/store/store.h"

#include <stdbool.h>

struct realm;

/* As cred_ask, and the realm whose credentials need the answer. */
struct realm_ask {
    int (*start)(void *who, const struct realm *r, struct scope *scope,
                 const char *prompt, cred_answer_fn *answer, void *arg,
                 struct err *err);
    void *who;
};

/* What every realm of a run has in common; all borrowed. The profile and the
 * region of `aws` are those of the first realm. */
struct realm_options {
    struct loop *loop;
    struct clock *clock;
    struct rng *rng;
    struct log *log;   /* hears of every call; NULL = none */
    struct http *http; /* one for all: it holds the CA bundle */
    struct aws_session_options aws;
    struct store_options store;
    struct realm_ask ask; /* start NULL = nobody */
};

struct realm {
    unsigned number; /* 1, 2, ...: never used twice in a run */
    struct realm *next; /* for the app's list of those that were left */
    char *profile, *region; /* as asked for; NULL = not said */
    struct aws_session *session;
    struct aws_client *client; /* the session's */
    struct store *store;       /* NULL once left */
    struct scope scope;        /* calls that end when it is left */
    struct aws_identity identity;
    bool identity_known;
    char alias[80]; /* of the account; "" = none, or may not be asked */
    bool alias_asked;
    bool identifying;
    unsigned asked_of; /* generation that was last asked about */
    struct err identity_error; /* code ERR_NONE while fine or not asked yet */
    int64_t identity_due_ms;   /* mono: ask again while it is not known */
    char trouble[512]; /* why credentials can't be renewed; "" = they can */
    unsigned generation;       /* of the credentials that were identified */
    struct realm_ask ask;
    struct log *log; /* hears of every call; may be NULL */
    aws_observer_fn *on_failed; /* of each failed try; NULL = nobody */
    void *failed_arg;
    size_t refs;
    bool left;
};

/* Reads files, sends nothing. profile and region NULL = what the environment
 * and the files say; from the second realm on `:region` is who says it. NULL with err: nothing has changed. */
struct realm *realm_new(const struct realm_options *o, unsigned number,
                        const char *profile, const char *region,
                        struct err *err);
/* Subscriptions and every scope used with its client must be gone. */
void realm_free(struct realm *r); /* NULL is fine */

struct realm *realm_ref(struct realm *r);
void realm_unref(struct realm *r);
/* Ends its calls and its store. Subscriptions must be gone. */
void realm_leave(struct realm *r);
/* Left, and nobody holds it any more: realm_free() it in a turn of its own. */
bool realm_done(const struct realm *r);

/* What to do next, by the kind of error; begins with a blank, or "". */
const char *realm_advice(const struct realm *r, enum err_code code);
/* Its credentials are refused or lacking, which only new ones cure: the whole
 * sentence. rows: the error of what is on the screen, or NULL. */
bool realm_refused(const struct realm *r, const struct err *rows, char *buf,
                   size_t n);

/* "123456789012 eu-west-1": how messages name it. */
const char *realm_label(const struct realm *r, char *buf, size_t n);

#endif
