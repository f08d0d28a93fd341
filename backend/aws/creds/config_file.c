/* Static keys of the profile in the config file. */
#include "backend/aws/creds/file_keys.h"

static void config_start(struct cred_turn *turn)
{
    cred_file_keys(turn, PROFILE_CONFIG);
}

const struct cred_provider cred_config_file = {
    .name = "config file",
    .help = "static keys of the profile in ~/.aws/config",
    .start = config_start,
};
