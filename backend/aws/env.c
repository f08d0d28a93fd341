#include "backend/aws/env.h"

#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

const char *aws_env_get(const struct aws_env *env, const char *name)
{
    const char *v = env && env->get ? env->get(env->arg, name) : NULL;

    return v && v[0] ? v : NULL;
}

bool aws_env_flag(const struct aws_env *env, const char *name)
{
    const char *v = aws_env_get(env, name);

    return v && strcasecmp(v, "true") == 0;
}

static const char *process_get(void *arg, const char *name)
{
    (void)arg;
    return getenv(name);
}

const char *const *aws_env_all(const struct aws_env *env)
{
    return env && env->get == process_get ? (const char *const *)environ
                                          : NULL;
}

struct aws_env aws_env_process(void)
{
    return (struct aws_env){.get = process_get};
}
