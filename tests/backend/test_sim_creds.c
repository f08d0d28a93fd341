/* Credentials that the simulator gives out: whose they are, what they open,
 * and when they end, to the millisecond of a driven clock. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/sim/creds.h"
#include "backend/sim/sim.h"
#include "backend/sim/wire.h"
#include "tests/lib/simlab.h"

#define STS "&Version=2011-06-15"
#define HOME "arn:aws:iam::123456789012:role/"
#define OTHER "arn:aws:iam::210987654321:role/"

static void as_first_key(struct lab *l)
{
    l->key[0] = l->secret[0] = l->token[0] = '\0';
    l->service = l->region = NULL;
}

static void call_sts(struct lab *l, const char *form)
{
    l->service = "sts";
    assert_int_equal(lab_call(l, "", form), 0);
    l->service = NULL;
}

/* The next calls are signed with what stands in the answer. */
static void take_keys(struct lab *l)
{
    lab_value(l, "AccessKeyId", l->key, sizeof(l->key));
    lab_value(l, "SecretAccessKey", l->secret, sizeof(l->secret));
    lab_value(l, strstr(l->got.data, "\"Token\"") ? "Token" : "SessionToken",
              l->token, sizeof(l->token));
}

static void become(struct lab *l, const char *arn)
{
    char form[300];
    as_first_key(l);
    snprintf(form, sizeof(form), "Action=AssumeRole&RoleArn=%s&"
             "RoleSessionName=me" STS, arn);
    call_sts(l, form);
    take_keys(l);
}

static void lists(struct lab *l, const char *said)
{
    assert_int_equal(lab_call(l, "ListClusters", "{}"), 0);
    lab_says(l, said);
}

/* ---- tests ---------------------------------------------------------- */

static void assumed_roles_have_a_name_an_account_and_a_world(void **state)
{
    struct lab *l = *state;
    become(l, HOME "oncall");
    call_sts(l, "Action=GetCallerIdentity" STS);
    lab_says(l, "<Arn>arn:aws:sts::123456789012:assumed-role/oncall/me<");
    lists(l, "cluster/prod-main");
    l->region = "us-east-1";
    lists(l, "arn:aws:ecs:us-east-1:123456789012:cluster/prod-us");
    become(l, OTHER "staging");
    l->region = "eu-central-1";
    lists(l, "arn:aws:ecs:eu-central-1:210987654321:cluster/staging-de");
    const struct sim_request *q =
        sim_request_at(l->sim, sim_requests(l->sim) - 1);
    assert_string_equal(q->access_key, l->key);
    assert_string_equal(q->region, "eu-central-1");
    assert_string_equal(q->account, "210987654321");
    l->token[10] ^= 1;
    lists(l, "UnrecognizedClientException");
    l->token[0] = '\0';
    lists(l, "UnrecognizedClientException");
}

static void credentials_end_when_their_time_is_over(void **state)
{
    struct lab *l = *state;
    char told[40];
    int64_t at;
    lab_restart(l, &(struct sim_options){.creds = "ttl=60"});
    become(l, HOME "oncall");
    lab_value(l, "Expiration", told, sizeof(told));
    assert_int_equal(fmt_parse_iso(told, &at), 0);
    assert_int_equal(at, LAB_WALL + 60000);
    clock_advance(l->clock, 59999);
    lists(l, "prod-main");
    clock_advance(l->clock, 1);
    lists(l, "ExpiredTokenException");
    call_sts(l, "Action=GetCallerIdentity" STS);
    lab_says(l, "<Code>ExpiredToken<");
    become(l, HOME "oncall");
    lists(l, "prod-main");
}

static void their_end_can_come_unannounced(void **state)
{
    struct lab *l = *state;
    char told[40];
    int64_t at;
    lab_restart(l, &(struct sim_options){.creds = "ttl=5,told=3600,key=100"});
    become(l, HOME "oncall");
    lab_value(l, "Expiration", told, sizeof(told));
    assert_int_equal(fmt_parse_iso(told, &at), 0);
    assert_int_equal(at, LAB_WALL + 3600000);
    clock_advance(l->clock, 5000);
    lists(l, "ExpiredTokenException");
    as_first_key(l);
    lists(l, "prod-main");
    clock_advance(l->clock, 95000); /* the first key ends, too */
    lists(l, "ExpiredTokenException");
}

static void metadata_wants_a_token_that_is_good(void **state)
{
    struct lab *l = *state;
    char headers[120];
    struct strbuf token;
    static const char path[] =
        "GET /latest/meta-data/iam/security-credentials/node";
    lab_restart(l, &(struct sim_options){.creds = "no-imds-v1=1"});
    assert_int_equal(lab_ask(l, path, "", ""), 0);
    lab_says(l, "HTTP/1.1 401 ");
    assert_int_equal(lab_ask(l, "PUT /latest/api/token", "", ""), 0);
    lab_says(l, "HTTP/1.1 400 ");
    assert_int_equal(lab_ask(l, "PUT /latest/api/token", "X-aws-ec2-metadata-"
                             "token-ttl-seconds: 10\r\n", ""), 0);
    lab_body(l, &token);
    snprintf(headers, sizeof(headers), "X-aws-ec2-metadata-token: %s\r\n",
             strbuf_get(&token));
    strbuf_release(&token);
    assert_int_equal(lab_ask(l, path, headers, ""), 0);
    take_keys(l);
    lists(l, "prod-main");
    assert_int_equal(lab_ask(l, "GET /latest/meta-data/placement/"
                             "availability-zone", headers, ""), 0);
    lab_says(l, "\r\n\r\neu-west-1a");
    clock_advance(l->clock, 10000);
    assert_int_equal(lab_ask(l, path, headers, ""), 0);
    lab_says(l, "HTTP/1.1 401 ");
}

