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
                    "aws_secret_access_key = x\noutput = json # odd\n");
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

/* ---- what an account is marked as ------------------------------------ */

static void mark(struct lab *l, struct config_context c)
{
    snprintf(c.account, sizeof(c.account), "123456789012");
    l->config.contexts[0] = c;
    l->config.n_contexts = 1;
}

static void readonly_is_not_lifted(void **state)
{
    struct lab *l = *state;
    mark(l, (struct config_context){.read_only = true});
    open_two(l, "catalog-api");
    assert_true(shows(l, "READ-ONLY"));
    assert_true(aws_client_read_only(l->app->realm->client));
    app_command(l->app, "set readonly no");
    assert_said(l, "Read-only is not lifted while running");
    key(l, "R");
    assert_false(l->app->dialog.open);
    assert_said(l, "your config marks this account as readonly");
    /* Not by going there and back either. */
    go(l, "second");
    go(l, "first");
    pass(l, 2000);
    key(l, "R");
    assert_false(l->app->dialog.open);
    assert_true(aws_client_read_only(l->app->realm->client));
}

static void set_readonly_holds_in_every_context(void **state)
{
    struct lab *l = *state;
    open_two(l, "catalog-api");
    app_command(l->app, "set readonly yes");
    go(l, "second");
    pass(l, 2000);
    assert_true(aws_client_read_only(l->app->realm->client));
    app_command(l->app, "set readonly no");
    key(l, "R");
    assert_false(l->app->dialog.open);
    assert_true(shows(l, "READ-ONLY"));
}

static void confirm_type_wants_the_name_for_everything(void **state)
{
    static const struct {
        const char *key;
        const char *then; /* what is asked before the name */
    } all[] = {{"R", NULL}, {"S", "9"}, {"B", NULL}};
    struct lab *l = *state;
    mark(l, (struct config_context){.confirm_type = true, .prod = true});
    open_two(l, "catalog-api");
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        key(l, all[i].key);
        for (int k = 0; k < 50 && l->app->dialog.field == DIALOG_NO_FIELD;
             k++)
            pass(l, 500);
        assert_asks(l, "this is production");
        if (all[i].then) {
            set_number(l, all[i].then);
            confirm(l);
        }
        assert_int_equal(l->app->dialog.field, DIALOG_TYPED);
        confirm(l); /* with nothing typed */
        pass(l, 1000);
        assert_int_equal(mutations(l), 0);
        if (l->app->dialog.open)
            key(l, "<Esc>");
    }
    key(l, "R");
    confirm_typed(l, "catalog-api");
    settle(l);
    assert_int_equal(mutations(l), 1);
}

static void production_is_said_in_the_header_and_the_dialog(void **state)
{
    struct lab *l = *state;
    mark(l, (struct config_context){.prod = true});
    open_two(l, "catalog-api");
    app_draw(l->app, 24, 80);
    char *line = surface_row_text(&l->app->surface, 0);
    char *at = strstr(line, "PROD");
    assert_non_null(at);
    assert_int_equal(surface_at(&l->app->surface, 0,
                                  (int)(at - line))->role,
                     ROLE_HEADER_PROD);
    free(line);
    key(l, "R");
    app_draw(l->app, 24, 80);
    bool found = false;
    for (int row = 3; row < 24; row++) {
        line = surface_row_text(&l->app->surface, row);
        found |= strstr(line, "PROD") != NULL;
        free(line);
    }
    assert_true(found);
}

/* ---- questions of the credential chain ------------------------------- */

struct answer {
    int n;
    bool refused;
    char text[64];
};

static void on_answer(void *arg, const char *text)
{
    struct answer *a = arg;
    a->n++;
    a->refused = text == NULL;
    snprintf(a->text, sizeof(a->text), "%s", text ? text : "");
}

static void ask(struct lab *l, struct scope *scope, struct answer *a)
{
    struct err err = {0};
    struct realm_ask k = asker_ask(l->asker);
    assert_int_equal(k.start(k.who, l->app->realm, scope,
                             "MFA code of arn:aws:iam::1:mfa/ann", on_answer,
                             a, &err), 0);
}

static void an_mfa_code_is_asked_for_in_a_dialog(void **state)
{
    struct lab *l = *state;
    struct scope scope;
    struct answer a = {0};
    open_two(l, NULL);
    scope_init(&scope, NULL);
    ask(l, &scope, &a);
    assert_true(l->app->dialog.open);
    assert_asks(l, "mfa/ann");
    key(l, "<Tab>");
    confirm(l); /* nothing typed: it stays */
    assert_true(l->app->dialog.open);
    type(l, "123456");
    assert_int_equal(a.n, 0);
    key(l, "<Enter>"); /* from the field to the button */
    key(l, "<Enter>");
    assert_int_equal(a.n, 1);
    assert_string_equal(a.text, "123456");
    assert_false(l->app->dialog.open);
    assert_false(said(l, "123456"));
    scope_cancel(&scope);
}

static void a_refused_code_is_a_refusal(void **state)
{
    struct lab *l = *state;
    struct scope scope;
    struct answer a = {0};
    open_two(l, NULL);
    scope_init(&scope, NULL);
    ask(l, &scope, &a);
    type(l, "12");
    key(l, "<Esc>");
    assert_int_equal(a.n, 1);
    assert_true(a.refused);
    assert_said(l, "r asks again");
    scope_cancel(&scope);
}

