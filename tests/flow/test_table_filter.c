/* Rows of a table: the filter and the marks. */
#include "tests/flow/table_bed.h"

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
        {"web:143", ""}, /* a revision, no column: it is text */
        {"~image:web", ""},
        {"https://a", ""},
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

static void a_column_that_is_not_there_is_named(void **state)
{
    static const struct {
        const char *text, *want;
    } bad[] = {
        {"foo:bar", "There is no column foo; ~foo:bar finds it as text."},
        {"!stat:ok", "There is no column stat; did you mean state? "
                     "~stat:ok finds it as text."},
        {"pay foo:~x", "There is no column foo"},
    };
    struct lab *l = *state;
    table_model_filter(&l->m, "pay", NULL);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct err err = {0};
        assert_int_equal(table_model_filter(&l->m, bad[i].text, &err), -1);
        assert_int_equal(err.code, ERR_USAGE);
        if (strncmp(err.message, bad[i].want, strlen(bad[i].want)) != 0)
            fail_msg("%s: %s", bad[i].text, err.message);
        assert_string_equal(table_model_filter_text(&l->m), "pay");
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
int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(terms_filter),
        WITH(a_bad_pattern_leaves_the_filter_as_it_was),
        WITH(a_column_that_is_not_there_is_named),
        WITH(a_pattern_that_explodes_is_bounded),
        WITH(the_filter_holds_for_what_comes_next),
        WITH(marks_follow_keys_and_survive),
        WITH(all_that_match_are_marked_and_no_others),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
