/* options.h - the command line, parsed once. A contract for scripts. */
#ifndef ECSDASH_VIEWS_OPTIONS_H
#define ECSDASH_VIEWS_OPTIONS_H

#include "backend/base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct options {
    bool demo, once, read_only, write, help, version, no_color, unlimited;
    bool print_keys, doctor, tail, follow, until_stable;
    const char *scenario;     /* --demo=SCENARIO */
    const char *cluster, *service, *profile, *region, *endpoint_url;
    bool insecure; /* plain http to anywhere */
    const char *theme, *keymap, *config, *output, *log_file;
    const char *sim_server, *sim_world, *sim_clock, *sim_faults;
    const char *sim_creds, *sim_deny, *sim_journal;
    double refresh_s;         /* 0 = not given */
    int budget;               /* percent; 0 = not given */
    int64_t wait_s;           /* of --once */
    uint64_t seed;
    const char *since, *lines; /* --since, --filter of tail */
    const char *view, *filter; /* operands */
    char **services;           /* operands of tail */
    size_t n_services;
};

/* 0, or -1 with err (ERR_USAGE): exit 2. Strings point into argv. */
int options_parse(struct options *o, int argc, char **argv, struct err *err);
void options_help(FILE *out);

#endif
