/* The explanation pane and the detail of a task. */
#include "views/kinds/tasks.h"

#include "backend/base/fmt.h"
#include "backend/base/utf8.h"

#include <stdio.h>
#include <string.h>

#define ROW(row) const struct task_row *r = (row)

static void container_line(const struct ecs_container *c, int cols,
                           struct doc *out)
{
    doc_line(out);
    doc_printf(out, ROLE_TEXT, " %-16.16s %-13s", c->name ? c->name : "?",
               c->status ? c->status : "-");
    if (c->has_exit)
        doc_printf(out, c->exit_code ? ROLE_BAD : ROLE_TEXT, " exit %-4d",
                   c->exit_code);
    else
        doc_put(out, ROLE_TEXT, "          ");
    struct arena *a = arena_new();
    doc_printf(out, ROLE_TEXT, " %s",
               reason_fit(c->reason   ? c->reason
                          : c->image ? c->image
                                     : "",
                          cols - 43, a));
    arena_free(a);
}

/* created -> pull -> started -> stopped, as durations. */
static void timings(const struct ecs_task *t, int64_t now, struct doc *out)
{
    char d[24], at[16];
    doc_line(out);
    doc_put(out, ROLE_MUTED, " TIME      ");
    if (t->created_ms)
        doc_printf(out, ROLE_TEXT, "created %s",
                   fmt_clock(t->created_ms, FMT_UTC, at));
    if (t->pull_started_ms)
        doc_printf(out, ROLE_TEXT, "  placed +%s",
                   fmt_duration(t->pull_started_ms - t->created_ms, d));
    if (t->pull_stopped_ms && t->pull_started_ms)
        doc_printf(out, ROLE_TEXT, "  pull %s",
                   fmt_duration(t->pull_stopped_ms - t->pull_started_ms, d));
    if (t->started_ms)
        doc_printf(out, ROLE_TEXT, "  ran %s",
                   fmt_duration((t->stopped_ms ? t->stopped_ms : now) -
                                    t->started_ms, d));
    if (t->stopped_ms)
        doc_printf(out, ROLE_TEXT, "  stopped %s",
                   fmt_clock(t->stopped_ms, FMT_UTC, at));
}

void tasks_explain(const void *row, int64_t now, int cols, int rows,
                   struct doc *out)
{
    ROW(row);
    const struct ecs_task *t = r->task;
    if (r->loading) {
        doc_line(out);
        doc_put(out, r->denied ? ROLE_WARN : ROLE_MUTED,
                r->denied ? " not allowed (ecs:DescribeTasks); r tries again"
                : r->failed ? " it can't be described; asked again by and by"
                            : " loading");
        return;
    }
    if (r->cause->verdict && *r->cause->verdict && rows > 2) {
        doc_line(out);
        doc_put(out, r->cause->abnormal ? ROLE_BAD : ROLE_MUTED,
                " WHY       ");
        doc_put(out, ROLE_TEXT, r->cause->verdict);
        if (r->cause->hint)
            doc_printf(out, ROLE_MUTED, "  -> %s", r->cause->hint);
        rows--;
    }
    const char *raw = r->cause->text ? r->cause->text : t->stopped_reason;
    if (raw && rows > 2) {
        struct arena *a = arena_new();
        doc_line(out);
        doc_printf(out, ROLE_MUTED, " %-10s", t->stop_code ? "REASON" : "");
        doc_put(out, ROLE_TEXT, reason_fit(raw, cols - 12, a));
        arena_free(a);
        rows--;
    }
    for (size_t i = 0; i < t->n_containers && rows > 1; i++, rows--)
        container_line(&t->containers[i], cols, out);
    if (rows > 0)
        timings(t, now, out);
}

