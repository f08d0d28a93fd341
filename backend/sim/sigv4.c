#include "backend/sim/sigv4.h"

#include "backend/base/fmt.h"
#include "backend/base/mem.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct parts { /* of the Authorization header; heap */
    char *key, *date, *region, *service, *signed_headers, *signature;
};

static void parts_release(struct parts *p)
{
    free(p->key);
    free(p->date);
    free(p->region);
    free(p->service);
    free(p->signed_headers);
    free(p->signature);
}

static int refuse(struct sim_sig_error *err, const char *code,
                  const char *text)
{
    err->code = code;
    snprintf(err->message, sizeof(err->message), "%s", text);
    return -1;
}

static void hex(const unsigned char *in, size_t n, char *out)
{
    for (size_t i = 0; i < n; i++)
        snprintf(out + 2 * i, 3, "%02x", in[i]);
}

static void sha_hex(const char *data, size_t n, char out[65])
{
    unsigned char md[32];
    EVP_Digest(data, n, md, NULL, EVP_sha256(), NULL);
    hex(md, 32, out);
}

static void hmac(const void *key, size_t klen, const char *data,
                 unsigned char out[32])
{
    unsigned n = 32;
    HMAC(EVP_sha256(), key, (int)klen, (const unsigned char *)data,
         strlen(data), out, &n);
}

/* `Name=value` between commas and blanks. */
static char *field(const char *auth, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = auth; *p; p += strcspn(p, ", ")) {
        p += strspn(p, ", ");
        if (strncmp(p, name, n) == 0)
            return xstrndup(p + n, strcspn(p + n, ", "));
    }
    return NULL;
}

static int parse_auth(const char *auth, struct parts *p)
{
    char *save = NULL, *scope = field(auth, "Credential=");
    p->signed_headers = field(auth, "SignedHeaders=");
    p->signature = field(auth, "Signature=");
    char *f[5] = {0};
    int n = 0;
    for (char *w = scope ? strtok_r(scope, "/", &save) : NULL; w && n < 5;
         w = strtok_r(NULL, "/", &save))
        f[n++] = w;
    bool ok = n == 5 && strcmp(f[4], "aws4_request") == 0 &&
              p->signed_headers && p->signature;
    if (ok) {
        p->key = xstrdup(f[0]);
        p->date = xstrdup(f[1]);
        p->region = xstrdup(f[2]);
        p->service = xstrdup(f[3]);
    }
    free(scope);
    return ok ? 0 : -1;
}

void sim_sig_claim(const struct sim_http *r, char *key, size_t key_size,
                   char *region, size_t region_size)
{
    const char *auth = sim_http_header(r, "authorization");
    struct parts p = {0};
    if (auth)
        parse_auth(auth, &p);
    snprintf(key, key_size, "%s", p.key ? p.key : "");
    snprintf(region, region_size, "%s", p.region ? p.region : "");
    parts_release(&p);
}

/* Blanks inside a value collapse to one. */
static void put_value(struct strbuf *b, const char *v)
{
    bool blank = false;
    for (; *v; v++) {
        if (*v == ' ' && blank)
            continue;
        blank = *v == ' ';
        strbuf_putc(b, *v);
    }
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int nibble(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static void put_encoded(struct strbuf *b, char c)
{
    if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
        (c >= '0' && c <= '9') || (c && strchr("-_.~", c)))
        strbuf_putc(b, c);
    else
        strbuf_printf(b, "%%%02X", (unsigned char)c);
}

/* One name or value of the query, decoded and encoded again, so that every
 * spelling of the same bytes signs alike. */
static void put_again(struct strbuf *b, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int hi = s[i] == '%' && i + 2 < n ? nibble(s[i + 1]) : -1;
        int lo = hi >= 0 ? nibble(s[i + 2]) : -1;
        if (lo >= 0) {
            put_encoded(b, (char)(hi * 16 + lo));
            i += 2;
        } else {
            put_encoded(b, s[i]);
        }
    }
}

