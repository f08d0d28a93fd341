/* The way of one request: is it for us, which operation, does a fault meet
 * it, is it signed rightly, then the operation and its answer. */
#include "backend/sim/sim_internal.h"

#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/sim/sigv4.h"
#include "backend/sim/world.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define JSON_TYPE "application/x-amz-json-1.1"
#define CHUNKED_ABOVE 32768
#define KEEP_BODY 65536
#define KEEP_REQUESTS 100000

/* Every operation in one table of tables. */
static const struct {
    const char *target, *service;
    const struct sim_op *ops;
} services[] = {
    {"AmazonEC2ContainerServiceV20141113", "ecs", sim_ecs_ops},
    {"Logs_20140328", "logs", sim_logs_ops},
};

/* What the caller asks for. */
struct ask {
    const char *service;     /* "ecs", "logs", "sts", "iam"; NULL unknown */
    const char *name;        /* for the log and the fault plan */
    const struct sim_op *op; /* JSON only */
    bool xml;
};

static void note(struct sim *s, const struct ask *ask,
                 const struct sim_scope *scope, const struct sim_http *r,
                 int status)
{
    if (s->no_log)
        return;
    if (s->n_requests >= KEEP_REQUESTS)
        sim_forget_requests(s);
    s->requests = xgrow(s->requests, &s->cap_requests, s->n_requests + 1,
                        sizeof(*s->requests));
    struct sim_request *q = &s->requests[s->n_requests++];
    size_t n = r->body.len < KEEP_BODY ? r->body.len : KEEP_BODY;
    *q = (struct sim_request){.at_ms = sim_now(s), .status = status};
    q->body = xstrndup(strbuf_get(&r->body), n);
    snprintf(q->operation, sizeof(q->operation), "%s", ask->name);
    snprintf(q->service, sizeof(q->service), "%s", scope->service);
    snprintf(q->access_key, sizeof(q->access_key), "%s",
             scope->service[0] ? s->access_key : "");
}

void sim_put_error(struct sim_reply *r, int status, const char *code,
                   const char *message)
{
    /* The services don't agree on the case of this member. */
    bool big = strcmp(code, "AccessDeniedException") == 0;
    r->status = status;
    strbuf_clear(&r->body);
    strbuf_printf(&r->body, "{\"__type\":\"%s\",\"%s\":", code,
                  big ? "Message" : "message");
    strbuf_put_json(&r->body, message, strlen(message));
    strbuf_putc(&r->body, '}');
}

/* ---- which operation -------------------------------------------------- */

static void find_json(const char *target, struct ask *ask)
{
    const char *dot = target ? strchr(target, '.') : NULL;
    for (size_t i = 0; dot && i < ARRAY_LEN(services); i++) {
        size_t n = strlen(services[i].target);
        if ((size_t)(dot - target) != n ||
            strncmp(target, services[i].target, n) != 0)
            continue;
        ask->service = services[i].service;
        for (const struct sim_op *op = services[i].ops; op->name; op++)
            if (strcmp(op->name, dot + 1) == 0)
                ask->op = op;
    }
    if (ask->op)
        ask->name = ask->op->name;
}

/* Value of a form field in a body; none of ours needs decoding. */
static bool form_has(const char *body, const char *name, const char *value)
{
    size_t n = strlen(name), m = strlen(value);
    for (const char *p = body; p; p = strchr(p, '&')) {
        p += *p == '&';
        if (strncmp(p, name, n) == 0 && p[n] == '=' &&
            strncmp(p + n + 1, value, m) == 0 &&
            (p[n + 1 + m] == '\0' || p[n + 1 + m] == '&'))
            return true;
    }
    return false;
}

static void find_form(const char *body, struct ask *ask)
{
    ask->xml = true;
    if (form_has(body, "Version", "2011-06-15"))
        ask->service = "sts";
    else if (form_has(body, "Version", "2010-05-08"))
        ask->service = "iam";
    if (form_has(body, "Action", "GetCallerIdentity"))
        ask->name = "GetCallerIdentity";
    else if (form_has(body, "Action", "ListAccountAliases"))
        ask->name = "ListAccountAliases";
}

static void find_op(const struct sim_http *r, struct ask *ask)
{
    const char *type = sim_http_header(r, "content-type");
    *ask = (struct ask){.name = "?"};
    if (type && strncmp(type, "application/x-www-form-urlencoded", 33) == 0)
        find_form(strbuf_get(&r->body), ask);
    else if (type && strncmp(type, JSON_TYPE, strlen(JSON_TYPE)) == 0)
        find_json(sim_http_header(r, "x-amz-target"), ask);
}

