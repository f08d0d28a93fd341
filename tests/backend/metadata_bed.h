/* metadata_bed.h - an environment of its own and a scripted metadata service:
 * what the tests of both share. */
#ifndef ECSDASH_TESTS_METADATA_BED_H
#define ECSDASH_TESTS_METADATA_BED_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/aws/creds.h"
#include "backend/aws/creds/metadata.h"
#include "backend/aws/imds.h"
#include "backend/aws/region.h"
#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/rng.h"
#include "backend/net/http.h"
#include "backend/net/loop.h"
#include "tests/lib/miniserver.h"

#define WALL 1795271527000 /* 2026-11-21T14:32:07Z */
#define MINUTE (60 * 1000)
#define CREDS(until) "{\"Code\":\"Success\",\"AccessKeyId\":\"ASIA1\"," \
    "\"SecretAccessKey\":\"SEC\",\"Token\":\"TOK\",\"Expiration\":\"" until \
    "\"}"
#define LATER "2026-11-21T20:00:00Z"
#define LATER_MS (WALL + 19673000)

enum { MAX_VARS = 8 };

struct lab {
    struct clock *clock;
    struct loop *loop;
    struct http *http;
    struct rng rng;
    struct miniserver *server;
    struct scope scope;
    struct cred_chain *chain;
    struct {
        char *name, *value;
    } vars[MAX_VARS];
    size_t n_vars;
    /* the outcome */
    int n;
    char key[32], secret[32], token[32], source[160];
    int64_t expires_ms;
    struct err err;
};

static inline const char *lookup(void *arg, const char *name)
{
    struct lab *l = arg;

    for (size_t i = 0; i < l->n_vars; i++) {
        if (strcmp(l->vars[i].name, name) == 0)
            return l->vars[i].value;
    }
    return NULL;
}

static inline void set(struct lab *l, const char *name, const char *value)
{
    for (size_t i = 0; i < l->n_vars; i++) {
        if (strcmp(l->vars[i].name, name) == 0) {
            free(l->vars[i].value);
            l->vars[i].value = xstrdup(value);
            return;
        }
    }
    assert_true(l->n_vars < MAX_VARS);
    l->vars[l->n_vars].name = xstrdup(name);
    l->vars[l->n_vars++].value = xstrdup(value);
}

static inline int set_up(void **state)
{
    struct lab *l = xcalloc(1, sizeof(*l));

    l->clock = clock_new_driven(WALL);
    l->loop = loop_new(l->clock);
    l->http = http_new(l->loop, NULL);
    rng_seed(&l->rng, 7);
    l->server = mini_new(l->loop);
    scope_init(&l->scope, NULL);
    *state = l;
    return 0;
}

static inline int tear_down(void **state)
{
    struct lab *l = *state;

    scope_cancel(&l->scope);
    cred_chain_free(l->chain);
    http_free(l->http);
    mini_free(l->server);
    loop_free(l->loop);
    clock_free(l->clock);
    for (size_t i = 0; i < l->n_vars; i++) {
        free(l->vars[i].name);
        free(l->vars[i].value);
    }
    free(l);
    return 0;
}

static inline void on_creds(void *arg, const struct aws_creds *c,
                            const struct err *err)
{
    struct lab *l = arg;

    l->n++;
    l->key[0] = '\0';
    err_clear(&l->err);
    if (err) {
        l->err = *err;
        return;
    }
    snprintf(l->key, sizeof(l->key), "%s", c->access_key);
    snprintf(l->secret, sizeof(l->secret), "%s", c->secret);
    snprintf(l->token, sizeof(l->token), "%s", c->token ? c->token : "");
    snprintf(l->source, sizeof(l->source), "%s", c->source);
    l->expires_ms = c->expires_ms;
}

static inline void begin(struct lab *l, const struct cred_provider *p)
{
    static const struct cred_provider *table[2];
    struct cred_context cx = {.loop = l->loop, .http = l->http,
                              .clock = l->clock, .rng = &l->rng,
                              .env = {lookup, l}};

    cred_chain_free(l->chain);
    table[0] = p;
    l->chain = cred_chain_new(&cx, table);
    l->n = 0;
    assert_int_equal(cred_chain_wait(l->chain, &l->scope, on_creds, l, NULL),
                     0);
}

/* One fetch by one provider; returns the simulated time that it took. */
static inline int64_t fetch(struct lab *l, const struct cred_provider *p)
{
    int64_t start = clock_mono_ms(l->clock);

    begin(l, p);
    for (int i = 0; i < 100; i++) {
        assert_true(loop_until_idle(l->loop, 20000));
        if (l->n)
            break;
        clock_advance(l->clock, 100);
    }
    assert_int_equal(l->n, 1);
    return clock_mono_ms(l->clock) - start;
}

static inline void use_container(struct lab *l)
{
    char *url = xasprintf("%screds", mini_url(l->server));

    set(l, "AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
    free(url);
}

static inline void use_imds(struct lab *l)
{
    set(l, "AWS_EC2_METADATA_SERVICE_ENDPOINT", mini_url(l->server));
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
