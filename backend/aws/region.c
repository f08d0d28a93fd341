#include "backend/aws/region.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "backend/aws/profile.h"
#include "backend/base/mem.h"

bool region_is_valid(const char *name)
{
    size_t n = strlen(name);

    if (n == 0 || n > 63 || name[0] == '-' || name[n - 1] == '-')
        return false;
    for (const char *p = name; *p; p++) {
        if (!(*p >= 'a' && *p <= 'z') && !(*p >= 'A' && *p <= 'Z') &&
            !(*p >= '0' && *p <= '9') && *p != '-')
            return false;
    }
    return true;
}

static int settle(struct region *out, const char *name, const char *source,
                  struct err *err)
{
    if (!region_is_valid(name))
        return err_set(err, ERR_CONFIG,
                       "\"%s\" (from %s) can't be a region: letters, digits "
                       "and hyphens only, like eu-west-1.", name, source);
    snprintf(out->name, sizeof(out->name), "%s", name);
    snprintf(out->source, sizeof(out->source), "%s", source);
    return 0;
}

/* The first that says something, and its name in source. */
static const char *find(const struct aws_env *env, const char *option,
                        const struct profile *profile, char source[80])
{
    static const char *const vars[] = {"AWS_REGION", "AWS_DEFAULT_REGION"};
    const char *v;

    snprintf(source, 80, "--region");
    if (option && option[0])
        return option;
    for (size_t i = 0; i < ARRAY_LEN(vars); i++) {
        v = aws_env_get(env, vars[i]);
        snprintf(source, 80, "%s", vars[i]);
        if (v)
            return v;
    }
    if (!profile)
        return NULL;
    snprintf(source, 80, "profile %s", profile_name(profile));
    return profile_get(profile, "region");
}

bool region_is_unset(const struct aws_env *env, const char *option,
                     const struct profile *profile)
{
    char source[80];

    return !find(env, option, profile, source);
}

int region_resolve(const struct aws_env *env, const char *option,
                   const char *option_from, const struct profile *profile,
                   struct region *out, struct err *err)
{
    char source[80];
    const char *v = find(env, option, profile, source);

    if (v && v == option && option_from)
        snprintf(source, sizeof(source), "%s", option_from);
    if (v)
        return settle(out, v, source, err);
    return err_set(err, ERR_CONFIG,
                   "No region is set. Give --region, set AWS_REGION, or put "
                   "\"region = ...\" into profile \"%s\" of %s.",
                   profile ? profile_name(profile) : "default",
                   profile ? profile_path(profile, PROFILE_CONFIG)
                           : "~/.aws/config");
}
