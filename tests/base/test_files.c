/* ini and log: the files that we read and the one that we write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/ini.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/rng.h"
#include "backend/base/strbuf.h"

/* Everything in an ini, as "[section] key=value" words, and its warnings as
 * "line:what" behind a bar. Keys asked for are given per row. */
static void note_warning(void *arg, int line, const char *what)
{
    strbuf_printf(arg, "%d:%s;", line, what);
}

#define TWICE "a section for the second time, which the AWS CLI refuses;"
#define KEY_TWICE "a key for the second time, which the AWS CLI refuses;"

struct ini_row {
    const char *text;
    const char *section, *key, *sub; /* what to look up */
    const char *want;                /* NULL: absent */
    const char *warnings;
};

static void check_rows(const struct ini_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct ini_row *r = &rows[i];
        struct strbuf w = STRBUF_INIT;
        struct ini *ini = ini_parse(r->text, strlen(r->text), note_warning,
                                    &w);
        const char *got = r->sub
                              ? ini_get_nested(ini, r->section, r->key, r->sub)
                              : ini_get(ini, r->section, r->key);

        if (!got != !r->want || (got && strcmp(got, r->want)))
            fail_msg("row %zu gives \"%s\", not \"%s\"", i, got ? got : "-",
                     r->want ? r->want : "-");
        if (strcmp(strbuf_get(&w), r->warnings ? r->warnings : ""))
            fail_msg("row %zu warns \"%s\"", i, strbuf_get(&w));
        ini_free(ini);
        strbuf_release(&w);
    }
}

static void ini_reads_the_plain_grammar(void **state)
{
    static const struct ini_row rows[] = {
        {"[a]\nk=v\n", "a", "k", NULL, "v", NULL},
        {"[a]\nk=v", "a", "k", NULL, "v", NULL},
        {"[a]\n  k  =  v w \t\n", "a", "k", NULL, "v w", NULL},
        {"[a]\nRegion = eu-west-1\n", "a", "region", NULL, "eu-west-1", NULL},
        {"[a]\nk=\n", "a", "k", NULL, "", NULL},
        {"[a]\nk=a=b==\n", "a", "k", NULL, "a=b==", NULL},
        {"[a]\nk: v\n", "a", "k", NULL, "v", NULL},
        {"[a]\nk=\"v\"\n", "a", "k", NULL, "\"v\"", NULL},
        {"\xef\xbb\xbf[a]\r\nk=v\r\nl=w\r\n", "a", "l", NULL, "w", NULL},
        {"[a]\nk=1\nk=2\n", "a", "k", NULL, "2", "3:" KEY_TWICE},
        {"[a]\nk=1\n[b]\nk=2\n[a]\nl=3\n", "a", "k", NULL, "1",
         "5:" TWICE},
        {"[a]\nk=1\n[b]\nk=2\n[a]\nl=3\n", "a", "l", NULL, "3",
         "5:" TWICE},
        {"[a]\nk=1\n[a]\nk=3\n", "a", "k", NULL, "3",
         "3:" TWICE "4:" KEY_TWICE},
        {"[a]\rk=v\rl=w\r\nm=x\n\rn=y", "a", "n", NULL, "y", NULL},
        {"[DEFAULT]\nk=1\nl=2\n[a]\nk=v\n", "a", "l", NULL, "2", NULL},
        {"[DEFAULT]\nk=1\nl=2\n[a]\nk=v\n", "a", "k", NULL, "v", NULL},
        {"[DEFAULT]\nk=1\nl=2\n[a]\nk=v\n", "b", "k", NULL, NULL, NULL},
        {"[a]\n  k=1\n  l=2\n", "a", "l", NULL, "2", NULL},
        {"", "a", "k", NULL, NULL, NULL},
        {"[a]\nk=v\n", "b", "k", NULL, NULL, NULL},
        {"[a]\nk=v\n", "A", "k", NULL, NULL, NULL},
        {"[a]\nk=v\n", "a", "k", "s", NULL, NULL},
    };

    (void)state;
    check_rows(rows, ARRAY_LEN(rows));
}

