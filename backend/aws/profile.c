#include "backend/aws/profile.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/profile_names.h"
#include "backend/base/ini.h"
#include "backend/base/map.h"
#include "backend/base/mem.h"
#include "backend/base/strbuf.h"

enum { FILES = 2, MAX_WARNINGS = 50 };

struct profile {
    char *name;
    const char *source;
    char *path[FILES];      /* by enum profile_file; NULL = no home */
    struct ini *ini[FILES]; /* NULL = no such file */
    struct map *config;     /* one-form name to the header in the file */
    struct strbuf warnings; /* a line each */
};

/* The section whose keys count in all others; no profile. */
static const char COMMON[] = "DEFAULT";

/* Who is reading, while a file is read. */
struct reading {
    const char *path;
    struct strbuf text;
    size_t n;
};

static char *pick_path(const struct aws_env *env, const char *var,
                       const char *standard)
{
    const char *v = aws_env_get(env, var);

    return profile_expand_path(env, v ? v : standard);
}

static void note(void *arg, int line, const char *what)
{
    struct reading *r = arg;

    if (r->n++ < MAX_WARNINGS)
        strbuf_printf(&r->text, "%s, line %d: %s.\n", r->path, line, what);
}

/* A file that is not there is no error; *ini is then NULL. */
static int read_file(struct reading *r, const char *path, struct ini **ini,
                     struct err *err)
{
    struct err why;

    *ini = NULL;
    r->path = path;
    if (!path)
        return 0;
    err_clear(&why);
    *ini = ini_read(path, note, r, &why);
    if (*ini || why.code == ERR_NOT_FOUND)
        return 0;
    if (err)
        *err = why;
    return -1;
}

/* Which header stands for which section. Of two for one, [default] and
 * [profile default] say, the later counts, as a whole. */
static struct map *index_config(const struct ini *ini)
{
    struct map *m = map_new();

    for (size_t i = 0; ini && i < ini_sections(ini); i++) {
        const char *header = ini_section_name(ini, i);
        char *name = profile_section_name(header);

        if (name && strcmp(header, COMMON) != 0)
            map_put(m, name, (void *)(uintptr_t)header);
        free(name);
    }
    return m;
}

int profile_reload(struct profile *p, struct err *err)
{
    struct ini *fresh[FILES] = {NULL, NULL};
    struct reading r = {.text = STRBUF_INIT};

    for (int i = 0; i < FILES; i++) {
        if (read_file(&r, p->path[i], &fresh[i], err) != 0) {
            ini_free(fresh[0]);
            strbuf_release(&r.text);
            return -1;
        }
    }
    for (int i = 0; i < FILES; i++) {
        ini_free(p->ini[i]);
        p->ini[i] = fresh[i];
    }
    map_free(p->config, NULL);
    p->config = index_config(p->ini[PROFILE_CONFIG]);
    strbuf_release(&p->warnings);
    p->warnings = r.text;
    return 0;
}

/* The header of a profile in a file, or NULL. */
static const char *header_of(const struct profile *p, enum profile_file file,
                             const char *name)
{
    const char *header;
    char *section;

    if (!p->ini[file])
        return NULL;
    if (file == PROFILE_CREDENTIALS)
        return ini_has_section(p->ini[file], name) && strcmp(name, COMMON) != 0
                   ? name
                   : NULL;
    section = xasprintf("profile %s", name);
    header = map_get(p->config, section);
    free(section);
    return header;
}

static const char *in_file(const struct profile *p, enum profile_file file,
                           const char *name, const char *key)
{
    const char *header = header_of(p, file, name);
    const char *v = header ? ini_get(p->ini[file], header, key) : NULL;

    return v && v[0] ? v : NULL;
}

bool profile_exists_named(const struct profile *p, const char *name)
{
    return header_of(p, PROFILE_CREDENTIALS, name) ||
           header_of(p, PROFILE_CONFIG, name);
}

/* "a, b, c and 12 more", of one file; those of the other left out. */
static void put_names(const struct profile_info *list, size_t n,
                      enum profile_file file, size_t room, struct strbuf *out)
{
    size_t start = out->len, left = 0;

    for (size_t i = 0; i < n; i++) {
        if (list[i].file != file)
            continue;
        if (out->len - start > room)
            left++;
        else
            strbuf_printf(out, "%s%s", out->len > start ? ", " : "",
                          list[i].name);
    }
    if (left)
        strbuf_printf(out, " and %zu more", left);
}

char *profile_names(const struct profile *p)
{
    static const enum profile_file order[] = {PROFILE_CONFIG,
                                              PROFILE_CREDENTIALS};
    struct profile_info *list;
    size_t n = profile_list(p, &list);
    struct strbuf b = STRBUF_INIT, names = STRBUF_INIT;

    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        strbuf_clear(&names);
        put_names(list, n, order[i], 120, &names);
        if (names.len)
            strbuf_printf(&b, "%s%s has %s", b.len ? "; " : "",
                          profile_path(p, order[i]), strbuf_get(&names));
    }
    strbuf_release(&names);
    free(list);
    return strbuf_detach(&b);
}

