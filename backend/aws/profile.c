#include "backend/aws/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/ini.h"
#include "backend/base/mem.h"
#include "backend/base/strbuf.h"

struct profile {
    char *name;
    const char *source;
    char *path[2];      /* by enum profile_file; NULL = no home */
    struct ini *ini[2]; /* NULL = no such file */
};

/* "~" and "~/x" by HOME; anything else as it is. */
static char *expand(const struct aws_env *env, const char *path)
{
    const char *home = aws_env_get(env, "HOME");

    if (path[0] != '~' || (path[1] && path[1] != '/'))
        return xstrdup(path);
    if (!home)
        return NULL;
    return xasprintf("%s%s", home, path + 1);
}

static char *pick_path(const struct aws_env *env, const char *var,
                       const char *standard)
{
    const char *v = aws_env_get(env, var);

    return expand(env, v ? v : standard);
}

/* A file that is not there is no error; *ini is then NULL. */
static int read_file(const char *path, struct ini **ini, struct err *err)
{
    struct err why;

    *ini = NULL;
    if (!path)
        return 0;
    err_clear(&why);
    *ini = ini_read(path, &why);
    if (*ini || why.code == ERR_NOT_FOUND)
        return 0;
    if (err)
        *err = why;
    return -1;
}

int profile_reload(struct profile *p, struct err *err)
{
    struct ini *fresh[2] = {NULL, NULL};

    for (int i = 0; i < 2; i++) {
        if (read_file(p->path[i], &fresh[i], err) != 0) {
            ini_free(fresh[0]);
            return -1;
        }
    }
    for (int i = 0; i < 2; i++) {
        if (p->ini[i])
            ini_free(p->ini[i]);
        p->ini[i] = fresh[i];
    }
    return 0;
}

/* In the config file all but default need the word "profile". */
static const char *in_file(const struct profile *p, enum profile_file file,
                           const char *name, const char *key)
{
    const struct ini *ini = p->ini[file];
    char section[300];
    const char *v;

    if (!ini)
        return NULL;
    if (file == PROFILE_CREDENTIALS) {
        v = ini_get(ini, name, key);
    } else {
        snprintf(section, sizeof(section), "profile %s", name);
        v = ini_get(ini, section, key);
        /* [profile default] beats [default] as a whole. */
        if (!v && strcmp(name, "default") == 0 &&
            !ini_has_section(ini, section))
            v = ini_get(ini, name, key);
    }
    return v && v[0] ? v : NULL;
}

static bool exists(const struct profile *p, const char *name)
{
    char section[300];

    if (p->ini[PROFILE_CREDENTIALS] &&
        ini_has_section(p->ini[PROFILE_CREDENTIALS], name))
        return true;
    if (!p->ini[PROFILE_CONFIG])
        return false;
    snprintf(section, sizeof(section), "profile %s", name);
    return ini_has_section(p->ini[PROFILE_CONFIG], section) ||
           (strcmp(name, "default") == 0 &&
            ini_has_section(p->ini[PROFILE_CONFIG], name));
}

/* The profile name that section i of a file stands for, or NULL. */
static const char *section_profile(const struct profile *p, int file, size_t i)
{
    const char *s = ini_section_name(p->ini[file], i);

    if (file == PROFILE_CREDENTIALS)
        return s;
    if (strcmp(s, "default") == 0)
        return ini_has_section(p->ini[file], "profile default") ? NULL : s;
    return strncmp(s, "profile ", 8) == 0 ? s + 8 : NULL;
}

static void list_profiles(const struct profile *p, struct strbuf *out)
{
    for (int f = 0; f < 2; f++) {
        size_t n = p->ini[f] ? ini_sections(p->ini[f]) : 0;

        for (size_t i = 0; i < n && out->len < 300; i++) {
            const char *name = section_profile(p, f, i);
            const struct ini *first = p->ini[PROFILE_CREDENTIALS];

            if (!name || (f == PROFILE_CONFIG && first &&
                          ini_has_section(first, name)))
                continue;
            strbuf_printf(out, "%s%s", out->len ? ", " : "", name);
        }
    }
}

struct profile *profile_load(const struct aws_env *env, const char *option,
                             struct err *err)
{
    static const char *const vars[] = {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"};
    struct profile *p = xcalloc(1, sizeof(*p));
    struct strbuf names = STRBUF_INIT;
    const char *name = option && option[0] ? option : NULL;

    p->source = name ? "--profile" : "default";
    for (size_t i = 0; i < ARRAY_LEN(vars) && !name; i++) {
        name = aws_env_get(env, vars[i]);
        if (name)
            p->source = vars[i];
    }
    p->name = xstrdup(name ? name : "default");
    p->path[PROFILE_CONFIG] =
        pick_path(env, "AWS_CONFIG_FILE", "~/.aws/config");
    p->path[PROFILE_CREDENTIALS] =
        pick_path(env, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
    if (profile_reload(p, err) != 0)
        goto fail;
    if (name && strcmp(name, "default") != 0 && !exists(p, name)) {
        list_profiles(p, &names);
        err_set(err, ERR_CONFIG,
                "There is no profile \"%s\" (from %s); there %s%s.", name,
                p->source, names.len ? "are: " : "are no profiles at all",
                strbuf_get(&names));
        goto fail;
    }
    return p;
fail:
    strbuf_release(&names);
    profile_free(p);
    return NULL;
}

void profile_free(struct profile *p)
{
    if (!p)
        return;
    for (int i = 0; i < 2; i++) {
        if (p->ini[i])
            ini_free(p->ini[i]);
        free(p->path[i]);
    }
    free(p->name);
    free(p);
}

const char *profile_name(const struct profile *p)
{
    return p->name;
}

const char *profile_source(const struct profile *p)
{
    return p->source;
}

bool profile_is_explicit(const struct profile *p)
{
    return strcmp(p->source, "--profile") == 0;
}

bool profile_exists(const struct profile *p)
{
    return exists(p, p->name);
}

const char *profile_path(const struct profile *p, enum profile_file file)
{
    return p->path[file] ? p->path[file] : "(no home directory)";
}

const char *profile_get_of(const struct profile *p, const char *name,
                           const char *key)
{
    const char *v = in_file(p, PROFILE_CREDENTIALS, name, key);

    return v ? v : in_file(p, PROFILE_CONFIG, name, key);
}

const char *profile_get(const struct profile *p, const char *key)
{
    return profile_get_of(p, p->name, key);
}

const char *profile_get_from(const struct profile *p, enum profile_file file,
                             const char *key)
{
    return in_file(p, file, p->name, key);
}

const char *profile_get_service(const struct profile *p,
                                const char *service_key, const char *key)
{
    const char *services = profile_get(p, "services");
    char section[300];
    const char *v;

    if (!services || !p->ini[PROFILE_CONFIG])
        return NULL;
    snprintf(section, sizeof(section), "services %s", services);
    v = ini_get_nested(p->ini[PROFILE_CONFIG], section, service_key, key);
    return v && v[0] ? v : NULL;
}

const char *profile_get_section(const struct profile *p, const char *section,
                                const char *key)
{
    const char *v = p->ini[PROFILE_CONFIG]
                        ? ini_get(p->ini[PROFILE_CONFIG], section, key)
                        : NULL;

    return v && v[0] ? v : NULL;
}
