/* Static keys of the profile in the credentials file. */
#include "backend/aws/creds/file_keys.h"

static void shared_start(struct cred_turn *turn)
{
    struct profile *p = turn->context->profile;
    struct err err;

    /* Someone may have renewed the keys since: after an ExpiredToken the file
     * is worth another look. */
    if (p && turn->round > 0 && profile_reload(p, &err) != 0) {
        cred_fail(turn, &err);
        return;
    }
    cred_file_keys(turn, PROFILE_CREDENTIALS);
}

const struct cred_provider cred_shared_file = {
    .name = "credentials file",
    .help = "static keys of the profile in ~/.aws/credentials",
    .start = shared_start,
};
