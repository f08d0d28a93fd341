#include "backend/sim/wire.h"

#include "backend/base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sim_fail(struct sim_call *c, const char *code, const char *fmt, ...)
{
    va_list ap;
    if (c->code)
        return; /* the first one counts */
    va_start(ap, fmt);
    vsnprintf(c->message, sizeof(c->message), fmt, ap);
    va_end(ap);
    c->code = code;
    c->status = 400;
}

void sim_put_header(struct sim_call *c, const char *name, const char *value)
{
    strbuf_printf(c->headers, "%s: %s\r\n", name, value);
}

/* ---- members ---------------------------------------------------------- */

static bool all_strings(const json_t *list)
{
    size_t i;
    json_t *v;
    json_array_foreach(list, i, v) if (!json_is_string(v)) return false;
    return json_is_array(list);
}

static bool type_fits(json_t *v, enum sim_type t)
{
    switch (t) {
    case T_STRING:
        return json_is_string(v);
    case T_INT:
        return json_is_integer(v);
    case T_BOOL:
        return json_is_boolean(v);
    case T_STRINGS:
        return all_strings(v);
    case T_LIST:
        return json_is_array(v);
    case T_OBJECT:
        return json_is_object(v);
    }
    return false;
}

int sim_check_members(struct sim_call *c)
{
    const char *key;
    json_t *v;
    json_object_foreach(c->in, key, v)
    {
        const struct sim_member *m = c->op->members;
        while (m->name && strcmp(m->name, key))
            m++;
        if (!m->name) {
            sim_fail(c, "SerializationException",
                     "%s does not know the member %.80s.", c->op->name, key);
            return -1;
        }
        if (!json_is_null(v) && !type_fits(v, m->type)) {
            sim_fail(c, "SerializationException",
                     "The member %s of %s has the wrong type.", key,
                     c->op->name);
            return -1;
        }
    }
    for (const struct sim_member *m = c->op->members; m->name; m++) {
        if (m->required && !sim_in_has(c, m->name)) {
            sim_fail(c, "InvalidParameterException",
                     "%s needs the member %s.", c->op->name, m->name);
            return -1;
        }
    }
    return 0;
}

bool sim_in_has(const struct sim_call *c, const char *name)
{
    json_t *v = json_object_get(c->in, name);
    return v && !json_is_null(v);
}

const char *sim_in_text(const struct sim_call *c, const char *name)
{
    return json_string_value(json_object_get(c->in, name));
}

int64_t sim_in_int(const struct sim_call *c, const char *name, int64_t def)
{
    json_t *v = json_object_get(c->in, name);
    return json_is_integer(v) ? (int64_t)json_integer_value(v) : def;
}

bool sim_in_bool(const struct sim_call *c, const char *name, bool def)
{
    json_t *v = json_object_get(c->in, name);
    return json_is_boolean(v) ? json_is_true(v) : def;
}

int sim_in_range(struct sim_call *c, const char *name, int def, int min,
                 int max)
{
    int64_t n = sim_in_int(c, name, def);
    if (n >= min && n <= max)
        return (int)n;
    sim_fail(c, "InvalidParameterException",
             "Value '%lld' at '%s' must be between %d and %d.", (long long)n,
             name, min, max);
    return -1;
}

static bool among(const char *word, const char *words)
{
    size_t n = strlen(word);
    for (const char *p = words; n && p && (p = strstr(p, word)); p += n)
        if ((p == words || p[-1] == ' ') && (p[n] == ' ' || !p[n]))
            return true;
    return false;
}

const char *sim_in_word(struct sim_call *c, const char *name,
                        const char *allowed, const char *def)
{
    const char *s = sim_in_text(c, name);
    if (!s)
        return def;
    if (among(s, allowed))
        return s;
    sim_fail(c, "InvalidParameterException",
             "Value '%.80s' at '%s' must be one of: %s.", s, name, allowed);
    return NULL;
}

int sim_check_include(struct sim_call *c, const char *allowed)
{
    size_t i;
    json_t *v;
    json_array_foreach(json_object_get(c->in, "include"), i, v)
    {
        if (among(json_string_value(v), allowed))
            continue;
        sim_fail(c, "InvalidParameterException",
                 "Value '%.80s' at 'include' must be one of: %s.",
                 json_string_value(v), allowed);
        return -1;
    }
    return 0;
}

bool sim_includes(const struct sim_call *c, const char *word)
{
    size_t i;
    json_t *v;
    json_array_foreach(json_object_get(c->in, "include"), i, v)
    {
        if (strcmp(json_string_value(v), word) == 0)
            return true;
    }
    return false;
}

/* ---- replies ---------------------------------------------------------- */

void put_text(json_t *o, const char *key, const char *value)
{
    if (value && *value)
        json_object_set_new(o, key, json_string(value));
}

void put_int(json_t *o, const char *key, int64_t value)
{
    if (value >= 0)
        json_object_set_new(o, key, json_integer(value));
}

void put_bool(json_t *o, const char *key, bool value)
{
    json_object_set_new(o, key, json_boolean(value));
}

void put_time(json_t *o, const char *key, int64_t ms)
{
    if (ms > 0)
        json_object_set_new(o, key, json_real((double)ms / 1000.0));
}

json_t *put_list(json_t *o, const char *key)
{
    json_t *list = json_array();
    json_object_set_new(o, key, list);
    return list;
}

json_t *put_object(json_t *o, const char *key)
{
    json_t *v = json_object();
    json_object_set_new(o, key, v);
    return v;
}

void add_pair(json_t *list, const char *k1, const char *v1, const char *k2,
              const char *v2)
{
    json_array_append_new(list, json_pack("{ssss}", k1, v1, k2, v2));
}