static void ini_takes_headers_as_they_are_written(void **state)
{
    static const struct ini_row rows[] = {
        {"[profile dev]\nk=v\n", "profile dev", "k", NULL, "v", NULL},
        {"[ a \t b ]\nk=v\n", "a \t b", "k", NULL, "v", NULL},
        {"[profile \"a b\"]\nk=v\n", "profile \"a b\"", "k", NULL, "v",
         NULL},
        {"[a]b]\nk=v\n", "a]b", "k", NULL, "v", NULL},
        {"[a] # note [x]\nk=v\n", "a", "k", NULL, "v", NULL},
        {"[a]; note\nk=v\n", "a", "k", NULL, "v", NULL},
        {"[a] note\nk=v\n", "a", "k", NULL, "v", NULL},
        {"[a\nk=v\n", "a", "k", NULL, NULL,
         "1:a section header that makes no sense;"},
        {"[a]\nk=v\n[]\nk=w\n", "a", "k", NULL, "v",
         "3:a section header that makes no sense;"},
    };

    (void)state;
    check_rows(rows, ARRAY_LEN(rows));
}

static void ini_knows_comments_only_at_line_starts(void **state)
{
    static const struct ini_row rows[] = {
        {"# c\n; c\n[a]\n# k=w\nk=v\n;k=x\n", "a", "k", NULL, "v", NULL},
        {"[a]\nk=v # c\n", "a", "k", NULL, "v # c",
         "2:a comment after a value is part of the value;"},
        {"[a]\nk=v\t;c\n", "a", "k", NULL, "v\t;c",
         "2:a comment after a value is part of the value;"},
        {"[a]\nk=v#c;d\n", "a", "k", NULL, "v#c;d", NULL},
        {"[a]\nk=#c\n", "a", "k", NULL, "#c", NULL},
        {"[a]\ns3 =\n  # c\n  x = y\n", "a", "s3", "x", "y", NULL},
    };

    (void)state;
    check_rows(rows, ARRAY_LEN(rows));
}

static void ini_continues_and_nests_indented_lines(void **state)
{
    static const char *const nest = "[services x]\necs =\n"
                                    "  Endpoint_URL = http://h:1/\n\n"
                                    "  other=2\nlogs =\n\tendpoint_url = l\n"
                                    "region = r\n";
    const struct ini_row rows[] = {
        {"[a]\nk=v\n  more\n\tyet\nl=w\n", "a", "k", NULL, "v\nmore\nyet",
         NULL},
        {"[a]\nk=v\n  l=w\n", "a", "k", NULL, "v\nl=w", NULL},
        {"[a]\nk=v\n\n # c\n  w\n\n", "a", "k", NULL, "v\n\nw", NULL},
        {"[a]\nk=v\n  l=w\n", "a", "l", NULL, NULL, NULL},
        {nest, "services x", "ecs", "endpoint_url", "http://h:1/", NULL},
        {nest, "services x", "ecs", "other", "2", NULL},
        {nest, "services x", "logs", "endpoint_url", "l", NULL},
        {nest, "services x", "logs", "other", NULL, NULL},
        {nest, "services x", "region", NULL, "r", NULL},
        {nest, "services x", "ecs", NULL, NULL, NULL},
        {nest, "services x", "endpoint_url", NULL, NULL, NULL},
        {"[a]\ns =\n  x = 1\n  x = 2\n", "a", "s", "x", "2", NULL},
        {"[a]\ns =\n  x = 1\ns = v\n", "a", "s", "x", NULL,
         "4:" KEY_TWICE},
        {"[a]\ns =\n  x = 1\ns = v\n", "a", "s", NULL, "v",
         "4:" KEY_TWICE},
        {"[a]\ns =\n  x = 1\n    y = 2\n", "a", "s", "y", "2", NULL},
    };

    (void)state;
    check_rows(rows, ARRAY_LEN(rows));
}

