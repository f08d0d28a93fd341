/* utf8 and err: outside text made harmless, measured and cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <locale.h>
#include <string.h>

#include "backend/base/err.h"
#include "backend/base/mem.h"
#include "backend/base/rng.h"
#include "backend/base/strbuf.h"
#include "backend/base/utf8.h"

#define FFFD "\xef\xbf\xbd"
#define E_ACUTE "\xc3\xa9"
#define WIDE "\xe4\xb8\xad"   /* a CJK character, two columns */
#define ACCENT "\xcc\x81"     /* combining acute */
#define FACE "\xf0\x9f\x98\x80"

static int use_utf8(void **state)
{
    (void)state;
    return setlocale(LC_CTYPE, "C.UTF-8") ? 0 : -1;
}

static void decode_refuses_malformed_byte_by_byte(void **state)
{
    static const struct {
        const char *in;
        size_t n, used;
        uint32_t cp;
    } rows[] = {
        {"a", 1, 1, 'a'},
        {"\0", 1, 1, 0},
        {E_ACUTE, 2, 2, 0xe9},
        {WIDE, 3, 3, 0x4e2d},
        {FACE, 4, 4, 0x1f600},
        {"\xf4\x8f\xbf\xbf", 4, 4, 0x10ffff},
        {"\xf4\x90\x80\x80", 4, 1, 0xfffd}, /* above the last */
        {"\xc0\x80", 2, 1, 0xfffd},         /* overlong NUL */
        {"\xc1\xbf", 2, 1, 0xfffd},
        {"\xe0\x9f\xbf", 3, 1, 0xfffd},
        {"\xf0\x8f\xbf\xbf", 4, 1, 0xfffd},
        {"\xed\xa0\x80", 3, 1, 0xfffd}, /* surrogate */
        {"\x80", 1, 1, 0xfffd},
        {"\xff", 1, 1, 0xfffd},
        {"\xe4\xb8", 2, 1, 0xfffd}, /* cut off */
        {"\xe4xx", 3, 1, 0xfffd},
        {"", 0, 0, 0xfffd},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint32_t cp = 1;

        assert_int_equal(utf8_decode(rows[i].in, rows[i].n, &cp),
                         rows[i].used);
        assert_int_equal(cp, rows[i].cp);
        assert_int_equal(utf8_valid(rows[i].in, rows[i].n),
                         rows[i].used == rows[i].n &&
                             (rows[i].cp != 0xfffd || rows[i].n == 0));
    }
}

static void encode_is_the_inverse_of_decode(void **state)
{
    (void)state;
    for (uint32_t cp = 0; cp <= 0x10ffff; cp += cp < 0x900 ? 1 : 97) {
        char buf[4];
        uint32_t back;
        size_t n = utf8_encode(cp, buf);

        assert_int_equal(utf8_decode(buf, n, &back), n);
        assert_int_equal(back, cp >= 0xd800 && cp <= 0xdfff ? 0xfffd : cp);
    }
}

