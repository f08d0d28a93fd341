/* The simulator's operations over its world, without a socket: limits, pages,
 * tokens, refusals, and what changes the world. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/map.h"
#include "backend/base/mem.h"
#include "backend/sim/wire.h"

#define WALL 1785000000000

struct lab {
    struct sim_world *world;
    struct rng rng;
    struct sim_call c;
};

static void end_call(struct lab *l)
{
    json_decref(l->c.in);
    json_decref(l->c.out);
    l->c = (struct sim_call){0};
}

static int set_up(void **state)
{
    struct lab *l = xcalloc(1, sizeof(*l));
    struct world_options o = {
        .spec = "clusters=2,services=60,tasks=400", .seed = 7,
        .now_ms = WALL};
    struct err err;
    l->world = world_new(&o, &err);
    rng_seed(&l->rng, 1);
    *state = l;
    return l->world ? 0 : -1;
}

static int set_up_default(void **state)
{
    struct lab *l = xcalloc(1, sizeof(*l));
    struct world_options o = {.seed = 7, .now_ms = WALL};
    struct err err;
    l->world = world_new(&o, &err);
    rng_seed(&l->rng, 1);
    *state = l;
    return l->world ? 0 : -1;
}

static int tear_down(void **state)
{
    struct lab *l = *state;
    end_call(l);
    world_free(l->world);
    free(l);
    return 0;
}

/* Runs `op` with a JSON text; the reply, or NULL when it was refused. */
static json_t *run(struct lab *l, const char *op, json_t *in)
{
    const struct sim_op *const tables[] = {sim_ecs_ops, sim_logs_ops};
    const struct sim_op *found = NULL;
    for (size_t t = 0; t < ARRAY_LEN(tables); t++)
        for (const struct sim_op *o = tables[t]; o->name; o++)
            if (strcmp(o->name, op) == 0)
                found = o;
    assert_non_null(found);
    end_call(l);
    l->c = (struct sim_call){.world = l->world, .op = found,
                             .now_ms = l->world->now_ms, .rng = &l->rng,
                             .token_key = 12345, .in = in,
                             .out = json_object(), .status = 200};
    if (sim_check_members(&l->c) == 0)
        found->run(&l->c);
    assert_int_equal(l->c.status, l->c.code ? 400 : 200);
    return l->c.code ? NULL : l->c.out;
}

static json_t *ask(struct lab *l, const char *op, const char *text)
{
    json_t *in = json_loads(text, 0, NULL);
    assert_non_null(in);
    return run(l, op, in);
}

static void assert_refused(struct lab *l, const char *op, const char *text,
                           const char *code, const char *said)
{
    if (ask(l, op, text))
        fail_msg("%s accepted %s", op, text);
    assert_string_equal(l->c.code, code);
    if (!strstr(l->c.message, said))
        fail_msg("\"%s\" is not in \"%s\"", said, l->c.message);
}

static const char *text_of(json_t *o, const char *key)
{
    return json_string_value(json_object_get(o, key));
}

/* All pages of a list: every item once. Returns how many pages. */
static size_t read_all(struct lab *l, const char *op, const char *text,
                       const char *list, size_t page, struct map *seen)
{
    char *token = NULL;
    size_t pages = 0, i;
    json_t *v;
    do {
        json_t *in = json_loads(text, 0, NULL);
        if (token)
            json_object_set_new(in, "nextToken", json_string(token));
        json_t *out = run(l, op, in);
        if (!out)
            fail_msg("%s: %s", op, l->c.message);
        json_t *items = json_object_get(out, list);
        free(token);
        token = xstrdup(text_of(out, "nextToken"));
        if (token)
            assert_int_equal(json_array_size(items), page);
        assert_true(json_array_size(items) <= page);
        json_array_foreach(items, i, v)
            assert_null(map_put(seen, json_string_value(v), l));
        pages++;
    } while (token);
    return pages;
}

/* ---- limits and refusals ---------------------------------------------- */

