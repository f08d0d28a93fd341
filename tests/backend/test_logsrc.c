/* The follower against a log group in memory, on a driven clock: this file
 * brings its own aws_pages(). */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/client.h"
#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/rng.h"
#include "backend/base/scope.h"
#include "backend/base/strbuf.h"
#include "backend/svc/logsrc.h"

#define WALL 1795271527000
#define MINUTE 60000

struct event {
    char stream[80], text[64];
    int64_t ms, in_ms;
    int id;
};

enum head_mode { HEAD_WORKS, HEAD_IGNORED, HEAD_REFUSED };

/* The group; it is also the aws_client of these tests. */
struct world {
    struct clock *clock;
    struct logsrc *src;
    struct event *events;
    size_t n, cap;
    size_t page;          /* events a page */
    int empty_each;       /* every so many pages one is empty with a token */
    enum head_mode head;
    enum err_code fail;   /* all calls, until cleared */
    int fail_each;        /* every so many pages one fails */
    struct rng rng;
    int walks, pages, empties, failures, refused, changes;
    struct strbuf asked;  /* a line a walk */
    bool missing;
};

struct walk {
    struct work work;
    struct timer timer;
    struct world *w;
    aws_page_fn *fn;
    void *arg;
    char prefix[100];
    int64_t from, begun;
    bool newest_first, refuse;
    struct event *hits;   /* as of the start */
    size_t n, at;
};

