#include "backend/aws/endpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/aws/profile.h"
#include "backend/base/mem.h"

struct endpoints {
    char *all;                     /* --endpoint-url */
    char *service[AWS_SERVICE_N];  /* per service, whoever said so */
    bool fips;
    bool dualstack;
};

/* How a region is known: by the word before its first hyphen, and by the two
 * words where that is not enough. The first match counts. */
static const struct {
    const char *prefix;
    struct partition partition;
} partitions[] = {
    {"cn-", {"aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn"}},
    {"us-gov-", {"aws-us-gov", "amazonaws.com", "api.aws"}},
    {"eusc-", {"aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu"}},
    {"us-isob-", {"aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud"}},
    {"us-isof-", {"aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov"}},
    {"eu-isoe-", {"aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"}},
    {"us-iso-", {"aws-iso", "c2s.ic.gov", "api.aws.ic.gov"}},
    {"us-", {"aws", "amazonaws.com", "api.aws"}},
    {"eu-", {"aws", "amazonaws.com", "api.aws"}},
    {"ap-", {"aws", "amazonaws.com", "api.aws"}},
    {"sa-", {"aws", "amazonaws.com", "api.aws"}},
    {"ca-", {"aws", "amazonaws.com", "api.aws"}},
    {"me-", {"aws", "amazonaws.com", "api.aws"}},
    {"af-", {"aws", "amazonaws.com", "api.aws"}},
    {"il-", {"aws", "amazonaws.com", "api.aws"}},
    {"mx-", {"aws", "amazonaws.com", "api.aws"}},
};
static const struct partition fallback = {"aws", "amazonaws.com", "api.aws"};

/* GovCloud's plain hosts are FIPS already for these. */
static const enum aws_service gov_plain_fips[] = {
    AWS_LOGS, AWS_CLOUDWATCH, AWS_STS, AWS_AUTOSCALING, AWS_ELBV2, AWS_EC2,
};

const struct partition *partition_of(const char *region, bool *known)
{
    for (size_t i = 0; i < ARRAY_LEN(partitions); i++) {
        if (strncmp(region, partitions[i].prefix,
                    strlen(partitions[i].prefix)) == 0) {
            if (known)
                *known = true;
            return &partitions[i].partition;
        }
    }
    if (known)
        *known = false;
    return &fallback;
}

/* ---- overrides ---- */

/* Splits "http://host:port/path" without a general URL parser: what can't be
 * signed (user, query, fragment) is refused. */
static int split_url(const char *url, struct endpoint *out, struct err *err)
{
    const char *host, *path, *standard_port;
    size_t host_len, port_len;

    if (strncasecmp(url, "https://", 8) == 0) {
        host = url + 8;
        standard_port = ":443";
    } else if (strncasecmp(url, "http://", 7) == 0) {
        host = url + 7;
        standard_port = ":80";
    } else {
        goto bad;
    }
    host_len = strcspn(host, "/");
    path = host + host_len;
    if (host_len == 0 || strlen(url) >= sizeof(out->url) - 1 ||
        strlen(path) >= sizeof(out->path) || strpbrk(url, "?#@ \t\r\n\"\\"))
        goto bad;
    port_len = strlen(standard_port);
    if (host_len > port_len &&
        memcmp(host + host_len - port_len, standard_port, port_len) == 0)
        host_len -= port_len;
    if (host_len >= sizeof(out->host))
        goto bad;
    snprintf(out->url, sizeof(out->url), "%s%s", url, *path ? "" : "/");
    snprintf(out->host, sizeof(out->host), "%.*s", (int)host_len, host);
    snprintf(out->path, sizeof(out->path), "%s", *path ? path : "/");
    out->custom = true;
    return 0;
bad:
    return err_set(err, ERR_CONFIG,
                   "The endpoint \"%s\" is not of the form "
                   "http(s)://host[:port][/path].", url);
}

static char *configured(const struct aws_env *env,
                        const struct profile *profile, enum aws_service s)
{
    const struct aws_service_info *info = aws_service_info(s);
    char var[96];
    const char *v;

    snprintf(var, sizeof(var), "AWS_ENDPOINT_URL_%s", info->env_suffix);
    v = aws_env_get(env, var);
    if (!v)
        v = aws_env_get(env, "AWS_ENDPOINT_URL");
    if (!v && profile)
        v = profile_get_service(profile, info->config_key, "endpoint_url");
    if (!v && profile)
        v = profile_get(profile, "endpoint_url");
    return v ? xstrdup(v) : NULL;
}

static bool setting(const struct aws_env *env, const struct profile *profile,
                    const char *var, const char *key)
{
    const char *v = aws_env_get(env, var);

    if (!v && profile)
        v = profile_get(profile, key);
    return v && strcasecmp(v, "true") == 0;
}

struct endpoints *endpoints_new(const struct aws_env *env, const char *option,
                                const struct profile *profile,
                                struct err *err)
{
    struct endpoints *e = xcalloc(1, sizeof(*e));
    struct endpoint probe;

    e->fips = setting(env, profile, "AWS_USE_FIPS_ENDPOINT",
                      "use_fips_endpoint");
    e->dualstack = setting(env, profile, "AWS_USE_DUALSTACK_ENDPOINT",
                           "use_dualstack_endpoint");
    if (option && option[0]) {
        e->all = xstrdup(option);
        if (split_url(e->all, &probe, err) != 0)
            goto fail;
    } else if (!setting(env, profile, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                        "ignore_configured_endpoint_urls")) {
        for (int s = 0; s < AWS_SERVICE_N; s++) {
            e->service[s] = configured(env, profile, (enum aws_service)s);
            if (e->service[s] && split_url(e->service[s], &probe, err) != 0)
                goto fail;
        }
    }
    return e;
fail:
    endpoints_free(e);
    return NULL;
}

void endpoints_free(struct endpoints *e)
{
    if (!e)
        return;
    for (int s = 0; s < AWS_SERVICE_N; s++)
        free(e->service[s]);
    free(e->all);
    free(e);
}

const char *endpoints_override(const struct endpoints *e)
{
    return e->all ? e->all : e->service[AWS_ECS];
}

/* ---- the partition's own names ---- */

static bool plain_is_fips(const struct partition *p, enum aws_service s)
{
    if (strcmp(p->name, "aws-us-gov") != 0)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(gov_plain_fips); i++) {
        if (gov_plain_fips[i] == s)
            return true;
    }
    return false;
}

int endpoint_resolve(const struct endpoints *e, enum aws_service service,
                     const char *region, struct endpoint *out,
                     struct err *err)
{
    const struct partition *p = partition_of(region, NULL);
    const char *prefix = aws_service_info(service)->host;
    bool fips = e->fips;

    if (e->all || e->service[service])
        return split_url(e->all ? e->all : e->service[service], out, err);
    if (service == AWS_ECR && e->dualstack)
        prefix = "ecr"; /* not api.ecr */
    if (fips && !e->dualstack && plain_is_fips(p, service))
        fips = false;
    snprintf(out->host, sizeof(out->host), "%s%s.%s.%s", prefix,
             fips ? "-fips" : "", region,
             e->dualstack ? p->dual_suffix : p->suffix);
    snprintf(out->url, sizeof(out->url), "https://%s/", out->host);
    snprintf(out->path, sizeof(out->path), "/");
    out->custom = false;
    return 0;
}
