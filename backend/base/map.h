/* map.h - string to pointer, insertion-ordered iteration. */
#ifndef ECSDASH_BASE_MAP_H
#define ECSDASH_BASE_MAP_H

#include <stddef.h>

struct map;

struct map *map_new(void); /* keys are copied */
/* Keys are not kept: the values know them. key_of() says the same of a value
 * as long as it is in; what it points at may move. */
struct map *map_new_keyed(const char *(*key_of)(const void *value));
/* free_value (may be NULL) is called for each value. */
void map_free(struct map *m, void (*free_value)(void *));
void *map_get(const struct map *m, const char *key); /* NULL when absent */
/* Returns the replaced value, or NULL. value must not be NULL. */
void *map_put(struct map *m, const char *key, void *value);
void *map_remove(struct map *m, const char *key); /* the value, or NULL */
size_t map_len(const struct map *m);
/* for (size_t i = 0; map_next(m, &i, &key, &value);) - no put or remove of
 * *other* keys during it; removing the key just returned is fine. */
int map_next(const struct map *m, size_t *i, const char **key, void **value);
void map_clear(struct map *m, void (*free_value)(void *));

#endif
