/* The options, in the order in which help and manual list them. */
#include "views/cli/options.h"

#include "backend/aws/budget.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"

#include <stdlib.h>
#include <string.h>

static int take_demo(struct options *o, const char *text, struct err *err)
{
    (void)err; /* the simulator knows its scenarios */
    o->demo = true;
    o->scenario = text;
    return 0;
}

static int take_help(struct options *o, const char *text, struct err *err)
{
    if (text && strcmp(text, "all") != 0)
        return err_set(err, ERR_USAGE, "--help takes all or nothing, not %s.",
                       text);
    o->help = true;
    o->help_all = text != NULL;
    return 0;
}

static int take_refresh(struct options *o, const char *text, struct err *err)
{
    char *end;
    o->refresh_s = strtod(text, &end);
    if (*end || !(o->refresh_s >= 0.2 && o->refresh_s <= 3600))
        return err_set(err, ERR_USAGE, "--refresh takes 0.2 to 3600 seconds, "
                       "not %s.", text);
    return 0;
}

static int take_wait(struct options *o, const char *text, struct err *err)
{
    if (fmt_parse_int(text, 0, 3600, &o->wait_s))
        return err_set(err, ERR_USAGE, "--wait takes 0 to 3600 seconds, not "
                       "%s.", text);
    return 0;
}

static int take_budget(struct options *o, const char *text, struct err *err)
{
    if (budget_parse(text, &o->budget, &o->unlimited))
        return err_set(err, ERR_USAGE, "--budget takes 1 to 100 percent or "
                       "unlimited, not %s.", text);
    return 0;
}

static int take_seed(struct options *o, const char *text, struct err *err)
{
    int64_t n;
    if (fmt_parse_int(text, 0, INT64_MAX, &n))
        return err_set(err, ERR_USAGE, "--seed takes a number, not %s.",
                       text);
    o->seed = (uint64_t)n;
    return 0;
}

#define FLAG(field) .type = OPTION_FLAG, .at = offsetof(struct options, field)
#define VALUE(field) .type = OPTION_VALUE, .at = offsetof(struct options, field)

