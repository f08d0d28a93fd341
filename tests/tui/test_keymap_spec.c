#include "tests/tui/render.h"

#include "backend/base/mem.h"

static void expect_print(const char *spec, const char *printed,
                         const char *shown)
{
    struct key k = key_of(spec);
    char out[KEYSPEC_SIZE];

    assert_string_equal(keyspec_print(k, out), printed);
    assert_true(key_equal(key_of(out), k));
    assert_string_equal(keyspec_show(k, out), shown);
}

static void specs_print_in_one_canonical_form(void **state)
{
    (void)state;
    expect_print("R", "R", "R");
    expect_print("<R>", "R", "R");
    expect_print("<C-R>", "<C-R>", "^R");
    expect_print("<c-r>", "<C-R>", "^R");
    expect_print("<enter>", "<Enter>", "Enter");
    expect_print("<CR>", "<Enter>", "Enter");
    expect_print("<F5>", "<F5>", "F5");
    expect_print("<f12>", "<F12>", "F12");
    expect_print("<Space>", "<Space>", "Space");
    expect_print("<A-x>", "<A-x>", "A-x");
    expect_print("<M-x>", "<A-x>", "A-x");
    expect_print("<C-A-x>", "<C-A-X>", "A-^X");
    expect_print("<Esc>", "<Esc>", "Esc");
    expect_print("<PageDown>", "<PgDn>", "PgDn");
    expect_print("<S-Tab>", "<S-Tab>", "S-Tab");
    expect_print("<", "<lt>", "<");
    expect_print("<lt>", "<lt>", "<");
    expect_print("<C-Space>", "<C-Space>", "^Space");
    expect_print("#", "#", "#");
    expect_print("<Hash>", "#", "#");
    expect_print("é", "é", "é");
    expect_print("日", "日", "日");
    expect_print("-", "-", "-");
    expect_print("<A-->", "<A-->", "A--");
}

static void keys_that_terminals_confuse_are_one_key(void **state)
{
    (void)state;
    assert_true(key_equal(key_of("<C-I>"), key_of("<Tab>")));
    assert_true(key_equal(key_of("<C-M>"), key_of("<Enter>")));
    assert_true(key_equal(key_of("<C-J>"), key_of("<Enter>")));
    assert_true(key_equal(key_of("<C-H>"), key_of("<Backspace>")));
    assert_true(key_equal(key_of("<C-[>"), key_of("<Esc>")));
    assert_true(key_equal(key_of("<C-@>"), key_of("<C-Space>")));
    assert_true(key_equal(key_of("<BackTab>"), key_of("<S-Tab>")));
    assert_true(key_equal(key_of("<C-a>"), key_of("<C-A>")));
    assert_false(key_equal(key_of("a"), key_of("A")));
    assert_false(key_equal(key_of("a"), key_of("<A-a>")));
}

static void nonsense_is_refused_and_named(void **state)
{
    static const char *bad[] = {
        "",      " ",      "ab",     "<>",      "<x",      "x>",
        "<Foo>", "<F0>",   "<F13>",  "<F99>",   "<C->",    "<C-C-x>",
        "<X-a>", "<S-a>",  "<C-;>",  "\xff",    "\x1b",    "\xcc\x81",
        "<Enter", "<C-\x01>", "<F01>",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct key k;
        struct err err;

        if (keyspec_parse(bad[i], &k, &err) == 0) {
            fail_msg("\"%s\" was taken for a key", bad[i]);
        }
        assert_int_equal(err.code, ERR_CONFIG);
    }
}

static void only_plain_characters_are_text(void **state)
{
    char out[4];

    (void)state;
    assert_int_equal(keyspec_text(key_of("x"), out), 1);
    assert_int_equal(out[0], 'x');
    assert_int_equal(keyspec_text(key_of("<Space>"), out), 1);
    assert_int_equal(keyspec_text(key_of("日"), out), 3);
    assert_memory_equal(out, "日", 3);
    assert_int_equal(keyspec_text(key_of("<C-X>"), out), 0);
    assert_int_equal(keyspec_text(key_of("<A-x>"), out), 0);
    assert_int_equal(keyspec_text(key_of("<Enter>"), out), 0);
    assert_int_equal(keyspec_text(key_of("<F1>"), out), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(specs_print_in_one_canonical_form),
        cmocka_unit_test(keys_that_terminals_confuse_are_one_key),
        cmocka_unit_test(nonsense_is_refused_and_named),
        cmocka_unit_test(only_plain_characters_are_text),
    };

    return cmocka_run_group_tests(tests, use_utf8, NULL);
}
