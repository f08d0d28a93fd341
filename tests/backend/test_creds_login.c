/* login_session: the cache of `aws login`, its renewal, and the AWS CLI where
 * that fails. The CLI is a script of the test. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <openssl/ec.h>
#include <openssl/pem.h>

#include "tests/backend/creds_bed.h"

/* sha256 of "arn:aws:iam::123456789012:user/x". */
#define FILE_NAME                                                             \
    "2ff2a80db794fe2d23248219d580c027ab8e3592f5c59254e6a865b9c22fc859.json"
#define CACHE_FILE ".aws/login/cache/" FILE_NAME

#define SESSION(expires)                                                      \
    "{\"accessToken\":{\"accessKeyId\":\"ASIA1\",\"secretAccessKey\":"        \
    "\"sec\",\"sessionToken\":\"tok\",\"accountId\":\"123456789012\","        \
    "\"expiresAt\":\"" expires "\"},\"tokenType\":\"aws_sigv4\","             \
    "\"refreshToken\":\"planted\",\"clientId\":\"c\",\"dpopKey\":\"planted\"}"

static int setup(void **state)
{
    struct bed *b = bed_new(&cred_login);
    char *path = bed_path(b, "bin");

    bed_set(b, "PATH", path);
    free(path);
    bed_put(b, ".aws/config",
            "[profile p]\nlogin_session = arn:aws:iam::123456789012:user/x\n",
            0600);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    bed_free(*state);
    return 0;
}

static void use_cli(struct bed *b, const char *script)
{
    char *text = xasprintf("#!/bin/sh\nPATH=/usr/bin:/bin\n%s\n", script);

    bed_put(b, "bin/aws", text, 0700);
    free(text);
}

static void a_live_session_is_used_as_it_is(void **state)
{
    struct bed *b = *state;

    bed_put(b, CACHE_FILE, SESSION("2026-11-21T14:37:08Z"), 0600);
    bed_fetch(b, "p");
    assert_provides(b, "ASIA1");
    assert_string_equal(b->secret, "sec");
    assert_string_equal(b->token, "tok");
    assert_string_equal(b->account, "123456789012");
    assert_int_equal(b->expires_ms, WALL + MINUTES(5) + 1000);
    assert_string_equal(b->source, "login session of profile p");
}

static void the_cache_folder_can_be_elsewhere(void **state)
{
    struct bed *b = *state;
    char *dir = bed_path(b, "else");

    bed_put(b, "else/" FILE_NAME, SESSION("2026-11-21T15:32:07Z"), 0600);
    bed_set(b, "AWS_LOGIN_CACHE_DIRECTORY", dir);
    bed_fetch(b, "p");
    assert_provides(b, "ASIA1");
    bed_set(b, "AWS_LOGIN_CACHE_DIRECTORY", "~/else");
    bed_fetch(b, "p");
    assert_provides(b, "ASIA1");
    free(dir);
}

#define RENEWED                                                               \
    "echo '{\"Version\":1,\"AccessKeyId\":\"ASIA2\",\"SecretAccessKey\":"     \
    "\"s2\",\"SessionToken\":\"t2\",\"Expiration\":\"2026-11-21T14:47:07Z\"}'"

static void five_minutes_before_its_end_the_cli_renews_it(void **state)
{
    static const char *const ends[] = {"2026-11-21T14:37:07Z",
                                       "2026-11-21T14:32:07Z", "soon"};
    struct bed *b = *state;
    char *args;

    use_cli(b, "printf '%s|' \"$@\" >\"$HOME/args\"\n" RENEWED);
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        char *text = xasprintf(SESSION("%s"), ends[i]);

        bed_put(b, CACHE_FILE, text, 0600);
        free(text);
        bed_fetch(b, "p");
        assert_provides(b, "ASIA2");
        assert_int_equal(b->expires_ms, WALL + MINUTES(15));
    }
    args = bed_read(b, "args");
    assert_string_equal(args, "configure|export-credentials|--profile=p|"
                              "--format=process|");
    free(args);
}

