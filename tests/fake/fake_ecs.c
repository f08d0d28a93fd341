#include "tests/fake/fake_internal.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/aws/client.h"
#include "backend/base/clock.h"
#include "backend/base/map.h"
#include "backend/base/mem.h"
#include "backend/base/scope.h"
#include "backend/base/strbuf.h"
#include "backend/net/loop.h"
#include "backend/svc/model.h"

struct call {
    struct work work;
    struct timer timer;
    struct fake_ecs *f;
    struct call *next;
    const struct aws_op *op;
    json_t *params;
    aws_done_fn *done;
    aws_page_fn *page;
    void *arg;
    size_t offset;
    bool held;
};

struct fake_ecs *fake_new(struct loop *loop)
{
    struct fake_ecs *f = xcalloc(1, sizeof(*f));

    f->loop = loop;
    f->clock = loop_clock(loop);
    f->page_size = 100;
    f->task_by_id = map_new();
    return f;
}

static void unlink_call(struct call *c)
{
    for (struct call **p = &c->f->calls; *p != NULL; p = &(*p)->next)
        if (*p == c) {
            *p = c->next;
            break;
        }
    timer_stop(c->f->clock, &c->timer);
    if (!c->held)
        loop_work_end(c->f->loop);
    if (c->done != NULL)
        c->f->flying--;
    json_decref(c->params);
    free(c);
}

void fake_free(struct fake_ecs *f)
{
    assert(f->calls == NULL); /* a scope was not cancelled */
    for (size_t i = 0; i < f->n_services; i++)
        free(f->services[i]);
    for (size_t i = 0; i < f->n_tasks; i++)
        free(f->tasks[i]);
    fake_clear_log(f);
    map_free(f->task_by_id, NULL);
    free(f->services);
    free(f->tasks);
    free(f->log);
    free(f);
}

struct aws_client *fake_client(struct fake_ecs *f)
{
    return (struct aws_client *)f;
}

void fake_cluster(struct fake_ecs *f, const char *name)
{
    assert(f->n_clusters < ARRAY_LEN(f->clusters));
    f->clusters[f->n_clusters++] = name;
}

struct fake_service *fake_service(struct fake_ecs *f, const char *cluster,
                                  const char *name, int desired, int running)
{
    struct fake_service *s = xcalloc(1, sizeof(*s));

    s->cluster = cluster;
    snprintf(s->name, sizeof(s->name), "%s", name);
    s->desired = desired;
    s->running = running;
    s->event = 1;
    s->rollout = "COMPLETED";
    f->services = xgrow(f->services, &f->cap_services, f->n_services + 1,
                        sizeof(struct fake_service *));
    f->services[f->n_services++] = s;
    return s;
}

struct fake_task *fake_task(struct fake_ecs *f, const char *cluster,
                            const char *service, int id)
{
    struct fake_task *t = xcalloc(1, sizeof(*t));

    t->cluster = cluster;
    snprintf(t->service, sizeof(t->service), "%s", service);
    snprintf(t->id, sizeof(t->id), "%032x", (unsigned)id);
    t->last = t->desired = "RUNNING";
    t->containers = 1;
    t->created_ms = clock_wall_ms(f->clock) - 100000 + id;
    f->tasks = xgrow(f->tasks, &f->cap_tasks, f->n_tasks + 1,
                     sizeof(struct fake_task *));
    f->tasks[f->n_tasks++] = t;
    map_put(f->task_by_id, t->id, t);
    return t;
}

void fake_stop(struct fake_ecs *f, struct fake_task *t, int exit_code)
{
    t->last = t->desired = "STOPPED";
    t->exit_code = exit_code;
    t->stopped_ms = clock_wall_ms(f->clock);
}

void fake_page_size(struct fake_ecs *f, int n)
{
    f->page_size = n;
}

void fake_fail(struct fake_ecs *f, const char *op, enum err_code code)
{
    for (size_t i = 0; i < ARRAY_LEN(f->fails); i++)
        if (f->fails[i].op[0] == '\0' || strcmp(f->fails[i].op, op) == 0) {
            snprintf(f->fails[i].op, sizeof(f->fails[i].op), "%s", op);
            f->fails[i].code = code;
            return;
        }
    assert(!"too many failing operations");
}

