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
                                               .len = strlen(text)});
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
    assert_int_equal(logbuf_find_time(b, 200), 1);
    assert_int_equal(logbuf_find_time(b, 301), 5);
    assert_true(logbuf_shifts(b) > 0);
    logbuf_free(b);
}

static void pages_that_come_newest_first_end_in_order(void **state)
{
    (void)state;
    struct logbuf *b = logbuf_new(0);
    for (uint32_t i = 9; i < 10; i--) { /* ids decide at equal times */
        char text[8];
        snprintf(text, sizeof(text), "%u", (unsigned)i);
        for (int more = 0; more < 2; more++)
            logbuf_add(b, &(struct logbuf_line){
                              .timestamp_ms = i / 4, .ingestion_ms = i / 4,
                              .id = i, .text = text, .len = 1,
                              .more = more});
    }
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(line(b, i).text[0], (int)(0x30 + i / 2));
        assert_int_equal(line(b, i).more, i % 2);
    }
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
        size_t added = 1 + rng_below(&r, 2000), refused = 0;
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
            refused += !logbuf_add(b, &(struct logbuf_line){
                              .timestamp_ms = ts,
                              .ingestion_ms = t,
                              .text = text,
                              .len = (size_t)n});
        }
        size_t n = logbuf_len(b), text_bytes = 0;
        assert_int_equal(n + logbuf_dropped(b) + refused, added);
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
    assert_true(logbuf_bytes(b) <= logbuf_text_bytes(b) / 4 * 5);
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
        {"a\tb", "a\tb"},
        {"\033[1m\t\xff\t", "\t\xef\xbf\xbd\t"},
        {"a\x01" "b", "a\xef\xbf\xbd" "b"},
        {"\xff", "\xef\xbf\xbd"},
        {"\033\xc3\xa9", "\xc3\xa9"},
    };
    struct logbuf *b = logbuf_new(0);
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        add(b, (int64_t)i, 0, t[i].in);
        struct logbuf_line l = line(b, i);
        assert_string_equal(l.text, t[i].want);
        assert_true(utf8_is_clean(l.text, l.len) || strchr(l.text, '\t'));
    }
    logbuf_free(b);
}

static void tabs_lead_to_the_next_stop(void **state)
{
    static const struct { const char *in, *want; int from; } t[] = {
        {"\ta", "    a", 0},
        {"ab\tc\t\td", "ab  c       d", 0},
        {"1234\tx", "1234    x", 0},
        {"\xe4\xb8\xad\tx", "\xe4\xb8\xad  x", 0},
        {"a\tb", "a    b", 3},
        {"", "", 5},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        struct strbuf out = STRBUF_INIT;
        int col = t[i].from;
        logtext_put_tabs(&out, t[i].in, strlen(t[i].in), &col);
        assert_string_equal(strbuf_get(&out), t[i].want);
        assert_int_equal(col, t[i].from + utf8_width(t[i].want,
                                                     strlen(t[i].want)));
        strbuf_release(&out);
    }
}

static void a_nul_begins_no_string_sequence(void **state)
{
    (void)state;
    struct logbuf *b = logbuf_new(0);
    logbuf_add(b, &(struct logbuf_line){.timestamp_ms = 1, .ingestion_ms = 1,
                                        .text = "a\033\0 ERROR stays",
                                        .len = 14});
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
                                            .len = n});
        free(exact);
        struct logbuf_line l = line(b, logbuf_len(b) - 1);
        struct strbuf shown = STRBUF_INIT;
        int col = 0;
        logtext_put_tabs(&shown, l.text, l.len, &col);
        assert_true(utf8_is_clean(strbuf_get(&shown), shown.len));
        strbuf_release(&shown);
    }
    logbuf_free(b);
}

