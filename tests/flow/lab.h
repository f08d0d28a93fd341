/* lab.h - the whole app without a terminal: the real client against the
 * simulator on the same loop, whose clock is driven. Static inline, since each
 * test is a program of its own. What went out is read from the simulator's
 * list of requests. */
#ifndef ECSDASH_TESTS_FLOW_LAB_H
#define ECSDASH_TESTS_FLOW_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/rng.h"
#include "backend/net/http.h"
#include "backend/net/loop.h"
#include "backend/sim/sim.h"
#include "backend/sim/world.h"
#include "keymaps/keyspec.h"
#include "views/app/app.h"
#include "views/app/asker.h"
#include "views/app/config.h"
#include "views/kind.h"

#define WALL 1795271527000 /* 2026-11-21T14:32:07Z */

struct lab {
    struct clock *clock;
    struct loop *loop;
    struct rng rng;
    struct sim *sim;
    struct sim *second;   /* of profile "second"; NULL unless asked for */
    bool early; /* lab_open() returns before anything has come */
    const char *endpoint; /* a server that is no simulator; or NULL */
    char *container_uri, *container_token; /* instead of keys; or NULL */
    char *aws_config;     /* path; NULL = no files are read */
    struct http *http;
    struct asker *asker;
    struct keymap *keymap;
    struct theme theme;
    struct config config;
    struct log *log;
    struct app *app;
    char dir[64];
    char *audit;
};

static inline const char *lab_env(void *arg, const char *name)
{
    struct lab *l = arg;
    if (strcmp(name, "AWS_EC2_METADATA_DISABLED") == 0)
        return "true";
    if (l->aws_config) {
        if (strcmp(name, "AWS_CONFIG_FILE") == 0)
            return l->aws_config;
        return strcmp(name, "AWS_SHARED_CREDENTIALS_FILE") == 0 ? "/dev/null"
                                                                 : NULL;
    }
    if (l->container_uri)
        return strcmp(name, "AWS_CONTAINER_CREDENTIALS_FULL_URI") == 0
                   ? l->container_uri
               : strcmp(name, "AWS_CONTAINER_AUTHORIZATION_TOKEN") == 0
                   ? l->container_token
                   : NULL;
    if (l->endpoint)
        return strncmp(name, "AWS_ACCESS_KEY_ID", 17) == 0 ||
                       strncmp(name, "AWS_SECRET_ACCESS_KEY", 21) == 0
                   ? "AKIAEXAMPLE"
                   : NULL;
    if (strcmp(name, "AWS_ACCESS_KEY_ID") == 0)
        return sim_access_key(l->sim);
    if (strcmp(name, "AWS_SECRET_ACCESS_KEY") == 0)
        return sim_secret(l->sim);
    return NULL;
}

static inline int set_up(void **state)
{
    struct lab *l = xcalloc(1, sizeof(*l));
    struct err err = {0};
    setlocale(LC_CTYPE, "C.UTF-8");
    signal(SIGPIPE, SIG_IGN);
    snprintf(l->dir, sizeof(l->dir), "/tmp/ecsdash-mutate-XXXXXX");
    assert_non_null(mkdtemp(l->dir));
    l->audit = xasprintf("%s/audit.log", l->dir);
    l->clock = clock_new_driven(WALL);
    l->loop = loop_new(l->clock);
    rng_seed(&l->rng, 1);
    l->log = log_open(NULL, l->clock, &err);
    l->keymap = keymap_new_default();
    assert_int_equal(theme_builtin(&l->theme, "default", &err), 0);
    *state = l;
    return 0;
}

static inline void settle(struct lab *l)
{
    /* Delay-0 timers fire only when driven. */
    clock_advance(l->clock, 10);
    assert_true(loop_until_idle(l->loop, 5000));
}

static inline void paint(struct lab *l)
{
    app_draw(l->app, 40, 120);
    app_painted(l->app);
}

static inline void pass(struct lab *l, int ms)
{
    for (; ms > 0; ms -= 500) {
        clock_advance(l->clock, 500);
        assert_true(loop_until_idle(l->loop, 5000));
        paint(l);
    }
}

static inline struct sim *lab_sim(struct lab *l, const char *scenario,
                                  uint64_t seed)
{
    struct err err = {0};
    struct sim_options so = {.scenario = scenario, .seed = seed,
                             .mode = SIM_CLOCK_DRIVEN, .clock = l->clock};
    struct sim *s = sim_new(loop_uv(l->loop), &so, &err);
    assert_non_null(s);
    return s;
}

/* Opens the dashboard over the rows of `kind` that match `filter`: on l->sim,
 * which is made when there is none; in the profile `profile` when the lab has
 * files. */
