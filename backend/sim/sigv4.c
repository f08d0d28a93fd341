#include "backend/sim/sigv4.h"

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
    const char *p = strstr(auth, name);
    if (!p)
        return NULL;
    p += strlen(name);
    return xstrndup(p, strcspn(p, ", "));
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

/* The query's pairs sorted; clients send it encoded already. */
static void put_query(struct strbuf *b, const char *query)
{
    char *copy = xstrdup(query), *save = NULL, *pairs[64];
    size_t n = 0;
    for (char *w = strtok_r(copy, "&", &save); w && n < ARRAY_LEN(pairs);
         w = strtok_r(NULL, "&", &save))
        pairs[n++] = w;
    qsort(pairs, n, sizeof(pairs[0]), by_text);
    for (size_t i = 0; i < n; i++)
        strbuf_printf(b, "%s%s%s", i ? "&" : "", pairs[i],
                      strchr(pairs[i], '=') ? "" : "=");
    free(copy);
}

static int canonical(const struct sim_http *r, const char *signed_headers,
                     struct strbuf *out)
{
    char body[65], *copy = xstrdup(signed_headers), *save = NULL;
    int rc = 0;
    strbuf_printf(out, "%s\n%s\n", r->method, r->path);
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

static int check(const struct sim_http *r, const struct parts *p,
                 const char *access_key, const char *secret, int64_t now_ms,
                 int64_t alt_ms, struct sim_sig_error *err)
{
    const char *date = sim_http_header(r, "x-amz-date");
    int64_t at;
    char want[65];
    if (strcmp(p->key, access_key) != 0)
        return refuse(err, "UnrecognizedClientException",
                      "The security token included in the request is "
                      "invalid.");
    if (!date || parse_amz_date(date, &at) ||
        strncmp(date, p->date, 8) != 0)
        return refuse(err, "IncompleteSignatureException",
                      "Date in Credential scope does not match X-Amz-Date, "
                      "or it is missing.");
    if (!near(at, now_ms) && !near(at, alt_ms))
        return refuse(err, "InvalidSignatureException",
                      at < now_ms ? "Signature expired: the request is too "
                                    "old."
                                  : "Signature not yet current.");
    struct strbuf c = STRBUF_INIT;
    int rc = canonical(r, p->signed_headers, &c);
    if (rc == 0) {
        sign(p, secret, date, strbuf_get(&c), c.len, want);
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
                      "Access Key and signing method.");
    return 0;
}

int sim_sig_check(const struct sim_http *r, const char *access_key,
                  const char *secret, int64_t now_ms, int64_t alt_ms,
                  char service[32], struct sim_sig_error *err)
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
    else {
        snprintf(service, 32, "%s", p.service);
        rc = check(r, &p, access_key, secret, now_ms, alt_ms, err);
    }
    parts_release(&p);
    return rc;
}
