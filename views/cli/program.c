#include "views/cli/program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/net/http.h"
#include "backend/net/loop.h"
#include "backend/sim/sim.h"
#include "keymaps/keymap.h"
#include "views/app/asker.h"

static void report_mistake(void *arg, const struct err *err)
{
    (void)arg;
    fprintf(stderr, "ecsdash: %s\n", err->message);
}

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

/* Where mutations and command lines are written down; not for a simulated account. */
static void find_state_files(struct program *p)
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
    p->history_path = xasprintf("%s/ecsdash/history", dir);
    free(dir);
}

int program_open(struct program *p, struct err *err)
{
    const char *test = getenv("ECSDASH_TEST");
    if (read_config(p, err))
        return -1;
    find_state_files(p);
    p->test = test && *test;
    p->clock = clock_new_real();
    if (p->test && strncmp(test, "frozen:", 7) == 0)
        clock_freeze_wall(p->clock, strtoll(test + 7, NULL, 10));
    rng_seed_os(&p->rng);
    p->log = log_open(p->o.log_file, p->clock, err);
    if (!p->log)
        return -1;
    p->loop = loop_new(p->clock);
    if (!p->loop)
        return err_set_errno(err, errno, "The program can't wait for anything");
    return 0;
}

int program_connect(struct program *p, struct err *err)
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
        if (demo_start(&p->demo, &p->o, err))
            return -1;
        so.env = demo_env(&p->demo);
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

void program_close(struct program *p)
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
    free(p->history_path);
}
