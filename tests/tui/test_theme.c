/* Themes: what files may say, where mistakes are named, the built-in ones,
 * and colours on terminals that have fewer. */
#include "tests/tui/render.h"

#include "backend/base/mem.h"
#include "themes/embed.h"
#include "themes/theme.h"

static const char *const builtin[] = {"default", "mono", "colorblind"};

static struct theme empty(void)
{
    struct theme t = {.name = "test"};
    for (int i = 0; i < ROLE_N; i++)
        t.roles[i] = (struct theme_style){.fg = -1, .bg = -1};
    return t;
}

static void a_line_sets_a_style(void **state)
{
    static const struct {
        const char *text;
        enum role role;
        int32_t fg, bg;
        int attrs;
    } rows[] = {
        {"color bad red default bold", ROLE_BAD, 1, -1, ATTR_BOLD},
        {"color bad default default", ROLE_BAD, -1, -1, 0},
        {"color text black white", ROLE_TEXT, 0, 7, 0},
        {"color text brightblack brightwhite", ROLE_TEXT, 8, 15, 0},
        {"color text gray 0", ROLE_TEXT, 8, 0, 0},
        {"color text 208 255", ROLE_TEXT, 208, 255, 0},
        {"color text #ff8000 #000000", ROLE_TEXT, 0x1ff8000, 0x1000000, 0},
        {"color text #FfAa00 default", ROLE_TEXT, 0x1ffaa00, -1, 0},
        {"color log-error red default dim reverse underline italic bold",
         ROLE_LOG_ERROR, 1, -1, 31},
        {"color key cyan default bold bold", ROLE_KEY, 6, -1, ATTR_BOLD},
        {"# a comment\n\n  color good green default # and one behind\n",
         ROLE_GOOD, 2, -1, 0},
        {"color bad red default; color good green default", ROLE_GOOD, 2, -1,
         0},
        {"color bad red default\ncolor bad blue default", ROLE_BAD, 4, -1,
         0}, /* the last one holds */
        {"color bad red \\\n  default bold", ROLE_BAD, 1, -1, ATTR_BOLD},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct theme t = empty();
        struct err err = {0};
        if (theme_parse(&t, "f", rows[i].text, &err))
            fail_msg("%s: %s", rows[i].text, err.message);
        const struct theme_style *s = &t.roles[rows[i].role];
        if (s->fg != rows[i].fg || s->bg != rows[i].bg ||
            s->attrs != rows[i].attrs)
            fail_msg("%s: %d %d %d", rows[i].text, s->fg, s->bg, s->attrs);
    }
}

