/* The pure parts of backend/aws, as tables: error bodies, endpoints, regions,
 * profiles, identities, request forms. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/aws/client.h"
#include "backend/aws/endpoint.h"
#include "backend/aws/errors.h"
#include "backend/aws/params.h"
#include "backend/aws/profile.h"
#include "backend/aws/region.h"
#include "backend/base/mem.h"
#include "tests/backend/made_env.h"

/* ---- errors ---- */

static const struct aws_op op = {
    .service = AWS_ECS, .name = "DescribeServices"};

static void error_bodies_are_understood(void **state)
{
    static const struct {
        int status;
        const char *headers, *body;
        enum err_code code;
        bool retryable;
        const char *aws_code, *message, *id;
    } rows[] = {
        {400, "x-amzn-requestid: r-1\r\n",
         "{\"__type\":\"ThrottlingException\",\"message\":\"Rate exceeded\"}",
         ERR_THROTTLED, true, "ThrottlingException",
         "DescribeServices: ThrottlingException: Rate exceeded.", "r-1"},
        {400, "", "{\"__type\":\"com.amazonaws.ecs#ClusterNotFoundException\","
         "\"message\":\"Cluster not found.\"}", ERR_NOT_FOUND, false,
         "ClusterNotFoundException",
         "DescribeServices: ClusterNotFoundException: Cluster not found.", ""},
        {400, "x-amzn-ErrorType: AccessDeniedException:http://x/\r\n",
         "{\"Message\":\"no\",\"__type\":\"Other\"}", ERR_DENIED, false,
         "AccessDeniedException", "AccessDeniedException: no.", ""},
        {400, "x-amzn-query-error: ResourceNotFound;Sender\r\n",
         "{\"__type\":\"ResourceNotFoundException\",\"message\":\"m\"}",
         ERR_NOT_FOUND, false, "ResourceNotFound", "m", ""},
        {400, "", "{\"code\":\"ExpiredTokenException\"}", ERR_EXPIRED, false,
         "ExpiredTokenException", "DescribeServices: ExpiredTokenException.",
         ""},
        {403, "", "<ErrorResponse xmlns=\"https://sts\"><Error><Type>Sender"
         "</Type><Code>InvalidClientTokenId</Code><Message>The token is "
         "invalid &amp; old.</Message></Error><RequestId>x-2</RequestId>"
         "</ErrorResponse>", ERR_CREDENTIALS, false, "InvalidClientTokenId",
         "The token is invalid & old.", "x-2"},
        {400, "", "<?xml version=\"1.0\"?>\n<Response><Errors><Error><Code>"
         "RequestLimitExceeded</Code><Message>slow</Message></Error></Errors>"
         "<RequestID>x-3</RequestID></Response>", ERR_THROTTLED, true,
         "RequestLimitExceeded", "slow", "x-3"},
        {502, "", "<html><head><title>502 Bad\nGateway</title></head></html>",
         ERR_AWS, true, "", "HTTP 502: DescribeServices: 502 Bad Gateway.",
         ""},
        {500, "", "", ERR_AWS, true, "", "no reason was given", ""},
        {501, "", "nope", ERR_AWS, false, "", "nope", ""},
        {429, "", "", ERR_THROTTLED, true, "", "HTTP 429", ""},
        {403, "", "proxy says no", ERR_DENIED, false, "", "proxy says no", ""},
        {400, "", "{\"__type\":\"LimitExceededException\",\"message\":\"m\"}",
         ERR_AWS, false, "LimitExceededException", "m", ""},
        {500, "", "{\"__type\":\"ServerException\",\"message\":\"oops\"}",
         ERR_AWS, true, "ServerException", "oops", ""},
        {400, "", "{\"__type\":\"Bad\\u001b[31mCode\",\"message\":\"\\u001b"
         "[2Jx\"}", ERR_AWS, false, "Bad", "[2Jx", ""},
        {400, "", "{\"__type\":3,\"message\":null}", ERR_AWS, false, "", "",
         ""},
        {400, "", "{broken", ERR_AWS, false, "", "{broken", ""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_reply r = {.status = rows[i].status};
        struct err err;

        strbuf_puts(&r.body, rows[i].body);
        strbuf_printf(&r.raw_headers, "HTTP/1.1 400 X\r\n%s\r\n",
                      rows[i].headers);
        errors_decode(&op, &r, &err);
        if (err.code != rows[i].code || err.retryable != rows[i].retryable ||
            strcmp(err.aws_code, rows[i].aws_code) != 0 ||
            strcmp(err.request_id, rows[i].id) != 0 ||
            err.http_status != rows[i].status ||
            !strstr(err.message, rows[i].message) ||
            strchr(err.message, '\033'))
            fail_msg("row %zu: %d %d '%s' '%s' \"%s\"", i, err.code,
                     err.retryable, err.aws_code, err.request_id,
                     err.message);
        strbuf_release(&r.body);
        strbuf_release(&r.raw_headers);
    }
}

/* ---- XML ---- */

static void xml_text_finds_one_path_only(void **state)
{
    static const struct {
        const char *body, *path, *want;
    } rows[] = {
        {"<R><A><B>x</B></A></R>", "A/B", "x"},
        {"<R><A><C/><B>x</B></A></R>", "A/B", "x"},
        {"<R><B>no</B><A><B>x</B></A></R>", "A/B", "x"},
        {"<R><A><X><B>no</B></X></A></R>", "A/B", NULL},
        {"<R><A/><A><B>second</B></A></R>", "A/B", "second"},
        {"<R><A><B>1</B><B>2</B></A></R>", "A/B", "1"},
        {"<R><A><B>a&lt;b<!-- c --></B></A></R>", "A/B", "a<b"},
        {"<R><A><B></B></A></R>", "A/B", ""},
        {"<R><A><B>x<B>y</B></B></A></R>", "A/B", "x"},
        {"<R><A><B>x</B></A>", "A/B", NULL}, /* cut */
        {"<!DOCTYPE R [<!ENTITY e \"v\">]><R><A>&e;</A></R>", "A", NULL},
        {"", "A", NULL},
        {"<R><AB>no</AB><A>x</A></R>", "A", "x"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *s = xml_text(rows[i].body, strlen(rows[i].body), rows[i].path);

        if (!!s != !!rows[i].want || (s && strcmp(s, rows[i].want) != 0))
            fail_msg("row %zu: %s", i, s ? s : "(null)");
        free(s);
    }
}

/* ---- request bodies ---- */

static void query_form_flattens_lists_and_objects(void **state)
{
    static const struct aws_op elb = {
        .service = AWS_ELBV2, .name = "DescribeTargetHealth"};
    static const struct aws_op ec2 = {
        .service = AWS_EC2, .name = "DescribeNetworkInterfaces"};
    struct strbuf b = STRBUF_INIT;
    json_t *p = json_pack("{s:s,s:[{s:s,s:i}],s:b}", "TargetGroupArn",
                          "arn:aws:x/y z", "Targets", "Id", "10.0.0.1",
                          "Port", 80, "Flag", 1);

    (void)state;
    assert_int_equal(params_body(&elb, p, &b), 0);
    assert_string_equal(
        strbuf_get(&b),
        "Action=DescribeTargetHealth&Version=2015-12-01"
        "&TargetGroupArn=arn%3Aaws%3Ax%2Fy%20z"
        "&Targets.member.1.Id=10.0.0.1&Targets.member.1.Port=80&Flag=true");
    json_decref(p);
    strbuf_clear(&b);
    p = json_pack("{s:[s,s]}", "NetworkInterfaceId", "eni-1", "eni-2");
    assert_int_equal(params_body(&ec2, p, &b), 0);
    assert_string_equal(strbuf_get(&b),
                        "Action=DescribeNetworkInterfaces&Version=2016-11-15"
                        "&NetworkInterfaceId.1=eni-1"
                        "&NetworkInterfaceId.2=eni-2");
    json_decref(p);
    strbuf_clear(&b);
    assert_int_equal(params_body(&op, NULL, &b), 0);
    assert_string_equal(strbuf_get(&b), "{}");
    strbuf_release(&b);
}

/* ---- endpoints ---- */

static void endpoints_follow_the_partition_table(void **state)
{
    static const struct {
        const char *region;
        enum aws_service service;
        const char *fips, *dual, *host;
    } rows[] = {
        {"eu-west-1", AWS_ECS, NULL, NULL, "ecs.eu-west-1.amazonaws.com"},
        {"us-east-1", AWS_LOGS, NULL, NULL, "logs.us-east-1.amazonaws.com"},
        {"cn-north-1", AWS_ECS, NULL, NULL,
         "ecs.cn-north-1.amazonaws.com.cn"},
        {"us-gov-west-1", AWS_STS, NULL, NULL,
         "sts.us-gov-west-1.amazonaws.com"},
        {"us-iso-east-1", AWS_ECS, NULL, NULL, "ecs.us-iso-east-1.c2s.ic.gov"},
        {"us-isob-east-1", AWS_ECS, NULL, NULL,
         "ecs.us-isob-east-1.sc2s.sgov.gov"},
        {"us-isof-south-1", AWS_ECS, NULL, NULL,
         "ecs.us-isof-south-1.csp.hci.ic.gov"},
        {"eu-isoe-west-1", AWS_ECS, NULL, NULL,
         "ecs.eu-isoe-west-1.cloud.adc-e.uk"},
        {"eusc-de-east-1", AWS_ECS, NULL, NULL,
         "ecs.eusc-de-east-1.amazonaws.eu"},
        {"xx-new-1", AWS_ECS, NULL, NULL, "ecs.xx-new-1.amazonaws.com"},
        {"us-east-1", AWS_ECR, NULL, NULL, "api.ecr.us-east-1.amazonaws.com"},
        {"us-east-1", AWS_ECR, NULL, "true", "ecr.us-east-1.api.aws"},
        {"us-east-1", AWS_ECS, "true", NULL,
         "ecs-fips.us-east-1.amazonaws.com"},
        {"us-east-1", AWS_ECS, "true", "true",
         "ecs-fips.us-east-1.api.aws"},
        {"us-gov-west-1", AWS_ECS, "true", NULL,
         "ecs-fips.us-gov-west-1.amazonaws.com"},
        {"us-gov-west-1", AWS_LOGS, "true", NULL,
         "logs.us-gov-west-1.amazonaws.com"},
        {"cn-north-1", AWS_ECS, NULL, "true",
         "ecs.cn-north-1.api.amazonwebservices.com.cn"},
    };
    bool known;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct var vars[] = {{"AWS_USE_FIPS_ENDPOINT", rows[i].fips},
                             {"AWS_USE_DUALSTACK_ENDPOINT", rows[i].dual},
                             {NULL, NULL}};
        struct aws_env env = env_of(vars);
        struct endpoints *e = endpoints_new(&env, NULL, NULL, NULL);
        struct endpoint ep;
        char url[600];

        assert_int_equal(endpoint_resolve(e, rows[i].service, rows[i].region,
                                          &ep, NULL), 0);
        assert_string_equal(ep.host, rows[i].host);
        snprintf(url, sizeof(url), "https://%s/", rows[i].host);
        assert_string_equal(ep.url, url);
        assert_string_equal(ep.path, "/");
        assert_false(ep.custom);
        endpoints_free(e);
    }
    assert_string_equal(partition_of("us-gov-east-1", &known)->name,
                        "aws-us-gov");
    assert_true(known);
    assert_string_equal(partition_of("xx-1", &known)->name, "aws");
    assert_false(known);
}

static void endpoint_overrides_have_their_order(void **state)
{
    char *config = write_temp(
        "[profile dev]\nservices = local\n"
        "endpoint_url = http://profile:1\n"
        "[services local]\necs =\n  endpoint_url = http://section:2\n");
    struct var vars[] = {{"AWS_CONFIG_FILE", config},
                         {"AWS_ENDPOINT_URL_ECS", "http://env-ecs:3/base"},
                         {"AWS_ENDPOINT_URL", "http://env-all:4"},
                         {"AWS_SHARED_CREDENTIALS_FILE", "/nonexistent"},
                         {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", NULL},
                         {NULL, NULL}};
    struct aws_env env = env_of(vars);
    struct err err;
    struct profile *p = profile_load(&env, "dev", &err);
    /* Each round takes one more away: service x ECS/Logs. */
    static const char *const want[][2] = {
        {"http://option/", "http://option/"},
        {"http://env-ecs:3/base", "http://env-all:4/"},
        {"http://env-all:4/", "http://env-all:4/"},
        {"http://section:2/", "http://profile:1/"},
        {"https://ecs.eu-west-1.amazonaws.com/",
         "https://logs.eu-west-1.amazonaws.com/"},
    };

    (void)state;
    assert_non_null(p);
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        struct endpoints *e;
        struct endpoint ep;

        if (i == 2)
            vars[1].value = NULL;
        if (i == 3)
            vars[2].value = NULL;
        if (i == 4)
            vars[4].value = "true";
        e = endpoints_new(&env, i == 0 ? "http://option" : NULL, p, &err);
        assert_non_null(e);
        assert_int_equal(endpoint_resolve(e, AWS_ECS, "eu-west-1", &ep, &err),
                         0);
        assert_string_equal(ep.url, want[i][0]);
        if (i == 1) {
            assert_string_equal(ep.host, "env-ecs:3");
            assert_string_equal(ep.path, "/base");
            assert_true(ep.custom);
        }
        assert_int_equal(endpoint_resolve(e, AWS_LOGS, "eu-west-1", &ep, &err),
                         0);
        assert_string_equal(ep.url, want[i][1]);
        endpoints_free(e);
    }
    profile_free(p);
    unlink(config);
    free(config);
}

static void bad_endpoints_are_refused(void **state)
{
    static const char *const bad[] = {
        "localhost:4566", "ftp://x", "http://", "http:///p", "http://h/?q=1",
        "http://u@h/", "http://h/#f", "http://h /"};
    struct endpoint ep;
    struct err err;
    struct endpoints *e = endpoints_new(NULL, "http://h:80/", NULL, &err);

    (void)state;
    assert_int_equal(endpoint_resolve(e, AWS_ECS, "eu-west-1", &ep, &err), 0);
    assert_string_equal(ep.host, "h"); /* the scheme's own port is not signed */
    endpoints_free(e);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_null(endpoints_new(NULL, bad[i], NULL, &err));
        assert_int_equal(err.code, ERR_CONFIG);
        assert_non_null(strstr(err.message, bad[i]));
    }
}

