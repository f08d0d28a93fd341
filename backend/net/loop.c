#include "backend/net/loop.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <uv.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"

enum { LONG_NS = 3000000 }; /* of the 8 ms that a turn may take */

struct loop {
    uv_loop_t uv;
    uv_timer_t timer; /* bounds the poll */
    uv_prepare_t before_poll;
    uv_async_t wake; /* also keeps the loop alive while nothing is open */
    struct clock *clock;
    int max_wait_ms; /* of this turn; -1 = no limit */
    loop_turn_fn *hook;
    void *hook_arg;
    size_t works;
    bool stop;
    uint64_t turn_start, turn_idle; /* ns, when this turn began */
    uint64_t turns;
    uint64_t longest_ns;
    uint64_t longest_cpu_ns;
};

static void on_timer(uv_timer_t *t)
{
    (void)t; /* end_turn() runs what is due */
}

/* The poll lasts until the clock's next timer. uv runs callbacks of timers
 * before it gets here, and they take time and start timers of ours: set any
 * earlier, the poll could miss what is due and wait for ever. */
static void on_before_poll(uv_prepare_t *p)
{
    struct loop *l = p->data;
    int64_t due = clock_next_due(l->clock);
    int64_t wait = l->max_wait_ms;

    if ((due == 0 || (due > 0 && !clock_is_driven(l->clock))) &&
        (wait < 0 || due < wait))
        wait = due;
    if (wait < 0) {
        uv_timer_stop(&l->timer);
        return;
    }
    uv_update_time(&l->uv);
    uv_timer_start(&l->timer, on_timer, (uint64_t)wait, 0);
}

static void on_wake(uv_async_t *a)
{
    (void)a;
}

/* 0, or what libuv says. */
static int make(struct loop *l)
{
    int rc;

    uv_replace_allocator(xmalloc, xrealloc, xcalloc, free);
    rc = uv_loop_init(&l->uv);
    if (rc != 0)
        return rc;
    uv_timer_init(&l->uv, &l->timer);
    uv_prepare_init(&l->uv, &l->before_poll);
    l->before_poll.data = l;
    rc = uv_async_init(&l->uv, &l->wake, on_wake);
    if (rc != 0) {
        uv_close((uv_handle_t *)&l->timer, NULL);
        uv_close((uv_handle_t *)&l->before_poll, NULL);
        uv_run(&l->uv, UV_RUN_DEFAULT);
        uv_loop_close(&l->uv);
        return rc;
    }
    uv_prepare_start(&l->before_poll, on_before_poll);
    return 0;
}

struct loop *loop_new(struct clock *clock)
{
    struct loop *l = xcalloc(1, sizeof(*l));
    int rc = make(l);

    if (rc != 0) {
        free(l);
        errno = -rc;
        return NULL;
    }
    l->clock = clock;
    uv_loop_configure(&l->uv, UV_METRICS_IDLE_TIME);
    l->uv.data = l;
    return l;
}

static void name_leak(uv_handle_t *h, void *arg)
{
    int *leaks = arg;

    if (uv_is_closing(h))
        return;
    (*leaks)++;
    fprintf(stderr, "loop_free: an open %s handle at %p\n",
            uv_handle_type_name(uv_handle_get_type(h)), (void *)h);
}

struct open_handles {
    int all;
    int children; /* killed, not yet reaped */
};

static void count_open(uv_handle_t *h, void *arg)
{
    struct open_handles *open = arg;

    open->all += !uv_is_closing(h);
    open->children += uv_handle_get_type(h) == UV_PROCESS && uv_is_active(h);
}

void loop_free(struct loop *loop)
{
    int leaks = 0;

    if (!loop)
        return;
    uv_close((uv_handle_t *)&loop->timer, NULL);
    uv_close((uv_handle_t *)&loop->before_poll, NULL);
    uv_close((uv_handle_t *)&loop->wake, NULL);
    /* Pool jobs and killed children end by themselves and may close handles
     * as they do; once there are none, an open handle would make us wait for ever. */
    while (uv_run(&loop->uv, UV_RUN_NOWAIT) != 0) {
        struct open_handles open = {0};

        uv_walk(&loop->uv, count_open, &open);
        if (loop->uv.active_reqs.count > 0 || open.children > 0)
            uv_run(&loop->uv, UV_RUN_ONCE);
        else if (open.all > 0)
            break;
    }
    if (uv_loop_close(&loop->uv) != 0) {
        uv_walk(&loop->uv, name_leak, &leaks);
        fprintf(stderr, "loop_free: %d handles are still open\n", leaks);
        assert(!"the loop must close");
        abort();
    }
    free(loop);
}

