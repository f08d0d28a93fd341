#include "backend/aws/creds.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/strbuf.h"

/* Fetch again this long before they expire. */
static const int64_t EARLY_MS = 5 * 60 * 1000;

struct waiter {
    struct work work; /* in the caller's scope */
    struct cred_chain *chain;
    struct waiter *prev, *next;
    unsigned round; /* the fetch that serves it */
    cred_done_fn *done;
    void *arg;
};

/* A fetch runs from wait() until settle(); its result is told to the waiters
 * from a timer, never from inside wait(). */
struct cred_chain {
    struct cred_context context;
    const struct cred_provider *const *providers;
    size_t at; /* provider whose turn it is */
    bool fetching;
    struct cred_turn turn;
    struct scope scope;
    struct aws_creds creds; /* access_key NULL = none */
    struct err err;         /* of the last fetch, code 0 = good */
    unsigned generation;
    unsigned rounds; /* fetches begun */
    struct strbuf why; /* who passed over, and why */
    struct timer tell;
    struct waiter *first, *last;
};

static void wipe(char **s)
{
    if (*s)
        xfree_secret(*s, strlen(*s));
    *s = NULL;
}

void aws_creds_release(struct aws_creds *c)
{
    wipe(&c->access_key);
    wipe(&c->secret);
    wipe(&c->token);
    memset(c, 0, sizeof(*c));
}

struct cred_chain *cred_chain_new(const struct cred_context *context,
                                  const struct cred_provider *const *providers)
{
    struct cred_chain *c = xcalloc(1, sizeof(*c));

    c->context = *context;
    c->providers = providers;
    c->turn = (struct cred_turn){
        .chain = c, .context = &c->context, .scope = &c->scope};
    scope_init(&c->scope, NULL);
    return c;
}

static void waiter_unlink(struct waiter *w)
{
    struct cred_chain *c = w->chain;

    if (w->prev)
        w->prev->next = w->next;
    else
        c->first = w->next;
    if (w->next)
        w->next->prev = w->prev;
    else
        c->last = w->prev;
}

static void waiter_cancel(struct work *work)
{
    struct waiter *w = container_of(work, struct waiter, work);

    waiter_unlink(w);
    free(w);
}

void cred_chain_free(struct cred_chain *c)
{
    if (!c)
        return;
    scope_cancel(&c->scope);
    timer_stop(c->context.clock, &c->tell);
    while (c->first) {
        scope_remove(&c->first->work);
        waiter_cancel(&c->first->work);
    }
    aws_creds_release(&c->creds);
    strbuf_release(&c->why);
    free(c);
}

/* One at a time: a waiter may cancel others or wait again. Those who join
 * during the round belong to the next fetch, if there is one. */
static void tell_all(struct timer *t, void *arg)
{
    struct cred_chain *c = arg;
    unsigned round = c->rounds;
    /* A waiter may begin the next fetch, which clears c->err. */
    struct err err = c->err;

    (void)t;
    while (c->first && c->first->round == round) {
        struct waiter *w = c->first;
        cred_done_fn *done = w->done;
        void *warg = w->arg;

        scope_remove(&w->work);
        waiter_cancel(&w->work);
        done(warg, err.code ? NULL : &c->creds, err.code ? &err : NULL);
    }
}

static void settle(struct cred_chain *c)
{
    c->fetching = false;
    timer_start(c->context.clock, &c->tell, 0, tell_all, c);
}

static void run_next(struct cred_chain *c)
{
    const struct cred_provider *p = c->providers[c->at];

    if (p) {
        p->start(&c->turn);
        return;
    }
    err_set(&c->err, ERR_CREDENTIALS,
            "No AWS credentials were found. Tried: %s.", strbuf_get(&c->why));
    settle(c);
}

void cred_provide(struct cred_turn *turn, struct aws_creds *creds)
{
    struct cred_chain *c = turn->chain;

    aws_creds_release(&c->creds);
    c->creds = *creds;
    memset(creds, 0, sizeof(*creds));
    err_clear(&c->err);
    c->generation++;
    settle(c);
}

void cred_pass(struct cred_turn *turn, const char *why, ...)
{
    struct cred_chain *c = turn->chain;
    va_list ap;

    strbuf_printf(&c->why, "%s%s: ", c->why.len ? "; " : "",
                  c->providers[c->at]->name);
    va_start(ap, why);
    strbuf_vprintf(&c->why, why, ap);
    va_end(ap);
    c->at++;
    run_next(c);
}

void cred_fail(struct cred_turn *turn, const struct err *err)
{
    struct cred_chain *c = turn->chain;

    c->err = *err;
    settle(c);
}

const struct aws_creds *cred_chain_current(const struct cred_chain *c)
{
    if (!c->creds.access_key || c->fetching)
        return NULL;
    if (c->creds.expires_ms &&
        clock_wall_ms(c->context.clock) >= c->creds.expires_ms - EARLY_MS)
        return NULL;
    return &c->creds;
}

unsigned cred_chain_generation(const struct cred_chain *c)
{
    return c->generation;
}

void cred_chain_expire(struct cred_chain *c, unsigned generation)
{
    if (generation == c->generation && !c->fetching)
        aws_creds_release(&c->creds);
}

int cred_chain_wait(struct cred_chain *c, struct scope *scope,
                    cred_done_fn *done, void *arg, struct err *err)
{
    struct waiter *w = xcalloc(1, sizeof(*w));

    w->chain = c;
    w->done = done;
    w->arg = arg;
    if (scope_add(scope, &w->work, waiter_cancel) != 0) {
        free(w);
        return err_set(err, ERR_CREDENTIALS, "The call was cancelled.");
    }
    w->prev = c->last;
    if (c->last)
        c->last->next = w;
    else
        c->first = w;
    c->last = w;
    if (c->fetching || timer_armed(&c->tell)) {
        w->round = c->rounds;
        return 0;
    }
    c->fetching = true;
    c->at = 0;
    err_clear(&c->err);
    strbuf_clear(&c->why);
    c->turn.round = c->rounds++;
    w->round = c->rounds;
    run_next(c);
    return 0;
}

const char *cred_chain_explain(const struct cred_chain *c)
{
    return strbuf_get(&c->why);
}