/* ---- regions and profiles ---- */

static void region_is_taken_from_the_first_that_says(void **state)
{
    char *config = write_temp("[default]\nregion = eu-north-1\n");
    struct var vars[] = {{"AWS_REGION", "us-east-1"},
                         {"AWS_DEFAULT_REGION", "us-west-2"},
                         {"AWS_CONFIG_FILE", config}, {NULL, NULL}};
    struct aws_env env = env_of(vars);
    struct err err;
    struct profile *p = profile_load(&env, NULL, &err);
    struct region r;

    (void)state;
    assert_int_equal(region_resolve(&env, "ap-south-1", NULL, p, &r, &err), 0);
    assert_string_equal(r.name, "ap-south-1");
    assert_string_equal(r.source, "--region");
    assert_int_equal(region_resolve(&env, NULL, NULL, p, &r, &err), 0);
    assert_string_equal(r.name, "us-east-1");
    assert_string_equal(r.source, "AWS_REGION");
    vars[0].value = "";
    assert_int_equal(region_resolve(&env, NULL, NULL, p, &r, &err), 0);
    assert_string_equal(r.name, "us-west-2");
    vars[1].value = NULL;
    assert_int_equal(region_resolve(&env, NULL, NULL, p, &r, &err), 0);
    assert_string_equal(r.name, "eu-north-1");
    assert_string_equal(r.source, "profile default");
    assert_int_equal(region_resolve(&env, NULL, NULL, NULL, &r, &err), -1);
    assert_int_equal(err.code, ERR_CONFIG);
    assert_non_null(strstr(err.message, "--region"));
    assert_non_null(strstr(err.message, "AWS_REGION"));
    assert_int_equal(region_resolve(&env, "eu.west/1", NULL, NULL, &r, &err), -1);
    assert_int_equal(err.code, ERR_CONFIG);
    assert_false(region_is_valid("-x"));
    assert_false(region_is_valid("x@y"));
    assert_false(region_is_valid(""));
    profile_free(p);
    unlink(config);
    free(config);
}

