#include "keymaps/actions.h"

#include <assert.h>
#include <string.h>

static const struct action actions[ACTION_N] = {
    [ACTION_NONE] = {.name = "none", .help = "nothing"},
#define ACTION(i, n, c, f, h) \
    [ACTION_##i] = { \
        .id = ACTION_##i, \
        .name = n, \
        .context = CONTEXT_##c, \
        .flags = ACTION_FLAG_##f, \
        .help = h, \
    },
#include "keymaps/actions.def"
#undef ACTION
};

static const struct {
    const char *name, *help;
} contexts[CONTEXT_N] = {
#define X(i, n, h) [CONTEXT_##i] = {.name = n, .help = h},
    ACTION_CONTEXTS(X)
#undef X
};

const struct action *action_get(enum action_id id)
{
    assert((int)id >= 0 && id < ACTION_N);
    return &actions[id];
}

const struct action *action_find(const char *name)
{
    for (int i = ACTION_NONE + 1; i < ACTION_N; i++) {
        if (strcmp(actions[i].name, name) == 0) {
            return &actions[i];
        }
    }
    return NULL;
}

bool action_mutates(enum action_id id)
{
    return (action_get(id)->flags & ACTION_MUTATES) != 0;
}

bool action_applies(enum action_id id, const enum context *ctx, size_t n)
{
    enum context want = action_get(id)->context;

    if (id == ACTION_NONE) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (ctx[i] == want) {
            return true;
        }
    }
    return want == CONTEXT_GENERIC;
}

const char *context_name(enum context c)
{
    assert((int)c >= 0 && c < CONTEXT_N);
    return contexts[c].name;
}

const char *context_help(enum context c)
{
    assert((int)c >= 0 && c < CONTEXT_N);
    return contexts[c].help;
}

int context_find(const char *name)
{
    for (int i = 0; i < CONTEXT_N; i++) {
        if (strcmp(contexts[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}
