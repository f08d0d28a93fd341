/* Where a call may go, and by which way: TLS, proxies, plain http. */
#include "tests/backend/http_bed.h"

static void plain_text_on_a_tls_port_is_a_tls_error(void **state)
{
    struct lab *l = *state;
    char url[64];
    struct http_request rq = {.url = url, .timeout_ms = 2000};
    struct got g = {0};

    /* The server takes the hello for an unfinished request; a deadline or a
     * handshake error both show that nothing was sent. */
    snprintf(url, sizeof(url), "https%s", mini_url(l->server) + 4);
    rq.timeout_ms = 100;
    run(l, &g, &rq);
    assert_true(g.err.code == ERR_TIMEOUT || g.err.code == ERR_TLS);
    assert_false(g.sent);
}

static void proxy_of_the_environment_is_not_used_for_loopback(void **state)
{
    struct lab *l = *state;
    struct http_request rq = {0};
    struct got g = {0};
    char proxy[64];

    snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d/", closed_port());
    setenv("http_proxy", proxy, 1);
    mini_reply(l->server, 200, "direct");
    run(l, &g, &rq);
    unsetenv("http_proxy");
    assert_string_equal(g.body, "direct");
}

/* "http://0.0.0.0:PORT/": loopback for the kernel, any host for us. */
static char *elsewhere(struct lab *l, const char *scheme)
{
    return xasprintf("%s://0.0.0.0%s", scheme, strrchr(mini_url(l->server),
                                                       ':'));
}

static void proxies_are_used_unless_told_otherwise(void **state)
{
    static const struct {
        const char *scheme, *no_proxy;
        bool direct;
        const char *line; /* what arrives; %s is the port and the slash */
    } rows[] = {
        {"http", NULL, false, "GET http://0.0.0.0%s HTTP/1.1"},
        {"http", "other.example", false, "GET http://0.0.0.0%s HTTP/1.1"},
        {"http", "0.0.0.0", false, "GET / HTTP/1.1"},
        {"http", "*", false, "GET / HTTP/1.1"},
        {"http", NULL, true, "GET / HTTP/1.1"},
        {"https", NULL, false, "CONNECT 0.0.0.0%.*s HTTP/1.1"},
    };
    struct lab *l = *state;
    const char *port = strrchr(mini_url(l->server), ':');

    http_allow_plain(l->http);
    setenv("http_proxy", mini_url(l->server), 1);
    setenv("HTTPS_PROXY", mini_url(l->server), 1);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *url = elsewhere(l, rows[i].scheme), want[100];
        struct http_request rq = {.url = url, .direct = rows[i].direct};
        struct got g = {0};

        if (rows[i].no_proxy)
            setenv("NO_PROXY", rows[i].no_proxy, 1);
        else
            unsetenv("NO_PROXY");
        if (strcmp(rows[i].scheme, "https") == 0) {
            mini_reply(l->server, 403, "");
            snprintf(want, sizeof(want), rows[i].line,
                     (int)strlen(port) - 1, port);
        } else {
            mini_reply(l->server, 200, "here");
            snprintf(want, sizeof(want), rows[i].line, port);
        }
        run(l, &g, &rq);
        assert_int_equal(mini_count(l->server), i + 1);
        assert_memory_equal(mini_head(l->server, i), want, strlen(want));
        free(url);
    }
    unsetenv("http_proxy");
    unsetenv("HTTPS_PROXY");
    unsetenv("NO_PROXY");
}

