/* client.h - one AWS account and region as seen by one identity.
 *
 * aws_call() makes one logical call: it waits for its turn in the throttling
 * budget, signs, sends, retries, decodes the error or parses the JSON, and
 * calls done once from the loop. Under read-only it refuses every mutating
 * operation (ERR_READ_ONLY). A mutation that was sent and not answered is
 * never sent again (ERR_OUTCOME_UNKNOWN): look the target up and tell. The
 * same goes for a 5xx answer (503 excepted) to one that is not idempotent.
 *
 * Exactly one of: the start fails (-1, err set, done never called), done is
 * called once (never from inside the start), or silence after scope_cancel().
 * Mutations belong into the app's scope, so that closing a view does not lose
 * their outcome. */
#ifndef ECSDASH_AWS_CLIENT_H
#define ECSDASH_AWS_CLIENT_H

#include "backend/aws/op.h"
#include "backend/aws/retry.h"
#include "backend/base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aws_client;
struct budget;
struct clock;
struct cred_chain;
struct endpoints;
struct http;
struct http_stream;
struct loop;
struct rng;
struct scope;

/* Everything is borrowed and must outlive the client, except the strings,
 * which are copied. aws/session.h builds all of it from options and the
 * environment. */
struct aws_client_config {
    struct loop *loop;
    struct http *http;
    struct clock *clock;
    struct rng *rng;
    struct cred_chain *creds; /* NULL = calls are not signed */
    const struct endpoints *endpoints;
    struct budget *budget; /* NULL = unlimited */
    const char *region; /* NULL = not known yet, see aws_client_set_region() */
    bool read_only;
    struct retry_policy retry; /* zero = standard, numbers of 2026 */
};

/* Smaller goes first among calls that wait in the same bucket. */
enum aws_priority {
    AWS_PRIO_USER,    /* an action, or what a person waits for */
    AWS_PRIO_VISIBLE, /* rows on screen */
    AWS_PRIO_NORMAL,
    AWS_PRIO_BACKGROUND
};

struct aws_call_opts {
    enum aws_priority priority;
    const char *region;  /* NULL = the client's; copied */
    const char *subject; /* for the observer: ARN or name; copied */
    size_t max_body;     /* 0 = 16 MiB */
    bool raw; /* the body is not parsed: reply.root is NULL */
    /* The reply is given out piece by piece (net/http.h; borrowed): done comes
     * when it has ended, raw and without a body. Once a reply has begun it is
     * not asked for again. */
    struct http_stream *stream;
};

/* Valid during the callback only. */
struct aws_reply {
    int status;
    const char *request_id; /* never NULL, may be "" */
    const char *body;       /* NUL-terminated */
    size_t body_len;
    json_t *root; /* borrowed; NULL for XML and raw replies. Bodies above 64 KiB have
                     been parsed on the thread pool */
    int attempts; /* 1 = first try worked */
    int64_t date_ms; /* server's Date, 0 = none */
};

/* err is NULL on success (2xx and well-formed); reply is then not NULL. On
 * failure reply is NULL. */
typedef void aws_done_fn(void *arg, const struct aws_reply *reply,
                         const struct err *err);

/* Seeds jansson's hash (json_object_seed) before any thread parses. */
struct aws_client *aws_client_new(const struct aws_client_config *config);
/* Every scope used with it must have been cancelled. NULL is fine. */
void aws_client_free(struct aws_client *client);

/* params is stolen, also on failure; NULL = {}. For query services an object
 * of strings, numbers, booleans, arrays and objects: it is flattened to
 * Name.member.N.Sub pairs. opts may be NULL (normal priority). */
int aws_call(struct aws_client *client, struct scope *scope,
             const struct aws_op *op, json_t *params,
             const struct aws_call_opts *opts, aws_done_fn *done, void *arg,
             struct err *err);

