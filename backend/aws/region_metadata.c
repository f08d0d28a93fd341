/* The region of the instance on which we run. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/imds.h"
#include "backend/aws/region.h"
#include "backend/base/mem.h"
#include "backend/base/scope.h"

#define ZONE_PATH "/latest/meta-data/placement/availability-zone"

struct question {
    struct work work; /* in the caller's scope */
    struct imds *imds;
    region_done_fn *done;
    void *arg;
};

static void question_free(struct question *q)
{
    imds_free(q->imds);
    free(q);
}

static void question_cancel(struct work *w)
{
    question_free(container_of(w, struct question, work));
}

/* "eu-west-1b" is in eu-west-1. */
static int region_of_zone(const char *text, size_t len, char out[64],
                          struct err *err)
{
    while (len > 0 && isspace((unsigned char)text[len - 1]))
        len--;
    if (len > 1 && len < 64 && isalpha((unsigned char)text[len - 1])) {
        snprintf(out, 64, "%.*s", (int)len - 1, text);
        if (region_is_valid(out))
            return 0;
    }
    return err_set(err, ERR_PARSE, "The instance metadata service named no "
                   "availability zone that could be one.");
}

static void on_zone(void *arg, const char *text, size_t len,
                    const struct err *err)
{
    struct question *q = arg;
    region_done_fn *done = q->done;
    void *done_arg = q->arg;
    struct err why;
    char name[64];
    int rc = -1;

    if (err)
        why = *err;
    else
        rc = region_of_zone(text, len, name, &why);
    scope_remove(&q->work);
    question_free(q);
    done(done_arg, rc == 0 ? name : NULL, rc == 0 ? NULL : &why);
}

int region_from_metadata(struct http *http, const struct aws_env *env,
                         const struct profile *profile, struct scope *scope,
                         region_done_fn *done, void *arg, struct err *err)
{
    struct imds_settings set;
    struct question *q;

    if (imds_settings(env, profile, &set, err) != 0)
        return -1;
    if (set.disabled)
        return err_set(err, ERR_NOT_FOUND, "The instance metadata service is "
                       "switched off by AWS_EC2_METADATA_DISABLED.");
    q = xcalloc(1, sizeof(*q));
    q->imds = imds_new(http, &set);
    q->done = done;
    q->arg = arg;
    if (scope_add(scope, &q->work, question_cancel) != 0) {
        question_free(q);
        return err_set(err, ERR_NET, "The question was cancelled.");
    }
    if (imds_get(q->imds, ZONE_PATH, on_zone, q, err) == 0)
        return 0;
    scope_remove(&q->work);
    question_free(q);
    return -1;
}
