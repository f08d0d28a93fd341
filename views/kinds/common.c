/* What the kinds share: the table of kinds and the makers of cells. */
#include "views/kind.h"

#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "backend/base/nearest.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct kind *const kinds[] = {&kind_services, &kind_tasks,
                                    &kind_containers, &kind_clusters, NULL};

const struct kind *kind_find(const char *name)
{
    for (size_t i = 0; kinds[i]; i++) {
        if (strcmp(kinds[i]->name, name) == 0)
            return kinds[i];
        for (const char *const *a = kinds[i]->aliases; *a; a++)
            if (strcmp(*a, name) == 0)
                return kinds[i];
    }
    return NULL;
}

const struct kind *kind_named(const char *word, struct err *err)
{
    const struct kind *k = kind_find(word);
    struct nearest n = nearest_to(word, strlen(word));
    if (k && k != &kind_containers)
        return k;
    if (k) {
        err_set(err, ERR_USAGE, "Containers belong to a task: start with "
                "tasks, and open one.");
        return NULL;
    }
    for (size_t i = 0; kinds[i]; i++)
        if (kinds[i] != &kind_containers)
            nearest_offer(&n, kinds[i]->name);
    nearest_offer(&n, "tail");
    nearest_offer(&n, "doctor");
    if (nearest_get(&n))
        err_set(err, ERR_USAGE, "There is no view %s; did you mean %s?", word,
                nearest_get(&n));
    else
        err_set(err, ERR_USAGE, "There is no view %s; there are services, "
                "tasks and clusters.", word);
    return NULL;
}

bool kind_offers(const struct kind *k, enum action_id a)
{
    for (const enum action_id *p = k->actions; *p != ACTION_NONE; p++)
        if (*p == a)
            return true;
    return false;
}

enum role svc_state_role(enum svc_state s)
{
    static const enum role roles[SVC_STATE_N] = {
        [SVC_DOWN] = ROLE_DOWN,       [SVC_FAILED] = ROLE_BAD,
        [SVC_CRASH] = ROLE_BAD,       [SVC_SHORT] = ROLE_WARN,
        [SVC_STALLED] = ROLE_WARN,    [SVC_ROLLEDBACK] = ROLE_WARN,
        [SVC_ROLL] = ROLE_BUSY,       [SVC_OK] = ROLE_GOOD,
        [SVC_OFF] = ROLE_OFF,
    };
    return s < SVC_STATE_N ? roles[s] : ROLE_TEXT;
}

const struct store_lack *stops_lack(const struct snapshot *s)
{
    for (size_t i = 0; i < s->n_lacks; i++)
        if (s->lacks[i]->stops)
            return s->lacks[i];
    return NULL;
}

void summary_gaps(const struct snapshot *s, size_t loading, size_t denied,
                  const char *unknown, struct doc *out)
{
    const struct store_lack *lack = unknown ? stops_lack(s) : NULL;
    if (loading)
        doc_printf(out, ROLE_BUSY, ", %zu not read yet", loading);
    else if (!s->complete && s->error.code == ERR_NONE && !s->n_lacks)
        doc_put(out, ROLE_BUSY, ", loading");
    if (denied)
        doc_printf(out, ROLE_WARN, ", %zu not allowed", denied);
    if (lack)
        doc_printf(out, ROLE_WARN, ", %s unknown (%s denied)", unknown,
                   lack->action);
}

void cell_text(struct cell_value *out, const char *text)
{
    out->text = text;
}

void cell_num(struct cell_value *out, int64_t n)
{
    if (n < 0)
        return;
    out->is_num = true;
    out->num = n;
    snprintf(out->buf, sizeof(out->buf), "%lld", (long long)n);
    out->text = out->buf;
}

void cell_age(struct cell_value *out, int64_t since_ms, int64_t now_ms)
{
    if (since_ms <= 0)
        return;
    char age[16];
    out->is_num = true;
    out->num = since_ms;
    snprintf(out->buf, sizeof(out->buf), "%s",
             fmt_age(now_ms - since_ms, age));
    out->text = out->buf;
}

void cell_printf(struct cell_value *out, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(out->buf, sizeof(out->buf), fmt, ap);
    va_end(ap);
    out->text = out->buf;
}
