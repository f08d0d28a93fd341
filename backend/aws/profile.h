/* profile.h - the AWS shared files and the profile chosen from them.
 *
 * Paths: AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/config
 * and ~/.aws/credentials. Name: --profile, AWS_PROFILE, AWS_DEFAULT_PROFILE,
 * "default". A profile in both files is one; the credentials file wins. Of
 * [default] and [profile default] the later counts, as for the AWS CLI (other
 * SDKs always prefer the second). In the paths "$NAME" and a leading "~" are
 * replaced. */
#ifndef ECSDASH_AWS_PROFILE_H
#define ECSDASH_AWS_PROFILE_H

#include "backend/aws/env.h"
#include "backend/base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct profile;

enum profile_file { PROFILE_CREDENTIALS, PROFILE_CONFIG };

/* option is --profile or NULL. Missing files are fine; a missing *named*
 * profile is ERR_CONFIG and lists those there are, by file. Unreadable files
 * fail. */
struct profile *profile_load(const struct aws_env *env, const char *option,
                             struct err *err);
void profile_free(struct profile *p); /* NULL is fine */
/* Read both files again (somebody may have renewed keys). The old values stay
 * on failure. */
int profile_reload(struct profile *p, struct err *err);

const char *profile_name(const struct profile *p);
/* "--profile", "AWS_PROFILE", "AWS_DEFAULT_PROFILE" or "default". */
const char *profile_source(const struct profile *p);
/* Named by --profile: then environment keys are passed over. */
bool profile_is_explicit(const struct profile *p);
/* The profile is a section of at least one file. */
bool profile_exists_named(const struct profile *p, const char *name);
const char *profile_path(const struct profile *p, enum profile_file file);
/* Borrowed until reload; NULL when absent or empty. */
const char *profile_get(const struct profile *p, const char *key);
/* The same of another profile; for source_profile. */
const char *profile_get_of(const struct profile *p, const char *name,
                           const char *key);
const char *profile_get_of_from(const struct profile *p,
                                enum profile_file file, const char *name,
                                const char *key);
/* "FILE has a, b and 12 more; FILE has c": for messages; "" when there are
 * none. Heap, to be freed. */
char *profile_names(const struct profile *p);
/* `services = x` of the profile, [services x], service_key, key. */
const char *profile_get_service(const struct profile *p,
                                const char *service_key, const char *key);
/* A value of any other section of the config file ("sso-session x"; quotes in
 * the file do not count). */
const char *profile_get_section(const struct profile *p, const char *section,
                                const char *key);
/* What is odd in the files, a sentence a line ("FILE, line 3: a comment after
 * a value is part of the value."); "" when nothing is. At most 50 lines. Holds
 * no values. Borrowed until reload. */
const char *profile_warnings(const struct profile *p);

/* What a profile's credentials come from, by its keys alone. */
enum profile_kind {
    PROFILE_NOTHING, /* no keys about it: environment, container, instance */
    PROFILE_KEYS,
    PROFILE_ROLE,
    PROFILE_WEB_IDENTITY,
    PROFILE_SSO,
    PROFILE_LOGIN,
    PROFILE_PROCESS
};
/* "keys", "role", "sso"; "" for PROFILE_NOTHING. */
const char *profile_kind_name(enum profile_kind kind);

struct profile_info {
    const char *name;
    enum profile_file file; /* where it is; profile_path() names it */
    bool in_both;           /* file is then PROFILE_CONFIG */
    const char *region;     /* NULL = none */
    enum profile_kind kind;
};
/* All profiles of both files, sorted by name. The array is the caller's, to be
 * freed; its strings are borrowed until reload. Returns how many. */
size_t profile_list(const struct profile *p, struct profile_info **list);

#endif
