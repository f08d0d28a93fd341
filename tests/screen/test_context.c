/* One account and another, in the real program: switching while it runs, what
 * a marked account looks like, and codes that are asked for. */
#include "tests/screen/scene.h"

#include <sys/stat.h>
#include <unistd.h>

static struct place {
    struct sim_child sim;
    char dir[64], aws[96], config[96], log[96];
    char endpoint[128], aws_env[128];
} place;

static void put_profile(FILE *f, const char *name, const char *account,
                        const char *role, const char *region)
{
    fprintf(f, "[profile %s]\nrole_arn = arn:aws:iam::%s:role/%s\n"
            "source_profile = base\nregion = %s\n",
            name, account, role, region);
}

/* Profiles of two accounts on one simulator; `config` is ecsdash's own. */
static void place_open(const char *const *sim_args, const char *config)
{
    struct place *p = &place;
    assert_true(sim_child_start(&p->sim, sim_args));
    snprintf(p->dir, sizeof(p->dir), "/tmp/ecsdash-context-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    snprintf(p->aws, sizeof(p->aws), "%s/aws", p->dir);
    snprintf(p->config, sizeof(p->config), "%s/config", p->dir);
    snprintf(p->log, sizeof(p->log), "%s/log", p->dir);
    snprintf(p->endpoint, sizeof(p->endpoint), "AWS_ENDPOINT_URL=%s",
             p->sim.endpoint);
    snprintf(p->aws_env, sizeof(p->aws_env), "AWS_CONFIG_FILE=%s", p->aws);
    FILE *f = fopen(p->aws, "w");
    assert_non_null(f);
    fchmod(fileno(f), 0600);
    fprintf(f, "[profile base]\nregion = eu-west-1\n"
            "aws_access_key_id = %s\naws_secret_access_key = %s\n",
            strchr(p->sim.env[1], '=') + 1, strchr(p->sim.env[2], '=') + 1);
    put_profile(f, "oncall", "123456789012", "oncall", "eu-west-1");
    put_profile(f, "staging", "210987654321", "staging", "eu-central-1");
    put_profile(f, "mfa", "123456789012", "mfa-admin", "eu-west-1");
    fputs("mfa_serial = arn:aws:iam::123456789012:mfa/demo\n", f);
    fclose(f);
    f = fopen(p->config, "w");
    assert_non_null(f);
    fputs(config, f);
    fclose(f);
}

static void place_close(struct screen *s)
{
    struct place *p = &place;
    screen_free(s);
    sim_child_stop(&p->sim);
    unlink(p->aws);
    unlink(p->config);
    unlink(p->log);
    rmdir(p->dir);
}

static struct screen *run(const char *profile, const char *more,
                          const char *term, const char *env, int cols)
{
    struct place *p = &place;
    const char *argv[] = {NULL, "--profile", profile, "--config", p->config,
                          "--log-file", p->log, more, NULL};
    const char *envp[] = {p->endpoint, p->aws_env,
                          "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
                          env ? env : "COLORTERM=", NULL};
    struct screen_options o = {.rows = cols == 80 ? 24 : 40, .cols = cols,
                               .term = term, .argv = argv, .env = envp};
    struct screen *s = screen_start(&o);
    assert_non_null(s);
    return s;
}

static struct screen *ready(const char *profile)
{
    struct screen *s = run(profile, NULL, NULL, NULL, 120);
    scene_shows(s, "of 49");
    assert_true(screen_wait(s, "123456789012"));
    return s;
}

/* action: profile action: region action: whoami */
static void profile_and_region_switch_while_it_runs(void **state)
{
    (void)state;
    place_open(NULL, "");
    struct screen *s = ready("oncall");
    assert_true(scene_row_has(s, 0, "eu-west-1  123456789012"));
    assert_true(scene_row_has(s, 0, "acme-demo"));
    assert_true(scene_row_has(s, 0, "role/oncall"));
    scene_type(s, "\r"); /* tasks of the first service */
    scene_shows(s, "tasks");
    scene_type(s, "@");
    scene_shows(s, "Profile");
    assert_true(screen_has(s, ">*oncall"));
    scene_type(s, "s"); /* jumps to staging */
    screen_keys(s, "\r");
    scene_shows(s, "eu-central-1  210987654321");
    scene_shows(s, "Now in profile staging, region eu-central-1");
    scene_gone(s, "123456789012");
    assert_false(screen_has(s, "> tasks"));
    scene_shows(s, "rows 1-");
    screen_keys(s, ":region us-east-1\r");
    scene_shows(s, "us-east-1  210987654321");
    scene_gone(s, "loading");
    screen_keys(s, "%");
    scene_shows(s, ">*us-east-1");
    assert_true(screen_has(s, "used before"));
    scene_type(s, "\033");
    screen_keys(s, ":profile nobody\r");
    scene_shows(s, "Still where it was");
    assert_true(scene_row_has(s, 0, "us-east-1  210987654321"));
    screen_keys(s, "W");
    scene_shows(s, "arn:aws:sts::210987654321:assumed-role/staging/");
    scene_shows(s, "us-east-1 (from :region)");
    scene_shows(s, "staging (from --profile)");
    place_close(s);
}

static void a_dialog_takes_the_keys_of_a_switch(void **state)
{
    (void)state;
    place_open(NULL, "");
    struct screen *s = ready("oncall");
    screen_keys(s, "/auth-api cluster:main\r");
    scene_shows(s, "rows 1-1 of 1");
    scene_selects(s, "steady"); /* it has been described */
    screen_keys(s, "R");
    scene_shows(s, "RESTART auth-api");
    scene_type(s, ":profile staging\r"); /* Enter: Cancel has the focus */
    scene_gone(s, "RESTART auth-api");
    assert_true(scene_row_has(s, 0, "123456789012"));
    assert_true(screen_has(s, "nothing was sent"));
    place_close(s);
}

static void an_action_on_its_way_is_told_under_its_account(void **state)
{
    static const char *const args[] = {
        "--sim-clock", "x20", "--sim-faults",
        "delay:ecs:UpdateService:ms=1500", NULL};
    (void)state;
    place_open(args, "");
    struct screen *s = ready("oncall");
    screen_keys(s, "/auth-api cluster:main\r");
    scene_shows(s, "rows 1-1 of 1");
    scene_selects(s, "steady"); /* it has been described */
    screen_keys(s, "R");
    scene_shows(s, "forceNewDeployment=true");
    screen_read(s, 100);
    screen_keys(s, "\t");
    screen_read(s, 100);
    screen_keys(s, "\r");
    scene_gone(s, "RESTART auth-api");
    screen_keys(s, ":profile staging\r");
    scene_shows(s, "eu-central-1  210987654321");
    scene_shows(s, "[123456789012 eu-west-1] Restarting auth-api");
    assert_true(scene_row_has(s, 0, "210987654321"));
    place_close(s);
}

#define PROD "context 123456789012 { prod yes; readonly yes }\n"

/* Word, and the whole row set apart: also without colours. */
static void production_cannot_be_overlooked(void **state)
{
    static const struct {
        const char *term, *env;
        bool red;
    } all[] = {{"xterm-256color", NULL, true},
               {"xterm-256color", "NO_COLOR=1", false},
               {"vt100", NULL, false}};
    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        place_open(NULL, PROD);
        struct screen *s = run("oncall", NULL, all[i].term, all[i].env, 80);
        scene_shows(s, "[PROD]");
        assert_true(scene_row_has(s, 0, "[PROD]  eu-west-1  123456789012"));
        assert_true(scene_row_has(s, 0, "READ-ONLY"));
        for (int col = 0; col < 40; col++) {
            struct screen_cell c = screen_cell(s, 0, col);
            assert_true(c.reverse);
            assert_int_equal(c.colored, all[i].red);
        }
        assert_false(screen_cell(s, 1, 1).reverse);
        place_close(s);
    }
}

