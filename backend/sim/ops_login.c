/* AWS Sign-In: a session of `aws login`, renewed for a refresh token and a
 * proof by the session's key (RFC 9449). */
#include "backend/sim/sim_internal.h"

#include "backend/base/mem.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMBERS (const struct sim_member[])
#define LIFE_S 900
#define SKEW_S 300

/* ---- the session ------------------------------------------------------- */

void sim_login_init(struct sim *s)
{
    struct sim_creds *k = &s->creds;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    BIO *bio = BIO_new(BIO_s_mem());
    char *data = NULL;
    size_t n = 0;
    PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    long len = BIO_get_mem_data(bio, &data);
    k->login_key = xstrndup(data, (size_t)len);
    EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY,
                                    k->login_point, sizeof(k->login_point),
                                    &n);
    snprintf(k->login_token, sizeof(k->login_token), "%s",
             sim_grant_new(s, GRANT_LOGIN, 0));
    BIO_free(bio);
    EVP_PKEY_free(key);
}

/* ---- the proof --------------------------------------------------------- */

/* One part of the token; -1 when it is no base64 of URLs, or too long. */
static int unpack(const char *text, size_t n, unsigned char *out, size_t size)
{
    unsigned bits = 0, have = 0;
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        unsigned v = c >= 'A' && c <= 'Z'   ? (unsigned)(c - 'A')
                     : c >= 'a' && c <= 'z' ? (unsigned)(c - 'a') + 26
                     : c >= '0' && c <= '9' ? (unsigned)(c - '0') + 52
                     : c == '-'             ? 62
                     : c == '_'             ? 63
                                            : 64;
        if (v == 64)
            return -1;
        bits = (bits << 6 | v) & 0xffffff;
        have += 6;
        if (have >= 8) {
            have -= 8;
            if (used == size)
                return -1;
            out[used++] = (unsigned char)(bits >> have);
        }
    }
    return (int)used;
}

static json_t *unpack_json(const char *text, size_t n)
{
    unsigned char raw[2048];
    json_error_t je;
    int len = unpack(text, n, raw, sizeof(raw));
    return len < 0 ? NULL : json_loadb((char *)raw, (size_t)len, 0, &je);
}

static const char *member(const json_t *o, const char *name)
{
    const char *v = json_string_value(json_object_get(o, name));
    return v ? v : "";
}

/* The public key that the proof carries, as a point; false when it is none. */
static bool read_point(const json_t *jwk, unsigned char point[65])
{
    const char *x = member(jwk, "x"), *y = member(jwk, "y");
    point[0] = 4;
    return strcmp(member(jwk, "kty"), "EC") == 0 &&
           strcmp(member(jwk, "crv"), "P-256") == 0 &&
           unpack(x, strlen(x), point + 1, 32) == 32 &&
           unpack(y, strlen(y), point + 33, 32) == 32;
}

static EVP_PKEY *key_of(unsigned char point[65])
{
    char group[] = "prime256v1";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 65),
        OSSL_PARAM_construct_end()};
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *key = NULL;
    if (EVP_PKEY_fromdata_init(ctx) == 1)
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

static bool signed_by(unsigned char point[65], const char *text, size_t n,
                      const unsigned char both[64])
{
    ECDSA_SIG *sig = ECDSA_SIG_new();
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY *key = key_of(point);
    unsigned char *der = NULL;
    ECDSA_SIG_set0(sig, BN_bin2bn(both, 32, NULL),
                   BN_bin2bn(both + 32, 32, NULL));
    int len = i2d_ECDSA_SIG(sig, &der);
    bool good = key && len > 0 &&
                EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
                EVP_DigestVerify(ctx, der, (size_t)len,
                                 (const unsigned char *)text, n) == 1;
    OPENSSL_free(der);
    EVP_PKEY_free(key);
    EVP_MD_CTX_free(ctx);
    ECDSA_SIG_free(sig);
    return good;
}

