/* table_bed.h - rows of services for a table model, without a terminal. Static
 * inline, since each test is a program of its own. */
#ifndef ECSDASH_TESTS_FLOW_TABLE_BED_H
#define ECSDASH_TESTS_FLOW_TABLE_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs the four above first. */
#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "backend/store/internal.h"
#include "views/table/table_model.h"

#define NOW 1795271527000LL

struct svc {
    const char *name;
    enum svc_state state;
    int running, desired, pending, failed;
    const char *why, *cluster;
    bool loading;
};

/* Not in the order that is wanted. */
static const struct svc fleet[] = {
    {"web", SVC_OK, 4, 4, 0, 0, "", "prod", false},
    {"api", SVC_OK, 10, 10, 1, 0, "", "prod", false},
    {"pay-api", SVC_FAILED, 3, 4, 0, 2, "app exit 1 x2", "prod", false},
    {"zoo", SVC_DOWN, 0, 2, 2, 1, "image not found app", "prod", false},
    {"pay-web", SVC_FAILED, 2, 4, 0, 9, "OOM app (137) x9", "prod", false},
    {"off", SVC_OFF, 0, 0, 0, 0, "", "prod", false},
    {"new", SVC_ROLL, 1, 2, 1, 0, "1 of 2 new running", "prod", false},
    {"later", SVC_OK, 0, 0, 0, 0, "", "prod", true},
    {"Api-Big", SVC_OK, 9, 9, 0, 0, "", "prod", false},
};
#define WORST "zoo pay-web pay-api new Api-Big api web off later"

struct lab {
    struct table_model m;
};

static inline struct service_row *row_of(struct arena *a, const struct svc *s)
{
    struct ecs_service *x = arena_alloc(a, sizeof(*x));
    struct service_row *r = arena_alloc(a, sizeof(*r));
    x->arn = arena_printf(a, "arn:aws:ecs:r:1:service/%s/%s", s->cluster,
                          s->name);
    x->name = arena_strdup(a, s->name);
    x->cluster = s->cluster;
    x->cluster_arn = arena_printf(a, "arn:aws:ecs:r:1:cluster/%s",
                                  s->cluster);
    x->running = s->running;
    x->desired = s->desired;
    x->pending = s->pending;
    x->controller = "ECS";
    r->svc = x;
    r->loading = s->loading;
    r->health = (struct svc_health){.state = s->state,
                                    .why = s->why,
                                    .deployment = ":1 steady",
                                    .failed = s->failed};
    return r;
}

/* What goes with a key from snapshot to snapshot: nothing, a number of its
 * own, or one that others have too. */
static enum { SLOTS_NONE, SLOTS_OWN, SLOTS_SHARED } slots;

static inline uint32_t slot_of(const char *name)
{
    uint32_t h = 0;
    for (const char *p = name; *p; p++)
        h = h * 31 + (unsigned char)*p;
    return slots == SLOTS_NONE ? 0 : h % (slots == SLOTS_OWN ? 99991 : 3) + 1;
}

static inline struct snapshot *snap_of(const struct svc *list, size_t n)
{
    struct page *p = page_new(NULL);
    struct snap_builder b = {.mark = 1};
    snap_add_page(&b, p);
    for (size_t i = 0; i < n; i++) {
        struct service_row *r = row_of(p->arena, &list[i]);
        snap_add_row(&b, r->svc->arn, r, slot_of(list[i].name));
    }
    struct snapshot *s = snap_finish(&b);
    page_unref(p);
    return s;
}

/* Hand over a list as the next reply. */
static inline void show(struct lab *l, const struct svc *list, size_t n)
{
    struct snapshot *s = snap_of(list, n);
    table_model_set(&l->m, s, NOW);
    snapshot_unref(s);
}

static inline int set_up(void **state)
{
    struct lab *l = xcalloc(1, sizeof(*l));
    table_model_init(&l->m, &kind_services);
    show(l, fleet, ARRAY_LEN(fleet));
    *state = l;
    return 0;
}

static inline int tear_down(void **state)
{
    struct lab *l = *state;
    table_model_release(&l->m);
    free(l);
    slots = SLOTS_NONE;
    return 0;
}

static inline const char *name_at(const struct lab *l, size_t i)
{
    const struct service_row *r = table_model_row(&l->m, i)->data;
    return r->svc->name;
}

static inline char *names(const struct lab *l)
{
    struct strbuf b = STRBUF_INIT;
    for (size_t i = 0; i < l->m.n; i++)
        strbuf_printf(&b, "%s%s", i ? " " : "", name_at(l, i));
    return strbuf_detach(&b);
}

static inline void expect(const struct lab *l, const char *want, const char *what)
{
    char *got = names(l);
    if (strcmp(got, want) != 0)
        fail_msg("%s: '%s', not '%s'", what, got, want);
    free(got);
}

static inline const char *key_of(const struct lab *l, const char *name)
{
    for (size_t i = 0; i < l->m.snap->n_rows; i++) {
        const struct service_row *r = l->m.snap->rows[i].data;
        if (strcmp(r->svc->name, name) == 0)
            return l->m.snap->rows[i].key;
    }
    fail_msg("no row %s", name);
    return NULL;
}

static inline int column(const char *id)
{
    for (size_t i = 0; i < kind_services.n_columns; i++)
        if (strcmp(kind_services.columns[i].id, id) == 0)
            return (int)i;
    fail_msg("no column %s", id);
    return -1;
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
