/* Why a task stopped. A table of texts (reference 7) and an order of
 * precedence; texts change, so they are looked for anywhere in the reason and
 * the raw text is always kept. */
#include "backend/svc/health.h"

#include "backend/base/mem.h"
#include "backend/base/strbuf.h"
#include "backend/base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reason {
    const char *text;    /* found in stoppedReason or a container's reason */
    enum stop_class cls;
    const char *verdict; /* "%s" is the container, where one is to blame */
    const char *hint;
};

/* Decided by the task's own reason, before any container is looked at. The
 * order is the precedence: health checks, Spot, host, placement, normal. */
static const struct reason task_reasons[] = {
    {"failed ELB health checks", STOP_HEALTH, "failed ELB health checks",
     "see target health; slow start needs a longer grace period"},
    {"failed container health checks", STOP_HEALTH,
     "failed container health checks", "see the healthCheck command"},
    {"Spot Task was interrupted", STOP_SPOT, "Spot interruption",
     "mix with on-demand capacity"},
    {"Host EC2", STOP_HOST, "host terminated",
     "replaced on another instance"},
    {"deregistration forced", STOP_HOST, "instance deregistered",
     "replaced on another instance"},
    {"retiring", STOP_HOST, "host retired", "planned; it will be replaced"},
    {"maintenance", STOP_HOST, "host maintenance",
     "planned; it will be replaced"},
    {"Capacity is unavailable", STOP_PLACEMENT, "no capacity",
     "another zone, size or capacity provider"},
    {"RESOURCE:CPU", STOP_PLACEMENT, "no room: CPU", "add instances"},
    {"RESOURCE:MEMORY", STOP_PLACEMENT, "no room: memory", "add instances"},
    {"RESOURCE:PORTS", STOP_PLACEMENT, "no room: port taken",
     "use dynamic host ports"},
    {"RESOURCE:ENI", STOP_PLACEMENT, "no room: network interfaces",
     "turn on ENI trunking or add instances"},
    {"TaskFailedToStart: ATTRIBUTE", STOP_PLACEMENT,
     "no instance has the attribute", "see the placement constraints"},
    {"TaskFailedToStart: AGENT", STOP_PLACEMENT, "no agent connected",
     "see the agents of the instances"},
    {"RESOURCE:", STOP_PLACEMENT, "no room on instances", "add instances"},
    {"network interface provisioning", STOP_PLACEMENT,
     "network interface not provided", "usually passes; see IP limits"},
    {"EphemeralStorage provisioning", STOP_PLACEMENT,
     "storage not provided", "usually passes"},
    {"Scaling activity initiated by", STOP_NORMAL,
     "scaled in or replaced by a deployment", NULL},
    {"Task stopped by", STOP_NORMAL, "stopped by a user", NULL},
};

/* In the task's or a container's reason: it never ran. */
static const struct reason start_reasons[] = {
    {"manifest unknown", STOP_PULL, "image not found: %s",
     "wrong tag, digest or region"},
    {"not found", STOP_PULL, "image not found: %s",
     "wrong tag, digest or region"},
    {"no basic auth", STOP_PULL, "image pull denied: %s",
     "execution role or repository policy"},
    {"pull access denied", STOP_PULL, "image pull denied: %s",
     "execution role or repository policy"},
    {"403 Forbidden", STOP_PULL, "image pull denied: %s",
     "execution role or repository policy"},
    {"not authorized", STOP_PULL, "image pull denied: %s",
     "execution role or repository policy"},
    {"AccessDenied", STOP_PULL, "image pull denied: %s",
     "execution role or repository policy"},
    {"toomanyrequests", STOP_PULL, "image pull rate limit: %s",
     "registry login or a pull-through cache"},
    {"no space left", STOP_PULL, "disk full at image pull: %s",
     "more ephemeral storage"},
    {"matching platform", STOP_PULL, "image is for another CPU: %s",
     "build for the runtimePlatform"},
    {"i/o timeout", STOP_PULL, "registry not reachable: %s",
     "NAT, endpoints, security group"},
    {"dial tcp", STOP_PULL, "registry not reachable: %s",
     "NAT, endpoints, security group"},
    {"request canceled", STOP_PULL, "registry not reachable: %s",
     "NAT, endpoints, security group"},
    {"deadline exceeded", STOP_PULL, "registry not reachable: %s",
     "NAT, endpoints, security group"},
    {"", STOP_PULL, "image cannot be pulled: %s", NULL},
};

