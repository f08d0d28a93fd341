#include "tests/tui/render.h"

#include "backend/base/mem.h"
#include "tui/table.h"

struct row {
    const char *key, *state, *name, *count, *note;
    bool dimmed, marked, changed;
};

struct model {
    const struct row *rows;
    size_t n;
};

static const struct table_column columns[] = {
    {.title = "STATE", .min = 6, .max = 6, .fixed = true},
    {.title = "SERVICE", .min = 8, .max = 20, .weight = 2, .fixed = true,
     .cut_middle = true},
    {.title = "RUN/DES", .min = 7, .max = 7, .align = TABLE_RIGHT,
     .priority = 1},
    {.title = "NOTE", .min = 10, .weight = 1, .priority = 2},
};

static void get_row(const void *ctx, size_t row, struct table_row *out)
{
    const struct row *r = &((const struct model *)ctx)->rows[row];

    *out = (struct table_row){.key = r->key, .dimmed = r->dimmed,
                              .marked = r->marked, .changed = r->changed};
}

static void get_cell(const void *ctx, size_t row, size_t col,
                     struct table_cell *out)
{
    const struct row *r = &((const struct model *)ctx)->rows[row];

    switch (col) {
    case 0:
        out->text = r->state;
        out->role = strcmp(r->state, "FAILED") == 0 ? ROLE_BAD : ROLE_GOOD;
        break;
    case 1:
        out->text = r->name;
        break;
    case 2:
        snprintf(out->buf, sizeof(out->buf), "%s", r->count);
        out->text = out->buf;
        break;
    default:
        out->text = r->note;
    }
}

static struct table_source source(const struct model *m)
{
    return (struct table_source){.ctx = m, .n_rows = m->n, .n_cols = 4,
                                 .cols = columns, .row = get_row,
                                 .cell = get_cell};
}

static const struct row rows[] = {
    {"a", "FAILED", "payments-api-blue-green", "2/4", "health checks failed",
     false, false, false},
    {"b", "ROLL", "search", "1/2", "", false, true, false},
    {"c", "ok", "日本語サービス", "4/4", "steady", false, false, true},
    {"d", "ok", "mail", "3/3", "steady", true, false, false},
};
static const struct model four = {rows, 4};

/* n rows with keys k0, k1, ... from `first`. */
struct many {
    struct row rows[100];
    char keys[100][8];
    struct model m;
};

static void make_many(struct many *x, int first, int n)
{
    for (int i = 0; i < n; i++) {
        snprintf(x->keys[i], sizeof(x->keys[i]), "k%d", first + i);
        x->rows[i] = (struct row){.key = x->keys[i], .state = "ok",
                                  .name = x->keys[i], .count = "1/1",
                                  .note = ""};
    }
    x->m = (struct model){x->rows, (size_t)n};
}

static void draw(struct table_widget *t, const struct model *m,
                 const struct matcher *match, struct surface *s)
{
    struct table_source src = source(m);

    surface_clear(s);
    table_sync(t, &src, s->rows);
    table_draw(t, &src, match, s, surface_rect(s));
    expect_whole(s);
}

static void act(struct table_widget *t, const struct model *m, enum action_id a)
{
    struct table_source src = source(m);

    assert_true(table_act(t, &src, a));
}

static void rows_are_drawn_under_their_titles(void **state)
{
    struct table_widget t;
    struct surface s;

    (void)state;
    table_init(&t);
    surface_init(&s, 6, 50);
    draw(&t, &four, NULL, &s);
    expect_screen(&s,
                  "  STATE  SERVICE            RUN/DES NOTE\n"
                  "> FAILED payment...ue-green     2/4 health chec...\n"
                  " *ROLL   search                 1/2\n"
                  " ~ok     日本語サービス         4/4 steady\n"
                  "  ok     mail                   3/3 steady\n"
                  "\n");
    expect_role(&s, 0, 0, 50, ROLE_COLUMN);
    expect_role(&s, 1, 0, 50, ROLE_CURSOR);
    expect_role(&s, 2, 1, 1, ROLE_MARK);
    expect_role(&s, 2, 2, 4, ROLE_GOOD);
    expect_role(&s, 3, 1, 1, ROLE_CHANGED);
    expect_role(&s, 4, 2, 2, ROLE_OFF);
    expect_role(&s, 4, 9, 4, ROLE_OFF);
    assert_int_equal(s.cursor_row, 1);
    assert_int_equal(s.cursor_col, 0);
    surface_release(&s);
    table_release(&t);
}