static int by_time(const void *a, const void *b)
{
    const struct event *x = a, *y = b;
    if (x->ms != y->ms)
        return x->ms < y->ms ? -1 : 1;
    if (x->in_ms != y->in_ms)
        return x->in_ms < y->in_ms ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static void walk_free(struct walk *k)
{
    timer_stop(k->w->clock, &k->timer);
    scope_remove(&k->work);
    free(k->hits);
    free(k);
}

static void walk_cancelled(struct work *w)
{
    walk_free(container_of(w, struct walk, work));
}

static void walk_failed(struct walk *k, enum err_code code,
                        const char *aws_code)
{
    struct err err;
    aws_page_fn *fn = k->fn;
    void *arg = k->arg;
    err_set(&err, code, "Logs said no.");
    snprintf(err.aws_code, sizeof(err.aws_code), "%s", aws_code);
    walk_free(k);
    fn(arg, NULL, &err, true);
}

static void next_page(struct timer *t, void *arg)
{
    struct walk *k = arg;
    struct world *w = k->w;
    (void)t;
    w->pages++;
    if (w->missing) {
        walk_failed(k, ERR_NOT_FOUND, "ResourceNotFoundException");
        return;
    }
    if (k->refuse) {
        w->refused++;
        walk_failed(k, ERR_AWS, "InvalidParameterException");
        return;
    }
    if (w->fail || (w->fail_each && rng_below(&w->rng,
                                              (uint64_t)w->fail_each) == 0)) {
        w->failures++;
        walk_failed(k, w->fail ? w->fail : ERR_NET, "");
        return;
    }
    json_t *events = json_array();
    bool empty = w->empty_each &&
                 rng_below(&w->rng, (uint64_t)w->empty_each) == 0;
    w->empties += empty;
    for (size_t i = 0; !empty && i < w->page && k->at < k->n; i++, k->at++) {
        const struct event *e =
            &k->hits[k->newest_first ? k->n - 1 - k->at : k->at];
        char id[64];
        snprintf(id, sizeof(id), "39%054d", e->id);
        json_array_append_new(events, json_pack(
            "{s:s, s:I, s:I, s:s, s:s}", "logStreamName", e->stream,
            "timestamp", (json_int_t)e->ms, "ingestionTime",
            (json_int_t)e->in_ms, "eventId", id, "message", e->text));
    }
    bool last = k->at == k->n && !empty;
    json_t *root = json_pack("{s:o}", "events", events);
    struct aws_reply reply = {.status = 200, .request_id = "", .root = root};
    aws_page_fn *fn = k->fn;
    void *fn_arg = k->arg;
    if (last)
        walk_free(k);
    bool more = fn(fn_arg, &reply, NULL, last);
    json_decref(root);
    if (last)
        return;
    if (more)
        timer_start(w->clock, &k->timer, 50, next_page, k);
    else
        walk_free(k);
}

int aws_pages(struct aws_client *client, struct scope *scope,
              const struct aws_op *op, json_t *params,
              const struct aws_call_opts *opts, int max_pages,
              aws_page_fn *page, void *arg, struct err *err)
{
    struct world *w = (struct world *)client;
    struct walk *k = xcalloc(1, sizeof(*k));
    json_t *head = json_object_get(params, "startFromHead");
    (void)max_pages;
    (void)err;
    assert_string_equal(op->name, "FilterLogEvents");
    assert_null(json_object_get(params, "logStreamNames"));
    w->walks++;
    *k = (struct walk){.w = w, .fn = page, .arg = arg};
    k->from = json_integer_value(json_object_get(params, "startTime"));
    k->newest_first = json_is_false(head) && w->head == HEAD_WORKS;
    k->refuse = head && w->head == HEAD_REFUSED;
    snprintf(k->prefix, sizeof(k->prefix), "%s", json_string_value(
                 json_object_get(params, "logStreamNamePrefix")));
    strbuf_printf(&w->asked, "%s|%s|%s|%" PRId64 "\n",
                  opts->region ? opts->region : "-",
                  json_string_value(json_object_get(params, "logGroupName")),
                  k->prefix, clock_wall_ms(w->clock) - k->from);
    k->hits = xcalloc(w->n + 1, sizeof(*k->hits));
    int64_t now = clock_wall_ms(w->clock);
    for (size_t i = 0; i < w->n; i++)
        if (w->events[i].in_ms <= now && w->events[i].ms >= k->from &&
            strncmp(w->events[i].stream, k->prefix, strlen(k->prefix)) == 0)
            k->hits[k->n++] = w->events[i];
    qsort(k->hits, k->n, sizeof(*k->hits), by_time);
    scope_add(scope, &k->work, walk_cancelled);
    timer_start(w->clock, &k->timer, 30, next_page, k);
    json_decref(params);
    return 0;
}

int64_t aws_client_clock_skew_ms(const struct aws_client *client)
{
    (void)client;
    return 0;
}

static void changed(void *arg)
{
    ((struct world *)arg)->changes++;
}

static int set_up(void **state)
{
    struct world *w = xcalloc(1, sizeof(*w));
    w->clock = clock_new_driven(WALL);
    w->page = 100;
    rng_seed(&w->rng, 1);
    w->src = logsrc_new(&(struct logsrc_options){
        .clock = w->clock, .client = (struct aws_client *)w,
        .on_change = changed, .arg = w});
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    logsrc_free(w->src);
    assert_int_equal(clock_next_due(w->clock), -1); /* nothing is left */
    clock_free(w->clock);
    free(w->events);
    strbuf_release(&w->asked);
    free(w);
    return 0;
}

static int64_t now(const struct world *w)
{
    return clock_wall_ms(w->clock);
}

static void put(struct world *w, const char *stream, int64_t ms, int64_t in_ms,
                const char *text)
{
    w->events = xgrow(w->events, &w->cap, w->n + 1, sizeof(*w->events));
    struct event *e = &w->events[w->n];
    *e = (struct event){.ms = ms, .in_ms = in_ms, .id = (int)w->n};
    snprintf(e->stream, sizeof(e->stream), "%s", stream);
    snprintf(e->text, sizeof(e->text), "%s", text);
    w->n++;
}

static struct logsrc_target target(const char *task, const char *container)
{
    return (struct logsrc_target){.task_id = task, .container = container,
                                  .driver = "awslogs", .group = "/ecs/g",
                                  .prefix = "ecs", .created_ms = WALL};
}

static void follow(struct world *w, const char *task)
{
    struct logsrc_target t = target(task, "app");
    logsrc_set(w->src, &t);
}

/* All lines, each ended by '|'. */
static const char *all(struct world *w, struct strbuf *out)
{
    struct logbuf *b = logsrc_buf(w->src);
    strbuf_clear(out);
    for (size_t i = 0; i < logbuf_len(b); i++) {
        struct logbuf_line l;
        logbuf_get(b, i, &l);
        strbuf_printf(out, "%s%s|", l.kind == LOG_TEXT ? "" : "# ", l.text);
    }
    return strbuf_get(out);
}

static void expect(struct world *w, const char *want)
{
    struct strbuf got = STRBUF_INIT;
    assert_string_equal(all(w, &got), want);
    strbuf_release(&got);
}

static void reads_back_then_follows(void **state)
{
    struct world *w = *state;
    put(w, "ecs/app/t1", WALL - 2000, WALL - 1000, "one");
    put(w, "ecs/app/other", WALL - 1500, WALL - 1000, "not ours");
    put(w, "ecs/app/t1", WALL - 16 * MINUTE, WALL - 16 * MINUTE, "too old");
    put(w, "ecs/app/t2", WALL - 1000, WALL - 900, "two\nlines\n");
    follow(w, "t1");
    follow(w, "t2");
    assert_int_equal(w->walks, 0); /* nothing starts inside a call */
    assert_true(logsrc_loading(w->src));
    clock_advance(w->clock, 100);
    assert_false(logsrc_loading(w->src));
    expect(w, "one|two|lines|");
    assert_int_equal(w->walks, 1); /* one series for both */
    put(w, "ecs/app/t1", now(w), now(w), "three");
    clock_advance(w->clock, 3000);
    expect(w, "one|two|lines|three|");
    assert_true(w->changes > 0);
}

static void every_way_to_read_back_gives_the_same_order(void **state)
{
    struct world *w = *state;
    struct strbuf want = STRBUF_INIT;
    for (int i = 0; i < 1000; i++) {
        char text[32];
        snprintf(text, sizeof(text), "l%03d", i);
        put(w, "ecs/app/t1", WALL - 10000 + i / 7, WALL - 9000, text);
        strbuf_printf(&want, "%s|", text);
    }
    for (int mode = 0; mode < 3; mode++) {
        w->head = (enum head_mode)mode;
        follow(w, "t1");
        clock_advance(w->clock, 5000);
        expect(w, strbuf_get(&want));
        assert_int_equal(w->refused, mode == HEAD_REFUSED);
        logsrc_free(w->src);
        w->src = logsrc_new(&(struct logsrc_options){
            .clock = w->clock, .client = (struct aws_client *)w});
    }
    strbuf_release(&want);
}

static void newest_lines_are_there_before_the_older_ones(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < 1000; i++)
        put(w, "ecs/app/t1", WALL - 100000 + i, WALL - 9000, "x");
    follow(w, "t1");
    clock_advance(w->clock, 40);
    struct logbuf_line l;
    assert_int_equal(logbuf_len(logsrc_buf(w->src)), 100);
    logbuf_get(logsrc_buf(w->src), 99, &l);
    assert_int_equal(l.timestamp_ms, WALL - 100000 + 999);
    clock_advance(w->clock, 1000);
    assert_int_equal(logbuf_len(logsrc_buf(w->src)), 1000);
}

