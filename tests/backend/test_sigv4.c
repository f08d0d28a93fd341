/* The published vectors (aws4_testsuite) and our own golden ones. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "backend/aws/sigv4.h"
#include "backend/base/mem.h"

#define KEY "AKIDEXAMPLE"
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define DATE "20150830T123600Z"
#define SUITE {"Host", "example.amazonaws.com"}, {"X-Amz-Date", DATE}

struct vector {
    const char *name;
    const char *method, *path, *query;
    struct http_header headers[8];
    const char *body;
    /* Whole, or the head and tail that are published. */
    const char *head, *tail;
};

static const struct vector vectors[] = {
    {"get-vanilla", "GET", "/", NULL, {SUITE}, "",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31", ""},
    {"get-vanilla-query-order-key-case", "GET", "/",
     "Param2=value2&Param1=value1", {SUITE}, "",
     "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500", ""},
    {"get-vanilla-utf8-query", "GET", "/", "\xe1\x88\xb4=bar", {SUITE}, "",
     "2cdec8ee", "18dd04"},
    {"get-vanilla-utf8-query, encoded", "GET", "/", "%E1%88%B4=bar", {SUITE},
     "", "2cdec8ee", "18dd04"},
    {"get-header-value-trim", "GET", "/", NULL,
     {{"Host", "example.amazonaws.com"}, {"My-Header1", " value1"},
      {"My-Header2", " \"a   b   c\""}, {"X-Amz-Date", DATE}}, "",
     "acc3ed3a", "7a9c736"},
    {"get-header-key-duplicate", "GET", "/", NULL,
     {{"Host", "example.amazonaws.com"}, {"My-Header1", "value2"},
      {"My-Header1", "value2"}, {"My-Header1", "value1"},
      {"X-Amz-Date", DATE}}, "", "c9d5ea9f", "138ea"},
    {"get-header-value-order", "GET", "/", NULL,
     {{"Host", "example.amazonaws.com"}, {"My-Header1", "value4"},
      {"My-Header1", "value1"}, {"My-Header1", "value3"},
      {"My-Header1", "value2"}, {"X-Amz-Date", DATE}}, "",
     "08c7e5a9", "55c01"},
    {"get-unreserved", "GET",
     "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
     NULL, {SUITE}, "", "07ef7494", "5f24f"},
    {"get-utf8", "GET", "/\xe1\x88\xb4", NULL, {SUITE}, "", "8318018e",
     "5d85"},
    {"get-slashes", "GET", "//example//", NULL, {SUITE}, "", "9a624bd7",
     "f57e84"},
    /* The same request as get-vanilla once the path is normal. */
    {"get-relative", "GET", "/example/..", NULL, {SUITE}, "",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31", ""},
    {"get-slash-dot-slash", "GET", "/./", NULL, {SUITE}, "",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31", ""},
    {"get-relative-relative", "GET", "/example1/example2/../..", NULL, {SUITE},
     "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
     ""},
    {"empty path", "GET", "", NULL, {SUITE}, "",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31", ""},
    {"user-agent and connection are not signed", "GET", "/", NULL,
     {SUITE, {"User-Agent", "x"}, {"Connection", "close"}, {"Expect", "y"}},
     "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
     ""},
    {"post-vanilla", "POST", "/", NULL, {SUITE}, "",
     "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b", ""},
    {"post-x-www-form-urlencoded", "POST", "/", NULL,
     {{"Content-Type", "application/x-www-form-urlencoded"}, SUITE},
     "Param1=value1",
     "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a", ""},
    {"post-sts-header-before", "POST", "/", NULL,
     {SUITE,
      {"X-Amz-Security-Token",
       "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWs"
       "KWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGde"
       "ehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8T"
       "x6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FD"
       "rypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="}}, "",
     "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead", ""},
};

static struct strbuf sign(const struct vector *v, const char *service,
                          struct strbuf *canonical)
{
    struct sigv4_request rq = {
        .method = v->method, .path = v->path, .query = v->query,
        .headers = v->headers, .body = v->body, .body_len = strlen(v->body),
        .region = "us-east-1", .service = service, .access_key = KEY,
        .secret = SECRET, .amz_date = DATE,
    };
    struct strbuf auth = STRBUF_INIT;

    while (rq.n_headers < 8 && v->headers[rq.n_headers].name)
        rq.n_headers++;
    assert_int_equal(sigv4_sign(&rq, &auth, canonical, NULL), 0);
    return auth;
}

static void check(const struct vector *v, const char *auth)
{
    const char *sig = strstr(auth, "Signature=");

    assert_non_null(sig);
    sig += 10;
    if (strlen(sig) != 64 || strncmp(sig, v->head, strlen(v->head)) != 0 ||
        strcmp(sig + 64 - strlen(v->tail), v->tail) != 0)
        fail_msg("%s: %s, not %s...%s", v->name, sig, v->head, v->tail);
}

static void signs_the_published_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        struct strbuf auth = sign(&vectors[i], "service", NULL);

        check(&vectors[i], strbuf_get(&auth));
        strbuf_release(&auth);
    }
}

static void canonical_request_is_as_published(void **state)
{
    struct strbuf canon = STRBUF_INIT;
    struct strbuf auth = sign(&vectors[1], "service", &canon);

    (void)state;
    assert_string_equal(
        strbuf_get(&canon),
        "GET\n/\nParam1=value1&Param2=value2\nhost:example.amazonaws.com\n"
        "x-amz-date:20150830T123600Z\n\nhost;x-amz-date\n"
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    strbuf_release(&canon);
    strbuf_release(&auth);
}

static void query_is_encoded_and_sorted_by_value_too(void **state)
{
    static const struct vector v = {
        "query", "GET", "/", "b&a=z&a=A%2fx&a%20b=c d&a=a+b", {SUITE}, "",
        "", ""};
    struct strbuf canon = STRBUF_INIT;
    struct strbuf auth = sign(&v, "service", &canon);

    (void)state;
    assert_non_null(strstr(strbuf_get(&canon),
                           "\na=A%2Fx&a=a%2Bb&a=z&a%20b=c%20d&b=\n"));
    strbuf_release(&canon);
    strbuf_release(&auth);
}

static void path_escapes_are_encoded_again(void **state)
{
    static const struct vector v = {
        "path", "GET", "/a%20b/./c:d", NULL, {SUITE}, "", "", ""};
    struct strbuf canon = STRBUF_INIT;
    struct strbuf auth = sign(&v, "service", &canon);

    (void)state;
    assert_non_null(strstr(strbuf_get(&canon), "GET\n/a%2520b/c%3Ad\n"));
    strbuf_release(&canon);
    strbuf_release(&auth);
}

/* Agreed on by botocore and a second implementation. */
static void signs_ecs_calls_as_botocore_does(void **state)
{
    struct vector v = {
        "ListClusters", "POST", "/", NULL,
        {{"Host", "ecs.us-east-1.amazonaws.com"},
         {"Content-Type", "application/x-amz-json-1.1"},
         {"X-Amz-Date", DATE},
         {"X-Amz-Target",
          "AmazonEC2ContainerServiceV20141113.ListClusters"}},
        "{}",
        "72ef431968ce01533229ae66dc760665e3b0498d448583c7bb848a233b3ccb0d",
        ""};
    struct strbuf canon = STRBUF_INIT;
    struct strbuf auth = sign(&v, "ecs", &canon);
    char hash[65];

    (void)state;
    assert_int_equal(sigv4_sha256_hex(strbuf_get(&canon), canon.len, hash), 0);
    assert_string_equal(
        hash,
        "1495d04d7edd422cf82ff5cc95d5c8892a5834bf97e39848c51fe3276729db92");
    check(&v, strbuf_get(&auth));
    assert_non_null(strstr(
        strbuf_get(&auth),
        "Credential=AKIDEXAMPLE/20150830/us-east-1/ecs/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date;x-amz-target, "));
    strbuf_release(&auth);
    v.headers[4] = (struct http_header){
        "X-Amz-Security-Token", "AQoDYXdzEPT//////////wEXAMPLE=="};
    v.body = "{\"maxResults\":100}";
    v.head = "4e7b68d84fe5ea41cb9d96d93f97b3ff46a1b7592ded3d3053c8b0dae97a8d56";
    auth = sign(&v, "ecs", NULL);
    check(&v, strbuf_get(&auth));
    strbuf_release(&auth);
    strbuf_release(&canon);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_the_published_vectors),
        cmocka_unit_test(canonical_request_is_as_published),
        cmocka_unit_test(query_is_encoded_and_sorted_by_value_too),
        cmocka_unit_test(path_escapes_are_encoded_again),
        cmocka_unit_test(signs_ecs_calls_as_botocore_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
