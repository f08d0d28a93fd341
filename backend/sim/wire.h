/* wire.h - between the server and the operations: one call, its answer, the
 * tables of operations, pages and tokens. Internal to sim. */
#ifndef ECSDASH_SIM_WIRE_H
#define ECSDASH_SIM_WIRE_H

#include "backend/base/rng.h"
#include "backend/base/strbuf.h"
#include "backend/sim/world.h"

#include <jansson.h>

struct sim;
struct sim_http;
struct sim_ident;
struct fault;
struct sim_op;
struct sim_live;

/* What an operation works with and fills. */
struct sim_call {
    struct sim *sim;
    struct sim_world *world; /* of the caller's account and region */
    const struct sim_op *op;
    const struct sim_http *http;
    const struct sim_ident *who; /* signed it; NULL in an open operation */
    const struct fault *fault;   /* that meets it, or NULL */
    const char *region;
    struct strbuf *headers;      /* of the reply: whole lines with \r\n */
    int64_t now_ms;
    struct rng *rng;    /* of the wire: empty pages */
    uint64_t token_key;
    json_t *in;         /* parameters, checked against the table; borrowed */
    json_t *out;        /* reply: an empty object to be filled */
    struct sim_live *live; /* set by an operation whose reply goes on */
    int status;         /* 200 unless sim_fail() */
    const char *code;   /* error code, or NULL */
    char message[400];
};

enum sim_type { T_STRING, T_INT, T_BOOL, T_STRINGS, T_LIST, T_OBJECT };

struct sim_member {
    const char *name;
    enum sim_type type;
    bool required;
};

struct sim_op {
    const char *name;
    const struct sim_member *members; /* name NULL ends */
    void (*run)(struct sim_call *c);
    const char *path; /* "GET /a/b"; a * at its end takes any rest */
    bool open;        /* asked without a signature */
    bool gives;       /* credentials, which faults may spoil */
    const char *action; /* for IAM, when it is not service:name; "" = free */
};

/* How a service is spoken to. */
enum sim_protocol {
    P_JSON, /* 1.1; key is the prefix of X-Amz-Target */
    P_JSON10,
    P_QUERY, /* key is the Version */
    P_EC2,
    P_SSO,  /* rest-json; operations have a path */
    P_OIDC,
    P_SIGNIN,
    P_TEXT, /* plain answers, or JSON that is not rest-json */
    P_N
};

/* Adding a service is one line in the table of services.c. */
struct sim_service_info {
    const char *name; /* of the signing scope, the log and the fault plan */
    const char *iam;  /* its prefix in IAM actions */
    enum sim_protocol protocol;
    const char *key;
    const struct sim_op *ops; /* name NULL ends */
    const char *xmlns, *region; /* region: the only one; NULL = any */
};
extern const struct sim_service_info sim_services[]; /* name NULL ends */
extern const struct sim_op sim_ecs_ops[], sim_logs_ops[], sim_sts_ops[],
    sim_iam_ops[], sim_sso_ops[], sim_oidc_ops[], sim_login_ops[],
    sim_imds_ops[],
    sim_container_ops[], sim_process_ops[], sim_elsewhere_ops[];

