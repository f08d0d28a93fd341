/* role_bed.h - a session with its own home, environment and STS: what the
 * tests of roles share. The chain is the standard one. */
#ifndef ECSDASH_TESTS_ROLE_BED_H
#define ECSDASH_TESTS_ROLE_BED_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/aws/creds.h"
#include "backend/aws/session.h"
#include "backend/base/clock.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/base/rng.h"
#include "backend/base/safefile.h"
#include "backend/base/strbuf.h"
#include "backend/net/loop.h"
#include "tests/lib/miniserver.h"

#define WALL 1795271527000 /* 2026-11-21T14:32:07Z */
#define ROLE "arn:aws:iam::210987654321:role/ops"

struct bed {
    char home[64];
    struct { char name[48], *value; } vars[16];
    size_t n_vars;
    struct clock *clock;
    struct loop *loop;
    struct rng rng;
    struct miniserver *sts;
    struct scope scope;
    struct aws_session *session;
    /* What the person says: NULL = refuses; and what he was asked. */
    const char *codes[4];
    int asked;
    char prompt[200];
    struct timer timer;
    cred_answer_fn *answer;
    void *answer_arg;
    /* The outcome. */
    int n;
    char key[64], token[64], source[200], account[16];
    struct err err;
};

static inline const char *bed_lookup(void *arg, const char *name)
{
    const struct bed *b = arg;

    for (size_t i = 0; i < b->n_vars; i++) {
        if (strcmp(b->vars[i].name, name) == 0)
            return b->vars[i].value;
    }
    return NULL;
}

static inline void bed_set(struct bed *b, const char *name, const char *value)
{
    size_t i = 0;

    while (i < b->n_vars && strcmp(b->vars[i].name, name) != 0)
        i++;
    assert_true(i < ARRAY_LEN(b->vars));
    b->n_vars += i == b->n_vars;
    snprintf(b->vars[i].name, sizeof(b->vars[i].name), "%s", name);
    free(b->vars[i].value);
    b->vars[i].value = xstrdup(value);
}

/* A file below the home. */
static inline void bed_put(struct bed *b, const char *name, const char *text)
{
    char *path = xasprintf("%s/%s", b->home, name), *dir = xstrdup(path);

    *strrchr(dir, '/') = '\0';
    assert_int_equal(safefile_mkdirs(dir, NULL), 0);
    assert_int_equal(safefile_replace(path, text, strlen(text), NULL), 0);
    free(dir);
    free(path);
}

static inline void bed_on_answer(struct timer *t, void *arg)
{
    struct bed *b = arg;
    cred_answer_fn *answer = b->answer;

    (void)t;
    b->answer = NULL;
    answer(b->answer_arg, b->codes[b->asked++]);
}

static inline int bed_ask(void *who, struct scope *scope, const char *prompt,
                          cred_answer_fn *answer, void *arg, struct err *err)
{
    struct bed *b = who;

    (void)scope;
    (void)err;
    assert_true((size_t)b->asked < ARRAY_LEN(b->codes));
    snprintf(b->prompt, sizeof(b->prompt), "%s", prompt);
    b->answer = answer;
    b->answer_arg = arg;
    timer_start(b->clock, &b->timer, 0, bed_on_answer, b);
    return 0;
}

static inline int bed_set_up(void **state)
{
    struct bed *b = xcalloc(1, sizeof(*b));
    const char *dir = getenv("TMPDIR");

    snprintf(b->home, sizeof(b->home), "%s/ecsdash-role-XXXXXX",
             dir ? dir : "/tmp");
    assert_non_null(mkdtemp(b->home));
    b->clock = clock_new_driven(WALL);
    b->loop = loop_new(b->clock);
    rng_seed(&b->rng, 1);
    b->sts = mini_new(b->loop);
    scope_init(&b->scope, NULL);
    bed_set(b, "HOME", b->home);
    bed_set(b, "AWS_REGION", "eu-west-1");
    bed_set(b, "AWS_EC2_METADATA_DISABLED", "true");
    bed_set(b, "AWS_ENDPOINT_URL_STS", mini_url(b->sts));
    *state = b;
    return 0;
}

static inline int bed_tear_down(void **state)
{
    struct bed *b = *state;
    char command[100];

    timer_stop(b->clock, &b->timer);
    scope_cancel(&b->scope);
    aws_session_free(b->session);
    mini_free(b->sts);
    loop_free(b->loop);
    clock_free(b->clock);
    for (size_t i = 0; i < b->n_vars; i++)
        free(b->vars[i].value);
    snprintf(command, sizeof(command), "rm -rf -- '%s'", b->home);
    assert_int_equal(system(command), 0);
    free(b);
    return 0;
}