/* ---- JSON ------------------------------------------------------------- */

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
    json_object_set_new(o, "zzFutureMember",
                        json_pack("{s:[i,n,{}]}", "zzInner", 1));
}

static void run_json(struct sim *s, const struct sim_op *op,
                     const struct sim_http *r, const struct fault *f,
                     struct sim_reply *out)
{
    json_error_t je;
    struct sim_call c = {.world = s->world, .now_ms = sim_now(s),
                         .op = op, .rng = &s->rng,
                         .token_key = s->token_key, .status = 200};
    c.in = json_loadb(strbuf_get(&r->body), r->body.len, 0, &je);
    if (!json_is_object(c.in)) {
        sim_put_error(out, 400, "SerializationException",
                      "The request body is no JSON object.");
        json_decref(c.in);
        return;
    }
    c.out = json_object();
    if (sim_check_members(&c) == 0)
        op->run(&c);
    if (c.code) {
        sim_put_error(out, c.status, c.code, c.message);
    } else {
        if (f && f->kind == FAULT_UNKNOWN_MEMBERS)
            add_unknown(c.out);
        char *text = json_dumps(c.out, JSON_COMPACT | JSON_REAL_PRECISION(13));
        strbuf_puts(&out->body, text ? text : "{}");
        free(text);
    }
    json_decref(c.in);
    json_decref(c.out);
}

/* ---- XML -------------------------------------------------------------- */

static void xml_error(struct sim_reply *out, int status, const char *code,
                      const char *message, const char *id)
{
    out->status = status;
    strbuf_printf(&out->body,
                  "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code>"
                  "<Message>%s</Message></Error><RequestId>%s</RequestId>"
                  "</ErrorResponse>\n", code, message, id);
}

static void run_xml(struct sim *s, const struct ask *ask, const char *id,
                    struct sim_reply *out)
{
    bool sts = ask->service && strcmp(ask->service, "sts") == 0;
    bool iam = ask->service && strcmp(ask->service, "iam") == 0;
    if (sts && strcmp(ask->name, "GetCallerIdentity") == 0)
        strbuf_printf(&out->body,
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/"
            "doc/2011-06-15/\">\n  <GetCallerIdentityResult>\n"
            "    <Arn>arn:aws:sts::%s:assumed-role/oncall/demo</Arn>\n"
            "    <UserId>AROASIMULATEDROLEID1:demo</UserId>\n"
            "    <Account>%s</Account>\n  </GetCallerIdentityResult>\n"
            "  <ResponseMetadata>\n    <RequestId>%s</RequestId>\n"
            "  </ResponseMetadata>\n</GetCallerIdentityResponse>\n",
            s->world->account, s->world->account, id);
    else if (iam && strcmp(ask->name, "ListAccountAliases") == 0)
        strbuf_printf(&out->body,
            "<ListAccountAliasesResponse xmlns=\"https://iam.amazonaws.com/"
            "doc/2010-05-08/\"><ListAccountAliasesResult><IsTruncated>false"
            "</IsTruncated><AccountAliases><member>acme-demo</member>"
            "</AccountAliases></ListAccountAliasesResult><ResponseMetadata>"
            "<RequestId>%s</RequestId></ResponseMetadata>"
            "</ListAccountAliasesResponse>\n", id);
    else
        xml_error(out, 400, "InvalidAction",
                  "Could not find the operation and version asked for.", id);
}

/* ---- who asks --------------------------------------------------------- */

/* The query services have names of their own for the same refusals. */
static const struct {
    const char *json, *xml;
    int status;
} refusals[] = {
    {"MissingAuthenticationTokenException", "MissingAuthenticationToken",
     403},
    {"UnrecognizedClientException", "InvalidClientTokenId", 403},
    {"InvalidSignatureException", "SignatureDoesNotMatch", 403},
    {"IncompleteSignatureException", "IncompleteSignature", 400},
};

static void refuse(const struct ask *ask, const struct sim_sig_error *e,
                   const char *id, struct sim_reply *out)
{
    size_t i = 0;
    if (!ask->xml) {
        sim_put_error(out, 400, e->code, e->message);
        return;
    }
    while (i + 1 < ARRAY_LEN(refusals) &&
           strcmp(refusals[i].json, e->code) != 0)
        i++;
    xml_error(out, refusals[i].status, refusals[i].xml, e->message, id);
}

