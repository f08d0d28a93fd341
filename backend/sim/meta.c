/* Credentials of the place where a program runs: instance metadata, the
 * container endpoint, and what a credential_process may print. */
#include "backend/sim/sim_internal.h"

#include "backend/base/fmt.h"

#include <stdio.h>
#include <string.h>

#define MEMBERS (const struct sim_member[])
#define ROLE_PATH "/latest/meta-data/iam/security-credentials/"
#define LIFE_S 21600

static void say(struct sim_call *c, const char *text)
{
    json_decref(c->out);
    c->out = json_string(text);
}

/* ---- instance metadata ---------------------------------------------- */

static void get_token(struct sim_call *c)
{
    const char *ttl =
        sim_http_header(c->http, "x-aws-ec2-metadata-token-ttl-seconds");
    int64_t n;
    if (c->sim->creds.lives.no_v2) {
        sim_fail_as(c, 403, "Forbidden", "Version 2 is off.");
        return;
    }
    if (!ttl || fmt_parse_int(ttl, 1, LIFE_S, &n)) {
        sim_fail(c, "BadRequest", "The header "
                 "x-aws-ec2-metadata-token-ttl-seconds takes 1 to 21600.");
        return;
    }
    sim_put_header(c, "X-aws-ec2-metadata-token-ttl-seconds", ttl);
    say(c, sim_grant_new(c->sim, GRANT_IMDS, (int)n));
}

/* A request without a token is one of version 1. */
static int check_metadata(struct sim_call *c)
{
    const char *token = sim_http_header(c->http, "x-aws-ec2-metadata-token");
    if (token ? sim_grant_check(c->sim, GRANT_IMDS, token) == 0
              : !c->sim->creds.lives.no_v1)
        return 0;
    sim_fail_as(c, 401, "Unauthorized", "%s",
                token ? "The token is not valid." : "A token is needed.");
    return -1;
}

static void list_roles(struct sim_call *c)
{
    if (check_metadata(c) == 0)
        say(c, sim_role(VIA_IMDS, NULL, NULL)->name);
}

/* The three endpoints differ in the names of members only. */
static void put_keys(struct sim_call *c, unsigned via, const char *session,
                     const char *token_name)
{
    char end[40], secret[44];
    int64_t told;
    const struct sim_ident *i = sim_issue(c, sim_role(via, NULL, NULL),
                                          session, LIFE_S, &told, secret);
    put_text(c->out, "AccessKeyId", i->key);
    put_text(c->out, "SecretAccessKey", secret);
    put_text(c->out, token_name, i->token);
    put_text(c->out, "Expiration", fmt_iso(told, FMT_UTC, end));
}

static void get_instance_credentials(struct sim_call *c)
{
    const char *name = c->http->path + strlen(ROLE_PATH);
    char now[40];
    if (check_metadata(c))
        return;
    if (!sim_role(VIA_IMDS, NULL, name)) {
        sim_fail_as(c, 404, "NotFound", "There is no such role.");
        return;
    }
    put_text(c->out, "Code", "Success");
    put_text(c->out, "Type", "AWS-HMAC");
    put_text(c->out, "LastUpdated", fmt_iso(c->now_ms, FMT_UTC, now));
    put_keys(c, VIA_IMDS, "i-0123456789abcdef0", "Token");
}

static void get_zone(struct sim_call *c)
{
    char zone[40];
    snprintf(zone, sizeof(zone), "%sa", sim_regions[0]);
    if (check_metadata(c) == 0)
        say(c, zone);
}

static void get_region(struct sim_call *c)
{
    if (check_metadata(c) == 0)
        say(c, sim_regions[0]);
}

static void get_document(struct sim_call *c)
{
    char zone[40];
    if (check_metadata(c))
        return;
    snprintf(zone, sizeof(zone), "%sa", sim_regions[0]);
    put_text(c->out, "accountId", SIM_ACCOUNT);
    put_text(c->out, "availabilityZone", zone);
    put_text(c->out, "instanceId", "i-0123456789abcdef0");
    put_text(c->out, "region", sim_regions[0]);
}

const struct sim_op sim_imds_ops[] = {
    {.name = "GetToken", .run = get_token, .open = true,
     .path = "PUT /latest/api/token", .members = MEMBERS{{0}}},
    {.name = "ListRoles", .run = list_roles, .open = true,
     .path = "GET " ROLE_PATH, .members = MEMBERS{{0}}},
    {.name = "GetCredentials", .run = get_instance_credentials, .open = true,
     .gives = true, .path = "GET " ROLE_PATH "*", .members = MEMBERS{{0}}},
    {.name = "GetZone", .run = get_zone, .open = true,
     .path = "GET /latest/meta-data/placement/availability-zone",
     .members = MEMBERS{{0}}},
    {.name = "GetRegion", .run = get_region, .open = true,
     .path = "GET /latest/meta-data/placement/region",
     .members = MEMBERS{{0}}},
    {.name = "GetDocument", .run = get_document, .open = true,
     .path = "GET /latest/dynamic/instance-identity/document",
     .members = MEMBERS{{0}}},
    {0},
};

/* ---- containers ----------------------------------------------------- */

static void get_container_credentials(struct sim_call *c)
{
    const char *auth = sim_http_header(c->http, "authorization");
    if (!auth || strcmp(auth, c->sim->creds.container_token) != 0) {
        sim_fail_as(c, 401, "Unauthorized", "The Authorization header is not "
                    "the token of this container.");
        return;
    }
    put_keys(c, VIA_CONTAINER, "0123456789abcdef0123456789abcdef", "Token");
}

const struct sim_op sim_container_ops[] = {
    {.name = "GetCredentials", .run = get_container_credentials, .open = true,
     .gives = true, .path = "GET /container/credentials",
     .members = MEMBERS{{0}}},
    {0},
};

/* ---- credential_process --------------------------------------------- */

static void get_process_credentials(struct sim_call *c)
{
    put_int(c->out, "Version", 1);
    put_keys(c, VIA_PROCESS, "demo", "SessionToken");
}

const struct sim_op sim_process_ops[] = {
    {.name = "GetCredentials", .run = get_process_credentials, .open = true,
     .gives = true, .path = "GET /process", .members = MEMBERS{{0}}},
    {0},
};

/* ---- where redirects lead ------------------------------------------- */

static void followed(struct sim_call *c)
{
    sim_fail_as(c, 418, "Followed", "This redirect should not have been "
                "followed.");
}

/* Nobody is sent here but by the fault `redirect`: a line of the journal with
 * this service is a client that followed one. */
const struct sim_op sim_elsewhere_ops[] = {
    {.name = "GetFollowed", .run = followed, .open = true,
     .path = "GET /elsewhere", .members = MEMBERS{{0}}},
    {.name = "PutFollowed", .run = followed, .open = true,
     .path = "PUT /elsewhere", .members = MEMBERS{{0}}},
    {.name = "PostFollowed", .run = followed, .open = true,
     .path = "POST /elsewhere", .members = MEMBERS{{0}}},
    {0},
};
