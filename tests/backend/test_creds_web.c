/* Web identity, the CLI's cache of roles, and where STS is. */
#include "tests/backend/role_bed.h"

#include "backend/aws/creds/cli_cache.h"
#include "backend/aws/creds/sts.h"
#include "backend/aws/endpoint.h"

/* ---- web identity ---- */

static void use_web(struct bed *b)
{
    char *path = xasprintf("%s/token", b->home);

    bed_put(b, "token", "first.token.x\n");
    bed_set(b, "AWS_WEB_IDENTITY_TOKEN_FILE", path);
    bed_set(b, "AWS_ROLE_ARN", "role-of-env");
    free(path);
}

static void the_call_is_not_signed_and_the_file_read_each_time(void **state)
{
    struct bed *b = *state;
    char v[100];

    use_web(b);
    bed_sts(b, "AssumeRoleWithWebIdentity", "K1", 60);
    bed_fetch(b, NULL);
    assert_provides(b, "K1");
    assert_string_equal(b->account, "210987654321");
    assert_sent(b, 0, "Action=AssumeRoleWithWebIdentity");
    assert_sent(b, 0, "RoleArn=role-of-env");
    assert_sent(b, 0, "RoleSessionName=ecsdash-1795271527");
    assert_sent(b, 0, "WebIdentityToken=first.token.x");
    assert_null(mini_header(b->sts, 0, "authorization", v, sizeof(v)));
    assert_null(mini_header(b->sts, 0, "x-amz-security-token", v, sizeof(v)));
    bed_put(b, "token", "second.token.x");
    bed_set(b, "AWS_ROLE_SESSION_NAME", "pod");
    clock_advance(b->clock, 51 * 60000);
    bed_sts(b, "AssumeRoleWithWebIdentity", "K2", 60);
    bed_again(b);
    assert_provides(b, "K2");
    assert_sent(b, 1, "WebIdentityToken=second.token.x");
    assert_sent(b, 1, "RoleSessionName=pod");
}

static void under_profile_only_its_own_keys_count(void **state)
{
    struct bed *b = *state;
    char *config = xasprintf(
        "[profile web]\nrole_arn = role-of-profile\n"
        "role_session_name = mine\nweb_identity_token_file = %s/other\n"
        "[profile keys]\naws_access_key_id = KEYS\n"
        "aws_secret_access_key = s\n", b->home);

    use_web(b);
    bed_put(b, "other", "other.token.x");
    bed_put(b, ".aws/config", config);
    free(config);
    bed_sts(b, "AssumeRoleWithWebIdentity", "K", 60);
    bed_fetch(b, "web");
    assert_provides(b, "K");
    assert_sent(b, 0, "RoleArn=role-of-profile");
    assert_sent(b, 0, "WebIdentityToken=other.token.x");
    assert_sent(b, 0, "RoleSessionName=mine");
    bed_fetch(b, "keys");
    assert_provides(b, "KEYS");
}

static void what_is_missing_is_said(void **state)
{
    struct bed *b = *state;

    use_web(b);
    bed_set(b, "AWS_ROLE_ARN", "");
    bed_fetch(b, NULL);
    assert_int_equal(b->err.code, ERR_CONFIG);
    assert_says(b, "AWS_ROLE_ARN");
    use_web(b);
    bed_put(b, "token", "\n");
    bed_fetch(b, NULL);
    assert_says(b, "/token holds no token");
    bed_set(b, "AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent/token");
    bed_fetch(b, NULL);
    assert_int_equal(b->err.code, ERR_CREDENTIALS);
    assert_says(b, "/nonexistent/token");
    assert_int_equal(mini_count(b->sts), 0);
}

static bool sent_three(void *arg)
{
    struct bed *b = arg;

    clock_advance(b->clock, 1000);
    return b->n > 0;
}

static void an_unreachable_provider_is_tried_again(void **state)
{
    struct bed *b = *state;

    use_web(b);
    bed_put(b, ".aws/config", "[default]\nregion = eu-west-1\n");
    bed_sts_error(b, 400, "IDPCommunicationError", "not now");
    bed_sts_error(b, 400, "IDPCommunicationError", "not now");
    bed_sts(b, "AssumeRoleWithWebIdentity", "K", 60);
    bed_open(b, NULL, false);
    bed_ask_chain(b);
    assert_true(loop_until(b->loop, sent_three, b, 20000));
    assert_provides(b, "K");
    assert_int_equal(mini_count(b->sts), 3);
}

