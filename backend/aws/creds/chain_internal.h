/* chain_internal.h - shared by chain.c, plan.c and notes.c; nobody else. */
#ifndef ECSDASH_AWS_CREDS_CHAIN_INTERNAL_H
#define ECSDASH_AWS_CREDS_CHAIN_INTERNAL_H

#include "backend/aws/creds.h"
#include "backend/base/clock.h"
#include "backend/base/strbuf.h"

#include <sys/types.h>

struct waiter;

struct notes {
    struct cred_note *list; /* one per provider of the table */
    size_t n;
};

/* A file as it was when it was last looked at. */
struct watched {
    char *path;
    int64_t mtime_ns, size; /* size -1 = not there */
    ino_t inode;
};

/* When to fetch by itself. All times are mono. */
struct plan {
    struct timer timer;
    int64_t not_before_ms; /* of the next fetch nobody waits for */
    int64_t pause_ms;      /* after the last failure; 0 = none */
    int64_t given_ms;      /* when the credentials came */
    int64_t life_ms;       /* what they then had left */
    int64_t reject_ms;     /* complaints about younger ones are ignored */
    bool doubted;          /* the service complained lately */
    struct watched *files;
    size_t n_files, cap_files;
};

/* A fetch runs from cred_chain_fetch() until settle(); its result is told to
 * the waiters from a timer, never from inside wait(). */
struct cred_chain {
    struct cred_context context;
    struct cred_chain *parent; /* a source's: of the role that asks */
    char *profile_name;
    const struct cred_provider *const *providers;
    size_t at; /* provider whose turn it is */
    bool fetching;
    bool wanted;    /* a person asked for the next fetch */
    bool was_quiet; /* the last fetch */
    bool rejected;  /* the last credentials were */
    struct cred_turn turn;
    struct scope scope;
    struct aws_creds creds; /* access_key NULL = none */
    struct err err;     /* what waiters are told; code 0 = good */
    struct err trouble; /* of the last fetch, also when old creds go on */
    unsigned generation;
    unsigned rounds; /* fetches begun */
    struct notes now, told;
    struct plan plan;
    struct timer tell;
    struct waiter *first, *last;
    bool *gone; /* set by free inside a waiter's callback */
    void (*observer)(void *arg);
    void *observer_arg;
};

void cred_chain_fetch(struct cred_chain *c);

/* ---- plan.c ---- */

/* The service would still take them, as far as we know. */
bool plan_alive(const struct cred_chain *c);
/* In the window where callers wait for new ones. */
bool plan_must_renew(const struct cred_chain *c);
/* An automatic fetch would come too early. */
bool plan_pausing(const struct cred_chain *c);
/* A watched file is not what it was in the last fetch. */
bool plan_files_changed(const struct cred_chain *c);
/* After a fetch; also sets the timer. */
void plan_success(struct cred_chain *c);
void plan_failure(struct cred_chain *c, bool refused);
/* True when the complaint counts. */
bool plan_complaint(struct cred_chain *c);
void plan_reset(struct cred_chain *c);
/* A fetch begins: the timer rests, the files are forgotten. */
void plan_begin(struct cred_chain *c);
void plan_release(struct cred_chain *c);

/* ---- notes.c ---- */

void notes_begin(struct cred_chain *c);
void notes_put(struct cred_chain *c, enum cred_said said, const char *why);
/* The fetch is over: what was noted can be asked for. */
void notes_publish(struct cred_chain *c);
void notes_release(struct cred_chain *c);

#endif
