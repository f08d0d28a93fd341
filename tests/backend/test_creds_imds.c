/* Credentials and region of an instance, by both versions of its protocol. */
#include "tests/backend/metadata_bed.h"

static void instance_gives_credentials_for_a_token(void **state)
{
    struct lab *l = *state;
    char v[64];

    use_imds(l);
    mini_reply(l->server, 200, "the-token==");
    mini_reply(l->server, 200, "app-role\n");
    mini_reply(l->server, 200, CREDS(LATER));
    fetch(l, &cred_imds);
    assert_string_equal(l->key, "ASIA1");
    assert_true(l->expires_ms == LATER_MS);
    assert_string_equal(l->source, "instance role app-role");
    assert_memory_equal(mini_head(l->server, 0), "PUT /latest/api/token ", 22);
    assert_string_equal(
        mini_header(l->server, 0, "x-aws-ec2-metadata-token-ttl-seconds", v,
                    sizeof(v)), "21600");
    assert_non_null(strstr(mini_head(l->server, 1),
        "GET /latest/meta-data/iam/security-credentials/ "));
    assert_non_null(strstr(mini_head(l->server, 2),
        "GET /latest/meta-data/iam/security-credentials/app-role "));
    for (size_t i = 1; i < 3; i++)
        assert_string_equal(mini_header(l->server, i,
                                        "x-aws-ec2-metadata-token", v,
                                        sizeof(v)), "the-token==");
}

static void first_version_is_the_fallback_where_allowed(void **state)
{
    static const struct {
        struct mini_step token;
        const char *v1_disabled;
        size_t requests;
        bool works;
    } rows[] = {
        {{.status = 403}, NULL, 3, true},
        {{.status = 404}, NULL, 3, true},
        {{.status = 405}, NULL, 3, true},
        {{.status = 500}, NULL, 3, true},
        {{.act = MINI_HOLD}, NULL, 3, true}, /* the hop limit */
        {{.status = 400}, NULL, 1, false},
        {{.status = 302, .headers = "Location: /t\r\n"}, "true", 1, false},
        {{.status = 404}, "true", 1, false},
        {{.act = MINI_HOLD}, "TRUE", 1, false},
        {{.status = 404}, "false", 3, true},
        {{.status = 200, .body = "two words"}, NULL, 1, false},
        {{.status = 200, .body = "a\r\nX-Evil: 1"}, NULL, 1, false},
    };
    struct lab *l = *state;
    char v[64];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct miniserver *fresh = mini_new(l->loop);

        mini_free(l->server);
        l->server = fresh;
        use_imds(l);
        set(l, "AWS_EC2_METADATA_V1_DISABLED",
            rows[i].v1_disabled ? rows[i].v1_disabled : "");
        mini_push(l->server, &rows[i].token);
        mini_reply(l->server, 200, "r");
        mini_reply(l->server, 200, CREDS(LATER));
        fetch(l, &cred_imds);
        if (mini_count(l->server) != rows[i].requests ||
            (strcmp(l->key, "ASIA1") == 0) != rows[i].works)
            fail_msg("row %zu: %zu requests, %s", i, mini_count(l->server),
                     l->err.message);
        if (rows[i].works)
            assert_null(mini_header(l->server, 1, "x-aws-ec2-metadata-token",
                                    v, sizeof(v)));
    }
}

static void instance_without_a_service_is_passed_over(void **state)
{
    struct lab *l = *state;
    static const struct mini_step bad[] = {
        {.act = MINI_DROP}, {.act = MINI_RESET}};

    use_imds(l);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        mini_push(l->server, &bad[i]);
        fetch(l, &cred_imds);
        assert_int_equal(l->err.code, ERR_CREDENTIALS);
        assert_int_equal(cred_chain_note(l->chain, 0)->said, CRED_PASSED);
        assert_int_equal(mini_count(l->server), i + 1); /* one try */
    }
    mini_reply(l->server, 200, "t");
    mini_reply(l->server, 404, "");
    fetch(l, &cred_imds);
    assert_non_null(strstr(l->err.message, "the instance has no role"));
    mini_reply(l->server, 200, "t");
    mini_reply(l->server, 200, "r");
    mini_reply(l->server, 200, "{\"Code\":\"AssumeRoleUnauthorizedAccess\","
                               "\"Message\":\"no trust\"}");
    fetch(l, &cred_imds);
    assert_non_null(strstr(l->err.message, "no trust"));
}

