/* The logs of the world: which streams there are, when lines show, that they
 * never change, and that every awkward kind of line comes up. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/sim/simlog.h"
#include "tests/backend/world_bed.h"

/* All events of a group in a time range, in order; release with drop(). */
struct lines {
    struct sim_stream *streams;
    struct sim_log_event *e;
    size_t n_streams, n;
};

static struct lines read_group(const struct sim_world *w, const char *group,
                               int64_t from_ms, int64_t to_ms)
{
    struct lines l = {0};
    size_t cap = 0;
    l.n_streams = simlog_streams(w, group, w->now_ms, &l.streams, NULL);
    for (size_t i = 0; i < l.n_streams; i++)
        simlog_events(w, &l.streams[i], from_ms, to_ms, w->now_ms, &l.e, &l.n,
                      &cap);
    if (l.n)
        qsort(l.e, l.n, sizeof(*l.e), simlog_compare);
    return l;
}

static void drop(struct lines *l)
{
    simlog_free(l->e, l->n);
    free(l->streams);
}

static bool has(const struct lines *l, const char *text)
{
    for (size_t i = 0; i < l->n; i++)
        if (strstr(l->e[i].message, text))
            return true;
    return false;
}

/* ---- streams ----------------------------------------------------------- */

static void a_stream_begins_when_its_first_line_arrives(void **state)
{
    struct sim_world *w = make(NULL, NULL, 3);
    struct sim_service *s = find(w, "prod-main", "cart");
    size_t known = s->n_tasks;
    int64_t seen = 0;
    (void)state;
    world_update_service(w, s, s->desired + 1, NULL, false);
    for (int i = 0; i < 600 && !seen; i++) {
        world_advance(w, w->now_ms + 100);
        struct lines l = read_group(w, "/ecs/cart", START, INT64_MAX);
        if (l.n_streams > known) {
            const struct sim_task *t = s->tasks[s->n_tasks - 1];
            char name[80];
            snprintf(name, sizeof(name), "ecs/app/%s", t->id);
            size_t k = 0;
            while (k < l.n_streams && strcmp(l.streams[k].name, name) != 0)
                k++;
            assert_true(k < l.n_streams);
            assert_true(t->started_ms && t->started_ms <= w->now_ms);
            size_t mine = 0;
            for (size_t j = 0; j < l.n; j++)
                mine += l.e[j].stream == &l.streams[k];
            assert_true(mine >= 1); /* never without a line */
            seen = w->now_ms;
        }
        drop(&l);
    }
    assert_true(seen > 0);
    world_free(w);
}

static void one_group_can_belong_to_two_services(void **state)
{
    struct sim_world *w = make(NULL, NULL, 1);
    bool exists = false;
    struct sim_stream *streams;
    (void)state;
    size_t n = simlog_streams(w, "/ecs/orders", w->now_ms, &streams, &exists);
    struct sim_service *api = find(w, "prod-main", "orders-api");
    struct sim_service *worker = find(w, "prod-main", "orders-worker");
    assert_true(exists);
    /* app and envoy of each api task; of a worker the app only: its agent
     * does not use awslogs. */
    assert_int_equal(n, 2 * api->n_tasks + worker->n_tasks);
    for (size_t i = 1; i < n; i++)
        assert_true(strcmp(streams[i - 1].name, streams[i].name) < 0);
    for (size_t i = 0; i < n; i++)
        assert_null(strstr(streams[i].name, "datadog"));
    free(streams);
    assert_int_equal(simlog_streams(w, "/ecs/nobody", w->now_ms, &streams,
                                    &exists), 0);
    assert_false(exists);
    free(streams);
    world_free(w);
}

static void streams_outlive_what_ecs_remembers(void **state)
{
    struct sim_world *w = make(NULL, NULL, 1);
    struct sim_service *s = find(w, "prod-main", "pricing");
    struct sim_task *t = s->tasks[0];
    char id[33];
    (void)state;
    memcpy(id, t->id, sizeof(id));
    struct lines a = read_group(w, "/ecs/pricing", START - MINUTE, START);
    assert_true(a.n > 0);
    world_stop_task(w, s, t, "test");
    world_advance(w, START + 90 * MINUTE);
    assert_null(world_task(s->cluster, id, NULL));
    struct lines b = read_group(w, "/ecs/pricing", START - MINUTE, START);
    assert_int_equal(b.n_streams, a.n_streams + 1); /* its replacement */
    assert_true(b.n >= a.n);
    struct lines late =
        read_group(w, "/ecs/pricing", START + MINUTE, w->now_ms);
    for (size_t i = 0; i < late.n; i++)
        assert_null(strstr(late.e[i].stream->name, id));
    drop(&a);
    drop(&b);
    drop(&late);
    world_free(w);
}

