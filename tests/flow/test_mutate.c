/* The four actions, from key to outcome. */
#include "tests/flow/lab.h"

/* The only request of `op` had exactly this body. Takes `want`. */
static void assert_sent(struct lab *l, const char *op, json_t *want)
{
    assert_int_equal(sim_count(l->sim, op), 1);
    for (size_t i = 0; i < sim_requests(l->sim); i++) {
        const struct sim_request *r = sim_request_at(l->sim, i);
        if (strcmp(r->operation, op) != 0)
            continue;
        json_t *got = json_loads(r->body, 0, NULL);
        if (!json_equal(got, want))
            fail_msg("%s was sent %s", op, r->body);
        json_decref(got);
    }
    json_decref(want);
}

static struct sim_service *service(struct lab *l, const char *name)
{
    struct sim_cluster *c = world_cluster(sim_world_of(l->sim), "prod-main");
    struct sim_service *s = world_service(c, name);
    assert_non_null(s);
    return s;
}

static json_t *audit_line(const struct lab *l, size_t i)
{
    char line[4000] = "";
    FILE *f = fopen(l->audit, "r");
    assert_non_null(f);
    for (size_t k = 0; k <= i; k++)
        assert_non_null(fgets(line, sizeof(line), f));
    fclose(f);
    json_t *o = json_loads(line, 0, NULL);
    assert_non_null(o);
    return o;
}

static void assert_audit(const struct lab *l, size_t i, const char *member,
                         const char *part)
{
    json_t *o = audit_line(l, i);
    const char *text = json_string_value(json_object_get(o, member));
    if (!text || !strstr(text, part))
        fail_msg("%s is %s, without %s", member, text ? text : "-", part);
    json_decref(o);
}

/* ---- scale ----------------------------------------------------------- */