/* One page of a list. last is true exactly once: with the final page, or with
 * the error (then reply is NULL; earlier pages were good). Return false to
 * stop: nothing is called after that. */
typedef bool aws_page_fn(void *arg, const struct aws_reply *reply,
                         const struct err *err, bool last);
/* Walk all pages of a paged op (of a JSON service). ERR_PARSE, after all that
 * could be read, when a page lacks its list, holds items that are neither text
 * nor objects, repeats its token, when two pages in a row (fifty, if empty)
 * bring nothing new, or after max_pages (0 = 1,000). */
int aws_pages(struct aws_client *client, struct scope *scope,
              const struct aws_op *op, json_t *params,
              const struct aws_call_opts *opts, int max_pages,
              aws_page_fn *page, void *arg, struct err *err);

/* Who we are: STS GetCallerIdentity. */
struct aws_identity {
    char account[16];
    char arn[512];
    char partition[16]; /* "aws", "aws-cn" */
    char name[128];     /* short: "role/oncall", "user/ann", "root" */
};
typedef void aws_identity_fn(void *arg, const struct aws_identity *id,
                             const struct err *err);
int aws_identify(struct aws_client *client, struct scope *scope,
                 aws_identity_fn *done, void *arg, struct err *err);
/* Fills account, partition and name from id->arn. 0/-1. */
int aws_identity_from_arn(struct aws_identity *id, const char *arn);

/* What the account is called (iam:ListAccountAliases); "" when it has no
 * name, or with err. Few identities may ask. */
typedef void aws_alias_fn(void *arg, const char *alias,
                          const struct err *err);
int aws_account_alias(struct aws_client *client, struct scope *scope,
                      aws_alias_fn *done, void *arg, struct err *err);

void aws_client_set_read_only(struct aws_client *client, bool on);
bool aws_client_read_only(const struct aws_client *client);
/* "" while it is not known. */
const char *aws_client_region(const struct aws_client *client);
/* A client that began without a region: calls that name none wait until one is
 * set, or fail with err, as later ones do, once it is known that there is
 * none; to await one is to make calls wait again. None runs a completion. */
void aws_client_set_region(struct aws_client *client, const char *region);
void aws_client_lack_region(struct aws_client *client, const struct err *err);
void aws_client_await_region(struct aws_client *client);
struct budget *aws_client_budget(struct aws_client *client); /* may be NULL */
/* Server clock minus ours in ms, as used for signing; 0 until corrected. */
int64_t aws_client_clock_skew_ms(const struct aws_client *client);

/* What happened to a try or a call; for the status line, the messages view
 * and the log. Never holds a secret. Valid during the callback. */
enum aws_event_kind {
    AWS_EVENT_SENT,  /* a try went out */
    AWS_EVENT_RETRY, /* a try failed; another follows after wait_ms */
    AWS_EVENT_OK,    /* the call is done */
    AWS_EVENT_FAILED /* the call failed for good; err says why */
};
struct aws_call_event {
    enum aws_event_kind kind;
    const struct aws_op *op;
    const char *subject;    /* from opts, or "" */
    const char *region;
    const char *request_id; /* "" when none */
    const struct err *err;  /* RETRY and FAILED, else NULL */
    int status;
    int attempt;     /* 1 = first */
    int64_t wait_ms; /* RETRY: until the next try */
    double ms;       /* OK, FAILED, RETRY: time of the last try */
    size_t bytes;    /* OK: size of the decoded body */
};
typedef void aws_observer_fn(void *arg, const struct aws_call_event *event);
/* One observer; it must not start or cancel calls. */
void aws_client_set_observer(struct aws_client *client, aws_observer_fn *fn,
                             void *arg);

/* Text of the first element at path ("GetCallerIdentityResult/Arn", below the
 * root element) of an XML body; sanitised, heap, to be freed. NULL when absent
 * or malformed. */
char *xml_text(const char *body, size_t len, const char *path);

#endif