/* Pairs sorted by encoded name, then value; \1 sorts before all of both. */
static void put_query(struct strbuf *b, const char *query)
{
    char *copy = xstrdup(query), *save = NULL, *pairs[64] = {NULL};
    size_t n = 0;
    for (char *w = strtok_r(copy, "&", &save); w && n < ARRAY_LEN(pairs);
         w = strtok_r(NULL, "&", &save)) {
        struct strbuf pair = STRBUF_INIT;
        const char *eq = strchr(w, '=');
        put_again(&pair, w, eq ? (size_t)(eq - w) : strlen(w));
        strbuf_putc(&pair, '\1');
        if (eq)
            put_again(&pair, eq + 1, strlen(eq + 1));
        pairs[n++] = strbuf_detach(&pair);
    }
    qsort(pairs, n, sizeof(pairs[0]), by_text);
    for (size_t i = 0; i < n; i++) {
        *strchr(pairs[i], '\1') = '=';
        strbuf_printf(b, "%s%s", i ? "&" : "", pairs[i]);
        free(pairs[i]);
    }
    free(copy);
}

/* Dot segments and empty ones go, then every segment is encoded (once more
 * than it came: only S3 differs). */
static void put_path(struct strbuf *b, const char *path)
{
    char *copy = xstrdup(path), *save = NULL, *kept[64];
    size_t n = 0;
    for (char *w = strtok_r(copy, "/", &save); w && n < ARRAY_LEN(kept);
         w = strtok_r(NULL, "/", &save)) {
        if (strcmp(w, "..") == 0)
            n -= n > 0;
        else if (strcmp(w, ".") != 0)
            kept[n++] = w;
    }
    strbuf_putc(b, '/');
    for (size_t i = 0; i < n; i++) {
        for (const char *p = kept[i]; *p; p++)
            put_encoded(b, *p);
        if (i + 1 < n)
            strbuf_putc(b, '/');
    }
    if (n && path[strlen(path) - 1] == '/')
        strbuf_putc(b, '/');
    free(copy);
}

/* The canonical request of r for these signed headers. -1 when one of them
 * was not sent. */
static int canonical_request(const struct sim_http *r,
                             const char *signed_headers, struct strbuf *out)
{
    char body[65], *copy = xstrdup(signed_headers), *save = NULL;
    int rc = 0;
    strbuf_printf(out, "%s\n", r->method);
    put_path(out, r->path);
    strbuf_putc(out, '\n');
    put_query(out, r->query);
    strbuf_putc(out, '\n');
    for (char *h = strtok_r(copy, ";", &save); h;
         h = strtok_r(NULL, ";", &save)) {
        bool seen = false;
        strbuf_printf(out, "%s:", h);
        for (size_t i = 0; i < r->n_headers; i++) {
            if (strcmp(r->headers[i].name, h) != 0)
                continue;
            if (seen)
                strbuf_putc(out, ',');
            put_value(out, r->headers[i].value);
            seen = true;
        }
        if (!seen)
            rc = -1; /* signed, but not sent */
        strbuf_putc(out, '\n');
    }
    free(copy);
    sha_hex(r->body.data ? r->body.data : "", r->body.len, body);
    strbuf_printf(out, "\n%s\n%s", signed_headers, body);
    return rc;
}

static int parse_amz_date(const char *s, int64_t *ms)
{
    struct tm tm = {0};
    if (strlen(s) != 16 || !strptime(s, "%Y%m%dT%H%M%SZ", &tm))
        return -1;
    *ms = (int64_t)timegm(&tm) * 1000;
    return 0;
}

static bool near(int64_t a, int64_t b)
{
    return a - b <= 300000 && b - a <= 300000;
}

static void sign(const struct parts *p, const char *secret, const char *date,
                 const char *canonical_request, size_t n, char out[65])
{
    unsigned char k[32];
    char digest[65], text[512], start[160];
    sha_hex(canonical_request, n, digest);
    /* cut short if somebody sends a giant scope: then it does not match */
    snprintf(text, sizeof(text),
             "AWS4-HMAC-SHA256\n%s\n%s/%s/%s/aws4_request\n%s", date, p->date,
             p->region, p->service, digest);
    snprintf(start, sizeof(start), "AWS4%s", secret);
    hmac(start, strlen(start), p->date, k);
    hmac(k, 32, p->region, k);
    hmac(k, 32, p->service, k);
    hmac(k, 32, "aws4_request", k);
    hmac(k, 32, text, k);
    hex(k, 32, out);
}

/* In a ;-list, whole words only. */
static bool is_signed(const char *list, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = list; p; p = strchr(p, ';')) {
        p += *p == ';';
        if (strncmp(p, name, n) == 0 && (p[n] == ';' || p[n] == '\0'))
            return true;
    }
    return false;
}

/* Host and every x-amz- header must be covered, or anybody on the way could
 * change what is asked; a hash that is sent must be true. */
