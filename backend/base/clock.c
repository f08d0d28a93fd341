#include "backend/base/clock.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include "backend/base/mem.h"

/* A driven clock's mono does not start at 0: 0 may mean "never" to users. */
enum { DRIVEN_MONO_START = 3600 * 1000 };
/* More runs than this at one instant is a timer that restarts itself with
 * delay 0 for ever. */
enum { MAX_RUNS_AT_ONCE = 100000 };

/* heap[0..len) is a binary min-heap by (due_ms, order); heap[i]->slot is
 * always i + 1. */
struct clock {
    bool driven;
    int64_t frozen_wall; /* real, tests: what the wall shows; 0 = real */
    int64_t wall_base; /* driven: wall at mono 0 */
    int64_t mono;      /* driven: now */
    struct timer **heap;
    size_t len, cap;
    uint64_t next_order;
};

static int64_t read_ms(clockid_t id)
{
    struct timespec ts;

    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

struct clock *clock_new_real(void)
{
    return xcalloc(1, sizeof(struct clock));
}

struct clock *clock_new_driven(int64_t wall_ms)
{
    struct clock *c = xcalloc(1, sizeof(*c));

    c->driven = true;
    c->mono = DRIVEN_MONO_START;
    c->wall_base = wall_ms - c->mono;
    return c;
}

void clock_free(struct clock *c)
{
    if (!c)
        return;
    free(c->heap);
    free(c);
}

bool clock_is_driven(const struct clock *c)
{
    return c->driven;
}

void clock_freeze_wall(struct clock *c, int64_t wall_ms)
{
    c->frozen_wall = wall_ms;
}

int64_t clock_wall_ms(const struct clock *c)
{
    if (c->frozen_wall)
        return c->frozen_wall;
    return c->driven ? c->wall_base + c->mono : read_ms(CLOCK_REALTIME);
}

int64_t clock_mono_ms(const struct clock *c)
{
    return c->driven ? c->mono : read_ms(CLOCK_MONOTONIC);
}

static bool before(const struct timer *a, const struct timer *b)
{
    if (a->due_ms != b->due_ms)
        return a->due_ms < b->due_ms;
    return a->order < b->order;
}

static void place(struct clock *c, size_t i, struct timer *t)
{
    c->heap[i] = t;
    t->slot = i + 1;
}

static void sift_up(struct clock *c, size_t i, struct timer *t)
{
    while (i > 0 && before(t, c->heap[(i - 1) / 2])) {
        place(c, i, c->heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    place(c, i, t);
}

static void sift_down(struct clock *c, size_t i, struct timer *t)
{
    size_t child;

    while ((child = 2 * i + 1) < c->len) {
        if (child + 1 < c->len && before(c->heap[child + 1], c->heap[child]))
            child++;
        if (!before(c->heap[child], t))
            break;
        place(c, i, c->heap[child]);
        i = child;
    }
    place(c, i, t);
}

void timer_stop(struct clock *c, struct timer *t)
{
    struct timer *last;
    size_t i;

    if (!t->slot)
        return;
    i = t->slot - 1;
    assert(i < c->len && c->heap[i] == t);
    t->slot = 0;
    last = c->heap[--c->len];
    if (last == t)
        return;
    /* The last one takes the hole; it may have to move either way. */
    if (i > 0 && before(last, c->heap[(i - 1) / 2]))
        sift_up(c, i, last);
    else
        sift_down(c, i, last);
}

void timer_start(struct clock *c, struct timer *t, int64_t delay_ms,
                 timer_fn *fn, void *arg)
{
    int64_t now = clock_mono_ms(c);

    timer_stop(c, t);
    if (delay_ms < 0)
        delay_ms = 0;
    t->due_ms = delay_ms > INT64_MAX - now ? INT64_MAX : now + delay_ms;
    t->fn = fn;
    t->arg = arg;
    t->order = c->next_order++;
    c->heap = xgrow(c->heap, &c->cap, c->len + 1, sizeof(*c->heap));
    c->len++;
    sift_up(c, c->len - 1, t);
}

bool timer_armed(const struct timer *t)
{
    return t->slot != 0;
}

int64_t clock_next_due(const struct clock *c)
{
    int64_t now;

    if (!c->len)
        return -1;
    now = clock_mono_ms(c);
    return c->heap[0]->due_ms > now ? c->heap[0]->due_ms - now : 0;
}

int clock_run_due(struct clock *c)
{
    int64_t now = clock_mono_ms(c);
    uint64_t limit = c->next_order;
    int fired = 0;

    /* A timer started during this run is due at `now` at the earliest and
     * ordered after every old one of that instant: meeting it ends the run. */
    while (c->len && c->heap[0]->due_ms <= now && c->heap[0]->order < limit) {
        struct timer *t = c->heap[0];

        timer_stop(c, t);
        fired++;
        t->fn(t, t->arg);
    }
    return fired;
}

void clock_advance(struct clock *c, int64_t ms)
{
    int64_t target = c->mono + ms;
    int runs = 0;

    assert(c->driven && ms >= 0);
    while (c->len && c->heap[0]->due_ms <= target) {
        if (c->heap[0]->due_ms > c->mono) {
            c->mono = c->heap[0]->due_ms;
            runs = 0;
        }
        clock_run_due(c);
        runs++;
        assert(runs < MAX_RUNS_AT_ONCE);
    }
    if (c->mono < target)
        c->mono = target;
}
