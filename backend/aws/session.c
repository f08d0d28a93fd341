#include "backend/aws/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/budget.h"
#include "backend/aws/creds.h"
#include "backend/aws/endpoint.h"
#include "backend/aws/region_names.h"
#include "backend/base/mem.h"
#include "backend/base/scope.h"
#include "backend/net/http.h"
#include "backend/net/loop.h"

struct aws_session {
    struct loop *loop;
    struct profile *profile; /* NULL with no_files */
    struct aws_env env;
    struct region region;
    struct scope scope; /* the search for a region */
    bool finding;
    struct err no_region; /* what is said when the search finds nothing */
    void (*told)(void *arg);
    void *told_arg;
    struct retry_policy retry;
    struct endpoints *endpoints;
    struct cred_chain *creds;
    struct budget *budget;
    struct http *http;
    bool own_http;
    struct aws_client *client;
};

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Said before the first call: a bundle that can't be read, an endpoint that
 * would carry signed requests in the clear. What trusts other certificates is
 * not shared. */
static int transport(struct aws_session *s,
                     const struct aws_session_options *o, struct err *err)
{
    const char *ca = aws_env_get(&o->env, "AWS_CA_BUNDLE");
    const char *region = s->region.name;
    struct endpoint ep;

    if (!ca && s->profile)
        ca = profile_get(s->profile, "ca_bundle");
    s->own_http = !o->http || !same(http_ca_bundle(o->http), ca);
    s->http = s->own_http ? http_new(s->loop, err) : o->http;
    if (!s->http)
        return -1;
    for (int i = 0; i < AWS_SERVICE_N && !o->insecure; i++) {
        if (endpoint_resolve(s->endpoints, (enum aws_service)i,
                             *region ? region : "us-east-1", &ep, err) != 0 ||
            http_check_plain(ep.url, err) != 0)
            return -1;
    }
    if (o->insecure)
        http_allow_plain(s->http);
    if (!ca || !s->own_http)
        return 0;
    http_set_ca_bundle(s->http, ca);
    return http_check_ca_bundle(ca, err);
}

static void build(struct aws_session *s, struct rng *rng,
                  const struct aws_session_options *o)
{
    struct clock *clock = loop_clock(s->loop);
    struct cred_context cx = {
        .loop = s->loop, .http = s->http, .clock = clock, .rng = rng,
        .env = o->env, .profile = s->profile, .region = s->region.name,
        .endpoints = s->endpoints, .ask = o->ask,
    };
    struct aws_client_config config = {
        .loop = s->loop, .http = s->http, .clock = clock, .rng = rng,
        .endpoints = s->endpoints,
        .region = s->region.name[0] ? s->region.name : NULL,
        .read_only = o->read_only, .retry = s->retry,
    };

    s->budget = budget_new(clock, o->budget_percent, o->budget_unlimited);
    config.budget = s->budget;
    s->creds = cred_chain_new(&cx, cred_standard);
    config.creds = s->creds;
    s->client = aws_client_new(&config);
}

/* 0 without a name: it must be asked for. */
static int choose_region(struct aws_session *s,
                         const struct aws_session_options *o, struct err *err)
{
    bool unset = region_is_unset(&o->env, o->region, s->profile);

    if (unset && o->metadata_region) {
        snprintf(s->region.name, sizeof(s->region.name), "%s",
                 o->metadata_region);
        snprintf(s->region.source, sizeof(s->region.source),
                 "instance metadata");
        return 0;
    }
    if (region_resolve(&o->env, o->region, o->region_from, s->profile,
                       &s->region, &s->no_region) == 0 ||
        (unset && o->ask_metadata))
        return 0;
    if (err)
        *err = s->no_region;
    return -1;
}

static bool one_of(const char *name, const char *const *list)
{
    while (*list && strcmp(*list, name) != 0)
        list++;
    return *list != NULL;
}

/* "eu-west-1, us-east-1" */
static void join(const char *const *list, char *buf, size_t n)
{
    size_t used = 0;

    buf[0] = '\0';
    for (size_t i = 0; list[i] && used < n; i++)
        used += (size_t)snprintf(buf + used, n - used, "%s%s", i ? ", " : "",
                                 list[i]);
}

static int check_region(const struct aws_session *s,
                        const struct aws_session_options *o, struct err *err)
{
    const char *name = s->region.name, *near = region_nearest(name);
    char all[200];

    if (o->regions && !one_of(name, o->regions)) {
        join(o->regions, all, sizeof(all));
        return err_set(err, ERR_CONFIG, "There is no region \"%s\" (from %s) "
                       "here; there are %s.", name, s->region.source, all);
    }
    if (region_looks_real(name) || endpoints_override(s->endpoints))
        return 0;
    return err_set(err, ERR_CONFIG, "\"%s\" (from %s) is no region of AWS: "
                   "%s%s%s", name, s->region.source,
                   near ? "did you mean " : "they are named like eu-west-1.",
                   near ? near : "", near ? "?" : "");
}

