/* clock and scope: what fires, when, in which order, and what never does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/rng.h"
#include "backend/base/scope.h"

static const int64_t START = 1795271527204;

/* What a timer callback wrote down. */
struct note {
    struct timer t;
    struct diary *diary;
    int id;
    int64_t again_ms; /* >= 0: restart itself once with this delay */
    struct timer *stops;
};
struct diary {
    struct clock *clock;
    int n;
    int ids[1000];
    int64_t at[1000]; /* wall, relative to START */
};

static void write_down(struct timer *t, void *arg)
{
    struct note *note = arg;
    struct diary *d = note->diary;

    assert_ptr_equal(t, &note->t);
    assert_false(timer_armed(t));
    d->ids[d->n] = note->id;
    d->at[d->n++] = clock_wall_ms(d->clock) - START;
    if (note->stops)
        timer_stop(d->clock, note->stops);
    if (note->again_ms >= 0) {
        int64_t delay = note->again_ms;

        note->again_ms = -1;
        timer_start(d->clock, t, delay, write_down, note);
    }
}

static void note_start(struct diary *d, struct note *n, int id, int64_t delay)
{
    n->diary = d;
    n->id = id;
    n->again_ms = -1;
    timer_start(d->clock, &n->t, delay, write_down, n);
}

static void driven_clock_moves_only_when_told(void **state)
{
    struct clock *c = clock_new_driven(START);
    int64_t mono = clock_mono_ms(c);

    (void)state;
    assert_true(clock_is_driven(c));
    assert_int_equal(clock_wall_ms(c), START);
    clock_advance(c, 1500);
    assert_int_equal(clock_wall_ms(c), START + 1500);
    assert_int_equal(clock_mono_ms(c), mono + 1500);
    assert_int_equal(clock_next_due(c), -1);
    clock_free(c);
    clock_free(NULL);
}

static void timers_fire_in_order_each_at_its_own_time(void **state)
{
    struct diary d = {.clock = clock_new_driven(START)};
    struct note n[5] = {0};
    static const int64_t delay[] = {300, 100, 200, 100, 900};
    static const int want[] = {1, 3, 2, 0};
    static const int64_t at[] = {100, 100, 200, 300};

    (void)state;
    for (int i = 0; i < 5; i++)
        note_start(&d, &n[i], i, delay[i]);
    assert_int_equal(clock_next_due(d.clock), 100);
    clock_advance(d.clock, 500);
    assert_int_equal(d.n, 4);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(d.ids[i], want[i]);
        assert_int_equal(d.at[i], at[i]);
    }
    assert_int_equal(clock_wall_ms(d.clock), START + 500);
    assert_int_equal(clock_next_due(d.clock), 400);
    assert_true(timer_armed(&n[4].t));
    timer_stop(d.clock, &n[4].t);
    timer_stop(d.clock, &n[4].t);
    assert_int_equal(clock_next_due(d.clock), -1);
    clock_free(d.clock);
}

static void timer_restarted_in_its_callback_fires_again(void **state)
{
    struct diary d = {.clock = clock_new_driven(START)};
    struct note n = {0};

    (void)state;
    note_start(&d, &n, 1, 10);
    n.again_ms = 15;
    clock_advance(d.clock, 24);
    assert_int_equal(d.n, 1);
    clock_advance(d.clock, 1);
    assert_int_equal(d.n, 2);
    assert_int_equal(d.at[1], 25);
    clock_free(d.clock);
}

static void zero_delay_started_in_a_run_waits_for_the_next(void **state)
{
    struct diary d = {.clock = clock_new_driven(START)};
    struct note a = {0}, b = {0};

    (void)state;
    note_start(&d, &a, 1, 0);
    note_start(&d, &b, 2, 0);
    a.again_ms = 0;
    assert_int_equal(clock_run_due(d.clock), 2);
    assert_int_equal(d.ids[1], 2);
    assert_int_equal(clock_next_due(d.clock), 0);
    assert_int_equal(clock_run_due(d.clock), 1);
    assert_int_equal(clock_run_due(d.clock), 0);
    clock_free(d.clock);
}

