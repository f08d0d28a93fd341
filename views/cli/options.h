/* options.h - the command line, parsed once. A contract for scripts.
 *
 * One table says it all: the parser, --help, the manual page and the
 * completions of shells are made from it. */
#ifndef ECSDASH_VIEWS_OPTIONS_H
#define ECSDASH_VIEWS_OPTIONS_H

#include "backend/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct options {
    bool demo, once, read_only, help, help_all, version, no_color, unlimited;
    bool print_keys, print_man, doctor, tail, follow, until_stable;
    const char *completion;   /* for which shell */
    const char *scenario;     /* --demo=SCENARIO */
    const char *cluster, *service, *profile, *region, *endpoint_url;
    bool insecure; /* plain http to anywhere */
    const char *theme, *keymap, *config, *output, *log_file;
    const char *sim_server, *sim_world, *sim_clock, *sim_faults;
    const char *sim_creds, *sim_deny, *sim_journal;
    double refresh_s;         /* 0 = not given */
    int budget;               /* percent; 0 = not given */
    int64_t wait_s;           /* of --once and --until-stable; -1 = not given */
    uint64_t seed;
    const char *since, *lines; /* --since, --filter of tail */
    const char *view, *filter; /* operands */
    char **services;           /* operands of tail */
    size_t n_services;
};

enum option_group {
    OPTION_PLACE,
    OPTION_SCREEN,
    OPTION_SCRIPT,
    OPTION_TAIL,
    OPTION_SIM,
    OPTION_ABOUT,
    OPTION_GROUP_N
};

enum option_type { OPTION_FLAG, OPTION_VALUE, OPTION_MAYBE /* [=VALUE] */ };

/* What a shell can offer for a value. */
enum option_offers {
    OFFERS_NOTHING,
    OFFERS_WORDS, /* those of `words` */
    OFFERS_FILES,
    OFFERS_PROFILES,
    OFFERS_REGIONS
};

struct option_info {
    const char *name;
    char letter; /* 'o' for -o; 0 = none */
    enum option_type type;
    enum option_group group;
    bool everyday; /* explained by the short help */
    const char *arg;  /* "NAME"; NULL without a value */
    const char *help; /* a few words; NULL: another spelling, not listed */
    const char *more; /* for the manual: whole sentences, or NULL */
    enum option_offers offers;
    const char *words; /* parted by blanks */
    /* Where the value goes in struct options (a bool, or a borrowed string),
     * unless `take` reads it. */
    size_t at;
    int (*take)(struct options *o, const char *text, struct err *err);
};

/* The i-th option that there is, NULL after the last. */
const struct option_info *option_at(size_t i);
const char *option_group_title(enum option_group g);

/* 0, or -1 with err (ERR_USAGE): exit 2. Strings point into argv. */
int options_parse(struct options *o, int argc, char **argv, struct err *err);
/* The short help, which fits 80x24, or all of it; 80 columns at most. */
void options_help(FILE *out, bool all);

#endif
