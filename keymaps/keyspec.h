/* keyspec.h - keys as people write them: `R`, `<C-R>`, `<Enter>`, `<F5>`,
 * `<Space>`, `<A-x>`, `<S-Tab>`, `<PgDn>`, `<lt>`.
 *
 * One character stands for itself. Names in <> ignore case; C- and A- (also
 * M-) come before, S- before named keys. Printing gives the one canonical
 * form, which parses back to the same key. */
#ifndef ECSDASH_KEYMAPS_KEYSPEC_H
#define ECSDASH_KEYMAPS_KEYSPEC_H

#include "backend/base/err.h"
#include "keymaps/key.h"

#include <stddef.h>

#define KEYSPEC_SIZE 32 /* fits every printed key */

int keyspec_parse(const char *spec, struct key *out, struct err *err);
/* "<C-R>"; returns out. */
const char *keyspec_print(struct key key, char out[KEYSPEC_SIZE]);
/* For hints and help: "Enter", "^R", "A-x", "F5", "Space". Returns out. */
const char *keyspec_show(struct key key, char out[KEYSPEC_SIZE]);

/* What typing the key inserts: UTF-8 bytes into out (no NUL), returns how
 * many; 0 for keys that are no character (named keys, Ctrl, Alt). */
size_t keyspec_text(struct key key, char out[4]);

#endif
