/* Where each service is: every case of tests/data/endpoints.tsv, and the
 * reason that goes with an endpoint. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/aws/endpoint.h"
#include "backend/aws/profile.h"
#include "backend/base/mem.h"
#include "tests/backend/made_env.h"

static enum aws_service service_of(const char *key)
{
    int s = 0;

    while (s < AWS_SERVICE_N &&
           strcmp(aws_service_info((enum aws_service)s)->config_key, key) != 0)
        s++;
    return (enum aws_service)s;
}

static void every_case_of_the_rule_sets_is_met(void **state)
{
    char *path = xasprintf("%s/tests/data/endpoints.tsv",
                           getenv("ECSDASH_ROOT"));
    FILE *f = fopen(path, "r");
    struct endpoints *by[4];
    bool seen[AWS_SERVICE_N] = {false};
    char key[64], region[64], variant[8], host[264], signs[64];
    int rows = 0;

    (void)state;
    assert_non_null(f);
    for (int i = 0; i < 4; i++) {
        struct var vars[] = {
            {"AWS_USE_FIPS_ENDPOINT", i & 2 ? "true" : "false"},
            {"AWS_USE_DUALSTACK_ENDPOINT", i & 1 ? "TRUE" : NULL},
            {NULL, NULL}};
        struct aws_env env = env_of(vars);

        by[i] = endpoints_new(&env, NULL, NULL, NULL);
        assert_non_null(by[i]);
    }
    while (fscanf(f, "%63s %63s %7s %263s %63s", key, region, variant, host,
                  signs) == 5) {
        int v = (strchr(variant, 'F') ? 2 : 0) + (strchr(variant, 'D') != 0);
        enum aws_service service = service_of(key);
        struct endpoint ep;

        assert_true(service < AWS_SERVICE_N);
        assert_int_equal(endpoint_resolve(by[v], service, region, &ep, NULL),
                         0);
        if (strcmp(ep.host, host) != 0 || strcmp(ep.region, signs) != 0)
            fail_msg("%s %s %s: %s signed for %s, not %s for %s", key, region,
                     variant, ep.host, ep.region, host, signs);
        assert_false(ep.custom);
        assert_true(ep.why[0]);
        seen[service] = true;
        rows++;
    }
    assert_true(feof(f));
    assert_true(rows > 1500);
    for (int s = 0; s < AWS_SERVICE_N; s++)
        assert_true(seen[s]);
    for (int i = 0; i < 4; i++)
        endpoints_free(by[i]);
    fclose(f);
    free(path);
}

static char *write_config(const char *text)
{
    char *path = xasprintf("%s/ecsdash-test-XXXXXX", getenv("TMPDIR"));
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (int)strlen(text));
    close(fd);
    return path;
}

/* Each row sets one thing; where ECS is then, and why. */
static void an_endpoint_says_why(void **state)
{
    static const struct {
        const char *config, *var, *value, *option, *region, *url, *why;
    } rows[] = {
        {"", NULL, NULL, NULL, "eu-west-1",
         "https://ecs.eu-west-1.amazonaws.com/",
         "the service's own name in partition aws"},
        {"", NULL, NULL, NULL, "xx-new-1",
         "https://ecs.xx-new-1.amazonaws.com/",
         "the service's own name in partition aws, as which an unknown region "
         "is taken"},
        {"", "AWS_USE_FIPS_ENDPOINT", "true", NULL, "cn-north-1",
         "https://ecs-fips.cn-north-1.amazonaws.com.cn/",
         "FIPS is asked for in partition aws-cn (AWS_USE_FIPS_ENDPOINT)"},
        {"use_dualstack_endpoint = true\n", "AWS_USE_FIPS_ENDPOINT", "true",
         NULL, "us-gov-west-1", "https://ecs-fips.us-gov-west-1.api.aws/",
         "FIPS and dual-stack are asked for in partition aws-us-gov "
         "(AWS_USE_FIPS_ENDPOINT, use_dualstack_endpoint of profile default)"},
        {"use_fips_endpoint = true\n", "AWS_USE_FIPS_ENDPOINT", "false", NULL,
         "eu-west-1", "https://ecs.eu-west-1.amazonaws.com/",
         "the service's own name in partition aws"},
        {"use_fips_endpoint = true\n", NULL, NULL, "http://127.0.0.1:9",
         "eu-west-1", "http://127.0.0.1:9/", "--endpoint-url"},
        {"", "AWS_ENDPOINT_URL_ECS", "http://127.0.0.1:9", NULL, "eu-west-1",
         "http://127.0.0.1:9/", "AWS_ENDPOINT_URL_ECS"},
        {"", "AWS_ENDPOINT_URL", "http://127.0.0.1:9", NULL, "eu-west-1",
         "http://127.0.0.1:9/", "AWS_ENDPOINT_URL"},
        {"endpoint_url = http://127.0.0.1:9\n", NULL, NULL, NULL, "eu-west-1",
         "http://127.0.0.1:9/", "endpoint_url of profile default"},
        {"services = s\n[services s]\necs =\n endpoint_url = http://[::1]:9\n",
         NULL, NULL, NULL, "eu-west-1", "http://[::1]:9/",
         "[services s] of profile default"},
        {"endpoint_url = http://127.0.0.1:9\n"
         "ignore_configured_endpoint_urls = true\n",
         NULL, NULL, NULL, "eu-west-1", "https://ecs.eu-west-1.amazonaws.com/",
         "the service's own name in partition aws"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *text = xasprintf("[default]\n%s", rows[i].config);
        char *path = write_config(text);
        struct var vars[] = {{"AWS_CONFIG_FILE", path},
                             {rows[i].var ? rows[i].var : "-", rows[i].value},
                             {NULL, NULL}};
        struct aws_env env = env_of(vars);
        struct profile *p = profile_load(&env, NULL, NULL);
        struct endpoints *e = endpoints_new(&env, rows[i].option, p, NULL);
        struct endpoint ep;

        assert_non_null(e);
        assert_int_equal(endpoint_resolve(e, AWS_ECS, rows[i].region, &ep,
                                          NULL), 0);
        if (strcmp(ep.url, rows[i].url) != 0 ||
            strcmp(ep.why, rows[i].why) != 0)
            fail_msg("row %zu: %s because \"%s\"", i, ep.url, ep.why);
        endpoints_free(e);
        profile_free(p);
        unlink(path);
        free(path);
        free(text);
    }
}

/* Wherever a region comes from, nothing but a host label gets into a URL. */
static void no_region_steers_a_call_elsewhere(void **state)
{
    static const char *const bad[] = {
        "", "evil.example.org/", "eu-west-1.evil.org", "x@evil", "a/b", "a#",
        "a?b", "a:80", "-a", "a-", "a b", "a\nb", "a%2e", "a\\b",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    struct endpoints *e = endpoints_new(NULL, NULL, NULL, NULL);
    struct endpoint ep;
    struct err err;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        for (int s = 0; s < AWS_SERVICE_N; s++) {
            err_clear(&err);
            assert_int_equal(endpoint_resolve(e, (enum aws_service)s, bad[i],
                                              &ep, &err), -1);
            assert_int_equal(err.code, ERR_CONFIG);
        }
    }
    endpoints_free(e);
}

static void a_bad_override_names_its_source(void **state)
{
    struct var vars[] = {{"AWS_ENDPOINT_URL_STS", "sts.example.org"},
                         {NULL, NULL}};
    struct aws_env env = env_of(vars);
    struct err err;

    (void)state;
    assert_null(endpoints_new(&env, NULL, NULL, &err));
    assert_int_equal(err.code, ERR_CONFIG);
    assert_non_null(strstr(err.message, "AWS_ENDPOINT_URL_STS"));
    assert_non_null(strstr(err.message, "\"sts.example.org\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_of_the_rule_sets_is_met),
        cmocka_unit_test(an_endpoint_says_why),
        cmocka_unit_test(no_region_steers_a_call_elsewhere),
        cmocka_unit_test(a_bad_override_names_its_source),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
