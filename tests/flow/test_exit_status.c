/* Errors and what the program ends with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first. */
#include <cmocka.h>

#include "backend/base/mem.h"
#include "views/cli/exit_status.h"

static void each_kind_of_error_has_the_status_of_the_manual(void **state)
{
    static const struct {
        enum err_code code;
        int status;
    } rows[] = {
        {ERR_NONE, 0}, {ERR_USAGE, 2}, {ERR_CONFIG, 2},
        {ERR_CREDENTIALS, 3}, {ERR_EXPIRED, 3}, {ERR_NOT_FOUND, 4},
        {ERR_TERMINAL, 5}, {ERR_DENIED, 1},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {.code = rows[i].code};
        assert_int_equal(exit_status_of(&err), rows[i].status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_error_has_the_status_of_the_manual),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
