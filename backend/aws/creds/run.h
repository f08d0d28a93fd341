/* run.h - what the providers that run a program have in common: the child's
 * environment, and its output.
 *
 * The output is the credential_process format: {"Version": 1, "AccessKeyId",
 * "SecretAccessKey", "SessionToken"?, "Expiration"? (ISO), "AccountId"?}.
 * Source: the AWS SDK reference on process credentials, and botocore. */
#ifndef ECSDASH_AWS_CREDS_RUN_H
#define ECSDASH_AWS_CREDS_RUN_H

#include "backend/aws/creds.h"
#include "backend/net/child.h"

/* "NAME=value" strings, NULL-terminated, to be freed with words_free(): what a
 * program needs to find itself, its files, its proxy and the AWS files, and
 * none of the secrets that AWS tools take from the environment. */
char **cred_child_env(const struct aws_env *env);

/* Ends the turn by what a child of it printed. what names the program's job:
 * "credential_process". */
void cred_take_output(struct cred_turn *turn, const char *what,
                      const struct child_result *result,
                      const struct err *err);

#endif