static int check_headers(const struct sim_http *r, const struct parts *p,
                         struct sim_sig_error *err)
{
    const char *sent = sim_http_header(r, "x-amz-content-sha256");
    char body[65];
    if (!is_signed(p->signed_headers, "host"))
        return refuse(err, "InvalidSignatureException",
                      "'Host' must be a 'SignedHeader' in the AWS "
                      "Authorization.");
    for (size_t i = 0; i < r->n_headers; i++) {
        const char *name = r->headers[i].name;
        if (strncmp(name, "x-amz-", 6) == 0 &&
            !is_signed(p->signed_headers, name)) {
            err->code = "InvalidSignatureException";
            snprintf(err->message, sizeof(err->message), "'%s' must be a "
                     "'SignedHeader' in the AWS Authorization.", name);
            return -1;
        }
    }
    sha_hex(strbuf_get(&r->body), r->body.len, body);
    if (sent && strcmp(sent, body) != 0)
        return refuse(err, "InvalidSignatureException",
                      "The value of x-amz-content-sha256 does not match the "
                      "body.");
    return 0;
}

static int check_who(const struct sim_http *r, const struct parts *p,
                     const struct sim_keys *keys, struct sim_sig_error *err)
{
    const char *token = sim_http_header(r, "x-amz-security-token");
    bool token_ok = token && keys->session_token
                        ? strcmp(token, keys->session_token) == 0
                        : token == keys->session_token;
    if (strcmp(p->key, keys->access_key) != 0 || !token_ok)
        return refuse(err, "UnrecognizedClientException",
                      "The security token included in the request is "
                      "invalid.");
    return 0;
}

static int check_when(const char *date, const struct parts *p,
                      const struct sim_keys *keys, struct sim_sig_error *err)
{
    int64_t at;
    if (!date || parse_amz_date(date, &at) || strlen(p->date) != 8 ||
        strncmp(date, p->date, 8) != 0)
        return refuse(err, "IncompleteSignatureException",
                      "Date in Credential scope does not match X-Amz-Date, "
                      "or it is missing.");
    if (near(at, keys->now_ms) || near(at, keys->alt_ms))
        return 0;
    char then[20], now[20];
    err->code = "InvalidSignatureException";
    snprintf(err->message, sizeof(err->message),
             at < keys->alt_ms ? "Signature expired: %s is now earlier than "
                                 "%s (5 min.) allows."
                               : "Signature not yet current: %s is still "
                                 "later than %s (5 min.) allows.",
             fmt_amz_date(at, then), fmt_amz_date(keys->alt_ms, now));
    return -1;
}

static int check(const struct sim_http *r, const struct parts *p,
                 const struct sim_keys *keys, struct sim_sig_error *err)
{
    const char *date = sim_http_header(r, "x-amz-date");
    char want[65];
    if (check_who(r, p, keys, err) || check_when(date, p, keys, err) ||
        check_headers(r, p, err))
        return -1;
    struct strbuf c = STRBUF_INIT;
    int rc = canonical_request(r, p->signed_headers, &c);
    if (rc == 0) {
        sign(p, keys->secret, date, strbuf_get(&c), c.len, want);
        rc = strlen(p->signature) == 64 &&
                     CRYPTO_memcmp(want, p->signature, 64) == 0
                 ? 0
                 : -1;
    }
    strbuf_release(&c);
    if (rc)
        return refuse(err, "InvalidSignatureException",
                      "The request signature we calculated does not match "
                      "the signature you provided. Check your AWS Secret "
                      "Access Key and signing method. Consult the service "
                      "documentation for details.");
    return 0;
}

int sim_sig_check(const struct sim_http *r, const struct sim_keys *keys,
                  struct sim_scope *scope, struct sim_sig_error *err)
{
    const char *auth = sim_http_header(r, "authorization");
    struct parts p = {0};
    int rc;
    if (!auth)
        return refuse(err, "MissingAuthenticationTokenException",
                      "Missing Authentication Token");
    if (strncmp(auth, "AWS4-HMAC-SHA256 ", 17) != 0 || parse_auth(auth, &p))
        rc = refuse(err, "IncompleteSignatureException",
                    "Authorization header requires 'Credential', "
                    "'SignedHeaders' and 'Signature' parameters.");
    else
        rc = check(r, &p, keys, err);
    if (rc == 0) {
        snprintf(scope->service, sizeof(scope->service), "%s", p.service);
        snprintf(scope->region, sizeof(scope->region), "%s", p.region);
    }
    parts_release(&p);
    return rc;
}