static void a_readonly_account_stays_so(void **state)
{
    (void)state;
    place_open(NULL, PROD);
    struct screen *s = ready("oncall");
    scene_type(s, "R");
    scene_shows(s, "your config marks this account as readonly");
    screen_keys(s, ":set readonly no\r");
    scene_shows(s, "Read-only is not lifted while running");
    screen_keys(s, ":profile staging\r");
    scene_shows(s, "210987654321");
    scene_shows(s, "  RW  ");
    assert_false(screen_has(s, "[PROD]"));
    screen_keys(s, ":profile oncall\r");
    scene_shows(s, "[PROD]");
    scene_shows(s, "READ-ONLY");
    screen_keys(s, "S");
    scene_shows(s, "Read-only: scale is refused");
    place_close(s);
}

static bool log_has(const char *text)
{
    char line[4096];
    bool hit = false;
    FILE *f = fopen(place.log, "r");
    while (f && fgets(line, sizeof(line), f))
        hit |= strstr(line, text) != NULL;
    if (f)
        fclose(f);
    return hit;
}

static void an_mfa_code_is_asked_for_while_it_runs(void **state)
{
    (void)state;
    place_open(NULL, "");
    struct screen *s = ready("oncall");
    screen_keys(s, ":profile mfa\r");
    scene_shows(s, "MFA code for arn:aws:iam::123456789012:mfa/demo");
    screen_read(s, 100);
    screen_keys(s, "111111");
    scene_shows(s, "code ******");
    screen_keys(s, "\r"); /* to the button */
    screen_read(s, 200);
    screen_keys(s, "\r");
    scene_shows(s, "That was not the code");
    screen_read(s, 100);
    screen_keys(s, "424242");
    scene_shows(s, "code ******");
    screen_keys(s, "\r");
    screen_read(s, 200);
    screen_keys(s, "\r");
    scene_shows(s, "role/mfa-admin");
    scene_shows(s, "of 49");
    assert_false(log_has("424242"));
    assert_false(scene_raw_has(s, "42424"));
    assert_false(log_has("111111"));
    place_close(s);
}

