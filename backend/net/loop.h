/* loop.h - the event loop: libuv, the clock's timers, and the turn hook.
 *
 * One per program, one thread. Every callback of net, aws, svc, store and
 * views runs from inside loop_run() or loop_turn(). A "turn" is one round of
 * the loop: what became readable or due is handled, then the turn hook runs
 * once (the app paints there), then the loop waits.
 *
 * The clock's timers: just before each poll, one uv timer is set to
 * clock_next_due(). With a driven
 * clock only timers that are due already (delay 0) fire by themselves; the
 * rest fire inside clock_advance(). */
#ifndef ECSDASH_NET_LOOP_H
#define ECSDASH_NET_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clock;
struct loop;
struct uv_loop_s;

/* Called once per turn, after all callbacks of that turn. May start and stop
 * anything; must not run the loop. */
typedef void loop_turn_fn(void *arg);

/* The clock is borrowed and must outlive the loop. NULL, with errno, when no
 * descriptor can be had. */
struct loop *loop_new(struct clock *clock);
/* Closes our own handles, runs the loop until uv_loop_close() returns 0, and
 * frees. Everybody else must have begun to close theirs; a handle that is
 * still open and will never close is our bug: an assertion names it. */
void loop_free(struct loop *loop);
/* For uv_poll_init and friends. */
struct uv_loop_s *loop_uv(struct loop *loop);
struct clock *loop_clock(struct loop *loop);

/* Runs turns until loop_stop(). */
void loop_run(struct loop *loop);
/* From a callback: loop_run returns at the end of this turn. */
void loop_stop(struct loop *loop);
/* One turn. wait: block until something happens (at most max_wait_ms; -1 =
 * no limit); otherwise only handle what is ready. For tests and --once. */
void loop_turn(struct loop *loop, int max_wait_ms);
/* Turns until done(arg) or until real_ms of real time have gone; true when
 * done. For tests; never sleeps longer than needed. */
bool loop_until(struct loop *loop, bool (*done)(void *arg), void *arg,
                int real_ms);
/* loop_until() no work is pending (and two idle turns have passed). */
bool loop_until_idle(struct loop *loop, int real_ms);
/* Make the loop take another turn soon; safe from any thread and signal
 * handler. */
void loop_wake(struct loop *loop);

/* Only one hook; NULL removes it. */
void loop_set_turn_hook(struct loop *loop, loop_turn_fn *fn, void *arg);

/* Work in flight outside the program: HTTP calls, children, pool jobs. Timers
 * don't count. Balanced by whoever starts the work. */
void loop_work_begin(struct loop *loop);
void loop_work_end(struct loop *loop);
size_t loop_work_pending(const struct loop *loop);

/* This turn has been busy for 3 ms already: what can wait is put off to the
 * next one (a timer without delay), so that a key gets its turn. Whoever puts
 * off counts, and goes on at last: the next turn may be as busy. Never true
 * with a driven clock. */
bool loop_turn_long(const struct loop *loop);

/* Busy time of the longest turn so far, in microseconds,
 * waiting not counted, the hook counted; and how many turns there were. */
uint64_t loop_longest_turn_us(const struct loop *loop);
/* The same in CPU time of this thread: what others take of the machine does
 * not count, nor does waiting for a disk. */
uint64_t loop_longest_cpu_us(const struct loop *loop);
uint64_t loop_turns(const struct loop *loop);

#endif
