/* The log buffer: order, bounds, anchors, harmless text, levels. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/rng.h"
#include "backend/base/utf8.h"
#include "backend/svc/logbuf.h"

static uint64_t add(struct logbuf *b, int64_t ts, int64_t in, const char *text)
{
    return logbuf_add(b, &(struct logbuf_line){.timestamp_ms = ts,
                                               .ingestion_ms = in,
                                               .text = text,
                                               .len = strlen(text)}, false);
}

static struct logbuf_line line(struct logbuf *b, size_t i)
{
    struct logbuf_line l;
    logbuf_get(b, i, &l);
    return l;
}

static void late_lines_go_to_their_place(void **state)
{
    (void)state;
    struct logbuf *b = logbuf_new(0);
    uint64_t first = add(b, 100, 100, "a");
    add(b, 300, 300, "d");
    assert_int_equal(logbuf_shifts(b), 0);
    uint64_t late = add(b, 200, 400, "c");
    add(b, 200, 250, "b");
    add(b, 200, 400, "c2");
    const char *want[] = {"a", "b", "c", "c2", "d"};
    assert_int_equal(logbuf_len(b), 5);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(line(b, i).text, want[i]);
    assert_int_equal(line(b, 0).seq, first);
    assert_int_equal(line(b, 2).seq, late);
    assert_int_equal(logbuf_find_seq(b, late), 2);
    assert_int_equal(logbuf_find_seq(b, 99), SIZE_MAX);
    assert_int_equal(logbuf_find_time(b, 200), 1);
    assert_int_equal(logbuf_find_time(b, 301), 5);
    assert_true(logbuf_shifts(b) > 0);
    logbuf_free(b);
}

static void pages_that_come_newest_first_end_in_order(void **state)
{
    (void)state;
    struct logbuf *b = logbuf_new(0);
    for (int i = 9; i >= 0; i--) {
        char text[8];
        snprintf(text, sizeof(text), "%d", i);
        logbuf_add(b, &(struct logbuf_line){.timestamp_ms = i / 4,
                                            .ingestion_ms = i / 4,
                                            .text = text, .len = 1}, true);
    }
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(line(b, i).text[0], (int)(0x30 + i));
    logbuf_free(b);
}

static void a_mark_finds_its_line_after_inserts_and_drops(void **state)
{
    (void)state;
    struct logbuf *b = logbuf_new(64 << 10);
    struct logbuf_mark m = {0};
    bool exact;
    for (int i = 0; i < 300; i++)
        add(b, 1000 + i / 3, 0, "some text of a line");
    m = logbuf_mark(b, 200);
    for (int i = 0; i < 50; i++)
        add(b, 1000 + i, 0, "late");
    size_t at = logbuf_find(b, m, &exact);
    assert_true(exact);
    assert_int_equal(line(b, at).seq, m.seq);
    assert_int_equal(at, 250);
    while (logbuf_dropped(b) < 400)
        add(b, 5000, 0, "pushes the old ones out ..........");
    at = logbuf_find(b, m, &exact);
    assert_false(exact);
    assert_int_equal(at, 0); /* the oldest that is left */
    logbuf_free(b);
}

/* Against a plain sorted array, with drops. */
static void random_arrivals_equal_a_sorted_list(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct rng r;
        rng_seed(&r, seed);
        struct logbuf *b = logbuf_new(seed % 2 ? 0 : 40000);
        size_t added = 1 + rng_below(&r, 2000);
        int64_t t = 0;
        for (size_t i = 0; i < added; i++) {
            char text[64];
            int64_t ts = t;
            t += (int64_t)rng_below(&r, 4);
            if (rng_below(&r, 10) == 0)
                ts -= (int64_t)rng_below(&r, 50);
            int n = snprintf(text, sizeof(text), "%zu %.*s", i,
                             (int)rng_below(&r, 40),
                             "........................................");
            logbuf_add(b, &(struct logbuf_line){
                              .timestamp_ms = ts,
                              .ingestion_ms = t,
                              .text = text,
                              .len = (size_t)n}, false);
        }
        size_t n = logbuf_len(b), text_bytes = 0;
        assert_int_equal(n + logbuf_dropped(b), added);
        for (size_t i = 0; i < n; i++) {
            struct logbuf_line l = line(b, i);
            text_bytes += l.len;
            assert_int_equal(strlen(l.text), l.len);
            if (i) {
                struct logbuf_line p = line(b, i - 1);
                assert_true(p.timestamp_ms < l.timestamp_ms ||
                            (p.timestamp_ms == l.timestamp_ms &&
                             p.ingestion_ms <= l.ingestion_ms));
            }
        }
        assert_int_equal(text_bytes, logbuf_text_bytes(b));
        if (seed % 2 == 0)
            assert_true(logbuf_text_bytes(b) + n * 32 <= 40000);
        logbuf_free(b);
    }
}