static int check_signature(struct sim *s, const struct sim_http *r,
                           const struct ask *ask, struct sim_scope *scope,
                           struct sim_sig_error *e)
{
    int64_t now = sim_now(s);
    struct sim_keys keys = {
        .access_key = s->access_key,
        .secret = s->secret,
        .session_token = s->session_token,
        .now_ms = now,
        .alt_ms = s->mode == SIM_CLOCK_DRIVEN ? now : sim_real_ms(),
    };
    if (sim_sig_check(r, &keys, scope, e))
        return -1;
    const char *region = s->world->region;
    if (ask->service && strcmp(ask->service, "iam") == 0)
        region = "us-east-1";
    e->code = "InvalidSignatureException";
    if (ask->service && strcmp(scope->service, ask->service) != 0)
        snprintf(e->message, sizeof(e->message), "Credential should be "
                 "scoped to correct service: '%s'.", ask->service);
    else if (strcmp(scope->region, region) != 0)
        snprintf(e->message, sizeof(e->message), "Credential should be "
                 "scoped to a valid region, here '%s'.", region);
    else
        return 0;
    scope->service[0] = '\0';
    return -1;
}

static void route(struct sim *s, const struct sim_http *r, const char *id,
                  struct sim_reply *out, struct sim_ending *end)
{
    struct ask ask;
    struct sim_scope scope = {.service = ""};
    struct sim_sig_error e;
    find_op(r, &ask);
    if (ask.xml)
        out->type = "text/xml";
    const struct fault *due = sim_fault_due(s, ask.service ? ask.service : "",
                                            ask.name);
    world_advance(s->world, sim_now(s));
    if (sim_fault_answer(due, out, end)) {
        if (ask.xml && out->type[0] == 't' && out->body.data &&
            out->body.data[0] == '{')
            out->type = JSON_TYPE;
    } else if (check_signature(s, r, &ask, &scope, &e)) {
        refuse(&ask, &e, id, out);
    } else if (ask.xml) {
        run_xml(s, &ask, id, out);
    } else if (ask.op) {
        run_json(s, ask.op, r, due, out);
    } else {
        sim_put_error(out, 400, "UnknownOperationException",
                      "This simulator does not know the operation.");
    }
    if (due && due->kind == FAULT_TRUNCATE)
        out->body.data[out->body.len /= 2] = '\0';
    note(s, &ask, &scope, r, end->reset ? 0 : out->status);
}

/* ---- the whole -------------------------------------------------------- */

static bool wants_gzip(const struct sim_http *r)
{
    const char *accept = sim_http_header(r, "accept-encoding");
    const char *p = accept ? strstr(accept, "gzip") : NULL;
    return p && strncmp(p + 4, ";q=0", 4) != 0;
}

/* The name that we listen under is fine too (127.0.0.2). */
static bool host_ok(const struct sim *s, const char *host)
{
    return sim_http_host_ok(host) ||
           (host && strcmp(host, s->endpoint + strlen("http://")) == 0);
}

void sim_handle(struct sim *s, const struct sim_http *r, struct strbuf *out,
                struct sim_ending *end)
{
    struct sim_reply reply = {.status = 200, .type = JSON_TYPE};
    char id[37], date[40], h[33];
    rng_hex(&s->rng, h, 32);
    snprintf(id, sizeof(id), "%.8s-%.4s-%.4s-%.4s-%.12s", h, h + 8, h + 12,
             h + 16, h + 20);
    end->delay_ms = s->latency_ms;
    if (!host_ok(s, sim_http_header(r, "host"))) {
        reply.status = 403;
        reply.type = "text/plain";
        strbuf_puts(&reply.body, "This Host is not served here.\n");
        end->close = true;
    } else if (strcmp(r->method, "POST") != 0 || strcmp(r->path, "/") != 0) {
        reply.status = 404;
        sim_put_error(&reply, 404, "UnknownOperationException",
                      "Only POST / is served.");
    } else {
        route(s, r, id, &reply, end);
    }
    sim_http_reply(out, reply.status, reply.type, id,
                   fmt_http_date(sim_now(s), date), strbuf_get(&reply.body),
                   reply.body.len, wants_gzip(r),
                   reply.body.len > CHUNKED_ABOVE,
                   r->keep_alive && !end->close);
    strbuf_release(&reply.body);
}