static void not_there(const struct profile *p, struct err *err)
{
    char *names = profile_names(p);

    if (names[0])
        err_set(err, ERR_CONFIG, "There is no profile \"%s\" (from %s): %s.",
                p->name, p->source, names);
    else
        err_set(err, ERR_CONFIG,
                "There is no profile \"%s\" (from %s): %s and %s hold no "
                "profiles at all.", p->name, p->source,
                profile_path(p, PROFILE_CONFIG),
                profile_path(p, PROFILE_CREDENTIALS));
    free(names);
}

struct profile *profile_load(const struct aws_env *env, const char *option,
                             struct err *err)
{
    static const char *const vars[] = {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"};
    struct profile *p = xcalloc(1, sizeof(*p));
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
    if (name && strcmp(name, "default") != 0 &&
        !profile_exists_named(p, name)) {
        not_there(p, err);
        goto fail;
    }
    return p;
fail:
    profile_free(p);
    return NULL;
}

void profile_free(struct profile *p)
{
    if (!p)
        return;
    for (int i = 0; i < FILES; i++) {
        ini_free(p->ini[i]);
        free(p->path[i]);
    }
    map_free(p->config, NULL);
    strbuf_release(&p->warnings);
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

const char *profile_get_of_from(const struct profile *p,
                                enum profile_file file, const char *name,
                                const char *key)
{
    return in_file(p, file, name, key);
}

const char *profile_get(const struct profile *p, const char *key)
{
    return profile_get_of(p, p->name, key);
}

/* The header of another section of the config file, or NULL. */
static const char *other_header(const struct profile *p, const char *section)
{
    const char *header = map_get(p->config, section);

    /* "profile x" is asked for by its name only. */
    return header && strncmp(section, "profile ", 8) != 0 ? header : NULL;
}

const char *profile_get_service(const struct profile *p,
                                const char *service_key, const char *key)
{
    const char *services = profile_get(p, "services");
    const char *header, *v;
    char *section;

    if (!services)
        return NULL;
    section = xasprintf("services %s", services);
    header = other_header(p, section);
    free(section);
    v = header ? ini_get_nested(p->ini[PROFILE_CONFIG], header, service_key,
                                key)
               : NULL;
    return v && v[0] ? v : NULL;
}

const char *profile_get_section(const struct profile *p, const char *section,
                                const char *key)
{
    const char *header = other_header(p, section);
    const char *v = header ? ini_get(p->ini[PROFILE_CONFIG], header, key)
                           : NULL;

    return v && v[0] ? v : NULL;
}

const char *profile_warnings(const struct profile *p)
{
    return strbuf_get(&p->warnings);
}

/* ---- all of them ---- */

/* Where credentials would come from, in the order of the chain. */
static enum profile_kind kind_of(const struct profile *p, const char *name)
{
    static const struct {
        const char *key;
        enum profile_kind kind;
    } rows[] = {
        {"web_identity_token_file", PROFILE_WEB_IDENTITY},
        {"role_arn", PROFILE_ROLE},
        {"sso_session", PROFILE_SSO},
        {"sso_start_url", PROFILE_SSO},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (profile_get_of(p, name, rows[i].key))
            return rows[i].kind;
    if (in_file(p, PROFILE_CREDENTIALS, name, "aws_access_key_id"))
        return PROFILE_KEYS;
    if (profile_get_of(p, name, "login_session"))
        return PROFILE_LOGIN;
    if (profile_get_of(p, name, "credential_process"))
        return PROFILE_PROCESS;
    if (in_file(p, PROFILE_CONFIG, name, "aws_access_key_id"))
        return PROFILE_KEYS;
    return PROFILE_NOTHING;
}

const char *profile_kind_name(enum profile_kind kind)
{
    static const char *const names[] = {
        [PROFILE_NOTHING] = "", [PROFILE_KEYS] = "keys",
        [PROFILE_ROLE] = "role", [PROFILE_WEB_IDENTITY] = "web identity",
        [PROFILE_SSO] = "sso", [PROFILE_LOGIN] = "login",
        [PROFILE_PROCESS] = "process"};

    return names[kind];
}

static int by_name(const void *a, const void *b)
{
    const struct profile_info *x = a, *y = b;

    return strcmp(x->name, y->name);
}

static void put_info(const struct profile *p, struct profile_info *out,
                     const char *name, enum profile_file file)
{
    *out = (struct profile_info){
        .name = name, .file = file,
        .in_both = file == PROFILE_CONFIG &&
                   header_of(p, PROFILE_CREDENTIALS, name),
        .region = profile_get_of(p, name, "region"),
        .kind = kind_of(p, name)};
}

size_t profile_list(const struct profile *p, struct profile_info **list)
{
    const struct ini *creds = p->ini[PROFILE_CREDENTIALS];
    size_t n_creds = creds ? ini_sections(creds) : 0, n = 0;
    const char *key;
    void *header;

    *list = xcalloc(map_len(p->config) + n_creds + 1, sizeof(**list));
    for (size_t i = 0; map_next(p->config, &i, &key, &header);)
        if (strncmp(key, "profile ", 8) == 0)
            put_info(p, &(*list)[n++], key + 8, PROFILE_CONFIG);
    for (size_t i = 0; i < n_creds; i++) {
        const char *name = ini_section_name(creds, i);

        if (header_of(p, PROFILE_CREDENTIALS, name) &&
            !header_of(p, PROFILE_CONFIG, name))
            put_info(p, &(*list)[n++], name, PROFILE_CREDENTIALS);
    }
    qsort(*list, n, sizeof(**list), by_name);
    return n;
}