const char *tasks_explain_title(const void *row, int64_t now, char *buf,
                                size_t n)
{
    ROW(row);
    (void)now;
    snprintf(buf, n, "%.8s -- %s%s%s", r->task->id ? r->task->id : "",
             r->task->last_status ? r->task->last_status
             : r->denied          ? "not allowed"
                                  : "loading",
             r->task->stop_code ? " -- " : "",
             r->task->stop_code ? r->task->stop_code : "");
    return buf;
}

static void pairs(struct doc *d, const char *heading,
                  const struct ecs_pairs *p)
{
    if (p->n)
        doc_heading(d, heading);
    for (size_t i = 0; i < p->n; i++)
        doc_fieldf(d, p->items[i].name, "%s",
                   p->items[i].value ? p->items[i].value : "");
}

static void moment(struct doc *d, const char *label, int64_t at_ms,
                   int64_t from_ms)
{
    char at[40], took[24];
    if (!at_ms)
        return;
    if (from_ms)
        doc_fieldf(d, label, "%s  (+%s)", fmt_iso(at_ms, FMT_UTC, at),
                   fmt_duration(at_ms - from_ms, took));
    else
        doc_field(d, label, fmt_iso(at_ms, FMT_UTC, at));
}

void tasks_detail(const void *row, int64_t now, struct doc *d)
{
    ROW(row);
    const struct ecs_task *t = r->task;
    (void)now;
    doc_field(d, "task", t->id);
    doc_field(d, "arn", t->arn);
    doc_fieldf(d, "status", "%s, desired %s",
               t->last_status ? t->last_status : "?",
               t->desired_status ? t->desired_status : "?");
    if (r->remembered)
        doc_field(d, "", "ECS no longer lists this task; shown from memory");
    doc_field(d, "verdict", r->cause->verdict);
    doc_field(d, "hint", r->cause->hint);
    doc_field(d, "stop code", t->stop_code);
    doc_field(d, "stopped reason", t->stopped_reason);
    doc_field(d, "health", t->health);
    doc_field(d, "definition", t->task_definition);
    doc_field(d, "group", t->group);
    doc_field(d, "started by", t->started_by);
    doc_field(d, "launch type", t->launch_type);
    doc_field(d, "capacity", t->capacity_provider);
    doc_field(d, "instance", t->container_instance);
    doc_field(d, "platform", t->platform_version);
    doc_field(d, "zone", t->az);
    doc_fieldf(d, "size", "%s CPU units, %s MiB", t->cpu ? t->cpu : "-",
               t->memory ? t->memory : "-");
    doc_field(d, "connectivity", t->connectivity);
    doc_field(d, "address", t->private_ip);
    doc_field(d, "interface", t->eni);
    doc_field(d, "subnet", t->subnet);
    doc_field(d, "exec", t->exec_enabled ? "enabled" : "disabled");
    doc_heading(d, "Timings");
    moment(d, "created", t->created_ms, 0);
    moment(d, "pull started", t->pull_started_ms, t->created_ms);
    moment(d, "pull stopped", t->pull_stopped_ms, t->pull_started_ms);
    moment(d, "started", t->started_ms,
           t->pull_stopped_ms ? t->pull_stopped_ms : t->created_ms);
    moment(d, "stopping", t->stopping_ms, t->started_ms);
    moment(d, "execution ended", t->execution_stopped_ms, t->stopping_ms);
    moment(d, "stopped", t->stopped_ms,
           t->started_ms ? t->started_ms : t->created_ms);
    doc_heading(d, "Containers");
    for (size_t i = 0; i < t->n_containers; i++) {
        const struct ecs_container *c = &t->containers[i];
        container_line(c, 400, d);
        doc_field(d, "  image", c->image);
        doc_field(d, "  digest", c->image_digest);
        doc_field(d, "  reason", c->reason);
        doc_field(d, "  ports", c->ports);
    }
    pairs(d, "Attachments", &t->attachments);
    pairs(d, "Overrides", &t->overrides);
    pairs(d, "Tags", &t->tags);
}
