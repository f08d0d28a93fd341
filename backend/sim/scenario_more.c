/* The other accounts and regions, small and each a little different; and what
 * the fault `change` does. */
#include "backend/sim/world.h"

#include "backend/base/mem.h"

#include <stdio.h>
#include <string.h>

#define MINUTE 60000LL
#define DAY (24 * 60 * MINUTE)

static struct sim_service *add(struct sim_world *w, struct sim_cluster *c,
                               const char *name, int desired, int revision)
{
    struct sim_taskdef *d = world_add_taskdef(w, name, revision, "2024.11.3");
    return world_add_service(w, c, name, desired, d, "FARGATE",
                             w->start_ms - 6 * DAY);
}

/* "prod-us", "staging-de": named after account and region, so that nobody
 * can take one for another. */
void scenario_elsewhere(struct sim_world *w)
{
    static const char *const names[] = {"checkout-web", "cart", "gateway",
                                        "search-indexer", "auth-api"};
    bool home = strcmp(w->account, "123456789012") == 0;
    const char *where = strncmp(w->region, "us-", 3) == 0       ? "us"
                        : strcmp(w->region, "eu-central-1") == 0 ? "de"
                                                                 : "ie";
    char text[40];
    snprintf(text, sizeof(text), "%s-%s", home ? "prod" : "staging", where);
    struct sim_cluster *c = world_add_cluster(w, text, 1);
    size_t n = home ? 4 : ARRAY_LEN(names);
    for (size_t i = 0; i < n; i++) {
        snprintf(text, sizeof(text), "%s-%s", names[i], where);
        add(w, c, text, home ? 3 : 1, 5 + (int)i);
    }
    /* One rolls in each of them. */
    struct sim_service *s = c->services[0];
    s->script_def = world_next_taskdef(w, s->def, "2024.11.4",
                                       w->start_ms - 2 * MINUTE);
    s->script_def->fate = home ? FATE_HEALTHY : FATE_NO_IMAGE;
    s->script_ms = s->next_ms = w->start_ms - MINUTE;
}

void world_change(struct sim_world *w, struct rng *rng)
{
    static const char head[] = "aa-change";
    char name[40];
    for (size_t i = 0; i < w->n_clusters; i++) {
        struct sim_cluster *c = w->clusters[i];
        size_t n = c->n_services;
        snprintf(name, sizeof(name), "%s-%zu", head, n);
        if (n) {
            struct sim_service *s = c->services[rng_below(rng, n)];
            if (s->n_tasks)
                world_stop_task(w, s, s->tasks[rng_below(rng, s->n_tasks)],
                                NULL);
            s = c->services[rng_below(rng, n)];
            if (strncmp(s->name, head, strlen(head)) != 0) {
                world_update_service(w, s, 0, NULL, false);
                snprintf(s->status, sizeof(s->status), "INACTIVE");
            }
        }
        struct sim_taskdef *d = world_add_taskdef(w, name, 1, "1");
        world_add_service(w, c, name, 1, d, "FARGATE", w->now_ms);
    }
    w->version++;
}
