#include "tests/tui/render.h"

#include "backend/base/mem.h"

static const enum context services[] = {CONTEXT_SERVICES, CONTEXT_TABLE,
                                        CONTEXT_GENERIC};
static const enum context tasks[] = {CONTEXT_TASKS, CONTEXT_TABLE,
                                     CONTEXT_GENERIC};
static const enum context detail[] = {CONTEXT_DETAIL, CONTEXT_TEXT,
                                      CONTEXT_GENERIC};
static const enum context logs[] = {CONTEXT_LOG, CONTEXT_TEXT,
                                    CONTEXT_GENERIC};
static const enum context prompt[] = {CONTEXT_PROMPT};

static enum action_id action_of(const struct keymap *k,
                                const enum context *ctx, size_t n,
                                const char *spec)
{
    const struct binding *b = keymap_lookup(k, ctx, n, key_of(spec));

    return b ? b->action : ACTION_NONE;
}

static void note(void *arg, const struct err *err)
{
    strbuf_printf(arg, "%s\n", err->message);
}

static int parse(struct keymap *k, const char *text, struct strbuf *bad)
{
    return keymap_parse(k, "my.keys", text, strlen(text), bad ? note : NULL,
                        bad);
}

static void expect_mistake(const char *text, const char *message)
{
    struct keymap *k = keymap_new_default();
    struct strbuf before = STRBUF_INIT;
    struct strbuf after = STRBUF_INIT;
    struct strbuf bad = STRBUF_INIT;

    keymap_print(k, &before);
    assert_int_equal(parse(k, text, &bad), 1);
    assert_string_equal(strbuf_get(&bad), message);
    keymap_print(k, &after);
    assert_string_equal(strbuf_get(&before), strbuf_get(&after));
    keymap_free(k);
    strbuf_release(&before);
    strbuf_release(&after);
    strbuf_release(&bad);
}

static void actions_have_unique_names_and_help(void **state)
{
    (void)state;
    for (int i = ACTION_NONE + 1; i < ACTION_N; i++) {
        const struct action *a = action_get((enum action_id)i);

        assert_int_equal(a->id, i);
        assert_true(a->help[0] != '\0');
        assert_ptr_equal(action_find(a->name), a);
    }
    assert_null(action_find("none"));
    assert_null(action_find(""));
}

static void contexts_are_found_by_name(void **state)
{
    (void)state;
    for (int i = 0; i < CONTEXT_N; i++) {
        assert_int_equal(context_find(context_name((enum context)i)), i);
    }
    assert_int_equal(context_find("Table"), -1);
}

static void every_action_has_a_default_key(void **state)
{
    struct keymap *k = keymap_new_default();

    (void)state;
    for (int i = ACTION_NONE + 1; i < ACTION_N; i++) {
        bool found = false;

        for (int c = 0; c < CONTEXT_N && !found; c++) {
            const enum context *lists[] = {services, tasks, detail, logs};
            enum context one = (enum context)c;

            found = keymap_keys(k, &one, 1, (enum action_id)i, NULL, 0) > 0;
            for (size_t l = 0; l < ARRAY_LEN(lists) && !found; l++) {
                found = keymap_keys(k, lists[l], 3, (enum action_id)i, NULL,
                                    0) > 0;
            }
        }
        if (!found) {
            fail_msg("%s has no key", action_get((enum action_id)i)->name);
        }
    }
    keymap_free(k);
}

/* The rule that users' fingers rely on: exactly R S K B change anything. */
static void exactly_four_plain_keys_mutate(void **state)
{
    static const enum context *lists[] = {services, tasks, detail, logs};
    struct keymap *k = keymap_new_default();
    struct strbuf got = STRBUF_INIT;
    char name[KEYSPEC_SIZE];

    (void)state;
    for (size_t l = 0; l < ARRAY_LEN(lists); l++) {
        const struct binding *b;
        size_t i = 0;

        while ((b = keymap_each(k, lists[l], 3, &i))) {
            if (b->action != ACTION_NONE && action_mutates(b->action)) {
                strbuf_printf(&got, "%s=%s ", keyspec_print(b->key, name),
                              action_get(b->action)->name);
            }
        }
        strbuf_puts(&got, "|");
    }
    assert_string_equal(strbuf_get(&got),
                        "S=scale R=restart B=rollback |K=stop |||");
    strbuf_release(&got);
    keymap_free(k);
}

