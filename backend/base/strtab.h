/* strtab.h - one copy of each string that many arenas hold: names, ARNs and
 * words that repeat from page to page.
 *
 * What is kept: a string lives while at least one arena holds it. An arena
 * takes one reference to each string it was asked for and gives all of them
 * back when it is freed; with the last one the string goes. So the table holds
 * what is in use, and never grows with time alone; its slots shrink too.
 *
 * Not thread-safe: the table and all arenas on it belong to one thread. */
#ifndef ECSDASH_BASE_STRTAB_H
#define ECSDASH_BASE_STRTAB_H

#include <stddef.h>
#include <stdint.h>

struct strtab;

/* One string. text never moves. */
struct strtab_str {
    uint64_t holder; /* the arena that took the last reference */
    uint32_t refs;
    uint32_t hash;
    char text[];
};

struct strtab *strtab_new(void); /* refs 1 */
/* Arenas keep their table: it outlives whoever made it. */
struct strtab *strtab_ref(struct strtab *t);
void strtab_unref(struct strtab *t); /* NULL is fine */
/* A number that no other holder of this table has; never 0. */
uint64_t strtab_holder(struct strtab *t);
/* The string equal to s, with a reference for this holder; NULL when it took
 * the last reference itself, and so has one already: then *text alone is set.
 * A holder may get a second reference when others asked in between. */
struct strtab_str *strtab_take(struct strtab *t, uint64_t holder,
                               const char *s, const char **text);
/* Gives one reference back. */
void strtab_drop(struct strtab *t, struct strtab_str *str);
/* Strings held, and the bytes of heap of them and of the table. */
size_t strtab_len(const struct strtab *t);
size_t strtab_bytes(const struct strtab *t);

#endif
