/* aws_account_alias(): the name that people gave the account. */
#include <stdlib.h>

#include "backend/aws/client.h"
#include "backend/base/mem.h"
#include "backend/base/scope.h"

static const struct aws_op list_account_aliases = {
    .service = AWS_IAM,
    .name = "ListAccountAliases",
    .bucket = AWS_B_NONE,
    .timeout_ms = 10000,
};

struct asked {
    struct work work; /* in the caller's scope */
    struct scope inner;
    aws_alias_fn *done;
    void *arg;
};

static void asked_free(struct asked *w)
{
    scope_cancel(&w->inner);
    free(w);
}

static void asked_cancel(struct work *work)
{
    asked_free(container_of(work, struct asked, work));
}

static void on_reply(void *arg, const struct aws_reply *reply,
                     const struct err *err)
{
    struct asked *w = arg;
    char *alias = err ? NULL
                      : xml_text(reply->body, reply->body_len,
                                 "ListAccountAliasesResult/AccountAliases/"
                                 "member");

    scope_remove(&w->work);
    w->done(w->arg, alias ? alias : "", err);
    free(alias);
    asked_free(w);
}

int aws_account_alias(struct aws_client *client, struct scope *scope,
                      aws_alias_fn *done, void *arg, struct err *err)
{
    struct aws_call_opts opts = {.priority = AWS_PRIO_BACKGROUND};
    struct asked *w = xcalloc(1, sizeof(*w));

    w->done = done;
    w->arg = arg;
    scope_init(&w->inner, NULL);
    if (scope_add(scope, &w->work, asked_cancel) != 0) {
        free(w);
        return err_set(err, ERR_NET, "The call was cancelled.");
    }
    if (aws_call(client, &w->inner, &list_account_aliases, NULL, &opts,
                 on_reply, w, err) != 0) {
        scope_remove(&w->work);
        free(w);
        return -1;
    }
    return 0;
}
