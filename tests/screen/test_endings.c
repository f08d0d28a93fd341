/* How it ends, and what it does when nobody reads, when nothing is there to
 * read from, and when the terminal goes: it never spins, never blocks, leaves
 * no process, and dies by the signal that killed it. */
#include "tests/screen/scene.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* CPU time of a process so far, in ticks of 10 ms; -1 = gone. */
static long cpu_ticks(pid_t pid)
{
    char path[64], line[1000];
    unsigned long user, sys;
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "r");
    if (!f)
        return -1;
    size_t n = fread(line, 1, sizeof(line) - 1, f);
    fclose(f);
    line[n] = '\0';
    char *p = strrchr(line, ')');
    if (!p || sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
                     "%lu %lu", &user, &sys) != 2)
        return -1;
    return (long)(user + sys);
}

/* At most a tenth of a processor for ms. */
static void assert_calm(pid_t pid, int ms)
{
    long before = cpu_ticks(pid);
    usleep((useconds_t)ms * 1000);
    long after = cpu_ticks(pid);
    assert_true(before >= 0 && after >= 0);
    if (after - before > ms / 10 / 10 + 2)
        fail_msg("%ld ms of CPU in %d ms", (after - before) * 10, ms);
}

/* Children of the process, at most max. */
static size_t children(pid_t pid, pid_t *out, size_t max)
{
    char path[96];
    size_t n = 0;
    int child;
    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid,
             (int)pid);
    FILE *f = fopen(path, "r");
    while (f && n < max && fscanf(f, "%d", &child) == 1)
        out[n++] = child;
    if (f)
        fclose(f);
    return n;
}

static bool is_gone(pid_t pid)
{
    for (int i = 0; i < 150; i++) {
        char path[64], line[300] = "";
        snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
        FILE *f = fopen(path, "r");
        if (!f)
            return true;
        if (!fgets(line, sizeof(line), f))
            line[0] = '\0';
        fclose(f);
        char *p = strrchr(line, ')');
        if (p && (p[2] == 'Z' || p[2] == 'X'))
            return true; /* whoever adopted it may be slow to reap */
        usleep(20000);
    }
    return false;
}

/* Waits without reading a byte; the status as of screen_end(), or -1000. */
static int end_unread(struct screen *s, int ms)
{
    for (; ms > 0; ms -= 10) {
        siginfo_t info = {0};
        if (waitid(P_PID, (id_t)screen_pid(s), &info,
                   WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid)
            return screen_end(s);
        usleep(10000);
    }
    return -1000;
}

/* ---- the simulator goes, whatever ends us ---------------------------- */

static void no_signal_leaves_a_process_behind(void **state)
{
    static const int signals[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGSEGV,
                                  SIGABRT, SIGKILL, SIGUSR1};
    (void)state;
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        struct screen *s = scene_demo();
        pid_t left[8];
        size_t n = children(screen_pid(s), left, 8);
        assert_true(n > 0);
        screen_signal(s, signals[i]);
        assert_int_equal(screen_end(s), -signals[i]);
        for (size_t k = 0; k < n; k++)
            if (!is_gone(left[k]))
                fail_msg("signal %d leaves process %d", signals[i],
                         (int)left[k]);
        screen_free(s);
    }
}

/* ---- nobody reads ----------------------------------------------------- */

static void fill(struct screen *s)
{
    /* Frames, until the line is full: then nothing more is painted. */
    for (int i = 0; i < 60; i++) {
        screen_keys(s, "\014");
        usleep(10000);
    }
}

/* The screen that was there before cannot be brought back; what is not true
 * any more must not stay, nor the prompt come amid it. */
