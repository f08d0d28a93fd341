#include "views/cli/options.h"

#include <string.h>

enum { WIDTH = 79 };

static const char usage[] =
    "usage: ecsdash [options] [VIEW [FILTER]]\n"
    "       ecsdash [options] tail CLUSTER/SERVICE...\n"
    "       ecsdash [options] doctor\n"
    "A dashboard for Amazon ECS. VIEW is services (the default), tasks or "
    "clusters;\ntail prints logs; doctor tries what is needed, and prints IAM "
    "policies.\n";

static const char endings[] =
    "\nExit status: 0 fine, 1 something could not be read, 2 wrong usage or "
    "config,\n3 no or expired credentials, 4 not found, 5 the terminal cannot "
    "be used.\n";

static void print_option(FILE *out, const struct option_info *o, bool mixed)
{
    char left[48], letter[8] = "";
    if (o->letter)
        snprintf(letter, sizeof(letter), "-%c, ", o->letter);
    snprintf(left, sizeof(left), "%s--%s%s%s%s", letter, o->name,
             o->type == OPTION_MAYBE ? "[=" : o->arg ? " " : "",
             o->arg ? o->arg : "", o->type == OPTION_MAYBE ? "]" : "");
    fprintf(out, "  %-24s  %s%s\n", left,
            mixed && o->group == OPTION_TAIL ? "tail: " : "", o->help);
}

/* The rest by name only. */
static void print_others(FILE *out)
{
    const struct option_info *o;
    size_t at = (size_t)fprintf(out, "also:");
    for (size_t i = 0; (o = option_at(i)); i++) {
        if (o->everyday || !o->help)
            continue;
        if (at + strlen(o->name) + 3 > WIDTH)
            at = (size_t)fprintf(out, "\n     ") - 1;
        at += (size_t)fprintf(out, " --%s", o->name);
    }
    fputc('\n', out);
}

void options_help(FILE *out, bool all)
{
    const struct option_info *o;
    int group = -1;
    fputs(usage, out);
    if (!all)
        fputc('\n', out);
    for (size_t i = 0; (o = option_at(i)); i++) {
        if (!o->help || (!all && !o->everyday))
            continue;
        if (all && (int)o->group != group)
            fprintf(out, "\n%s:\n", option_group_title(o->group));
        group = (int)o->group;
        print_option(out, o, !all);
    }
    if (all)
        fputs(endings, out);
    else
        print_others(out);
}
