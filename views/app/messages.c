#include "views/app/messages.h"

#include "backend/base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void messages_release(struct messages *m)
{
    for (size_t i = 0; i < m->n; i++)
        free(m->items[i].text);
    free(m->items);
    *m = (struct messages){0};
}

bool messages_add(struct messages *m, enum message_level level,
                  int64_t now_ms, const char *text)
{
    assert(m->items || !m->n);
    m->shown = true;
    struct message *last = m->n ? &m->items[m->n - 1] : NULL;
    bool again =
        last && last->level == level && strcmp(last->text, text) == 0;
    m->unread += level >= MSG_WARN && !(again && m->fresh);
    m->fresh = level >= MSG_WARN;
    if (again) {
        last->count++;
        last->last_ms = now_ms;
        return false;
    }
    if (m->n == MESSAGES_MAX) {
        free(m->items[0].text);
        memmove(m->items, m->items + 1, (m->n - 1) * sizeof(*m->items));
        m->n--;
    }
    m->items = xgrow(m->items, &m->cap, m->n + 1, sizeof(*m->items));
    m->items[m->n++] = (struct message){.first_ms = now_ms,
                                        .last_ms = now_ms,
                                        .level = level,
                                        .count = 1,
                                        .text = xstrdup(text)};
    return true;
}

void messages_seen(struct messages *m)
{
    m->unread -= m->fresh;
    m->fresh = false;
    m->shown = false;
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
