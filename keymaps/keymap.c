#include "keymaps/keymap.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "keymaps/keyspec.h"
#include "themes/embed.h"

/* Bindings in the order in which they were made; no two of the same context
 * and key. */
struct keymap {
    struct binding *items;
    size_t n, cap;
};

struct keymap *keymap_new(void)
{
    return xcalloc(1, sizeof(struct keymap));
}

void keymap_free(struct keymap *k)
{
    if (!k) {
        return;
    }
    for (size_t i = 0; i < k->n; i++) {
        free(k->items[i].command);
    }
    free(k->items);
    free(k);
}

static void default_is_wrong(void *arg, const struct err *err)
{
    (void)arg;
    fprintf(stderr, "%s\n", err->message);
}

struct keymap *keymap_new_default(void)
{
    struct keymap *k = keymap_new();

    for (const struct embedded_file *f = embedded_files; f->path; f++) {
        if (strcmp(f->path, "keymaps/default.keys") == 0) {
            int bad = keymap_parse(k, f->path, f->text, strlen(f->text),
                                   default_is_wrong, NULL);

            assert(bad == 0);
            (void)bad;
        }
    }
    assert(k->n > 0);
    return k;
}

/* Index of what is bound to key in this very context, or k->n. */
static size_t find(const struct keymap *k, enum context c, struct key key)
{
    for (size_t i = 0; i < k->n; i++) {
        if (k->items[i].context == c && key_equal(k->items[i].key, key)) {
            return i;
        }
    }
    return k->n;
}

static void remove_at(struct keymap *k, size_t i)
{
    free(k->items[i].command);
    memmove(&k->items[i], &k->items[i + 1],
            (k->n - i - 1) * sizeof(*k->items));
    k->n--;
}

/* Takes command. A key bound anew goes to the end of the order. */
static void put(struct keymap *k, enum context c, struct key key,
                enum action_id action, char *command)
{
    size_t i = find(k, c, key);

    if (i < k->n) {
        remove_at(k, i);
    }
    k->items = xgrow(k->items, &k->cap, k->n + 1, sizeof(*k->items));
    k->items[k->n++] = (struct binding){
        .key = key, .context = c, .action = action, .command = command};
}

static bool in_tables(enum context c)
{
    return c == CONTEXT_TABLE || c == CONTEXT_CLUSTERS ||
           c == CONTEXT_SERVICES || c == CONTEXT_TASKS ||
           c == CONTEXT_CONTAINERS || c == CONTEXT_MESSAGES;
}

static bool in_texts(enum context c)
{
    return c == CONTEXT_TEXT || c == CONTEXT_DETAIL || c == CONTEXT_LOG ||
           c == CONTEXT_HELP || c == CONTEXT_MESSAGES;
}

/* Is there a view in which a key of context c could do an action of context
 * a? Else the line in the keys file is a mistake worth telling. */
static bool can_meet(enum context c, enum context a)
{
    if (a == CONTEXT_GENERIC || a == c) {
        return true;
    }
    if (a == CONTEXT_PROMPT) {
        return c == CONTEXT_DIALOG;
    }
    if (c == CONTEXT_GENERIC) {
        return in_tables(a) || in_texts(a);
    }
    return (c == CONTEXT_TABLE && in_tables(a)) ||
           (a == CONTEXT_TABLE && in_tables(c)) ||
           (c == CONTEXT_TEXT && in_texts(a)) ||
           (a == CONTEXT_TEXT && in_texts(c));
}

bool keymap_is_statement(const char *word)
{
    return strcmp(word, "bind") == 0 || strcmp(word, "unbind") == 0;
}

static char *join(int argc, char **argv)
{
    struct strbuf b = STRBUF_INIT;

    for (int i = 0; i < argc; i++) {
        strbuf_printf(&b, "%s%s", i > 0 ? " " : "", argv[i]);
    }
    return strbuf_detach(&b);
}

static int bind_key(struct keymap *k, enum context c, struct key key,
                    int argc, char **argv, struct err *err)
{
    const struct action *a;

    if (argv[0][0] == ':') {
        if (argv[0][1] == '\0') {
            return err_set(err, ERR_CONFIG, "the command after : is missing");
        }
        argv[0]++;
        put(k, c, key, ACTION_NONE, join(argc, argv));
        argv[0]--;
        return 0;
    }
    if (argc > 1) {
        return err_set(err, ERR_CONFIG,
                       "bind takes one action; put a command in quotes and "
                       "begin it with :");
    }
    if (argv[0][0] == '\0') {
        put(k, c, key, ACTION_NONE, NULL);
        return 0;
    }
    a = action_find(argv[0]);
    if (!a) {
        return err_set(err, ERR_CONFIG, "there is no action \"%s\"", argv[0]);
    }
    if (!can_meet(c, a->context)) {
        return err_set(err, ERR_CONFIG, "\"%s\" works %s, not %s", a->name,
                       context_help(a->context), context_help(c));
    }
    put(k, c, key, a->id, NULL);
    return 0;
}

static void unbind_all(struct keymap *k, enum context c)
{
    for (size_t i = k->n; i-- > 0;) {
        if (k->items[i].context == c) {
            remove_at(k, i);
        }
    }
}

