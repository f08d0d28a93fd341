#include "views/options.h"

#include "backend/aws/budget.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { OPT_FIRST = 256 };

enum option_type { FLAG, STRING, OPTIONAL };

struct option_info {
    const char *name;
    enum option_type type;
    size_t at; /* offset of a bool (FLAG) or const char * in struct options */
    const char *arg, *help; /* help NULL: not listed (another spelling) */
    char letter;
};

#define AT(field) offsetof(struct options, field)

static const struct option_info infos[] = {
    {"demo", OPTIONAL, AT(demo), "[=SCENARIO]",
     "an embedded simulated account; no AWS at all (default, quiet, empty)",
     0},
    {"cluster", STRING, AT(cluster), "NAME", "only this cluster", 0},
    {"service", STRING, AT(service), "NAME", "only services that match", 0},
    {"profile", STRING, AT(profile), "NAME", "profile of the shared files",
     0},
    {"region", STRING, AT(region), "NAME", "AWS region", 0},
    {"endpoint-url", STRING, AT(endpoint_url), "URL",
     "send every call there", 0},
    {"insecure-endpoint", FLAG, AT(insecure), NULL,
     "allow endpoints without TLS", 0},
    {"read-only", FLAG, AT(read_only), NULL, "refuse everything that changes",
     0},
    {"readonly", FLAG, AT(read_only), NULL, NULL, 0},
    {"refresh", STRING, 0, "SECONDS", "of what is on screen (default 5)",
     'r'},
    {"budget", STRING, 0, "PERCENT|unlimited",
     "share of the API quota to use (default 25)", 'b'},
    {"theme", STRING, AT(theme), "NAME", "default, mono, colorblind or yours",
     0},
    {"keymap", STRING, AT(keymap), "FILE", "more key bindings", 0},
    {"config", STRING, AT(config), "FILE", "instead of your config file", 0},
    {"no-color", FLAG, AT(no_color), NULL, "words and bold only", 0},
    {"once", FLAG, AT(once), NULL, "print the view and exit", 0},
    {"wait", STRING, 0, "SECONDS",
     "--once tries again for that long (default 10)", 'w'},
    {"output", STRING, AT(output), "table|tsv|json|text",
     "format of --once; of tail: text or json", 'o'},
    {"since", STRING, AT(since), "15m|TIME", "tail: from when on", 0},
    {"filter", STRING, AT(lines), "RE|!RE", "tail: only lines that match, or "
     "not", 0},
    {"follow", FLAG, AT(follow), NULL, "tail: go on with what is written", 0},
    {"until-stable", FLAG, AT(until_stable), NULL,
     "tail: go on until the roll-out is steady, or failed", 0},
    {"log-file", STRING, AT(log_file), "FILE", "a diary of calls and errors",
     0},
    {"sim-server", STRING, AT(sim_server), "ADDR:PORT",
     "run the simulator alone; port 0 picks one", 0},
    {"sim-world", STRING, AT(sim_world), "KEY=N,...",
     "a generated world: clusters, services, tasks, lines", 0},
    {"sim-clock", STRING, AT(sim_clock), "frozen|xN", "clock of the simulator",
     0},
    {"sim-faults", STRING, AT(sim_faults), "PLAN|help",
     "what goes wrong at the simulator, and when", 0},
    {"sim-creds", STRING, AT(sim_creds), "KEY=N,...",
     "life of its credentials in seconds: ttl, told, key, sso", 0},
    {"sim-deny", STRING, AT(sim_deny), "ACTION,...",
     "what nobody may do there, as ecs:Update*", 0},
    {"sim-journal", STRING, AT(sim_journal), "FILE",
     "a line of JSON for each request it gets", 0},
    {"seed", STRING, 0, "N", "seed of the simulated world", 's'},
    {"print-keys", FLAG, AT(print_keys), NULL, "the key table as Markdown", 0},
    {"version", FLAG, AT(version), NULL, "version and libraries", 'V'},
    {"help", FLAG, AT(help), NULL, "this text", 'h'},
};

