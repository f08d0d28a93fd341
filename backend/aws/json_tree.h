/* json_tree.h - jansson's trees of replies, in memory that goes at once.
 *
 * A page of a hundred tasks makes 30,000 allocations. Here they are pieces of
 * a few blocks, and freeing the tree is freeing the blocks: reading a page
 * costs two thirds. So such a tree is read only: nothing in it is changed, and
 * no reference outlives it (copy with json_deep_copy()). All other JSON is
 * jansson's as ever, but for two things: what it frees is wiped first, and
 * where there is no memory for it the program ends (base/mem.h). */
#ifndef ECSDASH_AWS_JSON_TREE_H
#define ECSDASH_AWS_JSON_TREE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct tree_block;

struct json_tree {
    json_t *root;
    struct tree_block *blocks;
    char *at, *end; /* free room of the first block */
    size_t text_len;
    bool secret;
};

/* Before the first tree, and before threads parse; later calls change
 * nothing. From here on jansson wipes whatever it frees. */
void json_tree_init(void);
/* 0, or -1 with *error filled. On any thread, each its own tree. A secret one
 * is wiped when it is freed. Free it in either case. */
int json_tree_parse(struct json_tree *t, const char *text, size_t len,
                    bool secret, json_error_t *error);
/* On any thread; {0} is fine. */
void json_tree_free(struct json_tree *t);
/* One block is kept for the next tree; this gives it back. */
void json_tree_trim(void);

#endif
