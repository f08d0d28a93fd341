/* The audit log where it can't be written. */
#include "tests/flow/lab.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>

static void a_link_in_place_of_the_audit_log_is_not_followed(void **state)
{
    struct lab *l = *state;
    open_app(l, "quiet", false, &kind_services, "catalog-api");
    char *other = xasprintf("%s/other", l->dir);
    assert_int_equal(symlink(other, l->audit), 0);
    key(l, "R");
    confirm(l);
    settle(l);
    assert_int_equal(mutations(l), 1);
    assert_int_equal(access(other, F_OK), -1);
    assert_said(l, "could not be written");
    free(other);
}

/* A disk that is full amid a line: it is taken back, but not while another
 * program holds the file, whose line might go. */
static void a_torn_audit_line_is_taken_back_by_the_holder_only(void **state)
{
    struct lab *l = *state;
    struct rlimit was, low;
    struct stat st;
    open_app(l, "quiet", false, &kind_services, "catalog-api");
    int other = open(l->audit, O_WRONLY | O_CREAT | O_APPEND, 0600);
    assert_int_equal(write(other, "{}\n", 3), 3);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    low = was;
    low.rlim_cur = 20;
    for (int held = 0; held < 2; held++) {
        if (held)
            assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
        key(l, "R");
        confirm(l);
        settle(l);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
        assert_int_equal(mutations(l), held + 1);
        assert_said(l, "could not be written");
        assert_int_equal(fstat(other, &st), 0);
        assert_int_equal(st.st_size, held ? 20 : 3);
    }
    close(other);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_link_in_place_of_the_audit_log_is_not_followed),
        T(a_torn_audit_line_is_taken_back_by_the_holder_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