static void a_line_above_a_megabyte_is_cut(void **state)
{
    (void)state;
    struct logbuf *b = logbuf_new(0);
    char *text = xmalloc((size_t)3 << 20);
    memset(text, 'y', (size_t)3 << 20);
    logbuf_add(b, &(struct logbuf_line){.text = text, .len = (size_t)3 << 20});
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
        {"FATAL x", LOG_LEVEL_FATAL},
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
        {"{\"log.level\":\"fatal\"}", LOG_LEVEL_FATAL},
        {"{\"level\":60}", LOG_LEVEL_FATAL},
        {"{\"m\":\"level\"}", LOG_LEVEL_NONE},
        {"{\"level", LOG_LEVEL_NONE},
        {"Traceback (most recent call last):", LOG_LEVEL_ERROR},
        {"panic: runtime error", LOG_LEVEL_FATAL},
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

static bool dotted(void *arg, const struct logbuf_line *l, size_t i)
{
    (void)arg;
    (void)i;
    return strchr(l->text, '.') != NULL;
}

/* A plain array with the same rules: inserts anywhere, removals, drops. */
static void the_index_equals_an_array_whatever_happens(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        enum { MOST = 6000 };
        struct rng r;
        rng_seed(&r, seed);
        struct logbuf *b = logbuf_new(seed % 3 ? 0 : 60000);
        static struct { uint64_t seq; int64_t ts; } want[MOST];
        size_t n = 0;
        int64_t t = 1000000;
        for (int step = 0; step < MOST; step++) {
            int64_t ts = t;
            uint64_t how = rng_below(&r, 20);
            if (how == 0 && n) {
                size_t at = rng_below(&r, n);
                assert_int_equal(logbuf_remove(b, logbuf_mark(b, at)), 0);
                memmove(want + at, want + at + 1,
                        (n - at - 1) * sizeof(*want));
                n--;
                continue;
            }
            if (how < 5) /* before all, like a page read newest first */
                ts = seed % 2 ? 500000 - step : t;
            else if (how < 10)
                ts = t - (int64_t)rng_below(&r, 3000);
            t += (int64_t)rng_below(&r, 3);
            uint64_t seq = add(b, ts, ts, "text of the line");
            if (!seq)
                continue;
            size_t at = n;
            while (at > 0 && want[at - 1].ts > ts)
                at--;
            memmove(want + at + 1, want + at, (n - at) * sizeof(*want));
            want[at].seq = seq;
            want[at].ts = ts;
            n++;
            size_t gone = n - logbuf_len(b);
            memmove(want, want + gone, (n - gone) * sizeof(*want));
            n -= gone;
        }
        assert_int_equal(logbuf_len(b), n);
        for (size_t i = 0; i < n; i++) {
            bool exact;
            assert_int_equal(line(b, i).seq, want[i].seq);
            assert_int_equal(logbuf_find(b, logbuf_mark(b, i), &exact), i);
            assert_true(exact);
        }
        logbuf_free(b);
    }
}

static void an_event_is_known_by_its_times_source_and_id(void **state)
{
    (void)state;
    struct logbuf *b = logbuf_new(0);
    for (uint32_t i = 0; i < 5000; i++)
        logbuf_add(b, &(struct logbuf_line){
                          .timestamp_ms = i / 3, .ingestion_ms = i / 3 + 7,
                          .source = i / 3 % 2, .id = i + 1, .text = "x",
                          .len = 1});
    for (uint32_t i = 0; i < 5000; i++) {
        uint16_t source = i / 3 % 2;
        assert_true(logbuf_has(b, i / 3, i / 3 + 7, source, i + 1));
        assert_false(logbuf_has(b, i / 3, i / 3 + 7, !source, i + 1));
        assert_false(logbuf_has(b, i / 3, i / 3 + 8, source, i + 1));
        assert_false(logbuf_has(b, i / 3, i / 3 + 7, source, i + 90001));
    }
    logbuf_free(b);
}

