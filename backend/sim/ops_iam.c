/* IAM: the name of the account, and what somebody may do. */
#include "backend/sim/sim_internal.h"

#include <stdio.h>
#include <string.h>

#define MEMBERS (const struct sim_member[])

static void list_account_aliases(struct sim_call *c)
{
    bool home = strcmp(c->who->account, SIM_ACCOUNT) == 0;
    put_bool(c->out, "IsTruncated", false);
    json_array_append_new(put_list(c->out, "AccountAliases"),
                          json_string(home ? "acme-demo" : "acme-staging"));
}

static void add_decision(struct sim_call *c, json_t *list,
                         const struct sim_role *role, const char *action,
                         const char *resource)
{
    json_t *o = json_object();
    put_text(o, "EvalActionName", action);
    put_text(o, "EvalResourceName", resource);
    put_text(o, "EvalDecision",
             sim_denied(c->sim, role, action) ? "implicitDeny" : "allowed");
    put_list(o, "MatchedStatements");
    put_list(o, "MissingContextValues");
    json_array_append_new(list, o);
}

static void simulate_principal_policy(struct sim_call *c)
{
    const char *arn = sim_in_text(c, "PolicySourceArn");
    json_t *actions = json_object_get(c->in, "ActionNames"), *v, *w;
    json_t *resources = json_object_get(c->in, "ResourceArns");
    const struct sim_role *role;
    size_t i, k;
    if (strncmp(arn, "arn:aws:iam:", 12) != 0) {
        sim_fail(c, "InvalidInput", "Invalid Entity Arn: %.150s does not "
                 "clearly define entity type and name.", arn);
        return;
    }
    if (sim_principal(c->sim, arn, &role)) {
        sim_fail_as(c, 404, "NoSuchEntity", "The entity %.150s cannot be "
                    "found.", arn);
        return;
    }
    json_t *list = put_list(c->out, "EvaluationResults");
    json_t *all = json_pack("[s]", "*");
    json_array_foreach(actions, i, v)
    {
        json_array_foreach(json_array_size(resources) ? resources : all, k, w)
        {
            add_decision(c, list, role, json_string_value(v),
                         json_string_value(w));
        }
    }
    json_decref(all);
    put_bool(c->out, "IsTruncated", false);
}

static void get_user(struct sim_call *c)
{
    const char *slash = strrchr(c->who->arn, '/');
    if (strncmp(c->who->arn, "arn:aws:iam:", 12) != 0) {
        sim_fail(c, "ValidationError", "Must specify userName when calling "
                 "with non-User credentials");
        return;
    }
    json_t *o = put_object(c->out, "User");
    put_text(o, "Path", "/");
    put_text(o, "UserName", slash + 1);
    put_text(o, "UserId", c->who->user_id);
    put_text(o, "Arn", c->who->arn);
    put_text(o, "CreateDate", "2024-01-02T03:04:05Z");
}

const struct sim_op sim_iam_ops[] = {
    {.name = "ListAccountAliases", .run = list_account_aliases,
     .members = MEMBERS{{"Marker", T_STRING, false},
                        {"MaxItems", T_INT, false},
                        {0}}},
    {.name = "SimulatePrincipalPolicy", .run = simulate_principal_policy,
     .members = MEMBERS{{"PolicySourceArn", T_STRING, true},
                        {"ActionNames", T_STRINGS, true},
                        {"ResourceArns", T_STRINGS, false},
                        {"ContextEntries", T_LIST, false},
                        {"MaxItems", T_INT, false},
                        {"Marker", T_STRING, false},
                        {0}}},
    {.name = "GetUser", .run = get_user, .members = MEMBERS{{0}}},
    {0},
};
