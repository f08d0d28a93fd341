/* sim_internal.h - the simulator's own state; shared by its files only. */
#ifndef ECSDASH_SIM_SIM_INTERNAL_H
#define ECSDASH_SIM_SIM_INTERNAL_H

#include "backend/base/rng.h"
#include "backend/sim/http.h"
#include "backend/sim/sim.h"
#include "backend/sim/wire.h"

#include <uv.h>

struct conn;

struct fault {
    char operation[48]; /* "" = every one */
    enum sim_fault kind;
    int skip, count; /* count < 0: for ever */
    int delay_ms;
};

struct sim {
    uv_loop_t *loop;
    uv_tcp_t listener;
    uv_timer_t tick;
    int handles; /* open ones; the memory goes with the last */
    bool dead;
    struct conn *conns;
    struct sim_world *world;
    enum sim_clock_mode mode;
    double scale;
    struct clock *clock;   /* driven */
    int64_t start_ms, real_start_ms;
    char endpoint[96], access_key[32], secret[48];
    struct rng rng;
    uint64_t token_key;
    struct sim_request *requests;
    size_t n_requests, cap_requests;
    struct fault *faults;
    size_t n_faults, cap_faults;
    int latency_ms;
};

/* What is to become of an answer besides its bytes. */
struct sim_fate {
    bool reset, close;
    int delay_ms;
};

int sim_listen(struct sim *s, const char *address, int port, struct err *err);
/* One whole request: checked, run, answered into out. */
void sim_handle(struct sim *s, const struct sim_http *r, struct strbuf *out,
                struct sim_fate *fate);

#endif
