#include "backend/svc/decode.h"

#include "backend/base/strbuf.h"
#include "backend/base/utf8.h"

#include <math.h>
#include <string.h>

static const char *copy(json_t *v, struct arena *a, bool intern)
{
    const char *s = json_string_value(v);
    if (!s)
        return NULL;
    size_t n = json_string_length(v);
    if (utf8_is_clean(s, n))
        return intern ? arena_intern(a, s) : arena_strndup(a, s, n);
    struct strbuf b = STRBUF_INIT;
    utf8_sanitise(&b, s, n);
    const char *out = arena_strdup(a, strbuf_get(&b));
    strbuf_release(&b);
    return out;
}

const char *get_text(json_t *o, const char *key, struct arena *a)
{
    return copy(json_object_get(o, key), a, false);
}

const char *get_word(json_t *o, const char *key, struct arena *a)
{
    return copy(json_object_get(o, key), a, true);
}

int get_int(json_t *o, const char *key, int absent)
{
    json_t *v = json_object_get(o, key);
    if (!json_is_number(v))
        return absent;
    double d = json_number_value(v);
    if (!(d > -2147483000.0 && d < 2147483000.0))
        return absent;
    return (int)d;
}

bool get_bool(json_t *o, const char *key)
{
    return json_is_true(json_object_get(o, key));
}

int64_t get_time(json_t *o, const char *key)
{
    json_t *v = json_object_get(o, key);
    double s = json_is_number(v) ? json_number_value(v) : 0;
    if (!(s > 0 && s < 1e11))
        return 0;
    return (int64_t)llround(s * 1000.0);
}

struct ecs_strings get_strings(json_t *o, const char *key, struct arena *a)
{
    json_t *list = json_object_get(o, key), *v;
    size_t i, n = 0, max = json_array_size(list);
    const char **items = arena_alloc(a, max * sizeof(*items));
    json_array_foreach(list, i, v)
    {
        const char *s = copy(v, a, true);
        if (s)
            items[n++] = s;
    }
    return (struct ecs_strings){.items = items, .n = n};
}

const char *get_joined(json_t *o, const char *key, struct arena *a)
{
    struct ecs_strings s = get_strings(o, key, a);
    struct strbuf b = STRBUF_INIT;
    for (size_t i = 0; i < s.n; i++)
        strbuf_printf(&b, "%s%s", i ? ", " : "", s.items[i]);
    const char *out = s.n ? arena_strdup(a, strbuf_get(&b)) : NULL;
    strbuf_release(&b);
    return out;
}

struct ecs_pairs get_pairs(json_t *o, const char *key, const char *nkey,
                           const char *vkey, struct arena *a)
{
    json_t *list = json_object_get(o, key), *v;
    size_t i, n = 0, max = json_array_size(list);
    struct ecs_pair *items = arena_alloc(a, max * sizeof(*items));
    json_array_foreach(list, i, v)
    {
        const char *name = get_word(v, nkey, a);
        const char *value = get_word(v, vkey, a);
        if (name)
            items[n++] = (struct ecs_pair){name, value ? value : ""};
    }
    return (struct ecs_pairs){.items = items, .n = n};
}

const char *get_capacity(json_t *o, struct arena *a)
{
    json_t *list = json_object_get(o, "capacityProviderStrategy"), *v;
    struct strbuf b = STRBUF_INIT;
    size_t i;
    json_array_foreach(list, i, v)
    {
        const char *name = get_word(v, "capacityProvider", a);
        if (name)
            strbuf_printf(&b, "%s%s:%d", b.len ? ", " : "", name,
                          get_int(v, "weight", 0));
    }
    const char *out = b.len ? arena_intern(a, strbuf_get(&b)) : NULL;
    strbuf_release(&b);
    return out;
}

const char *cluster_name_of(const char *arn, struct arena *a)
{
    return arn ? arena_intern(a, arn_tail(arn)) : NULL;
}