static void profile_merges_both_files_and_names_what_is_there(void **state)
{
    char *config = write_temp(
        "[default]\nregion=a\n[profile default]\noutput=b\n"
        "[profile dev]\nregion = eu-west-1\naws_access_key_id = CONFIG\n"
        "[profile ops]\nregion = x\n[dev2]\nregion = y\n");
    char *creds = write_temp("[dev]\naws_access_key_id = SHARED\n"
                             "[only]\naws_access_key_id = K\n");
    struct var vars[] = {{"AWS_CONFIG_FILE", config},
                         {"AWS_SHARED_CREDENTIALS_FILE", creds},
                         {"AWS_PROFILE", "ops"},
                         {"AWS_DEFAULT_PROFILE", "dev"}, {NULL, NULL}};
    struct aws_env env = env_of(vars);
    struct err err;
    struct profile *p = profile_load(&env, "dev", &err);

    (void)state;
    assert_non_null(p);
    assert_true(profile_is_explicit(p));
    assert_string_equal(profile_get(p, "aws_access_key_id"), "SHARED");
    assert_string_equal(profile_get_of_from(p, PROFILE_CONFIG, "dev",
                                            "aws_access_key_id"), "CONFIG");
    assert_string_equal(profile_get(p, "region"), "eu-west-1");
    assert_null(profile_get(p, "nothing"));
    assert_string_equal(profile_get_of(p, "default", "output"), "b");
    assert_null(profile_get_of(p, "default", "region")); /* beaten whole */
    profile_free(p);
    p = profile_load(&env, NULL, &err);
    assert_string_equal(profile_name(p), "ops");
    assert_string_equal(profile_source(p), "AWS_PROFILE");
    assert_false(profile_is_explicit(p));
    profile_free(p);
    vars[2].value = NULL;
    p = profile_load(&env, NULL, &err);
    assert_string_equal(profile_source(p), "AWS_DEFAULT_PROFILE");
    profile_free(p);
    /* A bare [dev2] in the config file is no profile. */
    assert_null(profile_load(&env, "dev2", &err));
    assert_int_equal(err.code, ERR_CONFIG);
    assert_non_null(strstr(err.message, "\"dev2\""));
    assert_non_null(strstr(err.message, config));
    assert_non_null(strstr(err.message, creds));
    assert_non_null(strstr(err.message, "has default, dev, ops;"));
    assert_non_null(strstr(err.message, "has only."));
    unlink(config);
    unlink(creds);
    free(config);
    free(creds);
}