static void a_mistake_names_file_and_line_and_changes_nothing(void **state)
{
    static const struct {
        const char *text, *where, *says;
    } rows[] = {
        {"color bad", "my.theme:1: ", "takes a role"},
        {"color", "my.theme:1: ", "takes a role"},
        {"color bad red", "my.theme:1: ", "takes a role"},
        {"color good green default\ncolor nope red default",
         "my.theme:2: ", "no role nope"},
        {"\n\n# x\ncolor bad crimson default", "my.theme:4: ",
         "crimson is not a colour"},
        {"color bad red crimson", "my.theme:1: ", "crimson is not a colour"},
        {"color bad 256 default", "my.theme:1: ", "256 is not a colour"},
        {"color bad -2 default", "my.theme:1: ", "-2 is not a colour"},
        {"color bad '#ff00' default", "my.theme:1: ", "#ff00 is not"},
        {"color bad '#gggggg' default", "my.theme:1: ", "#gggggg is not"},
        {"color bad '#+12345' default", "my.theme:1: ", "#+12345 is not"},
        {"color bad '' default", "my.theme:1: ", "not a colour"},
        {"color bad red default blink", "my.theme:1: ",
         "blink is not an attribute"},
        {"set refresh 5", "my.theme:1: ", "not set"},
        {"color bad red default { }", "my.theme:1: ", "A theme holds only"},
        {"color good green default\ncolor bad \"red default", "my.theme:2: ",
         ""},
        {"color good green default\n}", "my.theme:2: ", ""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct theme t = empty(), before = t;
        struct err err = {0};
        if (!theme_parse(&t, "my.theme", rows[i].text, &err))
            fail_msg("%s: taken", rows[i].text);
        if (strncmp(err.message, rows[i].where, strlen(rows[i].where)) ||
            !strstr(err.message, rows[i].says))
            fail_msg("%s: %s", rows[i].text, err.message);
        assert_int_equal(err.code, ERR_CONFIG);
        assert_memory_equal(&t, &before, sizeof(t));
    }
}

static void roles_that_are_not_named_keep_their_style(void **state)
{
    struct theme t, want;
    struct err err = {0};
    (void)state;
    assert_int_equal(theme_builtin(&t, "default", &err), 0);
    want = t;
    want.roles[ROLE_BAD] = (struct theme_style){208, -1, ATTR_DIM};
    assert_int_equal(theme_parse(&t, "f", "color bad 208 default dim", &err),
                     0);
    assert_memory_equal(&t, &want, sizeof(t));
    assert_int_equal(theme_parse(&t, "f", "", &err), 0);
    assert_memory_equal(&t, &want, sizeof(t));
}

static void every_role_has_a_name_of_its_own_and_help(void **state)
{
    (void)state;
    for (int i = 0; i < ROLE_N; i++) {
        const char *name = theme_role_name((enum role)i);
        assert_int_equal(theme_role_find(name), i);
        assert_true(strlen(theme_role_help((enum role)i)) > 3);
    }
    assert_int_equal(theme_role_find("nope"), -1);
    assert_int_equal(theme_role_find(""), -1);
    assert_string_equal(theme_role_name(ROLE_N), "?");
    assert_string_equal(theme_role_help(ROLE_N), "");
}

/* All embedded themes, so that a new file is held to this as well. */
static void every_embedded_theme_parses(void **state)
{
    size_t n = 0;
    (void)state;
    for (const struct embedded_file *f = embedded_files; f->path; f++) {
        if (strncmp(f->path, "themes/", 7) != 0)
            continue;
        struct theme t = empty();
        struct err err = {0};
        if (theme_parse(&t, f->path, f->text, &err))
            fail_msg("%s", err.message);
        n++;
    }
    assert_int_equal(n, ARRAY_LEN(builtin));
}

static void built_in_themes_bear_their_names(void **state)
{
    char name[32];
    size_t known = 0;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(builtin); i++) {
        struct theme t;
        struct err err = {0};
        if (theme_builtin(&t, builtin[i], &err))
            fail_msg("%s", err.message);
        assert_string_equal(t.name, builtin[i]);
    }
    for (size_t i = 0; theme_builtin_name(i, name); i++, known++)
        assert_int_equal(theme_builtin(&(struct theme){0}, name,
                                       &(struct err){0}), 0);
    assert_int_equal(known, ARRAY_LEN(builtin));
}

static void an_unknown_theme_is_refused_with_the_names_there_are(void **state)
{
    static const char *const bad[] = {"nope", "", "../default", "default.theme",
        "a name that is much longer than any theme's name may ever be here"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct theme t = empty(), before = t;
        struct err err = {0};
        assert_int_equal(theme_builtin(&t, bad[i], &err), -1);
        for (size_t k = 0; k < ARRAY_LEN(builtin); k++)
            assert_non_null(strstr(err.message, builtin[k]));
        assert_memory_equal(&t, &before, sizeof(t));
    }
}

/* What must stand out, does so in every theme, and never by a background
 * that the terminal did not choose. */
static void what_matters_stands_out_in_every_theme(void **state)
{
    static const enum role loud[] = {
        ROLE_HEADER, ROLE_HEADER_PROD, ROLE_COLUMN, ROLE_CURSOR, ROLE_MARK,
        ROLE_PANE, ROLE_DOWN, ROLE_BAD, ROLE_WARN, ROLE_CHANGED, ROLE_MATCH,
        ROLE_ERROR, ROLE_KEY, ROLE_FOCUS, ROLE_STALE, ROLE_LOG_ERROR,
        ROLE_LOG_WARN, ROLE_LOG_SEP, ROLE_PROMPT};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(builtin); i++) {
        struct theme t;
        struct err err = {0};
        assert_int_equal(theme_builtin(&t, builtin[i], &err), 0);
        for (size_t k = 0; k < ARRAY_LEN(loud); k++) {
            const struct theme_style *s = &t.roles[loud[k]];
            if (s->fg < 0 && !s->attrs)
                fail_msg("%s: %s looks like text", builtin[i],
                         theme_role_name(loud[k]));
        }
        for (int k = 0; k < ROLE_N; k++)
            assert_int_equal(t.roles[k].bg, -1);
        /* the selected row and a button with the focus without colours */
        assert_true(t.roles[ROLE_CURSOR].attrs & ATTR_REVERSE);
        assert_true(t.roles[ROLE_FOCUS].attrs & ATTR_REVERSE);
        assert_int_not_equal(t.roles[ROLE_HEADER].attrs,
                             t.roles[ROLE_HEADER_PROD].attrs);
    }
}

