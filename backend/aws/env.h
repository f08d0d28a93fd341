/* env.h - the environment as the AWS rooms see it: a lookup that is passed in,
 * so that tests and --demo read nothing of the user's. */
#ifndef ECSDASH_AWS_ENV_H
#define ECSDASH_AWS_ENV_H

#include <stdbool.h>

struct aws_env {
    /* Borrowed value, or NULL when unset. May be NULL itself: all unset. */
    const char *(*get)(void *arg, const char *name);
    void *arg;
};

/* NULL when unset or empty: AWS tools treat both alike. */
const char *aws_env_get(const struct aws_env *env, const char *name);
/* "true" in any case. */
bool aws_env_flag(const struct aws_env *env, const char *name);
/* All of it, "NAME=value", NULL-terminated, borrowed, for a program that the
 * user has named; NULL unless it is the process's own. */
const char *const *aws_env_all(const struct aws_env *env);
/* The process's own environment. */
struct aws_env aws_env_process(void);

#endif
