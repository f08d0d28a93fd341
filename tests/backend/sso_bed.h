/* sso_bed.h - the files and answers that the tests of SSO share. */
#ifndef ECSDASH_TESTS_SSO_BED_H
#define ECSDASH_TESTS_SSO_BED_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>

#include "tests/backend/creds_bed.h"

/* sha1 of "corp", and of "https://corp.example/start". */
#define SESSION_FILE                                                          \
    ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json"
#define LEGACY_FILE                                                           \
    ".aws/sso/cache/f7c9b39d0b4c7a7d82c79307585f77e1c5e74378.json"
/* sha1 of {"accountId":"123456789012","roleName":"Ops","sessionName":"corp"},
 * and with "startUrl":"https://corp.example/start". */
#define ROLE_FILE                                                             \
    ".aws/cli/cache/15dc967091c09a1d2d2f0048aa29598ae64b51b2.json"
#define LEGACY_ROLE_FILE                                                      \
    ".aws/cli/cache/7f189a3c20242c674dab62b1410be5a13f6493a3.json"

#define SESSION                                                               \
    "[sso-session corp]\nsso_start_url = https://corp.example/start\n"        \
    "sso_region = eu-west-1\nsso_registration_scopes = sso:account:access\n"
#define PROFILE                                                               \
    "[profile p]\nsso_session = corp\nsso_account_id = 123456789012\n"        \
    "sso_role_name = Ops\n"
#define LEGACY                                                                \
    "[profile p]\nsso_start_url = https://corp.example/start\n"               \
    "sso_region = eu-west-1\nsso_account_id = 123456789012\n"                 \
    "sso_role_name = Ops\n"

/* Two hours, five minutes, and none from WALL on. */
#define LATER "2026-11-21T16:32:07Z"
#define SOON "2026-11-21T14:37:07Z"
#define PAST "2026-11-21T14:32:06Z"

#define TOKEN(access, expires)                                                \
    "{\"startUrl\":\"https://corp.example/start\",\"region\":\"eu-west-1\","  \
    "\"accessToken\":\"" access "\",\"expiresAt\":\"" expires "\","           \
    "\"clientId\":\"cid\",\"clientSecret\":\"c\\\"sec\","                     \
    "\"registrationExpiresAt\":\"2027-01-01T00:00:00Z\","                     \
    "\"refreshToken\":\"ref1\",\"unknown\":{\"kept\":[1,null]}}"

/* One hour from WALL on. */
#define ROLE                                                                  \
    "{\"roleCredentials\":{\"accessKeyId\":\"ASIA1\","                        \
    "\"secretAccessKey\":\"sec\",\"sessionToken\":\"tok\","                   \
    "\"expiration\":1795275127000}}"
#define RENEWED                                                               \
    "{\"accessToken\":\"new\",\"expiresIn\":28800,\"refreshToken\":\"ref2\"," \
    "\"tokenType\":\"Bearer\"}"

static inline int setup(void **state)
{
    struct bed *b = bed_new(&cred_sso);

    bed_set(b, "AWS_ENDPOINT_URL_SSO", mini_url(b->server));
    bed_set(b, "AWS_ENDPOINT_URL_SSO_OIDC", mini_url(b->server));
    bed_put(b, ".aws/config", SESSION PROFILE, 0600);
    *state = b;
    return 0;
}

static inline int teardown(void **state)
{
    bed_free(*state);
    return 0;
}

static inline void assert_bearer(struct bed *b, size_t i, const char *want)
{
    char buf[64];

    assert_string_equal(mini_header(b->server, i, "x-amz-sso_bearer_token",
                                    buf, sizeof(buf)), want);
}

static inline bool one_request(void *arg)
{
    return mini_count(((struct bed *)arg)->server) == 1;
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
