#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/grammar.h"
#include "backend/base/mem.h"
#include "backend/base/strbuf.h"

/* Statements as text: words in <>, blocks in {}, one blank between. */
static void dump(const struct grammar_stmt *st, size_t n, struct strbuf *out)
{
    for (size_t i = 0; i < n; i++) {
        for (int w = 0; w < st[i].argc; w++) {
            strbuf_printf(out, "<%s>", st[i].argv[w]);
        }
        assert_null(st[i].argv[st[i].argc]);
        if (st[i].has_block) {
            strbuf_puts(out, "{");
            dump(st[i].block, st[i].n_block, out);
            strbuf_puts(out, "}");
        }
        strbuf_puts(out, "|");
    }
}

static void note(void *arg, const struct err *err)
{
    struct strbuf *b = arg;

    assert_int_equal(err->code, ERR_CONFIG);
    strbuf_printf(b, "%s\n", err->message);
}

static void check(const char *text, const char *want, const char *mistakes)
{
    struct strbuf got = STRBUF_INIT;
    struct strbuf bad = STRBUF_INIT;
    struct grammar *g = grammar_parse("f", text, strlen(text), note, &bad);

    dump(g->stmts, g->n, &got);
    assert_string_equal(strbuf_get(&got), want);
    assert_string_equal(strbuf_get(&bad), mistakes);
    grammar_free(g);
    strbuf_release(&got);
    strbuf_release(&bad);
}

static void words_are_split_at_blanks(void **state)
{
    (void)state;
    check("", "", "");
    check("\n \t\n", "", "");
    check("set refresh 5", "<set><refresh><5>|", "");
    check("  set\trefresh  5 \r\nx\r\n", "<set><refresh><5>|<x>|", "");
    check("\xef\xbb\xbfset x", "<set><x>|", "");
    check("a; b ;c", "<a>|<b>|<c>|", "");
    check(";;\n;", "", "");
}

static void quotes_keep_blanks_and_signs(void **state)
{
    (void)state;
    check("alias pay \"services prod-main /pay\"",
          "<alias><pay><services prod-main /pay>|", "");
    check("a \"\" ''", "<a><><>|", "");
    check("a \"x\\\"y\\\\z\\n\\t\"", "<a><x\"y\\z\n\t>|", "");
    check("a 'x\\n\"; { } #'", "<a><x\\n\"; { } #>|", "");
    check("a don't", "<a><don't>|", "");
    check("a b\\ c \\; \\{", "<a><b c><;><{>|", "");
}

static void a_comment_ends_the_line_but_a_color_does_not(void **state)
{
    (void)state;
    check("# all\n#facade\na # b\n", "<a>|", "");
    check("color failed #ff0080 #00ff00 # x", "<color><failed><#ff0080>"
                                               "<#00ff00>|", "");
    check("set x #fff; y", "<set><x>|", "");
    check("a b#c", "<a><b#c>|", "");
    check("c { d #ff0080}", "<c>{<d><#ff0080>|}|", "");
}

static void a_backslash_joins_lines(void **state)
{
    (void)state;
    check("a \\\n  b\\\nc\nd", "<a><bc>|<d>|", "");
    check("a \\\r\nb", "<a><b>|", "");
}

static void blocks_nest(void **state)
{
    (void)state;
    check("context 1 { prod yes; readonly yes; confirm type }",
          "<context><1>{<prod><yes>|<readonly><yes>|<confirm><type>|}|", "");
    check("context 1 {\n  prod yes # c }\n  confirm type\n}\nx",
          "<context><1>{<prod><yes>|<confirm><type>|}|<x>|", "");
    check("a{}b { c{d} }", "<a>{}|<b>{<c>{<d>|}|}|", "");
    check("a { b { c { d { e } } } }", "<a>{<b>{<c>{<d>{<e>|}|}|}|}|", "");
}