static const struct reason init_reasons[] = {
    {"pull secrets or registry auth", STOP_INIT,
     "secrets or registry login refused",
     "execution role: Secrets Manager, SSM, KMS; or no network path"},
    {"log group does not exist", STOP_INIT, "log group does not exist",
     "create it or set awslogs-create-group"},
    {"validate logger args", STOP_INIT, "log driver settings refused",
     "see the log group and its region"},
    {"EFS", STOP_INIT, "EFS mount failed",
     "port 2049, DNS, access point"},
    {"", STOP_INIT, "resources could not be initialised", NULL},
};

static bool has(const char *text, const char *part)
{
    return text && strstr(text, part);
}

static const struct reason *find(const struct reason *table, size_t n,
                                 const char *text)
{
    for (size_t i = 0; i < n; i++)
        if (has(text, table[i].text))
            return &table[i];
    return NULL;
}

static bool is_network(const char *text)
{
    static const char *const words[] = {
        "connection issue", "dial tcp", "i/o timeout", "request canceled",
        "deadline exceeded", "RequestCanceled", "no such host"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (has(text, words[i]))
            return true;
    return false;
}

static bool is_essential(const struct ecs_taskdef *td, const char *name)
{
    if (!td || !name)
        return true;
    for (size_t i = 0; i < td->n_containers; i++)
        if (td->containers[i].name &&
            strcmp(td->containers[i].name, name) == 0)
            return td->containers[i].essential;
    return true;
}

/* Lower is more likely the one that began it. Kills (137, 143) come after a
 * clean end: when another essential one ended by itself, they are its
 * consequence. */
static int blame(const struct ecs_container *c)
{
    if (has(c->reason, "OutOfMemory"))
        return 0;
    if (has(c->reason, "Cannot") || has(c->reason, "Error"))
        return 1;
    if (c->has_exit && c->exit_code && c->exit_code != 137 &&
        c->exit_code != 143)
        return 2;
    if (c->has_exit && c->exit_code == 0)
        return 3;
    return c->has_exit ? (c->exit_code == 137 ? 4 : 5) : 9;
}

/* The essential container to blame, or NULL when none says anything. */
static const struct ecs_container *culprit(const struct ecs_task *t,
                                           const struct ecs_taskdef *td)
{
    const struct ecs_container *best = NULL;
    for (size_t i = 0; i < t->n_containers; i++) {
        const struct ecs_container *c = &t->containers[i];
        if (!is_essential(td, c->name) || blame(c) == 9)
            continue;
        if (!best || blame(c) < blame(best))
            best = c;
    }
    return best;
}

static const char *name_of(const struct ecs_container *c)
{
    return c && c->name ? c->name : "container";
}

static void take(struct stop_cause *out, const struct reason *r,
                 const struct ecs_container *c, const char *text,
                 struct arena *arena)
{
    out->cls = r->cls;
    out->hint = r->hint;
    out->text = text;
    out->verdict = strstr(r->verdict, "%s")
                       ? arena_printf(arena, "%.*s%s",
                                      (int)(strlen(r->verdict) - 2),
                                      r->verdict, name_of(c))
                       : r->verdict;
    out->container = c ? c->name : NULL;
}

/* Whose image could not be pulled: the one that the text names, else the one
 * that speaks, else an essential one. NULL only for a task without any. */
static const struct ecs_container *of_image(const struct ecs_task *t,
                                            const struct ecs_taskdef *td,
                                            const struct ecs_container *c,
                                            const char *text)
{
    const struct ecs_container *named = NULL, *essential = NULL;
    for (size_t i = 0; i < t->n_containers; i++) {
        const struct ecs_container *x = &t->containers[i];
        if (x->image && *x->image && has(text, x->image) &&
            (!named || strlen(x->image) > strlen(named->image)))
            named = x;
        if (!essential && is_essential(td, x->name))
            essential = x;
    }
    if (named || c)
        return named ? named : c;
    return essential || !t->n_containers ? essential : &t->containers[0];
}

/* The task's reason may name the cause itself, or a container's does. */
static bool failed_to_start(const struct ecs_task *t,
                            const struct ecs_taskdef *td,
                            const struct ecs_container *c,
                            struct arena *arena, struct stop_cause *out)
{
    const char *texts[] = {c ? c->reason : NULL, t->stopped_reason};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        const char *text = texts[i];
        if (has(text, "CannotPull") || has(text, "pull image")) {
            take(out, find(start_reasons, ARRAY_LEN(start_reasons), text),
                 of_image(t, td, c, text), text, arena);
            return true;
        }
        if (has(text, "ResourceInitializationError")) {
            static const struct reason away = {
                "", STOP_INIT, "secrets or registry not reachable",
                "NAT, endpoints, security group"};
            const struct reason *r =
                find(init_reasons, ARRAY_LEN(init_reasons), text);
            if (has(text, "pull secrets") && is_network(text))
                r = &away;
            take(out, r, NULL, text, arena);
            return true;
        }
        if (has(text, "CannotStartContainer") ||
            has(text, "CannotCreateContainer") ||
            has(text, "ContainerRuntime") || has(text, "DockerTimeout") ||
            has(text, "exec format error")) {
            static const struct reason start = {
                "", STOP_START, "container cannot start: %s",
                "command, mounts, limits, or CPU architecture"};
            take(out, &start, c, text, arena);
            return true;
        }
    }
    return false;
}

