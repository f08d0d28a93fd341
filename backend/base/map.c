#include "backend/base/map.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/hash.h"
#include "backend/base/mem.h"

struct entry {
    void *value; /* NULL: removed, waits for compaction */
    char *key;   /* ours; NULL where the value knows it */
    uint64_t hash;
};

/* entries[] keeps insertion order; index[] is an open-addressed table of
 * positions in it, +1, 0 = free. A removed entry keeps its index slot (as a
 * tombstone) until rebuild(). */
struct map {
    struct entry *entries;
    size_t used, cap, len; /* used counts removed ones too */
    uint32_t *index;
    size_t index_cap; /* a power of two, or 0 */
    const char *(*key_of)(const void *value); /* or NULL */
};

struct map *map_new(void)
{
    return xcalloc(1, sizeof(struct map));
}

struct map *map_new_keyed(const char *(*key_of)(const void *value))
{
    struct map *m = map_new();

    m->key_of = key_of;
    return m;
}

static const char *key_of(const struct map *m, const struct entry *e)
{
    return e->key ? e->key : m->key_of(e->value);
}

void map_clear(struct map *m, void (*free_value)(void *))
{
    for (size_t i = 0; i < m->used; i++) {
        if (!m->entries[i].value)
            continue;
        free(m->entries[i].key);
        if (free_value)
            free_value(m->entries[i].value);
    }
    free(m->entries);
    free(m->index);
    *m = (struct map){.key_of = m->key_of};
}

void map_free(struct map *m, void (*free_value)(void *))
{
    if (!m)
        return;
    map_clear(m, free_value);
    free(m);
}

static struct entry *find(const struct map *m, const char *key, uint64_t hash)
{
    size_t mask = m->index_cap - 1;

    if (!m->index_cap)
        return NULL;
    for (size_t i = hash & mask; m->index[i]; i = (i + 1) & mask) {
        struct entry *e = &m->entries[m->index[i] - 1];

        if (e->value && e->hash == hash && strcmp(key_of(m, e), key) == 0)
            return e;
    }
    return NULL;
}

void *map_get(const struct map *m, const char *key)
{
    struct entry *e = find(m, key, hash_text(key));

    return e ? e->value : NULL;
}

static void index_add(struct map *m, size_t at)
{
    size_t mask = m->index_cap - 1;
    size_t i = m->entries[at].hash & mask;

    while (m->index[i])
        i = (i + 1) & mask;
    m->index[i] = (uint32_t)at + 1;
}

/* Squeeze removed entries out and size the index for one more entry. */
static void rebuild(struct map *m)
{
    size_t n = 0, want = 16;

    for (size_t i = 0; i < m->used; i++)
        if (m->entries[i].value)
            m->entries[n++] = m->entries[i];
    m->used = n;
    /* Half full at most after a rebuild, so that rebuilds stay rare. */
    while (want < (n + 1) * 2)
        want *= 2;
    free(m->index);
    m->index = xcalloc(want, sizeof(*m->index));
    m->index_cap = want;
    for (size_t i = 0; i < n; i++)
        index_add(m, i);
}

void *map_put(struct map *m, const char *key, void *value)
{
    uint64_t hash = hash_text(key);
    struct entry *e = find(m, key, hash);

    assert(value);
    if (e) {
        void *old = e->value;

        e->value = value;
        return old;
    }
    if (m->used + 1 > m->index_cap / 4 * 3)
        rebuild(m);
    m->entries = xgrow(m->entries, &m->cap, m->used + 1, sizeof(*m->entries));
    m->entries[m->used] = (struct entry){
        .value = value, .key = m->key_of ? NULL : xstrdup(key), .hash = hash};
    index_add(m, m->used);
    m->used++;
    m->len++;
    return NULL;
}

void *map_remove(struct map *m, const char *key)
{
    struct entry *e = find(m, key, hash_text(key));
    void *value;

    if (!e)
        return NULL;
    free(e->key); /* key may be this very string: not used after */
    e->key = NULL;
    value = e->value;
    e->value = NULL;
    m->len--;
    return value;
}

size_t map_len(const struct map *m)
{
    return m->len;
}

int map_next(const struct map *m, size_t *i, const char **key, void **value)
{
    for (; *i < m->used; ++*i) {
        const struct entry *e = &m->entries[*i];

        if (!e->value)
            continue;
        if (key)
            *key = key_of(m, e);
        if (value)
            *value = e->value;
        ++*i;
        return 1;
    }
    return 0;
}
