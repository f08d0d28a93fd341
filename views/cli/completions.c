#include "views/cli/completions.h"

#include "backend/aws/region_names.h"
#include "backend/base/mem.h"
#include "views/cli/options.h"
#include "views/kind.h"

#include <string.h>

/* Profiles are read when they are asked for, and only names of harmless
 * characters: what is offered here may pass through a shell's expansion. */
static const char profile_names[] =
    "sed -n 's/^[[:blank:]]*\\[\\(profile[[:blank:]]\\{1,\\}\\)\\{0,1\\}"
    "\\([A-Za-z0-9_.@+:/-]*\\)[[:blank:]]*\\].*/\\2/p' "
    "\"${AWS_CONFIG_FILE:-$HOME/.aws/config}\" "
    "\"${AWS_SHARED_CREDENTIALS_FILE:-$HOME/.aws/credentials}\" "
    "2>/dev/null";

static const struct {
    const char *name, *help;
} subcommands[] = {
    {"tail", "print the logs of services"},
    {"doctor", "try what is needed, print IAM policies"},
};

static void put_regions(FILE *out)
{
    static const char *const partitions[] = {"us-east-1", "us-gov-west-1",
                                             "cn-north-1"};
    for (size_t i = 0; i < ARRAY_LEN(partitions); i++) {
        size_t n;
        const struct region_name *r = region_names(partitions[i], &n);
        for (size_t k = 0; k < n; k++)
            fprintf(out, "%s%s", i || k ? " " : "", r[k].name);
    }
}

static void put_operands(FILE *out)
{
    for (size_t i = 0; kinds[i]; i++)
        if (kinds[i] != &kind_containers)
            fprintf(out, "%s ", kinds[i]->name);
    for (size_t i = 0; i < ARRAY_LEN(subcommands); i++)
        fprintf(out, "%s%s", i ? " " : "", subcommands[i].name);
}

/* text with a backslash before each of `special`; an apostrophe ends the
 * quotes around it. */
static void put_quoted(FILE *out, const char *text, const char *special)
{
    for (const char *p = text; *p; p++) {
        if (*p == '\'')
            fputs("'\\'", out);
        else if (strchr(special, *p))
            fputc('\\', out);
        fputc(*p, out);
    }
}

/* ---- bash ----------------------------------------------------------------- */

/* The options whose values are completed alike, as a pattern of `case`; false
 * when there are none. */
static bool bash_values(FILE *out, enum option_offers offers)
{
    const struct option_info *o;
    bool any = false;
    for (size_t i = 0; (o = option_at(i)); i++) {
        if (o->offers != offers)
            continue;
        fprintf(out, "%s--%s", any ? " | " : "    ", o->name);
        any = true;
    }
    if (any)
        fputs(")\n", out);
    return any;
}

static void bash(FILE *out)
{
    const struct option_info *o;
    fputs("_ecsdash()\n{\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]} "
          "prev=${COMP_WORDS[COMP_CWORD-1]} words= i\n"
          "    if [[ $cur == \"=\" ]]; then # --theme=\n"
          "        cur=\n"
          "    elif [[ $prev == \"=\" ]]; then # --theme=mo\n"
          "        prev=${COMP_WORDS[COMP_CWORD-2]}\n"
          "    fi\n"
          "    COMPREPLY=()\n"
          "    case $prev in\n", out);
    for (size_t i = 0; (o = option_at(i)); i++) {
        if (o->offers != OFFERS_WORDS ||
            (o->type == OPTION_MAYBE && !o->words))
            continue;
        fputs("    ", out);
        if (o->letter && o->type == OPTION_VALUE)
            fprintf(out, "-%c | ", o->letter);
        if (o->type == OPTION_MAYBE) /* only after an equals sign */
            fprintf(out, "--%s)\n        [[ ${COMP_WORDS[COMP_CWORD]} == \"=\" "
                    "|| ${COMP_WORDS[COMP_CWORD-1]} == \"=\" ]] &&\n"
                    "            words=\"%s\" ;;\n", o->name, o->words);
        else
            fprintf(out, "--%s) words=\"%s\" ;;\n", o->name, o->words);
    }
    if (bash_values(out, OFFERS_REGIONS)) {
        fputs("        words=\"", out);
        put_regions(out);
        fputs("\" ;;\n", out);
    }
    if (bash_values(out, OFFERS_PROFILES))
        fprintf(out, "        words=$(%s) ;;\n", profile_names);
    if (bash_values(out, OFFERS_FILES))
        fputs("        return ;; # bash completes files\n", out);
    fputs("    esac\n"
          "    compopt +o default 2>/dev/null\n"
          "    if [[ -z $words && $cur == -* ]]; then\n"
          "        words=\"", out);
    bool first = true;
    for (size_t i = 0; (o = option_at(i)); i++)
        if (o->help) {
            fprintf(out, "%s--%s", first ? "" : " ", o->name);
            first = false;
        }
    fputs("\"\n"
          "    elif [[ -z $words ]]; then\n"
          "        words=\"", out);
    put_operands(out);
    fputs("\"\n"
          "        for ((i = 1; i < COMP_CWORD; i++)); do\n"
          "            [[ \" $words \" == *\" ${COMP_WORDS[i]} \"* ]] && "
          "words= && break\n"
          "        done\n"
          "    fi\n"
          "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
          "}\n"
          "complete -o default -F _ecsdash ecsdash\n", out);
}

/* ---- zsh ------------------------------------------------------------------ */

