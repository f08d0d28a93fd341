/* The order of the standard chain: each provider present or absent, with
 * AWS_PROFILE and with --profile. */
#include "tests/backend/role_bed.h"

enum { ENV, ROLE_, WEB, SSO, SHARED, LOGIN, PROCESS, CONFIG, CONTAINER, IMDS,
       N };

static const char *const keys[N] = {
    "ENV", "ROLE", "WEB", "SSO", "SHARED", "LOGIN", "PROCESS", "CONFIG",
    "CONTAINER", "IMDS"};
static const char *const names[N] = {
    "environment", "assume role", "web identity", "SSO", "credentials file",
    "login session", "process", "config file", "container", "instance"};

/* What makes a provider present in [profile p]. */
static const char *const in_profile[N] = {
    [ROLE_] = "role_arn = " ROLE "\nsource_profile = base\n",
    [SSO] = "sso_start_url = https://corp.example/start\n"
            "sso_region = eu-west-1\nsso_account_id = 123456789012\n"
            "sso_role_name = Ops\n",
    [LOGIN] = "login_session = arn:aws:iam::123456789012:user/x\n",
    [PROCESS] = "credential_process = /bin/echo '{\"Version\":1,"
                "\"AccessKeyId\":\"PROCESS\",\"SecretAccessKey\":\"s\"}'\n",
    [CONFIG] = "aws_access_key_id = CONFIG\naws_secret_access_key = s\n",
};

static const char meta[] =
    "{\"Code\":\"Success\",\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"s\","
    "\"Token\":\"t\",\"Expiration\":\"2026-11-21T16:32:07Z\"}";

static void write_files(struct bed *b, unsigned on, bool web_keys)
{
    struct strbuf text = STRBUF_INIT;

    strbuf_puts(&text, "[profile base]\naws_access_key_id = BASE\n"
                       "aws_secret_access_key = s\n[profile p]\n"
                       "region = eu-west-1\n");
    for (int i = 0; i < N; i++) {
        if ((on & 1u << i) && in_profile[i])
            strbuf_puts(&text, in_profile[i]);
    }
    if (web_keys)
        strbuf_printf(&text, "role_arn = " ROLE "\nweb_identity_token_file = "
                      "%s/token\n", b->home);
    bed_put(b, ".aws/config", strbuf_get(&text));
    strbuf_release(&text);
    bed_put(b, ".aws/credentials", on & 1u << SHARED
            ? "[p]\naws_access_key_id = SHARED\naws_secret_access_key = s\n"
            : "[other]\n");
    bed_put(b, "token", "a.b.c\n");
    /* sha1 of the start URL, sha256 of the session's name. */
    bed_put(b, ".aws/sso/cache/f7c9b39d0b4c7a7d82c79307585f77e1c5e74378.json",
            "{\"accessToken\":\"t\",\"expiresAt\":\"2026-11-21T16:32:07Z\"}");
    bed_put(b, ".aws/login/cache/2ff2a80db794fe2d23248219d580c027ab8e3592f5c5"
            "9254e6a865b9c22fc859.json",
            "{\"accessToken\":{\"accessKeyId\":\"LOGIN\",\"secretAccessKey\":"
            "\"s\",\"sessionToken\":\"t\",\"expiresAt\":"
            "\"2026-11-21T16:32:07Z\"}}");
}