static void a_late_event_goes_to_its_place_and_is_marked(void **state)
{
    struct world *w = *state;
    follow(w, "t1");
    clock_advance(w->clock, 100);
    put(w, "ecs/app/t1", now(w), now(w), "a");
    put(w, "ecs/app/t1", now(w) + 30000, now(w) + 30000, "c");
    put(w, "ecs/app/t1", now(w) + 100, now(w) + 45000, "b");
    clock_advance(w->clock, 40000);
    expect(w, "a|c|");
    clock_advance(w->clock, 20000);
    expect(w, "a|b|c|");
    struct logbuf_line l;
    logbuf_get(logsrc_buf(w->src), 1, &l);
    assert_true(l.late);
    logbuf_get(logsrc_buf(w->src), 2, &l);
    assert_false(l.late);
}

static void idle_polls_back_off_to_eight_seconds(void **state)
{
    struct world *w = *state;
    follow(w, "t1");
    clock_advance(w->clock, 60000);
    int before = w->walks;
    clock_advance(w->clock, 80000);
    assert_in_range(w->walks - before, 9, 10);
    put(w, "ecs/app/t1", now(w), now(w), "x");
    clock_advance(w->clock, 8100);
    before = w->walks;
    clock_advance(w->clock, 4000);
    assert_true(w->walks > before);
}

static void failures_are_told_and_lose_nothing(void **state)
{
    struct world *w = *state;
    follow(w, "t1");
    clock_advance(w->clock, 100);
    w->fail = ERR_NET;
    clock_advance(w->clock, 10000);
    assert_string_equal(logsrc_status(w->src), "Logs said no.");
    put(w, "ecs/app/t1", now(w), now(w), "while away");
    clock_advance(w->clock, 20 * MINUTE);
    put(w, "ecs/app/t1", now(w), now(w), "later");
    w->fail = ERR_DENIED;
    clock_advance(w->clock, MINUTE);
    assert_string_equal(logsrc_status(w->src), "not allowed: Logs said no.");
    w->fail = ERR_THROTTLED;
    clock_advance(w->clock, MINUTE);
    assert_non_null(strstr(logsrc_status(w->src), "slow down"));
    w->fail = ERR_NONE;
    clock_advance(w->clock, MINUTE);
    assert_string_equal(logsrc_status(w->src), "");
    expect(w, "while away|later|");
}