static void lists_are_paged_to_their_end_without_doubles(void **state)
{
    struct lab *l = *state;
    struct sim_cluster *k = l->world->clusters[0];
    char text[200];
    struct map *seen = map_new();
    snprintf(text, sizeof(text), "{\"cluster\":\"%s\"}", k->name);
    size_t pages = read_all(l, "ListServices", text, "serviceArns", 10, seen);
    assert_int_equal(map_len(seen), k->n_services);
    assert_int_equal(pages, (k->n_services + 9) / 10);
    map_clear(seen, NULL);
    snprintf(text, sizeof(text),
             "{\"cluster\":\"%s\",\"maxResults\":7}", k->name);
    read_all(l, "ListTasks", text, "taskArns", 7, seen);
    size_t live = 0;
    for (size_t i = 0; i < k->n_services; i++)
        for (size_t j = 0; j < k->services[i]->n_tasks; j++)
            live += task_live(k->services[i]->tasks[j]);
    assert_int_equal(map_len(seen), live);
    assert_true(live > 100);
    map_clear(seen, NULL);
    assert_int_equal(read_all(l, "ListClusters", "{\"maxResults\":1}",
                              "clusterArns", 1, seen), 2);
    map_clear(seen, NULL);
    read_all(l, "ListTaskDefinitions", "{\"maxResults\":9,\"sort\":\"DESC\"}",
             "taskDefinitionArns", 9, seen);
    assert_int_equal(map_len(seen), l->world->n_defs);
    map_free(seen, NULL);
}

static void tokens_are_bound_to_their_request(void **state)
{
    struct lab *l = *state;
    json_t *out = ask(l, "ListClusters", "{\"maxResults\":1}");
    char *token = xstrdup(text_of(out, "nextToken"));
    char text[1200];
    assert_non_null(token);
    assert_null(strstr(token, "cluster")); /* opaque */
    snprintf(text, sizeof(text), "{\"cluster\":\"%s\",\"nextToken\":\"%s\"}",
             l->world->clusters[0]->name, token);
    assert_refused(l, "ListServices", text, "InvalidParameterException",
                   "nextToken");
    snprintf(text, sizeof(text), "{\"nextToken\":\"%s\"}", token);
    assert_non_null(ask(l, "ListClusters", text)); /* another page size */
    token[3] = token[3] == '0' ? '1' : '0';
    snprintf(text, sizeof(text), "{\"nextToken\":\"%s\"}", token);
    assert_refused(l, "ListClusters", text, "InvalidParameterException",
                   "nextToken");
    assert_refused(l, "ListClusters", "{\"nextToken\":\"\"}",
                   "InvalidParameterException", "nextToken");
    free(token);
}

/* `{"cluster": first, "<key>": [n names]}` */
static json_t *many(struct lab *l, const char *key, int n)
{
    json_t *in = json_pack("{s:s,s:[]}", "cluster",
                           l->world->clusters[0]->name, key);
    for (int i = 0; i < n; i++)
        json_array_append_new(json_object_get(in, key),
                              json_sprintf("name-%d", i));
    return in;
}

static void batches_have_the_real_limits(void **state)
{
    struct lab *l = *state;
    json_t *out = run(l, "DescribeServices", many(l, "services", 10));
    assert_int_equal(json_array_size(json_object_get(out, "failures")), 10);
    assert_null(run(l, "DescribeServices", many(l, "services", 11)));
    assert_null(run(l, "DescribeServices", many(l, "services", 0)));
    assert_string_equal(l->c.code, "InvalidParameterException");
    out = run(l, "DescribeTasks", many(l, "tasks", 100));
    json_t *failures = json_object_get(out, "failures");
    assert_int_equal(json_array_size(failures), 100);
    assert_string_equal(text_of(json_array_get(failures, 0), "reason"),
                        "MISSING");
    assert_int_equal(strncmp(text_of(json_array_get(failures, 0), "arn"),
                             "arn:aws:ecs:", 12), 0);
    assert_null(run(l, "DescribeTasks", many(l, "tasks", 101)));
    assert_null(run(l, "DescribeTasks", many(l, "tasks", 0)));
}

