/* main: options, composition of the rooms, exit code. */
#include "backend/aws/budget.h"
#include "backend/base/clock.h"
#include "backend/base/fmt.h"
#include "backend/base/harden.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/nearest.h"
#include "backend/base/rng.h"
#include "backend/net/http.h"
#include "backend/net/loop.h"
#include "backend/sim/sim.h"
#include "tui/crash.h"
#include "views/app.h"
#include "views/app_tty.h"
#include "views/asker.h"
#include "views/completions.h"
#include "views/config.h"
#include "views/demo.h"
#include "views/doctor.h"
#include "views/exit_status.h"
#include "views/kind.h"
#include "views/manual.h"
#include "views/once.h"
#include "views/options.h"
#include "views/tail.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

/* Everything that main owns, in the order in which it is made. */
struct program {
    struct options o;
    struct config config;
    char *config_dir;
    char *audit_path;
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

static int complain(const struct err *err)
{
    fprintf(stderr, "ecsdash: %s\n", err->message);
    return exit_status_of(err);
}

static void report_mistake(void *arg, const struct err *err)
{
    (void)arg;
    fprintf(stderr, "ecsdash: %s\n", err->message);
}

/* What was printed has been taken: a full disk is no success. */
static int printed(void)
{
    struct err err = {0};
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_FINE;
    err_set_errno(&err, errno, "Standard output could not be written");
    return complain(&err);
}

static int print_version(void)
{
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
    printf("ecsdash %s\nlibcurl %s with %s, libuv %s, jansson %s\n",
           ECSDASH_VERSION, curl->version,
           curl->ssl_version ? curl->ssl_version : "no TLS",
           uv_version_string(), jansson_version_str());
    return printed();
}

/* The kind of rows that the first word names, NULL with err. */
static const struct kind *view_named(const char *word, struct err *err)
{
    const struct kind *k = kind_find(word);
    struct nearest n = nearest_to(word, strlen(word));
    if (k && k != &kind_containers)
        return k;
    if (k) {
        err_set(err, ERR_USAGE, "Containers belong to a task: start with "
                "tasks, and open one.");
        return NULL;
    }
    for (size_t i = 0; kinds[i]; i++)
        if (kinds[i] != &kind_containers)
            nearest_offer(&n, kinds[i]->name);
    nearest_offer(&n, "tail");
    nearest_offer(&n, "doctor");
    if (nearest_get(&n))
        err_set(err, ERR_USAGE, "There is no view %s; did you mean %s?", word,
                nearest_get(&n));
    else
        err_set(err, ERR_USAGE, "There is no view %s; there are services, "
                "tasks and clusters.", word);
    return NULL;
}

/* "127.0.0.1:0" into address and port. */
static int serve(const struct options *o)
{
    struct sim_options so = {.scenario = o->scenario,
                             .world = o->sim_world,
                             .faults = o->sim_faults,
                             .creds = o->sim_creds,
                             .deny = o->sim_deny,
                             .journal = o->sim_journal,
                             .seed = o->seed};
    struct err err = {0};
    char address[64];
    int64_t port;
    const char *colon = strrchr(o->sim_server, ':');
    if (!colon || colon == o->sim_server ||
        (size_t)(colon - o->sim_server) >= sizeof(address) ||
        fmt_parse_int(colon + 1, 0, 65535, &port)) {
        err_set(&err, ERR_USAGE, "--sim-server takes ADDR:PORT, for example "
                "127.0.0.1:0, not %s.", o->sim_server);
        return complain(&err);
    }
    snprintf(address, sizeof(address), "%.*s",
             (int)(colon - o->sim_server), o->sim_server);
    so.address = address;
    so.port = (int)port;
    if (o->sim_clock && sim_parse_clock(o->sim_clock, &so, &err))
        return complain(&err);
    return sim_serve(&so, false);
}

/* ---- set-up ---------------------------------------------------------- */

static int read_config(struct program *p, struct err *err)
{
    const struct options *o = &p->o;
    p->keymap = keymap_new_default();
    if (theme_builtin(&p->theme, "default", err))
        return -1;
    if (!o->demo) /* --demo reads no file of the user's */
        p->config_dir = config_dir(getenv("XDG_CONFIG_HOME"), getenv("HOME"));
    if (o->config || p->config_dir) {
        char *path = o->config ? xstrdup(o->config)
                               : xasprintf("%s/config", p->config_dir);
        config_read(&p->config, path, p->keymap, &p->theme, p->config_dir,
                    report_mistake, NULL);
        free(path);
    }
    if (o->theme && config_theme(&p->theme, p->config_dir, o->theme, err))
        return -1;
    if (o->keymap && config_keys(p->keymap, p->config_dir, o->keymap,
                                 report_mistake, NULL, err) < 0)
        return -1;
    if (p->config.read_only)
        p->read_only = "your config sets readonly";
    if (p->o.read_only)
        p->read_only = "it was started with --read-only";
    return 0;
}

/* Where mutations are written down; not for a simulated account. */
static void find_audit_path(struct program *p)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    char *dir = state && state[0] == '/' ? xstrdup(state)
                : home && home[0] == '/' ? xasprintf("%s/.local/state", home)
                                         : NULL;
    if (p->o.demo || !dir) {
        free(dir);
        return;
    }
    p->audit_path = xasprintf("%s/ecsdash/audit.log", dir);
    free(dir);
}

