/* made_env.h - an environment made of a table, and files to name in it. */
#ifndef ECSDASH_TESTS_MADE_ENV_H
#define ECSDASH_TESTS_MADE_ENV_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/aws/profile.h"
#include "backend/base/mem.h"

struct var { /* name NULL = the end */
    const char *name, *value;
};

static inline const char *lookup(void *arg, const char *name)
{
    for (const struct var *v = arg; v->name; v++)
        if (strcmp(v->name, name) == 0)
            return v->value;
    return NULL;
}

/* Borrows vars. */
static inline struct aws_env env_of(const struct var *vars)
{
    return (struct aws_env){lookup, (void *)(uintptr_t)vars};
}

/* The path of a new file, heap; unlink it. */
static inline char *write_temp(const char *text)
{
    const char *dir = getenv("TMPDIR");
    char *path = xasprintf("%s/ecsdash-test-XXXXXX", dir ? dir : "/tmp");
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (int)strlen(text));
    close(fd);
    return path;
}

#endif