static void scale_sends_only_the_count_and_follows_until_steady(void **state)
{
    struct lab *l = *state;
    struct stat st;
    open_app(l, "quiet", false, &kind_services, "catalog-api");
    struct sim_service *s = service(l, "catalog-api");
    key(l, "S");
    assert_asks(l, s->arn);
    assert_asks(l, l->app->realm->identity.account);
    assert_asks(l, l->app->realm->identity.name);
    assert_asks(l, sim_region(l->sim));
    assert_asks(l, "prod-main");
    assert_asks(l, "desired 6, running 6");
    assert_int_equal(l->app->dialog.focus, DIALOG_ON_CANCEL);
    assert_asks(l, "desired 6, type another");
    /* What it would do is said for what is typed. */
    set_number(l, "5");
    assert_asks(l, "desired 6 -> 5; 6 run now, 1 of them is stopped");
    set_number(l, "");
    assert_asks(l, "desired 6, type another");
    set_number(l, "6");
    assert_asks(l, "nothing: desired is 6 already");
    set_number(l, "8");
    assert_asks(l, "desired 6 -> 8; 6 run now");
    assert_asks(l, "UpdateService desiredCount=8");
    confirm(l);
    settle(l);
    assert_sent(l, "UpdateService",
                json_pack("{s:s,s:s,s:i}", "cluster", s->cluster->arn,
                          "service", s->arn, "desiredCount", 8));
    assert_int_equal(s->desired, 8);
    assert_said(l, "Scaling catalog-api 6 -> 8 (request ");
    assert_false(l->app->dialog.open);
    pass(l, 180000);
    assert_said(l, "8/8, steady after");
    assert_int_equal(stat(l->audit, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_audit(l, 0, "arn", s->arn);
    assert_audit(l, 0, "before", "desired=6");
    assert_audit(l, 0, "after", "desiredCount=8");
    assert_audit(l, 0, "outcome", "ok");
    assert_audit(l, 0, "who", l->app->realm->identity.arn);
    assert_audit(l, 0, "request_id", "-");
}

static void scale_to_zero_wants_the_name_typed(void **state)
{
    struct lab *l = *state;
    open_app(l, "quiet", false, &kind_services, "catalog-api");
    key(l, "S");
    set_number(l, "0");
    confirm(l);
    settle(l);
    assert_int_equal(mutations(l), 0);
    assert_asks(l, "desired 6 -> 0; 6 run now, all are stopped");
    confirm_typed(l, "catalog-api");
    settle(l);
    assert_int_equal(service(l, "catalog-api")->desired, 0);
}

static void scale_to_the_same_count_sends_nothing(void **state)
{
    struct lab *l = *state;
    open_app(l, "quiet", false, &kind_services, "catalog-api");
    key(l, "S");
    confirm(l);
    settle(l);
    assert_false(l->app->dialog.open);
    assert_said(l, "Nothing to change: desired is 6 already.");
    assert_int_equal(mutations(l), 0);
}

static void a_count_set_back_by_someone_else_is_told(void **state)
{
    struct lab *l = *state;
    open_app(l, "quiet", false, &kind_services, "catalog-api");
    struct sim_service *s = service(l, "catalog-api");
    key(l, "S");
    set_number(l, "8");
    confirm(l);
    settle(l);
    world_update_service(sim_world_of(l->sim), s, 6, NULL, false);
    pass(l, 8000);
    assert_said(l, "reverted to 6 by someone else");
    assert_false(said(l, "steady"));
}

/* ---- nothing is confirmed by accident -------------------------------- */

static void type_ahead_confirms_nothing(void **state)
{
    struct lab *l = *state;
    open_app(l, "quiet", false, &kind_services, "catalog-api");
    paint(l);
    raw_key(l, "R");
    raw_key(l, "<Tab>");
    raw_key(l, "<Enter>");
    settle(l);
    assert_int_equal(mutations(l), 0);
    assert_true(l->app->dialog.open);
    /* And a burst that moves the focus and presses at once. */
    paint(l);
    raw_key(l, "<Tab>");
    raw_key(l, "<Enter>");
    settle(l);
    assert_int_equal(mutations(l), 0);
    assert_true(l->app->dialog.open);
}

static void pasted_text_opens_and_confirms_nothing(void **state)
{
    struct lab *l = *state;
    open_app(l, "quiet", false, &kind_services, "catalog-api");
    app_paste(l->app, "R", 1);
    assert_false(l->app->dialog.open);
    key(l, "B");
    settle(l);
    paint(l);
    assert_int_equal(l->app->dialog.field, DIALOG_TYPED);
    app_paste(l->app, "catalog-api\n", 12);
    paint(l);
    app_paste(l->app, "\n", 1);
    settle(l);
    assert_string_equal(dialog_text(&l->app->dialog), "");
    assert_int_equal(mutations(l), 0);
}

static void escape_sends_nothing_even_while_it_is_read_again(void **state)
{
    struct lab *l = *state;
    open_app(l, "quiet", false, &kind_services, "catalog-api");
    key(l, "R");
    confirm(l);
    assert_true(l->app->dialog.open);
    key(l, "<Esc>");
    settle(l);
    pass(l, 2000);
    assert_said(l, "Cancelled: nothing was sent");
    assert_int_equal(mutations(l), 0);
    assert_false(l->app->dialog.open);
}

static void a_changed_target_asks_again(void **state)
{
    struct lab *l = *state;
    open_app(l, "quiet", false, &kind_services, "catalog-api");
    struct sim_service *s = service(l, "catalog-api");
    key(l, "S");
    set_number(l, "8");
    world_update_service(sim_world_of(l->sim), s, 7, NULL, false);
    confirm(l);
    settle(l);
    assert_int_equal(mutations(l), 0);
    assert_asks(l, "desired 6 -> 7");
    assert_false(l->app->dialog.painted);
    assert_int_equal(l->app->dialog.focus, DIALOG_ON_CANCEL);
    raw_key(l, "<Tab>");
    raw_key(l, "<Enter>"); /* typed ahead for the dialog before */
    settle(l);
    assert_int_equal(mutations(l), 0);
    confirm(l);
    settle(l);
    assert_int_equal(mutations(l), 1);
    assert_said(l, "Scaling catalog-api 7 -> 8");
}

/* ---- refusals -------------------------------------------------------- */

static void read_only_opens_nothing(void **state)
{
    struct lab *l = *state;
    open_app(l, "quiet", true, &kind_services, "catalog-api");
    const char *keys[] = {"S", "R", "B"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        key(l, keys[i]);
        assert_false(l->app->dialog.open);
    }
    app_command(l->app, "scale 9");
    assert_false(l->app->dialog.open);
    /* Were the dispatch point to fail, the call layer still refuses. */
    l->app->o.read_only = NULL;
    key(l, "R");
    confirm(l);
    settle(l);
    assert_int_equal(mutations(l), 0);
    assert_said(l, "Nothing was sent");
}

static void an_account_marked_readonly_is_refused(void **state)
{
    struct lab *l = *state;
    open_app(l, "quiet", false, &kind_services, "catalog-api");
    l->config.n_contexts = 1;
    l->config.contexts[0].read_only = true;
    snprintf(l->config.contexts[0].account,
             sizeof(l->config.contexts[0].account), "%s",
             l->app->realm->identity.account);
    key(l, "R");
    assert_false(l->app->dialog.open);
    assert_said(l, "as readonly");
}

static void an_unknown_identity_is_refused(void **state)
{
    struct lab *l = *state;
    open_app(l, "quiet", false, &kind_services, "catalog-api");
    l->app->realm->identity_known = false;
    key(l, "R");
    assert_false(l->app->dialog.open);
    assert_said(l, "not known yet");
}

static void a_daemon_has_no_count(void **state)
{
    struct lab *l = *state;
    open_app(l, "default", false, &kind_services, "node-agent");
    key(l, "S");
    assert_false(l->app->dialog.open);
    assert_said(l, "DAEMON");
}

static void codedeploy_services_can_only_be_scaled(void **state)
{
    struct lab *l = *state;
    open_app(l, "default", false, &kind_services, "accounts-bluegreen");
    key(l, "R");
    assert_false(l->app->dialog.open);
    key(l, "B");
    assert_false(l->app->dialog.open);
    assert_said(l, "CodeDeploy");
    key(l, "S");
    assert_true(l->app->dialog.open);
}

/* Marks decide, never the row that the cursor has gone on to. */
static void of_several_marked_services_none_is_chosen(void **state)
{
    static const char *const keys[] = {"S", "R", "B"};
    struct lab *l = *state;
    open_app(l, "quiet", false, &kind_services, "");
    key(l, "<Space>");
    key(l, "<Space>");
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        char want[100];
        key(l, keys[i]);
        settle(l);
        assert_false(l->app->dialog.open);
        snprintf(want, sizeof(want), "%s acts on one service; 2 are marked: "
                 "U clears the marks.", keys[i]);
        assert_said(l, want);
    }
    app_command(l->app, "scale 9");
    assert_false(l->app->dialog.open);
    key(l, "U");
    key(l, "R");
    assert_true(l->app->dialog.open);
}

static void the_one_marked_service_is_the_target(void **state)
{
    static const char *const keys[] = {"S", "R", "B"};
    struct lab *l = *state;
    struct target *marked;
    open_app(l, "quiet", false, &kind_services, "");
    key(l, "<Space>");
    assert_int_equal(table_view_targets(app_top(l->app), &marked), 1);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        key(l, keys[i]);
        settle(l);
        paint(l);
        assert_asks(l, marked->key);
        key(l, "<Esc>");
    }
    target_release(marked);
    free(marked);
}