static void a_group_that_comes_later_is_awaited(void **state)
{
    struct world *w = *state;
    w->missing = true;
    follow(w, "t1");
    clock_advance(w->clock, 20000);
    assert_string_equal(logsrc_status(w->src),
                        "log group /ecs/g does not exist yet");
    assert_false(logsrc_loading(w->src));
    w->missing = false;
    put(w, "ecs/app/t1", now(w), now(w), "hello");
    clock_advance(w->clock, 6000);
    assert_string_equal(logsrc_status(w->src), "");
    expect(w, "hello|");
}

static void a_task_that_comes_late_is_caught_up_with(void **state)
{
    struct world *w = *state;
    follow(w, "t1");
    put(w, "ecs/app/t1", now(w), now(w), "a");
    clock_advance(w->clock, 1000);
    put(w, "ecs/app/t2", now(w), now(w), "b");
    clock_advance(w->clock, 5 * MINUTE); /* its event is passed over */
    expect(w, "a|");
    put(w, "ecs/app/t2", now(w) - 100, now(w), "c");
    follow(w, "t2");
    clock_advance(w->clock, 5000);
    expect(w, "a|b|c|");
}

static void starts_and_stops_are_lines(void **state)
{
    struct world *w = *state;
    struct logsrc_target t = target("9c1f2e8801234567", "app");
    t.started_ms = WALL - 5000;
    t.revision = ":143";
    put(w, "ecs/app/9c1f2e8801234567", WALL - 4000, WALL - 4000, "up");
    logsrc_set(w->src, &t);
    clock_advance(w->clock, 1000);
    put(w, "ecs/app/9c1f2e8801234567", now(w), now(w), "down");
    t.stopped_ms = now(w) + 500;
    t.verdict = "OOM app (137)";
    clock_advance(w->clock, 1000);
    logsrc_set(w->src, &t);
    logsrc_set(w->src, &t); /* said once */
    clock_advance(w->clock, 10000);
    expect(w, "# task 9c1f2e88 started (:143)|up|down|"
              "# task 9c1f2e88 stopped: OOM app (137)|");
}

static void a_task_that_never_started_says_why(void **state)
{
    struct world *w = *state;
    struct logsrc_target t = target("9c1f2e8801234567", "app");
    t.stopped_ms = WALL - 5000;
    t.verdict = "image not found app";
    logsrc_set(w->src, &t);
    expect(w, ""); /* not before it was looked for */
    clock_advance(w->clock, 1000);
    expect(w, "# task 9c1f2e88 never started: image not found app, so there "
              "is no log stream|");
}

static void other_drivers_are_named(void **state)
{
    struct world *w = *state;
    struct logsrc_target t = target("t1", "envoy");
    t.driver = "splunk";
    logsrc_set(w->src, &t);
    t.task_id = "t2";
    logsrc_set(w->src, &t);
    clock_advance(w->clock, 1000);
    expect(w, "# container envoy logs to splunk: not readable here|");
    assert_int_equal(w->walks, 0);
    assert_false(logsrc_readable(w->src));
}

static void a_stopped_task_alone_is_read_back_from_its_end(void **state)
{
    struct world *w = *state;
    struct logsrc_target t = target("t1", "app");
    t.alone = true;
    t.started_ms = WALL - 300 * MINUTE;
    t.stopped_ms = WALL - 200 * MINUTE;
    put(w, "ecs/app/t1", WALL - 201 * MINUTE, WALL, "last words");
    logsrc_set(w->src, &t);
    clock_advance(w->clock, MINUTE);
    expect(w, "# task t1 started|last words|# task t1 stopped|");
    assert_int_equal(w->walks, 1); /* nothing more can come */
    assert_non_null(strstr(strbuf_get(&w->asked), "-|/ecs/g|ecs/app/t1|"));
}

static void a_silent_group_shows_what_was_before(void **state)
{
    struct world *w = *state;
    put(w, "ecs/app/t1", WALL - 43 * MINUTE, WALL - 43 * MINUTE, "old");
    follow(w, "t1");
    clock_advance(w->clock, 1000);
    expect(w, "old|");
    assert_int_equal(logsrc_last_event_ms(w->src), WALL - 43 * MINUTE);
}

