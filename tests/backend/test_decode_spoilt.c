/* ECS replies with every member spoilt in every way: no decoder breaks, and no
 * text that could harm a terminal gets through. */
#include "tests/backend/ecs_fixtures.h"

#include <locale.h>
#include <string.h>

#include "backend/base/utf8.h"
#include "backend/svc/ecs.h"
#include "backend/svc/health.h"

#define NOW 1795271527000LL

/* All text that a decoded thing holds, gone through by `look`. */
struct reader {
    size_t n; /* strings seen */
    bool all_clean;
};

static void look(struct reader *r, const char *s)
{
    if (!s)
        return;
    r->n++;
    if (!utf8_is_clean(s, strlen(s)))
        r->all_clean = false;
}

static void look_pairs(struct reader *r, const struct ecs_pairs *p)
{
    for (size_t i = 0; i < p->n; i++) {
        look(r, p->items[i].name);
        look(r, p->items[i].value);
    }
}

static void look_strings(struct reader *r, const struct ecs_strings *s)
{
    for (size_t i = 0; i < s->n; i++)
        look(r, s->items[i]);
}

static void read_cluster(json_t *o, struct arena *a, struct reader *r)
{
    const struct ecs_cluster *c = ecs_decode_cluster(o, a);
    if (!c)
        return;
    const char *all[] = {c->arn, c->name, c->status, c->capacity_providers,
                         c->insights};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        look(r, all[i]);
    assert_non_null(c->name);
    look_pairs(r, &c->tags);
}

static void look_parts(struct reader *r, const struct ecs_service *s)
{
    for (size_t i = 0; i < s->n_deployments; i++) {
        const struct ecs_deployment *d = &s->deployments[i];
        const char *all[] = {d->id, d->status, d->task_definition,
                             d->rollout_state, d->rollout_reason,
                             d->launch_type, d->capacity,
                             d->platform_version};
        assert_non_null(d->status);
        for (size_t k = 0; k < ARRAY_LEN(all); k++)
            look(r, all[k]);
    }
    for (size_t i = 0; i < s->n_task_sets; i++) {
        const struct ecs_task_set *t = &s->task_sets[i];
        const char *all[] = {t->id, t->status, t->task_definition,
                             t->stability, t->external_id};
        for (size_t k = 0; k < ARRAY_LEN(all); k++)
            look(r, all[k]);
    }
    for (size_t i = 0; i < s->n_events; i++) {
        assert_non_null(s->events[i].message);
        look(r, s->events[i].id);
        look(r, s->events[i].message);
    }
    for (size_t i = 0; i < s->n_load_balancers; i++) {
        look(r, s->load_balancers[i].target_group_arn);
        look(r, s->load_balancers[i].name);
        look(r, s->load_balancers[i].container);
    }
}

static void read_service(json_t *o, struct arena *a, struct reader *r)
{
    const struct ecs_service *s = ecs_decode_service(o, 10, a);
    struct svc_health h;
    if (!s)
        return;
    const char *all[] = {
        s->arn, s->name, s->cluster_arn, s->cluster, s->status,
        s->launch_type, s->capacity, s->task_definition,
        s->platform_version, s->platform_family, s->scheduling,
        s->controller, s->strategy, s->alarm_names, s->assign_public_ip,
        s->placement, s->constraints, s->propagate_tags, s->az_rebalancing,
        s->created_by, s->role_arn, s->service_deployment};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        look(r, all[i]);
    assert_non_null(s->name);
    assert_non_null(s->controller);
    look_parts(r, s);
    look_strings(r, &s->subnets);
    look_strings(r, &s->security_groups);
    look_strings(r, &s->registries);
    look_pairs(r, &s->tags);
    /* what is made of it holds as well */
    svc_health_of(s, NULL, false, NOW, a, &h);
    assert_true(h.state < SVC_STATE_N);
    look(r, h.why);
    look(r, h.deployment);
}

static void read_task(json_t *o, struct arena *a, struct reader *r)
{
    const struct ecs_task *t = ecs_decode_task(o, a);
    struct stop_cause cause;
    if (!t)
        return;
    const char *all[] = {
        t->arn, t->id, t->cluster_arn, t->task_definition, t->group,
        t->service, t->started_by, t->launch_type, t->capacity_provider,
        t->container_instance, t->az, t->platform_version, t->cpu,
        t->memory, t->last_status, t->desired_status, t->health,
        t->connectivity, t->stop_code, t->stopped_reason, t->private_ip,
        t->eni, t->subnet};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        look(r, all[i]);
    for (size_t i = 0; i < t->n_containers; i++) {
        const struct ecs_container *c = &t->containers[i];
        const char *of[] = {ecs_container_arn(t, c, a), c->name, c->image, c->image_digest,
                            c->runtime_id, c->status, c->health, c->reason,
                            c->private_ip, c->ports, c->cpu, c->memory,
                            c->memory_reservation, c->exec_agent};
        for (size_t k = 0; k < ARRAY_LEN(of); k++)
            look(r, of[k]);
    }
    look_pairs(r, &t->attachments);
    look_pairs(r, &t->overrides);
    look_pairs(r, &t->tags);
    stop_cause_of(t, NULL, a, &cause);
    look(r, cause.verdict);
    look(r, cause.text);
}

