/* The simulator as a whole: options, clock, keys, request log, and the server
 * that runs alone. */
#include "backend/sim/sim_internal.h"

#include "backend/base/clock.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/sim/world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

int64_t sim_real_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t sim_now(const struct sim *s)
{
    switch (s->mode) {
    case SIM_CLOCK_FROZEN:
        return s->start_ms;
    case SIM_CLOCK_SCALED:
        return s->start_ms +
               (int64_t)((double)(sim_real_ms() - s->real_start_ms) * s->scale);
    case SIM_CLOCK_DRIVEN:
        return clock_wall_ms(s->clock);
    case SIM_CLOCK_REAL:
        break;
    }
    return s->start_ms + sim_real_ms() - s->real_start_ms;
}

int sim_parse_clock(const char *text, struct sim_options *o, struct err *err)
{
    char *end;
    if (strncmp(text, "frozen", 6) == 0 &&
        (text[6] == '\0' || (text[6] == '@' &&
                             fmt_parse_iso(text + 7, &o->start_ms) == 0))) {
        o->mode = SIM_CLOCK_FROZEN;
        return 0;
    }
    if (text[0] == 'x') {
        o->scale = strtod(text + 1, &end);
        o->mode = SIM_CLOCK_SCALED;
        if (end > text + 1 && !*end && o->scale > 0 && o->scale <= 10000)
            return 0;
    }
    if (strcmp(text, "real") == 0)
        return 0;
    return err_set(err, ERR_USAGE, "--sim-clock takes real, frozen, "
                   "frozen@TIME or xN, not %s.", text);
}

int sim_parse_listen(const char *text, char address[SIM_ADDRESS_SIZE],
                     struct sim_options *o, struct err *err)
{
    const char *colon = strrchr(text, ':');
    int64_t port;
    if (!colon || colon == text || colon - text >= SIM_ADDRESS_SIZE ||
        fmt_parse_int(colon + 1, 0, 65535, &port))
        return err_set(err, ERR_USAGE, "--sim-server takes ADDR:PORT, for "
                       "example 127.0.0.1:0, not %s.", text);
    snprintf(address, SIM_ADDRESS_SIZE, "%.*s", (int)(colon - text), text);
    o->address = address;
    o->port = (int)port;
    return 0;
}

static void add_world(struct sim *s, struct sim_world *w)
{
    s->worlds = xgrow(s->worlds, &s->cap_worlds, s->n_worlds + 1,
                      sizeof(*s->worlds));
    s->worlds[s->n_worlds++] = w;
}

struct sim_world *sim_world_at(struct sim *s, const char *account,
                               const char *region)
{
    struct err err;
    for (size_t i = 0; i < s->n_worlds; i++)
        if (strcmp(s->worlds[i]->account, account) == 0 &&
            strcmp(s->worlds[i]->region, region) == 0)
            return s->worlds[i];
    struct world_options o = {.elsewhere = true, .account = account,
                              .region = region, .seed = s->seed,
                              .now_ms = s->start_ms};
    add_world(s, world_new(&o, &err)); /* cannot fail: no text is parsed */
    return s->worlds[s->n_worlds - 1];
}

bool sim_denied(const struct sim *s, const struct sim_role *role,
                const char *action)
{
    return sim_listed(s->deny, action) ||
           (role && sim_listed(role->deny, action));
}

void sim_set_deny(struct sim *s, const char *patterns)
{
    free(s->deny);
    s->deny = xstrdup(patterns);
}

struct sim *sim_new(struct uv_loop_s *loop, const struct sim_options *o,
                    struct err *err)
{
    struct sim *s = xcalloc(1, sizeof(*s));
    s->loop = loop;
    s->mode = o->mode;
    s->scale = o->scale;
    s->clock = o->clock;
    s->real_start_ms = sim_real_ms();
    s->start_ms = o->start_ms                     ? o->start_ms
                  : o->mode == SIM_CLOCK_DRIVEN   ? clock_wall_ms(o->clock)
                                                  : s->real_start_ms;
    rng_seed(&s->rng, o->seed ? o->seed : 1);
    s->token_key = rng_next(&s->rng);
    rng_seed(&s->fault_rng, s->token_key ^ 0xfa17);
    s->seed = o->seed ? o->seed : 1;
    s->journal = -1;
    s->deny = xstrdup(o->deny);
    if (o->creds && sim_lives_parse(&s->creds.lives, o->creds, err)) {
        sim_free(s);
        return NULL;
    }
    sim_creds_init(s, o);
    struct world_options wo = {.scenario = o->scenario,
                               .spec = o->world,
                               .seed = s->seed,
                               .now_ms = s->start_ms};
    s->world = world_new(&wo, err);
    if (s->world)
        add_world(s, s->world);
    if (!s->world || (o->journal && sim_journal_open(s, o->journal, err)) ||
        (o->faults && sim_fault_parse(s, o->faults, err)) ||
        sim_listen(s, o->address ? o->address : "127.0.0.1", o->port, err)) {
        sim_free(s);
        return NULL;
    }
    return s;
}

const char *sim_endpoint(const struct sim *s)
{
    return s->endpoint;
}

const char *sim_access_key(const struct sim *s)
{
    return s->creds.home->key;
}

const char *sim_secret(const struct sim *s)
{
    return s->creds.home->secret;
}

const char *sim_region(const struct sim *s)
{
    return s->world->region;
}

struct sim_world *sim_world_of(struct sim *s)
{
    return s->world;
}

/* ---- alone ----------------------------------------------------------- */

struct server {
    uv_signal_t term, in;
    int death;
};

static void on_signal(uv_signal_t *h, int num)
{
    struct server *sv = h->data;
    sv->death = num;
    uv_stop(h->loop);
}

int sim_serve(const struct sim_options *o, bool die_with_parent)
{
    uv_loop_t loop;
    struct server sv = {.death = 0};
    struct err err = {0};
    signal(SIGPIPE, SIG_IGN); /* a client may leave amid its answer */
    if (die_with_parent)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    uv_loop_init(&loop);
    struct sim *s = sim_new(&loop, o, &err);
    if (!s) {
        fprintf(stderr, "ecsdash: %s\n", err.message);
        uv_run(&loop, UV_RUN_DEFAULT);
        uv_loop_close(&loop);
        return err.code == ERR_USAGE ? 2 : 1;
    }
    s->no_log = true;
    char *first = sim_describe(s);
    puts(first);
    free(first);
    fflush(stdout);
    uv_signal_init(&loop, &sv.term);
    uv_signal_init(&loop, &sv.in);
    sv.term.data = sv.in.data = &sv;
    uv_signal_start(&sv.term, on_signal, SIGTERM);
    uv_signal_start(&sv.in, on_signal, SIGINT);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&sv.term, NULL);
    uv_close((uv_handle_t *)&sv.in, NULL);
    sim_free(s);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    if (sv.death) {
        signal(sv.death, SIG_DFL);
        raise(sv.death);
    }
    return 0;
}
