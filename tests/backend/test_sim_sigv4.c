/* The simulator's own reading of SigV4: the published vectors must verify,
 * and nothing else may. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/sim/sigv4.h"

#define DATE "20150830T123600Z"
#define AT 1440938160000 /* the same */
#define SUITE "Host: example.amazonaws.com\r\nX-Amz-Date: " DATE "\r\n"
#define ECS                                                                  \
    "Host: ecs.us-east-1.amazonaws.com\r\nX-Amz-Date: " DATE "\r\n"          \
    "Content-Type: application/x-amz-json-1.1\r\n"                           \
    "X-Amz-Target: AmazonEC2ContainerServiceV20141113.ListClusters\r\n"
#define DUP "My-Header1: "

struct vector {
    const char *name, *line, *headers, *body, *signed_headers, *service;
    const char *signature;
};

/* aws4_testsuite; the last two are ECS calls that botocore and a second
 * implementation signed alike. */
static const struct vector vectors[] = {
    {"get-vanilla", "GET / HTTP/1.1", SUITE, "", "host;x-amz-date", "service",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {"get-vanilla-query-order-key-case",
     "GET /?Param2=value2&Param1=value1 HTTP/1.1", SUITE, "",
     "host;x-amz-date", "service",
     "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
    {"get-vanilla-utf8-query", "GET /?\xe1\x88\xb4=bar HTTP/1.1", SUITE, "",
     "host;x-amz-date", "service",
     "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
    {"the same, encoded", "GET /?%e1%88%B4=bar HTTP/1.1", SUITE, "",
     "host;x-amz-date", "service",
     "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
    {"get-header-value-trim", "GET / HTTP/1.1",
     SUITE "My-Header1:  value1\r\nMy-Header2:  \"a   b   c\"\r\n", "",
     "host;my-header1;my-header2;x-amz-date", "service",
     "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
    {"get-header-key-duplicate", "GET / HTTP/1.1",
     SUITE DUP "value2\r\n" DUP "value2\r\n" DUP "value1\r\n", "",
     "host;my-header1;x-amz-date", "service",
     "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
    {"get-header-value-order", "GET / HTTP/1.1",
     SUITE DUP "value4\r\n" DUP "value1\r\n" DUP "value3\r\n" DUP
     "value2\r\n", "", "host;my-header1;x-amz-date", "service",
     "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"},
    {"get-unreserved",
     "GET /-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
     " HTTP/1.1", SUITE, "", "host;x-amz-date", "service",
     "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
    {"get-utf8", "GET /\xe1\x88\xb4 HTTP/1.1", SUITE, "", "host;x-amz-date",
     "service",
     "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
    {"get-slashes", "GET //example// HTTP/1.1", SUITE, "", "host;x-amz-date",
     "service",
     "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
    {"get-relative", "GET /example/.. HTTP/1.1", SUITE, "", "host;x-amz-date",
     "service",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
    {"post-vanilla", "POST / HTTP/1.1", SUITE, "", "host;x-amz-date",
     "service",
     "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
    {"post-x-www-form-urlencoded", "POST / HTTP/1.1",
     SUITE "Content-Type: application/x-www-form-urlencoded\r\n",
     "Param1=value1", "content-type;host;x-amz-date", "service",
     "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
    {"ListClusters", "POST / HTTP/1.1", ECS, "{}",
     "content-type;host;x-amz-date;x-amz-target", "ecs",
     "72ef431968ce01533229ae66dc760665e3b0498d448583c7bb848a233b3ccb0d"},
};

#define TOKEN "AQoDYXdzEPT//////////wEXAMPLE=="

static const struct vector with_token = {
    "ListClusters, token", "POST / HTTP/1.1",
    ECS "X-Amz-Security-Token: " TOKEN "\r\n", "{\"maxResults\":100}",
    "content-type;host;x-amz-date;x-amz-security-token;x-amz-target", "ecs",
    "4e7b68d84fe5ea41cb9d96d93f97b3ff46a1b7592ded3d3053c8b0dae97a8d56"};

static const struct sim_keys keys = {
    .access_key = "AKIDEXAMPLE",
    .secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    .now_ms = AT,
    .alt_ms = AT};

static void authorization(const struct vector *v, char *out, size_t size)
{
    snprintf(out, size, "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/"
             "us-east-1/%s/aws4_request, SignedHeaders=%s, Signature=%s",
             v->service, v->signed_headers, v->signature);
}

/* The error code of the request, or "" when it verifies. */
static const char *verify_as(const struct vector *v, const char *auth,
                             const struct sim_keys *k)
{
    struct strbuf b = STRBUF_INIT;
    struct sim_http r;
    struct sim_sig_error e = {.code = ""};
    struct sim_scope scope = {.service = ""};
    size_t used;
    int status;
    const char *why;
    strbuf_printf(&b, "%s\r\n%s", v->line, v->headers);
    if (auth)
        strbuf_printf(&b, "Authorization: %s\r\n", auth);
    strbuf_printf(&b, "Content-Length: %zu\r\n\r\n%s", strlen(v->body),
                  v->body);
    assert_int_equal(sim_http_parse(&r, b.data, b.len, &used, &status, &why),
                     SIM_COMPLETE);
    int rc = sim_sig_check(&r, k, &scope, &e);
    assert_string_equal(scope.service, rc ? "" : v->service);
    assert_string_equal(scope.region, rc ? "" : "us-east-1");
    sim_http_release(&r);
    strbuf_release(&b);
    return rc ? e.code : "";
}

static const char *verify(const struct vector *v, const struct sim_keys *k)
{
    char auth[600];
    authorization(v, auth, sizeof(auth));
    return verify_as(v, auth, k);
}

static void the_published_vectors_verify(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        const char *code = verify(&vectors[i], &keys);
        if (*code)
            fail_msg("%s: %s", vectors[i].name, code);
    }
}

static void a_changed_request_does_not(void **state)
{
    (void)state;
    struct vector v = vectors[ARRAY_LEN(vectors) - 1];
    const struct vector good = v;
    const char *bad = "InvalidSignatureException";
    v.body = "{ }";
    assert_string_equal(verify(&v, &keys), bad);
    v = good;
    v.line = "POST /x HTTP/1.1";
    assert_string_equal(verify(&v, &keys), bad);
    v = good;
    v.line = "POST /?a=b HTTP/1.1";
    assert_string_equal(verify(&v, &keys), bad);
    v = good;
    v.service = "logs";
    assert_string_equal(verify(&v, &keys), bad);
    v = good;
    v.signature = "5fa00fa31553b73ebf1942676e86291e";
    assert_string_equal(verify(&v, &keys), bad);
    struct sim_keys other = keys;
    other.secret = "wrong";
    assert_string_equal(verify(&good, &other), bad);
}

static void host_and_amz_headers_must_be_signed(void **state)
{
    (void)state;
    struct vector v = vectors[0];
    v.signed_headers = "x-amz-date";
    assert_string_equal(verify(&v, &keys), "InvalidSignatureException");
    v = vectors[0]; /* its signature is right, but does not cover this */
    v.headers = SUITE "X-Amz-Target: x.y\r\n";
    assert_string_equal(verify(&v, &keys), "InvalidSignatureException");
    v.headers = SUITE "X-Plain: not signed, not minded\r\n";
    assert_string_equal(verify(&v, &keys), "");
}

static void the_key_must_be_known(void **state)
{
    (void)state;
    struct sim_keys other = keys;
    other.access_key = "AKIDOTHER";
    assert_string_equal(verify(&vectors[0], &other),
                        "UnrecognizedClientException");
}

static void a_session_token_must_be_the_right_one(void **state)
{
    (void)state;
    struct sim_keys k = keys;
    assert_string_equal(verify(&with_token, &k),
                        "UnrecognizedClientException");
    k.session_token = TOKEN;
    assert_string_equal(verify(&with_token, &k), "");
    assert_string_equal(verify(&vectors[0], &k),
                        "UnrecognizedClientException");
}

static void dates_may_be_five_minutes_off(void **state)
{
    (void)state;
    struct sim_keys k = keys;
    for (int sign = -1; sign <= 1; sign += 2) {
        k.now_ms = k.alt_ms = AT + sign * 299000;
        assert_string_equal(verify(&vectors[0], &k), "");
        k.now_ms = k.alt_ms = AT + sign * 301000;
        assert_string_equal(verify(&vectors[0], &k),
                            "InvalidSignatureException");
        k.alt_ms = AT; /* the other clock will do */
        assert_string_equal(verify(&vectors[0], &k), "");
    }
}

static void incomplete_headers_are_named(void **state)
{
    (void)state;
    const char *incomplete = "IncompleteSignatureException";
    const struct vector *v = &vectors[0];
    assert_string_equal(verify_as(v, NULL, &keys),
                        "MissingAuthenticationTokenException");
    assert_string_equal(verify_as(v, "Basic abc", &keys), incomplete);
    assert_string_equal(verify_as(v, "AWS4-HMAC-SHA256 ", &keys),
                        incomplete);
    assert_string_equal(
        verify_as(v, "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/"
                     "us-east-1/service/aws4_request, Signature=abc", &keys),
        incomplete);
    assert_string_equal(
        verify_as(v, "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150831/"
                     "us-east-1/service/aws4_request, SignedHeaders=host, "
                     "Signature=abc", &keys), incomplete);
    struct vector undated = *v;
    undated.headers = "Host: example.amazonaws.com\r\n";
    assert_string_equal(verify(&undated, &keys), incomplete);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_vectors_verify),
        cmocka_unit_test(a_changed_request_does_not),
        cmocka_unit_test(host_and_amz_headers_must_be_signed),
        cmocka_unit_test(the_key_must_be_known),
        cmocka_unit_test(a_session_token_must_be_the_right_one),
        cmocka_unit_test(dates_may_be_five_minutes_off),
        cmocka_unit_test(incomplete_headers_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