static const char *judge(struct sim_call *c, const json_t *head,
                         const json_t *claims, unsigned char point[65])
{
    char url[200];
    int64_t age = c->now_ms / 1000 -
                  json_integer_value(json_object_get(claims, "iat"));
    const char *jti = member(claims, "jti");
    const char *host = sim_http_header(c->http, "host");
    snprintf(url, sizeof(url), "http://%s/v1/token", host ? host : "");
    if (strcmp(member(head, "typ"), "dpop+jwt") ||
        strcmp(member(head, "alg"), "ES256"))
        return "typ must be dpop+jwt and alg ES256";
    if (!read_point(json_object_get(head, "jwk"), point))
        return "jwk must be a public key on P-256";
    if (memcmp(point, c->sim->creds.login_point, 65) != 0)
        return "jwk is not the key of the session";
    if (strcmp(member(claims, "htm"), "POST") ||
        strcmp(member(claims, "htu"), url))
        return "htm and htu must be those of the request";
    if (age < -SKEW_S || age > SKEW_S)
        return "iat is not now";
    if (strlen(jti) < 16 || strlen(jti) > 60 ||
        sim_grant_check(c->sim, GRANT_PROOF, jti) == 0)
        return "jti must be new";
    return NULL;
}

/* NULL, or what is wrong with it. */
static const char *check_proof(struct sim_call *c)
{
    const char *proof = sim_http_header(c->http, "dpop");
    const char *dot = proof ? strchr(proof, '.') : NULL;
    const char *end = dot ? strchr(dot + 1, '.') : NULL;
    unsigned char point[65], both[64];
    if (!end)
        return "The DPoP header is missing";
    json_t *head = unpack_json(proof, (size_t)(dot - proof));
    json_t *claims = unpack_json(dot + 1, (size_t)(end - dot - 1));
    const char *why = judge(c, head, claims, point);
    if (!why && (unpack(end + 1, strlen(end + 1), both, 64) != 64 ||
                 !signed_by(point, proof, (size_t)(end - proof), both)))
        why = "the signature is not that of jwk";
    if (!why)
        sim_grant_note(c->sim, GRANT_PROOF, member(claims, "jti"));
    json_decref(head);
    json_decref(claims);
    return why;
}

/* ---- the operation ------------------------------------------------------ */

static void create_token(struct sim_call *c)
{
    const char *why = check_proof(c);
    char secret[44];
    int64_t told;
    if (why) {
        sim_fail(c, "INVALID_REQUEST", "Invalid DPoP proof: %s", why);
        return;
    }
    if (strcmp(sim_in_text(c, "grantType"), "refresh_token") != 0 ||
        strcmp(sim_in_text(c, "clientId"), SIM_LOGIN_CLIENT) != 0) {
        sim_fail(c, "INVALID_REQUEST", "Only refresh_token of the device's "
                 "own client is served");
        return;
    }
    if (sim_grant_check(c->sim, GRANT_LOGIN, sim_in_text(c, "refreshToken"))) {
        sim_fail_as(c, 401, "TOKEN_EXPIRED", "The refresh token has expired");
        return;
    }
    const struct sim_ident *i = sim_issue(
        c, sim_role(VIA_LOGIN, NULL, NULL), "demo", LIFE_S, &told, secret);
    json_t *o = put_object(c->out, "accessToken");
    put_text(o, "accessKeyId", i->key);
    put_text(o, "secretAccessKey", secret);
    put_text(o, "sessionToken", i->token);
    put_text(c->out, "tokenType", "aws_sigv4");
    put_int(c->out, "expiresIn", (told - c->now_ms) / 1000);
    /* The old one stays good for a while at AWS, too. */
    put_text(c->out, "refreshToken", sim_grant_new(c->sim, GRANT_LOGIN, 0));
}

const struct sim_op sim_login_ops[] = {
    {.name = "CreateOAuth2Token", .run = create_token, .open = true,
     .gives = true, .path = "POST /v1/token",
     .members = MEMBERS{{"clientId", T_STRING, true},
                        {"grantType", T_STRING, true},
                        {"refreshToken", T_STRING, false},
                        {"code", T_STRING, false},
                        {"redirectUri", T_STRING, false},
                        {"codeVerifier", T_STRING, false},
                        {0}}},
    {0},
};