static void timer_stopped_by_another_of_the_same_instant_is_silent(void **state)
{
    struct diary d = {.clock = clock_new_driven(START)};
    struct note a = {0}, b = {0};

    (void)state;
    note_start(&d, &a, 1, 5);
    note_start(&d, &b, 2, 5);
    a.stops = &b.t;
    clock_advance(d.clock, 100);
    assert_int_equal(d.n, 1);
    assert_false(timer_armed(&b.t));
    clock_free(d.clock);
}

static void restart_moves_a_timer_and_its_place_among_ties(void **state)
{
    struct diary d = {.clock = clock_new_driven(START)};
    struct note a = {0}, b = {0};

    (void)state;
    note_start(&d, &a, 1, 5);
    note_start(&d, &b, 2, 5);
    note_start(&d, &a, 1, 5);
    clock_advance(d.clock, 5);
    assert_int_equal(d.n, 2);
    assert_int_equal(d.ids[0], 2);
    assert_int_equal(d.ids[1], 1);
    note_start(&d, &a, 1, INT64_MAX); /* "never" must not wrap */
    note_start(&d, &b, 2, -7);        /* late counts as now */
    assert_int_equal(clock_next_due(d.clock), 0);
    clock_advance(d.clock, 1000);
    assert_int_equal(d.n, 3);
    clock_free(d.clock);
}

static void heap_survives_random_starts_and_stops(void **state)
{
    enum { N = 200 };
    struct diary d = {.clock = clock_new_driven(START)};
    struct note *n = xcalloc(N, sizeof(*n));
    struct rng r;
    int armed = 0;

    (void)state;
    rng_seed(&r, 3);
    for (int step = 0; step < 5000; step++) {
        size_t i = rng_below(&r, N);

        if (rng_below(&r, 3))
            note_start(&d, &n[i], (int)i, (int64_t)rng_below(&r, 50));
        else
            timer_stop(d.clock, &n[i].t);
    }
    for (int i = 0; i < N; i++)
        armed += timer_armed(&n[i].t);
    clock_advance(d.clock, 50);
    assert_int_equal(d.n, armed);
    for (int i = 1; i < d.n; i++) {
        const struct timer *p = &n[d.ids[i - 1]].t, *q = &n[d.ids[i]].t;

        assert_true(d.at[i - 1] <= d.at[i]);
        if (d.at[i - 1] == d.at[i])
            assert_true(p->order < q->order);
        assert_int_equal(d.at[i], q->due_ms - (clock_mono_ms(d.clock) - 50));
    }
    free(n);
    clock_free(d.clock);
}

static void real_clock_runs_and_fires_due_timers(void **state)
{
    struct clock *c = clock_new_real();
    struct diary d = {.clock = c};
    struct note n = {0}, far = {0};
    int64_t mono = clock_mono_ms(c);

    (void)state;
    assert_false(clock_is_driven(c));
    assert_true(clock_wall_ms(c) > 1577836800000); /* 2020 */
    assert_true(clock_mono_ms(c) >= mono);
    note_start(&d, &n, 1, 0);
    note_start(&d, &far, 2, 3600000);
    assert_int_equal(clock_run_due(c), 1);
    assert_int_equal(d.n, 1);
    assert_in_range(clock_next_due(c), 3500000, 3600000);
    clock_free(c);
}

/* ---- scope ---- */

struct op {
    struct work w;
    int cancelled;
    struct scope *also; /* cancelled in the callback */
    struct work *drops; /* removed in the callback */
};

static void op_cancel(struct work *w)
{
    struct op *op = container_of(w, struct op, w);

    assert_null(w->scope);
    op->cancelled++;
    if (op->also)
        scope_cancel(op->also);
    if (op->drops)
        scope_remove(op->drops);
}