static void narrow_screens_drop_the_least_columns(void **state)
{
    struct table_widget t;
    struct surface s;

    (void)state;
    table_init(&t);
    surface_init(&s, 2, 34);
    draw(&t, &four, NULL, &s);
    expect_screen(&s, "  STATE  SERVICE           RUN/DES\n"
                      "> FAILED payment...e-green     2/4\n");
    surface_resize(&s, 2, 20);
    draw(&t, &four, NULL, &s);
    expect_screen(&s, "  STATE  SERVICE\n"
                      "> FAILED paym...reen\n");
    surface_resize(&s, 2, 10);
    draw(&t, &four, NULL, &s);
    expect_screen(&s, "  STATE  S\n"
                      "> FAILED p\n");
    surface_resize(&s, 1, 10);
    draw(&t, &four, NULL, &s);
    expect_screen(&s, "> FAILED p\n");
    surface_release(&s);
    table_release(&t);
}

static void spare_room_goes_by_weight_up_to_the_limit(void **state)
{
    int w[4];

    (void)state;
    table_layout(columns, 4, 0, 36, w);
    assert_int_equal(w[0] + w[1] + w[2] + w[3] + 3, 34);
    table_layout(columns, 4, 0, 80, w);
    assert_int_equal(w[0], 6);
    assert_int_equal(w[1], 20);
    assert_int_equal(w[2], 7);
    assert_int_equal(w[3], 80 - 2 - 6 - 20 - 7 - 3);
}

static void a_table_scrolls_sideways_past_its_fixed_columns(void **state)
{
    struct table_widget t;
    struct surface s;

    (void)state;
    table_init(&t);
    surface_init(&s, 2, 34);
    act(&t, &four, ACTION_RIGHT);
    draw(&t, &four, NULL, &s);
    expect_screen(&s, "  STATE  SERVICE      NOTE\n"
                      "> FAILED paym...green health ch...\n");
    act(&t, &four, ACTION_RIGHT); /* the last loose column stays */
    assert_int_equal(t.skip, 1);
    act(&t, &four, ACTION_LEFT);
    act(&t, &four, ACTION_LEFT);
    assert_int_equal(t.skip, 0);
    surface_release(&s);
    table_release(&t);
}

static void the_cursor_stays_on_row_one_until_a_key(void **state)
{
    struct table_widget t;
    struct surface s;
    struct many x;

    (void)state;
    table_init(&t);
    surface_init(&s, 6, 40);
    make_many(&x, 10, 20);
    draw(&t, &x.m, NULL, &s);
    assert_string_equal(table_key(&t), "k10");
    make_many(&x, 5, 20); /* worse rows arrive above */
    draw(&t, &x.m, NULL, &s);
    assert_string_equal(table_key(&t), "k5");
    surface_release(&s);
    table_release(&t);
}

static void after_a_key_the_cursor_follows_its_row(void **state)
{
    struct table_widget t;
    struct surface s;
    struct many x;
    size_t line;

    (void)state;
    table_init(&t);
    surface_init(&s, 6, 40);
    make_many(&x, 10, 20);
    draw(&t, &x.m, NULL, &s);
    act(&t, &x.m, ACTION_DOWN);
    act(&t, &x.m, ACTION_DOWN);
    assert_string_equal(table_key(&t), "k12");
    line = t.cursor - t.top;
    make_many(&x, 5, 30);
    draw(&t, &x.m, NULL, &s);
    assert_string_equal(table_key(&t), "k12");
    assert_int_equal(t.cursor, 7);
    assert_int_equal(t.cursor - t.top, line); /* same line of the screen */
    surface_release(&s);
    table_release(&t);
}

static void a_vanished_row_leaves_the_cursor_nearby(void **state)
{
    struct table_widget t;
    struct surface s;
    struct many x;

    (void)state;
    table_init(&t);
    surface_init(&s, 6, 40);
    make_many(&x, 0, 20);
    draw(&t, &x.m, NULL, &s);
    act(&t, &x.m, ACTION_BOTTOM);
    assert_string_equal(table_key(&t), "k19");
    make_many(&x, 0, 15);
    draw(&t, &x.m, NULL, &s);
    assert_string_equal(table_key(&t), "k14");
    surface_release(&s);
    table_release(&t);
}

static void an_empty_table_has_no_key_but_remembers(void **state)
{
    struct table_widget t;
    struct surface s;
    struct many x;
    char text[64];
    struct model none = {NULL, 0};
    struct table_source src = source(&none);

    (void)state;
    table_init(&t);
    surface_init(&s, 6, 40);
    draw(&t, &none, NULL, &s);
    assert_null(table_key(&t));
    assert_string_equal(table_position(&t, &src, text), "no rows");
    act(&t, &none, ACTION_DOWN);
    make_many(&x, 0, 9);
    draw(&t, &x.m, NULL, &s);
    act(&t, &x.m, ACTION_BOTTOM);
    draw(&t, &none, NULL, &s);
    assert_null(table_key(&t));
    draw(&t, &x.m, NULL, &s);
    assert_string_equal(table_key(&t), "k8");
    surface_release(&s);
    table_release(&t);
}