static inline void lab_open(struct lab *l, const char *profile,
                            bool read_only, const struct kind *kind,
                            const char *filter, const char *cluster)
{
    struct err err = {0};
    l->http = http_new(l->loop, &err);
    assert_non_null(l->http);
    l->asker = asker_new(l->loop);
    struct app_options o = {
        .loop = l->loop, .clock = l->clock,
        .realm = {.loop = l->loop, .clock = l->clock, .rng = &l->rng,
                  .http = l->http,
                  .aws = {.env = {lab_env, l}, .no_files = !l->aws_config,
                          .endpoint_url = l->aws_config ? NULL
                                          : l->endpoint ? l->endpoint
                                                  : sim_endpoint(l->sim),
                          .read_only = read_only, .budget_unlimited = true},
                  .store = {.refresh_ms = 5000, .hidden_ms = 30000,
                            .keep_stopped = 200, .seed = 1},
                  .ask = asker_ask(l->asker)},
        .asker = l->asker,
        .keymap = l->keymap, .theme = &l->theme, .config = &l->config,
        .log = l->log, .audit_path = l->audit,
        .read_only = read_only ? "it was started with --read-only" : NULL,
        .refresh_ms = 5000, .cluster = cluster};
    o.first = realm_new(&o.realm, 1, profile,
                        l->aws_config ? NULL
                        : l->endpoint ? "eu-west-1"
                                      : sim_region(l->sim), &err);
    if (!o.first)
        fail_msg("%s", err.message);
    l->app = app_new(&o);
    asker_attach(l->asker, l->app);
    assert_int_equal(app_start(l->app, kind, filter, &err), 0);
    if (l->early)
        return;
    settle(l);
    pass(l, 3000);
}

static inline void open_app(struct lab *l, const char *scenario,
                            bool read_only, const struct kind *kind,
                            const char *filter)
{
    l->sim = lab_sim(l, scenario, 7);
    lab_open(l, NULL, read_only, kind, filter, "prod-main");
    assert_true(l->early || l->app->realm->identity_known);
}

static inline int tear_down(void **state)
{
    struct lab *l = *state;
    app_free(l->app);
    http_free(l->http);
    asker_free(l->asker);
    sim_free(l->sim);
    sim_free(l->second);
    loop_free(l->loop);
    log_close(l->log);
    clock_free(l->clock);
    keymap_free(l->keymap);
    unlink(l->audit);
    if (l->aws_config)
        unlink(l->aws_config);
    rmdir(l->dir);
    free(l->aws_config);
    free(l->audit);
    free(l);
    return 0;
}

/* A key that arrives before the next frame. */
static inline void raw_key(struct lab *l, const char *spec)
{
    struct key k = {0};
    assert_int_equal(keyspec_parse(spec, &k, NULL), 0);
    app_key(l->app, k);
}

/* A key of a person who sees what it does. */
static inline void key(struct lab *l, const char *spec)
{
    paint(l);
    raw_key(l, spec);
    paint(l);
}

static inline void type(struct lab *l, const char *text)
{
    for (; *text; text++) {
        paint(l);
        app_key(l->app, (struct key){.code = (unsigned char)*text});
    }
    paint(l);
}

/* To the button, and press it. */
static inline void confirm(struct lab *l)
{
    for (int i = 0; i < 4 && l->app->dialog.focus != DIALOG_ON_CONFIRM; i++)
        key(l, "<Tab>");
    assert_int_equal(l->app->dialog.focus, DIALOG_ON_CONFIRM);
    key(l, "<Enter>");
}

static inline void confirm_typed(struct lab *l, const char *name)
{
    assert_int_equal(l->app->dialog.field, DIALOG_TYPED);
    type(l, name);
    confirm(l);
}

static inline void set_number(struct lab *l, const char *text)
{
    assert_int_equal(l->app->dialog.field, DIALOG_NUMBER);
    for (int i = 0; i < 5; i++)
        key(l, "<Backspace>");
    type(l, text);
}

static inline bool said(const struct lab *l, const char *text)
{
    for (size_t i = 0; i < l->app->messages.n; i++)
        if (strstr(l->app->messages.items[i].text, text))
            return true;
    return false;
}

static inline void assert_said(const struct lab *l, const char *text)
{
    if (said(l, text))
        return;
    for (size_t i = 0; i < l->app->messages.n; i++)
        print_message("  said: %s\n", l->app->messages.items[i].text);
    fail_msg("nobody said \"%s\"", text);
}

static inline bool asks(const struct lab *l, const char *text)
{
    const struct dialog *d = &l->app->dialog;
    for (size_t i = 0; d->open && i < d->n_lines; i++)
        if (strstr(d->lines[i].value, text))
            return true;
    return false;
}

static inline void assert_asks(const struct lab *l, const char *text)
{
    const struct dialog *d = &l->app->dialog;
    if (asks(l, text))
        return;
    for (size_t i = 0; d->open && i < d->n_lines; i++)
        print_message("  %s: %s\n", d->lines[i].label, d->lines[i].value);
    fail_msg("the dialog does not say \"%s\"", text);
}

static inline size_t mutations(const struct lab *l)
{
    return sim_count(l->sim, "UpdateService") + sim_count(l->sim, "StopTask");
}

/* One of a way: "CLUSTERS" (which has no key), or a key. */
static inline void step(struct lab *l, const char *name)
{
    if (strcmp(name, "CLUSTERS") == 0)
        app_command(l->app, "clusters");
    else
        key(l, name);
}

/* All over again, from the services of one cluster. */
static inline void to_services(struct lab *l, const char *filter)
{
    struct query q = {.kind = kind_services.query, .cluster = "prod-main"};
    struct err err = {0};
    struct view *v = table_view_new(l->app, &kind_services, &q);
    assert_int_equal(table_view_set_filter(v, filter, &err), 0);
    app_root(l->app, v);
    settle(l);
}

#endif
