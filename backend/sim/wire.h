/* wire.h - between the server and the operations: one call, its answer, the
 * table of operations. Internal to sim. */
#ifndef ECSDASH_SIM_WIRE_H
#define ECSDASH_SIM_WIRE_H

#include "backend/base/rng.h"
#include "backend/base/strbuf.h"
#include "backend/sim/sim.h"

#include <jansson.h>

struct sim_world;

/* What an operation works with and fills. */
struct sim_call {
    struct sim_world *world;
    const struct sim_op *op;
    int64_t now_ms;
    struct rng *rng;      /* of the wire: tokens, empty pages */
    uint64_t token_key;   /* tokens are opaque and bound to their request */
    json_t *in;           /* parameters; borrowed */
    json_t *out;          /* reply members; set by the operation */
    int status;           /* 200 unless fail() */
    const char *code;     /* error code, or NULL */
    char message[400];
};

enum sim_type { T_STRING, T_INT, T_BOOL, T_LIST, T_OBJECT };

struct sim_member {
    const char *name;
    enum sim_type type;
    bool required;
};

struct sim_op {
    const char *name;
    const struct sim_member *members; /* name NULL ends */
    void (*run)(struct sim_call *c);
};

extern const struct sim_op sim_ecs_ops[], sim_logs_ops[]; /* name NULL ends */

/* Set the error of a call (HTTP 400). */
void sim_fail(struct sim_call *c, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Unknown members, wrong types and missing ones are refused. 0/-1. */
int sim_check_members(struct sim_call *c, const struct sim_op *op);
const char *sim_in_text(const struct sim_call *c, const char *name);
/* maxResults/limit within 1..max; `def` when absent. -1 after sim_fail. */
int sim_in_page(struct sim_call *c, const char *name, int def, int max);
/* An opaque token for a position; bound to op and its scope text. */
char *sim_token(const struct sim_call *c, const char *scope, uint64_t pos);
/* Position of the token in member `name` (0 when absent); -1 after
 * sim_fail. */
int sim_in_token(struct sim_call *c, const char *name, const char *scope,
                 uint64_t *pos);
/* Members of a reply, left out when NULL, 0 ms or -1. */
void put_text(json_t *o, const char *key, const char *value);
void put_int(json_t *o, const char *key, int64_t value);
void put_time(json_t *o, const char *key, int64_t ms);

#endif