static void zsh_option(FILE *out, const struct option_info *o)
{
    fputs("    ", out);
    if (o->letter && o->type == OPTION_VALUE)
        fprintf(out, "'(-%c --%s)'{-%c+,--%s=}'", o->letter, o->name,
                o->letter, o->name);
    else if (o->letter)
        fprintf(out, "'(-%c --%s)'{-%c,--%s%s}'", o->letter, o->name,
                o->letter, o->name, o->type == OPTION_MAYBE ? "=-" : "");
    else
        fprintf(out, "'--%s%s", o->name,
                o->type == OPTION_VALUE   ? "="
                : o->type == OPTION_MAYBE ? "=-"
                                          : "");
    fputc('[', out);
    put_quoted(out, o->help, "[]:\\");
    fputc(']', out);
    if (o->type != OPTION_FLAG) {
        fputs(o->type == OPTION_MAYBE ? "::" : ":", out);
        put_quoted(out, o->arg, "[]:\\");
        fputc(':', out);
        if (o->offers == OFFERS_WORDS)
            fprintf(out, "(%s)", o->words);
        else if (o->offers == OFFERS_FILES)
            fputs("_files", out);
        else if (o->offers == OFFERS_PROFILES)
            fputs("_ecsdash_profiles", out);
        else if (o->offers == OFFERS_REGIONS)
            fputs("_ecsdash_regions", out);
    }
    fputs("' \\\n", out);
}

static void zsh(FILE *out)
{
    const struct option_info *o;
    fprintf(out, "_ecsdash_profiles()\n{\n"
            "    local -a names\n"
            "    names=(${(f)\"$(%s)\"})\n"
            "    compadd -a names\n}\n", profile_names);
    fputs("_ecsdash_regions()\n{\n    compadd ", out);
    put_regions(out);
    fputs("\n}\n_ecsdash()\n{\n    _arguments -s -S \\\n", out);
    for (size_t i = 0; (o = option_at(i)); i++)
        if (o->help)
            zsh_option(out, o);
    fputs("    '1:view or command:((", out);
    for (size_t i = 0; kinds[i]; i++)
        if (kinds[i] != &kind_containers) {
            fprintf(out, "%s\\:\"", kinds[i]->name);
            put_quoted(out, kinds[i]->help, "\"\\");
            fputs("\" ", out);
        }
    for (size_t i = 0; i < ARRAY_LEN(subcommands); i++)
        fprintf(out, "%s%s\\:\"%s\"", i ? " " : "", subcommands[i].name,
                subcommands[i].help);
    fputs("))' \\\n    '*:filter, or CLUSTER/SERVICE: '\n}\n"
          "if [ \"$funcstack[1]\" = _ecsdash ]; then\n"
          "    _ecsdash \"$@\"\n"
          "else\n"
          "    compdef _ecsdash ecsdash\n"
          "fi\n", out);
}

/* ---- fish ----------------------------------------------------------------- */

static void fish(FILE *out)
{
    const struct option_info *o;
    fprintf(out, "function __ecsdash_profiles\n"
            "    sh -c '");
    put_quoted(out, profile_names, "");
    fputs("'\nend\ncomplete -c ecsdash -f\n", out);
    for (size_t i = 0; kinds[i]; i++) {
        if (kinds[i] == &kind_containers)
            continue;
        fprintf(out, "complete -c ecsdash -n __fish_use_subcommand -a %s -d '",
                kinds[i]->name);
        put_quoted(out, kinds[i]->help, "\\");
        fputs("'\n", out);
    }
    for (size_t i = 0; i < ARRAY_LEN(subcommands); i++)
        fprintf(out, "complete -c ecsdash -n __fish_use_subcommand -a %s -d "
                "'%s'\n", subcommands[i].name, subcommands[i].help);
    for (size_t i = 0; (o = option_at(i)); i++) {
        if (!o->help)
            continue;
        fprintf(out, "complete -c ecsdash -l %s", o->name);
        if (o->letter)
            fprintf(out, " -s %c", o->letter);
        if (o->offers == OFFERS_FILES)
            fputs(" -r -F", out);
        else if (o->type == OPTION_VALUE)
            fputs(" -x", out);
        if (o->offers == OFFERS_WORDS)
            fprintf(out, " -a '%s'", o->words);
        else if (o->offers == OFFERS_PROFILES)
            fputs(" -a '(__ecsdash_profiles)'", out);
        if (o->offers == OFFERS_REGIONS) {
            fputs(" -a '", out);
            put_regions(out);
            fputc('\'', out);
        }
        fputs(" -d '", out);
        put_quoted(out, o->help, "\\");
        fputs("'\n", out);
    }
}

int completions_print(FILE *out, const char *shell, struct err *err)
{
    static const struct {
        const char *shell, *head;
        void (*print)(FILE *out);
    } shells[] = {
        {"bash", "", bash},
        {"zsh", "#compdef ecsdash\n", zsh},
        {"fish", "", fish},
    };
    for (size_t i = 0; i < ARRAY_LEN(shells); i++) {
        if (strcmp(shells[i].shell, shell) != 0)
            continue;
        fprintf(out, "%s# %s completion of ecsdash, printed by `ecsdash "
                "--completion %s`\n", shells[i].head, shell, shell);
        shells[i].print(out);
        return 0;
    }
    return err_set(err, ERR_USAGE, "--completion takes bash, zsh or fish, not "
                   "%s.", shell);
}
