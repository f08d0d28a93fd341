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

static void random_key(char *out, const char *head, size_t n)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    unsigned char bytes[64];
    size_t k = strlen(head);
    rng_os_bytes(bytes, sizeof(bytes));
    memcpy(out, head, k);
    for (size_t i = k; i < n; i++)
        out[i] = letters[bytes[i] & 31];
    out[n] = '\0';
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
    random_key(s->access_key, "AKIA", 20);
    random_key(s->secret, "", 40);
    if (o->access_key)
        snprintf(s->access_key, sizeof(s->access_key), "%s", o->access_key);
    if (o->secret)
        snprintf(s->secret, sizeof(s->secret), "%s", o->secret);
    s->session_token = xstrdup(o->session_token);
    struct world_options wo = {.scenario = o->scenario,
                               .spec = o->world,
                               .seed = o->seed ? o->seed : 1,
                               .now_ms = s->start_ms};
    s->world = world_new(&wo, err);
    if (!s->world || (o->faults && sim_fault_parse(s, o->faults, err)) ||
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
    return s->access_key;
}

const char *sim_secret(const struct sim *s)
{
    return s->secret;
}

const char *sim_region(const struct sim *s)
{
    return s->world->region;
}

struct sim_world *sim_world_of(struct sim *s)
{
    return s->world;
}

/* ---- request log ------------------------------------------------------ */

size_t sim_requests(const struct sim *s)
{
    return s->n_requests;
}

const struct sim_request *sim_request_at(const struct sim *s, size_t i)
{
    return i < s->n_requests ? &s->requests[i] : NULL;
}

size_t sim_count(const struct sim *s, const char *operation)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_requests; i++)
        n += strcmp(s->requests[i].operation, operation) == 0;
    return n;
}

void sim_forget_requests(struct sim *s)
{
    for (size_t i = 0; i < s->n_requests; i++)
        free(s->requests[i].body);
    s->n_requests = 0;
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
    printf("{\"endpoint\":\"%s\",\"access_key_id\":\"%s\","
           "\"secret_access_key\":\"%s\",\"region\":\"%s\"}\n",
           s->endpoint, s->access_key, s->secret, s->world->region);
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