bool aws_session_region_doubt(const struct aws_session *s, char *buf,
                              size_t n)
{
    const char *name = s->region.name, *near = region_nearest(name);

    if (!*name || region_is_listed(name) || endpoints_override(s->endpoints))
        return false;
    snprintf(buf, n, "%s (from %s) is none of the regions that were known "
             "when this program was made%s%s%s", name, s->region.source,
             near ? "; did you mean " : "", near ? near : "",
             near ? "?" : ".");
    return true;
}

/* ---- a region that must be asked for ---- */

static void on_region(void *arg, const char *name, const struct err *err)
{
    struct aws_session *s = arg;

    (void)err; /* what can be done is said by region_resolve() */
    s->finding = false;
    if (name) {
        snprintf(s->region.name, sizeof(s->region.name), "%s", name);
        snprintf(s->region.source, sizeof(s->region.source),
                 "instance metadata");
        aws_client_set_region(s->client, name);
    } else {
        aws_client_lack_region(s->client, &s->no_region);
    }
    if (s->told)
        s->told(s->told_arg);
}

/* no_region is what is said where there is nobody to ask. */
static int find_region(struct aws_session *s)
{
    if (region_from_metadata(s->http, &s->env, s->profile, &s->scope,
                             on_region, s, NULL) != 0)
        return -1;
    s->finding = true;
    return 0;
}

void aws_session_find_region(struct aws_session *s)
{
    if (aws_session_lacks_region(s) && find_region(s) == 0)
        aws_client_await_region(s->client);
}

bool aws_session_finds_region(const struct aws_session *s)
{
    return s->finding;
}

const struct err *aws_session_lacks_region(const struct aws_session *s)
{
    return s->finding || s->region.name[0] ? NULL : &s->no_region;
}

void aws_session_on_region(struct aws_session *s, void (*fn)(void *arg),
                           void *arg)
{
    s->told = fn;
    s->told_arg = arg;
}

struct aws_session *aws_session_new(struct loop *loop, struct rng *rng,
                                    const struct aws_session_options *o,
                                    struct err *err)
{
    struct aws_session *s = xcalloc(1, sizeof(*s));

    s->loop = loop;
    s->env = o->env;
    scope_init(&s->scope, NULL);
    if (!o->no_files) {
        s->profile = profile_load(&o->env, o->profile, err);
        if (!s->profile)
            goto fail;
    }
    if (choose_region(s, o, err) != 0)
        goto fail;
    s->endpoints = endpoints_new(&o->env, o->endpoint_url, s->profile, err);
    if (!s->endpoints)
        goto fail;
    if (s->region.name[0] && check_region(s, o, err) != 0)
        goto fail;
    if (retry_policy_resolve(&o->env, s->profile, &s->retry, err) != 0)
        goto fail;
    if (transport(s, o, err) != 0)
        goto fail;
    build(s, rng, o);
    if (s->region.name[0] || find_region(s) == 0)
        return s;
    if (err)
        *err = s->no_region;
fail:
    aws_session_free(s);
    return NULL;
}

void aws_session_free(struct aws_session *s)
{
    if (!s)
        return;
    scope_cancel(&s->scope);
    aws_client_free(s->client);
    cred_chain_free(s->creds);
    if (s->own_http)
        http_free(s->http);
    budget_free(s->budget);
    endpoints_free(s->endpoints);
    profile_free(s->profile);
    free(s);
}

struct aws_client *aws_session_client(struct aws_session *s)
{
    return s->client;
}

const struct region *aws_session_region(const struct aws_session *s)
{
    return &s->region;
}

const char *aws_session_profile_name(const struct aws_session *s)
{
    return s->profile ? profile_name(s->profile) : "";
}

const char *aws_session_endpoint(const struct aws_session *s)
{
    return endpoints_override(s->endpoints);
}

struct cred_chain *aws_session_creds(const struct aws_session *s)
{
    return s->creds;
}

struct profile *aws_session_profile(const struct aws_session *s)
{
    return s->profile;
}

const struct endpoints *aws_session_endpoints(const struct aws_session *s)
{
    return s->endpoints;
}

const struct retry_policy *aws_session_retry(const struct aws_session *s)
{
    return &s->retry;
}
