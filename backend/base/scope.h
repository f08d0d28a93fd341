/* scope.h - cancellation. Every asynchronous start takes a scope; cancelling
 * a scope cancels its pending works and its child scopes. After
 * scope_cancel() returns, no completion of a work in it fires. */
#ifndef ECSDASH_BASE_SCOPE_H
#define ECSDASH_BASE_SCOPE_H

#include <stdbool.h>

struct scope;
struct work;
/* Called once by scope_cancel with the work already unlinked. The owner stops
 * the operation; memory may live on until libraries let go of it. */
typedef void work_cancel_fn(struct work *w);

/* Embedded by whoever performs an operation. */
struct work {
    struct scope *scope; /* NULL when not pending */
    struct work *prev, *next;
    work_cancel_fn *cancel;
};

struct scope {
    struct scope *parent;
    struct scope *children, *prev_sibling, *next_sibling;
    struct work *works;
    bool dead; /* cancelled: scope_add refuses */
};

void scope_init(struct scope *s, struct scope *parent); /* parent may be NULL */
/* Cancel everything below, then unlink from the parent. Idempotent. */
void scope_cancel(struct scope *s);
/* 0, or -1 when the scope is dead (then nothing was started). */
int scope_add(struct scope *s, struct work *w, work_cancel_fn *cancel);
/* The work is done: unlink before calling the completion. No-op if unlinked. */
void scope_remove(struct work *w);
bool scope_has_work(const struct scope *s); /* here or below */

#endif
