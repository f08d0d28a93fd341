#include "views/app/messages.h"

#include "backend/base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void release(struct message *e)
{
    free(e->text);
    free(e->of);
}

void messages_release(struct messages *m)
{
    for (size_t i = 0; i < m->n; i++)
        release(&m->items[i]);
    free(m->items);
    *m = (struct messages){0};
}

static void take_out(struct messages *m, size_t i)
{
    m->n--;
    memmove(m->items + i, m->items + i + 1, (m->n - i) * sizeof(*m->items));
}

static void drop_passing(struct messages *m)
{
    if (m->n && m->items[m->n - 1].passing)
        release(&m->items[--m->n]);
}

static struct message *append(struct messages *m, struct message e)
{
    if (m->n == MESSAGES_MAX) {
        release(&m->items[0]);
        take_out(m, 0);
    }
    m->items = xgrow(m->items, &m->cap, m->n + 1, sizeof(*m->items));
    m->items[m->n] = e;
    return &m->items[m->n++];
}

/* The newest item of `of`, now the last of all, with this text. */
static struct message *renew(struct messages *m, enum message_level level,
                             int64_t now_ms, const char *of, const char *text)
{
    struct message e = {.first_ms = now_ms, .of = NULL};
    drop_passing(m);
    for (size_t i = m->n; i-- > 0 && !e.of;) {
        if (!m->items[i].of || strcmp(m->items[i].of, of) != 0)
            continue;
        e = m->items[i];
        take_out(m, i);
        free(e.text);
    }
    if (!e.of)
        e.of = xstrdup(of);
    e.level = level;
    e.last_ms = now_ms;
    e.text = xstrdup(text);
    return append(m, e);
}

void messages_progress(struct messages *m, enum message_level level,
                       int64_t now_ms, const char *of, const char *text)
{
    renew(m, level, now_ms, of, text)->count = 1;
    m->shown = true;
    m->fresh = level >= MSG_WARN;
    m->unread += m->fresh;
}

void messages_tally(struct messages *m, enum message_level level,
                    int64_t now_ms, const char *of, const char *text)
{
    renew(m, level, now_ms, of, text)->count++;
}

void messages_hint(struct messages *m, int64_t now_ms, const char *text)
{
    drop_passing(m);
    append(m, (struct message){.first_ms = now_ms, .last_ms = now_ms,
                               .level = MSG_INFO, .count = 1,
                               .text = xstrdup(text), .passing = true});
    m->shown = true;
    m->fresh = false;
}

bool messages_add(struct messages *m, enum message_level level,
                  int64_t now_ms, const char *text)
{
    assert(m->items || !m->n);
    m->shown = true;
    drop_passing(m);
    struct message *last = m->n ? &m->items[m->n - 1] : NULL;
    bool again =
        last && !last->of && last->level == level &&
        strcmp(last->text, text) == 0;
    m->unread += level >= MSG_WARN && !(again && m->fresh);
    m->fresh = level >= MSG_WARN;
    if (again) {
        last->count++;
        last->last_ms = now_ms;
        return false;
    }
    append(m, (struct message){.first_ms = now_ms, .last_ms = now_ms,
                               .level = level, .count = 1,
                               .text = xstrdup(text)});
    return true;
}

void messages_seen(struct messages *m)
{
    m->unread -= m->fresh;
    m->fresh = false;
    m->shown = false;
    drop_passing(m);
}

void messages_seen_all(struct messages *m)
{
    m->unread = 0;
    m->fresh = false;
}

size_t messages_others(const struct messages *m)
{
    return m->unread - m->fresh;
}

const struct message *messages_newest(const struct messages *m)
{
    return m->n ? &m->items[m->n - 1] : NULL;
}

enum role message_role(enum message_level level)
{
    static const enum role roles[] = {[MSG_INFO] = ROLE_MESSAGE,
                                      [MSG_OK] = ROLE_GOOD,
                                      [MSG_WARN] = ROLE_WARN,
                                      [MSG_ERROR] = ROLE_ERROR};
    return roles[level];
}
