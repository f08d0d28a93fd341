/* Rows of a table: their order, the filter, marks, the held order and what
 * has changed; over the services kind, without a terminal. */
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

static struct service_row *row_of(struct arena *a, const struct svc *s)
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

static uint32_t slot_of(const char *name)
{
    uint32_t h = 0;
    for (const char *p = name; *p; p++)
        h = h * 31 + (unsigned char)*p;
    return slots == SLOTS_NONE ? 0 : h % (slots == SLOTS_OWN ? 99991 : 3) + 1;
}

static struct snapshot *snap_of(const struct svc *list, size_t n)
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
static void show(struct lab *l, const struct svc *list, size_t n)
{
    struct snapshot *s = snap_of(list, n);
    table_model_set(&l->m, s, NOW);
    snapshot_unref(s);
}

static int set_up(void **state)
{
    struct lab *l = xcalloc(1, sizeof(*l));
    table_model_init(&l->m, &kind_services);
    show(l, fleet, ARRAY_LEN(fleet));
    *state = l;
    return 0;
}

static int tear_down(void **state)
{
    struct lab *l = *state;
    table_model_release(&l->m);
    free(l);
    slots = SLOTS_NONE;
    return 0;
}

static const char *name_at(const struct lab *l, size_t i)
{
    const struct service_row *r = table_model_row(&l->m, i)->data;
    return r->svc->name;
}

static char *names(const struct lab *l)
{
    struct strbuf b = STRBUF_INIT;
    for (size_t i = 0; i < l->m.n; i++)
        strbuf_printf(&b, "%s%s", i ? " " : "", name_at(l, i));
    return strbuf_detach(&b);
}

static void expect(const struct lab *l, const char *want, const char *what)
{
    char *got = names(l);
    if (strcmp(got, want) != 0)
        fail_msg("%s: '%s', not '%s'", what, got, want);
    free(got);
}

static const char *key_of(const struct lab *l, const char *name)
{
    for (size_t i = 0; i < l->m.snap->n_rows; i++) {
        const struct service_row *r = l->m.snap->rows[i].data;
        if (strcmp(r->svc->name, name) == 0)
            return l->m.snap->rows[i].key;
    }
    fail_msg("no row %s", name);
    return NULL;
}

static int column(const char *id)
{
    for (size_t i = 0; i < kind_services.n_columns; i++)
        if (strcmp(kind_services.columns[i].id, id) == 0)
            return (int)i;
    fail_msg("no column %s", id);
    return -1;
}

/* ---- order -------------------------------------------------------------- */

static void the_default_order_is_worst_first(void **state)
{
    char buf[64];
    expect(*state, WORST, "default");
    assert_string_equal(
        table_model_sort_text(&((struct lab *)*state)->m, buf, sizeof(buf)),
        "worst-first");
}

static void columns_sort_both_ways(void **state)
{
    static const struct {
        const char *id;
        bool inverted;
        const char *want, *text;
    } rows[] = {
        /* words without case; equal ones in the default order */
        {"serviceName", false,
         "api Api-Big later new off pay-api pay-web web zoo", "SERVICE ^"},
        {"serviceName", true,
         "zoo web pay-web pay-api off new later Api-Big api", "SERVICE v"},
        /* numbers as numbers: 10 after 9; what is not known yet has none */
        {"counts", true,
         "api Api-Big web pay-api pay-web new zoo off later", "RUN/DES v"},
        {"counts", false,
         "zoo off new pay-web pay-api web Api-Big api later", "RUN/DES ^"},
        {"failedTasks", true,
         "pay-web pay-api zoo new Api-Big api web off later", "FAIL v"},
        {"state", false, WORST, "STATE ^"},
        {"state", true, "later off Api-Big api web new pay-web pay-api zoo",
         "STATE v"},
        {"pendingCount", true,
         "zoo new api pay-web pay-api Api-Big web off later", "PEND v"},
    };
    struct lab *l = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char buf[64];
        table_model_sort(&l->m, column(rows[i].id), rows[i].inverted);
        expect(l, rows[i].want, rows[i].text);
        assert_string_equal(table_model_sort_text(&l->m, buf, sizeof(buf)),
                            rows[i].text);
    }
    table_model_sort(&l->m, -1, false);
    expect(l, WORST, "and back");
}

