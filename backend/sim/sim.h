/* sim.h - a simulated AWS account: a real HTTP/1.1 server on loopback that
 * speaks ECS and CloudWatch Logs (JSON 1.1), STS and IAM (query XML), the SSO
 * portal and its token service, AWS Sign-In, and the metadata services that
 * give out credentials; checks every signature, enforces the real limits, and lives
 * (world.h). Two accounts with three regions each; the role decides about the
 * account, the scope of the signature about the region.
 *
 * It runs on the caller's loop (tests) or alone (`--sim-server`). It includes
 * nothing of the client: an independent reading of the wire. */
#ifndef ECSDASH_SIM_SIM_H
#define ECSDASH_SIM_SIM_H

#include "backend/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

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
    const char *session_token; /* NULL = none, and one sent is refused */
    const char *faults;  /* see sim_fault_parse(); NULL = none */
    const char *creds;   /* "ttl=60,...", see below; or NULL */
    const char *deny;    /* "ecs:UpdateService,logs:*": nobody may; or NULL */
    const char *journal; /* file for a line of JSON a request, or NULL */
};

/* Listens at once. NULL with err (ERR_USAGE for a foreign address). SIGPIPE
 * must be ignored in the process. */
struct sim *sim_new(struct uv_loop_s *loop, const struct sim_options *o,
                    struct err *err);
/* Begins to close every handle; memory goes with the last one, so that
 * running the loop to its end leaves nothing. */
void sim_free(struct sim *s); /* NULL is fine */
/* The same; done (may be NULL) runs when the last handle is closed. */
void sim_close(struct sim *s, void (*done)(void *arg), void *arg);

const char *sim_endpoint(const struct sim *s); /* "http://127.0.0.1:PORT" */
const char *sim_access_key(const struct sim *s);
const char *sim_secret(const struct sim *s);
const char *sim_region(const struct sim *s);
/* All that each account has; the first is home. NULL ends. */
extern const char *const sim_regions[];
struct sim_world *sim_world_of(struct sim *s); /* of the home account */
/* The first line of --sim-server: JSON, heap. */
char *sim_describe(const struct sim *s);
/* Denies these actions from now on; NULL = none. */
void sim_set_deny(struct sim *s, const char *patterns);
int64_t sim_now(const struct sim *s); /* its wall clock */

/* What came in, oldest first; all are forgotten at the 100,000th. */
struct sim_request {
    int64_t at_ms;      /* sim time */
    char operation[48]; /* "DescribeServices"; "?" = not understood */
    char service[32];   /* of the credential scope, "" unless verified */
    char access_key[32]; /* that signed rightly, or "" */
    char region[32];     /* as it was sent */
    char account[16];    /* of the key that signed */
    char *body;         /* as sent, its first 64 KiB */
    int status;         /* answered; 0 = connection broken on purpose */
};
size_t sim_requests(const struct sim *s);
const struct sim_request *sim_request_at(const struct sim *s, size_t i);
size_t sim_count(const struct sim *s, const char *operation);
void sim_forget_requests(struct sim *s);

/* Faults: the next `count` requests that match meet this fate. The first
 * group answers (or breaks) before the signature is looked at. */
enum sim_fault {
    FAULT_THROTTLE,     /* throttle: 400 ThrottlingException */
    FAULT_QUOTA,        /* quota: the same, but only to what goes beyond AWS's
                           token buckets, of which p=PERCENT are free */
    FAULT_500,          /* 500: 500 ServerException */
    FAULT_503_HTML,     /* 503: an HTML page */
    FAULT_HTML,         /* html: 200 with an HTML page, as of a login portal */
    FAULT_DENY,         /* deny: 400 AccessDeniedException */
    FAULT_EXPIRED,      /* expired: 400 ExpiredTokenException; metadata gives
                           credentials whose end has passed */
    FAULT_SKEW,         /* skew: 400 InvalidSignatureException, "expired" */
    FAULT_IDP,          /* idp: 400 IDPCommunicationError */
    FAULT_REDIRECT,     /* redirect: 307 to the service `elsewhere` */
    FAULT_RESET_BEFORE, /* reset-before: connection reset, nothing applied */
    FAULT_REFUSE,       /* refuse: the same, and nobody can connect for ms */

