/* Lines of a log into a command, which ends when it has had them all. */
#include "tests/flow/lab.h"

#include "views/log/log.h"

/* A log of so many lines of so many bytes. */
static void open_log(struct lab *l, int lines, size_t bytes)
{
    struct err err = {0};
    char *text = xcalloc(1, bytes + 1);
    open_app(l, "quiet", false, &kind_services, NULL);
    struct view *v = log_groups_view_new(l->app, "/made/up", NULL, &err);
    assert_non_null(v);
    app_push(l->app, v);
    memset(text, 'x', bytes);
    for (int i = 0; i < lines; i++)
        logbuf_add(log_of(v)->buf, &(struct logbuf_line){
            .timestamp_ms = WALL + i, .ingestion_ms = WALL + i,
            .id = (uint32_t)i, .text = text, .len = bytes,
            .kind = LOG_TEXT});
    free(text);
}

static void expect_count(void **state, int lines, size_t bytes,
                         const char *count)
{
    struct lab *l = *state;
    char text[80];

    open_log(l, lines, bytes);
    snprintf(text, sizeof(text), "exit status 0 after %s lines", count);
    type(l, "|cat >/dev/null");
    key(l, "<Enter>");
    settle(l);
    assert_said(l, text);
}

/* Lines go a slice at a time: 2000 of them, or 256 KB. */
static void a_command_gets_a_slice_and_a_half(void **state)
{
    expect_count(state, 3000, 10, "3,000");
}

static void a_command_gets_whole_slices_and_ends(void **state)
{
    expect_count(state, 4000, 10, "4,000");
}

static void a_command_gets_a_slice_of_bytes_and_ends(void **state)
{
    expect_count(state, 9, 32 << 10, "9");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_command_gets_a_slice_and_a_half,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_command_gets_whole_slices_and_ends,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_command_gets_a_slice_of_bytes_and_ends, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
