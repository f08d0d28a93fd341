#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/mem.h"
#include "backend/base/safefile.h"

struct env {
    char dir[64];
    char path[96];  /* a file in it, not yet there */
    char other[96]; /* another */
    struct strbuf text;
    struct err err;
};

static int setup(void **state)
{
    struct env *e = xcalloc(1, sizeof(*e));

    snprintf(e->dir, sizeof(e->dir), "/tmp/ecsdash-safefile-XXXXXX");
    assert_non_null(mkdtemp(e->dir));
    snprintf(e->path, sizeof(e->path), "%s/file", e->dir);
    snprintf(e->other, sizeof(e->other), "%s/other", e->dir);
    *state = e;
    return 0;
}

static int teardown(void **state)
{
    struct env *e = *state;
    char command[128];

    snprintf(command, sizeof(command), "rm -rf -- '%s'", e->dir);
    assert_int_equal(system(command), 0);
    strbuf_release(&e->text);
    free(e);
    return 0;
}

static void put(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void assert_refused(struct env *e, unsigned checks, const char *why)
{
    assert_int_equal(
        safefile_read(e->path, checks, 100, &e->text, &e->err), -1);
    assert_int_equal(e->text.len, 0);
    assert_null(e->text.data);
    assert_non_null(strstr(e->err.message, why));
    assert_non_null(strstr(e->err.message, e->path));
}

static void a_good_file_is_read(void **state)
{
    struct env *e = *state;

    put(e->path, "text\n", 0644);
    assert_int_equal(
        safefile_read(e->path, SAFEFILE_STRICT, 5, &e->text, &e->err), 0);
    assert_string_equal(strbuf_get(&e->text), "text\n");
    assert_int_equal(safefile_check(e->path, SAFEFILE_STRICT, &e->err), 0);
}

static void a_missing_file_is_not_found(void **state)
{
    struct env *e = *state;

    assert_refused(e, 0, "Cannot open");
    assert_int_equal(e->err.code, ERR_NOT_FOUND);
}

static void a_larger_file_is_refused(void **state)
{
    struct env *e = *state;
    char text[102];

    memset(text, 'x', 101);
    text[101] = '\0';
    put(e->path, text, 0600);
    assert_refused(e, 0, "larger than 100 bytes");
    assert_int_equal(e->err.code, ERR_TOO_LARGE);
}

static void a_link_is_refused_where_asked(void **state)
{
    struct env *e = *state;

    put(e->other, "x", 0600);
    assert_int_equal(symlink(e->other, e->path), 0);
    assert_refused(e, SAFEFILE_NOFOLLOW, "symbolic link");
    assert_int_equal(safefile_read(e->path, 0, 9, &e->text, &e->err), 0);
}

static void what_is_no_plain_file_is_refused(void **state)
{
    struct env *e = *state;

    assert_int_equal(mkfifo(e->path, 0600), 0);
    assert_refused(e, 0, "not a plain file"); /* and does not hang */
    unlink(e->path);
    assert_int_equal(mkdir(e->path, 0700), 0);
    assert_refused(e, 0, "not a plain file");
}

static void a_file_others_can_write_is_refused_where_asked(void **state)
{
    struct env *e = *state;

    put(e->path, "x", 0620);
    assert_refused(e, SAFEFILE_UNSHARED, "chmod go-w");
    put(e->path, "x", 0602);
    assert_refused(e, SAFEFILE_UNSHARED, "chmod go-w");
    assert_int_equal(safefile_read(e->path, 0, 9, &e->text, &e->err), 0);
}

static void a_file_of_somebody_else_is_refused_where_asked(void **state)
{
    struct env *e = *state;

    if (geteuid() != 0) {
        skip(); /* only root can give a file away */
        return;
    }
    put(e->path, "x", 0600);
    assert_int_equal(chown(e->path, 12345, 12345), 0);
    assert_refused(e, SAFEFILE_OWNED, "somebody else");
    assert_int_equal(safefile_append(e->path, &e->err), -1);
    assert_int_equal(safefile_replace(e->path, "y", 1, &e->err), -1);
    assert_int_equal(safefile_read(e->path, 0, 9, &e->text, &e->err), 0);
}

static size_t count_files(const char *dir)
{
    DIR *d = opendir(dir);
    size_t n = 0;

    assert_non_null(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n - 2;
}

static void a_file_is_replaced_whole(void **state)
{
    struct env *e = *state;
    struct stat st;
    int old;

    put(e->path, "old", 0644);
    old = open(e->path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(safefile_replace(e->path, "newer", 5, &e->err), 0);
    assert_int_equal(fstat(old, &st), 0);
    assert_int_equal(st.st_size, 3); /* whoever has it open keeps it */
    assert_int_equal(st.st_nlink, 0);
    close(old);
    assert_int_equal(stat(e->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(
        safefile_read(e->path, SAFEFILE_STRICT, 9, &e->text, &e->err), 0);
    assert_string_equal(strbuf_get(&e->text), "newer");
    assert_int_equal(count_files(e->dir), 1);
}

static void a_new_file_is_private(void **state)
{
    struct env *e = *state;
    struct stat st;

    assert_int_equal(safefile_replace(e->path, "x", 1, &e->err), 0);
    assert_int_equal(stat(e->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void a_link_or_folder_is_not_replaced(void **state)
{
    struct env *e = *state;

    put(e->other, "kept", 0600);
    assert_int_equal(symlink(e->other, e->path), 0);
    assert_int_equal(safefile_replace(e->path, "x", 1, &e->err), -1);
    assert_non_null(strstr(e->err.message, "not replaced"));
    assert_int_equal(safefile_read(e->other, 0, 9, &e->text, &e->err), 0);
    assert_string_equal(strbuf_get(&e->text), "kept");
    unlink(e->path);
    assert_int_equal(mkdir(e->path, 0700), 0);
    assert_int_equal(safefile_replace(e->path, "x", 1, &e->err), -1);
    assert_int_equal(count_files(e->dir), 2);
}

static void a_failed_replace_leaves_nothing_behind(void **state)
{
    struct env *e = *state;
    char deep[128];

    snprintf(deep, sizeof(deep), "%s/none/file", e->dir);
    assert_int_equal(safefile_replace(deep, "x", 1, &e->err), -1);
    assert_non_null(strstr(e->err.message, deep));
    assert_int_equal(count_files(e->dir), 0);
}

static void appending_makes_private_and_follows_no_link(void **state)
{
    struct env *e = *state;
    struct stat st;
    int fd;

    put(e->path, "a", 0666);
    fd = safefile_append(e->path, &e->err);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "b", 1), 1);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_size, 2);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    close(fd);
    assert_int_equal(symlink(e->path, e->other), 0);
    assert_int_equal(safefile_append(e->other, &e->err), -1);
    assert_non_null(strstr(e->err.message, "symbolic link"));
}

static void folders_are_made_private(void **state)
{
    struct env *e = *state;
    char deep[128];
    struct stat st;

    snprintf(deep, sizeof(deep), "%s/a/b", e->dir);
    assert_int_equal(safefile_mkdirs(deep, &e->err), 0);
    assert_int_equal(stat(deep, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(safefile_mkdirs(deep, &e->err), 0); /* there already */
    put(e->path, "x", 0600);
    assert_int_equal(safefile_mkdirs(e->path, &e->err), -1);
    assert_non_null(strstr(e->err.message, "not a folder"));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_good_file_is_read),
        T(a_missing_file_is_not_found),
        T(a_larger_file_is_refused),
        T(a_link_is_refused_where_asked),
        T(what_is_no_plain_file_is_refused),
        T(a_file_others_can_write_is_refused_where_asked),
        T(a_file_of_somebody_else_is_refused_where_asked),
        T(a_file_is_replaced_whole),
        T(a_new_file_is_private),
        T(a_link_or_folder_is_not_replaced),
        T(a_failed_replace_leaves_nothing_behind),
        T(appending_makes_private_and_follows_no_link),
        T(folders_are_made_private),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
