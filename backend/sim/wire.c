#include "backend/sim/wire.h"

#include "backend/base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sim_fail(struct sim_call *c, const char *code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(c->message, sizeof(c->message), fmt, ap);
    va_end(ap);
    c->code = code;
    c->status = 400;
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
    case T_LIST:
        return json_is_array(v);
    case T_OBJECT:
        return json_is_object(v);
    }
    return false;
}

int sim_check_members(struct sim_call *c, const struct sim_op *op)
{
    const char *key;
    json_t *v;
    json_object_foreach(c->in, key, v)
    {
        const struct sim_member *m = op->members;
        while (m->name && strcmp(m->name, key))
            m++;
        if (!m->name) {
            sim_fail(c, "SerializationException",
                     "%s does not know the member %s.", op->name, key);
            return -1;
        }
        if (!json_is_null(v) && !type_fits(v, m->type)) {
            sim_fail(c, "SerializationException",
                     "The member %s of %s has the wrong type.", key,
                     op->name);
            return -1;
        }
    }
    for (const struct sim_member *m = op->members; m->name; m++) {
        if (m->required && !json_object_get(c->in, m->name)) {
            sim_fail(c, "InvalidParameterException",
                     "%s needs the member %s.", op->name, m->name);
            return -1;
        }
    }
    return 0;
}

const char *sim_in_text(const struct sim_call *c, const char *name)
{
    return json_string_value(json_object_get(c->in, name));
}

int sim_in_page(struct sim_call *c, const char *name, int def, int max)
{
    json_t *v = json_object_get(c->in, name);
    json_int_t n = json_integer_value(v);
    if (!json_is_integer(v))
        return def;
    if (n < 1 || n > max) {
        sim_fail(c, "InvalidParameterException",
                 "%s must be between 1 and %d.", name, max);
        return -1;
    }
    return (int)n;
}

static uint64_t mix(uint64_t h, const char *s)
{
    for (; s && *s; s++)
        h = (h ^ (unsigned char)*s) * 1099511628211ULL;
    return h;
}

/* Position and a check value, so that a made-up token or one of another
 * request is known for what it is. */
char *sim_token(const struct sim_call *c, const char *scope, uint64_t pos)
{
    uint64_t h = mix(c->token_key ^ pos * 0x9e3779b97f4a7c15ULL, scope);
    return xasprintf("eyJ0b2tlbiI6%016llx%016llx",
                     (unsigned long long)(pos ^ c->token_key),
                     (unsigned long long)h);
}

int sim_in_token(struct sim_call *c, const char *name, const char *scope,
                 uint64_t *pos)
{
    const char *t = sim_in_text(c, name);
    unsigned long long a, b;
    *pos = 0;
    if (!t)
        return 0;
    if (strncmp(t, "eyJ0b2tlbiI6", 12) == 0 && strlen(t) == 44 &&
        sscanf(t + 12, "%16llx%16llx", &a, &b) == 2) {
        *pos = a ^ c->token_key;
        if (b == mix(c->token_key ^ *pos * 0x9e3779b97f4a7c15ULL, scope))
            return 0;
    }
    sim_fail(c, "InvalidParameterException", "Invalid token.");
    return -1;
}

void put_text(json_t *o, const char *key, const char *value)
{
    if (value)
        json_object_set_new(o, key, json_string(value));
}

void put_int(json_t *o, const char *key, int64_t value)
{
    if (value >= 0)
        json_object_set_new(o, key, json_integer(value));
}

void put_time(json_t *o, const char *key, int64_t ms)
{
    if (ms > 0)
        json_object_set_new(o, key, json_real((double)ms / 1000.0));
}