static void regions_and_streams_without_prefix_have_their_own_series(
    void **state)
{
    struct world *w = *state;
    struct logsrc_target t = target("t1", "app");
    t.region = "us-west-2";
    logsrc_set(w->src, &t);
    t = target("t1", "side");
    t.prefix = NULL;
    logsrc_set(w->src, &t); /* no runtime id yet: nothing to ask for */
    put(w, "abcdef", WALL, WALL, "by id");
    clock_advance(w->clock, 100);
    assert_null(strstr(strbuf_get(&w->asked), "-|/ecs/g"));
    assert_non_null(strstr(strbuf_get(&w->asked),
                           "us-west-2|/ecs/g|ecs/app/|"));
    t.runtime_id = "abcdef";
    logsrc_set(w->src, &t);
    clock_advance(w->clock, 3000);
    assert_non_null(strstr(strbuf_get(&w->asked), "-|/ecs/g|abcdef|"));
    expect(w, "by id|");
}

/* Every event that comes within the overlap is there exactly once and in
 * order, whatever the service does meanwhile. */
static void nothing_is_lost_or_doubled(void **state)
{
    (void)state;
    int failures = 0, empties = 0, late = 0, refused = 0;
    for (uint64_t seed = 1; seed <= 150; seed++) {
        struct world *w;
        set_up((void **)&w);
        rng_seed(&w->rng, seed);
        w->page = 1 + rng_below(&w->rng, 40);
        w->empty_each = 3;
        w->fail_each = seed % 3 ? 12 : 0;
        w->head = (enum head_mode)(seed % 3);
        int known = 1;
        follow(w, "t0");
        for (int step = 0; step < 120; step++) {
            int n = (int)rng_below(&w->rng, 5);
            for (int i = 0; i < n; i++) {
                char stream[40], text[40];
                int64_t ms = now(w) - (int64_t)rng_below(&w->rng, 1000);
                int64_t in = ms + 1000 + (int64_t)rng_below(&w->rng, 3000);
                if (rng_below(&w->rng, 6) == 0) {
                    in = ms + 20000 + (int64_t)rng_below(&w->rng, 20000);
                    late++;
                }
                snprintf(stream, sizeof(stream), "ecs/app/t%d",
                         (int)rng_below(&w->rng, 6));
                snprintf(text, sizeof(text), "%zu", w->n);
                put(w, stream, ms, in, text);
            }
            if (rng_below(&w->rng, 20) == 0 && known < 5) {
                char id[16];
                snprintf(id, sizeof(id), "t%d", known++);
                follow(w, id);
            }
            clock_advance(w->clock, (int64_t)rng_below(&w->rng, 4000));
        }
        w->fail_each = 0;
        clock_advance(w->clock, 3 * MINUTE);
        struct logbuf *b = logsrc_buf(w->src);
        size_t want = 0;
        char *seen = xcalloc(w->n + 1, 1);
        for (size_t i = 0; i < w->n; i++)
            want += w->events[i].stream[9] < '0' + known;
        for (size_t i = 0; i < logbuf_len(b); i++) {
            struct logbuf_line l, p;
            logbuf_get(b, i, &l);
            size_t id = (size_t)strtoul(l.text, NULL, 10);
            assert_false(seen[id]);
            seen[id] = 1;
            if (i) {
                logbuf_get(b, i - 1, &p);
                assert_true(p.timestamp_ms <= l.timestamp_ms);
            }
        }
        if (logbuf_len(b) != want)
            fail_msg("seed %" PRIu64 ": %zu of %zu", seed, logbuf_len(b),
                     want);
        free(seen);
        failures += w->failures;
        empties += w->empties;
        refused += w->refused;
        tear_down((void **)&w);
    }
    assert_true(failures > 100 && empties > 100 && late > 100 && refused > 10);
}

static void closing_in_the_middle_leaves_nothing(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < 1000; i++)
        put(w, "ecs/app/t1", WALL - 100000 + i, WALL - 9000, "x");
    follow(w, "t1");
    clock_advance(w->clock, 200); /* tear_down looks at the rest */
    assert_true(logsrc_loading(w->src));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(reads_back_then_follows),
        T(every_way_to_read_back_gives_the_same_order),
        T(newest_lines_are_there_before_the_older_ones),
        T(a_late_event_goes_to_its_place_and_is_marked),
        T(idle_polls_back_off_to_eight_seconds),
        T(failures_are_told_and_lose_nothing),
        T(a_group_that_comes_later_is_awaited),
        T(a_task_that_comes_late_is_caught_up_with),
        T(starts_and_stops_are_lines),
        T(a_task_that_never_started_says_why),
        T(other_drivers_are_named),
        T(a_stopped_task_alone_is_read_back_from_its_end),
        T(a_silent_group_shows_what_was_before),
        T(regions_and_streams_without_prefix_have_their_own_series),
        T(closing_in_the_middle_leaves_nothing),
        cmocka_unit_test(nothing_is_lost_or_doubled),
    };
    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