/* ---- events ------------------------------------------------------------ */

static void slices_join_to_the_whole(void **state)
{
    struct sim_world *w = make(NULL, NULL, 1);
    struct lines all =
        read_group(w, "/ecs/gateway", START - 10 * MINUTE, START);
    size_t k = 0;
    (void)state;
    assert_true(all.n > 500);
    int64_t a = START - 10 * MINUTE;
    for (int64_t step = 1; a <= START; step = step * 5 % 30011) {
        int64_t b = a + step > START ? START : a + step - 1;
        struct lines part = read_group(w, "/ecs/gateway", a, b);
        for (size_t i = 0; i < part.n; i++, k++) {
            assert_true(k < all.n);
            assert_string_equal(part.e[i].id, all.e[k].id);
            assert_string_equal(part.e[i].message, all.e[k].message);
        }
        drop(&part);
        a = b + 1;
    }
    assert_int_equal(k, all.n);
    drop(&all);
    world_free(w);
}

/* Read as a follower does, then once more when all is over. */
static void what_was_read_never_changes(void **state)
{
    static const char *const groups[] = {
        "/ecs/payments-api", "/ecs/thumbnailer", "/ecs/checkout-web",
        "/ecs/recommendations"};
    (void)state;
    for (size_t g = 0; g < ARRAY_LEN(groups); g++) {
        struct sim_world *w = make(NULL, NULL, 2);
        struct lines seen[150];
        for (size_t i = 0; i < ARRAY_LEN(seen); i++) {
            seen[i] = read_group(w, groups[g], w->now_ms - 1500, w->now_ms);
            world_advance(w, w->now_ms + 500);
        }
        struct lines all = read_group(w, groups[g], START - 10000, INT64_MAX);
        size_t total = 0;
        for (size_t i = 0; i < ARRAY_LEN(seen); i++) {
            size_t k = 0;
            for (size_t j = 0; j < seen[i].n; j++) {
                const struct sim_log_event *e = &seen[i].e[j];
                while (k < all.n && strcmp(all.e[k].id, e->id) != 0)
                    k++;
                assert_true(k < all.n); /* there, and in the same order */
                assert_string_equal(all.e[k].message, e->message);
                assert_int_equal(all.e[k].ingestion, e->ingestion);
                total++;
            }
            drop(&seen[i]);
        }
        assert_true(total > 20);
        drop(&all);
        world_free(w);
    }
}

static void a_crash_says_why_before_it_dies(void **state)
{
    struct sim_world *w = make(NULL, NULL, 1);
    struct sim_service *s = find(w, "prod-main", "payments-api");
    int dead = 0;
    (void)state;
    struct lines l =
        read_group(w, "/ecs/payments-api", START - 3 * MINUTE, w->now_ms);
    for (size_t i = 0; i < s->n_tasks; i++) {
        const struct sim_task *t = s->tasks[i];
        bool why = false, last = false;
        if (!t->stopped_ms || w->now_ms - t->stopped_ms < 25000)
            continue;
        dead++;
        for (size_t k = 0; k < l.n; k++) {
            if (l.e[k].stream->task != t || l.e[k].stream->container)
                continue;
            why |= strstr(l.e[k].message, "dial tcp 10.0.3.9:5432: connect: "
                                          "connection refused") != NULL;
            last |= strstr(l.e[k].message, "\"fatal\"") != NULL;
            assert_true(l.e[k].timestamp <= t->execution_stopped_ms);
        }
        assert_true(why && last);
    }
    assert_true(dead >= 2);
    drop(&l);
    world_free(w);
}

