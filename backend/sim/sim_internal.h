/* sim_internal.h - the simulator's own state; shared by its files only. */
#ifndef ECSDASH_SIM_SIM_INTERNAL_H
#define ECSDASH_SIM_SIM_INTERNAL_H

#include "backend/base/rng.h"
#include "backend/sim/creds.h"
#include "backend/sim/http.h"
#include "backend/sim/sim.h"
#include "backend/sim/wire.h"

#include <uv.h>

struct sim_conn;
struct sim_live;

/* Numbers as in the text form, see sim_fault_parse(). */
struct fault {
    char pattern[64]; /* "*", "ListTasks", "ecs:*" */
    enum sim_fault kind;
    int skip, count; /* count < 0: for ever */
    int every, percent, from_s, for_s;
    int delay_ms;
    int bytes; /* of huge and bomb; 0 = their own idea */
    int by_s;  /* of clock */
    int turn; /* requests seen after the skipped ones */
};

struct sim_bucket {
    double tokens;
    int64_t at_ms;
    bool used;
};

struct sim {
    uv_loop_t *loop;
    uv_tcp_t listener;
    uv_timer_t tick;
    uv_timer_t reopen; /* of the listener, after the fault `refuse` */
    bool listening;
    struct sockaddr_storage at;
    int handles; /* open ones; the memory goes with the last */
    bool dead;
    struct sim_conn *conns;
    int n_conns;
    struct sim_world *world;   /* of the home account and region */
    struct sim_world **worlds; /* all that were asked for; the first is it */
    size_t n_worlds, cap_worlds;
    uint64_t seed;
    enum sim_clock_mode mode;
    double scale;
    struct clock *clock;   /* driven */
    int64_t start_ms, real_start_ms;
    char endpoint[96];
    struct sim_creds creds;
    char *deny;  /* patterns of denied actions, or NULL */
    int journal; /* -1 = none */
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
    int n_live; /* sessions of live tails */
    struct sim_bucket *buckets; /* a row of quota.c each; NULL = not yet */
};

/* What the caller asks for, and who he is. */
struct sim_ask {
    const struct sim_service_info *info; /* NULL = not known */
    const struct sim_op *op;
    const char *service, *name; /* for the log and the plan: "" and "?" */
    enum sim_protocol protocol;
    char claimed[132], region[32]; /* key id and region as they were sent */
    const struct sim_ident *who;   /* who signed it rightly */
    const struct fault *fault;     /* that meets it */
};

/* Before it becomes bytes. */
struct sim_reply {
    int status;
    enum sim_protocol protocol;
    const char *type;
    char id[37];
    struct strbuf headers, body;
    bool encoded; /* the body: leave it as it is */
    struct sim_live *live; /* the reply goes on; NULL = it does not */
};

/* What is to become of an answer besides its bytes. */
struct sim_ending {
    bool reset; /* nothing is sent */
    bool close; /* afterwards */
    bool cut;   /* half of it is sent */
    int delay_ms;
    int drip_bytes, drip_ms; /* piece by piece */
    int refuse_ms; /* nobody may connect for so long */
    struct sim_live *live; /* what follows; to be freed */
};

/* The fate that is due for this operation, or NULL; counts it. */
const struct fault *sim_fault_due(struct sim *s, const char *service,
                                  const char *operation);
/* "throttle"; "" of NULL. */
const char *sim_fault_name(const struct fault *f);
/* Takes a token of the bucket of "ecs:ListTasks"; true when there is none
 * left. percent: share of the quota that is ours. */
bool sim_quota_over(struct sim *s, const char *action, int percent);
/* Stars match anything; letters of either case are the same. */
bool sim_glob(const char *pattern, const char *text);
/* True when the fault answers instead of the operation. */
bool sim_fault_answer(struct sim *s, const struct sim_ask *ask,
                      struct sim_reply *out, struct sim_ending *end);
/* What it does to the parameters, the reply and its bytes (faults_body.c). */
void sim_fault_before(struct sim_call *c);
void sim_fault_reply(struct sim_call *c);
void sim_fault_body(struct sim *s, const struct fault *f,
                    struct sim_reply *out);
/* Shifts both clocks. */
void sim_fault_clock(const struct fault *f, int64_t *now_ms, int64_t *alt_ms);

/* In the shape of out->protocol; code as JSON services call it. */
void sim_put_error(struct sim_reply *out, int status, const char *code,
                   const char *message);
const char *sim_protocol_type(enum sim_protocol p);
/* May this role (NULL = the first key and the users) do it? */
bool sim_denied(const struct sim *s, const struct sim_role *role,
                const char *action);
/* Made when it is first asked for. */
struct sim_world *sim_world_at(struct sim *s, const char *account,
                               const char *region);
int sim_journal_open(struct sim *s, const char *path, struct err *err);
/* Logs one request. */
void sim_note(struct sim *s, const struct sim_ask *ask,
              const struct sim_http *r, int status);
int64_t sim_real_ms(void);
int sim_listen(struct sim *s, const char *address, int port, struct err *err);
/* One whole request: checked, run, answered into out. */
void sim_handle(struct sim *s, const struct sim_http *r, struct strbuf *out,
                struct sim_ending *end);

#endif
