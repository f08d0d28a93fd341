/* fake_internal.h - shared by fake_*.c only. */
#ifndef ECSDASH_TESTS_FAKE_INTERNAL_H
#define ECSDASH_TESTS_FAKE_INTERNAL_H

#include <jansson.h>
#include <stdbool.h>

#include "tests/fake/fake_ecs.h"

struct call;

struct fake_ecs {
    struct loop *loop;
    struct clock *clock;
    const char *clusters[400];
    size_t n_clusters;
    struct fake_service **services;
    size_t n_services, cap_services;
    struct fake_task **tasks;
    size_t n_tasks, cap_tasks;
    struct map *task_by_id;
    char **log;
    size_t n_log, cap_log;
    struct call *calls; /* oldest first */
    int page_size, flying, most;
    bool hold;
    bool refuse; /* where they are begun */
    const char *lost, *poison;
    enum err_code poison_code;
    struct {
        char op[40];
        enum err_code code;
    } fails[16];
};

static inline const char *param(json_t *o, const char *name)
{
    return json_string_value(json_object_get(o, name));
}

/* The end of an ARN or name; tail NULL = never. */
bool fake_ends_with(const char *text, const char *tail);
/* The replies of the describes ("services", "tasks", "clusters"), of
 * DescribeTaskDefinition, and the whole list of a list call. */
json_t *fake_describe(struct fake_ecs *f, const char *member, json_t *params);
json_t *fake_taskdef(json_t *params);
json_t *fake_names(struct fake_ecs *f, const char *op, json_t *params);

#endif
