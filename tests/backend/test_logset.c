/* Sets of log lines: against a plain walk over the whole buffer, while lines
 * come late, in front, behind, and go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/rng.h"
#include "backend/svc/logset.h"

struct world {
    struct logbuf *buf;
    struct clock *clock;
    struct logset set;
};

static enum logset_verdict has_x(void *arg, const struct logbuf_line *line)
{
    (void)arg;
    if (line->kind != LOG_TEXT)
        return LOGSET_PART;
    return strchr(line->text, 'x') ? LOGSET_HIT : LOGSET_NO;
}

static bool more(void *arg, size_t i)
{
    struct logbuf_line line;

    logbuf_get(((struct world *)arg)->buf, i, &line);
    return line.more;
}

static void setup(struct world *w, size_t limit)
{
    *w = (struct world){.buf = logbuf_new(limit),
                        .clock = clock_new_driven(1795271527000)};
}

static void teardown(struct world *w)
{
    logset_end(&w->set);
    logbuf_free(w->buf);
    clock_free(w->clock);
}

static void add(struct world *w, int64_t ts, const char *text, bool is_more)
{
    logbuf_add(w->buf, &(struct logbuf_line){.timestamp_ms = ts,
                                             .ingestion_ms = ts,
                                             .text = text,
                                             .len = strlen(text),
                                             .more = is_more});
}

static void begin(struct world *w, size_t context, bool events, size_t from)
{
    logset_begin(&w->set, w->buf, w->clock,
                 &(struct logset_options){.match = has_x,
                                          .goes_on = events ? more : NULL,
                                          .arg = w, .context = context},
                 from);
}

/* The shown lines, hits in capitals. */
static void expect(struct world *w, const char *want)
{
    char got[200] = "";
    struct logbuf_line line;

    while (logset_step(&w->set, 200))
        ;
    for (size_t k = 0; k < logset_len(&w->set); k++) {
        logbuf_get(w->buf, logset_index(&w->set, k), &line);
        snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s%s",
                 k ? " " : "", logset_is_hit(&w->set, k) ? "*" : "",
                 line.text);
    }
    assert_string_equal(got, want);
}

static void context_surrounds_hits(void **state)
{
    static const char *const text[] = {"a", "b", "c", "x1", "d", "e", "f",
                                       "g", "x2", "x3", "h", "i"};
    struct world w;

    (void)state;
    setup(&w, 0);
    for (size_t i = 0; i < ARRAY_LEN(text); i++)
        add(&w, (int64_t)i, text[i], false);
    for (size_t from = 0; from <= ARRAY_LEN(text); from += 3) {
        begin(&w, 0, false, from);
        expect(&w, "*x1 *x2 *x3");
        begin(&w, 1, false, from);
        expect(&w, "c *x1 d g *x2 *x3 h");
        begin(&w, 2, false, from);
        expect(&w, "b c *x1 d e f g *x2 *x3 h i");
        assert_int_equal(logset_hits(&w.set), 3);
    }
    begin(&w, 2, false, 0);
    add(&w, 20, "x4", false);
    add(&w, 21, "j", false);
    expect(&w, "b c *x1 d e f g *x2 *x3 h i *x4 j");
    add(&w, 22, "k", false);
    expect(&w, "b c *x1 d e f g *x2 *x3 h i *x4 j k");
    add(&w, 23, "l", false);
    expect(&w, "b c *x1 d e f g *x2 *x3 h i *x4 j k");
    teardown(&w);
}

static void events_stay_whole(void **state)
{
    struct world w;

    (void)state;
    setup(&w, 0);
    add(&w, 1, "a", false);
    add(&w, 2, "b", false);
    add(&w, 2, "b x", true);
    add(&w, 2, "b2", true);
    add(&w, 3, "c", false);
    add(&w, 4, "x", false);
    begin(&w, 0, true, 0);
    expect(&w, "b *b x b2 *x");
    add(&w, 4, "later", true);
    expect(&w, "b *b x b2 *x later");
    add(&w, 5, "d", false);
    expect(&w, "b *b x b2 *x later");
    begin(&w, 1, true, 9);
    expect(&w, "a b *b x b2 c *x later d");
    teardown(&w);
}

static size_t walk(struct world *w)
{
    struct logbuf_line line;
    size_t k = 0;

    for (size_t i = 0; i < logbuf_len(w->buf); i++) {
        logbuf_get(w->buf, i, &line);
        if (has_x(NULL, &line) == LOGSET_NO)
            continue;
        assert_true(k < logset_len(&w->set));
        assert_int_equal(logset_mark(&w->set, k).seq, line.seq);
        assert_int_equal(logset_index(&w->set, k), i);
        k++;
    }
    assert_int_equal(k, logset_len(&w->set));
    assert_int_equal(k, logset_hits(&w->set));
    return k;
}