static void set_env(struct bed *b, unsigned on)
{
    char *token = xasprintf("%s/token", b->home);
    bool web = on & 1u << WEB;

    bed_set(b, "AWS_ACCESS_KEY_ID", on & 1u << ENV ? "ENV" : "");
    bed_set(b, "AWS_SECRET_ACCESS_KEY", "s"); /* alone it is ignored */
    bed_set(b, "AWS_WEB_IDENTITY_TOKEN_FILE", web ? token : "");
    bed_set(b, "AWS_ROLE_ARN", web ? ROLE : "");
    bed_set(b, "AWS_ENDPOINT_URL_SSO", mini_url(b->sts));
    bed_set(b, "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            on & 1u << CONTAINER ? mini_url(b->sts) : "");
    bed_set(b, "AWS_EC2_METADATA_DISABLED", on & 1u << IMDS ? "" : "true");
    bed_set(b, "AWS_EC2_METADATA_SERVICE_ENDPOINT", mini_url(b->sts));
    free(token);
}

/* What the winner will ask for on the wire. */
static void serve(struct bed *b, int winner)
{
    char body[200];

    snprintf(body, sizeof(body), meta, keys[winner]);
    switch (winner) {
    case ROLE_:
        bed_sts(b, "AssumeRole", "ROLE", 60);
        break;
    case WEB:
        bed_sts(b, "AssumeRoleWithWebIdentity", "WEB", 60);
        break;
    case SSO:
        mini_reply(b->sts, 200, "{\"roleCredentials\":{\"accessKeyId\":"
                   "\"SSO\",\"secretAccessKey\":\"s\",\"sessionToken\":\"t\","
                   "\"expiration\":1795275127000}}");
        break;
    case IMDS:
        mini_reply(b->sts, 200, "token");
        mini_reply(b->sts, 200, "role");
        mini_reply(b->sts, 200, body);
        break;
    case CONTAINER:
        mini_reply(b->sts, 200, body);
        break;
    default:
        break;
    }
}

static void expect(struct bed *b, int winner)
{
    struct cred_chain *chain = aws_session_creds(b->session);

    assert_provides(b, keys[winner]);
    assert_int_equal(cred_chain_n_notes(chain), N);
    for (int i = 0; i < N; i++)
        assert_int_equal(cred_chain_note(chain, (size_t)i)->said,
                         i < winner    ? CRED_PASSED
                         : i == winner ? CRED_PROVIDED
                                       : CRED_NOT_ASKED);
}

static void with_aws_profile_the_environment_comes_first(void **state)
{
    struct bed *b = *state;

    bed_set(b, "AWS_PROFILE", "p");
    for (int w = 0; w < N; w++) {
        unsigned on = ~0u << w; /* this one and all after it */

        write_files(b, on, false);
        set_env(b, on);
        serve(b, w);
        bed_fetch(b, NULL);
        expect(b, w);
    }
}

static void each_is_found_when_it_is_alone(void **state)
{
    struct bed *b = *state;

    bed_set(b, "AWS_PROFILE", "p");
    for (int w = 0; w < N; w++) {
        write_files(b, 1u << w, false);
        set_env(b, 1u << w);
        serve(b, w);
        bed_fetch(b, NULL);
        expect(b, w);
    }
}

static void under_profile_the_environment_is_passed_over(void **state)
{
    struct bed *b = *state;

    bed_set(b, "AWS_PROFILE", "base"); /* the option is stronger */
    for (int w = ROLE_; w < N; w++) {
        unsigned on = ~0u << w;

        write_files(b, on, w == WEB);
        set_env(b, on | 1u << ENV | 1u << WEB);
        serve(b, w);
        bed_fetch(b, "p");
        expect(b, w);
    }
}

static void none_of_all_tells_what_each_said(void **state)
{
    struct bed *b = *state;
    struct cred_chain *chain;

    bed_set(b, "AWS_PROFILE", "p");
    write_files(b, 0, false);
    set_env(b, 0);
    bed_fetch(b, NULL);
    assert_int_equal(b->err.code, ERR_CREDENTIALS);
    chain = aws_session_creds(b->session);
    for (int i = 0; i < N; i++) {
        const struct cred_note *note = cred_chain_note(chain, (size_t)i);

        assert_int_equal(note->said, CRED_PASSED);
        assert_true(note->why[0] && note->help[0]);
        assert_non_null(strstr(note->name, names[i]));
    }
}

/* They can't be had anew: used to their end, and then it is said. */
static void environment_keys_last_to_their_end(void **state)
{
    struct bed *b = *state;
    struct cred_chain *chain;

    set_env(b, 1u << ENV);
    bed_set(b, "AWS_SECURITY_TOKEN", "old name");
    bed_set(b, "AWS_SESSION_TOKEN", "new name");
    bed_set(b, "AWS_ACCOUNT_ID", "123456789012");
    bed_set(b, "AWS_CREDENTIAL_EXPIRATION", "2026-11-21T15:32:07Z");
    bed_fetch(b, NULL);
    assert_provides(b, "ENV");
    assert_string_equal(b->token, "old name");
    assert_string_equal(b->account, "123456789012");
    chain = aws_session_creds(b->session);
    assert_int_equal(cred_chain_current(chain)->expires_ms, WALL + 3600000);
    for (int s = 0; s < 3599; s++) {
        clock_advance(b->clock, 1000);
        if (!cred_chain_current(chain))
            bed_again(b);
        assert_int_equal(b->err.code, 0);
    }
    assert_int_equal(cred_chain_generation(chain), 1);
    clock_advance(b->clock, 1000);
    bed_again(b);
    assert_int_equal(b->err.code, ERR_EXPIRED);
    assert_says(b, "AWS_CREDENTIAL_EXPIRATION");
}

/* Sources of a role: every kind of profile, and every place. */
static void a_role_takes_any_source(void **state)
{
    static const struct {
        int source;
        const char *place; /* NULL = source_profile */
    } rows[] = {{ROLE_, NULL}, {SSO, NULL}, {SHARED, NULL}, {LOGIN, NULL},
                {PROCESS, NULL}, {CONFIG, NULL}, {ENV, "Environment"},
                {CONTAINER, "EcsContainer"}, {IMDS, "ec2instancemetadata"}};
    struct bed *b = *state;
    char want[80], auth[400];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        unsigned on = 1u << rows[i].source;
        char *path = xasprintf("%s/.aws/config", b->home);
        FILE *f;

        write_files(b, on, false);
        set_env(b, on);
        f = fopen(path, "a");
        fprintf(f, "[profile top]\nrole_arn = top\n%s = %s\n",
                rows[i].place ? "credential_source" : "source_profile",
                rows[i].place ? rows[i].place : "p");
        fclose(f);
        free(path);
        serve(b, rows[i].source);
        bed_sts(b, "AssumeRole", "TOP", 60);
        bed_fetch(b, "top");
        assert_provides(b, "TOP");
        mini_header(b->sts, mini_count(b->sts) - 1, "authorization", auth,
                    sizeof(auth));
        snprintf(want, sizeof(want), "Credential=%s/", keys[rows[i].source]);
        assert_non_null(strstr(auth, want));
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, bed_set_up, bed_tear_down)
    const struct CMUnitTest tests[] = {
        T(with_aws_profile_the_environment_comes_first),
        T(each_is_found_when_it_is_alone),
        T(under_profile_the_environment_is_passed_over),
        T(none_of_all_tells_what_each_said),
        T(environment_keys_last_to_their_end),
        T(a_role_takes_any_source),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