    FAULT_RESET_AFTER,  /* reset-after: applied, then reset unanswered */
    FAULT_WRONG,        /* wrong: credentials with a false secret; elsewhere
                           400 UnrecognizedClientException */
    FAULT_TRUNCATE,     /* truncate: half of the body, well framed */
    FAULT_CUT,          /* cut: the connection ends amid the answer */
    FAULT_DRIP,         /* drip: bytes by bytes, ms apart */
    FAULT_DELAY,        /* delay: answered after delay_ms, else right */
    FAULT_MALFORMED,    /* malformed: no JSON or XML any more */
    FAULT_TYPES,        /* types: half of the values have another type */
    FAULT_NULLS,        /* nulls: half of the members are null */
    FAULT_ENUMS,        /* enums: words that nobody knows yet */
    FAULT_UNKNOWN_MEMBERS, /* unknown: extra members all over the reply */
    FAULT_HUGE,         /* huge: bytes of blanks in front */
    FAULT_BOMB,         /* bomb: the same, gzipped to a thousandth */
    FAULT_LOOP,         /* loop: the first page again, with the same token */
    FAULT_ENDLESS,      /* endless: the same, each time with a new token */
    FAULT_CHANGE,       /* change: after this, things come and go */
    FAULT_CLOCK,        /* clock: the server's clock is `by` seconds ahead */
    FAULT_LIVE_END,     /* live-end: a live tail times out after ms */
    FAULT_LIVE_ERROR,   /* live-error: ends with SessionStreamingException */
    FAULT_LIVE_RESET,   /* live-reset: its connection is reset after ms */
    FAULT_LIVE_MUTE,    /* live-mute: it says nothing after ms */
    FAULT_LIVE_SAMPLE,  /* live-sample: bytes=N events an update at most */
    FAULT_N
};
/* operation is a pattern, NULL = every one; the first `skip` that match pass;
 * count < 0 = from then on. delay_ms is waited before any of them. */
void sim_fault_add(struct sim *s, const char *operation, enum sim_fault f,
                   int skip, int count, int delay_ms);
void sim_fault_clear(struct sim *s);
/* A plan as text: FAULT[:ACTION][:KEY=N...], and more of them after commas,
 * e.g. "throttle:ecs:List*:skip=2:count=3,delay:ms=500:count=all". FAULT is
 * the name above; ACTION an operation or a pattern, with its service before a
 * colon or not (none or * = every one). Of the requests that match inside the
 * window from=SECONDS (0) for=SECONDS (no end) of the simulator's clock, skip=N
 * (0) pass, then each every=N-th (1) meets it with probability p=PERCENT (100,
 * by the seed), count=N (1, or all) times in all; ms=N (0) is waited. bytes=N
 * is for huge, bomb and drip, by=SECONDS for clock. The first fault of the
 * plan that is due wins. */
int sim_fault_parse(struct sim *s, const char *spec, struct err *err);
void sim_fault_help(FILE *out);
/* What `creds` takes: KEY=N with commas. ttl: seconds that credentials live
 * which are given out (what was asked for); told: what is said of that (the
 * truth); key: life of the first key (for ever); sso: of an SSO token (8 h);
 * no-imds-v1=1, no-imds-v2=1. A call signed with what has expired is answered
 * ExpiredTokenException. */
/* Every answer waits that long (API latency for the bench). */
void sim_set_latency(struct sim *s, int ms);

/* `--sim-server`: its own loop until SIGTERM or SIGINT, of which it dies.
 * First line on stdout: JSON with endpoint, access_key_id,
 * secret_access_key, region, and what tests of credentials need: account,
 * accounts, regions, keys (more long-term ones), roles, imds_endpoint,
 * container_uri, container_token, process_uri, web_identity_token, and of SSO
 * sso_token, refresh_token, client_id, client_secret, and of AWS Sign-In
 * login_session, login_client_id, login_refresh_token, login_dpop_key. Returns
 * an exit status.
 * die_with_parent: end when the parent does (--demo). */
int sim_serve(const struct sim_options *o, bool die_with_parent);
/* "real", "frozen", "frozen@2026-11-21T14:32:07Z", "x10". */
int sim_parse_clock(const char *text, struct sim_options *o, struct err *err);
/* "127.0.0.1:0": the address goes into that buffer, which o borrows. */
enum { SIM_ADDRESS_SIZE = 64 };
int sim_parse_listen(const char *text, char address[SIM_ADDRESS_SIZE],
                     struct sim_options *o, struct err *err);

#endif
