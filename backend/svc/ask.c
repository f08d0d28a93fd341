#include "backend/svc/ask.h"

static void put(json_t *o, const char *member, const char *value)
{
    if (value != NULL)
        json_object_set_new(o, member, json_string(value));
}

json_t *ecs_params(const struct ecs_ask *ask)
{
    json_t *o = json_object();

    put(o, "cluster", ask->cluster);
    put(o, "serviceName", ask->service);
    put(o, "desiredStatus", ask->desired_status);
    put(o, "taskDefinition", ask->task_definition);
    if (ask->max_results > 0)
        json_object_set_new(o, "maxResults", json_integer(ask->max_results));
    if (ask->member != NULL) {
        json_t *list = json_array();

        for (size_t i = 0; i < ask->n_names; i++)
            json_array_append_new(list, json_string(ask->names[i]));
        json_object_set_new(o, ask->member, list);
    }
    if (ask->include != NULL) {
        json_t *list = json_array();

        for (size_t i = 0; ask->include[i] != NULL; i++)
            json_array_append_new(list, json_string(ask->include[i]));
        json_object_set_new(o, "include", list);
    }
    return o;
}

size_t ecs_items(json_t *root, const char *member)
{
    return json_array_size(json_object_get(root, member));
}

json_t *ecs_item(json_t *root, const char *member, size_t i)
{
    return json_array_get(json_object_get(root, member), i);
}
