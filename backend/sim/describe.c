/* The first line of --sim-server: all that a client may be told. */
#include "backend/sim/sim_internal.h"

#include "backend/sim/world.h"

#include <stdio.h>

static void add_keys(json_t *o, const struct sim *s)
{
    json_t *list = put_list(o, "keys");
    for (size_t i = 0; i < SIM_USERS; i++) {
        const struct sim_ident *u = s->creds.users[i];
        json_array_append_new(
            list, json_pack("{ssssss}", "access_key_id", u->key,
                            "secret_access_key", u->secret, "arn", u->arn));
    }
}

static void add_roles(json_t *o)
{
    static const struct {
        unsigned bit;
        const char *name;
    } ways[] = {
        {VIA_ASSUME, "assume"}, {VIA_WEB, "web"},
        {VIA_SSO, "sso"},       {VIA_IMDS, "imds"},
        {VIA_CONTAINER, "container"}, {VIA_PROCESS, "process"},
        {VIA_LOGIN, "login"},
    };
    json_t *list = put_list(o, "roles");
    for (const struct sim_role *r = sim_roles; r->name; r++) {
        char arn[200];
        json_t *x = json_object();
        sim_role_arn(r, arn, sizeof(arn));
        put_text(x, "arn", arn);
        put_text(x, "account", r->account);
        for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
            if (r->via & ways[i].bit)
                put_text(x, "via", ways[i].name);
        put_text(x, "sso_role", r->sso);
        put_text(x, "external_id", r->external_id);
        put_text(x, "mfa_serial", r->mfa ? SIM_MFA_SERIAL : NULL);
        put_text(x, "mfa_code", r->mfa ? SIM_MFA_CODE : NULL);
        put_text(x, "deny", r->deny);
        if (r->max_s)
            put_int(x, "max_duration", r->max_s);
        json_array_append_new(list, x);
    }
}

char *sim_describe(const struct sim *s)
{
    const struct sim_creds *k = &s->creds;
    json_t *o = json_object(), *list;
    char url[160];
    put_text(o, "endpoint", s->endpoint);
    put_text(o, "access_key_id", k->home->key);
    put_text(o, "secret_access_key", k->home->secret);
    put_text(o, "region", s->world->region);
    put_text(o, "account", s->world->account);
    list = put_list(o, "accounts");
    json_array_append_new(list, json_string(SIM_ACCOUNT));
    json_array_append_new(list, json_string(SIM_OTHER_ACCOUNT));
    list = put_list(o, "regions");
    for (size_t i = 0; sim_regions[i]; i++)
        json_array_append_new(list, json_string(sim_regions[i]));
    put_text(o, "imds_endpoint", s->endpoint);
    snprintf(url, sizeof(url), "%s/container/credentials", s->endpoint);
    put_text(o, "container_uri", url);
    put_text(o, "container_token", k->container_token);
    snprintf(url, sizeof(url), "%s/process", s->endpoint);
    put_text(o, "process_uri", url);
    put_text(o, "web_identity_token", k->web_token);
    put_text(o, "sso_token", k->sso_token);
    put_text(o, "refresh_token", k->refresh_token);
    put_text(o, "client_id", k->client_id);
    put_text(o, "client_secret", k->client_secret);
    put_text(o, "login_session", "arn:aws:iam::" SIM_ACCOUNT ":user/demo");
    put_text(o, "login_client_id", SIM_LOGIN_CLIENT);
    put_text(o, "login_refresh_token", k->login_token);
    put_text(o, "login_dpop_key", k->login_key);
    add_keys(o, s);
    add_roles(o);
    char *text = json_dumps(o, JSON_COMPACT);
    json_decref(o);
    return text;
}
