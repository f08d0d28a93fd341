/* Going from one AWS context to another in the running dashboard: two
 * simulated accounts, one of each profile. */
#include "tests/flow/lab.h"

static void write_config(struct lab *l, const char *more)
{
    FILE *f;
    l->aws_config = xasprintf("%s/config", l->dir);
    f = fopen(l->aws_config, "w");
    assert_non_null(f);
    const struct sim *sims[] = {l->sim, l->second};
    static const char *const names[] = {"first", "second"};
    for (size_t i = 0; i < 2; i++)
        fprintf(f,
                "[profile %s]\nregion = %s\nendpoint_url = %s\n"
                "aws_access_key_id = %s\naws_secret_access_key = %s\n",
                names[i], sim_region(sims[i]), sim_endpoint(sims[i]),
                sim_access_key(sims[i]), sim_secret(sims[i]));
    fputs(more, f);
    fclose(f);
}

static void open_two(struct lab *l, const char *filter)
{
    l->sim = lab_sim(l, "quiet", 7);
    l->second = lab_sim(l, "default", 8);
    write_config(l, "[profile keyless]\nregion = eu-west-1\n"
                    "[profile nowhere]\naws_access_key_id = AKIAX\n"
                    "aws_secret_access_key = x\n");
    lab_open(l, "first", false, &kind_services, filter, NULL);
    assert_true(l->app->realm->identity_known);
}

static void go(struct lab *l, const char *profile)
{
    struct err err = {0};
    if (app_switch(l->app, profile, NULL, &err))
        fail_msg("%s", err.message);
}

static bool shows(struct lab *l, const char *text)
{
    paint(l);
    for (int row = 0; row < l->app->surface.rows; row++) {
        char *line = surface_row_text(&l->app->surface, row);
        bool hit = strstr(line, text) != NULL;
        free(line);
        if (hit)
            return true;
    }
    return false;
}

static void a_switch_shows_the_other_account_only(void **state)
{
    struct lab *l = *state;
    open_two(l, NULL);
    key(l, "<Enter>");
    assert_int_equal(l->app->depth, 2);
    go(l, "second");
    /* At once: nothing of the old one. */
    assert_int_equal(l->app->depth, 1);
    assert_int_equal(l->app->n_forward, 0);
    assert_true(shows(l, "loading"));
    assert_false(shows(l, "catalog-api"));
    size_t before = sim_requests(l->sim);
    pass(l, 5000);
    assert_true(shows(l, "of 49"));
    assert_int_equal(sim_requests(l->sim), before);
    assert_true(sim_count(l->second, "ListServices") > 0);
    assert_null(l->app->left);
    assert_said(l, "Now in profile second");
}

static void a_switch_that_fails_changes_nothing(void **state)
{
    static const char *const wrong[] = {"nobody", "nowhere"};
    struct lab *l = *state;
    struct err err = {0};
    open_two(l, NULL);
    struct realm *was = l->app->realm;
    key(l, "<Enter>");
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(app_switch(l->app, wrong[i], NULL, &err), -1);
    assert_ptr_equal(l->app->realm, was);
    assert_int_equal(l->app->depth, 2);
    assert_true(strlen(err.message) > 10);
}

/* No credentials: seen only when they are asked for. */
static void without_credentials_the_keys_still_work(void **state)
{
    struct lab *l = *state;
    open_two(l, NULL);
    go(l, "keyless");
    pass(l, 3000);
    assert_false(l->app->realm->identity_known);
    assert_said(l, "Identity unknown");
    key(l, "?");
    assert_true(shows(l, "command line"));
    key(l, "q");
    go(l, "first");
    pass(l, 3000);
    assert_true(l->app->realm->identity_known);
    assert_true(shows(l, "catalog-api"));
}

static void a_dialog_does_not_outlive_its_context(void **state)
{
    struct lab *l = *state;
    open_two(l, "catalog-api");
    key(l, "R");
    assert_true(l->app->dialog.open);
    go(l, "second");
    assert_false(l->app->dialog.open);
    assert_said(l, "restart of catalog-api is dropped: nothing was sent");
    key(l, "<Tab>");
    key(l, "<Enter>");
    pass(l, 2000);
    assert_int_equal(mutations(l), 0);
    assert_int_equal(sim_count(l->second, "UpdateService"), 0);
    assert_null(l->app->left);
}

/* Were a dialog left open by mistake, its answer would still be refused. */
static void a_dialog_of_another_context_cannot_be_confirmed(void **state)
{
    struct lab *l = *state;
    open_two(l, "catalog-api");
    key(l, "R");
    key(l, "<Tab>");
    assert_int_equal(l->app->dialog.focus, DIALOG_ON_CONFIRM);
    l->app->dialog_realm--;
    key(l, "<Enter>");
    assert_false(l->app->dialog.open);
    pass(l, 2000);
    assert_int_equal(mutations(l), 0);
}

static void the_check_of_an_action_ends_with_its_context(void **state)
{
    struct lab *l = *state;
    open_two(l, "catalog-api");
    key(l, "R");
    sim_set_latency(l->sim, 2000);
    confirm(l); /* the service is being read again */
    go(l, "second");
    pass(l, 6000);
    assert_int_equal(mutations(l), 0);
    assert_int_equal(sim_count(l->second, "UpdateService"), 0);
}

static void what_was_sent_is_told_under_its_own_name(void **state)
{
    struct lab *l = *state;
    open_two(l, "catalog-api");
    key(l, "R");
    confirm(l);
    settle(l);
    assert_int_equal(sim_count(l->sim, "UpdateService"), 1);
    go(l, "second");
    assert_non_null(l->app->left); /* it is being followed */
    for (int i = 0; i < 300 && l->app->left; i++)
        pass(l, 1000);
    assert_null(l->app->left);
    assert_said(l, "[123456789012 eu-west-1] Restarting catalog-api");
    assert_int_equal(sim_count(l->second, "UpdateService"), 0);
}

/* The answer itself comes after the switch. */
static void an_answer_after_the_switch_is_told(void **state)
{
    struct lab *l = *state;
    open_two(l, "catalog-api");
    key(l, "S");
    set_number(l, "8");
    confirm(l);
    sim_set_latency(l->sim, 3000);
    for (int i = 0; i < 600 && !sim_count(l->sim, "UpdateService"); i++) {
        clock_advance(l->clock, 10);
        loop_turn(l->loop, 10);
    }
    assert_int_equal(sim_count(l->sim, "UpdateService"), 1);
    assert_false(said(l, "Scaling catalog-api"));
    go(l, "second");
    /* Another action can be begun meanwhile. */
    pass(l, 4000);
    assert_said(l, "[123456789012 eu-west-1] Scaling catalog-api");
    sim_set_latency(l->sim, 0);
}

static void ending_with_two_contexts_leaks_nothing(void **state)
{
    struct lab *l = *state;
    open_two(l, "catalog-api");
    key(l, "R");
    confirm(l);
    settle(l);
    go(l, "second");
    go(l, "first");
    settle(l);
    assert_non_null(l->app->left);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_switch_shows_the_other_account_only),
        T(a_switch_that_fails_changes_nothing),
        T(without_credentials_the_keys_still_work),
        T(a_dialog_does_not_outlive_its_context),
        T(a_dialog_of_another_context_cannot_be_confirmed),
        T(the_check_of_an_action_ends_with_its_context),
        T(what_was_sent_is_told_under_its_own_name),
        T(an_answer_after_the_switch_is_told),
        T(ending_with_two_contexts_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