static bool failing(struct fake_ecs *f, const char *op, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(f->fails); i++)
        if (strcmp(f->fails[i].op, op) == 0 &&
            f->fails[i].code != ERR_NONE) {
            err_set(err, f->fails[i].code, "%s was refused by the test.", op);
            return true;
        }
    return false;
}

void fake_lose(struct fake_ecs *f, const char *tail)
{
    f->lost = tail;
}

void fake_poison(struct fake_ecs *f, const char *tail, enum err_code code)
{
    f->poison = tail;
    f->poison_code = code;
}

static bool poisoned(struct fake_ecs *f, json_t *params, struct err *err)
{
    static const char *const lists[] = {"services", "tasks", "clusters"};
    json_t *name;
    size_t i;

    for (size_t k = 0; k < ARRAY_LEN(lists); k++) {
        json_array_foreach(json_object_get(params, lists[k]), i, name)
            if (fake_ends_with(json_string_value(name), f->poison)) {
                err_set(err, f->poison_code, "It is poisoned.");
                return true;
            }
    }
    return false;
}

static void answer_call(struct call *c)
{
    struct fake_ecs *f = c->f;
    struct err err = {0};
    aws_done_fn *done = c->done;
    void *arg = c->arg;
    json_t *root = NULL;

    if (!failing(f, c->op->name, &err) && !poisoned(f, c->params, &err))
        root = strcmp(c->op->name, "DescribeServices") == 0
                   ? fake_describe(f, "services", c->params)
               : strcmp(c->op->name, "DescribeTasks") == 0
                   ? fake_describe(f, "tasks", c->params)
               : strcmp(c->op->name, "DescribeClusters") == 0
                   ? fake_describe(f, "clusters", c->params)
                   : fake_taskdef(c->params);
    scope_remove(&c->work);
    unlink_call(c);
    if (root != NULL) {
        struct aws_reply reply = {.status = 200, .request_id = "",
                                  .body = "", .root = root};
        done(arg, &reply, NULL);
        json_decref(root);
    } else {
        done(arg, NULL, &err);
    }
}

static void log_call(struct fake_ecs *f, const struct aws_op *op,
                     json_t *params, size_t offset);
static void start(struct call *c);

static void answer_page(struct call *c)
{
    struct fake_ecs *f = c->f;
    struct err err = {0};
    aws_page_fn *page = c->page;
    void *arg = c->arg;
    json_t *all, *items = json_array(), *root;
    size_t end = c->offset + (size_t)f->page_size;
    bool last;

    if (failing(f, c->op->name, &err)) {
        json_decref(items);
        scope_remove(&c->work);
        unlink_call(c);
        page(arg, NULL, &err, true);
        return;
    }
    all = fake_names(f, c->op->name, c->params);
    for (size_t i = c->offset; i < end && i < json_array_size(all); i++)
        json_array_append(items, json_array_get(all, i));
    last = end >= json_array_size(all);
    json_decref(all);
    root = json_pack("{s:o}", c->op->result, items);
    struct aws_reply reply = {.status = 200, .request_id = "", .body = "",
                              .root = root};
    if (last) {
        scope_remove(&c->work);
        unlink_call(c);
        page(arg, &reply, NULL, true);
    } else {
        c->offset = end;
        if (page(arg, &reply, NULL, false)) {
            log_call(f, c->op, c->params, c->offset);
            start(c);
        } else {
            scope_remove(&c->work);
            unlink_call(c);
        }
    }
    json_decref(root);
}

static void on_timer(struct timer *t, void *arg)
{
    struct call *c = arg;

    (void)t;
    if (c->done != NULL)
        answer_call(c);
    else
        answer_page(c);
}

static void start(struct call *c)
{
    bool was = c->held;

    c->held = c->f->hold;
    if (c->held && !was)
        loop_work_end(c->f->loop);
    if (!c->held) {
        if (was)
            loop_work_begin(c->f->loop);
        timer_start(c->f->clock, &c->timer, 0, on_timer, c);
    }
}

static void on_cancel(struct work *w)
{
    unlink_call(container_of(w, struct call, work));
}

