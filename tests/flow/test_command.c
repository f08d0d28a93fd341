/* The command line: what its arguments mean, and that none is passed over. */
#include "tests/flow/lab.h"

static bool crumb_has(struct lab *l, const char *text)
{
    paint(l);
    char *row = surface_row_text(&l->app->surface, 2);
    bool found = strstr(row, text) != NULL;
    if (!found)
        print_message("  crumb: %s\n", row);
    free(row);
    return found;
}

static const struct snapshot *top_snapshot(const struct lab *l)
{
    return app_top(l->app)->ops->snapshot(app_top(l->app));
}

static const char *other_cluster(const struct lab *l)
{
    const struct sim_world *w = sim_world_of(l->sim);
    for (size_t i = 0; i < w->n_clusters; i++)
        if (strcmp(w->clusters[i]->name, "prod-main") != 0)
            return w->clusters[i]->name;
    fail_msg("there is one cluster only");
    return NULL;
}

static void run(struct lab *l, const char *fmt, const char *arg)
{
    char *line = xasprintf("%s%s", fmt, arg);
    app_command(l->app, line);
    settle(l);
    pass(l, 1000);
    free(line);
}

static void a_cluster_by_name_is_its_services(void **state)
{
    struct lab *l = *state;
    open_app(l, "default", false, &kind_services, NULL);
    char *crumb = xasprintf("%s > services(", other_cluster(l));
    run(l, "cluster ", other_cluster(l));
    assert_true(crumb_has(l, crumb));
    free(crumb);
    run(l, "clusters /", other_cluster(l));
    assert_true(crumb_has(l, "clusters(1 of "));
    run(l, "services prod-main ", other_cluster(l));
    assert_said(l, "One cluster at a time");
}

static void a_filter_needs_no_slash_where_it_is_no_name(void **state)
{
    static const char *const filters[] = {"state:crash", "!state:ok",
                                          "~^thumb", "why:~exit"};
    struct lab *l = *state;
    open_app(l, "default", false, &kind_services, NULL);
    for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
        char *shown = xasprintf("filter: %s ", filters[i]);
        run(l, "services ", filters[i]);
        assert_true(crumb_has(l, "prod-main > services("));
        assert_true(crumb_has(l, shown));
        assert_int_equal(top_snapshot(l)->error.code, ERR_NONE);
        free(shown);
    }
}

static void no_cluster_is_said_once_and_not_asked_for_again(void **state)
{
    struct lab *l = *state;
    open_app(l, "default", false, &kind_clusters, NULL);
    run(l, "cluster ", "prod-mian");
    assert_string_equal(top_snapshot(l)->error.message,
                        "There is no cluster prod-mian in this region; did "
                        "you mean prod-main?");
    assert_int_equal(top_snapshot(l)->retry_ms, 0);
    size_t asked = sim_count(l->sim, "ListServices");
    pass(l, 60000);
    assert_int_equal(sim_count(l->sim, "ListServices"), asked);
    key(l, "r"); /* a person asks */
    settle(l);
    assert_true(sim_count(l->sim, "ListServices") > asked);
}

static void an_argument_that_is_not_taken_is_said(void **state)
{
    struct lab *l = *state;
    open_app(l, "quiet", false, &kind_services, "catalog-api");
    run(l, "rollback ", ":140");
    assert_said(l, ":rollback takes no argument; its dialog names the "
                   "revision");
    run(l, "refresh ", "now");
    assert_said(l, ":refresh takes no argument.");
    run(l, "- ", "now");
    assert_said(l, ":- takes no argument.");
    run(l, "q ", "now");
    assert_said(l, ":q takes no argument.");
    assert_false(l->app->quitting);
    assert_false(l->app->dialog.open);
    assert_false(said(l, "Unknown command"));
}

static void keys_are_called_by_their_names(void **state)
{
    struct lab *l = *state;
    open_app(l, "quiet", false, &kind_services, "catalog-api");
    key(l, "x");
    assert_said(l, "x is not bound; ? lists the keys.");
    key(l, "<F2>");
    assert_said(l, "F2 is not bound; ? lists the keys.");
    key(l, "K");
    assert_said(l, "K (stop) does nothing here.");
    key(l, "d");
    settle(l);
    key(l, "<Enter>");
    assert_said(l, "Enter does nothing here.");
    run(l, "open", "");
    assert_said(l, ":open does nothing here.");
}

static void tab_completes_what_the_command_takes(void **state)
{
    static const struct {
        const char *typed, *completed;
    } rows[] = {
        {":set the", "set theme "},     {":set theme mo", "set theme mono "},
        {":set  readonly y", "set  readonly yes "},
        {":set budget u", "set budget unlimited "},
        {":set refresh p", "set refresh p"},
        {":services prod-m", "services prod-main "},
        {":services prod-main prod-m", "services prod-main prod-m"},
        {":scale prod-m", "scale prod-m"}, /* no cluster there */
        {":region eu-no", "region eu-north-1 "},
        {":profile x eu-no", "profile x eu-north-1 "},
        {":whoa", "whoami "},
        {":logs /ecs/payments", "logs /ecs/payments-api "},
    };
    struct lab *l = *state;
    open_app(l, "default", false, &kind_services, NULL);
    settle(l);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        type(l, rows[i].typed);
        key(l, "<Tab>");
        assert_string_equal(prompt_text(&l->app->prompt), rows[i].completed);
        key(l, "<Esc>");
    }
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_cluster_by_name_is_its_services),
        T(a_filter_needs_no_slash_where_it_is_no_name),
        T(no_cluster_is_said_once_and_not_asked_for_again),
        T(an_argument_that_is_not_taken_is_said),
        T(keys_are_called_by_their_names),
        T(tab_completes_what_the_command_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
