/* aws_identify(): who these credentials are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/client.h"
#include "backend/base/mem.h"
#include "backend/base/scope.h"

static const struct aws_op get_caller_identity = {
    .service = AWS_STS,
    .name = "GetCallerIdentity",
    .bucket = AWS_B_NONE,
};

struct identify {
    struct work work; /* in the caller's scope */
    struct scope inner;
    aws_identity_fn *done;
    void *arg;
};

static int copy(char *out, size_t size, const char *s, size_t n)
{
    if (n >= size)
        return -1;
    memcpy(out, s, n);
    out[n] = '\0';
    return 0;
}

/* arn:PARTITION:sts::ACCOUNT:assumed-role/ROLE/SESSION, arn:..:user/P/NAME,
 * arn:..:root: the session of a role is left out, paths too. */
int aws_identity_from_arn(struct aws_identity *id, const char *arn)
{
    const char *field[6];
    const char *p = arn, *slash, *name;

    memset(id, 0, sizeof(*id));
    for (int i = 0; i < 6; i++) {
        field[i] = p;
        if (i == 5)
            break;
        p = strchr(p, ':');
        if (!p)
            return -1;
        p++;
    }
    if (strncmp(arn, "arn:", 4) != 0 ||
        copy(id->arn, sizeof(id->arn), arn, strlen(arn)) != 0 ||
        copy(id->partition, sizeof(id->partition), field[1],
             (size_t)(field[2] - field[1] - 1)) != 0 ||
        copy(id->account, sizeof(id->account), field[4],
             (size_t)(field[5] - field[4] - 1)) != 0)
        return -1;
    if (strncmp(field[5], "assumed-role/", 13) == 0) {
        name = field[5] + 13;
        snprintf(id->name, sizeof(id->name), "role/%.*s",
                 (int)strcspn(name, "/"), name);
        return 0;
    }
    slash = strrchr(field[5], '/');
    if (slash)
        snprintf(id->name, sizeof(id->name), "%.*s/%s",
                 (int)strcspn(field[5], "/"), field[5], slash + 1);
    else
        snprintf(id->name, sizeof(id->name), "%s", field[5]);
    return 0;
}

static void identify_free(struct identify *w)
{
    scope_cancel(&w->inner);
    free(w);
}

static void identify_cancel(struct work *work)
{
    identify_free(container_of(work, struct identify, work));
}

static void on_reply(void *arg, const struct aws_reply *reply,
                     const struct err *err)
{
    struct identify *w = arg;
    struct aws_identity id;
    struct err why;
    char *arn = NULL, *account = NULL;

    if (!err) {
        arn = xml_text(reply->body, reply->body_len,
                       "GetCallerIdentityResult/Arn");
        account = xml_text(reply->body, reply->body_len,
                           "GetCallerIdentityResult/Account");
        if (!arn || aws_identity_from_arn(&id, arn) != 0) {
            err_set(&why, ERR_PARSE,
                    "GetCallerIdentity: the answer holds no ARN.");
            err = &why;
        } else if (account) {
            snprintf(id.account, sizeof(id.account), "%s", account);
        }
    }
    free(arn);
    free(account);
    scope_remove(&w->work);
    w->done(w->arg, err ? NULL : &id, err);
    identify_free(w);
}

int aws_identify(struct aws_client *client, struct scope *scope,
                 aws_identity_fn *done, void *arg, struct err *err)
{
    struct identify *w = xcalloc(1, sizeof(*w));

    w->done = done;
    w->arg = arg;
    scope_init(&w->inner, NULL);
    if (scope_add(scope, &w->work, identify_cancel) != 0) {
        free(w);
        return err_set(err, ERR_NET, "The call was cancelled.");
    }
    if (aws_call(client, &w->inner, &get_caller_identity, NULL, NULL,
                 on_reply, w, err) != 0) {
        scope_remove(&w->work);
        free(w);
        return -1;
    }
    return 0;
}