static void a_full_buffer_drops_the_oldest_and_counts(void **state)
{
    (void)state;
    struct logbuf *b = logbuf_new(32 << 10);
    for (int i = 0; i < 10000; i++)
        add(b, i, i, "ERROR 0123456789 0123456789 0123456789");
    size_t n = logbuf_len(b);
    assert_true(n > 300 && n < 1000);
    assert_int_equal(logbuf_dropped(b), 10000 - n);
    assert_int_equal(logbuf_errors(b), n);
    assert_int_equal(line(b, 0).timestamp_ms, 10000 - (int64_t)n);
    assert_int_equal(add(b, 1, 1, "older than all of them, and it is full,"
                                  " so that it can only be dropped"), 0);
    assert_int_equal(logbuf_len(b), n);
    logbuf_free(b);
}

static void a_million_lines_cost_a_quarter_more_than_their_text(void **state)
{
    (void)state;
    struct logbuf *b = logbuf_new((size_t)1 << 30);
    char text[151];
    memset(text, 'x', 150);
    text[150] = '\0';
    for (int i = 0; i < 1000000; i++)
        add(b, i, i, text);
    assert_int_equal(logbuf_len(b), 1000000);
    /* Touched memory: what the index has grown ahead is not. */
    size_t used = logbuf_text_bytes(b) / 150 * (151 + 32);
    assert_true(used <= logbuf_text_bytes(b) / 4 * 5);
    assert_true(logbuf_bytes(b) <= logbuf_text_bytes(b) / 100 * 130);
    logbuf_free(b);
}

static void escape_sequences_go_whole(void **state)
{
    (void)state;
    static const struct { const char *in, *want; } t[] = {
        {"\033[1;31mERROR\033[0m x", "ERROR x"},
        {"\033]0;owned\aafter", "after"},
        {"\033]8;;http://x\033\\link\033]8;;\033\\", "link"},
        {"a\033Pq junk\033\\b", "ab"},
        {"\033(Bx", "x"},
        {"\033cx", "x"},
        {"x\033", "x"},
        {"x\033[", "x"},
        {"x\033[31", "x"},
        {"a\tb", "a b"},
        {"a\x01" "b", "a\xef\xbf\xbd" "b"},
        {"\xff", "\xef\xbf\xbd"},
        {"\033\xc3\xa9", "\xc3\xa9"},
    };
    struct logbuf *b = logbuf_new(0);
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        add(b, (int64_t)i, 0, t[i].in);
        struct logbuf_line l = line(b, i);
        assert_string_equal(l.text, t[i].want);
        assert_true(utf8_is_clean(l.text, l.len));
    }
    logbuf_free(b);
}

static void a_nul_begins_no_string_sequence(void **state)
{
    (void)state;
    struct logbuf *b = logbuf_new(0);
    logbuf_add(b, &(struct logbuf_line){.timestamp_ms = 1, .ingestion_ms = 1,
                                        .text = "a\033\0 ERROR stays",
                                        .len = 14}, false);
    assert_string_equal(line(b, 0).text, "a ERROR stay");
    logbuf_free(b);
}

