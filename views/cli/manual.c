#include "views/cli/manual.h"

#include "backend/base/mem.h"
#include "keymaps/keymap.h"
#include "views/app/command.h"
#include "views/cli/options.h"
#include "views/kind.h"

#include <string.h>

/* ---- keys ---------------------------------------------------------------- */

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

enum { KEYS_MAX = 5 };

struct action_keys {
    struct key keys[KEYS_MAX];
    size_t n;
    enum context where;
};

static struct action_keys keys_of(const struct keymap *map,
                                  const struct action *a)
{
    struct action_keys k = {.where = a->context};
    if (a->context == CONTEXT_PROMPT || a->context == CONTEXT_DIALOG) {
        k.n = keymap_keys(map, &a->context, 1, a->id, k.keys, KEYS_MAX);
    }
    for (size_t i = 0; i < ARRAY_LEN(live) && !k.n; i++) {
        k.n = keymap_keys(map, live[i].ctx, live[i].n, a->id, k.keys,
                          KEYS_MAX);
        if (i && i < 3 && k.n && a->context == CONTEXT_GENERIC)
            k.where = CONTEXT_TABLE;
    }
    if (k.n > KEYS_MAX)
        k.n = KEYS_MAX;
    return k;
}

void manual_keys(FILE *out)
{
    struct keymap *map = keymap_new_default();
    fputs("| key | what it does | where | command |\n|---|---|---|---|\n",
          out);
    for (enum action_id id = ACTION_NONE + 1; id < ACTION_N; id++) {
        const struct action *a = action_get(id);
        struct action_keys k = keys_of(map, a);
        char name[KEYSPEC_SIZE];
        if (a->context == CONTEXT_PROMPT || a->context == CONTEXT_DIALOG)
            continue; /* as in every line editor */
        fputs("| `", out);
        for (size_t i = 0; i < k.n; i++) {
            keyspec_show(k.keys[i], name);
            /* Code or not, a bar would end the cell. */
            fprintf(out, "%s%s", i ? "/" : "",
                    strcmp(name, "|") == 0 ? "\\|" : name);
        }
        fprintf(out, "` | %s | %s | `:%s` |\n", a->help,
                context_help(k.where), a->name);
    }
    keymap_free(map);
}

/* ---- mdoc ------------------------------------------------------------------ */

enum { LINE = 76 };

/* A word as an argument of a macro: never a delimiter, a macro or an escape;
 * its hyphens and carets are those of the keyboard. */
static void literal(FILE *out, const char *word)
{
    static const struct {
        char c;
        const char *as;
    } escapes[] = {{'\\', "\\e"},   {'-', "\\-"},    {'^', "\\(ha"},
                   {'~', "\\(ti"},  {'`', "\\(ga"},  {'\'', "\\(aq"},
                   {'"', "\\(dq"}};
    fputs("\\&", out);
    for (const char *p = word; *p; p++) {
        const char *as = NULL;
        for (size_t i = 0; i < ARRAY_LEN(escapes); i++)
            if (escapes[i].c == *p)
                as = escapes[i].as;
        if (as)
            fputs(as, out);
        else
            fputc(*p, out);
    }
}

static void put_word(FILE *out, const char *word, size_t len)
{
    if (*word == '.' || *word == '\'')
        fputs("\\&", out);
    for (size_t i = 0; i < len; i++) {
        bool option = word[i] == '-' && (i == 0 || word[i - 1] == '-');
        fputs(word[i] == '\\' ? "\\e" : option ? "\\-" : "", out);
        if (word[i] != '\\' && !option)
            fputc(word[i], out);
    }
}

/* Running text: a sentence begins its own line. */
static void prose(FILE *out, const char *text)
{
    size_t at = 0;
    while (*text) {
        size_t len = strcspn(text, " ");
        bool ends = text[len - 1] == '.' && text[len];
        if (at && at + 1 + len > LINE) {
            fputc('\n', out);
            at = 0;
        }
        if (at)
            at += (size_t)fprintf(out, " ");
        put_word(out, text, len);
        at += len;
        if (ends) {
            fputc('\n', out);
            at = 0;
        }
        text += len;
        text += strspn(text, " ");
    }
    if (at)
        fputc('\n', out);
}

/* "of --once" as a sentence of its own. */
static void sentence(FILE *out, const char *help)
{
    char text[400];
    size_t n = strlen(help);
    snprintf(text, sizeof(text), "%s%s", help,
             n && help[n - 1] == '.' ? "" : ".");
    if (text[0] >= 'a' && text[0] <= 'z')
        text[0] = (char)(text[0] - 'a' + 'A');
    prose(out, text);
}

static void mdoc_option(FILE *out, const struct option_info *o)
{
    fputs(".It ", out);
    if (o->letter)
        fprintf(out, "Fl %c , ", o->letter);
    fputs("Fl Fl ", out);
    for (const char *p = o->name; *p; p++)
        fputs(*p == '-' ? "\\-" : (char[]){*p, '\0'}, out);
    if (o->type == OPTION_MAYBE)
        fprintf(out, " Ns Oo = Ns Ar %s Oc", o->arg);
    else if (o->arg)
        fprintf(out, " Ar %s", o->arg);
    fputc('\n', out);
    sentence(out, o->help);
    if (o->more)
        prose(out, o->more);
}

