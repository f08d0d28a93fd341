/* Lines that leave the log view: into files, and to commands. */
#include "tests/screen/scene.h"

#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "backend/base/utf8.h"

#include <locale.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[200];

static struct screen *open_log(void)
{
    struct screen *s = scene_demo();

    scene_type(s, "l");
    scene_shows(s, "574 lines");
    return s;
}

static char *in_dir(const char *name)
{
    return xasprintf("%s/%s", dir, name);
}

/* The prompt comes with a name: that one goes. */
static void save(struct screen *s, const char *path)
{
    char *keys = xasprintf("\023\025%s\r", path);

    scene_type(s, keys);
    free(keys);
}

static void pipe_into(struct screen *s, const char *command)
{
    char *keys = xasprintf("|%s\r", command);

    scene_type(s, keys);
    free(keys);
}

static char *read_file(const char *path, size_t *lines)
{
    struct strbuf b = STRBUF_INIT;
    char chunk[4096];
    FILE *f = fopen(path, "r");
    size_t n;

    assert_non_null(f);
    while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
        strbuf_append(&b, chunk, n);
    fclose(f);
    *lines = 0;
    for (size_t i = 0; i < b.len; i++)
        *lines += b.data[i] == '\n';
    return strbuf_detach(&b);
}

/* action: save */
static void shown_lines_are_saved_for_their_owner_only(void **state)
{
    (void)state;
    struct screen *s = open_log();
    char *path = in_dir("all.log"), *json = in_dir("some.json"), *text;
    struct stat st;
    size_t lines;
    scene_type(s, "\023");
    scene_shows(s, "save to: payments-api-20261121T143207Z.log");
    scene_type(s, "\033");
    save(s, path);
    scene_shows(s, "Saved 574 lines");
    text = read_file(path, &lines);
    assert_int_equal(lines, 574);
    assert_non_null(strstr(text, "10.0.3.9"));
    assert_non_null(strstr(text, " -- task "));
    assert_null(strchr(text, '\033'));
    free(text);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    /* Only what the filter lets through, and as JSON by its name. */
    scene_type(s, "&connection refused\r");
    save(s, json);
    scene_shows(s, "Saved ");
    text = read_file(json, &lines);
    assert_in_range(lines, 1, 200);
    assert_non_null(strstr(text, "connection refused"));
    assert_null(strstr(text, "GET /"));
    for (char *at = text, *line; (line = strsep(&at, "\n")) && *line;)
        assert_int_equal(strncmp(line, "{\"time\":\"2026-", 14), 0);
    free(text);
    free(path);
    free(json);
    screen_free(s);
}

static void the_home_folder_has_a_short_name(void **state)
{
    char *home = xasprintf("HOME=%s", dir), *path = in_dir("home.log"), *text;
    size_t lines;
    struct scene sc = {.env = {home}};
    (void)state;
    struct screen *s = scene_ready(&sc);
    scene_type(s, "l");
    scene_shows(s, "574 lines");
    save(s, "~/home.log");
    scene_shows(s, "Saved 574 lines to /");
    text = read_file(path, &lines);
    assert_int_equal(lines, 574);
    free(text);
    free(path);
    free(home);
    screen_free(s);
}

static void what_is_there_is_left_alone(void **state)
{
    (void)state;
    struct screen *s = open_log();
    char *target = in_dir("target"), *link = in_dir("link"), *text;
    size_t lines;
    FILE *f = fopen(target, "w");
    assert_non_null(f);
    fputs("precious\n", f);
    fclose(f);
    assert_int_equal(symlink(target, link), 0);
    save(s, link);
    scene_shows(s, "is there already");
    save(s, target);
    scene_shows(s, "is there already");
    text = read_file(target, &lines);
    assert_string_equal(text, "precious\n");
    free(text);
    save(s, "/no/such/folder/x");
    scene_shows(s, "Cannot create /no/such/folder/x: its folder does not exist");
    free(target);
    free(link);
    screen_free(s);
}