/* The CLI finds its files and proxy; no secret and no other credentials. */
static void the_cli_gets_no_secret_and_no_other_identity(void **state)
{
    static const char *const kept_back[] = {
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_WEB_IDENTITY_TOKEN_FILE",
        "SOME_PASSWORD"};
    struct bed *b = *state;
    char *env;

    for (size_t i = 0; i < ARRAY_LEN(kept_back); i++)
        bed_set(b, kept_back[i], "planted");
    bed_set(b, "HTTPS_PROXY", "http://proxy:1");
    bed_put(b, CACHE_FILE, SESSION("2026-11-21T14:32:07Z"), 0600);
    use_cli(b, "env >\"$HOME/env\"\n" RENEWED);
    bed_fetch(b, "p");
    assert_provides(b, "ASIA2");
    env = bed_read(b, "env");
    assert_null(strstr(env, "planted"));
    assert_non_null(strstr(env, "HTTPS_PROXY=http://proxy:1\n"));
    assert_non_null(strstr(env, "AWS_EC2_METADATA_DISABLED=true\n"));
    free(env);
}

static void without_the_cli_it_says_so(void **state)
{
    struct bed *b = *state;

    bed_put(b, CACHE_FILE, SESSION("2026-11-21T14:32:07Z"), 0600);
    bed_fetch(b, "p");
    assert_fails(b, "could not be renewed (no region is known), nor is there "
                    "an AWS CLI (2.32 or newer) on PATH");
    assert_fails(b, "run `aws login --profile p`");
}

static void what_the_cli_says_is_shown(void **state)
{
    struct bed *b = *state;

    bed_put(b, CACHE_FILE, SESSION("2026-11-21T14:32:07Z"), 0600);
    use_cli(b, "echo 'Please log in again' >&2; exit 255");
    bed_fetch(b, "p");
    assert_fails(b, "The login session of profile \"p\" ended with status "
                 "255: Please log in again");
}

static void no_session_is_a_sentence(void **state)
{
    struct bed *b = *state;
    char *path = bed_path(b, CACHE_FILE);

    use_cli(b, RENEWED);
    bed_fetch(b, "p");
    assert_fails(b, "There is no login session for profile \"p\": run `aws "
                 "login --profile p`.");
    bed_put(b, CACHE_FILE, "{\"refreshToken\":\"planted", 0600);
    bed_fetch(b, "p");
    assert_fails(b, "can't be read: run `aws login --profile p`.");
    assert_null(strstr(b->err.message, "planted"));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/dev/zero", path), 0);
    bed_fetch(b, "p");
    assert_fails(b, "is a symbolic link");
    free(path);
}

/* The service called them wrong: the CLI is asked, not the same file. */
static void a_rejected_session_is_renewed(void **state)
{
    struct bed *b = *state;

    bed_put(b, CACHE_FILE, SESSION("2026-11-21T15:32:07Z"), 0600);
    use_cli(b, RENEWED);
    bed_fetch(b, "p");
    assert_provides(b, "ASIA1");
    clock_advance(b->clock, MINUTES(2));
    cred_chain_expire(b->chain, cred_chain_generation(b->chain));
    b->n = 0;
    assert_int_equal(
        cred_chain_wait(b->chain, &b->scope, bed_on_creds, b, NULL), 0);
    assert_true(loop_until(b->loop, bed_told, b, 20000));
    assert_provides(b, "ASIA2");
}

/* ---- by AWS Sign-In ---- */

