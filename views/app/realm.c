#include "views/app/realm.h"

#include "backend/aws/creds.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int ask(void *who, struct scope *scope, const char *prompt,
               cred_answer_fn *answer, void *arg, struct err *err)
{
    struct realm *r = who;
    return r->ask.start(r->ask.who, r, scope, prompt, answer, arg, err);
}

/* The diary: how each call ended, and what each failed try said. */
static void on_call(void *arg, const struct aws_call_event *e)
{
    const struct realm *r = arg;
    struct log *log = r->log;

    if ((e->kind == AWS_EVENT_RETRY || e->kind == AWS_EVENT_FAILED) &&
        r->on_failed)
        r->on_failed(r->failed_arg, e);
    if (!log)
        return;
    if (e->kind == AWS_EVENT_OK)
        log_line(log, "ok %s %s %s: %d in %.0f ms, %zu bytes (request %s)",
                 e->op->name, e->region, e->subject, e->status, e->ms,
                 e->bytes, e->request_id);
    else if (e->kind != AWS_EVENT_SENT)
        log_line(log, "%s %s %s %s: %s (request %s, try %d)",
                 e->kind == AWS_EVENT_RETRY ? "retry" : "failed", e->op->name,
                 e->region, e->subject, e->err->message, e->request_id,
                 e->attempt);
}

struct realm *realm_new(const struct realm_options *o, unsigned number,
                        const char *profile, const char *region,
                        struct err *err)
{
    struct aws_session_options so = o->aws;
    so.profile = profile;
    so.region = region;
    so.region_from = number > 1 ? ":region" : NULL;
    so.http = o->http;
    struct realm *r = xcalloc(1, sizeof(*r));
    r->ask = o->ask;
    if (o->ask.start)
        so.ask = (struct cred_ask){ask, r};
    struct aws_session *session = aws_session_new(o->loop, o->rng, &so, err);
    if (!session) {
        free(r);
        return NULL;
    }
    r->number = number;
    r->profile = xstrdup(profile);
    r->region = xstrdup(region);
    r->session = session;
    r->client = aws_session_client(session);
    r->log = o->log;
    aws_client_set_observer(r->client, on_call, r);
    r->store = store_new(o->loop, r->client, &o->store);
    scope_init(&r->scope, NULL);
    return r;
}

void realm_free(struct realm *r)
{
    if (!r)
        return;
    assert(r->refs == 0);
    realm_leave(r);
    aws_session_free(r->session);
    free(r->profile);
    free(r->region);
    free(r);
}

struct realm *realm_ref(struct realm *r)
{
    r->refs++;
    return r;
}

void realm_unref(struct realm *r)
{
    assert(r->refs > 0);
    r->refs--;
}

void realm_leave(struct realm *r)
{
    r->left = true;
    r->on_failed = NULL;
    scope_cancel(&r->scope);
    cred_chain_set_observer(aws_session_creds(r->session), NULL, NULL);
    aws_session_on_region(r->session, NULL, NULL);
    if (r->store)
        store_free(r->store);
    r->store = NULL;
}

bool realm_done(const struct realm *r)
{
    return r->left && r->refs == 0;
}

const char *realm_label(const struct realm *r, char *buf, size_t n)
{
    const char *profile = aws_session_profile_name(r->session);
    snprintf(buf, n, "%s %s",
             r->identity_known ? r->identity.account
             : *profile        ? profile : "unknown account",
             aws_client_region(r->client));
    return buf;
}

/* A program that runs keeps the variables that it began with. */
static bool keys_of_environment(const struct realm *r)
{
    const struct cred_chain *chain = aws_session_creds(r->session);
    for (size_t i = 0; i < cred_chain_n_notes(chain); i++) {
        const struct cred_note *n = cred_chain_note(chain, i);
        if (strcmp(n->name, "environment") == 0)
            return n->said == CRED_PROVIDED || n->said == CRED_FAILED;
    }
    return false;
}

const char *realm_advice(const struct realm *r, enum err_code code)
{
    switch (code) {
    case ERR_DENIED:
        return " This identity may not do that.";
    case ERR_CREDENTIALS:
    case ERR_EXPIRED:
        return keys_of_environment(r)
                   ? " They came from the environment: start ecsdash again "
                     "with new ones."
                   : " With new ones the dashboard goes on by itself.";
    case ERR_OUTCOME_UNKNOWN:
        return " It is not sent again; the state shown is looked up.";
    default:
        return "";
    }
}

static bool is_refusal(const struct err *e)
{
    return e->code == ERR_CREDENTIALS || e->code == ERR_EXPIRED;
}

bool realm_refused(const struct realm *r, const struct err *rows, char *buf,
                   size_t n)
{
    const struct err *e = is_refusal(&r->identity_error) ? &r->identity_error
                          : rows && is_refusal(rows)     ? rows
                                                         : NULL;
    if (!e)
        return false;
    snprintf(buf, n, "%s: %s%s",
             e->code == ERR_EXPIRED ? "The credentials have expired"
                                    : "Credentials",
             e->message, realm_advice(r, e->code));
    return true;
}
