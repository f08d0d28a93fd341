#include "backend/base/scope.h"

#include <assert.h>
#include <stddef.h>

void scope_init(struct scope *s, struct scope *parent)
{
    *s = (struct scope){0};
    if (!parent)
        return;
    /* Born dead, and never linked: nothing can start below a dead scope. */
    if (parent->dead) {
        s->dead = true;
        return;
    }
    s->parent = parent;
    s->next_sibling = parent->children;
    if (s->next_sibling)
        s->next_sibling->prev_sibling = s;
    parent->children = s;
}

static void unlink_from_parent(struct scope *s)
{
    if (!s->parent)
        return;
    if (s->prev_sibling)
        s->prev_sibling->next_sibling = s->next_sibling;
    else
        s->parent->children = s->next_sibling;
    if (s->next_sibling)
        s->next_sibling->prev_sibling = s->prev_sibling;
    s->parent = s->prev_sibling = s->next_sibling = NULL;
}

/* Safe against callbacks that cancel this scope, a child or the parent again:
 * each call drains what is left, and the outer one finds the lists empty. */
void scope_cancel(struct scope *s)
{
    s->dead = true;
    while (s->children || s->works) {
        struct work *w = s->works;

        if (s->children) {
            scope_cancel(s->children);
            continue;
        }
        scope_remove(w);
        if (w->cancel)
            w->cancel(w);
    }
    unlink_from_parent(s);
}

int scope_add(struct scope *s, struct work *w, work_cancel_fn *cancel)
{
    assert(!w->scope);
    if (s->dead)
        return -1;
    w->scope = s;
    w->cancel = cancel;
    w->prev = NULL;
    w->next = s->works;
    if (w->next)
        w->next->prev = w;
    s->works = w;
    return 0;
}

void scope_remove(struct work *w)
{
    if (!w->scope)
        return;
    if (w->prev)
        w->prev->next = w->next;
    else
        w->scope->works = w->next;
    if (w->next)
        w->next->prev = w->prev;
    w->scope = NULL;
    w->prev = w->next = NULL;
}

bool scope_has_work(const struct scope *s)
{
    if (s->works)
        return true;
    for (const struct scope *c = s->children; c; c = c->next_sibling)
        if (scope_has_work(c))
            return true;
    return false;
}