static void a_terminal_with_one_screen_only_is_left_blank(void **state)
{
    static const char *const terms[] = {"vt100", "linux"};
    (void)state;
    for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
        struct scene sc = {.term = terms[i]};
        struct screen *s = scene_ready(&sc);
        int row = -1, col = -1;
        screen_keys(s, "Q");
        assert_int_equal(screen_end(s), 0);
        char *text = screen_text(s);
        assert_int_equal(strspn(text, "\n"), strlen(text));
        screen_cursor(s, &row, &col);
        assert_int_equal(row, 0);
        assert_int_equal(col, 0);
        free(text);
        screen_free(s);
    }
}

static void a_terminal_that_stops_reading_is_waited_for(void **state)
{
    static const struct scene sc = {.rows = 60, .cols = 200, .live = true};
    (void)state;
    struct screen *s = scene_ready(&sc);
    fill(s);
    assert_calm(screen_pid(s), 1000);
    /* It reads again, and gets a whole screen. */
    screen_keys(s, "g");
    assert_true(screen_idle(s));
    scene_shows(s, "rows 1-");
    assert_true(scene_row_has(s, 59, "? help"));
    scene_type(s, "?");
    scene_shows(s, "> help");
    screen_free(s);
}

static void a_terminal_that_stops_reading_does_not_hold_the_end(void **state)
{
    static const int signals[] = {SIGTERM, SIGHUP, SIGSEGV};
    static const struct scene sc = {.rows = 60, .cols = 200, .live = true};
    (void)state;
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        struct termios before, now;
        struct screen *s = scene_ready(&sc);
        fill(s);
        screen_signal(s, signals[i]);
        assert_int_equal(end_unread(s, 3000), -signals[i]);
        screen_stty(s, &before, &now);
        assert_int_equal(before.c_lflag, now.c_lflag);
        assert_int_equal(before.c_iflag, now.c_iflag);
        screen_free(s);
    }
}

/* ---- nothing to read from --------------------------------------------- */

static struct screen *under_shell(const char *script)
{
    const char *argv[] = {"/bin/sh", "-c", script, getenv("ECSDASH_BIN"),
                          NULL};
    struct screen_options o = {.rows = 24, .cols = 80, .argv = argv};
    return screen_start(&o);
}

static void input_that_ends_is_not_the_terminal(void **state)
{
    static const char *const scripts[] = {
        "exec \"$0\" --demo --seed 7 </dev/null",
        "exec \"$0\" --demo --seed 7 <&-",
        ": | \"$0\" --demo --seed 7",
        "exec \"$0\" --demo --seed 7 2>&-",
        "exec \"$0\" --demo --seed 7 <&- 2>&-",
        "exec \"$0\" --demo --seed 7 2>/dev/full"};
    (void)state;
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
        struct screen *s = under_shell(scripts[i]);
        scene_shows(s, "2 CRASH"); /* the tasks have come, too */
        screen_keys(s, "j");
        scene_selects(s, "CRASH");
        assert_calm(screen_pid(s), 300);
        screen_keys(s, "Q");
        assert_int_equal(screen_end(s), 0);
        scene_restored(s);
        screen_free(s);
    }
}

/* Without a terminal to draw on it prints once and ends. */
static void with_nothing_open_it_ends(void **state)
{
    static const struct {
        const char *script;
        int status;
    } rows[] = {
        {"exec \"$0\" --demo --seed 7 <&- >&- 2>&-", 0},
        {"exec \"$0\" --demo --seed 7 >&-", 0},
        {"exec \"$0\" --demo --seed 7 </dev/null >/dev/null 2>&1", 0},
        {"exec \"$0\" --demo --seed 7 >/dev/full", 1},
        {"exec \"$0\" --version >/dev/full", 1},
        {"exec \"$0\" --help >/dev/full", 1},
        {"exec setsid \"$0\" --demo --once <&- >/dev/null 2>&-", 0}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct screen *s = under_shell(rows[i].script);
        int status = screen_end(s);
        if (status != rows[i].status)
            fail_msg("%s ends with %d", rows[i].script, status);
        screen_free(s);
    }
}

/* ---- the terminal goes ------------------------------------------------- */