static void version_one_of_metadata_is_open(void **state)
{
    struct lab *l = *state;
    assert_int_equal(lab_ask(l, "GET /latest/meta-data/iam/security-"
                             "credentials/", "", ""), 0);
    lab_says(l, "\r\n\r\nnode");
    assert_int_equal(lab_ask(l, "GET /latest/meta-data/iam/security-"
                             "credentials/nobody", "", ""), 0);
    lab_says(l, "HTTP/1.1 404 ");
}

static void faults_spoil_the_credentials_themselves(void **state)
{
    struct lab *l = *state;
    struct err err;
    assert_int_equal(sim_fault_parse(l->sim, "wrong:AssumeRole,"
                                     "expired:process:*", &err), 0);
    become(l, HOME "oncall");
    lists(l, "InvalidSignatureException");
    assert_int_equal(lab_ask(l, "GET /process", "", ""), 0);
    take_keys(l);
    lists(l, "ExpiredTokenException");
    assert_int_equal(lab_ask(l, "GET /process", "", ""), 0);
    take_keys(l);
    lists(l, "prod-main");
}

static void an_sso_token_ends(void **state)
{
    struct lab *l = *state;
    char headers[120], *first;
    static const char ask[] = "GET /federation/credentials?role_name=OnCall&"
                              "account_id=210987654321";
    lab_restart(l, &(struct sim_options){.creds = "sso=300"});
    first = sim_describe(l->sim);
    json_t *o = json_loads(first, 0, NULL);
    snprintf(headers, sizeof(headers), "x-amz-sso_bearer_token: %s\r\n",
             json_string_value(json_object_get(o, "sso_token")));
    assert_int_equal(lab_ask(l, ask, headers, ""), 0);
    lab_says(l, "\"roleCredentials\":{\"accessKeyId\":\"ASIA");
    clock_advance(l->clock, 300000);
    assert_int_equal(lab_ask(l, ask, headers, ""), 0);
    lab_says(l, "HTTP/1.1 401 ");
    lab_says(l, "x-amzn-ErrorType: UnauthorizedException");
    json_decref(o);
    free(first);
}

static void denied_actions_follow_the_role_and_the_world(void **state)
{
    struct lab *l = *state;
    static const char scale[] = "{\"cluster\":\"prod-main\",\"service\":"
                                "\"cart\",\"desiredCount\":9}";
    become(l, HOME "readonly");
    lists(l, "prod-main");
    assert_int_equal(lab_call(l, "UpdateService", scale), 0);
    lab_says(l, "AccessDeniedException");
    lab_says(l, "User: arn:aws:sts::123456789012:assumed-role/readonly/me is "
                "not authorized to perform: ecs:UpdateService on resource: ");
    as_first_key(l);
    assert_int_equal(lab_call(l, "UpdateService", scale), 0);
    lab_says(l, "\"desiredCount\":9");
    sim_set_deny(l->sim, "logs:*,ecs:update*");
    assert_int_equal(lab_call(l, "UpdateService", scale), 0);
    lab_says(l, "AccessDeniedException");
    lists(l, "prod-main");
    sim_set_deny(l->sim, "sts:*"); /* this one needs no permission */
    call_sts(l, "Action=GetCallerIdentity" STS);
    lab_says(l, "HTTP/1.1 200 ");
    call_sts(l, "Action=AssumeRole&RoleArn=" HOME "oncall&RoleSessionName=me"
                STS);
    lab_says(l, "<Code>AccessDenied<");
}

static void wrong_spellings_of_lives_are_named(void **state)
{
    static const char *const bad[] = {"ttl", "ttl=x", "life=3", "ttl=-1"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct sim_lives l = {0};
        struct err err = {0};
        assert_int_equal(sim_lives_parse(&l, bad[i], &err), -1);
        assert_int_equal(err.code, ERR_USAGE);
        assert_non_null(strstr(err.message, "--sim-creds"));
    }
}

static void patterns_match_whole_actions_in_any_case(void **state)
{
    (void)state;
    assert_true(sim_listed("ecs:UpdateService", "ecs:UpdateService"));
    assert_true(sim_listed("a:b,ECS:update*", "ecs:UpdateService"));
    assert_true(sim_listed("*", "ecs:UpdateService"));
    assert_true(sim_listed("ecs:*Service", "ecs:UpdateService"));
    assert_false(sim_listed("ecs:Update", "ecs:UpdateService"));
    assert_false(sim_listed("ecs:UpdateServices", "ecs:UpdateService"));
    assert_false(sim_listed("", "ecs:UpdateService"));
    assert_false(sim_listed(NULL, "ecs:UpdateService"));
}