static void a_question_waits_for_an_open_dialog(void **state)
{
    struct lab *l = *state;
    struct scope scope;
    struct answer a = {0}, b = {0};
    open_two(l, "catalog-api");
    scope_init(&scope, NULL);
    key(l, "R");
    ask(l, &scope, &a);
    ask(l, &scope, &b);
    assert_asks(l, "forceNewDeployment");
    key(l, "<Esc>");
    assert_asks(l, "mfa/ann");
    key(l, "<Esc>");
    assert_int_equal(a.n, 1);
    assert_true(l->app->dialog.open);
    /* Nobody wants the second any more. */
    scope_cancel(&scope);
    assert_false(l->app->dialog.open);
    assert_int_equal(b.n, 0);
}

static void a_switch_refuses_the_questions_of_before(void **state)
{
    struct lab *l = *state;
    struct scope scope;
    struct answer a = {0}, b = {0};
    open_two(l, NULL);
    scope_init(&scope, NULL);
    ask(l, &scope, &a);
    ask(l, &scope, &b);
    go(l, "second");
    assert_true(a.refused && b.refused);
    assert_false(l->app->dialog.open);
    scope_cancel(&scope);
}

/* ---- rights and credentials that are missing ------------------------- */

static void what_is_denied_is_named_in_the_pane(void **state)
{
    struct lab *l = *state;
    l->sim = lab_sim(l, "default", 7);
    l->second = lab_sim(l, "quiet", 8);
    write_config(l, "");
    sim_fault_add(l->sim, "ListTasks", FAULT_DENY, 0, -1, 0);
    lab_open(l, "first", false, &kind_services, NULL, NULL);
    pass(l, 5000);
    assert_true(shows(l, "stopped tasks: not allowed (ecs:ListTasks)"));
    assert_true(shows(l, "of 49")); /* the rest is there, and fresh */
    assert_false(shows(l, "STALE"));
    assert_false(shows(l, "stale since"));
    size_t n = sim_count(l->sim, "ListTasks");
    pass(l, 120000);
    assert_int_equal(sim_count(l->sim, "ListTasks"), n);
    sim_fault_clear(l->sim);
    pass(l, 60000);
    assert_int_equal(sim_count(l->sim, "ListTasks"), n);
    key(l, "r");
    pass(l, 3000);
    assert_false(shows(l, "not allowed"));
    /* It belongs to its context. */
    sim_fault_add(l->sim, "ListTasks", FAULT_DENY, 0, -1, 0);
    key(l, "r");
    pass(l, 3000);
    assert_true(shows(l, "not allowed"));
    go(l, "second");
    pass(l, 3000);
    assert_false(shows(l, "not allowed"));
}

static void expired_keys_keep_the_rows_and_new_ones_are_found(void **state)
{
    struct lab *l = *state;
    open_two(l, NULL);
    assert_true(shows(l, "catalog-api"));
    sim_fault_add(l->sim, NULL, FAULT_EXPIRED, 0, -1, 0);
    pass(l, 30000);
    assert_true(shows(l, "catalog-api"));
    assert_true(shows(l, "STALE"));
    assert_true(l->app->realm->identity_known);
    sim_fault_clear(l->sim);
    pass(l, 90000);
    assert_false(shows(l, "STALE"));
    assert_int_equal(l->app->realm->number, 1);
}

/* New keys of another account in the same profile: a new context. */
static void keys_of_another_account_start_anew(void **state)
{
    struct lab *l = *state;
    open_two(l, "catalog-api");
    key(l, "R");
    assert_true(l->app->dialog.open);
    snprintf(l->app->realm->identity.account,
             sizeof(l->app->realm->identity.account), "999999999999");
    l->app->realm->generation--; /* as after a refresh */
    pass(l, 3000);
    assert_false(l->app->dialog.open);
    assert_int_equal(l->app->realm->number, 2);
    assert_said(l, "account 123456789012 now, not of 999999999999");
    assert_said(l, "nothing was sent");
    assert_true(l->app->realm->identity_known);
}

static void while_new_keys_are_asked_about_nothing_is_sent(void **state)
{
    struct lab *l = *state;
    open_two(l, "catalog-api");
    key(l, "R");
    confirm(l); /* it is being read again */
    l->app->realm->generation--;
    settle(l);
    pass(l, 500);
    assert_int_equal(mutations(l), 0);
    assert_said(l, "the credentials have just changed");
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
        T(profiles_are_listed_with_region_and_kind),
        T(the_region_list_begins_with_those_used),
        T(commands_that_fail_say_why_and_stay),
        T(names_are_completed),
        T(only_the_regions_there_are_can_be_gone_to),
        T(an_unknown_region_is_warned_of_with_a_way_back),
        T(whoami_says_who_said_so),
        T(readonly_is_not_lifted),
        T(set_readonly_holds_in_every_context),
        T(confirm_type_wants_the_name_for_everything),
        T(production_is_said_in_the_header_and_the_dialog),
        T(an_mfa_code_is_asked_for_in_a_dialog),
        T(a_refused_code_is_a_refusal),
        T(a_question_waits_for_an_open_dialog),
        T(a_switch_refuses_the_questions_of_before),
        T(what_is_denied_is_named_in_the_pane),
        T(expired_keys_keep_the_rows_and_new_ones_are_found),
        T(keys_of_another_account_start_anew),
        T(while_new_keys_are_asked_about_nothing_is_sent),
        T(ending_with_two_contexts_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
