/* What a profile says of its role, and whether that makes sense. */
#include "backend/aws/creds/role_config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/base/fmt.h"
#include "backend/base/strbuf.h"

bool role_has_keys(const struct cred_context *cx, const char *name)
{
    return profile_get_of(cx->profile, name, "aws_access_key_id") ||
           profile_get_of(cx->profile, name, "aws_secret_access_key");
}

/* The names from the top to this one: "a -> b". */
static void put_way(const struct cred_context *cx, struct strbuf *out)
{
    if (cx->parent)
        put_way(cx->parent, out);
    strbuf_printf(out, "%s -> ", cred_profile(cx));
}

static int check_circle(const struct cred_context *cx, const char *source,
                        struct err *err)
{
    struct strbuf way = STRBUF_INIT;
    const struct cred_context *p = cx;

    /* A profile may name itself for the keys that stand beside its role. */
    if (strcmp(source, cred_profile(cx)) == 0 && role_has_keys(cx, source))
        return 0;
    while (p && strcmp(cred_profile(p), source) != 0)
        p = p->parent;
    if (!p)
        return 0;
    put_way(cx, &way);
    err_set(err, ERR_CONFIG, "its source_profile leads back to itself (%s%s).",
            strbuf_get(&way), source);
    strbuf_release(&way);
    return -1;
}

static int check_profile(const struct cred_context *cx, const char *source,
                         struct err *err)
{
    char *names;

    if (profile_exists_named(cx->profile, source))
        return check_circle(cx, source, err);
    names = profile_names(cx->profile);
    err_set(err, ERR_CONFIG, "its source_profile \"%s\" does not exist: %s.",
            source, names);
    free(names);
    return -1;
}

const struct cred_place *role_place(const char *name)
{
    const struct cred_place *p = cred_places;

    while (p->name && strcasecmp(p->name, name) != 0)
        p++;
    return p->name ? p : NULL;
}

int role_config_check(const struct cred_context *cx,
                      const struct role_config *c, struct err *err)
{
    const char *profile = c->source_profile, *place = c->place;
    struct strbuf names = STRBUF_INIT;

    if (profile && place)
        return err_set(err, ERR_CONFIG, "it has both source_profile and "
                       "credential_source: remove one.");
    if (!profile && !place)
        return err_set(err, ERR_CONFIG, "it has a role_arn but neither "
                       "source_profile nor credential_source: add one.");
    if (profile)
        return check_profile(cx, profile, err);
    if (role_place(place))
        return 0;
    for (const struct cred_place *p = cred_places; p->name; p++)
        strbuf_printf(&names, "%s%s", names.len ? ", " : "", p->name);
    err_set(err, ERR_CONFIG, "its credential_source \"%s\" is none of %s.",
            place, strbuf_get(&names));
    strbuf_release(&names);
    return -1;
}

void role_config_read(const struct cred_context *cx, struct role_config *c)
{
    const char *duration = cred_get(cx, "duration_seconds");

    c->args = (struct cli_cache_args){
        .role_arn = cred_get(cx, "role_arn"),
        .session_name = cred_get(cx, "role_session_name"),
        .external_id = cred_get(cx, "external_id"),
        .serial = cred_get(cx, "mfa_serial"),
    };
    /* The AWS CLI too goes on without one that is no number. */
    if (duration && fmt_parse_int(duration, 1, INT32_MAX,
                                  &c->args.duration) != 0)
        c->args.duration = 0;
    c->source_profile = cred_get(cx, "source_profile");
    c->place = cred_get(cx, "credential_source");
}
