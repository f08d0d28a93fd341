/* creds.h - credentials: the providers, the chain, and why each was passed
 * over.
 *
 * The chain asks its providers in the order of its table. A provider passes
 * (with a reason, kept for the user), fails (the chain ends with that error),
 * or provides, now or later from the loop. Any number of waiters share one
 * fetch.
 *
 * Fifteen minutes before they expire credentials are fetched anew in the
 * background, a failure is then only noted; in the last ten minutes callers
 * wait for the new ones, and get the old ones if there are none for a reason
 * that may pass. Both windows shrink with the life of the credentials (to a
 * half and a quarter). After a failure the chain tries again by itself after
 * 5 s, 10 s, .. 5 min, and at once when a watched file changes; calls in
 * between get the same error. */
#ifndef ECSDASH_AWS_CREDS_H
#define ECSDASH_AWS_CREDS_H

#include "backend/aws/env.h"
#include "backend/aws/profile.h"
#include "backend/base/err.h"
#include "backend/base/scope.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clock;
struct cred_chain;
struct endpoints;
struct http;
struct loop;
struct rng;

struct aws_creds {
    char *access_key;
    char *secret;
    char *token;        /* NULL = none */
    int64_t expires_ms; /* wall; 0 = never */
    char account[16];   /* where the source says so; "" = not known */
    char source[160];   /* "environment", "profile dev in ~/.aws/..." */
};

/* Overwrites the secrets. */
void aws_creds_release(struct aws_creds *c);

/* Asks a person for a short secret text (an MFA code). answer is called once,
 * from the loop and never from inside start, or never once the scope was
 * cancelled. text is NULL when the person refused; it is the asker's, valid
 * during the call, and wiped by him; another question may be put from inside
 * answer. -1 with err: nobody can be asked now. */
typedef void cred_answer_fn(void *arg, const char *text);
struct cred_ask {
    int (*start)(void *who, struct scope *scope, const char *prompt,
                 cred_answer_fn *answer, void *arg, struct err *err);
    void *who;
};

/* For whom a chain looks. */
enum cred_role {
    CRED_TOP,            /* the program itself */
    CRED_SOURCE_PROFILE, /* a role whose source_profile is asked */
    CRED_NAMED_SOURCE    /* a role whose credential_source is asked */
};

/* What a provider works with; all borrowed from the chain's config. A provider
 * reads the profile's keys by cred_get() only, and asks cred_env_counts()
 * before it takes keys from the environment: the same provider also serves
 * the source profile of a role. */
struct cred_context {
    struct loop *loop; /* NULL where only env and files are in the table */
    struct http *http;
    struct clock *clock;
    struct rng *rng;
    struct aws_env env;
    struct profile *profile; /* NULL = no files */
    const char *region;      /* for STS; NULL = not known */
    const struct endpoints *endpoints; /* for STS; NULL = not known */
    struct cred_ask ask;     /* start NULL = nobody to ask */
    /* Set by the chain for a role's source. */
    enum cred_role role;
    const char *profile_name;          /* NULL = the profile's own name */
    const struct cred_context *parent; /* whose source this is; NULL = top */
};

/* Name of the profile whose turn it is; "" without files. */
const char *cred_profile(const struct cred_context *cx);
/* Its value of a key, from both files or from one; NULL when absent or empty.
 * Borrowed until the turn ends. */
const char *cred_get(const struct cred_context *cx, const char *key);
const char *cred_get_from(const struct cred_context *cx,
                          enum profile_file file, const char *key);
/* Keys in the environment may be used: not under --profile and not for a
 * source profile. */
bool cred_env_counts(const struct cred_context *cx);

/* One provider's turn. It must end with exactly one of the three calls below,
 * from inside start or later; asynchronous work goes into `scope`, which is
 * cancelled with the chain. */
struct cred_turn {
    struct cred_chain *chain;
    const struct cred_context *context;
    struct scope *scope;
    unsigned round; /* 0 in the first fetch */
    /* Nobody waits, or live credentials are at hand: do nothing that would
     * disturb a person (no question); fail instead. */
    bool quiet;
    /* To be set before cred_fail() when a person refused: the chain then waits
     * for cred_chain_retry() or a changed file, and does not ask again. */
    bool refused;
    /* The service called the last credentials expired or wrong: don't take
     * the same ones from a cache again. */
    bool rejected;
    int64_t sso_tried_ms; /* SSO's own: when it last renewed a token; 0 = never */
};
/* creds' strings are taken (creds is left empty). */
void cred_provide(struct cred_turn *turn, struct aws_creds *creds);
void cred_pass(struct cred_turn *turn, const char *why, ...)
    __attribute__((format(printf, 2, 3)));
