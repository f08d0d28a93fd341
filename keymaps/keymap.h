/* keymap.h - which key does what, where. Built from keys files:
 *
 *   bind table R restart                an action by name
 *   bind table P ":services prod /pay"  a command line
 *   bind table K ""                     same as: unbind table K
 *   unbind generic Q
 *   unbind table all                    every key of the context
 *
 * Lookup goes through the live contexts, the most special first. `unbind`
 * makes a key dead in its context: it doesn't fall through to generic. A
 * binding to an action that doesn't apply in the live contexts is passed
 * over. */
#ifndef ECSDASH_KEYMAPS_KEYMAP_H
#define ECSDASH_KEYMAPS_KEYMAP_H

#include "backend/base/err.h"
#include "backend/base/grammar.h"
#include "keymaps/actions.h"
#include "keymaps/key.h"

#include <stdbool.h>
#include <stddef.h>

struct keymap;

struct binding {
    struct key key;
    enum context context;
    enum action_id action; /* ACTION_NONE: unbound, or a command */
    char *command;         /* without the ':', or NULL; owned by the keymap */
};

struct keymap *keymap_new(void); /* empty */
/* The embedded keymaps/default.keys. A mistake in it is a bug (asserted). */
struct keymap *keymap_new_default(void);
void keymap_free(struct keymap *k); /* NULL is fine */

/* Apply a keys file over k. A bad line is reported ("file:line: ...") and
 * leaves what was bound before. Returns the number of bad lines. */
int keymap_parse(struct keymap *k, const char *file, const char *text,
                 size_t len, grammar_report_fn *report, void *arg);
/* One `bind` or `unbind` statement, argv[0] being that word. k is unchanged
 * on failure. */
int keymap_set(struct keymap *k, int argc, char **argv, struct err *err);
/* True when the word is `bind` or `unbind`. */
bool keymap_is_statement(const char *word);

/* What key does where ctx[0..n) are live, or NULL. Borrowed until the keymap
 * changes. Never returns an unbound entry. */
const struct binding *keymap_lookup(const struct keymap *k,
                                    const enum context *ctx, size_t n,
                                    struct key key);
/* The binding of key in the live contexts that doesn't apply here (K in a
 * services table), for a message that says so. NULL if there is none. */
const struct binding *keymap_lookup_inapplicable(const struct keymap *k,
                                                 const enum context *ctx,
                                                 size_t n, struct key key);

/* Keys that really do `action` where ctx is live (not shadowed), in the order
 * of binding. Returns how many there are; fills at most max. */
size_t keymap_keys(const struct keymap *k, const enum context *ctx, size_t n,
                   enum action_id action, struct key *out, size_t max);
/* "j/<Down>": the first max_keys keys for action here joined by '/', or "".
 * Returns out. */
const char *keymap_keys_text(const struct keymap *k, const enum context *ctx,
                             size_t n, enum action_id action, size_t max_keys,
                             char *out, size_t size);

/* Every live binding here, the most special context first and in the order of
 * binding; for the help view. *i starts at 0; NULL at the end. */
const struct binding *keymap_each(const struct keymap *k,
                                  const enum context *ctx, size_t n,
                                  size_t *i);
/* Append the whole map as a keys file that parses back to it. */
void keymap_print(const struct keymap *k, struct strbuf *out);

#endif
