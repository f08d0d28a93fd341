/* client_internal.h - shared by client.c and call*.c; nobody else. */
#ifndef ECSDASH_AWS_CLIENT_INTERNAL_H
#define ECSDASH_AWS_CLIENT_INTERNAL_H

#include "backend/aws/budget.h"
#include "backend/aws/client.h"
#include "backend/aws/endpoint.h"
#include "backend/aws/rate.h"
#include "backend/aws/retry.h"
#include "backend/base/clock.h"
#include "backend/base/scope.h"
#include "backend/base/strbuf.h"
#include "backend/net/http.h"

struct aws_creds;
struct parse_job;

struct aws_client {
    struct aws_client_config cfg; /* strings are ours */
    struct retry_quota quota;
    struct rate rate; /* adaptive mode only */
    int64_t skew_ms;
    size_t calls; /* alive; must be 0 at free */
    size_t read;  /* bytes of answers since memory was given back */
    struct aws_call *waiting; /* for the region */
    struct err no_region; /* why there is none; ERR_NONE = it may come */
    aws_observer_fn *observer;
    void *observer_arg;
};

/* Lives from aws_call() to the completion or the cancellation. What it waits
 * for at any moment sits in `inner`, `timer`, `wait` or the client's list
 * `waiting`: exactly one. */
struct aws_call {
    struct work work; /* in the caller's scope */
    struct scope inner;
    struct aws_client *client;
    const struct aws_op *op;
    struct strbuf body;
    struct endpoint endpoint;
    char *region; /* NULL until it is known */
    char *subject;
    enum aws_priority priority;
    size_t max_body;
    bool raw;
    struct http_stream *stream;
    bool old_host; /* of the two names of a host the second is tried */
    bool silence;  /* a try was not answered in time */
    struct timer timer;
    struct budget_wait wait;
    bool waits_region;
    struct aws_call *wait_prev, *wait_next;
    int attempt;          /* tries sent */
    int retries;          /* after failures that count as a try */
    int paid;             /* for the last retry */
    int64_t signed_skew_ms; /* with which the last try was signed */
    bool skew_tried;      /* one correction per call */
    bool refresh_tried;   /* one refresh per call */
    unsigned generation;  /* of the credentials last used */
    double last_ms;
    struct parse_job *job;
    int put_off;          /* turns for which the answer has waited */
    bool waits_turn;
    char request_id[80];
    int status;
    int64_t date_ms;
    struct strbuf answer;
    aws_done_fn *done;
    void *arg;
};

/* ERR_READ_ONLY when op changes things under read-only. */
int aws_call_refuse(const struct aws_client *client, const struct aws_op *op,
                    struct err *err);
/* The first thing in the life of a call, from the loop. */
void aws_call_begin(struct aws_call *c);
/* Does the call know its region? It may have to wait for that, or fail. */
enum call_place { CALL_PLACED, CALL_WAITS, CALL_NOWHERE };
enum call_place aws_call_place(struct aws_call *c, struct err *err);
void aws_call_unwait(struct aws_call *c); /* also when it does not wait */
/* Where it goes; 0/-1. */
int aws_call_resolve(struct aws_call *c, struct err *err);
/* Signs the call as of now (creds NULL: not at all) and starts it: done runs
 * later in c->inner. */
int aws_call_send(struct aws_call *c, const struct aws_creds *creds,
                  http_done_fn *done, struct err *err);

#endif