static void a_mistake_drops_its_line_only(void **state)
{
    (void)state;
    check("a\nb \"open\nc", "<a>|<c>|",
          "f:2: a quote is never closed on its line\n");
    check("b \"x\"y\nc", "<c>|",
          "f:1: a blank is missing after the closing quote\n");
    check("b \"\\q\"\nc", "<c>|",
          "f:1: in quotes, \\ is followed by \" \\ n or t\n");
    check("b \xff\nc", "<c>|", "f:1: a word is not valid UTF-8\n");
    check("b \x1b[31m\nc", "<c>|", "f:1: a control character is in a word\n");
    check("b 'x\\", "", "f:1: a quote is never closed on its line\n");
    check("b \\", "", "f:1: a \\ stands at the end\n");
    check("a\n}\nc", "<a>|<c>|", "f:2: a } closes nothing\n");
    check("\n\n { x }\nc", "<c>|", "f:3: a { stands without a word before "
                                     "it\n");
}

static void a_mistake_drops_the_block_it_opens(void **state)
{
    (void)state;
    check("ctx \"1 {\n readonly yes\n \x01 {\n x\n }\n}\nc", "<c>|",
          "f:1: a quote is never closed on its line\n");
    check("a { b { c { d { e { f } } } } }\nz",
          "<a>{<b>{<c>{<d>{}|}|}|}|<z>|",
          "f:1: blocks are nested too deep\n");
    check("x\ny {\n z\n", "<x>|",
          "f:2: the block opened here is never closed\n");
}

static void too_many_words_are_a_mistake(void **state)
{
    struct strbuf b = STRBUF_INIT;

    (void)state;
    for (int i = 0; i <= GRAMMAR_MAX_WORDS; i++) {
        strbuf_puts(&b, "w ");
    }
    strbuf_puts(&b, "\nc");
    check(strbuf_get(&b), "<c>|", "f:1: there are too many words\n");
    strbuf_release(&b);
}

static void a_file_of_mistakes_is_reported_fifty_times(void **state)
{
    struct strbuf text = STRBUF_INIT;
    struct strbuf bad = STRBUF_INIT;
    struct grammar *g;
    int lines = 0;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        strbuf_puts(&text, "}\n");
    }
    g = grammar_parse("f", strbuf_get(&text), text.len, note, &bad);
    for (const char *p = strbuf_get(&bad); *p; p++) {
        lines += *p == '\n';
    }
    assert_int_equal(lines, GRAMMAR_MAX_MISTAKES);
    assert_non_null(strstr(strbuf_get(&bad), "not reported"));
    grammar_free(g);
    strbuf_release(&text);
    strbuf_release(&bad);
}

static void deep_nesting_does_not_recurse(void **state)
{
    struct strbuf text = STRBUF_INIT;
    struct grammar *g;

    (void)state;
    for (int i = 0; i < 400000; i++) {
        strbuf_puts(&text, "a{");
    }
    g = grammar_parse("f", strbuf_get(&text), text.len, NULL, NULL);
    assert_int_equal(g->n, 0);
    grammar_free(g);
    strbuf_release(&text);
}

static void a_huge_file_is_refused(void **state)
{
    char *text = xmalloc(GRAMMAR_MAX_FILE + 1);
    struct err err;

    (void)state;
    memset(text, 'a', GRAMMAR_MAX_FILE + 1);
    assert_null(grammar_parse_strict("f", text, GRAMMAR_MAX_FILE + 1, &err));
    assert_non_null(strstr(err.message, "larger"));
    free(text);
}

static void strict_parsing_stops_at_the_first_mistake(void **state)
{
    struct err err;
    struct grammar *g;

    (void)state;
    assert_null(grammar_parse_strict("f", "a\n}\n'", 5, &err));
    assert_string_equal(err.message, "f:2: a } closes nothing");
    g = grammar_parse_strict("f", "a\nb\n", 4, &err);
    assert_non_null(g);
    assert_int_equal(g->stmts[1].line, 2);
    assert_int_equal(grammar_fail(g, &g->stmts[1], &err, "no %s", "b"), -1);
    assert_string_equal(err.message, "f:2: no b");
    grammar_free(g);
}

