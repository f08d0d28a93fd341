/* Assume-role: the matrix of arguments, sources, chains, MFA, STS's answers.
 */
#include "tests/backend/role_bed.h"

#define BASE "[profile base]\naws_access_key_id = BASE\n" \
             "aws_secret_access_key = S\n"

/* ---- arguments ---- */

static void the_request_holds_what_the_profile_says(void **state)
{
    struct bed *b = *state;
    char auth[400];

    bed_put(b, ".aws/config", BASE
            "[profile ops]\nrole_arn = " ROLE "\nsource_profile = base\n"
            "external_id = x y\nduration_seconds = 900\n"
            "role_session_name = ann\n");
    bed_sts(b, "AssumeRole", "ROLEKEY", 60);
    bed_fetch(b, "ops");
    assert_provides(b, "ROLEKEY");
    assert_string_equal(b->token, "TOKENOFROLEKEY");
    assert_string_equal(b->account, "210987654321");
    assert_non_null(strstr(b->source, ROLE));
    assert_int_equal(mini_count(b->sts), 1);
    assert_sent(b, 0, "Action=AssumeRole");
    assert_sent(b, 0, "RoleArn=arn%3Aaws%3Aiam%3A%3A210987654321%3Arole%2Fops");
    assert_sent(b, 0, "RoleSessionName=ann");
    assert_sent(b, 0, "ExternalId=x%20y");
    assert_sent(b, 0, "DurationSeconds=900");
    assert_non_null(mini_header(b->sts, 0, "authorization", auth,
                                sizeof(auth)));
    assert_non_null(strstr(auth, "Credential=BASE/"));
    assert_non_null(strstr(auth, "/eu-west-1/sts/"));
}

static void a_session_name_is_made_up(void **state)
{
    struct bed *b = *state;

    bed_put(b, ".aws/config", BASE
            "[profile ops]\nrole_arn = " ROLE "\nsource_profile = base\n"
            "duration_seconds = soon\n");
    bed_sts(b, "AssumeRole", "K", 60);
    bed_fetch(b, "ops");
    assert_provides(b, "K");
    assert_sent(b, 0, "RoleSessionName=ecsdash-1795271527");
    assert_null(strstr(mini_body(b->sts, 0), "DurationSeconds"));
    assert_null(strstr(mini_body(b->sts, 0), "ExternalId"));
}

static const struct {
    const char *config, *says[2];
} wrong[] = {
    {"role_arn = " ROLE "\nsource_profile = base\n"
     "credential_source = Environment\n",
     {"both source_profile and credential_source", "\"ops\""}},
    {"role_arn = " ROLE "\n", {"neither source_profile nor", "\"ops\""}},
    {"role_arn = " ROLE "\nsource_profile = bose\n",
     {"source_profile \"bose\" does not exist", "base, ops"}},
    {"role_arn = " ROLE "\ncredential_source = Moon\n",
     {"credential_source \"Moon\" is none of Environment", ""}},
    {"role_arn = " ROLE "\nsource_profile = ops\n",
     {"leads back to itself (ops -> ops)", ""}},
    {"role_arn = " ROLE "\nsource_profile = two\n[profile two]\n"
     "role_arn = r2\nsource_profile = three\n[profile three]\n"
     "role_arn = r3\nsource_profile = ops\n",
     {"leads back to itself (ops -> two -> three -> ops)", ""}},
    /* Keys of the top do not make a circle good. */
    {"role_arn = " ROLE "\nsource_profile = two\naws_access_key_id = K\n"
     "aws_secret_access_key = S\n[profile two]\nrole_arn = r2\n"
     "source_profile = ops\n", {"leads back to itself", ""}},
    {"role_arn = " ROLE "\nsource_profile = half\n[profile half]\n"
     "aws_access_key_id = K\n", {"source_profile \"half\"",
                                 "no aws_secret_access_key"}},
    {"role_arn = " ROLE "\nsource_profile = bare\n[profile bare]\n"
     "region = eu-west-1\n", {"source_profile \"bare\"",
                              "No AWS credentials were found"}},
    {"role_arn = " ROLE "\ncredential_source = environment\n",
     {"credential_source environment", "AWS_ACCESS_KEY_ID is not set"}},
    {"role_arn = " ROLE "\nsource_profile = base\nmfa_serial = m\n",
     {"MFA code for m", "aws sts get-caller-identity --profile ops"}},
};

static void what_makes_no_sense_is_said(void **state)
{
    struct bed *b = *state;

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        char *text = xasprintf(BASE "[profile ops]\n%s", wrong[i].config);

        bed_put(b, ".aws/config", text);
        free(text);
        bed_fetch(b, "ops");
        assert_says(b, wrong[i].says[0]);
        assert_says(b, wrong[i].says[1]);
    }
    assert_int_equal(mini_count(b->sts), 0);
}