/* A session of a new key that ended a second ago. */
static void put_session(struct bed *b)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    BIO *bio = BIO_new(BIO_s_mem());
    char *pem = NULL;
    json_t *j = json_loads(SESSION("2026-11-21T14:32:06Z"), 0, NULL);
    char *text;

    assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL,
                                              NULL), 1);
    size_t n = (size_t)BIO_get_mem_data(bio, &pem);
    json_object_set_new(j, "dpopKey", json_stringn(pem, n));
    json_object_set_new(j, "unknown", json_pack("[i]", 7));
    text = json_dumps(j, 0);
    bed_put(b, CACHE_FILE, text, 0600);
    free(text);
    json_decref(j);
    BIO_free(bio);
    EVP_PKEY_free(key);
    b->region = "eu-west-1";
    bed_set(b, "AWS_ENDPOINT_URL_SIGNIN", mini_url(b->server));
}

#define GIVEN                                                                 \
    "{\"accessToken\":{\"accessKeyId\":\"ASIA3\",\"secretAccessKey\":"        \
    "\"s3\",\"sessionToken\":\"t3\"},\"tokenType\":\"aws_sigv4\","            \
    "\"expiresIn\":900,\"refreshToken\":\"next\"}"

static void it_renews_by_itself(void **state)
{
    struct bed *b = *state;
    char proof[1200];
    char *text;
    json_t *j, *token;

    put_session(b);
    mini_reply(b->server, 200, GIVEN);
    bed_fetch(b, "p");
    assert_provides(b, "ASIA3");
    assert_string_equal(b->secret, "s3");
    assert_string_equal(b->token, "t3");
    assert_string_equal(b->account, "123456789012");
    assert_int_equal(b->expires_ms, WALL + MINUTES(15));
    assert_string_equal(b->source, "login session of profile p");
    assert_int_equal(mini_count(b->server), 1);
    assert_non_null(strstr(mini_head(b->server, 0), "POST /v1/token HTTP/1.1"));
    assert_string_equal(mini_body(b->server, 0),
                        "{\"grantType\":\"refresh_token\",\"clientId\":\"c\","
                        "\"refreshToken\":\"planted\"}");
    assert_non_null(mini_header(b->server, 0, "dpop", proof, sizeof(proof)));
    assert_null(strstr(mini_head(b->server, 0), "uthorization"));

    text = bed_read(b, CACHE_FILE);
    j = json_loads(text, 0, NULL);
    token = json_object_get(j, "accessToken");
    assert_string_equal(json_string_value(json_object_get(token,
                        "accessKeyId")), "ASIA3");
    assert_string_equal(json_string_value(json_object_get(token,
                        "expiresAt")), "2026-11-21T14:47:07Z");
    assert_string_equal(json_string_value(json_object_get(token,
                        "accountId")), "123456789012");
    assert_string_equal(json_string_value(json_object_get(j,
                        "refreshToken")), "next");
    assert_int_equal(json_array_size(json_object_get(j, "unknown")), 1);
    assert_non_null(json_object_get(j, "dpopKey"));
    json_decref(j);
    free(text);
    bed_fetch(b, "p"); /* of the file */
    assert_provides(b, "ASIA3");
    assert_int_equal(mini_count(b->server), 1);
}

static void the_end_of_a_session_says_what_to_do(void **state)
{
    static const struct {
        const char *code, *text;
        int status;
    } rows[] = {
        {"TOKEN_EXPIRED", "The login session has expired: run `aws login "
         "--profile p`.", 401},
        {"USER_CREDENTIALS_CHANGED", "a change of the password: run `aws "
         "login", 403},
        {"INSUFFICIENT_PERMISSIONS", "signin:CreateOAuth2Token", 403},
    };
    struct bed *b = *state;

    use_cli(b, RENEWED); /* it would be asked in vain */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *reply = xasprintf("{\"error\":\"%s\",\"message\":\"no\"}",
                                rows[i].code);
        put_session(b);
        mini_reply(b->server, rows[i].status, reply);
        free(reply);
        bed_fetch(b, "p");
        assert_fails(b, rows[i].text);
        assert_int_equal(b->err.code, ERR_EXPIRED);
        assert_int_equal(b->err.http_status, rows[i].status);
    }
}

