/* sim.h - a simulated AWS account: a real HTTP/1.1 server on loopback that
 * speaks ECS and CloudWatch Logs (JSON 1.1) and STS (query XML), checks every
 * signature, enforces the real limits, and lives (world.h).
 *
 * It runs on the caller's loop (tests) or alone (`--sim-server`). It includes
 * nothing of the client: an independent reading of the wire. */
#ifndef ECSDASH_SIM_SIM_H
#define ECSDASH_SIM_SIM_H

#include "backend/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim;
struct sim_world;
struct uv_loop_s;
struct clock;

enum sim_clock_mode {
    SIM_CLOCK_REAL,
    SIM_CLOCK_FROZEN, /* stands at start_ms */
    SIM_CLOCK_SCALED, /* xN: N times as fast as real */
    SIM_CLOCK_DRIVEN  /* follows `clock` (tests) */
};

/* Strings are borrowed during sim_new only. */
struct sim_options {
    const char *scenario;   /* "default" when NULL */
    const char *world;      /* "clusters=3,services=250,...", or NULL */
    uint64_t seed;          /* 0 = 1 */
    enum sim_clock_mode mode;
    double scale;           /* SIM_CLOCK_SCALED */
    int64_t start_ms;       /* wall time at start; 0 = now */
    struct clock *clock;    /* SIM_CLOCK_DRIVEN */
    const char *address;    /* "127.0.0.1" when NULL; loopback only */
    int port;               /* 0 = any free one */
    const char *access_key, *secret; /* NULL = new random ones */
};

/* Listens at once. NULL with err (ERR_USAGE for a foreign address). */
struct sim *sim_new(struct uv_loop_s *loop, const struct sim_options *o,
                    struct err *err);
/* Begins to close every handle; memory goes with the last one, so that
 * running the loop to its end leaves nothing. */
void sim_free(struct sim *s);

const char *sim_endpoint(const struct sim *s); /* "http://127.0.0.1:PORT" */
const char *sim_access_key(const struct sim *s);
const char *sim_secret(const struct sim *s);
const char *sim_region(const struct sim *s);
struct sim_world *sim_world_of(struct sim *s);
int64_t sim_now(const struct sim *s); /* its wall clock */

/* What came in, oldest first; kept for tests, at most 100,000. */
struct sim_request {
    int64_t at_ms;      /* sim time */
    char operation[48]; /* "DescribeServices" */
    char *body;         /* as sent */
    int status;         /* answered; 0 = connection broken on purpose */
};
size_t sim_requests(const struct sim *s);
const struct sim_request *sim_request_at(const struct sim *s, size_t i);
size_t sim_count(const struct sim *s, const char *operation);
void sim_forget_requests(struct sim *s);

/* Faults: the next `count` requests that match meet this fate. */
enum sim_fault {
    FAULT_THROTTLE,      /* 400 ThrottlingException */
    FAULT_500,           /* 500 ServerException */
    FAULT_503_HTML,      /* 503 with an HTML page */
    FAULT_DENY,          /* 400 AccessDeniedException */
    FAULT_EXPIRED,       /* 400 ExpiredTokenException */
    FAULT_RESET_BEFORE,  /* connection reset, nothing applied */
    FAULT_RESET_AFTER,   /* applied, then reset without an answer */
    FAULT_TRUNCATE,      /* half a JSON body */
    FAULT_DELAY,         /* answered after delay_ms */
    FAULT_UNKNOWN_MEMBERS, /* extra members all over the reply */
    FAULT_N
};
/* operation NULL = every one; count < 0 = from now on. */
void sim_fault_add(struct sim *s, const char *operation, enum sim_fault f,
                   int skip, int count, int delay_ms);
void sim_fault_clear(struct sim *s);
/* Every answer waits that long (API latency for the bench). */
void sim_set_latency(struct sim *s, int ms);

/* `--sim-server`: its own loop until SIGTERM or SIGINT, of which it dies.
 * First line on stdout: JSON with endpoint, access_key_id,
 * secret_access_key, region. Returns an exit status. die_with_parent: end
 * when the parent does (--demo). */
int sim_serve(const struct sim_options *o, bool die_with_parent);
/* "real", "frozen", "frozen@2026-11-21T14:32:07Z", "x10". */
int sim_parse_clock(const char *text, struct sim_options *o, struct err *err);

#endif
