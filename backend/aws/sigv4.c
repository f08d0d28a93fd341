#include "backend/aws/sigv4.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/base/mem.h"

enum { SHA_LEN = 32 };

/* Proxies and curl change or add these: never signed (botocore's list). */
static const char *const never_signed[] = {
    "authorization", "connection", "expect", "keep-alive",
    "proxy-authenticate", "proxy-authorization", "proxy-connection", "te",
    "trailer", "transfer-encoding", "upgrade", "user-agent",
    "x-amzn-trace-id",
};

static void put_hex(const unsigned char *in, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[in[i] >> 4];
        out[2 * i + 1] = digits[in[i] & 15];
    }
    out[2 * n] = '\0';
}

int sigv4_sha256_hex(const void *data, size_t len, char out[65])
{
    unsigned char md[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    if (!EVP_Digest(data, len, md, &n, EVP_sha256(), NULL) || n != SHA_LEN)
        return -1;
    put_hex(md, SHA_LEN, out);
    return 0;
}

static int hmac(const void *key, size_t key_len, const char *text,
                unsigned char out[SHA_LEN])
{
    unsigned n = 0;

    return HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)text,
                strlen(text), out, &n) && n == SHA_LEN ? 0 : -1;
}

void sigv4_encode(struct strbuf *out, const char *s, size_t n, int keep_slash)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];

        if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
            (c >= '0' && c <= '9') || (c && strchr("-_.~", c)) ||
            (c == '/' && keep_slash))
            strbuf_putc(out, (char)c);
        else
            strbuf_printf(out, "%%%02X", c);
    }
}

/* ---- path ---- */

/* Removes "." and ".." segments and doubled slashes, then encodes what is
 * left (so an escape already there is encoded a second time, as AWS wants
 * it). */
static void put_path(struct strbuf *out, const char *path)
{
    struct strbuf norm = STRBUF_INIT;
    const char *p = path ? path : "";

    strbuf_putc(&norm, '/');
    while (*p) {
        size_t n;

        p += strspn(p, "/");
        n = strcspn(p, "/");
        if (n == 2 && memcmp(p, "..", 2) == 0) {
            /* norm ends with '/': drop the segment before it */
            if (norm.len > 1)
                norm.len--;
            while (norm.len > 1 && norm.data[norm.len - 1] != '/')
                norm.len--;
            norm.data[norm.len] = '\0';
        } else if (n > 0 && !(n == 1 && *p == '.')) {
            strbuf_append(&norm, p, n);
            if (p[n] == '/')
                strbuf_putc(&norm, '/');
        }
        p += n;
    }
    sigv4_encode(out, strbuf_get(&norm), norm.len, 1);
    strbuf_release(&norm);
}

/* ---- query ---- */

struct pair {
    char *name;
    char *value;
};

static int pair_cmp(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    int d = strcmp(x->name, y->name);

    return d ? d : strcmp(x->value, y->value);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undo the escapes that are there, then encode by the rules. */
static char *recode(const char *s, size_t n)
{
    struct strbuf raw = STRBUF_INIT, enc = STRBUF_INIT;

    for (size_t i = 0; i < n; i++) {
        if (s[i] == '%' && i + 2 < n && hex_value(s[i + 1]) >= 0 &&
            hex_value(s[i + 2]) >= 0) {
            strbuf_putc(&raw, (char)(hex_value(s[i + 1]) * 16 +
                                     hex_value(s[i + 2])));
            i += 2;
        } else {
            strbuf_putc(&raw, s[i]);
        }
    }
    sigv4_encode(&enc, strbuf_get(&raw), raw.len, 0);
    strbuf_release(&raw);
    return strbuf_detach(&enc);
}

static void put_query(struct strbuf *out, const char *query)
{
    struct pair *pairs = NULL;
    size_t n = 0, cap = 0;

    for (const char *p = query ? query : ""; *p;) {
        size_t len = strcspn(p, "&");
        const char *eq = memchr(p, '=', len);
        size_t name_len = eq ? (size_t)(eq - p) : len;

        if (len > 0) {
            pairs = xgrow(pairs, &cap, n + 1, sizeof(*pairs));
            pairs[n].name = recode(p, name_len);
            pairs[n].value = eq ? recode(eq + 1, len - name_len - 1)
                                : xstrdup("");
            n++;
        }
        p += len + (p[len] == '&');
    }
    if (n > 1)
        qsort(pairs, n, sizeof(*pairs), pair_cmp);
    for (size_t i = 0; i < n; i++) {
        strbuf_printf(out, "%s%s=%s", i ? "&" : "", pairs[i].name,
                      pairs[i].value);
        free(pairs[i].name);
        free(pairs[i].value);
    }
    free(pairs);
}

/* ---- headers ---- */

struct header {
    char *name;  /* lower case */
    char *value; /* trimmed, blanks collapsed */
    size_t order;
};

static int header_cmp(const void *a, const void *b)
{
    const struct header *x = a, *y = b;
    int d = strcmp(x->name, y->name);

    return d ? d : (x->order > y->order) - (x->order < y->order);
}

static int is_signed(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(never_signed); i++) {
        if (strcasecmp(name, never_signed[i]) == 0)
            return 0;
    }
    return 1;
}

