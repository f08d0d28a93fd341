/* sso_token.h - the access token of an SSO session: the AWS CLI's cache file,
 * read, renewed and written back.
 *
 * The file is ~/.aws/sso/cache/SHA1.json, SHA1 of the session's name, or of
 * the start URL without one. A session's token is renewed by OIDC CreateToken
 * from 15 minutes before its end, at most once a minute, and put into the file
 * in one step: members that are not known stay, and a file that somebody else
 * has changed meanwhile is taken as it is and not written. Source: botocore
 * tokens.py and the CLI's own files. */
#ifndef ECSDASH_AWS_CREDS_SSO_TOKEN_H
#define ECSDASH_AWS_CREDS_SSO_TOKEN_H

#include "backend/aws/creds.h"

/* Borrowed from the profile. */
struct sso_config {
    const char *session; /* NULL = the older form, all in the profile */
    const char *start_url, *region;
    const char *account, *role;
};

/* token is NULL with err; borrowed. */
typedef void sso_token_done_fn(void *arg, const char *token,
                               const struct err *err);

/* Calls done once, also from inside, unless scope ends first. config must live
 * until then. */
void sso_token_get(struct cred_turn *turn, struct scope *scope,
                   const struct sso_config *config, sso_token_done_fn *done,
                   void *arg);
/* "Run `aws sso login --profile X`" with a reason before it. */
int sso_login_needed(struct err *err, const struct cred_context *cx,
                     const char *why);
/* SHA-1 of a text in hex; a file name, not a proof. */
int sso_sha1_hex(const char *text, char out[41]);

#endif
