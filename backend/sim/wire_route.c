/* The way of one request: is it for us, which operation, does a fault meet
 * it, who signed it and may he, then the operation and its answer. */
#include "backend/sim/sim_internal.h"

#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/sim/live.h"
#include "backend/sim/sigv4.h"
#include "backend/sim/world.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CHUNKED_ABOVE 32768
#define FORM_TYPE "application/x-www-form-urlencoded"

/* ---- which operation -------------------------------------------------- */

static const struct sim_op *op_named(const struct sim_service_info *info,
                                     const char *name)
{
    for (const struct sim_op *op = info->ops; name && op->name; op++)
        if (strcmp(op->name, name) == 0)
            return op;
    return NULL;
}

static void find_json(const char *target, struct sim_ask *ask)
{
    const char *dot = target ? strchr(target, '.') : NULL;
    for (const struct sim_service_info *v = sim_services; dot && v->name; v++) {
        if (!v->key || (v->protocol != P_JSON && v->protocol != P_JSON10) ||
            (size_t)(dot - target) != strlen(v->key) ||
            strncmp(target, v->key, strlen(v->key)) != 0)
            continue;
        ask->info = v;
        ask->op = op_named(v, dot + 1);
    }
}

static void find_form(const char *body, struct sim_ask *ask)
{
    char *version = sim_form_value(body, "Version");
    char *action = sim_form_value(body, "Action");
    ask->protocol = P_QUERY;
    for (const struct sim_service_info *v = sim_services; v->name; v++) {
        if ((v->protocol != P_QUERY && v->protocol != P_EC2) || !v->key ||
            !version || strcmp(version, v->key) != 0)
            continue;
        ask->info = v;
        ask->op = op_named(v, action);
    }
    free(version);
    free(action);
}

static bool path_fits(const char *want, const struct sim_http *r)
{
    size_t m = strcspn(want, " ");
    const char *path = want + m + 1;
    size_t n = strlen(path);
    if (strncmp(r->method, want, m) != 0 || r->method[m])
        return false;
    if (n && path[n - 1] == '*')
        return strncmp(r->path, path, n - 1) == 0;
    return strcmp(r->path, path) == 0;
}

static void find_path(const struct sim_http *r, struct sim_ask *ask)
{
    for (const struct sim_service_info *v = sim_services; v->name; v++)
        for (const struct sim_op *op = v->ops; op->name; op++)
            if (!ask->op && op->path && path_fits(op->path, r)) {
                ask->info = v;
                ask->op = op;
            }
}

static void find_op(const struct sim_http *r, struct sim_ask *ask)
{
    const char *type = sim_http_header(r, "content-type");
    *ask = (struct sim_ask){.name = "?", .service = ""};
    if (strcmp(r->method, "POST") != 0 || strcmp(r->path, "/") != 0)
        find_path(r, ask);
    else if (type && strncmp(type, FORM_TYPE, strlen(FORM_TYPE)) == 0)
        find_form(strbuf_get(&r->body), ask);
    else if (type && strncmp(type, "application/x-amz-json-1.", 25) == 0)
        find_json(sim_http_header(r, "x-amz-target"), ask);
    if (ask->info) {
        ask->service = ask->info->name;
        ask->protocol = ask->info->protocol;
    }
    if (ask->op)
        ask->name = ask->op->name;
}

/* ---- the operation ------------------------------------------------------ */

/* Parameters: JSON, a form, or what stands behind the ? of the path. */
static json_t *read_in(const struct sim_http *r, const struct sim_ask *ask)
{
    const char *body = strbuf_get(&r->body);
    json_error_t je;
    if (ask->protocol == P_QUERY || ask->protocol == P_EC2)
        return sim_form_json(body, ask->op->members, true);
    if (ask->op->path && strncmp(ask->op->path, "POST", 4) != 0)
        return sim_form_json(r->query, ask->op->members, false);
    return json_loadb(body, r->body.len, 0, &je);
}

static void write_out(struct sim_call *c, const struct sim_ask *ask,
                      struct sim_reply *out)
{
    if (ask->protocol == P_QUERY || ask->protocol == P_EC2) {
        sim_put_xml(&out->body, ask->info, ask->name, c->out, out->id);
        return;
    }
    if (json_is_string(c->out)) {
        strbuf_puts(&out->body, json_string_value(c->out));
        return;
    }
    char *text = json_dumps(c->out, JSON_COMPACT | JSON_REAL_PRECISION(13));
    strbuf_puts(&out->body, text ? text : "{}");
    free(text);
    if (ask->protocol == P_TEXT)
        out->type = "application/json";
}

static void run(struct sim *s, const struct sim_ask *ask,
                const struct sim_http *r, struct sim_reply *out)
{
    const char *region = ask->region[0] ? ask->region : sim_regions[0];
    struct sim_call c = {
        .sim = s, .now_ms = sim_now(s), .op = ask->op, .rng = &s->rng,
        .token_key = s->token_key, .status = 200, .http = r,
        .who = ask->who, .fault = ask->fault, .headers = &out->headers,
        .region = region,
    };
    c.world = sim_world_at(s, c.who ? c.who->account : SIM_ACCOUNT, region);
    world_advance(c.world, c.now_ms);
    c.in = read_in(r, ask);
    if (!json_is_object(c.in)) {
        sim_put_error(out, 400, "SerializationException",
                      "The request body is no JSON object.");
        json_decref(c.in);
        return;
    }
    sim_fault_before(&c);
    c.out = json_object();
    if (sim_check_members(&c) == 0)
        ask->op->run(&c);
    out->live = c.live;
    if (c.code) {
        sim_put_error(out, c.status, c.code, c.message);
    } else {
        sim_fault_reply(&c);
        write_out(&c, ask, out);
    }
    json_decref(c.in);
    json_decref(c.out);
}