static void ini_bad_line_loses_its_section_only(void **state)
{
    static const char *const text = "[a]\nk=1\n[bad]\nk=2\nnonsense\nl=3\n"
                                    "[c]\nk=4\n[d]\ns=\n  nonsense\n  x=1\n"
                                    "[e]\n=v\n[f]\nk=5\n";
    static const char *const w =
        "5:a line that is neither a key nor a section;"
        "11:a nested line without \"=\";14:a value without a key;";
    const struct ini_row rows[] = {
        {text, "a", "k", NULL, "1", w},   {text, "bad", "k", NULL, NULL, w},
        {text, "bad", "l", NULL, NULL, w}, {text, "c", "k", NULL, "4", w},
        {text, "d", "s", "x", NULL, w},   {text, "f", "k", NULL, "5", w},
        {"k=v\nl=w\n[a]\nm=x\n", "a", "m", NULL, "x",
         "1:a line before the first section;"},
    };
    struct ini *ini = ini_parse(text, strlen(text), NULL, NULL);

    (void)state;
    check_rows(rows, ARRAY_LEN(rows));
    assert_int_equal(ini_sections(ini), 3);
    assert_string_equal(ini_section_name(ini, 0), "a");
    assert_string_equal(ini_section_name(ini, 1), "c");
    assert_string_equal(ini_section_name(ini, 2), "f");
    assert_null(ini_section_name(ini, 3));
    assert_true(ini_has_section(ini, "c"));
    assert_false(ini_has_section(ini, "bad"));
    ini_free(ini);
    ini = ini_parse("[a]\nk=x\0y\n[b]\nk=v", 17, NULL, NULL);
    assert_false(ini_has_section(ini, "a"));
    assert_string_equal(ini_get(ini, "b", "k"), "v");
    ini_free(ini);
    ini_free(NULL);
}

static void ini_survives_random_text(void **state)
{
    static const char alphabet[] = "[]]ab=:#; \t\n\n\r\"'\\\0";
    struct rng r;

    (void)state;
    rng_seed(&r, 21);
    for (int round = 0; round < 20000; round++) {
        size_t n = rng_below(&r, 80);
        char *text = xmalloc(n); /* exact, so that ASan sees overreads */
        struct ini *ini;

        for (size_t i = 0; i < n; i++)
            text[i] = alphabet[rng_below(&r, sizeof(alphabet) - 1)];
        ini = ini_parse(text, n, NULL, NULL);
        free(text);
        for (size_t i = 0; i < ini_sections(ini); i++) {
            assert_true(ini_section_name(ini, i)[0] != '\0');
            ini_get(ini, ini_section_name(ini, i), "a");
            ini_get_nested(ini, ini_section_name(ini, i), "a", "b");
        }
        ini_free(ini);
    }
}

/* ---- files ---- */

static char dir[64];

static int make_dir(void **state)
{
    (void)state;
    setlocale(LC_CTYPE, "C.UTF-8");
    snprintf(dir, sizeof(dir), "/tmp/ecsdash-test-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    static const char *const names[] = {"f", "f.1", "link", "fifo"};
    char path[128];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
        unlink(path);
    }
    return rmdir(dir);
}

static char *in_dir(const char *name, char out[128])
{
    snprintf(out, 128, "%s/%s", dir, name);
    return out;
}

static void put_file(const char *path, const char *text, size_t n)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, n, f), n);
    fclose(f);
}

static char *get_file(const char *path)
{
    FILE *f = fopen(path, "r");
    struct strbuf b = STRBUF_INIT;
    int c;

    assert_non_null(f);
    while ((c = getc(f)) != EOF)
        strbuf_putc(&b, (char)c);
    fclose(f);
    return strbuf_detach(&b);
}