void cred_fail(struct cred_turn *turn, const struct err *err);

/* A file on which the outcome depends (a token cache): after a failure the
 * chain looks at it every few seconds and fetches anew when it has changed.
 * Call it before the file is read; a path that does not exist is fine. The
 * config and credentials files are watched anyway. */
void cred_watch(struct cred_turn *turn, const char *path);

struct cred_provider {
    const char *name; /* "environment" */
    const char *help; /* one line for the manual and :whoami */
    void (*start)(struct cred_turn *turn);
};

extern const struct cred_provider cred_env;          /* AWS_ACCESS_KEY_ID .. */
extern const struct cred_provider cred_assume_role;  /* role_arn */
extern const struct cred_provider cred_web_identity; /* token file, role */
extern const struct cred_provider cred_sso;          /* sso_session, .. */
extern const struct cred_provider cred_shared_file;  /* credentials file */
extern const struct cred_provider cred_login;        /* login_session */
extern const struct cred_provider cred_process;      /* credential_process */
extern const struct cred_provider cred_config_file;  /* keys in config */
extern const struct cred_provider cred_container;    /* ECS, EKS pods */
extern const struct cred_provider cred_imds;         /* EC2 metadata */
/* The standard order; all tables end in NULL. */
extern const struct cred_provider *const cred_standard[];
/* Those that know profiles, in the same order: for a source_profile. */
extern const struct cred_provider *const cred_of_profile[];
/* For credential_source; the last has no name. */
struct cred_place {
    const char *name; /* "Environment" */
    const struct cred_provider *providers[2];
};
extern const struct cred_place cred_places[];

/* What each provider said in the last finished fetch. */
enum cred_said { CRED_NOT_ASKED, CRED_PASSED, CRED_FAILED, CRED_PROVIDED };
struct cred_note {
    const char *name; /* of the provider, as is help */
    const char *help;
    enum cred_said said;
    char why[400]; /* a reason, the error, or the source; "" = not asked */
};

/* providers is a NULL-terminated table that outlives the chain. */
struct cred_chain *cred_chain_new(const struct cred_context *context,
                                  const struct cred_provider *const *providers);
/* A chain for the source of a role, under the turn of the one who assumes it
 * (which it must not outlive). profile is copied; NULL = the turn's own. It
 * keeps nothing: one fetch, then free. */
struct cred_chain *cred_chain_new_source(
    struct cred_turn *turn, enum cred_role role, const char *profile,
    const struct cred_provider *const *providers);
/* Waiters fall silent. Allowed inside a waiter's callback. */
void cred_chain_free(struct cred_chain *chain);

/* Borrowed until the chain next runs; NULL when they must be waited for. */
const struct aws_creds *cred_chain_current(const struct cred_chain *chain);
/* Goes up with each result that is not what was used until then. */
unsigned cred_chain_generation(const struct cred_chain *chain);
/* The service called this generation expired or wrong: fetch anew. A stale
 * generation is ignored, so that fifty failed calls cause one fetch; so are
 * complaints about credentials that were fetched just now for the same
 * reason (5 s, 10 s, .. 1 min): a key that is wrong for good causes no storm.
 */
void cred_chain_expire(struct cred_chain *chain, unsigned generation);
/* A person wants another try: fetch now, questions allowed, whatever failed or
 * was refused before. Living credentials serve until there are new ones.
 * Nothing happens while a fetch is under way. */
void cred_chain_retry(struct cred_chain *chain);

/* err is NULL on success, then creds is not. Called from the loop. */
typedef void cred_done_fn(void *arg, const struct aws_creds *creds,
                          const struct err *err);
/* Fetch, or join the fetch under way, or get the last answer while it counts.
 * -1 only when scope is dead. */
int cred_chain_wait(struct cred_chain *chain, struct scope *scope,
                    cred_done_fn *done, void *arg, struct err *err);

/* Why the last fetch failed, also when older credentials are still used; NULL
 * when all is well. Borrowed until the chain next runs. */
const struct err *cred_chain_trouble(const struct cred_chain *chain);
/* Of the last finished fetch; none before it. */
size_t cred_chain_n_notes(const struct cred_chain *chain);
const struct cred_note *cred_chain_note(const struct cred_chain *chain,
                                        size_t i);
/* fn is called from the loop after each fetch has ended and its waiters have
 * been told. One observer; NULL = none. */
void cred_chain_set_observer(struct cred_chain *chain, void (*fn)(void *arg),
                             void *arg);

#endif
