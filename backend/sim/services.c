/* The services that are served, each a line. */
#include "backend/sim/wire.h"

const struct sim_service_info sim_services[] = {
    {"ecs", "ecs", P_JSON, "AmazonEC2ContainerServiceV20141113", sim_ecs_ops,
     NULL, NULL},
    {"logs", "logs", P_JSON, "Logs_20140328", sim_logs_ops, NULL, NULL},
    {"sts", "sts", P_QUERY, "2011-06-15", sim_sts_ops,
     "https://sts.amazonaws.com/doc/2011-06-15/", NULL},
    {"iam", "iam", P_QUERY, "2010-05-08", sim_iam_ops,
     "https://iam.amazonaws.com/doc/2010-05-08/", "us-east-1"},
    {"sso", "sso", P_SSO, NULL, sim_sso_ops, NULL, NULL},
    {"sso-oauth", "sso-oauth", P_OIDC, NULL, sim_oidc_ops, NULL, NULL},
    {"signin", "signin", P_SIGNIN, NULL, sim_login_ops, NULL, NULL},
    {"imds", "imds", P_TEXT, NULL, sim_imds_ops, NULL, NULL},
    {"container", "container", P_TEXT, NULL, sim_container_ops, NULL, NULL},
    {"process", "process", P_TEXT, NULL, sim_process_ops, NULL, NULL},
    {"elsewhere", "elsewhere", P_TEXT, NULL, sim_elsewhere_ops, NULL, NULL},
    {0},
};
