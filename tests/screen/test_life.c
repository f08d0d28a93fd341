/* What a terminal does to a program: sizes, signals, hang-ups, pieces of
 * escape sequences, and a service that goes silent. */
#include "tests/screen/scene.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* Faster than the program looks: the size may be the old one again, and yet
 * the terminal has lost rows. */
static void resizing_there_and_back_repaints(void **state)
{
    static const int sizes[][2] = {{40, 120}, {10, 50}, {6, 30}, {60, 200},
                                   {2, 10},   {24, 80}};
    (void)state;
    struct screen *s = scene_demo();
    scene_type(s, "j");
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        screen_resize(s, sizes[i][0], sizes[i][1]);
        assert_true(screen_idle(s));
        if (sizes[i][0] > 5)
            scene_selects(s, "CRASH");
    }
    scene_shows(s, "rows 1-10 of 49");
    assert_true(scene_row_has(s, 23, "? help"));
    assert_true(scene_row_has(s, 0, "DEMO"));
    screen_free(s);
}

static void resizing_repaints_at_every_size(void **state)
{
    static const int sizes[][2] = {{40, 120}, {10, 50}, {7, 39}, {60, 200},
                                   {24, 80}};
    (void)state;
    struct screen *s = scene_demo();
    scene_type(s, "j");
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        screen_resize(s, sizes[i][0], sizes[i][1]);
        assert_true(screen_idle(s));
        scene_selects(s, "CRASH");
        int row = scene_selected(s);
        assert_true(screen_cell(s, row, sizes[i][1] / 2).reverse);
        if (sizes[i][0] >= 10)
            assert_true(scene_row_has(s, sizes[i][0] - 1, "? help"));
        assert_true(screen_find(s, " of 49") > row);
    }
    screen_free(s);
}

static void a_storm_of_resizes_ends_at_the_last_size(void **state)
{
    (void)state;
    struct screen *s = scene_demo();
    for (int i = 0; i < 60; i++) {
        screen_resize(s, 10 + i % 30, 40 + i);
        screen_signal(s, SIGWINCH);
    }
    screen_resize(s, 40, 120);
    assert_true(screen_idle(s));
    scene_shows(s, "ECS rolling");
    scene_type(s, "j");
    scene_selects(s, "CRASH");
    /* The frame of an earlier size may be quiet, too. */
    for (int i = 0; i < 100 && screen_find(s, "? help") != 39; i++)
        screen_read(s, 50);
    assert_true(scene_row_has(s, 39, "? help"));
    assert_true(scene_row_has(s, 0, "DEMO"));
    screen_free(s);
}

static void signals_end_it_with_the_terminal_restored(void **state)
{
    static const int signals[] = {SIGTERM, SIGHUP, SIGINT, SIGSEGV, SIGABRT};
    (void)state;
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        int sig = signals[i];
        struct screen *s = scene_demo();
        screen_signal(s, sig);
        assert_int_equal(screen_end(s), -sig);
        scene_restored(s);
        screen_free(s);
    }
}

/* The child has no terminal any more: it ends, and takes the simulator. */
static void a_hang_up_leaves_no_process_behind(void **state)
{
    (void)state;
    struct screen *s = scene_demo();
    pid_t pid = screen_pid(s);
    char cmd[96];
    int child = 0;
    snprintf(cmd, sizeof(cmd), "/proc/%d/task/%d/children", (int)pid,
             (int)pid);
    FILE *f = fopen(cmd, "r");
    if (!f || fscanf(f, "%d", &child) != 1)
        child = 0; /* a kernel without that file */
    if (f)
        fclose(f);
    screen_hang_up(s);
    int end = screen_end(s);
    assert_int_not_equal(end, -1000);
    assert_int_not_equal(end, -SIGSEGV);
    assert_int_not_equal(end, -SIGABRT);
    for (int i = 0; child && i < 100 && kill(child, 0) == 0; i++)
        usleep(20000);
    if (child)
        assert_true(kill(child, 0) != 0 && errno == ESRCH);
    screen_free(s);
}

/* A shell with job control starts it, since the kernel stops no orphaned
 * group. What the shell reads is no input of the program, so this waits for
 * text, not for idle. action: suspend */
static void suspending_gives_the_terminal_to_the_shell_and_back(void **state)
{
    (void)state;
    const char *argv[] = {
        "/bin/sh", "-mc",
        "\"$0\" --demo --seed 7; echo \"status $?\"; read x; fg; "
        "echo \"end $?\"",
        getenv("ECSDASH_BIN"), NULL};
    struct screen_options o = {.rows = 24, .cols = 80, .argv = argv};
    struct screen *s = screen_start(&o);
    struct termios before, now;
    scene_shows(s, "2 CRASH"); /* the tasks have come, too */
    screen_keys(s, "j");
    scene_selects(s, "CRASH");
    screen_keys(s, "\032");
    scene_shows(s, "status 148"); /* 128 + SIGTSTP: it is stopped */
    assert_false(screen_has(s, "39 ok"));
    screen_stty(s, &before, &now);
    assert_int_equal(before.c_lflag, now.c_lflag);
    assert_true(scene_raw_has(s, "\033[?1049l"));
    screen_keys(s, "\r"); /* fg */
    scene_shows(s, "39 ok");
    scene_selects(s, "CRASH");
    assert_true(scene_row_has(s, 0, "DEMO"));
    screen_stty(s, &before, &now);
    assert_int_not_equal(before.c_lflag, now.c_lflag);
    screen_keys(s, "j");
    scene_selects(s, "thumbnailer");
    screen_keys(s, "Q");
    scene_shows(s, "end 0");
    screen_end(s);
    scene_restored(s);
    screen_free(s);
}

