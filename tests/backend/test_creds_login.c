/* login_session: the cache of `aws login`, and the AWS CLI for the rest. The
 * CLI is a script of the test. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

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
    assert_fails(b, "needs the AWS CLI (2.32 or newer) on PATH");
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
        T(a_profile_without_one_is_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