static void the_default_theme_names_every_role(void **state)
{
    (void)state;
    for (const struct embedded_file *f = embedded_files; f->path; f++) {
        if (strcmp(f->path, "themes/default.theme") != 0)
            continue;
        for (int i = 0; i < ROLE_N; i++) {
            char line[64];
            snprintf(line, sizeof(line), "\ncolor %s ",
                     theme_role_name((enum role)i));
            if (!strstr(f->text, line))
                fail_msg("default.theme does not name %s",
                         theme_role_name((enum role)i));
        }
        return;
    }
    fail_msg("there is no default.theme");
}

static void mono_uses_no_colour(void **state)
{
    struct theme t;
    struct err err = {0};
    (void)state;
    assert_int_equal(theme_builtin(&t, "mono", &err), 0);
    for (int i = 0; i < ROLE_N; i++) {
        assert_int_equal(t.roles[i].fg, -1);
        assert_int_equal(t.roles[i].bg, -1);
    }
}

/* Also after falling back to 16 or 8 colours: neither red nor green. */
static void colorblind_uses_neither_red_nor_green(void **state)
{
    static const int have[] = {256, 16, 8};
    struct theme t;
    struct err err = {0};
    (void)state;
    assert_int_equal(theme_builtin(&t, "colorblind", &err), 0);
    for (size_t k = 0; k < ARRAY_LEN(have); k++) {
        int good = theme_fit_color(t.roles[ROLE_GOOD].fg, have[k]);
        int bad = theme_fit_color(t.roles[ROLE_BAD].fg, have[k]);
        int warn = theme_fit_color(t.roles[ROLE_WARN].fg, have[k]);
        assert_int_not_equal(good, bad);
        assert_int_not_equal(good, warn);
        for (int i = 0; i < ROLE_N; i++) {
            int fg = theme_fit_color(t.roles[i].fg, have[k]);
            if (fg == 1 || fg == 2 || fg == 9 || fg == 10)
                fail_msg("%s is %d of %d", theme_role_name((enum role)i), fg,
                         have[k]);
        }
    }
}

static void colours_fall_back(void **state)
{
    static const struct {
        int32_t color;
        int have, want;
    } rows[] = {
        {-1, 1 << 24, -1}, {-1, 256, -1}, {-1, 0, -1},
        {5, 0, -1},        {5, 2, -1},    {0x1ff0000, 0, -1},
        {5, 8, 5},         {5, 256, 5},   {13, 8, 5},
        {13, 16, 13},      {8, 8, 0},     {15, 8, 7},
        {208, 256, 208},   {255, 1 << 24, 255},
        {196, 16, 9},      {196, 8, 1},   {46, 16, 10},
        {231, 16, 15},     {231, 8, 7},   {16, 8, 0},
        {232, 8, 0},       {255, 8, 7},
        {0x1ff0000, 1 << 24, 0x1ff0000},
        {0x1ff0000, 256, 196}, {0x100ff00, 256, 46},
        {0x1000000, 256, 16},  {0x1ffffff, 256, 231},
        {0x1ff0000, 16, 9},    {0x1ff0000, 8, 1},
        {0x1ffffff, 8, 7},     {0x1808080, 256, 244},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int got = theme_fit_color(rows[i].color, rows[i].have);
        if (got != rows[i].want)
            fail_msg("%x on %d: %d, not %d", (unsigned)rows[i].color,
                     rows[i].have, got, rows[i].want);
    }
}

static void a_fallback_is_always_a_colour_the_terminal_has(void **state)
{
    static const int have[] = {8, 16, 88, 256};
    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(have); k++) {
        for (int32_t c = 0; c < 256; c++) {
            int got = theme_fit_color(c, have[k]);
            assert_true(got >= 0 && got < have[k]);
        }
        for (int32_t c = 0; c < 0x1000000; c += 0x3333) {
            int got = theme_fit_color(0x1000000 | c, have[k]);
            assert_true(got >= 0 && got < have[k]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_sets_a_style),
        cmocka_unit_test(a_mistake_names_file_and_line_and_changes_nothing),
        cmocka_unit_test(roles_that_are_not_named_keep_their_style),
        cmocka_unit_test(every_role_has_a_name_of_its_own_and_help),
        cmocka_unit_test(every_embedded_theme_parses),
        cmocka_unit_test(built_in_themes_bear_their_names),
        cmocka_unit_test(an_unknown_theme_is_refused_with_the_names_there_are),
        cmocka_unit_test(what_matters_stands_out_in_every_theme),
        cmocka_unit_test(the_default_theme_names_every_role),
        cmocka_unit_test(mono_uses_no_colour),
        cmocka_unit_test(colorblind_uses_neither_red_nor_green),
        cmocka_unit_test(colours_fall_back),
        cmocka_unit_test(a_fallback_is_always_a_colour_the_terminal_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