static void a_code_that_is_refused_leaves_the_keys_working(void **state)
{
    (void)state;
    place_open(NULL, "");
    struct screen *s = run("mfa", NULL, NULL, NULL, 120);
    scene_shows(s, "MFA code for");
    screen_keys(s, "\033");
    scene_shows(s, "identity unknown");
    scene_gone(s, "MFA code for arn:aws:iam::123456789012:mfa/demo  ");
    screen_keys(s, "?");
    scene_shows(s, "everywhere");
    screen_keys(s, "qr");
    scene_shows(s, "MFA code for");
    screen_read(s, 100);
    screen_keys(s, "424242");
    scene_shows(s, "code ******");
    screen_keys(s, "\r");
    screen_read(s, 200);
    screen_keys(s, "\r");
    scene_shows(s, "role/mfa-admin");
    place_close(s);
}

/* A script's own terminal: asked there, without echo. */
static void once_asks_on_the_terminal_without_echo(void **state)
{
    struct termios before, now;
    (void)state;
    place_open(NULL, "");
    struct screen *s = run("mfa", "--once", NULL, NULL, 120);
    scene_shows(s, "MFA code for arn:aws:iam::123456789012:mfa/demo:");
    screen_keys(s, "424243\177" "2\r");
    scene_shows(s, "auth-api");
    assert_int_equal(screen_end(s), 0);
    assert_false(scene_raw_has(s, "42424"));
    screen_stty(s, &before, &now);
    assert_int_equal(before.c_lflag, now.c_lflag);
    place_close(s);
}

static void what_may_not_be_read_is_named(void **state)
{
    static const char *const args[] = {"--sim-deny", "ecs:ListTasks", NULL};
    (void)state;
    place_open(args, "");
    struct screen *s = run("oncall", NULL, NULL, NULL, 80);
    scene_shows(s, "of 49");
    scene_shows(s, "stopped tasks: not allowed (ecs:ListTasks)");
    assert_false(screen_has(s, "STALE"));
    place_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(profile_and_region_switch_while_it_runs),
        cmocka_unit_test(a_dialog_takes_the_keys_of_a_switch),
        cmocka_unit_test(an_action_on_its_way_is_told_under_its_account),
        cmocka_unit_test(production_cannot_be_overlooked),
        cmocka_unit_test(a_readonly_account_stays_so),
        cmocka_unit_test(an_mfa_code_is_asked_for_while_it_runs),
        cmocka_unit_test(a_code_that_is_refused_leaves_the_keys_working),
        cmocka_unit_test(once_asks_on_the_terminal_without_echo),
        cmocka_unit_test(what_may_not_be_read_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
