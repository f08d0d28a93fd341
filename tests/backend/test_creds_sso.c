/* SSO: the token of a session, and the role by it. */
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

static int setup(void **state)
{
    struct bed *b = bed_new(&cred_sso);

    bed_set(b, "AWS_ENDPOINT_URL_SSO", mini_url(b->server));
    bed_set(b, "AWS_ENDPOINT_URL_SSO_OIDC", mini_url(b->server));
    bed_put(b, ".aws/config", SESSION PROFILE, 0600);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    bed_free(*state);
    return 0;
}

static void assert_bearer(struct bed *b, size_t i, const char *want)
{
    char buf[64];

    assert_string_equal(mini_header(b->server, i, "x-amz-sso_bearer_token",
                                    buf, sizeof(buf)), want);
}

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

static json_t *token_file(struct bed *b)
{
    char *text = bed_read(b, SESSION_FILE);
    json_t *j = text ? json_loads(text, 0, NULL) : NULL;

    free(text);
    return j;
}

static void assert_member(const json_t *j, const char *key, const char *want)
{
    assert_string_equal(json_string_value(json_object_get(j, key)), want);
}

static void a_token_near_its_end_is_renewed_and_written_back(void **state)
{
    static const char *const ends[] = {SOON, PAST,
                                       "2026-11-21T14:47:06Z"}; /* < 15 min */
    struct bed *b = *state;

    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        char *text = xasprintf(TOKEN("tok1", "%s"), ends[i]);
        char *path = bed_path(b, SESSION_FILE), buf[64];
        struct stat st;
        json_t *j, *sent;

        bed_put(b, SESSION_FILE, text, 0644);
        mini_reply(b->server, 200, RENEWED);
        mini_reply(b->server, 200, ROLE);
        bed_fetch(b, "p");
        assert_provides(b, "ASIA1");
        assert_int_equal(mini_count(b->server), 2 * i + 2);
        assert_non_null(strstr(mini_head(b->server, 2 * i), "POST /token "));
        assert_null(mini_header(b->server, 2 * i, "authorization", buf,
                                sizeof(buf)));
        sent = json_loads(mini_body(b->server, 2 * i), 0, NULL);
        assert_int_equal(json_object_size(sent), 4);
        assert_member(sent, "grantType", "refresh_token");
        assert_member(sent, "clientId", "cid");
        assert_member(sent, "clientSecret", "c\"sec");
        assert_member(sent, "refreshToken", "ref1");
        json_decref(sent);
        assert_bearer(b, 2 * i + 1, "new");
        j = token_file(b);
        assert_member(j, "accessToken", "new");
        assert_member(j, "expiresAt", "2026-11-21T22:32:07Z");
        assert_member(j, "refreshToken", "ref2");
        assert_member(j, "clientId", "cid");
        assert_member(j, "clientSecret", "c\"sec");
        assert_member(j, "registrationExpiresAt", "2027-01-01T00:00:00Z");
        assert_member(j, "startUrl", "https://corp.example/start");
        assert_int_equal(
            json_array_size(json_object_get(json_object_get(j, "unknown"),
                                            "kept")), 2);
        json_decref(j);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        free(path);
        free(text);
    }
}

static void a_token_with_fifteen_minutes_left_is_not_renewed(void **state)
{
    struct bed *b = *state;

    bed_put(b, SESSION_FILE, TOKEN("tok1", "2026-11-21T14:47:07Z"), 0600);
    mini_reply(b->server, 200, ROLE);
    bed_fetch(b, "p");
    assert_bearer(b, 0, "tok1");
}

static void a_failed_renewal_leaves_a_token_that_still_serves(void **state)
{
    struct bed *b = *state;
    char *text;

    bed_put(b, SESSION_FILE, TOKEN("tok1", SOON), 0600);
    mini_reply(b->server, 400, "{\"error\":\"invalid_grant\"}");
    mini_reply(b->server, 200, ROLE);
    bed_fetch(b, "p");
    assert_provides(b, "ASIA1");
    assert_bearer(b, 1, "tok1");
    text = bed_read(b, SESSION_FILE);
    assert_string_equal(text, TOKEN("tok1", SOON));
    free(text);
}

