/* The roles that can be had, and what they may not do. */
#include "backend/sim/sim_internal.h"

#include <stdio.h>
#include <string.h>

#define WRITES                                                              \
    "ecs:Update*,ecs:Stop*,ecs:Run*,ecs:Start*,ecs:Create*,ecs:Delete*,"     \
    "ecs:Register*,ecs:Deregister*,ecs:Put*,ecs:ExecuteCommand,ecs:Tag*,"    \
    "ecs:Untag*,application-autoscaling:Register*,codedeploy:Stop*,"         \
    "codedeploy:Continue*"

const char *const sim_regions[] = {"eu-west-1", "us-east-1", "eu-central-1",
                                   NULL};

const struct sim_role sim_roles[] = {
    {.name = "oncall", .account = SIM_ACCOUNT, .via = VIA_ASSUME},
    {.name = "readonly", .account = SIM_ACCOUNT, .via = VIA_ASSUME,
     .deny = WRITES},
    {.name = "nologs", .account = SIM_ACCOUNT, .via = VIA_ASSUME,
     .deny = "logs:*,iam:*"},
    {.name = "partner", .account = SIM_ACCOUNT, .via = VIA_ASSUME,
     .external_id = "sim-external-id"},
    {.name = "mfa-admin", .account = SIM_ACCOUNT, .via = VIA_ASSUME,
     .mfa = true},
    {.name = "short", .account = SIM_ACCOUNT, .via = VIA_ASSUME,
     .max_s = 3600},
    {.name = "locked", .account = SIM_ACCOUNT, .via = 0},
    {.name = "staging", .account = SIM_OTHER_ACCOUNT, .via = VIA_ASSUME},
    {.name = "staging-readonly", .account = SIM_OTHER_ACCOUNT,
     .via = VIA_ASSUME, .deny = WRITES},
    {.name = "web", .account = SIM_ACCOUNT, .via = VIA_WEB},
    {.name = "node", .account = SIM_ACCOUNT, .via = VIA_IMDS},
    {.name = "task", .account = SIM_ACCOUNT, .via = VIA_CONTAINER},
    {.name = "process", .account = SIM_ACCOUNT, .via = VIA_PROCESS},
    {.name = "login", .account = SIM_ACCOUNT, .via = VIA_LOGIN},
    {.name = "AWSReservedSSO_OnCall_0123456789abcdef", .sso = "OnCall",
     .account = SIM_ACCOUNT, .via = VIA_SSO},
    {.name = "AWSReservedSSO_ReadOnly_0123456789abcdef", .sso = "ReadOnly",
     .account = SIM_ACCOUNT, .via = VIA_SSO, .deny = WRITES},
    {.name = "AWSReservedSSO_OnCall_fedcba9876543210", .sso = "OnCall",
     .account = SIM_OTHER_ACCOUNT, .via = VIA_SSO},
    {0},
};

const char *sim_role_sso(const struct sim_role *r)
{
    return r->sso ? r->sso : r->name;
}

const struct sim_role *sim_role(unsigned via, const char *account,
                                const char *name)
{
    for (const struct sim_role *r = sim_roles; r->name; r++)
        if ((r->via & via) && (!account || !strcmp(r->account, account)) &&
            (!name || !strcmp(sim_role_sso(r), name)))
            return r;
    return NULL;
}

void sim_role_arn(const struct sim_role *r, char *out, size_t size)
{
    snprintf(out, size, "arn:aws:iam::%s:role/%s%s", r->account,
             r->sso ? "aws-reserved/sso.amazonaws.com/" : "", r->name);
}

int sim_principal(const struct sim *s, const char *arn,
                  const struct sim_role **role)
{
    char text[200];
    *role = NULL;
    for (const struct sim_role *r = sim_roles; r->name; r++) {
        sim_role_arn(r, text, sizeof(text));
        if (strcmp(text, arn) == 0) {
            *role = r;
            return 0;
        }
    }
    for (size_t i = 0; i < SIM_USERS; i++)
        if (strcmp(s->creds.users[i]->arn, arn) == 0)
            return 0;
    return -1;
}

bool sim_listed(const char *patterns, const char *action)
{
    char one[80];
    for (const char *p = patterns; p && *p; p += *p == ',') {
        size_t n = strcspn(p, ",");
        snprintf(one, sizeof(one), "%.*s", (int)n, p);
        if (n < sizeof(one) && sim_glob(one, action))
            return true;
        p += n;
    }
    return false;
}
