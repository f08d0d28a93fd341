#include "backend/aws/creds/dpop.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/rng.h"
#include "backend/base/strbuf.h"

enum { COORDINATE = 32 }; /* bytes of a number of P-256 */

/* Base64 of URLs, without padding. */
static void put_base64(struct strbuf *b, const void *data, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789-_";
    const unsigned char *p = data;
    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        unsigned v = (unsigned)p[i] << 16;
        if (left > 1)
            v |= (unsigned)p[i + 1] << 8;
        if (left > 2)
            v |= p[i + 2];
        strbuf_putc(b, digits[v >> 18]);
        strbuf_putc(b, digits[v >> 12 & 63]);
        if (left > 1)
            strbuf_putc(b, digits[v >> 6 & 63]);
        if (left > 2)
            strbuf_putc(b, digits[v & 63]);
    }
}

/* OpenSSL would ask the terminal for the password of a locked key. */
static int no_password(char *buf, int size, int rw, void *arg)
{
    (void)buf;
    (void)size;
    (void)rw;
    (void)arg;
    return -1;
}

static EVP_PKEY *read_key(const char *pem)
{
    char group[32];
    size_t n = strlen(pem);
    BIO *bio = n < 65536 ? BIO_new_mem_buf(pem, (int)n) : NULL;
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL)
                        : NULL;
    BIO_free(bio);
    if (key && EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) &&
        strcmp(group, "prime256v1") == 0)
        return key;
    EVP_PKEY_free(key);
    return NULL;
}

static bool put_coordinate(struct strbuf *b, const EVP_PKEY *key,
                           const char *name)
{
    unsigned char bytes[COORDINATE];
    BIGNUM *v = NULL;
    bool ok = EVP_PKEY_get_bn_param(key, name, &v) &&
              BN_bn2binpad(v, bytes, sizeof(bytes)) == COORDINATE;
    if (ok)
        put_base64(b, bytes, sizeof(bytes));
    BN_free(v);
    return ok;
}

static bool put_header(struct strbuf *out, const EVP_PKEY *key)
{
    struct strbuf b = STRBUF_INIT;
    bool ok;
    strbuf_puts(&b, "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":"
                    "{\"kty\":\"EC\",\"x\":\"");
    ok = put_coordinate(&b, key, OSSL_PKEY_PARAM_EC_PUB_X);
    strbuf_puts(&b, "\",\"y\":\"");
    ok = ok && put_coordinate(&b, key, OSSL_PKEY_PARAM_EC_PUB_Y);
    strbuf_puts(&b, "\",\"crv\":\"P-256\"}}");
    put_base64(out, strbuf_get(&b), b.len);
    strbuf_release(&b);
    return ok;
}

static void put_claims(struct strbuf *out, const char *url, int64_t wall_ms)
{
    struct strbuf b = STRBUF_INIT;
    unsigned char id[16];
    rng_os_bytes(id, sizeof(id));
    id[6] = (unsigned char)((id[6] & 0x0f) | 0x40); /* a UUID of version 4 */
    id[8] = (unsigned char)((id[8] & 0x3f) | 0x80);
    strbuf_puts(&b, "{\"htm\":\"POST\",\"htu\":");
    strbuf_put_json(&b, url, strlen(url));
    strbuf_printf(&b, ",\"iat\":%lld,\"jti\":\"", (long long)(wall_ms / 1000));
    for (size_t i = 0; i < sizeof(id); i++)
        strbuf_printf(&b, "%s%02x",
                      i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", id[i]);
    strbuf_puts(&b, "\"}");
    put_base64(out, strbuf_get(&b), b.len);
    strbuf_release(&b);
}

/* OpenSSL's signature is DER; a token has both numbers at full width. */
static bool put_signature(struct strbuf *out, EVP_PKEY *key)
{
    unsigned char der[128], both[2 * COORDINATE];
    const unsigned char *at = der;
    size_t n = sizeof(der);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    ECDSA_SIG *sig = NULL;
    bool ok = ctx &&
              EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
              EVP_DigestSign(ctx, der, &n,
                             (const unsigned char *)strbuf_get(out),
                             out->len) == 1 &&
              (sig = d2i_ECDSA_SIG(NULL, &at, (long)n)) != NULL &&
              BN_bn2binpad(ECDSA_SIG_get0_r(sig), both, COORDINATE) ==
                  COORDINATE &&
              BN_bn2binpad(ECDSA_SIG_get0_s(sig), both + COORDINATE,
                           COORDINATE) == COORDINATE;
    if (ok) {
        strbuf_putc(out, '.');
        put_base64(out, both, sizeof(both));
    }
    ECDSA_SIG_free(sig);
    EVP_MD_CTX_free(ctx);
    return ok;
}

char *dpop_proof(const char *pem, const char *url, int64_t wall_ms,
                 struct err *err)
{
    struct strbuf token = STRBUF_INIT;
    EVP_PKEY *key = read_key(pem);
    bool ok = key && put_header(&token, key);
    if (ok) {
        strbuf_putc(&token, '.');
        put_claims(&token, url, wall_ms);
        ok = put_signature(&token, key);
    }
    EVP_PKEY_free(key);
    if (ok)
        return strbuf_detach(&token);
    strbuf_release_secret(&token);
    ERR_clear_error(); /* TLS looks at the same queue */
    err_set(err, ERR_CREDENTIALS, "its key can't be used");
    return NULL;
}
