/* What the simulated account starts with. */
#include "backend/sim/world.h"

#include "backend/base/fmt.h"
#include "backend/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE 60000LL
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static void behind_balancer(struct sim_world *w, struct sim_service *s)
{
    snprintf(s->target_group, sizeof(s->target_group),
             "arn:aws:elasticloadbalancing:%s:%s:targetgroup/%.40s/"
             "73e2d6bc24d8a067", w->region, w->account, s->name);
    s->port = 8080;
}

static void add_sidecar(struct sim_taskdef *d, const char *name,
                        bool essential, const char *driver)
{
    struct sim_container_def *c = &d->containers[d->n_containers++];
    *c = d->containers[0];
    snprintf(c->name, sizeof(c->name), "%s", name);
    snprintf(c->image, sizeof(c->image),
             "public.ecr.aws/sidecars/%s:1.29.4", name);
    snprintf(c->driver, sizeof(c->driver), "%s", driver);
    c->essential = essential;
    c->health_check = false;
    c->env_name[0] = c->secret_name[0] = '\0';
    if (strcmp(driver, "awslogs") != 0)
        c->group[0] = c->prefix[0] = '\0';
}

/* A steady service of this definition, and the revision before it. */
static struct sim_taskdef *revisions(struct sim_world *w, const char *family,
                                     int revision)
{
    char tag[32];
    if (revision > 1) {
        snprintf(tag, sizeof(tag), "2024.10.%d", revision % 27 + 1);
        world_add_taskdef(w, family, revision - 1, tag);
    }
    snprintf(tag, sizeof(tag), "2024.11.%d", revision % 27 + 1);
    return world_add_taskdef(w, family, revision, tag);
}

static struct sim_service *steady(struct sim_world *w, struct sim_cluster *c,
                                  const char *name, int desired,
                                  int revision, const char *launch,
                                  int64_t age_ms)
{
    char key[80];
    snprintf(key, sizeof(key), "%s:%d", name, revision);
    struct sim_taskdef *d = world_taskdef(w, key);
    if (!d)
        d = revisions(w, name, revision);
    return world_add_service(w, c, name, desired, d, launch,
                             w->start_ms - age_ms);
}

/* The same with a sidecar from the beginning. */
static struct sim_service *with_sidecar(struct sim_world *w,
                                        struct sim_cluster *c,
                                        const char *name, int desired,
                                        int revision, int64_t age_ms,
                                        const char *sidecar, bool essential,
                                        const char *driver, const char *group)
{
    struct sim_taskdef *d = revisions(w, name, revision);
    if (group)
        snprintf(d->containers[0].group, sizeof(d->containers[0].group),
                 "%s", group);
    add_sidecar(d, sidecar, essential, driver);
    return steady(w, c, name, desired, revision, "FARGATE", age_ms);
}

/* At `ago` before the start, a new revision is deployed. */
static struct sim_taskdef *deploys(struct sim_world *w, struct sim_service *s,
                                   const char *tag, int64_t ago,
                                   enum sim_fate fate, int64_t after_ms)
{
    struct sim_taskdef *d =
        world_next_taskdef(w, s->def, tag, w->start_ms - ago - MINUTE);
    d->fate = fate;
    d->after_ms = after_ms;
    s->script_def = d;
    s->script_ms = w->start_ms - ago;
    s->next_ms = s->script_ms;
    return d;
}

/* A task that has been up for long ends at `ago` before the start. */
static void doom(struct sim_world *w, struct sim_service *s, size_t i,
                 int64_t ago)
{
    struct sim_task *t = s->tasks[i];
    t->fate_ms = t->next_ms = w->start_ms - ago;
    t->doomed = true;
    if (t->next_ms < s->next_ms)
        s->next_ms = t->next_ms;
}

/* The roll-outs that fail, each in its own way. */
static void broken(struct sim_world *w, struct sim_cluster *c)
{
    struct sim_service *s = with_sidecar(w, c, "payments-api", 20, 142,
                                         3 * DAY, "envoy", false, "awslogs",
                                         NULL);
    behind_balancer(w, s);
    s->breaker = true;
    s->max_percent = 105; /* one at a time: its breaker climbs for minutes */
    deploys(w, s, "2024.11.2-9f3c1aa", 2 * MINUTE, FATE_CRASH, 9000);

    s = steady(w, c, "search-indexer", 2, 19, "FARGATE", 9 * DAY);
    deploys(w, s, "2024.11.9", 45 * MINUTE, FATE_NO_IMAGE, 0);

    s = steady(w, c, "recommendations", 3, 64, "FARGATE", 4 * DAY);
    behind_balancer(w, s);
    s->breaker = s->breaker_rollback = true;
    deploys(w, s, "2024.11.20-rc1", 40 * MINUTE, FATE_UNHEALTHY, 20000);
}