/* action: pipe */
static void lines_go_to_a_command_and_its_output_is_shown(void **state)
{
    (void)state;
    struct screen *s = open_log();
    pipe_into(s, "wc -l");
    scene_shows(s, "> output");
    scene_shows(s, "574");
    scene_shows(s, "exit status 0 after 574 lines, text as it came.");
    scene_type(s, "\033");
    scene_shows(s, "log payments-api");
    pipe_into(s, "cat >/dev/null; exit 3");
    scene_shows(s, "exit status 3");
    /* Who does not read to the end is no trouble. */
    pipe_into(s, "head -n 1 | cut -c1-4");
    scene_shows(s, "2026");
    scene_type(s, "\033");
    /* What a command prints can't touch the terminal. */
    pipe_into(s, "cat >/dev/null; printf 'a\\033]0;pwned\\007b\\033[5mc'");
    scene_shows(s, "abc");
    assert_false(scene_raw_has(s, "\033]0;"));
    assert_false(scene_raw_has(s, "pwned\a"));
    screen_free(s);
}

static void a_command_can_be_stopped(void **state)
{
    (void)state;
    struct screen *s = open_log();
    screen_keys(s, "|sleep 100\r");
    screen_keys(s, "|");
    assert_true(screen_wait(s, "sleep 100 still takes the lines"));
    screen_keys(s, "\003");
    assert_true(screen_wait(s, "sleep 100: stopped."));
    scene_type(s, "|exit 5\r");
    scene_shows(s, "exit status 5");
    screen_free(s);
}