/* ---- restart, roll back ---------------------------------------------- */

static void restart_sends_only_the_new_deployment(void **state)
{
    struct lab *l = *state;
    open_app(l, "quiet", false, &kind_services, "catalog-api");
    struct sim_service *s = service(l, "catalog-api");
    key(l, "R");
    assert_asks(l, "tags are resolved again");
    assert_asks(l, "definition :201 -> :201 in a new deployment: all tasks are "
                "replaced (6 run now); desired stays 6");
    assert_asks(l, "UpdateService forceNewDeployment=true");
    confirm(l);
    settle(l);
    assert_sent(l, "UpdateService",
                json_pack("{s:s,s:s,s:b}", "cluster", s->cluster->arn,
                          "service", s->arn, "forceNewDeployment", 1));
    assert_false(said(l, "steady"));
    pass(l, 300000);
    assert_said(l, "): 6/6, steady after");
    assert_said(l, "Restarting catalog-api (request ");
}

static void roll_back_takes_the_active_revision_before(void **state)
{
    struct lab *l = *state;
    open_app(l, "quiet", false, &kind_services, "catalog-api");
    struct sim_service *s = service(l, "catalog-api");
    const struct sim_taskdef *back =
        world_taskdef(sim_world_of(l->sim), "catalog-api:200");
    char want[200], images[100];
    snprintf(want, sizeof(want), "%s", back->arn);
    key(l, "B");
    settle(l);
    assert_asks(l, ":200 is the newest registered revision before the present "
                "one");
    pass(l, 2000);
    snprintf(images, sizeof(images), "%s -> %s",
             strrchr(s->def->containers[0].image, ':') + 1,
             strrchr(back->containers[0].image, ':') + 1);
    assert_asks(l, images);
    assert_asks(l, "definition :201 -> :200 in a new deployment; desired "
                "stays 6");
    assert_asks(l, "UpdateService taskDefinition=catalog-api:200");
    confirm_typed(l, "catalog-api");
    settle(l);
    assert_sent(l, "UpdateService",
                json_pack("{s:s,s:s,s:s}", "cluster", s->cluster->arn,
                          "service", s->arn, "taskDefinition", want));
    assert_said(l, "Rolling catalog-api back :201 -> :200 (request ");
}