static void role_names_steer_no_path(void **state)
{
    static const char *const bad[] = {
        "", "\n", "..", "a/b", "../../user-data", "a b", "a?b", "a#b", "a%2f",
        "0123456789012345678901234567890123456789012345678901234567890123456"};
    struct lab *l = *state;

    use_imds(l);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        mini_reply(l->server, 200, "t");
        mini_reply(l->server, 200, bad[i]);
        fetch(l, &cred_imds);
        assert_int_equal(l->err.code, ERR_CREDENTIALS);
        assert_int_equal(mini_count(l->server), 2 * (i + 1));
    }
}

static void attempts_and_time_are_those_configured(void **state)
{
    struct lab *l = *state;

    use_imds(l);
    set(l, "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "3");
    mini_push(l->server, &(struct mini_step){.act = MINI_DROP});
    mini_push(l->server, &(struct mini_step){.act = MINI_DROP});
    mini_reply(l->server, 200, "t");
    mini_reply(l->server, 500, "");
    mini_reply(l->server, 200, "r");
    mini_reply(l->server, 200, CREDS(LATER));
    fetch(l, &cred_imds);
    assert_string_equal(l->key, "ASIA1");
    assert_int_equal(mini_count(l->server), 6);
}

static void settings_are_read_from_all_their_places(void **state)
{
    static const struct {
        const char *name, *value;
        const char *endpoint; /* NULL = an error */
        int timeout_ms, attempts;
        bool v1, disabled;
    } rows[] = {
        {"X", "", "http://169.254.169.254", 1000, 1, true, false},
        {"AWS_METADATA_SERVICE_TIMEOUT", "5", "http://169.254.169.254", 5000,
         1, true, false},
        {"AWS_METADATA_SERVICE_NUM_ATTEMPTS", "4", "http://169.254.169.254",
         1000, 4, true, false},
        {"AWS_EC2_METADATA_V1_DISABLED", "true", "http://169.254.169.254",
         1000, 1, false, false},
        {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6",
         "http://[fd00:ec2::254]", 1000, 1, true, false},
        {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ipv4",
         "http://169.254.169.254", 1000, 1, true, false},
        {"AWS_IMDS_USE_IPV6", "true", "http://[fd00:ec2::254]", 1000, 1, true,
         false},
        {"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://[::1]:1338//",
         "http://[::1]:1338", 1000, 1, true, false},
        {"AWS_EC2_METADATA_DISABLED", "True", "", 0, 0, true, true},
        {"AWS_METADATA_SERVICE_TIMEOUT", "soon", NULL, 0, 0, true, false},
        {"AWS_METADATA_SERVICE_TIMEOUT", "0", NULL, 0, 0, true, false},
        {"AWS_METADATA_SERVICE_NUM_ATTEMPTS", "-1", NULL, 0, 0, true, false},
        {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv5", NULL, 0, 0, true,
         false},
        {"AWS_EC2_METADATA_SERVICE_ENDPOINT", "nonsense", NULL, 0, 0, true,
         false},
        {"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://h/?q", NULL, 0, 0, true,
         false},
    };
    struct lab *l = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct aws_env env = {lookup, l};
        struct imds_settings s;
        struct err err = {0};

        l->n_vars = 1;
        l->vars[0].name = xstrdup(rows[i].name);
        l->vars[0].value = xstrdup(rows[i].value);
        if (imds_settings(&env, NULL, &s, &err) != 0) {
            assert_null(rows[i].endpoint);
            assert_int_equal(err.code, ERR_CONFIG);
            assert_non_null(strstr(err.message, rows[i].name));
        } else {
            assert_non_null(rows[i].endpoint);
            assert_string_equal(s.endpoint, rows[i].endpoint);
            assert_int_equal(s.timeout_ms, rows[i].timeout_ms);
            assert_int_equal(s.attempts, rows[i].attempts);
            assert_int_equal(s.v1, rows[i].v1);
            assert_int_equal(s.disabled, rows[i].disabled);
        }
        free(l->vars[0].name);
        free(l->vars[0].value);
        l->n_vars = 0;
    }
}

static void instance_that_is_switched_off_is_not_asked(void **state)
{
    struct lab *l = *state;

    use_imds(l);
    set(l, "AWS_EC2_METADATA_DISABLED", "true");
    fetch(l, &cred_imds);
    assert_non_null(strstr(l->err.message, "AWS_EC2_METADATA_DISABLED"));
    assert_int_equal(mini_connections(l->server), 0);
}

