#include "views/cli/start.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/log.h"
#include "backend/net/loop.h"
#include "backend/sim/sim.h"
#include "views/app/app.h"
#include "views/app/app_tty.h"
#include "views/app/asker.h"
#include "views/cli/exit_status.h"
#include "views/cli/once.h"
#include "views/cli/program.h"
#include "views/doctor/doctor.h"
#include "views/kind.h"
#include "views/tail/tail.h"

int start_simulator(const struct options *o)
{
    struct sim_options so = {.scenario = o->scenario,
                             .world = o->sim_world,
                             .faults = o->sim_faults,
                             .creds = o->sim_creds,
                             .deny = o->sim_deny,
                             .journal = o->sim_journal,
                             .seed = o->seed};
    struct err err = {0};
    char address[SIM_ADDRESS_SIZE];
    if (sim_parse_listen(o->sim_server, address, &so, &err))
        return complain(&err);
    if (o->sim_clock && sim_parse_clock(o->sim_clock, &so, &err))
        return complain(&err);
    return sim_serve(&so, false);
}

/* For what has no messages of its own. */
static void doubt_region(const struct program *p)
{
    char text[400];
    if (aws_session_region_doubt(p->realm->session, text, sizeof(text)))
        fprintf(stderr, "ecsdash: %s\n", text);
}

int start_once(struct program *p, const struct kind *kind, int *death)
{
    struct err err = {0};
    if (program_connect(p, &err))
        return complain(&err);
    doubt_region(p);
    struct once_options oo = {
        .loop = p->loop,
        .client = p->realm->client,
        .store = p->realm->store,
        .kind = kind ? kind : &kind_services,
        .filter = p->o.filter ? p->o.filter : p->o.service,
        .service = p->o.filter ? NULL : p->o.service,
        .wait_ms = (p->o.wait_s < 0 ? 10 : p->o.wait_s) * 1000,
        .format = ONCE_TSV,
    };
    oo.query = (struct query){.kind = oo.kind->query,
                              .cluster = p->o.cluster};
    if (oo.kind == &kind_tasks) {
        oo.query.service = p->o.service;
        oo.filter = p->o.filter;
        oo.service = NULL; /* the query finds out */
    }
    if (p->o.output)
        oo.format = (enum once_format)once_format_find(p->o.output);
    return once_run(&oo, death);
}

int start_doctor(struct program *p, int *death)
{
    struct err setup = {0};
    struct doctor_options d = {
        .loop = p->loop,
        .env = aws_env_process(),
        .setup = &setup,
        .json = p->o.output && once_format_find(p->o.output) == ONCE_JSON,
    };
    if (program_connect(p, &setup) == 0)
        d.session = p->realm->session;
    return doctor_run(&d, death);
}

static int tail_options_of(const struct program *p, struct tail_options *t,
                           struct err *err)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    int output = LOG_OUTPUT_TEXT;
    if (p->o.output && (output = log_output_find(p->o.output)) < 0)
        return err_set(err, ERR_USAGE, "tail --output takes text or json, not "
                       "%s.", p->o.output);
    *t = (struct tail_options){
        .names = p->o.services,
        .n_names = p->o.n_services,
        .since = p->o.since,
        .filter = p->o.lines,
        .output = (enum log_output)output,
        .color = !p->o.no_color && !(no_color && *no_color) && term &&
                 strcmp(term, "dumb") != 0 && isatty(STDOUT_FILENO),
        .follow = p->o.follow,
        .until_stable = p->o.until_stable,
        .wait_ms = (p->o.wait_s < 0 ? 600 : p->o.wait_s) * 1000,
    };
    return tail_check(t, err);
}

int start_tail(struct program *p, int *death)
{
    struct err err = {0};
    struct tail_options t;
    if (tail_options_of(p, &t, &err) || program_connect(p, &err))
        return complain(&err);
    doubt_region(p);
    t.loop = p->loop;
    t.client = p->realm->client;
    t.store = p->realm->store;
    return tail_run(&t, death);
}

/* For `make bench`, and for whoever finds the dashboard slow. */
static void note_turns(const struct program *p)
{
    log_line(p->log, "loop: %llu turns, the longest %llu us, %llu us of CPU",
             (unsigned long long)loop_turns(p->loop),
             (unsigned long long)loop_longest_turn_us(p->loop),
             (unsigned long long)loop_longest_cpu_us(p->loop));
}

static void note_memory(struct program *p, struct store *s)
{
    struct store_sizes z = {0};
    if (!p->log || !s)
        return;
    store_measure(s, &z);
    log_line(p->log, "memory: %zu bytes in %zu services, %zu in %zu tasks, "
             "%zu in %zu strings they share", z.services.bytes, z.services.n,
             z.tasks.bytes, z.tasks.n, z.strings.bytes, z.strings.n);
}

int start_dashboard(struct program *p, const struct kind *kind, int *death)
{
    struct err err = {0};
    if (program_connect(p, &err))
        return complain(&err);
    const char *no_color = getenv("NO_COLOR");
    const char *delay = getenv("ESCDELAY");
    struct app_options ao = {
        .loop = p->loop,
        .clock = p->clock,
        .realm = p->realm_options,
        .first = p->realm,
        .asker = p->asker,
        .keymap = p->keymap,
        .theme = &p->theme,
        .config = &p->config,
        .log = p->log,
        .audit_path = p->audit_path,
        .history_path = p->history_path,
        .read_only = p->read_only,
        .still = p->test,
        .refresh_ms = (int64_t)(p->o.refresh_s * 1000),
        .log_buffer = p->config.log_buffer,
        .insecure = p->o.insecure && !p->o.demo,
        .mode = p->o.demo ? "DEMO" : NULL,
        .cluster = p->o.cluster,
        .service = p->o.service,
    };
    struct app_tty_options to = {
        .type = getenv("TERM"),
        .mono = p->o.no_color || (no_color && *no_color && !p->o.theme),
        .escape_ms = delay ? (int)strtol(delay, NULL, 10) : 25,
        .test = p->test,
        .in_tmux = getenv("TMUX") != NULL,
    };
    if (to.mono && theme_builtin(&p->theme, "mono", &err))
        return complain(&err);
    struct app *app = app_new(&ao);
    p->realm = NULL;
    asker_attach(p->asker, app);
    int status;
    struct app_tty *tty = NULL;
    if (app_start(app, kind, p->o.filter, &err) == 0)
        tty = app_tty_new(app, &to, &err);
    if (tty) {
        loop_run(p->loop);
        note_turns(p);
        note_memory(p, app->realm->store);
        status = app->exit_status;
        *death = app_tty_free(tty);
    } else {
        status = complain(&err);
    }
    app_free(app);
    return status;
}
