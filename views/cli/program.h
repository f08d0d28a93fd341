/* program.h - what a run of the program owns, and the order in which it is
 * made: configuration, clock, log, loop; then, for what talks to AWS, the
 * simulator of --demo, HTTP and the first realm. */
#ifndef ECSDASH_VIEWS_PROGRAM_H
#define ECSDASH_VIEWS_PROGRAM_H

#include "backend/base/rng.h"
#include "themes/theme.h"
#include "views/app/config.h"
#include "views/app/realm.h"
#include "views/cli/demo.h"
#include "views/cli/options.h"

#include <stdbool.h>

/* Everything that a run owns, in the order in which it is made. */
struct program {
    struct options o;
    struct config config;
    char *config_dir;
    char *audit_path, *history_path;
    struct keymap *keymap;
    struct theme theme;
    struct demo demo;
    struct clock *clock;
    struct loop *loop;
    struct rng rng;
    struct log *log;
    struct http *http;
    struct realm_options realm_options;
    struct asker *asker;
    struct realm *realm; /* until the app takes it */
    const char *read_only; /* why */
    bool test;
};

#define PROGRAM_INIT {.demo = {.pid = -1, .out = -1}}

/* What needs no AWS, by p->o and the environment. 0, or -1 with err. */
int program_open(struct program *p, struct err *err);
/* As far as the first realm; sends nothing yet. 0, or -1 with err. */
int program_connect(struct program *p, struct err *err);
/* However far it came. */
void program_close(struct program *p);

#endif
