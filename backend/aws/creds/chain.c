/* The fetch: providers in turn, waiters, and who is told what. */
#include "backend/aws/creds/chain_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/json_tree.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"

struct waiter {
    struct work work; /* in the caller's scope */
    struct cred_chain *chain;
    struct waiter *prev, *next;
    unsigned round; /* the fetch that serves it */
    cred_done_fn *done;
    void *arg;
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

/* ---- for providers: whose turn it is ---- */

const char *cred_profile(const struct cred_context *cx)
{
    if (cx->profile_name)
        return cx->profile_name;
    return cx->profile ? profile_name(cx->profile) : "";
}

const char *cred_get(const struct cred_context *cx, const char *key)
{
    return cx->profile ? profile_get_of(cx->profile, cred_profile(cx), key)
                       : NULL;
}

const char *cred_get_from(const struct cred_context *cx,
                          enum profile_file file, const char *key)
{
    if (!cx->profile)
        return NULL;
    return profile_get_of_from(cx->profile, file, cred_profile(cx), key);
}

bool cred_env_counts(const struct cred_context *cx)
{
    if (cx->role == CRED_TOP)
        return !cx->profile || !profile_is_explicit(cx->profile);
    return cx->role == CRED_NAMED_SOURCE;
}

/* ---- life ---- */

struct cred_chain *cred_chain_new(const struct cred_context *context,
                                  const struct cred_provider *const *providers)
{
    struct cred_chain *c = xcalloc(1, sizeof(*c));

    json_tree_init();
    c->context = *context;
    c->providers = providers;
    c->turn = (struct cred_turn){
        .chain = c, .context = &c->context, .scope = &c->scope};
    scope_init(&c->scope, NULL);
    return c;
}

struct cred_chain *cred_chain_new_source(
    struct cred_turn *turn, enum cred_role role, const char *profile,
    const struct cred_provider *const *providers)
{
    struct cred_chain *c = cred_chain_new(turn->context, providers);

    c->parent = turn->chain;
    c->profile_name = xstrdup(profile ? profile : cred_profile(turn->context));
    c->context.role = role;
    c->context.profile_name = c->profile_name;
    c->context.parent = turn->context;
    return c;
}

/* The analyzer loses the list: unlinking is what keeps w from being seen
 * again. NOLINTBEGIN(clang-analyzer-unix.Malloc) */
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
    if (c->gone)
        *c->gone = true;
    scope_cancel(&c->scope);
    timer_stop(c->context.clock, &c->tell);
    while (c->first) {
        scope_remove(&c->first->work);
        waiter_cancel(&c->first->work);
    }
    plan_release(c);
    notes_release(c);
    aws_creds_release(&c->creds);
    free(c->profile_name);
    free(c);
}

/* ---- the end of a fetch ---- */

/* One at a time: a waiter may cancel others, wait again, or free the chain.
 * Those who join during the round belong to the next fetch, if there is one.
 */
static void tell_all(struct timer *t, void *arg)
{
    struct cred_chain *c = arg;
    unsigned round = c->rounds;
    /* A waiter may begin the next fetch, which clears c->err. */
    struct err err = c->err;
    bool gone = false;

    (void)t;
    c->gone = &gone;
    while (c->first && c->first->round <= round) {
        struct waiter *w = c->first;
        cred_done_fn *done = w->done;
        void *warg = w->arg;

        scope_remove(&w->work);
        waiter_cancel(&w->work);
        if (!err.code && !c->creds.access_key)
            err_set(&err, ERR_CREDENTIALS, "The credentials were dropped "
                    "while calls waited for them.");
        done(warg, err.code ? NULL : &c->creds, err.code ? &err : NULL);
        if (gone)
            return;
    }
    c->gone = NULL;
    if (c->observer)
        c->observer(c->observer_arg);
}

/* NOLINTEND(clang-analyzer-unix.Malloc) */

static void settle(struct cred_chain *c)
{
    c->fetching = false;
    c->was_quiet = c->turn.quiet;
    notes_publish(c);
    timer_start(c->context.clock, &c->tell, 0, tell_all, c);
}

/* Access that was taken away, and a configuration that makes no sense, don't
 * mend by themselves; all else may pass while the old credentials live. */
static bool is_definite(const struct err *err)
{
    return err->code == ERR_DENIED || err->code == ERR_CONFIG;
}

static void failed(struct cred_chain *c, const struct err *err)
{
    c->trouble = *err;
    if (plan_alive(c) && !(plan_must_renew(c) && is_definite(err))) {
        err_clear(&c->err);
    } else {
        aws_creds_release(&c->creds);
        c->err = *err;
    }
    settle(c);
    plan_failure(c, c->turn.refused);
}

static void run_next(struct cred_chain *c)
{
    const struct cred_provider *p = c->providers[c->at];
    struct strbuf tried = STRBUF_INIT;
    struct err err;

    if (p) {
        p->start(&c->turn);
        return;
    }
    for (size_t i = 0; i < c->now.n; i++)
        strbuf_printf(&tried, "%s%s: %s", i ? "; " : "", c->now.list[i].name,
                      c->now.list[i].why);
    err_set(&err, ERR_CREDENTIALS,
            "No AWS credentials were found. Tried: %s.", strbuf_get(&tried));
    strbuf_release(&tried);
    failed(c, &err);
}

