/* The explanation pane and the detail of a service. */
#include "views/kinds/services.h"

#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "backend/base/utf8.h"

#include <stdio.h>
#include <string.h>

static bool is(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* AWS's own rule where the service does not say otherwise: half of desired,
 * at least 3, at most 200 (reference 7). */
static int breaker_threshold(int desired)
{
    int t = (desired + 1) / 2;
    return t < 3 ? 3 : t > 200 ? 200 : t;
}

const char *services_explain_title(const void *row, int64_t now, char *buf,
                                   size_t n)
{
    const struct service_row *r = row;
    const struct ecs_service *s = r->svc;
    char breaker[64] = "";
    const struct ecs_deployment *p = ecs_primary(s);
    (void)now;
    if (s->breaker && p && p->failed > 0 && !is(p->rollout_state, "COMPLETED"))
        snprintf(breaker, sizeof(breaker), " -- breaker %d/%d%s", p->failed,
                 breaker_threshold(p->desired),
                 s->breaker_rollback ? ", rolls back" : "");
    else if (p && is(p->rollout_state, "IN_PROGRESS") && !s->breaker)
        snprintf(breaker, sizeof(breaker), " -- no circuit breaker");
    snprintf(buf, n, "%s -- %s%s", s->name ? s->name : "",
             is(s->controller, "ECS")
                 ? (is(s->scheduling, "DAEMON")                ? "DAEMON"
                    : s->strategy && !is(s->strategy, "ROLLING") ? s->strategy
                                                                 : "ECS rolling")
                 : s->controller ? s->controller : "",
             breaker);
    return buf;
}

/* The image of the first essential container, its tag only when narrow. */
static const char *image_of(const struct service_row *r,
                            const struct ecs_deployment *d)
{
    const struct ecs_taskdef *td = r->taskdef;
    if (!td || !is(td->arn, d->task_definition))
        return NULL;
    for (size_t i = 0; i < td->n_containers; i++)
        if (td->containers[i].essential)
            return td->containers[i].image;
    return NULL;
}

static enum role rollout_role(const char *state)
{
    return is(state, "FAILED")        ? ROLE_BAD
           : is(state, "IN_PROGRESS") ? ROLE_BUSY
                                      : ROLE_TEXT;
}

static void deployment_row(const struct service_row *r,
                           const struct ecs_deployment *d, int64_t now,
                           int cols, struct doc *out)
{
    char age[24];
    doc_line(out);
    doc_printf(out, ROLE_TEXT, " %-8s %-6s ", d->status ? d->status : "?",
               taskdef_revision(d->task_definition));
    doc_printf(out, rollout_role(d->rollout_state), "%-12s",
               d->rollout_state ? d->rollout_state : "-");
    doc_printf(out, ROLE_TEXT, "%4d%4d%5d", d->desired, d->running,
               d->pending);
    doc_printf(out, d->failed ? ROLE_BAD : ROLE_TEXT, "%5d", d->failed);
    doc_printf(out, ROLE_TEXT, "%8s  ",
               d->created_ms ? fmt_duration(now - d->created_ms, age) : "-");
    const char *image = image_of(r, d);
    const char *slash = image ? strrchr(image, '/') : NULL;
    if (image && cols < 120)
        image = slash ? slash + 1 : image;
    if (image) {
        struct strbuf b = STRBUF_INIT;
        utf8_put_middle(&b, image, cols - 58 > 50 ? 50 : cols - 58);
        doc_put(out, ROLE_TEXT, strbuf_get(&b));
        strbuf_release(&b);
    }
    if (cols >= 160 && d->rollout_reason) {
        doc_pad(out, 110);
        doc_put(out, ROLE_MUTED, d->rollout_reason);
    }
}

static void task_set_row(const struct ecs_task_set *t, struct doc *out)
{
    doc_line(out);
    doc_printf(out, ROLE_TEXT, " %-8s %-6s %-18s%4d%4d%5d  %s",
               t->status ? t->status : "?",
               taskdef_revision(t->task_definition),
               t->stability ? t->stability : "-", t->desired, t->running,
               t->pending, t->external_id ? t->external_id : "");
}

static void stop_row(const struct stop_group *g, int64_t now, int cols,
                     struct doc *out)
{
    char at[16], age[16];
    doc_line(out);
    doc_printf(out, ROLE_BAD, " STOP x%-3d ", g->count);
    doc_put(out, ROLE_TEXT, g->verdict);
    /* What to do is worth more than the time beside the age. */
    int hint = g->hint ? 5 + (int)strlen(g->hint) : 0;
    fmt_age(now - g->last_ms, age);
    if (g->last_ms > 0 && doc_width(out) + 26 + hint <= cols)
        doc_printf(out, ROLE_MUTED, "  last %s (%s ago)",
                   fmt_clock(g->last_ms, FMT_UTC, at), age);
    else if (g->last_ms > 0)
        doc_printf(out, ROLE_MUTED, "  %s ago", age);
    if (hint && doc_width(out) + hint <= cols)
        doc_printf(out, ROLE_MUTED, "  -> %s", g->hint);
}

static void reason_row(const struct stop_group *g, int cols, struct doc *out)
{
    struct arena *a = arena_new();
    doc_line(out);
    doc_put(out, ROLE_MUTED, "           ");
    doc_put(out, ROLE_TEXT, reason_fit(g->text, cols - 12, a));
    arena_free(a);
}

/* Equal events in a row are told once, with the time of the newest. */
static bool same_event(const struct ecs_event *x, const struct ecs_event *y,
                       struct arena *a)
{
    const char *cx = event_cause(x->message, a);
    const char *cy = event_cause(y->message, a);
    return cx || cy ? is(cx, cy)
                    : is(event_text(x->message, a), event_text(y->message, a));
}

static size_t fold_event(const struct ecs_service *s, size_t from,
                         struct arena *a)
{
    size_t n = 1;
    while (from + n < s->n_events &&
           same_event(&s->events[from], &s->events[from + n], a))
        n++;
    return n;
}

/* In up to `rows` rows; what doesn't fit loses its middle. Returns how many
 * it took. */
static int event_rows(const struct ecs_event *e, size_t count, int cols,
                      int rows, struct arena *a, struct doc *out)
{
    enum { TEXT_COL = 21 };
    char at[16], label[16] = " EVT";
    const char *text = event_text(e->message, a);
    bool trouble = event_is_trouble(e->message);
    enum role role = trouble ? ROLE_WARN : ROLE_TEXT;
    int room = cols - TEXT_COL - 1, used = 0;
    const char *cause = event_cause(e->message, a);
    if (cause && rows == 1 && utf8_width(text, strlen(text)) > room)
        text = arena_printf(a, "was unable to place a task: %s", cause);
    if (count > 1)
        snprintf(label, sizeof(label), " EVT x%zu", count);
    doc_line(out);
    doc_printf(out, trouble ? ROLE_WARN : ROLE_MUTED, "%-11s", label);
    doc_printf(out, ROLE_MUTED, "%s ", fmt_clock(e->created_ms, FMT_UTC, at));
    while (++used < rows && utf8_width(text, strlen(text)) > room) {
        size_t n = utf8_row(text, strlen(text), room);
        doc_printf(out, role, "%.*s", (int)n, text);
        text += n;
        doc_line(out);
        doc_printf(out, role, "%*s", TEXT_COL, "");
    }
    doc_put(out, role, reason_fit(text, room, a));
    return used;
}

/* What the rows leave over goes to long ones, the newest first. */
static void event_lines(const struct ecs_service *s, int cols, int left,
                        struct doc *out)
{
    struct arena *a = arena_new();
    int lines = 0;
    for (size_t i = 0; i < s->n_events && lines < left; lines++)
        i += fold_event(s, i, a);
    int spare = left - lines;
    for (size_t i = 0; i < s->n_events && lines > 0; lines--) {
        size_t n = fold_event(s, i, a);
        spare -= event_rows(&s->events[i], n, cols, 1 + spare, a, out) - 1;
        i += n;
    }
    arena_free(a);
}

/* Does the reason say more than the state beside it? Of a deployment that
 * goes on, AWS only says that it is in progress. */
static bool reason_tells(const struct ecs_deployment *d)
{
    return d->rollout_reason && *d->rollout_reason &&
           !is(d->rollout_state, "COMPLETED") &&
           !(strncmp(d->rollout_reason, "ECS deployment ", 15) == 0 &&
             strstr(d->rollout_reason, " in progress."));
}

void services_explain(const void *row, int64_t now, int cols, int rows,
                      struct doc *out)
{
    const struct service_row *r = row;
    const struct ecs_service *s = r->svc;
    if (r->loading) {
        doc_line(out);
        doc_put(out, r->denied ? ROLE_WARN : ROLE_MUTED,
                r->denied ? " not allowed (ecs:DescribeServices); r tries again"
                : r->failed ? " it can't be described; asked again by and by"
                            : " loading");
        return;
    }
    int left = rows;
    if (left > 3 && (s->n_deployments || s->n_task_sets)) {
        doc_line(out);
        doc_put(out, ROLE_COLUMN, " DEPL     REV    ROLLOUT      DES RUN PEND "
                                  "FAIL     AGE  IMAGE");
        left--;
    }
    for (size_t i = 0; i < s->n_deployments && left > 2; i++, left--)
        deployment_row(r, &s->deployments[i], now, cols, out);
    for (size_t i = 0; i < s->n_task_sets && left > 2; i++, left--)
        task_set_row(&s->task_sets[i], out);
    /* Why: the groups, the raw text of the first, then events with trouble
     * first in what room is left. */
    const struct ecs_deployment *p = ecs_primary(s);
    if (p && left > 1 && reason_tells(p)) {
        struct arena *a = arena_new();
        doc_line(out);
        doc_put(out, rollout_role(p->rollout_state), " WHY       ");
        doc_put(out, ROLE_TEXT, reason_fit(p->rollout_reason, cols - 12, a));
        arena_free(a);
        left--;
    }
    for (size_t i = 0; i < r->stops.n_groups && left > 1; i++) {
        stop_row(&r->stops.groups[i], now, cols, out);
        left--;
        if (i == 0 && left > 1 && r->stops.groups[i].text) {
            reason_row(&r->stops.groups[i], cols, out);
            left--;
        }
    }
    event_lines(s, cols, left, out);
}

void services_events(const struct ecs_service *s, int64_t now,
                     struct doc *out)
{
    char at[40], age[16];
    for (size_t i = 0; i < s->n_events; i++) {
        const struct ecs_event *e = &s->events[i];
        doc_line(out);
        doc_printf(out, ROLE_MUTED, "%s %5s  ",
                   fmt_iso(e->created_ms, FMT_UTC, at),
                   fmt_age(now - e->created_ms, age));
        doc_put(out, event_is_trouble(e->message) ? ROLE_WARN : ROLE_TEXT,
                e->message);
    }
    if (!s->n_events) {
        doc_line(out);
        doc_put(out, ROLE_MUTED, "no events in this service's history");
    }
}

static void strings_field(struct doc *d, const char *label,
                          const struct ecs_strings *s)
{
    for (size_t i = 0; i < s->n; i++)
        doc_field(d, i ? "" : label, s->items[i]);
}

static void detail_deployments(const struct service_row *r, int64_t now,
                               struct doc *d)
{
    const struct ecs_service *s = r->svc;
    char at[40], age[24];
    doc_heading(d, "Deployments");
    for (size_t i = 0; i < s->n_deployments; i++) {
        const struct ecs_deployment *p = &s->deployments[i];
        doc_line(d);
        doc_printf(d, ROLE_TEXT, "%-8s %s ", p->status ? p->status : "?",
                   p->id ? p->id : "");
        doc_put(d, rollout_role(p->rollout_state),
                p->rollout_state ? p->rollout_state : "");
        doc_field(d, "  definition", p->task_definition);
        doc_fieldf(d, "  counts", "%d desired, %d running, %d pending, "
                   "%d failed", p->desired, p->running, p->pending, p->failed);
        if (p->created_ms)
            doc_fieldf(d, "  started", "%s (%s ago)",
                       fmt_iso(p->created_ms, FMT_UTC, at),
                       fmt_duration(now - p->created_ms, age));
        doc_field(d, "  reason", p->rollout_reason);
        doc_field(d, "  image", image_of(r, p));
        doc_field(d, "  capacity", p->launch_type ? p->launch_type
                                                  : p->capacity);
        doc_field(d, "  platform", p->platform_version);
    }
    for (size_t i = 0; i < s->n_task_sets; i++)
        task_set_row(&s->task_sets[i], d);
    if (!s->n_deployments && !s->n_task_sets)
        doc_field(d, "", "none");
}

static void detail_stops(const struct service_row *r, int64_t now,
                         struct doc *d)
{
    doc_heading(d, "Why tasks stopped");
    for (size_t i = 0; i < r->stops.n_groups; i++) {
        stop_row(&r->stops.groups[i], now, 200, d);
        doc_field(d, "  text", r->stops.groups[i].text);
        doc_field(d, "  newest task", r->stops.groups[i].task_arn);
    }
    if (!r->stops.n_groups)
        doc_field(d, "", "no abnormal stops seen");
    if (r->stops.normal)
        doc_fieldf(d, "set aside", "%d normal stops (scaling, deployments)",
                   r->stops.normal);
}

static void detail_network(const struct ecs_service *s, struct doc *d)
{
    doc_heading(d, "Network and load balancing");
    strings_field(d, "subnets", &s->subnets);
    strings_field(d, "security groups", &s->security_groups);
    doc_field(d, "public address", s->assign_public_ip);
    for (size_t i = 0; i < s->n_load_balancers; i++) {
        const struct ecs_load_balancer *l = &s->load_balancers[i];
        doc_fieldf(d, i ? "" : "load balancer", "%s -> %s:%d",
                   l->target_group_arn ? l->target_group_arn
                   : l->name           ? l->name
                                       : "?",
                   l->container ? l->container : "?", l->port);
    }
    strings_field(d, "registries", &s->registries);
    if (s->grace_seconds >= 0)
        doc_fieldf(d, "health grace", "%d s", s->grace_seconds);
}

void services_detail(const void *row, int64_t now, struct doc *d)
{
    const struct service_row *r = row;
    const struct ecs_service *s = r->svc;
    char at[40], age[24];
    doc_line(d);
    doc_put(d, ROLE_MUTED, "state");
    doc_pad(d, 18);
    doc_put(d, svc_state_role(r->health.state),
            svc_state_name(r->health.state));
    if (r->health.why && *r->health.why)
        doc_printf(d, ROLE_TEXT, "  %s", r->health.why);
    doc_field(d, "service", s->name);
    doc_field(d, "arn", s->arn);
    doc_field(d, "cluster", s->cluster_arn);
    doc_field(d, "status", s->status);
    doc_fieldf(d, "tasks", "%d desired, %d running, %d pending", s->desired,
               s->running, s->pending);
    doc_field(d, "definition", s->task_definition);
    doc_field(d, "launch type", s->launch_type);
    doc_field(d, "capacity", s->capacity);
    doc_field(d, "platform", s->platform_version);
    doc_field(d, "scheduling", s->scheduling);
    doc_field(d, "controller", s->controller);
    doc_field(d, "strategy", s->strategy);
    if (s->min_healthy_percent >= 0 && s->max_percent >= 0)
        doc_fieldf(d, "healthy percent", "%d minimum, %d maximum",
                   s->min_healthy_percent, s->max_percent);
    doc_fieldf(d, "circuit breaker", "%s%s", s->breaker ? "on" : "off",
               s->breaker ? (s->breaker_rollback ? ", rolls back"
                                                 : ", does not roll back")
                          : ": a broken deployment stays IN_PROGRESS");
    doc_field(d, "deploy alarms", s->alarm_names);
    doc_field(d, "placement", s->placement);
    doc_field(d, "constraints", s->constraints);
    doc_field(d, "az rebalancing", s->az_rebalancing);
    doc_field(d, "exec", s->exec_enabled ? "enabled" : "disabled");
    doc_field(d, "propagate tags", s->propagate_tags);
    doc_field(d, "role", s->role_arn);
    doc_field(d, "created by", s->created_by);
    if (s->created_ms)
        doc_fieldf(d, "created", "%s (%s ago)",
                   fmt_iso(s->created_ms, FMT_UTC, at),
                   fmt_duration(now - s->created_ms, age));
    doc_field(d, "deployment arn", s->service_deployment);
    detail_deployments(r, now, d);
    detail_stops(r, now, d);
    detail_network(s, d);
    if (s->tags.n)
        doc_heading(d, "Tags");
    for (size_t i = 0; i < s->tags.n; i++)
        doc_fieldf(d, s->tags.items[i].name, "%s", s->tags.items[i].value);
    doc_heading(d, "Events");
    services_events(s, now, d);
}