struct uv_loop_s *loop_uv(struct loop *loop)
{
    return &loop->uv;
}

struct clock *loop_clock(struct loop *loop)
{
    return loop->clock;
}

/* The clock's timers that are due fire here, then the hook sees the result of
 * the whole turn. */
static void end_turn(struct loop *l)
{
    clock_run_due(l->clock);
    if (l->hook)
        l->hook(l->hook_arg);
}

static uint64_t cpu_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static uint64_t turn_busy_ns(const struct loop *l)
{
    uint64_t idle = uv_metrics_idle_time((uv_loop_t *)&l->uv) - l->turn_idle;
    uint64_t all = uv_hrtime() - l->turn_start;

    return all > idle ? all - idle : 0;
}

/* UV_RUN_ONCE does timers both before and after its poll, so when it returns
 * the turn's callbacks have all run. */
void loop_turn(struct loop *loop, int max_wait_ms)
{
    uint64_t cpu = cpu_ns();
    uint64_t busy;

    loop->turn_start = uv_hrtime();
    loop->turn_idle = uv_metrics_idle_time(&loop->uv);
    loop->max_wait_ms = max_wait_ms;
    uv_run(&loop->uv, UV_RUN_ONCE);
    end_turn(loop);
    cpu = cpu_ns() - cpu;
    busy = turn_busy_ns(loop);
    if (busy > loop->longest_ns)
        loop->longest_ns = busy;
    if (cpu > loop->longest_cpu_ns)
        loop->longest_cpu_ns = cpu;
    loop->turns++;
}

void loop_run(struct loop *loop)
{
    loop->stop = false;
    while (!loop->stop)
        loop_turn(loop, -1);
}

void loop_stop(struct loop *loop)
{
    loop->stop = true;
    loop_wake(loop);
}

bool loop_until(struct loop *loop, bool (*done)(void *arg), void *arg,
                int real_ms)
{
    uint64_t start = uv_hrtime();

    while (!done(arg)) {
        int64_t left =
            real_ms - (int64_t)((uv_hrtime() - start) / 1000000);

        if (left <= 0)
            return false;
        loop_turn(loop, (int)left);
    }
    return true;
}

struct idle_wait {
    struct loop *loop;
    int quiet; /* turns in a row without work */
};

static bool is_idle(void *arg)
{
    struct idle_wait *w = arg;

    if (w->loop->works > 0) {
        w->quiet = 0;
        return false;
    }
    if (w->quiet++ >= 2)
        return true;
    loop_wake(w->loop); /* nothing may ever happen: don't wait for it */
    return false;
}

bool loop_until_idle(struct loop *loop, int real_ms)
{
    struct idle_wait w = {.loop = loop};

    return loop_until(loop, is_idle, &w, real_ms);
}

void loop_wake(struct loop *loop)
{
    uv_async_send(&loop->wake);
}

void loop_set_turn_hook(struct loop *loop, loop_turn_fn *fn, void *arg)
{
    loop->hook = fn;
    loop->hook_arg = arg;
}

void loop_work_begin(struct loop *loop)
{
    loop->works++;
}

void loop_work_end(struct loop *loop)
{
    assert(loop->works > 0);
    loop->works--;
}

size_t loop_work_pending(const struct loop *loop)
{
    return loop->works;
}

bool loop_turn_long(const struct loop *loop)
{
    return !clock_is_driven(loop->clock) && turn_busy_ns(loop) > LONG_NS;
}

uint64_t loop_longest_turn_us(const struct loop *loop)
{
    return loop->longest_ns / 1000;
}

uint64_t loop_longest_cpu_us(const struct loop *loop)
{
    return loop->longest_cpu_ns / 1000;
}

uint64_t loop_turns(const struct loop *loop)
{
    return loop->turns;
}