/* ---- sources ---- */

static void chains_are_walked_from_their_root(void **state)
{
    struct bed *b = *state;
    char h[400];

    bed_put(b, ".aws/credentials", "[root]\naws_access_key_id = ROOT\n"
            "aws_secret_access_key = S\n");
    bed_put(b, ".aws/config",
            "[profile a]\nrole_arn = ra\nsource_profile = b\n"
            "[profile b]\nrole_arn = rb\nsource_profile = root\n");
    bed_sts(b, "AssumeRole", "MIDDLE", 60);
    bed_sts(b, "AssumeRole", "LAST", 60);
    bed_fetch(b, "a");
    assert_provides(b, "LAST");
    assert_sent(b, 0, "RoleArn=rb");
    assert_sent(b, 1, "RoleArn=ra");
    mini_header(b->sts, 0, "authorization", h, sizeof(h));
    assert_non_null(strstr(h, "Credential=ROOT/"));
    mini_header(b->sts, 1, "authorization", h, sizeof(h));
    assert_non_null(strstr(h, "Credential=MIDDLE/"));
    mini_header(b->sts, 1, "x-amz-security-token", h, sizeof(h));
    assert_string_equal(h, "TOKENOFMIDDLE");
}

static void a_profile_may_be_its_own_source(void **state)
{
    struct bed *b = *state;
    char h[400];

    bed_put(b, ".aws/config", "[profile ops]\nrole_arn = " ROLE "\n"
            "source_profile = ops\naws_access_key_id = OWN\n"
            "aws_secret_access_key = S\n");
    bed_sts(b, "AssumeRole", "K", 60);
    bed_fetch(b, "ops");
    assert_provides(b, "K");
    mini_header(b->sts, 0, "authorization", h, sizeof(h));
    assert_non_null(strstr(h, "Credential=OWN/"));
}

/* A source profile that has both keys and a role gives its keys. */
static void keys_of_a_source_beat_its_role(void **state)
{
    struct bed *b = *state;

    bed_put(b, ".aws/config", "[profile ops]\nrole_arn = " ROLE "\n"
            "source_profile = mid\n[profile mid]\nrole_arn = other\n"
            "source_profile = mid\naws_access_key_id = MID\n"
            "aws_secret_access_key = S\n");
    bed_sts(b, "AssumeRole", "K", 60);
    bed_fetch(b, "ops");
    assert_provides(b, "K");
    assert_int_equal(mini_count(b->sts), 1);
}

static void credential_source_environment_counts_under_profile(void **state)
{
    struct bed *b = *state;
    char h[400];

    bed_put(b, ".aws/config", "[profile ops]\nrole_arn = " ROLE "\n"
            "credential_source = Environment\n");
    bed_set(b, "AWS_ACCESS_KEY_ID", "ENVKEY");
    bed_set(b, "AWS_SECRET_ACCESS_KEY", "S");
    bed_sts(b, "AssumeRole", "K", 60);
    bed_fetch(b, "ops");
    assert_provides(b, "K");
    mini_header(b->sts, 0, "authorization", h, sizeof(h));
    assert_non_null(strstr(h, "Credential=ENVKEY/"));
}

static void what_sts_refuses_is_told_with_the_profile(void **state)
{
    struct bed *b = *state;

    bed_put(b, ".aws/config", BASE
            "[profile ops]\nrole_arn = " ROLE "\nsource_profile = base\n");
    bed_sts_error(b, 403, "AccessDenied", "User x is not authorized");
    bed_fetch(b, "ops");
    assert_int_equal(b->err.code, ERR_DENIED);
    assert_says(b, "profile \"ops\"");
    assert_says(b, "User x is not authorized");
    mini_reply(b->sts, 200, "<AssumeRoleResponse/>");
    bed_fetch(b, "ops");
    assert_int_equal(b->err.code, ERR_PARSE);
}

static void a_role_is_renewed_while_the_old_one_lives(void **state)
{
    struct bed *b = *state;
    struct cred_chain *chain;

    bed_put(b, ".aws/config", BASE
            "[profile ops]\nrole_arn = " ROLE "\nsource_profile = base\n");
    bed_sts(b, "AssumeRole", "K1", 60);
    bed_fetch(b, "ops");
    chain = aws_session_creds(b->session);
    for (int i = 0; i < 3; i++) { /* outlives three expiries */
        clock_advance(b->clock, 51 * 60000);
        bed_sts(b, "AssumeRole", i == 2 ? "LAST" : "K", 60);
        bed_again(b);
        assert_int_equal(b->err.code, 0);
        assert_non_null(cred_chain_current(chain));
    }
    assert_provides(b, "LAST");
}

