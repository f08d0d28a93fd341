/* Where a URL leads, and whether it may be asked. */
#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "backend/base/mem.h"
#include "backend/net/http_internal.h"

/* The same for "[::1]", "[fe80::1%25eth0]" and bare addresses. */
static bool parse6(const char *host, struct in6_addr *a)
{
    char bare[64];
    size_t n;

    if (host[0] != '[')
        return false;
    n = strcspn(host + 1, "]%");
    if (n >= sizeof(bare))
        return false;
    memcpy(bare, host + 1, n);
    bare[n] = '\0';
    return inet_pton(AF_INET6, bare, a) == 1;
}

bool http_host_is_loopback(const char *host)
{
    size_t n = strlen(host);
    struct in_addr a4;
    struct in6_addr a6;

    /* curl gives both names the loopback address without asking anybody. */
    if (strcasecmp(host, "localhost") == 0 ||
        (n > 10 && strcasecmp(host + n - 10, ".localhost") == 0))
        return true;
    /* "127.example.com" is a name, not an address. */
    if (inet_pton(AF_INET, host, &a4) == 1)
        return ntohl(a4.s_addr) >> 24 == 127;
    return parse6(host, &a6) && IN6_IS_ADDR_LOOPBACK(&a6);
}

/* The addresses of the instance and container metadata services. */
static bool host_is_metadata(const char *host)
{
    static const char *const v4[] = {"169.254.169.254", "169.254.170.2",
                                     "169.254.170.23"};
    static const char *const v6[] = {"fd00:ec2::254", "fd00:ec2::23"};
    struct in6_addr a, b;

    for (size_t i = 0; i < ARRAY_LEN(v4); i++) {
        if (strcmp(host, v4[i]) == 0)
            return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(v6); i++) {
        if (parse6(host, &a) && inet_pton(AF_INET6, v6[i], &b) == 1 &&
            memcmp(&a, &b, sizeof(a)) == 0)
            return true;
    }
    return false;
}

bool http_host_is_local(const char *host)
{
    struct in_addr a4;
    struct in6_addr a6;

    if (http_host_is_loopback(host) || host_is_metadata(host))
        return true;
    if (inet_pton(AF_INET, host, &a4) == 1)
        return ntohl(a4.s_addr) >> 16 == (169 << 8 | 254);
    return parse6(host, &a6) && IN6_IS_ADDR_LINKLOCAL(&a6);
}

char *http_url_host(const char *url, struct err *err)
{
    CURLU *u = curl_url();
    char *scheme = NULL, *host = NULL, *copy = NULL;

    if (!u || curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK ||
        curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
        err_set(err, ERR_USAGE, "%s is not a URL.", url);
    else if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
        err_set(err, ERR_USAGE, "%s is neither http:// nor https://.", url);
    else
        copy = xstrdup(host);
    curl_free(scheme);
    curl_free(host);
    curl_url_cleanup(u);
    return copy;
}

int http_check_plain(const char *url, struct err *err)
{
    char *host;
    int rc = 0;

    if (strncasecmp(url, "https:", 6) == 0)
        return 0;
    host = http_url_host(url, err);
    if (!host)
        return -1;
    if (!http_host_is_loopback(host) && !host_is_metadata(host))
        rc = err_set(err, ERR_CONFIG, "%s would be asked without encryption: "
                     "use an https:// endpoint, or allow it with "
                     "--insecure-endpoint.", host);
    free(host);
    return rc;
}

int http_check_ca_bundle(const char *path, struct err *err)
{
    struct stat st;
    BIO *in = NULL;
    X509 *cert = NULL;
    int rc = 0;

    /* Anything else may block, or says nothing when it is read. */
    if (stat(path, &st) != 0)
        return err_set(err, ERR_CONFIG, "The CA bundle %s does not exist or "
                       "can't be reached: correct AWS_CA_BUNDLE or ca_bundle.",
                       path);
    if (S_ISREG(st.st_mode))
        in = BIO_new_file(path, "r");
    if (in)
        cert = PEM_read_bio_X509_AUX(in, NULL, NULL, NULL);
    if (!cert)
        rc = err_set(err, ERR_CONFIG, "The CA bundle %s %s: correct "
                     "AWS_CA_BUNDLE or ca_bundle.", path,
                     in ? "holds no PEM certificate"
                        : "is not a file that can be read");
    X509_free(cert);
    BIO_free(in);
    ERR_clear_error();
    return rc;
}