int keymap_set(struct keymap *k, int argc, char **argv, struct err *err)
{
    bool binds = argc > 0 && strcmp(argv[0], "bind") == 0;
    struct key key;
    int c;

    if (argc < 1 || !keymap_is_statement(argv[0])) {
        return err_set(err, ERR_CONFIG, "a keys file knows bind and unbind, "
                                        "not \"%s\"",
                       argc > 0 ? argv[0] : "");
    }
    if (binds ? argc < 4 : argc != 3) {
        return err_set(err, ERR_CONFIG,
                       binds ? "bind takes CONTEXT KEY ACTION"
                             : "unbind takes CONTEXT KEY");
    }
    c = context_find(argv[1]);
    if (c < 0) {
        return err_set(err, ERR_CONFIG, "there is no context \"%s\"",
                       argv[1]);
    }
    if (!binds && strcmp(argv[2], "all") == 0) {
        unbind_all(k, (enum context)c);
        return 0;
    }
    if (keyspec_parse(argv[2], &key, err) < 0) {
        return -1;
    }
    if (!binds) {
        put(k, (enum context)c, key, ACTION_NONE, NULL);
        return 0;
    }
    return bind_key(k, (enum context)c, key, argc - 3, argv + 3, err);
}

struct counted_report {
    grammar_report_fn *report;
    void *arg;
    int n;
};

static void count_report(void *arg, const struct err *err)
{
    struct counted_report *r = arg;

    r->n++;
    if (r->report) {
        r->report(r->arg, err);
    }
}

int keymap_parse(struct keymap *k, const char *file, const char *text,
                 size_t len, grammar_report_fn *report, void *arg)
{
    struct counted_report r = {.report = report, .arg = arg};
    struct grammar *g = grammar_parse(file, text, len, count_report, &r);

    for (size_t i = 0; i < g->n; i++) {
        struct grammar_stmt *st = &g->stmts[i];
        struct err err;

        if (st->has_block) {
            grammar_fail(g, st, &err, "a keys file has no blocks");
            count_report(&r, &err);
        } else if (keymap_set(k, st->argc, st->argv, &err) < 0) {
            grammar_locate(g, st, &err);
            count_report(&r, &err);
        }
    }
    grammar_free(g);
    return r.n;
}

static bool is_dead(const struct binding *b)
{
    return b->action == ACTION_NONE && !b->command;
}

static bool applies(const struct binding *b, const enum context *ctx, size_t n)
{
    return b->command || action_applies(b->action, ctx, n);
}

/* The binding that decides: the first one that applies, unless the key is
 * dead in a context before it. *over is the first one passed over. */
static const struct binding *resolve(const struct keymap *k,
                                     const enum context *ctx, size_t n,
                                     struct key key,
                                     const struct binding **over)
{
    for (size_t i = 0; i < n; i++) {
        size_t at = find(k, ctx[i], key);

        if (at == k->n) {
            continue;
        }
        if (is_dead(&k->items[at])) {
            return NULL;
        }
        if (applies(&k->items[at], ctx, n)) {
            return &k->items[at];
        }
        if (over && !*over) {
            *over = &k->items[at];
        }
    }
    return NULL;
}

const struct binding *keymap_lookup(const struct keymap *k,
                                    const enum context *ctx, size_t n,
                                    struct key key)
{
    return resolve(k, ctx, n, key, NULL);
}

const struct binding *keymap_lookup_inapplicable(const struct keymap *k,
                                                 const enum context *ctx,
                                                 size_t n, struct key key)
{
    const struct binding *over = NULL;

    return resolve(k, ctx, n, key, &over) ? NULL : over;
}

size_t keymap_keys(const struct keymap *k, const enum context *ctx, size_t n,
                   enum action_id action, struct key *out, size_t max)
{
    size_t found = 0;

    for (size_t i = 0; action != ACTION_NONE && i < k->n; i++) {
        const struct binding *b = &k->items[i];

        if (b->action != action || resolve(k, ctx, n, b->key, NULL) != b) {
            continue;
        }
        if (found < max) {
            out[found] = b->key;
        }
        found++;
    }
    return found;
}

const char *keymap_keys_text(const struct keymap *k, const enum context *ctx,
                             size_t n, enum action_id action, size_t max_keys,
                             char *out, size_t size)
{
    struct key keys[8];
    char name[KEYSPEC_SIZE];
    size_t used = 0;
    size_t found = keymap_keys(k, ctx, n, action, keys, ARRAY_LEN(keys));

    assert(size > 0);
    found = found < ARRAY_LEN(keys) ? found : ARRAY_LEN(keys);
    out[0] = '\0';
    for (size_t i = 0; i < found && i < max_keys; i++) {
        const char *text = keyspec_show(keys[i], name);
        size_t need = strlen(text) + (i > 0);

        if (used + need >= size) {
            break;
        }
        snprintf(out + used, size - used, "%s%s", i > 0 ? "/" : "", text);
        used += need;
    }
    return out;
}

const struct binding *keymap_each(const struct keymap *k,
                                  const enum context *ctx, size_t n,
                                  size_t *i)
{
    while (k->n > 0 && *i < n * k->n) {
        const struct binding *b = &k->items[*i % k->n];
        enum context c = ctx[*i / k->n];

        ++*i;
        if (b->context == c && resolve(k, ctx, n, b->key, NULL) == b) {
            return b;
        }
    }
    return NULL;
}

void keymap_print(const struct keymap *k, struct strbuf *out)
{
    char name[KEYSPEC_SIZE];

    for (size_t i = 0; i < k->n; i++) {
        const struct binding *b = &k->items[i];

        strbuf_printf(out, "%s %s ", is_dead(b) ? "unbind" : "bind",
                      context_name(b->context));
        grammar_quote(out, keyspec_print(b->key, name));
        if (b->command) {
            char *value = xasprintf(":%s", b->command);

            strbuf_putc(out, ' ');
            grammar_quote(out, value);
            free(value);
        } else if (!is_dead(b)) {
            strbuf_printf(out, " %s", action_get(b->action)->name);
        }
        strbuf_putc(out, '\n');
    }
}
