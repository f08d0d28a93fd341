/* The describes of clusters and services: a batch each, into pages of their
 * own. */
#include "backend/store/fetch.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/svc/ecs.h"

/* MISSING: the list will say so too. */
static void cluster_missing(struct store *s, const char *arn)
{
    struct watch *w = map_get(s->watch_by_name, arn_tail(arn));

    if (w == NULL || !w->in_flight)
        return;
    w->answered = w->missing = true;
    job_hurry(&s->clusters);
}

static void on_cluster_desc(void *arg, const struct aws_reply *reply,
                            const struct err *err)
{
    struct ask *a = arg;
    struct store *s = a->store;
    struct page *p = page_new(s->strings);
    struct err why;
    size_t n = fetch_items(reply, &ecs_describe_clusters, &err, &why);
    const char *arn, *reason;

    for (size_t i = 0; err == NULL && i < a->n_items; i++)
        ((struct watch *)a->items[i])->described_ms = store_now(s);
    for (size_t i = 0; i < n; i++) {
        struct ecs_cluster *c =
            ecs_decode_cluster(ecs_item(reply->root, "clusters", i), p->arena);
        struct watch *w =
            c != NULL ? map_get(s->watch_by_name, arn_tail(c->arn)) : NULL;

        if (w != NULL && w->in_flight) {
            w->cluster = c;
            w->answered = true;
            w->missing = false;
            page_set(&w->data, p);
        }
    }
    for (size_t i = 0;
         err == NULL && ecs_failure(reply->root, i, &arn, &reason) == 0; i++)
        cluster_missing(s, arn);
    for (size_t i = 0; i < a->n_items; i++) {
        struct watch *w = a->items[i];

        fetch_tried(s, &w->tries, &s->cluster_trouble, err, w->answered);
        w->answered = false;
    }
    page_unref(p);
    feeds_dirty_clusters(s);
    fetch_end(a, err);
}

void fetch_cluster_desc(struct store *s, struct watch **w, size_t n,
                        enum aws_priority prio)
{
    static const char *const include[] = {"STATISTICS", "SETTINGS", NULL};
    struct ask *a = ask_new(s, ASK_CLUSTER_DESC, NULL, &s->cluster_desc);
    const char *names[TASK_BATCH];

    a->items = xreallocarray(NULL, n, sizeof(void *));
    for (size_t i = 0; i < n; i++) {
        names[i] = watch_ref(w[i]);
        w[i]->in_flight = true;
        a->items[a->n_items++] = w[i];
    }
    fetch_start(a, &ecs_describe_clusters,
                &(struct ecs_ask){.member = "clusters", .names = names,
                                  .n_names = n, .include = include},
                NULL, prio, on_cluster_desc);
}

static void svc_described(struct svc_entry *e, const struct ecs_service *svc,
                          struct page *p)
{
    struct watch *w = e->watch;
    const struct ecs_deployment *d = ecs_primary(svc);
    const char *td = d != NULL && d->task_definition != NULL
                         ? d->task_definition
                         : svc->task_definition;

    e->answered = true;
    e->svc = svc;
    page_set(&e->data, p);
    e->td = td != NULL ? td_get(w->store, td) : NULL;
    if (e->sig == 0) /* a list asked before this is as good as after it */
        e->run_sig = svc_signature(svc);
    e->sig = svc_signature(svc);
    e->missing = false;
    if (w->arn == NULL && svc->cluster_arn != NULL)
        w->arn = xstrdup(svc->cluster_arn);
    svc_dirty(e);
    if (e->want_tasks != WANT_NO)
        feeds_dirty_tasks(w, e);
}

/* Without its counts a service would look down, which it is not. */
static bool has_counts(json_t *o)
{
    static const char *const counts[] = {"desiredCount", "runningCount",
                                         "pendingCount"};

    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        if (!json_is_integer(json_object_get(o, counts[i])))
            return false;
    return true;
}

/* MISSING: the row stays until the list says so too. */
static void svc_missing(struct watch *w, const char *arn)
{
    struct svc_entry *e = map_get(w->svc_by_name, arn_tail(arn));

    if (e == NULL || !e->in_flight)
        return;
    e->answered = true;
    if (e->missing)
        return;
    e->missing = true;
    job_hurry(&w->list);
    feeds_dirty_tasks(w, e);
}

/* What came of each that was asked for. */
static void services_tried(struct ask *a, const struct err *err)
{
    int jit = jitter(a->store);

    for (size_t i = 0; i < a->n_items; i++) {
        struct svc_entry *e = a->items[i];
        bool changed = fetch_tried(a->store, &e->tries,
                                   &e->watch->svc_trouble, err, e->answered);

        e->jitter = jit;
        if (err == NULL)
            e->described_ms = store_now(a->store);
        e->answered = false;
        if (changed)
            svc_dirty(e);
    }
}

static void on_svc_desc(void *arg, const struct aws_reply *reply,
                        const struct err *err)
{
    struct ask *a = arg;
    struct watch *w = a->watch;
    struct page *p = page_new(w->store->strings);
    struct err why;
    size_t n = fetch_items(reply, &ecs_describe_services, &err, &why);
    const char *arn, *reason;

    for (size_t i = 0; i < n; i++) {
        json_t *o = ecs_item(reply->root, "services", i);
        struct ecs_service *svc =
            has_counts(o) ? ecs_decode_service(o, MAX_EVENTS, p->arena) : NULL;
        struct svc_entry *e =
            svc != NULL ? map_get(w->svc_by_name, arn_tail(svc->arn)) : NULL;

        if (e == NULL || !e->in_flight) /* nothing that nobody asked for */
            continue;
        if (svc->cluster_arn == NULL) { /* it is where it was asked for */
            svc->cluster_arn = arena_strdup(p->arena, watch_ref(w));
            svc->cluster = arn_tail(svc->cluster_arn);
        }
        svc_described(e, svc, p);
    }
    for (size_t i = 0;
         err == NULL && ecs_failure(reply->root, i, &arn, &reason) == 0; i++)
        svc_missing(w, arn);
    services_tried(a, err);
    arena_seal(p->arena);
    page_unref(p);
    feeds_dirty_services(w);
    fetch_end(a, err);
}

void fetch_svc_desc(struct watch *w, void *const *e, size_t n,
                    enum aws_priority prio)
{
    struct ask *a = ask_new(w->store, ASK_SVC_DESC, w, &w->svc_desc);
    const char *names[SVC_BATCH];

    a->items = xreallocarray(NULL, n, sizeof(void *));
    for (size_t i = 0; i < n; i++) {
        struct svc_entry *svc = e[i];

        names[i] = svc->arn != NULL ? svc->arn : svc->name;
        svc->in_flight = true;
        svc->hot = false;
        a->items[a->n_items++] = svc;
    }
    fetch_start(a, &ecs_describe_services,
                &(struct ecs_ask){.cluster = w->name, .member = "services",
                                  .names = names, .n_names = n},
                w->name, prio, on_svc_desc);
}