static void what_aws_refuses_is_refused(void **state)
{
    struct lab *l = *state;
    static const struct {
        const char *op, *in, *code, *said;
    } cases[] = {
        {"ListClusters", "{\"maxResults\":0}", "InvalidParameterException",
         "maxResults"},
        {"ListClusters", "{\"maxResults\":101}", "InvalidParameterException",
         "maxResults"},
        {"ListClusters", "{\"maxResults\":\"5\"}", "SerializationException",
         "maxResults"},
        {"ListClusters", "{\"maxResult\":5}", "SerializationException",
         "maxResult"},
        {"ListServices", "{\"cluster\":\"nope\"}",
         "ClusterNotFoundException", "Cluster not found"},
        {"ListServices", "{}", "ClusterNotFoundException", "Cluster"},
        {"ListServices", "{\"cluster\":\"prod-main\",\"launchType\":\"X\"}",
         "InvalidParameterException", "launchType"},
        {"DescribeServices", "{\"cluster\":\"prod-main\"}",
         "InvalidParameterException", "services"},
        {"DescribeServices", "{\"cluster\":\"prod-main\",\"services\":[1]}",
         "SerializationException", "services"},
        {"DescribeServices", "{\"cluster\":\"prod-main\",\"services\":[\"a\"],"
         "\"include\":[\"ALL\"]}", "InvalidParameterException", "include"},
        {"ListTasks", "{\"cluster\":\"prod-main\",\"startedBy\":\"a\","
         "\"family\":\"b\"}", "InvalidParameterException", "startedBy"},
        {"ListTasks", "{\"cluster\":\"prod-main\",\"serviceName\":\"nope\"}",
         "ServiceNotFoundException", "Service not found"},
        {"ListTasks", "{\"cluster\":\"prod-main\",\"desiredStatus\":\"x\"}",
         "InvalidParameterException", "desiredStatus"},
        {"DescribeTaskDefinition", "{\"taskDefinition\":\"nope\"}",
         "ClientException", "Unable to describe"},
        {"StopTask", "{\"cluster\":\"prod-main\",\"task\":\"nope\"}",
         "InvalidParameterException", "not found"},
        {"UpdateService", "{\"cluster\":\"prod-main\",\"service\":\"nope\"}",
         "ServiceNotFoundException", "Service not found"},
        {"UpdateService", "{\"cluster\":\"prod-main\",\"service\":\"cart\","
         "\"desiredCount\":-1}", "InvalidParameterException",
         "desiredCount"},
        {"UpdateService", "{\"cluster\":\"prod-main\",\"service\":\"cart\","
         "\"taskDefinition\":\"nope\"}", "ClientException", "Unable"},
        {"UpdateService", "{\"cluster\":\"prod-main\","
         "\"service\":\"accounts-bluegreen\",\"forceNewDeployment\":true}",
         "InvalidParameterException", "CODE_DEPLOY"},
        {"UpdateService", "{\"cluster\":\"prod-main\","
         "\"service\":\"node-agent\",\"desiredCount\":4}",
         "InvalidParameterException", "daemon"},
        {"FilterLogEvents", "{\"logGroupName\":\"nope\"}",
         "ResourceNotFoundException", "log group"},
        {"FilterLogEvents", "{\"logGroupName\":\"/ecs/cart\","
         "\"logStreamNames\":[\"a\"],\"logStreamNamePrefix\":\"b\"}",
         "InvalidParameterException", "not both"},
        {"FilterLogEvents", "{\"logGroupName\":\"/ecs/cart\","
         "\"logStreamNames\":[\"ecs/app/nope\"]}",
         "ResourceNotFoundException", "log stream"},
        {"FilterLogEvents", "{\"logGroupName\":\"/ecs/cart\","
         "\"limit\":10001}", "InvalidParameterException", "limit"},
        {"FilterLogEvents", "{\"logGroupName\":\"/ecs/cart\","
         "\"filterPattern\":\"\\\"open\"}", "InvalidParameterException",
         "pattern"},
        {"FilterLogEvents", "{}", "InvalidParameterException",
         "Exactly one"},
        {"FilterLogEvents", "{\"logGroupIdentifier\":\"arn:aws:logs:r:1:"
         "log-group:/ecs/cart:*\"}", "InvalidParameterException",
         "malformed"},
        {"GetLogEvents", "{\"logGroupName\":\"/ecs/cart\","
         "\"logStreamName\":\"nope\"}", "ResourceNotFoundException",
         "log stream"},
        {"DescribeLogStreams", "{\"logGroupName\":\"/ecs/cart\","
         "\"limit\":51}", "InvalidParameterException", "limit"},
        {"DescribeLogStreams", "{\"logGroupName\":\"/ecs/cart\","
         "\"orderBy\":\"LastEventTime\",\"logStreamNamePrefix\":\"e\"}",
         "InvalidParameterException", "LastEventTime"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_refused(l, cases[i].op, cases[i].in, cases[i].code,
                       cases[i].said);
}

/* ---- what is sent ----------------------------------------------------- */

static void fields_that_are_not_set_are_absent(void **state)
{
    struct lab *l = *state;
    json_t *out = ask(l, "RunTask", "{\"cluster\":\"prod-main\","
                      "\"taskDefinition\":\"cart\",\"count\":2}");
    json_t *t = json_array_get(json_object_get(out, "tasks"), 1);
    json_t *k = json_array_get(json_object_get(t, "containers"), 0);
    assert_string_equal(text_of(t, "lastStatus"), "PROVISIONING");
    const char *const absent[] = {"startedAt", "stoppedAt", "stopCode",
                                  "stoppedReason", "startedBy",
                                  "containerInstanceArn"};
    for (size_t i = 0; i < ARRAY_LEN(absent); i++)
        assert_null(json_object_get(t, absent[i]));
    assert_null(json_object_get(k, "exitCode"));
    assert_null(json_object_get(k, "reason"));
    assert_true(json_is_real(json_object_get(t, "createdAt")));
    assert_string_equal(text_of(t, "cpu"), "512"); /* text, not a number */
    out = ask(l, "DescribeServices", "{\"cluster\":\"prod-main\","
              "\"services\":[\"feed-ranker\",\"cart\"]}");
    json_t *spot = json_array_get(json_object_get(out, "services"), 0);
    json_t *plain = json_array_get(json_object_get(out, "services"), 1);
    assert_null(json_object_get(spot, "launchType"));
    assert_non_null(json_object_get(spot, "capacityProviderStrategy"));
    assert_non_null(json_object_get(plain, "launchType"));
    assert_null(json_object_get(plain, "capacityProviderStrategy"));
    assert_null(json_object_get(plain, "tags"));
}

static void a_run_task_walks_to_running_and_can_be_stopped(void **state)
{
    struct lab *l = *state;
    json_t *out = ask(l, "RunTask", "{\"cluster\":\"prod-main\","
                      "\"taskDefinition\":\"cart\",\"startedBy\":\"me\"}");
    json_t *t = json_array_get(json_object_get(out, "tasks"), 0);
    char *arn = xstrdup(text_of(t, "taskArn"));
    char text[400];
    world_advance(l->world, WALL + 60000);
    snprintf(text, sizeof(text),
             "{\"cluster\":\"prod-main\",\"tasks\":[\"%s\"]}", arn);
    out = ask(l, "DescribeTasks", text);
    t = json_array_get(json_object_get(out, "tasks"), 0);
    assert_string_equal(text_of(t, "lastStatus"), "RUNNING");
    out = ask(l, "ListTasks", "{\"cluster\":\"prod-main\","
              "\"startedBy\":\"me\"}");
    assert_int_equal(json_array_size(json_object_get(out, "taskArns")), 1);
    snprintf(text, sizeof(text), "{\"cluster\":\"prod-main\",\"task\":\"%s\","
             "\"reason\":\"enough\"}", arn);
    out = ask(l, "StopTask", text);
    assert_string_equal(text_of(json_object_get(out, "task"),
                                "stoppedReason"), "enough");
    out = ask(l, "ListTasks", "{\"cluster\":\"prod-main\","
              "\"startedBy\":\"me\"}");
    assert_int_equal(json_array_size(json_object_get(out, "taskArns")), 0);
    out = ask(l, "ListTasks", "{\"cluster\":\"prod-main\","
              "\"startedBy\":\"me\",\"desiredStatus\":\"STOPPED\"}");
    assert_int_equal(json_array_size(json_object_get(out, "taskArns")), 1);
    free(arn);
}

static void update_service_changes_only_what_it_names(void **state)
{
    struct lab *l = *state;
    struct sim_service *s =
        world_service(world_cluster(l->world, "prod-main"), "cart");
    struct sim_taskdef *def = s->def;
    ask(l, "UpdateService", "{\"cluster\":\"prod-main\",\"service\":\"cart\","
        "\"desiredCount\":3}");
    assert_int_equal(s->desired, 3);
    assert_int_equal(s->n_deployments, 1);
    assert_false(s->exec_enabled);
    ask(l, "UpdateService", "{\"cluster\":\"prod-main\",\"service\":\"cart\","
        "\"enableExecuteCommand\":true,\"deploymentConfiguration\":"
        "{\"maximumPercent\":150}}");
    assert_int_equal(s->n_deployments, 1);
    assert_true(s->exec_enabled);
    assert_int_equal(s->max_percent, 150);
    assert_int_equal(s->min_percent, 100);
    ask(l, "UpdateService", "{\"cluster\":\"prod-main\",\"service\":\"cart\","
        "\"forceNewDeployment\":true}");
    assert_int_equal(s->n_deployments, 2);
    assert_ptr_equal(s->def, def);
    assert_int_equal(s->desired, 3);
}

/* ---- logs ------------------------------------------------------------- */

/* Every event of a search, checked to be in order and once. */
static size_t search(struct lab *l, const char *text, bool newest_first,
                     size_t *empty_pages, struct map *seen)
{
    char *token = NULL;
    size_t n = 0, i;
    json_int_t last = newest_first ? INT64_MAX : 0;
    json_t *v;
    *empty_pages = 0;
    do {
        json_t *in = json_loads(text, 0, NULL);
        if (token) {
            json_object_set_new(in, "nextToken", json_string(token));
            json_object_del(in, "startFromHead"); /* of the first call only */
        }
        json_t *out = run(l, "FilterLogEvents", in);
        if (!out)
            fail_msg("%s", l->c.message);
        free(token);
        token = xstrdup(text_of(out, "nextToken"));
        json_t *events = json_object_get(out, "events");
        *empty_pages += token && !json_array_size(events);
        json_array_foreach(events, i, v)
        {
            json_int_t at =
                json_integer_value(json_object_get(v, "timestamp"));
            assert_true(newest_first ? at <= last : at >= last);
            last = at;
            assert_null(map_put(seen, text_of(v, "eventId"), l));
            n++;
        }
    } while (token);
    return n;
}

static void a_search_gives_every_event_once_in_order(void **state)
{
    struct lab *l = *state;
    struct map *seen = map_new(), *same = map_new();
    size_t empty, all_empty = 0;
    char text[300];
    snprintf(text, sizeof(text), "{\"logGroupName\":\"/ecs/cart\","
             "\"startTime\":%lld,\"endTime\":%lld}",
             (long long)WALL - 600000, (long long)WALL - 1);
    size_t n = search(l, text, false, &empty, seen);
    assert_true(n > 500);
    for (int limit = 7; limit < 1000; limit = limit * 5 + 2) {
        snprintf(text, sizeof(text), "{\"logGroupName\":\"/ecs/cart\","
                 "\"startTime\":%lld,\"endTime\":%lld,\"limit\":%d}",
                 (long long)WALL - 600000, (long long)WALL - 1, limit);
        map_clear(same, NULL);
        assert_int_equal(search(l, text, false, &empty, same), n);
        all_empty += empty;
    }
    assert_true(all_empty > 0); /* a reader must follow the token */
    snprintf(text, sizeof(text), "{\"logGroupName\":\"/ecs/cart\","
             "\"startTime\":%lld,\"endTime\":%lld,\"limit\":50,"
             "\"startFromHead\":false}",
             (long long)WALL - 600000, (long long)WALL - 1);
    map_clear(same, NULL);
    assert_int_equal(search(l, text, true, &empty, same), n);
    map_free(seen, NULL);
    map_free(same, NULL);
}

static void patterns_choose_events(void **state)
{
    struct lab *l = *state;
    struct map *seen = map_new();
    size_t empty, n[4];
    static const char *const patterns[] = {
        "request", "-request", "{ $.status = 200 }", "?WARN ?INFO"};
    for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
        char text[300];
        snprintf(text, sizeof(text), "{\"logGroupName\":\"/ecs/cart\","
                 "\"startTime\":%lld,\"filterPattern\":\"%s\"}",
                 (long long)WALL - 300000, patterns[i]);
        map_clear(seen, NULL);
        n[i] = search(l, text, false, &empty, seen);
    }
    char text[200];
    snprintf(text, sizeof(text), "{\"logGroupName\":\"/ecs/cart\","
             "\"startTime\":%lld}", (long long)WALL - 300000);
    map_clear(seen, NULL);
    size_t all = search(l, text, false, &empty, seen);
    assert_int_equal(n[0] + n[1], all);
    assert_int_equal(n[0], n[2]); /* JSON lines are the ones that say it */
    assert_true(n[0] > 0 && n[1] > 0 && n[3] > 0);
    map_free(seen, NULL);
}

/* The whole stream by tokens in one direction. */
static size_t walk(struct lab *l, const char *stream, bool head,
                   const char *key)
{
    char *token = NULL, *before = NULL;
    size_t n = 0;
    for (;;) {
        json_t *in = json_pack("{s:s,s:s,s:i,s:b}", "logGroupName",
                               "/ecs/cart", "logStreamName", stream, "limit",
                               100, "startFromHead", head);
        if (token)
            json_object_set_new(in, "nextToken", json_string(token));
        json_t *out = run(l, "GetLogEvents", in);
        assert_non_null(out);
        n += json_array_size(json_object_get(out, "events"));
        before = token;
        token = xstrdup(text_of(out, key));
        assert_non_null(token); /* never null */
        bool end = before && strcmp(before, token) == 0;
        free(before);
        if (end) {
            assert_int_equal(
                json_array_size(json_object_get(out, "events")), 0);
            break;
        }
    }
    free(token);
    return n;
}

static void a_stream_reads_the_same_in_both_directions(void **state)
{
    struct lab *l = *state;
    json_t *out = ask(l, "DescribeLogStreams",
                      "{\"logGroupName\":\"/ecs/cart\",\"limit\":1}");
    json_t *s = json_array_get(json_object_get(out, "logStreams"), 0);
    char *name = xstrdup(text_of(s, "logStreamName"));
    world_advance(l->world, WALL + 60000);
    size_t down = walk(l, name, true, "nextForwardToken");
    size_t up = walk(l, name, false, "nextBackwardToken");
    assert_int_equal(down, up);
    assert_true(down > 200);
    free(name);
}

static void groups_and_streams_are_listed(void **state)
{
    struct lab *l = *state;
    json_t *out = ask(l, "DescribeLogGroups",
                      "{\"logGroupNamePrefix\":\"/ecs/ca\"}");
    json_t *groups = json_object_get(out, "logGroups");
    assert_int_equal(json_array_size(groups), 3);
    json_t *g = json_array_get(groups, 0);
    assert_string_equal(text_of(g, "logGroupName"), "/ecs/cart");
    const char *arn = text_of(g, "arn");
    assert_string_equal(arn + strlen(arn) - 2, ":*");
    out = ask(l, "DescribeLogStreams",
              "{\"logGroupName\":\"/ecs/cart\",\"orderBy\":"
              "\"LastEventTime\",\"descending\":true,\"limit\":3}");
    assert_int_equal(json_array_size(json_object_get(out, "logStreams")), 3);
    assert_non_null(text_of(out, "nextToken"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
#define DEMO(f) cmocka_unit_test_setup_teardown(f, set_up_default, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lists_are_paged_to_their_end_without_doubles),
        TEST(tokens_are_bound_to_their_request),
        TEST(batches_have_the_real_limits),
        DEMO(what_aws_refuses_is_refused),
        DEMO(fields_that_are_not_set_are_absent),
        DEMO(a_run_task_walks_to_running_and_can_be_stopped),
        DEMO(update_service_changes_only_what_it_names),
        DEMO(a_search_gives_every_event_once_in_order),
        DEMO(patterns_choose_events),
        DEMO(a_stream_reads_the_same_in_both_directions),
        DEMO(groups_and_streams_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
