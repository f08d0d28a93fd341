#include "backend/aws/endpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/aws/endpoint_rules.h"
#include "backend/aws/profile.h"
#include "backend/base/mem.h"

struct endpoints {
    char *all;                     /* --endpoint-url */
    char *service[AWS_SERVICE_N];  /* per service, whoever said so */
    bool fips;
    bool dualstack;
};

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

int endpoint_resolve(const struct endpoints *e, enum aws_service service,
                     const char *region, struct endpoint *out,
                     struct err *err)
{
    endpoint_rules(service, region, e->fips, e->dualstack, out);
    if (e->all || e->service[service])
        return split_url(e->all ? e->all : e->service[service], out, err);
    snprintf(out->url, sizeof(out->url), "https://%s/", out->host);
    snprintf(out->path, sizeof(out->path), "/");
    out->custom = false;
    return 0;
}