static void missing_files_are_an_empty_default_profile(void **state)
{
    struct var vars[] = {{"HOME", "/nonexistent"}, {NULL, NULL}};
    struct var bare[] = {{NULL, NULL}};
    struct aws_env env = env_of(vars);
    struct err err;
    struct profile *p = profile_load(&env, NULL, &err);

    (void)state;
    assert_non_null(p);
    assert_string_equal(profile_path(p, PROFILE_CONFIG),
                        "/nonexistent/.aws/config");
    assert_false(profile_exists_named(p, "default"));
    profile_free(p);
    assert_null(profile_load(&env, "dev", &err));
    assert_non_null(strstr(err.message, "no profiles at all"));
    env = env_of(bare);
    p = profile_load(&env, NULL, &err); /* no HOME either */
    assert_non_null(p);
    profile_free(p);
}

/* ---- identity ---- */

static void identities_have_short_names(void **state)
{
    static const struct {
        const char *arn, *account, *partition, *name;
    } rows[] = {
        {"arn:aws:sts::123456789012:assumed-role/oncall/ann@example.org",
         "123456789012", "aws", "role/oncall"},
        {"arn:aws:iam::123456789012:user/division/ann", "123456789012", "aws",
         "user/ann"},
        {"arn:aws-cn:iam::123456789012:root", "123456789012", "aws-cn",
         "root"},
        {"arn:aws:sts::123456789012:federated-user/bob", "123456789012",
         "aws", "federated-user/bob"},
    };
    struct aws_identity id;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(aws_identity_from_arn(&id, rows[i].arn), 0);
        assert_string_equal(id.account, rows[i].account);
        assert_string_equal(id.partition, rows[i].partition);
        assert_string_equal(id.name, rows[i].name);
        assert_string_equal(id.arn, rows[i].arn);
    }
    assert_int_equal(aws_identity_from_arn(&id, "arn:aws:iam"), -1);
    assert_int_equal(aws_identity_from_arn(&id, "x:aws:iam::1:root"), -1);
    assert_int_equal(aws_identity_from_arn(
                         &id, "arn:aws:iam::12345678901234567890:root"), -1);
}