static bool same_text(const char *a, const char *b)
{
    return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

/* Some sources hand out what they gave before: that is no news to those who
 * ask again whose credentials they are. */
static bool same_creds(const struct aws_creds *a, const struct aws_creds *b)
{
    return same_text(a->access_key, b->access_key) &&
           same_text(a->secret, b->secret) && same_text(a->token, b->token);
}

void cred_provide(struct cred_turn *turn, struct aws_creds *creds)
{
    struct cred_chain *c = turn->chain;
    struct err err;
    char when[40];

    if (creds->expires_ms &&
        creds->expires_ms <= clock_wall_ms(c->context.clock)) {
        err_set(&err, ERR_EXPIRED, "The credentials from %s had expired "
                "already, at %s.", creds->source,
                fmt_iso(creds->expires_ms, FMT_UTC, when));
        aws_creds_release(creds);
        cred_fail(turn, &err);
        return;
    }
    notes_put(c, CRED_PROVIDED, creds->source);
    c->generation += !same_creds(&c->creds, creds);
    aws_creds_release(&c->creds);
    c->creds = *creds;
    memset(creds, 0, sizeof(*creds));
    err_clear(&c->err);
    err_clear(&c->trouble);
    c->rejected = false;
    settle(c);
    plan_success(c);
}

void cred_pass(struct cred_turn *turn, const char *why, ...)
{
    struct cred_chain *c = turn->chain;
    struct strbuf text = STRBUF_INIT;
    va_list ap;

    va_start(ap, why);
    strbuf_vprintf(&text, why, ap);
    va_end(ap);
    notes_put(c, CRED_PASSED, strbuf_get(&text));
    strbuf_release(&text);
    c->at++;
    run_next(c);
}

void cred_fail(struct cred_turn *turn, const struct err *err)
{
    struct cred_chain *c = turn->chain;

    notes_put(c, CRED_FAILED, err->message);
    if (c->parent && turn->refused)
        c->parent->turn.refused = true;
    failed(c, err);
}

/* ---- the beginning ---- */

void cred_chain_fetch(struct cred_chain *c)
{
    const struct profile *p = c->context.profile;
    struct err err;

    c->fetching = true;
    c->at = 0;
    /* Those who were not yet told of the last one are told of this one. */
    timer_stop(c->context.clock, &c->tell);
    err_clear(&c->err);
    plan_begin(c);
    notes_begin(c);
    c->turn.quiet = c->parent ? c->parent->turn.quiet
                              : !c->wanted && (plan_alive(c) || !c->first);
    c->wanted = false;
    c->turn.rejected =
        c->rejected || (c->parent && c->parent->turn.rejected);
    c->turn.refused = false;
    c->turn.round = c->rounds++;
    /* Somebody may have changed the files since. */
    if (p && !c->parent) {
        cred_watch(&c->turn, profile_path(p, PROFILE_CREDENTIALS));
        cred_watch(&c->turn, profile_path(p, PROFILE_CONFIG));
        if (c->turn.round > 0 &&
            profile_reload(c->context.profile, &err) != 0) {
            failed(c, &err);
            return;
        }
    }
    run_next(c);
}

const struct aws_creds *cred_chain_current(const struct cred_chain *c)
{
    if (!plan_alive(c))
        return NULL;
    if (plan_must_renew(c) && (c->fetching || !plan_pausing(c)))
        return NULL;
    return &c->creds;
}

/* What the last fetch said still counts: neither the service nor a program is
 * asked again within the pause. A changed file, or a question that a quiet
 * fetch could not ask, is reason enough. */
static bool last_answer_counts(const struct cred_chain *c)
{
    if (cred_chain_current(c))
        return true;
    return c->err.code && plan_pausing(c) && !plan_files_changed(c) &&
           (!c->was_quiet || c->plan.not_before_ms == INT64_MAX);
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
    w->round = c->rounds;
    if (c->fetching || timer_armed(&c->tell))
        return 0;
    if (last_answer_counts(c)) {
        timer_start(c->context.clock, &c->tell, 0, tell_all, c);
        return 0;
    }
    w->round = c->rounds + 1;
    cred_chain_fetch(c);
    return 0;
}

/* ---- questions and orders ---- */

unsigned cred_chain_generation(const struct cred_chain *c)
{
    return c->generation;
}

void cred_chain_expire(struct cred_chain *c, unsigned generation)
{
    if (generation != c->generation || !c->creds.access_key)
        return;
    if (!plan_complaint(c))
        return;
    c->rejected = true;
    aws_creds_release(&c->creds);
}

void cred_chain_retry(struct cred_chain *c)
{
    if (c->fetching)
        return;
    plan_reset(c);
    c->wanted = true;
    cred_chain_fetch(c);
}

const struct err *cred_chain_trouble(const struct cred_chain *c)
{
    return c->trouble.code ? &c->trouble : NULL;
}

void cred_chain_set_observer(struct cred_chain *c, void (*fn)(void *arg),
                             void *arg)
{
    c->observer = fn;
    c->observer_arg = arg;
}