static char *fold_value(const char *s)
{
    struct strbuf b = STRBUF_INIT;
    int gap = 0;

    for (; *s; s++) {
        if (strchr(" \t\r\n", *s)) {
            gap = b.len > 0;
            continue;
        }
        if (gap)
            strbuf_putc(&b, ' ');
        gap = 0;
        strbuf_putc(&b, *s);
    }
    return strbuf_detach(&b);
}

/* Writes the canonical header block to out and the names to names. */
static void put_headers(const struct sigv4_request *rq, struct strbuf *out,
                        struct strbuf *names)
{
    struct header *hs = xcalloc(rq->n_headers + 1, sizeof(*hs));
    size_t n = 0;

    for (size_t i = 0; i < rq->n_headers; i++) {
        struct header *h = &hs[n];

        if (!is_signed(rq->headers[i].name))
            continue;
        h->name = xstrdup(rq->headers[i].name);
        for (char *p = h->name; *p; p++)
            *p = (char)tolower((unsigned char)*p);
        h->value = fold_value(rq->headers[i].value);
        h->order = n++;
    }
    qsort(hs, n, sizeof(*hs), header_cmp);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && strcmp(hs[i].name, hs[i - 1].name) == 0) {
            strbuf_printf(out, ",%s", hs[i].value);
        } else {
            strbuf_printf(out, "%s%s:%s", i ? "\n" : "", hs[i].name,
                          hs[i].value);
            strbuf_printf(names, "%s%s", i ? ";" : "", hs[i].name);
        }
    }
    strbuf_putc(out, '\n');
    for (size_t i = 0; i < n; i++) {
        free(hs[i].name);
        xfree_secret(hs[i].value, strlen(hs[i].value));
    }
    free(hs);
}

/* ---- the signature ---- */

static int signature(const struct sigv4_request *rq, const char *date,
                     const char *to_sign, char out[65])
{
    unsigned char k[SHA_LEN];
    struct strbuf key = STRBUF_INIT;
    int rc = -1;

    strbuf_printf(&key, "AWS4%s", rq->secret);
    if (hmac(strbuf_get(&key), key.len, date, k) == 0 &&
        hmac(k, SHA_LEN, rq->region, k) == 0 &&
        hmac(k, SHA_LEN, rq->service, k) == 0 &&
        hmac(k, SHA_LEN, "aws4_request", k) == 0 &&
        hmac(k, SHA_LEN, to_sign, k) == 0) {
        put_hex(k, SHA_LEN, out);
        rc = 0;
    }
    explicit_bzero(k, sizeof(k));
    strbuf_release_secret(&key);
    return rc;
}

int sigv4_sign(const struct sigv4_request *rq, struct strbuf *authorization,
               struct strbuf *canonical, struct strbuf *to_sign)
{
    struct strbuf canon = STRBUF_INIT, names = STRBUF_INIT;
    struct strbuf sts = STRBUF_INIT, scope = STRBUF_INIT;
    char hash[65], sig[65], date[9];
    int rc = -1;

    snprintf(date, sizeof(date), "%.8s", rq->amz_date);
    strbuf_printf(&scope, "%s/%s/%s/aws4_request", date, rq->region,
                  rq->service);
    strbuf_printf(&canon, "%s\n", rq->method);
    put_path(&canon, rq->path);
    strbuf_putc(&canon, '\n');
    put_query(&canon, rq->query);
    strbuf_putc(&canon, '\n');
    put_headers(rq, &canon, &names);
    if (sigv4_sha256_hex(rq->body ? rq->body : "", rq->body_len, hash) != 0)
        goto out;
    strbuf_printf(&canon, "\n%s\n%s", strbuf_get(&names), hash);
    if (sigv4_sha256_hex(strbuf_get(&canon), canon.len, hash) != 0)
        goto out;
    strbuf_printf(&sts, "AWS4-HMAC-SHA256\n%s\n%s\n%s", rq->amz_date,
                  strbuf_get(&scope), hash);
    if (signature(rq, date, strbuf_get(&sts), sig) != 0)
        goto out;
    strbuf_clear(authorization);
    strbuf_printf(authorization,
                  "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, "
                  "Signature=%s",
                  rq->access_key, strbuf_get(&scope), strbuf_get(&names), sig);
    if (canonical)
        strbuf_append(canonical, strbuf_get(&canon), canon.len);
    if (to_sign)
        strbuf_append(to_sign, strbuf_get(&sts), sts.len);
    rc = 0;
out:
    strbuf_release_secret(&canon); /* the token is a header */
    strbuf_release(&names);
    strbuf_release(&sts);
    strbuf_release(&scope);
    return rc;
}