/* Also while something is asked: the shell's `fg` must not be typed into the
 * field. */
static void suspending_with_a_question_open_keeps_it(void **state)
{
    (void)state;
    const char *argv[] = {
        "/bin/sh", "-mc",
        "\"$0\" --demo --seed 7; echo \"status $?\"; read x; fg; "
        "echo \"end $?\"",
        getenv("ECSDASH_BIN"), NULL};
    struct screen_options o = {.rows = 24, .cols = 80, .argv = argv};
    struct screen *s = screen_start(&o);
    scene_shows(s, "39 ok");
    scene_shows(s, "123456789012");
    screen_keys(s, "S");
    scene_shows(s, "[ Scale ]");
    screen_keys(s, "7");
    scene_shows(s, "desiredCount=7");
    screen_keys(s, "\032");
    scene_shows(s, "status 148");
    assert_false(screen_has(s, "[ Scale ]"));
    screen_keys(s, "fg\r");
    scene_shows(s, "[ Scale ]");
    scene_shows(s, "desiredCount=7");
    screen_keys(s, "\033");
    scene_shows(s, "Cancelled: nothing was sent.");
    screen_keys(s, "Q");
    scene_shows(s, "end 0");
    screen_end(s);
    screen_free(s);
}

static struct screen *beside(struct sim_child *sim)
{
    static const char *const args[] = {"--seed", "7", NULL};
    assert_true(sim_child_start(sim, args));
    const char *argv[] = {NULL, "--refresh", "1", NULL};
    struct screen_options o = {.rows = 24, .cols = 80, .argv = argv,
                               .env = sim->envp};
    struct screen *s = screen_start(&o);
    scene_shows(s, "2 CRASH"); /* the tasks have come, too */
    scene_shows(s, "rows 1-10 of 49");
    return s;
}

static void rows_stay_when_the_service_dies(void **state)
{
    (void)state;
    struct sim_child sim;
    struct screen *s = beside(&sim);
    sim_child_stop(&sim);
    scene_shows(s, "STALE");
    scene_shows(s, "rows 1-");
    scene_shows(s, "payments-api");
    scene_selects(s, "DOWN");
    screen_keys(s, "j");
    scene_selects(s, "CRASH");
    screen_keys(s, "?");
    scene_shows(s, "> help");
    screen_keys(s, "Q");
    assert_int_equal(screen_end(s), 0);
    scene_restored(s);
    screen_free(s);
}

static void a_frozen_service_costs_no_row_and_no_key(void **state)
{
    (void)state;
    struct sim_child sim;
    struct screen *s = beside(&sim);
    kill(sim.pid, SIGSTOP);
    screen_keys(s, "j");
    scene_selects(s, "CRASH");
    screen_keys(s, "/thumb");
    scene_shows(s, "1 of 49");
    screen_read(s, 500);
    scene_selects(s, "thumbnailer");
    kill(sim.pid, SIGCONT);
    screen_keys(s, "nail\r");
    scene_shows(s, "filter: thumbnail");
    screen_keys(s, "\033");
    scene_shows(s, "of 49 ");
    screen_keys(s, "g");
    scene_selects(s, "DOWN");
    scene_gone(s, "STALE");
    screen_free(s);
    sim_child_stop(&sim);
}

static void a_sequence_in_pieces_is_one_key(void **state)
{
    (void)state;
    struct screen *s = scene_demo();
    /* Faster than the wait for a lone escape, slower than one read. */
    screen_keys(s, "\033");
    screen_read(s, 2);
    screen_keys(s, "[");
    screen_read(s, 2);
    scene_type(s, "B");
    scene_selects(s, "CRASH      payments");
    assert_false(screen_has(s, "ROLL BACK"));
    screen_free(s);
}

static void unknown_sequences_are_swallowed(void **state)
{
    static const char *const noise[] = {
        "\033[99~",     "\033[1;9R",   "\033[?1;2c", "\033]11;rgb:0/0/0\007",
        "\033[<0;1;1M", "\033Pzz\033\\", "\033[200~Q\033[201~"};
    (void)state;
    struct screen *s = scene_demo();
    for (size_t i = 0; i < sizeof(noise) / sizeof(noise[0]); i++)
        scene_type(s, noise[i]);
    scene_selects(s, "DOWN");
    assert_true(screen_has(s, "rows 1-"));
    assert_true(scene_row_has(s, 2, "services(49)"));
    scene_type(s, "j");
    scene_selects(s, "CRASH");
    screen_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resizing_repaints_at_every_size),
        cmocka_unit_test(resizing_there_and_back_repaints),
        cmocka_unit_test(a_storm_of_resizes_ends_at_the_last_size),
        cmocka_unit_test(signals_end_it_with_the_terminal_restored),
        cmocka_unit_test(a_hang_up_leaves_no_process_behind),
        cmocka_unit_test(
            suspending_gives_the_terminal_to_the_shell_and_back),
        cmocka_unit_test(suspending_with_a_question_open_keeps_it),
        cmocka_unit_test(rows_stay_when_the_service_dies),
        cmocka_unit_test(a_frozen_service_costs_no_row_and_no_key),
        cmocka_unit_test(a_sequence_in_pieces_is_one_key),
        cmocka_unit_test(unknown_sequences_are_swallowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