static void exited(const struct ecs_task *t, const struct ecs_container *c,
                   struct arena *arena, struct stop_cause *out)
{
    static const struct {
        int code;
        const char *hint;
    } codes[] = {
        {0, "it finished; a service restarts it"},
        {1, "the application failed: see its log"},
        {126, "the command cannot be executed"},
        {127, "the command was not found"},
        {137, "killed: memory, or it ignored SIGTERM"},
        {139, "segmentation fault"},
        {143, "it was told to stop (SIGTERM)"},
        {255, "entrypoint or agent error"},
    };
    out->container = c->name;
    out->exit_code = c->exit_code;
    out->text = c->reason ? c->reason : t->stopped_reason;
    /* The task's own reason says it where the container's is left empty. */
    if (has(c->reason, "OutOfMemory") ||
        (c->exit_code == 137 && has(t->stopped_reason, "OutOfMemory"))) {
        out->cls = STOP_OOM;
        out->verdict = arena_printf(arena, "OOM %s (%d)", name_of(c),
                                    c->exit_code);
        out->hint = "raise its memory limit";
        return;
    }
    out->cls = STOP_EXIT;
    out->verdict = arena_printf(arena, "%s exit %d", name_of(c),
                                c->exit_code);
    for (size_t i = 0; i < ARRAY_LEN(codes); i++)
        if (codes[i].code == c->exit_code)
            out->hint = codes[i].hint;
}

static bool begins(const char *text, const char *with)
{
    return text && strncmp(text, with, strlen(with)) == 0;
}

static bool code_is(const struct ecs_task *t, const char *code)
{
    return t->stop_code && strcmp(t->stop_code, code) == 0;
}

static bool speaks_of_failure(const char *text)
{
    return has(text, "fail") || has(text, "Fail") || has(text, "unhealthy");
}

const struct stop_cause stop_cause_none = {.exit_code = -1};

