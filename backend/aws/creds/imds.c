/* Credentials of the instance on which we run. Asked last, and nobody minds
 * if there is no such service. */
#include "backend/aws/imds.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/creds/metadata.h"
#include "backend/base/clock.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/base/rng.h"

#define ROLE_PATH "/latest/meta-data/iam/security-credentials/"
enum { MAX_ROLE = 64, MINUTE_MS = 60 * 1000 };
/* A service in trouble hands out what has expired; AWS accepts it for longer.
 * botocore's numbers. */
enum { EXTEND_MS = 15 * MINUTE_MS, JITTER_MIN_MS = 2 * MINUTE_MS,
       JITTER_MAX_MS = 10 * MINUTE_MS };

struct fetch {
    struct work work; /* in the turn's scope */
    struct cred_turn *turn;
    struct imds *imds;
    char role[MAX_ROLE + 1];
};

static void fetch_end(struct fetch *f)
{
    imds_free(f->imds);
    free(f);
}

static void fetch_cancel(struct work *w)
{
    fetch_end(container_of(w, struct fetch, work));
}

static void pass(struct fetch *f, const struct err *why)
{
    struct cred_turn *turn = f->turn;
    struct err err = *why; /* it may live in f */
    size_t n = strlen(err.message);

    scope_remove(&f->work);
    fetch_end(f);
    while (n > 0 && err.message[n - 1] == '.')
        err.message[--n] = '\0';
    cred_pass(turn, "%s", err.message);
}

static void extend(const struct cred_context *cx, struct aws_creds *c)
{
    int64_t now = clock_wall_ms(cx->clock);
    int64_t jitter = JITTER_MIN_MS;

    if (c->expires_ms > now + MINUTE_MS)
        return;
    if (cx->rng)
        jitter += (int64_t)rng_below(cx->rng, JITTER_MAX_MS - JITTER_MIN_MS +
                                                  1);
    c->expires_ms = now + EXTEND_MS + jitter;
}

static void on_creds(void *arg, const char *text, size_t len,
                     const struct err *err)
{
    struct fetch *f = arg;
    struct cred_turn *turn = f->turn;
    struct aws_creds creds;
    struct err why;

    if (err) {
        pass(f, err);
        return;
    }
    if (cred_from_metadata(text, len, &creds, &why) != 0) {
        err_prefix(&why, "role %s of the instance", f->role);
        pass(f, &why);
        return;
    }
    extend(turn->context, &creds);
    snprintf(creds.source, sizeof(creds.source), "instance role %s", f->role);
    scope_remove(&f->work);
    fetch_end(f);
    cred_provide(turn, &creds);
}

/* The first line, if it is a role's name: it becomes part of a path. */
static bool take_role(struct fetch *f, const char *text)
{
    size_t n = strcspn(text, "\r\n");

    if (n == 0 || n > MAX_ROLE)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!isalnum((unsigned char)text[i]) && !strchr("+=,.@_-", text[i]))
            return false;
    }
    snprintf(f->role, sizeof(f->role), "%.*s", (int)n, text);
    return strcmp(f->role, ".") != 0 && strcmp(f->role, "..") != 0;
}

static void on_role(void *arg, const char *text, size_t len,
                    const struct err *err)
{
    struct fetch *f = arg;
    char path[sizeof(ROLE_PATH) + MAX_ROLE];
    struct err why;

    (void)len;
    if (err && err->code == ERR_NOT_FOUND) {
        err_set(&why, ERR_NOT_FOUND, "the instance has no role.");
        pass(f, &why);
        return;
    }
    if (err) {
        pass(f, err);
        return;
    }
    if (!take_role(f, text)) {
        err_set(&why, ERR_PARSE, "the instance metadata service named no role "
                "that could be one.");
        pass(f, &why);
        return;
    }
    snprintf(path, sizeof(path), ROLE_PATH "%s", f->role);
    if (imds_get(f->imds, path, on_creds, f, &why) != 0)
        pass(f, &why);
}

static void imds_start(struct cred_turn *turn)
{
    const struct cred_context *cx = turn->context;
    struct imds_settings set;
    struct fetch *f;
    struct err err;

    if (imds_settings(&cx->env, cx->profile, &set, &err) != 0) {
        cred_fail(turn, &err);
        return;
    }
    if (set.disabled || !cx->http) {
        cred_pass(turn, set.disabled ? "AWS_EC2_METADATA_DISABLED is true"
                                     : "no network");
        return;
    }
    f = xcalloc(1, sizeof(*f));
    f->turn = turn;
    f->imds = imds_new(cx->http, &set);
    if (scope_add(turn->scope, &f->work, fetch_cancel) != 0) {
        fetch_end(f);
        return;
    }
    if (imds_get(f->imds, ROLE_PATH, on_role, f, &err) != 0)
        pass(f, &err);
}

const struct cred_provider cred_imds = {
    .name = "instance metadata",
    .help = "the role of the EC2 instance, from its metadata service",
    .start = imds_start,
};