static const struct option_info infos[] = {
    {.name = "profile", VALUE(profile), .group = OPTION_PLACE,
     .everyday = true, .arg = "NAME", .offers = OFFERS_PROFILES,
     .help = "profile of the AWS CLI's files",
     .more = "Overrides AWS_PROFILE, and keys in the environment."},
    {.name = "region", VALUE(region), .group = OPTION_PLACE,
     .everyday = true, .arg = "NAME", .offers = OFFERS_REGIONS,
     .help = "AWS region",
     .more = "Without it AWS_REGION, AWS_DEFAULT_REGION, the profile and the "
             "instance are asked, in this order."},
    {.name = "cluster", VALUE(cluster), .group = OPTION_PLACE,
     .everyday = true, .arg = "NAME", .help = "only this cluster"},
    {.name = "service", VALUE(service), .group = OPTION_PLACE, .arg = "NAME",
     .help = "only services that match"},
    {.name = "endpoint-url", VALUE(endpoint_url), .group = OPTION_PLACE,
     .arg = "URL", .help = "send every call there"},
    {.name = "insecure-endpoint", FLAG(insecure), .group = OPTION_PLACE,
     .help = "allow endpoints without TLS",
     .more = "On this machine they are allowed without it. The header says "
             "INSECURE."},

    {.name = "demo", .type = OPTION_MAYBE, .take = take_demo,
     .group = OPTION_SCREEN, .everyday = true, .arg = "SCENARIO",
     .offers = OFFERS_WORDS, .words = "default quiet empty",
     .help = "a simulated account; no AWS at all",
     .more = "The scenarios are default, quiet and empty. No AWS variable and "
             "no file of yours is read; nothing is connected to but the "
             "simulator, a child on this machine."},
    {.name = "read-only", FLAG(read_only), .group = OPTION_SCREEN,
     .everyday = true, .help = "refuse everything that changes something",
     .more = "Refused at the key and again where calls are sent. Nothing "
             "lifts it while the program runs."},
    {.name = "readonly", FLAG(read_only), .group = OPTION_SCREEN},
    {.name = "refresh", .type = OPTION_VALUE, .take = take_refresh,
     .group = OPTION_SCREEN, .arg = "SECONDS",
     .help = "age of what is on screen (default 5)",
     .more = "0.2 to 3600. What is hidden is refreshed less often."},
    {.name = "budget", .type = OPTION_VALUE, .take = take_budget,
     .group = OPTION_SCREEN, .arg = "PERCENT", .offers = OFFERS_WORDS,
     .words = "5 10 25 50 unlimited",
     .help = "share of the API quotas, or unlimited (25)",
     .more = "1 to 100 percent of the rate at which each ECS quota refills, "
             "or unlimited: then calls are not held back, and other users of "
             "the account may be throttled."},
    {.name = "theme", VALUE(theme), .group = OPTION_SCREEN, .arg = "NAME",
     .offers = OFFERS_WORDS, .words = "default mono colorblind",
     .help = "default, mono, colorblind or yours",
     .more = "Yours is NAME.theme beside the config file."},
    {.name = "no-color", FLAG(no_color), .group = OPTION_SCREEN,
     .help = "words and bold only"},
    {.name = "keymap", VALUE(keymap), .group = OPTION_SCREEN, .arg = "FILE",
     .offers = OFFERS_FILES, .help = "more key bindings",
     .more = "A path, or the name of a .keys file beside the config file."},
    {.name = "config", VALUE(config), .group = OPTION_SCREEN, .arg = "FILE",
     .offers = OFFERS_FILES, .help = "instead of your config file"},
    {.name = "log-file", VALUE(log_file), .group = OPTION_SCREEN,
     .arg = "FILE", .offers = OFFERS_FILES,
     .help = "a diary of calls and errors; no secrets in it"},

    {.name = "once", FLAG(once), .group = OPTION_SCRIPT, .everyday = true,
     .help = "print the view and exit",
     .more = "So it is, too, when standard output is no terminal."},
    {.name = "output", .letter = 'o', VALUE(output), .group = OPTION_SCRIPT,
     .everyday = true, .arg = "FORMAT", .offers = OFFERS_WORDS,
     .words = "table tsv json text",
     .help = "table, tsv or json; of tail: text or json",
     .more = "Without it --once prints tsv, and tail text. Of doctor: json."},
    {.name = "wait", .type = OPTION_VALUE, .take = take_wait,
     .group = OPTION_SCRIPT, .arg = "SECONDS",
     .help = "--once tries again for that long (default 10)",
     .more = "0 to 3600. What passes by itself (a refused connection, a "
             "throttle) is tried again; what was read is printed all the "
             "same. Of tail --until-stable: how long it waits (default "
             "600)."},

    {.name = "since", VALUE(since), .group = OPTION_TAIL, .everyday = true,
     .arg = "TIME", .offers = OFFERS_WORDS, .words = "5m 15m 1h 6h 1d",
     .help = "from when on: 90s, 15m, 14:03 (default 15m)",
     .more = "90s, 15m, 1h30m or 2d ago; 14:03, the last one, in local time; "
             "or 2026-11-21T14:03:00Z."},
    {.name = "filter", VALUE(lines), .group = OPTION_TAIL, .everyday = true,
     .arg = "RE", .help = "only lines that match; !RE: that don't",
     .more = "A Perl pattern. As with & in the dashboard a line matches as it "
             "came, or as it is shown: of JSON the level (TRACE to FATAL), the "
             "message, then the other members; without capitals in either "
             "case."},
    {.name = "follow", FLAG(follow), .group = OPTION_TAIL, .everyday = true,
     .help = "go on with what is written"},
    {.name = "until-stable", FLAG(until_stable), .group = OPTION_TAIL,
     .everyday = true,
     .help = "until the roll-out is steady, or has failed",
     .more = "The exit status is 0 when it is steady, 1 when it has failed; "
             "standard error says why, and meanwhile what is waited for. "
             "Status 1, too, for a roll-out without progress for ten "
             "minutes, for tasks that stop again and again while no roll-out "
             "is in progress, and after --wait seconds (default 600)."},

    {.name = "sim-server", VALUE(sim_server), .group = OPTION_SIM,
     .arg = "ADDR:PORT", .help = "run the simulator alone; port 0 picks one",
     .more = "On this machine only. Its first line is JSON with what a client "
             "needs: see SCRIPTS."},
    {.name = "sim-world", VALUE(sim_world), .group = OPTION_SIM,
     .arg = "KEY=N,...", .help = "a generated world of that size",
     .more = "Keys are clusters, services, tasks, lines (of log, a second) and "
             "hostile=1 for texts that attack the terminal; for example "
             "clusters=3,services=250,tasks=3000."},
    {.name = "seed", .type = OPTION_VALUE, .take = take_seed,
     .group = OPTION_SIM, .arg = "N", .help = "another world of that size"},
    {.name = "sim-clock", VALUE(sim_clock), .group = OPTION_SIM,
     .arg = "CLOCK", .offers = OFFERS_WORDS, .words = "real frozen x10 x60",
     .help = "real, frozen, frozen@TIME, or xN times as fast"},
    {.name = "sim-faults", VALUE(sim_faults), .group = OPTION_SIM,
     .arg = "PLAN", .offers = OFFERS_WORDS, .words = "help",
     .help = "what goes wrong, and when; help explains",
     .more = "For example throttle:ecs:List*:skip=2:count=3,delay:p=10:"
             "count=all:ms=500."},
    {.name = "sim-creds", VALUE(sim_creds), .group = OPTION_SIM,
     .arg = "KEY=N,...", .help = "seconds that its credentials live",
     .more = "Keys are ttl (of what is given out), told (what is said of that), "
             "key (of the first key) and sso (of an SSO token); no-imds-v1=1 "
             "and no-imds-v2=1 close the metadata service."},
    {.name = "sim-deny", VALUE(sim_deny), .group = OPTION_SIM,
     .arg = "ACTION,...", .help = "what nobody may do there, as ecs:Update*"},
    {.name = "sim-journal", VALUE(sim_journal), .group = OPTION_SIM,
     .arg = "FILE", .offers = OFFERS_FILES,
     .help = "a line of JSON for each request"},

    {.name = "print-keys", FLAG(print_keys), .group = OPTION_ABOUT,
     .help = "the default keys, as a Markdown table"},
    {.name = "print-man", FLAG(print_man), .group = OPTION_ABOUT,
     .help = "the sections of the manual that come from tables",
     .more = "OPTIONS, KEYS, COMMANDS, COLUMNS and THEME ROLES, in mdoc."},
    {.name = "completion", VALUE(completion), .group = OPTION_ABOUT,
     .arg = "SHELL", .offers = OFFERS_WORDS, .words = "bash zsh fish",
     .help = "completions of bash, zsh or fish",
     .more = "They are installed with the program; otherwise, in bash: "
             "eval \"$(ecsdash --completion bash)\"."},
    {.name = "version", .letter = 'V', FLAG(version), .group = OPTION_ABOUT,
     .everyday = true, .help = "version and libraries"},
    {.name = "help", .letter = 'h', .type = OPTION_MAYBE, .take = take_help,
     .group = OPTION_ABOUT, .everyday = true, .arg = "all",
     .offers = OFFERS_WORDS, .words = "all",
     .help = "this text; with =all every option"},
};

const struct option_info *option_at(size_t i)
{
    return i < ARRAY_LEN(infos) ? &infos[i] : NULL;
}

const char *option_group_title(enum option_group g)
{
    static const char *const titles[OPTION_GROUP_N] = {
        [OPTION_PLACE] = "Account and place",
        [OPTION_SCREEN] = "The dashboard",
        [OPTION_SCRIPT] = "For scripts",
        [OPTION_TAIL] = "Of tail",
        [OPTION_SIM] = "The simulator, alone or with --demo",
        [OPTION_ABOUT] = "About the program",
    };
    return titles[g];
}