static void mdoc_options(FILE *out)
{
    const struct option_info *o;
    int group = -1;
    fputs(".Sh OPTIONS\nLong options may be shortened to what no other begins "
          "with.\n", out);
    for (size_t i = 0; (o = option_at(i)); i++) {
        if (!o->help)
            continue;
        if ((int)o->group != group)
            fprintf(out, "%s.Ss %s\n.Bl -tag -width 8n\n",
                    group < 0 ? "" : ".El\n", option_group_title(o->group));
        group = (int)o->group;
        mdoc_option(out, o);
    }
    fputs(".El\n", out);
}

static void mdoc_key(FILE *out, const struct action *a,
                     const struct action_keys *k)
{
    char name[KEYSPEC_SIZE];
    fputs(".It ", out);
    for (size_t i = 0; i < k->n; i++) {
        fputs(i ? " , Ic " : "Ic ", out);
        literal(out, keyspec_show(k->keys[i], name));
    }
    fputc('\n', out);
    prose(out, a->help);
    if (a->context == CONTEXT_PROMPT || a->context == CONTEXT_DIALOG)
        return;
    fputs(".Pq Ic ", out);
    literal(out, ":");
    for (const char *p = a->name; *p; p++)
        fputs(*p == '-' ? "\\-" : (char[]){*p, '\0'}, out);
    fputc('\n', out);
}

static void mdoc_keys(FILE *out)
{
    struct keymap *map = keymap_new_default();
    fputs(".Sh KEYS\n", out);
    prose(out, "The default keys; the help view (?) shows those that work "
               "where you are, your own among them. Nothing with Ctrl ever "
               "changes anything in AWS.");
    for (int c = 0; c < CONTEXT_N; c++) {
        bool any = false;
        for (enum action_id id = ACTION_NONE + 1; id < ACTION_N; id++) {
            struct action_keys k = keys_of(map, action_get(id));
            if ((int)k.where != c || !k.n)
                continue;
            if (!any) {
                const char *where = context_help((enum context)c);
                fprintf(out, ".Ss %c%s\n.Bl -tag -width 12n -compact\n",
                        where[0] - 'a' + 'A', where + 1);
            }
            any = true;
            mdoc_key(out, action_get(id), &k);
        }
        if (any)
            fputs(".El\n", out);
    }
    keymap_free(map);
}

static void mdoc_commands(FILE *out)
{
    const struct command_info *c;
    fputs(".Sh COMMANDS\n", out);
    prose(out, "After a colon; Tab completes. Every action of KEYS is a "
               "command, too, by its name. CLUSTER is a name or an ARN, "
               "FILTER what the key / takes.");
    fputs(".Bl -tag -width 8n -compact\n", out);
    for (size_t i = 0; kinds[i]; i++) {
        if (kinds[i] == &kind_containers)
            continue; /* those of a task: Enter */
        fputs(".It Ic ", out);
        literal(out, ":");
        fputs(kinds[i]->name, out);
        fputs(kinds[i] == &kind_tasks ? " Ar CLUSTER Op / Ns Ar FILTER\n"
                                      : " Oo Ar CLUSTER Oc Op / Ns Ar "
                                        "FILTER\n",
              out);
        prose(out, kinds[i] == &kind_clusters
                       ? "clusters of the region, or the services of one"
                       : kinds[i]->help);
        fputs(".Pq also", out);
        for (const char *const *a = kinds[i]->aliases; *a; a++) {
            fputs(a == kinds[i]->aliases ? " Ic " : " , ", out);
            literal(out, ":");
            fputs(*a, out);
        }
        fputc('\n', out);
    }
    for (size_t i = 0; (c = command_at(i)); i++) {
        fputs(".It Ic ", out);
        literal(out, ":");
        fputs(c->name, out);
        if (*c->args) {
            fputs(" Ar ", out);
            for (const char *p = c->args; *p; p++)
                fputs(*p == ' ' ? "\\ " : (char[]){*p, '\0'}, out);
        }
        fputc('\n', out);
        prose(out, c->help);
    }
    fputs(".El\n", out);
}

static void mdoc_columns(FILE *out)
{
    fputs(".Sh COLUMNS\n", out);
    prose(out, "The names that filters, --once and its JSON know, in the "
               "order of TSV; the second word is the title on the screen. A "
               "column marked with * is on the screen only.");
    for (size_t i = 0; kinds[i]; i++) {
        const struct kind *k = kinds[i];
        fprintf(out, ".Ss Of %s\n.Bl -tag -width 12n -compact\n", k->name);
        for (size_t c = 0; c < k->n_columns; c++) {
            const struct column *col = &k->columns[c];
            fprintf(out, ".It Sy %s%s\n", col->id,
                    col->flags & COL_SCREEN ? " *" : "");
            fputs(col->title, out);
            fputs(": ", out);
            prose(out, col->help);
        }
        fputs(".El\n", out);
    }
}

static void mdoc_roles(FILE *out)
{
    fputs(".Sh THEME ROLES\n.Bl -tag -width 12n -compact\n", out);
    for (int r = 0; r < ROLE_N; r++) {
        fputs(".It Sy ", out);
        literal(out, theme_role_name((enum role)r));
        fputc('\n', out);
        prose(out, theme_role_help((enum role)r));
    }
    fputs(".El\n", out);
}

void manual_mdoc(FILE *out)
{
    mdoc_options(out);
    mdoc_keys(out);
    mdoc_commands(out);
    mdoc_columns(out);
    mdoc_roles(out);
}
