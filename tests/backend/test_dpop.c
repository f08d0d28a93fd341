/* dpop: the proof says what RFC 9449 wants, and its signature is good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/creds/dpop.h"
#include "backend/base/mem.h"

#define WALL 1795271527204
#define URL "https://eu-west-1.signin.aws.amazon.com/v1/token"

static char *pem_of(EVP_PKEY *key, const EVP_CIPHER *locked)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data, *text;

    assert_non_null(key);
    assert_int_equal(PEM_write_bio_PrivateKey(bio, key, locked,
                         locked ? (const unsigned char *)"word" : NULL,
                         locked ? 4 : 0, NULL, NULL), 1);
    long n = BIO_get_mem_data(bio, &data);
    text = xstrndup(data, (size_t)n);
    BIO_free(bio);
    return text;
}

/* Base64 of URLs by OpenSSL's own decoder; returns the length. */
static size_t decode(const char *text, size_t len, unsigned char *out)
{
    char padded[2000];
    size_t n = 0;

    assert_true(len + 4 < sizeof(padded));
    for (; n < len; n++)
        padded[n] = text[n] == '-' ? '+' : text[n] == '_' ? '/' : text[n];
    while (n % 4)
        padded[n++] = '=';
    int got = EVP_DecodeBlock(out, (unsigned char *)padded, (int)n);
    assert_true(got >= 0);
    return (size_t)got - (n - len);
}

static json_t *part(const char *text, size_t len)
{
    unsigned char raw[2000];
    size_t n = decode(text, len, raw);
    json_t *j = json_loadb((char *)raw, n, JSON_REJECT_DUPLICATES, NULL);

    assert_non_null(j);
    return j;
}

static const char *text_of(const json_t *j, const char *name)
{
    return json_string_value(json_object_get(j, name));
}

/* Is the signature that of this key? */
static bool good(EVP_PKEY *key, const char *proof)
{
    const char *dot = strrchr(proof, '.');
    unsigned char both[80], *der = NULL;
    ECDSA_SIG *sig = ECDSA_SIG_new();
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    assert_int_equal(decode(dot + 1, strlen(dot + 1), both), 64);
    ECDSA_SIG_set0(sig, BN_bin2bn(both, 32, NULL),
                   BN_bin2bn(both + 32, 32, NULL));
    int n = i2d_ECDSA_SIG(sig, &der);
    assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key),
                     1);
    int rc = EVP_DigestVerify(ctx, der, (size_t)n,
                              (const unsigned char *)proof,
                              (size_t)(dot - proof));
    OPENSSL_free(der);
    ECDSA_SIG_free(sig);
    EVP_MD_CTX_free(ctx);
    return rc == 1;
}

static void the_proof_is_whole(void **state)
{
    char last[64] = "";

    (void)state;
    /* Often enough for numbers that begin with zeros. */
    for (int i = 0; i < 40; i++) {
        EVP_PKEY *key = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256");
        char *pem = pem_of(key, NULL);
        char *proof = dpop_proof(pem, URL, WALL, NULL);
        size_t len = 0;
        unsigned char point[65], x[64], y[64];

        assert_non_null(proof);
        const char *claims = strchr(proof, '.') + 1;
        json_t *h = part(proof, (size_t)(claims - 1 - proof));
        json_t *c = part(claims, strcspn(claims, "."));
        json_t *jwk = json_object_get(h, "jwk");
        assert_string_equal(text_of(h, "typ"), "dpop+jwt");
        assert_string_equal(text_of(h, "alg"), "ES256");
        assert_string_equal(text_of(jwk, "kty"), "EC");
        assert_string_equal(text_of(jwk, "crv"), "P-256");
        assert_int_equal(json_object_size(jwk), 4); /* not the private one */
        EVP_PKEY_get_octet_string_param(key, "pub", point, sizeof(point),
                                        &len);
        assert_int_equal(len, 65);
        const char *t = text_of(jwk, "x");
        assert_int_equal(decode(t, strlen(t), x), 32);
        t = text_of(jwk, "y");
        assert_int_equal(decode(t, strlen(t), y), 32);
        assert_memory_equal(x, point + 1, 32);
        assert_memory_equal(y, point + 33, 32);
        assert_string_equal(text_of(c, "htm"), "POST");
        assert_string_equal(text_of(c, "htu"), URL);
        assert_int_equal(json_integer_value(json_object_get(c, "iat")),
                         WALL / 1000);
        assert_int_equal(strlen(text_of(c, "jti")), 36);
        assert_string_not_equal(text_of(c, "jti"), last);
        snprintf(last, sizeof(last), "%s", text_of(c, "jti"));
        assert_true(good(key, proof));
        assert_false(good(other, proof));
        json_decref(h);
        json_decref(c);
        free(proof);
        free(pem);
        EVP_PKEY_free(key);
        EVP_PKEY_free(other);
    }
}

static void other_keys_are_refused(void **state)
{
    EVP_PKEY *ec = EVP_EC_gen("P-256");
    EVP_PKEY *keys[] = {EVP_EC_gen("P-384"), EVP_RSA_gen(1024)};
    char *texts[] = {pem_of(keys[0], NULL), pem_of(keys[1], NULL),
                     pem_of(ec, EVP_aes_128_cbc()), xstrdup("planted"),
                     xstrdup("")};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct err err = {0};
        assert_null(dpop_proof(texts[i], URL, WALL, &err));
        assert_int_equal(err.code, ERR_CREDENTIALS);
        assert_null(strstr(err.message, "planted"));
        free(texts[i]);
    }
    EVP_PKEY_free(keys[0]);
    EVP_PKEY_free(keys[1]);
    EVP_PKEY_free(ec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_proof_is_whole),
        cmocka_unit_test(other_keys_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