static void any_bytes_become_harmless(void **state)
{
    (void)state;
    struct rng r;
    rng_seed(&r, 5);
    struct logbuf *b = logbuf_new(0);
    for (int i = 0; i < 20000; i++) {
        static const char pool[] = "\033[]P\\;31m\a(\xc3\xa9\xe2\x80\xae x\0";
        char text[24];
        size_t n = rng_below(&r, sizeof(text));
        for (size_t k = 0; k < n; k++)
            text[k] = rng_below(&r, 4)
                          ? pool[rng_below(&r, sizeof(pool))]
                          : (char)rng_below(&r, 256);
        char *exact = xmalloc(n + 1); /* so that ASan sees a byte too far */
        memcpy(exact, text, n);
        exact = xrealloc(exact, n ? n : 1);
        logbuf_add(b, &(struct logbuf_line){.timestamp_ms = i, .text = exact,
                                            .len = n}, false);
        free(exact);
        struct logbuf_line l = line(b, logbuf_len(b) - 1);
        assert_true(utf8_is_clean(l.text, l.len));
    }
    logbuf_free(b);
}

static void a_line_above_a_megabyte_is_cut(void **state)
{
    (void)state;
    struct logbuf *b = logbuf_new(0);
    char *text = xmalloc((size_t)3 << 20);
    memset(text, 'y', (size_t)3 << 20);
    logbuf_add(b, &(struct logbuf_line){.text = text, .len = (size_t)3 << 20},
               false);
    add(b, 1, 1, "next");
    assert_int_equal(line(b, 0).len, LOGBUF_MAX_LINE);
    assert_string_equal(line(b, 1).text, "next");
    free(text);
    logbuf_free(b);
}

static void levels_are_found(void **state)
{
    (void)state;
    static const struct { const char *text; enum log_level want; } t[] = {
        {"2026-01-01 ERROR db: gone", LOG_LEVEL_ERROR},
        {"[WARN] slow", LOG_LEVEL_WARN},
        {"WARNING: slow", LOG_LEVEL_WARN},
        {"FATAL x", LOG_LEVEL_ERROR},
        {"all ERRORS fixed", LOG_LEVEL_NONE},
        {"NO_ERROR", LOG_LEVEL_NONE},
        {"an error occurred", LOG_LEVEL_NONE},
        {"ts=1 level=error msg=x", LOG_LEVEL_ERROR},
        {"ts=1 level=warn", LOG_LEVEL_WARN},
        {"level=\"info\" x", LOG_LEVEL_NONE},
        {"{\"level\":\"error\",\"m\":1}", LOG_LEVEL_ERROR},
        {"{\"m\":\"x ERROR y\",\"level\": \"info\"}", LOG_LEVEL_NONE},
        {"{\"severity\":\"WARNING\"}", LOG_LEVEL_WARN},
        {"{\"level\":50}", LOG_LEVEL_ERROR},
        {"{\"level\":40}", LOG_LEVEL_WARN},
        {"{\"level\":30,\"msg\":\"x\"}", LOG_LEVEL_NONE},
        {"{\"log.level\":\"fatal\"}", LOG_LEVEL_ERROR},
        {"{\"m\":\"level\"}", LOG_LEVEL_NONE},
        {"{\"level", LOG_LEVEL_NONE},
        {"Traceback (most recent call last):", LOG_LEVEL_ERROR},
        {"panic: runtime error", LOG_LEVEL_ERROR},
        {"", LOG_LEVEL_NONE},
        {"ERROR", LOG_LEVEL_ERROR},
    };
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        char *exact = xstrdup(t[i].text);
        if (log_level_of(exact, strlen(exact)) != t[i].want)
            fail_msg("%s", t[i].text);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(late_lines_go_to_their_place),
        cmocka_unit_test(pages_that_come_newest_first_end_in_order),
        cmocka_unit_test(a_mark_finds_its_line_after_inserts_and_drops),
        cmocka_unit_test(random_arrivals_equal_a_sorted_list),
        cmocka_unit_test(a_full_buffer_drops_the_oldest_and_counts),
        cmocka_unit_test(a_million_lines_cost_a_quarter_more_than_their_text),
        cmocka_unit_test(escape_sequences_go_whole),
        cmocka_unit_test(a_nul_begins_no_string_sequence),
        cmocka_unit_test(any_bytes_become_harmless),
        cmocka_unit_test(a_line_above_a_megabyte_is_cut),
        cmocka_unit_test(levels_are_found),
    };
    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
