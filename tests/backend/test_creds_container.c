/* Credentials of a container: its rules of where and how. */
#include "tests/backend/metadata_bed.h"

/* ---- where a container's credentials may be ---- */

static void addresses_follow_the_rules(void **state)
{
    static const struct {
        const char *relative, *full;
        const char *url; /* NULL = refused */
    } rows[] = {
        {"/v2/credentials/x", NULL, "http://169.254.170.2/v2/credentials/x"},
        {"/a", "http://evil.example/", "http://169.254.170.2/a"},
        {"v2/credentials", NULL, NULL},
        {"@evil.example/", NULL, NULL},
        {".evil.example/", NULL, NULL},
        {":80@evil.example/", NULL, NULL},
        {NULL, "https://any.example/path", "https://any.example/path"},
        {NULL, "http://127.0.0.1:51679/x", "http://127.0.0.1:51679/x"},
        {NULL, "http://127.9.9.9/x", "http://127.9.9.9/x"},
        {NULL, "http://localhost/x", "http://localhost/x"},
        {NULL, "http://[::1]/x", "http://[::1]/x"},
        {NULL, "http://169.254.170.2/x", "http://169.254.170.2/x"},
        {NULL, "http://169.254.170.23/v1/credentials",
         "http://169.254.170.23/v1/credentials"},
        {NULL, "http://[fd00:ec2::23]/v1/credentials",
         "http://[fd00:ec2::23]/v1/credentials"},
        {NULL, "http://169.254.169.254/x", NULL},
        {NULL, "http://169.254.170.24/x", NULL},
        {NULL, "http://[fd00:ec2::254]/x", NULL},
        {NULL, "http://any.example/x", NULL},
        {NULL, "http://127.0.0.1.any.example/x", NULL},
        {NULL, "http://169.254.170.2@any.example/x", NULL},
        {NULL, "http://192.168.1.1/x", NULL},
        {NULL, "ftp://127.0.0.1/x", NULL},
        {NULL, "nonsense", NULL},
    };
    struct lab *l = *state;
    struct aws_env env = {lookup, l};
    char url[200];

    assert_int_equal(container_url(&env, url, sizeof(url), NULL), 1);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        int rc;

        set(l, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            rows[i].relative ? rows[i].relative : "");
        set(l, "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            rows[i].full ? rows[i].full : "");
        rc = container_url(&env, url, sizeof(url), &err);
        if (rc != (rows[i].url ? 0 : -1))
            fail_msg("row %zu: %d", i, rc);
        if (rows[i].url) {
            assert_string_equal(url, rows[i].url);
        } else {
            assert_int_equal(err.code, ERR_CONFIG);
            assert_non_null(strstr(err.message, "AWS_CONTAINER_CREDENTIALS"));
        }
    }
}

static void container_gives_credentials(void **state)
{
    struct lab *l = *state;
    char v[64];

    use_container(l);
    mini_reply(l->server, 200, CREDS(LATER));
    fetch(l, &cred_container);
    assert_string_equal(l->key, "ASIA1");
    assert_string_equal(l->secret, "SEC");
    assert_string_equal(l->token, "TOK");
    assert_true(l->expires_ms == LATER_MS);
    assert_non_null(strstr(l->source, "container"));
    assert_memory_equal(mini_head(l->server, 0), "GET /creds ", 11);
    assert_string_equal(mini_header(l->server, 0, "accept", v, sizeof(v)),
                        "application/json");
    assert_null(mini_header(l->server, 0, "authorization", v, sizeof(v)));
}

static void container_is_passed_over_when_not_set(void **state)
{
    struct lab *l = *state;

    fetch(l, &cred_container);
    assert_int_equal(l->err.code, ERR_CREDENTIALS);
    assert_non_null(strstr(l->err.message, "RELATIVE_URI"));
    assert_int_equal(cred_chain_note(l->chain, 0)->said, CRED_PASSED);
}

static void token_file_goes_before_the_token(void **state)
{
    struct lab *l = *state;
    const char *dir = getenv("TMPDIR");
    char *path = xasprintf("%s/ecsdash-test-XXXXXX", dir ? dir : "/tmp");
    char v[64];
    int fd = mkstemp(path);

    use_container(l);
    set(l, "AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic dG9r");
    mini_reply(l->server, 200, CREDS(LATER));
    fetch(l, &cred_container);
    assert_string_equal(mini_header(l->server, 0, "authorization", v,
                                    sizeof(v)), "Basic dG9r");
    set(l, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path);
    assert_int_equal(write(fd, "rotated", 7), 7);
    mini_reply(l->server, 200, CREDS(LATER));
    fetch(l, &cred_container);
    assert_string_equal(mini_header(l->server, 1, "authorization", v,
                                    sizeof(v)), "rotated");
    /* A second header line must not come of it. */
    assert_int_equal(write(fd, "\r\nX-Evil: 1", 11), 11);
    close(fd);
    fetch(l, &cred_container);
    assert_int_equal(l->err.code, ERR_CONFIG);
    assert_non_null(strstr(l->err.message, "TOKEN_FILE"));
    assert_null(strstr(l->err.message, "rotated"));
    unlink(path);
    fetch(l, &cred_container);
    assert_int_not_equal(l->err.code, 0);
    set(l, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "");
    set(l, "AWS_CONTAINER_AUTHORIZATION_TOKEN", "a\nX-Evil: 1");
    fetch(l, &cred_container);
    assert_int_equal(l->err.code, ERR_CONFIG);
    assert_int_equal(mini_count(l->server), 2);
    free(path);
}

