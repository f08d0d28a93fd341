/* The simulator: options, clock, faults, and the handling of one request. */
#include "backend/sim/sim_internal.h"

#include "backend/base/clock.h"
#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/sim/sigv4.h"
#include "backend/sim/world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static int64_t real_ms(void)
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
               (int64_t)((double)(real_ms() - s->real_start_ms) * s->scale);
    case SIM_CLOCK_DRIVEN:
        return clock_wall_ms(s->clock);
    case SIM_CLOCK_REAL:
        break;
    }
    return s->start_ms + real_ms() - s->real_start_ms;
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
    s->real_start_ms = real_ms();
    s->start_ms = o->start_ms                     ? o->start_ms
                  : o->mode == SIM_CLOCK_DRIVEN   ? clock_wall_ms(o->clock)
                                                  : s->real_start_ms;
    rng_seed(&s->rng, o->seed ? o->seed : 1);
    s->token_key = rng_next(&s->rng);
    random_key(s->access_key, "AKIA", 20);
    random_key(s->secret, "", 40);
    if (o->access_key)
        snprintf(s->access_key, sizeof(s->access_key), "%s", o->access_key);
    if (o->secret)
        snprintf(s->secret, sizeof(s->secret), "%s", o->secret);
    struct world_options wo = {.scenario = o->scenario,
                               .spec = o->world,
                               .seed = o->seed ? o->seed : 1,
                               .now_ms = s->start_ms};
    s->world = world_new(&wo, err);
    if (!s->world ||
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

/* ---- request log and faults ------------------------------------------ */

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

static void note(struct sim *s, const char *operation,
                 const struct sim_http *r, int status)
{
    if (s->n_requests >= 100000)
        sim_forget_requests(s);
    s->requests = xgrow(s->requests, &s->cap_requests, s->n_requests + 1,
                        sizeof(*s->requests));
    struct sim_request *q = &s->requests[s->n_requests++];
    *q = (struct sim_request){.at_ms = sim_now(s),
                              .body = xstrndup(strbuf_get(&r->body),
                                               r->body.len > 4096
                                                   ? 4096
                                                   : r->body.len),
                              .status = status};
    snprintf(q->operation, sizeof(q->operation), "%s", operation);
}

void sim_fault_add(struct sim *s, const char *operation, enum sim_fault f,
                   int skip, int count, int delay_ms)
{
    s->faults = xgrow(s->faults, &s->cap_faults, s->n_faults + 1,
                      sizeof(*s->faults));
    struct fault *x = &s->faults[s->n_faults++];
    *x = (struct fault){
        .kind = f, .skip = skip, .count = count, .delay_ms = delay_ms};
    snprintf(x->operation, sizeof(x->operation), "%s",
             operation ? operation : "");
}

void sim_fault_clear(struct sim *s)
{
    s->n_faults = 0;
}

void sim_set_latency(struct sim *s, int ms)
{
    s->latency_ms = ms;
}

/* The fate that is due for this operation, or NULL. */
static const struct fault *fault_for(struct sim *s, const char *operation)
{
    for (size_t i = 0; i < s->n_faults; i++) {
        struct fault *f = &s->faults[i];
        if (f->operation[0] && strcmp(f->operation, operation) != 0)
            continue;
        if (f->skip > 0) {
            f->skip--;
            continue;
        }
        if (f->count == 0)
            continue;
        if (f->count > 0)
            f->count--;
        return f;
    }
    return NULL;
}

static const struct {
    int status;
    const char *code, *message;
} refusals[FAULT_N] = {
    [FAULT_THROTTLE] = {400, "ThrottlingException", "Rate exceeded"},
    [FAULT_500] = {500, "ServerException", "Service unavailable."},
    [FAULT_DENY] = {400, "AccessDeniedException",
                    "User: arn:aws:sts::123456789012:assumed-role/oncall/me "
                    "is not authorized to perform this action"},
    [FAULT_EXPIRED] = {400, "ExpiredTokenException",
                       "The security token included in the request is "
                       "expired"},
};

/* ---- one request ----------------------------------------------------- */

struct reply {
    int status;
    const char *type;
    struct strbuf body;
};

static void put_error(struct reply *r, int status, const char *code,
                      const char *message)
{
    r->status = status;
    strbuf_clear(&r->body);
    strbuf_printf(&r->body, "{\"__type\":\"%s\",\"message\":", code);
    strbuf_put_json(&r->body, message, strlen(message));
    strbuf_putc(&r->body, '}');
}

static const struct sim_op *find_op(const char *target)
{
    static const struct sim_op *const tables[] = {sim_ecs_ops, sim_logs_ops};
    const char *dot = target ? strchr(target, '.') : NULL;
    for (size_t t = 0; dot && t < ARRAY_LEN(tables); t++)
        for (const struct sim_op *op = tables[t]; op->name; op++)
            if (strlen(op->target) == (size_t)(dot - target) &&
                strncmp(op->target, target, (size_t)(dot - target)) == 0 &&
                strcmp(op->name, dot + 1) == 0)
                return op;
    return NULL;
}

/* Members that no client knows yet: they must be passed over. */
static void add_unknown(json_t *o)
{
    const char *key;
    json_t *v;
    size_t i;
    if (json_is_array(o))
        json_array_foreach(o, i, v) add_unknown(v);
    if (!json_is_object(o))
        return;
    json_object_foreach(o, key, v)
    {
        add_unknown(v);
    }
    json_object_set_new(o, "zzFutureMember", json_pack("{s:[i,n]}", "x", 1));
}

static void run_json(struct sim *s, const struct sim_op *op,
                     const struct sim_http *r, const struct fault *f,
                     struct reply *out)
{
    json_error_t je;
    struct sim_call c = {.world = s->world, .now_ms = sim_now(s),
                         .rng = &s->rng, .token_key = s->token_key,
                         .status = 200};
    c.in = json_loadb(strbuf_get(&r->body), r->body.len, 0, &je);
    if (!json_is_object(c.in)) {
        put_error(out, 400, "SerializationException",
                  "The request body is no JSON object.");
        json_decref(c.in);
        return;
    }
    if (sim_check_members(&c, op) == 0)
        op->run(&c);
    if (c.code) {
        put_error(out, c.status, c.code, c.message);
    } else {
        if (!c.out)
            c.out = json_object();
        if (f && f->kind == FAULT_UNKNOWN_MEMBERS)
            add_unknown(c.out);
        char *text = json_dumps(c.out, JSON_COMPACT | JSON_REAL_PRECISION(13));
        strbuf_puts(&out->body, text ? text : "{}");
        free(text);
    }
    json_decref(c.in);
    json_decref(c.out);
}

static void run_sts(struct sim *s, const struct sim_http *r,
                    struct reply *out)
{
    out->type = "text/xml";
    if (!strstr(strbuf_get(&r->body), "Action=GetCallerIdentity")) {
        out->status = 400;
        strbuf_puts(&out->body,
                    "<ErrorResponse><Error><Type>Sender</Type><Code>"
                    "InvalidAction</Code><Message>Could not find operation"
                    "</Message></Error></ErrorResponse>");
        return;
    }
    strbuf_printf(&out->body,
                  "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws."
                  "com/doc/2011-06-15/\"><GetCallerIdentityResult><Arn>arn:"
                  "aws:sts::%s:assumed-role/oncall/demo</Arn><UserId>AROADEMO"
                  ":demo</UserId><Account>%s</Account>"
                  "</GetCallerIdentityResult></GetCallerIdentityResponse>",
                  s->world->account, s->world->account);
}

static bool signature_ok(struct sim *s, const struct sim_http *r,
                         bool xml, struct reply *out)
{
    struct sim_sig_error e;
    char service[32] = "";
    if (sim_sig_check(r, s->access_key, s->secret, sim_now(s), real_ms(),
                      service, &e) == 0)
        return true;
    if (xml) {
        out->status = 403;
        out->type = "text/xml";
        strbuf_printf(&out->body, "<ErrorResponse><Error><Type>Sender</Type>"
                      "<Code>%s</Code><Message>%s</Message></Error>"
                      "</ErrorResponse>", e.code, e.message);
    } else {
        put_error(out, 400, e.code, e.message);
    }
    return false;
}

/* True when the fault has answered instead of the operation. */
static bool apply_fault(const struct fault *f, struct reply *out,
                        struct sim_fate *fate)
{
    if (!f)
        return false;
    fate->delay_ms += f->delay_ms;
    if (f->kind == FAULT_RESET_BEFORE) {
        fate->reset = true;
        return true;
    }
    if (f->kind == FAULT_503_HTML) {
        out->status = 503;
        out->type = "text/html";
        strbuf_puts(&out->body, "<html><body><h1>503 Service Unavailable"
                    "</h1></body></html>");
        return true;
    }
    if (!refusals[f->kind].code)
        return false;
    put_error(out, refusals[f->kind].status, refusals[f->kind].code,
              refusals[f->kind].message);
    return true;
}

static void route(struct sim *s, const struct sim_http *r, struct reply *out,
                  struct sim_fate *fate)
{
    const char *type = sim_http_header(r, "content-type");
    const char *target = sim_http_header(r, "x-amz-target");
    bool form = type && strstr(type, "x-www-form-urlencoded");
    const struct sim_op *op = form ? NULL : find_op(target);
    const char *name = op ? op->name : form ? "GetCallerIdentity" : "?";
    const struct fault *f = fault_for(s, name);
    world_advance(s->world, sim_now(s));
    if (apply_fault(f, out, fate)) {
        note(s, name, r, fate->reset ? 0 : out->status);
        return;
    }
    if (!signature_ok(s, r, form, out))
        ;
    else if (form)
        run_sts(s, r, out);
    else if (op)
        run_json(s, op, r, f, out);
    else
        put_error(out, 400, "UnknownOperationException",
                  "This simulator does not know the operation.");
    if (f && f->kind == FAULT_TRUNCATE)
        out->body.data[out->body.len /= 2] = '\0';
    if (f && f->kind == FAULT_RESET_AFTER)
        fate->reset = true;
    note(s, name, r, fate->reset ? 0 : out->status);
}

void sim_handle(struct sim *s, const struct sim_http *r, struct strbuf *out,
                struct sim_fate *fate)
{
    struct reply reply = {.status = 200, .type = "application/x-amz-json-1.1"};
    char id[37], date[40], h[33];
    rng_hex(&s->rng, h, 32);
    snprintf(id, sizeof(id), "%.8s-%.4s-%.4s-%.4s-%.12s", h, h + 8, h + 12,
             h + 16, h + 20);
    fate->delay_ms = s->latency_ms;
    if (!sim_http_host_ok(sim_http_header(r, "host"))) {
        reply.status = 403;
        reply.type = "text/plain";
        strbuf_puts(&reply.body, "This Host is not served here.");
        fate->close = true;
    } else {
        route(s, r, &reply, fate);
    }
    const char *accept = sim_http_header(r, "accept-encoding");
    sim_http_reply(out, reply.status, reply.type, id,
                   fmt_http_date(sim_now(s), date), strbuf_get(&reply.body),
                   reply.body.len, accept && strstr(accept, "gzip"),
                   reply.body.len > 32768, r->keep_alive && !fate->close);
    strbuf_release(&reply.body);
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