/* ---- MFA ---- */

#define MFA_CONFIG BASE "[profile ops]\nrole_arn = " ROLE "\n" \
    "source_profile = base\nmfa_serial = arn:aws:iam::1:mfa/ann\n"

static bool asked_all(void *arg)
{
    struct bed *b = arg;

    return b->n == 50;
}

static void a_code_is_asked_once_for_all(void **state)
{
    struct bed *b = *state;

    bed_put(b, ".aws/config", MFA_CONFIG);
    b->codes[0] = "123456";
    bed_sts(b, "AssumeRole", "K", 60);
    bed_fetch_asking(b, "ops", true);
    assert_provides(b, "K");
    assert_int_equal(b->asked, 1);
    assert_string_equal(b->prompt, "MFA code for arn:aws:iam::1:mfa/ann");
    assert_sent(b, 0, "TokenCode=123456");
    assert_sent(b, 0, "SerialNumber=arn%3Aaws%3Aiam%3A%3A1%3Amfa%2Fann");
    /* Half an hour of quiet attempts: nobody is disturbed, nothing is sent.
     */
    clock_advance(b->clock, 59 * 60000);
    loop_until(b->loop, bed_told, b, 100);
    assert_int_equal(b->asked, 1);
    assert_int_equal(mini_count(b->sts), 1);
    assert_non_null(cred_chain_current(aws_session_creds(b->session)));
    /* Over: fifty calls wait, one question is put. */
    clock_advance(b->clock, 60000);
    b->codes[1] = "654321";
    bed_sts(b, "AssumeRole", "K2", 60);
    b->n = 0;
    for (int i = 0; i < 50; i++)
        cred_chain_wait(aws_session_creds(b->session), &b->scope,
                        bed_on_creds, b, NULL);
    assert_true(loop_until(b->loop, asked_all, b, 20000));
    assert_provides(b, "K2");
    assert_int_equal(b->asked, 2);
}

static void a_wrong_code_is_asked_again(void **state)
{
    struct bed *b = *state;

    bed_put(b, ".aws/config", MFA_CONFIG);
    b->codes[0] = "12ab"; /* not sent at all */
    b->codes[1] = "111111";
    b->codes[2] = "222222";
    bed_sts_error(b, 403, "AccessDenied", "MultiFactorAuthentication failed "
                  "with invalid MFA one time pass code.");
    bed_sts(b, "AssumeRole", "K", 60);
    bed_fetch_asking(b, "ops", true);
    assert_provides(b, "K");
    assert_int_equal(b->asked, 3);
    assert_non_null(strstr(b->prompt, "That was not the code."));
    assert_int_equal(mini_count(b->sts), 2);
    assert_sent(b, 0, "TokenCode=111111");
    assert_sent(b, 1, "TokenCode=222222");
}

static void a_refusal_ends_it(void **state)
{
    struct bed *b = *state;

    bed_put(b, ".aws/config", MFA_CONFIG);
    bed_fetch_asking(b, "ops", true);
    assert_says(b, "no MFA code was given for arn:aws:iam::1:mfa/ann");
    assert_int_equal(b->asked, 1);
    clock_advance(b->clock, 3600000);
    bed_again(b); /* not asked again by itself */
    assert_int_equal(b->asked, 1);
    b->codes[1] = "123456";
    bed_sts(b, "AssumeRole", "K", 60);
    cred_chain_retry(aws_session_creds(b->session));
    bed_again(b);
    assert_provides(b, "K");
    assert_int_equal(mini_count(b->sts), 1);
}

static void three_codes_that_are_none_are_enough(void **state)
{
    struct bed *b = *state;

    bed_put(b, ".aws/config", MFA_CONFIG);
    b->codes[0] = "12";
    b->codes[1] = b->codes[2] = "x";
    bed_fetch_asking(b, "ops", true);
    assert_says(b, "3 times");
    assert_int_equal(mini_count(b->sts), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, bed_set_up, bed_tear_down)
    const struct CMUnitTest tests[] = {
        T(the_request_holds_what_the_profile_says),
        T(a_session_name_is_made_up),
        T(what_makes_no_sense_is_said),
        T(chains_are_walked_from_their_root),
        T(a_profile_may_be_its_own_source),
        T(keys_of_a_source_beat_its_role),
        T(credential_source_environment_counts_under_profile),
        T(what_sts_refuses_is_told_with_the_profile),
        T(a_role_is_renewed_while_the_old_one_lives),
        T(a_code_is_asked_once_for_all),
        T(a_wrong_code_is_asked_again),
        T(a_refusal_ends_it),
        T(three_codes_that_are_none_are_enough),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
