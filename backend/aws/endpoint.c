#include "backend/aws/endpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/aws/endpoint_rules.h"
#include "backend/aws/profile.h"
#include "backend/aws/region.h"
#include "backend/base/mem.h"

struct endpoints {
    char *all;                     /* --endpoint-url */
    char *service[AWS_SERVICE_N];  /* overrides per service */
    char *why[AWS_SERVICE_N];      /* who said so */
    char *fips, *dualstack;        /* who asked for it; NULL = nobody */
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

/* The override of one service, and in why who says so. */
static char *configured(const struct aws_env *env,
                        const struct profile *profile, enum aws_service s,
                        char **why)
{
    const struct aws_service_info *info = aws_service_info(s);
    char var[96];
    const char *v;

    *why = NULL;
    snprintf(var, sizeof(var), "AWS_ENDPOINT_URL_%s", info->env_suffix);
    v = aws_env_get(env, var);
    if (!v) {
        snprintf(var, sizeof(var), "AWS_ENDPOINT_URL");
        v = aws_env_get(env, var);
    }
    if (v) {
        *why = xstrdup(var);
        return xstrdup(v);
    }
    if (!profile)
        return NULL;
    v = profile_get_service(profile, info->config_key, "endpoint_url");
    if (v) {
        *why = xasprintf("[services %s] of profile %s",
                         profile_get(profile, "services"),
                         profile_name(profile));
        return xstrdup(v);
    }
    v = profile_get(profile, "endpoint_url");
    if (!v)
        return NULL;
    *why = xasprintf("endpoint_url of profile %s", profile_name(profile));
    return xstrdup(v);
}

/* A switch that is "true": who says so, else NULL. */
static char *setting(const struct aws_env *env, const struct profile *profile,
                     const char *var, const char *key)
{
    const char *v = aws_env_get(env, var);

    if (v)
        return strcasecmp(v, "true") == 0 ? xstrdup(var) : NULL;
    v = profile ? profile_get(profile, key) : NULL;
    if (!v || strcasecmp(v, "true") != 0)
        return NULL;
    return xasprintf("%s of profile %s", key, profile_name(profile));
}

static int read_overrides(struct endpoints *e, const struct aws_env *env,
                          const char *option, const struct profile *profile,
                          struct err *err)
{
    struct endpoint probe;
    char *ignored;

    if (option && option[0]) {
        e->all = xstrdup(option);
        return split_url(e->all, &probe, err);
    }
    ignored = setting(env, profile, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                      "ignore_configured_endpoint_urls");
    if (ignored) {
        free(ignored);
        return 0;
    }
    for (int s = 0; s < AWS_SERVICE_N; s++) {
        e->service[s] = configured(env, profile, (enum aws_service)s,
                                   &e->why[s]);
        if (e->service[s] && split_url(e->service[s], &probe, err) != 0) {
            err_prefix(err, "%s", e->why[s]);
            return -1;
        }
    }
    return 0;
}

struct endpoints *endpoints_new(const struct aws_env *env, const char *option,
                                const struct profile *profile,
                                struct err *err)
{
    struct endpoints *e = xcalloc(1, sizeof(*e));

    e->fips = setting(env, profile, "AWS_USE_FIPS_ENDPOINT",
                      "use_fips_endpoint");
    e->dualstack = setting(env, profile, "AWS_USE_DUALSTACK_ENDPOINT",
                           "use_dualstack_endpoint");
    if (read_overrides(e, env, option, profile, err) == 0)
        return e;
    endpoints_free(e);
    return NULL;
}

void endpoints_free(struct endpoints *e)
{
    if (!e)
        return;
    for (int s = 0; s < AWS_SERVICE_N; s++) {
        free(e->service[s]);
        free(e->why[s]);
    }
    free(e->fips);
    free(e->dualstack);
    free(e->all);
    free(e);
}

const char *endpoints_override(const struct endpoints *e)
{
    return e->all ? e->all : e->service[AWS_ECS];
}

/* "the service's own name in aws-cn; AWS_USE_FIPS_ENDPOINT" */
static void explain(const struct endpoints *e, const char *rule,
                    const char *region, struct endpoint *out)
{
    bool known;
    const struct partition *p = partition_of(region, &known);
    size_t n;

    snprintf(out->why, sizeof(out->why), "%s in partition %s%s", rule,
             p->name, known ? "" : ", as which an unknown region is taken");
    n = strlen(out->why);
    if (e->fips || e->dualstack)
        snprintf(out->why + n, sizeof(out->why) - n, " (%s%s%s)",
                 e->fips ? e->fips : "", e->fips && e->dualstack ? ", " : "",
                 e->dualstack ? e->dualstack : "");
}

int endpoint_resolve(const struct endpoints *e, enum aws_service service,
                     const char *region, struct endpoint *out,
                     struct err *err)
{
    const char *rule;

    if (!region_is_valid(region))
        return err_set(err, ERR_CONFIG,
                       "\"%s\" can't be a region: letters, digits and hyphens "
                       "only, like eu-west-1.", region);
    rule = endpoint_rules(service, region, e->fips != NULL,
                          e->dualstack != NULL, out);
    if (e->all || e->service[service]) {
        snprintf(out->why, sizeof(out->why), "%s",
                 e->all ? "--endpoint-url" : e->why[service]);
        return split_url(e->all ? e->all : e->service[service], out, err);
    }
    explain(e, rule, region, out);
    snprintf(out->url, sizeof(out->url), "https://%s/", out->host);
    snprintf(out->path, sizeof(out->path), "/");
    out->custom = false;
    return 0;
}
