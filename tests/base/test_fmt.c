/* fmt: numbers, ages, sizes and times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/base/rng.h"

#define S INT64_C(1000)
#define M (60 * S)
#define H (60 * M)
#define D (24 * H)

static const int64_t MOMENT = 1795271527204; /* 2026-11-21T14:32:07.204Z */

static void ages_and_durations_round_down(void **state)
{
    static const struct {
        int64_t ms;
        const char *age, *duration;
    } rows[] = {
        {0, "0s", "0s"},
        {999, "0s", "0s"},
        {-5000, "0s", "0s"},
        {-5001, "-", "-"},
        {-D, "-", "-"},
        {7 * S, "7s", "7s"},
        {M - 1, "59s", "59s"},
        {M, "1m", "1m00s"},
        {6 * M + 12 * S, "6m", "6m12s"},
        {H - 1, "59m", "59m59s"},
        {3 * H + 4 * M + 59 * S, "3h", "3h04m"},
        {D - 1, "23h", "23h59m"},
        {2 * D + 5 * H, "2d", "2d5h"},
        {21 * D, "21d", "21d0h"},
        {365 * D - 1, "364d", "364d23h"},
        {2 * 365 * D + 14 * D, "2y", "2y14d"},
        {INT64_MAX, "292471208y", "292471208y247d"},
        {INT64_MIN, "-", "-"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char age[16], duration[24];

        assert_string_equal(fmt_age(rows[i].ms, age), rows[i].age);
        assert_string_equal(fmt_duration(rows[i].ms, duration),
                            rows[i].duration);
    }
}

static void times_are_written_in_utc(void **state)
{
    char a[16], b[20], c[40], d[20], e[40];

    (void)state;
    assert_string_equal(fmt_clock(MOMENT, FMT_UTC, a), "14:32:07Z");
    assert_string_equal(fmt_clock_ms(MOMENT, FMT_UTC, b), "14:32:07.204Z");
    assert_string_equal(fmt_iso(MOMENT, FMT_UTC, c), "2026-11-21T14:32:07Z");
    assert_string_equal(fmt_amz_date(MOMENT, d), "20261121T143207Z");
    assert_string_equal(fmt_http_date(MOMENT, e),
                        "Sat, 21 Nov 2026 14:32:07 GMT");
    assert_string_equal(fmt_iso(-1, FMT_UTC, c), "1969-12-31T23:59:59Z");
    assert_string_equal(fmt_iso_ms(MOMENT - 200, c), "2026-11-21T14:32:07.004Z");
    assert_string_equal(fmt_iso_ms(-1, c), "1969-12-31T23:59:59.999Z");
    assert_string_equal(fmt_clock_ms(-1, FMT_UTC, b), "23:59:59.999Z");
    assert_string_equal(fmt_iso(INT64_MAX, FMT_UTC, c),
                        "9999-12-31T23:59:59Z");
    assert_string_equal(fmt_iso(INT64_MIN, FMT_UTC, c),
                        "0000-01-01T00:00:00Z");
}

static void set_zone(const char *tz)
{
    setenv("TZ", tz, 1);
    tzset();
}

static void local_times_carry_their_offset(void **state)
{
    char a[16], b[20], c[40];

    (void)state;
    set_zone("CET-1CEST,M3.5.0,M10.5.0/3");
    assert_string_equal(fmt_clock(MOMENT, FMT_LOCAL, a), "15:32:07");
    assert_string_equal(fmt_clock_ms(MOMENT, FMT_LOCAL, b), "15:32:07.204");
    assert_string_equal(fmt_iso(MOMENT, FMT_LOCAL, c),
                        "2026-11-21T15:32:07+01:00");
    assert_string_equal(fmt_iso(1784000000000, FMT_LOCAL, c),
                        "2026-07-14T05:33:20+02:00"); /* summer time */
    set_zone("NST3:30");
    assert_string_equal(fmt_iso(MOMENT, FMT_LOCAL, c),
                        "2026-11-21T11:02:07-03:30");
    fmt_iso(INT64_MAX, FMT_LOCAL, c);
    fmt_iso(INT64_MIN, FMT_LOCAL, c);
    assert_memory_equal(c, "0000-01-01", 10);
    set_zone("UTC");
}

static void civil_times_agree_with_libc(void **state)
{
    struct rng r;

    (void)state;
    rng_seed(&r, 9);
    for (int i = 0; i < 20000; i++) {
        int64_t s = (int64_t)rng_below(&r, 315569520000) - 62167219200;
        time_t t = (time_t)s;
        char got[40], want[40];
        int64_t back = 0;
        struct tm tm;

        gmtime_r(&t, &tm);
        if (tm.tm_year + 1900 > 9999)
            continue;
        fmt_iso(s * 1000, FMT_UTC, got);
        strftime(want, sizeof(want), "T%H:%M:%SZ", &tm);
        assert_string_equal(got + 10, want);
        assert_int_equal(atol(got), tm.tm_year + 1900);
        assert_int_equal(atol(got + 5), tm.tm_mon + 1);
        assert_int_equal(atol(got + 8), tm.tm_mday);
        assert_int_equal(fmt_parse_iso(got, &back), 0);
        assert_int_equal(back, s * 1000);
        fmt_http_date(s * 1000, got);
        strftime(want, sizeof(want), "%a", &tm);
        assert_memory_equal(got, want, 3);
        assert_int_equal(fmt_parse_http_date(got, &back), 0);
        assert_int_equal(back, s * 1000);
    }
}

static void iso_times_are_read_strictly(void **state)
{
    static const struct {
        const char *in;
        int64_t want; /* -1 = refused */
    } rows[] = {
        {"2026-11-21T14:32:07Z", 1795271527000},
        {"2026-11-21T14:32:07.204Z", 1795271527204},
        {"2026-11-21T14:32:07.2049999Z", 1795271527204},
        {"2026-11-21T14:32:07.2Z", 1795271527200},
        {"2026-11-21T15:32:07+01:00", 1795271527000},
        {"2026-11-21T11:02:07.204-0330", 1795271527204},
        {"2026-11-21T15:32:07+01", 1795271527000},
        {"2026-11-21T14:32:07UTC", 1795271527000},
        {"2026-11-21 14:32:07Z", 1795271527000},
        {"2024-02-29T00:00:00Z", 1709164800000},
        {"2016-12-31T23:59:60Z", 1483228800000},
        {"1970-01-01T00:00:00Z", 0},
        {"2026-02-29T00:00:00Z", -1},
        {"2100-02-29T00:00:00Z", -1},
        {"2026-11-31T00:00:00Z", -1},
        {"2026-13-01T00:00:00Z", -1},
        {"2026-00-01T00:00:00Z", -1},
        {"2026-01-00T00:00:00Z", -1},
        {"2026-11-21T24:00:00Z", -1},
        {"2026-11-21T14:60:07Z", -1},
        {"2026-11-21T14:32:07", -1},
        {"2026-11-21T14:32:07.Z", -1},
        {"2026-11-21T14:32:07Zx", -1},
        {"2026-11-21T14:32:07+1", -1},
        {"2026-11-21T14:32:07+01:", -1},
        {"2026-11-21T14:32:07+24:00", -1},
        {"2026-11-21", -1},
        {"26-11-21T14:32:07Z", -1},
        {" 2026-11-21T14:32:07Z", -1},
        {"", -1},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t got = -77;
        int rc = fmt_parse_iso(rows[i].in, &got);

        if (rc != (rows[i].want == -1 ? -1 : 0))
            fail_msg("\"%s\" gives %d", rows[i].in, rc);
        assert_int_equal(got, rc ? -77 : rows[i].want);
    }
}

static void http_dates_are_read_strictly(void **state)
{
    static const char *const bad[] = {
        "Sat, 21 Nov 2026 14:32:07", "Sat, 21 Nov 2026 14:32:07 UTC",
        "Sat 21 Nov 2026 14:32:07 GMT", "Sat, 21 Nvo 2026 14:32:07 GMT",
        "Sat, 31 Nov 2026 14:32:07 GMT", "Xxx, 21 Nov 2026 14:32:07 GMT",
        "Sat, 21 Nov 2026 14:32:07 GMT ", "Saturday, 21-Nov-26 14:32:07 GMT",
        "Sat, 1 Nov 2026 14:32:07 GMT", "",
    };
    int64_t got = 0;

    (void)state;
    assert_int_equal(fmt_parse_http_date("Sat, 21 Nov 2026 14:32:07 GMT",
                                         &got), 0);
    assert_int_equal(got, 1795271527000);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(fmt_parse_http_date(bad[i], &got), -1);
    assert_int_equal(got, 1795271527000);
}

static void sizes_step_by_1024(void **state)
{
    static const struct {
        uint64_t n;
        const char *want;
    } rows[] = {
        {0, "0 B"},
        {512, "512 B"},
        {1023, "1023 B"},
        {1024, "1 kB"},
        {1536, "1.5 kB"},
        {18637, "18.2 kB"},
        {102348, "99.9 kB"},
        {102400, "100 kB"},
        {1048063, "1023 kB"},
        {1048064, "1 MiB"}, /* 1023.5 kB */
        {1048575, "1 MiB"},
        {64 << 20, "64 MiB"},
        {UINT64_C(5) << 30, "5 GiB"},
        {UINT64_C(3) << 39, "1.5 TiB"},
        {UINT64_MAX, "16 EiB"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char out[16];

        assert_string_equal(fmt_size(rows[i].n, out), rows[i].want);
    }
}

static void counts_have_commas(void **state)
{
    static const struct {
        int64_t n;
        const char *want;
    } rows[] = {
        {0, "0"},       {999, "999"},       {1204, "1,204"},
        {-1204, "-1,204"}, {-999, "-999"},  {1000000, "1,000,000"},
        {INT64_MAX, "9,223,372,036,854,775,807"},
        {INT64_MIN, "-9,223,372,036,854,775,808"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char out[32];

        assert_string_equal(fmt_count(rows[i].n, out), rows[i].want);
    }
}

static void integers_are_read_whole_and_in_bounds(void **state)
{
    static const struct {
        const char *in;
        int64_t min, max, want;
        int rc;
    } rows[] = {
        {"0", 0, 9, 0, 0},
        {"007", 0, 9, 7, 0},
        {"-3", -5, 5, -3, 0},
        {"9", 0, 9, 9, 0},
        {"10", 0, 9, 0, -1},
        {"-1", 0, 9, 0, -1},
        {"9223372036854775807", 0, INT64_MAX, INT64_MAX, 0},
        {"9223372036854775808", INT64_MIN, INT64_MAX, 0, -1},
        {"-9223372036854775808", INT64_MIN, 0, INT64_MIN, 0},
        {"-9223372036854775809", INT64_MIN, INT64_MAX, 0, -1},
        {"99999999999999999999999", 0, INT64_MAX, 0, -1},
        {"", 0, 9, 0, -1},
        {"-", -9, 9, 0, -1},
        {"+1", 0, 9, 0, -1},
        {" 1", 0, 9, 0, -1},
        {"1 ", 0, 9, 0, -1},
        {"1x", 0, 9, 0, -1},
        {"0x1", 0, 9, 0, -1},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t got = 77;

        assert_int_equal(
            fmt_parse_int(rows[i].in, rows[i].min, rows[i].max, &got),
            rows[i].rc);
        assert_true(got == (rows[i].rc ? 77 : rows[i].want));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ages_and_durations_round_down),
        cmocka_unit_test(times_are_written_in_utc),
        cmocka_unit_test(local_times_carry_their_offset),
        cmocka_unit_test(civil_times_agree_with_libc),
        cmocka_unit_test(iso_times_are_read_strictly),
        cmocka_unit_test(http_dates_are_read_strictly),
        cmocka_unit_test(sizes_step_by_1024),
        cmocka_unit_test(counts_have_commas),
        cmocka_unit_test(integers_are_read_whole_and_in_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
