/* Commands that mean something in a log: `:goto 14:03`. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/base/fmt.h"
#include "backend/base/mem.h"
#include "views/app/command.h"
#include "views/kind.h"
#include "views/log/log.h"
#include "views/log/log_command.h"

#define DAY_MS ((int64_t)86400000)

enum { GAPS_FIRST = 50 }; /* one of each group, and starts and stops */

/* "-15m", "-90s", "-1h30m", "-2d": how long ago, in ms; -1 if it is not. */
static int64_t parse_ago(const char *s)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', DAY_MS}};
    int64_t sum = 0;

    if (*s++ != '-' || !*s)
        return -1;
    while (*s) {
        int64_t n = 0, unit = 0;
        if (!isdigit((unsigned char)*s))
            return -1;
        while (isdigit((unsigned char)*s) && n < 1000000)
            n = n * 10 + (*s++ - '0');
        for (size_t i = 0; i < ARRAY_LEN(units); i++)
            if (*s == units[i].unit)
                unit = units[i].ms;
        if (!unit)
            return -1;
        sum += n * unit;
        s++;
    }
    return sum;
}

/* "14:03", "14:03:27", with Z or without: the last such time before now. */
static int64_t parse_clock(const char *s, int64_t now_ms, bool local)
{
    int h = 0, m = 0, sec = 0, used = 0;
    int64_t t, offset = 0;

    if (sscanf(s, "%2d:%2d%n", &h, &m, &used) != 2 || !used)
        return -1;
    s += used;
    if (*s == ':' && sscanf(s, ":%2d%n", &sec, &used) == 1)
        s += used;
    if (*s == 'Z') {
        local = false;
        s++;
    }
    if (*s || h < 0 || h > 23 || m < 0 || m > 59 || sec < 0 || sec > 60)
        return -1;
    if (local) {
        time_t now = (time_t)(now_ms / 1000);
        struct tm tm;
        if (localtime_r(&now, &tm))
            offset = (int64_t)tm.tm_gmtoff * 1000;
    }
    t = (now_ms + offset) / DAY_MS * DAY_MS - offset +
        ((h * 60 + m) * 60 + sec) * (int64_t)1000;
    return t > now_ms ? t - DAY_MS : t;
}

int64_t log_parse_time(const char *s, int64_t now_ms, bool local)
{
    int64_t t = parse_ago(s);

    if (t >= 0)
        return now_ms - t;
    if (fmt_parse_iso(s, &t) == 0)
        return t;
    return parse_clock(s, now_ms, local);
}

/* Is that time in a gap that stands among the first lines? */
static bool in_first_gap(const struct log_view *lv, int64_t t)
{
    struct logsrc_gap gap;
    struct logbuf_line l;

    for (size_t i = 0; i < logbuf_len(lv->buf) && i < GAPS_FIRST; i++) {
        logbuf_get(lv->buf, i, &l);
        if (l.kind == LOG_GAP && logsrc_gap(lv->src, l.seq, &gap) &&
            t >= gap.from_ms && t < gap.to_ms)
            return true;
    }
    return false;
}

static void go_to_time(struct log_view *lv, int64_t t)
{
    size_t n = log_shown(lv), i = logbuf_find_time(lv->buf, t), k;
    char at[40];
    bool exact;

    if (!n) {
        app_say(lv->view.app, MSG_INFO, "There is no line to go to.");
        return;
    }
    k = i < logbuf_len(lv->buf)
            ? log_number(lv, logbuf_mark(lv->buf, i), &exact)
            : n;
    if (in_first_gap(lv, t))
        app_say(lv->view.app, MSG_INFO, "%s was not read back: r on the gap "
                "reads on.", fmt_iso(t, FMT_UTC, at));
    else if (i == 0 && logbuf_mark(lv->buf, 0).timestamp_ms > t)
        app_say(lv->view.app, MSG_INFO, "%s is before the first line.",
                fmt_iso(t, FMT_UTC, at));
    log_go(lv, k < n ? k : n - 1);
}

void log_goto_arrive(struct log_view *lv)
{
    int64_t t = lv->goto_ms;

    if (!t || log_waiting(lv) || logsrc_loading(lv->src))
        return;
    lv->goto_ms = 0;
    log_settle(lv);
    go_to_time(lv, t);
    log_keep(lv);
}