/* --demo: what the client needs comes from the child, not from the user's
 * environment. */
static const char *demo_env(void *arg, const char *name)
{
    const struct demo *d = arg;
    if (strcmp(name, "AWS_ACCESS_KEY_ID") == 0)
        return d->access_key;
    if (strcmp(name, "AWS_SECRET_ACCESS_KEY") == 0)
        return d->secret;
    if (strcmp(name, "AWS_REGION") == 0)
        return d->region;
    return NULL;
}

static int start_demo(struct program *p, struct err *err)
{
    const struct {
        const char *name, *value;
    } passed[] = {
        {"--sim-world", p->o.sim_world},
        {"--sim-clock", p->o.sim_clock},
        {"--sim-faults", p->o.sim_faults},
        {"--sim-creds", p->o.sim_creds},
        {"--sim-deny", p->o.sim_deny},
        {"--sim-journal", p->o.sim_journal},
    };
    char seed[48];
    const char *args[2 * ARRAY_LEN(passed) + 4];
    size_t n = 0;
    if (p->o.scenario) {
        static char scenario[80];
        snprintf(scenario, sizeof(scenario), "--demo=%s", p->o.scenario);
        args[n++] = scenario;
    }
    for (size_t i = 0; i < ARRAY_LEN(passed); i++) {
        if (!passed[i].value)
            continue;
        args[n++] = passed[i].name;
        args[n++] = passed[i].value;
    }
    if (p->o.seed) {
        snprintf(seed, sizeof(seed), "%llu", (unsigned long long)p->o.seed);
        args[n++] = "--seed";
        args[n++] = seed;
    }
    args[n] = NULL;
    return demo_start(&p->demo, args, err);
}

static int connect_aws(struct program *p, struct err *err)
{
    struct aws_session_options so = {
        .env = aws_env_process(),
        .endpoint_url = p->o.endpoint_url,
        .ask_metadata = !p->o.demo,
        .insecure = p->o.insecure,
        .read_only = p->read_only != NULL,
        .budget_percent = p->o.budget ? p->o.budget : p->config.budget,
        .budget_unlimited = p->o.unlimited ||
                            (!p->o.budget && p->config.unlimited),
    };
    if (p->o.demo) {
        if (start_demo(p, err))
            return -1;
        so.env = (struct aws_env){.get = demo_env, .arg = &p->demo};
        so.no_files = true;
        so.regions = sim_regions;
        so.endpoint_url = p->demo.endpoint;
    }
    p->asker = asker_new(p->loop);
    p->http = http_new(p->loop, err);
    if (!p->http)
        return -1;
    if (p->o.insecure)
        http_allow_plain(p->http);
    struct store_options sto = {
        .refresh_ms = p->o.refresh_s > 0 ? (int64_t)(p->o.refresh_s * 1000)
                      : p->config.refresh_ms ? p->config.refresh_ms
                                             : 5000,
        .hidden_ms = 30000,
        .keep_stopped = 2000};
    p->o.refresh_s = (double)sto.refresh_ms / 1000;
    p->realm_options = (struct realm_options){
        .loop = p->loop, .clock = p->clock, .rng = &p->rng, .http = p->http,
        .log = p->log,
        .aws = so, .store = sto, .ask = asker_ask(p->asker)};
    p->realm = realm_new(&p->realm_options, 1, p->o.profile, p->o.region, err);
    return p->realm ? 0 : -1;
}

/* ---- the ways to run --------------------------------------------- */

/* For what has no messages of its own. */
static void doubt_region(const struct program *p)
{
    char text[400];
    if (aws_session_region_doubt(p->realm->session, text, sizeof(text)))
        fprintf(stderr, "ecsdash: %s\n", text);
}