void options_help(FILE *out)
{
    fputs("usage: ecsdash [options] [VIEW [FILTER]]\n"
          "       ecsdash [options] tail CLUSTER/SERVICE...\n"
          "       ecsdash [options] doctor\n"
          "\n"
          "A dashboard for Amazon ECS: which service is in trouble, why, its "
          "logs, and the\nkeys to act. VIEW is services (the default), tasks "
          "or clusters.\ntail prints the logs of services. doctor tries what "
          "the dashboard needs and\nprints the IAM policies "
          "for it.\n\noptions:\n", out);
    for (size_t i = 0; i < ARRAY_LEN(infos); i++) {
        const struct option_info *o = &infos[i];
        char left[48];
        if (!o->help)
            continue;
        snprintf(left, sizeof(left), "--%s%s%s", o->name,
                 o->arg && o->type != OPTIONAL ? " " : "",
                 o->arg ? o->arg : "");
        fprintf(out, "  %-28s  %s\n", left, o->help);
    }
    fputs("\nexit status: 0 fine, 1 something could not be read, 2 wrong "
          "usage or config,\n3 no or expired credentials, 4 not found, 5 "
          "the terminal cannot be used\n", out);
}

static int take_number(struct options *o, char letter, const char *text,
                       struct err *err)
{
    int64_t n;
    char *end;
    switch (letter) {
    case 'r':
        o->refresh_s = strtod(text, &end);
        if (*end || !(o->refresh_s >= 0.2 && o->refresh_s <= 3600))
            return err_set(err, ERR_USAGE, "--refresh takes 0.2 to 3600 "
                           "seconds, not %s.", text);
        return 0;
    case 'w':
        if (fmt_parse_int(text, 0, 3600, &o->wait_s))
            return err_set(err, ERR_USAGE, "--wait takes 0 to 3600 seconds, "
                           "not %s.", text);
        return 0;
    case 'b':
        if (budget_parse(text, &o->budget, &o->unlimited))
            return err_set(err, ERR_USAGE, "--budget takes 1 to 100 percent "
                           "or unlimited, not %s.", text);
        return 0;
    default:
        if (fmt_parse_int(text, 0, INT64_MAX, &n))
            return err_set(err, ERR_USAGE, "--seed takes a number, not %s.",
                           text);
        o->seed = (uint64_t)n;
        return 0;
    }
}

static int take(struct options *o, const struct option_info *info,
                const char *text, struct err *err)
{
    char *base = (char *)o;
    if (info->type == FLAG) {
        *(bool *)(void *)(base + info->at) = true;
    } else if (info->type == OPTIONAL) {
        o->demo = true;
        o->scenario = text;
    } else if (info->letter && info->letter != 'o') {
        return take_number(o, info->letter, text, err);
    } else {
        *(const char **)(void *)(base + info->at) = text;
    }
    return 0;
}

static const struct option_info *by_code(int code)
{
    if (code >= OPT_FIRST)
        return &infos[code - OPT_FIRST];
    for (size_t i = 0; i < ARRAY_LEN(infos); i++)
        if (infos[i].letter && infos[i].letter == code)
            return &infos[i];
    return NULL;
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

int options_parse(struct options *o, int argc, char **argv, struct err *err)
{
    struct option longs[ARRAY_LEN(infos) + 1] = {{0}};
    static const int has_arg[] = {[FLAG] = no_argument,
                                  [STRING] = required_argument,
                                  [OPTIONAL] = optional_argument};
    int c;
    *o = (struct options){.wait_s = 10};
    for (size_t i = 0; i < ARRAY_LEN(infos); i++)
        longs[i] = (struct option){infos[i].name, has_arg[infos[i].type],
                                   NULL, OPT_FIRST + (int)i};
    opterr = 0;
    optind = 1;
    while ((c = getopt_long(argc, argv, ":o:hV", longs, NULL)) != -1) {
        const struct option_info *info = c == '?' || c == ':' ? NULL
                                                              : by_code(c);
        if (c == ':')
            return err_set(err, ERR_USAGE, "%s needs a value.",
                           argv[optind - 1]);
        if (!info)
            return err_set(err, ERR_USAGE, "Unknown option %s; --help lists "
                           "them.", argv[optind - 1]);
        if (take(o, info, optarg, err))
            return -1;
    }
    if (check_demo(o, err))
        return -1;
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
