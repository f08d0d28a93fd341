/* Watches and entries: who is known by which name. */
#include "backend/store/poll.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"

static const char *svc_name(const void *p)
{
    return ((const struct svc_entry *)p)->name;
}

static const char *svc_arn(const void *p)
{
    return ((const struct svc_entry *)p)->arn;
}

static const char *task_id(const void *p)
{
    return arn_tail(((const struct task_entry *)p)->arn);
}

static const char *td_arn(const void *p)
{
    return ((const struct td_entry *)p)->arn;
}

void entries_init(struct store *s)
{
    s->watch_by_name = map_new();
    s->svc_by_arn = map_new_keyed(svc_arn);
    s->task_by_id = map_new_keyed(task_id);
    s->taskdefs = map_new_keyed(td_arn);
    s->strings = strtab_new();
    s->watch_tail = &s->watches;
}

struct watch *watch_get(struct store *s, const char *name_or_arn)
{
    const char *name = arn_tail(name_or_arn);
    struct watch *w = map_get(s->watch_by_name, name);

    if (w == NULL) {
        w = xcalloc(1, sizeof(*w));
        w->store = s;
        w->name = xstrdup(name);
        w->svc_by_name = map_new_keyed(svc_name);
        map_put(s->watch_by_name, name, w);
        *s->watch_tail = w;
        s->watch_tail = &w->next;
        s->n_watches++;
    }
    if (w->arn == NULL && strncmp(name_or_arn, "arn:", 4) == 0)
        w->arn = xstrdup(name_or_arn);
    return w;
}

static void set_arn(struct svc_entry *e, const char *arn)
{
    struct map *by_arn = e->watch->store->svc_by_arn;

    if (e->arn != NULL && strcmp(e->arn, arn) == 0)
        return;
    if (e->arn != NULL)
        map_remove(by_arn, e->arn);
    free(e->arn);
    e->arn = xstrdup(arn);
    map_put(by_arn, arn, e);
}

struct svc_entry *svc_get(struct watch *w, const char *name_or_arn)
{
    const char *name = arn_tail(name_or_arn);
    struct svc_entry *e = map_get(w->svc_by_name, name);

    if (e == NULL) {
        e = xcalloc(1, sizeof(*e));
        e->watch = w;
        e->name = xstrdup(name);
        e->number = ++w->store->numbers;
        e->cls = -1;
        e->jitter = 1000;
        map_put(w->svc_by_name, name, e);
        w->svcs = xgrow(w->svcs, &w->cap_svcs, w->n_svcs + 1,
                        sizeof(struct svc_entry *));
        w->svcs[w->n_svcs++] = e;
    }
    if (strncmp(name_or_arn, "arn:", 4) == 0)
        set_arn(e, name_or_arn);
    return e;
}

struct task_entry *task_get(struct watch *w, const char *id_or_arn)
{
    struct store *s = w->store;
    const char *id = arn_tail(id_or_arn);
    struct task_entry *e = map_get(s->task_by_id, id);

    if (e == NULL) {
        e = xcalloc(1, sizeof(*e));
        e->watch = w;
        e->arn = e->own = xstrdup(id_or_arn);
        e->number = s->n_free_numbers > 0
                        ? s->free_numbers[--s->n_free_numbers]
                        : ++s->numbers;
        e->cls = -1;
        e->jitter = 1000;
        map_put(s->task_by_id, id, e);
        w->tasks = xgrow(w->tasks, &w->cap_tasks, w->n_tasks + 1,
                         sizeof(struct task_entry *));
        e->slot = w->n_tasks;
        w->tasks[w->n_tasks++] = e;
        w->unordered = e->unplaced = true;
    } else if (strcmp(e->arn, id_or_arn) != 0 &&
               strncmp(id_or_arn, "arn:", 4) == 0) {
        free(e->own);
        e->arn = e->own = xstrdup(id_or_arn);
        w->unordered = e->unplaced = true;
    }
    return e;
}

static void task_release(struct task_entry *e)
{
    page_unref(e->data);
    page_unref(e->row_page);
    free(e->own);
    free(e);
}

void task_drop(struct task_entry *e)
{
    struct watch *w = e->watch;
    struct store *s = w->store;

    assert(!e->in_flight);
    for (size_t i = 0; e->in_stops && i < e->svc->n_stops; i++)
        if (e->svc->stops[i] == e) {
            e->svc->stops[i] = e->svc->stops[--e->svc->n_stops];
            svc_dirty(e->svc);
            break;
        }
    for (size_t i = 0; e->dirty && i < s->n_dirty_tasks; i++)
        if (s->dirty_tasks[i] == e) {
            s->dirty_tasks[i] = s->dirty_tasks[--s->n_dirty_tasks];
            break;
        }
    for (struct feed *f = s->feeds; f != NULL; f = f->next)
        if (f->task == e)
            f->task = NULL;
    tries_end(&e->tries, &w->task_trouble);
    if (e->remembered)
        s->n_remembered--;
    scan_drop_task(e);
    w->tasks[e->slot] = w->tasks[--w->n_tasks];
    w->tasks[e->slot]->slot = e->slot;
    w->tasks[e->slot]->unplaced = w->unordered = true;
    map_remove(s->task_by_id, arn_tail(e->arn));
    s->free_numbers = xgrow(s->free_numbers, &s->cap_free_numbers,
                            s->n_free_numbers + 1, sizeof(uint32_t));
    s->free_numbers[s->n_free_numbers++] = e->number;
    task_release(e);
}

struct td_entry *td_get(struct store *s, const char *arn)
{
    struct td_entry *td = map_get(s->taskdefs, arn);

    if (td == NULL) {
        td = xcalloc(1, sizeof(*td));
        td->arn = xstrdup(arn);
        map_put(s->taskdefs, arn, td);
    }
    return td;
}

static void td_free(void *p)
{
    struct td_entry *td = p;

    page_unref(td->page);
    free(td->arn);
    free(td);
}

static void svc_free(void *p)
{
    struct svc_entry *e = p;

    page_unref(e->data);
    page_unref(e->row_page);
    free(e->stops);
    free(e->run);
    free(e->acked);
    free(e->name);
    free(e->arn);
    free(e);
}

static void watch_free(void *p)
{
    struct watch *w = p;

    for (size_t i = 0; i < w->n_tasks; i++)
        task_release(w->tasks[i]);
    map_free(w->svc_by_name, svc_free);
    page_unref(w->data);
    free(w->svc_scan.queue);
    free(w->task_scan.queue);
    free(w->tasks);
    free(w->svcs);
    free(w->name);
    free(w->arn);
    free(w);
}

void entries_free(struct store *s)
{
    map_free(s->watch_by_name, watch_free);
    map_free(s->svc_by_arn, NULL);
    map_free(s->task_by_id, NULL);
    map_free(s->taskdefs, td_free);
    free(s->dirty_svcs);
    free(s->dirty_tasks);
    free(s->free_numbers);
}