static void who_is_told_to_stop_says_so(void **state)
{
    struct sim_world *w = make(NULL, "services=1,tasks=1,lines=20", 1);
    struct sim_service *s = find(w, "cluster-01", "svc-00001");
    struct sim_task *t = s->tasks[0];
    (void)state;
    world_stop_task(w, s, t, "test");
    world_advance(w, START + MINUTE);
    struct lines l =
        read_group(w, "/ecs/svc-00001", t->stopping_ms + 1, t->stopped_ms);
    assert_true(l.n > 10);
    for (size_t i = 0; i < l.n; i++)
        if (l.e[i].stream->task == t) {
            assert_true(l.e[i].timestamp <= t->execution_stopped_ms);
            assert_true(strstr(l.e[i].message, "SIGTERM") ||
                        strlen(l.e[i].message) < 90); /* a trace goes on */
        }
    assert_true(has(&l, "SIGTERM"));
    drop(&l);
    world_free(w);
}

static void every_awkward_kind_of_line_comes_up(void **state)
{
    struct sim_world *w = make(NULL, "services=1,tasks=4,lines=40", 1);
    int big = 0, late = 0, single = 0, run = 0, longest = 0;
    const struct sim_task *of = NULL;
    (void)state;
    world_advance(w, START + 10 * MINUTE);
    struct lines l = read_group(w, "/ecs/svc-00001", START, w->now_ms);
    assert_true(l.n > 10000);
    for (size_t i = 0; i < l.n; i++) {
        const char *m = l.e[i].message;
        big += strlen(m) >= 100000;
        single += strstr(m, "Traceback") && strchr(m, '\n');
        late += l.e[i].ingestion - l.e[i].timestamp > 5000;
        assert_in_range(l.e[i].ingestion, l.e[i].timestamp + 1,
                        l.e[i].timestamp + 20000);
        assert_true(l.e[i].ingestion <= w->now_ms);
        /* A trace as events of its own: lines that begin with "\tat". */
        bool at = strncmp(m, "\tat ", 4) == 0;
        run = at && l.e[i].stream->task == of ? run + 1 : at;
        of = l.e[i].stream->task;
        longest = run > longest ? run : longest;
    }
    assert_in_range(big, 3, 60);
    assert_true(single > 10 && longest >= 3);
    assert_in_range(late, l.n / 80, l.n / 30);
    assert_true(has(&l, "\033[33mWARN\033[0m"));
    assert_true(has(&l, "山田太郎 🎉"));
    assert_true(has(&l, "{\"ts\":\"2024-11-21T14:0"));
    assert_true(has(&l, "\"level\":\"error\""));
    drop(&l);
    world_free(w);
}

static void a_spec_sets_the_lines_a_second(void **state)
{
    struct sim_world *w = make(NULL, "services=5,tasks=50,lines=200", 1);
    size_t n = 0;
    (void)state;
    for (int i = 1; i <= 5; i++) {
        char group[40];
        snprintf(group, sizeof(group), "/ecs/svc-%05d", i);
        struct lines l =
            read_group(w, group, START - 2 * MINUTE, START - MINUTE - 1);
        n += l.n;
        drop(&l);
    }
    assert_in_range(n, 200 * 60 * 9 / 10, 200 * 60 * 11 / 10);
    world_free(w);
}

static void the_seed_makes_the_lines(void **state)
{
    struct sim_world *a = make(NULL, NULL, 8), *b = make(NULL, NULL, 8);
    (void)state;
    world_advance(a, START + 20000);
    for (int i = 1; i <= 200; i++)
        world_advance(b, START + i * 100);
    struct lines x = read_group(a, "/ecs/payments-api", START, INT64_MAX);
    struct lines y = read_group(b, "/ecs/payments-api", START, INT64_MAX);
    assert_int_equal(x.n, y.n);
    for (size_t i = 0; i < x.n; i += 97) {
        assert_string_equal(x.e[i].id, y.e[i].id);
        assert_string_equal(x.e[i].message, y.e[i].message);
    }
    drop(&x);
    drop(&y);
    world_free(a);
    world_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_begins_when_its_first_line_arrives),
        cmocka_unit_test(one_group_can_belong_to_two_services),
        cmocka_unit_test(streams_outlive_what_ecs_remembers),
        cmocka_unit_test(slices_join_to_the_whole),
        cmocka_unit_test(what_was_read_never_changes),
        cmocka_unit_test(a_crash_says_why_before_it_dies),
        cmocka_unit_test(who_is_told_to_stop_says_so),
        cmocka_unit_test(every_awkward_kind_of_line_comes_up),
        cmocka_unit_test(a_spec_sets_the_lines_a_second),
        cmocka_unit_test(the_seed_makes_the_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