static void read_taskdef(json_t *o, struct arena *a, struct reader *r)
{
    const struct ecs_taskdef *t = ecs_decode_taskdef(o, a);
    if (!t)
        return;
    const char *all[] = {t->arn, t->family, t->status, t->network_mode,
                         t->cpu, t->memory, t->task_role,
                         t->execution_role};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        look(r, all[i]);
    for (size_t i = 0; i < t->n_containers; i++) {
        const struct ecs_container_def *c = &t->containers[i];
        const char *of[] = {c->name, c->image, c->log.driver, c->log.group,
                            c->log.region, c->log.prefix, c->log.mode};
        for (size_t k = 0; k < ARRAY_LEN(of); k++)
            look(r, of[k]);
    }
}

static const struct fixture {
    const char *name, *text;
    void (*read)(json_t *o, struct arena *a, struct reader *r);
} fixtures[] = {
    {"cluster", cluster_text, read_cluster},
    {"service", service_text, read_service},
    {"task", task_text, read_task},
    {"taskdef", taskdef_text, read_taskdef},
};

struct spoiler {
    const struct fixture *f;
    json_t *root;
    size_t decoded; /* how many spoilt replies were read */
};

static size_t read_once(const struct fixture *f, json_t *root)
{
    struct reader r = {.all_clean = true};
    struct arena *a = arena_new();
    f->read(root, a, &r);
    if (!r.all_clean)
        fail_msg("%s: dirty text got through", f->name);
    arena_free(a);
    return r.n;
}

static const char *const junk[] = {
    "null", "true", "false", "0", "-1", "3.5", "1e308", "''", "'x'",
    "[]", "{}", "[null]", "[1,'a',[],{}]", "{'name':null}",
    "[{'name':7},{'name':'n'},null]"};

/* Put each piece of junk in the place of each child, and take it out. */
static void spoil_object(struct spoiler *sp, json_t *o);

static void spoil(struct spoiler *sp, json_t *v)
{
    size_t i;
    if (json_is_object(v)) {
        spoil_object(sp, v);
        return;
    }
    for (i = 0; i < json_array_size(v); i++) {
        json_t *child = json_incref(json_array_get(v, i));
        for (size_t k = 0; k < ARRAY_LEN(junk); k++) {
            json_array_set_new(v, i, json_of(junk[k]));
            read_once(sp->f, sp->root);
            sp->decoded++;
        }
        json_array_remove(v, i);
        read_once(sp->f, sp->root);
        json_array_insert(v, i, child);
        spoil(sp, child);
        json_decref(child);
    }
}

static void spoil_object(struct spoiler *sp, json_t *o)
{
    const char *keys[64];
    size_t n = 0;
    const char *key;
    json_t *v;
    json_object_foreach(o, key, v)
    {
        assert_true(n < ARRAY_LEN(keys));
        keys[n++] = xstrdup(key);
    }
    for (size_t i = 0; i < n; i++) {
        json_t *child = json_incref(json_object_get(o, keys[i]));
        for (size_t k = 0; k < ARRAY_LEN(junk); k++) {
            json_object_set_new(o, keys[i], json_of(junk[k]));
            read_once(sp->f, sp->root);
            sp->decoded++;
        }
        json_object_del(o, keys[i]);
        read_once(sp->f, sp->root);
        json_object_set(o, keys[i], child);
        spoil(sp, child);
        json_decref(child);
        free((char *)keys[i]);
    }
}

static void no_spoilt_member_breaks_a_decoder(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(fixtures); i++) {
        struct spoiler sp = {.f = &fixtures[i],
                             .root = json_of(fixtures[i].text)};
        size_t before = read_once(sp.f, sp.root);
        spoil(&sp, sp.root);
        /* the walk was real, and put everything back */
        assert_true(sp.decoded > 10 * ARRAY_LEN(junk));
        assert_int_equal(read_once(sp.f, sp.root), before);
        json_decref(sp.root);
    }
}

/* Every string of the tree, one way or the other, becomes hostile. */
static size_t poison(json_t *v, const char *text, size_t n)
{
    size_t i, count = 0;
    const char *key;
    json_t *child;
    if (json_is_string(v)) {
        json_string_setn_nocheck(v, text, n);
        return 1;
    }
    json_array_foreach(v, i, child)
    {
        count += poison(child, text, n);
    }
    json_object_foreach(v, key, child)
    {
        count += poison(child, text, n);
    }
    return count;
}

static void no_escape_sequence_survives(void **state)
{
    static const struct {
        const char *text;
        size_t n;
    } bad[] = {
        {"\033[2J\033]0;x\007", 9},
        {"a\0b", 3},
        {"\302\2331;1H", 6},               /* C1 CSI */
        {"\342\200\256gnp.exe", 10},       /* right-to-left override */
        {"line\r\nnext\tcell", 15},
        {"\177\010\010", 3},
        {"\377\376bad", 5},
        {"service:\033[31mred", 16},
        {"a/b\033P", 5},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(fixtures); i++) {
        for (size_t k = 0; k < ARRAY_LEN(bad); k++) {
            json_t *o = json_of(fixtures[i].text);
            assert_true(poison(o, bad[k].text, bad[k].n) > 10);
            /* read_once fails when one is not clean; some were there */
            assert_true(read_once(&fixtures[i], o) > 5);
            json_decref(o);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_spoilt_member_breaks_a_decoder),
        cmocka_unit_test(no_escape_sequence_survives),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
