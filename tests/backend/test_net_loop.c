#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include <uv.h>

#include "backend/base/clock.h"
#include "backend/net/loop.h"

#define WALL 1785000000000 /* any day in 2026 */

static bool is_set(void *arg)
{
    return *(int *)arg > 0;
}

static void count(struct timer *t, void *arg)
{
    (void)t;
    ++*(int *)arg;
}

static void real_clock_timers_fire_in_the_loop(void **state)
{
    struct clock *clock = clock_new_real();
    struct loop *loop = loop_new(clock);
    struct timer t = {0};
    int n = 0;

    (void)state;
    timer_start(clock, &t, 5, count, &n);
    assert_true(loop_until(loop, is_set, &n, 5000));
    assert_int_equal(n, 1);
    loop_free(loop);
    clock_free(clock);
}

static void driven_clock_timers_wait_for_the_driver(void **state)
{
    struct clock *clock = clock_new_driven(WALL);
    struct loop *loop = loop_new(clock);
    struct timer now = {0}, later = {0};
    int n_now = 0, n_later = 0;

    (void)state;
    timer_start(clock, &now, 0, count, &n_now);
    timer_start(clock, &later, 1, count, &n_later);
    assert_true(loop_until(loop, is_set, &n_now, 5000));
    assert_true(loop_until_idle(loop, 5000));
    assert_int_equal(n_later, 0);
    clock_advance(clock, 1);
    assert_int_equal(n_later, 1);
    loop_free(loop);
    clock_free(clock);
}

/* How long the processor is away while the loop looks at its CPU time, which is
 * between two turns. */
static unsigned stolen_us;

/* In place of libc's. */
int clock_gettime(clockid_t id, struct timespec *ts)
{
    if (id == CLOCK_THREAD_CPUTIME_ID && stolen_us)
        usleep(stolen_us);
    return (int)syscall(SYS_clock_gettime, id, ts);
}

static void a_timer_that_is_due_before_the_poll_is_not_missed(void **state)
{
    struct clock *clock = clock_new_real();
    struct loop *loop = loop_new(clock);
    struct timer t = {0};
    int n = 0;

    (void)state;
    alarm(20); /* else it waits for ever */
    stolen_us = 5000;
    timer_start(clock, &t, 1, count, &n);
    loop_turn(loop, -1);
    assert_int_equal(n, 1);
    loop_turn(loop, 1);
    stolen_us = 0;
    alarm(0);
    loop_free(loop);
    clock_free(clock);
}

struct restart {
    struct clock *clock;
    struct timer timer;
    int n;
};

static void start_clock_timer(uv_timer_t *t)
{
    struct restart *r = t->data;

    timer_start(r->clock, &r->timer, 1, count, &r->n);
}

/* Another's uv timer fires before the poll, and its callback starts one of the
 * clock's. */
static void a_timer_started_before_the_poll_is_not_missed(void **state)
{
    struct clock *clock = clock_new_real();
    struct loop *loop = loop_new(clock);
    struct restart r = {.clock = clock};
    uv_timer_t other;

    (void)state;
    alarm(20);
    uv_timer_init(loop_uv(loop), &other);
    other.data = &r;
    uv_timer_start(&other, start_clock_timer, 0, 0);
    loop_turn(loop, -1);
    assert_int_equal(r.n, 1);
    alarm(0);
    uv_close((uv_handle_t *)&other, NULL);
    loop_free(loop);
    clock_free(clock);
}

struct order {
    struct loop *loop;
    int seen; /* what the hook saw of n at its last run */
    int n;
    int hooks;
};

static void hook(void *arg)
{
    struct order *o = arg;

    o->hooks++;
    o->seen = o->n;
    if (o->n > 0)
        loop_stop(o->loop);
}

static void hook_runs_after_the_callbacks_of_its_turn(void **state)
{
    struct clock *clock = clock_new_driven(WALL);
    struct order o = {.loop = loop_new(clock)};
    struct timer a = {0}, b = {0};

    (void)state;
    loop_set_turn_hook(o.loop, hook, &o);
    timer_start(clock, &a, 0, count, &o.n);
    timer_start(clock, &b, 0, count, &o.n);
    loop_run(o.loop);
    assert_int_equal(o.seen, 2);
    assert_int_equal(o.hooks, (int)loop_turns(o.loop));
    loop_free(o.loop);
    clock_free(clock);
}