static void default_keys_are_the_habits_people_have(void **state)
{
    static const struct {
        const enum context *ctx;
        const char *key;
        enum action_id action;
    } want[] = {
        {services, "j", ACTION_DOWN},
        {services, "<Down>", ACTION_DOWN},
        {services, "<C-D>", ACTION_HALF_DOWN},
        {services, "<C-U>", ACTION_HALF_UP},
        {services, "<C-F>", ACTION_PAGE_DOWN},
        {services, "<Space>", ACTION_MARK},
        {services, "/", ACTION_FILTER},
        {services, "l", ACTION_LOGS},
        {services, "r", ACTION_REFRESH},
        {services, "<F5>", ACTION_REFRESH},
        {services, "<C-Z>", ACTION_SUSPEND},
        {services, "<C-L>", ACTION_REDRAW},
        {services, "t", ACTION_TASKS},
        {services, "K", ACTION_NONE},
        {services, "A", ACTION_ACKNOWLEDGE},
        {tasks, "A", ACTION_NONE},
        {tasks, "K", ACTION_STOP},
        {tasks, "S", ACTION_NONE},
        {tasks, "<C-K>", ACTION_NONE},
        {detail, "/", ACTION_SEARCH},
        {detail, "<Space>", ACTION_PAGE_DOWN},
        {detail, "R", ACTION_NONE},
        {detail, "F", ACTION_NONE},
        {logs, "/", ACTION_SEARCH},
        {logs, "F", ACTION_FOLLOW},
        {logs, "t", ACTION_TIMESTAMPS},
        {logs, "G", ACTION_BOTTOM},
        {logs, "K", ACTION_NONE},
    };
    struct keymap *k = keymap_new_default();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        enum action_id got = action_of(k, want[i].ctx, 3, want[i].key);

        if (got != want[i].action) {
            fail_msg("%s in %s does %s", want[i].key,
                     context_name(want[i].ctx[0]), action_get(got)->name);
        }
    }
    assert_int_equal(action_of(k, prompt, 1, "<C-W>"), ACTION_ERASE_WORD);
    assert_int_equal(action_of(k, prompt, 1, "q"), ACTION_NONE);
    keymap_free(k);
}

static void a_special_context_beats_a_general_one(void **state)
{
    struct keymap *k = keymap_new();

    (void)state;
    assert_int_equal(parse(k, "bind generic x down\nbind table x up\n", NULL),
                     0);
    assert_int_equal(action_of(k, services, 3, "x"), ACTION_UP);
    assert_int_equal(action_of(k, logs, 3, "x"), ACTION_DOWN);
    keymap_free(k);
}

static void unbinding_stops_the_fall_through(void **state)
{
    struct keymap *k = keymap_new();

    (void)state;
    assert_int_equal(parse(k, "bind generic x down\nunbind table x\n"
                              "bind generic y up\nbind table y \"\"\n", NULL),
                     0);
    assert_int_equal(action_of(k, services, 3, "x"), ACTION_NONE);
    assert_int_equal(action_of(k, services, 3, "y"), ACTION_NONE);
    assert_int_equal(action_of(k, logs, 3, "x"), ACTION_DOWN);
    assert_null(keymap_lookup_inapplicable(k, services, 3, key_of("x")));
    assert_int_equal(parse(k, "unbind table all\n", NULL), 0);
    assert_int_equal(action_of(k, services, 3, "x"), ACTION_DOWN);
    keymap_free(k);
}

static void a_key_that_does_nothing_here_can_be_named(void **state)
{
    struct keymap *k = keymap_new_default();
    const struct binding *b =
        keymap_lookup_inapplicable(k, services, 3, key_of("K"));

    (void)state;
    assert_non_null(b);
    assert_int_equal(b->action, ACTION_STOP);
    assert_null(keymap_lookup_inapplicable(k, services, 3, key_of("R")));
    assert_null(keymap_lookup_inapplicable(k, services, 3, key_of("%")));
    keymap_free(k);
}

static void a_key_can_run_a_command_line(void **state)
{
    struct keymap *k = keymap_new();

    (void)state;
    assert_int_equal(parse(k,
                           "bind table P \":services prod-main /pay\"\n"
                           "bind table <F2> :tasks prod\n",
                           NULL), 0);
    assert_string_equal(
        keymap_lookup(k, services, 3, key_of("P"))->command,
        "services prod-main /pay");
    assert_string_equal(keymap_lookup(k, tasks, 3, key_of("<F2>"))->command,
                        "tasks prod");
    assert_null(keymap_lookup(k, logs, 3, key_of("P")));
    keymap_free(k);
}

static void a_mistake_names_file_and_line_and_changes_nothing(void **state)
{
    (void)state;
    expect_mistake("# ok\nbind table R restat\n",
                   "my.keys:2: there is no action \"restat\"\n");
    expect_mistake("bind tabel R restart\n",
                   "my.keys:1: there is no context \"tabel\"\n");
    expect_mistake("bind table <Enterr> restart\n",
                   "my.keys:1: there is no key \"<Enterr>\"\n");
    expect_mistake("bind table R\n",
                   "my.keys:1: bind takes CONTEXT KEY ACTION\n");
    expect_mistake("unbind table\n",
                   "my.keys:1: unbind takes CONTEXT KEY\n");
    expect_mistake("bind table R restart now\n",
                   "my.keys:1: bind takes one action; put a command in "
                   "quotes and begin it with :\n");
    expect_mistake("bind table R :\n",
                   "my.keys:1: the command after : is missing\n");
    expect_mistake("set refresh 5\n",
                   "my.keys:1: a keys file knows bind and unbind, not "
                   "\"set\"\n");
    expect_mistake("bind table R restart {}\n",
                   "my.keys:1: a keys file has no blocks\n");
    expect_mistake("bind log S scale\n",
                   "my.keys:1: \"scale\" works in service tables, not in "
                   "logs\n");
    expect_mistake("bind table \"R restart\n",
                   "my.keys:1: a quote is never closed on its line\n");
}

