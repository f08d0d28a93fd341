/* Credentials from metadata services: the container's, by its rules of where
 * and how, and the instance's, by both versions of its protocol. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/aws/creds.h"
#include "backend/aws/creds/metadata.h"
#include "backend/aws/imds.h"
#include "backend/aws/region.h"
#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/rng.h"
#include "backend/net/http.h"
#include "backend/net/loop.h"
#include "tests/lib/miniserver.h"

#define WALL 1795271527000 /* 2026-11-21T14:32:07Z */
#define MINUTE (60 * 1000)
#define CREDS(until) "{\"Code\":\"Success\",\"AccessKeyId\":\"ASIA1\"," \
    "\"SecretAccessKey\":\"SEC\",\"Token\":\"TOK\",\"Expiration\":\"" until \
    "\"}"
#define LATER "2026-11-21T20:00:00Z"
#define LATER_MS (WALL + 19673000)

enum { MAX_VARS = 8 };

struct lab {
    struct clock *clock;
    struct loop *loop;
    struct http *http;
    struct rng rng;
    struct miniserver *server;
    struct scope scope;
    struct cred_chain *chain;
    struct {
        char *name, *value;
    } vars[MAX_VARS];
    size_t n_vars;
    /* the outcome */
    int n;
    char key[32], secret[32], token[32], source[160];
    int64_t expires_ms;
    struct err err;
};

static const char *lookup(void *arg, const char *name)
{
    struct lab *l = arg;

    for (size_t i = 0; i < l->n_vars; i++) {
        if (strcmp(l->vars[i].name, name) == 0)
            return l->vars[i].value;
    }
    return NULL;
}

static void set(struct lab *l, const char *name, const char *value)
{
    for (size_t i = 0; i < l->n_vars; i++) {
        if (strcmp(l->vars[i].name, name) == 0) {
            free(l->vars[i].value);
            l->vars[i].value = xstrdup(value);
            return;
        }
    }
    assert_true(l->n_vars < MAX_VARS);
    l->vars[l->n_vars].name = xstrdup(name);
    l->vars[l->n_vars++].value = xstrdup(value);
}

static int set_up(void **state)
{
    struct lab *l = xcalloc(1, sizeof(*l));

    l->clock = clock_new_driven(WALL);
    l->loop = loop_new(l->clock);
    l->http = http_new(l->loop, NULL);
    rng_seed(&l->rng, 7);
    l->server = mini_new(l->loop);
    scope_init(&l->scope, NULL);
    *state = l;
    return 0;
}

static int tear_down(void **state)
{
    struct lab *l = *state;

    scope_cancel(&l->scope);
    cred_chain_free(l->chain);
    http_free(l->http);
    mini_free(l->server);
    loop_free(l->loop);
    clock_free(l->clock);
    for (size_t i = 0; i < l->n_vars; i++) {
        free(l->vars[i].name);
        free(l->vars[i].value);
    }
    free(l);
    return 0;
}

static void on_creds(void *arg, const struct aws_creds *c,
                     const struct err *err)
{
    struct lab *l = arg;

    l->n++;
    l->key[0] = '\0';
    err_clear(&l->err);
    if (err) {
        l->err = *err;
        return;
    }
    snprintf(l->key, sizeof(l->key), "%s", c->access_key);
    snprintf(l->secret, sizeof(l->secret), "%s", c->secret);
    snprintf(l->token, sizeof(l->token), "%s", c->token ? c->token : "");
    snprintf(l->source, sizeof(l->source), "%s", c->source);
    l->expires_ms = c->expires_ms;
}

static void begin(struct lab *l, const struct cred_provider *p)
{
    static const struct cred_provider *table[2];
    struct cred_context cx = {.loop = l->loop, .http = l->http,
                              .clock = l->clock, .rng = &l->rng,
                              .env = {lookup, l}};

    cred_chain_free(l->chain);
    table[0] = p;
    l->chain = cred_chain_new(&cx, table);
    l->n = 0;
    assert_int_equal(cred_chain_wait(l->chain, &l->scope, on_creds, l, NULL),
                     0);
}

/* One fetch by one provider; returns the simulated time that it took. */
static int64_t fetch(struct lab *l, const struct cred_provider *p)
{
    int64_t start = clock_mono_ms(l->clock);

    begin(l, p);
    for (int i = 0; i < 100; i++) {
        assert_true(loop_until_idle(l->loop, 20000));
        if (l->n)
            break;
        clock_advance(l->clock, 100);
    }
    assert_int_equal(l->n, 1);
    return clock_mono_ms(l->clock) - start;
}

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

/* ---- the container ---- */

static void use_container(struct lab *l)
{
    char *url = xasprintf("%screds", mini_url(l->server));

    set(l, "AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
    free(url);
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

/* ---- the instance ---- */

static void use_imds(struct lab *l)
{
    set(l, "AWS_EC2_METADATA_SERVICE_ENDPOINT", mini_url(l->server));
}

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

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

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