static void start_from_hook(void *arg)
{
    struct order *o = arg;
    static struct timer t;

    if (o->hooks++ == 0)
        timer_start(loop_clock(o->loop), &t, 0, count, &o->n);
}

static void timer_started_by_the_hook_wakes_the_loop(void **state)
{
    struct clock *clock = clock_new_driven(WALL);
    struct order o = {.loop = loop_new(clock)};

    (void)state;
    loop_set_turn_hook(o.loop, start_from_hook, &o);
    loop_wake(o.loop);
    assert_true(loop_until(o.loop, is_set, &o.n, 5000));
    loop_free(o.loop);
    clock_free(clock);
}

static void busy(struct timer *t, void *arg)
{
    uint64_t end = uv_hrtime() + 20 * 1000000;

    (void)t;
    while (uv_hrtime() < end)
        ;
    ++*(int *)arg;
}

struct seen {
    struct loop *loop;
    bool fresh, after_work; /* what loop_turn_long() said */
    int n;
};

static void look(struct timer *t, void *arg)
{
    struct seen *s = arg;

    s->fresh = loop_turn_long(s->loop);
    busy(t, &s->n);
    s->after_work = loop_turn_long(s->loop);
}

static void a_turn_is_long_once_it_has_worked_for_long(void **state)
{
    struct clock *clock = clock_new_real();
    struct loop *loop = loop_new(clock);
    struct timer t = {0};
    struct seen s = {.loop = loop};

    (void)state;
    timer_start(clock, &t, 50, look, &s);
    assert_true(loop_until(loop, is_set, &s.n, 5000));
    assert_true(s.after_work);
    s.fresh = true; /* the wait before a turn's work is no work */
    for (int i = 0; i < 20 && s.fresh; i++) { /* others use the machine, too */
        s.n = 0;
        timer_start(clock, &t, 20, look, &s);
        assert_true(loop_until(loop, is_set, &s.n, 5000));
    }
    assert_false(s.fresh);
    loop_free(loop);
    clock_free(clock);
}

static void longest_turn_counts_work_and_not_waiting(void **state)
{
    struct clock *clock = clock_new_real();
    struct loop *loop = loop_new(clock);
    struct timer t = {0};
    int n = 0;

    (void)state;
    loop_turn(loop, 0);
    timer_start(clock, &t, 200, busy, &n);
    assert_true(loop_until(loop, is_set, &n, 5000));
    assert_in_range(loop_longest_turn_us(loop), 19000, 150000);
    /* Two clocks, read one after the other. */
    assert_in_range(loop_longest_cpu_us(loop), 1,
                    loop_longest_turn_us(loop) + 2000);
    loop_free(loop);
    clock_free(clock);
}

static void pending_work_is_not_idle(void **state)
{
    struct clock *clock = clock_new_driven(WALL);
    struct loop *loop = loop_new(clock);

    (void)state;
    loop_work_begin(loop);
    assert_int_equal(loop_work_pending(loop), 1);
    assert_false(loop_until_idle(loop, 20));
    loop_work_end(loop);
    assert_true(loop_until_idle(loop, 5000));
    loop_free(loop);
    clock_free(clock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_clock_timers_fire_in_the_loop),
        cmocka_unit_test(a_timer_that_is_due_before_the_poll_is_not_missed),
        cmocka_unit_test(a_timer_started_before_the_poll_is_not_missed),
        cmocka_unit_test(driven_clock_timers_wait_for_the_driver),
        cmocka_unit_test(hook_runs_after_the_callbacks_of_its_turn),
        cmocka_unit_test(timer_started_by_the_hook_wakes_the_loop),
        cmocka_unit_test(a_turn_is_long_once_it_has_worked_for_long),
        cmocka_unit_test(longest_turn_counts_work_and_not_waiting),
        cmocka_unit_test(pending_work_is_not_idle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