/* Whatever the sort, the order in which the reply names rows is no matter. */
static void no_order_hangs_on_the_order_of_the_reply(void **state)
{
    struct lab *l = *state;
    for (int c = -1; c < (int)kind_services.n_columns; c++) {
        for (int inverted = 0; inverted < 2; inverted++) {
            table_model_sort(&l->m, c, inverted != 0);
            char *before = names(l);
            struct svc turned[ARRAY_LEN(fleet)];
            for (size_t by = 1; by < ARRAY_LEN(fleet); by++) {
                for (size_t i = 0; i < ARRAY_LEN(fleet); i++)
                    turned[i] = fleet[(i + by) % ARRAY_LEN(fleet)];
                show(l, turned, ARRAY_LEN(fleet));
                expect(l, before, "turned");
            }
            free(before);
        }
    }
}

static void rows_of_one_name_are_told_apart_by_their_arn(void **state)
{
    static const struct svc twins[] = {
        {"web", SVC_OK, 1, 1, 0, 0, "", "prod", false},
        {"web", SVC_OK, 1, 1, 0, 0, "", "dev", false}};
    struct lab *l = *state;
    show(l, twins, 2);
    assert_string_equal(table_model_row(&l->m, 0)->key,
                        "arn:aws:ecs:r:1:service/dev/web");
    assert_true(l->m.mixed_clusters);
    show(l, twins, 1);
    assert_false(l->m.mixed_clusters);
}

/* Rows that are in order for the most part, and such that are not. */
static void many_rows_in_any_order_sort_alike(void **state)
{
    enum { N = 600 };
    static char name[N][16];
    static struct svc many[N];
    struct lab *l = *state;
    uint32_t dice = 1;
    for (size_t i = 0; i < N; i++) {
        snprintf(name[i], sizeof(name[i]), "svc-%04zu", i);
        many[i] = (struct svc){name[i], i % 7 ? SVC_OK : SVC_FAILED, 1, 1, 0,
                               (int)(i % 5), "", "prod", false};
    }
    for (int swaps = 0; swaps < 2000; swaps = swaps * 3 + 1) {
        for (int i = 0; i < swaps; i++) {
            size_t a = (dice = dice * 1664525 + 1013904223) >> 8;
            size_t b = (dice = dice * 1664525 + 1013904223) >> 8;
            struct svc keep = many[a % N];
            many[a % N] = many[b % N];
            many[b % N] = keep;
        }
        table_model_sort(&l->m, -1, false);
        show(l, many, N);
        for (size_t i = 1; i < N; i++)
            assert_true(kind_services.compare(
                            table_model_row(&l->m, i - 1)->data,
                            table_model_row(&l->m, i)->data) < 0);
        table_model_sort(&l->m, column("failedTasks"), true);
        for (size_t i = 0; i < N; i++)
            assert_int_equal(((const struct service_row *)
                                  table_model_row(&l->m, i)->data)
                                 ->health.failed,
                             4 - (int)(i / (N / 5)));
    }
}

/* The rows of a before and those of more, all as they are. */
static struct snapshot *joined(const struct snapshot *a,
                               const struct snapshot *more)
{
    struct snap_builder b = {.mark = 2};
    for (size_t i = 0; i < a->n_rows; i++)
        snap_add_row(&b, a->rows[i].key, a->rows[i].data, 0);
    for (size_t i = 0; i < more->n_rows; i++)
        snap_add_row(&b, more->rows[i].key, more->rows[i].data, 0);
    return snap_finish(&b);
}

static void a_second_cluster_is_noticed_when_it_comes(void **state)
{
    static const struct svc dev = {"web", SVC_OK, 1, 1, 0, 0, "", "dev",
                                   false};
    struct lab *l = *state;
    struct snapshot *one = snap_of(fleet, 3), *other = snap_of(&dev, 1);
    struct snapshot *first = joined(other, one), *last = joined(one, other);
    for (int i = 0; i < 2; i++) {
        table_model_set(&l->m, one, NOW);
        assert_false(l->m.mixed_clusters);
        table_model_set(&l->m, i ? first : last, NOW);
        assert_true(l->m.mixed_clusters);
        table_model_set(&l->m, i ? last : first, NOW);
        assert_true(l->m.mixed_clusters);
    }
    table_model_set(&l->m, one, NOW);
    snapshot_unref(first);
    snapshot_unref(last);
    snapshot_unref(other);
    table_model_set(&l->m, one, NOW);
    assert_false(l->m.mixed_clusters);
    snapshot_unref(one);
}

/* ---- filter ------------------------------------------------------------- */

