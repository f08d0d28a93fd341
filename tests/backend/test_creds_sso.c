/* SSO: the role that a session's token gives. */
#include "tests/backend/sso_bed.h"

static void a_valid_token_gives_the_role(void **state)
{
    struct bed *b = *state;
    char buf[64];

    bed_put(b, SESSION_FILE, TOKEN("tok1", LATER), 0600);
    mini_reply(b->server, 200, ROLE);
    bed_fetch(b, "p");
    assert_provides(b, "ASIA1");
    assert_string_equal(b->secret, "sec");
    assert_string_equal(b->token, "tok");
    assert_string_equal(b->account, "123456789012");
    assert_int_equal(b->expires_ms, WALL + MINUTES(60));
    assert_string_equal(b->source, "SSO session corp, profile p");
    assert_int_equal(mini_count(b->server), 1);
    assert_non_null(strstr(mini_head(b->server, 0),
                           "GET /federation/credentials?role_name=Ops&"
                           "account_id=123456789012 HTTP/1.1"));
    assert_bearer(b, 0, "tok1");
    assert_null(mini_header(b->server, 0, "authorization", buf, sizeof(buf)));
}

static void the_older_form_works_as_well(void **state)
{
    struct bed *b = *state;

    bed_put(b, ".aws/config", LEGACY, 0600);
    bed_put(b, LEGACY_FILE,
            "{\"accessToken\":\"old1\",\"expiresAt\":"
            "\"2026-11-21T16:32:07UTC\"}", 0600);
    mini_reply(b->server, 200, ROLE);
    bed_fetch(b, "p");
    assert_provides(b, "ASIA1");
    assert_string_equal(b->source,
                        "SSO at https://corp.example/start, profile p");
    assert_bearer(b, 0, "old1");
}

/* It could be renewed by its members, but the older form never is. */
static void the_older_form_expires(void **state)
{
    struct bed *b = *state;

    bed_put(b, ".aws/config", LEGACY, 0600);
    bed_put(b, LEGACY_FILE, TOKEN("old1", PAST), 0600);
    bed_fetch(b, "p");
    assert_int_equal(b->err.code, ERR_EXPIRED);
    assert_fails(b, "The SSO token has expired: run `aws sso login --profile "
                 "p`.");
    assert_int_equal(mini_count(b->server), 0);
}

static void a_missing_token_says_what_to_run(void **state)
{
    struct bed *b = *state;

    bed_fetch(b, "p");
    assert_fails(b, "There is no SSO token yet: run `aws sso login --profile "
                 "p`.");
    bed_put(b, SESSION_FILE, "{\"accessToken\":\"planted", 0600);
    bed_fetch(b, "p");
    assert_fails(b, "can't be read: run `aws sso login --profile p`.");
    assert_null(strstr(b->err.message, "planted"));
}

static void the_portals_no_is_explained(void **state)
{
    static const struct {
        int status;
        const char *headers, *body;
        enum err_code code;
        const char *why;
    } rows[] = {
        {401, "x-amzn-errortype: UnauthorizedException\r\n",
         "{\"message\":\"Session token not found or invalid\"}", ERR_EXPIRED,
         "no longer accepted: run `aws sso login --profile p`."},
        {403, "x-amzn-errortype: ForbiddenException\r\n",
         "{\"message\":\"No access\"}", ERR_DENIED,
         "no role Ops in account 123456789012 (ForbiddenException: No "
         "access)"},
        {404, NULL, "{\"__type\":\"ResourceNotFoundException\"}", ERR_DENIED,
         "ResourceNotFoundException"},
        {400, NULL, "{\"message\":\"bad\"}", ERR_AWS,
         "SSO gave no credentials for profile \"p\": bad"},
        {302, "location: http://127.0.0.1:1/\r\n", "", ERR_AWS,
         "SSO gave no credentials"},
        {200, NULL, "<html>", ERR_PARSE, "no JSON object"},
        {200, NULL, "{\"roleCredentials\":{\"accessKeyId\":\"x\"}}",
         ERR_CREDENTIALS, "holds no credentials"},
    };
    struct bed *b = *state;

    bed_put(b, SESSION_FILE, TOKEN("planted", LATER), 0600);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        mini_push(b->server, &(struct mini_step){.status = rows[i].status,
                                                 .headers = rows[i].headers,
                                                 .body = rows[i].body});
        bed_fetch(b, "p");
        assert_int_equal(b->err.code, rows[i].code);
        assert_fails(b, rows[i].why);
        assert_null(strstr(b->err.message, "planted"));
        assert_int_equal(mini_count(b->server), i + 1);
    }
}

static bool waits_again(void *arg)
{
    struct bed *b = arg;

    return loop_work_pending(b->loop) == 0;
}

static void a_busy_portal_is_asked_three_times(void **state)
{
    struct bed *b = *state;

    bed_put(b, SESSION_FILE, TOKEN("tok1", LATER), 0600);
    mini_reply(b->server, 503, "");
    mini_reply(b->server, 429, "{\"message\":\"slower\"}");
    mini_reply(b->server, 200, ROLE);
    bed_start(b, "p");
    for (int i = 0; i < 2; i++) {
        while (mini_count(b->server) < (size_t)i + 1)
            loop_turn(b->loop, 100);
        assert_true(loop_until(b->loop, waits_again, b, 5000));
        assert_int_equal(mini_count(b->server), i + 1);
        clock_advance(b->clock, 500 << i);
    }
    assert_true(loop_until(b->loop, bed_told, b, 5000));
    assert_provides(b, "ASIA1");
    assert_int_equal(mini_count(b->server), 3);
}

