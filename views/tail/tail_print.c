#include "views/tail/tail_print.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/mem.h"
#include "views/log/log_match.h"

#define WRITE_BYTES ((size_t)64 << 10) /* so much is kept back at most */

static void write_out(struct tail_print *p)
{
    const char *at = strbuf_get(&p->out);
    size_t left = p->out.len;

    while (left && !p->error) {
        ssize_t n = write(p->fd, at, left);
        if (n < 0 && errno == EAGAIN) { /* somebody else's idea of our pipe */
            struct pollfd fd = {.fd = p->fd, .events = POLLOUT};
            poll(&fd, 1, -1);
            continue;
        }
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            p->error = errno;
            break;
        }
        at += n;
        left -= (size_t)n;
    }
    strbuf_clear(&p->out);
}

/* As `&` of the dashboard, which looks at each line of an event; a pattern
 * over several lines is found, too. */
static enum regex_result judge(struct tail_print *p, const struct log_event *e)
{
    const char *text = strbuf_get(&e->message), *end = text + e->message.len;
    enum regex_result r = log_match_text(p->filter, text, e->message.len, NULL,
                                         &p->shown);

    if (r == REGEX_HIT ||
        log_match_tag(p->filter, p->format.src, e->head.source))
        return REGEX_HIT;
    if (!memchr(text, '\n', e->message.len))
        return r;
    for (const char *to; text <= end; text = to + 1) {
        enum regex_result one;
        to = memchr(text, '\n', (size_t)(end - text));
        to = to ? to : end;
        one = log_match_text(p->filter, text, (size_t)(to - text), NULL,
                             &p->shown);
        if (one == REGEX_HIT)
            return one;
        r = one == REGEX_HARD ? one : r;
    }
    return r;
}

/* What can't be judged is printed, either way. */
static bool wanted(struct tail_print *p, const struct log_event *e)
{
    enum regex_result r;

    if (!p->filter)
        return true;
    r = judge(p, e);
    return r == REGEX_HARD || (r == REGEX_HIT) != p->invert;
}

static void end_event(struct tail_print *p, struct log_event *e)
{
    if (!e->open)
        return;
    if (!p->error && wanted(p, e))
        log_event_end(e, &p->format, &p->out);
    log_event_drop(e);
    if (p->out.len >= WRITE_BYTES)
        write_out(p);
}

static void add_line(struct tail_print *p, struct log_event *e,
                     const struct logbuf_line *l)
{
    if (l->kind != LOG_TEXT)
        return;
    if (!l->more)
        end_event(p, e);
    log_event_add(e, &p->format, l);
}

/* As the buffer has them: by times, source and id, equal ones as they came. */
static bool is_printed(const struct tail_print *p, const struct logbuf_line *l)
{
    const struct logbuf_mark *m = &p->printed;

    if (!m->seq)
        return false;
    if (l->timestamp_ms != m->timestamp_ms)
        return l->timestamp_ms < m->timestamp_ms;
    if (l->ingestion_ms != m->ingestion_ms)
        return l->ingestion_ms < m->ingestion_ms;
    if (l->source != m->source)
        return l->source < m->source;
    return l->id != m->id ? l->id < m->id : l->seq <= m->seq;
}

static void on_added(void *arg, const struct logbuf_line *line, size_t i)
{
    struct tail_print *p = arg;
    struct logbuf_line l = *line;

    (void)i;
    if (l.kind != LOG_TEXT || !is_printed(p, line))
        return;
    l.late = true;
    add_line(p, &p->late, &l);
}

static void on_removed(void *arg, const struct logbuf_line *line, size_t i)
{
    struct tail_print *p = arg;

    if (i || line->kind != LOG_TEXT || is_printed(p, line))
        return;
    add_line(p, &p->event, line);
    p->printed = logbuf_mark_of(line);
}

void tail_print_begin(struct tail_print *p)
{
    p->watch = (struct logbuf_watch){.added = on_added,
                                     .removed = on_removed, .arg = p};
    logbuf_watch(p->buf, &p->watch);
}

void tail_print_end(struct tail_print *p)
{
    logbuf_unwatch(p->buf, &p->watch);
    log_event_release(&p->event);
    log_event_release(&p->late);
    strbuf_release(&p->out);
    strbuf_release(&p->shown);
}

void tail_print_upto(struct tail_print *p, int64_t settled_ms, int64_t held_ms)
{
    bool exact = false;
    size_t i = p->printed.seq ? logbuf_find(p->buf, p->printed, &exact) : 0;
    size_t n = logbuf_len(p->buf);

    end_event(p, &p->late);
    for (i += exact; i < n && !p->error; i++) {
        struct logbuf_line l;
        int64_t since;
        logbuf_get(p->buf, i, &l);
        /* A host whose clock is ahead holds nothing up. */
        since = l.timestamp_ms < l.ingestion_ms ? l.timestamp_ms
                                                : l.ingestion_ms;
        if (l.timestamp_ms >= settled_ms || since >= held_ms)
            break;
        add_line(p, &p->event, &l);
        p->printed = logbuf_mark_of(&l);
    }
    end_event(p, &p->event);
    write_out(p);
}

bool tail_print_is_over(struct tail_print *p)
{
    struct pollfd fd = {.fd = p->fd};

    if (!p->error && poll(&fd, 1, 0) > 0 && fd.revents & POLLERR)
        p->error = EPIPE;
    return p->error != 0;
}