static void terms_filter(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"pay", "pay-web pay-api"},
        {"PAY", "pay-web pay-api"},
        {"api", "pay-api Api-Big api"},
        {"pay api", "pay-api"},
        {"  pay   api ", "pay-api"},
        {"!pay", "zoo new Api-Big api web off later"},
        {"api !pay", "Api-Big api"},
        {"!api !pay", "zoo new web off later"},
        {"!", WORST},
        {"nothing-has-this", ""},
        {"state:failed", "pay-web pay-api"},
        {"STATE:Failed", "pay-web pay-api"},
        {"!state:ok", "zoo pay-web pay-api new off later"},
        {"state:ok api", "Api-Big api"},
        {"serviceName:web", "pay-web web"},
        {"service:web", "pay-web web"}, /* by its title */
        {"RUN/DES:10/10", "api"},
        {"why:oom", "pay-web"},
        {"oom", "pay-web"},
        {"why:~oom|found", "zoo pay-web"},
        {"~^pay.*api$", "pay-api"},
        {"~^PAY", "pay-web pay-api"},
        {"!~^pay", "zoo new Api-Big api web off later"},
        {"!why:~.", "Api-Big api web off later"},
        {"~^web$", "web"},
        {"serviceName:~^.{3}$", "zoo new api web off"},
        {"controller:ecs !state:~ok|off|failed", "zoo new"},
        {"arn:aws", WORST},
        {"arn:prod/web", "web"},
        {"arn:aws:ecs:r:1:service/prod/web", "web"}, /* a whole one */
        {"image:web", ""}, /* no such column: it is text */
        /* what is only in the data is found when its column is named */
        {"desiredCount:10", "api"},
    };
    struct lab *l = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        if (table_model_filter(&l->m, rows[i].text, &err))
            fail_msg("%s: %s", rows[i].text, err.message);
        expect(l, rows[i].want, rows[i].text);
        assert_string_equal(table_model_filter_text(&l->m), rows[i].text);
    }
    assert_int_equal(table_model_filter(&l->m, "", NULL), 0);
    expect(l, WORST, "cleared");
    assert_string_equal(table_model_filter_text(&l->m), "");
}

static void a_bad_pattern_leaves_the_filter_as_it_was(void **state)
{
    static const char *const bad[] = {"~[", "~(a", "why:~*x", "pay ~(",
                                      "!~[z-a]", "~a{2,1}"};
    struct lab *l = *state;
    table_model_filter(&l->m, "pay", NULL);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct err err = {0};
        assert_int_equal(table_model_filter(&l->m, bad[i], &err), -1);
        assert_non_null(strstr(err.message, "pattern"));
        assert_string_equal(table_model_filter_text(&l->m), "pay");
        expect(l, "pay-web pay-api", bad[i]);
    }
}

/* A match that never comes back would stop this test, not only slow it: the
 * text takes 2^60 steps without a limit. */
static void a_pattern_that_explodes_is_bounded(void **state)
{
    static const char *const bombs[] = {
        "~(a+)+$", "~(a|aa)+$", "~^(([a-z])+.)+[A-Z]([a-z])+$",
        "why:~(.*a){25}x", "!~(a+)+$"};
    static struct svc many[50];
    struct lab *l = *state;
    for (size_t i = 0; i < ARRAY_LEN(many); i++)
        many[i] = (struct svc){
            .name = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!",
            .state = SVC_OK,
            .why = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!",
            .cluster = "prod"};
    show(l, many, ARRAY_LEN(many));
    for (size_t i = 0; i < ARRAY_LEN(bombs); i++) {
        struct err err = {0};
        assert_int_equal(table_model_filter(&l->m, bombs[i], &err), 0);
        /* all rows are equal: all in or all out */
        assert_true(l->m.n == 0 || l->m.n == ARRAY_LEN(many));
    }
}

static void the_filter_holds_for_what_comes_next(void **state)
{
    static const struct svc next[] = {
        {"pay-new", SVC_DOWN, 0, 1, 0, 0, "", "prod", false},
        {"web", SVC_OK, 4, 4, 0, 0, "", "prod", false},
        {"pay-api", SVC_OK, 4, 4, 0, 0, "", "prod", false}};
    struct lab *l = *state;
    table_model_filter(&l->m, "pay", NULL);
    show(l, next, ARRAY_LEN(next));
    expect(l, "pay-new pay-api", "next");
}

/* ---- marks -------------------------------------------------------------- */

