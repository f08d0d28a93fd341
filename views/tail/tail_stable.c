#include "views/tail/tail_stable.h"

#include <stdio.h>
#include <string.h>

#include "backend/aws/client.h"
#include "backend/net/loop.h"
#include "backend/svc/ecs.h"

#define EVERY_MS 3000

static bool says(const char *text, const char *word)
{
    return text && strstr(text, word);
}

static void failed(struct tail_stable *s, const struct ecs_deployment *d)
{
    s->state = TAIL_FAILED;
    snprintf(s->reason, sizeof(s->reason), "the roll-out of %.100s failed%s"
             "%.250s", taskdef_revision(d->task_definition),
             d->rollout_reason ? ": " : ".",
             d->rollout_reason ? d->rollout_reason : "");
}

/* Without roll-out states (other controllers, old services) counts decide. */
static bool is_steady(const struct ecs_service *svc,
                      const struct ecs_deployment *primary)
{
    if (svc->running != svc->desired || svc->pending)
        return false;
    for (size_t i = 0; i < svc->n_task_sets; i++)
        if (says(svc->task_sets[i].stability, "STABILIZING"))
            return false;
    return svc->n_deployments <= 1 &&
           (!primary || !primary->rollout_state ||
            strcmp(primary->rollout_state, "COMPLETED") == 0);
}

/* One look at a service. */
static void judge(struct tail_stable *s, const struct ecs_service *svc)
{
    const struct ecs_deployment *primary = ecs_primary(svc);
    const struct ecs_deployment *ours =
        s->ours[0] ? ecs_deployment_by_id(svc, s->ours) : primary;

    s->state = TAIL_ROLLING;
    if (ours && says(ours->rollout_state, "FAILED")) {
        failed(s, ours);
        return;
    }
    if (primary && says(primary->rollout_state, "IN_PROGRESS") &&
        says(primary->rollout_reason, "rolling back")) {
        s->state = TAIL_FAILED;
        snprintf(s->reason, sizeof(s->reason), "the roll-out failed: %.300s",
                 primary->rollout_reason);
        return;
    }
    if (primary && primary->id)
        snprintf(s->ours, sizeof(s->ours), "%s", primary->id);
    if (is_steady(svc, primary))
        s->state = TAIL_STEADY;
}

static void ask(struct timer *t, void *arg);

static void on_reply(void *arg, const struct aws_reply *reply,
                     const struct err *err)
{
    struct tail_stable *s = arg;

    if (err) {
        s->error = *err;
    } else {
        struct arena *arena = arena_new();
        struct ecs_service *svc = ecs_decode_service(
            json_array_get(json_object_get(reply->root, "services"), 0), 1,
            arena);
        if (s->arena)
            arena_free(s->arena);
        s->arena = arena;
        s->svc = svc;
        s->looks++;
        err_clear(&s->error);
        if (svc && !(svc->status && strcmp(svc->status, "INACTIVE") == 0))
            judge(s, svc);
        else
            err_set(&s->error, ERR_NOT_FOUND, "There is no service %s in the "
                    "cluster %s.", s->name, s->cluster);
    }
    if (s->again && s->state != TAIL_STEADY && s->state != TAIL_FAILED)
        timer_start(loop_clock(s->loop), &s->timer, EVERY_MS, ask, s);
}

static void ask(struct timer *t, void *arg)
{
    struct tail_stable *s = arg;
    struct aws_call_opts opts = {.priority = AWS_PRIO_USER,
                                 .subject = s->name};
    struct err err;

    (void)t;
    if (aws_call(s->client, &s->scope, &ecs_describe_services,
                 json_pack("{s:s,s:[s]}", "cluster", s->cluster, "services",
                           s->name),
                 &opts, on_reply, s, &err))
        s->error = err;
}

void tail_stable_begin(struct tail_stable *s, struct loop *loop,
                       struct aws_client *client, const char *cluster,
                       const char *name, bool again)
{
    s->loop = loop;
    s->client = client;
    s->cluster = cluster;
    s->name = name;
    s->again = again;
    scope_init(&s->scope, NULL);
    ask(NULL, s);
}

void tail_stable_end(struct tail_stable *s)
{
    timer_stop(loop_clock(s->loop), &s->timer);
    scope_cancel(&s->scope);
    if (s->arena)
        arena_free(s->arena);
}
