/* The promise of the log view against the ledger of a simulated group: every
 * event exactly once and in order, whatever the service and the network do.
 * Engines that are broken on purpose must fail the same check. */
#include "tests/backend/logs_world.h"

#define SEEDS 500
#define TASKS 6

struct totals {
    struct happened did;
    struct logsrc_stats stats;
    int outages, jumps, windowed, swept, deep, wrong;
    bool live;  /* with live tails */
    int toggles; /* of these, by the user */
};

static void add_happened(struct happened *to, const struct happened *h)
{
    to->calls += h->calls;
    to->empties += h->empties;
    to->failures += h->failures;
    to->throttles += h->throttles;
    to->expired_credentials += h->expired_credentials;
    to->expired_tokens += h->expired_tokens;
    to->refused_names += h->refused_names;
    to->named_calls += h->named_calls;
    to->refused_head += h->refused_head;
    to->doubled += h->doubled;
    to->told += h->told;
    to->untold += h->untold;
    to->told_twice += h->told_twice;
    to->sampled += h->sampled;
    to->tails += h->tails;
    to->breaks += h->breaks;
    to->silences += h->silences;
}

/* Lateness: mostly a second or so; within the window of the polls, of the
 * sweep, of the deep sweep. */
static int64_t lateness(struct world *w, bool deep, struct totals *t)
{
    uint64_t kind = rng_below(&w->rng, 40);
    if (kind < 6) {
        t->windowed++;
        return 5000 + (int64_t)rng_below(&w->rng, 30000);
    }
    if (kind == 6) {
        t->swept++;
        return 2 * MINUTE + (int64_t)rng_below(&w->rng, 7 * MINUTE);
    }
    if (kind == 7 && deep) {
        t->deep++;
        return 17 * MINUTE + (int64_t)rng_below(&w->rng, 20 * MINUTE);
    }
    return 300 + (int64_t)rng_below(&w->rng, 2500);
}

static void write_some(struct world *w, bool deep, struct totals *t)
{
    int n = (int)rng_below(&w->rng, 5);
    for (int i = 0; i < n; i++) {
        char stream[40], text[40];
        /* Times that tie are common. */
        int64_t ms = world_now(w) - (int64_t)rng_below(&w->rng, 4) * 250;
        int64_t in = ms + lateness(w, deep, t) / 500 * 500;
        snprintf(stream, sizeof(stream), "ecs/app/t%d",
                 (int)rng_below(&w->rng, TASKS));
        snprintf(text, sizeof(text), "%zu", w->n);
        put(w, stream, ms, in, text);
    }
}

/* The buffer's order: as the service's, ties by stream before id. */
static bool in_order(const struct event *a, const struct event *b)
{
    if (a->ms != b->ms || a->in_ms != b->in_ms)
        return a->ms < b->ms || (a->ms == b->ms && a->in_ms < b->in_ms);
    int c = strcmp(a->stream, b->stream);
    return c < 0 || (c == 0 && a->id < b->id);
}

/* How many of the promises are broken: lost, doubled, not in order. */
static int check(struct world *w, const int64_t since[TASKS], bool tell,
                 uint64_t seed)
{
    struct logbuf *b = logsrc_buf(w->src);
    char *seen = xcalloc(w->n + 1, 1);
    const struct event *last = NULL;
    int wrong = 0;
    for (size_t i = 0; i < logbuf_len(b); i++) {
        struct logbuf_line l;
        logbuf_get(b, i, &l);
        if (l.kind != LOG_TEXT) {
            wrong++; /* a gap that is still there */
            if (tell)
                print_message("seed %" PRIu64 ": %s\n", seed, l.text);
            continue;
        }
        size_t id = (size_t)strtoul(l.text, NULL, 10);
        const struct event *e = &w->events[id];
        assert_true(id < w->n && l.timestamp_ms == e->ms);
        if (l.ingestion_ms != e->in_ms) { /* told live, never polled */
            wrong++;
            if (tell)
                print_message("seed %" PRIu64 ": %zu was not polled, %" PRId64
                              " ms late\n", seed, id, e->in_ms - e->ms);
        }
        bool order = !last || in_order(last, e);
        if (tell && (seen[id] || !order))
            print_message("seed %" PRIu64 ": %zu%s%s\n", seed, id,
                          seen[id] ? " again" : "", order ? "" : " misplaced");
        wrong += seen[id] || !order;
        seen[id] = 1;
        last = e;
    }
    for (size_t i = 0; i < w->n; i++) {
        int64_t from = since[w->events[i].stream[9] - '0'];
        bool ours = from && w->events[i].ms >= from;
        if (from && !ours)
            continue; /* before the backfill of its task: as it comes */
        if (ours != (seen[i] != 0)) {
            wrong++;
            if (tell)
                print_message("seed %" PRIu64 ": %zu is %s, %" PRId64
                              " ms late\n", seed, i, ours ? "lost" : "foreign",
                              w->events[i].in_ms - w->events[i].ms);
        }
    }
    free(seen);
    return wrong;
}