/* ---- who asks --------------------------------------------------------- */

static bool region_served(const struct sim_ask *ask, const char *region)
{
    if (ask->info && ask->info->region)
        return strcmp(ask->info->region, region) == 0;
    for (size_t i = 0; sim_regions[i]; i++)
        if (strcmp(sim_regions[i], region) == 0)
            return true;
    return false;
}

static int check_signature(struct sim *s, const struct sim_http *r,
                           struct sim_ask *ask, struct sim_sig_error *e)
{
    int64_t now = sim_now(s);
    struct sim_scope scope;
    const struct sim_ident *who = sim_ident(s, ask->claimed);
    const struct sim_ident *as = who ? who : s->creds.home;
    struct sim_keys keys = {
        .access_key = as->key,
        .secret = as->secret,
        .session_token = as->token,
        .now_ms = now,
        .alt_ms = s->mode == SIM_CLOCK_DRIVEN ? now : sim_real_ms(),
    };
    sim_fault_clock(ask->fault, &keys.now_ms, &keys.alt_ms);
    if (sim_sig_check(r, &keys, &scope, e))
        return -1;
    e->code = "InvalidSignatureException";
    if (ask->info && strcmp(scope.service, ask->info->name) != 0) {
        snprintf(e->message, sizeof(e->message), "Credential should be "
                 "scoped to correct service: '%s'.", ask->info->name);
        return -1;
    }
    if (!region_served(ask, scope.region)) {
        snprintf(e->message, sizeof(e->message), "Credential should be "
                 "scoped to a valid region, here '%s'.",
                 ask->info && ask->info->region ? ask->info->region
                                                : sim_regions[0]);
        return -1;
    }
    if (sim_expired(s, who)) {
        e->code = "ExpiredTokenException";
        snprintf(e->message, sizeof(e->message), "The security token "
                 "included in the request is expired");
        return -1;
    }
    ask->who = who;
    return 0;
}

static int check_permission(struct sim *s, struct sim_ask *ask,
                            struct sim_reply *out)
{
    char action[80], text[600];
    const char *own = ask->op->action;
    snprintf(action, sizeof(action), "%s:%s", ask->info->iam, ask->name);
    if (own)
        snprintf(action, sizeof(action), "%s", own);
    if (!action[0] || !sim_denied(s, ask->who->role, action))
        return 0;
    snprintf(text, sizeof(text), "User: %s is not authorized to perform: %s "
             "on resource: arn:aws:%s:%s:%s:* because no identity-based "
             "policy allows the %s action", ask->who->arn, action,
             ask->info->iam, ask->region, ask->who->account, action);
    sim_put_error(out, 400, "AccessDeniedException", text);
    return -1;
}

static void serve(struct sim *s, const struct sim_http *r, struct sim_ask *ask,
                  struct sim_reply *out)
{
    struct sim_sig_error e;
    bool open = ask->op && ask->op->open;
    if (!open && check_signature(s, r, ask, &e))
        sim_put_error(out, 400, e.code, e.message);
    else if (!ask->op && ask->protocol == P_QUERY)
        sim_put_error(out, 400, "InvalidAction", "Could not find the "
                      "operation and version asked for.");
    else if (!ask->op)
        sim_put_error(out, 400, "UnknownOperationException",
                      "This simulator does not know the operation.");
    else if (open || check_permission(s, ask, out) == 0)
        run(s, ask, r, out);
}

static void route(struct sim *s, const struct sim_http *r, struct sim_ask *ask,
                  struct sim_reply *out, struct sim_ending *end)
{
    world_advance(s->world, sim_now(s));
    out->protocol = ask->protocol;
    out->type = sim_protocol_type(ask->protocol);
    sim_sig_claim(r, ask->claimed, sizeof(ask->claimed), ask->region,
                  sizeof(ask->region));
    ask->fault = sim_fault_due(s, ask->service, ask->name);
    if (!sim_fault_answer(s, ask, out, end))
        serve(s, r, ask, out);
    sim_fault_body(s, ask->fault, out);
    sim_note(s, ask, r, end->reset ? 0 : out->status);
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
    struct sim_reply reply = {.status = 200};
    struct sim_ask ask;
    char date[40], h[33];
    rng_hex(&s->rng, h, 32);
    snprintf(reply.id, sizeof(reply.id), "%.8s-%.4s-%.4s-%.4s-%.12s", h,
             h + 8, h + 12, h + 16, h + 20);
    end->delay_ms = s->latency_ms;
    find_op(r, &ask);
    int64_t now = sim_now(s), alt = now;
    if (!host_ok(s, sim_http_header(r, "host"))) {
        reply.status = 403;
        reply.type = "text/plain";
        strbuf_puts(&reply.body, "This Host is not served here.\n");
        end->close = true;
    } else if (!ask.op && strcmp(r->path, "/") != 0) {
        sim_put_error(&reply, 404, "UnknownOperationException",
                      "Nothing is served at this path.");
        sim_note(s, &ask, r, reply.status);
    } else {
        route(s, r, &ask, &reply, end);
        sim_fault_clock(ask.fault, &now, &alt);
    }
    end->live = reply.live;
    if (reply.live)
        sim_live_begin(reply.live, reply.id, out);
    else
        sim_http_reply(out, reply.status, reply.type, reply.id,
                       fmt_http_date(now, date), strbuf_get(&reply.headers),
                       strbuf_get(&reply.body), reply.body.len,
                       wants_gzip(r) && !reply.encoded,
                       reply.body.len > CHUNKED_ABOVE,
                       r->keep_alive && !end->close);
    strbuf_release(&reply.body);
    strbuf_release(&reply.headers);
}