static void a_failed_renewal_of_an_expired_token_says_what_to_run(void **state)
{
    struct bed *b = *state;

    bed_put(b, SESSION_FILE, TOKEN("tok1", PAST), 0600);
    mini_push(b->server, &(struct mini_step){
        .status = 400,
        .headers = "x-amzn-errortype: InvalidGrantException:http://x/\r\n",
        .body = "{\"error\":\"invalid_grant\",\"error_description\":\"no\"}"});
    bed_fetch(b, "p");
    assert_int_equal(b->err.code, ERR_EXPIRED);
    assert_fails(b, "could not be renewed (InvalidGrantException): run `aws "
                 "sso login --profile p`.");
    assert_null(strstr(b->err.message, "ref1"));
    assert_int_equal(mini_count(b->server), 1);
}

static void what_can_not_be_renewed_is_not_tried(void **state)
{
    static const char *const files[] = {
        "{\"accessToken\":\"a\",\"expiresAt\":\"" PAST "\",\"clientId\":\"c\","
        "\"clientSecret\":\"s\",\"registrationExpiresAt\":"
        "\"2027-01-01T00:00:00Z\"}",
        "{\"accessToken\":\"a\",\"expiresAt\":\"" PAST "\",\"clientId\":\"c\","
        "\"clientSecret\":\"s\",\"refreshToken\":\"r\","
        "\"registrationExpiresAt\":\"" PAST "\"}",
        "{\"accessToken\":\"a\",\"expiresAt\":\"soon\"}",
    };
    struct bed *b = *state;

    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        bed_put(b, SESSION_FILE, files[i], 0600);
        bed_fetch(b, "p");
        assert_fails(b, "has expired: run `aws sso login --profile p`.");
    }
    assert_int_equal(mini_count(b->server), 0);
}

static bool one_request(void *arg)
{
    return mini_count(((struct bed *)arg)->server) == 1;
}

/* Somebody logs in while our renewal is under way. */
static void a_newer_token_on_disk_wins(void **state)
{
    static const struct {
        int status;
        const char *body;
    } rows[] = {{200, RENEWED}, {400, "{\"error\":\"invalid_grant\"}"}};
    struct bed *b = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct miniserver *old = b->server;
        char *text;

        b->server = mini_new(b->loop);
        mini_free(old);
        bed_set(b, "AWS_ENDPOINT_URL_SSO", mini_url(b->server));
        bed_set(b, "AWS_ENDPOINT_URL_SSO_OIDC", mini_url(b->server));
        bed_put(b, SESSION_FILE, TOKEN("tok1", PAST), 0600);
        mini_push(b->server, &(struct mini_step){.act = MINI_HOLD,
                                                 .status = rows[i].status,
                                                 .body = rows[i].body});
        mini_reply(b->server, 200, ROLE);
        bed_start(b, "p");
        assert_true(loop_until(b->loop, one_request, b, 5000));
        bed_put(b, SESSION_FILE, TOKEN("theirs", LATER), 0600);
        mini_release(b->server);
        assert_true(loop_until(b->loop, bed_told, b, 5000));
        assert_provides(b, "ASIA1");
        assert_bearer(b, 1, "theirs");
        text = bed_read(b, SESSION_FILE);
        assert_string_equal(text, TOKEN("theirs", LATER));
        free(text);
    }
}

/* Theirs has expired already, but its refresh token belongs to another client
 * than ours: the file stays as they left it. */
