/* actions.h - what a user can do, and where; generated from actions.def. */
#ifndef ECSDASH_KEYMAPS_ACTIONS_H
#define ECSDASH_KEYMAPS_ACTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* X(id, "name", "help"). A view names the contexts that are live in it, the
 * most special first: {SERVICES, TABLE, GENERIC}, {TASKS, TABLE, GENERIC},
 * {DETAIL, TEXT, GENERIC}, {LOG, TEXT, GENERIC}, {HELP, TEXT, GENERIC}. */
#define ACTION_CONTEXTS(X) \
    X(GENERIC, "generic", "everywhere") \
    X(TABLE, "table", "in every table") \
    X(CLUSTERS, "clusters", "in the clusters table") \
    X(SERVICES, "services", "in service tables") \
    X(TASKS, "tasks", "in task tables") \
    X(CONTAINERS, "containers", "in container tables") \
    X(TEXT, "text", "in every text: details, JSON, logs, help") \
    X(DETAIL, "detail", "in details and JSON") \
    X(LOG, "log", "in logs") \
    X(HELP, "help", "in the help") \
    X(MESSAGES, "messages", "in the messages view") \
    X(PROMPT, "prompt", "while typing") \
    X(DIALOG, "dialog", "in a dialog") \
    X(MENU, "menu", "in a pick list")

enum context {
#define X(id, name, help) CONTEXT_##id,
    ACTION_CONTEXTS(X)
#undef X
    CONTEXT_N
};

enum {
    ACTION_FLAG_0 = 0,
    ACTION_FLAG_M = 1,
    ACTION_MUTATES = ACTION_FLAG_M, /* changes something in AWS */
};

enum action_id {
    ACTION_NONE, /* no action: an unbound key */
#define ACTION(id, name, context, flags, help) ACTION_##id,
#include "keymaps/actions.def"
#undef ACTION
    ACTION_N
};

struct action {
    enum action_id id;
    const char *name;     /* "half-page-down" */
    enum context context; /* where it means something */
    unsigned flags;       /* ACTION_MUTATES */
    const char *help;     /* a few words, lower case */
};

/* Never NULL for 0 <= id < ACTION_N; ACTION_NONE has the name "none". */
const struct action *action_get(enum action_id id);
/* NULL when there is none of this name ("none" is none). */
const struct action *action_find(const char *name);
bool action_mutates(enum action_id id);
/* Does the action mean something where these contexts are live? GENERIC
 * actions do everywhere. */
bool action_applies(enum action_id id, const enum context *ctx, size_t n);

const char *context_name(enum context c);
const char *context_help(enum context c);
int context_find(const char *name); /* -1 if unknown */

#endif