/* Set the error of a call (HTTP 400). */
void sim_fail(struct sim_call *c, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with another status. */
#define sim_fail_as(c, http, ...) \
    (sim_fail((c), __VA_ARGS__), (void)((c)->status = (http)))
/* Another header of the reply. */
void sim_put_header(struct sim_call *c, const char *name, const char *value);
/* Unknown members, wrong types and missing ones are refused. 0/-1. */
int sim_check_members(struct sim_call *c);

/* ---- parameters ------------------------------------------------------- */
/* An explicit null counts as absent everywhere. */
bool sim_in_has(const struct sim_call *c, const char *name);
const char *sim_in_text(const struct sim_call *c, const char *name);
int64_t sim_in_int(const struct sim_call *c, const char *name, int64_t def);
bool sim_in_bool(const struct sim_call *c, const char *name, bool def);
/* Within min..max, `def` when absent; -1 after sim_fail. */
int sim_in_range(struct sim_call *c, const char *name, int def, int min,
                 int max);
/* One of the words in `allowed` ("A B C"), or absent (`def`). NULL after
 * sim_fail. */
const char *sim_in_word(struct sim_call *c, const char *name,
                        const char *allowed, const char *def);
/* The list `include` holds the word. All must be of `allowed`: 0/-1. */
int sim_check_include(struct sim_call *c, const char *allowed);
bool sim_includes(const struct sim_call *c, const char *word);

/* ---- tokens and pages ------------------------------------------------- */
/* Opaque text for a position. It is good for this operation with the same
 * parameters only (but for limits, and the members named in `but`, "a b"). */
char *sim_token(const struct sim_call *c, const char *but, const char *text);
/* Text of the token in member nextToken into *text: heap, NULL when absent.
 * -1 after sim_fail. */
int sim_in_token(struct sim_call *c, const char *but, char **text);

#define SIM_PAGE_MAX 100

/* The first `max` items in order of key, of those after the token's. Offer
 * all in any order; equal keys count once; keys are borrowed until the page
 * has been read. */
struct sim_page {
    char *after; /* NULL on the first page */
    bool descending;
    size_t max, n; /* n may be max + 1: then there is more */
    struct {
        const char *key;
        void *item;
    } at[SIM_PAGE_MAX + 1];
};

/* limit: the member's name. 0/-1 (then nothing to release). */
int sim_page_begin(struct sim_call *c, struct sim_page *p, const char *limit,
                   int def, int max);
void sim_page_offer(struct sim_page *p, const char *key, void *item);
/* Sets nextToken when there is more, leaves p->n items of this page. */
void sim_page_end(struct sim_call *c, struct sim_page *p);

/* ---- members of a reply, left out when NULL or "", -1, or 0 ms -------- */
void put_text(json_t *o, const char *key, const char *value);
void put_int(json_t *o, const char *key, int64_t value);
void put_bool(json_t *o, const char *key, bool value);
void put_time(json_t *o, const char *key, int64_t ms); /* epoch seconds */
/* A new empty list under key; borrowed. */
json_t *put_list(json_t *o, const char *key);
json_t *put_object(json_t *o, const char *key);
/* {"name": n, "value": v} with the given member names. */
void add_pair(json_t *list, const char *k1, const char *v1, const char *k2,
              const char *v2);

/* ---- things of the world as ECS shows them (wire_ecs.c) --------------- */
json_t *sim_cluster_json(const struct sim_call *c,
                         const struct sim_cluster *k);
json_t *sim_service_json(const struct sim_call *c,
                         const struct sim_service *s);
json_t *sim_task_json(const struct sim_call *c, const struct sim_service *s,
                      const struct sim_task *t);
json_t *sim_taskdef_json(const struct sim_call *c,
                         const struct sim_taskdef *d);

/* The member `cluster` (default "default"); NULL after sim_fail. */
struct sim_cluster *sim_in_cluster(struct sim_call *c);

/* ---- forms and XML (wire_query.c) -------------------------------------- */
/* "A.member.1.B=x&C.2=y" as JSON; words become numbers and booleans where
 * the operation's table (may be NULL) says so. nested: dots mean something. */
json_t *sim_form_json(const char *form, const struct sim_member *members,
                      bool nested);
/* Heap: value of a field, decoded; NULL when it is not there. */
char *sim_form_value(const char *form, const char *name);
void sim_put_xml_text(struct strbuf *b, const char *text);
/* The reply of a query service. */
void sim_put_xml(struct strbuf *b, const struct sim_service_info *info,
                 const char *op, json_t *out, const char *request_id);

/* Operations that live in files of their own, for the table in ops_ecs.c. */
void sim_op_list_tasks(struct sim_call *c);
void sim_op_describe_tasks(struct sim_call *c);
void sim_op_stop_task(struct sim_call *c);
void sim_op_run_task(struct sim_call *c);
void sim_op_update_service(struct sim_call *c);

#endif
