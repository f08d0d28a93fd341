/* The order in which providers are asked: that of the AWS CLI v2. */
#include "backend/aws/creds.h"

const struct cred_provider *const cred_standard[] = {
    &cred_env,
    &cred_sso,
    &cred_shared_file,
    &cred_login,
    &cred_process,
    &cred_config_file,
    &cred_container,
    &cred_imds,
    NULL,
};
