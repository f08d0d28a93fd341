/* Command lines that outlive the program. */
#include "tests/flow/lab.h"

#include "backend/base/strbuf.h"
#include "views/app/history_file.h"

#include <sys/stat.h>

static char *path_of(const struct lab *l)
{
    return xasprintf("%s/state/ecsdash/history", l->dir);
}

static void clean(const struct lab *l, char *path)
{
    char *dir = xasprintf("%s/state/ecsdash", l->dir);
    unlink(path);
    rmdir(dir);
    *strrchr(dir, '/') = '\0';
    rmdir(dir);
    free(dir);
    free(path);
}

static void a_command_is_there_in_the_next_run(void **state)
{
    struct lab *l = *state;
    struct stat st;
    char *path = path_of(l);
    open_app(l, "quiet", false, &kind_services, NULL);
    l->app->o.history_path = path;
    type(l, ":services prod-main /api");
    key(l, "<Enter>");
    type(l, ":set refresh 7");
    key(l, "<Enter>");
    type(l, ":nothing typed");
    key(l, "<Esc>");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    /* The next run. */
    struct history *h = &l->app->histories[HISTORY_COMMAND];
    history_release(h);
    history_file_load(path, h);
    type(l, ":");
    key(l, "<Up>");
    assert_string_equal(prompt_text(&l->app->prompt), "set refresh 7");
    key(l, "<Up>");
    assert_string_equal(prompt_text(&l->app->prompt),
                        "services prod-main /api");
    key(l, "<Up>");
    assert_string_equal(prompt_text(&l->app->prompt),
                        "services prod-main /api");
    key(l, "<Esc>");
    clean(l, path);
}

static void what_may_be_a_secret_is_not_kept(void **state)
{
    static const char *const lines[] = {
        "logs /x Password=1", "set my_SECRET x", "filter AKIAIOSFODNN7EXAMPLE",
        "region eu-west-1"};
    struct lab *l = *state;
    struct history h;
    char *path = path_of(l);
    open_app(l, "quiet", false, &kind_services, NULL);
    history_init(&h);
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        history_file_add(path, lines[i]);
    history_file_add(NULL, "nowhere");
    history_file_load(path, &h);
    history_file_load(NULL, &h);
    assert_int_equal(h.n, 1);
    assert_string_equal(h.lines[0], "region eu-west-1");
    history_release(&h);
    clean(l, path);
}

/* And one that others could have written is not read. */
static void a_file_that_has_grown_is_shortened(void **state)
{
    struct lab *l = *state;
    struct history h;
    struct stat st, after;
    char *path = path_of(l), line[40];
    open_app(l, "quiet", false, &kind_services, NULL);
    history_init(&h);
    for (int i = 0; i < 3 * HISTORY_MAX; i++) {
        snprintf(line, sizeof(line), "goto %d", i);
        history_file_add(path, line);
    }
    assert_int_equal(stat(path, &st), 0);
    history_file_load(path, &h);
    assert_int_equal(h.n, HISTORY_MAX);
    assert_string_equal(history_get(&h, NULL, 0), line);
    assert_int_equal(stat(path, &after), 0);
    assert_true(after.st_size < st.st_size / 2);
    history_release(&h);
    assert_int_equal(chmod(path, 0666), 0);
    history_file_load(path, &h);
    assert_int_equal(h.n, 0);
    history_release(&h);
    clean(l, path);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_command_is_there_in_the_next_run),
        T(what_may_be_a_secret_is_not_kept),
        T(a_file_that_has_grown_is_shortened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