static void expired_instance_credentials_stay_in_use(void **state)
{
    static const struct {
        const char *creds;
        bool extended;
    } rows[] = {
        {CREDS("2026-11-21T10:00:00Z"), true},
        {CREDS("2026-11-21T14:32:07Z"), true},
        {CREDS("2026-11-21T14:40:00Z"), false},
    };
    struct lab *l = *state;

    use_imds(l);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        mini_reply(l->server, 200, "t");
        mini_reply(l->server, 200, "r");
        mini_reply(l->server, 200, rows[i].creds);
        fetch(l, &cred_imds);
        assert_string_equal(l->key, "ASIA1");
        if (rows[i].extended)
            assert_in_range(l->expires_ms - WALL, 17 * MINUTE, 25 * MINUTE);
        else
            assert_true(l->expires_ms == WALL + 473000);
    }
}

static void on_region(void *arg, const char *name, const struct err *err)
{
    struct lab *l = arg;

    l->n++;
    snprintf(l->key, sizeof(l->key), "%s", name ? name : "");
    err_clear(&l->err);
    if (err)
        l->err = *err;
}

static void zone_without_its_letter_is_the_region(void **state)
{
    static const struct {
        int status;
        const char *zone, *region;
    } rows[] = {
        {200, "eu-west-1b", "eu-west-1"},
        {200, "us-gov-west-1a\n", "us-gov-west-1"},
        {200, "us-west-2-lax-1a", "us-west-2-lax-1"},
        {200, "", ""},
        {200, "b", ""},
        {200, "eu-west-1", ""}, /* no letter: not a zone */
        {200, "evil.example/b", ""},
        {200, "a@evil.exampleb", ""},
        {404, "", ""},
    };
    struct lab *l = *state;
    struct aws_env env = {lookup, l};

    use_imds(l);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        mini_reply(l->server, 200, "t");
        mini_reply(l->server, rows[i].status, rows[i].zone);
        l->n = 0;
        assert_int_equal(region_from_metadata(l->http, &env, NULL, &l->scope,
                                              on_region, l, NULL), 0);
        assert_true(loop_until_idle(l->loop, 20000));
        assert_int_equal(l->n, 1);
        assert_string_equal(l->key, rows[i].region);
        assert_int_equal(l->err.code != 0, !rows[i].region[0]);
    }
    set(l, "AWS_EC2_METADATA_DISABLED", "true");
    assert_int_equal(region_from_metadata(l->http, &env, NULL, &l->scope,
                                          on_region, l, NULL), -1);
    set(l, "AWS_EC2_METADATA_DISABLED", "");
    mini_push(l->server, &(struct mini_step){.act = MINI_HOLD});
    l->n = 0;
    assert_int_equal(region_from_metadata(l->http, &env, NULL, &l->scope,
                                          on_region, l, NULL), 0);
    scope_cancel(&l->scope);
    assert_true(loop_until_idle(l->loop, 20000));
    assert_int_equal(l->n, 0);
}

static void plain_metadata_elsewhere_is_refused(void **state)
{
    struct lab *l = *state;
    char *url = xasprintf("http://0.0.0.0%s",
                          strrchr(mini_url(l->server), ':'));

    set(l, "AWS_EC2_METADATA_SERVICE_ENDPOINT", url);
    fetch(l, &cred_imds);
    assert_int_equal(l->err.code, ERR_CREDENTIALS);
    assert_non_null(strstr(l->err.message, "--insecure-endpoint"));
    assert_int_equal(mini_connections(l->server), 0);
    free(url);
}

static void cancelled_fetches_are_silent(void **state)
{
    static const struct cred_provider *const providers[] = {&cred_container,
                                                            &cred_imds};
    struct lab *l = *state;

    use_imds(l);
    use_container(l);
    for (size_t i = 0; i < ARRAY_LEN(providers); i++) {
        size_t before = mini_count(l->server);

        mini_push(l->server, &(struct mini_step){.act = MINI_HOLD});
        begin(l, providers[i]);
        while (mini_count(l->server) == before)
            loop_turn(l->loop, 1000);
        cred_chain_free(l->chain);
        l->chain = NULL;
        assert_true(loop_until_idle(l->loop, 20000));
        assert_int_equal(l->n, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(instance_gives_credentials_for_a_token),
        T(first_version_is_the_fallback_where_allowed),
        T(instance_without_a_service_is_passed_over),
        T(role_names_steer_no_path),
        T(attempts_and_time_are_those_configured),
        T(settings_are_read_from_all_their_places),
        T(instance_that_is_switched_off_is_not_asked),
        T(expired_instance_credentials_stay_in_use),
        T(zone_without_its_letter_is_the_region),
        T(plain_metadata_elsewhere_is_refused),
        T(cancelled_fetches_are_silent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