/* Many lines of the same time, lines in front, late ones, dropped ones, and
 * slices in between: the set is what a walk finds. */
static void a_set_is_what_a_walk_finds(void **state)
{
    struct rng rng;
    size_t found = 0, dropped = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct world w;
        rng_seed(&rng, seed);
        setup(&w, seed % 2 ? 20000 : 0);
        int64_t newest = 1000000, oldest = newest;
        if (seed % 3)
            begin(&w, 0, false, 0);
        for (int i = 0; i < 600; i++) {
            uint64_t how = rng_below(&rng, 20);
            int64_t ts = how < 3   ? oldest - (int64_t)rng_below(&rng, 3)
                         : how < 7 ? newest - (int64_t)rng_below(&rng, 50)
                                   : newest + (int64_t)rng_below(&rng, 2);
            newest = ts > newest ? ts : newest;
            oldest = ts < oldest ? ts : oldest;
            logbuf_add(w.buf, &(struct logbuf_line){
                .timestamp_ms = ts, .ingestion_ms = ts,
                .text = rng_below(&rng, 4) ? "none" : "an x", .len = 4,
                .id = (uint32_t)(how < 3 ? 600 - i : 600 + i)});
            if (rng_below(&rng, 30) == 0)
                logset_step(&w.set, 500);
            if (rng_below(&rng, 50) == 0)
                logbuf_remove(w.buf, logbuf_mark(w.buf, rng_below(
                    &rng, logbuf_len(w.buf))));
            if (!w.set.active && i == 300)
                begin(&w, 0, false, rng_below(&rng, 400));
        }
        while (logset_step(&w.set, 700))
            ;
        assert_false(logset_pending(&w.set));
        found += walk(&w);
        dropped += logbuf_dropped(w.buf);
        teardown(&w);
    }
    assert_true(found > 1000);
    assert_true(dropped > 1000);
}

static void a_line_is_found_or_its_follower(void **state)
{
    struct world w;
    bool exact;

    (void)state;
    setup(&w, 0);
    add(&w, 1, "x", false);
    add(&w, 1, "y", false);
    add(&w, 1, "x", false);
    add(&w, 2, "y", false);
    begin(&w, 0, false, 0);
    expect(&w, "*x *x");
    assert_int_equal(logset_find(&w.set, logbuf_mark(w.buf, 2), &exact), 1);
    assert_true(exact);
    assert_int_equal(logset_find(&w.set, logbuf_mark(w.buf, 1), &exact), 1);
    assert_false(exact);
    assert_int_equal(logset_find(&w.set, logbuf_mark(w.buf, 3), &exact), 2);
    teardown(&w);
}

/* Who stands on a line stands on it when its event turns out to be another,
 * before anything is looked at again. */
static void a_renamed_line_is_found_by_its_old_mark(void **state)
{
    static const int64_t in[] = {50, 60, 70, 80};
    struct world w;
    bool exact;

    (void)state;
    for (size_t moved = 0; moved < ARRAY_LEN(in); moved++)
        for (int64_t to = 45; to < 90; to += 10) {
            setup(&w, 0);
            for (size_t i = 0; i < ARRAY_LEN(in); i++)
                logbuf_add(w.buf, &(struct logbuf_line){
                    .timestamp_ms = 10, .ingestion_ms = in[i], .len = 1,
                    .text = i == 1 ? "y" : "x"});
            add(&w, 11, "x", false);
            begin(&w, 0, false, 2);
            while (logset_step(&w.set, 200))
                ;
            struct logbuf_mark was = logbuf_mark(w.buf, moved);
            assert_int_equal(logbuf_rename(w.buf, was, to, 7), 0);
            for (int stepped = 0; stepped < 2; stepped++) {
                size_t k = logset_find(&w.set, was, &exact);
                assert_int_equal(exact, moved != 1);
                if (exact)
                    assert_int_equal(logset_mark(&w.set, k).seq, was.seq);
                assert_int_equal(logset_len(&w.set), 4);
                assert_int_equal(logset_hits(&w.set), 4);
                while (logset_step(&w.set, 200))
                    ;
            }
            walk(&w);
            teardown(&w);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(context_surrounds_hits),
        cmocka_unit_test(events_stay_whole),
        cmocka_unit_test(a_set_is_what_a_walk_finds),
        cmocka_unit_test(a_line_is_found_or_its_follower),
        cmocka_unit_test(a_renamed_line_is_found_by_its_old_mark),
    };

    return cmocka_run_group_tests_name("logset", tests, NULL, NULL);
}
