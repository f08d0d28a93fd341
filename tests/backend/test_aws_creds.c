/* The credentials chain: order, reasons, sharing, expiry. */
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
#include "backend/aws/profile.h"
#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "tests/backend/made_env.h"

#define WALL 1795271527000 /* 2026-11-21T14:32:07Z */

struct got {
    int n;
    char key[64], secret[64], token[64], source[200];
    struct err err;
};

static void on_creds(void *arg, const struct aws_creds *c,
                     const struct err *err)
{
    struct got *g = arg;

    g->n++;
    err_clear(&g->err);
    if (err) {
        g->err = *err;
        return;
    }
    snprintf(g->key, sizeof(g->key), "%s", c->access_key);
    snprintf(g->secret, sizeof(g->secret), "%s", c->secret);
    snprintf(g->token, sizeof(g->token), "%s", c->token ? c->token : "");
    snprintf(g->source, sizeof(g->source), "%s", c->source);
}

/* One fetch of the standard chain; option is --profile. */
static void fetch(const struct var *vars, const char *option, struct got *g)
{
    struct clock *clock = clock_new_driven(WALL);
    struct cred_context cx = {
        .clock = clock, .env = {lookup, (void *)(uintptr_t)vars}};
    struct cred_chain *chain;
    struct scope scope;

    cx.profile = profile_load(&cx.env, option, NULL);
    assert_non_null(cx.profile);
    chain = cred_chain_new(&cx, cred_standard);
    scope_init(&scope, NULL);
    assert_null(cred_chain_current(chain));
    assert_int_equal(cred_chain_wait(chain, &scope, on_creds, g, NULL), 0);
    assert_int_equal(g->n, 0); /* never from inside the wait */
    clock_run_due(clock);
    assert_int_equal(g->n, 1);
    scope_cancel(&scope);
    cred_chain_free(chain);
    profile_free(cx.profile);
    clock_free(clock);
}

static void environment_beats_files_unless_a_profile_is_named(void **state)
{
    char *shared = write_temp("[default]\naws_access_key_id=FILE\n"
                              "aws_secret_access_key=S1\n[dev]\n"
                              "aws_access_key_id=DEV\n"
                              "aws_secret_access_key=S2\n");
    char *config = write_temp("[profile late]\naws_access_key_id=CONF\n"
                              "aws_secret_access_key=S3\n"
                              "aws_session_token=T3\n");
    struct var vars[] = {{"AWS_ACCESS_KEY_ID", "ENV"},
                         {"AWS_SECRET_ACCESS_KEY", "S0"},
                         {"AWS_SESSION_TOKEN", "T0"},
                         {"AWS_SHARED_CREDENTIALS_FILE", shared},
                         {"AWS_CONFIG_FILE", config},
                         {"AWS_PROFILE", "dev"},
                         {NULL, NULL}};
    struct got g = {0}, g2 = {0}, g3 = {0}, g4 = {0};

    (void)state;
    fetch(vars, NULL, &g); /* AWS_PROFILE alone does not count as named */
    assert_string_equal(g.key, "ENV");
    assert_string_equal(g.secret, "S0");
    assert_string_equal(g.token, "T0");
    assert_string_equal(g.source, "environment");
    fetch(vars, "dev", &g2);
    assert_string_equal(g2.key, "DEV");
    assert_string_equal(g2.token, "");
    assert_non_null(strstr(g2.source, shared));
    fetch(vars, "late", &g3);
    assert_string_equal(g3.key, "CONF");
    assert_string_equal(g3.token, "T3");
    vars[0].value = NULL;
    vars[5].value = NULL;
    fetch(vars, NULL, &g4);
    assert_string_equal(g4.key, "FILE");
    unlink(shared);
    unlink(config);
    free(shared);
    free(config);
}

static void half_a_pair_is_an_error_and_not_a_fall_through(void **state)
{
    char *shared = write_temp("[default]\naws_access_key_id=FILE\n"
                              "aws_secret_access_key=S1\n"
                              "[half]\naws_access_key_id=HALF\n");
    struct var vars[] = {{"AWS_ACCESS_KEY_ID", "ENV"},
                         {"AWS_SHARED_CREDENTIALS_FILE", shared},
                         {"AWS_CONFIG_FILE", "/nonexistent"},
                         {NULL, NULL}};
    struct var secret_only[] = {{"AWS_SECRET_ACCESS_KEY", "S"},
                                {"AWS_SHARED_CREDENTIALS_FILE", shared},
                                {"AWS_CONFIG_FILE", "/nonexistent"},
                                {NULL, NULL}};
    struct got g = {0}, g2 = {0}, g3 = {0};

    (void)state;
    fetch(vars, NULL, &g);
    assert_int_equal(g.err.code, ERR_CREDENTIALS);
    assert_non_null(strstr(g.err.message, "AWS_SECRET_ACCESS_KEY"));
    fetch(vars, "half", &g2);
    assert_int_equal(g2.err.code, ERR_CREDENTIALS);
    assert_non_null(strstr(g2.err.message, "half"));
    fetch(secret_only, NULL, &g3); /* a secret alone is ignored */
    assert_string_equal(g3.key, "FILE");
    unlink(shared);
    free(shared);
}

static void expired_environment_says_so(void **state)
{
    struct var vars[] = {{"AWS_ACCESS_KEY_ID", "ENV"},
                         {"AWS_SECRET_ACCESS_KEY", "S"},
                         {"AWS_CREDENTIAL_EXPIRATION", "2026-11-21T14:00:00Z"},
                         {NULL, NULL}};
    struct got g = {0}, g2 = {0};

    (void)state;
    fetch(vars, NULL, &g);
    assert_int_equal(g.err.code, ERR_EXPIRED);
    vars[2].value = "2026-11-21T15:00:00Z";
    fetch(vars, NULL, &g2);
    assert_string_equal(g2.key, "ENV");
}

static void all_reasons_are_told_when_none_has_any(void **state)
{
    struct var vars[] = {{"HOME", "/nonexistent"}, {NULL, NULL}};
    struct got g = {0};

    (void)state;
    fetch(vars, NULL, &g);
    assert_int_equal(g.err.code, ERR_CREDENTIALS);
    assert_non_null(strstr(g.err.message, "environment: AWS_ACCESS_KEY_ID"));
    assert_non_null(strstr(g.err.message, "/nonexistent/.aws/credentials"));
    assert_non_null(strstr(g.err.message, "/nonexistent/.aws/config"));
    /* To the last, which is the one that counts on an instance. */
    assert_non_null(strstr(g.err.message, "instance metadata: no network."));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(environment_beats_files_unless_a_profile_is_named),
        cmocka_unit_test(half_a_pair_is_an_error_and_not_a_fall_through),
        cmocka_unit_test(expired_environment_says_so),
        cmocka_unit_test(all_reasons_are_told_when_none_has_any),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
