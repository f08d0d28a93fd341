#include "views/keys_table.h"

#include "backend/base/mem.h"
#include "keymaps/keymap.h"

#include <string.h>

/* Contexts as views have them live; the first in which an action has a key
 * says where it works. */
static const struct {
    enum context ctx[3];
    size_t n;
} live[] = {
    {{CONTEXT_GENERIC}, 1},
    {{CONTEXT_SERVICES, CONTEXT_TABLE, CONTEXT_GENERIC}, 3},
    {{CONTEXT_TASKS, CONTEXT_TABLE, CONTEXT_GENERIC}, 3},
    {{CONTEXT_LOG, CONTEXT_TEXT, CONTEXT_GENERIC}, 3},
    {{CONTEXT_DETAIL, CONTEXT_TEXT, CONTEXT_GENERIC}, 3},
};

void keys_table(FILE *out)
{
    struct keymap *map = keymap_new_default();
    fputs("| key | what it does | where | command |\n|---|---|---|---|\n",
          out);
    for (enum action_id id = ACTION_NONE + 1; id < ACTION_N; id++) {
        const struct action *a = action_get(id);
        char keys[128] = "";
        if (a->context == CONTEXT_PROMPT || a->context == CONTEXT_DIALOG ||
            a->context == CONTEXT_MENU)
            continue; /* as in every line editor */
        size_t i = 0;
        while (i < ARRAY_LEN(live) && !*keys) {
            keymap_keys_text(map, live[i].ctx, live[i].n, id, 5, keys,
                             sizeof(keys));
            i++;
        }
        bool table = i > 1 && i <= 3 && a->context == CONTEXT_GENERIC;
        /* Code or not, a bar would end the cell. */
        bool bar = strcmp(keys, "|") == 0;
        fprintf(out, "| `%s` | %s | %s | `:%s` |\n", bar ? "\\|" : keys,
                a->help,
                table ? context_help(CONTEXT_TABLE)
                      : context_help(a->context),
                a->name);
    }
    keymap_free(map);
}
