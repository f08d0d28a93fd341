/* --read-only, proven: first that every mutation fires by its key and by its
 * command; then that no key in no view, no command and no binding of one's own
 * sends anything but reads; then that each of the two refusals, the one at the
 * dispatch and the one at the call, holds without the other. */
#include "tests/flow/lab.h"

#include "backend/aws/client.h"
#include "views/app/command.h"
#include "views/view.h"

/* What a session that only looks may call. StartLiveTail costs, but it changes
 * nothing, and asks first. */
static const char *const reads[] = {
    "DescribeClusters",   "DescribeLogGroups",
    "DescribeLogStreams", "DescribeServices",
    "DescribeServiceDeployments", "DescribeServiceRevisions",
    "DescribeTaskDefinition", "DescribeTasks",
    "FilterLogEvents",    "GetCallerIdentity",
    "GetLogEvents",       "ListAccountAliases",
    "ListClusters",       "ListServiceDeployments",
    "ListServices",       "ListTaskDefinitions",
    "ListTasks",          "StartLiveTail"};

enum layers { BOTH, CALL_ONLY, DISPATCH_ONLY, NEITHER };

/* A place where keys are pressed: from the services of a cluster by these
 * keys. The last may leave something open: a menu, a prompt. */
static const struct place {
    const char *name;
    const char *keys[4];
} places[] = {
    {"services", {0}},
    {"clusters", {"CLUSTERS"}},
    {"tasks", {"t"}},
    {"containers", {"t", "<Enter>"}},
    {"detail", {"d"}},
    {"json", {"y"}},
    {"events", {"e"}},
    {"log", {"l"}},
    {"detail of a task", {"t", "d"}},
    {"json of a task", {"t", "y"}},
    {"log of a task", {"t", "l"}},
    {"log of a container", {"t", "<Enter>", "l"}},
    {"a line in full", {"l", "P"}},
    {"help", {"?"}},
    {"messages", {"!"}},
    {"whoami", {"W"}},
    {"command line", {":"}},
    {"filter", {"/"}},
    {"search", {"l", "/"}},
    {"sort menu", {"o"}},
    {"profiles", {"@"}},
    {"regions", {"%"}},
    {"marked rows", {"<Space>"}},
    {"marked tasks", {"t", "*"}},
    {"paused", {"Z"}},
};

static void set_layers(struct lab *l, enum layers on)
{
    l->app->o.read_only = on == BOTH || on == DISPATCH_ONLY
                              ? "it was started with --read-only"
                              : NULL;
    l->app->o.realm.aws.read_only = on == BOTH || on == CALL_ONLY;
    aws_client_set_read_only(l->app->realm->client,
                             l->app->o.realm.aws.read_only);
}

static void close_questions(struct lab *l)
{
    for (int i = 0; i < 4 && (l->app->dialog.open || l->app->menu.open ||
                              l->app->prompt.open); i++)
        key(l, "<Esc>");
    assert_false(l->app->dialog.open || l->app->menu.open ||
                 l->app->prompt.open);
}

static void go_to(struct lab *l, const struct place *p, enum layers on)
{
    struct query q = {.kind = kind_services.query, .cluster = "prod-main"};
    struct err err = {0};
    close_questions(l);
    l->app->paused = l->app->fullscreen = l->app->quitting = false;
    l->app->suspend_wanted = l->app->redraw_wanted = false;
    if (strcmp(l->app->realm->region, sim_region(l->sim)) != 0 &&
        app_switch(l->app, NULL, sim_region(l->sim), &err))
        fail_msg("%s", err.message);
    struct view *v = table_view_new(l->app, &kind_services, &q);
    assert_int_equal(table_view_set_filter(v, "catalog-api", &err), 0);
    app_root(l->app, v);
    set_layers(l, on);
    pass(l, 1000);
    for (int i = 0; i < 4 && p->keys[i]; i++) {
        step(l, p->keys[i]);
        settle(l);
        pass(l, 500);
    }
}

/* Says yes to whatever is asked, as long as it asks. */
static void agree(struct lab *l, const char *number)
{
    for (int i = 0; i < 4 && l->app->dialog.open; i++) {
        struct dialog *d = &l->app->dialog;
        paint(l);
        if (d->field == DIALOG_TYPED && !*dialog_text(d))
            type(l, "catalog-api");
        else if (d->field == DIALOG_NUMBER)
            set_number(l, number);
        for (int k = 0; k < 4 && d->open && d->focus != DIALOG_ON_CONFIRM;
             k++)
            key(l, "<Tab>");
        key(l, "<Enter>");
        settle(l);
        pass(l, 500);
    }
}

struct standing {
    size_t depth;
    const struct view *top;
    bool menu, prompt;
};