static void a_hang_up_ends_it_even_when_its_signal_is_ignored(void **state)
{
    static const char *const scripts[] = {
        "trap '' HUP; exec \"$0\" --demo --seed 7",
        "exec \"$0\" --demo --seed 7",
        "trap '' HUP; exec setsid -w \"$0\" --demo --seed 7"};
    (void)state;
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
        struct screen *s = under_shell(scripts[i]);
        pid_t left[8];
        scene_shows(s, "39 ok");
        size_t n = children(screen_pid(s), left, 8);
        screen_hang_up(s);
        int status = end_unread(s, 5000);
        if (status == -1000)
            fail_msg("it runs on: %s", scripts[i]);
        assert_int_not_equal(status, -SIGSEGV);
        assert_int_not_equal(status, -SIGABRT);
        for (size_t k = 0; k < n; k++)
            assert_true(is_gone(left[k]));
        screen_free(s);
    }
}

static void nohup_prints_once_into_its_file(void **state)
{
    char script[400], path[300];
    const char *dir = getenv("TMPDIR");
    struct stat st;
    (void)state;
    snprintf(path, sizeof(path), "%s/nohup-%d", dir ? dir : "/tmp",
             (int)getpid());
    snprintf(script, sizeof(script),
             "mkdir %s && cd %s && exec nohup \"$0\" --demo --seed 7", path,
             path);
    struct screen *s = under_shell(script);
    assert_int_equal(screen_end(s), 0);
    screen_free(s);
    snprintf(script, sizeof(script), "%s/nohup.out", path);
    assert_int_equal(stat(script, &st), 0);
    assert_true(st.st_size > 1000);
    unlink(script);
    rmdir(path);
}

/* ---- storms ------------------------------------------------------------ */

static void stops_and_starts_leave_it_whole(void **state)
{
    (void)state;
    struct screen *s = scene_demo();
    for (int i = 0; i < 30; i++) {
        screen_signal(s, SIGTSTP);
        screen_signal(s, SIGCONT);
        if (i % 3 == 0)
            screen_resize(s, 24 + i % 7, 80 + i);
        screen_keys(s, i % 2 ? "j" : "k");
        screen_read(s, 5);
    }
    screen_resize(s, 24, 80);
    screen_signal(s, SIGCONT);
    scene_type(s, "g");
    scene_shows(s, "rows 1-10 of 49");
    assert_true(scene_row_has(s, 23, "? help"));
    assert_calm(screen_pid(s), 500);
    screen_keys(s, "Q");
    assert_int_equal(screen_end(s), 0);
    scene_restored(s);
    screen_free(s);
}

static void a_late_tail_presses_nothing(void **state)
{
    static const char *const tails[] = {"[B", "OS", "[1;5R", "[99~", "[K"};
    (void)state;
    struct screen *s = scene_demo();
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        scene_type(s, "\033");
        for (const char *p = tails[i]; *p; p++) {
            char key[2] = {*p, 0};
            screen_keys(s, key);
            screen_read(s, 60);
        }
        assert_true(screen_idle(s));
        assert_false(screen_has(s, "Cancel ]"));
        assert_true(scene_row_has(s, 2, "services(49)"));
        scene_selects(s, "DOWN");
    }
    screen_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_signal_leaves_a_process_behind),
        cmocka_unit_test(a_terminal_with_one_screen_only_is_left_blank),
        cmocka_unit_test(a_terminal_that_stops_reading_is_waited_for),
        cmocka_unit_test(
            a_terminal_that_stops_reading_does_not_hold_the_end),
        cmocka_unit_test(input_that_ends_is_not_the_terminal),
        cmocka_unit_test(with_nothing_open_it_ends),
        cmocka_unit_test(a_hang_up_ends_it_even_when_its_signal_is_ignored),
        cmocka_unit_test(nohup_prints_once_into_its_file),
        cmocka_unit_test(stops_and_starts_leave_it_whole),
        cmocka_unit_test(a_late_tail_presses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
