/* Going from one AWS context to another in the running dashboard. */
#include "tests/flow/context_bed.h"

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
    assert_said(l, "Credentials: No AWS credentials were found");
    key(l, "?");
    assert_true(shows(l, "one page down"));
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

/* ---- commands -------------------------------------------------------- */

static int menu_row(const struct lab *l, const char *label)
{
    for (size_t i = 0; i < l->app->menu.n; i++)
        if (strcmp(l->app->menu.items[i].label, label) == 0)
            return (int)i;
    return -1;
}

static void profiles_are_listed_with_region_and_kind(void **state)
{
    struct lab *l = *state;
    open_two(l, NULL);
    app_do(l->app, ACTION_PROFILE);
    assert_true(l->app->menu.open);
    assert_int_equal(l->app->menu.n, 4);
    int first = menu_row(l, "first");
    assert_true(l->app->menu.items[first].current);
    assert_non_null(strstr(l->app->menu.items[first].note, "keys"));
    assert_non_null(strstr(l->app->menu.items[first].note,
                           sim_region(l->sim)));
    key(l, "s"); /* jumps to second */
    key(l, "<Enter>");
    assert_false(l->app->menu.open);
    assert_string_equal(aws_session_profile_name(l->app->realm->session),
                        "second");
    app_do(l->app, ACTION_PROFILE);
    key(l, "<Esc>");
    assert_int_equal(l->app->realm->number, 2);
}

static void the_region_list_begins_with_those_used(void **state)
{
    struct lab *l = *state;
    open_two(l, NULL);
    app_command(l->app, "region us-east-2");
    app_command(l->app, "region eu-north-1");
    app_do(l->app, ACTION_REGION);
    assert_string_equal(l->app->menu.items[0].label, "eu-north-1");
    assert_true(l->app->menu.items[0].current);
    assert_string_equal(l->app->menu.items[1].label, "us-east-2");
    assert_string_equal(l->app->menu.items[2].label, "eu-west-1");
    assert_true(menu_row(l, "sa-east-1") > 3);
    assert_int_equal(menu_row(l, "cn-north-1"), -1);
    l->app->menu.cursor = 1;
    key(l, "<Enter>");
    assert_string_equal(aws_client_region(l->app->realm->client),
                        "us-east-2");
    assert_string_equal(aws_session_profile_name(l->app->realm->session),
                        "first");
}

static void commands_that_fail_say_why_and_stay(void **state)
{
    struct lab *l = *state;
    open_two(l, NULL);
    app_command(l->app, "whoam");
    assert_said(l, "Unknown command whoam; did you mean :whoami?");
    app_command(l->app, "xyzzy");
    assert_said(l, "Unknown command xyzzy. Tab lists commands, ? the keys.");
    app_command(l->app, "profile nobody");
    assert_said(l, "nobody");
    app_command(l->app, "region not/a/region");
    assert_said(l, "Still in eu-west-1");
    assert_int_equal(l->app->realm->number, 1);
    /* A profile without a region is entered in the present one. */
    app_command(l->app, "profile nowhere");
    assert_string_equal(aws_client_region(l->app->realm->client),
                        "eu-west-1");
    assert_said(l, "Still in region eu-west-1");
    app_command(l->app, "profile second us-west-2");
    assert_string_equal(aws_client_region(l->app->realm->client),
                        "us-west-2");
}

/* As in the demo: there is nothing else to go to. */
static void only_the_regions_there_are_can_be_gone_to(void **state)
{
    static const char *const all[] = {"eu-west-1", "us-east-1", NULL};
    struct lab *l = *state;
    open_two(l, NULL);
    l->app->o.realm.aws.regions = all;
    app_do(l->app, ACTION_REGION);
    assert_int_equal(l->app->menu.n, 2);
    assert_true(l->app->menu.items[menu_row(l, "eu-west-1")].current);
    key(l, "<Esc>");
    app_command(l->app, "region mars");
    assert_said(l, "Still in eu-west-1: There is no region \"mars\" (from "
                ":region) here; there are eu-west-1, us-east-1.");
    assert_int_equal(l->app->realm->number, 1);
    type(l, ":region us");
    key(l, "<Tab>");
    assert_string_equal(prompt_text(&l->app->prompt), "region us-east-1 ");
    key(l, "<Enter>");
    assert_said(l, "region us-east-1 (from :region)");
}