static void marks_follow_keys_and_survive(void **state)
{
    struct lab *l = *state;
    char *web = xstrdup(key_of(l, "web"));
    table_model_toggle(&l->m, web);
    table_model_toggle(&l->m, key_of(l, "zoo"));
    table_model_toggle(&l->m, key_of(l, "api"));
    table_model_toggle(&l->m, key_of(l, "api"));
    assert_int_equal(table_model_marked(&l->m), 2);
    table_model_sort(&l->m, column("serviceName"), true);
    assert_true(table_model_is_marked(&l->m, web));
    table_model_filter(&l->m, "pay", NULL); /* out of sight, not gone */
    assert_int_equal(table_model_find(&l->m, web), -1);
    assert_true(table_model_is_marked(&l->m, web));
    table_model_filter(&l->m, NULL, NULL);
    show(l, fleet, 3); /* a reply that is short of rows */
    show(l, fleet, ARRAY_LEN(fleet));
    assert_true(table_model_is_marked(&l->m, web));
    assert_int_equal(table_model_marked(&l->m), 2);
    int at = table_model_find(&l->m, web);
    struct table_source s = table_model_source(&l->m);
    struct table_row r = {0};
    s.row(s.ctx, (size_t)at, &r);
    assert_true(r.marked);
    assert_string_equal(r.key, web);
    table_model_unmark_all(&l->m);
    assert_int_equal(table_model_marked(&l->m), 0);
    assert_false(table_model_is_marked(&l->m, web));
    free(web);
}

static void all_that_match_are_marked_and_no_others(void **state)
{
    struct lab *l = *state;
    table_model_filter(&l->m, "pay", NULL);
    table_model_mark_all(&l->m);
    table_model_filter(&l->m, NULL, NULL);
    assert_int_equal(table_model_marked(&l->m), 2);
    assert_true(table_model_is_marked(&l->m, key_of(l, "pay-api")));
    assert_true(table_model_is_marked(&l->m, key_of(l, "pay-web")));
    assert_false(table_model_is_marked(&l->m, key_of(l, "web")));
}

/* ---- the held order ------------------------------------------------------ */

static void a_held_order_keeps_places_and_appends(void **state)
{
    static const struct svc next[] = {
        {"fresh", SVC_DOWN, 0, 1, 0, 0, "", "prod", false},
        {"web", SVC_DOWN, 0, 4, 0, 5, "", "prod", false},
        {"zoo", SVC_OK, 2, 2, 0, 0, "", "prod", false},
        {"pay-web", SVC_FAILED, 2, 4, 0, 9, "", "prod", false},
        {"new", SVC_OK, 2, 2, 0, 0, "", "prod", false},
        {"also", SVC_OK, 2, 2, 0, 0, "", "prod", false}};
    struct lab *l = *state;
    l->m.held = true;
    show(l, next, ARRAY_LEN(next));
    expect(l, "zoo pay-web new web fresh also", "held");
    show(l, next, ARRAY_LEN(next)); /* and again */
    expect(l, "zoo pay-web new web fresh also", "held twice");
    l->m.held = false;
    table_model_rebuild(&l->m, NOW);
    expect(l, "web fresh pay-web also new zoo", "let go");
}

static void a_held_order_from_nothing_is_the_plain_one(void **state)
{
    struct lab *l = *state;
    l->m.held = true;
    show(l, NULL, 0);
    assert_int_equal(l->m.n, 0);
    show(l, fleet, ARRAY_LEN(fleet));
    expect(l, WORST, "after none");
}

/* Also when a key asks for it: that is why one presses it. */
static void sort_and_filter_work_while_held(void **state)
{
    struct lab *l = *state;
    l->m.held = true;
    table_model_sort(&l->m, column("serviceName"), false);
    expect(l, "api Api-Big later new off pay-api pay-web web zoo", "sort");
    table_model_filter(&l->m, "pay", NULL);
    expect(l, "pay-api pay-web", "filter");
}

/* ---- changes and the source ---------------------------------------------- */

static bool is_changed(const struct lab *l, const char *name)
{
    struct table_source s = table_model_source(&l->m);
    struct table_row r = {0};
    int at = table_model_find(&l->m, key_of(l, name));
    assert_true(at >= 0);
    s.row(s.ctx, (size_t)at, &r);
    return r.changed;
}