/* ---- forms and XML -------------------------------------------------- */

static void forms_become_trees(void **state)
{
    (void)state;
    static const struct sim_member members[] = {
        {"N", T_INT, false}, {"B", T_BOOL, false}, {"S", T_STRING, false},
        {0}};
    static const struct {
        const char *form, *json;
    } cases[] = {
        {"Action=X&Version=1&S=a%20b%2Bc+d", "{\"S\":\"a b+c d\"}"},
        {"N=12&B=true&S=7", "{\"N\":12,\"B\":true,\"S\":\"7\"}"},
        {"A.member.1=x&A.member.2=y", "{\"A\":[\"x\",\"y\"]}"},
        {"A.member.2.K=b&A.member.1.K=a&A.member.1.V=c",
         "{\"A\":[{\"K\":\"a\",\"V\":\"c\"},{\"K\":\"b\"}]}"},
        {"Id.1=e-1&Id.2=e-2", "{\"Id\":[\"e-1\",\"e-2\"]}"},
        {"A=1&A.member.1=2", "{\"A\":[\"2\"]}"},
        {"A.member.1001=x&&=y", "{\"A\":{\"1001\":\"x\"}}"},
        {"%", "{\"%\":\"\"}"},
        {"S=%00%zz", "{\"S\":\"%00%zz\"}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        json_t *o = sim_form_json(cases[i].form, members, true);
        json_t *want = json_loads(cases[i].json, 0, NULL);
        if (!json_equal(o, want))
            print_error("case: %s\n", cases[i].form);
        assert_true(json_equal(o, want));
        json_decref(o);
        json_decref(want);
    }
}

static void trees_become_xml(void **state)
{
    (void)state;
    struct strbuf b = STRBUF_INIT;
    struct sim_service_info info = {.protocol = P_QUERY, .xmlns = "ns"};
    json_t *o = json_pack("{s:[s,s], s:{s:b}}", "L", "a<b", "c&d", "O", "T",
                          1);
    sim_put_xml(&b, &info, "Op", o, "id");
    assert_string_equal(
        strbuf_get(&b),
        "<OpResponse xmlns=\"ns\">\n<OpResult><L><member>a&lt;b</member>"
        "<member>c&amp;d</member></L><O><T>true</T></O></OpResult>\n"
        "<ResponseMetadata><RequestId>id</RequestId></ResponseMetadata>\n"
        "</OpResponse>\n");
    strbuf_clear(&b);
    info.protocol = P_EC2;
    sim_put_xml(&b, &info, "Op", o, "id");
    assert_non_null(strstr(b.data, "<L><item>a&lt;b</item>"));
    assert_non_null(strstr(b.data, "<requestId>id</requestId>"));
    strbuf_release(&b);
    json_decref(o);
}

/* ---- journal -------------------------------------------------------- */

static void the_journal_is_a_file_of_ones_own(void **state)
{
    struct lab *l = *state;
    char dir[] = "/tmp/simjournal.XXXXXX", path[60], link[60], text[2000];
    struct stat st;
    struct err err = {0};
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/j", dir);
    snprintf(link, sizeof(link), "%s/l", dir);
    lab_restart(l, &(struct sim_options){.journal = path});
    lists(l, "prod-main");
    assert_int_equal(lab_ask(l, "GET /process", "", ""), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    int fd = open(path, O_RDONLY);
    ssize_t n = read(fd, text, sizeof(text) - 1);
    close(fd);
    assert_true(n > 0);
    text[n] = '\0';
    assert_non_null(strstr(text, "\"service\":\"ecs\",\"action\":"
                                 "\"ListClusters\""));
    assert_non_null(strstr(text, "\"signed\":true,\"status\":200}\n{"));
    assert_non_null(strstr(text, "\"service\":\"process\""));
    assert_int_equal(symlink(path, link), 0);
    assert_null(sim_new(&l->loop, &(struct sim_options){.journal = link},
                        &err));
    unlink(link);
    unlink(path);
    rmdir(dir);
}

#define TEST(f) \
    cmocka_unit_test_setup_teardown(f, lab_set_up, lab_tear_down)

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        TEST(assumed_roles_have_a_name_an_account_and_a_world),
        TEST(credentials_end_when_their_time_is_over),
        TEST(their_end_can_come_unannounced),
        TEST(metadata_wants_a_token_that_is_good),
        TEST(version_one_of_metadata_is_open),
        TEST(faults_spoil_the_credentials_themselves),
        TEST(an_sso_token_ends),
        TEST(denied_actions_follow_the_role_and_the_world),
        cmocka_unit_test(wrong_spellings_of_lives_are_named),
        cmocka_unit_test(patterns_match_whole_actions_in_any_case),
        cmocka_unit_test(forms_become_trees),
        cmocka_unit_test(trees_become_xml),
        TEST(the_journal_is_a_file_of_ones_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
