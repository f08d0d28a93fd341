/* creds.h - credentials: the providers, the chain, and why each was passed
 * over.
 *
 * The chain asks its providers in the order of its table. A provider passes
 * (with a reason, kept for the user), fails (the chain ends with that error),
 * or provides, now or later from the loop. The result is cached until shortly
 * before it expires; any number of waiters share one fetch. */
#ifndef ECSDASH_AWS_CREDS_H
#define ECSDASH_AWS_CREDS_H

#include "backend/aws/env.h"
#include "backend/base/err.h"
#include "backend/base/scope.h"

#include <stddef.h>
#include <stdint.h>

struct clock;
struct cred_chain;
struct http;
struct loop;
struct profile;

struct aws_creds {
    char *access_key;
    char *secret;
    char *token;        /* NULL = none */
    int64_t expires_ms; /* wall; 0 = never */
    char source[160];   /* "environment", "profile dev in ~/.aws/..." */
};

/* Overwrites the secrets. */
void aws_creds_release(struct aws_creds *c);

/* What a provider works with; all borrowed from the chain's config. */
struct cred_context {
    struct loop *loop; /* NULL where only env and files are in the table */
    struct http *http;
    struct clock *clock;
    struct aws_env env;
    struct profile *profile; /* NULL = no files */
    const char *region;      /* for STS; NULL = not known */
};

/* One provider's turn. It must end with exactly one of the three calls below,
 * from inside start or later; asynchronous work goes into `scope`, which is
 * cancelled with the chain. */
struct cred_turn {
    struct cred_chain *chain;
    const struct cred_context *context;
    struct scope *scope;
    unsigned round; /* 0 in the first fetch; later ones read files anew */
};
/* creds' strings are taken (creds is left empty). */
void cred_provide(struct cred_turn *turn, struct aws_creds *creds);
void cred_pass(struct cred_turn *turn, const char *why, ...)
    __attribute__((format(printf, 2, 3)));
void cred_fail(struct cred_turn *turn, const struct err *err);

struct cred_provider {
    const char *name; /* "environment" */
    const char *help; /* one line for the manual and :whoami */
    void (*start)(struct cred_turn *turn);
};

extern const struct cred_provider cred_env;         /* AWS_ACCESS_KEY_ID ... */
extern const struct cred_provider cred_shared_file; /* credentials file */
extern const struct cred_provider cred_config_file; /* keys in config */
/* The standard order, NULL-terminated. */
extern const struct cred_provider *const cred_standard[];

/* providers is a NULL-terminated table that outlives the chain. */
struct cred_chain *cred_chain_new(const struct cred_context *context,
                                  const struct cred_provider *const *providers);
void cred_chain_free(struct cred_chain *chain); /* waiters fall silent */

/* Borrowed until the chain next runs; NULL when they must be fetched. */
const struct aws_creds *cred_chain_current(const struct cred_chain *chain);
/* Goes up with each new result. */
unsigned cred_chain_generation(const struct cred_chain *chain);
/* The service called this generation expired or wrong: fetch anew. A stale
 * generation is ignored, so that fifty failed calls cause one fetch. */
void cred_chain_expire(struct cred_chain *chain, unsigned generation);

/* err is NULL on success, then creds is not. Called from the loop. */
typedef void cred_done_fn(void *arg, const struct aws_creds *creds,
                          const struct err *err);
/* Fetch, or join the fetch under way. -1 only when scope is dead. */
int cred_chain_wait(struct cred_chain *chain, struct scope *scope,
                    cred_done_fn *done, void *arg, struct err *err);

/* "environment: AWS_ACCESS_KEY_ID is not set; ..." of the last fetch;
 * borrowed, never NULL. */
const char *cred_chain_explain(const struct cred_chain *chain);

#endif
