/* sim_internal.h - the simulator's own state; shared by its files only. */
#ifndef ECSDASH_SIM_SIM_INTERNAL_H
#define ECSDASH_SIM_SIM_INTERNAL_H

#include "backend/base/rng.h"
#include "backend/sim/http.h"
#include "backend/sim/sim.h"
#include "backend/sim/wire.h"

#include <uv.h>

struct sim_conn;

/* Numbers as in the text form, see sim_fault_parse(). */
struct fault {
    char pattern[64]; /* "*", "ListTasks", "ecs:*" */
    enum sim_fault kind;
    int skip, count; /* count < 0: for ever */
    int every, percent, from_s, for_s;
    int delay_ms;
    int turn; /* requests seen after the skipped ones */
};

struct sim {
    uv_loop_t *loop;
    uv_tcp_t listener;
    uv_timer_t tick;
    int handles; /* open ones; the memory goes with the last */
    bool dead;
    struct sim_conn *conns;
    int n_conns;
    struct sim_world *world;
    enum sim_clock_mode mode;
    double scale;
    struct clock *clock;   /* driven */
    int64_t start_ms, real_start_ms;
    char endpoint[96], access_key[32], secret[64], *session_token;
    void (*done)(void *arg);
    void *done_arg;
    struct rng rng;
    struct rng fault_rng; /* its own, so that faults leave the world alone */
    uint64_t token_key;
    struct sim_request *requests;
    size_t n_requests, cap_requests;
    bool no_log; /* nobody will read the requests */
    struct fault *faults;
    size_t n_faults, cap_faults;
    int latency_ms;
};

/* Before it becomes bytes. */
struct sim_reply {
    int status;
    const char *type;
    struct strbuf body;
};

/* What is to become of an answer besides its bytes. */
struct sim_ending {
    bool reset; /* nothing is sent */
    bool close; /* afterwards */
    bool cut;   /* half of it is sent */
    int delay_ms;
};

/* The fate that is due for this operation, or NULL; counts it. */
const struct fault *sim_fault_due(struct sim *s, const char *service,
                                  const char *operation);
/* Stars match anything; letters of either case are the same. */
bool sim_glob(const char *pattern, const char *text);
/* True when the fault answers instead of the operation. */
bool sim_fault_answer(const struct fault *f, struct sim_reply *out,
                      struct sim_ending *end);
void sim_put_error(struct sim_reply *r, int status, const char *code,
                   const char *message);
int64_t sim_real_ms(void);
int sim_listen(struct sim *s, const char *address, int port, struct err *err);
/* One whole request: checked, run, answered into out. */
void sim_handle(struct sim *s, const struct sim_http *r, struct strbuf *out,
                struct sim_ending *end);

#endif