/* The ones that are in trouble, or on their way, without a failed roll-out. */
static void restless(struct sim_world *w, struct sim_cluster *c)
{
    struct sim_service *s;

    s = steady(w, c, "checkout-web", 8, 87, "FARGATE", 2 * DAY);
    behind_balancer(w, s);
    s->max_percent = 125;
    s->ci_every_ms = 12 * MINUTE;
    s->ci_ms = w->start_ms + 12 * MINUTE;
    deploys(w, s, "2024.11.21", 20000, FATE_HEALTHY, 0);

    s = steady(w, c, "mail-worker", 2, 55, "EC2", 3 * DAY);
    s->def->fate = FATE_NO_ROOM;
    s->def->place_max = 2;
    s->desired = s->deployments[0]->desired = 3;
    s->steady = false;
    s->next_ms = w->start_ms - 11 * MINUTE;

    s = steady(w, c, "thumbnailer", 4, 31, "FARGATE", 5 * DAY);
    s->def->fate = FATE_OOM;
    s->def->after_ms = 4 * MINUTE;
    for (size_t i = 0; i < s->n_tasks; i++)
        doom(w, s, i, 20 * MINUTE - (int64_t)i * 50000);

    s = steady(w, c, "feed-ranker", 6, 12, "FARGATE_SPOT", 6 * DAY);
    s->def->fate = FATE_SPOT;
    s->def->after_ms = 30 * MINUTE;
    doom(w, s, 0, 40 * MINUTE);
    doom(w, s, 3, 14 * MINUTE);
}

static void special(struct sim_world *w, struct sim_cluster *c)
{
    struct sim_service *s;
    steady(w, c, "legacy-reports", 0, 7, "EC2", 120 * DAY);
    s = steady(w, c, "node-agent", c->instances, 5, "EC2", 60 * DAY);
    snprintf(s->scheduling, sizeof(s->scheduling), "DAEMON");
    s->min_percent = 0;
    s->max_percent = 100;
    s = steady(w, c, "accounts-bluegreen", 4, 21, "FARGATE", 15 * DAY);
    snprintf(s->controller, sizeof(s->controller), "CODE_DEPLOY");
    behind_balancer(w, s);
    /* One group shared by two services. */
    s = with_sidecar(w, c, "orders-api", 6, 210, DAY, "envoy", true,
                     "awslogs", "/ecs/orders");
    behind_balancer(w, s);
    with_sidecar(w, c, "orders-worker", 3, 98, DAY, "datadog-agent", false,
                 "splunk", "/ecs/orders");
}

static void check_health(struct sim_service *s)
{
    s->def->containers[0].health_check = true;
    for (size_t i = 0; i < s->n_tasks; i++)
        snprintf(s->tasks[i]->health, sizeof(s->tasks[i]->health),
                 "HEALTHY");
}

static void crowd(struct sim_world *w, struct sim_cluster *c)
{
    static const struct {
        const char *name;
        int desired, revision, days;
    } list[] = {
        {"auth-api", 4, 77, 2},        {"billing-cron", 1, 12, 21},
        {"cart", 8, 340, 1},           {"catalog-api", 6, 201, 9},
        {"catalog-sync", 2, 9, 6},     {"content-api", 4, 44, 12},
        {"coupons", 2, 18, 30},        {"currency-rates", 1, 6, 44},
        {"customer-api", 5, 133, 3},   {"delivery-eta", 3, 29, 8},
        {"email-templates", 1, 4, 90}, {"events-collector", 6, 71, 4},
        {"fraud-check", 4, 52, 7},     {"gateway", 10, 410, 1},
        {"geo-lookup", 2, 15, 26},     {"image-proxy", 4, 38, 11},
        {"inventory-api", 5, 167, 2},  {"invoice-render", 2, 23, 19},
        {"loyalty", 3, 36, 13},        {"notifications", 4, 81, 5},
        {"partner-feed", 2, 11, 33},   {"pricing", 5, 119, 3},
        {"returns", 2, 27, 16},        {"reviews", 3, 49, 10},
        {"session-store", 3, 20, 40},  {"shipping-api", 4, 93, 4},
        {"store-locator", 2, 8, 61},   {"tax-service", 3, 41, 14},
        {"user-profile", 5, 150, 2},   {"webhooks", 3, 58, 6},
    };
    for (size_t i = 0; i < ARRAY_LEN(list); i++) {
        struct sim_service *s =
            steady(w, c, list[i].name, list[i].desired, list[i].revision,
                   i % 7 == 3 ? "EC2" : "FARGATE", list[i].days * DAY);
        if (i % 2 == 0)
            behind_balancer(w, s);
        s->exec_enabled = i % 3 == 0;
        s->breaker = s->breaker_rollback = i % 2 == 1;
        if (i % 4 == 1)
            check_health(s);
    }
}