static void every_service_is_described(void **state)
{
    (void)state;
    for (int i = 0; i < AWS_SERVICE_N; i++) {
        const struct aws_service_info *s =
            aws_service_info((enum aws_service)i);
        bool query = s->protocol == AWS_QUERY || s->protocol == AWS_QUERY_EC2;

        assert_non_null(s->name);
        assert_non_null(s->host);
        assert_non_null(s->signing_name);
        assert_non_null(s->env_suffix);
        assert_non_null(s->config_key);
        assert_true(query ? s->version && !s->target
                    : s->protocol == AWS_REST_JSON
                        ? !s->version && !s->target
                        : s->target && !s->version);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_bodies_are_understood),
        cmocka_unit_test(xml_text_finds_one_path_only),
        cmocka_unit_test(query_form_flattens_lists_and_objects),
        cmocka_unit_test(endpoints_follow_the_partition_table),
        cmocka_unit_test(endpoint_overrides_have_their_order),
        cmocka_unit_test(bad_endpoints_are_refused),
        cmocka_unit_test(region_is_taken_from_the_first_that_says),
        cmocka_unit_test(profile_merges_both_files_and_names_what_is_there),
        cmocka_unit_test(missing_files_are_an_empty_default_profile),
        cmocka_unit_test(identities_have_short_names),
        cmocka_unit_test(every_service_is_described),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
