/* The real binary and its --read-only: what the simulator was asked, from its
 * journal. (tests/flow/test_read_only.c presses every key in every view.) */
#include "tests/screen/scene.h"

#include <jansson.h>
#include <unistd.h>

static char journal[200];

static int name_journal(void **state)
{
    const char *dir = getenv("TMPDIR");
    (void)state;
    snprintf(journal, sizeof(journal), "%s/journal-%d", dir ? dir : "/tmp",
             (int)getpid());
    unlink(journal);
    return 0;
}

static int remove_journal(void **state)
{
    (void)state;
    return unlink(journal);
}

static bool is_read(const char *action)
{
    static const char *const starts[] = {"List", "Describe", "Get",
                                         "FilterLogEvents"};
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
        if (strncmp(action, starts[i], strlen(starts[i])) == 0)
            return true;
    return false;
}

/* How many calls changed something, and how many there were. */
static size_t changes(size_t *all)
{
    char line[8000];
    size_t n = 0;
    FILE *f = fopen(journal, "r");
    assert_non_null(f);
    *all = 0;
    while (fgets(line, sizeof(line), f)) {
        json_t *o = json_loads(line, 0, NULL);
        const char *action = json_string_value(json_object_get(o, "action"));
        assert_non_null(action);
        n += !is_read(action);
        ++*all;
        json_decref(o);
    }
    fclose(f);
    return n;
}

/* What it opens is closed again. */
static void press(struct screen *s, char c)
{
    char key[2] = {c, 0};
    screen_keys(s, key);
    assert_true(screen_idle(s));
    assert_false(screen_has(s, "Cancel ]"));
    if (strchr(":/@%o", c)) {
        screen_keys(s, "\033");
        assert_true(screen_idle(s));
    }
}

static void press_everything(struct screen *s)
{
    for (char c = ' '; c < 127; c++)
        if (!strchr("qQ", c))
            press(s, c);
}

static void a_writable_session_changes_things(void **state)
{
    const struct scene sc = {.live = true,
                             .args = {"--sim-journal", journal}};
    size_t all;
    (void)state;
    struct screen *s = scene_ready(&sc);
    scene_type(s, "/auth-api cluster:main\r");
    scene_selects(s, "auth-api");
    scene_type(s, "R");
    scene_shows(s, "forceNewDeployment=true");
    scene_type(s, "\t");
    scene_type(s, "\r");
    scene_gone(s, "forceNewDeployment");
    scene_gone(s, "nothing was sent");
    scene_shows(s, "auth-api");
    for (int i = 0; i < 100 && changes(&all) == 0; i++)
        screen_read(s, 50);
    assert_int_equal(changes(&all), 1);
    screen_free(s);
}

static void a_read_only_session_only_reads(void **state)
{
    static const char *const flags[] = {"--read-only", "--readonly"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct scene sc = {
            .args = {"--sim-journal", journal, flags[i]}};
        size_t all;
        struct screen *s = scene_ready(&sc);
        press(s, 'S');
        press(s, 'R');
        press(s, 'B');
        if (i == 0) {
            press_everything(s);
            screen_keys(s, ":tasks prod-main\r");
            assert_true(screen_idle(s));
            press_everything(s);
            screen_keys(s, ":services prod-main /auth-api\r");
            assert_true(screen_idle(s));
            screen_keys(s, ":scale 3\r:restart\r:rollback\r:stop\r");
            assert_true(screen_idle(s));
        }
        screen_keys(s, "Q");
        assert_int_equal(screen_end(s), 0);
        screen_free(s);
        assert_int_equal(changes(&all), 0);
        assert_true(all > 20);
        unlink(journal);
    }
    /* For the teardown. */
    FILE *f = fopen(journal, "w");
    assert_non_null(f);
    fclose(f);
}

#define T(f) cmocka_unit_test_setup_teardown(f, name_journal, remove_journal)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_writable_session_changes_things),
        T(a_read_only_session_only_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