/* Started each nine minutes; those that end by themselves have mostly. */
static void standalone(struct sim_world *w, struct sim_cluster *c,
                       const char *family, int n, int64_t after_ms)
{
    struct sim_taskdef *d = world_add_taskdef(w, family, 3, "2024.11.1");
    d->fate = after_ms ? FATE_DONE : FATE_HEALTHY;
    d->after_ms = after_ms;
    for (int i = 0; i < n; i++) {
        int64_t at = w->start_ms - (3 + 9 * (n - 1 - i)) * MINUTE;
        struct sim_task *t = world_add_task(w, &c->standalone, d, at);
        snprintf(t->started_by, sizeof(t->started_by), "nightly");
        task_begin(w, &c->standalone, t, at);
        if (t->next_ms < c->standalone.next_ms)
            c->standalone.next_ms = t->next_ms;
    }
}

static void scenario_batch(struct sim_world *w)
{
    struct sim_cluster *c = world_add_cluster(w, "prod-batch", 0);
    steady(w, c, "etl-orders", 2, 14, "FARGATE_SPOT", 8 * DAY);
    steady(w, c, "etl-events", 3, 22, "FARGATE_SPOT", 5 * DAY);
    struct sim_service *s =
        steady(w, c, "etl-refunds", 2, 8, "FARGATE", 11 * DAY);
    deploys(w, s, "2024.11.18", 50 * MINUTE, FATE_NO_SECRET, 0);
    standalone(w, c, "nightly-report", 5, 10 * MINUTE);
    standalone(w, c, "replay-consumer", 1, 0);
}

static void scenario_staging(struct sim_world *w)
{
    struct sim_cluster *c = world_add_cluster(w, "staging", 0);
    struct sim_taskdef *d = world_next_taskdef(
        w, world_taskdef(w, "payments-api"), "2024.11.2-fix1",
        w->start_ms - 20 * MINUTE);
    d->fate = FATE_CRASH;
    d->after_ms = 400;
    /* Down: what it starts dies at once. */
    struct sim_service *s = steady(w, c, "payments-api", 0, d->revision,
                                   "FARGATE", 20 * MINUTE);
    s->desired = s->deployments[0]->desired = 1;
    s->steady = false;
    s->next_ms = w->start_ms - 15 * MINUTE;
    steady(w, c, "checkout-web", 1, 88, "FARGATE", 2 * HOUR);
    steady(w, c, "search-indexer", 1, 19, "FARGATE", 3 * DAY);
    s = steady(w, c, "catalog-api", 2, 201, "FARGATE", 9 * DAY);
    s->breaker = s->breaker_rollback = true;
    d = deploys(w, s, "2024.11.21-rc2", 55 * MINUTE, FATE_SICK, 40000);
    d->containers[0].health_check = true;
}

static void scenario_default(struct sim_world *w)
{
    struct sim_cluster *main = world_add_cluster(w, "prod-main", 3);
    broken(w, main);
    restless(w, main);
    special(w, main);
    crowd(w, main);
    standalone(w, main, "db-migrate", 2, 4 * MINUTE);
    struct sim_service *s = world_service(main, "gateway");
    s->auto_low = 9;
    s->auto_high = 12;
    s->auto_every_ms = 5 * MINUTE;
    s->auto_ms = s->next_ms = w->start_ms - 50 * MINUTE;
    scenario_batch(w);
    scenario_staging(w);
}

static void scenario_quiet(struct sim_world *w)
{
    struct sim_cluster *c = world_add_cluster(w, "prod-main", 3);
    crowd(w, c);
}

/* ---- generated worlds ------------------------------------------------ */