/* In the middle of it the way back is the deployment that still runs: that
 * undoes the first. */
static void a_roll_back_that_undoes_one_says_so(void **state)
{
    struct lab *l = *state;
    open_app(l, "quiet", false, &kind_services, "catalog-api");
    key(l, "B");
    settle(l);
    assert_string_equal(l->app->dialog.title, "ROLL BACK catalog-api");
    assert_false(asks(l, "undo"));
    confirm_typed(l, "catalog-api");
    settle(l);
    pass(l, 8000);
    key(l, "B");
    settle(l);
    assert_asks(l, ":201 is the ACTIVE deployment");
    assert_asks(l, "the roll-back :201 -> :200 was sent 8s ago and is under "
                "way: this would undo it");
    assert_string_equal(l->app->dialog.title,
                        "UNDO THE ROLL-BACK OF catalog-api");
    assert_string_equal(l->app->dialog.confirm, "Undo it");
    key(l, "<Esc>");
    /* And when it is over. */
    pass(l, 300000);
    assert_said(l, "steady after");
    key(l, "B");
    settle(l);
    assert_asks(l, ":201 is the last before it that completed here");
    assert_asks(l, "ago: this would undo it");
    confirm_typed(l, "catalog-api");
    settle(l);
    assert_said(l, "Undoing the roll-back of catalog-api :200 -> :201 (");
}

/* Somebody else's is seen by the revisions. */
static void a_roll_back_to_a_later_revision_is_told(void **state)
{
    struct lab *l = *state;
    open_app(l, "quiet", false, &kind_services, "catalog-api");
    struct sim_world *w = sim_world_of(l->sim);
    world_update_service(w, service(l, "catalog-api"), -1,
                         world_taskdef(w, "catalog-api:200"), false);
    pass(l, 8000);
    key(l, "B");
    settle(l);
    assert_asks(l, ":201 is later than :200: if somebody has rolled back to "
                ":200, this would undo it");
}

static void a_roll_back_of_ecs_itself_is_told(void **state)
{
    struct lab *l = *state;
    open_app(l, "quiet", false, &kind_services, "catalog-api");
    struct sim_world *w = sim_world_of(l->sim);
    struct sim_service *s = service(l, "catalog-api");
    world_update_service(w, s, -1, world_taskdef(w, "catalog-api:200"), false);
    snprintf(s->deployments[0]->reason, sizeof(s->deployments[0]->reason),
             "ECS deployment circuit breaker: rolling back to deploymentId "
             "ecs-svc/1.");
    pass(l, 8000);
    key(l, "B");
    settle(l);
    assert_asks(l, "ECS is rolling back to :200 itself");
}

/* All of them run all the time; what is new is what matters. */
static void a_roll_back_is_followed_by_what_is_new(void **state)
{
    struct lab *l = *state;
    open_app(l, "quiet", false, &kind_services, "catalog-api");
    key(l, "B");
    settle(l);
    confirm_typed(l, "catalog-api");
    settle(l);
    bool counted = false, all = false; /* in one line that changes */
    for (int i = 0; i < 200 && !said(l, "steady"); i++) {
        pass(l, 2000);
        counted |= said(l, " of 6 new after ");
        all |= said(l, "): 6/6 after");
    }
    assert_said(l, "Rolling catalog-api back :201 -> :200 (request ");
    assert_true(counted);
    assert_false(all);
    assert_said(l, "): 6/6, steady after");
}

static void roll_back_prefers_what_completed_while_we_looked(void **state)
{
    struct lab *l = *state;
    open_app(l, "quiet", false, &kind_services, "catalog-api");
    struct sim_world *w = sim_world_of(l->sim);
    struct sim_service *s = service(l, "catalog-api");
    struct sim_taskdef *next =
        world_next_taskdef(w, s->def, "a", sim_now(l->sim));
    next = world_next_taskdef(w, next, "b", sim_now(l->sim));
    world_update_service(w, s, -1, next, false); /* :201 to :203 */
    pass(l, 400000);
    assert_string_equal(s->deployments[0]->rollout, "COMPLETED");
    key(l, "B");
    assert_asks(l, ":201 is the last before it that completed here");
}