static void choose_faults(struct world *w, uint64_t seed)
{
    w->page = 1 + rng_below(&w->rng, 40);
    w->latency_ms = (int)rng_below(&w->rng, 300);
    w->empty_each = 3;
    w->fail_each = seed % 3 ? 12 : 0;
    w->expire_each = seed % 2 ? 10 : 0;
    w->double_each = 15;
    w->head = (enum head_mode)(seed % 5 < 3 ? 0 : seed % 5 - 2);
    w->live_break_each = seed % 3 ? 40 : 0;
    w->live_sample_each = 10;
    w->live_lose_each = 15;
    w->live_double_each = 20;
    w->live_shift_each = 10;
    if (seed % 4 == 0) /* our clock is wrong by minutes */
        w->offset_ms = (int64_t)rng_below(&w->rng, 10 * MINUTE) - 5 * MINUTE;
}

static void live(struct world *w)
{
    struct err err;
    assert_int_equal(logsrc_live_start(w->src, "aws", "123456789012", &err),
                     0);
}

static void toggle_live(struct world *w)
{
    struct logsrc_live l;
    logsrc_live(w->src, &l);
    if (l.state == LOGSRC_LIVE_OFF)
        live(w);
    else
        logsrc_live_stop(w->src);
}

/* Returns how many promises were broken. */
static int run(uint64_t seed, const struct logsrc_breaks *breaks, bool tell,
               struct totals *t)
{
    struct world *w;
    bool deep = seed % 10 == 0;
    int known = 1, wrong;
    int64_t since[TASKS] = {0}; /* what is promised of each task */
    set_up((void **)&w);
    rng_seed(&w->rng, seed);
    choose_faults(w, seed);
    if (breaks)
        w->src->breaks = *breaks;
    follow(w, "t0");
    since[0] = world_now(w) - 9 * MINUTE; /* clocks differ by 5 at most */
    if (t->live)
        live(w);
    for (int step = 0; step < 60; step++) {
        char id[16];
        write_some(w, deep, t);
        if (rng_below(&w->rng, 10) == 0 && known < TASKS - 1) {
            snprintf(id, sizeof(id), "t%d", known);
            since[known++] = world_now(w) - 9 * MINUTE;
            follow(w, id);
        }
        switch (rng_below(&w->rng, 60)) {
        case 0: /* no network, for up to five minutes */
            t->outages++;
            w->fail = ERR_NET;
            for (int i = (int)rng_below(&w->rng, 300); i > 0; i -= 10) {
                write_some(w, deep, t);
                clock_advance(w->clock, 10000);
            }
            w->fail = ERR_NONE;
            break;
        case 1: /* the world moves on, we were asleep */
            t->jumps++;
            for (int i = (int)rng_below(&w->rng, 30); i > 0; i--) {
                write_some(w, deep, t);
                w->offset_ms += 20000;
            }
            break;
        case 2:
            if (t->live)
                toggle_live(w);
            t->toggles++;
            break;
        default:
            clock_advance(w->clock, (int64_t)rng_below(&w->rng, 4000));
        }
    }
    w->fail_each = w->expire_each = w->live_break_each = 0;
    /* What is told twice goes 11 minutes after it was told. */
    clock_advance(w->clock, (deep ? 110 : t->live ? 25 : 17) * MINUTE);
    wrong = check(w, since, tell, seed);
    struct logsrc_stats s;
    logsrc_stats(w->src, &s);
    if (s.gaps || s.unswept_ms || s.lag_ms > 15000 || s.lag_ms < 0)
        wrong++;
    t->stats.duplicates += s.duplicates;
    t->stats.foreign += s.foreign;
    t->stats.late += s.late;
    t->stats.swept += s.swept;
    t->stats.gaps_refilled += s.gaps_refilled;
    t->stats.throttled += s.throttled;
    t->stats.expired_tokens += s.expired_tokens;
    t->stats.empty_pages += s.empty_pages;
    t->stats.live += s.live;
    t->stats.live_confirmed += s.live_confirmed;
    t->stats.live_unconfirmed += s.live_unconfirmed;
    t->stats.live_sampled += s.live_sampled;
    t->stats.live_breaks += s.live_breaks;
    add_happened(&t->did, &w->did);
    tear_down((void **)&w);
    t->wrong += wrong;
    return wrong;
}