static void moves_go_by_line_half_page_and_page(void **state)
{
    static const struct {
        enum action_id action;
        size_t cursor, top;
        const char *position;
    } steps[] = {
        {ACTION_DOWN, 1, 0, "rows 1-10 of 42 v"},
        {ACTION_UP, 0, 0, "rows 1-10 of 42 v"},
        {ACTION_UP, 0, 0, "rows 1-10 of 42 v"},
        {ACTION_HALF_DOWN, 5, 5, "rows 6-15 of 42 ^v"},
        {ACTION_PAGE_DOWN, 15, 15, "rows 16-25 of 42 ^v"},
        {ACTION_HALF_UP, 10, 10, "rows 11-20 of 42 ^v"},
        {ACTION_PAGE_UP, 0, 0, "rows 1-10 of 42 v"},
        {ACTION_BOTTOM, 41, 32, "rows 33-42 of 42 ^"},
        {ACTION_DOWN, 41, 32, "rows 33-42 of 42 ^"},
        {ACTION_PAGE_UP, 31, 22, "rows 23-32 of 42 ^v"},
        {ACTION_TOP, 0, 0, "rows 1-10 of 42 v"},
    };
    struct table_widget t;
    struct table_source src;
    struct many x;
    char text[64];

    (void)state;
    table_init(&t);
    make_many(&x, 0, 42);
    src = source(&x.m);
    table_sync(&t, &src, 11);
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        act(&t, &x.m, steps[i].action);
        assert_int_equal(t.cursor, steps[i].cursor);
        assert_int_equal(t.top, steps[i].top);
        assert_string_equal(table_position(&t, &src, text),
                            steps[i].position);
    }
    assert_false(table_act(&t, &src, ACTION_OPEN));
    table_release(&t);
}

static void hits_are_highlighted(void **state)
{
    struct table_widget t;
    struct surface s;
    struct matcher m = matcher_plain("語サ");
    struct matcher pay = matcher_plain("pay");

    (void)state;
    table_init(&t);
    surface_init(&s, 5, 60);
    draw(&t, &four, &m, &s);
    expect_role(&s, 3, 9, 4, ROLE_TEXT);
    expect_role(&s, 3, 13, 4, ROLE_MATCH);
    expect_role(&s, 3, 17, 4, ROLE_TEXT);
    draw(&t, &four, &pay, &s); /* on the cursor: attributes, not a role */
    expect_role(&s, 1, 9, 3, ROLE_CURSOR);
    assert_true(surface_at(&s, 1, 9)->attrs & ATTR_UNDERLINE);
    assert_false(surface_at(&s, 1, 12)->attrs & ATTR_UNDERLINE);
    surface_release(&s);
    table_release(&t);
}

static void every_size_is_survived(void **state)
{
    struct matcher m = matcher_plain("k");
    struct many x;

    (void)state;
    make_many(&x, 0, 100);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct table_widget t;
        struct surface s;

        table_init(&t);
        surface_init(&s, sizes[i].rows, sizes[i].cols);
        draw(&t, &x.m, &m, &s);
        for (enum action_id a = ACTION_DOWN; a <= ACTION_RIGHT; a++) {
            act(&t, &x.m, a);
            draw(&t, &x.m, &m, &s);
            draw(&t, &four, &m, &s);
            assert_true(s.cursor_row < s.rows && s.cursor_col < s.cols);
        }
        surface_release(&s);
        table_release(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_drawn_under_their_titles),
        cmocka_unit_test(narrow_screens_drop_the_least_columns),
        cmocka_unit_test(spare_room_goes_by_weight_up_to_the_limit),
        cmocka_unit_test(a_table_scrolls_sideways_past_its_fixed_columns),
        cmocka_unit_test(the_cursor_stays_on_row_one_until_a_key),
        cmocka_unit_test(after_a_key_the_cursor_follows_its_row),
        cmocka_unit_test(a_vanished_row_leaves_the_cursor_nearby),
        cmocka_unit_test(an_empty_table_has_no_key_but_remembers),
        cmocka_unit_test(moves_go_by_line_half_page_and_page),
        cmocka_unit_test(hits_are_highlighted),
        cmocka_unit_test(every_size_is_survived),
    };

    return cmocka_run_group_tests(tests, use_utf8, NULL);
}
