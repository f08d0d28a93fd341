/* aws_pages(): all pages of a list, one after the other. */
#include <stdlib.h>
#include <string.h>

#include "backend/aws/client.h"
#include "backend/base/mem.h"
#include "backend/base/scope.h"

enum { MAX_PAGES = 10000 };

struct pages {
    struct work work; /* in the caller's scope */
    struct scope inner;
    struct aws_client *client;
    const struct aws_op *op;
    json_t *params;
    struct aws_call_opts opts; /* strings are ours */
    char *token;               /* last one sent, NULL on the first page */
    int page, max_pages;
    bool telling;   /* in the page callback */
    bool cancelled; /* during it */
    aws_page_fn *fn;
    void *arg;
};

static void pages_free(struct pages *p)
{
    scope_cancel(&p->inner);
    json_decref(p->params);
    free((char *)(uintptr_t)p->opts.region);
    free((char *)(uintptr_t)p->opts.subject);
    free(p->token);
    free(p);
}

static void pages_cancel(struct work *w)
{
    struct pages *p = container_of(w, struct pages, work);

    if (p->telling)
        p->cancelled = true; /* on_page() frees when the callback returns */
    else
        pages_free(p);
}

static void finish(struct pages *p, const struct aws_reply *reply,
                   const struct err *err)
{
    scope_remove(&p->work);
    p->fn(p->arg, reply, err, true);
    pages_free(p);
}

static int next(struct pages *p, struct err *err);

static const char *token_of(const struct pages *p,
                            const struct aws_reply *reply)
{
    const char *t;

    if (!p->op->token_out || !reply->root)
        return NULL;
    t = json_string_value(json_object_get(reply->root, p->op->token_out));
    return t && t[0] ? t : NULL;
}

static void on_page(void *arg, const struct aws_reply *reply,
                    const struct err *err)
{
    struct pages *p = arg;
    const char *token = err ? NULL : token_of(p, reply);
    struct err why;
    bool go;

    if (!token) {
        finish(p, reply, err);
        return;
    }
    if (++p->page >= p->max_pages ||
        (p->token && strcmp(p->token, token) == 0)) {
        err_set(&why, ERR_PARSE,
                p->page >= p->max_pages
                    ? "%s: the list did not end after %d pages."
                    : "%s: the service repeats its page token after %d pages.",
                p->op->name, p->page);
        finish(p, NULL, &why);
        return;
    }
    free(p->token);
    p->token = xstrdup(token);
    p->telling = true;
    go = p->fn(p->arg, reply, NULL, false);
    p->telling = false;
    if (p->cancelled || !go) {
        scope_remove(&p->work);
        pages_free(p);
        return;
    }
    json_object_set_new(p->params, p->op->token_in, json_string(p->token));
    if (next(p, &why) != 0)
        finish(p, NULL, &why);
}

static int next(struct pages *p, struct err *err)
{
    return aws_call(p->client, &p->inner, p->op, json_incref(p->params),
                    &p->opts, on_page, p, err);
}

int aws_pages(struct aws_client *client, struct scope *scope,
              const struct aws_op *op, json_t *params,
              const struct aws_call_opts *opts, int max_pages,
              aws_page_fn *page, void *arg, struct err *err)
{
    struct pages *p = xcalloc(1, sizeof(*p));

    p->client = client;
    p->op = op;
    p->params = params ? params : json_object();
    p->opts = opts ? *opts
                   : (struct aws_call_opts){.priority = AWS_PRIO_NORMAL};
    p->opts.region = xstrdup(p->opts.region);
    p->opts.subject = xstrdup(p->opts.subject);
    p->max_pages = max_pages > 0 ? max_pages : MAX_PAGES;
    p->fn = page;
    p->arg = arg;
    scope_init(&p->inner, NULL);
    if (scope_add(scope, &p->work, pages_cancel) != 0) {
        err_set(err, ERR_NET, "%s was cancelled.", op->name);
        pages_free(p);
        return -1;
    }
    if (next(p, err) != 0) {
        scope_remove(&p->work);
        pages_free(p);
        return -1;
    }
    return 0;
}