static void a_row_whose_state_changed_is_flagged_once(void **state)
{
    struct svc next[ARRAY_LEN(fleet)];
    struct lab *l = *state;
    memcpy(next, fleet, sizeof(next));
    for (size_t i = 0; i < l->m.n; i++)
        assert_false(is_changed(l, name_at(l, i))); /* new is not changed */
    next[0].state = SVC_DOWN;
    next[1].running = 3; /* the same word */
    next[7].loading = false; /* was not known before: no news either */
    show(l, next, ARRAY_LEN(next));
    assert_true(is_changed(l, "web"));
    assert_false(is_changed(l, "api"));
    assert_false(is_changed(l, "later"));
    show(l, next, ARRAY_LEN(next));
    assert_false(is_changed(l, "web"));
    next[0].loading = true; /* unknown for a while, then as before */
    show(l, next, ARRAY_LEN(next));
    next[0].loading = false;
    show(l, next, ARRAY_LEN(next));
    assert_false(is_changed(l, "web"));
}

static void the_source_shows_what_the_model_holds(void **state)
{
    struct lab *l = *state;
    table_model_layout(&l->m, 200);
    struct table_source s = table_model_source(&l->m);
    struct table_row r = {0};
    struct table_cell c = {0};
    assert_int_equal(s.n_rows, ARRAY_LEN(fleet));
    assert_string_equal(s.cols[0].title, "STATE");
    assert_string_equal(s.cols[1].title, "SERVICE");
    s.cell(s.ctx, 0, 0, &c);
    assert_string_equal(c.text, "DOWN");
    assert_int_equal(c.role, ROLE_DOWN);
    s.cell(s.ctx, 1, 1, &c);
    assert_string_equal(c.text, "pay-web");
    s.row(s.ctx, 7, &r);
    assert_true(r.dimmed); /* OFF */
    assert_int_equal(s.find(s.ctx, key_of(l, "pay-web")), 1);
    assert_int_equal(s.find(s.ctx, "arn:none"), s.n_rows);
    assert_null(table_model_row(&l->m, s.n_rows));
    assert_int_equal(table_model_find(&l->m, NULL), -1);
}

static void columns_give_way_to_narrow_tables(void **state)
{
    struct lab *l = *state;
    size_t before = 0;
    for (int width = 1; width <= 250; width++) {
        table_model_layout(&l->m, width);
        assert_true(l->m.n_cols >= before);
        for (size_t i = 0; i < l->m.n_cols; i++) {
            const struct column *c = &kind_services.columns[l->m.col_of[i]];
            assert_false(c->flags & COL_DATA);
            assert_true(width >= c->wide);
            assert_false(c->flags & COL_CLUSTER); /* one cluster only */
        }
        before = l->m.n_cols;
    }
    assert_true(before > 8);
}

static void an_empty_model_answers(void **state)
{
    struct table_model m;
    struct err err = {0};
    (void)state;
    table_model_init(&m, &kind_services);
    table_model_layout(&m, 80);
    table_model_rebuild(&m, NOW);
    table_model_sort(&m, 1, true);
    assert_int_equal(table_model_filter(&m, "x", &err), 0);
    table_model_mark_all(&m);
    assert_int_equal(m.n, 0);
    assert_null(table_model_row(&m, 0));
    assert_int_equal(table_model_find(&m, "k"), -1);
    assert_int_equal(table_model_source(&m).n_rows, 0);
    table_model_release(&m);
}

static int set_up_own(void **state)
{
    slots = SLOTS_OWN;
    return set_up(state);
}

static int set_up_shared(void **state)
{
    slots = SLOTS_SHARED;
    return set_up(state);
}

#define TRACED(test) \
    WITH(test), \
    {#test " (numbered)", test, set_up_own, tear_down, NULL}, \
    {#test " (shared numbers)", test, set_up_shared, tear_down, NULL}
#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(the_default_order_is_worst_first),
        WITH(columns_sort_both_ways),
        WITH(no_order_hangs_on_the_order_of_the_reply),
        WITH(rows_of_one_name_are_told_apart_by_their_arn),
        WITH(many_rows_in_any_order_sort_alike),
        WITH(a_second_cluster_is_noticed_when_it_comes),
        WITH(terms_filter),
        WITH(a_bad_pattern_leaves_the_filter_as_it_was),
        WITH(a_pattern_that_explodes_is_bounded),
        WITH(the_filter_holds_for_what_comes_next),
        WITH(marks_follow_keys_and_survive),
        WITH(all_that_match_are_marked_and_no_others),
        TRACED(a_held_order_keeps_places_and_appends),
        WITH(a_held_order_from_nothing_is_the_plain_one),
        WITH(sort_and_filter_work_while_held),
        TRACED(a_row_whose_state_changed_is_flagged_once),
        WITH(the_source_shows_what_the_model_holds),
        WITH(columns_give_way_to_narrow_tables),
        cmocka_unit_test(an_empty_model_answers),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