/* A program that takes the terminal, tells what it got, and waits for a key. */
static char *fake_program(const char *name)
{
    char *path = in_dir(name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("#!/bin/sh\n"
          "for f; do :; done\n"
          "echo \"${0##*/} shows $(wc -l <\"$f\") lines, mode\" \\\n"
          "    \"$(stat -c %a \"$f\"), terminal $(test -t 0 && echo yes)\"\n"
          "trap : INT\n"
          "read -r answer\n"
          "echo \"$answer\" >\"$(dirname \"$0\")/answer\"\n"
          "echo \"$f\" >\"$(dirname \"$0\")/file\"\n", f);
    fclose(f);
    assert_int_equal(chmod(path, 0700), 0);
    return path;
}

static void expect_lent(const char *name, const char *var, const char *key)
{
    char *path = fake_program(name), *answer = in_dir("answer"),
         *file = in_dir("file"), *text;
    char *set = xasprintf("%s=%s -x", var, path);
    char *tmp = xasprintf("XDG_RUNTIME_DIR=%s", dir);
    const struct scene sc = {.env = {set, tmp}};
    struct screen *s = scene_ready(&sc);
    size_t lines;
    scene_type(s, "l");
    scene_shows(s, "574 lines");
    screen_keys(s, key);
    assert_true(screen_wait(s, " 574 lines, mode 600, terminal yes"));
    assert_false(screen_has(s, "log payments-api"));
    /* Its keys are not ours, neither is an interrupt. */
    screen_signal(s, SIGINT);
    screen_keys(s, "Qj\r");
    assert_true(screen_wait(s, "log payments-api"));
    assert_true(screen_wait(s, "574 lines"));
    text = read_file(answer, &lines);
    assert_string_equal(text, "Qj\n");
    free(text);
    text = read_file(file, &lines);
    text[strcspn(text, "\n")] = '\0';
    assert_int_equal(strncmp(text, dir, strlen(dir)), 0);
    /* The terminal shows the old screen again before the program has come to
     * the file. */
    for (int i = 0; i < 100 && access(text, F_OK) == 0; i++)
        screen_read(s, 50);
    assert_int_equal(access(text, F_OK), -1);
    free(text);
    /* And keys are ours again; idle markers count what went elsewhere, too. */
    screen_keys(s, "k");
    assert_true(screen_wait(s, "PAUSED"));
    unlink(answer);
    unlink(file);
    unlink(path);
    free(path);
    free(answer);
    free(file);
    free(set);
    free(tmp);
    screen_free(s);
}

/* action: pager */
static void lines_are_shown_in_the_pager(void **state)
{
    (void)state;
    expect_lent("fake-pager", "PAGER", "v");
}

/* action: editor */
static void lines_are_opened_in_the_editor(void **state)
{
    (void)state;
    expect_lent("fake-editor", "EDITOR", "V");
    struct screen *s = open_log();
    scene_type(s, "V");
    scene_shows(s, "There is no editor: set VISUAL or EDITOR.");
    screen_free(s);
}

/* Text of our own grammar: lines of characters that every terminal shows. */
static void expect_harmless(const char *path)
{
    size_t lines;
    char *text = read_file(path, &lines);
    size_t n = strlen(text);

    assert_true(lines > 20);
    for (size_t i = 0, used; i < n; i += used) {
        uint32_t cp;
        used = utf8_decode(text + i, n - i, &cp);
        if (cp != '\n' && cp != '\t' && (utf8_cp_width(cp) < 0 ||
                           (cp == 0xfffd && used == 1)))
            fail_msg("U+%04X at byte %zu of %s", (unsigned)cp, i, path);
    }
    free(text);
}

static void hostile_lines_leave_as_plain_text(void **state)
{
    char *paged = in_dir("paged");
    char *pager = xasprintf("PAGER=sh -c 'cp \"$1\" %s.new && mv %s.new %s' "
                            "x", paged, paged, paged);
    const struct scene sc = {
        .rows = 50, .cols = 120,
        .args = {"--sim-world",
                 "clusters=1,services=1,tasks=1,lines=2,hostile=1"},
        .env = {pager}};
    (void)state;
    struct screen *s = scene_start(&sc);
    char *plain = in_dir("hostile.log"), *json = in_dir("hostile.jsonl");
    char *piped = in_dir("piped"), *command = xasprintf("cat >%s", piped);
    assert_true(screen_wait(s, "services(1)"));
    scene_type(s, "l");
    scene_shows(s, "after");
    save(s, plain);
    scene_shows(s, "Saved ");
    save(s, json);
    scene_shows(s, "hostile.jsonl");
    pipe_into(s, command);
    scene_shows(s, "exit status 0");
    expect_harmless(plain);
    expect_harmless(json);
    expect_harmless(piped);
    screen_keys(s, "v");
    for (int i = 0; i < 200 && access(paged, F_OK); i++)
        screen_read(s, 50);
    assert_true(screen_wait(s, "FOLLOW"));
    expect_harmless(paged);
    free(paged);
    free(pager);
    free(plain);
    free(json);
    free(piped);
    free(command);
    screen_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shown_lines_are_saved_for_their_owner_only),
        cmocka_unit_test(the_home_folder_has_a_short_name),
        cmocka_unit_test(what_is_there_is_left_alone),
        cmocka_unit_test(lines_go_to_a_command_and_its_output_is_shown),
        cmocka_unit_test(a_command_can_be_stopped),
        cmocka_unit_test(lines_are_shown_in_the_pager),
        cmocka_unit_test(lines_are_opened_in_the_editor),
        cmocka_unit_test(hostile_lines_leave_as_plain_text),
    };
    const char *tmp = getenv("TMPDIR");
    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        return 1;
    snprintf(dir, sizeof(dir), "%s/log-out-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(dir))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    static const char *const names[] = {"all.log", "some.json", "target",
                                        "link", "hostile.log",
                                        "hostile.jsonl", "piped",
                                        "paged", "home.log"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char *path = in_dir(names[i]);
        unlink(path);
        free(path);
    }
    rmdir(dir);
    return failed;
}