static void metadata_hosts_never_see_the_proxy(void **state)
{
    static const struct {
        const char *host;
        bool local;
    } rows[] = {
        {"localhost", true},      {"127.0.0.1", true},
        {"[::1]", true},          {"169.254.169.254", true},
        {"169.254.170.2", true},  {"[fd00:ec2::254]", true},
        {"169.254.7.7", true},    {"[fe80::1]", true},
        {"[fe80::1%25lo]", true}, {"169.255.0.1", false},
        {"10.0.0.1", false},      {"169.254.169.254.example", false},
        {"[2001:db8::1]", false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(http_host_is_local(rows[i].host), rows[i].local);
}

static void proxy_password_is_not_shown(void **state)
{
    static const char *const proxies[] = {
        "ftp://jane:p4ssw0rd@proxy.example:1/",
        "gopher9://jane:p4ss@word p4ssw0rd@127.0.0.1:1",
        "http://jane:p4ssw0rd@127.0.0.1:1/",
        "http://jane:p4ssw0rd@127.0.0.1:99999999/",
    };
    struct lab *l = *state;
    char *url = elsewhere(l, "https");

    for (size_t i = 0; i < ARRAY_LEN(proxies); i++) {
        struct http_request rq = {.url = url, .timeout_ms = 5000};
        struct got g = {0};

        setenv("https_proxy", proxies[i], 1);
        run(l, &g, &rq);
        assert_int_not_equal(g.err.code, 0);
        assert_null(strstr(g.err.message, "p4ss"));
        assert_null(strstr(g.err.message, "jane"));
    }
    unsetenv("https_proxy");
    free(url);
}

static void plain_http_stays_on_this_machine_and_metadata(void **state)
{
    static const struct {
        const char *url;
        bool fine;
    } rows[] = {
        {"https://ecs.eu-west-1.amazonaws.com/", true},
        {"HTTPS://h/", true},
        {"http://localhost:4566/", true},
        {"http://app.localhost/", true},
        {"http://127.0.0.1/", true},
        {"http://127.1.2.3:80/x", true},
        {"http://2130706433/", true}, /* 127.0.0.1 in another spelling */
        {"http://[::1]:80/", true},
        {"http://169.254.169.254/", true},
        {"http://169.254.170.2/v2", true},
        {"http://169.254.170.23/v1", true},
        {"http://[fd00:ec2::254]/", true},
        {"http://[FD00:EC2:0::23]/", true},
        {"http://127.0.0.1.example.com/", false},
        {"http://127.example.com/", false},
        {"http://localhost.example.com/", false},
        {"http://127.0.0.1@example.com/", false},
        {"http://169.254.169.254.example.com/", false},
        {"http://169.254.1.1/", false},
        {"http://[fd00:ec2::255]/", false},
        {"http://[::ffff:127.0.0.1]/", false},
        {"http://0.0.0.0/", false},
        {"http://10.0.0.1/", false},
        {"HTTP://ecs.eu-west-1.amazonaws.com/", false},
    };
    struct lab *l = *state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        int rc = http_check_plain(rows[i].url, &err);

        if (rc != (rows[i].fine ? 0 : -1))
            fail_msg("%s: %d", rows[i].url, rc);
        if (!rows[i].fine) {
            struct http_request rq = {.url = rows[i].url};
            struct got g = {0};

            assert_non_null(strstr(err.message, "--insecure-endpoint"));
            assert_int_equal(http_start(l->http, &l->scope, &rq, on_done, &g,
                                        &err), -1);
            assert_int_equal(err.code, ERR_CONFIG);
        }
    }
    assert_int_equal(http_in_flight(l->http), 0);
}

static void bundle_without_a_certificate_is_refused(void **state)
{
    const char *dir = getenv("TMPDIR");
    char *path = xasprintf("%s/ecsdash-test-XXXXXX", dir ? dir : "/tmp");
    struct err err;

    (void)state;
    close(mkstemp(path));
    assert_int_equal(http_check_ca_bundle(path, &err), -1);
    assert_int_equal(err.code, ERR_CONFIG);
    assert_non_null(strstr(err.message, path));
    unlink(path);
    assert_int_equal(http_check_ca_bundle(path, &err), -1);
    assert_non_null(strstr(err.message, "AWS_CA_BUNDLE"));
    assert_int_equal(http_check_ca_bundle("/", &err), -1);
    assert_int_equal(http_check_ca_bundle("/dev/zero", &err), -1);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(plain_text_on_a_tls_port_is_a_tls_error),
        T(proxy_of_the_environment_is_not_used_for_loopback),
        T(proxies_are_used_unless_told_otherwise),
        T(metadata_hosts_never_see_the_proxy),
        T(proxy_password_is_not_shown),
        T(plain_http_stays_on_this_machine_and_metadata),
        T(bundle_without_a_certificate_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
