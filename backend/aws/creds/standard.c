/* The order in which providers are asked: that of the AWS CLI v2. */
#include "backend/aws/creds.h"

const struct cred_provider *const cred_standard[] = {
    &cred_env,
    &cred_assume_role,
    &cred_web_identity,
    &cred_sso,
    &cred_shared_file,
    &cred_login,
    &cred_process,
    &cred_config_file,
    &cred_container,
    &cred_imds,
    NULL,
};

const struct cred_provider *const cred_of_profile[] = {
    &cred_assume_role,
    &cred_web_identity,
    &cred_sso,
    &cred_shared_file,
    &cred_login,
    &cred_process,
    &cred_config_file,
    NULL,
};

const struct cred_place cred_places[] = {
    {"Environment", {&cred_env, NULL}},
    {"Ec2InstanceMetadata", {&cred_imds, NULL}},
    {"EcsContainer", {&cred_container, NULL}},
    {NULL, {NULL}},
};
