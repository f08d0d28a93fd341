#include "backend/svc/mask.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "backend/base/mem.h"

/* Called with the object that holds the value, its member, what it is called,
 * and the name of the object around. */
typedef void visit_fn(void *arg, json_t *holder, const char *member,
                      const char *name, const char *where);

static bool option_is_secret(const char *name)
{
    static const char *const words[] = {"token", "secret", "password", "key"};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcasestr(name, words[i]))
            return true;
    return false;
}

static void visit_environment(json_t *list, const char *where, visit_fn *visit,
                              void *arg)
{
    json_t *item;
    size_t i;

    json_array_foreach(list, i, item)
    {
        const char *name = json_string_value(json_object_get(item, "name"));

        if (json_object_get(item, "value"))
            visit(arg, item, "value", name ? name : "", where);
    }
}

static void visit_options(json_t *options, const char *where, visit_fn *visit,
                          void *arg)
{
    const char *key;
    json_t *value;
    void *next;

    json_object_foreach_safe(options, next, key, value)
    {
        if (option_is_secret(key))
            visit(arg, options, key, key, where);
    }
}

static void walk(json_t *o, const char *where, visit_fn *visit, void *arg)
{
    const char *key, *name;
    json_t *value;
    size_t i;

    if (json_is_array(o)) {
        json_array_foreach(o, i, value) walk(value, where, visit, arg);
        return;
    }
    name = json_string_value(json_object_get(o, "name"));
    if (name)
        where = name;
    json_object_foreach(o, key, value)
    {
        if (strcmp(key, "environment") == 0 && json_is_array(value))
            visit_environment(value, where, visit, arg);
        else if (strcmp(key, "logConfiguration") == 0)
            visit_options(json_object_get(value, "options"), where, visit,
                          arg);
        else
            walk(value, where, visit, arg);
    }
}

static void hide(void *arg, json_t *holder, const char *member,
                 const char *name, const char *where)
{
    (void)name;
    (void)where;
    *(bool *)arg = true;
    json_object_set_new(holder, member, json_string(MASKED));
}

json_t *mask_copy(const json_t *o, bool *found)
{
    json_t *copy = json_deep_copy(o);
    bool any = false;

    if (copy)
        walk(copy, "", hide, &any);
    if (found)
        *found = any;
    return copy;
}

struct each {
    void (*put)(void *arg, const char *where, const char *name,
                const char *value);
    void *arg;
};

static void show(void *arg, json_t *holder, const char *member,
                 const char *name, const char *where)
{
    const struct each *e = arg;
    const char *value = json_string_value(json_object_get(holder, member));

    e->put(e->arg, where, name, value ? value : "");
}

void mask_each(const json_t *o,
               void (*put)(void *arg, const char *where, const char *name,
                           const char *value),
               void *arg)
{
    struct each e = {put, arg};

    /* show() changes nothing. */
    walk((json_t *)(uintptr_t)o, "", show, &e);
}