static inline void bed_on_creds(void *arg, const struct aws_creds *c,
                                const struct err *err)
{
    struct bed *b = arg;

    b->n++;
    err_clear(&b->err);
    b->key[0] = b->token[0] = b->source[0] = b->account[0] = '\0';
    if (err) {
        b->err = *err;
        return;
    }
    snprintf(b->key, sizeof(b->key), "%s", c->access_key);
    snprintf(b->token, sizeof(b->token), "%s", c->token ? c->token : "");
    snprintf(b->source, sizeof(b->source), "%s", c->source);
    snprintf(b->account, sizeof(b->account), "%s", c->account);
}

static inline bool bed_told(void *arg)
{
    return ((struct bed *)arg)->n > 0;
}

/* A new session; profile is --profile. ask = there is a person. */
static inline void bed_open(struct bed *b, const char *profile, bool ask)
{
    struct err err;
    struct aws_session_options o = {.env = {bed_lookup, b},
                                    .profile = profile};

    if (ask)
        o.ask = (struct cred_ask){bed_ask, b};
    aws_session_free(b->session);
    b->session = aws_session_new(b->loop, &b->rng, &o, &err);
    if (!b->session)
        fail_msg("%s", err.message);
}

static inline void bed_ask_chain(struct bed *b)
{
    b->n = 0;
    assert_int_equal(cred_chain_wait(aws_session_creds(b->session), &b->scope,
                                     bed_on_creds, b, NULL), 0);
}

/* Of the session there is. */
static inline void bed_again(struct bed *b)
{
    bed_ask_chain(b);
    assert_true(loop_until(b->loop, bed_told, b, 20000));
}

static inline void bed_fetch_asking(struct bed *b, const char *profile,
                                    bool ask)
{
    bed_open(b, profile, ask);
    bed_again(b);
}

static inline void bed_fetch(struct bed *b, const char *profile)
{
    bed_fetch_asking(b, profile, false);
}

/* STS's next answer: a key with so much life. what is "AssumeRole" or longer.
 */
static inline void bed_sts(struct bed *b, const char *what, const char *key,
                           int minutes)
{
    char when[40];
    char *body;
    int64_t end = clock_wall_ms(b->clock) + minutes * (int64_t)60000;

    body = xasprintf(
        "<%sResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
        "<%sResult><AssumedRoleUser><AssumedRoleId>A:s</AssumedRoleId>"
        "<Arn>arn:aws:sts::210987654321:assumed-role/ops/s</Arn>"
        "</AssumedRoleUser><Credentials><AccessKeyId>%s</AccessKeyId>"
        "<SecretAccessKey>SECRETOF%s</SecretAccessKey>"
        "<SessionToken>TOKENOF%s</SessionToken>"
        "<Expiration>%s</Expiration></Credentials></%sResult>"
        "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>"
        "</%sResponse>", what, what, key, key, key,
        fmt_iso(end, FMT_UTC, when), what, what);
    mini_reply(b->sts, 200, body);
    free(body);
}

static inline void bed_sts_error(struct bed *b, int status, const char *code,
                                 const char *message)
{
    char *body = xasprintf("<ErrorResponse><Error><Type>Sender</Type><Code>%s"
                           "</Code><Message>%s</Message></Error></"
                           "ErrorResponse>", code, message);

    mini_reply(b->sts, status, body);
    free(body);
}

static inline void assert_provides(const struct bed *b, const char *key)
{
    if (b->err.code)
        fail_msg("%s", b->err.message);
    assert_string_equal(b->key, key);
}

static inline void assert_says(const struct bed *b, const char *why)
{
    assert_int_not_equal(b->err.code, ERR_NONE);
    if (!strstr(b->err.message, why))
        fail_msg("\"%s\" is not in \"%s\"", why, b->err.message);
}

/* The body of STS's request i has this parameter. */
static inline void assert_sent(const struct bed *b, size_t i, const char *pair)
{
    char *all = xasprintf("&%s&", mini_body(b->sts, i));
    char *one = xasprintf("&%s&", pair);

    if (!strstr(all, one))
        fail_msg("no %s in %s", pair, all);
    free(all);
    free(one);
}

#endif