static void every_event_exactly_once_and_in_order(void **state)
{
    struct totals t = {0};
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        if (run(seed, NULL, true, &t))
            fail_msg("seed %" PRIu64, seed);
    /* It all happened. */
    assert_true(t.did.empties > 1000 && t.stats.empty_pages > 1000);
    assert_true(t.did.failures > 1000);
    assert_true(t.did.throttles > 200 && t.stats.throttled > 200);
    assert_true(t.did.expired_credentials > 200);
    assert_true(t.did.expired_tokens > 500 && t.stats.expired_tokens > 500);
    assert_true(t.did.named_calls > 500 && t.did.refused_head > 50);
    assert_true(t.did.doubled > 500 && t.stats.duplicates > 5000);
    assert_true(t.windowed > 5000 && t.swept > 500 && t.deep > 50);
    assert_true(t.stats.late > 1000 && t.stats.swept > 500);
    assert_true(t.outages > 200 && t.jumps > 200);
    assert_true(t.stats.gaps_refilled > 200);
    assert_true(t.stats.foreign > 1000);
}

/* The same while live tails tell of a part of it beforehand. */
static void a_live_tail_changes_nothing_of_that(void **state)
{
    struct totals t = {.live = true};
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        if (run(seed, NULL, true, &t))
            fail_msg("seed %" PRIu64, seed);
    assert_true(t.did.tails > 1000 && t.toggles > 200);
    assert_true(t.did.told > 20000 && t.stats.live > 20000);
    assert_true(t.did.untold > 2000 && t.did.told_twice > 500);
    assert_true(t.did.sampled > 1000 && t.stats.live_sampled > 1000);
    assert_true(t.did.breaks > 500 && t.did.silences > 100);
    assert_true(t.stats.live_breaks > 500);
    assert_true(t.stats.live_confirmed > 10000);
    assert_true(t.stats.live_unconfirmed > 100);
    assert_true(t.outages > 200 && t.stats.gaps_refilled > 100);
}

/* Each must be noticed by most seeds, not by luck. */
static void broken_engines_are_found_out(void **state)
{
    static const struct { const char *name; struct logsrc_breaks b; } t[] = {
        {"no overlap, no sweep", {.no_overlap = true, .no_sweep = true}},
        {"no sweep", {.no_sweep = true}},
        {"no deduplication", {.no_dedup = true}},
        {"lines told live stay", {.no_live_match = true}},
        {"stop at an empty page", {.stop_at_empty = true, .no_sweep = true}},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        struct totals sum = {.live = t[i].b.no_live_match};
        int noticed = 0;
        for (uint64_t seed = 1; seed <= 20; seed++)
            noticed += run(seed, &t[i].b, false, &sum) > 0;
        if (noticed < 15)
            fail_msg("%s: noticed by %d of 20 seeds", t[i].name, noticed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_exactly_once_and_in_order),
        cmocka_unit_test(a_live_tail_changes_nothing_of_that),
        cmocka_unit_test(broken_engines_are_found_out),
    };
    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