static void a_search_goes_on_while_lines_come_and_go(void **state)
{
    (void)state;
    for (int dir = -1; dir <= 1; dir += 2) {
        struct rng r;
        rng_seed(&r, 9);
        struct logbuf *b = logbuf_new(200000);
        struct logbuf_scan s;
        size_t hits = 0, at = 0, pauses = 0;
        uint64_t seen[600] = {0};
        for (int i = 0; i < 1500; i++)
            add(b, 1000 + i * 10, 0, i % 10 ? "no" : "yes .");
        logbuf_scan_begin(&s, dir > 0 ? 0 : logbuf_len(b) - 1, dir);
        for (enum logbuf_scanned got = LOGBUF_PAUSE; got != LOGBUF_END;) {
            got = logbuf_scan(b, &s, 500, dotted, NULL, &at);
            if (got == LOGBUF_HIT) {
                for (size_t i = 0; i < hits; i++)
                    assert_true(seen[i] != line(b, at).seq);
                assert_non_null(strchr(line(b, at).text, '.'));
                seen[hits++] = line(b, at).seq;
            }
            pauses += got == LOGBUF_PAUSE;
            if (rng_below(&r, 3) == 0) /* never a hit */
                add(b, 1000 + (int64_t)rng_below(&r, 15000), 0, "late");
            if (rng_below(&r, 5) == 0 && logbuf_len(b) > 700) {
                size_t gone = rng_below(&r, logbuf_len(b));
                if (line(b, gone).text[0] == 'l')
                    logbuf_remove(b, logbuf_mark(b, gone));
            }
        }
        assert_int_equal(hits, 150);
        assert_true(pauses > 100);
        logbuf_free(b);
    }
}

struct counter {
    struct logbuf_watch w;
    struct logbuf *b;
    size_t n, bytes;
};

static void came(void *arg, const struct logbuf_line *l, size_t i)
{
    struct counter *c = arg;
    assert_int_equal(line(c->b, i).seq, l->seq);
    c->n++;
    c->bytes += l->len;
}

static void went(void *arg, const struct logbuf_line *l, size_t i)
{
    struct counter *c = arg;
    assert_int_equal(line(c->b, i).seq, l->seq);
    c->n--;
    c->bytes -= l->len;
}

static void who_watches_is_told_of_every_line(void **state)
{
    (void)state;
    struct counter c = {.w = {.added = came, .removed = went, .arg = &c}};
    c.b = logbuf_new(30000);
    logbuf_watch(c.b, &c.w);
    for (int i = 0; i < 3000; i++)
        add(c.b, i, 0, "some line of text");
    assert_true(logbuf_dropped(c.b) > 1000);
    assert_int_equal(c.n, logbuf_len(c.b));
    assert_int_equal(c.bytes, logbuf_text_bytes(c.b));
    logbuf_set_limit(c.b, 5000);
    assert_true(c.n < 200);
    assert_int_equal(c.n, logbuf_len(c.b));
    logbuf_unwatch(c.b, &c.w);
    add(c.b, 9000, 0, "x");
    assert_true(c.bytes != logbuf_text_bytes(c.b));
    logbuf_free(c.b);
}

/* A turn of the loop has room for so much, also when lines come. */
static void a_smaller_limit_is_reached_in_slices(void **state)
{
    (void)state;
    struct logbuf *b = logbuf_new(0);
    size_t n = 6 * LOGBUF_SHRINK_LINES;
    for (size_t i = 0; i < n; i++)
        add(b, (int64_t)i, 0, "some line of text");
    assert_true(logbuf_set_limit(b, 5000));
    assert_int_equal(logbuf_len(b), n - LOGBUF_SHRINK_LINES);
    for (int i = 0; i < 100; i++)
        add(b, 1000000 + i, 0, "come meanwhile");
    assert_in_range(logbuf_len(b), n - LOGBUF_SHRINK_LINES - 1000,
                    n - LOGBUF_SHRINK_LINES);
    for (size_t was = logbuf_len(b); logbuf_shrink(b); was = logbuf_len(b))
        assert_int_equal(was - logbuf_len(b), LOGBUF_SHRINK_LINES);
    assert_true(logbuf_len(b) < 200);
    assert_int_equal(logbuf_len(b) + logbuf_dropped(b), n + 100);
    add(b, 2000000, 0, "as before");
    assert_true(logbuf_len(b) < 200);
    assert_false(logbuf_shrink(b));
    assert_false(logbuf_set_limit(b, 0));
    logbuf_free(b);
}

/* ---- colours --------------------------------------------------------- */