static void a_file_changed_meanwhile_is_not_written(void **state)
{
    struct bed *b = *state;
    char *text;

    bed_put(b, SESSION_FILE, TOKEN("tok1", SOON), 0600);
    mini_push(b->server,
              &(struct mini_step){.act = MINI_HOLD, .body = RENEWED});
    mini_reply(b->server, 200, ROLE);
    bed_start(b, "p");
    assert_true(loop_until(b->loop, one_request, b, 5000));
    bed_put(b, SESSION_FILE, TOKEN("theirs", PAST), 0600);
    mini_release(b->server);
    assert_true(loop_until(b->loop, bed_told, b, 5000));
    assert_provides(b, "ASIA1");
    assert_bearer(b, 1, "new");
    text = bed_read(b, SESSION_FILE);
    assert_string_equal(text, TOKEN("theirs", PAST));
    free(text);
}

static void a_logout_meanwhile_is_not_undone(void **state)
{
    struct bed *b = *state;
    char *path = bed_path(b, SESSION_FILE);

    bed_put(b, SESSION_FILE, TOKEN("tok1", SOON), 0600);
    mini_push(b->server,
              &(struct mini_step){.act = MINI_HOLD, .body = RENEWED});
    mini_reply(b->server, 200, ROLE);
    bed_start(b, "p");
    assert_true(loop_until(b->loop, one_request, b, 5000));
    assert_int_equal(unlink(path), 0);
    mini_release(b->server);
    assert_true(loop_until(b->loop, bed_told, b, 5000));
    assert_int_equal(access(path, F_OK), -1);
    free(path);
}

static void a_token_is_renewed_once_a_minute_at_most(void **state)
{
    static const int64_t waits[] = {1000, 58000, 1001};
    struct bed *b = *state;

    bed_put(b, SESSION_FILE, TOKEN("tok1", PAST), 0600);
    mini_reply(b->server, 400, "{\"error\":\"slow\"}");
    bed_fetch(b, "p");
    assert_int_equal(mini_count(b->server), 1);
    mini_reply(b->server, 400, "{\"error\":\"slow\"}");
    for (size_t i = 0; i < 3; i++) { /* the same chain, asked again */
        b->n = 0;
        clock_advance(b->clock, waits[i]);
        cred_chain_retry(b->chain);
        assert_int_equal(cred_chain_wait(b->chain, &b->scope, bed_on_creds, b,
                                         NULL), 0);
        assert_true(loop_until(b->loop, bed_told, b, 5000));
        assert_int_equal(mini_count(b->server), i < 2 ? 1 : 2);
    }
}

static void a_link_or_a_file_of_others_is_not_read(void **state)
{
    struct bed *b = *state;
    char *path = bed_path(b, SESSION_FILE), *other = bed_path(b, "other");

    bed_put(b, SESSION_FILE, TOKEN("tok1", LATER), 0602);
    bed_fetch(b, "p");
    assert_fails(b, "others can write to it");
    bed_put(b, "other", TOKEN("tok1", LATER), 0600);
    bed_put(b, SESSION_FILE, TOKEN("tok1", LATER), 0600);
    if (geteuid() == 0) { /* only root can give a file away */
        assert_int_equal(chown(path, 12345, 12345), 0);
        bed_fetch(b, "p");
        assert_fails(b, "belongs to somebody else");
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink(other, path), 0);
    bed_fetch(b, "p");
    assert_fails(b, "is a symbolic link");
    assert_int_equal(mini_count(b->server), 0);
    free(path);
    free(other);
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

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_valid_token_gives_the_role),
        T(the_older_form_works_as_well),
        T(the_older_form_expires),
        T(a_missing_token_says_what_to_run),
        T(a_token_near_its_end_is_renewed_and_written_back),
        T(a_token_with_fifteen_minutes_left_is_not_renewed),
        T(a_failed_renewal_leaves_a_token_that_still_serves),
        T(a_failed_renewal_of_an_expired_token_says_what_to_run),
        T(what_can_not_be_renewed_is_not_tried),
        T(a_newer_token_on_disk_wins),
        T(a_file_changed_meanwhile_is_not_written),
        T(a_logout_meanwhile_is_not_undone),
        T(a_token_is_renewed_once_a_minute_at_most),
        T(a_link_or_a_file_of_others_is_not_read),
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