/* Newer than this program, or a slip: nobody can say. What it would ask is
 * kept on this machine by a proxy that isn't there. */
static void an_unknown_region_is_warned_of_with_a_way_back(void **state)
{
    struct lab *l = *state;
    l->sim = lab_sim(l, "quiet", 7);
    l->second = lab_sim(l, "quiet", 8);
    write_config(l, "[profile moon]\nregion = eu-wset-1\n"
                    "aws_access_key_id = AKIX\naws_secret_access_key = x\n");
    lab_open(l, "first", false, &kind_services, NULL, NULL);
    assert_int_equal(setenv("HTTPS_PROXY", "http://127.0.0.1:9", 1), 0);
    app_command(l->app, "profile moon");
    assert_said(l, "eu-wset-1 (from profile moon) is none of the regions that "
                "were known when this program was made; did you mean "
                "eu-west-1? :region eu-west-1 goes back.");
    app_command(l->app, "region mars");
    assert_said(l, "Still in eu-wset-1: \"mars\" (from :region) is no "
                "region of AWS");
    pass(l, 2000);
    go(l, "first");
    unsetenv("HTTPS_PROXY");
    pass(l, 2000);
    assert_true(shows(l, "catalog-api"));
}

static void names_are_completed(void **state)
{
    struct lab *l = *state;
    open_two(l, NULL);
    type(l, ":profile sec");
    key(l, "<Tab>");
    assert_string_equal(prompt_text(&l->app->prompt), "profile second ");
    type(l, "us-west-2");
    key(l, "<Enter>");
    assert_string_equal(aws_client_region(l->app->realm->client),
                        "us-west-2");
    type(l, ":region sa-");
    key(l, "<Tab>");
    assert_string_equal(prompt_text(&l->app->prompt), "region sa-east-1 ");
    key(l, "<Esc>");
}

static void whoami_says_who_said_so(void **state)
{
    struct lab *l = *state;
    open_two(l, NULL);
    l->config.contexts[0] = (struct config_context){
        .account = "123456789012", .prod = true, .confirm_type = true};
    l->config.n_contexts = 1;
    app_do(l->app, ACTION_WHOAMI);
    static const char *const lines[] = {
        "account           123456789012",
        "ARN               arn:aws:sts::123456789012:assumed-role/oncall/demo",
        "PROD", "the name typed for each", "first (from --profile)",
        "eu-west-1 (from profile first)", "http://127.0.0.1:",
        "(endpoint_url of profile first)",
        "line 16: a comment after a value is part of the value.",
        "(endpoint_url of profile first)", "retries           standard, ",
        "expire            never",
        "environment       passed over: skipped because --profile was given",
        "config file       provides: profile first in "};
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        if (!shows(l, lines[i]))
            fail_msg("whoami does not say \"%s\"", lines[i]);
    /* No secret and no whole key. */
    assert_false(shows(l, sim_secret(l->sim)));
    app_command(l->app, "set readonly yes");
    pass(l, 1000);
    assert_true(shows(l, "READ-ONLY: it was set to readonly"));
    app_command(l->app, "profile keyless");
    pass(l, 1000);
    app_command(l->app, "whoami");
    assert_true(shows(l, "account           unknown: "));
    assert_true(shows(l, "no aws_access_key_id for profile"));
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
        T(profiles_are_listed_with_region_and_kind),
        T(the_region_list_begins_with_those_used),
        T(commands_that_fail_say_why_and_stay),
        T(names_are_completed),
        T(only_the_regions_there_are_can_be_gone_to),
        T(an_unknown_region_is_warned_of_with_a_way_back),
        T(whoami_says_who_said_so),
        T(ending_with_two_contexts_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
