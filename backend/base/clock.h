/* clock.h - the only source of time, and the timer heap.
 *
 * A clock is real or driven. A real clock follows CLOCK_REALTIME (wall) and
 * CLOCK_MONOTONIC (mono). A driven one starts at a given wall time and moves
 * only by clock_advance(). Timers run on mono time. `net/loop` asks
 * clock_next_due() and calls clock_run_due(); nothing else fires timers.
 *
 * All times are milliseconds: wall since the Unix epoch, mono since any
 * point. */
#ifndef ECSDASH_BASE_CLOCK_H
#define ECSDASH_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clock;
struct timer;
typedef void timer_fn(struct timer *t, void *arg);

/* Embedded by its owner; zero it before first use. A timer may be started,
 * stopped or freed inside its own callback (it is off the heap by then). */
struct timer {
    int64_t due_ms;  /* mono */
    timer_fn *fn;
    void *arg;
    size_t slot;     /* heap position + 1; 0 = not armed */
    uint64_t order;  /* ties fire in start order */
};

struct clock *clock_new_real(void);
/* wall_ms is the time it shows until driven. */
struct clock *clock_new_driven(int64_t wall_ms);
/* Real only, for tests and pictures: the wall stands still at wall_ms while
 * timers run on. */
void clock_freeze_wall(struct clock *c, int64_t wall_ms);
void clock_free(struct clock *c); /* armed timers are simply forgotten */
bool clock_is_driven(const struct clock *c);
int64_t clock_wall_ms(const struct clock *c);
int64_t clock_mono_ms(const struct clock *c);
/* Driven only: move forward and fire what falls due, in order, each timer
 * seeing the time at which it was due. */
void clock_advance(struct clock *c, int64_t ms);

/* (Re)start: fires once after delay_ms (0 = next run). */
void timer_start(struct clock *c, struct timer *t, int64_t delay_ms,
                 timer_fn *fn, void *arg);
void timer_stop(struct clock *c, struct timer *t);
bool timer_armed(const struct timer *t);
/* Milliseconds until the next timer (0 = due now), or -1 when none. */
int64_t clock_next_due(const struct clock *c);
/* Fire every timer that is due; returns how many fired. Timers started with
 * delay 0 during the run wait for the next run. */
int clock_run_due(struct clock *c);

#endif
