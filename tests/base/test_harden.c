/* What the process gives away, asked of the kernel. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "backend/base/harden.h"

static void nothing_is_dumped_and_no_keys_are_logged(void **state)
{
    struct rlimit r;

    (void)state;
    setenv("SSLKEYLOGFILE", "/nonexistent/keys", 1);
    assert_int_equal(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 1);
    harden_process();
    assert_int_equal(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
    assert_int_equal(getrlimit(RLIMIT_CORE, &r), 0);
    assert_int_equal(r.rlim_cur, 0);
    assert_int_equal(r.rlim_max, 0);
    assert_null(getenv("SSLKEYLOGFILE"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_dumped_and_no_keys_are_logged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