void stop_cause_of(const struct ecs_task *t, const struct ecs_taskdef *td,
                   struct arena *arena, struct stop_cause *out)
{
    static const struct reason spot = {"", STOP_SPOT, "Spot interruption",
                                       "mix with on-demand capacity"};
    static const struct reason host = {"", STOP_HOST, "host unhealthy",
                                       "it will be replaced"};
    static const struct reason user = {"", STOP_NORMAL, "stopped by a user",
                                       NULL};
    const struct ecs_container *c = culprit(t, td);
    const struct reason *r =
        find(task_reasons, ARRAY_LEN(task_reasons), t->stopped_reason);
    *out = (struct stop_cause){.cls = STOP_OTHER,
                               .abnormal = true,
                               .verdict = "",
                               .text = t->stopped_reason,
                               .exit_code = -1};
    if (code_is(t, "SpotInterruption") || code_is(t, "TerminationNotice"))
        r = &spot;
    else if (code_is(t, "InfrastructureHealth") && !r)
        r = &host;
    else if (code_is(t, "UserInitiated") &&
             !begins(t->stopped_reason, "Container instance") &&
             !begins(t->stopped_reason, "Host EC2"))
        r = &user; /* whatever they wrote: it is a person's text */
    bool scheduler = code_is(t, "ServiceSchedulerInitiated");
    if (r) {
        take(out, r, NULL, t->stopped_reason, arena);
    } else if (failed_to_start(t, td, c, arena, out)) {
        ;
    } else if (c && c->has_exit && !scheduler) {
        exited(t, c, arena, out);
    } else if (scheduler && !speaks_of_failure(t->stopped_reason)) {
        /* The exit codes of what the scheduler stopped are no cause. */
        out->cls = STOP_NORMAL;
        out->verdict = "stopped by the service scheduler";
    } else if (t->stopped_reason) {
        struct strbuf b = STRBUF_INIT;
        utf8_put_end(&b, t->stopped_reason, 40);
        out->verdict = arena_strdup(arena, strbuf_get(&b));
        strbuf_release(&b);
    } else if (t->stop_code) {
        out->verdict = t->stop_code;
    }
    /* A standalone task that ends with 0 has done its work. */
    out->abnormal = out->cls != STOP_NORMAL &&
                    !(out->cls == STOP_EXIT && out->exit_code == 0 &&
                      !t->service);
}

/* ---- groups ---------------------------------------------------------- */

static int by_last(const void *a, const void *b)
{
    const struct stop_group *x = a, *y = b;
    return x->last_ms > y->last_ms ? -1 : x->last_ms < y->last_ms;
}

void stop_summarise(const struct ecs_task *const *tasks,
                    const struct stop_cause *causes, size_t n, int64_t now_ms,
                    struct arena *arena, struct stop_summary *out)
{
    struct stop_group *groups = arena_alloc(arena, n * sizeof(*groups));
    *out = (struct stop_summary){.groups = groups};
    for (size_t i = 0; i < n; i++) {
        const struct ecs_task *t = tasks[i];
        int64_t at = t->stopped_ms ? t->stopped_ms : t->stopping_ms;
        if (!causes[i].abnormal) {
            out->normal++;
            continue;
        }
        if (now_ms - at <= 600000)
            out->abnormal_10m++;
        if (at > out->last_abnormal_ms)
            out->last_abnormal_ms = at;
        size_t g = 0;
        while (g < out->n_groups &&
               strcmp(groups[g].verdict, causes[i].verdict))
            g++;
        if (g == out->n_groups)
            groups[out->n_groups++] = (struct stop_group){
                .verdict = causes[i].verdict, .cls = causes[i].cls,
                .last_ms = -1};
        groups[g].count++;
        if (at > groups[g].last_ms) {
            groups[g].last_ms = at;
            groups[g].text = causes[i].text;
            groups[g].hint = causes[i].hint;
            groups[g].task_arn = t->arn;
            groups[g].container = causes[i].container;
        }
    }
    if (out->n_groups)
        qsort(groups, out->n_groups, sizeof(*groups), by_last);
}