static void colours_are_kept_beside_the_text(void **state)
{
    (void)state;
    struct logbuf *b = logbuf_new(0);
    add(b, 1, 1, "\033[1;31mERROR\033[0m \033[38;5;208;48;2;1;2;3mx"
                 "\033[39;49;22my\033[2J\033[4m\033[Km\033[97m");
    struct logbuf_line l = line(b, 0);
    static const struct logtext_sgr want[] = {
        {0, 1, -1, LOGTEXT_BOLD},
        {5, -1, -1, 0},
        {6, 208, LOGTEXT_RGB | 0x010203, 0},
        {7, -1, -1, 0},
        {8, -1, -1, LOGTEXT_UNDERLINE},
    };
    assert_string_equal(l.text, "ERROR xym");
    assert_int_equal(l.level, LOG_LEVEL_ERROR);
    assert_int_equal(l.n_sgr, ARRAY_LEN(want));
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        assert_int_equal(l.sgr[i].at, want[i].at);
        assert_int_equal(l.sgr[i].fg, want[i].fg);
        assert_int_equal(l.sgr[i].bg, want[i].bg);
        assert_int_equal(l.sgr[i].attr, want[i].attr);
    }
    add(b, 2, 2, "plain");
    assert_int_equal(line(b, 1).n_sgr, 0);
    logbuf_free(b);
}

static void rubbish_is_no_colour(void **state)
{
    (void)state;
    static const char *const t[] = {
        "\033[?1m", "\033[>4;1m", "\033[38", "\033[38;5", "\033[1 m",
        "\033]1;31m", "\033[31;",
    };
    struct logtext x = {0};
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        size_t n = strlen(t[i]);
        logtext_clean(&x, t[i], &n, 100);
        assert_int_equal(x.n_sgr, 0);
    }
    /* Odd, but each has some meaning; none reads past its end. */
    static const char *const odd[] = {
        "\033[mX", "\033[;;mX", "\033[38mX", "\033[38;5mX",
        "\033[38;5;999mX", "\033[48;2;1;2mX", "\033[99999999999999mX",
        "\033[38:2:1:2:3mX", "\033[1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17"
        ";18;19;20;21;22;23;24;25;26;27;28;29;30;31;32;33;34mX"};
    for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
        size_t n = strlen(odd[i]);
        assert_memory_equal(logtext_clean(&x, odd[i], &n, 100), "X", 1);
        assert_int_equal(n, 1);
    }
    logtext_release(&x);
}

static void ten_thousand_colours_cost_no_more_than_the_cap(void **state)
{
    (void)state;
    struct strbuf s = STRBUF_INIT;
    struct logbuf *b = logbuf_new(0);
    for (int i = 0; i < 10000; i++)
        strbuf_printf(&s, "\033[3%dmx", i % 8);
    add(b, 1, 1, strbuf_get(&s));
    assert_int_equal(line(b, 0).len, 10000);
    assert_int_equal(line(b, 0).n_sgr, LOGTEXT_MAX_SGR);
    strbuf_release(&s);
    logbuf_free(b);
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
        cmocka_unit_test(the_index_equals_an_array_whatever_happens),
        cmocka_unit_test(an_event_is_known_by_its_times_source_and_id),
        cmocka_unit_test(a_search_goes_on_while_lines_come_and_go),
        cmocka_unit_test(who_watches_is_told_of_every_line),
        cmocka_unit_test(a_smaller_limit_is_reached_in_slices),
        cmocka_unit_test(colours_are_kept_beside_the_text),
        cmocka_unit_test(rubbish_is_no_colour),
        cmocka_unit_test(ten_thousand_colours_cost_no_more_than_the_cap),
        cmocka_unit_test(escape_sequences_go_whole),
        cmocka_unit_test(a_nul_begins_no_string_sequence),
        cmocka_unit_test(any_bytes_become_harmless),
        cmocka_unit_test(tabs_lead_to_the_next_stop),
        cmocka_unit_test(a_line_above_a_megabyte_is_cut),
        cmocka_unit_test(levels_are_found),
    };
    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