/* What is further back than has been read is read first. */
static void run_goto(struct log_view *lv, const char *when)
{
    int64_t now = app_now(lv->view.app);
    int64_t t = log_parse_time(when, now, lv->stamps == STAMPS_LOCAL);
    char at[40];

    if (t < 0) {
        app_say(lv->view.app, MSG_WARN, "Use :goto 14:03, :goto 14:03:27Z, "
                ":goto -15m or a whole date like 2026-11-21T14:03:00Z.");
        return;
    }
    bool far = t < now - logsrc_backfill_ms(lv->src);
    bool coming = far || log_waiting(lv) || logsrc_loading(lv->src);
    lv->search.wanted = 0; /* this is where to go now */
    if (t < now - lv->window_ms)
        lv->window_ms = 0; /* it would hide what is asked for */
    if (coming)
        app_say(lv->view.app, MSG_INFO, "Reading back to %s.",
                fmt_iso(t, FMT_UTC, at));
    if (far) {
        log_read_back(lv, now - t + 60000);
        log_follow(lv);
    }
    lv->goto_ms = coming ? t : 0;
    log_settle(lv);
    log_search_again(lv);
    if (!coming)
        go_to_time(lv, t);
}

static void run_context(struct log_view *lv, const char *arg)
{
    int64_t n;

    if (fmt_parse_int(arg, 0, 100, &n) == 0)
        log_filter_context(lv, (size_t)n);
    else
        app_say(lv->view.app, MSG_WARN, "Use :context NUMBER, 0 to 100.");
}

static void run_fields(struct log_view *lv, const char *arg)
{
    logjson_fields_set(&lv->fields, arg);
    if (lv->fields.n)
        app_say(lv->view.app, MSG_INFO, "JSON lines show level, message and "
                "%zu member%s; :fields alone shows all.", lv->fields.n,
                lv->fields.n == 1 ? "" : "s");
    log_search_again(lv);
}

static const struct {
    const char *name;
    void (*run)(struct log_view *lv, const char *arg);
} commands[] = {{"goto", run_goto},
                {"context", run_context},
                {"fields", run_fields},
                {"highlight", log_highlight}};

void log_command(struct app *a, int argc, char **argv)
{
    struct view *v = app_top(a);
    struct strbuf arg = STRBUF_INIT;

    if (strcmp(v->ops->name, "logs") != 0) {
        app_say(a, MSG_INFO, "%s is for logs: l opens those of a row.",
                argv[0]);
        return;
    }
    for (int i = 1; i < argc; i++)
        strbuf_printf(&arg, "%s%s", i > 1 ? " " : "", argv[i]);
    log_settle(log_of(v));
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (strcmp(commands[i].name, argv[0]) == 0)
            commands[i].run(log_of(v), strbuf_get(&arg));
    log_keep(log_of(v));
    log_work(log_of(v));
    strbuf_release(&arg);
}

static void limit_all(struct view *const *views, size_t n, size_t bytes)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(views[i]->ops->name, "logs") == 0)
            logsrc_set_limit(log_of(views[i])->src, bytes);
}

void log_command_buffer(struct app *a, int64_t mib)
{
    a->o.log_buffer = (size_t)mib << 20;
    limit_all(a->stack, a->depth, a->o.log_buffer);
    limit_all(a->forward, a->n_forward, a->o.log_buffer);
    app_say(a, MSG_OK, "Logs keep %d MiB of lines each.", (int)mib);
}

void log_command_groups(struct app *a, int argc, char **argv)
{
    struct err err = {0};
    struct view *v;

    if (argc > 3) {
        app_say(a, MSG_WARN, "Use :logs GROUP[@REGION][,GROUP...] [PREFIX].");
        return;
    }
    v = log_groups_view_new(a, argv[1], argc > 2 ? argv[2] : NULL, &err);
    if (v)
        app_push(a, v);
    else
        app_say(a, MSG_WARN, "%s", err.message);
}

static void offer_groups(const struct ecs_taskdef *td,
                         const struct command_word *w, struct completion *out)
{
    for (size_t i = 0; td && i < td->n_containers; i++)
        if (td->containers[i].log.group)
            completion_offer(out, td->containers[i].log.group, w->text,
                             w->len);
}

void log_complete_groups(const struct app *a, const struct command_word *w,
                         struct completion *out)
{
    for (size_t d = 0; w->nth == 1 && d < a->depth; d++) {
        struct view *v = a->stack[d];
        const struct kind *k = view_is_table(v) ? table_view_kind(v) : NULL;
        const struct snapshot *s = k ? v->ops->snapshot(v) : NULL;
        for (size_t i = 0; s && i < s->n_rows; i++) {
            const void *row = s->rows[i].data;
            if (k == &kind_services)
                offer_groups(((const struct service_row *)row)->taskdef, w,
                             out);
            else if (k == &kind_tasks)
                offer_groups(((const struct task_row *)row)->taskdef, w, out);
        }
    }
}
