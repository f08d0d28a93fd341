/* Rows of a table: their order, the held one, and what has changed. */
#include "tests/flow/table_bed.h"
#include "views/kinds/services.h"

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

/* A status is a word, not a part of one, and what all rows have in common has
 * no column. The word that made the column wide may go. */
static void tasks_of_one_service_have_room_for_words(void **state)
{
    static const char *const words[] = {"RUNNING", "DEPROVISIONING"};
    struct table_model m;
    (void)state;
    table_model_init(&m, &kind_tasks);
    for (int n = 2; n > 0; n--) {
        struct page *p = page_new(NULL);
        struct snap_builder b = {.mark = 1};
        snap_add_page(&b, p);
        for (int i = 0; i < n; i++) {
            struct task_row *r = arena_alloc(p->arena, sizeof(*r));
            struct ecs_task *t = arena_alloc(p->arena, sizeof(*t));
            t->arn = arena_printf(p->arena, "arn:aws:ecs:r:1:task/c/%d", i);
            t->last_status = words[i];
            r->task = t;
            r->cause = &stop_cause_none;
            snap_add_row(&b, t->arn, r, 0);
        }
        struct snapshot *s = snap_finish(&b);
        page_unref(p);
        table_model_set(&m, s, NOW);
        snapshot_unref(s);
        for (int one = 0; one < 2; one++) {
            bool service = false;
            m.one_service = one;
            table_model_layout(&m, 80);
            for (size_t i = 0; i < m.n_cols; i++)
                service |= strcmp(m.cols[i].title, "SERVICE") == 0;
            assert_int_equal(service, !one);
            assert_int_equal(m.cols[0].min, strlen("DEPROVISIONING"));
        }
    }
    table_model_release(&m);
}

/* ---- the counts above it ---------------------------------------------- */

static void what_is_not_read_yet_is_counted_first(void **state)
{
    struct lab *l = *state;
    struct doc d = DOC_INIT;
    kind_services.summary(l->m.snap, &d);
    char *text = doc_text(&d);
    assert_ptr_equal(strstr(text, "9 svc, 1 not read yet: 1 DOWN 2 FAILED"),
                     text);
    assert_null(strstr(text, "loading"));
    free(text);
    doc_release(&d);
}

/* ---- the pane below it ------------------------------------------------- */

#define UNPLACED "(service web) was unable to place a task because no " \
    "container instance met all of its requirements. The closest matching " \
    "(container-instance 3e0a6d3921a54f6c9d3e0b63c80a2256) has insufficient " \
    "memory available. For more information, see the guide."

/* Equal events take one line, a long one what room there is, and its end,
 * which tells, is there at any height. */
static void events_are_folded_and_fill_the_pane(void **state)
{
    static const struct ecs_event events[] = {
        {"3", UNPLACED, NOW}, {"2", UNPLACED, NOW - 60000},
        {"1", "(service web) has started 1 tasks: (task "
              "e74a05b6f0e04e63b63c80a225660bc0).", NOW - 120000}};
    struct arena *a = arena_new();
    struct service_row *r = row_of(a, &fleet[0]);
    (void)state;
    ((struct ecs_service *)r->svc)->events = events;
    ((struct ecs_service *)r->svc)->n_events = ARRAY_LEN(events);
    for (int rows = 2; rows < 9; rows++) {
        struct doc d = DOC_INIT;
        services_explain(r, NOW, 80, rows, &d);
        char *text = doc_text(&d), *line = text;
        int lines = 0;
        assert_ptr_equal(strstr(text, " EVT x2    "), text);
        assert_non_null(strstr(text, rows < 3 ? "task: insufficient memory"
                                              : " available."));
        assert_non_null(strstr(text, "started 1 tasks: (task e74a05b6)."));
        assert_null(strstr(text, "information"));
        assert_int_equal(strstr(text, "...") != NULL,
                         rows == 3 || rows == 4);
        for (char *end; line; line = end ? end + 1 : NULL, lines++) {
            end = strchr(line, '\n');
            assert_true((end ? end - line : (long)strlen(line)) <= 80);
        }
        assert_int_equal(lines, rows < 5 ? rows : 5);
        free(text);
        doc_release(&d);
    }
    arena_free(a);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(the_default_order_is_worst_first),
        WITH(columns_sort_both_ways),
        WITH(no_order_hangs_on_the_order_of_the_reply),
        WITH(rows_of_one_name_are_told_apart_by_their_arn),
        WITH(many_rows_in_any_order_sort_alike),
        WITH(a_second_cluster_is_noticed_when_it_comes),
        TRACED(a_held_order_keeps_places_and_appends),
        WITH(a_held_order_from_nothing_is_the_plain_one),
        WITH(sort_and_filter_work_while_held),
        TRACED(a_row_whose_state_changed_is_flagged_once),
        WITH(the_source_shows_what_the_model_holds),
        WITH(columns_give_way_to_narrow_tables),
        WITH(what_is_not_read_yet_is_counted_first),
        cmocka_unit_test(events_are_folded_and_fill_the_pane),
        cmocka_unit_test(tasks_of_one_service_have_room_for_words),
        cmocka_unit_test(an_empty_model_answers),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
