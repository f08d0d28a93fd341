#include "backend/base/strtab.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/hash.h"
#include "backend/base/mem.h"

enum { MIN_SLOTS = 64 };

/* Open addressing with linear probing; what follows a removed string moves
 * up, so that there are no tombstones. */
struct strtab {
    size_t refs;
    struct strtab_str **slots;
    size_t cap; /* a power of two */
    size_t len;
    size_t bytes; /* of the strings */
    uint64_t holders;
};

struct strtab *strtab_new(void)
{
    struct strtab *t = xcalloc(1, sizeof(*t));

    t->refs = 1;
    return t;
}

struct strtab *strtab_ref(struct strtab *t)
{
    t->refs++;
    return t;
}

void strtab_unref(struct strtab *t)
{
    if (!t || --t->refs)
        return;
    assert(!t->len);
    free(t->slots);
    free(t);
}

uint64_t strtab_holder(struct strtab *t)
{
    return ++t->holders;
}

static size_t str_bytes(size_t len)
{
    return sizeof(struct strtab_str) + len + 1;
}

static void resize(struct strtab *t, size_t cap)
{
    struct strtab_str **slots = xcalloc(cap, sizeof(struct strtab_str *));

    for (size_t i = 0; i < t->cap; i++) {
        size_t at = t->slots[i] ? t->slots[i]->hash & (cap - 1) : 0;

        if (!t->slots[i])
            continue;
        while (slots[at])
            at = (at + 1) & (cap - 1);
        slots[at] = t->slots[i];
    }
    free(t->slots);
    t->slots = slots;
    t->cap = cap;
}

struct strtab_str *strtab_take(struct strtab *t, uint64_t holder,
                               const char *s, const char **text)
{
    struct strtab_str *str;
    size_t len = strlen(s), at;
    uint32_t hash = (uint32_t)hash_bytes(s, len);

    if (t->len >= t->cap / 4 * 3)
        resize(t, t->cap ? t->cap * 2 : MIN_SLOTS);
    for (at = hash & (t->cap - 1); (str = t->slots[at]);
         at = (at + 1) & (t->cap - 1))
        if (str->hash == hash && strcmp(str->text, s) == 0)
            break;
    if (!str) {
        str = xmalloc(str_bytes(len));
        *str = (struct strtab_str){.hash = hash};
        memcpy(str->text, s, len + 1);
        t->slots[at] = str;
        t->len++;
        t->bytes += str_bytes(len);
    }
    *text = str->text;
    if (str->holder == holder)
        return NULL;
    str->holder = holder;
    str->refs++;
    return str;
}

/* Closes the gap at `at`: a string further on that would have stood there, or
 * before it, moves up; then its place is the gap. */
static void close_gap(struct strtab *t, size_t at)
{
    size_t mask = t->cap - 1;

    for (size_t i = (at + 1) & mask; t->slots[i]; i = (i + 1) & mask) {
        size_t home = t->slots[i]->hash & mask;

        if (((i - home) & mask) < ((i - at) & mask))
            continue;
        t->slots[at] = t->slots[i];
        at = i;
    }
    t->slots[at] = NULL;
}

void strtab_drop(struct strtab *t, struct strtab_str *str)
{
    size_t at = str->hash & (t->cap - 1);

    assert(str->refs > 0);
    if (--str->refs)
        return;
    while (t->slots[at] != str)
        at = (at + 1) & (t->cap - 1);
    close_gap(t, at);
    t->len--;
    t->bytes -= str_bytes(strlen(str->text));
    free(str);
    if (t->cap > MIN_SLOTS && t->len < t->cap / 8)
        resize(t, t->cap / 2);
}

size_t strtab_len(const struct strtab *t)
{
    return t->len;
}

size_t strtab_bytes(const struct strtab *t)
{
    return sizeof(*t) + t->cap * sizeof(struct strtab_str *) + t->bytes;
}
