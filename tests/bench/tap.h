/* tap.h - stands between the program and a simulator, on a thread of its own,
 * and notes every call: what was asked, when, and the body of the answer. */
#ifndef ECSDASH_TESTS_BENCH_TAP_H
#define ECSDASH_TESTS_BENCH_TAP_H

#include <stddef.h>

struct sim_child;
struct tap;

struct tap_call {
    char op[64];
    double asked_ms, answered_ms; /* now_ms(); answered 0 while in flight */
    char *body;                   /* of the answer, ended; ours */
    size_t len;
};

/* May change a body in place, on the tap's thread; its length stays. */
typedef void tap_edit_fn(void *arg, const char *op, char *body, size_t len);

/* Listens on a port of its own and changes sim's environment so that a program
 * started with it comes here. NULL when there is no port. */
struct tap *tap_start(struct sim_child *sim);
void tap_stop(struct tap *t);
void tap_edit(struct tap *t, tap_edit_fn *fn, void *arg);
/* A copy of what is noted so far; free() it. Bodies live until tap_stop(). */
struct tap_call *tap_calls(struct tap *t, size_t *n);

#endif
