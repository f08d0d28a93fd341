/* The first screen: sizes, terminals, colours, and what is said when there is
 * no screen to be had. */
#include "tests/screen/scene.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void first_screen_names_the_account_and_the_worst(void **state)
{
    (void)state;
    struct screen *s = scene_demo();
    assert_true(scene_row_has(s, 0, "DEMO"));
    assert_true(scene_row_has(s, 0, "eu-west-1"));
    assert_true(scene_row_has(s, 0, "123456789012"));
    assert_true(scene_row_has(s, 0, "role/oncall"));
    assert_true(scene_row_has(s, 0, "RW"));
    assert_true(scene_row_has(s, 1, "49 svc: 1 DOWN 2 CRASH 1 SHORT"));
    assert_true(scene_row_has(s, 1, "39 ok | 18"));
    assert_true(scene_row_has(s, 1, " run"));
    assert_false(scene_row_has(s, 1, "..."));
    assert_true(scene_row_has(s, 2, "services(49)"));
    assert_true(scene_row_has(s, 2, "worst-first"));
    assert_true(scene_row_has(s, 3, "STATE"));
    assert_true(scene_row_has(s, 3, "RUN/DES"));
    assert_true(scene_row_has(s, 3, "DEPLOYMENT"));
    assert_int_equal(scene_selected(s), 4);
    assert_true(scene_row_has(s, 4, "DOWN"));
    assert_true(scene_row_has(s, 4, "payments-api"));
    assert_true(scene_row_has(s, 4, "0/1"));
    assert_true(screen_cell(s, 4, 40).reverse);
    assert_false(screen_cell(s, 5, 40).reverse);
    assert_true(screen_has(s, "rows 1-10 of 49"));
    assert_true(screen_has(s, "-- payments-api -- ECS rolling"));
    assert_true(screen_has(s, "STOP x24  app exit 1"));
    /* Words of one look are written at once, with their blank. */
    assert_true(scene_raw_has(s, "1 DOWN"));
    assert_true(scene_row_has(s, 23, "Enter tasks"));
    assert_true(scene_row_has(s, 23, "? help"));
    screen_free(s);
}

/* State words are ordered by how bad they are, at every size. */
static void every_size_starts_with_the_worst_service(void **state)
{
    static const struct {
        int rows, cols;
        bool pane, hints;
    } sizes[] = {{24, 80, true, true}, {40, 120, true, true},
                 {60, 200, true, true}, {7, 39, false, false},
                 {6, 30, false, false}};
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct scene sc = {.rows = sizes[i].rows, .cols = sizes[i].cols};
        struct screen *s = scene_start(&sc);
        scene_shows(s, "of 49");
        scene_shows(s, "CRASH");
        assert_true(screen_idle(s)); /* all states are there */
        scene_selects(s, "DOWN");
        int row = scene_selected(s);
        assert_true(scene_row_has(s, row, "payments-api"));
        assert_true(scene_row_has(s, row + 1, "CRASH"));
        assert_true(scene_row_has(s, 0, "eu-west-1"));
        assert_int_equal(screen_has(s, "ECS rolling"), sizes[i].pane);
        assert_int_equal(screen_has(s, "? help"), sizes[i].hints);
        screen_free(s);
    }
}

static size_t colored_cells(struct screen *s)
{
    size_t n = 0;
    for (int row = 0; row < screen_rows(s); row++)
        for (int col = 0; col < screen_cols(s); col++) {
            struct screen_cell c = screen_cell(s, row, col);
            n += c.colored || !c.bg_default;
        }
    return n;
}

static void colours_are_there_and_go_away_when_not_wanted(void **state)
{
    static const struct {
        const char *term, *env;
        bool colours;
    } cases[] = {{"xterm-256color", NULL, true}, {"screen", NULL, true},
                 {"vt100", NULL, false}, {"xterm", "NO_COLOR=1", false}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scene sc = {.term = cases[i].term, .env = {cases[i].env}};
        struct screen *s = scene_ready(&sc);
        if (cases[i].colours)
            assert_true(colored_cells(s) > 0);
        else
            assert_int_equal(colored_cells(s), 0);
        /* The word and the cursor never depend on colour. */
        scene_selects(s, "DOWN");
        screen_free(s);
    }
}