#define CACHED(expires)                                                       \
    "{\"ProviderType\":\"sso\",\"Credentials\":{\"AccessKeyId\":\"CACHED\","  \
    "\"SecretAccessKey\":\"cs\",\"SessionToken\":\"ct\",\"Expiration\":\""    \
    expires "\",\"AccountId\":\"123456789012\"}}"

static void the_clis_role_cache_is_read_first(void **state)
{
    static const struct {
        const char *config, *file;
    } rows[] = {{SESSION PROFILE, ROLE_FILE}, {LEGACY, LEGACY_ROLE_FILE}};
    struct bed *b = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bed_put(b, ".aws/config", rows[i].config, 0600);
        bed_put(b, rows[i].file, CACHED("2026-11-21T14:47:07Z"), 0600);
        bed_fetch(b, "p"); /* there is no token at all */
        assert_provides(b, "CACHED");
        assert_string_equal(b->secret, "cs");
        assert_string_equal(b->token, "ct");
        assert_int_equal(b->expires_ms, WALL + MINUTES(15));
        bed_put(b, rows[i].file, CACHED("2026-11-21T14:47:06Z"), 0600);
        bed_fetch(b, "p"); /* under 15 minutes left: as if it were not there */
        assert_fails(b, "There is no SSO token yet");
    }
}

/* The service called them wrong: the same file would give them again. */
static void a_rejected_role_is_asked_anew(void **state)
{
    struct bed *b = *state;

    bed_put(b, ROLE_FILE, CACHED(LATER), 0600);
    bed_put(b, SESSION_FILE, TOKEN("tok1", LATER), 0600);
    mini_reply(b->server, 200, ROLE);
    bed_fetch(b, "p");
    assert_provides(b, "CACHED");
    clock_advance(b->clock, MINUTES(2));
    cred_chain_expire(b->chain, cred_chain_generation(b->chain));
    b->n = 0;
    assert_int_equal(
        cred_chain_wait(b->chain, &b->scope, bed_on_creds, b, NULL), 0);
    assert_true(loop_until(b->loop, bed_told, b, 5000));
    assert_provides(b, "ASIA1");
}

static void profile_and_session_must_agree(void **state)
{
    static const struct {
        const char *config, *why;
    } rows[] = {
        {SESSION PROFILE "sso_region = us-east-1\n",
         "sso_region is \"us-east-1\" in profile \"p\" but \"eu-west-1\" in "
         "[sso-session corp]"},
        {SESSION PROFILE "sso_start_url = https://other.example/\n",
         "sso_start_url is "},
        {SESSION PROFILE "sso_registration_scopes = x\n",
         "sso_registration_scopes is \"x\""},
        {PROFILE, "with [sso-session corp] lacks sso_start_url, sso_region"},
        {PROFILE "sso_region = eu-west-1\nsso_start_url = https://x/\n",
         "lacks sso_start_url, sso_region"},
        {"[profile p]\nsso_account_id = 123456789012\n",
         "Profile \"p\" lacks sso_start_url, sso_region, sso_role_name: run "
         "`aws configure sso --profile p`."},
        {"[profile p]\nsso_start_url = https://x/\nsso_region = eu-west-1\n",
         "no sso_account_id and sso_role_name for profile \"p\""},
        {SESSION PROFILE "sso_region = eu-west-1\n", "no SSO token yet"},
    };
    struct bed *b = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bed_put(b, ".aws/config", rows[i].config, 0600);
        bed_fetch(b, "p");
        assert_fails(b, rows[i].why);
    }
}

/* No configuration can steer the token to another host. */
static void an_sso_region_must_be_a_host_label(void **state)
{
    struct bed *b = *state;

    bed_put(b, ".aws/config",
            "[sso-session corp]\nsso_start_url = https://corp.example/start\n"
            "sso_region = x.evil.example/?\n" PROFILE, 0600);
    bed_put(b, SESSION_FILE, TOKEN("tok1", LATER), 0600);
    bed_fetch(b, "p");
    assert_fails(b, "is no region");
    assert_int_equal(mini_count(b->server), 0);
}

static void odd_names_are_encoded(void **state)
{
    struct bed *b = *state;

    bed_put(b, ".aws/config",
            SESSION "[profile p]\nsso_session = corp\n"
            "sso_account_id = 1&role_name=Admin\nsso_role_name = a b/=\n",
            0600);
    bed_put(b, SESSION_FILE, TOKEN("tok1", LATER), 0600);
    mini_reply(b->server, 200, ROLE);
    bed_fetch(b, "p");
    assert_non_null(strstr(mini_head(b->server, 0),
                           "?role_name=a%20b%2F%3D&"
                           "account_id=1%26role_name%3DAdmin HTTP"));
}

static void an_ended_chain_falls_silent(void **state)
{
    struct bed *b = *state;

    bed_put(b, SESSION_FILE, TOKEN("tok1", PAST), 0600);
    mini_push(b->server, &(struct mini_step){.act = MINI_HOLD});
    bed_start(b, "p");
    assert_true(loop_until(b->loop, one_request, b, 5000));
    bed_chain_free(b);
    assert_true(loop_until_idle(b->loop, 5000));
    assert_int_equal(b->n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_valid_token_gives_the_role),
        T(the_older_form_works_as_well),
        T(the_older_form_expires),
        T(a_missing_token_says_what_to_run),
        T(the_portals_no_is_explained),
        T(a_busy_portal_is_asked_three_times),
        T(the_clis_role_cache_is_read_first),
        T(a_rejected_role_is_asked_anew),
        T(profile_and_session_must_agree),
        T(an_sso_region_must_be_a_host_label),
        T(odd_names_are_encoded),
        T(an_ended_chain_falls_silent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