/* Which deployment is ours cannot be known then: nothing is counted. */
static void deployments_without_ids_are_followed(void **state)
{
    struct lab *l = *state;
    open_app(l, "quiet", false, &kind_services, "catalog-api");
    struct sim_service *s = service(l, "catalog-api");
    key(l, "B");
    settle(l);
    sim_fault_add(l->sim, "UpdateService", FAULT_NULLS, 0, 1, 0);
    confirm_typed(l, "catalog-api");
    settle(l);
    for (size_t i = 0; i < s->n_deployments; i++)
        s->deployments[i]->id[0] = '\0';
    pass(l, 300000);
    assert_false(said(l, " new after "));
    assert_said(l, "): 6/6, steady after");
}

static void another_deployment_in_between_is_told(void **state)
{
    struct lab *l = *state;
    open_app(l, "quiet", false, &kind_services, "catalog-api");
    struct sim_world *w = sim_world_of(l->sim);
    struct sim_service *s = service(l, "catalog-api");
    key(l, "R");
    confirm(l);
    settle(l);
    world_update_service(
        w, s, -1, world_next_taskdef(w, s->def, "a", sim_now(l->sim)), false);
    pass(l, 4000);
    assert_said(l, "somebody deployed");
    assert_false(said(l, "steady"));
}

/* ---- stop ------------------------------------------------------------ */

static void stop_names_what_remains_and_sends_the_reason(void **state)
{
    struct lab *l = *state;
    open_app(l, "quiet", false, &kind_tasks, "catalog-api");
    key(l, "K");
    assert_asks(l, "5 of 6 healthy tasks of catalog-api remain");
    assert_asks(l, "this task is stopped");
    assert_asks(l, "StopTask for 1 task");
    char arn[300];
    snprintf(arn, sizeof(arn), "%s", l->app->dialog.lines[2].value);
    type(l, "stuck");
    confirm(l);
    settle(l);
    assert_sent(l, "StopTask",
                json_pack("{s:s,s:s,s:s}", "cluster",
                          service(l, "catalog-api")->cluster->arn, "task",
                          arn, "reason", "stuck"));
    assert_said(l, "Stopping 1 of 1 task (request ");
    pass(l, 180000);
    assert_said(l, "): 6/6, steady after");
    assert_said(l, "Replacing tasks of catalog-api (request ");
    assert_audit(l, 0, "before", "RUNNING");
    assert_audit(l, 0, "after", "stuck");
    json_t *o = audit_line(l, 0);
    char *text = json_dumps(o, 0);
    /* The value of its DATABASE_URL. */
    assert_null(strstr(text, "10.0.3.9"));
    free(text);
    json_decref(o);
}

static void stopping_all_tasks_wants_it_typed(void **state)
{
    struct lab *l = *state;
    open_app(l, "quiet", false, &kind_tasks, "coupons");
    key(l, "<Space>");
    key(l, "<Space>");
    key(l, "K");
    assert_asks(l, "0 of 2 healthy tasks of coupons remain");
    confirm(l);
    settle(l);
    assert_int_equal(mutations(l), 0);
    assert_asks(l, "by how many are stopped: 2 tasks");
    assert_string_equal(l->app->dialog.field_label, "type how many");
    confirm_typed(l, "2 tasks");
    settle(l);
    assert_int_equal(sim_count(l->sim, "StopTask"), 2);
}

static void a_standalone_task_is_not_replaced(void **state)
{
    struct lab *l = *state;
    open_app(l, "default", false, &kind_tasks, "db-migrate");
    key(l, "K");
    assert_asks(l, "standalone: will not be replaced");
}

/* ---- failures -------------------------------------------------------- */

/* The request that scales the service meets this fate. */
static void scale_under(struct lab *l, enum sim_fault fault)
{
    open_app(l, "quiet", false, &kind_services, "catalog-api");
    sim_fault_add(l->sim, "UpdateService", fault, 0, 1, 0);
    key(l, "S");
    set_number(l, "8");
    confirm(l);
    settle(l);
    pass(l, 10000);
    assert_int_equal(sim_count(l->sim, "UpdateService"), 1);
}

static void an_unknown_outcome_is_looked_up_and_never_sent_again(void **state)
{
    struct lab *l = *state;
    scale_under(l, FAULT_RESET_AFTER);
    assert_said(l, "The outcome is unknown");
    assert_said(l, "Looked up: it took effect on catalog-api");
    assert_audit(l, 1, "outcome", "looked up: took effect");
    pass(l, 180000);
    assert_said(l, "8/8, steady after");
}

