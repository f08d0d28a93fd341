#include "views/cli/options.h"

#include "backend/base/mem.h"
#include "backend/base/nearest.h"

#include <assert.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { OPT_FIRST = 256, OPT_MAX = 64 };

static int take(struct options *o, const struct option_info *info,
                const char *text, struct err *err)
{
    char *base = (char *)o;
    if (info->take)
        return info->take(o, text, err);
    if (info->type == OPTION_FLAG)
        *(bool *)(void *)(base + info->at) = true;
    else
        *(const char **)(void *)(base + info->at) = text;
    return 0;
}

static const struct option_info *by_code(int code)
{
    const struct option_info *info;
    if (code >= OPT_FIRST)
        return option_at((size_t)(code - OPT_FIRST));
    for (size_t i = 0; (info = option_at(i)); i++)
        if (info->letter && info->letter == code)
            return info;
    return NULL;
}

/* getopt says only that it could not take a word: an unknown name, the
 * beginning of several, or a value for what takes none. */
static int refuse_long(const char *word, struct err *err)
{
    const char *name = word + 2;
    size_t len = strcspn(name, "=");
    const struct option_info *info, *first = NULL, *second = NULL;
    struct nearest n = nearest_to(name, len);
    for (size_t i = 0; (info = option_at(i)); i++) {
        bool begins = len && strncmp(info->name, name, len) == 0;
        if (begins && strlen(info->name) == len)
            return err_set(err, ERR_USAGE, "--%s takes no value.",
                           info->name);
        if (begins && first && !second)
            second = info;
        if (begins && !first)
            first = info;
        if (info->help)
            nearest_offer(&n, info->name);
    }
    if (second)
        return err_set(err, ERR_USAGE, "%s could be --%s or --%s.", word,
                       first->name, second->name);
    if (first)
        return err_set(err, ERR_USAGE, "--%s takes no value.", first->name);
    if (nearest_get(&n))
        return err_set(err, ERR_USAGE, "Unknown option %s; did you mean "
                       "--%s?", word, nearest_get(&n));
    return err_set(err, ERR_USAGE, "Unknown option %s; --help=all lists "
                   "them.", word);
}

/* optopt is a letter, 0 for an unknown long name, or the code of one that
 * takes no value. Amid letters the last word is still the one before. */
static int refuse(const char *word, struct err *err)
{
    if (optopt == 0 || optopt >= OPT_FIRST)
        return refuse_long(word, err);
    return err_set(err, ERR_USAGE, "Unknown option -%c; --help=all lists "
                   "them.", optopt);
}

/* What would be passed over in silence otherwise. */
static int check_demo(const struct options *o, struct err *err)
{
    const struct {
        const char *name;
        bool given, demo;
    } all[] = {
        {"--profile", o->profile, false},
        {"--endpoint-url", o->endpoint_url, false},
        {"--insecure-endpoint", o->insecure, false},
        {"--sim-world", o->sim_world, true},
        {"--sim-clock", o->sim_clock, true},
        {"--sim-faults", o->sim_faults && strcmp(o->sim_faults, "help"), true},
        {"--sim-creds", o->sim_creds, true},
        {"--sim-deny", o->sim_deny, true},
        {"--sim-journal", o->sim_journal, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        if (!all[i].given)
            continue;
        if (all[i].demo && !o->demo && !o->sim_server)
            return err_set(err, ERR_USAGE, "%s is for --demo and "
                           "--sim-server.", all[i].name);
        if (!all[i].demo && o->demo)
            return err_set(err, ERR_USAGE, "%s is not for --demo: it reads no "
                           "file and no variable of yours.", all[i].name);
    }
    return 0;
}

/* What is left after the options: a view and a filter, or a subcommand. */
static int take_operands(struct options *o, int argc, char **argv,
                         struct err *err)
{
    if (optind < argc)
        o->view = argv[optind++];
    if (o->view && strcmp(o->view, "tail") == 0) {
        o->tail = true;
        o->view = NULL;
        o->services = argv + optind;
        o->n_services = (size_t)(argc - optind);
        return 0;
    }
    if (o->since || o->lines || o->follow || o->until_stable)
        return err_set(err, ERR_USAGE, "--since, --filter, --follow and "
                       "--until-stable are for ecsdash tail.");
    if (o->view && strcmp(o->view, "doctor") == 0) {
        o->doctor = true;
        o->view = NULL;
    } else if (optind < argc) {
        o->filter = argv[optind++];
    }
    if (optind < argc)
        return err_set(err, ERR_USAGE, "%s is one word too many; quote a "
                       "filter that has blanks.", argv[optind]);
    return 0;
}

int options_parse(struct options *o, int argc, char **argv, struct err *err)
{
    struct option longs[OPT_MAX + 1] = {{0}};
    char letters[2 * OPT_MAX + 2] = ":"; /* a missing value is told apart */
    static const int has_arg[] = {[OPTION_FLAG] = no_argument,
                                  [OPTION_VALUE] = required_argument,
                                  [OPTION_MAYBE] = optional_argument};
    const struct option_info *info;
    size_t n = 1;
    int c;
    *o = (struct options){.wait_s = -1};
    for (size_t i = 0; (info = option_at(i)); i++) {
        assert(i < OPT_MAX);
        longs[i] = (struct option){info->name, has_arg[info->type], NULL,
                                   OPT_FIRST + (int)i};
        if (info->letter)
            letters[n++] = info->letter;
        if (info->letter && info->type == OPTION_VALUE)
            letters[n++] = ':';
    }
    opterr = 0;
    optind = 1;
    while ((c = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
        if (c == ':')
            return err_set(err, ERR_USAGE, "%s needs a value.",
                           argv[optind - 1]);
        if (c == '?')
            return refuse(argv[optind - 1], err);
        if (take(o, by_code(c), optarg, err))
            return -1;
    }
    if (check_demo(o, err))
        return -1;
    return take_operands(o, argc, argv, err);
}