static void where_that_fails_the_cli_is_asked(void **state)
{
    static const char *const replies[] = {
        "{\"error\":\"server_error\",\"message\":\"later\"}", "[]",
        "{\"accessToken\":{\"accessKeyId\":\"A\"},\"expiresIn\":900}"};
    struct bed *b = *state;
    char *text;

    use_cli(b, RENEWED);
    for (size_t i = 0; i < ARRAY_LEN(replies); i++) {
        put_session(b);
        mini_reply(b->server, i ? 200 : 500, replies[i]);
        bed_fetch(b, "p");
        assert_provides(b, "ASIA2");
        text = bed_read(b, CACHE_FILE);
        assert_non_null(strstr(text, "ASIA1")); /* the CLI's to write */
        free(text);
    }
    text = bed_path(b, "bin/aws");
    assert_int_equal(unlink(text), 0);
    free(text);
    mini_reply(b->server, 500, replies[0]);
    bed_fetch(b, "p");
    assert_fails(b, "could not be renewed (later), nor is there an AWS CLI");
    assert_null(strstr(b->err.message, "planted"));
}

/* Another program has renewed it, or its user has logged out, meanwhile. */
static void what_others_did_meanwhile_counts(void **state)
{
    struct bed *b = *state;
    struct mini_step hold = {.act = MINI_HOLD, .status = 200, .body = GIVEN};
    char *path = bed_path(b, CACHE_FILE), *text;

    put_session(b);
    mini_push(b->server, &hold);
    bed_start(b, "p");
    while (mini_count(b->server) < 1)
        loop_turn(b->loop, 100);
    text = bed_read(b, CACHE_FILE);
    memcpy(strstr(text, "ASIA1"), "ASIA9", 5);
    memcpy(strstr(text, "14:32:06"), "14:45:00", 8);
    bed_put(b, CACHE_FILE, text, 0600);
    free(text);
    mini_release(b->server);
    assert_true(loop_until(b->loop, bed_told, b, 20000));
    assert_provides(b, "ASIA9");
    text = bed_read(b, CACHE_FILE);
    assert_non_null(strstr(text, "ASIA9"));
    free(text);

    put_session(b);
    mini_push(b->server, &hold);
    bed_start(b, "p");
    while (mini_count(b->server) < 2)
        loop_turn(b->loop, 100);
    assert_int_equal(unlink(path), 0);
    mini_release(b->server);
    assert_true(loop_until(b->loop, bed_told, b, 20000));
    assert_provides(b, "ASIA3");
    assert_null(bed_read(b, CACHE_FILE));
    free(path);
}

static void leaving_amid_a_renewal_is_harmless(void **state)
{
    struct bed *b = *state;
    struct mini_step hold = {.act = MINI_HOLD, .status = 200, .body = GIVEN};

    put_session(b);
    mini_push(b->server, &hold);
    bed_start(b, "p");
    while (mini_count(b->server) < 1)
        loop_turn(b->loop, 100);
    bed_chain_free(b);
    mini_release(b->server);
    loop_turn(b->loop, 0);
    assert_int_equal(b->n, 0);
}

static void a_profile_without_one_is_passed_over(void **state)
{
    struct bed *b = *state;

    bed_put(b, ".aws/config", "[profile p]\nregion = x\n", 0600);
    bed_fetch(b, "p");
    assert_fails(b, "no login_session for profile \"p\"");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_live_session_is_used_as_it_is),
        T(the_cache_folder_can_be_elsewhere),
        T(five_minutes_before_its_end_the_cli_renews_it),
        T(the_cli_gets_no_secret_and_no_other_identity),
        T(without_the_cli_it_says_so),
        T(what_the_cli_says_is_shown),
        T(no_session_is_a_sentence),
        T(a_rejected_session_is_renewed),
        T(it_renews_by_itself),
        T(the_end_of_a_session_says_what_to_do),
        T(where_that_fails_the_cli_is_asked),
        T(what_others_did_meanwhile_counts),
        T(leaving_amid_a_renewal_is_harmless),
        T(a_profile_without_one_is_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