static struct standing standing_of(const struct lab *l)
{
    return (struct standing){l->app->depth, app_top(l->app),
                             l->app->menu.open, l->app->prompt.open};
}

static bool moved(const struct lab *l, const struct standing *from)
{
    return l->app->depth != from->depth || app_top(l->app) != from->top ||
           l->app->menu.open != from->menu ||
           l->app->prompt.open != from->prompt || l->app->paused ||
           l->app->quitting;
}

/* Every key that a terminal can send. */
static size_t all_keys(struct key *out, size_t max)
{
    size_t n = 0;
    for (uint32_t c = ' '; c < 127; c++)
        out[n++] = (struct key){.code = c};
    for (uint32_t c = K_UP; c <= K_F12; c++)
        out[n++] = (struct key){.code = c};
    for (uint32_t c = 'a'; c <= 'z'; c++)
        for (uint8_t m = K_CTRL; m <= K_ALT; m++)
            out[n++] = (struct key){.code = c, .mods = m};
    for (uint32_t c = 'A'; c <= 'Z'; c++)
        out[n++] = (struct key){.code = c, .mods = K_ALT};
    assert_true(n <= max);
    return n;
}

static void assert_all_are_reads(struct lab *l, const char *where)
{
    for (size_t i = 0; i < sim_requests(l->sim); i++) {
        const struct sim_request *r = sim_request_at(l->sim, i);
        bool known = false;
        for (size_t k = 0; k < ARRAY_LEN(reads) && !known; k++)
            known = strcmp(reads[k], r->operation) == 0;
        if (!known)
            fail_msg("%s: %s was called", where, r->operation);
    }
}

static void open_lab(struct lab *l, bool read_only)
{
    open_app(l, "quiet", read_only, &kind_services, "catalog-api");
    go_to(l, &places[0], read_only ? BOTH : NEITHER);
}

/* ---- writable: it all fires ------------------------------------------ */

static const struct mutation {
    enum action_id action;
    const char *key, *command, *operation;
    size_t place;
} mutations_of_keymap[] = {
    {ACTION_SCALE, "S", "scale 5", "UpdateService", 0},
    {ACTION_RESTART, "R", "restart", "UpdateService", 0},
    {ACTION_ROLLBACK, "B", "rollback", "UpdateService", 0},
    {ACTION_STOP, "K", "stop", "StopTask", 2},
};

static void each_mutation_fires_by_key_and_by_command(void **state)
{
    struct lab *l = *state;
    size_t mutating = 0;
    open_lab(l, false);
    for (enum action_id id = ACTION_NONE + 1; id < ACTION_N; id++)
        mutating += action_mutates(id);
    assert_int_equal(mutating, ARRAY_LEN(mutations_of_keymap));
    for (size_t i = 0; i < 2 * mutating; i++) {
        const struct mutation *m = &mutations_of_keymap[i / 2];
        assert_true(action_mutates(m->action));
        go_to(l, &places[m->place], NEITHER);
        size_t before = sim_count(l->sim, m->operation);
        if (i % 2 == 0)
            key(l, m->key);
        else
            app_command(l->app, m->command);
        settle(l);
        assert_true(l->app->dialog.open);
        agree(l, i ? "5" : "7");
        if (sim_count(l->sim, m->operation) != before + 1)
            fail_msg("%s sent nothing", m->command);
        pass(l, 120000); /* it is over before the next */
    }
}

/* ---- read-only ------------------------------------------------------- */

static void no_key_anywhere_sends_anything_but_reads(void **state)
{
    struct lab *l = *state;
    struct key keys[256];
    size_t n = all_keys(keys, ARRAY_LEN(keys)), pressed = 0, prices = 0;
    open_lab(l, true);
    for (size_t p = 0; p < ARRAY_LEN(places); p++) {
        go_to(l, &places[p], BOTH);
        struct standing from = standing_of(l);
        for (size_t i = 0; i < n; i++) {
            paint(l);
            app_key(l->app, keys[i]);
            paint(l);
            clock_advance(l->clock, 10);
            assert_true(loop_until_idle(l->loop, 60000));
            if (l->app->dialog.open && !asks(l, "USD"))
                fail_msg("a dialog opened under --read-only");
            prices += l->app->dialog.open;
            agree(l, "7");
            pressed++;
            if (!moved(l, &from))
                continue;
            go_to(l, &places[p], BOTH);
            from = standing_of(l);
        }
        assert_all_are_reads(l, places[p].name);
    }
    assert_int_equal(pressed, n * ARRAY_LEN(places));
    assert_int_equal(prices, 3); /* each of the logs */
    assert_true(sim_count(l->sim, "FilterLogEvents") > 0);
    assert_true(sim_count(l->sim, "DescribeTaskDefinition") > 0);
}