static void container_gets_three_tries_a_second_apart(void **state)
{
    static const struct mini_step bad[] = {
        {.status = 500},
        {.status = 200, .body = "<html>"},
        {.status = 403, .body = CREDS(LATER)},
    };
    struct lab *l = *state;

    use_container(l);
    mini_push(l->server, &bad[0]);
    mini_push(l->server, &bad[1]);
    mini_reply(l->server, 200, CREDS(LATER));
    assert_int_equal(fetch(l, &cred_container), 2000);
    assert_string_equal(l->key, "ASIA1");
    for (int i = 0; i < 3; i++)
        mini_push(l->server, &bad[i]);
    mini_reply(l->server, 200, CREDS(LATER)); /* one too late */
    assert_int_equal(fetch(l, &cred_container), 2000);
    /* An error and not a fall-through. */
    assert_int_not_equal(l->err.code, 0);
    assert_int_equal(cred_chain_note(l->chain, 0)->said, CRED_FAILED);
    assert_int_equal(mini_count(l->server), 6);
}

static void container_that_hangs_is_left_after_two_seconds(void **state)
{
    struct lab *l = *state;

    use_container(l);
    mini_push(l->server, &(struct mini_step){.act = MINI_HOLD});
    mini_reply(l->server, 200, CREDS(LATER));
    fetch(l, &cred_container);
    assert_string_equal(l->key, "ASIA1");
    assert_int_equal(mini_count(l->server), 2);
}

static void credential_calls_follow_no_redirect(void **state)
{
    struct lab *l = *state;

    use_container(l);
    for (int i = 0; i < 3; i++)
        mini_push(l->server, &(struct mini_step){
            .status = 302, .headers = "Location: /other\r\n"});
    mini_reply(l->server, 200, CREDS(LATER));
    fetch(l, &cred_container);
    assert_int_not_equal(l->err.code, 0);
    assert_int_equal(mini_count(l->server), 3);
    for (size_t i = 0; i < 3; i++)
        assert_memory_equal(mini_head(l->server, i), "GET /creds ", 11);
}

static void a_proxy_never_sees_credentials(void **state)
{
    struct lab *l = *state;
    struct miniserver *proxy = mini_new(l->loop);
    /* Loopback for the kernel, any host for us. */
    char *here = xasprintf("http://0.0.0.0%s",
                           strrchr(mini_url(l->server), ':'));
    char *tls = xasprintf("https%screds", here + 4);

    setenv("http_proxy", mini_url(proxy), 1);
    setenv("https_proxy", mini_url(proxy), 1);
    /* Both would go by the proxy if they were calls like others. */
    http_allow_plain(l->http);
    set(l, "AWS_EC2_METADATA_SERVICE_ENDPOINT", here);
    mini_reply(l->server, 200, "t");
    mini_reply(l->server, 200, "r");
    mini_reply(l->server, 200, CREDS(LATER));
    fetch(l, &cred_imds);
    assert_string_equal(l->key, "ASIA1");
    set(l, "AWS_CONTAINER_CREDENTIALS_FULL_URI", tls);
    mini_free(l->server); /* refuses at once: only the proxy would answer */
    l->server = mini_new(l->loop);
    fetch(l, &cred_container);
    assert_int_equal(l->err.code, ERR_CREDENTIALS);
    assert_int_equal(mini_connections(proxy), 0);
    unsetenv("http_proxy");
    unsetenv("https_proxy");
    mini_free(proxy);
    free(tls);
    free(here);
}

static void half_answers_name_what_they_lack(void **state)
{
    static const struct {
        const char *json, *lacks;
    } rows[] = {
        {"{}", "AccessKeyId"},
        {"{\"AccessKeyId\":\"A\"}", "SecretAccessKey"},
        {"{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S\"}", "Token"},
        {"{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"SEC\","
         "\"Token\":\"T\"}", "Expiration"},
        {"{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"SEC\","
         "\"Token\":\"T\",\"Expiration\":\"soon\"}", "Expiration"},
        {"{\"Code\":\"Failed\",\"Message\":\"no such role\"}", "no such role"},
        {"[]", "JSON object"},
        {"", "JSON object"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct aws_creds c;
        struct err err;

        assert_int_equal(cred_from_metadata(rows[i].json,
                                            strlen(rows[i].json), &c, &err),
                         -1);
        assert_non_null(strstr(err.message, rows[i].lacks));
        assert_null(strstr(err.message, "SEC"));
        assert_null(c.secret);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(addresses_follow_the_rules),
        T(container_gives_credentials),
        T(container_is_passed_over_when_not_set),
        T(token_file_goes_before_the_token),
        T(container_gets_three_tries_a_second_apart),
        T(container_that_hangs_is_left_after_two_seconds),
        T(credential_calls_follow_no_redirect),
        T(a_proxy_never_sees_credentials),
        T(half_answers_name_what_they_lack),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