static void width_forbids_what_must_not_reach_a_terminal(void **state)
{
    static const struct {
        uint32_t cp;
        int width;
    } rows[] = {
        {0, -1},       {0x1b, -1},    {'\t', -1},    {0x7f, -1},
        {0x80, -1},    {0x9b, -1},    {0x9f, -1},    {0x61c, -1},
        {0x200e, -1},  {0x200f, -1},  {0x2028, -1},  {0x2029, -1},
        {0x202a, -1},  {0x202e, -1},  {0x2066, -1},  {0x2069, -1},
        {0xd800, -1},  {0xfeff, -1},  {0xe0000, -1}, {0xe0041, -1},
        {0xe007f, -1}, {0x110000, -1}, {0x0378, -1}, {' ', 1},
        {'~', 1},      {0xe9, 1},     {0x301, 0},    {0x200d, 0},
        {0x200b, -1},  {0x2060, -1},  {0x4e2d, 2},   {0x1f600, 2},
        {0xfffd, 1},   {0x2026, 1},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (utf8_cp_width(rows[i].cp) != rows[i].width)
            fail_msg("U+%04X has width %d, not %d", (unsigned)rows[i].cp,
                     utf8_cp_width(rows[i].cp), rows[i].width);
}

static void sanitise_replaces_harm_and_nothing_else(void **state)
{
    static const struct {
        const char *in;
        size_t n;
        const char *want;
    } rows[] = {
        {"", 0, ""},
        {"plain " E_ACUTE WIDE FACE, 15, "plain " E_ACUTE WIDE FACE},
        {"a\tb\nc\r\nd", 8, "a b c d"},
        {"a\rb\r", 4, "a" FFFD "b" FFFD},
        {"\x1b[2Jx", 5, FFFD "[2Jx"},
        {"a\0b", 3, "a" FFFD "b"},
        {"\x7f", 1, FFFD},
        {"\xc2\x9b" "31m", 5, FFFD "31m"}, /* C1 CSI, encoded */
        {"\x9b" "31m", 4, FFFD "31m"},     /* and raw */
        {"x\xe2\x80\xae" "gpj", 7, "x" FFFD "gpj"},
        {"\xef\xbb\xbfz", 4, FFFD "z"},
        {"\xf3\xa0\x81\x81", 4, FFFD},
        {"\xe4\xb8", 2, FFFD FFFD},
        {"e" ACCENT, 3, "e" ACCENT},
        {FFFD, 3, FFFD},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct strbuf b = STRBUF_INIT;

        utf8_sanitise(&b, rows[i].in, rows[i].n);
        assert_string_equal(strbuf_get(&b), rows[i].want);
        assert_int_equal(utf8_is_clean(rows[i].in, rows[i].n),
                         b.len == rows[i].n &&
                             !memcmp(strbuf_get(&b), rows[i].in, b.len));
        strbuf_release(&b);
    }
}

static void sanitise_of_random_bytes_is_clean_and_idempotent(void **state)
{
    struct rng r;

    (void)state;
    rng_seed(&r, 11);
    for (int round = 0; round < 3000; round++) {
        struct strbuf in = STRBUF_INIT, a = STRBUF_INIT, b = STRBUF_INIT;

        for (uint64_t n = rng_below(&r, 40); n; n--) {
            char buf[4];

            /* Half bytes, half code points: both find their mistakes. */
            if (rng_below(&r, 2))
                strbuf_putc(&in, (char)rng_next(&r));
            else
                strbuf_append(&in, buf,
                              utf8_encode((uint32_t)rng_below(&r, 0x12000),
                                          buf));
        }
        utf8_sanitise(&a, strbuf_get(&in), in.len);
        assert_true(utf8_valid(strbuf_get(&a), a.len));
        assert_true(utf8_is_clean(strbuf_get(&a), a.len));
        utf8_sanitise(&b, strbuf_get(&a), a.len);
        assert_string_equal(strbuf_get(&a), strbuf_get(&b));
        if (utf8_is_clean(strbuf_get(&in), in.len))
            assert_string_equal(strbuf_get(&in), strbuf_get(&a));
        strbuf_release(&in);
        strbuf_release(&a);
        strbuf_release(&b);
    }
}

static void fit_never_splits_a_character(void **state)
{
    static const struct {
        const char *in;
        int cols;
        size_t bytes;
        int used;
    } rows[] = {
        {"abc", 2, 2, 2},
        {"abc", 9, 3, 3},
        {"abc", 0, 0, 0},
        {"abc", -1, 0, 0},
        {WIDE WIDE, 3, 3, 2},
        {WIDE WIDE, 4, 6, 4},
        {"a" WIDE, 2, 1, 1},
        {"e" ACCENT "x", 1, 3, 1}, /* the mark stays with its letter */
        {"\x1b" "b", 1, 1, 1},     /* shown as U+FFFD */
        {"\xff\xff", 1, 1, 1},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t n = strlen(rows[i].in);
        int used = -1;

        assert_int_equal(utf8_fit(rows[i].in, n, rows[i].cols, &used),
                         rows[i].bytes);
        assert_int_equal(used, rows[i].used);
        assert_int_equal(utf8_width(rows[i].in, rows[i].bytes), used);
    }
    assert_int_equal(utf8_width("a" WIDE "e" ACCENT "\x9b", 8), 5);
}

static void rows_of_wrapped_text_are_whole_words(void **state)
{
    static const struct {
        const char *in;
        int cols;
        size_t bytes;
    } rows[] = {
        {"", 5, 0},
        {"abcde", 5, 5},
        {"ab cd ef", 7, 6},
        {"ab cd ef", 6, 6},
        {"ab cd ef", 5, 6}, /* the blank past the edge is of this row */
        {"ab cdefghijkl", 9, 9}, /* would be nearly empty */
        {"abcdefgh", 3, 3},
        {"task/web:142", 10, 9},
        {"task/web:142", 8, 5},
        {"a/bcdefghijkl", 9, 9},
        {WIDE " " WIDE, 4, 4},
        {WIDE "x", 1, 3},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(utf8_row(rows[i].in, strlen(rows[i].in),
                                  rows[i].cols),
                         rows[i].bytes);
}

static void cuts_of_the_start_keep_the_tail(void **state)
{
    static const struct {
        const char *in;
        int cols;
        const char *tail;
    } rows[] = {
        {"short", 5, "short"},
        {"", 0, ""},
        {"abcdefghij", 9, "...efghij"},
        {"abcdefghij", 4, "...j"},
        {"abcdefghij", 3, "abc"},
        {"abcdefghij", 0, ""},
        {WIDE WIDE WIDE WIDE WIDE, 8, "..." WIDE WIDE},
        {"abcx" ACCENT "yz", 5, "...yz"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct strbuf b = STRBUF_INIT;

        utf8_put_tail(&b, rows[i].in, rows[i].cols);
        assert_string_equal(strbuf_get(&b), rows[i].tail);
        strbuf_release(&b);
    }
}

static void cuts_keep_head_and_tail_or_head(void **state)
{
    static const struct {
        const char *in;
        int cols;
        const char *middle, *end;
    } rows[] = {
        {"short", 5, "short", "short"},
        {"short", 80, "short", "short"},
        {"", 0, "", ""},
        {"abcdefghij", 9, "abc...hij", "abcdef..."},
        {"abcdefghij", 8, "ab...hij", "abcde..."},
        {"abcdefghij", 6, "a...ij", "abc..."},
        {"abcdefghij", 5, "abcde", "ab..."},
        {"abcdefghij", 4, "abcd", "a..."},
        {"abcdefghij", 3, "abc", "abc"},
        {"abcdefghij", 0, "", ""},
        {WIDE WIDE WIDE WIDE WIDE, 9, WIDE "..." WIDE WIDE,
         WIDE WIDE WIDE "..."},
        {WIDE WIDE WIDE WIDE WIDE, 8, WIDE "..." WIDE, WIDE WIDE "..."},
        {"abcdefg" "x" ACCENT "yz", 7, "ab...yz", "abcd..."},
        {"pull: manifest unknown", 16, "pull: ...unknown",
         "pull: manifes..."},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct strbuf m = STRBUF_INIT, e = STRBUF_INIT;

        utf8_put_middle(&m, rows[i].in, rows[i].cols);
        utf8_put_end(&e, rows[i].in, rows[i].cols);
        assert_string_equal(strbuf_get(&m), rows[i].middle);
        assert_string_equal(strbuf_get(&e), rows[i].end);
        strbuf_release(&m);
        strbuf_release(&e);
    }
}

static void cuts_of_random_text_always_fit(void **state)
{
    static const char *const parts[] = {"a", E_ACUTE, WIDE, ACCENT, FACE};
    struct rng r;

    (void)state;
    rng_seed(&r, 5);
    for (int round = 0; round < 3000; round++) {
        struct strbuf in = STRBUF_INIT, out = STRBUF_INIT;
        int cols = (int)rng_below(&r, 20);

        for (uint64_t n = rng_below(&r, 30); n; n--)
            strbuf_puts(&in, parts[rng_below(&r, ARRAY_LEN(parts))]);
        utf8_put_middle(&out, strbuf_get(&in), cols);
        assert_true(utf8_width(strbuf_get(&out), out.len) <= cols);
        assert_true(utf8_valid(strbuf_get(&out), out.len));
        strbuf_clear(&out);
        utf8_put_end(&out, strbuf_get(&in), cols);
        assert_true(utf8_width(strbuf_get(&out), out.len) <= cols);
        assert_true(utf8_valid(strbuf_get(&out), out.len));
        strbuf_release(&in);
        strbuf_release(&out);
    }
}

/* ---- err ---- */

static void err_set_clears_the_rest_and_sanitises(void **state)
{
    struct err e = {.http_status = 400, .retryable = true,
                    .aws_code = "Old", .request_id = "r"};

    (void)state;
    assert_int_equal(err_set(&e, ERR_PARSE, "Bad %s at %d", "a\x1b[2J\n", 3),
                     -1);
    assert_int_equal(e.code, ERR_PARSE);
    assert_string_equal(e.message, "Bad a" FFFD "[2J  at 3");
    assert_int_equal(e.http_status, 0);
    assert_false(e.retryable);
    assert_string_equal(e.aws_code, "");
    assert_string_equal(e.request_id, "");
    assert_int_equal(err_set(NULL, ERR_SYS, "x"), -1);
    assert_int_equal(err_set_errno(NULL, EIO, "x"), -1);
    err_prefix(NULL, "x");
    err_clear(NULL);
    err_clear(&e);
    assert_int_equal(e.code, ERR_NONE);
    assert_string_equal(e.message, "");
}

static void err_may_be_made_from_its_own_text(void **state)
{
    struct err e = {0};

    (void)state;
    err_set(&e, ERR_NET, "no route");
    err_set(&e, ERR_TIMEOUT, "Gave up: %s", e.message);
    assert_string_equal(e.message, "Gave up: no route");
}

static void err_prefix_keeps_code_and_fields(void **state)
{
    struct err e = {0};

    (void)state;
    err_set_errno(&e, ENOENT, "Cannot open %s", "x");
    assert_int_equal(e.code, ERR_SYS);
    assert_string_equal(e.message, "Cannot open x: No such file or directory");
    e.http_status = 403;
    e.retryable = true;
    err_prefix(&e, "Profile %s", "dev");
    assert_string_equal(
        e.message, "Profile dev: Cannot open x: No such file or directory");
    assert_int_equal(e.code, ERR_SYS);
    assert_int_equal(e.http_status, 403);
    assert_true(e.retryable);
}

static void err_cuts_long_text_at_a_character(void **state)
{
    (void)state;
    for (size_t pad = 0; pad < 4; pad++) {
        struct strbuf b = STRBUF_INIT;
        struct err e;
        size_t n;

        for (size_t i = 0; i < pad; i++)
            strbuf_putc(&b, 'x');
        for (int i = 0; i < 400; i++)
            strbuf_puts(&b, WIDE);
        err_set(&e, ERR_AWS, "%s", b.data);
        n = strlen(e.message);
        assert_in_range(n, sizeof(e.message) - 5, sizeof(e.message) - 1);
        assert_string_equal(e.message + n - 3, "...");
        assert_true(utf8_valid(e.message, n));
        assert_memory_equal(e.message, b.data, n - 3);
        err_prefix(&e, "Again");
        assert_true(utf8_valid(e.message, strlen(e.message)));
        assert_string_equal(e.message + strlen(e.message) - 3, "...");
        strbuf_release(&b);
    }
}

static void err_keeps_a_message_that_just_fits(void **state)
{
    struct err e;
    char text[sizeof(e.message)];

    (void)state;
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    err_set(&e, ERR_AWS, "%s", text);
    assert_string_equal(e.message, text);
}

static void every_err_code_has_its_own_name(void **state)
{
    (void)state;
    for (int i = 0; i < ERR_N; i++) {
        const char *name = err_code_name((enum err_code)i);

        assert_non_null(name);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(name, err_code_name((enum err_code)k));
    }
    assert_string_equal(err_code_name(ERR_DENIED), "denied");
    assert_string_equal(err_code_name(ERR_THROTTLED), "throttled");
    assert_non_null(err_code_name((enum err_code)999));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decode_refuses_malformed_byte_by_byte),
        cmocka_unit_test(encode_is_the_inverse_of_decode),
        cmocka_unit_test(width_forbids_what_must_not_reach_a_terminal),
        cmocka_unit_test(sanitise_replaces_harm_and_nothing_else),
        cmocka_unit_test(sanitise_of_random_bytes_is_clean_and_idempotent),
        cmocka_unit_test(fit_never_splits_a_character),
        cmocka_unit_test(rows_of_wrapped_text_are_whole_words),
        cmocka_unit_test(cuts_of_the_start_keep_the_tail),
        cmocka_unit_test(cuts_keep_head_and_tail_or_head),
        cmocka_unit_test(cuts_of_random_text_always_fit),
        cmocka_unit_test(err_set_clears_the_rest_and_sanitises),
        cmocka_unit_test(err_may_be_made_from_its_own_text),
        cmocka_unit_test(err_prefix_keeps_code_and_fields),
        cmocka_unit_test(err_cuts_long_text_at_a_character),
        cmocka_unit_test(err_keeps_a_message_that_just_fits),
        cmocka_unit_test(every_err_code_has_its_own_name),
    };

    return cmocka_run_group_tests(tests, use_utf8, NULL);
}