struct spec {
    int64_t clusters, services, tasks, lines, hostile;
};

static int parse_spec(const char *text, struct spec *o, struct err *err)
{
    char *copy = xstrdup(text), *save = NULL;
    int rc = 0;
    *o = (struct spec){.clusters = 1, .services = 10, .tasks = -1,
                       .lines = 50};
    for (char *w = strtok_r(copy, ",", &save); w && !rc;
         w = strtok_r(NULL, ",", &save)) {
        char *eq = strchr(w, '=');
        int64_t *to = NULL;
        if (eq) {
            *eq = '\0';
            to = strcmp(w, "clusters") == 0   ? &o->clusters
                 : strcmp(w, "services") == 0 ? &o->services
                 : strcmp(w, "tasks") == 0    ? &o->tasks
                 : strcmp(w, "lines") == 0    ? &o->lines
                 : strcmp(w, "hostile") == 0  ? &o->hostile
                                              : NULL;
        }
        if (!to || fmt_parse_int(eq + 1, 0, 100000, to))
            rc = err_set(err, ERR_USAGE, "--sim-world takes clusters, "
                         "services, tasks, lines and hostile as KEY=N, not "
                         "%s%s%s.", w, eq ? "=" : "", eq ? eq + 1 : "");
    }
    free(copy);
    if (o->tasks < 0)
        o->tasks = o->services * 3;
    if (!rc && o->clusters < 1)
        rc = err_set(err, ERR_USAGE, "--sim-world needs one cluster at "
                     "least.");
    return rc;
}

/* A few are in trouble, at places that depend on their number alone. */
static void sprinkle(struct sim_world *w, struct sim_service *s, int64_t i)
{
    if (i % 3 == 0)
        behind_balancer(w, s);
    if (i % 97 == 13) {
        s->breaker = true;
        deploys(w, s, "bad", 6 * MINUTE, FATE_CRASH, 15000);
    } else if (i % 83 == 29) {
        deploys(w, s, "missing", 15 * MINUTE, FATE_NO_IMAGE, 0);
    } else if (i % 61 == 7) {
        deploys(w, s, "good", MINUTE / 2, FATE_HEALTHY, 0);
    } else if (i % 113 == 40) {
        s->def->fate = FATE_OOM;
        s->def->after_ms = 5 * MINUTE;
        for (size_t k = 0; k < s->n_tasks && k < 3; k++)
            doom(w, s, k, 25 * MINUTE - (int64_t)k * 40000);
    } else if (i % 127 == 66) {
        s->breaker = s->breaker_rollback = true;
        deploys(w, s, "sick", 40 * MINUTE, FATE_UNHEALTHY, 20000);
    }
}

static void generated(struct sim_world *w, const struct spec *o)
{
    for (int64_t i = 0; i < o->clusters; i++) {
        char name[32];
        snprintf(name, sizeof(name), "cluster-%02lld", (long long)i + 1);
        world_add_cluster(w, name, 2);
    }
    for (int64_t i = 0; i < o->services; i++) {
        char name[40];
        struct sim_cluster *c = w->clusters[i % o->clusters];
        int n = (int)(o->tasks * (i + 1) / o->services -
                      o->tasks * i / o->services);
        snprintf(name, sizeof(name), "svc-%05lld", (long long)i + 1);
        struct sim_service *s =
            steady(w, c, name, n, 1 + (int)(i % 40),
                   i % 5 == 4 ? "EC2" : "FARGATE", (1 + i % 60) * DAY);
        if (n)
            sprinkle(w, s, i);
    }
    w->hostile = o->hostile > 0;
    int64_t streams = o->tasks ? o->tasks : 1;
    if (o->lines > 0)
        w->line_ms = (int)(streams * 1000 / o->lines);
    if (w->line_ms < 1)
        w->line_ms = 1;
}

int scenario_build(struct sim_world *w, const struct world_options *o,
                   struct err *err)
{
    struct spec spec;
    if (o->spec) {
        if (parse_spec(o->spec, &spec, err))
            return -1;
        generated(w, &spec);
    } else if (!o->scenario || strcmp(o->scenario, "default") == 0) {
        scenario_default(w);
    } else if (strcmp(o->scenario, "quiet") == 0) {
        scenario_quiet(w);
    } else if (strcmp(o->scenario, "empty") != 0) {
        return err_set(err, ERR_USAGE, "There is no scenario %s; there are "
                       "default, quiet and empty.", o->scenario);
    }
    return 0;
}
