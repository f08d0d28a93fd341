/* The SSO portal and its token service: bearer tokens instead of keys. */
#include "backend/sim/sim_internal.h"

#include <stdio.h>
#include <string.h>

#define MEMBERS (const struct sim_member[])
#define ACCESS_S 28800

static int check_bearer(struct sim_call *c)
{
    if (sim_grant_check(c->sim, GRANT_SSO,
                        sim_http_header(c->http, "x-amz-sso_bearer_token")) ==
        0)
        return 0;
    sim_fail_as(c, 401, "UnauthorizedException",
                "Session token not found or invalid");
    return -1;
}

static void get_role_credentials(struct sim_call *c)
{
    const struct sim_role *r = sim_role(VIA_SSO, sim_in_text(c, "account_id"),
                                        sim_in_text(c, "role_name"));
    char secret[44];
    int64_t told;
    if (check_bearer(c))
        return;
    if (!r) {
        sim_fail_as(c, 403, "ForbiddenException", "No access");
        return;
    }
    const struct sim_ident *i = sim_issue(c, r, "demo", 3600, &told, secret);
    json_t *o = put_object(c->out, "roleCredentials");
    put_text(o, "accessKeyId", i->key);
    put_text(o, "secretAccessKey", secret);
    put_text(o, "sessionToken", i->token);
    put_int(o, "expiration", told);
}

static void list_accounts(struct sim_call *c)
{
    static const struct {
        const char *id, *name, *mail;
    } accounts[] = {
        {SIM_ACCOUNT, "acme-demo", "demo@example.com"},
        {SIM_OTHER_ACCOUNT, "acme-staging", "staging@example.com"},
    };
    if (check_bearer(c))
        return;
    json_t *list = put_list(c->out, "accountList");
    for (size_t i = 0; i < 2; i++)
        json_array_append_new(
            list, json_pack("{ssssss}", "accountId", accounts[i].id,
                            "accountName", accounts[i].name, "emailAddress",
                            accounts[i].mail));
}

static void list_account_roles(struct sim_call *c)
{
    const char *account = sim_in_text(c, "account_id");
    if (check_bearer(c))
        return;
    json_t *list = put_list(c->out, "roleList");
    for (const struct sim_role *r = sim_roles; r->name; r++)
        if ((r->via & VIA_SSO) && strcmp(r->account, account) == 0)
            add_pair(list, "roleName", sim_role_sso(r), "accountId",
                     r->account);
}

static void create_token(struct sim_call *c)
{
    const struct sim_creds *k = &c->sim->creds;
    int seconds = k->lives.sso_s ? k->lives.sso_s : ACCESS_S;
    const char *refresh = sim_in_text(c, "refreshToken");
    if (strcmp(sim_in_text(c, "clientId"), k->client_id) ||
        strcmp(sim_in_text(c, "clientSecret"), k->client_secret)) {
        sim_fail_as(c, 401, "invalid_client", "Invalid client");
        return;
    }
    if (strcmp(sim_in_text(c, "grantType"), "refresh_token") != 0) {
        sim_fail(c, "unsupported_grant_type", "Only refresh_token is served");
        return;
    }
    if (sim_grant_check(c->sim, GRANT_REFRESH, refresh)) {
        sim_fail(c, "invalid_grant", "Invalid refresh token provided");
        return;
    }
    /* A new refresh token each time; the old ones stay good, so that two
     * clients may share a cache. */
    put_text(c->out, "accessToken", sim_grant_new(c->sim, GRANT_SSO, seconds));
    put_text(c->out, "refreshToken", sim_grant_new(c->sim, GRANT_REFRESH, 0));
    put_text(c->out, "tokenType", "Bearer");
    put_int(c->out, "expiresIn", seconds);
}

const struct sim_op sim_sso_ops[] = {
    {.name = "GetRoleCredentials", .run = get_role_credentials, .open = true,
     .gives = true, .path = "GET /federation/credentials",
     .members = MEMBERS{{"role_name", T_STRING, true},
                        {"account_id", T_STRING, true},
                        {0}}},
    {.name = "ListAccounts", .run = list_accounts, .open = true,
     .path = "GET /assignment/accounts",
     .members = MEMBERS{{"next_token", T_STRING, false},
                        {"max_result", T_INT, false},
                        {0}}},
    {.name = "ListAccountRoles", .run = list_account_roles, .open = true,
     .path = "GET /assignment/roles",
     .members = MEMBERS{{"account_id", T_STRING, true},
                        {"next_token", T_STRING, false},
                        {"max_result", T_INT, false},
                        {0}}},
    {0},
};

const struct sim_op sim_oidc_ops[] = {
    {.name = "CreateToken", .run = create_token, .open = true,
     .path = "POST /token",
     .members = MEMBERS{{"clientId", T_STRING, true},
                        {"clientSecret", T_STRING, true},
                        {"grantType", T_STRING, true},
                        {"refreshToken", T_STRING, false},
                        {"deviceCode", T_STRING, false},
                        {"code", T_STRING, false},
                        {"redirectUri", T_STRING, false},
                        {"codeVerifier", T_STRING, false},
                        {"scope", T_STRINGS, false},
                        {0}}},
    {0},
};