static void a_token_that_sts_repeats_is_not_repeated(void **state)
{
    struct bed *b = *state;

    use_web(b);
    bed_sts_error(b, 400, "ValidationError",
                  "Value 'first.token.x' at 'webIdentityToken' is bad");
    bed_fetch(b, NULL);
    assert_int_equal(b->err.code, ERR_CREDENTIALS);
    assert_null(strstr(b->err.message, "first.token"));
}

/* ---- the cache of the AWS CLI ---- */

#define ARN "arn:aws:iam::210987654321:role/ops"
#define MFA "arn:aws:iam::1:mfa/ann"

/* As botocore 1.43's AssumeRoleCredentialFetcher makes them. */
static const struct {
    struct cli_cache_args args;
    const char *key;
} vectors[] = {
    {{.role_arn = ARN}, "32ceadfaf798eed9d4159590d573bf2332b5e42b"},
    {{.role_arn = ARN, .session_name = "ann"},
     "00a68625a878481c4396c0303d10b0c36a389a46"},
    {{.role_arn = ARN, .session_name = "ann", .external_id = "x y",
      .serial = MFA, .duration = 900},
     "8849acfdd193763528c8265a6cf8cf3b640627e8"},
    {{.role_arn = ARN, .external_id = "quote\" back\\slash tab\t \xc3\xa9 "
                                      "\xe2\x82\xac \xf0\x9f\x98\x80 \x7f/"},
     "e2aeb78f916dbddcd6ff274796869ba85b7695b5"},
    {{.role_arn = ARN, .serial = MFA},
     "90218276b5e703be2950b25744475b2f313904f3"},
    {{.role_arn = ARN, .duration = 43200},
     "6845e875a91d63b0006f7022839d587ec0516faa"},
};

static void keys_are_those_of_the_cli(void **state)
{
    char key[41];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        assert_int_equal(cli_cache_key(&vectors[i].args, key), 0);
        assert_string_equal(key, vectors[i].key);
    }
}

#define CACHE ".aws/cli/cache/90218276b5e703be2950b25744475b2f313904f3.json"
#define CACHED(expires) \
    "{\"Credentials\": {\"AccessKeyId\": \"CACHED\", \"SecretAccessKey\": " \
    "\"s\", \"SessionToken\": \"t\", \"Expiration\": \"" expires "\"}, " \
    "\"AssumedRoleUser\": {\"Arn\": \"arn:aws:sts::210987654321:" \
    "assumed-role/ops/x\"}}"

static void use_mfa_role(struct bed *b)
{
    bed_put(b, ".aws/config",
            "[profile base]\naws_access_key_id = BASE\n"
            "aws_secret_access_key = s\n[profile ops]\nrole_arn = " ARN "\n"
            "source_profile = base\nmfa_serial = " MFA "\n");
}

static void a_cached_session_spares_the_question(void **state)
{
    static const char *const good[] = {
        CACHED("2026-11-21T15:32:07UTC"), /* the CLI's own spelling */
        CACHED("2026-11-21T14:47:07Z"),   /* fifteen minutes */
        CACHED("2026-11-21T16:32:07+01:00"),
    };
    struct bed *b = *state;

    use_mfa_role(b);
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        bed_put(b, CACHE, good[i]);
        bed_fetch(b, "ops");
        assert_provides(b, "CACHED");
        assert_string_equal(b->account, "210987654321");
        assert_non_null(strstr(b->source, "AWS CLI"));
    }
    assert_int_equal(mini_count(b->sts), 0);
}

static void what_can_not_be_trusted_is_not_used(void **state)
{
    static const char *const bad[] = {
        CACHED("2026-11-21T14:47:06Z"), /* botocore's window */
        CACHED("soon"), "{\"Credentials\": 1}", "[", "",
    };
    struct bed *b = *state;
    char *path = xasprintf("%s/" CACHE, b->home);
    char *elsewhere = xasprintf("%s/x", b->home);

    use_mfa_role(b);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        bed_put(b, CACHE, bad[i]);
        bed_fetch(b, "ops");
        assert_says(b, "there is nobody to ask");
    }
    bed_put(b, CACHE, CACHED("2026-11-21T15:32:07Z"));
    assert_int_equal(chmod(path, 0620), 0); /* others may write it */
    bed_fetch(b, "ops");
    assert_says(b, "there is nobody to ask");
    bed_put(b, "x", CACHED("2026-11-21T15:32:07Z"));
    unlink(path);
    assert_int_equal(symlink(elsewhere, path), 0);
    bed_fetch(b, "ops");
    assert_says(b, "there is nobody to ask");
    free(path);
    free(elsewhere);
}