static void a_statement_knows_the_line_of_its_first_word(void **state)
{
    static const char text[] = "\n# c\na \\\n b\nd { e\n f\n}\n";
    struct grammar *g = grammar_parse("f", text, strlen(text), NULL, NULL);

    (void)state;
    assert_int_equal(g->n, 2);
    assert_int_equal(g->stmts[0].line, 3);
    assert_int_equal(g->stmts[1].line, 5);
    assert_int_equal(g->stmts[1].block[1].line, 6);
    grammar_free(g);
}

static void any_word_survives_quoting(void **state)
{
    static const char *words[] = {"a",  "",      "a b", "x;y", "{",  "}",
                                  "#",  "\"q\"", "'",   "\\",  "a\nb\tc",
                                  "日", "#ff0080", "don't"};
    struct strbuf line = STRBUF_INIT;
    struct grammar *g;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        grammar_quote(&line, words[i]);
        strbuf_putc(&line, ' ');
    }
    g = grammar_parse_strict("f", strbuf_get(&line), line.len, NULL);
    assert_non_null(g);
    assert_int_equal(g->n, 1);
    assert_int_equal(g->stmts[0].argc, ARRAY_LEN(words));
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        assert_string_equal(g->stmts[0].argv[i], words[i]);
    }
    grammar_free(g);
    strbuf_release(&line);
}

static void a_command_line_takes_signs_as_they_are(void **state)
{
    struct err err;
    char **argv;
    int argc;

    (void)state;
    assert_int_equal(
        grammar_words(" services /a{2};#x \"b c\" ", &argc, &argv, &err), 0);
    assert_int_equal(argc, 3);
    assert_string_equal(argv[1], "/a{2};#x");
    assert_string_equal(argv[2], "b c");
    assert_null(argv[3]);
    grammar_words_free(argv);
    assert_int_equal(grammar_words("", &argc, &argv, &err), 0);
    assert_int_equal(argc, 0);
    grammar_words_free(argv);
    assert_int_equal(grammar_words("a \"b", &argc, &argv, &err), -1);
    assert_int_equal(err.code, ERR_USAGE);
}

static void files_are_read_or_named(void **state)
{
    char path[] = "/tmp/ecsdash-grammar-XXXXXX";
    int fd = mkstemp(path);
    struct err err;
    struct grammar *g;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "a b\n", 4), 4);
    close(fd);
    g = grammar_read(path, NULL, NULL, &err);
    assert_non_null(g);
    assert_string_equal(g->stmts[0].argv[1], "b");
    grammar_free(g);
    unlink(path);
    assert_null(grammar_read(path, NULL, NULL, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_non_null(strstr(err.message, path));
    assert_null(grammar_read("/", NULL, NULL, &err));
    assert_int_equal(err.code, ERR_CONFIG);
}

static void yes_and_no_have_many_names(void **state)
{
    bool b = false;

    (void)state;
    assert_int_equal(grammar_bool("Yes", &b), 0);
    assert_true(b);
    assert_int_equal(grammar_bool("off", &b), 0);
    assert_false(b);
    assert_int_equal(grammar_bool("maybe", &b), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_split_at_blanks),
        cmocka_unit_test(quotes_keep_blanks_and_signs),
        cmocka_unit_test(a_comment_ends_the_line_but_a_color_does_not),
        cmocka_unit_test(a_backslash_joins_lines),
        cmocka_unit_test(blocks_nest),
        cmocka_unit_test(a_mistake_drops_its_line_only),
        cmocka_unit_test(a_mistake_drops_the_block_it_opens),
        cmocka_unit_test(too_many_words_are_a_mistake),
        cmocka_unit_test(a_file_of_mistakes_is_reported_fifty_times),
        cmocka_unit_test(deep_nesting_does_not_recurse),
        cmocka_unit_test(a_huge_file_is_refused),
        cmocka_unit_test(strict_parsing_stops_at_the_first_mistake),
        cmocka_unit_test(a_statement_knows_the_line_of_its_first_word),
        cmocka_unit_test(any_word_survives_quoting),
        cmocka_unit_test(a_command_line_takes_signs_as_they_are),
        cmocka_unit_test(files_are_read_or_named),
        cmocka_unit_test(yes_and_no_have_many_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