/* All that Tab offers, with arguments that mean something. */
static void every_command(struct lab *l, const struct place *p,
                          enum layers on)
{
    static const char *const arguments[] = {"", " 3", " 0", " yes",
                                            " prod-main /catalog-api"};
    struct completion c;
    completion_init(&c);
    go_to(l, p, on);
    close_questions(l);
    key(l, ":");
    l->app->prompt.complete(l->app->prompt.complete_ctx, "", 0, &c);
    key(l, "<Esc>");
    assert_true(c.n > ACTION_N);
    for (size_t i = 0; i < c.n; i++) {
        for (size_t k = 0; k < ARRAY_LEN(arguments); k++) {
            char line[120];
            struct standing from = standing_of(l);
            snprintf(line, sizeof(line), "%s%s", c.items[i], arguments[k]);
            if (k && action_find(c.items[i]) && strcmp(c.items[i], "scale"))
                continue; /* actions take no argument */
            app_command(l->app, line);
            settle(l);
            agree(l, "7");
            if (moved(l, &from))
                go_to(l, p, on);
        }
    }
    completion_release(&c);
}

static void no_command_sends_anything_but_reads(void **state)
{
    static const size_t where[] = {0, 2, 4, 7};
    struct lab *l = *state;
    open_lab(l, true);
    for (size_t i = 0; i < ARRAY_LEN(where); i++) {
        every_command(l, &places[where[i]], BOTH);
        assert_all_are_reads(l, places[where[i]].name);
    }
    app_command(l->app, "set readonly no");
    assert_non_null(app_read_only(l->app));
    assert_true(aws_client_read_only(l->app->realm->client));
}

static void no_binding_of_ones_own_gets_round_it(void **state)
{
    static const char file[] = "bind generic a restart\n"
                               "bind generic b stop\n"
                               "bind generic F \":scale 3\"\n"
                               "bind table D \":rollback\"\n"
                               "bind text u \":scale 4\"\n";
    static const char *const keys[] = {"a", "b", "F", "D", "u"};
    struct lab *l = *state;
    assert_int_equal(keymap_parse(l->keymap, "mine", file, strlen(file),
                                  NULL, NULL), 0);
    open_lab(l, true);
    for (size_t p = 0; p < ARRAY_LEN(places); p++) {
        for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
            go_to(l, &places[p], BOTH);
            key(l, keys[i]);
            settle(l);
            assert_false(l->app->dialog.open);
        }
    }
    assert_all_are_reads(l, "own bindings");
    assert_said(l, "Read-only: restart is refused");
    assert_said(l, "Read-only: stop is refused");
    assert_said(l, "Read-only: scale is refused");
    assert_said(l, "Read-only: rollback is refused");
}

/* ---- one layer alone -------------------------------------------------- */

static void all_mutations(struct lab *l, enum layers on)
{
    for (size_t i = 0; i < 2 * ARRAY_LEN(mutations_of_keymap); i++) {
        const struct mutation *m = &mutations_of_keymap[i / 2];
        for (size_t p = 0; p < ARRAY_LEN(places); p++) {
            go_to(l, &places[p], on);
            if (i % 2 == 0) {
                key(l, m->key);
            } else {
                close_questions(l);
                app_command(l->app, m->command);
            }
            settle(l);
            assert_true(on == CALL_ONLY || !l->app->dialog.open);
            agree(l, "7");
        }
    }
}

static void the_dispatch_refuses_alone(void **state)
{
    struct lab *l = *state;
    open_lab(l, true);
    all_mutations(l, DISPATCH_ONLY);
    assert_false(aws_client_read_only(l->app->realm->client));
    assert_all_are_reads(l, "without the refusal at the call");
    for (size_t i = 0; i < ARRAY_LEN(mutations_of_keymap); i++) {
        char text[64];
        snprintf(text, sizeof(text), "Read-only: %s is refused",
                 action_get(mutations_of_keymap[i].action)->name);
        assert_said(l, text);
    }
}

static void the_call_refuses_alone(void **state)
{
    struct lab *l = *state;
    open_lab(l, true);
    all_mutations(l, CALL_ONLY);
    every_command(l, &places[0], CALL_ONLY);
    assert_null(app_read_only(l->app));
    assert_all_are_reads(l, "without the refusal at the dispatch");
    assert_said(l, "UpdateService changes things, and this is a read-only");
    assert_said(l, "StopTask changes things, and this is a read-only");
    assert_false(said(l, "Read-only: "));
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(each_mutation_fires_by_key_and_by_command),
        T(no_key_anywhere_sends_anything_but_reads),
        T(no_command_sends_anything_but_reads),
        T(no_binding_of_ones_own_gets_round_it),
        T(the_dispatch_refuses_alone),
        T(the_call_refuses_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
