/* Every ECS reply decoder on any JSON: strings that reach a model are clean. */
#include "tests/fuzz/fuzz.h"

#include "backend/aws/json_tree.h"
#include "backend/base/utf8.h"
#include "backend/svc/ecs.h"
#include "backend/svc/health.h"

static void clean(const char *s)
{
    MUST(!s || utf8_is_clean(s, strlen(s)));
}

static void try_one(json_t *o)
{
    struct arena *a = arena_new();
    const char **names, *arn, *reason;
    struct ecs_service *s = ecs_decode_service(o, 100, a);
    struct ecs_task *t = ecs_decode_task(o, a);
    struct ecs_cluster *c = ecs_decode_cluster(o, a);
    struct ecs_taskdef *d = ecs_decode_taskdef(o, a);
    static const char *const lists[] = {"serviceArns", "taskArns",
                                        "clusterArns"};

    if (s) {
        MUST(s->arn);
        clean(s->arn);
        clean(s->status);
        for (size_t i = 0; i < s->n_events; i++)
            clean(s->events[i].message);
        for (size_t i = 0; i < s->n_deployments; i++)
            clean(s->deployments[i].rollout_reason);
    }
    if (t) {
        MUST(t->arn);
        clean(t->stopped_reason);
        for (size_t i = 0; i < t->n_containers; i++)
            clean(t->containers[i].reason);
    }
    if (c)
        clean(c->name);
    if (d)
        clean(d->arn);
    for (size_t k = 0; k < sizeof(lists) / sizeof(lists[0]); k++) {
        size_t n = ecs_decode_strings(o, lists[k], a, &names);
        for (size_t i = 0; i < n; i++)
            clean(names[i]);
    }
    for (size_t i = 0; i < 200 && ecs_failure(o, i, &arn, &reason) == 0; i++)
        ;
    arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_tree tree;
    json_error_t error;
    static const char *const members[] = {"services", "tasks", "clusters"};

    json_tree_init();
    json_tree_parse(&tree, (const char *)data, size, false, &error);
    if (!tree.root)
        goto out;
    try_one(tree.root);
    for (size_t k = 0; k < sizeof(members) / sizeof(members[0]); k++) {
        json_t *v, *list = json_object_get(tree.root, members[k]);
        size_t i;
        json_array_foreach(list, i, v) try_one(v);
    }
out:
    json_tree_free(&tree);
    json_tree_trim();
    return 0;
}
