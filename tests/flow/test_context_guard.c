/* What a context allows: marks of an account, questions of its credentials,
 * rights and keys that are missing. */
#include "tests/flow/context_bed.h"

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

/* A log waits for definitions: they say where the lines are. */
static void a_log_without_definitions_says_why(void **state)
{
    struct lab *l = *state;
    l->sim = lab_sim(l, "quiet", 7);
    l->second = lab_sim(l, "quiet", 8);
    write_config(l, "");
    sim_set_deny(l->sim, "ecs:DescribeTaskDefinition");
    lab_open(l, "first", false, &kind_services, "catalog-api", NULL);
    key(l, "l");
    pass(l, 5000);
    assert_true(shows(l, "images and definitions: not allowed "
                         "(ecs:DescribeTaskDefinition)"));
    assert_false(shows(l, "loading"));
    sim_set_deny(l->sim, NULL);
    key(l, "r");
    pass(l, 5000);
    assert_false(shows(l, "not allowed"));
    assert_true(shows(l, " UTC"));
}

/* Nor where one was deleted while its tasks run. */
static void a_log_whose_definition_cant_be_read_says_so(void **state)
{
    struct lab *l = *state;
    l->sim = lab_sim(l, "quiet", 7);
    l->second = lab_sim(l, "quiet", 8);
    write_config(l, "");
    sim_fault_add(l->sim, "DescribeTaskDefinition", FAULT_MALFORMED, 0, -1, 0);
    lab_open(l, "first", false, &kind_services, "catalog-api", NULL);
    key(l, "l");
    pass(l, 5000);
    assert_true(shows(l, "a task definition of catalog-api can't be read"));
    assert_false(shows(l, "loading"));
    sim_fault_clear(l->sim);
    key(l, "r");
    pass(l, 5000);
    assert_false(shows(l, "can't be read"));
    assert_true(shows(l, " UTC"));
    assert_true(shows(l, " lines"));
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
    assert_said(l, "The credentials have expired: GetCallerIdentity");
    assert_said(l, "With new ones the dashboard goes on by itself.");
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

static void while_new_keys_are_asked_about_an_action_waits(void **state)
{
    struct lab *l = *state;
    open_two(l, "catalog-api");
    key(l, "R");
    confirm(l); /* it is being read again */
    l->app->realm->generation--; /* as after a refresh */
    pass(l, 3000);
    assert_int_equal(mutations(l), 1);
    assert_false(l->app->dialog.open);
    assert_said(l, "Restarting catalog-api");
}

static void without_an_answer_about_new_keys_nothing_is_sent(void **state)
{
    struct lab *l = *state;
    open_two(l, "catalog-api");
    sim_fault_add(l->sim, "GetCallerIdentity", FAULT_DENY, 0, -1, 0);
    key(l, "R");
    confirm(l);
    l->app->realm->generation--;
    pass(l, 3000);
    assert_int_equal(mutations(l), 0);
    assert_false(l->app->dialog.open);
    assert_said(l, "Nothing was sent: the credentials have just changed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(readonly_is_not_lifted),
        T(set_readonly_holds_in_every_context),
        T(confirm_type_wants_the_name_for_everything),
        T(production_is_said_in_the_header_and_the_dialog),
        T(an_mfa_code_is_asked_for_in_a_dialog),
        T(a_refused_code_is_a_refusal),
        T(a_question_waits_for_an_open_dialog),
        T(a_switch_refuses_the_questions_of_before),
        T(what_is_denied_is_named_in_the_pane),
        T(a_log_without_definitions_says_why),
        T(a_log_whose_definition_cant_be_read_says_so),
        T(expired_keys_keep_the_rows_and_new_ones_are_found),
        T(keys_of_another_account_start_anew),
        T(while_new_keys_are_asked_about_an_action_waits),
        T(without_an_answer_about_new_keys_nothing_is_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