/* Another shell's `aws` asked for the code: it appears by itself. */
static void a_session_that_the_cli_gets_later_is_picked_up(void **state)
{
    struct bed *b = *state;
    struct cred_chain *chain;

    use_mfa_role(b);
    bed_put(b, ".aws/cli/cache/x", "");
    bed_fetch(b, "ops");
    assert_says(b, "there is nobody to ask");
    chain = aws_session_creds(b->session);
    bed_put(b, CACHE, CACHED("2026-11-21T15:32:07Z"));
    clock_advance(b->clock, 3000);
    assert_non_null(cred_chain_current(chain));
    assert_string_equal(cred_chain_current(chain)->access_key, "CACHED");
}

/* The service said that the cached session is no good. */
static void a_rejected_session_is_not_taken_from_the_cache(void **state)
{
    struct bed *b = *state;
    struct cred_chain *chain;

    use_mfa_role(b);
    bed_put(b, CACHE, CACHED("2026-11-21T15:32:07Z"));
    b->codes[0] = "123456";
    bed_fetch_asking(b, "ops", true);
    assert_provides(b, "CACHED");
    chain = aws_session_creds(b->session);
    cred_chain_expire(chain, cred_chain_generation(chain));
    bed_sts(b, "AssumeRole", "FRESH", 60);
    bed_again(b);
    assert_provides(b, "FRESH");
}

/* ---- where STS is ---- */

static void sts_is_steered_by_its_own_variable(void **state)
{
    struct bed *b = *state;
    char host[100];

    use_web(b);
    bed_set(b, "AWS_STS_REGIONAL_ENDPOINTS", "legacy"); /* an override wins */
    bed_sts(b, "AssumeRoleWithWebIdentity", "K", 60);
    bed_fetch(b, NULL);
    assert_provides(b, "K");
    assert_non_null(strstr(mini_url(b->sts),
                           mini_header(b->sts, 0, "host", host,
                                       sizeof(host))));
}

static const struct {
    const char *region, *var, *in_file, *more;
    bool global;
} where[] = {
    {"eu-west-1", "", "", "", false},
    {"eu-west-1", "legacy", "", "", true},
    {"eu-west-1", "Legacy", "", "", true},
    {"us-west-2", "", "legacy", "", true},
    {"eu-west-1", "regional", "legacy", "", false},
    {"eu-south-1", "legacy", "", "", false}, /* younger than regional STS */
    {"cn-north-1", "legacy", "", "", false},
    {"us-gov-west-1", "legacy", "", "", false},
    {"us-east-1", "legacy", "", "AWS_USE_FIPS_ENDPOINT", false},
    {"us-east-1", "legacy", "", "AWS_USE_DUALSTACK_ENDPOINT", false},
};

static void legacy_means_the_global_host_where_it_may(void **state)
{
    struct bed *b = *state;

    bed_set(b, "AWS_ENDPOINT_URL_STS", "");
    for (size_t i = 0; i < ARRAY_LEN(where); i++) {
        struct cred_context cx = {.env = {bed_lookup, b},
                                  .region = where[i].region};
        char *text = xasprintf("[default]\nsts_regional_endpoints = %s\n",
                               where[i].in_file);
        struct endpoints *e;
        bool global;

        bed_put(b, ".aws/config", text);
        free(text);
        bed_set(b, "AWS_STS_REGIONAL_ENDPOINTS", where[i].var);
        if (where[i].more[0])
            bed_set(b, where[i].more, "true");
        cx.profile = profile_load(&cx.env, NULL, NULL);
        cx.endpoints = e = endpoints_new(&cx.env, NULL, cx.profile, NULL);
        assert_int_equal(sts_uses_global(&cx, &global, NULL), 0);
        if (global != where[i].global)
            fail_msg("row %zu", i);
        endpoints_free(e);
        profile_free(cx.profile);
        if (where[i].more[0])
            bed_set(b, where[i].more, "");
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, bed_set_up, bed_tear_down)
    const struct CMUnitTest tests[] = {
        T(the_call_is_not_signed_and_the_file_read_each_time),
        T(under_profile_only_its_own_keys_count),
        T(what_is_missing_is_said),
        T(an_unreachable_provider_is_tried_again),
        T(a_token_that_sts_repeats_is_not_repeated),
        cmocka_unit_test(keys_are_those_of_the_cli),
        T(a_cached_session_spares_the_question),
        T(what_can_not_be_trusted_is_not_used),
        T(a_session_that_the_cli_gets_later_is_picked_up),
        T(a_rejected_session_is_not_taken_from_the_cache),
        T(sts_is_steered_by_its_own_variable),
        T(legacy_means_the_global_host_where_it_may),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