static void log_call(struct fake_ecs *f, const struct aws_op *op,
                     json_t *params, size_t offset)
{
    static const char *const lists[] = {"services", "tasks", "clusters"};
    struct strbuf b = STRBUF_INIT;
    const char *cluster = param(params, "cluster");
    json_t *name;
    size_t i;

    strbuf_printf(&b, "%s %s", op->name, cluster != NULL ? cluster : "-");
    if (param(params, "desiredStatus") != NULL)
        strbuf_printf(&b, " %s", param(params, "desiredStatus"));
    if (param(params, "serviceName") != NULL)
        strbuf_printf(&b, " of:%s", param(params, "serviceName"));
    if (param(params, "taskDefinition") != NULL)
        strbuf_printf(&b, " %s", arn_tail(param(params, "taskDefinition")));
    for (size_t k = 0; k < ARRAY_LEN(lists); k++) {
        json_array_foreach(json_object_get(params, lists[k]), i, name)
            strbuf_printf(&b, " %s,", arn_tail(json_string_value(name)));
    }
    if (offset > 0)
        strbuf_printf(&b, " @%zu", offset);
    f->log = xgrow(f->log, &f->cap_log, f->n_log + 1, sizeof(char *));
    f->log[f->n_log++] = strbuf_detach(&b);
}

static int begin(struct aws_client *client, struct scope *scope,
                 const struct aws_op *op, json_t *params, aws_done_fn *done,
                 aws_page_fn *page, void *arg, struct err *err)
{
    struct fake_ecs *f = (struct fake_ecs *)client;
    struct call *c, **tail = &f->calls;

    log_call(f, op, params, 0);
    if (f->refuse) {
        json_decref(params);
        return err_set(err, ERR_CONFIG, "It was not begun.");
    }
    c = xcalloc(1, sizeof(*c));
    c->f = f;
    c->op = op;
    c->params = params;
    c->done = done;
    c->page = page;
    c->arg = arg;
    while (*tail != NULL)
        tail = &(*tail)->next;
    *tail = c;
    if (done != NULL && ++f->flying > f->most)
        f->most = f->flying;
    loop_work_begin(f->loop);
    scope_add(scope, &c->work, on_cancel);
    start(c);
    return 0;
}

int aws_call(struct aws_client *client, struct scope *scope,
             const struct aws_op *op, json_t *params,
             const struct aws_call_opts *opts, aws_done_fn *done, void *arg,
             struct err *err)
{
    (void)opts;
    return begin(client, scope, op, params, done, NULL, arg, err);
}

int aws_pages(struct aws_client *client, struct scope *scope,
              const struct aws_op *op, json_t *params,
              const struct aws_call_opts *opts, int max_pages,
              aws_page_fn *page, void *arg, struct err *err)
{
    (void)opts;
    (void)max_pages;
    return begin(client, scope, op, params, NULL, page, arg, err);
}

int64_t aws_client_clock_skew_ms(const struct aws_client *client)
{
    (void)client;
    return 0;
}

void fake_refuse(struct fake_ecs *f, bool refuse)
{
    f->refuse = refuse;
}

void fake_hold(struct fake_ecs *f, bool hold)
{
    f->hold = hold;
    if (!hold)
        fake_release(f, (size_t)-1);
}

void fake_release(struct fake_ecs *f, size_t n)
{
    for (struct call *c = f->calls; c != NULL && n > 0; c = c->next)
        if (c->held) {
            c->held = false;
            n--;
            loop_work_begin(f->loop);
            timer_start(f->clock, &c->timer, 0, on_timer, c);
        }
}

size_t fake_waiting(const struct fake_ecs *f)
{
    size_t n = 0;

    for (const struct call *c = f->calls; c != NULL; c = c->next)
        n += c->held;
    return n;
}

size_t fake_calls(const struct fake_ecs *f, const char *op, const char *with)
{
    size_t n = 0;

    for (size_t i = 0; i < f->n_log; i++)
        n += strncmp(f->log[i], op, strlen(op)) == 0 &&
             f->log[i][strlen(op)] == ' ' &&
             (with == NULL || strstr(f->log[i], with) != NULL);
    return n;
}

size_t fake_total(const struct fake_ecs *f)
{
    return f->n_log;
}

const char *fake_line(const struct fake_ecs *f, size_t i)
{
    return i < f->n_log ? f->log[i] : "";
}

void fake_clear_log(struct fake_ecs *f)
{
    for (size_t i = 0; i < f->n_log; i++)
        free(f->log[i]);
    f->n_log = 0;
}

int fake_most(const struct fake_ecs *f)
{
    return f->most;
}