static void ini_read_tells_missing_from_unreadable(void **state)
{
    char path[128], *big = xcalloc(1, 1024 * 1024 + 1);
    struct err e = {0};
    struct ini *ini;

    (void)state;
    in_dir("f", path);
    assert_null(ini_read(path, NULL, NULL, &e));
    assert_int_equal(e.code, ERR_NOT_FOUND);
    assert_non_null(strstr(e.message, path));
    assert_null(ini_read(path, NULL, NULL, NULL));
    assert_null(ini_read(dir, NULL, NULL, &e));
    assert_int_equal(e.code, ERR_SYS);
    put_file(path, "[a]\nk=v\n", 8);
    ini = ini_read(path, NULL, NULL, &e);
    assert_string_equal(ini_get(ini, "a", "k"), "v");
    ini_free(ini);
    memset(big, '\n', 1024 * 1024 + 1);
    put_file(path, big, 1024 * 1024);
    ini = ini_read(path, NULL, NULL, &e);
    assert_non_null(ini);
    ini_free(ini);
    put_file(path, big, 1024 * 1024 + 1);
    assert_null(ini_read(path, NULL, NULL, &e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
    unlink(path);
    free(big);
}

static void log_appends_stamped_clean_private_lines(void **state)
{
    struct clock *c = clock_new_driven(1795271527204);
    char path[128], *text;
    struct err e = {0};
    struct stat st;
    struct log *l;

    (void)state;
    put_file(in_dir("f", path), "old\n", 4);
    chmod(path, 0644);
    l = log_open(path, c, &e);
    assert_non_null(l);
    log_line(l, "one %d\x1b[2J\ntwo", 1);
    clock_advance(c, 1000);
    log_line(l, "three");
    log_close(l);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    text = get_file(path);
    assert_string_equal(text, "old\n"
                              "2026-11-21T14:32:07.204Z one 1\xef\xbf\xbd[2J "
                              "two\n2026-11-21T14:32:08.204Z three\n");
    free(text);
    unlink(path);
    clock_free(c);
}

static void log_without_path_drops_everything(void **state)
{
    struct log *l = log_open(NULL, NULL, NULL);

    (void)state;
    assert_non_null(l);
    log_line(l, "dropped");
    log_close(l);
    log_line(NULL, "dropped");
    log_close(NULL);
}

static void log_refuses_links_fifos_and_foreign_files(void **state)
{
    char path[128], link[128], fifo[128];
    struct clock *c = clock_new_driven(0);
    struct err e = {0};

    (void)state;
    put_file(in_dir("f", path), "", 0);
    assert_int_equal(symlink(path, in_dir("link", link)), 0);
    assert_null(log_open(link, c, &e));
    assert_non_null(strstr(e.message, "symbolic link"));
    assert_int_equal(mkfifo(in_dir("fifo", fifo), 0600), 0);
    assert_null(log_open(fifo, c, &e)); /* and does not hang */
    assert_int_not_equal(e.code, ERR_NONE);
    assert_null(log_open(dir, c, &e));
    if (geteuid() == 0) { /* only root can give a file away */
        assert_int_equal(chown(path, 12345, -1), 0);
        err_clear(&e);
        assert_null(log_open(path, c, &e));
        assert_non_null(strstr(e.message, "somebody else"));
    }
    unlink(path);
    clock_free(c);
}

static void log_starts_anew_above_its_cap(void **state)
{
    struct clock *c = clock_new_driven(1795271527204);
    char path[128], old[128], *text;
    struct stat st;
    struct log *l;

    (void)state;
    put_file(in_dir("f", path), "", 0);
    assert_int_equal(truncate(path, 8 * 1024 * 1024 - 10), 0);
    l = log_open(path, c, NULL);
    log_line(l, "last of the old");
    log_line(l, "first of the new");
    log_close(l);
    text = get_file(path);
    assert_string_equal(text, "2026-11-21T14:32:07.204Z first of the new\n");
    free(text);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(in_dir("f.1", old), &st), 0);
    assert_true(st.st_size > 8 * 1024 * 1024);
    assert_int_equal(truncate(path, 9 * 1024 * 1024), 0);
    l = log_open(path, c, NULL); /* too large already at start */
    log_close(l);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 0);
    unlink(path);
    unlink(old);
    clock_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ini_reads_the_plain_grammar),
        cmocka_unit_test(ini_takes_headers_as_they_are_written),
        cmocka_unit_test(ini_knows_comments_only_at_line_starts),
        cmocka_unit_test(ini_continues_and_nests_indented_lines),
        cmocka_unit_test(ini_bad_line_loses_its_section_only),
        cmocka_unit_test(ini_survives_random_text),
        cmocka_unit_test(ini_read_tells_missing_from_unreadable),
        cmocka_unit_test(log_appends_stamped_clean_private_lines),
        cmocka_unit_test(log_without_path_drops_everything),
        cmocka_unit_test(log_refuses_links_fifos_and_foreign_files),
        cmocka_unit_test(log_starts_anew_above_its_cap),
    };

    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