static void cancel_reaches_works_of_all_scopes_below(void **state)
{
    struct scope root, child, grand, other;
    struct op a = {0}, b = {0}, c = {0}, d = {0}, done = {0};

    (void)state;
    scope_init(&root, NULL);
    scope_init(&child, &root);
    scope_init(&grand, &child);
    scope_init(&other, &root);
    assert_false(scope_has_work(&root));
    assert_int_equal(scope_add(&grand, &c.w, op_cancel), 0);
    assert_true(scope_has_work(&root));
    assert_false(scope_has_work(&other));
    assert_int_equal(scope_add(&root, &a.w, op_cancel), 0);
    assert_int_equal(scope_add(&child, &b.w, op_cancel), 0);
    assert_int_equal(scope_add(&other, &d.w, op_cancel), 0);
    assert_int_equal(scope_add(&child, &done.w, op_cancel), 0);
    scope_remove(&done.w);
    scope_remove(&done.w);
    scope_cancel(&child);
    assert_int_equal(b.cancelled, 1);
    assert_int_equal(c.cancelled, 1);
    assert_int_equal(a.cancelled + d.cancelled + done.cancelled, 0);
    assert_true(child.dead && grand.dead && !root.dead);
    scope_cancel(&child);
    scope_cancel(&root);
    scope_cancel(&root);
    assert_int_equal(a.cancelled, 1);
    assert_int_equal(b.cancelled, 1);
    assert_int_equal(d.cancelled, 1);
    assert_int_equal(done.cancelled, 0);
    assert_true(other.dead);
}

static void dead_scope_refuses_works_and_children(void **state)
{
    struct scope root, late;
    struct op a = {0};

    (void)state;
    scope_init(&root, NULL);
    scope_cancel(&root);
    assert_int_equal(scope_add(&root, &a.w, op_cancel), -1);
    assert_null(a.w.scope);
    scope_init(&late, &root);
    assert_int_equal(scope_add(&late, &a.w, op_cancel), -1);
    scope_init(&root, NULL); /* and may be used again after init */
    assert_int_equal(scope_add(&root, &a.w, op_cancel), 0);
    scope_cancel(&root);
    assert_int_equal(a.cancelled, 1);
}

static void callbacks_may_cancel_and_remove_others(void **state)
{
    struct scope root, one, two;
    struct op a = {0}, b = {0}, c = {0}, d = {0};

    (void)state;
    scope_init(&root, NULL);
    scope_init(&one, &root);
    scope_init(&two, &root);
    scope_add(&one, &a.w, op_cancel);
    scope_add(&one, &b.w, op_cancel);
    scope_add(&two, &c.w, op_cancel);
    scope_add(&root, &d.w, op_cancel);
    b.also = &root; /* up the tree, from below */
    c.drops = &d.w; /* done just then: never told */
    scope_cancel(&one);
    assert_int_equal(a.cancelled, 1);
    assert_int_equal(b.cancelled, 1);
    assert_int_equal(c.cancelled, 1);
    assert_int_equal(d.cancelled, 0);
    assert_false(scope_has_work(&root));
    assert_null(root.children);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(driven_clock_moves_only_when_told),
        cmocka_unit_test(timers_fire_in_order_each_at_its_own_time),
        cmocka_unit_test(timer_restarted_in_its_callback_fires_again),
        cmocka_unit_test(zero_delay_started_in_a_run_waits_for_the_next),
        cmocka_unit_test(timer_stopped_by_another_of_the_same_instant_is_silent),
        cmocka_unit_test(restart_moves_a_timer_and_its_place_among_ties),
        cmocka_unit_test(heap_survives_random_starts_and_stops),
        cmocka_unit_test(real_clock_runs_and_fires_due_timers),
        cmocka_unit_test(cancel_reaches_works_of_all_scopes_below),
        cmocka_unit_test(dead_scope_refuses_works_and_children),
        cmocka_unit_test(callbacks_may_cancel_and_remove_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
