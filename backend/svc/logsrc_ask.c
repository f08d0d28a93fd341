/* Which streams a call asks for: by names, by prefix, or the whole group. */
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/svc/ecs.h"
#include "backend/svc/logsrc_internal.h"

#define FOREIGN_MANY 200   /* worth trying names that may not exist */

bool feed_wants(const struct feed *f, const struct source *c, bool ended)
{
    const struct log_task *t = &f->src->tasks[c->task];

    if (c->feed != f || c->ended)
        return false;
    return ended || !t->stopped_ms ||
           logsrc_now(f->src) - t->stopped_ms < LOGSRC_REST_MS;
}

struct choice {
    size_t n, unknown; /* streams; not known to exist */
    const char *first;
    size_t common;     /* bytes that all begin with */
};

static void consider(struct choice *k, const char *name, bool exists)
{
    size_t i = 0;

    k->unknown += !exists;
    if (k->n++ == 0) {
        k->first = name;
        k->common = strlen(name);
        return;
    }
    while (i < k->common && name[i] == k->first[i])
        i++;
    k->common = i;
}

/* Streams that ended have lines in the past only. */
static bool looks_back(const struct walk *w)
{
    return w->kind != WALK_FOLLOW;
}

static json_t *names(const struct feed *f, const struct walk *w)
{
    json_t *list = json_array();
    const char *name;
    void *value;

    for (size_t i = 0; map_next(f->streams, &i, &name, &value);)
        if (feed_wants(f, &f->src->sources[(uintptr_t)value - 1],
                       looks_back(w)))
            json_array_append_new(list, json_string(name));
    return list;
}

static void choose(struct feed *f, struct walk *w, json_t *o)
{
    struct choice k = {0};
    const char *name;
    void *value;
    int64_t now = clock_mono_ms(f->src->o.clock);

    if (w->source != SIZE_MAX) { /* fails not where it does not exist */
        json_object_set_new(o, "logStreamNamePrefix",
                            json_string(f->src->sources[w->source].stream));
        return;
    }
    for (size_t i = 0; i < f->n_wholes; i++)
        consider(&k, f->wholes[i], false);
    for (size_t i = 0; map_next(f->streams, &i, &name, &value);) {
        const struct source *c = &f->src->sources[(uintptr_t)value - 1];
        if (feed_wants(f, c, looks_back(w)))
            consider(&k, name, c->exists);
    }
    w->by_names = k.n > 1 && k.n <= LOGSRC_MAX_NAMES && !f->n_wholes &&
                  now >= f->names_due &&
                  (k.unknown == 0 || f->foreign > FOREIGN_MANY);
    if (w->by_names) {
        json_object_set_new(o, "logStreamNames", names(f, w));
    } else if (k.common) {
        char *prefix = xstrndup(k.first, k.common);
        json_object_set_new(o, "logStreamNamePrefix", json_string(prefix));
        free(prefix);
    }
}

json_t *feed_params(struct feed *f, struct walk *w)
{
    json_t *o = json_object();

    w->by_names = false;
    json_object_set_new(o, "logGroupName", json_string(f->group));
    choose(f, w, o);
    json_object_set_new(o, "startTime",
                        json_integer(w->from > 0 ? w->from : 0));
    if (w->to != INT64_MAX)
        json_object_set_new(o, "endTime", json_integer(w->to));
    if (w->newest_first)
        json_object_set_new(o, "startFromHead", json_false());
    return o;
}
