/* Static keys of the profile in the credentials file. */
#include "backend/aws/creds/file_keys.h"

static void shared_start(struct cred_turn *turn)
{
    cred_file_keys(turn, PROFILE_CREDENTIALS);
}

const struct cred_provider cred_shared_file = {
    .name = "credentials file",
    .help = "static keys of the profile in ~/.aws/credentials",
    .start = shared_start,
};