static void an_unknown_outcome_without_effect_says_so(void **state)
{
    struct lab *l = *state;
    scale_under(l, FAULT_RESET_BEFORE);
    assert_said(l, "it has not taken effect");
    assert_int_equal(service(l, "catalog-api")->desired, 6);
}

static void an_unknown_stop_is_looked_up(void **state)
{
    struct lab *l = *state;
    open_app(l, "quiet", false, &kind_tasks, "catalog-api");
    sim_fault_add(l->sim, "StopTask", FAULT_RESET_AFTER, 0, 1, 0);
    key(l, "K");
    confirm(l);
    settle(l);
    pass(l, 10000);
    assert_int_equal(sim_count(l->sim, "StopTask"), 1);
    assert_said(l, "Looked up: it took effect");
}

static void a_denied_call_says_who_may_not(void **state)
{
    struct lab *l = *state;
    open_app(l, "quiet", false, &kind_services, "catalog-api");
    sim_fault_add(l->sim, "UpdateService", FAULT_DENY, 0, 1, 0);
    key(l, "R");
    confirm(l);
    settle(l);
    assert_said(l, "This identity may not do that");
    assert_audit(l, 0, "outcome", "not authorized");
}

static void ending_amid_a_call_leaves_a_trace(void **state)
{
    struct lab *l = *state;
    open_app(l, "quiet", false, &kind_services, "catalog-api");
    sim_fault_add(l->sim, "UpdateService", FAULT_DELAY, 0, 1, 60000);
    key(l, "R");
    confirm(l);
    while (!sim_count(l->sim, "UpdateService"))
        loop_turn(l->loop, 100);
    app_free(l->app);
    l->app = NULL;
    assert_audit(l, 0, "outcome", "unknown");
}

/* Looking leaves nothing behind; the first entry makes the folder. */
static void the_folder_of_the_audit_log_is_made_when_it_is_needed(void **state)
{
    struct lab *l = *state;
    struct stat st;
    char *folder = xasprintf("%s/state/ecsdash", l->dir);
    char *state_dir = xasprintf("%s/state", l->dir);
    free(l->audit);
    l->audit = xasprintf("%s/audit.log", folder);
    open_app(l, "quiet", false, &kind_services, "catalog-api");
    assert_int_equal(stat(state_dir, &st), -1);
    key(l, "R");
    confirm(l);
    settle(l);
    assert_int_equal(stat(folder, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_audit(l, 0, "outcome", "ok");
    assert_int_equal(stat(l->audit, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    unlink(l->audit);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(rmdir(state_dir), 0);
    free(folder);
    free(state_dir);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(scale_sends_only_the_count_and_follows_until_steady),
        T(scale_to_zero_wants_the_name_typed),
        T(scale_to_the_same_count_sends_nothing),
        T(a_count_set_back_by_someone_else_is_told),
        T(type_ahead_confirms_nothing),
        T(pasted_text_opens_and_confirms_nothing),
        T(escape_sends_nothing_even_while_it_is_read_again),
        T(a_changed_target_asks_again),
        T(read_only_opens_nothing),
        T(an_account_marked_readonly_is_refused),
        T(an_unknown_identity_is_refused),
        T(a_daemon_has_no_count),
        T(codedeploy_services_can_only_be_scaled),
        T(of_several_marked_services_none_is_chosen),
        T(the_one_marked_service_is_the_target),
        T(restart_sends_only_the_new_deployment),
        T(roll_back_takes_the_active_revision_before),
        T(a_roll_back_that_undoes_one_says_so),
        T(a_roll_back_to_a_later_revision_is_told),
        T(a_roll_back_of_ecs_itself_is_told),
        T(a_roll_back_is_followed_by_what_is_new),
        T(roll_back_prefers_what_completed_while_we_looked),
        T(deployments_without_ids_are_followed),
        T(another_deployment_in_between_is_told),
        T(stop_names_what_remains_and_sends_the_reason),
        T(stopping_all_tasks_wants_it_typed),
        T(a_standalone_task_is_not_replaced),
        T(an_unknown_outcome_is_looked_up_and_never_sent_again),
        T(an_unknown_outcome_without_effect_says_so),
        T(an_unknown_stop_is_looked_up),
        T(a_denied_call_says_who_may_not),
        T(ending_amid_a_call_leaves_a_trace),
        T(the_folder_of_the_audit_log_is_made_when_it_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