/* A socket that accepts (the backlog does) and never answers. */
static int deaf_port(int *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
    *port = ntohs(a.sin_port);
    return fd;
}

static void a_frame_is_painted_before_any_reply(void **state)
{
    (void)state;
    int port, fd = deaf_port(&port);
    char url[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%d", port);
    const char *argv[] = {NULL, "--endpoint-url", url, "--region",
                          "eu-west-1", NULL};
    const char *env[] = {"AWS_ACCESS_KEY_ID=AKIDEXAMPLE",
                         "AWS_SECRET_ACCESS_KEY=secret", NULL};
    struct screen_options o = {.rows = 24, .cols = 80, .argv = argv,
                               .env = env};
    struct screen *s = screen_start(&o);
    scene_shows(s, "loading");
    assert_true(scene_row_has(s, 0, "eu-west-1"));
    assert_true(screen_has(s, "services"));
    /* And keys work meanwhile. action: help */
    screen_keys(s, "?");
    scene_shows(s, "everywhere");
    screen_keys(s, "Q");
    assert_int_equal(screen_end(s), 0);
    scene_restored(s);
    screen_free(s);
    close(fd);
}

/* A simulator, and the environment of an instance on which nothing names a
 * region; metadata is who is asked for it; config is "AWS_CONFIG_FILE=..." or
 * NULL. */
static struct screen *on_instance(struct sim_child *sim, const char *faults,
                                  const char *metadata, const char *config)
{
    const char *args[] = {"--seed", "7", faults ? "--sim-faults" : NULL,
                          faults, NULL};
    const char *argv[] = {NULL, NULL};
    char service[160];
    assert_true(sim_child_start(sim, args));
    snprintf(service, sizeof(service), "AWS_EC2_METADATA_SERVICE_ENDPOINT=%s",
             metadata ? metadata : sim->endpoint);
    const char *env[] = {sim->envp[0], sim->envp[1], sim->envp[2], service,
                         "AWS_EC2_METADATA_DISABLED=false", config, NULL};
    struct screen_options o = {.rows = 24, .cols = 80, .argv = argv,
                               .env = env};
    return screen_start(&o);
}

/* The instance tells its region drop by drop: the screen is there before. */
static void the_region_of_the_instance_is_awaited_on_the_screen(void **state)
{
    (void)state;
    struct sim_child sim;
    struct screen *s = on_instance(
        &sim, "drip:GetZone:count=all:bytes=40:ms=80", NULL, NULL);
    scene_shows(s, "asking this instance for its region");
    assert_true(scene_row_has(s, 0, "finding the region"));
    screen_keys(s, "?");
    scene_shows(s, "everywhere");
    screen_keys(s, "q");
    scene_shows(s, "of 49");
    assert_true(scene_row_has(s, 0, "eu-west-1"));
    screen_keys(s, "Q");
    assert_int_equal(screen_end(s), 0);
    screen_free(s);
    sim_child_stop(&sim);
}

/* Nobody knows it yet: the next context waits for it as well. */
static void a_switch_before_the_region_is_known_awaits_it_too(void **state)
{
    (void)state;
    struct sim_child sim;
    char config[] = "AWS_CONFIG_FILE=/tmp/ecsdash-config-XXXXXX";
    char *path = strchr(config, '=') + 1;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    struct screen *s = on_instance(
        &sim, "drip:GetZone:count=all:bytes=40:ms=150", NULL, config);
    dprintf(fd, "[profile other]\naws_access_key_id = %s\n"
            "aws_secret_access_key = %s\n", strchr(sim.env[1], '=') + 1,
            strchr(sim.env[2], '=') + 1);
    close(fd);
    scene_shows(s, "asking this instance for its region");
    screen_keys(s, ":profile other\r");
    scene_shows(s, "Now in profile other, asking this instance");
    scene_shows(s, "of 49");
    assert_true(scene_row_has(s, 0, "eu-west-1"));
    screen_keys(s, "Q");
    assert_int_equal(screen_end(s), 0);
    screen_free(s);
    unlink(path);
    sim_child_stop(&sim);
}

static void without_any_region_one_can_be_chosen(void **state)
{
    (void)state;
    struct sim_child sim;
    struct screen *s = on_instance(&sim, NULL, "http://127.0.0.1:9", NULL);
    scene_shows(s, "No region is set. Give --region");
    scene_shows(s, ":region lists them");
    assert_true(scene_row_has(s, 0, "NO REGION"));
    screen_keys(s, "W");
    scene_shows(s, "region            No region is set");
    screen_keys(s, "q:region eu-west-1\r");
    scene_shows(s, "of 49");
    assert_true(scene_row_has(s, 0, "eu-west-1"));
    screen_keys(s, "Q");
    assert_int_equal(screen_end(s), 0);
    screen_free(s);
    sim_child_stop(&sim);
}

static void endpoints_without_tls_are_named_in_the_header(void **state)
{
    (void)state;
    int port, fd = deaf_port(&port);
    char url[64];
    /* Loopback for the kernel, any other machine for the program. */
    snprintf(url, sizeof(url), "http://0.0.0.0:%d", port);
    const char *argv[] = {NULL, "--endpoint-url", url, "--region",
                          "eu-west-1", "--insecure-endpoint", NULL};
    const char *env[] = {"AWS_ACCESS_KEY_ID=AKIDEXAMPLE",
                         "AWS_SECRET_ACCESS_KEY=secret", NULL};
    struct screen_options o = {.rows = 24, .cols = 80, .argv = argv,
                               .env = env};
    struct screen *s = screen_start(&o);
    scene_shows(s, "loading");
    assert_true(scene_row_has(s, 0, "INSECURE"));
    screen_keys(s, "Q");
    assert_int_equal(screen_end(s), 0);
    screen_free(s);
    close(fd);
}

static void a_dumb_terminal_is_refused_with_a_sentence(void **state)
{
    (void)state;
    struct scene sc = {.term = "dumb"};
    struct screen *s = scene_start(&sc);
    assert_int_equal(screen_end(s), 5);
    assert_true(screen_has(s, "ecsdash: "));
    assert_true(screen_has(s, "dumb"));
    assert_false(scene_raw_has(s, "\033[?1049h"));
    screen_free(s);
}

static void an_unknown_option_is_a_usage_error(void **state)
{
    (void)state;
    struct scene sc = {.args = {"--no-such-option"}};
    struct screen *s = scene_start(&sc);
    assert_int_equal(screen_end(s), 2);
    assert_true(screen_has(s, "--no-such-option"));
    screen_free(s);
}

static void without_a_tty_the_rows_are_tab_separated(void **state)
{
    (void)state;
    char cmd[600], line[16384];
    size_t lines = 0, tabs = 0;
    bool worst = false;
    snprintf(cmd, sizeof(cmd), "exec '%s' --demo --seed 7 </dev/null",
             getenv("ECSDASH_BIN"));
    FILE *f = popen(cmd, "r"); /* a pipe is no terminal */
    assert_non_null(f);
    while (fgets(line, sizeof(line), f)) {
        lines++;
        assert_null(strchr(line, '\033'));
        for (char *p = line; *p; p++)
            tabs += *p == '\t';
        worst |= strstr(line, "DOWN") && strstr(line, "payments-api");
    }
    int st = pclose(f);
    assert_true(WIFEXITED(st));
    assert_int_equal(WEXITSTATUS(st), 0);
    assert_true(lines >= 49);
    assert_true(tabs >= 4 * lines);
    assert_true(worst);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_screen_names_the_account_and_the_worst),
        cmocka_unit_test(every_size_starts_with_the_worst_service),
        cmocka_unit_test(colours_are_there_and_go_away_when_not_wanted),
        cmocka_unit_test(a_frame_is_painted_before_any_reply),
        cmocka_unit_test(the_region_of_the_instance_is_awaited_on_the_screen),
        cmocka_unit_test(a_switch_before_the_region_is_known_awaits_it_too),
        cmocka_unit_test(without_any_region_one_can_be_chosen),
        cmocka_unit_test(endpoints_without_tls_are_named_in_the_header),
        cmocka_unit_test(a_dumb_terminal_is_refused_with_a_sentence),
        cmocka_unit_test(an_unknown_option_is_a_usage_error),
        cmocka_unit_test(without_a_tty_the_rows_are_tab_separated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