static void good_lines_after_a_bad_one_still_count(void **state)
{
    struct keymap *k = keymap_new_default();
    struct strbuf bad = STRBUF_INIT;

    (void)state;
    assert_int_equal(parse(k, "bind table x nope\nbind table x restart\n",
                           &bad), 1);
    assert_int_equal(action_of(k, services, 3, "x"), ACTION_RESTART);
    assert_int_equal(action_of(k, services, 3, "R"), ACTION_RESTART);
    strbuf_release(&bad);
    keymap_free(k);
}

static void keys_of_an_action_leave_out_the_shadowed(void **state)
{
    struct keymap *k = keymap_new();
    char text[64];

    (void)state;
    assert_int_equal(parse(k,
                           "bind generic j down\nbind generic <Down> down\n"
                           "bind table j up\nbind table <C-N> down\n", NULL),
                     0);
    assert_string_equal(keymap_keys_text(k, services, 3, ACTION_DOWN, 8, text,
                                         sizeof(text)), "Down/^N");
    assert_string_equal(keymap_keys_text(k, logs, 3, ACTION_DOWN, 8, text,
                                         sizeof(text)), "j/Down");
    assert_string_equal(keymap_keys_text(k, logs, 3, ACTION_DOWN, 1, text,
                                         sizeof(text)), "j");
    assert_string_equal(keymap_keys_text(k, logs, 3, ACTION_DOWN, 8, text, 4),
                        "j");
    assert_string_equal(keymap_keys_text(k, logs, 3, ACTION_QUIT, 8, text,
                                         sizeof(text)), "");
    keymap_free(k);
}

static void a_printed_map_parses_back_to_itself(void **state)
{
    struct keymap *k = keymap_new_default();
    struct keymap *again = keymap_new();
    struct strbuf first = STRBUF_INIT;
    struct strbuf second = STRBUF_INIT;

    (void)state;
    assert_int_equal(parse(k,
                           "unbind table K\nbind table P \":x \\\"y\\\"\"\n"
                           "bind generic ';' help\nbind generic '#' help\n"
                           "bind generic '\\' help\nbind generic < help\n"
                           "bind generic é help\n", NULL), 0);
    keymap_print(k, &first);
    assert_int_equal(parse(again, strbuf_get(&first), NULL), 0);
    keymap_print(again, &second);
    assert_string_equal(strbuf_get(&first), strbuf_get(&second));
    keymap_free(k);
    keymap_free(again);
    strbuf_release(&first);
    strbuf_release(&second);
}

static void each_lists_live_bindings_once(void **state)
{
    struct keymap *k = keymap_new();
    struct strbuf got = STRBUF_INIT;
    char name[KEYSPEC_SIZE];
    const struct binding *b;
    size_t i = 0;

    (void)state;
    assert_int_equal(parse(k,
                           "bind generic a down\nbind generic b up\n"
                           "bind table a top\nbind table K stop\n"
                           "bind log F follow\nunbind table z\n", NULL), 0);
    while ((b = keymap_each(k, services, 3, &i))) {
        strbuf_printf(&got, "%s ", keyspec_print(b->key, name));
    }
    assert_string_equal(strbuf_get(&got), "a b ");
    strbuf_release(&got);
    keymap_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(actions_have_unique_names_and_help),
        cmocka_unit_test(contexts_are_found_by_name),
        cmocka_unit_test(every_action_has_a_default_key),
        cmocka_unit_test(exactly_four_plain_keys_mutate),
        cmocka_unit_test(default_keys_are_the_habits_people_have),
        cmocka_unit_test(a_special_context_beats_a_general_one),
        cmocka_unit_test(unbinding_stops_the_fall_through),
        cmocka_unit_test(a_key_that_does_nothing_here_can_be_named),
        cmocka_unit_test(a_key_can_run_a_command_line),
        cmocka_unit_test(a_mistake_names_file_and_line_and_changes_nothing),
        cmocka_unit_test(good_lines_after_a_bad_one_still_count),
        cmocka_unit_test(keys_of_an_action_leave_out_the_shadowed),
        cmocka_unit_test(a_printed_map_parses_back_to_itself),
        cmocka_unit_test(each_lists_live_bindings_once),
    };

    return cmocka_run_group_tests(tests, use_utf8, NULL);
}