static int run_once(struct program *p, const struct kind *kind)
{
    doubt_region(p);
    struct once_options oo = {
        .loop = p->loop,
        .client = p->realm->client,
        .store = p->realm->store,
        .kind = kind ? kind : &kind_services,
        .filter = p->o.filter ? p->o.filter : p->o.service,
        .wait_ms = p->o.wait_s * 1000,
        .format = ONCE_TSV,
    };
    oo.query = (struct query){.kind = oo.kind->query,
                              .cluster = p->o.cluster};
    if (oo.kind == &kind_tasks) {
        oo.query.service = p->o.service;
        oo.filter = p->o.filter;
    }
    if (p->o.output)
        oo.format = (enum once_format)once_format_find(p->o.output);
    return once_run(&oo);
}

static int run_doctor(struct program *p)
{
    struct err setup = {0};
    struct doctor_options d = {
        .loop = p->loop,
        .env = aws_env_process(),
        .setup = &setup,
        .json = p->o.output && once_format_find(p->o.output) == ONCE_JSON,
    };
    if (connect_aws(p, &setup) == 0)
        d.session = p->realm->session;
    return doctor_run(&d);
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
    };
    return tail_check(t, err);
}

static int run_tail(struct program *p, int *death)
{
    struct err err = {0};
    struct tail_options t;
    if (tail_options_of(p, &t, &err) || connect_aws(p, &err))
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

static int run_dashboard(struct program *p, const struct kind *kind,
                         int *death)
{
    struct err err = {0};
    find_audit_path(p);
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

static int run(struct program *p, const struct kind *kind, int *death)
{
    struct err err = {0};
    const char *test = getenv("ECSDASH_TEST");
    int status;
    if (read_config(p, &err))
        return complain(&err);
    p->test = test && *test;
    p->clock = clock_new_real();
    if (p->test && strncmp(test, "frozen:", 7) == 0)
        clock_freeze_wall(p->clock, strtoll(test + 7, NULL, 10));
    rng_seed_os(&p->rng);
    p->log = log_open(p->o.log_file, p->clock, &err);
    if (p->log && !(p->loop = loop_new(p->clock)))
        err_set_errno(&err, errno, "The program can't wait for anything");
    if (!p->loop) {
        status = complain(&err);
    } else if (p->o.doctor) {
        status = run_doctor(p);
    } else if (p->o.tail) {
        status = run_tail(p, death);
    } else if (connect_aws(p, &err)) {
        status = complain(&err);
    } else if (p->o.once || !isatty(STDOUT_FILENO)) {
        status = run_once(p, kind);
    } else {
        status = run_dashboard(p, kind, death);
    }
    return status;
}

static void release(struct program *p)
{
    realm_free(p->realm);
    asker_free(p->asker);
    http_free(p->http);
    if (p->loop)
        loop_free(p->loop);
    log_close(p->log);
    clock_free(p->clock);
    if (p->demo.pid > 0)
        demo_stop(&p->demo);
    keymap_free(p->keymap);
    free(p->config_dir);
    free(p->audit_path);
}

/* A descriptor 0, 1 or 2 that is closed would be given to a socket. */
static void open_standard(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= 2);
    if (fd > 2)
        close(fd);
}

int main(int argc, char **argv)
{
    struct program p = {.demo = {.pid = -1, .out = -1}};
    struct err err = {0};
    const struct kind *kind = NULL;
    int death = 0;
    harden_process();
    open_standard();
    setlocale(LC_CTYPE, "");
    signal(SIGPIPE, SIG_IGN);
    /* One worker parses, in the heap that all threads share: what is freed in
     * a thread's own heap is not given back. */
    setenv("UV_THREADPOOL_SIZE", "1", 0);
    mallopt(M_ARENA_MAX, 1);
    if (options_parse(&p.o, argc, argv, &err))
        return complain(&err);
    if (p.o.help) {
        options_help(stdout, p.o.help_all);
        return printed();
    }
    if (p.o.version)
        return print_version();
    if (p.o.print_keys || p.o.print_man) {
        (p.o.print_keys ? manual_keys : manual_mdoc)(stdout);
        return printed();
    }
    if (p.o.completion)
        return completions_print(stdout, p.o.completion, &err) ? complain(&err)
                                                               : printed();
    if (p.o.output && !p.o.tail && once_format_find(p.o.output) < 0) {
        err_set(&err, ERR_USAGE, "--output takes table, tsv or json, not %s.",
                p.o.output);
        return complain(&err);
    }
    if (p.o.view && !(kind = view_named(p.o.view, &err)))
        return complain(&err);
    if (p.o.sim_faults && strcmp(p.o.sim_faults, "help") == 0) {
        sim_fault_help(stdout);
        return printed();
    }
    if (p.o.sim_server)
        return serve(&p.o);
    crash_install();
    int status = run(&p, kind, &death);
    release(&p);
    if (death) {
        signal(death, SIG_DFL);
        raise(death);
    }
    return status;
}
