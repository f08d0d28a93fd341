/* nearest.h - the known word that somebody who typed another may have meant.
 *
 *   struct nearest n = nearest_to("thme", 4);
 *   nearest_offer(&n, "theme"); ...
 *   if (nearest_get(&n)) ...
 *
 * Small letters and capitals are the same. Nothing is kept but pointers to
 * the words offered. */
#ifndef ECSDASH_BASE_NEAREST_H
#define ECSDASH_BASE_NEAREST_H

#include <stddef.h>

struct nearest {
    const char *word; /* as typed: len bytes */
    size_t len;
    const char *best; /* of the words offered, or NULL */
    size_t edits; /* letters to be put in, left out, changed or swapped with
                     their neighbour to get there */
};

struct nearest nearest_to(const char *word, size_t len);
void nearest_offer(struct nearest *n, const char *candidate);
/* The nearest of those offered (the first of several), or NULL when none is
 * near: more than a third of its letters would have to change (a word of three
 * letters or more is near what it begins), or the word has more than 40
 * bytes. */
const char *nearest_get(const struct nearest *n);

#endif
