/* file_keys.h - static keys of the profile in one of the shared files: what the
 * two file providers have in common. */
#ifndef ECSDASH_AWS_CREDS_FILE_KEYS_H
#define ECSDASH_AWS_CREDS_FILE_KEYS_H

#include "backend/aws/creds.h"
#include "backend/aws/profile.h"

/* Ends the turn: provides, passes, or fails on a key without its secret. */
void cred_file_keys(struct cred_turn *turn, enum profile_file file);

#endif
