#include "backend/svc/health.h"

#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/base/strbuf.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define MINUTE 60000LL
#define DAY (24 * 60 * MINUTE)

static const struct {
    const char *name, *help;
} states[SVC_STATE_N] = {
    [SVC_DOWN] = {"DOWN", "nothing runs of what is desired"},
    [SVC_FAILED] = {"FAILED", "the roll-out failed"},
    [SVC_CRASH] = {"CRASH", "two or more abnormal stops in ten minutes"},
    [SVC_SHORT] = {"SHORT", "fewer run than desired for two minutes"},
    [SVC_STALLED] = {"STALLED", "a roll-out without progress for ten minutes"},
    [SVC_ROLLEDBACK] = {"ROLLEDBACK",
                        "rolled back within a day; A acknowledges"},
    [SVC_ROLL] = {"ROLL", "a roll-out is under way"},
    [SVC_OK] = {"ok", "as many run as desired"},
    [SVC_OFF] = {"OFF", "scaled to zero"},
};

const char *svc_state_name(enum svc_state s)
{
    return s < SVC_STATE_N ? states[s].name : "?";
}

const char *svc_state_help(enum svc_state s)
{
    return s < SVC_STATE_N ? states[s].help : "";
}

static bool is(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* What the rules below look at, gathered once. */
struct facts {
    const struct ecs_service *s;
    const struct stop_summary *stops; /* may be NULL */
    const struct ecs_deployment *primary, *old; /* old: the newest ACTIVE */
    const struct ecs_task_set *old_set;         /* the one that serves */
    const struct ecs_task_set *new_set;         /* to serve after it */
    bool rolling, failed, back;
    int64_t now;
    struct arena *arena;
};

/* An ACTIVE task set that is newer than the one that serves is to take over;
 * an older one has been taken over from and waits for its end. */
static void find_sets(struct facts *f)
{
    const struct ecs_service *s = f->s;
    for (size_t i = 0; i < s->n_task_sets; i++)
        if (is(s->task_sets[i].status, "PRIMARY"))
            f->old_set = &s->task_sets[i];
    for (size_t i = 0; i < s->n_task_sets; i++)
        if (is(s->task_sets[i].status, "ACTIVE") &&
            (!f->old_set ||
             s->task_sets[i].created_ms >= f->old_set->created_ms))
            f->new_set = &s->task_sets[i];
}

static void gather(struct facts *f)
{
    const struct ecs_service *s = f->s;
    bool old_failed = false;
    for (size_t i = 0; i < s->n_deployments; i++) {
        const struct ecs_deployment *d = &s->deployments[i];
        if (is(d->status, "PRIMARY"))
            f->primary = d;
        else if (is(d->status, "ACTIVE") && !f->old)
            f->old = d;
        if (!is(d->status, "PRIMARY") && is(d->rollout_state, "FAILED"))
            old_failed = true;
    }
    find_sets(f);
    const char *state = f->primary ? f->primary->rollout_state : NULL;
    /* An absent rolloutState is not a failure: it exists for rolling updates
     * under the ECS controller only. */
    f->rolling = is(state, "IN_PROGRESS") ||
                 (!state && f->old != NULL) || f->new_set != NULL;
    const char *why = f->primary ? f->primary->rollout_reason : NULL;
    f->back = (why && strstr(why, "rolling back")) ||
              (f->primary && s->rolled_back_ms &&
               s->rolled_back_ms + MINUTE >= f->primary->created_ms);
    /* While it is rolled back, what failed still stands beside it. Without
     * the roll-back the newer deployment is someone's fix: a roll-out. */
    f->failed = is(state, "FAILED") || (old_failed && f->rolling && f->back);
}

/* When it fell below desired. 0 (unknown) counts as long ago. */
static int64_t below_since(const struct facts *f)
{
    const struct ecs_service *s = f->s;
    int64_t since = s->restless_ms;
    if (f->primary) {
        since = later(since, f->primary->created_ms);
        if (!s->restless_ms)
            since = later(since, f->primary->updated_ms);
    }
    return since;
}

/* The last sign that the roll-out gets on. A deployment whose tasks fail goes
 * on starting tasks: with failures a start is no progress. */
static int64_t progress_at(const struct facts *f)
{
    int64_t at = f->primary   ? f->primary->created_ms
                 : f->new_set ? f->new_set->created_ms
                              : 0;
    if (f->s->steady_ms > at)
        at = f->s->steady_ms;
    if (!f->primary || f->primary->failed == 0)
        at = later(at, f->s->progress_ms);
    return at;
}

/* A roll-out may go below desired, down to minimumHealthyPercent (rounded up;
 * 100 where absent), as long as it gets on and nothing in it fails. */
static bool low_on_purpose(const struct facts *f)
{
    const struct ecs_service *s = f->s;
    int percent = s->min_healthy_percent;
    if (percent < 0)
        percent = is(s->scheduling, "DAEMON") ? 0 : 100;
    return f->rolling && (!f->primary || f->primary->failed == 0) &&
           f->now - progress_at(f) < 10 * MINUTE &&
           (int64_t)s->running * 100 >= (int64_t)s->desired * percent;
}

static bool is_stalled(const struct facts *f)
{
    return f->rolling && f->now - progress_at(f) >= 10 * MINUTE;
}

/* A roll-back may make an old deployment the primary one again. */
static int64_t back_at(const struct facts *f)
{
    assert(f->primary); /* decide() has seen it */
    return later(f->primary->created_ms, f->s->rolled_back_ms);
}

static enum svc_state decide(const struct facts *f, bool acked)
{
    const struct ecs_service *s = f->s;
    if (is(s->status, "INACTIVE") || (s->desired == 0 && s->running == 0))
        return SVC_OFF;
    if (is(s->status, "DRAINING")) /* being deleted: nothing is in trouble */
        return s->running ? SVC_ROLL : SVC_OFF;
    if (s->running == 0)
        return SVC_DOWN;
    if (f->failed)
        return SVC_FAILED;
    if (f->stops && f->stops->abnormal_10m >= 2)
        return SVC_CRASH;
    if (s->running < s->desired && !low_on_purpose(f) &&
        f->now - below_since(f) >= 2 * MINUTE)
        return SVC_SHORT;
    if (is_stalled(f))
        return SVC_STALLED;
    if (f->back && !acked && f->primary && f->now - back_at(f) < DAY)
        return SVC_ROLLEDBACK;
    if (f->rolling || s->running < s->desired)
        return SVC_ROLL;
    return SVC_OK;
}

/* ":142>:143 FAILED", ":19>:20 1/2", ":55 steady". */
static const char *deployment_text(const struct facts *f, struct arena *a)
{
    const struct ecs_deployment *p = f->primary, *o = f->old;
    const char *from = o ? taskdef_revision(o->task_definition) : "";
    const char *to = taskdef_revision(p ? p->task_definition
                                        : f->s->task_definition);
    char arrow[64];
    if (f->new_set)
        return arena_printf(a, "%s>%s %d/%d",
                            f->old_set
                                ? taskdef_revision(f->old_set->task_definition)
                                : to,
                            taskdef_revision(f->new_set->task_definition),
                            f->new_set->running, f->new_set->desired);
    /* One definition in both: what was before comes back, or starts anew. */
    if (o && p && is(o->task_definition, p->task_definition))
        snprintf(arrow, sizeof(arrow), "%.24s %s", to,
                 f->back ? "back" : "anew");
    else
        snprintf(arrow, sizeof(arrow), "%.24s%s%.24s", *from ? from : "",
                 *from ? ">" : "", to);
    if (p && is(p->rollout_state, "FAILED"))
        return arena_printf(a, "%s FAILED", arrow);
    if (p && f->rolling)
        return arena_printf(a, "%s %d/%d", arrow, p->running, p->desired);
    return arena_printf(a, "%s steady", arrow);
}

/* AWS's sentence without what every one of them begins with. */
static const char *bare_reason(const char *reason)
{
    static const char *const heads[] = {"ECS deployment circuit breaker: ",
                                        "ECS deployment "};
    for (size_t i = 0; reason && i < ARRAY_LEN(heads); i++)
        if (strncmp(reason, heads[i], strlen(heads[i])) == 0)
            return reason + strlen(heads[i]);
    return reason ? reason : "";
}

/* "OOM app (137) x9; ", from the newest group; else, where it is given, the
 * event. What is to be done about it depends on this, so it comes first: how
 * far things have gone stands in other columns, too. */
static void put_cause(struct strbuf *b, const struct facts *f,
                      const char *event)
{
    if (f->stops && f->stops->n_groups) {
        const struct stop_group *g = &f->stops->groups[0];
        strbuf_puts(b, g->verdict);
        if (g->count > 1)
            strbuf_printf(b, " x%d", g->count);
    } else if (event) {
        const char *cause = event_cause(event, f->arena);
        const char *text = cause ? cause : event_text(event, f->arena);
        size_t n = strlen(text);
        strbuf_append(b, text, n - (n > 0 && text[n - 1] == '.'));
        if (cause)
            strbuf_puts(b, " (placement)");
    }
    if (b->len)
        strbuf_puts(b, "; ");
}

static void put_for(struct strbuf *b, const struct facts *f, int64_t since)
{
    char age[16];
    if (since)
        strbuf_printf(b, " for %s", fmt_age(f->now - since, age));
}

static const char *newest_trouble(const struct ecs_service *s)
{
    for (size_t i = 0; i < s->n_events; i++)
        if (event_is_trouble(s->events[i].message))
            return s->events[i].message;
    return NULL;
}

static void say_why(struct strbuf *b, const struct facts *f,
                    enum svc_state state)
{
    const struct ecs_service *s = f->s;
    const char *event = newest_trouble(s);
    char age[16];
    switch (state) {
    case SVC_DOWN:
    case SVC_SHORT:
        put_cause(b, f, event);
        strbuf_printf(b, "%d of %d running", s->running, s->desired);
        put_for(b, f, state == SVC_SHORT ? below_since(f) : 0);
        break;
    case SVC_FAILED:
        put_cause(b, f, NULL);
        strbuf_puts(b, is(f->primary ? f->primary->rollout_state : NULL,
                          "FAILED")
                           ? bare_reason(f->primary->rollout_reason)
                           : "rolling back");
        break;
    case SVC_CRASH:
        put_cause(b, f, NULL);
        strbuf_printf(b, "%d in 10 min", f->stops->abnormal_10m);
        break;
    case SVC_STALLED:
        put_cause(b, f, NULL);
        strbuf_puts(b, "no progress");
        put_for(b, f, progress_at(f));
        break;
    case SVC_ROLLEDBACK:
        put_cause(b, f, NULL);
        strbuf_printf(b, "rolled back %s ago",
                      fmt_age(f->now - back_at(f), age));
        break;
    case SVC_ROLL:
        if (is(s->status, "DRAINING"))
            strbuf_puts(b, "draining");
        else if (f->primary && f->rolling)
            strbuf_printf(b, "%d of %d new running", f->primary->running,
                          f->primary->desired);
        else
            strbuf_printf(b, "%d of %d running", s->running, s->desired);
        if (f->primary && f->primary->failed)
            strbuf_printf(b, ", %d failed", f->primary->failed);
        break;
    case SVC_OK:
    case SVC_OFF:
    case SVC_STATE_N:
        break;
    }
}

void svc_health_of(const struct ecs_service *s,
                   const struct stop_summary *stops, bool acked,
                   int64_t now_ms, struct arena *arena,
                   struct svc_health *out)
{
    struct facts f = {.s = s, .stops = stops, .now = now_ms,
                      .arena = arena};
    struct strbuf why = STRBUF_INIT;
    gather(&f);
    *out = (struct svc_health){.state = decide(&f, acked),
                               .rolling = f.rolling,
                               .stalled = is_stalled(&f)};
    out->deployment = deployment_text(&f, arena);
    for (size_t i = 0; i < s->n_deployments; i++)
        out->failed += s->deployments[i].failed;
    out->since_ms = out->state == SVC_SHORT        ? below_since(&f)
                    : out->state == SVC_ROLLEDBACK ? back_at(&f)
                    : f.primary                    ? f.primary->created_ms
                                                   : s->created_ms;
    say_why(&why, &f, out->state);
    out->why = arena_strdup(arena, strbuf_get(&why));
    strbuf_release(&why);
}
